"""Rows of accounts, their keys and the users behind local ones."""

from collections.abc import Iterable, Sequence
from hashlib import blake2b
from json import dumps, loads
from typing import Any

from node.domain import people
from node.domain.accounts import Account, Appearance, Comfort, Habits, Role, User
from node.domain.times import days
from node.domain.visibility import Visibility
from node.store import sealed
from node.store.database import Row, Tx

COLUMNS = """a.id, a.uri, a.host, a.username, a.kind, a.name, a.told, a.narrow, a.url, a.inbox, a.shared_inbox,
    a.outbox, a.followers, a.following, a.wall, a.wall_open, a.featured, a.locked, a.indexable, a.discoverable,
    a.hides_follows, a.bot, a.icon, a.icon_file, a.image, a.image_file, a.board, a.also_known_as, a.moved_to,
    a.moved_at, a.created_at, a.fetched_at, a.suspended_at, a.hidden_at, a.deleted_at, a.revision, a.guest,
    a.persona, a.emojis"""
_LISTS = ("skills", "narrow", "also_known_as")
_PAIRS = ("fields", "emojis")
_FLAGS = ("wall_open", "locked", "indexable", "discoverable", "hides_follows", "bot", "guest", "persona", "board")
_TOLD = ("summary", "fields", "position", "department", "site", "skills", "icon_alt", "image_alt")
_PLAIN = tuple(name for name in Account.__slots__ if name not in _TOLD)
_WRITTEN = (*_PLAIN, "told", "words", "department_mark")
_USER = """u.role, u.password_hash, u.language, u.appearance, u.simple, u.shortcuts, u.bio, u.audience, u.sensitive,
    u.writes_in, u.quote_policy, u.seen_day"""


def account(tx: Tx, row: Row) -> Account:
    """Build the account from a row with `COLUMNS`."""
    values: dict[str, Any] = {name: row[name] for name in _PLAIN}
    values |= zip(_TOLD, sealed.read(tx, row["told"], len(_TOLD)), strict=True)
    values |= {name: tuple(filter(None, values[name].split("\n"))) for name in _LISTS}
    values |= {name: bool(values[name]) for name in _FLAGS}
    values |= {name: tuple(map(tuple, loads(values[name]))) if values[name] else () for name in _PAIRS}
    return Account(**values)


async def _values(tx: Tx, account: Account, *, key: bool = False) -> dict[str, Any]:
    """Return what is written of an account; key: it gets one, though it tells nothing yet."""
    values = {name: getattr(account, name) for name in Account.__slots__}
    values |= {name: "\n".join(values[name]) for name in _LISTS}
    values |= {name: int(values[name]) for name in _FLAGS}
    values |= {name: dumps(values[name]) if values[name] else "" for name in _PAIRS}
    told = [values.pop(name) for name in _TOLD]
    values["told"] = await sealed.texts(tx, sealed.of_account(account.id), *told, always=key)
    values["words"] = "".join(f" {mask}" for mask in sorted(set(map(tx.seals.mask, people.words_of(account)))))
    values["department_mark"] = department_mark(tx, account.department)
    return values


def department_mark(tx: Tx, department: str) -> str:
    """Return what is the same of everybody in a department, and does not tell which; '' of none."""
    # Its hash is masked: texts that differ in one letter only may have the same mask.
    return tx.seals.mask(blake2b(department.encode(), digest_size=8).hexdigest()) if department else ""


async def by_id(tx: Tx, id: int) -> Account | None:
    """Return one account."""
    row = await tx.one(f"SELECT {COLUMNS} FROM accounts a WHERE a.id = :id", id=id)
    return account(tx, row) if row else None


async def by_ids(tx: Tx, ids: Iterable[int]) -> dict[int, Account]:
    """Return many accounts at once, by id; one query."""
    rows = await tx.all(f"SELECT {COLUMNS} FROM accounts a WHERE a.id IN (:ids)", ids=sorted(set(ids)))
    return {row["id"]: account(tx, row) for row in rows}


