"""Pages to find people, posts and messages by, as a browser without JavaScript meets them."""

import re
from contextlib import asynccontextmanager
from dataclasses import replace
from html import unescape

from moderation import members
from node.app import create_app
from node.domain.accounts import Account
from node.domain.people import Traits, has_traits
from node.domain.posts import Draft
from node.domain.visibility import Visibility
from node.store import accounts, people
from outbox import posts, reactions
from outbox.relationships import follow
from tests.inbox.peer import HOST, Peer
from tests.node.test_web import BROWSER, PASSWORD, token
from tests.nodes import context

_PEOPLE = (
    ("ada", "Ada Martin", "Head of dyeing", "Production", ("natural dyes", "SAP")),
    ("ben", "Ben Huber", "Weaver", "Production", ("looms", "C++")),
    ("carla", "Élodie Riva", "Ärztin", "Design", ("patterns", "CAD")),
)
DIRECT, UNIT = Visibility.DIRECT, Visibility.UNIT


class Desk:
    """A node with three people, and the browsers they sit at."""

    def __init__(self, ctx):
        self.ctx = ctx
        self.app = create_app(ctx, jobs=False)
        self.people: dict[str, Account] = {}

    async def browser(self, username):
        browser = Browser(self.app.test_client())
        assert (await browser.send("/sign-in", username=username, password=PASSWORD))[0] == 303
        return browser

    async def writes(self, by, text, visibility=UNIT, **more):
        return await posts.publish(self.ctx, self.people[by], Draft(text, visibility, **more))


class Browser:
    """Somebody's browser."""

    def __init__(self, client):
        self.client = client

    async def page(self, path, status=200):
        answer = await self.client.get(path, headers=BROWSER)
        assert answer.status_code == status, (path, answer.status_code)
        return unescape(await answer.get_data(as_text=True))

    async def main(self, path):
        """Return what a page has between menu and footer."""
        return (await self.page(path)).partition("<main")[2].partition("</main>")[0]

    async def send(self, path, page="", **fields):
        """Send a form of a page; return status and place."""
        form = {"csrf": token(await self.page(page or path)), **fields}
        answer = await self.client.post(path, form=form, headers=BROWSER)
        return answer.status_code, answer.headers.get("Location", "")


@asynccontextmanager
async def desk(folder, **more):
    async with context(folder, **more) as ctx:
        here = Desk(ctx)
        for username, name, position, department, skills in _PEOPLE:
            here.people[username] = await members.add(
                ctx,
                username=username,
                password=PASSWORD,
                name=name,
                position=position,
                department=department,
                skills=skills,
            )
        yield here


def names(page):
    return re.findall(r'class="name" href="/@([a-z0-9]+)[@"]', page)


async def test_the_menu_has_every_place_and_the_way_out(tmp_path):
    async with desk(tmp_path) as here:
        menu = await (await here.browser("ada")).main("/menu")
        for path in ("/@ada", "/home", "/messages", "/search", "/bookmarks", "/lists", "/settings", "/compose"):
            assert f'href="{path}"' in menu, path
        assert 'action="/sign-out"' in menu
        assert "/administration" not in menu


async def test_search_finds_people_posts_and_hashtags_and_keeps_the_words(tmp_path):
    async with desk(tmp_path) as here:
        await here.writes("ada", "Silk is dyed today #silkworm")
        ada = await here.browser("ada")
        page = await ada.page("/search?q=silk")
        assert page.count('value="silk"') == 2  # in the header, and on the page
        assert "#silkworm" in page
        assert page.count("<article") == 1
        assert names(await ada.main("/search?q=elodie&kind=people")) == ["carla"]
        assert "<article" not in await ada.main("/search?q=silk&kind=people")
        assert 'href="/tags/silkworm"' in await ada.main("/search?q=%23silk&kind=hashtags")
        assert "Nothing was found." in await ada.main("/search?q=velvet")
        ben = await here.browser("ben")  # what ada wrote may not be dug out: she did not allow it
        assert "<article" not in await ben.main("/search?q=silk")


