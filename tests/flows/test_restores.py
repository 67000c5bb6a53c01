"""A node comes back from a backup that is older than an erasure: nothing that was erased comes back (C3, E3)."""

import asyncio
import shutil
import sqlite3

import pytest

from node.adapters.content_keys import ContentKeys
from node.app import DATABASE_FILE
from node.fleet import until
from tests.nodes import back_up, organisation, restore, rows, settled


class Story:
    """Ada of Lyon wrote a post that Graz holds, too; both have a backup of that moment; then she deletes it."""

    def __init__(self, found, folder):
        self.lyon, self.graz = found.nodes
        self.ada, self.ben = found.people
        self.folder = folder

    async def told(self):
        self.kept = await self.ada.post("The gate is green.")
        self.post = await self.ada.post("My number is 4711.")
        self.unit = await self.ada.post("Only here: 0815.", visibility="private", local_only=True)
        await settled([self.lyon, self.graz])
        assert await self.ben.seen(self.post["uri"])
        for node in (self.lyon, self.graz):
            await node.stop()
            back_up(node, self.folder / f"backup-{node.name}")
            await node.start()
        await self.hang_up()
        for post in (self.post, self.unit):
            await self.ada.call("DELETE", f"/statuses/{post['id']}")
        await settled([self.lyon, self.graz])
        await until("both have written down what was erased", self.logged)
        return self

    async def logged(self):
        return all(["erasures.log" in self.names(node) and not self.unlogged(node) for node in (self.lyon, self.graz)])

    def names(self, node):
        return [path.name for path in node.folder.iterdir()]

    def unlogged(self, node):
        tables = ("erasures", "erasures_taken")
        return [one for table in tables for one in rows(node, f"SELECT uri FROM {table} WHERE logged = 0")]

    async def hang_up(self):
        await self.ada.close()
        await self.ben.close()

    def has(self, node):
        uris = {uri for (uri,) in rows(node, "SELECT uri FROM posts")}
        return sorted(one["content"] for one in (self.kept, self.post, self.unit) if one["uri"] in uris)

    def epoch(self, node):
        return rows(node, "SELECT MAX(epoch) FROM restores")[0][0]


@pytest.mark.parametrize("with_log", [True, False], ids=["its log is there", "its log is lost"])
@pytest.mark.parametrize("which", ["origin", "holder", "both"])
async def test_nothing_that_was_erased_comes_back_with_a_backup(tmp_path, which, with_log):
    async with organisation(tmp_path, ("lyon", "graz")) as found:
        story = await Story(found, tmp_path).told()
        restored = {"origin": [story.lyon], "holder": [story.graz], "both": [story.lyon, story.graz]}[which]
        for node in restored:
            await node.stop()
            restore(node, tmp_path / f"backup-{node.name}", with_log=with_log)
        alone = [] if with_log or which != "both" else ["--without", story.graz.host]
        await story.hang_up()
        for node in restored:
            await node.start(*(alone if node is story.lyon else []))
            if alone and node is story.lyon:
                # Nobody is left who knows: neither a log nor a node that was not restored.
                assert len(story.has(node)) == 3
                return
            first = await story.ada.stream() if node is story.lyon else await story.ben.stream("organisation")
            assert story.post["uri"] not in {status["uri"] for status in first}, "it was served once"
            assert story.epoch(node) == 2
        for node in restored:
            assert not any("4711" in content for content in story.has(node))
            assert any("green" in content for content in story.has(node)), "what was not erased is there"
        if with_log:
            assert not any("0815" in content for content in story.has(story.lyon)), "though nobody else had it"
        await until("every holder has signed again", lambda: _done(story.lyon))
        await story.hang_up()


async def _done(node):
    return not rows(node, "SELECT uri FROM erasures WHERE done_at IS NULL")


