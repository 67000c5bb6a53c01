"""A node answers an invitation to the organisation: the one thing an outsider may send."""

import hmac
from urllib.parse import urlsplit

from federation import documents, hosts, organisation, parse, verify
from federation.activities import Accept
from federation.errors import FederationError, Refused
from federation.signatures import SignedRequest
from node.context import Context
from node.domain import uris
from node.store import accounts, nodes, tokens
from outbox import organisation as commands


async def answer(ctx: Context, request: SignedRequest) -> bool:
    """Let a node in whose Accept names an open invitation; return False when it is no such activity.

    The one-time code is checked before the newcomer's key is fetched, so that nobody without one can make
    us fetch anything (threat S09). Everything else is checked as for members.

    Raises:
        Refused: the code is unknown, used or over, or it was not the node itself that answered.
    """
    try:
        activity = parse.activity(documents.load(request.body or b"", ctx.settings.limits))
    except FederationError:
        return False
    prefix = uris.organisation(ctx.settings.url) + "/invitations/"
    if not isinstance(activity, Accept) or not activity.object.startswith(prefix):
        return False
    code = tokens.hashed(activity.object.removeprefix(prefix))
    async with ctx.db.read() as tx:
        if not await nodes.invitation_is_open(tx, code, now=ctx.clock()):
            raise Refused("This invitation is unknown, used or over.")
    host = hosts.authority(activity.actor)
    peer = await verify.signer(ctx, request, allowed=frozenset({host}))
    base = "{0.scheme}://{0.netloc}".format(urlsplit(activity.actor))
    if not hmac.compare_digest(peer.actor, activity.actor) or activity.actor != uris.node(base):
        raise Refused("A node answers an invitation itself.")
    async with ctx.change() as change:
        if not await nodes.use_invitation(change.tx, code, host=host, now=change.now):
            raise Refused("This invitation is unknown, used or over.")
        account = await _name(ctx, activity.actor)
        await commands.add_member(ctx, change, organisation.node_member(base, name=account, host=host))
    ctx.policy.changed()
    return True


async def _name(ctx: Context, uri: str) -> str:
    async with ctx.db.read() as tx:
        node = await accounts.by_uri(tx, uri)
    return node.name if node else hosts.authority(uri)
