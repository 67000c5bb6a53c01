"""Write notifications and their events: what a member wants to hear, in the way they want it."""

from collections.abc import Iterable

from node.context import Change
from node.domain.accounts import Account
from node.domain.events import Notified
from node.domain.notifications import PERSONAL, Kind, Notification, Verdict, group_keys, verdict
from node.domain.posts import Post
from node.domain.reports import Report
from node.store import accounts, notification_policies, notifications, recipients
from node.store.recipients import Told

_POLLS_AT_ONCE = 100
_OLD_MS = 28 * 86_400_000


async def notify(change: Change, kind: Kind, *, account: Account, sender: Account, post_id: int | None = None) -> None:
    """Tell a member of this node what somebody did; nobody is told of their own acts, or of what they may not see."""
    await notify_each(change, kind, people=[account], sender=sender, post_id=post_id)


async def notify_each(
    change: Change, kind: Kind, *, people: Iterable[Account], sender: Account, post_id: int | None = None
) -> None:
    """The same for several people at once: two queries, or three, whatever their number."""
    await _tell(change, kind, [one.id for one in people if one.local], sender=sender, post_id=post_id)


async def _tell(
    change: Change,
    kind: Kind,
    ids: list[int],
    *,
    sender: Account,
    post_id: int | None = None,
    report_id: int | None = None,
) -> None:
    """Tell each of these members, unless their policy holds it back: then it waits, and no open stream hears of it."""
    others = [id for id in ids if id != sender.id]
    if not others:
        return
    groups = group_keys(kind, post_id, change.now)
    made: list[Notification] = []
    for standing in await recipients.standings(
        change.tx, others, sender_id=sender.id, post_id=post_id, groups=groups, now=change.now
    ):
        said = verdict(kind, standing, sender=sender, now=change.now)
        if said is Verdict.DROP:
            continue
        filtered = said is Verdict.FILTER
        made.append(
            Notification(
                id=change.new_id(),
                account_id=standing.account_id,
                kind=kind,
                from_id=sender.id,
                post_id=post_id,
                created_at=change.now,
                group_key=(standing.group or groups[0]) if groups and not filtered else "",
                filtered=filtered,
                report_id=report_id,
            )
        )
    await _write(change, made)
    waiting = [(change.new_id(), one.account_id) for one in made if one.filtered and kind in PERSONAL]
    await notification_policies.hold_back(change.tx, waiting, from_id=sender.id)


async def _write(change: Change, made: list[Notification]) -> None:
    await notifications.insert(change.tx, made)
    for one in made:
        if not one.filtered:
            change.tell(Notified(one.account_id, one.id))


async def _write_each(change: Change, kind: Kind, told: Iterable[Told]) -> None:
    await _write(
        change,
        [Notification(change.new_id(), one.account_id, kind, one.sender_id, one.post_id, change.now) for one in told],
    )


async def new_post(change: Change, post: Post) -> None:
    """Tell those who follow the author and want to hear of each post; who is named in it hears of that.

    Of what is weeks old nobody hears: it found another author (`outbox.bequests`), or took a long way.
    """
    if change.now - post.published_at > _OLD_MS:
        return
    await _write_each(change, Kind.STATUS, await recipients.subscribers(change.tx, post.id, now=change.now))


async def edited(change: Change, post: Post) -> None:
    """Tell who passed a post on, and who quotes it, that it says something else now; not also what it said before."""
    for kind, told in (
        (Kind.UPDATE, await recipients.boosters(change.tx, post.id, now=change.now)),
        (Kind.QUOTED_UPDATE, await recipients.quoters(change.tx, post.id, now=change.now)),
    ):
        await notifications.forget_kind(change.tx, kind, post_ids=[one.post_id for one in told])
        await _write_each(change, kind, told)


async def polls_ended(change: Change) -> int:
    """Tell who asked, and who voted, of polls that have ended; return how many polls, at most a hundred at once."""
    ended = await recipients.take_ended_polls(change.tx, now=change.now, limit=_POLLS_AT_ONCE)
    if ended:
        await _write_each(change, Kind.POLL, await recipients.voters(change.tx, ended, now=change.now))
    return len(ended)


async def reported(change: Change, report: Report, *, by: Account) -> None:
    """Tell the moderators of a complaint."""
    moderators = await accounts.moderators(change.tx)
    await _tell(change, Kind.REPORT, [one.id for one in moderators], sender=by, report_id=report.id)


async def signed_up(change: Change, account: Account) -> None:
    """Tell the administrators who has become a member."""
    await _tell(change, Kind.SIGN_UP, await recipients.administrators(change.tx), sender=account)
