"""Makes a safe picture of whatever bytes somebody uploaded or a peer served (threats M02, M03, M04).

`render` reads a picture of a kind that we know by its first bytes, and writes a new one that has nothing but its
pixels: upright, in sRGB, not longer than the limits say. `render_aside` does so in a process of its own, with bounds on
time and memory, so that a decoder that hangs, grows or crashes costs one picture and nothing else.

What comes out is judged by the pixels, never by what came in. What moves becomes WebP. At most 256 colours (drawings,
logos, plain screenshots) become PNG, which keeps them exact and opens in every office program; a grey photograph has
few colours too, but is smaller as JPEG. Other pictures one can see through become WebP, far smaller than PNG; all
others become JPEG.

Pillow is imported when the first picture is made, in the child only: a node starts fast and idles small.
"""

import asyncio
import logging
import signal
import sys
from contextlib import nullcontext, suppress
from dataclasses import dataclass
from io import BytesIO
from math import sqrt
from pathlib import Path
from typing import TYPE_CHECKING, Literal
from weakref import WeakKeyDictionary

import msgspec

from node.adapters import bounded
from node.errors import Invalid

if TYPE_CHECKING:
    from PIL import Image

log = logging.getLogger("allmende.images")

Reason = Literal["unknown", "heic", "pixels", "frames", "costly", "unreadable"]
"""Why a picture is refused; `_refusal` has the words."""

_FORMATS = {  # media type → the name Pillow has for it; nothing else is ever decoded
    "image/jpeg": "JPEG",
    "image/png": "PNG",
    "image/webp": "WEBP",
    "image/gif": "GIF",
    "image/avif": "AVIF",
    "image/heic": "HEIF",
}
_AVIF_BRANDS = frozenset({b"avif", b"avis"})
_HEIC_BRANDS = frozenset({b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"hevm", b"hevs"})
_LONGEST_BRANDS = 256  # bytes of the box that names them

# Of an EXIF orientation, what turns the picture upright (names of PIL.Image.Transpose).
_TURNS = {
    2: "FLIP_LEFT_RIGHT",
    3: "ROTATE_180",
    4: "FLIP_TOP_BOTTOM",
    5: "TRANSPOSE",
    6: "ROTATE_270",
    7: "TRANSVERSE",
    8: "ROTATE_90",
}
_ORIENTATION = 0x0112  # its EXIF tag
_FEW_COLOURS = 256
_BLURHASH_SIDE = 32  # pixels; more make no difference to 4 x 4 waves
_BLURHASH_WAVES = 4  # in each direction, as Mastodon has it
_SHORTEST_FRAME = 20  # milliseconds; below, browsers show a frame for 100
_LONGEST_FRAME = 60_000  # milliseconds

_AT_ONCE = 2
_WORKER = (sys.executable, "-P", "-m", "node.adapters.images")
_turns: WeakKeyDictionary[asyncio.AbstractEventLoop, asyncio.Semaphore] = WeakKeyDictionary()


@dataclass(frozen=True, slots=True)
class ImageLimits:
    """What a picture may cost, and how much of it is kept. Sides and pixels are pixels, memory is bytes.

    crop: the width and height to which its middle is cut out; then it is not larger than that, and does not move.
    """

    pixels: int = 7_680 * 4_320  # 33 megapixels, as Mastodon has it
    frames: int = 200
    animation_pixels: int = 160_000_000  # of all frames together, as they come
    kept_animation_pixels: int = 64_000_000  # of all frames together, as they are kept: they shrink to that
    longest_side: int = 3_840
    preview_side: int = 640
    seconds: float = 10.0
    memory: int = 1024 * 1024 * 1024
    crop: tuple[int, int] | None = None


@dataclass(frozen=True, slots=True)
class Rendition:
    """A picture that is safe to show. The preview has the same media type and never moves."""

    media_type: str
    data: bytes
    width: int
    height: int
    preview: bytes
    blurhash: str
    animated: bool


class _Refused(Exception):
    def __init__(self, reason: Reason) -> None:
        self.reason: Reason = reason
        super().__init__(reason)


