"""Bringing along from an account of before, on its page."""

import io

from werkzeug.datastructures import FileStorage

from moderation import imports
from tests.moderation.test_imports import note, outbox, zipped
from tests.node.test_web import BROWSER, token
from tests.pages.test_finding import desk


async def sent(browser, name, content, **fields):
    form = {"csrf": token(await browser.page("/settings/import")), **fields}
    files = {"file": FileStorage(io.BytesIO(content), filename=name)}
    return await browser.client.post("/settings/import", form=form, files=files, headers=BROWSER)


async def test_a_member_brings_an_archive_and_reads_what_became_of_it(tmp_path):
    async with desk(tmp_path / "node") as here:
        ada, ben = await here.browser("ada"), await here.browser("ben")
        page = await ada.page("/settings/import")
        assert 'value="direct" checked' in page, "for nobody else, unless one says so"
        archive = zipped(
            tmp_path,
            outbox_json=outbox(
                note(1, "<p>A wide one</p>"), note(2, "<p>A narrow one</p>", to=["https://b.example/bob"])
            ),
            following_accounts_csv="Account address\nfar@else.example\n",
        )
        assert (await sent(ada, "archive.zip", archive.read_bytes(), audience="unit")).status_code == 303
        assert "under way" in await ada.page("/settings/import")
        while await imports.work(here.ctx):
            pass
        page = await ada.page("/settings/import")
        for said in ("archive.zip", "far@else.example", "Nobody of this address is in the organisation."):
            assert said in page, said
        wall = await ada.page("/@ada")
        assert ("A wide one" in wall, "A narrow one" in wall, "imported" in wall, "Only you" in wall) == (True,) * 4
        theirs = await ben.page("/@ada")
        assert ("A wide one" in theirs, "A narrow one" in theirs) == (True, False)


async def test_what_cannot_be_taken_is_said(tmp_path):
    async with desk(tmp_path / "node") as here:
        ada = await here.browser("ada")
        answer = await sent(ada, "things.csv", b"a,b\n")
        assert (answer.status_code, "It is not clear what is in this table" in await answer.get_data(as_text=True)) == (
            422,
            True,
        )
        answer = await sent(ada, "archive.zip", b"PK\x03\x04 nothing")
        assert (answer.status_code, "cannot be read" in await answer.get_data(as_text=True)) == (422, True)
        form = {"csrf": token(await ada.page("/settings/import"))}
        answer = await ada.client.post("/settings/import", form=form, headers=BROWSER)
        assert (answer.status_code, "Choose a file first." in await answer.get_data(as_text=True)) == (422, True)
