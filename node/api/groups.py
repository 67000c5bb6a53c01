"""Groups, as Mastodon's design of them has it: find, found, change, join and leave them, and what stands in them.

Who is in them and looks after them: `node.api.group_members`.
"""

from enum import StrEnum
from typing import TypeVar

from quart import Blueprint, Response

from node.api.answers import Given, answer, fields, links, number, numbers, paging, query, text, truth
from node.api.auth import scope
from node.api.render import group as render
from node.api.render import status as render_status
from node.api.uploads import sent, with_pictures
from node.context import Context
from node.domain.groups import Charter, Joining, Posting, Readers
from node.domain.text import plain
from node.domain.viewer import Viewer
from node.errors import Invalid, NotFound
from node.store import groups as rows
from node.store import posts
from node.store import timelines as streams
from node.store.database import Tx
from node.store.groups import Found
from node.store.pages import Page
from outbox import groups as commands

groups = Blueprint("groups", __name__, url_prefix="/v1/groups")

Word = TypeVar("Word", bound=StrEnum)

_ONE = "/<int:group_id>"
_MOST_AT_ONCE = 80
_LONGEST_QUERY = 300


def _choice(given: Given, name: str, of: type[Word]) -> Word | None:
    if name not in given:
        return None
    try:
        return of(text(given[name]))
    except ValueError as error:
        raise Invalid("There is no such choice.") from error


def _charter(given: Given) -> Charter:
    """What a client says of a group; what it does not say stays."""
    return Charter(
        name=text(given["display_name"]) if "display_name" in given else None,
        summary=text(given["note"]) if "note" in given else None,
        joining=_choice(given, "joining", Joining),
        readers=_choice(given, "readers", Readers),
        posting=_choice(given, "posting", Posting),
        listed=truth(given["listed"]) if "listed" in given else None,
        rules=text(given["rules"]) if "rules" in given else None,
        question=text(given["question"]) if "question" in given else None,
        real_names=text(given["real_names"]) if "real_names" in given else None,
    )


async def seen(tx: Tx, viewer: Viewer, group_id: int) -> Found:
    """Return a group that the viewer may know of: a listed one, or one they are tied to.

    Raises:
        NotFound: there is none.
    """
    found = await rows.known(tx, [group_id], viewer_id=viewer.account.id)
    if group_id not in found:
        raise NotFound("Record not found")
    return found[group_id]


async def check_seen(ctx: Context, viewer: Viewer, group_id: int) -> None:
    """Let nobody learn of a group by what they may not do there."""
    async with ctx.db.read() as tx:
        await seen(tx, viewer, group_id)


async def _answer_one(ctx: Context, viewer: Viewer, group_id: int) -> Response:
    """Answer with a group as it is now."""
    async with ctx.db.read() as tx:
        (shown,) = await render.groups(ctx, tx, [await seen(tx, viewer, group_id)])
    return answer(shown)


async def _answer_page(ctx: Context, tx: Tx, found: list[Found], page: Page) -> Response:
    return answer(await render.groups(ctx, tx, found), link=links(page, [one.row_id for one in found]))


# Finding


@groups.get("")
@scope("read:groups")
async def own(ctx: Context, viewer: Viewer) -> Response:
    """Return the groups one is a member of, the latest joined first."""
    page = paging(most=80, usual=40)
    async with ctx.db.read() as tx:
        return await _answer_page(ctx, tx, await rows.of_member(tx, viewer.account.id, page), page)


@groups.get("/search")
@scope("read:groups")
async def search(ctx: Context, viewer: Viewer) -> Response:
    """Return groups with `q` in their name or text, all of them without it, the newest first.

    Those are the listed ones, and those one is tied to.
    """
    words, page = plain(text(query().get("q")), longest=_LONGEST_QUERY), paging(most=80, usual=40)
    async with ctx.db.read() as tx:
        found = await rows.listed(tx, page, words=words, viewer_id=viewer.account.id)
        return await _answer_page(ctx, tx, found, page)


@groups.get("/invitations")
@scope("read:groups")
async def inviting(ctx: Context, viewer: Viewer) -> Response:
    """Return the groups that invite one: join them, or leave them to decline."""
    async with ctx.db.read() as tx:
        return answer(await render.groups(ctx, tx, await rows.inviting(tx, viewer.account.id)))


@groups.get("/relationships")
@scope("read:groups")
async def relationships(ctx: Context, viewer: Viewer) -> Response:
    """Return how one stands to each of the groups `id[]`."""
    wanted = list(dict.fromkeys(numbers(query().get("id"), "id")))[:_MOST_AT_ONCE]
    async with ctx.db.read() as tx:
        known = await rows.known(tx, wanted, viewer_id=viewer.account.id)
        standings = await rows.standings(tx, viewer.account.id, known, now=ctx.clock())
    return answer([render.relationship(id, standings[id]) for id in wanted if id in known])


