"""What every command is built on: the group they belong to, the settings, a node's context, tables."""

import asyncio
import json
import logging
import os
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any, TypeVar

import click

from node import __version__
from node.config import FILE, Settings, load
from node.errors import AllmendeError

T = TypeVar("T")

_settings_path = click.option(
    "--config", "path", type=click.Path(dir_okay=False, path_type=Path), help=f"Settings file [default: ./{FILE}]."
)
without_option = click.option(
    "--without", multiple=True, metavar="HOST", help="After a restore from a backup, do not wait for this node."
)
json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON, for scripts.")
yes_option = click.option("--yes", is_flag=True, help="Do not ask.")
last_day_option = click.option("--until", "day", required=True, type=click.DateTime(["%Y-%m-%d"]), help="The last day.")


class Group(click.Group):
    """Turns our typed errors, and those about a file or folder, into a message and exit code 1."""

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except AllmendeError as error:
            raise click.ClickException(error.message) from error
        except OSError as error:
            if error.filename is None:  # not of a file: whoever looks for its cause needs the traceback
                raise
            raise click.ClickException(f"{error.filename}: {error.strerror}. Check that path and its owner.") from error


@click.group(cls=Group, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__)
@_settings_path
@click.pass_context
def main(ctx: click.Context, path: Path | None) -> None:
    """Allmende: one node of a federated corporate social network."""
    ctx.obj = path
    # A command says itself what it did; those that run a node (`serve`, `worker`) write the log.
    logging.getLogger("allmende.audit").addHandler(logging.NullHandler())


def read_settings() -> Settings:
    """Return the settings that the command was called with."""
    path: Path | None = click.get_current_context().find_root().obj
    if path is None:
        named = os.environ.get("ALLMENDE_CONFIG")
        usual = Path(FILE) if Path(FILE).exists() or "ALLMENDE_NODE_URL" not in os.environ else None
        path = Path(named) if named else usual
    return load(path, os.environ)


def run(work: Callable[[Any], Awaitable[T]]) -> T:
    """Run a command on a node's context, opened for it and closed after it."""
    from node.app import close_context, create_context

    settings = read_settings()

    async def opened() -> T:
        context = await create_context(settings)
        try:
            return await work(context)
        finally:
            await close_context(context)

    return asyncio.run(opened())


def show(rows: list[dict[str, Any]], *, as_json: bool, empty: str) -> None:
    """Print rows with the same names as a table, or as JSON; `empty` where there are none."""
    if as_json:
        click.echo(json.dumps(rows))
    elif not rows:
        click.echo(empty)
    else:
        names = list(rows[0])
        widths = [max(len(name), *(len(str(row[name])) for row in rows)) for name in names]
        click.echo("  ".join(name.ljust(width) for name, width in zip(names, widths, strict=True)).rstrip())
        for row in rows:
            line = "  ".join(str(row[name]).ljust(width) for name, width in zip(names, widths, strict=True))
            click.echo(line.rstrip())


def end_of(context: Any, day: Any) -> int:
    """Return the last moment (Unix ms) of a day (a date) where the node's people live."""
    from datetime import timedelta
    from zoneinfo import ZoneInfo

    end = (day + timedelta(days=1)).replace(tzinfo=ZoneInfo(context.settings.node.timezone))
    return int(end.timestamp() * 1000) - 1


def tell(steps: list[Any], *, as_json: bool) -> None:
    """Print steps of an inspection; end with exit code 1 when the last of them, the verdict, is no."""
    if as_json:
        click.echo(json.dumps([{"step": one.step, "ok": one.ok, "what": one.what} for one in steps]))
    else:
        width = max(len(one.step) for one in steps)
        for one in steps:
            first, *more = map(_printable, one.what.split("\n"))
            click.echo(f"{'ok' if one.ok else 'NO'}  {one.step.ljust(width)}  {first}".rstrip())
            for line in more:
                click.echo(f"{' ' * (width + 6)}{line}".rstrip())
    if not steps[-1].ok:
        sys.exit(1)


def _printable(line: str) -> str:
    """Spell out what a terminal might obey: these are words of others."""
    return "".join(sign if sign.isprintable() else f"\\u{ord(sign):04x}" for sign in line)
