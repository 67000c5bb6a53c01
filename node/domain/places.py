"""Where other nodes, partners and services stand, as an administrator here wrote it down (GDPR, chapter V)."""

from dataclasses import dataclass
from re import fullmatch

from node.errors import Invalid

LONGEST_NOTE = 500
_EEA = """AT BE BG CY CZ DE DK EE ES FI FR GR HR HU IE IS IT LI LT LU LV MT NL NO PL PT RO SE SI SK"""
EEA = frozenset(_EEA.split())
"""The countries of the European Economic Area (ISO 3166)."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a host stands. country: two letters (ISO 3166), '' while nobody has said so.

    note: on what ground data may go to a country outside the European Economic Area.
    """

    country: str = ""
    note: str = ""

    @property
    def outside(self) -> bool:
        """Whether it stands outside the European Economic Area, as far as that is known."""
        return self.country != "" and self.country not in EEA


def check_place(place: Place) -> None:
    """Check what an administrator writes down.

    Raises:
        Invalid: no such country, or the note is too long.
    """
    if not fullmatch("([A-Z]{2})?", place.country):
        raise Invalid("Choose a country from the list.")
    if len(place.note) > LONGEST_NOTE:
        raise Invalid("That is too long. Keep it to %(longest)d characters.", longest=LONGEST_NOTE)
