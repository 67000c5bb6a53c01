"""Domain objects as Mastodon's entities: ids are strings, times ISO 8601."""

from datetime import UTC, datetime


def time(moment: int) -> str:
    """Return Unix milliseconds as clients read them."""
    return datetime.fromtimestamp(moment / 1000, UTC).strftime("%Y-%m-%dT%H:%M:%S.") + f"{moment % 1000:03d}Z"
