"""Rows of what members who leave let stay, and which of their posts can."""

from collections.abc import Iterable
from dataclasses import replace

from node.domain.accounts import Account
from node.domain.bequests import Bequest
from node.domain.groups import Readers
from node.domain.posts import Post
from node.store import media, posts
from node.store.accounts import COLUMNS, account
from node.store.database import Tx
from node.store.pages import Page

# For all of the unit, or of a group at home here that no partner shares: what was for few is nobody else's.
_FIT = """p.author_id = :account AND p.local = 1 AND p.boost_of IS NULL AND p.kind IN ('Note', 'Article')
    AND p.wall_id IS NULL AND p.imported = 0 AND (
      (p.group_id IS NULL AND p.visibility IN ('unit', 'organisation'))
      OR (p.visibility IN ('group', 'organisation') AND EXISTS (
        SELECT 1 FROM posts s JOIN accounts h ON h.id = s.author_id AND h.host = '' AND h.deleted_at IS NULL
         WHERE s.boost_of = p.id AND s.author_id = p.group_id)
        AND NOT EXISTS (SELECT 1 FROM bridges x WHERE x.group_id = p.group_id)))"""


async def of(tx: Tx, account_id: int) -> Bequest:
    """Return what a member lets stay."""
    row = await tx.one("SELECT heir_id FROM departures WHERE account_id = :account", account=account_id)
    rows = await tx.all(
        "SELECT group_id, post_id, by_unit FROM bequests WHERE account_id = :account", account=account_id
    )
    return Bequest(
        row["heir_id"] if row else None,
        frozenset(one["group_id"] for one in rows if one["group_id"] and not one["by_unit"]),
        frozenset(one["group_id"] for one in rows if one["by_unit"]),
        frozenset(one["post_id"] for one in rows if one["post_id"]),
    )


async def name_heir(tx: Tx, account_id: int, page_id: int | None) -> None:
    """Say in the name of which page it stays; None: nothing does."""
    await tx.run("UPDATE departures SET heir_id = :page WHERE account_id = :account", account=account_id, page=page_id)


async def leave_groups(tx: Tx, account_id: int, group_ids: Iterable[int], *, by_unit: bool) -> None:
    """Let what stands in these groups stay, and in no others; by_unit: an administrator says so."""
    await tx.run(
        "DELETE FROM bequests WHERE account_id = :account AND group_id <> 0 AND by_unit = :by_unit",
        account=account_id,
        by_unit=int(by_unit),
    )
    await tx.many(
        "INSERT INTO bequests (account_id, group_id, post_id, by_unit) VALUES (:account, :group, 0, :by_unit)",
        [{"account": account_id, "group": id, "by_unit": int(by_unit)} for id in sorted(set(group_ids))],
    )


async def leave_posts(tx: Tx, account_id: int, shown: Iterable[int], kept: Iterable[int]) -> None:
    """Of the posts that were shown let these stay, and the others not."""
    await tx.run(
        "DELETE FROM bequests WHERE account_id = :account AND post_id IN (:shown)",
        account=account_id,
        shown=sorted({*shown, *kept}),
    )
    await tx.many(
        "INSERT INTO bequests (account_id, group_id, post_id, by_unit) VALUES (:account, 0, :post, 0)",
        [{"account": account_id, "post": id} for id in sorted(set(kept))],
    )


async def places(tx: Tx, account_id: int) -> list[tuple[Account, int, bool]]:
    """Return the groups in which a member wrote what can stay, how much, and whether everybody may read there."""
    rows = await tx.all(
        f"""SELECT {COLUMNS}, f.n, g.readers, g.listed FROM (
               SELECT p.group_id, COUNT(*) AS n FROM posts p
                WHERE p.group_id IS NOT NULL AND {_FIT} GROUP BY p.group_id) AS f
              JOIN accounts a ON a.id = f.group_id JOIN groups g ON g.account_id = a.id
             ORDER BY LOWER(a.name), a.id LIMIT 500""",
        account=account_id,
    )
    return [
        (account(tx, row), row["n"], bool(row["listed"]) and row["readers"] == Readers.ORGANISATION) for row in rows
    ]


async def single(tx: Tx, account_id: int, page: Page) -> list[Post]:
    """Return a member's posts outside of groups that can stay, the latest first."""
    rows = await tx.all(
        f"SELECT {posts.COLUMNS} FROM posts p WHERE p.group_id IS NULL AND {_FIT} AND {page.of('p.id')}",
        account=account_id,
        **page.values,
    )
    return page.newest_first([posts.post(tx, row) for row in rows])


async def staying(tx: Tx, account_id: int, *, after: int, limit: int) -> list[int]:
    """Return the ids of posts that shall stay, the eldest first; `after` is an id, exclusive."""
    rows = await tx.all(
        f"""SELECT p.id FROM posts p WHERE {_FIT} AND p.id > :after AND EXISTS (
               SELECT 1 FROM bequests b WHERE b.account_id = :account
                 AND (b.post_id = p.id OR (b.group_id <> 0 AND b.group_id = p.group_id)))
             ORDER BY p.id LIMIT :limit""",
        account=account_id,
        after=after,
        limit=limit,
    )
    return [row["id"] for row in rows]


async def fit(tx: Tx, account_id: int, post_ids: Iterable[int]) -> list[int]:
    """Return those of these posts that are a member's own, outside of groups, and can stay."""
    rows = await tx.all(
        f"SELECT p.id FROM posts p WHERE p.id IN (:ids) AND p.group_id IS NULL AND {_FIT}",
        account=account_id,
        ids=sorted(set(post_ids)),
    )
    return [row["id"] for row in rows]


async def hand_over(tx: Tx, old: Post, new: Post) -> None:
    """Let what hangs on a post hang on the one that takes its place: answers, files, and that others keep it at hand.

    Links to the files that were given away for the old one lead nowhere from now on.
    """
    ids = {"old": old.id, "new": new.id}
    await tx.run(
        "UPDATE posts SET reply_to_id = :new, reply_to_uri = :uri, revision = revision + 1 WHERE reply_to_id = :old",
        uri=new.uri,
        **ids,
    )
    if old.thread_id == old.id:
        await tx.run("UPDATE posts SET thread_id = :new WHERE thread_id = :old AND id <> :old", **ids)
        await tx.run("UPDATE thread_mutes SET thread_id = :new WHERE thread_id = :old", **ids)
    await tx.run("UPDATE bookmarks SET post_id = :new WHERE post_id = :old", **ids)
    files = (await media.of_posts(tx, [old.id])).get(old.id, [])
    await tx.run(
        """UPDATE media SET post_id = :new, account_id = :author, renewed = renewed + 1 WHERE post_id = :old""",
        author=new.author_id,
        **ids,
    )
    for one in files:  # their words are the new author's
        await media.describe(tx, replace(one, post_id=new.id, account_id=new.author_id))
