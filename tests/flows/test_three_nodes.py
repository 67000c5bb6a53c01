"""Stories across real nodes: processes of their own that talk over real HTTP."""

import asyncio
import json
import random

import aiohttp
import pytest

from node.fleet import Failed, until
from tests.nodes import organisation


def holds(node, text):
    """Tell whether any file of a node has this text in it."""
    paths = [path for path in node.folder.rglob("*") if path.is_file() and path.name != "log.txt"]
    return [path.name for path in paths if text.encode() in path.read_bytes()]


async def texts(person, stream="organisation"):
    return sorted(status["content"] for status in await person.stream(stream))


async def test_A46_a_node_that_was_away_catches_up_with_everything(tmp_path):
    async with organisation(tmp_path) as (lyon, graz, turin):
        ada, ben, carla = await asyncio.gather(lyon.member("ada"), graz.member("ben"), turin.member("carla"))
        await ben.follow(ada)
        kept = await ada.post("Stays as it is")
        await until("Carla sees the first post", lambda: carla.seen(kept["uri"]))
        await graz.stop()
        edited, gone = await ada.post("Draft of a plan"), await ada.post("canary-seven-herons")
        await carla.post("A word from Turin")
        reply = await carla.post("An answer", in_reply_to_id=(await carla.seen(kept["uri"]))["id"])
        await ada.call("PUT", f"/statuses/{edited['id']}", status="The plan")
        await ada.call("DELETE", f"/statuses/{gone['id']}")
        await graz.start()
        await ben.close()

        async def caught_up():
            mine, theirs = await texts(ben), await texts(ada)
            return mine if mine == theirs and len(mine) == 4 else None

        assert "<p>The plan</p>" in await until("Graz has what Lyon has", caught_up, seconds=30)
        thread = await ben.call("GET", f"/statuses/{(await ben.seen(kept['uri']))['id']}/context")
        assert [one["uri"] for one in thread["descendants"]] == [reply["uri"]]
        for node in (lyon, graz, turin):
            await until(f"the text is gone at {node.name}", lambda node=node: asyncio.sleep(0, not holds(node, "canary-seven-herons")))
        for person in (ada, ben, carla):
            await person.close()


async def test_A16_a_post_for_the_own_unit_never_leaves_it(tmp_path):
    async with organisation(tmp_path, ("lyon", "graz")) as (lyon, graz):
        ada, ben = await asyncio.gather(lyon.member("ada"), graz.member("ben"))
        await ben.follow(ada)
        secret = await ada.post("canary-nine-otters", visibility="unit")
        after = await ada.post("for all")
        await until("what came later has arrived", lambda: ben.seen(after["uri"]))
        assert holds(graz, "canary-nine-otters") == []
        async with aiohttp.ClientSession() as session:
            answer = await session.get(secret["uri"], headers={"Accept": "application/activity+json"})
            assert answer.status == 401
        await ada.close()
        await ben.close()


async def test_an_erased_account_vanishes_from_every_node(tmp_path):
    async with organisation(tmp_path, ("lyon", "graz")) as (lyon, graz):
        ada, ben = await asyncio.gather(lyon.member("ada", position="canary-position"), graz.member("ben"))
        await ben.follow(ada)
        post = await ada.post("canary-blue-newt")
        await until("Ben sees it", lambda: ben.seen(post["uri"]))
        await lyon.command("user", "delete", "ada", "--yes")

        async def gone():
            return not await ben.seen(post["uri"])

        await until("her post is gone in Graz", gone)
        for node in (lyon, graz):
            for text in ("canary-blue-newt", "canary-position"):
                # Files are scrubbed once a commit in the serving process says so, here by the next deletion.
                await node.command("migrate")
        assert await ben.stream() == []
        with pytest.raises(Failed):
            await ben.find(ada)
        await ada.close()
        await ben.close()


async def test_C01_a_code_works_once_and_a_removed_node_is_out(tmp_path):
    async with organisation(tmp_path, ("lyon", "graz")) as (lyon, graz):
        ada, ben = await asyncio.gather(lyon.member("ada"), graz.member("ben"))
        await lyon.command("org", "remove", graz.host)

        async def alone():
            return json.loads(await graz.command("org", "members", "--json")) == []

        await until("Graz knows that it is out", alone)
        await asyncio.sleep(1.1)  # the other side's answer may be a second old
        post = await ada.post("Not for Graz any more")
        with pytest.raises(Failed):
            await graz.command("org", "join", "nonsense")
        code = await lyon.command("org", "invite")
        await graz.command("org", "join", code)
        with pytest.raises(Failed):
            await graz.command("org", "join", code)
        again = await ada.post("Welcome back")
        await until("Ben reads again", lambda: ben.seen(again["uri"]))
        assert await ben.seen(post["uri"]) is None
        await ada.close()
        await ben.close()


async def test_three_nodes_agree_after_posts_and_deletions_with_one_flapping(tmp_path):
    posts, deletions = 150, 40
    dice = random.Random(7)
    async with organisation(tmp_path) as (lyon, graz, turin):
        people = await asyncio.gather(lyon.member("ada"), graz.member("ben"), turin.member("carla"))
        made = []

        async def write(person, numbers):
            for number in numbers:
                while True:
                    try:
                        made.append((person, await person.post(f"canary-{number:04d}-post")))
                        break
                    except (Failed, aiohttp.ClientError):
                        await asyncio.sleep(0.1)  # the node is down just now

        async def flap():
            for _ in range(2):
                await asyncio.sleep(dice.uniform(0.3, 1.0))
                await turin.stop()
                await asyncio.sleep(dice.uniform(0.3, 1.0))
                await turin.start()

        await asyncio.gather(flap(), *[write(person, range(i, posts, 3)) for i, person in enumerate(people)])
        deleted = dice.sample(made, deletions)
        for person, status in deleted:
            await person.call("DELETE", f"/statuses/{status['id']}")
        wanted = sorted({status["uri"] for _, status in made} - {status["uri"] for _, status in deleted})

        async def agree():
            for person in people:
                found, oldest = [], None
                while page := await person.call(
                    "GET", "/timelines/public", limit="40", **({"max_id": oldest} if oldest else {})
                ):
                    found += [status["uri"] for status in page]
                    oldest = page[-1]["id"]
                if sorted(found) != wanted:
                    return None
            return True

        assert len(made) == posts
        await until("all three show the same posts, each once", agree, seconds=60)
        canaries = [f"canary-{status['content'][10:14]}-post" for _, status in deleted]
        for node in (lyon, graz, turin):

            async def clean(node=node):
                return not any(holds(node, canary) for canary in canaries)

            await until(f"no file of {node.name} has a deleted text", clean, seconds=30)
        for person in people:
            await person.close()
