"""Drafts on the pages: kept, gone on with, published, taken away, and nobody else's affair."""

import re

from moderation import members
from node.domain.posts import Draft
from node.domain.visibility import Visibility
from outbox import drafts, posts
from tests.pages.test_administration import PASSWORD, house


def number(page):
    return re.search(r"/compose\?draft=(\d+)", page)[1]


async def test_what_was_typed_is_kept_found_again_and_published(tmp_path, database):
    async with house(tmp_path, database=database) as home:
        carla = await home.window("carla")
        typed = {"text": "Half a thought", "summary": "Long", "audience": "organisation", "answer": "Yes", "due": ""}
        assert (await carla.send("/compose/draft", "/compose", **typed))[:2] == (303, "/drafts?kept=1")
        _, page = await carla.page("/drafts")
        assert "Half a thought" in page
        draft = number(page)
        _, page = await carla.page(f"/compose?draft={draft}")
        for said in (
            "Half a thought",
            'value="Long"',
            'value="Yes"',
            'value="organisation" selected',
            f'name="draft" value="{draft}"',
        ):
            assert said in page, said
        await carla.send("/compose/draft", "/compose", draft=draft, text="A whole thought", audience="unit")
        _, page = await carla.page("/drafts")
        assert ("Half a thought" in page, "A whole thought" in page, number(page)) == (False, True, draft)
        assert (await carla.send("/posts", "/compose", draft=draft, text="A whole thought", audience="unit"))[0] == 303
        assert "You keep no draft." in (await carla.page("/drafts"))[1]


async def test_an_answer_and_a_group_post_are_gone_on_with_where_they_were_begun(tmp_path):
    async with house(tmp_path) as home:
        carla = await home.window("carla")
        post = await posts.publish(home.ctx, home.people["ben"], Draft("Why?", Visibility.UNIT))
        await carla.send("/compose/draft", "/compose", text="Because", reply_to=post.id, audience="unit")
        draft = number((await carla.page("/drafts"))[1])
        assert f'name="reply_to" value="{post.id}"' in (await carla.page(f"/compose?draft={draft}"))[1]


async def test_a_draft_is_its_writers_alone_and_is_taken_away(tmp_path):
    async with house(tmp_path) as home:
        carla, ben = await home.window("carla"), await home.window("ben")
        await carla.send("/compose/draft", "/compose", text="Mine")
        draft = number((await carla.page("/drafts"))[1])
        assert "Mine" not in (await ben.page("/drafts"))[1]
        assert (await ben.page(f"/compose?draft={draft}"))[0] == 404
        await ben.send(f"/drafts/{draft}/drop", "/drafts")
        await ben.send("/compose/draft", "/compose", draft=draft, text="Not yours")
        assert "Mine" in (await carla.page(f"/compose?draft={draft}"))[1]
        assert (await carla.send(f"/drafts/{draft}/drop", "/drafts"))[:2] == (303, "/drafts")
        assert (await carla.page(f"/compose?draft={draft}"))[0] == 404


async def test_nothing_too_much_and_too_many_are_refused_and_stay_where_they_were_typed(tmp_path):
    async with house(tmp_path) as home:
        carla, member = await home.window("carla"), home.people["carla"]
        status, _, page = await carla.send("/compose/draft", "/compose", text=" ")
        assert (status, "There is nothing to keep yet." in page) == (422, True)
        assert (await carla.send("/compose/draft", "/compose", text="x" * 100_001))[0] in (413, 422)
        for _ in range(drafts.MOST):
            await drafts.keep(home.ctx, member, [("text", "One more")])
        status, _, page = await carla.send("/compose/draft", "/compose", text="The last one")
        assert (status, "The last one" in page) == (422, True)
        await members.erase_own(home.ctx, member, PASSWORD, address="127.0.0.1")
        async with home.ctx.db.read() as tx:
            assert await tx.one("SELECT 1 AS found FROM drafts") is None
