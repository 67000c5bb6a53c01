"""Measures against accounts: who meets them is told why and may object, and what is lifted is lifted everywhere."""

import pytest

from moderation import measures, members
from moderation.journal import verify
from node.domain.accounts import Profile, Role
from node.domain.measures import Kind
from node.domain.posts import Draft
from node.domain.visibility import Visibility
from node.domain.words import query
from node.errors import Conflict, Forbidden, Invalid, NotFound, Unauthenticated
from node.store import conversations, journal, people, posts, search, timelines
from node.store import measures as rows
from node.store.pages import Page
from outbox import posts as writing
from outbox import profiles, reactions, relationships
from tests.village import _PASSWORD, village

WORDS = "Indigo #madder"


async def told(house, member):
    async with house.ctx.db.read() as tx:
        found = await conversations.page(tx, member.id, Page(limit=5))
        return [(await posts.by_id(tx, one.last_id)).source for one in found]


async def deeds(house):
    async with house.ctx.db.read() as tx:
        return [line.kind for line in await journal.page(tx)]


async def where_found(ctx, author, post, viewer):
    """Where somebody meets an author, or a post of theirs, without looking for just these."""
    page = {"viewer_id": viewer.id, "limit": 20}
    async with ctx.db.read() as tx:
        seen = {
            "unit": await timelines.unit(tx, Page(limit=20), viewer_id=viewer.id),
            "organisation": await timelines.organisation(tx, Page(limit=20), viewer_id=viewer.id),
            "home": await timelines.home(tx, viewer.id, Page(limit=20)),
            "search": await search.posts(tx, query("indigo"), Page(limit=20), viewer_id=viewer.id),
        }
        named = {
            "people": await people.search(tx, author.username, **page),
            "directory": await people.directory(tx, local=False, newest=False, **page),
            "suggested": await people.suggested(tx, viewer, limit=20),
        }
    found = {name for name, posts_there in seen.items() if post.id in {one.boost_of or one.id for one in posts_there}}
    return found | {name for name, there in named.items() if author.id in {one.id for one in there}}


async def test_a_warning_is_a_message_with_the_reason_and_where_to_object(tmp_path):
    async with village(tmp_path, "lyon") as there:
        (lyon,) = there.houses.values()
        mia, ben = await lyon.member("mia", role=Role.MODERATOR), await lyon.member("ben")
        await measures.warn(lyon.ctx, ben.id, reason="No shouting.", by=mia)
        (said,) = await told(lyon, ben)
        assert "No shouting." in said
        assert f"{lyon.ctx.settings.url}/complaint" in said
        assert await deeds(lyon) == ["account.warned"]
        async with lyon.ctx.db.read() as tx:
            (measure,) = await rows.of(tx, ben.id, limit=5)
        assert (measure.kind, measure.reason, measure.by_id) == (Kind.WARNED, "No shouting.", mia.id)
        with pytest.raises(Invalid):
            await measures.warn(lyon.ctx, ben.id, reason=" ", by=mia)
        with pytest.raises(NotFound):
            await measures.warn(lyon.ctx, 7, reason="Nobody.", by=mia)


async def test_who_is_limited_is_found_by_followers_only(tmp_path, database):
    async with village(tmp_path, "lyon", database=lambda _: database) as there:
        (lyon,) = there.houses.values()
        mia = await lyon.member("mia", role=Role.MODERATOR)
        ben, carla, dan, eva = [await lyon.member(name) for name in ("ben", "carla", "dan", "eva")]
        await profiles.edit(lyon.ctx, ben, Profile(discoverable=True, indexable=True))
        await relationships.follow(lyon.ctx, carla, ben.id)
        await relationships.follow(lyon.ctx, dan, eva.id)
        post = await writing.publish(lyon.ctx, ben, Draft(WORDS, Visibility.ORGANISATION))
        await reactions.boost(lyon.ctx, eva, post.id)
        everywhere = {"unit", "organisation", "home", "search", "people", "directory", "suggested"}
        before = {one.id: await where_found(lyon.ctx, ben, post, one) for one in (ben, carla, dan)}
        assert before[dan.id] == everywhere

        await measures.limit(lyon.ctx, ben.id, reason="Too much of it.", by=mia)
        assert await where_found(lyon.ctx, ben, post, dan) == set()
        assert await where_found(lyon.ctx, ben, post, carla) >= {"unit", "organisation", "home", "search", "people"}
        assert await where_found(lyon.ctx, ben, post, ben) >= {"unit", "organisation", "home", "search"}
        assert "Too much of it." in (await told(lyon, ben))[0]
        async with lyon.ctx.db.read() as tx:
            assert await posts.visible_to(tx, post.id, viewer_id=dan.id) is not None, "by its address all find it"
        with pytest.raises(Conflict):
            await measures.limit(lyon.ctx, ben.id, reason="Again.", by=mia)

        await measures.unlimit(lyon.ctx, ben.id, by=mia)
        await measures.unlimit(lyon.ctx, ben.id, by=mia)
        assert {one.id: await where_found(lyon.ctx, ben, post, one) for one in (ben, carla, dan)} == before
        assert await deeds(lyon) == ["account.limited", "account.unlimited"]
        assert (await verify(lyon.ctx)).wrong is None


