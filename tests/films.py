"""Films and sounds for tests, made by a real ffmpeg, which comes with a wheel and stands on the path like any other."""

import os
import subprocess
from functools import cache
from pathlib import Path

import imageio_ffmpeg

SECRET = "PLANTED-4be1c0"
"""What stands in the metadata of each of them."""

_SECRETS = (
    "-metadata",
    f"title={SECRET}",
    "-metadata",
    f"comment={SECRET}",
    "-metadata",
    "location=+52.5200+013.4050/",
)
_PICTURE = ("-f", "lavfi", "-i", "testsrc=size=161x121:rate=10:duration=2")
_TONE = ("-f", "lavfi", "-i", "sine=frequency=440:duration=3")


def install(monkeypatch, folder: Path) -> None:
    """Put ffmpeg on the path of this test."""
    (folder / "bin").mkdir()
    (folder / "bin" / "ffmpeg").symlink_to(imageio_ffmpeg.get_ffmpeg_exe())
    monkeypatch.setenv("PATH", f"{folder / 'bin'}{os.pathsep}{os.environ['PATH']}")


def uninstall(monkeypatch, folder: Path) -> None:
    """Let there be no ffmpeg, wherever the machine has one."""
    (folder / "none").mkdir()
    monkeypatch.setenv("PATH", str(folder / "none"))


@cache
def made(*arguments: str, kind: str) -> bytes:
    """Return what ffmpeg makes of these arguments, in a container that needs no seeking."""
    done = subprocess.run(
        [imageio_ffmpeg.get_ffmpeg_exe(), "-loglevel", "error", *arguments, *_SECRETS, "-f", kind, "pipe:1"],
        capture_output=True,
        check=True,
    )
    return done.stdout


def film() -> bytes:
    """A film with sound, two seconds of it, an odd number of pixels wide and high."""
    return made(*_PICTURE, *_TONE, "-c:v", "mpeg4", "-c:a", "aac", "-t", "2", "-movflags", "frag_keyframe", kind="mp4")


def silent_film() -> bytes:
    """A film without sound."""
    return made(*_PICTURE, "-c:v", "libvpx", kind="webm")


def sound(kind: str = "mp3") -> bytes:
    """A tone of three seconds."""
    return made(*_TONE, kind=kind)
