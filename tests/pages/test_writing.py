"""Writing, as a browser without JavaScript meets it: warnings, polls, files, plans, the preview, and what follows."""

import io
import re
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from html import unescape

import aiohttp
from werkzeug.datastructures import FileStorage, MultiDict
from werkzeug.test import encode_multipart

from moderation import members
from node.domain.groups import Group
from node.domain.polls import DraftPoll
from node.domain.posts import Draft
from node.domain.visibility import Visibility
from node.store import accounts, copies, groups, media, posts, reports, scheduled
from node.store import polls as poll_rows
from node.store.pages import Page
from outbox import posts as commands
from outbox import relationships
from tests.benchmarks.setting import follows
from tests.inbox.peer import HOST as PEER
from tests.inbox.peer import Peer
from tests.node.browser import BROWSER, PASSWORD, Browser
from tests.nodes import context
from tests.pages.scene import drawn
from tests.served import PASSWORD as SERVED_PASSWORD
from tests.served import served


@asynccontextmanager
async def writer(tmp_path):
    async with context(tmp_path) as ctx:
        ada = await members.add(ctx, username="ada", password=PASSWORD, name="Ada Martin")
        browser = Browser(ctx)
        await browser.sign_in()
        yield ctx, browser, ada


async def send(browser, path="/posts", *, files=None, **form):
    form = {"csrf": await browser.csrf("/compose"), "text": "Hello", "audience": "unit"} | form | (files or {})
    boundary, body = encode_multipart(MultiDict(form))
    headers = BROWSER | {"Content-Type": f"multipart/form-data; boundary={boundary}"}
    answer = await browser.client.post(path, data=body, headers=headers)
    return answer, await answer.get_data(as_text=True)


def file(data, name="loom.png"):
    return FileStorage(io.BytesIO(data), filename=name)


async def made(ctx, answer):
    assert answer.status_code == 303, await answer.get_data(as_text=True)
    id = int(answer.headers["Location"].rsplit("/", 1)[1])
    async with ctx.db.read() as tx:
        return await posts.by_id(tx, id)


async def own_files(ctx, account):
    async with ctx.db.read() as tx:
        return await media.of_uploader(tx, account.id)


async def test_a_post_gets_a_warning_and_a_poll(tmp_path):
    async with writer(tmp_path) as (ctx, browser, _):
        answer, _ = await send(
            browser, summary="About lunch", answer=["Soup", "", "Rice", ""], several="on", seconds="3600"
        )
        post = await made(ctx, answer)
        async with ctx.db.read() as tx:
            poll = (await poll_rows.of_posts(tx, [post.id]))[post.id]
    assert post.summary == "About lunch"
    assert [option.name for option in poll.options] == ["Soup", "Rice"]
    assert poll.several
    assert poll.ends_at == post.published_at + 3_600_000


async def test_a_post_gets_files_with_descriptions(tmp_path):
    async with writer(tmp_path) as (ctx, browser, _):
        answer, _ = await send(
            browser,
            files={"file-1": file(drawn("red")), "file-2": file(drawn("blue"))},
            **{"described-1": "Red", "described-2": "Blue"},
        )
        post = await made(ctx, answer)
        async with ctx.db.read() as tx:
            found = (await media.of_posts(tx, [post.id]))[post.id]
    assert [one.description for one in found] == ["Red", "Blue"]


async def test_files_that_came_stay_when_the_post_cannot_be_published(tmp_path):
    async with writer(tmp_path) as (ctx, browser, ada):
        answer, page = await send(
            browser,
            text="x" * (ctx.settings.limits.post_length + 1),
            files={"file-1": file(drawn("red"))},
            **{"described-1": "Red", "summary": "Careful"},
        )
        assert answer.status_code == 422
        (kept,) = await own_files(ctx, ada)
        assert f'name="media" value="{kept.id}"' in page
        assert 'value="Careful"' in page
        assert 'value="Red"' in page
        post = await made(ctx, (await send(browser, media=str(kept.id), **{f"described-of-{kept.id}": "Dark red"}))[0])
        async with ctx.db.read() as tx:
            (found,) = (await media.of_posts(tx, [post.id]))[post.id]
    assert (found.id, found.description) == (kept.id, "Dark red")


