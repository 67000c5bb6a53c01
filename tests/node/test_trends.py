"""What trends is what many do: nothing of fewer than five people, and for everybody what they may see."""

from dataclasses import replace
from urllib.parse import quote

import pytest

from moderation import measures, members, minors, trends
from node.domain.accounts import Role
from node.domain.links import Link, address, links_in, number
from node.domain.pages import Masthead
from node.domain.posts import Draft
from node.domain.times import DAY_MS
from node.domain.trends import DAYS, Day, Kind, Tally
from node.domain.viewer import Viewer
from node.domain.visibility import Visibility
from node.store import nodes
from outbox import posts as outbox
from outbox import profiles, unit_pages
from tests import guests
from tests.clients import SCOPES, house
from tests.inbox.peer import HOST, Peer

URL = "https://loom.example/news"
WORDS = f"[The news]({URL}#top) of #silk"
PEOPLE = ("ada", "ben", "carla", "dan", "eva")
PATHS = ("/api/v1/trends", "/api/v1/trends/tags", "/api/v1/trends/links", "/api/v1/trends/statuses")


async def person(home, username, *, discoverable=True, **more):
    """Return the client of a new member who wants to be found, or does not."""
    made = await home.member(username, **more)
    answer = await made.ask("PATCH", "/api/v1/accounts/update_credentials", json={"discoverable": discoverable})
    assert answer.status == 200
    return made


async def people(home, names=PEOPLE, **more):
    return [await person(home, name, **more) for name in names]


async def all_write(home, writers, text=WORDS, visibility="public"):
    """Have each write the same, and all of them like the first one's post; return the posts."""
    posts = [await one.write(text, visibility=visibility) for one in writers]
    for one in writers[1:]:
        assert (await one.post(f"/api/v1/statuses/{posts[0]['id']}/favourite")).status == 200
    await trends.count(home.ctx)
    return posts


async def told(client):
    """What a client is told: hashtags, links, ids of posts."""
    tags, links, posts = [(await client.get(f"/api/v1/trends/{kind}")).body for kind in ("tags", "links", "statuses")]
    return [one["name"] for one in tags], [one["url"] for one in links], [one["id"] for one in posts]


# How it is counted


def test_fewer_than_five_people_are_nothing_however_often_they_do_it():
    tally = Tally(Kind.TAG, today=100)
    for by in (1, 2, 3, 4):
        for _ in range(50):
            tally.add("silk", by=by, day=100)
    assert tally.trends() == []
    tally.add("silk", by=5, day=99)
    (found,) = tally.trends()
    assert (found.name, found.people) == ("silk", 5)
    assert found.days == (Day(),) * DAYS, "of no day enough people are known"
    tally.add("silk", by=5, day=100)
    (found,) = tally.trends()
    assert found.days == (Day(201, 5), *(Day(),) * (DAYS - 1))


def test_a_week_is_today_and_six_days():
    tally = Tally(Kind.TAG, today=100)
    for by in range(5):
        tally.add("old", by=by, day=93)
        tally.add("young", by=by, day=94)
        tally.add("to come", by=by, day=101)
    assert [one.name for one in tally.trends()] == ["young"]


@pytest.mark.parametrize(
    ("html", "found"),
    [
        ("<p>no link</p>", []),
        (f'<a href="{URL}">{URL}</a>', [Link(URL, "")]),
        (f'<a href="{URL}#part" rel="nofollow">What <b>we</b> read</a>', [Link(URL, "What we read")]),
        (f'<a href="{URL}">one</a> <a href="{URL}">two</a>', [Link(URL, "one")]),
        (
            f'<a href="{URL}"><span class="invisible">https://</span><span class="ellipsis">loom.example/ne</span></a>',
            [Link(URL, "")],
        ),
        ('<a href="https://loom.example/?a=1&amp;b=2">x y</a>', [Link("https://loom.example/?a=1&b=2", "x y")]),
        ('<a href="https://LOOM.example:443">x y</a>', [Link("https://loom.example/", "x y")]),
        ('<a href="https://loom.example/a>b">x y</a>', [Link("https://loom.example/a>b", "x y")]),
        ('<a href="https://here.example/@ada">Ada</a>', []),
        ('<a class="u-url mention" href="https://other.example/@ada">Ada</a>', []),
        ('<a href="https://other.example/tags/silk" class="mention hashtag">silk</a>', []),
        ('<a href="mailto:ada@loom.example">Ada</a>', []),
        ('<a href="https://ada:secret@loom.example/">x</a>', []),
        ('<a href="https://[loom/">x</a>', []),
        ('<a href="https://loom.example:99999/">x</a>', []),
        (f'<a href="https://loom.example/{"x" * 2_000}">x</a>', []),
        ("<a>x</a>", []),
        ('<a href="', []),
    ],
)
def test_the_links_of_a_text_are_found(html, found):
    assert links_in(html, but={"here.example"}) == found


