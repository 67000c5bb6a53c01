"""The SQLite store under cancellation: a request that ends early leaves nothing open and nothing half done."""

import asyncio

import pytest

from node.store.sqlite import Sqlite


@pytest.mark.parametrize("turns", range(14))
async def test_F01_a_change_cancelled_at_any_moment_leaves_the_writer_free_and_nothing_by_halves(tmp_path, turns):
    db = await Sqlite.open(tmp_path / "node.sqlite3")
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
