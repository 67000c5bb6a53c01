"""The journal: what was done by those who look after others, so that nobody can say later that it was otherwise.

Each line carries the seal of the line before it, and a seal of its own that only this node's key file can make: who
changes, drops or inserts a line in the database breaks the chain from there on. Only the newest lines can be cut off
unseen; whoever keeps a number and its seal elsewhere finds that, too.
"""

import hmac
import json
from dataclasses import dataclass
from hashlib import sha256

from node.context import Change, Context
from node.domain.accounts import Account
from node.store import journal
from node.store.journal import Line

_AT_ONCE = 1_000


async def append(change: Change, kind: str, *, subject: str, by: Account | None = None, digest: str = "") -> None:
    """Write down that something was done.

    subject: what it was done about, by a number or an address of ours. by: one of those who look after others; None
    stands for the person concerned, or for time. digest: of what was said (`digest_of`), never the words.
    """
    before = await journal.last(change.tx)
    number, former = (before.number + 1, before.seal) if before else (1, "")
    line = Line(number, change.now, kind, subject, by.id if by else None, digest, former, "")
    await journal.insert(change.tx, _sealed(line, change.secret))


def digest_of(said: str, *, salt: str) -> str:
    """Return what proves later that just this was said. Without the salt nobody can try out what it may have been."""
    return hmac.digest(salt.encode(), said.encode(), "sha256").hex() if said else ""


@dataclass(frozen=True, slots=True)
class Verdict:
    """How a journal stands: how many lines hold, the seal of the last of these, the number of a wrong one, if any."""

    lines: int
    seal: str
    wrong: int | None


async def verify(ctx: Context, *, known: tuple[int, str] | None = None) -> Verdict:
    """Read the whole journal and check every line against the one before it.

    known: the number and seal of a line that somebody kept elsewhere.
    """
    number, former = 0, ""
    while True:
        async with ctx.db.read() as tx:
            lines = await journal.page(tx, after=number, limit=_AT_ONCE)
        for line in lines:
            holds = (line.number, line.former) == (number + 1, former) and _sealed(line, ctx.secret) == line
            if not holds or (known and known[0] == line.number and known[1] != line.seal):
                return Verdict(number, former, number + 1)
            number, former = line.number, line.seal
        if not lines:
            cut = known is not None and known[0] > number
            return Verdict(number, former, number + 1 if cut else None)


def _sealed(line: Line, secret: bytes) -> Line:
    said = json.dumps(
        [line.number, line.at, line.kind, line.subject, line.by_id, line.digest, line.former], separators=(",", ":")
    )
    key = hmac.digest(secret, b"journal", sha256)
    seal = hmac.digest(key, said.encode(), sha256).hex()
    return Line(line.number, line.at, line.kind, line.subject, line.by_id, line.digest, line.former, seal)
