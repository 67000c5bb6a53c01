"""A key that is lost takes what it sealed, and nothing else: no page, no loop and nobody else's words."""

from moderation import export
from node import jobs
from node.adapters.content_keys import ContentKeys
from node.adapters.seals import Seals
from node.domain.posts import Draft
from node.domain.times import DAY_MS
from node.domain.visibility import Visibility
from node.errors import AllmendeError
from node.store import posts as rows
from node.store import sealed
from outbox import drafts, scheduled
from tests.village import village


async def test_what_was_planned_and_kept_by_others_goes_on_when_the_key_of_one_is_lost(tmp_path):
    async with village(tmp_path, "lyon") as there:
        (lyon,) = there.houses.values()
        ctx, due = lyon.ctx, there.clock.now + DAY_MS
        ada, ben = await lyon.member("ada"), await lyon.member("ben")
        kept = {}
        for who in (ada, ben):
            await scheduled.plan(ctx, who, Draft(f"From {who.username}", Visibility.UNIT), due=due)
            kept[who.id] = await drafts.keep(ctx, who, [("text", "Not yet")])
        ContentKeys(ctx.settings.content_keys).destroy([sealed.of_account(ada.id)])
        ctx.db.seals = Seals(ContentKeys(ctx.settings.content_keys))  # as after a new start
        there.clock.now += 2 * DAY_MS
        await scheduled.publish_due(ctx)
        async with ctx.db.read() as tx:
            (published,) = (await rows.by_ids(tx, [row["id"] for row in await tx.all("SELECT id FROM posts")])).values()
        assert "From ben" in published.content
        assert await drafts.mine(ctx, ada) == []
        assert [pairs for _, pairs in await drafts.mine(ctx, ben)] == [[("text", "Not yet")]]
        assert len(b"".join([part async for part in await export.archive(ctx, ada)])) > 0


async def test_work_that_fails_keeps_none_of_the_other_from_being_done(tmp_path, caplog):
    done = []

    async def fails(ctx):
        raise ValueError("odd")

    async def refuses(ctx):
        raise AllmendeError("not now")

    async def works(ctx):
        done.append(ctx)

    await jobs._each("ctx", fails, works, refuses, works)
    assert done == ["ctx", "ctx"]
    assert "fails failed and is tried again" in caplog.text
