"""Who may write to whom alone: what is different for guests, and for members under age (requirements A4, A17)."""

from collections.abc import Sequence

from node.context import Change
from node.domain.accounts import Account
from node.domain.visibility import Visibility
from node.errors import Forbidden
from node.store import minors, people


async def check(change: Change, author: Account, visibility: Visibility, named: Sequence[Account]) -> None:
    """Check that a message for named people may go to each of these; what is for more people always may.

    Raises:
        Forbidden: one is a guest who does not meet the author and all others, or the author one who does not meet them;
            a member under age writes to somebody of another unit, whose answer would not come.
    """
    if visibility is not Visibility.DIRECT:
        return
    others = [one for one in named if one.id != author.id]
    ids = [one.id for one in others]
    if author.guest and await people.hidden(change.tx, ids, viewer_id=author.id):
        raise Forbidden("Guests write to people they meet in their groups. Leave the others out.")
    for one in others:
        if one.guest and one.local and await people.hidden(change.tx, [author.id, *ids], viewer_id=one.id):
            raise Forbidden(
                "%(name)s is a guest, and writes only with people of their groups.", name=one.name or one.username
            )
    if any(not one.local for one in others) and await minors.is_minor(change.tx, author.id):
        raise Forbidden("From this account you write to people of your own unit only. Leave the others out.")
