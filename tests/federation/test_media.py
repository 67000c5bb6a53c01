"""Pictures of peers: shown by us to who may see them, harmless, kept for a while, and gone when they should be."""

import contextlib
import io
import json
from dataclasses import replace

import pytest
from PIL import Image

from federation import keys, media, resolve
from moderation import members, retention
from node.domain.media import Links, Show
from node.store import media as rows
from tests.inbox.peer import Peer
from tests.nodes import context
from tests.servers import document, http, origin

PAIR = keys.generate_rsa()
CANARY = b"canary-in-the-picture"


def picture(size=(60, 40)):
    data = io.BytesIO()
    image = Image.new("RGB", size, "teal")
    image.putpixel((1, 1), (200, 10, 10))
    image.save(data, "JPEG", comment=CANARY)
    return data.getvalue()


@contextlib.asynccontextmanager
async def story(folder, database="", url=None):
    """A node whose ada follows carol at home, where a post has a picture; the post is stored, the picture not."""
    async with context(folder, database=database) as ctx, origin() as home:
        peer = await Peer.known_to(ctx, hosts=[home.host])
        ada = await members.add(ctx, username="ada", password="correct horse battery")
        carol = home.actor("carol", PAIR)
        await peer.follower_of(ada, await peer.account_of(home.documents["/users/carol"]))
        attachment = {"type": "Document", "mediaType": "image/jpeg", "url": url or f"{home.url}/pictures/1.jpg"}
        note = {
            "id": f"{carol}/posts/1",
            "type": "Note",
            "attributedTo": carol,
            "content": "<p>Look :indigo:</p>",
            "to": ["as:Public"],
            "attachment": [attachment | {"name": "A vat"}],
            "tag": [{"type": "Emoji", "name": ":indigo:", "icon": {"type": "Image", "url": f"{home.url}/indigo.png"}}],
        }
        create = {"id": f"{carol}/a/1", "type": "Create", "actor": carol, "object": note}
        home.server.answer = lambda request: serve(home, request)
        signer = keys.Signer(f"{carol}#main-key", PAIR.private)
        assert await peer.send_as(signer, create) == 202
        token = await members.issue_token(ctx, ada, name="test")

        async def status():
            headers = {"Host": ctx.settings.authority, "Authorization": f"Bearer {token}"}
            answer = await peer.client.get("/api/v1/timelines/home", headers=headers)
            return json.loads(await answer.get_data())[0]

        async def get(link):
            answer = await peer.client.get(
                link.removeprefix(ctx.settings.url), headers={"Host": ctx.settings.authority}
            )
            return answer.status_code, await answer.get_data(), answer.headers

        async def send(activity):
            return await peer.send_as(signer, activity)

        yield ctx, home, status, get, send, note


def serve(home, request):
    if request.path.startswith(("/pictures", "/indigo")):
        return http(picture(), "Content-Type: text/html")
    return home.answer(request)


def on_disk(folder):
    return list((folder / "media").glob("??/*"))


def asked_for_pictures(home):
    return [path for path in home.asked if path.startswith("/pictures")]


async def test_M04_a_picture_is_fetched_when_it_is_looked_at_once_and_without_what_was_hidden_in_it(tmp_path, database):
    async with story(tmp_path, database) as (ctx, home, status, get, *_):
        (shown,) = (await status())["media_attachments"]
        assert (shown["type"], shown["description"]) == ("image", "A vat")
        assert asked_for_pictures(home) == []
        code, body, headers = await get(shown["url"])
        # What it is told to be is of no interest; two colours are kept best as PNG.
        assert (code, headers["Content-Type"], Image.open(io.BytesIO(body)).size) == (200, "image/png", (60, 40))
        assert CANARY not in body
        assert "sandbox" in headers["Content-Security-Policy"]
        assert (await get(shown["preview_url"]))[0] == 200
        assert (await get(shown["url"]))[1] == body
        (asked,) = [request for request in home.server.requests if request.path.startswith("/pictures")]
        assert f'keyId="{ctx.settings.url}/actor#main-key"' in asked.headers["signature"], "so that it can be refused"
        (again,) = (await status())["media_attachments"]
        assert again["meta"]["original"]["size"] == "60x40"


