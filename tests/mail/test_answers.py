"""Answers by mail: who may give them, what becomes of them, and who hears of what was not taken."""

import asyncio
import smtplib
from email.message import EmailMessage
from email.policy import SMTP

import aiosmtplib
import pytest

from moderation import addresses, measures
from node.domain import signs
from node.domain.posts import Draft
from node.domain.visibility import Visibility
from node.limits import Limits
from node.store import posts, timelines
from node.store.pages import Page
from outbox import posts as commands
from outbox import relationships
from tests.mailing import DAY, HOUR, MINUTE, REPLY_TO, SENDER, mailing, text

BEN = "ben@example.com"


def answer(said="Yes, they are.", *, sender=BEN, id="<1@mail.example>", **headers):
    mail = EmailMessage(policy=SMTP)
    mail["From"] = f"Ben <{sender}>"
    mail["To"] = "somewhere"
    mail["Subject"] = "Re: Ada names you"
    if id:
        mail["Message-ID"] = id
    for name, value in headers.items():
        mail[name.replace("_", "-")] = value
    mail.set_content(said + "\n\nOn Tue, 24 Nov 2026 at 10:00, Ada <social@example.com> wrote:\n> Hello\n")
    return mail


class Talk:
    """Ada wrote to Ben, who got a mail of it."""

    async def begin(self, node, *, visibility=Visibility.UNIT, **more):
        self.node = node
        self.ada, self.ben = await node.member("ada"), await node.member("ben", address=BEN, **more)
        node.clock.now += HOUR
        self.post = await commands.publish(node.ctx, self.ada, Draft("Hello @ben, are they ready?", visibility))
        await node.later(MINUTE)
        [mail] = node.house.mails
        self.address = mail["Reply-To"].addresses[0].addr_spec
        node.house.mails.clear()
        return self

    async def answers(self):
        async with self.node.ctx.db.read() as tx:
            rows = await tx.all("SELECT id FROM posts WHERE reply_to_id = :id ORDER BY id", id=self.post.id)
            return list((await posts.by_ids(tx, [row["id"] for row in rows])).values())

    async def told(self):
        """What Ben was told afterwards."""
        await self.node.deliver()
        return [(mail["Subject"], text(mail)) for mail in self.node.house.mails]


async def test_a_mail_becomes_an_answer(tmp_path, database):
    async with mailing(tmp_path, database=database) as node:
        talk = await Talk().begin(node)
        assert (await node.hand_over(answer("Yes, they *are*."), talk.address)).startswith("2.0.0 OK")
        [made] = await talk.answers()
        assert (made.author_id, made.source, made.visibility) == (talk.ben.id, "Yes, they *are*.", Visibility.UNIT)
        assert made.content == "<p>Yes, they <em>are</em>.</p>"
        assert await talk.told() == []
        async with node.ctx.db.read() as tx:
            assert next(one.id for one in await timelines.unit(tx, Page(), viewer_id=talk.ada.id)) == made.id


async def test_a_mail_that_is_delivered_twice_is_one_answer(tmp_path, database):
    async with mailing(tmp_path, database=database) as node:
        talk = await Talk().begin(node)
        for _ in range(2):
            await node.hand_over(answer(), talk.address)
        node.clock.now += 2 * DAY  # a mail server tries for days
        await node.hand_over(answer(), talk.address)
        assert len(await talk.answers()) == 1
        await asyncio.gather(*[node.hand_over(answer(id="<2@mail.example>"), talk.address) for _ in range(4)])
        assert len(await talk.answers()) == 2
        await node.hand_over(answer(id=""), talk.address)
        await node.hand_over(answer(id=""), talk.address)
        assert len(await talk.answers()) == 3
        assert await talk.told() == []


