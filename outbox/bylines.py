"""In whose name a member writes: their own, or that of a page which they edit."""

from node.context import Change
from node.domain.accounts import Account
from node.domain.pages import check_page_draft
from node.domain.posts import Draft, Post
from node.errors import Forbidden, NotFound
from node.store import accounts, pages_of_unit, posts
from node.store.database import Tx


async def check(change: Change, page: Account, draft: Draft, *, by: Account) -> None:
    """Check that a member may publish a draft in the name of a page.

    Raises:
        Forbidden: they are no editor of it. Invalid: see `check_page_draft`.
    """
    if not by.active or not await pages_of_unit.is_editor(change.tx, page.id, by.id):
        raise Forbidden("Only its editors write in the name of this page.")
    check_page_draft(draft)


async def written(tx: Tx, by: Account, post_id: int) -> tuple[Post, Account]:
    """Return a post that a member may change, and in whose name it stands: theirs, or a page's that they edit.

    Raises:
        NotFound: there is none.
    """
    post = await posts.by_id(tx, post_id)
    if post is None or post.boost_of is not None or not await _changes(tx, by, post):
        raise NotFound("There is no such post of yours.")
    author = by if post.author_id == by.id else await accounts.by_id(tx, post.author_id)
    assert author is not None, "a post has an author"
    return post, author


async def _changes(tx: Tx, by: Account, post: Post) -> bool:
    return post.author_id == by.id or await pages_of_unit.is_editor(tx, post.author_id, by.id)
