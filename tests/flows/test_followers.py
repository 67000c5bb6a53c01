"""A node comes back from an old backup without its follows: the next posts make both nodes agree again."""

import asyncio
import sqlite3
from functools import partial
from pathlib import Path

from node.app import DATABASE_FILE
from node.domain import ids
from node.fleet import Node, until
from tests.nodes import organisation, rows, settled


def change(node: Node, sql: str, *values: object) -> None:
    """Change the database file of a node that is stopped."""
    connection = sqlite3.connect(node.folder / DATABASE_FILE)
    with connection:
        connection.execute(sql, values)
    connection.close()


async def test_I12_follows_that_one_node_lost_end_at_the_other(tmp_path: Path) -> None:
    async with organisation(tmp_path, ("lyon", "graz")) as found:
        lyon, graz = found.nodes
        ada, ben = found.people
        await asyncio.gather(ada.follow(ben), ben.follow(ada))
        await settled(found.nodes)
        await asyncio.gather(lyon.stop(), graz.stop())
        change(lyon, "DELETE FROM follows")
        # An hour older: what is young may be on its way, and is left alone.
        change(graz, "UPDATE follows SET id = id - ?", ids.at(ids.EPOCH + 3_600_000))
        await asyncio.gather(lyon.start(), graz.start())
        assert len(rows(graz, "SELECT id FROM follows")) == 2

        async def follows_left(count: int) -> bool:
            return len(rows(graz, "SELECT id FROM follows")) == count

        # At Lyon nobody is told of as Ada's follower: Graz ends Ben's follow.
        await ada.post("For all of us")
        # At Graz Ada is Ben's follower, and Lyon knows of no such follow: it takes that back for her.
        await ben.post("For my followers", "private")
        await until("neither follows the other at Graz", partial(follows_left, 0))
        await settled(found.nodes)
        assert rows(lyon, "SELECT id FROM follows") == []
