"""Home streams after a change in whom a member follows, and how: what stands in them is what should.

Entries are written as posts arrive (`timelines.add_to_followers` and its neighbours). When a follow begins, ends or
changes, a list takes people out of the home stream, or a hashtag is followed or not any more, the same rule is asked
again about what is here already.
"""

from collections.abc import Iterable

from node.store.database import Tx
from node.store.posts import IN_CONVERSATION

_LATEST = 100

_BELONGS = f"""(p.author_id = :account OR COALESCE(p.wall_id, 0) = :account
    OR (p.visibility = 'direct' AND EXISTS (
       SELECT 1 FROM mentions m WHERE m.post_id = p.id AND m.account_id = :account))
    OR (p.visibility <> 'direct' AND NOT {IN_CONVERSATION} AND EXISTS (
       SELECT 1 FROM follows f WHERE f.follower_id = :account AND f.accepted = 1
          AND (f.target_id = p.author_id OR (p.wall_shown = 1 AND f.target_id = p.wall_id))
          AND (p.boost_of IS NULL OR f.boosts = 1)
          AND (f.languages = '' OR p.language = '' OR ' ' || f.languages || ' ' LIKE '% ' || p.language || ' %')
          AND NOT EXISTS (SELECT 1 FROM lists l JOIN list_members m ON m.list_id = l.id
             WHERE l.account_id = :account AND l.exclusive = 1 AND m.account_id = f.target_id)))
    OR (p.visibility IN ('unit', 'organisation', 'public') AND EXISTS (
       SELECT 1 FROM hashtags t JOIN followed_tags w ON w.name = t.name
        WHERE t.post_id = p.id AND w.account_id = :account)))"""
"""`p` belongs into the home of `:account`; whether they may see it is asked when it is read."""


async def settle_authors(tx: Tx, account_id: int, author_ids: Iterable[int]) -> None:
    """Take what these authors wrote out of a home stream, or put their latest posts back, as is right now."""
    authors = sorted(set(author_ids))
    await tx.run(
        f"""DELETE FROM home_entries WHERE account_id = :account AND id IN (
               SELECT h.id FROM home_entries h JOIN posts p ON p.id = h.id
                WHERE h.account_id = :account AND (p.author_id IN (:authors) OR p.wall_id IN (:authors))
                  AND NOT {_BELONGS})""",
        account=account_id,
        authors=authors,
    )
    await tx.many(
        f"""INSERT INTO home_entries (account_id, id)
            SELECT CAST(:account AS BIGINT), p.id FROM (
               SELECT * FROM posts WHERE author_id = :author AND wall_id IS NULL ORDER BY id DESC LIMIT :latest) AS p
             WHERE {_BELONGS}
            ON CONFLICT DO NOTHING""",
        [{"account": account_id, "author": author, "latest": _LATEST} for author in authors],
    )


async def settle_tag(tx: Tx, account_id: int, name: str) -> None:
    """The same for what was written with a hashtag."""
    await tx.run(
        f"""DELETE FROM home_entries WHERE account_id = :account AND id IN (
               SELECT h.id FROM home_entries h JOIN posts p ON p.id = h.id
                 JOIN hashtags t ON t.post_id = p.id AND t.name = :name
                WHERE h.account_id = :account AND NOT {_BELONGS})""",
        account=account_id,
        name=name,
    )
    await tx.run(
        f"""INSERT INTO home_entries (account_id, id)
            SELECT CAST(:account AS BIGINT), p.id FROM posts p
             WHERE p.id IN (SELECT post_id FROM hashtags WHERE name = :name ORDER BY post_id DESC LIMIT :latest)
               AND {_BELONGS}
            ON CONFLICT DO NOTHING""",
        account=account_id,
        name=name,
        latest=_LATEST,
    )
