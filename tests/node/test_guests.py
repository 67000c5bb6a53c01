"""A guest reads and writes in the groups that are named for them, and knows nobody and nothing else."""

import re

import pytest

from moderation import minors
from node.domain.groups import Role
from node.errors import Forbidden
from outbox import groups
from tests.guests import PASSWORD, group, guest, scene
from tests.nodes import URL

HOST = URL.removeprefix("http://")
CANARY = re.compile(r"canary\w+")


def leaked(answers):
    """What a guest should not have been told, and where."""
    return [f"{sorted(set(CANARY.findall(text)))} in {path}" for path, text in answers if CANARY.search(text)]


async def test_a_guest_walks_every_list_of_the_client_api_and_finds_their_groups_only(tmp_path, database):
    async with scene(tmp_path, database=database) as here:
        paths = here.paths(("/api/", "/oauth/userinfo"), but=("/api/v1/streaming",))
        paths += [
            f"/api/v2/search?q={word}&resolve=true" for word in ("canary", "carla", "@carla", "#tagcanary", "tag")
        ]
        paths += [f"/api/v2/search?q={URL}/@carla", f"/api/v1/accounts/lookup?acct=carla@{HOST}"]
        paths += ["/api/v1/directory?local=true", "/api/v1/accounts/search?q=canary", "/api/v1/groups/search?q=canary"]
        paths += ["/api/v2/search?q=from:carla canary", f"/api/v1/accounts?{'&'.join(f'id[]={id}' for id in here.ids)}"]
        paths += [f"/api/v1/statuses?{'&'.join(f'id[]={id}' for id in here.ids)}"]
        answers = []
        for path in paths:
            answer = await here.greta.ask("GET", path.replace(" ", "%20"))
            assert answer.status < 500, path
            answers.append((path, str(answer.body or "")))
        assert len(answers) > 200
        assert not leaked(answers), "\n".join(leaked(answers)[:40])
        assert (await here.greta.get("/api/v1/timelines/tag/tagcanaryunit")).body == []
        said = " ".join(text for _, text in answers)
        for word in ("post", "answer", "wide", "direct", "message", "ada", "ben", "fay", "dyers", "fair"):
            assert f"seen{word}" in said, word


async def test_a_guest_walks_every_page_and_finds_their_groups_only(tmp_path):
    async with scene(tmp_path) as here:
        client = here.home.app.test_client()
        page = await client.get("/sign-in", headers={"Host": HOST})
        token = re.search(r'name="csrf" value="([0-9a-f]+)"', await page.get_data(as_text=True))[1]
        form = {"csrf": token, "username": "greta", "password": PASSWORD}
        assert (await client.post("/sign-in", form=form, headers={"Host": HOST})).status_code == 303
        paths = here.paths(("/",), but=("/api/", "/oauth", "/live", "/users/", "/actor", "/sign-", "/static", "/media"))
        paths += [
            f"/search?q={word}" for word in ("canary", "carla", f"@carla@{HOST}", "tagcanary", "tag", "from:carla")
        ]
        paths += ["/people?q=canary", "/people?unit=here", "/groups?q=canary", "/messages/new?to=@carla"]
        answers = []
        for path in paths:
            answer = await client.get(path, headers={"Host": HOST, "Accept": "text/html"})
            assert answer.status_code < 500, path
            if answer.mimetype.startswith("text/html"):
                text = await answer.get_data(as_text=True)
                answers.append((path, text.replace(f'value="{path.partition("q=")[2]}"', "")))
        assert len(answers) > 100
        typed = re.compile(r"canary(?=[\"<”]| |$)|tagcanary(?=[\"<”]|unit)")
        found = leaked([(path, typed.sub("", text)) for path, text in answers])
        assert not found, "\n".join(found[:40])
        said = " ".join(text for _, text in answers)
        for word in ("post", "answer", "wide", "direct", "ada", "ben", "dyers", "fair"):
            assert f"seen{word}" in said, word


async def test_a_guest_writes_in_their_groups_and_to_people_they_meet_and_nowhere_else(tmp_path):
    async with scene(tmp_path) as here:
        greta, dyers = here.greta, str(here.groups["dyers"].id)
        for visibility in ("unlisted", "public", "private", None):
            given = {"visibility": visibility} if visibility else {}
            refused = await greta.post("/api/v1/statuses", {"status": "Hello", **given})
            assert (refused.status, "Guests write in their groups" in refused.body["error"]) == (403, True), visibility
        wide = {"status": "Hello", "visibility": "public", "group_id": str(here.groups["fair"].id)}
        assert (await greta.post("/api/v1/statuses", wide)).status == 403
        assert (await greta.write("Hello", group_id=dyers))["audience"] == "group"
        answer = await greta.write("Hello", in_reply_to_id=here.posts["seenwide"], visibility="public")
        assert answer["audience"] == "group"
        works = {"status": "Hello", "group_id": str(here.groups["works"].id)}
        assert (await greta.post("/api/v1/statuses", works)).status in (403, 404)
        named = await greta.write("@carla @ben hello", visibility="direct")
        assert [one["username"] for one in named["mentions"]] == ["ben"]
        wall = {"status": "Hello", "visibility": "direct", "wall_of": str(here.people["ben"].account.id)}
        assert (await greta.post("/api/v1/statuses", wall)).status == 403
        assert (await greta.post(f"/api/v1/statuses/{here.posts['seenwide']}/reblog")).status == 403


