"""Runs what the node itself would do, and undoes it: every try is a transaction that is rolled back.

So what is told is what would happen, to the last check, and nothing of it stays. What the work fetches is fetched
between two tries, outside of any transaction; the next try finds the answers. What reaches beyond the database comes
after a commit, by events (`node.context.Change.tell`), which nobody hears here; files are neither written nor erased.
"""

import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager, contextmanager
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import NoReturn, TypeVar

from federation.errors import Refused, Unreachable
from federation.guard import Guard, Lookup
from federation.keyring import Keyring
from federation.wire import Reply, Wire
from node.adapters.hub import LocalHub
from node.adapters.once import Once
from node.adapters.rates import Rates
from node.context import Context
from node.errors import AllmendeError, NotFound, Unavailable
from node.ports import Content, Scheme, Sign, Span
from node.store.database import Tx

T = TypeVar("T")
Ask = Callable[[], Awaitable["Exchange"]]

_MOST_TRIES = 12
_SUBJECTS = 16


@dataclass(frozen=True, slots=True)
class Exchange:
    """A question to another server.

    signed: address and scheme of each request that was signed for it, in order. refused: the authority it would have
    led to, had it been allowed; '' for none.
    """

    url: str
    accept: str
    signed: tuple[tuple[str, Scheme], ...]
    refused: str
    outcome: Reply | AllmendeError


class Rehearsal:
    """A node's context in which nothing stays. Everything that is fetched is fetched once."""

    def __init__(self, ctx: Context) -> None:
        assert isinstance(ctx.wire, Wire), "a running node has no other"
        self._ctx = ctx
        self.wire = Listening(ctx.wire)

    async def run(self, work: Callable[[Context], Awaitable[T]]) -> T:
        """Return what `work` returns, or raise what it raises, on a context like ours whose changes are undone."""
        for _ in range(_MOST_TRIES):
            self.wire.heard.clear()
            try:
                result = await self._once(work)
            except AllmendeError:
                if not await self.wire.fetch():
                    raise
            else:
                if not await self.wire.fetch():
                    return result
        raise Unreachable("It leads from one address to the next without end.")

    async def _once(self, work: Callable[[Context], Awaitable[T]]) -> T:
        try:
            with _unlogged():
                async with self._ctx.db.write() as tx:
                    result = await work(self._inside(tx))
                    raise _Undone
        except _Undone:
            return result

    def _inside(self, tx: Tx) -> Context:
        ctx, limits = self._ctx, self._ctx.settings.limits
        return replace(
            ctx,
            db=_Undoing(tx),
            wire=self.wire,
            hub=LocalHub(),
            # These remember what they were asked; each try begins as a process does.
            keys=Keyring(secret=ctx.secret, clock=ctx.clock, limits=limits),
            rates=Rates(subjects=_SUBJECTS),
            files=_NoFiles(),
            once=Once(),
        )


class _Undone(Exception):
    """The work went well; its transaction ends all the same."""


@contextmanager
def _unlogged() -> Iterator[None]:
    """What did not happen must not stand in the log."""
    before = logging.root.manager.disable
    logging.disable(logging.CRITICAL)
    try:
        yield
    finally:
        logging.disable(before)


class _Undoing:
    """A database that is one transaction, within which every other is a savepoint."""

    def __init__(self, tx: Tx) -> None:
        self.dialect = tx.dialect
        self.seals = tx.seals
        self._tx = tx

    @asynccontextmanager
    async def read(self) -> AsyncIterator[Tx]:
        yield self._tx

    @asynccontextmanager
    async def write(self) -> AsyncIterator[Tx]:
        async with self._tx.savepoint():
            yield self._tx

    async def compact(self) -> None:
        self._refuse()

    def version(self) -> int | None:
        return None

    async def script(self, statements: Sequence[str]) -> None:
        self._refuse()

    async def scrub(self) -> None:
        self._refuse()

    def snapshot(self) -> AbstractAsyncContextManager[Tx]:
        self._refuse()

    async def close(self) -> None:
        self._refuse()

    def _refuse(self) -> NoReturn:
        raise Unavailable("A rehearsal does not reach beyond its transaction.")


class _NoFiles:
    """Files of a node that has none, and takes none."""

    async def put(self, name: str, source: bytes | Path) -> None:
        raise Unavailable("A rehearsal does not write files.")

    async def get(self, name: str, *, span: Span | None = None) -> Content:
        raise NotFound("There is no such file.")

    async def erase(self, names: Sequence[str]) -> None:
        raise Unavailable("A rehearsal does not erase files.")


class Listening(Wire):
    """The node's way out, as a rehearsal has it: it answers from what was fetched, and notes what was not yet.

    heard: the exchanges that the last try made use of, in order.
    """

    def __init__(self, wire: Wire) -> None:
        super().__init__(guard=wire._guard, limits=wire._limits, user_agent=wire._user_agent, clock=wire._clock)
        self._way_out = wire
        self._known: dict[tuple[str, str], Exchange] = {}
        self._wanted: dict[tuple[str, str], Ask] = {}
        self.heard: list[Exchange] = []

    @property
    def guard(self) -> Guard:
        """The rule for the node's connections."""
        return self._guard

    @property
    def lookup(self) -> Lookup:
        """What resolves the hosts that the node connects to."""
        return self._way_out._lookup

    async def get(
        self,
        url: str,
        *,
        accept: str,
        sign: Sign | None = None,
        max_bytes: int,
        may_contact: Callable[[str], bool] | None = None,
    ) -> Reply:
        """Answer as `federation.wire` does, as soon as it was asked for."""
        name = url, accept
        if name not in self._known:
            self._wanted[name] = partial(self._ask, url, accept, sign, max_bytes, may_contact)
            raise Unreachable("This is asked for between two tries.")
        exchange = self._known[name]
        self.heard.append(exchange)
        if isinstance(exchange.outcome, AllmendeError):
            raise exchange.outcome
        return exchange.outcome

    async def post(self, url: str, body: bytes, *, content_type: str, sign: Sign | None) -> Reply:
        """Raise Refused: a rehearsal sends nothing."""
        raise Refused("A rehearsal sends nothing.")

    async def fetch(self) -> bool:
        """Ask for what the last try lacked; False: it lacked nothing."""
        wanted, self._wanted = self._wanted, {}
        for name, ask in wanted.items():
            self._known[name] = await ask()
        return bool(wanted)

    async def _ask(
        self,
        url: str,
        accept: str,
        sign: Sign | None,
        max_bytes: int,
        may_contact: Callable[[str], bool] | None,
    ) -> Exchange:
        signed: list[tuple[str, Scheme]] = []
        refused: list[str] = []

        def noted(method: str, target: str, body: bytes | None, /, scheme: Scheme = Scheme.DRAFT) -> Mapping[str, str]:
            assert sign is not None, "nothing else would sign"
            signed.append((target, scheme))
            return sign(method, target, body, scheme=scheme)

        def allowed(authority: str) -> bool:
            may = may_contact is None or may_contact(authority)
            if not may:
                refused.append(authority)
            return may

        try:
            outcome: Reply | AllmendeError = await self._way_out.get(
                url, accept=accept, sign=noted if sign else None, max_bytes=max_bytes, may_contact=allowed
            )
        except AllmendeError as error:
            outcome = error
        return Exchange(url, accept, tuple(signed), "".join(refused), outcome)
