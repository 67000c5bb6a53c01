"""What a member brings along: relations are added, old posts come silently and once, bad archives not at all."""

import io
import json
import tarfile
from dataclasses import replace
from zipfile import ZIP_DEFLATED, ZipFile

import pytest

from moderation import export, imports, members
from node.domain import ids
from node.domain.erasures import Ground
from node.domain.imports import Kind, State
from node.domain.posts import Draft
from node.domain.visibility import Visibility
from node.errors import Conflict, Forbidden, Invalid
from node.store import imports as rows
from node.store import lists as list_rows
from node.store import media, mutes, people, relationships, timelines
from node.store.pages import Page
from outbox import posts as post_commands
from outbox import profiles
from outbox import relationships as commands
from tests.nodes import context
from tests.pages.scene import drawn
from tests.pages.test_finding import desk
from tests.village import village

OLD = "https://old.example/users/ada"
PUBLIC = "https://www.w3.org/ns/activitystreams#Public"


def note(number, text, *, at="2019-05-04T08:00:00Z", to=(PUBLIC,), **more):
    uri = f"{OLD}/statuses/{number}"
    body = {"id": uri, "type": "Note", "attributedTo": OLD, "content": text, "published": at, "to": list(to), **more}
    return {"id": f"{uri}/activity", "type": "Create", "actor": OLD, "object": body}


def zipped(folder, name="archive.zip", **files):
    path = folder / name
    with ZipFile(path, "w", ZIP_DEFLATED) as archive:
        for place, content in files.items():
            place = place.replace("__", "/").replace("_json", ".json").replace("_csv", ".csv")
            archive.writestr(place, content if isinstance(content, str | bytes) else json.dumps(content))
    return path


def outbox(*items):
    return {"type": "OrderedCollection", "orderedItems": list(items)}


async def brought(ctx, owner, path, name="", audience=Visibility.DIRECT):
    """Bring a file along, and do all of it; return what was made of it."""
    # What is taken is written beside, so each file has its folder.
    own = path.parent / f"{path.name}.taken"
    own.mkdir(exist_ok=True)
    copy = own / "file"
    copy.write_bytes(path.read_bytes())
    for left in own.glob("archive"):
        left.unlink()
    made = await imports.begin(ctx, owner, copy, name or path.name, audience)
    while await imports.work(ctx):
        pass
    async with ctx.db.read() as tx:
        assert (await rows.of_account(tx, owner.id))[0].finished_at is not None
        return made, (await rows.counts(tx, [made.id])).get(made.id, {}), await rows.amiss(tx, made.id, limit=50)


async def wall(ctx, owner, viewer):
    async with ctx.db.read() as tx:
        return await timelines.wall(tx, owner.id, Page(limit=100), viewer_id=viewer.id)


async def told(tx):
    """Return how many activities, deliveries and notifications there are."""
    counted = [
        await tx.one(f"SELECT COUNT(*) AS n FROM {one}") for one in ("activities", "deliveries", "notifications")
    ]
    return [row["n"] for row in counted]


async def test_old_posts_come_with_their_dates_for_nobody_else_and_nobody_is_told(tmp_path, database):
    async with desk(tmp_path / "node", database=database) as here:
        ctx, ada, ben = here.ctx, here.people["ada"], here.people["ben"]
        await commands.follow(ctx, ben, ada.id, notify=True)
        today = await post_commands.publish(ctx, ada, Draft("Today"))
        archive = zipped(
            tmp_path,
            actor_json={"id": OLD, "type": "Person"},
            outbox_json=outbox(
                note(1, "<p>First <script>x</script><b>@ben</b></p>", at="2017-03-01T10:00:00Z"),
                note(2, "<p>Second #dyes</p>", at="2021-03-01T10:00:00Z", tag=[{"type": "Hashtag", "name": "#Dyes"}]),
                note(3, "<p>For my followers</p>", at="2022-01-01T10:00:00Z", to=[f"{OLD}/followers"]),
                {"id": "x", "type": "Announce", "actor": OLD, "object": "https://b.example/1"},
            ),
        )
        async with ctx.db.read() as tx:
            before = await told(tx)
        made, counts, failed = await brought(ctx, ada, archive)
        assert (made.left_out, counts, failed) == ({"boosts": 1}, {Kind.POST: {State.DONE: 3}}, [])
        found = await wall(ctx, ada, ada)
        assert found[0].id == today.id
        assert [one.source for one in found[1:]] == ["For my followers", "Second #dyes", "First @ben"]
        assert all(one.imported and one.visibility is Visibility.DIRECT for one in found[1:])
        assert found[-1].published_at == 1_488_362_400_000
        assert ids.moment(found[2].id) == found[2].published_at
        assert [one.id for one in await wall(ctx, ada, ben)] == [today.id]
        async with ctx.db.read() as tx:
            after = await told(tx)
            homes = await tx.all("SELECT * FROM home_entries WHERE account_id = :id", id=ben.id)
        assert before == after
        assert {row["id"] for row in homes} <= {today.id}


