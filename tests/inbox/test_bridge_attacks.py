"""What a partner may not do, and nobody in its name: threats C01 to C04, L06, and those of contracts."""

import contextlib
from dataclasses import replace

import orjson
import pytest

from federation import bridges as federation_bridges
from federation import hosts
from node.domain.bridges import State, Terms
from node.domain.groups import Joining
from node.domain.posts import Draft
from node.domain.times import DAY_MS
from node.domain.visibility import Visibility
from node.errors import AllmendeError, Forbidden
from node.store import accounts
from node.store import bridges as rows
from node.store.sealed import read_body
from outbox import bridges, bridges_beyond, posts, relationships
from tests.village import village


class Town:
    """Lyon shares its group with Acme, where Ruth is in it; Rogue belongs to nobody; Ada has another group, too."""

    def __init__(self, town):
        self.town = town
        self.lyon, self.graz, self.acme, self.rogue = town.houses.values()

    async def people(self):
        self.ada, self.eve = await self.lyon.member("ada"), await self.lyon.member("eve")
        self.ben = await self.graz.member("ben")
        self.ruth, self.mallory = await self.acme.member("ruth"), await self.rogue.member("mallory")
        self.group = await self.town.found(self.lyon, self.ada, joining=Joining.OPEN)
        self.other = await self.town.found(self.lyon, self.ada, "weavers", joining=Joining.OPEN)
        await self.town.join(self.graz, self.ben, self.group)
        self.bridge = await self.town.bridge(self.group, self.lyon, self.ada, self.acme, self.ruth)
        self.at_acme = await self.town.join(self.acme, self.ruth, self.group)
        return self

    async def asks(self, house, actor, address):
        """Ask for a document, signed; return the status."""
        async with house.ctx.db.read() as tx:
            sign = await house.ctx.keys.sign_as(tx, actor.id)
        reply = await house.ctx.wire.get(address, accept="application/activity+json", sign=sign, max_bytes=1_000_000)
        return reply.status

    async def node(self, house):
        async with house.ctx.db.read() as tx:
            return await accounts.by_uri(tx, f"{house.ctx.settings.url}/actor")

    async def contract(self, house):
        async with house.ctx.db.read() as tx:
            return await rows.by_uri(tx, self.bridge.uri)

    def note(self, author, *, to, number=1, **more):
        uri = f"{author.uri}/posts/{number}"
        return {"id": uri, "type": "Note", "attributedTo": author.uri, "content": "<p>forged</p>", "to": to} | more

    def activity(self, kind, actor, about, number=1, **more):
        return {"id": f"{actor.uri}/activities/{number}", "type": kind, "actor": actor.uri, "object": about} | more


@contextlib.asynccontextmanager
async def told(folder):
    async with village(folder, "lyon", "graz", partners=("acme", "rogue")) as town:
        yield await Town(town).people()


async def test_C03_a_partner_reaches_nobody_but_the_group(tmp_path):
    async with told(tmp_path) as town:
        public = "https://www.w3.org/ns/activitystreams#Public"
        ruth, lyon = town.ruth, town.lyon
        async with lyon.ctx.db.read() as tx:
            members = (await tx.one("SELECT members FROM organisation"))["members"]
        made = await posts.publish(lyon.ctx, town.ada, Draft("ours", Visibility.ORGANISATION))
        for number, (kind, about) in enumerate(
            [
                ("Create", town.note(ruth, to=[public], number=11)),
                ("Create", town.note(ruth, to=[members], number=12)),
                ("Create", town.note(ruth, to=[town.ada.uri], number=13)),
                ("Create", town.note(ruth, to=[town.other.uri, town.other.followers], number=14)),
                ("Follow", town.ada.uri),
                ("Follow", town.other.uri),
                ("Like", made.uri),
                ("Announce", made.uri),
                ("Block", town.ada.uri),
                ("Flag", [town.ada.uri, made.uri]),
                ("Move", ruth.uri),
            ]
        ):
            body = town.activity(kind, ruth, about, 100 + number)
            assert await town.town.send(town.acme, ruth, lyon, body) == 403, (kind, about)
        for number in range(11, 15):
            assert await lyon.post(f"{ruth.uri}/posts/{number}") is None


async def test_C03_what_comes_over_a_bridge_is_for_the_group_whatever_it_says(tmp_path):
    async with told(tmp_path) as town:
        async with town.lyon.ctx.db.read() as tx:
            members = (await tx.one("SELECT members FROM organisation"))["members"]
        to = ["https://www.w3.org/ns/activitystreams#Public", members, town.group.uri, town.eve.uri]
        note = town.note(town.ruth, to=to, tag=[{"type": "Mention", "href": town.eve.uri, "name": "@eve"}])
        assert await town.town.send(town.acme, town.ruth, town.lyon, town.activity("Create", town.ruth, note)) == 202
        assert await town.lyon.reads(town.ada, note["id"])
        assert not await town.lyon.reads(town.eve, note["id"])
        assert (await town.lyon.post(note["id"])).visibility is Visibility.GROUP


