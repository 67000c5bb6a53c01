"""Push messages: to whom, of what, sealed for whom, and when they end. The push service is a real one on loopback."""

import asyncio
import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace

import http_ece
import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from py_vapid import Vapid01, Vapid02

from moderation import members, passwords
from node.adapters.push import public_key
from node.app import create_app
from node.config import Push
from node.domain.notifications import Kind
from node.domain.posts import Draft
from node.domain.push import Circle, Holder, Subscription, Way
from node.domain.visibility import Visibility
from node.store import push as rows
from node.store import tokens
from outbox import posts as commands
from outbox import push, subscriptions
from outbox import reactions as reaction_commands
from tests.nodes import URL, context
from tests.patience import PATIENCE_SECONDS
from tests.servers import http, serving

HOST = URL.removeprefix("http://")


def text(data):
    return urlsafe_b64encode(data).rstrip(b"=").decode()


def data(text):
    return urlsafe_b64decode(text + "=" * (-len(text) % 4))


class Client:
    """A browser's keys, and how it reads what was pushed to it."""

    def __init__(self):
        self.key = ec.generate_private_key(ec.SECP256R1())
        self.auth = b"sixteen bytes it"

    @property
    def p256dh(self):
        return text(self.key.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint))

    def subscription(self, endpoint, *, alerts=("mention",), policy="all", **more):
        return {
            "subscription": {"endpoint": endpoint, "keys": {"p256dh": self.p256dh, "auth": text(self.auth)}, **more},
            "data": {"alerts": dict.fromkeys(alerts, True), "policy": policy},
        }

    def read(self, request):
        """Open a message as the standard says, or as its draft did."""
        if request.headers["content-encoding"] == "aes128gcm":
            opened = http_ece.decrypt(request.body, private_key=self.key, auth_secret=self.auth, version="aes128gcm")
        else:
            salt = data(request.headers["encryption"].removeprefix("salt="))
            dh = data(request.headers["crypto-key"].partition(";")[0].removeprefix("dh="))
            opened = http_ece.decrypt(
                request.body, salt=salt, dh=dh, private_key=self.key, auth_secret=self.auth, version="aesgcm"
            )
        return json.loads(opened)


@dataclass
class Person:
    ctx: object
    client: object
    account: object
    token: str

    async def call(self, method, path="/api/v1/push/subscription", **body):
        answer = await self.client.open(
            path, method=method, json=body or None, headers={"Authorization": f"Bearer {self.token}", "Host": HOST}
        )
        return answer.status_code, await answer.get_json()

    async def post(self, text, visibility=Visibility.ORGANISATION, **more):
        return await commands.publish(self.ctx, self.account, Draft(text, visibility, **more))


async def person(ctx, username, scopes="read write follow push"):
    account = await members.add(ctx, username=username, password="correct horse battery", name=username.title())
    token = await members.issue_token(ctx, account, name="test", scopes=scopes)
    return Person(ctx, create_app(ctx, jobs=False).test_client(), account, token)


@asynccontextmanager
async def pushing(ctx):
    """Run what pushes, as a node does."""
    task = asyncio.create_task(push.run(ctx))
    await asyncio.sleep(0)
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def received(server, number=1):
    """Return what the push service got, once it is so many."""
    async with asyncio.timeout(PATIENCE_SECONDS):
        while len(server.requests) < number:
            await asyncio.sleep(0.01)
    assert len(server.requests) == number
    return server.requests


CREATED = http(b"", status="201 Created")


@pytest.mark.parametrize("standard", [True, False])
async def test_what_is_pushed_is_for_the_client_alone_and_from_this_node(tmp_path, standard):
    async with context(tmp_path) as ctx, serving(lambda _: CREATED) as service, pushing(ctx):
        ada, ben = await person(ctx, "ada"), await person(ctx, "ben")
        browser = Client()
        endpoint = service.url("/push/1", host="127.0.0.1")
        status, made = await ada.call("POST", **browser.subscription(endpoint, standard=standard))
        assert (status, made["standard"], made["endpoint"]) == (200, standard, endpoint)
        assert made["server_key"] == public_key(ctx.secret)
        post = await ben.post("@ada a **word** with you")
        (request,) = await received(service)
        assert (request.method, request.path) == ("POST", "/push/1")
        assert (request.headers["ttl"], request.headers["urgency"]) == ("172800", "normal")
        told = browser.read(request)
        assert told.pop("icon").startswith(f"{URL}/media/")
        async with ctx.db.read() as tx:
            row = await tx.one("SELECT id FROM notifications WHERE post_id = :post", post=post.id)
        assert told == {
            "access_token": "",
            "preferred_locale": "en",
            "notification_id": str(row["id"]),
            "notification_type": "mention",
            "title": "Ben names you",
            "body": "@ada a word with you",
        }
        signed = request.headers["authorization"]
        if standard:
            assert signed.endswith(f",k={made['server_key']}")
            assert Vapid02.verify(signed)
            token = signed.removeprefix("vapid t=").partition(",")[0]
        else:
            assert request.headers["crypto-key"].endswith(f";p256ecdsa={made['server_key']}")
            assert Vapid01.verify(key=made["server_key"], auth=signed)
            token = signed.removeprefix("WebPush ")
        claims = json.loads(data(token.split(".")[1]))
        assert claims["aud"] == f"http://127.0.0.1:{service.port}"
        assert claims["sub"] == URL
        assert 0 < claims["exp"] - ctx.clock() / 1000 <= 24 * 3_600