async def test_for_the_unit_come_only_those_that_everybody_could_read(tmp_path):
    async with desk(tmp_path / "node") as here:
        ctx, ada, ben = here.ctx, here.people["ada"], here.people["ben"]
        archive = zipped(
            tmp_path,
            outbox_json=outbox(
                note(1, "<p>Wide</p>"),
                note(2, "<p>Narrow</p>", to=[f"{OLD}/followers"]),
                note(3, "<p>Named</p>", to=["https://b.example/users/bob"], cc=[]),
            ),
        )
        await brought(ctx, ada, archive, audience=Visibility.UNIT)
        assert [one.source for one in await wall(ctx, ada, ben)] == ["Wide"]
        assert len(await wall(ctx, ada, ada)) == 3
        for audience in (Visibility.ORGANISATION, Visibility.FOLLOWERS, Visibility.PUBLIC):
            with pytest.raises(Forbidden):
                await imports.begin(ctx, ada, archive, "archive.zip", audience)
        with pytest.raises(Forbidden):
            await imports.begin(ctx, replace(ada, guest=True), archive, "archive.zip", Visibility.UNIT)
        with pytest.raises(Forbidden):
            await imports.begin(ctx, replace(ada, persona=True), archive, "archive.zip", Visibility.DIRECT)


async def test_nothing_comes_twice_and_what_was_deleted_stays_deleted(tmp_path, database):
    async with desk(tmp_path / "node", database=database) as here:
        ctx, ada = here.ctx, here.people["ada"]
        first = note(1, "<p>One</p>")
        await brought(ctx, ada, zipped(tmp_path, outbox_json=outbox(first, first)))
        (one,) = await wall(ctx, ada, ada)
        answer = note(2, "<p>Two</p>", at="2019-05-05T08:00:00Z", inReplyTo=f"{OLD}/statuses/1")
        more = zipped(tmp_path, "more.zip", outbox_json=outbox(first, answer))
        await brought(ctx, ada, more)
        two, same = await wall(ctx, ada, ada)
        assert (same.id, same.replies, two.reply_to_id, two.thread_id) == (one.id, 1, one.id, one.id)
        await post_commands.delete(ctx, ada, two.id)
        await brought(ctx, ada, more)
        assert [post.id for post in await wall(ctx, ada, ada)] == [one.id]


async def test_what_was_done_when_a_process_was_killed_is_not_done_twice(tmp_path, monkeypatch, database):
    async with desk(tmp_path / "node", database=database) as here:
        ctx, ada = here.ctx, here.people["ada"]
        archive = zipped(
            tmp_path,
            outbox_json=outbox(*[note(number, f"<p>{number}</p>") for number in range(1, 5)]),
            lists_csv=f"Works,ada@{ctx.settings.authority}\n",
        )
        await imports.begin(ctx, ada, archive, archive.name, Visibility.DIRECT)
        real, calls = rows.settle, []

        async def dies(*arguments, **more):
            calls.append(arguments)
            if len(calls) in (1, 4):
                raise KeyboardInterrupt
            await real(*arguments, **more)

        monkeypatch.setattr(rows, "settle", dies)
        for _ in range(2):
            with pytest.raises(KeyboardInterrupt):
                await imports.work(ctx)
            async with ctx.change() as change:
                await change.tx.run("UPDATE imports SET leased_until = 0")  # time passes
        while await imports.work(ctx):
            pass
        assert sorted(one.source for one in await wall(ctx, ada, ada)) == ["1", "2", "3", "4"]
        async with ctx.db.read() as tx:
            assert [one.title for one in await list_rows.of_member(tx, ada.id)] == ["Works"]
            assert (await rows.of_account(tx, ada.id))[0].finished_at is not None


