"""The journal on its page: who did what, and whether the chain holds."""

from moderation import holds, journal, members
from node.domain.accounts import Role
from node.domain.witnesses import Head, Witness
from node.store import witnesses
from tests.pages.test_administration import PASSWORD, house


async def test_roles_suspensions_and_holds_stand_in_it_with_who_did_it(tmp_path, database):
    async with house(tmp_path, database=database) as home:
        ctx, ada, carla = home.ctx, home.people["ada"], home.people["carla"]
        await members.add(ctx, username="pia", password=PASSWORD, role=Role.OFFICER)
        window = await home.window("ada")
        assert "Nothing stands in the journal yet." in (await window.page("/administration/journal"))[1]
        path = f"/moderation/people/{carla.id}"
        assert (await window.send(f"{path}/suspend", reason="A threat."))[0] == 303
        assert (await window.send(f"{path}/restore"))[0] == 303
        await members.set_role(ctx, carla.id, Role.MODERATOR, by=ada)
        await holds.place(ctx, carla.id, reason="A court", until=ctx.clock() + 1_000_000, by=ada)
        await holds.lift(ctx, carla.id, by=None)
        for name in ("ada", "pia"):
            status, page = await (await home.window(name)).page("/administration/journal?check=1")
            assert (status, "5 lines, and the chain holds." in page) == (200, True)
            for said in (
                "An account was suspended", "An account was restored", "A member got another role",
                "A legal hold was placed", "A legal hold was lifted", f"{carla.uri} moderator", "/@ada",
            ):  # fmt: skip
                assert said in page, said
        assert "A court" not in page, "no words"


async def test_who_proved_what_by_hand_is_not_said_to_have_confirmed_an_address(tmp_path):
    async with house(tmp_path) as home:
        async with home.ctx.change() as change:
            await journal.append(change, "case.proven", subject="case A7K-4QX9", by=home.people["ada"])
        _, page = await (await home.window("ada")).page("/administration/journal")
        assert ("It was shown who asks" in page, "mail address" in page) == (True, False)


async def test_a_line_that_was_changed_is_found(tmp_path):
    async with house(tmp_path) as home:
        await members.set_role(home.ctx, home.people["carla"].id, Role.MODERATOR, by=None)
        await members.set_role(home.ctx, home.people["carla"].id, Role.MEMBER, by=None)
        async with home.ctx.change() as change:
            await change.tx.run("UPDATE journal SET subject = 'nobody' WHERE number = 2")
        _, page = await (await home.window("ada")).page("/administration/journal?check=1")
        assert "The chain is broken at line 2." in page


async def test_who_signed_for_it_stands_beside_it_and_what_does_not_fit_is_said_first(tmp_path, database):
    async with house(tmp_path, database=database) as home:
        await members.set_role(home.ctx, home.people["carla"].id, Role.MODERATOR, by=None)
        seal = (await journal.verify(home.ctx)).seal
        window = await home.window("ada")
        assert "Signed for us" not in (await window.page("/administration/journal"))[1]
        async with home.ctx.change() as change:
            for host, head in (("graz.example", Head(1, 1, seal)), ("oslo.example", Head(1, 4, "x"))):
                await witnesses.put(change.tx, Witness(host, head, b"", "key", change.now, None))
            await witnesses.sign(change.tx, "kiel.example", Head(2, 9, "y"), b"", now=change.now)
            seen = await witnesses.last(change.tx, "kiel.example")
            await witnesses.refuse(change.tx, seen, now=change.now + 1)
        _, page = await window.page("/administration/journal")
        assert "oslo.example signed line 4" in page
        assert "graz.example signed line" not in page
        for said in ("Signed for us by other nodes", "The line is the same.", "kiel.example", "Refused since"):
            assert said in page, said
