"""Words for people: English in the code and templates, other languages in `locale/*/LC_MESSAGES/*.po`."""

from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path

from node.config import LANGUAGES
from node.domain.notifications import Kind

_LOCALE = Path(__file__).parent / "locale"

Translate = Callable[..., str]


@cache
def catalogue(language: str) -> dict[str, str]:
    """Return English phrase → phrase, read once at first use; empty for English itself."""
    from babel.messages.pofile import read_po

    path = _LOCALE / language / "LC_MESSAGES" / "allmende.po"
    if not path.exists():
        return {}
    with path.open("rb") as file:
        return {str(entry.id): str(entry.string) for entry in read_po(file) if entry.id and entry.string}


def translator(language: str) -> Translate:
    """Return what translates a phrase and fills its `%(name)s` places."""
    phrases = catalogue(language)

    def translate(phrase: str, **places: object) -> str:
        found = phrases.get(phrase, phrase)
        return found % places if places else found

    return translate


def negotiate(accepted: str, *, default: str) -> str:
    """Return the first language of an Accept-Language header that we have."""
    for part in accepted.split(","):
        language = part.partition(";")[0].strip().lower()[:2]
        if language in LANGUAGES:
            return language
    return default if default in LANGUAGES else "en"


def notices(_: Translate) -> Mapping[Kind, str]:
    """Return what is said of somebody, by kind of notification, after their name."""
    return {
        Kind.MENTION: _("names you"),
        Kind.STATUS: _("has written"),
        Kind.FOLLOW: _("follows you"),
        Kind.FOLLOW_REQUEST: _("asks to follow you"),
        Kind.FAVOURITE: _("likes your post"),
        Kind.BOOST: _("passed your post on"),
        Kind.POLL: _("had asked, and the poll is over"),
        Kind.UPDATE: _("changed a post that you passed on"),
        Kind.WALL: _("wrote on your wall"),
        Kind.QUOTE: _("quotes your post"),
        Kind.QUOTED_UPDATE: _("changed a post that you quote"),
        Kind.SIGN_UP: _("has become a member"),
        Kind.REPORT: _("passed on a complaint"),
    }
