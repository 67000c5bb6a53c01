"""Certificates of erasures, made out by the node that ordered them, for who asked for it and for the officers."""

import secrets
from collections.abc import Iterable, Sequence

from federation import certificates
from federation.documents import Json
from node.config import Storage
from node.context import Context
from node.domain.erasures import Erasure, Kept, Scope
from node.domain.times import DAY_MS
from node.errors import NotFound
from node.limits import Limits
from node.store import accounts, media, tokens
from node.store import erasures as rows
from node.store.database import Tx
from outbox import as_node


async def certificate(ctx: Context, erasure: Erasure) -> Json:
    """Return the certificate of an erasure as it stands now, signed by the node."""
    now, base = ctx.clock(), ctx.settings.url
    async with ctx.db.read() as tx:
        holders = (await rows.holders(tx, [erasure.id]))[erasure.id]
        node = await as_node.node_of(tx, base)
        key, _ = await as_node.proof_key(tx, node)
        left = await kept_files(tx, [erasure.object], ctx.settings.limits)
        kept = left.get(erasure.object)
        until = backups_until(erasure, kept, ctx.settings.storage)
        body = certificates.render(erasure, holders, base=base, key=key, at=now, backups_until=until, kept=kept)
        return await ctx.keys.prove(tx, node.id, body, now=now)


async def kept_files(tx: Tx, objects: Sequence[str], limits: Limits) -> dict[str, Kept]:
    """Return object (its uri) → the files of it that its author may still use, for those of which there are any."""
    found: dict[str, Kept] = {}
    for file in await media.left_of(tx, objects):
        until = file.created_at + limits.upload_seconds * 1000
        found[file.left_of] = Kept(found[file.left_of].files + 1 if file.left_of in found else 1, until)
    return found


def backups_until(erasure: Erasure, kept: Kept | None, storage: Storage) -> int | None:
    """Return when this node's own last backup that may hold what was erased is gone (Unix ms); kept: see `kept_files`.

    None: it had only to go elsewhere, for what is beyond a bridge stays in the group here.
    """
    if erasure.scope is Scope.BRIDGE:
        return None
    return (kept.until if kept else erasure.ordered_at) + storage.backup_days * DAY_MS


async def by_secret(tx: Tx, secret: str) -> Erasure:
    """Return the erasure that somebody without an account looks after by a link.

    Raises:
        NotFound: there is none.
    """
    found = await rows.by_secret(tx, tokens.hashed(secret))
    if found is None:
        raise NotFound("There is no such page.")
    return found


async def give_secret(ctx: Context, object: str) -> str:
    """Return a secret with which the latest erasure of an object (its uri) can be looked after; earlier ones end."""
    secret = secrets.token_urlsafe(24)
    async with ctx.change() as change:
        await rows.put_secret(change.tx, object, tokens.hashed(secret))
    return secret


async def known_keys(tx: Tx, nodes: Iterable[str]) -> dict[str, str]:
    """Return node (an actor's uri) → the public key with which it signs documents, as this node knows it."""
    found = {}
    for account in await accounts.by_uris(tx, nodes):
        for row in await accounts.keys_of(tx, account.id):
            if row["algorithm"] == "ed25519":
                found[account.uri] = row["public"]
    return found
