"""The contract of a bridge as a document: what both sides sign, and what its home says of it besides.

It is an ActivityStreams Relationship: its `subject` is the group, its `object` the partner's node. Home and partner
sign the same terms, each with its node's key (FEP-8b32); how the bridge stands, and which nodes take part, only the
home says, in a version that counts up, so that nobody plays an old one again.
"""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from federation import documents, hosts, render
from federation.errors import Malformed, Refused
from federation.objects import CONTRACT_KIND
from node.domain import uris
from node.domain.bridges import LONGEST_TEXT, Bridge, State, Terms
from node.domain.text import plain

Json = dict[str, Any]

_KIND = "http://purl.org/vocab/relationship/collaboratesWith"
_MOST_NODES = 500
_SAID = ("proof", "state", "version", "nodes")


@dataclass(frozen=True, slots=True)
class Contract:
    """A contract as somebody sent it. home, partner: the actors of both nodes. nodes: hosts of the home's side."""

    uri: str
    home: str
    group: str
    partner: str
    terms: Terms
    state: State
    version: int
    nodes: tuple[str, ...]
    document: Json


def address(base: str, id: int) -> str:
    """Return the id of a contract of ours."""
    return f"{base}/bridges/{id}"


def render_contract(bridge: Bridge, *, base: str, group: str, nodes: list[str]) -> Json:
    """Return the contract as its home shows it, unsigned. group: the actor's uri. nodes: hosts that take part."""
    return render.document(
        {
            "id": bridge.uri,
            "type": CONTRACT_KIND,
            "attributedTo": uris.node(base),
            "subject": group,
            "object": uris.node_at(base, bridge.partner),
            "relationship": _KIND,
            "name": bridge.terms.name,
            "summary": bridge.terms.purpose,
            "contact": bridge.terms.contact,
            "partnerContact": bridge.terms.partner_contact,
            "attachments": bridge.terms.files,
            "pseudonyms": bridge.terms.pseudonyms,
            "oneSided": bridge.terms.one_sided,
            "startTime": _time(bridge.terms.starts_at),
            "endTime": _time(bridge.terms.ends_at),
            "state": bridge.state.value,
            "version": bridge.version,
            "nodes": sorted(nodes),
        }
    )


def _time(at: int) -> str:
    return datetime.fromtimestamp(at / 1000, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def parse_contract(document: Json) -> Contract:
    """Read a contract.

    Raises:
        Malformed: it is none, or its parts are of several servers.
    """
    uri, home, group = (documents.one_id(document.get(name)) or "" for name in ("id", "attributedTo", "subject"))
    partner = documents.one_id(document.get("object")) or ""
    starts, ends = documents.time(document.get("startTime")), documents.time(document.get("endTime"))
    nodes, version = document.get("nodes"), document.get("version")
    if documents.kind(document) != CONTRACT_KIND or not (uri and home and group and partner and starts and ends):
        raise Malformed("That is no contract of a bridge.")
    if not hosts.origin(uri) == hosts.origin(home) == hosts.origin(group) != hosts.origin(partner):
        raise Malformed("A contract is kept where its group lives, and made with another server.")
    if not isinstance(nodes, list) or len(nodes) > _MOST_NODES or not isinstance(version, int):
        raise Malformed("The contract does not say who takes part.")
    try:
        state = State(documents.text(document.get("state")))
    except ValueError as error:
        raise Malformed("The contract does not say how it stands.") from error
    terms = Terms(
        name=plain(documents.text(document.get("name")), longest=LONGEST_TEXT),
        partner=hosts.authority(partner),
        purpose=plain(documents.text(document.get("summary")), longest=LONGEST_TEXT),
        contact=plain(documents.text(document.get("contact")), longest=LONGEST_TEXT),
        partner_contact=plain(documents.text(document.get("partnerContact")), longest=LONGEST_TEXT),
        files=document.get("attachments") is True,
        pseudonyms=document.get("pseudonyms") is True,
        one_sided=document.get("oneSided") is True,
        starts_at=starts,
        ends_at=ends,
    )
    known = tuple(hosts.authority(f"https://{node}") for node in nodes if isinstance(node, str))
    return Contract(uri, home, group, partner, terms, state, version, known, document)


def terms_of(document: Json) -> Json:
    """Return what both sides sign of a contract."""
    return {name: value for name, value in document.items() if name not in _SAID}


def check_same(document: Json, before: Json) -> None:
    """Check that nobody changed the terms since they were signed (threat: a side widens its scope).

    Raises:
        Refused: they differ.
    """
    if terms_of(document) != terms_of(before):
        raise Refused("The terms of a bridge do not change. Make a new contract.")
