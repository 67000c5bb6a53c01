"""What is in the files that a member brings along: Mastodon's archive, our own, or one of the tables alone.

Everything in them may be made up. Nothing is fetched, and no text is trusted: it is made harmless when it becomes a
post (`moderation.import_posts`).
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import orjson

from federation import documents
from federation.addressing import PUBLIC
from node.adapters.unpacking import Archive, Bounds, opened
from node.domain.imports import Json, Kind, in_order, rows, table_kind
from node.errors import Invalid
from node.limits import MIB

_LARGEST_TABLE = 8 * MIB
_LARGEST_LIST = 64 * MIB
_PICTURES = (".jpg", ".jpeg", ".png", ".gif", ".webp", ".heic")
_MOST_FILES = 16
_MASTODONS = "media_attachments/"


@dataclass(slots=True)
class Found:
    """Entries in the order in which they are done. left_out: how much was not taken, by what it is."""

    entries: list[tuple[Kind, Json]] = field(default_factory=list)
    left_out: dict[str, int] = field(default_factory=dict)
    pictures: bool = False

    def leave(self, what: str, count: int = 1) -> None:
        """Count what is not taken: boosts, polls, films."""
        self.left_out[what] = self.left_out.get(what, 0) + count


def read(path: Path, name: str, *, bounds: Bounds, most: int, beside: Path, members: str) -> Found:
    """Return what is in a file. name: what its sender calls it; most: entries.

    beside: where an archive is written as ZIP if it is none; members: the id of our organisation's collection.

    Raises:
        Invalid: it is nothing that we know, damaged or too large.
    """
    found = Found()
    kind = table_kind(name)
    if name.lower().endswith(".csv"):
        if kind is None:
            raise Invalid(
                "It is not clear what is in this table. Give the file the name that Mastodon gave it, such as "
                "following_accounts.csv."
            )
        found.entries += _table(kind, _bytes(path))
    else:
        with opened(path, bounds, beside=beside) as archive:
            _read_archive(archive, found, members)
    if len(found.entries) > most:
        raise Invalid("There is too much in this archive. Bring the tables one by one.")
    if not found.entries and not found.left_out:
        raise Invalid("Nothing was found in this file that could be brought along.")
    found.entries = in_order(found.entries)
    return found


def _bytes(path: Path) -> bytes:
    if path.stat().st_size > _LARGEST_TABLE:
        raise Invalid("This file is too large. Use a smaller one.")
    return path.read_bytes()


def _table(kind: Kind, content: bytes) -> Iterator[tuple[Kind, Json]]:
    for row in rows(kind, content.decode("utf-8-sig", "replace").replace("\0", "")):
        yield kind, row


def _read_archive(archive: Archive, found: Found, members: str) -> None:
    for name in archive:
        kind = table_kind(name) if name.lower().endswith(".csv") else None
        if kind is not None:
            found.entries += _table(kind, archive.read(name, most=_LARGEST_TABLE))
    for item in _items(archive, "bookmarks.json"):
        uri = documents.one_id(item)
        if uri:
            found.entries.append((Kind.BOOKMARK, {"uri": uri[:2_000]}))
    if likes := _items(archive, "likes.json"):
        found.leave("likes", len(likes))
    own = _author(archive)
    for item in _items(archive, "outbox.json"):
        _read_activity(item, found, own=own, members=members, archive=archive)


def _json(archive: Archive, name: str) -> Any:
    if name not in archive:
        return {}
    try:
        return orjson.loads(archive.read(name, most=_LARGEST_LIST))
    except orjson.JSONDecodeError as error:
        raise Invalid("This archive cannot be read. Download it once more, and leave it as it is.") from error


def _items(archive: Archive, name: str) -> list[Any]:
    found = _json(archive, name)
    items = found.get("orderedItems") if isinstance(found, dict) else None
    return items if isinstance(items, list) else []


def _author(archive: Archive) -> str:
    actor = _json(archive, "actor.json")
    return documents.one_id(actor) or "" if isinstance(actor, dict) else ""


def _read_activity(item: Any, found: Found, *, own: str, members: str, archive: Archive) -> None:
    if not isinstance(item, dict):
        return
    note = item.get("object")
    if documents.kind(item) == "Announce":
        found.leave("boosts")
    if documents.kind(item) != "Create" or not isinstance(note, dict):
        return
    author = documents.one_id(note.get("attributedTo")) or documents.one_id(item.get("actor")) or ""
    content = _post(note, members=members)
    if content is None or (own and author != own):
        return  # an archive holds what its owner wrote, and nothing else is theirs
    if documents.kind(note) == "Question":
        found.leave("polls")
    attached = documents.listed(note.get("attachment"))
    files = [one for one in (_file(part, archive) for part in attached) if one][:_MOST_FILES]
    if len(files) < len(attached):
        found.leave("files", len(attached) - len(files))
    content["files"] = files
    found.pictures = found.pictures or bool(files)
    found.entries.append((Kind.POST, content))


def _post(note: Json, *, members: str) -> Json | None:
    uri, at = documents.one_id(note.get("id")), documents.time(note.get("published"))
    if not uri or at is None:
        return None
    text = _said(note.get("content"))
    languages = note.get("contentMap")
    if not text and isinstance(languages, dict):
        text = next((said for said in map(_said, languages.values()) if said), "")
    source = note.get("source")
    addressed = {*documents.ids(note.get("to")), *documents.ids(note.get("cc"))}
    return {
        "uri": uri[:2_000],
        "at": at,
        "text": text,
        "source": _said(source.get("content")) if isinstance(source, dict) else "",
        "summary": _said(note.get("summary")),
        "sensitive": note.get("sensitive") is True,
        "language": _said(next(iter(languages)))[:35] if isinstance(languages, dict) and len(languages) == 1 else "",
        "parent": documents.one_id(note.get("inReplyTo")) or "",
        "tags": _hashtags(note),
        "wide": bool(addressed & {PUBLIC, *([members] if members else [])}),
    }


def _said(value: Any) -> str:
    return documents.text(value).replace("\0", "")


def _hashtags(note: Json) -> list[str]:
    found = [one for one in documents.listed(note.get("tag")) if isinstance(one, dict) and one.get("type") == "Hashtag"]
    return [_said(one.get("name")).removeprefix("#").lower() for one in found][:100]


def _file(part: Any, archive: Archive) -> Json | None:
    """Return a picture of a post that is in the archive. Mastodon writes its place as an address of its own."""
    if not isinstance(part, dict):
        return None
    place = documents.link(part.get("url")).lstrip("/")
    place = place[max(0, place.find(_MASTODONS)) :]
    if not place.lower().endswith(_PICTURES) or place not in archive:
        return None
    return {"place": place, "description": _said(part.get("name"))}
