"""Bridges to groups of other nodes: as the partner, who takes a contract up and signs it, and along with one's own.

What the group's home tells (`outbox.bridges`) is done here, and then answered.
"""

from dataclasses import replace

import orjson

from federation import contracts, documents, hosts, resolve
from federation.contracts import Contract
from federation.errors import FederationError, Refused
from node.context import Change, Context
from node.domain.accounts import Account
from node.domain.bridges import OPEN, Bridge, Part, Side, State, yes_of
from node.errors import Conflict, Forbidden, Invalid, NotFound
from node.store import accounts, bridges, nodes
from node.store import relationships as follows
from node.store.bridges import Host
from outbox import one_sided, places, profiles, relationships
from outbox.as_node import answer, check_signed, node_of
from outbox.audience import inbox_of


async def take_up(ctx: Context, by: Account, address: str, lead: str) -> Bridge:
    """Read the contract that somebody offers us, as an administrator of the node; who leads here has to agree as well.

    address: the contract's. lead: the user name of the member who answers for the group here.

    Raises:
        Invalid: no such contract for us, one that cannot be read, or no such member. Conflict: it was taken up before.
    """
    try:
        return await _take_up(ctx, by, address.strip(), lead)
    except FederationError as error:
        raise Invalid("This contract cannot be read. Check the address, and that it is offered to you.") from error


async def _take_up(ctx: Context, by: Account, uri: str, lead: str) -> Bridge:
    home = hosts.authority(uri)
    if home == ctx.settings.authority or home in await ctx.policy.members():
        raise Invalid("That contract is of your own organisation.")
    document = await resolve.document(ctx, uri, allowed=frozenset({home}))
    contract = contracts.parse_contract(document)
    if contract.uri != uri or contract.terms.partner != ctx.settings.authority:
        raise Invalid("That contract is not meant for this node.")
    allowed = frozenset({home})
    speaker = await resolve.actor(ctx, contract.home, again=True, allowed=allowed)
    group = await resolve.actor(ctx, contract.group, again=True, allowed=allowed)
    async with ctx.change() as change:
        await check_signed(change.tx, document, by=speaker)
        person = await accounts.by_handle(change.tx, lead.strip().removeprefix("@"), "")
        if person is None or not person.active or person.kind != "Person":
            raise Invalid("There is no such member here. Write their user name.")
        if group.kind != "Group" or contract.state is not State.OFFERED:
            raise Invalid("This contract is not offered any more. Ask the partner for a new one.")
        if await bridges.by_uri(change.tx, uri) is not None:
            raise Conflict("You have taken this contract up already.")
        id = change.new_id()
        kept = documents.dump(document)
        terms, version = contract.terms, contract.version
        bridge = Bridge(id, uri, group.id, Side.PARTNER, home, terms, State.OFFERED, version, kept)
        await bridges.put(change.tx, bridge)
        await bridges.put_host(change.tx, id, Host(home, "", "", ready=True))
        await bridges.put_approval(change.tx, id, yes_of(Part.PARTNER_NODE, by, at=change.now))
        await bridges.put_approval(change.tx, id, yes_of(Part.PARTNER_LEAD, person, at=None))
    ctx.policy.changed()
    return bridge


async def agree(ctx: Context, by: Account, bridge_id: int) -> Bridge:
    """Say yes to a contract, as the one who leads here: the node signs it and tells the group's home.

    Raises:
        NotFound, Conflict: see `standing_so`. Forbidden: it is not for them to say. Invalid: see
            `places.check_transfer`.
    """
    async with ctx.change() as change:
        bridge = await standing_so(change, bridge_id, Side.PARTNER, State.OFFERED)
        lead = (await bridges.approvals(change.tx, [bridge.id])).get(bridge.id, {}).get(Part.PARTNER_LEAD)
        if lead is None or lead.account_id != by.id:
            raise Forbidden("Only the member who was named for it says yes to this contract.")
        await places.check_transfer(change, bridge.home)
        await bridges.put_approval(change.tx, bridge.id, replace(lead, at=change.now))
        node, group = await node_of(change.tx, change.settings.url), await accounts.by_id(change.tx, bridge.group_id)
        if group is None:
            raise NotFound("There is no such group.")
        terms = contracts.terms_of(orjson.loads(bridge.document))
        signed = await change.keys.prove(change.tx, node.id, terms, now=change.now)
        bridge = replace(bridge, agreed=documents.dump(signed))
        await bridges.put(change.tx, bridge)
        await answer(change, "Accept", bridge.uri, to=[inbox_of(group)], result=signed)
        return bridge


