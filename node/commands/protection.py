"""Commands about legal holds, complaints and the journal."""

import json
import sys
from typing import Any

import click

from node.commands.shared import Group, end_of, json_option, last_day_option, main, run, show


@main.group(cls=Group)
def hold() -> None:
    """Legal holds: accounts that must not be erased before a day."""


@hold.command("place")
@click.argument("username")
@last_day_option
@click.option("--reason", required=True, help="Why, such as the number of the proceeding.")
def hold_place(username: str, day: Any, reason: str) -> None:
    """Place a legal hold on an account, or change it; a member is not told.

    name@host is somebody of another node, whose order to erase them is then refused here until that day.
    """
    from moderation import holds

    async def work(context: Any) -> None:
        account, until = await holds.named(context, username), end_of(context, day)
        await holds.place(context, account.id, reason=reason, until=until, by=None)

    run(work)
    click.echo(f"{username} is not erased before the end of {day:%Y-%m-%d}.")


@hold.command("lift")
@click.argument("username")
def hold_lift(username: str) -> None:
    """End a legal hold now; an erasure that waited for it goes on."""
    from moderation import holds

    async def work(context: Any) -> None:
        await holds.lift(context, (await holds.named(context, username)).id, by=None)

    run(work)
    click.echo(f"There is no legal hold on {username} any more.")


@hold.command("list")
@json_option
def hold_list(as_json: bool) -> None:
    """List the legal holds."""
    from datetime import UTC, datetime

    from node.store import accounts, holds
    from node.store.pages import NEWEST, Page

    async def work(context: Any) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = []
        before = NEWEST
        async with context.db.read() as tx:
            while part := await holds.page(tx, Page(before=before, limit=100)):
                before = part[-1].account_id
                known = await accounts.by_ids(tx, [one.account_id for one in part])
                found += [
                    {
                        "username": known[one.account_id].address,
                        "until": datetime.fromtimestamp(one.until / 1000, UTC).isoformat(timespec="seconds"),
                        "reason": one.reason,
                        "erasure": "waits" if one.asked else "",
                    }
                    for one in part
                ]
        return found

    show(run(work), as_json=as_json, empty="There is no legal hold.")


@main.group(cls=Group)
def report() -> None:
    """Complaints that other nodes passed on."""


@report.command("list")
@json_option
def report_list(as_json: bool) -> None:
    """List open complaints, oldest first."""
    from node.domain.times import iso
    from node.store import accounts, reports

    async def work(context: Any) -> list[dict[str, Any]]:
        async with context.db.read() as tx:
            found = await reports.page(tx, limit=1_000)
            known = await accounts.by_ids(tx, [id for one in found for id in (one.target_id, one.from_id or 0)])
        own = context.settings.authority
        return [
            {
                "id": one.id,
                "about": known[one.target_id].handle(own),
                "posts": len(one.post_ids),
                "from": known[one.from_id].host if one.from_id in known else "",
                "when": iso(one.created_at),
                "what": one.content,
            }
            for one in found
        ]

    show(run(work), as_json=as_json, empty="No open complaints.")


@report.command("close")
@click.argument("number", type=int)
def report_close(number: int) -> None:
    """Mark a complaint as dealt with."""
    from moderation import reports

    run(lambda context: reports.close(context, number, by=None))
    click.echo("Closed.")


@main.group(cls=Group)
def journal() -> None:
    """What was done by those who look after others, line by line."""


@journal.command("verify")
@click.option("--known", metavar="NUMBER:SEAL", help="A line that you kept elsewhere: it has to be there still.")
@json_option
def journal_verify(known: str | None, as_json: bool) -> None:
    """Check that no line of the journal was changed, taken out or put in; exit 1 when one was."""
    from moderation import journal, witnesses
    from node.domain.times import iso
    from node.domain.witnesses import Standing, Testimony

    number, _, seal = (known or "").partition(":")
    if known and not (number.isascii() and number.isdecimal() and seal):
        raise click.BadParameter("It looks like 12:4f6a…", param_hint="--known")

    async def work(context: Any) -> tuple[journal.Verdict, list[Testimony]]:
        found = await journal.verify(context, known=(int(number), seal) if known else None)
        async with context.db.read() as tx:
            return found, await witnesses.testimonies(tx)

    found, testimonies = run(work)
    holds = found.wrong is None and all(one.standing is not Standing.BROKEN for one in testimonies)
    if as_json:
        said = [
            {
                "node": one.witness.host,
                "epoch": one.witness.head.epoch,
                "line": one.witness.head.number,
                "when": iso(one.witness.at),
                "state": one.standing.value,
            }
            for one in testimonies
        ]
        told = {"lines": found.lines, "seal": found.seal, "wrong": found.wrong, "witnesses": said}
        click.echo(json.dumps(told))
    else:
        _say_chain(found)
        for one in testimonies:
            _say_witness(one)
    sys.exit(0 if holds else 1)


def _say_chain(found: Any) -> None:
    if found.wrong is not None:
        click.echo(f"The journal does not hold: line {found.wrong} was changed, taken out or put in.", err=True)
    elif found.lines:
        click.echo(f"{found.lines} lines hold. Keep this elsewhere, for the next time: {found.lines}:{found.seal}")
    else:
        click.echo("The journal is empty.")


def _say_witness(one: Any) -> None:
    from node.domain.times import iso
    from node.domain.witnesses import Standing

    host, number, at = one.witness.host, one.witness.head.number, iso(one.witness.at)
    match one.standing:
        case Standing.HOLDS:
            click.echo(f"{host} signed line {number} on {at}: it is still the same.")
        case Standing.LOST:
            click.echo(f"{host} signed line {number} on {at}: it went when a backup was put back.")
        case _:
            click.echo(
                f"The journal does not hold: {host} signed line {number} on {at}, and that line is another one now, "
                "or gone.",
                err=True,
            )


@journal.command("restored")
def journal_restored() -> None:
    """Say that a backup was put back, when the node did not notice: its witnesses then sign again, and are told."""
    from moderation import restore

    epoch = run(restore.declare)
    click.echo(f"Epoch {epoch} begins. It stands in the journal, and the other nodes will be told.")
