"""People as those see them who look after a node: suspended ones too, and what role a member has."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from node.domain.accounts import Account, Role
from node.store.accounts import COLUMNS, account
from node.store.database import Row, Tx
from node.store.measures import LIMITED
from node.store.pages import Page


@dataclass(frozen=True, slots=True)
class Person:
    """An account; a member here has a role and a language, somebody of another node neither.

    limited: a moderator limited it (`node.domain.measures`).
    """

    account: Account
    role: Role | None
    language: str
    limited: bool


@dataclass(frozen=True, slots=True)
class Sought:
    """Which people are meant, as far as it is said. local: of this node or of others; suspended or not; with a role.

    limited: only those.
    members: people with a sign-in of their own here. username, name: how these begin. host: the node they are at home
    at.
    """

    local: bool | None = None
    suspended: bool | None = None
    limited: bool = False
    staff: bool = False
    members: bool = False
    username: str = ""
    name: str = ""
    host: str | None = None


_IS_LIMITED = f"EXISTS (SELECT 1 FROM measures l WHERE l.account_id = a.id AND {LIMITED})"
_FROM = f"""SELECT {COLUMNS}, u.role, u.language, {_IS_LIMITED} AS limited
    FROM accounts a LEFT JOIN users u ON u.account_id = a.id"""
_PEOPLE = "a.kind NOT IN ('Application', 'Organization') AND a.deleted_at IS NULL"


def _person(tx: Tx, row: Row) -> Person:
    return Person(
        account(tx, row), Role(row["role"]) if row["role"] else None, row["language"] or "", bool(row["limited"])
    )


async def people(tx: Tx, sought: Sought, page: Page) -> list[Person]:
    """Return a page of people, the latest first."""
    conditions, values = [_PEOPLE], {}
    if sought.local is not None:
        conditions.append("a.host = ''" if sought.local else "a.host <> ''")
    if sought.suspended is not None:
        conditions.append(f"a.suspended_at IS {'NOT ' if sought.suspended else ''}NULL")
    if sought.limited:
        conditions.append(_IS_LIMITED)
    if sought.staff:
        conditions.append("u.role IN ('moderator', 'admin')")
    if sought.members:
        conditions.append("u.role IS NOT NULL AND a.persona = 0")
    if sought.host is not None:
        conditions.append("a.host = :host")
        values["host"] = sought.host
    for column, beginning in (("username", sought.username), ("name", sought.name)):
        if beginning:
            conditions.append(f"LOWER(a.{column}) LIKE :{column} ESCAPE '!'")
            values[column] = _beginning(beginning)
    rows = await tx.all(f"{_FROM} WHERE {' AND '.join(conditions)} AND {page.of('a.id')}", **values, **page.values)
    return page.newest_first([_person(tx, row) for row in rows])


def _beginning(text: str) -> str:
    for sign in "!%_":
        text = text.replace(sign, f"!{sign}")
    return f"{text.lower()}%"


async def person(tx: Tx, id: int) -> Person | None:
    """Return one of them."""
    row = await tx.one(f"{_FROM} WHERE a.id = :id AND {_PEOPLE}", id=id)
    return _person(tx, row) if row else None


async def by_ids(tx: Tx, ids: Iterable[int]) -> dict[int, Person]:
    """Return accounts of every kind by id, deleted ones too: who complained may be a node; one query."""
    rows: Any = await tx.all(f"{_FROM} WHERE a.id IN (:ids)", ids=sorted(set(ids)))
    return {row["id"]: _person(tx, row) for row in rows}
