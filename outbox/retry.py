"""When to try a delivery again, and when to stop. Pure: the worker asks, nothing is looked up here."""

import random
from dataclasses import dataclass
from typing import Literal

from node.domain.times import pause
from node.limits import Limits

End = Literal["done", "gone", "refused", "unreachable", "due"]


@dataclass(frozen=True, slots=True)
class Verdict:
    """What becomes of a delivery. `due_at` (Unix ms) counts only while the state is "due".

    host_failed: the failure speaks against the whole host, so its breaker counts it.
    """

    state: End
    due_at: int
    host_failed: bool


def jittered(attempt: int, limits: Limits) -> int:
    """Return the milliseconds to wait after this many attempts, with a fifth of jitter."""
    whole = pause(attempt, first=limits.delivery_first_retry_seconds, longest=limits.delivery_longest_pause_seconds)
    return int(whole * random.uniform(0.8, 1.0))  # noqa: S311 jitter is no secret


def judge(
    status: int, *, attempt: int, gives_up_at: int | None, retry_after: int | None, now: int, limits: Limits
) -> Verdict:
    """Judge an answer. `status` 0 means that there was none; `retry_after` is in seconds.

    2xx is done. 404 and 410: the inbox is gone, stop. 400, 405, 413, 415 and 422 will never get better. 401 and
    403 may (a member list on its way, a clock), so they wait like everything else, up to the horizon. What has
    none (a deletion) is tried until it is confirmed: no other answer proves that the copy is gone (E6, E8).
    """
    if 200 <= status < 300:
        return Verdict("done", now, False)
    if gives_up_at is not None:
        if status in (404, 410):
            return Verdict("gone", now, False)
        if status in (400, 405, 413, 415, 422):
            return Verdict("refused", now, False)
    due_at = now + jittered(attempt, limits)
    if retry_after is not None:
        due_at = max(due_at, now + min(retry_after, limits.delivery_longest_pause_seconds) * 1000)
    if gives_up_at is not None and due_at > gives_up_at:
        return Verdict("unreachable", now, status not in (401, 403))
    return Verdict("due", due_at, status == 0 or status == 429 or status >= 500)
