"""Whose each row is, for what seals them: a record is a post, an account, a case, and all that hangs on it.

A record's name is in the database as long as there is something of it to keep: it is gone with the row, and changes
when words are taken out of a post (`posts.cuts`). What is nobody's, as nodes and tombstones are, has the name `NODE`.
"""

from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from node.domain.ids import moment
from node.store.database import Row, Tx
from node.store.schema import Table
from node.store.sealed import NODE

_PAGE = 500

_POST = "'post:' || p.id || '.' || p.cuts"
_ACCOUNT = "CASE WHEN a.deleted_at IS NULL THEN 'account:' || a.id END"
_CASE = "CASE WHEN c.stripped_at IS NULL THEN 'case:' || c.id END"
_NAMES = {
    "post": ("posts p", "p.id", _POST),
    "account": ("accounts a", "a.id", _ACCOUNT),
    "case": ("cases c", "c.id", _CASE),
    "reports": ("reports r", "r.id", "'reports:' || r.id"),
    "mails": ("mails m", "m.id", "'mails:' || m.id"),
    "inbox_rows": ("inbox_rows i", "i.id", "CASE WHEN LENGTH(i.body) > 0 THEN 'inbox_rows:' || i.id END"),
}
"""Kind of a record → its table, its id, its name; a name that is NULL: there is nothing in it any more."""


def _joined(kind: str, column: str, *, through: str = "") -> tuple[str, str]:
    table, id, name = _NAMES[kind]
    return f"{through} LEFT JOIN {table} ON {id} = {column}", name


def _post(column: str = "t.post_id") -> list[tuple[str, str]]:
    return [_joined("post", column)]


def _account(column: str = "t.account_id", *, through: str = "") -> list[tuple[str, str]]:
    return [_joined("account", column, through=through)]


_OF_NOBODY = """announcements applications bans bridge_approvals bridge_hosts bridges copies deliveries emojis
    erasure_cursors erasure_holders erasures erasures_taken hosts house_rules invitations journal journal_witnesses
    journals_witnessed organisation organisation_invitations organisation_members places report_posts restores rounds
    tombstones"""
_OF_POSTS = """board_notices hashtags mentions poll_options polls post_editors post_links post_versions quote_stamps
    trend_refusals trends"""
_OF_ACCOUNTS = """absences account_notes announcement_reactions announcement_reads attempts bequests blocks
    bookmarks conversations departures dismissed_suggestions drafts endorsements favourites featured_tags filters
    followed_tags group_bans group_invitations group_roles groups guest_groups guests holds home_entries host_mutes
    imported_posts imports keys list_members lists mail_answers mail_links mail_settings markers measures minors
    mutes notification_policies notification_requests notifications openings personas poll_votes push_subscriptions
    recovery_codes scheduled_posts second_factors sessions thread_mutes tokens unit_page_editors unit_pages users"""

OWNERS: Mapping[str, Sequence[tuple[str, str]]] = {
    **{name: [] for name in _OF_NOBODY.split()},
    **{name: _post() for name in _OF_POSTS.split()},
    **{name: _account() for name in _OF_ACCOUNTS.split()},
    "accounts": _account("t.id"),
    "activities": [("LEFT JOIN posts p ON p.uri = t.object", _POST), *_account("t.actor_id")],
    "case_entries": [_joined("case", "t.case_id")],
    "case_steps": [_joined("case", "t.case_id")],
    "cases": [_joined("case", "t.id")],
    "filter_keywords": _account("f.account_id", through="LEFT JOIN filters f ON f.id = t.filter_id"),
    "filter_posts": _account("f.account_id", through="LEFT JOIN filters f ON f.id = t.filter_id"),
    "follows": _account("t.follower_id"),
    "group_answers": _account("f.follower_id", through="LEFT JOIN follows f ON f.id = t.follow_id"),
    "guest_invitations": _account("t.sponsor_id"),
    "import_items": _account("i.account_id", through="LEFT JOIN imports i ON i.id = t.import_id"),
    "inbox_rows": [_joined("inbox_rows", "t.id")],
    "looks": _account("t.persona_id"),
    "mails": [_joined("mails", "t.id")],
    "media": [*_post(), *_account()],
    "posts": _post("t.id"),
    "reports": [_joined("reports", "t.id")],
}
"""Table → what joins each row to the records it may belong to, and their names; the first that is there has it."""

LEFT_OUT = frozenset({"codes", "database_marks", "doomed_files", "login_failures", "notices"})
"""What serves for minutes only, and nothing after a restore; or tells of this database that it is this one."""


@dataclass(frozen=True, slots=True)
class Record:
    """Some rows of one table that belong to one record, as values in the order of the table's columns."""

    name: str
    table: str
    rows: Sequence[Sequence[Any]]


async def all_of(tx: Tx, table: Table) -> AsyncIterator[Record]:
    """Return all that a table has, those of one record that stand beside each other together."""
    owners = OWNERS[table.name]
    name = f"COALESCE({', '.join([*(one for _, one in owners), ':node'])})" if owners else ":node"
    joins = " ".join(join for join, _ in owners)
    keys = ", ".join(f"t.{one}" for one in table.key)
    after: dict[str, Any] = {}
    while True:
        beyond = f"WHERE ({keys}) > ({', '.join(f':{one}' for one in after)})" if after else ""
        found = await tx.all(
            f"""SELECT t.*, CAST({name} AS TEXT) AS record_name FROM {table.name} t {joins} {beyond}
                 ORDER BY {keys} LIMIT {_PAGE}""",
            node=NODE,
            **after,
        )
        for record in _together(found, table):
            yield record
        if len(found) < _PAGE:
            return
        after = {one: found[-1][one] for one in table.key}


