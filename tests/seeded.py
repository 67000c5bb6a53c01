"""A node with people who know each other, and the means to let things happen there.

Ada is the one it is about. Ben follows her, and she him; Carla is a stranger of the same unit; Dan is blocked by her;
Eva was suspended; Fay has locked her account; Rita is at home at another node of the organisation, and Ben follows
her. Every text that not everybody may read holds a word of its own, `canary...`.
"""

import io
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from PIL import Image
from werkzeug.datastructures import FileStorage

from moderation import members
from node.app import close_context, create_app, create_context
from node.config import Node as NodeSettings
from node.config import Settings, Storage, Trends, check
from node.context import Context
from node.domain.accounts import Account, Role
from node.limits import Limits
from tests.callers import Callers
from tests.inbox.peer import Peer
from tests.nodes import URL

PASSWORD = "correct horse battery staple"
NAMES = ("ada", "ben", "carla", "dan", "eva", "fay")
SCOPES = "read write follow push profile admin:read admin:write"
_OFTEN = 1_000_000


@dataclass
class Seeded:
    """The node, its people by name, and the ids of what was made, by kind."""

    ctx: Context
    callers: Callers
    peer: Peer
    folder: Path
    people: dict[str, Account] = field(default_factory=dict)
    ids: dict[str, list[str]] = field(default_factory=dict)
    posts: dict[str, str] = field(default_factory=dict)

    def id(self, name: str) -> str:
        """Return a person's account id, as clients have it."""
        return str(self.people[name].id)

    def note(self, kind: str, body: Any) -> Any:
        """Remember the id of something that was made; return it."""
        self.ids.setdefault(kind, []).append(body["id"])
        return body

    async def post(self, name: str, by: str, text: str, visibility: str, **more: Any) -> dict[str, Any]:
        """Publish a post and remember it by a name."""
        made = await self.callers.do(by, "POST", "/api/v1/statuses", {"status": text, "visibility": visibility} | more)
        self.posts[name] = made["id"]
        return self.note("status", made)


@asynccontextmanager
async def seeded(folder: Path) -> AsyncIterator[Seeded]:
    """Open the node with its people and Ada's friends and enemies; the posts are the callers' to make."""
    for name in ("privacy", "terms"):
        (folder / f"{name}.md").write_text(f"# The {name}\n\nWe keep what we must.")
    picture().save(folder / "picture.png")
    settings = Settings(
        node=NodeSettings(
            url=URL,
            name="Here",
            development=True,
            about="A node for tests.",
            rules=("Be kind.",),
            source="https://source.example/node",
            privacy=str(folder / "privacy.md"),
            terms=str(folder / "terms.md"),
        ),
        storage=Storage(data=str(folder / "data")),
        trends=Trends(enabled=True),
        limits=Limits(requests_per_member=_OFTEN, requests_per_address=_OFTEN, clients_per_address=_OFTEN),
    )
    ctx = await create_context(check(settings))
    try:
        app = create_app(ctx, jobs=False)
        found = Seeded(ctx, Callers(app), await Peer.known_to(ctx, "rita"), folder)
        await _people(found)
        yield found
    finally:
        await close_context(ctx)


async def _people(node: Seeded) -> None:
    for name in NAMES:
        role = Role.ADMIN if name == "fay" else Role.MEMBER
        node.people[name] = await members.add(node.ctx, username=name, password=PASSWORD, name=name.title(), role=role)
        node.callers.tokens[name] = await members.issue_token(
            node.ctx, node.people[name], name=f"canarytoken{name}", scopes=SCOPES
        )
    node.people["rita"] = node.peer.actors["rita"]
    node.ids["account"] = [node.id(name) for name in node.people]
    do = node.callers.do
    await do("ben", "POST", f"/api/v1/accounts/{node.id('ada')}/follow")
    await do("ada", "POST", f"/api/v1/accounts/{node.id('ben')}/follow")
    await do("ada", "POST", f"/api/v1/accounts/{node.id('dan')}/block")
    await node.peer.follower(node.people["ben"], "rita")


def picture(color: str = "teal") -> FileStorage:
    """Return a small picture to upload."""
    kept = io.BytesIO()
    Image.new("RGB", (64, 48), color).save(kept, "PNG")
    kept.seek(0)
    return FileStorage(kept, filename="picture.png", content_type="image/png")


def in_an_hour() -> str:
    """Return a moment to come, as clients write it."""
    return (datetime.now(UTC) + timedelta(hours=1)).strftime("%Y-%m-%dT%H:%M:%S.000Z")