async def newest_ids(tx: Tx, *, limit: int) -> list[int]:
    """Return the ids of the accounts that came last and are not deleted."""
    rows = await tx.all(
        "SELECT id FROM accounts WHERE deleted_at IS NULL ORDER BY id DESC LIMIT :limit",
        limit=limit,
    )
    return [row["id"] for row in rows]


async def revisions(tx: Tx, ids: Iterable[int]) -> dict[int, int]:
    """Return account id → its revision; one query."""
    rows = await tx.all("SELECT id, revision FROM accounts WHERE id IN (:ids)", ids=sorted(set(ids)))
    return {row["id"]: row["revision"] for row in rows}


async def by_uri(tx: Tx, uri: str) -> Account | None:
    """Return the account with this ActivityPub id."""
    row = await tx.one(f"SELECT {COLUMNS} FROM accounts a WHERE a.uri = :uri", uri=uri)
    return account(tx, row) if row else None


async def by_uris(tx: Tx, uris: Iterable[str]) -> list[Account]:
    """Return those of the accounts that we know; one query."""
    rows = await tx.all(f"SELECT {COLUMNS} FROM accounts a WHERE a.uri IN (:uris)", uris=sorted(set(uris)))
    return [account(tx, row) for row in rows]


async def by_handle(tx: Tx, username: str, host: str) -> Account | None:
    """Return the account with this name at `host` ('' for this node); upper and lower case are one."""
    row = await tx.one(
        f"SELECT {COLUMNS} FROM accounts a WHERE a.host = :host AND LOWER(a.username) = LOWER(:username)",
        host=host,
        username=username,
    )
    return account(tx, row) if row else None


async def by_handles(tx: Tx, handles: Iterable[tuple[str, str]]) -> dict[tuple[str, str], Account]:
    """Return the accounts for (lower-case name, host) pairs that exist; one query for each host."""
    found: dict[tuple[str, str], Account] = {}
    hosts: dict[str, list[str]] = {}
    for username, host in handles:
        hosts.setdefault(host, []).append(username.lower())
    for host, names in hosts.items():
        rows = await tx.all(
            f"SELECT {COLUMNS} FROM accounts a WHERE a.host = :host AND LOWER(a.username) IN (:names)",
            host=host,
            names=names,
        )
        found |= {(row["username"].lower(), host): account(tx, row) for row in rows}
    return found


async def local_followers(tx: Tx, target_id: int) -> list[Account]:
    """Return the members of this node who follow an account, or ask to."""
    rows = await tx.all(
        f"""SELECT {COLUMNS} FROM follows f JOIN accounts a ON a.id = f.follower_id
             WHERE f.target_id = :target AND a.host = '' AND a.deleted_at IS NULL ORDER BY a.id""",
        target=target_id,
    )
    return [account(tx, row) for row in rows]


async def by_followers(tx: Tx, uri: str, *, host: str) -> Account | None:
    """Return the account of a host ('' for this node) whose collection of followers has this id."""
    row = await tx.one(
        f"SELECT {COLUMNS} FROM accounts a WHERE a.followers = :uri AND a.host = :host ORDER BY a.id LIMIT 1",
        uri=uri,
        host=host,
    )
    return account(tx, row) if row else None


async def at_host(tx: Tx, host: str, *, but: Sequence[str], until: int, after: int, limit: int = 100) -> list[Account]:
    """Return accounts of another host by id that are here since `until` (Unix ms) at the latest, and not deleted.

    but: the uris of those that are left out.
    """
    rows = await tx.all(
        f"""SELECT {COLUMNS} FROM accounts a WHERE a.host = :host AND a.id > :after AND a.uri NOT IN (:but)
               AND a.created_at <= :until AND a.deleted_at IS NULL
             ORDER BY a.id LIMIT :limit""",
        host=host,
        but=list(but),
        until=until,
        after=after,
        limit=limit,
    )
    return [account(tx, row) for row in rows]


