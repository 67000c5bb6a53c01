"""What somebody wrote in a mail, without what it quotes and the signature below. Pure, and linear in its length.

What introduces a quotation, in which program and language, is quotequail's knowledge.
"""

from collections.abc import Sequence
from re import IGNORECASE
from re import compile as pattern

import quotequail

_BEYOND = 200
_MOST_LINES = 1_000
_WRAPPED_AT = 72
_WIDEST = 80
_SIGNATURE = "--"  # RFC 3676 has a blank after it, which is gone by then
_SENT_WITH = pattern(
    r"(sent from my|sent with|get outlook for|von meinem .{1,40} gesendet|gesendet (von|mit)|outlook für"
    r"|envoyé (de|depuis) mon|envoyé (avec|à partir)|télécharger outlook)\b.{0,80}",
    IGNORECASE,
)
_ITEM = pattern(r"[-*+>#]|\d{1,3}[.)]")


def own_words(text: str, *, flowed: bool, ours: Sequence[str], longest: int) -> str:
    """Return what its sender wrote.

    flowed: a blank at the end of a line joins it to the next one (RFC 3676). ours: addresses of this node, which
    introduce what is quoted. longest: what is longer than this is too long, and is not looked at whole.
    """
    lines = text.replace("\r\n", "\n").replace("\r", "\n").replace("\u00a0", " ").split("\n")[:_MOST_LINES]
    if flowed:
        lines = _unflowed(lines)
    cleaned = "\n".join(line.rstrip()[: longest + _BEYOND] for line in lines)
    found = quotequail.unwrap(cleaned)
    parts = [cleaned] if found is None else [found.get("text_top", ""), found.get("text_bottom", "")]
    kept = [_without_end(_without_quotation(part.split("\n"), ours)) for part in parts]
    return "\n\n".join(filter(None, ("\n".join(_unwrapped(lines)).strip() for lines in kept)))


def _unflowed(lines: list[str]) -> list[str]:
    joined: list[str] = []
    open_line = False
    for line in lines:
        if open_line and not line.startswith(">"):
            joined[-1] += line
        else:
            joined.append(line)
        open_line = line.endswith(" ") and line != "-- "
    return joined


def _without_quotation(lines: list[str], ours: Sequence[str]) -> list[str]:
    for number, line in enumerate(lines):
        if any(address in line.lower() for address in ours):
            lines = lines[:number]
            break
    return [line for line in lines if not line.startswith(">")]


def _without_end(lines: list[str]) -> list[str]:
    """Cut a signature off, and what phones and programs say of themselves."""
    if _SIGNATURE in lines:
        lines = lines[: lines.index(_SIGNATURE)]
    while lines and (not lines[-1].strip() or _SENT_WITH.fullmatch(lines[-1].strip())):
        lines = lines[:-1]
    return lines


def _unwrapped(lines: list[str]) -> list[str]:
    """Join lines that a program broke because the next word had no room in them."""
    joined: list[str] = []
    before = ""
    for line in lines:
        if _goes_on(before, line):
            joined[-1] += f" {line}"
        else:
            joined.append(line)
        before = line
    return joined


def _goes_on(before: str, line: str) -> bool:
    """Tell whether the first word of a line had no room in the one before it."""
    if not before or not line or line[0].isspace() or before[0].isspace() or _ITEM.match(line):
        return False
    return len(before) <= _WIDEST and len(before) + 1 + len(line.split(" ", 1)[0]) > _WRAPPED_AT
