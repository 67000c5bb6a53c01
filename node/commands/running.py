"""Commands that run a node, and look after its files."""

import asyncio
import logging
import os
import sys
from pathlib import Path
from typing import Any

import click

from node.commands.settings_file import template
from node.commands.shared import json_option, main, read_settings, run, show, without_option
from node.config import FILE, ConfigError, Settings


@main.command()
@click.option("--url", required=True, help="Public address, e.g. https://social.example.com. It never changes.")
@click.option("--name", default="Allmende", help="Name of the unit.")
@click.option("--development", is_flag=True, help="Plain http on a loopback address.")
def init(url: str, name: str, development: bool) -> None:
    """Write a commented settings file into this folder."""
    from node.config import Node, check

    path = Path(FILE)
    if path.exists():
        raise click.ClickException(f"{path} is there already. Edit it, or move it away.")
    settings = check(Settings(node=Node(url=url, name=name, development=development)))
    path.write_text(template(url=settings.url, name=name, development=development), encoding="utf-8")
    click.echo(f"Wrote {path}. Next: allmende serve")


@main.command()
@click.option("--workers/--no-workers", default=True, help="Run the background loops in this process.")
@without_option
def serve(workers: bool, without: tuple[str, ...]) -> None:
    """Run the node: web pages, client API, federation, background loops."""
    from node import server

    settings = read_settings()
    _log()
    server.run(settings, jobs=workers, without=without)


@main.command()
@without_option
def worker(without: tuple[str, ...]) -> None:
    """Run only the background loops, beside `serve --no-workers`."""
    from node import server

    settings = read_settings()
    _log()
    server.run_worker(settings, without=without)


def _log() -> None:
    level = os.environ.get("ALLMENDE_LOG", "WARNING").upper()
    if level not in logging.getLevelNamesMapping():
        raise ConfigError(f"ALLMENDE_LOG = {level!r} is no level. Choose DEBUG, INFO, WARNING, ERROR or CRITICAL.")
    logging.basicConfig(level=level, format="%(asctime)s %(levelname)s %(name)s %(message)s", stream=sys.stderr)


@main.command()
def migrate() -> None:
    """Bring the database up to date."""
    run(_nothing)
    click.echo("The database is up to date.")


async def _nothing(context: Any) -> None:
    # Opening the context migrates.
    return None


@main.command()
@json_option
def doctor(as_json: bool) -> None:
    """Check address, keys, clock, reachability and storage, and say what to do."""
    from node import doctor as checks

    results = run(checks.examine)
    rows = [{"check": one.name, "ok": one.ok, "what": one.text} for one in results]
    show(rows, as_json=as_json, empty="")
    if not all(one.ok for one in results):
        sys.exit(1)


@main.command()
@click.option("--check", is_flag=True, help="Assert every step and end, instead of leaving the nodes running.")
def demo(check: bool) -> None:
    """Start three nodes on this machine, join them, and let their people talk."""
    from node import demo as story

    sys.exit(asyncio.run(story.run(check=check)))
