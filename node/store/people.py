"""People by how they stand to somebody, by what they told of themselves, and for those who look for colleagues.

Nobody suspended, hidden or deleted is among them, nobody who has parted with the viewer, whichever of the two did, and
for a guest nobody whom they do not meet.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from node.domain.accounts import Account
from node.domain.people import Traits, folded, has_traits, has_words, words_in
from node.store import visible
from node.store.accounts import COLUMNS, account, by_ids, department_mark
from node.store.database import Row, Tx
from node.store.measures import LIMITED
from node.store.pages import Page

Related = tuple[int, Account]
"""The id of the row that relates somebody, by which pages go on, and who it is."""


@dataclass(frozen=True, slots=True)
class Counts:
    """How many follow somebody, how many they follow, how many posts they wrote, and when last (Unix ms)."""

    followers: int
    following: int
    posts: int
    last_at: int | None


ACTIVE = "a.suspended_at IS NULL AND a.hidden_at IS NULL AND a.deleted_at IS NULL"
"""`a` may be shown."""

UNPARTED = """NOT EXISTS (SELECT 1 FROM blocks k WHERE (k.account_id = a.id AND k.target_id = :viewer)
    OR (k.account_id = :viewer AND k.target_id = a.id))"""
"""`a` and `:viewer` do not block each other."""

SHOWN = f"({UNPARTED} AND {visible.known('a.id')})"
"""`:viewer` may know of `a`, as far as it is a person, or a guest's group: guests know only whom they meet."""

TIED = """(EXISTS (SELECT 1 FROM follows tie WHERE tie.follower_id = :viewer AND tie.target_id = a.id)
    OR EXISTS (SELECT 1 FROM group_invitations i WHERE i.account_id = :viewer AND i.group_id = a.id))"""
"""`:viewer` is a member of the group `a`, asks to be one, or is invited."""

KNOWN = f"""((a.kind <> 'Group' OR NOT EXISTS (SELECT 1 FROM groups g WHERE g.account_id = a.id AND g.listed = 0)
    OR {TIED} OR EXISTS (SELECT 1 FROM guest_groups n WHERE n.group_id = a.id AND n.account_id = :viewer))
    AND {visible.known("a.id")})"""
"""`:viewer` may know that `a` is there: a group that is not listed is known to its members, and to those who ask to
be one, or are invited; a guest knows only whom they meet, and their own groups."""

_MET = visible.known("a.id")
_IN_GROUP = """(a.kind <> 'Group' OR EXISTS (
    SELECT 1 FROM follows tie WHERE tie.follower_id = :viewer AND tie.target_id = a.id AND tie.accepted = 1))"""

_PERSON = "(a.kind IN ('Person', 'Service', 'Group') OR (a.kind = 'Organization' AND a.featured <> ''))"
_NO_GROUP = "a.kind IN ('Person', 'Service')"


async def _related(tx: Tx, source: str, page: Page, **values: object) -> list[Related]:
    """Read accounts `a` by rows `r`; `source` is what stands after FROM, up to a condition."""
    rows = await tx.all(
        f"SELECT r.id AS row_id, {COLUMNS} FROM {source} AND {ACTIVE} AND {page.of('r.id')}", **values, **page.values
    )
    return page.newest_first([(row["row_id"], account(tx, row)) for row in rows])


async def followers(tx: Tx, account_id: int, page: Page, *, viewer_id: int) -> list[Related]:
    """Return who follows somebody, as far as they let others know; oneself is told of everybody.

    Who is in a group, only its members are told.
    """
    return await _related(
        tx,
        f"""follows r JOIN accounts a ON a.id = r.follower_id JOIN accounts target ON target.id = r.target_id
             WHERE r.target_id = :account AND r.accepted = 1 AND (r.target_id = :viewer
                OR ({_IN_GROUP.replace("a.", "target.")} AND (target.kind = 'Group' OR {_TOLD})))
               AND {_MET}""",
        page,
        account=account_id,
        viewer=viewer_id,
    )


