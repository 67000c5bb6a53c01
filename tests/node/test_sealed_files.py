"""Files are sealed with a key of their own each: nobody reads a copy of one without it, and erasing one destroys it."""

import asyncio
import logging
import os
import shutil

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from moderation import retention
from node.adapters import sealed_files
from node.adapters.content_keys import ContentKeys
from node.adapters.files import Damaged, LocalFiles, Unsatisfiable, new_name, whole
from node.adapters.sealed_files import SealedFiles
from node.errors import NotFound, Unavailable
from node.store import media
from tests.member import PDF, on_disk, story

CANARY = b"CANARY-6c1d"
CHUNK = 64 * 1024
SIZES = (0, 1, CHUNK - 1, CHUNK, CHUNK + 1, 2 * CHUNK, 300_000)


def opened(folder):
    """The files in a folder, as each process of a node opens them."""
    return SealedFiles(LocalFiles(folder / "media"), ContentKeys(folder / "content.keys"))


async def put(files, content, media_type="application/pdf"):
    name = new_name(media_type)
    await files.put(name, content)
    return name


async def read(files, name, span=None):
    return await whole(await files.get(name, span=span))


# What was put


@pytest.mark.parametrize("size", SIZES)
async def test_what_was_put_comes_back_and_is_nowhere_else_in_the_clear(tmp_path, size):
    files, content = opened(tmp_path), (CANARY * (size // len(CANARY) + 1))[:size]
    source = tmp_path / "incoming" / "source"
    source.parent.mkdir()
    source.write_bytes(content)
    for given_as in (content, source):
        name = await put(files, given_as)
        found = await files.get(name)
        assert (found.size, found.start, found.end, await whole(found)) == (size, 0, size, content)
        kept = (tmp_path / "media" / name).read_bytes()
        assert (CANARY in kept, len(kept) > size) == (False, True)
    assert list(source.parent.iterdir()) == [source], "what was sealed for the way is gone"


async def test_two_files_with_the_same_content_have_nothing_in_common(tmp_path):
    files, content = opened(tmp_path), bytes(CHUNK)
    names = [await put(files, content) for _ in range(2)]
    await files.put(names[1], content)
    blocks = [(tmp_path / "media" / name).read_bytes()[at : at + 16] for name in names for at in range(0, CHUNK, 16)]
    assert len(set(blocks)) == len(blocks)


@pytest.mark.parametrize(
    "span",
    [
        *((CHUNK - 1, CHUNK), (CHUNK, CHUNK + 1), (CHUNK - 1, CHUNK + 1), (5, 7), (0, None), (0, 1), (CHUNK, None)),
        *((-1, None), (-(300_000 - 4 * CHUNK), None), (-CHUNK, None), (299_999, None), (1, 299_999), (-999_999, None)),
    ],
)
async def test_a_part_may_begin_and_end_anywhere(tmp_path, span):
    files, content = opened(tmp_path), os.urandom(300_000)
    found = await files.get(await put(files, content), span=span)
    expected = content[span[0] : span[1]]
    assert (found.size, found.end - found.start, await whole(found)) == (300_000, len(expected), expected)


def test_a_part_is_what_it_is_of_a_file_that_is_not_sealed(tmp_path):
    plain, sealed = LocalFiles(tmp_path / "plain"), opened(tmp_path)
    names = {size: new_name("video/mp4") for size in SIZES}

    async def write():
        for size, name in names.items():
            content = os.urandom(size)
            await plain.put(name, content)
            await sealed.put(name, content)

    async def told(files, name, span):
        try:
            found = await files.get(name, span=span)
        except Unsatisfiable as error:
            return error.size
        return found.size, found.start, found.end, await whole(found)

    near = st.integers(-3, 5).map(lambda number: number * CHUNK)
    place = st.builds(lambda far, by: far + by, near, st.integers(-30, 30)) | st.integers(-400_000, 400_000)

    @settings(max_examples=150, deadline=None)
    @given(st.sampled_from(SIZES), place, st.none() | place.map(abs))
    def alike(size, start, end):
        async def both():
            return [await told(files, names[size], (start, end)) for files in (plain, sealed)]

        one, other = asyncio.run(both())
        assert one == other

    asyncio.run(write())
    alike()


async def test_a_part_is_read_without_the_rest(tmp_path):
    """What is beyond a part may be damaged: nobody looks."""
    files = opened(tmp_path)
    name = await put(files, bytes(10 * CHUNK))
    path = tmp_path / "media" / name
    sealed = bytearray(path.read_bytes())
    for place in (5, len(sealed) - 5):
        sealed[place] ^= 1
    path.write_bytes(sealed)
    assert await read(files, name, (CHUNK, 9 * CHUNK)) == bytes(8 * CHUNK)


async def test_a_source_that_is_not_there_leaves_nothing(tmp_path):
    files = opened(tmp_path)
    for source in (tmp_path / "nothing", tmp_path / "no" / "folder"):
        with pytest.raises(Unavailable):
            await put(files, source)
    assert list(tmp_path.glob("media/??/*")) == []
    assert [path.name for path in tmp_path.iterdir() if path.is_file()] == ["content.keys"]


# What was changed


def _turned(sealed, place):
    return sealed[:place] + bytes([sealed[place] ^ 1]) + sealed[place + 1 :]


_STEP = CHUNK + 28
WRONG = {
    "a nonce": lambda sealed: _turned(sealed, 3),
    "a byte": lambda sealed: _turned(sealed, _STEP + 1_000),
    "the end": lambda sealed: _turned(sealed, len(sealed) - 1),
    "cut off": lambda sealed: sealed[:-1],
    "cut off between chunks": lambda sealed: sealed[: 2 * _STEP],
    "cut off in a seal": lambda sealed: sealed[: _STEP + 20],
    "nearly nothing left": lambda sealed: sealed[:5],
    "nothing left": lambda sealed: b"",
    "something behind it": lambda sealed: sealed + b"x",
    "chunks that changed places": lambda sealed: sealed[_STEP : 2 * _STEP] + sealed[:_STEP] + sealed[2 * _STEP :],
    "a chunk twice": lambda sealed: sealed[:_STEP] * 2 + sealed[2 * _STEP :],
}


@pytest.mark.parametrize("how", WRONG)
async def test_M09_a_file_that_was_changed_is_not_shown_and_the_log_names_it(tmp_path, caplog, how):
    files = opened(tmp_path)
    name = await put(files, os.urandom(3 * CHUNK))
    path = tmp_path / "media" / name
    path.write_bytes(WRONG[how](path.read_bytes()))
    with caplog.at_level(logging.ERROR, "allmende.files"), pytest.raises(Damaged):
        await read(files, name)
    assert name in caplog.text


@pytest.mark.parametrize("how", [how for how in WRONG if how.startswith("cut off")])
async def test_that_an_end_is_missing_is_seen_at_the_beginning(tmp_path, how):
    files = opened(tmp_path)
    name = await put(files, os.urandom(3 * CHUNK))
    path = tmp_path / "media" / name
    path.write_bytes(WRONG[how](path.read_bytes()))
    with pytest.raises(Damaged):
        await read(files, name, (0, 1))


async def test_a_file_in_the_place_of_another_is_not_shown(tmp_path):
    files = opened(tmp_path)
    one, other = await put(files, b"one"), await put(files, b"two")
    shutil.copy(tmp_path / "media" / one, tmp_path / "media" / other)
    with pytest.raises(Damaged):
        await read(files, other)


# What was erased


async def test_M09_what_was_erased_cannot_be_read_from_any_copy(tmp_path):
    files = opened(tmp_path)
    names = [await put(files, CANARY) for _ in range(3)]
    shutil.copytree(tmp_path / "media", tmp_path / "copy")
    assert await read(files, names[0]) == CANARY
    key = ContentKeys(tmp_path / "content.keys").of([f"file:{names[0]}"])[f"file:{names[0]}"]
    await files.erase(names[:2])
    shutil.copytree(tmp_path / "copy", tmp_path / "media", dirs_exist_ok=True)
    for again in (files, opened(tmp_path)):
        for name in names[:2]:
            with pytest.raises(NotFound):
                await again.get(name)
        assert await read(again, names[2]) == CANARY
    assert key not in (tmp_path / "content.keys").read_bytes()
    await files.put(names[0], CANARY)
    shutil.copy(tmp_path / "copy" / names[0], tmp_path / "media" / names[0])
    with pytest.raises(Damaged):
        await read(files, names[0])


async def test_a_key_is_destroyed_also_when_the_storage_does_not_answer(tmp_path, monkeypatch):
    files = opened(tmp_path)
    name = await put(files, CANARY)

    async def away(*_):
        raise Unavailable("Try again.")

    with monkeypatch.context() as patch:
        patch.setattr(LocalFiles, "erase", away)
        with pytest.raises(Unavailable):
            await files.erase([name])
    assert (tmp_path / "media" / name).exists()
    with pytest.raises(NotFound):
        await files.get(name)
    await files.erase([name])
    assert not (tmp_path / "media" / name).exists()


async def test_a_file_that_is_written_again_keeps_its_key(tmp_path):
    """As a restore does: what was put aside before, or is still in use, is read as before."""
    files = opened(tmp_path)
    name = await put(files, b"before")
    shutil.copytree(tmp_path / "media", tmp_path / "aside")
    await files.put(name, b"after")
    aside = SealedFiles(LocalFiles(tmp_path / "aside"), ContentKeys(tmp_path / "content.keys"))
    assert (await read(opened(tmp_path), name), await read(aside, name)) == (b"after", b"before")


# Keys


async def test_processes_share_the_keys_and_soon_know_what_another_destroyed(tmp_path, monkeypatch):
    one, other = opened(tmp_path), opened(tmp_path)
    names = await asyncio.gather(*[put(files, str(number).encode()) for number in range(20) for files in (one, other)])
    for files in (one, other):
        found = await asyncio.gather(*[read(files, name) for name in names])
        assert found == [str(number).encode() for number in range(20) for _ in range(2)]
    sealed = (tmp_path / "media" / names[0]).read_bytes()
    await one.erase(names[:1])
    (tmp_path / "media" / names[0]).write_bytes(sealed)
    later = sealed_files.monotonic() + 10
    monkeypatch.setattr(sealed_files, "monotonic", lambda: later)
    with pytest.raises(NotFound):
        await other.get(names[0])
    assert await read(other, names[1]) == b"0"


async def test_keys_of_what_is_read_often_are_at_hand_but_not_many(tmp_path, monkeypatch):
    monkeypatch.setattr(sealed_files, "_RECENT", 3)
    asked = []

    class Counting(ContentKeys):
        def of(self, names, *, make=False):
            asked.extend(names)
            return super().of(names, make=make)

    files = SealedFiles(LocalFiles(tmp_path / "media"), Counting(tmp_path / "content.keys"))
    names = [await put(files, b"x") for _ in range(4)]
    asked.clear()
    for name in (*names[:3], *names[:3], names[3], names[0]):
        await read(files, name)
    assert asked == [f"file:{name}" for name in (*names, names[0])]


def test_keys_of_files_are_not_walked_through_with_the_others(tmp_path, monkeypatch):
    monkeypatch.setattr("node.adapters.content_keys._AT_ONCE", 2)
    keys = ContentKeys(tmp_path / "content.keys")
    others = ["account:1", "account:2", "case:3", "fig:1", "node", "post:1.0", "post:2.0"]
    keys.of([*others, *(f"file:{new_name('image/png')}" for _ in range(9))], make=True)
    found, after = [], ""
    while names := keys.names(after=after):
        assert len(names) == 2 or names == others[-1:]
        found, after = found + names, names[-1]
    assert found == others


# A whole node


async def test_M09_what_a_member_uploads_is_nowhere_below_the_data_folder_and_comes_back_whole_and_in_parts(tmp_path):
    content = PDF + CANARY * 20_000
    async with story(tmp_path, "ada") as (ctx, ada):
        link = (await ada.uploaded(content))["url"]
        assert len(on_disk(tmp_path)) == 1
        assert [path for path in tmp_path.rglob("*") if path.is_file() and CANARY in path.read_bytes()] == []
        assert (await ada.get(link))[:2] == (200, content)
        for asked, start, end in (
            ("0-99", 0, 100),
            (f"{CHUNK - 3}-{CHUNK + 3}", CHUNK - 3, CHUNK + 4),
            ("-9", -9, None),
        ):
            status, body, headers = await ada.get(link, Range=f"bytes={asked}")
            assert (status, body) == (206, content[start:end])
            assert headers["Content-Range"].endswith(f"/{len(content)}")
        # Whoever has the folder but not the keys has nothing, and neither has the node.
        ctx.settings.content_keys.rename(tmp_path / "elsewhere")
        ctx.files._recent.clear()
        assert (await ada.get(link))[0] == 404


async def test_what_a_member_throws_away_loses_its_key(tmp_path, database):
    async with story(tmp_path, "ada", database=database) as (ctx, ada):
        taken = await ada.uploaded(PDF)
        async with ctx.db.read() as tx:
            name = (await media.by_id(tx, int(taken["id"]))).file
        keys = ContentKeys(ctx.settings.content_keys)
        assert list(keys.of([f"file:{name}"])) == [f"file:{name}"]
        assert (await ada.call("DELETE", f"/v1/media/{taken['id']}"))[0] == 200
        await retention.erase_files(ctx)
        assert keys.of([f"file:{name}"]) == {}
