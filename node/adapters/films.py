"""Makes safe films and sounds of what members upload, by ffmpeg where it is installed (threats M02, M04, M08).

What comes out is encoded anew, H.264 and AAC in MP4, and has nothing but what is seen and heard. The first bytes decide
which of a few demuxers reads a file, so that no playlist in disguise leads ffmpeg to other files or hosts; it runs in a
process of its own, with bounds on time, memory and the size of what it writes.
"""

import asyncio
import logging
import shutil
import signal
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from re import MULTILINE
from re import compile as pattern
from typing import Literal

from node.adapters import bounded, images
from node.errors import Invalid

log = logging.getLogger("allmende.films")

Kind = Literal["video", "gifv", "audio"]

VIDEO = "video/mp4"
AUDIO = "audio/mp4"

_NEEDED = ("libx264", "aac")
_STREAM = pattern(r"^#media_type \d: (video|audio)$", MULTILINE)
_LASTED = pattern(r"^out_time_us=(\d+)$", MULTILINE)
_PROBE_SECONDS = 10.0
_STILLS = 30  # frames of which the most telling one stands for the film
_SHORT_SECONDS = 60.0
_EXACT = ("-fflags", "+bitexact", "-flags:v", "+bitexact", "-flags:a", "+bitexact")
_NOTHING_ELSE = ("-map_metadata", "-1", "-map_chapters", "-1", "-sn", "-dn", *_EXACT)
_SOUND = ("-c:a", "aac", "-b:a", "128k", "-ac", "2", "-ar", "48000")


@dataclass(frozen=True, slots=True)
class FilmLimits:
    """What a film or sound may cost, and how much of it is kept. memory, size: bytes; side: pixels."""

    seconds: float = 600.0
    memory: int = 3 * 1024 * 1024 * 1024
    size: int = 200 * 1024 * 1024
    side: int = 1_920
    frames_per_second: int = 60


@dataclass(frozen=True, slots=True)
class Film:
    """A film or sound that is safe to show. path: where it is now. seconds: how long it lasts. still: a PNG, or b""."""

    kind: Kind
    media_type: str
    path: Path
    seconds: float
    still: bytes


def program() -> str | None:
    """Return where ffmpeg is, None when it is not installed."""
    return shutil.which("ffmpeg")


def sniff(head: bytes) -> str | None:
    """Return the name that ffmpeg has for the container of a film or sound, by its first 16 bytes; None: it is none."""
    if head[4:8] == b"ftyp":
        return None if images.sniff(head) else "mov"
    for magic, demuxer in ((b"\x1a\x45\xdf\xa3", "matroska"), (b"OggS", "ogg"), (b"fLaC", "flac"), (b"ID3", "mp3")):
        if head.startswith(magic):
            return demuxer
    if head[:4] in (b"RIFF", b"FORM"):
        return {b"WAVE": "wav", b"AVI ": "avi", b"AIFF": "aiff", b"AIFC": "aiff"}.get(head[8:12])
    if len(head) > 1 and head[0] == 0xFF and head[1] & 0xE0 == 0xE0:
        layer = head[1] & 0x06
        return "mp3" if layer else "aac"
    return None


async def kind_of(path: Path, demuxer: str) -> Literal["video", "audio"]:
    """Return what an upload is, without reading all of it.

    Raises:
        Invalid: ffmpeg is not installed, or the file has neither pictures nor sound that it can read.
    """
    bounds = bounded.Bounds(seconds=_PROBE_SECONDS, memory=FilmLimits().memory)
    arguments = ("-map", "0:V:0?", "-map", "0:a:0?", "-c", "copy", "-frames", "1", "-f", "framecrc", "pipe:1")
    said = await _run(bounds, path, demuxer, *arguments)
    kinds = _STREAM.findall(said.decode(errors="replace"))
    if not kinds:
        raise _unreadable()
    return "video" if "video" in kinds else "audio"


