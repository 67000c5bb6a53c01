"""The pages as an app: the manifest and its icons, whatever the node's look, and what other apps share."""

import io
import json
import re
from urllib.parse import quote

import pytest
from PIL import Image

from moderation import members
from node.app import create_app
from node.config import Look
from node.domain.polls import DraftPoll
from node.domain.posts import Draft
from outbox import posts
from tests.node.test_web import BROWSER, PASSWORD, signed_in, token
from tests.nodes import context
from themes import loader

_SVG = "<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 8 8'><rect width='8' height='8'/></svg>"


async def fetched(client, path):
    answer = await client.get(path, headers=BROWSER)
    assert answer.status_code == 200, path
    return answer


async def icons(client):
    """Return the pictures that the manifest names, by purpose and size."""
    manifest = await (await fetched(client, "/manifest.webmanifest")).get_json(force=True)
    found = {}
    for icon in manifest["icons"]:
        answer = await fetched(client, icon["src"])
        assert answer.headers["Cache-Control"] == "public, max-age=31536000, immutable"
        picture = Image.open(io.BytesIO(await answer.get_data(as_text=False)))
        assert (picture.format, icon["type"]) == ("PNG", "image/png")
        assert "{}x{}".format(*picture.size) == icon["sizes"]
        found[icon["purpose"], picture.width] = picture.convert("RGBA")
    return found


async def test_the_manifest_tells_how_the_pages_are_called_and_look_as_an_app(tmp_path):
    async with context(tmp_path, look=Look(theme="meadow")) as ctx:
        app = create_app(ctx, jobs=False)
        client, theme = app.test_client(), app.config["LOOKS"].theme
        answer = await fetched(client, "/manifest.webmanifest?lang=fr")
        assert answer.mimetype == "application/manifest+json"
        manifest = await answer.get_json(force=True)
        assert (manifest["name"], manifest["lang"], manifest["display"]) == (ctx.settings.node.name, "fr", "standalone")
        assert (manifest["start_url"], manifest["scope"], manifest["id"]) == ("/home", "/", "/")
        assert len(manifest["short_name"]) <= 12
        assert (manifest["theme_color"], manifest["background_color"]) == (theme.light.paper, theme.light.ground)
        assert [one["name"] for one in manifest["shortcuts"]] == ["Nouvelle publication", "Nouvelles pour vous"]
        await signed_in(ctx, client)
        for one in manifest["shortcuts"]:
            await fetched(client, one["url"])


async def test_every_page_leads_to_the_manifest_in_its_language_and_to_an_icon(tmp_path):
    async with context(tmp_path) as ctx:
        client = create_app(ctx, jobs=False).test_client()
        page = await (await client.get("/", headers={**BROWSER, "Accept-Language": "de"})).get_data(as_text=True)
        assert '<link rel="manifest" href="/manifest.webmanifest?lang=de">' in page
        touched = page.partition('<link rel="apple-touch-icon" href="')[2].partition('"')[0]
        assert (await fetched(client, touched)).mimetype == "image/png"
        assert page.count('<meta name="theme-color"') == 2


@pytest.mark.parametrize("theme", ["plain", "meadow"])
async def test_the_icons_show_the_sign_of_the_theme_within_what_no_device_cuts_off(tmp_path, theme):
    async with context(tmp_path, look=Look(theme=theme)) as ctx:
        found = await icons(create_app(ctx, jobs=False).test_client())
        assert set(found) == {(purpose, size) for purpose in ("any", "maskable") for size in (192, 512)}
        assert found["any", 512].getpixel((0, 0))[3] == 0, "round corners"
        maskable = found["maskable", 512]
        assert maskable.getextrema()[3] == (255, 255)
        colours = maskable.crop((0, 0, 512, 80)).getcolors()
        assert len(colours) == 1, "the edge is empty"
        assert len(maskable.getcolors(512 * 512)) > 1


async def test_a_logo_that_is_a_drawing_gives_way_to_a_letter_on_the_colour_of_the_brand(tmp_path):
    logo = tmp_path / "logo.svg"
    logo.write_text(_SVG)
    async with context(tmp_path / "node", look=Look(logo=str(logo), accent="#7a1f5c")) as ctx:
        found = await icons(create_app(ctx, jobs=False).test_client())
        for picture in found.values():
            assert picture.getpixel((0, 0)) == (0x7A, 0x1F, 0x5C, 255)
            assert (255, 255, 255, 255) in {colour for _, colour in picture.getcolors(512 * 512)}


async def test_a_wide_logo_is_fitted_in_and_another_logo_has_another_address(tmp_path):
    logo, paths = tmp_path / "logo.png", set()
    for colour in ("red", "blue"):
        Image.new("RGB", (400, 100), colour).save(logo)
        async with context(tmp_path / colour, look=Look(logo=str(logo))) as ctx:
            client = create_app(ctx, jobs=False).test_client()
            picture = (await icons(client))["any", 192]
            assert picture.getbbox() == (0, 72, 192, 120)
            manifest = await (await fetched(client, "/manifest.webmanifest")).get_json(force=True)
            paths |= {icon["src"] for icon in manifest["icons"]}
    assert len(paths) == 8
    assert (await client.get("/icons/0/any-192.png", headers=BROWSER)).status_code == 404


