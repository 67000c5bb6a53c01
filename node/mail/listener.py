"""Listens for what the mail server of the house hands over (SMTP, without encryption: it is on this network)."""

import asyncio
import logging
from typing import Any

from aiosmtpd.smtp import SMTP, Envelope, Session

from node.context import Context
from node.errors import Unavailable
from node.mail import answers

log = logging.getLogger("allmende.mail")

_SECONDS = 60.0
_RECIPIENTS = 5
_TIMES = 3


class Listener:
    """The listener of one process."""

    def __init__(self, ctx: Context) -> None:
        self._ctx = ctx
        self._server: asyncio.Server | None = None
        self._open: set[_Connection] = set()
        # It would name whom mails are from and for.
        logging.getLogger("mail.log").setLevel(logging.WARNING)

    async def start(self) -> None:
        """Listen where the settings say.

        Raises:
            Unavailable: something else listens there.
        """
        settings = self._ctx.settings.mail
        loop = asyncio.get_running_loop()
        host, port = settings.listens_at
        try:
            self._server = await loop.create_server(lambda: _Connection(self._ctx, self._open), host, port)
        except OSError as error:
            raise Unavailable(f"Nothing can listen at mail.listen = {settings.listen}: {error.strerror}.") from error

    async def stop(self) -> None:
        """End it, and what is under way: whoever hands a mail over does so again."""
        if self._server is not None:
            self._server.close()
            for connection in list(self._open):
                connection.hang_up()
            await self._server.wait_closed()
            self._server = None


class _Connection(SMTP):
    """One connection. There are only so many at once, and each keeps a mail in memory."""

    def __init__(self, ctx: Context, others: "set[_Connection]") -> None:
        limits = ctx.settings.limits
        super().__init__(
            _Handler(ctx),
            # What is a little too big is answered with words, the rest with a number.
            data_size_limit=_TIMES * limits.incoming_mail,
            enable_SMTPUTF8=True,
            hostname=answers.host_name(ctx),
            ident="Allmende",
            timeout=_SECONDS,
            loop=asyncio.get_running_loop(),
        )
        self._others = others
        self._most = limits.incoming_mails_at_once

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)
        self._others.add(self)
        if len(self._others) > self._most:
            transport.close()

    def connection_lost(self, error: Exception | None) -> None:
        self._others.discard(self)
        super().connection_lost(error)

    def hang_up(self) -> None:
        """End the connection."""
        if self.transport is not None:
            self.transport.close()


class _Handler:
    """What aiosmtpd asks: whom a mail may be for, and what becomes of it."""

    def __init__(self, ctx: Context) -> None:
        self._ctx = ctx

    async def handle_RCPT(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        """Take mails for addresses that answers go to; whether a sign is good is told nobody."""
        if answers.sign_in(self._ctx, address) is None:
            return "550 5.1.1 There is no such mailbox here"
        if len(envelope.rcpt_tos) >= _RECIPIENTS:
            return "452 4.5.3 Too many recipients"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        """Take a mail: what is dropped is said to be taken as well, so that no mail server writes to a stranger."""
        raw: Any = envelope.content
        try:
            for address in envelope.rcpt_tos:
                sign = answers.sign_in(self._ctx, address) or ""
                await answers.take(self._ctx, raw, sender=(envelope.mail_from or "").strip("<>"), sign=sign)
        except Exception as error:
            log.exception("a mail could not be taken: %s", type(error).__name__)
            return "451 4.3.0 Not now, try again later"
        return "250 2.0.0 OK"
