"""The visibility rule (`node.domain.visibility`) as SQL conditions on `posts p`.

A test runs both over every combination and holds them equal. A boost is visible when the boost itself and
the post it passes on both are; queries that return boosts use `BOOSTED` beside `MEMBER`.
"""

from node.store.bridges import SHARED
from node.store.measures import LIMITED

_ACTIVE_AUTHOR = """EXISTS (SELECT 1 FROM accounts author WHERE author.id = {post}.author_id
    AND author.suspended_at IS NULL AND author.hidden_at IS NULL AND author.deleted_at IS NULL)"""

# Two questions, each answered by an index, are a third of one with OR in it.
_PARTED = """(EXISTS (SELECT 1 FROM blocks k WHERE k.account_id = {post}.author_id AND k.target_id = :viewer)
    OR EXISTS (SELECT 1 FROM blocks k WHERE k.account_id = :viewer AND k.target_id = {post}.author_id))"""

# What nobody of a group has let in, or what was taken out of it, stands in it no more.
_PASSED_ON = """({post}.boost_of IS NOT NULL OR EXISTS (
    SELECT 1 FROM posts g WHERE g.boost_of = {post}.id AND g.author_id = {post}.group_id))"""

GUEST = "EXISTS (SELECT 1 FROM accounts gv WHERE gv.id = :viewer AND gv.guest = 1)"
"""`:viewer` is a guest: they see what stands in their groups, and whom they meet there (`node.domain.guests`)."""

_THEIRS = """(SELECT gg.group_id FROM guest_groups gg JOIN follows gf ON gf.target_id = gg.group_id
    AND gf.follower_id = gg.account_id AND gf.accepted = 1 WHERE gg.account_id = :viewer)"""


def met(account: str) -> str:
    """Return the condition that the account with this id (SQL) is one whom the guest `:viewer` meets.

    Members of their groups do, themselves and those groups, who brought them, and who looks after the node. Who is in
    a group of another node is known by what they write there, as far as they are not at home here.
    """
    return f"""({account} = :viewer
        OR EXISTS (SELECT 1 FROM follows gm
              WHERE gm.follower_id = {account} AND gm.accepted = 1 AND gm.target_id IN {_THEIRS})
        OR EXISTS (SELECT 1 FROM guest_groups gn WHERE gn.account_id = :viewer AND gn.group_id = {account})
        OR EXISTS (SELECT 1 FROM guests gt WHERE gt.account_id = :viewer AND gt.sponsor_id = {account})
        OR EXISTS (SELECT 1 FROM users gu WHERE gu.account_id = {account} AND gu.role = 'admin')
        OR EXISTS (SELECT 1 FROM posts gp JOIN accounts gh ON gh.id = gp.group_id AND gh.host <> ''
              WHERE gp.author_id = {account} AND gp.local = 0 AND gp.group_id IN {_THEIRS}))"""


def known(account: str) -> str:
    """Return the condition that `:viewer` may know of the account with this id (SQL): a guest of those they meet."""
    return f"(NOT {GUEST} OR {met(account)})"


def _member(post: str) -> str:
    """The rule for a post, first as far as it is the same for guests."""
    addressed = f"""({post}.visibility IN ('followers', 'direct') AND (
        {post}.wall_id = :viewer
        OR EXISTS (SELECT 1 FROM mentions m WHERE m.post_id = {post}.id AND m.account_id = :viewer)))"""
    return f"""({_ACTIVE_AUTHOR.format(post=post)} AND NOT {_PARTED.format(post=post)} AND (
    {post}.author_id = :viewer
    OR (NOT {GUEST} AND (
        {post}.visibility IN ('organisation', 'public')
        OR ({post}.visibility = 'unit' AND {post}.local = 1)
        OR {addressed}
        OR ({post}.visibility = 'followers' AND EXISTS (
            SELECT 1 FROM follows f WHERE f.target_id = {post}.author_id
               AND f.follower_id = :viewer AND f.accepted = 1))
        OR ({post}.visibility = 'group' AND {_PASSED_ON.format(post=post)} AND EXISTS (
            SELECT 1 FROM follows f WHERE f.target_id = {post}.group_id
               AND f.follower_id = :viewer AND f.accepted = 1))))
    OR ({GUEST} AND (
        ({post}.visibility IN ('group', 'organisation', 'public') AND {post}.group_id IN {_THEIRS}
            AND {_PASSED_ON.format(post=post)})
        OR ({addressed} AND {met(f"{post}.author_id")})))))"""


