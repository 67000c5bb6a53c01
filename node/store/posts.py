"""Rows of posts and boosts."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from node.domain import ids
from node.domain.posts import Post
from node.domain.visibility import Visibility
from node.errors import Unavailable
from node.store import conversations, sealed, visible
from node.store.database import Row, Tx

COLUMNS = """p.id, p.uri, p.author_id, p.local, p.kind, p.visibility, p.said, p.sensitive,
    p.language, p.url, p.reply_to_id, p.reply_to_uri, p.boost_of, p.wall_id, p.wall_shown, p.published_at,
    p.edited_at, p.expires_at, p.thread_id, p.pinned_at, p.closed, p.quote_uri, p.quote_stamp, p.quote_id, p.quote_end,
    p.group_id, p.replies_uri, p.quote_policy, p.locked, p.replies, p.boosts, p.favourites, p.quotes, p.imported,
    p.revision"""

IN_CONVERSATION = "(p.boost_of IS NOT NULL AND p.reply_to_uri <> '')"
"""`p` is an answer that a group passes on: it is shown in its conversation, and nowhere by itself."""

_TRIES = 100
_SAID = ("content", "source", "summary")
_PLAIN = tuple(name for name in Post.__slots__ if name not in _SAID)
_REWRITTEN = (
    "kind", "said", "sensitive", "language", "url", "visibility", "edited_at", "expires_at",
    "closed", "quote_uri", "quote_stamp", "quote_id", "quote_policy",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Line:
    """As much of a post as it takes to show it again when it was rendered before; see `Post`."""

    id: int
    author_id: int
    kind: str
    revision: int
    boost_of: int | None
    reply_to_id: int | None
    quote_id: int | None
    quote_uri: str
    quote_end: str
    quote_policy: str
    visibility: Visibility
    group_id: int | None


LINE = """p.id, p.author_id, p.kind, p.revision, p.boost_of, p.reply_to_id, p.quote_id, p.quote_uri, p.quote_end,
    p.quote_policy, p.visibility, p.group_id"""


def line(row: Row) -> Line:
    """Build the line from a row with `LINE`."""
    return Line(
        row["id"],
        row["author_id"],
        row["kind"],
        row["revision"],
        row["boost_of"],
        row["reply_to_id"],
        row["quote_id"],
        row["quote_uri"],
        row["quote_end"],
        row["quote_policy"],
        Visibility(row["visibility"]),
        row["group_id"],
    )


def texts(tx: Tx, said: bytes) -> list[str]:
    """Return content, source and summary of a post, of its column `said`."""
    return sealed.read(tx, said, len(_SAID))


def post(tx: Tx, row: Row) -> Post:
    """Build the post from a row with `COLUMNS`."""
    values: dict[str, Any] = {name: row[name] for name in _PLAIN}
    values |= zip(_SAID, texts(tx, row["said"]), strict=True)
    values["visibility"] = Visibility(row["visibility"])
    values["local"] = bool(row["local"])
    values["closed"] = tuple(row["closed"].split())
    values["sensitive"] = bool(row["sensitive"])
    values["wall_shown"] = bool(row["wall_shown"])
    values["locked"] = bool(row["locked"])
    values["imported"] = bool(row["imported"])
    return Post(**values)


async def _values(tx: Tx, post: Post) -> dict[str, Any]:
    values = {name: getattr(post, name) for name in _PLAIN}
    said = [getattr(post, name) for name in _SAID]
    values["said"] = await sealed.texts(tx, sealed.of_account(post.author_id), *said)
    values["visibility"] = post.visibility.value
    values["local"] = int(post.local)
    values["closed"] = " ".join(post.closed)
    values["sensitive"] = int(post.sensitive)
    values["wall_shown"] = int(post.wall_shown)
    values["locked"] = int(post.locked)
    values["imported"] = int(post.imported)
    return values


async def by_id(tx: Tx, id: int) -> Post | None:
    """Return a post whoever asks: for rules and effects, never for a door."""
    row = await tx.one(f"SELECT {COLUMNS} FROM posts p WHERE p.id = :id", id=id)
    return post(tx, row) if row else None


async def by_ids(tx: Tx, ids: Iterable[int]) -> dict[int, Post]:
    """Return posts by id, whoever asks; one query."""
    rows = await tx.all(f"SELECT {COLUMNS} FROM posts p WHERE p.id IN (:ids)", ids=sorted(set(ids)))
    return {row["id"]: post(tx, row) for row in rows}


async def free_id(tx: Tx, moment: int) -> int:
    """Return an id for something of long ago (Unix ms) that no post has: those of one moment are few (`ids.at`).

    Raises:
        Unavailable: none was found.
    """
    for _ in range(_TRIES):
        id = ids.at(moment)
        if await tx.one("SELECT 1 AS found FROM posts WHERE id = :id", id=id) is None:
            return id
    raise Unavailable("Another post has this number. Try again in a moment.")


async def cut(tx: Tx, ids: Sequence[int]) -> None:
    """Note that words were taken out of posts for good (`node.store.records`)."""
    await tx.run("UPDATE posts SET cuts = cuts + 1 WHERE id IN (:ids)", ids=list(ids))


async def visible_authors(tx: Tx, ids: Iterable[int], *, viewer_id: int) -> dict[int, int]:
    """Return post id → author id for those of the posts that this member may see; one query, or none."""
    wanted = sorted(set(ids))
    if not wanted:
        return {}
    rows = await tx.all(
        f"SELECT p.id, p.author_id FROM posts p WHERE p.id IN (:ids) AND {visible.MEMBER}",
        ids=wanted,
        viewer=viewer_id,
    )
    return {row["id"]: row["author_id"] for row in rows}


async def by_uri(tx: Tx, uri: str) -> Post | None:
    """Return a post by its ActivityPub id, whoever asks."""
    row = await tx.one(f"SELECT {COLUMNS} FROM posts p WHERE p.uri = :uri", uri=uri)
    return post(tx, row) if row else None


async def by_uris(tx: Tx, uris: Iterable[str]) -> dict[str, Post]:
    """Return posts by their ActivityPub ids, whoever asks; one query."""
    rows = await tx.all(f"SELECT {COLUMNS} FROM posts p WHERE p.uri IN (:uris)", uris=sorted(set(uris)))
    return {row["uri"]: post(tx, row) for row in rows}


async def visible_to(tx: Tx, id: int, *, viewer_id: int) -> Post | None:
    """Return a post if this member may see it."""
    row = await tx.one(
        f"SELECT {COLUMNS} FROM posts p WHERE p.id = :id AND {visible.MEMBER} AND {visible.BOOSTED}",
        id=id,
        viewer=viewer_id,
    )
    return post(tx, row) if row else None


async def visible_ids(tx: Tx, ids: Iterable[int], *, viewer_id: int) -> dict[int, Post]:
    """Return those of the posts that this member may see; one query."""
    rows = await tx.all(
        f"SELECT {COLUMNS} FROM posts p WHERE p.id IN (:ids) AND {visible.MEMBER} AND {visible.BOOSTED}",
        ids=sorted(set(ids)),
        viewer=viewer_id,
    )
    return {row["id"]: post(tx, row) for row in rows}


async def related(tx: Tx, found: Iterable[Post | Line], *, viewer_id: int) -> dict[int, Post]:
    """Return by id what these posts boost and quote, and what those quote, as far as the member may see it."""
    passed_on = {id for post in found for id in (post.boost_of, post.quote_id) if id}
    if not passed_on:
        return {}
    near = await visible_ids(tx, passed_on, viewer_id=viewer_id)
    quoted = {post.quote_id for post in near.values() if post.quote_id} - near.keys()
    return near | (await visible_ids(tx, quoted, viewer_id=viewer_id) if quoted else {})


async def visible_to_peer(tx: Tx, id: int, *, host: str, organisation: bool) -> Post | None:
    """Return one of our own posts if this peer may hold a copy."""
    row = await tx.one(
        f"SELECT {COLUMNS} FROM posts p WHERE p.id = :id AND p.local = 1 AND {visible.PEER}",
        id=id,
        host=host,
        organisation=int(organisation),
    )
    return post(tx, row) if row else None


async def stands_in_peers_group(tx: Tx, id: int) -> bool:
    """Tell whether a post is for the members of a group that is at home at another node."""
    row = await tx.one(
        """SELECT 1 AS found FROM posts p JOIN accounts g ON g.id = p.group_id
            WHERE p.id = :id AND p.visibility = 'group' AND g.host <> ''""",
        id=id,
    )
    return row is not None


async def leave_group(tx: Tx, id: int) -> None:
    """Write that a post stands in no group."""
    await tx.run("UPDATE posts SET group_id = NULL WHERE id = :id", id=id)


async def enter_group(tx: Tx, id: int, group_id: int) -> None:
    """Write in which group a post stands, if in none yet."""
    await tx.run("UPDATE posts SET group_id = :group WHERE id = :id AND group_id IS NULL", id=id, group=group_id)


async def outbox_page(tx: Tx, author_id: int, *, host: str, organisation: bool, before: int, limit: int) -> list[Post]:
    """Return what a peer may see of one of our authors, newest first; `before` is an id, exclusive."""
    rows = await tx.all(
        f"""SELECT {COLUMNS} FROM posts p
             WHERE p.author_id = :author AND p.id < :before AND {visible.PEER}
             ORDER BY p.id DESC LIMIT :limit""",
        author=author_id,
        before=before,
        host=host,
        organisation=int(organisation),
        limit=limit,
    )
    return [post(tx, row) for row in rows]


async def public_replies(tx: Tx, id: int, *, limit: int) -> list[str]:
    """Return the uris of answers to a post that the whole organisation may read, oldest first."""
    rows = await tx.all(
        """SELECT p.uri FROM posts p JOIN accounts a ON a.id = p.author_id
            WHERE p.reply_to_id = :id AND p.visibility IN ('organisation', 'public')
              AND a.suspended_at IS NULL AND a.hidden_at IS NULL AND a.deleted_at IS NULL
            ORDER BY p.id LIMIT :limit""",
        id=id,
        limit=limit,
    )
    return [row["uri"] for row in rows]


async def pinned_page(tx: Tx, author_id: int, *, host: str, organisation: bool, limit: int) -> list[Post]:
    """Return what one of our authors pinned and a peer may see, the newest pin first."""
    rows = await tx.all(
        f"""SELECT {COLUMNS} FROM posts p
             WHERE p.author_id = :author AND p.pinned_at IS NOT NULL AND {visible.PEER}
             ORDER BY p.pinned_at DESC LIMIT :limit""",
        author=author_id,
        host=host,
        organisation=int(organisation),
        limit=limit,
    )
    return [post(tx, row) for row in rows]


async def thread(tx: Tx, id: int, *, viewer_id: int, limit: int = 500) -> tuple[list[Post], list[Post]]:
    """Return (ancestors from the root down, descendants oldest first) of a post that the member may see."""
    above = await tx.all(
        f"""WITH RECURSIVE up (id, depth) AS (
              SELECT reply_to_id, 1 FROM posts WHERE id = :id
              UNION ALL
              SELECT q.reply_to_id, up.depth + 1 FROM posts q JOIN up ON q.id = up.id WHERE up.depth < 100)
            SELECT {COLUMNS} FROM posts p JOIN up ON up.id = p.id WHERE {visible.MEMBER} ORDER BY up.depth DESC""",
        id=id,
        viewer=viewer_id,
    )
    below = await tx.all(
        f"""WITH RECURSIVE down (id, depth) AS (
              SELECT id, 1 FROM posts WHERE reply_to_id = :id
              UNION ALL
              SELECT q.id, down.depth + 1 FROM posts q JOIN down ON q.reply_to_id = down.id WHERE down.depth < 100)
            SELECT {COLUMNS} FROM posts p JOIN down ON down.id = p.id WHERE {visible.MEMBER}
             ORDER BY p.id LIMIT :limit""",
        id=id,
        viewer=viewer_id,
        limit=limit,
    )
    return [post(tx, row) for row in above], [post(tx, row) for row in below]


async def insert(tx: Tx, post: Post) -> bool:
    """Add a post or boost; False when its uri (or this boost) is there already.

    Raises:
        Unavailable: another post happens to have this id; the next try gets another one.
    """
    values = await _values(tx, post)
    changed = await tx.run(
        f"""INSERT INTO posts ({", ".join(values)}) VALUES ({", ".join(f":{name}" for name in values)})
            ON CONFLICT DO NOTHING""",
        **values,
    )
    if changed:
        return True
    if await tx.one("SELECT 1 AS found FROM posts WHERE id = :id AND uri <> :uri", id=post.id, uri=post.uri):
        raise Unavailable("Another post has this number. Try again in a moment.")
    return False


async def rewrite(tx: Tx, post: Post) -> None:
    """Write an edited post's text and what belongs to it. With another quote, how the former one ended is past."""
    written = ", ".join(f"{name} = :{name}" for name in _REWRITTEN)
    values = {name: value for name, value in (await _values(tx, post)).items() if name == "id" or name in _REWRITTEN}
    await tx.run(
        f"""UPDATE posts SET {written}, revision = revision + 1,
                  quote_end = CASE WHEN :quote_uri IN ('', quote_uri) THEN quote_end ELSE '' END
            WHERE id = :id""",
        **values,
    )