async def test_a_file_that_cannot_be_taken_loses_neither_the_others_nor_its_description(tmp_path):
    async with writer(tmp_path) as (ctx, browser, ada):
        broken = drawn("blue")[:60]
        answer, page = await send(
            browser,
            files={"file-1": file(drawn("red")), "file-2": file(broken)},
            **{"described-1": "Red", "described-2": "Blue"},
        )
        (kept,) = await own_files(ctx, ada)
    assert answer.status_code == 422
    assert f'name="media" value="{kept.id}"' in page
    assert 'name="described-1" type="text" value="Blue"' in page


async def test_a_file_can_be_taken_out_again(tmp_path):
    async with writer(tmp_path) as (ctx, browser, ada):
        await send(browser, "/compose/preview", files={"file-1": file(drawn("red"))})
        (kept,) = await own_files(ctx, ada)
        answer, _ = await send(browser, media=str(kept.id), **{f"without-{kept.id}": "on"})
        post = await made(ctx, answer)
        async with ctx.db.read() as tx:
            assert not (await media.of_posts(tx, [post.id])).get(post.id)


async def test_nobody_publishes_the_files_of_somebody_else(tmp_path):
    async with writer(tmp_path) as (ctx, browser, ada):
        await send(browser, "/compose/preview", files={"file-1": file(drawn("red"))})
        (kept,) = await own_files(ctx, ada)
        await members.add(ctx, username="ben", password=PASSWORD)
        other = Browser(ctx)
        await other.sign_in(username="ben")
        answer, page = await send(other, media=str(kept.id))
    assert answer.status_code == 422
    assert f'value="{kept.id}"' not in page


async def test_large_files_are_taken_from_members_only(tmp_path):
    large = b"%PDF-1.7\n" + b"x" * 3_000_000
    async with served(tmp_path) as node:
        ada = await members.add(node.ctx, username="ada", password=SERVED_PASSWORD)
        url = node.ctx.settings.url

        def form(token):
            fields = aiohttp.FormData({"csrf": token, "text": "Hello", "audience": "unit"})
            fields.add_field("file-1", io.BytesIO(large), filename="plan.pdf", content_type="application/pdf")
            return fields

        jar = aiohttp.CookieJar(unsafe=True)
        async with aiohttp.ClientSession(cookie_jar=jar) as window:

            async def token(path):
                async with window.get(url + path) as page:
                    return re.search(r'name="csrf" value="([0-9a-f]+)"', await page.text())[1]

            async with window.post(f"{url}/posts", data=form("")) as refused:
                assert refused.status == 413
            signing_in = {"csrf": await token("/sign-in"), "username": "ada", "password": SERVED_PASSWORD}
            async with window.post(f"{url}/sign-in", data=signing_in) as home:
                assert home.status == 200
            data = form(await token("/compose"))
            async with window.post(f"{url}/posts", data=data, allow_redirects=False) as answer:
                assert answer.status == 303, await answer.text()
                id = int(answer.headers["Location"].rsplit("/", 1)[1])
        async with node.ctx.db.read() as tx:
            (kept,) = (await media.of_posts(tx, [id]))[id]
    assert (kept.account_id, kept.kind) == (ada.id, "document")


