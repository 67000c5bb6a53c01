"""The file of a backup: a line that says what it is, then pieces that are sealed each with the key of one record.

AES-256-GCM (NIST SP 800-38D) with a random nonce. What is sealed with a piece, but readable, is the digest of the first
line, the piece's number and the record's name: none can be changed, moved, left out or put into another backup unseen;
the last one says that it is the last.
"""

import os
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path
from struct import Struct
from typing import Any, BinaryIO

import orjson
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from node.errors import Invalid

_FORMAT = "allmende backup 1"
_LENGTHS = Struct(">HI")
_NONCE = 12
_LONGEST_LINE = 65_536
_LONGEST_PIECE = 64 * 1024 * 1024
_LAST = b"last"

CUT_OFF = "This backup is cut off, or was changed."


class Sealing:
    """Writes a new file; it has its name only when it is whole and on the disk.

    Raises:
        Invalid: there is a file of that name.
    """

    def __init__(self, path: Path, about: dict[str, Any]) -> None:
        if path.exists():
            raise Invalid("%(path)s is there already. Choose a new name.", path=str(path))
        self._path = path
        self._unfinished = path.with_name(f"{path.name}.unfinished")
        self._file = os.fdopen(os.open(self._unfinished, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb")
        line = orjson.dumps({"format": _FORMAT, **about}) + b"\n"
        self._file.write(line)
        self._digest = sha256(line).digest()
        self._number = 0

    def add(self, name: str, key: bytes, piece: bytes) -> None:
        """Seal some bytes with the key of the record they belong to."""
        said, nonce = name.encode(), os.urandom(_NONCE)
        sealed = nonce + AESGCM(key).encrypt(nonce, piece, _bound(self._digest, self._number, said))
        self._file.write(_LENGTHS.pack(len(said), len(sealed)) + said + sealed)
        self._number += 1

    def finish(self, name: str, key: bytes) -> None:
        """Close it: it is whole."""
        self.add(name, key, _LAST)
        self._file.flush()
        os.fsync(self._file.fileno())
        self._file.close()
        self._unfinished.rename(self._path)

    def drop(self) -> None:
        """Leave nothing behind of what cannot be finished."""
        self._file.close()
        self._unfinished.unlink(missing_ok=True)


class Piece:
    """One sealed piece; `name` is the record it belongs to."""

    def __init__(self, name: str, sealed: bytes, bound: bytes) -> None:
        self.name = name
        self._sealed, self._bound = sealed, bound

    def open(self, key: bytes) -> bytes:
        """Return what was sealed.

        Raises:
            Invalid: the key is another one, or the file was changed.
        """
        try:
            return AESGCM(key).decrypt(self._sealed[:_NONCE], self._sealed[_NONCE:], self._bound)
        except (InvalidTag, ValueError) as error:
            raise Invalid("These keys do not belong to this backup, or it was changed.") from error


class Sealed:
    """Reads such a file; `about` is what it says of itself, which may be a lie until a piece was opened.

    Raises:
        Invalid: it is none.
    """

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        line = file.readline(_LONGEST_LINE)
        try:
            self.about: dict[str, Any] = orjson.loads(line)
            known = self.about.get("format") == _FORMAT
        except (orjson.JSONDecodeError, AttributeError):
            known = False
        if not known:
            raise Invalid("This is no backup of a node.")
        self._digest = sha256(line).digest()

    def pieces(self) -> Iterator[Piece]:
        """Return every piece in their order; the last is one of which `is_last` is true when it is opened.

        Raises:
            Invalid: the file ends too early.
        """
        number = 0
        while lengths := self._file.read(_LENGTHS.size):
            named, sealed = _LENGTHS.unpack(lengths) if len(lengths) == _LENGTHS.size else (0, _LONGEST_PIECE + 1)
            if sealed > _LONGEST_PIECE:
                raise Invalid(CUT_OFF)
            name = self._file.read(named)
            bound = _bound(self._digest, number, name)
            yield Piece(name.decode(errors="replace"), self._file.read(sealed), bound)
            number += 1


def is_last(piece: bytes) -> bool:
    """Tell whether what was opened is the end of a whole backup."""
    return piece == _LAST


def _bound(digest: bytes, number: int, name: bytes) -> bytes:
    return digest + number.to_bytes(8, "big") + name
