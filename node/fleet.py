"""Real nodes on this machine, each a process of its own with its own file and keys: for the demo and the tests."""

import asyncio
import json
import os
import signal
import socket
import sys
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import aiohttp

_START_SECONDS = 30.0
_STEP_SECONDS = 0.05
PASSWORD = "correct horse battery staple"  # noqa: S105 of people who do not exist


class Failed(Exception):
    """A node or a command did not do what it should; the text has its output."""


def free_port() -> int:
    """Return a port nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


async def until(what: str, found: Callable[[], Awaitable[Any]], *, seconds: float = 15.0) -> Any:
    """Return the first true answer of `found`, asked again and again.

    Raises:
        Failed: there was none in time; says what was waited for and the last answer.
    """
    end = time.monotonic() + seconds
    last: Any = None
    while time.monotonic() < end:
        last = await found()
        if last:
            return last
        await asyncio.sleep(_STEP_SECONDS)
    raise Failed(f"waited {seconds:.0f} s for: {what}; last answer: {last!r}")


@dataclass(slots=True)
class Node:
    """One node. `environ` adds settings; `database` names a PostgreSQL to use instead of a file."""

    name: str
    folder: Path
    port: int = 0
    database: str = ""
    environ: dict[str, str] = field(default_factory=dict)
    process: asyncio.subprocess.Process | None = None
    worker: asyncio.subprocess.Process | None = None

    def __post_init__(self) -> None:
        self.port = self.port or free_port()

    @property
    def host(self) -> str:
        """Its authority, as in handles."""
        return f"127.0.0.1:{self.port}"

    @property
    def url(self) -> str:
        """Its public address."""
        return f"http://{self.host}"

    def _environ(self) -> dict[str, str]:
        return {
            **{name: value for name, value in os.environ.items() if not name.startswith("ALLMENDE_")},
            "ALLMENDE_NODE_URL": self.url,
            "ALLMENDE_NODE_NAME": self.name,
            "ALLMENDE_NODE_DEVELOPMENT": "true",
            "ALLMENDE_SERVER_PORT": str(self.port),
            "ALLMENDE_STORAGE_DATA": str(self.folder),
            "ALLMENDE_STORAGE_DATABASE": self.database,
            "ALLMENDE_PASSWORD": PASSWORD,
            # Stories are told by asking again and again.
            "ALLMENDE_LIMITS_REQUESTS_PER_MEMBER": "1000000",
            "ALLMENDE_LIMITS_INBOX_PER_HOST": "1000000",
            **self.environ,
        }

    async def _spawn(self, *arguments: str) -> asyncio.subprocess.Process:
        self.folder.mkdir(parents=True, exist_ok=True)
        with (self.folder / "log.txt").open("ab") as log:
            return await asyncio.create_subprocess_exec(
                sys.executable, "-m", "node", *arguments, env=self._environ(), stdout=log, stderr=log
            )

    async def start(self, *arguments: str) -> float:
        """Start serving; return the seconds until the first answer.

        Raises:
            Failed: it ended, or did not answer in time.
        """
        began = time.monotonic()
        self.process = await self._spawn("serve", *arguments)
        async with aiohttp.ClientSession() as session:
            while time.monotonic() - began < _START_SECONDS:
                if self.process.returncode is not None:
                    raise Failed(f"{self.name} did not start:\n{self.log()[-2000:]}")
                try:
                    async with session.get(f"{self.url}/health") as answer:
                        if answer.status == 200:
                            return time.monotonic() - began
                except aiohttp.ClientError:
                    await asyncio.sleep(0.01)
        raise Failed(f"{self.name} did not answer:\n{self.log()[-2000:]}")

    async def start_worker(self) -> None:
        """Start a process with the background loops alone."""
        self.worker = await self._spawn("worker")

    async def stop(self) -> None:
        """End its processes as an operator would."""
        await self._end(signal.SIGTERM)

    async def kill(self) -> None:
        """End its processes as a power cut would."""
        await self._end(signal.SIGKILL)

    async def _end(self, how: signal.Signals) -> None:
        for process in (self.process, self.worker):
            if process is not None and process.returncode is None:
                process.send_signal(how)
                await process.wait()
        self.process = self.worker = None

    def log(self) -> str:
        """Return what its processes said."""
        path = self.folder / "log.txt"
        return path.read_text(errors="replace") if path.exists() else ""

    async def command(self, *arguments: str) -> str:
        """Run an `allmende` command on it; return what it printed.

        Raises:
            Failed: it ended with an error.
        """
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "node",
            *arguments,
            env=self._environ(),
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
        out, errors = await process.communicate()
        if process.returncode:
            raise Failed(f"allmende {' '.join(arguments)} on {self.name}: {errors.decode()[-2000:]}")
        return out.decode().strip()

    async def member(
        self, username: str, *, name: str = "", position: str = "", department: str = "", skills: tuple[str, ...] = ()
    ) -> "Person":
        """Add a member and act as them."""
        told = [part for skill in skills for part in ("--skill", skill)]
        await self.command(
            "user", "add", username, "--name", name, "--position", position, "--department", department, *told
        )
        return Person(self, username, await self.command("user", "token", username))


@dataclass(slots=True)
class Person:
    """A member who acts through the client API of their node."""

    node: Node
    username: str
    token: str
    _session: aiohttp.ClientSession | None = None

    @property
    def handle(self) -> str:
        """Their name for everybody else."""
        return f"{self.username}@{self.node.host}"

    async def call(self, method: str, path: str, **fields: Any) -> Any:
        """Call the API; return its JSON.

        Raises:
            Failed: it answered with an error.
        """
        if self._session is None or self._session.closed:
            self._session = aiohttp.ClientSession(headers={"Authorization": f"Bearer {self.token}"})
        get = method == "GET"
        async with self._session.request(
            method,
            f"{self.node.url}/api/v1{path}",
            params=fields if get else None,
            json=None if get else fields,
        ) as answer:
            body = await answer.json(content_type=None)
            if answer.status >= 400:
                raise Failed(f"{method} {path}: {answer.status} {body}")
            return body

    async def close(self) -> None:
        """Hang up."""
        if self._session is not None:
            await self._session.close()

    async def find(self, other: "Person") -> dict[str, Any]:
        """Return another person's account as this node knows it."""
        found: dict[str, Any] = await self.call("GET", "/accounts/lookup", acct=other.handle)
        return found

    async def follow(self, other: "Person") -> None:
        """Follow somebody, here or elsewhere, and wait until it is granted."""
        account = await self.find(other)
        await self.call("POST", f"/accounts/{account['id']}/follow")

        async def granted() -> bool:
            answer = await self.call("POST", f"/accounts/{account['id']}/follow")
            return bool(answer["following"])

        await until(f"{self.username} follows {other.username}", granted)

    async def post(self, text: str, visibility: str = "organisation", **more: Any) -> dict[str, Any]:
        """Publish; return the status."""
        made: dict[str, Any] = await self.call("POST", "/statuses", status=text, visibility=visibility, **more)
        return made

    async def stream(self, name: str = "home", limit: int = 40) -> list[dict[str, Any]]:
        """Return a stream: home, unit or organisation."""
        path = "/timelines/home" if name == "home" else "/timelines/public"
        local = {"local": "true"} if name == "unit" else {}
        found: list[dict[str, Any]] = await self.call("GET", path, limit=str(limit), **local)
        return found

    async def seen(self, uri: str, name: str = "organisation") -> dict[str, Any] | None:
        """Return a post as it stands in a stream, None when it is not there."""
        return next((status for status in await self.stream(name) if status["uri"] == uri), None)


async def join_all(founder: Node, others: list[Node], *, name: str) -> None:
    """Make one organisation of running nodes, and wait until each knows all."""
    await founder.command("org", "create", name)
    for other in others:
        await other.command("org", "join", await founder.command("org", "invite"))
    wanted = {node.host for node in (founder, *others)}
    for node in (founder, *others):

        async def complete(node: Node = node) -> bool:
            listed = json.loads(await node.command("org", "members", "--json"))
            return {row["host"] for row in listed} == wanted

        await until(f"{node.name} knows every node", complete)
