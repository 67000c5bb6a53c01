"""Runs a node's processes: the web server, or the loops alone."""

import asyncio
import contextlib
import gc
import resource
import signal
import socket
import sys
from collections.abc import Sequence

import click
import uvicorn
import uvloop
from quart import Quart
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from moderation import members, restore
from node.api.home_door import HomeDoor
from node.api.post_door import PostDoor
from node.app import close_context, create_app, create_context
from node.config import ConfigError, Settings
from node.context import Context
from node.domain import uris
from node.domain.accounts import Role
from node.jobs import Jobs
from node.limits import KIB
from node.store import accounts, tokens

_STOP_SECONDS = 20
_REQUESTS = 1_000
_PING_SECONDS = 20
_CLIENT_MESSAGE = 4 * KIB
_FILES = 1_024
# The database works in threads of its own, a few tens of microseconds at a time; Python's usual five
# milliseconds between thread switches would make the event loop's work stand in its way.
_SWITCH_SECONDS = 0.000_2


def run(settings: Settings, *, jobs: bool, without: Sequence[str] = ()) -> None:
    """Serve until SIGTERM or SIGINT; what is under way gets twenty seconds to end.

    without: hosts that are not waited for after a restore from a backup (`moderation.restore`).

    Raises:
        AllmendeError: the node cannot be opened; the message says what to do.
    """
    sys.setswitchinterval(_SWITCH_SECONDS)
    _allow_open_files(settings.limits.open_streams + _REQUESTS + _FILES)
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(_serve(settings, jobs=jobs, without=without))


async def _serve(settings: Settings, *, jobs: bool, without: Sequence[str]) -> None:
    ctx = await create_context(settings)
    try:
        app = create_app(ctx, jobs=jobs)
        if jobs:
            await restore.guard(ctx, without=without, say=click.echo)
        listening = _listen(settings)
        await welcome(ctx)
    except BaseException:
        await close_context(ctx)
        raise
    await Server(ctx, app).serve([listening])  # its end closes the context


def _listen(settings: Settings) -> socket.socket:
    host, port = settings.server.host, settings.server.port
    try:
        return socket.create_server((host, port), family=socket.AF_INET6 if ":" in host else socket.AF_INET)
    except OSError as error:
        raise ConfigError(
            f"server.port = {port} at server.host = {host!r} cannot be listened at ({error.strerror}). "
            "Choose another one, or end the program that has it."
        ) from error


class Server(uvicorn.Server):
    """The web server of a node: HTTP/1.1 and WebSockets."""

    def __init__(self, ctx: Context, app: Quart) -> None:
        settings = ctx.settings
        super().__init__(
            uvicorn.Config(
                HomeDoor(PostDoor(app, ctx), ctx),
                host=settings.server.host,
                port=settings.server.port,
                http=_Connection,
                ws="websockets-sansio",
                ws_max_size=_CLIENT_MESSAGE,
                ws_ping_interval=_PING_SECONDS,
                ws_ping_timeout=_PING_SECONDS,
                # The same words to many: compressed for each of them they would cost more than they save.
                ws_per_message_deflate=False,
                lifespan="on",
                access_log=False,
                log_config=None,
                # It would name every address asked for, and with it tokens (threat O10).
                log_level="warning",
                server_header=False,
                proxy_headers=bool(settings.server.proxies),
                forwarded_allow_ips=list(settings.server.proxies),
                timeout_keep_alive=30,
                timeout_graceful_shutdown=_STOP_SECONDS,
                limit_concurrency=_REQUESTS + settings.limits.open_streams,
            )
        )
        self._ctx = ctx

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start; what is loaded by now stays, so that no search for garbage goes through it again."""
        await super().startup(sockets)
        gc.freeze()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Stop; open streams end at once, they would never end by themselves."""
        self._ctx.hub.readers.end_all()
        await super().shutdown(sockets)


class _Connection(HttpToolsProtocol):
    """A connection that the application may cut: a reader who takes nothing cannot be told to go."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        self.app_state = {**self.app_state, "hang_up": transport.abort}  # a WebSocket inherits it
        super().connection_made(transport)


def _allow_open_files(most: int) -> None:
    """Raise the number of files and connections this process may have open, as far as the system lets it."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = most if hard == resource.RLIM_INFINITY else min(most, hard)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


def run_worker(settings: Settings, *, without: Sequence[str] = ()) -> None:
    """Run the loops until SIGTERM or SIGINT. without: see `run`."""
    sys.setswitchinterval(_SWITCH_SECONDS)
    asyncio.run(_work(settings, without=without))


async def _work(settings: Settings, *, without: Sequence[str]) -> None:
    ctx = await create_context(settings)
    await restore.guard(ctx, without=without, say=click.echo)
    jobs = Jobs(ctx)
    jobs.start()
    stop = asyncio.Event()
    for name in (signal.SIGTERM, signal.SIGINT):
        with contextlib.suppress(NotImplementedError):
            asyncio.get_running_loop().add_signal_handler(name, stop.set)
    await stop.wait()
    await jobs.stop()
    await close_context(ctx)


async def welcome(ctx: Context) -> None:
    """Say where the node is; without an administrator, print a link for the first one."""
    click.echo(f"{ctx.settings.node.name} is at {ctx.settings.url}")
    async with ctx.db.read() as tx:
        if await accounts.count_active_admins(tx):
            return
    async with ctx.change() as change:
        # The link of an earlier start may lie in some log: only the newest one counts.
        await tokens.close_invitations(change.tx, role=Role.ADMIN, now=change.now)
    secret = await members.invite(ctx, by=None, role=Role.ADMIN, note="first administrator")
    click.echo(f"Become its first administrator, once: {uris.invitation(ctx.settings.url, secret)}")
