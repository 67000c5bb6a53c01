"""Bytes to checked plain JSON, and the small readers every document needs.

Documents are read as JSON with known keys; contexts are never fetched (threat S16). `@id`, `@type`, `as:`
and full type names are made plain here and nowhere else.
"""

import json
from collections.abc import Iterator
from datetime import datetime
from re import DOTALL
from re import compile as pattern
from typing import Any, cast

import orjson

from federation.addressing import PUBLIC
from federation.errors import Malformed
from node.limits import Limits

Json = dict[str, Any]

_AS = "https://www.w3.org/ns/activitystreams#"
_BIGGEST = 2**53
_LAST_SECOND = 253_370_764_800  # the year 9999, which not all time zones can tell to its end
# Possessive, and content with a string that never ends: linear whatever comes.
_STRUCTURE = pattern(rb'"(?:[^"\\]|\\.)*+"?|[\[\]{}]', DOTALL)
_SURROGATE = pattern("[\ud800-\udfff\u0000]")


def load(body: bytes, limits: Limits) -> Json:
    """Return the JSON object in `body`, within the limits on depth, size and number of everything in it.

    Raises:
        Malformed: no UTF-8, no JSON, duplicate keys, too deep or too much, or no object.
    """
    # Most documents are so small that counting proves them within the limits; the others are walked through.
    if body.count(b"{") + body.count(b"[") > limits.json_depth:
        _check_depth(body, limits.json_depth)
    try:
        found = json.loads(
            body.decode(),
            object_pairs_hook=_unique,
            parse_constant=_no_constant,
            parse_int=_integer,
            parse_float=_float,
        )
    except (ValueError, RecursionError) as error:
        raise Malformed("That is no valid JSON.") from error
    if not isinstance(found, dict):
        raise Malformed("A document is a JSON object.")
    small = len(body) <= min(limits.json_nodes, limits.json_string) and body.count(b",") < limits.json_items
    if not small or b"\\u" in body:
        _check_size(found, limits)
    return _plain(found, body)


def reload(body: bytes) -> Json:
    """Return the JSON object in bytes that `load` accepted before."""
    return _plain(orjson.loads(body), body)


def _plain(document: Json, body: bytes) -> Json:
    if b'"@id"' in body or b'"@type"' in body:
        return cast(Json, _plain_keys(document))
    return document


def dump(document: Json) -> bytes:
    """Return a document as bytes."""
    return orjson.dumps(document)


def _check_depth(body: bytes, most: int) -> None:
    depth = 0
    for found in _STRUCTURE.finditer(body):
        first = found[0][0]
        if first in b"[{":
            depth += 1
            if depth > most:
                raise Malformed("The document is nested too deeply.")
        elif first in b"]}":
            depth -= 1


def _unique(pairs: list[tuple[str, Any]]) -> Json:
    found: Json = {}
    for name, value in pairs:
        if name in found:
            raise ValueError("a key stands twice")
        found[name] = value
    return found


def _plain_keys(value: Any) -> Any:
    """Write `@id` and `@type` as `id` and `type`. Contexts stay as they are: proofs are made over them."""
    if isinstance(value, list):
        return [_plain_keys(item) for item in value]
    if not isinstance(value, dict):
        return value
    found: Json = {}
    for name, item in value.items():
        short = name[1:] if name in ("@id", "@type") else name
        if short in found:
            raise Malformed("An object has two ids or two types.")
        found[short] = item if name == "@context" else _plain_keys(item)
    return found


def _no_constant(name: str) -> None:
    raise ValueError(f"{name} is no JSON")


def _integer(digits: str) -> int:
    if len(digits) > 17 or abs(int(digits)) > _BIGGEST:
        raise ValueError("a number is too big")
    return int(digits)


def _float(digits: str) -> float:
    number = float(digits)
    if number in (float("inf"), float("-inf")):
        raise ValueError("a number is too big")
    return number


def _check_size(document: Json, limits: Limits) -> None:
    count = 0
    waiting: list[Any] = [document]
    while waiting:
        value = waiting.pop()
        count += 1
        if count > limits.json_nodes:
            raise Malformed("The document has too many parts.")
        if isinstance(value, dict):
            count += len(value)
            waiting.extend(value)
            waiting.extend(value.values())
        elif isinstance(value, list):
            if len(value) > limits.json_items:
                raise Malformed("A list in the document is too long.")
            waiting.extend(value)
        elif isinstance(value, str):
            if len(value) > limits.json_string:
                raise Malformed("A text in the document is too long.")
            if _SURROGATE.search(value):
                raise Malformed("A text in the document has characters that are none.")


def listed(value: Any) -> list[Any]:
    """Return a single value or a list as a list; None as an empty one."""
    if value is None:
        return []
    return value if isinstance(value, list) else [value]


def ids(value: Any) -> tuple[str, ...]:
    """Return the ids in a string, an object with an id, or a list of those; every spelling of Public as one."""
    return tuple(dict.fromkeys(_ids(value)))


def _ids(value: Any) -> Iterator[str]:
    for item in listed(value):
        id = item.get("id") if isinstance(item, dict) else item
        if isinstance(id, str) and id:
            yield PUBLIC if id in ("as:Public", "Public") else id


def one_id(value: Any) -> str | None:
    """Return the first of `ids`."""
    return next(_ids(value), None)


def text(value: Any) -> str:
    """Return a string, '' for anything else."""
    return value if isinstance(value, str) else ""


def link(value: Any) -> str:
    """Return the first address in a string, a Link, or a list of those; '' for none."""
    for item in listed(value):
        if isinstance(item, str):
            return item
        if isinstance(item, dict) and isinstance(item.get("href"), str):
            return str(item["href"])
    return ""


def kind(document: Json) -> str:
    """Return the type by its short name; of several, the first that is one."""
    first = next((part for part in listed(document.get("type")) if isinstance(part, str)), "")
    return first.removeprefix(_AS).removeprefix("as:")


def time(value: Any) -> int | None:
    """Return ISO 8601 as Unix milliseconds, None for what is no time after 1970 or can be shown on no clock."""
    if not isinstance(value, str) or len(value) > 40:
        return None
    try:
        moment = datetime.fromisoformat(value)
        seconds = moment.timestamp() if moment.tzinfo else datetime.fromisoformat(value + "+00:00").timestamp()
    except (ValueError, OverflowError):
        return None
    return int(seconds * 1000) if 0 < seconds < _LAST_SECOND else None
