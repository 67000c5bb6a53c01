"""Rows of files, of the little pictures in texts, and of files that are to be erased."""

from collections.abc import Iterable, Sequence
from typing import Any

from node.domain.media import FILMS, Emoji, Media
from node.errors import Unavailable
from node.store import sealed
from node.store.database import Row, Tx

_COLUMNS = """m.id, m.post_id, m.place, m.kind, m.media_type, m.remote_url, m.description, m.width, m.height,
    m.blurhash, m.focus_x, m.focus_y, m.file, m.preview, m.used_at, m.account_id, m.scheduled_id, m.state, m.error,
    m.seconds, m.created_at, m.left_of, m.renewed"""
_STORED = frozenset(
    {"id", "file", "preview", "kind", "media_type", "width", "height", "blurhash", "seconds", "state", "error",
     "used_at"}
)  # fmt: skip
_DESCRIBED = frozenset({"id", "description", "focus_x", "focus_y", "preview", "blurhash"})


def _media(tx: Tx, row: Row) -> Media:
    values: dict[str, Any] = {name: row[name] for name in Media.__slots__ if name != "focus"}
    values["description"] = sealed.read_text(tx, row["description"])
    focus = None if row["focus_x"] is None else (row["focus_x"], row["focus_y"])
    return Media(focus=focus, **values)


async def _values(tx: Tx, media: Media) -> dict[str, Any]:
    values = {name: getattr(media, name) for name in Media.__slots__ if name != "focus"}
    values["description"] = await _sealed(tx, media) if media.description else b""
    x, y = media.focus or (None, None)
    return {**values, "focus_x": x, "focus_y": y}


async def _sealed(tx: Tx, media: Media) -> bytes:
    if media.account_id is not None:
        owner = sealed.of_account(media.account_id)
    else:
        owner = await sealed.of_author(tx, media.post_id) if media.post_id is not None else sealed.NODE
    return await sealed.text(tx, owner, media.description)


async def put(tx: Tx, media: Sequence[Media]) -> None:
    """Add files; of one that is there, place, description and focus are written anew."""
    names = [name.strip().removeprefix("m.") for name in _COLUMNS.split(",")]
    await tx.many(
        f"""INSERT INTO media ({", ".join(names)}) VALUES ({", ".join(f":{name}" for name in names)})
            ON CONFLICT (id) DO UPDATE SET place = excluded.place, description = excluded.description,
               focus_x = excluded.focus_x, focus_y = excluded.focus_y""",
        [await _values(tx, one) for one in media],
    )


async def attach(tx: Tx, files: Sequence[Media]) -> None:
    """Write to which post, or planned post, files belong, and in which place."""
    await tx.many(
        "UPDATE media SET post_id = :post, scheduled_id = :scheduled, place = :place, left_of = '' WHERE id = :id",
        [{"id": one.id, "post": one.post_id, "scheduled": one.scheduled_id, "place": one.place} for one in files],
    )


async def of_posts(tx: Tx, post_ids: Iterable[int]) -> dict[int, list[Media]]:
    """Return post id → its files in their order; one query."""
    found: dict[int, list[Media]] = {}
    rows = await tx.all(
        f"SELECT {_COLUMNS} FROM media m WHERE m.post_id IN (:ids) ORDER BY m.post_id, m.place",
        ids=sorted(set(post_ids)),
    )
    for row in rows:
        found.setdefault(row["post_id"], []).append(_media(tx, row))
    return found


async def by_id(tx: Tx, id: int) -> Media | None:
    """Return one file."""
    row = await tx.one(f"SELECT {_COLUMNS} FROM media m WHERE m.id = :id", id=id)
    return _media(tx, row) if row else None


async def by_ids(tx: Tx, ids: Iterable[int]) -> list[Media]:
    """Return files by id, in this order; one query."""
    wanted = list(ids)
    rows = await tx.all(f"SELECT {_COLUMNS} FROM media m WHERE m.id IN (:ids)", ids=sorted(set(wanted)))
    found = {row["id"]: _media(tx, row) for row in rows}
    return [found[id] for id in wanted if id in found]


async def shown(tx: Tx, id: int) -> Media | None:
    """Return a file that is ready, of a post or of its uploader only, who is active."""
    row = await tx.one(
        f"""SELECT {_COLUMNS} FROM media m LEFT JOIN posts p ON p.id = m.post_id
              JOIN accounts a ON a.id = COALESCE(p.author_id, m.account_id)
             WHERE m.id = :id AND m.state = 'ready'
               AND a.suspended_at IS NULL AND a.hidden_at IS NULL AND a.deleted_at IS NULL""",
        id=id,
    )
    return _media(tx, row) if row else None