async def test_an_old_post_is_edited_and_deleted_as_any_other(tmp_path):
    async with desk(tmp_path / "node") as here:
        ctx, ada = here.ctx, here.people["ada"]
        await brought(ctx, ada, zipped(tmp_path, outbox_json=outbox(note(1, "<p>One<br>two</p><p>three</p>"))))
        (one,) = await wall(ctx, ada, ada)
        assert one.source == "One\ntwo\n\nthree"
        draft = await post_commands.draft_of(ctx, one)
        await post_commands.edit(ctx, ada, one.id, replace(draft, text="Four"))
        (one,) = await wall(ctx, ada, ada)
        assert (one.source, one.imported, one.visibility) == ("Four", True, Visibility.DIRECT)
        await post_commands.delete(ctx, ada, one.id)
        assert await wall(ctx, ada, ada) == []


@pytest.mark.parametrize("packed", ["zip", "tar.gz"])
async def test_pictures_come_with_their_posts(tmp_path, packed):
    async with desk(tmp_path / "node") as here:
        ctx, ada = here.ctx, here.people["ada"]
        picture = drawn("#27408b", "#b03a2e")
        place = "media_attachments/files/1/original/loom.png"
        attached = [
            {"type": "Document", "mediaType": "image/png", "url": f"/system/{place}", "name": "The loom"},
            {"type": "Document", "mediaType": "video/mp4", "url": "/media_attachments/files/2/x.mp4"},
            {"type": "Document", "mediaType": "image/png", "url": "/media_attachments/files/3/broken.png"},
        ]
        posts_json = json.dumps(outbox(note(1, "<p>Look</p>", attachment=attached)))
        path = tmp_path / f"archive.{packed}"
        contents = {
            "outbox.json": posts_json.encode(),
            place: picture,
            "media_attachments/files/2/x.mp4": b"film",
            "media_attachments/files/3/broken.png": b"no picture",
        }
        if packed == "zip":
            zipped(tmp_path, path.name, **{name.replace(".json", "_json"): body for name, body in contents.items()})
        else:
            with tarfile.open(path, "w:gz") as archive:
                for name, body in contents.items():
                    about = tarfile.TarInfo(f"./archive/{name}")
                    about.size = len(body)
                    archive.addfile(about, io.BytesIO(body))
        made, counts, missing = await brought(ctx, ada, path)
        assert [one.reason for one in missing] == [
            "A picture of this post could not be read. The post came without it."
        ]
        assert (counts, made.left_out) == ({Kind.POST: {State.DONE: 1}}, {"files": 1})
        (one,) = await wall(ctx, ada, ada)

        async with ctx.db.read() as tx:
            (file,) = (await media.of_posts(tx, [one.id]))[one.id]
            doomed = await media.doomed(tx, now=ctx.clock())
        assert (file.description, file.kind, file.state) == ("The loom", "image", "ready")
        assert made.file in doomed, "the archive goes when it is done"


async def test_relations_are_added_and_nothing_is_taken_away(tmp_path, database):
    async with desk(tmp_path / "node", database=database) as here:
        ctx, ada, ben, carla = here.ctx, *(here.people[name] for name in ("ada", "ben", "carla"))
        own = ctx.settings.authority
        await commands.follow(ctx, ada, ben.id, boosts=False)
        kept = await post_commands.publish(ctx, ben, Draft("Worth keeping"))
        archive = zipped(
            tmp_path,
            following_accounts_csv="Account address,Show boosts,Notify on new posts,Languages\n"
            f'ben@{own},true,true,\ncarla@{own},false,true,"de, en"\nfar@else.example,true,false,\n',
            lists_csv=f"Works,ben@{own}\nWorks,carla@{own}\nWorks,far@else.example\n",
            muted_accounts_csv=f"Account address,Hide notifications\ncarla@{own},false\n",
            blocked_accounts_csv="nobody@else.example\n",
            blocked_domains_csv="#domain\nbad.example\n",
            bookmarks_csv=f"#uri\n{kept.uri}\nhttps://else.example/1\n",
        )
        for _ in range(2):
            _, counts, failed = await brought(ctx, ada, archive)
            assert counts[Kind.FOLLOW] == {State.DONE: 2, State.FAILED: 1}
            assert counts[Kind.LIST] == {State.DONE: 2, State.FAILED: 1}
            assert counts[Kind.BOOKMARK] == {State.DONE: 1, State.FAILED: 1}
            assert counts[Kind.MUTE] == counts[Kind.MUTE_HOST] == {State.DONE: 1}
            assert counts[Kind.BLOCK] == {State.FAILED: 1}
            assert {one.reason for one in failed if one.kind is Kind.FOLLOW} == {
                "Nobody of this address is in the organisation."
            }
        async with ctx.db.read() as tx:
            ties = await relationships.of_member(tx, ada.id, [ben.id, carla.id])
            (works,) = await list_rows.of_member(tx, ada.id)
            assert set(await list_rows.member_ids(tx, works.id)) == {ben.id, carla.id}
            assert [host for _, host in await mutes.hosts(tx, ada.id, Page())] == ["bad.example"]
        assert (ties[ben.id].following, ties[ben.id].boosts) == (True, False), "as it was"
        assert (ties[carla.id].boosts, ties[carla.id].notify, ties[carla.id].languages) == (False, True, ("de", "en"))
        assert (ties[carla.id].muting, ties[carla.id].muting_notifications) == (True, False)


