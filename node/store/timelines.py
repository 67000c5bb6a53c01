"""Streams of posts: home (written as posts arrive), unit, organisation, walls, tags, lists."""

from collections.abc import Iterable, Sequence

from node.domain.posts import Post
from node.store import visible
from node.store.database import Tx
from node.store.pages import Page
from node.store.posts import COLUMNS, IN_CONVERSATION, LINE, Line, line, post


async def _read(tx: Tx, sql: str, page: Page, **values: object) -> list[Post]:
    rows = await tx.all(sql, **page.values, **values)
    return page.newest_first([post(tx, row) for row in rows])


_HOME = f"""home_entries h JOIN posts p ON p.id = h.id
    WHERE h.account_id = :viewer AND {visible.MEMBER} AND {visible.BOOSTED} AND {visible.UNMUTED}"""


async def home(tx: Tx, account_id: int, page: Page) -> list[Post]:
    """Return a member's home stream.

    Visibility is checked again as it is read: a follow may have ended, an author been suspended (L04, I13).
    """
    return await _read(
        tx,
        f"SELECT {COLUMNS} FROM {_HOME} AND {page.of('h.id')}",
        page,
        viewer=account_id,
    )


async def home_lines(tx: Tx, account_id: int, page: Page) -> list[Line]:
    """Return the same as `home`, but only as much as it takes to show again what was rendered before."""
    rows = await tx.all(
        f"SELECT {LINE} FROM {_HOME} AND {page.of('h.id')}",
        viewer=account_id,
        **page.values,
    )
    return page.newest_first([line(row) for row in rows])


async def unit(tx: Tx, page: Page, *, viewer_id: int, media: bool = False) -> list[Post]:
    """Return what people of this node wrote for unit or organisation (index posts_unit); `media`: with files only."""
    return await _read(
        tx,
        f"""SELECT {COLUMNS} FROM posts p
             WHERE p.local = 1 AND p.visibility IN ('unit', 'organisation') AND p.boost_of IS NULL
               AND {visible.MEMBER} AND {visible.UNMUTED} AND {_WITH_MEDIA} AND {page.of("p.id")}""",
        page,
        viewer=viewer_id,
        media=int(media),
    )


async def organisation(tx: Tx, page: Page, *, viewer_id: int, media: bool = False, remote: bool = False) -> list[Post]:
    """Return what people of every node wrote for the organisation (index posts_organisation); `remote`: of others."""
    return await _read(
        tx,
        f"""SELECT {COLUMNS} FROM posts p
             WHERE p.visibility IN ('organisation', 'public') AND p.boost_of IS NULL AND (:remote = 0 OR p.local = 0)
               AND {visible.MEMBER} AND {visible.UNMUTED} AND {_WITH_MEDIA} AND {page.of("p.id")}""",
        page,
        viewer=viewer_id,
        media=int(media),
        remote=int(remote),
    )


_WITH_MEDIA = "(:media = 0 OR EXISTS (SELECT 1 FROM media f WHERE f.post_id = p.id))"


async def tag(
    tx: Tx,
    name: str,
    page: Page,
    *,
    viewer_id: int,
    or_: Sequence[str] = (),
    and_: Sequence[str] = (),
    not_: Sequence[str] = (),
    local: bool = False,
    remote: bool = False,
    media: bool = False,
) -> list[Post]:
    """Return what was written with a hashtag, or one of `or_`, and with all of `and_`, and none of `not_`.

    Names are lower-case, without the sign.
    """
    return await _read(
        tx,
        f"""SELECT {COLUMNS} FROM posts p
             WHERE p.id IN (SELECT t.post_id FROM hashtags t WHERE t.name IN (:names))
               AND (:all_of = 0 OR :all_of = (
                  SELECT COUNT(*) FROM hashtags t WHERE t.post_id = p.id AND t.name IN (:required)))
               AND NOT EXISTS (SELECT 1 FROM hashtags t WHERE t.post_id = p.id AND t.name IN (:without))
               AND (:local = 0 OR p.local = 1) AND (:remote = 0 OR p.local = 0)
               AND {visible.MEMBER} AND {visible.UNMUTED} AND {_WITH_MEDIA} AND {page.of("p.id")}""",
        page,
        names=[name, *or_],
        all_of=len(set(and_)),
        required=sorted(set(and_)),
        without=list(not_),
        local=int(local),
        remote=int(remote),
        media=int(media),
        viewer=viewer_id,
    )


