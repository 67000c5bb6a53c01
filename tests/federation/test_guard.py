"""Which addresses may be connected to, address by address."""

import asyncio
from ipaddress import ip_address, ip_network

import pytest

from federation.errors import Refused
from federation.guard import Guard, Lookup
from federation.hosts import parse

FORBIDDEN = [
    "0.0.0.0",
    "0.0.0.1",
    "0.255.255.255",
    "10.0.0.0",
    "10.1.2.3",
    "10.255.255.255",
    "100.64.0.0",
    "100.100.100.200",
    "100.127.255.255",
    "127.0.0.0",
    "127.0.0.1",
    "127.255.255.254",
    "169.254.0.1",
    "169.254.169.254",
    "169.254.170.2",
    "172.16.0.0",
    "172.20.1.1",
    "172.31.255.255",
    "192.0.0.0",
    "192.0.0.8",
    "192.0.0.170",
    "192.0.0.192",
    "192.0.2.1",
    "192.31.196.1",
    "192.52.193.1",
    "192.88.99.1",
    "192.175.48.1",
    "192.168.0.0",
    "192.168.1.1",
    "192.168.255.255",
    "198.18.0.1",
    "198.19.255.255",
    "198.51.100.1",
    "203.0.113.1",
    "168.63.129.16",
    "224.0.0.1",
    "239.255.255.255",
    "240.0.0.1",
    "255.255.255.254",
    "255.255.255.255",
    "::",
    "::1",
    "::2",
    "::7f00:1",
    "::127.0.0.1",
    "::ffff:127.0.0.1",
    "::ffff:7f00:1",
    "::ffff:10.0.0.1",
    "::ffff:169.254.169.254",
    "::ffff:8.8.8.8",
    "::ffff:0:127.0.0.1",
    "64:ff9b::127.0.0.1",
    "64:ff9b::a9fe:a9fe",
    "64:ff9b::8.8.8.8",
    "64:ff9b:1::1",
    "100::1",
    "100:0:0:1::1",
    "2001::1",
    "2001:0:4136:e378:8000:63bf:3fff:fdd2",
    "2001:2::1",
    "2001:10::1",
    "2001:20::1",
    "2001:1ff:ffff::1",
    "2001:db8::1",
    "2001:db8:ffff::1",
    "2002:7f00:1::1",
    "2002:a00:1::1",
    "2002:808:808::1",
    "2620:4f:8000::1",
    "3fff::1",
    "3fff:fff::1",
    "4000::1",
    "5f00::1",
    "fc00::1",
    "fd00::1",
    "fd00:ec2::254",
    "fd20:ce::254",
    "fdff:ffff::1",
    "fe80::1",
    "fe80::1%eth0",
    "febf::1",
    "fec0::1",
    "ff00::1",
    "ff02::1",
    "ff0e::1",
    "2606:4700::1111%eth0",
]

PUBLIC = [
    "1.1.1.1",
    "8.8.8.8",
    "9.255.255.255",
    "11.0.0.0",
    "93.184.216.34",
    "100.63.255.255",
    "100.128.0.0",
    "126.255.255.255",
    "128.0.0.1",
    "169.253.255.255",
    "169.255.0.0",
    "172.15.255.255",
    "172.32.0.0",
    "192.0.1.0",
    "192.167.255.255",
    "192.169.0.0",
    "198.17.255.255",
    "198.20.0.0",
    "223.255.255.255",
    "2001:200::1",
    "2001:4860:4860::8888",
    "2003::1",
    "2606:4700:4700::1111",
    "2a00:1450:4001::1",
    "2c0f::1",
]


def allowed(guard, host, *addresses):
    try:
        guard.check_addresses(host, [ip_address(address) for address in addresses])
    except Refused:
        return False
    return True


def test_N01_the_table_of_forbidden_addresses_is_long_enough():
    assert len(set(FORBIDDEN)) >= 60


