"""Questions to other servers, put to them beside the inbox worker: durable, and each of them once at a time."""

from enum import StrEnum
from urllib.parse import urlsplit

from node.context import Change, Context
from node.domain.events import InboxFilled
from node.domain.posts import Post
from node.store import queues


class Errand(StrEnum):
    """What is asked; the type of the queue's row."""

    REFETCH = "Refetch"
    """How does the object stand at its origin?"""
    SYNCHRONISE = "Synchronise"
    """Which of our people follow the actor?"""
    THREAD = "Thread"
    """What else belongs to the conversation in which the post stands?"""
    QUOTE = "Quote"
    """What does the post quote, and may it?"""
    ORDER = "Order"
    """Did the node sign the order to erase something?"""


async def ask(change: Change, errand: Errand, about: str, *, actor: str = "", text: str = "") -> None:
    """Queue a question; one that waits already is not put twice.

    about: the id of the object or the address it is put to. actor: who made us ask. text: what else the
    answering code has to know.
    """
    row = queues.InboxRow(
        id=change.new_id(),
        uri=_once(errand, about),
        type=errand,
        actor=actor,
        host=urlsplit(actor or about).netloc,
        object=about,
        body=text.encode(),
        attempts=0,
        received_at=change.now,
    )
    await queues.put_inbox(change.tx, [row])
    change.tell(InboxFilled())


async def complete_thread(ctx: Context, post: Post) -> None:
    """Have what is missing of the conversation around a peer's post fetched, now that somebody reads it."""
    if post.local or post.boost_of is not None or not ctx.keys.may_fetch(f"thread of {post.uri}", ctx.clock()):
        return
    async with ctx.change() as change:
        await ask(change, Errand.THREAD, post.uri)


def of(row: queues.InboxRow) -> Errand | None:
    """Return what a row of the queue asks; None when it is an activity, which may call itself by any type."""
    errand = next((errand for errand in Errand if errand == row.type), None)
    return errand if errand and row.uri == _once(errand, row.object) else None


def _once(errand: Errand, about: str) -> str:
    return f"{errand.lower()}:{about}"  # no activity has such an id: theirs are addresses
