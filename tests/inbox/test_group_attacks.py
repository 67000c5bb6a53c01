"""What other servers may not do with groups: theirs, ours and each other's. A village plays it with real signatures."""

import contextlib

import pytest

from federation import render
from node.domain.groups import Joining, Role
from node.domain.posts import Draft
from node.domain.visibility import Visibility
from node.store import groups, posts, tombstones
from outbox import groups as commands
from outbox import posts as post_commands
from tests.village import village


class Town:
    """Lyon has a group of Ada's; Ben of Graz is a member, Mallory of Graz is none; Carla of Turin is one."""

    def __init__(self, town):
        self.town = town
        self.lyon, self.graz, self.turin = town.houses.values()

    async def people(self):
        self.ada = await self.lyon.member("ada")
        self.ben, self.mallory = await self.graz.member("ben"), await self.graz.member("mallory")
        self.carla = await self.turin.member("carla")
        self.group = await self.town.found(self.lyon, self.ada, joining=Joining.OPEN)
        for house, person in ((self.graz, self.ben), (self.turin, self.carla)):
            await self.town.join(house, person, self.group)
        return self

    def note(self, author, *, group, number=1, **more):
        uri = f"{author.uri}/posts/{number}"
        to = [group.uri, group.followers]
        return {"id": uri, "type": "Note", "attributedTo": author.uri, "content": "<p>forged</p>", "to": to} | more

    def activity(self, kind, actor, about, number=1, **more):
        return {"id": f"{actor.uri}/activities/{number}", "type": kind, "actor": actor.uri, "object": about} | more


@contextlib.asynccontextmanager
async def told(folder):
    async with village(folder, "lyon", "graz", "turin") as town:
        yield await Town(town).people()


async def test_C03_who_is_no_member_gets_nothing_into_a_group(tmp_path):
    async with told(tmp_path) as town:
        note = town.note(town.mallory, group=town.group)
        await town.town.send(town.graz, town.mallory, town.lyon, town.activity("Create", town.mallory, note))
        for house in (town.lyon, town.turin):
            assert await house.post(note["id"]) is None


async def test_what_did_not_go_by_way_of_the_group_is_in_it_for_nobody(tmp_path):
    async with told(tmp_path) as town:
        note = town.note(town.ben, group=town.group)
        await town.town.send(town.graz, town.ben, town.turin, town.activity("Create", town.ben, note))
        assert (await town.turin.post(note["id"])).visibility is Visibility.GROUP
        assert not await town.turin.reads(town.carla, note["id"])


async def test_I08_another_group_does_not_pass_on_what_was_said_in_this_one(tmp_path):
    async with told(tmp_path) as town:
        other = await town.town.found(town.graz, town.mallory, "others", joining=Joining.OPEN)
        dan = await town.turin.member("dan")
        await town.town.join(town.turin, dan, other)
        made = await post_commands.publish(town.lyon.ctx, town.ada, Draft("for dyers", group=town.group.id))
        await town.town.settle()
        announce = town.activity("Announce", other, made.uri, to=[other.followers])
        await town.town.send(town.graz, other, town.turin, announce)
        assert not await town.turin.reads(dan, made.uri)
        assert await town.turin.reads(town.carla, made.uri)


async def test_I08_a_person_does_not_pass_on_what_was_said_in_a_group(tmp_path):
    async with told(tmp_path) as town:
        made = await post_commands.publish(town.lyon.ctx, town.ada, Draft("for dyers", group=town.group.id))
        await town.town.settle()
        announce = town.activity("Announce", town.ben, made.uri, to=[town.ben.followers])
        await town.town.send(town.graz, town.ben, town.turin, announce)
        async with town.turin.ctx.db.read() as tx:
            assert await posts.by_uri(tx, announce["id"]) is None


async def test_I02_a_group_puts_no_words_into_anybodys_mouth(tmp_path):
    async with told(tmp_path) as town:
        other = await town.town.found(town.graz, town.mallory, "others", joining=Joining.OPEN)
        await town.town.join(town.turin, town.carla, other)
        forged = town.note(town.ada, group=other)
        create = {"@context": render.CONTEXT} | town.activity("Create", town.ada, forged)
        await town.town.send(
            town.graz, other, town.turin, town.activity("Announce", other, create, to=[other.followers])
        )
        assert await town.turin.post(forged["id"]) is None
        async with town.graz.ctx.change() as change:  # a proof, but by another's key
            proven = await change.keys.prove(change.tx, town.mallory.id, create, now=change.now)
        await town.town.send(town.graz, other, town.turin, town.activity("Announce", other, proven, 2))
        assert await town.turin.post(forged["id"]) is None


