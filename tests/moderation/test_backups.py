"""A backup brings everything back, and nothing that was erased since it was written (requirements C4, E18)."""

import asyncio
import shutil
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from moderation import backup_reading, backups, restore, retention, shredding
from moderation import posts as measures
from node.adapters.content_keys import ContentKeys
from node.adapters.files import LocalFiles, whole
from node.adapters.sealed_file import Sealing
from node.adapters.sealed_files import SealedFiles
from node.adapters.seals import Seals
from node.app import DATABASE_FILE, close_context, create_context, open_database, open_files
from node.commands.backups import _bring_secrets
from node.domain.posts import Draft
from node.domain.times import DAY_MS
from node.domain.visibility import Visibility
from node.errors import Conflict, Invalid, NotFound, Unavailable
from node.store import records, restores, schema, sealed
from node.store.migrate import migrate
from node.store.sqlite import Sqlite
from outbox import media, posts, profiles
from tests.opened import all_opened
from tests.pages.scene import drawn, scene
from tests.village import village

CANARY = "Kanarienvogel"
OF_OTHERS = {"media": {"file", "preview"}, "accounts": {"icon_file", "image_file"}, "emojis": {"file"}}
"""Columns of files that are fetched again."""


async def everything(db):
    """Table → its rows, but for what a backup leaves out."""
    found = {}
    async with db.read() as tx:
        for table in schema.tables():
            if table.name not in records.LEFT_OUT:
                without = OF_OTHERS.get(table.name, set())
                rows = [
                    {column: value for column, value in all_opened(tx, row).items() if column not in without}
                    for row in await tx.all(f"SELECT * FROM {table.name}")
                ]
                found[table.name] = sorted(map(repr, rows))
        found["post_words"] = sorted(row["post_id"] for row in await tx.all("SELECT post_id FROM post_words"))
    return found


async def canaries(db):
    """The tables in which the word stands."""
    return {table for table, rows in (await everything(db)).items() if CANARY in str(rows)}


@asynccontextmanager
async def restored(ctx, backup, folder, *, keys=None, database=""):
    """Read a backup into an empty node, with the keys that there still are; give its database, and what was read."""
    known = keys or ctx.settings.content_keys
    storage = replace(ctx.settings.storage, data=str(folder), database=database, content_keys=str(known))
    folder.mkdir()
    settings = replace(ctx.settings, storage=storage)
    db = await open_database(settings)

    async def ready(tx, found):
        (folder / "personas.key").write_bytes((ctx.settings.data / "personas.key").read_bytes())
        (folder / "personas.key").chmod(0o600)
        await _bring_secrets(folder, tx, found.secret)

    try:
        await migrate(db, now=1)
        here = {"db": db, "files": open_files(settings), "node": ctx.settings.url, "ready": ready}
        yield db, await backup_reading.read(backup, ContentKeys(known), **here)
    finally:
        await db.close()


def sealed_in(ctx, folder):
    """The files below a data folder, read with the keys of a node."""
    return SealedFiles(LocalFiles(folder / "media"), ContentKeys(ctx.settings.content_keys))


def test_it_is_known_of_every_table_whose_its_rows_are():
    named = {table.name for table in schema.tables()}
    assert (set(records.OWNERS) | records.LEFT_OUT, set(records.OWNERS) & records.LEFT_OUT) == (named, set())
    for table in schema.tables():
        assert table.key or table.name in records.LEFT_OUT, f"{table.name} cannot be read page by page"
    people = {t.name for t in schema.tables() if any(r.table == "accounts" and r.cascades for r in t.references)}
    of_nobody = {name for name, owners in records.OWNERS.items() if not owners}
    assert people & of_nobody == set()


