"""Invitations into a peer's group, as its node sends them and takes them back."""

from dataclasses import replace

from moderation import members
from node.domain.groups import Group
from node.store import accounts, groups, notifications
from node.store.pages import Page
from tests.inbox.peer import Peer
from tests.nodes import context


async def test_an_invitation_is_kept_until_it_is_taken_back_in_whatever_order_they_come(tmp_path, database):
    async with context(tmp_path, database=database) as ctx:
        peer = await Peer.known_to(ctx, "dyers", "mallory")
        ada = await members.add(ctx, username="ada", password="correct horse battery staple")
        group = peer.actors["dyers"]
        async with ctx.change() as change:
            await accounts.update(change.tx, replace(group, kind="Group"))
            await groups.put(change.tx, Group(group.id, listed=False))

        async def state():
            async with ctx.db.read() as tx:
                standing = await groups.standing(tx, group.id, ada.id, now=ctx.clock())
                return standing.invited, len(await notifications.page(tx, ada.id, Page()))

        invite = peer.activity("Invite", "dyers", group.uri, target=ada.uri)
        await peer.send("dyers", invite)
        assert await state() == (True, 1)
        await peer.send("mallory", peer.activity("Undo", "mallory", {**invite, "actor": peer.actors["mallory"].uri}))
        assert await state() == (True, 1)
        await peer.send("dyers", peer.activity("Undo", "dyers", invite))
        assert await state() == (False, 0)
        late = peer.activity("Invite", "dyers", group.uri, target=ada.uri)
        await peer.send("dyers", peer.activity("Undo", "dyers", late))
        await peer.send("dyers", late)
        assert await state() == (False, 0)
