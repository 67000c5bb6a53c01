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
_KEPT_SECONDS = 60.0  # for about so long a key is remembered here that another process destroyed
_INDEX = "node"
_SIGNS = "abcdefghijklmnopqrstuvwxyz234567"
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
        key = self._known.get(owner)
        if key is None:
            key = await asyncio.to_thread(self._made, owner)
        name, nonce = owner.encode(), os.urandom(_NONCE)
        return bytes((len(name),)) + name + nonce + key.encrypt(nonce, said, _BOUND + name)

    def open(self, sealed: bytes) -> bytes | None:
        """Return what was sealed; None: its key was destroyed, or is another one now.

        A key that was not needed lately is read from its file, in microseconds.
        """
        start = 1 + sealed[0]
        name = sealed[1:start]
        owner = name.decode()
        key = self._known.get(owner) or self._found(owner)
        if key is None:
            return None
        try:
            return key.decrypt(sealed[start : start + _NONCE], sealed[start + _NONCE :], _BOUND + name)
        except InvalidTag:
            return None

    def mask(self, word: str) -> str:
        """Return what stands for a word in an index: letters and digits, three for each of the word's.

        Words that begin alike have masks that do, so that beginnings can be looked up. Who has much text and no key
        can guess frequent words, as with every index of words.
        """
        if self._masks is None:
            self._masks = _Masks(self._keys.of([_INDEX], make=True)[_INDEX])
        return self._masks.of(word)

    def holds(self, owner: str) -> bool:
        """Tell whether a record has its key."""
        return owner in self._known or self._found(owner) is not None

    def _made(self, owner: str) -> AESGCM:
        return self._keep(owner, self._keys.of([owner], make=True)[owner])

    def close(self) -> None:
        """Let go of the file."""
        self._keys.close()

    def _found(self, owner: str) -> AESGCM | None:
        found = self._keys.one(owner)
        return self._keep(owner, found) if found is not None else None

    def _keep(self, owner: str, key: bytes) -> AESGCM:
        if len(self._known) >= _KEPT or time.monotonic() > self._until:
            self._known.clear()
            self._until = time.monotonic() + _KEPT_SECONDS
        self._known[owner] = AESGCM(key)
        return self._known[owner]


class _Masks:
    def __init__(self, key: bytes) -> None:
        self._key = blake2b(b"words of the index", key=key, digest_size=32).digest()
        self.of = lru_cache(maxsize=50_000)(self._of)

    def _of(self, word: str) -> str:
        signs: list[str] = []
        for end in range(1, len(word) + 1):
            digest = blake2b(word[:end].encode(), key=self._key, digest_size=_FOR_ONE).digest()
            signs += [_SIGNS[part % len(_SIGNS)] for part in digest]
        return "".join(signs)
