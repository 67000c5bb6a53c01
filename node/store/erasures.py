"""Rows of erasures: our orders, their holders, and the orders of others that were carried out here."""

from collections.abc import Iterable, Sequence

from node.domain.erasures import Erasure, Ground, Holder, Scope, State
from node.store.database import Row, Tx
from node.store.pages import Page

_COLUMNS = "e.id, e.uri, e.object, e.owner, e.scope, e.ground, e.document, e.key, e.ordered_at, e.due_at, e.done_at"

HANGS_ON_POSTS = (
    "board_notices", "bookmarks", "favourites", "filter_posts", "hashtags", "media", "mentions", "notifications",
    "polls", "post_editors", "post_links", "post_versions", "post_words", "quote_stamps", "report_posts",
    "trend_refusals", "trends",
)  # fmt: skip
"""Tables with a `post_id`: none has a row of a post that is erased."""


def _erasure(row: Row) -> Erasure:
    return Erasure(
        id=row["id"],
        uri=row["uri"],
        object=row["object"],
        owner=row["owner"],
        scope=Scope(row["scope"]),
        ground=Ground(row["ground"]),
        document=bytes(row["document"]),
        key=row["key"],
        ordered_at=row["ordered_at"],
        due_at=row["due_at"],
        done_at=row["done_at"],
    )


def _holder(row: Row) -> Holder:
    return Holder(
        host=row["host"],
        inbox=row["inbox"],
        signs=bool(row["signs"]),
        state=State(row["state"]),
        at=row["at"],
        receipt=bytes(row["receipt"]),
        key=row["key"],
        held_until=row["held_until"],
    )


async def put(tx: Tx, erasure: Erasure) -> None:
    """Store an order of ours."""
    await tx.run(
        """INSERT INTO erasures (id, uri, object, owner, scope, ground, document, key, ordered_at, due_at, done_at)
           VALUES (:id, :uri, :object, :owner, :scope, :ground, :document, :key, :ordered_at, :due_at, :done_at)""",
        id=erasure.id,
        uri=erasure.uri,
        object=erasure.object,
        owner=erasure.owner,
        scope=erasure.scope.value,
        ground=erasure.ground.value,
        document=erasure.document,
        key=erasure.key,
        ordered_at=erasure.ordered_at,
        due_at=erasure.due_at,
        done_at=erasure.done_at,
    )


async def by_id(tx: Tx, id: int) -> Erasure | None:
    row = await tx.one(f"SELECT {_COLUMNS} FROM erasures e WHERE e.id = :id", id=id)
    return _erasure(row) if row else None


async def by_uri(tx: Tx, uri: str) -> Erasure | None:
    row = await tx.one(f"SELECT {_COLUMNS} FROM erasures e WHERE e.uri = :uri", uri=uri)
    return _erasure(row) if row else None


async def latest(tx: Tx, object: str, *, host: str) -> int | None:
    """Return the number of the latest order about an object that a host was to carry out."""
    row = await tx.one(
        """SELECT MAX(e.id) AS id FROM erasures e JOIN erasure_holders h ON h.erasure_id = e.id
            WHERE e.object = :object AND h.host = :host""",
        object=object,
        host=host,
    )
    return row["id"] if row else None


async def by_secret(tx: Tx, hash: str) -> Erasure | None:
    """Return the order that is looked after with a secret, by the secret's hash."""
    row = await tx.one(f"SELECT {_COLUMNS} FROM erasures e WHERE e.secret = :hash AND e.secret <> ''", hash=hash)
    return _erasure(row) if row else None


async def put_secret(tx: Tx, object: str, hash: str) -> None:
    """Let the latest order about an object be looked after with a secret."""
    await tx.run(
        "UPDATE erasures SET secret = :hash WHERE id = (SELECT MAX(id) FROM erasures WHERE object = :object)",
        object=object,
        hash=hash,
    )


