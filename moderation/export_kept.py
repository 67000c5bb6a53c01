"""What a member keeps here, or asked for, beside what they wrote: JSON files of their archive (GDPR, Art. 15, 20)."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

import orjson

from node.domain.accounts import Account
from node.domain.cases import Case, Kind
from node.domain.times import iso
from node.store import (
    accounts,
    cases,
    drafts,
    filters,
    groups,
    mail_settings,
    measures,
    notes,
    openings,
    polls,
    reports,
    scheduled,
    second_factors,
    tags,
    tokens,
)
from node.store.database import Tx
from node.store.pages import Page

_MOST = 1_000


async def _account(tx: Tx, own: Account) -> Any:
    user, mail = await accounts.user(tx, own.id), await mail_settings.of(tx, own.id)
    factor = await second_factors.of(tx, own.id)
    return {
        "username": own.username,
        "since": iso(own.created_at),
        "role": user and user.role,
        "second_factor_since": factor and factor.since and iso(factor.since),
        "appearance": user and user.comfort,
        "habits": user and user.habits,
        "opened": [
            {"what": one.what, "at": iso(one.at), "closed": one.closed_at and iso(one.closed_at)}
            for one in await openings.of(tx, own.id, limit=_MOST)
        ],
        "mail": mail and {"address": mail.address, "about": sorted(mail.kinds), "digest": mail.digest},
        "followed_tags": [name for _, name in await tags.followed(tx, own.id, Page(limit=_MOST))],
        "featured_tags": [one.name for one in await tags.featured(tx, own.id)],
        "groups": [one.account.uri for one in await groups.of_member(tx, own.id, Page(limit=_MOST))],
        "clients": [
            {"name": one.name, "may": one.scopes, "since": iso(one.created_at)}
            for one in await tokens.of_member(tx, own.id, Page(limit=_MOST))
        ],
    }


async def _notes(tx: Tx, own: Account) -> Any:
    return [{"about": uri, "text": text} for uri, text in await notes.of_member(tx, own.id, limit=_MOST)]


async def _votes(tx: Tx, own: Account) -> Any:
    return [{"poll": uri, "choice": name} for uri, name in await polls.votes_of(tx, own.id, limit=_MOST)]


async def _moderation(tx: Tx, own: Account) -> Any:
    about = await measures.of(tx, own.id, limit=_MOST)
    filed = await reports.filed(tx, own.id, limit=_MOST)
    return {
        "about_me": [
            {"what": one.kind, "reason": one.reason, "at": iso(one.at), "ended": one.ended_at and iso(one.ended_at)}
            for one in about
        ],
        "complaints": [
            {"about": one.category, "text": one.content, "at": iso(one.created_at), "state": one.state} for one in filed
        ],
    }


async def _drafts(tx: Tx, own: Account) -> Any:
    return [{"at": iso(one.kept_at), "form": orjson.loads(one.form)} for one in await drafts.of_account(tx, own.id)]


async def _planned(tx: Tx, own: Account) -> Any:
    found = await scheduled.of_account(tx, own.id, Page(limit=_MOST))
    return [{"due": iso(one.due_at), "draft": orjson.loads(one.draft)} for one in found]


async def _filters(tx: Tx, own: Account) -> Any:
    return [
        {
            "title": one.title,
            "contexts": one.contexts,
            "action": one.action,
            "until": one.expires_at and iso(one.expires_at),
            "words": [word.text for word in one.keywords],
        }
        for one in await filters.of_member(tx, own.id)
    ]


async def _requests(tx: Tx, own: Account) -> Any:
    return [await _request(tx, one) for one in await cases.of_account(tx, own.id, limit=_MOST)]


async def _request(tx: Tx, case: Case) -> Any:
    said = [one for one in await cases.entries(tx, case.id, limit=_MOST) if one.kind is not Kind.NOTE]
    return {
        "number": case.reference,
        "topic": case.topic,
        "state": case.state,
        "wish": case.wish,
        "links": case.links,
        "words": case.passage,
        "asked": iso(case.created_at),
        "answer": case.verdict,
        "said": [{"kind": one.kind, "text": one.text, "at": iso(one.at)} for one in said],
    }


FILES: Mapping[str, Callable[[Tx, Account], Awaitable[Any]]] = {
    "account.json": _account,
    "drafts.json": _drafts,
    "planned.json": _planned,
    "notes.json": _notes,
    "votes.json": _votes,
    "moderation.json": _moderation,
    "filters.json": _filters,
    "requests.json": _requests,
}
"""Name in the archive → what reads it, as `orjson` writes it."""
