"""How every route answers and reads: JSON out; JSON or a form in; pages by id with a Link header."""

from collections.abc import Iterable, Mapping, Sequence
from re import compile as pattern
from typing import Any
from urllib.parse import parse_qsl, urlencode

import orjson
from quart import Response, request

from node.context import running
from node.errors import Invalid
from node.store.pages import NEWEST, Page

Given = dict[str, Any]
"""What a client sent: texts, lists and further dicts, by name."""

JSON = "application/json; charset=utf-8"
CACHE = "private, no-store"

_LONGEST_PAGE = 40
_STEP = pattern(r"\[([^\[\]]*)\]")
_MOST_STEPS = 3
_MOST_FIELDS = 1_000
_PAGING = frozenset({"max_id", "since_id", "min_id", "offset"})


def answer(body: Any, *, link: str = "", status: int = 200) -> Response:
    """Return JSON as clients expect it, with a Link header when there are other pages."""
    response = Response(orjson.dumps(body), status=status, content_type=JSON)
    response.headers["Cache-Control"] = CACHE
    if link:
        response.headers["Link"] = link
    return response


async def fields() -> Given:
    """Return what the client sent in the body: JSON, or a form in Rails' notation (`x[]`, `x[y]`).

    Raises:
        Invalid: a body that is neither.
    """
    if request.mimetype == "application/json":
        return json_fields(await request.get_data())
    if request.mimetype == "application/x-www-form-urlencoded":
        # In the order in which it was sent, which Werkzeug's forms do not keep.
        return nested(_pairs(await request.get_data(True, False, False)))
    return nested((await request.form).items(multi=True))


def json_fields(body: str | bytes) -> Given:
    """Return what stands in a JSON body, nothing in an empty one.

    Raises:
        Invalid: it is none, or no object.
    """
    try:
        found = orjson.loads(body or b"{}")
    except orjson.JSONDecodeError as error:
        raise Invalid("The body is no valid JSON.") from error
    if not isinstance(found, dict):
        raise Invalid("The body is a JSON object.")
    return found


def query() -> Given:
    """Return what the client asked for in the address, in the same notation."""
    return nested(_pairs(request.query_string))


def _pairs(encoded: bytes) -> list[tuple[str, str]]:
    try:
        return parse_qsl(encoded.decode(), keep_blank_values=True, errors="strict", max_num_fields=_MOST_FIELDS)
    except ValueError as error:
        raise Invalid("The form is not valid.") from error


def nested(pairs: Iterable[tuple[str, Any]]) -> Given:
    """Return (name, value) pairs as dicts and lists: `a[]=1&a[]=2` is a list, `a[b]=1` a dict, `a=1&a=2` a list too.

    Raises:
        Invalid: a name that is one thing here and another there.
    """
    found: Given = {}
    for name, value in pairs:
        head, _, _ = name.partition("[")
        steps = _STEP.findall(name[len(head) :])[:_MOST_STEPS]
        _put(found, [head, *steps], value)
    return found


def _put(into: Given, path: list[str], value: Any) -> None:
    step, rest = path[0], path[1:]
    if not rest:
        known = into.get(step)
        into[step] = value if known is None else [*(known if isinstance(known, list) else [known]), value]
        return
    inner = into.setdefault(step, {} if rest[0] else [])
    if rest[0] and isinstance(inner, dict):
        _put(inner, rest, value)
        return
    if rest[0] or not isinstance(inner, list):
        raise Invalid(f"{step} is given in two ways.")
    if len(rest) == 1:
        inner.append(value)
    else:
        # `x[][a]=1&x[][b]=2` is one entry; a name that comes again begins the next.
        if not inner or not isinstance(inner[-1], dict) or rest[1] in inner[-1]:
            inner.append({})
        _put(inner[-1], rest[1:], value)


def listed(value: Any) -> list[Any]:
    """Return a list from a list, from a dict with numbers for names (as forms have them), or from one value."""
    if value is None or value == "":
        return []
    if isinstance(value, dict):
        return list(value.values())
    return value if isinstance(value, list) else [value]


def text(value: Any) -> str:
    """Return text, without the one character that not every database can keep; '' when nothing is given."""
    return "" if value is None or isinstance(value, dict | list) else str(value).replace("\0", "")


def number(value: Any, name: str) -> int | None:
    """Return an id of ours, or another number, from text; None when it is not given.

    Raises:
        Invalid: no number.
    """
    if value in (None, ""):
        return None
    if isinstance(value, bool) or not str(value).isdecimal() or len(str(value)) > 19 or int(value) > NEWEST:
        raise Invalid(f"{name} is no number.")
    return int(value)


def numbers(value: Any, name: str) -> list[int]:
    """Return ids of ours from a list or one value.

    Raises:
        Invalid: one of them is no number.
    """
    return [found for one in listed(value) if (found := number(one, name)) is not None]


def truth(value: Any) -> bool:
    """Return whether a client said yes, in JSON or in a form."""
    return value in (True, "true", "True", "1", "on", 1)


def paging(*, most: int = _LONGEST_PAGE, usual: int = 20) -> Page:
    """Return which part of a list is asked for: `max_id`, `since_id`, `min_id`, all exclusive, and `limit`."""
    return page_of(request.args, most=most, usual=usual)


def page_of(given: Mapping[str, str], *, most: int = _LONGEST_PAGE, usual: int = 20) -> Page:
    """Return which part of a list these parameters ask for: see `paging`.

    Raises:
        Invalid: one of them is no number.
    """
    before = number(given.get("max_id"), "max_id")
    since = number(given.get("since_id"), "since_id")
    least = number(given.get("min_id"), "min_id")
    limit = number(given.get("limit"), "limit")
    return Page(
        before=min(before or NEWEST, NEWEST),
        after=max(least or 0, since or 0),
        upward=least is not None,
        limit=max(1, min(usual if limit is None else limit, most)),
    )


def links(page: Page, ids: list[int]) -> str:
    """Return the Link header for a page with these ids, newest first: `next` is older, `prev` newer.

    Without `next` when this was the last page: clients go on for as long as there is one.
    """
    return links_at(_here(), list(request.args.items(multi=True)), page, ids)


def links_at(address: str, given: Sequence[tuple[str, str]], page: Page, ids: list[int]) -> str:
    """Return the Link header of a page at an address that was asked with these parameters: see `links`."""
    if not ids:
        return ""
    ways = [("next", "max_id", ids[-1])] if len(ids) >= page.limit else []
    ways.append(("prev", "min_id", ids[0]))
    return ", ".join(f'<{address}?{_asked(given, name, id)}>; rel="{way}"' for way, name, id in ways)


def offset_links(offset: int, limit: int, found: int) -> str:
    """Return the Link header for a page that is counted from the start."""
    further = _asked(list(request.args.items(multi=True)), "offset", offset + limit)
    return f'<{_here()}?{further}>; rel="next"' if found >= limit else ""


def _here() -> str:
    return f"{running().settings.url}{request.path}"


def _asked(given: Sequence[tuple[str, str]], name: str, value: int) -> str:
    return urlencode([*((key, one) for key, one in given if key not in _PAGING), (name, value)])
