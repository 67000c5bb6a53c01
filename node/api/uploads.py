"""Forms with files in them, for the routes that take such: what is sent goes to the disk as it comes."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from quart import request

from node.adapters.bodies import Body
from node.adapters.uploads import Upload, received
from node.api.answers import Given, fields, nested
from node.context import Context
from node.limits import MIB


@dataclass(frozen=True, slots=True)
class Sent:
    """What a client sent: texts as `answers.fields` has them, and files by name."""

    fields: Given
    files: Mapping[str, Upload] = field(default_factory=dict)


@asynccontextmanager
async def sent(ctx: Context, *, most: int) -> AsyncIterator[Sent]:
    """Read the body: a form with files of `most` bytes together, or any body without; files last as the context does.

    Raises:
        Invalid: it cannot be read. TooLarge: it is longer.
    """
    if request.mimetype != "multipart/form-data":
        yield Sent(await fields())
        return
    body = request.body
    assert isinstance(body, Body), "the application is set so"
    body.allow(most + MIB)
    folder = ctx.settings.incoming
    async with received(body, request.headers["Content-Type"], folder=folder) as form:
        yield Sent(nested(form.fields), form.files)
