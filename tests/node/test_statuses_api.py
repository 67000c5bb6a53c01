"""Statuses through the client API: written, edited, answered, planned, kept, quoted, deleted."""

import orjson
import pytest

from node.store.sealed import read_body
from outbox import polls as poll_commands
from outbox import relationships as follows
from outbox import scheduled
from tests.clients import house


async def test_what_a_client_does_not_say_is_as_the_member_usually_has_it(tmp_path):
    async with house(tmp_path) as home:
        ada = await home.member("ada")
        plain = await ada.write("Hello")
        assert (plain["visibility"], plain["audience"], plain["local_only"]) == ("unlisted", "unit", True)
        for word, audience in {"public": "organisation", "unlisted": "unit", "private": "followers"}.items():
            status = await ada.write("Hello", visibility=word)
            assert (status["visibility"], status["audience"]) == (word, audience)
        local = await ada.write("Hello", visibility="public", local_only=True)
        assert local["audience"] == "unit"
        refused = await ada.post("/api/v1/statuses", {"status": "x", "visibility": "everybody"})
        assert refused.status == 422


async def test_a_language_is_a_code_wherever_a_status_is_written(tmp_path):
    async with house(tmp_path) as home:
        ada = await home.member("ada")
        made = await ada.write("Hello", language="zh-Hans")
        assert made["language"] == "zh-Hans"
        for code in ("d\0", "dedededede", "German", 7):
            for path in ("/api/v1/statuses", "/api/v1/statuses/preview"):
                refused = await ada.post(path, {"status": "x", "language": code})
                assert (refused.status, "code of two or three" in refused.body["error"]) == (422, True), (path, code)
            changed = await ada.put(f"/api/v1/statuses/{made['id']}", {"status": "x", "language": code})
            assert changed.status == 422, code
            later = {"status": "x", "language": code, "scheduled_at": "2999-01-01T00:00:00Z"}
            assert (await ada.post("/api/v1/statuses", later)).status == 422, code
        assert (await ada.get(f"/api/v1/statuses/{made['id']}")).body["language"] == "zh-Hans"


async def test_a_limit_that_is_no_number_is_called_that(tmp_path):
    async with house(tmp_path) as home:
        refused = await (await home.member("ada")).get("/api/v1/timelines/home?limit=abc")
        assert (refused.status, refused.body["error"]) == (422, "limit is no number.")


async def test_what_no_database_has_to_keep_is_left_out_of_a_status(tmp_path):
    async with house(tmp_path) as home:
        made = await (await home.member("ada")).write("One\0 two", spoiler_text="Soup\0")
        assert (made["content"], made["spoiler_text"]) == ("<p>One two</p>", "Soup")


async def test_the_same_attempt_leads_to_the_same_post(tmp_path):
    async with house(tmp_path) as home:
        ada, ben = await home.member("ada"), await home.member("ben")
        key = {"Idempotency-Key": "one try"}
        first = await ada.post("/api/v1/statuses", {"status": "Once"}, headers=key)
        again = await ada.post("/api/v1/statuses", {"status": "Once"}, headers=key)
        other = await ben.post("/api/v1/statuses", {"status": "Mine"}, headers=key)
        assert first.body["id"] == again.body["id"] != other.body["id"]
        assert len((await ada.get(f"/api/v1/accounts/{ada.account.id}/statuses")).body) == 1


async def test_a_form_is_as_good_as_json(tmp_path):
    async with house(tmp_path) as home:
        ada = await home.member("ada")
        form = "status=Lunch?&poll[options][]=Soup&poll%5Boptions%5D[]=Bread&poll[expires_in]=600"
        kind = {"Content-Type": "application/x-www-form-urlencoded"}
        made = await ada.ask("POST", "/api/v1/statuses/", data=form, headers=kind)
        assert [option["title"] for option in made.body["poll"]["options"]] == ["Soup", "Bread"]
        assert made.body["poll"]["multiple"] is False


