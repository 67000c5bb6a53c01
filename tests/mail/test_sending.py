"""The way to the mail server: encrypted and signed in, tried again, given up; and the command that shows it."""

import asyncio
import datetime
import ipaddress
import logging
import ssl

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from node.adapters.mail import SmtpMailer
from node.config import ConfigError, Mail, Settings, check
from node.config import Node as NodeSettings
from node.domain.mails import Mailing
from node.domain.times import pause
from node.limits import Limits
from node.store import mails
from outbox.mail import worker
from outbox.mail.letters import put
from tests.mailing import DAY, HOUR, MINUTE, House, mailing, serving

BEN = "ben@example.com"


def certificate(folder, *, address="127.0.0.1"):
    """Make a certificate for an address, signed by itself; return what a server needs and what a client trusts."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "mail")])
    now = datetime.datetime.now(datetime.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address(address))]), critical=False)
        .sign(key, hashes.SHA256())
    )
    (folder / "cert.pem").write_bytes(made.public_bytes(serialization.Encoding.PEM))
    (folder / "key.pem").write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(folder / "cert.pem", folder / "key.pem")
    return server


async def queue(node, account, *, address=BEN):
    async with node.ctx.change() as change:
        return await put(change, Mailing.RENEWED, account_id=account.id, address=address, about={})


def letter(to=BEN):
    from email.message import EmailMessage

    mail = EmailMessage()
    mail["From"], mail["To"], mail["Subject"] = "a@example.com", to, "Hello"
    mail.set_content("Hello")
    return mail


def mailer(house, **more):
    settings = {"host": "127.0.0.1", "port": house.number, "sender": "social@example.com", "security": "none", **more}
    return SmtpMailer(Mail(**settings), name="here.example")


async def test_mails_go_encrypted_by_a_server_whose_certificate_is_good(tmp_path, monkeypatch):
    context = certificate(tmp_path)
    told = []
    async with serving(House(), tls_context=context, require_starttls=True) as house:
        refused = await mailer(house, security="starttls").send([letter()])
        assert refused[0].state == "later"
        assert "certificate" in refused[0].why.lower()
        monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "cert.pem"))
        sent = await mailer(house, security="starttls").send([letter()], told=lambda *said: told.append(said))
    assert [one.state for one in sent] == ["sent"]
    assert len(house.mails) == 1
    assert [step for step, _ in told] == ["connection", "encryption", "mail"]
    assert "127.0.0.1" in told[1][1]
    assert "TLS" in told[1][1]


async def test_a_certificate_for_another_name_is_not_good(tmp_path, monkeypatch):
    context = certificate(tmp_path, address="127.0.0.9")
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "cert.pem"))
    async with serving(House(), tls_context=context) as house:
        [sent] = await mailer(house, security="starttls").send([letter()])
    assert (sent.state, house.mails) == ("later", [])


async def test_nothing_goes_out_in_the_clear_when_encryption_was_asked_for(tmp_path):
    async with serving(House(user=("social", "secret"))) as house:
        [sent] = await mailer(house, security="starttls", user="social", password="secret").send([letter()])
    assert (sent.state, house.mails, house.signed_in) == ("later", [], [])


async def test_encryption_from_the_first_byte(tmp_path, monkeypatch):
    context = certificate(tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "cert.pem"))
    house = House()
    from aiosmtpd.smtp import SMTP

    loop = asyncio.get_running_loop()
    server = await loop.create_server(
        lambda: SMTP(house, hostname="mx", loop=loop), "127.0.0.1", house.number, ssl=context
    )
    try:
        [sent] = await mailer(house, security="tls").send([letter()])
    finally:
        server.close()
        await server.wait_closed()
    assert (sent.state, len(house.mails)) == ("sent", 1)


async def test_A03_a_password_stands_in_no_log_and_no_answer(tmp_path, caplog):
    caplog.set_level(logging.DEBUG)
    async with serving(House(user=("social", "the right one"))) as house:
        [sent] = await mailer(house, user="social", password="a wrong Secret").send([letter()])
        assert (sent.state, set(house.signed_in)) == ("later", {"social"})
        assert "does not take this user and password" in sent.why
        [sent] = await mailer(house, user="social", password="the right one").send([letter()])
        assert sent.state == "sent"
    settings = Mail(host="x", password="a wrong Secret")
    ours = [record.getMessage() for record in caplog.records if not record.name.startswith("mail.log")]
    assert "Secret" not in f"{sent}{settings}{settings!r}{ours}"


async def test_one_mailbox_that_is_gone_does_not_hold_up_the_others(tmp_path):
    async with serving(House()) as house:
        house.refuses = {
            "gone@example.com": "550 5.1.1 no such user",
            "full@example.com": "452 4.2.2 mailbox full",
            "relay@example.com": "554 5.7.1 relay access denied",
        }
        found = await mailer(house).send([letter(to) for to in (*house.refuses, BEN)])
    assert [one.state for one in found] == ["refused", "later", "later", "sent"]
    assert found[0].why == "550 5.1.1 no such user"


async def test_what_nobody_takes_is_tried_again_ever_more_seldom_and_given_up(tmp_path, database, caplog):
    async with mailing(tmp_path, database=database) as node:
        ben = await node.member("ben")
        node.house.refuses[BEN] = "451 4.3.0 not now"
        await queue(node, ben)
        tries = []
        started = node.clock.now
        while await node.waiting():
            if await worker.send_due(node.ctx):
                tries.append((node.clock.now - started) // MINUTE)
            node.clock.now += MINUTE
        assert tries[:6] == [0, 1, 3, 7, 15, 31]
        assert tries[-1] < 4 * DAY // MINUTE
        assert tries[-1] - tries[-2] == 4 * HOUR // MINUTE
        assert node.house.mails == []
        assert BEN not in caplog.text


async def test_a_mail_server_that_is_away_loses_nothing(tmp_path):
    async with mailing(tmp_path) as node:
        ben = await node.member("ben")
        await queue(node, ben)
        number, node.ctx.mailer._settings = (
            node.house.number,
            Mail(host="127.0.0.1", port=1, security="none", sender="a@b"),
        )
        await node.deliver()
        [row] = await node.waiting()
        assert row["attempts"] == 1
        assert row["error"]
        assert row["leased_until"] == 0
        node.ctx.mailer._settings = node.ctx.settings.mail
        node.clock.now += 2 * MINUTE
        await node.deliver()
        assert (len(node.house.to(BEN)), await node.waiting(), number) == (1, [], node.house.number)


async def test_a_mail_that_nobody_will_ever_take_is_dropped(tmp_path):
    async with mailing(tmp_path) as node:
        ben = await node.member("ben")
        node.house.refuses_data = "554 5.6.0 no"
        await queue(node, ben)
        await node.deliver()
        assert await node.waiting() == []


async def test_a_worker_that_dies_loses_nothing_and_sends_the_same_mail(tmp_path, database):
    async with mailing(tmp_path, database=database) as node:
        ben = await node.member("ben")
        await queue(node, ben)
        async with node.ctx.change() as change:
            lease = node.ctx.settings.limits.mail_lease_seconds * 1000
            [claimed] = await mails.claim(change.tx, now=change.now, lease=lease, limit=20)
        sent = await node.ctx.mailer.send([await worker._written(node.ctx, claimed)])  # and there it dies
        assert sent[0].state == "sent"
        await node.deliver()
        assert len(node.house.mails) == 1  # held
        node.clock.now += lease
        await node.deliver()
        first, second = node.house.mails
        assert first["Message-ID"] == second["Message-ID"]


async def test_two_workers_share_what_waits(tmp_path, database):
    async with mailing(tmp_path, database=database) as node:
        ben = await node.member("ben")
        for number in range(30):
            await queue(node, ben, address=f"ben{number}@example.com")
        await asyncio.gather(*[worker.send_due(node.ctx) for _ in range(4)])
        await node.deliver()
        assert len({mail["To"] for mail in node.house.mails}) == len(node.house.mails) == 30


async def test_the_queue_has_an_end(tmp_path, database):
    async with mailing(tmp_path, database=database, limits=Limits(mails_waiting=3)) as node:
        ben = await node.member("ben")
        assert [await queue(node, ben) for _ in range(5)] == [True, True, True, False, False]


async def test_a_mail_that_cannot_be_written_does_not_hold_up_the_others(tmp_path, caplog):
    async with mailing(tmp_path) as node:
        ben = await node.member("ben")
        async with node.ctx.change() as change:
            await put(change, Mailing.CONFIRM, account_id=ben.id, address=BEN, about={})  # says nothing of its link
        await queue(node, ben)
        await node.deliver()
        assert len(node.house.mails) == 1
        assert [row["kind"] for row in await node.waiting()] == ["confirm"]


async def test_loops_send_by_themselves(tmp_path):
    async with mailing(tmp_path) as node:
        ben = await node.member("ben")
        await queue(node, ben)
        loop = asyncio.create_task(worker.run(node.ctx))
        while not node.house.mails:
            await asyncio.sleep(0.01)
        loop.cancel()


def test_pauses_double():
    assert [pause(attempt, first=60, longest=240) for attempt in (1, 2, 3, 4, 90)] == [60_000, 120_000, *[240_000] * 3]


@pytest.mark.parametrize(
    ("given", "named"),
    [
        ({"host": "mail.example"}, "mail.sender"),
        ({"host": "mail.example", "sender": "a@b.example", "security": "none"}, "mail.security"),
        ({"host": "mail.example", "sender": "a@b.example", "security": "ssl"}, "mail.security"),
        ({"host": "mail.example", "sender": "a@b.example", "port": 0}, "mail.port"),
        ({"host": "mail.example", "sender": "a@b.example", "listen": "127.0.0.1:25"}, "mail.reply_to"),
        ({"host": "mail.example", "sender": "a@b.example", "reply_to": "r@b.example"}, "mail.listen"),
        ({"host": "mail.example", "sender": "a@b.example", "listen": "8425", "reply_to": "r@b.example"}, "mail.listen"),
        (
            {"host": "m.example", "sender": "a@b.example", "listen": "h:1", "reply_to": "Reply+x@b.example"},
            "mail.reply_to",
        ),
        ({"listen": "127.0.0.1:25", "reply_to": "r@b.example"}, "mail.host"),
    ],
)
def test_settings_that_make_no_sense_are_named(given, named):
    with pytest.raises(ConfigError, match=named):
        check(Settings(node=NodeSettings(url="https://a.example"), mail=Mail(**given)))


def test_settings_that_make_sense():
    for given in (
        {},
        {"host": "127.0.0.1", "sender": "a@b.example", "security": "none"},
        {"host": "m.example", "sender": "a@b.example", "listen": "[::1]:8425", "reply_to": "reply@b.example"},
    ):
        mail = check(Settings(node=NodeSettings(url="https://a.example"), mail=Mail(**given))).mail
        assert not mail.listen or mail.listens_at == ("::1", 8425)
