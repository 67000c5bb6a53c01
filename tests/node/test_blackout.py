"""Blacking out: the passage is found through markup, and nothing else is touched."""

import pytest
from hypothesis import given
from hypothesis import strategies as some

from node.domain import blackout, text
from node.errors import Invalid

NAME = "Max Mustermann"
B = blackout.BLOCK


def rendered(typed):
    return text.render(typed, mentions={}, tag_url=lambda name: f"https://here.example/tags/{name}")


def blacked(typed, passage=NAME):
    """The HTML of a text and its Markdown, both without the passage."""
    content = blackout.html(rendered(typed), passage)
    return content, blackout.source(typed, passage, content=content)


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("Yesterday max  mustermann fell.", f"Yesterday {B} fell."),
        ("**Max** Mustermann, he", f"{B}, he"),
        ("Max Mus**ter**mann was here", f"{B} was here"),
        ("&#77;ax Mustermann & sons", f"{B} & sons"),
        ("He is Max\nMustermann.", f"He is {B}."),
        ("See [him](https://x.example/max-mustermann)", "See him"),
        ("See https://x.example/Max%20Mustermann/3", f"See https://x.example/{B}/3"),
        ("#MaxMustermann #indigo", f"#{B} #indigo"),
        ("`Max Mustermann`", B),
    ],
)
def test_a_name_is_taken_out_whatever_surrounds_it(typed, said):
    content, source = blacked(typed)
    assert " ".join(text.strip_tags(content).split()) == said
    assert not blackout.has(content, NAME)
    assert not blackout.has(source, NAME)
    assert not blackout.has(rendered(source), NAME)


@pytest.mark.parametrize("typed", ["Maxim Mustermann", "Max Mustermanns", "Max *and* Mustermann", "<b>&amp;</b>"])
def test_what_is_another_word_stays_as_it_was(typed):
    assert blacked(typed) == (rendered(typed), typed)


def test_what_stands_around_it_keeps_its_markup():
    content, source = blacked("A **bold** word, Max Mustermann, and [a link](https://x.example/).")
    assert "<strong>bold</strong>" in content
    assert 'href="https://x.example/"' in content
    assert source == f"A **bold** word, {B}, and [a link](https://x.example/)."


@given(some.text(alphabet="ab *_~`\\.-+<>&#[]()\n%20", max_size=60), some.text(alphabet="ab *_`.-+%20", max_size=12))
def test_nothing_that_was_typed_keeps_the_passage(typed, passage):
    if not blackout.is_passage(passage):
        with pytest.raises(Invalid):
            blackout.check_passage(passage)
        return
    content, source = blacked(typed, passage)
    found = blackout.finder(passage)
    assert not found.search(text.strip_tags(content))
    assert not found.search(source)
    assert not found.search(blackout.plain(typed, passage))


def test_a_passage_is_found_with_what_stands_around_it():
    said = f"{'word ' * 60}Max Mustermann {'word ' * 60}"
    around = blackout.around(said, NAME, width=10)
    assert around == "… word word Max Mustermann word word …"
    assert blackout.around(said, "?") == ""
