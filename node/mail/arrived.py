"""A mail that arrived, as far as it takes to make an answer of it."""

from dataclasses import dataclass
from email import policy
from email.message import EmailMessage
from email.parser import BytesHeaderParser, BytesParser

from node.domain import text
from node.errors import Invalid

_LONGEST_NAME = 80
_MOST_FILES = 10
_SIGNATURES = frozenset({"application/pgp-signature", "application/pkcs7-signature", "application/x-pkcs7-signature"})
_BULK = frozenset({"bulk", "junk", "list", "auto_reply"})
_REPORTS = frozenset({"multipart/report", "message/delivery-status", "message/disposition-notification"})


@dataclass(frozen=True, slots=True)
class Head:
    """What a mail says of itself. sender: its one author's address, '' for none or several.

    message_id: '' for none. automatic: no person sent it, and no machine shall answer it (RFC 3834).
    """

    sender: str
    message_id: str
    automatic: bool


def head(raw: bytes) -> Head | None:
    """Return what a mail says of itself; None: it cannot be read."""
    try:
        mail = BytesHeaderParser(policy=policy.SMTP).parsebytes(raw)
        authors = [one.addr_spec for header in mail.get_all("From", []) for one in header.addresses]
        return Head(
            sender=authors[0] if len(authors) == 1 else "",
            message_id=str(mail.get("Message-ID", "")).strip(),
            automatic=_is_automatic(mail),
        )
    except Exception:  # what a broken header raises is anybody's guess
        return None


def _is_automatic(mail: EmailMessage) -> bool:
    submitted = str(mail.get("Auto-Submitted", "no")).partition(";")[0].strip().lower()
    precedence = str(mail.get("Precedence", "")).strip().lower()
    listed = any(name in mail for name in ("List-Id", "X-Autoreply", "X-Autorespond"))
    return submitted != "no" or precedence in _BULK or listed or mail.get_content_type() in _REPORTS


@dataclass(frozen=True, slots=True)
class Body:
    """What stands in a mail. flowed: its lines may be joined (RFC 3676). files: names of what is attached to it."""

    text: str
    flowed: bool
    files: tuple[str, ...]


def body(raw: bytes) -> Body:
    """Return what stands in a mail, HTML as plain text where there is nothing else.

    Raises:
        Invalid: it cannot be read.
    """
    try:
        mail = BytesParser(policy=policy.SMTP).parsebytes(raw)
        part = mail.get_body(("plain", "html"))
        files = tuple(_name(one) for one in mail.iter_attachments() if _is_file(one))[:_MOST_FILES]
        if part is None:
            return Body("", False, files)
        content = str(part.get_content())
        if part.get_content_type() == "text/html":
            return Body(_as_text(content), False, files)
        return Body(content, part["Content-Type"].params.get("format", "").lower() == "flowed", files)
    except Exception as error:  # what a broken part raises is anybody's guess
        raise Invalid("Your mail cannot be read. Send it as plain text.") from error


def _is_file(part: EmailMessage) -> bool:
    """Tell what was attached from signatures, and from pictures that stand in the text."""
    if part.get_content_type() in _SIGNATURES:
        return False
    return part.get_content_disposition() != "inline" or "Content-ID" not in part


def _name(part: EmailMessage) -> str:
    return text.plain(part.get_filename() or part.get_content_type(), longest=_LONGEST_NAME)


def _as_text(html: str) -> str:
    """Return HTML as the plain text that our posts are written in."""
    from html2text import HTML2Text

    reader = HTML2Text(bodywidth=0)
    reader.ignore_images = reader.ignore_tables = reader.ignore_emphasis = True
    reader.single_line_break = False
    reader.protect_links = False
    reader.use_automatic_links = True
    return reader.handle(html)