@pytest.mark.parametrize(
    "poll",
    [
        {"options": ["One"], "expires_in": 600},
        {"options": ["One", "one"], "expires_in": 600},
        {"options": ["One", ""], "expires_in": 600},
        {"options": ["One", "x" * 101], "expires_in": 600},
        {"options": [str(number) for number in range(9)], "expires_in": 600},
        {"options": ["One", "Two"], "expires_in": 10},
        {"options": ["One", "Two"]},
        {"options": "One", "expires_in": 600},
        "One",
    ],
    ids=str,
)
async def test_an_impossible_poll_is_refused_with_a_reason(tmp_path, poll):
    async with house(tmp_path) as home:
        ada = await home.member("ada")
        refused = await ada.post("/api/v1/statuses", {"status": "Which?", "poll": poll})
        assert refused.status == 422
        assert refused.body["error"]


async def test_a_poll_is_voted_in_once_and_counts_are_shown(tmp_path, database):
    async with house(tmp_path, database=database) as home:
        ada, ben = await home.member("ada"), await home.member("ben")
        poll = {"options": ["Soup", "Bread"], "expires_in": 600, "multiple": True}
        status = await ada.write("Lunch?", poll=poll)
        voted = await ben.post(f"/api/v1/polls/{status['id']}/votes", {"choices": [0, 1]})
        assert (voted.body["votes_count"], voted.body["voters_count"], voted.body["own_votes"]) == (2, 1, [0, 1])
        assert (await ben.post(f"/api/v1/polls/{status['id']}/votes", {"choices": [0]})).status == 422
        seen = (await ada.get(f"/api/v1/statuses/{status['id']}")).body["poll"]
        assert [option["votes_count"] for option in seen["options"]] == [1, 1]
        assert seen["voted"] is False


async def test_the_numbers_of_a_poll_are_told_once_for_many_votes(tmp_path):
    async with house(tmp_path) as home:
        ada, ben = await home.member("ada"), await home.member("ben")
        status = await ada.write("Lunch?", poll={"options": ["Soup", "Bread"], "expires_in": 86_400})
        for client in (ada, ben):
            await client.post(f"/api/v1/polls/{status['id']}/votes", {"choices": [1]})
        await poll_commands.do_due(home.ctx)
        assert await updates(home.ctx) == []
        async with home.ctx.db.write() as tx:
            await tx.run("UPDATE polls SET counted_at = counted_at - 60000")
        for _ in range(2):
            await poll_commands.do_due(home.ctx)
        (sent,) = await updates(home.ctx)
        assert [one["replies"]["totalItems"] for one in sent["object"]["oneOf"]] == [0, 2]


async def updates(ctx):
    async with ctx.db.read() as tx:
        rows = await tx.all("SELECT body FROM activities WHERE type = 'Update'")
    return [orjson.loads(read_body(tx, row["body"])) for row in rows]


async def test_an_edit_keeps_what_was_and_votes_while_the_answers_stay(tmp_path, database):
    async with house(tmp_path, database=database) as home:
        ada, ben = await home.member("ada"), await home.member("ben")
        status = await ada.write("Lunch?", poll={"options": ["Soup", "Bread"], "expires_in": 600})
        await ben.post(f"/api/v1/polls/{status['id']}/votes", {"choices": [1]})
        path = f"/api/v1/statuses/{status['id']}"
        same = {"options": ["Soup", "Bread"], "expires_in": 600}
        edited = (await ada.put(path, {"status": "Lunch today?", "poll": same, "spoiler_text": "Food"})).body
        assert edited["poll"]["votes_count"] == 1
        assert (edited["content"], edited["spoiler_text"]) == ("<p>Lunch today?</p>", "Food")
        assert edited["edited_at"]
        anew = (await ada.put(path, {"status": "Lunch today?", "poll": same | {"options": ["Soup", "Rice"]}})).body
        assert (anew["poll"]["votes_count"], anew["poll"]["options"][1]["title"]) == (0, "Rice")
        gone = (await ada.put(path, {"status": "No lunch"})).body
        assert gone["poll"] is None
        history = (await ben.get(f"{path}/history")).body
        assert [version["content"] for version in history] == [
            "<p>Lunch?</p>", "<p>Lunch today?</p>", "<p>Lunch today?</p>", "<p>No lunch</p>",
        ]  # fmt: skip
        assert [option["title"] for option in history[0]["poll"]["options"]] == ["Soup", "Bread"]
        assert (await ada.get(f"{path}/source")).body["text"] == "No lunch"
        assert (await ben.get(f"{path}/source")).status == 404
        assert (await ben.put(path, {"status": "Mine now"})).status == 404


