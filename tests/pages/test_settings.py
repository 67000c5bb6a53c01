"""Settings and the first steps, as a browser without JavaScript meets them."""

import contextlib
import re
from dataclasses import dataclass
from urllib.parse import urlencode

import pytest

from moderation import members
from node.app import create_app
from node.context import Context
from node.domain import uris
from node.domain.accounts import Appearance
from node.domain.visibility import Visibility
from node.store import accounts, relationships
from tests.nodes import URL, context

HOST = {"Host": URL.removeprefix("http://"), "Accept": "text/html"}
_FORM = {"Content-Type": "application/x-www-form-urlencoded"}
PASSWORD = "correct horse battery"
OTHER = "another staple entirely"


@dataclass
class Browser:
    """Somebody's browser."""

    ctx: Context
    client: object

    async def page(self, path):
        answer = await self.client.get(path, headers=HOST)
        return answer.status_code, await answer.get_data(as_text=True)

    async def send(self, path, page=None, headers=None, **fields):
        """Send a form that stands on a page, a list as several values; return status, place and text."""
        token = re.search(r'name="csrf" value="([0-9a-f]+)"', (await self.page(page or path))[1])[1]
        body = urlencode({"csrf": token, **fields}, doseq=True)
        answer = await self.client.post(path, data=body, headers={**HOST, **_FORM, **(headers or {})})
        return answer.status_code, answer.headers.get("Location", ""), await answer.get_data(as_text=True)

    async def sign_in(self, password=PASSWORD):
        return (await self.send("/sign-in", username="ada", password=password))[0]

    async def user(self):
        async with self.ctx.db.read() as tx:
            return await accounts.user_named(tx, "ada")


@contextlib.asynccontextmanager
async def signed_in(folder, **more):
    async with context(folder, **more) as ctx:
        await members.add(ctx, username="ada", password=PASSWORD, name="Ada Martin", department="Weaving")
        browser = Browser(ctx, create_app(ctx, jobs=False).test_client())
        assert await browser.sign_in() == 303
        yield browser


def another(browser):
    return Browser(browser.ctx, create_app(browser.ctx, jobs=False).test_client())


async def test_the_foot_of_a_page_makes_all_pages_simple_and_back(tmp_path):
    async with signed_in(tmp_path) as ada:
        came_from = {"Referer": f"{URL}/people?after=1"}
        assert (await ada.send("/settings/simple", "/people", came_from, simple="on"))[:2] == (303, "/people?after=1")
        assert "data-simple" in (await ada.page("/people"))[1]
        assert (await ada.send("/settings/simple", "/people", simple="off"))[:2] == (303, "/home")
        assert "data-simple" not in (await ada.page("/people"))[1]


async def test_every_card_of_the_settings_leads_somewhere(tmp_path):
    async with signed_in(tmp_path) as ada:
        _, page = await ada.page("/settings")
        paths = re.findall(r'<li><a href="(/settings/\w+)"', page)
        assert {"/settings/profile", "/settings/appearance", "/settings/privacy", "/settings/account"} < set(paths)
        assert "/settings/mail" not in paths, "no mail goes out here"
        for path in paths:
            assert (await ada.page(path))[0] == 200, path


@pytest.mark.parametrize("path", ["", "/appearance", "/privacy", "/account"])
async def test_settings_are_for_members(tmp_path, path):
    async with context(tmp_path) as ctx:
        answer = await create_app(ctx, jobs=False).test_client().get(f"/settings{path}", headers=HOST)
        assert (answer.status_code, answer.headers["Location"].partition("?")[0]) == (303, "/sign-in")


async def test_pages_come_in_the_language_and_look_that_was_chosen(tmp_path):
    async with signed_in(tmp_path) as ada:
        where = "/settings/appearance"
        status, place, _ = await ada.send(where, language="de", appearance="dark", simple="on")
        assert status == 303
        _, page = await ada.page(place)
        assert '<html lang="de" data-look="dark" data-simple>' in page
        assert "Gespeichert." in page
        await ada.send(where, language="tlh", appearance="sepia")
        comfort = (await ada.user()).comfort
        assert (comfort.language, comfort.appearance, comfort.simple) == ("de", Appearance.DARK, False)