async def following(tx: Tx, account_id: int, page: Page, *, viewer_id: int) -> list[Related]:
    """Return whom somebody follows, as far as those let others know; oneself is told of everybody.

    Of groups only those in which the viewer is, too.
    """
    return await _related(
        tx,
        f"""follows r JOIN accounts a ON a.id = r.target_id
             WHERE r.follower_id = :account AND r.accepted = 1
               AND (r.follower_id = :viewer OR ({_TOLD} AND {_IN_GROUP})) AND {_MET}""",
        page,
        account=account_id,
        viewer=viewer_id,
    )


_TOLD = f"((a.hides_follows = 0 OR a.id = :viewer) AND {SHOWN})"


async def asking(tx: Tx, account_id: int, page: Page) -> list[Related]:
    """Return who asks to follow a member."""
    return await _related(
        tx,
        f"follows r JOIN accounts a ON a.id = r.follower_id WHERE r.target_id = :viewer AND r.accepted = 0 AND {_MET}",
        page,
        viewer=account_id,
    )


async def blocked(tx: Tx, account_id: int, page: Page) -> list[Related]:
    """Return whom a member blocks."""
    return await _own(tx, "blocks", account_id, page)


async def _own(tx: Tx, table: str, account_id: int, page: Page) -> list[Related]:
    source = f"{table} r JOIN accounts a ON a.id = r.target_id WHERE r.account_id = :viewer AND {_MET}"
    return await _related(tx, source, page, viewer=account_id)


async def muted(tx: Tx, account_id: int, page: Page) -> list[Related]:
    """Return whom a member has muted."""
    return await _own(tx, "mutes", account_id, page)


async def endorsed(tx: Tx, account_id: int, page: Page, *, viewer_id: int) -> list[Related]:
    """Return whom somebody shows in the profile."""
    return await _related(
        tx,
        f"""endorsements r JOIN accounts a ON a.id = r.target_id
             WHERE r.account_id = :account AND {SHOWN} AND {_IN_GROUP}""",
        page,
        account=account_id,
        viewer=viewer_id,
    )


async def listed(tx: Tx, list_id: int, page: Page, *, viewer_id: int) -> list[Related]:
    """Return who is in a list of a member's."""
    source = f"list_members r JOIN accounts a ON a.id = r.account_id WHERE r.list_id = :list AND {_MET}"
    return await _related(tx, source, page, list=list_id, viewer=viewer_id)


async def counts(tx: Tx, account_id: int) -> Counts:
    """Return the figures of an account, direct messages aside; who may know them is another question."""
    row = await tx.one(
        """SELECT (SELECT COUNT(*) FROM follows WHERE target_id = :id AND accepted = 1) AS followers,
                  (SELECT COUNT(*) FROM follows WHERE follower_id = :id AND accepted = 1) AS following,
                  (SELECT COUNT(*) FROM posts WHERE author_id = :id AND visibility <> 'direct') AS posts,
                  (SELECT MAX(published_at) FROM posts WHERE author_id = :id AND visibility <> 'direct') AS last_at""",
        id=account_id,
    )
    assert row is not None, "it has no condition"
    return Counts(row["followers"], row["following"], row["posts"], row["last_at"])


async def count_members(tx: Tx) -> int:
    """Return how many people are active members of this node; guests and personas are not counted."""
    row = await tx.one(
        f"""SELECT COUNT(*) AS n FROM accounts a
             WHERE a.host = '' AND a.kind = 'Person' AND a.guest = 0 AND a.persona = 0 AND {ACTIVE}"""
    )
    assert row is not None, "it counts"
    return int(row["n"])


