"""Files of members: taken, made harmless, described, thrown away, shown to who may see them, and gone when they are."""

import asyncio
import io
import os
import struct
import zlib
from dataclasses import replace

import pytest
from PIL import Image
from werkzeug.datastructures import FileStorage

from federation import certificates
from moderation import retention
from moderation.certificates import certificate
from node.adapters import clock
from node.effects import files
from node.errors import Unavailable
from node.limits import Limits
from node.store import accounts
from node.store import erasures as orders
from node.store import media as rows
from node.store.pages import Page
from outbox import media as commands
from outbox import profiles
from tests.member import DOCX, MARKER, ODT, PDF, archive, contents, moving, on_disk, photograph, picture, story

BOUNDARY = "e3bd4be1c0"


# Pictures


async def test_M04_a_picture_is_taken_without_what_was_hidden_in_it_and_shown_to_who_may_see_it(tmp_path, database):
    async with story(tmp_path, database=database) as (ctx, ada, ben):
        taken = await ada.uploaded(photograph(), description="A gradient", focus="-0.5,0.25")
        assert (taken["type"], taken["description"]) == ("image", "A gradient")
        assert taken["meta"]["original"] == {"width": 120, "height": 80, "size": "120x80", "aspect": 1.5}
        assert taken["meta"]["small"]["size"] == "120x80"
        assert taken["meta"]["focus"] == {"x": -0.5, "y": 0.25}
        assert len(taken["blurhash"]) > 6
        post = await ada.posted(taken["id"])
        (_, seen) = await ben.call("GET", f"/v1/statuses/{post['id']}")
        (shown,) = seen["media_attachments"]
        for link in (shown["url"], shown["preview_url"], taken["url"]):
            code, body, headers = await ben.get(link)
            assert (code, Image.open(io.BytesIO(body)).size) == (200, (120, 80))
            assert MARKER not in body
            assert not Image.open(io.BytesIO(body)).getexif()
            assert headers["X-Content-Type-Options"] == "nosniff"
            assert "sandbox" in headers["Content-Security-Policy"]
            assert "immutable" in headers["Cache-Control"]
        inside = await contents(ctx)
        assert (len(inside), [one for one in inside if MARKER in one]) == (2, [])


async def test_what_moves_goes_on_moving_and_stays_a_picture(tmp_path):
    async with story(tmp_path) as (_, ada, ben):
        taken = await ada.uploaded(moving())
        _, body, headers = await ben.get(taken["url"])
        assert (taken["type"], headers["Content-Type"], Image.open(io.BytesIO(body)).n_frames) == (
            "image", "image/webp", 4,
        )  # fmt: skip


def bomb():
    def chunk(name, content):
        return struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content))

    head = b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", 50_000, 50_000, 8, 2, 0, 0, 0))
    return head + chunk(b"IDAT", zlib.compress(b"")) + chunk(b"IEND", b"")


