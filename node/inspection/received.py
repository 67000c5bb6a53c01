"""What another server sent us, taken from a file, and what this node would make of it."""

from federation import documents, hosts, origin, parse, parse_note, proofs
from federation.activities import Activity, Create, Other, Update, about
from federation.documents import Json, kind, one_id
from federation.objects import ACTOR_KINDS, NOTE_KINDS, Actor, Note
from federation.origin import Word
from federation.verify import Peer
from node.context import Context
from node.errors import AllmendeError
from node.inspection import captured, objects, outcome, signed
from node.inspection.rehearsal import Rehearsal
from node.inspection.steps import Report, Step

_STRANGER = Peer(account_id=0, actor="", host="")
_AGE_ONLY = {"clock", "answer"}


async def inspect(ctx: Context, raw: bytes) -> list[Step]:
    """Look at a captured request, or at JSON alone; tell each step, and keep nothing.

    JSON alone is taken as if its own actor had signed it.
    """
    report, rehearsal = Report(), Rehearsal(ctx)
    if not captured.is_request(raw):
        ok = await _Content(report, rehearsal, ctx).look_at(raw)
        return report.conclude(ok=ok)
    request = report.check(
        "request",
        lambda: captured.read(raw),
        lambda found: f"{found.method} {found.target}, {len(found.headers)} headers, {len(found.body or b'')} bytes",
    )
    if request is None:
        return report.conclude(ok=False)
    peer = await signed.look_at(report, rehearsal, ctx, request)
    status, said = await rehearsal.run(lambda inside: captured.answer(inside, request))
    taken = status < 400
    ok = taken
    if request.body is not None:
        content = _Content(report, rehearsal, ctx, is_request=True, peer=peer, taken=taken)
        ok = await content.look_at(request.body) and taken
    report.add("answer", f"This node would answer {status}{': ' if said else '.'}{said}", ok=taken)
    aged = not ok and set(report.failed()) <= _AGE_ONLY
    return report.conclude(ok=ok, why="Only its age is wrong." if aged else "")


class _Content:
    """Looks at an activity. peer: who signed the request, as far as known; taken: whether our door would take it."""

    def __init__(
        self,
        report: Report,
        rehearsal: Rehearsal,
        ctx: Context,
        *,
        is_request: bool = False,
        peer: Peer | None = None,
        taken: bool = True,
    ) -> None:
        self._report = report
        self._rehearsal = rehearsal
        self._ctx = ctx
        self._is_request = is_request
        self._peer = peer
        self._taken = taken

    async def look_at(self, body: bytes) -> bool:
        """Tell each step; return whether the activity would have an effect here."""
        limits = self._ctx.settings.limits
        document = self._report.check(
            "JSON", lambda: documents.load(body, limits), lambda found: f"{len(body)} bytes, {_type(found)}"
        )
        if document is None:
            return False
        if not self._is_request and kind(document) in NOTE_KINDS | ACTOR_KINDS:
            bare, said = document, "It is no activity. It is looked at as if its author sent it in one."
            document = self._report.check("object", lambda: _sent(bare), lambda _: said)
            if document is None:
                return False
        return await self._activity(document)

    async def _activity(self, document: Json) -> bool:
        activity = self._report.check("activity", lambda: parse.activity(document), _told)
        named = activity or _outline(document)
        if named is None:
            return False
        if activity is not None:
            await self._object(activity)
        if not self._is_request:
            host = self._report.check("actor", lambda: hosts.authority(named.actor), lambda _: "")
            self._taken = host is not None and await objects.member(self._report, self._ctx, host)
        await self._proof(document, named)
        word = await self._word(document, named)
        if activity is None or word is None:
            return False
        return await outcome.tell(self._report, self._rehearsal, activity, word, taken=self._taken) and self._taken

    async def _object(self, activity: Activity) -> None:
        match activity:
            case Create(object=Note() as note) | Update(object=Note() as note):
                await objects.note(self._report, self._rehearsal, note)
            case Update(object=Actor() as actor):
                objects.actor(self._report, self._ctx, actor)

    async def _proof(self, document: Json, activity: Activity) -> None:
        """Tell whether the actor vouches for the document, whoever signed the request (FEP-8b32)."""
        key_id = proofs.key_of(document)
        if not key_id:
            what = (
                "It is of a kind that is not read here, and counts for nothing."
                if "proof" in document
                else "There is none."
            )
            self._report.add("proof", what)
            return
        try:
            word = await self._rehearsal.run(lambda ctx: origin.word(ctx, _STRANGER, document, activity))
        except AllmendeError as error:
            self._report.add("proof", f"{error.message} Its key is {key_id}.", ok=False)
            return
        if word is Word.PROVEN:
            self._report.add("proof", f"It holds, by the key {key_id}.")
        else:
            text = f"The actor has no key {key_id}, as far as can be learnt: the proof counts for nothing."
            self._report.add("proof", text, ok=False)

    async def _word(self, document: Json, activity: Activity) -> Word | None:
        """Tell whose word the activity is."""
        peer = self._peer or Peer(0, activity.actor, "")
        try:
            word = await self._rehearsal.run(lambda ctx: origin.word(ctx, peer, document, activity))
        except AllmendeError as error:
            self._report.add("origin", error.message, ok=False)
            return None
        if self._peer is None:
            text = f"own, if {activity.actor} signed the request"
            self._report.add("origin", text, ok=not self._is_request)
        elif word is Word.OWN:
            self._report.add("origin", f"own: {word.value}")
        else:
            name = word.name.lower()
            text = f"{name}: {word.value}. The actor is {activity.actor}, and {peer.actor} signed."
            self._report.add("origin", text, ok=self._taken or word is Word.PROVEN)
        return word


def _type(document: Json) -> str:
    return f"type {kind(document)}" if kind(document) else "no type"


def _told(activity: Activity) -> str:
    name = type(activity).__name__
    return f"{name} by {activity.actor}, about {about(activity) or 'nothing'}: {activity.id}"


def _sent(document: Json) -> Json:
    """Return an activity by which an object's author would send it.

    Raises:
        Malformed: it has no author.
    """
    is_actor = kind(document) in ACTOR_KINDS
    actor = document.get("id") if is_actor else parse_note.note(document).author
    verb = "Update" if is_actor else "Create"
    return {"id": f"{document.get('id')}#sent", "type": verb, "actor": actor, "object": document}


def _outline(document: Json) -> Activity | None:
    """Return what an activity that was refused says of itself, so that the other checks can be made all the same."""
    id, actor = document.get("id"), one_id(document.get("actor"))
    if not isinstance(id, str) or not actor:
        return None
    return Other(id, actor, kind(document), one_id(document.get("object")) or "")
