"""Mails about what happened while a member was away: to whom, when, what they say and what they do not."""

import asyncio

from moderation import addresses, measures
from node.domain.mails import USUAL, Digest, Topic
from node.domain.posts import Draft
from node.domain.visibility import Visibility
from node.store import mail_settings
from outbox import posts as commands
from outbox import profiles, reactions, relationships
from outbox.mail import notices, worker
from tests.mailing import DAY, HOUR, MINUTE, SECOND, html, mailing, text
from tests.nodes import URL
from tests.patience import PATIENCE_SECONDS

BEN = "ben@example.com"


async def people(node, **more):
    return await node.member("ada"), await node.member("ben", address=BEN, **more)


async def say(node, author, said, *, visibility=Visibility.UNIT, **more):
    return await commands.publish(node.ctx, author, Draft(text=said, visibility=visibility, **more))


async def test_a_mention_reaches_a_member_who_is_away(tmp_path, database):
    async with mailing(tmp_path, database=database) as node:
        ada, _ben = await people(node)
        node.clock.now += HOUR
        post = await say(node, ada, "Hello @ben, are the looms <b>ready</b>?\n\nThe blue ones.")
        await node.later(MINUTE)
        [mail] = node.house.mails
        assert (mail["To"], mail["Subject"]) == (BEN, "Ada names you")
        assert str(mail["From"]) == '"Ada (Weberei)" <social@example.com>'
        assert node.house.senders[-1] == "social@example.com"
        assert "Hello @ben, are the looms" in text(mail)
        assert "The blue ones." in text(mail)
        assert f"{URL}/posts/{post.id}" in text(mail)
        assert f"{URL}/posts/{post.id}" in html(mail)
        assert (mail["Auto-Submitted"], mail["In-Reply-To"]) == ("auto-generated", f"<thread.{post.id}@127.0.0.1>")
        assert mail["Reply-To"].startswith("reply+")
        assert "<img" not in html(mail)
        await node.later(DAY // 24)
        assert len(node.house.mails) == 1  # told once
        assert await node.waiting() == []


async def test_a_member_without_an_address_gets_nothing_and_costs_nothing(tmp_path):
    async with mailing(tmp_path) as node:
        ada, _ben = await node.member("ada"), await node.member("ben")
        await say(node, ada, "Hello @ben")
        await node.later(HOUR)
        assert (node.house.mails, await node.waiting()) == ([], [])


async def test_somebody_who_is_there_is_told_when_they_left_without_looking(tmp_path, database):
    async with mailing(tmp_path, database=database) as node:
        ada, ben = await people(node)
        await seen(node, ben, HOUR)
        node.clock.now += MINUTE
        await say(node, ada, "First @ben")
        await node.later(MINUTE)
        assert node.house.mails == []  # seen two minutes ago
        await seen(node, ben, MINUTE)
        await node.later(HOUR)
        assert node.house.mails == []  # came back after it was written
        await say(node, ada, "Second @ben")
        await node.later(14 * MINUTE)
        assert len(node.house.mails) == 1
        assert "Second" in text(node.house.mails[0])
        assert "First" not in text(node.house.mails[0])


async def seen(node, account, after):
    node.clock.now += after
    node.ctx.presence.note(account.id)
    loop = asyncio.create_task(worker.note_presence(node.ctx))
    while (await node.settings(account)).seen_at != node.clock.now:
        await asyncio.sleep(0)
    loop.cancel()


async def test_requests_of_a_browser_and_of_a_client_count_as_being_there(tmp_path):
    from moderation import members
    from tests.clients import Client

    async with mailing(tmp_path) as node:
        ada, ben = await people(node)
        token = await members.issue_token(node.ctx, ben, name="test")
        assert (await Client(node.app, ben, token).get("/api/v1/notifications")).status == 200
        assert node.ctx.presence.take() == {ben.id}
        secret = await members.sign_in(node.ctx, username="ada", password="correct horse battery", address="")
        client = node.app.test_client()
        client.set_cookie("127.0.0.1", "session_8499", secret)
        assert (await client.get("/home", headers={"Host": "127.0.0.1:8499"})).status_code == 200
        assert node.ctx.presence.take() == {ada.id}


async def test_several_notices_are_one_mail_and_the_next_comes_after_a_pause(tmp_path, database):
    async with mailing(tmp_path, database=database) as node:
        ada, _ben = await people(node)
        node.clock.now += HOUR
        for number in range(12):
            await say(node, ada, f"Number {number} @ben")
        await node.later(MINUTE)
        [mail] = node.house.mails
        assert mail["Subject"] == "Ada names you, and 11 more"
        assert mail["From"].addresses[0].display_name == "Weberei"
        assert mail["Reply-To"] is None  # there is no one post to answer
        assert text(mail).count("reply+") == 10
        assert "2 more are on your page" in text(mail)
        await say(node, ada, "One more @ben")
        await node.later(2 * MINUTE)
        assert len(node.house.mails) == 1
        await node.later(4 * MINUTE)
        assert len(node.house.mails) == 2


async def test_L08_what_is_for_few_does_not_stand_in_a_mail(tmp_path):
    async with mailing(tmp_path) as node:
        ada, _ben = await people(node)
        node.clock.now += HOUR
        await say(node, ada, "The secret pattern @ben", visibility=Visibility.DIRECT)
        await say(node, ada, "Only followers: the pattern @ben", visibility=Visibility.FOLLOWERS)
        await say(node, ada, "Behind it: the pattern @ben", summary="About patterns")
        await node.later(MINUTE)
        [mail] = node.house.mails
        for part in (text(mail), html(mail)):
            assert "the pattern" not in part
            assert "secret" not in part
            assert "writes to you" in part
            assert "names you" in part
            assert "Behind a warning: About patterns" in part
        assert b"pattern " not in mail["Subject"].encode()


async def test_a_reply_and_a_direct_message_are_named_so(tmp_path):
    async with mailing(tmp_path) as node:
        ada, ben = await people(node)
        mine = await say(node, ben, "Is anybody there?")
        node.clock.now += HOUR
        await say(node, ada, "Yes", reply_to_id=mine.id)
        await node.later(MINUTE)
        [mail] = node.house.mails
        assert mail["Subject"] == "Ada answers you"
        assert mail["References"] == f"<thread.{mine.id}@127.0.0.1>"


async def test_only_what_a_member_chose_is_told(tmp_path, database):
    async with mailing(tmp_path, database=database) as node:
        ada, ben = await people(node)
        mine = await say(node, ben, "Is anybody there?")
        node.clock.now += HOUR
        await reactions.favourite(node.ctx, ada, mine.id)
        await relationships.follow(node.ctx, ada, ben.id)
        await node.later(MINUTE)
        assert node.house.mails == []  # neither is usual
        await addresses.choose(node.ctx, ben, kinds=frozenset({Topic.REACTION}), digest=Digest.NEVER)
        post = await say(node, ben, "Another")
        await reactions.favourite(node.ctx, ada, post.id)
        await say(node, ada, "Hello @ben")
        await node.later(HOUR)
        [mail] = node.house.mails
        assert mail["Subject"] == "Ada likes your post"


async def test_the_defaults_are_narrow(tmp_path):
    async with mailing(tmp_path) as node:
        _, ben = await people(node)
        found = await node.settings(ben)
        assert (found.kinds, found.digest) == (USUAL, Digest.WEEKLY)
        assert {Topic.MENTION, Topic.REPLY, Topic.DIRECT, Topic.FOLLOW_REQUEST} == USUAL


async def test_what_was_there_before_the_address_is_not_told(tmp_path):
    async with mailing(tmp_path) as node:
        ada, ben = await node.member("ada"), await node.member("ben")
        await say(node, ada, "Long ago @ben")
        node.clock.now += HOUR
        await node.confirmed(ben, BEN)
        await node.later(HOUR)
        assert node.house.mails == []


async def test_a_post_that_is_deleted_before_the_mail_leaves_does_not_stand_in_it(tmp_path):
    async with mailing(tmp_path) as node:
        ada, _ben = await people(node)
        node.clock.now += HOUR
        post = await say(node, ada, "Wrong @ben")
        node.clock.now += MINUTE
        assert await notices.gather(node.ctx) == 1
        await commands.delete(node.ctx, ada, post.id)
        await node.deliver()
        assert (node.house.mails, await node.waiting()) == ([], [])


async def test_two_processes_that_look_at_once_queue_one_mail(tmp_path, database):
    async with mailing(tmp_path, database=database) as node:
        ada, _ben = await people(node)
        node.clock.now += HOUR
        await say(node, ada, "Hello @ben")
        node.clock.now += MINUTE
        found = await asyncio.gather(*[notices.gather(node.ctx) for _ in range(4)])
        assert sum(found) == 1
        assert len(await node.waiting()) == 1


async def test_a_notice_that_is_just_being_written_is_not_passed_over(tmp_path):
    async with mailing(tmp_path) as node:
        ada, _ben = await people(node)
        node.clock.now += HOUR
        await say(node, ada, "Hello @ben")
        assert await notices.gather(node.ctx) == 0
        await node.later(30 * SECOND)
        assert len(node.house.mails) == 1


async def test_a_suspended_member_gets_no_mail(tmp_path):

    async with mailing(tmp_path) as node:
        ada, ben = await people(node)
        node.clock.now += HOUR
        await say(node, ada, "Hello @ben")
        await measures.suspend(node.ctx, ben.id, reason="A threat.")
        await node.later(MINUTE)
        assert node.house.mails == []


async def test_an_erased_member_leaves_no_address(tmp_path, database):
    async with mailing(tmp_path, database=database) as node:
        ada, ben = await people(node)
        node.clock.now += HOUR
        await say(node, ada, "Hello @ben")
        node.clock.now += MINUTE
        await notices.gather(node.ctx)
        await profiles.delete(node.ctx, ben)
        async with node.ctx.db.read() as tx:
            for table in ("mail_settings", "mail_links", "mails", "mail_answers"):
                assert not await tx.all(f"SELECT 1 AS found FROM {table}"), table


async def test_mails_are_in_the_members_language(tmp_path):
    async with mailing(tmp_path) as node:
        ada, _ben = await people(node, language="de")
        node.clock.now += HOUR
        await say(node, ada, "Hallo @ben")
        await node.later(MINUTE)
        [mail] = node.house.mails
        assert mail["Subject"] == "Ada nennt dich"
        assert "Diese Mails abbestellen" in text(mail)
        assert 'lang="de"' in html(mail)


async def test_a_name_cannot_write_headers_or_markup(tmp_path):
    async with mailing(tmp_path) as node:
        ada, _ben = await people(node)
        async with node.ctx.change() as change:
            await change.tx.run(
                "UPDATE accounts SET name = :name WHERE id = :id",
                name='Ada"\r\nBcc: eve@example.com <script>alert(1)</script> & co',
                id=ada.id,
            )
        node.clock.now += HOUR
        await say(node, ada, "Hello @ben &lt;script&gt;alert(2)&lt;/script&gt; `<img src=x>`")
        await node.later(MINUTE)
        [mail] = node.house.mails
        assert mail["Bcc"] is None
        assert "\n" not in mail["Subject"]
        assert "<script" not in html(mail)
        assert "<img" not in html(mail)
        assert "&lt;script&gt;alert(2)" in html(mail)


async def test_nobody_waits_for_mails_that_never_go_out(tmp_path):
    async with mailing(tmp_path, host="", listen="", reply_to="") as node:
        assert not node.ctx.mailer.enabled
        async with asyncio.timeout(PATIENCE_SECONDS):
            await asyncio.gather(*[loop(node.ctx) for loop in (worker.run, worker.tell, worker.note_presence)])


async def test_the_newest_notification_of_nobody_is_none(tmp_path, database):
    async with mailing(tmp_path, database=database) as node:
        async with node.ctx.db.read() as tx:
            assert await mail_settings.newest_notification(tx, 1) == 0
