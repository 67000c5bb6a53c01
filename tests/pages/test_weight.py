"""What a page costs whoever opens it: bytes, requests, and nobody else who hears of it."""

import re
from urllib.parse import urlsplit

from moderation import members
from node.app import create_app
from node.domain.posts import Draft
from node.domain.visibility import Visibility
from outbox import posts, relationships
from tests.node.test_web import BROWSER, HOST, PASSWORD, token
from tests.nodes import context

_HEAVIEST = 150_000
_PACKED = {**BROWSER, "Accept-Encoding": "gzip"}


async def home_of(ctx, client):
    """Sign in somebody whose home holds twenty posts of five people; return the page's answer."""
    ada = await members.add(ctx, username="ada", password=PASSWORD)
    for number in range(5):
        one = await members.add(ctx, username=f"person{number}", password=PASSWORD, name=f"Person {number}")
        await relationships.follow(ctx, ada, one.id)
        for place in range(4):
            text = f"Post {place}: what we did today, and *why*, in a few words. #work"
            await posts.publish(ctx, one, Draft(text, Visibility.ORGANISATION))
    page = await (await client.get("/sign-in", headers=BROWSER)).get_data(as_text=True)
    form = {"csrf": token(page), "username": "ada", "password": PASSWORD}
    assert (await client.post("/sign-in", form=form, headers=BROWSER)).status_code == 303
    return await client.get("/home", headers=_PACKED)


async def test_a_home_of_twenty_posts_is_light_and_asks_nobody_else(tmp_path):
    async with context(tmp_path) as ctx:
        client = create_app(ctx, jobs=False).test_client()
        answer = await home_of(ctx, client)
        assert (answer.status_code, answer.headers["Content-Encoding"]) == (200, "gzip")
        weight = len(await answer.get_data())
        page = await (await client.get("/home", headers=BROWSER)).get_data(as_text=True)
        assert page.count("<article") == 20
        loaded = re.findall(r'<link rel="(?:stylesheet|icon)" href="([^"]+)"', page)
        loaded += re.findall(r'<(?:script|img)[^>]*\ssrc="([^"]+)"', page)
        loaded += re.findall(r'<use href="([^"#]+)#', page)
        assert len([path for path in loaded if path.endswith(".css")]) == 1
        assert {urlsplit(path).netloc for path in loaded} <= {"", HOST}
        for path in set(loaded):
            parts = urlsplit(path)
            answer = await client.get(f"{parts.path}?{parts.query}", headers=_PACKED)
            assert answer.status_code == 200, path
            if parts.path.startswith("/static/"):
                assert answer.headers["Cache-Control"] == "public, max-age=31536000, immutable", path
            weight += len(await answer.get_data())
        assert weight < _HEAVIEST


async def test_a_picture_on_a_page_holds_its_place_before_it_is_there(tmp_path):
    async with context(tmp_path) as ctx:
        client = create_app(ctx, jobs=False).test_client()
        await home_of(ctx, client)
        for path in ("/home", "/@ada", "/people"):
            page = await (await client.get(path, headers=BROWSER)).get_data(as_text=True)
            pictures = re.findall(r"<img[^>]*>", page)
            assert pictures, path
            assert [one for one in pictures if "width=" not in one or "height=" not in one] == []