@pytest.mark.parametrize(
    ("content", "word"),
    [
        (b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>", "kind"),
        (b"<!doctype html><script>alert(1)</script>", "kind"),
        (b"#EXTM3U\n#EXTINF:1,\nfile:///etc/passwd\n", "kind"),
        (b"MZ\x90\0", "kind"),
        (b"PK\x03\x04" + bytes(200), "kind"),
        (archive({"evil.html": "<script>"}), "kind"),
        (bomb(), "megapixels"),
        (picture()[:400], "damaged"),
        (b"GIF89a/*" + b"x" * 100, "damaged"),
        (archive({"word/document.xml": "", "word/vbaProject.bin": ""}), "macros"),
        (archive({"mimetype": "application/vnd.oasis.opendocument.text", "Basic/script-lc.xml": ""}), "macros"),
    ],
    ids=[
        "svg",
        "html",
        "playlist",
        "program",
        "archive",
        "page in an archive",
        "bomb",
        "half",
        "script",
        "docm",
        "odt",
    ],
)
async def test_M02_what_is_none_of_the_kinds_that_are_taken_is_refused_and_leaves_nothing(tmp_path, content, word):
    async with story(tmp_path) as (ctx, ada, _):
        status, body = await ada.upload(content)
        assert (status, word in body["error"]) == (422, True), body
        assert on_disk(tmp_path) == []
        async with ctx.db.read() as tx:
            assert await rows.count_unattached(tx, ada.account.id) == 0


async def test_M02_a_picture_that_is_a_page_too_is_only_a_picture(tmp_path):
    async with story(tmp_path) as (_, ada, _b):
        taken = await ada.uploaded(picture(kind="GIF") + b"<script>alert('" + MARKER + b"')</script>")
        _, body, headers = await ada.get(taken["url"])
        assert (MARKER in body, headers["Content-Type"]) == (False, "image/png")


async def test_an_upload_is_a_form_with_a_file(tmp_path):
    async with story(tmp_path) as (_, ada, _b):
        for how in ({"data": {"file": "x"}}, {"files": {"picture": picture()}}, {"files": {"file": b""}}):
            status, body = await ada.call("POST", "/v2/media", **how)
            assert (status, body["error"]) == (422, "Validation failed: File can't be blank")
        sent = ada.headers | {"Content-Type": f"multipart/form-data; boundary={BOUNDARY}"}
        for content in (b"", b"nothing", f"--{BOUNDARY}\r\nContent-Disposition: form-data; na".encode()):
            answer = await ada.client.post("/api/v2/media", headers=sent, data=content)
            assert answer.status_code == 422, content


async def test_a_file_in_a_form_needs_no_media_type(tmp_path):
    async with story(tmp_path) as (_, ada, _b):
        head = f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="file"; filename="a"\r\n\r\n'.encode()
        sent = ada.headers | {"Content-Type": f"multipart/form-data; boundary={BOUNDARY}"}
        body = head + picture() + f"\r\n--{BOUNDARY}--\r\n".encode()
        answer = await ada.client.post("/api/v2/media", headers=sent, data=body)
        assert (answer.status_code, (await answer.get_json())["type"]) == (200, "image")


async def test_nobody_uploads_without_leave(tmp_path):
    async with story(tmp_path) as (ctx, ada, _b):
        headers = {"Host": ctx.settings.authority}
        answer = await ada.client.post(
            "/api/v2/media", headers=headers, files={"file": FileStorage(io.BytesIO(b"x"), "x")}
        )
        assert answer.status_code == 401
        assert not (tmp_path / "incoming").exists()


# What becomes of an upload


async def test_an_upload_is_described_by_who_uploaded_it_until_a_post_has_it(tmp_path, database):
    async with story(tmp_path, database=database) as (_, ada, ben):
        id = (await ada.uploaded(picture()))["id"]
        for method in ("PUT", "PATCH"):
            status, body = await ada.call(method, f"/v1/media/{id}", {"description": method, "focus": "1,-1"})
            assert (status, body["description"], body["meta"]["focus"]) == (200, method, {"x": 1.0, "y": -1.0})
        assert (await ada.call("PUT", f"/v1/media/{id}", {"description": ""}))[1]["description"] is None
        status, body = await ada.call("PUT", f"/v1/media/{id}", files={"thumbnail": picture()}, description="form")
        assert (status, body["description"], body["meta"]["focus"]["x"]) == (200, "form", 1.0)
        assert (await ada.call("GET", f"/v1/media/{id}"))[1] == body
        for call in (("GET",), ("PUT", {"description": "mine"}), ("DELETE",)):
            assert (await ben.call(call[0], f"/v1/media/{id}", *call[1:]))[0] == 404
        for wrong in ({"focus": "2,0"}, {"focus": "left"}, {"description": "x" * 1_501}):
            assert (await ada.call("PUT", f"/v1/media/{id}", wrong))[0] == 422
        await ada.posted(id)
        for call in (("GET",), ("PUT", {"description": "late"}), ("DELETE",)):
            assert (await ada.call(call[0], f"/v1/media/{id}", *call[1:]))[0] == 404


async def test_what_is_thrown_away_is_gone_from_the_link_and_from_the_disk(tmp_path, database):
    async with story(tmp_path, database=database) as (ctx, ada, _):
        taken = await ada.uploaded(picture())
        assert (await ada.call("DELETE", f"/v1/media/{taken['id']}")) == (200, {})
        assert (await ada.get(taken["url"]))[0] == 404
        await retention.erase_files(ctx)
        assert on_disk(tmp_path) == []


async def test_a_deleted_posts_files_are_gone_from_every_link_and_from_the_disk(tmp_path, database):
    async with story(tmp_path, database=database) as (ctx, ada, _):
        taken = await ada.uploaded(picture())
        post = await ada.posted(taken["id"])
        assert (await ada.call("DELETE", f"/v1/statuses/{post['id']}?delete_media=true"))[0] == 200
        for link in (taken["url"], taken["preview_url"]):
            assert (await ada.get(link))[0] == 404
        await retention.erase_files(ctx)
        assert on_disk(tmp_path) == []


async def test_who_deletes_a_post_writes_it_anew_with_its_files(tmp_path, database):
    async with story(tmp_path, database=database) as (ctx, ada, ben):
        first, second = await ada.uploaded(picture()), await ada.uploaded(picture((50, 50)), description="Teal")
        post = await ada.posted(first["id"], second["id"], visibility="public")
        status, deleted = await ada.call("DELETE", f"/v1/statuses/{post['id']}")
        files = deleted["media_attachments"]
        assert (status, deleted["text"], [one["id"] for one in files]) == (200, "look", [first["id"], second["id"]])
        await retention.forget_old_rows(ctx)
        assert [(await ada.get(one["url"]))[0] for one in files] == [200, 200]
        assert (await ada.call("GET", f"/v1/media/{first['id']}"))[1]["url"] == files[0]["url"]
        for other in (await ben.call("GET", f"/v1/media/{first['id']}"), await ben.post(first["id"])):
            assert other[0] in (404, 422), "they are for nobody else"
        for old in (*post["media_attachments"], first, second):
            assert [(await ben.get(old[link]))[0] for link in ("url", "preview_url")] == [404, 404], (
                "of no use any more"
            )
        anew = await ada.posted(second["id"], first["id"])
        assert [one["description"] for one in anew["media_attachments"]] == ["Teal", None]
        assert [(await ben.get(one["url"]))[0] for one in anew["media_attachments"]] == [200, 200]
        assert (await ben.get(first["url"]))[0] == 404, "nor does it come back with the new post"
        assert (await ada.call("DELETE", f"/v1/statuses/{anew['id']}", {"delete_media": True}))[0] == 200
        await retention.erase_files(ctx)
        assert on_disk(tmp_path) == []


async def test_the_files_of_a_deleted_post_are_kept_a_day_and_of_the_latest_one_only(tmp_path, database):
    async with story(tmp_path, database=database) as (ctx, ada, _):
        posts = [await ada.posted((await ada.uploaded(picture((40 + n, 40))))["id"]) for n in range(2)]
        async with ctx.db.write() as tx:
            await tx.run("UPDATE media SET created_at = :then", then=clock.now() - 30 * 86_400_000)
        for post in posts:
            assert (await ada.call("DELETE", f"/v1/statuses/{post['id']}"))[0] == 200
        await retention.forget_old_rows(ctx)
        assert len(on_disk(tmp_path)) == 2, "the file and the preview of one, however old they are"
        async with ctx.db.read() as tx:
            assert [one.left_of for one in await rows.left_to(tx, ada.account.id)] == [posts[1]["uri"]]
            assert await rows.count_unattached(tx, ada.account.id) == 1
        await retention.forget_old_rows(replace(ctx, clock=lambda: clock.now() + 86_400_000 + 1))
        assert on_disk(tmp_path) == []
        assert (await ada.post(posts[1]["media_attachments"][0]["id"]))[0] == 422


async def test_E6_the_kept_files_of_a_deleted_post_go_with_their_author(tmp_path):
    async with story(tmp_path) as (ctx, ada, _):
        post = await ada.posted((await ada.uploaded(picture()))["id"])
        await ada.call("DELETE", f"/v1/statuses/{post['id']}")
        await profiles.delete(ctx, ada.account)
        await retention.erase_files(ctx)
        assert on_disk(tmp_path) == []


async def test_E3_a_certificate_does_not_say_that_all_is_gone_while_the_author_has_the_files(tmp_path):
    async with story(tmp_path) as (ctx, ada, _):
        post = await ada.posted((await ada.uploaded(picture()))["id"])
        await ada.call("DELETE", f"/v1/statuses/{post['id']}")
        async with ctx.db.read() as tx:
            (order,) = await orders.page(tx, Page())
        made = await certificate(ctx, order)
        assert (made["complete"], made["keptForAuthor"]["files"]) == (False, 1)
        found = certificates.check(made)
        assert all(one.holds for one in found)
        assert any("files (1) there until" in one.said for one in found)
        changed = made | {"keptForAuthor": None}
        assert not all(one.holds for one in certificates.check(changed)), "it is signed with the rest"
        await retention.forget_old_rows(replace(ctx, clock=lambda: clock.now() + 86_400_000 + 1))
        made = await certificate(ctx, order)
        assert (made["complete"], made.get("keptForAuthor")) == (True, None)


async def test_an_edit_keeps_the_file_that_stays_and_erases_the_one_that_goes(tmp_path, database):
    async with story(tmp_path, database=database) as (ctx, ada, _):
        first, second, third = [await ada.uploaded(picture(size=(60 + n, 40))) for n in range(3)]
        post = await ada.posted(first["id"], second["id"])
        edit = {"status": "look again", "media_ids": [third["id"], second["id"]]}
        status, edited = await ada.call("PUT", f"/v1/statuses/{post['id']}", edit)
        assert (status, [one["id"] for one in edited["media_attachments"]]) == (200, [third["id"], second["id"]])
        await retention.erase_files(ctx)
        assert [(await ada.get(one["url"]))[0] for one in (first, second, third)] == [404, 200, 200]
        assert len(on_disk(tmp_path)) == 4


async def test_a_post_takes_only_files_of_its_author_that_no_other_post_has(tmp_path, database):
    async with story(tmp_path, database=database) as (_, ada, ben):
        hers, his = await ada.uploaded(picture()), await ben.uploaded(picture())
        for ids in ([his["id"]], [hers["id"], his["id"]], ["1"], [str(2**62)]):
            status, body = await ada.post(*ids)
            assert (status, "not there any more" in body["error"]) == (422, True)
        await ada.posted(hers["id"])
        assert (await ada.post(hers["id"]))[0] == 422
        assert (await ben.posted(his["id"]))["media_attachments"][0]["id"] == his["id"]


async def test_two_posts_at_once_do_not_get_the_same_file(tmp_path, database):
    async with story(tmp_path, database=database) as (ctx, ada, _):
        id = (await ada.uploaded(picture()))["id"]
        results = await asyncio.gather(*[ada.post(id, visibility="unit") for _ in range(4)])
        assert sorted(status for status, _ in results) == [200, 422, 422, 422]
        async with ctx.db.read() as tx:
            assert (await tx.one("SELECT COUNT(*) AS n FROM media WHERE post_id IS NOT NULL"))["n"] == 1


async def test_a_post_has_four_files_at_most(tmp_path):
    async with story(tmp_path) as (_, ada, _b):
        ids = [(await ada.uploaded(picture((30, 20))))["id"] for _ in range(5)]
        status, body = await ada.post(*ids)
        assert (status, "4 at most" in body["error"]) == (422, True)
        post = await ada.posted(*reversed(ids[:4]))
        assert [one["id"] for one in post["media_attachments"]] == ids[3::-1]


async def test_M07_an_upload_that_no_post_has_is_forgotten_after_a_day(tmp_path, database):
    async with story(tmp_path, database=database) as (ctx, ada, _):
        left, hung = await ada.uploaded(picture()), await ada.uploaded(picture())
        await ada.posted(hung["id"])
        await retention.forget_old_rows(ctx)
        assert len(on_disk(tmp_path)) == 4
        tomorrow = replace(ctx, clock=lambda: clock.now() + 86_400_000 + 1)
        await retention.forget_old_rows(tomorrow)
        assert len(on_disk(tmp_path)) == 2
        assert (await ada.call("GET", f"/v1/media/{left['id']}"))[0] == 404


async def test_E6_nothing_of_a_deleted_member_stays_on_the_disk(tmp_path, database):
    async with story(tmp_path, database=database) as (ctx, ada, ben):
        hung, free = await ada.uploaded(picture()), await ada.uploaded(picture())
        await ada.posted(hung["id"])
        kept = await ben.uploaded(picture())
        small = await commands.portrait(ctx, picture())
        async with ctx.change() as change:
            await files.keep(change, small)
            await accounts.update(change.tx, replace(ada.account, icon_file=small))
        await profiles.delete(ctx, ada.account)
        await retention.erase_files(ctx)
        assert len(on_disk(tmp_path)) == 2
        for one, status in ((hung, 404), (free, 404), (kept, 200)):
            assert (await ben.get(one["url"]))[0] == status


async def test_M07_what_a_killed_process_wrote_and_nobody_claimed_is_erased_after_an_hour(tmp_path, database):
    async with story(tmp_path, database=database) as (ctx, *_):
        await files.put(ctx, (b"one", "image/png"), (b"two", "image/png"))
        (tmp_path / "incoming" / "left").mkdir(parents=True)
        os.utime(tmp_path / "incoming" / "left", (1, 1))
        await retention.forget_old_rows(ctx)
        assert len(on_disk(tmp_path)) == 2
        assert list((tmp_path / "incoming").iterdir()) == []
        await retention.forget_old_rows(replace(ctx, clock=lambda: clock.now() + 3_600_001))
        assert on_disk(tmp_path) == []


async def test_M07_a_file_that_took_too_long_to_claim_is_not_claimed(tmp_path):
    async with story(tmp_path) as (ctx, *_):
        (name,) = await files.put(ctx, (b"one", "image/png"))
        late = replace(ctx, clock=lambda: clock.now() + 3_600_001)
        with pytest.raises(Unavailable):
            async with late.change() as change:
                await files.keep(change, name)


# What it may cost


async def test_a_file_of_the_most_bytes_is_taken_and_one_more_is_not(tmp_path):
    content = picture()
    limits = Limits(upload_picture=len(content), upload_document=len(PDF))
    async with story(tmp_path, limits=limits) as (_, ada, _b):
        assert (await ada.upload(content))[0] == 200
        assert (await ada.upload(PDF))[0] == 200
        for larger in (content + b"x", PDF + b"x"):
            status, body = await ada.upload(larger)
            assert (status, "too large" in body["error"]) == (422, True)


async def test_a_body_longer_than_any_upload_is_cut_off(tmp_path):
    async with story(tmp_path, limits=Limits(upload_film=1000)) as (_, ada, _b):
        status, body = await ada.upload(bytes(1024 * 1024 + 2_000))
        assert (status, "too large" in body["error"]) == (413, True)
        assert list((tmp_path / "incoming").iterdir()) == []


async def test_other_routes_take_no_more_than_before(tmp_path):
    async with story(tmp_path) as (_, ada, _b):
        for how in ({"data": {"status": "x" * 1_100_000}}, {"files": {"file": bytes(1_100_000)}}):
            assert (await ada.call("POST", "/v1/statuses", **how))[0] == 413


async def test_a_member_uploads_so_many_and_no_more(tmp_path):
    async with story(tmp_path, limits=Limits(uploads_per_member=2)) as (_, ada, ben):
        assert [(await ada.upload(PDF))[0] for _ in range(3)] == [200, 200, 429]
        assert (await ben.upload(PDF))[0] == 200
    async with story(tmp_path / "other", limits=Limits(unattached_uploads=2)) as (_, ada, _b):
        ids = [(await ada.uploaded(PDF))["id"] for _ in range(2)]
        status, body = await ada.upload(PDF)
        assert (status, "wait for a post" in body["error"]) == (422, True)
        await ada.posted(*ids)
        assert (await ada.upload(PDF))[0] == 200


# Documents


@pytest.mark.parametrize(
    ("content", "media_type", "ending"),
    [
        (PDF, "application/pdf", "pdf"),
        (ODT, "application/vnd.oasis.opendocument.text", "odt"),
        (DOCX, "application/vnd.openxmlformats-officedocument.wordprocessingml.document", "docx"),
    ],
    ids=["pdf", "odt", "docx"],
)
async def test_M05_a_document_is_kept_as_it_is_and_only_ever_saved(tmp_path, content, media_type, ending):
    async with story(tmp_path) as (_, ada, ben):
        taken = await ada.uploaded(content, description="Plan für 2027/28")
        assert (taken["type"], taken["preview_url"], taken["description"]) == ("unknown", None, "Plan für 2027/28")
        post = await ada.posted(taken["id"])
        _, seen = await ben.call("GET", f"/v1/statuses/{post['id']}")
        code, body, headers = await ben.get(seen["media_attachments"][0]["url"])
        assert (code, body, headers["Content-Type"]) == (200, content, media_type)
        assert headers["Content-Disposition"] == f"attachment; filename*=UTF-8''Plan%20f%C3%BCr%202027-28.{ending}"
        assert (headers["X-Content-Type-Options"], "sandbox" in headers["Content-Security-Policy"]) == ("nosniff", True)


async def test_a_document_without_a_description_is_called_by_its_name(tmp_path):
    async with story(tmp_path) as (_, ada, _b):
        taken = await ada.uploaded(PDF, description=" ")
        assert taken["description"] == "file"  # as the client called it
        _, _, headers = await ada.get(taken["url"])
        assert headers["Content-Disposition"].endswith("file.pdf")
