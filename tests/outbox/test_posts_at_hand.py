"""What is shown and sent of a new post is made from what is at hand; whoever reads it from the store gets the same."""

import io
from dataclasses import replace

import orjson
import pytest
from werkzeug.datastructures import FileStorage

from federation import documents
from federation.notes import notes
from node.adapters.fragments import Fragments
from node.api.render import status as render
from node.domain.media import Emoji
from node.store import media, posts, queues
from tests.clients import house
from tests.member import picture

WORDS = "Hello @ben and @carla, *this* is #new and #Old :loom: at https://intranet.example/page"


async def read(home, client, id):
    """Return a status as it is when nothing of it was kept."""
    ctx = replace(home.ctx, fragments=Fragments(size=1_000_000))
    async with ctx.db.read() as tx:
        (shown,) = await render.statuses(ctx, tx, [await posts.by_id(tx, id)], viewer_id=client.account.id)
    return orjson.loads(orjson.dumps(shown))


async def sent(home, uri):
    async with home.ctx.db.read() as tx:
        activity = await queues.activity(tx, (await queues.creates_of(tx, [uri]))[uri])
    return documents.reload(activity.body)["object"]


async def uploaded(client):
    file = FileStorage(io.BytesIO(picture()), "loom.jpg")
    made = await client.ask("POST", "/api/v2/media", files={"file": file}, form={"description": "A weaving loom"})
    assert made.status == 200, made.body
    return made.body["id"]


@pytest.mark.parametrize("kind", ["plain", "direct", "poll", "picture", "reply", "muted", "wall", "quote"])
async def test_a_new_post_is_shown_and_sent_as_it_is_read_afterwards(tmp_path, database, kind):
    async with house(tmp_path, database=database) as home:
        ada, ben, _carla = [await home.member(name) for name in ("ada", "ben", "carla")]
        async with home.ctx.change() as change:
            await media.put_emojis(change.tx, [Emoji(change.new_id(), "", "loom", "", "loom.png")])
        before = await ada.write("Before", visibility="public", quote_approval_policy="public")
        given = {
            "plain": dict,
            "direct": lambda: {"visibility": "direct"},
            "poll": lambda: {"poll": {"options": ["Soup", "Bread"], "expires_in": 600}},
            "reply": lambda: {"in_reply_to_id": before["id"]},
            "muted": lambda: {"in_reply_to_id": before["id"]},
            "wall": lambda: {"wall_of": str(ben.account.id)},
            "quote": lambda: {"quoted_status_id": before["id"]},
            "picture": dict,
        }[kind]()
        if kind == "picture":
            given = {"media_ids": [await uploaded(ada)]}
        if kind == "muted":
            await ada.post(f"/api/v1/statuses/{before['id']}/mute")
        made = await ada.write(WORDS, **({"visibility": "public"} | given))
        assert made == await read(home, ada, int(made["id"]))
        assert made["muted"] == (kind == "muted")
        assert [one["shortcode"] for one in made["emojis"]] == ["loom"]
        async with home.ctx.db.read() as tx:
            post = await posts.by_id(tx, int(made["id"]))
            (note,) = await notes(tx, [post], author=ada.account, base=home.ctx.settings.url)
        assert await sent(home, made["uri"]) == note


async def test_a_new_post_is_found_by_what_its_picture_shows(tmp_path, database):
    async with house(tmp_path, database=database) as home:
        ada = await home.member("ada")
        made = await ada.write("Look", media_ids=[await uploaded(ada)])
        found = (await ada.get("/api/v2/search?q=weaving&type=statuses")).body["statuses"]
        assert [one["id"] for one in found] == [made["id"]]
