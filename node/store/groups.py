"""Rows of groups: what they are, who looks after them, whom they want and whom not.

Who is a member stands in `follows`: a member is an accepted follower of the group's account, who asks to be one a
follower who is not accepted yet.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from node.domain.accounts import Account
from node.domain.groups import Group, Joining, Posting, Readers, Role, Standing, above, highest
from node.domain.people import has_words, words_in
from node.domain.relationships import Follow
from node.store import sealed
from node.store.accounts import COLUMNS, account
from node.store.database import Row, Tx
from node.store.pages import Page
from node.store.people import ACTIVE, KNOWN, with_words

_GROUP = """g.account_id, g.joining, g.readers, g.posting, g.listed, g.rules, g.question, g.real_names, g.moderators,
    g.archived_at"""


def _group(row: Row) -> Group:
    return Group(
        account_id=row["account_id"],
        joining=Joining(row["joining"]),
        readers=Readers(row["readers"]),
        posting=Posting(row["posting"]),
        listed=bool(row["listed"]),
        rules=row["rules"],
        question=row["question"],
        real_names=row["real_names"],
        moderators=row["moderators"],
        archived_at=row["archived_at"],
    )


async def by_id(tx: Tx, account_id: int) -> Group | None:
    """Return what makes an account a group; None when it is none."""
    return (await by_ids(tx, [account_id])).get(account_id)


async def by_ids(tx: Tx, account_ids: Iterable[int]) -> dict[int, Group]:
    """Return account id → group for those of the accounts that are one; one query."""
    rows = await tx.all(
        f"SELECT {_GROUP} FROM groups g WHERE g.account_id IN (:ids)",
        ids=sorted(set(account_ids)),
    )
    return {row["account_id"]: _group(row) for row in rows}


async def put(tx: Tx, group: Group) -> None:
    """Write what a group is now."""
    await tx.run(
        """INSERT INTO groups (account_id, joining, readers, posting, listed, rules, question, real_names, moderators,
              archived_at)
           VALUES (:account_id, :joining, :readers, :posting, :listed, :rules, :question, :real_names, :moderators,
              :archived_at)
           ON CONFLICT (account_id) DO UPDATE SET joining = excluded.joining, readers = excluded.readers,
             posting = excluded.posting, listed = excluded.listed, rules = excluded.rules,
             question = excluded.question, real_names = excluded.real_names,
             moderators = excluded.moderators, archived_at = excluded.archived_at""",
        account_id=group.account_id,
        joining=group.joining.value,
        readers=group.readers.value,
        posting=group.posting.value,
        listed=int(group.listed),
        rules=group.rules,
        question=group.question,
        real_names=group.real_names,
        moderators=group.moderators,
        archived_at=group.archived_at,
    )


async def standing(tx: Tx, group_id: int, account_id: int, *, now: int) -> Standing:
    """Return how somebody stands to a group at a moment (Unix ms); one query."""
    return (await standings(tx, account_id, [group_id], now=now))[group_id]


async def standings(tx: Tx, account_id: int, group_ids: Iterable[int], *, now: int) -> dict[int, Standing]:
    """Return group id → how somebody stands to it, for each of these; one query."""
    wanted = sorted(set(group_ids))
    rows = await tx.all(
        """SELECT 'follow' AS what, f.target_id AS group_id, CAST(f.accepted AS TEXT) AS word FROM follows f
            WHERE f.follower_id = :account AND f.target_id IN (:groups)
           UNION ALL SELECT 'role', r.group_id, r.role FROM group_roles r
            WHERE r.account_id = :account AND r.group_id IN (:groups) AND (r.until IS NULL OR r.until > :now)
           UNION ALL SELECT 'invited', i.group_id, '' FROM group_invitations i
            WHERE i.account_id = :account AND i.group_id IN (:groups)
           UNION ALL SELECT 'banned', b.group_id, '' FROM group_bans b
            WHERE b.account_id = :account AND b.group_id IN (:groups)
           UNION ALL SELECT CASE WHEN a.host = '' THEN 'shut' ELSE 'guest' END, g.id, ''
             FROM accounts a JOIN accounts g ON g.id IN (:groups)
            WHERE a.id = :account AND a.guest = 1 AND NOT EXISTS (SELECT 1 FROM guest_groups n
               WHERE n.account_id = a.id AND n.group_id = g.id)""",
        account=account_id,
        groups=wanted,
        now=now,
    )
    found: dict[int, Standing] = {}
    for id in wanted:
        said = {(row["what"], row["word"]) for row in rows if row["group_id"] == id}
        shut = ("shut", "") in said
        member = ("follow", "1") in said and not shut
        roles = [Role(word) for what, word in said if what == "role"]
        found[id] = Standing(
            role=highest(roles) if member else None,
            asked=("follow", "0") in said,
            invited=("invited", "") in said,
            banned=("banned", "") in said,
            shut=shut,
            guest=("guest", "") in said,
        )
    return found


@dataclass(frozen=True, slots=True)
class Member:
    """A member of a group, with the highest role and, where it was lent, when it ends (Unix ms)."""

    row_id: int
    account: Account
    role: Role
    until: int | None


_HELD = """EXISTS (SELECT 1 FROM group_roles h WHERE h.group_id = :group AND h.account_id = a.id
    AND (h.until IS NULL OR h.until > :now) AND h.role IN ({roles}))"""


async def members(tx: Tx, group_id: int, page: Page, *, role: Role | None = None, now: int) -> list[Member]:
    """Return the members of a group, the newest first; two queries. role: only those whose highest one it is."""
    higher = above(role) if role is not None else []
    rows = await tx.all(
        f"""SELECT r.id AS row_id, {COLUMNS} FROM follows r JOIN accounts a ON a.id = r.follower_id
             WHERE r.target_id = :group AND r.accepted = 1 AND {ACTIVE}
               AND (:anybody = 1 OR {_HELD.format(roles=":role")}) AND NOT {_HELD.format(roles=":higher")}
               AND {page.of("r.id")}""",
        group=group_id,
        anybody=int(role in (None, Role.MEMBER)),
        role=[role.value if role is not None else ""],
        higher=[one.value for one in higher] or [""],
        now=now,
        **page.values,
    )
    return await _members(tx, group_id, page.newest_first(rows), now=now)


async def memberships(tx: Tx, group_id: int, account_ids: Iterable[int], *, now: int) -> list[Member]:
    """Return those of these people who are members of a group, the newest first; two queries."""
    rows = await tx.all(
        f"""SELECT r.id AS row_id, {COLUMNS} FROM follows r JOIN accounts a ON a.id = r.follower_id
             WHERE r.target_id = :group AND r.accepted = 1 AND {ACTIVE} AND a.id IN (:accounts) ORDER BY r.id DESC""",
        group=group_id,
        accounts=sorted(set(account_ids)),
    )
    return await _members(tx, group_id, rows, now=now)


async def _members(tx: Tx, group_id: int, rows: Sequence[Row], *, now: int) -> list[Member]:
    found = [(row["row_id"], account(tx, row)) for row in rows]
    roles = await _roles(tx, group_id, [one.id for _, one in found], now=now)
    return [Member(row_id, one, *roles.get(one.id, (Role.MEMBER, None))) for row_id, one in found]


async def officers(tx: Tx, group_id: int, *, now: int) -> list[Member]:
    """Return the members who look after a group, by name; `now`: Unix ms."""
    rows = await tx.all(
        f"""SELECT f.id AS row_id, {COLUMNS} FROM follows f JOIN accounts a ON a.id = f.follower_id
             WHERE f.target_id = :group AND f.accepted = 1 AND {ACTIVE} AND EXISTS (SELECT 1 FROM group_roles r
                WHERE r.group_id = f.target_id AND r.account_id = a.id AND (r.until IS NULL OR r.until > :now))
             ORDER BY LOWER(a.name), a.id""",
        group=group_id,
        now=now,
    )
    return await _members(tx, group_id, rows, now=now)


async def _roles(tx: Tx, group_id: int, account_ids: list[int], *, now: int) -> dict[int, tuple[Role, int | None]]:
    """Return account id → (highest role, until when) for those who have one."""
    rows = await tx.all(
        """SELECT account_id, role, until FROM group_roles
            WHERE group_id = :group AND account_id IN (:accounts) AND (until IS NULL OR until > :now)""",
        group=group_id,
        accounts=account_ids,
        now=now,
    )
    given: dict[int, dict[Role, int | None]] = {}
    for row in rows:
        given.setdefault(row["account_id"], {})[Role(row["role"])] = row["until"]
    return {id: (top := highest(list(roles)), roles[top]) for id, roles in given.items()}


@dataclass(frozen=True, slots=True)
class Request:
    """Somebody who wants to join, and what they answered to the group's question."""

    follow: Follow
    account: Account
    answer: str


