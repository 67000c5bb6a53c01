"""A client asks a member to let it in: how it should be, and every way that must not work (RFC 6749, 9700)."""

import re
from urllib.parse import parse_qs, urlsplit

import pytest

from moderation import members
from node.adapters import push
from node.domain.clients import OUT_OF_BAND, SCOPES, may_redirect_to
from tests.node.browser import API, BROWSER, CALLBACK, CHALLENGE, PASSWORD, VERIFIER, Browser, browser, count


async def test_a_member_lets_a_client_in_and_takes_it_back(tmp_path, database):
    async with browser(tmp_path, database=database) as ada:
        answer = await ada.decides(ada.question(**CHALLENGE))
        address = urlsplit(answer.headers["Location"])
        assert answer.headers["Location"].startswith(f"{CALLBACK}&")
        assert parse_qs(address.query)["state"] == ["a state & more"]
        code = parse_qs(address.query)["code"][0]
        status, body = await ada.exchange(code, code_verifier=VERIFIER)
        now = ada.ctx.clock() // 1000
        assert (status, body["token_type"], body["scope"]) == (200, "Bearer", "read write follow push")
        assert body["created_at"] in range(now - 5, now + 1)
        assert await ada.asks(body["access_token"]) == 200
        answer, told = await ada.post("/oauth/revoke", **ada.secrets, token=body["access_token"])
        assert (answer.status_code, told) == (200, {})
        assert await ada.asks(body["access_token"]) == 401
        answer, told = await ada.post("/oauth/revoke", **ada.secrets, token=body["access_token"])
        assert (answer.status_code, told) == (200, {})


async def test_a_client_registers_in_json_and_in_a_form_from_any_site(tmp_path):
    async with browser(tmp_path) as ada:
        fields = {
            "client_name": "Elk",
            "redirect_uris": ["https://elk.example/a", "elk://b"],
            "scopes": "read push profile",
        }
        headers = {**API, "Origin": "https://elk.example"}
        answer = await ada.app.test_client().post("/api/v1/apps", json=fields, headers=headers)
        body = await answer.get_json()
        assert answer.headers["Access-Control-Allow-Origin"] == "*"
        assert body.pop("client_id") != body.pop("client_secret")
        assert body.pop("id").isdecimal()
        assert body == {
            "name": "Elk",
            "website": None,
            "scopes": ["read", "push", "profile"],
            "redirect_uri": "https://elk.example/a\nelk://b",
            "redirect_uris": ["https://elk.example/a", "elk://b"],
            "client_secret_expires_at": 0,
            "vapid_key": push.public_key(ada.ctx.secret),
        }
        assert (await ada.register(scopes=""))["scopes"] == ["read"]
        preflight = {**headers, "Access-Control-Request-Method": "POST"}
        assert (await ada.app.test_client().options("/oauth/token", headers=preflight)).status_code in (200, 204)


async def test_a_client_that_cannot_be_is_not_registered(tmp_path):
    async with browser(tmp_path) as ada:
        for wrong in (
            {"client_name": ""},
            {"client_name": "x" * 201},
            {"redirect_uris": ""},
            {"redirect_uris": "javascript:alert(1)"},
            {"scopes": "read everything"},
            {"scopes": "read:everything"},
            {"website": "javascript:alert(1)"},
        ):
            fields = {"client_name": "Postbox", "redirect_uris": CALLBACK, "scopes": "read"} | wrong
            answer, body = await ada.post("/api/v1/apps", **fields)
            assert (answer.status_code, len(body["error"]) > 20) == (422, True), wrong
        assert await count(ada.ctx, "applications") == 1


@pytest.mark.parametrize(
    "uri",
    [
        "https://client.example",
        "https://client.example:8443/a?b=c",
        "http://127.0.0.1:5173/",
        "http://localhost/cb",
        "http://[::1]:80/",
        "com.example.app:/oauth",
        "toot://callback",
        OUT_OF_BAND,
    ],
)
def test_a_client_may_be_answered_where_only_it_listens(uri):
    assert may_redirect_to(uri)


@pytest.mark.parametrize(
    "uri",
    [
        "",
        "/relative",
        "client.example",
        "http://client.example/",
        "https://client.example/#part",
        "https://ada@client.example/",
        "https:///nowhere",
        "https://client.example:port/",
        "https://[::1/",
        "https://client.example/ b",
        "https://client.example\\@evil.example/",
        'https://client.example/"',
        "https://client.exämple/",
        "http://127.0.0.1.evil.example/",
        "javascript:alert(1)",
        "JavaScript:alert(1)",
        "data:text/html,x",
        "vbscript:x",
        "file:///etc/passwd",
        "blob:https://a/b",
        "urn:other",
        "https://client.example/" + "x" * 2_000,
    ],
)
def test_O02_a_client_is_not_answered_anywhere_else(uri):
    assert not may_redirect_to(uri)


