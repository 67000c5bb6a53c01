"""Which servers may speak with this one: those on the organisation's signed list. It is read here, not changed."""

from quart import Blueprint, Response

from node.api.admin.rights import moderators
from node.api.answers import answer
from node.context import Context
from node.domain.viewer import Viewer
from node.errors import Invalid, NotFound
from node.store import nodes

domains = Blueprint("domains", __name__)

_DECIDED_ELSEWHERE = (
    "The organisation's signed list says which servers belong to it. "
    "It is changed at the founding node: allmende org admit, allmende org remove."
)


@domains.get("/v1/admin/domain_allows")
@moderators("admin:read:domain_allows")
async def allowed(ctx: Context, viewer: Viewer) -> Response:
    """Return the servers of the organisation; their hosts are their ids. Since when they belong to it is not kept."""
    async with ctx.db.read() as tx:
        found = [_allowed(member.host) for member in await nodes.members(tx)]
    return answer(found)


@domains.get("/v1/admin/domain_allows/<host>")
@moderators("admin:read:domain_allows")
async def allow(ctx: Context, viewer: Viewer, host: str) -> Response:
    """Return one server of the organisation."""
    async with ctx.db.read() as tx:
        if await nodes.member(tx, host) is None:
            raise NotFound("Record not found")
    return answer(_allowed(host))


def _allowed(host: str) -> dict[str, str | None]:
    return {"id": host, "domain": host, "created_at": None}


@domains.post("/v1/admin/domain_allows")
@moderators("admin:write:domain_allows")
async def admit(ctx: Context, viewer: Viewer) -> Response:
    """Refuse: the organisation's list is changed elsewhere."""
    raise Invalid(_DECIDED_ELSEWHERE)


@domains.delete("/v1/admin/domain_allows/<host>")
@moderators("admin:write:domain_allows")
async def remove(ctx: Context, viewer: Viewer, host: str) -> Response:
    """Refuse: the organisation's list is changed elsewhere."""
    raise Invalid(_DECIDED_ELSEWHERE)


@domains.get("/v1/admin/domain_blocks")
@moderators("admin:read:domain_blocks")
async def blocked(ctx: Context, viewer: Viewer) -> Response:
    """Return the servers that are kept out by name: none, as all are that are not of the organisation."""
    return answer([])


@domains.get("/v1/admin/domain_blocks/<block_id>")
@moderators("admin:read:domain_blocks")
async def block(ctx: Context, viewer: Viewer, block_id: str) -> Response:
    """Say that there is none."""
    raise NotFound("Record not found")


@domains.post("/v1/admin/domain_blocks")
@moderators("admin:write:domain_blocks")
async def add_block(ctx: Context, viewer: Viewer) -> Response:
    """Refuse: the organisation's list is changed elsewhere."""
    raise Invalid(_DECIDED_ELSEWHERE)


@domains.route("/v1/admin/domain_blocks/<block_id>", methods=["PUT", "PATCH", "DELETE"])
@moderators("admin:write:domain_blocks")
async def change_block(ctx: Context, viewer: Viewer, block_id: str) -> Response:
    """Say that there is none."""
    raise NotFound("Record not found")