async def test_M06_a_link_is_for_one_file_and_one_purpose_and_ends(tmp_path):
    async with story(tmp_path) as (ctx, _, status, get, _send, _note):
        (shown,) = (await status())["media_attachments"]
        id = int(shown["id"])
        good = Links(ctx.settings.url, ctx.secret, ctx.clock())
        old = Links(ctx.settings.url, ctx.secret, ctx.clock() - 3 * 86_400_000)
        other = Links(ctx.settings.url, b"another secret", ctx.clock())
        assert (await get(good.to(id, Show.ORIGINAL)))[0] == 200
        token = good.to(id, Show.ORIGINAL).rpartition("/")[2]
        for link in (
            old.to(id, Show.ORIGINAL),
            other.to(id, Show.ORIGINAL),
            f"{ctx.settings.url}/media/{id + 1}/{token}",
            f"{ctx.settings.url}/media/{id}/p{token[1:]}",
            f"{ctx.settings.url}/media/{id}/x",
        ):
            assert (await get(link))[0] == 404, link


async def test_a_deleted_posts_picture_is_gone_from_the_link_and_from_the_disk(tmp_path, database):
    async with story(tmp_path, database) as (ctx, _, status, get, send, note):
        (shown,) = (await status())["media_attachments"]
        await get(shown["url"])
        assert len(on_disk(tmp_path)) == 2
        delete = {"id": f"{note['attributedTo']}/a/2", "type": "Delete", "actor": note["attributedTo"]}
        await send(delete | {"object": note["id"]})
        assert (await get(shown["url"]))[0] == 404
        await retention.erase_files(ctx)
        assert on_disk(tmp_path) == []


async def test_an_edit_keeps_the_picture_that_stays_and_erases_the_one_that_goes(tmp_path):
    async with story(tmp_path) as (ctx, home, status, get, send, note):
        (before,) = (await status())["media_attachments"]
        await get(before["url"])
        second = {"type": "Image", "url": f"{home.url}/pictures/2.png", "summary": "Another"}
        update = {"type": "Update", "actor": note["attributedTo"]}
        both = note | {"attachment": [second, note["attachment"][0]], "updated": "2099-01-01T00:00:00Z"}
        await send(update | {"id": f"{note['attributedTo']}/a/3", "object": both})
        shown = (await status())["media_attachments"]
        assert [one["description"] for one in shown] == ["Another", "A vat"]
        assert (shown[1]["id"], len(on_disk(tmp_path))) == (before["id"], 2)
        only = both | {"attachment": second, "updated": "2099-01-02T00:00:00Z"}
        await send(update | {"id": f"{note['attributedTo']}/a/4", "object": only})
        await retention.erase_files(ctx)
        assert on_disk(tmp_path) == []
        assert (await get(before["url"]))[0] == 404


async def test_N08_pictures_elsewhere_are_not_asked_for(tmp_path):
    async with origin() as stranger, story(tmp_path, url=f"{stranger.url}/pictures/1.jpg") as (_, _h, status, get, *_):
        (shown,) = (await status())["media_attachments"]
        assert (await get(shown["url"]))[0] == 404
        assert stranger.server.connects == 0


@pytest.mark.parametrize(
    ("host", "allowed"),
    [
        ("social.example", True),
        ("files.social.example", True),
        ("media.example.net", True),
        ("social.example.evil", False),
        ("notsocial.example", False),
        ("example", False),
        ("other.example", False),
    ],
)
async def test_pictures_come_from_members_hosts_below_theirs_and_listed_ones(tmp_path, host, allowed):
    async with context(tmp_path, url="https://node.example") as ctx:
        await Peer.known_to(ctx, hosts=["social.example"])
        object.__setattr__(ctx.settings.federation, "media_hosts", ("media.example.net",))
        assert (await media._allowed(ctx))(host) is allowed


async def test_what_is_no_picture_is_not_shown_and_not_asked_for_again_and_again(tmp_path):
    async with story(tmp_path) as (_, home, status, get, _send, _note):
        home.server.answer = lambda request: document(b"<svg onload=alert(1)>")
        (shown,) = (await status())["media_attachments"]
        for _ in range(12):
            assert (await get(shown["url"]))[0] == 404
        assert len(asked_for_pictures(home)) == 5
        assert on_disk(tmp_path) == []


async def test_a_little_picture_in_a_text_is_shown_by_us(tmp_path):
    async with story(tmp_path) as (_, _home, status, get, _send, _note):
        (emoji,) = (await status())["emojis"]
        assert emoji["shortcode"] == "indigo"
        assert (await get(emoji["url"]))[0] == 200


