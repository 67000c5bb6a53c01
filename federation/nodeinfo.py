"""NodeInfo 2.0 and 2.1 (FEP-f1d5, FEP-0151). No counts: how many people work here is nobody's business."""

from typing import Any

from quart import Blueprint, Response

from federation.webfinger import open_json
from node import __version__
from node.context import running
from node.domain import uris
from node.errors import NotFound

nodeinfo = Blueprint("nodeinfo", __name__)

_SCHEMA = "http://nodeinfo.diaspora.software/ns/schema/"


@nodeinfo.get("/.well-known/nodeinfo")
async def index() -> Response:
    """Say where the documents are, and which actor the node itself is (FEP-2677)."""
    base = running().settings.url
    links = [{"rel": f"{_SCHEMA}{version}", "href": f"{base}/nodeinfo/{version}"} for version in ("2.0", "2.1")]
    links.append({"rel": "https://www.w3.org/ns/activitystreams#Application", "href": uris.node(base)})
    return open_json({"links": links}, "application/json")


@nodeinfo.get("/nodeinfo/<version>")
async def document(version: str) -> Response:
    """Describe the software."""
    if version not in ("2.0", "2.1"):
        raise NotFound("There are versions 2.0 and 2.1.")
    node = running().settings.node
    software = {"name": "allmende", "version": __version__}
    if version == "2.1" and node.source:
        software["repository"] = node.source
    body: dict[str, Any] = {
        "version": version,
        "software": software,
        "protocols": ["activitypub"],
        "services": {"inbound": [], "outbound": []},
        "openRegistrations": False,
        "usage": {"users": {}},
        # `upstream` tells megalodon, which knows few names, that Mastodon's client API is spoken here.
        "metadata": {"nodeName": node.name, "nodeDescription": node.about, "upstream": {"name": "mastodon"}},
    }
    return open_json(body, f'application/json; profile="{_SCHEMA}{version}#"')