async def requests(tx: Tx, group_id: int, page: Page) -> list[Request]:
    """Return who wants to join a group, the newest first; one query."""
    rows = await tx.all(
        f"""SELECT r.id AS row_id, r.uri AS follow_uri, w.answer, {COLUMNS}
              FROM follows r JOIN accounts a ON a.id = r.follower_id LEFT JOIN group_answers w ON w.follow_id = r.id
             WHERE r.target_id = :group AND r.accepted = 0 AND {ACTIVE} AND {page.of("r.id")}""",
        group=group_id,
        **page.values,
    )
    found = [
        Request(
            Follow(row["row_id"], row["follow_uri"], row["id"], group_id, False),
            account(tx, row),
            sealed.read_text(tx, row["answer"] or b""),
        )
        for row in rows
    ]
    return page.newest_first(found)


async def put_answer(tx: Tx, follow: Follow, answer: str) -> None:
    """Keep what somebody who wants to join answered."""
    await tx.run(
        """INSERT INTO group_answers (follow_id, answer) VALUES (:follow, :answer)
           ON CONFLICT (follow_id) DO UPDATE SET answer = excluded.answer""",
        follow=follow.id,
        answer=await sealed.text(tx, sealed.of_account(follow.follower_id), answer),
    )


async def give(tx: Tx, group_id: int, account_id: int, role: Role, *, until: int | None = None) -> None:
    """Give a member a role, for good or until a moment (Unix ms)."""
    await tx.run(
        """INSERT INTO group_roles (group_id, account_id, role, until) VALUES (:group, :account, :role, :until)
           ON CONFLICT (group_id, account_id, role) DO UPDATE SET until = excluded.until""",
        group=group_id,
        account=account_id,
        role=role.value,
        until=until,
    )


