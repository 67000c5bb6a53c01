"""Rows of the hashtags that members follow, and of those that they show in their profiles."""

from collections.abc import Iterable
from dataclasses import dataclass

from node.domain import ids
from node.domain.tags import FeaturedTag
from node.domain.times import DAY_MS
from node.store import visible
from node.store.database import Row, Tx
from node.store.pages import Page

_DAYS = 7


@dataclass(frozen=True, slots=True)
class Use:
    """How often somebody wrote with a hashtag, and when last (Unix ms), as far as the viewer may see it."""

    posts: int = 0
    last_at: int | None = None


# Followed


async def follow(tx: Tx, *, id: int, account_id: int, name: str) -> bool:
    """Follow a hashtag; False when the member does already."""
    changed = await tx.run(
        "INSERT INTO followed_tags (id, account_id, name) VALUES (:id, :account, :name) ON CONFLICT DO NOTHING",
        id=id,
        account=account_id,
        name=name,
    )
    return changed == 1


async def unfollow(tx: Tx, *, account_id: int, name: str) -> bool:
    """Follow a hashtag no more; False when the member did not."""
    changed = await tx.run(
        "DELETE FROM followed_tags WHERE account_id = :account AND name = :name", account=account_id, name=name
    )
    return changed == 1


async def followed(tx: Tx, account_id: int, page: Page) -> list[tuple[int, str]]:
    """Return (row id, name) of the hashtags that a member follows."""
    rows = await tx.all(
        f"SELECT t.id, t.name FROM followed_tags t WHERE t.account_id = :account AND {page.of('t.id')}",
        account=account_id,
        **page.values,
    )
    return page.newest_first([(row["id"], row["name"]) for row in rows])


async def followed_among(tx: Tx, account_id: int, names: Iterable[str]) -> set[str]:
    """Return those of the hashtags that a member follows; one query."""
    rows = await tx.all(
        "SELECT name FROM followed_tags WHERE account_id = :account AND name IN (:names)",
        account=account_id,
        names=sorted(set(names)),
    )
    return {row["name"] for row in rows}


# Shown in profiles


def _featured(row: Row) -> FeaturedTag:
    return FeaturedTag(row["id"], row["account_id"], row["name"])


async def feature(tx: Tx, tag: FeaturedTag) -> None:
    """Show a hashtag in a profile; once is enough."""
    await tx.run(
        "INSERT INTO featured_tags (id, account_id, name) VALUES (:id, :account, :name) ON CONFLICT DO NOTHING",
        id=tag.id,
        account=tag.account_id,
        name=tag.name,
    )


async def unfeature(tx: Tx, *, account_id: int, name: str) -> None:
    """Show a hashtag no more."""
    await tx.run(
        "DELETE FROM featured_tags WHERE account_id = :account AND name = :name", account=account_id, name=name
    )


async def featured(tx: Tx, account_id: int) -> list[FeaturedTag]:
    """Return the hashtags of a profile, oldest first; `Limits.featured_tags_per_member` bounds them."""
    rows = await tx.all(
        "SELECT id, account_id, name FROM featured_tags WHERE account_id = :account ORDER BY id", account=account_id
    )
    return [_featured(row) for row in rows]


async def use(tx: Tx, account_id: int, names: Iterable[str], *, viewer_id: int) -> dict[str, Use]:
    """Return name → how an account used each of the hashtags; one query."""
    wanted = sorted(set(names))
    rows = await tx.all(
        f"""SELECT t.name, COUNT(*) AS posts, MAX(p.published_at) AS last_at
              FROM hashtags t JOIN posts p ON p.id = t.post_id
             WHERE p.author_id = :account AND t.name IN (:names) AND {visible.MEMBER} GROUP BY t.name""",
        account=account_id,
        names=wanted,
        viewer=viewer_id,
    )
    return dict.fromkeys(wanted, Use()) | {row["name"]: Use(row["posts"], row["last_at"]) for row in rows}


@dataclass(frozen=True, slots=True)
class Day:
    """How often a hashtag was used on a day (Unix ms of its beginning, UTC), and by how many people."""

    at: int
    posts: int = 0
    people: int = 0


async def history(tx: Tx, names: Iterable[str], *, viewer_id: int, now: int) -> dict[str, list[Day]]:
    """Return name → its last seven days, today first, as far as the viewer may see the posts; one query."""
    wanted = sorted(set(names))
    today = now // DAY_MS
    first = today - _DAYS + 1
    rows = await tx.all(
        f"""SELECT t.name, p.published_at / :day AS day, COUNT(*) AS posts, COUNT(DISTINCT p.author_id) AS people
              FROM hashtags t JOIN posts p ON p.id = t.post_id
             WHERE t.name IN (:names) AND t.post_id > :floor AND p.published_at >= :since AND {visible.MEMBER}
             GROUP BY t.name, p.published_at / :day""",
        names=wanted,
        day=DAY_MS,
        floor=ids.at(first * DAY_MS - 1),
        since=first * DAY_MS,
        viewer=viewer_id,
    )
    used = {(row["name"], row["day"]): Day(row["day"] * DAY_MS, row["posts"], row["people"]) for row in rows}
    days = range(today, first - 1, -1)
    return {name: [used.get((name, day), Day(day * DAY_MS)) for day in days] for name in wanted}


async def most_used(tx: Tx, account_id: int, *, limit: int) -> list[str]:
    """Return the hashtags that somebody writes with most often and does not show in the profile."""
    rows = await tx.all(
        """SELECT t.name FROM posts p JOIN hashtags t ON t.post_id = p.id
            WHERE p.author_id = :account AND t.name <> '' AND t.name NOT IN (
               SELECT s.name FROM featured_tags s WHERE s.account_id = :account)
            GROUP BY t.name ORDER BY COUNT(*) DESC, t.name LIMIT :limit""",
        account=account_id,
        limit=limit,
    )
    return [row["name"] for row in rows]
