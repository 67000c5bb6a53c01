"""What peers wrote that is here for an account's followers, or a group's members, and for nobody else here."""

from node.store.database import Tx

# Whom it names, on whose wall it stands and whose post it passes on: they are in its audience by themselves.
_FOR_NOBODY_ELSE = """NOT EXISTS (SELECT 1 FROM mentions m JOIN accounts x ON x.id = m.account_id
         WHERE m.post_id = p.id AND x.host = '')
    AND NOT EXISTS (SELECT 1 FROM accounts x WHERE x.id = p.wall_id AND x.host = '')
    AND NOT EXISTS (SELECT 1 FROM posts b JOIN accounts x ON x.id = b.author_id
         WHERE b.id = p.boost_of AND x.host = '')"""


async def is_empty(tx: Tx, actor_id: int) -> bool:
    """Tell whether nobody here follows an account or is in a group; of a group of ours, whether nobody at all is.

    Its home hands on what becomes of a post for as long as anybody has it.
    """
    row = await tx.one(
        """SELECT 1 AS found FROM follows f JOIN accounts x ON x.id = f.follower_id
            WHERE f.target_id = :actor AND f.accepted = 1 AND (x.host = ''
               OR EXISTS (SELECT 1 FROM accounts g WHERE g.id = :actor AND g.host = '')) LIMIT 1""",
        actor=actor_id,
    )
    return row is None


async def posts_for(tx: Tx, actor_id: int, *, until: int, limit: int = 100) -> list[int]:
    """Return peers' posts that are here for an account's followers, or a group's members, only.

    until: when the last of them was written, Unix ms.
    """
    rows = await tx.all(
        f"""SELECT p.id FROM posts p WHERE p.local = 0 AND p.published_at <= :until
               AND ((p.group_id = :actor AND p.visibility = 'group')
                 OR (p.author_id = :actor AND p.visibility = 'followers' AND {_FOR_NOBODY_ELSE}))
             ORDER BY p.id LIMIT :limit""",
        actor=actor_id,
        until=until,
        limit=limit,
    )
    return [row["id"] for row in rows]


async def posts_from(tx: Tx, host: str, *, until: int, limit: int = 100) -> list[int]:
    """Return what people of a host wrote, and others for the members of its groups; until: see `posts_for`."""
    rows = await tx.all(
        """SELECT p.id FROM posts p WHERE p.local = 0 AND p.published_at <= :until
              AND (p.author_id IN (SELECT x.id FROM accounts x WHERE x.host = :host)
                OR (p.visibility = 'group' AND p.group_id IN (SELECT x.id FROM accounts x WHERE x.host = :host)))
            ORDER BY p.id LIMIT :limit""",
        host=host,
        until=until,
        limit=limit,
    )
    return [row["id"] for row in rows]
