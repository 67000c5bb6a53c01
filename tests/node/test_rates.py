"""How often somebody may ask: at the limit, one beyond, and after a while."""

from dataclasses import replace

import pytest

from moderation import members
from node.adapters.rates import Rates
from node.app import create_app, network
from node.errors import Throttled
from node.limits import Limits
from tests.inbox.peer import Peer
from tests.nodes import URL, context

HOST = URL.removeprefix("http://")


class Watch:
    def __init__(self):
        self.now = 1_000.0

    def __call__(self):
        return self.now


def act(rates, times, subject="ada", most=300):
    for _ in range(times):
        rates.check(subject, most=most)
        rates.count(subject, most=most)


def test_the_limit_passes_and_one_more_waits_for_as_long_as_it_is_told():
    watch = Watch()
    rates = Rates(subjects=9, seconds=watch)
    act(rates, 300)
    with pytest.raises(Throttled) as caught:
        act(rates, 1)
    act(rates, 300, "ben")
    watch.now += caught.value.retry_after
    act(rates, 1)
    with pytest.raises(Throttled):
        act(rates, 1)
    watch.now += 300
    act(rates, 300)


def test_N10_the_table_of_subjects_is_bounded():
    rates = Rates(subjects=100)
    for number in range(10_000):
        rates.count(f"address {number}", most=300)
    assert len(rates) == 100


async def test_an_address_nobody_knows_is_slowed_down_and_members_are_not(tmp_path):
    async with context(tmp_path, limits=replace(Limits(), requests_per_address=5, requests_per_member=8)) as ctx:
        ada = await members.add(ctx, username="ada", password="correct horse battery")
        token = await members.issue_token(ctx, ada, name="test")
        app = create_app(ctx, jobs=False)
        client = app.test_client()

        async def ask(path, **headers):
            answer = await client.get(path, headers={"Host": HOST, **headers})
            return answer.status_code, answer.headers.get("Retry-After")

        known = {"Authorization": f"Bearer {token}"}
        assert [(await ask("/api/v1/timelines/home", **known))[0] for _ in range(8)] == [200] * 8
        status, pause = await ask("/api/v1/timelines/home", **known)
        assert (status, int(pause) > 0) == (429, True)
        # A made-up token, a page, a finger: an address that nobody answers for has one allowance for all.
        anonymous = ["/api/v1/timelines/home", "/", "/.well-known/nodeinfo", "/actor", "/nothing"]
        assert [(await ask(path, Authorization="Bearer made-up"))[0] for path in anonymous] == [401, 200, 200, 200, 404]
        assert [(await ask(path))[0] for path in anonymous] == [429] * 5
        assert [(await ask(path))[0] for path in (app.config["LOOKS"].path("style.css"), "/health")] == [200, 200]


async def test_a_host_that_floods_an_inbox_is_told_when_to_come_back(tmp_path):
    async with context(tmp_path, limits=replace(Limits(), inbox_per_host=3)) as ctx:
        peer = await Peer.known_to(ctx, "bob", "carol")
        statuses = [
            await peer.send(name, peer.activity("Create", name, peer.note(name, to=["as:Public"])))
            for name in ("bob", "carol", "bob", "bob", "carol")
        ]
        assert statuses == [202, 202, 202, 429, 429]
        assert await peer.count("posts") == 3


def test_an_ipv6_network_is_one_stranger():
    assert network("2001:db8:1:2::1") == network("2001:db8:1:2:3:4:5:6") != network("2001:db8:1:3::1")
    assert (network("192.0.2.1"), network(None)) == ("192.0.2.1", "")
