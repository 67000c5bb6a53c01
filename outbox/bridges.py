"""Commands on bridges at the home of their groups: draft, offer, pause, end. The home leads; the other nodes answer it.

What it has to say about a bridge it says in one way: an Update of the contract, to every node that takes part. They
answer with an Accept of that activity when they have done what it asks of them (`outbox.bridges_beyond`); a partner's
first yes carries the contract as the partner signed it, and its no, at any moment, is a Reject.
"""

import logging
from collections.abc import Iterable
from dataclasses import replace

import orjson

from federation import contracts, documents, hosts, render
from federation.errors import Refused
from node.context import Change, Context
from node.domain import uris
from node.domain.accounts import Account
from node.domain.bridges import (
    LONGEST_TEXT,
    OPEN,
    Approval,
    Bridge,
    Part,
    Side,
    State,
    Terms,
    check_terms,
    yes_of,
)
from node.domain.erasures import Ground, Scope
from node.domain.groups import Act, Role, may
from node.domain.text import plain
from node.errors import Conflict, Forbidden, Invalid, NotFound
from node.store import accounts, bridges, groups, nodes, relationships
from node.store.bridges import Host
from outbox import bridges_beyond, erasures, one_sided, places, profiles
from outbox.as_node import check_signed, node_of
from outbox.audience import inbox_of
from outbox.publish import new_uri, publish

audit = logging.getLogger("allmende.audit")

_SECOND = 1_000


def administers(role: Role | None) -> bool:
    """Tell whether somebody with this role in a group decides with whom it is shared."""
    return may(role, Act.ADMINISTER)


async def draft(ctx: Context, by: Account, group_id: int, terms: Terms) -> Bridge:
    """Write a contract that opens a group of ours to a partner; an administrator of the node has to agree.

    terms: their `name` is the group's; moments count in whole seconds.

    Raises:
        NotFound: no such group of ours. Forbidden: they do not administer it. Invalid: see `check_terms`, or the
            partner is no other organisation's node. Conflict: the group is shared already.
    """
    async with ctx.change() as change:
        group = await accounts.by_id(change.tx, group_id)
        if group is None or not group.local or group.kind != "Group" or not group.active:
            raise NotFound("There is no such group in this unit.")
        if not administers((await groups.standing(change.tx, group.id, by.id, now=change.now)).role):
            raise Forbidden("Your role in this group does not go so far.")
        terms = replace(
            terms,
            name=group.name or group.username,
            partner=await _partner(change, terms.partner),
            starts_at=terms.starts_at // _SECOND * _SECOND,
            ends_at=terms.ends_at // _SECOND * _SECOND,
        )
        check_terms(terms, now=change.now)
        if await bridges.of_group(change.tx, group.id) is not None:
            raise Conflict("This group is shared already, or is about to be. End that first.")
        id = change.new_id()
        uri = contracts.address(ctx.settings.url, id)
        bridge = Bridge(id, uri, group.id, Side.HOME, ctx.settings.authority, terms, State.DRAFTED, 0)
        await bridges.put(change.tx, bridge)
        await bridges.put_approval(change.tx, id, yes_of(Part.GROUP, by, at=change.now))
        return bridge


async def _partner(change: Change, typed: str) -> str:
    name = typed.strip().removeprefix("https://").removeprefix("http://").rstrip("/")
    if not name or "/" in name or "@" in name:
        raise Invalid("Write the name of the partner's node, for example social.partner.example.")
    host = hosts.authority(f"https://{name}")
    if host == change.settings.authority or await nodes.member(change.tx, host) is not None:
        raise Invalid("That node belongs to your own organisation: its people join the group without a bridge.")
    return host


async def offer(ctx: Context, by: Account, bridge_id: int, *, consent: str = "") -> Bridge:
    """Agree to a drafted bridge, as an administrator of the node; the partner may read the contract from now on.

    consent: who of a partner with other software consented, when and how: such a bridge is open at once.

    Raises:
        NotFound, Conflict: see `bridges_beyond.standing_so`. Invalid: the partner's consent is not written down, or see
            `places.check_transfer`.
    """
    noted = plain(consent, longest=LONGEST_TEXT)
    async with ctx.change() as change:
        bridge = await bridges_beyond.standing_so(change, bridge_id, Side.HOME, State.DRAFTED)
        alone = bridge.terms.one_sided
        if alone and not noted:
            raise Invalid("Write down who of the partner consented, when and how.")
        await places.check_transfer(change, bridge.partner)
        await bridges.put_approval(change.tx, bridge.id, yes_of(Part.NODE, by, at=change.now))
        await bridges.put_host(change.tx, bridge.id, Host(bridge.home, "", "", ready=True))
        await bridges.put_host(change.tx, bridge.id, Host(bridge.partner, "", "", ready=alone))
        bridge = await _told(change, bridge.stands(State.OFFERED, now=change.now), recipients=[])
        if alone:
            await bridges.put_approval(change.tx, bridge.id, Approval(Part.CONSENT, by.id, noted, change.now))
            bridge = await _begin(change, bridge, signed=bridge.document)
        audit.warning("bridge %s is offered to %s by %s", bridge.id, bridge.partner, by.username)
    ctx.policy.changed()
    return bridge


