"""The head of a journal, and another node's signature under it: documents with a proof of their node (FEP-8b32).

A head is a number and a seal: nothing in it tells what stands in the journal. The witness signs the whole head, the
proof of who asks included, so that neither can say later that it was another one.
"""

from dataclasses import dataclass
from typing import Any

from federation import documents, hosts
from federation.errors import Malformed
from federation.objects import HEAD_KIND, WITNESS_KIND
from node.domain import uris
from node.domain.times import iso
from node.domain.witnesses import Head

Json = dict[str, Any]

CONTEXT: list[Any] = [
    "https://www.w3.org/ns/activitystreams",
    "https://w3id.org/security/data-integrity/v1",
    {
        "allmende": "urn:allmende:",
        HEAD_KIND: f"allmende:{HEAD_KIND}",
        WITNESS_KIND: f"allmende:{WITNESS_KIND}",
        **{name: f"allmende:{name}" for name in ("epoch", "number", "seal", "former")},
    },
]
_LONGEST_SEAL = 200


@dataclass(frozen=True, slots=True)
class Asked:
    """A head as somebody sent it. node, witness: actors; former: see `node.domain.witnesses.judge`."""

    node: str
    witness: str
    head: Head
    former: tuple[int, str] | None
    document: Json


@dataclass(frozen=True, slots=True)
class Signed:
    """A signature under a head as somebody sent it. node: who signed; at: when, in Unix ms."""

    node: str
    asked: Asked
    at: int
    document: Json


def heads(base: str) -> str:
    """Return where a node takes heads to sign."""
    return f"{base}/journal/heads"


def render_head(head: Head, *, base: str, witness: str, former: tuple[int, str] | None, at: int) -> Json:
    """Return our head for a witness (its actor), unsigned. at: Unix ms; former: see `node.domain.witnesses.judge`."""
    return {
        "@context": CONTEXT,
        "id": f"{heads(base)}/{head.epoch}-{head.number}",
        "type": HEAD_KIND,
        "attributedTo": uris.node(base),
        "target": witness,
        "epoch": head.epoch,
        "number": head.number,
        "seal": head.seal,
        **({"former": {"number": former[0], "seal": former[1]}} if former else {}),
        "published": iso(at),
    }


def parse_head(document: Json) -> Asked:
    """Read a head.

    Raises:
        Malformed: it is none.
    """
    uri, node, witness = (documents.one_id(document.get(name)) or "" for name in ("id", "attributedTo", "target"))
    if documents.kind(document) != HEAD_KIND or not (uri and node and witness):
        raise Malformed("That is no head of a journal.")
    if hosts.origin(uri) != hosts.origin(node):
        raise Malformed("Only its own server says how far a journal has come.")
    epoch = document.get("epoch")
    if not isinstance(epoch, int) or epoch < 1:
        raise Malformed("That is no head of a journal.")
    number, seal = _line(document)
    former = document.get("former")
    return Asked(
        node, witness, Head(epoch, number, seal), _line(former) if isinstance(former, dict) else None, document
    )


def _line(value: Json) -> tuple[int, str]:
    number, seal = value.get("number"), value.get("seal")
    if not isinstance(number, int) or number < 0 or not isinstance(seal, str) or len(seal) > _LONGEST_SEAL:
        raise Malformed("That is no line of a journal.")
    return number, seal


def render_witness(id: int, head: Json, *, base: str, at: int) -> Json:
    """Return our word for a head, as it came, unsigned. at: Unix ms."""
    return {
        "@context": CONTEXT,
        "id": f"{base}/journal/witnesses/{id}",
        "type": WITNESS_KIND,
        "attributedTo": uris.node(base),
        "object": head,
        "published": iso(at),
    }


def parse_witness(document: Json) -> Signed:
    """Read what a witness answered.

    Raises:
        Malformed: it is none, or says that another one was asked.
    """
    node, head = documents.one_id(document.get("attributedTo")) or "", document.get("object")
    at = documents.time(document.get("published"))
    if documents.kind(document) != WITNESS_KIND or not node or not isinstance(head, dict) or at is None:
        raise Malformed("That is no witness of a journal.")
    asked = parse_head(head)
    if asked.witness != node:
        raise Malformed("Another node was asked.")
    return Signed(node, asked, at, document)