async def test_only_people_of_their_groups_write_to_a_guest(tmp_path):
    async with scene(tmp_path) as here:
        given = {"status": "@greta hello", "visibility": "direct"}
        refused = await here.people["carla"].post("/api/v1/statuses", given)
        assert (refused.status, "is a guest" in refused.body["error"]) == (403, True)
        together = {"status": "@greta @carla hello", "visibility": "direct"}
        assert (await here.people["ben"].post("/api/v1/statuses", together)).status == 403
        for name in ("ada", "ben", "fay"):
            assert (await here.people[name].post("/api/v1/statuses", given)).status == 200, name


async def test_a_guest_and_a_minor_write_to_each_other_in_their_groups_only_and_nobody_is_told_why(tmp_path):
    async with scene(tmp_path) as here:
        greta, ben, ada = here.greta, here.people["ben"], here.people["ada"]
        early = await greta.write("@ben hello", visibility="direct")
        open_post = await ben.write("Looms need oil", group_id=str(here.groups["dyers"].id))
        await minors.set_minor(here.home.ctx, ben.account.id, True, by=None)
        for given in (
            {"status": "@ben hello", "visibility": "direct"},
            {"status": "@ada @ben hello", "visibility": "direct"},
            {"status": "hello", "visibility": "direct", "in_reply_to_id": open_post["id"]},
        ):
            refused = await greta.post("/api/v1/statuses", given)
            assert (refused.status, "people they meet in their groups" in refused.body["error"]) == (403, True), given
        edited = await greta.ask("PUT", f"/api/v1/statuses/{here.posts['seenmessage']}", json={"status": "@ada @ben"})
        assert edited.status == 403
        for given in (
            {"status": "@greta hello", "visibility": "direct"},
            {"status": "@greta hello", "visibility": "private"},
            {"status": "hello", "visibility": "direct", "in_reply_to_id": early["id"]},
        ):
            refused = await ben.post("/api/v1/statuses", given)
            assert (refused.status, "own unit only" in refused.body["error"]) == (403, True), given
        together = await ada.post("/api/v1/statuses", {"status": "@greta @ben hello", "visibility": "direct"})
        assert (together.status, "only with people of their groups" in together.body["error"]) == (403, True)
        assert (await greta.write("@ben hello", group_id=str(here.groups["dyers"].id)))["audience"] == "group"
        assert (await ben.write("@greta hello", group_id=str(here.groups["dyers"].id)))["audience"] == "group"
        assert (await ada.write("@ben hello", visibility="direct"))["audience"] == "direct"


async def test_a_guest_founds_joins_and_looks_after_nothing(tmp_path):
    async with scene(tmp_path) as here:
        greta, ben = here.greta, here.people["ben"]
        assert (await greta.post("/api/v1/groups", {"name": "mine", "display_name": "Mine"})).status == 403
        works = here.groups["works"].id
        for path in (f"/api/v1/accounts/{works}/follow", f"/api/v1/groups/{works}/join"):
            assert (await greta.post(path)).status in (403, 404), path
        assert (await greta.post(f"/api/v1/accounts/{here.people['carla'].account.id}/follow")).status == 404
        assert (await greta.post(f"/api/v1/accounts/{here.groups['canteen'].id}/follow")).status == 404
        with pytest.raises(Forbidden, match="Guests look after no group"):
            await groups.lend(here.home.ctx, ben.account, here.groups["dyers"].id, greta.account.id, Role.MODERATOR)
        refused = await greta.ask("PATCH", "/api/v1/accounts/update_credentials", json={"discoverable": True})
        assert refused.status == 403
        for path in ("instance/peers", "instance/activity"):
            assert (await greta.get(f"/api/v1/{path}")).status == 403


async def test_everybody_sees_who_is_a_guest(tmp_path):
    async with scene(tmp_path) as here:
        shown = (await here.people["ben"].get(f"/api/v1/accounts/{here.greta.account.id}")).body
        assert shown["roles"] == [{"id": "guest", "name": "Guest", "color": ""}]
        post = (await here.people["ben"].get(f"/api/v1/statuses/{here.posts['seenanswer']}")).body
        assert [role["name"] for role in post["account"]["roles"]] == ["Guest"]
        assert (await here.people["ben"].get(f"/api/v1/accounts/{here.people['ada'].account.id}")).body["roles"] == []


async def test_a_guest_of_one_group_does_not_meet_those_of_another(tmp_path):
    async with scene(tmp_path) as here:
        home, carla = here.home, here.people["carla"]
        other = await guest(home, "otto", carla.account, here.groups["works"])
        assert (await other.get(f"/api/v1/accounts/{here.greta.account.id}")).status == 404
        assert (await other.get(f"/api/v1/accounts/{carla.account.id}")).status == 200
        third = await group(home, carla, "third")
        both = await guest(home, "paul", carla.account, here.groups["works"], third)
        assert (await both.get(f"/api/v1/accounts/{other.account.id}")).status == 200
