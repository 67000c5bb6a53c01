"""Payloads shaped like those of ten servers, played in order: taken in, read right, shown, edited, deleted.

`tests/fixtures/README.md` says where each shape was seen, and what is special about it.
"""

import contextlib
import io
import json
from dataclasses import dataclass, replace
from pathlib import Path

import orjson
import pytest
from PIL import Image

from federation import documents, hosts, keys, parse_actor
from federation.errors import Refused, Vanished
from federation.objects import ACTOR_KINDS
from federation.wire import Reply
from moderation import members
from node.api.render import status as render
from node.app import create_app
from node.domain import text
from node.domain.posts import Post
from node.domain.visibility import Visibility
from node.errors import AllmendeError
from node.limits import Limits
from node.store import accounts, media, polls, posts
from node.web import views
from tests.benchmarks.setting import follows
from tests.inbox.peer import Peer
from tests.nodes import context
from themes.phrases import Phrases

FIXTURES = Path(__file__).parent.parent / "fixtures"
SERVERS = sorted(path.parent.name for path in FIXTURES.glob("*/expected.json"))
PAIR = keys.generate_rsa()
OURS = "https://node.example"

# What we do not take, each with its reason; everything else is answered with 202.
REFUSED = {
    "smithereen/delete_by_wall_owner.json": 403,  # that post does not stand on the owner's wall
}


def load(path: Path):
    body = path.read_text().replace("PUBLIC_KEY_PEM", json.dumps(PAIR.public_pem)[1:-1])
    return documents.load(body.encode(), Limits())


@dataclass
class Fixtures:
    """One server's folder, standing in for its network: what it would serve, it serves."""

    folder: Path

    def __post_init__(self):
        self.expected = json.loads((self.folder / "expected.json").read_text())
        paths = sorted(path for path in self.folder.glob("*.json") if path.name != "expected.json")
        self.files = {path.name: load(path) for path in paths}
        self.served = {}
        for document in self.files.values():
            # What was created can be fetched as it was created, not as an Update or a moved actor has it.
            for found in (document, document.get("object")):
                if isinstance(found, dict) and isinstance(found.get("id"), str):
                    self.served.setdefault(found["id"], found)
                    inner = found.get("object")
                    if isinstance(inner, dict) and isinstance(inner.get("id"), str):
                        self.served.setdefault(inner["id"], inner)
        self.served |= {one["id"]: one for name, one in self.files.items() if name.startswith("actor")}

    @property
    def actors(self):
        return [one for one in self.files.values() if documents.kind(one) in ACTOR_KINDS]

    async def get_document(self, url, *, sign, may_contact=None):
        if may_contact is not None and not may_contact(hosts.authority(url)):
            raise Refused("not a member")
        if url not in self.served:
            raise Vanished("not there")
        return url, documents.dump(self.served[url])

    async def get(self, url, *, accept, sign=None, max_bytes, may_contact=None):
        assert may_contact is None or may_contact(hosts.authority(url)), url
        picture = io.BytesIO()
        Image.new("RGB", (40, 30), "teal").save(picture, "PNG")
        return Reply(url, 200, "image/png", "", picture.getvalue(), None)

    async def post(self, url, body, *, content_type, sign):
        return Reply(url, 202, "", "", b"", None)

    async def close(self):
        pass


@contextlib.asynccontextmanager
async def story(folder, server):
    """Our node as the fixtures know it: ada and her four posts, following everybody of the server."""
    found = Fixtures(FIXTURES / server)
    async with context(folder, url=OURS) as opened:
        ctx = replace(opened, wire=found)
        peer = await Peer.known_to(ctx, hosts={hosts.authority(actor["id"]) for actor in found.actors})
        peer.client = create_app(ctx, jobs=False).test_client()
        ada = await members.add(ctx, username="ada", password="correct horse battery")
        async with ctx.change() as change:
            for number in range(1, 5):
                uri = f"{ada.uri}/posts/{number}"
                post = Post(
                    id=number, uri=uri, author_id=ada.id, local=True, kind="Note",
                    visibility=Visibility.ORGANISATION, content="<p>Ours</p>", source="Ours", summary="",
                    sensitive=False, language="", url=uri, reply_to_id=None, reply_to_uri="", boost_of=None,
                    wall_id=None, wall_shown=False, published_at=change.now, edited_at=None,
                    thread_id=number,
                )  # fmt: skip
                await posts.insert(change.tx, post)
        for actor in found.actors:
            with contextlib.suppress(AllmendeError):
                account = await peer.account_of(actor)
                await follows(ctx, ada, account)
        yield ctx, peer, ada, found


