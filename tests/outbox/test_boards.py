"""Notice boards: what stands on one, for how long, by category, and how it is found."""

from dataclasses import replace

import pytest

from node.domain.boards import NOTHING, Notice, spelt, tag_of
from node.domain.polls import DraftPoll
from node.domain.posts import Draft
from node.domain.visibility import Visibility
from node.domain.words import query
from node.errors import Forbidden, Invalid, NotFound
from node.store import boards, hashtags, posts, search
from node.store.pages import Page
from outbox import posts as writing
from outbox import reactions, scheduled, unit_pages
from outbox.announce import note_of
from tests.nodes import context
from tests.outbox.test_unit_pages import unit

DAY = 86_400_000


class Ticking:
    """A clock that a test moves on."""

    def __init__(self, ctx):
        self.real, self.ahead = ctx.clock, 0

    def __call__(self):
        return self.real() + self.ahead


async def board(ctx, *editors):
    """Return (the unit, its board, the clock)."""
    clock = Ticking(ctx)
    here = await unit(replace(ctx, clock=clock))
    return here, await here.found(*(editors or ("ben",)), name="rules", board=True), clock


async def standing(here, page, clock, *, who="dan", **more):
    async with here.ctx.db.read() as tx:
        found = await boards.current(tx, page.id, Page(), viewer_id=here.people[who].id, now=clock(), **more)
        over = await boards.archive(tx, page.id, Page(), viewer_id=here.people[who].id, now=clock())
    return [one.id for one in found], [one.id for one in over]


async def found(here, page, words, who="dan"):
    async with here.ctx.db.read() as tx:
        hits = await search.posts(tx, query(words), Page(), viewer_id=here.people[who].id, author_id=page.id)
    return [one.id for one in hits]


async def test_an_expired_notice_leaves_the_board_at_once_but_stays_in_the_archive_and_is_found(tmp_path, database):
    async with context(tmp_path, database=database) as ctx:
        here, page, clock = await board(ctx)
        lasting = await here.write(page, "ben", "Ear protection is worn at every loom")
        lift = await here.write(page, "ben", "The lift stands still", notice=Notice("Building", None, clock() + DAY))
        assert await standing(here, page, clock) == ([lift.id, lasting.id], [])
        clock.ahead = DAY + 1
        assert await standing(here, page, clock) == ([lasting.id], [lift.id])
        assert await found(here, page, "lift") == [lift.id]
        assert await found(here, page, "PROTECT") == [lasting.id]


async def test_search_over_everything_finds_a_rule_that_stands_on_a_board(tmp_path, database):
    async with context(tmp_path, database=database) as ctx:
        here, page, _ = await board(ctx)
        rule = await here.write(page, "ben", "Überstunden werden vorher beantragt", notice=Notice("Arbeitszeit"))
        other = await here.found(name="canteen")
        await here.write(other, "ben", "Ueberstunden in der Kantine, Überstunden")
        async with here.ctx.db.read() as tx:
            hits = await search.posts(tx, query("uberstunden"), Page(), viewer_id=here.people["dan"].id)
        assert [one.id for one in hits] == [rule.id]


async def test_pinned_notices_and_those_of_a_category_are_found_by_themselves(tmp_path, database):
    async with context(tmp_path, database=database) as ctx:
        here, page, clock = await board(ctx, "ben", "carla")
        first = await here.write(page, "ben", "Soup", notice=Notice("Canteen"))
        second = await here.write(page, "carla", "Salad", notice=Notice("  canteen "))
        plain = await here.write(page, "ben", "Hello")
        await reactions.pin(here.ctx, here.people["carla"], first.id)
        with pytest.raises(NotFound):
            await reactions.pin(here.ctx, here.people["dan"], second.id)
        assert await standing(here, page, clock) == ([plain.id, second.id], [])
        assert await standing(here, page, clock, pinned=True) == ([first.id], [])
        assert await standing(here, page, clock, category="Canteen") == ([second.id], [])
        async with here.ctx.db.read() as tx:
            told = await boards.categories(tx, page.id, viewer_id=here.people["dan"].id, now=clock())
            assert told == [("Canteen", 2)]
            assert await hashtags.of_posts(tx, [first.id]) == {first.id: ["canteen"]}
        await reactions.unpin(here.ctx, here.people["ben"], first.id)
        assert await standing(here, page, clock, pinned=True) == ([], [])


async def test_an_edit_keeps_what_a_notice_carries_unless_it_says_otherwise(tmp_path, database):
    async with context(tmp_path, database=database) as ctx:
        here, page, clock = await board(ctx)
        carried = Notice("Canteen", None, clock() + DAY)
        post = await here.write(page, "ben", "Soup", notice=carried)
        ben = here.people["ben"]
        await writing.edit(here.ctx, ben, post.id, Draft("Soup, hot"))
        async with here.ctx.db.read() as tx:
            assert await boards.notices(tx, [post.id]) == {post.id: carried}
        await writing.edit(here.ctx, ben, post.id, Draft("Soup", notice=Notice("Rules", None, clock() - 1)))
        assert await standing(here, page, clock) == ([], [post.id])
        await writing.edit(here.ctx, ben, post.id, Draft("Soup", notice=NOTHING))
        async with here.ctx.db.read() as tx:
            assert await boards.notices(tx, [post.id]) == {}
            assert await hashtags.of_posts(tx, [post.id]) == {}
        await writing.delete(here.ctx, ben, post.id)
        assert await standing(here, page, clock) == ([], [])


