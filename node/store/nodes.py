"""Rows of the organisation, its members, and how contact with each host stands."""

from dataclasses import dataclass

from node.store.database import Tx


@dataclass(frozen=True, slots=True)
class Organisation:
    """The organisation this node belongs to.

    uri: its actor's id, at the founding node `host`. members: the id of its members collection.
    key: the founder's Ed25519 key as a multikey, under `key_id`. version, document: the newest list.
    """

    uri: str
    members: str
    name: str
    host: str
    key: str
    key_id: str
    version: int
    document: bytes


@dataclass(frozen=True, slots=True)
class Member:
    """A node of the organisation, or (kind "admitted") a server with other software."""

    host: str
    uri: str
    kind: str
    name: str
    shared_inbox: str


async def organisation(tx: Tx) -> Organisation | None:
    """Return our organisation, None when this node stands alone."""
    row = await tx.one("SELECT uri, members, name, host, key, key_id, version, document FROM organisation WHERE id = 1")
    return Organisation(**dict(row)) if row else None


async def members_collection(tx: Tx) -> str:
    """Return the id of our organisation's collection of members, '' when this node stands alone."""
    row = await tx.one("SELECT members FROM organisation WHERE id = 1")
    return row["members"] if row else ""


async def put_organisation(tx: Tx, organisation: Organisation, members: list[Member]) -> None:
    """Replace what we know of our organisation by this version."""
    await tx.run("DELETE FROM organisation")
    await tx.run(
        """INSERT INTO organisation (id, uri, members, name, host, key, key_id, version, document)
           VALUES (1, :uri, :members, :name, :host, :key, :key_id, :version, :document)""",
        **{name: getattr(organisation, name) for name in Organisation.__slots__},
    )
    await tx.run("DELETE FROM organisation_members")
    await tx.many(
        """INSERT INTO organisation_members (host, uri, kind, name, shared_inbox)
           VALUES (:host, :uri, :kind, :name, :shared_inbox)""",
        [{name: getattr(member, name) for name in Member.__slots__} for member in members],
    )


async def leave_organisation(tx: Tx) -> None:
    """Stand alone again."""
    await tx.run("DELETE FROM organisation")
    await tx.run("DELETE FROM organisation_members")


async def members(tx: Tx) -> list[Member]:
    """Return every node of the organisation, this one included."""
    rows = await tx.all("SELECT host, uri, kind, name, shared_inbox FROM organisation_members ORDER BY host")
    return [Member(**dict(row)) for row in rows]


async def member(tx: Tx, host: str) -> Member | None:
    """Return the member at this host; None: it does not belong to us."""
    row = await tx.one(
        "SELECT host, uri, kind, name, shared_inbox FROM organisation_members WHERE host = :host", host=host
    )
    return Member(**dict(row)) if row else None


async def members_named(tx: Tx, hosts: list[str]) -> set[str]:
    """Return which of these hosts belong to the organisation; one query."""
    rows = await tx.all("SELECT host FROM organisation_members WHERE host IN (:hosts)", hosts=sorted(set(hosts)))
    return {row["host"] for row in rows}


async def kindred(tx: Tx) -> set[str]:
    """Return the hosts of the organisation that run this software, this one included: they sign for what they do."""
    rows = await tx.all("SELECT host FROM organisation_members WHERE kind <> 'admitted'")
    return {row["host"] for row in rows}


async def admitted(tx: Tx) -> set[str]:
    """Return the hosts of the organisation that run other software."""
    rows = await tx.all("SELECT host FROM organisation_members WHERE kind = 'admitted'")
    return {row["host"] for row in rows}


# Invitations of new nodes


async def add_invitation(tx: Tx, *, hash: str, now: int, expires_at: int) -> None:
    """Keep the hash of a one-time code."""
    await tx.run(
        """INSERT INTO organisation_invitations (hash, created_at, expires_at, used_by)
           VALUES (:hash, :now, :expires, '')""",
        hash=hash,
        now=now,
        expires=expires_at,
    )


async def invitation_is_open(tx: Tx, hash: str, *, now: int) -> bool:
    """Tell whether a code may still be used."""
    found = await tx.one(
        "SELECT 1 AS found FROM organisation_invitations WHERE hash = :hash AND used_at IS NULL AND expires_at > :now",
        hash=hash,
        now=now,
    )
    return found is not None


async def use_invitation(tx: Tx, hash: str, *, host: str, now: int) -> bool:
    """Use a code up; False when it was used or is over."""
    return (
        await tx.run(
            """UPDATE organisation_invitations SET used_at = :now, used_by = :host
                WHERE hash = :hash AND used_at IS NULL AND expires_at > :now""",
            hash=hash,
            host=host,
            now=now,
        )
        == 1
    )


# Contact


async def host_failures(tx: Tx, host: str) -> int:
    """Return how many deliveries to a host failed in a row."""
    row = await tx.one("SELECT failures FROM hosts WHERE host = :host", host=host)
    return row["failures"] if row else 0


async def host_answered(tx: Tx, hosts: list[str], *, now: int) -> None:
    """Close the breaker of hosts that took a delivery."""
    await tx.many(
        """INSERT INTO hosts (host, failures, open_until, last_ok_at, last_error) VALUES (:host, 0, 0, :now, '')
           ON CONFLICT (host) DO UPDATE SET failures = 0, open_until = 0, last_ok_at = excluded.last_ok_at,
              last_error = '', silent_days = 0""",
        [{"host": host, "now": now} for host in sorted(set(hosts))],
    )


async def host_failed(tx: Tx, host: str, *, failures: int, open_until: int, error: str) -> None:
    """Note a failure and until when nothing is sent there."""
    await tx.run(
        """INSERT INTO hosts (host, failures, open_until, last_error) VALUES (:host, :failures, :until, :error)
           ON CONFLICT (host) DO UPDATE SET failures = excluded.failures, open_until = excluded.open_until,
              last_error = excluded.last_error""",
        host=host,
        failures=failures,
        until=open_until,
        error=error,
    )


async def is_waiting_for(tx: Tx, host: str) -> bool:
    """Tell whether a host's breaker is open, its deliveries are being retried, or nothing was heard of it for days."""
    found = await tx.one(
        "SELECT 1 AS found FROM hosts WHERE host = :host AND (failures > 0 OR silent_days > 0)", host=host
    )
    return found is not None


async def host_is_back(tx: Tx, host: str, *, now: int) -> None:
    """A host that we could not reach speaks to us: send what waits for it now."""
    await tx.run("UPDATE hosts SET failures = 0, open_until = 0, silent_days = 0 WHERE host = :host", host=host)
    await tx.run(
        "UPDATE deliveries SET due_at = :now WHERE host = :host AND state = 'due' AND due_at > :now",
        host=host,
        now=now,
    )
