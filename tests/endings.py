"""A node where accounts end soon: the figures are days, and a test lets them pass."""

import contextlib
from dataclasses import replace

from moderation import holds, inactivity, members
from node.app import create_app
from node.config import Retention
from node.domain.accounts import Role
from node.domain.times import DAY_MS
from node.store import accounts
from tests.mailing import PASSWORD, mailing

ADDRESS = "ben@example.com"
FIGURES = Retention(inactive_days=40, hide_days=10, delete_days=20)


@contextlib.asynccontextmanager
async def node(folder, *, database="", figures=FIGURES, **mail):
    """A node with Ada, who administers it and is there every day, and Ben, who has an address where there are mails."""
    async with mailing(folder, database=database, **mail) as here:
        here.ctx = replace(here.ctx, settings=replace(here.ctx.settings, retention=figures))
        here.app = create_app(here.ctx, jobs=False)
        here.ada = await here.member("ada", role=Role.ADMIN)
        here.ben = await here.member("ben", address=ADDRESS if here.ctx.mailer.enabled else "")
        here.token = await members.issue_token(here.ctx, here.ada, name="every day")
        await inactivity.climb(here.ctx)
        yield here


async def live(here, count, *, deliver=True):
    """Let so many days pass, in each of which the loop goes round and Ada looks in."""
    for _ in range(count):
        here.clock.now += DAY_MS
        assert await members.viewer_of_token(here.ctx, here.token)
        await inactivity.climb(here.ctx)
        await holds.end_due(here.ctx)
        if deliver:
            await here.deliver()


async def state(here, account=None):
    async with here.ctx.db.read() as tx:
        found = await accounts.by_id(tx, (account or here.ben).id)
    return "erased" if found.deleted_at else "hidden" if found.hidden_at else "shown"


def subjects(here):
    return [mail["Subject"] for mail in here.house.to(ADDRESS)]


def sign_in(here, username="ben"):
    return members.sign_in(here.ctx, username=username, password=PASSWORD, address="192.0.2.1")
