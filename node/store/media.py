"""Rows of files, of the little pictures in texts, and of files that are to be erased."""

from collections.abc import Iterable, Sequence
from typing import Any

from node.domain.media import Emoji, Media
from node.store.database import Row, Tx

_COLUMNS = """m.id, m.post_id, m.place, m.kind, m.media_type, m.remote_url, m.description, m.width, m.height,
    m.blurhash, m.focus_x, m.focus_y, m.file, m.preview, m.used_at"""


def _media(row: Row) -> Media:
    values: dict[str, Any] = {name: row[name] for name in Media.__slots__ if name != "focus"}
    focus = None if row["focus_x"] is None else (row["focus_x"], row["focus_y"])
    return Media(focus=focus, **values)


def _values(media: Media) -> dict[str, Any]:
    values = {name: getattr(media, name) for name in Media.__slots__ if name != "focus"}
    x, y = media.focus or (None, None)
    return {**values, "focus_x": x, "focus_y": y}


async def put(tx: Tx, media: Sequence[Media]) -> None:
    """Add files to a post; of one that is there, place, description and focus are written anew."""
    names = [name.strip().removeprefix("m.") for name in _COLUMNS.split(",")]
    await tx.many(
        f"""INSERT INTO media ({", ".join(names)}) VALUES ({", ".join(f":{name}" for name in names)})
            ON CONFLICT (id) DO UPDATE SET place = excluded.place, description = excluded.description,
               focus_x = excluded.focus_x, focus_y = excluded.focus_y""",
        [_values(one) for one in media],
    )


async def of_posts(tx: Tx, post_ids: Iterable[int]) -> dict[int, list[Media]]:
    """Return post id → its files in their order; one query."""
    found: dict[int, list[Media]] = {}
    rows = await tx.all(
        f"SELECT {_COLUMNS} FROM media m WHERE m.post_id IN (:ids) ORDER BY m.post_id, m.place",
        ids=sorted(set(post_ids)),
    )
    for row in rows:
        found.setdefault(row["post_id"], []).append(_media(row))
    return found


async def by_id(tx: Tx, id: int) -> Media | None:
    """Return one file."""
    row = await tx.one(f"SELECT {_COLUMNS} FROM media m WHERE m.id = :id", id=id)
    return _media(row) if row else None


async def shown(tx: Tx, id: int) -> Media | None:
    """Return a file of a post whose author is neither suspended nor deleted."""
    row = await tx.one(
        f"""SELECT {_COLUMNS} FROM media m JOIN posts p ON p.id = m.post_id JOIN accounts a ON a.id = p.author_id
             WHERE m.id = :id AND a.suspended_at IS NULL AND a.deleted_at IS NULL""",
        id=id,
    )
    return _media(row) if row else None


async def store_files(tx: Tx, media: Media) -> None:
    """Note where the file and its preview are now, and what they turned out to be."""
    await tx.run(
        """UPDATE media SET file = :file, preview = :preview, media_type = :media_type, width = :width,
                  height = :height, blurhash = :blurhash, used_at = :used_at WHERE id = :id""",
        **{
            name: value
            for name, value in _values(media).items()
            if name in ("id", "file", "preview", "media_type", "width", "height", "blurhash", "used_at")
        },
    )


async def touch(tx: Tx, id: int, *, now: int) -> None:
    """Note that a file was shown."""
    await tx.run("UPDATE media SET used_at = :now WHERE id = :id", id=id, now=now)


async def remove_from_post(tx: Tx, post_id: int, *, but: Iterable[int] = ()) -> None:
    """Take files off a post; those on the disk are erased soon."""
    kept = [*but, 0]
    await tx.run(
        """INSERT INTO doomed_files (name)
           SELECT file FROM media WHERE post_id = :post AND file <> '' AND id NOT IN (:kept)
           UNION SELECT preview FROM media WHERE post_id = :post AND preview <> '' AND id NOT IN (:kept)
           ON CONFLICT DO NOTHING""",
        post=post_id,
        kept=kept,
    )
    await tx.run("DELETE FROM media WHERE post_id = :post AND id NOT IN (:kept)", post=post_id, kept=kept)