async def by_wall(tx: Tx, uri: str) -> Account | None:
    """Return the account whose wall has this id."""
    row = await tx.one(
        f"SELECT {COLUMNS} FROM accounts a WHERE a.wall = :uri AND a.wall <> '' ORDER BY a.id LIMIT 1",
        uri=uri,
    )
    return account(tx, row) if row else None


async def count_new_from(tx: Tx, host: str, *, since: int) -> int:
    """Return how many accounts of a host we came to know since then (Unix ms)."""
    row = await tx.one(
        "SELECT COUNT(*) AS n FROM accounts WHERE host = :host AND created_at >= :since",
        host=host,
        since=since,
    )
    return row["n"] if row else 0


async def insert(tx: Tx, account: Account) -> bool:
    """Add an account; return False when its uri or handle is there already."""
    changed = await tx.run(
        f"""INSERT INTO accounts ({", ".join(_WRITTEN)}) VALUES ({", ".join(f":{name}" for name in _WRITTEN)})
            ON CONFLICT DO NOTHING""",
        **await _values(tx, account, key=True),
    )
    return changed == 1


async def delete(tx: Tx, id: int) -> None:
    """Remove the row of a peer's account with all that hangs on it; a name of ours stays taken instead."""
    await tx.run("DELETE FROM accounts WHERE id = :id AND host <> ''", id=id)


async def update(tx: Tx, account: Account) -> None:
    """Write every field of a known account."""
    names = [name for name in _WRITTEN if name not in ("id", "uri", "revision")]
    values = {name: value for name, value in (await _values(tx, account)).items() if name == "id" or name in names}
    written = ", ".join(f"{name} = :{name}" for name in names)
    await tx.run(f"UPDATE accounts SET {written}, revision = revision + 1 WHERE id = :id", **values)


# Keys


async def put_key(
    tx: Tx, *, id: str, account_id: int, algorithm: str, public: str, sealed: bytes | None, now: int
) -> None:
    """Store a key, or replace the one with this id when it belongs to the same account."""
    await tx.run(
        """INSERT INTO keys (id, account_id, algorithm, public, sealed, created_at)
           VALUES (:id, :account, :algorithm, :public, :sealed, :now)
           ON CONFLICT (id) DO UPDATE SET public = excluded.public, sealed = excluded.sealed,
              algorithm = excluded.algorithm, created_at = excluded.created_at
           WHERE keys.account_id = excluded.account_id""",
        id=id,
        account=account_id,
        algorithm=algorithm,
        public=public,
        sealed=sealed,
        now=now,
    )


async def drop_other_keys(tx: Tx, account_id: int, keep: Iterable[str]) -> None:
    """Forget an account's keys but these: what its node no longer lists is no longer valid."""
    await tx.run(
        "DELETE FROM keys WHERE account_id = :account AND id NOT IN (:keep)",
        account=account_id,
        keep=[*keep, ""],
    )


async def keys_of(tx: Tx, account_id: int) -> list[Row]:
    """Return an account's keys (id, algorithm, public, sealed), oldest first."""
    return list(
        await tx.all(
            "SELECT id, algorithm, public, sealed FROM keys WHERE account_id = :id ORDER BY created_at, id",
            id=account_id,
        )
    )


async def key(tx: Tx, id: str) -> Row | None:
    """Return one key (id, account_id, algorithm, public, created_at) with its owner's uri and state."""
    return await tx.one(
        """SELECT k.id, k.account_id, k.algorithm, k.public, k.created_at, a.uri, a.host,
                  a.suspended_at, a.deleted_at
             FROM keys k JOIN accounts a ON a.id = k.account_id WHERE k.id = :id""",
        id=id,
    )


async def signing_key(tx: Tx, account_id: int, *, algorithm: str) -> Row | None:
    """Return a key of a local account (id, sealed, old_sealed, rotated_by), `rsa` or `ed25519`; None: it has none."""
    return await tx.one(
        """SELECT id, sealed, old_sealed, rotated_by FROM keys
            WHERE account_id = :id AND algorithm = :algorithm AND sealed IS NOT NULL""",
        id=account_id,
        algorithm=algorithm,
    )


