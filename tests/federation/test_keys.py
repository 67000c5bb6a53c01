"""Keys: how they are named, and that a stolen database holds none."""

import pytest

from federation import keys
from federation.errors import BadSignature
from node.errors import Unavailable

SECRET = bytes(range(32))


@pytest.mark.parametrize("make", [keys.generate_rsa, keys.generate_ed25519])
def test_S18_a_sealed_key_shows_nothing_and_opens_only_with_its_secret(make):
    pair = make()
    sealed = keys.seal(pair.private, secret=SECRET, key_id="k")
    assert b"PRIVATE" not in sealed
    opened = keys.unseal(sealed, secret=SECRET, key_id="k")
    assert keys._pem(opened.public_key()) == pair.public_pem
    with pytest.raises(Unavailable):
        keys.unseal(sealed, secret=bytes(32), key_id="k")
    with pytest.raises(Unavailable):
        keys.unseal(sealed, secret=SECRET, key_id="another")


def test_a_multikey_reads_back():
    public = keys.generate_ed25519().private.public_key()
    text = keys.multikey(public)
    assert text.startswith("z6Mk")
    assert keys.multikey(keys.load_multikey(text)) == text


@pytest.mark.parametrize("text", ["", "z", "zz", "x6Mk", "z0OIl", "z" + "1" * 300, "z6Mk"])
def test_what_is_no_multikey_is_refused(text):
    with pytest.raises(BadSignature):
        keys.load_multikey(text)


@pytest.mark.parametrize("pem", ["", "nonsense", "-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n"])
def test_an_unreadable_key_is_refused(pem):
    with pytest.raises(BadSignature):
        keys.load_public(pem)
