"""What people wrote, as it stands in rows: sealed with the key of whom the words belong to (`node.ports.Seals`).

A value is empty where nothing was said. What nobody can open any more, since its key was destroyed, reads as if nothing
had been said: it was erased, and a copy of the database brought it back.
"""

import orjson

from node.domain.times import days
from node.store.database import Tx

NODE = "node"
"""Whose key seals what is nobody's, or not known yet to be anybody's."""

INBOX = "inbox:"
ACCOUNT, CASE, REPORT = "account:", "case:", "reports:"
"""How the names of keys begin, as `node.store.records` names those whose rows they are."""


def of_account(id: int) -> str:
    """Return the name of an account's key."""
    return f"{ACCOUNT}{id}"


def of_case(id: int) -> str:
    """Return the name of the key of a case of the desk."""
    return f"{CASE}{id}"


def of_report(id: int) -> str:
    """Return the name of the key of a complaint to moderators."""
    return f"{REPORT}{id}"


def of_inbox(received_at: int) -> str:
    """Return the name of the key of what other nodes sent on a day (Unix ms): whose words it has is not known yet."""
    return f"{INBOX}{days(received_at)}"


async def of_author(tx: Tx, post_id: int) -> str:
    """Return the name of the key of who wrote a post; of the node where there is no such post."""
    row = await tx.one("SELECT author_id FROM posts WHERE id = :id", id=post_id)
    return of_account(row["author_id"]) if row else NODE


async def texts(tx: Tx, owner: str, *said: str, always: bool = False) -> bytes:
    """Return texts sealed together; empty when there is nothing in any, unless they are sealed `always`."""
    return await tx.seals.seal(owner, orjson.dumps(said)) if always or any(said) else b""


def read(tx: Tx, value: bytes, count: int) -> list[str]:
    """Return so many texts that were sealed together."""
    said = tx.seals.open(value) if value else None
    return orjson.loads(said) if said is not None else [""] * count


async def text(tx: Tx, owner: str, said: str) -> bytes:
    """Return one text sealed; empty when there is nothing in it."""
    return await body(tx, owner, said.encode())


def read_text(tx: Tx, value: bytes) -> str:
    """Return one text that was sealed."""
    return read_body(tx, value).decode()


async def body(tx: Tx, owner: str, said: bytes) -> bytes:
    """Return bytes sealed; empty when there are none."""
    return await tx.seals.seal(owner, said) if said else b""


def read_body(tx: Tx, value: bytes) -> bytes:
    """Return bytes that were sealed."""
    return (tx.seals.open(value) or b"") if value else b""