async def test_keys_as_shortcuts_are_there_until_one_switches_them_off(tmp_path):
    async with signed_in(tmp_path) as ada:
        assert "data-keys" in (await ada.page("/home"))[1]
        await ada.send("/settings/appearance", language="en")
        assert "data-keys" not in (await ada.page("/home"))[1]
        await ada.send("/settings/appearance", language="en", shortcuts="on")
        assert "data-keys" in (await ada.page("/home"))[1]


async def test_who_sees_what_is_narrow_until_one_widens_it(tmp_path):
    async with signed_in(tmp_path) as ada:
        where = "/settings/privacy"
        _, page = await ada.page(where)
        assert re.findall(r'value="(\w+)" checked', page)[:2] == ["unit", "nobody"]
        assert 'value="public" checked' not in page
        widened = {"audience": "organisation", "quote_policy": "followers", "indexable": "on", "discoverable": "on"}
        assert (await ada.send(where, **widened, locked="on", hides_follows="on"))[0] == 303
        user = await ada.user()
        assert (user.habits.audience, user.habits.quote_policy) == (Visibility.ORGANISATION, "followers")
        own = user.account
        assert (own.indexable, own.discoverable, own.locked, own.hides_follows) == (True, True, True, True)
        assert (await ada.send(where, audience="unit", quote_policy="nobody"))[0] == 303
        own = (await ada.user()).account
        assert (own.indexable, own.discoverable, own.locked, own.hides_follows) == (False, False, False, False)


async def test_nobody_here_writes_for_everybody_by_default(tmp_path):
    async with signed_in(tmp_path) as ada:
        status, _, page = await ada.send("/settings/privacy", audience="public", indexable="on")
        assert (status, "Choose who may read this" in page) == (422, True)
        assert 'id="audience-public"' not in page
        user = await ada.user()
        assert (user.habits.audience, user.account.indexable) == (Visibility.UNIT, False)


async def test_a_new_password_needs_the_old_one_and_ends_every_other_way_in(tmp_path, database):
    async with signed_in(tmp_path, database=database) as ada:
        elsewhere, where = another(ada), ("/settings/account/password", "/settings/account")
        assert await elsewhere.sign_in() == 303
        token = await members.issue_token(ada.ctx, (await ada.user()).account, name="script")
        status, _, page = await ada.send(*where, password="not it, certainly", new=OTHER)
        assert (status, "not your present password" in page) == (401, True)
        assert (await ada.send(*where, password=PASSWORD, new="short"))[0] == 422
        assert (await elsewhere.page("/home"))[0] == 200
        assert (await ada.send(*where, password=PASSWORD, new=OTHER))[:2] == (303, "/settings/account?saved=1")
        assert (await ada.page("/home"))[0] == 200, "who changes it stays signed in"
        assert (await elsewhere.page("/home"))[0] == 303
        assert await members.viewer_of_token(ada.ctx, token) is None
        assert await elsewhere.sign_in() == 401
        assert await elsewhere.sign_in(OTHER) == 303


async def test_O07_wrong_old_passwords_are_counted_as_at_the_sign_in(tmp_path):
    async with signed_in(tmp_path) as ada:
        where = ("/settings/account/password", "/settings/account")
        codes = [(await ada.send(*where, password="not it, certainly", new=OTHER))[0] for _ in range(5)]
        assert codes == [401] * 5
        assert (await ada.send(*where, password=PASSWORD, new=OTHER))[0] == 429


