"""The organisation's list of members: a versioned collection with a proof by the founding node's key.

It is the organisation actor's `members` collection (an OrderedCollection). Each item is a node's actor, or,
for software of others admitted by domain, a Service whose id is the server's address. The proof
(FEP-8b32, eddsa-jcs-2022) makes the list valid whoever hands it over; the version makes an old one worthless.
"""

from dataclasses import dataclass
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from federation import documents, hosts, keys, proofs, render
from federation.errors import Malformed, Refused
from node.domain import uris
from node.store.nodes import Member, Organisation

Json = dict[str, Any]

NODE = "node"
ADMITTED = "admitted"


@dataclass(frozen=True, slots=True)
class MemberList:
    """A checked list: its version, who is in it, and the document as signed."""

    version: int
    members: list[Member]
    document: bytes


def signed(organisation: Organisation, members: list[Member], *, key: keys.PrivateKey, now: int) -> MemberList:
    """Return the next version of the list, signed with the founder's Ed25519 key."""
    assert isinstance(key, Ed25519PrivateKey), "proofs are made with Ed25519"
    version = organisation.version + 1
    body = render.document(
        {
            "id": organisation.members,
            "type": "OrderedCollection",
            "attributedTo": organisation.uri,
            "name": organisation.name,
            "version": version,
            "totalItems": len(members),
            "orderedItems": [_item(member) for member in sorted(members, key=lambda member: member.host)],
        }
    )
    document = proofs.attach(body, key=key, key_id=organisation.key_id, created=now)
    return MemberList(version, members, documents.dump(document))


def checked(document: Json, organisation: Organisation) -> MemberList:
    """Check a list against the key we know the organisation by, and read it.

    Raises:
        Refused: it is another organisation's, or older than ours. BadSignature: the proof does not hold.
        Malformed: it is no such list.
    """
    if document.get("id") != organisation.members or document.get("attributedTo") != organisation.uri:
        raise Refused("That is the list of another organisation.")
    proofs.check(document, key=keys.load_multikey(organisation.key), key_id=organisation.key_id)
    version = document.get("version")
    items = document.get("orderedItems")
    if not isinstance(version, int) or not isinstance(items, list):
        raise Malformed("The list of members has no version or no items.")
    if version < organisation.version:
        raise Refused("The list of members is older than the one we have.")
    return MemberList(version, [_member(item) for item in items], documents.dump(document))


def founded(base: str, *, name: str, host: str, key: str) -> Organisation:
    """Return an organisation founded by the node at `base`, without members yet. `key` is a multikey."""
    uri = uris.organisation(base)
    return Organisation(
        uri=uri,
        members=f"{uri}/members",
        name=name,
        host=host,
        key=key,
        key_id=uris.proof_key(uri),
        version=0,
        document=b"",
    )


def node_member(base: str, *, name: str, host: str) -> Member:
    """Return the entry of a node of ours."""
    return Member(host, uris.node(base), NODE, name, uris.shared_inbox(base))


def admitted_member(host: str, *, scheme: str) -> Member:
    """Return the entry of a server with other software."""
    return Member(host, f"{scheme}://{host}/", ADMITTED, host, "")


def _item(member: Member) -> Json:
    body: Json = {
        "id": member.uri,
        "type": "Application" if member.kind == NODE else "Service",
        "name": member.name,
    }
    if member.shared_inbox:
        body["endpoints"] = {"sharedInbox": member.shared_inbox}
    return body


def _member(item: Any) -> Member:
    if not isinstance(item, dict) or not isinstance(item.get("id"), str):
        raise Malformed("An entry of the list of members has no id.")
    endpoints = item.get("endpoints")
    inbox = endpoints.get("sharedInbox", "") if isinstance(endpoints, dict) else ""
    uri = item["id"]
    if inbox and hosts.origin(inbox) != hosts.origin(uri):
        raise Malformed("A member's inbox is on another server.")
    kind = NODE if item.get("type") == "Application" else ADMITTED
    return Member(hosts.authority(uri), uri, kind, str(item.get("name", ""))[:200], inbox)