async def familiar(tx: Tx, target_ids: Sequence[int], *, viewer_id: int) -> dict[int, list[Account]]:
    """Return target id → those whom the viewer follows and who follow the target; one query.

    Only where both the target and the follower let others know; of a group, only to its members.
    """
    rows = await tx.all(
        f"""SELECT r.target_id, {COLUMNS} FROM follows r JOIN accounts a ON a.id = r.follower_id
              JOIN accounts target ON target.id = r.target_id
              JOIN follows mine ON mine.target_id = a.id AND mine.follower_id = :viewer AND mine.accepted = 1
             WHERE r.target_id IN (:targets) AND r.accepted = 1 AND a.hides_follows = 0 AND target.hides_follows = 0
               AND {_IN_GROUP.replace("a.", "target.")}
               AND {ACTIVE} AND {SHOWN}
             ORDER BY r.id DESC""",
        targets=list(target_ids),
        viewer=viewer_id,
    )
    found: dict[int, list[Account]] = {}
    for row in rows:
        found.setdefault(row["target_id"], []).append(account(tx, row))
    return found


async def search(
    tx: Tx,
    query: str,
    *,
    viewer_id: int,
    following: bool = False,
    groups: bool = True,
    limit: int,
    offset: int = 0,
) -> list[Account]:
    """Return people in whose profiles each word of a query begins one; `following`: of those the viewer follows.

    They are members of this node, or people of others who want to be found or whom the viewer follows; and, with
    `groups`, groups to which the same applies, wherever they are. Who is named so comes first, then whom the viewer
    follows. The cost grows with the number of accounts.
    """
    words = words_in(query)
    if not words:
        return []
    each, values = with_words(tx, words)
    rows = await tx.all(
        f"""SELECT a.id FROM accounts a
              LEFT JOIN follows f ON f.target_id = a.id AND f.follower_id = :viewer AND f.accepted = 1
             WHERE {each} AND {_PERSON if groups else _NO_GROUP} AND {ACTIVE} AND {UNPARTED}
               AND {_FINDABLE} AND {KNOWN}
               AND (:following = 0 OR f.id IS NOT NULL)
             ORDER BY CASE WHEN LOWER(a.username) = :name THEN 0 WHEN f.id IS NOT NULL THEN 1
                WHEN a.host = '' THEN 2 ELSE 3 END, LOWER(a.username), a.id
             LIMIT :limit OFFSET :offset""",
        **values,
        viewer=viewer_id,
        following=int(following),
        name=folded(query.strip().removeprefix("@")),
        limit=limit,
        offset=offset,
    )
    return [one for one in await _in_order(tx, rows) if has_words(one, words)]


async def with_traits(tx: Tx, wanted: Traits, *, viewer_id: int, after: int = 0, limit: int) -> list[Account]:
    """Return those who tell of themselves what is looked for, by id; of the same people as `search`.

    The database finds those who have all the words anywhere; where they have them is compared here, without case and
    accents, for the databases know other letters each. The cost grows with the number of accounts.
    """
    each, values = with_words(tx, wanted.words)
    found: list[Account] = []
    while len(found) < limit:
        rows = await tx.all(
            f"""SELECT {COLUMNS} FROM accounts a
                  LEFT JOIN follows f ON f.target_id = a.id AND f.follower_id = :viewer AND f.accepted = 1
                 WHERE {each} AND {_NO_GROUP} AND {ACTIVE} AND {SHOWN} AND {_FINDABLE}
                   AND (:anywhere = 1 OR a.host = :host) AND a.id > :after ORDER BY a.id LIMIT :limit""",
            **values,
            viewer=viewer_id,
            anywhere=int(wanted.host is None),
            host=wanted.host or "",
            after=after,
            limit=_AT_ONCE,
        )
        found += [one for one in (account(tx, row) for row in rows) if has_traits(one, wanted)]
        if len(rows) < _AT_ONCE:
            break
        after = rows[-1]["id"]
    return found[:limit]


_AT_ONCE = 250
_UNLIMITED = f"NOT EXISTS (SELECT 1 FROM measures l WHERE l.account_id = a.id AND {LIMITED})"
_FINDABLE = f"""(f.id IS NOT NULL OR a.id = :viewer
    OR (((a.host = '' AND a.kind <> 'Group') OR a.discoverable = 1) AND {_UNLIMITED}))"""


