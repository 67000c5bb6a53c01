"""The page on which one tells of oneself."""

from moderation import members
from tests.node.browser import BROWSER, browser
from tests.seeded import picture


async def save(ada, files=None, **fields):
    form = {"csrf": await ada.csrf("/settings/profile"), "name": "Ada Martin"} | fields
    return await ada.client.post("/settings/profile", form=form, files=files or {}, headers=BROWSER)


async def test_a_portrait_and_a_banner_are_chosen_described_and_taken_away(tmp_path):
    async with browser(tmp_path) as ada:
        files = {"portrait": picture(), "banner": picture("red")}
        answer = await save(ada, files, portrait_alt="A teal square", banner_alt="Red")
        assert (answer.status_code, answer.headers["Location"]) == (303, "/@ada")
        account = await members.named(ada.ctx, "ada")
        assert (bool(account.icon_file), account.icon_alt) == (True, "A teal square")
        assert (bool(account.image_file), account.image_alt) == (True, "Red")
        assert 'alt="A teal square"' in (await ada.page("/@ada"))[1]
        await save(ada, portrait_alt="Still teal", banner_alt="Red")
        again = await members.named(ada.ctx, "ada")
        assert (again.icon_file, again.icon_alt, again.image_file) == (
            account.icon_file,
            "Still teal",
            account.image_file,
        )
        await save(ada, no_portrait="on", portrait_alt="Still teal", banner_alt="Red")
        again = await members.named(ada.ctx, "ada")
        assert (again.icon_file, again.icon_alt, again.image_file) == ("", "", account.image_file)


async def test_a_file_that_is_no_picture_is_refused_and_nothing_changes(tmp_path):
    async with browser(tmp_path) as ada:
        wrong = picture()
        wrong.stream.truncate(10)
        answer = await save(ada, {"portrait": wrong}, position="Weaver")
        assert answer.status_code == 422
        account = await members.named(ada.ctx, "ada")
        assert (account.icon_file, account.position) == ("", "")
