"""Files that come in a form (multipart/form-data, RFC 7578), written to the disk as they come, never held in memory."""

import asyncio
import logging
from collections.abc import AsyncIterable, AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from shutil import rmtree
from tempfile import TemporaryDirectory
from time import time

from werkzeug.exceptions import RequestEntityTooLarge
from werkzeug.http import parse_options_header
from werkzeug.sansio.multipart import Data, Epilogue, Field, File, MultipartDecoder, NeedData

from node.errors import Invalid, TooLarge, Unavailable

log = logging.getLogger("allmende.uploads")

_SLICE = 256 * 1024
_MOST_FILES = 4
_MOST_PARTS = 200
_MOST_TEXT = 1024 * 1024
_LEFT_SECONDS = 86_400


@dataclass(frozen=True, slots=True)
class Upload:
    """A file on the disk, until the form is done with. name: what the sender calls it, not to be trusted."""

    path: Path
    name: str
    size: int


@dataclass(frozen=True, slots=True)
class Form:
    """What came: texts as (name, value) pairs, and files by name."""

    fields: list[tuple[str, str]]
    files: dict[str, Upload]


@asynccontextmanager
async def received(body: AsyncIterable[bytes], content_type: str, *, folder: Path) -> AsyncIterator[Form]:
    """Read a form; its files are below `folder` until the context ends.

    Raises:
        Invalid: it is no such form, or has too many parts. TooLarge: it is longer than the body allows.
        Unavailable: the disk is full, or not to be written.
    """
    kind, options = parse_options_header(content_type)
    boundary = options.get("boundary", "")
    if kind != "multipart/form-data" or not boundary.isascii():
        raise Invalid("Send the file as multipart/form-data.")
    await asyncio.to_thread(folder.mkdir, mode=0o700, parents=True, exist_ok=True)
    with TemporaryDirectory(dir=folder, ignore_cleanup_errors=True) as own:
        try:
            form = await _read(body, boundary.encode(), Path(own))
        except RequestEntityTooLarge as error:
            raise TooLarge("This file is too large. Use a smaller one.") from error
        except OSError as error:
            log.exception("an upload cannot be written")
            raise Unavailable("The storage for files does not answer. Try again in a moment.") from error
        except ValueError as error:
            raise Invalid("The form cannot be read. Send the file as multipart/form-data.") from error
        yield form


async def _read(body: AsyncIterable[bytes], boundary: bytes, folder: Path) -> Form:
    decoder = MultipartDecoder(boundary, max_form_memory_size=_MOST_TEXT, max_parts=_MOST_PARTS)
    form = Form([], {})
    part: _Part | None = None
    try:
        async for piece in _slices(body):
            decoder.receive_data(piece)
            event = decoder.next_event()
            while not isinstance(event, NeedData | Epilogue):
                if isinstance(event, Field | File):
                    part = _Part(event, folder / str(len(form.files)))
                elif isinstance(event, Data) and part is not None:
                    await part.add(event.data)
                    if not event.more_data:
                        await part.end(form)
                event = decoder.next_event()
        decoder.receive_data(None)
        while not isinstance(decoder.next_event(), Epilogue):
            pass
    finally:
        if part is not None:
            part.close()
    return form


async def _slices(body: AsyncIterable[bytes]) -> AsyncIterator[bytes]:
    async for chunk in body:
        for start in range(0, len(chunk), _SLICE):
            yield chunk[start : start + _SLICE]


class _Part:
    """One part of a form as it comes: a file is written a megabyte at a time, a text is kept."""

    def __init__(self, event: Field | File, path: Path) -> None:
        self._event = event
        self._path = path
        self._waiting = bytearray()
        self._size = 0
        self._file = path.open("wb") if isinstance(event, File) else None

    async def add(self, data: bytes) -> None:
        self._waiting += data
        self._size += len(data)
        if self._file is None and self._size > _MOST_TEXT:
            raise RequestEntityTooLarge
        if self._file is not None and len(self._waiting) >= 4 * _SLICE:
            await self._write()

    async def _write(self) -> None:
        assert self._file is not None
        await asyncio.to_thread(self._file.write, self._waiting)
        self._waiting = bytearray()

    async def end(self, form: Form) -> None:
        if self._file is None:
            form.fields.append((self._event.name, self._waiting.decode("utf-8", "replace")))
            if sum(len(value) for _, value in form.fields) > _MOST_TEXT:
                raise RequestEntityTooLarge
            return
        await self._write()
        self.close()
        assert isinstance(self._event, File)
        if self._event.name in form.files or len(form.files) >= _MOST_FILES:
            raise ValueError("too many files")
        form.files[self._event.name] = Upload(self._path, self._event.filename or "", self._size)

    def close(self) -> None:
        if self._file is not None:
            self._file.close()


def sweep(folder: Path) -> None:
    """Remove what processes left that were killed a day ago or longer."""
    if folder.exists():
        for path in folder.iterdir():
            if path.stat().st_mtime < time() - _LEFT_SECONDS:
                rmtree(path, ignore_errors=True)
