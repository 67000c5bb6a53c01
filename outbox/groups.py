"""Commands on groups of ours: found, change, invite, answer requests, lend roles, take posts out, close."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace

from federation import bridges, keys, render
from node.context import Change, Context
from node.domain import uris
from node.domain.accounts import Account, check_username
from node.domain.groups import (
    LENT,
    Act,
    Charter,
    Group,
    Joining,
    Posting,
    Readers,
    Role,
    check_charter,
    may,
    outranks,
    rules_of,
)
from node.domain.notifications import Kind
from node.domain.personas import check_may_look_after, check_oneself
from node.domain.posts import Post
from node.domain.profiles import presented
from node.domain.relationships import Follow
from node.effects import accounts as account_effects
from node.effects import relationships as relationship_effects
from node.effects.notifications import notify
from node.errors import Conflict, Forbidden, Invalid, NotFound
from node.store import accounts, groups, nodes, notifications, posts, relationships
from outbox import group_posts, profiles
from outbox.audience import inbox_of, within_reach
from outbox.organisation import local_actor, sealed_keys
from outbox.publish import new_uri, publish
from outbox.relationships import begin, settle, stop


async def found(ctx: Context, by: Account, username: str, charter: Charter) -> Account:
    """Found a group with a member as its owner; return its account. Nodes hear of it if it is listed.

    Raises:
        Forbidden: guests and personas do not. Invalid: no such name, or see `check_charter`. Conflict: the name is
            taken.
    """
    if by.guest:
        raise Forbidden("Guests found no groups.")
    check_oneself(by)
    check_username(username)
    check_charter(charter)
    if not (charter.name or "").strip():
        raise Invalid("A group has a name. Write one.")
    rsa, proof = await asyncio.gather(asyncio.to_thread(keys.generate_rsa), asyncio.to_thread(keys.generate_ed25519))
    async with ctx.change() as change:
        uri = uris.user(ctx.settings.url, username)
        actor = local_actor(change, uri, username=username, kind="Group", name="")
        actor, group = _chartered(actor, Group(actor.id, moderators=uris.moderators(uri)), charter, ctx)
        if not await account_effects.create(change, actor, sealed_keys(ctx, uri, rsa, proof)):
            raise Conflict("This name is taken. Choose another one.")
        await groups.put(change.tx, group)
        number, follow = new_uri(change)
        await relationship_effects.request(
            change, Follow(number, follow, by.id, actor.id, True), follower=by, target=actor
        )
        await groups.give(change.tx, actor.id, by.id, Role.OWNER)
        await _announce(change, actor, group)
        return actor


def _chartered(actor: Account, group: Group, charter: Charter, ctx: Context) -> tuple[Account, Group]:
    joining = charter.joining or group.joining
    listed = group.listed if charter.listed is None else charter.listed
    told = presented(actor, charter, ctx.settings.limits)
    return (
        replace(told, locked=joining is not Joining.OPEN, discoverable=listed),
        replace(
            group,
            joining=joining,
            readers=charter.readers or group.readers,
            posting=charter.posting or group.posting,
            listed=listed,
            rules=group.rules if charter.rules is None else "\n".join(rules_of(charter.rules)),
            question=group.question if charter.question is None else charter.question.strip(),
            real_names=group.real_names if charter.real_names is None else charter.real_names.strip(),
        ),
    )


async def change(ctx: Context, by: Account, group_id: int, charter: Charter) -> Account:
    """Change what a group is; every node that knows it is told. What was written stays for whom it was meant.

    Raises:
        NotFound, Forbidden: see `_held`. Invalid: see `check_charter`.
    """
    check_charter(charter)
    async with ctx.change() as change:
        before, group, _ = await _held(change, by, group_id, Act.ADMINISTER)
        actor, group = _chartered(before, group, charter, ctx)
        await profiles.replace_pictures(change, before, actor)
        await accounts.update(change.tx, actor)
        await groups.put(change.tx, group)
        await _announce(change, actor, group)
        return actor


async def _announce(change: Change, actor: Account, group: Group) -> None:
    """Tell who follows or holds the group how it stands now; one that is listed is known to every node."""
    everywhere = [(one.host, one.shared_inbox) for one in await nodes.members(change.tx)] if group.listed else []
    others = [(host, inbox) for host, inbox in everywhere if host != change.settings.authority]
    await profiles.announce(change, actor, also=others)


async def join(ctx: Context, member: Account, group_id: int, *, answer: str = "") -> Follow:
    """Become a member of a group anywhere, or ask to; return the follow of it, the earlier one if there is one.

    Raises:
        NotFound: no such group. Forbidden, Invalid: see `membership`.
    """
    async with ctx.change() as change:
        group = await accounts.by_id(change.tx, group_id)
        if group is None or group.kind != "Group" or not group.active:
            raise NotFound("There is no such group.")
        return await begin(change, member, group, answer=answer)


async def leave(ctx: Context, member: Account, group_id: int) -> None:
    """Be a member no more, ask no more, or decline an invitation.

    Raises:
        NotFound: no such group. Forbidden: its owner hands it over first.
    """
    async with ctx.change() as change:
        group = await accounts.by_id(change.tx, group_id)
        if group is None or group.kind != "Group":
            raise NotFound("There is no such group.")
        await stop(change, member, group)


async def invite(ctx: Context, by: Account, group_id: int, account_id: int) -> None:
    """Invite somebody, here or at another node; they become a member when they want to.

    Raises:
        NotFound: no such group or person. Forbidden: see `_held`.
    """
    async with ctx.change() as change:
        actor, _, _ = await _held(change, by, group_id, Act.INVITE)
        person = await accounts.by_id(change.tx, account_id)
        if person is None or not person.active or person.kind != "Person":
            raise NotFound("There is no such person.")
        standing = await groups.standing(change.tx, actor.id, person.id, now=change.now)
        if standing.shut:
            raise Forbidden("Guests join only groups that are named for them. Ask an administrator.")
        if standing.role is not None:
            return
        follow = await relationships.between(change.tx, follower_id=person.id, target_id=actor.id)
        if follow is not None:
            await settle(change, follow, follower=person, target=actor, accept=True)
            return
        await groups.unban(change.tx, actor.id, person.id)
        number, uri = new_uri(change)
        if not await groups.invite(change.tx, actor.id, person.id, uri=uri, now=change.now):
            return
        if person.local:
            await notify(change, Kind.GROUP_INVITATION, account=person, sender=actor)
            return
        body = _invite(uri, actor, person)
        reached = await within_reach(change, [inbox_of(person)], beyond=await bridges.crossing(change.tx, actor.id))
        await publish(change, body, actor=actor, object=actor.uri, recipients=reached, private=True, id=number)


def _invite(uri: str, actor: Account, person: Account) -> render.Json:
    return render.about("Invite", id=uri, actor=actor.uri, object=actor.uri, target=person.uri, to=[person.uri])


async def uninvite(ctx: Context, by: Account, group_id: int, account_id: int) -> None:
    """Take an invitation back; without one nothing happens. Their node is told (ActivityPub, section 6.10).

    Raises:
        NotFound: no such group or person. Forbidden: see `_held`.
    """
    async with ctx.change() as change:
        actor, _, _ = await _held(change, by, group_id, Act.INVITE)
        person = await accounts.by_id(change.tx, account_id)
        if person is None:
            raise NotFound("There is no such person.")
        await _take_back(change, actor, person)


async def _take_back(change: Change, actor: Account, person: Account) -> None:
    """Invite somebody no more, who is told of it no more either."""
    invitation = await groups.uninvite(change.tx, actor.id, person.id)
    if invitation is None:
        return
    await notifications.withdraw(
        change.tx, kind=Kind.GROUP_INVITATION, from_id=actor.id, post_id=None, account_id=person.id
    )
    if person.local:
        return
    number, uri = new_uri(change)
    invite = _invite(invitation, actor, person)
    body = render.about("Undo", id=uri, actor=actor.uri, object=invite, to=[person.uri])
    reached = await within_reach(change, [inbox_of(person)], beyond=await bridges.crossing(change.tx, actor.id))
    await publish(change, body, actor=actor, object=actor.uri, recipients=reached, private=True, id=number)


async def answer(ctx: Context, by: Account, group_id: int, account_id: int, *, accept: bool) -> None:
    """Let somebody who asks become a member, or not.

    Raises:
        NotFound: nobody of that kind asks. Forbidden: see `_held`.
    """
    async with ctx.change() as change:
        actor, _, _ = await _held(change, by, group_id, Act.MODERATE)
        person, follow = await _tied(change, actor, account_id)
        if follow.accepted:
            return
        await settle(change, follow, follower=person, target=actor, accept=accept)


async def remove(ctx: Context, by: Account, group_id: int, account_id: int, *, for_good: bool = False) -> None:
    """Remove a member, or somebody who asks to be one; see `remove_all` and `ban`."""
    await (ban if for_good else remove_all)(ctx, by, group_id, [account_id])


async def remove_all(ctx: Context, by: Account, group_id: int, account_ids: Sequence[int]) -> None:
    """Remove members, or those who ask to be ones: all of them or nobody. What they wrote stays.

    Raises:
        NotFound: one is no such member. Forbidden: see `_held`, or one ranks as high.
    """
    async with ctx.change() as change:
        actor, _, mine = await _held(change, by, group_id, Act.MODERATE)
        for account_id in account_ids:
            person, follow = await _tied(change, actor, account_id)
            await _part(change, actor, person, follow, mine)


async def ban(ctx: Context, by: Account, group_id: int, account_ids: Sequence[int]) -> None:
    """Remove people who do not come back by themselves, members or not: all of them or nobody.

    Raises:
        NotFound: one is no such person. Forbidden: see `_held`, or one ranks as high.
    """
    async with ctx.change() as change:
        actor, _, mine = await _held(change, by, group_id, Act.MODERATE)
        people = await accounts.by_ids(change.tx, account_ids)
        for account_id in account_ids:
            person = people.get(account_id)
            if person is None or person.deleted_at is not None or person.kind == "Group":
                raise NotFound("There is no such person.")
            follow = await relationships.between(change.tx, follower_id=person.id, target_id=actor.id)
            if follow is not None:
                await _part(change, actor, person, follow, mine)
            await _take_back(change, actor, person)
            await groups.ban(change.tx, actor.id, person.id, now=change.now)


async def _part(change: Change, actor: Account, person: Account, follow: Follow, mine: Role) -> None:
    theirs = (await groups.standing(change.tx, actor.id, person.id, now=change.now)).role
    if theirs is not None and not outranks(mine, theirs):
        raise Forbidden("You remove only members whose role is below yours.")
    await settle(change, follow, follower=person, target=actor, accept=False)


async def unban(ctx: Context, by: Account, group_id: int, account_ids: Sequence[int]) -> None:
    """Let people come back, in the way in which others come; who was not kept out is left as they are.

    Raises:
        NotFound, Forbidden: see `_held`.
    """
    async with ctx.change() as change:
        actor, _, _ = await _held(change, by, group_id, Act.MODERATE)
        for account_id in account_ids:
            await groups.unban(change.tx, actor.id, account_id)


async def lend(
    ctx: Context, by: Account, group_id: int, account_id: int, role: Role, *, until: int | None = None
) -> None:
    """Give one member a role: see `lend_all`."""
    await lend_all(ctx, by, group_id, [account_id], role, until=until)


async def lend_all(
    ctx: Context, by: Account, group_id: int, account_ids: Sequence[int], role: Role, *, until: int | None = None
) -> None:
    """Give members a role, for good or until a moment (Unix ms): all of them or nobody.

    `Role.MEMBER` takes every other one away.

    Raises:
        NotFound: one is no such member. Forbidden: see `_held`, or a role that is not below one's own. Invalid: a
        moment that is over.
    """
    async with ctx.change() as change:
        actor, group, mine = await _held(change, by, group_id, Act.ADMINISTER)
        if until is not None and until <= change.now:
            raise Invalid("Choose a day that is still to come.")
        for account_id in account_ids:
            person, _ = await _tied(change, actor, account_id, member=True)
            theirs = (await groups.standing(change.tx, actor.id, person.id, now=change.now)).role or Role.MEMBER
            if role is not Role.MEMBER:
                _check_may_look_after(person)
            if role not in (Role.MEMBER, *LENT) or not outranks(mine, role) or not outranks(mine, theirs):
                raise Forbidden("You give and take only roles below your own.")
            if role is Role.MEMBER or until is None:
                await groups.take(change.tx, actor.id, person.id)
            if role is not Role.MEMBER:
                await groups.give(change.tx, actor.id, person.id, role, until=until)
            kind = "Remove" if role is Role.MEMBER else "Add"
            await _tell_members(change, actor, kind, person.uri, target=group.moderators, about=person)


async def hand_over(ctx: Context, by: Account, group_id: int, account_id: int) -> None:
    """Make another member the owner; who was it stays as an administrator.

    Raises:
        NotFound: no such member. Forbidden: see `_held`. Invalid: they are at home at another node.
    """
    async with ctx.change() as change:
        actor, _, _ = await _held(change, by, group_id, Act.OWN)
        person, _ = await _tied(change, actor, account_id, member=True)
        _check_may_look_after(person)
        if not person.local:
            raise Invalid("The owner of a group is at home where the group is. Choose a member of this unit.")
        for account in (by, person):
            await groups.take(change.tx, actor.id, account.id)
        await groups.give(change.tx, actor.id, by.id, Role.ADMIN)
        await groups.give(change.tx, actor.id, person.id, Role.OWNER)


def _check_may_look_after(person: Account) -> None:
    if person.guest:
        raise Forbidden("Guests look after no group.")
    check_may_look_after(person)


async def archive(ctx: Context, by: Account, group_id: int, *, closed: bool = True) -> None:
    """Close a group: it is read, but nobody writes in it or joins it; or open it again.

    Raises:
        NotFound, Forbidden: see `_held`.
    """
    async with ctx.change() as change:
        actor, group, _ = await _held(change, by, group_id, Act.OWN)
        group = replace(group, archived_at=change.now if closed else None)
        await groups.put(change.tx, group)
        await _announce(change, actor, group)


async def delete(ctx: Context, by: Account, group_id: int) -> None:
    """Delete a group for good, at every node that knows it; its name stays taken.

    What was written in it stays with its authors, and is read by nobody else if it was for members.

    Raises:
        NotFound, Forbidden: see `_held`.
    """
    async with ctx.change() as change:
        actor, _, _ = await _held(change, by, group_id, Act.OWN)
        await profiles.erase(change, actor)


async def take_out(ctx: Context, by: Account, group_id: int, post_id: int) -> None:
    """Take a post out of a group, at every node; its author keeps it. A group of another node is asked to.

    Raises:
        NotFound: no such post there. Forbidden: see `_held`; its author may take it out of a group of ours, too,
            yet of no other: there it can only be deleted.
    """
    async with ctx.change() as change:
        passed_on, post = await _passed_on(change, group_id, post_id)
        there = await accounts.by_id(change.tx, group_id)
        if there is not None and not there.local:
            await _ask_to_take_out(change, by, there, post)
            return
        actor, _, _ = await _held(change, by, group_id, None if post.author_id == by.id else Act.MODERATE)
        await group_posts.take_out(change, actor, passed_on)


async def _ask_to_take_out(change: Change, by: Account, group: Account, post: Post) -> None:
    """Ask the group's node, as FEP-1b12 has it: a moderator's Delete with the group as its audience."""
    role = (await groups.standing(change.tx, group.id, by.id, now=change.now)).role
    if not may(role, Act.MODERATE):
        raise Forbidden("Your role in this group does not go so far.")
    if post.author_id == by.id:
        # Their Delete would be their last word on it, everywhere.
        raise Forbidden("You wrote this yourself, and the group lives at another unit: delete the post instead.")
    number, uri = new_uri(change)
    body = render.delete(id=uri, actor=by.uri, object=post.uri, to=[group.uri], audience=group.uri)
    beyond = await bridges.crossing(change.tx, group.id, about=by)
    reached = await within_reach(change, [inbox_of(group)], beyond=beyond)
    await publish(change, body, actor=by, object=post.uri, recipients=reached, id=number)


async def pin(ctx: Context, by: Account, group_id: int, post_id: int, *, pinned: bool = True) -> None:
    """Put a post on top of a group's wall, or take it from there.

    Raises:
        NotFound: no such post there. Forbidden: see `_held`.
    """
    async with ctx.change() as change:
        actor, _, _ = await _held(change, by, group_id, Act.MODERATE)
        passed_on, post = await _passed_on(change, group_id, post_id)
        await posts.pin(change.tx, passed_on.id, at=change.now if pinned else None)
        await _tell_members(change, actor, "Add" if pinned else "Remove", post.uri, target=actor.featured)


async def _passed_on(change: Change, group_id: int, post_id: int) -> tuple[Post, Post]:
    post = await posts.by_id(change.tx, post_id)
    if post is not None and post.boost_of is not None and post.author_id == group_id:
        post = await posts.by_id(change.tx, post.boost_of)
    passed_on = await posts.boost_by(change.tx, author_id=group_id, post_id=post.id) if post else None
    if post is None or passed_on is None:
        raise NotFound("There is no such post in this group.")
    return passed_on, post


async def _tell_members(
    change: Change, actor: Account, kind: str, object: str, *, target: str, about: Account | None = None
) -> None:
    """Tell the members' nodes what a group adds to a collection of its own, or removes (FEP-1b12).

    about: the person it is about, if it is about one.
    """
    number, uri = new_uri(change)
    body = render.about(kind, id=uri, actor=actor.uri, object=object, target=target, to=[actor.followers])
    members, beyond = (
        await relationships.follower_inboxes(change.tx, actor.id),
        await bridges.crossing(change.tx, actor.id, about=about),
    )
    reached = await within_reach(change, members, beyond=beyond)
    await publish(change, body, actor=actor, object=object, recipients=reached, id=number)


async def _held(change: Change, by: Account, group_id: int, act: Act | None) -> tuple[Account, Group, Role]:
    """Return a group of ours, and the role in it of a member who may do this; `None`: every member may.

    Raises:
        NotFound: no such group of ours that the member knows. Forbidden: their role does not go so far.
    """
    actor = await accounts.by_id(change.tx, group_id)
    group = await groups.by_id(change.tx, group_id)
    if actor is None or group is None or not actor.local or not actor.active:
        raise NotFound("There is no such group in this unit.")
    role = (await groups.standing(change.tx, group_id, by.id, now=change.now)).role
    if role is None or (act is not None and not may(role, act)):
        raise Forbidden("Your role in this group does not go so far.")
    return actor, group, role


async def _tied(change: Change, actor: Account, account_id: int, *, member: bool = False) -> tuple[Account, Follow]:
    person = await accounts.by_id(change.tx, account_id)
    follow = await relationships.between(change.tx, follower_id=account_id, target_id=actor.id)
    if person is None or follow is None or (member and not follow.accepted):
        raise NotFound("There is no such member.")
    return person, follow


DEFAULTS = Charter(
    joining=Joining.REQUEST, readers=Readers.MEMBERS, posting=Posting.MEMBERS, listed=True, rules="", question=""
)
"""What a new group is unless its founder says otherwise: found by all, read by its members, joined on request."""
