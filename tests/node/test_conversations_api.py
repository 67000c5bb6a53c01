"""Conversations: direct messages by thread, each member's own list of them."""

from dataclasses import replace

from node.domain.events import ConversationChanged
from node.domain.visibility import Visibility
from node.store import accounts, conversations, personal
from node.store.pages import Page
from outbox import posts as commands
from outbox import relationships as follows
from tests.clients import house
from tests.entities import check
from tests.node.notified import POLICY, REQUESTS, mention, strangers

PATH = "/api/v1/conversations"


async def says(client, text, **given):
    """Write a direct message; return its id."""
    return (await client.write(text, visibility="direct", **given))["id"]


async def mine(client, query=""):
    """Return (newest message, unread, with whom) of each conversation."""
    found = (await client.get(PATH + query)).body
    check("[Conversation]", found)
    return [
        (one["last_status"] and one["last_status"]["id"], one["unread"], [who["username"] for who in one["accounts"]])
        for one in found
    ]


async def test_a_conversation_is_everybodys_own(tmp_path, database):
    async with house(tmp_path, database=database) as home:
        ada, ben, eva = await home.member("ada"), await home.member("ben"), await home.member("eva")
        first = await says(ada, "@ben lunch?")
        assert await mine(ada) == [(first, False, ["ben"])]
        assert await mine(ben) == [(first, True, ["ada"])]
        assert await mine(eva) == []

        (found,) = (await ben.get(PATH)).body
        read = (await ben.post(f"{PATH}/{found['id']}/read")).body
        assert read == found | {"unread": False}
        assert await mine(ben) == [(first, False, ["ada"])]

        second = await says(ben, "@ada @eva all of us?", in_reply_to_id=first)
        assert await mine(ada) == [(second, True, ["ben", "eva"])]
        assert await mine(ben) == [(second, False, ["ada", "eva"])]
        assert await mine(eva) == [(second, True, ["ada", "ben"])]  # of the first message eva sees nothing
        alone = await says(ada, "To remember")
        assert await mine(ada) == [(alone, False, []), (second, True, ["ben", "eva"])]
        await ben.write("@ada in public")
        assert len((await ada.get(PATH)).body) == 2


async def test_nobody_reaches_the_conversation_of_another(tmp_path):
    async with house(tmp_path) as home:
        ada, ben, eva = await home.member("ada"), await home.member("ben"), await home.member("eva")
        await says(ada, "@ben lunch?")
        before = await mine(ada), await mine(ben)
        for client in (ada, ben):
            (found,) = (await client.get(PATH)).body
            for other in {ada, ben, eva} - {client}:
                assert (await other.post(f"{PATH}/{found['id']}/read")).status == 404
                assert (await other.delete(f"{PATH}/{found['id']}")).status == 404
        assert (await mine(ada), await mine(ben)) == before


async def test_conversations_are_paged_by_their_newest_messages(tmp_path, database):
    async with house(tmp_path, database=database) as home:
        ada, ben = await home.member("ada"), await home.member("ben")
        sent = [await says(ada, f"@ben {number}") for number in range(5)]
        again = await says(ben, "@ada again", in_reply_to_id=sent[0])
        order = [again, *reversed(sent[1:])]

        address, found = f"{PATH}/?limit=2", []
        while address:
            page = await ben.get(address)
            found += [one["last_status"]["id"] for one in page.body]
            address = page.link("next")
        assert found == order
        newer = await ben.get(page.link("prev"))
        assert [one["last_status"]["id"] for one in newer.body] == order[2:4]


async def test_a_conversation_taken_off_the_list_comes_back_with_the_next_message(tmp_path, database):
    async with house(tmp_path, database=database) as home:
        ada, ben = await home.member("ada"), await home.member("ben")
        first = await says(ada, "@ben lunch?")
        (found,) = (await ben.get(PATH)).body
        assert (await ben.delete(f"{PATH}/{found['id']}")).body == {}
        assert (await ben.delete(f"{PATH}/{found['id']}")).status == 404
        assert await mine(ben) == []
        assert await mine(ada) == [(first, False, ["ben"])]
        second = await says(ada, "@ben well?", in_reply_to_id=first)
        assert await mine(ben) == [(second, True, ["ada"])]


async def test_a_deleted_message_leaves_the_one_before_or_nothing(tmp_path, database):
    async with house(tmp_path, database=database) as home:
        ada, ben, eva = await home.member("ada"), await home.member("ben"), await home.member("eva")
        first = await says(ada, "@ben lunch?")
        second = await says(ben, "@ada @eva yes", in_reply_to_id=first)
        await commands.delete(home.ctx, ben.account, int(second))
        assert await mine(ada) == [(first, True, ["ben"])]
        assert await mine(ben) == [(first, False, ["ada"])]
        assert await mine(eva) == []
        await commands.delete(home.ctx, ada.account, int(first))
        assert await mine(ada) == await mine(ben) == []


