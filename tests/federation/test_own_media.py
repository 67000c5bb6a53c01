"""Files of ours that leave with posts and people: what documents say, and who gets what they lead to."""

import io
from dataclasses import replace

import pytest
from PIL import Image

from federation import keys, resolve, signatures
from federation import organisation as lists
from inbox import worker as inbox
from moderation import emojis, measures, members, retention
from node.domain.media import Show, capability, for_peers
from node.effects import files
from node.store import accounts, nodes, posts
from node.store import media as rows
from outbox import media as commands
from outbox import worker as outbox
from tests import films
from tests.benchmarks.setting import remote, signer, with_members
from tests.inbox.peer import HOST, PAIR, Peer
from tests.member import Member, on_disk, picture, prepare, story
from tests.served import served

LYON, GRAZ = "127.0.0.1:8496", "127.0.0.1:8495"


async def signed(ctx, member, link, by, pair=PAIR):
    """Follow a link with the signature of a peer's actor; return the status."""
    headers = signatures.sign("GET", link, None, signer=signer(by, pair), now=ctx.clock())
    path = link.removeprefix(ctx.settings.url)
    return (await member.client.get(path, headers=headers)).status_code


async def document_of(ctx, post):
    """Return a post as a peer that holds it gets it."""
    from federation.notes import notes

    async with ctx.db.read() as tx:
        found = await posts.by_id(tx, int(post["id"]))
        author = await accounts.by_id(tx, found.author_id)
        return (await notes(tx, [found], author=author, base=ctx.settings.url))[0]


async def test_a_document_says_what_a_file_is_and_where(tmp_path, database, monkeypatch, tmp_path_factory):
    films.install(monkeypatch, tmp_path_factory.mktemp("path"))
    async with story(tmp_path, "ada", database=database) as (ctx, ada):
        still = await ada.uploaded(picture(), description="A gradient", focus="0.5,-1")
        post = await ada.posted(still["id"], visibility="public")
        (attached,) = (await document_of(ctx, post))["attachment"]
        assert attached.pop("url").startswith(f"{ctx.settings.url}/media/{still['id']}/o/")
        assert attached.pop("blurhash") == still["blurhash"]
        assert attached == {
            "type": "Image", "mediaType": "image/png", "name": "A gradient", "width": 120, "height": 80,
            "focalPoint": [0.5, -1.0],
        }  # fmt: skip
        for content, kind, media_type in (
            (films.film(), "Video", "video/mp4"),
            (films.sound(), "Audio", "audio/mp4"),
            (b"%PDF-1.7", "Document", "application/pdf"),
        ):
            _, taken = await ada.upload(content)
            await prepare(ctx)
            (attached,) = (await document_of(ctx, await ada.posted(taken["id"], visibility="public")))["attachment"]
            assert (attached["type"], attached["mediaType"]) == (kind, media_type)
            status, _, headers = await ada.get(attached["url"])
            assert (status, headers["Content-Type"]) == (200, media_type)
        assert "attachment" not in await document_of(ctx, await ada.posted(visibility="public"))


async def test_M06_a_link_for_peers_is_good_while_its_post_stands_and_its_author_is_not_suspended(tmp_path, database):
    async with story(tmp_path, "ada", database=database) as (ctx, ada):
        taken = await ada.uploaded(picture())
        async with ctx.db.read() as tx:
            file = (await rows.by_id(tx, int(taken["id"]))).file
        link = for_peers(ctx.settings.url, int(taken["id"]), Show.ORIGINAL, file=file)
        assert (await ada.get(link))[0] == 404, "no post has it"
        post = await ada.posted(taken["id"], visibility="public")
        assert (await ada.get(link))[0] == 200
        for forged in (
            link[:-1],
            link[:-4] + "AAAA",
            link.replace("/o/", "/a/"),
            link.replace(f"/{taken['id']}/", f"/{int(taken['id']) + 1}/"),
            link.rpartition("/")[0] + "/" + capability(""),
            link.rpartition("/")[0] + "/" + taken["url"].rpartition("/")[2],
            taken["url"].rpartition("/")[0] + "/" + link.rpartition("/")[2],
        ):
            assert (await ada.get(forged))[0] == 404, forged
        await measures.suspend(ctx, ada.account.id, reason="A threat.")
        assert (await ada.get(link))[0] == 404
        await measures.restore(ctx, ada.account.id)
        assert (await ada.get(link))[0] == 200
        ada.token = await members.issue_token(ctx, ada.account, name="again")
        assert (await ada.call("DELETE", f"/v1/statuses/{post['id']}"))[0] == 200
        assert (await ada.get(link))[0] == 404
        (attached,) = (await document_of(ctx, await ada.posted(taken["id"], visibility="public")))["attachment"]
        assert [(await ada.get(one))[0] for one in (link, attached["url"])] == [404, 200], "written anew, a new link"


