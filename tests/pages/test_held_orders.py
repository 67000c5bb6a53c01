"""The pages about a legal hold on somebody of another node: at the node that holds, and at the one that ordered."""

import contextlib
import re
from datetime import UTC, datetime, timedelta

import orjson
from click.testing import CliRunner

from federation import certificates
from node.cli import main
from node.domain.accounts import Role
from node.domain.posts import Draft
from node.domain.times import DAY_MS
from node.domain.visibility import Visibility
from outbox import posts
from tests.pages.test_erasures import text_of
from tests.village import _PASSWORD, village
from tests.window import Window, signed_in


def stranger_at(house):
    return Window(house.client.app, f"http://{house.host}", "en")


async def window(house, username):
    return await signed_in(stranger_at(house), username, _PASSWORD)


@contextlib.asynccontextmanager
async def told(folder):
    """Lyon, where Ada is and Lena looks after data protection; Graz, where Olga does, and which has a post of Ada's."""
    async with village(folder, "lyon", "graz") as town:
        lyon, graz = town.houses.values()
        ada = await lyon.member("ada")
        await lyon.member("lena", role=Role.OFFICER)
        await graz.member("olga", role=Role.OFFICER)
        post = await posts.publish(lyon.ctx, ada, Draft("The vat is ready.", Visibility.ORGANISATION))
        await town.settle()
        yield town, post


async def test_an_officer_holds_somebody_of_another_node_and_sees_whose_erasure_waits(tmp_path):
    async with told(tmp_path) as (town, post):
        lyon, graz = town.houses.values()
        olga, ada = await window(graz, "olga"), await window(lyon, "ada")
        path, handle = "/administration/holds", f"ada@{lyon.host}"
        later = datetime.fromtimestamp(town.clock.now / 1000 + 90 * 86_400, UTC)
        form = {"reason": "7 Ca 12/26", "until": f"{later:%Y-%m-%d}"}
        status, _, page = await olga.send(path, member=f"nobody@{lyon.host}", **form)
        assert (status, f"Nobody named nobody@{lyon.host} is known here." in page) == (404, True)
        far = f"{later + timedelta(days=4_000):%Y-%m-%d}"
        status, _, page = await olga.send(path, member=handle, **form | {"until": far})
        assert (status, "within the next ten years" in page) == (422, True)
        assert (await olga.send(path, member=handle, **form))[:2] == (303, path)
        page = (await olga.page(path))[1]
        assert (handle in page, "7 Ca 12/26" in page, "to be erased then" in page) == (True, True, False)

        copy = await graz.post(post.uri)
        assert [(await olga.page(f"/@{handle}"))[0], (await olga.page(f"/posts/{copy.id}"))[0]] == [200, 200]
        assert "The vat is ready." in (await olga.page("/organisation"))[1]
        status, link, _ = await ada.send("/settings/account/erase", password=_PASSWORD)
        assert status == 303
        await town.settle()
        assert [(await olga.page(f"/@{handle}"))[0], (await olga.page(f"/posts/{copy.id}"))[0]] == [404, 404]
        assert "The vat is ready." not in (await olga.page("/organisation"))[1]
        assert "to be erased then" in (await olga.page(path))[1]

        # Whoever has left, and the officer there.
        stranger = stranger_at(lyon)
        day = f"{later.day} {later:%B %Y}"
        page = (await stranger.page(link))[1]
        for said in (f"held until {day}", f"keeps it hidden until {day}", "Nobody sees it there any more"):
            assert said in page, said
        assert "7 Ca" not in page
        for language, said in (("de", "Löschsperre bis"), ("fr", "gel juridique jusqu’au")):
            assert said in (await stranger.page(link, language))[1]
        made = orjson.loads((await stranger.get(f"{link}.json"))[1])
        assert (made["complete"], made["holders"][0]["state"]) == (False, "held")
        assert "keeps it hidden until" in text_of((await stranger.get(f"{link}.pdf"))[1]).replace(")(", "")
        file = tmp_path / "certificate.json"
        file.write_bytes(orjson.dumps(made))
        result = CliRunner().invoke(main, ["verify-certificate", str(file)])
        assert (result.exit_code, f"until {later:%Y-%m-%d}, because of a legal hold" in result.output) == (0, True)
        town.clock.now += 2 * DAY_MS
        lena = await window(lyon, "lena")
        page = (await lena.page("/administration/erasures?open"))[1]
        assert (f"held until {day}" in page, "overdue" in page) == (True, False)

        olga = await window(graz, "olga")
        lift = re.search(rf'action="({path}/\d+/lift)"', (await olga.page(path))[1])[1]
        assert (await olga.send(lift, path))[:2] == (303, path)
        await town.settle()
        page = (await stranger.page(link))[1]
        assert ("held until" in page, "done " in page) == (False, True)
        made = orjson.loads((await stranger.get(f"{link}.json"))[1])
        assert made["complete"] is True
        assert all(one.holds for one in certificates.check(made))
