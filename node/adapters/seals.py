"""Words sealed in the database, each with the key of whom they belong to (C4, E3): a copy of it tells nothing.

AES-256-GCM (NIST SP 800-38D) with a random nonce. A sealed value names its key, so that whoever reads it need not know
whose it is; when the key is destroyed, every copy of the value is worth nothing, wherever it is kept.
"""

import asyncio
import os
import time
from functools import lru_cache
from hashlib import blake2b

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from node.adapters.content_keys import ContentKeys

_NONCE = 12
_BOUND = b"allmende value 1"
_KEPT = 20_000
_KEPT_SECONDS = 60.0  # for so long at most a key is remembered here that another process destroyed
_INDEX = "node"
_AS_SIGN = b"abcdefghijklmnopqrstuvwxyz234567" * 8
_FOR_ONE = 3
"""So many signs stand for one of a word: with two, numbers that differ in one digit only would be one too often."""


class Seals:
    """Implements `node.ports.Seals` with the keys of one file."""

    def __init__(self, keys: ContentKeys) -> None:
        self._keys = keys
        self._known: dict[str, AESGCM] = {}
        self._until = 0.0
        self._masks: _Masks | None = None

    async def seal(self, owner: str, said: bytes) -> bytes:
        """Return some bytes sealed with the key of a record, e.g. `account:1`; a new key is on the disk before that."""
        key = self._found(owner)
        if key is None:
            key = await asyncio.to_thread(self._made, owner)
        name, nonce = owner.encode(), os.urandom(_NONCE)
        return bytes((len(name),)) + name + nonce + key.encrypt(nonce, said, _BOUND + name)

    def open(self, sealed: bytes) -> bytes | None:
        """Return what was sealed; None: its key was destroyed or is another one now, or the value was changed.

        A key that was not needed lately is read from its file, in microseconds.
        """
        start = 1 + sealed[0]
        name = sealed[1:start]
        key = self._found(name.decode(errors="replace"))
        if key is None:
            return None
        try:
            return key.decrypt(sealed[start : start + _NONCE], sealed[start + _NONCE :], _BOUND + name)
        except (InvalidTag, ValueError):
            return None

    def mask(self, word: str) -> str:
        """Return what stands for a word in an index: letters and digits, three for each of the word's.

        Words that begin alike have masks that do, so that beginnings can be looked up. Without the key they tell how
        long words are, how often they come, and which begin alike; with it, they can be worked out letter by letter.
        """
        if self._masks is None:
            self._masks = _Masks(self._keys.of([_INDEX], make=True)[_INDEX])
        return self._masks.of(word)

    def holds(self, owner: str) -> bool:
        """Tell whether a record has its key."""
        return self._found(owner) is not None

    def close(self) -> None:
        """Let go of the file."""
        self._keys.close()

    def _found(self, owner: str) -> AESGCM | None:
        if time.monotonic() > self._until:
            self._known.clear()
            self._until = time.monotonic() + _KEPT_SECONDS
        known = self._known.get(owner)
        if known is not None:
            return known
        found = self._keys.one(owner)
        return self._keep(owner, found) if found is not None else None

    def _made(self, owner: str) -> AESGCM:
        return self._keep(owner, self._keys.of([owner], make=True)[owner])

    def _keep(self, owner: str, key: bytes) -> AESGCM:
        if len(self._known) >= _KEPT:
            self._known.clear()
        self._known[owner] = made = AESGCM(key)
        return made  # not what is known: another thread may have forgotten it by now


class _Masks:
    def __init__(self, key: bytes) -> None:
        self._begun = blake2b(key=key, person=b"words of index")
        self.of = lru_cache(maxsize=50_000)(self._of)

    def _of(self, word: str) -> str:
        signs, hashed = b"", self._begun.copy()
        for letter in word:
            hashed.update(letter.encode())
            signs += hashed.digest()[:_FOR_ONE]
        return signs.translate(_AS_SIGN).decode()