async def rotate_key(tx: Tx, id: str, *, public: str, sealed: bytes, by: int, now: int) -> None:
    """Give a key of ours new halves; the old private one stays for what was queued up to the activity `by`."""
    await tx.run(
        """UPDATE keys SET old_sealed = sealed, rotated_by = :by, sealed = :sealed, public = :public, created_at = :now
            WHERE id = :id""",
        id=id,
        public=public,
        sealed=sealed,
        by=by,
        now=now,
    )


async def drop_old_keys(tx: Tx) -> int:
    """Forget old private halves once nothing queued before their rotation is still due; return how many."""
    return await tx.run(
        """UPDATE keys SET old_sealed = NULL, rotated_by = NULL WHERE old_sealed IS NOT NULL AND NOT EXISTS (
              SELECT 1 FROM activities a JOIN deliveries d ON d.activity_id = a.id
               WHERE a.actor_id = keys.account_id AND a.id <= keys.rotated_by AND d.state = 'due')"""
    )


# Users


def _user(tx: Tx, row: Row) -> User:
    habits = Habits(
        bio=sealed.read_text(tx, row["bio"]),
        audience=Visibility(row["audience"]),
        sensitive=bool(row["sensitive"]),
        language=row["writes_in"],
        quote_policy=row["quote_policy"],
    )
    comfort = Comfort(row["language"], Appearance(row["appearance"]), bool(row["simple"]), bool(row["shortcuts"]))
    return User(account(tx, row), Role(row["role"]), row["password_hash"], comfort, habits, row["seen_day"])


async def add_user(tx: Tx, *, account_id: int, role: Role, password_hash: str, comfort: Comfort, now: int) -> None:
    """Put a sign-in behind a local account."""
    await tx.run(
        """INSERT INTO users (account_id, role, password_hash, language, appearance, simple, shortcuts, bio, audience,
                              sensitive, writes_in, quote_policy, seen_day, created_at)
           VALUES (:id, :role, :hash, :language, :appearance, :simple, :shortcuts, :bio, :audience, :sensitive,
                   :writes_in, :quote_policy, :day, :now)""",
        id=account_id,
        role=role.value,
        hash=password_hash,
        day=days(now),
        now=now,
        **_comfort(comfort),
        **await _habits(tx, account_id, Habits()),
    )


def _comfort(comfort: Comfort) -> dict[str, Any]:
    return {
        "language": comfort.language,
        "appearance": comfort.appearance.value,
        "simple": int(comfort.simple),
        "shortcuts": int(comfort.shortcuts),
    }


async def set_comfort(tx: Tx, account_id: int, comfort: Comfort) -> None:
    """Write how pages and messages meet a member."""
    await tx.run(
        """UPDATE users SET language = :language, appearance = :appearance, simple = :simple, shortcuts = :shortcuts
            WHERE account_id = :id""",
        id=account_id,
        **_comfort(comfort),
    )


async def _habits(tx: Tx, account_id: int, habits: Habits) -> dict[str, Any]:
    return {
        "bio": await sealed.text(tx, sealed.of_account(account_id), habits.bio),
        "audience": habits.audience.value,
        "sensitive": int(habits.sensitive),
        "writes_in": habits.language,
        "quote_policy": habits.quote_policy,
    }


async def set_habits(tx: Tx, account_id: int, habits: Habits) -> None:
    """Write how a member writes unless they say otherwise."""
    await tx.run(
        """UPDATE users SET bio = :bio, audience = :audience, sensitive = :sensitive, writes_in = :writes_in,
                  quote_policy = :quote_policy WHERE account_id = :id""",
        id=account_id,
        **await _habits(tx, account_id, habits),
    )


