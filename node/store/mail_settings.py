"""Rows of where, and of what, members are told by mail, and of the links that work once."""

from collections.abc import Iterable
from dataclasses import dataclass

from node.domain.mails import Digest, MailSettings, Purpose, Topic
from node.store.database import Row, Tx

_COLUMNS = "m.account_id, m.address, m.kinds, m.digest, m.told_id, m.told_at, m.digested_at, m.seen_at"
_MEMBER = """JOIN accounts a ON a.id = m.account_id AND a.suspended_at IS NULL AND a.deleted_at IS NULL"""
_FREE = "NOT EXISTS (SELECT 1 FROM mails w WHERE w.account_id = m.account_id AND w.kind = :kind)"


def _settings(row: Row) -> MailSettings:
    values = dict(row)
    kinds = frozenset(Topic(word) for word in row["kinds"].split())
    return MailSettings(**{**values, "kinds": kinds, "digest": Digest(row["digest"])})


async def of(tx: Tx, account_id: int) -> MailSettings | None:
    """Return what an active member chose; None: there is no confirmed address."""
    row = await tx.one(
        f"SELECT {_COLUMNS} FROM mail_settings m {_MEMBER} WHERE m.account_id = :id",
        id=account_id,
    )
    return _settings(row) if row else None


async def address(tx: Tx, account_id: int) -> str:
    """Return the address that an account confirmed, be it active or not; '' without one."""
    row = await tx.one("SELECT address FROM mail_settings WHERE account_id = :id", id=account_id)
    return row["address"] if row else ""


async def with_address(tx: Tx, address: str, *, limit: int = 10) -> list[MailSettings]:
    """Return the active members who confirmed an address, whatever its case: people may share a mailbox."""
    rows = await tx.all(
        f"""SELECT {_COLUMNS} FROM mail_settings m {_MEMBER} WHERE LOWER(m.address) = LOWER(:address)
             ORDER BY m.account_id LIMIT :limit""",
        address=address,
        limit=limit,
    )
    return [_settings(row) for row in rows]


async def confirm(
    tx: Tx, account_id: int, address: str, *, kinds: frozenset[Topic], digest: Digest, told_id: int, now: int
) -> None:
    """Give a member an address; what they chose before stays. Nothing older than `told_id` is told."""
    await tx.run(
        """INSERT INTO mail_settings (account_id, address, kinds, digest, told_id, told_at, digested_at, seen_at)
           VALUES (:id, :address, :kinds, :digest, :told, 0, :now, :now)
           ON CONFLICT (account_id) DO UPDATE SET address = excluded.address""",
        id=account_id,
        address=address,
        kinds=_words(kinds),
        digest=digest.value,
        told=told_id,
        now=now,
    )


def _words(kinds: Iterable[Topic]) -> str:
    return " ".join(sorted(kinds))


async def choose(tx: Tx, account_id: int, *, kinds: frozenset[Topic], digest: Digest) -> None:
    """Change what a member is told."""
    await tx.run(
        "UPDATE mail_settings SET kinds = :kinds, digest = :digest WHERE account_id = :id",
        id=account_id,
        kinds=_words(kinds),
        digest=digest.value,
    )


async def remove(tx: Tx, account_id: int) -> None:
    """Forget a member's address and everything they chose."""
    await tx.run("DELETE FROM mail_settings WHERE account_id = :id", id=account_id)


async def newest_notification(tx: Tx, account_id: int) -> int:
    """Return the id of the newest of a member's notifications, 0 for none."""
    row = await tx.one("SELECT MAX(id) AS id FROM notifications WHERE account_id = :id", id=account_id)
    return row["id"] or 0 if row else 0


async def seen(tx: Tx, account_ids: Iterable[int], *, now: int) -> None:
    """Note that members asked for something; for those without an address nothing is written."""
    await tx.run(
        "UPDATE mail_settings SET seen_at = :now WHERE account_id IN (:ids) AND seen_at < :now",
        ids=sorted(account_ids),
        now=now,
    )


# Who is to be told


_NEWS = """EXISTS (SELECT 1 FROM notifications n WHERE n.account_id = m.account_id AND n.id > m.told_id
    AND n.filtered = 0 AND n.created_at <= :settled)"""


async def waiting_for_news(
    tx: Tx, *, settled: int, away_since: int, told_before: int, limit: int
) -> list[MailSettings]:
    """Return members who are away and were not told of everything up to `settled`, and have no such mail waiting.

    away_since: they were last seen before; told_before: they last got such a mail before. Times are Unix ms. The cost
    grows with the number of members who have an address.
    """
    rows = await tx.all(
        f"""SELECT {_COLUMNS} FROM mail_settings m {_MEMBER}
             WHERE m.seen_at <= :away AND m.told_at <= :told AND m.kinds <> '' AND {_FREE} AND {_NEWS}
             ORDER BY m.told_at, m.account_id LIMIT :limit""",
        settled=settled,
        away=away_since,
        told=told_before,
        limit=limit,
        kind="notices",
    )
    return [_settings(row) for row in rows]


@dataclass(frozen=True, slots=True)
class News:
    """A notification as far as it takes to tell whether it is for a mail."""

    id: int
    kind: str
    visibility: str | None
    answers: bool
    created_at: int


