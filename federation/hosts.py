"""The one canonical form of hosts and URLs, for storing and for comparing (threat I10).

Two spellings of one host must meet here, and two hosts must never: whatever is not plainly a host is
refused instead of repaired. The text is cut by our own rules; library parsers disagree about odd input.
"""

import re
from dataclasses import dataclass
from functools import lru_cache
from ipaddress import AddressValueError, IPv4Address, IPv6Address
from urllib.parse import quote, urljoin

import idna

from federation.errors import Malformed

LONGEST = 2_048
"""Characters of a URL; longer ones are refused, which also bounds the caches below."""

_PORTS = {"https": 443, "http": 80}
_URL = re.compile(r"(https?)://([^/?#]*)([^#]*)(?:#.*)?", re.IGNORECASE)
# Encoded line ends and NUL are of no use in a link, and some servers decode them too early (threat N07).
_UNSAFE = re.compile(r"[\x00-\x20\x7f-\xa0\\\u2028\u2029\ud800-\udfff]|%0[0ad]", re.IGNORECASE)
_LABEL = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?")
# With such a last label, resolvers read the whole host as an IPv4 number (WHATWG URL, "ends in a number").
_NUMBER = re.compile(r"[0-9]+|0x[0-9a-f]*")
_PORT = re.compile(r"[0-9]{1,5}")
_ASCII = "".join(map(chr, range(0x21, 0x7F)))


@dataclass(frozen=True, slots=True)
class Url:
    """A canonical http or https URL without credentials and fragment.

    `authority` is the host with its port unless that is the scheme's own; `host` has no brackets;
    `path` carries the query and is at least "/"; `text` is the whole, in ASCII, as it is requested.
    """

    scheme: str
    authority: str
    host: str
    port: int
    path: str
    text: str

    @property
    def origin(self) -> tuple[str, str]:
        """Scheme and authority: who may speak for this URL (FEP-fe34)."""
        return self.scheme, self.authority


@lru_cache(maxsize=4_096)
def parse(url: str) -> Url:
    """Return the canonical URL.

    Raises:
        Malformed: not http(s), credentials, control characters, spaces or backslashes, too long,
            or a host that `authority` refuses.
    """
    _refuse_unsafe(url)
    match = _URL.fullmatch(url)
    if match is None:
        raise Malformed("no http or https address")
    scheme, place, path = match[1].lower(), match[2], match[3]
    host, port = _host_and_port(place, _PORTS[scheme])
    name = _authority(host, port, _PORTS[scheme])
    if not path.startswith("/"):
        path = f"/{path}"
    path = quote(path, safe=_ASCII)
    return Url(scheme, name, host, port, path, f"{scheme}://{name}{path}")


def join(base: Url, reference: str) -> Url:
    """Return where a reference (a redirect's Location, a `next` link) leads from `base`.

    Raises:
        Malformed: as `parse` does. The reference is checked first, for urljoin drops line ends silently.
    """
    _refuse_unsafe(reference)
    try:
        return parse(urljoin(base.text, reference))
    except ValueError as error:
        raise Malformed("no http or https address") from error


@lru_cache(maxsize=4_096)
def authority(text: str) -> str:
    """Return the canonical "host" or "host:port" of a URL or of a host text.

    Lower case, IDNA 2008 with the UTS 46 mapping, one trailing dot removed, the default port left out
    (443, or 80 in an http URL), IPv6 compressed and in brackets.

    Raises:
        Malformed: credentials, percent-encoding, slashes, empty labels, invisible or control
            characters, a number that is no canonical IPv4 address (threats I10, N05).
    """
    if "://" in text:
        return parse(text).authority
    _refuse_unsafe(text)
    return _authority(*_host_and_port(text, _PORTS["https"]), _PORTS["https"])


def same(one: str, other: str) -> bool:
    """Tell whether two hosts, or the hosts of two addresses, are one; what cannot be read is like nothing."""
    try:
        return authority(one) == authority(other)
    except Malformed:
        return False


def origin(url: str) -> tuple[str, str]:
    """Return (scheme, authority): two URLs with equal origins are spoken for by the same node (FEP-fe34)."""
    return parse(url).origin


def _authority(host: str, port: int, usual_port: int) -> str:
    name = f"[{host}]" if ":" in host else host
    return name if port == usual_port else f"{name}:{port}"


def _refuse_unsafe(text: str) -> None:
    if len(text) > LONGEST:
        raise Malformed("address too long")
    if _UNSAFE.search(text):
        raise Malformed("address with characters that must not be there")


def _host_and_port(place: str, usual_port: int) -> tuple[str, int]:
    """Cut "host[:port]" into the canonical host and the port."""
    if place.startswith("["):
        literal, bracket, rest = place[1:].partition("]")
        if not bracket or (rest and not rest.startswith(":")):
            raise Malformed("IPv6 address without its bracket")
        return _ipv6(literal), _port(rest[1:]) if rest else usual_port
    host, colon, port = place.partition(":")
    return _host(host), _port(port) if colon else usual_port


def _port(text: str) -> int:
    if not _PORT.fullmatch(text) or not 0 < int(text) < 65_536:
        raise Malformed("no port number")
    return int(text)


def _ipv6(text: str) -> str:
    try:
        address = IPv6Address(text)
    except AddressValueError as error:
        raise Malformed("no IPv6 address") from error
    if address.scope_id is not None:
        raise Malformed("IPv6 address with a zone")
    return address.compressed


def _host(text: str) -> str:
    """Return the canonical name or dotted quad; what is neither, with "@", "%" or "/" in it, is refused."""
    host = text.lower().removesuffix(".")
    if not host.isascii() or "xn--" in host:
        host = _idna(host)
    labels = host.split(".")
    if len(host) > 253 or not all(_LABEL.fullmatch(label) for label in labels):
        raise Malformed("no host name")
    if _NUMBER.fullmatch(labels[-1]):
        try:
            IPv4Address(host)
        except AddressValueError as error:
            raise Malformed("no canonical IPv4 address") from error
    return host


def _idna(host: str) -> str:
    """Return the ASCII form, refusing characters that the mapping would silently drop."""
    try:
        if any(not idna.uts46_remap(character, std3_rules=False) for character in host):
            raise Malformed("host with invisible characters")
        return idna.encode(host, uts46=True).decode("ascii")
    except idna.IDNAError as error:
        raise Malformed("no international host name") from error