# Most members mute nobody: the first question of each is asked once for all rows.
UNMUTED = f"""(NOT EXISTS (SELECT 1 FROM mutes m WHERE m.account_id = :viewer)
       OR NOT EXISTS (SELECT 1 FROM mutes m LEFT JOIN posts passed_on ON passed_on.id = p.boost_of
             WHERE m.account_id = :viewer AND m.target_id IN (p.author_id, passed_on.author_id)))
    AND (NOT EXISTS (SELECT 1 FROM host_mutes m WHERE m.account_id = :viewer)
       OR NOT EXISTS (SELECT 1 FROM host_mutes m JOIN accounts author ON author.host = m.host
             WHERE m.account_id = :viewer AND author.id = p.author_id))
    AND (NOT EXISTS (SELECT 1 FROM measures l WHERE {LIMITED}) OR p.group_id IS NOT NULL
       OR NOT EXISTS (SELECT 1 FROM measures l LEFT JOIN posts passed_on ON passed_on.id = p.boost_of
             WHERE {LIMITED} AND l.account_id IN (p.author_id, passed_on.author_id) AND l.account_id <> :viewer
               AND NOT EXISTS (SELECT 1 FROM follows lf WHERE lf.follower_id = :viewer AND lf.accepted = 1
                  AND lf.target_id = l.account_id)))"""
"""`:viewer` has not muted the author of `p`, whose post it passes on, or the author's node: for streams.

Nor has a moderator limited one of them, but for followers; in a group the group decides.
"""

MEMBER = _member("p")
"""A member of this node, `:viewer` (an account id), may see `p`."""

BOOSTED = f"""(p.boost_of IS NULL OR EXISTS (
    SELECT 1 FROM posts b WHERE b.id = p.boost_of AND {_member("b")}))"""
"""`p` is no boost, or `:viewer` may see what it passes on."""

MEANT = f"""((:organisation = 1 AND (
    p.visibility IN ('organisation', 'public')
    OR (p.visibility IN ('followers', 'direct') AND (
        EXISTS (SELECT 1 FROM mentions m JOIN accounts a ON a.id = m.account_id
             WHERE m.post_id = p.id AND a.host = :host)
        OR EXISTS (SELECT 1 FROM accounts w WHERE w.id = p.wall_id AND w.host = :host)))
    OR (p.visibility = 'followers' AND EXISTS (
        SELECT 1 FROM follows f JOIN accounts a ON a.id = f.follower_id
         WHERE f.target_id = p.author_id AND f.accepted = 1 AND a.host = :host))
    OR (p.visibility = 'group' AND (
        EXISTS (SELECT 1 FROM accounts g WHERE g.id = p.group_id AND g.host = :host)
        OR ({_PASSED_ON.format(post="p")} AND EXISTS (
           SELECT 1 FROM follows f JOIN accounts a ON a.id = f.follower_id
            WHERE f.target_id = p.group_id AND f.accepted = 1 AND a.host = :host))))))
    OR (:organisation = 0 AND p.visibility IN ('group', 'organisation') AND {SHARED} AND (
        {_PASSED_ON.format(post="p")}
        OR EXISTS (SELECT 1 FROM accounts g WHERE g.id = p.group_id AND g.host = :host))))"""
"""Somebody at the peer `:host` is in the audience of `p`; `:organisation` is 1 when it is a member.

To others goes only what stands in a group that is shared with them."""

PEER = f"({_ACTIVE_AUTHOR.format(post='p')} AND {MEANT})"
"""The peer `:host` may get a copy of our own post `p` now; see `MEANT`."""
