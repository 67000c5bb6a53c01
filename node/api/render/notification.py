"""The entities Notification, NotificationGroup and NotificationRequest.

A page takes a handful of queries beside those of its posts, however long it is.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import orjson

from node.api.render import status as render_status
from node.api.render.account import account as render_account
from node.api.render.account import document
from node.api.render.report import report as render_report
from node.context import Context
from node.domain.accounts import Account
from node.domain.notifications import Group, Notification
from node.domain.times import iso
from node.store import accounts
from node.store.database import Tx
from node.store.notification_policies import Request
from node.store.notifications import complaints

_PARTIAL = ("id", "acct", "locked", "bot", "url", "avatar", "avatar_static")


async def notifications(ctx: Context, tx: Tx, found: Sequence[Notification], *, viewer_id: int) -> list[dict[str, Any]]:
    """Return notifications; one about a post that its reader may not see (any more) is left out."""
    around = await _Around.of(ctx, tx, found, people=[one.from_id for one in found], viewer_id=viewer_id)
    return [
        {
            "id": str(one.id),
            "type": one.kind.value,
            "group_key": one.key,
            "created_at": iso(one.created_at),
            "account": render_account(ctx, around.people[one.from_id]),
            **({"status": around.posts[one.post_id]} if one.post_id is not None else {}),
            **around.report(one),
        }
        for one in found
        if one.from_id in around.people and around.shows(one)
    ]


async def groups(
    ctx: Context, tx: Tx, found: Sequence[Group], *, viewer_id: int, partial: bool = False, paged: bool = False
) -> dict[str, Any]:
    """Return groups, and each account and post they name once (GroupedNotificationsResults).

    partial: of the accounts, only the latest of each group in full. paged: say which part of each group the page holds.
    """
    around = await _Around.of(ctx, tx, found, people=[id for one in found for id in one.sample], viewer_id=viewer_id)
    seen = [one for one in found if around.shows(one)]
    sampled = {id: around.people[id] for one in seen for id in one.sample if id in around.people}
    full = {one.sample[0] for one in seen} if partial else sampled.keys()
    return {
        "accounts": [render_account(ctx, who) for id, who in sampled.items() if id in full],
        **(
            {"partial_accounts": [_small(ctx, who) for id, who in sampled.items() if id not in full]} if partial else {}
        ),
        "statuses": [around.posts[id] for id in dict.fromkeys(one.post_id for one in seen) if id is not None],
        "notification_groups": [_group(one, around, paged=paged) for one in seen],
    }


def _small(ctx: Context, account: Account) -> dict[str, Any]:
    whole = document(ctx, account)
    return {name: whole[name] for name in _PARTIAL}


def _group(one: Group, around: "_Around", *, paged: bool) -> dict[str, Any]:
    page = {
        "page_min_id": str(one.oldest_id),
        "page_max_id": str(one.newest_id),
        "latest_page_notification_at": iso(one.latest_at),
    }
    return {
        "group_key": one.key,
        "notifications_count": one.count,
        "type": one.kind.value,
        "most_recent_notification_id": str(one.newest_id),  # a number of this size is no number in JavaScript
        **(page if paged else {}),
        "sample_account_ids": [str(id) for id in one.sample if id in around.people],
        **({"status_id": str(one.post_id)} if one.post_id is not None else {}),
        **around.report(one),
    }


async def requests(ctx: Context, tx: Tx, found: Sequence[Request], *, viewer_id: int) -> list[dict[str, Any]]:
    """Return whose messages wait, each with the newest one, if its reader may see it."""
    senders = await accounts.by_ids(tx, {one.from_id for one in found})
    latest = await render_status.by_id(ctx, tx, [one.last_post_id for one in found], viewer_id=viewer_id)
    return [
        {
            "id": str(one.id),
            "created_at": iso(one.first_at),
            "updated_at": iso(one.last_at),
            "account": render_account(ctx, senders[one.from_id]),
            "notifications_count": str(one.count),
            "last_status": latest.get(one.last_post_id),
        }
        for one in found
    ]


@dataclass(frozen=True, slots=True)
class _Around:
    """What the notifications of a page name: people, posts and complaints, ready to be shown."""

    people: Mapping[int, Account]
    posts: Mapping[int, orjson.Fragment]
    reports: Mapping[int, dict[str, Any]]

    @classmethod
    async def of(
        cls, ctx: Context, tx: Tx, found: Sequence[Notification | Group], *, people: Iterable[int], viewer_id: int
    ) -> "_Around":
        about = {one.post_id for one in found if one.post_id is not None}
        reported = {one.report_id for one in found if one.report_id is not None}
        complained = await complaints(tx, reported) if reported else {}
        known = await accounts.by_ids(tx, {*people, *(report.target_id for report, _ in complained.values())})
        return cls(
            people=known,
            posts=await render_status.by_id(ctx, tx, about, viewer_id=viewer_id),
            reports={
                id: render_report(ctx, report, target=known[report.target_id], forwarded=forwarded)
                for id, (report, forwarded) in complained.items()
            },
        )

    def shows(self, one: Notification | Group) -> bool:
        return one.post_id is None or one.post_id in self.posts

    def report(self, one: Notification | Group) -> dict[str, Any]:
        found = self.reports.get(one.report_id or 0)
        return {"report": found} if found else {}
