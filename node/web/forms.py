"""What a browser asks for and sends, parsed once: the address, the form, the files in it."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TypeVar
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from quart import request
from quart.datastructures import FileStorage
from werkzeug.datastructures import MultiDict

from node.context import Context
from node.errors import Invalid
from node.store.pages import NEWEST, Page

PAGE = 20
"""Posts on a page."""
LIST = 40
"""Lines of any other list."""

_Choice = TypeVar("_Choice", bound=StrEnum)
_ID_DIGITS = 19


@dataclass(frozen=True, slots=True)
class Form:
    """A form that was sent; what is missing reads as empty, what makes no sense as not given."""

    fields: MultiDict[str, str]
    uploads: MultiDict[str, FileStorage]

    def text(self, name: str) -> str:
        """Return a text, without the one character that not every database can keep; '' when it is not there."""
        return self.fields.get(name, "").replace("\0", "")

    def line(self, name: str) -> str:
        """Return a text without space around it."""
        return self.text(name).strip()

    def number(self, name: str) -> int | None:
        """Return a number; None for none, or for something else."""
        return number(self.text(name))

    def numbers(self, name: str) -> tuple[int, ...]:
        """Return all numbers of that name."""
        return tuple(found for text in self.fields.getlist(name) if (found := number(text)) is not None)

    def texts(self, name: str) -> list[str]:
        """Return all texts of that name, in their order."""
        return [text.replace("\0", "") for text in self.fields.getlist(name)]

    def ticked(self, name: str) -> bool:
        """Tell whether a box is ticked."""
        return name in self.fields

    def choice(self, name: str, choices: type[_Choice], default: _Choice) -> _Choice:
        """Return one of a few words, the default for any other."""
        given = self.text(name)
        return choices(given) if given in list(choices) else default

    def files(self, name: str) -> list[FileStorage]:
        """Return the files that were chosen; browsers send an empty one for none."""
        return [file for file in self.uploads.getlist(name) if file.filename]

    @classmethod
    def empty(cls) -> "Form":
        """Return a form in which nothing stands, for the next time."""
        return cls(MultiDict(), MultiDict())


async def sent() -> Form:
    """Return the form that was sent, an empty one for a page that is only looked at."""
    return Form(await request.form, await request.files)


@asynccontextmanager
async def on_disk(ctx: Context, file: FileStorage) -> AsyncIterator[Path]:
    """Write a file that was sent to the disk, until it is done with."""
    ctx.settings.incoming.mkdir(mode=0o700, parents=True, exist_ok=True)
    with TemporaryDirectory(dir=ctx.settings.incoming, ignore_cleanup_errors=True) as folder:
        path = Path(folder) / "file"
        await file.save(path)
        yield path


def number(text: str) -> int | None:
    """Return an id or another whole number; None for anything else."""
    text = text.strip()
    return int(text) if text.isascii() and text.isdecimal() and len(text) <= _ID_DIGITS else None


_FIRST_YEAR, _LAST_YEAR = 2000, 9998  # what every clock can tell


def start_of_day(ctx: Context, typed: str, *, after: int = 0) -> int | None:
    """Return where a day, or that so many days `after` it, begins on the node's clocks (Unix ms); None for no day.

    Raises:
        Invalid: it is no day.
    """
    if not typed:
        return None
    try:
        day = datetime.fromisoformat(typed).replace(hour=0, minute=0, second=0, microsecond=0)
        if not _FIRST_YEAR <= day.year <= _LAST_YEAR:
            raise ValueError("no year of ours")
        return int(
            (day + timedelta(days=after)).replace(tzinfo=ZoneInfo(ctx.settings.node.timezone)).timestamp() * 1000
        )
    except (ValueError, OverflowError) as error:
        raise Invalid("This is no day. Choose one from the calendar, or leave it empty.") from error


def end_of_day(ctx: Context, typed: str) -> int | None:
    """Return the last moment of a day on the node's clocks (Unix ms), None for no day.

    Raises:
        Invalid: it is no day.
    """
    next_one = start_of_day(ctx, typed, after=1)
    return None if next_one is None else next_one - 1


def day_of(ctx: Context, moment: int) -> str:
    """Return the day of a moment (Unix ms) on the node's clocks, as a field for days has it."""
    return datetime.fromtimestamp(moment / 1000, ZoneInfo(ctx.settings.node.timezone)).date().isoformat()


def asked(limit: int = PAGE) -> Page:
    """Return which part of a list the address asks for."""
    before = number(request.args.get("before", ""))
    return Page(before=NEWEST if before is None else min(before, NEWEST), limit=limit)


def older(ids: list[int], limit: int = PAGE) -> int | None:
    """Return from where the list goes on, None at its end."""
    return ids[-1] if len(ids) == limit else None


def newest(ids: list[int]) -> int | None:
    """Return the newest of a list, 0 for an empty one; None for a later part of it, where nothing new comes."""
    return (ids[0] if ids else 0) if "before" not in request.args else None


def address(**changed: object) -> str:
    """Return the query of this page's address with some values changed; None and '' take one out."""
    kept: Mapping[str, object] = {**request.args.to_dict(), **changed}
    return "?" + urlencode({name: value for name, value in kept.items() if value not in (None, "")})


def enhanced() -> bool:
    """Tell whether a script on the page asks, which takes a part of a page for an answer."""
    return request.headers.get("HX-Request") == "true"
