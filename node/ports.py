"""What the node needs from outside, as protocols. Adapters and `federation` provide them; tests may too."""

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from email.message import EmailMessage
from enum import StrEnum
from pathlib import Path
from typing import Any, Literal, Protocol, TypeVar

from node.domain.events import Event
from node.domain.streams import Stream

T = TypeVar("T")


class Scheme(StrEnum):
    """How a request is signed."""

    DRAFT = "draft-cavage-12"
    RFC9421 = "RFC 9421"


class Sign(Protocol):
    """Returns the headers that sign this very request."""

    def __call__(
        self, method: str, url: str, body: bytes | None, /, scheme: Scheme = Scheme.DRAFT
    ) -> Mapping[str, str]: ...


class Clock(Protocol):
    """Tells the time in Unix milliseconds, UTC."""

    def __call__(self) -> int: ...


class Wire(Protocol):
    """The guarded way to other servers (`federation.wire`)."""

    async def get_document(
        self, url: str, *, sign: Sign | None, may_contact: Callable[[str], bool] | None = None
    ) -> tuple[str, bytes]: ...
    async def get(
        self,
        url: str,
        *,
        accept: str,
        sign: Sign | None = None,
        max_bytes: int,
        may_contact: Callable[[str], bool] | None = None,
    ) -> Any: ...
    async def download(
        self,
        url: str,
        into: Path,
        *,
        accept: str,
        sign: Sign | None = None,
        max_bytes: int,
        seconds: float,
        may_contact: Callable[[str], bool] | None = None,
    ) -> Any: ...
    async def post(self, url: str, body: bytes, *, content_type: str, sign: Sign | None) -> Any: ...
    async def close(self) -> None: ...


class Keys(Protocol):
    """Our own keys, unsealed (`federation.keyring`), what they sign, and how often a peer's may be fetched."""

    async def sign_as(
        self,
        tx: Any,
        account_id: int,
        *,
        activity: int | None = None,
        attempt: int = 1,
        headers: Mapping[str, str] = {},
    ) -> Sign:
        """Return what signs requests in the name of a local account, e.g. the deliveries of an activity.

        `headers`: further ones, which are sent and signed along.
        """
        ...

    async def prove(self, tx: Any, account_id: int, document: dict[str, Any], *, now: int) -> dict[str, Any]:
        """Return a document with an integrity proof in the name of a local account (FEP-8b32)."""
        ...

    def may_fetch(self, name: str, now: int) -> bool:
        """Tell, once in ten minutes for each key, and for what else has a name, that it may be fetched (threat S10)."""
        ...


class Policy(Protocol):
    """Which nodes may speak to us and hear from us (`federation.policy`)."""

    async def members(self) -> frozenset[str]:
        """Return the hosts of our organisation, at most a second old."""
        ...

    async def speaking(self) -> frozenset[str]:
        """Return these and the hosts of partners, which `federation.bridges` asks what about."""
        ...

    def changed(self) -> None:
        """The organisation changed in this process: look again."""
        ...


Span = tuple[int, int | None]
"""A part of a file: from `start` up to `end`, exclusive; None is its end, a negative start is counted from there."""


@dataclass(frozen=True, slots=True)
class Content:
    """What was asked for of a file of `size` bytes: from `start` up to `end`, exclusive, in chunks."""

    size: int
    start: int
    end: int
    chunks: AsyncIterator[bytes]


class Files(Protocol):
    """Keeps files under names that `node.adapters.files.new_name` made.

    Sealed (`node.adapters.sealed_files`), in a folder (`files`) or a store that speaks S3 (`object_files`).
    """

    async def put(self, name: str, source: bytes | Path) -> None:
        """Write a new file, safe against a power cut before this returns.

        Raises:
            Unavailable: the storage is full, or does not answer.
        """
        ...

    async def get(self, name: str, *, span: Span | None = None) -> Content:
        """Open a file, or a part of it. It is read as its chunks are asked for; they raise Damaged where it is.

        Raises:
            NotFound: it is not there. Unsatisfiable: it has no such part. Unavailable: the storage does not answer.
        """
        ...

    async def erase(self, names: Sequence[str]) -> None:
        """Remove files; one that is gone already is no error."""
        ...


class Seals(Protocol):
    """Seals what people wrote before it is kept (`node.adapters.seals`)."""

    async def seal(self, owner: str, said: bytes) -> bytes:
        """Return some bytes sealed with the key of a record, e.g. `account:1`, which is made if need be."""
        ...

    def open(self, sealed: bytes) -> bytes | None:
        """Return what was sealed; None: its key was destroyed."""
        ...

    def mask(self, word: str) -> str:
        """Return what stands for a word in an index, in letters and digits; it begins as that of a beginning does."""
        ...

    def holds(self, owner: str) -> bool:
        """Tell whether a record has its key."""
        ...

    def close(self) -> None:
        """Let go of the file of the keys."""
        ...


