"""Commands that show how another server and this one understand each other."""

from typing import BinaryIO

import click

from node.commands.shared import json_option, main, run, tell


@main.command()
@click.argument("what")
@json_option
def fetch(what: str, as_json: bool) -> None:
    """Fetch WHAT, an address or a handle (user@host), as the node would: each step, and nothing is kept."""
    from node.inspection import fetched

    tell(run(lambda context: fetched.fetch(context, what)), as_json=as_json)


@main.command()
@click.argument("file", type=click.File("rb"))
@json_option
def inspect(file: BinaryIO, as_json: bool) -> None:
    """Look at a captured request, or an activity's JSON, in FILE: each check, and nothing is kept."""
    from node.inspection import received

    tell(run(lambda context: received.inspect(context, file.read())), as_json=as_json)
