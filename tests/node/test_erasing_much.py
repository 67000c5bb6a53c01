"""An erasure of hundreds of posts: each goes from wherever it was and is told, and nobody else waits for it."""

import asyncio
from collections import Counter

from node.domain.events import PostDeleted
from node.domain.posts import Draft
from node.domain.visibility import Visibility
from node.effects import accounts as effects
from node.store import posts as rows
from node.store import queues
from outbox import posts, profiles, reactions, relationships
from tests.clients import house
from tests.patience import PATIENCE_SECONDS

_MANY = 230
"""More than are erased at once."""


async def write(home, author, *texts, visibility=Visibility.UNIT, **more):
    return [await posts.publish(home.ctx, author.account, Draft(text, visibility, **more)) for text in texts]


async def erased(home, member):
    """Erase a member; return post id → into whose home or lists it came, of every post that is told to be gone."""
    with home.ctx.hub.listen(PostDeleted) as heard:
        await profiles.delete(home.ctx, member.account)
        told = await heard.next(seconds=PATIENCE_SECONDS)
    assert max(Counter(event.post_id for event in told).values(), default=0) <= 1, "each is told once"
    return {event.post_id: set(event.had) for event in told}


async def test_all_of_somebody_goes_and_is_told_however_much_it_is(tmp_path, database):
    async with house(tmp_path, database=database) as home:
        ada, ben = await home.member("ada"), await home.member("ben")
        await relationships.follow(home.ctx, ben.account, ada.account.id)
        made = await write(home, ada, *[f"Note {number}" for number in range(_MANY)])
        told = await erased(home, ada)
        assert told.keys() == {post.id for post in made}
        assert all(ben.account.id in had for had in told.values())
        async with home.ctx.db.read() as tx:
            assert await rows.uris_by(tx, ada.account.uri) == []
            graves = await tx.all("SELECT uri FROM tombstones WHERE by = :by", by=ada.account.uri)
        assert {row["uri"] for row in graves} == {ada.account.uri, *[post.uri for post in made]}


async def test_what_somebody_answered_passed_on_and_quoted_counts_them_no_more(tmp_path, database):
    async with house(tmp_path, database=database) as home:
        ada, ben, carla = [await home.member(name) for name in ("ada", "ben", "carla")]
        wide = {"visibility": Visibility.ORGANISATION}
        (asked,) = await write(home, ben, "Who comes?", quote_policy="public", **wide)
        (own,) = await write(home, ada, "Lunch", **wide)
        for answered in (asked, asked, own):
            await write(home, ada, "I", reply_to_id=answered.id, **wide)
        await write(home, carla, "I, too", reply_to_id=asked.id, **wide)
        await write(home, ada, "See there", quote_of=asked.id, **wide)
        for member, passed_on in ((ada, asked), (carla, asked), (ada, own)):
            await reactions.boost(home.ctx, member.account, passed_on.id)

        async def counts():
            found = (await ben.get(f"/api/v1/statuses/{asked.id}")).body
            return found["replies_count"], found["reblogs_count"], found["quotes_count"]

        assert await counts() == (3, 2, 1)
        await erased(home, ada)
        assert await counts() == (1, 1, 0)


async def test_a_conversation_ends_with_the_last_message_that_is_left(tmp_path, database):
    async with house(tmp_path, database=database) as home:
        ada, ben, carla = [await home.member(name) for name in ("ada", "ben", "carla")]
        narrow = {"visibility": Visibility.DIRECT}
        (first,) = await write(home, ben, "@ada are you there?", **narrow)
        (second,) = await write(home, ada, "@ben yes", reply_to_id=first.id, **narrow)
        await write(home, ada, "@ben why?", reply_to_id=second.id, **narrow)
        await write(home, ada, "@carla @ben wants something", "@carla never mind", **narrow)
        assert len((await carla.get("/api/v1/conversations")).body) == 2
        await erased(home, ada)
        (left,) = (await ben.get("/api/v1/conversations")).body
        assert left["last_status"]["id"] == str(first.id)
        assert (await carla.get("/api/v1/conversations")).body == []


async def test_each_that_is_gone_is_told_to_those_who_had_it(tmp_path, database):
    async with house(tmp_path, database=database) as home:
        ada, ben, carla, dan = [await home.member(name) for name in ("ada", "ben", "carla", "dan")]
        await relationships.follow(home.ctx, ben.account, ada.account.id)
        await relationships.follow(home.ctx, dan.account, carla.account.id)
        (wide,) = await write(home, ada, "For all", visibility=Visibility.ORGANISATION)
        (message,) = await write(home, ada, "@carla for you", visibility=Visibility.DIRECT)
        boost = await reactions.boost(home.ctx, carla.account, wide.id)
        assert await erased(home, ada) == {
            wide.id: {ada.account.id, ben.account.id},
            message.id: {ada.account.id, carla.account.id},
            boost.id: {carla.account.id, dan.account.id},
        }


async def test_others_have_their_turn_while_much_is_erased(tmp_path, database):
    async with house(tmp_path, database=database) as home:
        ada = await home.member("ada")
        await write(home, ada, *[f"Note {number}" for number in range(_MANY)])
        turns = 0

        async def others():
            nonlocal turns
            while True:
                await asyncio.sleep(0)
                turns += 1

        waiting = asyncio.create_task(others())
        await asyncio.sleep(0)
        async with home.ctx.change() as change:
            turns = 0
            await effects.bury(change, ada.account)
            had = turns
        waiting.cancel()
        assert had >= 2, "once for each part of it"


async def test_an_erasure_takes_no_longer_where_much_else_is(tmp_path):
    async with house(tmp_path) as home:
        ada, ben, carla = [await home.member(name) for name in ("ada", "ben", "carla")]
        for member in (ada, carla):
            await write(home, member, *[f"Note {number}" for number in range(20)])

        async def steps(member):
            """Return how much SQLite had to do for an erasure, in hundreds of its steps."""
            done = Counter()
            async with home.ctx.change() as change:
                change.tx._raw.set_progress_handler(lambda: done.update(steps=1), 100)
                await effects.bury(change, member.account)
                change.tx._raw.set_progress_handler(None, 0)
            return done["steps"]

        before = await steps(ada)
        await write(home, ben, *[f"Other {number}" for number in range(100)])
        async with home.ctx.change() as change:
            kept = [
                queues.InboxRow(
                    id, f"http://elsewhere/{id}", "Create", "http://elsewhere", "elsewhere", f"{id}", b"", 0, 0
                )
                for id in range(1, 1_000)
            ]
            await queues.put_inbox(change.tx, kept)
        assert await steps(carla) < 1.2 * before


async def test_no_row_that_goes_lets_a_whole_table_be_read_for_what_hangs_on_it(tmp_path):
    async with house(tmp_path) as home, home.ctx.db.read() as tx:
        tables = [row["name"] for row in await tx.all("SELECT name FROM sqlite_master WHERE type = 'table'")]
        for table in tables:
            for tie in await tx.all(f"PRAGMA foreign_key_list({table})"):
                found = f"SELECT 1 FROM {table} WHERE {tie['from']} = :id"
                (plan, *_) = await tx.all(f"EXPLAIN QUERY PLAN {found}", id=1)
                assert plan["detail"].startswith("SEARCH"), f"{table}.{tie['from']} has no index: {plan['detail']}"
