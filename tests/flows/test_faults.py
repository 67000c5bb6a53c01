"""kill -9 at the worst moment: nothing acknowledged is lost, nothing is there twice."""

import asyncio
import random

import aiohttp
import pytest

from node.fleet import Failed, until
from tests.nodes import organisation


@pytest.mark.parametrize("seed", [1, 2])
async def test_F02_F03_a_killed_node_loses_and_doubles_nothing(tmp_path, seed):
    dice = random.Random(seed)
    async with organisation(tmp_path, ("lyon", "graz")) as found:
        lyon, graz = found.nodes
        ada, ben = found.people
        acknowledged = []

        async def write(numbers):
            for number in numbers:
                try:
                    acknowledged.append((await ada.post(f"Post {number}"))["uri"])
                except (Failed, aiohttp.ClientError):
                    return

        async def kill(node):
            await asyncio.sleep(dice.uniform(0.05, 0.5))
            await node.kill()

        await asyncio.gather(kill(graz), kill(lyon), *[write(range(i, 40, 4)) for i in range(4)])
        await asyncio.gather(lyon.start(), graz.start())
        await ada.close()
        await ben.close()

        async def complete():
            here = [status["uri"] for status in await ada.stream("organisation")]
            there = [status["uri"] for status in await ben.stream("organisation")]
            return here if sorted(here) == sorted(there) and set(acknowledged) <= set(here) else None

        complete_stream = await until("both have every acknowledged post", complete, seconds=30)
        assert len(complete_stream) == len(set(complete_stream))
        await ada.close()
        await ben.close()


async def test_F15_a_killed_worker_loses_and_doubles_nothing(tmp_path):
    async with organisation(tmp_path, ("lyon", "graz")) as found:
        lyon = found.nodes[0]
        ada, ben = found.people
        await lyon.stop()
        await lyon.start("--no-workers")
        await lyon.start_worker()
        await ada.close()
        made = []
        for number in range(20):
            made.append((await ada.post(f"Post {number}"))["uri"])
            if number == 10:
                lyon.worker.kill()
                await lyon.worker.wait()
        await lyon.start_worker()

        async def complete():
            return sorted(status["uri"] for status in await ben.stream("organisation")) == sorted(made)

        await until("Graz has every post once", complete, seconds=30)
        await ada.close()
        await ben.close()