def test_a_text_full_of_links_costs_no_more_than_twenty():
    html = "".join(f'<a href="https://loom.example/{place}">x</a>' for place in range(1_000))
    assert len(links_in(html, but=set())) == 20
    for made in ('<a "' * 20_000 + "<a " * 20_000, "<a >" * 20_000, "<a ><b>" * 20_000, '<a x="' + "<" * 20_000):
        assert links_in(made, but=set()) == []
    (link,) = links_in('<p><a rel="x" href="https://a.example/?b=<c>d">One <b>two</b>\nthree</a></p>', but=set())
    assert (link.url, link.title) == ("https://a.example/?b=<c>d", "One two three")


def test_an_address_has_one_number():
    assert number(URL) == number(address("HTTPS://Loom.example/news#end")) != number(f"{URL}/")
    assert 0 < number(URL) < 1 << 63


# What is told


async def test_five_people_make_a_trend_and_four_make_none(tmp_path, database):
    async with house(tmp_path, database=database, trends=True) as home:
        writers = await people(home)
        fay = await home.member("fay")
        posts = await all_write(home, writers[:4])
        assert await told(fay) == ([], [], [])
        posts += [await writers[4].write(WORDS, visibility="public")]
        await writers[4].post(f"/api/v1/statuses/{posts[0]['id']}/reblog")
        await trends.count(home.ctx)
        assert await told(fay) == (["silk"], [URL], []), "a post of which its author and four others think well"
        await fay.post(f"/api/v1/statuses/{posts[0]['id']}/favourite")
        await trends.count(home.ctx)
        assert await told(fay) == (["silk"], [URL], [posts[0]["id"]])
        (tag,) = (await fay.get("/api/v1/trends")).body
        assert [(day["uses"], day["accounts"]) for day in tag["history"]] == [("5", "5"), *[("0", "0")] * 6]
        (link,) = (await fay.get("/api/v1/trends/links")).body
        assert (link["title"], link["provider_name"], link["image"]) == ("The news", "loom.example", None)
        assert link["history"] == tag["history"]
        assert (await fay.get("/api/v1/trends/tags?offset=1")).body == []
        # A week later nothing of it is left.
        await trends.count(replace(home.ctx, clock=lambda: now_in(home, days=8)))
        assert await told(fay) == ([], [], [])


def now_in(home, *, days):
    return home.ctx.clock() + days * DAY_MS


async def test_one_who_writes_much_or_under_a_page_is_one(tmp_path):
    async with house(tmp_path, trends=True) as home:
        writers = await people(home, PEOPLE[:4])
        ada, chief = writers[0], Viewer(writers[0].account, Role.ADMIN)
        page = await unit_pages.found(home.ctx, chief, "mill", Masthead(name="The mill"), editors=["ada"])
        await outbox.publish(home.ctx, page, Draft(WORDS, Visibility.ORGANISATION), by=ada.account)
        robot = await person(home, "robot")
        await robot.ask("PATCH", "/api/v1/accounts/update_credentials", json={"bot": True})
        for one in (*writers, *writers, robot):
            await one.write(WORDS, visibility="public")
        await trends.count(home.ctx)
        assert await told(ada) == ([], [], [])


@pytest.mark.parametrize("why", ["narrow", "not to be found", "suspended", "deleted", "edited"])
async def test_what_does_not_count(tmp_path, why):
    async with house(tmp_path, trends=True) as home:
        writers = await people(home, PEOPLE[:4])
        last = await person(home, "eva", discoverable=why != "not to be found")
        posts = await all_write(home, [*writers, last], visibility="unlisted" if why == "narrow" else "public")
        ada = writers[0]
        if why in ("suspended", "deleted", "edited"):
            assert (await told(ada))[:2] == (["silk"], [URL]), "until then it does"
        if why == "suspended":
            await measures.suspend(home.ctx, last.account.id, reason="A threat.")
        elif why == "deleted":
            await last.delete(f"/api/v1/statuses/{posts[-1]['id']}")
        elif why == "edited":
            await last.put(f"/api/v1/statuses/{posts[-1]['id']}", {"status": "Nothing of it"})
        await trends.count(home.ctx)
        assert (await told(ada))[:2] == ([], [])


