"""Certificates on paper."""

import unicodedata
from typing import Any

from fpdf import FPDF
from fpdf.enums import XPos, YPos

from node.web.erasure_views import ErasureView
from themes.phrases import Phrases

_WIDTH_MM = 175
_NEAR = str.maketrans(
    {"’": "'", "‘": "'", "“": '"', "”": '"', "„": '"', "–": "-", "…": "...", "œ": "oe", "Œ": "OE", "ł": "l", "Ł": "L"}
)


def certificate(_: Phrases, one: ErasureView, document: dict[str, Any], *, node: str) -> bytes:
    """Return the certificate of an erasure as PDF, in the reader's language. document: what it was made of."""
    page = FPDF()
    page.set_margin(17)
    page.set_auto_page_break(True, margin=17)
    page.set_title(_("Certificate of an erasure"))
    page.add_page()
    _text(page, _("Certificate of an erasure"), size=18, style="B")
    _text(page, node, size=12)
    page.ln(4)
    for name, said in _facts(_, one, document):
        _text(page, name, size=9, style="B")
        _text(page, said)
        page.ln(1)
    page.ln(3)
    _text(page, _("Nodes that had a copy"), size=13, style="B")
    for holder in one.holders:
        _text(page, f"{holder.unit} ({holder.host})" if holder.unit else holder.host, style="B")
        backups = _("in backups until %(day)s", day=holder.backups) if holder.backups else ""
        _text(page, " · ".join(part for part in (holder.said, holder.when, holder.removed, backups) if part))
        page.ln(1)
    if not one.holders:
        _text(page, _("No other node had a copy."))
    page.ln(3)
    _text(page, _("What no node can reach"), size=13, style="B")
    _text(page, _out_of_reach(_))
    page.ln(3)
    _text(page, _("How to check it"), size=13, style="B")
    _text(page, _("Save the certificate as JSON and run: %(command)s", command="allmende verify-certificate FILE"))
    return bytes(page.output())


def _facts(_: Phrases, one: ErasureView, document: dict[str, Any]) -> list[tuple[str, str]]:
    return [
        (_("What was erased"), f"{one.what}: {one.object}"),
        (_("Why"), one.why),
        (_("Ordered"), one.ordered),
        (_("Done"), one.done or _("%(answered)s of %(asked)s nodes", answered=one.answered, asked=one.asked)),
        *([(_("In backups of this node"), _("until %(when)s", when=one.backups))] if one.backups else []),
        *([(_("Files"), one.kept)] if one.kept else []),
        *([(_("Legal hold"), one.held)] if one.held else []),
        (_("Order"), one.uri),
        (_("Signed by"), f"{document['attributedTo']} ({document['key']})"),
        (_("Root of all documents (SHA-256)"), document["root"]),
    ]


def _out_of_reach(_: Phrases) -> str:
    return _(
        "Prints, pictures of a screen, mails that were sent before, what an app shows until it asks its node again,"
        " and backups until the day that each node names."
    )


def _text(page: FPDF, text: str, *, size: int = 10, style: str = "") -> None:
    page.set_font("Helvetica", style=style, size=size)
    page.multi_cell(_WIDTH_MM, None, _latin(text), new_x=XPos.LMARGIN, new_y=YPos.NEXT)


def _latin(text: str) -> str:
    """Return text in letters that every PDF reader has: others as their nearest, or a question mark."""
    if text.isascii():
        return text
    text = text.translate(_NEAR)
    near = (one if ord(one) < 256 else unicodedata.normalize("NFKD", one)[0] for one in text)
    return "".join(near).encode("latin-1", "replace").decode("latin-1")
