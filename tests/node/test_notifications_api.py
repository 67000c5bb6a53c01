"""Notifications through the client API: told, counted, forgotten; of every kind, and never another member's."""

import re

from node.domain.accounts import Role
from node.domain.notifications import KINDS, Kind, Notification, Policy
from node.domain.polls import Option, Poll
from node.domain.posts import Parts, Post
from node.domain.visibility import Visibility
from node.effects import notifications as effects
from node.effects import posts as post_effects
from node.store import notification_policies, notifications, personal
from outbox import reactions
from outbox import relationships as follows
from tests.clients import house
from tests.node.notified import HOUR, POLICY, REQUESTS, V1, V2, groups, mention, strangers, tell, told
from tests.node.test_web import BROWSER, token


async def test_a_member_is_told_what_others_did_and_forgets_it(tmp_path, database):
    async with house(tmp_path, database=database) as home:
        ada, ben, eva = await home.member("ada"), await home.member("ben"), await home.member("eva")
        post = await ada.write("Hello")
        await reactions.favourite(home.ctx, ben.account, int(post["id"]))
        await reactions.boost(home.ctx, eva.account, int(post["id"]))
        await ben.write("Good morning, @ada")
        await follows.follow(home.ctx, eva.account, ada.account.id)

        everything = [("follow", "eva"), ("mention", "ben"), ("reblog", "eva"), ("favourite", "ben")]
        assert await told(ada) == everything
        assert await told(ada, "?types[]=mention&types[]=follow") == everything[:2]
        assert await told(ada, "?exclude_types%5B%5D=mention") == [everything[0], *everything[2:]]
        assert await told(ada, "?types[]=mention&types[]=reblog&exclude_types[]=mention") == [everything[2]]
        assert await told(ada, "?types[]=nothing") == []
        assert await told(ada, f"?account_id={eva.account.id}") == [everything[0], everything[2]]
        assert await told(ben) == await told(eva) == []

        page = await ada.get(f"{V1}?limit=3&exclude_types[]=poll")
        assert "limit=3&exclude_types%5B%5D=poll&max_id=" in page.link("next")
        rest = await ada.get(page.link("next"))
        assert [one["type"] for one in rest.body] == ["favourite"]
        assert rest.link("next") is None
        assert [one["type"] for one in (await ada.get(rest.link("prev"))).body] == ["follow", "mention", "reblog"]

        first, second = page.body[:2]
        assert (await ada.get(f"{V1}/{second['id']}")).body == second
        assert (await ada.post(f"{V1}/{first['id']}/dismiss")).body == {}
        assert (await ada.post(f"{V1}/{first['id']}/dismiss")).status == 404
        assert (await ada.post(f"{V1}/dismiss", form={"id": second["id"]})).body == {}
        assert (await ada.post(f"{V1}/dismiss", {})).status == 404
        assert await told(ada) == everything[2:]
        assert (await ada.get(f"{V1}/{second['id']}")).status == 404
        assert (await ada.post(f"{V1}/clear")).body == {}
        assert await told(ada) == []


async def test_unread_are_those_after_the_marker_up_to_a_limit(tmp_path, database):
    async with house(tmp_path, database=database) as home:
        ada = await home.member("ada")
        post = await ada.write("Hello")
        for one in await strangers(home.ctx, 5):
            await tell(home.ctx, Kind.FAVOURITE, ada.account, one, int(post["id"]))
        await tell(home.ctx, Kind.FOLLOW_REQUEST, ada.account, one)

        async def unread(query="", at=V1):
            return (await ada.get(f"{at}/unread_count{query}")).body["count"]

        assert (await unread(), await unread("?limit=2"), await unread("?types[]=favourite")) == (6, 2, 5)
        assert (await unread(at=V2), await unread("?limit=1", at=V2)) == (2, 1)
        assert await unread("?grouped_types[]=follow", at=V2) == 6
        third = (await ada.get(V1)).body[3]["id"]
        await ada.post("/api/v1/markers", {"notifications": {"last_read_id": third}})
        assert (await unread(), await unread(at=V2)) == (3, 2)
        assert await unread("?exclude_types[]=favourite", at=V2) == 1
        newest = (await ada.get(V1)).body[0]["id"]
        await ada.post("/api/v1/markers", {"notifications": {"last_read_id": newest}})
        assert (await unread(), await unread(at=V2)) == (0, 0)


