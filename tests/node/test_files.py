"""Where files are kept, on the disk or in a store that speaks S3, sealed or not: all keep the same promises."""

import contextlib
import os
import resource
import stat

import boto3
import pytest
from moto.server import ThreadedMotoServer

from moderation import retention
from node.adapters.content_keys import ContentKeys
from node.adapters.files import UNKNOWN, LocalFiles, Unsatisfiable, new_name, whole
from node.adapters.object_files import ObjectFiles
from node.adapters.sealed_files import SealedFiles
from node.app import close_context, create_context
from node.config import ConfigError, Settings, Storage, check
from node.config import Node as NodeSettings
from node.doctor import examine
from node.errors import NotFound, Unavailable
from tests import films
from tests.member import PDF, Member, on_disk, picture, prepare, story
from tests.nodes import URL

BUCKET = "allmende-test"


@pytest.fixture(scope="module")
def s3():
    """A server that speaks S3, in this process, with one bucket; its variables are set as an operator sets them."""
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AWS_ENDPOINT_URL", f"http://{host}:{port}")
        patch.setenv("AWS_ALLOW_HTTP", "true")
        patch.setenv("AWS_REGION", "us-east-1")
        patch.setenv("AWS_ACCESS_KEY_ID", "ours")
        patch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
        client = boto3.client("s3", endpoint_url=f"http://{host}:{port}")
        client.create_bucket(Bucket=BUCKET)
        yield client
        client.close()
    server.stop()


def objects(client):
    return {found["Key"]: found["Size"] for found in client.list_objects_v2(Bucket=BUCKET).get("Contents", [])}


@pytest.fixture(params=["disk", "s3", "sealed disk", "sealed s3"])
def files(request, tmp_path):
    """Every kind, one after the other."""
    if request.param.endswith("disk"):
        kept = LocalFiles(tmp_path / "media")
    else:
        request.getfixturevalue("s3")
        kept = ObjectFiles(f"s3://{BUCKET}/{tmp_path.name}")
    return SealedFiles(kept, ContentKeys(tmp_path / "content.keys")) if "sealed" in request.param else kept


async def test_what_was_put_is_there_from_memory_and_from_the_disk(files, tmp_path):
    long = os.urandom(11 * 1024 * 1024 + 3)  # three parts for S3
    (tmp_path / "long").write_bytes(long)
    for source, content in ((b"short", b"short"), (tmp_path / "long", long)):
        name = new_name("video/mp4")
        await files.put(name, source)
        found = await files.get(name)
        assert (found.size, found.start, found.end) == (len(content), 0, len(content))
        assert await whole(found) == content


@pytest.mark.parametrize(
    ("span", "expected"),
    [
        ((0, None), b"0123456789"),
        ((2, 5), b"234"),
        ((8, 99), b"89"),
        ((-3, None), b"789"),
        ((-99, None), b"0123456789"),
    ],
)
async def test_a_part_is_what_was_asked_for(files, span, expected):
    name = new_name("image/png")
    await files.put(name, b"0123456789")
    found = await files.get(name, span=span)
    assert (await whole(found), found.size, found.end - found.start) == (expected, 10, len(expected))


async def test_a_part_beyond_the_end_is_none(files):
    name = new_name("image/png")
    await files.put(name, b"0123456789")
    for span in ((10, None), (12, 20), (5, 5)):
        with pytest.raises(Unsatisfiable) as caught:
            await files.get(name, span=span)
        assert caught.value.size == 10


async def test_what_was_erased_is_gone_and_may_be_erased_again(files):
    names = [new_name("image/png") for _ in range(3)]
    for name in names:
        await files.put(name, b"x")
    await files.erase(names[:2])
    await files.erase([*names[:2], new_name("image/png")])
    for name in names[:2]:
        with pytest.raises(NotFound):
            await files.get(name)
        with pytest.raises(NotFound):
            await files.get(name, span=(0, 1))
    assert await whole(await files.get(names[2])) == b"x"


@pytest.mark.parametrize(
    "name", ["../secret.key", "ab/../../secret.key", "/etc/passwd", "ab/" + "c" * 30, "ab\\x.jpg", ""]
)
async def test_M01_a_name_that_is_not_of_ours_is_no_file(files, name):
    for work in (files.get(name), files.put(name, b"x"), files.erase([name])):
        with pytest.raises(NotFound):
            await work