async def test_L08_words_for_few_are_not_pushed_and_those_of_a_warned_post_are_its_warning(tmp_path):
    async with context(tmp_path) as ctx, serving(lambda _: CREATED) as service, pushing(ctx):
        ada, ben = await person(ctx, "ada"), await person(ctx, "ben")
        browser = Client()
        await ada.call("POST", **browser.subscription(service.url(host="127.0.0.1")))
        async with ctx.change() as change:
            await change.tx.run("UPDATE users SET language = 'de' WHERE account_id = :id", id=ada.account.id)
        for number, (visibility, warning, body) in enumerate(
            (
                (Visibility.DIRECT, "", ""),
                (Visibility.FOLLOWERS, "", ""),
                (Visibility.UNIT, "", "@ada the canary sings"),
                (Visibility.ORGANISATION, "Birds", "Birds"),
            )
        ):
            await ben.post("@ada the canary sings", visibility, summary=warning)
            told = browser.read((await received(service, number + 1))[-1])
            assert (told["title"], told["body"]) == ("Ben nennt dich", body)
            assert told["preferred_locale"] == "de"


async def test_a_client_is_told_of_the_kinds_it_asked_for(tmp_path):
    async with context(tmp_path) as ctx, serving(lambda _: CREATED) as service, pushing(ctx):
        ada, ben = await person(ctx, "ada"), await person(ctx, "ben")
        browser = Client()
        subscription = browser.subscription(service.url(host="127.0.0.1"), alerts=("reblog",))
        await ada.call("POST", **subscription)
        post = await ada.post("To be liked")
        await reaction_commands.favourite(ctx, ben.account, post.id)
        await ben.post("@ada not of this")
        await reaction_commands.boost(ctx, ben.account, post.id)
        (request,) = await received(service)
        told = browser.read(request)
        assert (told["notification_type"], told["title"]) == ("reblog", "Ben passed your post on")
        status, chosen = await ada.call("PUT", data={"alerts": {"mention": "true"}, "policy": "all"})
        assert (status, chosen["alerts"]["mention"], chosen["alerts"]["reblog"]) == (200, True, False)
        await ben.post("On your wall", wall_of=ada.account.id)
        assert browser.read((await received(service, 2))[-1])["title"] == "Ben wrote on your wall"


def test_a_policy_lets_through_whom_it_names():
    one = Subscription(1, Holder(Way.APP, ""), 1, "", "", "", True, frozenset({"mention"}), Circle.ALL, 0)
    wanted = {
        (policy, followed, follower): replace(one, policy=policy).wants(
            Kind.MENTION, followed=followed, follower=follower
        )
        for policy in Circle
        for followed in (False, True)
        for follower in (False, True)
    }
    assert {case for case, wants in wanted.items() if wants} == {
        *((Circle.ALL, followed, follower) for followed in (False, True) for follower in (False, True)),
        *((Circle.FOLLOWED, True, follower) for follower in (False, True)),
        *((Circle.FOLLOWER, followed, True) for followed in (False, True)),
    }


