"""The pages of moderators and administrators, as a browser without JavaScript meets them."""

import asyncio
import contextlib
import re
from dataclasses import dataclass, field
from urllib.parse import urlencode

import pytest

from moderation import bans, measures, members
from node.app import create_app
from node.domain.accounts import Role
from node.domain.posts import Draft
from node.domain.visibility import Visibility
from node.errors import Forbidden
from node.store import accounts, queues, silence
from outbox import posts
from outbox.reports import report
from tests.inbox.peer import HOST as PEER
from tests.inbox.peer import Peer
from tests.nodes import URL, context

HOST = {"Host": URL.removeprefix("http://"), "Accept": "text/html"}
TYPED = {"Content-Type": "application/x-www-form-urlencoded"}
PASSWORD = "correct horse battery staple"
MODERATING = (
    "/moderation",
    "/moderation/closed",
    "/moderation/complaints/1",
    "/moderation/complaints/1/posts/1/take-out",
    "/moderation/people/1/warn",
)
ADMINISTERING = (
    "/administration",
    "/administration/members",
    "/administration/members/1/role",
    "/administration/members/1/minor",
    "/administration/members/1/second-factor",
    "/administration/guests",
    "/administration/guests/1",
    "/administration/invitations",
    "/administration/bans",
    "/administration/nodes",
    "/administration/organisation",
    "/administration/places",
    "/administration/nodes/given-up",
    "/administration/nodes/set-aside",
    "/administration/announcements",
    "/administration/bridges",
    "/administration/erasures",
    "/administration/erasures/1",
    "/administration/erasures/1.json",
    "/administration/figures",
    "/administration/record",
    "/administration/holds",
    "/administration/journal",
    "/administration/rules",
    "/administration/look",
    "/administration/members/1/leave",
)


@dataclass
class Window:
    """Somebody's browser."""

    client: object

    async def page(self, path):
        answer = await self.client.get(path, headers=HOST)
        return answer.status_code, await answer.get_data(as_text=True)

    async def send(self, path, page="", **fields):
        """Send a form of a page (the same path, unless another one is named); return status, place and text."""
        found = re.search(r'name="csrf" value="([0-9a-f]+)"', (await self.page(page or path))[1])
        body = urlencode({"csrf": found[1], **fields})
        answer = await self.client.post(path, data=body, headers={**HOST, **TYPED})
        return answer.status_code, answer.headers.get("Location", ""), await answer.get_data(as_text=True)


@dataclass
class House:
    """A node with ada, who administers it, ben, who moderates, and the member carla."""

    ctx: object
    app: object
    people: dict = field(default_factory=dict)

    async def window(self, username):
        found = Window(self.app.test_client())
        assert (await found.send("/sign-in", username=username, password=PASSWORD))[0] == 303
        return found

    async def complaint(self, visibility=Visibility.UNIT):
        post = await posts.publish(self.ctx, self.people["carla"], Draft("Buy cheap looms!", visibility))
        ada, carla = self.people["ada"], self.people["carla"]
        ids = [post.id] if visibility is Visibility.UNIT else []
        return await report(self.ctx, ada, carla.id, post_ids=ids, comment="Only <adverts>", category="spam")


@contextlib.asynccontextmanager
async def house(folder, **more):
    async with context(folder, **more) as ctx:
        found = House(ctx, create_app(ctx, jobs=False))
        for name, role in (("ada", Role.ADMIN), ("ben", Role.MODERATOR), ("carla", Role.MEMBER)):
            found.people[name] = await members.add(ctx, username=name, password=PASSWORD, role=role)
        yield found


def addresses(app):
    """Return (method, path) of every route of these pages, from the application itself."""
    return [
        (method, re.sub(r"<int:[^>]+>", "1", re.sub(r"<any\((\w+)[^>]*>", r"\1", rule.rule)))
        for rule in app.url_map.iter_rules()
        if re.match(r"/(moderation|administration)(/|$)", rule.rule)
        for method in sorted(rule.methods & {"GET", "POST"})
    ]


@pytest.mark.parametrize(("name", "shut_out"), [("carla", "/"), ("ben", "/administration")])
async def test_for_those_without_the_role_there_is_no_such_page(tmp_path, name, shut_out):
    async with house(tmp_path) as home:
        window, routes = await home.window(name), addresses(home.app)
        assert {path for method, path in routes if method == "GET"} == {*MODERATING, *ADMINISTERING}
        tried = [(method, path) for method, path in routes if path.startswith(shut_out)]
        assert len(tried) > 10
        for method, path in tried:
            if method == "GET":
                status = (await window.page(path))[0]
            else:
                status = (await window.send(path, "/settings/profile"))[0]
            assert status == 404, (method, path)