LISTED = f"""(p.author_id IN (SELECT m.account_id FROM list_members m WHERE m.list_id = :list)
    AND p.visibility <> 'direct' AND NOT {IN_CONVERSATION}
    AND (p.reply_to_id IS NULL OR EXISTS (
       SELECT 1 FROM posts r WHERE r.id = p.reply_to_id AND (r.author_id = p.author_id
          OR (l.replies IN ('list', 'followed') AND r.author_id = :viewer)
          OR (l.replies = 'list' AND r.author_id IN (
             SELECT m.account_id FROM list_members m WHERE m.list_id = :list))
          OR (l.replies = 'followed' AND EXISTS (SELECT 1 FROM follows f WHERE f.follower_id = :viewer
             AND f.target_id = r.author_id AND f.accepted = 1))))))"""
"""`p` stands in the list `l`, which is `:list` of `:viewer`; whether they may see it is another question."""


async def of_list(tx: Tx, list_id: int, page: Page, *, viewer_id: int) -> list[Post]:
    """Return what the members of a list wrote and passed on, answers as far as the list wants them.

    `lists.replies`: `list` for answers to its members (and oneself), `followed` for those to whom the viewer follows,
    `none`. Answers to oneself always count.
    """
    return await _read(
        tx,
        f"""SELECT {COLUMNS} FROM posts p JOIN lists l ON l.id = :list
             WHERE {LISTED} AND {visible.MEMBER} AND {visible.BOOSTED} AND {visible.UNMUTED} AND {page.of("p.id")}""",
        page,
        list=list_id,
        viewer=viewer_id,
    )


async def direct(tx: Tx, page: Page, *, viewer_id: int) -> list[Post]:
    """Return the direct messages a member wrote or got."""
    return await _read(
        tx,
        f"""SELECT {COLUMNS} FROM posts p
             WHERE p.visibility = 'direct' AND p.boost_of IS NULL AND (p.author_id = :viewer OR p.id IN (
                SELECT m.post_id FROM mentions m WHERE m.account_id = :viewer))
               AND {visible.MEMBER} AND {visible.UNMUTED} AND {page.of("p.id")}""",
        page,
        viewer=viewer_id,
    )


_MESSAGES = f"p.thread_id = :thread AND p.visibility = 'direct' AND p.boost_of IS NULL AND {visible.MEMBER}"


async def conversation(tx: Tx, thread_id: int, page: Page, *, viewer_id: int) -> list[Post]:
    """Return the direct messages of a thread that a member may see (index posts_thread)."""
    return await _read(
        tx,
        f"SELECT {COLUMNS} FROM posts p WHERE {_MESSAGES} AND {page.of('p.id')}",
        page,
        thread=thread_id,
        viewer=viewer_id,
    )


async def to_answer(tx: Tx, thread_id: int, *, viewer_id: int) -> Post | None:
    """Return the direct message that a member's next one in a thread answers: of others, or theirs."""
    row = await tx.one(
        f"""SELECT {COLUMNS} FROM posts p WHERE {_MESSAGES}
             ORDER BY CASE WHEN p.author_id = :viewer THEN 1 ELSE 0 END, p.id DESC LIMIT 1""",
        thread=thread_id,
        viewer=viewer_id,
    )
    return post(tx, row) if row else None


async def wall(
    tx: Tx,
    account_id: int,
    page: Page,
    *,
    viewer_id: int,
    media: bool = False,
    replies: bool = True,
    boosts: bool = True,
    tag: str = "",
) -> list[Post]:
    """Return what stands on somebody's wall: their own posts and boosts, and what others wrote there.

    media: only with files; without `replies`: no answers to others; without `boosts`: none; tag: only with that one.
    Each half is read by its own index and no further than the page: one query for both would read the whole wall.
    """
    seen = f"""(:boosts = 1 OR p.boost_of IS NULL) AND {_WITH_MEDIA} AND NOT {IN_CONVERSATION}
        AND (:replies = 1 OR p.reply_to_uri = '' OR EXISTS (
           SELECT 1 FROM posts r WHERE r.id = p.reply_to_id AND r.author_id = p.author_id))
        AND (:tag = '' OR EXISTS (SELECT 1 FROM hashtags t WHERE t.post_id = p.id AND t.name = :tag))
        AND {visible.MEMBER} AND {visible.BOOSTED} AND {page.of("p.id")}"""
    return await _read(
        tx,
        f"""SELECT {COLUMNS} FROM posts p WHERE p.id IN (
               SELECT id FROM (SELECT p.id FROM posts p
                  WHERE p.author_id = :account AND p.wall_id IS NULL AND {seen}) AS own
               UNION ALL
               SELECT id FROM (SELECT p.id FROM posts p
                  WHERE p.wall_id = :account AND (p.wall_shown = 1 OR p.author_id = :viewer) AND {seen}) AS others)
             AND {page.of("p.id")}""",
        page,
        account=account_id,
        viewer=viewer_id,
        media=int(media),
        replies=int(replies),
        boosts=int(boosts),
        tag=tag,
    )


