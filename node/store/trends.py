"""Rows of links in posts, of what trends, and of what moderators do not want to be shown of it."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import orjson

from node.domain import ids
from node.domain.links import Link
from node.domain.posts import Post
from node.domain.times import DAY_MS
from node.domain.trends import DAYS, Day, Kind, Trend
from node.store import visible
from node.store.database import Row, Tx
from node.store.pages import Page
from node.store.posts import COLUMNS, post

_WIDE = "(p.visibility IN ('organisation', 'public') AND p.boost_of IS NULL)"
_PERSON = """(a.kind = 'Person' AND a.bot = 0 AND a.persona = 0 AND a.suspended_at IS NULL AND a.hidden_at IS NULL
    AND a.deleted_at IS NULL)"""
_TO_BE_FOUND = "EXISTS (SELECT 1 FROM accounts w WHERE w.id = p.author_id AND w.discoverable = 1)"
_SEEN = f"({_WIDE} AND {_TO_BE_FOUND} AND {visible.MEMBER} AND {visible.UNMUTED})"
_REFUSED = "EXISTS (SELECT 1 FROM trend_refusals r WHERE r.kind = t.kind AND r.name = t.name)"
_COLUMNS = f"t.kind, t.name, t.people, t.days, CASE WHEN {_REFUSED} THEN 1 ELSE 0 END AS refused"


def first_day(now: int) -> int:
    """Return the first of the days that are counted, by its number since 1970."""
    return now // DAY_MS - DAYS + 1


def _floor(now: int) -> int:
    """Return an id below those of everything of these days."""
    return ids.at(first_day(now) * DAY_MS - 1)


# Links


async def put_links(tx: Tx, post_id: int, links: Iterable[Link]) -> None:
    """Record a post's links."""
    await tx.many(
        "INSERT INTO post_links (url, post_id, title) VALUES (:url, :post, :title) ON CONFLICT DO NOTHING",
        [{"url": one.url, "post": post_id, "title": one.title} for one in links],
    )


async def forget_links(tx: Tx, post_id: int) -> None:
    """Forget a post's links, before an edit gives it others."""
    await tx.run("DELETE FROM post_links WHERE post_id = :id", id=post_id)


async def links(tx: Tx, post_ids: Sequence[int]) -> dict[int, list[str]]:
    """Return post id → its links; one query."""
    found: dict[int, list[str]] = {}
    rows = await tx.all("SELECT post_id, url FROM post_links WHERE post_id IN (:ids)", ids=list(post_ids))
    for row in rows:
        found.setdefault(row["post_id"], []).append(row["url"])
    return found


async def titles(tx: Tx, urls: Sequence[str], *, viewer_id: int, now: int) -> dict[str, str]:
    """Return address → what most posts of these days that the viewer may see call it; none for the others."""
    rows = await tx.all(
        f"""SELECT l.url, l.title, COUNT(*) AS n FROM post_links l JOIN posts p ON p.id = l.post_id
             WHERE l.url IN (:urls) AND l.title <> '' AND l.post_id > :floor AND {_SEEN}
             GROUP BY l.url, l.title ORDER BY n DESC, l.title""",
        urls=list(urls),
        floor=_floor(now),
        viewer=viewer_id,
    )
    found: dict[str, str] = {}
    for row in rows:
        found.setdefault(row["url"], row["title"])
    return found


async def with_link(tx: Tx, url: str, page: Page, *, viewer_id: int) -> list[Post]:
    """Return the posts with a link that the viewer may see: of people who want to be found, and their own."""
    rows = await tx.all(
        f"""SELECT {COLUMNS} FROM posts p
             WHERE p.id IN (SELECT l.post_id FROM post_links l WHERE l.url = :url) AND {_WIDE}
               AND (p.author_id = :viewer OR {_TO_BE_FOUND})
               AND {visible.MEMBER} AND {visible.UNMUTED} AND {page.of("p.id")}""",
        url=url,
        viewer=viewer_id,
        **page.values,
    )
    return page.newest_first([post(tx, row) for row in rows])


# Counting


@dataclass(frozen=True, slots=True)
class Written:
    """A post, or a boost of one, as far as it is counted. day: since 1970.

    by_person: by one of flesh and blood who is here. counted: for the organisation, by a person who wants to be found.
    """

    id: int
    author_id: int
    boost_of: int | None
    day: int
    by_person: bool
    counted: bool


async def written(tx: Tx, *, after: int, now: int, limit: int) -> list[Written]:
    """Return posts and boosts of these days by id, whatever their audience; those that groups pass on aside."""
    rows = await tx.all(
        f"""SELECT p.id, p.author_id, p.boost_of, p.published_at / :day AS day,
                   CASE WHEN {_PERSON} THEN 1 ELSE 0 END AS by_person,
                   CASE WHEN {_PERSON} AND {_WIDE} AND a.discoverable = 1 THEN 1 ELSE 0 END AS counted
              FROM posts p JOIN accounts a ON a.id = p.author_id
             WHERE p.id > :after AND (p.boost_of IS NULL OR p.group_id IS NULL) ORDER BY p.id LIMIT :limit""",
        day=DAY_MS,
        after=max(after, _floor(now)),
        limit=limit,
    )
    return [
        Written(row["id"], row["author_id"], row["boost_of"], row["day"], bool(row["by_person"]), bool(row["counted"]))
        for row in rows
    ]