@pytest.mark.parametrize("head", ["Account address\n", ""])
async def test_a_table_comes_alone_with_a_head_or_without_one(tmp_path, head):
    async with desk(tmp_path / "node") as here:
        path = tmp_path / "following_accounts (1).csv"
        path.write_text(f"{head}ben@{here.ctx.settings.authority}\n", "utf-8-sig")
        _, counts, _ = await brought(here.ctx, here.people["ada"], path)
        assert counts == {Kind.FOLLOW: {State.DONE: 1}}


async def test_people_of_other_nodes_are_found_and_one_that_is_down_is_tried_again(tmp_path):
    async with village(tmp_path / "town", "lyon", "graz") as town:
        lyon, graz = town.houses.values()
        ada, ben = await lyon.member("ada"), await graz.member("ben")
        path = tmp_path / "following_accounts.csv"
        path.write_text(f"Account address\nben@{graz.host}\n")
        graz.down = True
        await imports.begin(lyon.ctx, ada, path, path.name, Visibility.DIRECT)
        with pytest.raises(Conflict):
            await imports.begin(lyon.ctx, ada, path, path.name, Visibility.DIRECT)
        assert await imports.work(lyon.ctx)
        assert not await imports.work(lyon.ctx), "it rests for a while"
        graz.down = False
        town.clock.now += 120_000
        while await imports.work(lyon.ctx):
            pass
        await town.settle()
        async with lyon.ctx.db.read() as tx:
            found = await people.following(tx, ada.id, Page(), viewer_id=ada.id)
        assert [one.uri for _, one in found] == [ben.uri]


async def test_ones_own_export_comes_in_at_another_node(tmp_path):
    async with village(tmp_path / "town", "lyon", "graz") as town:
        lyon, graz = town.houses.values()
        ada, new = await lyon.member("ada"), await graz.member("ada")
        for text, audience in (("For all", Visibility.ORGANISATION), ("For Lyon", Visibility.UNIT)):
            await post_commands.publish(lyon.ctx, ada, Draft(text, audience))
        path = tmp_path / "export.zip"
        path.write_bytes(b"".join([chunk async for chunk in await export.archive(lyon.ctx, ada)]))
        _, counts, _ = await brought(graz.ctx, new, path, audience=Visibility.UNIT)
        assert counts == {Kind.POST: {State.DONE: 2}}
        found = {one.source: one.visibility for one in await wall(graz.ctx, new, new)}
        assert found == {"For all": Visibility.UNIT, "For Lyon": Visibility.DIRECT}
        await brought(lyon.ctx, ada, path, audience=Visibility.UNIT)
        assert len(await wall(lyon.ctx, ada, ada)) == 2, "what was written here is here already"


async def test_posts_of_others_do_not_become_ones_own(tmp_path):
    async with desk(tmp_path / "node") as here:
        theirs = note(1, "<p>Not mine</p>")
        theirs["object"]["attributedTo"] = "https://old.example/users/eve"
        archive = zipped(
            tmp_path, actor_json={"id": OLD}, outbox_json=outbox(theirs, note(2, "<p>Mine</p>"), {"type": "Create"}, 7)
        )
        await brought(here.ctx, here.people["ada"], archive)
        assert [one.source for one in await wall(here.ctx, here.people["ada"], here.people["ada"])] == ["Mine"]


def bomb(folder):
    return zipped(folder, outbox_json=b"0" * 80_000_000)


def many(folder):
    path = folder / "many.zip"
    with ZipFile(path, "w") as archive:
        for number in range(50_001):
            archive.writestr(str(number), b"")
    return path


def gzip_bomb(folder):
    path = folder / "bomb.tar.gz"
    with tarfile.open(path, "w:gz", compresslevel=1) as archive:
        about = tarfile.TarInfo("outbox.json")
        about.size = 600_000_000
        archive.addfile(about, io.BufferedReader(_Zeros(about.size)))
    return path


class _Zeros(io.RawIOBase):
    def __init__(self, size):
        self.left = size

    def readable(self):
        return True

    def readinto(self, into):
        count = min(len(into), self.left)
        into[:count] = bytes(count)
        self.left -= count
        return count


