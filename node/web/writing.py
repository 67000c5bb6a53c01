"""Writing: what was typed in a composer is looked at, published at once, or planned; nothing of it is ever lost."""

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from quart import Blueprint, Response, request
from werkzeug.datastructures import MultiDict

from node.context import Context
from node.domain.accounts import Account
from node.domain.media import Links, Media, Show
from node.domain.polls import DraftPoll
from node.domain.posts import Draft
from node.domain.viewer import Viewer
from node.domain.visibility import Visibility
from node.errors import AllmendeError, Invalid, NotFound
from node.store import accounts, posts
from node.store import media as rows
from node.store.database import Tx
from node.web import notices, post_groups, session
from node.web.forms import Form, enhanced, number, on_disk, sent
from node.web.notices import NoticeTyped
from node.web.pages import fragment, render, told, words
from node.web.post_groups import PostGroup
from node.web.posts import one
from node.web.session import signed_in
from node.web.views import Sight
from outbox import drafts, media, scheduled
from outbox import posts as commands
from outbox.audience import Reach
from themes.phrases import Phrases

writing = Blueprint("writing", __name__)

_DAY_SECONDS = 86_400


@dataclass(frozen=True, slots=True)
class FileTyped:
    """A file that is here already. preview: a link to a small picture, '' for what is none."""

    id: int
    preview: str
    description: str


@dataclass(frozen=True, slots=True)
class Typed:
    """What stands in a composer. slots: the description typed beside each place for one more file.

    group: the one it is written in, whose members get it. page: the one in whose name it is written; notice: what is
    typed about it for a page that is a notice board. draft: the number of the one that it was before, '' for none.
    """

    text: str
    summary: str
    audience: str
    reply_to: str
    wall_of: str
    group: PostGroup | None
    page: Account | None
    notice: NoticeTyped | None
    answers: tuple[str, ...]
    several: bool
    seconds: int
    due: str
    files: tuple[FileTyped, ...]
    slots: tuple[str, ...]
    draft: str


@dataclass(slots=True)
class _Files:
    """The files of a form: those that came, and the descriptions of those that did not make it."""

    came: list[Media]
    waiting: list[str]


@writing.get("/compose")
@signed_in
async def compose(ctx: Context, viewer: Viewer) -> Response:
    """Write a post, on a page of its own; `planned` is one that was just planned, `draft` one to go on with.

    What another app shares stands in it already (W3C, Web Share Target).
    """
    shared = "\n".join(part for name in ("title", "text", "url") if (part := request.args.get(name, "").strip()))
    if (draft_id := number(request.args.get("draft", ""))) is not None:
        pairs = [*await drafts.one(ctx, viewer.account, draft_id), ("draft", str(draft_id))]
        form = Form(MultiDict(pairs), MultiDict())
        return await render("compose.html", typed=await _found_again(ctx, viewer, form, _Files([], [])))
    planned, done = number(request.args.get("planned", "")), ""
    if planned is not None:
        at = (await scheduled.one(ctx, viewer.account, planned)).due_at
        done = words()("Your post is planned for %(when)s.", when=words().moment(at))
    return await render("compose.html", done=done, shared=shared)


@writing.post("/posts")
@signed_in
async def publish(ctx: Context, viewer: Viewer) -> Response:
    """Publish or plan what was typed; when that cannot be, show why and keep it."""
    form, files = await sent(), _Files([], [])
    try:
        await _gather(ctx, viewer, form, files)
        page = await _page(ctx, form)
        draft = _draft(ctx, form, viewer, files, page)
        at, author, by = _begins(ctx, form, draft), page or viewer.account, viewer.account if page else None
        if draft.visibility is Visibility.DIRECT:
            await _check_named(ctx, author, draft, by=by)
        if at is not None:
            planned = await scheduled.plan(ctx, author, draft, due=at, by=by)
            await _used_up(ctx, viewer, form)
            return _go(f"/pages/{page.id}/planned" if page else f"/compose?planned={planned.id}")
        made = await commands.publish(ctx, author, draft, by=by)
    except AllmendeError as error:
        return await _again(ctx, viewer, form, files, error)
    await _used_up(ctx, viewer, form)
    if enhanced():
        return await fragment("parts/post.html", "show", await one(ctx, viewer, made.id))
    return session.see(f"/posts/{made.id}")


