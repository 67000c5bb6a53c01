"""The SQLite store under cancellation: a request that ends early leaves nothing open and nothing half done."""

import asyncio
import random
import sqlite3

import pytest

from node.adapters.content_keys import ContentKeys
from node.adapters.seals import Seals
from node.errors import Unavailable
from node.store.sqlite import Sqlite


@pytest.mark.parametrize("turns", range(14))
async def test_F01_a_change_cancelled_at_any_moment_leaves_the_writer_free_and_nothing_by_halves(tmp_path, turns):
    db = await Sqlite.open(tmp_path / "node.sqlite3", Seals(ContentKeys(tmp_path / "content.keys")))
    try:
        async with db.write() as tx:
            await tx.run("CREATE TABLE pairs (side TEXT)")

        async def pair() -> None:
            async with db.write() as tx:
                await tx.run("INSERT INTO pairs VALUES ('left')")
                await asyncio.sleep(0)
                await tx.run("INSERT INTO pairs VALUES ('right')")

        cancelled = asyncio.create_task(pair())
        for _ in range(turns):
            await asyncio.sleep(0)
        cancelled.cancel()
        waiting = asyncio.create_task(pair())
        await asyncio.sleep(0)
        cancelled.cancel()
        await asyncio.gather(cancelled, waiting, return_exceptions=True)
        await pair()
        async with db.read() as tx:
            row = await tx.one("SELECT SUM(side = 'left') AS lefts, SUM(side = 'right') AS rights FROM pairs")
        assert row["lefts"] == row["rights"] >= 2
    finally:
        await db.close()


async def test_changes_that_wait_share_a_commit_and_one_that_fails_harms_no_other(tmp_path):
    db = await Sqlite.open(tmp_path / "node.sqlite3", Seals(ContentKeys(tmp_path / "content.keys")))
    try:
        async with db.write() as tx:
            await tx.run("CREATE TABLE numbers (n INTEGER)")

        async def put(number: int) -> None:
            async with db.write() as tx:
                await tx.run("INSERT INTO numbers VALUES (:n)", n=number)
                if number % 3 == 0:
                    raise ValueError(number)
            async with db.read() as tx:
                assert await tx.one("SELECT 1 AS one FROM numbers WHERE n = :n", n=number), "acknowledged and not there"

        ended = await asyncio.gather(*[put(number) for number in range(30)], return_exceptions=True)
        assert [type(one) for one in ended] == [ValueError if n % 3 == 0 else type(None) for n in range(30)]
        async with db.read() as tx:
            assert {row["n"] for row in await tx.all("SELECT n FROM numbers")} == {n for n in range(30) if n % 3}
    finally:
        await db.close()


async def test_a_file_that_another_process_writes_is_waited_for_and_then_named_busy(tmp_path, monkeypatch):
    monkeypatch.setattr("node.store.sqlite._BUSY_SECONDS", 0.3)
    path = tmp_path / "node.sqlite3"
    db = await Sqlite.open(path, Seals(ContentKeys(tmp_path / "content.keys")))
    other = sqlite3.connect(path, isolation_level=None)
    try:
        async with db.write() as tx:
            await tx.run("CREATE TABLE numbers (n INTEGER)")
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(Unavailable):
            async with db.write():
                pass
        writing = asyncio.create_task(_insert(db))
        await asyncio.sleep(0.05)
        other.execute("COMMIT")
        await writing
    finally:
        other.close()
        await db.close()


async def test_the_storage_is_compacted_when_another_process_has_written(tmp_path):
    path = tmp_path / "node.sqlite3"
    db = await Sqlite.open(path, Seals(ContentKeys(tmp_path / "content.keys")))
    other = sqlite3.connect(path, isolation_level=None)
    try:
        async with db.write() as tx:
            await tx.run("CREATE TABLE numbers (n INTEGER)")
        other.execute("BEGIN IMMEDIATE")
        compacting = asyncio.create_task(db.compact())
        await asyncio.sleep(0.05)
        assert not compacting.done()
        other.execute("COMMIT")
        await compacting
        await _insert(db)
    finally:
        other.close()
        await db.close()


async def _insert(db: Sqlite) -> None:
    async with db.write() as tx:
        await tx.run("INSERT INTO numbers VALUES (1)")


async def test_when_the_storage_was_compacted_no_gap_holds_what_was_deleted(tmp_path):
    path = tmp_path / "node.sqlite3"
    db = await Sqlite.open(path, Seals(ContentKeys(tmp_path / "content.keys")))
    try:
        draw, living, deleted = random.Random(34), dict[int, str](), []
        async with db.write() as tx:
            await tx.run("CREATE TABLE words (id INTEGER PRIMARY KEY, said TEXT)")
            for number in range(500):
                id = number * 1000 + draw.randrange(-3000, 3000)  # of two clocks, as those of several nodes are
                if id not in living:
                    living[id] = f"MARK-{number:05}-"
                    said = "w" * draw.randrange(20, 400) + living[id]
                    await tx.run("INSERT INTO words (id, said) VALUES (:id, :said)", id=id, said=said)
                if draw.random() < 0.3:
                    gone = draw.choice(list(living))
                    deleted.append(living.pop(gone))
                    await tx.run("DELETE FROM words WHERE id = :id", id=gone)
        await db.compact()
        content = path.read_bytes()
        assert all(said.encode() in content for said in living.values())
        assert [said for said in deleted if said.encode() in content] == []
    finally:
        await db.close()
