"""Groups across three real nodes: what members read everywhere, and what nobody else does anywhere."""

from functools import partial
from pathlib import Path
from typing import Any

from node.fleet import Failed, Node, Person, until
from tests.nodes import organisation


async def found(owner: Person, name: str = "dyers", **charter: Any) -> dict[str, Any]:
    """Found a group; return it."""
    fields = {"username": name, "display_name": name.title(), **charter}
    made: dict[str, Any] = await owner.call("POST", "/groups", **fields)
    return made


async def known(person: Person, group: dict[str, Any], home: Node) -> dict[str, Any]:
    """Return a group's account as somebody's node knows it."""
    account: dict[str, Any] = await person.call("GET", "/accounts/lookup", acct=f"{group['username']}@{home.host}")
    return account


async def joined(person: Person, group: dict[str, Any], home: Node) -> dict[str, Any]:
    """Let somebody join, and wait until they are in."""
    account = await known(person, group, home)
    await person.call("POST", f"/groups/{account['id']}/join")

    async def member() -> bool:
        (relation,) = await person.call("GET", "/accounts/relationships", **{"id[]": account["id"]})
        return bool(relation["following"])

    await until(f"{person.username} is a member", member)
    return account


async def reads(person: Person, text: str) -> dict[str, Any] | None:
    """Return what a group passed on into somebody's home with this text."""
    for status in await person.stream():
        inner = status["reblog"] or status
        if text in inner["content"]:
            return inner  # type: ignore[no-any-return]
    return None


async def test_A05_a_conversation_in_a_group_is_the_same_at_three_nodes(tmp_path: Path) -> None:
    async with organisation(tmp_path) as found_nodes:
        lyon, _, _ = found_nodes.nodes
        ada, ben, carla = found_nodes.people
        group = await found(ada, joining="open")
        at_ben = await joined(ben, group, lyon)
        await joined(carla, group, lyon)
        await ben.post("The indigo is ready", group_id=at_ben["id"])
        for person in (ada, ben, carla):
            await until(f"{person.username} reads it", partial(reads, person, "indigo is ready"))
        seen = await reads(carla, "indigo is ready")
        assert seen is not None
        assert seen["visibility"] == "private"
        await carla.post("I take two vats", visibility="group", in_reply_to_id=seen["id"])
        for person in (ada, ben, carla):
            opening = await reads(person, "indigo is ready")
            assert opening is not None

            async def answered(person: Person = person, id: str = opening["id"]) -> bool:
                thread = await person.call("GET", f"/statuses/{id}/context")
                return any("two vats" in one["content"] for one in thread["descendants"])

            await until(f"{person.username} has the answer", answered)
            assert await reads(person, "two vats") is None  # an answer is shown in its conversation


async def refused(person: Person, method: str, path: str, **fields: Any) -> str:
    """Return why somebody is refused; '' when they are not."""
    try:
        await person.call(method, path, **fields)
    except Failed as error:
        return str(error)
    return ""


async def test_A05_a_hidden_group_takes_in_whom_it_invites_from_another_node_and_is_deleted_at_each(
    tmp_path: Path,
) -> None:
    async with organisation(tmp_path) as found_nodes:
        lyon, _, _ = found_nodes.nodes
        ada, ben, carla = found_nodes.people
        group = await found(ada, joining="invitation", listed=False)
        own = f"/groups/{group['id']}"
        guest = (await ada.find(ben))["id"]

        async def invitations() -> list[dict[str, Any]]:
            got: list[dict[str, Any]] = await ben.call("GET", "/groups/invitations")
            return got

        async def none() -> bool:
            return not await invitations()

        await ada.call("POST", f"{own}/invitations", account_id=guest)
        await until("Ben is invited", invitations)
        await ada.call("DELETE", f"{own}/invitations", account_id=guest)
        await until("Ben is invited no more", none)
        await ada.call("POST", f"{own}/invitations", account_id=guest)
        await until("Ben is invited again", invitations)
        at_ben = (await invitations())[0]["id"]
        await ben.call("POST", f"/groups/{at_ben}/join")

        async def member() -> bool:
            (relation,) = await ben.call("GET", "/groups/relationships", **{"id[]": at_ben})
            return bool(relation["member"])

        await until("Ben is a member", member)
        assert await none()
        post = await ada.call("POST", "/statuses", status="The indigo is ready", group_id=group["id"])
        await until("Ben reads it", partial(reads, ben, "indigo is ready"))
        seen = await reads(ben, "indigo is ready")
        assert seen is not None
        assert seen["group"]["acct"] == f"dyers@{lyon.host}"
        handle = f"dyers@{lyon.host}"
        assert "404" in await refused(carla, "GET", "/accounts/lookup", acct=handle)
        assert "404" in await refused(ben, "POST", f"/groups/{at_ben}/promote", role="admin", account_ids=[guest])
        await ada.call("DELETE", own)

        async def gone() -> bool:
            shown = await refused(ben, "GET", f"/groups/{at_ben}")
            return "404" in shown and "404" in await refused(ben, "GET", f"/statuses/{seen['id']}")

        await until("the group and what was for its members is gone at Ben's node", gone)
        assert (await ada.call("GET", f"/statuses/{post['id']}"))["group"] is None