async def adopt_replies(tx: Tx, parent: Post) -> int:
    """Tie replies that arrived before their parent to it, and their threads to its own; return how many replies."""
    rows = await tx.all(
        """SELECT DISTINCT thread_id FROM posts
            WHERE reply_to_uri = :uri AND reply_to_id IS NULL AND reply_to_uri <> '' AND thread_id <> :thread""",
        thread=parent.thread_id,
        uri=parent.uri,
    )
    if rows:
        joined = [row["thread_id"] for row in rows]
        await tx.run(
            "UPDATE posts SET thread_id = :thread WHERE thread_id IN (:joined)", thread=parent.thread_id, joined=joined
        )
        await conversations.join_threads(tx, joined, into=parent.thread_id)
    return await tx.run(
        """UPDATE posts SET reply_to_id = :id, revision = revision + 1 WHERE reply_to_uri = :uri AND reply_to_id IS NULL
              AND reply_to_uri <> ''""",
        id=parent.id,
        uri=parent.uri,
    )


async def count(tx: Tx, id: int, *, replies: int = 0, boosts: int = 0, favourites: int = 0, quotes: int = 0) -> None:
    """Add to a post's counts."""
    await tx.run(
        """UPDATE posts SET replies = replies + :replies, boosts = boosts + :boosts,
                  favourites = favourites + :favourites, quotes = quotes + :quotes, revision = revision + 1
            WHERE id = :id""",
        id=id,
        replies=replies,
        boosts=boosts,
        favourites=favourites,
        quotes=quotes,
    )


