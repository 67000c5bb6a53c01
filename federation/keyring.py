"""Keys in memory: our own, unsealed once, and peers', verified once. Loading one costs; a lookup does not."""

from collections import OrderedDict
from typing import Any

from federation import keys, signatures
from node.errors import NotFound
from node.limits import Limits
from node.ports import Clock, KeyHolder, Sign
from node.store import accounts


class Keyring:
    """Implements `node.ports.Keys`. Bounded: the least recently used entries go first."""

    def __init__(self, *, secret: bytes, clock: Clock, limits: Limits) -> None:
        self._secret = secret
        self._clock = clock
        self._limits = limits
        self._signers: OrderedDict[int, keys.Signer] = OrderedDict()
        self._holders: OrderedDict[str, KeyHolder] = OrderedDict()
        self._fetches: OrderedDict[str, int] = OrderedDict()

    async def sign_as(self, tx: Any, account_id: int) -> Sign:
        """Return what signs in the name of a local account with its RSA key.

        Raises:
            NotFound: the account has no key of its own: it is a peer's, or its key is gone.
        """
        signer = self._signers.get(account_id)
        if signer is None:
            for row in await accounts.keys_of(tx, account_id):
                if row["algorithm"] == "rsa" and row["sealed"] is not None:
                    private = keys.unseal(bytes(row["sealed"]), secret=self._secret, key_id=row["id"])
                    signer = keys.Signer(row["id"], private)
                    break
            else:
                raise NotFound("This account cannot sign.")
            self._signers[account_id] = signer
            _trim(self._signers, self._limits.cached_keys)
        held = signer

        def sign(method: str, url: str, body: bytes | None) -> dict[str, str]:
            content_type = None if body is None else "application/activity+json"
            return signatures.sign(method, url, body, signer=held, now=self._clock(), content_type=content_type)

        return sign

    def known(self, key_id: str) -> KeyHolder | None:
        """Return a peer's key that was verified before."""
        holder = self._holders.get(key_id)
        if holder is not None:
            self._holders.move_to_end(key_id)
        return holder

    def remember(self, holder: KeyHolder) -> None:
        """Keep a peer's key."""
        self._holders[holder.key_id] = holder
        _trim(self._holders, self._limits.cached_keys)

    def forget(self, actor: str) -> None:
        """Drop every key of an actor."""
        for key_id in [id for id, holder in self._holders.items() if holder.actor == actor]:
            del self._holders[key_id]

    def may_fetch(self, key_id: str, now: int) -> bool:
        """Tell whether this key may be fetched now; the answer is yes once in `key_refetch_seconds`."""
        last = self._fetches.get(key_id)
        if last is not None and now - last < self._limits.key_refetch_seconds * 1000:
            return False
        self._fetches[key_id] = now
        self._fetches.move_to_end(key_id)
        _trim(self._fetches, self._limits.cached_keys)
        return True


def _trim(cache: OrderedDict[Any, Any], most: int) -> None:
    while len(cache) > most:
        cache.popitem(last=False)
