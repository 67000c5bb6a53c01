"""Moderation through clients: by whom it should be, with a client that was let in for it, and nothing pretended."""

import re
from dataclasses import replace

import pytest

from moderation import measures, members
from node.app import create_app
from node.domain.accounts import Role
from node.domain.posts import Draft
from node.domain.times import iso
from node.domain.visibility import Visibility
from node.store import accounts
from outbox import posts as commands
from outbox import reactions
from outbox.reports import report
from tests.benchmarks.setting import with_members
from tests.clients import House, house
from tests.inbox.peer import HOST, Peer

SCOPES = "read write admin:read admin:write"
ACCOUNT = {
    "id", "username", "domain", "created_at", "email", "ip", "ips", "locale", "invite_request", "role", "confirmed",
    "approved", "disabled", "silenced", "sensitized", "suspended", "account",
}  # fmt: skip
REPORT = {
    "id", "action_taken", "action_taken_at", "category", "comment", "forwarded", "created_at", "updated_at", "account",
    "target_account", "assigned_account", "action_taken_by_account", "statuses", "rules",
}  # fmt: skip


def administers(app):
    """Return (method, path) of every route of the admin API."""
    return [
        (method, rule.rule)
        for rule in app.url_map.iter_rules()
        if "/admin/" in rule.rule
        for method in sorted(rule.methods - {"HEAD", "OPTIONS"})
    ]


def filled(path):
    path = re.sub(r"<any\(([a-z_]+)[^>]*>", r"\1", path)
    return re.sub(r"<[^>]+>", "1", path)


async def test_every_route_wants_a_moderator_and_a_client_let_in_for_it(tmp_path):
    async with house(tmp_path) as home:
        ada = await home.member("ada", role=Role.ADMIN, scopes="read write follow push profile")
        ben = await home.member("ben", scopes=SCOPES)
        read = await home.client(ada.account, scopes="admin:read")
        routes = administers(home.app)
        assert len(routes) > 40
        for method, path in routes:
            for one, why in ((ada, "scopes"), (ben, "not allowed")):
                answer = await one.ask(method, filled(path))
                assert (answer.status, why in answer.body["error"]) == (403, True), (method, path, answer)
            answer = await read.ask(method, filled(path), json={} if method != "GET" else None)
            looks = method == "GET" or path.endswith(("/measures", "/dimensions", "/retention", "/test"))
            assert (answer.status == 403) != looks, (method, path, answer)


async def test_people_are_found(tmp_path, database):
    async with house(tmp_path, database=database) as home:
        mia = await home.member("mia", role=Role.MODERATOR, scopes=SCOPES)
        ada, ben = await home.member("ada", role=Role.ADMIN), await home.member("ben")
        peer = await Peer.known_to(home.ctx, "bob")
        await measures.suspend(home.ctx, ben.account.id, reason="A threat.")

        async def named(path):
            answer = await mia.get(path)
            assert answer.status == 200, answer.body
            assert all(set(one) == ACCOUNT for one in answer.body)
            return [one["username"] for one in answer.body]

        for query, names in {
            "": ["bob", "ben", "ada", "mia"],
            "origin=local": ["ben", "ada", "mia"],
            "origin=remote": ["bob"],
            "status=suspended": ["ben"],
            "status=active&origin=local": ["ada", "mia"],
            "permissions=staff": ["ada", "mia"],
            "username=B": ["bob", "ben"],
            "username=%25": [],
            "display_name=ad": ["ada"],
            f"by_domain={HOST}": ["bob"],
            "status=pending": [],
            "email=ada@mill.example": [],
            "limit=2": ["bob", "ben"],
            f"max_id={ben.account.id}": ["ada", "mia"],
        }.items():
            assert await named(f"/api/v2/admin/accounts?{query}") == names, query
        for query, names in {
            "local=true&active=true": ["ada", "mia"],
            "remote=true": ["bob"],
            "suspended=true": ["ben"],
            "staff=true": ["ada", "mia"],
            "silenced=true": [],
        }.items():
            assert await named(f"/api/v1/admin/accounts?{query}") == names, query
        assert (await mia.get("/api/v2/admin/accounts?status=sleeping")).status == 422
        one = (await mia.get(f"/api/v1/admin/accounts/{ada.account.id}")).body
        assert (one["username"], one["domain"], one["role"]["name"], one["locale"]) == ("ada", None, "Admin", "en")
        one = (await mia.get(f"/api/v1/admin/accounts/{peer.actors['bob'].id}")).body
        assert (one["domain"], one["role"], one["account"]["acct"]) == (HOST, None, f"bob@{HOST}")
        assert (await mia.get("/api/v1/admin/accounts/1")).status == 404


