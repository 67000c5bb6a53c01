"""Commands about groups that are shared with a partner."""

from typing import Any

import click

from node.commands.shared import Group, end_of, json_option, last_day_option, main, run, show


@main.group(cls=Group)
def bridge() -> None:
    """Groups that are shared with a partner organisation."""


_by = click.option("--by", required=True, help="User name of the member in whose name it is done.")


@bridge.command("draft")
@click.argument("group")
@click.argument("partner")
@_by
@click.option("--purpose", required=True, help="What the group is shared for; all members read it.")
@click.option("--contact", required=True, help="Who answers questions here.")
@click.option("--partner-contact", required=True, help="Who answers questions at the partner.")
@last_day_option
@click.option("--files", is_flag=True, help="Files cross as well.")
@click.option("--pseudonyms", is_flag=True, help="Only what is written under a pseudonym crosses.")
@click.option("--one-sided", is_flag=True, help="PARTNER has other software, and signs nothing.")
def bridge_draft(
    group: str, partner: str, by: str, purpose: str, contact: str, partner_contact: str, day: Any, **scope: bool
) -> None:
    """Draft the contract that shares GROUP of this node with the node PARTNER, as an administrator of the group."""
    from moderation import guests, members
    from node.domain.bridges import Terms
    from outbox import bridges

    async def work(context: Any) -> Any:
        (group_id,) = await guests.named(context, None, [group])
        end = end_of(context, day)
        terms = Terms("", partner, purpose, contact, partner_contact, starts_at=context.clock(), ends_at=end, **scope)
        return await bridges.draft(context, await members.named(context, by), group_id, terms)

    made = run(work)
    click.echo(f"Drafted. To agree, as an administrator of this node: allmende bridge offer {made.id} --by NAME")


@bridge.command("offer")
@click.argument("number", type=int)
@_by
@click.option("--consent", default="", help="Of a partner with other software: who consented, when and how.")
def bridge_offer(number: int, by: str, consent: str) -> None:
    """Agree to a drafted contract, and print its address for the partner; a one-sided one is open then."""
    from moderation import members
    from outbox import bridges

    async def work(context: Any) -> Any:
        return await bridges.offer(context, await members.named(context, by), number, consent=consent)

    click.echo(run(work).uri)


@bridge.command("take-up")
@click.argument("address")
@_by
@click.option("--lead", required=True, help="User name of the member who answers for the group here, and agrees too.")
def bridge_take_up(address: str, by: str, lead: str) -> None:
    """Take up the contract at ADDRESS that a partner offers; print its number here."""
    from moderation import members
    from outbox import bridges_beyond

    async def work(context: Any) -> Any:
        return await bridges_beyond.take_up(context, await members.named(context, by), address, lead)

    click.echo(run(work).id)


@bridge.command("agree")
@click.argument("number", type=int)
@_by
def bridge_agree(number: int, by: str) -> None:
    """Say yes to a contract that was taken up, as the member who answers for the group: the node signs it."""
    from moderation import members
    from outbox import bridges_beyond

    async def work(context: Any) -> None:
        await bridges_beyond.agree(context, await members.named(context, by), number)

    run(work)
    click.echo("Signed, and on its way.")


@bridge.command("pause")
@click.argument("number", type=int)
@_by
@click.option("--undo", is_flag=True, help="Let things cross again.")
def bridge_pause(number: int, by: str, undo: bool) -> None:
    """Let nothing cross a bridge for now, at the group's home."""
    from moderation import members
    from outbox import bridges

    async def work(context: Any) -> None:
        await bridges.pause(context, await members.named(context, by), number, paused=not undo, admin=True)

    run(work)
    click.echo("Open again." if undo else "Paused.")


@bridge.command("end")
@click.argument("number", type=int)
@_by
def bridge_end(number: int, by: str) -> None:
    """End a bridge for good, from either side: each erases what it got from the other."""
    from moderation import members, retention
    from outbox import bridges

    async def work(context: Any) -> None:
        await bridges.end(context, await members.named(context, by), number, admin=True)
        # The node's own loops do not hear of what another process erased.
        await retention.erase_files(context)
        await context.db.scrub()

    run(work)
    click.echo("Ended. `allmende bridge list` tells when the partner has erased what it had.")


@bridge.command("list")
@json_option
def bridge_list(as_json: bool) -> None:
    """List the contracts, and how they stand."""
    from datetime import UTC, datetime

    from node.store import bridges

    async def work(context: Any) -> list[dict[str, Any]]:
        async with context.db.read() as tx:
            return [
                {
                    "id": one.id,
                    "group": one.terms.name,
                    "home": one.home,
                    "partner": one.partner,
                    "state": one.state.value,
                    "until": datetime.fromtimestamp(one.terms.ends_at / 1000, UTC).isoformat(timespec="seconds"),
                }
                for one in await bridges.all_of(tx)
            ]

    show(run(work), as_json=as_json, empty="No group is shared with a partner.")
