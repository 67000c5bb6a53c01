"""The two durable queues: what peers sent (inbox rows) and what we send (activities and deliveries).

A claim takes a lease; a worker that dies loses it and the row is claimed again. States of a row:
due → done | ignored | failed (inbox), due → done | gone | unreachable | refused | cancelled (deliveries).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from node.domain.times import DAY_MS
from node.store import sealed
from node.store.database import Row, Tx

# Inbox


@dataclass(frozen=True, slots=True)
class InboxRow:
    """One activity a peer sent, verified, not yet handled. `body` is the JSON as received."""

    id: int
    uri: str
    type: str
    actor: str
    host: str
    object: str
    body: bytes
    attempts: int
    received_at: int


async def put_inbox(tx: Tx, rows: Sequence[InboxRow]) -> None:
    """Queue activities; one whose id is there already changes nothing."""
    await tx.many(
        """INSERT INTO inbox_rows (id, uri, type, actor, host, object, body, state, attempts, due_at,
                  leased_until, waits_for, error, received_at)
           VALUES (:id, :uri, :type, :actor, :host, :object, :body, 'due', 0, :received_at, 0, '', '', :received_at)
           ON CONFLICT DO NOTHING""",
        [
            {name: getattr(row, name) for name in InboxRow.__slots__}
            | {"body": await sealed.body(tx, sealed.of_inbox(row.received_at), row.body)}
            for row in rows
        ],
    )


async def claim_inbox(tx: Tx, *, now: int, lease: int, limit: int) -> list[InboxRow]:
    """Take the oldest due rows until `now + lease` (ms), oldest first."""
    lock = "FOR UPDATE SKIP LOCKED" if tx.dialect == "postgres" else ""
    rows = await tx.all(
        # Materialised: PostgreSQL may else run the locking subquery more than once, and claim beyond the limit.
        f"""WITH ready AS MATERIALIZED (
              SELECT id FROM inbox_rows WHERE state = 'due' AND due_at <= :now AND leased_until <= :now
               ORDER BY due_at, id LIMIT :limit {lock})
            UPDATE inbox_rows SET leased_until = :until, attempts = attempts + 1
             WHERE id IN (SELECT id FROM ready)
               AND state = 'due' AND leased_until <= :now
            RETURNING id, uri, type, actor, host, object, body, attempts, received_at""",
        now=now,
        until=now + lease,
        limit=limit,
    )
    found = (InboxRow(**{**row, "body": sealed.read_body(tx, row["body"])}) for row in rows)
    return sorted(found, key=lambda row: row.id)


async def finish_inbox(tx: Tx, ids: Sequence[int], *, state: str = "done", keep_body: bool = False) -> None:
    """End rows. Their text is wiped, so that a deleted post does not live on in the queue."""
    await tx.run(
        f"""UPDATE inbox_rows SET state = :state, leased_until = 0, waits_for = '', error = ''
                   {"" if keep_body else ", body = :empty"}
             WHERE id IN (:ids)""",
        **({} if keep_body else {"empty": b""}),
        state=state,
        ids=list(ids),
    )


async def drop_inbox(tx: Tx, id: int) -> None:
    """Forget a row that has served its purpose and whose id may come again."""
    await tx.run("DELETE FROM inbox_rows WHERE id = :id", id=id)


async def postpone_inbox(tx: Tx, id: int, *, due_at: int, waits_for: str, error: str) -> None:
    """Try a row again later, or as soon as `waits_for` (a uri) is here."""
    await tx.run(
        """UPDATE inbox_rows SET due_at = :due, leased_until = 0, waits_for = :waits, error = :error
            WHERE id = :id""",
        id=id,
        due=due_at,
        waits=waits_for,
        error=error,
    )


async def fail_inbox(tx: Tx, id: int, *, error: str) -> None:
    """Set a row aside with its reason, for a person to look at."""
    await tx.run(
        "UPDATE inbox_rows SET state = 'failed', leased_until = 0, waits_for = '', error = :error WHERE id = :id",
        id=id,
        error=error,
    )


async def wake_waiting_for(tx: Tx, uri: str, *, now: int) -> int:
    """What waited for this object may be handled now; return how many did."""
    return await tx.run(
        """UPDATE inbox_rows SET due_at = :now, waits_for = ''
            WHERE waits_for = :uri AND waits_for <> '' AND state = 'due'""",
        uri=uri,
        now=now,
    )


async def wipe_inbox_about(tx: Tx, objects: Sequence[str]) -> None:
    """Wipe the text of every queued or kept activity about these objects."""
    await tx.run(
        """UPDATE inbox_rows SET body = :empty, state = CASE WHEN state = 'due' THEN 'ignored' ELSE state END
            WHERE object IN (:objects) AND object <> '' AND type <> 'Delete'""",
        objects=list(objects),
        empty=b"",
    )


async def wipe_inbox_from(tx: Tx, actor: str, *, but: int) -> None:
    """Wipe the text of everything an actor sent, but for one row: the Delete being handled."""
    await tx.run(
        """UPDATE inbox_rows SET body = :empty, state = CASE WHEN state = 'due' THEN 'ignored' ELSE state END
            WHERE actor = :actor AND id <> :but AND type <> 'Delete'""",
        actor=actor,
        but=but,
        empty=b"",
    )


async def days_of_bodies(tx: Tx, *, before: int) -> set[int]:
    """Return the days before a moment (Unix ms) of whose rows some still have their text."""
    rows = await tx.all(
        " UNION ".join(
            f"""SELECT received_at / {DAY_MS} AS day FROM inbox_rows
                 WHERE state {state} AND received_at < :before AND LENGTH(body) > 0"""
            for state in ("= 'due'", "<> 'due'")
        ),
        before=before,
    )
    return {row["day"] for row in rows}


async def purge_inbox(tx: Tx, *, done_before: int, ignored_before: int) -> int:
    """Forget rows that ended long ago (Unix ms); return how many."""
    return await tx.run(
        """DELETE FROM inbox_rows WHERE (state = 'done' AND received_at < :done)
              OR (state IN ('ignored', 'failed') AND received_at < :ignored)""",
        done=done_before,
        ignored=ignored_before,
    )


# Activities and deliveries


@dataclass(frozen=True, slots=True)
class Activity:
    """One activity of ours, as it was, or will be, sent."""

    id: int
    uri: str
    actor_id: int
    type: str
    object: str
    body: bytes
    created_at: int


@dataclass(frozen=True, slots=True)
class Delivery:
    """One activity on its way to one inbox, claimed by a worker."""

    id: int
    activity_id: int
    host: str
    inbox: str
    attempts: int
    gives_up_at: int | None
    actor_id: int
    type: str
    object: str
    body: bytes


async def put_activity(tx: Tx, activity: Activity) -> None:
    """Store an activity of ours."""
    names = Activity.__slots__
    owner = await _owner(tx, activity)
    await tx.run(
        f"INSERT INTO activities ({', '.join(names)}) VALUES ({', '.join(f':{name}' for name in names)})",
        **{name: getattr(activity, name) for name in names if name != "body"},
        body=await sealed.body(tx, owner, activity.body),
    )


async def _owner(tx: Tx, activity: Activity) -> str:
    """Return the name of the key of whom the words belong to that an activity carries."""
    if activity.type == "Delete":  # of a person it is on its way when their key is destroyed; it tells nobody's words
        return sealed.NODE
    if activity.type == "Announce":  # with it a group hands on what its members write
        row = await tx.one("SELECT author_id FROM posts WHERE uri = :uri", uri=activity.object)
        return sealed.of_account(row["author_id"] if row else activity.actor_id)
    return sealed.of_account(activity.actor_id)


async def activity(tx: Tx, uri: str) -> Activity | None:
    """Return an activity of ours by its id."""
    row = await tx.one(
        "SELECT id, uri, actor_id, type, object, body, created_at FROM activities WHERE uri = :uri", uri=uri
    )
    return Activity(**{**row, "body": sealed.read_body(tx, row["body"])}) if row else None


async def creates_of(tx: Tx, objects: Sequence[str]) -> dict[str, str]:
    """Return object uri → id of its Create; one query."""
    rows = await tx.all(
        "SELECT object, uri FROM activities WHERE type = 'Create' AND object IN (:objects)", objects=list(objects)
    )
    return {row["object"]: row["uri"] for row in rows}


async def has_due_from(tx: Tx, actor_id: int) -> bool:
    """Tell whether anything of an actor is still on its way."""
    found = await tx.one(
        """SELECT 1 AS found FROM deliveries d JOIN activities a ON a.id = d.activity_id
            WHERE a.actor_id = :actor AND d.state = 'due' LIMIT 1""",
        actor=actor_id,
    )
    return found is not None


async def waits(tx: Tx, object: str, *, type: str, host: str) -> bool:
    """Tell whether an activity of a type about an object is still on its way to a host."""
    found = await tx.one(
        """SELECT 1 AS found FROM activities a JOIN deliveries d ON d.activity_id = a.id
            WHERE a.object = :object AND a.type = :type AND d.host = :host AND d.state = 'due' LIMIT 1""",
        object=object,
        type=type,
        host=host,
    )
    return found is not None


async def settle_deletions(tx: Tx, object: str, *, host: str) -> None:
    """End what is still on its way to a host that has erased an object: a deleted actor's Delete it takes no more."""
    await tx.run(
        """UPDATE deliveries SET state = 'done', leased_until = 0
            WHERE host = :host AND state = 'due'
              AND activity_id IN (SELECT id FROM activities WHERE object = :object AND type = 'Delete')""",
        object=object,
        host=host,
    )


