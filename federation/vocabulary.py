"""ActivityPub's verbs and what they take, on the classes of little_boxes. The only importer of it.

little_boxes 0.1.0 knows 14 types, fetches while it parses, changes its input and prints. Here its registry
is extended by the types the fediverse sends, its classes are defined again without those habits, and each
parse works on a copy. It checks that a verb has its actor and an object of a kind that it takes.
"""

from functools import cache
from typing import Any

from federation.documents import kind, listed
from federation.errors import Malformed, Unsupported
from federation.objects import ACTOR_KINDS, CONTRACT_KIND, NOTE_KINDS

Json = dict[str, Any]

VERBS = frozenset(
    {"Create", "Update", "Delete", "Follow", "Accept", "Reject", "Undo", "Like", "Announce", "Block", "Flag",
     "Move", "Add", "Remove", "Offer", "Join", "Leave", "Invite", "EmojiReact", "QuoteRequest", "Lock"}
)  # fmt: skip
_STAMP = "QuoteAuthorization"
_KINDS = VERBS | NOTE_KINDS | ACTOR_KINDS | {"Tombstone", CONTRACT_KIND, _STAMP}
_TAKES: dict[str, frozenset[str]] = {
    "Create": NOTE_KINDS,
    "Update": NOTE_KINDS | ACTOR_KINDS | {CONTRACT_KIND},
    "Delete": NOTE_KINDS | ACTOR_KINDS | {"Tombstone", _STAMP},
    "Follow": ACTOR_KINDS | NOTE_KINDS,
    "Like": NOTE_KINDS,
    "EmojiReact": NOTE_KINDS,
    "Block": ACTOR_KINDS,
    "Flag": NOTE_KINDS | ACTOR_KINDS,
    "Move": ACTOR_KINDS,
    "QuoteRequest": NOTE_KINDS,
    "Announce": NOTE_KINDS | VERBS,
    "Accept": VERBS,
    "Reject": VERBS,
    "Undo": VERBS,
    "Add": NOTE_KINDS | ACTOR_KINDS,
    "Remove": NOTE_KINDS | ACTOR_KINDS,
}


def check(document: Json) -> None:
    """Check that an activity is shaped as its verb demands. Verbs of no use to us pass.

    Raises:
        Malformed: no actor, or an object without type or id. Unsupported: an object this verb does not take.
    """
    errors, types, classes = _classes()
    verb = document.get("type")
    if verb not in _TAKES:
        return
    if "object" not in document:
        raise Malformed(f"{verb} needs an object.")
    given = document["object"]
    if isinstance(given, list):
        given = given[0] if given else None
    if isinstance(given, dict):
        kinds = [kind({"type": part}) for part in listed(given.get("type"))]
        known = next((name for name in kinds if name in types), kinds[0] if kinds else "")
        # Only the outline is handed over; an unknown kind would raise a ValueError of the enum.
        given = {"type": known, "id": given.get("id")} if known in types else {"type": "Unknown"}
        if known and known not in types:
            raise Unsupported(f"{verb} of that kind of object is not understood.")
        # What is answered or undone may be told by its own parts alone (Pixelfed's Reject has no id in it).
        named = isinstance(given.get("id"), str) or verb in ("Create", "Accept", "Reject", "Undo")
        if not known or not named:
            raise Malformed(f"The object of {verb} has no type or no id.")
    elif not isinstance(given, str):
        raise Malformed(f"The object of {verb} is neither an id nor an object.")
    try:
        classes[verb](id=document.get("id"), actor=document.get("actor"), object=given, **{"@context": []})
    except errors.UnexpectedActivityTypeError as error:
        raise Unsupported(f"{verb} does not take that kind of object.") from error
    except errors.Error as error:
        raise Malformed(f"{verb} is not complete.") from error


@cache
def _classes() -> tuple[Any, dict[str, Any], dict[str, Any]]:
    """Define the classes, once and at first use: the import costs 150 ms that commands need not pay."""
    from little_boxes import activitypub, errors

    def member(cls: Any, value: object) -> Any:
        if value not in _KINDS:
            return None
        found = object.__new__(cls)
        found._name_, found._value_ = str(value).upper(), value
        cls._value2member_map_[value] = found
        return found

    activitypub.ActivityType._missing_ = classmethod(member)
    types = {name: activitypub.ActivityType(name) for name in sorted(_KINDS)}

    def identity(self: Any, actor: Any) -> str:
        id = actor.get("id") if isinstance(actor, dict) else actor
        if not isinstance(id, str):
            raise errors.BadActivityError("an actor is an id or an object with one")
        return id

    def no_init(self: Any, **values: Any) -> None:
        raise NotImplementedError

    classes = {
        verb: type(
            verb,
            (activitypub.BaseActivity,),
            {
                "ACTIVITY_TYPE": types[verb],
                "OBJECT_REQUIRED": True,
                "ACTOR_REQUIRED": True,
                "ALLOWED_OBJECT_TYPES": [types[name] for name in sorted(taken)],
                "_validate_person": identity,
                "_init": no_init,
            },
        )
        for verb, taken in _TAKES.items()
    }
    return errors, types, classes