async def shown_to_peers(tx: Tx, id: int) -> Media | None:
    """Return a file of a post of ours that may have left this node, by an active author."""
    row = await tx.one(
        f"""SELECT {_COLUMNS} FROM media m JOIN posts p ON p.id = m.post_id JOIN accounts a ON a.id = p.author_id
             WHERE m.id = :id AND p.local = 1 AND p.visibility <> 'unit'
               AND a.suspended_at IS NULL AND a.hidden_at IS NULL AND a.deleted_at IS NULL""",
        id=id,
    )
    return _media(tx, row) if row else None


async def store_files(tx: Tx, media: Media) -> None:
    """Write where a file and its preview are now, what they turned out to be, and how its preparation ended."""
    await tx.run(
        """UPDATE media SET file = :file, preview = :preview, kind = :kind, media_type = :media_type, width = :width,
                  height = :height, blurhash = :blurhash, seconds = :seconds, state = :state, error = :error,
                  used_at = :used_at, leased_until = 0
            WHERE id = :id""",
        **{name: getattr(media, name) for name in _STORED},
    )


# Uploads


async def unattached(tx: Tx, id: int, *, account_id: int) -> Media | None:
    """Return an upload of this account that neither a post nor a planned one has."""
    row = await tx.one(
        f"""SELECT {_COLUMNS} FROM media m
             WHERE m.id = :id AND m.account_id = :account AND m.post_id IS NULL AND m.scheduled_id IS NULL""",
        id=id,
        account=account_id,
    )
    return _media(tx, row) if row else None


async def count_unattached(tx: Tx, account_id: int) -> int:
    """Return how many uploads of an account no post has."""
    row = await tx.one(
        "SELECT COUNT(*) AS n FROM media WHERE account_id = :account AND post_id IS NULL AND scheduled_id IS NULL",
        account=account_id,
    )
    return row["n"] if row else 0


async def held(tx: Tx, ids: Iterable[int], *, account_id: int, post_id: int = 0) -> dict[int, Media]:
    """Return the uploads of this account, or a post's, among these, by id, and hold them until the transaction ends."""
    lock = "FOR UPDATE" if tx.dialect == "postgres" else ""
    rows = await tx.all(
        f"""SELECT {_COLUMNS} FROM media m
             WHERE m.id IN (:ids) AND (m.account_id = :account OR m.post_id = :post) ORDER BY m.id {lock}""",
        ids=sorted(set(ids)),
        account=account_id,
        post=post_id,
    )
    return {row["id"]: _media(tx, row) for row in rows}


async def describe(tx: Tx, media: Media) -> None:
    """Write what its uploader says of a file: description, focus, and the preview they chose."""
    values = {name: value for name, value in (await _values(tx, media)).items() if name in _DESCRIBED}
    await tx.run(
        """UPDATE media SET description = :description, focus_x = :focus_x, focus_y = :focus_y, preview = :preview,
                  blurhash = :blurhash WHERE id = :id""",
        **values,
    )


async def remove(tx: Tx, media: Sequence[Media]) -> None:
    """Forget uploads that no post has; their files are erased soon."""
    await doom(tx, [name for one in media for name in (one.file, one.preview) if name])
    await tx.run("DELETE FROM media WHERE id IN (:ids)", ids=[one.id for one in media])


async def abandoned(tx: Tx, *, before: int, limit: int = 500) -> list[Media]:
    """Return uploads from before then (Unix ms) that no post has, or will have."""
    rows = await tx.all(
        f"""SELECT {_COLUMNS} FROM media m
             WHERE m.post_id IS NULL AND m.scheduled_id IS NULL AND m.created_at < :before
             ORDER BY m.created_at LIMIT :limit""",
        before=before,
        limit=limit,
    )
    return [_media(tx, row) for row in rows]


async def leave(tx: Tx, post_id: int, *, of: str, account_id: int, now: int) -> list[Media]:
    """Keep the files of a post that is about to be deleted for who uploaded them; return them as they are then.

    of: the uri of the post. Whatever links there are to them lead nowhere from now on.
    """
    await tx.run(
        """UPDATE media SET post_id = NULL, left_of = :of, renewed = renewed + 1, created_at = :now
            WHERE post_id = :post AND account_id = :account AND state = 'ready'""",
        post=post_id,
        of=of,
        account=account_id,
        now=now,
    )
    return await left_of(tx, [of])