async def test_O02_an_address_that_was_not_registered_is_never_redirected_to(tmp_path):
    async with browser(tmp_path) as ada:
        form = {"csrf": await ada.csrf("/home"), "verdict": "agree"}
        for uri in (
            None,
            "https://client.example/callback",
            f"{CALLBACK}/",
            f"{CALLBACK}&more=1",
            "https://client.example/callback?kept=1/../x",
            "https://CLIENT.example/callback?kept=1",
            "https://client.example:443/callback?kept=1",
            "https://client.example.evil.example/callback?kept=1",
            "https://client.example@evil.example/callback?kept=1",
            "https://evil.example/ä\"'",
            "javascript:alert(1)",
        ):
            for more in ({}, {"response_type": "token"}, {"scope": "nonsense"}):
                answer, page = await ada.page(ada.question(redirect_uri=uri, **more))
                assert (answer.status_code, "Location" in answer.headers) == (400, False), uri
                assert "evil.example" not in page
            answer = await ada.client.post(ada.question(redirect_uri=uri), form=form, headers=BROWSER)
            assert (answer.status_code, "Location" in answer.headers) == (400, False), uri
        assert await count(ada.ctx, "codes") == 0


async def test_an_unknown_client_is_told_to_the_person(tmp_path, database):
    async with browser(tmp_path, database=database) as ada:
        for client_id in (None, "", "nobody", "\x00", "ä"):
            answer, page = await ada.page(ada.question(client_id=client_id))
            assert (answer.status_code, "This app is not known here" in page) == (400, True)
        assert "Diese App ist hier nicht bekannt" in (await ada.page(ada.question(client_id="nobody", lang="de")))[1]


async def test_what_else_is_wrong_is_told_to_the_client_with_its_state(tmp_path):
    async with browser(tmp_path) as ada:
        for wrong, error in (
            ({"response_type": "token"}, "unsupported_response_type"),
            ({"scope": "read everything"}, "invalid_scope"),
            ({"scope": "read:everything"}, "invalid_scope"),
            ({"scope": "admin:read"}, "invalid_scope"),
            ({"scope": "profile"}, "invalid_scope"),
            ({"code_challenge": "x" * 43, "code_challenge_method": "plain"}, "invalid_request"),
            ({"code_challenge": "x" * 43}, "invalid_request"),
            ({"code_challenge": "short", "code_challenge_method": "S256"}, "invalid_request"),
            ({"code_challenge_method": "S256"}, "invalid_request"),
        ):
            answer, _ = await ada.page(ada.question(**wrong))
            assert answer.headers["Location"].startswith(f"{CALLBACK}&")
            told = parse_qs(urlsplit(answer.headers["Location"]).query)
            assert (told["error"], told["state"], "code" in told) == ([error], ["a state & more"], False), wrong


async def test_a_question_with_two_answers_is_shown(tmp_path):
    async with browser(tmp_path) as ada:
        answer, _ = await ada.page(ada.question() + "&redirect_uri=https%3A%2F%2Fevil.example")
        assert (answer.status_code, "Location" in answer.headers) == (400, False)


async def test_a_member_refuses(tmp_path):
    async with browser(tmp_path) as ada:
        answer = await ada.decides(ada.question(), verdict="refuse")
        told = parse_qs(urlsplit(answer.headers["Location"]).query)
        assert (told["error"], told["state"]) == (["access_denied"], ["a state & more"])
        page = await (await ada.decides(ada.question(redirect_uri=OUT_OF_BAND), "refuse")).get_data(as_text=True)
        assert "Postbox was not let in" in page
        assert await count(ada.ctx, "codes") == 0


async def test_one_signs_in_first_and_comes_back(tmp_path):
    async with browser(tmp_path) as ada:
        fresh = Browser(ada.ctx, app_answer=ada.app_answer)
        answer, _ = await fresh.page(fresh.question(**CHALLENGE))
        assert (answer.status_code, answer.headers["Location"].partition("?")[0]) == (303, "/sign-in")
        back = await fresh.sign_in(answer.headers["Location"])
        assert parse_qs(urlsplit(back).query)["state"] == ["a state & more"]
        answer = await fresh.decides(back)
        code = parse_qs(urlsplit(answer.headers["Location"]).query)["code"][0]
        assert (await fresh.exchange(code, code_verifier=VERIFIER))[0] == 200


async def test_a_client_may_want_another_sign_in(tmp_path):
    async with browser(tmp_path) as ada:
        await members.add(ada.ctx, username="ben", password=PASSWORD, name="Ben Novak")
        answer, _ = await ada.page(ada.question(force_login="true"))
        assert answer.headers["Location"].startswith("/sign-in?")
        back = await ada.sign_in(answer.headers["Location"], username="ben")
        assert "force_login" not in back
        assert "Ben Novak" in (await ada.page(back))[1]
        assert (await ada.page(ada.question(force_login="False")))[0].status_code == 200


