"""Rows of follows and blocks, the followers whose nodes a post goes to, and how a member stands to others."""

from collections.abc import Iterable, Sequence
from typing import Any

from node.domain.relationships import Block, Follow, Relation
from node.store import sealed
from node.store.database import Row, Tx

_COLUMNS = "f.id, f.uri, f.follower_id, f.target_id, f.accepted, f.boosts, f.notify, f.languages"


def _follow(row: Row) -> Follow:
    return Follow(
        row["id"],
        row["uri"],
        row["follower_id"],
        row["target_id"],
        bool(row["accepted"]),
        bool(row["boosts"]),
        bool(row["notify"]),
        tuple(row["languages"].split()),
    )


async def between(tx: Tx, *, follower_id: int, target_id: int) -> Follow | None:
    """Return the follow, or request, of one account for another."""
    row = await tx.one(
        f"SELECT {_COLUMNS} FROM follows f WHERE f.target_id = :target AND f.follower_id = :follower",
        follower=follower_id,
        target=target_id,
    )
    return _follow(row) if row else None


async def by_uri(tx: Tx, uri: str) -> Follow | None:
    """Return the follow with this Follow activity's id."""
    row = await tx.one(f"SELECT {_COLUMNS} FROM follows f WHERE f.uri = :uri", uri=uri)
    return _follow(row) if row else None


async def insert(tx: Tx, follow: Follow) -> bool:
    """Add a follow; False when these two have one already."""
    changed = await tx.run(
        """INSERT INTO follows (id, uri, follower_id, target_id, accepted, boosts, notify, languages)
           VALUES (:id, :uri, :follower, :target, :accepted, :boosts, :notify, :languages) ON CONFLICT DO NOTHING""",
        id=follow.id,
        uri=follow.uri,
        follower=follow.follower_id,
        target=follow.target_id,
        accepted=int(follow.accepted),
        boosts=int(follow.boosts),
        notify=int(follow.notify),
        languages=" ".join(follow.languages),
    )
    return changed == 1


async def accept(tx: Tx, id: int) -> bool:
    """Mark a request as accepted; False when it was before."""
    return await tx.run("UPDATE follows SET accepted = 1 WHERE id = :id AND accepted = 0", id=id) == 1


async def set_wishes(tx: Tx, follow: Follow) -> None:
    """Write what a follower wants of a follow: boosts, news of each post, languages."""
    await tx.run(
        "UPDATE follows SET boosts = :boosts, notify = :notify, languages = :languages WHERE id = :id",
        id=follow.id,
        boosts=int(follow.boosts),
        notify=int(follow.notify),
        languages=" ".join(follow.languages),
    )


async def delete(tx: Tx, id: int) -> None:
    """Remove a follow or request."""
    await tx.run("DELETE FROM follows WHERE id = :id", id=id)


async def of_viewer(tx: Tx, viewer_id: int, targets: Iterable[int]) -> dict[int, bool]:
    """Return target id → accepted for those of the targets that the viewer follows; one query."""
    rows = await tx.all(
        "SELECT target_id, accepted FROM follows WHERE follower_id = :viewer AND target_id IN (:targets)",
        viewer=viewer_id,
        targets=sorted(set(targets)),
    )
    return {row["target_id"]: bool(row["accepted"]) for row in rows}


async def follower_inboxes(tx: Tx, target_id: int) -> list[tuple[str, str]]:
    """Return (host, inbox) of every remote follower's node, shared inboxes folded together."""
    rows = await tx.all(
        """SELECT DISTINCT a.host, CASE WHEN a.shared_inbox <> '' THEN a.shared_inbox ELSE a.inbox END AS inbox
             FROM follows f JOIN accounts a ON a.id = f.follower_id
            WHERE f.target_id = :target AND f.accepted = 1 AND a.host <> ''
              AND a.suspended_at IS NULL AND a.deleted_at IS NULL""",
        target=target_id,
    )
    return [(row["host"], row["inbox"]) for row in rows]


async def followers_among(tx: Tx, target_id: int, account_ids: Iterable[int]) -> dict[int, bool]:
    """Return follower id → accepted for those of the accounts that follow somebody, or ask to; one query."""
    rows = await tx.all(
        "SELECT follower_id, accepted FROM follows WHERE target_id = :target AND follower_id IN (:accounts)",
        target=target_id,
        accounts=sorted(set(account_ids)),
    )
    return {row["follower_id"]: bool(row["accepted"]) for row in rows}


