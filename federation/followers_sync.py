"""Followers synchronisation (FEP-8fcf): two nodes notice that they disagree on who follows whom, and where to look.

A post for followers goes to a node once, and that node gives it to those of its people who follow the author as far
as it knows. So every such delivery tells how the followers there add up, and where they are listed.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from hashlib import sha256
from re import compile as pattern

from federation import documents, hosts, resolve, signatures, verify
from federation.errors import FederationError, Malformed
from federation.signatures import SignedRequest
from node.context import Context
from node.domain import uris
from node.domain.accounts import Account

HEADER = "Collection-Synchronization"
MOST = 2_000
"""Followers that a list may name; a longer one is not read."""

_DIGEST = pattern("[0-9a-f]{64}")
_LONGEST = 3 * hosts.LONGEST


@dataclass(frozen=True, slots=True)
class Part:
    """The part of somebody's followers that lives at one host: its collection, where it is listed, its digest."""

    collection: str
    url: str
    digest: str

    @property
    def text(self) -> str:
        """The value of the header."""
        return f'collectionId="{self.collection}", url="{self.url}", digest="{self.digest}"'

    def is_of(self, author: Account) -> bool:
        """Whether this is about the author's own followers, listed at the author's own server."""
        return self.collection == author.followers and hosts.origin(self.url) == hosts.origin(author.uri)


def digest(followers: Iterable[str]) -> str:
    """Return the XOR of the SHA-256 of each uri, in hexadecimal: the order does not matter (FEP-8fcf)."""
    total = 0
    for uri in followers:
        total ^= int.from_bytes(sha256(uri.encode()).digest())
    return f"{total:064x}"


def address(author: str) -> str:
    """Return where the followers of a person of ours are listed for the node that asks."""
    return f"{author}/followers_synchronization"


def part(author: str, followers: Iterable[str]) -> Part:
    """Return what a node is told of a person of ours: `followers` are the uris of those who live there."""
    return Part(_collection(author), address(author), digest(followers))


def author_in(activity: documents.Json, *, base: str) -> str | None:
    """Return the person of ours who did this and addressed their followers; None: it was not so.

    `base` is our public address.
    """
    actor = documents.text(activity.get("actor"))
    addressed = {*documents.ids(activity.get("to")), *documents.ids(activity.get("cc"))}
    ours = _collection(actor) in addressed and uris.username_in(base, actor) is not None
    return actor if ours else None


def _collection(author: str) -> str:
    return f"{author}/followers"


def read(request: SignedRequest, *, base: str) -> Part | None:
    """Return what a request says of its signer's followers, None when it says nothing that counts. Never raises.

    That the signature holds was found out before; here the header has to be among what it covers. `base` is our
    public address.
    """
    values = [value for name, value in request.headers if name.lower() == HEADER.lower()]
    if len(values) != 1:
        return None
    try:
        covered = verify.take_apart(request, base=base).names
    except FederationError:
        return None
    return parse(values[0]) if HEADER.lower() in covered else None


def parse(text: str) -> Part | None:
    """Return what the value of a header says, None when it cannot be read. Never raises."""
    if len(text) > _LONGEST:
        return None
    try:
        # FEP-8fcf: in the syntax of the Signature header. Names of parameters come in lower case.
        given = signatures.parameters_of(text)
        found = Part(given["collectionid"], hosts.parse(given["url"]).text, given["digest"].lower())
    except (FederationError, KeyError):
        return None
    return found if found.collection and _DIGEST.fullmatch(found.digest) else None


async def listed(ctx: Context, part: Part) -> frozenset[str]:
    """Fetch the followers of a peer's actor who live here, as the actor's node lists them; uris.

    `part` was checked with `is_of`. A list that does not add up to what was told is not whole, or not of that moment.

    Raises:
        Refused, Vanished, Unreachable: see `Wire.get_document`.
        Malformed: another collection, another server's, too long, in pages, or it does not add up.
    """
    host = hosts.authority(part.url)
    sign = await resolve.node_signature(ctx)
    final, body = await ctx.wire.get_document(part.url, sign=sign, may_contact=lambda authority: authority == host)
    document = documents.load(body, replace(ctx.settings.limits, json_items=MOST))
    # Fedify lists the part under the id of the whole.
    if hosts.origin(final) != hosts.origin(part.url) or document.get("id") not in (part.url, part.collection):
        raise Malformed("That is not the list of followers that was asked for.")
    items = documents.listed(document.get("orderedItems", document.get("items")))
    followers = frozenset(item for item in items if isinstance(item, str))
    if len(followers) != len(items) or digest(followers) != part.digest:
        raise Malformed("The list of followers does not add up to what was told.")
    return followers
