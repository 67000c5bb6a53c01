"""Receipts and refusals as documents: what they say, and that whatever comes in is read or refused by a typed error."""

import contextlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from federation import documents, erasures
from federation.errors import FederationError, Malformed
from node.domain.erasures import Scope
from node.domain.times import iso
from tests.federation.test_hostile_input import JSON, WRONG, changed, places

BASE = "https://graz.example"
ORDER = erasures.Order(
    "https://lyon.example/erasures/1",
    "https://lyon.example/actor",
    "https://lyon.example/users/ada",
    Scope.ACTOR,
    {},
)
DAY = 1_830_000_000_000


def refusal(**more):
    told = {"until": DAY, "passed_to": ["oslo.example"], "at": DAY - 9, "software": "allmende/1"} | more
    return erasures.render_refusal(7, ORDER, base=BASE, **told)


def receipt():
    removed = erasures.Removed(3, 1, erasures.digest([]))
    told = {"passed_to": [], "at": DAY - 9, "backups_until": DAY, "software": "allmende/1"}
    return erasures.render_receipt(7, ORDER, removed, base=BASE, **told)


@given(st.integers(0, 250_000_000_000), st.lists(st.sampled_from(["oslo.example", "turin.example"]), max_size=2))
def test_a_refusal_is_read_as_it_was_written(seconds, hosts):
    found = erasures.parse_receipt(refusal(until=seconds * 1000 + 1000, passed_to=hosts))
    assert (found.held_until, found.order, found.node) == (seconds * 1000 + 1000, ORDER.uri, f"{BASE}/actor")
    assert sorted(found.passed_to) == sorted(hosts)


def test_a_receipt_is_no_refusal_and_a_refusal_no_receipt():
    assert erasures.parse_receipt(receipt()).held_until is None
    assert not {"removed", "digest", "backupsUntil"} & refusal().keys()
    assert not {"reason", "endTime"} & receipt().keys()


@pytest.mark.parametrize(
    "document",
    [
        refusal() | {"reason": "we like it"},
        refusal() | {"reason": None},
        refusal() | {"endTime": "some day"},
        refusal() | {"removed": {"posts": 0, "files": 0}},
        {name: value for name, value in refusal().items() if name != "endTime"},
        {name: value for name, value in refusal().items() if name != "reason"},
        {name: value for name, value in receipt().items() if name != "removed"},
        receipt() | {"reason": erasures.HOLD},
        receipt() | {"reason": erasures.HOLD, "endTime": iso(DAY)},
    ],
)
def test_what_says_neither_or_both_is_none(document):
    with pytest.raises(Malformed):
        erasures.parse_receipt(document)


def test_any_wrong_value_anywhere_is_a_typed_error_or_a_receipt():
    for document in (refusal(), receipt()):
        for path in places(document):
            for value in WRONG:
                with contextlib.suppress(FederationError):
                    found = erasures.parse_receipt(changed(document, path, value))
                    assert found.held_until is None or found.held_until > 0


@given(st.dictionaries(st.sampled_from(sorted(refusal() | receipt())), JSON))
@settings(max_examples=200, deadline=None)
def test_whatever_comes_in_is_read_or_refused(told):
    with contextlib.suppress(FederationError):
        erasures.parse_receipt(refusal() | told)
    with contextlib.suppress(FederationError):
        erasures.held_until(told)
    assert documents.kind(refusal()) == documents.kind(receipt())
