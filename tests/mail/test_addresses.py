"""Mail addresses: confirmed by a link, changed with word to the old one, and the way back to a forgotten password."""

import asyncio

import pytest

from moderation import addresses, measures, members
from node.domain import signs
from node.domain.mails import Purpose, check_address
from node.errors import Invalid, NotFound, Throttled, Unauthenticated
from node.store import mail_settings, tokens
from outbox.mail import worker
from tests.mailing import DAY, HOUR, MINUTE, PASSWORD, html, mailing, text

BEN, NEW = "ben@example.com", "ben@home.example"
HERE = "192.0.2.1"


async def give(node, account, address, password=PASSWORD):
    await addresses.give(node.ctx, account, address, password=password, address=HERE)
    await node.deliver()


async def test_nothing_counts_until_it_is_confirmed(tmp_path, database):
    async with mailing(tmp_path, database=database) as node:
        ben = await node.member("ben")
        await give(node, ben, " ben@Example.COM ")
        assert await addresses.of(node.ctx, ben) == (None, BEN)
        [mail] = node.house.to(BEN)
        assert mail["Subject"] == "Confirm your mail address"
        assert mail["List-Unsubscribe"] is None
        sign = node.sign(mail, "mail/confirm")
        assert f"/mail/confirm/{sign}" in html(mail)
        account, address = await addresses.to_confirm(node.ctx, sign)
        assert (account.id, address) == (ben.id, BEN)  # looking at it changes nothing: scanners follow links
        assert (await node.settings(ben)) is None
        await addresses.confirm(node.ctx, sign)
        assert (await node.settings(ben)).address == BEN
        with pytest.raises(NotFound):
            await addresses.confirm(node.ctx, sign)
        assert await addresses.of(node.ctx, ben) == (await node.settings(ben), "")


async def test_O08_a_link_is_over_after_an_hour_and_good_for_one_thing(tmp_path, database):
    async with mailing(tmp_path, database=database) as node:
        ben = await node.member("ben", address=BEN)
        await addresses.forgotten(node.ctx, BEN, address=HERE)
        await node.deliver()
        sign = node.sign(node.house.to(BEN)[0], "new-password")
        with pytest.raises(NotFound):
            await addresses.confirm(node.ctx, sign)  # swapped purpose
        id = signs.link_id(sign)
        with pytest.raises(NotFound):
            await addresses.renew(node.ctx, node.link(Purpose.CONFIRM, id), "another good password")
        for wrong in (sign[:-1], sign + "A", "", "ä", "A" * 54, sign[:-2] + "00", sign.swapcase()):
            with pytest.raises(NotFound):
                await addresses.renew(node.ctx, wrong, "another good password")
        node.clock.now += HOUR + 1
        with pytest.raises(NotFound):
            await addresses.to_renew(node.ctx, sign)
        with pytest.raises(NotFound):
            await addresses.renew(node.ctx, sign, "another good password")
        async with node.ctx.db.read() as tx:
            kept = [dict(row) for row in await tx.all("SELECT * FROM mail_links")]
        assert sign not in str(kept)
        assert await members.sign_in(node.ctx, username="ben", password=PASSWORD, address=HERE)
        assert ben.active


async def test_O08_a_hundred_requests_are_a_few_mails(tmp_path):
    async with mailing(tmp_path) as node:
        await node.member("ben", address=BEN)
        node.clock.now += 2 * HOUR
        for number in range(100):
            await addresses.forgotten(node.ctx, BEN.upper() if number % 2 else BEN, address=f"192.0.2.{number}")
        await node.deliver()
        assert len(node.house.mails) == 3
        for number in range(12):
            asked = addresses.forgotten(node.ctx, BEN, address=HERE)
            if number < 9:  # one of the hundred came from there
                await asked
            else:
                with pytest.raises(Throttled):
                    await asked


async def test_nobody_can_have_mails_sent_to_a_stranger_again_and_again(tmp_path):
    async with mailing(tmp_path) as node:
        people = [await node.member(name) for name in ("ada", "ben", "carla", "dan")]
        for one in people[:3]:
            await give(node, one, "stranger@example.com")
        with pytest.raises(Throttled):
            await give(node, people[3], "stranger@example.com")
        for number in range(2):
            await give(node, people[0], f"other{number}@example.com")
        with pytest.raises(Throttled):
            await give(node, people[0], "other3@example.com")
        assert len(node.house.to("stranger@example.com")) == 3


