"""Films and sounds of members: prepared in the background by a real ffmpeg, harmless, and in nobody's way."""

import asyncio
import contextlib
import io
import shutil
import signal
import struct
import sys
from dataclasses import replace

import pytest
from PIL import Image

from moderation import retention
from node import doctor
from node.adapters import bounded
from node.adapters import films as adapter
from node.errors import Invalid, Unavailable
from node.limits import Limits
from node.store import media as rows
from outbox import processing
from tests import films
from tests.member import Member, contents, moving, on_disk, picture, prepare, story
from tests.nodes import context

SECRET = films.SECRET.encode()


@pytest.fixture(autouse=True)
def ffmpeg(monkeypatch, tmp_path_factory):
    films.install(monkeypatch, tmp_path_factory.mktemp("path"))


def assert_nothing_is_planted(*contents):
    for content in contents:
        assert SECRET not in content
        assert b"+52.5200" not in content


# What it is


@pytest.mark.parametrize(
    ("content", "demuxer"),
    [
        (films.film, "mov"),
        (films.silent_film, "matroska"),
        (films.sound, "mp3"),
        (lambda: films.sound("ogg"), "ogg"),
        (lambda: films.sound("flac"), "flac"),
        (lambda: films.sound("wav"), "wav"),
        (lambda: films.sound("aiff"), "aiff"),
        (lambda: films.sound("adts"), "aac"),
        (lambda: films.sound("mp3")[2_000:], None),
    ],
    ids=["mp4", "webm", "mp3", "ogg", "flac", "wav", "aiff", "aac", "the middle of something"],
)
def test_M02_the_first_bytes_say_how_a_film_or_sound_is_read(content, demuxer):
    head = content()[:16]
    assert adapter.sniff(head) == demuxer or demuxer is None


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\xff",
        b"#EXTM3U\n",
        b"ffconcat version 1.0\n",
        b"<xml",
        b"RIFF\0\0\0\0WEBPVP8 ",
        picture(),
        moving(),
        b"%PDF-1.7",
    ],
)
def test_M08_playlists_pictures_and_documents_are_no_films(content):
    assert adapter.sniff(content[:16]) is None


@pytest.mark.parametrize(
    ("content", "kind", "seconds"),
    [
        (films.film, "video", 2.0),
        (films.silent_film, "gifv", 2.0),
        (films.sound, "audio", 3.0),
        (lambda: films.sound("ogg"), "audio", 3.0),
        (lambda: films.sound("wav"), "audio", 3.0),
    ],
    ids=["film", "silent film", "mp3", "ogg", "wav"],
)
async def test_M04_a_film_is_prepared_in_the_background_without_what_was_hidden_in_it(tmp_path, content, kind, seconds):
    async with story(tmp_path) as (ctx, ada, ben):
        assert SECRET in content()
        status, taken = await ada.upload(content(), description="A test")
        assert (status, taken["url"], taken["preview_url"]) == (202, None, None)
        assert taken["type"] == ("audio" if kind == "audio" else "video")
        id = taken["id"]
        assert (await ada.call("GET", f"/v1/media/{id}"))[0] == 206
        status, body = await ada.post(id)
        assert (status, "not ready yet" in body["error"]) == (422, True)
        await prepare(ctx)
        status, ready = await ada.call("GET", f"/v1/media/{id}")
        assert (status, ready["type"], ready["description"]) == (200, kind, "A test")
        assert ready["meta"]["original"]["duration"] == pytest.approx(seconds, abs=0.2)
        post = await ada.posted(id)
        (shown,) = (await ben.call("GET", f"/v1/statuses/{post['id']}"))[1]["media_attachments"]
        code, film, headers = await ben.get(shown["url"])
        assert (code, headers["Content-Type"]) == (200, "audio/mp4" if kind == "audio" else "video/mp4")
        if kind == "audio":
            assert (shown["preview_url"], len(on_disk(tmp_path))) == (None, 2)
        else:
            size = shown["meta"]["original"]
            assert (size["width"], size["height"], len(shown["blurhash"]) > 6) == (160, 120, True)
            code, still, headers = await ben.get(shown["preview_url"])
            assert (code, Image.open(io.BytesIO(still)).size) == (200, (160, 120))
            assert_nothing_is_planted(still)
        assert_nothing_is_planted(film)
        await retention.erase_files(ctx)
        assert_nothing_is_planted(*await contents(ctx))
        assert len(on_disk(tmp_path)) == (1 if kind == "audio" else 2)


