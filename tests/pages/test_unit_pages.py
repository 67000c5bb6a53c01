"""Pages of the unit as administrator, editor, member and reader meet them without JavaScript."""

from dataclasses import replace

from node.domain.accounts import Role
from node.domain.pages import Masthead
from node.domain.posts import Draft
from node.domain.viewer import Viewer
from node.domain.visibility import Visibility
from node.store import accounts, pages_of_unit
from node.store.pages import Page
from node.store.timelines import wall
from outbox import posts, unit_pages
from tests.inbox.peer import HOST, Peer
from tests.node.test_web import BROWSER, token
from tests.pages.test_finding import desk


async def founded(here, *editors, **more):
    """Let ada administer, and found a page."""
    async with here.ctx.change() as change:
        await accounts.set_role(change.tx, here.people["ada"].id, Role.ADMIN)
    masthead = Masthead(name="Canteen", summary="Soup, *daily*", closed=more.pop("closed", False))
    ada = Viewer(here.people["ada"], Role.ADMIN)
    return await unit_pages.found(here.ctx, ada, "canteen", masthead, editors=editors or ["ben"], **more)


async def wrote(here, page, by="ben", text="Lentils on Monday"):
    return await posts.publish(here.ctx, page, Draft(text, Visibility.UNIT), by=here.people[by])


async def test_an_administrator_founds_a_page_and_nobody_else_does(tmp_path):
    async with desk(tmp_path) as here:
        await founded(here)
        ada, ben = await here.browser("ada"), await here.browser("ben")
        assert 'href="/pages/new"' in await ada.main("/pages")
        assert 'href="/pages/new"' not in await ben.main("/pages")
        await ben.page("/pages/new", 404)
        fields = {"name": "Betriebsrat Süd", "summary": "For all", "editors": "ben, carla", "closed": "on"}
        assert await ada.send("/pages/new", **fields) == (303, "/@betriebsrat_sud")
        status, _ = await ada.send("/pages/new", **fields)
        assert status == 409
        async with here.ctx.db.read() as tx:
            made = await accounts.by_handle(tx, "betriebsrat_sud", "")
            page = await pages_of_unit.by_id(tx, made.id)
            assert (page.closed, made.board, page.followed_by_all) == (True, False, False)
            assert {one.username for one in await pages_of_unit.editors(tx, made.id)} == {"ben", "carla"}
        assert "You write in their name" in await ben.main("/pages")
        assert "You write in their name" not in await ada.main("/pages")


async def test_an_editor_writes_on_the_page_and_it_is_clear_in_whose_name(tmp_path):
    async with desk(tmp_path) as here:
        page = await founded(here, "ben", "carla")
        ben, carla, ada = [await here.browser(name) for name in ("ben", "carla", "ada")]
        composer = await ben.main("/@canteen")
        assert "Write in the name of Canteen" in composer
        assert "It appears as written by Canteen" in composer
        assert "Write in the name" not in await ada.main("/@canteen")
        sent = {"text": "Lentils on Monday", "audience": "unit", "author": str(page.id)}
        assert (await ben.send("/posts", "/@canteen", **sent))[0] == 303
        seen = await ada.main("/@canteen")
        assert "Lentils on Monday" in seen
        assert seen.count("Page</span>") == 1
        assert "Ben Huber" not in seen
        assert "written by" not in seen
        for browser in (ben, carla):
            assert "written by Ben Huber" in await browser.main("/@canteen")
        assert (await ada.send("/posts", "/home", **sent))[0] == 403
        assert (await ben.send("/posts", "/@canteen", **{**sent, "author": "1"}))[0] == 404
        async with here.ctx.db.read() as tx:
            for who in ("ada", "ben"):
                assert await wall(tx, here.people[who].id, Page(limit=9), viewer_id=here.people[who].id) == []


async def test_what_cannot_be_published_is_kept_in_the_name_it_was_written_in(tmp_path):
    async with desk(tmp_path) as here:
        page = await founded(here)
        ben = await here.browser("ben")
        previewed = await ben.client.post("/compose/preview", form=await filled(ben, page), headers=BROWSER)
        body = await previewed.get_data(as_text=True)
        assert f'name="author" value="{page.id}"' in body
        form = await filled(ben, page) | {"due": "never"}
        again = await ben.client.post("/posts", form=form, headers=BROWSER)
        body = await again.get_data(as_text=True)
        assert (again.status_code, "Choose a day and a time" in body) == (422, True)
        assert f'name="author" value="{page.id}"' in body


