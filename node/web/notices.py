"""A notice on a board beside its text, shown and typed: its category, its first and its last day."""

from dataclasses import dataclass
from urllib.parse import urlencode

from node.context import Context
from node.domain.accounts import Account
from node.domain.boards import NOTHING, Notice
from node.domain.posts import Post
from node.store import boards
from node.web.forms import Form, day_of, start_of_day
from node.web.paths import account_path
from themes.phrases import Phrases


@dataclass(frozen=True, slots=True)
class NoticeView:
    """What a notice carries: its category and where all of it is, the last day in words ('' for none).

    over: it has left the board; pinned: it is on top there.
    """

    category: str
    path: str
    until: str
    over: bool
    pinned: bool


def view(post: Post, author: Account, carried: Notice | None, words: Phrases) -> NoticeView | None:
    """Return what a post carries as a notice, None for what is none: by no board, or an answer."""
    if not author.board or post.reply_to_uri:
        return None
    notice = carried or NOTHING
    return NoticeView(
        category=notice.category,
        path=f"{account_path(author)}?{urlencode({'category': notice.category})}",
        # The day that ends with it is the last one.
        until=words.date(notice.ends_at - 1) if notice.ends_at else "",
        over=notice.is_over(words.now),
        pinned=post.pinned_at is not None,
    )


@dataclass(frozen=True, slots=True)
class NoticeTyped:
    """What stands in the fields; days as browsers write them. used: the categories to choose from."""

    category: str
    valid_from: str
    valid_until: str
    used: tuple[str, ...]


async def fields(ctx: Context, board: Account, form: Form) -> NoticeTyped:
    """Return what was typed about a notice, and what may be chosen for it."""
    return NoticeTyped(
        form.line("category"), form.line("valid_from"), form.line("valid_until"), await _used(ctx, board)
    )


async def filled(ctx: Context, board: Account, notice: Notice) -> NoticeTyped:
    """Return the fields as they are for a notice that is there."""
    begins = "" if notice.starts_at is None else day_of(ctx, notice.starts_at)
    until = "" if notice.ends_at is None else day_of(ctx, notice.ends_at - 1)
    return NoticeTyped(notice.category, begins, until, await _used(ctx, board))


def read(ctx: Context, form: Form) -> Notice:
    """Return what was typed; the last day is whole.

    Raises:
        Invalid: a day that is none.
    """
    return Notice(
        form.line("category"),
        start_of_day(ctx, form.line("valid_from")),
        start_of_day(ctx, form.line("valid_until"), after=1),
    )


async def _used(ctx: Context, board: Account) -> tuple[str, ...]:
    async with ctx.db.read() as tx:
        return tuple(await boards.used(tx, board.id))
