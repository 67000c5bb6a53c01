"""What members and officers see of erasures, and how somebody erases their account, in a browser without scripts."""

import zlib

import orjson

from federation import certificates
from moderation import members
from node.domain.accounts import Role
from node.domain.posts import Draft
from node.domain.visibility import Visibility
from outbox import media, posts
from tests.member import picture
from tests.node.test_web import BROWSER, PASSWORD
from tests.pages.test_finding import desk


def text_of(pdf):
    """Return what stands in a PDF, as its drawing commands have it."""
    found = b""
    for part in pdf.split(b"stream\n")[1:]:
        try:
            found += zlib.decompress(part.partition(b"\nendstream")[0])
        except zlib.error:
            continue
    return found.decode("latin-1")


async def last_line(browser, base):
    """Return where the latest erasure in a list is shown."""
    page = await browser.main(base)
    return page.partition(f'href="{base}/')[2].partition('"')[0]


async def test_a_member_sees_what_they_erased_and_keeps_the_certificate(tmp_path):
    async with desk(tmp_path) as here:
        ada, ben = await here.browser("ada"), await here.browser("ben")
        assert "You have erased nothing yet." in await ada.main("/settings/erasures")
        post = await here.writes("ada", "The vat is ready.", Visibility.UNIT)
        await posts.delete(here.ctx, here.people["ada"], post.id)
        number = await last_line(ada, "/settings/erasures")
        shown = await ada.main(f"/settings/erasures/{number}")
        assert "No other node had a copy." in shown
        assert "In backups of this node" in shown
        assert "The vat is ready." not in shown
        answer = await ada.client.get(f"/settings/erasures/{number}.json", headers=BROWSER)
        assert all(one.holds for one in certificates.check(orjson.loads(await answer.get_data())))
        answer = await ada.client.get(f"/settings/erasures/{number}.pdf", headers=BROWSER)
        assert answer.headers["Content-Disposition"] == f'attachment; filename="erasure-{number}.pdf"'
        paper = text_of(await answer.get_data(as_text=False))
        assert "Certificate of an erasure" in paper
        assert "In backups of this node" in paper
        for path in (f"/settings/erasures/{number}", f"/settings/erasures/{number}.json"):
            assert (await ben.client.get(path, headers=BROWSER)).status_code == 404, "it is nobody else's"


async def test_an_erasure_is_not_done_while_its_author_has_the_files(tmp_path):
    async with desk(tmp_path) as here:
        ada, account = await here.browser("ada"), here.people["ada"]
        (tmp_path / "vat.jpg").write_bytes(picture())
        file = await media.upload(here.ctx, account, tmp_path / "vat.jpg")
        post = await posts.publish(here.ctx, account, Draft("The vat", Visibility.UNIT, media_ids=(file.id,)))
        await posts.delete(here.ctx, account, post.id, keep_files=True)
        number = await last_line(ada, "/settings/erasures")
        path = f"/settings/erasures/{number}"
        assert "may write the post anew with them" in await ada.main(path)
        assert "under way" in await ada.main("/settings/erasures")
        paper = await ada.client.get(f"{path}.pdf", headers=BROWSER)
        assert "Its files stay at this node" in text_of(await paper.get_data(as_text=False))
        await media.discard(here.ctx, account, file.id)
        assert "write the post anew" not in await ada.main(path)
        assert "under way" not in await ada.main("/settings/erasures")


async def test_an_officer_sees_every_erasure_and_an_administrator_only_as_long_as_there_is_none(tmp_path):
    async with desk(tmp_path) as here:
        await members.set_role(here.ctx, here.people["ben"].id, Role.ADMIN, by=None)
        await posts.delete(here.ctx, here.people["ada"], (await here.writes("ada", "The vat is ready.")).id)
        ben, carla = await here.browser("ben"), await here.browser("carla")
        number = await last_line(ben, "/administration/erasures")
        assert number
        assert "Nothing waits for an answer." in await ben.main("/administration/erasures?open")
        await carla.page("/administration/erasures", status=404)
        await members.set_role(here.ctx, here.people["carla"].id, Role.OFFICER, by=None)
        assert await last_line(carla, "/administration/erasures") == number
        await carla.page(f"/administration/erasures/{number}")
        await ben.page("/administration/erasures", status=404)
        await carla.page("/administration/members", status=404)
        await carla.page("/moderation", status=404)


async def test_a_member_erases_their_account_and_keeps_a_link_to_the_certificate(tmp_path):
    async with desk(tmp_path) as here:
        ada, ben = await here.browser("ada"), await here.browser("ben")
        post = await here.writes("ada", "The vat is ready.")
        status, _ = await ada.send("/settings/account/erase", password="not it")
        assert status == 401
        await ben.page(f"/posts/{post.id}")
        status, link = await ada.send("/settings/account/erase", password=PASSWORD)
        assert (status, link.startswith("/erased/")) == (303, True)
        await ben.page(f"/posts/{post.id}", status=404)
        stranger = here.app.test_client()
        answer = await stranger.get(link, headers=BROWSER)
        assert answer.status_code == 200
        page = await answer.get_data(as_text=True)
        assert "Your account is erased here." in page
        assert "noindex" in page + answer.headers.get("X-Robots-Tag", "")
        made = orjson.loads(await (await stranger.get(f"{link}.json", headers=BROWSER)).get_data())
        assert all(one.holds for one in certificates.check(made))
        assert (await stranger.get("/erased/somebody-elses", headers=BROWSER)).status_code == 404
        answer = await ada.client.get("/home", headers=BROWSER)
        assert answer.status_code == 303, "nobody is signed in any more"


async def test_the_last_administrator_cannot_erase_themselves(tmp_path):
    async with desk(tmp_path) as here:
        await members.set_role(here.ctx, here.people["ada"].id, Role.ADMIN, by=None)
        ada = await here.browser("ada")
        status, _ = await ada.send("/settings/account/erase", password=PASSWORD)
        assert status == 403
        await ada.page("/home")
