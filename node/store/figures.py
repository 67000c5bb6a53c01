"""Sums over everybody here, by stretches of time: never about one person (`node.domain.figures`).

Behind a persona stands somebody who may be counted already: it makes no group of people larger.
"""

from node.domain import ids
from node.domain.figures import told, told_apart
from node.store.database import Tx

_PEOPLE = "COUNT(DISTINCT CASE WHEN a.persona = 0 THEN a.id END)"


async def posts(tx: Tx, *, start: int, end: int, step: int) -> dict[int, int]:
    """Return how much people here wrote for unit and organisation: number of the stretch → posts.

    start, end, step: Unix ms and milliseconds; the first stretch, number 0, begins at `start`. The index posts_unit
    answers it; the cost grows with what was written in that time.
    """
    rows = await tx.all(
        f"""SELECT (p.published_at - :start) / :step AS stretch, COUNT(*) AS n, {_PEOPLE} AS people
             FROM posts p JOIN accounts a ON a.id = p.author_id
            WHERE p.local = 1 AND p.visibility IN ('unit', 'organisation') AND p.boost_of IS NULL
              AND p.id >= :first AND p.id < :last AND p.published_at >= :start AND p.published_at < :end
            GROUP BY (p.published_at - :start) / :step""",
        start=start,
        end=end,
        step=step,
        first=ids.at(start - 1),
        last=ids.at(end + 1),
    )
    return {row["stretch"]: told(row["n"], people=row["people"]) for row in rows}


async def joined(tx: Tx, *, start: int, end: int, step: int) -> dict[int, int]:
    """Return how many became members here: number of the stretch → people."""
    rows = await tx.all(
        """SELECT (u.created_at - :start) / :step AS stretch, COUNT(*) AS n
             FROM users u JOIN accounts a ON a.id = u.account_id AND a.persona = 0
            WHERE u.created_at >= :start AND u.created_at < :end GROUP BY (u.created_at - :start) / :step""",
        start=start,
        end=end,
        step=step,
    )
    return {row["stretch"]: told(row["n"], people=row["n"]) for row in rows}


async def interactions(tx: Tx, *, start: int, end: int, step: int) -> dict[int, int]:
    """Return how many favourites and boosts posts of this node got: number of the stretch → acts.

    Of favourites their ids tell when they came. The indexes are those of the ids; the cost grows with all favourites,
    boosts and posts of that time.
    """
    first, last = ids.at(start), ids.at(end)
    rows = await tx.all(
        f"""SELECT stretch, COUNT(*) AS n, {_PEOPLE} AS people FROM (
              SELECT (f.id / {1 << ids.LOW_BITS} + {ids.EPOCH} - :start) / :step AS stretch, f.account_id
                FROM favourites f JOIN posts p ON p.id = f.post_id
               WHERE p.local = 1 AND f.id >= :first AND f.id < :last
              UNION ALL
              SELECT (b.published_at - :start) / :step, b.author_id
                FROM posts b JOIN posts p ON p.id = b.boost_of
               WHERE p.local = 1 AND b.id >= :first AND b.id < :last) acts
            JOIN accounts a ON a.id = acts.account_id GROUP BY stretch""",
        start=start,
        step=step,
        first=first,
        last=last,
    )
    return {row["stretch"]: told(row["n"], people=row["people"]) for row in rows}


async def complaints(tx: Tx, *, start: int, end: int, step: int, closed: bool) -> dict[int, int]:
    """Return how many complaints came, or were `closed`: number of the stretch → complaints. Moderators see each."""
    column = "closed_at" if closed else "created_at"
    rows = await tx.all(
        f"""SELECT (r.{column} - :start) / :step AS stretch, COUNT(*) AS n FROM reports r
             WHERE r.{column} >= :start AND r.{column} < :end GROUP BY (r.{column} - :start) / :step""",
        start=start,
        end=end,
        step=step,
    )
    return {row["stretch"]: row["n"] for row in rows}


async def languages(tx: Tx) -> dict[str, int]:
    """Return which languages members chose for their pages → how many, as far as it may be told."""
    rows = await tx.all(
        """SELECT u.language, COUNT(*) AS n FROM users u JOIN accounts a ON a.id = u.account_id AND a.persona = 0
            GROUP BY u.language ORDER BY COUNT(*) DESC, u.language"""
    )
    apart = told_apart({row["language"]: row["n"] for row in rows})
    return {row["language"]: row["n"] for row in rows if row["language"] in apart}


async def servers(tx: Tx, *, start: int, end: int) -> dict[str, int]:
    """Return hosts → how many posts of that time came from there, as far as it may be told."""
    rows = await tx.all(
        f"""SELECT a.host, COUNT(*) AS n, {_PEOPLE} AS people
             FROM posts p JOIN accounts a ON a.id = p.author_id
            WHERE p.local = 0 AND p.id >= :first AND p.id < :last GROUP BY a.host ORDER BY COUNT(*) DESC, a.host""",
        first=ids.at(start),
        last=ids.at(end),
    )
    apart = told_apart({row["host"]: row["people"] for row in rows})
    return {row["host"]: row["n"] for row in rows if row["host"] in apart}
