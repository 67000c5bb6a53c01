"""Black out a passage: its words are taken out of texts, HTML and Markdown, and blocks stand in their place.

The passage is found whatever its case, however its words are spaced, and through markup: `**Max** Mustermann`, a name
of which half is a link, and the addresses of links that have it (`/max-mustermann`).
"""

from html import escape, unescape
from re import IGNORECASE, Pattern
from re import compile as pattern
from re import escape as literal
from urllib.parse import unquote

from node.domain import text
from node.domain.cases import LONGEST_PASSAGE
from node.errors import Invalid

BLOCK = "▒▒▒▒▒"
"""Always as long: how long the passage was is nobody's business."""

_MARKS = r"[*_~`\\]{0,4}"
_BETWEEN = r"(?:[\s*_~`.+\\-]|%20){0,8}"
_MARK = pattern(r"[*_~`\\]")
_PIECE = pattern(r"<[^<>]*>|[^<]+|<")
_ENDS_LINE = pattern(r"(?i)</?(?:p|br|li|ul|ol|blockquote|pre)\b")


def is_passage(said: str) -> bool:
    """Tell whether these are words that can be looked for: two letters or digits at least, and not too many."""
    return sum(sign.isalnum() for sign in said) >= 2 and len(said) <= LONGEST_PASSAGE


def check_passage(passage: str) -> None:
    """Check that there are words to black out, or to look for.

    Raises:
        Invalid: see `is_passage`.
    """
    if not is_passage(passage):
        raise Invalid("Name the words as they stand there: two letters at least, 200 at most.")


def finder(passage: str) -> Pattern[str]:
    """Return what finds a passage (`is_passage`), as whole words; signs of Markdown may stand in it.

    Nothing that may stand between its letters is one of them, so the time it takes grows with the text alone.
    """
    bare = _MARK.sub("", passage).replace("%20", " ").split()
    words = [word for word in (one.strip(".+-") for one in bare) if word]
    before = r"(?<![^\W_])" if words[0][0].isalnum() else ""
    after = r"(?![^\W_])" if words[-1][-1].isalnum() else ""
    parts = [_MARKS.join(literal(sign) for sign in word) for word in words]
    return pattern(before + _BETWEEN.join(parts) + after, IGNORECASE)


def plain(said: str, passage: str) -> str:
    """Black out in plain text."""
    return finder(passage).sub(BLOCK, said)


def html(content: str, passage: str) -> str:
    """Black out in sanitised HTML; without the passage in it, it is what it was.

    A link of which the text or the address has the passage is a link no more.
    """
    found = finder(passage)
    pieces: list[str] = _PIECE.findall(content)
    said = [_visible(piece) for piece in pieces]
    starts, at = [], 0
    for one in said:
        starts.append(at)
        at += len(one)
    spans = [match.span() for match in found.finditer("".join(said))]
    touched = {place for place, one in enumerate(said) if _blacked(one, starts[place], spans) is not None}
    dropped = _links(pieces, touched, found)
    if not touched and not dropped:
        return content
    made = []
    for place, piece in enumerate(pieces):
        if place in dropped:
            continue
        blacked = _blacked(said[place], starts[place], spans) if not piece.startswith("<") or piece == "<" else None
        made.append(piece if blacked is None else escape(blacked, quote=False))
    return text.sanitise("".join(made))


def _visible(piece: str) -> str:
    if not piece.startswith("<"):
        return unescape(piece)
    return " " if _ENDS_LINE.match(piece) else ""


def _blacked(said: str, start: int, spans: list[tuple[int, int]]) -> str | None:
    """Return a piece of text without what lies in the spans, None when nothing does: blocks where one begins."""
    end, at, kept = start + len(said), start, ""
    touched = False
    for first, last in spans:
        if last <= start or first >= end:
            continue
        touched = True
        kept += said[at - start : max(first, start) - start] + (BLOCK if first >= start else "")
        at = min(last, end)
    return kept + said[at - start :] if touched else None


def _links(pieces: list[str], touched: set[int], found: Pattern[str]) -> set[int]:
    """Return the places of the tags of links that have to go."""
    gone: set[int] = set()
    opened = -1
    hit = False
    for place, piece in enumerate(pieces):
        if piece.startswith("<a"):
            opened, hit = place, found.search(unquote(unescape(piece))) is not None
        elif piece.startswith("</a") and opened >= 0:
            if hit:
                gone |= {opened, place}
            opened = -1
        elif opened >= 0 and place in touched and not piece.startswith("<"):
            hit = True
    return gone


def source(typed: str, passage: str, *, content: str) -> str:
    """Black out in Markdown. content: the blacked out HTML; where markup hides the passage, only its text is kept."""
    if not typed:
        return ""
    made = plain(typed, passage)
    torn = any(_MARK.search(match[0]) for match in finder(passage).finditer(typed))
    return text.strip_tags(_broken(content)).strip() if torn or has(made, passage) else made


def _broken(content: str) -> str:
    return content.replace("<br>", "<br>\n").replace("</p>", "</p>\n\n").replace("</li>", "</li>\n")


def around(said: str, passage: str, *, width: int = 120) -> str:
    """Return where a passage stands in a plain text, with so many signs before and after it; '' when it does not."""
    found = finder(passage).search(said) if is_passage(passage) else None
    if found is None:
        return ""
    first, last = max(0, found.start() - width), found.end() + width
    part = " ".join(said[first:last].split())
    return f"{'… ' if first else ''}{part}{' …' if last < len(said) else ''}"


_SIGNS = pattern(r"[*_~`\\\[\]()<>{}\u200b-\u200d]")


def has(said: str, passage: str) -> bool:
    """Tell whether a passage is in a text, whatever markup, entities or percent signs hide it."""
    bare = unquote(unescape(said))
    return any(finder(passage).search(one) for one in (said, bare, _SIGNS.sub("", bare)))