async def test_L06_a_partner_reads_the_shared_group_and_nothing_else(tmp_path):
    async with told(tmp_path) as town:
        ctx, base = town.lyon.ctx, town.lyon.ctx.settings.url
        wide = await posts.publish(ctx, town.ada, Draft("ours", Visibility.ORGANISATION))
        named = await posts.publish(ctx, town.ada, Draft("@eve psst", Visibility.DIRECT))
        elsewhere = await posts.publish(ctx, town.ada, Draft("woven", group=town.other.id))
        inside = await posts.publish(ctx, town.ada, Draft("dyed", group=town.group.id))
        await town.town.settle()
        hidden = [
            wide.uri, named.uri, elsewhere.uri, f"{wide.uri}/replies", town.eve.uri, town.other.uri, town.ada.outbox,
            town.group.outbox, town.group.followers, town.eve.featured, f"{town.other.uri}/moderators",
            f"{base}/organization/members", f"{base}/actor/outbox",
        ]  # fmt: skip
        assert {address: await town.asks(town.acme, town.ruth, address) for address in hidden} == dict.fromkeys(
            hidden, 404
        ) | dict.fromkeys(
            [address for address in hidden if address.endswith(("/outbox", "/followers", "/members"))], 403
        )
        for address in (inside.uri, town.group.uri, town.ada.uri, f"{town.group.uri}/moderators"):
            assert await town.asks(town.acme, town.ruth, address) == 200, address
        assert await town.asks(town.rogue, town.mallory, inside.uri) == 403


async def test_C01_another_host_is_not_the_partner_however_much_it_looks_like_it(tmp_path):
    async with told(tmp_path) as town:
        terms = Terms("", "", "a", "b", "c", True, town.town.clock.now, town.town.clock.now + DAY_MS)
        for name in ("acme.example/x", "ruth@acme.example", "", town.graz.host, town.lyon.host):
            with pytest.raises(AllmendeError):
                await bridges.draft(town.lyon.ctx, town.ada, town.other.id, replace(terms, partner=name))
        note = town.note(town.mallory, to=[town.group.uri, town.group.followers])
        assert (
            await town.town.send(town.rogue, town.mallory, town.lyon, town.activity("Create", town.mallory, note))
            == 403
        )


async def test_C02_a_partner_carries_nothing_of_others(tmp_path):
    async with told(tmp_path) as town:
        note = town.note(town.mallory, to=[town.group.uri, town.group.followers])
        forwarded = town.activity("Create", town.mallory, note)
        assert await town.town.send(town.acme, town.ruth, town.lyon, forwarded) == 403
        before = len(town.town.heard)
        boost = town.activity("Announce", town.ruth, note["id"], to=[town.group.uri])
        assert await town.town.send(town.acme, town.ruth, town.lyon, boost) == 403
        assert not [url for _, url, _ in town.town.heard[before:] if town.rogue.host in url], "it is not fetched"


async def test_a_partner_plays_no_group_of_ours(tmp_path):
    async with told(tmp_path) as town:
        mine = await town.town.found(town.acme, town.ruth, "dyers", joining=Joining.OPEN)
        note = town.note(town.ruth, to=[town.group.uri, town.group.followers], number=5)
        wrapped = town.activity("Create", town.ruth, note)
        announce = town.activity("Announce", mine, wrapped, 9, to=[mine.followers])
        assert await town.town.send(town.acme, mine, town.graz, announce) == 403
        direct = await town.town.send(town.acme, town.ruth, town.graz, wrapped)
        assert direct in (202, 403)
        assert not await town.graz.reads(town.ben, note["id"]), "only its own group lets a post stand in it"


async def test_an_old_contract_played_again_changes_nothing(tmp_path):
    async with told(tmp_path) as town:
        async with town.lyon.ctx.db.read() as tx:
            found = await tx.all(
                "SELECT body FROM activities WHERE type = 'Update' AND object = :uri ORDER BY id", uri=town.bridge.uri
            )
        node, active = await town.node(town.lyon), read_body(tx, found[-1]["body"])
        again = orjson.loads(active) | {"id": f"{node.uri}/activities/76"}
        await bridges.pause(town.lyon.ctx, town.ada, town.bridge.id)
        await town.town.settle()
        for house in (town.graz, town.acme):
            await town.town.send(town.lyon, node, house, orjson.dumps(again))
            assert (await town.contract(house)).state is State.PAUSED
        await bridges.end(town.lyon.ctx, town.ada, town.bridge.id)
        await town.town.settle()
        again = orjson.loads(active) | {"id": f"{node.uri}/activities/77"}
        for house in (town.graz, town.acme):
            await town.town.send(town.lyon, node, house, orjson.dumps(again))
        assert (await town.contract(town.graz)).state is State.ERASED
        assert (await town.contract(town.acme)).state is State.ENDING


