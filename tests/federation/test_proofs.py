"""Object integrity proofs against the published vectors."""

import json
from pathlib import Path

import pytest
import rfc8785
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from federation import keys, proofs
from federation.errors import BadSignature

VECTORS = Path(__file__).parent.parent / "vectors"
INTEGRITY = json.loads((VECTORS / "object-integrity-eddsa-jcs-2022.json").read_text())
CANONICAL = json.loads((VECTORS / "jcs-rfc8785.json").read_text())
KEY = Ed25519PrivateKey.generate()
DOCUMENT = {
    "@context": ["https://www.w3.org/ns/activitystreams"],
    "id": "https://a.example/1",
    "n": [1, 2.5, "ü"],
}


def test_a_proof_holds_until_something_changes():
    proven = proofs.attach(DOCUMENT, key=KEY, key_id="k", created=0)
    proofs.check(proven, key=KEY.public_key(), key_id="k")
    proofs.check({**proven, "signature": {"type": "RsaSignature2017"}}, key=KEY.public_key())
    for changed in (
        {**proven, "id": "https://a.example/2"},
        {**proven, "proof": [proven["proof"]]},
        DOCUMENT,
    ):
        with pytest.raises(BadSignature):
            proofs.check(changed, key=KEY.public_key())
    with pytest.raises(BadSignature):
        proofs.check(proven, key=KEY.public_key(), key_id="another")
    with pytest.raises(BadSignature):
        proofs.check({**DOCUMENT, "proof": proven["proof"], "big": 2**60}, key=KEY.public_key())


@pytest.mark.parametrize("case", INTEGRITY["cases"], ids=lambda case: case["name"])
def test_the_published_proofs_hold(case):
    public = keys.load_multikey(INTEGRITY["key"]["publicKeyMultibase"])
    assert keys.multikey(public) == INTEGRITY["key"]["publicKeyMultibase"]
    proofs.check(case["signed"], key=public)
    document = {name: part for name, part in case["signed"].items() if name != "proof"}
    assert proofs._canonical(document).decode() == case["canonical_document"]


@pytest.mark.parametrize("case", INTEGRITY["negative"], ids=lambda case: case["name"])
def test_the_broken_proofs_do_not(case):
    with pytest.raises(BadSignature):
        proofs.check(case["signed"], key=keys.load_multikey(INTEGRITY["key"]["publicKeyMultibase"]))


@pytest.mark.parametrize("case", CANONICAL["documents"], ids=lambda case: case["name"])
def test_canonical_json_is_what_rfc_8785_prints(case):
    source = case["input"]
    parsed = json.loads(source) if isinstance(source, str) else source
    assert rfc8785.dumps(parsed).decode() == case["canonical"]
