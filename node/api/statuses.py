"""Statuses: write, read, edit, delete."""

from dataclasses import replace
from typing import Any

import orjson
from quart import Blueprint, Response, request

from federation import media as pictures
from node.api.answers import Given, answer, fields, listed, number, numbers, paging, query, text, truth
from node.api.auth import scope
from node.api.render import status as render
from node.api.render.account import account as render_account
from node.api.render.account import mention
from node.api.render.parts import attachments
from node.api.timelines import answer_page
from node.context import Context
from node.domain.media import parse_focus
from node.domain.polls import DraftPoll
from node.domain.posts import QUOTE_POLICIES, Described, Draft, Post
from node.domain.text import plain
from node.domain.times import iso, moment
from node.domain.viewer import Viewer
from node.domain.visibility import Visibility
from node.effects import errands
from node.errors import Invalid, NotFound, Unavailable
from node.store import accounts, media, polls, posts, versions
from node.store import quotes as quote_rows
from node.store.database import Tx
from outbox import posts as commands
from outbox import quotes as quote_commands
from outbox import scheduled

statuses = Blueprint("statuses", __name__, url_prefix="/v1/statuses")

_MOST_AT_ONCE = 40

# Clients know four words; their widest, "public", means the organisation here, and nothing leaves it.
_AUDIENCES = {
    "public": Visibility.ORGANISATION,
    "unlisted": Visibility.UNIT,
    "private": Visibility.FOLLOWERS,
} | {visibility.value: visibility for visibility in Visibility if visibility is not Visibility.PUBLIC}


async def show(ctx: Context, viewer: Viewer, post_id: int) -> orjson.Fragment:
    """Return one post as a status.

    Raises:
        NotFound: the viewer may not know of it.
    """
    async with ctx.db.read() as tx:
        post = await visible(tx, viewer, post_id)
        (shown,) = await render.statuses(ctx, tx, [post], viewer_id=viewer.account.id)
    return shown


async def visible(tx: Tx, viewer: Viewer, post_id: int) -> Post:
    """Return a post.

    Raises:
        NotFound: the viewer may not know of it.
    """
    post = await posts.visible_to(tx, post_id, viewer_id=viewer.account.id)
    if post is None:
        raise NotFound("Record not found")
    return post


def audience(word: Any, *, local_only: bool = False) -> Visibility:
    """Return the audience that a client's word for visibility means.

    local_only: it is never to leave this node, as Hometown and glitch-soc have it.

    Raises:
        Invalid: there is none of that name.
    """
    found = _AUDIENCES.get(text(word))
    if found is None:
        raise Invalid("There is no audience of that name.")
    return Visibility.UNIT if local_only and found is Visibility.ORGANISATION else found


def draft(viewer: Viewer, given: Given) -> Draft:
    """Return what a client wants to publish; what it does not say is as the member usually has it.

    Raises:
        Invalid: a field that cannot be read.
    """
    word, habits = given.get("visibility"), viewer.habits
    sensitive, policy = given.get("sensitive"), text(given.get("quote_approval_policy")) or habits.quote_policy
    if policy not in QUOTE_POLICIES:
        raise Invalid("There is no such quote_approval_policy.")
    return Draft(
        text=text(given.get("status")),
        visibility=audience(word, local_only=truth(given.get("local_only"))) if word else habits.audience,
        summary=text(given.get("spoiler_text")),
        sensitive=habits.sensitive if sensitive is None else truth(sensitive),
        language=text(given.get("language")) or habits.language,
        reply_to_id=number(given.get("in_reply_to_id"), "in_reply_to_id"),
        wall_of=number(given.get("wall_of"), "wall_of"),
        group=number(given.get("group_id"), "group_id"),
        media_ids=tuple(numbers(given.get("media_ids"), "media_ids")),
        poll=_poll(given.get("poll")),
        quote_of=number(given.get("quoted_status_id"), "quoted_status_id"),
        quote_policy=policy,
    )


def _poll(given: Any) -> DraftPoll | None:
    if not given:
        return None
    if not isinstance(given, dict):
        raise Invalid("A poll has options and expires_in.")
    seconds = number(given.get("expires_in"), "expires_in")
    if seconds is None:
        raise Invalid("Say how long the poll is open: expires_in, in seconds.")
    options = tuple(plain(text(one), longest=1_000) for one in listed(given.get("options")))
    return DraftPoll(options, seconds, truth(given.get("multiple")))


@statuses.post("")
@scope("write:statuses")
async def create(ctx: Context, viewer: Viewer) -> Response:
    """Publish, or plan it with `scheduled_at`. `wall_of` puts it on somebody's wall.

    The same Idempotency-Key within an hour leads to the same post.
    """
    attempt = request.headers.get("Idempotency-Key", "")
    return answer(await written(ctx, viewer, await fields(), attempt=attempt))


