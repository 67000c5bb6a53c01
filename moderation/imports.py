"""A member brings along what they had elsewhere: whom they follow, mute and block, lists, bookmarks, and own posts.

The file is read once, into a list of entries; a loop does these one after the other, so that a restart loses nothing
and doing one twice changes nothing. Nothing of what is here is taken away, but what a block or a mute ends by itself.
"""

import asyncio
import logging
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from federation import resolve
from federation.errors import FederationError, Unreachable
from moderation import import_posts
from moderation.import_reading import Found, read
from node.adapters.files import UNKNOWN
from node.adapters.unpacking import Bounds
from node.context import Context
from node.domain.accounts import Account
from node.domain.imports import AUDIENCES, MOST_TRIES, Import, Item, Json, Kind, State
from node.domain.lists import List
from node.domain.personas import check_oneself
from node.domain.text import plain
from node.domain.visibility import Visibility
from node.effects import files, lists
from node.effects import relationships as effects
from node.errors import AllmendeError, Conflict, Forbidden, NotFound, Throttled, Unavailable
from node.store import accounts, media, mutes, nodes, relationships
from node.store import imports as rows
from node.store import lists as list_rows
from outbox import reactions
from outbox import relationships as commands

log = logging.getLogger("allmende.imports")

_AT_ONCE = 25
_LEASE_MS = 900_000
_REST_SECONDS = 2.0
_LATER_MS = 60_000


async def begin(ctx: Context, owner: Account, path: Path, name: str, audience: Visibility) -> Import:
    """Take a file that a member brings; what is in it is done in the background. audience: for whom its posts shall be.

    Raises:
        Invalid: it is nothing that we know, damaged, dangerous or too large. Conflict: an earlier one is not done.
        Forbidden: a persona, or a guest for the unit. Throttled: too often.
    """
    check_oneself(owner)
    if audience not in AUDIENCES or (audience is Visibility.UNIT and owner.guest):
        raise Forbidden("Old posts are for yourself, or for your own unit.")
    limits = ctx.settings.limits
    ctx.rates.take(f"import {owner.id}", most=limits.imports_per_member)
    async with ctx.db.read() as tx:
        members = await nodes.members_collection(tx)
    beside = path.with_name("archive")
    bounds = Bounds(limits.import_entries, limits.import_unpacked)
    found = await asyncio.to_thread(
        read, path, name, bounds=bounds, most=limits.import_items, beside=beside, members=members
    )
    source = beside if beside.exists() else path
    kept = (await files.put(ctx, (source, UNKNOWN)))[0] if found.pictures else ""
    async with ctx.change() as change:
        if any(one.finished_at is None for one in await rows.of_account(change.tx, owner.id)):
            raise Conflict("What you brought before is not done yet. Wait until it is.")
        await files.keep(change, kept)
        id, said = change.new_id(), plain(name, longest=limits.name_length)
        made = Import(id, owner.id, said, audience, kept, found.left_out, change.now, None)
        await rows.put(change.tx, made, _items(change.new_id, found))
    return made


def _items(new_id: Callable[[], int], found: Found) -> list[Item]:
    return [Item(new_id(), kind, content) for kind, content in found.entries]


# Entries, one after the other


async def run(ctx: Context) -> None:
    """Do what members brought, until cancelled."""
    while True:
        if not await work(ctx):
            await asyncio.sleep(_REST_SECONDS)


async def work(ctx: Context) -> bool:
    """Do some entries of the import that waited longest; False: none waits."""
    async with ctx.db.write() as tx:
        one = await rows.claim(tx, now=ctx.clock(), lease=_LEASE_MS)
    if one is None:
        return False
    async with ctx.db.read() as tx:
        owner, items = await accounts.by_id(tx, one.account_id), await rows.due(tx, one.id, limit=_AT_ONCE)
    if owner is None or not owner.may_act or not items:
        await _finish(ctx, one)
        return True
    held_up = False
    async with _archive(ctx, one, items) as archive:
        for item in items:
            held_up = not await _do(ctx, owner, one, item, archive) or held_up
    async with ctx.change() as change:
        await rows.release(change.tx, one.id, until=change.now + (_LATER_MS if held_up else 0))
    return True


async def _finish(ctx: Context, one: Import) -> None:
    async with ctx.change() as change:
        await rows.finish(change.tx, one.id, now=change.now)
        await media.doom(change.tx, [one.file])


