"""Somebody who is no member, at a browser without scripts: from the home page to the answer, and to the objection."""

import re
from contextlib import asynccontextmanager

import pytest
from playwright.async_api import expect

from federation import certificates
from node.store.sealed import read
from tests.chromium import chromium
from tests.pages.scene import scene
from tests.pages.screenshots import sign_in


@asynccontextmanager
async def windows(folder):
    """A stranger's page and Ada's, who sits at the desk; neither runs scripts."""
    async with scene(folder) as here, chromium() as browser:
        pages = []
        for username in ("", "ada"):
            window = await browser.new_context(java_script_enabled=False, locale="en")
            if username:
                await sign_in(here, window, username)
            pages.append(await window.new_page())
        yield here, *pages


async def press(page, name):
    await page.locator("main").get_by_role("button", name=name, exact=True).click()


async def ask_to_erase(stranger, here, post, wish, *, words=""):
    """Ask for an erasure, from the home page on; return the number of the case."""
    await stranger.goto(here.url)
    await stranger.get_by_role("link", name=re.compile("^Complain.*Members and others")).click()
    await stranger.get_by_label("What is it about?").select_option(label="Erase something about me (Art. 17 GDPR)")
    await stranger.get_by_label("What is wrong, or what shall we do?").fill(wish)
    await stranger.get_by_label("Where did you see it?").fill(f"{here.url}/posts/{post.id}")
    await stranger.get_by_label("Which words, or which name?").fill(words)
    await stranger.get_by_label("Your mail address").fill("max@outside.example")
    await press(stranger, "Send")
    return re.search(r"\w{3}-\w{4}$", await stranger.locator("h1").inner_text())[0]


async def test_a_name_is_blacked_out_for_somebody_who_is_no_member(tmp_path):
    async with windows(tmp_path) as (here, stranger, ada):
        post = here.posts["warned"]
        number = await ask_to_erase(stranger, here, post, "You call me the blue one.", words="blue one")

        await ada.goto(f"{here.url}/desk")
        await ada.get_by_label("Number").fill(number.lower())
        await press(ada, "Find")
        await expect(ada.locator("main")).to_contain_text("First it has to be shown who asks.")
        await ada.get_by_label("How was it shown?").fill("He showed a letter.")
        await press(ada, "It is shown who asks")
        await press(ada, "Find")
        await expect(ada.locator("main article")).to_have_count(1)
        await ada.get_by_role("link", name="Black out words").click()
        await expect(ada.get_by_label("Which words?")).to_have_value("blue one")
        await ada.get_by_label("Why? The author is told.").fill("He did not agree.")
        await press(ada, "Black out")
        await expect(ada.locator("main")).to_contain_text("a passage was blacked out")
        await ada.get_by_role("radio", name="granted", exact=True).check()
        await ada.get_by_label("Why?", exact=True).fill("We took your name out.")
        await press(ada, "Answer")

        await stranger.reload()
        await expect(stranger.locator("main")).to_contain_text("We took your name out.")
        await stranger.get_by_label("What is wrong with the answer?").fill("There is a second post.")
        await press(stranger, "Object to the answer")
        await expect(stranger.locator("main")).to_contain_text("the objection is being looked after")
        async with here.ctx.db.read() as tx:
            row = await tx.one("SELECT said FROM posts WHERE id = :id", id=post.id)
        assert read(tx, row["said"], 3)[0] == "<p>The winner is the ▒▒▒▒▒.</p>"


@pytest.mark.parametrize(
    ("language", "send", "number"), [("en", "Send", "Your"), ("de", "Senden", "Deine"), ("fr", "Envoyer", "Votre")]
)
async def test_a_complaint_is_filed_in_three_languages(tmp_path, language, send, number):
    async with windows(tmp_path) as (here, stranger, _):
        await stranger.goto(f"{here.url}/complaint?lang={language}")
        await stranger.locator("#wish").fill("Something is wrong.")
        await press(stranger, send)
        await stranger.goto(f"{stranger.url}?lang={language}")
        await expect(stranger.locator("h1")).to_contain_text(number)


async def test_a_post_is_taken_out_for_somebody_who_is_no_member_and_they_can_prove_it(tmp_path):
    async with windows(tmp_path) as (here, stranger, ada):
        post = here.posts["warned"]
        number = await ask_to_erase(stranger, here, post, "That is about me.")
        await ada.goto(f"{here.url}/desk")
        await ada.get_by_label("Number").fill(number)
        await press(ada, "Find")
        await ada.get_by_label("How was it shown?").fill("He showed a letter.")
        await press(ada, "It is shown who asks")
        await ada.get_by_role("link", name="Take the post out").click()
        await ada.get_by_label("Why? The author is told.").fill("He did not agree.")
        await press(ada, "Take the post out")
        await stranger.reload()
        await expect(stranger.locator("main")).not_to_contain_text("A post was erased")
        await ada.get_by_role("radio", name="granted", exact=True).check()
        await ada.get_by_label("Why?", exact=True).fill("It is gone.")
        await press(ada, "Answer")
        await stranger.reload()
        await expect(stranger.locator("main")).to_contain_text("A post was erased")
        await stranger.get_by_role("link", name="Certificate of an erasure").click()
        await expect(stranger.locator("h1")).to_have_text("Certificate of an erasure")
        file = await stranger.context.request.get(f"{stranger.url}.json")
        made = await file.json()
        assert all(one.holds for one in certificates.check(made))
        assert made["order"]["object"] == post.uri
        assert (await stranger.context.request.get(f"{stranger.url}1.json")).status == 404