async def test_somebody_of_another_node_is_limited_here_alone_and_told_nothing(tmp_path):
    async with village(tmp_path, "lyon", "graz") as there:
        lyon, graz = there.houses.values()
        mia = await lyon.member("mia", role=Role.MODERATOR)
        gus, olga = await graz.member("gus"), await graz.member("olga")
        written = await writing.publish(graz.ctx, gus, Draft(WORDS, Visibility.ORGANISATION))
        await there.settle()
        post, author = await lyon.post(written.uri), await lyon.account(gus)
        assert "organisation" in await where_found(lyon.ctx, author, post, mia)
        await measures.limit(lyon.ctx, author.id, reason="Advertising.", by=mia)
        await there.settle()
        assert await where_found(lyon.ctx, author, post, mia) == set()
        assert "organisation" in await where_found(graz.ctx, gus, written, olga)
        assert await told(graz, gus) == []


async def test_a_suspended_member_is_kept_from_every_node_and_restored_on_all(tmp_path):
    async with village(tmp_path, "lyon", "graz") as there:
        lyon, graz = there.houses.values()
        mia, ben = await lyon.member("mia", role=Role.MODERATOR), await lyon.member("ben")
        gus = await graz.member("gus")
        await relationships.follow(graz.ctx, gus, (await graz.account(ben)).id)
        await there.settle()
        post = await writing.publish(lyon.ctx, ben, Draft(WORDS, Visibility.ORGANISATION))
        await there.settle()
        assert await graz.reads(gus, post.uri)
        await measures.suspend(lyon.ctx, ben.id, reason="A threat.", by=mia)
        await there.settle()
        assert (await graz.reads(gus, post.uri), await lyon.reads(mia, post.uri)) == (False, False)
        await measures.restore(lyon.ctx, ben.id, by=mia)
        await there.settle()
        assert (await graz.reads(gus, post.uri), await lyon.reads(mia, post.uri)) == (True, True)
        assert await deeds(lyon) == ["account.suspended", "account.restored"]


async def test_who_was_hidden_before_stays_hidden_when_a_suspension_is_lifted(tmp_path):
    async with village(tmp_path, "lyon") as there:
        (lyon,) = there.houses.values()
        mia, ben = await lyon.member("mia", role=Role.MODERATOR), await lyon.member("ben")
        async with lyon.ctx.change() as change:
            await profiles.hide(change, ben)
        await measures.suspend(lyon.ctx, ben.id, reason="A threat.", by=mia)
        await measures.restore(lyon.ctx, ben.id, by=mia)
        async with lyon.ctx.db.read() as tx:
            row = await tx.one("SELECT suspended_at, hidden_at FROM accounts WHERE id = :id", id=ben.id)
        assert (row["suspended_at"], row["hidden_at"] is not None) == (None, True)


async def test_whoever_knows_the_password_reads_why_the_account_is_suspended_and_nobody_else(tmp_path):
    async with village(tmp_path, "lyon") as there:
        (lyon,) = there.houses.values()
        mia, ben = await lyon.member("mia", role=Role.MODERATOR), await lyon.member("ben")
        given = {"username": "ben", "address": "192.0.2.1"}
        for nothing in ("", " "):
            with pytest.raises(Invalid, match="Give a reason"):
                await measures.suspend(lyon.ctx, ben.id, reason=nothing)
        await measures.suspend(lyon.ctx, ben.id, reason="A threat.", by=mia)
        with pytest.raises(Unauthenticated):
            await members.sign_in(lyon.ctx, password="another one entirely", **given)
        with pytest.raises(Forbidden, match=r"A threat\..*/complaint"):
            await members.sign_in(lyon.ctx, password=_PASSWORD, **given)
        await measures.restore(lyon.ctx, ben.id, by=mia)
        assert await members.sign_in(lyon.ctx, password=_PASSWORD, **given)
