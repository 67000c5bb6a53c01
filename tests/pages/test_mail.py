"""The pages about mails, as a browser without JavaScript meets them, and what mail programs do with their links."""

import contextlib
import re
from urllib.parse import urlencode

from node.domain.accounts import Role
from node.domain.mails import Digest, Mailing
from outbox.mail.letters import stop_link
from tests.mailing import PASSWORD, URL, mailing

HOST = {"Host": "127.0.0.1:8499", "Accept": "text/html"}
TYPED = {"Content-Type": "application/x-www-form-urlencoded"}
BEN = "ben@example.com"


class Browser:
    """Somebody's browser."""

    def __init__(self, app):
        self.client = app.test_client()

    async def page(self, path):
        answer = await self.client.get(path.removeprefix(URL), headers=HOST)
        return answer.status_code, await answer.get_data(as_text=True)

    async def send(self, path, page=None, **fields):
        """Send the form of a page (the same path, unless another one is named); return status, place and text."""
        path = path.removeprefix(URL)
        found = re.search(r'name="csrf" value="([0-9a-f]+)"', (await self.page(page or path))[1])
        body = urlencode({"csrf": found[1] if found else "", **fields}, doseq=True)
        answer = await self.client.post(path, data=body, headers={**HOST, **TYPED})
        return answer.status_code, answer.headers.get("Location", ""), await answer.get_data(as_text=True)


@contextlib.asynccontextmanager
async def signed_in(folder, **more):
    async with mailing(folder, **more) as node:
        await node.member("ben")
        browser = Browser(node.app)
        assert (await browser.send("/sign-in", username="ben", password=PASSWORD))[0] == 303
        yield node, browser


async def test_a_member_gives_an_address_confirms_it_and_chooses(tmp_path, database):
    async with signed_in(tmp_path, database=database) as (node, browser):
        status, page = await browser.page("/settings/mail")
        assert status == 200
        assert "You get no mails" in page
        assert 'name="kinds"' not in page
        where = ("/settings/mail/address", "/settings/mail")
        status, _, page = await browser.send(*where, address="ben(at)example.com", password=PASSWORD)
        assert status == 422
        assert "This is no mail address" in page
        assert "ben(at)example.com" in page
        status, _, page = await browser.send(*where, address=BEN, password="another one entirely")
        assert status == 401
        assert BEN in page
        assert (await browser.send(*where, address=BEN, password=PASSWORD))[:2] == (303, "/settings/mail")
        assert f"A link went to {BEN}" in (await browser.page("/settings/mail"))[1]
        await node.deliver()
        link = f"/mail/confirm/{node.sign(node.house.to(BEN)[0], 'mail/confirm')}"
        elsewhere = Browser(node.app)
        for _ in range(2):  # a program looks at it first
            status, page = await elsewhere.page(link)
            assert (status, f"Shall mails for @ben go to {BEN}?" in page) == (200, True)
        assert "You get no mails" in (await browser.page("/settings/mail"))[1]
        assert f"now go to {BEN}" in (await elsewhere.send(link))[2]
        assert (await elsewhere.page(link))[0] == 404
        status, _, page = await browser.send("/settings/mail", kinds=["follow", "mention", "nonsense"], digest="daily")
        assert status == 200
        assert "Saved." in page
        checked = re.findall(r'name="kinds" value="(\w+)" checked', page)
        assert checked == ["mention", "follow"]
        assert (await browser.send("/settings/mail/remove", "/settings/mail"))[0] == 303
        assert "You get no mails" in (await browser.page("/settings/mail"))[1]


async def test_a_moderator_may_hear_of_complaints(tmp_path):
    async with mailing(tmp_path) as node:
        await node.member("ada", address="ada@example.com", role=Role.MODERATOR)
        await node.member("ben", address=BEN)
        for name, offered in (("ada", True), ("ben", False)):
            browser = Browser(node.app)
            await browser.send("/sign-in", username=name, password=PASSWORD)
            assert ('value="report"' in (await browser.page("/settings/mail"))[1]) is offered


async def test_strangers_are_sent_to_sign_in(tmp_path):
    async with mailing(tmp_path) as node:
        browser = Browser(node.app)
        assert (await browser.client.get("/settings/mail", headers=HOST)).headers["Location"].startswith("/sign-in")


async def test_O07_the_form_for_a_forgotten_password_tells_nobody_who_is_here(tmp_path):
    async with mailing(tmp_path) as node:
        await node.member("ben", address=BEN)
        browser = Browser(node.app)
        known = await browser.send("/forgotten-password", address=BEN)
        unknown = await browser.send("/forgotten-password", address="eve@example.com")
        assert known == unknown
        assert known[0] == 200
        assert "If a member confirmed this address" in known[2]
        assert (await browser.send("/forgotten-password", address="nonsense"))[0] == 422
        await node.deliver()
        assert [mail["To"] for mail in node.house.mails] == [BEN]


async def test_a_new_password_is_chosen_by_the_link(tmp_path):
    async with mailing(tmp_path) as node:
        await node.member("ben", address=BEN)
        browser = Browser(node.app)
        await browser.send("/forgotten-password", address=BEN)
        await node.deliver()
        link = f"/new-password/{node.sign(node.house.to(BEN)[0], 'new-password')}"
        assert "For @ben" in (await browser.page(link))[1]
        status, _, page = await browser.send(link, password="short")
        assert status == 422
        assert "12" in page
        assert (await browser.send(link, password="another good password"))[:2] == (303, "/sign-in")
        assert (await browser.page(link))[0] == 404
        assert (await browser.send("/sign-in", username="ben", password="another good password"))[0] == 303


async def test_O05_a_form_of_another_site_changes_nothing(tmp_path):
    async with signed_in(tmp_path) as (_node, browser):
        for path in ("/settings/mail", "/settings/mail/address", "/settings/mail/remove"):
            answer = await browser.client.post(path, form={"digest": "never"}, headers=HOST)
            assert answer.status_code == 403


async def test_a_mail_program_ends_mails_with_one_click(tmp_path, database):
    async with mailing(tmp_path, database=database) as node:
        ben = await node.member("ben", address=BEN)
        link = stop_link(node.ctx, await node.settings(ben), Mailing.NOTICES).removeprefix(URL)
        browser = Browser(node.app)
        status, page = await browser.page(link)  # a scanner
        assert status == 200
        assert f"not go to {BEN} any more?" in page
        assert (await node.settings(ben)).kinds
        answer = await browser.client.post(
            link,
            data="List-Unsubscribe=One-Click",
            headers={"Host": HOST["Host"], **TYPED},
        )
        assert answer.status_code == 200
        found = await node.settings(ben)
        assert (found.kinds, found.digest) == (frozenset(), Digest.WEEKLY)
        link = stop_link(node.ctx, found, Mailing.DIGEST).removeprefix(URL)
        assert "do not go to" in (await browser.send(link))[2]
        assert (await node.settings(ben)).digest is Digest.NEVER
        for wrong in (link[:-3], link.replace("digest", "notices"), "/mail/stop/x/y"):
            answer = await browser.client.post(wrong, headers=HOST)
            assert answer.status_code == 404
        assert answer.headers["Content-Security-Policy"]


async def test_where_no_mail_goes_out_no_page_offers_it(tmp_path):
    async with signed_in(tmp_path, host="", listen="", reply_to="") as (_, browser):
        for path in ("/settings/mail", "/forgotten-password", "/new-password/x", "/mail/confirm/x"):
            assert (await browser.page(path))[0] == 404