async def uncount(tx: Tx, gone: Sequence[Post]) -> None:
    """Count posts that are about to be deleted no more, where others are answered, passed on or quoted."""
    replies = Counter(post.reply_to_id for post in gone if post.reply_to_id is not None)
    boosts = Counter(post.boost_of for post in gone if post.boost_of is not None and post.group_id is None)
    quotes = Counter(post.quote_id for post in gone if post.quote_id is not None)
    await tx.many(
        """UPDATE posts SET replies = replies - :replies, boosts = boosts - :boosts, quotes = quotes - :quotes,
                  revision = revision + 1
            WHERE id = :id""",
        [
            {"id": id, "replies": replies[id], "boosts": boosts[id], "quotes": quotes[id]}
            for id in sorted({*replies, *boosts, *quotes} - {post.id for post in gone})
        ],
    )


async def touch(tx: Tx, id: int) -> None:
    """Note that something that hangs on a post has changed, so that it is rendered anew."""
    await tx.run("UPDATE posts SET revision = revision + 1 WHERE id = :id", id=id)


async def delete(tx: Tx, ids: Sequence[int]) -> None:
    """Remove posts; their boosts, favourites, mentions, timeline rows and notifications go with them."""
    await tx.run("DELETE FROM posts WHERE id IN (:ids)", ids=list(ids))


