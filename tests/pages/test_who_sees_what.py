"""Who may open which page: one table, and everybody who tries every page of a node with everything on it.

What of other people's posts they read there `tests/node/test_privacy_walk.py` says; here it is about the doors.
"""

import re

import aiohttp

from moderation import members, personas
from node.domain.accounts import Role
from node.web.session import cookie_name
from tests.pages.scene import PASSWORD, scene
from tests.pages.screenshots import OPEN, PAGES, address

PEOPLE = ("guest", "persona", "member", "manager", "moderator", "officer", "admin")
"""A manager has a high position, and no right that comes with it (requirements A6). The admin is Ada, of the scene."""

_MEMBERS = tuple(one for one in PEOPLE if one != "guest")
_OWN = tuple(one for one in _MEMBERS if one != "persona")

TABLE = (
    (
        PEOPLE,
        """home unit organisation tag compose planned drafts wall other-wall people people-skill search menu
        messages new-message bookmarks lists groups groups-found group group-about guest-wall notifications settings
        settings-profile settings-clients settings-appearance shortcuts settings-privacy settings-filters
        settings-filter-new settings-export settings-erasures settings-device home-offline first-steps
        first-steps-people first-steps-others back""",
    ),
    # About the person's own account: not under a pseudonym.
    (("guest", *_OWN), "settings-erase settings-account settings-second-factor settings-import"),
    (_OWN, "settings-pseudonym"),
    # What a guest has nothing to do with.
    (
        _MEMBERS,
        """post group-new group-shared group-asks group-open group-closed pages page page-closed board
        board-category board-search board-archive board-print notice-print filter-post settings-guests""",
    ),
    # Of a group for members only: who is in it.
    (("guest", "admin"), "group-members group-post"),
    # Ada's own, and what she looks after as a member, not as an administrator.
    (
        ("admin",),
        """settings-leaving copies edit conversation list list-edit settings-filter group-member group-requests
        group-invite group-share group-settings group-invited bridge bridge-drafted board-planned notice-edit
        page-editors page-settings""",
    ),
    (("moderator", "admin"), "complaints complaint take-out suspend"),
    (("moderator", "officer", "admin"), "pseudonyms"),
    # While there is an officer, data protection is theirs alone.
    (
        ("officer",),
        """administration-erasures certificate certificate-held desk desk-unproven desk-done desk-case
        desk-complaint desk-find desk-black-out desk-take-out holds""",
    ),
    (("officer", "admin"), "record journal"),
    (
        ("admin",),
        """administration administration-bridges page-new members role minor second-factor-of guests guest invitations
        bans nodes organisation-list places place house-rules look given-up set-aside announcements figures leave""",
    ),
)
"""Who → the pages that open for them, by the names of `tests.pages.screenshots`; strangers are sent to sign in."""


def allowed(title):
    """Who may open a page."""
    (who,) = [who for who, titles in TABLE if title in titles.split()]
    return set(who)


def browser(**cookies):
    return aiohttp.ClientSession(
        cookie_jar=aiohttp.CookieJar(unsafe=True), headers={"Accept": "text/html"}, cookies=cookies
    )


async def signed_in(here, username):
    found = browser()
    async with found.get(f"{here.url}/sign-in") as answer:
        csrf = re.search(r'name="csrf" value="([0-9a-f]+)"', await answer.text())[1]
    form = {"csrf": csrf, "username": username, "password": PASSWORD}
    async with found.post(f"{here.url}/sign-in", data=form, allow_redirects=False) as answer:
        assert answer.status == 303, username
    return found


async def everybody(here):
    """Every kind of person with a browser of their own."""
    more = {"manager": Role.MEMBER, "moderator": Role.MODERATOR, "officer": Role.OFFICER, "member": Role.MEMBER}
    for name, role in more.items():
        position = "Head of everything" if name == "manager" else ""
        await members.add(here.ctx, username=f"a_{name}", password=PASSWORD, role=role, position=position)
    names = {"guest": "greta", "admin": "ada", **{name: f"a_{name}" for name in more}}
    found = {name: await signed_in(here, username) for name, username in names.items()}
    owner = await members.named(here.ctx, "a_member")
    await personas.make(here.ctx, owner, username="badger", name="Badger")
    return found | {"persona": browser(**{cookie_name_of(here): await personas.enter(here.ctx, owner)})}


def cookie_name_of(here):
    return cookie_name(here.ctx)


async def status(window, address):
    async with window.get(address, allow_redirects=False) as answer:
        return answer.status, answer.headers.get("Location", "").partition("?")[0]


async def test_every_page_opens_for_those_in_the_table_and_for_nobody_else(tmp_path):
    assert {title for _, titles in TABLE for title in titles.split()} == set(PAGES), "a page without a rule"
    wrong = []
    async with scene(tmp_path) as here:
        windows, stranger = await everybody(here), browser()
        try:
            for title, where in PAGES.items():
                place = address(here, where)
                got = {name: (await status(window, place))[0] for name, window in windows.items()}
                expected = allowed(title)
                wrong += [
                    (title, name, code)
                    for name, code in got.items()
                    if (code == 200) != (name in expected) or code not in (200, 403, 404)
                ]
                if await status(stranger, place) != (303, "/sign-in"):
                    wrong.append((title, "stranger", "is let in"))
            for title, where in OPEN.items():
                code = (await status(stranger, address(here, where)))[0]
                if code != (404 if title == "not-there" else 200):
                    wrong.append((title, "stranger", code))
        finally:
            for window in [*windows.values(), stranger]:
                await window.close()
    assert wrong == []
