"""Which nodes may speak to us and hear from us: our own organisation's, and partners about the groups they share."""

from node.config import Settings
from node.ports import Clock
from node.store import bridges, nodes
from node.store.database import Database

_FRESH_MS = 1_000


class Members:
    """Implements `node.ports.Policy`: the organisation's hosts, read again when a second old.

    Exact, canonical hosts with their port; no suffix ever matches (threat C01).
    """

    def __init__(self, db: Database, settings: Settings, clock: Clock) -> None:
        self._db = db
        self._own = settings.authority
        self._clock = clock
        self._hosts: frozenset[str] = frozenset()
        self._speaking: frozenset[str] = frozenset()
        self._read_at = 0

    async def members(self) -> frozenset[str]:
        """Return the hosts of the organisation, this node's own among them."""
        await self._refresh()
        return self._hosts

    async def speaking(self) -> frozenset[str]:
        """Return these, and the hosts with which groups are shared: of what, `federation.bridges` says."""
        await self._refresh()
        return self._speaking

    async def _refresh(self) -> None:
        now = self._clock()
        if not 0 <= now - self._read_at < _FRESH_MS:
            async with self._db.read() as tx:
                self._hosts = frozenset({member.host for member in await nodes.members(tx)} | {self._own})
                self._speaking = self._hosts | await bridges.speaking_hosts(tx)
            self._read_at = now

    def changed(self) -> None:
        """Read again at the next question."""
        self._read_at = 0