async def test_a_policy_is_asked_about_who_follows_whom(tmp_path, database):
    async with context(tmp_path, database=database) as ctx:
        ada, ben = await person(ctx, "ada"), await person(ctx, "ben")
        async with ctx.change() as change:
            await change.tx.run(
                """INSERT INTO follows (id, uri, follower_id, target_id, accepted)
                   VALUES (1, 'x', :ada, :ben, 1), (2, 'y', :ben, :ada, 0)""",
                ada=ada.account.id,
                ben=ben.account.id,
            )
            assert (
                await rows.telling(change.tx, ada.account.id, from_id=ben.account.id, seen_after=0, now=change.now)
                is None
            )
        await ada.call("POST", **Client().subscription("http://127.0.0.1:9/x", policy="followed"))
        async with ctx.db.read() as tx:
            telling = await rows.telling(tx, ada.account.id, from_id=ben.account.id, seen_after=0, now=ctx.clock())
        assert (telling.followed, telling.follower, telling.language) == (True, False, "en")
        assert [one.policy for one in telling.subscriptions] == [Circle.FOLLOWED]


async def test_each_token_has_one_subscription_which_ends_with_it(tmp_path, database):
    async with context(tmp_path, database=database) as ctx:
        ada = await person(ctx, "ada")
        assert await ada.call("GET") == (404, {"error": "Record not found"})
        assert (await ada.call("PUT", data={}))[0] == 404
        first = (await ada.call("POST", **Client().subscription("http://127.0.0.1:9/first")))[1]
        second = (await ada.call("POST", **Client().subscription("http://127.0.0.1:9/second", policy="none")))[1]
        assert first["id"] != second["id"]
        status, shown = await ada.call("GET")
        assert (status, shown) == (200, second)
        assert (shown["endpoint"], shown["policy"]) == ("http://127.0.0.1:9/second", "none")
        assert {name for name, wanted in shown["alerts"].items() if wanted} == {"mention"}
        other = replace(ada, token=await members.issue_token(ctx, ada.account, name="other", scopes="push"))
        await other.call("POST", **Client().subscription("http://127.0.0.1:9/third"))
        assert await ada.call("DELETE") == (200, {})
        assert (await ada.call("GET"))[0] == 404
        assert (await other.call("GET"))[0] == 200
        await passwords.renew(ctx, ada.account, "another horse battery")
        async with ctx.db.read() as tx:
            assert await tx.all("SELECT id FROM push_subscriptions") == []


async def test_a_subscription_needs_its_scope_good_keys_and_a_safe_address(tmp_path):
    async with context(tmp_path) as ctx:
        ada = await person(ctx, "ada")
        stranger = await person(ctx, "stranger", scopes="read write")
        good = Client().subscription("https://push.example/x")
        assert (await stranger.call("POST", **good))[0] == 403
        assert (await replace(ada, token="wrong").call("POST", **good))[0] == 401
        for spoil in (
            {"keys": {"p256dh": "AAAA", "auth": text(b"x" * 16)}},
            {"keys": {"p256dh": Client().p256dh, "auth": "AAAA"}},
            {"keys": {"p256dh": "a", "auth": "ä"}},
            {"keys": "none"},
            {"endpoint": "http://push.example/x"},
            {"endpoint": "javascript:alert(1)"},
            {"endpoint": ""},
        ):
            body = {**good, "subscription": {**good["subscription"], **spoil}}
            assert (await ada.call("POST", **body))[0] == 422, spoil
        assert (await ada.call("POST", **{**good, "data": {"policy": "some"}}))[0] == 422
        assert (await ada.call("POST"))[0] == 422
        assert (await ada.call("POST", **good))[0] == 200


async def test_a_form_is_as_good_as_json_and_padded_keys_of_the_other_alphabet_too(tmp_path):
    async with context(tmp_path) as ctx:
        ada, browser = await person(ctx, "ada"), Client()
        answer = await ada.client.post(
            "/api/v1/push/subscription",
            form={
                "subscription[endpoint]": "https://push.example/x",
                "subscription[keys][p256dh]": browser.p256dh.replace("-", "+").replace("_", "/") + "=",
                "subscription[keys][auth]": text(browser.auth) + "==",
                "data[alerts][follow]": "true",
                "data[alerts][admin.report]": "1",
                "policy": "follower",
            },
            headers={"Authorization": f"Bearer {ada.token}", "Host": HOST},
        )
        made = await answer.get_json()
        assert {name for name, wanted in made["alerts"].items() if wanted} == {"follow", "admin.report"}
        assert made["policy"] == "follower"


