"""Colours: how well they can be told apart (WCAG 2.2, success criteria 1.4.3 and 1.4.11), and how to make them."""

from colorsys import hls_to_rgb, rgb_to_hls
from re import compile as pattern

_HEX = pattern(r"#([0-9a-fA-F]{2})([0-9a-fA-F]{2})([0-9a-fA-F]{2})")
_STEPS = 100

TEXT = 4.5
"""The contrast that text of common size needs."""
SHAPE = 3.0
"""The contrast that the edge of a field, or the ring of a focus, needs."""


def is_colour(text: str) -> bool:
    """Tell whether this is a colour as `#rrggbb`."""
    return _HEX.fullmatch(text) is not None


def contrast(one: str, other: str) -> float:
    """Return the contrast of two colours, from 1 (the same) to 21 (black on white)."""
    lighter, darker = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def readable(colour: str, *grounds: str, least: float = TEXT) -> str:
    """Return the colour, lightened or darkened as little as it takes to be read on every one of these grounds."""
    hue, light, saturation = rgb_to_hls(*_parts(colour))
    goal = 0.0 if _luminance(grounds[0]) > _luminance("#777777") else 1.0
    for step in range(_STEPS + 1):
        red, green, blue = hls_to_rgb(hue, light + (goal - light) * step / _STEPS, saturation)
        made = "#" + "".join(f"{round(255 * part):02x}" for part in (red, green, blue))
        if all(contrast(made, ground) >= least for ground in grounds):
            return made
    return "#000000" if goal == 0.0 else "#ffffff"


def mixed(colour: str, ground: str, share: float) -> str:
    """Return a ground with this share (0 to 1) of a colour in it."""
    pairs = zip(_parts(colour), _parts(ground), strict=True)
    return "#" + "".join(f"{round(255 * (one * share + other * (1 - share))):02x}" for one, other in pairs)


def _parts(colour: str) -> tuple[float, float, float]:
    found = _HEX.fullmatch(colour)
    assert found is not None, colour
    red, green, blue = (int(part, 16) / 255 for part in found.groups())
    return red, green, blue


def _luminance(colour: str) -> float:
    linear = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in _parts(colour))
    red, green, blue = linear
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
