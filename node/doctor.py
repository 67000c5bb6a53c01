"""Looks a node over, and says what to do about what it finds."""

import asyncio
import os
import shutil
from dataclasses import dataclass
from importlib.metadata import packages_distributions
from urllib.parse import urlsplit

from federation import resolve
from federation.errors import FederationError
from federation.wire import ACCEPT_DOCUMENT
from moderation import silence
from node.adapters import films
from node.adapters.content_keys import WRITTEN, ContentKeys
from node.adapters.files import UNKNOWN, new_name
from node.config import is_loopback
from node.context import Context
from node.domain import uris
from node.domain.times import DAY_MS
from node.errors import AllmendeError
from node.store import accounts, nodes, queues, sealed

_ROOMS = ("node", "federation", "inbox", "outbox", "moderation", "themes")
_LITTLE_SPACE = 500 * 1024 * 1024
_DRIFT_MINUTES = 5
_OLD_BACKUP_DAYS = 7
_LOOKED_AT = 1_000


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing looked at; `text` says what is so, or what to do."""

    name: str
    ok: bool
    text: str


async def examine(ctx: Context) -> list[Finding]:
    """Return what was found, in the order in which it should be mended."""
    return [
        _rooms(),
        _address(ctx),
        await _keys(ctx),
        await _seals(ctx),
        _storage(ctx),
        await _media(ctx),
        await _films(),
        await _backups(ctx),
        await _reachable(ctx),
        await _administrator(ctx),
        contact(ctx),
        _imprint(ctx),
        *await _others(ctx),
        await _stuck(ctx),
        await _silent(ctx),
    ]


def _rooms() -> Finding:
    """Our packages have plain names: another distribution in the same environment may bring one of them, too."""
    owners = packages_distributions()
    others = {name for room in _ROOMS for name in owners.get(room, []) if name.lower() != "allmende"}
    if others:
        named = ", ".join(sorted(others))
        return Finding("packages", False, f"{named} has modules of our names. Use a venv of its own.")
    return Finding("packages", True, "no other package has our names")


def _address(ctx: Context) -> Finding:
    host = urlsplit(ctx.settings.url).hostname or ""
    if is_loopback(host):
        return Finding("address", True, f"{ctx.settings.url}: for development, on this machine only")
    return Finding("address", True, ctx.settings.url)


def contact(ctx: Context) -> Finding:
    """Whoever wants to know, complain or object has to find somebody to ask; on one's own machine nobody does."""
    node = ctx.settings.node
    if not node.contact:
        return Finding("contact", node.development, "pages name nobody to ask. Set node.contact to a mail address.")
    if not node.officer:
        text = f"{node.contact}; a data protection officer, if there is one, goes into node.officer"
        return Finding("contact", True, text)
    return Finding("contact", True, f"{node.contact}, and {node.officer} for data protection")


async def _keys(ctx: Context) -> Finding:
    try:
        await resolve.node_signature(ctx)
    except AllmendeError as error:
        return Finding("keys", False, error.message)
    return Finding("keys", True, "the node can sign")


async def _seals(ctx: Context) -> Finding:
    """What people wrote must be readable by this node, and its keys by nobody else."""
    path = ctx.settings.content_keys
    async with ctx.db.read() as tx:
        newest = await accounts.newest_ids(tx, limit=_LOOKED_AT)
    lost = [id for id in newest if not ctx.db.seals.holds(sealed.of_account(id))]
    if lost:
        text = f"{len(lost)} accounts have no key in {path}: it is older than the database. Copy a newer one back."
        return Finding("seals", False, text)
    if path.stat().st_mode & 0o077:
        return Finding("seals", False, f"{path} can be read by others. Run: chmod 600 {path}")
    return Finding("seals", True, f"what people wrote is sealed with {path}")


def _storage(ctx: Context) -> Finding:
    data = ctx.settings.data
    if not os.access(data, os.W_OK):
        return Finding("storage", False, f"{data} is not writable. Check its owner.")
    free = shutil.disk_usage(data).free
    if free < _LITTLE_SPACE:
        return Finding("storage", False, f"only {free // 1024 // 1024} MiB free in {data}. Make room.")
    return Finding("storage", True, f"{ctx.db.dialect}, {free // 1024 // 1024 // 1024} GiB free")


async def _media(ctx: Context) -> Finding:
    name = new_name(UNKNOWN)
    try:
        await ctx.files.put(name, b"allmende doctor")
        await ctx.files.erase([name])
    except (AllmendeError, OSError):
        where = ctx.settings.storage.media or str(ctx.settings.data)
        return Finding("media", False, f"files cannot be written to {where}. Look at its owner, or the AWS_ variables.")
    return Finding("media", True, f"files are kept in {ctx.settings.storage.media or 'a folder beside the database'}")


