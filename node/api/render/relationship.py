"""The Relationship entity."""

from collections.abc import Iterable
from typing import Any

from node.domain.relationships import Relation
from node.domain.times import iso
from node.store import relationships as rows
from node.store.database import Tx


async def relationships(tx: Tx, ids: Iterable[int], *, viewer_id: int) -> list[dict[str, Any]]:
    """Return how the viewer stands to each of these accounts, in their order; one query."""
    wanted = list(dict.fromkeys(ids))
    found = await rows.of_member(tx, viewer_id, wanted)
    return [relationship(id, found[id]) for id in wanted]


def relationship(id: int, relation: Relation) -> dict[str, Any]:
    """Return how a member stands to the account `id`. Who blocks them is told nobody."""
    return {
        "id": str(id),
        "following": relation.following,
        "showing_reblogs": relation.boosts,
        "notifying": relation.notify,
        "languages": list(relation.languages) or None,
        "followed_by": relation.followed_by,
        "blocking": relation.blocking,
        "blocked_by": False,
        "muting": relation.muting,
        "muting_notifications": relation.muting_notifications,
        "muting_expires_at": iso(relation.muting_ends) if relation.muting_ends else None,
        "requested": relation.requested,
        "requested_by": relation.requested_by,
        "domain_blocking": relation.host_muted,
        "endorsed": relation.endorsed,
        "note": relation.note,
    }
