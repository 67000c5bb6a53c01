"""Words: what a post says, and how words are compared, in filters and in search."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from difflib import get_close_matches
from re import compile as pattern

from node.domain.people import folded
from node.domain.text import strip_tags

_BREAK = pattern(r"</(?:p|li|blockquote|pre)>|<br[^<>]*>")
_WORD = pattern(r"[^\W_]+")
_LONGEST = 64
_MOST = 5_000

_PIECE = pattern(r'"(?P<phrase>[^"]*)"?|(?i:from):(?P<author>\S+)|(?P<word>[^\s"]+)')
_MOST_ASKED = 16


def said(*, summary: str, content: str, options: Iterable[str] = (), descriptions: Iterable[str] = ()) -> str:
    """Return a post's words as plain text: its warning, its text, the answers of its poll, what its pictures show.

    summary, options, descriptions: plain text. content: HTML.
    """
    return "\n".join(filter(None, (summary, strip_tags(_BREAK.sub("\n", content)), *options, *descriptions)))


def words(text: str) -> list[str]:
    """Return the words of a text, of which 5000 count, without case, accents and umlauts, in letters and digits."""
    # Folding makes plain capitals of those that mathematics uses.
    plain = text.lower() if text.isascii() else folded(text).casefold()
    return [word[:_LONGEST] for word in _WORD.findall(plain)[:_MOST]]


@dataclass(frozen=True, slots=True)
class Phrase:
    """Words that follow one another. open: the last of them may go on."""

    words: tuple[str, ...]
    open: bool = False


@dataclass(frozen=True, slots=True)
class Query:
    """What somebody looks for: all of the phrases. author: whose posts alone are wanted, as typed; '' for anybody's."""

    phrases: tuple[Phrase, ...] = ()
    author: str = ""


def query(text: str) -> Query:
    """Read what somebody typed: words, "phrases", `from:name`. The last word may be a beginning. Never raises."""
    phrases: list[Phrase] = []
    author = ""
    for piece in list(_PIECE.finditer(text))[:_MOST_ASKED]:
        if piece["author"]:
            author = piece["author"]
            continue
        # What has a hyphen, an apostrophe or an @ inside is several words to us, one after the other.
        found = tuple(words(piece["phrase"] if piece["word"] is None else piece["word"])[:_MOST_ASKED])
        if found:
            phrases.append(Phrase(found, open=piece["word"] is not None and piece.end() == len(text.rstrip())))
    return Query(tuple(phrases), author)


def opened(asked: Query) -> Query:
    """Return a query of which every single word may be a beginning."""
    return replace(asked, phrases=tuple(replace(one, open=len(one.words) == 1) for one in asked.phrases))


_ALIKE = 0.75


def corrected(asked: Query, known: Collection[str]) -> Query | None:
    """Return a query with words that are there in place of those that nothing has: what was mistyped, most likely.

    known: folded words, as `words` returns them. None when one of the words is like none of them, or all are there.
    """
    phrases = tuple(_corrected(phrase, known) for phrase in asked.phrases)
    found = tuple(phrase for phrase in phrases if phrase is not None)
    return replace(asked, phrases=found) if len(found) == len(phrases) and found != asked.phrases else None


def _corrected(phrase: Phrase, known: Collection[str]) -> Phrase | None:
    if len(phrase.words) > 1 or any(word.startswith(phrase.words[0]) for word in known):
        return phrase
    typed = phrase.words[0]
    near = [word for word in known if abs(len(word) - len(typed)) <= 2]
    alike = get_close_matches(typed, near, n=1, cutoff=_ALIKE)
    return Phrase((alike[0],)) if alike else None
