"""A theme: its name, fonts and colours, read from `theme.toml` and checked, and what a node's brand changes in them."""

import tomllib
from collections.abc import Iterator
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from re import compile as pattern

import msgspec

from node.config import ConfigError, Look
from themes.colours import SHAPE, TEXT, contrast, is_colour, mixed, readable

FILE = "theme.toml"
_TINT = 0.08
_VARIABLE = pattern(r"[a-z][a-z0-9-]{0,40}")
_VALUE = pattern(r"[^;{}<>\\]{1,200}")


@dataclass(frozen=True, slots=True)
class Palette:
    """The colours of a theme, by day or by night; each is `#rrggbb`.

    ground lies beneath all, paper beneath what one reads; ink and soft are written with, edge surrounds fields, line
    parts what belongs together. accent: links and buttons, with on_accent written on it and tint beneath what is
    chosen. warn and ok: what went wrong and what is well. mark: beneath what is to be seen first, with ink on it.
    """

    ground: str
    paper: str
    ink: str
    soft: str
    line: str
    edge: str
    accent: str
    on_accent: str
    tint: str
    warn: str
    ok: str
    mark: str


_PAIRS = (
    *((text, ground, TEXT) for text in ("ink", "soft", "accent", "warn", "ok") for ground in ("paper", "ground")),
    *((text, ground, TEXT) for text in ("ink", "accent") for ground in ("tint", "mark")),
    ("soft", "tint", TEXT),
    ("on_accent", "accent", TEXT),
    ("edge", "paper", SHAPE),
)


@dataclass(frozen=True, slots=True)
class Font:
    """What is written with. family: CSS; title: the same for headings, '' for no other."""

    family: str = 'system-ui, -apple-system, "Segoe UI", Roboto, sans-serif'
    title: str = ""


@dataclass(frozen=True, slots=True)
class Theme:
    """How a node looks. icon: its sign, a file in `static/`; variables: further CSS variables, by name."""

    name: str
    about: str
    light: Palette
    dark: Palette
    icon: str = "icon.svg"
    font: Font = Font()
    variables: dict[str, str] = field(default_factory=dict)


def read(folder: Path) -> Theme:
    """Read a theme's file and check it.

    Raises:
        ConfigError: names what is missing or wrong, and by how much.
    """
    try:
        theme = msgspec.convert(tomllib.loads((folder / FILE).read_text()), Theme)
    except (tomllib.TOMLDecodeError, msgspec.ValidationError) as error:
        raise ConfigError(f"The theme {folder.name!r} cannot be read: {error}.") from error
    for name, value in theme.variables.items():
        if not (_VARIABLE.fullmatch(name) and _VALUE.fullmatch(value)):
            raise ConfigError(f"The theme {folder.name!r} has a variable that is no CSS: {name}.")
    check(theme, f"The theme {folder.name!r}")
    return theme


def branded(theme: Theme, look: Look) -> Theme:
    """Return the theme in the colours of a brand: the accent, and what is written on it and tinted with it.

    By night, unless it is set, the accent is lightened until it can be read.

    Raises:
        ConfigError: the brand's colour is none, or cannot be read on the theme's paper.
    """
    if not look.accent and not look.accent_dark:
        return theme
    for key, colour in (("accent", look.accent), ("accent_dark", look.accent_dark)):
        if colour and not is_colour(colour):
            raise ConfigError(f"look.{key} = {colour!r} is no colour. It looks like #1f5fae.")
    night = look.accent_dark or _by_night(look.accent, theme.dark)
    light = _tinted(theme.light, look.accent) if look.accent else theme.light
    made = replace(theme, light=light, dark=_tinted(theme.dark, night))
    check(made, "look.accent" if not look.accent_dark else "look.accent or look.accent_dark")
    return made


def _by_night(accent: str, palette: Palette) -> str:
    lightest_tint = mixed("#ffffff", palette.paper, _TINT)
    return readable(mixed("#ffffff", accent, 0.25), palette.paper, palette.ground, palette.mark, lightest_tint)


def _tinted(palette: Palette, accent: str) -> Palette:
    on_accent = max(("#ffffff", "#10151c"), key=lambda ink: contrast(ink, accent))
    return replace(palette, accent=accent, on_accent=on_accent, tint=mixed(accent, palette.paper, _TINT))


def check(theme: Theme, called: str) -> None:
    """Check that everything can be read by day and by night.

    Raises:
        ConfigError: names the two colours, their contrast and the one they need.
    """
    for when, palette in (("light", theme.light), ("dark", theme.dark)):
        for colour in fields(palette):
            if not is_colour(getattr(palette, colour.name)):
                raise ConfigError(f"{called}: {when}.{colour.name} is no colour. It looks like #1f5fae.")
        for text, ground, least in _PAIRS:
            found = contrast(getattr(palette, text), getattr(palette, ground))
            if found < least:
                raise ConfigError(
                    f"{called}: {text} {getattr(palette, text)} on {ground} {getattr(palette, ground)} ({when}) "
                    f"has a contrast of {found:.1f} to 1. It needs {least:g}: choose a stronger colour."
                )


def css(theme: Theme) -> str:
    """Return the theme's variables as CSS: by day, by night, and for members who chose one of them."""
    shared = {"font": theme.font.family, "title-font": theme.font.title or theme.font.family, **theme.variables}
    light, dark = (";".join(_declared(palette)) for palette in (theme.light, theme.dark))
    return (
        f":root{{{';'.join(f'--{name}:{value}' for name, value in shared.items())}}}\n"
        f":root{{color-scheme:light;{light}}}\n"
        f"@media (prefers-color-scheme:dark){{:root:not([data-look=light]){{color-scheme:dark;{dark}}}}}\n"
        f":root[data-look=dark]{{color-scheme:dark;{dark}}}\n"
    )


def _declared(palette: Palette) -> Iterator[str]:
    for colour in fields(palette):
        yield f"--{colour.name.replace('_', '-')}:{getattr(palette, colour.name)}"