async def test_a_restored_node_waits_for_those_who_know_more(tmp_path):
    async with organisation(tmp_path, ("lyon", "graz")) as found:
        story = await Story(found, tmp_path).told()
        await story.graz.stop()
        await story.lyon.stop()
        restore(story.lyon, tmp_path / "backup-lyon", with_log=False)
        story.lyon.process = await story.lyon._spawn("serve")

        async def waits():
            return f"Waiting for {story.graz.host}" in story.lyon.log()

        await until("Lyon waits", waits)
        await story.graz.start()

        async def open():
            return story.epoch(story.lyon) == 2

        await until("Lyon opens when Graz has told it", open, seconds=30)
        assert not any("4711" in content for content in story.has(story.lyon))
        await story.hang_up()


async def test_what_waited_in_a_backup_leaves_when_the_node_opens_but_what_was_erased_and_mails(tmp_path):
    async with organisation(tmp_path, ("lyon", "graz")) as found:
        lyon, graz = found.nodes
        ada, ben = found.people
        await graz.stop()
        kept, gone = [await ada.post(text) for text in ("The gate is green.", "My number is 4711.")]
        await ada.close()
        await lyon.stop()
        waiting = "SELECT a.object FROM deliveries d JOIN activities a ON a.id = d.activity_id WHERE a.object IN (?, ?)"
        both = (kept["uri"], gone["uri"])
        assert {object for (object,) in rows(lyon, waiting, *both)} == set(both)
        queue_mails(lyon)
        back_up(lyon, tmp_path / "backup")
        await lyon.start()
        await graz.start()
        await settled(found.nodes)
        assert await ben.seen(gone["uri"])
        await ada.call("DELETE", f"/statuses/{gone['id']}")
        await settled(found.nodes)
        for person in found.people:
            await person.close()
        for node in found.nodes:
            await node.stop()
        restore(lyon, tmp_path / "backup", with_log=False)
        before = rows(lyon, "SELECT id, attempts, state FROM deliveries ORDER BY id")
        lyon.process = await lyon._spawn("serve")

        async def waits():
            return lyon.log().count(f"Waiting for {graz.host}") == 1

        await until("Lyon waits", waits)
        await asyncio.sleep(1)
        assert rows(lyon, "SELECT id, attempts, state FROM deliveries ORDER BY id") == before, "nothing leaves yet"
        await graz.start()

        async def left():
            return not rows(lyon, waiting + " AND d.state = 'due'", *both) and rows(lyon, "SELECT 1 FROM restores")[1:]

        await until("Lyon opens", left, seconds=30)
        assert not rows(lyon, waiting + " AND a.type = 'Create'", *both)[1:], "one of them is no more"
        assert rows(lyon, "SELECT kind FROM mails") == [("inactive",)], "nobody's account ends without a warning"
        assert rows(graz, "SELECT uri FROM posts") == [(kept["uri"],)]
        for person in found.people:
            await person.close()


def queue_mails(node):
    """Let a mail about a case, and a warning, wait at a node that sends none."""
    connection = sqlite3.connect(node.folder / DATABASE_FILE)
    with connection:
        connection.executemany(
            """INSERT INTO mails (id, kind, address, about, attempts, due_at, leased_until, gives_up_at, error,
                      created_at)
               VALUES (?, ?, 'eve@example.org', x'', 0, 0, 0, 9000000000000, '', 0)""",
            [(1, "case"), (2, "inactive")],
        )
    connection.close()


async def test_a_node_that_only_restarts_is_not_taken_for_a_restored_one(tmp_path):
    async with organisation(tmp_path, ("lyon", "graz")) as found:
        story = await Story(found, tmp_path).told()
        for node in (story.lyon, story.graz):
            await node.kill()
            await node.start()
            assert story.epoch(node) == 1
        await story.hang_up()