@pytest.mark.parametrize(
    ("status", "tries", "left"), [("410 Gone", 1, 0), ("404 Not Found", 1, 0), ("500 Oops", 3, 1), ("429 Slow", 3, 1)]
)
async def test_a_push_service_that_says_so_ends_a_subscription_and_one_in_trouble_is_asked_again(
    tmp_path, monkeypatch, status, tries, left
):
    monkeypatch.setattr(push, "_PAUSES", (0, 0.01, 0.01))
    async with context(tmp_path) as ctx, serving(lambda _: http(b"", status=status)) as service:
        ada, ben = await person(ctx, "ada"), await person(ctx, "ben")
        await ada.call("POST", **Client().subscription(service.url(host="127.0.0.1")))
        async with pushing(ctx):
            await ben.post("@ada hello")
            await received(service, tries)
            async with asyncio.timeout(PATIENCE_SECONDS):
                while (await ada.call("GET"))[0] != (200 if left else 404):
                    await asyncio.sleep(0.01)
        assert len(service.requests) == tries


async def test_N08_nothing_is_pushed_into_the_network(tmp_path):
    async with context(tmp_path, url="https://here.example") as ctx, serving(lambda _: CREATED) as service:
        ada = await members.add(ctx, username="ada", password="correct horse battery")
        ben = await members.add(ctx, username="ben", password="correct horse battery")
        browser = Client()
        await members.issue_token(ctx, ada, name="test")
        async with ctx.change() as change:
            row = await change.tx.one("SELECT hash FROM tokens")
            subscription = Subscription(
                1, Holder(Way.APP, row["hash"]), ada.id, f"https://127.0.0.1:{service.port}/", browser.p256dh,
                text(browser.auth), True, frozenset({"mention"}), Circle.ALL, 0,
            )  # fmt: skip
            await rows.put(change.tx, subscription)
        async with pushing(ctx):
            await commands.publish(ctx, ben, Draft("@ada hello"))
            async with asyncio.timeout(PATIENCE_SECONDS):
                while True:
                    async with ctx.db.read() as tx:
                        if not await tx.all("SELECT id FROM push_subscriptions"):
                            break
                    await asyncio.sleep(0.01)
        assert service.connects == 0


async def test_nothing_is_pushed_where_it_is_switched_off(tmp_path):
    async with context(tmp_path) as ctx, serving(lambda _: CREATED) as service:
        ada, ben = await person(ctx, "ada"), await person(ctx, "ben")
        browser = Client()
        await ada.call("POST", **browser.subscription(service.url(host="127.0.0.1")))
        off = replace(ctx, settings=replace(ctx.settings, push=Push(enabled=False)))
        answer = await replace(ada, client=create_app(off, jobs=False).test_client()).call(
            "POST", **browser.subscription(service.url(host="127.0.0.1"))
        )
        assert answer[0] == 404
        async with pushing(off), pushing(ctx):
            for number in (1, 2):
                await ben.post(f"@ada number {number}")
                request = (await received(service, number))[-1]
                assert browser.read(request)["body"] == f"@ada number {number}"


def test_the_key_is_the_same_at_every_start_and_another_one_elsewhere():
    assert public_key(b"a" * 32) == public_key(b"a" * 32) != public_key(b"b" * 32)
    key = data(public_key(b"a" * 32))
    assert (len(key), key[0]) == (65, 4)
    assert ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), key)


async def browser_of(ctx, person):
    """Sign somebody in at one more browser; return its secret and what holds its subscription."""
    secret = await members.sign_in(
        ctx, username=person.account.username, password="correct horse battery", address="127.0.0.1"
    )
    return secret, Holder(Way.BROWSER, tokens.hashed(secret))


async def subscribed(ctx, person, holder, endpoint, client=None):
    client = client or Client()
    place = subscriptions.Place(endpoint, client.p256dh, text(client.auth), standard=True)
    return await subscriptions.subscribe(
        ctx, person.account, holder, place, alerts=frozenset({"mention"}), policy=Circle.ALL
    )


async def endpoints(ctx, person):
    """Return where somebody is told what happens now."""
    async with ctx.db.read() as tx:
        after, now = subscriptions.seen_after(ctx), ctx.clock()
        telling = await rows.telling(tx, person.account.id, from_id=0, seen_after=after, now=now)
    return [one.endpoint for one in telling.subscriptions] if telling else []


async def test_a_browser_is_told_what_an_app_is_and_where_it_leads(tmp_path):
    async with context(tmp_path) as ctx, serving(lambda _: CREATED) as service, pushing(ctx):
        ada, ben = await person(ctx, "ada"), await person(ctx, "ben")
        browser, phone = Client(), Client()
        _, holder = await browser_of(ctx, ada)
        await subscribed(ctx, ada, holder, f"{service.url(host='127.0.0.1')}/browser", browser)
        await ada.call("POST", **phone.subscription(f"{service.url(host='127.0.0.1')}/app", standard=True))
        post = await ben.post("@ada a **word** with you")
        told = {request.path.rsplit("/", 1)[1]: request for request in await received(service, 2)}
        to_browser, to_app = browser.read(told["browser"]), phone.read(told["app"])
        assert to_browser.pop("link") == f"/posts/{post.id}"
        for sent in (to_browser, to_app):  # the icon's link is made anew each time
            assert sent.pop("icon").startswith(f"{URL}/media/")
        assert to_browser == to_app


