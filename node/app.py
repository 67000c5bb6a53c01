"""Builds the context, opens the doors, answers errors: the one place where everything meets."""

import asyncio
import logging
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import orjson
from quart import Quart, Response, g, has_request_context, request
from werkzeug.exceptions import HTTPException
from werkzeug.routing import IntegerConverter, Map

from federation import hosts, keys
from federation.guard import Guard
from federation.keyring import Keyring
from federation.nodeinfo import nodeinfo
from federation.policy import Members
from federation.routes import federation, wants_document
from federation.webfinger import webfinger
from federation.wire import Wire
from inbox.routes import inbox
from node import __version__, web
from node.adapters import bodies, clock, key_files
from node.adapters.content_keys import SEEN, ContentKeys
from node.adapters.files import LocalFiles
from node.adapters.fragments import Fragments
from node.adapters.hub import LocalHub
from node.adapters.key_files import SECRET_FILE, VAULT_FILE
from node.adapters.mail import SmtpMailer
from node.adapters.once import Once
from node.adapters.presence import Presence
from node.adapters.rates import Rates
from node.adapters.rules import App
from node.adapters.sealed_files import SealedFiles
from node.adapters.seals import Seals
from node.api import allowance, api, cors
from node.api.oauth import oauth
from node.config import ConfigError, Settings
from node.context import Context
from node.domain import uris
from node.domain.addresses import network
from node.domain.ids import Ids
from node.domain.personas import Vault
from node.effects import accounts as account_effects
from node.errors import AllmendeError, NotFound, Throttled, Unavailable, our_fault
from node.jobs import Jobs
from node.ports import Clock, Files
from node.store import accounts, sealed
from node.store.database import Database
from node.store.migrate import migrate
from node.store.pages import NEWEST
from node.store.sqlite import Sqlite
from outbox.organisation import local_actor, sealed_keys

if TYPE_CHECKING:
    from node.mail.listener import Listener

log = logging.getLogger("allmende")

DATABASE_FILE = "node.sqlite3"
MEDIA_FOLDER = "media"


_UNANSWERABLE = "This request cannot be answered. Go back and try again."
_FREE = frozenset({"health", "web.static.show", "web.icons.show", "web.install.manifest", "web.install.worker"})


class _Number(IntegerConverter):
    """A number in an address: no more than fits into a row's id."""

    def __init__(self, map: Map) -> None:
        super().__init__(map, max=NEWEST)


class WrongHost(AllmendeError):
    """The request was meant for another server."""

    status = 421
    code = "misdirected"


