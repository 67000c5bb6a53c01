"""Posts in groups: which group a post goes to, and how a group of ours hands on what stands in it (FEP-1b12)."""

from collections.abc import Iterable
from collections.abc import Set as AbstractSet

from federation import bridges, render
from federation.addressing import address
from node.context import Change
from node.domain import ids, personas, uris
from node.domain.accounts import Account
from node.domain.bridges import Side, State
from node.domain.groups import Readers, check_name, may_write
from node.domain.guests import check_audience
from node.domain.posts import Draft, Post
from node.domain.visibility import Visibility
from node.effects import groups as effects
from node.errors import Forbidden, Invalid, NotFound
from node.store import accounts, copies, groups, nodes, posts, relationships
from node.store import bridges as bridge_rows
from outbox import narrowing
from outbox.audience import within_reach
from outbox.publish import Json, new_uri, publish


async def place(
    change: Change,
    draft: Draft,
    visibility: Visibility,
    *,
    author: Account,
    parent: Post | None,
    named: Iterable[Account],
) -> tuple[Visibility, Account | None]:
    """Return who reads a draft, and the group it goes to: the one it says, its conversation's, or one it names.

    What goes to a group is for its members, unless the group is read by the organisation and its author wants that.
    visibility: what the author wants. What is for named people stands in no group.

    Raises:
        NotFound: no such group. Forbidden: the author may not write there, or, as a guest or a persona, for those; or
            see `check_named`. Invalid: two places at once.
    """
    named = list(named)
    if author.guest and parent is not None and visibility is not Visibility.DIRECT:
        visibility = Visibility.GROUP  # an answer of theirs is for those who meet them
    found = await _placed(change, draft, visibility, author=author, parent=parent, named=named)
    check_audience(author, found[0])
    personas.check_audience(author, found[0])
    if found[1] is not None:
        beyond = await bridges.would_cross(change.tx, found[1].id, author=author)
        await check_named(change, found[1].id, named, beyond=beyond)
    return found


async def check_named(change: Change, group_id: int, people: Iterable[Account], *, beyond: AbstractSet[str]) -> None:
    """Check that a post in a group tells a partner of nobody of ours whom the partner does not meet in that group.

    A mention has name and address in it, and so has the address of what is quoted. It is the same for everybody who is
    not in the group, whatever the reason. beyond: the hosts outside the organisation that get it; none, and all may be
    named.

    Raises:
        Forbidden: one of them is not in the group, as far as is known here, or not to be met there.
    """
    others = [one for one in people if one.id != group_id]
    if not beyond or not others:
        return
    bridge = (await bridge_rows.of_groups(change.tx, [group_id]))[group_id]
    ours = await nodes.members_named(change.tx, [one.host for one in others])
    members = await relationships.followers_among(change.tx, group_id, [one.id for one in others])
    for one in others:
        if (one.local or one.host in ours) and not (members.get(one.id) and bridge.terms.met(one)):
            raise Forbidden(
                "%(partner)s reads this group as well, and does not meet @%(name)s in it. Leave the name out.",
                partner=bridge.beyond,
                name=one.username,
            )


async def _placed(
    change: Change,
    draft: Draft,
    visibility: Visibility,
    *,
    author: Account,
    parent: Post | None,
    named: Iterable[Account],
) -> tuple[Visibility, Account | None]:
    if visibility is Visibility.DIRECT:
        return visibility, None
    group = await _group(change, draft, visibility, author=author, parent=parent, named=named)
    if group is None and visibility is Visibility.GROUP:
        raise Invalid("Choose who may read this: own unit, organisation, followers or named people.")
    if group is None:
        return visibility, None
    if draft.wall_of is not None:
        raise Invalid("A post stands on a wall or in a group. Choose one of them.")
    found = await groups.by_id(change.tx, group.id)
    standing = await groups.standing(change.tx, group.id, author.id, now=change.now)
    answer = parent is not None and parent.group_id == group.id
    if found is not None:
        check_name(found, author)
    if found is None or not may_write(found, standing.role, answer=answer):
        raise _refusal(standing.role is not None, archived=found is not None and bool(found.archived_at))
    wide = visibility is Visibility.ORGANISATION and found.readers is Readers.ORGANISATION
    bridge = (await bridge_rows.of_groups(change.tx, [group.id])).get(group.id)
    if bridge is not None and draft.media_ids and not bridge.terms.files:
        raise Invalid(
            "This group is shared with %(partner)s without files. Leave the files out.", partner=bridge.partner
        )
    if bridge is not None and bridge.side is Side.PARTNER:
        wide = False  # the organisation that reads along is not ours
        if bridge.state is not State.ACTIVE:
            raise Forbidden("Nothing goes to this group for now: the bridge to it is paused.")
    return (Visibility.ORGANISATION if wide else Visibility.GROUP), group


async def _group(
    change: Change,
    draft: Draft,
    visibility: Visibility,
    *,
    author: Account,
    parent: Post | None,
    named: Iterable[Account],
) -> Account | None:
    if draft.group is not None:
        group = await accounts.by_id(change.tx, draft.group)
        if group is None or group.kind != "Group" or not group.active:
            raise NotFound("There is no such group.")
        return group
    if parent is not None:
        stays = visibility in (Visibility.GROUP, Visibility.ORGANISATION) and parent.group_id is not None
        return await accounts.by_id(change.tx, parent.group_id or 0) if stays else None
    candidates = {one.id: one for one in named if one.kind == "Group"} if draft.wall_of is None else {}
    mine = await relationships.of_viewer(change.tx, author.id, candidates) if candidates else {}
    return next((one for id, one in candidates.items() if mine.get(id)), None)


