"""Follows: to receive someone's posts."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Follow:
    """A follow or, until accepted, a request. `uri` is the Follow activity's id."""

    id: int
    uri: str
    follower_id: int
    target_id: int
    accepted: bool
