"""Films and sounds of peers: links until somebody opens the conversation, then ours to show, harmless, for a while."""

import contextlib
import json
from dataclasses import replace

import pytest

from federation import keys, media
from moderation import members, retention
from node.limits import Limits
from node.store import media as rows
from node.store import posts
from node.web import views
from outbox import processing
from tests import films
from tests.inbox.peer import Peer
from tests.nodes import context
from tests.servers import http, origin
from themes.phrases import Phrases

PAIR = keys.generate_rsa()
FOREIGN = b"#EXTM3U\nhttp://127.0.0.1:1/other.ts\n"


class Story:
    """A node whose ada follows carol, in whose post a film is named."""

    def __init__(self, ctx, peer, home, ada, token, uri):
        self.ctx, self.peer, self.home, self.ada, self.token, self.uri = ctx, peer, home, ada, token, uri

    async def api(self, path):
        headers = {"Host": self.ctx.settings.authority, "Authorization": f"Bearer {self.token}"}
        answer = await self.peer.client.get(path, headers=headers)
        assert answer.status_code == 200
        return json.loads(await answer.get_data())

    async def open(self):
        post = await self.peer.stored(self.uri)
        await self.api(f"/api/v1/statuses/{post.id}/context")

    async def prepare(self):
        """Return how many films were prepared."""
        done = 0
        while await processing.work(self.ctx, theirs=True):
            done += 1
        return done

    async def attachment(self):
        post = await self.peer.stored(self.uri)
        return (await self.api(f"/api/v1/statuses/{post.id}"))["media_attachments"][0]

    async def page(self):
        """What stands on a page: kind and address."""
        async with self.ctx.db.read() as tx:
            post = await posts.by_uri(tx, self.uri)
            (view,) = await views.page(
                self.ctx, tx, [post], viewer_id=self.ada.id, words=Phrases("en", self.ctx.clock())
            )
        return view.files[0].kind, view.files[0].url

    async def get(self, link):
        path = link.removeprefix(self.ctx.settings.url)
        answer = await self.peer.client.get(path, headers={"Host": self.ctx.settings.authority})
        return answer.status_code, await answer.get_data(), answer.headers.get("Content-Type")

    def asked(self):
        return [path for path in self.home.asked if path.startswith("/films")]


@contextlib.asynccontextmanager
async def story(folder, content, *, kind="video/mp4", url=None, limits=None, database=""):
    async with context(folder, database=database, limits=limits) as ctx, origin() as home:
        peer = await Peer.known_to(ctx, hosts=[home.host])
        ada = await members.add(ctx, username="ada", password="correct horse battery")
        carol = home.actor("carol", PAIR)
        await peer.follower_of(ada, await peer.account_of(home.documents["/users/carol"]))
        where = url or f"{home.url}/films/1"
        note = {
            "id": f"{carol}/posts/1",
            "type": "Note",
            "attributedTo": carol,
            "content": "<p>Look</p>",
            "to": ["as:Public"],
            "attachment": [{"type": "Document", "mediaType": kind, "url": where, "name": "A vat"}],
        }
        create = {"id": f"{carol}/a/1", "type": "Create", "actor": carol, "object": note}

        def serve(request):
            if request.path.startswith("/films"):
                return content(request) if callable(content) else http(content, "Content-Type: text/html")
            return home.answer(request)

        home.server.answer = serve
        assert await peer.send_as(keys.Signer(f"{carol}#main-key", PAIR.private), create) == 202
        token = await members.issue_token(ctx, ada, name="test")
        yield Story(ctx, peer, home, ada, token, note["id"])


@pytest.fixture
def ffmpeg(monkeypatch, tmp_path_factory):
    films.install(monkeypatch, tmp_path_factory.mktemp("path"))


@pytest.mark.usefixtures("ffmpeg")
@pytest.mark.parametrize(
    ("made", "kind", "becomes"),
    [
        (films.film, "video/mp4", "video"),
        (films.silent_film, "video/webm", "gifv"),
        (films.sound, "audio/mpeg", "audio"),
    ],
)
async def test_a_film_is_a_link_until_it_is_opened_and_then_ours(tmp_path, database, made, kind, becomes):
    async with story(tmp_path, made(), kind=kind, database=database) as told:
        link = await told.attachment()
        assert (link["type"], link["url"]) == ("unknown", f"{told.home.url}/films/1")
        assert await told.page() == ("", f"{told.home.url}/films/1")
        assert await told.prepare() == 0
        assert told.asked() == []
        await told.open()
        assert await told.prepare() == 1
        shown = await told.attachment()
        assert shown["type"] == becomes
        status, content, media_type = await told.get(shown["url"])
        assert (status, media_type) == (200, "audio/mp4" if becomes == "audio" else "video/mp4")
        assert content[4:8] == b"ftyp"
        assert films.SECRET.encode() not in content
        assert await told.page() == ("audio" if becomes == "audio" else "video", shown["url"])
        if becomes != "audio":
            assert (await told.get(shown["preview_url"]))[0] == 200
        assert told.home.host not in json.dumps({**shown, "remote_url": ""})
        await told.open()
        assert await told.prepare() == 0
        assert told.asked() == ["/films/1"]


