"""What counts as long as nobody chooses anything, in one table (requirements A16, D4 to D6).

A member comes in by the doors that people use, and others look: a colleague, a stranger, and another node. Whoever
widens one of these defaults has to change this table, and to answer for it.
"""

import re
from dataclasses import replace

from moderation import members
from node.config import Mail, Settings
from node.config import Push as PushSettings
from node.domain import uris
from node.domain.accounts import Role
from node.domain.mails import USUAL
from node.store import mail_settings
from tests.clients import Client
from tests.endings import ADDRESS
from tests.mailing import mailing
from tests.village import village

PASSWORD = "correct horse battery staple"

PROFILE = {
    "discoverable": False,  # neither listed nor found beyond the unit
    "indexable": False,  # nobody searches what they write
    "noindex": True,
    "hide_collections": True,  # nobody sees whom they follow, and who them
    "locked": False,  # colleagues follow without asking; what is for followers is chosen for each post
    "bot": False,
    "note": "",
    "fields": [],
}
PREFERENCES = {
    "posting:default:visibility": "unlisted",  # Mastodon's word for the own unit
    "posting:default:sensitive": False,
    "posting:default:language": None,
    "posting:default:quote_policy": "nobody",
}
GROUP = {"joining": "request", "readers": "members", "posting": "members", "group_visibility": "everyone"}
STRANGER = {
    "/@ada": 303,
    "/@ada/followers": 404,
    "/users/ada": 401,
    "/users/ada/outbox": 401,
    "/users/ada/followers": 401,
    "/api/v1/accounts/lookup?acct=ada": 401,
    "/api/v1/directory": 401,
    "/api/v2/search?q=ada": 401,
    "/api/v1/timelines/public": 401,
}
OTHER_NODE = {"discoverable": False, "indexable": False, "hides_follows": True, "position": "", "summary": ""}
MAIL = {
    "told of": {"mention", "reply", "direct", "follow_request"},
    "digest": "weekly",
}  # once the address is confirmed
NODE = {
    "mail": "",
    "push offered": True,
    "trends": False,
    "inactive_days": 365,
    "suspended_days": 365,
    "post_days": 0,
    "message_days": 0,
    "version_days": 365,
    "silent_days": 365,
}


class Door:
    """A browser at a house of the village."""

    def __init__(self, house):
        self.house = house
        self.client = house.client.app.test_client()
        self.headers = {"Host": house.host, "Accept": "text/html"}

    async def page(self, path):
        return await (await self.client.get(path, headers=self.headers)).get_data(as_text=True)

    async def send(self, path, **form):
        token = re.search(r'name="csrf" value="([0-9a-f]+)"', await self.page(path))[1]
        answer = await self.client.post(path, form={"csrf": token, **form}, headers=self.headers)
        assert answer.status_code == 303, await answer.get_data(as_text=True)
        return answer.headers["Location"]


class Reader(Client):
    """A client at a house of the village."""

    async def ask(self, method, path, **given):
        return await super().ask(method, path, headers={"Host": self.account.uri.split("/")[2]}, **given)


async def reader(house, account):
    token = await members.issue_token(house.ctx, account, name="test", scopes="read write follow push profile")
    return Reader(house.client.app, account, token)


async def register(house, username):
    """Become a member as people do: by the link of an invitation, and the form behind it."""
    link = uris.invitation(house.ctx.settings.url, await members.invite(house.ctx, by=None))
    door = Door(house)
    path = link.removeprefix(house.ctx.settings.url)
    assert await door.send(path, username=username, password=PASSWORD, name="Ada Martin") == "/first-steps"
    return door, await members.named(house.ctx, username)


def part(body, table):
    return {name: body.get(name) for name in table}


