"""Notifications that are shown together: pages of groups, each at the place of its newest within the page's range.

A page takes two queries, however long it is.
"""

from collections.abc import Sequence

from node.domain.notifications import GROUPED, Group, Notification, alone
from node.store.database import Row, Tx
from node.store.notifications import ALL, COLUMNS, HELD_BACK_TOO, ROWS, SHOWN, Choice, notification
from node.store.pages import NEWEST, Page

_SAMPLE = 8
_ALONE = alone(0).removesuffix("0")


def _first(upward: bool) -> str:
    """Return the condition that `n` is shown, and the first notification of its group that a page comes across.

    Those of one group are of one kind, about one post and never held back; they differ in who is behind them.
    """
    return f"""{SHOWN} AND (n.group_key = '' OR n.kind NOT IN (:grouped) OR NOT EXISTS (
        SELECT 1 FROM notifications m JOIN accounts b ON b.id = m.from_id
         WHERE m.account_id = :viewer AND m.group_key <> '' AND m.group_key = n.group_key
           AND m.id < :before AND m.id > :after AND m.id {"<" if upward else ">"} n.id
           AND (CAST(:sender AS BIGINT) = 0 OR m.from_id = :sender)
           AND b.suspended_at IS NULL AND b.hidden_at IS NULL AND b.deleted_at IS NULL))"""


_FIRST = {upward: _first(upward) for upward in (False, True)}


async def page(
    tx: Tx, account_id: int, page: Page, choice: Choice = ALL, *, grouped: Sequence[str] = GROUPED
) -> tuple[list[Group], list[int]]:
    """Return a page of a member's groups, and the ids it goes on from (Mastodon's `paginate_groups`).

    Read downwards, a group stands where its newest notification within the page's range is, upwards its oldest. What
    a group is said to hold goes no further than the page's newest end. grouped: the kinds that may be grouped.
    """
    rows = await tx.all(
        f"SELECT {COLUMNS} FROM {ROWS} WHERE {_FIRST[page.upward]} AND {page.of('n.id')}",
        viewer=account_id,
        grouped=_some(grouped),
        **choice.values,
        **page.values,
    )
    found = page.newest_first([notification(row) for row in rows])
    if not found:
        return [], []
    oldest, newest = found[-1].id, found[0].id
    if len(found) < page.limit:  # the last page reaches to the end of what was asked for
        oldest, newest = (oldest, page.before - 1) if page.upward else (page.after + 1, newest)
    named = [one.group_key for one in found if one.group_key and one.kind in grouped]
    held = await _held(tx, account_id, named, oldest=oldest, newest=newest)
    return [_group(one, held, grouped) for one in found], [one.id for one in found]


async def count(
    tx: Tx, account_id: int, choice: Choice = ALL, *, grouped: Sequence[str] = GROUPED, after: int, most: int
) -> int:
    """Return how many groups of a member have something newer than an id; no more than `most` are counted."""
    page = Page(after=after, upward=True, limit=most)
    row = await tx.one(
        f"""SELECT COUNT(*) AS n FROM (
              SELECT n.id FROM {ROWS} WHERE {_FIRST[True]} AND {page.of("n.id")}) AS unread""",
        viewer=account_id,
        grouped=_some(grouped),
        **choice.values,
        **page.values,
    )
    return row["n"] if row else 0


async def one(tx: Tx, key: str, *, account_id: int) -> Group | None:
    """Return one group of a member, with everything in it."""
    row = await tx.one(
        f"SELECT {COLUMNS} FROM {ROWS} WHERE {_of(key)} AND {SHOWN} ORDER BY n.id DESC LIMIT 1",
        **_named(key),
        viewer=account_id,
        **HELD_BACK_TOO.values,
    )
    if row is None:
        return None
    named = [] if key.startswith(_ALONE) else [key]
    return _group(notification(row), await _held(tx, account_id, named, oldest=0, newest=NEWEST), GROUPED)


async def senders(tx: Tx, key: str, page: Page, *, account_id: int) -> list[tuple[int, int]]:
    """Return (notification, account behind it) of a member's group."""
    rows = await tx.all(
        f"SELECT n.id, n.from_id FROM {ROWS} WHERE {_of(key)} AND {SHOWN} AND {page.of('n.id')}",
        **_named(key),
        viewer=account_id,
        **HELD_BACK_TOO.values,
        **page.values,
    )
    return page.newest_first([(row["id"], row["from_id"]) for row in rows])


async def remove(tx: Tx, key: str, *, account_id: int) -> None:
    """Remove a group of a member."""
    await tx.run(
        f"""DELETE FROM notifications WHERE id IN (
              SELECT n.id FROM notifications n WHERE n.account_id = :account AND {_of(key)})""",
        account=account_id,
        **_named(key),
    )


def _of(key: str) -> str:
    return "n.id = :id" if key.startswith(_ALONE) else "n.group_key <> '' AND n.group_key = :key"


def _named(key: str) -> dict[str, int | str]:
    if not key.startswith(_ALONE):
        return {"key": key}
    id = key.removeprefix(_ALONE)
    return {"id": min(int(id), NEWEST) if id.isdecimal() and len(id) < 20 else 0}


def _some(kinds: Sequence[str]) -> list[str]:
    return [*kinds, ""]  # no kind is in an empty list, nor outside of it


async def _held(tx: Tx, account_id: int, keys: list[str], *, oldest: int, newest: int) -> dict[str, list[Row]]:
    """Return group → its newest rows up to `newest`, each with the group's size and its oldest id from `oldest` on."""
    held: dict[str, list[Row]] = {}
    if keys:
        for row in await tx.all(
            """SELECT * FROM (
                  SELECT n.group_key, n.id, n.from_id, n.created_at,
                     ROW_NUMBER() OVER (PARTITION BY n.group_key ORDER BY n.id DESC) AS place,
                     COUNT(*) OVER (PARTITION BY n.group_key) AS size,
                     MIN(CASE WHEN n.id >= :oldest THEN n.id END) OVER (PARTITION BY n.group_key) AS oldest
                    FROM notifications n JOIN accounts a ON a.id = n.from_id
                   WHERE n.account_id = :viewer AND n.group_key <> '' AND n.group_key IN (:keys) AND n.id <= :newest
                     AND a.suspended_at IS NULL AND a.hidden_at IS NULL AND a.deleted_at IS NULL) AS ranked
                WHERE place <= :sample ORDER BY id DESC""",
            viewer=account_id,
            keys=keys,
            oldest=oldest,
            newest=newest,
            sample=_SAMPLE,
        ):
            held.setdefault(row["group_key"], []).append(row)
    return held


def _group(found: Notification, held: dict[str, list[Row]], grouped: Sequence[str]) -> Group:
    rows = held.get(found.group_key) if found.kind in grouped else None
    if not rows:
        return Group(
            key=alone(found.id),
            kind=found.kind,
            post_id=found.post_id,
            report_id=found.report_id,
            count=1,
            newest_id=found.id,
            oldest_id=found.id,
            latest_at=found.created_at,
            sample=(found.from_id,),
        )
    return Group(
        key=found.group_key,
        kind=found.kind,
        post_id=found.post_id,
        report_id=found.report_id,
        count=rows[0]["size"],
        newest_id=rows[0]["id"],
        oldest_id=rows[0]["oldest"] or found.id,
        latest_at=rows[0]["created_at"],
        sample=tuple(row["from_id"] for row in rows),
    )