async def test_what_is_deleted_is_gone_at_once_and_comes_back_as_it_was_typed(tmp_path):
    async with house(tmp_path) as home:
        ada, ben = await home.member("ada"), await home.member("ben")
        status = await ada.write("Some *words*")
        path = f"/api/v1/statuses/{status['id']}"
        assert (await ben.delete(path)).status == 404
        assert (await ada.delete(path)).body["text"] == "Some *words*"
        for client in (ada, ben):
            assert (await client.get(path)).status == 404


async def test_a_thread_is_read_from_the_root_down_each_answer_below_its_parent(tmp_path, database):
    async with house(tmp_path, database=database) as home:
        ada, ben = await home.member("ada"), await home.member("ben")
        root = await ada.write("root")
        first = await ben.write("first", in_reply_to_id=root["id"])
        second = await ada.write("second", in_reply_to_id=root["id"])
        below_first = await ada.write("below first", in_reply_to_id=first["id"])
        context = (await ben.get(f"/api/v1/statuses/{root['id']}/context")).body
        assert [one["id"] for one in context["descendants"]] == [first["id"], below_first["id"], second["id"]]
        above = (await ben.get(f"/api/v1/statuses/{below_first['id']}/context")).body["ancestors"]
        assert [one["id"] for one in above] == [root["id"], first["id"]]
        assert context["descendants"][1]["in_reply_to_id"] == first["id"]
        assert context["descendants"][1]["in_reply_to_account_id"] == str(ben.account.id)


async def test_a_reply_reaches_no_more_people_than_what_it_answers(tmp_path):
    async with house(tmp_path) as home:
        ada, ben = await home.member("ada"), await home.member("ben")
        root = await ada.write("For @ben", visibility="direct")
        reply = await ben.write("For all?", in_reply_to_id=root["id"], visibility="public")
        assert reply["visibility"] == "direct"


@pytest.mark.parametrize(
    ("do", "undo", "flag", "count"),
    [
        ("favourite", "unfavourite", "favourited", "favourites_count"),
        ("reblog", "unreblog", "reblogged", "reblogs_count"),
        ("bookmark", "unbookmark", "bookmarked", None),
        ("mute", "unmute", "muted", None),
    ],
)
async def test_what_one_does_shows_at_once_and_twice_changes_nothing(tmp_path, database, do, undo, flag, count):
    async with house(tmp_path, database=database) as home:
        ada, ben = await home.member("ada"), await home.member("ben")
        status = await ada.write("Hello", visibility="public")
        path = f"/api/v1/statuses/{status['id']}"
        for _ in range(2):
            done = (await ben.post(f"{path}/{do}")).body
            shown = done["reblog"] or done
            assert shown[flag] is True
            assert count is None or shown[count] == 1
        assert (await ada.get(path)).body[flag] is False
        for _ in range(2):
            undone = (await ben.post(f"{path}/{undo}")).body
            assert undone[flag] is False
            assert count is None or undone[count] == 0