async def test_a_new_address_takes_the_password_and_the_old_one_is_told(tmp_path, database):
    async with mailing(tmp_path, database=database) as node:
        ben = await node.member("ben", address=BEN)
        with pytest.raises(Unauthenticated):
            await give(node, ben, NEW, password="not his password")
        await addresses.forgotten(node.ctx, BEN, address=HERE)
        await node.deliver()
        renewing = node.sign(node.house.to(BEN)[0], "new-password")
        await give(node, ben, NEW)
        assert len(node.house.to(BEN)) == 1  # told when it happens, not when it is asked for
        await addresses.confirm(node.ctx, node.sign(node.house.to(NEW)[0], "mail/confirm"))
        await node.deliver()
        assert node.house.to(BEN)[1]["Subject"] == "Your mail address was changed"
        assert (await node.settings(ben)).address == NEW
        with pytest.raises(NotFound):  # what went to the old mailbox opens nothing any more
            await addresses.renew(node.ctx, renewing, "another good password")
        await addresses.forgotten(node.ctx, BEN, address=HERE)
        await node.deliver()
        assert len(node.house.to(BEN)) == 2


async def test_what_a_member_chose_stays_with_a_new_address(tmp_path):
    async with mailing(tmp_path) as node:
        ben = await node.member("ben", address=BEN)
        chosen = (await node.settings(ben)).digest.__class__.DAILY
        await addresses.choose(node.ctx, ben, kinds=frozenset(), digest=chosen)
        await node.confirmed(ben, NEW)
        found = await node.settings(ben)
        assert (found.address, found.kinds, found.digest) == (NEW, frozenset(), chosen)


async def test_an_address_can_be_taken_away(tmp_path, database):
    async with mailing(tmp_path, database=database) as node:
        ben = await node.member("ben", address=BEN)
        await give(node, ben, NEW)
        await addresses.take_away(node.ctx, ben)
        await node.deliver()
        assert await addresses.of(node.ctx, ben) == (None, "")
        assert [mail["Subject"] for mail in node.house.to(BEN)] == ["Your mail address was changed"]
        with pytest.raises(NotFound):
            await addresses.confirm(node.ctx, node.sign(node.house.to(NEW)[0], "mail/confirm"))


async def test_a_forgotten_password_is_renewed_once_and_ends_every_session(tmp_path, database):
    async with mailing(tmp_path, database=database) as node:
        ben = await node.member("ben", address=BEN)
        session = await members.sign_in(node.ctx, username="ben", password=PASSWORD, address=HERE)
        token = await members.issue_token(node.ctx, ben, name="test")
        for _ in range(2):
            await addresses.forgotten(node.ctx, BEN, address=HERE)
        await node.deliver()
        first, second = [node.sign(mail, "new-password") for mail in node.house.to(BEN)]
        with pytest.raises(Invalid):
            await addresses.renew(node.ctx, first, "short")
        await addresses.renew(node.ctx, first, "another good password")
        for sign in (first, second):
            with pytest.raises(NotFound):
                await addresses.renew(node.ctx, sign, "a third good password")
        assert await members.viewer_of_session(node.ctx, session) is None
        assert await members.viewer_of_token(node.ctx, token) is None
        with pytest.raises(Unauthenticated):
            await members.sign_in(node.ctx, username="ben", password=PASSWORD, address=HERE)
        assert await members.sign_in(node.ctx, username="ben", password="another good password", address=HERE)
        await node.deliver()
        assert node.house.to(BEN)[-1]["Subject"] == "Your password was changed"


async def test_a_link_whose_change_failed_can_be_followed_again(tmp_path, monkeypatch):
    async with mailing(tmp_path) as node:
        await node.member("ben", address=BEN)
        await addresses.forgotten(node.ctx, BEN, address=HERE)
        await node.deliver()
        sign = node.sign(node.house.to(BEN)[0], "new-password")
        with monkeypatch.context() as broken:
            broken.setattr(
                members.accounts, "set_password", lambda *_: (_ for _ in ()).throw(OSError("the disk is full"))
            )
            with pytest.raises(OSError, match="full"):
                await addresses.renew(node.ctx, sign, "another good password")
        assert await members.sign_in(node.ctx, username="ben", password=PASSWORD, address=HERE)
        await addresses.renew(node.ctx, sign, "another good password")
        assert await members.sign_in(node.ctx, username="ben", password="another good password", address=HERE)


async def test_two_who_follow_one_link_at_once_renew_once(tmp_path, database):
    async with mailing(tmp_path, database=database) as node:
        await node.member("ben", address=BEN)
        await addresses.forgotten(node.ctx, BEN, address=HERE)
        await node.deliver()
        sign = node.sign(node.house.to(BEN)[0], "new-password")
        done = await asyncio.gather(
            *[addresses.renew(node.ctx, sign, f"a good password {number}") for number in range(4)],
            return_exceptions=True,
        )
        assert sum(not isinstance(one, BaseException) for one in done) == 1


async def test_a_suspended_member_gets_no_link(tmp_path):
    async with mailing(tmp_path) as node:
        ben = await node.member("ben", address=BEN)
        await addresses.forgotten(node.ctx, BEN, address=HERE)
        await measures.suspend(node.ctx, ben.id, reason="A threat.")
        await addresses.forgotten(node.ctx, BEN, address=HERE)
        await node.deliver()
        assert node.house.mails == []


