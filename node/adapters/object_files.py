"""Files in a store that speaks S3: Amazon's, MinIO, Ceph, Garage and others. Needs the extra `s3` (obstore).

Where it is and who may write there stands in the variables that every S3 program reads: AWS_ACCESS_KEY_ID,
AWS_SECRET_ACCESS_KEY, AWS_REGION, AWS_ENDPOINT_URL, and AWS_ALLOW_HTTP for a plain one. What an operator names there is
reached by obstore's own client, not by the guarded one: nobody else can choose it.
"""

from collections.abc import AsyncIterator, Sequence
from datetime import timedelta
from os import environ
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from node.adapters.files import bounds, checked, type_of
from node.config import ConfigError
from node.errors import NotFound, Unavailable
from node.ports import Content, Span

_PART = 4 * 1024 * 1024
_PARTS_AT_ONCE = 2  # of 5 MiB each, as it writes
_PATIENCE: Any = {"max_retries": 3, "retry_timeout": timedelta(seconds=20)}


def host() -> str:
    """Return the host of the store that the variables name; without AWS_ENDPOINT_URL it is Amazon's."""
    region = environ.get("AWS_REGION", "us-east-1")
    return urlsplit(environ.get("AWS_ENDPOINT_URL", "")).hostname or f"s3.{region}.amazonaws.com"


class ObjectFiles:
    """Implements `node.ports.Files`: one object for each file, below the prefix in the address."""

    def __init__(self, address: str) -> None:
        """Open a store, e.g. `s3://bucket/prefix`; nothing is asked of it yet.

        Raises:
            ConfigError: obstore is not installed, or the address or a variable is wrong.
        """
        try:
            import obstore
            from obstore.exceptions import BaseError
        except ImportError as error:
            raise ConfigError("storage.media needs obstore. Run: pip install 'allmende[s3]'") from error
        self._obstore = obstore
        self._broken = BaseError
        try:
            self._store: Any = obstore.store.from_url(address, retry_config=_PATIENCE)
        except (BaseError, ValueError) as error:
            raise ConfigError(f"storage.media = {address!r} cannot be used: {error}") from error

    async def put(self, name: str, source: bytes | Path) -> None:
        """Write a new file; a long one in parts.

        Raises:
            Unavailable: the store does not take it.
        """
        attributes = {"Content-Type": type_of(name)}
        try:
            await self._obstore.put_async(
                self._store, checked(name), source, attributes=attributes, max_concurrency=_PARTS_AT_ONCE
            )
        except (self._broken, OSError) as error:
            raise Unavailable("The storage for files does not answer. Try again in a moment.") from error

    async def get(self, name: str, *, span: Span | None = None) -> Content:
        """Open a file, or a part of it.

        Raises:
            NotFound: it is not there. Unsatisfiable: it has no such part. Unavailable: the store does not answer.
        """
        try:
            size = (await self._obstore.head_async(self._store, checked(name)))["size"]
        except FileNotFoundError as error:
            raise NotFound("There is no such file.") from error
        except self._broken as error:
            raise Unavailable("The storage for files does not answer. Try again in a moment.") from error
        start, end = bounds(span, size)
        return Content(size, start, end, self._chunks(name, start, end))

    async def _chunks(self, name: str, start: int, end: int) -> AsyncIterator[bytes]:
        """Ask for one part after the other: however slowly somebody reads, no request to the store lasts long."""
        for at in range(start, end, _PART):
            yield bytes(await self._obstore.get_range_async(self._store, name, start=at, end=min(at + _PART, end)))

    async def erase(self, names: Sequence[str]) -> None:
        """Remove files; one that is gone already is no error.

        Raises:
            Unavailable: the store does not answer.
        """
        try:
            await self._obstore.delete_async(self._store, [checked(name) for name in names])
        except self._broken as error:
            raise Unavailable("The storage for files does not answer. Try again in a moment.") from error
