"""Members of the node who act through Mastodon.py, a client each."""

import io
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mastodon import Mastodon
from PIL import Image

from tests.peers.server import Server, let_in

SCOPES = ["read", "write", "follow", "push", "profile"]


@dataclass(frozen=True, slots=True)
class People:
    """Four members, each in a client of their own."""

    ada: Mastodon
    ben: Mastodon
    carla: Mastodon
    dan: Mastodon


def signed_in(server: Server, app: Path, username: str, scopes: list[str] = SCOPES) -> Mastodon:
    """Go through the code flow with the code shown on a page, as a program without an address of its own does."""
    client = Mastodon(client_id=app, api_base_url=server.url, ratelimit_method="throw")
    code = let_in(client.auth_request_url(scopes=scopes, allow_http=True), username)
    client.log_in(code=code, scopes=scopes, allow_http=True)
    return client


def id_of(client: Mastodon) -> Any:
    return client.account_verify_credentials().id


def picture(color: str = "teal") -> io.BytesIO:
    kept = io.BytesIO()
    Image.new("RGB", (80, 60), color).save(kept, "PNG")
    kept.seek(0)
    return kept