async def test_a_boost_may_go_to_a_narrower_circle_and_never_to_a_wider_one(tmp_path):
    async with house(tmp_path) as home:
        ada, ben = await home.member("ada"), await home.member("ben")
        for visibility, wished, got in (("public", "private", "private"), ("unlisted", "public", "unlisted")):
            status = await ada.write("Hello", visibility=visibility)
            boost = await ben.post(f"/api/v1/statuses/{status['id']}/reblog", {"visibility": wished})
            assert boost.body["visibility"] == got


async def test_kept_posts_are_paged_by_when_they_were_kept(tmp_path, database):
    async with house(tmp_path, database=database) as home:
        ada, ben = await home.member("ada"), await home.member("ben")
        ids = [(await ada.write(str(number)))["id"] for number in range(3)]
        for id in (ids[1], ids[0], ids[2]):
            await ben.post(f"/api/v1/statuses/{id}/bookmark")
            await ben.post(f"/api/v1/statuses/{id}/favourite")
        for kept in ("bookmarks", "favourites"):
            page = await ben.get(f"/api/v1/{kept}?limit=2")
            assert [one["id"] for one in page.body] == [ids[2], ids[0]]
            older = await ben.get(page.link("next"))
            assert [one["id"] for one in older.body] == [ids[1]]
            assert older.link("next") is None
            newer = await ben.get(older.link("prev"))
            assert [one["id"] for one in newer.body] == [ids[2], ids[0]]
            assert (await ada.get(f"/api/v1/{kept}")).body == []
        who = await ada.get(f"/api/v1/statuses/{ids[0]}/favourited_by")
        assert [one["acct"] for one in who.body] == ["ben"]


async def test_streams_go_both_ways_and_end(tmp_path, database):
    async with house(tmp_path, database=database) as home:
        ada = await home.member("ada")
        ids = [(await ada.write(str(number)))["id"] for number in range(5)]
        for stream in ("home", "public?local=true"):
            first = await ada.get(f"/api/v1/timelines/{stream}{'&' if '?' in stream else '?'}limit=2")
            assert [one["id"] for one in first.body] == [ids[4], ids[3]]
            second = await ada.get(first.link("next"))
            third = await ada.get(second.link("next"))
            assert [one["id"] for one in (*second.body, *third.body)] == [ids[2], ids[1], ids[0]]
            assert third.link("next") is None
            assert [one["id"] for one in (await ada.get(third.link("prev"))).body] == [ids[2], ids[1]]
        since = await ada.get(f"/api/v1/timelines/home?since_id={ids[1]}&limit=2")
        assert [one["id"] for one in since.body] == [ids[4], ids[3]]
        least = await ada.get(f"/api/v1/timelines/home?min_id={ids[1]}&limit=2")
        assert [one["id"] for one in least.body] == [ids[3], ids[2]]
        assert len((await ada.get("/api/v1/timelines/home?limit=400")).body) == 5


async def test_pinned_posts_stand_on_top_and_there_are_five_at_most(tmp_path):
    async with house(tmp_path) as home:
        ada, ben = await home.member("ada"), await home.member("ben")
        made = [await ada.write(str(number)) for number in range(6)]
        for one in made[:5]:
            assert (await ada.post(f"/api/v1/statuses/{one['id']}/pin")).body["pinned"] is True
        assert (await ada.post(f"/api/v1/statuses/{made[5]['id']}/pin")).status == 422
        assert (await ben.post(f"/api/v1/statuses/{made[5]['id']}/pin")).status == 404
        assert (await ada.post(f"/api/v1/statuses/{made[0]['id']}/unpin")).body["pinned"] is False
        assert (await ada.post(f"/api/v1/statuses/{made[5]['id']}/pin")).status == 200


