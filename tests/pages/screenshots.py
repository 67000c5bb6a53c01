"""Pictures of every page, at the width of a desk and of a phone: `python -m tests.pages.screenshots FOLDER`.

Names of pages after the folder make pictures of those only; `--theme`, `--dark`, `--simple` and `--language` choose
how they look.
"""

import argparse
import asyncio
import tempfile
from collections.abc import Awaitable, Callable
from pathlib import Path

from playwright.async_api import BrowserContext, Page

from moderation import desk, second_factors
from node.adapters import authenticators
from node.config import Look
from node.domain.cases import Verdict, proof_sign, sign
from tests.chromium import chromium
from tests.pages.scene import Scene, scene
from tests.served import PASSWORD

WIDTHS = {"desk": 1280, "phone": 375}

Address = str | Callable[[Scene], str]

OPEN: dict[str, Address] = {
    "welcome": "/",
    "sign-in": "/sign-in",
    "sign-in-simple": "/sign-in?simple=1",
    "about": "/about",
    "privacy": "/privacy",
    "terms": "/terms",
    "accessibility": "/accessibility",
    "young-people": "/young-people",
    "how-to-complain": "/complaint",
    "case-asked": lambda here: f"/complaint/cases/{sign(here.ctx.secret, here.cases['erasure'])}",
    "case-answered": lambda here: f"/complaint/cases/{sign(here.ctx.secret, here.cases['answered'])}",
    "case-proof": lambda here: f"/complaint/proof/{proof_sign(here.ctx.secret, here.cases['erasure'])}",
    "offline": "/offline",
    "not-there": "/nowhere",
}
"""What everybody may look at, by a name for its picture."""


def _carry_out(here: Scene, name: str) -> str:
    return f"/desk/cases/{here.cases['erasure'].id}/posts/{here.posts['warned'].id}/{name}"