async def filled(browser, page):
    csrf = token(await browser.page("/@canteen"))
    return {"csrf": csrf, "text": "Kept words", "audience": "unit", "author": str(page.id)}


async def test_every_editor_may_change_what_another_wrote_and_nobody_else_finds_the_way(tmp_path):
    async with desk(tmp_path) as here:
        page = await founded(here, "ben", "carla")
        post = await wrote(here, page)
        carla, ada = await here.browser("carla"), await here.browser("ada")
        assert f'href="/posts/{post.id}/edit"' in await carla.main("/@canteen")
        assert f'href="/posts/{post.id}/edit"' not in await ada.main("/@canteen")
        for path in ("edit", "copies"):
            await ada.page(f"/posts/{post.id}/{path}", 404)
            await carla.page(f"/posts/{post.id}/{path}")
        assert (await carla.send(f"/posts/{post.id}/edit", text="Pike"))[0] == 303
        assert "Pike" in await ada.main("/@canteen")
        assert (await ada.send(f"/posts/{post.id}/delete", "/@canteen"))[0] == 404
        assert (await carla.send(f"/posts/{post.id}/delete", "/@canteen"))[0] == 303
        assert "Pike" not in await ada.main("/@canteen")


async def test_editors_are_named_and_taken_away_on_a_page_of_their_own(tmp_path):
    async with desk(tmp_path) as here:
        page = await founded(here)
        ben, carla = await here.browser("ben"), await here.browser("carla")
        base = f"/pages/{page.id}"
        for path in ("editors", "settings"):
            await carla.page(f"{base}/{path}", 404)
        assert (await ben.send(f"{base}/editors/appoint", f"{base}/editors", username="@carla"))[0] == 303
        assert "Élodie Riva" in await carla.main(f"{base}/editors")
        assert (await ben.send(f"{base}/editors/appoint", f"{base}/editors", username="nobody"))[0] == 404
        mine = str(here.people["ben"].id)
        assert await ben.send(f"{base}/editors/dismiss", f"{base}/editors", person=mine) == (303, "/pages")
        await ben.page(f"{base}/editors", 404)


async def test_a_closed_page_shows_an_administrator_its_editors_but_no_way_to_change_it(tmp_path):
    async with desk(tmp_path) as here:
        page = await founded(here, closed=True)
        ada, base = await here.browser("ada"), f"/pages/{page.id}"
        editors = await ada.main(f"{base}/editors")
        assert "Ben Huber" in editors
        assert "<form" not in editors
        assert (await ada.send(f"{base}/editors/appoint", "/home", username="ada"))[0] == 403
        settings = await ada.main(f"{base}/settings")
        assert "closed to administrators" in settings
        assert "Give the page up" not in settings
        assert (await ada.send(f"{base}/spread", f"{base}/settings"))[0] == 303
        assert "Stop following" in await ada.main("/@canteen")


async def test_settings_change_what_a_page_tells_and_keep_what_was_not_touched(tmp_path):
    async with desk(tmp_path) as here:
        page = await founded(here)
        ben, base = await here.browser("ben"), f"/pages/{page.id}"
        assert "Let all members follow it" not in await ben.main(f"{base}/settings")
        same = {"name": "Canteen South", "summary": "Soup, daily", "board": "on"}
        assert (await ben.send(f"{base}/settings", **same))[0] == 303
        shown = await ben.main("/@canteen")
        for words in ("Canteen South", "Soup, <em>daily</em>", "Notice board"):
            assert words in shown
        assert (await ben.send(f"{base}/settings", name=" "))[0] == 422
        assert (await ben.send(f"{base}/give-up", f"{base}/settings"))[0] == 422
        assert await ben.send(f"{base}/give-up", f"{base}/settings", sure="on") == (303, "/pages")
        await ben.page("/@canteen", 404)


async def test_a_page_of_another_unit_is_shown_and_followed_like_a_person(tmp_path):
    async with desk(tmp_path) as here:
        peer = await Peer.known_to(here.ctx, "rita")
        async with here.ctx.change() as change:
            there = replace(peer.actors["rita"], kind="Organization", featured=f"http://{HOST}/users/rita/featured")
            await accounts.update(change.tx, there)
        ada = await here.browser("ada")
        shown = await ada.main(f"/@rita@{HOST}")
        assert "Page ·" in shown
        assert f"/accounts/{there.id}/follow" in shown
        assert "/editors" not in shown