async def test_a_post_is_planned_on_the_clocks_of_the_node(tmp_path):
    async with context(tmp_path) as utc:
        ctx = replace(utc, settings=replace(utc.settings, node=replace(utc.settings.node, timezone="Asia/Tokyo")))
        ada, browser = await members.add(ctx, username="ada", password=PASSWORD), Browser(ctx)
        await browser.sign_in()
        wanted = datetime.fromtimestamp(ctx.clock() / 1000, UTC).replace(second=0, microsecond=0) + timedelta(days=2)
        due = (wanted + timedelta(hours=9)).strftime("%Y-%m-%dT%H:%M")
        answer, _ = await send(browser, due=due)
        assert answer.status_code == 303
        _, page = await browser.page(answer.headers["Location"])
        async with ctx.db.read() as tx:
            (planned,) = await scheduled.of_account(tx, ada.id, Page(before=2**62, limit=5))
    assert planned.due_at == wanted.timestamp() * 1000
    assert "Your post is planned for" in page


async def test_a_plan_that_is_no_time_keeps_what_was_typed(tmp_path):
    async with writer(tmp_path) as (_, browser, _):
        answer, page = await send(browser, due="soon", text="Keep this")
    assert answer.status_code == 422
    assert "Keep this" in page
    assert 'value="soon"' in page


async def test_a_preview_shows_the_post_and_publishes_nothing(tmp_path):
    async with writer(tmp_path) as (ctx, browser, ada):
        await members.add(ctx, username="ben", password=PASSWORD)
        answer, page = await send(browser, "/compose/preview", text="*Hi* <script>x</script>", answer=["Yes", "No"])
        async with ctx.db.read() as tx:
            written = await posts.of_author(tx, ada.id)
    assert answer.status_code == 200
    assert not written
    assert "<em>Hi</em>" in page
    assert "<script>x" not in page
    assert "<li>Yes</li>" in page
    assert "2 people can read this" in page
    assert "It does not leave this node." in page
    assert "*Hi* &lt;script&gt;" in page
    assert 'action="/posts"' in page


async def test_a_preview_names_nodes_and_people(tmp_path):
    async with writer(tmp_path) as (ctx, browser, ada):
        peer = await Peer.known_to(ctx, "rita")
        ben = await members.add(ctx, username="ben", password=PASSWORD, name="Ben Huber")
        await relationships.follow(ctx, ben, ada.id)
        _, everybody = await send(browser, "/compose/preview", audience="organisation")
        _, followers = await send(browser, "/compose/preview", audience="followers")
        _, named = await send(browser, "/compose/preview", audience="direct", text="@ben hello")
        _, nobody = await send(browser, "/compose/preview", audience="direct")
        _, unit = await send(browser, "/compose/preview", text=f"@rita@{PEER} hello")
        assert peer.actors["rita"].host == PEER
    assert "It is sent to these nodes:" in everybody
    assert "everybody in the organisation" in everybody
    assert "1 person gets this" in followers
    assert "It is sent to these nodes" not in followers
    assert "Only these people get this: Ben Huber" in named
    assert "nobody gets this" in nobody
    assert "It does not reach" in unit


async def test_what_would_reach_nobody_is_refused_with_what_a_preview_says(tmp_path):
    async with writer(tmp_path) as (ctx, browser, _):
        day = (datetime.now(UTC) + timedelta(days=2)).strftime("%Y-%m-%dT%H:%M")
        for fields in ({}, {"due": day}):
            answer, page = await send(browser, audience="direct", text="@nobody hello", **fields)
            assert (answer.status_code, "nobody gets this" in page, "@nobody hello" in page) == (422, True, True)
        await members.add(ctx, username="ben", password=PASSWORD)
        answer, _ = await send(browser, audience="direct", text="@ben hello")
        assert (await made(ctx, answer)).visibility is Visibility.DIRECT


async def test_an_answer_to_what_is_no_post_does_not_become_a_post_of_its_own(tmp_path):
    async with writer(tmp_path) as (ctx, browser, ada):
        for name in ("reply_to", "wall_of"):
            answer, page = await send(browser, **{name: "abc"}, text="Keep this")
            assert (answer.status_code, "Keep this" in page) == (404, True)
        async with ctx.db.read() as tx:
            assert not await posts.of_author(tx, ada.id)


