"""The journal: whoever changes a line of it, takes one out or puts one in is found out."""

import pytest

from moderation import journal
from tests.nodes import context


async def written(ctx, count=5):
    for number in range(count):
        async with ctx.change() as change:
            await journal.append(change, "case.note", subject=f"case {number}", digest=journal.digest_of("x", salt="s"))


async def test_what_was_written_holds(tmp_path, database):
    async with context(tmp_path, database=database) as ctx:
        assert await journal.verify(ctx) == journal.Verdict(0, "", None)
        await written(ctx)
        found = await journal.verify(ctx)
        assert (found.lines, found.wrong) == (5, None)
        assert (await journal.verify(ctx, known=(5, found.seal))).wrong is None


@pytest.mark.parametrize(
    ("crime", "wrong"),
    [
        ("UPDATE journal SET subject = 'case 9' WHERE number = 3", 3),
        ("UPDATE journal SET at = at + 1 WHERE number = 1", 1),
        ("UPDATE journal SET by_id = 1 WHERE number = 5", 5),
        ("DELETE FROM journal WHERE number = 2", 2),
        ("UPDATE journal SET number = 9 WHERE number = 5", 5),
        ("DELETE FROM journal WHERE number = 1", 1),
    ],
)
async def test_tampering_is_found(tmp_path, database, crime, wrong):
    async with context(tmp_path, database=database) as ctx:
        await written(ctx)
        async with ctx.change() as change:
            await change.tx.run(crime)
        assert (await journal.verify(ctx)).wrong == wrong


async def test_a_chain_that_was_sealed_anew_without_the_key_does_not_hold(tmp_path):
    async with context(tmp_path / "other") as stranger:
        await written(stranger)
        async with stranger.db.read() as tx:
            forged = await tx.all("SELECT * FROM journal ORDER BY number")
    async with context(tmp_path / "here") as ctx:
        async with ctx.change() as change:
            for row in forged:
                await change.tx.run(
                    """INSERT INTO journal (number, at, kind, subject, by_id, digest, former, seal)
                       VALUES (:number, :at, :kind, :subject, :by_id, :digest, :former, :seal)""",
                    **dict(row),
                )
        assert (await journal.verify(ctx)).wrong == 1


async def test_lines_that_were_cut_off_are_missed_by_who_kept_a_seal(tmp_path):
    async with context(tmp_path) as ctx:
        await written(ctx)
        known = (await journal.verify(ctx)).seal
        async with ctx.change() as change:
            await change.tx.run("DELETE FROM journal WHERE number > 3")
        assert (await journal.verify(ctx)).wrong is None
        assert (await journal.verify(ctx, known=(5, known))).wrong == 4
