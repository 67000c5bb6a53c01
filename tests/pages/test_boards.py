"""Notice boards as editors and readers meet them without JavaScript."""

import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from node.domain.boards import Notice
from node.domain.posts import Draft
from node.domain.visibility import Visibility
from node.domain.words import corrected, opened, query
from node.store import accounts, boards
from node.store.sealed import read
from outbox import posts, scheduled
from tests.inbox.peer import HOST, Peer
from tests.pages.test_finding import desk
from tests.pages.test_unit_pages import founded

DAY = 86_400_000


async def board(here, *editors):
    """Found a page and make it a board; return it with a browser of Ben, who edits it."""
    page = await founded(here, *editors)
    ben = await here.browser("ben")
    path = f"/pages/{page.id}/settings"
    assert (await ben.send(path, name="House rules", summary="Read me", board="on"))[0] == 303
    return page, ben


def day(days):
    return (datetime.now(UTC) + timedelta(days=days)).date().isoformat()


async def put_up(browser, page, text, **more):
    sent = {"text": text, "audience": "unit", "author": str(page.id), **more}
    return await browser.send("/posts", "/@canteen", **sent)


async def end(here, page, text):
    """Let the last day of the notice with this text be over."""
    async with here.ctx.change() as change:
        rows = await change.tx.all("SELECT id, said FROM posts WHERE author_id = :page", page=page.id)
        (row,) = [row for row in rows if read(change.tx, row["said"], 3)[1] == text]
        carried = (await boards.notices(change.tx, [row["id"]])).get(row["id"], Notice())
        await boards.put(change.tx, row["id"], Notice(carried.category, None, here.ctx.clock() - 1))
    return row["id"]


async def test_an_editor_puts_up_a_notice_with_a_category_and_a_last_day(tmp_path):
    async with desk(tmp_path) as here:
        page, ben = await board(here)
        assert (await put_up(ben, page, "Wear them", category="Internal rules", valid_until=day(3)))[0] == 303
        carla = await here.browser("carla")
        seen = await carla.main("/@canteen")
        for words in ("Wear them", "Internal rules", "valid until", 'href="/@canteen?category=Internal+rules"'):
            assert words in seen, words
        assert "Put up a notice" not in seen
        assert '<option value="Internal rules">' in await ben.main("/@canteen")
        assert "Wear them" in await carla.main("/@canteen?category=Internal+rules")
        assert "Wear them" not in await carla.main("/@canteen?category=Canteen")


async def test_what_cannot_be_put_up_keeps_what_was_typed(tmp_path):
    async with desk(tmp_path) as here:
        page, ben = await board(here)
        for until in (day(-2), "soon", "0001-01-01", "9999-12-31"):
            status, _ = await put_up(ben, page, "Too late", category="Canteen", valid_until=until)
            assert status == 422
        previewed = await ben.client.post(
            "/compose/preview",
            form={
                "csrf": re.search(r'name="csrf" value="([^"]+)"', await ben.page("/@canteen"))[1],
                "text": "Look",
                "audience": "unit",
                "author": str(page.id),
                "category": "Canteen",
                "valid_from": day(2),
            },
            headers={"Host": "127.0.0.1:8499"},
        )
        body = await previewed.get_data(as_text=True)
        assert 'value="Canteen"' in body
        assert f'value="{day(2)}"' in body
        assert "It will be published on" in body


async def test_an_expired_notice_leaves_the_board_but_search_and_archive_have_it(tmp_path, database):
    async with desk(tmp_path, database=database) as here:
        page, ben = await board(here)
        await put_up(ben, page, "Overtime is asked for in advance", category="Rules")
        await put_up(ben, page, "The lift stands still", valid_until=day(1))
        await end(here, page, "The lift stands still")
        carla = await here.browser("carla")
        now, past = await carla.main("/@canteen"), await carla.main(f"/pages/{page.id}/archive")
        assert ("Overtime" in now, "lift" in now) == (True, False)
        assert ("Overtime" in past, "lift" in past, "was valid until" in past) == (False, True, True)
        for words, text in (("LIFT", "The lift"), ("overt", "Overtime"), ("overtiem", "This has “overtime”")):
            assert text in await carla.main(f"/@canteen?q={words}"), words
        assert "Nothing was found." in await carla.main("/@canteen?q=velvet")
        assert "Overtime" in await carla.main("/search?q=overtime")


