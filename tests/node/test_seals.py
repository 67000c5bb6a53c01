"""Values that are sealed, and masks of words."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from node.adapters import seals as adapter
from node.adapters.content_keys import ContentKeys
from node.adapters.seals import Seals

_WORD = st.text(st.characters(categories=("L", "N")), min_size=1, max_size=64)


@pytest.fixture
def keys(tmp_path):
    return ContentKeys(tmp_path / "content.keys")


async def test_what_was_sealed_is_opened_with_the_key_of_whom_it_is(keys, tmp_path):
    seals = Seals(keys)
    for said in (b"", b"The loom", bytes(range(256)) * 300):
        value = await seals.seal("account:1", said)
        assert seals.open(value) == said == Seals(keys).open(value)
        assert said == b"" or said not in value
    assert value != await seals.seal("account:1", said), "nobody sees that it is the same"
    other = Seals(ContentKeys(tmp_path / "other.keys"))
    await other.seal("account:1", b"")
    assert other.open(value) is None


@pytest.mark.parametrize("place", [0, 5, 12, 20, -1])
async def test_a_value_that_was_changed_is_not_opened(keys, place):
    seals = Seals(keys)
    await seals.seal("account:2", b"")
    value = bytearray(await seals.seal("account:1", b"The loom"))
    value[place] ^= 3
    assert seals.open(bytes(value)) is None


async def test_a_value_tells_nothing_when_its_key_was_destroyed(keys, monkeypatch):
    now = 1_000.0
    monkeypatch.setattr(adapter.time, "monotonic", lambda: now)
    seals = Seals(keys)
    value, other = await seals.seal("account:1", b"The loom"), await seals.seal("account:2", b"The vat")
    ContentKeys(keys.path).destroy(["account:1"])
    now += 61
    assert seals.open(value) is None
    assert seals.open(other) == b"The vat"
    assert not seals.holds("account:1")
    assert seals.holds("account:2")
    await seals.seal("account:1", b"Another")
    assert seals.open(value) is None, "a new key is another one"


def test_masks_keep_what_words_begin_with_and_nothing_else(keys, tmp_path):
    mask, other = Seals(keys).mask, Seals(ContentKeys(tmp_path / "other.keys")).mask

    @settings(max_examples=200, deadline=None)
    @given(_WORD, _WORD)
    def holds(one, more):
        found = mask(one + more)
        assert found.startswith(mask(one))
        assert len(found) == 3 * len(one + more)
        assert found.isascii()
        assert found.isalnum()
        assert found == Seals(keys).mask(one + more)
        if len(one) > 1:  # one letter has the same mask by chance, once in 32,768
            assert found != other(one + more)

    holds()
    numbers = [f"{number:04}" for number in range(2_000)]
    assert len({mask(number) for number in numbers}) > 1_990
