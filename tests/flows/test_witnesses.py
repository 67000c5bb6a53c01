"""Nodes vouch for each other's journal: what was signed elsewhere cannot be cut off or written anew unseen (C20)."""

import pytest

from federation import documents, resolve
from federation import witnesses as wire
from moderation import journal, restore, witnesses
from node.adapters.erasure_log import ErasureLog
from node.domain.accounts import Role
from node.domain.times import DAY_MS
from node.domain.witnesses import Head, Standing, Verdict, judge
from node.fleet import until
from node.store import journal as journal_rows
from node.store import witnesses as rows
from node.store.sealed import read
from outbox import as_node
from tests.nodes import organisation
from tests.nodes import rows as node_rows
from tests.village import village


def on(house, database):
    """Return what gives one node of a village the database of this test."""
    return lambda name: database if name == house else ""


async def written(house, count=3):
    for _ in range(count):
        async with house.ctx.change() as change:
            await journal.append(change, "case.note", subject="case A7K-4QX9")


async def standing(house):
    async with house.ctx.db.read() as tx:
        return {(one.witness.host, one.witness.head.number): one.standing for one in await witnesses.testimonies(tx)}


async def seen(house):
    async with house.ctx.db.read() as tx:
        return await rows.of_others(tx)


async def sql(house, *statements):
    async with house.ctx.change() as change:
        for statement in statements:
            await change.tx.run(statement)


async def written_anew(house):
    """Let whoever has the key file write another journal of the same length."""
    async with house.ctx.db.read() as tx:
        lines = await journal_rows.page(tx)
    await sql(house, "DELETE FROM journal")
    for line in lines:
        async with house.ctx.change() as change:
            await journal.append(change, line.kind, subject="case ZZZ-ZZZZ")


async def told(house, account):
    """Return what the node itself wrote to a member."""
    async with house.ctx.db.read() as tx:
        found = await tx.all(
            """SELECT p.said FROM posts p JOIN accounts a ON a.id = p.author_id
                WHERE a.uri = :node AND p.visibility = 'direct' ORDER BY p.id""",
            node=f"{house.ctx.settings.url}/actor",
        )
    texts = [read(tx, row["said"], 3)[1] for row in found]
    return [text for text in texts if text.startswith(f"@{account.username} ")]


async def test_every_other_node_signs_how_far_the_journal_has_come(tmp_path, database):
    async with village(tmp_path, "lyon", "graz", "turin", partners=("acme",), database=on("lyon", database)) as street:
        lyon, graz, turin, acme = street.houses.values()
        await written(lyon)
        await witnesses.ask(lyon.ctx)
        assert await standing(lyon) == {(graz.host, 3): Standing.HOLDS, (turin.host, 3): Standing.HOLDS}
        assert [(one.host, one.head.number) for one in await seen(graz)] == [(lyon.host, 3)]
        assert await seen(acme) == [], "a partner is not asked"
        await written(lyon, 2)
        await witnesses.ask(lyon.ctx)
        assert await standing(lyon) == {(graz.host, 5): Standing.HOLDS, (turin.host, 5): Standing.HOLDS}
        street.heard.clear()
        await witnesses.ask(lyon.ctx)
        assert street.heard == [], "nothing new, and signed a moment ago"
        street.clock.now += DAY_MS + 1
        await witnesses.ask(lyon.ctx)
        assert [status for _, _, status in street.heard] == [200, 200], "once a day in any case"


async def test_a_node_that_is_down_harms_nothing_and_signs_later(tmp_path):
    async with village(tmp_path, "lyon", "graz", "turin") as street:
        lyon, graz, turin = street.houses.values()
        graz.down = True
        await written(lyon)
        await witnesses.ask(lyon.ctx)
        assert await standing(lyon) == {(turin.host, 3): Standing.HOLDS}
        graz.down = False
        await witnesses.ask(lyon.ctx)
        assert await standing(lyon) == {(graz.host, 3): Standing.HOLDS, (turin.host, 3): Standing.HOLDS}


