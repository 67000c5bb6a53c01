"""Rows of what members bring along from accounts of before."""

from collections.abc import Iterable, Sequence

import orjson

from node.domain.imports import Import, Item, Kind, State
from node.domain.visibility import Visibility
from node.store import sealed
from node.store.database import Row, Tx


def _import(tx: Tx, row: Row) -> Import:
    return Import(
        id=row["id"],
        account_id=row["account_id"],
        name=sealed.read_text(tx, row["name"]),
        audience=Visibility(row["audience"]),
        file=row["file"],
        left_out=orjson.loads(row["left_out"]),
        created_at=row["created_at"],
        finished_at=row["finished_at"],
    )


def _item(tx: Tx, row: Row) -> Item:
    content = orjson.loads(sealed.read_body(tx, row["content"]) or b"{}")
    return Item(row["id"], Kind(row["kind"]), content, State(row["state"]), row["reason"], row["tries"])


async def put(tx: Tx, made: Import, items: Iterable[Item]) -> None:
    """Store what somebody brought, with everything that is to be done."""
    owner = sealed.of_account(made.account_id)
    await tx.run(
        """INSERT INTO imports (id, account_id, name, audience, file, left_out, created_at, leased_until)
           VALUES (:id, :account, :name, :audience, :file, :left_out, :now, 0)""",
        id=made.id,
        account=made.account_id,
        name=await sealed.text(tx, owner, made.name),
        audience=made.audience.value,
        file=made.file,
        left_out=orjson.dumps(made.left_out).decode(),
        now=made.created_at,
    )
    await tx.many(
        """INSERT INTO import_items (id, import_id, kind, content, state, reason, tries)
           VALUES (:id, :import, :kind, :content, :state, '', 0)""",
        [
            {
                "id": one.id,
                "import": made.id,
                "kind": one.kind.value,
                "content": await sealed.body(tx, owner, orjson.dumps(one.content)),
                "state": one.state.value,
            }
            for one in items
        ],
    )


async def of_account(tx: Tx, account_id: int) -> list[Import]:
    """Return what a member brought of late, the latest first."""
    rows = await tx.all("SELECT * FROM imports WHERE account_id = :account ORDER BY id DESC", account=account_id)
    return [_import(tx, row) for row in rows]


async def claim(tx: Tx, *, now: int, lease: int) -> Import | None:
    """Take the import that waited longest, until `now + lease` (ms): a process that dies loses it again."""
    lock = "FOR UPDATE SKIP LOCKED" if tx.dialect == "postgres" else ""
    row = await tx.one(
        # Materialised: see `queues.claim_inbox`.
        f"""WITH ready AS MATERIALIZED (
              SELECT id FROM imports WHERE finished_at IS NULL AND leased_until <= :now
               ORDER BY leased_until, id LIMIT 1 {lock})
            UPDATE imports SET leased_until = :until
             WHERE id IN (SELECT id FROM ready) AND finished_at IS NULL AND leased_until <= :now
            RETURNING *""",
        now=now,
        until=now + lease,
    )
    return _import(tx, row) if row else None


async def release(tx: Tx, id: int, *, until: int) -> None:
    """Let it be taken again from then on (Unix ms)."""
    await tx.run("UPDATE imports SET leased_until = :until WHERE id = :id", id=id, until=until)


async def finish(tx: Tx, id: int, *, now: int) -> None:
    """Nothing is left to do."""
    await tx.run("UPDATE imports SET finished_at = :now, file = '' WHERE id = :id", id=id, now=now)


async def due(tx: Tx, import_id: int, *, limit: int) -> list[Item]:
    """Return what is to be done next, what failed for a moment last."""
    rows = await tx.all(
        """SELECT * FROM import_items WHERE import_id = :import AND state = 'due' ORDER BY tries, id LIMIT :limit""",
        **{"import": import_id},
        limit=limit,
    )
    return [_item(tx, row) for row in rows]


async def settle(tx: Tx, id: int, state: State, *, reason: str = "") -> None:
    """Write down how an entry ended; of what was done nothing more is needed."""
    await tx.run(
        """UPDATE import_items SET state = :state, reason = :reason,
              content = CASE WHEN :state = 'done' AND :reason = '' THEN :nothing ELSE content END
            WHERE id = :id""",
        id=id,
        state=state.value,
        reason=reason,
        nothing=b"",
    )


async def again(tx: Tx, id: int) -> None:
    """Note that an entry could not be done for the moment."""
    await tx.run("UPDATE import_items SET tries = tries + 1 WHERE id = :id", id=id)


async def counts(tx: Tx, import_ids: Sequence[int]) -> dict[int, dict[Kind, dict[State, int]]]:
    """Return import id → kind → state → how many entries."""
    rows = await tx.all(
        """SELECT import_id, kind, state, COUNT(*) AS n FROM import_items WHERE import_id IN (:ids)
            GROUP BY import_id, kind, state""",
        ids=list(import_ids),
    )
    found: dict[int, dict[Kind, dict[State, int]]] = {}
    for row in rows:
        found.setdefault(row["import_id"], {}).setdefault(Kind(row["kind"]), {})[State(row["state"])] = row["n"]
    return found


async def amiss(tx: Tx, import_id: int, *, limit: int) -> list[Item]:
    """Return entries that could not be done, or not wholly."""
    rows = await tx.all(
        "SELECT * FROM import_items WHERE import_id = :import AND reason <> '' ORDER BY id LIMIT :limit",
        **{"import": import_id},
        limit=limit,
    )
    return [_item(tx, row) for row in rows]


async def files_of(tx: Tx, account_id: int) -> list[str]:
    """Return the files of a member that wait to be brought along."""
    rows = await tx.all("SELECT file FROM imports WHERE account_id = :account AND file <> ''", account=account_id)
    return [row["file"] for row in rows]


async def forget(tx: Tx, *, before: int) -> None:
    """Forget what was finished before (Unix ms)."""
    await tx.run("DELETE FROM imports WHERE finished_at < :before", before=before)


async def known(tx: Tx, account_id: int, mark: str) -> int | None:
    """Return the id of the post that an old one became, be it deleted since; None: it did not come yet."""
    row = await tx.one(
        "SELECT post_id FROM imported_posts WHERE account_id = :account AND mark = :mark", account=account_id, mark=mark
    )
    return row["post_id"] if row else None


async def remember(tx: Tx, account_id: int, mark: str, post_id: int) -> bool:
    """Note what an old post became; False when that was known."""
    return (
        await tx.run(
            """INSERT INTO imported_posts (account_id, mark, post_id) VALUES (:account, :mark, :post)
               ON CONFLICT DO NOTHING""",
            account=account_id,
            mark=mark,
            post=post_id,
        )
        == 1
    )
