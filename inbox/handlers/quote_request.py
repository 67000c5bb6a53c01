"""QuoteRequest: somebody asks whether they may quote a post of ours (FEP-044f)."""

from federation import render
from federation.activities import QuoteRequest
from node.context import Change
from node.domain.accounts import Account
from node.errors import NotFound
from node.store import accounts, posts
from outbox.audience import inbox_of, within_organisation
from outbox.publish import new_uri, publish


async def handle(change: Change, activity: QuoteRequest, sender: Account) -> None:
    """Say no: what is written for the organisation is not carried elsewhere in somebody else's words.

    Raises:
        NotFound: it is no post of ours.
    """
    post = await posts.by_uri(change.tx, activity.object)
    author = await accounts.by_id(change.tx, post.author_id) if post is not None and post.local else None
    if post is None or author is None:
        raise NotFound("There is no such post here.")
    asked = render.about(
        "QuoteRequest", id=activity.id, actor=sender.uri, object=post.uri, instrument=activity.instrument
    )
    number, uri = new_uri(change)
    no = render.about("Reject", id=uri, actor=author.uri, object=asked, to=[sender.uri])
    inboxes = await within_organisation(change, [inbox_of(sender)])
    await publish(change, no, actor=author, object=post.uri, recipients=inboxes, private=True, id=number)