def _refusal(member: bool, *, archived: bool) -> Forbidden:
    if archived:
        return Forbidden("This group is closed: nobody writes in it any more.")
    if not member:
        return Forbidden("Only members write in this group. Join it first.")
    return Forbidden("Only those who look after this group begin conversations in it.")


async def pass_on(
    change: Change, group: Account, post: Post, activity: Json, *, author: Account, at: int | None = None
) -> None:
    """Let a post stand in a group of ours, and hand its Create to the nodes of all members.

    at: when it began to (Unix ms), if that was long ago: then nobody here is told.

    To other software the id of what begins a conversation is announced besides, as Lemmy does it: some knows no other
    Announce (Mastodon, GoToSocial). activity: the Create as its author sent it.
    """
    number, uri = new_uri(change)
    if at is None:
        stands = await effects.pass_on(change, group, post, id=number, uri=uri, at=change.now)
    else:
        stands = await effects.stand(change, group, post, id=ids.at(at), uri=uri, at=at)
    if not stands:
        return
    await hand_on(change, group, activity, post=post, owner=author.uri, id=number, at=at)
    others: set[str] = set()
    if not post.reply_to_uri:
        partner = await bridge_rows.one_sided(change.tx, group.id) & await bridges.post_crosses(
            change.tx, post, author=author
        )
        others = await nodes.admitted(change.tx) | partner
    reached = (
        [(host, inbox) for host, inbox in await _members_nodes(change, group, partner) if host in others]
        if others
        else []
    )
    if reached:
        other, brief = new_uri(change)
        to, cc = await _address(change, group, post, author=author)
        short = render.pass_on(post.uri, id=brief, group=group, published=at or change.now, to=to, cc=cc)
        await publish(change, short, actor=group, object=post.uri, recipients=reached, id=other)


async def hand_on(
    change: Change,
    group: Account,
    activity: Json,
    *,
    post: Post,
    owner: str,
    also: Iterable[tuple[str, str]] = (),
    id: int | None = None,
    at: int | None = None,
) -> None:
    """Hand an activity about a post in a group of ours to the nodes of all members, and `also` to others.

    owner: the uri of the post's author, whose copies they get. id: the Announce's number, if it has one; at: its
    moment, if that is not now (Unix ms).
    """
    number, uri = (id, uris.activity(change.settings.url, id)) if id is not None else new_uri(change)
    author = await accounts.by_uri(change.tx, owner)
    to, cc = await _address(change, group, post, author=author)
    wrapped = render.pass_on(activity, id=uri, group=group, published=at or change.now, to=to, cc=cc)
    carries = post.uri if activity["type"] in ("Create", "Update") else ""
    gone = activity["type"] == "Delete"
    beyond = await bridges.post_crosses(change.tx, post, author=author) if author else set()
    await publish(
        change,
        wrapped,
        actor=group,
        object=post.uri,
        recipients={*await _members_nodes(change, group, beyond), *also},
        carries=carries,
        owner=owner,
        until_confirmed=gone,
        id=number,
    )


async def tell_reaction(change: Change, group: Account, activity: Json, *, post: Post, by: Account) -> None:
    """Hand what somebody did with a post that stands in a group of ours to the nodes of all members, as it came.

    Over a bridge goes what both of them may send over it: the author of the post, and who reacts, as a member of the
    group. Who only reads along in the organisation is met by nobody over there.
    """
    if await posts.boost_by(change.tx, author_id=group.id, post_id=post.id) is None:
        return
    author = await accounts.by_id(change.tx, post.author_id)
    beyond = await bridges.post_crosses(change.tx, post, author=by)
    if beyond and author is not None:
        beyond &= await bridges.post_crosses(change.tx, post, author=author)
    if beyond and not (await relationships.followers_among(change.tx, group.id, [by.id])).get(by.id):
        beyond = set()
    reached = [one for one in await _members_nodes(change, group, beyond) if one[0] != by.host]
    if not reached:
        return
    number, uri = new_uri(change)
    to, cc = await _address(change, group, post, author=None)
    wrapped = render.pass_on(activity, id=uri, group=group, published=change.now, to=to, cc=cc)
    await publish(change, wrapped, actor=group, object=post.uri, recipients=reached, id=number)


async def _members_nodes(change: Change, group: Account, beyond: set[str]) -> list[tuple[str, str]]:
    return await within_reach(change, await relationships.follower_inboxes(change.tx, group.id), beyond=beyond)


async def _address(
    change: Change, group: Account, post: Post, *, author: Account | None
) -> tuple[list[str], list[str]]:
    members = await nodes.members_collection(change.tx)
    named = [author.uri] if author else []
    return address(
        post.visibility, followers=group.followers, mentioned=named, members=members, group=[group.followers]
    )


async def take_out(change: Change, group: Account, passed_on: Post) -> None:
    """Take a post out of a group of ours, at every node; its author keeps it."""
    post = await posts.by_id(change.tx, passed_on.boost_of or 0)
    held = await copies.keepers(change.tx, post.uri) if post else []
    await effects.take_out(change, group, passed_on)
    number, uri = new_uri(change)
    announce = render.about("Announce", id=passed_on.uri, actor=group.uri, object=post.uri if post else "")
    undo = render.about("Undo", id=uri, actor=group.uri, object=announce, to=[group.followers])
    await publish(change, undo, actor=group, object=passed_on.uri, recipients=held, until_confirmed=True, id=number)
    await narrowing.taken_out(change, post)