PAGES: dict[str, Address] = {
    "home": "/home",
    "unit": "/unit",
    "organisation": "/organisation",
    "tag": "/tags/patterns",
    "post": lambda here: f"/posts/{here.posts['picture'].id}",
    "compose": "/compose",
    "planned": "/planned",
    "copies": lambda here: f"/posts/{here.posts['answer'].id}/copies",
    "edit": lambda here: f"/posts/{here.posts['notice'].id}/edit",
    "wall": "/@ada",
    "other-wall": "/@carla",
    "people": "/people",
    "people-skill": "/people?skill=SAP",
    "search": "/search?q=pattern",
    "menu": "/menu",
    "messages": "/messages",
    "conversation": lambda here: f"/messages/{here.conversation}",
    "new-message": "/messages/new?to=@ben",
    "bookmarks": "/bookmarks",
    "lists": "/lists",
    "list": lambda here: f"/lists/{here.list}",
    "list-edit": lambda here: f"/lists/{here.list}/edit",
    "groups": "/groups",
    "groups-found": "/groups?q=loom",
    "group-new": "/groups/new",
    "group": "/@natural_dyes",
    "group-about": lambda here: f"/groups/{here.groups['natural_dyes'].id}/about",
    "group-members": lambda here: f"/groups/{here.groups['natural_dyes'].id}/members",
    "group-member": lambda here: f"/groups/{here.groups['natural_dyes'].id}/members/{here.people['ben'].id}",
    "group-requests": lambda here: f"/groups/{here.groups['natural_dyes'].id}/requests",
    "group-invite": lambda here: f"/groups/{here.groups['natural_dyes'].id}/invite?q=d",
    "group-shared": "/@supply",
    "group-share": lambda here: f"/groups/{here.groups['natural_dyes'].id}/bridge",
    "bridge": lambda here: f"/partners/{here.bridges['supply']}",
    "bridge-drafted": lambda here: f"/partners/{here.bridges['trials']}",
    "administration-bridges": "/administration/bridges",
    "administration-erasures": "/administration/erasures",
    "certificate": lambda here: f"/administration/erasures/{here.erasure}",
    "certificate-held": lambda here: f"/administration/erasures/{here.held_erasure}",
    "group-settings": lambda here: f"/groups/{here.groups['natural_dyes'].id}/settings",
    "group-invited": "/@works_council",
    "group-asks": "/@loom_repair",
    "group-open": "/@canteen",
    "group-closed": "/@open_day",
    "group-post": lambda here: f"/posts/{here.posts['weld'].id}",
    "pages": "/pages",
    "page-new": "/pages/new",
    "page": "/@safety",
    "page-closed": "/@staff_council",
    "board": "/@house",
    "board-category": "/@house?category=Canteen",
    "board-search": "/@house?q=loom",
    "board-archive": lambda here: f"/pages/{here.pages['board'].id}/archive",
    "board-planned": lambda here: f"/pages/{here.pages['board'].id}/planned",
    "board-print": lambda here: f"/pages/{here.pages['board'].id}/print",
    "notice-print": lambda here: f"/posts/{here.posts['hours'].id}/print",
    "notice-edit": lambda here: f"/posts/{here.posts['hours'].id}/edit",
    "page-editors": lambda here: f"/pages/{here.pages['safety'].id}/editors",
    "page-settings": lambda here: f"/pages/{here.pages['safety'].id}/settings",
    "notifications": "/notifications",
    "settings-profile": "/settings/profile",
    "drafts": "/drafts",
    "settings-clients": "/settings/clients",
    "settings": "/settings",
    "settings-appearance": "/settings/appearance",
    "shortcuts": "/shortcuts",
    "settings-privacy": "/settings/privacy",
    "settings-filters": "/settings/filters",
    "settings-filter": lambda here: f"/settings/filters/{here.filter}",
    "settings-filter-new": "/settings/filters/new",
    "filter-post": lambda here: f"/posts/{here.posts['plan'].id}/filter",
    "settings-export": "/settings/export",
    "settings-import": "/settings/import",
    "settings-leaving": "/settings/leaving",
    "settings-erasures": "/settings/erasures",
    "settings-erase": "/settings/account/erase",
    "settings-account": "/settings/account",
    "settings-second-factor": "/settings/second-factor",
    "settings-device": "/settings/device",
    "home-offline": "/home/offline",
    "first-steps": "/first-steps",
    "first-steps-people": "/first-steps/people",
    "first-steps-others": "/first-steps/others",
    "complaints": "/moderation",
    "complaint": lambda here: f"/moderation/complaints/{here.complaint.id}",
    "take-out": lambda here: f"/moderation/complaints/{here.complaint.id}/posts/{here.posts['warned'].id}/take-out",
    "desk": "/desk",
    "desk-unproven": "/desk/unproven",
    "desk-done": "/desk/done",
    "desk-case": lambda here: f"/desk/cases/{here.cases['erasure'].id}",
    "desk-complaint": lambda here: f"/desk/cases/{here.cases['post'].id}",
    "desk-find": lambda here: f"/desk/cases/{here.cases['erasure'].id}/find?q=indigo",
    "desk-black-out": lambda here: _carry_out(here, "black-out"),
    "desk-take-out": lambda here: _carry_out(here, "take-out"),
    "suspend": lambda here: f"/moderation/people/{here.people['dan'].id}/suspend?complaint={here.complaint.id}",
    "administration": "/administration",
    "members": "/administration/members",
    "role": lambda here: f"/administration/members/{here.people['dan'].id}/role",
    "minor": lambda here: f"/administration/members/{here.people['dan'].id}/minor",
    "second-factor-of": lambda here: f"/administration/members/{here.people['dan'].id}/second-factor",
    "guests": "/administration/guests",
    "guest": lambda here: f"/administration/guests/{here.people['greta'].id}",
    "settings-guests": "/settings/guests",
    "settings-pseudonym": "/settings/pseudonym",
    "pseudonyms": "/pseudonyms",
    "guest-wall": "/@greta",
    "invitations": "/administration/invitations",
    "bans": "/administration/bans",
    "organisation-list": "/administration/organisation",
    "places": "/administration/places",
    "place": "/administration/places?host=social.indigo-growers.example",
    "nodes": "/administration/nodes",
    "given-up": "/administration/nodes/given-up",
    "set-aside": "/administration/nodes/set-aside",
    "announcements": "/administration/announcements",
    "figures": "/administration/figures",
    "record": "/administration/record",
    "holds": "/administration/holds",
    "house-rules": "/administration/rules",
    "look": "/administration/look?theme=meadow",
    "journal": "/administration/journal?check=1",
    "leave": lambda here: f"/administration/members/{here.people['dan'].id}/leave",
    "back": "/back",
}
"""What members, or those with a role, look at."""


async def _erased_for_somebody(here: Scene, page: Page) -> None:
    """What who asked for it sees when a post was taken out."""
    ada, case = here.people["ada"], here.cases["erasure"]
    await desk.take_out(here.ctx, case.id, here.posts["warned"].id, reason="Not agreed to.", by=ada)
    await desk.answer(here.ctx, case.id, Verdict.GRANTED, "The post is gone, at every node that had a copy.", by=ada)
    await page.goto(f"{here.url}/complaint/cases/{sign(here.ctx.secret, case)}")