class Once(Protocol):
    """Does work once that several wait for (`node.adapters.once`)."""

    async def do(self, name: str, work: Callable[[], Awaitable[T]]) -> T: ...


class Fragments(Protocol):
    """Keeps what was rendered (`node.adapters.fragments`)."""

    def get(self, name: str, id: int, stamp: object) -> bytes | None:
        """Return what was kept under a name and an id, if it was rendered for this very stamp."""
        ...

    def put(self, name: str, id: int, stamp: object, rendered: bytes) -> None: ...


class Rates(Protocol):
    """How often somebody did something of late (`node.adapters.rates`)."""

    def count(self, subject: str, *, most: int) -> None: ...
    def check(self, subject: str, *, most: int) -> None:
        """Raise Throttled for a subject that has used up its `most` in five minutes."""
        ...

    def take(self, subject: str, *, most: int) -> None:
        """Check, then count."""
        ...

    def left(self, subject: str, *, most: int) -> tuple[int, float]:
        """Return how often a subject may still do it now, and in how many seconds all is made up for."""
        ...


@dataclass(frozen=True, slots=True)
class Sent:
    """What became of a mail: it was taken, will never be, or may be later. why: what the mail server said."""

    state: Literal["sent", "refused", "later"]
    why: str = ""


Told = Callable[[str, str], object]
"""Is called with (step, what is so) for each step that was taken."""


class Mailer(Protocol):
    """Hands mails to the operator's mail server (`node.adapters.mail`)."""

    @property
    def enabled(self) -> bool:
        """Whether there is such a server."""
        ...

    async def send(self, mails: Sequence[EmailMessage], *, told: Told | None = None) -> list[Sent]:
        """Send mails over one connection; return what became of each. Never raises for what the server does."""
        ...


class Presence(Protocol):
    """Who asked this process for something of late (`node.adapters.presence`)."""

    def note(self, account_id: int) -> None: ...
    def take(self) -> set[int]:
        """Return who did since the last call."""
        ...


class Listener(Protocol):
    """What one loop hears of what happens (`node.adapters.hub`)."""

    async def next(self, *, seconds: float) -> list[Event]:
        """Return what was heard since the last call, as soon as there is something; [] after `seconds`."""
        ...


class Reader(Protocol):
    """An open stream: see `node.adapters.readers`."""

    account_id: int
    door: Any
    secret: str
    notifications: bool
    ended: bool
    streams: dict[Stream, tuple[str, ...]]
    on_end: Callable[[], object] | None

    def put(self, item: Any) -> None:
        """Have something sent; a reader who is too slow for it is dropped."""
        ...

    def end(self) -> None: ...
    async def take(self, *, seconds: float | None = None) -> Any:
        """Return what is to be sent next; None when there is nothing for `seconds`, or the stream has ended."""
        ...

    def is_stuck(self, seconds: float) -> bool:
        """Tell whether what was taken last has not been sent for so long."""
        ...


class Readers(Protocol):
    """The open streams of this process (`node.adapters.readers`)."""

    def __len__(self) -> int: ...
    def __iter__(self) -> Iterator[Reader]: ...
    def open(self, *, account_id: int, door: object, secret: str, notifications: bool) -> Reader:
        """Open a stream; raise Throttled when there are too many."""
        ...

    def close(self, reader: Any) -> None: ...
    def end_all(self) -> None: ...
    def join(self, reader: Any, stream: Stream, label: tuple[str, ...]) -> None:
        """Have a reader listen to a stream; raise Invalid when it listens to too many."""
        ...

    def leave(self, reader: Any, stream: Stream) -> None: ...
    def streams(self) -> Sequence[Stream]: ...
    def listening(self, stream: Stream) -> Sequence[Reader]: ...


class Hub(Protocol):
    """Carries events from a commit to whoever waits for them."""

    process: str
    """Tells this process from the node's others."""

    @property
    def readers(self) -> Readers: ...
    def publish(self, events: Sequence[Event]) -> None: ...
    async def wait(self, kind: type[Event], *, seconds: float) -> None: ...
    def listen(self, *kinds: type[Event]) -> AbstractContextManager[Listener]:
        """Hear every event of these kinds, in this process, until the end of the context."""
        ...
