"""Pictures from strangers: what they hide does not come out, what they cost is bounded, and what is seen stays."""

import asyncio
import io
import logging
import os
import struct
import sys
import time
import zipfile
import zlib
from ast import literal_eval
from dataclasses import replace
from functools import cache

import pytest
import uvloop
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageCms, PngImagePlugin

from node.adapters import images
from node.adapters.images import ImageLimits, render, render_aside, sniff
from node.errors import Invalid

LIMITS = ImageLimits()
MARKER = b"PLANTED-7f3a9c"
SCRIPT = b"<script>alert('" + MARKER + b"')</script>"
KINDS = ("JPEG", "PNG", "GIF", "WEBP", "AVIF")


def encoded(picture, kind, **how):
    file = io.BytesIO()
    picture.save(file, kind, **how)
    return file.getvalue()


def opened(data):
    picture = Image.open(io.BytesIO(data))
    picture.load()
    return picture


def gradient(width=96, height=64):
    """A picture with many colours: dark at the top left, bright at the bottom right."""
    down = Image.linear_gradient("L").resize((width, height))
    across = Image.linear_gradient("L").rotate(90).resize((width, height))
    return Image.merge("RGB", (down, across, Image.blend(down, across, 0.5)))


def see_through():
    picture = gradient().convert("RGBA")
    picture.putalpha(Image.linear_gradient("L").resize(picture.size))
    return picture


def moving(kind, frames=5, size=(60, 40), **how):
    pictures = [Image.new("RGB", size, (40 * number % 256, 90, number)) for number in range(frames)]
    return encoded(pictures[0], kind, save_all=True, append_images=pictures[1:], duration=70, **how)


def tiny_gif(frames, size=(1, 1), hundredths=5):
    """A GIF with a screen of one pixel, black and white in turn, made by hand to say whatever we like."""
    head = b"GIF89a" + struct.pack("<HH", 1, 1) + b"\x80\0\0" + b"\0\0\0\xff\xff\xff"
    frame = b"!\xf9\x04\0" + struct.pack("<H", hundredths) + b"\0\0,"
    frame += struct.pack("<HHHH", 0, 0, *size) + b"\0\x02\x02%c\x01\0"
    return head + b"".join(frame % b"DL"[number % 2] for number in range(frames)) + b";"


def chunk(name, content):
    return struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content))


def png_header(width, height):
    """What says how large a PNG is, and none of its pixels."""
    head = b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0))
    return head + chunk(b"IDAT", zlib.compress(b"")) + chunk(b"IEND", b"")


def resized_webp(width, height):
    """A WebP that moves a little in the corner of a large canvas."""
    data = moving("WEBP")
    return data[:24] + (width - 1).to_bytes(3, "little") + (height - 1).to_bytes(3, "little") + data[30:]


def resized_header(data, width, height):
    """An AVIF or HEIC that says it is larger than it is."""
    at = data.index(b"ispe") + 8
    return data[:at] + struct.pack(">II", width, height) + data[at + 8 :]


def heic(**how):
    pillow_heif = pytest.importorskip("pillow_heif")
    file = io.BytesIO()
    pillow_heif.from_pillow(gradient()).save(file, **how)
    return file.getvalue()


def gps():
    exif = Image.Exif()
    exif[0x013B] = MARKER.decode()  # artist
    exif.get_ifd(0x8825).update({1: "N", 2: (52.0, 31.0, 7.0), 3: "E", 4: (13.0, 24.0, 37.0), 27: MARKER})
    return exif


def xmp():
    return b"<x:xmpmeta xmlns:x='adobe:ns:meta/'>" + MARKER + b"</x:xmpmeta>"


def profile():
    return ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()


def refusal(data, limits=LIMITS):
    with pytest.raises(Invalid) as caught:
        render(data, limits=limits)
    return caught.value


def assert_nothing_is_planted(rendition):
    for made in (rendition.data, rendition.preview):
        assert MARKER not in made
        assert b"<script" not in made
        assert b"PK\x03\x04" not in made
        picture = opened(made)
        assert dict(picture.getexif()) == {}
        assert not {"exif", "xmp", "icc_profile", "comment", "photoshop"} & set(picture.info)


# What it is.


