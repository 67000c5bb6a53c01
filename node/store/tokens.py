"""Rows of sessions, access tokens, invitations and failed sign-ins. Secrets are stored as SHA-256 only."""

import hashlib
import secrets
from dataclasses import dataclass

from node.domain.accounts import Role
from node.store.database import Tx


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
    """An open invitation to become a member."""

    hash: str
    role: Role
    note: str
    expires_at: int


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


async def end_session(tx: Tx, secret: str) -> None:
    """Sign out."""
    await tx.run("DELETE FROM sessions WHERE hash = :hash", hash=hashed(secret))


async def end_all(tx: Tx, account_id: int) -> None:
    """End every session and token of an account at once."""
    await tx.run("DELETE FROM sessions WHERE account_id = :id", id=account_id)
    await tx.run("DELETE FROM tokens WHERE account_id = :id", id=account_id)


async def add_token(tx: Tx, *, secret: str, account_id: int, name: str, scopes: str, now: int) -> None:
    """Keep an access token for a client."""
    await tx.run(
        """INSERT INTO tokens (hash, account_id, name, scopes, created_at)
           VALUES (:hash, :account, :name, :scopes, :now)""",
        hash=hashed(secret),
        account=account_id,
        name=name,
        scopes=scopes,
        now=now,
    )


async def token(tx: Tx, secret: str) -> tuple[int, str] | None:
    """Return (account id, scopes) of an access token."""
    row = await tx.one("SELECT account_id, scopes FROM tokens WHERE hash = :hash", hash=hashed(secret))
    return (row["account_id"], row["scopes"]) if row else None


async def add_invitation(
    tx: Tx, *, secret: str, role: Role, note: str, invited_by: int | None, now: int, expires_at: int
) -> None:
    """Keep an invitation."""
    await tx.run(
        """INSERT INTO invitations (hash, role, note, invited_by, created_at, expires_at)
           VALUES (:hash, :role, :note, :by, :now, :expires)""",
        hash=hashed(secret),
        role=role.value,
        note=note,
        by=invited_by,
        now=now,
        expires=expires_at,
    )


async def invitation(tx: Tx, secret: str, *, now: int) -> Invitation | None:
    """Return an invitation that is neither used nor over."""
    row = await tx.one(
        """SELECT hash, role, note, expires_at FROM invitations
            WHERE hash = :hash AND used_at IS NULL AND expires_at > :now""",
        hash=hashed(secret),
        now=now,
    )
    return Invitation(row["hash"], Role(row["role"]), row["note"], row["expires_at"]) if row else None


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
    """Remember a wrong password for each subject (an account's name, an address)."""
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