@pytest.mark.parametrize("crime", ["cut off", "written anew", "written anew and longer"])
@pytest.mark.parametrize("remembers", [True, False], ids=["signatures are kept", "signatures are erased"])
async def test_who_cuts_the_journal_off_or_writes_it_anew_is_found_out_on_both_nodes(
    tmp_path, database, crime, remembers
):
    async with village(tmp_path, "lyon", "graz", database=on("graz", database)) as street:
        lyon, graz = street.houses.values()
        ada, gert = await lyon.member("ada", role=Role.ADMIN), await graz.member("gert", role=Role.OFFICER)
        await written(lyon, 4)
        await witnesses.ask(lyon.ctx)
        if crime == "cut off":
            await sql(lyon, "DELETE FROM journal WHERE number > 2")
        else:
            await written_anew(lyon)
        if crime == "written anew and longer":
            await written(lyon, 2)
        if not remembers:
            await sql(lyon, "DELETE FROM journal_witnesses")
        assert (await journal.verify(lyon.ctx)).wrong is None, "the chain itself does not show it"
        for _ in range(3):
            await witnesses.ask(lyon.ctx)
        assert await standing(lyon) == {(graz.host, 4): Standing.BROKEN}
        [row] = await seen(graz)
        assert (row.head.number, row.refused_at is not None) == (4, True)
        assert len(await told(lyon, ada)) == len(await told(graz, gert)) == 1, "once, not every hour"
        assert f"line 4 is not what {graz.host} has signed" in (await told(lyon, ada))[0]
        assert f"The journal of {lyon.host} was written anew" in (await told(graz, gert))[0]


async def test_an_answer_that_was_lost_on_the_way_is_made_good(tmp_path):
    async with village(tmp_path, "lyon", "graz") as street:
        lyon, graz = street.houses.values()
        await written(lyon)
        await witnesses.ask(lyon.ctx)
        await sql(lyon, "DELETE FROM journal_witnesses")
        await written(lyon)
        await witnesses.ask(lyon.ctx)
        assert await standing(lyon) == {(graz.host, 6): Standing.HOLDS}
        assert [one.refused_at for one in await seen(graz)] == [None]


async def test_after_a_backup_the_journal_goes_on_and_the_witness_knows_both(tmp_path, database):
    async with village(tmp_path, "lyon", "graz", database=on("lyon", database)) as street:
        lyon, graz = street.houses.values()
        gert = await graz.member("gert", role=Role.ADMIN)
        await restore.guard(lyon.ctx)
        await written(lyon, 4)
        await witnesses.ask(lyon.ctx)
        assert ErasureLog(lyon.ctx.settings.erasure_log).last().journal == 4
        await sql(lyon, "DELETE FROM journal WHERE number > 2")  # as an older database is
        street.clock.now += DAY_MS
        await restore.guard(lyon.ctx)
        await restore.guard(lyon.ctx)
        async with lyon.ctx.db.read() as tx:
            lines = await journal_rows.of_kind(tx, restore.RESTORED)
        assert [(one.number, one.subject) for one in lines] == [(3, "epoch 2, lines 3-4")], "and only once"
        await witnesses.ask(lyon.ctx)
        assert await standing(lyon) == {(graz.host, 3): Standing.HOLDS, (graz.host, 4): Standing.LOST}
        assert [(one.head.epoch, one.head.number) for one in await seen(graz)] == [(2, 3), (1, 4)]
        assert "had come to line 4, and now to line 3" in (await told(graz, gert))[0]
        await written(lyon)
        await witnesses.ask(lyon.ctx)
        assert await standing(lyon) == {(graz.host, 6): Standing.HOLDS, (graz.host, 4): Standing.LOST}


async def test_a_backup_that_nobody_noticed_is_declared(tmp_path):
    async with village(tmp_path, "lyon", "graz") as street:
        lyon, graz = street.houses.values()
        await written(lyon, 4)
        await witnesses.ask(lyon.ctx)
        await sql(lyon, "DELETE FROM journal WHERE number > 1")
        await written(lyon, 1)
        assert await restore.declare(lyon.ctx) == 2
        await witnesses.ask(lyon.ctx)
        assert await standing(lyon) == {(graz.host, 3): Standing.HOLDS, (graz.host, 4): Standing.LOST}