async def test_without_ffmpeg_it_stays_a_link(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    async with story(tmp_path, b"") as told:
        await told.open()
        assert await told.prepare() == 0
        assert (await told.attachment())["type"] == "unknown"
        assert told.asked() == []


@pytest.mark.usefixtures("ffmpeg")
@pytest.mark.parametrize(
    "content",
    [
        FOREIGN,
        b"<html>",
        b"",
        b"\0\0\0\x18ftypmp42" + b"\0" * 500,
        lambda request: http(b"x", "Content-Type: video/mp4", "Content-Encoding: gzip"),
    ],
    ids=["a playlist", "a page", "nothing", "damaged", "compressed"],
)
async def test_M08_what_is_no_film_stays_a_link_for_good(tmp_path, content):
    async with story(tmp_path, content) as told:
        await told.open()
        assert await told.prepare() == 1
        assert (await told.attachment())["url"] == f"{told.home.url}/films/1"
        told.ctx.keys._fetches.clear()
        await told.open()
        assert await told.prepare() == 0
        assert told.asked() == ["/films/1"]


@pytest.mark.usefixtures("ffmpeg")
async def test_M03_one_that_is_too_large_stays_a_link(tmp_path):
    content = films.film()
    async with story(tmp_path, content, limits=Limits(fetched_film=len(content) - 1)) as told:
        await told.open()
        assert await told.prepare() == 1
        assert (await told.attachment())["type"] == "unknown"
        assert list((tmp_path / "incoming").glob("*")) == []


@pytest.mark.usefixtures("ffmpeg")
async def test_one_that_cannot_be_had_now_is_asked_for_another_time(tmp_path):
    answers = [lambda: http(b"", status="503 Away"), lambda: http(films.film())]
    async with story(tmp_path, lambda request: answers[0]()) as told:
        for expected in ("unknown", "video"):
            told.ctx.keys._fetches.clear()
            await told.open()
            assert await told.prepare() == 1
            assert (await told.attachment())["type"] == expected
            answers.pop(0)


@pytest.mark.usefixtures("ffmpeg")
async def test_N08_a_film_on_a_strangers_server_is_not_fetched(tmp_path):
    async with story(tmp_path, films.film(), url="http://127.0.0.2:1/films/1") as told:
        await told.open()
        assert await told.prepare() == 1
        assert (await told.attachment())["url"] == "http://127.0.0.2:1/films/1"
        assert told.asked() == []


@pytest.mark.usefixtures("ffmpeg")
async def test_one_that_nobody_looks_at_is_forgotten_and_a_link_again(tmp_path):
    async with story(tmp_path, films.film()) as told:
        await told.open()
        await told.prepare()
        shown = await told.attachment()
        later = replace(
            told.ctx, clock=lambda: told.ctx.clock() + told.ctx.settings.limits.media_cache_seconds * 1000 + 1
        )
        await retention.forget_old_rows(later)
        await retention.erase_files(later)
        assert [path for path in (tmp_path / "media").rglob("*") if path.is_file()] == []
        assert (await told.attachment())["type"] == "unknown"
        assert (await told.get(shown["url"]))[0] == 404
        told.ctx.keys._fetches.clear()
        await told.open()
        assert await told.prepare() == 1
        assert (await told.attachment())["type"] == "video"


@pytest.mark.usefixtures("ffmpeg")
async def test_one_whose_post_goes_while_it_is_prepared_leaves_nothing(tmp_path, monkeypatch):
    async with story(tmp_path, films.film()) as told:
        await told.open()
        fetch = media.film

        async def and_meanwhile(ctx, found, into):
            await fetch(ctx, found, into)
            carol = told.uri.rpartition("/posts/")[0]
            delete = {"id": f"{carol}#gone", "type": "Delete", "actor": carol, "object": told.uri}
            await told.peer.send_as(keys.Signer(f"{carol}#main-key", PAIR.private), delete)

        monkeypatch.setattr(media, "film", and_meanwhile)
        assert await told.prepare() == 1
        assert await told.peer.stored(told.uri) is None
        later = replace(told.ctx, clock=lambda: told.ctx.clock() + 3_600_001)
        await retention.erase_files(later)
        assert [path for path in (tmp_path / "media").rglob("*") if path.is_file()] == []


async def test_uploads_and_films_of_peers_wait_for_each_other_in_nothing(tmp_path):
    async with story(tmp_path, b"") as told:
        async with told.ctx.change() as change:
            (film,) = (await rows.of_posts(change.tx, [(await told.peer.stored(told.uri)).id])).popitem()[1]
            assert await rows.want(change.tx, [film.id]) == 1
            assert await rows.claim(change.tx, now=change.now, lease=1) is None
            claimed = await rows.claim(change.tx, now=change.now, lease=1, theirs=True)
            assert claimed is not None
            assert claimed[0].id == film.id
