"""Rows of sessions, access tokens, invitations and failed sign-ins. Secrets are stored as SHA-256 only."""

import hashlib
import secrets
from dataclasses import dataclass

from node.domain.accounts import Role
from node.domain.times import days
from node.store import sealed
from node.store.database import Tx
from node.store.pages import Page


def fresh() -> str:
    """Return a new secret of 256 bits, safe in a URL."""
    return secrets.token_urlsafe(32)


def hashed(secret: str) -> str:
    """Return what is stored in place of a secret."""
    return hashlib.sha256(secret.encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class Session:
    """A signed-in browser; times in Unix ms."""

    hash: str
    account_id: int
    created_at: int
    seen_at: int


@dataclass(frozen=True, slots=True)
class Invitation:
    """An open invitation to become a member. minor: it is for somebody under age."""

    hash: str
    role: Role
    note: str
    minor: bool
    expires_at: int


@dataclass(frozen=True, slots=True)
class Access:
    """A token in a member's name: of which client, for what, since when (Unix ms).

    personal: the member made it for a script; `name` says what for.
    """

    id: int
    name: str
    website: str
    scopes: tuple[str, ...]
    created_at: int
    personal: bool


async def add_session(tx: Tx, *, secret: str, account_id: int, now: int) -> None:
    """Open a session."""
    await tx.run(
        "INSERT INTO sessions (hash, account_id, created_at, seen_at) VALUES (:hash, :account, :now, :now)",
        hash=hashed(secret),
        account=account_id,
        now=now,
    )


async def session(tx: Tx, secret: str, *, seen_after: int) -> Session | None:
    """Return the session of this secret if it was used since `seen_after` (Unix ms)."""
    row = await tx.one(
        "SELECT hash, account_id, created_at, seen_at FROM sessions WHERE hash = :hash AND seen_at > :after",
        hash=hashed(secret),
        after=seen_after,
    )
    return Session(**dict(row)) if row else None


async def touch_session(tx: Tx, hash: str, *, now: int) -> None:
    """Note that a session was used."""
    await tx.run("UPDATE sessions SET seen_at = :now WHERE hash = :hash", hash=hash, now=now)


async def sessions(tx: Tx, account_id: int, *, seen_after: int, limit: int) -> list[Session]:
    """Return the sessions of an account that were used since `seen_after` (Unix ms), the last used first."""
    rows = await tx.all(
        """SELECT hash, account_id, created_at, seen_at FROM sessions
            WHERE account_id = :account AND seen_at > :after ORDER BY seen_at DESC, hash LIMIT :limit""",
        account=account_id,
        after=seen_after,
        limit=limit,
    )
    return [Session(**dict(row)) for row in rows]


async def end_session(tx: Tx, secret: str) -> int | None:
    """Sign out; return whom."""
    row = await tx.one("SELECT account_id FROM sessions WHERE hash = :hash", hash=hashed(secret))
    await tx.run("DELETE FROM sessions WHERE hash = :hash", hash=hashed(secret))
    return row["account_id"] if row else None


async def end_session_of(tx: Tx, hash: str, *, account_id: int) -> bool:
    """End one of an account's sessions; False when it has none of this hash."""
    return await tx.run("DELETE FROM sessions WHERE hash = :hash AND account_id = :id", hash=hash, id=account_id) == 1


async def end_other_sessions(tx: Tx, account_id: int, *, keep: str) -> None:
    """End every session of an account but that of the secret `keep`."""
    await tx.run("DELETE FROM sessions WHERE account_id = :id AND hash <> :keep", id=account_id, keep=hashed(keep))


async def end_all(tx: Tx, account_id: int, *, keep: str = "") -> None:
    """End every session, token and code of an account at once, but the session of the secret `keep`."""
    await end_other_sessions(tx, account_id, keep=keep)
    for table in ("tokens", "codes"):
        await tx.run(f"DELETE FROM {table} WHERE account_id = :id", id=account_id)


async def add_token(
    tx: Tx,
    *,
    id: int,
    secret: str,
    account_id: int | None,
    name: str,
    scopes: str,
    now: int,
    application_id: int | None = None,
) -> None:
    """Keep an access token of a member for a client, or (without `account_id`) of a client itself."""
    await tx.run(
        """INSERT INTO tokens (hash, id, account_id, application_id, name, scopes, created_at)
           VALUES (:hash, :id, :account, :application, :name, :scopes, :now)""",
        hash=hashed(secret),
        id=id,
        account=account_id,
        application=application_id,
        name=name,
        scopes=scopes,
        now=now,
    )


async def token(tx: Tx, secret: str) -> tuple[int, str] | None:
    """Return (account id, scopes) of a member's access token."""
    row = await tx.one(
        "SELECT account_id, scopes FROM tokens WHERE hash = :hash AND account_id IS NOT NULL", hash=hashed(secret)
    )
    return (row["account_id"], row["scopes"]) if row else None


async def reader(tx: Tx, secret: str, *, now: int) -> tuple[int, str] | None:
    """Return (account id, scopes) of a member's access token, while the member is neither suspended nor deleted.

    Only whoever was noted to be here today (`now`: Unix ms) is found so; others are looked at more closely.
    """
    row = await tx.one(
        """SELECT t.account_id, t.scopes FROM tokens t JOIN accounts a ON a.id = t.account_id
            WHERE t.hash = :hash AND a.suspended_at IS NULL AND a.deleted_at IS NULL
              AND EXISTS (SELECT 1 FROM users u WHERE u.account_id = a.id AND u.seen_day = :day)""",
        hash=hashed(secret),
        day=days(now),
    )
    return (row["account_id"], row["scopes"]) if row else None


async def own_scopes(tx: Tx, secret: str) -> str | None:
    """Return the scopes of a client's own access token, which acts for no member."""
    row = await tx.one(
        "SELECT scopes FROM tokens WHERE hash = :hash AND account_id IS NULL AND application_id IS NOT NULL",
        hash=hashed(secret),
    )
    return row["scopes"] if row else None


async def of_member(tx: Tx, account_id: int, page: Page) -> list[Access]:
    """Return a page of what may act in a member's name, the newest first."""
    rows = await tx.all(
        f"""SELECT t.id, COALESCE(a.name, t.name) AS name, COALESCE(a.website, '') AS website, t.scopes,
                   t.created_at, CASE WHEN a.id IS NULL THEN 1 ELSE 0 END AS personal
              FROM tokens t LEFT JOIN applications a ON a.id = t.application_id
             WHERE t.account_id = :account AND {page.of("t.id")}""",
        account=account_id,
        **page.values,
    )
    found = [
        Access(**{**row, "scopes": tuple(row["scopes"].split()), "personal": bool(row["personal"])})
        for row in map(dict, rows)
    ]
    return page.newest_first(found)


async def end_one(tx: Tx, id: int, *, account_id: int) -> bool:
    """End one of a member's tokens; False when they have none of this id."""
    return await tx.run("DELETE FROM tokens WHERE id = :id AND account_id = :account", id=id, account=account_id) == 1


async def client_of(tx: Tx, secret: str) -> str | None:
    """Return the public name of the client that a token was given to, '' for none; None: there is no such token."""
    row = await tx.one(
        """SELECT COALESCE(a.client_id, '') AS client_id
             FROM tokens t LEFT JOIN applications a ON a.id = t.application_id WHERE t.hash = :hash""",
        hash=hashed(secret),
    )
    return row["client_id"] if row else None


async def end(tx: Tx, secret: str) -> int | None:
    """End a token; return the member it acted for."""
    row = await tx.one("SELECT account_id FROM tokens WHERE hash = :hash", hash=hashed(secret))
    await tx.run("DELETE FROM tokens WHERE hash = :hash", hash=hashed(secret))
    return row["account_id"] if row else None


async def end_older_own(tx: Tx, application_id: int, *, keep: int) -> None:
    """End all but the newest of a client's own tokens."""
    await tx.run(
        """DELETE FROM tokens
            WHERE application_id = :application AND account_id IS NULL
              AND id NOT IN (SELECT id FROM tokens WHERE application_id = :application AND account_id IS NULL
                              ORDER BY id DESC LIMIT :keep)""",
        application=application_id,
        keep=keep,
    )


async def add_invitation(
    tx: Tx, *, secret: str, role: Role, note: str, minor: bool, invited_by: int | None, now: int, expires_at: int
) -> None:
    """Keep an invitation."""
    await tx.run(
        """INSERT INTO invitations (hash, role, note, minor, invited_by, created_at, expires_at)
           VALUES (:hash, :role, :note, :minor, :by, :now, :expires)""",
        hash=hashed(secret),
        role=role.value,
        note=await sealed.text(tx, sealed.NODE, note),
        minor=int(minor),
        by=invited_by,
        now=now,
        expires=expires_at,
    )


async def invitation(tx: Tx, secret: str, *, now: int) -> Invitation | None:
    """Return an invitation that is neither used nor over."""
    row = await tx.one(
        """SELECT hash, role, note, minor, expires_at FROM invitations
            WHERE hash = :hash AND used_at IS NULL AND expires_at > :now""",
        hash=hashed(secret),
        now=now,
    )
    if row is None:
        return None
    note = sealed.read_text(tx, row["note"])
    return Invitation(row["hash"], Role(row["role"]), note, bool(row["minor"]), row["expires_at"])


async def use_invitation(tx: Tx, secret: str, *, now: int) -> bool:
    """Use an invitation up; False when somebody else was faster."""
    return (
        await tx.run(
            "UPDATE invitations SET used_at = :now WHERE hash = :hash AND used_at IS NULL AND expires_at > :now",
            hash=hashed(secret),
            now=now,
        )
        == 1
    )


async def close_invitations(tx: Tx, *, role: Role, now: int) -> None:
    """Make every open invitation to a role unusable."""
    await tx.run(
        "UPDATE invitations SET used_at = :now WHERE role = :role AND used_at IS NULL",
        role=role.value,
        now=now,
    )


async def note_failure(tx: Tx, subjects: list[str], *, now: int) -> None:
    """Remember a wrong password for each subject (a keyed hash of an account's name, of an address)."""
    await tx.many(
        "INSERT INTO login_failures (subject, at) VALUES (:subject, :now)",
        [{"subject": subject, "now": now} for subject in subjects],
    )


async def failures(tx: Tx, subject: str, *, since: int) -> int:
    """Return how many wrong passwords a subject gave since then (Unix ms)."""
    row = await tx.one(
        "SELECT COUNT(*) AS n FROM login_failures WHERE subject = :subject AND at >= :since",
        subject=subject,
        since=since,
    )
    return row["n"] if row else 0


async def forget_failures(tx: Tx, *, before: int) -> None:
    """Drop what no limit looks at any more."""
    await tx.run("DELETE FROM login_failures WHERE at < :before", before=before)


async def forget_idle_sessions(tx: Tx, *, before: int) -> None:
    """End sessions nobody used since then (Unix ms)."""
    await tx.run("DELETE FROM sessions WHERE seen_at < :before", before=before)
