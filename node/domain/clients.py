"""Clients: the programs through which members act, what they may ask for, and where they are answered (OAuth 2)."""

from collections.abc import Iterable
from dataclasses import dataclass
from re import compile as pattern
from urllib.parse import urlsplit

from node.config import is_loopback
from node.domain.viewer import grants

OUT_OF_BAND = "urn:ietf:wg:oauth:2.0:oob"
"""Stands in place of an address: the code is shown, and the person types it into the client."""

DEFAULT_SCOPE = "read"
_BOTH = (
    "accounts",
    "blocks",
    "bookmarks",
    "collections",
    "favourites",
    "filters",
    "follows",
    "groups",
    "lists",
    "mutes",
)
READS = (*_BOTH, "notifications", "search", "statuses")
WRITES = (*_BOTH, "conversations", "media", "notifications", "reports", "statuses")
MODERATES = (
    "accounts",
    "reports",
    "domain_allows",
    "domain_blocks",
    "ip_blocks",
    "email_domain_blocks",
    "canonical_email_blocks",
)
SCOPES = (
    "read",
    "write",
    "follow",
    "push",
    "profile",
    *(f"read:{name}" for name in READS),
    *(f"write:{name}" for name in WRITES),
    "admin:read",
    *(f"admin:read:{name}" for name in MODERATES),
    "admin:write",
    *(f"admin:write:{name}" for name in MODERATES),
)
"""Every scope of Mastodon; what each contains is told by `node.domain.viewer.grants`."""

_ADDRESS = pattern(r"[A-Za-z][A-Za-z0-9+.-]*:[!$%&'()*+,./0-9:;=?@A-Z\[\]_a-z~-]+")
_LONGEST_ADDRESS = 2_000
# Addresses that run as a program, show what they hold, or open something else than an app.
_NEVER = pattern("about|blob|data|file|filesystem|ftp|intent|javascript|mailto|urn|vbscript|view-source|wss?")


@dataclass(frozen=True, slots=True)
class Application:
    """A client that registered. `secret_hash`: of the secret it proves itself with; `created_at`: Unix ms."""

    id: int
    client_id: str
    secret_hash: str
    name: str
    website: str
    redirect_uris: tuple[str, ...]
    scopes: tuple[str, ...]
    created_at: int


@dataclass(frozen=True, slots=True)
class Code:
    """What a client exchanges for a token, once: a member has let it in, for these scopes.

    challenge: of the secret the client has to show then (RFC 7636), '' for none. token_hash: of the token it was
    exchanged for, '' until then. expires_at: Unix ms.
    """

    hash: str
    application_id: int
    account_id: int
    redirect_uri: str
    scopes: tuple[str, ...]
    challenge: str
    expires_at: int
    token_hash: str = ""


def known_scopes(scopes: Iterable[str]) -> bool:
    """Tell whether these are all scopes of Mastodon."""
    return set(scopes) <= set(SCOPES)


def narrowed(asked: Iterable[str], allowed: tuple[str, ...]) -> tuple[str, ...] | None:
    """Return the scopes that are asked for, each once, `read` when none is; None: not all lie within the allowed."""
    scopes = tuple(dict.fromkeys(asked)) or (DEFAULT_SCOPE,)
    within = known_scopes(scopes) and all(grants(frozenset(allowed), scope) for scope in scopes)
    return scopes if within else None


def may_redirect_to(uri: str) -> bool:
    """Tell whether a client may be answered there: https, its own scheme, http on this very device, or not at all.

    Without a fragment or a name in front of the host, and in plain ASCII (RFC 9700, section 2.1; threat O02).
    """
    if uri == OUT_OF_BAND:
        return True
    scheme = scheme_of(uri)
    if len(uri) > _LONGEST_ADDRESS or not _ADDRESS.fullmatch(uri) or _NEVER.fullmatch(scheme):
        return False
    try:
        parts = urlsplit(uri)
        host, _ = parts.hostname or "", parts.port
    except ValueError:
        return False
    if scheme not in ("http", "https"):
        return True
    return bool(host) and "@" not in parts.netloc and (scheme == "https" or is_loopback(host))


def scheme_of(uri: str) -> str:
    """Return what stands before the first colon, in small letters."""
    return uri.partition(":")[0].lower()


def is_website(url: str) -> bool:
    """Tell whether this is an address people may be sent to, to read about a client."""
    if len(url) > _LONGEST_ADDRESS or not url.startswith(("https://", "http://")) or not url.isprintable():
        return False
    try:
        return bool(urlsplit(url).hostname)
    except ValueError:
        return False