async def test_the_older_way_to_upload_waits_until_a_film_is_ready(tmp_path):
    async with story(tmp_path) as (ctx, ada, _):
        loop = asyncio.create_task(processing.run(ctx))
        status, body = await ada.call("POST", "/v1/media", files={"file": films.film()})
        loop.cancel()
        assert (status, body["type"], body["url"] is not None) == (200, "video", True)


async def test_a_thumbnail_stands_for_a_film_and_a_sound_also_when_it_comes_first(tmp_path):
    async with story(tmp_path) as (ctx, ada, _):
        sent = {"file": films.film(), "thumbnail": picture((64, 64))}
        _, early = await ada.call("POST", "/v2/media", files=sent)
        await prepare(ctx)
        _, sound = await ada.upload(films.sound())
        await prepare(ctx)
        await ada.call("PUT", f"/v1/media/{sound['id']}", files={"thumbnail": picture((64, 64))})
        for id in (early["id"], sound["id"]):
            _, ready = await ada.call("GET", f"/v1/media/{id}")
            _, seen, _ = await ada.get(ready["preview_url"])
            assert Image.open(io.BytesIO(seen)).size == (64, 64)


async def test_a_film_stands_alone_in_a_post(tmp_path):
    async with story(tmp_path) as (ctx, ada, _):
        still = await ada.uploaded(picture())
        _, film = await ada.upload(films.silent_film())
        await prepare(ctx)
        status, body = await ada.post(still["id"], film["id"])
        assert (status, "stands alone" in body["error"]) == (422, True)
        await ada.posted(film["id"])


async def test_without_ffmpeg_films_are_refused_and_the_operator_is_told(tmp_path, monkeypatch, tmp_path_factory):
    async with story(tmp_path) as (ctx, ada, _):
        found = {one.name: one for one in await doctor.examine(ctx)}
        assert (found["films"].ok, found["media"].ok) == (True, True)
        assert "can be taken" in found["films"].text
        films.uninstall(monkeypatch, tmp_path_factory.mktemp("nothing"))
        status, body = await ada.upload(films.film())
        assert (status, "ffmpeg is missing" in body["error"]) == (422, True)
        found = {one.name: one for one in await doctor.examine(ctx)}
        assert "ffmpeg is not installed" in found["films"].text
        assert (await ada.upload(picture()))[0] == 200
        assert len(on_disk(tmp_path)) == 2


# What is none, and what costs too much


def reference_film():
    """A QuickTime film whose pictures are in another file: /etc/passwd."""

    def box(kind, *content):
        body = b"".join(content)
        return struct.pack(">I", 8 + len(body)) + kind + body

    alias = struct.pack(">I", 0) + b"file:///etc/passwd\0"
    return box(b"ftyp", b"qt  \0\0\0\0qt  ") + box(
        b"moov",
        box(
            b"trak",
            box(b"mdia", box(b"minf", box(b"dinf", box(b"dref", struct.pack(">II", 0, 1), box(b"url ", alias))))),
        ),
    )


