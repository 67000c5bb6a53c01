"""What a draft is to carry as a notice: on a board its category and its days, as the board has them."""

from dataclasses import replace

from node.context import Change
from node.domain.accounts import Account
from node.domain.boards import NOTHING, Notice, check_notice, spelt, tag_of
from node.domain.posts import Draft, Post
from node.domain.text import tags_in
from node.store import boards as rows


async def carried(
    change: Change, draft: Draft, *, author: Account, post: Post | None = None, now: int | None = None
) -> Notice | None:
    """Return what a post is to carry as a notice, None for nothing; with an edited `post` what it does, unless changed.

    now: Unix ms when it is new.

    Raises:
        Invalid: see `check_notice`.
    """
    if not author.page:
        check_notice(draft.notice or NOTHING, board=False, poll=False)
        return None
    wanted = draft.notice
    if wanted is None:
        return (await rows.notices(change.tx, [post.id])).get(post.id) if post else None
    wanted = replace(wanted, category=spelt(wanted.category, await rows.used(change.tx, author.id)))
    check_notice(wanted, board=author.board, poll=draft.poll is not None, now=now)
    return wanted if wanted != NOTHING else None


def hashtags(draft: Draft, notice: Notice | None) -> tuple[str, ...]:
    """Return the hashtags of a draft, lower-case, without the sign: those of its text, and that of its category."""
    of_category = tag_of(notice.category) if notice else ""
    return tuple(sorted(tags_in(draft.text) | ({of_category} if of_category else set())))
