"""Nodes for tests whose processes begin where Python has read the program already, which takes it a second each time.

One process reads it, once for a run, and every process of a node is a fork of that one. From there on it is like any
other: it has its own arguments, environment and log, and it is stopped and killed from outside. That a node also
starts from nothing is for the tests that use `node.fleet.Node` itself.
"""

import asyncio
import multiprocessing
import os
import signal
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from multiprocessing.context import ForkServerProcess
from pathlib import Path

from node.cli import main
from node.fleet import Failed, Node

_STEP_SECONDS = 0.005
_forks = multiprocessing.get_context("forkserver")
_forks.set_forkserver_preload(["node.server", "node.store.postgres", __name__])


@dataclass(slots=True)
class _Process:
    """A process, as far as `Node` knows one from asyncio."""

    fork: ForkServerProcess

    @property
    def pid(self) -> int | None:
        return self.fork.pid

    @property
    def returncode(self) -> int | None:
        return self.fork.exitcode

    def send_signal(self, how: signal.Signals) -> None:
        os.kill(self.fork.pid, how)

    def kill(self) -> None:
        self.send_signal(signal.SIGKILL)

    async def wait(self) -> int:
        while self.fork.exitcode is None:
            await asyncio.sleep(_STEP_SECONDS)
        return self.fork.exitcode


class WarmNode(Node):
    """A node whose processes and commands are such forks."""

    async def _spawn(self, *arguments: str) -> _Process:
        self.folder.mkdir(parents=True, exist_ok=True)
        log = self.folder / "log.txt"
        return self._fork(arguments, log, log)

    async def command(self, *arguments: str) -> str:
        with tempfile.TemporaryDirectory() as folder:
            out, errors = Path(folder) / "out", Path(folder) / "errors"
            if await self._fork(arguments, out, errors).wait():
                raise Failed(f"allmende {' '.join(arguments)} on {self.name}: {errors.read_text()[-2000:]}")
            return out.read_text().strip()

    def _fork(self, arguments: tuple[str, ...], out: Path, errors: Path) -> _Process:
        # Daemons do not outlive who started them.
        fork = _forks.Process(target=_run, args=(arguments, self._environ(), out, errors), daemon=True)
        fork.start()
        return _Process(fork)


def _run(arguments: tuple[str, ...], environ: Mapping[str, str], out: Path, errors: Path) -> None:
    os.environ.clear()
    os.environ.update(environ)
    for number, path in ((1, out), (2, errors)):
        with path.open("ab") as file:
            os.dup2(file.fileno(), number)
    main(list(arguments), prog_name="allmende")