@pytest.mark.parametrize("visibility", [Visibility.DIRECT, Visibility.FOLLOWERS, Visibility.ORGANISATION])
async def test_L03_an_answer_reaches_nobody_whom_the_page_would_not_reach(tmp_path, visibility):
    async with mailing(tmp_path) as node:
        talk = await Talk().begin(node, visibility=visibility)
        carla = await node.member("carla")
        await node.hand_over(answer(), talk.address)
        [made] = await talk.answers()
        assert made.visibility is visibility
        async with node.ctx.db.read() as tx:
            seen = await posts.visible_to(tx, made.id, viewer_id=carla.id)
            assert await posts.visible_to(tx, made.id, viewer_id=talk.ada.id) is not None
        assert (seen is not None) == (visibility is Visibility.ORGANISATION)


async def test_only_the_member_answers_and_nobody_else_is_written_to(tmp_path, database):
    async with mailing(tmp_path, database=database) as node:
        talk = await Talk().begin(node)
        carla = await node.member("carla", address="carla@example.com")
        forged = signs.answer(b"x" * 32, account_id=talk.ben.id, post_id=talk.post.id, until=node.clock.now + DAY)
        hers = signs.answer(node.ctx.secret, account_id=carla.id, post_id=talk.post.id, until=node.clock.now + DAY)
        local, host = REPLY_TO.split("@")
        for mail, to in (
            (answer(sender="eve@example.com"), talk.address),
            (answer(sender="carla@example.com"), talk.address),
            (answer(), f"{local}+{hers}@{host}"),
            (answer(), f"{local}+{forged}@{host}"),
            (answer(), f"{local}+{'a' * 48}@{host}"),
            (answer(), f"{local}+%@{host}"),
            (two_authors(), talk.address),
            (b"From: <<<\r\nFrom: ben@\r\n\r\nHello\r\n", talk.address),
            (b"no header at all", talk.address),
        ):
            assert (await node.hand_over(mail, to)).startswith("2.0.0 OK")
        assert await talk.answers() == []
        assert await talk.told() == []


def two_authors():
    mail = answer()
    del mail["From"]
    mail["From"] = f"Ben <{BEN}>, Eve <eve@example.com>"
    return mail


async def test_the_address_counts_in_small_and_capital_letters(tmp_path):
    async with mailing(tmp_path) as node:
        talk = await Talk().begin(node)
        await node.hand_over(answer(sender="BEN@Example.com"), talk.address.upper())
        assert len(await talk.answers()) == 1


async def test_who_took_the_address_away_answers_no_more(tmp_path):
    async with mailing(tmp_path) as node:
        talk = await Talk().begin(node)
        await addresses.take_away(node.ctx, talk.ben)
        await node.hand_over(answer(), talk.address)
        assert await talk.answers() == []


@pytest.mark.parametrize(
    "headers",
    [
        {"Auto_Submitted": "auto-replied"},
        {"Auto_Submitted": "auto-generated; owner-email=ben@example.com"},
        {"Precedence": "bulk"},
        {"Precedence": "Auto_Reply"},
        {"List_Id": "<staff.example.com>"},
        {"X_Autoreply": "yes"},
    ],
)
async def test_machines_are_not_answered(tmp_path, headers):
    async with mailing(tmp_path) as node:
        talk = await Talk().begin(node)
        await node.hand_over(answer("I am away", **headers), talk.address)
        assert (await talk.answers(), await talk.told()) == ([], [])


async def test_a_mail_without_a_sender_is_dropped(tmp_path):
    async with mailing(tmp_path) as node:
        talk = await Talk().begin(node)
        host, number = node.ctx.settings.mail.listens_at

        def bounce():
            with smtplib.SMTP(host, number) as server:
                server.sendmail("", [talk.address], bytes(answer()))

        await asyncio.to_thread(bounce)
        assert (await talk.answers(), await talk.told()) == ([], [])