@statuses.post("/preview")
@scope("write:statuses")
async def preview(ctx: Context, viewer: Viewer) -> Response:
    """Tell how a status would look and whom it would reach, by the fields of its creation (StatusPreview, our own).

    people: how many members, followers or named people; nodes: the others that get it; partner: the one outside the
    organisation that reads it as well; left_out: those named whom it does not reach. Nothing is kept.
    """
    found = await commands.preview(ctx, viewer.account, draft(viewer, await fields()))
    reach = found.reach
    return answer(
        {
            "content": found.content,
            "visibility": render.client_visibility(reach.visibility),
            "audience": reach.visibility.value,
            "people": reach.people,
            "nodes": list(reach.hosts),
            "partner": reach.beyond or None,
            "left_out": [mention(ctx, one) for one in reach.left_out],
        }
    )


async def written(ctx: Context, viewer: Viewer, given: Given, *, attempt: str) -> Any:
    """Publish or plan what a client sent; return the Status, or the ScheduledStatus. `attempt`: its Idempotency-Key."""
    wanted = draft(viewer, given)
    if given.get("scheduled_at"):
        due = moment(text(given["scheduled_at"]))
        planned = await scheduled.plan(ctx, viewer.account, wanted, due=due, attempt=attempt)
        return await scheduled_entity(ctx, planned)
    made = await commands.publish_whole(ctx, viewer.account, wanted, attempt=attempt)
    if isinstance(made, Post):  # an earlier attempt did it
        return await show(ctx, viewer, made.id)
    async with ctx.db.read() as tx:
        return await render.published(ctx, tx, made, viewer_id=viewer.account.id)


async def scheduled_entity(ctx: Context, planned: scheduled.Planned) -> dict[str, Any]:
    """Return a planned post (ScheduledStatus)."""
    wanted = planned.draft
    poll = wanted.poll
    return {
        "id": str(planned.id),
        "scheduled_at": iso(planned.due_at),
        "params": {
            "text": wanted.text,
            "visibility": render.client_visibility(wanted.visibility),
            "spoiler_text": wanted.summary,
            "sensitive": wanted.sensitive,
            "language": wanted.language or None,
            "in_reply_to_id": wanted.reply_to_id,
            "media_ids": [str(id) for id in wanted.media_ids] or None,
            "poll": {
                "options": list(poll.options),
                "expires_in": str(poll.seconds),
                "multiple": poll.several,
                "hide_totals": False,
            }
            if poll
            else None,
            "quoted_status_id": str(wanted.quote_of) if wanted.quote_of else None,
            "quote_approval_policy": wanted.quote_policy,
            "idempotency": None,
            "with_rate_limit": False,
            "scheduled_at": None,
            "application_id": 0,
        },
        "media_attachments": attachments(ctx, planned.files),
    }


@statuses.get("")
@scope("read:statuses")
async def many(ctx: Context, viewer: Viewer) -> Response:
    """Return those of the statuses `id[]` that the viewer may see."""
    ids = numbers(query().get("id"), "id")[:_MOST_AT_ONCE]
    async with ctx.db.read() as tx:
        found = await render.by_id(ctx, tx, ids, viewer_id=viewer.account.id)
    return answer([found[id] for id in ids if id in found])


@statuses.get("/<int:post_id>")
@scope("read:statuses")
async def read(ctx: Context, viewer: Viewer, post_id: int) -> Response:
    """Return one status."""
    return answer(await show(ctx, viewer, post_id))


@statuses.get("/<int:post_id>/context")
@scope("read:statuses")
async def context(ctx: Context, viewer: Viewer, post_id: int) -> Response:
    """Return what stands above and below a post in its thread, answers right below what they answer."""
    viewer_id = viewer.account.id
    async with ctx.db.read() as tx:
        post = await visible(tx, viewer, post_id)
        above, below = await posts.thread(tx, post_id, viewer_id=viewer_id)
        found = {
            "ancestors": await render.statuses(ctx, tx, above, viewer_id=viewer_id),
            "descendants": await render.statuses(ctx, tx, _threaded(post_id, below), viewer_id=viewer_id),
        }
    await errands.complete_thread(ctx, post)
    await pictures.want_films(ctx, [*above, post, *below])
    return answer(found)


def _threaded(root: int, below: list[Post]) -> list[Post]:
    """Return answers depth first, each below its parent; of those whose parent is not here, the thread comes last."""
    children: dict[int, list[Post]] = {}
    known = {root, *(post.id for post in below)}
    for post in below:
        parent = post.reply_to_id if post.reply_to_id in known else 0
        children.setdefault(parent or 0, []).append(post)
    ordered: list[Post] = []
    waiting = [*reversed(children.get(0, [])), *reversed(children.get(root, []))]
    while waiting:
        post = waiting.pop()
        ordered.append(post)
        waiting += reversed(children.get(post.id, []))
    return ordered