async def test_a_planned_post_appears_when_it_is_due_and_only_once(tmp_path, database):
    async with house(tmp_path, database=database) as home:
        ada, ben = await home.member("ada"), await home.member("ben")
        due = "2100-01-01T00:00:00.000Z"
        planned = (await ada.post("/api/v1/statuses", {"status": "Later", "scheduled_at": due})).body
        assert (planned["scheduled_at"], planned["params"]["text"]) == (due, "Later")
        path = f"/api/v1/scheduled_statuses/{planned['id']}"
        assert (await ben.get(path)).status == 404
        assert (await ben.delete(path)).status == 404
        assert [one["id"] for one in (await ada.get("/api/v1/scheduled_statuses")).body] == [planned["id"]]
        moved = await ada.put(path, {"scheduled_at": "2100-02-01T00:00:00.000Z"})
        assert moved.body["scheduled_at"] == "2100-02-01T00:00:00.000Z"
        assert await scheduled.publish_due(home.ctx) == 0
        async with home.ctx.db.write() as tx:
            await tx.run("UPDATE scheduled_posts SET due_at = 1")
        assert await scheduled.publish_due(home.ctx) == 1
        assert await scheduled.publish_due(home.ctx) == 0
        wall = (await ben.get(f"/api/v1/accounts/{ada.account.id}/statuses")).body
        assert [one["content"] for one in wall] == ["<p>Later</p>"]


async def test_a_planned_post_that_answers_something_deleted_appears_without_that(tmp_path):
    async with house(tmp_path) as home:
        ada = await home.member("ada")
        root = await ada.write("root")
        later = {"status": "Later", "scheduled_at": "2100-01-01T00:00:00Z", "in_reply_to_id": root["id"]}
        await ada.post("/api/v1/statuses", later)
        await ada.delete(f"/api/v1/statuses/{root['id']}")
        async with home.ctx.db.write() as tx:
            await tx.run("UPDATE scheduled_posts SET due_at = 1")
        await scheduled.publish_due(home.ctx)
        wall = (await ada.get(f"/api/v1/accounts/{ada.account.id}/statuses")).body
        assert [(one["content"], one["in_reply_to_id"]) for one in wall] == [("<p>Later</p>", None)]


@pytest.mark.parametrize("moment", ["soon", "2001-01-01T00:00:00Z"])
async def test_a_post_is_planned_for_a_real_moment_to_come(tmp_path, moment):
    async with house(tmp_path) as home:
        ada = await home.member("ada")
        refused = await ada.post("/api/v1/statuses", {"status": "Later", "scheduled_at": moment})
        assert refused.status == 422


async def test_colleagues_quote_each_other_as_the_author_allows(tmp_path, database):
    async with house(tmp_path, database=database) as home:
        ada, ben, eva = [await home.member(name) for name in ("ada", "ben", "eva")]
        await follows.follow(home.ctx, ben.account, ada.account.id)
        closed = await ada.write("Closed", visibility="public")
        for_followers = await ada.write("Half", visibility="public", quote_approval_policy="followers")
        open_ = await ada.write("Open", visibility="public", quote_approval_policy="public")
        who = {"closed": closed, "followers": for_followers, "public": open_}
        allowed = {"closed": {ada}, "followers": {ada, ben}, "public": {ada, ben, eva}}
        for policy, status in who.items():
            for client in (ada, ben, eva):
                seen = (await client.get(f"/api/v1/statuses/{status['id']}")).body["quote_approval"]["current_user"]
                assert seen == ("automatic" if client in allowed[policy] else "denied")
                made = await client.post("/api/v1/statuses", {"status": "See", "quoted_status_id": status["id"]})
                assert made.status == (200 if client in allowed[policy] else 403)
                if made.status == 200:
                    assert made.body["quote"]["quoted_status"]["id"] == status["id"]
        assert (await ada.get(f"/api/v1/statuses/{open_['id']}")).body["quotes_count"] == 3
        quoting = (await ada.get(f"/api/v1/statuses/{open_['id']}/quotes")).body
        assert len(quoting) == 3
        revoked = await ada.post(f"/api/v1/statuses/{open_['id']}/quotes/{quoting[0]['id']}/revoke")
        assert revoked.body["quote"] == {"state": "revoked", "quoted_status": None}
        assert (await ada.get(f"/api/v1/statuses/{open_['id']}")).body["quotes_count"] == 2
        path = f"/api/v1/statuses/{closed['id']}/interaction_policy"
        later = await ada.put(path, {"quote_approval_policy": "public"})
        assert later.body["quote_approval"]["automatic"] == ["public"]
        assert (await eva.post("/api/v1/statuses", {"status": "See", "quoted_status_id": closed["id"]})).status == 200


