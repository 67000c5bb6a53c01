"""Figures never tell of fewer than five people, nor what follows from a sum (requirements C11)."""

from hypothesis import given
from hypothesis import strategies as st

from node.domain.figures import FEWEST, told_apart


def test_a_small_group_takes_the_next_one_with_it():
    assert told_apart({"en": 12, "de": 6, "fr": 2}) == {"en"}
    assert told_apart({"en": 12, "de": 6, "fr": 2, "it": 1}) == {"en"}
    assert told_apart({"en": 12, "de": 6, "fr": 3, "it": 2}) == {"en", "de"}
    assert told_apart({"en": 12, "de": 6}) == {"en", "de"}
    assert told_apart({"en": 4}) == frozenset()
    assert told_apart({}) == frozenset()


@given(st.dictionaries(st.text(max_size=3), st.integers(1, 30), max_size=8))
def test_with_the_sum_of_all_nobody_works_out_fewer_than_five(people):
    apart = told_apart(people)
    assert all(people[name] >= FEWEST for name in apart)
    kept_back = [people[name] for name in people if name not in apart]
    if kept_back and apart:
        assert len(kept_back) > 1
        assert sum(kept_back) >= FEWEST