@asynccontextmanager
async def _archive(ctx: Context, one: Import, items: list[Item]) -> AsyncIterator[Path | None]:
    """Have the archive on the disk while pictures of it are needed."""
    if not one.file or not any(item.content.get("files") for item in items):
        yield None
        return
    folder = ctx.settings.incoming
    await asyncio.to_thread(folder.mkdir, mode=0o700, parents=True, exist_ok=True)
    with TemporaryDirectory(dir=folder, ignore_cleanup_errors=True) as own:
        path = Path(own) / "archive"
        content = await ctx.files.get(one.file)
        with path.open("wb") as file:
            async for chunk in content.chunks:
                await asyncio.to_thread(file.write, chunk)
        yield path


async def _do(ctx: Context, owner: Account, one: Import, item: Item, archive: Path | None) -> bool:
    """Do one entry and write down how it ended; False: it could not be done for the moment."""
    try:
        state, reason = State.DONE, await _act(ctx, owner, one, item, archive)
    except (Unreachable, Unavailable, Throttled) as error:
        if item.tries + 1 < MOST_TRIES:
            async with ctx.change() as change:
                await rows.again(change.tx, item.id)
            return False
        state, reason = State.FAILED, _reason(error)
    except AllmendeError as error:
        state, reason = State.FAILED, _reason(error)
    except Exception:
        log.exception("an entry of import %d cannot be done", one.id)
        state, reason = State.FAILED, "Something went wrong here."
    async with ctx.change() as change:
        await rows.settle(change.tx, item.id, state, reason=reason)
    return True


def _reason(error: AllmendeError) -> str:
    if isinstance(error, FederationError):
        return "The other node cannot be asked at the moment. Try again later."
    return error.message if error.places else error.phrase


async def _act(ctx: Context, owner: Account, one: Import, item: Item, archive: Path | None) -> str:
    """Do what one entry asks for; return what of it could not be done, a phrase."""
    content = item.content
    match item.kind:
        case Kind.POST:
            return await import_posts.bring(ctx, owner, one, content, archive)
        case Kind.BOOKMARK:
            await _bookmark(ctx, owner, content["uri"])
        case Kind.MUTE_HOST:
            await commands.mute_host(ctx, owner, content["host"])
        case Kind.BLOCK:
            await commands.block(ctx, owner, (await _person(ctx, content["who"])).id)
        case Kind.MUTE:
            await _mute(ctx, owner, await _person(ctx, content["who"]), notifications=content["notifications"])
        case Kind.FOLLOW:
            await _follow(ctx, owner, await _person(ctx, content["who"]), content)
        case Kind.LIST:
            await _list(ctx, owner, content)
    return ""


async def _person(ctx: Context, who: str) -> Account:
    """Return whom an address in a table means.

    Raises:
        NotFound: nobody here or at a node of the organisation. FederationError: their node does not answer.
    """
    username, _, host = who.partition("@")
    found = await resolve.handle(ctx, username, host) if username else None
    if found is None:
        raise NotFound("Nobody of this address is in the organisation.")
    return found


async def _follow(ctx: Context, owner: Account, target: Account, content: Json) -> None:
    async with ctx.db.read() as tx:
        if await relationships.between(tx, follower_id=owner.id, target_id=target.id) is not None:
            return  # as it is, and not otherwise
    await commands.follow(
        ctx,
        owner,
        target.id,
        boosts=content["boosts"],
        notify=content["notify"],
        languages=tuple(content["languages"]),
    )


async def _mute(ctx: Context, owner: Account, target: Account, *, notifications: bool) -> None:
    async with ctx.change() as change:
        if target.id in await mutes.ends(change.tx, owner.id, [target.id]):
            return  # as it is, and not otherwise
        await effects.mute(change, owner, target, notifications=notifications, seconds=0)


async def _list(ctx: Context, owner: Account, content: Json) -> None:
    title = content["title"]
    person = await _person(ctx, content["who"]) if content["who"] else None
    async with ctx.change() as change:
        known = next((one for one in await list_rows.of_member(change.tx, owner.id) if one.title == title), None)
        into = known or await lists.create(change, List(change.new_id(), owner.id, title))
        if person is not None and person.id not in await list_rows.member_ids(change.tx, into.id):
            await lists.add(change, owner, into, [person.id])


async def _bookmark(ctx: Context, owner: Account, uri: str) -> None:
    post = await resolve.post(ctx, uri)
    if post is None:
        raise NotFound("This post is not there any more, or not for you.")
    await reactions.bookmark(ctx, owner, post.id)


async def forget(ctx: Context) -> None:
    """Forget what was brought long ago; what it became stays."""
    async with ctx.change() as change:
        await rows.forget(change.tx, before=change.now - ctx.settings.limits.done_rows_seconds * 1000)