async def pause(ctx: Context, by: Account, bridge_id: int, *, paused: bool = True, admin: bool = False) -> Bridge:
    """Let nothing cross for now, or again.

    admin: they are an administrator of the node.

    Raises:
        NotFound, Conflict: see `bridges_beyond.standing_so`. Forbidden: they look after neither the group nor the node.
    """
    async with ctx.change() as change:
        before = State.ACTIVE if paused else State.PAUSED
        bridge = await bridges_beyond.standing_so(change, bridge_id, Side.HOME, before)
        await _check_may(change, bridge, by, admin=admin)
        if paused:
            gone = ("Delete", "Undo", "Reject")
            await bridges.stop_deliveries(change.tx, bridge.group_id, bridge.partner, but=gone)
        bridge = await _told(change, bridge.stands(State.PAUSED if paused else State.ACTIVE, now=change.now))
        group = await accounts.by_id(change.tx, bridge.group_id)
        if not paused and group is not None:
            await profiles.announce(change, group)  # what it became in the meantime, over there nobody heard
        return bridge


async def end(ctx: Context, by: Account, bridge_id: int, *, admin: bool = False) -> Bridge:
    """End a bridge, from either side: at once nothing crosses, and each side erases what it has of the other.

    admin: they are an administrator of the node.

    Raises:
        NotFound: no such bridge, or none that is open. Forbidden: see `pause`.
    """
    async with ctx.change() as change:
        bridge = await bridges.by_id(change.tx, bridge_id)
        if bridge is None or bridge.state not in OPEN or bridge.side is Side.ALONG:
            raise NotFound("There is no such bridge.")
        await _check_may(change, bridge, by, admin=admin)
        audit.warning("bridge %s with %s is ended by %s", bridge.id, bridge.partner, by.username)
        bridge = await (_end_here if bridge.side is Side.HOME else bridges_beyond.decline)(change, bridge)
    ctx.policy.changed()
    return bridge


async def _end_here(change: Change, bridge: Bridge) -> Bridge:
    signed = bool(bridge.agreed)
    bridge = bridge.stands(State.ENDING if signed else State.WITHDRAWN, now=change.now)
    if not signed:
        return await _told(change, bridge, recipients=[])
    await one_sided.close(change, bridge)
    group = await accounts.by_id(change.tx, bridge.group_id)
    assert group is not None, "the row of a group of ours stays, whatever becomes of it"
    holders = [(one.host, one.inbox) for one in await bridges.hosts(change.tx, bridge.id) if one.inbox]
    order = await erasures.order(change, group, bridge.uri, holders=holders, scope=Scope.BRIDGE, ground=Ground.BRIDGE)
    return await _told(change, bridge, order=order)


async def _check_may(change: Change, bridge: Bridge, by: Account, *, admin: bool) -> None:
    role = (await groups.standing(change.tx, bridge.group_id, by.id, now=change.now)).role
    leads = (await bridges.approvals(change.tx, [bridge.id])).get(bridge.id, {}).get(Part.PARTNER_LEAD)
    of_group = administers(role) if bridge.side is Side.HOME else leads and leads.account_id == by.id
    if not admin and not of_group:
        raise Forbidden("Only those who look after the group or this node decide that.")


async def _told(
    change: Change, bridge: Bridge, *, recipients: Iterable[Host] | None = None, order: render.Json | None = None
) -> Bridge:
    """Write and sign how a bridge of ours stands now, and tell all who take part, or only these.

    order: to erase what came over it.
    """
    node = await node_of(change.tx, change.settings.url)
    group = await accounts.by_id(change.tx, bridge.group_id)
    parts = await bridges.hosts(change.tx, bridge.id)
    taking_part = [one.host for one in parts if one.ready and one.host != bridge.partner]
    bridge = replace(bridge, version=bridge.version + 1)
    assert group is not None, "the row of a group of ours stays, whatever becomes of it"
    body = contracts.render_contract(bridge, base=change.settings.url, group=group.uri, nodes=taking_part)
    signed = await change.keys.prove(change.tx, node.id, body, now=change.now)
    bridge = replace(bridge, document=documents.dump(signed))
    await bridges.put(change.tx, bridge)
    told = [one for one in (parts if recipients is None else recipients) if one.inbox]
    if told:
        number, uri = new_uri(change)
        for one in told:
            await bridges.put_host(change.tx, bridge.id, replace(one, told=uri))
        await publish(
            change,
            render.update(signed, id=uri, **({"order": order} if order else {})),
            actor=node,
            object=bridge.uri,
            recipients=[(one.host, one.inbox) for one in told],
            until_confirmed=bridge.state is State.ENDING,
            private=True,  # what has to be believed is signed itself
            id=number,
        )
    return bridge


