"""Four nodes, and one or all of them killed while something is erased: every holder signs, and nothing is left."""

import asyncio
import json
import random

import pytest
from aiohttp import ClientError

from federation import certificates
from node.fleet import Failed, until
from tests.flows.test_three_nodes import nowhere
from tests.nodes import organisation, rows, settled

_CANARY = "hummingbird 4711"


async def _done(node, count=1):
    """Return the erasures of a node when each of its holders has signed."""
    found = rows(node, "SELECT id, done_at FROM erasures")
    states = {state for (state,) in rows(node, "SELECT state FROM erasure_holders")}
    return len(found) == count and all(done for _, done in found) and states <= {"erased"}


@pytest.mark.parametrize("killed", ["the origin", "a holder", "who passed it on", "all of them"])
async def test_whoever_is_killed_every_holder_signs_and_nothing_is_left(tmp_path, killed):
    dice = random.Random(killed)
    async with organisation(tmp_path, ("lyon", "graz", "turin", "oslo")) as found:
        lyon, graz, turin, _oslo = found.nodes
        ada, ben, *_ = found.people
        post = await ada.post(_CANARY)
        await settled(found.nodes)
        here = await until("Ben reads it", lambda: ben.seen(post["uri"]))
        await ben.call("POST", f"/statuses/{here['id']}/reblog")
        await ben.post(f"It says: {here['content'][:0]}yes", in_reply_to_id=here["id"])
        await settled(found.nodes)
        victims = {"the origin": [lyon], "a holder": [turin], "who passed it on": [graz], "all of them": found.nodes}

        async def kill(node):
            await asyncio.sleep(dice.uniform(0.0, 0.25))
            await node.kill()

        answered = True

        async def delete():
            """Delete it; False: the node was gone before it answered, so nobody knows whether it did it."""
            try:
                await ada.call("DELETE", f"/statuses/{post['id']}")
            except ClientError:
                return False
            except Failed as failed:
                if answered or ": 404 " not in str(failed):
                    raise  # not gone already, with only the answer lost
            return True

        answered, *_ = await asyncio.gather(delete(), *[kill(one) for one in victims[killed]])
        await asyncio.gather(*[one.start() for one in victims[killed]])
        if not answered:
            await delete()
        for person in found.people:
            await person.close()
        await until("every holder has signed", lambda: _done(lyon), seconds=60)
        await settled(found.nodes)

        await nowhere(_CANARY, found.nodes)
        for person in found.people:
            await person.close()


async def test_a_person_of_four_nodes_is_erased_with_a_certificate_that_verifies(tmp_path):
    async with organisation(tmp_path, ("lyon", "graz", "turin", "oslo")) as found:
        lyon, graz, *_ = found.nodes
        ada, *_ = found.people
        for number in range(5):
            await ada.post(f"{_CANARY} {number}")
        await settled(found.nodes)
        await lyon.command("user", "delete", "ada", "--yes")
        await graz.kill()
        await graz.start()
        await until("every holder has signed", lambda: _done(lyon), seconds=60)
        ((number,),) = rows(lyon, "SELECT id FROM erasures")
        made = json.loads(await lyon.command("certificate", str(number)))
        assert all(one.holds for one in certificates.check(made))
        assert [one["receipt"]["removed"]["posts"] for one in made["holders"]] == [5, 5, 5]
        path = tmp_path / "certificate.json"
        path.write_text(json.dumps(made))
        assert "NO" not in await graz.command("verify-certificate", str(path), "--known")

        await nowhere(_CANARY, found.nodes)
        for person in found.people:
            await person.close()
