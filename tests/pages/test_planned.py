"""Planned posts on their page, as a browser meets it: seen, moved, published at once, taken back."""

import re
from datetime import UTC, datetime, timedelta

from node.domain.polls import DraftPoll
from node.domain.posts import Draft
from node.domain.visibility import Visibility
from node.store import posts
from node.store.pages import Page
from outbox import media, scheduled
from tests.pages.scene import drawn
from tests.pages.test_finding import desk

HOUR = 3_600_000


async def plan(here, text, *, hours=1, by="ada", **more):
    draft = Draft(text, Visibility.UNIT, **more)
    return await scheduled.plan(here.ctx, here.people[by], draft, due=here.ctx.clock() + hours * HOUR)


async def left(here, username="ada"):
    return await scheduled.of(here.ctx, here.people[username], Page(limit=10))


async def test_what_one_planned_stands_there_the_soonest_first(tmp_path, database):
    async with desk(tmp_path, database=database) as here:
        path = tmp_path / "loom.png"
        path.write_bytes(drawn("#27408b", "#b03a2e"))
        said = media.Said(description="The new loom")
        file = await media.upload(here.ctx, here.people["ada"], path, name="loom.png", said=said)
        await plan(here, "Later on", hours=30, summary="A surprise", poll=DraftPoll(("Tea", "Coffee"), 3_600))
        sooner = await plan(here, "Sooner", hours=2, media_ids=(file.id,))
        await plan(here, "A secret of Ben", by="ben")
        page = await (await here.browser("ada")).main("/planned")
        assert page.index("Sooner") < page.index("Later on")
        for words in ("A surprise", "Tea", "Own unit only", 'alt="The new loom"'):
            assert words in page, words
        assert "secret" not in page
        assert f'value="{datetime.fromtimestamp(sooner.due_at / 1000, UTC):%Y-%m-%dT%H:%M}"' in page


async def test_a_planned_post_is_moved_but_not_to_now(tmp_path):
    async with desk(tmp_path) as here:
        planned, ada = await plan(here, "Later"), await here.browser("ada")
        path = f"/planned/{planned.id}/move"
        wanted = datetime.now(UTC).replace(second=0, microsecond=0) + timedelta(days=2)
        assert await ada.send(path, page="/planned", due=f"{wanted:%Y-%m-%dT%H:%M}") == (303, "/planned")
        assert [one.due_at for one in await left(here)] == [int(wanted.timestamp() * 1000)]
        for wrong in (f"{datetime.now(UTC):%Y-%m-%dT%H:%M}", "soon", ""):
            assert (await ada.send(path, page="/planned", due=wrong))[0] == 422
        assert [one.due_at for one in await left(here)] == [int(wanted.timestamp() * 1000)]


async def test_a_planned_post_is_published_at_once_with_all_that_it_has(tmp_path):
    async with desk(tmp_path) as here:
        planned, ada = await plan(here, "Now or never", summary="Careful"), await here.browser("ada")
        status, place = await ada.send(f"/planned/{planned.id}/publish", page="/planned")
        assert (status, await left(here)) == (303, [])
        async with here.ctx.db.read() as tx:
            made = await posts.by_id(tx, int(place.rpartition("/")[2]))
        assert (made.source, made.summary, made.visibility) == ("Now or never", "Careful", Visibility.UNIT)
        assert (await ada.send(f"/planned/{planned.id}/publish", page="/planned"))[0] == 404


async def test_a_planned_post_is_taken_back(tmp_path):
    async with desk(tmp_path) as here:
        planned, ada = await plan(here, "Rather not"), await here.browser("ada")
        assert await ada.send(f"/planned/{planned.id}/cancel", page="/planned") == (303, "/planned")
        assert await left(here) == []
        assert "You have planned nothing." in await ada.main("/planned")


async def test_nobody_touches_what_others_planned(tmp_path):
    async with desk(tmp_path) as here:
        planned, ben = await plan(here, "Mine"), await here.browser("ben")
        due = f"{datetime.now(UTC) + timedelta(days=2):%Y-%m-%dT%H:%M}"
        for name in ("move", "publish", "cancel"):
            assert (await ben.send(f"/planned/{planned.id}/{name}", page="/settings", due=due))[0] == 404
        assert await left(here) == [planned]


async def test_the_composer_leads_to_what_is_planned(tmp_path):
    async with desk(tmp_path) as here:
        assert re.search(r'<a href="/planned">', await (await here.browser("ada")).main("/compose"))