async def show_on_wall(tx: Tx, id: int, *, shown: bool) -> bool:
    """Confirm or withdraw a post's place on its wall; False when that changes nothing."""
    return (
        await tx.run(
            "UPDATE posts SET wall_shown = :shown, revision = revision + 1 WHERE id = :id AND wall_shown <> :shown",
            id=id,
            shown=int(shown),
        )
        == 1
    )


async def lock(tx: Tx, id: int, *, locked: bool) -> bool:
    """Close a post, and what is below it in its conversation, to answers, or open it; False when that changes nothing.

    What comes below it later follows its parent.
    """
    changed = await tx.run(
        """UPDATE posts SET locked = :locked, revision = revision + 1 WHERE locked <> :locked AND id IN (
              WITH RECURSIVE down (id, depth) AS (
                SELECT id, 0 FROM posts WHERE id = :id
                UNION ALL
                SELECT q.id, down.depth + 1 FROM posts q JOIN down ON q.reply_to_id = down.id WHERE down.depth < 100)
              SELECT id FROM down)""",
        id=id,
        locked=int(locked),
    )
    return changed > 0


async def pin(tx: Tx, id: int, *, at: int | None) -> None:
    """Pin a post to the top of its author's wall (`at`, Unix ms), or take it down from there (None)."""
    await tx.run("UPDATE posts SET pinned_at = :at WHERE id = :id", id=id, at=at)