async def test_a_long_search_goes_on_with_the_same_words(tmp_path):
    async with desk(tmp_path) as here:
        for number in range(25):
            await here.writes("ada", f"wool {number}")
        ada = await here.browser("ada")
        path, seen = "/search?q=wool&kind=posts", []
        while path:
            page = await ada.main(path)
            seen += re.findall(r'id="post-(\d+)"', page)
            found = re.search(r'class="further"><a class="button plain" href="([^"]+)"', page)
            path = f"/search{found[1]}" if found else ""
        assert len(set(seen)) == len(seen) == 25


async def test_a_whole_handle_leads_to_whom_it_names_though_they_do_not_want_to_be_listed(tmp_path):
    async with desk(tmp_path) as here:
        await Peer.known_to(here.ctx, "rita")
        ada = await here.browser("ada")
        assert names(await ada.main("/search?q=rita")) == []
        assert names(await ada.main(f"/search?q=@rita@{HOST}")) == ["rita"]
        assert names(await ada.main(f"/search?q=nobody@{HOST}")) == []  # the peer does not answer


async def test_messages_are_listed_read_and_answered_without_being_shown_to_others(tmp_path):
    async with desk(tmp_path) as here:
        await here.writes("ben", "@ada shall we talk about the loom?", DIRECT)
        ada, carla = await here.browser("ada"), await here.browser("carla")
        page = await ada.main("/messages")
        assert "Ben Huber" in page
        assert "shall we talk" in page
        assert ">new<" in page
        (path,) = set(re.findall(r'href="(/messages/\d+)"', page))
        thread = await ada.main(path)
        assert thread.count("<article") == 1
        assert '<option value="direct" selected>' in thread
        assert ">new<" not in await ada.main("/messages")
        reply_to = re.search(r'name="reply_to" value="(\d+)"', thread)[1]
        sent = await ada.send("/posts", path, text="Tomorrow at ten.", audience="direct", reply_to=reply_to)
        assert sent[0] == 303
        (post,) = [await ada.main(sent[1])]
        assert "Tomorrow at ten." in post
        assert (await ada.main(path)).count("<article") == 2
        assert "You:" in await ada.main("/messages")
        assert "Tomorrow at ten." in await (await here.browser("ben")).main("/messages")
        await carla.page(path, status=404)
        assert "No messages yet." in await carla.main("/messages")


async def test_an_answer_goes_to_everybody_in_the_conversation(tmp_path):
    async with desk(tmp_path) as here:
        await here.writes("ben", "@ada @carla lunch?", DIRECT)
        ada = await here.browser("ada")
        (path,) = set(re.findall(r'href="(/messages/\d+)"', await ada.main("/messages")))
        page = await ada.main(path)
        assert re.search(r"<textarea[^>]*>\s*@carla </textarea>", page)
        assert "@ben" not in re.search(r"<textarea[^>]*>([^<]*)</textarea>", page)[1]  # an answer reaches him anyhow


async def test_a_first_message_of_ones_own_is_followed_by_one_to_the_same_person(tmp_path):
    async with desk(tmp_path) as here:
        await here.writes("ada", "@ben are you there?", DIRECT)
        ada = await here.browser("ada")
        (path,) = set(re.findall(r'href="(/messages/\d+)"', await ada.main("/messages")))
        assert "@ben" in re.search(r"<textarea[^>]*>([^<]*)</textarea>", await ada.main(path))[1]
        new = await ada.main("/messages/new?to=@ben")
        assert "@ben </textarea>" in new
        assert '<option value="direct" selected>' in new


