"""Stories across three real nodes, told by what people read and by what lies in the files afterwards."""

import asyncio
import random
from functools import partial
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from federation import keys, render
from federation.documents import dump
from federation.signatures import sign
from node.adapters import clock
from node.fleet import Failed, Node, Person, until
from tests.nodes import Organisation, Stranger, compact, organisation, rows, settled, signs_as, stranger, whole_stream
from tests.opened import Files, holding

_POSTS, _DELETIONS = 500, 100
_AT_ONCE = 8
_ACTIVITY = "application/activity+json"
_SCRUB_SECONDS = 20.0
# Orders to erase, and receipts for the other's, go on.
_TOLD = """SELECT COUNT(*) FROM deliveries d JOIN activities a ON a.id = d.activity_id
            WHERE d.host = ? AND a.type NOT IN ('Delete', 'Accept')"""


async def all_alike(people: list[Person]) -> dict[str, str]:
    """Return the organisation's stream, the same for everybody."""
    first, *others = await asyncio.gather(*[whole_stream(person) for person in people])
    for person, other in zip(people[1:], others, strict=True):
        assert other == first, f"{person.username} reads something else than {people[0].username}"
    return first


async def nowhere(text: str, nodes: list[Node]) -> None:
    """Wait until no file of these nodes holds a text."""
    for node in nodes:

        async def forgotten(node: Node = node) -> bool:
            compact(node)
            return not holding(node.folder, text)

        try:
            await until("it is forgotten", forgotten, seconds=_SCRUB_SECONDS)
        except Failed:
            pytest.fail(f"{text!r} is still in {holding(node.folder, text)} of {node.name}")


async def test_A46_a_node_that_was_down_catches_up_with_posts_replies_edits_and_deletions(tmp_path: Path) -> None:
    async with organisation(tmp_path) as found:
        _, _, turin = found.nodes
        ada, ben, carla = found.people
        edited = await ada.post("The vat is blue")
        deleted = await ada.post("CANARY-before the outage")
        await until("Carla has both", partial(carla.seen, deleted["uri"]))
        await until("Ben has the first", partial(ben.seen, edited["uri"]))
        await turin.stop()

        await ada.call("PUT", f"/statuses/{edited['id']}", status="The vat is indigo")
        await ada.call("DELETE", f"/statuses/{deleted['id']}")
        brief = await ada.post("CANARY-during the outage")
        at_ben = await ben.seen(edited["uri"])
        assert at_ben is not None
        reply = await ben.post("Two metres please", in_reply_to_id=at_ben["id"])
        lasting = await ada.post("Lunch at noon")
        await until("Ben has the short-lived one", partial(ben.seen, brief["uri"]))
        await ada.call("DELETE", f"/statuses/{brief['id']}")

        await turin.start()
        await settled(found.nodes)
        stream = await all_alike(found.people)
        assert stream.keys() == {edited["uri"], reply["uri"], lasting["uri"]}
        assert "indigo" in stream[edited["uri"]]
        at_carla = await carla.seen(edited["uri"])
        assert at_carla is not None
        thread = await carla.call("GET", f"/statuses/{at_carla['id']}/context")
        assert [one["uri"] for one in thread["descendants"]] == [reply["uri"]]
        await nowhere("CANARY-", found.nodes)


async def flap(node: Node, chance: random.Random, *, over: asyncio.Event) -> int:
    """Stop and start a node at least twice, and as long as the story lasts; return how often."""
    times = 0
    while times < 2 or not over.is_set():
        await asyncio.sleep(chance.uniform(0.1, 0.5))
        await node.stop()
        await asyncio.sleep(chance.uniform(0.2, 0.8))
        await node.start()
        times += 1
    return times


@pytest.mark.parametrize(("posts", "deletions", "seed"), [(_POSTS, _DELETIONS, 46)])
async def test_nodes_agree_after_a_random_story_with_one_of_them_coming_and_going(
    tmp_path: Path, posts: int, deletions: int, seed: int
) -> None:
    chance = random.Random(seed)
    async with organisation(tmp_path) as found:
        *steady, flapping = found.nodes
        authors = found.people[: len(steady)]
        # Words that differ in the last letter only have the same mask once in 32,768: so the number is not last.
        to_write = [(chance.choice(authors), f"MARK-{number:04}th") for number in range(posts)]
        doomed = set(chance.sample(range(posts), deletions))
        pauses = [chance.uniform(0, 0.08) for _ in range(posts)]
        kept: dict[str, str] = {}
        removed: list[str] = []
        over = asyncio.Event()

        async def write(numbers: list[int]) -> None:
            for number in numbers:
                person, text = to_write[number]
                status = await person.post(f"{text} and more")
                await asyncio.sleep(pauses[number])
                if number in doomed:
                    await person.call("DELETE", f"/statuses/{status['id']}")
                    removed.append(text)
                else:
                    kept[status["uri"]] = text

        outages = asyncio.create_task(flap(flapping, random.Random(seed + 1), over=over))
        await asyncio.gather(*[write(list(range(first, posts, _AT_ONCE))) for first in range(_AT_ONCE)])
        over.set()
        assert await outages >= 2
        await settled(found.nodes)

        stream = await all_alike(found.people)
        assert stream.keys() == kept.keys()
        assert all(text in stream[uri] for uri, text in kept.items())
        assert len(removed) == deletions
        await forgotten_by_all(removed, kept, found)


