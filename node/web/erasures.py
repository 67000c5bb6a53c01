"""Pages of erasures: what was erased, who has answered, and the certificate, as a page, as JSON and as PDF.

Officers see all of them, members what they erased themselves, and who has erased their account keeps a link.
"""

import orjson
from quart import Blueprint, Response, g, request

from moderation import certificates, members
from moderation.certificates import certificate
from node.context import Context, running
from node.domain.erasures import Erasure
from node.domain.viewer import Viewer
from node.errors import AllmendeError, NotFound
from node.store import erasures as rows
from node.web import paper, session
from node.web.erasure_views import views
from node.web.forms import LIST, asked, older, sent
from node.web.pages import render, told, words
from node.web.session import as_oneself, protecting, signed_in

erasures = Blueprint("erasures", __name__)

FORMATS = ("json", "pdf")


async def _list(ctx: Context, *, owner: str = "", base: str, template: str) -> Response:
    waiting = "open" in request.args
    async with ctx.db.read() as tx:
        found = await rows.page(tx, asked(LIST), owner=owner, open=waiting)
        said = await views(tx, found, ctx.settings)
    return await render(template, erasures=said, base=base, open=waiting, older=older([one.id for one in found], LIST))


async def shown(ctx: Context, erasure: Erasure, *, base: str, back: str) -> Response:
    """Show a certificate. base: where its files are; back: the page before it, '' for who has erased their account."""
    async with ctx.db.read() as tx:
        (view,) = await views(tx, [erasure], ctx.settings)
    return await render("erasures/certificate.html", one=view, base=base, back=back)


async def saved(ctx: Context, erasure: Erasure, kind: str) -> Response:
    """Hand a certificate out as a file, of one of the `FORMATS`."""
    document = await certificate(ctx, erasure)
    if kind == "json":
        body = orjson.dumps(document, option=orjson.OPT_INDENT_2)
    else:
        async with ctx.db.read() as tx:
            (view,) = await views(tx, [erasure], ctx.settings)
        body = paper.certificate(words(), view, document, node=ctx.settings.node.name)
    response = Response(body, content_type={"json": "application/json", "pdf": "application/pdf"}[kind])
    response.headers["Content-Disposition"] = f'attachment; filename="erasure-{erasure.id}.{kind}"'
    response.headers["Cache-Control"] = "private, no-store"
    return response


def _known(erasure: Erasure | None, owner: str = "") -> Erasure:
    if erasure is None or (owner and erasure.owner != owner):
        raise NotFound("There is no such page.")
    return erasure


# Officers


@erasures.get("/administration/erasures")
@protecting
async def all_of_them(ctx: Context, viewer: Viewer) -> Response:
    """Every erasure that this node ordered; with `open` those that wait for an answer."""
    return await _list(ctx, base="/administration/erasures", template="administration/erasures.html")


@erasures.get("/administration/erasures/<int:erasure_id>")
@protecting
async def one(ctx: Context, viewer: Viewer, erasure_id: int) -> Response:
    """One erasure, and what each holder answered."""
    async with ctx.db.read() as tx:
        found = _known(await rows.by_id(tx, erasure_id))
    base = f"/administration/erasures/{erasure_id}"
    return await shown(ctx, found, base=base, back="/administration/erasures")


@erasures.get(f"/administration/erasures/<int:erasure_id>.<any({','.join(FORMATS)}):kind>")
@protecting
async def file(ctx: Context, viewer: Viewer, erasure_id: int, kind: str) -> Response:
    """The certificate of one erasure, to be kept."""
    async with ctx.db.read() as tx:
        found = _known(await rows.by_id(tx, erasure_id))
    return await saved(ctx, found, kind)


# Members


@erasures.get("/settings/erasures")
@signed_in
async def own(ctx: Context, viewer: Viewer) -> Response:
    """What a member erased, and whether every node has done so."""
    return await _list(ctx, owner=viewer.account.uri, base="/settings/erasures", template="settings/erasures.html")


@erasures.get("/settings/erasures/<int:erasure_id>")
@signed_in
async def own_one(ctx: Context, viewer: Viewer, erasure_id: int) -> Response:
    """One erasure of one's own."""
    async with ctx.db.read() as tx:
        found = _known(await rows.by_id(tx, erasure_id), viewer.account.uri)
    return await shown(ctx, found, base=f"/settings/erasures/{erasure_id}", back="/settings/erasures")


@erasures.get(f"/settings/erasures/<int:erasure_id>.<any({','.join(FORMATS)}):kind>")
@signed_in
async def own_file(ctx: Context, viewer: Viewer, erasure_id: int, kind: str) -> Response:
    """The certificate of one erasure of one's own."""
    async with ctx.db.read() as tx:
        found = _known(await rows.by_id(tx, erasure_id), viewer.account.uri)
    return await saved(ctx, found, kind)


# The account itself


@erasures.route("/settings/account/erase", methods=["GET", "POST"])
@as_oneself
async def leave(ctx: Context, viewer: Viewer) -> Response:
    """Erase one's account with everything that one wrote, at every node; then a link is shown, this once."""
    status, error = 200, ""
    if request.method == "POST":
        form = await sent()
        try:
            password, address = form.text("password"), request.remote_addr or ""
            held = await members.erase_own(ctx, viewer.account, password, address=address)
            if held is not None:
                g.viewer = None  # who has left is no member, and the page no member's
                return session.forget(await render("erasures/held.html", day=words().date(held)))
            secret = await certificates.give_secret(ctx, viewer.account.uri)
            return session.see(f"/erased/{secret}")
        except AllmendeError as caught:
            status, error = caught.status, told(caught)
    return await render("settings/erase.html", status=status, error=error)


@erasures.get("/erased/<secret>")
async def after(secret: str) -> Response:
    """How the erasure of an account stands, for who has the link."""
    ctx = running()
    async with ctx.db.read() as tx:
        found = await certificates.by_secret(tx, secret)
    return await shown(ctx, found, base=f"/erased/{secret}", back="")


@erasures.get(f"/erased/<secret>.<any({','.join(FORMATS)}):kind>")
async def file_after(secret: str, kind: str) -> Response:
    """The certificate for who has the link."""
    ctx = running()
    async with ctx.db.read() as tx:
        found = await certificates.by_secret(tx, secret)
    return await saved(ctx, found, kind)
