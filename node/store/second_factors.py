"""Rows of second factors: the sealed key that a member's authenticator app has, and marks of codes for once."""

from collections.abc import Iterable
from dataclasses import dataclass

from node.store import sealed
from node.store.database import Tx


@dataclass(frozen=True, slots=True)
class SecondFactor:
    """A member's second factor.

    since: when its first code was right, Unix ms; None: it does not count yet. step: the step of time of the last code
    that was used. wrong: how many tries came to nothing since, the last one at `tried_at` (Unix ms).
    """

    account_id: int
    key: bytes
    since: int | None
    step: int
    wrong: int
    tried_at: int


async def of(tx: Tx, account_id: int) -> SecondFactor | None:
    """Return the second factor of a member; None: there is none."""
    row = await tx.one(
        "SELECT account_id, key, since, step, wrong, tried_at FROM second_factors WHERE account_id = :id", id=account_id
    )
    if row is None:
        return None
    key = sealed.read_body(tx, row["key"])
    return SecondFactor(row["account_id"], key, row["since"], row["step"], row["wrong"], row["tried_at"])


async def counts(tx: Tx, account_id: int) -> bool:
    """Tell whether a member has a second factor that counts."""
    row = await tx.one("SELECT 1 AS found FROM second_factors WHERE account_id = :id AND since > 0", id=account_id)
    return row is not None


async def among(tx: Tx, account_ids: Iterable[int]) -> set[int]:
    """Return those of the members whose second factor counts; one query, or none."""
    wanted = sorted(set(account_ids))
    if not wanted:
        return set()
    found = await tx.all("SELECT account_id FROM second_factors WHERE account_id IN (:ids) AND since > 0", ids=wanted)
    return {row["account_id"] for row in found}


async def put(tx: Tx, account_id: int, key: bytes) -> bool:
    """Give a member a key that does not count yet; False: they have one that does."""
    given = await tx.run(
        """INSERT INTO second_factors (account_id, key, since, step, wrong, tried_at)
           VALUES (:id, :key, NULL, 0, 0, 0)
           ON CONFLICT (account_id) DO UPDATE SET key = excluded.key, step = 0, wrong = 0
            WHERE second_factors.since IS NULL""",
        id=account_id,
        key=await sealed.body(tx, sealed.of_account(account_id), key),
    )
    return given == 1


async def start(tx: Tx, account_id: int, *, now: int) -> bool:
    """Let the key count from now on (Unix ms); False: no code of it was used yet."""
    started = await tx.run(
        "UPDATE second_factors SET since = :now WHERE account_id = :id AND since IS NULL AND step > 0",
        id=account_id,
        now=now,
    )
    return started == 1


async def use(tx: Tx, account_id: int, step: int) -> bool:
    """Use the code of a step of time up, and forgive what was wrong; False: it, or a later one, was used before."""
    used = await tx.run(
        "UPDATE second_factors SET step = :step, wrong = 0 WHERE account_id = :id AND step < :step",
        id=account_id,
        step=step,
    )
    return used == 1


async def count_try(tx: Tx, factor: SecondFactor, *, now: int) -> bool:
    """Count a try before it is looked at; False: another one was counted meanwhile (now: Unix ms)."""
    counted = await tx.run(
        "UPDATE second_factors SET wrong = wrong + 1, tried_at = :now WHERE account_id = :id AND wrong = :wrong",
        id=factor.account_id,
        wrong=factor.wrong,
        now=now,
    )
    return counted == 1


async def allow_try(tx: Tx, account_id: int) -> None:
    """Let one more try be made at once, however many were wrong."""
    await tx.run("UPDATE second_factors SET tried_at = 0 WHERE account_id = :id", id=account_id)


async def forgive(tx: Tx, account_id: int) -> None:
    """Count no more what was wrong until now."""
    await tx.run("UPDATE second_factors SET wrong = 0 WHERE account_id = :id", id=account_id)


async def end(tx: Tx, account_id: int) -> bool:
    """Forget a member's second factor, with its codes for once; False: there was none."""
    await tx.run("DELETE FROM recovery_codes WHERE account_id = :id", id=account_id)
    return await tx.run("DELETE FROM second_factors WHERE account_id = :id", id=account_id) == 1


async def put_codes(tx: Tx, account_id: int, marks: Iterable[str]) -> None:
    """Replace the codes for once of a member; of each its mark is kept."""
    await tx.run("DELETE FROM recovery_codes WHERE account_id = :id", id=account_id)
    await tx.many(
        "INSERT INTO recovery_codes (account_id, mark) VALUES (:id, :mark)",
        [{"id": account_id, "mark": mark} for mark in marks],
    )


async def use_code(tx: Tx, account_id: int, mark: str) -> bool:
    """Use a code for once up; False: there is none of this mark."""
    used = await tx.run("DELETE FROM recovery_codes WHERE account_id = :id AND mark = :mark", id=account_id, mark=mark)
    return used == 1


async def codes_left(tx: Tx, account_id: int) -> int:
    """Return how many codes for once a member has left."""
    row = await tx.one("SELECT COUNT(*) AS n FROM recovery_codes WHERE account_id = :id", id=account_id)
    return row["n"] if row else 0
