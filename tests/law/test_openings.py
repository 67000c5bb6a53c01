"""Whatever a member opens to more people is one act of theirs, written down for them alone, and undone the same way."""

import json
from dataclasses import replace

import pytest

from moderation import export_kept
from node.domain.accounts import Habits, Profile
from node.domain.openings import What
from node.domain.visibility import Visibility
from node.store import openings
from outbox import profiles
from tests.clients import house
from tests.nodes import context
from tests.pages.test_administration import house as pages


async def stands(ctx, account):
    """What is written down for a member, the last first: what, and whether it stands."""
    async with ctx.db.read() as tx:
        return [(one.what, one.closed_at is None) for one in await openings.of(tx, account.id, limit=20)]


WIDER = {
    What.SEARCH: (Profile(indexable=True), {}),
    What.DIRECTORY: (Profile(discoverable=True), {}),
    What.LISTS: (Profile(hides_follows=False), {}),
    What.PROFILE: (Profile(narrow=("skills",)), {}),
    What.READERS: (Profile(), {"audience": Visibility.ORGANISATION}),
    What.QUOTERS: (Profile(), {"quote_policy": "followers"}),
}
BACK = Profile(indexable=False, discoverable=False, hides_follows=True, narrow=("position", "skills"))


@pytest.mark.parametrize("what", WIDER)
async def test_each_widening_is_written_down_and_undone(tmp_path, what):
    async with house(tmp_path) as home:
        ada = (await home.member("ada")).account
        profile, habits = WIDER[what]
        await profiles.edit(home.ctx, ada, Profile(summary="I dye.", narrow=("position", "skills")))
        assert await stands(home.ctx, ada) == [], "nothing was opened"
        await profiles.edit(home.ctx, ada, profile, replace(Habits(), **habits))
        assert await stands(home.ctx, ada) == [(what, True)]
        await profiles.edit(home.ctx, ada, profile, replace(Habits(), **habits))
        assert await stands(home.ctx, ada) == [(what, True)], "once"
        await profiles.edit(home.ctx, ada, BACK, Habits())
        assert await stands(home.ctx, ada) == [(what, False)]


async def test_a_client_that_opens_something_leaves_the_same_trace_and_nobody_else_reads_it(tmp_path, database):
    async with house(tmp_path, database=database) as home:
        ada, ben = await home.member("ada", scopes="read write"), await home.member("ben", scopes="read write")
        path = "/api/v1/accounts/update_credentials"
        answer = await ada.ask("PATCH", path, json={"discoverable": True, "source": {"privacy": "public"}})
        assert answer.status == 200
        assert sorted(await stands(home.ctx, ada.account)) == [(What.DIRECTORY, True), (What.READERS, True)]
        assert await stands(home.ctx, ben.account) == []
        async with home.ctx.db.read() as tx:
            kept = json.dumps((await export_kept.FILES["account.json"](tx, ada.account))["opened"])
        assert "directory" in kept


async def test_the_page_tells_what_stands_open_since_when(tmp_path):
    async with pages(tmp_path) as home:
        carla, window = home.people["carla"], await home.window("carla")
        assert "What you opened" not in (await window.page("/settings/privacy"))[1]
        await profiles.edit(home.ctx, carla, Profile(discoverable=True))
        assert "You are found beyond your unit" in (await window.page("/settings/privacy"))[1]
        await profiles.edit(home.ctx, carla, Profile(discoverable=False))
        assert " until " in (await window.page("/settings/privacy"))[1]


async def test_without_any_choice_nothing_is_open(tmp_path):
    async with context(tmp_path) as ctx, ctx.db.read() as tx:
        assert await tx.all("SELECT what FROM openings") == []
