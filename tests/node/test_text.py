"""Text to HTML: what is no Markdown is rendered without it, and comes out the same."""

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from node.domain import text

NAMES = {("ada", ""): text.Mentioned("https://a.example/@ada", "ada")}
PIECES = st.sampled_from(
    ["word", "Wörter", " ", "  ", "\n", "\n\n", "\n\n\n", "#tag", "# ", "@ada", "@eve", "https://a.example/x?y=1",
     "https://a.example/?y=1&z=2", ".", "!", "(", ")", "1.", "12)", "-", "+", "'", '"', ";", ":", "=", "|", "$", "%",
     "{", "}", "\u00a0", "\u2028", "\u3000", "\x0b", "\x1c", "\u200b", "🙂", "https://", "a@b.example", "---", "==="]
)  # fmt: skip


def both(typed):
    quick = text.render(typed, mentions=NAMES, tag_url=lambda name: f"https://a.example/tags/{name}")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(text, "_SIGNS", text.pattern(""))  # everything may be Markdown
        slow = text.render(typed, mentions=NAMES, tag_url=lambda name: f"https://a.example/tags/{name}")
    return quick, slow


@settings(max_examples=300, deadline=None)
@example("one\ntwo  \n\nthree")
@example("1. one\n2. two")
@example("Hello @ada, see https://a.example/x. #tag!")
@given(st.lists(PIECES, max_size=14).map("".join))
def test_both_ways_of_rendering_are_the_same(typed):
    quick, slow = both(typed)
    assert quick == slow


@settings(max_examples=200, deadline=None)
@given(st.text(max_size=60))
def test_they_are_the_same_for_any_text(typed):
    quick, slow = both(typed)
    assert quick == slow


@pytest.mark.parametrize(
    ("typed", "counted"),
    [
        ("hello", 5),
        ("https://a.example/" + "x" * 100, 23),
        ("see https://a.example/, @ada@far.example", 4 + 23 + 2 + 4),
        ("u\u0308", 1),
    ],
)
def test_a_text_counts_as_clients_count_it(typed, counted):
    assert text.length(typed) == counted
