"""Follows, to receive someone's posts; blocks, to have nothing to do with someone."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Follow:
    """A follow or, until accepted, a request. `uri` is the Follow activity's id."""

    id: int
    uri: str
    follower_id: int
    target_id: int
    accepted: bool


@dataclass(frozen=True, slots=True)
class Block:
    """A block: neither sees the other from then on. `uri` is the Block activity's id."""

    id: int
    uri: str
    account_id: int
    target_id: int