async def count_pinned(tx: Tx, author_id: int) -> int:
    """Return how many posts an author has pinned."""
    row = await tx.one(
        "SELECT COUNT(*) AS n FROM posts WHERE author_id = :author AND pinned_at IS NOT NULL", author=author_id
    )
    return row["n"] if row else 0


async def boost_by(tx: Tx, *, author_id: int, post_id: int) -> Post | None:
    """Return an account's boost of a post."""
    row = await tx.one(
        f"SELECT {COLUMNS} FROM posts p WHERE p.boost_of = :post AND p.author_id = :author",
        post=post_id,
        author=author_id,
    )
    return post(tx, row) if row else None


async def uris_by(tx: Tx, author: str) -> list[str]:
    """Return the uris of everything an actor (its uri) wrote and passed on."""
    rows = await tx.all(
        "SELECT p.uri FROM posts p JOIN accounts a ON a.id = p.author_id WHERE a.uri = :author", author=author
    )
    return [row["uri"] for row in rows]


async def of_author(tx: Tx, author_id: int, *, after: int = 0, limit: int = 200) -> list[Post]:
    """Return an author's posts and boosts by id, whoever asks: for erasing and for exporting them."""
    rows = await tx.all(
        f"SELECT {COLUMNS} FROM posts p WHERE p.author_id = :author AND p.id > :after ORDER BY p.id LIMIT :limit",
        author=author_id,
        after=after,
        limit=limit,
    )
    return [post(tx, row) for row in rows]


async def expired(tx: Tx, *, now: int, limit: int = 50) -> list[Post]:
    """Return posts whose time is over (`now`: Unix ms), but none of an account on which a legal hold stands."""
    rows = await tx.all(
        f"""SELECT {COLUMNS} FROM posts p WHERE p.expires_at <= :now
              AND NOT EXISTS (SELECT 1 FROM holds h WHERE h.account_id = p.author_id)
            ORDER BY p.expires_at, p.id LIMIT :limit""",
        now=now,
        limit=limit,
    )
    return [post(tx, row) for row in rows]
