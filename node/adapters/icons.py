"""Draws the icons of the pages as an app: the node's sign, or a letter of its name. Only the operator's bytes are read.

Pillow is imported when the first one is drawn.
"""

from functools import lru_cache
from io import BytesIO

_LETTER = 0.6  # of the width, whole within the same circle
_SAFE = 0.56  # of the width: a square within the circle that every device leaves of a maskable icon
_DRAWN = 8


@lru_cache(maxsize=_DRAWN)
def icon(size: int, *, sign: bytes, letter: str, ground: str, ink: str, maskable: bool) -> bytes:
    """Return a PNG of so many pixels each way, the same one for the same wish.

    sign: a PNG, fitted in; b'': `letter` stands there. ground, ink: `#rrggbb`. maskable: the ground fills it, and a
    device may cut its edges off (W3C, Web Application Manifest); a letter always stands on its ground.
    """
    from PIL import Image, ImageDraw, ImageFont

    room = round(size * (_SAFE if maskable else 1))
    picture = Image.new("RGBA", (size, size), ground if maskable or not sign else (0, 0, 0, 0))
    if sign:
        with Image.open(BytesIO(sign)) as file:
            drawn = file.convert("RGBA")
        drawn = drawn.resize(_fitted(drawn.size, room), Image.Resampling.LANCZOS)
        picture.alpha_composite(drawn, ((size - drawn.width) // 2, (size - drawn.height) // 2))
    else:
        font = ImageFont.load_default(size * _LETTER)
        ImageDraw.Draw(picture).text((size / 2, size / 2), letter, fill=ink, font=font, anchor="mm")
    kept = BytesIO()
    picture.save(kept, "PNG", optimize=True)
    return kept.getvalue()


def _fitted(given: tuple[int, int], room: int) -> tuple[int, int]:
    """Return width and height as they fit into a square."""
    longer = max(given)
    return max(1, given[0] * room // longer), max(1, given[1] * room // longer)