@pytest.mark.parametrize(
    "content",
    [
        b"\0\0\0\x18ftypmp42" + b"x" * 1_000,
        b"OggS" + bytes(400),
        b"\x1a\x45\xdf\xa3" + b"#EXTM3U\nfile:///etc/passwd\n",
        b"ID3\x04" + b"<script>" * 100,
        b"\0\0\0\x18ftypmp42\0\0\0\0#EXTM3U\n#EXTINF:1,\nfile:///etc/passwd\n",
        reference_film(),
    ],
    ids=["rubbish", "empty", "playlist as matroska", "script as mp3", "playlist as mp4", "reference"],
)
async def test_M08_what_only_begins_like_a_film_is_refused_and_leads_nowhere(tmp_path, content):
    async with story(tmp_path) as (_, ada, _b):
        status, body = await ada.upload(content)
        assert (status, "cannot be read" in body["error"]) == (422, True)
        assert on_disk(tmp_path) == []


async def test_M03_a_film_that_costs_too_much_fails_and_says_so_to_its_uploader(tmp_path, database):
    limits = Limits(film_seconds=0.05)
    async with story(tmp_path, database=database, limits=limits) as (ctx, ada, ben):
        _, taken = await ada.upload(films.film())
        await prepare(ctx)
        status, body = await ada.call("GET", f"/v1/media/{taken['id']}")
        assert (status, "too much work" in body["error"]) == (422, True)
        assert (await ben.call("GET", f"/v1/media/{taken['id']}"))[0] == 404
        assert (await ada.post(taken["id"]))[0] == 422
        await retention.erase_files(ctx)
        assert on_disk(tmp_path) == []
        assert list((tmp_path / "incoming").iterdir()) == []


async def test_M03_what_a_film_becomes_is_bounded(tmp_path):
    source = tmp_path / "film"
    source.write_bytes(films.film())
    with pytest.raises(Invalid, match="too long"):
        await adapter.convert(source, "mov", into=tmp_path, limits=adapter.FilmLimits(size=2_000))
    with pytest.raises(Invalid):
        await adapter.convert(source, "mov", into=tmp_path, limits=adapter.FilmLimits(memory=64 * 1024 * 1024))
    shrunk = await adapter.convert(source, "mov", into=tmp_path, limits=adapter.FilmLimits(side=80))
    assert Image.open(io.BytesIO(shrunk.still)).size == (80, 60)


async def test_M08_a_program_runs_within_bounds_and_knows_none_of_our_secrets(monkeypatch, tmp_path):
    monkeypatch.setenv("ALLMENDE_STORAGE_DATABASE", "secret")
    bounds = bounded.Bounds(seconds=5, memory=512 * 1024 * 1024, file=1_000)
    say = "import os, resource as r; print('secret' in str(os.environ), *map(r.getrlimit, (r.RLIMIT_AS, r.RLIMIT_CPU)))"
    said = await ended(bounded.command(bounds, sys.executable, "-c", say))
    assert said == (0, "False (536870912, 536870912) (5, 6)")
    for size, code in ((1_000, 0), (1_001, -signal.SIGXFSZ)):
        copy = ("if=/dev/zero", f"of={tmp_path / 'long'}", f"bs={size}", "count=1", "status=none")
        assert (await ended(bounded.command(bounds, shutil.which("dd"), *copy)))[0] == code


async def ended(command):
    process = await asyncio.create_subprocess_exec(*command, stdout=asyncio.subprocess.PIPE, env=bounded.environment())
    said, _ = await process.communicate()
    return process.returncode, said.decode().strip()


# Processes that die


async def claim(ctx):
    async with ctx.db.write() as tx:
        return await rows.claim(tx, now=ctx.clock(), lease=60_000)


async def test_what_a_killed_process_was_preparing_the_next_one_prepares(tmp_path, database):
    async with story(tmp_path, database=database) as (ctx, ada, _):
        _, taken = await ada.upload(films.sound())
        assert (await claim(ctx))[0].id == int(taken["id"])  # and this process dies
        assert await processing.work(ctx) is False
        later = replace(ctx, clock=lambda: ctx.clock() + 60_001)
        assert await processing.work(later) is True
        assert (await ada.call("GET", f"/v1/media/{taken['id']}"))[0] == 200


