"""JSON to typed activities, with the trust rules of FEP-fe34. The inverse of `federation.render`.

Nothing is fetched. Whatever the shape of the input, only Malformed, Unsupported and Refused are raised.
"""

import hashlib
from typing import Any

from federation import activities, documents, hosts, vocabulary
from federation.documents import Json, ids, kind, listed, one_id, text, time
from federation.errors import Malformed, Refused, Unsupported
from federation.objects import ACTOR_KINDS, CONTRACT_KIND, RECEIPT_KIND, Note
from federation.parse_actor import actor
from federation.parse_note import audience, note
from node.domain.text import plain
from node.limits import Limits

_DEFAULTS = Limits()


def activity(document: Json) -> activities.Activity:
    """Return the activity in a checked document (`federation.documents.load`).

    Raises:
        Malformed: it lacks what its verb needs. Refused: it speaks for another origin or author.
        Unsupported: nothing we act on.
    """
    verb = kind(document)
    actor_id = one_id(document.get("actor"))
    if not actor_id or not verb:
        raise Malformed("An activity has a type and an actor.")
    id = _id(document, actor_id)
    if hosts.origin(id) != hosts.origin(actor_id):
        raise Refused("The activity's id is not of its actor's server.")
    given = document.get("object")
    first = listed(given)[0] if listed(given) else None
    object_id = one_id(given) or ""
    # A Flag names its objects in every way there is: only their ids count.
    checked = object_id if verb == "Flag" else given
    vocabulary.check({**document, "type": verb, "actor": actor_id, **({"object": checked} if checked else {})})
    match verb:
        case "Create" if votes := _votes(given):
            return activities.Vote(id, actor_id, *votes)
        case "Create":
            return activities.Create(id, actor_id, _own_note(first, actor_id))
        case "Update" if isinstance(first, dict) and kind(first) == CONTRACT_KIND:
            if hosts.origin(object_id) != hosts.origin(actor_id):
                raise Refused("Only its home tells how a bridge stands.")
            return activities.Contract(id, actor_id, object_id, first, _order(document))
        case "Update" if isinstance(first, str) and (order := _order(document)) is not None:
            return activities.Passage(id, actor_id, first, order)
        case "Update":
            if isinstance(first, dict) and kind(first) in ACTOR_KINDS:
                changed = actor(first)
                if changed.id != actor_id and changed.kind != "Group":
                    raise Refused("Only an actor changes itself.")
                return activities.Update(id, actor_id, changed)
            return activities.Update(id, actor_id, _own_note(first, actor_id))
        case "Delete":
            former = text(first.get("formerType")) if isinstance(first, dict) else ""
            grouped = "audience" in document
            return activities.Delete(id, actor_id, object_id, former, _order(document), grouped)
        case "Follow" | "Join":
            return activities.Follow(id, actor_id, object_id, plain(text(document.get("content")), longest=1_000))
        case "Leave":
            return activities.Undo(id, actor_id, f"{actor_id}#follows/{object_id}", "Follow", object_id)
        case "Invite":
            return activities.Invite(id, actor_id, object_id, one_id(document.get("target")) or "")
        case "Accept" if isinstance(signed := document.get("result"), dict) and kind(signed) == CONTRACT_KIND:
            return activities.Agreement(id, actor_id, object_id, signed)
        case "Accept" if isinstance(signed := document.get("result"), dict) and kind(signed) == RECEIPT_KIND:
            return activities.Receipt(id, actor_id, object_id, signed)
        case "Accept":
            return activities.Accept(id, actor_id, object_id, _follow(first), one_id(document.get("result")) or "")
        case "Reject":
            return activities.Reject(id, actor_id, object_id, _follow(first))
        case "Undo":
            inner = first if isinstance(first, dict) else {}
            author = one_id(inner.get("actor"))
            if author is not None and author != actor_id:
                raise Refused("Only its own actor undoes an activity.")
            about = one_id(inner.get("target" if kind(inner) == "Invite" else "object")) or ""
            return activities.Undo(id, actor_id, object_id, kind(inner), about)
        case "Like" | "EmojiReact":
            return activities.Like(id, actor_id, object_id)
        case "Announce":
            to, cc = audience(document)
            told, about = _passed_on(first)
            return activities.Announce(id, actor_id, about, told, to, cc, time(document.get("published")))
        case "Block" if "target" in document:
            raise Unsupported("A ban from a group is the group's own affair.")
        case "Block":
            return activities.Block(id, actor_id, object_id)
        case "QuoteRequest":
            return activities.QuoteRequest(id, actor_id, object_id, one_id(document.get("instrument")) or "")
        case "Flag":
            objects = ids(given)[: _DEFAULTS.tags]
            return activities.Flag(id, actor_id, object_id, objects, _complaint(document))
        case "Move":
            if object_id != actor_id:
                raise Refused("Only an actor moves itself.")
            return activities.Move(id, actor_id, object_id, one_id(document.get("target")) or "")
        case "Add" | "Remove":
            target = document.get("target")
            embedded = target if isinstance(target, dict) else None
            made = activities.Add if verb == "Add" else activities.Remove
            return made(id, actor_id, object_id, one_id(target) or "", embedded)
        case _:
            return activities.Other(id, actor_id, verb, object_id)


