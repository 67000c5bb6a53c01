"""Streams of events for clients: a WebSocket that carries several, and server-sent events for one each."""

import asyncio
import logging
from collections.abc import AsyncIterator, Coroutine
from typing import Any

import orjson
from quart import Blueprint, Response, request, websocket

from node.api.answers import text, truth
from node.api.auth import admit, bearer
from node.api.streams import CLIENTS, Message
from node.context import Context, running
from node.domain import streams
from node.domain.addresses import network
from node.domain.viewer import Viewer
from node.errors import AllmendeError, Forbidden, Invalid, NotFound, Throttled, Unauthenticated
from node.listening.opening import opened, sent_events
from node.ports import Reader
from node.store import lists

log = logging.getLogger("allmende.streams")

streaming = Blueprint("streaming", __name__, url_prefix="/v1/streaming")

_THUMP_SECONDS = 15.0
_POLICY = 1008
_PATHS = {
    "user": "user",
    "user/notification": "user:notification",
    "public": "public",
    "public/local": "public:local",
    "public/remote": "public:remote",
    "hashtag": "hashtag",
    "hashtag/local": "hashtag:local",
    "list": "list",
    "direct": "direct",
}


class Misdirected(AllmendeError):
    """The handshake was meant for another server."""

    status = 421
    code = "misdirected"


@streaming.get("/health")
async def health() -> Response:
    """Say that streams can be opened."""
    return Response("OK", content_type="text/plain")


# Server-sent events


@streaming.get("/<path:path>")
async def events(path: str) -> Response:
    """Answer with one stream, without an end."""
    name = _PATHS.get(path)
    if name is None:
        raise NotFound("There is no such stream.")
    if name.startswith("public") and truth(request.args.get("only_media")):
        name += ":media"
    ctx = running()
    stream = streams.named(name, tag=request.args.get("tag", ""), list_id=request.args.get("list", ""))
    viewer = await admit(ctx, bearer() or request.args.get("access_token", ""), stream.scope)
    await _check_list(ctx, viewer, stream)
    reader = _open(ctx, viewer, request.scope)
    ctx.hub.readers.join(reader, stream, (name,))
    return sent_events(ctx, reader, _lines(reader))


async def _lines(reader: Reader) -> AsyncIterator[str]:
    yield ":)\n"
    while True:
        item = await reader.take(seconds=_THUMP_SECONDS)
        if reader.ended:
            return
        yield item[1].lines() if item is not None else ":thump\n"


# WebSocket


@streaming.websocket("")
async def socket() -> Response | None:
    """Open a socket, on which a client subscribes to streams; the first may be named in its address."""
    ctx = running()
    offered = websocket.requested_subprotocols
    try:
        viewer = await _let_in(ctx, websocket.args.get("access_token", "") or (offered[0] if offered else ""))
        reader = _open(ctx, viewer, websocket.scope)
    except AllmendeError as error:
        return _refusal(error)
    try:
        # Browsers hang up unless the server takes a subprotocol they offer.
        await websocket.accept(subprotocol=offered[0] if offered else None)
        if websocket.args.get("stream"):
            await _follow(ctx, viewer, reader, {"type": "subscribe", **websocket.args})
        await _until_either_ends(_send(reader), _hear(ctx, viewer, reader))
        await websocket.close(_POLICY)
    except (OSError, RuntimeError):
        log.info("a socket had been closed already", exc_info=True)
    except Exception:
        log.exception("a socket failed")
    finally:
        ctx.hub.readers.close(reader)
    return None


async def _let_in(ctx: Context, secret: str) -> Viewer:
    """Return who opens a socket; who shows no good token uses up what their address may ask."""
    if websocket.host.lower() != ctx.settings.authority:
        raise Misdirected("This server answers for another name.")
    subject = f"address {network(websocket.remote_addr)}"
    ctx.rates.check(subject, most=ctx.settings.limits.requests_per_address)
    kind, _, shown = websocket.headers.get("Authorization", "").partition(" ")
    try:
        return await admit(ctx, shown.strip() if kind.lower() == "bearer" else secret)
    except Unauthenticated:
        ctx.rates.count(subject, most=ctx.settings.limits.requests_per_address)
        raise


def _refusal(error: AllmendeError) -> Response:
    return Response(
        orjson.dumps({"error": error.message}), status=error.status, content_type="application/json; charset=utf-8"
    )


async def _until_either_ends(*works: Coroutine[Any, Any, None]) -> None:
    """Do both until one is done or raises, then end the other; also when cancelled."""
    tasks = [asyncio.create_task(work) for work in works]
    try:
        done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
    for task in done:
        task.result()


async def _send(reader: Reader) -> None:
    """Send what waits, until the stream ends."""
    while not reader.ended:
        item = await reader.take()
        if item is not None:
            label, message = item
            await websocket.send(message.frame(label) if isinstance(message, Message) else message)


async def _hear(ctx: Context, viewer: Viewer, reader: Reader) -> None:
    """Do what the client says on the socket: each word counts as a request."""
    while True:
        said = await websocket.receive()
        try:
            ctx.rates.take(f"member {viewer.account.id}", most=ctx.settings.limits.requests_per_member)
            word = orjson.loads(said)
        except Throttled:
            return
        except orjson.JSONDecodeError:
            continue
        if isinstance(word, dict):
            await _follow(ctx, viewer, reader, word)


async def _follow(ctx: Context, viewer: Viewer, reader: Reader, word: dict[str, Any]) -> None:
    """Subscribe to a stream or unsubscribe; say on the socket why not."""
    try:
        tag, list_id = text(word.get("tag")), text(word.get("list"))
        stream = streams.named(text(word.get("stream")), tag=tag, list_id=list_id)
        if word.get("type") == "unsubscribe":
            ctx.hub.readers.leave(reader, stream)
        elif word.get("type") == "subscribe":
            if not viewer.may(stream.scope):
                raise Forbidden("This action is outside the authorized scopes")
            await _check_list(ctx, viewer, stream)
            label = (stream.name, list_id if stream.name == "list" else tag) if stream.of else (stream.name,)
            ctx.hub.readers.join(reader, stream, label)
    except (Forbidden, Invalid, NotFound) as error:
        reader.put(((), orjson.dumps({"error": error.message, "status": error.status}).decode()))


# Both


async def _check_list(ctx: Context, viewer: Viewer, stream: streams.Stream) -> None:
    if stream.name != "list":
        return
    async with ctx.db.read() as tx:
        if not await lists.is_owned(tx, int(stream.of), account_id=viewer.account.id):
            raise NotFound("Record not found")


def _open(ctx: Context, viewer: Viewer, scope: Any) -> Reader:
    return opened(ctx, viewer, scope, door=CLIENTS, secret=viewer.token)
