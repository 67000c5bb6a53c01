"""A mail server of the house, in this process: real SMTP both ways, and a clock that a test sets."""

import contextlib
import re
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from email import policy
from email.message import EmailMessage
from email.parser import BytesParser
from pathlib import Path
from typing import Any

import aiosmtplib
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, Session

from moderation import addresses, members
from node.app import close_context, create_app, create_context
from node.config import Mail, Settings, Storage, check
from node.config import Node as NodeSettings
from node.context import Context
from node.domain import signs
from node.domain.accounts import Account, Role
from node.domain.mails import Purpose
from node.limits import Limits
from node.mail.listener import Listener
from node.store import mail_settings
from outbox.mail import digest, notices, worker
from tests.nodes import URL, port

NOW = 1_790_000_000_000  # a Monday in September 2026, in the morning
SECOND, MINUTE, HOUR, DAY = 1_000, 60_000, 3_600_000, 86_400_000
PASSWORD = "correct horse battery"
SENDER, REPLY_TO = "social@example.com", "reply@social.example.com"


@dataclass
class Clock:
    """Tells the time that a test says it is, Unix ms."""

    now: int = NOW

    def __call__(self) -> int:
        return self.now


@dataclass
class House:
    """The mail server: what it took, whom it refuses (address → answer), and who may sign in."""

    number: int = field(default_factory=port)
    mails: list[EmailMessage] = field(default_factory=list)
    senders: list[str] = field(default_factory=list)
    refuses: dict[str, str] = field(default_factory=dict)
    refuses_data: str = ""
    user: tuple[str, str] | None = None
    signed_in: list[str] = field(default_factory=list)

    async def handle_RCPT(self, _: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]) -> str:
        if address in self.refuses:
            return self.refuses[address]
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, _: SMTP, session: Session, envelope: Envelope) -> str:
        if self.refuses_data:
            return self.refuses_data
        content = envelope.content
        assert isinstance(content, bytes)
        self.mails.append(BytesParser(policy=policy.default).parsebytes(content))
        self.senders.append(str(envelope.mail_from))
        return "250 2.0.0 OK queued as 1"

    def authenticate(self, server: SMTP, session: Session, envelope: Envelope, mechanism: str, data: Any) -> AuthResult:
        self.signed_in.append(data.login.decode())
        right = (data.login.decode(), data.password.decode()) == self.user
        return AuthResult(success=right, handled=False)

    def to(self, address: str) -> list[EmailMessage]:
        """Return what it took for an address."""
        return [mail for mail in self.mails if mail["To"] == address]


def text(mail: EmailMessage) -> str:
    """Return the text of a mail."""
    part = mail.get_body(("plain",))
    assert part is not None
    return str(part.get_content())


def html(mail: EmailMessage) -> str:
    """Return the HTML of a mail."""
    part = mail.get_body(("html",))
    assert part is not None
    return str(part.get_content())


@dataclass
class Mailing:
    """A node that sends and takes mails."""

    ctx: Context
    clock: Clock
    house: House
    app: Any = None

    async def member(
        self, username: str, *, address: str = "", role: Role = Role.MEMBER, language: str = ""
    ) -> Account:
        """Return a new member, with a confirmed address where one is given."""
        account = await members.add(
            self.ctx, username=username, password=PASSWORD, name=username.title(), role=role, language=language
        )
        if address:
            await self.confirmed(account, address)
        return account

    async def confirmed(self, account: Account, address: str) -> None:
        """Let a member give an address and follow the link."""
        await addresses.give(self.ctx, account, address, password=PASSWORD, address="127.0.0.1")
        await self.deliver()
        await addresses.confirm(self.ctx, self.sign(self.house.to(address)[-1], "mail/confirm"))
        await self.deliver()
        self.house.mails.clear()

    def sign(self, mail: EmailMessage, path: str) -> str:
        """Return what a link of a mail carries."""
        found = re.search(rf"{re.escape(URL)}/{path}/(\S+)", text(mail))
        assert found is not None, text(mail)
        return found[1]

    async def deliver(self) -> None:
        """Send everything that is due."""
        while await worker.send_due(self.ctx):
            pass

    async def later(self, milliseconds: int) -> None:
        """Let time pass, tell whom there is something to tell, and send it."""
        self.clock.now += milliseconds
        await notices.gather(self.ctx)
        await digest.queue_due(self.ctx)
        await self.deliver()

    async def waiting(self) -> list[dict[str, Any]]:
        """Return the rows of the queue."""
        async with self.ctx.db.read() as tx:
            return [dict(row) for row in await tx.all("SELECT * FROM mails ORDER BY id")]

    async def settings(self, account: Account) -> Any:
        async with self.ctx.db.read() as tx:
            return await mail_settings.of(tx, account.id)

    def link(self, purpose: Purpose, id: int) -> str:
        return signs.link(self.ctx.secret, purpose, id)

    async def hand_over(self, mail: EmailMessage | bytes, to: str, *, sender: str = "ben@example.com") -> str:
        """Hand a mail to the node as a mail server does; return its answer."""
        host, number = self.ctx.settings.mail.listens_at
        async with aiosmtplib.SMTP(hostname=host, port=number, start_tls=False, local_hostname="mx") as server:
            _, answer = await server.sendmail(sender, [to], bytes(mail))
            return answer


@contextlib.asynccontextmanager
async def serving(house: House, **more: Any) -> AsyncIterator[House]:
    """Run the mail server of the house."""
    import asyncio

    loop = asyncio.get_running_loop()
    if house.user:
        more |= {"authenticator": house.authenticate, "auth_require_tls": False}
    server = await loop.create_server(lambda: SMTP(house, hostname="mx", loop=loop, **more), "127.0.0.1", house.number)
    try:
        yield house
    finally:
        server.close()
        await server.wait_closed()


@contextlib.asynccontextmanager
async def mailing(
    folder: Path, *, database: str = "", limits: Limits | None = None, **mail: Any
) -> AsyncIterator[Mailing]:
    """Run a node with its listener, and the mail server of the house; without loops."""
    house, clock = House(), Clock()
    settings = Settings(
        node=NodeSettings(url=URL, name="Weberei", development=True),
        storage=Storage(data=str(folder), database=database),
        mail=Mail(
            **{
                "host": "127.0.0.1",
                "port": house.number,
                "security": "none",
                "sender": SENDER,
                "listen": f"127.0.0.1:{port()}",
                "reply_to": REPLY_TO,
                **mail,
            }
        ),
        limits=limits or Limits(),
    )
    ctx = await create_context(check(settings), now=clock)
    listener = Listener(ctx)
    try:
        async with serving(house):
            if settings.mail.listen:
                await listener.start()
            yield Mailing(ctx, clock, house, create_app(ctx, jobs=False))
    finally:
        await listener.stop()
        await close_context(ctx)