async def _used_up(ctx: Context, viewer: Viewer, form: Form) -> None:
    if (draft_id := form.number("draft")) is not None:
        await drafts.drop(ctx, viewer.account, draft_id)


def _go(path: str) -> Response:
    """Show another page: a script would put it in the place of the form."""
    return Response("", headers={"HX-Redirect": path}) if enhanced() else session.see(path)


@writing.get("/compose/preview")
@signed_in
async def no_preview(ctx: Context, viewer: Viewer) -> Response:
    """There is nothing to look at before something was typed."""
    return session.see("/compose")


@writing.post("/compose/preview")
@signed_in
async def preview(ctx: Context, viewer: Viewer) -> Response:
    """Show how the post will look, and in words who will get it."""
    form, files = await sent(), _Files([], [])
    try:
        await _gather(ctx, viewer, form, files)
        page = await _page(ctx, form)
        draft = _draft(ctx, form, viewer, files, page)
        at = _begins(ctx, form, draft)
        found = await commands.preview(ctx, page or viewer.account, draft, by=viewer.account if page else None)
    except AllmendeError as error:
        return await _again(ctx, viewer, form, files, error)
    async with ctx.db.read() as tx:
        units = (await Sight.of(ctx, tx)).units
        group = await _group(tx, viewer, form)
    reached = _reached(words(), found.reach, units, authority=ctx.settings.authority)
    if found.reach.visibility is not draft.visibility and group is None:
        reached.insert(0, words()("What you answer is for fewer people, so your answer is as well."))
    return await render(
        "compose.html",
        typed=await _typed(ctx, form, files, group, page),
        preview=found,
        draft=draft,
        due=at,
        reached=reached,
    )


@writing.post("/compose/files")
@signed_in
async def upload(ctx: Context, viewer: Viewer) -> Response:
    """Take one `file` for a post that is being written, and return its place in the composer.

    `n`: its number there; `key`: of the composer, the post that is answered beneath it.
    """
    form = await sent()
    for file in form.files("file"):
        async with on_disk(ctx, file) as path:
            taken = await media.upload(ctx, viewer.account, path, name=file.filename or "")
        key = form.number("key")
        links = Links(ctx.settings.url, ctx.secret, ctx.clock())
        return await fragment(
            "parts/compose.html", "kept", file_typed(taken, links), form.number("n") or 1, f"-{key}" if key else ""
        )
    raise Invalid("Choose a file.")


async def again(ctx: Context, viewer: Viewer, form: Form, error: AllmendeError) -> Response:
    """Show a composer as it was typed, and why nothing came of it; files that were here before are left to it."""
    files = _Files([], [])
    await _kept(ctx, viewer, form, files)
    return await _again(ctx, viewer, form, files, error)


async def _again(ctx: Context, viewer: Viewer, form: Form, files: _Files, error: AllmendeError) -> Response:
    typed = await _found_again(ctx, viewer, form, files)
    return await render("compose.html", status=error.status, error=told(error), typed=typed)


async def _found_again(ctx: Context, viewer: Viewer, form: Form, files: _Files) -> Typed:
    async with ctx.db.read() as tx:
        group = await _group(tx, viewer, form)
    page = None
    with suppress(NotFound):
        page = await _page(ctx, form)
    return await _typed(ctx, form, files, group, page)


async def _group(tx: Tx, viewer: Viewer, form: Form) -> PostGroup | None:
    """Return the group that is written in: the one of the form, or of the post that is answered."""
    me, now = viewer.account.id, words().now
    answered, begun = form.number("reply_to"), form.number("group")
    if answered is not None:
        found = await posts.visible_to(tx, answered, viewer_id=me)
        return (await post_groups.read(tx, [found], viewer_id=me, now=now)).of(found) if found else None
    return await post_groups.begun_in(tx, begun, viewer_id=me, now=now) if begun is not None else None


async def _page(ctx: Context, form: Form) -> Account | None:
    """Return the page in whose name is written; None for one's own.

    Raises:
        NotFound: there is no such page; what was meant for it is not published in one's own name.
    """
    id = form.number("author")
    if id is None:
        return None
    async with ctx.db.read() as tx:
        page = await accounts.by_id(tx, id)
    if page is None or not page.page or not page.local or not page.active:
        raise NotFound("There is no such page.")
    return page


