"""Commands on the organisation: found it, invite nodes, join, admit other software, remove."""

import base64
import binascii
from dataclasses import replace

import orjson
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from federation import documents, hosts, keys, parse_actor, render, resolve
from federation import organisation as lists
from federation.errors import FederationError, Refused
from node.context import Change, Context
from node.domain import uris
from node.domain.accounts import Account
from node.effects import accounts as account_effects
from node.errors import Conflict, Invalid, NotFound, Unavailable
from node.store import accounts, nodes, tokens
from node.store.nodes import Member, Organisation
from outbox import narrowing
from outbox.publish import new_uri, publish


async def create(ctx: Context, name: str) -> Organisation:
    """Found an organisation with this node as its first member.

    Raises:
        Conflict: the node belongs to one already.
    """
    base = ctx.settings.url
    rsa, proof = keys.generate_rsa(), keys.generate_ed25519()
    async with ctx.change() as change:
        if await nodes.organisation(change.tx) is not None:
            raise Conflict("This node belongs to an organisation already.")
        founded = lists.founded(base, name=name, host=ctx.settings.authority, key=_multikey(proof))
        actor = local_actor(change, founded.uri, username="organization", kind="Organization", name=name)
        await account_effects.create(change, actor, sealed_keys(ctx, founded.uri, rsa, proof))
        first = lists.node_member(base, name=ctx.settings.node.name, host=ctx.settings.authority)
        stored = await _put(ctx, change, founded, [first])
    ctx.policy.changed()
    return stored


async def invite(ctx: Context) -> str:
    """Return a one-time code with which one new node can join, valid for a week.

    Raises:
        Invalid: this node did not found the organisation.
    """
    secret = tokens.fresh()
    async with ctx.change() as change:
        await _founded(ctx, change)
        await nodes.add_invitation(
            change.tx,
            hash=tokens.hashed(secret),
            now=change.now,
            expires_at=change.now + ctx.settings.limits.invitation_seconds * 1000,
        )
    return base64.urlsafe_b64encode(orjson.dumps([ctx.settings.url, secret])).decode().rstrip("=")


async def join(ctx: Context, code: str) -> Organisation:
    """Join the organisation a code invites to: answer the invitation, then fetch the signed list.

    The node must be running at its public address: the founding node looks at it before it lets it in.

    Raises:
        Invalid: no such code, or the founding node does not take it. Unavailable: it cannot be reached.
        Conflict: the node belongs to an organisation already.
    """
    founder, secret = _read_code(code)
    host = hosts.authority(founder)
    allowed = frozenset({host})
    async with ctx.db.read() as tx:
        if await nodes.organisation(tx) is not None:
            raise Conflict("This node belongs to an organisation already.")
    try:
        actor = parse_actor.actor(await resolve.document(ctx, uris.organisation(founder), allowed=allowed))
        key_id, key = next(iter(actor.assertion_keys))
        found = replace(lists.founded(founder, name=actor.name, host=host, key=key), key_id=key_id)
        answer = render.about(
            "Accept",
            id=uris.activity(ctx.settings.url, ctx.ids.new(ctx.clock())),
            actor=uris.node(ctx.settings.url),
            object=f"{found.uri}/invitations/{secret}",
        )
        reply = await ctx.wire.post(
            f"{found.uri}/inbox",
            documents.dump(render.document(answer)),
            content_type="application/activity+json",
            sign=await resolve.node_signature(ctx),
        )
        if reply.status not in (200, 202):
            raise Invalid(
                f"The founding node did not take the code (it answered {reply.status}). "
                "Ask for a new one, and check that this node is running at its public address."
            )
        current = lists.checked(await resolve.document(ctx, found.members, allowed=allowed), found)
    except StopIteration:
        raise Invalid("That organisation shows no key.") from None
    except FederationError as error:
        raise Unavailable(f"The founding node {host} cannot be asked: {error.message}") from error
    async with ctx.change() as change:
        stored = replace(found, version=current.version, document=current.document)
        await nodes.put_organisation(change.tx, stored, current.members)
    ctx.policy.changed()
    return stored