async def agreed(change: Change, signed: render.Json, sender: Account) -> None:
    """Take in the partner's yes: the terms as it signed them (the handler of an Agreement).

    Raises:
        Refused: it is not the partner's word, or not about what we offered. BadSignature: it is not signed.
    """
    bridge = await bridges.by_uri(change.tx, documents.one_id(signed) or "")
    if bridge is None or bridge.side is not Side.HOME or not _is_partner(change, bridge, sender):
        raise Refused("Only the partner accepts a bridge.")
    if bridge.state is not State.OFFERED:
        return
    contracts.check_same(signed, orjson.loads(bridge.document))
    await check_signed(change.tx, signed, by=sender)
    host, inbox = inbox_of(sender)
    await bridges.put_host(change.tx, bridge.id, Host(host, inbox, "", ready=True))
    await _begin(change, bridge, signed=documents.dump(signed))
    audit.warning("bridge %s is accepted by %s", bridge.id, bridge.partner)


async def _begin(change: Change, bridge: Bridge, *, signed: bytes) -> Bridge:
    """Open a bridge to which all have agreed, or on its first day. signed: the terms as whoever agreed signed them."""
    state = State.ACTIVE if bridge.terms.starts_at <= change.now else State.ACCEPTED
    bridge = replace(bridge.stands(state, now=change.now), agreed=signed)
    await bridges.put(change.tx, bridge)
    await bridges_beyond.part_with_minors(change, bridge)
    await _include(change, bridge)
    return await _told(change, bridge)


def _is_partner(change: Change, bridge: Bridge, sender: Account) -> bool:
    return sender.uri == uris.node_at(change.settings.url, bridge.partner)


async def _include(change: Change, bridge: Bridge) -> list[Host]:
    """Let the nodes of the organisation that have members in the group take part; return those that are new.

    Until one has answered, nothing that is written there crosses: only it knows who is under age.
    """
    known = {one.host for one in await bridges.hosts(change.tx, bridge.id)}
    members = {one.host: one for one in await nodes.members(change.tx)}
    new = [
        Host(host, members[host].shared_inbox, "", ready=False)
        for host in sorted((await relationships.followers_by_host(change.tx, bridge.group_id)).keys() - known)
        if host in members and members[host].shared_inbox
    ]
    for one in new:
        await bridges.put_host(change.tx, bridge.id, one)
    return new


async def answered(change: Change, told: str, sender: Account) -> bool:
    """Take in that a node has done what we told it of a bridge; False: that is about no bridge of ours."""
    found = await bridges.answered(change.tx, told, host=sender.host)
    if found is None:
        return False
    bridge, part = found
    if sender.uri != uris.node_at(change.settings.url, sender.host):
        raise Refused("A node answers for itself.")
    if bridge.state is State.ENDING and part.host == bridge.partner:
        await bridges.order_erasure(change.tx, bridge.group_id, bridge.partner, confirmed=True)
        audit.warning("bridge %s: %s has erased what it had", bridge.id, bridge.partner)
        others = [one for one in await bridges.hosts(change.tx, bridge.id) if one.host != bridge.partner]
        await _told(change, bridge.stands(State.ERASED, now=change.now), recipients=others)
    elif not part.ready:
        await bridges.put_host(change.tx, bridge.id, replace(part, ready=True))
        if bridge.state in OPEN:
            await _told(change, bridge)
    return True


async def declined(change: Change, uri: str, sender: Account) -> bool:
    """Take in that the partner wants a bridge of ours no more; False: that is about none.

    Raises:
        Refused: somebody else says it.
    """
    bridge = await bridges.by_uri(change.tx, uri)
    if bridge is None or bridge.side is not Side.HOME:
        return False
    if not _is_partner(change, bridge, sender):
        raise Refused("Only the partner declines a bridge.")
    if bridge.state in OPEN:
        await _end_here(change, bridge)
    return True


async def do_due(ctx: Context) -> None:
    """Begin and end what is due, let new nodes of the organisation take part, and part with who is under age by now.

    Without any of that nothing is written.
    """
    async with ctx.db.read() as tx:
        found = await bridges.due(tx, now=ctx.clock())
    for bridge_id in found:
        async with ctx.change() as change:
            await _do_due(change, bridge_id)
    if found:
        ctx.policy.changed()


async def _do_due(change: Change, bridge_id: int) -> None:
    bridge = await bridges.by_id(change.tx, bridge_id)
    if bridge is None or bridge.state not in OPEN:
        return
    await bridges_beyond.part_with_minors(change, bridge)
    group = await accounts.by_id(change.tx, bridge.group_id)
    over = bridge.terms.ends_at <= change.now or group is None or group.deleted_at is not None
    if over and bridge.side is Side.HOME:
        await _end_here(change, bridge)
    elif over and bridge.side is Side.PARTNER:
        # Whatever the home says: the last day is a term that both signed.
        await bridges_beyond.decline(change, bridge)
    elif bridge.side is Side.HOME and bridge.agreed:
        new = await _include(change, bridge)
        if bridge.state is State.ACCEPTED and bridge.terms.starts_at <= change.now:
            await _told(change, bridge.stands(State.ACTIVE, now=change.now))
        elif new:
            await _told(change, bridge, recipients=new)