def sniff(data: bytes) -> str | None:
    """Return the media type of a picture by its first bytes alone, or None: SVG, HTML, XML and PDF are no pictures."""
    if data.startswith(b"\xff\xd8\xff"):
        return "image/jpeg"
    if data.startswith(b"\x89PNG\r\n\x1a\n"):
        return "image/png"
    if data.startswith((b"GIF87a", b"GIF89a")):
        return "image/gif"
    if data.startswith(b"RIFF") and data[8:12] == b"WEBP":
        return "image/webp"
    if data[4:8] == b"ftyp":
        end = min(int.from_bytes(data[:4], "big"), _LONGEST_BRANDS)
        brands = {data[8:12], *(data[at : at + 4] for at in range(16, end, 4))}
        if brands & _AVIF_BRANDS:
            return "image/avif"
        if brands & _HEIC_BRANDS:
            return "image/heic"
    return None


def render(data: bytes, *, limits: ImageLimits) -> Rendition:
    """Return a new picture of the pixels in `data`, the same for the same input.

    It blocks for as long as that takes, and sets Pillow's bound on pixels for the whole process.

    Raises:
        Invalid: it is no picture, too large, too long or damaged; the message tells a person what to do.
    """
    try:
        return _rendered(data, limits)
    except _Refused as refused:
        raise _refusal(refused.reason, limits) from refused


async def render_aside(source: bytes | Path, *, limits: ImageLimits) -> Rendition:
    """Do what `render` does in a process of its own, at most two at once. A file is read there, never here.

    Raises:
        Invalid: as `render` does, and if it takes more time or memory than the limits allow, or crashes.
    """
    async with _turns.setdefault(asyncio.get_running_loop(), asyncio.Semaphore(_AT_ONCE)):
        answer = await _ask_worker(source, limits)
    if isinstance(answer, Rendition):
        return answer
    raise _refusal(answer, limits)


def _refusal(reason: Reason, limits: ImageLimits) -> Invalid:
    match reason:
        case "unknown":
            return Invalid("This is not a picture of a kind we can show. Use JPEG, PNG, WebP, AVIF or GIF.")
        case "heic":
            return Invalid("HEIC pictures cannot be read here. Save it as JPEG, then try again.")
        case "pixels":
            return Invalid(
                "This picture is too large. Use one of at most %(megapixels)d megapixels.",
                megapixels=limits.pixels // 1_000_000,
            )
        case "frames":
            return Invalid(
                "This animation is too long. Use a smaller one of at most %(frames)d frames.", frames=limits.frames
            )
        case "costly":
            return Invalid("This picture takes too much work to read. Make it smaller, then try again.")
        case "unreadable":
            return Invalid(
                "This picture cannot be read, it may be damaged. Save it anew as JPEG or PNG, then try again."
            )


def _rendered(data: bytes, limits: ImageLimits) -> Rendition:
    try:
        image = _opened(data, limits)
        frames = 1 if limits.crop else _frame_count(image, limits)
        return _animation(image, frames, limits) if frames > 1 else _still(image, limits)
    except _Refused:
        raise
    except MemoryError as error:
        raise _Refused("costly") from error
    except Exception as error:  # decoders of six formats raise whatever occurs to them
        from PIL import Image

        bomb = isinstance(error, Image.DecompressionBombError | Image.DecompressionBombWarning)
        raise _Refused("pixels" if bomb else "unreadable") from error


def _opened(data: bytes, limits: ImageLimits) -> "Image.Image":
    """Read the header of a picture; no pixel is decoded yet."""
    media_type = sniff(data)
    if media_type is None:
        raise _Refused("unknown")
    from PIL import AvifImagePlugin, Image, WebPImagePlugin  # noqa: F401 known before they are asked for

    if media_type == "image/heic":
        _learn_heic()
    # Each thread has a stack and a heap of its own, which would count as memory; and results stay the same.
    AvifImagePlugin.DEFAULT_MAX_THREADS = 1
    # Decoders that take memory as they open ask this first; at twice the bound it is an error.
    Image.MAX_IMAGE_PIXELS = limits.pixels
    image = Image.open(BytesIO(data), formats=[_FORMATS[media_type]])
    if image.width * image.height > limits.pixels:
        raise _Refused("pixels")
    return image