async def test_what_another_app_shares_stands_in_the_composer_and_is_not_sent(tmp_path):
    async with context(tmp_path) as ctx:
        client = create_app(ctx, jobs=False).test_client()
        await signed_in(ctx, client)
        where = f"/compose?title={quote('A <b>')}&text=&url={quote('https://example.com/?a=1')}"
        page = await (await fetched(client, where)).get_data(as_text=True)
        assert ">\nA &lt;b&gt;\nhttps://example.com/?a=1</textarea>" in page
        async with ctx.db.read() as tx:
            assert await tx.all("SELECT id FROM posts") == []


async def test_the_worker_has_the_whole_scope_asks_only_the_node_and_knows_the_files_of_the_look(tmp_path):
    async with context(tmp_path, look=Look(theme="meadow")) as ctx:
        app = create_app(ctx, jobs=False)
        client, looks = app.test_client(), app.config["LOOKS"]
        answer = await fetched(client, "/service-worker.js")
        assert (answer.mimetype, answer.headers["Cache-Control"]) == ("text/javascript", "no-cache")
        assert answer.headers["Content-Security-Policy"] == "default-src 'none'; connect-src 'self'"
        script = await answer.get_data(as_text=True)
        known = json.loads(script.removeprefix("const LOOK = ").partition(";\n")[0])
        assert {looks.path(name) for name in ("style.css", "app.js", "icons.svg", "figtree.woff2")} < set(
            known["files"]
        )
        for path in known["files"]:
            await fetched(client, path)
        assert looks.files["app.js"].body.find(b"self.addEventListener") == -1, "it is no part of the pages' script"
        assert loader.load(Look(theme="meadow")).worker == looks.worker
        assert loader.load(Look(theme="meadow", accent="#7a1f5c")).worker != looks.worker


async def test_the_page_without_a_network_is_about_nobody(tmp_path):
    async with context(tmp_path) as ctx:
        client = create_app(ctx, jobs=False).test_client()
        answer = await fetched(client, "/offline?lang=de")
        page = await answer.get_data(as_text=True)
        assert (answer.headers["Content-Language"], "Du bist offline" in page) == ("de", True)
        assert "data-member" not in page
        await signed_in(ctx, client)
        assert "data-member" not in await (await fetched(client, "/offline")).get_data(as_text=True)


async def test_the_stream_to_be_kept_says_for_whom_and_until_when_and_has_nothing_to_press(tmp_path):
    async with context(tmp_path) as ctx:
        client = create_app(ctx, jobs=False).test_client()
        assert (await client.get("/home/offline", headers=BROWSER)).status_code == 303
        await signed_in(ctx, client)
        ada = await members.named(ctx, "ada")
        await posts.publish(ctx, ada, Draft("When?", poll=DraftPoll(("Monday", "Tuesday"), 3_600)))
        answer = await fetched(client, "/home/offline")
        page = await answer.get_data(as_text=True)
        assert re.search(r"You are offline\. This is as of \d\d:\d\d\.", page)
        assert "<li>Monday</li>" in page
        assert not {"<form", "<button", "csrf"} & set(re.findall(r"<form|<button|csrf", page))
        left = int(answer.headers["Kept-Until"]) - ctx.clock()
        assert 0 <= ctx.settings.limits.session_idle_seconds * 1000 - left < 60_000
        tag = answer.headers["Kept-For"]
        home = await (await fetched(client, "/home")).get_data(as_text=True)
        assert f'data-member="{tag}"' in home
        await members.add(ctx, username="ben", password=PASSWORD)
        other = create_app(ctx, jobs=False).test_client()
        form = {"csrf": token(await (await fetched(other, "/sign-in")).get_data(as_text=True))}
        await other.post("/sign-in", form={**form, "username": "ben", "password": PASSWORD}, headers=BROWSER)
        assert (await fetched(other, "/home/offline")).headers["Kept-For"] not in ("", tag)
        assert 'data-member=""' in await (await fetched(create_app(ctx, jobs=False).test_client(), "/")).get_data(
            as_text=True
        )


async def test_a_sign_out_clears_what_the_browser_keeps(tmp_path):
    async with context(tmp_path) as ctx:
        client = create_app(ctx, jobs=False).test_client()
        await signed_in(ctx, client)
        home = await (await fetched(client, "/home")).get_data(as_text=True)
        answer = await client.post("/sign-out", form={"csrf": token(home)}, headers=BROWSER)
        assert (answer.status_code, answer.headers["Clear-Site-Data"]) == (303, '"cache", "storage"')
