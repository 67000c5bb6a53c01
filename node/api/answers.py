"""How every route answers and reads: JSON out; JSON or a form in; pages by id."""

from typing import Any

import orjson
from quart import Response, request

from node.errors import Invalid
from node.store.posts import NEWEST

_LONGEST_PAGE = 40


def answer(body: Any, *, link: str = "") -> Response:
    """Return JSON as clients expect it, with a Link header when there is an older page."""
    response = Response(orjson.dumps(body), content_type="application/json; charset=utf-8")
    response.headers["Cache-Control"] = "private, no-store"
    if link:
        response.headers["Link"] = link
    return response


async def fields() -> dict[str, Any]:
    """Return what the client sent, JSON or form.

    Raises:
        Invalid: a body that is neither.
    """
    if request.mimetype == "application/json":
        try:
            found = orjson.loads(await request.get_data() or b"{}")
        except orjson.JSONDecodeError as error:
            raise Invalid("The body is no valid JSON.") from error
        if not isinstance(found, dict):
            raise Invalid("The body is a JSON object.")
        return found
    return dict((await request.form).items())


def number(value: Any, name: str) -> int | None:
    """Return an id of ours from text, None when it is not given.

    Raises:
        Invalid: no number.
    """
    if value in (None, ""):
        return None
    if not str(value).isdecimal() or len(str(value)) > 19:
        raise Invalid(f"{name} is no id.")
    return int(value)


def truth(value: Any) -> bool:
    """Return whether a client said yes, in JSON or in a form."""
    return value in (True, "true", "1", "on")


def paging() -> tuple[int, int]:
    """Return (before, limit) of a page: `max_id`, exclusive, and at most forty."""
    before = number(request.args.get("max_id"), "max_id") or NEWEST
    limit = number(request.args.get("limit"), "limit") or 20
    return before, max(1, min(limit, _LONGEST_PAGE))


def older(base: str, ids: list[int], limit: int) -> str:
    """Return the Link header to the next page, '' when this one was the last."""
    if len(ids) < limit:
        return ""
    return f'<{base}{request.path}?max_id={ids[-1]}&limit={limit}>; rel="next"'
