"""Groups through the client API: found, joined, looked after; and what of them only those learn who are in them."""

import contextlib
import io
from dataclasses import dataclass, replace

from werkzeug.datastructures import FileStorage

from node.domain.bridges import State, Terms
from node.domain.groups import Role
from node.domain.times import DAY_MS
from node.store import bridges as bridge_rows
from node.store import groups
from node.store.pages import Page
from outbox import bridges
from tests.clients import Client, House, house
from tests.seeded import picture


@dataclass
class Circle:
    """A group of ada's, and people who stand to it in every way there is, by what they are there."""

    node: House
    people: dict[str, Client]
    id: str

    def __getattr__(self, name: str) -> Client:
        return self.people[name]

    def of(self, name: str) -> str:
        return str(self.people[name].account.id)

    @property
    def path(self) -> str:
        return f"/api/v1/groups/{self.id}"


ROLES = ("owner", "admin", "moderator", "member", "asked", "invited", "banned", "stranger")


async def made(client: Client, name: str = "dyers", **charter) -> str:
    answer = await client.post("/api/v1/groups", {"username": name, "display_name": name.title(), **charter})
    assert answer.status == 200, answer.body
    return answer.body["id"]


async def done(client: Client, method: str, path: str, json=None):
    answer = await client.ask(method, path, **({"json": json} if json is not None else {}))
    assert answer.status == 200, (method, path, answer.status, answer.body)
    return answer.body


@contextlib.asynccontextmanager
async def circle(folder, database="", **charter):
    async with house(folder, database=database) as node:
        people = {name: await node.member(f"a_{name}") for name in ROLES}  # some names are the node's
        owner = people["owner"]
        group = Circle(node, people, await made(owner, joining="request"))
        for name in ("admin", "moderator", "member"):
            await done(owner, "POST", f"{group.path}/invitations", {"account_id": group.of(name)})
            await done(people[name], "POST", f"{group.path}/join")
        for role in ("admin", "moderator"):
            await done(owner, "POST", f"{group.path}/promote", {"role": role, "account_ids": [group.of(role)]})
        for name in ("asked", "banned"):
            await done(people[name], "POST", f"{group.path}/join")
        await done(owner, "POST", f"{group.path}/blocks", {"account_ids": [group.of("banned")]})
        await done(owner, "POST", f"{group.path}/invitations", {"account_id": group.of("invited")})
        await done(owner, "PUT", group.path, charter)
        yield group


async def statuses(group: Circle, method: str, path: str, json=None) -> dict[str, int]:
    """Ask as everybody, the most powerful last."""
    found = {}
    for name in reversed(ROLES):
        found[name] = (await group.people[name].ask(method, path, **({"json": json} if json else {}))).status
    return found


KNOWING = ("owner", "admin", "moderator", "member", "asked", "invited")


def names(body):
    return sorted(called(one) for one in body)


def called(one):
    return one.get("account", one)["username"].removeprefix("a_")


async def test_a_hidden_group_is_known_only_to_those_who_are_tied_to_it(tmp_path, database):
    async with circle(tmp_path, database, listed=False) as group:
        about = f"/api/v1/accounts/{group.id}"
        for path in (
            group.path,
            f"/api/v1/timelines/group/{group.id}",
            about,
            f"{about}/statuses",
            f"{about}/followers",
            f"{about}/following",
            f"{about}/endorsements",
            f"{about}/featured_tags",
            f"{about}/identity_proofs",
            f"{about}/lists",
            "/api/v1/accounts/lookup?acct=dyers",
        ):
            found = await statuses(group, "GET", path)
            assert found == {name: 200 if name in KNOWING else 404 for name in ROLES}, path
        for deed in ("follow", "unfollow", "block", "unblock", "mute", "note", "pin", "remove_from_followers"):
            for name in ("banned", "stranger"):
                assert (await group.people[name].post(f"{about}/{deed}")).status == 404, (deed, name)
        for name in ROLES:
            one = group.people[name]
            expected = 1 if name in KNOWING else 0
            for path, of in (
                (f"/api/v1/accounts?id[]={group.id}", None),
                ("/api/v1/accounts/search?q=dyers", None),
                ("/api/v1/accounts/search?q=@dyers&resolve=true", None),
                ("/api/v2/search?q=dyers&type=accounts", "accounts"),
                (f"/api/v2/search?q={group.node.ctx.settings.url}/users/dyers", "accounts"),
                ("/api/v1/groups/search?q=dye", None),
                ("/api/v1/groups/search", None),
                (f"/api/v1/groups/relationships?id[]={group.id}", None),
            ):
                body = (await one.get(path)).body
                assert len(body[of] if of else body) == expected, (name, path, body)


