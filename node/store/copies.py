"""The copy ledger: which node holds which of our objects. Written wherever an object leaves.

`object` is a uri (a post's, an actor's), `owner` the uri of the local actor it belongs to, `how` one of
delivery, fetch or forward, `inbox` where orders about it go ('' when only the host is known).
States: held → ordered (a Delete is on its way) → confirmed (the holder answered 2xx to it).
"""

from collections.abc import Iterable
from dataclasses import dataclass

from node.store.database import Tx


@dataclass(frozen=True, slots=True)
class Copy:
    """One object at one holder; `at` in Unix ms."""

    object: str
    host: str
    owner: str
    how: str
    inbox: str
    at: int
    state: str


async def record(
    tx: Tx, *, objects: Iterable[str], owner: str, holders: Iterable[tuple[str, str]], how: str, now: int
) -> None:
    """Write down that these (host, inbox) pairs get the objects. A holder that is there stays as it was.

    An object that went out again after its Delete was confirmed is held again.
    """
    await tx.many(
        """INSERT INTO copies (object, host, owner, how, inbox, at, state)
           VALUES (:object, :host, :owner, :how, :inbox, :at, 'held')
           ON CONFLICT (object, host) DO UPDATE
              SET inbox = CASE WHEN copies.inbox = '' THEN excluded.inbox ELSE copies.inbox END,
                  state = CASE WHEN copies.state = 'confirmed' THEN 'held' ELSE copies.state END
            WHERE copies.inbox = '' OR copies.state = 'confirmed'""",
        [
            {"object": object, "host": host, "owner": owner, "how": how, "inbox": inbox, "at": now}
            for object in sorted(set(objects))
            for host, inbox in sorted(set(holders))
        ],
    )


async def holders(tx: Tx, object: str) -> list[Copy]:
    """Return every holder of an object."""
    rows = await tx.all(
        "SELECT object, host, owner, how, inbox, at, state FROM copies WHERE object = :object ORDER BY host",
        object=object,
    )
    return [Copy(**dict(row)) for row in rows]


async def keepers(tx: Tx, object: str) -> list[tuple[str, str]]:
    """Return (host, inbox) of every holder that did not confirm yet that it has erased an object."""
    return [(copy.host, copy.inbox) for copy in await holders(tx, object) if copy.inbox and copy.state != "confirmed"]


async def holders_of_owner(tx: Tx, owner: str) -> list[tuple[str, str]]:
    """Return (host, inbox) of every node that holds anything of an actor, one row a host."""
    rows = await tx.all(
        "SELECT host, MAX(inbox) AS inbox FROM copies WHERE owner = :owner GROUP BY host ORDER BY host",
        owner=owner,
    )
    return [(row["host"], row["inbox"]) for row in rows]


async def order(tx: Tx, object: str) -> None:
    """Mark that its erasure has been sent to every holder that did not confirm it yet."""
    await tx.run(
        "UPDATE copies SET state = 'ordered' WHERE object = :object AND state <> 'confirmed'",
        object=object,
    )


async def order_all_of(tx: Tx, owner: str) -> None:
    """Mark that the erasure of everything of an actor has been sent."""
    await tx.run("UPDATE copies SET state = 'ordered' WHERE owner = :owner", owner=owner)


async def confirm(tx: Tx, *, object: str, host: str) -> None:
    """Mark that a holder took the Delete of an object, or of the actor it belongs to."""
    await tx.run(
        """UPDATE copies SET state = 'confirmed'
            WHERE host = :host AND state = 'ordered' AND (object = :object OR owner = :object)""",
        object=object,
        host=host,
    )


async def forget_erased(tx: Tx, *, limit: int = 1_000) -> int:
    """Forget copies that were erased with what they were of, and are not asked about any more; return how many.

    As long as one holder of an object has to answer, all of them stay. What each has signed is in `erasures`.
    """
    return await tx.run(
        """DELETE FROM copies WHERE (object, host) IN (
              SELECT c.object, c.host FROM copies c
               WHERE c.state = 'confirmed'
                 AND NOT EXISTS (SELECT 1 FROM copies o WHERE o.object = c.object AND o.state <> 'confirmed')
                 AND NOT EXISTS (SELECT 1 FROM posts p WHERE p.uri = c.object)
                 AND NOT EXISTS (SELECT 1 FROM accounts a WHERE a.uri = c.object AND a.deleted_at IS NULL)
                 AND NOT EXISTS (SELECT 1 FROM erasures e
                      WHERE e.object IN (c.object, c.owner) AND e.done_at IS NULL)
               LIMIT :limit)""",
        limit=limit,
    )


async def held_by(tx: Tx, objects: Iterable[str], *, host: str) -> set[str]:
    """Return which of these objects a host got before; one query."""
    rows = await tx.all(
        "SELECT object FROM copies WHERE object IN (:objects) AND host = :host", objects=sorted(set(objects)), host=host
    )
    return {row["object"] for row in rows}