async def test_what_a_member_may_not_see_any_more_is_neither_listed_nor_counted(tmp_path, database):
    async with house(tmp_path, database=database) as home:
        ada, ben = await home.member("ada"), await home.member("ben")
        await follows.follow(home.ctx, ada.account, ben.account.id)
        post = await ben.write("For those who follow me", visibility="private")
        async with home.ctx.change() as change:
            row = Notification(
                change.new_id(), ada.account.id, Kind.UPDATE, ben.account.id, int(post["id"]), change.now
            )
            await notifications.insert(change.tx, [row])
        assert await told(ada) == [("update", "ben")]
        await follows.unfollow(home.ctx, ada.account, ben.account.id)
        assert await told(ada) == []
        assert (await groups(ada))["notification_groups"] == []
        for path in (f"{V1}/unread_count", f"{V2}/unread_count"):
            assert (await ada.get(path)).body == {"count": 0}
        assert (await ada.get(f"{V1}/{row.id}")).status == 404
        assert (await ada.get(f"{V2}/ungrouped-{row.id}")).status == 404
        # Nor is anything told of it from the start.
        assert await tell(home.ctx, Kind.MENTION, ada.account, ben.account, int(post["id"])) == []


async def test_nobody_reaches_what_another_was_told(tmp_path):
    async with house(tmp_path) as home:
        ada, ben = await home.member("ada"), await home.member("ben")
        post = await ada.write("Hello")
        one, other = await strangers(home.ctx, 2)
        await tell(home.ctx, Kind.FAVOURITE, ada.account, one, int(post["id"]))
        await tell(home.ctx, Kind.FOLLOW_REQUEST, ada.account, one)
        await ada.ask("PATCH", POLICY, json={"for_not_following": "filter"})
        question = await mention(home, other, ada.account)
        (request,) = (await ada.get(REQUESTS)).body
        single, group = (await groups(ada))["notification_groups"]
        waiting = (await ada.get(f"{V1}?include_filtered=true")).body[0]
        assert waiting["status"]["id"] == str(question)

        for number in (waiting["id"], single["most_recent_notification_id"]):
            assert (await ben.get(f"{V1}/{number}")).status == 404
            assert (await ben.post(f"{V1}/{number}/dismiss")).status == 404
            assert (await ben.post(f"{V1}/dismiss", {"id": number})).status == 404
        for key in (group["group_key"], single["group_key"], f"ungrouped-{waiting['id']}"):
            assert (await ben.get(f"{V2}/{key}")).status == 404
            assert (await ben.get(f"{V2}/{key}/accounts")).body == []
            assert (await ben.post(f"{V2}/{key}/dismiss")).body == {}
        for way in ("accept", "dismiss"):
            assert (await ben.post(f"{REQUESTS}/{request['id']}/{way}")).status == 404
            assert (await ben.post(f"{REQUESTS}/{way}", {"id": [request["id"]]})).body == {}
        assert (await ben.get(f"{REQUESTS}/{request['id']}")).status == 404
        await ben.post(f"{V1}/clear")
        assert (await ben.get(f"{V1}?include_filtered=true")).body == (await ben.get(REQUESTS)).body == []

        assert (await ada.get(REQUESTS)).body == [request]
        assert (await groups(ada))["notification_groups"] == [single, group]