async def convert(source: Path, demuxer: str, *, into: Path, limits: FilmLimits) -> Film:
    """Return a new film, or sound, of what is seen and heard in `source`; it is written into the folder `into`.

    Raises:
        Invalid: as `kind_of`, and when it takes more time, memory or room than the limits allow.
    """
    film = await kind_of(source, demuxer) == "video"
    path = into / ("film.mp4" if film else "sound.m4a")
    side = limits.side
    scale = (
        f"scale=w='min({side},iw)':h='min({side},ih)':force_original_aspect_ratio=decrease:force_divisible_by=2,"
        "format=yuv420p"
    )
    pictures = ("-map", "0:V:0", "-fpsmax", str(limits.frames_per_second), "-vf", scale, "-c:v", "libx264")
    quality = ("-preset", "veryfast", "-crf", "23", "-profile:v", "high", "-threads", "2")
    said = await _run(
        bounded.Bounds(seconds=2 * limits.seconds, memory=limits.memory, file=limits.size),
        source,
        demuxer,
        *((*pictures, *quality, "-map", "0:a:0?") if film else ("-map", "0:a:0")),
        *_SOUND,
        *_NOTHING_ELSE,
        *("-movflags", "+faststart", "-progress", "pipe:1", "-nostats", "-f", "mp4", f"file:{path}"),
        seconds=limits.seconds,
    )
    lasted = _LASTED.findall(said.decode(errors="replace"))
    seconds = int(lasted[-1]) / 1_000_000 if lasted else 0.0
    if not film:
        return Film("audio", AUDIO, path, seconds, b"")
    silent = not await _has_sound(path)
    kind: Kind = "gifv" if silent and seconds <= _SHORT_SECONDS else "video"
    return Film(kind, VIDEO, path, seconds, await _still(path, limits))


async def _has_sound(path: Path) -> bool:
    bounds = bounded.Bounds(seconds=_PROBE_SECONDS, memory=FilmLimits().memory)
    said = await _run(bounds, path, "mov", "-map", "0:a:0?", "-map", "0:V:0", "-c", "copy", "-frames", "1", "-f",
                      "framecrc", "pipe:1")  # fmt: skip
    return "audio" in _STREAM.findall(said.decode(errors="replace"))


async def _still(path: Path, limits: FilmLimits) -> bytes:
    """Return the picture that stands for a film, one of its first that is not like the others: few begin black."""
    bounds = bounded.Bounds(seconds=60.0, memory=limits.memory)
    return await _run(
        bounds, path, "mov", "-map", "0:V:0", "-vf", f"thumbnail={_STILLS}", "-frames:v", "1", "-c:v", "png", "-f",
        "image2pipe", "pipe:1",
    )  # fmt: skip


async def _run(
    bounds: bounded.Bounds, source: Path, demuxer: str, *arguments: str, seconds: float | None = None
) -> bytes:
    """Run ffmpeg on a file; return what it writes to its standard output."""
    ffmpeg = program()
    if ffmpeg is None:
        raise Invalid("Films and sounds cannot be taken here: the program ffmpeg is missing. Ask the administrators.")
    quiet = ("-nostdin", "-hide_banner", "-loglevel", "error", "-y")
    reads = ("-protocol_whitelist", "file", "-threads", "2", "-f", demuxer, "-i", f"file:{source}")
    process = await asyncio.create_subprocess_exec(
        *bounded.command(bounds, ffmpeg, *quiet, *reads, *arguments),
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        env=bounded.environment(),
    )
    try:
        async with asyncio.timeout(seconds or bounds.seconds):
            answer, complaint = await process.communicate()
    except TimeoutError:
        raise _costly() from None
    finally:
        if process.returncode is None:
            with suppress(ProcessLookupError):
                process.kill()
            await process.wait()
    if process.returncode == 0:
        return answer
    said = complaint.decode(errors="replace").strip().rpartition("\n")[2]
    log.info("ffmpeg ended with %s: %s", process.returncode, said)
    match process.returncode:
        case code if code == -signal.SIGXFSZ:
            raise Invalid("This film is too long. Make it shorter, then try again.")
        case code if code in (-signal.SIGKILL, -signal.SIGXCPU) or "Cannot allocate memory" in said:
            raise _costly()
        case _:
            raise _unreadable()


def _costly() -> Invalid:
    return Invalid("This film takes too much work to read. Make it shorter or smaller, then try again.")


def _unreadable() -> Invalid:
    return Invalid("This film or sound cannot be read, it may be damaged. Save it anew as MP4 or MP3, then try again.")


async def missing() -> str:
    """Return what keeps this machine from taking films and sounds, for its operator; '' when nothing does."""
    ffmpeg = program()
    if ffmpeg is None:
        return "ffmpeg is not installed: films and sounds are refused. Debian has it in the package ffmpeg"
    process = await asyncio.create_subprocess_exec(
        ffmpeg, "-hide_banner", "-encoders", stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.DEVNULL
    )
    answer, _ = await process.communicate()
    known = {line.split()[1] for line in answer.decode(errors="replace").splitlines() if len(line.split()) > 1}
    lacking = [name for name in _NEEDED if name not in known]
    return f"{ffmpeg} lacks {' and '.join(lacking)}: films and sounds are refused" if lacking else ""