async def test_on_the_closed_board_of_a_works_council_no_administrator_changes_anything(tmp_path):
    async with context(tmp_path) as ctx:
        here = await unit(ctx)
        page, ada = await here.found("ben", name="works_council", board=True, closed=True), here.people["ada"]
        rule = await here.write(page, "ben", "Overtime is agreed with us")
        for refused, error in (
            (here.write(page, "ada", "Overtime is free"), Forbidden),
            (writing.edit(ctx, ada, rule.id, Draft("Overtime is free")), NotFound),
            (writing.delete(ctx, ada, rule.id), NotFound),
            (reactions.pin(ctx, ada, rule.id), NotFound),
            (scheduled.plan(ctx, page, Draft("Later"), due=ctx.clock() + DAY, by=ada), Forbidden),
        ):
            with pytest.raises(error):
                await refused


async def test_a_notice_that_makes_no_sense_is_refused(tmp_path):
    async with context(tmp_path) as ctx:
        here, page, clock = await board(ctx)
        other = await here.found(name="canteen")
        now = clock()
        for where, notice, poll in (
            (other, Notice("Canteen"), None),
            (page, Notice("x" * 61), None),
            (page, Notice("", None, now - 1), None),
            (page, Notice("", now + 2 * DAY, now + DAY), None),
            (page, Notice("", None, now + DAY), DraftPoll(("Yes", "No"), 3_600)),
        ):
            with pytest.raises(Invalid):
                await here.write(where, "ben", notice=notice, poll=poll)
        draft = Draft("Mine", Visibility.UNIT, notice=Notice("Canteen"))
        with pytest.raises(Invalid):
            await writing.publish(here.ctx, here.people["dan"], draft)


async def test_a_notice_begins_on_its_first_day_and_until_then_only_editors_know_of_it(tmp_path, database):
    async with context(tmp_path, database=database) as ctx:
        here, page, clock = await board(ctx, "ben", "carla")
        begins = clock() + DAY
        draft = Draft("The car park is closed", Visibility.UNIT, notice=Notice("Building", begins, begins + DAY))
        ben, carla, dan = (here.people[name] for name in ("ben", "carla", "dan"))
        with pytest.raises(Forbidden):
            await scheduled.plan(here.ctx, page, draft, due=begins, by=dan)
        late = replace(draft, notice=Notice("Building", begins, begins))
        with pytest.raises(Invalid):
            await scheduled.plan(here.ctx, page, late, due=begins, by=ben)
        planned = await scheduled.plan(here.ctx, page, draft, due=begins, by=ben)
        assert (await scheduled.one(here.ctx, carla, planned.id)).account_id == page.id
        with pytest.raises(NotFound):
            await scheduled.one(here.ctx, dan, planned.id)
        assert await standing(here, page, clock) == ([], [])
        assert await found(here, page, "car park", "ben") == []
        clock.ahead = DAY
        assert await scheduled.publish_due(here.ctx) == 1
        (id,), _ = await standing(here, page, clock)
        async with here.ctx.db.read() as tx:
            assert (await posts.by_id(tx, id)).author_id == page.id
            assert (await boards.notices(tx, [id]))[id] == draft.notice


async def test_what_somebody_planned_waits_when_they_do_not_edit_the_page_any_more(tmp_path):
    async with context(tmp_path) as ctx:
        here, page, clock = await board(ctx, "ben", "carla")
        draft = Draft("Later", Visibility.UNIT, notice=Notice("", clock() + DAY))
        planned = await scheduled.plan(here.ctx, page, draft, due=clock() + DAY, by=here.people["ben"])
        await unit_pages.dismiss(here.ctx, here.viewer("carla"), page.id, here.people["ben"].id)
        clock.ahead = DAY
        await scheduled.publish_due(here.ctx)
        assert await standing(here, page, clock) == ([], [])
        await scheduled.cancel(here.ctx, here.people["carla"], planned.id)
        with pytest.raises(NotFound):
            await scheduled.one(here.ctx, here.people["carla"], planned.id)


async def test_other_software_gets_a_note_with_times_a_category_and_a_hashtag(tmp_path):
    async with context(tmp_path) as ctx:
        here, page, clock = await board(ctx)
        ends = clock() // 1000 * 1000 + DAY
        post = await here.write(page, "ben", "Wear them", notice=Notice("Internal rules", None, ends))
        async with here.ctx.change() as change:
            note = await note_of(change, post, author=page)
        assert (note["type"], note["category"], "startTime" in note) == ("Note", "Internal rules", False)
        assert note["endTime"].endswith("Z")
        assert [tag["name"] for tag in note["tag"]] == ["#internalrules"]


@pytest.mark.parametrize(
    ("category", "tag"), [("Internal rules", "internalrules"), ("Überstunden!", "überstunden"), ("2026", ""), ("…", "")]
)
def test_a_category_is_a_hashtag_too_where_it_has_letters(category, tag):
    assert tag_of(category) == tag


def test_a_category_is_spelt_as_the_board_has_it_already():
    assert [spelt(one, ["Café", "Rules"]) for one in ("cafe", " rules ", "New  one")] == ["Café", "Rules", "New one"]