async def test_everything_comes_back_on_either_store(tmp_path, database):
    async with scene(tmp_path / "old") as here:
        backup = tmp_path / "one.backup"
        made = await backups.write(here.ctx, backup)
        before = await everything(here.ctx.db)
        async with here.ctx.db.read() as tx:
            files = await records.files(tx)
        async with restored(here.ctx, backup, tmp_path / "new", database=database) as (db, read):
            assert await everything(db) == before
            assert (read.rows, read.files, read.lost) == (made.rows, made.files, set())
            assert read.rows > 300
            assert len(files) == read.files > 1
            kept = sealed_in(here.ctx, tmp_path / "new")
            for name in files:
                # Both with the same keys: what is restored to look at it spoils nothing of the node that goes on.
                content = await whole(await kept.get(name))
                assert content == await whole(await sealed_in(here.ctx, here.ctx.settings.data).get(name))
                assert content[:64] not in (tmp_path / "new/media" / name).read_bytes()
        assert here.ctx.secret.hex() == (tmp_path / "new/secret.key").read_text()
        content = backup.read_bytes()
        assert not [said for said in (b"indigo", b"Ada Martin", b"PRIVATE", here.ctx.secret) if said in content]


async def test_a_backup_of_a_node_on_postgresql_comes_back(tmp_path, postgres):
    async with village(tmp_path / "old", "lyon", database=lambda _: postgres) as there:
        (lyon,) = there.houses.values()
        ada = await lyon.member("ada")
        await posts.publish(lyon.ctx, ada, Draft("Indigo", Visibility.UNIT))
        await backups.write(lyon.ctx, tmp_path / "one")
        async with restored(lyon.ctx, tmp_path / "one", tmp_path / "new") as (db, _):
            assert await everything(db) == await everything(lyon.ctx.db)


async def test_what_was_erased_is_in_no_backup_any_more(tmp_path):
    async with village(tmp_path, "lyon", "graz") as there:
        lyon, graz = there.houses.values()
        ada, ben = await lyon.member("ada"), await lyon.member("ben")
        (tmp_path / "drawn.png").write_bytes(drawn("red"))
        said = media.Said(description=CANARY)
        picture = await media.upload(lyon.ctx, ada, tmp_path / "drawn.png", name="drawn.png", said=said)
        first = Draft(f"{CANARY} one", Visibility.ORGANISATION, media_ids=(picture.id,))
        gone = await posts.publish(lyon.ctx, ada, first)
        kept = await posts.publish(lyon.ctx, ada, Draft("Indigo", Visibility.ORGANISATION))
        await posts.publish(lyon.ctx, ben, Draft("I saw it", Visibility.ORGANISATION, reply_to_id=gone.id))
        await posts.publish(lyon.ctx, ben, Draft(f"{CANARY} two", Visibility.ORGANISATION))
        await there.settle()
        for house in (lyon, graz):
            await backups.write(house.ctx, tmp_path / f"{house.name}.backup", keys_to=tmp_path / "keys" / house.name)
            assert "posts" in await canaries(house.ctx.db)

        await posts.delete(lyon.ctx, ada, gone.id)
        await profiles.delete(lyon.ctx, ben)
        await there.settle()
        there.clock.now += DAY_MS  # who came just now may be in a transaction that goes on
        for house in (lyon, graz):
            assert await shredding.forget_gone(house.ctx)
            old = tmp_path / f"{house.name}.backup"
            async with restored(house.ctx, old, tmp_path / f"{house.name}-new") as (db, read):
                assert await canaries(db) == set()
                async with db.read() as tx:
                    left = [row["uri"] for row in await tx.all("SELECT uri FROM posts")]
                    files = await tx.all("SELECT file FROM media")
                assert (left, files) == ([kept.uri], [])
                assert {name.partition(":")[0] for name in read.lost} >= {"post", "account"}
            # Whoever has a copy of the keys from before can still read it: that is why those are kept for days only.
            (copy,) = (tmp_path / "keys" / house.name).iterdir()
            async with restored(house.ctx, old, tmp_path / f"{house.name}-old", keys=copy) as (db, _):
                assert "posts" in await canaries(db)


