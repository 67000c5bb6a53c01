"""Which addresses this node may connect to (threats N01, N02, N05, N06).

Public unicast by default. A private network opens only for the hosts the operator paired with it, and
loopback only in development, for names that say loopback themselves.
"""

import asyncio
import socket
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from ipaddress import (
    IPv4Address,
    IPv4Network,
    IPv6Address,
    IPv6Network,
    ip_address,
    ip_network,
)

from federation.errors import Refused
from federation.hosts import Url

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network
Resolve = Callable[[str, int], Awaitable[list[str]]]
"""(host, port) → addresses as text, as the name system answers."""

_KEPT_SECONDS = 60
_TRIED = 8

# What an operator may open for a named host; nothing else of the special ranges ever opens.
_PRIVATE = tuple(
    ip_network(text)
    for text in (
        "10.0.0.0/8",
        "172.16.0.0/12",
        "192.168.0.0/16",
        "100.64.0.0/10",  # shared address space, used inside carrier and overlay networks
        "fc00::/7",  # unique local
    )
)

# IANA special-purpose registries (RFC 6890 and successors). Written out, because ipaddress.is_global
# changes between Python versions and calls some of these global.
_SPECIAL_V4 = tuple(
    IPv4Network(text)
    for text in (
        "0.0.0.0/8",  # this network; Linux connects 0.0.0.0 to itself
        "10.0.0.0/8",
        "100.64.0.0/10",
        "127.0.0.0/8",
        "169.254.0.0/16",  # link-local, cloud metadata
        "172.16.0.0/12",
        "192.0.0.0/24",  # protocol assignments
        "192.0.2.0/24",  # documentation
        "192.31.196.0/24",  # AS112
        "192.52.193.0/24",  # multicast tunnels
        "192.88.99.0/24",  # 6to4 relays
        "192.168.0.0/16",
        "192.175.48.0/24",  # AS112
        "198.18.0.0/15",  # benchmarks
        "198.51.100.0/24",  # documentation
        "203.0.113.0/24",  # documentation
        "224.0.0.0/4",  # multicast
        "240.0.0.0/4",  # reserved, broadcast
    )
)

# All outside 2000::/3 is special: ::, ::1, mapped and NAT64 IPv4, discard, fc00::/7, fe80::/10, ff00::/8.
_UNICAST_V6 = IPv6Network("2000::/3")
_SPECIAL_V6 = tuple(
    IPv6Network(text)
    for text in (
        "2001::/23",  # protocol assignments: Teredo, benchmarks, ORCHID
        "2001:db8::/32",  # documentation
        "2002::/16",  # 6to4, carries any IPv4 address
        "2620:4f:8000::/48",  # AS112
        "3fff::/20",  # documentation
    )
)

# Metadata services of cloud providers that live outside the link-local range.
_METADATA = frozenset(map(ip_address, ("168.63.129.16", "100.100.100.200", "fd00:ec2::254", "fd20:ce::254")))


@dataclass(frozen=True, slots=True)
class Guard:
    """The rule for every outgoing connection.

    `private_hosts`: canonical host without port → the networks it may resolve into (and then only
    those). `loopback`: development; localhost, *.localhost and loopback literals may be reached by http
    and on any port. `ports`: allowed beside 443.
    """

    private_hosts: Mapping[str, tuple[Network, ...]] = field(default_factory=dict)
    loopback: bool = False
    ports: frozenset[int] = frozenset()

    def check_url(self, url: Url) -> None:
        """Check scheme and port: https on 443 or a listed port (threat N06).

        Raises:
            Refused: anything else, unless it is loopback in development.
        """
        if self.is_own_loopback(url.host):
            return
        if url.scheme != "https":
            raise Refused(f"only https may be used with {url.authority}")
        if url.port != 443 and url.port not in self.ports:
            raise Refused(f"the port of {url.authority} is not listed")

    def check_addresses(self, host: str, addresses: Sequence[Address]) -> None:
        """Check every address a host resolved to; one bad answer refuses them all (threat N03).

        `host` is canonical, without port and brackets. Cost: a few dozen comparisons an address.

        Raises:
            Refused: an address this host may not be reached at, or none at all.
        """
        if not addresses or not all(self._allows(host, address) for address in addresses):
            raise Refused(f"{host} is not at a public address")

    def is_own_loopback(self, host: str) -> bool:
        """Tell whether development allows this host to be the machine itself."""
        if not self.loopback:
            return False
        if host == "localhost" or host.endswith(".localhost"):
            return True
        address = literal(host)
        return address is not None and _is_loopback(address)

    def _allows(self, host: str, address: Address) -> bool:
        if self.is_own_loopback(host):
            return _is_loopback(address)
        if address in _METADATA:
            return False
        networks = self.private_hosts.get(host)
        if networks is None:
            return _is_public(address)
        # A paired host stays inside its networks: an answer elsewhere, public or not, is not that host.
        return any(address in network for network in networks) and (
            _is_public(address) or any(address in network for network in _PRIVATE)
        )


class Lookup:
    """Resolves hosts and hands out only addresses the guard allows (threats N01, N03).

    Checked answers are kept for a minute, those of at most `capacity` hosts (threat N10). `resolve` is
    the name system's unless given; `seconds` is how long it may take.
    """

    def __init__(self, guard: Guard, resolve: Resolve | None, *, seconds: float, capacity: int) -> None:
        self._guard = guard
        self._resolve = resolve or self._from_system
        self._seconds = seconds
        self._capacity = capacity
        self._kept: OrderedDict[str, tuple[float, list[str]]] = OrderedDict()

    def __len__(self) -> int:
        return len(self._kept)

    async def addresses(self, host: str, port: int) -> list[str]:
        """Return up to eight addresses of a canonical host that may be connected to.

        Raises:
            Refused: one of all its addresses may not be connected to.
            OSError: it has no address, or the name system takes too long (TimeoutError).
        """
        now = asyncio.get_running_loop().time()
        until, addresses = self._kept.get(host, (now, []))
        if until <= now:
            addresses = await self._ask(host, port)
            self._kept[host] = (now + _KEPT_SECONDS, addresses)
            self._kept.move_to_end(host)
            while len(self._kept) > self._capacity:
                self._kept.popitem(last=False)
        return addresses

    async def _ask(self, host: str, port: int) -> list[str]:
        async with asyncio.timeout(self._seconds):
            answers = await self._resolve(host, port)
        addresses = [ip_address(answer) for answer in dict.fromkeys(answers)]
        self._guard.check_addresses(host, addresses)
        return [str(address) for address in addresses[:_TRIED]]

    async def _from_system(self, host: str, port: int) -> list[str]:
        if self._guard.is_own_loopback(host):
            return ["127.0.0.1"]
        loop = asyncio.get_running_loop()
        answers = await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        return [str(answer[4][0]) for answer in answers]


@lru_cache(maxsize=1024)
def literal(host: str) -> Address | None:
    """Return the address a host is written as, None for a name."""
    try:
        return ip_address(host)
    except ValueError:
        return None


@lru_cache(maxsize=1024)
def _is_loopback(address: Address) -> bool:
    # Written out because newer versions call mapped addresses loopback as well.
    return address == IPv6Address("::1") or address in IPv4Network("127.0.0.0/8")


def _is_public(address: Address) -> bool:
    if isinstance(address, IPv4Address):
        return not any(address in network for network in _SPECIAL_V4)
    # A zone (fe80::1%eth0) makes an address local whatever its bits say.
    return (
        address.scope_id is None and address in _UNICAST_V6 and not any(address in network for network in _SPECIAL_V6)
    )
