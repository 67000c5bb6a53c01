"""The only outgoing HTTP of the project: guarded addresses, bounded time, bounded bytes (threats N01 to N10).

Everything a stranger can name (an id, a key, an inbox, a redirect) is requested here and nowhere else.
A request resolves its host once, checks every answer and connects to what it checked.
"""

import asyncio
import socket
import ssl
import zlib
from collections import OrderedDict
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC
from email.utils import parsedate_to_datetime
from functools import partial
from pathlib import Path
from typing import cast

import aiohttp
from aiohttp.abc import AbstractResolver, ResolveResult
from multidict import CIMultiDict
from yarl import URL

from federation import hosts
from federation.errors import Malformed, Refused, Unreachable, Vanished
from federation.guard import Guard, Lookup, Resolve, literal
from federation.hosts import Url
from federation.schemes import Schemes
from federation.signing import Signing
from node.limits import KIB, Limits
from node.ports import Clock, Scheme, Sign

ACTIVITY = "application/activity+json"
LINKED_DATA = "application/ld+json"
ACTIVITY_STREAMS = "https://www.w3.org/ns/activitystreams"
ACCEPT_DOCUMENT = f'{LINKED_DATA}; profile="{ACTIVITY_STREAMS}", {ACTIVITY}'
"""What ActivityPub, section 3.2, tells servers to honour, then what all servers do honour."""

_CONNECTIONS = 200
_CONNECTIONS_PER_HOST = 4
_KEPT_HOSTS = 200
_IDLE_SECONDS = 15
_ASIDE_BYTES = 64 * KIB
_CHUNK_BYTES = 256 * KIB
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_UNSIGNED = frozenset({400, 401})


@dataclass(frozen=True, slots=True)
class Reply:
    """What a peer answered.

    `url` is the one that answered, after redirects, in canonical form. `content_type` is the media type
    in lower case, "" when there is none or more than one; `profile` its profile parameter.
    `retry_after` is in seconds, `date` the peer's clock in Unix ms; None when the peer did not say.
    """

    url: str
    status: int
    content_type: str
    profile: str
    body: bytes
    retry_after: int | None
    date: int | None = None

    @property
    def is_document(self) -> bool:
        """Whether it is labelled as ActivityStreams; no other label is ever read as such (threat I03)."""
        return self.content_type == ACTIVITY or (
            self.content_type == LINKED_DATA and ACTIVITY_STREAMS in self.profile.split()
        )


class _Resolver(AbstractResolver):
    """Gives the connector checked addresses: it connects to those and never resolves by itself (N03)."""

    def __init__(self, lookup: Lookup) -> None:
        self._lookup = lookup

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC
    ) -> list[ResolveResult]:
        return [
            ResolveResult(
                hostname=host,
                host=address,
                port=port,
                family=socket.AF_INET6 if ":" in address else socket.AF_INET,
                proto=socket.IPPROTO_TCP,
                flags=socket.AI_NUMERICHOST | socket.AI_NUMERICSERV,
            )
            for address in await self._lookup.addresses(host, port)
        ]

    async def close(self) -> None:
        """Nothing to close: the lookup may serve another connector."""


