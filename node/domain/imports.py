"""What a member brings along from an account of before: tables of relations, and posts they wrote there."""

import csv
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from hashlib import sha256
from pathlib import PurePosixPath
from typing import Any

from node.domain.visibility import Visibility
from node.errors import Invalid

Json = dict[str, Any]

AUDIENCES = (Visibility.DIRECT, Visibility.UNIT)
"""For whom old posts may be, the narrower first: for nobody but who wrote them, or the own unit."""

MOST_TRIES = 3


class Kind(StrEnum):
    """What one entry asks for, in the order in which it is done."""

    BLOCK = "block"
    MUTE = "mute"
    MUTE_HOST = "mute_host"
    FOLLOW = "follow"
    LIST = "list"
    BOOKMARK = "bookmark"
    POST = "post"


ORDER = tuple(Kind)


class State(StrEnum):
    DUE = "due"
    DONE = "done"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Item:
    """One thing to bring along. content: what it takes, by kind; reason: why it could not be, a phrase."""

    id: int
    kind: Kind
    content: Json
    state: State = State.DUE
    reason: str = ""
    tries: int = 0


@dataclass(frozen=True, slots=True)
class Import:
    """What one member brought at one time. name: of the file; file: where it waits, '' when nothing of it is needed.

    audience: for whom the posts shall be. left_out: how much of it was not taken, by what it is. Times: Unix ms.
    """

    id: int
    account_id: int
    name: str
    audience: Visibility
    file: str
    left_out: dict[str, int]
    created_at: int
    finished_at: int | None


_TABLES = {
    "blocked_accounts": Kind.BLOCK,
    "blocks": Kind.BLOCK,
    "muted_accounts": Kind.MUTE,
    "mutes": Kind.MUTE,
    "blocked_domains": Kind.MUTE_HOST,
    "domain_blocks": Kind.MUTE_HOST,
    "following_accounts": Kind.FOLLOW,
    "follows": Kind.FOLLOW,
    "lists": Kind.LIST,
    "bookmarks": Kind.BOOKMARK,
}
"""By what Mastodon, and browsers that save twice, call the files."""

_HEADS = ("account address", "list name", "#domain", "#uri")
_LONGEST = 1_000


def table_kind(name: str) -> Kind | None:
    """Return what a table is about, by the name of its file; None for one that we do not know."""
    stem = PurePosixPath(name.replace("\\", "/")).name.lower().removesuffix(".csv")
    return next((kind for known, kind in _TABLES.items() if stem.startswith(known)), None)


def rows(kind: Kind, text: str) -> Iterator[Json]:
    """Return what stands in a table of Mastodon's: with a head, as they are written now, or without one.

    Raises:
        Invalid: it is no table.
    """
    try:
        found = [[field.strip()[:_LONGEST] for field in row] for row in csv.reader(text.splitlines(), strict=True)]
    except csv.Error as error:
        raise Invalid("This table cannot be read. Export it once more, and leave it as it is.") from error
    lines = [row for row in found if any(row)]
    head = [name.lower() for name in lines[0]] if lines and lines[0][0].lower() in _HEADS else []
    for row in lines[1:] if head else lines:
        yield _row(kind, row, dict(zip(head, row, strict=False)))


def _row(kind: Kind, row: list[str], named: dict[str, str]) -> Json:
    who = row[0].removeprefix("@")
    match kind:
        case Kind.BLOCK:
            return {"who": who}
        case Kind.MUTE:
            return {"who": who, "notifications": _truth(named.get("hide notifications", ""), default=True)}
        case Kind.MUTE_HOST:
            return {"host": row[0]}
        case Kind.FOLLOW:
            languages = [one.strip() for one in named.get("languages", "").split(",") if one.strip()]
            return {
                "who": who,
                "boosts": _truth(named.get("show boosts", ""), default=True),
                "notify": _truth(named.get("notify on new posts", ""), default=False),
                "languages": languages,
            }
        case Kind.LIST:
            return {"title": row[0], "who": row[1].removeprefix("@") if len(row) > 1 else ""}
        case _:
            return {"uri": row[0]}


def _truth(text: str, *, default: bool) -> bool:
    return default if not text else text.lower() in ("true", "1", "yes")


def in_order(found: Iterable[tuple[Kind, Json]]) -> list[tuple[Kind, Json]]:
    """Return entries in the order in which they are done; lists need follows, answers what they answer."""
    return sorted(found, key=lambda one: ORDER.index(one[0]))


def mark(account_id: int, uri: str) -> str:
    """Return by what an old post is known again, without its address: it is not brought along twice."""
    return sha256(f"{account_id} {uri}".encode()).hexdigest()


def audience_of(content: Json, wanted: Visibility) -> Visibility:
    """Return for whom an old post is: never for more people than its author chose when it was written."""
    return wanted if content["wide"] and wanted in AUDIENCES else Visibility.DIRECT