async def test_a_member_hears_what_was_not_taken_and_why(tmp_path, database):
    async with mailing(tmp_path, database=database) as node:
        talk = await Talk().begin(node)
        await node.hand_over(answer("", id="<1@mail>"), talk.address)
        await node.hand_over(answer("word " * 2_000, id="<2@mail>"), talk.address)
        await commands.delete(node.ctx, talk.ada, talk.post.id)
        await node.hand_over(answer(id="<3@mail>"), talk.address)
        node.clock.now += 32 * DAY
        await node.hand_over(answer(id="<4@mail>"), talk.address)
        said = await talk.told()
        assert [subject for subject, _ in said] == ["Your mail was not taken as an answer"] * 4
        for (_, words), why in zip(
            said,
            ("nothing in your mail", "too long. Keep it to 5000", "not here any more", "too much time"),
            strict=True,
        ):
            assert why in words
        mail = node.house.mails[0]
        assert (mail["To"], mail["In-Reply-To"], mail["Auto-Submitted"]) == (BEN, "<1@mail>", "auto-replied")
        assert mail["Reply-To"] is None


async def test_a_member_whom_the_author_blocked_cannot_answer(tmp_path):
    async with mailing(tmp_path) as node:
        talk = await Talk().begin(node)
        await relationships.block(node.ctx, talk.ada, talk.ben.id)
        await node.hand_over(answer(), talk.address)
        assert await talk.answers() == []


async def test_a_suspended_member_cannot_answer(tmp_path):
    async with mailing(tmp_path) as node:
        talk = await Talk().begin(node)
        await measures.suspend(node.ctx, talk.ben.id, reason="A threat.")
        await node.hand_over(answer(), talk.address)
        assert (await talk.answers(), await talk.told()) == ([], [])


async def test_answers_about_answers_end_after_a_few(tmp_path):
    async with mailing(tmp_path, limits=Limits(mail_answers_per_member=3)) as node:
        talk = await Talk().begin(node)
        for number in range(6):
            await node.hand_over(answer("", id=f"<{number}@mail>"), talk.address)
        assert len(await talk.told()) == 3


async def test_files_are_named_and_left_out(tmp_path):
    async with mailing(tmp_path) as node:
        talk = await Talk().begin(node)
        mail = answer()
        mail.add_attachment(b"%PDF", maintype="application", subtype="pdf", filename="plan <b>.pdf")
        mail.add_attachment(b"x", maintype="application", subtype="pgp-signature", filename="signature.asc")
        await node.hand_over(mail, talk.address)
        [made] = await talk.answers()
        assert made.source == "Yes, they are."
        [(subject, words)] = await talk.told()
        assert subject == "Your answer was published without its files"
        assert "plan" in words
        assert "signature.asc" not in words
        assert f"/posts/{made.id}" in words


async def test_HTML_alone_becomes_text(tmp_path):
    async with mailing(tmp_path) as node:
        talk = await Talk().begin(node)
        mail = answer()
        mail.set_content(
            "<html><head><style>p {color: red}</style></head><body><p>Yes,<br>they <b>are</b> &amp; always were.</p>"
            '<script>alert(1)</script><p>See <a href="https://example.com/plan">the plan</a></p>'
            '<div style="border:none;border-top:solid #E1E1E1 1.0pt;padding:3.0pt 0cm 0cm 0cm"><p><b>Von:</b> Ada<br>'
            "<b>Gesendet:</b> heute<br><b>An:</b> Ben<br><b>Betreff:</b> Hi</p></div><p>Hello @ben</p></body></html>",
            subtype="html",
        )
        await node.hand_over(mail, talk.address)
        [made] = await talk.answers()
        assert made.source.split() == [
            "Yes,",
            "they",
            "are",
            "&",
            "always",
            "were.",
            "See",
            "[the",
            "plan](https://example.com/plan)",
        ]
        assert "script" not in made.content
        assert "alert" not in made.content


@pytest.mark.parametrize(
    ("charset", "encoding"), [("iso-8859-1", "quoted-printable"), ("utf-8", "base64"), ("windows-1252", "8bit")]
)
async def test_letters_of_every_kind_arrive(tmp_path, charset, encoding):
    async with mailing(tmp_path) as node:
        talk = await Talk().begin(node)
        mail = answer()
        mail.set_content("Für Zoë: ça va\n", charset=charset, cte=encoding)
        await node.hand_over(mail, talk.address)
        [made] = await talk.answers()
        assert made.source == "Für Zoë: ça va"