async def test_nobody_widens_what_both_have_signed(tmp_path):
    async with told(tmp_path) as town:
        node, partner = await town.node(town.lyon), await town.node(town.acme)
        held = orjson.loads((await town.contract(town.lyon)).document)
        bare = {name: value for name, value in held.items() if name != "proof"}
        later = bare | {"endTime": "2033-01-01T00:00:00Z", "version": 50}
        async with town.lyon.ctx.change() as change:
            signed = await change.keys.prove(change.tx, node.id, later, now=change.now)
        await town.town.send(town.lyon, node, town.acme, town.activity("Update", node, signed, 51))
        assert (await town.contract(town.acme)).version < 50
        # The partner tells how the bridge stands, as if it were its home.
        async with town.acme.ctx.change() as change:
            forged = await change.keys.prove(change.tx, partner.id, bare | {"version": 60}, now=change.now)
        body = town.activity("Update", partner, forged, 61)
        for house in (town.lyon, town.graz):
            assert await town.town.send(town.acme, partner, house, body) == 403
            assert (await town.contract(house)).version < 60


async def test_nobody_takes_up_or_signs_a_contract_that_is_not_for_them(tmp_path):
    async with told(tmp_path) as town:
        ctx, clock = town.lyon.ctx, town.town.clock
        terms = Terms("", town.acme.host, "more", "Ada", "Ruth", True, clock.now, clock.now + DAY_MS)
        made = await bridges.draft(ctx, town.ada, town.other.id, terms)
        with pytest.raises(AllmendeError):
            await bridges_beyond.take_up(town.acme.ctx, town.ruth, made.uri, "ruth")
        await bridges.offer(ctx, town.ada, made.id)
        with pytest.raises(AllmendeError):
            await bridges_beyond.take_up(town.rogue.ctx, town.mallory, made.uri, "mallory")
        taken = await bridges_beyond.take_up(town.acme.ctx, town.ruth, made.uri, "ruth")
        with pytest.raises(Forbidden):
            await bridges_beyond.agree(town.acme.ctx, await town.acme.member("otto"), taken.id)
        # Somebody at the partner says yes in their own name, not the node.
        body = town.activity("Accept", town.ruth, made.uri, 70, result=orjson.loads(taken.document))
        await town.town.send(town.acme, town.ruth, town.lyon, body)
        async with ctx.db.read() as tx:
            assert (await rows.by_id(tx, made.id)).state is State.OFFERED


async def test_C04_when_a_bridge_ends_nothing_that_waits_goes_out(tmp_path):
    async with told(tmp_path) as town:
        town.acme.down = True
        made = await posts.publish(town.lyon.ctx, town.ada, Draft("just before", group=town.group.id))
        await town.town.settle()
        await bridges.end(town.lyon.ctx, town.ada, town.bridge.id)
        town.acme.down = False
        town.town.clock.now += DAY_MS
        await town.town.settle()
        assert await town.acme.post(made.uri) is None
        assert (await town.contract(town.lyon)).state is State.ERASED
        note = town.note(town.ruth, to=[town.group.uri, town.group.followers], number=8)
        assert await town.town.send(town.acme, town.ruth, town.lyon, town.activity("Create", town.ruth, note)) == 403


async def test_a_member_of_ours_follows_nobody_at_the_partner_through_the_back_door(tmp_path):
    async with told(tmp_path) as town:
        ada = await town.acme.account(town.ada)
        with pytest.raises(Forbidden):
            await relationships.follow(town.acme.ctx, town.ruth, ada.id)
        follow = town.activity("Follow", town.ada, town.ruth.uri, 90)
        assert await town.town.send(town.lyon, town.ada, town.acme, follow) == 403


async def test_C01_a_name_in_other_letters_is_another_host(tmp_path):
    """A twin that looks the same (Cyrillic а, a ligature, another port) is not the partner; one host has one name."""
    async with told(tmp_path) as town:
        terms = Terms("", "bücher.example", "a", "b", "c", True, town.town.clock.now, town.town.clock.now + DAY_MS)
        made = await bridges.draft(town.lyon.ctx, town.ada, town.other.id, terms)
        assert made.partner == "xn--bcher-kva.example"
        await bridges.offer(town.lyon.ctx, town.ada, made.id)
        async with town.lyon.ctx.change() as change:
            found = await rows.by_id(change.tx, made.id)
            await rows.put(change.tx, replace(found.stands(State.ACTIVE, now=change.now), agreed=b"{}"))
            other = town.other.id
            for name in ("BÜCHER.example.", "https://xn--bcher-kva.example/"):
                assert await federation_bridges.shares(change.tx, other, host=hosts.authority(name.rstrip("/")))
            twins = ("bücher.exаmple", "bucher.example", "bücher.example:8443", "x.bücher.example", "büchеr.example")
            for twin in twins:
                host = hosts.authority(twin)
                assert not await federation_bridges.shares(change.tx, other, host=host), twin
                assert host not in await rows.speaking_hosts(change.tx), twin
