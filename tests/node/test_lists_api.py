"""Lists through the client API: made, filled, read apart from the home stream, and nobody else's."""

import pytest

from node.limits import Limits
from tests.clients import house

FORM = {"Content-Type": "application/x-www-form-urlencoded"}


async def made(client, **given):
    answer = await client.post("/api/v1/lists", {"title": "Weavers", **given})
    assert answer.status == 200, answer.body
    return f"/api/v1/lists/{answer.body['id']}"


async def follow(one, *others):
    for other in others:
        await one.post(f"/api/v1/accounts/{other.account.id}/follow")


def ids(*clients):
    return {"account_ids": [str(client.account.id) for client in clients]}


def names(answer):
    return [one["username"] for one in answer.body]


async def home(client):
    return [one["account"]["username"] for one in (await client.get("/api/v1/timelines/home")).body]


async def test_a_list_is_made_changed_and_deleted_by_json_and_by_form(tmp_path, database):
    async with house(tmp_path, database=database) as node:
        ada = await node.member("ada")
        first = (await ada.post("/api/v1/lists", data="title=+Dyers+&exclusive=true", headers=FORM)).body
        assert first == {"id": first["id"], "title": "Dyers", "replies_policy": "list", "exclusive": True}
        second = (await ada.post("/api/v1/lists", {"title": "Weavers", "replies_policy": "followed"})).body
        assert second == {"id": second["id"], "title": "Weavers", "replies_policy": "followed", "exclusive": False}
        one = f"/api/v1/lists/{first['id']}"
        changed = (await ada.put(one, {"title": "The dyers", "exclusive": False})).body
        assert changed == first | {"title": "The dyers", "exclusive": False}
        patched = (await ada.ask("PATCH", one, data="replies_policy=none", headers=FORM)).body
        assert patched == changed | {"replies_policy": "none"}
        assert (await ada.get(one)).body == patched
        assert (await ada.get("/api/v1/lists")).body == [patched, second]
        assert (await ada.delete(one)).body == {}
        assert (await ada.get("/api/v1/lists")).body == [second]
        assert [(await ada.get(one)).status, (await ada.delete(one)).status] == [404, 404]


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({}, "Title can't be blank"),
        ({"title": "  "}, "Title can't be blank"),
        ({"title": "x" * 201}, "too long"),
        ({"title": "Weavers", "replies_policy": "all"}, "followed"),
    ],
)
async def test_a_list_that_is_none_is_refused_with_a_reason(tmp_path, given, said):
    async with house(tmp_path) as node:
        ada = await node.member("ada")
        answer = await ada.post("/api/v1/lists", given)
        assert (answer.status, said in answer.body["error"]) == (422, True)
        one = await made(ada)
        answer = await ada.put(one, {"title": "", **given})
        assert (answer.status, (await ada.get("/api/v1/lists")).body[0]["title"]) == (422, "Weavers")


async def test_there_are_only_so_many_lists(tmp_path):
    async with house(tmp_path, limits=Limits(lists_per_member=1)) as node:
        ada, ben = await node.member("ada"), await node.member("ben")
        await made(ada)
        answer = await ada.post("/api/v1/lists", {"title": "Another"})
        assert (answer.status, "Delete one" in answer.body["error"]) == (422, True)
        await made(ben)


async def test_in_a_list_are_people_one_follows(tmp_path, database):
    async with house(tmp_path, database=database) as node:
        ada, ben, eva = [await node.member(name) for name in ("ada", "ben", "eva")]
        one = await made(ada)
        refused = await ada.post(f"{one}/accounts", ids(ben, eva))
        assert (refused.status, "Follow them first" in refused.body["error"]) == (404, True)
        await follow(ada, ben, eva)
        for _ in range(2):
            assert (await ada.post(f"{one}/accounts", ids(ben, eva, ada))).body == {}
        assert sorted(names(await ada.get(f"{one}/accounts"))) == ["ada", "ben", "eva"]
        with_ben = f"/api/v1/accounts/{ben.account.id}/lists"
        assert ([found["title"] for found in (await ada.get(with_ben)).body], (await eva.get(with_ben)).body) == (
            ["Weavers"],
            [],
        )
        # A body in a DELETE, a form, and the address: clients do all three.
        assert (await ada.delete(f"{one}/accounts", ids(ben))).body == {}
        form = f"account_ids[]={eva.account.id}"
        assert (await ada.ask("DELETE", f"{one}/accounts", data=form, headers=FORM)).body == {}
        assert (await ada.delete(f"{one}/accounts?account_ids[]={ada.account.id}")).body == {}
        assert (await ada.get(f"{one}/accounts")).body == []
        assert (await ada.post(f"{one}/accounts", {"account_ids": ["ada"]})).status == 422


