"""Whom a member hears: blocks, mutes, policies, and what waits until it is asked for."""

from dataclasses import replace

import pytest

from node.domain import ids
from node.domain.events import NotificationsMerged
from node.domain.notifications import Kind, Policy, Standing, Verdict, verdict
from outbox import posts as commands
from outbox import relationships as follows
from outbox.organisation import local_actor
from tests.clients import house
from tests.entities import check
from tests.node.notified import DAY, POLICY, REQUESTS, V1, groups, mention, strangers, tell, told
from tests.nodes import URL


async def test_neither_blocked_nor_muted_people_are_heard(tmp_path, database):
    async with house(tmp_path, database=database) as home:
        ada = await home.member("ada")
        post = int((await ada.write("Hello"))["id"])
        people = await strangers(home.ctx, 5)
        (distant,) = await strangers(home.ctx, 1, host="127.0.0.1:8497")
        blocked, blocking, muted, quiet, over = people
        now = home.ctx.clock()
        async with home.ctx.change() as change:
            for number, by, whom in ((1, ada.account, blocked), (2, blocking, ada.account)):
                await change.tx.run(
                    "INSERT INTO blocks (id, uri, account_id, target_id) VALUES (:id, :uri, :by, :whom)",
                    id=number, uri=f"b{number}", by=by.id, whom=whom.id,
                )  # fmt: skip
            for number, whom, notified, until in ((1, muted, 1, None), (2, quiet, 0, None), (3, over, 1, now - 1)):
                await change.tx.run(
                    """INSERT INTO mutes (id, account_id, target_id, notifications, expires_at)
                       VALUES (:id, :by, :whom, :notified, :until)""",
                    id=number, by=ada.account.id, whom=whom.id, notified=notified, until=until,
                )  # fmt: skip
            await change.tx.run(
                "INSERT INTO host_mutes (id, account_id, host) VALUES (1, :id, '127.0.0.1:8497')", id=ada.account.id
            )
        for one in (*people, distant):
            await tell(home.ctx, Kind.FAVOURITE, ada.account, one, post)
            await tell(home.ctx, Kind.FOLLOW, ada.account, one)
        assert {who for _, who in await told(ada)} == {quiet.username, over.username}
        async with home.ctx.change() as change:
            await change.tx.run(
                "INSERT INTO thread_mutes (account_id, thread_id) VALUES (:id, :post)", id=ada.account.id, post=post
            )
        assert await tell(home.ctx, Kind.BOOST, ada.account, quiet, post) == []
        assert len(await tell(home.ctx, Kind.BOOST, ada.account, quiet, int((await ada.write("Else"))["id"]))) == 1


NOW = 1_800_000_000_000
OLD = NOW - 31 * DAY
STANDING = Standing(
    account_id=1, unwanted=False, seen=True, following=False, followed_by=None, admitted=False, private=True,
    answered=False, official=False, limited=False, group=None, policy=Policy(),
)  # fmt: skip
LONG_FOLLOWER, NEW_FOLLOWER = (ids.at(NOW - days * DAY) for days in (4, 2))


@pytest.mark.parametrize("strict", [Verdict.FILTER, Verdict.DROP])
@pytest.mark.parametrize(
    ("part", "kind", "created_at", "standing", "held"),
    [
        ("not_following", Kind.FAVOURITE, OLD, {}, True),
        ("limited", Kind.FAVOURITE, OLD, {"limited": True}, True),
        ("limited", Kind.FAVOURITE, OLD, {"limited": True, "following": True}, False),
        ("limited", Kind.FAVOURITE, OLD, {}, False),
        ("not_following", Kind.FAVOURITE, OLD, {"following": True}, False),
        ("not_following", Kind.MENTION, OLD, {"official": True}, False),
        ("not_following", Kind.FOLLOW, OLD, {"official": True}, True),
        ("not_following", Kind.REPORT, OLD, {}, False),
        ("not_following", Kind.SIGN_UP, OLD, {}, False),
        ("not_following", Kind.STATUS, OLD, {}, False),
        ("not_following", Kind.POLL, OLD, {}, False),
        ("not_following", Kind.UPDATE, OLD, {}, False),
        ("not_following", Kind.QUOTED_UPDATE, OLD, {}, False),
        ("not_following", Kind.QUOTE, OLD, {}, True),
        ("not_following", Kind.WALL, OLD, {}, True),
        ("not_following", Kind.FOLLOW_REQUEST, OLD, {"admitted": True}, False),
        ("not_followers", Kind.BOOST, OLD, {"following": True}, True),
        ("not_followers", Kind.BOOST, OLD, {"followed_by": NEW_FOLLOWER}, True),
        ("not_followers", Kind.BOOST, OLD, {"followed_by": LONG_FOLLOWER}, False),
        ("new_accounts", Kind.MENTION, OLD, {}, False),
        ("new_accounts", Kind.MENTION, NOW - 29 * DAY, {}, True),
        ("new_accounts", Kind.MENTION, NOW - 29 * DAY, {"following": True}, False),
        ("private_mentions", Kind.MENTION, OLD, {}, True),
        ("private_mentions", Kind.MENTION, OLD, {"private": False}, False),
        ("private_mentions", Kind.MENTION, OLD, {"answered": True}, False),
        ("private_mentions", Kind.MENTION, OLD, {"following": True}, False),
        ("private_mentions", Kind.FAVOURITE, OLD, {}, False),
    ],
)
def test_a_policy_holds_back_whom_it_says(strict, part, kind, created_at, standing, held):
    stands = replace(STANDING, policy=Policy(**{part: strict}), **standing)
    sender = _sender(created_at)
    assert verdict(kind, stands, sender=sender, now=NOW) is (strict if held else Verdict.ACCEPT)
    unwanted = Verdict.ACCEPT if kind in (Kind.REPORT, Kind.SIGN_UP) else Verdict.DROP
    for dropped in (replace(stands, unwanted=True), replace(stands, seen=False)):
        assert verdict(kind, dropped, sender=sender, now=NOW) is unwanted


