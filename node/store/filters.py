"""Rows of filters, their keywords and single posts."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any

from node.domain.filters import Filter, Filtered, Keyword
from node.store import sealed
from node.store.database import Row, Tx

_COLUMNS = """f.id, f.account_id, f.title, f.contexts, f.action, f.expires_at,
    k.id AS keyword_id, k.keyword, k.whole_word"""


async def of_member(tx: Tx, account_id: int) -> list[Filter]:
    """Return a member's filters, the expired ones too, oldest first; two queries."""
    return await _whole(tx, await _read(tx, "f.account_id = :account", account=account_id))


async def active(tx: Tx, account_id: int, *, now: int) -> list[Filter]:
    """Return the filters of a member that apply now (Unix ms), without their single posts; one query."""
    return await _read(
        tx, "f.account_id = :account AND (f.expires_at IS NULL OR f.expires_at > :now)", account=account_id, now=now
    )


async def one(tx: Tx, id: int, *, account_id: int) -> Filter | None:
    """Return a filter of this member."""
    return await _only(tx, "f.id = :id AND f.account_id = :account", id=id, account=account_id)


async def with_keyword(tx: Tx, id: int, *, account_id: int) -> Filter | None:
    """Return the filter of this member that has the keyword `id`."""
    return await _only(
        tx,
        "f.account_id = :account AND f.id IN (SELECT o.filter_id FROM filter_keywords o WHERE o.id = :id)",
        id=id,
        account=account_id,
    )


async def with_entry(tx: Tx, id: int, *, account_id: int) -> Filter | None:
    """Return the filter of this member that has a single post under the entry `id`."""
    return await _only(
        tx,
        "f.account_id = :account AND f.id IN (SELECT o.filter_id FROM filter_posts o WHERE o.id = :id)",
        id=id,
        account=account_id,
    )


async def _only(tx: Tx, condition: str, **values: Any) -> Filter | None:
    found = await _whole(tx, await _read(tx, condition, **values))
    return found[0] if found else None


async def _read(tx: Tx, condition: str, **values: Any) -> list[Filter]:
    rows = await tx.all(
        f"""SELECT {_COLUMNS} FROM filters f LEFT JOIN filter_keywords k ON k.filter_id = f.id
             WHERE {condition} ORDER BY f.id, k.id""",
        **values,
    )
    keywords: dict[int, list[Keyword]] = {}
    for row in rows:
        if row["keyword_id"] is not None:
            keyword = Keyword(row["keyword_id"], sealed.read_text(tx, row["keyword"]), bool(row["whole_word"]))
            keywords.setdefault(row["id"], []).append(keyword)
    return [_filter(tx, row, keywords.get(row["id"], ())) for row in {row["id"]: row for row in rows}.values()]


def _filter(tx: Tx, row: Row, keywords: Iterable[Keyword]) -> Filter:
    return Filter(
        id=row["id"],
        account_id=row["account_id"],
        title=sealed.read_text(tx, row["title"]),
        contexts=tuple(row["contexts"].split()),
        action=row["action"],
        expires_at=row["expires_at"],
        keywords=tuple(keywords),
    )


async def _whole(tx: Tx, found: list[Filter]) -> list[Filter]:
    if not found:
        return []
    rows = await tx.all(
        "SELECT id, filter_id, post_id FROM filter_posts WHERE filter_id IN (:ids) ORDER BY id",
        ids=[one.id for one in found],
    )
    posts: dict[int, list[Filtered]] = {}
    for row in rows:
        posts.setdefault(row["filter_id"], []).append(Filtered(row["id"], row["post_id"]))
    return [replace(one, posts=tuple(posts.get(one.id, ()))) for one in found]


async def single_posts(tx: Tx, filter_ids: Sequence[int], post_ids: Sequence[int]) -> dict[int, set[int]]:
    """Return filter id → those of the posts that stand in it by themselves; one query."""
    rows = await tx.all(
        "SELECT filter_id, post_id FROM filter_posts WHERE post_id IN (:posts) AND filter_id IN (:filters)",
        posts=post_ids,
        filters=filter_ids,
    )
    found: dict[int, set[int]] = {}
    for row in rows:
        found.setdefault(row["filter_id"], set()).add(row["post_id"])
    return found


async def count(tx: Tx, account_id: int) -> int:
    """Return how many filters a member has."""
    row = await tx.one("SELECT COUNT(*) AS n FROM filters WHERE account_id = :account", account=account_id)
    return row["n"] if row else 0


async def put(tx: Tx, filter: Filter) -> None:
    """Write a filter and its keywords, in place of what was there; its single posts stay."""
    owner = sealed.of_account(filter.account_id)
    await tx.run(
        """INSERT INTO filters (id, account_id, title, contexts, action, expires_at)
           VALUES (:id, :account, :title, :contexts, :action, :expires_at)
           ON CONFLICT (id) DO UPDATE SET title = excluded.title, contexts = excluded.contexts,
              action = excluded.action, expires_at = excluded.expires_at""",
        id=filter.id,
        account=filter.account_id,
        title=await sealed.text(tx, owner, filter.title),
        contexts=" ".join(filter.contexts),
        action=filter.action,
        expires_at=filter.expires_at,
    )
    await tx.run(
        "DELETE FROM filter_keywords WHERE filter_id = :filter AND id NOT IN (:kept)",
        filter=filter.id,
        kept=[0, *(keyword.id for keyword in filter.keywords)],
    )
    await tx.many(
        """INSERT INTO filter_keywords (id, filter_id, keyword, whole_word) VALUES (:id, :filter, :keyword, :whole)
           ON CONFLICT (id) DO UPDATE SET keyword = excluded.keyword, whole_word = excluded.whole_word""",
        [
            {
                "id": one.id,
                "filter": filter.id,
                "keyword": await sealed.text(tx, owner, one.text),
                "whole": int(one.whole_word),
            }
            for one in filter.keywords
        ],
    )


async def delete(tx: Tx, id: int) -> None:
    """Remove a filter with all that is in it."""
    await tx.run("DELETE FROM filters WHERE id = :id", id=id)


async def add_post(tx: Tx, filter_id: int, entry: Filtered) -> None:
    """Put a single post into a filter; one that is there stays as it is."""
    await tx.run(
        "INSERT INTO filter_posts (id, filter_id, post_id) VALUES (:id, :filter, :post) ON CONFLICT DO NOTHING",
        id=entry.id,
        filter=filter_id,
        post=entry.post_id,
    )


async def remove_post(tx: Tx, id: int) -> None:
    """Take a single post out of a filter, by the entry's id."""
    await tx.run("DELETE FROM filter_posts WHERE id = :id", id=id)