@pytest.mark.parametrize("lost", [False, True], ids=["the disk is there", "the disk is lost"])
async def test_a_backup_of_a_running_node_is_read_back_without_what_was_erased(tmp_path, lost):
    async with organisation(tmp_path, ("lyon", "graz")) as found:
        lyon, graz = found.nodes
        ada, ben = found.people
        kept, post = await ada.post("The gate is green."), await ada.post("My number is 4711.")
        await settled([lyon, graz])
        backup, copies = tmp_path / "lyon.backup", tmp_path / "keys"
        queue_mails(lyon)
        assert "Never keep them where backups are" in await lyon.command("backup", str(backup), "--keys", str(copies))
        assert not [said for said in (b"4711", b"green", b"PRIVATE") if said in backup.read_bytes()]
        assert await ben.seen(post["uri"])
        await ada.call("DELETE", f"/statuses/{post['id']}")
        await settled([lyon, graz])
        name = f"post:{post['id']}.0"

        async def destroyed():
            return name not in ContentKeys(lyon.folder / "content.keys").names()

        await until("the key is destroyed", destroyed, seconds=30)
        await ada.close()
        await lyon.stop()
        stays = {"log.txt"} if lost else {"log.txt", "erasures.log", "content.keys", "personas.key"}
        for path in list(lyon.folder.iterdir()):
            if path.name not in stays:
                shutil.rmtree(path) if path.is_dir() else path.unlink()
        (copy,) = copies.iterdir()
        said = await lyon.command("restore", str(backup), *(["--keys", str(copy)] if lost else []))
        assert ("have no key: 1." in said) is not lost
        assert rows(lyon, "SELECT kind FROM mails") == [("inactive",)]
        assert len(rows(lyon, "SELECT uri FROM posts")) == (2 if lost else 1)
        await lyon.start()
        assert [status["uri"] for status in await ada.stream()] == [kept["uri"]]
        assert rows(lyon, "SELECT MAX(epoch) FROM restores") == [(2,)]
        # It is the same node for the others: its keys came back.
        again = await ada.post("Back again.")
        await until("Graz has it", lambda: ben.seen(again["uri"]))
        await ada.close()
        await ben.close()


async def test_a_restored_holder_keeps_who_is_held_hidden_and_erases_them_when_the_hold_ends(tmp_path):
    async with organisation(tmp_path, ("lyon", "graz")) as found:
        lyon, graz = found.nodes
        ada, ben = found.people
        post = await ada.post("My number is 4711.")
        await settled([lyon, graz])
        await ben.seen(post["uri"])
        name = f"ada@{lyon.host}"
        await graz.command("hold", "place", name, "--until", "2030-12-31", "--reason", "7 Ca 12/26")
        assert name in await graz.command("hold", "list")
        await ben.close()
        await graz.stop()
        back_up(graz, tmp_path / "backup")
        await graz.start()
        await ada.close()
        await lyon.command("user", "delete", "ada", "--yes")
        ask = "SELECT state FROM erasure_holders"

        async def held():
            return rows(lyon, ask) == [("held",)]

        async def hidden():
            return rows(graz, "SELECT COUNT(*) FROM accounts WHERE username = 'ada' AND hidden_at IS NOT NULL") == [
                (1,)
            ]

        async def logged():
            return not rows(graz, "SELECT uri FROM erasures_taken WHERE logged = 0")

        await until("Graz refuses", held)
        await until("Graz has written it down", logged)
        assert "held until 2030-12-31" in await lyon.command("erasures", "--open")
        await graz.stop()
        restore(graz, tmp_path / "backup")
        assert not await hidden()
        await graz.start()
        assert await hidden(), "before the first request is served"
        assert not await ben.seen(post["uri"])
        assert len(rows(graz, "SELECT uri FROM posts")) == 1
        await settled([lyon, graz])
        assert await held()
        await graz.command("hold", "lift", name)

        async def erased():
            return rows(lyon, ask) == [("erased",)] and not rows(graz, "SELECT uri FROM posts")

        await until("Graz erases and signs", erased)
        await ben.close()