@pytest.mark.parametrize("address", FORBIDDEN)
def test_N01_a_special_address_is_refused(address):
    assert not allowed(Guard(), "h.example", address)
    assert not allowed(Guard(), address, address)


@pytest.mark.parametrize("address", PUBLIC)
def test_N01_a_public_address_is_allowed(address):
    assert allowed(Guard(), "h.example", address)


@pytest.mark.parametrize(
    "answers",
    [
        ("93.184.216.34", "127.0.0.1"),
        ("127.0.0.1", "93.184.216.34"),
        ("93.184.216.34", "2606:4700::1111", "::1"),
        ("2606:4700::1111", "10.0.0.1"),
        (),
    ],
)
def test_N03_one_bad_answer_refuses_them_all(answers):
    assert not allowed(Guard(), "h.example", *answers)


CORPORATE = Guard(
    private_hosts={
        "node-b.corp": (ip_network("10.2.0.0/16"), ip_network("fd12::/16")),
        "everything.corp": (ip_network("0.0.0.0/0"), ip_network("::/0")),
        "10.9.0.1": (ip_network("10.9.0.1/32"),),
    }
)


def test_N02_a_listed_pair_is_allowed():
    assert allowed(CORPORATE, "node-b.corp", "10.2.0.1", "10.2.255.255", "fd12::1")
    assert allowed(CORPORATE, "10.9.0.1", "10.9.0.1")


def test_N02_the_listed_network_opens_for_no_other_name():
    for host in ("other.corp", "a.node-b.corp", "node-b.corp.evil.example", "10.2.0.1"):
        assert not allowed(CORPORATE, host, "10.2.0.1")


@pytest.mark.parametrize("address", ["10.3.0.1", "10.1.255.255", "127.0.0.1", "93.184.216.34", "fd13::1"])
def test_N02_a_listed_host_outside_its_networks_is_refused(address):
    assert not allowed(CORPORATE, "node-b.corp", address)
    assert not allowed(CORPORATE, "node-b.corp", "10.2.0.1", address)


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1",
        "0.0.0.0",
        "169.254.169.254",
        "168.63.129.16",
        "100.100.100.200",
        "fd00:ec2::254",
        "224.0.0.1",
        "::1",
        "::ffff:10.0.0.1",
        "64:ff9b::a00:1",
        "fe80::1",
        "2002:a00:1::1",
    ],
)
def test_N02_even_a_careless_network_never_opens_loopback_or_metadata(address):
    assert allowed(CORPORATE, "everything.corp", "192.168.1.1", "93.184.216.34")
    assert not allowed(CORPORATE, "everything.corp", address)


DEVELOPMENT = Guard(loopback=True)


@pytest.mark.parametrize("host", ["localhost", "north.localhost", "127.0.0.1", "127.8.9.1", "::1"])
def test_N02_development_opens_loopback_for_loopback_names(host):
    assert allowed(DEVELOPMENT, host, "127.0.0.1")
    assert allowed(DEVELOPMENT, host, "::1")
    assert not allowed(DEVELOPMENT, host, "127.0.0.1", "10.0.0.1")
    assert not allowed(DEVELOPMENT, host, "93.184.216.34")
    assert not allowed(Guard(), host, "127.0.0.1")


@pytest.mark.parametrize(
    "host",
    ["h.example", "notlocalhost", "localhost.example", "127.0.0.1.nip.example", "::ffff:7f00:1", "10.0.0.1"],
)
def test_N02_development_opens_loopback_for_no_other_name(host):
    assert not allowed(DEVELOPMENT, host, "127.0.0.1")
    assert not allowed(DEVELOPMENT, host, "::ffff:127.0.0.1")


@pytest.mark.parametrize(
    "url",
    ["https://h.example/", "https://h.example:443/", "https://h.example:8443/", "https://[2606:4700::1]/"],
)
def test_N06_https_on_443_or_a_listed_port_is_allowed(url):
    Guard(ports=frozenset({8443})).check_url(parse(url))