async def test_what_ends_every_process_that_prepares_it_is_given_up(tmp_path):
    async with story(tmp_path) as (ctx, ada, _):
        _, taken = await ada.upload(films.sound())
        now = [ctx.clock()]
        later = replace(ctx, clock=lambda: now[0])
        for _ in range(3):
            assert await claim(later) is not None
            now[0] += 60_001
        assert await processing.work(later) is True
        status, body = await ada.call("GET", f"/v1/media/{taken['id']}")
        assert (status, "too much work" in body["error"]) == (422, True)


async def test_a_storage_that_is_away_costs_no_try(tmp_path, monkeypatch):
    async with story(tmp_path) as (ctx, ada, _):
        _, taken = await ada.upload(films.sound())

        async def away(*_args, **_how):
            raise Unavailable("away")

        now = [ctx.clock()]
        for _ in range(5):
            with monkeypatch.context() as patch:
                patch.setattr(type(ctx.files), "get", away)
                assert await processing.work(replace(ctx, clock=lambda: now[0])) is True
            now[0] += 60_001
        await processing.work(replace(ctx, clock=lambda: now[0]))
        assert (await ada.call("GET", f"/v1/media/{taken['id']}"))[0] == 200


async def test_what_is_thrown_away_while_it_is_prepared_stays_away(tmp_path, monkeypatch):
    async with story(tmp_path) as (ctx, ada, _):
        _, taken = await ada.upload(films.sound())
        convert = adapter.convert

        async def convert_and_meanwhile(*args, **how):
            film = await convert(*args, **how)
            assert (await ada.call("DELETE", f"/v1/media/{taken['id']}"))[0] == 200
            return film

        monkeypatch.setattr(adapter, "convert", convert_and_meanwhile)
        await prepare(ctx)
        assert (await ada.call("GET", f"/v1/media/{taken['id']}"))[0] == 404
        await retention.erase_files(replace(ctx, clock=lambda: ctx.clock() + 3_600_001))
        assert on_disk(tmp_path) == []


async def test_a_node_that_is_killed_in_the_middle_of_a_film_ends_it_after_its_start(tmp_path):
    """The real thing: a process is killed by force while ffmpeg works, its ffmpeg ends too, and another one goes on."""
    async with context(tmp_path) as ctx:
        ada = await Member.of(ctx, "ada")
        _, taken = await ada.upload(films.sound())
        slow = tmp_path / "slow"
        slow.mkdir()
        # An ffmpeg that says where it is, and then takes for ever.
        (slow / "ffmpeg").write_text(f"#!/bin/sh\nmkdir {slow}/pid.$$\nexec sleep 1000\n")
        (slow / "ffmpeg").chmod(0o755)
        code = (
            "import asyncio, sys\n"
            "from pathlib import Path\n"
            "from tests.nodes import context\n"
            "from outbox import processing\n"
            "async def main():\n"
            "    async with context(Path(sys.argv[1])) as ctx:\n"
            "        await processing.work(ctx)\n"
            "asyncio.run(main())\n"
        )
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-c", code, str(tmp_path), env={"PATH": f"{slow}:/usr/bin:/bin", **bounded.environment()}
        )
        while not (said := list(slow.glob("pid.*"))):
            assert process.returncode is None
            await asyncio.sleep(0.02)
        process.kill()
        await process.wait()
        await gone(said[0].suffix[1:])
        assert (await ada.call("GET", f"/v1/media/{taken['id']}"))[0] == 206
        lease = int(ctx.settings.limits.film_seconds * 1000) + 60_001
        assert await processing.work(ctx) is False
        assert await processing.work(replace(ctx, clock=lambda: ctx.clock() + lease)) is True
        assert (await ada.call("GET", f"/v1/media/{taken['id']}"))[0] == 200


async def gone(pid):
    """Wait until a process is no more, or only a name that nobody has asked for yet."""
    with contextlib.suppress(FileNotFoundError, ProcessLookupError):
        while True:
            with open(f"/proc/{pid}/stat") as file:
                if file.read().rpartition(")")[2].split()[0] == "Z":
                    return
            await asyncio.sleep(0.02)
