"""Draws the picture of somebody who chose none, and the banner. Nobody's bytes are read, so it needs no child.

Pillow is imported when the first one is drawn.
"""

from io import BytesIO
from typing import TYPE_CHECKING

from node.domain.portraits import BANNER, PORTRAIT, Colour

if TYPE_CHECKING:
    from PIL import Image

_LETTERS = 0.45  # of the width
_STEPS = 16  # shades between the colour and white


def portrait(initials: str, colour: Colour) -> bytes:
    """Return a PNG with white letters in the middle of a colour."""
    from PIL import Image, ImageDraw, ImageFont

    letters = Image.new("L", PORTRAIT, 0)
    font = ImageFont.load_default(letters.width * _LETTERS)
    middle = (letters.width / 2, letters.height / 2)
    ImageDraw.Draw(letters).text(middle, initials, fill=255, font=font, anchor="mm")
    picture = letters.point(lambda light: light * (_STEPS - 1) // 255)
    # A palette from the colour to white keeps the file small.
    picture = picture.convert("P")
    picture.putpalette([_between(part, step) for step in range(_STEPS) for part in colour])
    return _png(picture)


def banner(colour: Colour) -> bytes:
    """Return a PNG of one colour."""
    from PIL import Image

    picture = Image.new("P", BANNER, 0)
    picture.putpalette(colour)
    return _png(picture)


def _between(part: int, step: int) -> int:
    return part + (255 - part) * step // (_STEPS - 1)


def _png(picture: "Image.Image") -> bytes:
    file = BytesIO()
    picture.save(file, "PNG")
    return file.getvalue()
