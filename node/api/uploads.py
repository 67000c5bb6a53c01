"""Forms with files in them, for the routes that take such: what is sent goes to the disk as it comes."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from typing import TypeVar

from quart import request

from node.adapters.bodies import Body
from node.adapters.uploads import Upload, received
from node.api.answers import Given, fields, nested
from node.context import Context
from node.domain.accounts import Profile
from node.domain.groups import Charter
from node.limits import MIB
from outbox import media

Told = TypeVar("Told", Profile, Charter)


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


async def with_pictures(ctx: Context, given: Sent, wanted: Told) -> Told:
    """Prepare the pictures of an account that a client sent, `avatar` and `header`; return what is wanted with them.

    Raises:
        Invalid: one is no picture.
    """
    avatar, header = given.files.get("avatar"), given.files.get("header")
    # Clients send along empty files, too.
    if avatar is not None and avatar.size:
        wanted = replace(wanted, icon_file=await media.portrait(ctx, avatar.path))
    if header is not None and header.size:
        wanted = replace(wanted, image_file=await media.banner(ctx, header.path))
    return wanted
