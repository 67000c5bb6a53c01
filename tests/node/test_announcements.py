"""Announcements: told to every member, read, reacted to, taken back."""

from urllib.parse import quote

import pytest

from moderation import announcements as commands
from node.domain.announcements import is_emoji
from node.domain.events import AnnouncementChanged, AnnouncementDeleted, AnnouncementReacted
from node.domain.media import Emoji
from node.errors import Invalid, NotFound
from node.store import media
from tests.clients import house
from tests.entities import check
from tests.patience import PATIENCE_SECONDS


async def test_what_is_announced_is_told_to_everybody_until_it_is_over(tmp_path, database):
    async with house(tmp_path, database=database) as home:
        ada, now = await home.member("ada"), home.ctx.clock()
        assert (await ada.get("/api/v1/announcements")).body == []
        await commands.publish(home.ctx, "**Lunch** for all #canteen", starts_at=now, ends_at=now + 3_600_000)
        await commands.publish(home.ctx, "Over", ends_at=now - 1)
        await commands.publish(home.ctx, "Without end", all_day=True)
        found = (await ada.get("/api/v1/announcements")).body
        check("[Announcement]", found)
        assert "<strong>Lunch</strong>" in found[0]["content"]
        assert [tag["name"] for tag in found[0]["tags"]] == ["canteen"]
        assert [(one["content"], one["all_day"], one["read"]) for one in found[1:]] == [
            ("<p>Without end</p>", True, False)
        ]
        assert (await (await home.client(ada.account, scopes="push")).get("/api/v1/announcements")).status == 200
        assert (await ada.ask("GET", "/api/v1/announcements", headers={"Authorization": ""})).status == 401


async def test_each_member_reads_for_themselves(tmp_path, database):
    async with house(tmp_path, database=database) as home:
        ada, ben = await home.member("ada"), await home.member("ben")
        made = await commands.publish(home.ctx, "Hello")
        for _ in range(2):
            assert (await ada.post(f"/api/v1/announcements/{made.id}/dismiss")).body == {}
        read = [(await one.get("/api/v1/announcements")).body[0]["read"] for one in (ada, ben)]
        assert read == [True, False]
        assert (await ada.post("/api/v1/announcements/1/dismiss")).status == 404


async def test_reactions_are_counted_and_taken_back(tmp_path, database):
    async with house(tmp_path, database=database) as home:
        ada, ben = await home.member("ada"), await home.member("ben")
        made = await commands.publish(home.ctx, "Hello :loom:")
        async with home.ctx.change() as change:
            await media.put_emojis(change.tx, [Emoji(change.new_id(), "", "loom", "")])
        with home.ctx.hub.listen(AnnouncementReacted) as heard:
            for one, name in ((ada, "👍"), (ben, "👍"), (ben, "👍"), (ben, "loom")):
                path = f"/api/v1/announcements/{made.id}/reactions/{quote(name)}"
                assert (await one.put(path)).body == {}
            assert [(event.name, event.count) for event in await heard.next(seconds=PATIENCE_SECONDS)] == [
                ("👍", 1), ("👍", 2), ("loom", 1),
            ]  # fmt: skip
        (found,) = (await ada.get("/api/v1/announcements")).body
        check("Announcement", found)
        assert [(one["name"], one["count"], one["me"]) for one in found["reactions"]] == [
            ("👍", 2, True), ("loom", 1, False),
        ]  # fmt: skip
        assert [one["shortcode"] for one in found["emojis"]] == ["loom"]
        assert found["reactions"][1]["url"] == found["emojis"][0]["url"]
        assert (await ada.delete(f"/api/v1/announcements/{made.id}/reactions/{quote('👍')}")).body == {}
        assert (await ada.delete(f"/api/v1/announcements/{made.id}/reactions/{quote('👎')}")).body == {}
        (found,) = (await ada.get("/api/v1/announcements")).body
        assert {"name": "👍", "count": 1, "me": False} in found["reactions"]


async def test_reactions_are_emojis_and_not_too_many(tmp_path):
    async with house(tmp_path) as home:
        ada = await home.member("ada")
        made = await commands.publish(home.ctx, "Hello")
        path = f"/api/v1/announcements/{made.id}/reactions"
        for name in ("yes", "unknown_shortcode", "<b>", "👍 x", "1"):
            assert (await ada.put(f"{path}/{quote(name)}")).status == 422, name
        for name in "🍎🍐🍊🍋🍌🍉🍇🍓":
            assert (await ada.put(f"{path}/{quote(name)}")).status == 200, name
        assert (await ada.put(f"{path}/{quote('🍒')}")).status == 422
        assert (await ada.put(f"{path}/{quote('🍎')}")).status == 200
        assert (await ada.put(f"/api/v1/announcements/1/reactions/{quote('🍎')}")).status == 404


async def test_an_announcement_is_taken_back(tmp_path):
    async with house(tmp_path) as home:
        ada = await home.member("ada")
        with home.ctx.hub.listen(AnnouncementChanged, AnnouncementDeleted) as heard:
            made = await commands.publish(home.ctx, "Hello")
            await commands.withdraw(home.ctx, made.id)
            assert await heard.next(seconds=PATIENCE_SECONDS) == [
                AnnouncementChanged(made.id),
                AnnouncementDeleted(made.id),
            ]
        assert (await ada.get("/api/v1/announcements")).body == []
        with pytest.raises(NotFound):
            await commands.withdraw(home.ctx, made.id)


@pytest.mark.parametrize(("text", "ends_at"), [("", None), (" ", None), ("x" * 5_001, None), ("Hello", 999)])
async def test_what_cannot_be_announced_is_not(tmp_path, text, ends_at):
    async with house(tmp_path) as home:
        with pytest.raises(Invalid):
            await commands.publish(home.ctx, text, starts_at=1_000, ends_at=ends_at)


@pytest.mark.parametrize("name", ["👍", "👍🏽", "❤️", "1️⃣", "🏳️‍🌈", "👨‍👩‍👧", "🇩🇪", "©️", "‼️", "☺", "↔️"])
def test_an_emoji_is_known_by_its_signs(name):
    assert is_emoji(name)


@pytest.mark.parametrize("name", ["", "a", "ok", "1", "-", "!", "👍a", "👍" * 40, "\ufe0f", "é"])
def test_other_signs_are_no_emoji(name):
    assert not is_emoji(name)
