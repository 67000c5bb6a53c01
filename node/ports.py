"""What the node needs from outside, as protocols. Adapters and `federation` provide them; tests may too."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from enum import StrEnum
from typing import Any, Protocol, TypeVar

from node.domain.events import Event

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

    def changed(self) -> None:
        """The organisation changed in this process: look again."""
        ...


class Files(Protocol):
    """Keeps files (`node.adapters.files`)."""

    async def put(self, data: bytes, *, media_type: str) -> str:
        """Write a new file; return its name."""
        ...

    async def read(self, name: str) -> bytes: ...
    async def erase(self, names: Sequence[str]) -> None: ...
    async def older_than(self, seconds: float) -> list[str]: ...


class Once(Protocol):
    """Does work once that several wait for (`node.adapters.once`)."""

    async def do(self, name: str, work: Callable[[], Awaitable[T]]) -> T: ...


class Rates(Protocol):
    """How often somebody did something of late (`node.adapters.rates`)."""

    def count(self, subject: str, *, most: int) -> None: ...
    def check(self, subject: str, *, most: int) -> None:
        """Raise Throttled for a subject that has used up its `most` in five minutes."""
        ...

    def take(self, subject: str, *, most: int) -> None:
        """Check, then count."""
        ...


class Hub(Protocol):
    """Carries events from a commit to whoever waits for them."""

    def publish(self, events: list[Event]) -> None: ...
    async def wait(self, kind: type[Event], *, seconds: float) -> None: ...