async def test_who_is_followed_no_more_is_in_no_list_any_more(tmp_path, database):
    async with house(tmp_path, database=database) as node:
        ada, ben, eva = [await node.member(name) for name in ("ada", "ben", "eva")]
        one, of_eva = await made(ada), await made(eva)
        for client in (ada, eva):
            await follow(client, ben)
        await ada.post(f"{one}/accounts", ids(ben))
        await eva.post(f"{of_eva}/accounts", ids(ben))
        await ada.post(f"/api/v1/accounts/{ben.account.id}/unfollow")
        assert [names(await ada.get(f"{one}/accounts")), names(await eva.get(f"{of_eva}/accounts"))] == [[], ["ben"]]
        await ben.post(f"/api/v1/accounts/{eva.account.id}/block")
        assert names(await eva.get(f"{of_eva}/accounts")) == []


async def test_people_of_an_exclusive_list_leave_the_home_stream_at_once_and_come_back(tmp_path, database):
    async with house(tmp_path, database=database) as node:
        ada, ben, eva = [await node.member(name) for name in ("ada", "ben", "eva")]
        await follow(ada, ben, eva)
        for client in (ben, eva, ada):
            await client.write("Hello")
        await ben.write("@ada for you", visibility="direct")
        all_of_it = ["ben", "ada", "eva", "ben"]
        one, another = await made(ada), await made(ada, exclusive=True)
        await ada.post(f"{one}/accounts", ids(ben, eva, ada))
        assert await home(ada) == all_of_it
        await ada.put(one, {"exclusive": True})
        assert await home(ada) == ["ben", "ada"], "what was written to her alone stays, and her own"
        await eva.write("Still here")
        assert await home(ada) == ["ben", "ada"]
        listed = (await ada.get(one.replace("/lists/", "/timelines/list/"))).body
        assert [status["account"]["username"] for status in listed] == ["eva", "ada", "eva", "ben"]
        await ada.post(f"{another}/accounts", ids(ben))
        await ada.put(one, {"exclusive": False})
        assert await home(ada) == ["eva", "ben", "ada", "eva"], "Ben is in another exclusive list"
        await ada.delete(f"{another}/accounts", ids(ben))
        assert await home(ada) == ["eva", *all_of_it]
        await ada.post(f"{another}/accounts", ids(eva))
        assert await home(ada) == ["ben", "ada", "ben"]
        await ada.delete(another)
        assert await home(ada) == ["eva", *all_of_it]


async def test_anothers_list_is_not_there(tmp_path):
    async with house(tmp_path) as node:
        ada, ben = await node.member("ada"), await node.member("ben")
        one = await made(ada)
        await follow(ada, ben)
        await follow(ben, ada)
        await ada.post(f"{one}/accounts", ids(ben))
        asked = [
            ("GET", one, None),
            ("PUT", one, {"title": "Taken"}),
            ("DELETE", one, None),
            ("GET", f"{one}/accounts", None),
            ("POST", f"{one}/accounts", ids(ada)),
            ("DELETE", f"{one}/accounts", ids(ben)),
            ("GET", one.replace("/lists/", "/timelines/list/"), None),
        ]
        for method, path, body in asked:
            answer = await ben.ask(method, path, **({"json": body} if body else {}))
            assert answer.status == 404, (method, path)
        assert (await ben.get("/api/v1/lists")).body == []
        assert (await ada.get(one)).body["title"] == "Weavers"
        assert names(await ada.get(f"{one}/accounts")) == ["ben"]


async def test_a_long_list_is_read_by_its_link_header_or_at_once(tmp_path):
    async with house(tmp_path) as node:
        clients = [await node.member(name) for name in ("ada", "ben", "eva", "fay")]
        ada, others = clients[0], clients[1:]
        await follow(ada, *others)
        one = await made(ada)
        await ada.post(f"{one}/accounts", ids(*others))
        first = await ada.get(f"{one}/accounts?limit=2")
        second = await ada.get(first.link("next"))
        assert (len(first.body), len(second.body), second.link("next")) == (2, 1, None)
        assert {*names(first), *names(second)} == {"ben", "eva", "fay"}
        assert names(await ada.get(second.link("prev"))) == names(first)
        whole = await ada.get(f"{one}/accounts?limit=0")
        assert (len(whole.body), whole.link("next")) == (3, None)


async def test_a_token_reads_or_changes_lists_as_its_scopes_say(tmp_path):
    async with house(tmp_path) as node:
        ada = await node.member("ada")
        reader = await node.client(ada.account, scopes="read:lists")
        writer = await node.client(ada.account, scopes="write:lists")
        assert (await reader.post("/api/v1/lists", {"title": "No"})).status == 403
        assert (await writer.get("/api/v1/lists")).status == 403
        await made(writer)
        assert len((await reader.get("/api/v1/lists")).body) == 1