async def followers_by_host(tx: Tx, target_id: int) -> dict[str, int]:
    """Return host ('' for this node) → how many active accounts there follow somebody; one query."""
    rows = await tx.all(
        """SELECT a.host, COUNT(*) AS n FROM follows f JOIN accounts a ON a.id = f.follower_id
            WHERE f.target_id = :target AND f.accepted = 1 AND a.suspended_at IS NULL AND a.deleted_at IS NULL
            GROUP BY a.host""",
        target=target_id,
    )
    return {row["host"]: row["n"] for row in rows}


async def followers_at(tx: Tx, targets: Sequence[int], *, hosts: Sequence[str]) -> dict[tuple[int, str], list[str]]:
    """Return (target, host) → uris of the target's accepted, active followers at that host; one query."""
    rows = await tx.all(
        """SELECT f.target_id, a.host, a.uri FROM follows f JOIN accounts a ON a.id = f.follower_id
            WHERE f.target_id IN (:targets) AND f.accepted = 1 AND a.host IN (:hosts)
              AND a.suspended_at IS NULL AND a.deleted_at IS NULL""",
        targets=targets,
        hosts=hosts,
    )
    found: dict[tuple[int, str], list[str]] = {}
    for row in rows:
        found.setdefault((row["target_id"], row["host"]), []).append(row["uri"])
    return found


async def by_local_followers(tx: Tx, target_id: int) -> dict[str, Follow]:
    """Return the uri of each member of this node who follows an account, or asks to → the follow; one query."""
    rows = await tx.all(
        f"""SELECT {_COLUMNS}, a.uri AS follower FROM follows f JOIN accounts a ON a.id = f.follower_id
             WHERE f.target_id = :target AND a.host = ''""",
        target=target_id,
    )
    return {row["follower"]: _follow(row) for row in rows}


async def has_local_follower(tx: Tx, target_id: int) -> bool:
    """Tell whether anybody here follows the account."""
    return await has_follower_at(tx, target_id, "")


async def has_follower_at(tx: Tx, target_id: int, host: str) -> bool:
    """Tell whether anybody of a host ('': here) follows an account."""
    row = await tx.one(
        """SELECT 1 AS found FROM follows f JOIN accounts a ON a.id = f.follower_id
            WHERE f.target_id = :target AND f.accepted = 1 AND a.host = :host LIMIT 1""",
        target=target_id,
        host=host,
    )
    return row is not None


async def targets_of(tx: Tx, follower_id: int, *, local: bool) -> list[int]:
    """Return the ids of whom an account follows, of those here or of those elsewhere."""
    rows = await tx.all(
        """SELECT f.target_id FROM follows f JOIN accounts a ON a.id = f.target_id
            WHERE f.follower_id = :follower AND f.accepted = 1 AND (a.host = '') = (:local = 1) ORDER BY f.target_id""",
        follower=follower_id,
        local=int(local),
    )
    return [row["target_id"] for row in rows]


async def with_host(tx: Tx, account_id: int, host: str) -> list[Follow]:
    """Return every follow and request between an account and people of a host."""
    rows = await tx.all(
        f"""SELECT {_COLUMNS} FROM follows f JOIN accounts a ON a.id = f.target_id
             WHERE f.follower_id = :account AND a.host = :host
            UNION ALL SELECT {_COLUMNS} FROM follows f JOIN accounts a ON a.id = f.follower_id
             WHERE f.target_id = :account AND a.host = :host""",
        account=account_id,
        host=host,
    )
    return [_follow(row) for row in rows]


async def count_asking(tx: Tx, account_id: int) -> int:
    """Return how many ask to follow a member."""
    row = await tx.one("SELECT COUNT(*) AS n FROM follows WHERE target_id = :id AND accepted = 0", id=account_id)
    return row["n"] if row else 0


