"""Themes: what can be read, what a brand may change, and how their files are served."""

import gzip

import pytest

from node.app import create_app
from node.config import ConfigError, Look
from tests.nodes import URL, context
from themes import loader
from themes.colours import TEXT, contrast, readable

HOST = {"Host": URL.removeprefix("http://")}


def test_the_contrast_of_black_on_white_is_twenty_one():
    assert round(contrast("#000000", "#ffffff"), 2) == round(contrast("#ffffff", "#000000"), 2) == 21
    assert contrast("#777777", "#777777") == 1


@pytest.mark.parametrize(("colour", "ground"), [("#1f55a8", "#11151b"), ("#ffee00", "#ffffff"), ("#000000", "#000000")])
def test_a_colour_is_changed_until_it_can_be_read(colour, ground):
    assert contrast(colour, ground) < TEXT <= contrast(readable(colour, ground), ground)


def test_a_theme_that_is_not_there_stops_the_start_with_those_that_are():
    with pytest.raises(ConfigError, match=r"look\.theme = 'none' is not there\. Known are: .*plain"):
        loader.load(Look(theme="none"))


def test_an_accent_that_cannot_be_read_stops_the_start_and_says_by_how_much():
    with pytest.raises(ConfigError, match=r"contrast of 1\.\d to 1\. It needs 4\.5"):
        loader.load(Look(accent="#ffee00"))
    with pytest.raises(ConfigError, match="no colour"):
        loader.load(Look(accent="red"))


def test_a_brand_colours_the_theme_by_day_and_lighter_by_night():
    theme = loader.load(Look(accent="#7a1f5c")).theme
    assert theme.light.accent == "#7a1f5c"
    assert contrast(theme.dark.accent, theme.dark.paper) >= TEXT
    assert contrast(theme.light.on_accent, theme.light.accent) >= TEXT


def test_a_logo_is_a_picture_that_is_there(tmp_path):
    logo = tmp_path / "logo.svg"
    logo.write_text("<svg xmlns='http://www.w3.org/2000/svg'/>")
    looks = loader.load(Look(logo=str(logo)))
    assert looks.path("logo").endswith(".svg")
    assert looks.by_path(looks.path("logo")).body == logo.read_bytes()
    for wrong in (tmp_path / "none.svg", tmp_path / "logo.exe"):
        with pytest.raises(ConfigError, match=r"look\.logo"):
            loader.load(Look(logo=str(wrong)))


def test_a_file_has_another_address_when_its_content_is_another():
    plain, branded = loader.load(Look()), loader.load(Look(accent="#7a1f5c"))
    assert plain.path("style.css") != branded.path("style.css")
    assert plain.path("app.js") == branded.path("app.js")


async def test_style_and_script_are_compressed_and_kept_for_a_year(tmp_path):
    async with context(tmp_path) as ctx:
        app = create_app(ctx, jobs=False)
        looks = app.config["LOOKS"]
        for name in ("style.css", "app.js", "icons.svg"):
            answer = await app.test_client().get(looks.path(name), headers={**HOST, "Accept-Encoding": "gzip"})
            assert answer.headers["Cache-Control"] == "public, max-age=31536000, immutable"
            assert gzip.decompress(await answer.get_data()) == looks.files[name].body
            answer = await app.test_client().get(looks.path(name), headers=HOST)
            assert await answer.get_data() == looks.files[name].body
        assert (await app.test_client().get("/static/style.css", headers=HOST)).status_code == 404