def _learn_heic() -> None:
    try:
        import pillow_heif
    except ImportError as error:  # an operator's choice: its decoders have had more holes than all the others
        raise _Refused("heic") from error
    pillow_heif.register_heif_opener(thumbnails=False, depth_images=False, aux_images=False, decode_threads=1)


def _frame_count(image: "Image.Image", limits: ImageLimits) -> int:
    if image.format not in ("GIF", "WEBP", "PNG", "AVIF"):
        return 1  # the other pictures in a JPEG or HEIC are maps of depth or light, or others of a burst
    frames = getattr(image, "n_frames", 1)
    if frames > limits.frames or (frames > 1 and image.width * image.height * frames > limits.animation_pixels):
        raise _Refused("frames")
    return int(frames)


def _still(image: "Image.Image", limits: ImageLimits) -> Rendition:
    picture = _normalised(image, limits.longest_side)
    if limits.crop:
        picture = _cropped(picture, limits.crop)
    encoded = {name: _encoded(picture, name) for name in _suitable(picture)}
    name = min(encoded, key=lambda name: len(encoded[name]))
    return _rendition(name, encoded[name], picture, limits, animated=False)


def _cropped(picture: "Image.Image", size: tuple[int, int]) -> "Image.Image":
    """Return the middle of a picture in the shape of `size`, and no larger."""
    from PIL import ImageOps

    width, height = size
    scale = min(1.0, picture.width / width, picture.height / height)
    return ImageOps.fit(picture, (max(1, round(width * scale)), max(1, round(height * scale))))


def _suitable(picture: "Image.Image") -> tuple[str, ...]:
    """Return the formats of which the smallest file is to be taken."""
    few_colours = picture.getcolors(_FEW_COLOURS) is not None
    if picture.mode == "RGBA":
        return ("PNG",) if few_colours else ("WEBP",)
    return ("PNG", "JPEG") if few_colours else ("JPEG",)


def _animation(image: "Image.Image", frames: int, limits: ImageLimits) -> Rendition:
    shrink = sqrt(limits.kept_animation_pixels / (image.width * image.height * frames))
    side = min(limits.longest_side, max(1, int(max(image.size) * shrink)))
    pictures, durations = [], []
    for number in range(frames):
        image.seek(number)
        pictures.append(_normalised(image.copy(), side))
        shown = round(image.info.get("duration", 0))
        durations.append(min(shown, _LONGEST_FRAME) if shown >= _SHORTEST_FRAME else 100)
    file = BytesIO()
    # Whatever it came as, it goes on forever: people see by the preview what it is, and choose whether it moves.
    pictures[0].save(file, "WEBP", save_all=True, append_images=pictures[1:], duration=durations, loop=0, quality=75)
    data = file.getvalue()
    return _rendition("WEBP", data, pictures[0], limits, animated=data[30:34] == b"ANIM")  # not if all are alike


def _rendition(name: str, data: bytes, picture: "Image.Image", limits: ImageLimits, *, animated: bool) -> Rendition:
    preview = picture.copy()
    preview.thumbnail((limits.preview_side, limits.preview_side))
    return Rendition(
        media_type=f"image/{name.lower()}",
        data=data,
        width=picture.width,
        height=picture.height,
        preview=_encoded(preview, name),
        blurhash=_blurhash(preview),
        animated=animated,
    )


def _normalised(image: "Image.Image", side: int) -> "Image.Image":
    """Return a picture in RGB, or in RGBA if one can see through it, that has nothing but pixels. Changes `image`."""
    from PIL import Image

    if image.mode.startswith("I;16"):
        image = image.point(lambda grey: grey * (1 / 257)).convert("L")  # which alone would cut it off at 255
        image.info.pop("transparency", None)  # of 16 bits, too
    mode = "RGBA" if image.has_transparency_data else "RGB"
    turn = _TURNS.get(_orientation(image))
    profile = image.info.get("icc_profile")
    if image.mode not in ("RGB", "RGBA", "L", "CMYK") or "transparency" in image.info:
        image = image.convert(mode)  # a palette cannot be shrunk well
    image.thumbnail((side, side))
    if profile:
        image = _in_srgb(image, profile, mode)
    image = image.convert(mode)
    image.info.clear()  # some of it is written with the pixels
    if turn:
        image = image.transpose(Image.Transpose[turn])
    if mode == "RGBA":
        if image.getchannel("A").getextrema()[0] == 255:
            return image.convert("RGB")
        # What nobody can see may be what somebody cut out: where nothing is seen, there are no colours either.
        return Image.alpha_composite(Image.new("RGBA", image.size), image)
    return image


