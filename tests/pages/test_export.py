"""One's own data as an archive: all of it, nothing of others, and never more than a piece in memory."""

import csv
import io
import json
import tracemalloc
from zipfile import ZipFile

import pytest

from moderation import cases, export, measures
from moderation import desk as moderation_desk
from node.adapters.archives import Entry, zipped
from node.domain.accounts import Profile
from node.domain.cases import Filing, Topic
from node.domain.filters import Filter, Keyword
from node.domain.lists import List
from node.domain.polls import DraftPoll
from node.domain.posts import Draft
from node.domain.relationships import Mute
from node.domain.visibility import Visibility
from node.effects import filters, lists
from node.errors import Throttled
from node.store import mutes, notes, tags
from outbox import drafts, media, polls, posts, profiles, reactions, relationships, reports, scheduled
from tests.inbox.peer import HOST as PEER
from tests.inbox.peer import Peer
from tests.node.test_web import BROWSER, token
from tests.pages.scene import drawn
from tests.pages.test_finding import desk


async def downloaded(browser):
    answer = await browser.client.post(
        "/settings/export", form={"csrf": token(await browser.page("/settings/export"))}, headers=BROWSER
    )
    assert (answer.status_code, answer.headers["Content-Type"]) == (200, "application/zip")
    assert answer.headers["Content-Disposition"].startswith('attachment; filename="allmende-ada-')
    assert answer.headers["Cache-Control"] == "private, no-store"
    found = ZipFile(io.BytesIO(await answer.get_data(as_text=False)))
    assert found.testzip() is None
    return found


def table(archive, name):
    return list(csv.reader(io.StringIO(archive.read(name).decode())))


async def lived(here, tmp_path):
    """Let Ada do everything once; return what she wrote, by what it is, and the picture's name."""
    ada, ben, carla = (here.people[name] for name in ("ada", "ben", "carla"))
    path = tmp_path / "loom.png"
    path.write_bytes(drawn("#27408b", "#b03a2e"))
    file = await media.upload(here.ctx, ada, path, name="loom.png", said=media.Said(description="The loom"))
    portrait = await media.portrait(here.ctx, path)
    await profiles.edit(here.ctx, ada, Profile(summary="I dye.", icon_file=portrait))
    theirs = await here.writes("ben", "What Ben wrote", Visibility.ORGANISATION)
    wrote = {
        "post": await here.writes("ada", "For **everybody**", Visibility.ORGANISATION, media_ids=(file.id,)),
        "poll": await here.writes("ada", "Which?", poll=DraftPoll(("Silk", "Wool"), 3_600)),
        "message": await here.writes("ada", "@ben just for you", Visibility.DIRECT),
    }
    wrote["boost"] = await reactions.boost(here.ctx, ada, theirs.id)
    await reactions.favourite(here.ctx, ada, theirs.id)
    await reactions.bookmark(here.ctx, ada, theirs.id)
    await relationships.follow(here.ctx, ada, ben.id)
    await relationships.follow(here.ctx, ben, ada.id)
    peer = await Peer.known_to(here.ctx, "rita")
    await relationships.block(here.ctx, ada, peer.actors["rita"].id)
    async with here.ctx.change() as change:
        await mutes.put(change.tx, Mute(change.new_id(), ada.id, carla.id, notifications=True))
        made = await lists.create(change, List(change.new_id(), ada.id, "Works, and more"))
        await lists.add(change, ada, made, [ben.id])
    return wrote, theirs


@pytest.mark.parametrize("at_once", [200, 1])
async def test_the_archive_has_all_that_is_ones_own(tmp_path, database, monkeypatch, at_once):
    monkeypatch.setattr(export, "_AT_ONCE", at_once)
    async with desk(tmp_path / "node", database=database) as here:
        wrote, theirs = await lived(here, tmp_path)
        archive = await downloaded(await here.browser("ada"))
        authority = here.ctx.settings.authority

        outbox = json.loads(archive.read("outbox.json"))
        items = outbox["orderedItems"]
        assert (outbox["type"], outbox["totalItems"]) == ("OrderedCollection", len(items))
        assert [one["type"] for one in items] == ["Create"] * 3 + ["Announce"]
        assert [one["object"]["id"] for one in items[:3]] == [wrote[name].uri for name in ("post", "poll", "message")]
        assert items[0]["object"]["source"]["content"] == "For **everybody**"
        assert [option["name"] for option in items[1]["object"]["oneOf"]] == ["Silk", "Wool"]
        assert "just for you" in items[2]["object"]["content"]
        assert items[3]["object"] == theirs.uri
        (picture,) = items[0]["object"]["attachment"]
        assert picture["name"] == "The loom"
        assert len(archive.read(picture["url"])) > 1_000

        actor = json.loads(archive.read("actor.json"))
        assert (actor["preferredUsername"], "I dye." in actor["summary"]) == ("ada", True)
        assert len(archive.read(actor["icon"]["url"])) > 1_000
        assert b"private" not in archive.read("actor.json").lower()

        assert json.loads(archive.read("likes.json"))["orderedItems"] == [theirs.uri]
        assert table(archive, "bookmarks.csv") == [[theirs.uri]]
        ben = f"ben@{authority}"
        assert table(archive, "following_accounts.csv") == [
            ["Account address", "Show boosts", "Notify on new posts", "Languages"],
            [ben, "true", "false", ""],
        ]
        assert table(archive, "followers.csv") == [["Account address"], [ben]]
        assert table(archive, "lists.csv") == [["Works, and more", ben]]
        assert table(archive, "blocked_accounts.csv") == [[f"rita@{PEER}"]]
        assert table(archive, "muted_accounts.csv")[1:] == [[f"carla@{authority}", "true"]]
        assert table(archive, "blocked_domains.csv") == []


