"""Clients: registered, let in by a member, given tokens, and ended (OAuth 2; Mastodon's client API)."""

import logging
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from authlib.oauth2 import OAuth2Error
from authlib.oauth2.rfc6749 import InvalidGrantError

from moderation.authorization import Reply, Request, Server
from node.context import Change, Context
from node.domain import text
from node.domain.accounts import Account
from node.domain.clients import (
    DEFAULT_SCOPE,
    OUT_OF_BAND,
    Application,
    Code,
    is_website,
    known_scopes,
    may_redirect_to,
)
from node.domain.events import TokensEnded
from node.errors import AllmendeError, Invalid, NotFound
from node.store import accounts, applications, tokens
from node.store.pages import Page

audit = logging.getLogger("allmende.audit")

Parameters = Sequence[tuple[str, str]]

_MOST_ADDRESSES = 20
_MOST_OWN_TOKENS = 20


class Unanswerable(AllmendeError):
    """A client's question that is wrong, and where it may be sent back to is not certain."""

    status = 400
    code = "invalid_request"


class SentBack(Exception):
    """A client's question that is wrong; `address` takes the person back to the client, and says so."""

    def __init__(self, address: str) -> None:
        super().__init__()
        self.address = address


@dataclass(frozen=True, slots=True)
class Asking:
    """A client that asks a member to let it in, and what for."""

    application: Application
    redirect_uri: str
    scopes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Decided:
    """What a member's decision leads to: an address to go to or, with '', a code to show, '' too when refused."""

    address: str = ""
    code: str = ""


async def register(
    ctx: Context, *, name: str, website: str, redirect_uris: Sequence[str], scopes: Iterable[str]
) -> tuple[Application, str]:
    """Keep a new client; return it, and its secret, of which only the hash is kept.

    Raises:
        Invalid: no name, an address it cannot be answered at, or a scope that is none.
    """
    longest = ctx.settings.limits.name_length
    shown, scopes = text.plain(name, longest=longest + 1), tuple(dict.fromkeys(scopes)) or (DEFAULT_SCOPE,)
    if not 0 < len(shown) <= longest:
        raise Invalid("A client needs a name of at most %(longest)d characters.", longest=longest)
    if website and not is_website(website):
        raise Invalid("The website of a client begins with https:// or http://. Correct it, or leave it out.")
    if not 0 < len(redirect_uris) <= _MOST_ADDRESSES or not all(map(may_redirect_to, redirect_uris)):
        raise Invalid(
            "A client is answered at https addresses, its own scheme, http on the same device, or %(oob)s. "
            "Correct its redirect_uris.",
            oob=OUT_OF_BAND,
        )
    if not known_scopes(scopes):
        raise Invalid("There are scopes that this server does not know. Ask for others.")
    secret = tokens.fresh()
    async with ctx.change() as change:
        application = Application(
            id=change.new_id(),
            client_id=tokens.fresh(),
            secret_hash=tokens.hashed(secret),
            name=shown,
            website=website,
            redirect_uris=tuple(redirect_uris),
            scopes=scopes,
            created_at=change.now,
        )
        await applications.add(change.tx, application)
    return application, secret


async def asking(ctx: Context, parameters: Parameters) -> Asking:
    """Return what a client asks a member for, by the parameters of its address (RFC 6749, section 4.1.1).

    Raises:
        Unanswerable, SentBack: it asks wrongly.
    """
    request = Request(parameters)
    async with ctx.db.read() as tx:
        application = await applications.by_client_id(tx, request.claimed)
    return _asking(request, application, Server(application, now=ctx.clock()))


async def let_in(ctx: Context, account: Account, parameters: Parameters) -> Decided:
    """Give a client the code for a token in a member's name, as the member decided.

    Raises:
        Unanswerable, SentBack: see `asking`.
    """
    request, limits = Request(parameters), ctx.settings.limits
    async with ctx.change() as change:
        application = await applications.by_client_id(change.tx, request.claimed)
        server = Server(application, now=change.now)
        asked = _asking(request, application, server)
        address, typed = server.decide(request, account.id), asked.redirect_uri == OUT_OF_BAND
        seconds = limits.typed_code_seconds if typed else limits.code_seconds
        code = Code(
            hash=tokens.hashed(server.secret),
            application_id=asked.application.id,
            account_id=account.id,
            redirect_uri=asked.redirect_uri,
            scopes=server.scopes,
            challenge=request.form.get("code_challenge", ""),
            expires_at=change.now + seconds * 1000,
        )
        await applications.add_code(change.tx, code)
        await applications.used(change.tx, asked.application.id, now=change.now)
    return Decided(code=server.secret) if typed else Decided(address=address)