async def test_what_a_browser_is_told_ends_with_its_session(tmp_path, database):
    async with context(tmp_path, database=database) as ctx:
        ada = await person(ctx, "ada")
        await ada.call("POST", **Client().subscription("http://127.0.0.1:9/app"))
        secrets = {}
        for name in ("signs-out", "idles", "is-ended", "stays"):
            secrets[name], holder = await browser_of(ctx, ada)
            await subscribed(ctx, ada, holder, f"http://127.0.0.1:9/{name}")
        assert len(await endpoints(ctx, ada)) == 5
        await members.sign_out(ctx, secrets["signs-out"])
        idle = ctx.settings.limits.session_idle_seconds * 1000
        async with ctx.change() as change:
            await tokens.touch_session(change.tx, tokens.hashed(secrets["idles"]), now=change.now - idle)
        await members.end_session(ctx, ada.account, tokens.hashed(secrets["is-ended"]))
        assert await endpoints(ctx, ada) == ["http://127.0.0.1:9/app", "http://127.0.0.1:9/stays"]
        listed = await subscriptions.devices(ctx, ada.account, limit=10)
        assert [(one.app, one.holder.way) for one in listed] == [("", Way.BROWSER), ("test", Way.APP)]
        await members.end_other_sessions(ctx, ada.account, keep="")
        assert await endpoints(ctx, ada) == ["http://127.0.0.1:9/app"]


async def test_a_browser_is_told_things_for_whoever_asked_last(tmp_path, database):
    async with context(tmp_path, database=database) as ctx:
        ada, ben = await person(ctx, "ada"), await person(ctx, "ben")
        endpoint = "http://127.0.0.1:9/shared"
        await ada.call("POST", **Client().subscription(endpoint))
        for one in (ada, ben):
            await subscribed(ctx, one, (await browser_of(ctx, one))[1], endpoint)
        assert await endpoints(ctx, ben) == [endpoint]
        assert [one.app for one in await subscriptions.devices(ctx, ada.account, limit=10)] == ["test"]


async def test_one_session_has_one_subscription_and_chooses_of_what_it_is_told(tmp_path, database):
    async with context(tmp_path, database=database) as ctx:
        ada = await person(ctx, "ada")
        _, holder = await browser_of(ctx, ada)
        assert await subscriptions.choose(ctx, holder, alerts=frozenset(), policy=Circle.ALL) is None
        for name in ("first", "second"):
            await subscribed(ctx, ada, holder, f"http://127.0.0.1:9/{name}")
        found = await subscriptions.choose(ctx, holder, alerts=frozenset({"poll", "follow"}), policy=Circle.FOLLOWED)
        assert (found.endpoint, found.alerts) == ("http://127.0.0.1:9/second", {"poll", "follow"})
        assert (await subscriptions.of(ctx, holder), found.policy) == (found, Circle.FOLLOWED)
        assert await subscriptions.of(ctx, replace(holder, way=Way.APP)) is None


@pytest.mark.parametrize(
    ("status", "taken", "left"), [("201 Created", True, 1), ("410 Gone", False, 0), ("403 No", False, 1)]
)
async def test_a_sample_says_whether_the_push_service_takes_it(tmp_path, status, taken, left):
    async with context(tmp_path) as ctx, serving(lambda _: http(b"", status=status)) as service:
        ada, browser = await person(ctx, "ada"), Client()
        made = await subscribed(ctx, ada, (await browser_of(ctx, ada))[1], service.url(host="127.0.0.1"), browser)
        assert await push.sample(ctx, made, title="Here it is.", language="fr") is taken
        told = browser.read(service.requests[0])
        assert (told["title"], told["preferred_locale"], told["link"]) == ("Here it is.", "fr", "/notifications")
        assert len(await endpoints(ctx, ada)) == left


async def test_a_sample_to_nobody_is_no_error(tmp_path):
    async with context(tmp_path) as ctx:
        ada = await person(ctx, "ada")
        made = await subscribed(ctx, ada, (await browser_of(ctx, ada))[1], "http://127.0.0.1:9/nobody")
        assert await push.sample(ctx, made, title="Here it is.", language="en") is False
