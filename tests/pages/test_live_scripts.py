"""Pages in a real browser, told of what happens while they are open."""

from playwright.async_api import expect

from node.domain.accounts import Profile
from node.domain.posts import Draft
from node.domain.visibility import Visibility
from outbox import posts, profiles, reactions, relationships
from tests.pages.windows import home


async def listening(here, stream):
    """Wait until a page hears of a stream."""
    while not any(one.name == stream for reader in here.ctx.hub.readers for one in reader.streams):
        await here.ctx.hub.wait(object, seconds=0.02)


async def write(here, by, text, **more):
    return await posts.publish(here.ctx, here.people[by], Draft(text, Visibility.UNIT, **more))


async def test_new_posts_wait_behind_a_button_that_is_announced_once(tmp_path):
    async with home(tmp_path) as (here, page):
        await listening(here, "user")
        shown = await page.locator("article.post").count()
        await write(here, "ben", "First of the new")
        button, said = page.locator(".fresh button"), page.locator(".fresh [role=status]")
        await expect(button).to_have_text("One new post")
        await expect(said).to_have_text("One new post")
        last = await write(here, "carla", "Last of the new")
        await expect(button).to_have_text("2 new posts")
        await expect(said).to_have_text("One new post")
        await expect(page.locator("article.post")).to_have_count(shown)
        await button.click()
        await expect(page.locator("#stream > article.post").first).to_contain_text("Last of the new")
        await expect(page.locator("article.post")).to_have_count(shown + 2)
        await expect(page.locator(f"#post-{last.id}")).to_be_focused()
        await expect(button).to_be_hidden()
        await page.locator(f"#heart-{last.id}").click()  # what came later works as what was there
        await expect(page.locator(f"#post-{last.id}").get_by_role("button", name="Take like back")).to_be_visible()


async def test_an_edited_post_changes_in_its_place_and_a_deleted_one_goes(tmp_path):
    async with home(tmp_path) as (here, page):
        await listening(here, "user")
        plan, warned = here.posts["plan"], here.posts["warned"]
        await page.locator(f"#post-{warned.id} .veil summary").click()
        await posts.edit(here.ctx, here.people["carla"], plan.id, Draft("All new", Visibility.ORGANISATION))
        await posts.edit(here.ctx, here.people["dan"], warned.id, Draft("The red one.", summary=warned.summary))
        await expect(page.locator(f"#post-{plan.id}")).to_contain_text("All new")
        await expect(page.locator(f"#post-{warned.id}")).to_contain_text("The red one.")
        await expect(page.locator(f"#post-{warned.id} .veil[open]")).to_have_count(1)
        await posts.delete(here.ctx, here.people["carla"], plan.id)
        await expect(page.locator(f"#post-{plan.id}")).to_have_count(0)


async def test_what_somebody_takes_back_goes_though_the_post_itself_stays(tmp_path):
    async with home(tmp_path) as (here, page):
        passed_on = page.locator("article.post", has=page.locator(".before"))
        await expect(passed_on).to_have_count(1)
        await listening(here, "user")
        await reactions.unboost(here.ctx, here.people["ben"], here.posts["picture"].id)
        await expect(passed_on).to_have_count(0)


async def test_a_vote_that_is_being_thought_about_is_not_taken_away(tmp_path):
    async with home(tmp_path) as (here, page):
        await listening(here, "user")
        poll = page.locator(f"#post-{here.posts['poll'].id}")
        await poll.get_by_label("Sunday").check()
        await posts.edit(here.ctx, here.people["ben"], here.posts["poll"].id, Draft("When, then?"))
        await write(here, "ben", "After that")
        await expect(page.locator(".fresh button")).to_be_visible()
        await expect(poll.get_by_label("Sunday")).to_be_checked()


async def test_the_numbers_in_the_menu_move_while_one_looks(tmp_path):
    async with home(tmp_path) as (here, page):
        await listening(here, "user")
        news = page.locator("nav.side [data-place=bell] .count")
        before = int(await news.inner_text())
        await reactions.favourite(here.ctx, here.people["carla"], here.posts["notice"].id)
        await expect(news).to_have_text(str(before + 1))


async def test_answers_come_below_a_conversation(tmp_path):
    async with home(tmp_path) as (here, page):
        await page.goto(f"{here.url}/posts/{here.posts['picture'].id}")
        await listening(here, "thread")
        answer = await write(here, "dan", "Blue.", reply_to_id=here.posts["answer"].id)
        await page.get_by_role("button", name="One new post").click()
        await expect(page.locator("#stream > article.post").last).to_have_attribute("id", f"post-{answer.id}")


async def test_a_page_nobody_looks_at_gives_its_stream_back_and_asks_later_what_it_missed(tmp_path):
    async with home(tmp_path) as (here, page):
        await listening(here, "user")
        hide = """(hidden) => {
          Object.defineProperty(document, "hidden", { configurable: true, get: () => hidden });
          document.dispatchEvent(new Event("visibilitychange"));
        }"""
        await page.evaluate(hide, True)
        while here.ctx.hub.readers:
            await here.ctx.hub.wait(object, seconds=0.02)
        await write(here, "ben", "While away")
        await posts.delete(here.ctx, here.people["carla"], here.posts["plan"].id)
        await page.evaluate(hide, False)
        await expect(page.locator(".fresh button")).to_have_text("One new post")
        await expect(page.locator(f"#post-{here.posts['plan'].id}")).to_have_count(0)


async def test_unread_news_have_room_and_their_buttons_stay_when_more_come(tmp_path):
    async with home(tmp_path) as (here, page):
        ada, dan = here.people["ada"], here.people["dan"]
        await profiles.edit(here.ctx, ada, Profile(locked=True))
        await relationships.unfollow(here.ctx, dan, ada.id)
        await relationships.follow(here.ctx, dan, ada.id)  # this is now for her to accept
        await page.goto(f"{here.url}/notifications")
        await listening(here, "user:notification")
        for card in await page.locator(".card.unread").all():
            outer, inner = await card.bounding_box(), await card.locator(".who").bounding_box()
            assert inner["y"] + inner["height"] < outer["y"] + outer["height"]
        count = page.locator("nav.side [data-place=bell] .count")
        before = await count.inner_text()
        await reactions.favourite(here.ctx, here.people["carla"], here.posts["notice"].id)
        await expect(count).not_to_have_text(before)
        await expect(page.locator(".card.unread").first.get_by_role("button", name="Accept")).to_be_visible()