@pytest.mark.parametrize(
    ("last", "head", "former", "verdict"),
    [
        (None, Head(1, 5, "e"), None, Verdict.HOLDS),
        (Head(1, 5, "e"), Head(1, 5, "e"), None, Verdict.HOLDS),
        (Head(1, 5, "e"), Head(1, 5, "x"), None, Verdict.WRONG),
        (Head(1, 5, "e"), Head(1, 4, "d"), None, Verdict.WRONG),
        (Head(1, 5, "e"), Head(1, 7, "g"), (5, "e"), Verdict.HOLDS),
        (Head(1, 5, "e"), Head(1, 7, "g"), (5, "x"), Verdict.WRONG),
        (Head(1, 5, "e"), Head(1, 7, "g"), (4, "d"), Verdict.UNCLEAR),
        (Head(1, 5, "e"), Head(1, 7, "g"), None, Verdict.UNCLEAR),
        (Head(1, 5, "e"), Head(2, 3, "c"), None, Verdict.RESTORED),
        (Head(2, 3, "c"), Head(1, 5, "e"), (3, "c"), Verdict.WRONG),
    ],
)
def test_what_a_witness_says_to_a_head(last, head, former, verdict):
    assert judge(last, head, former=former) is verdict


async def test_nobody_asks_for_the_journal_of_another_node(tmp_path):
    async with village(tmp_path, "lyon", "graz", "turin", partners=("acme",)) as street:
        lyon, graz, turin, acme = street.houses.values()
        for forger, about in ((turin, lyon), (acme, acme), (acme, lyon)):
            assert await posted(forger, to=graz, about=about) in (401, 403)
        assert await seen(graz) == []
        assert await posted(lyon, to=graz, about=lyon) == 200


async def posted(house, *, to, about):
    """Send a head as a node, in the name of another one; return the status."""
    there = to.ctx.settings.url
    head = wire.render_head(
        Head(1, 9, "s"), base=about.ctx.settings.url, witness=f"{there}/actor", former=None, at=house.ctx.clock()
    )
    async with house.ctx.db.read() as tx:
        own = await as_node.node_of(tx, house.ctx.settings.url)
        proven = await house.ctx.keys.prove(tx, own.id, head, now=house.ctx.clock())
    reply = await house.ctx.wire.post(
        wire.heads(there),
        documents.dump(proven),
        content_type="application/activity+json",
        sign=await resolve.node_signature(house.ctx),
    )
    return reply.status


async def test_running_nodes_do_it_by_themselves(tmp_path):
    async with organisation(tmp_path, ("lyon", "graz")) as found:
        lyon, graz = found.nodes
        await lyon.stop()
        await lyon.command("journal", "restored")
        await lyon.start()

        async def signed():
            return node_rows(lyon, "SELECT host, epoch, number FROM journal_witnesses WHERE epoch = 2")

        await until("Graz has signed", signed)
        assert await signed() == [(graz.host, 2, 1)]
        assert "signed line 1" in await lyon.command("journal", "verify")


@pytest.mark.parametrize("lie", ["a head that was never ours", "another node's journal", "unsigned", "nonsense"])
async def test_a_witness_that_lies_makes_no_journal_look_wrong(tmp_path, monkeypatch, lie):
    async with village(tmp_path, "lyon", "graz", "turin") as street:
        lyon, _graz, turin = street.houses.values()
        turin.down = True
        await written(lyon)

        async def answers(change, _host, asked):
            own = await as_node.node_of(change.tx, change.settings.url)
            head = dict(asked.document)
            if lie == "a head that was never ours":
                bare = {name: part for name, part in head.items() if name != "proof"} | {"number": 99}
                head = await change.keys.prove(change.tx, own.id, bare, now=change.now)
            if lie == "another node's journal":
                head |= {"attributedTo": f"{turin.ctx.settings.url}/actor", "id": f"{turin.ctx.settings.url}/x"}
            body = wire.render_witness(change.new_id(), head, base=change.settings.url, at=change.now)
            signed = await change.keys.prove(change.tx, own.id, body, now=change.now)
            if lie == "unsigned":
                signed = body
            return False, b"{}" if lie == "nonsense" else documents.dump(signed)

        monkeypatch.setattr(witnesses, "_answer", answers)
        await witnesses.ask(lyon.ctx)
        assert await standing(lyon) == {}
        assert (await journal.verify(lyon.ctx)).wrong is None