async def test_why_a_quote_is_not_shown_is_said(tmp_path, database):
    async with house(tmp_path, database=database) as home:
        ada, ben, eva = [await home.member(name) for name in ("ada", "ben", "eva")]
        open_ = await ada.write("Open", visibility="public", quote_approval_policy="public")
        quoting = await ben.write("See", visibility="public", quoted_status_id=open_["id"])
        about = f"/api/v1/accounts/{ada.account.id}"

        async def quote(client):
            found = (await client.get(f"/api/v1/statuses/{quoting['id']}")).body["quote"]
            return found["state"], found["quoted_status"] and found["quoted_status"]["id"]

        assert await quote(eva) == ("accepted", open_["id"])
        await eva.post(f"{about}/mute")
        assert await quote(eva) == ("muted_account", open_["id"])
        await eva.post(f"{about}/block")
        assert await quote(eva) == ("blocked_account", None)
        await eva.post(f"{about}/unblock")
        await eva.post(f"{about}/unmute")
        await ada.post(f"/api/v1/accounts/{eva.account.id}/block")
        assert await quote(eva) == ("unauthorized", None), "who blocks whom is not told"
        within = await ben.write("That", visibility="public", quoted_status_id=quoting["id"])
        assert within["quote"]["quoted_status"]["quote"] == {"state": "accepted", "quoted_status_id": open_["id"]}
        seen = (await eva.get(f"/api/v1/statuses/{within['id']}")).body["quote"]["quoted_status"]["quote"]
        assert seen == {"state": "unauthorized", "quoted_status_id": None}
        await ada.delete(f"/api/v1/statuses/{open_['id']}")
        assert await quote(ben) == ("deleted", None)
        home_page = (await ben.get("/api/v1/timelines/home")).body
        assert [one["quote"]["state"] for one in home_page] == ["accepted", "deleted"]


async def test_what_is_for_few_is_not_quoted_for_many(tmp_path):
    async with house(tmp_path) as home:
        ada = await home.member("ada")
        private = await ada.write("For followers", visibility="private")
        quote = {"status": "See", "quoted_status_id": private["id"]}
        assert (await ada.post("/api/v1/statuses", quote | {"visibility": "public"})).status == 422
        assert (await ada.post("/api/v1/statuses", quote | {"visibility": "private"})).status == 200


async def test_every_answer_carries_what_web_clients_elsewhere_need(tmp_path):
    async with house(tmp_path) as home:
        ada = await home.member("ada")
        for path, status in (("/api/v1/timelines/home", 200), ("/api/v1/statuses/1", 404), ("/api/v1/nothing", 404)):
            reply = await ada.get(path)
            assert reply.status == status
            assert reply.headers["Access-Control-Allow-Origin"] == "*"
            assert "Link" in reply.headers["Access-Control-Expose-Headers"]
            assert reply.headers["Content-Type"] == "application/json; charset=utf-8"
        asked = {"Origin": "https://app.example", "Access-Control-Request-Method": "PUT"}
        preflight = await ada.ask("OPTIONS", "/api/v1/statuses/1", headers=asked)
        assert preflight.status == 204
        assert "PUT" in preflight.headers["Access-Control-Allow-Methods"]
        assert "Idempotency-Key" in preflight.headers["Access-Control-Allow-Headers"]
        page = await ada.get("/home")
        assert "Access-Control-Allow-Origin" not in page.headers