async def of_case(tx: Tx, case_id: int) -> list[Erasure]:
    """Return the orders about posts that were taken out, or had words taken out, because of a case."""
    rows = await tx.all(
        f"""SELECT {_COLUMNS} FROM case_steps s JOIN erasures e ON e.object = s.post
             WHERE s.case_id = :case AND ((s.kind = 'taken_out' AND e.scope = 'object')
                OR (s.kind = 'blacked_out' AND e.scope = 'passage' AND e.ordered_at = s.at)) ORDER BY e.id""",
        case=case_id,
    )
    return [_erasure(row) for row in rows]


async def known(tx: Tx, uris: Sequence[str]) -> set[str]:
    """Return which of these orders are here, ours or others'."""
    rows = await tx.all(
        """SELECT uri FROM erasures WHERE uri IN (:uris)
           UNION ALL SELECT uri FROM erasures_taken WHERE uri IN (:uris)""",
        uris=list(uris),
    )
    return {row["uri"] for row in rows}


async def page(tx: Tx, page: Page, *, owner: str = "", open: bool = False) -> list[Erasure]:
    """Return a page of orders, the latest first: of one actor (its uri), or those that are not done yet."""
    conditions = [*(["e.owner = :owner"] if owner else []), *(["e.done_at IS NULL"] if open else []), page.of("e.id")]
    rows = await tx.all(
        f"SELECT {_COLUMNS} FROM erasures e WHERE {' AND '.join(conditions)}",
        **page.values,
        **({"owner": owner} if owner else {}),
    )
    return page.newest_first([_erasure(row) for row in rows])


async def put_holders(tx: Tx, erasure_id: int, holders: Iterable[Holder], *, again_at: int) -> None:
    """Add holders to an order; those that are there stay as they are. again_at: when to ask them again, Unix ms."""
    await tx.many(
        """INSERT INTO erasure_holders (erasure_id, host, inbox, signs, state, at, receipt, key, tries, again_at)
           VALUES (:erasure, :host, :inbox, :signs, :state, :at, :receipt, :key, 0, :again)
           ON CONFLICT (erasure_id, host) DO NOTHING""",
        [
            {
                "erasure": erasure_id,
                "host": one.host,
                "inbox": one.inbox,
                "signs": int(one.signs),
                "state": one.state.value,
                "at": one.at,
                "receipt": one.receipt,
                "key": one.key,
                "again": again_at,
            }
            for one in holders
        ],
    )


async def holders(tx: Tx, erasure_ids: Sequence[int]) -> dict[int, list[Holder]]:
    """Return order id → its holders by host; one query."""
    found: dict[int, list[Holder]] = {id: [] for id in erasure_ids}
    rows = await tx.all(
        """SELECT erasure_id, host, inbox, signs, state, at, receipt, key, held_until FROM erasure_holders
            WHERE erasure_id IN (:ids) ORDER BY host""",
        ids=list(erasure_ids),
    )
    for row in rows:
        found[row["erasure_id"]].append(_holder(row))
    return found


async def taken_by(tx: Tx, object: str, host: str, *, now: int) -> None:
    """A holder has taken the Delete of an object."""
    rows = await tx.all(
        """UPDATE erasure_holders SET state = 'taken', at = :now
            WHERE host = :host AND state = 'ordered' AND erasure_id IN (SELECT id FROM erasures WHERE object = :object)
            RETURNING erasure_id""",
        object=object,
        host=host,
        now=now,
    )
    for row in rows:
        await _close(tx, row["erasure_id"], now=now)


async def erased_by(tx: Tx, erasure_id: int, host: str, *, receipt: bytes, key: str, now: int) -> None:
    """A holder has signed that it has erased everything; `key` is what its receipt was checked with."""
    await tx.run(
        """UPDATE erasure_holders SET state = 'erased', at = :now, receipt = :receipt, key = :key, held_until = NULL
            WHERE erasure_id = :id AND host = :host AND state <> 'erased'""",
        id=erasure_id,
        host=host,
        receipt=receipt,
        key=key,
        now=now,
    )
    await _close(tx, erasure_id, now=now)