async def test_somebody_is_suspended_and_restored(tmp_path):
    async with house(tmp_path) as home:
        mia, ben = await home.member("mia", role=Role.MODERATOR, scopes=SCOPES), await home.member("ben")
        path = f"/api/v1/admin/accounts/{ben.account.id}"
        assert (await mia.post(f"{path}/action", {"type": "suspend"})).status == 422, "nobody is without a reason"
        assert (await mia.post(f"{path}/action", {"type": "suspend", "text": "A threat."})).body == {}
        assert (await ben.get("/api/v1/accounts/verify_credentials")).status == 401
        assert (await mia.get(path)).body["suspended"] is True
        assert (await mia.post(f"{path}/unsuspend")).body["suspended"] is False
        assert (await mia.post(f"{path}/action", {"type": "none"})).body == {}
        assert (await mia.get(path)).body["suspended"] is False


async def test_somebody_is_warned_and_limited_with_a_reason(tmp_path):
    async with house(tmp_path) as home:
        mia, ben = await home.member("mia", role=Role.MODERATOR, scopes=SCOPES), await home.member("ben")
        path = f"/api/v1/admin/accounts/{ben.account.id}"
        assert (await mia.post(f"{path}/action", {"type": "none", "text": "Be kind"})).body == {}
        assert (await mia.post(f"{path}/action", {"type": "silence", "text": "Too loud"})).body == {}
        assert (await mia.get(path)).body["silenced"] is True
        for query in ("/api/v2/admin/accounts?status=silenced", "/api/v1/admin/accounts?silenced=true"):
            assert [one["username"] for one in (await mia.get(query)).body] == ["ben"]
        said = " ".join(one["last_status"]["content"] for one in (await ben.get("/api/v1/conversations")).body)
        assert ("Be kind" in said, "Too loud" in said) == (True, True)
        assert (await mia.post(f"{path}/unsilence")).body["silenced"] is False


async def test_nothing_is_pretended(tmp_path):
    async with house(tmp_path) as home:
        mia, ben = await home.member("mia", role=Role.MODERATOR, scopes=SCOPES), await home.member("ben")
        path = f"/api/v1/admin/accounts/{ben.account.id}"
        for given in (
            {"type": "silence"}, {"type": "disable"}, {"type": "sensitive"}, {},
        ):  # fmt: skip
            assert (await mia.post(f"{path}/action", given)).status == 422, given
        assert (await mia.get(path)).body["suspended"] is False
        for name in ("approve", "reject"):
            assert (await mia.post(f"{path}/{name}")).status == 422
        for name in ("enable", "unsilence", "unsensitive"):
            assert (await mia.post(f"{path}/{name}")).body["id"] == str(ben.account.id)
        for kind in ("ip_blocks", "email_domain_blocks", "canonical_email_blocks", "domain_blocks"):
            assert (await mia.get(f"/api/v1/admin/{kind}")).body == []
            assert (await mia.get(f"/api/v1/admin/{kind}/1")).status == 404
            assert (await mia.post(f"/api/v1/admin/{kind}", {"domain": "x.example"})).status == 422
            assert (await mia.delete(f"/api/v1/admin/{kind}/1")).status == 404
        assert (await mia.post("/api/v1/admin/canonical_email_blocks/test", {"email": "x@y.example"})).body == []


async def test_a_moderator_acts_on_nobody_with_a_role_and_erases_nobody(tmp_path):
    async with house(tmp_path) as home:
        mia, ada = (
            await home.member("mia", role=Role.MODERATOR, scopes=SCOPES),
            await home.member("ada", role=Role.ADMIN, scopes=SCOPES),
        )
        ben = await home.member("ben")
        for other in (mia, ada):
            path = f"/api/v1/admin/accounts/{other.account.id}"
            assert (await mia.post(f"{path}/action", {"type": "suspend"})).status == 403
            assert (await mia.post(f"{path}/unsuspend")).status == 403
        await measures.suspend(home.ctx, ben.account.id, reason="A threat.")
        assert (await mia.delete(f"/api/v1/admin/accounts/{ben.account.id}")).status == 403
        action = {"type": "suspend", "text": "A threat."}
        assert (await ada.post(f"/api/v1/admin/accounts/{mia.account.id}/action", action)).status == 200


