"""Object integrity proofs, FEP-8b32 with eddsa-jcs-2022: a signature that stays with the object.

The hashed bytes are SHA-256 of the canonical proof options, then SHA-256 of the canonical document
without its proof (W3C vc-di-eddsa, section 3.3). Canonical is RFC 8785 (JCS).
"""

import hashlib
from datetime import UTC, datetime
from typing import Any

import rfc8785
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from federation.errors import BadSignature
from federation.keys import base58_decode, base58_encode

Json = dict[str, Any]

_TYPE = "DataIntegrityProof"
_SUITE = "eddsa-jcs-2022"
_PURPOSE = "assertionMethod"


def attach(document: Json, *, key: Ed25519PrivateKey, key_id: str, created: int) -> Json:
    """Return the document with a proof. `created` is Unix ms; `document` has no proof yet.

    The proof repeats the document's `@context` as a list of its own (federation.md 5.1).
    """
    moment = datetime.fromtimestamp(created / 1000, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    options: Json = {
        "type": _TYPE,
        "cryptosuite": _SUITE,
        "created": moment,
        "verificationMethod": key_id,
        "proofPurpose": _PURPOSE,
    }
    context = document.get("@context")
    if context is not None:
        options["@context"] = list(context) if isinstance(context, list) else [context]
    signature = key.sign(_hashed(options, document))
    return {**document, "proof": {**options, "proofValue": "z" + base58_encode(signature)}}


def check(document: Json, *, key: Ed25519PublicKey, key_id: str | None = None) -> None:
    """Check a document's proof. `key_id`: the only verification method that counts, when it is given.

    Raises:
        BadSignature: no proof, more than one, of another kind, by another key, or it does not hold.
    """
    proof = document.get("proof")
    if not isinstance(proof, dict):
        raise BadSignature("There is no proof, or more than one.")
    if (proof.get("type"), proof.get("cryptosuite"), proof.get("proofPurpose")) != (_TYPE, _SUITE, _PURPOSE):
        raise BadSignature("The proof is of a kind that is not accepted.")
    if key_id is not None and proof.get("verificationMethod") != key_id:
        raise BadSignature("The proof was made with another key.")
    value = proof.get("proofValue")
    if not isinstance(value, str) or not value.startswith("z"):
        raise BadSignature("The proof has no value.")
    options = {name: part for name, part in proof.items() if name != "proofValue"}
    # A linked-data signature is made after the proof and is not covered by it.
    bare = {name: part for name, part in document.items() if name not in ("proof", "signature")}
    try:
        key.verify(base58_decode(value[1:]), _hashed(options, bare))
    except (InvalidSignature, ValueError) as error:
        raise BadSignature("The proof does not hold.") from error


def key_of(document: Json) -> str:
    """Return the verification method of a document's proof, '' when it has none of a kind we can check."""
    proof = document.get("proof")
    if not isinstance(proof, dict) or (proof.get("type"), proof.get("cryptosuite")) != (_TYPE, _SUITE):
        return ""
    method = proof.get("verificationMethod")
    return method if isinstance(method, str) else ""


def _hashed(options: Json, document: Json) -> bytes:
    return hashlib.sha256(_canonical(options)).digest() + hashlib.sha256(_canonical(document)).digest()


def _canonical(document: Json) -> bytes:
    try:
        return rfc8785.dumps(document)
    except rfc8785.CanonicalizationError as error:
        raise BadSignature("The document cannot be made canonical.") from error