async def held_by(
    tx: Tx, erasure_id: int, host: str, *, receipt: bytes, key: str, until: int, again_at: int, now: int
) -> None:
    """A holder has signed that it must not erase before a moment; it is asked again at another (Unix ms)."""
    changed = await tx.run(
        """UPDATE erasure_holders SET state = 'held', at = :now, receipt = :receipt, key = :key, signs = 1,
                  held_until = :until, again_at = :again
            WHERE erasure_id = :id AND host = :host AND state <> 'erased'""",
        id=erasure_id,
        host=host,
        receipt=receipt,
        key=key,
        until=until,
        again=again_at,
        now=now,
    )
    if changed:
        await tx.run("UPDATE erasures SET done_at = NULL WHERE id = :id", id=erasure_id)


async def _close(tx: Tx, erasure_id: int, *, now: int) -> None:
    await tx.run(
        """UPDATE erasures SET done_at = :now WHERE id = :id AND done_at IS NULL AND NOT EXISTS (
             SELECT 1 FROM erasure_holders h WHERE h.erasure_id = erasures.id
                AND (h.state IN ('ordered', 'held') OR (h.state = 'taken' AND h.signs = 1)))""",
        id=erasure_id,
        now=now,
    )


async def to_remind(tx: Tx, *, now: int, limit: int) -> list[tuple[Erasure, str, str, int]]:
    """Return orders that a node owes a receipt for, with (host, inbox, how often it was asked), longest first."""
    rows = await tx.all(
        f"""SELECT {_COLUMNS}, h.host, h.inbox, h.tries
              FROM erasure_holders h JOIN erasures e ON e.id = h.erasure_id
             WHERE h.signs = 1 AND h.state <> 'erased' AND h.again_at <= :now AND h.inbox <> ''
             ORDER BY h.again_at LIMIT :limit""",
        now=now,
        limit=limit,
    )
    return [(_erasure(row), row["host"], row["inbox"], row["tries"]) for row in rows]


async def reminded(tx: Tx, erasure_id: int, host: str, *, again_at: int) -> None:
    await tx.run(
        """UPDATE erasure_holders SET tries = tries + 1, again_at = :again
            WHERE erasure_id = :id AND host = :host""",
        id=erasure_id,
        host=host,
        again=again_at,
    )


async def take(
    tx: Tx, *, id: int, uri: str, host: str, document: bytes, receipt: bytes, now: int, held: str = ""
) -> None:
    """Store an order of another node (`host`) that was carried out here, and our receipt for it.

    held: whose (an actor's uri) legal hold it waits for; then the receipt is a refusal, until another one comes.
    """
    await tx.run(
        """INSERT INTO erasures_taken (id, uri, host, document, receipt, at, held)
           VALUES (:id, :uri, :host, :document, :receipt, :at, :held)
           ON CONFLICT (uri) DO UPDATE SET receipt = excluded.receipt, at = excluded.at, held = excluded.held
            WHERE erasures_taken.held <> ''""",
        id=id,
        uri=uri,
        host=host,
        document=document,
        receipt=receipt,
        at=now,
        held=held,
    )


async def receipt_for(tx: Tx, uri: str) -> bytes | None:
    """Return our receipt for another node's order, None when it was not carried out here."""
    row = await tx.one("SELECT receipt FROM erasures_taken WHERE uri = :uri AND held = ''", uri=uri)
    return bytes(row["receipt"]) if row else None


async def refusal_for(tx: Tx, uri: str) -> bytes | None:
    """Return our refusal of another node's order that waits for the end of a legal hold, None when it does not."""
    row = await tx.one("SELECT receipt FROM erasures_taken WHERE uri = :uri AND held <> ''", uri=uri)
    return bytes(row["receipt"]) if row else None


