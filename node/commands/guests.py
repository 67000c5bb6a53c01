"""Commands about guests."""

from typing import Any

import click

from node.commands.shared import Group, end_of, json_option, last_day_option, main, run, show


@main.group(cls=Group)
def guest() -> None:
    """People from outside, here for some groups and for a time."""


_sponsor = click.option("--sponsor", required=True, help="User name of the member who answers for them.")
_named = click.option("--group", "handles", multiple=True, required=True, help="name or name@host; repeat for each.")


async def _terms(context: Any, sponsor: str, day: Any, handles: tuple[str, ...]) -> Any:
    from moderation import guests, members
    from node.domain.guests import Terms

    named = await guests.named(context, None, list(handles))
    return Terms((await members.named(context, sponsor)).id, end_of(context, day), named)


@guest.command("invite")
@_sponsor
@last_day_option
@_named
@click.option("--note", default="", help="Whom it is for.")
def guest_invite(sponsor: str, day: Any, handles: tuple[str, ...], note: str) -> None:
    """Print a link by which one person becomes a guest, once, within a week."""
    from moderation import members
    from node.domain import uris

    async def work(context: Any) -> str:
        terms = await _terms(context, sponsor, day, handles)
        return uris.invitation(context.settings.url, await members.invite(context, by=None, note=note, guest=terms))

    click.echo(run(work))


@guest.command("change")
@click.argument("username")
@_sponsor
@last_day_option
@_named
def guest_change(username: str, sponsor: str, day: Any, handles: tuple[str, ...]) -> None:
    """Give a guest other terms, all of them; whoever was out comes back."""
    from moderation import guests, members

    async def work(context: Any) -> None:
        terms = await _terms(context, sponsor, day, handles)
        await guests.change_terms(context, (await members.named(context, username)).id, terms, by=None)

    run(work)
    click.echo(f"{username} is a guest until the end of {day:%Y-%m-%d}.")


@guest.command("end")
@click.argument("username")
def guest_end(username: str) -> None:
    """End a guest's time now: they leave their groups and are signed out everywhere."""
    from moderation import guests, members

    async def work(context: Any) -> None:
        await guests.end(context, (await members.named(context, username)).id, by=None)

    run(work)
    click.echo(f"{username} is no guest here any more.")


@guest.command("list")
@json_option
def guest_list(as_json: bool) -> None:
    """List the guests, also those whose time is over."""
    from datetime import UTC, datetime

    from node.domain.guests import is_over
    from node.store import accounts, guests
    from node.store.pages import NEWEST, Page

    async def work(context: Any) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = []
        before = NEWEST
        async with context.db.read() as tx:
            while part := await guests.page(tx, Page(before=before, limit=100)):
                before = part[-1].account_id
                ids = {id for one in part for id in (one.account_id, one.terms.sponsor_id or 0, *one.terms.group_ids)}
                known = await accounts.by_ids(tx, ids)
                found += [
                    {
                        "username": known[one.account_id].username,
                        "sponsor": known[one.terms.sponsor_id].username if one.terms.sponsor_id in known else "",
                        "until": datetime.fromtimestamp(one.terms.until / 1000, UTC).isoformat(timespec="seconds"),
                        "groups": " ".join(
                            known[id].handle(context.settings.authority) for id in one.terms.group_ids if id in known
                        ),
                        "state": "over" if is_over(one, context.clock()) else "here",
                    }
                    for one in part
                ]
        return found

    show(run(work), as_json=as_json, empty="Nobody is a guest here.")