async def _erases_what_is_held(here: Scene, page: Page) -> None:
    """What a member sees whose account must not be erased yet."""
    await sign_in(here, page.context, "carla")
    await page.goto(f"{here.url}/settings/account/erase")
    await page.fill("#password", PASSWORD)
    await page.click("main button")


async def _has_codes_for_once(here: Scene, page: Page) -> None:
    """What a member sees once, when a second factor begins to count."""
    ben = here.people["ben"]
    await sign_in(here, page.context, "ben")
    await second_factors.begin(here.ctx, ben, PASSWORD, address="192.0.2.1")
    begun = await second_factors.of(here.ctx, ben)
    assert begun is not None, "it was begun just now"
    await page.goto(f"{here.url}/settings/second-factor")
    await page.fill("#code", authenticators.code(begun.key, at=here.ctx.clock()))
    await page.click("main button")


async def _is_asked_for_a_code(here: Scene, page: Page) -> None:
    """What who has a second factor sees after the password."""
    await page.goto(f"{here.url}/sign-in?next=/settings/second-factor")
    await page.fill("#username", "dan")
    await page.fill("#password", PASSWORD)
    await page.click("main button")


async def _has_second_factor(here: Scene, page: Page) -> None:
    """What who has a second factor can do with it."""
    await _is_asked_for_a_code(here, page)
    await page.fill("#code", authenticators.code(here.app, at=here.ctx.clock() + 30_000))
    await page.click("main button")


ENDINGS: dict[str, Callable[[Scene, Page], Awaitable[None]]] = {
    "case-erased": _erased_for_somebody,
    "erase-held": _erases_what_is_held,
    "second-factor-codes": _has_codes_for_once,
    "second-factor": _has_second_factor,
    "sign-in-code": _is_asked_for_a_code,
}
"""What is seen once something has been done that cannot be undone; last of all."""


def address(here: Scene, page: Address) -> str:
    """Return where a page is in this scene."""
    return here.url + (page if isinstance(page, str) else page(here))


async def sign_in(here: Scene, window: BrowserContext, username: str = "ada") -> None:
    """Sign somebody in, through the form."""
    page = await window.new_page()
    await page.goto(f"{here.url}/sign-in")
    await page.fill("#username", username)
    await page.fill("#password", PASSWORD)
    await page.click("main button")
    await page.wait_for_url("**/home")
    await page.close()


async def take(folder: Path, wanted: list[str], *, look: Look, dark: bool, simple: bool, language: str) -> None:
    """Write the pictures."""
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as data:
        async with scene(Path(data), look=look) as here, chromium() as browser:
            await here.comfort("ada", simple=simple, language=language)
            for name, width in WIDTHS.items():
                for pages, member in ((OPEN, False), (PAGES, True)):
                    window = await browser.new_context(
                        viewport={"width": width, "height": 900},
                        color_scheme="dark" if dark else "light",
                        locale=language,
                    )
                    if member:
                        await sign_in(here, window)
                    page = await window.new_page()
                    page.on("console", lambda message: print(f"  {message.type}: {message.text}"))
                    for title, where in pages.items():
                        if wanted and title not in wanted:
                            continue
                        answer = await page.goto(address(here, where))
                        await page.wait_for_load_state("networkidle")
                        print(f"{title} ({name}): {answer.status if answer else '?'}")
                        await page.screenshot(path=folder / f"{title}-{name}.png", full_page=True)
                    await window.close()
            for title, act in ENDINGS.items():
                if wanted and title not in wanted:
                    continue
                window = await browser.new_context(color_scheme="dark" if dark else "light", locale=language)
                page = await window.new_page()
                await act(here, page)
                for name, width in WIDTHS.items():
                    await page.set_viewport_size({"width": width, "height": 900})
                    await page.screenshot(path=folder / f"{title}-{name}.png", full_page=True)
                await window.close()


def main() -> None:
    """Read what is wanted, and take the pictures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("pages", nargs="*")
    parser.add_argument("--theme", default="plain")
    parser.add_argument("--dark", action="store_true")
    parser.add_argument("--simple", action="store_true")
    parser.add_argument("--language", default="en")
    given = parser.parse_args()
    asyncio.run(
        take(
            given.folder,
            given.pages,
            look=Look(theme=given.theme),
            dark=given.dark,
            simple=given.simple,
            language=given.language,
        )
    )


if __name__ == "__main__":
    main()
