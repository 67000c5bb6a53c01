"""Where data goes beyond the European Economic Area is known, told, and has a ground (requirement D25)."""

import contextlib
from dataclasses import replace

import pytest

from node.app import create_app
from node.config import Mail, Push
from node.domain.accounts import Role
from node.domain.bridges import Terms
from node.domain.groups import Joining
from node.domain.places import EEA, Place
from node.domain.times import DAY_MS
from node.errors import Invalid
from node.web.receiving import recipients
from outbox import bridges, bridges_beyond, places
from tests.law.test_privacy_notice import set_up
from tests.nodes import context
from tests.pages.test_administration import House, Window, house
from tests.village import village
from themes.phrases import Phrases

CLAUSES = "Standard contractual clauses of 3 May 2026"
EN = Phrases("en")


@contextlib.asynccontextmanager
async def shared(folder):
    """A drafted bridge from lyon to indigo; return both houses, their administrators and it."""
    async with village(folder, "Lyon", partners=("Indigo",)) as town:
        lyon, indigo = town.houses.values()
        ada, ruth = await lyon.member("ada", role=Role.ADMIN), await indigo.member("ruth", role=Role.ADMIN)
        dyers = await town.found(lyon, ada, joining=Joining.OPEN)
        now = lyon.ctx.clock()
        terms = Terms("", indigo.host, "Dyeing", "Ada", "Ruth", False, now, now + 30 * DAY_MS)
        yield lyon, indigo, ada, ruth, await bridges.draft(lyon.ctx, ada, dyers.id, terms)


async def test_a_group_is_offered_outside_the_eea_only_on_a_ground_that_is_written_down(tmp_path):
    async with shared(tmp_path) as (lyon, indigo, ada, _, drafted):
        await places.write(lyon.ctx, ada, indigo.host, Place("JP"))
        with pytest.raises(Invalid, match="European Economic Area"):
            await bridges.offer(lyon.ctx, ada, drafted.id)
        await places.write(lyon.ctx, ada, indigo.host, Place("JP", CLAUSES))
        await bridges.offer(lyon.ctx, ada, drafted.id)


async def test_neither_does_the_partner_agree_without_one_and_within_the_eea_none_is_needed(tmp_path):
    async with shared(tmp_path) as (lyon, indigo, ada, ruth, drafted):
        await places.write(lyon.ctx, ada, indigo.host, Place("FR"))
        await bridges.offer(lyon.ctx, ada, drafted.id)
        taken = await bridges_beyond.take_up(indigo.ctx, ruth, drafted.uri, "ruth")
        await places.write(indigo.ctx, ruth, lyon.host, Place("US"))
        with pytest.raises(Invalid, match="European Economic Area"):
            await bridges_beyond.agree(indigo.ctx, ruth, taken.id)
        await places.write(indigo.ctx, ruth, lyon.host, Place())
        await bridges_beyond.agree(indigo.ctx, ruth, taken.id)


async def test_the_page_takes_country_and_ground_and_record_and_notice_tell_them(tmp_path):
    async with house(tmp_path) as plain:
        mail = Mail(host="mail.example", sender="social@example.com")
        ctx = set_up(plain.ctx, mail=mail, push=Push(enabled=False))
        ada = await House(ctx, create_app(ctx, jobs=False)).window("ada")
        record = (await ada.page("/administration/record"))[1]
        assert "Where these stand nobody has written down yet: mail.example." in record
        path = "/administration/places"
        assert "mail.example" in (await ada.page(path))[1]
        asked = f"{path}?host=mail.example"
        assert (await ada.send(path, asked, host="mail.example", country="usa", note=""))[0] == 422
        assert (await ada.send(path, asked, host="elsewhere.example", country="US", note=""))[0] == 404
        assert (await ada.send(path, asked, host="mail.example", country="US", note=""))[:2] == (303, path)
        assert "no ground is written down yet" in (await ada.page("/administration/record"))[1]
        await ada.send(path, asked, host="mail.example", country="US", note=CLAUSES)
        for page in ("/administration/record", "/privacy"):
            said = (await ada.page(page))[1]
            assert f"United States, outside the European Economic Area: {CLAUSES}" in said
        stranger = (await Window(create_app(ctx, jobs=False).test_client()).page("/privacy"))[1]
        assert "Countries outside the European Economic Area that data goes to: United States." in stranger
        assert "mail.example" not in stranger
        await ada.send(path, asked, host="mail.example", country="DE", note="")
        record = (await ada.page("/administration/record"))[1]
        assert "everybody in the list above stands in the European Economic Area" in record


async def test_what_the_node_is_set_up_to_use_is_told_and_not_that_nothing_leaves(tmp_path, monkeypatch):
    monkeypatch.setenv("AWS_ENDPOINT_URL", "https://files.example:9000")
    async with context(tmp_path) as ctx:
        storage = replace(ctx.settings.storage, media="s3://bucket", database="postgresql://somebody@rows.example/a")
        elsewhere = set_up(ctx, storage=storage)
        assert [one.host for one in (await recipients(elsewhere, EN, named=True)).services] == [
            "files.example",
            "rows.example",
        ]
        strangers = await recipients(elsewhere, EN, named=False)
        assert (strangers.services, strangers.unstated) == ((), True)
        local = replace(ctx.settings.storage, database="postgresql://localhost/a")
        assert (await recipients(set_up(ctx, storage=local), EN, named=True)).all == ()
        monkeypatch.delenv("AWS_ENDPOINT_URL")
        assert "amazonaws.com" in (await recipients(elsewhere, EN, named=True)).services[0].host


@pytest.mark.parametrize("language", ["en", "de", "fr"])
def test_every_country_can_be_chosen_by_its_name(language):
    codes = dict(Phrases(language).countries())
    assert codes.keys() >= EEA | {"CH", "GB", "JP", "US"}
    assert not codes.keys() & {"EU", "ZZ"}
    assert len(set(codes.values())) == len(codes)