async def activity_went_to(tx: Tx, activity_id: int, host: str) -> bool:
    """Tell whether an activity was sent, or is to be sent, to a host."""
    found = await tx.one(
        "SELECT 1 AS found FROM deliveries WHERE activity_id = :id AND host = :host LIMIT 1",
        id=activity_id,
        host=host,
    )
    return found is not None


async def put_deliveries(tx: Tx, rows: Sequence[Row]) -> None:
    """Queue deliveries: id, activity_id, host, inbox, now and gives_up_at (Unix ms, None: never) each."""
    await tx.many(
        """INSERT INTO deliveries (id, activity_id, host, inbox, state, attempts, due_at, leased_until,
                  gives_up_at, status, error, created_at)
           VALUES (:id, :activity_id, :host, :inbox, 'due', 0, :now, 0, :gives_up_at, 0, '', :now)""",
        rows,
    )


async def claim_deliveries(
    tx: Tx, *, now: int, lease: int, limit: int, per_host: int, under_way: Mapping[str, int]
) -> list[Delivery]:
    """Take due deliveries, oldest first, until `now + lease` (ms).

    No host gets more than `per_host` at once, those in `under_way` (host → how many) counted; one whose
    breaker is open gets none, one that failed last time a single one. The cost grows with the number of hosts
    that wait, not with what waits for them.
    """
    lock = "FOR UPDATE SKIP LOCKED" if tx.dialect == "postgres" else ""
    claimed = await tx.all(
        f"""WITH RECURSIVE waiting (host) AS (
              SELECT MIN(host) FROM deliveries WHERE state = 'due'
              UNION ALL
              SELECT (SELECT MIN(d.host) FROM deliveries d WHERE d.state = 'due' AND d.host > w.host)
                FROM waiting w WHERE w.host IS NOT NULL),
            ranked AS (
              SELECT d.id, d.host, d.due_at, COALESCE(h.failures, 0) AS failures,
                     ROW_NUMBER() OVER (PARTITION BY d.host ORDER BY d.due_at, d.id) AS place
                FROM waiting w LEFT JOIN hosts h ON h.host = w.host JOIN deliveries d ON d.id IN (
                     SELECT o.id FROM deliveries o
                      WHERE o.host = w.host AND o.state = 'due' AND o.due_at <= :now AND o.leased_until <= :now
                      ORDER BY o.due_at, o.id LIMIT :per_host)
               WHERE COALESCE(h.open_until, 0) <= :now AND w.host NOT IN (:full)),
            chosen AS (
              SELECT id FROM ranked
               WHERE place <= CASE WHEN host IN (:started) THEN CASE WHEN failures > 0 THEN 0 ELSE 1 END
                                   WHEN failures > 0 THEN 1 ELSE :per_host END
               ORDER BY due_at, id LIMIT :limit),
            ready AS MATERIALIZED (
              SELECT id FROM deliveries WHERE id IN (SELECT id FROM chosen) {lock})
            UPDATE deliveries SET leased_until = :until, attempts = attempts + 1
             WHERE id IN (SELECT id FROM ready)
               AND state = 'due' AND leased_until <= :now
            RETURNING id, activity_id, host, inbox, attempts, gives_up_at""",
        now=now,
        until=now + lease,
        limit=limit,
        per_host=per_host,
        full=["", *[host for host, n in under_way.items() if n >= per_host]],
        started=["", *[host for host, n in under_way.items() if n < per_host]],
    )
    if not claimed:
        return []
    bodies = {
        row["id"]: row
        for row in await tx.all(
            "SELECT id, actor_id, type, object, body FROM activities WHERE id IN (:ids)",
            ids=sorted({row["activity_id"] for row in claimed}),
        )
    }
    texts = {id: sealed.read_body(tx, sent["body"]) for id, sent in bodies.items()}
    deliveries = []
    for row in claimed:
        sent = bodies[row["activity_id"]]
        deliveries.append(
            Delivery(
                **dict(row),
                actor_id=sent["actor_id"],
                type=sent["type"],
                object=sent["object"],
                body=texts[row["activity_id"]],
            )
        )
    return sorted(deliveries, key=lambda delivery: delivery.id)