class Wire:
    """Guarded GET and POST, for one event loop.

    `sign` is asked anew for every hop, so that no signature travels to an address it was not made for
    (threat N04). `clock` (Unix ms) only reads Retry-After dates; time limits use the monotonic clock.
    """

    def __init__(
        self,
        *,
        guard: Guard,
        limits: Limits,
        user_agent: str,
        clock: Clock,
        resolve: Resolve | None = None,
    ) -> None:
        self._guard = guard
        self._limits = limits
        self._user_agent = user_agent
        self._clock = clock
        self._lookup = Lookup(guard, resolve, seconds=limits.connect_seconds, capacity=limits.known_hosts)
        self._signing = Signing()
        self._schemes = Schemes(hosts=limits.known_hosts)
        self._sessions: dict[bool, aiohttp.ClientSession] = {}
        self._kept_hosts: OrderedDict[str, float] = OrderedDict()

    async def close(self) -> None:
        """Close every connection. Requests under way end as Unreachable."""
        for session in self._sessions.values():
            await session.close()
        self._sessions.clear()
        self._kept_hosts.clear()

    async def get(
        self,
        url: str,
        *,
        accept: str,
        sign: Sign | None = None,
        max_bytes: int,
        may_contact: Callable[[str], bool] | None = None,
    ) -> Reply:
        """Fetch a URL, following redirects with every check of the first request.

        A body of status 2xx is whole, inflated, and at most `max_bytes`; others are cut at 64 KiB.
        `may_contact` is asked about the authority of each hop, before its host is resolved.

        Raises:
            Malformed: no usable URL or Location, too many bytes, an encoding that was not asked for.
            Refused: a hop the guard or `may_contact` forbids, or one from https to http.
            Unreachable: no answer, a bad one, one not complete in time, or redirects without end.
        """
        headers = {"Accept": accept, "Accept-Encoding": "gzip"}
        read = partial(_whole, limit=max_bytes)
        return await self._follow(url, headers, read, sign, may_contact, seconds=self._limits.total_seconds)

    async def download(
        self,
        url: str,
        into: Path,
        *,
        accept: str,
        sign: Sign | None = None,
        max_bytes: int,
        seconds: float,
        may_contact: Callable[[str], bool] | None = None,
    ) -> Reply:
        """Fetch what is too large for memory: as `get`, but its body is written into a file, and may take so long.

        Raises:
            Malformed, Refused, Unreachable: see `get`.
        """
        headers = {"Accept": accept, "Accept-Encoding": "identity"}
        read = partial(_written, into=into, limit=max_bytes)
        return await self._follow(url, headers, read, sign, may_contact, seconds=seconds)

    async def _follow(
        self,
        url: str,
        headers: Mapping[str, str],
        read: Callable[[aiohttp.ClientResponse], Awaitable[bytes]],
        sign: Sign | None,
        may_contact: Callable[[str], bool] | None,
        *,
        seconds: float,
    ) -> Reply:
        """GET, hop by hop; `read` takes the body of a success."""
        target = hosts.parse(url)
        visited: set[str] = set()
        async with self._deadline(target, seconds):
            while True:
                visited.add(target.text)
                async with await self._knock("GET", target, headers, None, sign, may_contact) as answer:
                    location = answer.headers.get("Location")
                    if answer.status not in _REDIRECTS or location is None:
                        body = await (read(answer) if 200 <= answer.status < 300 else _excerpt(answer))
                        return self._reply(target, answer, body)
                target = _next_hop(target, location, visited, self._limits.redirects)

    async def get_document(
        self, url: str, *, sign: Sign | None, may_contact: Callable[[str], bool] | None = None
    ) -> tuple[str, bytes]:
        """Fetch an ActivityStreams document; return the final URL and the body.

        The caller compares the final URL's origin, and the document's id, with what it asked for
        (threat I02).

        Raises:
            Vanished: 404 or, with `gone`, 410.
            Refused: as `get` does, or the peer answers 401 or 403.
            Malformed: as `get` does, or not labelled as ActivityStreams (threat I03).
            Unreachable: as `get` does, or any other status than 200.
        """
        reply = await self.get(
            url,
            accept=ACCEPT_DOCUMENT,
            sign=sign,
            max_bytes=self._limits.fetched_document,
            may_contact=may_contact,
        )
        match reply.status:
            case 200 if reply.is_document:
                return reply.url, reply.body
            case 200:
                raise Malformed("the answer is not labelled as ActivityStreams")
            case 404 | 410:
                raise Vanished("the document is not there", gone=reply.status == 410)
            case 401 | 403:
                raise Refused("the other side does not let us read the document")
            case _:
                raise Unreachable(f"the other side answered {reply.status}")

    async def post(self, url: str, body: bytes, *, content_type: str, sign: Sign | None) -> Reply:
        """Send a body once. A redirect is returned, never followed: a signed body goes where it was meant to.

        At most 64 KiB of the answer are read; a longer one costs its connection.

        Raises:
            Malformed: no usable URL.
            Refused: the guard forbids the URL or its addresses.
            Unreachable: no answer, a bad one, or one not complete in time.
        """
        target = hosts.parse(url)
        headers = {"Content-Type": content_type, "Accept": "*/*", "Accept-Encoding": "identity"}
        seconds = self._limits.total_seconds
        async with (
            self._deadline(target, seconds),
            await self._knock("POST", target, headers, body, sign, None) as answer,
        ):
            return self._reply(target, answer, await _excerpt(answer))

    @asynccontextmanager
    async def _deadline(self, target: Url, seconds: float) -> AsyncIterator[None]:
        """Bound the whole exchange, however it drips (threat N09), and name its failures."""
        try:
            async with asyncio.timeout(seconds):
                yield
        except TimeoutError as error:
            raise Unreachable(f"{target.authority} took too long") from error
        except (aiohttp.ClientError, OSError) as error:
            raise Unreachable(f"{target.authority} did not answer as a server should") from error

    async def _knock(
        self,
        method: str,
        target: Url,
        headers: Mapping[str, str],
        body: bytes | None,
        sign: Sign | None,
        may_contact: Callable[[str], bool] | None,
    ) -> aiohttp.ClientResponse:
        """One hop; a host that does not take its signature is asked once more with one of the other scheme."""
        if sign is None:
            return await self._answer(method, target, headers, body, None, may_contact)
        first, second = self._schemes.order(target.authority)
        answer = await self._answer(method, target, headers, body, _in(sign, first), may_contact)
        if answer.status not in _UNSIGNED:
            self._schemes.took(target.authority, first)
            return answer
        if second is None:
            return answer
        await _excerpt(answer)
        answer.release()
        answer = await self._answer(method, target, headers, body, _in(sign, second), may_contact)
        if answer.status in _UNSIGNED:
            self._schemes.refused_both(target.authority)
        else:
            self._schemes.took(target.authority, second)
        return answer

    async def _answer(
        self,
        method: str,
        target: Url,
        headers: Mapping[str, str],
        body: bytes | None,
        sign: Sign | None,
        may_contact: Callable[[str], bool] | None,
    ) -> aiohttp.ClientResponse:
        """One hop: check, sign, send. To be left as a context: what is unread of it then is not waited for."""
        self._guard.check_url(target)
        if may_contact is not None and not may_contact(target.authority):
            raise Refused(f"{target.authority} may not be contacted")
        self._check_literal(target)
        sent = CIMultiDict(headers, Host=target.authority)
        sent["User-Agent"] = self._user_agent
        if sign is not None:
            sent.update(await self._signing.headers(sign, method, target.text, body))
        session = self._session(target.authority)
        url = URL(target.text, encoded=True)
        answer = await session.request(method, url, headers=sent, data=body, allow_redirects=False)
        if not 200 <= answer.status < 600:
            answer.close()
            raise Unreachable(f"{target.authority} did not answer as a server should")
        return answer

    def _check_literal(self, target: Url) -> None:
        """Check a host that is an address itself: the connector does not resolve those."""
        address = literal(target.host)
        if address is not None:
            self._guard.check_addresses(target.host, [address])

    def _session(self, authority: str) -> aiohttp.ClientSession:
        """Return the session that keeps connections, or for hosts beyond the cap the one that does not.

        aiohttp bounds connections in use but not idle ones, so a swarm of hosts could fill the table of
        open files (threat N10).
        """
        now = asyncio.get_running_loop().time()
        known = self._kept_hosts
        keep = authority in known or len(known) < _KEPT_HOSTS
        if not keep and next(iter(known.values())) + self._limits.total_seconds + _IDLE_SECONDS < now:
            known.popitem(last=False)
            keep = True
        if keep:
            known[authority] = now
            known.move_to_end(authority)
        session = self._sessions.get(keep)
        if session is None:
            session = self._sessions[keep] = self._open(keep=keep)
        return session

    def _open(self, *, keep: bool) -> aiohttp.ClientSession:
        # The default context reads SSL_CERT_FILE, by which an operator adds the company's own authority.
        connector = aiohttp.TCPConnector(
            resolver=_Resolver(self._lookup),
            use_dns_cache=False,
            ssl=ssl.create_default_context(),
            limit=_CONNECTIONS,
            limit_per_host=_CONNECTIONS_PER_HOST,
            **({"keepalive_timeout": _IDLE_SECONDS} if keep else {"force_close": True}),
        )
        return aiohttp.ClientSession(
            connector=connector,
            cookie_jar=aiohttp.DummyCookieJar(),
            auto_decompress=False,
            trust_env=False,
            timeout=aiohttp.ClientTimeout(
                total=None,
                sock_connect=self._limits.connect_seconds,
                sock_read=self._limits.read_seconds,
            ),
        )

    def _reply(self, target: Url, answer: aiohttp.ClientResponse, body: bytes) -> Reply:
        content_type, profile = _media_type(answer.headers.getall("Content-Type", []))
        return Reply(
            url=target.text,
            status=answer.status,
            content_type=content_type,
            profile=profile,
            body=body,
            retry_after=self._retry_after(answer.headers.get("Retry-After")),
            date=_moment(answer.headers.get("Date", "")),
        )

    def _retry_after(self, value: str | None) -> int | None:
        """Return seconds from a number or an HTTP date (RFC 9110, section 10.2.3), capped at six hours."""
        if value is None:
            return None
        longest = self._limits.delivery_longest_pause_seconds
        value = value.strip()
        if value.isascii() and value.isdigit():
            # Longer numbers are beyond the cap anyway, and int() refuses very long ones.
            return min(int(value), longest) if len(value) < 12 else longest
        moment = _moment(value)
        return None if moment is None else max(0, min(round((moment - self._clock()) / 1000), longest))


