"""What a picture of somebody shows who chose none: the initials on a colour of their own. Pure and always the same."""

from colorsys import hls_to_rgb
from hashlib import sha256
from unicodedata import normalize

from node.domain.accounts import Account

PORTRAIT = (400, 400)
"""Width and height of the small picture, at most."""

BANNER = (1_500, 500)
"""Width and height of the wide picture, at most."""

_HUES = 360
_LIGHTNESS = 0.30
_PALE = 0.82
_SATURATION = 0.45

Colour = tuple[int, int, int]


def initials(account: Account) -> str:
    """Return one or two capital letters of the name, of the user name when it has none that can be drawn.

    Marks are left out (É is E): the letters are of ASCII, which every font has.
    """
    found = [letter for word in account.name.split() if (letter := first_letter(word))]
    ends = found if len(found) < 2 else [found[0], found[-1]]
    return "".join(ends) or first_letter(account.username)


def first_letter(word: str) -> str:
    """Return the first letter or digit, a capital of ASCII; '' when there is none that can be drawn."""
    letter = next((normalize("NFKD", sign)[0] for sign in word if sign.isalnum()), "")
    return letter.upper() if letter.isascii() else ""


def colour(account: Account) -> Colour:
    """Return a dark colour, red, green and blue from 0 to 255: white on it has a contrast of 5 to 1 at least."""
    return _tint(account, _LIGHTNESS)


def pale(account: Account) -> Colour:
    """Return the same colour, as pale as a background should be."""
    return _tint(account, _PALE)


def _tint(account: Account, lightness: float) -> Colour:
    hue = int.from_bytes(sha256(account.uri.encode()).digest()[:4], "big") % _HUES
    red, green, blue = (round(part * 255) for part in hls_to_rgb(hue / _HUES, lightness, _SATURATION))
    return red, green, blue