async def test_a_long_board_search_and_archive_are_turned_page_by_page(tmp_path):
    async with desk(tmp_path) as here:
        page, _ = await board(here)
        page = replace(page, board=True)
        for number in range(25):
            draft = Draft(f"wool {number}", Visibility.UNIT, notice=Notice("Wool"))
            await posts.publish(here.ctx, page, draft, by=here.people["ben"])
        carla = await here.browser("carla")

        async def seen(path):
            base, found = path.partition("?")[0], []
            while path:
                shown = await carla.main(path)
                found += re.findall(r'id="post-(\d+)"', shown)
                on = re.search(r'class="further"><a class="button plain" href="([^"]+)"', shown)
                path = f"{base}{on[1]}" if on else ""
            return found

        for path in ("/@canteen?q=wool", "/@canteen", "/@canteen?category=Wool"):
            assert len(set(await seen(path))) == 25, path
        async with here.ctx.change() as change:
            await change.tx.run("UPDATE board_notices SET ends_at = 1")
        assert len(set(await seen(f"/pages/{page.id}/archive"))) == 25
        assert await seen("/@canteen") == []


async def test_editors_pin_a_notice_to_the_top_of_the_board(tmp_path):
    async with desk(tmp_path) as here:
        page, ben = await board(here, "ben", "carla")
        await put_up(ben, page, "First")
        await put_up(ben, page, "Second")
        carla, ada = await here.browser("carla"), await here.browser("ada")
        seen = await carla.main("/@canteen")
        assert seen.index("Second") < seen.index("First")
        id = re.search(r'action="/posts/(\d+)/pin"(?!.*action="/posts/\d+/pin")', seen, re.DOTALL)[1]
        assert (await ada.send(f"/posts/{id}/pin", "/@canteen"))[0] == 404
        assert (await carla.send(f"/posts/{id}/pin", "/@canteen"))[0] == 303
        seen = await ada.main("/@canteen")
        assert seen.index("First") < seen.index("Second")
        assert "pinned" in seen
        assert "/pin" not in seen
        assert f'action="/posts/{id}/unpin"' in await ben.main("/@canteen")


async def test_an_edit_changes_category_and_last_day_and_an_end_in_the_past_takes_it_down(tmp_path):
    async with desk(tmp_path) as here:
        page, ben = await board(here)
        _, place = await put_up(ben, page, "Soup", category="Canteen", valid_until=day(4))
        form = await ben.main(f"{place}/edit")
        for value in ("Canteen", day(4)):
            assert f'value="{value}"' in form
        sent = {"text": "Soup, hot", "category": "Food", "valid_until": day(4)}
        assert (await ben.send(f"{place}/edit", **sent))[0] == 303
        assert "Food" in await ben.main("/@canteen")
        assert (await ben.send(f"{place}/edit", **(sent | {"valid_until": "x"})))[0] == 422
        assert (await ben.send(f"{place}/edit", **(sent | {"valid_until": day(-1)})))[0] == 303
        assert "Soup" not in await ben.main("/@canteen")
        assert "Soup, hot" in await ben.main(f"/pages/{page.id}/archive")


async def test_a_notice_for_a_later_day_is_seen_by_editors_only_until_then(tmp_path, database):
    async with desk(tmp_path, database=database) as here:
        page, ben = await board(here, "ben", "carla")
        path = f"/pages/{page.id}/planned"
        assert await put_up(ben, page, "The car park is shut", category="Building", valid_from=day(2)) == (303, path)
        carla, ada = await here.browser("carla"), await here.browser("ada")
        planned = await carla.main(path)
        assert ("The car park" in planned, "Building" in planned) == (True, True)
        for who in (ada, ben, carla):
            assert "car park" not in await who.main("/@canteen")
        await ada.page(path, 404)
        assert "car park" not in await ben.main("/planned")
        id = re.search(r'action="/planned/(\d+)/publish"', planned)[1]
        for name in ("publish", "cancel", "move"):
            assert (await ada.send(f"/planned/{id}/{name}", "/planned"))[0] in (404, 422), name
        assert (await carla.send(f"/planned/{id}/move", path, due=f"{day(9)}T08:00")) == (303, path)
        assert (await carla.send(f"/planned/{id}/publish", path))[0] == 303
        assert "The car park" in await ada.main("/@canteen")
        assert await put_up(ben, page, "Shut again", valid_from=day(2)) == (303, path)
        id = re.search(r'action="/planned/(\d+)/cancel"', await carla.main(path))[1]
        assert await carla.send(f"/planned/{id}/cancel", path) == (303, path)
        assert "Nothing is planned." in await ben.main(path)


