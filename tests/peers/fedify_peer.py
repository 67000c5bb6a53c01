"""A Fedify server as a process of its own: started, told what its people do, asked what it saw.

Nothing here belongs to an event loop but the process: a fixture starts and stops it on one, tests use it on theirs.
"""

import asyncio
import os
import signal
import time
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Any

import aiohttp

from node.fleet import Failed, until
from tests.patience import PATIENCE_SECONDS
from tests.peers import javascript

_FOLDER = Path(__file__).parent / "fedify"
_numbers = count(1)

Json = dict[str, Any]


@dataclass(slots=True)
class FedifyPeer:
    """The server. `first_knock` is the signature scheme it tries first: rfc9421 or draft-cavage-http-signatures-12."""

    folder: Path
    port: int
    first_knock: str = "rfc9421"
    process: asyncio.subprocess.Process | None = field(default=None, repr=False)

    @property
    def host(self) -> str:
        """Its authority, as in handles."""
        return f"127.0.0.1:{self.port}"

    @property
    def url(self) -> str:
        """Its public address."""
        return f"http://{self.host}"

    async def start(self) -> None:
        """Install what it needs, start it, and wait until it answers.

        Raises:
            Failed: it ended, or did not answer in time.
        """
        await asyncio.to_thread(javascript.install, _FOLDER)
        self.folder.mkdir(parents=True, exist_ok=True)
        with (self.folder / "log.txt").open("ab") as log:
            self.process = await asyncio.create_subprocess_exec(
                javascript.executable(),
                "peer.mjs",
                str(self.port),
                self.first_knock,
                cwd=_FOLDER,
                env={**os.environ, "NODE_NO_WARNINGS": "1"},
                stdin=asyncio.subprocess.PIPE,
                stdout=log,
                stderr=log,
            )
        end = time.monotonic() + PATIENCE_SECONDS
        while time.monotonic() < end:
            if self.process.returncode is not None:
                raise Failed(f"Fedify did not start:\n{self.log()[-2000:]}")
            try:
                await self.call("seen")
            except aiohttp.ClientError:
                await asyncio.sleep(0.05)
            else:
                return
        raise Failed(f"Fedify did not answer:\n{self.log()[-2000:]}")

    async def stop(self) -> None:
        """End its process."""
        if self.process is not None and self.process.returncode is None:
            self.process.send_signal(signal.SIGTERM)
            await self.process.wait()
        self.process = None

    def log(self) -> str:
        """Return what its process said."""
        path = self.folder / "log.txt"
        return path.read_text(errors="replace") if path.exists() else ""

    async def call(self, command: str, **fields: Any) -> Any:
        """Have it do something (tests/peers/fedify/commands.mjs); return its answer.

        Raises:
            Failed: it could not; says why.
        """
        limit = aiohttp.ClientTimeout(total=PATIENCE_SECONDS)
        async with (
            aiohttp.ClientSession(timeout=limit) as session,
            session.post(f"{self.url}/control/{command}", json=fields) as answer,
        ):
            body = await answer.json()
            if answer.status != 200:
                raise Failed(f"{command} {fields}: {body['error']}")
            return body

    def actor(self, name: str) -> "FedifyActor":
        """Return one of the people who live there from the start: fern or gale."""
        return FedifyActor(self, name)

    async def settle(self, name: str, **more: Any) -> "FedifyActor":
        """Let somebody new live there, whom nobody knows yet; a number is added to the name."""
        actor = FedifyActor(self, f"{name}{next(_numbers)}")
        await self.call("settle", name=actor.name, **more)
        return actor

    async def seen(self) -> dict[str, list[Json]]:
        """Return what passed through it, refused or not: requests, sent requests, errors."""
        found: dict[str, list[Json]] = await self.call("seen")
        return found

    async def received(self, **wanted: Any) -> list[Json]:
        """Return every activity it verified and took in that has these fields (tests/peers/fedify/describe.mjs)."""
        found: list[Json] = await self.call("received", **wanted)
        return found

    async def gets(self, **wanted: Any) -> Json:
        """Wait for an activity with these fields, e.g. type, actor, object; return it with the request it came in.

        Raises:
            Failed: none came in time; says what came instead.
        """

        async def come() -> Json | None:
            return next(iter(await self.received(**wanted)), None)

        try:
            found: Json = await until(f"Fedify gets {wanted}", come, seconds=PATIENCE_SECONDS)
        except Failed as error:
            raise Failed(f"{error}\n{await self.story()}") from None
        return found

    async def story(self) -> str:
        """Return the last things that happened there, for the message of a failure."""
        seen = await self.seen()
        lines = [
            f"  in  {one['method']} {one['path']} {_about(one['body'])} {one['scheme']} verified={one['verified']}"
            f" {one['failure'] or ''} -> {one['status']} {one.get('answer', '')[:300]}"
            for one in seen["requests"][-15:]
        ]
        lines += [
            f"  out {one['method']} {one['url']} {_about(one['body'])} {one['scheme']}"
            f" -> {one['status']} {one.get('answer', '')[:300]}"
            for one in seen["sent"][-15:]
        ]
        lines += [f"  error {one}" for one in seen["errors"][-5:]]
        return "\n".join(lines)


@dataclass(frozen=True, slots=True)
class FedifyActor:
    """Somebody who lives on a Fedify server."""

    peer: FedifyPeer
    name: str

    @property
    def uri(self) -> str:
        """Their actor id."""
        return f"{self.peer.url}/users/{self.name}"

    @property
    def handle(self) -> str:
        """Their name for everybody else."""
        return f"{self.name}@{self.peer.host}"

    async def do(self, command: str, **fields: Any) -> Any:
        """Do something: follow, undo, answer, reply, post, update, delete, like, announce, flag, change, move, leave.

        What is sent is returned as {"activity": its id, "object": the id of what it is about}.
        """
        return await self.peer.call(command, **{"as": self.name}, **fields)

    async def post(self, text: str, audience: str = "public", **more: Any) -> str:
        """Publish a note for public, followers or named; return its uri."""
        made = await self.do("post", text=text, audience=audience, **more)
        return str(made["object"])

    async def followers(self) -> list[str]:
        """Return the uris of their followers."""
        found: list[str] = await self.do("followers")
        return found

    async def following(self) -> list[str]:
        """Return the uris of those who granted their Follow."""
        found: list[str] = await self.do("following")
        return found


def _about(body: Json | None) -> str:
    return f"{body.get('type')} {body.get('id')}" if body else ""