async def test_what_no_database_has_to_keep_is_left_out_of_what_is_typed(tmp_path):
    async with writer(tmp_path) as (ctx, browser, _):
        answer, _ = await send(browser, summary="Soup\0", text="One\0 two", answer=["A\0", "B"])
        post = await made(ctx, answer)
        assert (post.summary, post.source) == ("Soup", "One two")
        assert "\0" not in (await browser.page("/home"))[1]


async def test_what_a_preview_says_is_where_the_post_goes(tmp_path):
    async with writer(tmp_path) as (ctx, _, ada):
        await Peer.known_to(ctx, "rita")
        for visibility in (Visibility.UNIT, Visibility.ORGANISATION, Visibility.FOLLOWERS, Visibility.DIRECT):
            draft = Draft(f"@rita@{PEER} hello", visibility)
            told = await commands.preview(ctx, ada, draft)
            post = await commands.publish(ctx, ada, draft)
            async with ctx.db.read() as tx:
                held = await copies.holders(tx, post.uri)
            assert list(told.reach.hosts) == [copy.host for copy in held], visibility


async def test_a_preview_of_an_answer_is_as_narrow_as_the_answer(tmp_path):
    async with writer(tmp_path) as (ctx, browser, ada):
        first = await commands.publish(ctx, ada, Draft("Here only", Visibility.UNIT))
        _, page = await send(browser, "/compose/preview", audience="organisation", reply_to=str(first.id))
    assert "What you answer is for fewer people" in page
    assert "It does not leave this node." in page
    assert f'name="reply_to" value="{first.id}"' in page


async def test_earlier_versions_are_shown_to_whoever_may_see_the_post(tmp_path):
    async with writer(tmp_path) as (ctx, browser, ada):
        ben = await members.add(ctx, username="ben", password=PASSWORD)
        draft = Draft("First words", poll=DraftPoll(("Yes", "No"), 3_600))
        post = await commands.publish(ctx, ada, draft)
        await commands.edit(ctx, ada, post.id, replace(draft, text="Second words"))
        _, page = await browser.page(f"/posts/{post.id}/history")
        secret = await commands.publish(ctx, ben, Draft("Mine alone", Visibility.DIRECT))
        hidden, _ = await browser.page(f"/posts/{secret.id}/history")
    assert 0 < page.index("Second words") < page.index("First words")
    assert hidden.status_code == 404


async def test_an_author_and_nobody_else_sees_who_holds_a_copy(tmp_path):
    async with writer(tmp_path) as (ctx, browser, ada):
        await Peer.known_to(ctx, "rita")
        ben = await members.add(ctx, username="ben", password=PASSWORD)
        mine = await commands.publish(ctx, ada, Draft("Hello all", Visibility.ORGANISATION))
        alone = await commands.publish(ctx, ada, Draft("Hello here"))
        theirs = await commands.publish(ctx, ben, Draft("Hello all", Visibility.ORGANISATION))
        _, page = await browser.page(f"/posts/{mine.id}/copies")
        _, none = await browser.page(f"/posts/{alone.id}/copies")
        hidden, _ = await browser.page(f"/posts/{theirs.id}/copies")
    assert "holds a copy" in page
    assert "hands it on" not in page, "it stands in no group"
    assert PEER in page
    assert "No other node holds a copy." in none
    assert hidden.status_code == 404


async def test_a_complaint_reaches_the_moderators(tmp_path):
    async with writer(tmp_path) as (ctx, browser, ada):
        ben = await members.add(ctx, username="ben", password=PASSWORD)
        post = await commands.publish(ctx, ben, Draft("Buy my boat"))
        path = f"/posts/{post.id}/complain"
        form = {"csrf": await browser.csrf(path), "category": "spam", "comment": "Advertising"}
        answer = await browser.client.post(path, form=form, headers=BROWSER)
        assert answer.status_code == 303
        _, thanks = await browser.page(answer.headers["Location"])
        async with ctx.db.read() as tx:
            (report,) = await reports.page(tx)
        assert "The moderators look at it" in thanks
    assert (report.from_id, report.category, report.content, report.post_ids) == (
        ada.id,
        "spam",
        "Advertising",
        (post.id,),
    )


