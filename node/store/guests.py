"""Rows of guests: on what terms they are here. What they see stands in `node.store.visible`."""

from collections.abc import Iterable

from node.domain.guests import Guest, Terms
from node.store.database import Row, Tx
from node.store.pages import Page

STAYS = "NOT EXISTS (SELECT 1 FROM guests gx WHERE gx.account_id = a.id AND gx.until <= :now)"
"""`a` is no guest whose time is over at `:now` (Unix ms)."""


async def of(tx: Tx, account_id: int) -> Guest | None:
    """Return a guest's terms; None for whoever is none of ours."""
    return (await among(tx, [account_id])).get(account_id)


async def among(tx: Tx, account_ids: Iterable[int]) -> dict[int, Guest]:
    """Return account id → guest, for those of the accounts that are guests here; two queries, or none."""
    wanted = sorted(set(account_ids))
    if not wanted:
        return {}
    rows = await tx.all(
        "SELECT account_id, sponsor_id, until, ended_at FROM guests WHERE account_id IN (:ids)", ids=wanted
    )
    return {guest.account_id: guest for guest in await _guests(tx, rows)}


async def _guests(tx: Tx, rows: Iterable[Row]) -> list[Guest]:
    found = list(rows)
    named: dict[int, list[int]] = {}
    for row in await tx.all(
        "SELECT account_id, group_id FROM guest_groups WHERE account_id IN (:ids) ORDER BY group_id",
        ids=[row["account_id"] for row in found],
    ):
        named.setdefault(row["account_id"], []).append(row["group_id"])
    return [
        Guest(
            row["account_id"],
            Terms(row["sponsor_id"], row["until"], tuple(named.get(row["account_id"], ()))),
            row["ended_at"],
        )
        for row in found
    ]


async def page(tx: Tx, asked: Page) -> list[Guest]:
    """Return a page of all guests, also those whose time is over, the latest first."""
    rows = await tx.all(
        f"""SELECT g.account_id, g.sponsor_id, g.until, g.ended_at FROM guests g JOIN accounts a ON a.id = g.account_id
             WHERE a.deleted_at IS NULL AND {asked.of("g.account_id")}""",
        **asked.values,
    )
    return asked.newest_first(await _guests(tx, rows))


async def of_sponsor(tx: Tx, sponsor_id: int) -> list[Guest]:
    """Return whom a member brought and who is still here, whose time is over first."""
    rows = await tx.all(
        """SELECT g.account_id, g.sponsor_id, g.until, g.ended_at FROM guests g JOIN accounts a ON a.id = g.account_id
            WHERE g.sponsor_id = :sponsor AND g.ended_at IS NULL AND a.deleted_at IS NULL
            ORDER BY g.until, g.account_id LIMIT 200""",
        sponsor=sponsor_id,
    )
    return await _guests(tx, rows)


async def put(tx: Tx, account_id: int, terms: Terms) -> None:
    """Write a guest's terms, all of them; the end is to be seen to when it comes."""
    await tx.run(
        """INSERT INTO guests (account_id, sponsor_id, until) VALUES (:account, :sponsor, :until)
           ON CONFLICT (account_id) DO UPDATE SET sponsor_id = excluded.sponsor_id, until = excluded.until,
              ended_at = NULL""",
        account=account_id,
        sponsor=terms.sponsor_id,
        until=terms.until,
    )
    await tx.run(
        "DELETE FROM guest_groups WHERE account_id = :account AND group_id NOT IN (:groups)",
        account=account_id,
        groups=[*terms.group_ids, 0],
    )
    await tx.many(
        "INSERT INTO guest_groups (account_id, group_id) VALUES (:account, :group) ON CONFLICT DO NOTHING",
        [{"account": account_id, "group": group} for group in terms.group_ids],
    )


async def end(tx: Tx, account_id: int, *, now: int) -> None:
    """Note that a guest's end was seen to (Unix ms); it is not later than that."""
    await tx.run(
        """UPDATE guests SET ended_at = :now, until = CASE WHEN until > :now THEN :now ELSE until END
            WHERE account_id = :account""",
        account=account_id,
        now=now,
    )


async def due(tx: Tx, *, now: int, limit: int = 50) -> list[int]:
    """Return the guests whose time is over (Unix ms), which nobody has seen to yet."""
    rows = await tx.all(
        "SELECT account_id FROM guests WHERE ended_at IS NULL AND until <= :now ORDER BY until LIMIT :limit",
        now=now,
        limit=limit,
    )
    return [row["account_id"] for row in rows]


async def put_invited(tx: Tx, hash: str, terms: Terms) -> None:
    """Keep on what terms somebody is invited as a guest. hash: the invitation's."""
    await tx.run(
        "INSERT INTO guest_invitations (hash, sponsor_id, until, groups) VALUES (:hash, :sponsor, :until, :groups)",
        hash=hash,
        sponsor=terms.sponsor_id,
        until=terms.until,
        groups=" ".join(map(str, terms.group_ids)),
    )


async def invited(tx: Tx, hashes: Iterable[str]) -> dict[str, Terms]:
    """Return invitation → terms, for those of the invitations that are for guests; one query, or none."""
    wanted = sorted(set(hashes))
    if not wanted:
        return {}
    rows = await tx.all(
        "SELECT hash, sponsor_id, until, groups FROM guest_invitations WHERE hash IN (:hashes)", hashes=wanted
    )
    return {row["hash"]: Terms(row["sponsor_id"], row["until"], tuple(map(int, row["groups"].split()))) for row in rows}
