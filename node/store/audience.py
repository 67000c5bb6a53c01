"""Who of the members with open streams gets an event: the rules of reading, asked for many members at once.

One query for all, however many streams are open; a member who is suspended gets nothing.
"""

from collections.abc import Collection, Sequence
from typing import TypeVar

from node.domain.filters import Keyword
from node.domain.posts import Post
from node.domain.visibility import Visibility
from node.store import sealed, visible
from node.store.database import Tx
from node.store.guests import STAYS
from node.store.people import ACTIVE, KNOWN
from node.store.timelines import LISTED

T = TypeVar("T", int, str)

_VIEWERS = """accounts viewer ON viewer.id IN (:viewers)
    AND viewer.suspended_at IS NULL AND viewer.deleted_at IS NULL"""
_NARROW = (Visibility.DIRECT, Visibility.GROUP)


def _each(condition: str) -> str:
    """Return a condition on one `:viewer` as one on each row of `viewer`."""
    return condition.replace(":viewer", "viewer.id")


def _some(ids: Collection[T]) -> list[T]:
    """Return ids so often repeated that their number is a power of two: a few statements serve sets of every size."""
    listed = sorted(ids)
    return listed + listed[-1:] * ((1 << (len(listed) - 1).bit_length()) - len(listed)) if listed else []


async def seeing(tx: Tx, post_ids: Collection[int], viewers: Collection[int]) -> dict[int, set[int]]:
    """Return post id → those of the members who may see it."""
    rows = await tx.all(
        f"""SELECT p.id AS post, viewer.id AS viewer FROM posts p JOIN {_VIEWERS}
             WHERE p.id IN (:posts) AND {_each(visible.MEMBER)} AND {_each(visible.BOOSTED)}""",
        posts=_some(post_ids),
        viewers=_some(viewers),
    )
    found: dict[int, set[int]] = {id: set() for id in post_ids}
    for row in rows:
        found[row["post"]].add(row["viewer"])
    return found


async def reading(tx: Tx, post_id: int, viewers: Collection[int]) -> set[int]:
    """Return those of the members in whose streams a post may stand: they may see it, and have muted nobody of it."""
    rows = await tx.all(
        f"""SELECT viewer.id FROM posts p JOIN {_VIEWERS}
             WHERE p.id = :post AND {_each(visible.MEMBER)} AND {_each(visible.BOOSTED)}
               AND {_each(visible.UNMUTED)}""",
        post=post_id,
        viewers=_some(viewers),
    )
    return {row["id"] for row in rows}


async def at_home(tx: Tx, post_id: int, viewers: Collection[int], *, passed_on: bool = False) -> set[int]:
    """Return those of the members into whose home a post has come; `passed_on`: by itself, or from its group."""
    rows = await tx.all(
        """SELECT account_id FROM home_entries WHERE account_id IN (:viewers) AND (id = :post OR (:passed_on = 1
              AND id IN (SELECT g.id FROM posts g WHERE g.boost_of = :post AND g.group_id IS NOT NULL)))""",
        post=post_id,
        passed_on=int(passed_on),
        viewers=_some(viewers),
    )
    return {row["account_id"] for row in rows}


async def lists_with(tx: Tx, post_id: int, list_ids: Collection[int]) -> set[int]:
    """Return those of the lists in which a post stands; whether their owners may see it is another question."""
    listed = LISTED.replace(":list", "l.id").replace(":viewer", "l.account_id")
    rows = await tx.all(
        f"SELECT l.id FROM posts p JOIN lists l ON l.id IN (:lists) WHERE p.id = :post AND {listed}",
        post=post_id,
        lists=_some(list_ids),
    )
    return {row["id"] for row in rows}


async def involved(tx: Tx, post_ids: Collection[int], viewers: Collection[int]) -> set[int]:
    """Return those of the members who see these posts otherwise than others do: they wrote, marked, muted one, voted
    on it, or filter it by itself.
    """
    rows = await tx.all(
        """SELECT author_id AS id FROM posts WHERE (id IN (:posts) OR boost_of IN (:posts)) AND author_id IN (:viewers)
           UNION SELECT account_id FROM favourites WHERE post_id IN (:posts) AND account_id IN (:viewers)
           UNION SELECT account_id FROM bookmarks WHERE post_id IN (:posts) AND account_id IN (:viewers)
           UNION SELECT account_id FROM poll_votes WHERE post_id IN (:posts) AND account_id IN (:viewers)
           UNION SELECT t.account_id FROM thread_mutes t JOIN posts p ON p.thread_id = t.thread_id
                  WHERE p.id IN (:posts) AND t.account_id IN (:viewers)
           UNION SELECT f.account_id FROM filter_posts e JOIN filters f ON f.id = e.filter_id
                  WHERE e.post_id IN (:posts) AND f.account_id IN (:viewers)""",
        posts=_some(post_ids),
        viewers=_some(viewers),
    )
    return {row["id"] for row in rows}


