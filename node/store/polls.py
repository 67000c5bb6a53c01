"""Rows of polls, their answers and votes."""

from collections.abc import Iterable

from node.domain.polls import Option, Poll
from node.store import sealed
from node.store.database import Tx


async def put(tx: Tx, post_id: int, poll: Poll) -> None:
    """Store a poll, or what its origin tells of it now."""
    await tx.run(
        """INSERT INTO polls (post_id, several, ends_at, closed, voters)
           VALUES (:post, :several, :ends, :closed, :voters)
           ON CONFLICT (post_id) DO UPDATE SET several = excluded.several, ends_at = excluded.ends_at,
              closed = excluded.closed, voters = excluded.voters""",
        post=post_id,
        several=int(poll.several),
        ends=poll.ends_at,
        closed=int(poll.closed),
        voters=poll.voters,
    )
    await tx.run(
        "DELETE FROM poll_options WHERE post_id = :post AND place >= :count", post=post_id, count=len(poll.options)
    )
    owner = await sealed.of_author(tx, post_id)
    await tx.many(
        """INSERT INTO poll_options (post_id, place, name, votes) VALUES (:post, :place, :name, :votes)
           ON CONFLICT (post_id, place) DO UPDATE SET name = excluded.name, votes = excluded.votes""",
        [
            {
                "post": post_id,
                "place": place,
                "name": await sealed.text(tx, owner, option.name),
                "votes": option.votes,
            }
            for place, option in enumerate(poll.options)
        ],
    )


async def remove(tx: Tx, post_id: int) -> None:
    """Remove a poll with its answers and votes; the post stays."""
    await tx.run("DELETE FROM polls WHERE post_id = :post", post=post_id)


async def of_posts(tx: Tx, post_ids: Iterable[int]) -> dict[int, Poll]:
    """Return post id → its poll, for those that are one; two queries."""
    ids = sorted(set(post_ids))
    options: dict[int, list[Option]] = {}
    for row in await tx.all(
        "SELECT post_id, name, votes FROM poll_options WHERE post_id IN (:ids) ORDER BY post_id, place", ids=ids
    ):
        options.setdefault(row["post_id"], []).append(Option(sealed.read_text(tx, row["name"]), row["votes"]))
    if not options:
        return {}
    rows = await tx.all(
        "SELECT post_id, several, ends_at, closed, voters FROM polls WHERE post_id IN (:ids)", ids=list(options)
    )
    return {
        row["post_id"]: Poll(
            options=tuple(options[row["post_id"]]),
            several=bool(row["several"]),
            ends_at=row["ends_at"],
            closed=bool(row["closed"]),
            voters=row["voters"],
        )
        for row in rows
    }


async def vote(tx: Tx, post_id: int, account_id: int, place: int) -> bool:
    """Count a vote; False when this account gave it before."""
    counted = await tx.run(
        "INSERT INTO poll_votes (post_id, account_id, place) VALUES (:post, :account, :place) ON CONFLICT DO NOTHING",
        post=post_id,
        account=account_id,
        place=place,
    )
    if counted:
        await tx.run(
            "UPDATE poll_options SET votes = votes + 1 WHERE post_id = :post AND place = :place",
            post=post_id,
            place=place,
        )
    return counted == 1


async def votes_of(tx: Tx, account_id: int, *, limit: int) -> list[tuple[str, str]]:
    """Return a member's votes, as (address of the post, name of what they chose), newest posts first."""
    rows = await tx.all(
        """SELECT p.uri, o.name FROM poll_votes v JOIN posts p ON p.id = v.post_id
             JOIN poll_options o ON o.post_id = v.post_id AND o.place = v.place
            WHERE v.account_id = :account ORDER BY v.post_id DESC, v.place LIMIT :limit""",
        account=account_id,
        limit=limit,
    )
    return [(row["uri"], sealed.read_text(tx, row["name"])) for row in rows]


async def add_voter(tx: Tx, post_id: int) -> None:
    """Count one more person who voted."""
    await tx.run("UPDATE polls SET voters = COALESCE(voters, 0) + 1 WHERE post_id = :post", post=post_id)


async def note_count(tx: Tx, post_id: int, *, now: int) -> None:
    """Note that the numbers of a poll of ours have changed and others are to be told, unless that is noted."""
    await tx.run(
        "UPDATE polls SET counted_at = :now WHERE post_id = :post AND counted_at IS NULL", post=post_id, now=now
    )


async def is_any_due(tx: Tx, *, before: int, now: int) -> bool:
    """Tell whether a poll has ended and nobody was told, or has numbers noted before then that are to be told."""
    row = await tx.one(
        """SELECT 1 AS found WHERE
              EXISTS (SELECT 1 FROM polls WHERE told = 0 AND ends_at IS NOT NULL AND ends_at <= :now) OR
              EXISTS (SELECT 1 FROM polls WHERE counted_at IS NOT NULL AND (counted_at < :before OR ends_at < :now))""",
        before=before,
        now=now,
    )
    return row is not None


async def take_counted(tx: Tx, *, before: int, now: int, limit: int = 20) -> list[int]:
    """Return the posts whose polls' changed numbers are to be told now: noted before then, or over; and forget that."""
    rows = await tx.all(
        """SELECT post_id FROM polls WHERE counted_at IS NOT NULL AND (counted_at < :before OR ends_at < :now)
            ORDER BY counted_at LIMIT :limit""",
        before=before,
        now=now,
        limit=limit,
    )
    ids = [row["post_id"] for row in rows]
    await tx.run("UPDATE polls SET counted_at = NULL WHERE post_id IN (:ids)", ids=ids)
    return ids


async def choices(tx: Tx, post_ids: Iterable[int], *, account_id: int) -> dict[int, list[int]]:
    """Return post id → the places of the answers an account chose; one query."""
    found: dict[int, list[int]] = {}
    for row in await tx.all(
        "SELECT post_id, place FROM poll_votes WHERE account_id = :account AND post_id IN (:ids) ORDER BY place",
        account=account_id,
        ids=sorted(set(post_ids)),
    ):
        found.setdefault(row["post_id"], []).append(row["place"])
    return found
