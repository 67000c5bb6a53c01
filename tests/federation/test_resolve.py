"""From a uri or handle to something stored: only from its own origin, only what it claims to be, never too much."""

import base64
import contextlib

import orjson
import pytest

from federation import keys, resolve
from federation.errors import Malformed, Refused
from moderation import members
from node.domain.posts import Draft
from node.domain.visibility import Visibility
from node.errors import AllmendeError, Throttled
from node.limits import Limits
from outbox import organisation, worker
from outbox import posts as commands
from tests.inbox.peer import Peer
from tests.nodes import context, stranger
from tests.servers import http, origin, redirect

PAIR = keys.generate_rsa()


@contextlib.asynccontextmanager
async def story(folder, limits=None):
    """A node, a member server that is bob's home, and another member server."""
    async with context(folder, limits=limits) as ctx, origin() as home, origin() as elsewhere:
        peer = await Peer.known_to(ctx, hosts=[home.host, elsewhere.host])
        home.actor("bob", PAIR)
        yield ctx, peer, home, elsewhere


async def test_a_handle_leads_to_its_person_once(tmp_path):
    async with story(tmp_path) as (ctx, _, home, _elsewhere):
        found = [await resolve.handle(ctx, name, home.host) for name in ("bob", "BOB")]
        assert [one.uri for one in found] == [f"{home.url}/users/bob"] * 2
        assert len(home.asked) == 2  # the finger, and the person


async def test_I02_a_document_that_claims_another_id_is_refused(tmp_path):
    async with story(tmp_path) as (ctx, peer, home, elsewhere):
        elsewhere.documents["/copy"] = home.documents["/users/bob"]
        home.documents["/alias"] = home.documents["/users/bob"]
        home.documents["/moving"] = home.documents["/users/bob"] | {"id": f"{home.url}/moved"}
        home.documents["/moved"] = home.documents["/users/bob"] | {"id": f"{home.url}/moved/again"}
        for address in (f"{elsewhere.url}/copy", f"{home.url}/moving"):
            with pytest.raises(Malformed):
                await resolve.document(ctx, address)
        # The id is asked for once, at its own origin, and counts.
        assert (await resolve.document(ctx, f"{home.url}/alias"))["id"] == f"{home.url}/users/bob"
        with pytest.raises(Malformed):
            await resolve.actor(ctx, f"{home.url}/alias")
        assert await peer.account(f"{home.url}/alias") is None


async def test_I02_a_redirect_to_another_server_does_not_lend_its_name(tmp_path):
    async with story(tmp_path) as (ctx, _, home, elsewhere):
        elsewhere.documents["/eve"] = home.documents["/users/bob"]
        home.server.answer = lambda request: redirect(f"{elsewhere.url}/eve")
        with pytest.raises(Malformed):
            await resolve.document(ctx, f"{home.url}/users/bob")


@pytest.mark.parametrize("label", ["application/json", "text/plain", "text/html", "application/octet-stream"])
async def test_I03_an_uploaded_file_is_nobody(tmp_path, label):
    async with story(tmp_path) as (ctx, peer, home, _):
        body = orjson.dumps(home.documents["/users/bob"])
        home.server.answer = lambda request: http(body, f"Content-Type: {label}")
        with pytest.raises(Malformed):
            await resolve.actor(ctx, f"{home.url}/users/bob")
        assert await peer.account(f"{home.url}/users/bob") is None


async def test_I11_a_finger_cannot_point_at_somebody_elsewhere_or_of_another_name(tmp_path):
    async with story(tmp_path) as (ctx, _, home, elsewhere):
        elsewhere.actor("eve", PAIR)
        finger = next(path for path in elsewhere.documents if "finger" in path)
        for target in (f"{home.url}/users/bob", f"{elsewhere.url}/users/somebody", "http://127.0.0.1:9/users/eve"):
            elsewhere.documents["/users/somebody"] = elsewhere.documents["/users/eve"] | {
                "id": f"{elsewhere.url}/users/somebody",
                "preferredUsername": "somebody",
            }
            elsewhere.documents[finger]["links"][0]["href"] = target
            assert await resolve.handle(ctx, "eve", elsewhere.host) is None, target


async def test_a_stranger_is_never_asked_whatever_names_it(tmp_path):
    async with story(tmp_path) as (ctx, _, home, _elsewhere), stranger() as outsider:
        assert await resolve.handle(ctx, "eve", outsider.host) is None
        for fetch in (resolve.document, resolve.actor, resolve.post, resolve.key_owner):
            with pytest.raises(Refused):
                await fetch(ctx, f"http://{outsider.host}/users/eve")
        home.server.answer = lambda request: redirect(f"http://{outsider.host}/users/eve")
        with pytest.raises(Refused):
            await resolve.document(ctx, f"{home.url}/users/bob")
        assert outsider.connections == 0


async def test_N08_no_way_out_leads_to_this_machine_in_production(tmp_path):
    async with context(tmp_path, url="https://here.example") as ctx, stranger() as machine:
        peer = await Peer.known_to(ctx, "bob", hosts=[machine.host])
        address = f"http://{machine.host}/users/eve"
        ada = await members.add(ctx, username="ada", password="correct horse battery")
        for attempt in (
            resolve.document(ctx, address),
            resolve.actor(ctx, address),
            resolve.post(ctx, address),
            resolve.key_owner(ctx, address),
            resolve.handle(ctx, "eve", machine.host),
            organisation.join(ctx, _code(f"http://{machine.host}")),
        ):
            with pytest.raises(AllmendeError):
                await attempt
        await commands.publish(ctx, ada, Draft(f"Hello @eve@{machine.host}", Visibility.ORGANISATION))
        assert await worker.drain(ctx) == 2  # to the shared inboxes of bob's server and of the machine itself
        assert machine.connections == 0
        assert await peer.count("deliveries WHERE state = 'done'") == 0


def _code(founder):
    return base64.urlsafe_b64encode(orjson.dumps([founder, "secret"])).decode()


async def test_N12_a_swarm_of_new_accounts_is_capped(tmp_path):
    async with story(tmp_path, Limits(new_actors_per_hour=3)) as (ctx, peer, home, elsewhere):
        for number in range(3):
            await resolve.actor(ctx, home.actor(f"one{number}", PAIR))
        with pytest.raises(Throttled):
            await resolve.actor(ctx, home.actor("one3", PAIR))
        assert await peer.account(f"{home.url}/users/one3") is None
        assert (await resolve.actor(ctx, elsewhere.actor("another", PAIR))).username == "another"
        # Who is known is not new.
        assert await resolve.actor(ctx, f"{home.url}/users/one0", again=True)
