"""Moments are Unix milliseconds inside: how they are written for others, and how long one waits."""

from datetime import UTC, datetime

from node.errors import Invalid

DAY_MS = 86_400_000


def days(moment: int) -> int:
    """Return how many whole days since 1970 a moment (Unix ms) is; of when somebody was here no more is kept."""
    return moment // DAY_MS


def iso(moment: int) -> str:
    """Return Unix milliseconds as ISO 8601 in UTC, to the millisecond: for peers and for clients.

    Whole seconds, as some servers write them, would let peers shuffle the posts of a second and take an edit
    in the second of its post for the same version.
    """
    return datetime.fromtimestamp(moment / 1000, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def moment(text: str) -> int:
    """Return the Unix milliseconds of an ISO 8601 date with time; without a zone it is UTC.

    Raises:
        Invalid: it is none.
    """
    try:
        found = datetime.fromisoformat(text.strip())
        return int((found if found.tzinfo else found.replace(tzinfo=UTC)).timestamp() * 1000)
    except (ValueError, OverflowError) as error:
        raise Invalid("Record invalid") from error


def pause(attempt: int, *, first: int, longest: int) -> int:
    """Return the milliseconds to wait after this many attempts: doubling, from `first` up to `longest` seconds."""
    doubled: int = first << min(attempt - 1, 20)
    return min(doubled, longest) * 1000