async def test_a_message_that_may_not_be_seen_any_more_is_not_shown(tmp_path):
    async with house(tmp_path) as home:
        ada, ben = await home.member("ada"), await home.member("ben")
        await says(ben, "@ada secret")
        async with home.ctx.change() as change:
            await accounts.update(change.tx, replace(ben.account, suspended_at=change.now))
        assert await mine(ada) == [(None, True, [])]


async def test_threads_that_turn_out_to_be_one_are_one_conversation(tmp_path, database):
    async with house(tmp_path, database=database) as home:
        ada = await home.member("ada")
        (bob,) = await strangers(home.ctx, 1, host="127.0.0.1:8497")
        parent = "http://127.0.0.1:8497/posts/parent"
        replies = [
            await mention(home, bob, ada.account, visibility=Visibility.DIRECT, reply_to_uri=parent) for _ in range(2)
        ]
        ids = [one["id"] for one in (await ada.get(PATH)).body]
        await ada.post(f"{PATH}/{ids[0]}/read")
        assert await mine(ada) == [(str(replies[1]), False, [bob.username]), (str(replies[0]), True, [bob.username])]
        await ada.post(f"/api/v1/statuses/{replies[0]}/mute")

        first = await mention(home, bob, ada.account, visibility=Visibility.DIRECT, uri=parent, id=replies[0] - 9)
        assert await mine(ada) == [(str(replies[1]), True, [bob.username])]
        status = (await ada.get(f"/api/v1/statuses/{replies[1]}")).body
        assert (status["in_reply_to_id"], status["muted"]) == (str(first), True)


async def test_what_is_held_back_is_no_conversation_until_it_is_let_through(tmp_path, database):
    async with house(tmp_path, database=database) as home:
        ada, ben = await home.member("ada"), await home.member("ben")
        await ada.ask("PATCH", POLICY, json={"for_private_mentions": "filter"})
        first = await says(ben, "@ada one")
        second = await says(ben, "@ada two", in_reply_to_id=first)
        other = await says(ben, "@ada three")
        assert await mine(ada) == []
        assert await mine(ben) == [(other, False, ["ada"]), (second, False, ["ada"])]
        (request,) = (await ada.get(REQUESTS)).body
        await ada.post(f"{REQUESTS}/{request['id']}/accept")
        assert await mine(ada) == [(other, True, ["ben"]), (second, True, ["ben"])]
        third = await says(ben, "@ada four", in_reply_to_id=second)
        assert (await mine(ada))[0] == (third, True, ["ben"])


async def test_a_muted_person_makes_no_conversation(tmp_path):
    async with house(tmp_path) as home:
        ada, ben = await home.member("ada"), await home.member("ben")
        async with home.ctx.change() as change:
            await change.tx.run(
                "INSERT INTO mutes (id, account_id, target_id, notifications) VALUES (1, :by, :whom, 1)",
                by=ada.account.id, whom=ben.account.id,
            )  # fmt: skip
        await says(ben, "@ada hello?")
        assert await mine(ada) == []
        await follows.follow(home.ctx, ada.account, ben.account.id)
        assert await mine(ada) == []


async def test_each_member_is_told_by_the_number_of_their_own_conversation(tmp_path, database, monkeypatch):
    async with house(tmp_path, database=database) as home:
        ada, ben = await home.member("ada"), await home.member("ben")
        first = await says(ada, "@ben lunch?")
        happened = []
        monkeypatch.setattr(home.ctx.hub, "publish", happened.extend)
        await says(ben, "@ada yes", in_reply_to_id=first)
        told = {event.account_id: event.conversation_id for event in happened if isinstance(event, ConversationChanged)}
        assert told == {client.account.id: int((await client.get(PATH)).body[0]["id"]) for client in (ada, ben)}


async def test_a_message_that_comes_late_is_unread_and_does_not_hide_the_newest(tmp_path):
    async with house(tmp_path) as home:
        ada = await home.member("ada")
        (bob,) = await strangers(home.ctx, 1)
        newest = await mention(home, bob, ada.account, visibility=Visibility.DIRECT)
        (found,) = (await ada.get(PATH)).body
        await ada.post(f"{PATH}/{found['id']}/read")
        await mention(
            home, bob, ada.account, visibility=Visibility.DIRECT, id=newest - 9, thread_id=newest, uri="http://x/late"
        )
        assert await mine(ada) == [(str(newest), True, [bob.username])]


async def test_a_members_conversations_go_with_the_account(tmp_path):
    async with house(tmp_path) as home:
        ada, ben = await home.member("ada"), await home.member("ben")
        await says(ada, "@ben lunch?")
        async with home.ctx.change() as change:
            await personal.erase(change.tx, ada.account.id)
            assert await conversations.page(change.tx, ada.account.id, Page()) == []
            assert len(await conversations.page(change.tx, ben.account.id, Page())) == 1
