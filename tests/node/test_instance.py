"""What a client reads of a node before anything else."""

import os
import re
from dataclasses import replace

import orjson
import pytest

from moderation import members
from node.app import create_app
from node.config import ConfigError, load
from node.domain.posts import Draft
from node.domain.visibility import Visibility
from outbox import posts
from tests.benchmarks.setting import with_members
from tests.entities import check
from tests.nodes import URL, context

HOST = URL.removeprefix("http://")
PASSWORD = "correct horse battery staple"
PEER = "127.0.0.1:8497"


def with_node(ctx, **settings):
    return replace(ctx, settings=replace(ctx.settings, node=replace(ctx.settings.node, **settings)))


async def get(ctx, path, token=""):
    headers = {"Host": HOST} | ({"Authorization": f"Bearer {token}"} if token else {})
    answer = await create_app(ctx, jobs=False).test_client().get(path, headers=headers)
    return answer.status_code, orjson.loads(await answer.get_data())


async def test_a_client_learns_all_it_needs_before_it_signs_in(tmp_path):
    async with context(tmp_path) as ctx:
        ctx = with_node(
            ctx,
            about="For *all* weavers.",
            rules=("Be kind.", "Be brief."),
            contact="us@mill.example",
            source="https://code.mill.example",
        )
        status, told = await get(ctx, "/api/v2/instance/")
        assert status == 200
        check("Instance", told)
        assert (told["domain"], told["title"], told["description"]) == (HOST, "Here", "For all weavers.")
        assert re.match(r"^\d+\.\d+\.\d+ \(compatible; Allmende .+\)$", told["version"])
        assert [rule["text"] for rule in told["rules"]] == ["Be kind.", "Be brief."]
        limits = told["configuration"]
        assert limits["urls"]["streaming"] == f"ws://{HOST}"
        assert limits["statuses"] == {
            "max_characters": 5_000,
            "max_media_attachments": 4,
            "characters_reserved_per_url": 23,
        }
        assert "image/png" in limits["media_attachments"]["supported_mime_types"]
        assert limits["media_attachments"]["image_size_limit"] > 0
        assert limits["polls"]["max_options"] >= 4
        assert limits["timelines_access"]["live_feeds"] == {"local": "authenticated", "remote": "authenticated"}
        assert limits["translation"] == {"enabled": False}
        assert len(limits["vapid"]["public_key"]) == 87
        assert told["registrations"]["enabled"] is False
        assert "invitation" in told["registrations"]["message"]
        assert told["contact"] == {"email": "us@mill.example", "account": None}
        assert told["thumbnail"]["url"].startswith(URL)


async def test_an_older_client_learns_the_same(tmp_path):
    async with context(tmp_path) as ctx:
        ctx = with_node(ctx, source="https://code.mill.example")
        status, told = await get(ctx, "/api/v1/instance/")
        check("V1::Instance", told)
        assert (status, told["uri"], told["urls"]) == (200, HOST, {"streaming_api": f"ws://{HOST}"})
        assert told["configuration"]["statuses"]["max_characters"] == 5_000


async def test_a_public_node_streams_through_tls(tmp_path):
    async with context(tmp_path, url="https://mill.example") as ctx:
        answer = (
            await create_app(ctx, jobs=False).test_client().get("/api/v2/instance", headers={"Host": "mill.example"})
        )
        told = orjson.loads(await answer.get_data())
        assert told["configuration"]["urls"]["streaming"] == "wss://mill.example"


async def test_nobody_outside_learns_how_many_people_there_are_or_who(tmp_path):
    async with context(tmp_path) as ctx:
        for name in ("ada", "ben", "carla", "dan", "eva", "finn"):
            await members.add(ctx, username=name, password=PASSWORD)
        _, told = await get(ctx, "/api/v2/instance")
        assert told["usage"]["users"]["active_month"] == 0
        _, told = await get(ctx, "/api/v1/instance")
        assert set(told["stats"].values()) == {0}
        _, told = await get(ctx, "/nodeinfo/2.0")
        assert told["usage"] == {"users": {}}
        for path in ("peers", "activity", "domain_blocks"):
            assert (await get(ctx, f"/api/v1/instance/{path}"))[0] == 401