async def test_everybody_is_told_what_they_may_see_only(tmp_path, database):
    async with house(tmp_path, database=database, trends=True) as home:
        writers = await people(home, (*PEOPLE, "fay"))
        posts = await all_write(home, writers)
        gil, hal, ida = [await home.member(name) for name in ("gil", "hal", "ida")]
        assert await told(gil) == (["silk"], [URL], [posts[0]["id"]])
        await gil.post(f"/api/v1/accounts/{writers[0].account.id}/block")
        assert await told(gil) == (["silk"], [URL], []), "that post is by somebody they block"
        await writers[0].post(f"/api/v1/accounts/{hal.account.id}/block")
        assert await told(hal) == (["silk"], [URL], []), "that post is by somebody who blocks them"
        for one in writers:
            await ida.post(f"/api/v1/accounts/{one.account.id}/mute")
        assert await told(ida) == ([], [], []), "all of it is by people they have muted"


async def test_no_post_by_somebody_under_age_is_put_before_everybodys_eyes(tmp_path):
    async with house(tmp_path, trends=True) as home:
        writers = await people(home, (*PEOPLE, "fay"))
        await minors.set_minor(home.ctx, writers[0].account.id, True, by=None)
        await writers[0].ask("PATCH", "/api/v1/accounts/update_credentials", json={"discoverable": True})
        posts = await all_write(home, writers)
        assert (await told(writers[1]))[2] == []
        await minors.set_minor(home.ctx, writers[0].account.id, False, by=None)
        await writers[0].ask("PATCH", "/api/v1/accounts/update_credentials", json={"discoverable": True})
        await trends.count(home.ctx)
        assert (await told(writers[1]))[2] == [posts[0]["id"]]


async def test_guests_are_told_nothing_of_what_the_house_talks_about(tmp_path):
    async with house(tmp_path, trends=True) as home:
        writers = await people(home, (*PEOPLE, "fay"))
        await all_write(home, writers)
        group = await guests.group(home, writers[0], "dyers")
        greta = await guests.guest(home, "greta", writers[0].account, group)
        assert await told(greta) == ([], [], [])
        assert (await greta.get(f"/api/v1/timelines/link?url={quote(URL)}")).body == []


async def test_off_nothing_is_kept_and_nothing_told(tmp_path):
    async with house(tmp_path, trends=True) as home:
        await all_write(home, await people(home, (*PEOPLE, "fay")))
    async with house(tmp_path) as home:
        ada = await home.client(await members.named(home.ctx, "ada"))
        await ada.write(WORDS, visibility="public")
        await trends.count(home.ctx)
        assert await told(ada) == ([], [], [])
        async with home.ctx.db.read() as tx:
            assert await tx.all("SELECT url FROM post_links UNION ALL SELECT name FROM trends") == []
        assert (await ada.get(f"/api/v1/timelines/link?url={quote(URL)}")).body == []


@pytest.mark.parametrize(("on", "who"), [(True, "authenticated"), (False, "disabled")])
async def test_clients_are_told_whether_there_are_streams_of_links(tmp_path, on, who):
    async with house(tmp_path, trends=on) as home:
        ada = await home.member("ada")
        found = (await ada.get("/api/v2/instance")).body["configuration"]["timelines_access"]["trending_link_feeds"]
        assert found == {"local": who, "remote": who}


async def test_what_is_written_and_liked_at_other_nodes_counts_and_where_their_people_are_does_not(tmp_path):
    async with house(tmp_path, trends=True) as home:
        peer = await Peer.known_to(home.ctx, *PEOPLE, "fay")
        gil = await home.member("gil")
        async with home.ctx.db.write() as tx:
            await tx.run("UPDATE accounts SET discoverable = 1 WHERE host <> ''")
            everybody = await nodes.members_collection(tx)
        text = f'[<a href="{URL}">News</a>] by <a href="http://{HOST}/@ada">Ada</a>'
        tag = [{"type": "Hashtag", "name": "#silk", "href": f"http://{HOST}/tags/silk"}]
        notes = []
        for name in (*PEOPLE, "fay"):
            notes.append(peer.note(name, text, to=[everybody], tag=tag))
            await peer.send(name, peer.activity("Create", name, notes[-1], to=[everybody]))
            await peer.send(name, peer.activity("Like", name, notes[0]["id"]))
        await trends.count(home.ctx)
        first = await peer.stored(notes[0]["id"])
        assert await told(gil) == (["silk"], [URL], [str(first.id)])
        for name, note in zip((*PEOPLE, "fay")[4:], notes[4:], strict=True):
            await peer.send(name, peer.activity("Delete", name, note["id"]))
        await trends.count(home.ctx)
        assert await told(gil) == ([], [], [str(first.id)])