async def of_member(tx: Tx, account_id: int, others: Iterable[int]) -> dict[int, Relation]:
    """Return how a member stands to each of the others; one query."""
    ids = sorted(set(others))
    rows = await tx.all(
        """SELECT target_id AS other, 'follow' AS what, accepted AS flag, boosts, notify, languages AS told,
                  CAST(NULL AS BIGINT) AS ends, CAST(NULL AS BYTEA) AS note FROM follows
                      WHERE follower_id = :me AND target_id IN (:ids)
           UNION ALL SELECT follower_id, 'follower', accepted, 0, 0, '', NULL, NULL FROM follows
                      WHERE target_id = :me AND follower_id IN (:ids)
           UNION ALL SELECT target_id, 'block', 1, 0, 0, '', NULL, NULL FROM blocks
                      WHERE account_id = :me AND target_id IN (:ids)
           UNION ALL SELECT target_id, 'mute', notifications, 0, 0, '', expires_at, NULL FROM mutes
                      WHERE account_id = :me AND target_id IN (:ids)
           UNION ALL SELECT target_id, 'endorsement', 1, 0, 0, '', NULL, NULL FROM endorsements
                      WHERE account_id = :me AND target_id IN (:ids)
           UNION ALL SELECT target_id, 'note', 1, 0, 0, '', NULL, text FROM account_notes
                      WHERE account_id = :me AND target_id IN (:ids)
           UNION ALL SELECT a.id, 'host', 1, 0, 0, '', NULL, NULL FROM host_mutes h JOIN accounts a ON a.host = h.host
                      WHERE h.account_id = :me AND a.id IN (:ids)""",
        me=account_id,
        ids=ids,
    )
    found: dict[int, dict[str, Any]] = {id: {} for id in ids}
    for row in rows:
        found[row["other"]] |= _facts(tx, row)
    return {id: Relation(**facts) for id, facts in found.items()}


def _facts(tx: Tx, row: Row) -> dict[str, Any]:
    """What one row says about how a member stands to somebody."""
    flag = bool(row["flag"])
    match row["what"]:
        case "follow":
            wishes = {name: bool(row[name]) for name in ("boosts", "notify")}
            return {"following": flag, "requested": not flag, "languages": tuple(row["told"].split()), **wishes}
        case "follower":
            return {"followed_by": flag, "requested_by": not flag}
        case "block":
            return {"blocking": True}
        case "mute":
            return {"muting": True, "muting_notifications": flag, "muting_ends": row["ends"]}
        case "endorsement":
            return {"endorsed": True}
        case "note":
            return {"note": sealed.read_text(tx, row["note"])}
        case _:
            return {"host_muted": True}


# Blocks


async def insert_block(tx: Tx, block: Block) -> bool:
    """Add a block; False when there is one already."""
    changed = await tx.run(
        """INSERT INTO blocks (id, uri, account_id, target_id) VALUES (:id, :uri, :account, :target)
           ON CONFLICT DO NOTHING""",
        id=block.id,
        uri=block.uri,
        account=block.account_id,
        target=block.target_id,
    )
    return changed == 1


async def block_by_uri(tx: Tx, uri: str) -> Block | None:
    """Return the block with this Block activity's id."""
    row = await tx.one("SELECT id, uri, account_id, target_id FROM blocks WHERE uri = :uri", uri=uri)
    return Block(**dict(row)) if row else None


async def block_between(tx: Tx, *, account_id: int, target_id: int) -> Block | None:
    """Return one account's block of another."""
    row = await tx.one(
        "SELECT id, uri, account_id, target_id FROM blocks WHERE account_id = :account AND target_id = :target",
        account=account_id,
        target=target_id,
    )
    return Block(**dict(row)) if row else None


async def delete_block(tx: Tx, id: int) -> None:
    """Remove a block."""
    await tx.run("DELETE FROM blocks WHERE id = :id", id=id)


async def forget_news(tx: Tx, one_id: int, other_id: int) -> None:
    """Remove what two accounts were told of each other."""
    for table in ("notifications", "notification_requests"):
        await tx.run(
            f"""DELETE FROM {table} WHERE (account_id = :one AND from_id = :other)
                   OR (account_id = :other AND from_id = :one)""",
            one=one_id,
            other=other_id,
        )


async def are_parted(tx: Tx, one_id: int, other_id: int) -> bool:
    """Tell whether one of two accounts blocks the other."""
    found = await tx.one(
        """SELECT 1 AS found FROM blocks WHERE (account_id = :one AND target_id = :other)
              OR (account_id = :other AND target_id = :one) LIMIT 1""",
        one=one_id,
        other=other_id,
    )
    return found is not None