async def test_a_member_learns_which_servers_belong_together(tmp_path):
    async with context(tmp_path) as ctx:
        token = await members.issue_token(ctx, await members.add(ctx, username="ada", password=PASSWORD), name="test")
        assert (await get(ctx, "/api/v1/instance/peers", token))[1] == []
        await with_members(ctx, [PEER])
        assert (await get(ctx, "/api/v1/instance/peers", token))[1] == [PEER]
        assert (await get(ctx, "/api/v1/instance/domain_blocks", token))[1] == []


@pytest.mark.parametrize(("writers", "posts_told", "joined_told"), [(4, "0", "0"), (5, "5", "5")])
async def test_activity_is_told_of_five_people_or_more(tmp_path, database, writers, posts_told, joined_told):
    async with context(tmp_path, database=database) as ctx:
        for number in range(writers):
            one = await members.add(ctx, username=f"member{number}", password=PASSWORD)
            await posts.publish(ctx, one, Draft("Hello", Visibility.UNIT))
        token = await members.issue_token(ctx, one, name="test")
        _, weeks = await get(ctx, "/api/v1/instance/activity", token)
        assert len(weeks) == 12
        assert [int(week["week"]) for week in weeks] == sorted((int(week["week"]) for week in weeks), reverse=True)
        assert (weeks[0]["statuses"], weeks[0]["registrations"]) == (posts_told, joined_told)
        assert {week["statuses"] for week in weeks[1:]} == {"0"}


async def test_longer_texts_are_files_with_their_date(tmp_path):
    async with context(tmp_path) as ctx:
        for path in ("privacy_policy", "terms_of_service", "terms_of_service/2026-01-01"):
            assert (await get(ctx, f"/api/v1/instance/{path}"))[0] == 404
        file = tmp_path / "text.md"
        file.write_text("We keep **little**. <script>alert(1)</script>")
        os.utime(file, (1_767_225_600, 1_767_225_600))
        ctx = with_node(ctx, privacy=str(file), terms=str(file), about="All of it.")
        _, told = await get(ctx, "/api/v1/instance/privacy_policy")
        assert told["updated_at"] == "2026-01-01T00:00:00.000Z"
        assert "<strong>little</strong>" in told["content"]
        assert "<script>" not in told["content"]
        _, told = await get(ctx, "/api/v1/instance/terms_of_service")
        assert (told["effective_date"], told["effective"], told["succeeded_by"]) == ("2026-01-01", True, None)
        assert (await get(ctx, "/api/v1/instance/terms_of_service/2026-01-01"))[1] == told
        assert (await get(ctx, "/api/v1/instance/terms_of_service/2025-01-01"))[0] == 404
        _, told = await get(ctx, "/api/v1/instance/extended_description")
        assert told["content"] == "<p>All of it.</p>"


def test_a_document_that_is_not_there_stops_the_start(tmp_path):
    given = {"ALLMENDE_NODE_URL": "https://mill.example", "ALLMENDE_NODE_TERMS": str(tmp_path / "nothing.md")}
    with pytest.raises(ConfigError, match=r"node\.terms"):
        load(None, given)


async def test_languages_and_translations(tmp_path):
    async with context(tmp_path) as ctx:
        _, told = await get(ctx, "/api/v1/instance/languages")
        assert {"code": "de", "name": "German"} in told
        assert (await get(ctx, "/api/v1/instance/translation_languages"))[1] == {}


async def test_clients_that_know_few_servers_know_which_api_this_is(tmp_path):
    async with context(tmp_path) as ctx:
        _, index = await get(ctx, "/.well-known/nodeinfo")
        links = {link["rel"].rpartition("/")[2]: link["href"] for link in index["links"]}
        assert links["2.0"] == f"{URL}/nodeinfo/2.0"
        _, told = await get(ctx, "/nodeinfo/2.0")
        assert (told["software"]["name"], told["metadata"]["upstream"]["name"]) == ("allmende", "mastodon")


async def test_the_start_page_answers_those_who_only_want_its_headers(tmp_path):
    async with context(tmp_path) as ctx:
        answer = await create_app(ctx, jobs=False).test_client().head("/", headers={"Host": HOST})
        assert answer.status_code == 200