async def test_M07_copies_nobody_looks_at_are_erased_and_fetched_anew(tmp_path):
    async with story(tmp_path) as (ctx, home, status, get, _send, _note):
        (shown,) = (await status())["media_attachments"]
        await get(shown["url"])
        await retention.forget_old_rows(ctx)
        assert len(on_disk(tmp_path)) == 2
        async with ctx.change() as change:
            await rows.touch(change.tx, int(shown["id"]), now=1)
        await retention.forget_old_rows(ctx)
        assert on_disk(tmp_path) == []
        assert (await get(shown["url"]))[0] == 200
        assert len(asked_for_pictures(home)) == 2


# Pictures of people


async def wears(peer_story, **pictures):
    """Let carol's node say that she has these pictures."""
    ctx, home, *_, note = peer_story
    home.documents["/users/carol"] |= {name: {"type": "Image", "url": url} for name, url in pictures.items()}
    return await resolve.anew(ctx, note["attributedTo"])


async def test_a_peers_portrait_is_fetched_when_it_is_looked_at_cut_to_a_square_and_kept(tmp_path, database):
    async with story(tmp_path, database) as found:
        _, home, status, get, *_ = found
        await wears(found, icon=f"{home.url}/pictures/face.jpg", image=f"{home.url}/pictures/hill.jpg")
        account = (await status())["account"]
        assert asked_for_pictures(home) == []
        for link, size in ((account["avatar"], (40, 40)), (account["header"], (60, 20))):
            code, body, _ = await get(link)
            assert (code, Image.open(io.BytesIO(body)).size, CANARY in body) == (200, size, False)
            assert (await get(link))[1] == body
        assert asked_for_pictures(home) == ["/pictures/face.jpg", "/pictures/hill.jpg"]


async def test_a_portrait_that_cannot_be_had_is_drawn_for_a_while(tmp_path):
    async with origin() as stranger, story(tmp_path) as found:
        _, home, status, get, *_ = found
        await wears(found, icon=f"{stranger.url}/pictures/face.jpg", image=f"{home.url}/nothing.jpg")
        account = (await status())["account"]
        for link in (account["avatar"], account["header"]):
            code, body, headers = await get(link)
            assert (code, Image.open(io.BytesIO(body)).format, headers["Cache-Control"]) == (
                200, "PNG", "private, max-age=300",
            )  # fmt: skip
        assert stranger.server.connects == 0
        assert on_disk(tmp_path) == []


async def test_a_new_portrait_has_a_new_link_and_the_old_one_is_erased(tmp_path, database):
    async with story(tmp_path, database) as found:
        ctx, home, status, get, *_ = found
        links = []
        for name in ("face", "hat"):
            await wears(found, icon=f"{home.url}/pictures/{name}.jpg")
            links.append((await status())["account"]["avatar"])
            assert (await get(links[-1]))[0] == 200
        assert links[0] != links[1]
        await retention.erase_files(ctx)
        assert len(on_disk(tmp_path)) == 1


async def test_M07_a_portrait_is_erased_after_a_while_and_fetched_anew(tmp_path, database):
    async with story(tmp_path, database) as found:
        ctx, home, status, get, *_ = found
        await wears(found, icon=f"{home.url}/pictures/face.jpg")
        link = (await status())["account"]["avatar"]
        await get(link)
        period = ctx.settings.limits.media_cache_seconds * 1000
        for moment, left in ((period - 60_000, 1), (period + 60_000, 0)):
            await retention.erase_files(replace(ctx, clock=lambda moment=moment: ctx.clock() + moment))
            assert len(on_disk(tmp_path)) == left
        assert (await get(link))[0] == 200
        assert asked_for_pictures(home) == ["/pictures/face.jpg"] * 2


@pytest.mark.parametrize("name", ["../secret.key", "ab/../../secret.key", "/etc/passwd", "ab/" + "c" * 30, "ab\\x.jpg"])
async def test_M01_a_name_that_is_not_of_ours_is_no_file(tmp_path, name):
    async with context(tmp_path) as ctx:
        with pytest.raises(Exception, match="no such file"):
            await ctx.files.get(name)
        with pytest.raises(Exception, match="no such file"):
            await ctx.files.put(name, b"x")
        with pytest.raises(Exception, match="no such file"):
            await ctx.files.erase([name])
