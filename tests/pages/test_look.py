"""How the node looks: shown, tried with other colours, and refused where nobody could read it."""

import pytest

from tests.pages.test_administration import house

PATH = "/administration/look"


async def test_another_theme_and_colour_are_tried_and_the_settings_for_them_told(tmp_path):
    async with house(tmp_path) as home:
        ada = await home.window("ada")
        status, page = await ada.page(PATH)
        assert (status, "To keep it" in page, page.count('<svg class="swatches"')) == (200, False, 2)
        status, page = await ada.page(f"{PATH}?theme=meadow&accent=%231f5fae")
        assert (status, 'theme = "meadow"' in page, 'accent = "#1f5fae"' in page) == (200, True, True)
        assert 'fill="#1f5fae"' in page


@pytest.mark.parametrize(
    "asked", ["accent=%23ffff00", "accent=red", "theme=nothing", "theme=..%2F..", "accent_dark=%22&accent=%231f5fae"]
)
async def test_what_nobody_could_read_is_refused_with_the_reason(tmp_path, asked):
    async with house(tmp_path) as home:
        status, page = await (await home.window("ada")).page(f"{PATH}?{asked}")
        assert (status, "To keep it" in page, '<svg class="swatches"' in page) == (422, False, False)