async def take(tx: Tx, group_id: int, account_id: int) -> None:
    """Take every role from somebody."""
    await tx.run(
        "DELETE FROM group_roles WHERE group_id = :group AND account_id = :account", group=group_id, account=account_id
    )


async def invite(tx: Tx, group_id: int, account_id: int, *, uri: str = "", now: int) -> bool:
    """Note that a group wants to have somebody; False when it did before. uri: of the Invite, where one was sent."""
    done = await tx.run(
        """INSERT INTO group_invitations (group_id, account_id, uri, at) VALUES (:group, :account, :uri, :now)
           ON CONFLICT DO NOTHING""",
        group=group_id,
        account=account_id,
        uri=uri,
        now=now,
    )
    return done == 1


async def uninvite(tx: Tx, group_id: int, account_id: int) -> str | None:
    """Forget an invitation: it was followed, declined or taken back; return its Invite's uri, None without one."""
    row = await tx.one(
        "DELETE FROM group_invitations WHERE group_id = :group AND account_id = :account RETURNING uri",
        group=group_id,
        account=account_id,
    )
    return row["uri"] if row else None


async def ban(tx: Tx, group_id: int, account_id: int, *, now: int) -> None:
    """Note that a group does not want somebody any more."""
    await tx.run(
        "INSERT INTO group_bans (group_id, account_id, at) VALUES (:group, :account, :now) ON CONFLICT DO NOTHING",
        group=group_id,
        account=account_id,
        now=now,
    )


async def unban(tx: Tx, group_id: int, account_id: int) -> None:
    """Let somebody come back."""
    await tx.run(
        "DELETE FROM group_bans WHERE group_id = :group AND account_id = :account", group=group_id, account=account_id
    )


async def banned(tx: Tx, group_id: int, *, limit: int = 200) -> list[Account]:
    """Return whom a group does not want any more, the latest first."""
    rows = await tx.all(
        f"""SELECT {COLUMNS} FROM group_bans b JOIN accounts a ON a.id = b.account_id
             WHERE b.group_id = :group ORDER BY b.at DESC, a.id LIMIT :limit""",
        group=group_id,
        limit=limit,
    )
    return [account(tx, row) for row in rows]


async def invited(tx: Tx, group_id: int, *, limit: int = 200) -> list[Account]:
    """Return whom a group invited who are no members yet, the latest first."""
    rows = await tx.all(
        f"""SELECT {COLUMNS} FROM group_invitations i JOIN accounts a ON a.id = i.account_id
             WHERE i.group_id = :group AND {ACTIVE} ORDER BY i.at DESC, a.id LIMIT :limit""",
        group=group_id,
        limit=limit,
    )
    return [account(tx, row) for row in rows]