async def play(peer, found, name):
    """Send one file as its actor; return the status of the answer."""
    activity = found.files[name]
    described = parse_actor.actor(found.served[documents.one_id(activity.get("actor"))])
    signer = keys.Signer(described.keys[0].id, PAIR.private)
    raw = (found.folder / name).read_bytes().replace(b"PUBLIC_KEY_PEM", json.dumps(PAIR.public_pem)[1:-1].encode())
    return await peer.send_bytes(signer, raw)


def creates(found):
    """The files that make a post, with what a right reader makes of them."""
    main = {found.expected["file"]: found.expected}
    return {name: right for name, right in (main | found.expected["more"]).items() if "skip" not in right}


def object_of(activity):
    """The note in a Create, or in a Create that a group passes on."""
    inner = activity["object"]
    if not isinstance(inner, dict):
        return {"id": inner}
    return object_of(inner) if "attributedTo" not in inner and "object" in inner else inner


@pytest.mark.parametrize("server", SERVERS)
async def test_what_it_writes_is_read_right_and_shown(tmp_path, server):
    async with story(tmp_path, server) as (ctx, peer, ada, found):
        for name, right in creates(found).items():
            assert await play(peer, found, name) == 202, name
            stored = await peer.stored(object_of(found.files[name])["id"])
            assert stored is not None, name
            async with ctx.db.read() as tx:
                author = await accounts.by_id(tx, stored.author_id)
                files = (await media.of_posts(tx, [stored.id])).get(stored.id, [])
                shown = orjson.loads(orjson.dumps(await render.statuses(ctx, tx, [stored], viewer_id=ada.id)))
                page = await views.page(ctx, tx, [stored], viewer_id=ada.id, words=Phrases("en", ctx.clock()))
            read = text.plain(stored.content.replace("<br>", " "), longest=100_000)
            assert author.uri == right["author"], name
            assert stored.visibility.value == right["visibility"], name
            assert right["text"] in read, (name, read)
            assert right.get("title", "") in read, (name, read)
            assert len(files) == right["attachments"], (name, [one.remote_url for one in files])
            assert stored.reply_to_uri == (right["reply_to"] or ""), name
            assert stored.kind == right["kind"] or right["kind"] == "ChatMessage", name
            assert stored.language == right.get("language", stored.language), name
            assert stored.quote_uri == right.get("quote", stored.quote_uri), name
            if "summary" in right:
                assert stored.summary == right["summary"].strip("\u200b"), name
            if "alt" in right:
                assert right["alt"] in [one.description for one in files], name
            assert (len(shown), len(page)) == (1, 1), name
            assert len(shown[0]["media_attachments"]) == right["attachments"], name
            if stored.kind == "Question":
                assert len(shown[0]["poll"]["options"]) >= 2, name


@pytest.mark.parametrize("server", SERVERS)
async def test_everything_it_sends_is_answered_and_nothing_is_left_without_an_owner(tmp_path, server):
    async with story(tmp_path, server) as (ctx, peer, _ada, found):
        order = {"create": 0, "delete": 2}
        names = sorted(found.files, key=lambda name: (order.get(name.split("_")[0], 1), name == "delete_actor.json"))
        for name in names:
            if documents.kind(found.files[name]) in ACTOR_KINDS or "actor" not in found.files[name]:
                continue
            assert await play(peer, found, name) == REFUSED.get(f"{server}/{name}", 202), name
        async with ctx.db.read() as tx:
            broken = await tx.all(
                "SELECT uri, error FROM inbox_rows WHERE state = 'failed' OR (error <> '' AND waits_for = '')"
            )
            assert [dict(row) for row in broken] == []


