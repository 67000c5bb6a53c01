"""Certificates of erasures: an order, what every holder answered, and the keys to check both, signed by the node.

A certificate is checked without a network (`check`). What it is about stands in it by its address alone.
"""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import orjson
import rfc8785

from federation import documents, hosts, keys, proofs
from federation.erasures import CONTEXT, held_until
from federation.errors import BadSignature, Malformed
from federation.objects import ORDER_KIND, RECEIPT_KIND
from node.domain import uris
from node.domain.erasures import Erasure, Holder, Kept, State
from node.domain.times import iso

Json = dict[str, Any]

KIND = "ErasureCertificate"
_MOST_HOLDERS = 10_000
_OUT_OF_REACH = (
    "What people printed, copied by hand, or took a picture of.",
    "What clients outside the nodes (phones, programs) show until they ask their node again.",
    "Mails that were sent before the erasure.",
    "Nodes that took the Delete and sign no receipts (state: taken): what they did is not known.",
    "Backups of the nodes, until the date that each of them names.",
)


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was checked: what, and whether it holds."""

    said: str
    holds: bool


def render(
    erasure: Erasure,
    holders: Sequence[Holder],
    *,
    base: str,
    key: str,
    at: int,
    backups_until: int | None,
    kept: Kept | None = None,
) -> Json:
    """Return the certificate of an erasure of ours, unsigned. key: with which it will be; at: when, in Unix ms.

    backups_until: when our own last backup that may hold it is gone (Unix ms), None where nothing was erased here.
    kept: the files that its author may still use; as long as there are any, the erasure is not complete.
    """
    order = orjson.loads(erasure.document)
    receipts = [orjson.loads(one.receipt) for one in holders if one.receipt]
    return {
        "@context": CONTEXT,
        "id": f"{erasure.uri}/certificate",
        "type": KIND,
        "attributedTo": uris.node(base),
        "published": iso(at),
        "key": key,
        "order": order,
        "orderKey": erasure.key,
        "complete": erasure.done_at is not None and kept is None,
        **({"backupsUntil": iso(backups_until)} if backups_until is not None else {}),
        **({"keptForAuthor": {"files": kept.files, "until": iso(kept.until)}} if kept else {}),
        "holders": [
            {
                "host": one.host,
                "state": one.state.value,
                "since": iso(one.at),
                **({"heldUntil": iso(one.held_until)} if one.held_until is not None else {}),
                **({"key": one.key, "receipt": orjson.loads(one.receipt)} if one.receipt else {}),
            }
            for one in holders
        ],
        "root": root([order, *receipts]),
        "outOfReach": list(_OUT_OF_REACH),
    }


def root(parts: Sequence[Json]) -> str:
    """Return the root of a Merkle tree over documents in this order (as RFC 6962 builds it, over RFC 8785), in hex."""
    level = [hashlib.sha256(b"\0" + rfc8785.dumps(one)).digest() for one in parts]
    while len(level) > 1:
        pairs = [level[place : place + 2] for place in range(0, len(level), 2)]
        level = [hashlib.sha256(b"\1" + b"".join(pair)).digest() if len(pair) == 2 else pair[0] for pair in pairs]
    return level[0].hex()


def signers(certificate: Json) -> list[str]:
    """Return the nodes (actors' uris) that a certificate has signatures of, as it says."""
    holders = certificate.get("holders")
    receipts = [one.get("receipt") for one in holders if isinstance(one, dict)] if isinstance(holders, list) else []
    named = [certificate, *[one for one in receipts if isinstance(one, dict)]]
    return sorted({one["attributedTo"] for one in named if isinstance(one.get("attributedTo"), str)})


def check(certificate: Json, *, known: Mapping[str, str] | None = None) -> list[Finding]:
    """Check everything that a certificate says, without a network; what does not hold is among the findings.

    known: node (an actor's uri) → its public key (multibase), from where one trusts it; without, the keys are those
    that the certificate names itself.

    Raises:
        Malformed: it is no certificate.
    """
    order, holders, node = certificate.get("order"), certificate.get("holders"), certificate.get("attributedTo")
    if certificate.get("type") != KIND or not isinstance(order, dict) or not isinstance(holders, list):
        raise Malformed("That is no certificate of an erasure.")
    if not isinstance(node, str) or len(holders) > _MOST_HOLDERS or not all(isinstance(one, dict) for one in holders):
        raise Malformed("That is no certificate of an erasure.")
    key = documents.text(certificate.get("key"))
    found = [
        Finding(f"The certificate is signed by {node}.", _signed(certificate, node, key)),
        Finding("The order is signed by the same node.", _is_order(certificate, order, node)),
    ]
    if "backupsUntil" in certificate:
        until = documents.text(certificate["backupsUntil"])
        said = f"No backup of {_authority(node)} has it any more after {until[:10]}."
        found.append(Finding(said, documents.time(until) is not None))
    kept = certificate.get("keptForAuthor")
    if isinstance(kept, dict):
        files, until = documents.text(str(kept.get("files"))), documents.text(kept.get("until"))
        found.append(Finding(f"Its author may use its files ({files}) there until {until}; then they go, too.", True))
    receipts: list[Json] = []
    shown = {node: key}
    for one in holders:
        host, receipt = documents.text(one.get("host")), one.get("receipt")
        if not isinstance(receipt, dict):
            found.append(Finding(f"{host}: {_states(one)}", one.get("state") in ("ordered", "taken")))
            continue
        receipts.append(receipt)
        signer = documents.one_id(receipt.get("attributedTo")) or ""
        shown[signer] = documents.text(one.get("key"))
        holds = (
            _is_of(receipt, RECEIPT_KIND, signer)
            and _authority(signer) == host
            and receipt.get("object") == order.get("id")
            and _says(receipt, one)
            and _signed(receipt, signer, shown[signer])
        )
        found.append(Finding(f"{host}: {_signs(one)}", holds))
    found.append(Finding("Nothing was put in or left out.", _is_root(certificate.get("root"), [order, *receipts])))
    for signer, public in sorted(shown.items() if known is not None else ()):
        assert known is not None
        found.append(Finding(f"{signer} is known by this key.", known.get(signer) == public))
    return found


def _is_root(said: Any, parts: Sequence[Json]) -> bool:
    try:
        return bool(said == root(parts))
    except rfc8785.CanonicalizationError:
        return False


def _says(receipt: Json, holder: Json) -> bool:
    """Whether a receipt says what the certificate says of its signer."""
    try:
        until = held_until(receipt)
    except Malformed:
        return False
    if until is None:
        return bool(holder.get("state") == State.ERASED.value)
    return holder.get("state") == State.HELD.value and documents.time(holder.get("heldUntil")) == until


def _signs(holder: Json) -> str:
    if holder.get("state") == State.HELD.value:
        day = documents.text(holder.get("heldUntil"))[:10]
        return f"has signed that it keeps it hidden until {day}, because of a legal hold, and does not erase it before."
    return "has signed that it erased everything."


def _states(holder: Json) -> str:
    if holder.get("state") == "taken":
        return "has taken the Delete, and signs no receipts."
    return "has not answered yet."


def _is_of(document: Json, kind: str, node: str) -> bool:
    return document.get("type") == kind and document.get("attributedTo") == node and node.endswith("/actor")


def _is_order(certificate: Json, order: Json, node: str) -> bool:
    return _is_of(order, ORDER_KIND, node) and _signed(order, node, documents.text(certificate.get("orderKey")))


def _authority(uri: str) -> str:
    try:
        return hosts.authority(uri)
    except Malformed:
        return ""


def _signed(document: Json, node: str, key: str) -> bool:
    try:
        proofs.check(document, key=keys.load_multikey(key), key_id=uris.proof_key(node))
    except (BadSignature, Malformed):
        return False
    return True