def _moment(date: str) -> int | None:
    """Return an HTTP date as Unix milliseconds, None for what is none."""
    try:
        when = parsedate_to_datetime(date)
        # "-0000" gives a time without zone; HTTP dates are UTC.
        return int((when if when.tzinfo else when.replace(tzinfo=UTC)).timestamp() * 1000)
    except (ValueError, OverflowError):
        return None


def _in(sign: Sign, scheme: Scheme) -> Sign:
    return sign if scheme is Scheme.DRAFT else cast(Sign, partial(sign, scheme=scheme))


def _next_hop(here: Url, location: str, visited: set[str], most: int) -> Url:
    """Return where a redirect leads; `visited` holds every URL so far."""
    target = hosts.join(here, location)
    if here.scheme == "https" and target.scheme != "https":
        raise Refused(f"{here.authority} redirects from https to http")
    if target.text in visited or len(visited) > most:
        raise Unreachable(f"{here.authority} redirects without end")
    return target


async def _excerpt(answer: aiohttp.ClientResponse) -> bytes:
    """Return at most 64 KiB of a body that only explains; nothing of a compressed one.

    Read to its end, so that the connection can serve again; one that has no end is closed.
    """
    kept = bytearray()
    async for chunk in answer.content.iter_any():
        kept += chunk
        if len(kept) > _ASIDE_BYTES:
            answer.close()
            break
    return b"" if _encoding(answer) else bytes(kept[:_ASIDE_BYTES])