async def test_bookmarks_and_likes_stand_on_pages_of_their_own(tmp_path):
    async with desk(tmp_path) as here:
        kept, liked = await here.writes("ben", "Keep me"), await here.writes("ben", "Like me")
        await reactions.bookmark(here.ctx, here.people["ada"], kept.id)
        await reactions.favourite(here.ctx, here.people["ada"], liked.id)
        ada = await here.browser("ada")
        assert 'href="/favourites"' in await ada.main("/bookmarks")
        assert re.findall(r'id="post-(\d+)"', await ada.main("/bookmarks")) == [str(kept.id)]
        assert re.findall(r'id="post-(\d+)"', await ada.main("/favourites")) == [str(liked.id)]
        assert "<article" not in await (await here.browser("carla")).main("/bookmarks")


async def test_a_list_is_made_filled_read_changed_and_deleted(tmp_path):
    async with desk(tmp_path) as here:
        await follow(here.ctx, here.people["ada"], here.people["ben"].id)
        post = await here.writes("ben", "From the loom")
        ada = await here.browser("ada")
        answer = await ada.client.post(
            "/lists", form={"csrf": token(await ada.page("/lists")), "title": " "}, headers=BROWSER
        )
        assert answer.status_code == 422
        status, edit = await ada.send("/lists", title="Weavers")
        assert (status, edit.endswith("/edit")) == (303, True)
        path = edit.removesuffix("/edit")
        assert names(await ada.main(edit)) == ["ben"]  # offered: ada follows only him
        assert names(await ada.main(f"{edit}?find=huber")) == ["ben"]
        assert names(await ada.main(f"{edit}?find=elodie")) == []
        assert (await ada.send(f"{path}/add", edit, person=here.people["ben"].id))[0] == 303
        assert (await ada.send(f"{path}/add", edit, person=here.people["carla"].id))[0] == 404
        assert f'id="post-{post.id}"' in await ada.main(path)
        assert await ada.send(edit, title="Loom people", replies="none", exclusive="on") == (303, path)
        assert "Loom people" in await ada.main("/lists")
        assert f'id="post-{post.id}"' not in await ada.main("/home")
        ben = await here.browser("ben")
        await ben.page(path, status=404)
        assert (await ben.send(f"{path}/delete", "/lists"))[0] == 404
        assert (await ada.send(f"{path}/remove", edit, person=here.people["ben"].id))[0] == 303
        assert "<article" not in await ada.main(path)
        assert await ada.send(f"{path}/delete", edit) == (303, "/lists")
        await ada.page(path, status=404)


async def test_people_are_found_by_what_they_tell_of_themselves(tmp_path, database):
    async with desk(tmp_path, database=database) as here:
        ada = await here.browser("ada")
        for asked, found in (
            ("q=elodie", ["carla"]),
            ("q=riva ELO", ["carla"]),
            ("q=dyes", []),
            ("skill=sap", ["ada"]),
            ("skill=dyes", ["ada"]),
            ("skill=C%2B%2B", ["ben"]),
            ("skill=%25", []),
            ("skill=production", []),
            ("position=arztin", ["carla"]),
            ("position=%C3%84RZT", ["carla"]),
            ("department=production", ["ada", "ben"]),
            ("department=prod&position=weav", ["ben"]),
            ("unit=127.0.0.1:8499", ["ada", "ben", "carla"]),
            ("unit=elsewhere.example", ["ada", "ben", "carla"]),  # no such unit: nothing is asked for
        ):
            assert names(await ada.main(f"/people?{asked}")) == found, asked


async def test_who_does_not_want_to_be_found_beyond_their_unit_is_not_by_filters(tmp_path, database):
    async with desk(tmp_path, database=database) as here:
        peer = await Peer.known_to(here.ctx, "rita", "sam", "tom")
        async with here.ctx.change() as change:
            for name, open_ in (("rita", False), ("sam", True), ("tom", False)):
                one = replace(peer.actors[name], skills=("glass",), discoverable=open_)
                await accounts.update(change.tx, one)
        ada = await here.browser("ada")
        assert names(await ada.main("/people?skill=glass")) == ["sam"]
        assert names(await ada.main(f"/people?unit={HOST}")) == ["sam"]
        assert names(await ada.main("/people?skill=glass&unit=127.0.0.1:8499")) == []