async def wary(tx: Tx, post_ids: Collection[int], viewers: Collection[int]) -> set[int]:
    """Return those of the members who block or have muted an author of these posts, or that author's node.

    They see these posts otherwise where another one quotes them; one query, or none.
    """
    if not post_ids:
        return set()
    rows = await tx.all(
        """SELECT k.account_id FROM blocks k JOIN posts p ON p.author_id = k.target_id
            WHERE p.id IN (:posts) AND k.account_id IN (:viewers)
           UNION SELECT m.account_id FROM mutes m JOIN posts p ON p.author_id = m.target_id
                  WHERE p.id IN (:posts) AND m.account_id IN (:viewers)
           UNION SELECT m.account_id FROM host_mutes m JOIN accounts a ON a.host = m.host
                   JOIN posts p ON p.author_id = a.id
                  WHERE p.id IN (:posts) AND m.account_id IN (:viewers)""",
        posts=_some(post_ids),
        viewers=_some(viewers),
    )
    return {row["account_id"] for row in rows}


async def keywords(tx: Tx, viewers: Collection[int], *, now: int) -> dict[int, list[Keyword]]:
    """Return member → the words they filter now (Unix ms), for those of the members who do."""
    rows = await tx.all(
        """SELECT f.account_id, k.id, k.keyword, k.whole_word
             FROM filters f JOIN filter_keywords k ON k.filter_id = f.id
            WHERE f.account_id IN (:viewers) AND (f.expires_at IS NULL OR f.expires_at > :now)""",
        viewers=_some(viewers),
        now=now,
    )
    found: dict[int, list[Keyword]] = {}
    for row in rows:
        word = Keyword(row["id"], sealed.read_text(tx, row["keyword"]), bool(row["whole_word"]))
        found.setdefault(row["account_id"], []).append(word)
    return found


async def had(tx: Tx, gone: Sequence[Post]) -> dict[int, tuple[int, ...]]:
    """Return, for posts that are about to be deleted and all their boosts, into whose home or lists they came.

    An author's followers are asked for once and share one tuple: there may be thousands of them, and of posts.
    """
    narrow = {post.id for post in gone if post.visibility in _NARROW and post.boost_of is None}
    followers: dict[int, tuple[int, ...]] = {}
    for author_id in sorted({post.author_id for post in gone if post.id not in narrow}):
        rows = await tx.all(
            """SELECT f.follower_id FROM follows f JOIN accounts a ON a.id = f.follower_id
                WHERE f.target_id = :author AND f.accepted = 1 AND a.host = ''""",
            author=author_id,
        )
        followers[author_id] = tuple(row["follower_id"] for row in rows)
    rows = await tx.all(
        """SELECT h.id, h.account_id FROM posts p JOIN home_entries h ON h.id = p.id
            WHERE p.id IN (:posts) AND (p.id IN (:narrow) OR NOT EXISTS (
                  SELECT 1 FROM follows f
                   WHERE f.target_id = p.author_id AND f.follower_id = h.account_id AND f.accepted = 1))
           UNION SELECT h.id, h.account_id FROM posts b JOIN home_entries h ON h.id = b.id
                  WHERE b.boost_of IN (:posts)""",
        posts=[post.id for post in gone],
        narrow=sorted(narrow),
    )
    others: dict[int, list[int]] = {}
    for row in rows:
        others.setdefault(row["id"], []).append(row["account_id"])
    found = {post.id: () if post.id in narrow else followers[post.author_id] for post in gone}
    return found | {id: (*found.get(id, ()), *members) for id, members in others.items()}


async def knowing(tx: Tx, group_ids: Collection[int], viewers: Collection[int]) -> dict[int, set[int]]:
    """Return member → those of the groups of which they may know; one query, or none."""
    found: dict[int, set[int]] = {viewer: set() for viewer in viewers}
    if not group_ids:
        return found
    rows = await tx.all(
        f"""SELECT a.id AS known, viewer.id AS viewer FROM accounts a JOIN {_VIEWERS}
             WHERE a.id IN (:groups) AND {_each(KNOWN)}""",
        groups=_some(group_ids),
        viewers=_some(viewers),
    )
    for row in rows:
        found[row["viewer"]].add(row["known"])
    return found


async def has_media(tx: Tx, post_id: int) -> bool:
    """Tell whether files belong to a post."""
    return await tx.one("SELECT 1 AS found FROM media WHERE post_id = :post LIMIT 1", post=post_id) is not None


async def live_sessions(tx: Tx, hashes: Collection[str], *, seen_after: int, now: int) -> set[str]:
    """Return those of the sessions that are still good: not ended, used since then, their member no less (Unix ms)."""
    rows = await tx.all(
        f"""SELECT s.hash FROM sessions s JOIN accounts a ON a.id = s.account_id
            WHERE s.hash IN (:hashes) AND s.seen_at > :after AND {ACTIVE} AND {STAYS}""",
        hashes=_some(hashes),
        after=seen_after,
        now=now,
    )
    return {row["hash"] for row in rows}


async def live_tokens(tx: Tx, hashes: Collection[str], *, now: int) -> set[str]:
    """Return those of the access tokens that are still good (`now`: Unix ms): not revoked, their member still here."""
    rows = await tx.all(
        f"""SELECT t.hash FROM tokens t JOIN accounts a ON a.id = t.account_id
            WHERE t.hash IN (:hashes) AND {ACTIVE} AND {STAYS}""",
        hashes=_some(hashes),
        now=now,
    )
    return {row["hash"] for row in rows}
