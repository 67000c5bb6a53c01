"""Archives of strangers, read without trust: bounded in bytes and entries, and no name in them ever becomes a path."""

import gzip
import tarfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import IO
from zipfile import BadZipFile, ZipFile

from node.errors import Invalid

_CHUNK = 256 * 1024
_END = b"PK\x05\x06"
_END_BYTES = 22 + 65_535
_END_OF_64 = b"PK\x06\x07"
_BYTES_AN_ENTRY = 512
_MOST_HEADER = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Bounds:
    """How much an archive may hold: entries, and bytes of all of them when they are unpacked."""

    entries: int
    total: int


@contextmanager
def opened(path: Path, bounds: Bounds, *, beside: Path) -> Iterator["Archive"]:
    """Open a ZIP or tar.gz file; of the latter a ZIP is written to `beside` first, which has to be erased then.

    Raises:
        Invalid: it is neither, damaged, too large, or has names that lead elsewhere.
    """
    try:
        with path.open("rb") as file:
            packed = file.read(4)
        if packed[:2] == b"\x1f\x8b":
            _repack(path, beside, bounds)
            path = beside
        _check_end(path, bounds)
        with ZipFile(path) as archive:
            yield Archive(archive, bounds)
    except (BadZipFile, tarfile.TarError, EOFError, OSError, NotImplementedError, ValueError, RuntimeError) as error:
        raise Invalid("This archive cannot be read. Download it once more, and leave it as it is.") from error


class Archive:
    """An open archive. Names are as they stand in it, the folder in which everything may lie taken away."""

    def __init__(self, archive: ZipFile, bounds: Bounds) -> None:
        infos = [info for info in archive.infolist() if not info.is_dir()]
        if len(infos) > bounds.entries or sum(info.file_size for info in infos) > bounds.total:
            raise _too_large()
        self._archive = archive
        self._names = {_checked(info.filename): info for info in infos}
        top = {PurePosixPath(name).parts[0] for name in self._names if len(PurePosixPath(name).parts) > 1}
        if len(top) == 1 and not any("/" not in name for name in self._names):
            prefix = f"{top.pop()}/"
            self._names = {name.removeprefix(prefix): info for name, info in self._names.items()}

    def __iter__(self) -> Iterator[str]:
        return iter(self._names)

    def __contains__(self, name: str) -> bool:
        return name in self._names

    def read(self, name: str, *, most: int) -> bytes:
        """Return a file of at most that many bytes, whatever the archive says of its size.

        Raises:
            Invalid: it is larger.
        """
        with self._archive.open(self._names[name]) as file:
            found = file.read(most + 1)
        if len(found) > most:
            raise _too_large()
        return found

    def write(self, name: str, to: Path, *, most: int) -> None:
        """Write a file of at most that many bytes somewhere. Raises: see `read`."""
        with self._archive.open(self._names[name]) as file, to.open("wb") as target:
            _copy(file, target, most)


def _checked(name: str) -> str:
    path = PurePosixPath(name.replace("\\", "/"))
    if path.is_absolute() or ".." in path.parts or "\0" in name or ":" in path.parts[0]:
        raise Invalid("This archive has files that would lead elsewhere. It is not taken.")
    return str(path)


def _check_end(path: Path, bounds: Bounds) -> None:
    """Look at the end of a ZIP file before its list of entries is read, which may be endless."""
    with path.open("rb") as file:
        file.seek(max(0, path.stat().st_size - _END_BYTES))
        tail = file.read()
    at = tail.rfind(_END)
    if at < 0 or len(tail) < at + 22:
        raise BadZipFile("no end")
    entries = int.from_bytes(tail[at + 10 : at + 12], "little")
    listed = int.from_bytes(tail[at + 12 : at + 16], "little")
    if _END_OF_64 in tail[max(0, at - 20) : at] or entries > bounds.entries:
        raise _too_large()
    if listed > bounds.entries * _BYTES_AN_ENTRY:
        raise _too_large()


class _Counted:
    """What is unpacked of a gzip file: no more than so many bytes, and no long piece at once, as headers ask for."""

    def __init__(self, file: gzip.GzipFile, most: int) -> None:
        self._file = file
        self._most = most

    def read(self, size: int = -1) -> bytes:
        if not 0 <= size <= _MOST_HEADER or self._file.tell() > self._most:
            raise _too_large()
        return self._file.read(size)

    def seek(self, to: int, whence: int = 0) -> int:
        if whence or to > self._most:
            raise _too_large()
        return self._file.seek(to)

    def tell(self) -> int:
        return self._file.tell()


def _repack(path: Path, to: Path, bounds: Bounds) -> None:
    """Write the files of a tar.gz archive into a ZIP file; links and devices are left out."""
    with gzip.open(path) as unpacked, ZipFile(to, "w") as archive:
        assert isinstance(unpacked, gzip.GzipFile)
        with tarfile.open(fileobj=_Counted(unpacked, bounds.total), mode="r:") as tar:  # type: ignore[call-overload]
            for count, member in enumerate(tar):
                if count >= bounds.entries:
                    raise _too_large()
                if member.isreg() and (file := tar.extractfile(member)) is not None:
                    with archive.open(_checked(member.name), "w", force_zip64=True) as target:
                        _copy(file, target, bounds.total)
                tar.members = []  # otherwise it keeps them all


def _copy(file: IO[bytes], target: IO[bytes], most: int) -> None:
    came = 0
    while chunk := file.read(_CHUNK):
        came += len(chunk)
        if came > most:
            raise _too_large()
        target.write(chunk)


def _too_large() -> Invalid:
    return Invalid("This archive is too large, or has too many files. Leave films out, or bring the tables one by one.")