@pytest.mark.parametrize("kind", KINDS)
def test_M02_the_first_bytes_say_what_it_is(kind):
    assert sniff(encoded(gradient(), kind)) == f"image/{kind.lower()}"


def test_M02_heic_is_known_by_its_brands():
    assert sniff(heic()) == "image/heic"
    assert sniff(b"\0\0\0\x1cftypmif1\0\0\0\0mif1heicmiaf") == "image/heic"
    assert sniff(b"\0\0\0\x1cftypmif1\0\0\0\0mif1avifmiaf") == "image/avif"
    assert sniff(b"\0\0\0\x18ftypmp42\0\0\0\0mp42isom") is None


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>",
        b"<?xml version='1.0'?><svg/>",
        b"<!doctype html><img src=x onerror=alert(1)>",
        b"%PDF-1.7\n/JS (app.alert(1))",
        b"#EXTM3U\nfile:///etc/passwd",
        b"BM" + bytes(60),
        b"II*\0" + bytes(60),
        b"%!PS-Adobe-3.0 EPSF-3.0\n",
        b"RIFF\x24\0\0\0WAVEfmt ",
    ],
)
def test_M02_documents_films_and_other_kinds_are_no_pictures(data):
    assert sniff(data) is None
    assert "Use JPEG, PNG" in refusal(data).message


# What comes out.


def test_a_photograph_becomes_jpeg_in_its_size_with_a_preview():
    made = render(encoded(gradient(1200, 800), "PNG"), limits=LIMITS)
    assert (made.media_type, made.width, made.height, made.animated) == ("image/jpeg", 1200, 800, False)
    assert opened(made.data).size == (1200, 800)
    assert (opened(made.preview).format, opened(made.preview).size) == ("JPEG", (640, 427))


def test_the_longest_side_is_bounded():
    limits = replace(LIMITS, longest_side=100, preview_side=50)
    for size, kept in (
        ((200, 100), (100, 50)),
        ((100, 200), (50, 100)),
        ((100, 100), (100, 100)),
        ((900, 1), (100, 1)),
    ):
        made = render(encoded(gradient(*size), "WEBP"), limits=limits)
        assert (made.width, made.height) == opened(made.data).size == kept
        assert max(opened(made.preview).size) == 50


def test_few_colours_stay_exact_as_png():
    picture = Image.new("RGB", (80, 60), "#0a4b8c")
    picture.paste("#f4c20d", (10, 10, 40, 40))
    made = render(encoded(picture, "GIF"), limits=LIMITS)
    assert made.media_type == "image/png"
    assert opened(made.data).convert("RGB").tobytes() == picture.tobytes()


def test_a_grey_photograph_is_no_drawing():
    noise = Image.effect_noise((200, 200), 60)
    assert render(encoded(noise, "JPEG"), limits=LIMITS).media_type == "image/jpeg"


def test_what_one_can_see_through_stays_so():
    made = render(encoded(see_through(), "PNG"), limits=LIMITS)
    assert made.media_type == "image/webp"
    assert opened(made.preview).format == "WEBP"
    alpha = opened(made.data).getchannel("A")
    assert (alpha.getpixel((5, 1)), alpha.getpixel((5, 62))) == (pytest.approx(5, abs=4), pytest.approx(250, abs=4))
    opaque = gradient().convert("RGBA")
    assert render(encoded(opaque, "PNG"), limits=LIMITS).media_type == "image/jpeg"
    stamp = Image.new("RGBA", (60, 40))
    stamp.paste((200, 0, 0, 255), (10, 10, 30, 30))
    made = render(encoded(stamp, "PNG"), limits=LIMITS)
    assert made.media_type == "image/png"
    assert opened(made.data).tobytes() == stamp.tobytes()


def test_one_colour_that_one_can_see_through_stays_so_when_it_shrinks():
    stripes = Image.new("RGB", (40, 40), "blue")
    for column in range(0, 40, 2):
        stripes.paste("red", (column, 0, column + 1, 40))
    data = encoded(stripes, "PNG", transparency=(255, 0, 0))
    made = opened(render(data, limits=replace(LIMITS, longest_side=20)).data)
    assert made.getpixel((10, 10)) == pytest.approx((0, 0, 255, 128), abs=20)


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_shows_what_it_showed(kind):
    picture = opened(render(encoded(gradient(), kind), limits=LIMITS).data).convert("RGB")
    assert picture.size == (96, 64)
    for corner in ((3, 3), (92, 3), (3, 60), (92, 60)):
        assert picture.getpixel(corner) == pytest.approx(gradient().getpixel(corner), abs=24)