async def test_a_passage_that_was_blacked_out_is_in_no_backup_any_more(tmp_path):
    async with village(tmp_path, "lyon", "graz") as there:
        lyon, graz = there.houses.values()
        ada = await lyon.member("ada")
        post = await posts.publish(lyon.ctx, ada, Draft(f"Thanks to {CANARY}", Visibility.ORGANISATION))
        other = await posts.publish(lyon.ctx, ada, Draft("Indigo", Visibility.ORGANISATION))
        await there.settle()
        for house in (lyon, graz):
            await backups.write(house.ctx, tmp_path / f"{house.name}.backup")
        async with lyon.ctx.change() as change:
            await measures.black_out(change, post.id, CANARY, reason="A wish", by=ada, subject="a wish")
        await there.settle()
        for house in (lyon, graz):
            await shredding.forget_gone(house.ctx)
            old = tmp_path / f"{house.name}.backup"
            async with restored(house.ctx, old, tmp_path / f"{house.name}-new") as (db, _), db.read() as tx:
                assert [row["uri"] for row in await tx.all("SELECT uri FROM posts")] == [other.uri]
            await backups.write(house.ctx, tmp_path / f"{house.name}.next")
            async with restored(house.ctx, tmp_path / f"{house.name}.next", tmp_path / f"{house.name}-next") as (db, _):
                assert "▒" in str((await everything(db))["posts"])


async def test_keys_of_what_is_edited_stay(tmp_path):
    async with village(tmp_path, "lyon") as there:
        (lyon,) = there.houses.values()
        ada = await lyon.member("ada")
        post = await posts.publish(lyon.ctx, ada, Draft("Indigo", Visibility.UNIT))
        await backups.write(lyon.ctx, tmp_path / "one")
        await posts.edit(lyon.ctx, ada, post.id, Draft("Madder"))
        await shredding.forget_gone(lyon.ctx)
        async with restored(lyon.ctx, tmp_path / "one", tmp_path / "new") as (db, read):
            assert "Indigo" in str((await everything(db))["posts"])
            assert read.lost == set()


async def test_a_restore_by_mistake_does_not_spoil_the_newer_backup(tmp_path):
    async with village(tmp_path, "lyon") as there:
        (lyon,) = there.houses.values()
        ada = await lyon.member("ada")
        await posts.publish(lyon.ctx, ada, Draft("Monday", Visibility.UNIT))
        await backups.write(lyon.ctx, tmp_path / "monday")
        tuesday = await posts.publish(lyon.ctx, ada, Draft("Tuesday", Visibility.UNIT))
        await backups.write(lyon.ctx, tmp_path / "tuesday")
        keys = ContentKeys(lyon.ctx.settings.content_keys, there.clock)
        async with restored(lyon.ctx, tmp_path / "monday", tmp_path / "a") as (db, _):
            mistaken = replace(lyon.ctx, db=db)
            await shredding.forget_gone(mistaken)
            async with restored(lyon.ctx, tmp_path / "tuesday", tmp_path / "b") as (whole_one, _):
                assert "Tuesday" in str((await everything(whole_one))["posts"])
            there.clock.now += 8 * DAY_MS
            await shredding.forget_gone(mistaken)
            assert f"post:{tuesday.id}.0" not in keys.names(), "in the end it is gone"