async def test_people_may_share_a_mailbox(tmp_path):
    async with mailing(tmp_path) as node:
        await node.member("ada", address="hall@example.com")
        node.clock.now += 2 * HOUR
        await node.member("ben", address="hall@example.com")
        node.clock.now += 2 * HOUR
        await addresses.forgotten(node.ctx, "hall@example.com", address=HERE)
        await node.deliver()
        assert sorted("@ada" in text(mail) for mail in node.house.mails) == [False, True]


async def test_a_link_that_could_not_be_sent_for_an_hour_is_not_sent_any_more(tmp_path):
    async with mailing(tmp_path) as node:
        await node.member("ben", address=BEN)
        node.house.refuses[BEN] = "451 later"
        await addresses.forgotten(node.ctx, BEN, address=HERE)
        for _ in range(8):
            node.clock.now += 10 * MINUTE
            await node.deliver()
        assert await node.waiting() == []


async def test_old_links_are_forgotten(tmp_path, database):
    async with mailing(tmp_path, database=database) as node:
        await node.member("ben", address=BEN)
        node.clock.now += 2 * DAY
        await worker.forget(node.ctx)
        async with node.ctx.db.read() as tx:
            assert not await tx.all("SELECT 1 AS found FROM mail_links")


async def test_without_a_mail_server_nothing_is_promised(tmp_path):
    async with mailing(tmp_path, host="", listen="", reply_to="") as node:
        ben = await node.member("ben")
        with pytest.raises(Invalid):
            await addresses.give(node.ctx, ben, BEN, password=PASSWORD, address=HERE)
        with pytest.raises(Invalid):
            await addresses.forgotten(node.ctx, BEN, address=HERE)


async def test_an_unsubscribe_link_ends_mails_until_the_address_changes(tmp_path, database):
    async with mailing(tmp_path, database=database) as node:
        ben = await node.member("ben", address=BEN)
        member = await node.settings(ben)
        from node.domain.mails import Mailing
        from outbox.mail.letters import stop_link

        signs_of = {
            kind: stop_link(node.ctx, member, kind).rsplit("/", 1)[1] for kind in (Mailing.NOTICES, Mailing.DIGEST)
        }
        for kind, sign in (("notices", signs_of[Mailing.DIGEST]), ("confirm", signs_of[Mailing.NOTICES]), ("x", "")):
            with pytest.raises(NotFound):
                await addresses.stop(node.ctx, kind, sign)
        with pytest.raises(NotFound):
            await addresses.stop(node.ctx, "notices", "_" * 54)
        for _ in range(2):
            await addresses.stop(node.ctx, "notices", signs_of[Mailing.NOTICES])
        assert (await node.settings(ben)).kinds == frozenset()
        assert (await node.settings(ben)).digest == "weekly"
        await addresses.stop(node.ctx, "digest", signs_of[Mailing.DIGEST])
        assert (await node.settings(ben)).digest == "never"
        await node.confirmed(ben, NEW)
        with pytest.raises(NotFound):
            await addresses.stop(node.ctx, "digest", signs_of[Mailing.DIGEST])


@pytest.mark.parametrize(
    "typed",
    ["", "ben", "@example.com", "ben@", "b en@example.com", "ben@exa mple.com", "ben@example.com\nBcc: x@y.z",
     "Ben <ben@example.com>", "a@b@c", ".ben@example.com", "ben..x@example.com", "ben@-example.com", "ben@example..com",
     "a" * 65 + "@example.com", "ben@" + "a" * 260, "ben@[127.0.0.1]", "bén@example.com", '"ben"@example.com', "a,b@c"],
)  # fmt: skip
def test_what_is_no_address_is_refused(typed):
    with pytest.raises(Invalid):
        check_address(typed)


def test_addresses_keep_their_form():
    assert check_address(" Ada.Martin+x@Example.COM ") == "Ada.Martin+x@example.com"


def test_signs_for_answers_fit_into_an_address_and_are_read_back():
    sign = signs.answer(b"k" * 32, account_id=(1 << 63) - 1, post_id=5, until=40 * DAY + 5)
    assert len(f"fifteen-letters+{sign}") <= 64
    assert sign == sign.lower()
    assert sign.isalnum()
    read = signs.read_answer(b"k" * 32, sign.upper())
    assert (read.account_id, read.post_id, read.until) == ((1 << 63) - 1, 5, 41 * DAY)
    assert signs.read_answer(b"l" * 32, sign) is None
    for place in range(len(sign)):
        other = sign[:place] + ("a" if sign[place] != "a" else "b") + sign[place + 1 :]
        assert signs.read_answer(b"k" * 32, other) is None


async def test_the_settings_of_nobody_are_none(tmp_path, database):
    async with mailing(tmp_path, database=database) as node:
        async with node.ctx.db.read() as tx:
            assert await mail_settings.of(tx, 1) is None
            assert await mail_settings.with_address(tx, BEN) == []
            assert await tokens.session(tx, "x", seen_after=0) is None