async def favourites(tx: Tx, *, after: int, now: int, limit: int) -> list[tuple[int, int, int]]:
    """Return (row id, account, post) of favourites of these days by people, by id."""
    rows = await tx.all(
        f"""SELECT f.id, f.account_id, f.post_id FROM favourites f JOIN accounts a ON a.id = f.account_id
             WHERE f.id > :after AND {_PERSON} ORDER BY f.id LIMIT :limit""",
        after=max(after, _floor(now)),
        limit=limit,
    )
    return [(row["id"], row["account_id"], row["post_id"]) for row in rows]


async def authors(tx: Tx, post_ids: Sequence[int]) -> dict[int, int]:
    """Return post id → author for those of the posts that count: for the organisation, by who wants to be found."""
    rows = await tx.all(
        f"""SELECT p.id, p.author_id FROM posts p JOIN accounts a ON a.id = p.author_id
             WHERE p.id IN (:ids) AND {_WIDE} AND a.discoverable = 1
               AND a.suspended_at IS NULL AND a.hidden_at IS NULL AND a.deleted_at IS NULL""",
        ids=list(post_ids),
    )
    return {row["id"]: row["author_id"] for row in rows}


async def replace(tx: Tx, found: Sequence[Trend]) -> None:
    """Write what trends now, instead of what did before."""
    await tx.run("DELETE FROM trends")
    await tx.many(
        "INSERT INTO trends (kind, name, post_id, people, days) VALUES (:kind, :name, :post, :people, :days)",
        [
            {
                "kind": one.kind.value,
                "name": one.name,
                "post": int(one.name) if one.kind is Kind.POST else None,
                "people": one.people,
                "days": orjson.dumps([[day.times, day.people] for day in one.days]).decode(),
            }
            for one in found
        ],
    )


async def forget_everything(tx: Tx) -> None:
    """Forget what trends and all links: nothing of it is kept while trends are off."""
    await tx.run("DELETE FROM trends")
    await tx.run("DELETE FROM post_links")


async def is_empty(tx: Tx) -> bool:
    """Tell whether there is neither a link nor anything that trends."""
    row = await tx.one("SELECT post_id FROM post_links UNION ALL SELECT post_id FROM trends LIMIT 1")
    return row is None


# Telling

_POSTS_WITH = {
    Kind.TAG: "IN (SELECT h.post_id FROM hashtags h WHERE h.name = t.name AND h.post_id > :floor)",
    Kind.LINK: "IN (SELECT l.post_id FROM post_links l WHERE l.url = t.name AND l.post_id > :floor)",
    Kind.POST: "= t.post_id",
}


def _trend(row: Row) -> Trend:
    days = tuple(Day(*day) for day in orjson.loads(row["days"]))
    return Trend(Kind(row["kind"]), row["name"], row["people"], days, bool(row["refused"]))


async def seen(tx: Tx, kind: Kind, *, viewer_id: int, now: int, limit: int, offset: int = 0) -> list[Trend]:
    """Return what trends and is not refused, what most people did first, as far as the viewer may see a post of it.

    Guests are told nothing of what the house talks about.
    """
    rows = await tx.all(
        f"""SELECT {_COLUMNS} FROM trends t
             WHERE t.kind = :kind AND NOT {_REFUSED} AND NOT {visible.GUEST}
               AND EXISTS (SELECT 1 FROM posts p WHERE p.id {_POSTS_WITH[kind]} AND {_SEEN})
             ORDER BY t.people DESC, t.name LIMIT :limit OFFSET :offset""",
        kind=kind.value,
        floor=_floor(now),
        viewer=viewer_id,
        limit=limit,
        offset=offset,
    )
    return [_trend(row) for row in rows]


async def every(tx: Tx, kind: Kind, *, limit: int, offset: int = 0) -> list[Trend]:
    """Return what trends, refused or not, what most people did first: for moderators."""
    rows = await tx.all(
        f"""SELECT {_COLUMNS} FROM trends t WHERE t.kind = :kind
             ORDER BY t.people DESC, t.name LIMIT :limit OFFSET :offset""",
        kind=kind.value,
        limit=limit,
        offset=offset,
    )
    return [_trend(row) for row in rows]


async def one(tx: Tx, kind: Kind, name: str) -> Trend:
    """Return how something stands among what trends; of what does not trend, no figures."""
    row = await tx.one(
        f"SELECT {_COLUMNS} FROM trends t WHERE t.kind = :kind AND t.name = :name", kind=kind.value, name=name
    )
    if row is not None:
        return _trend(row)
    refused = await tx.one(
        "SELECT 1 AS found FROM trend_refusals WHERE kind = :kind AND name = :name", kind=kind.value, name=name
    )
    return Trend(kind, name, 0, (Day(),) * DAYS, refused is not None)


async def addresses(tx: Tx) -> list[str]:
    """Return the links that trend or are refused."""
    rows = await tx.all(
        "SELECT name FROM trends WHERE kind = 'link' UNION SELECT name FROM trend_refusals WHERE kind = 'link'"
    )
    return [row["name"] for row in rows]


async def refuse(tx: Tx, kind: Kind, name: str, *, now: int) -> bool:
    """Do not show something among what trends; False when it is refused already."""
    return bool(
        await tx.run(
            """INSERT INTO trend_refusals (kind, name, post_id, at) VALUES (:kind, :name, :post, :now)
               ON CONFLICT DO NOTHING""",
            kind=kind.value,
            name=name,
            post=int(name) if kind is Kind.POST else None,
            now=now,
        )
    )


async def allow(tx: Tx, kind: Kind, name: str) -> bool:
    """Show it again when it trends; False when it was not refused."""
    return bool(await tx.run("DELETE FROM trend_refusals WHERE kind = :kind AND name = :name", kind=kind, name=name))