async def test_an_administrator_erases_who_is_suspended(tmp_path, database):
    async with house(tmp_path, database=database) as home:
        ada, ben = await home.member("ada", role=Role.ADMIN, scopes=SCOPES), await home.member("ben")
        post = await commands.publish(home.ctx, ben.account, Draft("Hello", Visibility.ORGANISATION))
        peer = await Peer.known_to(home.ctx, "bob")
        path = f"/api/v1/admin/accounts/{ben.account.id}"
        assert (await ada.delete(path)).status == 403
        await ada.post(f"{path}/action", {"type": "suspend", "text": "A threat."})
        gone = await ada.delete(path)
        assert (gone.status, gone.body["username"]) == (200, "ben")
        assert (await ada.get(path)).status == 404
        async with home.ctx.db.read() as tx:
            erased = await accounts.by_id(tx, ben.account.id)
        assert erased.deleted_at is not None
        assert await peer.stored(post.uri) is None
        assert (await ada.delete(f"/api/v1/admin/accounts/{peer.actors['bob'].id}")).status == 422
        assert (await ada.delete(f"/api/v1/admin/accounts/{ada.account.id}")).status == 403


async def test_a_complaint_is_taken_classified_ended_and_taken_up_again(tmp_path, database):
    async with house(tmp_path, database=database) as plain:
        settings = plain.ctx.settings
        ruled = replace(settings, node=replace(settings.node, rules=("Be kind.", "Be brief.")))
        ctx = replace(plain.ctx, settings=ruled)
        home = House(ctx, create_app(ctx, jobs=False))
        mia = await home.member("mia", role=Role.MODERATOR, scopes=SCOPES)
        ada, ben = await home.member("ada"), await home.member("ben")
        seen = await commands.publish(home.ctx, ben.account, Draft("Rude"))
        unseen = await commands.publish(home.ctx, ben.account, Draft("Rude @ada", Visibility.DIRECT))
        made = await report(home.ctx, ada.account, ben.account.id, post_ids=[seen.id, unseen.id], comment="Look")
        path = f"/api/v1/admin/reports/{made.id}"
        found = (await mia.get(path)).body
        assert set(found) == REPORT
        assert (found["comment"], found["category"], found["action_taken"]) == ("Look", "other", False)
        assert (found["account"]["username"], found["target_account"]["username"]) == ("ada", "ben")
        # What was written to others alone is not shown to moderators, either.
        assert [one["id"] for one in found["statuses"]] == [str(seen.id)]

        found = (await mia.post(f"{path}/assign_to_self")).body
        assert found["assigned_account"]["username"] == "mia"
        assert (await mia.post(f"{path}/unassign")).body["assigned_account"] is None
        found = (await mia.put(path, {"rule_ids": ["2"]})).body
        assert (found["category"], [rule["text"] for rule in found["rules"]]) == ("violation", ["Be brief."])
        for wrong in ({"category": "mood"}, {"rule_ids": ["3"]}, {"rule_ids": ["x"]}):
            assert (await mia.put(path, wrong)).status == 422

        found = (await mia.post(f"{path}/resolve")).body
        assert (found["action_taken"], found["action_taken_by_account"]["username"]) == (True, "mia")
        assert found["action_taken_at"] is not None
        assert (await mia.get("/api/v1/admin/reports")).body == []
        assert [one["id"] for one in (await mia.get("/api/v1/admin/reports?resolved=true")).body] == [str(made.id)]
        found = (await mia.post(f"{path}/reopen")).body
        assert (found["action_taken"], found["action_taken_at"]) == (False, None)
        assert found["action_taken_by_account"] is None
        action = {"type": "suspend", "text": "A threat.", "report_id": str(made.id)}
        await mia.post(f"/api/v1/admin/accounts/{ben.account.id}/action", action)
        assert (await mia.get(path)).body["action_taken"] is True
        assert (await mia.get("/api/v1/admin/reports/1")).status == 404
        assert (await mia.post("/api/v1/admin/reports/1/resolve")).status == 404