async def _gather(ctx: Context, viewer: Viewer, form: Form, files: _Files) -> None:
    """Take the files of a form: those that were here before, newly described, and new ones.

    `files` has what came when one of them cannot be taken.

    Raises:
        Invalid: one is gone, or see `outbox.media.upload`. Throttled: too many.
    """
    gone = await _kept(ctx, viewer, form, files)
    places = range(1, ctx.settings.limits.post_attachments + 1)
    files.waiting = [form.text(f"described-{place}") for place in places]
    for place in places:
        described = form.line(f"described-{place}")
        for file in form.files(f"file-{place}"):
            async with on_disk(ctx, file) as path:
                said = media.Said(description=described or None)
                files.came.append(await media.upload(ctx, viewer.account, path, name=file.filename or "", said=said))
            files.waiting.remove(form.text(f"described-{place}"))
    if gone:
        raise Invalid("One of the files is not there any more. Upload it again.")


async def _kept(ctx: Context, viewer: Viewer, form: Form, files: _Files) -> bool:
    """Put those in that earlier tries brought, as they are described now; tell whether one of them is gone."""
    wanted = [id for id in dict.fromkeys(form.numbers("media")) if not form.ticked(f"without-{id}")]
    wanted = wanted[: ctx.settings.limits.post_attachments]
    if not wanted:
        return False
    async with ctx.db.read() as tx:
        held = await rows.held(tx, wanted, account_id=viewer.account.id)
    for id in wanted:
        file = held.get(id)
        if file is None or file.post_id is not None or file.scheduled_id is not None:
            continue
        described = form.line(f"described-of-{id}")
        if described != file.description:
            said = media.Said(description=described)
            file = await media.describe(ctx, viewer.account, id, said)
        files.came.append(file)
    return len(files.came) < len(wanted)


def _draft(ctx: Context, form: Form, viewer: Viewer, files: _Files, page: Account | None) -> Draft:
    answers = tuple(answer.strip() for answer in form.texts("answer") if answer.strip())
    seconds = form.number("seconds") or _DAY_SECONDS
    return Draft(
        text=form.text("text"),
        visibility=form.choice("audience", Visibility, viewer.habits.audience),
        summary=form.line("summary"),
        reply_to_id=_id(form, "reply_to", NotFound("The post you answer is not here any more.")),
        wall_of=_id(form, "wall_of", NotFound("There is no such wall.")),
        group=form.number("group"),
        media_ids=tuple(file.id for file in files.came),
        poll=DraftPoll(answers, seconds, form.ticked("several")) if answers else None,
        notice=notices.read(ctx, form) if page is not None and page.board else None,
    )


async def _check_named(ctx: Context, author: Account, draft: Draft, *, by: Account | None) -> None:
    """Refuse what is for named people and names nobody: whoever sends it believes that somebody gets it."""
    if not (await commands.preview(ctx, author, draft, by=by)).reach.named:
        raise Invalid("You name nobody, so nobody gets this. Name people with an @ before the name.")


def _id(form: Form, name: str, missing: NotFound) -> int | None:
    found = form.number(name)
    if found is None and form.line(name):
        raise missing
    return found


def _begins(ctx: Context, form: Form, draft: Draft) -> int | None:
    """Return when it is to be published (Unix ms), None for now: a notice on its first day."""
    if draft.notice is None:
        return due(ctx, form)
    first = draft.notice.starts_at
    return first if first is not None and first > ctx.clock() else None


def due(ctx: Context, form: Form) -> int | None:
    """Return when a post is to be published (Unix ms), None for now. Browsers send the time on the node's clocks."""
    typed = form.line("due")
    if not typed:
        return None
    try:
        moment = datetime.fromisoformat(typed).replace(tzinfo=ZoneInfo(ctx.settings.node.timezone))
        return int(moment.timestamp() * 1000)
    except (ValueError, OverflowError) as error:
        raise Invalid("Choose a day and a time for your post, or leave both empty.") from error


