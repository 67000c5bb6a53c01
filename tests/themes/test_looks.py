"""Each theme as a whole: its sign, style, font and variables, and a brand laid over it."""

import re

import pytest

from node.config import ConfigError, Look
from themes import colours, loader, theme

THEMES = ("plain", "meadow")
_LOGO = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 8 8"><rect width="8" height="8"/></svg>'


def refused(look):
    with pytest.raises(ConfigError) as caught:
        loader.load(look)
    return str(caught.value)


@pytest.mark.parametrize("name", THEMES)
def test_a_theme_loads_with_its_sign_its_style_and_every_picture_that_pages_name(name):
    looks = loader.load(Look(theme=name))
    assert looks.theme.about
    assert looks.path(loader.LOGO) == looks.path(looks.theme.icon)
    assert {"icons.svg", loader.STYLE, loader.SCRIPT} <= set(looks.files)
    style = looks.files[loader.STYLE].body.decode()
    served = {asset.path for asset in looks.files.values()}
    assert set(re.findall(r"url\(([^)]+)\)", style)) <= served


@pytest.mark.parametrize("name", THEMES)
def test_a_style_knows_every_variable_that_it_uses(name):
    style = loader.load(Look(theme=name)).files[loader.STYLE].body.decode()
    declared = set(re.findall(r"[{;]\s*(--[a-z-]+):", style))
    assert {"--ink", "--paper", "--accent", "--on-accent", "--radius", "--font", "--title-font"} <= declared
    assert set(re.findall(r"var\((--[a-z-]+)", style)) <= declared
    assert "prefers-color-scheme:dark" in style
    assert ":root[data-look=dark]" in style


def test_a_theme_brings_its_own_font_and_the_licence_of_it():
    looks = loader.load(Look(theme="meadow"))
    assert looks.files["figtree.woff2"].body[:4] == b"wOF2"
    assert f"url({looks.path('figtree.woff2')})" in looks.files[loader.STYLE].body.decode()
    assert b"SIL Open Font License" in looks.files["figtree-OFL.txt"].body


def test_a_theme_may_consist_of_its_colours_only(tmp_path, monkeypatch):
    for name in ("plain", "meadow"):
        (tmp_path / name).symlink_to(loader._HERE / name)
    (tmp_path / "bare").mkdir()
    told = (loader._HERE / "plain" / theme.FILE).read_text().replace('"Plain"', '"Bare"')
    (tmp_path / "bare" / theme.FILE).write_text(told)
    monkeypatch.setattr(loader, "_HERE", tmp_path)
    looks = loader.load(Look(theme="bare"))
    assert looks.theme.name == "Bare"
    assert looks.files[loader.STYLE].path == loader.load(Look()).files[loader.STYLE].path


def test_an_accent_by_night_that_cannot_be_read_is_refused_too():
    assert "accent #101010 on paper" in refused(Look(accent="#1f55a8", accent_dark="#101010"))


@pytest.mark.parametrize("accent", ["blue", "#12345", "#1f55a8;}"])
def test_an_accent_that_is_no_colour_is_refused(accent):
    assert "is no colour" in refused(Look(accent=accent))


@pytest.mark.parametrize("name", THEMES)
def test_the_accent_of_a_brand_is_lightened_by_night_and_can_be_read(name):
    made = loader.load(Look(theme=name, accent="#7a1f5c")).theme
    assert made.light.accent == "#7a1f5c"
    assert colours.contrast(made.dark.accent, "#000000") > colours.contrast("#7a1f5c", "#000000")
    for ground in (made.dark.paper, made.dark.ground, made.dark.tint, made.dark.mark):
        assert colours.contrast(made.dark.accent, ground) >= colours.TEXT


def test_an_accent_by_night_counts_without_one_by_day():
    usual, made = loader.load(Look()).theme, loader.load(Look(accent_dark="#f2b8dc")).theme
    assert (made.dark.accent, made.light) == ("#f2b8dc", usual.light)
    assert "is no colour" in refused(Look(accent_dark="nonsense"))


def test_the_accent_by_night_that_a_brand_sets_is_kept():
    assert loader.load(Look(accent="#7a1f5c", accent_dark="#f2b8dc")).theme.dark.accent == "#f2b8dc"


def test_a_logo_takes_the_place_of_the_sign_and_its_address_changes_with_it(tmp_path):
    path = tmp_path / "brand.svg"
    path.write_text(_LOGO)
    first = loader.load(Look(logo=str(path)))
    assert first.files[loader.LOGO].body == _LOGO.encode()
    path.write_text(_LOGO.replace("8 8", "9 9"))
    assert loader.load(Look(logo=str(path))).path(loader.LOGO) != first.path(loader.LOGO)