async def decline(change: Change, bridge: Bridge) -> Bridge:
    """Tell the home that it is over, and part with what we have of it without waiting for the answer."""
    bridge = bridge.stands(State.ENDING if bridge.agreed else State.WITHDRAWN, now=change.now)
    group = await accounts.by_id(change.tx, bridge.group_id)
    inbox = [inbox_of(group)] if group is not None else []
    await answer(change, "Reject", bridge.uri, to=inbox)
    await bridges.put(change.tx, bridge)
    await one_sided.close(change, bridge)
    return bridge


async def heard(change: Change, activity_id: str, contract: Contract, sender: Account) -> None:
    """Take in how a bridge stands, from the group's home (the handler of a Contract), and answer.

    An older version changes nothing: nobody plays one again (threat: a replayed contract).

    Raises:
        Refused: it is not the home's word, its terms changed, or we never agreed. BadSignature: it is not signed.
    """
    if sender.uri != contract.home:
        raise Refused("Only the group's home tells how a bridge stands.")
    await check_signed(change.tx, contract.document, by=sender)
    bridge = await bridges.by_uri(change.tx, contract.uri) or await _along(change, contract, sender)
    contracts.check_same(contract.document, orjson.loads(bridge.document))
    if bridge.side is Side.PARTNER and not bridge.agreed and contract.state in (State.ACTIVE, State.ACCEPTED):
        raise Refused("We never agreed to this bridge.")
    if contract.version > bridge.version:
        over = bridge.state in (State.ENDING, State.WITHDRAWN, State.ERASED)
        state = bridge.state if over and contract.state in OPEN else contract.state
        bridge = replace(
            bridge.stands(state, now=change.now),
            version=contract.version,
            document=documents.dump(contract.document),
        )
        await bridges.put(change.tx, bridge)
        await _take_part(change, bridge, contract)
        if state in OPEN:
            await part_with_minors(change, bridge)
        else:
            await one_sided.close(change, bridge)
    await answer(change, "Accept", activity_id, to=[inbox_of(sender)])


async def _along(change: Change, contract: Contract, sender: Account) -> Bridge:
    """Return the record of a bridge of another node of the organisation, in whose group members of ours are."""
    group = await accounts.by_uri(change.tx, contract.group)
    if await nodes.member(change.tx, sender.host) is None or group is None or group.kind != "Group":
        raise Refused("This node has nothing to do with that bridge.")
    if contract.terms.partner == change.settings.authority or await nodes.member(change.tx, contract.terms.partner):
        raise Refused("A bridge leads to another organisation.")
    document = documents.dump(contract.document)
    return Bridge(
        change.new_id(), contract.uri, group.id, Side.ALONG, sender.host, contract.terms, State.OFFERED, 0, document
    )


async def _take_part(change: Change, bridge: Bridge, contract: Contract) -> None:
    parts = {*contract.nodes, bridge.home, bridge.partner} - {change.settings.authority}
    for host in sorted(parts):
        await bridges.put_host(change.tx, bridge.id, Host(host, "", "", ready=True))
    await bridges.drop_hosts(change.tx, bridge.id, but=parts)


async def part_with_minors(change: Change, bridge: Bridge) -> None:
    """Let members of ours who are under age be in a shared group no more; its home hears of it as if they had left."""
    group = await accounts.by_id(change.tx, bridge.group_id)
    young = await accounts.by_ids(change.tx, await bridges.minors_in(change.tx, bridge.group_id))
    for person in young.values():
        follow = await follows.between(change.tx, follower_id=person.id, target_id=bridge.group_id)
        if follow is not None and group is not None:
            await profiles.bequeath(change, person, only=group.id)
            await relationships.part(change, follow, follower=person, target=group)


async def part_from_shared(change: Change) -> None:
    """Let whoever was found to be under age be in no group that is shared, or is to be."""
    for bridge in await bridges.with_minors(change.tx):
        await part_with_minors(change, bridge)


async def standing_so(change: Change, bridge_id: int, side: Side, state: State) -> Bridge:
    """Return a bridge that stands so.

    Raises:
        NotFound: there is none. Conflict: it stands differently by now.
    """
    bridge = await bridges.by_id(change.tx, bridge_id)
    if bridge is None or bridge.side is not side:
        raise NotFound("There is no such bridge.")
    if bridge.state is not state:
        raise Conflict("This bridge stands differently by now. Look at it again.")
    return bridge