async def test_an_unknown_charset_is_told(tmp_path):
    async with mailing(tmp_path) as node:
        talk = await Talk().begin(node)
        raw = (
            f"From: {BEN}\r\nMessage-ID: <1@x>\r\nContent-Type: text/plain; charset=x-none\r\n\r\nH\xfcbsch\r\n"
        ).encode("latin-1")
        await node.hand_over(raw, talk.address)
        said = await talk.told()
        assert len(await talk.answers()) + len(said) == 1


async def test_a_mail_that_is_too_big_is_told_and_one_far_too_big_refused(tmp_path):
    async with mailing(tmp_path, limits=Limits(incoming_mail=20_000)) as node:
        talk = await Talk().begin(node)
        big = answer()
        big.add_attachment(b"x" * 20_000, maintype="image", subtype="png", filename="a.png")
        await node.hand_over(big, talk.address)
        assert await talk.answers() == []
        [(_, words)] = await talk.told()
        assert "too big" in words
        huge = answer(id="<2@x>")
        huge.add_attachment(b"x" * 60_000, maintype="image", subtype="png", filename="a.png")
        with pytest.raises(aiosmtplib.SMTPResponseException) as caught:
            await node.hand_over(huge, talk.address)
        assert caught.value.code == 552


async def test_other_mailboxes_are_not_here(tmp_path):
    async with mailing(tmp_path) as node:
        await Talk().begin(node)
        for address in (
            "eve@elsewhere.example",
            SENDER,
            REPLY_TO,
            "postmaster@social.example.com",
            "reply+x@other.example",
        ):
            with pytest.raises(aiosmtplib.SMTPRecipientsRefused) as caught:
                await node.hand_over(answer(), address)
            assert caught.value.recipients[0].code == 550


async def test_what_fails_here_is_asked_for_again(tmp_path, monkeypatch):
    async with mailing(tmp_path) as node:
        talk = await Talk().begin(node)
        async with node.ctx.change() as change:
            await change.tx.run("ALTER TABLE mail_answers RENAME TO gone")
        with pytest.raises(aiosmtplib.SMTPDataError) as caught:
            await node.hand_over(answer(), talk.address)
        assert caught.value.code == 451
        async with node.ctx.change() as change:
            await change.tx.run("ALTER TABLE gone RENAME TO mail_answers")
        await node.hand_over(answer(), talk.address)
        assert len(await talk.answers()) == 1


async def test_only_so_many_connections_are_open_at_once(tmp_path):
    async with mailing(tmp_path, limits=Limits(incoming_mails_at_once=3)) as node:
        host, number = node.ctx.settings.mail.listens_at
        opened = [await asyncio.open_connection(host, number) for _ in range(3)]
        for reader, _ in opened:
            assert (await reader.readline()).startswith(b"220")
        reader, writer = await asyncio.open_connection(host, number)
        assert await reader.read() == b""
        writer.close()
        opened[0][1].close()
        await opened[0][1].wait_closed()
        await asyncio.sleep(0.05)
        async with aiosmtplib.SMTP(hostname=host, port=number, start_tls=False) as server:
            assert server.is_connected
        for _, writer in opened:
            writer.close()


async def test_without_an_address_for_answers_there_is_none_in_mails(tmp_path):
    async with mailing(tmp_path, listen="", reply_to="") as node:
        ada, _ = await node.member("ada"), await node.member("ben", address=BEN)
        node.clock.now += HOUR
        await commands.publish(node.ctx, ada, Draft("Hello @ben"))
        await node.later(MINUTE)
        [mail] = node.house.mails
        assert mail["Reply-To"] is None
        assert "Answer this mail" not in text(mail)