def test_a_picture_from_a_telephone_is_read_where_the_operator_wants_it(monkeypatch):
    data = heic()
    made = render(data, limits=LIMITS)
    assert (made.media_type, made.width, made.height) == ("image/jpeg", 96, 64)
    monkeypatch.setitem(sys.modules, "pillow_heif", None)
    assert "Save it as JPEG" in refusal(data).message


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "CMYK", "I;16"])
def test_every_mode_of_colour_keeps_its_light(mode):
    grey = Image.linear_gradient("L")
    if mode == "I;16":
        picture = Image.frombytes(
            "I;16", grey.size, b"".join(struct.pack("<H", value * 257) for value in grey.tobytes())
        )
    else:
        picture = grey.convert("RGB" if mode in ("P", "CMYK") else "L").convert(mode)
    made = opened(render(encoded(picture, "JPEG" if mode == "CMYK" else "PNG"), limits=LIMITS).data).convert("L")
    band = made.crop((0, 120, 256, 136)).resize((1, 1), Image.Resampling.BOX).getpixel((0, 0))
    assert (made.getpixel((9, 0)), band, made.getpixel((9, 255))) == (
        pytest.approx(0, abs=6),
        pytest.approx(128, abs=12),
        pytest.approx(255, abs=6),
    )


@pytest.mark.parametrize("kind", ["GIF", "WEBP", "PNG", "AVIF"])
def test_what_moves_goes_on_moving(kind):
    made = render(moving(kind), limits=LIMITS)
    assert (made.media_type, made.width, made.height, made.animated) == ("image/webp", 60, 40, True)
    picture = opened(made.data)
    assert picture.n_frames == 5
    for number in range(5):
        picture.seek(number)
        picture.load()
        assert picture.convert("RGB").getpixel((30, 20)) == pytest.approx((40 * number, 90, number), abs=12)
        assert picture.info["duration"] == 70
    assert (opened(made.preview).format, opened(made.preview).n_frames) == ("WEBP", 1)


def test_frames_too_short_to_be_seen_last_as_long_as_in_a_browser():
    picture = Image.open(io.BytesIO(render(tiny_gif(2, hundredths=0), limits=LIMITS).data))
    picture.load()
    assert picture.info["duration"] == 100


def test_frames_that_are_all_alike_move_nothing():
    assert render(tiny_gif(3), limits=LIMITS).animated
    made = render(tiny_gif(3).replace(b"\x02\x02L", b"\x02\x02D"), limits=LIMITS)
    assert (made.animated, getattr(opened(made.data), "n_frames", 1)) == (False, 1)