def _together(found: Iterable[Row], table: Table) -> Iterable[Record]:
    name, rows = "", list[Sequence[Any]]()
    for row in found:
        if row["record_name"] != name and rows:
            yield Record(name, table.name, rows)
            rows = []
        name = row["record_name"]
        rows.append([row[column] for column in table.columns])
    if rows:
        yield Record(name, table.name, rows)


async def files(tx: Tx) -> dict[str, str]:
    """Return file → the record it belongs to, of files that cannot be fetched again from where they came."""
    rows = await tx.all(
        f"""SELECT m.file, m.preview, COALESCE({_POST}, {_ACCOUNT}, :node) AS name
              FROM media m LEFT JOIN posts p ON p.id = m.post_id LEFT JOIN accounts a ON a.id = m.account_id
             WHERE m.remote_url = '' AND (m.file <> '' OR m.preview <> '')
            UNION ALL SELECT a.icon_file, a.image_file, COALESCE({_ACCOUNT}, :node)
              FROM accounts a WHERE a.host = '' AND (a.icon_file <> '' OR a.image_file <> '')
            UNION ALL SELECT i.file, '', COALESCE({_ACCOUNT}, :node)
              FROM imports i JOIN accounts a ON a.id = i.account_id WHERE i.file <> ''
            UNION ALL SELECT e.file, '', :node FROM emojis e WHERE e.host = '' AND e.file <> ''""",
        node=NODE,
    )
    return {file: row["name"] for row in rows for file in (row["file"], row["preview"]) if file}


async def forget_fetched_files(tx: Tx) -> None:
    """Forget where files of others lay: they are fetched again when somebody looks at them."""
    await tx.run("UPDATE media SET file = '', preview = '' WHERE remote_url <> ''")
    await tx.run("UPDATE accounts SET icon_file = '', image_file = '' WHERE host <> ''")
    await tx.run("UPDATE emojis SET file = '' WHERE host <> ''")


async def living(tx: Tx, names: Iterable[str]) -> set[str]:
    """Return those of these names that are still in the database; one query for each kind."""
    asked: dict[str, list[int]] = {}
    found = set()
    for name in names:
        kind, _, id = name.partition(":")
        if kind in _NAMES:
            asked.setdefault(kind, []).append(int(id.partition(".")[0]))
        else:
            found.add(name)
    for kind, ids in asked.items():
        table, column, expression = _NAMES[kind]
        rows = await tx.all(f"SELECT {expression} AS name FROM {table} WHERE {column} IN (:ids)", ids=ids)
        found |= {row["name"] for row in rows if row["name"]}
    return found


def made_at(name: str) -> int:
    """Return when a record was made (Unix ms), by its name; 0 of what has no number."""
    _, _, id = name.partition(":")
    return moment(int(id.partition(".")[0])) if id else 0


async def put(tx: Tx, table: Table, rows: Sequence[Mapping[str, Any]]) -> int:
    """Write rows of a table whose references are there already or not any more; return how many there are place for.

    A row that cannot be without what is missing is left out, another forgets it, as if it had been erased here. Rows
    that refer to their own table come without that: `refer` writes it when all are there.
    """
    kept = list(rows)
    for ref in table.references:
        if ref.table == table.name:
            continue
        there = await _there(tx, ref.table, ref.to, kept, ref.column)
        gone = {id(row) for row in kept if row[ref.column] is not None and row[ref.column] not in there}
        if ref.cascades:
            kept = [row for row in kept if id(row) not in gone]
        else:
            kept = [{**row, ref.column: None} if id(row) in gone else row for row in kept]
    own = {ref.column: None for ref in table.references if ref.table == table.name}
    columns = table.columns
    await tx.many(
        f"INSERT INTO {table.name} ({', '.join(columns)}) VALUES ({', '.join(f':{one}' for one in columns)})",
        [{**row, **own} for row in kept],
    )
    return len(kept)


async def refer(tx: Tx, table: Table, column: str, pairs: Sequence[tuple[int, int]], *, cascades: bool) -> None:
    """Write what rows of a table refer to within it: pairs of ids. cascades: a row whose other is missing goes."""
    there = await _ids(tx, table.name, [id for pair in pairs for id in pair])
    await tx.many(
        f"UPDATE {table.name} SET {column} = :other WHERE id = :id",
        [{"id": id, "other": other} for id, other in pairs if other in there and id in there],
    )
    if cascades:
        lost = [id for id, other in pairs if other not in there]
        await tx.run(f"DELETE FROM {table.name} WHERE id IN (:ids)", ids=lost)


async def _ids(tx: Tx, table: str, ids: Sequence[int]) -> set[int]:
    return {row["id"] for row in await tx.all(f"SELECT id FROM {table} WHERE id IN (:ids)", ids=sorted(set(ids)))}


async def _there(tx: Tx, table: str, to: str, rows: Sequence[Mapping[str, Any]], column: str) -> set[Any]:
    wanted = {row[column] for row in rows} - {None}
    found = await tx.all(f"SELECT {to} AS value FROM {table} WHERE {to} IN (:wanted)", wanted=list(wanted))
    return {row["value"] for row in found}
