"""Words for people: English in the code and templates, other languages in `locale/*/LC_MESSAGES/*.po`."""

import gettext
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from io import BytesIO
from pathlib import Path
from re import fullmatch
from zoneinfo import ZoneInfo

from node.config import LANGUAGES
from node.domain.notifications import Kind
from node.domain.people import folded

_LOCALE = Path(__file__).parent / "locale"
_TRANSLATIONS = "%s/LC_MESSAGES/allmende.po"
_REGIONS = {"en": "en_GB", "de": "de", "fr": "fr"}
_SOON = timedelta(days=6)
_NO_COUNTRY = frozenset({"EU", "EZ", "QO", "UN", "XA", "XB", "ZZ"})  # of what Babel calls territories


@cache
def catalogue(language: str) -> gettext.NullTranslations:
    """Return the translations into a language, read once at first use; English stands in the code."""
    from babel.messages.mofile import write_mo
    from babel.messages.pofile import read_po

    path = _LOCALE / (_TRANSLATIONS % language)
    if not path.exists():
        return gettext.NullTranslations()
    compiled = BytesIO()
    with path.open("rb") as file:
        write_mo(compiled, read_po(file, locale=language))
    compiled.seek(0)
    return gettext.GNUTranslations(compiled)


@dataclass(frozen=True, slots=True)
class Phrases:
    """Says things in one language. now: Unix ms, from which "yesterday" is told; zone: whose clocks show the time."""

    language: str
    now: int = 0
    zone: str = "UTC"

    def __call__(self, phrase: str, **places: object) -> str:
        """Return a phrase with its `%(name)s` places filled."""
        found = catalogue(self.language).gettext(phrase)
        return found % places if places else found

    def several(self, one: str, many: str, n: int, **places: object) -> str:
        """Return the phrase for one thing or for `n` of them, which is `%(n)s` in it, as the language counts."""
        return catalogue(self.language).ngettext(one, many, n) % {**places, "n": self.number(n)}

    def number(self, value: float) -> str:
        """Return a number as it is written in the language."""
        from babel.numbers import format_decimal

        return format_decimal(value, locale=_REGIONS[self.language])

    def size(self, octets: int) -> str:
        """Return a file's size in words."""
        from babel.units import format_unit

        for unit, divisor in (("megabyte", 1_000_000), ("kilobyte", 1_000)):
            if octets >= divisor:
                value = round(octets / divisor, 1 if octets < 10 * divisor else None)
                return format_unit(value, f"digital-{unit}", "short", locale=_REGIONS[self.language])
        return format_unit(octets, "digital-byte", "short", locale=_REGIONS[self.language])

    def country(self, code: str) -> str:
        """Return the name of a country by its two letters (ISO 3166)."""
        return dict(self.countries()).get(code, code)

    def countries(self) -> list[tuple[str, str]]:
        """Return (two letters, name) of every country, as dictionaries have them in order."""
        from babel import Locale

        named = Locale.parse(_REGIONS[self.language]).territories.items()
        there = [(str(code), str(name)) for code, name in named if fullmatch("[A-Z]{2}", str(code))]
        return sorted((one for one in there if one[0] not in _NO_COUNTRY), key=lambda one: folded(one[1]))

    def lasting(self, seconds: int) -> str:
        """Return a period in words, exactly, in the greatest unit that goes into it: "30 days", "12 hours"."""
        from babel.units import format_unit

        for unit, length in (("day", 86_400), ("hour", 3_600), ("minute", 60)):
            if seconds % length == 0:
                return format_unit(seconds // length, f"duration-{unit}", "long", locale=_REGIONS[self.language])
        return format_unit(seconds, "duration-second", "long", locale=_REGIONS[self.language])

    def ago(self, at: int) -> str:
        """Return a moment (Unix ms) as people say it: "2 hours ago", "3 Feb", "3 Feb 2024"."""
        from babel.dates import format_date, format_skeleton, format_timedelta

        locale, moment, now = _REGIONS[self.language], self._local(at), self._local(self.now)
        since = now - moment
        if timedelta() <= since < timedelta(minutes=1):
            return self("just now")
        if timedelta() <= since < _SOON:
            return format_timedelta(-since, add_direction=True, threshold=1, locale=locale)
        if moment.year == now.year:
            return format_skeleton("MMMd", moment, locale=locale)
        return format_date(moment, "medium", locale=locale)

    def date(self, at: int) -> str:
        """Return the day of a moment (Unix ms)."""
        from babel.dates import format_date

        return format_date(self._local(at), "long", locale=_REGIONS[self.language])

    def time(self, at: int) -> str:
        """Return the time of day of a moment (Unix ms): "14:05"."""
        from babel.dates import format_time

        return format_time(self._local(at).time(), "short", locale=_REGIONS[self.language])

    def moment(self, at: int) -> str:
        """Return a moment (Unix ms) in full."""
        from babel.dates import format_datetime

        return format_datetime(self._local(at), "medium", locale=_REGIONS[self.language])

    def _local(self, at: int) -> datetime:
        return datetime.fromtimestamp(at / 1000, ZoneInfo(self.zone))

    def listed(self, names: list[str]) -> str:
        """Return names as a sentence lists them: "Ada, Ben and Eva"."""
        from babel.lists import format_list

        return format_list(names, locale=_REGIONS[self.language])


def negotiate(accepted: str, *, default: str) -> str:
    """Return the first language of an Accept-Language header that we have."""
    for part in accepted.split(","):
        language = part.partition(";")[0].strip().lower()[:2]
        if language in LANGUAGES:
            return language
    return default if default in LANGUAGES else "en"


def notices(_: Phrases) -> Mapping[Kind, str]:
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
        Kind.GROUP_REQUEST: _("has somebody who wants to join"),
        Kind.GROUP_INVITATION: _("invites you to join"),
        Kind.SIGN_UP: _("has become a member"),
        Kind.REPORT: _("passed on a complaint"),
    }