async def left_of(tx: Tx, posts: Sequence[str]) -> list[Media]:
    """Return the files of deleted posts (uris) that are kept for their authors."""
    rows = await tx.all(
        f"SELECT {_COLUMNS} FROM media m WHERE m.left_of IN (:posts) AND m.left_of <> '' ORDER BY m.left_of, m.place",
        posts=list(posts),
    )
    return [_media(tx, row) for row in rows]


async def left_to(tx: Tx, account_id: int) -> list[Media]:
    """Return the files of deleted posts that are kept for somebody."""
    rows = await tx.all(
        f"SELECT {_COLUMNS} FROM media m WHERE m.account_id = :account AND m.left_of <> ''", account=account_id
    )
    return [_media(tx, row) for row in rows]


async def of_uploader(tx: Tx, account_id: int) -> list[Media]:
    """Return what an account uploaded and no post has, the planned ones' files too."""
    rows = await tx.all(
        f"SELECT {_COLUMNS} FROM media m WHERE m.account_id = :account AND m.post_id IS NULL", account=account_id
    )
    return [_media(tx, row) for row in rows]


async def count_by(tx: Tx, author_id: int) -> int:
    """Return how many files hang on an author's posts."""
    row = await tx.one(
        "SELECT COUNT(*) AS n FROM media m JOIN posts p ON p.id = m.post_id WHERE p.author_id = :author",
        author=author_id,
    )
    return row["n"] if row else 0


async def count_in(tx: Tx, posts: Sequence[str]) -> int:
    """Return how many files hang on posts with these uris."""
    row = await tx.one(
        "SELECT COUNT(*) AS n FROM media m JOIN posts p ON p.id = m.post_id WHERE p.uri IN (:posts)", posts=list(posts)
    )
    return row["n"] if row else 0


async def uploads(tx: Tx, account_id: int, *, after: int = 0, limit: int = 200) -> list[Media]:
    """Return what an account uploaded and is here, in posts and in none, by id."""
    rows = await tx.all(
        f"""SELECT {_COLUMNS} FROM media m
             WHERE m.account_id = :account AND m.id > :after AND m.file <> '' ORDER BY m.id LIMIT :limit""",
        account=account_id,
        after=after,
        limit=limit,
    )
    return [_media(tx, row) for row in rows]


async def want(tx: Tx, ids: Iterable[int]) -> int:
    """Let peers' films and sounds that are not here be fetched; return how many that are."""
    return await tx.run(
        """UPDATE media SET state = 'processing', attempts = 0, leased_until = 0
            WHERE id IN (:ids) AND state = 'ready' AND file = '' AND remote_url <> ''""",
        ids=sorted(set(ids)),
    )


async def claim(tx: Tx, *, now: int, lease: int, theirs: bool = False) -> tuple[Media, int] | None:
    """Take the oldest film or sound that is to be prepared until `now + lease` (ms); return it and which try this is.

    theirs: a peer's, not an upload. A process that dies loses its lease, and the file is taken again.
    """
    lock = "FOR UPDATE SKIP LOCKED" if tx.dialect == "postgres" else ""
    row = await tx.one(
        # Materialised: see `queues.claim_inbox`.
        f"""WITH ready AS MATERIALIZED (
              SELECT id FROM media WHERE state = 'processing' AND leased_until <= :now
                 AND CASE WHEN remote_url = '' THEN 0 ELSE 1 END = :theirs ORDER BY id LIMIT 1 {lock})
            UPDATE media SET leased_until = :until, attempts = attempts + 1
             WHERE id IN (SELECT id FROM ready) AND state = 'processing' AND leased_until <= :now
            RETURNING id, attempts""",
        now=now,
        until=now + lease,
        theirs=int(theirs),
    )
    media = await by_id(tx, row["id"]) if row else None
    return (media, row["attempts"]) if row and media else None


async def postpone(tx: Tx, id: int, *, until: int) -> None:
    """Prepare a film or sound later (Unix ms); the try that found no storage does not count."""
    await tx.run(
        "UPDATE media SET leased_until = :until, attempts = attempts - 1 WHERE id = :id AND state = 'processing'",
        id=id,
        until=until,
    )


async def touch(tx: Tx, id: int, *, now: int) -> None:
    """Note that a file was shown."""
    await tx.run("UPDATE media SET used_at = :now WHERE id = :id", id=id, now=now)


async def remove_from_posts(tx: Tx, post_ids: Sequence[int], *, but: Iterable[int] = ()) -> None:
    """Take files off posts; those on the disk are erased soon."""
    of = {"posts": list(post_ids), "kept": [*but, 0]}
    await tx.run(
        """INSERT INTO doomed_files (name, at)
           SELECT file, 0 FROM media WHERE post_id IN (:posts) AND file <> '' AND id NOT IN (:kept)
           UNION SELECT preview, 0 FROM media WHERE post_id IN (:posts) AND preview <> '' AND id NOT IN (:kept)
           ON CONFLICT (name) DO UPDATE SET at = 0""",
        **of,
    )
    await tx.run("DELETE FROM media WHERE post_id IN (:posts) AND id NOT IN (:kept)", **of)