async def test_the_archive_has_what_a_member_keeps_and_asked_for(tmp_path, database):
    async with desk(tmp_path / "node", database=database) as here:
        ada, ben = here.people["ada"], here.people["ben"]
        await drafts.keep(here.ctx, ada, [("text", "Not yet"), ("audience", "unit")])
        await scheduled.plan(here.ctx, ada, Draft("Tomorrow"), due=here.ctx.clock() + 3_600_000)
        async with here.ctx.change() as change:
            word = Keyword(change.new_id(), "football", True)
            await filters.add(change, Filter(change.new_id(), ada.id, "Sport", ("home",), "hide", None, (word,)))
        case = await cases.file(
            here.ctx, Filing(Topic.ACCESS, "What do you keep?"), by=ada, language="en", address="192.0.2.1"
        )
        await moderation_desk.note(here.ctx, case.id, "Between us", by=ben)
        lunch = await posts.publish(here.ctx, ben, Draft("Lunch?", poll=DraftPoll(("Soup", "Salad"), 86_400)))
        await polls.vote(here.ctx, ada, lunch.id, (1,))
        async with here.ctx.change() as change:
            await notes.put(change.tx, account_id=ada.id, target_id=ben.id, text="He knows looms")
            await tags.follow(change.tx, id=change.new_id(), account_id=ada.id, name="indigo")
        await measures.warn(here.ctx, ada.id, reason="Too loud", by=ben)
        await reports.report(here.ctx, ada, ben.id, comment="He shouted")
        archive = await downloaded(await here.browser("ada"))
        assert json.loads(archive.read("votes.json")) == [{"poll": lunch.uri, "choice": "Salad"}]
        assert json.loads(archive.read("notes.json")) == [{"about": ben.uri, "text": "He knows looms"}]
        moderation = json.loads(archive.read("moderation.json"))
        assert [one["reason"] for one in moderation["about_me"]] == ["Too loud"]
        assert [one["text"] for one in moderation["complaints"]] == ["He shouted"]
        assert json.loads(archive.read("account.json"))["followed_tags"] == ["indigo"]
        (draft,) = json.loads(archive.read("drafts.json"))
        assert dict(draft["form"])["text"] == "Not yet"
        assert [one["draft"]["text"] for one in json.loads(archive.read("planned.json"))] == ["Tomorrow"]
        assert [(one["title"], one["words"]) for one in json.loads(archive.read("filters.json"))] == [
            ("Sport", ["football"])
        ]
        (asked,) = json.loads(archive.read("requests.json"))
        assert (asked["number"], asked["wish"]) == (case.reference, "What do you keep?")
        assert b"Between us" not in archive.read("requests.json")
        account = json.loads(archive.read("account.json"))
        assert (account["username"], account["role"], account["habits"]["audience"]) == ("ada", "member", "unit")
        assert "password" not in archive.read("account.json").decode()


async def test_nothing_of_others_is_in_the_archive(tmp_path):
    async with desk(tmp_path / "node") as here:
        await lived(here, tmp_path)
        await here.writes("carla", "What Carla wrote", Visibility.ORGANISATION)
        archive = await downloaded(await here.browser("ada"))
        everything = b"".join(archive.read(name) for name in archive.namelist())
        assert b"What Ben wrote" not in everything
        assert b"What Carla wrote" not in everything


async def test_a_file_that_is_gone_does_not_break_the_archive(tmp_path):
    async with desk(tmp_path / "node") as here:
        await lived(here, tmp_path)
        for file in (tmp_path / "node" / "media").glob("??/*"):
            file.unlink()
        archive = await downloaded(await here.browser("ada"))
        assert not any(name.startswith(("media/", "portrait")) for name in archive.namelist())
        assert len(json.loads(archive.read("outbox.json"))["orderedItems"]) == 4


async def test_who_downloads_it_again_and_again_has_to_wait(tmp_path):
    async with desk(tmp_path) as here:
        ada = await here.browser("ada")
        for _ in range(here.ctx.settings.limits.exports_per_member):
            await downloaded(ada)
        form = {"csrf": token(await ada.page("/settings/export"))}
        answer = await ada.client.post("/settings/export", form=form, headers=BROWSER)
        assert (answer.status_code, "Too many requests" in await answer.get_data(as_text=True)) == (429, True)
        with pytest.raises(Throttled):
            await export.archive(here.ctx, here.people["ada"])
        await export.archive(here.ctx, here.people["ben"])


async def test_an_archive_is_written_piece_by_piece():
    piece, pieces = bytes(range(256)) * 1_024, 200  # 50 MiB

    async def chunks():
        for _ in range(pieces):
            yield piece

    async def entries():
        yield Entry("packed", chunks())
        yield Entry("film.mp4", chunks(), packed=False)

    size = longest = 0
    tracemalloc.start()
    try:
        async for chunk in zipped(entries(), at=1_700_000_000_000):
            size, longest = size + len(chunk), max(longest, len(chunk))
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert size > pieces * len(piece)
    assert longest < 2 * len(piece)
    assert peak < 8 * len(piece)
