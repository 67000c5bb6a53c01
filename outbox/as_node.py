"""What a node says as itself, by its own actor, and how another node's word is checked."""

from collections.abc import Iterable

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from federation import keys, proofs, render
from federation.errors import Refused
from node.context import Change
from node.domain import uris
from node.domain.accounts import Account
from node.store import accounts
from node.store.database import Tx
from outbox.publish import new_uri, publish


async def node_of(tx: Tx, base: str) -> Account:
    """Return this node's own actor. base: our address."""
    node = await accounts.by_uri(tx, uris.node(base))
    assert node is not None, "a started node has its own actor"
    return node


async def answer(
    change: Change, kind: str, object: str, *, to: Iterable[tuple[str, str]], result: render.Json | None = None
) -> None:
    """Answer an activity as the node, until it is taken. kind: Accept or Reject; result: what goes with it."""
    node = await node_of(change.tx, change.settings.url)
    number, uri = new_uri(change)
    more = {"result": result} if result is not None else {}
    body = render.about(kind, id=uri, actor=node.uri, object=object, **more)
    await publish(change, body, actor=node, object=object, recipients=to, until_confirmed=True, id=number)


async def check_signed(tx: Tx, document: render.Json, *, by: Account) -> str:
    """Check that a node (its actor) signed a document; return the key that it holds with (multibase).

    Raises:
        BadSignature: it did not. Refused: it has shown no key that signs documents.
    """
    text, key = await proof_key(tx, by)
    proofs.check(document, key=key, key_id=uris.proof_key(by.uri))
    return text


async def proof_key(tx: Tx, account: Account) -> tuple[str, Ed25519PublicKey]:
    """Return the key that an actor signs documents with, as it is written (multibase) and to check with.

    Raises:
        Refused: it has shown none.
    """
    for row in await accounts.keys_of(tx, account.id):
        if row["algorithm"] == "ed25519":
            return row["public"], keys.load_multikey(row["public"])
    raise Refused("That node has shown no key that signs documents.")
