"""Groups as lists show them: those somebody may find, how alive they are, and which posts they pass on."""

from collections.abc import Iterable
from dataclasses import dataclass

from node.domain import ids
from node.domain.people import has_words, words_in
from node.store import groups
from node.store.accounts import by_ids
from node.store.database import Tx
from node.store.groups import Found
from node.store.people import ACTIVE, TIED, with_words
from node.store.visible import known as known_to


async def find(tx: Tx, query: str, *, viewer_id: int, others: bool = False, limit: int, offset: int = 0) -> list[Found]:
    """Return the groups somebody may find, by name: each word of the query begins one in their name or purpose.

    Those they are tied to are found though they are hidden or closed; `others`: only those they are not tied to. The
    cost grows with the number of groups.
    """
    words = words_in(query)
    each, values = with_words(tx, words)
    found = await tx.all(
        f"""SELECT a.id FROM groups g JOIN accounts a ON a.id = g.account_id
             WHERE {each} AND {ACTIVE} AND {known_to("a.id")} AND (({TIED} AND :others = 0)
                OR (g.listed = 1 AND g.archived_at IS NULL AND NOT {TIED}))
             ORDER BY LOWER(a.name), a.id LIMIT :limit OFFSET :offset""",
        **values,
        viewer=viewer_id,
        others=int(others),
        limit=limit,
        offset=offset,
    )
    wanted = [row["id"] for row in found]
    known, inside = await by_ids(tx, wanted), await groups.by_ids(tx, wanted)
    return [Found(id, known[id], inside[id]) for id in wanted if has_words(known[id], words)]


@dataclass(frozen=True, slots=True)
class Figures:
    """How many members of a group are known here, what came into it lately, and when the last did (Unix ms)."""

    members: int = 0
    fresh: int = 0
    last_at: int | None = None


async def figures(tx: Tx, group_ids: Iterable[int], *, since: int) -> dict[int, Figures]:
    """Return group id → its figures; `since`: from when on something is fresh (Unix ms); one query."""
    rows = await tx.all(
        f"""SELECT g.account_id,
                   (SELECT COUNT(*) FROM follows f JOIN accounts a ON a.id = f.follower_id
                     WHERE f.target_id = g.account_id AND f.accepted = 1 AND {ACTIVE}) AS members,
                   (SELECT COUNT(*) FROM posts p WHERE p.author_id = g.account_id AND p.id > :since) AS fresh,
                   (SELECT MAX(p.id) FROM posts p WHERE p.author_id = g.account_id) AS last_id
              FROM groups g WHERE g.account_id IN (:groups)""",
        groups=sorted(set(group_ids)),
        since=ids.at(since),
    )
    return {
        row["account_id"]: Figures(row["members"], row["fresh"], ids.moment(row["last_id"]) if row["last_id"] else None)
        for row in rows
    }


async def passed_on(tx: Tx, post_ids: Iterable[int]) -> dict[int, bool]:
    """Return post id → whether it is pinned, for those of the posts that a group lets stand in it; one query."""
    rows = await tx.all(
        "SELECT p.boost_of, p.pinned_at FROM posts p WHERE p.boost_of IN (:ids) AND p.group_id = p.author_id",
        ids=sorted(set(post_ids)),
    )
    return {row["boost_of"]: row["pinned_at"] is not None for row in rows}
