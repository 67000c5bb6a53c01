"""The copy ledger: which node holds which of our objects. Written wherever an object leaves.

`object` is a uri (a post's, an actor's), `owner` the uri of the local actor it belongs to, `how` one of
delivery, fetch or forward, `inbox` where orders about it go ('' when only the host is known).
States: held → ordered (its erasure is on its way) → confirmed (the holder took that, or signed for it). Before it is
ordered it may be owed: nobody there is in the audience any more, and the server has other software, so that each post
is taken back by itself.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from node.store import visible
from node.store.database import Tx

# A post `p` at a holder `l` of the organisation where nobody is in its audience any more. What crosses a bridge is the
# bridge's own affair. A boost went to whose post it passes on, too.
_FALLEN = f"""(l.object = p.uri AND l.state = 'held'
    AND EXISTS (SELECT 1 FROM organisation_members o WHERE o.host = l.host)
    AND NOT EXISTS (SELECT 1 FROM accounts x WHERE x.id = p.author_id AND x.host = l.host)
    AND NOT EXISTS (SELECT 1 FROM posts b JOIN accounts x ON x.id = b.author_id
          WHERE b.id = p.boost_of AND x.host = l.host)
    AND NOT {visible.MEANT.replace(":organisation", "1").replace(":host", "l.host")})"""

_CIRCLE = """((p.author_id = :actor AND p.local = 1 AND p.visibility = 'followers')
    OR (p.group_id = :actor AND p.visibility = 'group'))"""


_COLUMNS = "object, host, owner, how, inbox, at, state"


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

    An object that goes out again is held again, whatever was ordered before.
    """
    await tx.many(
        """INSERT INTO copies (object, host, owner, how, inbox, at, state)
           VALUES (:object, :host, :owner, :how, :inbox, :at, 'held')
           ON CONFLICT (object, host) DO UPDATE
              SET inbox = CASE WHEN copies.inbox = '' THEN excluded.inbox ELSE copies.inbox END, state = 'held'
            WHERE copies.inbox = '' OR copies.state <> 'held'""",
        [
            {"object": object, "host": host, "owner": owner, "how": how, "inbox": inbox, "at": now}
            for object in sorted(set(objects))
            for host, inbox in sorted(set(holders))
        ],
    )


async def holders(tx: Tx, object: str) -> list[Copy]:
    """Return every holder of an object."""
    rows = await tx.all(f"SELECT {_COLUMNS} FROM copies WHERE object = :object ORDER BY host", object=object)
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


# Who falls out of an audience


async def fallen(tx: Tx, object: str) -> list[tuple[str, str]]:
    """Return (host, inbox) of the holders of a post at which nobody is in its audience any more."""
    rows = await tx.all(
        f"""SELECT l.host, l.inbox FROM copies l JOIN posts p ON p.uri = l.object
             WHERE l.object = :object AND {_FALLEN} ORDER BY l.host""",
        object=object,
    )
    return [(row["host"], row["inbox"]) for row in rows]


async def withdraw(tx: Tx, actor_id: int, host: str, *, owed: bool) -> int:
    """Mark what a host holds for the followers of one of ours, or the members of a group, if none of them is there.

    owed: each post is taken back by itself, those of ours. Returns how many; the cost grows with what the actor wrote.
    """
    return await tx.run(
        f"""UPDATE copies SET state = :state WHERE host = :host AND state = 'held' AND object IN (
              SELECT p.uri FROM posts p JOIN copies l ON l.object = p.uri AND l.host = :host
               WHERE {_CIRCLE} AND (:owed = 0 OR p.local = 1) AND {_FALLEN})""",
        state="owed" if owed else "ordered",
        owed=int(owed),
        actor=actor_id,
        host=host,
    )


async def withdraw_all(tx: Tx, host: str, *, owed: bool) -> int:
    """Mark everything that a host holds, which leaves the organisation; see `withdraw`."""
    return await tx.run(
        """UPDATE copies SET state = :state WHERE host = :host AND state = 'held'
              AND (:owed = 0 OR object IN (SELECT p.uri FROM posts p WHERE p.local = 1))""",
        state="owed" if owed else "ordered",
        owed=int(owed),
        host=host,
    )


async def confirm_withdrawn(tx: Tx, actor_id: int, host: str) -> None:
    """Mark that a host has signed that it kept nothing that was for an actor's followers, or a group's members."""
    await tx.run(
        f"""UPDATE copies SET state = 'confirmed' WHERE host = :host AND state = 'ordered'
              AND object IN (SELECT p.uri FROM posts p WHERE {_CIRCLE})""",
        actor=actor_id,
        host=host,
    )


async def confirm_all(tx: Tx, host: str) -> None:
    """Mark that a host has signed that it kept nothing of ours."""
    await tx.run("UPDATE copies SET state = 'confirmed' WHERE host = :host AND state = 'ordered'", host=host)


async def order_at(tx: Tx, object: str, hosts: Iterable[str]) -> None:
    """Mark that the erasure of an object has been sent to these hosts."""
    await tx.run(
        "UPDATE copies SET state = 'ordered' WHERE object = :object AND host IN (:hosts)",
        object=object,
        hosts=sorted(hosts),
    )


async def owed(tx: Tx, *, limit: int) -> list[Copy]:
    """Return copies of our posts that are to be taken back one by one."""
    rows = await tx.all(
        f"SELECT {_COLUMNS} FROM copies WHERE state = 'owed' ORDER BY host, object LIMIT :limit", limit=limit
    )
    return [Copy(**dict(row)) for row in rows]
