"""Files sealed with a key of their own each, before they are kept anywhere: without its key a copy of one is worthless.

AES-256-GCM (NIST SP 800-38D) in chunks of 64 KiB, so that a part is read without the rest. What is sealed with a chunk,
but written nowhere, is the format, how long the whole file is, and the chunk's number: none can be changed, moved or
left out, and no end cut off, unseen.
"""

import asyncio
import io
import logging
import os
from collections.abc import AsyncIterator, Iterator, Sequence
from pathlib import Path
from tempfile import NamedTemporaryFile
from time import monotonic
from typing import IO

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from node.adapters.content_keys import FILES, ContentKeys
from node.adapters.files import Damaged, bounds, checked
from node.errors import NotFound, Unavailable
from node.ports import Content, Files, Span

log = logging.getLogger("allmende.files")

_FORMAT = b"allmende file 1"
_CHUNK = 64 * 1024
_NONCE = 12
_SEALED = _NONCE + _CHUNK + 16
_MORE = _SEALED - _CHUNK

_RECENT = 1_000
_RECENT_SECONDS = 10.0  # for so long a key is remembered here that another process destroyed


class SealedFiles:
    """Implements `node.ports.Files`: seals what another one keeps."""

    def __init__(self, inner: Files, keys: ContentKeys) -> None:
        self._inner, self._keys = inner, keys
        self._recent: dict[str, tuple[bytes, float]] = {}

    async def put(self, name: str, source: bytes | Path) -> None:
        """Seal and write a new file; its key is safe against a power cut before the file is.

        Raises:
            Unavailable: the storage is full, or does not answer, or the keys cannot be written.
        """
        record = _record(name)
        # A restore writes files anew whose keys are there. These stay, or what a node had before, put aside or still
        # in use, could not be read any more. So a key may seal twice, and nonces are random instead of counted.
        key = (await asyncio.to_thread(self._keys.of, [record], make=True))[record]
        if isinstance(source, bytes):
            await self._inner.put(name, await asyncio.to_thread(_sealed, source, key))
            return
        try:
            with NamedTemporaryFile(dir=source.parent) as file:
                await asyncio.to_thread(_seal, source, key, file)
                await self._inner.put(name, Path(file.name))
        except OSError as error:
            log.exception("a file cannot be sealed")
            raise Unavailable("The storage for files does not answer. Try again in a moment.") from error

    async def get(self, name: str, *, span: Span | None = None) -> Content:
        """Open a file, or a part of it. Its chunks raise Damaged where it was changed or cut off.

        Raises:
            NotFound: it is not there, or its key is not. Unsatisfiable: it has no such part.
            Unavailable: the storage does not answer, or the keys cannot be read.
        """
        key = await self._key(_record(name))
        sealed = await self._inner.get(name)
        size = _size(sealed.size)
        start, end = bounds(span, size)
        if span is not None:
            sealed = await self._inner.get(name, span=(start // _CHUNK * _SEALED, (_last(end) + 1) * _SEALED))
        return Content(size, start, end, _opened(name, sealed.chunks, key, size, start, end))

    async def erase(self, names: Sequence[str]) -> None:
        """Destroy the keys of files, then remove them; one that is gone already is no error.

        Raises:
            Unavailable: the storage does not answer, or the keys cannot be written.
        """
        records = [_record(name) for name in names]
        await asyncio.to_thread(self._keys.destroy, records)
        for record in records:
            self._recent.pop(record, None)
        await self._inner.erase(names)

    async def _key(self, record: str) -> bytes:
        key, until = self._recent.get(record, (b"", 0.0))
        if monotonic() < until:
            return key
        found = await asyncio.to_thread(self._keys.of, [record])
        if record not in found:
            raise NotFound("There is no such file.")
        self._remember(record, found[record])
        return found[record]

    def _remember(self, record: str, key: bytes) -> None:
        now = monotonic()
        self._recent.pop(record, None)
        self._recent[record] = (key, now + _RECENT_SECONDS)
        while len(self._recent) > _RECENT or next(iter(self._recent.values()))[1] <= now:
            del self._recent[next(iter(self._recent))]


def _record(name: str) -> str:
    return FILES + checked(name)


def _size(sealed: int) -> int:
    """Return how long a file is that takes so many bytes when it is sealed; of one that was cut off, a lie."""
    return max(0, sealed - _MORE * -(-sealed // _SEALED))


def _last(end: int) -> int:
    """Return the number of the chunk in which a part ends; of an empty file, that of its one chunk of nothing."""
    return max(0, end - 1) // _CHUNK


def _bound(size: int, number: int) -> bytes:
    return _FORMAT + size.to_bytes(8, "big") + number.to_bytes(8, "big")


# Sealing


def _sealed(content: bytes, key: bytes) -> bytes:
    return b"".join(_chunks(io.BytesIO(content), len(content), key))


def _seal(source: Path, key: bytes, into: IO[bytes]) -> None:
    with source.open("rb") as file:
        into.writelines(_chunks(file, os.fstat(file.fileno()).st_size, key))
    into.flush()


def _chunks(file: IO[bytes], size: int, key: bytes) -> Iterator[bytes]:
    cipher = AESGCM(key)
    for number in range(_last(size) + 1):
        nonce = os.urandom(_NONCE)
        yield nonce + cipher.encrypt(nonce, file.read(_CHUNK), _bound(size, number))


# Opening


async def _opened(
    name: str, pieces: AsyncIterator[bytes], key: bytes, size: int, start: int, end: int
) -> AsyncIterator[bytes]:
    """Open the chunks that a part lies in, and return that part of them."""
    cipher, sealed, number = AESGCM(key), b"", start // _CHUNK
    async for piece in pieces:
        sealed, at, opened = sealed + piece, 0, list[bytes]()
        view, before = memoryview(sealed), number * _CHUNK
        while number <= _last(end) and len(view) - at >= (length := min(_CHUNK, size - number * _CHUNK) + _MORE):
            opened.append(_open(name, cipher, view[at : at + length], _bound(size, number)))
            number, at = number + 1, at + length
        sealed = sealed[at:]
        if part := b"".join(opened)[max(0, start - before) : end - before]:
            yield part
    if number <= _last(end):
        raise _damaged(name)


def _open(name: str, cipher: AESGCM, chunk: memoryview, bound: bytes) -> bytes:
    try:
        return cipher.decrypt(chunk[:_NONCE], chunk[_NONCE:], bound)
    except InvalidTag:
        raise _damaged(name) from None


def _damaged(name: str) -> Damaged:
    log.error("the file %s is damaged, or its key is another one's", name)
    return Damaged("This file is damaged and cannot be shown.")