async def expire(tx: Tx, *, before: int, limit: int = 500) -> int:
    """Let copies of peers' files that nobody looked at since then (Unix ms) be erased; return how many."""
    rows = await tx.all(
        """SELECT id, post_id, kind, file, preview FROM media
            WHERE file <> '' AND remote_url <> '' AND used_at < :before ORDER BY used_at LIMIT :limit""",
        before=before,
        limit=limit,
    )
    names = [name for row in rows for name in (row["file"], row["preview"]) if name]
    await doom(tx, names)
    await tx.run("UPDATE media SET file = '', preview = '' WHERE id IN (:ids)", ids=[row["id"] for row in rows])
    links = [row["post_id"] for row in rows if row["kind"] in FILMS]  # they are shown as such again
    await tx.run("UPDATE posts SET revision = revision + 1 WHERE id IN (:ids)", ids=links)
    return len(rows)


# Files, whatever they belong to


async def doom(tx: Tx, names: Iterable[str], *, at: int = 0) -> None:
    """Let these files be erased: soon, or from `at` on (Unix ms) unless they are spared before."""
    await tx.many(
        """INSERT INTO doomed_files (name, at) VALUES (:name, :at)
           ON CONFLICT (name) DO UPDATE SET at = CASE WHEN excluded.at < doomed_files.at THEN excluded.at
              ELSE doomed_files.at END""",
        [{"name": name, "at": at} for name in names if name],
    )


async def spare(tx: Tx, names: Iterable[str], *, now: int) -> None:
    """Keep new files: from now on a row says where they are.

    Raises:
        Unavailable: one of them may be erased already, since that took too long.
    """
    wanted = sorted(filter(None, set(names)))
    spared = await tx.run("DELETE FROM doomed_files WHERE name IN (:names) AND at > :now", names=wanted, now=now)
    if spared < len(wanted):
        raise Unavailable("That took too long. Try again.")


async def doomed(tx: Tx, *, now: int, limit: int = 500) -> list[str]:
    """Return names of files to erase now."""
    rows = await tx.all("SELECT name FROM doomed_files WHERE at <= :now LIMIT :limit", now=now, limit=limit)
    return [row["name"] for row in rows]


async def erased(tx: Tx, names: Sequence[str]) -> None:
    """Forget files that are gone; a picture of a peer is fetched anew when somebody looks at it."""
    await tx.run("UPDATE accounts SET icon_file = '' WHERE icon_file IN (:names)", names=list(names))
    await tx.run("UPDATE accounts SET image_file = '' WHERE image_file IN (:names)", names=list(names))
    await tx.run("DELETE FROM doomed_files WHERE name IN (:names)", names=list(names))


# Pictures of people


async def store_portrait(tx: Tx, account_id: int, *, icon: str, file: str) -> bool:
    """Note where a peer's small picture, fetched from `icon`, is now; False when it has another one meanwhile."""
    return bool(
        await tx.run(
            "UPDATE accounts SET icon_file = :file WHERE id = :id AND icon = :icon AND icon_file = ''",
            id=account_id,
            icon=icon,
            file=file,
        )
    )


async def store_banner(tx: Tx, account_id: int, *, image: str, file: str) -> bool:
    """Note where a peer's wide picture, fetched from `image`, is now; False when it has another one meanwhile."""
    return bool(
        await tx.run(
            "UPDATE accounts SET image_file = :file WHERE id = :id AND image = :image AND image_file = ''",
            id=account_id,
            image=image,
            file=file,
        )
    )


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


async def own_emojis(tx: Tx) -> list[Emoji]:
    """Return the pictures of this node, by shortcode."""
    rows = await tx.all("SELECT id, host, shortcode, remote_url, file FROM emojis WHERE host = '' ORDER BY shortcode")
    return [Emoji(**dict(row)) for row in rows]


async def own_emoji(tx: Tx, shortcode: str) -> Emoji | None:
    """Return the picture of this node that has this shortcode."""
    return (await emojis(tx, [("", shortcode)])).get(("", shortcode))


async def remove_emoji(tx: Tx, emoji: Emoji) -> None:
    """Forget a picture of this node; its file is erased soon."""
    await doom(tx, [emoji.file])
    await tx.run("DELETE FROM emojis WHERE id = :id", id=emoji.id)