def test_a_long_animation_shrinks():
    made = render(moving("GIF"), limits=replace(LIMITS, kept_animation_pixels=60 * 40 * 5 // 4))
    assert (made.width, made.height, opened(made.data).n_frames) == (30, 20, 5)


def test_the_same_bytes_make_the_same_picture():
    for data in (
        encoded(gradient(), "JPEG"),
        encoded(see_through(), "PNG"),
        moving("GIF"),
        encoded(gradient(), "AVIF"),
    ):
        assert render(data, limits=LIMITS) == render(data, limits=LIMITS)


def test_the_blurhash_is_the_published_one():
    # Vectors of the Ruby and Crystal encoders (Gargron/blurhash); Mastodon takes four waves in each direction, too.
    white = render(encoded(Image.new("RGB", (1, 1), "white"), "PNG"), limits=LIMITS)
    assert white.blurhash == "U~TSUA" + "~q" * 15
    black = render(encoded(Image.new("RGB", (90, 60)), "PNG"), limits=LIMITS)
    assert black.blurhash == "U00000" + "fQ" * 15
    clear = render(encoded(Image.new("RGBA", (1, 1)), "PNG"), limits=LIMITS)
    assert clear.blurhash == white.blurhash


# M02: what is hidden.


def test_M02_a_gif_that_is_javascript_too():
    data = bytearray(encoded(Image.new("P", (0x2F, 9)), "GIF") + b"*/=1;" + SCRIPT)
    assert_nothing_is_planted(render(bytes(data), limits=LIMITS))
    told = encoded(Image.new("P", (9, 9)), "GIF", comment=SCRIPT)
    assert MARKER in told
    assert_nothing_is_planted(render(told, limits=LIMITS))


def test_M02_a_png_that_is_html_too():
    words = PngImagePlugin.PngInfo()
    words.add_text("Comment", SCRIPT.decode())
    words.add_text("Zipped", SCRIPT.decode() * 50, zip=True)
    words.add_itxt("XML:com.adobe.xmp", xmp().decode())
    for picture in (gradient(), see_through(), Image.new("1", (9, 9))):
        data = encoded(picture, "PNG", pnginfo=words, exif=gps()) + b"<!doctype html>" + SCRIPT
        assert_nothing_is_planted(render(data, limits=LIMITS))


def test_M02_a_jpeg_that_is_an_archive_too():
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as file:
        file.writestr("run.js", SCRIPT)
    data = encoded(gradient(), "JPEG", comment=SCRIPT) + archive.getvalue()
    assert zipfile.is_zipfile(io.BytesIO(data))
    made = render(data, limits=LIMITS)
    assert_nothing_is_planted(made)
    assert not zipfile.is_zipfile(io.BytesIO(made.data))


@pytest.mark.parametrize("kind", KINDS)
def test_M02_what_follows_a_picture_is_gone(kind):
    data = encoded(gradient(), kind) + b"\n%PDF-1.7 /JS (" + SCRIPT + b")"
    assert_nothing_is_planted(render(data, limits=LIMITS))


def test_M02_colours_that_nobody_can_see_are_gone():
    secret = Image.new("RGBA", (40, 40), (0, 0, 0, 255))
    secret.paste((123, 45, 67, 0), (10, 10, 30, 30))
    made = opened(render(encoded(secret, "PNG"), limits=LIMITS).data)
    assert made.getpixel((20, 20)) == (0, 0, 0, 0)


# M03: what it costs.


def test_M03_a_picture_of_the_most_pixels_passes_and_one_more_does_not():
    limits = replace(LIMITS, pixels=60 * 40)
    render(encoded(Image.new("RGB", (60, 40)), "PNG"), limits=limits)
    assert "too large" in refusal(encoded(Image.new("RGB", (61, 40)), "PNG"), limits).message


@pytest.mark.parametrize("size", [(50_000, 50_000), (7_680, 4_321), (2**31 - 1, 1)])
def test_M03_a_header_that_promises_too_much_is_never_decoded(size):
    before = time.perf_counter()
    error = refusal(png_header(*size))
    assert error.phrase == "This picture is too large. Use one of at most %(megapixels)d megapixels."
    assert error.places == {"megapixels": 33}
    assert time.perf_counter() - before < 1


def test_M03_every_kind_is_measured_by_its_header():
    jpeg = encoded(Image.new("L", (8, 8)), "JPEG")
    at = jpeg.index(b"\xff\xc0") + 5
    gif = encoded(Image.new("P", (8, 8)), "GIF")
    for data in (
        jpeg[:at] + struct.pack(">HH", 60_000, 60_000) + jpeg[at + 4 :],
        gif[:6] + struct.pack("<HH", 60_000, 60_000) + gif[10:],
        resized_webp(16_384, 16_384),
        resized_webp(7_680, 4_321),
    ):
        assert "too large" in refusal(data).message
    refusal(resized_header(encoded(gradient(), "AVIF"), 60_000, 60_000))


def test_M03_a_heic_is_measured_by_its_header():
    refusal(resized_header(heic(), 60_000, 60_000))
    assert "too large" in refusal(heic(), replace(LIMITS, pixels=96 * 64 - 1)).message


def test_M03_a_frame_larger_than_its_picture_is_measured_too():
    limits = replace(LIMITS, pixels=1_000)
    assert "too large" in refusal(tiny_gif(2, size=(100, 100)), limits).message


def test_M03_the_most_frames_pass_and_one_more_does_not():
    assert render(tiny_gif(200), limits=LIMITS).animated
    error = refusal(tiny_gif(201))
    assert (error.places, "too long" in error.message) == ({"frames": 200}, True)
    refusal(tiny_gif(10_000))
    limits = replace(LIMITS, frames=4)
    for kind in ("GIF", "WEBP", "PNG", "AVIF"):
        assert "too long" in refusal(moving(kind), limits).message


def test_M03_all_frames_together_are_bounded():
    limits = replace(LIMITS, animation_pixels=60 * 40 * 5)
    render(moving("GIF"), limits=limits)
    assert "too long" in refusal(moving("GIF", frames=6), limits).message


def test_M03_words_that_unpack_to_very_much_are_refused_or_dropped():
    bomb = chunk(b"zTXt", b"Comment\0\0" + zlib.compress(bytes(64 * 1024 * 1024)))
    plain = encoded(gradient(), "PNG")
    refusal(plain[:33] + bomb + plain[33:])


@pytest.mark.parametrize("kind", KINDS)
def test_M03_half_a_picture_is_damaged(kind):
    data = encoded(gradient(), kind)
    for length in (12, 40, len(data) // 2, len(data) * 3 // 4):
        assert "may be damaged" in refusal(data[:length]).message


@settings(max_examples=100, deadline=None)
@given(
    st.sampled_from(
        [
            b"",
            b"\xff\xd8\xff",
            b"\x89PNG\r\n\x1a\n",
            b"GIF89a",
            b"RIFF\x20\0\0\0WEBPVP8X",
            b"\0\0\0\x1cftypavif\0\0\0\0mif1avif",
            b"\0\0\0\x1cftypheic\0\0\0\0mif1heic",
        ]
    ),
    st.binary(max_size=400),
)
def test_M03_random_bytes_are_refused_politely(magic, data):
    refusal(magic + data)


@cache
def samples():
    return [encoded(gradient(24, 16), kind) for kind in KINDS] + [moving(kind, size=(8, 8)) for kind in KINDS[1:]]


@settings(max_examples=150, deadline=None)
@given(st.integers(0, 8), st.lists(st.tuples(st.floats(0, 1, exclude_max=True), st.integers(0, 255)), max_size=6))
def test_M03_damaged_pictures_are_refused_politely_or_shown(which, changes):
    data = bytearray(samples()[which])
    for place, value in changes:
        data[int(place * len(data))] = value
    try:
        made = render(bytes(data), limits=replace(LIMITS, pixels=1_000_000))
    except Invalid:
        return
    assert sniff(made.data) == made.media_type


# M04: what it tells.


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "AVIF"])
def test_M04_places_and_names_are_gone(kind):
    data = encoded(gradient(), kind, exif=gps(), xmp=xmp(), icc_profile=profile())
    assert MARKER in data
    assert opened(data).getexif().get_ifd(0x8825)[2] == (52.0, 31.0, 7.0)
    assert_nothing_is_planted(render(data, limits=LIMITS))


def test_M04_places_and_names_in_what_moves_are_gone():
    data = moving("WEBP", exif=gps(), xmp=xmp(), icc_profile=profile())
    assert MARKER in data
    assert_nothing_is_planted(render(data, limits=LIMITS))
    assert_nothing_is_planted(render(moving("GIF", comment=SCRIPT), limits=LIMITS))


def test_M04_places_and_names_from_a_telephone_are_gone():
    data = heic(exif=gps().tobytes(), xmp=xmp())
    assert data.count(MARKER) >= 2
    assert_nothing_is_planted(render(data, limits=LIMITS))


@pytest.mark.parametrize("turn", range(1, 9))
def test_M04_a_picture_stands_upright_without_being_told(turn):
    upright = Image.new("RGB", (60, 40), "white")
    upright.paste("red", (0, 0, 30, 20))
    upright.paste("blue", (30, 20, 60, 40))
    # How a camera that is held so would store it: the inverse of what the orientation asks for.
    inverse = {6: "ROTATE_90", 8: "ROTATE_270"}.get(turn, images._TURNS.get(turn))
    stored = upright.transpose(Image.Transpose[inverse]) if inverse else upright
    exif = Image.Exif()
    exif[0x0112] = turn
    for kind in ("JPEG", "PNG", "WEBP"):
        made = render(encoded(stored, kind, exif=exif), limits=LIMITS)
        picture = opened(made.data).convert("RGB")
        assert (made.width, made.height) == picture.size == (60, 40)
        for corner, colour in (((5, 5), (255, 0, 0)), ((54, 34), (0, 0, 255)), ((54, 5), (255, 255, 255))):
            assert picture.getpixel(corner) == pytest.approx(colour, abs=12)


def test_M04_colours_keep_the_meaning_that_a_profile_gave_them():
    swapped = profile().replace(b"rXYZ", b"temp").replace(b"bXYZ", b"rXYZ").replace(b"temp", b"bXYZ")
    red = Image.new("RGB", (40, 40), "red")
    made = opened(render(encoded(red, "PNG", icc_profile=swapped), limits=LIMITS).data)
    assert made.getpixel((20, 20)) == pytest.approx((0, 0, 255), abs=6)
    made = opened(render(encoded(red, "PNG", icc_profile=b"broken" * 40), limits=LIMITS).data)
    assert made.getpixel((20, 20)) == (255, 0, 0)


def test_M04_broken_metadata_says_nothing():
    made = render(encoded(gradient(), "WEBP", exif=b"Exif\0\0II*\0\xff\xff\xff\xff"), limits=LIMITS)
    assert (made.width, made.height) == (96, 64)


# The process aside.


def worker(monkeypatch, code):
    monkeypatch.setattr(images, "_WORKER", (sys.executable, "-c", code))


async def refusal_aside(data=b"\xff\xd8\xff", limits=LIMITS):
    with pytest.raises(Invalid) as caught:
        await render_aside(data, limits=limits)
    return caught.value


async def test_aside_makes_the_same_picture_and_the_loop_goes_on():
    data = encoded(gradient(3000, 2000), "JPEG")
    turns = 0

    async def tick():
        nonlocal turns
        while True:
            await asyncio.sleep(0.01)
            turns += 1

    ticking = asyncio.create_task(tick())
    made = await render_aside(data, limits=LIMITS)
    ticking.cancel()
    assert turns >= 5
    assert made == render(data, limits=LIMITS)


async def test_aside_refuses_in_the_same_words():
    for data in (b"<svg/>", png_header(7_680, 4_321), tiny_gif(201), encoded(gradient(), "JPEG")[:500]):
        assert (await refusal_aside(data)).message == refusal(data).message


def test_aside_works_on_the_loop_of_the_server_too():
    for _ in range(2):
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            runner.run(refusal_aside(b"<svg/>"))


async def test_M03_who_takes_too_long_is_ended(monkeypatch, tmp_path):
    worker(
        monkeypatch, f"import os, time; open({str(tmp_path / 'pid')!r}, 'w').write(str(os.getpid())); time.sleep(60)"
    )
    before = time.perf_counter()
    error = await refusal_aside(limits=replace(LIMITS, seconds=0.5))
    assert "too much work" in error.message
    assert time.perf_counter() - before < 5
    assert_ended(int((tmp_path / "pid").read_text()))


async def test_M03_who_is_no_longer_waited_for_is_ended(monkeypatch, tmp_path):
    worker(
        monkeypatch, f"import os, time; open({str(tmp_path / 'pid')!r}, 'w').write(str(os.getpid())); time.sleep(60)"
    )
    waiting = asyncio.create_task(render_aside(b"\xff\xd8\xff", limits=LIMITS))
    while not ((tmp_path / "pid").exists() and (tmp_path / "pid").read_text()):
        await asyncio.sleep(0.01)
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    assert_ended(int((tmp_path / "pid").read_text()))


def assert_ended(pid):
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)


