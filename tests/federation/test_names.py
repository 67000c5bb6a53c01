"""Names of peers with little pictures in them, and what their portraits show in words: here and for clients."""

import contextlib
import io

import orjson
import pytest
from PIL import Image

from federation import keys
from moderation import members
from node.api.render.account import account as rendered
from node.web import views
from tests.inbox.peer import Peer
from tests.node.browser import PASSWORD, Browser
from tests.nodes import context
from tests.servers import http, origin

PAIR = keys.generate_rsa()


def emoji(name, url):
    return {"type": "Emoji", "id": url, "name": name, "icon": {"type": "Image", "url": url}}


def serve(home, request):
    if request.path == "/indigo.png":
        data = io.BytesIO()
        Image.new("RGB", (32, 32), "teal").save(data, "PNG")
        return http(data.getvalue(), "Content-Type: image/png")
    return home.answer(request)


@contextlib.asynccontextmanager
async def somebody(folder, **told):
    """A node that knows carol, as her document says she is."""
    async with context(folder) as ctx, origin() as home:
        home.server.answer = lambda request: serve(home, request)
        peer = await Peer.known_to(ctx, hosts=[home.host])
        await members.add(ctx, username="ada", password=PASSWORD)
        carol = home.actor("carol", PAIR)
        picture = emoji(":indigo:", f"{home.url}/indigo.png")
        home.documents["/users/carol"] |= {"name": "Carol :indigo: &lt;b&gt;", "tag": [picture]} | told

        async def look():
            account = await peer.account(carol)
            async with ctx.db.read() as tx:
                (person,) = await views.people(ctx, tx, [account])
            return orjson.loads(orjson.dumps(rendered(ctx, account))), person

        yield ctx, peer, home, look


async def test_a_picture_in_a_name_is_shown_by_us_on_pages_and_to_clients(tmp_path):
    async with somebody(tmp_path) as (ctx, peer, home, look):
        await peer.account_of(home.documents["/users/carol"])
        shown, person = await look()
        assert shown["display_name"] == person.name == "Carol :indigo: <b>"
        (picture,) = shown["emojis"]
        assert picture["shortcode"] == "indigo"
        assert picture["url"].startswith(ctx.settings.url)
        assert home.host not in person.named
        assert person.named == (
            f'Carol <img class="emoji" src="{picture["url"]}" alt=":indigo:" title=":indigo:"> &lt;b&gt;'
        )
        path = picture["url"].removeprefix(ctx.settings.url)
        answer = await peer.client.get(path, headers={"Host": ctx.settings.authority})
        assert answer.status_code == 200
        assert (await answer.get_data())[:4] == b"\x89PNG"
        assert home.asked == ["/indigo.png"]


async def test_it_is_shown_beside_posts_and_what_is_passed_on_and_on_the_profile(tmp_path):
    async with somebody(tmp_path) as (ctx, peer, home, look):
        carol = await peer.account_of(home.documents["/users/carol"])
        await peer.follower_of(await peer.account(f"{ctx.settings.url}/users/ada"), carol)
        signer = keys.Signer(f"{carol.uri}#main-key", PAIR.private)
        note = {"id": f"{carol.uri}/posts/1", "type": "Note", "attributedTo": carol.uri, "content": "<p>Blue</p>"}
        note |= {"to": ["as:Public"], "cc": [carol.followers]}
        said = {"type": "Create", "actor": carol.uri, "object": note}
        passed_on = {"type": "Announce", "actor": carol.uri, "object": note["id"], "to": ["as:Public"]}
        for number, activity in enumerate((said, passed_on)):
            assert await peer.send_as(signer, activity | {"id": f"{carol.uri}/a/{number}"}) == 202
        browser = Browser(ctx)
        await browser.sign_in()
        named = f"{(await look())[1].named}</a>"
        assert "<img" in named
        _, profile = await browser.page(f"/@carol@{home.host}")
        assert f"<h1>{named.removesuffix('</a>')}" in profile
        assert f">passed on by {named}" in profile
        assert f'class="name" href="/@carol@{home.host}">{named}' in profile


async def test_a_name_follows_what_its_owner_changes(tmp_path):
    async with somebody(tmp_path) as (_, peer, home, look):
        first = home.documents["/users/carol"]
        for told in (first, first | {"name": "Carol"}, first | {"tag": []}, first):
            await peer.account_of(told)
            shown, person = await look()
            assert len(shown["emojis"]) == ("<img" in person.named) == (told is first)


@pytest.mark.parametrize(
    "tag",
    [
        emoji(":indigo:", "javascript:alert(1)"),
        emoji(":indigo:", ""),
        emoji(':"><script>:', "https://evil.example/x.png"),
        {"type": "Emoji", "name": ":indigo:"},
        {"type": "Emoji", "name": ["x"], "icon": 7},
        "x",
        None,
        {"type": "Mention", "name": ":indigo:", "icon": {"url": "https://evil.example/x.png"}},
    ],
)
async def test_what_is_no_picture_leaves_the_name_as_it_is_written(tmp_path, tag):
    async with somebody(tmp_path, tag=[tag]) as (_, peer, home, look):
        await peer.account_of(home.documents["/users/carol"])
        shown, person = await look()
        assert (shown["emojis"], person.named) == ([], "Carol :indigo: &lt;b&gt;")


@pytest.mark.parametrize("word", ["name", "summary"])
async def test_what_portraits_show_is_said_in_words(tmp_path, word):
    pictures = {
        "icon": {"type": "Image", "url": "https://files.example/1.png", word: "Carol at the vat"},
        "image": [{"type": "Image", "url": "https://files.example/2.png", word: "<i>Blue</i> cloth"}],
    }
    async with somebody(tmp_path, **pictures) as (_, peer, home, look):
        await peer.account_of(home.documents["/users/carol"])
        shown, _person = await look()
        assert shown["avatar_description"] == "Carol at the vat"
        assert "Blue" in shown["header_description"]
        await peer.account_of(home.documents["/users/carol"] | {"icon": None, "image": 7})
        shown, _person = await look()
        assert (shown["avatar_description"], shown["header_description"]) == ("", "")
