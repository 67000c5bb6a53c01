"""Our own keys in memory, unsealed once: that costs as much as ten signatures."""

from collections import OrderedDict
from collections.abc import Mapping
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from federation import keys, message_signatures, proofs, signatures
from node.errors import NotFound
from node.limits import Limits
from node.ports import Clock, Scheme, Sign
from node.store import accounts


class Keyring:
    """Implements `node.ports.Keys`. Bounded: the least recently used entries go first."""

    def __init__(self, *, secret: bytes, clock: Clock, limits: Limits) -> None:
        self._secret = secret
        self._clock = clock
        self._limits = limits
        self._signers: OrderedDict[bytes, keys.Signer] = OrderedDict()
        self._fetches: OrderedDict[str, int] = OrderedDict()

    async def sign_as(
        self,
        tx: Any,
        account_id: int,
        *,
        activity: int | None = None,
        attempt: int = 1,
        headers: Mapping[str, str] = {},
    ) -> Sign:
        """Return what signs in the name of a local account with its RSA key.

        `headers`: further ones, which are sent and signed along.
        `activity`: the number of the one to deliver. What was queued before a rotation, and the Update that
        announces it, is signed with the old key, which peers still know; every second attempt uses the new
        one, for peers that have heard of it by then (federation.md 4.3: some never ask again).

        Raises:
            NotFound: the account has no key of its own: it is a peer's, or its key is gone.
        """
        row = await accounts.signing_key(tx, account_id, algorithm="rsa")
        if row is None:
            raise NotFound("This account cannot sign.")
        before = activity is not None and row["old_sealed"] is not None and activity <= row["rotated_by"]
        signer = self._signer(row["id"], bytes(row["old_sealed" if before and attempt % 2 else "sealed"]))

        def sign(method: str, url: str, body: bytes | None, /, scheme: Scheme = Scheme.DRAFT) -> dict[str, str]:
            content_type = None if body is None else "application/activity+json"
            make = message_signatures.sign if scheme is Scheme.RFC9421 else signatures.sign
            return make(method, url, body, signer=signer, now=self._clock(), content_type=content_type, more=headers)

        return sign

    async def prove(self, tx: Any, account_id: int, document: dict[str, Any], *, now: int) -> dict[str, Any]:
        """Return the document with a proof by a local account's Ed25519 key; `now` in Unix ms.

        Raises:
            NotFound: the account has no such key.
        """
        row = await accounts.signing_key(tx, account_id, algorithm="ed25519")
        if row is None:
            raise NotFound("This account cannot sign.")
        private = self._signer(row["id"], bytes(row["sealed"])).private
        assert isinstance(private, Ed25519PrivateKey), "the row says so"
        return proofs.attach(document, key=private, key_id=row["id"], created=now)

    def _signer(self, key_id: str, sealed: bytes) -> keys.Signer:
        # By what is sealed, not by account: another process may rotate a key at any moment.
        signer = self._signers.get(sealed)
        if signer is None:
            signer = keys.Signer(key_id, keys.unseal(sealed, secret=self._secret, key_id=key_id))
            self._signers[sealed] = signer
            _trim(self._signers, self._limits.cached_keys)
        self._signers.move_to_end(sealed)
        return signer

    def may_fetch(self, name: str, now: int) -> bool:
        """Tell whether a key, or what else has this name, may be fetched; yes once in `key_refetch_seconds`."""
        last = self._fetches.get(name)
        if last is not None and now - last < self._limits.key_refetch_seconds * 1000:
            return False
        self._fetches[name] = now
        self._fetches.move_to_end(name)
        _trim(self._fetches, self._limits.cached_keys)
        return True


def _trim(cache: OrderedDict[Any, Any], most: int) -> None:
    while len(cache) > most:
        cache.popitem(last=False)
