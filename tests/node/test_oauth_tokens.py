"""What a client gets for a code, or for itself, and how that ends (RFC 6749, 7009, 7636, 8414, 9700)."""

import asyncio
import re
from base64 import b64encode
from dataclasses import replace
from urllib.parse import parse_qsl, urlsplit

import pytest
from authlib.oauth2.rfc8414 import AuthorizationServerMetadata

from moderation import authorization, clients, measures, members, passwords, retention
from node.domain.clients import OUT_OF_BAND, SCOPES, narrowed
from node.domain.events import TokensEnded
from node.limits import Limits
from node.store.pages import Page
from tests.node.browser import API, CALLBACK, CHALLENGE, PASSWORD, VERIFIER, Browser, browser, count
from tests.nodes import URL


async def test_O01_a_code_without_its_proof_is_worth_nothing(tmp_path):
    async with browser(tmp_path) as ada:
        for wrong in ({"code_verifier": "w" * 43}, {"code_verifier": ""}, {"code_verifier": "v"}, {}):
            status, body = await ada.exchange(await ada.code(**CHALLENGE), **wrong)
            assert (status, body["error"] in ("invalid_grant", "invalid_request")) == (400, True), wrong
        assert await count(ada.ctx, "tokens") == 0


async def test_O01_a_proof_nobody_asked_for_is_refused(tmp_path):
    async with browser(tmp_path) as ada:
        status, body = await ada.exchange(await ada.code(), code_verifier=VERIFIER)
        assert (status, body["error"]) == (400, "invalid_request")


async def test_O01_a_code_used_twice_ends_what_it_gave(tmp_path):
    async with browser(tmp_path) as ada:
        code = await ada.code()
        token = (await ada.exchange(code))[1]["access_token"]
        assert await ada.asks(token) == 200
        status, body = await ada.exchange(code, client_secret="not it")
        assert (status, body["error"], await ada.asks(token)) == (401, "invalid_client", 200)
        status, body = await ada.exchange(code)
        assert (status, body["error"], await ada.asks(token)) == (400, "invalid_grant", 401)
        code = await ada.code(**CHALLENGE)
        token = (await ada.exchange(code, code_verifier=VERIFIER))[1]["access_token"]
        await ada.exchange(code)  # by somebody who has the code, and not the proof
        assert await ada.asks(token) == 401


async def test_O01_of_two_requests_with_one_code_at_most_one_gets_a_token(tmp_path, database):
    async with browser(tmp_path, database=database) as ada:
        code = await ada.code()
        answers = await asyncio.gather(*[ada.exchange(code) for _ in range(4)])
        assert sorted(status for status, _ in answers) == [200, 400, 400, 400]
        assert await count(ada.ctx, "tokens") == 0


async def test_O01_a_code_is_its_clients_alone(tmp_path):
    async with browser(tmp_path) as ada:
        code, other = await ada.code(), await ada.register(client_name="Other", redirect_uris=CALLBACK)
        theirs = {name: other[name] for name in ("client_id", "client_secret")}
        assert (await ada.exchange(code, **theirs))[1]["error"] == "invalid_grant"
        assert (await ada.exchange(code, redirect_uri="https://client.example/"))[1]["error"] == "invalid_grant"
        assert (await ada.exchange("guessed"))[1]["error"] == "invalid_grant"
        assert (await ada.exchange(code))[0] == 200


async def test_O01_a_code_is_soon_over_and_a_typed_one_a_little_later(tmp_path):
    async with browser(tmp_path) as ada:
        now = ada.ctx.clock()
        code, page = await ada.code(), await ada.decides(ada.question(redirect_uri=OUT_OF_BAND))
        typed = re.search(r'<code class="code">([\w-]{43})</code>', await page.get_data(as_text=True))[1]

        async def after(seconds, code, **more):
            fields = {"grant_type": "authorization_code", "code": code, "redirect_uri": CALLBACK, **ada.secrets} | more
            later = replace(ada.ctx, clock=lambda: now + seconds * 1000)
            return (await clients.exchange(later, authorization.Request(fields.items()))).status

        assert (await after(65, code), await after(59, code)) == (400, 200)
        oob = {"redirect_uri": OUT_OF_BAND}
        assert (await after(605, typed, **oob), await after(599, typed, **oob)) == (400, 200)