async def refresh(ctx: Context) -> bool:
    """Fetch the list from the founding node, when it is not this one; tell whether it changed.

    Raises:
        FederationError: the founding node did not answer, or not properly.
    """
    async with ctx.db.read() as tx:
        known = await nodes.organisation(tx)
    if known is None or known.host == ctx.settings.authority:
        return False
    found = await resolve.document(ctx, known.members, allowed=frozenset({known.host}))
    async with ctx.change() as change:
        changed = await apply(change, found)
    ctx.policy.changed()
    return changed


async def apply(change: Change, document: render.Json) -> bool:
    """Take over a newer signed list, whoever handed it to us; a list without us means that we were removed.

    Between those who part nothing is left behind: each takes back what the other holds of it.

    Raises:
        Refused, BadSignature, Malformed: see `federation.organisation.checked`.
    """
    known = await nodes.organisation(change.tx)
    if known is None:
        raise Refused("This node belongs to no organisation.")
    newer = lists.checked(document, known)
    if newer.version == known.version:
        return False
    own = change.settings.authority
    present = {member.host for member in newer.members}
    left = [one for one in await nodes.members(change.tx) if own not in present or one.host not in present]
    await narrowing.part_with(change, [one for one in left if one.host != own])
    if own in present:
        name = document.get("name")
        stored = replace(
            known,
            version=newer.version,
            document=newer.document,
            name=name if isinstance(name, str) else known.name,
        )
        await nodes.put_organisation(change.tx, stored, newer.members)
    else:
        await nodes.leave_organisation(change.tx)
    return True


async def admit(ctx: Context, domain: str) -> Member:
    """Admit a server with other software by its domain, to every node of the organisation.

    Raises:
        Invalid: no host name, or this node did not found the organisation. Conflict: it is a member.
    """
    host = _host(domain)
    scheme = "http" if ctx.settings.node.development else "https"
    member = lists.admitted_member(host, scheme=scheme)
    async with ctx.change() as change:
        await add_member(ctx, change, member)
    ctx.policy.changed()
    return member


def _host(domain: str) -> str:
    try:
        return hosts.authority(domain)
    except FederationError as error:
        raise Invalid(f"{domain!r} is no domain. It looks like social.example.com.") from error


async def add_member(ctx: Context, change: Change, member: Member) -> None:
    """Put a node on the list and tell the members before it with a standard Add; it fetches the list itself.

    Raises:
        Conflict: it is on the list.
    """
    organisation = await _founded(ctx, change)
    members = await nodes.members(change.tx)
    if any(other.host == member.host for other in members):
        raise Conflict("%(host)s belongs to the organisation already.", host=member.host)
    stored = await _put(ctx, change, organisation, [*members, member])
    await _announce(ctx, change, stored, "Add", member, members)


async def remove(ctx: Context, domain: str) -> None:
    """Take a node off the list; it and all others are told with a standard Remove, and it gives up what it has of us.

    Raises:
        NotFound: it is not on the list. Invalid: no host name, this node, or this node did not found the organisation.
    """
    host = _host(domain)
    if host == ctx.settings.authority:
        raise Invalid("The founding node cannot leave its own organisation.")
    async with ctx.change() as change:
        organisation = await _founded(ctx, change)
        members = await nodes.members(change.tx)
        gone = next((member for member in members if member.host == host), None)
        if gone is None:
            raise NotFound("%(host)s does not belong to the organisation.", host=host)
        left = [member for member in members if member.host != host]
        await narrowing.part_with(change, [gone])
        stored = await _put(ctx, change, organisation, left)
        await _announce(ctx, change, stored, "Remove", gone, members)
    ctx.policy.changed()


async def _put(ctx: Context, change: Change, organisation: Organisation, members: list[Member]) -> Organisation:
    for key in await accounts.keys_of(change.tx, (await _actor(change, organisation)).id):
        if key["algorithm"] == "ed25519":
            private = keys.unseal(bytes(key["sealed"]), secret=ctx.secret, key_id=key["id"])
            current = lists.signed(organisation, members, key=private, now=change.now)
            break
    else:
        raise Invalid("The organisation's key is missing. Restore it from a backup.")
    stored = replace(organisation, version=current.version, document=current.document)
    await nodes.put_organisation(change.tx, stored, members)
    return stored