@contextlib.contextmanager
def little_space(size):
    """No file of this process grows beyond that: like a disk that is full."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


async def test_F05_a_write_that_fails_leaves_nothing(tmp_path):
    files = LocalFiles(tmp_path / "media")
    with little_space(1_000_000), pytest.raises(Unavailable):
        await files.put(new_name("image/png"), bytes(1_000_001))
    with pytest.raises(Unavailable):
        await files.put(new_name("image/png"), tmp_path / "nothing")
    assert list((tmp_path / "media").glob("??/*")) == []


async def test_F05_an_upload_to_a_full_disk_is_refused_and_leaves_nothing_and_the_node_goes_on(tmp_path):
    async with story(tmp_path, "ada") as (_, ada):
        long = PDF + bytes(12_000_000)
        with little_space(10_000_000):
            assert (await ada.upload(long))[0] == 503
            assert (await ada.upload(PDF))[0] == 200
        assert list((tmp_path / "incoming").iterdir()) == []
        assert len(on_disk(tmp_path)) == 1
        assert (await ada.upload(long))[0] == 200


async def test_nobody_else_on_the_machine_reads_the_folder(tmp_path):
    name = new_name("image/png")
    await LocalFiles(tmp_path / "media").put(name, b"x")
    for folder in ((tmp_path / "media" / name).parent,):
        assert stat.S_IMODE(folder.stat().st_mode) & 0o077 == 0


@pytest.mark.parametrize(
    "address",
    ["s3:/bucket", "http://bucket/x", "s3://key:secret@bucket/x", "s3://bucket?region=x", "/var/media", "s3://"],
)
def test_an_address_that_is_none_stops_the_start(address):
    with pytest.raises(ConfigError, match=r"storage\.media"):
        check(Settings(node=NodeSettings(url=URL, development=True), storage=Storage(media=address)))


async def test_a_store_that_is_away_is_said_and_the_node_goes_on(s3, tmp_path, monkeypatch):
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    files = ObjectFiles(f"s3://{BUCKET}/x")
    name = new_name("image/png")
    for work in (files.put(name, b"x"), files.get(name), files.get(name, span=(0, 1)), files.erase([name])):
        with pytest.raises(Unavailable):
            await work


async def test_a_whole_node_keeps_its_files_in_a_store(s3, tmp_path, monkeypatch, tmp_path_factory):
    films.install(monkeypatch, tmp_path_factory.mktemp("path"))
    storage = Storage(data=str(tmp_path), media=f"s3://{BUCKET}/whole")
    ctx = await create_context(check(Settings(node=NodeSettings(url=URL, development=True), storage=storage)))
    try:
        ada = await Member.of(ctx, "ada")
        still = await ada.uploaded(picture())
        _, film = await ada.upload(films.film())
        await prepare(ctx)
        posts = [await ada.posted(one["id"]) for one in (still, film)]
        (shown,) = posts[1]["media_attachments"]
        status, content, _ = await ada.get(shown["url"])
        assert (status, content[4:8]) == (200, b"ftyp")
        assert (await ada.get(shown["url"], Range="bytes=4-7"))[:2] == (206, b"ftyp")
        await retention.erase_files(ctx)
        kept = [key for key in objects(s3) if key.startswith("whole/")]
        assert len(kept) == 4
        sealed = [s3.get_object(Bucket=BUCKET, Key=key)["Body"].read() for key in kept]
        assert not [one for one in sealed if b"ftyp" in one[:12] or b"JFIF" in one or b"PNG" in one[:8]]
        assert s3.head_object(Bucket=BUCKET, Key=next(iter(objects(s3))))["ContentType"] != UNKNOWN
        for post in posts:
            assert (await ada.call("DELETE", f"/v1/statuses/{post['id']}?delete_media=true"))[0] == 200
        await retention.erase_files(ctx)
        assert [key for key in objects(s3) if key.startswith("whole/")] == []
        assert (await ada.get(shown["url"]))[0] == 404
        assert not (tmp_path / "media").exists()
        found = {one.name: one for one in await examine(ctx)}
        assert (found["media"].ok, BUCKET in found["media"].text) == (True, True)
    finally:
        await close_context(ctx)