async def _typed(ctx: Context, form: Form, files: _Files, group: PostGroup | None, page: Account | None) -> Typed:
    links = Links(ctx.settings.url, ctx.secret, ctx.clock())
    free = max(0, ctx.settings.limits.post_attachments - len(files.came))
    waiting = sorted(files.waiting, key=lambda described: not described)
    return Typed(
        text=form.text("text"),
        summary=form.text("summary"),
        audience=form.text("audience"),
        reply_to=form.text("reply_to"),
        wall_of=form.text("wall_of"),
        group=group,
        page=page,
        notice=await notices.fields(ctx, page, form) if page is not None and page.board else None,
        answers=tuple(form.texts("answer")),
        several=form.ticked("several"),
        seconds=form.number("seconds") or _DAY_SECONDS,
        due=form.text("due"),
        files=tuple(file_typed(file, links) for file in files.came),
        slots=tuple((waiting + [""] * free)[:free]),
        draft=form.text("draft"),
    )


def file_typed(file: Media, links: Links) -> FileTyped:
    """Return a file that is here already, as a composer shows it."""
    preview = links.to_file(file, Show.PREVIEW) if file.kind == "image" else ""
    return FileTyped(file.id, preview, file.description)


def _reached(_: Phrases, reach: Reach, units: Mapping[str, str], *, authority: str) -> list[str]:
    """Return in sentences whom a post would reach. units: names of nodes by host, '' for this one."""
    said = _said(_, reach, units, authority=authority)
    group = reach.group
    if reach.visibility is Visibility.GROUP and group is not None and not group.local:
        said.append(
            _(
                "%(node)s, where the group is at home, hands it on to the nodes of its members.",
                node=units.get(group.host, group.host),
            )
        )
    if reach.beyond:
        said.append(_("Shared with another organisation: at %(partner)s this is read as well.", partner=reach.beyond))
    return said


def _said(_: Phrases, reach: Reach, units: Mapping[str, str], *, authority: str) -> list[str]:
    def listed(found: tuple[Account, ...]) -> str:
        return _.listed([f"{one.name or one.username} (@{one.handle(authority)})" for one in found])

    nodes = _.listed([units.get(host, host) for host in reach.hosts])
    said: list[str] = []
    match reach.visibility:
        case Visibility.UNIT:
            said.append(
                _.several(
                    "%(n)s person can read this: the one member of %(unit)s.",
                    "%(n)s people can read this: the members of %(unit)s.",
                    reach.people,
                    unit=units[""],
                )
            )
            said.append(_("It does not leave this node."))
        case Visibility.FOLLOWERS:
            said.append(
                _.several(
                    "%(n)s person gets this: the one who follows you.",
                    "%(n)s people get this: those who follow you.",
                    reach.people,
                )
            )
            said.append(
                _("It is sent to these nodes: %(nodes)s.", nodes=nodes) if nodes else _("It does not leave this node.")
            )
        case Visibility.GROUP:
            said.append(
                _.several(
                    "%(n)s person gets this: the one member of %(group)s that is known here.",
                    "%(n)s people get this: the members of %(group)s that are known here.",
                    reach.people,
                    group=reach.group.name if reach.group else "",
                )
            )
            said.append(
                _("It is sent to these nodes: %(nodes)s.", nodes=nodes) if nodes else _("It does not leave this node.")
            )
        case Visibility.DIRECT:
            if reach.named:
                said.append(_("Only these people get this: %(names)s.", names=listed(reach.named)))
            else:
                said.append(_("You name nobody, so nobody gets this. Name people with an @ before the name."))
        case _:
            said.append(
                _.several(
                    "%(n)s member of %(unit)s can read this, and everybody in the organisation.",
                    "%(n)s members of %(unit)s can read this, and everybody in the organisation.",
                    reach.people,
                    unit=units[""],
                )
            )
            said.append(
                _("It is sent to these nodes: %(nodes)s.", nodes=nodes)
                if nodes
                else _("No other node belongs to it yet.")
            )
    if reach.named and reach.visibility is not Visibility.DIRECT:
        said.append(_("These people are told of it: %(names)s.", names=listed(reach.named)))
    if reach.left_out:
        said.append(_("It does not reach %(names)s. Choose a wider audience for that.", names=listed(reach.left_out)))
    return said
