"""What Mastodon's clients expect in every answer: a strict check of bodies against the entities of its API.

Types are words. `Id?` may be null, `[Tag]` is a list, `{Count}` an object with any names, `=a b` one of these words,
`Quote|ShallowQuote` one of these entities. A field whose name ends with `?` may be missing; any other must be there,
and a field that no entity knows is a fault, for it is a slip of the pen or something that nobody meant to tell.
"""

from collections.abc import Callable, Iterator
from re import compile as pattern
from typing import Any

from tests.entity_fields import ENTITIES

_URL = pattern(r"https?://[^\s/]+(/\S*)?")
_SCALARS: dict[str, Callable[[Any], bool]] = {
    "Text": lambda value: isinstance(value, str),
    "Id": lambda value: isinstance(value, str) and value.isdecimal(),
    "Url": lambda value: isinstance(value, str) and _URL.fullmatch(value) is not None,
    "Socket": lambda value: isinstance(value, str) and pattern(r"wss?://[^\s/]+").fullmatch(value) is not None,
    "Count": lambda value: type(value) is int and value >= 0,
    "Digits": lambda value: isinstance(value, str) and value.isdecimal(),
    "Number": lambda value: type(value) in (int, float),
    "Truth": lambda value: isinstance(value, bool),
    "Time": lambda value: (
        isinstance(value, str) and pattern(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z").fullmatch(value) is not None
    ),
    "Day": lambda value: isinstance(value, str) and pattern(r"\d{4}-\d\d-\d\d").fullmatch(value) is not None,
    "Null": lambda value: value is None,
    "Empty": lambda value: value == {},
}

_ABOUT_A_STATUS = {"mention", "status", "reblog", "favourite", "poll", "update", "quote", "quoted_update", "wall"}
_WITH_QUOTED = {"accepted", "blocked_domain", "muted_account"}


def _poll(body: dict[str, Any]) -> Iterator[str]:
    if any(place >= len(body["options"]) for place in body["own_votes"]):
        yield ".own_votes: names an answer that is not there"
    if bool(body["own_votes"]) > body["voted"]:
        yield ".voted: false, though there are votes of one's own"


def _context(body: dict[str, Any]) -> Iterator[str]:
    seen = {status["id"] for status in body["ancestors"]}
    for place, status in enumerate(body["descendants"]):
        seen.add(status["id"])
        if place and status["in_reply_to_id"] not in seen:
            yield f".descendants[{place}]: answers a post that stands neither above nor before it"


def _status(body: dict[str, Any]) -> Iterator[str]:
    if (body["in_reply_to_id"] is None) != (body["in_reply_to_account_id"] is None):
        yield ".in_reply_to_account_id: only one of the two is there"
    if body["reblog"] is not None and body["reblog"]["reblog"] is not None:
        yield ".reblog.reblog: a boost of a boost"


def _quote(body: dict[str, Any]) -> Iterator[str]:
    if (body["state"] in _WITH_QUOTED) != (body["quoted_status"] is not None):
        yield f".quoted_status: does not go with the state {body['state']}"


def _notification(body: dict[str, Any]) -> Iterator[str]:
    if body["type"] in _ABOUT_A_STATUS and "status" not in body:
        yield f".status: missing, and clients drop a {body['type']} without it"
    if body["type"] == "admin.report" and "report" not in body:
        yield ".report: missing, and clients drop it then"


def _grouped(body: dict[str, Any]) -> Iterator[str]:
    accounts = {one["id"] for one in (*body["accounts"], *body.get("partial_accounts", []))}
    statuses = {one["id"] for one in body["statuses"]}
    for place, group in enumerate(body["notification_groups"]):
        where = f".notification_groups[{place}]"
        if not set(group["sample_account_ids"]) <= accounts:
            yield f"{where}.sample_account_ids: names somebody who is not among the accounts"
        if group.get("status_id") is not None and group["status_id"] not in statuses:
            yield f"{where}.status_id: names a post that is not among the statuses"
        if group["type"] in _ABOUT_A_STATUS and group.get("status_id") is None:
            yield f"{where}.status_id: missing for a {group['type']}"


def _tag(body: dict[str, Any]) -> Iterator[str]:
    if len(body["history"]) != 7:
        yield f".history: {len(body['history'])} days, and clients draw seven"


RULES: dict[str, Callable[[dict[str, Any]], Iterator[str]]] = {
    "Admin::Tag": _tag,
    "Context": _context,
    "GroupedNotificationsResults": _grouped,
    "Notification": _notification,
    "Poll": _poll,
    "Quote": _quote,
    "Status": _status,
    "Tag": _tag,
    "Trends::Link": _tag,
}


def check(entity: str, body: Any) -> None:
    """Check that a body is what clients expect; `entity` in the words above, such as `Status` or `[Account]`.

    Raises:
        AssertionError: it is not; says where and why, a line for each fault.
    """
    found = list(faults(entity, body))
    assert not found, "\n" + "\n".join(found)


def faults(kind: str, body: Any, at: str = "") -> Iterator[str]:
    """Return what is wrong with a body, each with the path that leads to it."""
    at = at or kind.strip("[]{}?")
    if kind.endswith("?"):
        if body is not None:
            yield from faults(kind[:-1], body, at)
    elif kind.startswith("["):
        yield from _each(kind, body, at)
    elif kind.startswith("{"):
        yield from _named(kind, body, at)
    elif kind.startswith("="):
        if body not in kind[1:].split():
            yield f"{at}: {_short(body)}, wants one of {kind[1:]}"
    elif "|" in kind:
        every = [list(faults(one, body, at)) for one in kind.split("|")]
        yield from min(every, key=len)
    elif kind in _SCALARS:
        if not _SCALARS[kind](body):
            yield f"{at}: {_short(body)}, wants {kind}"
    else:
        yield from _entity(kind, body, at)


def _each(kind: str, body: Any, at: str) -> Iterator[str]:
    if not isinstance(body, list):
        yield f"{at}: {_short(body)}, wants a list"
        return
    for place, one in enumerate(body):
        yield from faults(kind[1:-1], one, f"{at}[{place}]")


def _named(kind: str, body: Any, at: str) -> Iterator[str]:
    if not isinstance(body, dict):
        yield f"{at}: {_short(body)}, wants an object"
        return
    for name, one in body.items():
        yield from faults(kind[1:-1], one, f"{at}[{name}]")


def _entity(kind: str, body: Any, at: str) -> Iterator[str]:
    if not isinstance(body, dict):
        yield f"{at}: {_short(body)}, wants a {kind}"
        return
    fields = ENTITIES[kind]
    wrong = False
    for name, wanted in fields.items():
        plain = name.removesuffix("?")
        if plain in body:
            for fault in faults(wanted, body[plain], f"{at}.{plain}"):
                wrong = True
                yield fault
        elif not name.endswith("?"):
            wrong = True
            yield f"{at}.{plain}: missing, wants {wanted}"
    for name in body:
        if name not in fields and f"{name}?" not in fields:
            yield f"{at}.{name}: nobody knows this field"
    if not wrong and kind in RULES:
        yield from (f"{at}{fault}" for fault in RULES[kind](body))


def _short(body: Any) -> str:
    text = repr(body)
    return text if len(text) <= 60 else f"{text[:57]}..."