async def test_what_counts_as_long_as_nobody_chooses_anything(tmp_path):
    async with village(tmp_path, "Lyon", "Bern") as town:
        lyon, bern = town.houses.values()
        door, ada = await register(lyon, "ada")
        colleague = await reader(lyon, await lyon.member("ben"))
        there = await reader(bern, await bern.member("cleo"))
        own = await reader(lyon, ada)

        # What a colleague sees, and what counts for what Ada writes.
        assert part((await colleague.get(f"/api/v1/accounts/{ada.id}")).body, PROFILE) == PROFILE
        assert (await own.get("/api/v1/preferences")).body.items() >= PREFERENCES.items()
        made = await own.post("/api/v1/groups", {"username": "dyers", "display_name": "Dyers"})
        assert part(made.body, GROUP) == GROUP, made.body
        assert 'value="unit" selected' in re.sub(r"\s+", " ", await door.page("/compose"))

        # A post without a choice stays in the unit; the other node gets neither it nor its author.
        post = await own.write("Looms need oil")
        await town.settle()
        assert (await colleague.get(f"/api/v1/statuses/{post['id']}")).status == 200
        assert await bern.post(post["uri"]) is None
        found = (await there.get("/api/v2/search?q=ada&type=accounts")).body["accounts"]
        assert found == [], "who does not want to be found is not, beyond the unit"
        known = await bern.account(ada)
        assert part({name: getattr(known, name) for name in OTHER_NODE}, OTHER_NODE) == OTHER_NODE
        assert (await colleague.get(f"/api/v1/accounts/{ada.id}/followers")).body == []
        assert [one["id"] for one in (await there.get("/api/v1/directory")).body if one["username"] == "ada"] == []

        # Nothing is there for strangers, and no search engine keeps anything.
        stranger = lyon.client.app.test_client()
        for path, status in STRANGER.items():
            wants = "text/html" if path.startswith("/@") else "application/activity+json"
            answer = await stranger.get(path, headers={"Host": lyon.host, "Accept": wants})
            assert answer.status_code == status, path
            assert "Ada Martin" not in await answer.get_data(as_text=True), path
        assert (await stranger.get("/", headers={"Host": lyon.host})).headers["X-Robots-Tag"] == "noindex"


async def test_what_is_told_by_mail_and_push_as_long_as_nobody_chooses(tmp_path):
    async with mailing(tmp_path) as node:
        ben = await node.member("ben")
        async with node.ctx.db.read() as tx:
            assert await mail_settings.of(tx, ben.id) is None, "who gave no address gets no mail"
            assert await tx.all("SELECT * FROM push_subscriptions") == [], "each device is switched on by itself"
        await node.confirmed(ben, ADDRESS)
        found = await node.settings(ben)
        assert {"told of": {topic.value for topic in found.kinds}, "digest": found.digest.value} == MAIL
        assert found.kinds == USUAL


def test_what_a_node_does_as_long_as_its_operator_chooses_nothing():
    settings = Settings()
    found = {
        "mail": settings.mail.host,
        "push offered": settings.push.enabled,
        "trends": settings.trends.enabled,
        "inactive_days": settings.retention.inactive_days,
        "suspended_days": settings.retention.suspended_days,
        "post_days": settings.retention.post_days,
        "message_days": settings.retention.message_days,
        "version_days": settings.retention.version_days,
        "silent_days": settings.retention.silent_days,
    }
    assert found == NODE
    assert (Mail().listen, Mail().reply_to, settings.storage.media) == ("", "", "")
    assert replace(settings, push=PushSettings()) == settings


async def test_pages_of_a_unit_are_followed_by_nobody_who_did_not_choose_it(tmp_path):
    async with village(tmp_path, "Lyon") as town:
        (lyon,) = town.houses.values()
        admin = await lyon.member("zoe", role=Role.ADMIN)
        _, ada = await register(lyon, "ada")
        door = Door(lyon)
        await door.send("/sign-in", username="zoe", password="a long enough password")
        await door.send("/pages/new", name="Canteen", username="canteen", editors="zoe")
        async with lyon.ctx.db.read() as tx:
            (page,) = await tx.all("SELECT closed, followed_by_all FROM unit_pages")
            follows = await tx.all("SELECT id FROM follows WHERE follower_id IN (:ids)", ids=[ada.id, admin.id])
        assert dict(page) == {"closed": 0, "followed_by_all": 0}
        assert len(follows) <= 1, "the editor at most"
