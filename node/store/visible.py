"""The visibility rule (`node.domain.visibility`) as SQL conditions on `posts p`.

A test runs both over every combination and holds them equal. A boost is visible when the boost itself and
the post it passes on both are; queries that return boosts use `BOOSTED` beside `MEMBER`.
"""

_ACTIVE_AUTHOR = """EXISTS (SELECT 1 FROM accounts author WHERE author.id = {post}.author_id
    AND author.suspended_at IS NULL AND author.deleted_at IS NULL)"""

# Two questions, each answered by an index, are a third of one with OR in it.
_PARTED = """(EXISTS (SELECT 1 FROM blocks k WHERE k.account_id = {post}.author_id AND k.target_id = :viewer)
    OR EXISTS (SELECT 1 FROM blocks k WHERE k.account_id = :viewer AND k.target_id = {post}.author_id))"""

_MEMBER = f"""({_ACTIVE_AUTHOR} AND NOT {_PARTED} AND (
    {{post}}.visibility IN ('organisation', 'public')
    OR {{post}}.author_id = :viewer
    OR ({{post}}.visibility = 'unit' AND {{post}}.local = 1)
    OR ({{post}}.visibility IN ('followers', 'direct') AND (
        {{post}}.wall_id = :viewer
        OR EXISTS (SELECT 1 FROM mentions m WHERE m.post_id = {{post}}.id AND m.account_id = :viewer)))
    OR ({{post}}.visibility = 'followers' AND EXISTS (
        SELECT 1 FROM follows f WHERE f.target_id = {{post}}.author_id
           AND f.follower_id = :viewer AND f.accepted = 1))))"""

# Most members mute nobody: the first question of each is asked once for all rows.
UNMUTED = """(NOT EXISTS (SELECT 1 FROM mutes m WHERE m.account_id = :viewer)
       OR NOT EXISTS (SELECT 1 FROM mutes m LEFT JOIN posts passed_on ON passed_on.id = p.boost_of
             WHERE m.account_id = :viewer AND m.target_id IN (p.author_id, passed_on.author_id)))
    AND (NOT EXISTS (SELECT 1 FROM host_mutes m WHERE m.account_id = :viewer)
       OR NOT EXISTS (SELECT 1 FROM host_mutes m JOIN accounts author ON author.host = m.host
             WHERE m.account_id = :viewer AND author.id = p.author_id))"""
"""`:viewer` has not muted the author of `p`, whose post it passes on, or the author's node: for streams."""

MEMBER = _MEMBER.format(post="p")
"""A member of this node, `:viewer` (an account id), may see `p`."""

BOOSTED = f"""(p.boost_of IS NULL OR EXISTS (
    SELECT 1 FROM posts b WHERE b.id = p.boost_of AND {_MEMBER.format(post="b")}))"""
"""`p` is no boost, or `:viewer` may see what it passes on."""

PEER = f"""({_ACTIVE_AUTHOR.format(post="p")} AND (
    (p.visibility IN ('organisation', 'public') AND :organisation = 1)
    OR (p.visibility IN ('followers', 'direct') AND (
        EXISTS (SELECT 1 FROM mentions m JOIN accounts a ON a.id = m.account_id
             WHERE m.post_id = p.id AND a.host = :host)
        OR EXISTS (SELECT 1 FROM accounts w WHERE w.id = p.wall_id AND w.host = :host)))
    OR (p.visibility = 'followers' AND EXISTS (
        SELECT 1 FROM follows f JOIN accounts a ON a.id = f.follower_id
         WHERE f.target_id = p.author_id AND f.accepted = 1 AND a.host = :host))))"""
"""The peer `:host` may hold a copy of our own post `p`; `:organisation` is 1 when it is a member."""