def test_O03_what_is_asked_for_lies_within_what_is_allowed():
    allowed = ("read", "write:media", "follow")
    assert narrowed(["read:lists", "read:lists", "write:media"], allowed) == ("read:lists", "write:media")
    assert narrowed(["write:follows", "read:mutes"], allowed) == ("write:follows", "read:mutes")
    assert narrowed([], allowed) == ("read",)
    for asked in (["write"], ["read:everything"], ["read", "push"], ["profile"], ["admin:read"], ["Read"]):
        assert narrowed(asked, allowed) is None, asked
    assert narrowed([], ("write",)) is None


async def test_O03_no_scope_grows_on_the_way(tmp_path):
    async with browser(tmp_path) as ada:
        await ada.registered(scopes="read write:media")
        assert (await ada.page(ada.question(scope="read write")))[0].headers["Location"].count("invalid_scope") == 1
        status, body = await ada.exchange(await ada.code(scope="read:statuses"), scope="read write")
        assert (status, body["scope"]) == (200, "read:statuses")
        assert await ada.asks(body["access_token"], "/api/v1/timelines/home") == 200
        assert await ada.asks(body["access_token"], "/api/v1/notifications") == 403
        answer = await ada.app.test_client().get(
            "/api/v1/notifications", headers={**API, "Authorization": f"Bearer {body['access_token']}"}
        )
        assert (await answer.get_json())["error"] == "This action is outside the authorized scopes"
        assert (await ada.exchange(await ada.code(scope="")))[1]["scope"] == "read"
        answer, body = await ada.post("/oauth/token", **ada.secrets, grant_type="client_credentials", scope="write")
        assert (answer.status_code, body["error"]) == (400, "invalid_scope")
        await ada.registered(scopes="write")
        assert "invalid_scope" in (await ada.page(ada.question(scope=None)))[0].headers["Location"]


async def test_a_client_proves_itself_in_either_place(tmp_path):
    async with browser(tmp_path) as ada:
        id, secret = ada.secrets.values()
        basic = {"Authorization": "Basic " + b64encode(f"{id}:{secret}".encode()).decode()}
        answer, body = await ada.post("/oauth/token", headers=basic, grant_type="client_credentials", scope="read")
        assert (answer.status_code, body["scope"]) == (200, "read")
        json = {**ada.secrets, "grant_type": "client_credentials", "scope": "read write"}
        answer = await ada.app.test_client().post("/oauth/token", json=json, headers=API)
        assert (answer.status_code, answer.headers["Cache-Control"]) == (200, "private, no-store")
        for wrong in (
            {"client_id": id},
            {"client_id": id, "client_secret": "no"},
            {"client_id": "nobody", "client_secret": secret},
            {},
        ):
            answer, body = await ada.post("/oauth/token", grant_type="client_credentials", **wrong)
            assert (answer.status_code, body["error"]) == (401, "invalid_client")
            assert "unknown client" in body["error_description"]
        for broken in ("Basic !", "Basic " + b64encode(b"\xff:\xff").decode(), "Basic", f"Bearer {secret}"):
            answer, body = await ada.post(
                "/oauth/token", headers={"Authorization": broken}, grant_type="client_credentials"
            )
            assert (answer.status_code, body["error"]) == (401, "invalid_client")


async def test_other_ways_to_a_token_are_not_there(tmp_path):
    async with browser(tmp_path) as ada:
        for grant in ("password", "refresh_token", "implicit", "ünknown", ""):
            answer, body = await ada.post(
                "/oauth/token", **ada.secrets, grant_type=grant, username="ada", password=PASSWORD
            )
            assert (answer.status_code, body["error"]) == (400, "unsupported_grant_type")
            assert answer.headers["Access-Control-Allow-Origin"] == "*"


async def test_a_token_of_another_client_is_not_taken_back(tmp_path):
    async with browser(tmp_path) as ada:
        token = await ada.token()
        other = await ada.register(client_name="Other")
        theirs = {name: other[name] for name in ("client_id", "client_secret")}
        answer, body = await ada.post("/oauth/revoke", **theirs, token=token)
        assert (answer.status_code, body["error"]) == (403, "unauthorized_client")
        personal = await members.issue_token(ada.ctx, await members.named(ada.ctx, "ada"), name="script")
        assert (await ada.post("/oauth/revoke", **theirs, token=personal))[0].status_code == 403
        assert (await ada.post("/oauth/revoke", client_id=ada.secrets["client_id"], token=token))[0].status_code == 401
        assert (await ada.post("/oauth/revoke", **ada.secrets))[0].status_code == 400
        assert (await ada.asks(token), await ada.asks(personal)) == (200, 200)


