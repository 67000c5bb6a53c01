"""How one stands to others: follow, block, mute, show in the profile, note; and the lists of whom."""

from collections.abc import Awaitable, Callable
from typing import Any

from quart import Blueprint, Response

from node.api.answers import answer, fields, links, listed, number, numbers, paging, query, text, truth
from node.api.auth import scope
from node.api.people import answer_page, shown
from node.api.render.account import account as render
from node.api.render.account import document
from node.api.render.relationship import relationships as render_relationships
from node.context import Context
from node.domain.relationships import check_languages
from node.domain.times import iso
from node.domain.viewer import Viewer
from node.effects import relationships as effects
from node.errors import Invalid
from node.store import mutes, people
from outbox import relationships as commands

relationships = Blueprint("relationships", __name__, url_prefix="/v1")

_ONE = "/accounts/<int:account_id>"
_MOST_AT_ONCE = 80
_LONGEST_MUTE = 366 * 86_400


async def _answer(ctx: Context, viewer: Viewer, account_id: int) -> Response:
    async with ctx.db.read() as tx:
        (found,) = await render_relationships(tx, [account_id], viewer_id=viewer.account.id)
    return answer(found)


@relationships.get("/accounts/relationships")
@scope("read:follows")
async def many(ctx: Context, viewer: Viewer) -> Response:
    """Return how one stands to each of `id[]`."""
    wanted = numbers(query().get("id"), "id")[:_MOST_AT_ONCE]
    async with ctx.db.read() as tx:
        return answer(await render_relationships(tx, wanted, viewer_id=viewer.account.id))


@relationships.get("/accounts/familiar_followers")
@scope("read:follows")
async def familiar_followers(ctx: Context, viewer: Viewer) -> Response:
    """Return, for each of `id[]`, those whom one follows and who follow them, where nobody keeps that to themselves."""
    given = query().get("id") or (await fields()).get("id")  # Mastodon.py puts them into the body of its GET
    wanted = list(dict.fromkeys(numbers(given, "id")))[:_MOST_AT_ONCE]
    async with ctx.db.read() as tx:
        found = await people.familiar(tx, wanted, viewer_id=viewer.account.id)
    return answer(
        [{"id": str(id), "accounts": [render(ctx, one) for one in found.get(id, [])]} for id in wanted],
    )


# Follows


@relationships.post(f"{_ONE}/follow")
@scope("write:follows")
async def follow(ctx: Context, viewer: Viewer, account_id: int) -> Response:
    """Follow, or ask to; with `reblogs`, `notify` and `languages` say what is wanted of it, then or later."""
    given = await fields()
    await commands.follow(
        ctx,
        viewer.account,
        account_id,
        boosts=truth(given["reblogs"]) if "reblogs" in given else None,
        notify=truth(given["notify"]) if "notify" in given else None,
        languages=check_languages([text(code) for code in listed(given["languages"]) if code])
        if "languages" in given
        else None,
    )
    return await _answer(ctx, viewer, account_id)


def _command(name: str, needs: str, command: Callable[[Context, Any, int], Awaitable[None]]) -> None:
    @relationships.post(f"{_ONE}/{name}", endpoint=name)
    @scope(needs)
    async def run(ctx: Context, viewer: Viewer, account_id: int) -> Response:
        await command(ctx, viewer.account, account_id)
        return await _answer(ctx, viewer, account_id)

    run.__doc__ = command.__doc__


_command("unfollow", "write:follows", commands.unfollow)
_command("remove_from_followers", "write:follows", commands.remove_follower)
_command("block", "write:blocks", commands.block)
_command("unblock", "write:blocks", commands.unblock)


@relationships.get("/follow_requests")
@scope("read:follows")
async def follow_requests(ctx: Context, viewer: Viewer) -> Response:
    """Return who asks to follow one."""
    page = paging(most=80, usual=40)
    async with ctx.db.read() as tx:
        return answer_page(ctx, await people.asking(tx, viewer.account.id, page), page)


@relationships.post("/follow_requests/<int:account_id>/<any(authorize,reject):verdict>")
@scope("write:follows")
async def decide(ctx: Context, viewer: Viewer, account_id: int, verdict: str) -> Response:
    """Grant or refuse a request to follow."""
    await commands.answer(ctx, viewer.account, account_id, accept=verdict == "authorize")
    return await _answer(ctx, viewer, account_id)


# What stays in one's own way of looking


