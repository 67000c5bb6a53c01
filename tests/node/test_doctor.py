"""What the doctor finds, and that it says what to do."""

import contextlib
from dataclasses import replace

import pytest

from moderation import backups, members
from node import doctor
from node.adapters.content_keys import WRITTEN, ContentKeys
from node.domain.accounts import Role
from node.domain.times import DAY_MS
from node.store import accounts
from tests.benchmarks.setting import with_members
from tests.nodes import context
from tests.servers import document, http, origin


@contextlib.asynccontextmanager
async def story(folder):
    async with context(folder) as ctx, origin() as other:
        await with_members(ctx, [other.host])
        other.documents["/actor/outbox"] = {"type": "OrderedCollection"}

        async def findings():
            return {one.name: one for one in await doctor.examine(ctx)}

        yield ctx, other, findings


async def test_a_node_without_an_administrator_is_told_how_to_get_one(tmp_path):
    async with story(tmp_path) as (ctx, _, findings):
        found = (await findings())["administrator"]
        assert (found.ok, "allmende invite" in found.text) == (False, True)
        await members.add(ctx, username="ada", password="correct horse battery", role=Role.ADMIN)
        assert (await findings())["administrator"].ok


async def test_a_node_that_names_nobody_to_ask_is_found(tmp_path):
    async with context(tmp_path) as ctx:
        for contact, officer, ok, word in (
            ("", "", False, "node.contact"),
            ("help@lyon.example", "", True, "node.officer"),
            ("help@lyon.example", "privacy@lyon.example", True, "privacy@lyon.example"),
        ):
            node = replace(ctx.settings.node, contact=contact, officer=officer, development=False)
            found = doctor.contact(replace(ctx, settings=replace(ctx.settings, node=node)))
            assert (found.ok, word in found.text) == (ok, True)


@pytest.mark.parametrize(
    ("controller", "address"), [("Weaving Mill Ltd.", "1 Mill Lane"), ("", "1 Mill Lane"), ("W", "")]
)
async def test_a_node_that_does_not_say_who_is_responsible_is_told_how_to(tmp_path, controller, address):
    async with context(tmp_path) as ctx:
        node = replace(ctx.settings.node, development=False, controller=controller, address=address)
        found = await doctor.examine(replace(ctx, settings=replace(ctx.settings, node=node)))
        (imprint,) = [one for one in found if one.name == "imprint"]
        assert imprint.ok == bool(controller and address)
        assert imprint.ok or "node.controller" in imprint.text


@pytest.mark.parametrize(
    ("date", "ok", "word"),
    [
        ("Tue, 24 Nov 2020 10:00:00 GMT", False, "ahead"),
        ("Tue, 24 Nov 2099 10:00:00 GMT", False, "behind"),
        (None, True, "compare"),
    ],
)
async def test_a_clock_that_is_wrong_is_found_by_those_of_the_others(tmp_path, date, ok, word):
    async with story(tmp_path) as (_, other, findings):
        answer = document()
        other.server.answer = lambda _: answer.replace(b"\r\n", f"\r\nDate: {date}\r\n".encode(), 1) if date else answer
        found = (await findings())["clock"]
        assert (found.ok, word in found.text) == (ok, True)


@pytest.mark.parametrize(("status", "word"), [("401 No", "clocks"), ("500 No", "500")])
async def test_a_node_that_does_not_take_us_is_named(tmp_path, status, word):
    async with story(tmp_path) as (_, other, findings):
        assert (await findings())[other.host].ok
        other.server.answer = lambda _: http(b"", status=status)
        found = (await findings())[other.host]
        assert (found.ok, word in found.text) == (False, True)


async def test_a_node_that_nobody_reaches_is_told(tmp_path):
    async with story(tmp_path) as (_, _other, findings):
        found = (await findings())["reachable"]
        assert (found.ok, "proxy" in found.text) == (False, True)


async def test_a_backup_that_is_old_is_found(tmp_path):
    async with story(tmp_path / "node") as (ctx, _, findings):
        found = (await findings())["backups"]
        assert (found.ok, "allmende backup" in found.text) == (True, True)
        await backups.write(ctx, tmp_path / "one")
        assert (await findings())["backups"].text == "the last one is 0 days old"
        ContentKeys(ctx.settings.content_keys).note(WRITTEN, ctx.clock() - 9 * DAY_MS)
        found = (await findings())["backups"]
        assert (found.ok, "9 days old" in found.text) == (False, True)


async def test_keys_that_are_missing_or_open_to_others_are_found(tmp_path):
    async with story(tmp_path / "node") as (ctx, _, findings):
        assert (await findings())["seals"].ok
        keys = ctx.settings.content_keys
        keys.chmod(0o644)
        found = (await findings())["seals"]
        assert (found.ok, "chmod 600" in found.text) == (False, True)
        keys.chmod(0o600)
        async with ctx.db.read() as tx:
            (newest,) = await accounts.newest_ids(tx, limit=1)
        ContentKeys(keys).destroy([f"account:{newest}"])
        ctx.db.seals._until = 0.0  # a minute later
        found = (await findings())["seals"]
        assert (found.ok, "older than the database" in found.text) == (False, True)
