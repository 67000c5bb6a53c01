"""Rows of clients and of the codes they exchange for access tokens. Secrets are stored as SHA-256 only."""

from typing import Any

from node.domain.clients import Application, Code
from node.store.database import Row, Tx
from node.store.tokens import hashed

_COLUMNS = "a.id, a.client_id, a.secret_hash, a.name, a.website, a.redirect_uris, a.scopes, a.created_at"


def _application(row: Row) -> Application:
    values: dict[str, Any] = dict(row)
    values["redirect_uris"] = tuple(values["redirect_uris"].split("\n"))
    values["scopes"] = tuple(values["scopes"].split())
    return Application(**values)


async def add(tx: Tx, application: Application) -> None:
    """Keep a client that registered."""
    await tx.run(
        """INSERT INTO applications (id, client_id, secret_hash, name, website, redirect_uris, scopes, created_at)
           VALUES (:id, :client_id, :secret_hash, :name, :website, :redirect_uris, :scopes, :created_at)""",
        id=application.id,
        client_id=application.client_id,
        secret_hash=application.secret_hash,
        name=application.name,
        website=application.website,
        redirect_uris="\n".join(application.redirect_uris),
        scopes=" ".join(application.scopes),
        created_at=application.created_at,
    )


async def by_client_id(tx: Tx, client_id: str) -> Application | None:
    """Return the client that goes by this public name."""
    row = await tx.one(f"SELECT {_COLUMNS} FROM applications a WHERE a.client_id = :id", id=client_id)
    return _application(row) if row else None


async def of_token(tx: Tx, secret: str) -> Application | None:
    """Return the client that an access token, a member's or the client's own, was given to."""
    row = await tx.one(
        f"""SELECT {_COLUMNS} FROM tokens t JOIN applications a ON a.id = t.application_id
             WHERE t.hash = :hash""",
        hash=hashed(secret),
    )
    return _application(row) if row else None


async def used(tx: Tx, application_id: int, *, now: int) -> None:
    """Note that a member lets a client in."""
    await tx.run("UPDATE applications SET used_at = :now WHERE id = :id", id=application_id, now=now)


async def add_code(tx: Tx, code: Code) -> None:
    """Keep a code a client may exchange for a token."""
    await tx.run(
        """INSERT INTO codes
                  (hash, application_id, account_id, redirect_uri, scopes, challenge, expires_at, token_hash)
           VALUES (:hash, :application, :account, :redirect_uri, :scopes, :challenge, :expires, '')""",
        hash=code.hash,
        application=code.application_id,
        account=code.account_id,
        redirect_uri=code.redirect_uri,
        scopes=" ".join(code.scopes),
        challenge=code.challenge,
        expires=code.expires_at,
    )


async def code(tx: Tx, secret: str) -> Code | None:
    """Return a code, used or not."""
    row = await tx.one(
        """SELECT hash, application_id, account_id, redirect_uri, scopes, challenge, expires_at, token_hash
             FROM codes WHERE hash = :hash""",
        hash=hashed(secret),
    )
    if row is None:
        return None
    values: dict[str, Any] = dict(row)
    return Code(**{**values, "scopes": tuple(values["scopes"].split())})


async def use_code(tx: Tx, hash: str, *, token_hash: str) -> bool:
    """Use a code up for a token; False when another request was faster."""
    return (
        await tx.run(
            "UPDATE codes SET token_hash = :token WHERE hash = :hash AND token_hash = ''", hash=hash, token=token_hash
        )
        == 1
    )


async def revoke_code(tx: Tx, hash: str) -> None:
    """End the token that a code was exchanged for."""
    await tx.run("DELETE FROM tokens WHERE hash IN (SELECT token_hash FROM codes WHERE hash = :hash)", hash=hash)


async def forget_codes(tx: Tx, *, before: int) -> None:
    """Drop codes that were over by then (Unix ms)."""
    await tx.run("DELETE FROM codes WHERE expires_at < :before", before=before)


async def forget_unused(tx: Tx, *, never_before: int, not_since: int) -> int:
    """Drop clients through which no member acts; return how many.

    Those that registered before `never_before` and were never let in, and those last let in before `not_since`
    (both Unix ms).
    """
    return await tx.run(
        """DELETE FROM applications
            WHERE created_at < :registered
              AND (used_at IS NULL OR used_at < :used)
              AND NOT EXISTS (SELECT 1 FROM tokens t
                               WHERE t.application_id = applications.id AND t.account_id IS NOT NULL)""",
        registered=never_before,
        used=not_since,
    )
