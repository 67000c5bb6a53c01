"""The privacy notice and the record tell what is really done, and change with it (requirements A12, C18, D7)."""

from dataclasses import replace

import pytest

from moderation import members
from node.app import create_app
from node.config import Mail, Push, Retention, Trends
from node.domain.accounts import Role
from node.domain.groups import Joining
from node.web.session import cookie_name
from outbox import bridges
from tests.node.browser import BROWSER, PASSWORD, Browser
from tests.nodes import context
from tests.village import village


def set_up(ctx, **sections):
    return replace(ctx, settings=replace(ctx.settings, **sections))


async def notice(ctx, path="/privacy"):
    answer = await create_app(ctx, jobs=False).test_client().get(path, headers=BROWSER)
    return await answer.get_data(as_text=True)


async def test_the_notice_changes_with_every_figure_it_tells(tmp_path):
    async with context(tmp_path) as ctx:
        before = await notice(ctx)
        assert "After 365 days without use the member is told; 30 days later" in before
        assert "nothing was heard of that node for 365 days" in before
        figures = Retention(
            inactive_days=200,
            hide_days=21,
            delete_days=77,
            leaver_days=9,
            suspended_days=44,
            version_days=50,
            silent_days=88,
        )
        page = await notice(set_up(ctx, retention=figures))
        assert "After 200 days without use the member is told; 21 days later the account is hidden, and 77 days" in page
        assert "erased 9 days later" in page
        assert "erased 44 days after its suspension" in page
        assert "the hashes 365 days later" in page
        assert "What a post was before is forgotten 50 days after" in page
        assert "nothing was heard of that node for 88 days" in page
        assert "nothing was heard" not in await notice(set_up(ctx, retention=Retention(silent_days=0)))
        assert "To end accounts that nobody uses" not in await notice(set_up(ctx, retention=Retention(inactive_days=0)))
        for name, seconds, said in (
            ("login_failure_seconds", 6 * 3_600, "wrong passwords for 6 hours"),
            ("session_idle_seconds", 3 * 3_600, "A session ends 3 hours after"),
            ("invitation_seconds", 3 * 86_400, "an invitation after 3 days"),
            ("upload_seconds", 8 * 86_400, "for 8 days"),
            ("case_words_seconds", 99 * 86_400, "Words and address for 99 days after it is over"),
            ("case_unproven_seconds", 4 * 86_400, "is not confirmed for 4 days"),
            ("case_words_seconds", 98 * 86_400, "Until it is dealt with, and 98 days after that"),
            ("done_rows_seconds", 11 * 86_400, "messages for 11 days"),
            ("media_cache_seconds", 13 * 86_400, "for 13 days after"),
            ("erasure_record_seconds", 500 * 86_400, "For 500 days. The address"),
        ):
            page = await notice(set_up(ctx, limits=replace(ctx.settings.limits, **{name: seconds})))
            assert said in page, name
            assert said not in before, name


async def test_mail_push_and_contacts_are_told_as_they_are(tmp_path):
    async with context(tmp_path) as ctx:
        page = await notice(set_up(ctx, push=Push(enabled=False)))
        assert "Push" not in page
        assert "mail server" not in page
        assert "many people write" not in page
        assert "many people write" in await notice(set_up(ctx, trends=Trends(enabled=True)))
        mail = Mail(
            host="mail.example", sender="social@example.com", listen="127.0.0.1:1", reply_to="reply@example.com"
        )
        told = replace(ctx.settings.node, officer="dpo@weaving.example", contact="help@weaving.example")
        page = await notice(set_up(ctx, mail=mail, node=told))
        for said in (
            "Push services",
            "The mail server of the house",
            "The sign for 31 days",
            "To tell members by mail",
        ):
            assert said in page, said
        assert 'href="mailto:dpo@weaving.example"' in page
        assert 'href="mailto:help@weaving.example"' in page
        assert 'href="/complaint"' in page


async def test_the_company_is_named_with_its_postal_address_or_that_it_is_missing(tmp_path):
    async with context(tmp_path) as ctx:
        await members.add(ctx, username="ada", password=PASSWORD, role=Role.ADMIN)
        named = replace(ctx.settings.node, controller="Weaving Mill Ltd.", address="1 Mill Lane\nWeaverton")
        for node, there in ((ctx.settings.node, False), (named, True)):
            ada = Browser(set_up(ctx, node=node))
            await ada.sign_in(username="ada")
            for path in ("/privacy", "/about", "/administration/record"):
                page = (await ada.page(path))[1]
                assert ("Weaving Mill Ltd.<br>1 Mill Lane<br>Weaverton" in page) == there, path
                assert ("postal address, is not given here yet" in page) != there, path
            assert ("node.controller" in (await ada.page("/administration"))[1]) != there


@pytest.mark.parametrize(("language", "said"), [("de", "Wer Daten bekommt"), ("fr", "Qui reçoit des données")])
async def test_it_speaks_the_readers_language(tmp_path, language, said):
    async with context(tmp_path) as ctx:
        assert said in await notice(ctx, f"/privacy?lang={language}")


async def test_members_read_the_names_of_nodes_and_partners_and_strangers_only_that_there_are_some(tmp_path):
    async with village(tmp_path, "Lyon", "Bern", partners=("Indigo",)) as town:
        lyon, bern, indigo = town.houses.values()
        ada = await lyon.member("ada", role=Role.ADMIN)
        ruth = await indigo.member("ruth", role=Role.ADMIN)
        dyers = await town.found(lyon, ada, joining=Joining.OPEN)
        secret = await members.sign_in(lyon.ctx, username="ada", password="a long enough password", address="192.0.2.1")

        async def read(path="/privacy", *, signed_in=True):
            cookie = f"{cookie_name(lyon.ctx)}={secret}" if signed_in else ""
            headers = {"Host": lyon.host, "Accept": "text/html", "Cookie": cookie}
            return await (await lyon.client.get(path, headers=headers)).get_data(as_text=True)

        assert indigo.host not in await read()
        bridge = await town.bridge(dyers, lyon, ada, indigo, ruth)
        for path in ("/privacy", "/administration/record"):
            page = await read(path)
            assert bern.host in page
            assert indigo.host in page
        page = await read(signed_in=False)
        assert "Partners outside the organisation" in page
        assert bern.host not in page
        assert indigo.host not in page
        await bridges.end(lyon.ctx, ada, bridge.id)
        await town.settle()
        assert indigo.host not in await read(), "what has ended, and was erased there, is told no more"


async def test_the_record_is_for_officers_and_administrators(tmp_path):
    async with context(tmp_path) as ctx:
        for name, role in (("ada", Role.ADMIN), ("olga", Role.OFFICER), ("mo", Role.MODERATOR), ("carl", Role.MEMBER)):
            await members.add(ctx, username=name, password=PASSWORD, role=role)
            somebody = Browser(ctx)
            await somebody.sign_in(username=name)
            answer, page = await somebody.page("/administration/record")
            assert (answer.status_code == 200) == (name in ("ada", "olga"))
            assert ("After 365 days without use" in page) == (name in ("ada", "olga"))
            menu = (await somebody.page("/menu"))[1]
            assert ('href="/administration/record"' in menu) == (name == "olga")
