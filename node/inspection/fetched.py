"""What another server shows us at an address or under a handle, and whether this node would take it."""

import asyncio
import socket
from dataclasses import replace
from ipaddress import ip_address

import orjson

from federation import documents, hosts, parse_actor, parse_note, resolve
from federation.documents import Json
from federation.errors import Malformed, Refused, Unsupported, Vanished
from federation.guard import Address, Guard, Lookup
from federation.hosts import Url
from federation.objects import ACTOR_KINDS, NOTE_KINDS
from federation.vocabulary import VERBS
from federation.wire import ACCEPT_DOCUMENT, ACTIVITY, Reply
from node.context import Context
from node.domain.accounts import Account, split_handle
from node.errors import AllmendeError
from node.inspection import objects
from node.inspection.rehearsal import Exchange, Rehearsal
from node.inspection.steps import Report, Step
from node.store import accounts, posts

_NO_HOST = "forgotten.invalid"
_STATUS_HINTS = {
    401: "It does not take our signature: compare the clocks, and ask whether it knows or blocks this node.",
    403: "It does not let this node read: ask whether it knows or blocks this node.",
    404: "There is nothing for this node: a mistyped address, or a post that is not meant for anybody here.",
    410: "It was deleted there.",
    429: "It has had too many questions from here. Try again later.",
}


async def fetch(ctx: Context, what: str) -> list[Step]:
    """Fetch an address or a handle (user@host) as the node would; tell each step, and keep nothing."""
    report, rehearsal = Report(), Rehearsal(ctx)
    address: str | None = what
    if "://" not in what:
        address = await _finger(report, rehearsal, ctx, what)
    if address is not None:
        await _look_at(report, rehearsal, ctx, address)
    return report.conclude(ok=not report.failed())


async def _finger(report: Report, rehearsal: Rehearsal, ctx: Context, handle: str) -> str | None:
    """Ask for a handle; return the actor's address."""
    username, place = split_handle(handle)
    if not username or not place:
        report.add("handle", f"{handle} is neither an address nor a handle like user@host.", ok=False)
        return None
    host = report.check("handle", lambda: hosts.authority(place), lambda found: f"{username} at {found}")
    if host is None or not await objects.member(report, ctx, host):
        return None
    try:
        account = await rehearsal.run(lambda inside: _asked_anew(inside, username, host))
        failure = None
    except AllmendeError as error:
        account, failure = None, error
    asked = rehearsal.wire.heard
    if account is not None and account.local:
        report.add("webfinger", "It is one of this node's own people: nobody is asked.")
        return account.uri
    if not asked:
        report.add("webfinger", failure.message if failure else "There is nobody of that name here.", ok=False)
        return None
    links = _finger_answer(report, asked[0])
    followed = [exchange.url for exchange in asked if exchange.accept == ACCEPT_DOCUMENT]
    address = account.uri if account else next(iter(followed), None)
    if links is not None:
        none = f"No link with rel=self and type {ACTIVITY} leads to an actor at {host}. {links}"
        report.add("self link", address or none, ok=address is not None)
    if account is None and failure is None and address is not None:
        report.add("name", f"The actor there has another name than {username}.", ok=False)
    return address


async def _asked_anew(ctx: Context, username: str, host: str) -> Account | None:
    """Look a handle up as if its account had never been met, so that its server is asked."""
    if host != ctx.settings.authority:
        async with ctx.change() as change:
            known = await accounts.by_handle(change.tx, username, host)
            if known is not None:
                await accounts.update(change.tx, replace(known, host=_NO_HOST))
    return await resolve.handle(ctx, username, host)


def _finger_answer(report: Report, exchange: Exchange) -> str | None:
    """Tell how WebFinger went; return its links in words, None when there is no answer to read."""
    reply = exchange.outcome
    report.add("webfinger", f"GET {exchange.url}")
    if not isinstance(reply, Reply):
        report.add("answer", _why(reply), ok=False)
        return None
    report.add("answer", f"{reply.status}, {reply.content_type or 'no type'}, {len(reply.body)} bytes",
               ok=reply.status == 200)  # fmt: skip
    if reply.status != 200:
        return None
    try:
        found = orjson.loads(reply.body).get("links", [])
        links = [f"{link.get('rel')} {link.get('type', '')} {link.get('href', '')}".strip() for link in found]
    except (ValueError, AttributeError, TypeError):
        return "The answer is no JSON with links."
    return f"Its links: {'; '.join(links) or 'none'}."


async def _look_at(report: Report, rehearsal: Rehearsal, ctx: Context, address: str) -> None:
    """Tell everything about a document."""
    url = report.check("address", lambda: hosts.parse(address), lambda found: found.text)
    if url is None:
        return
    allowed = await _guarded(report, rehearsal.wire.guard, rehearsal.wire.lookup, url)
    if not await objects.member(report, ctx, url.authority) or not allowed:
        return
    so_far = len(report.steps)
    try:
        document = await rehearsal.run(lambda inside: resolve.document(inside, address))
    except AllmendeError as error:
        for exchange in rehearsal.wire.heard:
            _told(report, ctx, exchange)
        # What the answer's own steps do not show: an id elsewhere, or none.
        if not report.failed(so_far):
            report.add("id", error.message, ok=False)
        return
    for exchange in rehearsal.wire.heard:
        _told(report, ctx, exchange)
    report.add("id", f"{document['id']}, which is where it was found")
    await _understood(report, rehearsal, ctx, address, document)