async def role_of(home, username):
    async with home.ctx.db.read() as tx:
        return (await accounts.user_named(tx, username)).role


async def test_an_administrator_gives_others_roles_that_count_at_once(tmp_path, caplog):
    async with house(tmp_path) as home:
        ada, carla = await home.window("ada"), await home.window("carla")
        path = f"/administration/members/{home.people['carla'].id}/role"
        assert path in (await ada.page("/administration/members"))[1]
        assert (await carla.page("/moderation"))[0] == 404
        assert (await ada.send(path, role="moderator"))[:2] == (303, "/administration/members")
        assert (await role_of(home, "carla"), (await carla.page("/moderation"))[0]) == (Role.MODERATOR, 200)
        assert "role of http" in caplog.text
        assert home.people["ada"].uri in caplog.text
        await ada.send(path, role="nonsense")
        assert await role_of(home, "carla") is Role.MODERATOR
        await ada.send(path, role="member")
        assert (await role_of(home, "carla"), (await carla.page("/moderation"))[0]) == (Role.MEMBER, 404)


async def test_nobody_changes_their_own_role_or_that_of_who_is_no_member(tmp_path):
    async with house(tmp_path) as home:
        peer = await Peer.known_to(home.ctx, "rita")
        ada = await home.window("ada")
        own = f"/administration/members/{home.people['ada'].id}/role"
        assert (await ada.page(own))[0] == 403
        assert (await ada.send(own, "/settings/profile", role="member"))[0] == 403
        assert (await ada.page(f"/administration/members/{peer.actors['rita'].id}/role"))[0] == 404
        assert await role_of(home, "ada") is Role.ADMIN


async def test_the_last_administrator_keeps_the_role(tmp_path, database):
    async with house(tmp_path, database=database) as home:
        ada, ben = home.people["ada"], home.people["ben"]
        with pytest.raises(Forbidden):
            await members.set_role(home.ctx, ada.id, Role.MODERATOR, by=None)
        await members.set_role(home.ctx, ben.id, Role.ADMIN, by=ada)
        # Both at once: whoever comes second is the last.
        both = [members.set_role(home.ctx, one.id, Role.MEMBER, by=None) for one in (ada, ben)]
        results = await asyncio.gather(*both, return_exceptions=True)
        assert sorted(type(one).__name__ for one in results) == ["Forbidden", "NoneType"]
        assert sorted([await role_of(home, "ada"), await role_of(home, "ben")]) == [Role.ADMIN, Role.MEMBER]


async def test_strangers_sign_in_first(tmp_path):
    async with house(tmp_path) as home:
        for path in (*MODERATING, *ADMINISTERING):
            answer = await home.app.test_client().get(path, headers=HOST)
            assert answer.headers["Location"].startswith("/sign-in"), path


async def test_a_moderator_deals_with_a_complaint(tmp_path, database):
    async with house(tmp_path, database=database) as home:
        found, ben = await home.complaint(), await home.window("ben")
        path = f"/moderation/complaints/{found.id}"
        listed = (await ben.page("/moderation"))[1]
        assert path in listed
        assert "nobody looks after it yet" in listed
        page = (await ben.page(path))[1]
        assert "Only &lt;adverts&gt;" in page
        assert "Buy cheap looms!" in page
        assert "Unwanted advertising" in page
        assert (await ben.send(f"{path}/take", path))[:2] == (303, path)
        assert "ben looks after it" in (await ben.page("/moderation"))[1]
        assert (await ben.send(f"{path}/leave", path))[0] == 303
        assert "nobody yet" in (await ben.page(path))[1]
        assert (await ben.send(f"{path}/close", path))[0] == 303
        assert path not in (await ben.page("/moderation"))[1]
        assert path in (await ben.page("/moderation/closed"))[1]
        assert "by ben" in (await ben.page(path))[1]
        assert (await ben.send(f"{path}/reopen", path))[0] == 303
        assert path in (await ben.page("/moderation"))[1]
        assert (await ben.send("/moderation/complaints/1/close", path))[0] == 404