async def test_of_a_listed_group_strangers_learn_what_it_is_but_not_who_is_in_it(tmp_path, database):
    async with circle(tmp_path, database) as group:
        about = f"/api/v1/accounts/{group.id}"
        assert set((await statuses(group, "GET", group.path)).values()) == {200}
        assert (await group.stranger.get("/api/v1/groups/search?q=DYE")).body[0]["id"] == group.id
        assert names((await group.member.get(f"{about}/followers")).body) == ["admin", "member", "moderator", "owner"]
        for name in ("asked", "invited", "banned", "stranger"):
            one = group.people[name]
            assert (await one.get(f"{about}/followers")).body == [], name
            assert (await one.get(f"{group.path}/memberships")).status == 403, name
        await done(group.stranger, "POST", f"/api/v1/accounts/{group.of('member')}/follow")
        familiar = await done(group.stranger, "GET", f"/api/v1/accounts/familiar_followers?id[]={group.id}")
        assert familiar == [{"id": group.id, "accounts": []}]


async def test_without_a_token_nobody_is_answered(tmp_path):
    async with circle(tmp_path) as group:
        nobody = Client(group.node.app, group.owner.account, "none")
        for method, path in (("GET", ""), ("GET", "/search"), ("POST", ""), ("GET", f"/{group.id}")):
            assert (await nobody.ask(method, f"/api/v1/groups{path}")).status == 401


async def test_each_role_does_what_it_may_and_no_more(tmp_path, database):
    everybody, members = set(ROLES), {"owner", "admin", "moderator", "member"}
    officers = {"owner", "admin", "moderator"}
    async with circle(tmp_path, database, listed=False) as group:
        guest = str((await group.node.member("guest")).account.id)
        somebody, one = {"account_ids": [guest]}, {"account_id": guest}
        post = (await group.member.write("For us", group_id=group.id))["id"]
        for method, path, json, allowed in (
            ("GET", "/memberships", None, members),
            ("GET", "/membership_requests", None, officers),
            ("GET", "/invitations", None, officers),
            ("GET", "/blocks", None, officers),
            ("POST", "/blocks", somebody, officers),
            ("DELETE", "/blocks", somebody, officers),
            ("POST", "/invitations", one, officers),
            ("DELETE", "/invitations", one, officers),
            ("POST", f"/statuses/{post}/pin", None, officers),
            ("POST", f"/statuses/{post}/unpin", None, officers),
            ("POST", "/promote", {"role": "moderator", "account_ids": [group.of("member")]}, {"owner", "admin"}),
            ("POST", "/demote", {"role": "user", "account_ids": [group.of("member")]}, {"owner", "admin"}),
            ("PUT", "", {"note": "Colours"}, {"owner", "admin"}),
            ("POST", "/archive", None, {"owner"}),
            ("POST", "/unarchive", None, {"owner"}),
        ):
            found = await statuses(group, method, f"{group.path}{path}", json)
            for name in everybody:
                expected = 200 if name in allowed else 403 if name in KNOWING else 404
                assert found[name] == expected, (method, path, name, found)
        for method, path, json in (
            ("POST", "/kick", {"account_ids": [group.of("member")]}),
            ("POST", "/transfer", {"account_id": group.of("member")}),
            ("POST", f"/membership_requests/{group.of('asked')}/authorize", None),
            ("POST", f"/membership_requests/{group.of('asked')}/reject", None),
            ("DELETE", "", None),
        ):
            for name in ("asked", "invited", "banned", "stranger"):
                answer = await group.people[name].ask(method, f"{group.path}{path}", json=json or {})
                assert answer.status == (403 if name in KNOWING else 404), (method, path, name)
        assert (await group.member.delete(f"{group.path}/statuses/{post}")).status == 200, "it is the author's"


