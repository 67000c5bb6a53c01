"""Hands mails to the operator's mail server (SMTP submission)."""

import ssl
from collections.abc import Sequence
from email.message import EmailMessage
from typing import Any

from aiosmtplib import (
    SMTP,
    SMTPAuthenticationError,
    SMTPDataError,
    SMTPException,
    SMTPRecipientsRefused,
    SMTPResponseException,
)

from node.config import Mail
from node.ports import Sent, Told

_SECONDS = 30.0


class SmtpMailer:
    """Implements `node.ports.Mailer`. name: what this machine calls itself, a host name."""

    def __init__(self, settings: Mail, *, name: str) -> None:
        self._settings = settings
        self._name = name

    @property
    def enabled(self) -> bool:
        """Whether there is a mail server."""
        return bool(self._settings.host)

    async def send(self, mails: Sequence[EmailMessage], *, told: Told | None = None) -> list[Sent]:
        """Send mails over one connection, one after the other; see `node.ports.Mailer`."""
        done: list[Sent] = []
        tell = told or _nobody
        server = self._server()
        try:
            await self._open(server, tell)
            for mail in mails:
                done.append(await self._one(server, mail, tell))
            await server.quit()
        except (SMTPException, OSError) as error:
            why = _said(error)
            done += [Sent("later", why)] * (len(mails) - len(done))
        finally:
            server.close()
        return done

    def _server(self) -> SMTP:
        settings = self._settings
        return SMTP(
            hostname=settings.host,
            port=settings.port,
            local_hostname=self._name,
            use_tls=settings.security == "tls",
            start_tls=False,  # asked for below, where it can be told
            timeout=_SECONDS,
            tls_context=ssl.create_default_context() if settings.security != "none" else None,
        )

    async def _open(self, server: SMTP, tell: Told) -> None:
        settings = self._settings
        answer = await server.connect()
        tell("connection", f"{settings.host}:{settings.port} answers: {_short(answer.message)}")
        if settings.security == "starttls":
            await server.starttls()
        if settings.security != "none":
            tell("encryption", _encryption(server.get_transport_info("ssl_object")))
        if settings.user:
            await server.login(settings.user, settings.password)
            tell("sign-in", f"as {settings.user}")

    async def _one(self, server: SMTP, mail: EmailMessage, tell: Told) -> Sent:
        """Send one mail. A server that does not want this one is asked about the others all the same."""
        try:
            _, answer = await server.sendmail(self._settings.sender, [mail["To"].addresses[0].addr_spec], bytes(mail))
        except SMTPRecipientsRefused as error:
            first = error.recipients[0]
            # 5.7 speaks of rights, and with them of this node: its operator may set that right (RFC 3463).
            final = first.code >= 500 and not first.message.startswith("5.7.")
            return Sent("refused" if final else "later", _said(first))
        except SMTPDataError as error:
            return Sent("refused" if error.code >= 550 else "later", _said(error))
        except SMTPResponseException as error:
            return Sent("later", _said(error))
        tell("mail", f"taken: {_short(answer)}")
        return Sent("sent")


def _nobody(step: str, what: str) -> None:
    """Tell nobody."""


def _encryption(secured: Any) -> str:
    """Say how a connection is encrypted, and for whom its certificate was made."""
    certificate = secured.getpeercert() or {}
    names = [name for kind, name in certificate.get("subjectAltName", ()) if kind in ("DNS", "IP Address")]
    return f"{secured.version()}, with a valid certificate for {', '.join(names[:3])}"


def _said(error: Exception) -> str:
    """Return what went wrong: a sign-in that fails is told without what was said about it, names and passwords."""
    if isinstance(error, SMTPAuthenticationError):
        return f"{error.code} the mail server does not take this user and password"
    if isinstance(error, SMTPResponseException):
        return _short(f"{error.code} {error.message}")
    return _short(str(error) or type(error).__name__)


def _short(text: str) -> str:
    return " ".join(text.split())[:200]