async def pinned(tx: Tx, account_id: int, *, viewer_id: int, limit: int = 20) -> list[Post]:
    """Return what somebody pinned to the top of their wall, the newest pin first."""
    rows = await tx.all(
        f"""SELECT {COLUMNS} FROM posts p
             WHERE p.author_id = :account AND p.pinned_at IS NOT NULL AND {visible.MEMBER}
             ORDER BY p.pinned_at DESC LIMIT :limit""",
        account=account_id,
        viewer=viewer_id,
        limit=limit,
    )
    return [post(tx, row) for row in rows]


async def group(tx: Tx, group_id: int, page: Page, *, viewer_id: int) -> list[Post]:
    """Return the posts that open the conversations of a group, which the viewer may see (index posts_group)."""
    return await _read(
        tx,
        f"""SELECT {COLUMNS} FROM posts p
             WHERE p.group_id = :group AND p.boost_of IS NULL AND p.reply_to_uri = ''
               AND EXISTS (SELECT 1 FROM posts g WHERE g.boost_of = p.id AND g.author_id = :group)
               AND {visible.MEMBER} AND {visible.UNMUTED} AND {page.of("p.id")}""",
        page,
        group=group_id,
        viewer=viewer_id,
    )


async def pinned_in_group(tx: Tx, group_id: int) -> list[int]:
    """Return the ids of the posts that a group has on top, the newest pin first, whoever asks."""
    rows = await tx.all(
        """SELECT g.boost_of FROM posts g WHERE g.author_id = :group AND g.pinned_at IS NOT NULL
            AND g.boost_of IS NOT NULL ORDER BY g.pinned_at DESC""",
        group=group_id,
    )
    return [row["boost_of"] for row in rows]


async def add_to_followers(tx: Tx, *, id: int, author_id: int, language: str = "", boost: bool = False) -> None:
    """Write a post, or a boost, into the home of its author and of every follower here who wants it; one statement.

    Not of those who want none of the author's boosts, or other languages only, or see the author in a list instead.
    """
    await tx.run(
        """INSERT INTO home_entries (account_id, id)
           SELECT f.follower_id, CAST(:id AS BIGINT) FROM follows f JOIN accounts a ON a.id = f.follower_id
            WHERE f.target_id = :author AND f.accepted = 1 AND a.host = '' AND a.deleted_at IS NULL
              AND (:boost = 0 OR f.boosts = 1)
              AND (f.languages = '' OR :language = '' OR ' ' || f.languages || ' ' LIKE '% ' || :language || ' %')
              AND NOT EXISTS (SELECT 1 FROM lists l JOIN list_members m ON m.list_id = l.id
                 WHERE l.account_id = f.follower_id AND l.exclusive = 1 AND m.account_id = :author)
           UNION
           SELECT a.id, CAST(:id AS BIGINT) FROM accounts a WHERE a.id = :author AND a.host = ''
           ON CONFLICT DO NOTHING""",
        id=id,
        author=author_id,
        language=language,
        boost=int(boost),
    )


async def add_to_members(tx: Tx, *, id: int, group_id: int, post_id: int, language: str = "") -> None:
    """Write what a group passes on (`id`) into the home of every member here who has not got the post by itself."""
    await tx.run(
        """INSERT INTO home_entries (account_id, id)
           SELECT f.follower_id, CAST(:id AS BIGINT) FROM follows f JOIN accounts a ON a.id = f.follower_id
            WHERE f.target_id = :group AND f.accepted = 1 AND f.boosts = 1 AND a.host = '' AND a.deleted_at IS NULL
              AND (f.languages = '' OR :language = '' OR ' ' || f.languages || ' ' LIKE '% ' || :language || ' %')
              AND NOT EXISTS (SELECT 1 FROM home_entries h WHERE h.account_id = f.follower_id AND h.id = :post)
              AND NOT EXISTS (SELECT 1 FROM lists l JOIN list_members m ON m.list_id = l.id
                 WHERE l.account_id = f.follower_id AND l.exclusive = 1 AND m.account_id = :group)
           ON CONFLICT DO NOTHING""",
        id=id,
        group=group_id,
        post=post_id,
        language=language,
    )


async def add_to_tag_followers(tx: Tx, *, id: int, names: Iterable[str]) -> None:
    """Write a post into the homes of the members here who follow one of its hashtags; they see it if they may."""
    await tx.run(
        """INSERT INTO home_entries (account_id, id)
           SELECT DISTINCT t.account_id, CAST(:id AS BIGINT) FROM followed_tags t WHERE t.name IN (:names)
           ON CONFLICT DO NOTHING""",
        id=id,
        names=sorted(set(names)),
    )


async def add_to(tx: Tx, *, id: int, account_ids: list[int]) -> None:
    """Write a post into the homes of these members."""
    await tx.many(
        "INSERT INTO home_entries (account_id, id) VALUES (:account, :id) ON CONFLICT DO NOTHING",
        [{"account": account, "id": id} for account in account_ids],
    )
