"""Words: what a post says, and how words are compared, in filters and in search."""

from collections.abc import Iterable
from dataclasses import dataclass
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
