"""What everybody may read about a node, as a browser without JavaScript meets it."""

from dataclasses import replace

import pytest

from moderation import members
from node.app import create_app
from node.domain.accounts import Role
from tests.node.browser import BROWSER, Browser
from tests.node.test_web import PASSWORD
from tests.nodes import context

OPEN = ("/about", "/privacy", "/terms", "/accessibility", "/young-people", "/complaint")
CONTACT = "help@weaving.example"


async def text(client, path):
    answer = await client.get(path, headers=BROWSER)
    assert answer.status_code == 200, path
    return await answer.get_data(as_text=True)


def told(ctx, **node):
    """Return the context with other settings of the node."""
    return replace(ctx, settings=replace(ctx.settings, node=replace(ctx.settings.node, **node)))


def visitor(ctx):
    return create_app(ctx, jobs=False).test_client()


@pytest.mark.parametrize("path", OPEN)
async def test_everybody_may_read_it_and_it_names_whom_to_write_to(tmp_path, path):
    async with context(tmp_path) as ctx:
        page = await text(visitor(told(ctx, contact=CONTACT)), path)
        assert page.count("<h1>") == 1
        assert f'href="mailto:{CONTACT}"' in page
        page = await text(visitor(ctx), path)
        assert "mailto:" not in page
        assert "Please turn to the company that runs this node." in page
        assert "Ask at the address above." not in page


@pytest.mark.parametrize("path", ["/", *OPEN])
async def test_every_link_of_it_leads_somewhere(tmp_path, path):
    async with context(tmp_path) as ctx:
        client = visitor(ctx)
        page = await text(client, path)
        for link in ("/about", "/privacy", "/complaint", "/accessibility"):
            assert f'href="{link}"' in page
            assert (await client.get(link, headers=BROWSER)).status_code == 200


async def test_the_start_page_is_titled_with_the_name_of_the_node_once(tmp_path):
    async with context(tmp_path) as ctx:
        client = visitor(ctx)
        assert "<title>Here</title>" in await text(client, "/")
        assert "<title>About Here · Here</title>" in await text(client, "/about")


async def test_what_the_node_is_for_is_markdown_and_its_rules_are_plain(tmp_path):
    async with context(tmp_path) as ctx:
        client = visitor(
            told(
                ctx,
                about="Where *weavers* meet. <script>alert(1)</script>",
                rules=("Be kind & brief.", "No <b>shouting</b>."),
                source="https://code.example/allmende",
            )
        )
        for path in ("/", "/about"):
            page = await text(client, path)
            assert "<em>weavers</em>" in page
            assert "<script>alert" not in page
        assert "Be kind &amp; brief." in page
        assert "No &lt;b&gt;shouting&lt;/b&gt;." in page
        assert 'href="https://code.example/allmende"' in page


@pytest.mark.parametrize("name", ["privacy", "terms"])
async def test_a_document_of_the_operator_is_shown_with_its_date(tmp_path, name):
    path = tmp_path / "text.md"
    path.write_text("We keep **nothing** for long.")
    async with context(tmp_path / "node") as ctx:
        page = await text(visitor(told(ctx, **{name: str(path)})), f"/{name}")
        assert "<strong>nothing</strong>" in page
        assert "Last changed on" in page


async def test_only_members_read_who_looks_after_the_node(tmp_path):
    async with context(tmp_path) as ctx:
        await members.add(ctx, username="ada", password=PASSWORD, name="Ada Martin", role=Role.ADMIN)
        await members.add(ctx, username="carla", password=PASSWORD, name="Carla Riva")
        somebody = Browser(ctx)
        assert "Ada Martin" not in (await somebody.page("/about"))[1]
        await somebody.sign_in(username="carla")
        page = (await somebody.page("/about"))[1]
        assert "Who looks after this node" in page
        assert "Ada Martin" in page


async def test_signing_in_large_and_simple_keeps_where_one_wanted_to(tmp_path):
    async with context(tmp_path) as ctx:
        await members.add(ctx, username="ada", password=PASSWORD)
        somebody = Browser(ctx)
        assert (
            'href="/sign-in?simple=1&amp;next=/people%3Ffind%3Da%26b"'
            in ((await somebody.page("/sign-in?next=/people%3Ffind%3Da%26b"))[1])
        )
        page = (await somebody.page("/sign-in?simple=1"))[1]
        assert "data-simple" in page
        assert '<form class="card" method="post">' in page  # no action: sent to this very address, query and all
        assert await somebody.sign_in("/sign-in?simple=1&next=/people") == "/people"
        assert "data-simple" in (await somebody.page("/people"))[1]


async def test_everybody_reads_whom_young_people_turn_to_and_nobody_more_than_others(tmp_path):
    async with context(tmp_path) as ctx:
        whom = "Rosa Klein, phone 4711"
        ctx = told(ctx, youth_contact=whom)
        for name, minor in (("ben", True), ("carla", False)):
            await members.add(ctx, username=name, password=PASSWORD, minor=minor)
        client = visitor(ctx)
        assert whom in await text(client, "/privacy")
        read = []
        for name in ("ben", "carla"):
            somebody = Browser(ctx)
            await somebody.sign_in(username=name)
            for path in ("/young-people", "/privacy", "/first-steps"):
                page = (await somebody.page(path))[1]
                assert 'href="/young-people"' in page or whom in page, path
            read.append(main_of((await somebody.page("/young-people"))[1]))
        read.append(main_of(await text(client, "/young-people")))
        assert whom in read[0]
        assert read[0] == read[1] == read[2]


def main_of(page):
    return page.partition("<main")[2].partition("</main>")[0]