async def test_a_moderator_takes_out_one_post_and_its_author_is_told_why(tmp_path, database):
    async with house(tmp_path, database=database) as home:
        complaint = await home.complaint()
        (post,) = complaint.post_ids
        ben, carla = await home.window("ben"), await home.window("carla")
        back = f"/moderation/complaints/{complaint.id}"
        link = f"{back}/posts/{post}/take-out"
        assert link in (await ben.page(back))[1]
        assert (await ben.page(f"{back}/posts/{post + 1}/take-out"))[0] == 404
        status, _, page = await ben.send(link, reason=" ")
        assert (status, "Give a reason" in page) == (422, True)
        assert (await ben.send(link, reason="Adverts are against rule 2."))[:2] == (303, back)
        assert (await carla.page(f"/posts/{post}"))[0] == 404
        messages = (await carla.page("/messages"))[1]
        assert "Adverts are against rule 2." in messages
        told = (await carla.page(re.search(r'href="(/messages/\d+)"', messages)[1]))[1]
        assert "/complaint" in told
        assert (await ben.page(link))[0] == 404


async def test_a_moderator_reads_no_post_that_was_not_for_them(tmp_path):
    async with house(tmp_path) as home:
        ada, carla = home.people["ada"], home.people["carla"]
        secret = await posts.publish(home.ctx, carla, Draft("@ada A word to you alone", Visibility.DIRECT))
        found = await report(home.ctx, ada, carla.id, post_ids=[secret.id])
        page = (await (await home.window("ben")).page(f"/moderation/complaints/{found.id}"))[1]
        assert "A word to you alone" not in page
        assert "1 post is not shown" in page


async def test_an_account_is_suspended_and_restored_after_a_question(tmp_path, database):
    async with house(tmp_path, database=database) as home:
        found, ben, carla = await home.complaint(), await home.window("ben"), await home.window("carla")
        who, back = home.people["carla"].id, f"/moderation/complaints/{found.id}"
        link = f"/moderation/people/{who}/suspend?complaint={found.id}"
        assert link in (await ben.page(back))[1]
        assert "Suspend this account?" in (await ben.page(link))[1]
        assert (await carla.page("/home"))[0] == 200  # the question alone does nothing
        assert (await ben.send(link, complaint=found.id))[0] == 422, "nobody is suspended without a reason"
        assert (await ben.send(link, complaint=found.id, reason="A threat."))[:2] == (303, back)
        assert (await carla.page("/home"))[0] == 303
        page = (await ben.page(back))[1]
        assert "This account is suspended." in page
        assert "A threat." in page
        assert (await ben.send(f"/moderation/people/{who}/restore", complaint=found.id))[:2] == (303, back)
        assert "lifted" in (await ben.page(back))[1]
        async with home.ctx.db.read() as tx:
            assert (await accounts.by_id(tx, who)).active


async def test_a_moderator_may_not_act_on_those_with_a_role_and_nobody_on_themselves(tmp_path):
    async with house(tmp_path) as home:
        ada, ben = home.people["ada"].id, home.people["ben"].id
        for name, id in (("ben", ada), ("ben", ben), ("ada", ada)):
            window = await home.window(name)
            path = f"/moderation/people/{id}/suspend"
            assert (await window.page(path))[0] == 403
            assert (await window.send(path, "/settings/profile"))[0] == 403
        window = await home.window("ada")
        path = f"/moderation/people/{ben}/suspend"
        assert (await window.send(path, reason="A threat."))[:2] == (303, "/administration/members")


async def test_a_member_is_warned_and_limited_after_a_question(tmp_path):
    async with house(tmp_path) as home:
        found, ben = await home.complaint(), await home.window("ben")
        path, back = f"/moderation/people/{home.people['carla'].id}", f"/moderation/complaints/{found.id}"
        for name, question in (("warn", "Warn this member?"), ("limit", "Limit this account?")):
            assert question in (await ben.page(f"{path}/{name}?complaint={found.id}"))[1]
            assert (await ben.send(f"{path}/{name}", complaint=found.id, reason="No shouting."))[:2] == (303, back)
        page = (await ben.page(back))[1]
        assert page.count("No shouting.") == 2
        assert "This account is limited." in page
        assert (await ben.send(f"{path}/unlimit", complaint=found.id))[:2] == (303, back)
        assert "This account is limited." not in (await ben.page(back))[1]