async def test_a_directory_narrowed_by_a_filter_goes_on_with_it(tmp_path, database):
    async with desk(tmp_path, database=database) as here:
        peer = await Peer.known_to(here.ctx, *[f"p{number}" for number in range(45)])
        async with here.ctx.change() as change:
            for one in peer.actors.values():
                await accounts.update(change.tx, replace(one, skills=("glass",), discoverable=True))
        ada = await here.browser("ada")
        path, seen = "/people?skill=glass", []
        while path:
            page = await ada.main(path)
            seen += names(page)
            found = re.search(r'href="(\?[^"]*after=\d+[^"]*)"', page)
            path = f"/people{found[1]}" if found else ""
        assert sorted(seen) == sorted(peer.actors)
        async with here.ctx.db.read() as tx:
            some = await people.with_traits(tx, Traits(skill="glass"), viewer_id=here.people["ada"].id, limit=7)
        assert len(some) == 7


def test_a_trait_is_found_where_a_word_of_it_begins():
    class Person:
        name, username, position, department, skills = "Ada Martin", "ada", "Head of SAP-Basis", "", ("deep diving",)

    for wanted, found in (
        (Traits(position="basis"), True),
        (Traits(position="asis"), False),
        (Traits(skill="deep  diving"), True),
        (Traits(skill="diving deep"), False),
        (Traits(name="martin ada"), True),
        (Traits(department="dye"), False),
        (Traits(), True),
    ):
        assert has_traits(Person(), wanted) is found, wanted


async def test_a_skill_leads_to_everybody_who_has_it_and_one_follows_them_there(tmp_path):
    async with desk(tmp_path) as here:
        ada = await here.browser("ada")
        link = 'href="/people?skill=C%2B%2B"'
        assert link in await ada.main("/@ben")
        assert link in await ada.main("/people")
        line = await ada.main("/people?skill=C%2B%2B")
        action = f"/accounts/{here.people['ben'].id}/follow"
        assert f'action="{action}"' in line
        assert f"/accounts/{here.people['ada'].id}/" not in await ada.main("/people")
        assert (await ada.send(action, "/people"))[0] == 303
        assert "Stop following" in await ada.main("/people?skill=C%2B%2B")


async def test_news_is_new_until_it_is_marked_as_read(tmp_path):
    async with desk(tmp_path) as here:
        await follow(here.ctx, here.people["ben"], here.people["ada"].id)
        ada = await here.browser("ada")
        page = await ada.main("/notifications")
        assert page.count(">new<") == 1
        until = re.search(r'name="until" value="(\d+)"', page)[1]
        await follow(here.ctx, here.people["carla"], here.people["ada"].id)  # while ada reads
        assert await ada.send("/notifications/read", "/notifications", until=until) == (303, "/notifications")
        assert (await ada.main("/notifications")).count(">new<") == 1
        assert (await ada.send("/notifications/read", "/notifications"))[0] == 303
        page = await ada.main("/notifications")
        assert ">new<" not in page
        assert "Mark all as read" not in page
        assert (await ada.send("/notifications/read", "/notifications", until="1"))[0] == 303
        assert ">new<" not in await ada.main("/notifications")


async def test_strangers_are_sent_to_sign_in_first(tmp_path):
    async with desk(tmp_path) as here:
        client = here.app.test_client()
        for path in (
            "/menu",
            "/search?q=a",
            "/messages",
            "/messages/1",
            "/bookmarks",
            "/favourites",
            "/lists",
            "/people",
        ):
            answer = await client.get(path, headers=BROWSER)
            assert (answer.status_code, answer.headers["Location"].partition("?")[0]) == (303, "/sign-in"), path