async def forgotten_by_all(removed: list[str], kept: dict[str, str], found: Organisation) -> None:
    """Wait until the files of no node hold a deleted text; those that stayed show that the search finds."""

    async def left(node: Node) -> list[str]:
        compact(node)
        files = Files(node.folder)
        assert all(files.holding(text) for text in list(kept.values())[:10])
        return [text for text in removed if files.holding(text)]

    for node in found.nodes:

        async def nothing_left(node: Node = node) -> bool:
            return not await left(node)

        try:
            await until("deleted texts are forgotten", nothing_left, seconds=_SCRUB_SECONDS)
        except Failed:
            pytest.fail(f"{node.name} still holds {await left(node)}")


async def test_a_deleted_account_vanishes_everywhere_and_its_key_stays_until_all_know(tmp_path: Path) -> None:
    async with organisation(tmp_path) as found:
        lyon, graz, turin = found.nodes
        ada, ben, carla = found.people
        uri = f"{lyon.url}/users/ada"
        await ada.post("CANARY-of Ada for all")
        await ada.post("CANARY-of Ada for her unit", visibility="unit")
        staying = await ben.post("Ben stays")
        await settled(found.nodes)
        assert len(await all_alike(found.people)) == 2

        await turin.stop()
        await lyon.command("user", "delete", "ada", "--yes")
        sign_as_graz = await signs_as(graz, f"{graz.url}/actor")
        async with aiohttp.ClientSession() as session:

            async def ask() -> tuple[int, str]:
                headers = {**sign_as_graz("GET", uri, None), "Accept": _ACTIVITY}
                async with session.get(uri, headers=headers) as answer:
                    return answer.status, await answer.text()

            async def gone_at_graz() -> bool:
                return (await whole_stream(ben)).keys() == {staying["uri"]}

            await until("Graz forgets her", gone_at_graz)
            status, text = await ask()
            assert status == 200, "Turin cannot check her last word without her key"
            assert "publicKey" in text
            assert "Ada" not in text

            await turin.start()
            await settled(found.nodes)
            assert (await ask())[0] == 410

        assert (await whole_stream(carla)).keys() == {staying["uri"]}
        with pytest.raises(Failed):
            await carla.find(ada)
        for node in found.nodes:
            assert (
                rows(node, "SELECT p.uri FROM posts p JOIN accounts a ON a.id = p.author_id WHERE a.uri = ?", uri) == []
            )
        with pytest.raises(Failed, match="401"):
            await ada.stream()
        await nowhere("CANARY-of Ada", found.nodes)


async def send_accept(
    founder: Node, code: str, *, signer: keys.Signer, actor: str, session: aiohttp.ClientSession
) -> int:
    """Answer an invitation as `actor`; return the status of the answer."""
    inbox = f"{founder.url}/organization/inbox"
    invitation = f"{founder.url}/organization/invitations/{code}"
    accept = render.about("Accept", id=f"{actor}/{random.getrandbits(60)}", actor=actor, object=invitation)
    body = dump(render.document(accept))
    headers = sign("POST", inbox, body, signer=signer, now=clock.now(), content_type=_ACTIVITY)
    async with session.post(inbox, data=body, headers=headers) as answer:
        return answer.status


async def test_C01_S09_only_an_open_code_makes_the_founder_look_at_a_stranger(tmp_path: Path) -> None:
    async with organisation(tmp_path) as found, stranger() as outsider, aiohttp.ClientSession() as session:
        lyon, _, turin = found.nodes
        actor = f"http://{outsider.host}/actor"
        signer = keys.Signer(f"{actor}#main-key", keys.generate_rsa().private)
        knock = partial(send_accept, lyon, signer=signer, actor=actor, session=session)

        assert await knock("a-code-nobody-gave") == 403
        assert outsider.connections == 0, "a wrong code must not make the founder connect anywhere"

        await lyon.command("org", "remove", turin.host)
        await until("Turin stands alone", partial(stands_alone, turin))
        code = await lyon.command("org", "invite")
        await turin.command("org", "join", code)
        secret = _secret_of(code)
        assert await knock(secret) == 403
        assert outsider.connections == 0, "a used code is as good as none"

        fresh = _secret_of(await lyon.command("org", "invite"))
        assert await knock(fresh) == 401, "it hangs up, so its key cannot be fetched"
        assert outsider.connections >= 1, "with an open code the founder looks, so the two counts above mean something"
        hosts = {row[0] for row in rows(lyon, "SELECT host FROM organisation_members")}
        assert hosts == {node.host for node in found.nodes}