async def test_members_are_found_by_name_and_user_name(tmp_path, database):
    async with house(tmp_path, database=database) as home:
        await members.add(home.ctx, username="dan", password=PASSWORD, name="Petit, Dan")
        await measures.suspend(home.ctx, home.people["carla"].id, reason="A threat.")
        ada = await home.window("ada")
        page = (await ada.page("/administration/members"))[1]
        assert re.findall(r'class="quiet">@(\w+)', page) == ["dan", "carla", "ben", "ada"]
        assert page.count('class="state warn">suspended') == 1
        assert "Moderator" in page
        for q, names in {"petit": ["dan"], "%40be": ["ben"], "%25": []}.items():
            page = (await ada.page(f"/administration/members?q={q}"))[1]
            assert re.findall(r'class="quiet">@(\w+)', page) == names, q


async def test_bans_are_counted_and_lifted_by_what_only_the_one_who_asks_knows(tmp_path):
    async with house(tmp_path) as home:
        ada, path = await home.window("ada"), "/administration/bans"
        assert "Nobody is banned." in (await ada.page(path))[1]
        async with home.ctx.change() as change:
            await bans.put(change, home.people["carla"])
        page = (await ada.page(path))[1]
        assert ("1 account is banned." in page, "carla" in page) == (True, False)
        status, _, page = await ada.send(path, name="dan")
        assert (status, "No ban has this name" in page) == (404, True)
        status, place, _ = await ada.send(path, name="@carla")
        assert (status, place) == (303, f"{path}?lifted=1")
        page = (await ada.page(place))[1]
        assert ("The ban is lifted." in page, "Nobody is banned." in page) == (True, True)


async def test_an_invitation_is_shown_once_and_withdrawn(tmp_path, database):
    async with house(tmp_path, database=database) as home:
        ada, path = await home.window("ada"), "/administration/invitations"
        status, _, page = await ada.send(path, role="moderator", note="For <Eva>")
        link = re.search(r'class="code">([^<]+)<', page)[1]
        assert (status, link.startswith(URL)) == (200, True)
        later = (await ada.page(path))[1]
        assert link not in later
        assert "For &lt;Eva&gt;" in later
        assert later.count("Under age") == 1, "the field of the form"
        await ada.send(path, role="member", note="For Tim", minor="on")
        assert (await ada.page(path))[1].count("Under age") == 2
        stranger = Window(home.app.test_client())
        assert (await stranger.page(link.removeprefix(URL)))[0] == 200
        hash = re.search(r'name="invitation" value="(\w+)"', later)[1]
        assert (await ada.send(f"{path}/withdraw", path, invitation=hash))[:2] == (303, path)
        assert (await stranger.page(link.removeprefix(URL)))[0] == 404
        status, _, page = await ada.send(f"{path}/withdraw", path, invitation=hash)
        assert (status, "not open any more" in page) == (404, True)


async def test_an_announcement_is_written_and_withdrawn(tmp_path, database):
    async with house(tmp_path, database=database) as home:
        ada, path = await home.window("ada"), "/administration/announcements"
        for typed, why in (("2020-01-01", "This day is over"), ("9999-12-31", "no date"), ("soon", "no date")):
            status, _, page = await ada.send(path, text="Kept words", last_day=typed)
            assert (status, why in page, "Kept words" in page) == (422, True, True), typed
        assert (await ada.send(path, text="  "))[0] == 422
        assert (await ada.send(path, text="The *canteen* is closed", last_day="2998-05-01"))[:2] == (303, path)
        page = (await ada.page(path))[1]
        assert "<em>canteen</em>" in page
        assert "1 May 2998" in page
        withdraw = re.search(rf'action="({path}/\d+/withdraw)"', page)[1]
        assert (await ada.send(withdraw, path))[:2] == (303, path)
        assert "canteen" not in (await ada.page(path))[1]
        assert (await ada.send(withdraw, path))[0] == 404


async def test_an_announcement_stands_in_every_home_until_its_reader_has_read_it(tmp_path, database):
    async with house(tmp_path, database=database) as home:
        ada, ben = await home.window("ada"), await home.window("ben")
        await ada.send("/administration/announcements", text="The *canteen* is closed")
        for one in (ada, ben):
            assert "The <em>canteen</em> is closed" in (await one.page("/home"))[1]
        read = re.search(r'action="(/announcements/\d+/read)"', (await ben.page("/home"))[1])[1]
        assert (await ben.send(read, "/home"))[:2] == (303, "/home")
        assert "canteen" not in (await ben.page("/home"))[1]
        assert "canteen" in (await ada.page("/home"))[1]
        assert (await ben.send("/announcements/1/read", "/home"))[0] == 404