async def test_a_complaint_that_is_too_long_is_kept_and_no_one_complains_about_oneself(tmp_path):
    async with writer(tmp_path) as (ctx, browser, ada):
        ben = await members.add(ctx, username="ben", password=PASSWORD)
        post = await commands.publish(ctx, ben, Draft("Hello"))
        own = await commands.publish(ctx, ada, Draft("Hello"))
        path = f"/posts/{post.id}/complain"
        form = {"csrf": await browser.csrf(path), "category": "other", "comment": "y" * 1001}
        answer = await browser.client.post(path, form=form, headers=BROWSER)
        page = await answer.get_data(as_text=True)
        refused, _ = await browser.page(f"/posts/{own.id}/complain")
    assert answer.status_code == 422
    assert "y" * 1001 in page
    assert refused.status_code == 404


async def test_a_script_gets_an_answer_to_put_beneath_the_post_or_is_sent_to_what_was_planned(tmp_path):
    async with writer(tmp_path) as (ctx, browser, ada):
        post = await commands.publish(ctx, ada, Draft("Question"))
        script = BROWSER | {"HX-Request": "true"}
        answer = await browser.client.get(f"/posts/{post.id}/reply", headers=script)
        form = await answer.get_data(as_text=True)
        assert "<html" not in form
        assert f'name="reply_to" value="{post.id}"' in form
        elsewhere = await browser.client.get(f"/posts/{post.id}/reply", headers=BROWSER)
        assert (elsewhere.status_code, elsewhere.headers["Location"]) == (303, f"/posts/{post.id}#reply")
        fields = {"csrf": await browser.csrf("/compose"), "reply_to": str(post.id), "audience": "unit"}
        answer = await browser.client.post("/posts", form=fields | {"text": "Answer"}, headers=script)
        shown = await answer.get_data(as_text=True)
        assert shown.strip().startswith("<article")
        assert "Answer" in shown
        due = datetime.now(UTC) + timedelta(days=1)
        fields |= {"text": "Later", "due": due.strftime("%Y-%m-%dT%H:%M")}
        answer = await browser.client.post("/posts", form=fields, headers=script)
        assert answer.headers["HX-Redirect"].startswith("/compose?planned=")
        assert await answer.get_data() == b""


async def test_a_post_one_may_not_see_cannot_be_answered_beneath_it(tmp_path):
    async with writer(tmp_path) as (ctx, browser, _):
        ben = await members.add(ctx, username="ben", password=PASSWORD)
        hidden = await commands.publish(ctx, ben, Draft("Mine", Visibility.DIRECT))
        answer = await browser.client.get(f"/posts/{hidden.id}/reply", headers=BROWSER | {"HX-Request": "true"})
        assert answer.status_code == 404


async def test_a_file_is_uploaded_by_itself_for_the_post_that_is_being_written(tmp_path):
    async with writer(tmp_path) as (ctx, browser, ada):
        picture = drawn("#27408b")
        answer, place = await send(browser, "/compose/files", files={"file": file(picture)}, n="2", key="7")
        (taken,) = await own_files(ctx, ada)
        assert answer.status_code == 200
        assert f'name="media" value="{taken.id}"' in place
        assert f'id="described-of-{taken.id}-7" name="described-of-{taken.id}"' in place
        assert "Description of file 2" in place
        answer, _ = await send(browser, "/compose/files", files={"file": file(picture)}, csrf="00")
        assert answer.status_code == 403
        answer, page = await send(browser, "/compose/files", files={"file": file(b"nothing that we know")})
        assert answer.status_code == 422
        assert 'role="alert"' in page
        assert (await send(browser, "/compose/files"))[0].status_code == 422
        assert len(await own_files(ctx, ada)) == 1


