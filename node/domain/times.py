"""Moments are Unix milliseconds inside; this is how they are written for others."""

from datetime import UTC, datetime


def iso(moment: int) -> str:
    """Return Unix milliseconds as ISO 8601 in UTC, to the millisecond: for peers and for clients.

    Whole seconds, as some servers write them, would let peers shuffle the posts of a second and take an edit
    in the second of its post for the same version.
    """
    return datetime.fromtimestamp(moment / 1000, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
