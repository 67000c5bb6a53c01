"""Bodies of requests: little of a long one is in memory, and every byte counts."""

import asyncio

import pytest
from quart import Quart, request
from werkzeug.exceptions import RequestEntityTooLarge

from node.adapters import bodies

CHUNK = bytes(64 * 1024)


class Sender:
    """A client that sends a body in chunks, as fast as it is taken, and says when nothing more comes."""

    def __init__(self, chunks, **headers):
        self.left, self.sent, self.answer = chunks, 0, asyncio.get_running_loop().create_future()
        self.headers = [(name.replace("_", "-").encode(), text.encode()) for name, text in headers.items()]

    async def receive(self):
        if self.left == 0:
            await asyncio.Event().wait()  # it waits for the answer
        self.left -= 1
        self.sent += len(CHUNK)
        return {"type": "http.request", "body": CHUNK, "more_body": self.left > 0}

    async def send(self, message):
        if message["type"] == "http.response.start":
            self.answer.set_result(message["status"])

    async def to(self, app):
        scope = {
            "type": "http", "method": "POST", "path": "/", "query_string": b"", "headers": self.headers,
            "scheme": "http", "http_version": "1.1", "client": ("127.0.0.1", 1), "root_path": "", "asgi": {},
        }  # fmt: skip
        await app(scope, self.receive, self.send)
        return await self.answer


def application(read, *, most=None):
    app = Quart(__name__)
    app.config["MAX_CONTENT_LENGTH"] = most
    bodies.install(app)

    @app.post("/")
    async def take():
        try:
            await read()
        except RequestEntityTooLarge:
            return "", 413
        return ""

    return app


async def in_parts():
    return sum([len(data) async for data in request.body])


async def whole():
    return len(await request.get_data())


async def test_a_body_that_nobody_reads_waits_at_the_sender_until_somebody_does():
    go, found = asyncio.Event(), []

    async def read_later():
        await go.wait()
        found.append(await in_parts())

    sender = Sender(100)
    sending = asyncio.create_task(sender.to(application(read_later)))
    for _ in range(1_000):
        await asyncio.sleep(0)
    assert 0 < sender.sent <= 5 * len(CHUNK)
    go.set()
    assert (await sending, found) == (200, [100 * len(CHUNK)])


@pytest.mark.parametrize("read", [in_parts, whole])
@pytest.mark.parametrize(("chunks", "status"), [(10, 200), (11, 413)])
async def test_every_byte_counts_whether_its_length_was_told_or_not(read, chunks, status):
    app = application(read, most=10 * len(CHUNK))
    assert await Sender(chunks).to(app) == status
    assert await Sender(chunks, content_length=str(chunks * len(CHUNK))).to(app) == status


async def test_what_says_that_it_is_too_long_is_not_read_at_all():
    sender = Sender(1_000, content_length=str(1_000 * len(CHUNK)))
    assert await sender.to(application(in_parts, most=10 * len(CHUNK))) == 413
    assert sender.sent <= 5 * len(CHUNK)


async def test_a_route_may_take_more_than_others():
    async def more():
        request.body.allow(20 * len(CHUNK))
        return await in_parts()

    app = application(more, most=len(CHUNK))
    assert [await Sender(chunks).to(app) for chunks in (20, 21)] == [200, 413]
