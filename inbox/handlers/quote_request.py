"""QuoteRequest: somebody asks whether they may quote a post of ours (FEP-044f)."""

from federation import render
from federation.activities import QuoteRequest
from inbox.rights import may_see
from node.context import Change
from node.domain.accounts import Account
from node.errors import NotFound
from node.store import accounts, posts
from outbox import quotes


async def handle(change: Change, activity: QuoteRequest, sender: Account) -> None:
    """Answer by the post's own rule: unless its author said otherwise, nobody else quotes it.

    Raises:
        NotFound: it is no post of ours, or not one that the sender may see.
    """
    post = await posts.by_uri(change.tx, activity.object)
    author = await accounts.by_id(change.tx, post.author_id) if post is not None and post.local else None
    if post is None or author is None or not await may_see(change, sender, post):
        raise NotFound("There is no such post here.")
    asked = render.about(
        "QuoteRequest", id=activity.id, actor=sender.uri, object=post.uri, instrument=activity.instrument
    )
    await quotes.answer(change, asked, post, author=author, by=sender, quoting=activity.instrument)