def _order(document: Json) -> Json | None:
    given = document.get("order")
    return given if isinstance(given, dict) else None


def _id(document: Json, actor_id: str) -> str:
    """Return an activity's id. One without (Mastodon's Add and Remove) is told from others by its content."""
    id = document.get("id")
    if id is None:
        return f"{actor_id}#transient-{hashlib.sha256(documents.dump(document)).hexdigest()[:32]}"
    if not isinstance(id, str) or not id:
        raise Malformed("The id of an activity is a text.")
    return id


def _votes(given: Any) -> tuple[str, tuple[str, ...]] | None:
    """Return (question, names of answers) when all that is created are votes: notes with a name and no content."""
    votes = [
        (one_id(item.get("inReplyTo")) or "", text(item.get("name")))
        for item in listed(given)
        if isinstance(item, dict) and kind(item) == "Note" and not item.get("content") and "contentMap" not in item
    ]
    whole = bool(votes) and len(votes) == len(listed(given)) and all(question and name for question, name in votes)
    if not whole or len({question for question, _ in votes}) != 1:
        return None
    return votes[0][0], tuple(name for _, name in votes[: _DEFAULTS.poll_options])


def _passed_on(value: Any) -> tuple[activities.Told | None, str]:
    """Return what an Announce says was done (None: it passes on an object itself), and the id of the object."""
    if not isinstance(value, dict) or kind(value) not in vocabulary.VERBS:
        return None, one_id(value) or ""
    undone = next(iter(listed(value.get("object"))), None)
    done = undone if kind(value) == "Undo" and isinstance(undone, dict) else value
    told = activities.Told(
        verb=kind(value),
        undone=kind(done) if done is not value else "",
        actor=one_id(value.get("actor")) or "",
        target=one_id(done.get("target")) or "",
    )
    return told, one_id(done.get("object")) or ""


def _complaint(document: Json) -> str:
    """Mastodon and Misskey write into `content`, Lemmy into `summary`."""
    return text(document.get("content")) or text(document.get("summary"))


def _own_note(value: Any, actor_id: str) -> Note:
    if not isinstance(value, dict):
        raise Unsupported("An object that is only named by its id is not taken.")
    found = note(value)
    if found.author != actor_id or hosts.origin(found.id) != hosts.origin(actor_id):
        raise Refused("The object is not the actor's own.")
    return found


def _follow(value: Any) -> activities.Follow | None:
    if not isinstance(value, dict) or kind(value) not in ("Follow", "Join"):
        return None
    follower, target = one_id(value.get("actor")), one_id(value.get("object"))
    if not follower or not target:
        return None
    return activities.Follow(text(value.get("id")), follower, target)