async def test_somebody_answers_a_question_and_is_let_in_or_not(tmp_path, database):
    async with house(tmp_path, database=database) as node:
        ada, ben, eva = [await node.member(name) for name in ("ada", "ben", "eva")]
        id = await made(ada, joining="request", question="Which colour?")
        path, about = f"/api/v1/groups/{id}", f"/api/v1/accounts/{id}"
        for way in (f"{path}/join", f"{about}/follow"):
            refused = await ben.post(way)
            assert (refused.status, "Answer the question" in refused.body["error"]) == (422, True)
        for one, colour in ((ben, "Blue"), (eva, "Red")):
            relation = await done(one, "POST", f"{path}/join", {"answer": colour})
            assert (relation["requested"], relation["member"], relation["role"]) == (True, False, None)
        asking = await done(ada, "GET", f"{path}/membership_requests")
        assert [(one["username"], one["answer"]) for one in asking] == [("eva", "Red"), ("ben", "Blue")]
        await done(ada, "POST", f"{path}/membership_requests/{ben.account.id}/authorize")
        await done(ada, "POST", f"{path}/membership_requests/{eva.account.id}/reject")
        assert (await done(ada, "GET", f"{path}/membership_requests")) == []
        members = await done(ada, "GET", f"{path}/memberships")
        assert [(one["account"]["username"], one["role"], one["until"]) for one in members] == [
            ("ben", "user", None),
            ("ada", "owner", None),
        ]
        assert (await ada.post(f"{path}/membership_requests/{eva.account.id}/authorize")).status == 404
        assert [one["id"] for one in await done(ben, "GET", "/api/v1/groups")] == [id]
        assert await done(eva, "GET", "/api/v1/groups") == []


async def test_following_a_group_is_being_in_it(tmp_path, database):
    async with house(tmp_path, database=database) as node:
        ada, ben = [await node.member(name) for name in ("ada", "ben")]
        id = await made(ada, joining="open")
        about = f"/api/v1/accounts/{id}"
        assert (await done(ben, "GET", about))["group"] is True
        assert (await done(ben, "POST", f"{about}/follow"))["following"] is True
        (relation,) = await done(ben, "GET", f"/api/v1/groups/relationships?id[]={id}")
        assert (relation["member"], relation["role"]) == (True, "user")
        assert (await done(ben, "POST", f"{about}/unfollow"))["following"] is False
        (relation,) = await done(ben, "GET", f"/api/v1/groups/relationships?id[]={id}")
        assert relation["member"] is False
        for deed in ("unfollow", "block"):
            refused = await ada.post(f"{about}/{deed}")
            assert (refused.status, "Hand the group over" in refused.body["error"]) == (403, True)
        (relation,) = await done(ada, "GET", f"/api/v1/groups/relationships?id[]={id}")
        assert relation["role"] == "owner"


async def test_members_are_paged_and_told_apart_by_their_highest_role(tmp_path, database):
    async with circle(tmp_path, database) as group:
        path = f"{group.path}/memberships"
        first = await group.member.get(f"{path}?limit=3")
        second = await group.member.get(first.link("next"))
        assert [called(one) for one in (*first.body, *second.body)] == [
            "member",
            "moderator",
            "admin",
            "owner",
        ]
        for word, name in (("user", "member"), ("moderator", "moderator"), ("admin", "admin"), ("owner", "owner")):
            found = await done(group.member, "GET", f"{path}?role={word}")
            assert [(called(one), one["role"]) for one in found] == [(name, word)]
        assert (await group.member.get(f"{path}?role=king")).status == 422


async def test_a_role_is_lent_until_a_day_and_ends_by_itself(tmp_path, database):
    async with circle(tmp_path, database) as group:
        path = f"{group.path}/promote"
        lent = {"role": "admin", "account_ids": [group.of("moderator")], "until": "2099-01-01T00:00:00Z"}
        (member,) = await done(group.owner, "POST", path, lent)
        assert (member["role"], member["until"]) == ("admin", "2099-01-01T00:00:00.000Z")
        for until in ("yesterday", "2020-01-01T00:00:00Z"):
            assert (await group.owner.post(path, lent | {"until": until})).status == 422
        for now, role, until in ((0, Role.ADMIN, 4_070_908_800_000), (4_102_444_800_000, Role.MODERATOR, None)):
            async with group.node.ctx.db.read() as tx:
                found = await groups.members(tx, int(group.id), Page(), role=role, now=now)
            assert ("a_moderator", until) in [(one.account.username, one.until) for one in found]


async def test_roles_are_given_to_all_or_to_nobody(tmp_path):
    async with circle(tmp_path) as group:
        wanted = {"role": "moderator", "account_ids": [group.of("member"), group.of("stranger")]}
        assert (await group.owner.post(f"{group.path}/promote", wanted)).status == 404
        assert len(await done(group.owner, "GET", f"{group.path}/memberships?role=moderator")) == 1
        wanted = {"account_ids": [group.of("member"), group.of("owner")]}
        for deed in ("kick", "blocks"):
            assert (await group.admin.post(f"{group.path}/{deed}", wanted)).status == 403
        assert len(await done(group.owner, "GET", f"{group.path}/memberships")) == 4
        for deed in ("kick", "blocks", "promote", "demote"):
            assert (await group.owner.post(f"{group.path}/{deed}", {"role": "user"})).status == 422