async def test_a_backup_that_was_cut_off_or_changed_is_refused_and_leaves_nothing(tmp_path):
    async with village(tmp_path, "lyon") as there:
        (lyon,) = there.houses.values()
        ctx = lyon.ctx
        await lyon.member("ada")
        backup = tmp_path / "one"
        await backups.write(ctx, backup)
        whole_one = backup.read_bytes()
        turned = bytearray(whole_one)
        turned[len(turned) // 2] ^= 1
        wrong = {"short": whole_one[:-40], "between": whole_one[: len(whole_one) // 2], "turned": bytes(turned)}
        for name, content in {**wrong, "empty": b"", "other": b"{}\n", "odd": b"\xff" * 99}.items():
            backup.write_bytes(content)
            with pytest.raises(Invalid):
                async with restored(ctx, backup, tmp_path / name):
                    pass
            left = await Sqlite.open(tmp_path / name / DATABASE_FILE, ctx.db.seals)
            async with left.read() as tx:
                assert await tx.all("SELECT id FROM accounts") == []
            await left.close()
            assert not (tmp_path / name / "secret.key").exists()


async def test_a_backup_is_read_into_an_empty_node_of_the_same_address_with_its_keys(tmp_path):
    async with village(tmp_path, "lyon", "graz") as there:
        lyon, graz = there.houses.values()
        await backups.write(lyon.ctx, tmp_path / "lyon.backup")
        with pytest.raises(Conflict, match=r"set node\.url|Set node\.url"):
            async with restored(graz.ctx, tmp_path / "lyon.backup", tmp_path / "a"):
                pass
        with pytest.raises(Invalid, match="keys of this backup are missing"):
            async with restored(lyon.ctx, tmp_path / "lyon.backup", tmp_path / "b", keys=tmp_path / "none"):
                pass
        await backups.write(graz.ctx, tmp_path / "graz.backup")
        keys = graz.ctx.settings.content_keys
        with pytest.raises(Invalid, match="do not belong"):
            async with restored(lyon.ctx, tmp_path / "lyon.backup", tmp_path / "c", keys=keys):
                pass
        known = ContentKeys(lyon.ctx.settings.content_keys)
        here = {"db": lyon.ctx.db, "files": lyon.ctx.files, "node": lyon.ctx.settings.url, "ready": None}
        with pytest.raises(Conflict, match="There is a node in this database"):
            await backup_reading.read(tmp_path / "lyon.backup", known, **here)
        with pytest.raises(Invalid, match="Choose a new name"):
            await backups.write(lyon.ctx, tmp_path / "lyon.backup")
        with pytest.raises(Invalid, match="another folder than the backups"):
            await backups.write(lyon.ctx, tmp_path / "beside", keys_to=tmp_path)
        assert not (tmp_path / "beside").exists()


async def pictured(house, tmp_path, *colours):
    """A member of a house, and the names of the files of pictures that they uploaded."""
    ada, names = await house.member("ada"), []
    for colour in colours:
        (tmp_path / "drawn.png").write_bytes(drawn(colour))
        made = await media.upload(house.ctx, ada, tmp_path / "drawn.png", name="drawn.png")
        names.append((made.file, made.preview))
    return ada, names


async def test_a_file_that_is_damaged_stops_no_backup_of_the_rest(tmp_path, caplog):
    async with village(tmp_path, "lyon") as there:
        (lyon,) = there.houses.values()
        _, ((damaged, small), others) = await pictured(lyon, tmp_path, "red", "blue")
        path = tmp_path / "lyon" / "media" / damaged
        path.write_bytes(path.read_bytes()[:-1])
        assert (await backups.write(lyon.ctx, tmp_path / "one")).files == 3
        assert damaged in caplog.text
        async with restored(lyon.ctx, tmp_path / "one", tmp_path / "new") as (_, read):
            assert read.files == 3
            kept = sealed_in(lyon.ctx, tmp_path / "new")
            for name in (small, *others):
                assert await whole(await kept.get(name)) == await whole(await lyon.ctx.files.get(name))
            with pytest.raises(NotFound):
                await kept.get(damaged)


async def test_keys_of_files_go_with_their_files_and_with_nothing_else(tmp_path):
    async with village(tmp_path, "lyon") as there:
        (lyon,) = there.houses.values()
        ada, ((file, preview), others) = await pictured(lyon, tmp_path, "red", "blue")
        keys = ContentKeys(lyon.ctx.settings.content_keys, there.clock)
        records = [f"file:{name}" for name in (file, preview, *others)]
        keys.spare(since=0, until=there.clock.now + DAY_MS)
        await backups.write(lyon.ctx, tmp_path / "one")
        await shredding.forget_gone(lyon.ctx)
        assert set(keys.of(records)) == set(records)
        shutil.copytree(tmp_path / "lyon/media", tmp_path / "copy/media")
        async with lyon.ctx.db.read() as tx:
            (made,) = await tx.all("SELECT id FROM media WHERE file = :file", file=file)
        await media.discard(lyon.ctx, ada, made["id"])
        await retention.erase_files(lyon.ctx)
        assert set(keys.of(records)) == set(records[2:])
        copy = sealed_in(lyon.ctx, tmp_path / "copy")
        for name in (file, preview):
            with pytest.raises(NotFound):
                await copy.get(name)
        for name in others:
            assert await whole(await copy.get(name)) == await whole(await lyon.ctx.files.get(name))


async def test_a_backup_that_fails_leaves_no_file(tmp_path, monkeypatch):
    async with village(tmp_path, "lyon") as there:
        (lyon,) = there.houses.values()
        ctx = lyon.ctx

        def full(*_):
            raise OSError("no space left")

        monkeypatch.setattr(Sealing, "add", full)
        with pytest.raises(OSError, match="no space"):
            await backups.write(ctx, tmp_path / "one")
        assert not list(tmp_path.glob("one*"))


def test_copies_of_the_keys_are_kept_for_some_days_only(tmp_path):
    now = int(datetime(2026, 11, 29, 12, tzinfo=UTC).timestamp() * 1000)
    keys = ContentKeys(tmp_path / "content.keys", lambda: now)
    keys.of(["post:1.0", "node"], make=True)
    (tmp_path / "copies").mkdir()
    (tmp_path / "copies/notes.txt").write_text("mine")
    first = keys.copy(tmp_path / "copies", days=7)
    assert first.name == "content-keys-2026-11-29T120000"
    now += 7 * DAY_MS
    second = keys.copy(tmp_path / "copies", days=7)
    assert {one.name for one in (tmp_path / "copies").iterdir()} == {first.name, second.name, "notes.txt"}
    keys.destroy(["post:1.0"])
    now += 1000
    third = keys.copy(tmp_path / "copies", days=7)
    assert {one.name for one in (tmp_path / "copies").iterdir()} == {second.name, third.name, "notes.txt"}
    assert (ContentKeys(second).names(), ContentKeys(third).names()) == (["node", "post:1.0"], ["node"])
    assert {one.stat().st_mode & 0o077 for one in (second, third)} == {0}, "nobody else reads them"
    keys.copy(tmp_path / "copies", days=0)
    assert third.exists(), "what was just written stays"
    with pytest.raises(Invalid, match="another folder"):
        keys.copy(tmp_path, days=7)


def test_a_destroyed_key_is_not_in_the_file_any_more(tmp_path):
    keys = ContentKeys(tmp_path / "content.keys")
    made = keys.of([f"post:{number}.0" for number in range(200)], make=True)
    keys.destroy(list(made)[:100])
    kept = (tmp_path / "content.keys").read_bytes()
    assert [key in kept for key in made.values()] == [False] * 100 + [True] * 100


async def test_the_loop_destroys_keys_soon_after_an_erasure(tmp_path, monkeypatch):
    monkeypatch.setattr(shredding, "_REST_SECONDS", 0.01)
    async with village(tmp_path, "lyon") as there:
        (lyon,) = there.houses.values()
        ada = await lyon.member("ada")
        post = await posts.publish(lyon.ctx, ada, Draft("Indigo", Visibility.UNIT))
        await backups.write(lyon.ctx, tmp_path / "one")
        keys, name = ContentKeys(lyon.ctx.settings.content_keys), f"post:{post.id}.0"
        loop = asyncio.create_task(shredding.run(lyon.ctx))
        await asyncio.sleep(0.1)
        assert name in keys.names()
        await posts.delete(lyon.ctx, ada, post.id)
        while name in keys.names():
            await asyncio.sleep(0.01)
        loop.cancel()


async def test_the_key_of_a_complaint_stays_while_the_transaction_that_writes_it_goes_on(tmp_path):
    async with village(tmp_path, "lyon") as there:
        (lyon,) = there.houses.values()
        ada = await lyon.member("ada")
        await shredding.forget_gone(lyon.ctx)
        async with lyon.ctx.change() as change:
            owners = [made(change.new_id()) for made in (sealed.of_account, sealed.of_case, sealed.of_report)]
            values = [await change.tx.seals.seal(owner, b"in this moment") for owner in owners]
            assert await shredding.forget_gone(lyon.ctx) is False, "it is to be looked at again"
        there.clock.now += DAY_MS
        kept = sealed.of_account(ada.id)
        keys = ContentKeys(lyon.ctx.settings.content_keys)
        assert keys.of([*owners, kept]).keys() == {*owners, kept}
        assert await shredding.forget_gone(lyon.ctx) is True, "nothing came of them"
        assert keys.of([*owners, kept]).keys() == {kept}
        assert [Seals(keys).open(value) for value in values] == [None, None, None]


async def test_what_is_erased_while_a_backup_is_written_spoils_nothing_of_it(tmp_path, monkeypatch):
    monkeypatch.setattr(backups, "_BATCH", 1)
    async with village(tmp_path, "lyon") as there:
        (lyon,) = there.houses.values()
        ada = await lyon.member("ada")
        gone = await posts.publish(lyon.ctx, ada, Draft(f"{CANARY} #indigo", Visibility.UNIT))
        await posts.publish(lyon.ctx, ada, Draft("The loom", Visibility.UNIT))
        keys, seal, sealed_once = ContentKeys(lyon.ctx.settings.content_keys), backups._seal, []

        async def while_it_is_erased(made, keys, pieces):
            await seal(made, keys, pieces)
            if any(name == f"post:{gone.id}.0" for name, _ in pieces) and not sealed_once:
                sealed_once.append(gone.id)
                await posts.delete(lyon.ctx, ada, gone.id)
                await shredding.forget_gone(lyon.ctx)

        monkeypatch.setattr(backups, "_seal", while_it_is_erased)
        made = await backups.write(lyon.ctx, tmp_path / "one", keys_to=tmp_path / "copies")
        assert sealed_once
        for number, known in enumerate((made.keys, keys.path)):
            async with restored(lyon.ctx, tmp_path / "one", tmp_path / str(number), keys=known) as (db, read):
                said = str((await everything(db))["posts"])
                assert ("The loom" in said, CANARY in said) == (True, False)
                assert f"post:{gone.id}.0" in read.lost


async def epoch(ctx):
    async with ctx.db.read() as tx:
        return await restores.epoch(tx)


@pytest.mark.parametrize("place", ["an older one", "an empty one"])
async def test_another_database_than_that_of_the_keys_spoils_none_of_them(tmp_path, place):
    async with village(tmp_path, "lyon") as there:
        (lyon,) = there.houses.values()
        ada, folder = await lyon.member("ada"), tmp_path / "lyon"
        await restore.guard(lyon.ctx)
        await shredding.forget_gone(lyon.ctx)
        await restore.guard(lyon.ctx)
        assert await epoch(lyon.ctx) == 1, "it is as its keys know it"
        await lyon.ctx.db.scrub()
        shutil.copy(folder / DATABASE_FILE, tmp_path / "older")
        there.clock.now += DAY_MS
        ben = await lyon.member("ben")
        await posts.publish(lyon.ctx, ben, Draft("Tuesday", Visibility.UNIT))
        await backups.write(lyon.ctx, tmp_path / "tuesday")
        keys = ContentKeys(lyon.ctx.settings.content_keys, there.clock)
        before = set(keys.names())
        await lyon.ctx.db.close()
        for path in folder.glob(f"{DATABASE_FILE}*"):
            path.unlink()
        there.clock.now += DAY_MS
        if place == "an older one":
            shutil.copy(tmp_path / "older", folder / DATABASE_FILE)
            older = await create_context(lyon.ctx.settings, now=there.clock)
            told = []
            await restore.guard(older, say=told.append)
            assert ("came from a backup" in told[0], await epoch(older)) == (True, 2), "though nothing was erased since"
            await shredding.forget_gone(older)
            assert sealed.of_account(ada.id) in keys.names()
            assert set(keys.of(sorted(before))) == before
            there.clock.now += 8 * DAY_MS
            await shredding.forget_gone(older)
            assert sealed.of_account(ben.id) not in keys.of(sorted(before)), "in the end they go"
            await close_context(older)
        else:
            with pytest.raises(Unavailable, match="allmende restore"):
                await create_context(lyon.ctx.settings, now=there.clock)
            assert set(keys.of(sorted(before))) == before
        # So that the village can close it.
        lyon.ctx = replace(lyon.ctx, db=await open_database(lyon.ctx.settings))


async def test_the_key_of_a_day_stays_as_long_as_something_of_it_waits(tmp_path):
    async with village(tmp_path, "lyon", "graz") as there:
        lyon, graz = there.houses.values()
        ada, _ = await lyon.member("ada"), await graz.member("ben")
        await posts.publish(lyon.ctx, ada, Draft("Indigo", Visibility.ORGANISATION))
        await there.settle()
        keys = ContentKeys(graz.ctx.settings.content_keys)
        (day,) = [name for name in keys.names() if name.startswith(sealed.INBOX)]
        there.clock.now += 400 * DAY_MS
        for body, there_is in ((b"waits", True), (b"", False)):
            async with graz.ctx.change() as change:
                await change.tx.run("UPDATE inbox_rows SET body = :body", body=body)
            await shredding.forget_gone(graz.ctx)
            assert (day in keys.names()) is there_is
