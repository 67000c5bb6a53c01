"""Blocks of addresses, which this node has no use for: nobody signs up by themselves. The lists are empty."""

from quart import Blueprint, Response

from node.api.admin.rights import moderators
from node.api.answers import answer
from node.context import Context
from node.domain.viewer import Viewer
from node.errors import Invalid, NotFound

blocks = Blueprint("blocks", __name__)

_BY_MAIL = "Members come by an invitation here, not by an e-mail address: there is nothing to block."
_BY_ADDRESS = "This server blocks no addresses. Block them at the reverse proxy in front of it."


def _kind(name: str, why: str) -> None:
    """Add the routes of one kind of block: none is there, none can be made."""

    @blocks.get(f"/v1/admin/{name}", endpoint=f"{name}_page")
    @moderators(f"admin:read:{name}")
    async def page(ctx: Context, viewer: Viewer) -> Response:
        """Return an empty list."""
        return answer([])

    @blocks.get(f"/v1/admin/{name}/<block_id>", endpoint=f"{name}_show")
    @moderators(f"admin:read:{name}")
    async def show(ctx: Context, viewer: Viewer, block_id: str) -> Response:
        """Say that there is none."""
        raise NotFound("Record not found")

    @blocks.post(f"/v1/admin/{name}", endpoint=f"{name}_create")
    @moderators(f"admin:write:{name}")
    async def create(ctx: Context, viewer: Viewer) -> Response:
        """Refuse, and say why."""
        raise Invalid(why)

    @blocks.route(f"/v1/admin/{name}/<block_id>", methods=["PUT", "PATCH", "DELETE"], endpoint=f"{name}_change")
    @moderators(f"admin:write:{name}")
    async def change(ctx: Context, viewer: Viewer, block_id: str) -> Response:
        """Say that there is none."""
        raise NotFound("Record not found")


_kind("ip_blocks", _BY_ADDRESS)
_kind("email_domain_blocks", _BY_MAIL)
_kind("canonical_email_blocks", _BY_MAIL)


@blocks.post("/v1/admin/canonical_email_blocks/test")
@moderators("admin:read:canonical_email_blocks")
async def test(ctx: Context, viewer: Viewer) -> Response:
    """Return the blocks that an address meets: none."""
    return answer([])
