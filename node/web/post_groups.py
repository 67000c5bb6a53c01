"""Where posts stand in groups, for those who look at them or write them."""

from collections.abc import Iterable
from dataclasses import dataclass, replace

from node.domain.accounts import Account
from node.domain.bridges import Bridge
from node.domain.groups import Act, Group, Readers, Standing, may, may_write
from node.domain.posts import Post
from node.domain.visibility import Visibility
from node.store import bridges, group_lists, groups
from node.store.database import Tx
from node.web.paths import account_path


@dataclass(frozen=True, slots=True)
class PostGroup:
    """The group of a post, ready for a template.

    wide: what is written there may be for the organisation. answers: the one who looks may answer there; closed: nobody
    may, locked: nobody in this conversation. waiting: the group has not let it in, or does not any more. pinned: it is
    on top there; pins, takes_out: the one who looks may change that. beyond: the partner's host with which it is
    shared; pseudonyms: only what is written under one is read there.
    """

    id: int
    name: str
    path: str
    wide: bool
    answers: bool
    closed: bool
    locked: bool = False
    waiting: bool = False
    pinned: bool = False
    pins: bool = False
    takes_out: bool = False
    beyond: str = ""
    pseudonyms: bool = False


def of_group(account: Account, group: Group, standing: Standing, bridge: Bridge | None) -> PostGroup:
    """Return a group for a post that is begun there. bridge: over which it is shared."""
    return PostGroup(
        id=account.id,
        name=account.name or account.username,
        path=account_path(account),
        wide=group.readers is Readers.ORGANISATION,
        answers=may_write(group, standing.role, answer=True),
        closed=group.archived_at is not None,
        beyond=bridge.beyond if bridge is not None else "",
        pseudonyms=bridge is not None and bridge.terms.pseudonyms,
    )


@dataclass(frozen=True, slots=True)
class PostGroups:
    """The groups in which posts stand, as far as the one who looks may know of them."""

    viewer_id: int
    known: dict[int, tuple[Account, Group, Standing]]
    passed_on: dict[int, bool]
    bridges: dict[int, Bridge]

    def of(self, post: Post) -> PostGroup | None:
        """Return the group of a post; None without one, or with one that is hidden from the one who looks."""
        found = self.known.get(post.group_id or 0)
        if found is None:
            return None
        account, group, standing = found
        view, inside = of_group(account, group, standing, self.bridges.get(account.id)), post.id in self.passed_on
        moderates, own = may(standing.role, Act.MODERATE), post.author_id == self.viewer_id
        member = standing.role is not None
        return replace(
            view,
            wide=view.wide and post.visibility is Visibility.ORGANISATION,
            answers=view.answers and not post.locked,
            locked=post.locked,
            waiting=not inside,
            pinned=self.passed_on.get(post.id, False),
            pins=inside and account.local and moderates and not post.reply_to_uri,
            # `outbox.groups.take_out`: of a group elsewhere not what is one's own.
            takes_out=inside and (moderates or (own and member)) and (account.local or not own),
        )


async def read(tx: Tx, found: Iterable[Post], *, viewer_id: int, now: int) -> PostGroups:
    """Return the groups of posts: four queries, or none where no post stands in a group."""
    posts = [post for post in found if post.group_id and post.boost_of is None]
    ids = {post.group_id for post in posts if post.group_id}
    if not ids:
        return PostGroups(viewer_id, {}, {}, {})
    there = await groups.known(tx, ids, viewer_id=viewer_id)
    standings = await groups.standings(tx, viewer_id, there, now=now)
    known = {id: (one.account, one.group, standings[id]) for id, one in there.items()}
    passed_on = await group_lists.passed_on(tx, [post.id for post in posts])
    return PostGroups(viewer_id, known, passed_on, await bridges.of_groups(tx, there))


async def begun_in(tx: Tx, group_id: int, *, viewer_id: int, now: int) -> PostGroup | None:
    """Return the group that somebody begins a conversation in; None for none that they know of."""
    found = (await groups.known(tx, [group_id], viewer_id=viewer_id)).get(group_id)
    if found is None:
        return None
    standing = await groups.standing(tx, group_id, viewer_id, now=now)
    return of_group(found.account, found.group, standing, (await bridges.of_groups(tx, [group_id])).get(group_id))