async def test_what_is_written_in_the_name_of_a_plain_page_can_be_planned_too(tmp_path):
    async with desk(tmp_path) as here:
        page = await founded(here)
        ben = await here.browser("ben")
        path = f"/pages/{page.id}/planned"
        assert await put_up(ben, page, "Pike on Friday", due=f"{day(2)}T08:00") == (303, path)
        assert "Pike on Friday" in await ben.main(path)
        assert "Pike on Friday" not in await ben.main("/@canteen")
        async with here.ctx.change() as change:
            await change.tx.run("UPDATE scheduled_posts SET due_at = 1")
        assert await scheduled.publish_due(here.ctx) == 1
        shown = await (await here.browser("ada")).main("/@canteen")
        assert ("Pike on Friday" in shown, "Ben" in shown) == (True, False)


async def test_a_notice_and_the_whole_board_are_made_for_paper_with_codes_that_lead_to_them(tmp_path):
    async with desk(tmp_path) as here:
        page, ben = await board(here)
        _, place = await put_up(ben, page, "Wear **ear protection**", category="Rules", valid_until=day(3))
        await put_up(ben, page, "Soup", category="Canteen")
        await put_up(ben, page, "Bygone")
        await end(here, page, "Bygone")
        ada = await here.browser("ada")
        one = await ada.main(f"{place}/print")
        assert one.count("<svg viewBox") == 1
        assert f"/@canteen/{place.rsplit('/', 1)[1]}" in one.replace("<wbr>", "")
        for words in ("<strong>ear protection</strong>", "Rules", "valid until"):
            assert words in one
        whole = await ada.main(f"/pages/{page.id}/print")
        assert whole.count("<svg viewBox") == 3
        assert ("Soup" in whole, "Bygone" in whole) == (True, False)
        assert "Soup" not in await ada.main(f"/pages/{page.id}/print?category=Rules")
        assert " style=" not in whole
        own = await here.writes("ben", "Hello")
        await ada.page(f"/posts/{own.id}/print", 404)


async def test_boards_stand_by_themselves_in_the_list_of_pages(tmp_path):
    async with desk(tmp_path) as here:
        page, ben = await board(here)
        await put_up(ben, page, "Soup", category="Canteen")
        ada = await here.browser("ada")
        assert "Notice boards of Here" in await ada.main("/pages")
        sent = {"name": "House rules", "summary": "Read me"}
        assert (await ben.send(f"/pages/{page.id}/settings", **sent))[0] == 303
        assert "Notice boards of" not in await ada.main("/pages")
        await ada.page(f"/pages/{page.id}/archive", 404)
        plain = await ada.main("/@canteen")
        assert ("Soup" in plain, "category=" in plain) == (True, False)


async def test_a_board_of_another_unit_is_read_and_printed_like_one_of_ours(tmp_path):
    async with desk(tmp_path) as here:
        peer = await Peer.known_to(here.ctx, "rita")
        async with here.ctx.change() as change:
            rita, featured = peer.actors["rita"], f"http://{HOST}/users/rita/featured"
            there = replace(rita, kind="Organization", featured=featured, board=True)
            await accounts.update(change.tx, there)
        ada = await here.browser("ada")
        shown = await ada.main(f"/@rita@{HOST}")
        for words in ("Notice board", f'href="/pages/{there.id}/archive"', "Nothing hangs here"):
            assert words in shown, words
        for words in ("Put up a notice", "/planned", "/settings"):
            assert words not in shown, words
        assert "The archive is empty." in await ada.main(f"/pages/{there.id}/archive")
        assert (await ada.main(f"/pages/{there.id}/print")).count("<svg viewBox") == 1
        assert "Nothing was found." in await ada.main(f"/@rita@{HOST}?q=loom")


def test_what_was_mistyped_is_taken_for_the_nearest_word_that_is_there():
    known = {"kantine", "geschlossen", "montag"}
    asked = opened(query("kantiene montags"))
    assert [one.words for one in corrected(asked, known).phrases] == [("kantine",), ("montag",)]
    assert corrected(opened(query("kanti")), known) is None
    assert corrected(opened(query("velvet")), known) is None