# The posts with a link


async def test_the_posts_with_a_link_are_read_page_by_page(tmp_path, database):
    async with house(tmp_path, database=database, trends=True) as home:
        ada, ben = await people(home, ("ada", "ben"))
        shy = await person(home, "carla", discoverable=False)
        path = f"/api/v1/timelines/link?url={quote(URL + '#else', safe='')}"
        written = [(await one.write(f"See {URL}", visibility="public"))["id"] for one in (ada, ben, shy, ada)]
        await ada.write(f"See {URL}/other", visibility="public")
        narrow = await ada.write(f"See {URL}", visibility="unlisted")
        assert narrow["id"] not in written
        assert [one["id"] for one in (await ben.get(path)).body] == [written[3], written[1], written[0]]
        assert [one["id"] for one in (await shy.get(path)).body] == written[::-1], "one's own is there"
        first = await ben.get(f"{path}&limit=2")
        assert [one["id"] for one in first.body] == [written[3], written[1]]
        second = await ben.get(first.link("next"))
        assert [one["id"] for one in second.body] == [written[0]]
        await ben.post(f"/api/v1/accounts/{ada.account.id}/mute")
        assert [one["id"] for one in (await ben.get(path)).body] == [written[1]]
        for wrong in ("", "?url=", "?url=silk", "?url=javascript:alert(1)"):
            assert (await ben.get(f"/api/v1/timelines/link{wrong}")).status == 422


async def test_what_is_erased_takes_its_links_along(tmp_path, database):
    async with house(tmp_path, database=database, trends=True) as home:
        writers = await people(home, (*PEOPLE, "fay"))
        posts = await all_write(home, writers)
        await profiles.delete(home.ctx, writers[0].account)
        await writers[1].delete(f"/api/v1/statuses/{posts[1]['id']}")
        async with home.ctx.db.read() as tx:
            left = {row["post_id"] for row in await tx.all("SELECT post_id FROM post_links")}
            trending = await tx.all("SELECT name FROM trends WHERE kind = 'post'")
        assert left == {int(one["id"]) for one in posts[2:]}
        assert trending == [], "and what it was among"


# Moderators


async def test_what_a_moderator_refuses_is_not_shown_until_it_is_allowed_again(tmp_path, database):
    async with house(tmp_path, database=database, trends=True) as home:
        writers = await people(home, (*PEOPLE, "fay"))
        posts = await all_write(home, writers)
        ada, mia = writers[0], await home.member("mia", role=Role.MODERATOR, scopes=f"{SCOPES} admin:read admin:write")
        ids = {"tags": "silk", "links": str(number(URL)), "statuses": posts[0]["id"]}
        for kind, id in ids.items():
            path = f"/api/v1/admin/trends/{kind}"
            assert [one["id"] for one in (await mia.get(path)).body] == [id]
            assert (await ada.get(path)).status == 403
            for refused in (f"{path}/{id}/reject", f"{path}/{id}/approve"):
                assert (await ada.post(refused)).status == 403
            assert (await mia.post(f"{path}/{id}/reject")).body["trendable"] is False
            assert (await mia.post(f"{path}/{id}/reject")).status == 200, "twice is once"
        assert await told(ada) == ([], [], [])
        await trends.count(home.ctx)
        assert await told(ada) == ([], [], []), "counted again or not"
        for kind, id in ids.items():
            path = f"/api/v1/admin/trends/{kind}"
            assert [one["trendable"] for one in (await mia.get(path)).body] == [False]
            assert (await mia.post(f"{path}/{id}/approve")).body["trendable"] is True
            for unknown in ("0", "1", "no such word", "9" * 30):
                expected = 200 if kind == "tags" and unknown != "no such word" else 404
                assert (await mia.post(f"{path}/{quote(unknown)}/approve")).status in (expected, 422)
        assert await told(ada) == (["silk"], [URL], [posts[0]["id"]])