async def test_C01_who_hands_a_post_on_and_until_when_it_is_held_is_said_before_and_after(tmp_path):
    async with writer(tmp_path) as (ctx, browser, ada):
        peer = await Peer.known_to(ctx, "dyers")
        async with ctx.change() as change:
            dyers = replace(peer.actors["dyers"], kind="Group")
            await accounts.update(change.tx, dyers)
            await groups.put(change.tx, Group(dyers.id))
        await follows(ctx, ada, dyers)
        _, before = await send(browser, "/compose/preview", audience="group", group=str(dyers.id))
        mine = await commands.publish(ctx, ada, Draft("Hello", Visibility.GROUP, group=dyers.id))
        async with ctx.change() as change:
            await change.tx.run("UPDATE posts SET expires_at = :end WHERE id = :id", end=1_830_297_600_000, id=mine.id)
            await copies.order_at(change.tx, mine.uri, [PEER])
        _, after = await browser.page(f"/posts/{mine.id}/copies")
        async with ctx.change() as change:
            await copies.confirm(change.tx, object=mine.uri, host=PEER)
        _, taken = await browser.page(f"/posts/{mine.id}/copies")
    for page in (before, after):
        assert f"{PEER}, where the group is at home, hands it on to the nodes of its members" in page
    assert "Every node deletes its copy by itself, at the latest on" in after
    assert "2028" in after or "2027" in after
    assert "is told to delete it" in after
    assert "has taken the order to delete it" in taken


async def test_a_composer_says_beside_each_audience_how_many_read_it_and_counts_now_and_then(tmp_path):
    async with context(tmp_path) as ctx:
        now = [ctx.clock() // 600_000 * 600_000]
        ctx = replace(ctx, clock=lambda: now[0])
        await members.add(ctx, username="ada", password=PASSWORD)
        await Peer.known_to(ctx, "bob")
        browser = Browser(ctx)
        await browser.sign_in()

        async def options(path):
            return re.findall(r"(?:unit only|organisation) · [^<]+(?=</option>)", (await browser.page(path))[1])

        for path in ("/home", "/compose", "/unit"):
            assert await options(path) == ["unit only · 1 person", "organisation · 2 nodes"], path
        await members.add(ctx, username="ben", password=PASSWORD)
        assert (await options("/home"))[0] == "unit only · 1 person", "nothing is counted for each page"
        now[0] += 600_000
        assert (await options("/home"))[0] == "unit only · 2 people"


async def test_a_composer_and_a_profile_advise_what_needs_consent_and_what_to_leave_out(tmp_path):
    async with writer(tmp_path) as (_, browser, _ada):
        for path in ("/compose", "/settings/profile"):
            assert "Show others only with their consent." in (await browser.page(path))[1], path
        for path in ("/first-steps", "/settings/profile"):
            assert "leave out health, faith, politics" in (await browser.page(path))[1], path


async def test_whoever_is_named_in_a_post_asks_in_its_menu_for_their_name_to_be_taken_out(tmp_path):
    async with writer(tmp_path) as (ctx, browser, _ada):
        ben = await members.add(ctx, username="ben", password=PASSWORD)
        made = await commands.publish(ctx, ben, Draft("Ask @ada for oil", Visibility.UNIT))
        answered = await commands.publish(ctx, ben, Draft("No name", Visibility.UNIT))
        page = (await browser.page(f"/posts/{made.id}"))[1]
        assert "Take my name out" not in (await browser.page(f"/posts/{answered.id}"))[1]
        link = unescape(re.search(r'href="(/complaint\?[^"]+)"', page)[1])
        form = (await browser.page(link))[1]
        for typed in (
            'value="erasure" selected',
            f"{ctx.settings.url}/posts/{made.id}",
            'value="@ada"',
            "out of this post",
        ):
            assert typed in form, typed
        about = {"topic": "erasure", "wish": "Out", "links": f"{ctx.settings.url}/posts/{made.id}", "passage": "@ada"}
        answer = await browser.client.post(
            "/complaint", form={"csrf": await browser.csrf(link), **about}, headers=BROWSER
        )
        assert answer.status_code == 303