async def test_complaints_are_found_by_whom_and_about_whom(tmp_path, database):
    async with house(tmp_path, database=database) as home:
        mia = await home.member("mia", role=Role.MODERATOR, scopes=SCOPES)
        ada, ben, peer = await home.member("ada"), await home.member("ben"), await Peer.known_to(home.ctx, "bob")
        bob = peer.actors["bob"]
        made = [
            await report(home.ctx, ada.account, ben.account.id),
            await report(home.ctx, ben.account, ada.account.id),
            await report(home.ctx, ada.account, bob.id, forward=True),
        ]
        ids = [str(one.id) for one in made]
        for query, expected in {
            "": [ids[2], ids[1], ids[0]],
            f"account_id={ada.account.id}": [ids[2], ids[0]],
            f"target_account_id={ben.account.id}": [ids[0]],
            f"by_target_domain={HOST}": [ids[2]],
            "limit=1": [ids[2]],
            f"max_id={ids[2]}&limit=1": [ids[1]],
        }.items():
            found = await mia.get(f"/api/v1/admin/reports?{query}")
            assert [one["id"] for one in found.body] == expected, query
        assert [one["forwarded"] for one in (await mia.get("/api/v1/admin/reports")).body] == [True, False, False]


async def test_the_organisations_list_is_shown_and_changed_elsewhere(tmp_path):
    async with house(tmp_path) as home:
        mia = await home.member("mia", role=Role.MODERATOR, scopes=SCOPES)
        await with_members(home.ctx, [HOST])
        own = home.ctx.settings.authority
        found = (await mia.get("/api/v1/admin/domain_allows")).body
        assert sorted(one["domain"] for one in found) == sorted([HOST, own])
        assert (await mia.get(f"/api/v1/admin/domain_allows/{HOST}")).body["domain"] == HOST
        assert (await mia.get("/api/v1/admin/domain_allows/x.example")).status == 404
        refused = await mia.post("/api/v1/admin/domain_allows", {"domain": "x.example"})
        assert (refused.status, "allmende org admit" in refused.body["error"]) == (422, True)
        assert (await mia.delete(f"/api/v1/admin/domain_allows/{HOST}")).status == 422


@pytest.mark.parametrize(("people", "told"), [(4, "0"), (5, "5")])
async def test_figures_are_of_five_people_or_more(tmp_path, database, people, told):
    async with house(tmp_path, database=database) as home:
        ada = await home.member("ada", role=Role.ADMIN, scopes=SCOPES)
        post = await commands.publish(home.ctx, ada.account, Draft("Hello", Visibility.UNIT))
        for number in range(people):
            one = await members.add(home.ctx, username=f"member{number}", password="correct horse battery")
            await reactions.favourite(home.ctx, one, post.id)
        today = iso(home.ctx.clock())[:10]
        asked = {
            "keys": ["interactions", "new_users", "active_users", "opened_reports"],
            "start_at": today,
            "end_at": today,
        }
        found = {one["key"]: one for one in (await ada.post("/api/v1/admin/measures", asked)).body}
        assert set(found) == {"interactions", "new_users", "opened_reports"}
        assert (found["interactions"]["total"], found["interactions"]["previous_total"]) == (told, "0")
        assert found["interactions"]["data"] == [{"date": f"{today}T00:00:00.000Z", "value": told}]
        assert found["new_users"]["total"] == str(people + 1)
        asked = {"keys": ["languages", "software_versions", "servers", "sources"], "start_at": today, "end_at": today}
        found = {one["key"]: one["data"] for one in (await ada.post("/api/v1/admin/dimensions", asked)).body}
        assert found["languages"] == [{"key": "en", "human_key": "en", "value": str(people + 1)}]
        assert found["servers"] == []
        assert {one["key"] for one in found["software_versions"]} == {"allmende", "python"}
        assert (await ada.post("/api/v1/admin/retention", {"start_at": today, "end_at": today})).body == []


@pytest.mark.parametrize(
    ("start", "end"), [("soon", "2026-01-01"), ("2026-01-02", "2026-01-01"), ("2020-01-01", "2026-01-01"), ("", "")]
)
async def test_figures_of_no_time_are_refused(tmp_path, start, end):
    async with house(tmp_path) as home:
        ada = await home.member("ada", role=Role.ADMIN, scopes=SCOPES)
        asked = {"keys": ["new_users"], "start_at": start, "end_at": end}
        assert (await ada.post("/api/v1/admin/measures", asked)).status == 422


async def test_nothing_is_embedded(tmp_path):
    async with house(tmp_path) as home:
        ada = await home.member("ada")
        made = await ada.write("Hello", visibility="public")
        assert (await ada.get(f"/api/oembed?url={made['url']}")).status == 404