async def news(tx: Tx, member: MailSettings, *, settled: int, limit: int) -> list[News]:
    """Return what a member was notified of since they were last told, up to `settled` (Unix ms), oldest first."""
    rows = await tx.all(
        """SELECT n.id, n.kind, n.created_at, p.visibility,
                  CASE WHEN parent.author_id = n.account_id THEN 1 ELSE 0 END AS answers
             FROM notifications n LEFT JOIN posts p ON p.id = n.post_id
             LEFT JOIN posts parent ON parent.id = p.reply_to_id
            WHERE n.account_id = :id AND n.id > :after AND n.filtered = 0 AND n.created_at <= :settled
            ORDER BY n.id LIMIT :limit""",
        id=member.account_id,
        after=member.told_id,
        settled=settled,
        limit=limit,
    )
    return [News(**{**dict(row), "answers": bool(row["answers"])}) for row in rows]


async def told(tx: Tx, member: MailSettings, *, up_to: int, by_mail_at: int | None) -> bool:
    """Note up to which notification a member was told, or has seen it; False when another process did so meanwhile.

    by_mail_at (Unix ms): a mail does it.
    """
    return (
        await tx.run(
            """UPDATE mail_settings SET told_id = :id, told_at = COALESCE(CAST(:at AS BIGINT), told_at)
                WHERE account_id = :account AND told_id = :before""",
            account=member.account_id,
            id=up_to,
            at=by_mail_at,
            before=member.told_id,
        )
        == 1
    )


async def waiting_for_digest(tx: Tx, digest: Digest, *, since: int, limit: int) -> list[MailSettings]:
    """Return members whose digest was last sent before `since` (Unix ms), and for whom none waits."""
    rows = await tx.all(
        f"""SELECT {_COLUMNS} FROM mail_settings m {_MEMBER}
             WHERE m.digest = :digest AND m.digested_at < :since AND {_FREE} ORDER BY m.account_id LIMIT :limit""",
        digest=digest.value,
        since=since,
        limit=limit,
        kind="digest",
    )
    return [_settings(row) for row in rows]


async def digested(tx: Tx, member: MailSettings, *, now: int) -> bool:
    """Note that a member's digest is on its way; False when another process did so meanwhile."""
    return (
        await tx.run(
            "UPDATE mail_settings SET digested_at = :now WHERE account_id = :account AND digested_at = :before",
            account=member.account_id,
            now=now,
            before=member.digested_at,
        )
        == 1
    )


# Links


@dataclass(frozen=True, slots=True)
class Link:
    """A link that was sent by mail: who may do what with it, and for which address."""

    id: int
    account_id: int
    purpose: Purpose
    address: str


async def add_link(tx: Tx, link: Link, *, now: int) -> None:
    """Keep a link."""
    await tx.run(
        """INSERT INTO mail_links (id, account_id, purpose, address, created_at)
           VALUES (:id, :account, :purpose, :address, :now)""",
        id=link.id,
        account=link.account_id,
        purpose=link.purpose.value,
        address=link.address,
        now=now,
    )


async def link(tx: Tx, id: int, purpose: Purpose, *, since: int) -> Link | None:
    """Return a link of this purpose that was not used, made after `since` (Unix ms), of an active member."""
    row = await tx.one(
        f"""SELECT m.id, m.account_id, m.address FROM mail_links m {_MEMBER}
             WHERE m.id = :id AND m.purpose = :purpose AND m.created_at > :since AND m.used_at IS NULL""",
        id=id,
        purpose=purpose.value,
        since=since,
    )
    return Link(row["id"], row["account_id"], purpose, row["address"]) if row else None


async def use_link(tx: Tx, id: int, *, now: int) -> bool:
    """Use a link up; False when somebody else was faster."""
    return await tx.run("UPDATE mail_links SET used_at = :now WHERE id = :id AND used_at IS NULL", id=id, now=now) == 1


async def end_links(tx: Tx, account_id: int, purpose: Purpose, *, now: int) -> None:
    """Make every link of a member for this purpose unusable."""
    await tx.run(
        "UPDATE mail_links SET used_at = :now WHERE account_id = :account AND purpose = :purpose AND used_at IS NULL",
        account=account_id,
        purpose=purpose.value,
        now=now,
    )


async def wanted(tx: Tx, account_id: int, *, since: int) -> str:
    """Return the address that waits for a member's confirmation, '' for none."""
    row = await tx.one(
        """SELECT address FROM mail_links WHERE account_id = :account AND purpose = 'confirm' AND used_at IS NULL
              AND created_at > :since ORDER BY id DESC LIMIT 1""",
        account=account_id,
        since=since,
    )
    return row["address"] if row else ""


async def count_links(tx: Tx, *, account_id: int, address: str, since: int) -> int:
    """Return how many links were made for a member, or for an address, since then (Unix ms); the greater number."""
    row = await tx.one(
        """SELECT (SELECT COUNT(*) FROM mail_links WHERE account_id = :account AND created_at > :since) AS mine,
                  (SELECT COUNT(*) FROM mail_links
                    WHERE LOWER(address) = LOWER(:address) AND created_at > :since) AS there""",
        account=account_id,
        address=address,
        since=since,
    )
    return max(row["mine"], row["there"]) if row else 0


async def forget_links(tx: Tx, *, before: int) -> None:
    """Drop links that are long over."""
    await tx.run("DELETE FROM mail_links WHERE created_at < :before", before=before)
