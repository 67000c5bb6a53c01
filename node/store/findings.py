"""What this node holds about somebody: for those who have to find all of it, whoever may see it.

Words are looked up in the index that search has, and as they are written in everything that a post is made of: its text
and what that was made of, what it was before it was edited, its warning, the answers of its poll, what its pictures
show and what its files are called elsewhere, and whom it names. The second way opens every post, as it does
every profile: few ask, and what they are asked for is all of it.
"""

import asyncio
from collections.abc import AsyncIterator, Iterable, Sequence
from dataclasses import replace
from html import unescape

from node.domain.accounts import Account
from node.domain.posts import Post
from node.domain.words import Phrase, Query, words
from node.store import posts as post_rows
from node.store import sealed
from node.store.accounts import COLUMNS, account
from node.store.database import Row, Tx
from node.store.pages import Page
from node.store.versions import version
from node.store.words import matching

_LONGEST = 16  # words of one phrase
_AT_ONCE = 500


def _has(*columns: str) -> str:
    return " OR ".join(f"LOWER({column}) LIKE :text ESCAPE '!'" for column in columns)


_NAMED = f"""EXISTS (SELECT 1 FROM mentions n JOIN accounts a ON a.id = n.account_id
    WHERE n.post_id = p.id AND ({_has("a.username", "a.name")}))
    OR EXISTS (SELECT 1 FROM media f WHERE f.post_id = p.id AND ({_has("f.remote_url")}))"""


def _anywhere(said: str) -> str:
    for sign in "!%_":
        said = said.replace(sign, f"!{sign}")
    return f"%{said.lower()}%"


async def posts(tx: Tx, said: str, page: Page) -> list[Post]:
    """Return the posts that have these words anywhere, whoever may see them, the newest first."""
    rows = await tx.all(
        f"SELECT p.id FROM posts p WHERE p.boost_of IS NULL AND ({_NAMED}) AND {page.of('p.id')}",
        text=_anywhere(said),
        **page.values,
    )
    phrase = tuple(words(said)[:_LONGEST])
    indexed = await matching(tx, Query((Phrase(phrase),)), page) if phrase else []
    ids = sorted({*(row["id"] for row in rows), *indexed, *await _saying(tx, said, page)}, reverse=True)[: page.limit]
    found = await post_rows.by_ids(tx, ids)
    return [found[id] for id in ids]


async def _saying(tx: Tx, said: str, page: Page) -> list[int]:
    """Return the posts of a page whose texts have these words as they are written; they are opened one by one."""
    wanted = said.lower()
    found: list[int] = []
    async for rows in _batches(tx, "SELECT p.id FROM posts p WHERE p.boost_of IS NULL", "p.id", page):
        said_by = await _texts(tx, [row["id"] for row in rows])
        found += [id for id, texts in said_by.items() if any(wanted in text.lower() for text in texts)]
        if len(found) >= page.limit:
            break
    return sorted(found, reverse=True)


async def _batches(tx: Tx, sql: str, column: str, page: Page) -> AsyncIterator[Sequence[Row]]:
    """Return all rows of a query from a page's beginning on, the newest first by a column that is their `id`."""
    part = replace(page, limit=_AT_ONCE)
    while True:
        rows = await tx.all(f"{sql} AND {part.of(column)}", **part.values)
        yield rows
        if len(rows) < part.limit:
            return
        part = replace(part, before=rows[-1]["id"])
        await asyncio.sleep(0)  # others have their turn


async def _texts(tx: Tx, ids: Sequence[int]) -> dict[int, list[str]]:
    """Return post id → all that it is made of and was before, as it is written; markup is as people typed it."""
    found: dict[int, list[str]] = {}
    for row in await tx.all("SELECT id, said FROM posts WHERE id IN (:ids)", ids=ids):
        content, *others = post_rows.texts(tx, row["said"])
        found[row["id"]] = [unescape(content), *others]
    for row in await tx.all(
        "SELECT post_id, written_at, said, sensitive FROM post_versions WHERE post_id IN (:ids)", ids=ids
    ):
        one = version(tx, row)
        found[row["post_id"]] += [unescape(one.content), one.summary, "\n".join(one.options)]
    for row in await tx.all(
        """SELECT post_id, name AS said FROM poll_options WHERE post_id IN (:ids)
            UNION ALL SELECT post_id, description FROM media WHERE post_id IN (:ids)""",
        ids=ids,
    ):
        found[row["post_id"]].append(sealed.read_text(tx, row["said"]))
    return found


async def accounts(tx: Tx, said: str, *, limit: int) -> list[Account]:
    """Return the accounts whose profiles have these words, groups and pages among them, the newest first."""
    wanted = said.lower()
    found: list[Account] = []
    everybody = f"SELECT {COLUMNS} FROM accounts a WHERE a.deleted_at IS NULL"
    async for rows in _batches(tx, everybody, "a.id", Page()):
        opened = [account(tx, row) for row in rows]
        found += [one for one in opened if any(wanted in text.lower() for text in _profile(one))]
        if len(found) >= limit:
            break
    return found[:limit]


def _profile(account: Account) -> list[str]:
    """Return all that a profile tells, as it is written; markup is as people typed it."""
    pairs = [text for pair in account.fields for text in pair]
    return [
        account.username,
        account.name,
        *map(unescape, (account.summary, *pairs)),
        account.position,
        account.department,
        account.site,
        *account.skills,
        account.icon_alt,
        account.image_alt,
    ]


async def posts_at(tx: Tx, addresses: Sequence[str], *, ids: Iterable[int] = ()) -> list[Post]:
    """Return the posts whose addresses, or numbers, these are, whoever may see them."""
    rows = await tx.all(
        f"""SELECT {post_rows.COLUMNS} FROM posts p
             WHERE p.boost_of IS NULL AND (p.uri IN (:addresses) OR p.url IN (:addresses) OR p.id IN (:ids))
             ORDER BY p.id DESC""",
        addresses=list(addresses),
        ids=sorted(set(ids)),
    )
    return [post_rows.post(tx, row) for row in rows]


async def accounts_at(tx: Tx, addresses: Sequence[str]) -> list[Account]:
    """Return the accounts whose addresses these are."""
    rows = await tx.all(
        f"""SELECT {COLUMNS} FROM accounts a
             WHERE a.deleted_at IS NULL AND (a.uri IN (:addresses) OR a.url IN (:addresses)) ORDER BY a.id DESC""",
        addresses=list(addresses),
    )
    return [account(tx, row) for row in rows]