async def test_O03_a_clients_own_token_acts_for_nobody(tmp_path):
    async with browser(tmp_path) as ada:
        _, body = await ada.post("/oauth/token", **ada.secrets, grant_type="client_credentials", scope="read write")
        own = {**API, "Authorization": f"Bearer {body['access_token']}"}
        for path in ("/api/v1/timelines/home", "/api/v1/accounts/verify_credentials"):
            answer = await ada.app.test_client().get(path, headers=own)
            assert answer.status_code == 422
            assert await answer.get_json() == {"error": "This method requires an authenticated user"}
        assert await ada.asks(body["access_token"], "/oauth/userinfo") == 403
        answer = await ada.app.test_client().get("/api/v1/apps/verify_credentials", headers=own)
        told = await answer.get_json()
        assert (told["name"], told["scopes"]) == ("Postbox", ["read", "write", "follow", "push"])
        assert "client_secret" not in told
        answer = await ada.app.test_client().post("/api/v1/accounts", form={"username": "eve"}, headers=own)
        assert (answer.status_code, "invitation" in (await answer.get_json())["error"]) == (403, True)


async def test_a_client_keeps_a_bounded_number_of_its_own_tokens(tmp_path):
    async with browser(tmp_path) as ada:
        member = await ada.token()
        found = [
            (await ada.post("/oauth/token", **ada.secrets, grant_type="client_credentials"))[1]["access_token"]
            for _ in range(22)
        ]
        kept = [await ada.asks(one, "/api/v1/apps/verify_credentials") for one in found]
        assert kept == [401] * 2 + [200] * 20
        assert await ada.asks(member) == 200


async def test_without_a_token_there_is_nothing(tmp_path):
    async with browser(tmp_path) as ada:
        for path in ("/api/v1/accounts/verify_credentials", "/api/v1/apps/verify_credentials", "/oauth/userinfo"):
            for headers in ({}, {"Authorization": "Bearer"}, {"Authorization": "Bearer wrong"}):
                answer = await ada.client.get(path, headers={**API, **headers})  # with the session's cookie
                assert (answer.status_code, await answer.get_json()) == (401, {"error": "The access token is invalid"})
                assert answer.headers["Access-Control-Allow-Origin"] == "*"
        assert (await ada.post("/api/v1/accounts", username="eve"))[0].status_code == 401


async def test_what_everybody_may_read_is_read_with_any_token_and_with_none(tmp_path):
    async with browser(tmp_path) as ada:
        _, own = await ada.post("/oauth/token", **ada.secrets, grant_type="client_credentials")
        for token in ("", "ended", own["access_token"], await ada.token()):
            assert await ada.asks(token, "/api/v2/instance") == 200


async def test_a_client_learns_who_uses_it(tmp_path):
    async with browser(tmp_path) as ada:
        await ada.registered(scopes="profile")
        headers = {**API, "Authorization": f"Bearer {await ada.token(scope='profile')}"}
        for method in ("GET", "POST"):
            answer = await ada.app.test_client().open("/oauth/userinfo", method=method, headers=headers)
            body = await answer.get_json()
            assert body.pop("picture").startswith(URL)
            assert body == {
                "iss": f"{URL}/",
                "sub": f"{URL}/users/ada",
                "name": "Ada Martin",
                "preferred_username": "ada",
                "profile": f"{URL}/@ada",
            }


async def test_the_metadata_is_whole_and_leads_to_what_is_there(tmp_path):
    async with browser(tmp_path) as ada:
        answer = await ada.app.test_client().get("/.well-known/oauth-authorization-server", headers=API)
        found = await answer.get_json()
        AuthorizationServerMetadata(found).validate()
        assert (found["code_challenge_methods_supported"], found["scopes_supported"]) == (["S256"], list(SCOPES))
        for name in ("authorization", "token", "revocation", "userinfo", "app_registration"):
            path = urlsplit(found[f"{name}_endpoint"]).path
            assert (await ada.app.test_client().post(path, headers=API)).status_code not in (404, 405), path
        assert found["scopes_supported"] == list(dict.fromkeys(found["scopes_supported"]))