async def test_who_is_kept_out_comes_back_when_they_are_let(tmp_path, database):
    async with circle(tmp_path, database, joining="open") as group:
        assert names(await done(group.moderator, "GET", f"{group.path}/blocks")) == ["banned"]
        assert (await group.banned.post(f"{group.path}/join")).status == 403
        await done(group.moderator, "POST", f"{group.path}/blocks", {"account_ids": [group.of("invited")]})
        assert await done(group.moderator, "GET", f"{group.path}/invitations") == []
        assert (await group.invited.post(f"{group.path}/join")).status == 403
        both = f"account_ids[]={group.of('banned')}&account_ids[]={group.of('invited')}"
        await done(group.moderator, "DELETE", f"{group.path}/blocks?{both}")
        assert (await done(group.banned, "POST", f"{group.path}/join"))["member"] is True


async def test_an_invitation_is_told_and_taken_back(tmp_path, database):
    async with circle(tmp_path, database, joining="invitation", listed=False) as group:
        invited = group.invited
        assert [one["id"] for one in await done(invited, "GET", "/api/v1/groups/invitations")] == [group.id]
        told = await done(invited, "GET", "/api/v1/notifications")
        assert [(one["type"], one["account"]["username"]) for one in told] == [("group_invitation", "dyers")]
        assert names(await done(group.moderator, "GET", f"{group.path}/invitations")) == ["invited"]
        await done(group.moderator, "DELETE", f"{group.path}/invitations", {"account_id": group.of("invited")})
        assert await done(invited, "GET", "/api/v1/groups/invitations") == []
        assert await done(invited, "GET", "/api/v1/notifications") == []
        assert (await invited.post(f"{group.path}/join")).status == 404
        await done(group.moderator, "POST", f"{group.path}/invitations", {"account_id": group.of("invited")})
        assert (await done(invited, "POST", f"{group.path}/leave"))["invited"] is False
        assert (await invited.get(group.path)).status == 404, "it was declined"


async def test_a_group_is_handed_over_closed_and_deleted(tmp_path, database):
    async with circle(tmp_path, database, joining="open") as group:
        owned = await group.member.write("Ours", group_id=group.id)
        assert (await group.owner.post(f"{group.path}/leave")).status == 403
        relation = await done(group.owner, "POST", f"{group.path}/transfer", {"account_id": group.of("member")})
        assert relation["role"] == "admin"
        await done(group.owner, "POST", f"{group.path}/leave")
        assert (await done(group.member, "POST", f"{group.path}/archive"))["archived_at"] is not None
        assert (await group.admin.post("/api/v1/statuses", {"status": "No", "group_id": group.id})).status == 403
        assert (await group.stranger.post(f"{group.path}/join")).status == 403
        assert (await done(group.member, "POST", f"{group.path}/unarchive"))["archived_at"] is None
        await done(group.member, "DELETE", group.path)
        for path in (group.path, f"/api/v1/accounts/{group.id}", f"/api/v1/timelines/group/{group.id}"):
            assert set((await statuses(group, "GET", path)).values()) == {404}
        assert (await done(group.member, "GET", f"/api/v1/statuses/{owned['id']}"))["group"] is None
        assert (await group.admin.get(f"/api/v1/statuses/{owned['id']}")).status == 404
        again = await group.owner.post("/api/v1/groups", {"username": "dyers", "display_name": "Dyers"})
        assert again.status == 409, "its name stays taken"


async def test_posts_stand_in_a_group_newest_first_with_those_on_top_marked(tmp_path, database):
    async with house(tmp_path, database=database) as node:
        ada, ben, eva = [await node.member(name) for name in ("ada", "ben", "eva")]
        id = await made(ada, joining="open", readers="organisation")
        await done(ben, "POST", f"/api/v1/groups/{id}/join")
        stream, path = f"/api/v1/timelines/group/{id}", f"/api/v1/groups/{id}/statuses"
        first = await ben.write("First", group_id=id)
        wide = await ben.write("For all", group_id=id, visibility="public")
        last = await ada.write("Last", group_id=id)
        await ben.write("An answer", in_reply_to_id=last["id"], visibility="private")
        await ben.write("Elsewhere")
        assert first["group"]["id"] == id
        assert first["visibility"] == "private"
        page = await ben.get(f"{stream}?limit=2")
        assert [one["id"] for one in page.body] == [last["id"], wide["id"]]
        assert [one["id"] for one in (await ben.get(page.link("next"))).body] == [first["id"]]
        assert [one["id"] for one in (await eva.get(stream)).body] == [wide["id"]], "she is no member"
        assert (await done(ada, "POST", f"{path}/{first['id']}/pin"))["pinned"] is True
        assert [one["pinned"] for one in (await ben.get(stream)).body] == [False, False, True]
        assert [one["id"] for one in (await ben.get(f"{stream}?pinned=true")).body] == [first["id"]]
        assert (await eva.get(f"{stream}?pinned=true")).body == []
        assert (await ben.get(f"/api/v1/statuses/{first['id']}")).body["pinned"] is False, "he did not pin it"
        assert (await done(ada, "POST", f"{path}/{first['id']}/unpin"))["pinned"] is False
        await done(ada, "DELETE", f"{path}/{first['id']}")
        assert [one["id"] for one in (await ben.get(stream)).body] == [last["id"], wide["id"]]
        assert (await ada.get(f"/api/v1/statuses/{first['id']}")).status == 404
        assert (await ben.get(f"/api/v1/statuses/{first['id']}")).status == 200, "it is his"
        assert (await ada.delete(f"{path}/{first['id']}")).status == 404
        assert (await done(eva, "GET", f"/api/v1/statuses/{wide['id']}/reblogged_by")) == []


