"""Flag: another node passes on a complaint about somebody here."""

from federation.activities import Flag
from node.context import Change
from node.domain import text
from node.domain.accounts import Account
from node.domain.reports import Report
from node.effects.notifications import reported
from node.errors import NotFound
from node.store import accounts, posts, reports

_LONGEST = 5_000


async def handle(change: Change, activity: Flag, sender: Account) -> None:
    """Keep the complaint and tell the moderators. It is advice: nothing else happens (threat C06).

    Mastodon names the account and then the posts, Lemmy one post alone, Misskey only an account, with the posts'
    addresses in the text. What is not ours is left out.

    Raises:
        NotFound: nothing of it is ours.
    """
    tx = change.tx
    found = await posts.by_uris(tx, activity.objects)
    told = [found[uri] for uri in activity.objects if uri in found and found[uri].local]
    people = [account for account in await accounts.by_uris(tx, activity.objects) if account.local]
    target = people[0] if people else await accounts.by_id(tx, told[0].author_id) if told else None
    if target is None:
        raise NotFound("The complaint is about nobody here.")
    report = Report(
        id=change.new_id(),
        uri=activity.id,
        from_id=sender.id,
        target_id=target.id,
        content=text.strip_tags(activity.content)[:_LONGEST],
        state="open",
        created_at=change.now,
        post_ids=tuple(post.id for post in told if post.author_id == target.id),
    )
    if await reports.insert(tx, report):
        await reported(change, report, by=sender)