@pytest.mark.parametrize(
    "url",
    [
        "http://h.example/",
        "http://h.example:443/",
        "http://h.example:8443/",
        "https://h.example:80/",
        "https://h.example:22/",
        "https://h.example:25/",
        "https://h.example:6379/",
        "https://h.example:8444/",
        "http://localhost/",
        "http://127.0.0.1:8400/",
    ],
)
def test_N06_other_schemes_and_ports_are_refused(url):
    with pytest.raises(Refused):
        Guard(ports=frozenset({8443})).check_url(parse(url))


def test_N06_development_allows_http_and_any_port_on_loopback_only():
    for url in (
        "http://localhost:8400/",
        "http://a.localhost:1/",
        "https://127.0.0.1:9/",
        "http://[::1]:22/",
    ):
        DEVELOPMENT.check_url(parse(url))
    for url in (
        "http://h.example/",
        "https://h.example:8400/",
        "http://10.0.0.1/",
        "http://[::ffff:7f00:1]/",
    ):
        with pytest.raises(Refused):
            DEVELOPMENT.check_url(parse(url))


class Names:
    """A name system that answers from a list, the last answer again and again, and counts questions."""

    def __init__(self, *answers):
        self.answers = list(answers)
        self.asked = 0

    async def __call__(self, host, port):
        self.asked += 1
        return self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]


def lookup(names, capacity=5_000, seconds=5.0, guard=None):
    return Lookup(guard or Guard(), names, seconds=seconds, capacity=capacity)


async def test_N03_a_checked_answer_is_used_again_instead_of_asking_a_rebinding_name_system():
    names = Names(["93.184.216.34"], ["127.0.0.1"])
    found = lookup(names)
    assert await found.addresses("h.example", 443) == ["93.184.216.34"]
    assert await found.addresses("h.example", 443) == ["93.184.216.34"]
    assert names.asked == 1


async def test_N03_an_answer_is_asked_for_and_checked_again_when_it_is_old(monkeypatch):
    monkeypatch.setattr("federation.guard._KEPT_SECONDS", 0)
    found = lookup(Names(["93.184.216.34"], ["127.0.0.1"]))
    assert await found.addresses("h.example", 443) == ["93.184.216.34"]
    with pytest.raises(Refused):
        await found.addresses("h.example", 443)


async def test_N03_a_refused_answer_is_not_kept():
    found = lookup(Names(["93.184.216.34", "10.0.0.1"]))
    for _ in range(2):
        with pytest.raises(Refused):
            await found.addresses("h.example", 443)
    assert len(found) == 0


async def test_all_answers_are_checked_but_only_eight_are_tried():
    many = [f"93.184.216.{n}" for n in range(1, 21)]
    assert len(await lookup(Names(many)).addresses("h.example", 443)) == 8
    with pytest.raises(Refused):
        await lookup(Names([*many, "10.0.0.1"])).addresses("h.example", 443)


async def test_N10_ten_thousand_hosts_leave_no_more_answers_than_the_cap():
    found = lookup(Names(["93.184.216.34"]), capacity=500)
    for number in range(10_000):
        await found.addresses(f"h{number}.example", 443)
    assert len(found) == 500


async def test_a_slow_name_system_is_not_waited_for():
    async def never(host, port):
        await asyncio.sleep(60)

    with pytest.raises(TimeoutError):
        await lookup(never, seconds=0.02).addresses("h.example", 443)


async def test_the_system_is_not_asked_for_localhost_names_in_development():
    found = lookup(None, guard=DEVELOPMENT)
    assert await found.addresses("north.localhost", 8400) == ["127.0.0.1"]


async def test_N02_the_system_answers_localhost_with_loopback_and_that_is_refused_in_production():
    with pytest.raises(Refused):
        await lookup(None).addresses("localhost", 443)
