"""Members under age: found and written to in their own unit only, and nothing but the name of them leaves it."""

import logging
import re

import pytest

from federation import actors
from moderation import members, minors
from node.domain.accounts import Profile
from node.errors import Forbidden
from node.store import accounts
from node.store import minors as rows
from node.store.sealed import read_body
from outbox import profiles
from tests.clients import house
from tests.nodes import URL

HOST = URL.removeprefix("http://")


async def test_who_is_under_age_is_known_until_an_administrator_says_otherwise_and_named_in_no_log(
    tmp_path, database, caplog
):
    async with house(tmp_path, database=database) as home:
        ada, ben = await home.member("ada"), await home.member("ben")
        with caplog.at_level(logging.WARNING, "allmende.audit"):
            await minors.set_minor(home.ctx, ben.account.id, True, by=ada.account)
        assert f"who is under age was changed, by {ada.account.uri}" in caplog.text
        assert ben.account.uri not in caplog.text
        async with home.ctx.db.read() as tx:
            assert await rows.is_minor(tx, ben.account.id)
            assert await rows.among(tx, [ada.account.id, ben.account.id]) == {ben.account.id}
            assert await rows.among(tx, []) == set()
        await minors.set_minor(home.ctx, ben.account.id, False, by=None)
        async with home.ctx.db.read() as tx:
            assert not await rows.is_minor(tx, ben.account.id)


async def test_of_a_minor_nothing_but_the_name_leaves_the_node(tmp_path):
    async with house(tmp_path) as home:
        fields = (("Position", "Apprentice"), ("Department", "Dyeing"), ("Skills", "indigo"), ("School", "Lyon"))
        told = Profile(name="Ben Huber", summary="Born 2010", fields=fields, discoverable=True)
        account = await profiles.edit(home.ctx, (await home.member("ben")).account, told)
        await minors.set_minor(home.ctx, account.id, True, by=None)
        async with home.ctx.db.read() as tx:
            kept = await accounts.by_id(tx, account.id)
            document = await actors.described(tx, kept, base=URL)
            (sent,) = [
                read_body(tx, row["body"]).decode()
                for row in await tx.all("SELECT body FROM activities WHERE type = 'Update' ORDER BY id DESC LIMIT 1")
            ]
        assert document["name"] == "Ben Huber"
        assert kept.position == "Apprentice"
        assert not document["discoverable"]
        for word in ("Born", "Apprentice", "Dyeing", "indigo", "Lyon", "School", "minor"):
            assert word not in str({**document, "publicKey": "", "assertionMethod": ""}), word
        for word in ("Apprentice", "indigo", "Lyon"):
            assert word not in sent


async def test_a_minor_cannot_be_listed_beyond_their_unit(tmp_path):
    async with house(tmp_path) as home:
        ben = await home.member("ben")
        await minors.set_minor(home.ctx, ben.account.id, True, by=None)
        with pytest.raises(Forbidden):
            await profiles.edit(home.ctx, ben.account, Profile(discoverable=True))
        wish = await ben.ask("PATCH", "/api/v1/accounts/update_credentials", json={"discoverable": True})
        assert wish.status == 403
        assert not (await members.named(home.ctx, "ben")).discoverable


async def test_nobody_but_an_administrator_is_told_who_is_under_age(tmp_path):
    async with house(tmp_path) as home:
        ada, ben = await home.member("ada"), await home.member("ben")
        before = [(await one.get(f"/api/v1/accounts/{ben.account.id}")).body for one in (ada, ben)]
        await minors.set_minor(home.ctx, ben.account.id, True, by=None)
        assert [(await one.get(f"/api/v1/accounts/{ben.account.id}")).body for one in (ada, ben)] == before


async def test_who_is_invited_as_a_minor_is_one_from_the_first_moment_and_reads_nothing_of_it(tmp_path, database):
    async with house(tmp_path, database=database) as home:
        secret, other = [await members.invite(home.ctx, by=None, minor=minor) for minor in (True, False)]
        client = home.app.test_client()
        pages = [
            await (await client.get(f"/invitation/{one}", headers={"Host": HOST, "Accept": "text/html"})).get_data(
                as_text=True
            )
            for one in (secret, other)
        ]
        plain = [re.sub(r'name="csrf" value="[0-9a-f]+"', "", page) for page in pages]
        assert plain[0].replace(secret, "") == plain[1].replace(other, "")
        given = {"password": "correct horse battery", "position": "Apprentice"}
        ben = await members.accept_invitation(home.ctx, secret, username="ben", **given)
        eva = await members.accept_invitation(home.ctx, other, username="eva", **given)
        async with home.ctx.db.read() as tx:
            assert await rows.among(tx, [ben.id, eva.id]) == {ben.id}
            assert "Apprentice" not in str(await actors.described(tx, ben, base=URL))
        ada = await home.member("ada")
        assert "minor" not in str((await ada.get(f"/api/v1/accounts/{ben.id}")).body)