async def test_a_member_ends_sign_ins_elsewhere(tmp_path, database):
    async with signed_in(tmp_path, database=database) as ada:
        _, page = await ada.page("/settings/account")
        assert "This browser" in page
        assert "End all others" not in page
        others = [another(ada) for _ in range(3)]
        for one in others:
            assert await one.sign_in() == 303
        _, page = await ada.page("/settings/account")
        assert (page.count("This browser"), page.count("Another browser")) == (1, 3)
        first = re.search(r'name="session" value="(\w+)"', page)[1]
        where = "/settings/account/sessions/end"
        assert (await ada.send(where, "/settings/account", session=first))[0] == 303
        assert sorted([(await one.page("/home"))[0] for one in others]) == [200, 200, 303]
        assert (await ada.send(f"{where}-others", "/settings/account"))[0] == 303
        assert [(await one.page("/home"))[0] for one in others] == [303, 303, 303]
        assert (await ada.page("/home"))[0] == 200


async def test_nobody_ends_the_sign_ins_of_others(tmp_path):
    async with signed_in(tmp_path) as ada:
        await members.add(ada.ctx, username="ben", password=PASSWORD)
        ben = another(ada)
        assert (await ben.send("/sign-in", username="ben", password=PASSWORD))[0] == 303
        (session,) = await members.sessions(ada.ctx, (await ada.user()).account, limit=10)
        assert (await ben.send("/settings/account/sessions/end", "/settings/account", session=session.hash))[0] == 303
        assert (await ben.send("/settings/account/sessions/end-others", "/settings/account"))[0] == 303
        assert (await ada.page("/home"))[0] == 200


async def test_a_new_member_takes_the_first_steps(tmp_path):
    async with context(tmp_path) as ctx:
        ben, eva = [await members.add(ctx, username=name, password=PASSWORD) for name in ("ben", "eva")]
        new = Browser(ctx, create_app(ctx, jobs=False).test_client())
        invited = uris.invitation("", await members.invite(ctx, by=None))
        joined = await new.send(invited, username="ada", password=PASSWORD, name="Ada")
        assert joined[:2] == (303, "/first-steps")
        status, place, page = await new.send("/first-steps", position="x" * 5_000, skills="silk, dyes", summary="Hello")
        assert status == 422
        assert 'value="silk, dyes"' in page
        status, place, _ = await new.send("/first-steps", position="Weaver", skills="silk, dyes", summary="Hello")
        assert (status, place) == (303, "/first-steps/people")
        own = (await new.user()).account
        assert (own.name, own.position, own.skills, own.summary) == ("Ada", "Weaver", ("silk", "dyes"), "<p>Hello</p>")
        _, page = await new.page(place)
        assert f'value="{ben.id}"' in page
        assert "checked" not in page
        status, place, _ = await new.send(place, follow=str(ben.id))
        assert (status, place) == (303, "/first-steps/others")
        async with ctx.db.read() as tx:
            followed = [await relationships.between(tx, follower_id=own.id, target_id=one.id) for one in (ben, eva)]
        assert [bool(one) for one in followed] == [True, False]
        _, page = await new.page(place)
        assert "Own unit only" in page
        assert "<dd>Nobody</dd>" in page
        assert 'href="/settings/privacy"' in page
        assert 'href="/home"' in page


async def test_each_of_the_first_steps_can_be_skipped(tmp_path):
    async with signed_in(tmp_path) as ada:
        for path, onward in (("", "/first-steps/people"), ("/people", "/first-steps/others"), ("/others", "/home")):
            status, page = await ada.page(f"/first-steps{path}")
            assert status == 200
            assert f'href="{onward}"' in page.partition("<main")[2].partition("</main>")[0]
        assert (await ada.user()).account.department == "Weaving"


async def test_the_last_step_says_what_was_chosen_since(tmp_path):
    async with signed_in(tmp_path) as ada:
        await ada.send("/settings/privacy", audience="organisation", quote_policy="public", discoverable="on")
        _, page = await ada.page("/first-steps/others")
        for told in ("The whole organisation", "Everybody who may read it", "Everybody of the organisation"):
            assert f"<dd>{told}</dd>" in page
