"""An old post of a member's becomes a post here: with its date, for nobody more than its author chose, and silently.

It is never sent anywhere and nobody is told of it, neither those whom it names nor who follows. It is known again by
its old address, so that it comes once, however often the archive is brought; what its author deleted stays deleted.
"""

from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

from node.adapters.unpacking import Bounds, opened
from node.context import Change, Context
from node.domain import text, uris
from node.domain.accounts import Account
from node.domain.imports import Import, Json, audience_of, mark
from node.domain.media import Media
from node.domain.posts import Parts, Post
from node.domain.retention import expires_at
from node.effects import posts as effects
from node.errors import Invalid
from node.store import imports as rows
from node.store import posts
from outbox import media as media_commands

_WITHOUT = "A picture of this post could not be read. The post came without it."


async def bring(ctx: Context, owner: Account, one: Import, content: Json, archive: Path | None) -> str:
    """Make a post of an old one; return what of it could not come, a phrase. archive: where its pictures are.

    Raises:
        Invalid: it is over already, lies in the future, or nothing of it is left. Unavailable: not at the moment.
    """
    sign = mark(owner.id, content["uri"])
    async with ctx.db.read() as tx:
        if await rows.known(tx, owner.id, sign) is not None or await posts.by_uri(tx, content["uri"]) is not None:
            return ""  # it came before, or was written here
    files = await _pictures(ctx, owner, content["files"], archive) if archive is not None else []
    async with ctx.change() as change:
        post = await _post(change, owner, one, content, files)
        if await rows.remember(change.tx, owner.id, sign, post.id):
            tags = tuple(dict.fromkeys(tag for tag in content["tags"] if text.tags_in(f"#{tag}") == {tag}))
            hung = tuple(replace(file, post_id=post.id, place=place) for place, file in enumerate(files))
            await effects.add_old(change, post, parts=Parts(hashtags=tags))
            await media_commands.attach(change, post, hung)
    return "" if len(files) == len(content["files"]) else _WITHOUT


async def _post(change: Change, owner: Account, one: Import, content: Json, files: list[Media]) -> Post:
    said, longest = text.sanitise(content["text"]), change.settings.limits.remote_content
    if max(len(said), len(content["source"])) > longest:
        raise Invalid("This post is too long.")
    if not said.strip() and not files:
        raise Invalid("Nothing of this post can be shown here.")
    if content["at"] > change.now:
        raise Invalid("This post has a date that is still to come.")
    visibility = audience_of(content, one.audience)
    ends_at = expires_at(change.settings.retention, visibility, content["at"])
    if ends_at is not None and ends_at <= change.now:
        raise Invalid("This post is older than posts are kept here.")
    parent = await _parent(change, owner, content["parent"])
    id = await posts.free_id(change.tx, content["at"])
    return Post(
        id=id,
        uri=uris.post(owner.uri, id),
        author_id=owner.id,
        local=True,
        kind="Note",
        visibility=visibility,
        content=said,
        source=content["source"] or _typed(said),
        summary=text.plain(content["summary"], longest=change.settings.limits.post_length),
        sensitive=content["sensitive"] or bool(content["summary"]),
        language=content["language"],
        url=uris.post_page(change.settings.url, owner.username, id),
        reply_to_id=parent.id if parent else None,
        reply_to_uri=parent.uri if parent else "",
        boost_of=None,
        wall_id=None,
        wall_shown=False,
        published_at=content["at"],
        edited_at=None,
        expires_at=ends_at,
        thread_id=parent.thread_id if parent else id,
        imported=True,
    )


def _typed(html: str) -> str:
    """Return what its author might have typed, for editing it."""
    broken = html.replace("<br>", "\n").replace("</p>", "\n\n")
    return "\n".join(text.strip_tags(line) for line in broken.split("\n")).strip()


async def _parent(change: Change, owner: Account, uri: str) -> Post | None:
    """Return what it answered, where its author wrote that, too, and brought it along for the same readers."""
    known = await rows.known(change.tx, owner.id, mark(owner.id, uri)) if uri else None
    return await posts.by_id(change.tx, known) if known is not None else None


async def _pictures(ctx: Context, owner: Account, wanted: list[Json], archive: Path) -> list[Media]:
    limits = ctx.settings.limits
    found: list[Media] = []
    with TemporaryDirectory(dir=archive.parent, ignore_cleanup_errors=True) as folder:
        picture = Path(folder) / "picture"
        for one in wanted:
            try:
                with opened(archive, Bounds(limits.import_entries, limits.import_unpacked), beside=picture) as unpacked:
                    unpacked.write(one["place"], picture, most=limits.upload_picture)
                said = media_commands.Said(description=one["description"][: limits.description_length])
                taken = await media_commands.take(ctx, owner, picture, said=said)
            except (Invalid, KeyError):
                continue
            if taken.kind == "image":
                found.append(taken)
    return found
