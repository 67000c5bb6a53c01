"""Texts of the operator's, in files: the privacy notice and the terms of use."""

import asyncio
from dataclasses import dataclass
from pathlib import Path

from node.domain import text


@dataclass(frozen=True, slots=True)
class Document:
    """Such a text, as safe HTML, and when it was last changed (Unix ms)."""

    html: str
    changed_at: int


async def document(path: str) -> Document | None:
    """Return the text in a file of Markdown; None where the operator named no file (`path` is '')."""

    def read() -> tuple[str, int]:
        file = Path(path)
        return file.read_text(), int(file.stat().st_mtime * 1000)

    if not path:
        return None
    source, changed_at = await asyncio.to_thread(read)
    return Document(text.render(source, mentions={}), changed_at)