def _secret_of(code: str) -> str:
    import base64
    import json

    return str(json.loads(base64.urlsafe_b64decode(code + "=" * (-len(code) % 4)))[1])


async def stands_alone(node: Node) -> bool:
    """Tell whether a node belongs to no organisation."""
    return rows(node, "SELECT 1 FROM organisation") == []


async def test_E12_a_removed_node_gets_nothing_more_is_refused_and_still_erases(tmp_path: Path) -> None:
    async with organisation(tmp_path) as found:
        lyon, graz, turin = found.nodes
        ada, ben, carla = found.people
        earlier = await ada.post("Before the parting")
        await until("Carla reads it", partial(carla.seen, earlier["uri"]))
        signs = {name: await signs_as(turin, f"{turin.url}{name}") for name in ("/actor", "/users/carla")}
        await lyon.command("org", "remove", turin.host)
        await until("Turin stands alone", partial(stands_alone, turin))

        async def graz_knows() -> bool:
            return (turin.host,) not in rows(graz, "SELECT host FROM organisation_members")

        await until("Graz knows of it", graz_knows)
        told = rows(lyon, _TOLD, turin.host)
        later = await ada.post("CANARY-after the parting")
        from_graz = await ben.post("CANARY-from Graz")
        await ada.call("PUT", f"/statuses/{earlier['id']}", status="CANARY-edited")
        await until("Ben reads it", partial(ben.seen, later["uri"]))
        await until("Ada reads his", partial(ada.seen, from_graz["uri"]))
        await settled([lyon, graz])
        assert holding(turin.folder, "CANARY-") == []
        assert rows(lyon, _TOLD, turin.host) == told
        await refused(signs, earlier["uri"], turin, [lyon, graz])

        await nowhere("Before the parting", [turin])
        await ada.call("DELETE", f"/statuses/{earlier['id']}")
        await settled([lyon, graz, turin])
        await nowhere("Before the parting", [lyon, graz, turin])


async def refused(signs: dict[str, Any], post: str, by: Node, at: list[Node]) -> None:
    """Check that what a node signs is answered with 403, whoever of it signs, reading and writing."""
    async with aiohttp.ClientSession() as session:
        for name, sign_request in signs.items():
            actor = f"{by.url}{name}"
            for node in at:
                address = post if post.startswith(node.url) else f"{node.url}/actor/outbox"
                headers = {**sign_request("GET", address, None), "Accept": _ACTIVITY}
                async with session.get(address, headers=headers) as answer:
                    assert answer.status == 403, f"{actor} read {address}"
                inbox = f"{node.url}/inbox"
                activity = f"{actor}/late"
                note = {"id": f"{actor}/note", "type": "Note", "attributedTo": actor, "content": "<p>LATE-</p>"}
                body = dump(render.document({"id": activity, "type": "Create", "actor": actor, "object": note}))
                async with session.post(inbox, data=body, headers=sign_request("POST", inbox, body)) as answer:
                    assert answer.status == 403, f"{actor} wrote to {inbox}"
                assert rows(node, "SELECT 1 FROM inbox_rows WHERE uri = ?", activity) == []


async def test_unit_posts_stay_home_and_organisation_posts_stay_within(tmp_path: Path) -> None:
    async with organisation(tmp_path) as found, stranger() as outsider:
        lyon, graz, turin = found.nodes
        ada, ben, _ = found.people
        await ben.follow(ada)
        unit = await ada.post(f"CANARY-unit for @{ben.handle} and @eve@{outsider.host}", visibility="unit")
        await ada.call("PUT", f"/statuses/{unit['id']}", status=f"CANARY-unit again, @{ben.handle}")
        everybody = await ada.post(f"CANARY-all, with @eve@{outsider.host}")
        await until("Ben reads it", partial(ben.seen, everybody["uri"]))
        await settled(found.nodes)
        assert holding(lyon.folder, "CANARY-unit") != []
        for node in (graz, turin):
            assert holding(node.folder, "CANARY-all") != []
            assert holding(node.folder, "CANARY-unit") == []
        for stream in ("home", "organisation"):
            assert await ben.seen(unit["uri"], stream) is None
        await never_sent(lyon, outsider)


async def never_sent(node: Node, outsider: Stranger) -> None:
    """Check that a node neither asked a stranger nor has anything for it."""
    assert outsider.connections == 0
    assert rows(node, "SELECT id FROM deliveries WHERE host = ?", outsider.host) == []
    assert rows(node, "SELECT object FROM copies WHERE host = ?", outsider.host) == []
