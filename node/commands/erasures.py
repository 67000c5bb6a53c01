"""Commands about what was erased, and its certificates."""

import json
from typing import Any, BinaryIO

import click

from node.commands.shared import json_option, main, run, show
from node.errors import NotFound


@main.command()
@click.option("--open", "waiting", is_flag=True, help="Only those that wait for an answer.")
@json_option
def erasures(waiting: bool, as_json: bool) -> None:
    """List what was erased from here, the latest first, and how many nodes have signed for it."""
    from node.domain.times import iso
    from node.store import erasures as rows
    from node.store.pages import Page

    async def work(context: Any) -> list[dict[str, Any]]:
        async with context.db.read() as tx:
            found = await rows.page(tx, Page(limit=100), open=waiting)
            held = await rows.holders(tx, [one.id for one in found])
        return [
            {
                "number": one.id,
                "what": one.scope.value,
                "ordered": iso(one.ordered_at),
                "done": iso(one.done_at) if one.done_at else "",
                "answered": f"{sum(holder.answered for holder in held[one.id])} of {len(held[one.id])}",
                "waits for": " ".join(_waits_for(holder) for holder in held[one.id] if not holder.answered),
            }
            for one in found
        ]

    show(run(work), as_json=as_json, empty="Nothing was erased.")


def _waits_for(holder: Any) -> str:
    """Return the host, and until when a legal hold stands there."""
    from datetime import UTC, datetime

    if holder.held_until is None:
        return str(holder.host)
    return f"{holder.host} (held until {datetime.fromtimestamp(holder.held_until / 1000, UTC):%Y-%m-%d})"


@main.command()
@click.argument("number", type=int)
def certificate(number: int) -> None:
    """Print the certificate of an erasure (its number: `allmende erasures`) as JSON, to be kept."""
    from moderation import certificates
    from node.store import erasures as rows

    async def work(context: Any) -> Any:
        async with context.db.read() as tx:
            found = await rows.by_id(tx, number)
        if found is None:
            raise NotFound("There is no such erasure.")
        return await certificates.certificate(context, found)

    click.echo(json.dumps(run(work), indent=2))


@main.command("verify-certificate")
@click.argument("file", type=click.File("rb"))
@click.option("--known", is_flag=True, help="Compare its keys with those that this node knows.")
@json_option
def verify_certificate(file: BinaryIO, known: bool, as_json: bool) -> None:
    """Check the certificate of an erasure, without a network."""
    from federation import certificates, documents
    from moderation.certificates import known_keys
    from node.limits import Limits

    document = documents.load(file.read(), Limits(json_items=10_000, json_nodes=1_000_000))
    signers = certificates.signers(document)

    async def keys(context: Any) -> dict[str, str]:
        async with context.db.read() as tx:
            return await known_keys(tx, signers)

    found = certificates.check(document, known=run(keys) if known else None)
    if as_json:
        click.echo(json.dumps([{"said": one.said, "holds": one.holds} for one in found]))
    else:
        for one in found:
            click.echo(f"{'yes' if one.holds else 'NO '}  {one.said}")
    if not all(one.holds for one in found):
        raise click.ClickException("This certificate does not hold.")