async def test_L03_a_file_of_a_post_for_the_own_unit_never_leaves(tmp_path):
    async with story(tmp_path, "ada") as (ctx, ada):
        taken = await ada.uploaded(picture())
        await ada.posted(taken["id"], visibility="unit")
        async with ctx.db.read() as tx:
            file = (await rows.by_id(tx, int(taken["id"]))).file
        assert (await ada.get(for_peers(ctx.settings.url, int(taken["id"]), Show.ORIGINAL, file=file)))[0] == 404


async def test_M06_who_signs_for_a_file_must_be_one_who_may_see_its_post(tmp_path, database):
    async with story(tmp_path, "ada", database=database) as (ctx, ada):
        peer = await Peer.known_to(ctx, "bob", hosts=[GRAZ])
        stranger = await remote(ctx, LYON, "eve", keys.generate_rsa())
        await with_members(ctx, [HOST, GRAZ])
        bob, carol = peer.actors["bob"], await remote(ctx, GRAZ, "carol", PAIR)
        taken = await ada.uploaded(picture())
        post = await ada.posted(taken["id"], visibility="direct", status=f"for @bob@{HOST}")
        (attached,) = (await document_of(ctx, post))["attachment"]
        assert await signed(ctx, ada, attached["url"], bob) == 200
        assert await signed(ctx, ada, attached["url"], carol) == 404
        assert await signed(ctx, ada, attached["url"], stranger) == 403
        assert await signed(ctx, ada, attached["url"], bob, keys.generate_rsa()) == 401
        assert (await ada.get(attached["url"]))[0] == 200, "who has the link and does not sign got it from somebody"


async def test_E1_who_signs_for_a_file_or_a_portrait_counts_as_a_holder(tmp_path, database):
    async with story(tmp_path, "ada", database=database) as (ctx, ada):
        await Peer.known_to(ctx, hosts=[GRAZ])
        carol, taken = await remote(ctx, GRAZ, "carol", PAIR), await ada.uploaded(picture())
        post = await ada.posted(taken["id"], visibility="public")
        (attached,) = (await document_of(ctx, post))["attachment"]
        async with ctx.change() as change:
            await change.tx.run("DELETE FROM copies")  # as if it had the address from somebody else
            await accounts.update(change.tx, replace(ada.account, icon_file="1-portrait.png"))
        portrait = for_peers(ctx.settings.url, ada.account.id, Show.PORTRAIT, file="1-portrait.png")

        async def held():
            async with ctx.db.read() as tx:
                return [(one["object"], one["how"]) for one in await tx.all("SELECT * FROM copies ORDER BY object")]

        assert (await ada.get(attached["url"]))[0] == 200
        assert await held() == [], "a browser is no node"
        assert [await signed(ctx, ada, attached["url"], carol) for _ in range(2)] == [200, 200]
        assert await held() == [(post["uri"], "fetch")]
        await signed(ctx, ada, portrait, carol)
        assert await held() == [(ada.account.uri, "fetch"), (post["uri"], "fetch")]


async def test_an_actor_has_pictures_when_there_are_some(tmp_path):
    async with story(tmp_path, "ada") as (ctx, ada):
        peer = await Peer.known_to(ctx, "bob")
        assert not {"icon", "image"} & (await peer.get("bob", ada.account.uri)).keys()
        small, wide = await commands.portrait(ctx, picture()), await commands.banner(ctx, picture())
        async with ctx.change() as change:
            await files.keep(change, small, wide)
            await accounts.update(change.tx, replace(ada.account, icon_file=small, image_file=wide))
        document = await peer.get("bob", ada.account.uri)
        for name in ("icon", "image"):
            shown = document[name]
            assert (shown["type"], shown["mediaType"]) == ("Image", "image/png")
            status, body, _ = await ada.get(shown["url"])
            assert (status, Image.open(io.BytesIO(body)).format) == (200, "PNG")
            assert await signed(ctx, ada, shown["url"], peer.actors["bob"]) == 200
        await measures.suspend(ctx, ada.account.id, reason="A threat.")
        assert (await ada.get(document["icon"]["url"]))[0] == 404


