"""Files on the local disk, under names that we make up: no word of anybody else ever becomes part of a path (M01)."""

import asyncio
import os
import secrets
from collections.abc import Sequence
from pathlib import Path
from re import compile as pattern
from time import time

from node.errors import NotFound

_NAME = pattern(r"[0-9a-f]{2}/[0-9a-f]{30}\.[a-z0-9]{1,5}")
_ENDINGS = {
    "image/jpeg": "jpg",
    "image/png": "png",
    "image/webp": "webp",
}


class LocalFiles:
    """Implements `node.ports.Files`: a folder with 256 folders in it."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    async def put(self, data: bytes, *, media_type: str) -> str:
        """Write a new file, safe against a power cut before this returns; return its name."""
        token = secrets.token_hex(16)
        name = f"{token[:2]}/{token[2:]}.{_ENDINGS[media_type]}"
        await asyncio.to_thread(_write, self._folder / name, data)
        return name

    async def read(self, name: str) -> bytes:
        """Return a file's content.

        Raises:
            NotFound: it is not there.
        """
        try:
            return await asyncio.to_thread(self._path(name).read_bytes)
        except FileNotFoundError as error:
            raise NotFound("There is no such file.") from error

    async def erase(self, names: Sequence[str]) -> None:
        """Remove files; one that is gone already is no error."""
        await asyncio.to_thread(_remove, [self._path(name) for name in names])

    async def older_than(self, seconds: float) -> list[str]:
        """Return the names of files that were written longer ago than this."""
        return await asyncio.to_thread(_older, self._folder, time() - seconds)

    def _path(self, name: str) -> Path:
        if not _NAME.fullmatch(name):
            raise NotFound("There is no such file.")
        return self._folder / name


def _write(path: Path, data: bytes) -> None:
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    unfinished = path.with_suffix(".new")
    with unfinished.open("wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    unfinished.rename(path)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def _older(folder: Path, before: float) -> list[str]:
    found = [path for path in folder.glob("??/*") if path.stat().st_mtime < before]
    for path in found:
        if path.suffix == ".new":
            path.unlink(missing_ok=True)  # a write that was cut off
    names = [f"{path.parent.name}/{path.name}" for path in found]
    return [name for name in names if _NAME.fullmatch(name)]


def _remove(paths: list[Path]) -> None:
    for path in paths:
        path.unlink(missing_ok=True)
