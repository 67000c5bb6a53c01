"""What trends: counted from time to time, and looked after by moderators."""

import asyncio
import logging

from node.context import Context
from node.domain.times import DAY_MS
from node.domain.trends import FEWEST_PEOPLE, Kind, Tally, Trend, foremost
from node.store import hashtags, minors, posts, trends

audit = logging.getLogger("allmende.audit")

_AT_ONCE = 200


async def count(ctx: Context) -> None:
    """Count what trends now. Off, what is left of it is forgotten.

    It is read in small parts, so that nobody waits for it who reads or writes meanwhile.
    """
    if not ctx.settings.trends.enabled:
        async with ctx.db.read() as tx:
            if await trends.is_empty(tx):
                return
        async with ctx.change() as change:
            await trends.forget_everything(change.tx)
        return
    found = await _counted(ctx)
    async with ctx.change() as change:
        # What was deleted meanwhile is not counted, and cannot be written down.
        here = await posts.by_ids(change.tx, [int(one.name) for one in found if one.kind is Kind.POST])
        await trends.replace(change.tx, [one for one in found if one.kind is not Kind.POST or int(one.name) in here])


async def _counted(ctx: Context) -> list[Trend]:
    now = ctx.clock()
    tags, links = (Tally(kind, today=now // DAY_MS) for kind in (Kind.TAG, Kind.LINK))
    liked: dict[int, set[int]] = {}
    after = 0
    while True:
        async with ctx.db.read() as tx:
            part = await trends.written(tx, after=after, now=now, limit=_AT_ONCE)
            counted = {one.id: one for one in part if one.counted}
            for tally, used in (
                (tags, await hashtags.of_posts(tx, counted)),
                (links, await trends.links(tx, list(counted))),
            ):
                for id, names in used.items():
                    for name in names:
                        tally.add(name, by=counted[id].author_id, day=counted[id].day)
        for one in part:
            if one.boost_of is not None and one.by_person and one.day >= trends.first_day(now):
                liked.setdefault(one.boost_of, set()).add(one.author_id)
        if len(part) < _AT_ONCE:
            break
        after = part[-1].id
        await asyncio.sleep(0)
    await _add_favourites(ctx, liked, now=now)
    return [*tags.trends(), *links.trends(), *await _posts(ctx, liked)]


async def _add_favourites(ctx: Context, liked: dict[int, set[int]], *, now: int) -> None:
    after = 0
    while True:
        async with ctx.db.read() as tx:
            part = await trends.favourites(tx, after=after, now=now, limit=_AT_ONCE)
        for _, account_id, post_id in part:
            liked.setdefault(post_id, set()).add(account_id)
        if len(part) < _AT_ONCE:
            return
        after = part[-1][0]
        await asyncio.sleep(0)


async def _posts(ctx: Context, liked: dict[int, set[int]]) -> list[Trend]:
    """Return the posts that at least five people other than their authors liked or passed on.

    Nobody under age is put before everybody's eyes.
    """
    many = sorted(id for id, people in liked.items() if len(people) >= FEWEST_PEOPLE)
    found = []
    for start in range(0, len(many), _AT_ONCE):
        async with ctx.db.read() as tx:
            authors = await trends.authors(tx, many[start : start + _AT_ONCE])
            young = await minors.among(tx, authors.values())
        for id, author_id in authors.items():
            people = len(liked[id] - {author_id})
            if people >= FEWEST_PEOPLE and author_id not in young:
                found.append(Trend(Kind.POST, str(id), people))
        await asyncio.sleep(0)
    return foremost(found)


async def refuse(ctx: Context, kind: Kind, name: str) -> Trend:
    """Have something shown no more among what trends, until it is allowed again; return how it stands."""
    async with ctx.change() as change:
        changed = await trends.refuse(change.tx, kind, name, now=change.now)
        found = await trends.one(change.tx, kind, name)
    if changed:
        audit.warning("a %s is not shown any more among what trends", kind)
    return found


async def allow(ctx: Context, kind: Kind, name: str) -> Trend:
    """Have something shown again when it trends; return how it stands."""
    async with ctx.change() as change:
        changed = await trends.allow(change.tx, kind, name)
        found = await trends.one(change.tx, kind, name)
    if changed:
        audit.warning("a %s is shown again when it trends", kind)
    return found