@dataclass(frozen=True, slots=True)
class Found:
    """A group with its account, for lists of groups."""

    row_id: int
    account: Account
    group: Group


def _found(tx: Tx, rows: Iterable[Row]) -> list[Found]:
    return [Found(row["row_id"], account(tx, row), _group(row)) for row in rows]


async def of_member(tx: Tx, account_id: int, page: Page) -> list[Found]:
    """Return the groups that somebody is a member of, the latest joined first."""
    rows = await tx.all(
        f"""SELECT r.id AS row_id, {_GROUP}, {COLUMNS} FROM follows r JOIN groups g ON g.account_id = r.target_id
              JOIN accounts a ON a.id = g.account_id
             WHERE r.follower_id = :account AND r.accepted = 1 AND {ACTIVE} AND {page.of("r.id")}""",
        account=account_id,
        **page.values,
    )
    return page.newest_first(_found(tx, rows))


async def inviting(tx: Tx, account_id: int) -> list[Found]:
    """Return the groups that want to have somebody."""
    rows = await tx.all(
        f"""SELECT a.id AS row_id, {_GROUP}, {COLUMNS} FROM group_invitations i
              JOIN groups g ON g.account_id = i.group_id JOIN accounts a ON a.id = g.account_id
             WHERE i.account_id = :viewer AND {ACTIVE} AND {KNOWN} ORDER BY i.at DESC LIMIT 100""",
        viewer=account_id,
    )
    return _found(tx, rows)


async def known(tx: Tx, group_ids: Iterable[int], *, viewer_id: int) -> dict[int, Found]:
    """Return account id → group for those of these groups of which the viewer may know; one query, or none."""
    wanted = sorted(set(group_ids))
    if not wanted:
        return {}
    rows = await tx.all(
        f"""SELECT a.id AS row_id, {_GROUP}, {COLUMNS} FROM groups g JOIN accounts a ON a.id = g.account_id
             WHERE a.id IN (:ids) AND {ACTIVE} AND {KNOWN}""",
        ids=wanted,
        viewer=viewer_id,
    )
    return {one.account.id: one for one in _found(tx, rows)}


async def listed(tx: Tx, page: Page, *, words: str = "", viewer_id: int = 0) -> list[Found]:
    """Return the groups that anybody of the organisation may find, the newest first; `words`: each begins one in
    its name or purpose.

    viewer_id: of whom, besides, those are found that are not listed, but to which they are tied.
    """
    wanted = words_in(words)
    if words and not wanted:
        return []
    each, values = with_words(tx, wanted)
    rows = await tx.all(
        f"""SELECT a.id AS row_id, {_GROUP}, {COLUMNS} FROM groups g JOIN accounts a ON a.id = g.account_id
             WHERE {KNOWN} AND g.archived_at IS NULL AND {ACTIVE}
               AND {each} AND {page.of("a.id")}""",
        viewer=viewer_id,
        **values,
        **page.values,
    )
    return page.newest_first([one for one in _found(tx, rows) if has_words(one.account, wanted)])


async def owned(tx: Tx, account_id: int) -> list[Found]:
    """Return the groups that somebody owns."""
    rows = await tx.all(
        f"""SELECT a.id AS row_id, {_GROUP}, {COLUMNS} FROM group_roles o JOIN groups g ON g.account_id = o.group_id
              JOIN accounts a ON a.id = g.account_id
             WHERE o.account_id = :account AND o.role = 'owner' AND {ACTIVE} ORDER BY a.id""",
        account=account_id,
    )
    return _found(tx, rows)


async def heir(tx: Tx, group_id: int, *, but: int, now: int) -> int | None:
    """Return who owns a group after somebody: an administrator at home here, else a moderator, the eldest first."""
    row = await tx.one(
        f"""SELECT a.id FROM group_roles r JOIN accounts a ON a.id = r.account_id
              JOIN follows f ON f.target_id = r.group_id AND f.follower_id = a.id AND f.accepted = 1
             WHERE r.group_id = :group AND a.id <> :but AND a.host = '' AND {ACTIVE}
               AND (r.until IS NULL OR r.until > :now)
             ORDER BY CASE r.role WHEN 'admin' THEN 0 ELSE 1 END, f.id LIMIT 1""",
        group=group_id,
        but=but,
        now=now,
    )
    return row["id"] if row else None