async def test_the_page_says_who_asks_for_what_in_ones_own_words(tmp_path):
    async with browser(tmp_path) as ada:
        _, page = await ada.page(ada.question(scope="read write push"))
        for said in ("Let Postbox in?", "client.example", "Ada Martin", "everything you can see here"):
            assert said in page
        for language, said in (("de", "Postbox einlassen?"), ("fr", "Laisser entrer Postbox")):
            assert said in (await ada.page(ada.question(lang=language)))[1]
        _, page = await ada.page(ada.question(scope="read:bookmarks write:media"))
        assert ("your bookmarks" in page, "upload pictures" in page, "everything" in page) == (True, True, False)


async def test_every_scope_has_words(tmp_path):
    async with browser(tmp_path) as ada:
        await ada.registered(scopes=" ".join(SCOPES))
        for scope in SCOPES:
            _, page = await ada.page(ada.question(scope=scope))
            assert page.count("<li>") >= 1, scope


async def test_the_name_of_a_client_is_text(tmp_path):
    async with browser(tmp_path) as ada:
        await ada.registered(client_name='<b>Post</b>box\u202e & "friends"')
        _, page = await ada.page(ada.question())
        assert "Let Postbox &amp; &#34;friends&#34; in?" in page


async def test_O05_consent_needs_the_form_of_this_very_browser(tmp_path):
    async with browser(tmp_path) as ada:
        form = {"verdict": "agree"}
        path = ada.question()
        assert (await ada.client.post(path, form=form, headers=BROWSER)).status_code == 403
        other = Browser(ada.ctx, app_answer=ada.app_answer)
        form["csrf"] = await other.csrf("/sign-in")
        assert (await ada.client.post(path, form=form, headers=BROWSER)).status_code == 403
        form["csrf"] = await ada.csrf(path)
        elsewhere = {**BROWSER, "Origin": "https://client.example"}
        assert (await ada.client.post(path, form=form, headers=elsewhere)).status_code == 403
        assert await count(ada.ctx, "codes") == 0


async def test_the_page_is_shown_in_no_frame_and_leads_only_to_the_client(tmp_path):
    async with browser(tmp_path) as ada:
        await ada.registered(redirect_uris=f"{CALLBACK}\npostbox://back\nhttp://127.0.0.1:9/\n{OUT_OF_BAND}")
        for uri, forms in (
            (CALLBACK, "'self' https:"),
            ("postbox://back", "'self' postbox:"),
            ("http://127.0.0.1:9/", "'self' http:"),
            (OUT_OF_BAND, "'self'"),
        ):
            answer, _ = await ada.page(ada.question(redirect_uri=uri))
            policy = answer.headers["Content-Security-Policy"]
            assert policy.startswith("default-src 'none';")
            assert policy.endswith("frame-ancestors 'none'")
            assert f"form-action {forms};" in policy
            assert answer.headers["Cache-Control"] == "private, no-store"
        assert "form-action 'self';" in (await ada.page("/home"))[0].headers["Content-Security-Policy"]


async def test_a_client_that_opened_a_window_stays_in_touch_with_it(tmp_path):
    async with browser(tmp_path) as ada:
        stranger = Browser(ada.ctx, app_answer=ada.app_answer)
        sent, _ = await stranger.page(stranger.question())
        shown, _ = await stranger.page(sent.headers["Location"])
        wrong = await stranger.client.post(
            sent.headers["Location"],
            form={"csrf": await stranger.csrf(sent.headers["Location"]), "username": "ada", "password": "no"},
            headers=BROWSER,
        )
        asked, _ = await ada.page(ada.question())
        decided = await ada.decides(ada.question())
        for answer in (sent, shown, wrong, asked, decided):
            assert answer.headers["Cross-Origin-Opener-Policy"] == "unsafe-none"
        for path in ("/sign-in", "/sign-in?next=/home", "/home?next=/oauth/authorize?x", "/"):
            assert (await ada.page(path))[0].headers["Cross-Origin-Opener-Policy"] == "same-origin"


async def test_a_code_is_shown_to_be_typed_into_a_client(tmp_path):
    async with browser(tmp_path) as ada:
        path = ada.question(redirect_uri=OUT_OF_BAND, state=None).replace("/authorize?", "/authorize/?")
        answer = await ada.decides(path)
        page = await answer.get_data(as_text=True)
        code = re.search(r'<code class="code">([\w-]{43})</code>', page)[1]
        assert (answer.status_code, "Location" in answer.headers) == (200, False)
        assert (await ada.exchange(code))[1]["error"] == "invalid_grant"
        assert (await ada.exchange(code, redirect_uri=OUT_OF_BAND))[0] == 200
