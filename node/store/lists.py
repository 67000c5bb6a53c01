"""Rows of lists: people a member reads together. Who is in one: `people.listed`."""

from collections.abc import Iterable

from node.domain.lists import List
from node.store import sealed
from node.store.database import Row, Tx

_COLUMNS = "l.id, l.account_id, l.title, l.replies, l.exclusive"


def _list(tx: Tx, row: Row) -> List:
    title = sealed.read_text(tx, row["title"])
    return List(row["id"], row["account_id"], title, row["replies"], bool(row["exclusive"]))


async def is_owned(tx: Tx, id: int, *, account_id: int) -> bool:
    """Tell whether a list is this member's."""
    return await owned(tx, id, account_id=account_id) is not None


async def owned(tx: Tx, id: int, *, account_id: int) -> List | None:
    """Return a list if it is this member's."""
    row = await tx.one(
        f"SELECT {_COLUMNS} FROM lists l WHERE l.id = :id AND l.account_id = :account", id=id, account=account_id
    )
    return _list(tx, row) if row else None


async def of_member(tx: Tx, account_id: int) -> list[List]:
    """Return a member's lists, oldest first; `Limits.lists_per_member` bounds them."""
    rows = await tx.all(
        f"SELECT {_COLUMNS} FROM lists l WHERE l.account_id = :account ORDER BY l.id", account=account_id
    )
    return [_list(tx, row) for row in rows]


async def with_person(tx: Tx, account_id: int, person_id: int) -> list[List]:
    """Return those of a member's lists that somebody is in."""
    rows = await tx.all(
        f"""SELECT {_COLUMNS} FROM lists l JOIN list_members m ON m.list_id = l.id
             WHERE l.account_id = :account AND m.account_id = :person ORDER BY l.id""",
        account=account_id,
        person=person_id,
    )
    return [_list(tx, row) for row in rows]


async def listing(tx: Tx, person_id: int) -> dict[int, list[List]]:
    """Return member id → those of their lists that somebody is in; one query."""
    rows = await tx.all(
        f"""SELECT {_COLUMNS} FROM lists l JOIN list_members m ON m.list_id = l.id
             WHERE m.account_id = :person ORDER BY l.id""",
        person=person_id,
    )
    found: dict[int, list[List]] = {}
    for row in rows:
        found.setdefault(row["account_id"], []).append(_list(tx, row))
    return found


async def insert(tx: Tx, made: List) -> None:
    """Add a list."""
    await tx.run(
        """INSERT INTO lists (id, account_id, title, replies, exclusive)
           VALUES (:id, :account, :title, :replies, :exclusive)""",
        id=made.id,
        account=made.account_id,
        title=await sealed.text(tx, sealed.of_account(made.account_id), made.title),
        replies=made.replies,
        exclusive=int(made.exclusive),
    )


async def update(tx: Tx, changed: List) -> None:
    """Write a list's title and how it is read."""
    await tx.run(
        "UPDATE lists SET title = :title, replies = :replies, exclusive = :exclusive WHERE id = :id",
        id=changed.id,
        title=await sealed.text(tx, sealed.of_account(changed.account_id), changed.title),
        replies=changed.replies,
        exclusive=int(changed.exclusive),
    )


async def delete(tx: Tx, id: int) -> None:
    """Remove a list; its people go on as they are."""
    await tx.run("DELETE FROM lists WHERE id = :id", id=id)


# Who is in them


async def member_ids(tx: Tx, id: int) -> list[int]:
    """Return the ids of everybody in a list."""
    return [row["account_id"] for row in await tx.all("SELECT account_id FROM list_members WHERE list_id = :id", id=id)]


async def add(tx: Tx, id: int, members: Iterable[tuple[int, int]]) -> None:
    """Put people, (row id, account id), into a list; who is in it stays."""
    await tx.many(
        "INSERT INTO list_members (id, list_id, account_id) VALUES (:row, :list, :account) ON CONFLICT DO NOTHING",
        [{"row": row, "list": id, "account": account} for row, account in members],
    )


async def remove(tx: Tx, id: int, account_ids: Iterable[int]) -> None:
    """Take people out of a list."""
    await tx.run(
        "DELETE FROM list_members WHERE list_id = :id AND account_id IN (:accounts)", id=id, accounts=[*account_ids]
    )


async def remove_from_all(tx: Tx, *, owner_id: int, account_id: int) -> None:
    """Take somebody out of every list of a member's."""
    await tx.run(
        """DELETE FROM list_members WHERE account_id = :account
              AND list_id IN (SELECT id FROM lists WHERE account_id = :owner)""",
        owner=owner_id,
        account=account_id,
    )