async def _backups(ctx: Context) -> Finding:
    last = await asyncio.to_thread(ContentKeys(ctx.settings.content_keys).noted, WRITTEN)
    if last is None:
        return Finding("backups", True, "none was written yet: allmende backup PATH --keys FOLDER")
    days = (ctx.clock() - last) // DAY_MS
    if days > _OLD_BACKUP_DAYS:
        return Finding("backups", False, f"the last one is {days} days old. Let one be made each night.")
    return Finding("backups", True, f"the last one is {days} days old")


async def _films() -> Finding:
    """Not every node wants them: one that cannot take films and sounds is in order, and says so when one comes."""
    return Finding("films", True, await films.missing() or "films and sounds can be taken")


async def _reachable(ctx: Context) -> Finding:
    own = ctx.settings.authority
    try:
        await resolve.document(ctx, uris.node(ctx.settings.url), allowed=frozenset({own}))
    except FederationError as error:
        return Finding(
            "reachable", False, f"{ctx.settings.url} does not answer as this node ({error.message}). "
            "Is it running, and does the proxy pass the Host header on?"
        )  # fmt: skip
    return Finding("reachable", True, "the public address leads here")


async def _administrator(ctx: Context) -> Finding:
    async with ctx.db.read() as tx:
        admins = await accounts.count_active_admins(tx)
    if not admins:
        return Finding("administrator", False, "there is none. Run: allmende invite --role admin")
    return Finding("administrator", True, f"{admins} can sign in")


def _imprint(ctx: Context) -> Finding:
    """Imprint and privacy notice have to say who is responsible; on one's own machine nobody reads them."""
    node = ctx.settings.node
    if node.controller and node.address:
        return Finding("imprint", True, f"{node.controller} is responsible")
    text = "it does not say who is responsible. Set node.controller and node.address."
    return Finding("imprint", node.development, text)


async def _others(ctx: Context) -> list[Finding]:
    async with ctx.db.read() as tx:
        members = await nodes.members(tx)
    others = [one for one in members if one.host != ctx.settings.authority and one.shared_inbox]
    found = await asyncio.gather(*[_other(ctx, member) for member in others])
    drifts = [drift for _, drift in found if drift is not None]
    return [_clock(drifts), *[finding for finding, _ in found]]


async def _other(ctx: Context, member: nodes.Member) -> tuple[Finding, int | None]:
    """Knock at another node, signed; return what it said, and by how many ms its clock is ahead of ours."""
    try:
        reply = await ctx.wire.get(
            f"{member.uri}/outbox",
            accept=ACCEPT_DOCUMENT,
            sign=await resolve.node_signature(ctx),
            max_bytes=ctx.settings.limits.fetched_document,
            may_contact=lambda authority: authority == member.host,
        )
    except AllmendeError as error:
        return Finding(member.host, False, f"{error.message}. Is it running?"), None
    drift = None if reply.date is None else reply.date - ctx.clock()
    match reply.status:
        case 200:
            return Finding(member.host, True, "answers, and takes our signature"), drift
        case 401 | 403:
            text = "does not take our signature. Compare the clocks, and `allmende org members` on both."
            return Finding(member.host, False, text), drift
        case _:
            return Finding(member.host, False, f"answers {reply.status}. Look at its log."), drift


def _clock(drifts: list[int]) -> Finding:
    """Most of the other nodes are right about the time: what counts is the one in the middle."""
    if not drifts:
        return Finding("clock", True, "there is no other node to compare it with")
    minutes = sorted(drifts)[len(drifts) // 2] / 60_000
    if abs(minutes) > _DRIFT_MINUTES:
        where = "behind" if minutes > 0 else "ahead of"
        return Finding("clock", False, f"it is {abs(minutes):.0f} minutes {where} the other nodes. Set it by NTP.")
    return Finding("clock", True, "it agrees with the other nodes")


async def _stuck(ctx: Context) -> Finding:
    async with ctx.db.read() as tx:
        rows = await queues.stuck(tx, limit=1_000)
    if rows:
        return Finding("deliveries", False, f"{len(rows)} are stuck. Run: allmende deliveries list")
    return Finding("deliveries", True, "nothing is stuck")


async def _silent(ctx: Context) -> Finding:
    async with ctx.db.read() as tx:
        found = await silence.warned_of(tx, ctx.settings.retention)
    if found:
        said = ", ".join(f"{host} for {gone} days ({left} are left)" for host, gone, left in found)
        return Finding("silence", False, f"nothing is heard of {said}. Then what is here of its people is erased.")
    return Finding("silence", True, "no node is silent for long")
