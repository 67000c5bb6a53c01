"""Links to files: for whom, for how long, and how what they lead to is read."""

import hashlib
import io
import resource
from dataclasses import replace

import aiohttp
import pytest
from PIL import Image

from moderation import measures, retention
from node.domain.media import Links, Show
from node.domain.portraits import initials
from node.effects import files
from node.errors import Invalid
from node.limits import Limits
from node.store import accounts
from outbox import media as commands
from tests import films
from tests.member import MARKER, PDF, on_disk, photograph, picture, story
from tests.served import served

UNCOUNTED = Limits(requests_per_member=1_000_000, requests_per_address=1_000_000, upload_document=100_000_000)


async def test_M06_a_link_is_for_one_file_and_one_purpose_and_ends(tmp_path):
    async with story(tmp_path) as (ctx, ada, _):
        taken, other = await ada.uploaded(picture()), await ada.uploaded(picture((50, 50)))
        id = int(taken["id"])
        good = Links(ctx.settings.url, ctx.secret, ctx.clock())
        token = good.to(id, Show.ORIGINAL).rpartition("/")[2]
        assert (await ada.get(good.to(id, Show.ORIGINAL)))[0] == 200
        for link in (
            replace(good, now=ctx.clock() - 3 * 86_400_000).to(id, Show.ORIGINAL),
            replace(good, secret=b"another").to(id, Show.ORIGINAL),
            f"/media/{other['id']}/{token}",
            f"/media/{id}/p{token[1:]}",
            f"/media/{id}/a{token[1:]}",
            f"/media/{id}/o{'9' * 30}-{token.partition('-')[2]}",
            f"/media/{id}/",
            f"/media/{id}/o",
            "/media/-1/" + token,
        ):
            assert (await ada.get(link))[0] == 404, link


async def test_M06_what_a_suspended_member_posted_and_uploaded_is_not_shown(tmp_path, database):
    async with story(tmp_path, database=database) as (ctx, ada, ben):
        hung, free = await ada.uploaded(picture()), await ada.uploaded(picture())
        await ada.posted(hung["id"])
        await measures.suspend(ctx, ada.account.id, reason="A threat.")
        for one in (hung, free):
            assert [(await ben.get(link))[0] for link in (one["url"], one["preview_url"])] == [404, 404]
        assert (await ada.upload(picture()))[0] == 401
        await measures.restore(ctx, ada.account.id)
        assert (await ben.get(hung["url"]))[0] == 200


# Parts of files (RFC 9110, section 14)


@pytest.mark.parametrize(
    ("asked", "start", "end"),
    [
        ("bytes=0-0", 0, 1),
        ("bytes=0-", 0, None),
        ("bytes=10-19", 10, 20),
        ("bytes=10-999999999", 10, None),
        ("bytes=-7", -7, None),
        ("bytes=-999999999", 0, None),
    ],
)
async def test_a_part_of_a_file_is_what_was_asked_for(tmp_path, asked, start, end):
    async with story(tmp_path) as (_, ada, _b):
        link = (await ada.uploaded(PDF))["url"]
        status, body, headers = await ada.get(link, Range=asked)
        expected = PDF[start:end]
        first = PDF.index(expected)
        assert (status, body) == (206, expected)
        assert headers["Content-Range"] == f"bytes {first}-{first + len(expected) - 1}/{len(PDF)}"
        assert headers["Content-Length"] == str(len(expected))


@pytest.mark.parametrize(
    "asked", ["bytes=5-2", "bytes=-0", "bytes=0-1,4-5", "pages=1-2", "bytes=a-b", "bytes=" + "9" * 30 + "-"]
)
async def test_what_is_no_part_is_the_whole(tmp_path, asked):
    async with story(tmp_path) as (_, ada, _b):
        status, body, headers = await ada.get((await ada.uploaded(PDF))["url"], Range=asked)
        assert (status, body, headers["Accept-Ranges"]) == (200, PDF, "bytes")


async def test_a_part_beyond_the_end_is_refused_and_what_is_known_is_not_sent_again(tmp_path):
    async with story(tmp_path) as (_, ada, _b):
        link = (await ada.uploaded(PDF))["url"]
        status, body, headers = await ada.get(link, Range=f"bytes={len(PDF)}-")
        assert (status, body, headers["Content-Range"]) == (416, b"", f"bytes */{len(PDF)}")
        tag = (await ada.get(link))[2]["ETag"]
        assert (await ada.get(link, If_None_Match=f'"other", {tag}'))[:2] == (304, b"")
        assert (await ada.get(link, Range="bytes=0-3", If_Range=tag))[:2] == (206, PDF[:4])
        assert (await ada.get(link, Range="bytes=0-3", If_Range='"other"'))[:2] == (200, PDF)


