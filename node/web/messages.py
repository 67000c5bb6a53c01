"""Messages: the direct posts that one exchanges with others, conversation by conversation."""

from collections.abc import Mapping
from dataclasses import dataclass

from quart import Blueprint, Response, request

from node.context import Context
from node.domain.posts import Post
from node.domain.text import excerpt
from node.domain.times import iso
from node.domain.viewer import Viewer
from node.errors import NotFound
from node.store import accounts, posts, timelines
from node.store import conversations as rows
from node.store.conversations import Conversation
from node.store.database import Tx
from node.web import views
from node.web.forms import LIST, asked, older
from node.web.pages import render, words
from node.web.session import signed_in
from node.web.views import PersonView

messages = Blueprint("messages", __name__)

_EXCERPT = 160


@dataclass(frozen=True, slots=True)
class ConversationView:
    """A conversation in the list. people: the others in it, in words; text: how its newest message begins."""

    path: str
    people: str
    portrait: str
    text: str
    mine: bool
    iso: str
    when: str
    unread: bool


@messages.get("/messages")
@signed_in
async def mine(ctx: Context, viewer: Viewer) -> Response:
    """List one's conversations, those with the newest messages first."""
    me = viewer.account.id
    async with ctx.db.read() as tx:
        found = await rows.page(tx, me, asked(LIST))
        others = await _others(ctx, tx, found, viewer_id=me)
        latest = await posts.visible_ids(tx, [one.last_id for one in found], viewer_id=me)
        (own,) = await views.people(ctx, tx, [viewer.account])
    return await render(
        "messages.html",
        conversations=[
            _view(one, others[one.thread_id], latest[one.last_id], own) for one in found if one.last_id in latest
        ],
        older=older([one.last_id for one in found], LIST),
    )


def _view(one: Conversation, others: list[PersonView], last: Post, own: PersonView) -> ConversationView:
    _ = words()
    return ConversationView(
        path=f"/messages/{one.id}",
        people=_names(others),
        portrait=(others[0] if others else own).portrait,
        text=last.summary or excerpt(last.content, longest=_EXCERPT) or _("A picture or a file"),
        mine=last.author_id == own.id,
        iso=iso(last.published_at),
        when=_.ago(last.published_at),
        unread=one.unread,
    )


def _names(others: list[PersonView]) -> str:
    _ = words()
    return _.listed([person.name for person in others]) if others else _("Notes to yourself")


async def _others(ctx: Context, tx: Tx, found: list[Conversation], *, viewer_id: int) -> Mapping[int, list[PersonView]]:
    """Return thread → who else is in it."""
    ids = await rows.people(tx, [one.thread_id for one in found], viewer_id=viewer_id)
    known = await accounts.by_ids(tx, {id for some in ids.values() for id in some})
    shown = {view.id: view for view in await views.people(ctx, tx, known.values())}
    return {one.thread_id: [shown[id] for id in ids.get(one.thread_id, []) if id in shown] for one in found}


@messages.get("/messages/<int:id>")
@signed_in
async def show(ctx: Context, viewer: Viewer, id: int) -> Response:
    """Show a conversation, the newest messages last, and mark it as read."""
    me = viewer.account.id
    page = asked()
    async with ctx.db.read() as tx:
        found = await rows.by_id(tx, id, account_id=me)
        if found is None:
            raise NotFound("There is no such conversation.")
        others = (await _others(ctx, tx, [found], viewer_id=me))[found.thread_id]
        newest_first = await timelines.conversation(tx, found.thread_id, page, viewer_id=me)
        shown = await views.page(ctx, tx, newest_first[::-1], viewer_id=me, words=words(), where="thread")
        answered = await timelines.to_answer(tx, found.thread_id, viewer_id=me)
    if found.unread:
        async with ctx.change() as change:
            await rows.mark_read(change.tx, id, account_id=me)
    return await render(
        "conversation.html",
        names=_names(others),
        people=others,
        views=shown,
        earlier=older([post.id for post in newest_first]),
        latest=request.args.get("before") is None,
        answered=answered.id if answered else "",
        text=_addressed([person for person in others if answered is None or person.id != answered.author_id]),
    )


@messages.get("/messages/new")
@signed_in
async def begin(ctx: Context, viewer: Viewer) -> Response:
    """Write a message to somebody; `to` is their handle."""
    to = request.args.get("to", "").strip().lstrip("@")[:300]
    return await render("message.html", text=f"@{to} " if to else "")


def _addressed(people: list[PersonView]) -> str:
    """Return a beginning that names these people: of those who are not answered, only the named get a message."""
    return "".join(f"{person.path.removeprefix('/')} " for person in people)