async def test_who_asks_for_it_hears_of_each_post(tmp_path, database):
    async with house(tmp_path, database=database) as home:
        ada, ben = await home.member("ada"), await home.member("ben")
        eva, dan = await home.member("eva"), await home.member("dan")
        for one in (ben, eva, dan):
            await follows.follow(home.ctx, one.account, ada.account.id)
        async with home.ctx.change() as change:
            await change.tx.run(
                "UPDATE follows SET notify = 1 WHERE follower_id IN (:ids)", ids=[ben.account.id, dan.account.id]
            )
            await change.tx.run("UPDATE follows SET languages = 'fr' WHERE follower_id = :id", id=dan.account.id)

        first = await ada.write("Hello", visibility="private", language="de")
        assert await told(ben) == [("status", "ada")]
        assert await told(eva) == await told(dan) == []
        await ada.write("Bonjour", language="fr")
        assert await told(dan) == [("status", "ada")]
        await ada.write("@ben you hear of this otherwise")
        assert [kind for kind, _ in await told(ben)] == ["mention", "status", "status"]
        await ada.write("And more", in_reply_to_id=first["id"])
        assert len(await told(ben)) == 4
        question = await eva.write("What?")
        await ada.write("@eva That", in_reply_to_id=question["id"])
        await ada.write("@eva only you", visibility="direct")
        await reactions.boost(home.ctx, ada.account, int(question["id"]))
        # What came with its thread is no news.
        await mention(home, ada.account, eva.account, published_at=home.ctx.clock() - 25 * HOUR)
        assert len(await told(ben)) == 4
        await mention(home, ada.account, eva.account, published_at=home.ctx.clock() - 23 * HOUR)
        assert len(await told(ben)) == 5


async def test_who_passed_a_post_on_or_quotes_it_hears_of_its_edit_once(tmp_path, database):
    async with house(tmp_path, database=database) as home:
        ada, ben, eva = await home.member("ada"), await home.member("ben"), await home.member("eva")
        post = await ada.write("Hello", visibility="public")
        await reactions.boost(home.ctx, ben.account, int(post["id"]))
        await reactions.boost(home.ctx, ada.account, int(post["id"]))
        quote = await eva.write("Look")
        async with home.ctx.change() as change:
            await change.tx.run(
                "UPDATE posts SET quote_id = :quoted, quote_uri = :uri WHERE id = :id",
                id=int(quote["id"]), quoted=int(post["id"]), uri=post["uri"],
            )  # fmt: skip
        for text in ("Good morning", "Good evening"):
            assert (await ada.put(f"/api/v1/statuses/{post['id']}", {"status": text})).status == 200
        assert await told(ben) == [("update", "ada")]
        assert await told(eva) == [("quoted_update", "ada")]
        assert (await eva.get(V1)).body[0]["status"]["id"] == quote["id"]
        assert "update" not in {kind for kind, _ in await told(ada)}


async def test_who_asked_and_who_voted_hear_that_a_poll_is_over(tmp_path, database):
    async with house(tmp_path, database=database) as home:
        ada, ben, eva = await home.member("ada"), await home.member("ben"), await home.member("eva")
        (distant,) = await strangers(home.ctx, 1, host="127.0.0.1:8497")
        asked = []
        for ends in (home.ctx.clock() - 1, home.ctx.clock() + HOUR, None):
            async with home.ctx.change() as change:
                id = change.new_id()
                uri = f"{ada.account.uri}/posts/{id}"
                post = Post(
                    id=id, uri=uri, author_id=ada.account.id, local=True, kind="Question",
                    visibility=Visibility.UNIT, content="", source="", summary="", sensitive=False, language="",
                    url=uri, reply_to_id=None, reply_to_uri="", boost_of=None, wall_id=None, wall_shown=False,
                    published_at=change.now, edited_at=None, thread_id=id,
                )  # fmt: skip
                parts = Parts(poll=Poll((Option("Yes", 0), Option("No", 0)), True, ends))
                await post_effects.add(change, post, author=ada.account, mentioned=[], parts=parts)
                for place, voter in ((0, ben.account), (1, ben.account), (0, distant)):
                    await change.tx.run(
                        "INSERT INTO poll_votes (post_id, account_id, place) VALUES (:post, :voter, :place)",
                        post=id, voter=voter.id, place=place,
                    )  # fmt: skip
            asked.append(id)
        async with home.ctx.change() as change:
            assert await effects.polls_ended(change) == 1
        async with home.ctx.change() as change:
            assert await effects.polls_ended(change) == 0
        assert await told(ada) == await told(ben) == [("poll", "ada")]
        assert await told(eva) == []
        assert (await ben.get(V1)).body[0]["status"]["id"] == str(asked[0])


