"""Rows of cases: what is asked of the desk, what was said in each, and what was done with posts."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from node.domain.cases import WAITING, Case, Kind, Proof, State, Step, Topic, Verdict
from node.store import sealed
from node.store.database import Row, Tx
from node.store.pages import Page

_COLUMNS = """c.id, c.reference, c.topic, c.state, c.language, c.account_id, c.address, c.proof, c.said,
    c.salt, c.created_at, c.due_at, c.extended, c.assigned_id, c.verdict, c.decided_by, c.decided_at, c.closed_at,
    c.stripped_at, c.report_id"""
_SAID = ("wish", "links", "passage")
_WRITTEN = (*(name for name in Case.__slots__ if name not in _SAID), "said")
_WAITING = ", ".join(f"'{state.value}'" for state in WAITING)


@dataclass(frozen=True, slots=True)
class Entry:
    """Something that was said in a case. by_id: the officer, None for the person who asks; at: Unix ms."""

    id: int
    case_id: int
    kind: Kind
    by_id: int | None
    text: str
    at: int


@dataclass(frozen=True, slots=True)
class Done:
    """What was done with a post, by its uri, because of a case. host: of the node that it was passed on to."""

    id: int
    case_id: int
    kind: Step
    post: str
    host: str
    at: int


def _case(tx: Tx, row: Row) -> Case:
    values: dict[str, Any] = dict(row)
    values |= zip(_SAID, sealed.read(tx, values.pop("said"), len(_SAID)), strict=True)
    return Case(
        **{
            **values,
            "topic": Topic(row["topic"]),
            "state": State(row["state"]),
            "proof": Proof(row["proof"]),
            "verdict": Verdict(row["verdict"]),
            "extended": bool(row["extended"]),
        }
    )


async def _values(tx: Tx, case: Case) -> dict[str, Any]:
    values = {name: getattr(case, name) for name in Case.__slots__}
    said = await sealed.texts(tx, sealed.of_case(case.id), *(values.pop(name) for name in _SAID))
    words = {name: values[name].value for name in ("topic", "state", "proof", "verdict")}
    return {**values, **words, "said": said, "extended": int(case.extended)}


async def insert(tx: Tx, case: Case) -> bool:
    """Add a case; False when its reference is taken."""
    return (
        await tx.run(
            f"""INSERT INTO cases ({", ".join(_WRITTEN)}) VALUES ({", ".join(f":{name}" for name in _WRITTEN)})
                ON CONFLICT (reference) DO NOTHING""",
            **await _values(tx, case),
        )
        == 1
    )


async def update(tx: Tx, case: Case) -> None:
    """Write how a case stands."""
    written = ", ".join(f"{name} = :{name}" for name in _WRITTEN if name != "id")
    await tx.run(f"UPDATE cases SET {written} WHERE id = :id", **await _values(tx, case))


async def by_id(tx: Tx, id: int) -> Case | None:
    """Return one case."""
    row = await tx.one(f"SELECT {_COLUMNS} FROM cases c WHERE c.id = :id", id=id)
    return _case(tx, row) if row else None


async def held(tx: Tx, id: int) -> Case | None:
    """Return one case, and hold it until the transaction ends: two people who decide do so one after the other."""
    lock = "FOR UPDATE" if tx.dialect == "postgres" else ""
    row = await tx.one(f"SELECT {_COLUMNS} FROM cases c WHERE c.id = :id {lock}", id=id)
    return _case(tx, row) if row else None


async def by_reference(tx: Tx, reference: str) -> Case | None:
    """Return the case of this number."""
    row = await tx.one(f"SELECT {_COLUMNS} FROM cases c WHERE c.reference = :reference", reference=reference)
    return _case(tx, row) if row else None


async def waiting(tx: Tx, *, after: int = 0, limit: int) -> list[Case]:
    """Return what the desk has to answer, by the day until when; `after` is the id of the case before."""
    rows = await tx.all(
        f"""SELECT {_COLUMNS} FROM cases c
             WHERE c.state IN ({_WAITING})
               AND (CAST(:after AS BIGINT) = 0
                    OR (c.due_at, c.id) > (SELECT b.due_at, b.id FROM cases b WHERE b.id = :after))
             ORDER BY c.due_at, c.id LIMIT :limit""",
        after=after,
        limit=limit,
    )
    return [_case(tx, row) for row in rows]


async def in_states(tx: Tx, states: Sequence[State], page: Page) -> list[Case]:
    """Return a page of cases that stand so, the newest first."""
    rows = await tx.all(
        f"SELECT {_COLUMNS} FROM cases c WHERE c.state IN (:states) AND {page.of('c.id')}",
        states=[state.value for state in states],
        **page.values,
    )
    return page.newest_first([_case(tx, row) for row in rows])


async def of_account(tx: Tx, account_id: int, *, limit: int) -> list[Case]:
    """Return what a member asked for, the newest first."""
    rows = await tx.all(
        f"SELECT {_COLUMNS} FROM cases c WHERE c.account_id = :account ORDER BY c.id DESC LIMIT :limit",
        account=account_id,
        limit=limit,
    )
    return [_case(tx, row) for row in rows]


async def count_of_address(tx: Tx, address: str, *, since: int) -> int:
    """Return how many cases were filed for a mail address since then (Unix ms)."""
    row = await tx.one(
        """SELECT COUNT(*) AS n FROM cases
            WHERE LOWER(address) = LOWER(:address) AND address <> '' AND created_at > :since""",
        address=address,
        since=since,
    )
    return row["n"] if row else 0


async def erase(tx: Tx, ids: Sequence[int]) -> None:
    """Erase cases with everything that was said in them."""
    await tx.run("DELETE FROM cases WHERE id IN (:ids)", ids=list(ids))


# What was said and done


async def say(tx: Tx, entry: Entry) -> None:
    """Add what was said."""
    await tx.run(
        """INSERT INTO case_entries (id, case_id, kind, by_id, text, at)
           VALUES (:id, :case, :kind, :by, :text, :at)""",
        id=entry.id,
        case=entry.case_id,
        kind=entry.kind.value,
        by=entry.by_id,
        text=await sealed.text(tx, sealed.of_case(entry.case_id), entry.text),
        at=entry.at,
    )


async def entries(tx: Tx, case_id: int, *, limit: int) -> list[Entry]:
    """Return what was said in a case, in its order."""
    rows = await tx.all(
        "SELECT id, case_id, kind, by_id, text, at FROM case_entries WHERE case_id = :case ORDER BY id LIMIT :limit",
        case=case_id,
        limit=limit,
    )
    return [
        Entry(**{**dict(row), "kind": Kind(row["kind"]), "text": sealed.read_text(tx, row["text"])}) for row in rows
    ]


async def count_messages(tx: Tx, case_id: int) -> int:
    """Return how often the one who asks has written in a case."""
    row = await tx.one(
        "SELECT COUNT(*) AS n FROM case_entries WHERE case_id = :case AND kind IN ('message', 'appeal')", case=case_id
    )
    return row["n"] if row else 0


async def do(tx: Tx, done: Done) -> None:
    """Note what was done with a post."""
    await tx.run(
        "INSERT INTO case_steps (id, case_id, kind, post, host, at) VALUES (:id, :case, :kind, :post, :host, :at)",
        id=done.id,
        case=done.case_id,
        kind=done.kind.value,
        post=done.post,
        host=done.host,
        at=done.at,
    )


async def steps(tx: Tx, case_id: int, *, limit: int) -> list[Done]:
    """Return what was done with posts because of a case, in its order."""
    rows = await tx.all(
        "SELECT id, case_id, kind, post, host, at FROM case_steps WHERE case_id = :case ORDER BY id LIMIT :limit",
        case=case_id,
        limit=limit,
    )
    return [Done(**{**dict(row), "kind": Step(row["kind"])}) for row in rows]


# What time does


async def unproven(tx: Tx, *, before: int, limit: int) -> list[Case]:
    """Return requests filed before then (Unix ms) of which nobody has proven to be the one who asks."""
    return await _old(tx, "c.state = 'unproven' AND c.created_at < :before", before=before, limit=limit)


async def unappealed(tx: Tx, *, before: int, limit: int) -> list[Case]:
    """Return cases that were answered before then (Unix ms)."""
    return await _old(tx, "c.state = 'answered' AND c.decided_at < :before", before=before, limit=limit)


async def to_strip(tx: Tx, *, before: int, limit: int) -> list[Case]:
    """Return cases that ended before then (Unix ms) and still say whom they are about."""
    return await _old(tx, "c.closed_at < :before AND c.stripped_at IS NULL", before=before, limit=limit)


async def to_erase(tx: Tx, *, before: int, limit: int) -> list[Case]:
    """Return cases that ended before then (Unix ms)."""
    return await _old(tx, "c.closed_at < :before", before=before, limit=limit)


async def _old(tx: Tx, condition: str, *, before: int, limit: int) -> list[Case]:
    rows = await tx.all(
        f"SELECT {_COLUMNS} FROM cases c WHERE {condition} ORDER BY c.id LIMIT :limit", before=before, limit=limit
    )
    return [_case(tx, row) for row in rows]


async def forget_words(tx: Tx, case_id: int) -> None:
    """Erase everything that was said in a case; that it was, when and by which officer, stays."""
    await tx.run("UPDATE case_entries SET text = :nothing WHERE case_id = :case", case=case_id, nothing=b"")