async def held_for(tx: Tx, owner: str) -> list[bytes]:
    """Return the orders (documents) that wait for the end of a legal hold on an actor (its uri)."""
    rows = await tx.all(
        "SELECT document FROM erasures_taken WHERE held = :owner AND held <> '' ORDER BY id", owner=owner
    )
    return [bytes(row["document"]) for row in rows]


async def held_by_nothing(tx: Tx, *, limit: int = 50) -> list[bytes]:
    """Return orders (documents) that wait for the end of a legal hold, and there is none any more."""
    rows = await tx.all(
        """SELECT t.document FROM erasures_taken t WHERE t.held <> '' AND NOT EXISTS (
             SELECT 1 FROM holds h JOIN accounts a ON a.id = h.account_id WHERE a.uri = t.held)
            ORDER BY t.id LIMIT :limit""",
        limit=limit,
    )
    return [bytes(row["document"]) for row in rows]


async def concerning(tx: Tx, host: str, *, after: int, limit: int) -> list[tuple[int, bytes]]:
    """Return (our number, document) of orders that a node has to know: ours about what it held, and its own."""
    rows = await tx.all(
        """SELECT e.id, e.document FROM erasures e
            WHERE e.id > :after AND EXISTS (
                  SELECT 1 FROM erasure_holders h WHERE h.erasure_id = e.id AND h.host = :host)
           UNION ALL
           SELECT t.id, t.document FROM erasures_taken t WHERE t.host = :host AND t.id > :after
           ORDER BY 1 LIMIT :limit""",
        host=host,
        after=after,
        limit=limit,
    )
    return [(row["id"], bytes(row["document"])) for row in rows]


async def traces(tx: Tx, object: str, post_id: int) -> list[str]:
    """Return the tables in which something of a post is left: by its uri, its number, or with its text on the way."""
    places = {
        "posts": "posts WHERE uri = :object OR boost_of = :id",
        "home_entries": "home_entries WHERE id = :id",
        "activities": "activities WHERE object = :object AND type <> 'Delete'",
        "inbox_rows": "inbox_rows WHERE object = :object AND object <> '' AND type <> 'Delete' AND LENGTH(body) > 0",
        **{table: f"{table} WHERE post_id = :id" for table in HANGS_ON_POSTS},
    }
    asked = [f"SELECT '{name}' AS place WHERE EXISTS (SELECT 1 FROM {rows})" for name, rows in places.items()]
    return [row["place"] for row in await tx.all(" UNION ALL ".join(asked), object=object, id=post_id)]


async def was_held_by(tx: Tx, objects: Sequence[str], host: str) -> bool:
    """Tell whether a host had a copy of one of these when its erasure was ordered."""
    found = await tx.one(
        """SELECT 1 AS found FROM erasures e JOIN erasure_holders h ON h.erasure_id = e.id AND h.host = :host
            WHERE e.object IN (:objects) LIMIT 1""",
        host=host,
        objects=list(objects),
    )
    return found is not None


async def unlogged(tx: Tx, *, limit: int) -> list[tuple[int, bytes]]:
    """Return (number, document) of orders, ours and others', that are not in the log yet."""
    rows = await tx.all(
        """SELECT id, document FROM erasures WHERE logged = 0
           UNION ALL SELECT id, document FROM erasures_taken WHERE logged = 0 ORDER BY 1 LIMIT :limit""",
        limit=limit,
    )
    return [(row["id"], bytes(row["document"])) for row in rows]


async def logged(tx: Tx, numbers: Sequence[int]) -> None:
    """These orders are in the log now."""
    for table in ("erasures", "erasures_taken"):
        await tx.run(f"UPDATE {table} SET logged = 1 WHERE id IN (:ids)", ids=list(numbers))


async def forget(tx: Tx, *, before: int) -> None:
    """Forget orders that were done before this moment (Unix ms), and those of others of that age that do not wait."""
    await tx.run("DELETE FROM erasures WHERE done_at IS NOT NULL AND done_at < :before", before=before)
    await tx.run("DELETE FROM erasures_taken WHERE at < :before AND held = ''", before=before)