async def test_who_looks_after_the_node_hears_of_complaints_and_of_new_members(tmp_path, database):
    async with house(tmp_path, database=database) as home:
        ada = await home.member("ada", role=Role.ADMIN)
        mia = await home.member("mia", role=Role.MODERATOR)
        ben, eva = await home.member("ben"), await home.member("eva")
        # Not even a block, or a policy, keeps a complaint from who has to look at it.
        async with home.ctx.change() as change:
            await change.tx.run(
                "INSERT INTO blocks (id, uri, account_id, target_id) VALUES (1, 'b', :by, :whom)",
                by=mia.account.id, whom=ben.account.id,
            )  # fmt: skip
        await mia.ask("PATCH", POLICY, json={"for_not_following": "drop"})
        post = await eva.write("Nonsense")
        complaint = {"account_id": str(eva.account.id), "status_ids": [post["id"]], "comment": "Look"}
        assert (await ben.post("/api/v1/reports", complaint)).status == 200
        assert await told(mia) == [("admin.report", "ben")]
        joined = [("admin.sign_up", name) for name in ("eva", "ben", "mia")]
        assert await told(ada) == [("admin.report", "ben"), *joined]
        assert await told(ben) == await told(eva) == []
        shown = (await mia.get(V1)).body[0]["report"]
        assert (shown["comment"], shown["status_ids"], shown["forwarded"]) == ("Look", [post["id"]], False)
        assert shown["target_account"]["username"] == "eva"
        report, sign_ups = (await groups(ada))["notification_groups"]
        assert report["report"] == shown
        assert re.fullmatch(r"admin\.sign_up-\d+", sign_ups["group_key"])
        assert sign_ups["notifications_count"] == 3
        assert (await ada.get(f"{V2}/{sign_ups['group_key']}")).status == 200


async def test_every_kind_is_shown_by_the_api_and_said_on_the_page(tmp_path):
    async with house(tmp_path) as home:
        ada, ben = await home.member("ada", role=Role.ADMIN), await home.member("ben")
        post = int((await ada.write("Hello"))["id"])
        async with home.ctx.change() as change:
            rows = [
                Notification(change.new_id(), ada.account.id, kind, ben.account.id, about, change.now)
                for kind in Kind
                if kind not in (Kind.REPORT, Kind.SIGN_UP)
                for about in [None if kind in (Kind.FOLLOW, Kind.FOLLOW_REQUEST) else post]
            ]
            await notifications.clear(change.tx, ada.account.id)
            await notifications.insert(change.tx, rows)
            await effects.signed_up(change, ben.account)
        assert {kind for kind, _ in await told(ada)} == set(KINDS) - {"admin.report"}
        client = home.app.test_client()
        page = await (await client.get("/sign-in", headers=BROWSER)).get_data(as_text=True)
        form = {"csrf": token(page), "username": "ada", "password": "correct horse battery"}
        assert (await client.post("/sign-in", form=form, headers=BROWSER)).status_code == 303
        answer = await client.get("/notifications", headers=BROWSER)
        said = await answer.get_data(as_text=True)
        assert answer.status_code == 200
        for words in ("has become a member", "had asked, and the poll is over", "changed a post that you quote"):
            assert words in said


async def test_what_an_account_was_told_and_wanted_goes_with_it(tmp_path):
    async with house(tmp_path) as home:
        ada, ben = await home.member("ada"), await home.member("ben")
        await ada.ask("PATCH", POLICY, json={"for_not_following": "filter"})
        await ben.write("@ada hello")
        async with home.ctx.change() as change:
            await personal.erase(change.tx, ada.account.id)
            assert await notification_policies.of(change.tx, ada.account.id) == Policy()
            for table in ("notifications", "notification_requests", "notification_policies"):
                assert await change.tx.one(f"SELECT 1 AS one FROM {table}") is None