async def _announce(
    ctx: Context, change: Change, organisation: Organisation, kind: str, member: Member, to: list[Member]
) -> None:
    number, uri = new_uri(change)
    body = render.about(
        kind,
        id=uri,
        actor=organisation.uri,
        object=member.uri,
        target=orjson.loads(organisation.document),
        to=[organisation.members],
    )
    inboxes = [
        (other.host, other.shared_inbox) for other in to if other.shared_inbox and other.host != ctx.settings.authority
    ]
    actor = await _actor(change, organisation)
    await publish(change, body, actor=actor, object=member.uri, recipients=inboxes, id=number)


async def _founded(ctx: Context, change: Change) -> Organisation:
    organisation = await nodes.organisation(change.tx)
    if organisation is None:
        raise Invalid("This node belongs to no organisation yet: `allmende org create NAME`, or `org join CODE`.")
    if organisation.host != ctx.settings.authority:
        raise Invalid("Only the founding node %(host)s changes the list of members. Ask there.", host=organisation.host)
    return organisation


async def _actor(change: Change, organisation: Organisation) -> Account:
    actor = await accounts.by_uri(change.tx, organisation.uri)
    if actor is None:
        raise Invalid("The organisation's actor is missing. Restore it from a backup.")
    return actor


def _read_code(code: str) -> tuple[str, str]:
    try:
        founder, secret = orjson.loads(base64.urlsafe_b64decode(code + "=" * (-len(code) % 4)))
        hosts.parse(founder)
    except (ValueError, TypeError, binascii.Error, FederationError) as error:
        raise Invalid("That is no invitation code. Copy it whole, as `allmende org invite` printed it.") from error
    return str(founder).rstrip("/"), str(secret)


def _multikey(pair: keys.KeyPair) -> str:
    public = pair.private.public_key()
    assert isinstance(public, Ed25519PublicKey), "proofs are made with Ed25519"
    return keys.multikey(public)


def local_actor(change: Change, uri: str, *, username: str, kind: str, name: str) -> Account:
    """Return a new actor of ours at this uri, with nothing told about it yet."""
    base = change.settings.url
    person, shown = kind == "Person", uri not in (uris.node(base), uris.organisation(base))
    return Account(
        id=change.new_id(),
        uri=uri,
        host="",
        username=username,
        kind=kind,
        name=name,
        summary="",
        fields=(),
        position="",
        department="",
        skills=(),
        url=uris.profile_page(base, username) if shown else base,
        inbox=f"{uri}/inbox",
        shared_inbox=uris.shared_inbox(base),
        outbox=f"{uri}/outbox",
        followers=uris.followers(uri),
        following=f"{uri}/following",
        wall=f"{uri}/wall" if person else "",
        wall_open=person,
        featured=f"{uri}/featured" if shown else "",
        locked=False,
        indexable=False,
        discoverable=False,
        hides_follows=True,
        icon="",
        icon_file="",
        image="",
        image_file="",
        also_known_as=(),
        moved_to="",
        moved_at=None,
        created_at=change.now,
        fetched_at=change.now,
        suspended_at=None,
        deleted_at=None,
    )


def sealed_keys(ctx: Context, uri: str, rsa: keys.KeyPair, proof: keys.KeyPair) -> list[account_effects.ActorKey]:
    """Return an actor's two keys as they are stored: private halves wrapped with the node's secret."""
    main, assertion = uris.main_key(uri), uris.proof_key(uri)
    return [
        account_effects.ActorKey(main, "rsa", rsa.public_pem, keys.seal(rsa.private, secret=ctx.secret, key_id=main)),
        account_effects.ActorKey(
            assertion,
            "ed25519",
            _multikey(proof),
            keys.seal(proof.private, secret=ctx.secret, key_id=assertion),
        ),
    ]