async def turn_away(ctx: Context, parameters: Parameters) -> Decided:
    """Tell a client that the member refused.

    Raises:
        Unanswerable, SentBack: see `asking`.
    """
    request = Request(parameters)
    async with ctx.db.read() as tx:
        application = await applications.by_client_id(tx, request.claimed)
    server = Server(application, now=ctx.clock())
    asked = _asking(request, application, server)
    return Decided() if asked.redirect_uri == OUT_OF_BAND else Decided(address=server.decide(request, None))


def _asking(request: Request, application: Application | None, server: Server) -> Asking:
    try:
        redirect_uri = server.check(request)
    except OAuth2Error as error:
        if application is None:
            raise Unanswerable(
                "This app is not known here, or not any more. Add your account to it once more."
            ) from error
        if error.redirect_uri and error.redirect_uri != OUT_OF_BAND:
            raise SentBack(server.handle_error_response(request, error).headers["Location"]) from error
        raise Unanswerable(
            "The app asks in a way that cannot be answered (%(error)s). Tell those who make it.", error=error.error
        ) from error
    assert application is not None, "checked by Authlib"
    return Asking(application, redirect_uri, tuple(request.scope.split()))


async def exchange(ctx: Context, request: Request) -> Reply:
    """Answer a client that asks for an access token, for a code or for itself (RFC 6749, sections 4.1.3 and 4.4).

    A code is good for one token. Whoever shows it again may have stolen it: the token it gave ends (section 4.1.2).
    """
    async with ctx.change() as change:
        application = await applications.by_client_id(change.tx, request.claimed)
        code = await _code(change, request.form.get("code", ""))
        server = Server(application, now=change.now, code=code)
        reply = server.give(request)
        if code is not None and server.account_id is not None:
            mine = await applications.use_code(change.tx, code.hash, token_hash=tokens.hashed(server.secret))
            server.replayed = not mine  # another request was faster
        if code is not None and server.replayed:
            await applications.revoke_code(change.tx, code.hash)
            change.tell(TokensEnded(code.account_id))
            audit.warning("a code was shown twice: its token ended")
            return server.handle_error_response(request, InvalidGrantError())
        if application is not None and server.secret:
            await _keep_token(change, application, server)
    return reply


async def _code(change: Change, secret: str) -> Code | None:
    code = await applications.code(change.tx, secret)
    user = await accounts.user(change.tx, code.account_id) if code else None
    return code if user is not None and user.account.active else None


async def _keep_token(change: Change, application: Application, server: Server) -> None:
    await tokens.add_token(
        change.tx,
        id=change.new_id(),
        secret=server.secret,
        account_id=server.account_id,
        application_id=application.id,
        name=application.name,
        scopes=" ".join(server.scopes),
        now=change.now,
    )
    if server.account_id is None:
        await tokens.end_older_own(change.tx, application.id, keep=_MOST_OWN_TOKENS)


async def revoke(ctx: Context, request: Request) -> Reply:
    """Answer a client that gives a token back (RFC 7009). A token that is not there is given back already."""
    secret = request.form.get("token", "")
    async with ctx.change() as change:
        application = await applications.by_client_id(change.tx, request.claimed)
        server = Server(application, now=change.now, token_of=await tokens.client_of(change.tx, secret))
        reply = server.take(request)
        account_id = await tokens.end(change.tx, secret) if server.revoked else None
        if account_id is not None:
            change.tell(TokensEnded(account_id))
    return reply


async def of_token(ctx: Context, secret: str) -> Application | None:
    """Return the client that an access token was given to."""
    async with ctx.db.read() as tx:
        return await applications.of_token(tx, secret)


async def own_scopes(ctx: Context, secret: str) -> frozenset[str] | None:
    """Return the scopes of a client's own token; None: it acts for a member, or for nobody."""
    async with ctx.db.read() as tx:
        scopes = await tokens.own_scopes(tx, secret)
    return None if scopes is None else frozenset(scopes.split())


async def of_member(ctx: Context, account: Account, page: Page) -> list[tokens.Access]:
    """Return a page of what may act in a member's name, the newest first."""
    async with ctx.db.read() as tx:
        return await tokens.of_member(tx, account.id, page)


async def end(ctx: Context, account: Account, token_id: int) -> None:
    """Take from a client what a member let it have.

    Raises:
        NotFound: the member has let in nothing of this id.
    """
    async with ctx.change() as change:
        if not await tokens.end_one(change.tx, token_id, account_id=account.id):
            raise NotFound("There is no such app of yours.")
        change.tell(TokensEnded(account.id))