async def _guarded(report: Report, guard: Guard, lookup: Lookup, url: Url) -> bool:
    """Tell whether the node may connect there at all, and to which addresses."""
    try:
        guard.check_url(url)
    except Refused as error:
        report.add("guard", f"{error.message}: see federation.ports and node.development in the settings.", ok=False)
        return False
    port = f"{url.scheme} on port {url.port} may be used"
    try:
        found = await lookup.addresses(url.host, url.port)
    except Refused:
        told = "; ".join([_verdict(guard, url.host, address) for address in await _resolved(url)])
        text = f"{port}, but not every address may be: {told}. See federation.private_hosts in the settings."
        report.add("guard", text, ok=False)
        return False
    except OSError as error:
        text = f"{port}, but the name system has no address for {url.host} ({error or type(error).__name__})."
        report.add("guard", text, ok=False)
        return False
    report.add("guard", f"{port}; {url.host} is at {', '.join(found)}, which may be connected to.")
    return True


def _verdict(guard: Guard, host: str, address: Address) -> str:
    try:
        guard.check_addresses(host, [address])
    except Refused:
        return f"{address} is forbidden"
    return f"{address} is allowed"


async def _resolved(url: Url) -> list[Address]:
    answers = await asyncio.get_running_loop().getaddrinfo(url.host, url.port, type=socket.SOCK_STREAM)
    return [ip_address(text) for text in dict.fromkeys(str(answer[4][0]) for answer in answers)]


def _told(report: Report, ctx: Context, exchange: Exchange) -> None:
    """Tell how a document was asked for, and what came."""
    if exchange.accept != ACCEPT_DOCUMENT:
        return
    before = ""
    for url, scheme in exchange.signed:
        if url != before:
            led = "A redirect leads on: " if before else ""
            report.add("asked", f"{led}GET {url}, signed after {scheme}")
        else:
            report.add("asked", f"400 or 401, so once more, signed after {scheme}")
        before = url
    reply = exchange.outcome
    if not isinstance(reply, Reply):
        where = f"It redirects to {exchange.refused}, which is no member. " if exchange.refused else ""
        report.add("answer", f"{where}{_why(reply)}", ok=False)
        return
    hint = _STATUS_HINTS.get(reply.status, "" if reply.status == 200 else "Look at its log.")
    report.add("status", f"{reply.status} from {reply.url}. {hint}".strip(), ok=reply.status == 200)
    if reply.status != 200:
        return
    profile = f" with the profile {reply.profile}" if reply.profile else ""
    label = f"{reply.content_type or 'none, or two'}{profile}"
    report.add(
        "content type",
        label if reply.is_document else f"{label}: only {ACTIVITY}, or ld+json with its profile, is read.",
        ok=reply.is_document,
    )
    report.add("size", f"{len(reply.body)} bytes of at most {ctx.settings.limits.fetched_document}")
    report.check("JSON", lambda: documents.load(reply.body, ctx.settings.limits), _outline)
    if reply.date is not None:
        ahead = (reply.date - ctx.clock()) / 1000
        ok = abs(ahead) <= ctx.settings.limits.created_skew_seconds
        where = "ahead of" if ahead > 0 else "behind"
        advice = "" if ok else " Set both by NTP: signatures made there are refused here, or soon will be."
        report.add("clock", f"Theirs is {abs(ahead):.0f} s {where} ours.{advice}", ok=ok)


def _why(error: AllmendeError) -> str:
    """An error with what the network said: a refused connection, a certificate that ran out."""
    cause = error.__cause__
    return f"{error.message} ({type(cause).__name__}: {cause})" if str(cause or "") else error.message


def _outline(document: Json) -> str:
    id = document.get("id")
    return f"{documents.kind(document) or 'no type'}, {id if isinstance(id, str) else 'without an id'}"


async def _understood(report: Report, rehearsal: Rehearsal, ctx: Context, address: str, document: Json) -> None:
    """Tell what our readers make of a document, and whether it would be kept."""
    kind, id = documents.kind(document), str(document["id"])
    if kind in ACTOR_KINDS:
        actor = report.check("actor", lambda: parse_actor.actor(document), lambda _: "")
        if actor is not None:
            objects.actor(report, ctx, actor)
    elif kind in NOTE_KINDS:
        note = report.check("post", lambda: parse_note.note(document), lambda found: f"{found.kind} {found.id}")
        if note is not None:
            await objects.note(report, rehearsal, note)
    await report.check_later(
        "kept", rehearsal.run(lambda inside: _kept(inside, address, document)), lambda said: said, hint=f"It is {id}."
    )


async def _kept(ctx: Context, address: str, document: Json) -> str:
    """Take a document in, by the way on which the node would.

    Raises:
        AllmendeError: why it would not.
    """
    kind, id = documents.kind(document), str(document["id"])
    if "#" in address or ("publicKeyPem" in document and kind not in ACTOR_KINDS):
        owner = await resolve.key_owner(ctx, address)
        return f"The key would be taken as that of {owner.uri}."
    if kind in ACTOR_KINDS:
        account = await resolve.actor(ctx, id, again=True)
        return f"It would be known as {account.handle(ctx.settings.authority)}."
    if kind in NOTE_KINDS:
        await resolve.refresh(ctx, id)
        async with ctx.db.read() as tx:
            post = await posts.by_uri(tx, id)
        if post is None:
            raise Refused("This node deleted it, or its author is gone: it does not come back.")
        return f"It would be a post for readers of the kind: {post.visibility}."
    if kind == "Tombstone":
        raise Vanished("It was deleted there.")
    if kind in VERBS:
        raise Unsupported("Activities are not fetched, they come by the inbox: allmende inspect looks at those.")
    raise Malformed(f"The type {kind or '(none)'} is nothing that this node keeps.")