def with_words(tx: Tx, words: Sequence[str]) -> tuple[str, dict[str, str]]:
    """Return the condition that the profile of `a` has words that begin so, and its parameters.

    It may, rarely, hold of one whose word has another last letter: masks are short. `has_words` tells.
    """
    each = "".join(f"a.words LIKE :word{number} AND " for number in range(len(words)))
    return f"{each}1 = 1", {f"word{number}": f"% {tx.seals.mask(word)}%" for number, word in enumerate(words)}


async def directory(tx: Tx, *, viewer_id: int, local: bool, newest: bool, limit: int, offset: int = 0) -> list[Account]:
    """Return those who want to be listed, by name, or the newest first; `local`: of this node.

    Nobody is ranked by what they write or when: that is no order here.
    """
    order = "a.id DESC" if newest else "LOWER(a.username), a.id"
    rows = await tx.all(
        f"""SELECT a.id FROM accounts a
             WHERE a.discoverable = 1 AND a.moved_to = '' AND {_PERSON} AND {ACTIVE} AND {UNPARTED} AND {_UNMUTED}
               AND {KNOWN}
               AND (:local = 0 OR a.host = '')
             ORDER BY {order} LIMIT :limit OFFSET :offset""",
        viewer=viewer_id,
        local=int(local),
        limit=limit,
        offset=offset,
    )
    return await _in_order(tx, rows)


_UNMUTED = f"""{_UNLIMITED} AND NOT EXISTS (SELECT 1 FROM mutes m WHERE m.account_id = :viewer AND m.target_id = a.id)
    AND NOT EXISTS (SELECT 1 FROM host_mutes m WHERE m.account_id = :viewer AND m.host = a.host)"""


async def suggested(tx: Tx, viewer: Account, *, limit: int) -> list[Account]:
    """Return colleagues of the own unit whom a member does not follow yet, first those of the own department."""
    rows = await tx.all(
        f"""SELECT a.id FROM accounts a
             WHERE a.host = '' AND a.kind = 'Person' AND a.guest = 0 AND a.id <> :viewer AND a.moved_to = ''
               AND {ACTIVE} AND {SHOWN} AND {_UNMUTED}
               AND NOT EXISTS (SELECT 1 FROM follows f WHERE f.follower_id = :viewer AND f.target_id = a.id)
               AND NOT EXISTS (SELECT 1 FROM dismissed_suggestions d
                  WHERE d.account_id = :viewer AND d.target_id = a.id)
             ORDER BY CASE WHEN a.department_mark = :department AND a.department_mark <> '' THEN 0 ELSE 1 END, a.id DESC
             LIMIT :limit""",
        viewer=viewer.id,
        department=department_mark(tx, viewer.department),
        limit=limit,
    )
    return await _in_order(tx, rows)


async def dismiss(tx: Tx, account_id: int, target_id: int) -> None:
    """Suggest somebody no more."""
    await tx.run(
        """INSERT INTO dismissed_suggestions (account_id, target_id) VALUES (:account, :target)
           ON CONFLICT DO NOTHING""",
        account=account_id,
        target=target_id,
    )


async def hidden(tx: Tx, ids: Iterable[int], *, viewer_id: int) -> set[int]:
    """Return those of the accounts of which the viewer may not know that they are there; one query, or none."""
    wanted = sorted(set(ids))
    if not wanted:
        return set()
    rows = await tx.all(
        f"SELECT a.id FROM accounts a WHERE a.id IN (:ids) AND NOT {KNOWN}", ids=wanted, viewer=viewer_id
    )
    return {row["id"] for row in rows}


async def _in_order(tx: Tx, rows: Sequence[Row]) -> list[Account]:
    """The accounts with these ids: whole rows are too wide to be sorted by the thousand."""
    found = await by_ids(tx, [row["id"] for row in rows])
    return [found[row["id"]] for row in rows]