async def _whole(answer: aiohttp.ClientResponse, limit: int) -> bytes:
    """Return the inflated body, or raise Malformed at the first byte beyond `limit` (threats P02, P04)."""
    encoding = _encoding(answer)
    if encoding not in ("", "gzip", "x-gzip"):
        answer.close()
        raise Malformed("the answer has an encoding that was not asked for")
    inflater = zlib.decompressobj(16 + zlib.MAX_WBITS) if encoding else None
    # Incompressible data grows a little in gzip; empty blocks without end must stop somewhere too.
    most_sent = limit + limit // 1_000 + 64 if inflater else limit
    sent = 0
    body = bytearray()
    async for chunk in answer.content.iter_any():
        sent += len(chunk)
        body += _inflated(inflater, chunk, limit + 1 - len(body)) if inflater else chunk
        if sent > most_sent or len(body) > limit:
            answer.close()
            raise Malformed(f"the answer is longer than {limit} bytes")
    if inflater and not inflater.eof:
        raise Malformed("the answer's gzip data is cut off")
    return bytes(body)


async def _written(answer: aiohttp.ClientResponse, into: Path, limit: int) -> bytes:
    """Write the body into a file, or raise Malformed at the first byte beyond `limit`; nothing is left to return."""
    if _encoding(answer):
        answer.close()
        raise Malformed("the answer has an encoding that was not asked for")
    size = 0
    with into.open("wb") as file:
        async for chunk in answer.content.iter_chunked(_CHUNK_BYTES):
            size += len(chunk)
            if size > limit:
                answer.close()
                raise Malformed(f"the answer is longer than {limit} bytes")
            await asyncio.to_thread(file.write, chunk)
    return b""


def _inflated(inflater: "zlib._Decompress", chunk: bytes, room: int) -> bytes:
    """Inflate at most `room` bytes (at least 1)."""
    try:
        data = inflater.decompress(chunk, room)
    except zlib.error as error:
        raise Malformed("the answer's gzip data is damaged") from error
    if inflater.unused_data:
        raise Malformed("the answer goes on after its gzip data")
    return data


def _encoding(answer: aiohttp.ClientResponse) -> str:
    """Return every Content-Encoding, joined; "" for none."""
    encoding = ",".join(answer.headers.getall("Content-Encoding", [])).strip().lower()
    return "" if encoding == "identity" else encoding


def _media_type(values: list[str]) -> tuple[str, str]:
    """Return the media type in lower case and its profile; two headers are as good as none."""
    if len(values) != 1:
        return "", ""
    media_type, *parameters = values[0].split(";")
    for parameter in parameters:
        name, _, value = parameter.partition("=")
        if name.strip().lower() == "profile":
            return media_type.strip().lower(), value.strip().strip('"')
    return media_type.strip().lower(), ""