@groups.get(_ONE)
@scope("read:groups")
async def show(ctx: Context, viewer: Viewer, group_id: int) -> Response:
    """Return a group."""
    return await _answer_one(ctx, viewer, group_id)


# What a group is


@groups.post("")
@scope("write:groups")
async def found(ctx: Context, viewer: Viewer) -> Response:
    """Found a group with a `username`, `display_name`, `note`, `joining`, `readers`, `posting`, `listed`, `rules`
    (one a line), `question` and `real_names` (why nobody is in it under a pseudonym).
    """
    given = await fields()
    made = await commands.found(ctx, viewer.account, text(given.get("username")), _charter(given))
    return await _answer_one(ctx, viewer, made.id)


@groups.route(_ONE, methods=["PUT", "PATCH"])
@scope("write:groups")
async def change(ctx: Context, viewer: Viewer, group_id: int) -> Response:
    """Change what a group is, in the words it was founded with, and its pictures: `avatar` and `header`."""
    await check_seen(ctx, viewer, group_id)
    async with sent(ctx, most=2 * ctx.settings.limits.upload_picture) as given:
        wanted = await with_pictures(ctx, given, _charter(given.fields))
    await commands.change(ctx, viewer.account, group_id, wanted)
    return await _answer_one(ctx, viewer, group_id)


@groups.delete(_ONE)
@scope("write:groups")
async def delete(ctx: Context, viewer: Viewer, group_id: int) -> Response:
    """Delete a group for good."""
    await check_seen(ctx, viewer, group_id)
    await commands.delete(ctx, viewer.account, group_id)
    return answer({})


@groups.post(f"{_ONE}/<any(archive,unarchive):deed>")
@scope("write:groups")
async def archive(ctx: Context, viewer: Viewer, group_id: int, deed: str) -> Response:
    """Close a group, so that it is only read, or open it again."""
    await check_seen(ctx, viewer, group_id)
    await commands.archive(ctx, viewer.account, group_id, closed=deed == "archive")
    return await _answer_one(ctx, viewer, group_id)


@groups.post(f"{_ONE}/transfer")
@scope("write:groups")
async def hand_over(ctx: Context, viewer: Viewer, group_id: int) -> Response:
    """Make the member `account_id` the owner; who was it stays as an administrator."""
    await check_seen(ctx, viewer, group_id)
    account_id = number((await fields()).get("account_id"), "account_id")
    await commands.hand_over(ctx, viewer.account, group_id, account_id or 0)
    return await _relationship(ctx, viewer, group_id)


# Oneself in it


@groups.post(f"{_ONE}/join")
@scope("write:groups")
async def join(ctx: Context, viewer: Viewer, group_id: int) -> Response:
    """Become a member, or ask to, with an `answer` to the group's question."""
    given = await fields()
    await check_seen(ctx, viewer, group_id)
    await commands.join(ctx, viewer.account, group_id, answer=text(given.get("answer")))
    return await _relationship(ctx, viewer, group_id)


@groups.post(f"{_ONE}/leave")
@scope("write:groups")
async def leave(ctx: Context, viewer: Viewer, group_id: int) -> Response:
    """Be a member no more, ask no more, or decline an invitation."""
    await check_seen(ctx, viewer, group_id)
    await commands.leave(ctx, viewer.account, group_id)
    return await _relationship(ctx, viewer, group_id)


async def _relationship(ctx: Context, viewer: Viewer, group_id: int) -> Response:
    async with ctx.db.read() as tx:
        standing = await rows.standing(tx, group_id, viewer.account.id, now=ctx.clock())
    return answer(render.relationship(group_id, standing))


# What stands in it


@groups.delete(f"{_ONE}/statuses/<int:post_id>")
@scope("write:groups")
async def take_out(ctx: Context, viewer: Viewer, group_id: int, post_id: int) -> Response:
    """Take a post out of a group; its author keeps it."""
    await check_seen(ctx, viewer, group_id)
    await commands.take_out(ctx, viewer.account, group_id, post_id)
    return answer({})


@groups.post(f"{_ONE}/statuses/<int:post_id>/<any(pin,unpin):deed>")
@scope("write:groups")
async def pin(ctx: Context, viewer: Viewer, group_id: int, post_id: int, deed: str) -> Response:
    """Put a post on top of a group, or take it down from there."""
    await check_seen(ctx, viewer, group_id)
    await commands.pin(ctx, viewer.account, group_id, post_id, pinned=deed == "pin")
    async with ctx.db.read() as tx:
        found = await posts.visible_to(tx, post_id, viewer_id=viewer.account.id)
        pinned = await streams.pinned_in_group(tx, group_id)
        shown = await render_status.statuses(
            ctx, tx, [found] if found else [], viewer_id=viewer.account.id, pinned=pinned
        )
    if not shown:
        raise NotFound("Record not found")
    return answer(shown[0])
