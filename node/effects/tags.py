"""What following a hashtag, and showing one in the profile, change here."""

from node.context import Change
from node.domain.accounts import Account
from node.domain.tags import FeaturedTag
from node.errors import Invalid
from node.store import homes, tags


async def follow(change: Change, account: Account, name: str) -> None:
    """Let what is written with a hashtag come into a member's home stream, the latest of it at once."""
    if await tags.follow(change.tx, id=change.new_id(), account_id=account.id, name=name):
        await homes.settle_tag(change.tx, account.id, name)


async def unfollow(change: Change, account: Account, name: str) -> None:
    """The home stream forgets what is there for this hashtag alone."""
    if await tags.unfollow(change.tx, account_id=account.id, name=name):
        await homes.settle_tag(change.tx, account.id, name)


async def feature(change: Change, account: Account, name: str) -> FeaturedTag:
    """Show a hashtag in a member's profile; return it, the earlier one when there is one.

    Raises:
        Invalid: there are as many as there may be.
    """
    shown = await tags.featured(change.tx, account.id)
    known = next((tag for tag in shown if tag.name == name), None)
    if known is not None:
        return known
    most = change.settings.limits.featured_tags_per_member
    if len(shown) >= most:
        raise Invalid("You show %(most)d hashtags already. Take one away first.", most=most)
    made = FeaturedTag(change.new_id(), account.id, name)
    await tags.feature(change.tx, made)
    return made


async def unfeature(change: Change, account: Account, name: str) -> None:
    """Show a hashtag in a member's profile no more."""
    await tags.unfeature(change.tx, account_id=account.id, name=name)