async def user(tx: Tx, account_id: int) -> User | None:
    """Return the user behind an account."""
    row = await tx.one(
        f"""SELECT {COLUMNS}, {_USER}
              FROM users u JOIN accounts a ON a.id = u.account_id WHERE a.id = :id""",
        id=account_id,
    )
    return _user(tx, row) if row else None


async def user_named(tx: Tx, username: str) -> User | None:
    """Return the user with this name, whatever its case."""
    row = await tx.one(
        f"""SELECT {COLUMNS}, {_USER}
              FROM users u JOIN accounts a ON a.id = u.account_id
             WHERE a.host = '' AND LOWER(a.username) = LOWER(:name)""",
        name=username,
    )
    return _user(tx, row) if row else None


async def users(tx: Tx, *, after: int = 0, limit: int = 100) -> list[User]:
    """Return the members of this node, by id."""
    rows = await tx.all(
        f"""SELECT {COLUMNS}, {_USER}
              FROM users u JOIN accounts a ON a.id = u.account_id
             WHERE a.id > :after ORDER BY a.id LIMIT :limit""",
        after=after,
        limit=limit,
    )
    return [_user(tx, row) for row in rows]


async def moderators(tx: Tx) -> list[Account]:
    """Return the members who look after others: moderators and administrators."""
    rows = await tx.all(
        f"""SELECT {COLUMNS} FROM users u JOIN accounts a ON a.id = u.account_id
             WHERE u.role IN ('moderator', 'admin') AND a.suspended_at IS NULL AND a.hidden_at IS NULL
               AND a.deleted_at IS NULL ORDER BY a.id"""
    )
    return [account(tx, row) for row in rows]


async def has_officer(tx: Tx) -> bool:
    """Tell whether a member of this node looks after data protection."""
    found = await tx.one(
        """SELECT 1 FROM users u JOIN accounts a ON a.id = u.account_id
            WHERE u.role = 'officer' AND a.suspended_at IS NULL AND a.hidden_at IS NULL AND a.deleted_at IS NULL
            LIMIT 1"""
    )
    return found is not None


async def guardians(tx: Tx) -> list[Account]:
    """Return the members who look after data protection: officers, and administrators as long as there is none."""
    role = Role.OFFICER if await has_officer(tx) else Role.ADMIN
    rows = await tx.all(
        f"""SELECT {COLUMNS} FROM users u JOIN accounts a ON a.id = u.account_id
             WHERE u.role = :role AND a.suspended_at IS NULL AND a.deleted_at IS NULL ORDER BY a.id""",
        role=role.value,
    )
    return [account(tx, row) for row in rows]


async def count_active_admins(tx: Tx) -> int:
    """Return how many administrators could sign in now."""
    row = await tx.one(
        """SELECT COUNT(*) AS n FROM users u JOIN accounts a ON a.id = u.account_id
            WHERE u.role = 'admin' AND a.suspended_at IS NULL AND a.deleted_at IS NULL"""
    )
    return row["n"] if row else 0


async def is_last_admin(tx: Tx, account_id: int) -> bool:
    """Tell whether nobody but this account could administer the node; that holds until the transaction ends."""
    lock = "FOR UPDATE" if tx.dialect == "postgres" else ""
    rows = await tx.all(
        f"""SELECT u.account_id FROM users u JOIN accounts a ON a.id = u.account_id
             WHERE u.role = 'admin' AND a.suspended_at IS NULL AND a.deleted_at IS NULL ORDER BY a.id {lock}"""
    )
    return [row["account_id"] for row in rows] == [account_id]


async def set_role(tx: Tx, account_id: int, role: Role) -> bool:
    """Give a member another role; False when nobody here has that account."""
    return await tx.run("UPDATE users SET role = :role WHERE account_id = :id", id=account_id, role=role.value) == 1


async def set_password(tx: Tx, account_id: int, password_hash: str) -> None:
    """Replace a user's password."""
    await tx.run("UPDATE users SET password_hash = :hash WHERE account_id = :id", id=account_id, hash=password_hash)
