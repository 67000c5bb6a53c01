"""The house rules: written on a page, read by everybody, and known to complaints after they were taken back."""

from dataclasses import replace

from node.app import create_app
from node.store import house_rules
from outbox.reports import report
from tests.pages.test_administration import house

PATH = "/administration/rules"


def ruled(home, *rules):
    """The same node with rules in its settings."""
    home.ctx = replace(home.ctx, settings=replace(home.ctx.settings, node=replace(home.ctx.settings.node, rules=rules)))
    home.app = create_app(home.ctx, jobs=False)
    return home


async def now(home):
    async with home.ctx.db.read() as tx:
        found = await house_rules.current(tx, first=home.ctx.settings.node.rules)
    return [(rule.id, rule.text) for rule in found]


async def test_they_are_the_settings_until_an_administrator_writes_others(tmp_path, database):
    async with house(tmp_path, database=database) as home:
        ruled(home, "Be kind.", "Be brief.")
        assert await now(home) == [(1, "Be kind."), (2, "Be brief.")]
        ada = await home.window("ada")
        assert "Be kind.\nBe brief." in (await ada.page(PATH))[1]
        assert (await ada.send(PATH, rules="Be brief.\n\n  No ads & bells. \nBe brief."))[:2] == (
            303,
            f"{PATH}?saved=1",
        )
        assert await now(home) == [(2, "Be brief."), (3, "No ads & bells.")]
        page = (await ada.page("/about"))[1]
        assert ("No ads &amp; bells." in page, "Be kind." in page) == (True, False)
        await ada.send(PATH, rules="Be kind.")
        assert await now(home) == [(1, "Be kind.")], "the same words are the same rule"
        await ada.send(PATH, rules="")
        assert await now(home) == []
        assert "The house rules were written anew" in (await ada.page("/administration/journal?check=1"))[1]


async def test_a_complaint_knows_a_rule_that_was_taken_back(tmp_path):
    async with house(tmp_path) as home:
        ruled(home, "Be kind.")
        carla = home.people["carla"]
        made = await report(home.ctx, home.people["ada"], carla.id, category="violation", rules=(1,))
        ada = await home.window("ada")
        await ada.send(PATH, rules="Be brief.")
        assert "Be kind." in (await ada.page(f"/moderation/complaints/{made.id}"))[1]


async def test_too_many_and_too_long_ones_are_refused_and_stay_typed(tmp_path):
    async with house(tmp_path) as home:
        ada = await home.window("ada")
        for typed in ("x" * 301, "\n".join(f"Rule {n}" for n in range(31))):
            status, _, page = await ada.send(PATH, rules=typed)
            assert (status, typed[:60] in page) == (422, True)
        assert await now(home) == []
