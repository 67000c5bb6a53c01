"""A unit that outgrew one machine: its node on PostgreSQL, with a worker of its own, among nodes on files."""

import asyncio
from functools import partial

from node.fleet import until
from tests.nodes import organisation, whole_stream
from tests.opened import holding


async def test_F02_a_node_on_postgres_and_its_killed_processes_keep_everything(tmp_path, postgres):
    async with organisation(tmp_path, ("lyon", "graz"), database={"lyon": postgres}) as found:
        lyon, graz = found.nodes
        ada, ben = found.people
        await lyon.stop()
        await lyon.start("--no-workers")
        await lyon.start_worker()
        await ada.close()
        await ada.follow(ben)
        kept, deleted = [], []

        async def write(number):
            post = await ada.post(f"MARK-{number:03}th")
            if number % 4 == 0:
                await ada.call("DELETE", f"/statuses/{post['id']}")
                deleted.append(f"MARK-{number:03}th")
            else:
                kept.append(post["uri"])

        for number in range(40):
            await write(number)
            if number == 20:
                await lyon.kill()
                await ada.close()
                await lyon.start("--no-workers")
                await lyon.start_worker()
        answer = await ben.post(f"Thanks, @{ada.handle}")

        async def alike():
            here, there = await asyncio.gather(whole_stream(ada), whole_stream(ben))
            return here.keys() == there.keys() == {*kept, answer["uri"]}

        await until("both read the same", alike, seconds=40)
        assert await ada.seen(answer["uri"], "home")

        async def forgotten(text):
            return not holding(graz.folder, text)

        for text in deleted:
            await until(f"{text} is forgotten", partial(forgotten, text))

        async def nothing_stuck():
            return await lyon.command("deliveries", "list") == "Nothing is stuck."

        await until("nothing is stuck", nothing_stuck)