@pytest.mark.parametrize(
    "code",
    [
        "import os; os.abort()",
        "import os; os.kill(os.getpid(), 11)",
        "raise RuntimeError('surprise')",
        "print('hello')",
        "import sys; sys.stdin.read(); sys.stdout.buffer.write(bytes(9))",
        "pass",
    ],
)
async def test_M03_a_child_that_crashes_is_a_picture_that_cannot_be_read(monkeypatch, caplog, code):
    worker(monkeypatch, code)
    with caplog.at_level(logging.WARNING, "allmende.images"):
        error = await refusal_aside(b"\xff\xd8\xff" + bytes(1_000_000))
    assert "cannot be read" in error.message
    assert "ended the process" in caplog.text


async def test_M03_a_child_that_the_system_ends_took_too_much(monkeypatch):
    worker(monkeypatch, "import os; os.kill(os.getpid(), 9)")
    assert "too much work" in (await refusal_aside()).message


async def test_M03_memory_is_bounded():
    data = encoded(Image.new("RGB", (6000, 5000)), "PNG", compress_level=1)
    error = await refusal_aside(data, replace(LIMITS, memory=160 * 1024 * 1024))
    assert "too much work" in error.message


async def test_M03_the_child_has_bounds_and_none_of_our_secrets(monkeypatch, caplog):
    monkeypatch.setenv("ALLMENDE_DATABASE_URL", "secret")
    # Until it asks for its work the child is the real one; then it says, by what is logged, how it finds itself.
    worker(
        monkeypatch,
        "import os, resource, runpy, sys\n"
        "def say():\n"
        "    kinds = ('AS', 'CPU', 'CORE', 'FSIZE')\n"
        "    bounds = [resource.getrlimit(getattr(resource, f'RLIMIT_{kind}')) for kind in kinds]\n"
        "    sys.exit('SAID ' + repr((sorted(os.environ), os.nice(0), bounds)))\n"
        "class Work:\n"
        "    buffer = property(lambda self: say())\n"
        "sys.stdin = Work()\n"
        "runpy.run_module('node.adapters.images', run_name='__main__')",
    )
    with caplog.at_level(logging.WARNING, "allmende.images"):
        await refusal_aside()
    environ, nice, bounds = literal_eval(caplog.text.partition("SAID ")[2])
    assert not [name for name in environ if "ALLMENDE" in name]
    assert nice >= 10
    assert bounds == [(LIMITS.memory, LIMITS.memory), (10, 11), (0, 0), (0, 0)]