@relationships.get("/blocks")
@scope("read:blocks")
async def blocks(ctx: Context, viewer: Viewer) -> Response:
    """Return whom one blocks."""
    page = paging(most=80, usual=40)
    async with ctx.db.read() as tx:
        return answer_page(ctx, await people.blocked(tx, viewer.account.id, page), page)


@relationships.get("/mutes")
@scope("read:mutes")
async def muted(ctx: Context, viewer: Viewer) -> Response:
    """Return whom one has muted, and until when."""
    page = paging(most=80, usual=40)
    async with ctx.db.read() as tx:
        found = await people.muted(tx, viewer.account.id, page)
        ends = await mutes.ends(tx, viewer.account.id, [one.id for _, one in found])
    shown = [
        document(ctx, one) | {"mute_expires_at": iso(end) if (end := ends.get(one.id)) else None} for _, one in found
    ]
    return answer(shown, link=links(page, [row_id for row_id, _ in found]))


@relationships.post(f"{_ONE}/mute")
@scope("write:mutes")
async def mute(ctx: Context, viewer: Viewer, account_id: int) -> Response:
    """Read somebody no more, for `duration` seconds or for good; with `notifications` hear of them neither."""
    given = await fields()
    seconds = number(given.get("duration"), "duration") or 0
    if seconds > _LONGEST_MUTE:
        raise Invalid("Mute for a year at most, or without an end: leave duration out.")
    async with ctx.change() as change:
        await effects.mute(
            change,
            viewer.account,
            await shown(change.tx, account_id, viewer),
            notifications=truth(given.get("notifications", True)),
            seconds=seconds,
        )
    return await _answer(ctx, viewer, account_id)


@relationships.post(f"{_ONE}/unmute")
@scope("write:mutes")
async def unmute(ctx: Context, viewer: Viewer, account_id: int) -> Response:
    """Read somebody again."""
    async with ctx.change() as change:
        await effects.unmute(change, viewer.account, account_id)
    return await _answer(ctx, viewer, account_id)


@relationships.get("/domain_blocks")
@scope("read:blocks")
async def hosts(ctx: Context, viewer: Viewer) -> Response:
    """Return the nodes whose people one hides."""
    page = paging(most=200, usual=100)
    async with ctx.db.read() as tx:
        found = await mutes.hosts(tx, viewer.account.id, page)
    return answer([host for _, host in found], link=links(page, [row_id for row_id, _ in found]))


@relationships.post("/domain_blocks")
@scope("write:blocks")
async def mute_host(ctx: Context, viewer: Viewer) -> Response:
    """Hide everybody of the node `domain`."""
    await commands.mute_host(ctx, viewer.account, await _domain())
    return answer({})


@relationships.delete("/domain_blocks")
@scope("write:blocks")
async def unmute_host(ctx: Context, viewer: Viewer) -> Response:
    """Show everybody of the node `domain` again."""
    await commands.unmute_host(ctx, viewer.account, await _domain())
    return answer({})


async def _domain() -> str:
    return text((await fields()).get("domain") or query().get("domain"))


@relationships.get("/endorsements")
@scope("read:accounts")
async def endorsed(ctx: Context, viewer: Viewer) -> Response:
    """Return whom one shows in the profile."""
    page, own = paging(most=80, usual=40), viewer.account.id
    async with ctx.db.read() as tx:
        return answer_page(ctx, await people.endorsed(tx, own, page, viewer_id=own), page)


@relationships.post(f"{_ONE}/<any(pin,endorse):name>")
@scope("write:accounts")
async def endorse(ctx: Context, viewer: Viewer, account_id: int, name: str) -> Response:
    """Show somebody in the profile."""
    async with ctx.change() as change:
        await effects.endorse(change, viewer.account, await shown(change.tx, account_id, viewer))
    return await _answer(ctx, viewer, account_id)


@relationships.post(f"{_ONE}/<any(unpin,unendorse):name>")
@scope("write:accounts")
async def unendorse(ctx: Context, viewer: Viewer, account_id: int, name: str) -> Response:
    """Show somebody in the profile no more."""
    async with ctx.change() as change:
        await effects.unendorse(change, viewer.account, account_id)
    return await _answer(ctx, viewer, account_id)


@relationships.post(f"{_ONE}/note")
@scope("write:accounts")
async def note(ctx: Context, viewer: Viewer, account_id: int) -> Response:
    """Note `comment` about somebody, for oneself alone."""
    comment = text((await fields()).get("comment"))
    async with ctx.change() as change:
        await effects.note(change, viewer.account, await shown(change.tx, account_id, viewer), comment)
    return await _answer(ctx, viewer, account_id)