def _sender(created_at):
    class Change:
        now = created_at

        class settings:
            url = URL

        @staticmethod
        def new_id():
            return 2

    return local_actor(Change, f"{URL}/users/x", username="x", kind="Person", name="x")


def test_of_two_rules_the_stricter_one_counts():
    policy = Policy(not_following=Verdict.FILTER, not_followers=Verdict.DROP)
    stands = replace(STANDING, policy=policy)
    assert verdict(Kind.FOLLOW, stands, sender=_sender(OLD), now=NOW) is Verdict.DROP
    followed = replace(stands, followed_by=LONG_FOLLOWER)
    assert verdict(Kind.FOLLOW, followed, sender=_sender(OLD), now=NOW) is Verdict.FILTER


async def test_a_policy_is_read_and_changed_in_part(tmp_path, database):
    async with house(tmp_path, database=database) as home:
        ada = await home.member("ada")
        usual = (await ada.get(POLICY)).body
        check("NotificationPolicy", usual)
        assert usual["summary"] == {"pending_requests_count": 0, "pending_notifications_count": 0}
        changed = (await ada.ask("PATCH", POLICY, json={"for_new_accounts": "drop"})).body
        assert changed == usual | {"for_new_accounts": "drop"}
        again = (await ada.put(POLICY, form={"for_not_following": "filter", "for_limited_accounts": "accept"})).body
        assert again == changed | {"for_not_following": "filter", "for_limited_accounts": "accept"}
        assert (await ada.put(POLICY, {"for_not_following": "maybe"})).status == 422
        assert (await ada.get(POLICY)).body == again
        ben = await home.member("ben")
        assert (await ben.get(POLICY)).body == usual


async def test_what_is_held_back_waits_until_it_is_asked_for(tmp_path, database):
    async with house(tmp_path, database=database) as home:
        ada, ben = await home.member("ada"), await home.member("ben")
        one, other, third = await strangers(home.ctx, 3)
        post = int((await ada.write("Hello"))["id"])
        await ada.ask("PATCH", POLICY, json={"for_not_following": "filter"})
        await follows.follow(home.ctx, ada.account, ben.account.id)
        await mention(home, ben.account, ada.account)
        assert await told(ada) == [("mention", "ben")]

        assert await tell(home.ctx, Kind.FAVOURITE, ada.account, one, post) == []
        assert (await ada.get(REQUESTS)).body == []  # of a like alone nobody is asked
        await mention(home, one, ada.account)
        last = await mention(home, one, ada.account)
        await mention(home, other, ada.account)
        await mention(home, third, ada.account)
        assert await told(ada) == [("mention", "ben")]
        assert (await ada.get(f"{V1}/unread_count")).body == {"count": 1}
        assert len((await groups(ada))["notification_groups"]) == 1
        assert len((await groups(ada, "?include_filtered=true"))["notification_groups"]) == 6
        waiting = await told(ada, "?include_filtered=true&types[]=mention")
        assert waiting[0] == ("mention", third.username)
        assert len(waiting) == 5
        assert await told(ada, f"?account_id={other.id}") == [("mention", other.username)]
        summary = (await ada.get(POLICY)).body["summary"]
        assert summary == {"pending_requests_count": 3, "pending_notifications_count": 4}

        page = await ada.get(f"{REQUESTS}?limit=2")
        check("[NotificationRequest]", page.body)
        rest = await ada.get(page.link("next"))
        found = [*page.body, *rest.body]
        assert [request["account"]["username"] for request in found] == [one.username for one in (third, other, one)]
        request = found[2]
        assert (request["notifications_count"], request["last_status"]["id"]) == ("2", str(last))
        assert (await ada.get(f"{REQUESTS}/{request['id']}")).body == request
        assert (await ada.get(f"{REQUESTS}/merged")).body == {"merged": True}

        assert (await ada.post(f"{REQUESTS}/{request['id']}/accept")).body == {}
        assert (await ada.get(f"{REQUESTS}/{request['id']}")).status == 404
        assert (await ada.post(f"{REQUESTS}/{request['id']}/accept")).status == 404
        mine = [("mention", one.username)] * 2 + [("favourite", one.username), ("mention", "ben")]
        assert sorted(await told(ada)) == sorted(mine)
        assert len(await tell(home.ctx, Kind.FOLLOW, ada.account, one)) == 1

        assert (await ada.post(f"{REQUESTS}/{found[1]['id']}/dismiss")).body == {}
        assert (await ada.get(REQUESTS)).body == found[:1]
        assert await told(ada, f"?account_id={other.id}") == []
        again = await mention(home, other, ada.account)
        assert (await ada.get(REQUESTS)).body[0]["last_status"]["id"] == str(again)
        every = [one["id"] for one in (await ada.get(REQUESTS)).body]
        assert (await ada.post(f"{REQUESTS}/dismiss", form=[("id[]", every[0]), ("id[]", "12")])).body == {}
        assert (await ada.post(f"{REQUESTS}/accept", {"id": every})).body == {}
        assert (await ada.get(POLICY)).body["summary"]["pending_requests_count"] == 0
        assert ("mention", third.username) in await told(ada)
        assert await told(ada, f"?account_id={other.id}") == []


