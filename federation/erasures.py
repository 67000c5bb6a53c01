"""Orders to erase, and receipts for them, as documents signed by a node (FEP-8b32).

An order travels as the `order` of an ordinary Delete: software that does not know it deletes all the same. It
holds whoever hands it on, and after its author's key is gone. The receipt comes back as the `result` of an Accept.
A refusal is a receipt as well: it says why nothing was removed yet, and when that ends.
"""

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from federation import documents, hosts
from federation.errors import Malformed
from federation.objects import ORDER_KIND, RECEIPT_KIND
from node.domain import uris
from node.domain.erasures import Erasure, Scope
from node.domain.times import iso

Json = dict[str, Any]

CONTEXT: list[Any] = [
    "https://www.w3.org/ns/activitystreams",
    "https://w3id.org/security/data-integrity/v1",
    {
        "allmende": "urn:allmende:",
        ORDER_KIND: f"allmende:{ORDER_KIND}",
        RECEIPT_KIND: f"allmende:{RECEIPT_KIND}",
        **{
            name: f"allmende:{name}"
            for name in (
                *("scope", "ground", "epoch", "removed", "posts", "files", "digest", "passedTo", "backupsUntil"),
                "reason",
            )
        },
    },
]
HOLD = "hold"
"""The one reason to refuse, a legal hold. More is nobody's business but of who looks after data protection there."""

_MOST_HOSTS = 1_000
_MOST_ORDERS = 200


@dataclass(frozen=True, slots=True)
class Order:
    """An order as somebody sent it. node: the actor that signed it; object: what it is about, of the same server."""

    uri: str
    node: str
    object: str
    scope: Scope
    document: Json

    @property
    def host(self) -> str:
        return hosts.authority(self.node)


@dataclass(frozen=True, slots=True)
class Receipt:
    """A receipt as somebody sent it. order: its uri. passed_to: hosts that got copies from who signs.

    held_until: of a refusal, when the legal hold ends (Unix ms); None: all is erased.
    """

    uri: str
    node: str
    order: str
    passed_to: tuple[str, ...]
    document: Json
    held_until: int | None = None


@dataclass(frozen=True, slots=True)
class Removed:
    """What a holder has erased. digest: of the sorted uris of the objects, see `digest`."""

    posts: int
    files: int
    digest: str


def order_uri(base: str, id: int) -> str:
    """Return the id of an order of ours."""
    return f"{base}/erasures/{id}"


def digest(objects: Iterable[str]) -> str:
    """Return what tells that two nodes mean the same objects, without naming them: SHA-256 of their sorted uris."""
    return hashlib.sha256("\n".join(sorted(objects)).encode()).hexdigest()


def render_order(erasure: Erasure, *, base: str, epoch: int) -> Json:
    """Return an order of ours, unsigned. epoch: how often this node's database was restored, plus one."""
    return {
        "@context": CONTEXT,
        "id": erasure.uri,
        "type": ORDER_KIND,
        "attributedTo": uris.node(base),
        "object": erasure.object,
        "scope": erasure.scope.value,
        "ground": erasure.ground.value,
        "published": iso(erasure.ordered_at),
        "endTime": iso(erasure.due_at),
        "epoch": epoch,
    }


def parse_order(document: Json) -> Order:
    """Read an order.

    Raises:
        Malformed: it is none, or its parts are of several servers.
    """
    uri, node, object = (documents.one_id(document.get(name)) or "" for name in ("id", "attributedTo", "object"))
    if documents.kind(document) != ORDER_KIND or not (uri and node and object):
        raise Malformed("That is no order to erase something.")
    if not hosts.origin(uri) == hosts.origin(node) == hosts.origin(object):
        raise Malformed("Only its own server orders that something is erased.")
    try:
        scope = Scope(documents.text(document.get("scope")))
    except ValueError as error:
        raise Malformed("The order does not say what it is about.") from error
    return Order(uri, node, object, scope, document)


def render_receipt(
    id: int,
    order: Order,
    removed: Removed,
    *,
    base: str,
    passed_to: Sequence[str],
    at: int,
    backups_until: int,
    software: str,
) -> Json:
    """Return our receipt, unsigned. backups_until: when the last backup that may hold it is gone; times in Unix ms."""
    return {
        **_answer(id, order, base=base, passed_to=passed_to, at=at, software=software),
        "removed": {"posts": removed.posts, "files": removed.files},
        "digest": removed.digest,
        "backupsUntil": iso(backups_until),
    }


def render_refusal(
    id: int, order: Order, *, base: str, until: int, passed_to: Sequence[str], at: int, software: str
) -> Json:
    """Return our refusal of an order for a legal hold, unsigned. until: the hold's end; times in Unix ms."""
    answer = _answer(id, order, base=base, passed_to=passed_to, at=at, software=software)
    return {**answer, "reason": HOLD, "endTime": iso(until)}


def _answer(id: int, order: Order, *, base: str, passed_to: Sequence[str], at: int, software: str) -> Json:
    """Return what both say: who answers which order, when, and who got copies from there."""
    return {
        "@context": CONTEXT,
        "id": f"{base}/receipts/{id}",
        "type": RECEIPT_KIND,
        "attributedTo": uris.node(base),
        "object": order.uri,
        "passedTo": sorted(passed_to),
        "published": iso(at),
        "generator": software,
    }


def parse_receipt(document: Json) -> Receipt:
    """Read a receipt, or a refusal.

    Raises:
        Malformed: it is none.
    """
    uri, node, order = (documents.one_id(document.get(name)) or "" for name in ("id", "attributedTo", "object"))
    passed = document.get("passedTo")
    if documents.kind(document) != RECEIPT_KIND or not (uri and node and order) or not isinstance(passed, list):
        raise Malformed("That is no receipt for an erasure.")
    if hosts.origin(uri) != hosts.origin(node) or len(passed) > _MOST_HOSTS:
        raise Malformed("A receipt is signed by the server it comes from.")
    known = tuple(hosts.authority(f"https://{one}") for one in passed if isinstance(one, str) and one)
    return Receipt(uri, node, order, known, document, held_until(document))


def held_until(document: Json) -> int | None:
    """Return until when (Unix ms) the signer of a receipt refuses to erase for a legal hold; None: it has erased.

    Raises:
        Malformed: it says neither, or both, or no day.
    """
    if "reason" not in document:
        if not isinstance(document.get("removed"), dict):
            raise Malformed("The receipt does not say what was erased.")
        return None
    until = documents.time(document.get("endTime"))
    if document["reason"] != HOLD or until is None or "removed" in document:
        raise Malformed("Only a legal hold with a last day refuses an order.")
    return until


def parse_orders(document: Json) -> list[Json]:
    """Return the documents of a page of orders, as another node shows it.

    Raises:
        Malformed: it is none.
    """
    items = document.get("orderedItems")
    if not isinstance(items, list) or len(items) > _MOST_ORDERS:
        raise Malformed("That is no page of orders.")
    return [one for one in items if isinstance(one, dict)]
