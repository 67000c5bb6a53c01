"""Who may write to whom alone: what is different for guests, and for members under age (requirements A4, A17)."""

from collections.abc import Sequence

from node.context import Change
from node.domain.accounts import Account
from node.domain.ages import FOR_FEW, is_outsider
from node.domain.visibility import Visibility
from node.errors import Forbidden
from node.store import minors, people


async def check(change: Change, author: Account, visibility: Visibility, named: Sequence[Account]) -> None:
    """Check that what is for few may go to each of those it is brought to; what is for more people always may.

    named: those mentioned, whose post it answers and whose wall it stands on. Of members under age nothing is told: a
    guest is refused as with anybody whom they do not meet.

    Raises:
        Forbidden: a member under age writes to somebody of another unit, or a guest; one is a guest who does not meet
            the author and all others, or the author one who does not meet them.
    """
    if visibility not in FOR_FEW:
        return
    others = [one for one in named if one.id != author.id]
    young = await minors.among(change.tx, [author.id, *(one.id for one in others)])
    if author.id in young and any(is_outsider(one) for one in others):
        raise Forbidden("From this account you write to people of your own unit only. Leave the others out.")
    if visibility is not Visibility.DIRECT:
        return
    if author.guest and await _kept_apart(change, author, others, young=young):
        raise Forbidden("Guests write to people they meet in their groups. Leave the others out.")
    for one in others:
        if one.guest and one.local and await _kept_apart(change, one, [author, *others], young=young):
            raise Forbidden(
                "%(name)s is a guest, and writes only with people of their groups.", name=one.name or one.username
            )


async def _kept_apart(change: Change, guest: Account, others: Sequence[Account], *, young: set[int]) -> bool:
    """Tell whether a guest may not be in a conversation with all of these."""
    ids = [one.id for one in others if one.id != guest.id]
    return not young.isdisjoint(ids) or bool(await people.hidden(change.tx, ids, viewer_id=guest.id))
