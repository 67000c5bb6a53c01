"""What is sealed in databases opened, for tests that look for words wherever they may stand."""

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.ciphers.modes import CTR

from node.adapters.content_keys import ContentKeys
from node.adapters.seals import Seals
from node.domain.words import words

_SEALED = re.compile(rb"(?P<length>[\x04-\x40])(?P<name>(?:account|case|reports|inbox):[0-9]+|node)", re.DOTALL)
_NONCE = 12
_LOOKED_AT = 8_000


def opened(tx: Any, value: Any) -> Any:
    """Return a value of a row as it was before it was sealed; one that nobody can open any more as it is."""
    if not isinstance(value, bytes) or not _SEALED.match(value):
        return value
    said = tx.seals.open(value)
    return value if said is None else said.decode(errors="replace")


def all_opened(tx: Any, row: Mapping[str, Any]) -> dict[str, Any]:
    """Return a row with everything in it opened."""
    return {name: opened(tx, value) for name, value in dict(row).items()}


def holding(folder: Path, text: str) -> list[str]:
    """Return the names of files below a node's folder that hold a text; see `Files`."""
    return Files(folder).holding(text)


class Files:
    """What is in a node's files: in the clear, sealed, or as masks of words.

    Sealed texts are found wherever they are left, be it in a free page or in a log, as long as their key is there.
    """

    def __init__(self, folder: Path) -> None:
        keys = ContentKeys(folder / "content.keys")
        self._mask = Seals(keys).mask
        contents = {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}
        self._parts = {path.name: [content, *_unsealed(content, keys)] for path, content in contents.items()}

    def holding(self, text: str) -> list[str]:
        """Return the names of those that hold a text."""
        wanted = (text.encode(), " ".join(map(self._mask, words(text))).encode())
        return [
            name for name, parts in self._parts.items() if any(one in part for part in parts for one in wanted if one)
        ]


def _unsealed(content: bytes, keys: ContentKeys) -> Iterator[bytes]:
    """Open whatever begins as a sealed value does, without knowing where it ends: the mode of GCM, but for its tag."""
    known: dict[bytes, bytes | None] = {}
    for begin in _SEALED.finditer(content):
        length = begin["length"][0]
        name = content[begin.start() + 1 : begin.start() + 1 + length]
        if name != begin["name"]:
            continue
        if name not in known:
            known[name] = keys.of([name.decode()]).get(name.decode())
        key = known[name]
        if key is None:
            continue
        start = begin.start() + 1 + length
        nonce, said = content[start : start + _NONCE], content[start + _NONCE : start + _NONCE + _LOOKED_AT]
        if len(nonce) == _NONCE:
            yield Cipher(AES(key), CTR(nonce + (2).to_bytes(4, "big"))).decryptor().update(said)
