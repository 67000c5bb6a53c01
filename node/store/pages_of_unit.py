"""Rows of the unit's pages: what they are, who edits them, and who wrote what in their name."""

from collections.abc import Iterable
from dataclasses import dataclass

from node.domain.accounts import Account
from node.domain.pages import UnitPage
from node.store.accounts import COLUMNS, account
from node.store.database import Row, Tx
from node.store.people import ACTIVE

_PAGE = "g.account_id, g.closed, g.followed_by_all"


def _page(row: Row) -> UnitPage:
    return UnitPage(row["account_id"], bool(row["closed"]), bool(row["followed_by_all"]))


async def by_id(tx: Tx, account_id: int) -> UnitPage | None:
    """Return what makes an account a page of ours; None when it is none."""
    row = await tx.one(f"SELECT {_PAGE} FROM unit_pages g WHERE g.account_id = :id", id=account_id)
    return _page(row) if row else None


async def put(tx: Tx, page: UnitPage) -> None:
    """Write what a page is now."""
    await tx.run(
        """INSERT INTO unit_pages (account_id, closed, followed_by_all) VALUES (:account_id, :closed, :followed_by_all)
           ON CONFLICT (account_id) DO UPDATE SET closed = excluded.closed,
             followed_by_all = excluded.followed_by_all""",
        account_id=page.account_id,
        closed=int(page.closed),
        followed_by_all=int(page.followed_by_all),
    )


@dataclass(frozen=True, slots=True)
class Found:
    """A page with its account, for lists of pages. edits: the one who looks is an editor; follows: they follow it."""

    account: Account
    page: UnitPage
    edits: bool
    follows: bool


async def every(tx: Tx, *, viewer_id: int) -> list[Found]:
    """Return the pages of this unit, by name. A unit has a few dozen."""
    rows = await tx.all(
        f"""SELECT {_PAGE}, {COLUMNS},
              EXISTS (SELECT 1 FROM unit_page_editors e WHERE e.page_id = a.id AND e.account_id = :viewer) AS edits,
              EXISTS (SELECT 1 FROM follows f WHERE f.target_id = a.id AND f.follower_id = :viewer) AS follows
             FROM unit_pages g JOIN accounts a ON a.id = g.account_id WHERE {ACTIVE}
            ORDER BY LOWER(a.name), a.id LIMIT 500""",
        viewer=viewer_id,
    )
    return [Found(account(tx, row), _page(row), bool(row["edits"]), bool(row["follows"])) for row in rows]


async def followed_by_all(tx: Tx) -> list[Account]:
    """Return the pages that new members follow."""
    rows = await tx.all(
        f"""SELECT {COLUMNS} FROM unit_pages g JOIN accounts a ON a.id = g.account_id
             WHERE g.followed_by_all = 1 AND {ACTIVE} ORDER BY a.id"""
    )
    return [account(tx, row) for row in rows]


async def not_following(tx: Tx, page_id: int) -> list[int]:
    """Return the members here who do not follow a page, and are not parted from it by a block; no guests."""
    rows = await tx.all(
        f"""SELECT a.id FROM users u JOIN accounts a ON a.id = u.account_id
             WHERE {ACTIVE} AND a.moved_to = '' AND a.guest = 0
              AND NOT EXISTS (SELECT 1 FROM follows f WHERE f.target_id = :page AND f.follower_id = a.id)
              AND NOT EXISTS (SELECT 1 FROM blocks b WHERE b.account_id = a.id AND b.target_id = :page)
            ORDER BY a.id""",
        page=page_id,
    )
    return [row["id"] for row in rows]


async def appoint(tx: Tx, page_id: int, account_id: int) -> None:
    """Make somebody an editor of a page."""
    await tx.run(
        "INSERT INTO unit_page_editors (page_id, account_id) VALUES (:page, :account) ON CONFLICT DO NOTHING",
        page=page_id,
        account=account_id,
    )


async def dismiss(tx: Tx, page_id: int, account_id: int) -> None:
    """Let somebody be an editor of a page no more."""
    await tx.run(
        "DELETE FROM unit_page_editors WHERE page_id = :page AND account_id = :account",
        page=page_id,
        account=account_id,
    )


async def editors(tx: Tx, page_id: int) -> list[Account]:
    """Return the editors of a page, by name; a suspended one is one still."""
    rows = await tx.all(
        f"""SELECT {COLUMNS} FROM unit_page_editors e JOIN accounts a ON a.id = e.account_id
             WHERE e.page_id = :page AND a.deleted_at IS NULL ORDER BY LOWER(a.name), a.id""",
        page=page_id,
    )
    return [account(tx, row) for row in rows]


async def hold(tx: Tx, page_id: int) -> None:
    """Let nobody else change a page or its editors until the transaction ends."""
    await tx.run("UPDATE unit_pages SET closed = closed WHERE account_id = :page", page=page_id)


async def is_editor(tx: Tx, page_id: int, account_id: int) -> bool:
    """Tell whether somebody edits a page."""
    return bool(
        await tx.one(
            "SELECT 1 AS found FROM unit_page_editors WHERE page_id = :page AND account_id = :account",
            page=page_id,
            account=account_id,
        )
    )


async def sign(tx: Tx, post_id: int, account_id: int) -> None:
    """Keep who wrote a post in the name of a page."""
    await tx.run(
        "INSERT INTO post_editors (post_id, account_id) VALUES (:post, :account)", post=post_id, account=account_id
    )


async def bylines(tx: Tx, post_ids: Iterable[int], *, viewer_id: int) -> dict[int, int | None]:
    """Return post id → who wrote it, for those in the name of a page that the one who looks edits; one query.

    None: the one who wrote it has gone.
    """
    rows = await tx.all(
        """SELECT p.id, w.account_id FROM posts p
             JOIN unit_page_editors e ON e.page_id = p.author_id AND e.account_id = :viewer
             LEFT JOIN post_editors w ON w.post_id = p.id WHERE p.id IN (:posts)""",
        viewer=viewer_id,
        posts=sorted(set(post_ids)),
    )
    return {row["id"]: row["account_id"] for row in rows}