async def finish_deliveries(tx: Tx, results: Sequence[Row]) -> None:
    """Write how attempts ended: id, state, due_at, status and error each."""
    await tx.many(
        """UPDATE deliveries SET state = :state, due_at = :due_at, leased_until = 0, status = :status, error = :error
            WHERE id = :id AND state = 'due'""",
        results,
    )


async def stuck(tx: Tx, *, limit: int) -> list[Row]:
    """Return deliveries that failed at least once and are not done, oldest first."""
    return list(
        await tx.all(
            """SELECT d.id, d.host, d.inbox, d.state, d.attempts, d.due_at, d.gives_up_at, d.status, d.error,
                      d.created_at, a.type, a.object
                 FROM deliveries d JOIN activities a ON a.id = d.activity_id
                WHERE (d.state = 'due' AND d.attempts > 0) OR d.state IN ('unreachable', 'refused', 'gone')
                ORDER BY d.id LIMIT :limit""",
            limit=limit,
        )
    )


async def retry_now(tx: Tx, *, host: str, now: int, gives_up_at: int) -> int:
    """Make everything undelivered to a host ('' for all) due now; return how many."""
    await tx.run("UPDATE hosts SET failures = 0, open_until = 0 WHERE host = :host OR :host = ''", host=host)
    return await tx.run(
        """UPDATE deliveries SET state = 'due', due_at = :now, leased_until = 0,
                  gives_up_at = CASE WHEN gives_up_at IS NULL THEN NULL ELSE CAST(:gives_up AS BIGINT) END
            WHERE state IN ('due', 'unreachable', 'refused') AND (host = :host OR :host = '')""",
        host=host,
        now=now,
        gives_up=gives_up_at,
    )