async def test_what_is_dropped_was_never_told(tmp_path):
    async with house(tmp_path) as home:
        ada = await home.member("ada")
        (one,) = await strangers(home.ctx, 1)
        await ada.ask("PATCH", POLICY, json={"for_new_accounts": "drop"})
        await mention(home, one, ada.account)
        assert (await ada.get(f"{V1}?include_filtered=true")).body == (await ada.get(REQUESTS)).body == []
        # An older account is heard.
        async with home.ctx.change() as change:
            await change.tx.run(
                "UPDATE accounts SET created_at = :at WHERE id = :id", at=change.now - 31 * DAY, id=one.id
            )
        await mention(home, replace(one, created_at=home.ctx.clock() - 31 * DAY), ada.account)
        assert await told(ada) == [("mention", one.username)]


async def test_a_private_question_is_held_back_and_a_private_answer_is_not(tmp_path, database):
    async with house(tmp_path, database=database) as home:
        ada, ben = await home.member("ada"), await home.member("ben")
        await ada.ask("PATCH", POLICY, json={"for_private_mentions": "filter"})
        await ben.write("@ada do you know me?", visibility="direct")
        assert await told(ada) == []
        asked = await ada.write("@ben who are you?", visibility="direct")
        await ben.write("@ada somebody", visibility="direct", in_reply_to_id=asked["id"])
        assert await told(ada) == [("mention", "ben")]
        await ben.write("@ada in public")
        assert len(await told(ada)) == 2
        assert (await ada.get(REQUESTS)).body[0]["notifications_count"] == "1"


async def test_deleting_what_waited_ends_the_request(tmp_path, database):
    async with house(tmp_path, database=database) as home:
        ada, ben = await home.member("ada"), await home.member("ben")
        await ada.ask("PATCH", POLICY, json={"for_not_following": "filter"})
        first, second = await ben.write("@ada one"), await ben.write("@ada two")
        await commands.delete(home.ctx, ben.account, int(second["id"]))
        (request,) = (await ada.get(REQUESTS)).body
        assert (request["notifications_count"], request["last_status"]["id"]) == ("1", first["id"])
        await commands.delete(home.ctx, ben.account, int(first["id"]))
        assert (await ada.get(REQUESTS)).body == []
        assert (await ada.get(POLICY)).body["summary"]["pending_requests_count"] == 0


async def test_an_open_stream_hears_of_what_is_told_and_of_what_was_let_through(tmp_path):
    async with house(tmp_path) as home:
        ada = await home.member("ada")
        (one,) = await strangers(home.ctx, 1)
        (event,) = await tell(home.ctx, Kind.FOLLOW, ada.account, one)
        assert (event.account_id, str(event.notification_id)) == (ada.account.id, (await ada.get(V1)).body[0]["id"])
        await ada.ask("PATCH", POLICY, json={"for_not_following": "filter"})
        assert await tell(home.ctx, Kind.FOLLOW, ada.account, one) == []
        await mention(home, one, ada.account)
        (request,) = (await ada.get(REQUESTS)).body
        published = []
        home.ctx.hub.publish, plain = published.extend, home.ctx.hub.publish
        await ada.post(f"{REQUESTS}/{request['id']}/accept")
        home.ctx.hub.publish = plain
        assert [event for event in published if isinstance(event, NotificationsMerged)] == [
            NotificationsMerged(ada.account.id)
        ]