async def test_only_the_group_says_who_looks_after_it(tmp_path):
    async with told(tmp_path) as town:
        at_turin = await town.turin.account(town.group)
        target = f"{town.group.uri}/moderators"
        add = town.activity("Add", town.mallory, town.mallory.uri, target=target)
        await town.town.send(town.graz, town.mallory, town.turin, add)
        await town.town.send(town.graz, town.mallory, town.lyon, add)
        for house, group in ((town.turin, at_turin), (town.lyon, town.group)):
            there = await house.account(town.mallory)
            async with house.ctx.db.read() as tx:
                rows = await tx.all("SELECT 1 FROM group_roles WHERE account_id = :id", id=there.id)
                assert rows == []
                assert (await groups.standing(tx, group.id, there.id, now=0)).role is None


@pytest.mark.parametrize("member", [True, False])
async def test_who_does_not_look_after_a_group_takes_nothing_out_of_it(tmp_path, member):
    async with told(tmp_path) as town:
        who = town.ben if member else town.mallory
        made = await post_commands.publish(town.lyon.ctx, town.ada, Draft("for dyers", group=town.group.id))
        await town.town.settle()
        gone = town.activity("Delete", who, made.uri, audience=town.group.uri)
        await town.town.send(town.graz, who, town.lyon, gone)
        assert await town.lyon.reads(town.ada, made.uri)
        assert await town.turin.reads(town.carla, made.uri)
        unseen = town.activity("Delete", who, f"{town.ada.uri}/posts/99", 2, audience=town.group.uri)
        await town.town.send(town.graz, who, town.turin, unseen)  # nor does it keep anything from entering later
        async with town.turin.ctx.db.read() as tx:
            assert await tombstones.of(tx, unseen["object"]) is None


async def test_a_moderators_word_goes_no_further_than_the_group(tmp_path):
    async with told(tmp_path) as town:
        await commands.lend(
            town.lyon.ctx, town.ada, town.group.id, (await town.lyon.account(town.ben)).id, Role.MODERATOR
        )
        made = await post_commands.publish(
            town.lyon.ctx, town.ada, Draft("for all", visibility=Visibility.ORGANISATION)
        )
        await town.town.settle()
        gone = town.activity("Delete", town.ben, made.uri, audience=town.group.uri)
        await town.town.send(town.graz, town.ben, town.lyon, gone)
        assert await town.lyon.reads(town.ada, made.uri)
        assert await town.turin.reads(town.carla, made.uri)


async def test_nobody_invites_into_anothers_group(tmp_path):
    async with told(tmp_path) as town:
        dan = await town.turin.member("dan")
        invite = town.activity("Invite", town.mallory, town.group.uri, target=dan.uri)
        await town.town.send(town.graz, town.mallory, town.turin, invite)
        here = await town.turin.account(town.group)
        async with town.turin.ctx.db.read() as tx:
            assert not (await groups.standing(tx, here.id, dan.id, now=0)).invited


async def test_who_was_removed_for_good_neither_reads_nor_writes_nor_comes_back(tmp_path):
    async with told(tmp_path) as town:
        at_lyon = await town.lyon.account(town.ben)
        await commands.remove(town.lyon.ctx, town.ada, town.group.id, at_lyon.id, for_good=True)
        await town.town.settle()
        here = await town.graz.account(town.group)
        await commands.join(town.graz.ctx, town.ben, here.id)
        note = town.note(town.ben, group=town.group)
        await town.town.send(town.graz, town.ben, town.lyon, town.activity("Create", town.ben, note))
        made = await post_commands.publish(town.lyon.ctx, town.ada, Draft("without him", group=town.group.id))
        await town.town.settle()
        assert await town.lyon.post(note["id"]) is None
        assert await town.graz.post(made.uri) is None


async def test_L06_a_group_post_is_fetched_by_its_members_nodes_only(tmp_path):
    async with told(tmp_path) as town:
        made = await post_commands.publish(town.lyon.ctx, town.ada, Draft("for dyers", group=town.group.id))
        await town.town.settle()
        await commands.leave(town.graz.ctx, town.ben, (await town.graz.account(town.group)).id)
        await town.town.settle()
        for house, reader, status in ((town.turin, town.carla, 200), (town.graz, town.mallory, 404)):
            async with house.ctx.db.read() as tx:
                sign = await house.ctx.keys.sign_as(tx, reader.id)
            reply = await house.ctx.wire.get(made.uri, accept="application/activity+json", sign=sign, max_bytes=9_999)
            assert reply.status == status
