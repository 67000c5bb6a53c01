"""Links in posts: where they lead, and what they are called. What they lead to is never fetched."""

from dataclasses import dataclass
from hashlib import sha256
from html import unescape
from re import compile as pattern
from urllib.parse import urlsplit, urlunsplit

from node.domain.text import plain

# Each part ends where the next tag begins, so that no text, however it is made, is read through from every sign anew.
_ANCHOR = pattern(r'<a (?P<attributes>(?:[^<>"]|"[^"]{0,4096}+")*+)>(?P<said>[^<]*+(?:<(?!/?a\b)[^<]*+)*+)</a>')
_HREF = pattern(r'\bhref="([^"]*)"')
_CLASS = pattern(r'\bclass="([^"]*)"')
_OURS = frozenset({"mention", "hashtag", "u-url"})
_PORTS = {"http": 80, "https": 443}
_MOST = 20
_LONGEST_BYTES = 2_000
_LONGEST_TITLE = 200


@dataclass(frozen=True, slots=True)
class Link:
    """A link of a post. title: what the post calls it, '' where that is the address itself."""

    url: str
    title: str


def links_in(html: str, *, but: set[str]) -> list[Link]:
    """Return the links of a sanitised text, each once, mentions and hashtags aside; twenty at most.

    but: hosts that do not count: links there lead to people and posts.
    """
    if "<a " not in html:
        return []
    found: dict[str, Link] = {}
    for anchor in _ANCHOR.finditer(html):
        href, words = _HREF.search(anchor["attributes"]), _CLASS.search(anchor["attributes"])
        if href is None or (words and not _OURS.isdisjoint(words[1].split())):
            continue
        url = address(unescape(href[1]))
        if url and urlsplit(url).netloc not in but:
            found.setdefault(url, Link(url, _title(anchor["said"], url)))
    return list(found.values())[:_MOST]


def _title(said: str, url: str) -> str:
    title = plain(said, longest=_LONGEST_TITLE)
    return "" if title.rstrip("…").lower().rstrip("/") in url.lower() else title


def address(url: str) -> str:
    """Return a link as it is compared with others, host in small letters and without fragment.

    '' is returned for what leads nowhere by http, is too long, or has a name or password in it.
    """
    try:
        parts = urlsplit(url.strip())
        port = parts.port
    except ValueError:
        return ""
    if parts.scheme not in _PORTS or not parts.hostname or "@" in parts.netloc:
        return ""
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    netloc = host if port in (None, _PORTS[parts.scheme]) else f"{host}:{port}"
    found = urlunsplit((parts.scheme, netloc, parts.path or "/", parts.query, ""))
    return found if len(found.encode("utf-8", "replace")) <= _LONGEST_BYTES else ""


def number(url: str) -> int:
    """Return the number by which clients know an address: the same one always, and never 0."""
    return int.from_bytes(sha256(url.encode("utf-8", "replace")).digest()[:8]) >> 1 or 1