def _orientation(image: "Image.Image") -> int:
    try:
        return int(image.getexif().get(_ORIENTATION, 1))
    except Exception:
        return 1  # broken metadata says nothing, and a picture does without


def _in_srgb(image: "Image.Image", profile: bytes, mode: str) -> "Image.Image":
    from PIL import ImageCms

    try:
        source = ImageCms.ImageCmsProfile(BytesIO(profile))
        target = ImageCms.createProfile("sRGB")
        return ImageCms.profileToProfile(image, source, target, outputMode=mode) or image
    except (ImageCms.PyCMSError, OSError, ValueError):
        return image  # a profile that is broken, or for other pictures than this one


def _encoded(picture: "Image.Image", name: str) -> bytes:
    file = BytesIO()
    match name:
        case "JPEG":
            picture.save(file, "JPEG", quality=85, subsampling=0)  # every colour kept: coloured letters stay sharp
        case "PNG":
            picture.save(file, "PNG")
        case _:
            picture.save(file, "WEBP", quality=85, method=2)
    return file.getvalue()


def _blurhash(picture: "Image.Image") -> str:
    """Return the blurred colours of a picture as text (https://blurha.sh), on white if one can see through it."""
    import blurhash  # type: ignore[import-untyped, unused-ignore]
    from PIL import Image

    small = picture.copy()
    small.thumbnail((_BLURHASH_SIDE, _BLURHASH_SIDE))
    if small.mode == "RGBA":
        small = Image.alpha_composite(Image.new("RGBA", small.size, "white"), small).convert("RGB")
    row = small.width * 3
    pixels = small.tobytes()
    rows = [[pixels[at : at + 3] for at in range(start, start + row, 3)] for start in range(0, len(pixels), row)]
    return str(blurhash.encode(rows, _BLURHASH_WAVES, _BLURHASH_WAVES))


# The process aside: a picture on its standard input, a Rendition or a Reason on its standard output.


async def _ask_worker(source: bytes | Path, limits: ImageLimits) -> Rendition | Reason:
    data = source if isinstance(source, bytes) else None
    with nullcontext(asyncio.subprocess.PIPE) if isinstance(source, bytes) else source.open("rb") as given:
        process = await asyncio.create_subprocess_exec(
            *_WORKER,
            msgspec.json.encode(limits).decode(),
            stdin=given,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            env=bounded.environment(),
        )
    try:
        async with asyncio.timeout(limits.seconds):
            answer, complaint = await process.communicate(data)
    except TimeoutError:
        return "costly"
    finally:
        if process.returncode is None:
            with suppress(ProcessLookupError):
                process.kill()
            await process.wait()
    try:
        return msgspec.msgpack.decode(answer, type=Rendition | Reason)
    except msgspec.DecodeError:
        said = complaint.decode(errors="replace").strip().rpartition("\n")[2]
        log.warning("a picture ended the process that read it: %s %s", process.returncode, said)
        return "costly" if process.returncode in (-signal.SIGKILL, -signal.SIGXCPU) else "unreadable"


def _work() -> None:
    limits = msgspec.json.decode(sys.argv[1], type=ImageLimits)
    bounded.limit(bounded.Bounds(seconds=limits.seconds, memory=limits.memory))
    answer: Rendition | Reason
    try:
        answer = _rendered(sys.stdin.buffer.read(), limits)
    except _Refused as refused:
        answer = refused.reason
    sys.stdout.buffer.write(msgspec.msgpack.encode(answer))


if __name__ == "__main__":
    _work()