async def create_context(settings: Settings, *, now: Clock = clock.now) -> Context:
    """Open everything a node needs: folder, secret, database (brought up to date), its own actor.

    Raises:
        Unavailable, Conflict: the message says what to do.
    """
    data = settings.data
    try:
        await asyncio.to_thread(data.mkdir, mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise ConfigError(
            f"storage.data = {settings.storage.data!r} cannot be made ({error.strerror}). "
            "Choose another folder, or look at the owner of the one it lies in."
        ) from error
    fresh = not settings.storage.database and not (data / DATABASE_FILE).exists()
    may_create = fresh or bool(settings.storage.database)
    secret = await asyncio.to_thread(key_files.secret, data / SECRET_FILE, may_create=may_create)
    vault = Vault(await asyncio.to_thread(key_files.secret, data / VAULT_FILE, may_create=may_create))
    db = await open_database(settings, now=now)
    try:
        await migrate(db, now=now())
        ctx = _context(settings, db, secret=secret, vault=vault, now=now)
        await _ensure_node_actor(ctx)
    except BaseException:
        await db.close()
        raise
    return ctx


def _context(settings: Settings, db: Database, *, secret: bytes, vault: Vault, now: Clock) -> Context:
    limits = settings.limits
    guard = Guard(
        private_hosts={hosts.authority(host): nets for host, nets in settings.private_networks.items()},
        loopback=settings.node.development,
        ports=frozenset(settings.federation.ports),
    )
    agent = f"Allmende/{__version__} (+{settings.url})"
    return Context(
        settings=settings,
        db=db,
        clock=now,
        ids=Ids(),
        wire=Wire(guard=guard, limits=limits, user_agent=agent, clock=now),
        hub=LocalHub(limits),
        keys=Keyring(secret=secret, clock=now, limits=limits),
        policy=Members(db, settings, now),
        rates=Rates(subjects=limits.counted_subjects),
        files=open_files(settings, now=now),
        once=Once(),
        fragments=Fragments(size=limits.kept_fragments),
        mailer=SmtpMailer(settings.mail, name=urlsplit(settings.url).hostname or "localhost"),
        presence=Presence(),
        vault=vault,
        secret=secret,
    )


def open_files(settings: Settings, *, now: Clock = clock.now) -> Files:
    """Return the store for files, sealed: one that speaks S3 when the settings name it, else the folder."""
    inner: Files = LocalFiles(settings.data / MEDIA_FOLDER)
    if settings.storage.media:
        from node.adapters.object_files import ObjectFiles  # an extra, for those who use it

        inner = ObjectFiles(settings.storage.media)
    return SealedFiles(inner, ContentKeys(settings.content_keys, now))


async def open_database(settings: Settings, *, now: Clock = clock.now) -> Database:
    """Open PostgreSQL when the settings name it, else the SQLite file."""
    seals = Seals(ContentKeys(settings.content_keys, now))
    if settings.storage.database:
        from node.store.postgres import Postgres  # a tenth of the start, for those who use it

        return await Postgres.open(settings.storage.database, seals)
    return await Sqlite.open(settings.data / DATABASE_FILE, seals)


async def close_context(ctx: Context) -> None:
    """Let go of connections."""
    await ctx.wire.close()
    await ctx.db.close()


async def _ensure_node_actor(ctx: Context) -> None:
    uri = uris.node(ctx.settings.url)
    async with ctx.db.read() as tx:
        known = await accounts.by_uri(tx, uri)
        if known is not None:
            if not ctx.db.seals.holds(sealed.of_account(known.id)):
                raise Unavailable(
                    f"The keys of what is in this database are not in {ctx.settings.content_keys}. Copy them back: "
                    "allmende backup --keys has left copies."
                )
            return
        other = await tx.one("SELECT uri FROM accounts WHERE host = '' AND kind = 'Application' LIMIT 1")
    if other is not None:
        raise Unavailable(f"This database belongs to {other['uri']}: set node.url back to that address.")
    keys_of = ctx.settings.content_keys
    if await asyncio.to_thread(ContentKeys(keys_of).noted, SEEN) is not None:
        raise Unavailable(
            f"The database is empty, and {keys_of} has the keys of another. Put the database back, or read a backup "
            "with allmende restore. To begin anew, move the keys away: what they belong to is lost without them."
        )
    rsa, proof = keys.generate_rsa(), keys.generate_ed25519()
    async with ctx.change() as change:
        actor = local_actor(
            change, uri, username=ctx.settings.authority, kind="Application", name=ctx.settings.node.name
        )
        await account_effects.create(change, actor, sealed_keys(ctx, uri, rsa, proof))


def create_app(ctx: Context, *, jobs: bool = True) -> Quart:
    """Return the web application of a node; `jobs`: it runs the background loops too."""
    app = App("node", static_folder=None)
    app.url_map.strict_slashes = False
    app.url_map.converters |= {"int": _Number}
    bodies.install(app)
    app.config["CONTEXT"] = ctx
    app.config["MAX_CONTENT_LENGTH"] = ctx.settings.limits.form_body
    for door in (inbox, federation, webfinger, nodeinfo, api, oauth, web.blueprint):
        app.register_blueprint(door)
    web.install(app, ctx)
    cors.install(app)
    allowance.install(app, ctx)
    loops = Jobs(ctx)
    listener = _listener(ctx)

    @app.before_serving
    async def start() -> None:
        loops.start(workers=jobs)
        if listener is not None:
            await listener.start()

    @app.after_serving
    async def stop() -> None:
        if listener is not None:
            await listener.stop()
        await loops.stop()
        await close_context(ctx)

    @app.before_request
    async def check_host() -> None:
        if request.host.lower() != ctx.settings.authority and request.endpoint != "health":
            raise WrongHost("This server answers for another name.")

    most = ctx.settings.limits.requests_per_address

    @app.before_request
    async def check_rate() -> None:
        if request.endpoint not in _FREE:
            ctx.rates.check(f"address {network(request.remote_addr)}", most=most)

    @app.after_request
    async def count_strangers(response: Response) -> Response:
        if "recognised" not in g and request.endpoint not in _FREE:
            ctx.rates.count(f"address {network(request.remote_addr)}", most=most)
        return response

    @app.get("/health")
    async def health() -> Response:
        async with ctx.db.read() as tx:
            await tx.one("SELECT 1 AS one")
        return Response("OK", content_type="text/plain")

    @app.errorhandler(AllmendeError)
    async def ours(error: AllmendeError) -> Response:
        return await _error_answer(error)

    @app.errorhandler(HTTPException)
    async def quarts(error: HTTPException) -> Response:
        wrapped = NotFound("There is no such page.") if error.code == 404 else AllmendeError(_UNANSWERABLE)
        wrapped.status = error.code or 500
        return await _error_answer(wrapped)

    @app.errorhandler(Exception)
    async def unforeseen(error: Exception) -> Response:
        log.exception("a request failed: %s", type(error).__name__)
        return await _error_answer(our_fault())

    return app


def _listener(ctx: Context) -> "Listener | None":
    """Return what takes answers by mail, where the settings say that they come."""
    if not ctx.settings.mail.listen:
        return None
    from node.mail.listener import Listener  # mail and HTML parsers, for those who use them

    return Listener(ctx)


async def _error_answer(error: AllmendeError) -> Response:
    if not has_request_context():  # a WebSocket that is refused
        return Response(error.message, status=error.status)
    accept = request.headers.get("Accept", "")
    page = "text/html" in accept and not wants_document(accept) and not request.path.startswith("/api/")
    if page:
        response = await web.error_page(error)
    else:
        response = Response(orjson.dumps({"error": error.message}), content_type="application/json; charset=utf-8")
    response.status_code = error.status
    if isinstance(error, Throttled):
        response.headers["Retry-After"] = str(error.retry_after)
    return response