@pytest.mark.parametrize("how", ["suspended", "a new password"])
async def test_O04_nothing_of_a_member_outlives(tmp_path, how):
    async with browser(tmp_path) as ada:
        ben = await members.add(ada.ctx, username="ben", password=PASSWORD)
        theirs = await Browser(ada.ctx).registered()
        await theirs.sign_in(username="ben")
        token, code = await theirs.token(), await theirs.code()
        if how == "suspended":
            await measures.suspend(ada.ctx, ben.id, reason="A threat.")
        else:
            await passwords.renew(ada.ctx, ben, "another horse battery staple")
        assert await theirs.asks(token) == 401
        assert (await theirs.exchange(code))[1]["error"] == "invalid_grant"
        assert (await count(ada.ctx, "codes"), await count(ada.ctx, "tokens")) == (0, 0)
        if how == "suspended":
            # A page that was open already changes nothing.
            late = await clients.let_in(ada.ctx, ben, parse_qsl(urlsplit(theirs.question(state=None)).query))
            code = dict(parse_qsl(urlsplit(late.address).query))["code"]
            assert (await theirs.exchange(code))[1]["error"] == "invalid_grant"
            await measures.restore(ada.ctx, ben.id)
            assert await theirs.asks(token) == 401


async def test_O04_open_streams_hear_that_a_token_ended(tmp_path):
    async with browser(tmp_path) as ada:
        account = await members.named(ada.ctx, "ada")
        with ada.ctx.hub.listen(TokensEnded) as listener:

            async def heard():
                return await listener.next(seconds=0.01)

            await ada.post("/oauth/revoke", **ada.secrets, token=await ada.token())
            assert await heard() == [TokensEnded(account.id)]
            code = await ada.code()
            await ada.exchange(code)
            await ada.exchange(code)
            assert await heard() == [TokensEnded(account.id)]
            await ada.token()
            [access] = await clients.of_member(ada.ctx, account, Page())
            await clients.end(ada.ctx, account, access.id)
            assert await heard() == [TokensEnded(account.id)]
            await passwords.renew(ada.ctx, account, "another horse battery staple")
            assert await heard() == [TokensEnded(account.id)]


async def test_registering_and_guessing_are_bounded(tmp_path):
    limits = replace(Limits(), clients_per_address=3, client_failures_per_address=3)
    async with browser(tmp_path, limits=limits) as ada:
        fields = {"client_name": "Postbox", "redirect_uris": CALLBACK}
        codes = [(await ada.post("/api/v1/apps", **fields))[0].status_code for _ in range(3)]
        assert codes == [200, 200, 429]
        good = [await ada.token() for _ in range(5)]
        answers = [(await ada.exchange("guessed"))[0] for _ in range(4)]
        assert answers == [400, 400, 400, 429]
        assert [await ada.asks(token) for token in good] == [200] * 5


async def test_clients_nobody_uses_are_forgotten(tmp_path, database):
    async with browser(tmp_path, database=database) as ada:
        used, left = ada.app_answer, await ada.register(client_name="Left")
        await ada.token()
        ada.app_answer = left
        gone = await ada.token()
        await ada.post("/oauth/revoke", **ada.secrets, token=gone)
        ada.app_answer = never = await ada.register(client_name="Never")
        await ada.post("/oauth/token", **ada.secrets, grant_type="client_credentials")
        now, day = ada.ctx.clock(), 86_400_000
        for days, known in ((7, {"Postbox", "Left", "Never"}), (9, {"Postbox", "Left"}), (366, {"Postbox"})):
            await retention.forget_old_rows(replace(ada.ctx, clock=lambda days=days: now + days * day))
            async with ada.ctx.db.read() as tx:
                rows = await tx.all("SELECT name FROM applications")
            assert {row["name"] for row in rows} == known
        assert (await count(ada.ctx, "codes"), await count(ada.ctx, "tokens")) == (0, 1)
        assert used["client_id"] != never["client_id"]


async def test_no_secret_is_stored(tmp_path):
    async with browser(tmp_path) as ada:
        code = await ada.code(redirect_uri=CALLBACK)
        token = (await ada.exchange(code))[1]["access_token"]
        unused = await ada.code()
        async with ada.ctx.db.read() as tx:
            rows = [await tx.all(f"SELECT * FROM {table}") for table in ("applications", "codes", "tokens")]
        kept = str([dict(row) for found in rows for row in found])
        assert ada.secrets["client_id"] in kept
        for secret in (ada.secrets["client_secret"], code, token, unused):
            assert secret not in kept
