"""Context carries every dependency; Change is the unit of work."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from quart import current_app, g

from node.config import Settings
from node.domain.events import Event
from node.domain.ids import Ids
from node.domain.personas import Vault
from node.ports import Clock, Files, Fragments, Hub, Keys, Mailer, Once, Policy, Presence, Rates, Wire
from node.store import notices
from node.store.database import Database, Tx


@dataclass(frozen=True, slots=True)
class Context:
    """All that a door, a command or a loop needs; made once by `node.app`, handed down, never global.

    secret: 32 bytes from the key file, wraps private keys and signs form tokens and links to files. vault: what seals
    whose a persona is.
    """

    settings: Settings
    db: Database
    clock: Clock
    ids: Ids
    wire: Wire
    hub: Hub
    keys: Keys
    policy: Policy
    rates: Rates
    files: Files
    once: Once
    fragments: Fragments
    mailer: Mailer
    presence: Presence
    vault: Vault
    secret: bytes = field(repr=False)

    @asynccontextmanager
    async def change(self) -> "AsyncIterator[Change]":
        """Open a transaction; commit at the end and only then tell what happened. All or nothing."""
        async with self.db.write() as tx:
            change = Change(
                tx=tx,
                now=self.clock(),
                settings=self.settings,
                ids=self.ids,
                keys=self.keys,
                vault=self.vault,
                secret=self.secret,
            )
            yield change
            await notices.put(tx, id=change.new_id(), process=self.hub.process, events=change.events, now=change.now)
        self.hub.publish(change.events)


def running() -> Context:
    """Return the context of the node that answers this request: for doors only, who hand it down."""
    found: Context = current_app.config["CONTEXT"]
    return found


def recognised(account_id: int | None = None) -> None:
    """Note that the one who asks has proven who they are: for doors only. Others share what their address may do.

    account_id: the member, where it is one.
    """
    g.recognised = True
    if account_id is not None:
        g.member = account_id


@dataclass(slots=True)
class Change:
    """One transaction and its moment (`now`, Unix ms). `tell` queues an event for after the commit."""

    tx: Tx
    now: int
    settings: Settings
    ids: Ids
    keys: Keys
    vault: Vault
    secret: bytes = field(repr=False)
    events: list[Event] = field(default_factory=list)

    def new_id(self) -> int:
        """Return a fresh time-ordered id."""
        return self.ids.new(self.now)

    def tell(self, event: Event) -> None:
        """Publish this event if, and when, the transaction commits."""
        self.events.append(event)