async def test_a_long_upload_and_a_long_answer_take_little_memory(tmp_path):
    """Through a real server: eighty megabytes come and go, and the process does not grow by half of them."""
    content = PDF + bytes(80_000_000 - len(PDF))
    (tmp_path / "content").write_bytes(content)
    digest = hashlib.sha256(content).hexdigest()
    del content
    async with served(tmp_path / "node", limits=UNCOUNTED) as node:
        ada = await node.member("ada")
        headers = {"Authorization": f"Bearer {ada.token}"}
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        with (tmp_path / "content").open("rb") as file:
            form = aiohttp.FormData({"description": "zeros"})
            form.add_field("file", file, filename="a.pdf")
            async with node.session.post(f"{node.url}/api/v2/media", data=form, headers=headers) as answer:
                taken = await answer.json()
                assert (answer.status, taken["description"]) == (200, "zeros")
        found = hashlib.sha256()
        async with node.session.get(taken["url"]) as answer:
            async for chunk in answer.content.iter_chunked(65_536):
                found.update(chunk)
        assert found.hexdigest() == digest
        async with node.session.head(taken["url"], headers={"Range": "bytes=0-3"}) as answer:
            assert (answer.status, answer.headers["Content-Length"]) == (200, "80000000")
        async with node.session.get(taken["url"], headers={"Range": "bytes=79999990-"}) as answer:
            assert (answer.status, await answer.read()) == (206, bytes(10))
        grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before  # KiB
        assert grown < 40_000


# Pictures of people


async def test_everybody_has_a_picture_drawn_from_the_name_when_none_was_chosen(tmp_path, database):
    async with story(tmp_path, database=database) as (_, ada, ben):
        _, body = await ben.call("GET", f"/v1/accounts/{ada.account.id}")
        status, portrait, headers = await ben.get(body["avatar"])
        drawn = Image.open(io.BytesIO(portrait)).convert("RGB")
        assert (status, headers["Content-Type"], drawn.size) == (200, "image/png", (400, 400))
        background = drawn.getpixel((0, 0))
        assert drawn.getpixel((200, 200)) != background or len(drawn.getcolors()) > 1
        assert contrast(background) > 4.5
        status, banner, _ = await ben.get(body["header"])
        assert (status, Image.open(io.BytesIO(banner)).size) == (200, (1500, 500))
        assert (await ben.get(body["avatar"]))[1] == portrait
        _, other = await ben.call("GET", f"/v1/accounts/{ben.account.id}")
        assert (await ben.get(other["avatar"]))[1] != portrait
        assert on_disk(tmp_path) == []


def contrast(colour):
    """Return the contrast of white on a colour (WCAG 2.2)."""
    parts = [part / 255 for part in colour]
    light = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 1.05 / (0.2126 * light[0] + 0.7152 * light[1] + 0.0722 * light[2] + 0.05)


@pytest.mark.parametrize(
    ("name", "username", "letters"),
    [
        ("Ada Lovelace", "ada", "AL"),
        ("Ada Augusta King-Noel", "ada", "AK"),
        ("Émile Ørsted", "emile", "E"),
        ("ada", "x", "A"),
        ("李小龙", "bruce", "B"),
        ("Жанна", "7up", "7"),
        ("", "_-_", ""),
    ],
)
async def test_initials_are_letters_that_can_be_drawn(tmp_path, name, username, letters):
    async with story(tmp_path, "ada") as (_, ada):
        assert initials(replace(ada.account, name=name, username=username)) == letters


async def wear(ctx, account, content):
    """Do what a change of the profile does with its pictures."""
    small, wide = await commands.portrait(ctx, content), await commands.banner(ctx, content)
    async with ctx.change() as change:
        current = await accounts.by_id(change.tx, account.id)
        await files.keep(change, small, instead_of=current.icon_file)
        await files.keep(change, wide, instead_of=current.image_file)
        await accounts.update(change.tx, replace(current, icon_file=small, image_file=wide))


async def test_M04_a_chosen_picture_is_cut_to_a_square_and_replaces_the_one_before(tmp_path, database):
    async with story(tmp_path, database=database) as (ctx, ada, ben):
        links = []
        for content, square, wide in (
            (photograph(), (80, 80), (120, 40)),
            (picture((3000, 900)), (400, 400), (1500, 500)),
        ):
            await wear(ctx, ada.account, content)
            _, body = await ben.call("GET", f"/v1/accounts/{ada.account.id}")
            for link, size in ((body["avatar"], square), (body["header"], wide)):
                status, seen, _ = await ben.get(link)
                assert (status, Image.open(io.BytesIO(seen)).size, MARKER in seen) == (200, size, False)
            links.append(body["avatar"])
        assert links[0] != links[1], "or people would go on seeing the old one"
        await retention.erase_files(ctx)
        assert len(on_disk(tmp_path)) == 2
        chosen = (await ben.get(links[1]))[1]
        await measures.suspend(ctx, ada.account.id, reason="A threat.")
        assert (await ben.get(links[1]))[1] != chosen


async def test_M03_what_is_no_picture_is_no_portrait(tmp_path):
    async with story(tmp_path, "ada") as (ctx, _):
        for content in (b"<svg/>", films.film(), PDF):
            with pytest.raises(Invalid):
                await commands.portrait(ctx, content)
        assert on_disk(tmp_path) == []