async def test_a_status_names_its_group_as_it_is_called_now_and_only_to_those_who_may_know_it(tmp_path, database):
    async with house(tmp_path, database=database) as node:
        ada, ben, eva = [await node.member(name) for name in ("ada", "ben", "eva")]
        id = await made(ada, joining="open", readers="organisation")
        await done(ben, "POST", f"/api/v1/groups/{id}/join")
        post = await ben.write("For all", group_id=id, visibility="public")
        assert (await ben.write("In none"))["group"] is None

        async def called_by(one):
            group = (await done(one, "GET", f"/api/v1/statuses/{post['id']}"))["group"]
            return group and group["display_name"]

        assert [await called_by(one) for one in (ada, ben, eva)] == ["Dyers"] * 3
        (home,) = [one for one in await done(ada, "GET", "/api/v1/timelines/home") if one["reblog"]]
        assert (home["account"]["username"], home["reblog"]["group"]["display_name"]) == ("dyers", "Dyers")
        await done(ada, "PUT", f"/api/v1/groups/{id}", {"display_name": "The dyers"})
        assert [await called_by(one) for one in (ada, ben, eva)] == ["The dyers"] * 3
        (home,) = [one for one in await done(ada, "GET", "/api/v1/timelines/home") if one["reblog"]]
        assert home["reblog"]["group"]["display_name"] == "The dyers"
        await done(ada, "PUT", f"/api/v1/groups/{id}", {"listed": False})
        assert [await called_by(one) for one in (ada, ben, eva)] == ["The dyers", "The dyers", None]


async def test_a_group_says_with_which_partner_it_is_shared_and_until_when(tmp_path):
    async with circle(tmp_path) as group:
        ctx, owner = group.node.ctx, group.owner.account
        assert (await done(group.member, "GET", group.path))["shared_with"] is None
        now = ctx.clock()
        terms = Terms("", "acme.example", "Dyes", "Ada", "Ruth", False, now, now + 30 * DAY_MS)
        made = await bridges.draft(ctx, owner, int(group.id), terms)
        assert (await done(group.member, "GET", group.path))["shared_with"] is None, "the partner has not agreed"
        await bridges.offer(ctx, owner, made.id)
        async with ctx.change() as change:
            found = await bridge_rows.by_id(change.tx, made.id)
            signed = replace(found.stands(State.ACTIVE, now=change.now), agreed=b"{}")
            await bridge_rows.put(change.tx, signed)
        partner = (await done(group.member, "GET", group.path))["shared_with"]
        assert (partner["domain"], partner["purpose"], partner["paused"]) == ("acme.example", "Dyes", False)
        written = await done(group.owner, "POST", "/api/v1/statuses", {"status": "Indigo", "group_id": group.id})
        assert written["group"]["shared_with"]["domain"] == "acme.example"


async def test_who_administers_a_group_gives_it_pictures(tmp_path):
    async with house(tmp_path) as node:
        ada, ben = await node.member("ada"), await node.member("ben")
        path = f"/api/v1/groups/{await made(ada, listed=True, joining='open')}"
        plain = (await done(ada, "GET", path))["avatar"]
        for who, status in ((ben, 403), (ada, 200)):
            assert (await who.ask("PUT", path, files={"avatar": picture(), "header": picture("red")})).status == status
        now = await done(ada, "GET", path)
        assert (now["avatar"] != plain, now["display_name"]) == (True, "Dyers")
        assert (await ada.ask("PUT", path, files={"avatar": FileStorage(io.BytesIO(b"no"), "a.png")})).status == 422
