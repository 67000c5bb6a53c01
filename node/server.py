"""Runs a node's processes: the web server, or the loops alone."""

import asyncio
import contextlib
import signal
import sys

import click
import uvicorn
import uvloop

from moderation import members
from node.app import close_context, create_app, create_context
from node.config import Settings
from node.context import Context
from node.domain import uris
from node.domain.accounts import Role
from node.jobs import Jobs
from node.store import accounts, tokens

_STOP_SECONDS = 20
# The database works in threads of its own, a few tens of microseconds at a time; Python's usual five
# milliseconds between thread switches would make the event loop's work stand in its way.
_SWITCH_SECONDS = 0.000_2


def run(settings: Settings, *, jobs: bool) -> None:
    """Serve until SIGTERM or SIGINT; what is under way gets twenty seconds to end.

    Raises:
        AllmendeError: the node cannot be opened; the message says what to do.
    """
    sys.setswitchinterval(_SWITCH_SECONDS)
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(_serve(settings, jobs=jobs))


async def _serve(settings: Settings, *, jobs: bool) -> None:
    ctx = await create_context(settings)
    try:
        app = create_app(ctx, jobs=jobs)
        await welcome(ctx)
    except BaseException:
        await close_context(ctx)
        raise
    config = uvicorn.Config(
        app,
        host=settings.server.host,
        port=settings.server.port,
        http="httptools",
        ws="none",
        lifespan="on",
        access_log=False,
        log_config=None,
        server_header=False,
        proxy_headers=bool(settings.server.proxies),
        forwarded_allow_ips=list(settings.server.proxies),
        timeout_keep_alive=30,
        timeout_graceful_shutdown=_STOP_SECONDS,
        limit_concurrency=1_000,
    )
    await uvicorn.Server(config).serve()  # its end closes the context


def run_worker(settings: Settings) -> None:
    """Run the loops until SIGTERM or SIGINT."""
    sys.setswitchinterval(_SWITCH_SECONDS)
    asyncio.run(_work(settings))


async def _work(settings: Settings) -> None:
    ctx = await create_context(settings)
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
