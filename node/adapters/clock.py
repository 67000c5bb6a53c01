"""The wall clock."""

import time


def now() -> int:
    """Return Unix milliseconds, UTC."""
    return time.time_ns() // 1_000_000