@statuses.put("/<int:post_id>")
@scope("write:statuses")
async def edit(ctx: Context, viewer: Viewer, post_id: int) -> Response:
    """Replace the text, the files and the poll of one's own post; `media_attributes[]` describes files anew."""
    given = await fields()
    wanted = draft(viewer, given | {"visibility": None})
    described = tuple(_described(one) for one in listed(given.get("media_attributes")) if isinstance(one, dict))
    await commands.edit(ctx, viewer.account, post_id, replace(wanted, described=described))
    return answer(await show(ctx, viewer, post_id))


def _described(given: Given) -> Described:
    id = number(given.get("id"), "media_attributes")
    if id is None:
        raise Invalid("media_attributes name a file each, by its id.")
    return Described(id, text(given.get("description")), parse_focus(text(given.get("focus"))))


@statuses.delete("/<int:post_id>")
@scope("write:statuses")
async def delete(ctx: Context, viewer: Viewer, post_id: int) -> Response:
    """Delete one's own post, here and everywhere; return what it was, with what was typed, for writing it anew.

    Its files may hang on a new post for as long as uploads wait for one; with `delete_media` they are erased at once.
    """
    at_once = truth((query() | await fields()).get("delete_media"))
    async with ctx.db.read() as tx:
        post = await visible(tx, viewer, post_id)
    shown = await show(ctx, viewer, post_id)
    kept = await commands.delete(ctx, viewer.account, post_id, keep_files=not at_once)
    told = render.with_source(shown, post)
    return answer(told | {"media_attachments": attachments(ctx, kept)} if kept else told)


@statuses.get("/<int:post_id>/source")
@scope("read:statuses")
async def source(ctx: Context, viewer: Viewer, post_id: int) -> Response:
    """Return what was typed, for editing."""
    async with ctx.db.read() as tx:
        post = await visible(tx, viewer, post_id)
    if post.author_id != viewer.account.id:
        raise NotFound("Record not found")
    return answer({"id": str(post.id), "text": post.source, "spoiler_text": post.summary})


@statuses.get("/<int:post_id>/history")
@scope("read:statuses")
async def history(ctx: Context, viewer: Viewer, post_id: int) -> Response:
    """Return every version of a post, the first one first."""
    async with ctx.db.read() as tx:
        post = await visible(tx, viewer, post_id)
        earlier = await versions.of_post(tx, post.id)
        author = await accounts.by_id(tx, post.author_id)
        poll = (await polls.of_posts(tx, [post.id])).get(post.id)
        files = attachments(ctx, (await media.of_posts(tx, [post.id])).get(post.id, []))
    options = tuple(option.name for option in poll.options) if poll else ()
    now = versions.Version(post.edited_at or post.published_at, post.content, post.summary, post.sensitive, options)
    assert author is not None, "a visible post has an author"
    return answer(
        [
            {
                "content": version.content,
                "spoiler_text": version.summary,
                "sensitive": version.sensitive,
                "created_at": iso(version.written_at),
                "account": render_account(ctx, author),
                "media_attachments": files if version is now else [],
                "emojis": [],
                **({"poll": {"options": [{"title": name} for name in version.options]}} if version.options else {}),
            }
            for version in (*earlier, now)
        ]
    )


@statuses.get("/<int:post_id>/quotes")
@scope("read:statuses")
async def quotes(ctx: Context, viewer: Viewer, post_id: int) -> Response:
    """Return the posts that quote one."""
    page = paging()
    async with ctx.db.read() as tx:
        post = await visible(tx, viewer, post_id)
        found = await quote_rows.of_post(tx, post.id, page, viewer_id=viewer.account.id)
        return await answer_page(ctx, tx, viewer, found, page)


@statuses.post("/<int:post_id>/quotes/<int:quoting_id>/revoke")
@scope("write:statuses")
async def revoke(ctx: Context, viewer: Viewer, post_id: int, quoting_id: int) -> Response:
    """Take back that a post quotes one's own; return that post, which does so no more."""
    await quote_commands.revoke(ctx, viewer.account, post_id, quoting_id)
    return answer(await show(ctx, viewer, quoting_id))


@statuses.route("/<int:post_id>/interaction_policy", methods=["PUT", "PATCH"])
@scope("write:statuses")
async def interaction_policy(ctx: Context, viewer: Viewer, post_id: int) -> Response:
    """Change who may quote one's own post."""
    policy = text((await fields()).get("quote_approval_policy")) or viewer.habits.quote_policy
    await commands.let_quote(ctx, viewer.account, post_id, policy)
    return answer(await show(ctx, viewer, post_id))


@statuses.get("/<int:post_id>/card")
@scope("read:statuses")
async def card(ctx: Context, viewer: Viewer, post_id: int) -> Response:
    """Return the preview of a link: there is none, since nobody's reading is told to other sites."""
    async with ctx.db.read() as tx:
        await visible(tx, viewer, post_id)
    return answer({})


@statuses.post("/<int:post_id>/translate")
@scope("read:statuses")
async def translate(ctx: Context, viewer: Viewer, post_id: int) -> Response:
    """Say that this node translates nothing, as the instance document does."""
    async with ctx.db.read() as tx:
        await visible(tx, viewer, post_id)
    raise Unavailable("This node does not translate.")
