"""The durable queue of mails, and which mails of members were taken.

A claim takes a lease; a worker that dies loses it, and the mail is claimed again. A row ends by going.
"""

from collections.abc import Sequence
from json import dumps, loads

from node.domain.mails import Letter, Mailing
from node.store import sealed
from node.store.database import Row, Tx


async def put(tx: Tx, letter: Letter, *, most: int) -> bool:
    """Queue a mail; False when `most` wait already."""
    about = "CAST(:about AS BYTEA)" if tx.dialect == "postgres" else ":about"  # SQLite would make a number of it
    owner = sealed.of_account(letter.account_id) if letter.account_id else sealed.NODE
    added = await tx.run(
        f"""INSERT INTO mails (id, account_id, kind, address, about, attempts, due_at, leased_until, gives_up_at, error,
                  created_at)
           SELECT CAST(:id AS BIGINT), CAST(:account AS BIGINT), CAST(:kind AS TEXT), CAST(:address AS TEXT),
                  {about}, 0, CAST(:at AS BIGINT), 0, CAST(:gives_up AS BIGINT), '', CAST(:at AS BIGINT)
            WHERE (SELECT COUNT(*) FROM mails) < :most""",
        id=letter.id,
        account=letter.account_id or None,
        kind=letter.kind.value,
        address=letter.address,
        about=await sealed.text(tx, owner, dumps(letter.about)),
        at=letter.created_at,
        gives_up=letter.gives_up_at,
        most=most,
    )
    return added == 1


async def any_due(tx: Tx, *, now: int) -> bool:
    """Tell whether a mail is to be sent now."""
    found = await tx.one(
        "SELECT 1 AS found FROM mails WHERE due_at <= :now AND leased_until <= :now LIMIT 1",
        now=now,
    )
    return found is not None


async def claim(tx: Tx, *, now: int, lease: int, limit: int) -> list[Letter]:
    """Take the oldest due mails until `now + lease` (ms)."""
    lock = "FOR UPDATE SKIP LOCKED" if tx.dialect == "postgres" else ""
    rows = await tx.all(
        f"""WITH ready AS MATERIALIZED (
              SELECT id FROM mails WHERE due_at <= :now AND leased_until <= :now
               ORDER BY due_at, id LIMIT :limit {lock})
            UPDATE mails SET leased_until = :until, attempts = attempts + 1
             WHERE id IN (SELECT id FROM ready) AND leased_until <= :now
            RETURNING id, account_id, kind, address, about, attempts, gives_up_at, created_at""",
        now=now,
        until=now + lease,
        limit=limit,
    )
    return sorted((_letter(tx, row) for row in rows), key=lambda letter: letter.id)


def _letter(tx: Tx, row: Row) -> Letter:
    about = loads(sealed.read_text(tx, row["about"]) or "{}")
    told = {"account_id": row["account_id"] or 0, "kind": Mailing(row["kind"]), "about": about}
    return Letter(**{**dict(row), **told})


async def finish(tx: Tx, ids: Sequence[int]) -> None:
    """End mails that were sent, or will never be."""
    await tx.run("DELETE FROM mails WHERE id IN (:ids)", ids=list(ids))


async def postpone(tx: Tx, id: int, *, due_at: int, error: str) -> None:
    """Try a mail again later (Unix ms)."""
    await tx.run(
        "UPDATE mails SET due_at = :due, leased_until = 0, error = :error WHERE id = :id",
        id=id,
        due=due_at,
        error=error,
    )


async def drop(tx: Tx, account_id: int, kind: Mailing) -> None:
    """Take back what waits for a member and is of this kind."""
    await tx.run("DELETE FROM mails WHERE account_id = :account AND kind = :kind", account=account_id, kind=kind.value)


async def drop_restored(tx: Tx) -> None:
    """Take back what waited in a backup and has left since; but no warning, without which an account would end."""
    await tx.run("DELETE FROM mails WHERE kind <> :kind", kind=Mailing.INACTIVE.value)


async def forget_old(tx: Tx, *, now: int) -> None:
    """Drop what nobody tried to send while it could be: mail was turned off."""
    await tx.run("DELETE FROM mails WHERE gives_up_at < :now AND leased_until < :now", now=now)


# Answers


async def was_taken(tx: Tx, account_id: int, mail: str) -> bool:
    """Tell whether a member's mail was taken before."""
    found = await tx.one(
        "SELECT 1 AS found FROM mail_answers WHERE account_id = :account AND mail = :mail",
        account=account_id,
        mail=mail,
    )
    return found is not None


async def note_taken(tx: Tx, account_id: int, mail: str, *, now: int) -> None:
    """Note that a member's mail was taken."""
    await tx.run(
        "INSERT INTO mail_answers (account_id, mail, at) VALUES (:account, :mail, :now) ON CONFLICT DO NOTHING",
        account=account_id,
        mail=mail,
        now=now,
    )


async def forget_taken(tx: Tx, *, before: int) -> None:
    """Forget which mails were taken before then (Unix ms)."""
    await tx.run("DELETE FROM mail_answers WHERE at < :before", before=before)