async def pending(tx: Tx) -> int:
    """Return how many deliveries are still to be made."""
    row = await tx.one("SELECT COUNT(*) AS n FROM deliveries WHERE state = 'due'")
    return row["n"] if row else 0


async def cancel_about(tx: Tx, objects: Sequence[str]) -> None:
    """Drop our activities about objects, with what is still on its way: their Deletes follow."""
    await tx.run("DELETE FROM activities WHERE object IN (:objects) AND type <> 'Delete'", objects=list(objects))


async def drop_texts_of(tx: Tx, object: str) -> None:
    """Drop what we sent of an object's text, with what is still on its way, and wipe what was set aside of it."""
    rows = await tx.all(
        "SELECT id, body FROM activities WHERE object = :object AND type IN ('Create', 'Update', 'Announce')",
        object=object,
    )
    with_text = [row["id"] for row in rows if b'"content":' in sealed.read_body(tx, row["body"])]
    await tx.run("DELETE FROM activities WHERE id IN (:ids)", ids=with_text)
    await tx.run(
        "UPDATE inbox_rows SET body = :empty WHERE object = :object AND state = 'failed'", object=object, empty=b""
    )


async def drop_updates_of(tx: Tx, actor: str) -> int:
    """Drop what we sent of how an actor of ours was, with what is still on its way: a newer Update follows."""
    return await tx.run("DELETE FROM activities WHERE object = :actor AND type = 'Update'", actor=actor)


async def cancel_from(tx: Tx, actor_id: int) -> None:
    """Drop everything of an actor that is on its way or stored, but Deletes."""
    await tx.run("DELETE FROM activities WHERE actor_id = :actor AND type <> 'Delete'", actor=actor_id)


async def cancel_to_host(tx: Tx, host: str) -> None:
    """Stop what is on its way to a host that was removed; Deletes still go there."""
    await tx.run(
        """UPDATE deliveries SET state = 'cancelled' WHERE host = :host AND state = 'due'
              AND activity_id IN (SELECT id FROM activities WHERE type <> 'Delete')""",
        host=host,
    )


async def purge_activities(tx: Tx, *, before: int) -> int:
    """Forget activities older than this (Unix ms) of which no delivery is due; return how many."""
    return await tx.run(
        """DELETE FROM activities WHERE created_at < :before AND NOT EXISTS (
              SELECT 1 FROM deliveries d WHERE d.activity_id = activities.id AND d.state = 'due')""",
        before=before,
    )