async def failed_delivery(home, state):
    """Have a delivery to the peer end so."""
    post = await posts.publish(home.ctx, home.people["ada"], Draft("Hello", Visibility.ORGANISATION))
    async with home.ctx.change() as change:
        rows = await change.tx.all("SELECT id FROM deliveries WHERE host = :host AND state = 'due'", host=PEER)
        assert rows, post.uri
        ended = [
            {"id": row["id"], "state": state, "due_at": change.now, "status": 503, "error": "<down>"} for row in rows
        ]
        await queues.finish_deliveries(change.tx, ended)


async def test_contact_with_other_nodes_is_told_and_tried_again(tmp_path, database):
    async with house(tmp_path, database=database) as home:
        ada, path = await home.window("ada"), "/administration/nodes"
        assert "This node stands alone." in (await ada.page(path))[1]
        await Peer.known_to(home.ctx, "rita", hosts=["quiet.example"])
        await failed_delivery(home, "unreachable")
        async with home.ctx.change() as change:
            await change.tx.run("DELETE FROM deliveries WHERE host <> :host", host=PEER)
            from_peer = queues.InboxRow(
                change.new_id(), "https://x.example/1", "Like", "https://x.example/a", "x.example", "", b"{}", 0, 1
            )
            await queues.put_inbox(change.tx, [from_peer])
            await queues.fail_inbox(change.tx, from_peer.id, error="no such <post>")
        page = (await ada.page(path))[1]
        assert "nothing was sent yet" in page
        assert "Silent for long" not in page
        assert "<svg" in page
        assert "style=" not in page
        given_up = (await ada.page(f"{path}/given-up"))[1]
        assert "could not be reached (503)" in given_up
        assert "&lt;down&gt;" in given_up
        assert "no such &lt;post&gt;" in (await ada.page(f"{path}/set-aside"))[1]
        assert (await ada.send(f"{path}/retry", path, host="quiet.example"))[:2] == (303, path)
        assert "could not be reached" in (await ada.page(f"{path}/given-up"))[1]
        assert (await ada.send(f"{path}/retry", path, host=PEER))[:2] == (303, path)
        assert "Nothing was given up." in (await ada.page(f"{path}/given-up"))[1]
        assert "something is on its way" in re.search(r"<tbody>.*</tbody>", (await ada.page(path))[1], re.S)[0]


async def test_a_node_that_is_silent_for_long_is_named_before_its_copies_go(tmp_path, database):
    async with house(tmp_path, database=database) as home:
        ada, path = await home.window("ada"), "/administration/nodes"
        await Peer.known_to(home.ctx, "rita")
        for days, told in ((182, False), (1, True)):
            async with home.ctx.change() as change:
                for day in range(days):
                    await silence.note(change.tx, [PEER], day=day, heard=False)
            assert ("silent for 183 days, erased in 182 days" in (await ada.page(path))[1]) == told


async def test_figures_tell_sums_and_nothing_of_a_few(tmp_path, database):
    async with house(tmp_path, database=database) as home:
        ada = await home.window("ada")
        assert re.findall(r'class="n">(\d+)<', (await ada.page("/administration/figures"))[1]) == ["0"] * 36
        for number in range(2):
            await members.add(home.ctx, username=f"person{number}", password=PASSWORD)
        page = (await ada.page("/administration/figures"))[1]
        assert re.findall(r'class="n">(\d+)<', page)[12] == "5"
        assert re.findall(r'<rect [^>]*height="(\d+)"', page)[23] == "120"


async def test_what_a_suspended_author_wrote_for_all_stays_in_the_complaint(tmp_path, database):
    async with house(tmp_path, database=database) as home:
        made = await home.complaint()
        await measures.suspend(home.ctx, home.people["carla"].id, reason="A threat.")
        ben, path = await home.window("ben"), f"/moderation/complaints/{made.id}"
        assert "Buy cheap looms!" in (await ben.page(path))[1]
        (post_id,) = made.post_ids
        assert (await ben.page(f"{path}/posts/{post_id}/take-out"))[0] == 200
        assert (await (await home.window("ada")).page(f"/posts/{post_id}"))[0] == 404