def up(folder):
    return zipped(folder, **{"..__..__outbox_json": outbox(note(1, "x"))})


def rooted(folder):
    path = folder / "rooted.tar.gz"
    with tarfile.open(path, "w:gz") as archive:
        archive.addfile(tarfile.TarInfo("/etc/outbox.json"))
    return path


def linked(folder):
    path = folder / "linked.tar.gz"
    with tarfile.open(path, "w:gz") as archive:
        about = tarfile.TarInfo("outbox.json")
        about.type, about.linkname = tarfile.SYMTYPE, "/etc/passwd"
        archive.addfile(about)
    return path


def lied(folder):
    """A ZIP whose end says that there is next to nothing, with another end behind it in the ZIP64 way."""
    path = zipped(folder, outbox_json=outbox(note(1, "<p>x</p>")))
    body = path.read_bytes()
    at = body.rfind(b"PK\x05\x06")
    locator = b"PK\x06\x07" + (0).to_bytes(4, "little") + at.to_bytes(8, "little") + (1).to_bytes(4, "little")
    path.write_bytes(body[:at] + locator + body[at:])
    return path


def cut(folder):
    path = zipped(folder, outbox_json=outbox(note(1, "<p>x</p>")))
    path.write_bytes(path.read_bytes()[:-30])
    return path


def text(folder):
    path = folder / "notes.txt"
    path.write_text("hello")
    return path


def unknown(folder):
    path = folder / "things.csv"
    path.write_text("a,b\n")
    return path


def broken(folder):
    return zipped(folder, outbox_json=b"{")


def empty(folder):
    return zipped(folder, readme="hello")


_BAD = (bomb, many, gzip_bomb, up, rooted, linked, lied, cut, text, unknown, broken, empty)


@pytest.mark.parametrize("made", _BAD, ids=lambda one: one.__name__)
async def test_a_bad_archive_is_refused_and_leaves_nothing(tmp_path, made):
    async with context(tmp_path / "node") as ctx:
        ada = await members.add(ctx, username="ada", password="a long enough password")
        path = made(tmp_path)
        with pytest.raises(Invalid):
            await imports.begin(ctx, ada, path, path.name, Visibility.DIRECT)
        async with ctx.db.read() as tx:
            assert await rows.of_account(tx, ada.id) == []


@pytest.mark.parametrize(
    ("wrong", "reason"),
    [
        (note(1, "<p>x</p>", at="2999-01-01T00:00:00Z"), "This post has a date that is still to come."),
        (note(1, "<script>x</script>"), "Nothing of this post can be shown here."),
        (note(1, f"<p>{'x' * 110_000}</p>"), "This post is too long."),
    ],
)
async def test_a_post_that_cannot_come_is_told_with_its_reason(tmp_path, wrong, reason):
    async with desk(tmp_path / "node") as here:
        _, counts, failed = await brought(here.ctx, here.people["ada"], zipped(tmp_path, outbox_json=outbox(wrong)))
        assert counts == {Kind.POST: {State.FAILED: 1}}
        assert [one.reason for one in failed] == [reason]


async def test_what_waits_goes_with_the_account(tmp_path, database):
    async with desk(tmp_path / "node", database=database) as here:
        ctx, ada = here.ctx, here.people["ada"]
        attached = [{"type": "Document", "mediaType": "image/png", "url": "a.png"}]
        archive = zipped(tmp_path, a__png=b"x", outbox_json=outbox(note(1, "<p>x</p>", attachment=attached)))
        with ZipFile(archive, "a") as more:
            more.writestr("a.png", b"x")
        made = await imports.begin(ctx, ada, archive, "archive.zip", Visibility.DIRECT)
        assert made.file

        async with ctx.change() as change:
            await profiles.erase(change, ada, ground=Ground.WISH)
        async with ctx.db.read() as tx:
            assert await rows.of_account(tx, ada.id) == []
            assert await tx.all("SELECT * FROM import_items") == []
            assert made.file in await media.doomed(tx, now=ctx.clock())
        assert not await imports.work(ctx)


async def test_many_posts_of_one_moment_long_ago_all_come(tmp_path):
    async with desk(tmp_path / "node") as here:
        ctx, ada = here.ctx, here.people["ada"]
        archive = zipped(tmp_path, outbox_json=outbox(*[note(number, f"<p>{number}</p>") for number in range(60)]))
        await imports.begin(ctx, ada, archive, archive.name, Visibility.DIRECT)
        while await imports.work(ctx):
            pass
        assert len(await wall(ctx, ada, ada)) == 60