async def test_little_pictures_of_ours_are_known_to_clients_and_to_peers(tmp_path, database):
    async with story(tmp_path, database=database) as (ctx, ada, ben):
        (tmp_path / "party.png").write_bytes(picture((300, 300), "PNG"))
        await emojis.add(ctx, "party", tmp_path / "party.png")
        _, (listed,) = await ben.call("GET", "/v1/custom_emojis")
        assert (listed["shortcode"], listed["visible_in_picker"]) == ("party", True)
        post = await ada.posted(status="A :party: and :nothing:", visibility="public")
        (shown,) = post["emojis"]
        tags = [tag for tag in (await document_of(ctx, post))["tag"] if tag["type"] == "Emoji"]
        assert [tag["name"] for tag in tags] == [":party:"]
        for link in (listed["url"], shown["url"], tags[0]["icon"]["url"]):
            status, body, _ = await ben.get(link)
            assert (status, Image.open(io.BytesIO(body)).size) == (200, (128, 128))
        await emojis.remove(ctx, "party")
        await retention.erase_files(ctx)
        assert (await ben.call("GET", "/v1/custom_emojis"))[1] == []
        assert (await ben.get(listed["url"]))[0] == 404
        assert on_disk(tmp_path) == []


async def test_emojis_have_names_of_their_own_and_are_pictures(tmp_path):
    async with story(tmp_path, "ada") as (ctx, _):
        (tmp_path / "good").write_bytes(picture())
        (tmp_path / "bad").write_bytes(b"<svg/>")
        await emojis.add(ctx, "party", tmp_path / "good")
        for name, file in (("party", "good"), ("a b", "good"), ("x", "good"), ("other", "bad")):
            with pytest.raises(Exception, match=r"shortcode|of that name|not a picture"):
                await emojis.add(ctx, name, tmp_path / file)
        with pytest.raises(Exception, match="no picture of that name"):
            await emojis.remove(ctx, "other")


async def join(*contexts):
    """Make nodes members of one organisation, founded by the first."""
    first = contexts[0].settings
    founded = lists.founded(first.url, name="Weaving Works", host=first.authority, key="z")
    found = [lists.node_member(ctx.settings.url, name="x", host=ctx.settings.authority) for ctx in contexts]
    for ctx in contexts:
        async with ctx.change() as change:
            await nodes.put_organisation(change.tx, founded, found)


async def test_what_is_posted_at_one_node_is_shown_at_another(tmp_path):
    """Two whole nodes on loopback: ada posts a picture at lyon, ben looks at it at graz, until she deletes it."""
    async with served(tmp_path / "lyon") as lyon, served(tmp_path / "graz") as graz:
        await join(lyon.ctx, graz.ctx)
        ada, ben = await Member.of(lyon.ctx, "ada"), await Member.of(graz.ctx, "ben")
        known = await resolve.handle(graz.ctx, "ada", lyon.ctx.settings.authority)
        small = await commands.portrait(lyon.ctx, picture((200, 200)))
        async with lyon.ctx.change() as change:
            await files.keep(change, small)
            await accounts.update(change.tx, replace(ada.account, icon_file=small))
        known = await resolve.anew(graz.ctx, known.uri)

        taken = await ada.uploaded(picture(), description="A gradient")
        post = await ada.posted(taken["id"], visibility="public")
        await outbox.drain(lyon.ctx)
        await inbox.drain(graz.ctx)
        _, (seen,) = await ben.call("GET", "/v1/timelines/public")
        (shown,) = seen["media_attachments"]
        assert (seen["uri"], shown["description"], shown["blurhash"]) == (post["uri"], "A gradient", taken["blurhash"])
        for link, size in (
            (shown["url"], (120, 80)),
            (shown["preview_url"], (120, 80)),
            (seen["account"]["avatar"], (200, 200)),
        ):
            status, body, _ = await ben.get(link)
            assert (status, Image.open(io.BytesIO(body)).size) == (200, size)
        assert len(on_disk(tmp_path / "graz")) == 3

        await ada.call("DELETE", f"/v1/statuses/{post['id']}")
        await outbox.drain(lyon.ctx)
        await inbox.drain(graz.ctx)
        assert (await ben.get(shown["url"]))[0] == 404
        await retention.erase_files(graz.ctx)
        assert len(on_disk(tmp_path / "graz")) == 1
