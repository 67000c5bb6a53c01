"""Files on the local disk, under names that we make up: no word of anybody else ever becomes part of a path (M01)."""

import asyncio
import logging
import os
import secrets
import shutil
from collections.abc import AsyncIterator, Sequence
from contextlib import suppress
from pathlib import Path
from re import compile as pattern

from node.adapters.disk import on_disk
from node.errors import NotFound, Unavailable
from node.ports import Content, Span

log = logging.getLogger("allmende.files")

_NAME = pattern(r"[0-9a-f]{2}/[0-9a-f]{30}\.[a-z0-9]{1,5}")
_CHUNK = 256 * 1024

UNKNOWN = "application/octet-stream"
"""The type of what is to be looked into later; such a file is never shown."""

_ENDINGS = {
    "image/jpeg": "jpg",
    "image/png": "png",
    "image/webp": "webp",
    "video/mp4": "mp4",
    "audio/mp4": "m4a",
    "application/pdf": "pdf",
    "application/vnd.oasis.opendocument.text": "odt",
    "application/vnd.oasis.opendocument.spreadsheet": "ods",
    "application/vnd.oasis.opendocument.presentation": "odp",
    "application/vnd.oasis.opendocument.graphics": "odg",
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document": "docx",
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": "xlsx",
    "application/vnd.openxmlformats-officedocument.presentationml.presentation": "pptx",
    UNKNOWN: "bin",
}
_TYPES = {ending: media_type for media_type, ending in _ENDINGS.items()}


class Unsatisfiable(Exception):
    """A file of `size` bytes has no such part."""

    def __init__(self, size: int) -> None:
        self.size = size
        super().__init__(size)


class Damaged(Unavailable):
    """A file is not what was written: it was changed, or cut off."""


def new_name(media_type: str) -> str:
    """Return a name for a new file of one of the types that we keep: 128 random bits, and an ending."""
    token = secrets.token_hex(16)
    return f"{token[:2]}/{token[2:]}.{_ENDINGS[media_type]}"


def checked(name: str) -> str:
    """Return a name of ours.

    Raises:
        NotFound: it is none.
    """
    if not _NAME.fullmatch(name):
        raise NotFound("There is no such file.")
    return name


def type_of(name: str) -> str:
    """Return the media type of a file by the ending of its name."""
    return _TYPES.get(name.rpartition(".")[2], UNKNOWN)


def bounds(span: Span | None, size: int) -> tuple[int, int]:
    """Return where a part of a file of `size` bytes starts and ends (exclusive).

    Raises:
        Unsatisfiable: it would be empty.
    """
    start, end = span or (0, None)
    start = max(0, size + start) if start < 0 else start
    end = size if end is None else min(end, size)
    if span and start >= end:
        raise Unsatisfiable(size)
    return start, end


class LocalFiles:
    """Implements `node.ports.Files`: a folder with 256 folders in it."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    async def put(self, name: str, source: bytes | Path) -> None:
        """Write a new file, safe against a power cut before this returns.

        Raises:
            Unavailable: the disk is full, or not to be written.
        """
        path = self._path(name)
        try:
            await asyncio.to_thread(_write, path, source)
        except OSError as error:
            log.exception("a file cannot be written")
            raise Unavailable("The storage for files does not answer. Try again in a moment.") from error

    async def get(self, name: str, *, span: Span | None = None) -> Content:
        """Open a file, or a part of it.

        Raises:
            NotFound: it is not there. Unsatisfiable: it has no such part.
        """
        path = self._path(name)
        try:
            size = (await asyncio.to_thread(path.stat)).st_size
        except FileNotFoundError as error:
            raise NotFound("There is no such file.") from error
        start, end = bounds(span, size)
        return Content(size, start, end, _chunks(path, start, end))

    async def erase(self, names: Sequence[str]) -> None:
        """Remove files; one that is gone already is no error."""
        await asyncio.to_thread(_remove, [self._path(name) for name in names])

    def _path(self, name: str) -> Path:
        return self._folder / checked(name)


async def whole(content: Content) -> bytes:
    """Return all of a small file."""
    return b"".join([chunk async for chunk in content.chunks])


async def _chunks(path: Path, start: int, end: int) -> AsyncIterator[bytes]:
    with await asyncio.to_thread(path.open, "rb") as file:
        file.seek(start)
        while start < end and (chunk := await asyncio.to_thread(file.read, min(_CHUNK, end - start))):
            start += len(chunk)
            yield chunk


def _write(path: Path, source: bytes | Path) -> None:
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    unfinished = path.with_suffix(".new")
    try:
        with unfinished.open("wb") as file:
            if isinstance(source, bytes):
                file.write(source)
            else:
                with source.open("rb") as given:
                    shutil.copyfileobj(given, file, _CHUNK)
            file.flush()
            os.fsync(file.fileno())
        unfinished.rename(path)
    except BaseException:
        with suppress(OSError):
            unfinished.unlink()
        raise
    on_disk(path.parent)


def _remove(paths: list[Path]) -> None:
    for path in paths:
        path.unlink(missing_ok=True)
        path.with_suffix(".new").unlink(missing_ok=True)  # a write that was cut off