@pytest.mark.parametrize("server", [one for one in SERVERS if one != "jsonld"])
async def test_what_it_edits_is_changed_and_what_it_deletes_is_gone(tmp_path, server):
    async with story(tmp_path, server) as (ctx, peer, _ada, found):
        main = found.expected["file"]
        assert await play(peer, found, main) == 202
        uri = object_of(found.files[main])["id"]
        before = await peer.stored(uri)
        for name in sorted(found.files):
            if name.startswith("update_") and object_of(found.files[name]).get("id") == uri:
                assert await play(peer, found, name) == 202, name
                after = await peer.stored(uri)
                assert after.content != before.content or after.edited_at != before.edited_at, name
        deletes = [
            name
            for name in sorted(found.files)
            if name.startswith("delete_") and documents.one_id(found.files[name]["object"]) == uri
        ]
        assert deletes, "there is a Delete of the main post"
        for name in deletes:
            await play(peer, found, name)
        assert await peer.stored(uri) is None
        assert await play(peer, found, "delete_actor.json") == 202
        gone = await peer.account(found.files["delete_actor.json"]["actor"])
        assert gone.deleted_at is not None
        async with ctx.db.read() as tx:
            assert await posts.of_author(tx, gone.id) == []


async def test_a_poll_of_mastodon_is_voted_in_and_its_numbers_follow(tmp_path):
    async with story(tmp_path, "mastodon") as (ctx, peer, _ada, found):
        await play(peer, found, "create_question.json")
        stored = await peer.stored(found.files["create_question.json"]["object"]["id"])
        async with ctx.db.read() as tx:
            before = (await polls.of_posts(tx, [stored.id]))[stored.id]
        await play(peer, found, "update_question.json")
        async with ctx.db.read() as tx:
            after = (await polls.of_posts(tx, [stored.id]))[stored.id]
        assert sum(one.votes for one in after.options) > sum(one.votes for one in before.options) == 0
        assert (await peer.stored(stored.uri)).edited_at is None


async def test_what_a_moderator_of_lemmy_does_in_a_group_is_done_here(tmp_path):
    async with story(tmp_path, "lemmy") as (ctx, peer, _ada, found):
        await play(peer, found, "announce_create_page.json")
        uri = object_of(found.files["announce_create_page.json"])["id"]
        group = await peer.account(found.files["group.json"]["id"])

        async def stands():
            async with ctx.db.read() as tx:
                post = await posts.by_uri(tx, uri)
                row = await posts.boost_by(tx, author_id=group.id, post_id=post.id)
            return row is not None and (row.pinned_at is not None, post.favourites, post.locked)

        states = []
        for name in (
            "announce_like", "announce_lock", "announce_add_featured", "announce_undo_like", "announce_undo_lock",
            "announce_delete_by_moderator", "announce_undo_delete_by_moderator",
        ):  # fmt: skip
            assert await play(peer, found, f"{name}.json") == 202, name
            states.append(await stands())
        assert states == [
            (False, 1, False), (False, 1, True), (True, 1, True), (True, 0, True), (True, 0, False),
            False, (False, 0, False),
        ]  # fmt: skip


async def test_I05_a_wall_owner_of_smithereen_takes_a_post_off_the_wall_and_no_more(tmp_path):
    async with story(tmp_path, "smithereen") as (ctx, peer, ada, found):
        delete = found.files["delete_by_wall_owner.json"]
        owner = await peer.account(delete["actor"])
        async with ctx.db.write() as tx:
            await tx.run("UPDATE posts SET wall_id = :owner, wall_shown = 1 WHERE id = 2", owner=owner.id)
            await tx.run("UPDATE posts SET wall_id = :ada, wall_shown = 1 WHERE id = 1", ada=ada.id)
        assert await play(peer, found, "delete_by_wall_owner.json") == 202
        assert await play(peer, found, "delete_by_wall_owner.json") == 202
        post = await peer.stored(delete["object"])
        assert (post.wall_shown, post.content) == (False, "<p>Ours</p>")
        signer = keys.Signer(parse_actor.actor(found.served[owner.uri]).keys[0].id, PAIR.private)
        for number, others in ((1, f"{ada.uri}/posts/1"), (2, f"{ada.uri}/posts/4")):
            forged = delete | {"id": f"{delete['id']}/{number}", "object": others}
            assert await peer.send_bytes(signer, documents.dump(forged)) == 403
        assert (await peer.stored(f"{ada.uri}/posts/1")).wall_shown
        assert await peer.stored(f"{ada.uri}/posts/4") is not None
