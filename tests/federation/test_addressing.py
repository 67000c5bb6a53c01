"""The truth table: how audiences travel, how they are read, and who may get what."""

import pytest

from federation.addressing import PUBLIC, address, allowed, visibility_of
from node.domain.visibility import Visibility

FOLLOWERS, MEMBERS, BEN = (
    "https://a.example/users/ada/followers",
    "https://a.example/organization/members",
    "https://b.example/users/ben",
)


@pytest.mark.parametrize(
    ("visibility", "to", "cc"),
    [
        (Visibility.UNIT, [], []),
        (Visibility.ORGANISATION, [MEMBERS, FOLLOWERS], [BEN]),
        (Visibility.FOLLOWERS, [FOLLOWERS], [BEN]),
        (Visibility.DIRECT, [BEN], []),
    ],
)
def test_an_audience_is_written_and_read_back_the_same(visibility, to, cc):
    assert address(visibility, followers=FOLLOWERS, mentioned=[BEN, BEN], members=MEMBERS) == (to, cc)
    if visibility is not Visibility.UNIT:
        assert visibility_of(to, cc, followers=FOLLOWERS, members=MEMBERS) is visibility


@pytest.mark.parametrize("spelling", [PUBLIC, "as:Public", "Public"])
def test_public_has_three_spellings(spelling):
    assert visibility_of([], [spelling], followers=FOLLOWERS, members=MEMBERS) is Visibility.PUBLIC


@pytest.mark.parametrize(
    "to", [[], ["https://a.example/other"], ["https://evil.example/organization/members"], [FOLLOWERS + "/x"]]
)
def test_what_is_not_recognised_is_never_read_as_wider(to):
    assert visibility_of(to, [], followers=FOLLOWERS, members=MEMBERS) is Visibility.DIRECT
    assert visibility_of(to, [], followers="", members="") is Visibility.DIRECT


@pytest.mark.parametrize("visibility", list(Visibility))
def test_nothing_ever_goes_to_a_host_outside_the_organisation_or_to_oneself(visibility):
    inboxes = [
        ("b.example", "https://b.example/inbox"),
        ("b.example", "https://b.example/inbox"),
        ("evil.example", "https://evil.example/inbox"),
        ("sub.b.example", "https://sub.b.example/inbox"),
        ("b.example:8443", "https://b.example:8443/inbox"),
        ("a.example", "https://a.example/inbox"),
        ("c.example", ""),
    ]
    found = allowed(
        inboxes, visibility, organisation=frozenset({"a.example", "b.example", "c.example"}), own="a.example"
    )
    wanted = [] if visibility is Visibility.UNIT else [("b.example", "https://b.example/inbox")]
    assert found == wanted
