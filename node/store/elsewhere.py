"""Where words stand that are in no post and in no profile: whoever looks for all about somebody is told of these, too.

The rows are opened one by one, as `node.store.findings` does. What is on its way only, or tells how things work, is
left out: it goes by itself, or is no text of anybody's.
"""

import asyncio
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from node.store import records, schema, sealed
from node.store.database import Tx


class Writing(StrEnum):
    """A kind of text that people write, beside posts and profiles."""

    PLANNED = "planned"
    DRAFTS = "drafts"
    NOTES = "notes"
    FILTERS = "filters"
    LISTS = "lists"
    IMPORTS = "imports"
    LINKS = "links"
    GROUPS = "groups"
    BRIDGES = "bridges"
    ANNOUNCEMENTS = "announcements"
    RULES = "rules"
    INVITATIONS = "invitations"
    MAIL = "mail"
    REPORTS = "reports"
    MEASURES = "measures"
    HOLDS = "holds"
    LOOKS = "looks"
    CASES = "cases"


TABLES = {
    "scheduled_posts": Writing.PLANNED,
    "drafts": Writing.DRAFTS,
    "account_notes": Writing.NOTES,
    "filters": Writing.FILTERS,
    "filter_keywords": Writing.FILTERS,
    "lists": Writing.LISTS,
    "imports": Writing.IMPORTS,
    "import_items": Writing.IMPORTS,
    "post_links": Writing.LINKS,
    "board_notices": Writing.GROUPS,
    "groups": Writing.GROUPS,
    "group_answers": Writing.GROUPS,
    "bridges": Writing.BRIDGES,
    "bridge_approvals": Writing.BRIDGES,
    "announcements": Writing.ANNOUNCEMENTS,
    "house_rules": Writing.RULES,
    "invitations": Writing.INVITATIONS,
    "mail_settings": Writing.MAIL,
    "mails": Writing.MAIL,
    "reports": Writing.REPORTS,
    "measures": Writing.MEASURES,
    "holds": Writing.HOLDS,
    "looks": Writing.LOOKS,
    "cases": Writing.CASES,
    "case_entries": Writing.CASES,
}
"""Table → what is written in it."""


@dataclass(frozen=True, slots=True)
class Stand:
    """So many texts of a kind that have some words. account_id: whose they are, None where they are nobody's alone."""

    what: Writing
    account_id: int | None
    count: int


async def standing(tx: Tx, said: str, *, but_case: int) -> list[Stand]:
    """Return where these words stand, but for one case: the one that they are looked for in."""
    wanted, found = said.lower(), Counter[tuple[Writing, int | None]]()
    own = sealed.of_case(but_case)
    for table in schema.tables():
        if table.name not in TABLES:
            continue
        async for record in records.all_of(tx, table):
            if record.name != own:
                has = sum(any(wanted in text for text in _texts(tx, row)) for row in record.rows)
                found[TABLES[table.name], _account(record.name)] += has
            await asyncio.sleep(0)  # others have their turn
    return [Stand(what, whose, count) for (what, whose), count in found.items() if count]


def _texts(tx: Tx, row: Sequence[Any]) -> list[str]:
    texts = [value for value in row if isinstance(value, str)]
    texts += [sealed.read_body(tx, value).decode(errors="replace") for value in row if isinstance(value, bytes)]
    return [text.replace('\\"', '"').lower() for text in texts]  # several that are sealed together are JSON


def _account(name: str) -> int | None:
    """Return the account whose record this is, None when it is another's."""
    return int(name.removeprefix(sealed.ACCOUNT)) if name.startswith(sealed.ACCOUNT) else None