async def test_M03_two_at_once_and_the_others_wait(monkeypatch, tmp_path):
    (tmp_path / "now").mkdir()
    worker(
        monkeypatch,
        "import os, time\n"
        f"mine = os.path.join({str(tmp_path / 'now')!r}, str(os.getpid()))\n"
        "open(mine, 'w').close()\n"
        "time.sleep(0.15)\n"
        f"open({str(tmp_path / 'seen')!r}, 'a').write(str(len(os.listdir({str(tmp_path / 'now')!r}))) + '\\n')\n"
        "os.remove(mine)",
    )
    await asyncio.gather(*(refusal_aside() for _ in range(6)))
    seen = [int(line) for line in (tmp_path / "seen").read_text().split()]
    assert (len(seen), max(seen)) == (6, 2)


async def test_M03_a_file_is_read_by_the_child_and_not_by_us(tmp_path):
    file = tmp_path / "picture"
    file.write_bytes(encoded(gradient(), "JPEG"))
    assert await render_aside(file, limits=LIMITS) == render(file.read_bytes(), limits=LIMITS)


@pytest.mark.parametrize(
    ("size", "expected"), [((900, 500), (400, 400)), ((300, 600), (300, 300)), ((40, 30), (30, 30)), ((1, 1), (1, 1))]
)
def test_the_middle_of_a_picture_is_cut_out_and_never_made_larger(size, expected):
    made = render(encoded(gradient(*size), "JPEG"), limits=replace(LIMITS, crop=(400, 400)))
    assert ((made.width, made.height), opened(made.data).size) == (expected, expected)


def test_what_is_cut_out_of_what_moves_stands_still():
    made = render(moving("GIF", frames=300), limits=replace(LIMITS, crop=(1500, 500)))
    assert (made.animated, made.width, made.height) == (False, 60, 20)


async def test_nothing_that_reads_pictures_is_loaded_until_one_comes():
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-c",
        "import sys, node.adapters.images as images; images.sniff(b'GIF89a')\n"
        "sys.exit(bool({'PIL', 'blurhash', 'pillow_heif'} & set(sys.modules)))",
    )
    assert await process.wait() == 0
