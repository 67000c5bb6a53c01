"""Runs a program with bounds on time, memory and the files it writes: for decoders of what strangers send (M03, M08).

`limit` bounds the process it is called in. `command` is how another program is run within bounds: Python starts, binds
itself, and becomes that program.
"""

import os
import signal
import sys
from math import ceil

import msgspec


class Bounds(msgspec.Struct, frozen=True):
    """What a process may take. memory, file: bytes. seconds: of all its processors together."""

    seconds: float
    memory: int
    file: int = 0


def limit(bounds: Bounds) -> None:
    """Bound what this process may take, for good."""
    import resource

    seconds = ceil(bounds.seconds)
    resource.setrlimit(resource.RLIMIT_AS, (bounds.memory, bounds.memory))
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds + 1))
    resource.setrlimit(resource.RLIMIT_FSIZE, (bounds.file, bounds.file))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))  # a crash leaves nobody's picture on the disk
    os.nice(10)  # the node goes first


def command(bounds: Bounds, program: str, *arguments: str) -> tuple[str, ...]:
    """Return the command that runs `program`, a path, within bounds."""
    return (
        sys.executable,
        "-P",
        "-m",
        "node.adapters.bounded",
        msgspec.json.encode(bounds).decode(),
        program,
        *arguments,
    )


def environment() -> dict[str, str]:
    """Return what a child gets to know: where the same modules are, and none of the secrets that we may hold."""
    return {"PYTHONPATH": os.pathsep.join(filter(None, sys.path))}


def _die_with_parent() -> None:
    """Let the program end with the node that waits for it, even if that is killed (Linux)."""
    if sys.platform == "linux":
        import ctypes

        ctypes.CDLL(None).prctl(1, signal.SIGKILL)  # PR_SET_PDEATHSIG


def _as_usual() -> None:
    """Let the program end by the signals that Python does not heed: nobody reads on, the file is too long."""
    for number in (signal.SIGPIPE, signal.SIGXFSZ):
        signal.signal(number, signal.SIG_DFL)


if __name__ == "__main__":
    _die_with_parent()
    _as_usual()
    limit(msgspec.json.decode(sys.argv[1], type=Bounds))
    os.execve(sys.argv[2], sys.argv[2:], {})  # noqa: S606 no shell is wanted