async def expire(tx: Tx, *, before: int, limit: int = 500) -> int:
    """Let copies of peers' files that nobody looked at since then (Unix ms) be erased; return how many."""
    rows = await tx.all(
        """SELECT id, file, preview FROM media WHERE file <> '' AND remote_url <> '' AND used_at < :before
            ORDER BY used_at LIMIT :limit""",
        before=before,
        limit=limit,
    )
    names = [name for row in rows for name in (row["file"], row["preview"]) if name]
    await doom(tx, names)
    await tx.run("UPDATE media SET file = '', preview = '' WHERE id IN (:ids)", ids=[row["id"] for row in rows])
    return len(rows)


async def doom(tx: Tx, names: Iterable[str]) -> None:
    """Let these files be erased soon."""
    await tx.many(
        "INSERT INTO doomed_files (name) VALUES (:name) ON CONFLICT DO NOTHING", [{"name": name} for name in names]
    )


async def doomed(tx: Tx, *, limit: int = 500) -> list[str]:
    """Return names of files to erase."""
    return [row["name"] for row in await tx.all("SELECT name FROM doomed_files LIMIT :limit", limit=limit)]


async def orphans(tx: Tx, names: Sequence[str]) -> list[str]:
    """Return those of these files that belong to nothing; one query for each hundred."""
    known: set[str] = set()
    for start in range(0, len(names), 100):
        some = list(names[start : start + 100])
        rows = await tx.all(
            """SELECT file AS name FROM media WHERE file IN (:names) UNION
               SELECT preview FROM media WHERE preview IN (:names) UNION
               SELECT file FROM emojis WHERE file IN (:names)""",
            names=some,
        )
        known |= {row["name"] for row in rows}
    return [name for name in names if name not in known]


async def erased(tx: Tx, names: Sequence[str]) -> None:
    """Forget files that are gone."""
    await tx.run("DELETE FROM doomed_files WHERE name IN (:names)", names=list(names))


# Emojis


async def put_emojis(tx: Tx, emojis: Sequence[Emoji]) -> None:
    """Store pictures; one whose address has changed is fetched anew when it is next shown."""
    await tx.many(
        """INSERT INTO emojis (id, host, shortcode, remote_url, file) VALUES (:id, :host, :shortcode, :url, '')
           ON CONFLICT (host, shortcode) DO UPDATE SET remote_url = excluded.remote_url, file = ''
            WHERE emojis.remote_url <> excluded.remote_url""",
        [{"id": one.id, "host": one.host, "shortcode": one.shortcode, "url": one.remote_url} for one in emojis],
    )


async def emojis(tx: Tx, wanted: Iterable[tuple[str, str]]) -> dict[tuple[str, str], Emoji]:
    """Return (host, shortcode) → picture for those that are known; one query."""
    pairs = set(wanted)
    rows = await tx.all(
        """SELECT id, host, shortcode, remote_url, file FROM emojis
            WHERE host IN (:hosts) AND shortcode IN (:shortcodes)""",
        hosts=sorted({host for host, _ in pairs}),
        shortcodes=sorted({shortcode for _, shortcode in pairs}),
    )
    found = {(row["host"], row["shortcode"]): Emoji(**dict(row)) for row in rows}
    return {pair: emoji for pair, emoji in found.items() if pair in pairs}


async def emoji_by_id(tx: Tx, id: int) -> Emoji | None:
    """Return one picture."""
    row = await tx.one("SELECT id, host, shortcode, remote_url, file FROM emojis WHERE id = :id", id=id)
    return Emoji(**dict(row)) if row else None


async def store_emoji(tx: Tx, id: int, *, file: str) -> None:
    """Note where a picture is now."""
    await tx.run("UPDATE emojis SET file = :file WHERE id = :id", id=id, file=file)
