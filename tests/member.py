"""Members with a client, through the doors of a node in this process; and what they upload."""

import contextlib
import io
import json
import zipfile
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from PIL import Image
from werkzeug.datastructures import FileStorage

from moderation import members
from node.adapters.files import whole
from node.app import create_app
from node.context import Context
from node.domain.accounts import Account
from node.limits import Limits
from outbox import processing
from tests.nodes import context

MARKER = b"PLANTED-7f3a9c"


@dataclass
class Member:
    """Somebody with an access token. Paths are below /api."""

    ctx: Context
    client: Any
    account: Account
    token: str

    @classmethod
    async def of(cls, ctx: Context, username: str) -> "Member":
        """Add a member to a node."""
        account = await members.add(ctx, username=username, password="correct horse battery")
        client = create_app(ctx, jobs=False).test_client()
        return cls(ctx, client, account, await members.issue_token(ctx, account, name="test"))

    @property
    def headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.token}", "Host": self.ctx.settings.authority}

    async def call(self, method: str, path: str, data: Any = None, *, files: Any = None, **form: str):
        """Return (status, document) of a call: JSON, or a form, with files when there are some."""
        how: dict[str, Any] = {"json": data} if data is not None else {}
        if files:
            how["files"] = {name: FileStorage(io.BytesIO(content), name) for name, content in files.items()}
        if form or files:
            how["form"] = form
        answer = await self.client.open(f"/api{path}", method=method, headers=self.headers, **how)
        return answer.status_code, json.loads(await answer.get_data())

    async def upload(self, content: bytes, **form: str):
        """Return (status, document) of an upload."""
        return await self.call("POST", "/v2/media", files={"file": content}, **form)

    async def uploaded(self, content: bytes, **form: str):
        """Upload what is ready at once."""
        status, body = await self.upload(content, **form)
        assert status == 200, body
        return body

    async def post(self, *ids: str, visibility: str = "unit", **more: Any):
        """Return (status, document) of a post with these files."""
        draft = {"status": "look", "media_ids": list(ids), "visibility": visibility, **more}
        return await self.call("POST", "/v1/statuses", draft)

    async def posted(self, *ids: str, **more: Any):
        """Post these files."""
        status, body = await self.post(*ids, **more)
        assert status == 200, body
        return body

    async def get(self, link: str, method: str = "GET", **headers: str):
        """Follow a link without any token, as clients do; return (status, body, headers)."""
        path = link.removeprefix(self.ctx.settings.url)
        sent = {"Host": self.ctx.settings.authority, **{name.replace("_", "-"): text for name, text in headers.items()}}
        answer = await self.client.open(path, method=method, headers=sent)
        return answer.status_code, await answer.get_data(), answer.headers


@contextlib.asynccontextmanager
async def story(
    folder: Path, *names: str, database: str = "", limits: Limits | None = None
) -> AsyncIterator[tuple[Any, ...]]:
    """A node and its members, ada and ben if nobody else is named."""
    async with context(folder, database=database, limits=limits) as ctx:
        yield (ctx, *[await Member.of(ctx, name) for name in names or ("ada", "ben")])


async def prepare(ctx: Context) -> None:
    """Do what the background does with films and sounds."""
    while await processing.work(ctx):
        pass


def on_disk(folder: Path) -> list[Path]:
    """Return the files that a node keeps."""
    return sorted((folder / "media").glob("??/*"))


async def contents(ctx: Context) -> list[bytes]:
    """Return what is in the files that a node keeps, which are sealed on its disk."""
    names = [f"{path.parent.name}/{path.name}" for path in on_disk(ctx.settings.data)]
    return [await whole(await ctx.files.get(name)) for name in names]


def picture(size: tuple[int, int] = (120, 80), kind: str = "JPEG", **how: Any) -> bytes:
    """A picture with many colours."""
    data = io.BytesIO()
    Image.linear_gradient("L").resize(size).convert("RGB").save(data, kind, **how)
    return data.getvalue()


def photograph() -> bytes:
    """A picture that says where it was taken, and by whom."""
    exif = Image.Exif()
    exif[0x013B] = MARKER.decode()
    exif.get_ifd(0x8825).update({1: "N", 2: (52.0, 31.0, 7.0), 3: "E", 4: (13.0, 24.0, 37.0), 27: MARKER})
    return picture(exif=exif, comment=MARKER)


def moving() -> bytes:
    """A GIF of four frames."""
    data = io.BytesIO()
    frames = [Image.new("RGB", (60, 40), (40 * number, 90, 0)) for number in range(4)]
    frames[0].save(data, "GIF", save_all=True, append_images=frames[1:], duration=70)
    return data.getvalue()


def archive(files: dict[str, str]) -> bytes:
    """A ZIP archive, nothing in it compressed."""
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w") as file:
        for name, content in files.items():
            file.writestr(zipfile.ZipInfo(name), content)
    return data.getvalue()


PDF = b"%PDF-1.7\n1 0 obj <</OpenAction <</S /JavaScript /JS (app.alert(1))>> >> endobj"
ODT = archive({"mimetype": "application/vnd.oasis.opendocument.text", "content.xml": "<x/>"})
DOCX = archive({"[Content_Types].xml": "<x/>", "word/document.xml": "<x/>"})
