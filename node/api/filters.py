"""Filters: what one does not want to see. The older form, where each keyword is a filter, is at the end."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from quart import Blueprint, Response

from node.api.answers import Given, answer, fields, listed, number, text, truth
from node.api.auth import scope
from node.api.render import filter as render
from node.context import Change, Context
from node.domain.filters import Filter, Keyword
from node.domain.viewer import Viewer
from node.effects import filters as effects
from node.errors import Invalid, NotFound
from node.store import filters as rows

filters = Blueprint("filters", __name__)

_NO_FILTER = "There is no such filter."
_NO_KEYWORD = "There is no such keyword."
_NO_ENTRY = "There is no such post in a filter."


@filters.get("/v2/filters")
@scope("read:filters")
async def every(ctx: Context, viewer: Viewer) -> Response:
    """Return all one's filters."""
    async with ctx.db.read() as tx:
        return answer([render.filter(one) for one in await rows.of_member(tx, viewer.account.id)])


@filters.post("/v2/filters")
@scope("write:filters")
async def create(ctx: Context, viewer: Viewer) -> Response:
    """Make a filter: `title`, `context[]`, `filter_action`, `expires_in`, `keywords_attributes[]`."""
    given = await fields()
    async with ctx.change() as change:
        empty = Filter(change.new_id(), viewer.account.id, "", (), "warn", None)
        made = _changed(change, empty, given)
        await effects.add(change, made)
    return answer(render.filter(made))


@filters.get("/v2/filters/<int:filter_id>")
@scope("read:filters")
async def show(ctx: Context, viewer: Viewer, filter_id: int) -> Response:
    """Return one filter."""
    return answer(render.filter(await _own(ctx, viewer, filter_id)))


@filters.route("/v2/filters/<int:filter_id>", methods=["PUT", "PATCH"])
@scope("write:filters")
async def update(ctx: Context, viewer: Viewer, filter_id: int) -> Response:
    """Change a filter: what is given, the rest stays. A keyword with `_destroy` goes."""
    given = await fields()
    async with ctx.change() as change:
        changed = _changed(change, await _of(change, viewer, filter_id), given)
        await effects.save(change, changed)
    return answer(render.filter(changed))


@filters.delete("/v2/filters/<int:filter_id>")
@scope("write:filters")
async def delete(ctx: Context, viewer: Viewer, filter_id: int) -> Response:
    """Delete a filter."""
    async with ctx.change() as change:
        await effects.delete(change, await _of(change, viewer, filter_id))
    return answer({})


def _changed(change: Change, filter: Filter, given: Given) -> Filter:
    """Return a filter with what a client gave."""
    found = replace(
        filter,
        title=text(given["title"]).strip() if "title" in given else filter.title,
        contexts=_contexts(given) if "context" in given else filter.contexts,
        action=text(given["filter_action"]) if given.get("filter_action") else filter.action,
        expires_at=_expiry(change, given) if "expires_in" in given else filter.expires_at,
    )
    for one in listed(given.get("keywords_attributes")):
        if not isinstance(one, Mapping):
            raise Invalid("Each of keywords_attributes is an object with keyword and whole_word.")
        found = _with_keyword(change, found, one)
    return found


def _contexts(given: Given) -> tuple[str, ...]:
    return tuple(dict.fromkeys(text(one) for one in listed(given["context"])))


def _expiry(change: Change, given: Given) -> int | None:
    seconds = number(given["expires_in"], "expires_in")
    return change.now + min(seconds, 10**9) * 1000 if seconds else None


def _with_keyword(change: Change, filter: Filter, given: Mapping[str, Any]) -> Filter:
    """Return a filter in which one keyword is new, is changed (`id`) or is gone (`_destroy`)."""
    known = {keyword.id: keyword for keyword in filter.keywords}
    id = number(given.get("id"), "id")
    if id is not None and id not in known:
        raise NotFound(_NO_KEYWORD)
    if truth(given.get("_destroy")):
        known.pop(id or 0, None)
    else:
        before = known[id] if id is not None else Keyword(change.new_id(), "", True)
        known[before.id] = _keyword(before, given)
    return replace(filter, keywords=tuple(known.values()))


def _keyword(before: Keyword, given: Mapping[str, Any]) -> Keyword:
    return replace(
        before,
        text=text(given["keyword"]).strip() if "keyword" in given else before.text,
        whole_word=truth(given["whole_word"]) if given.get("whole_word") not in (None, "") else before.whole_word,
    )


async def _own(ctx: Context, viewer: Viewer, filter_id: int) -> Filter:
    async with ctx.db.read() as tx:
        return _found(await rows.one(tx, filter_id, account_id=viewer.account.id), _NO_FILTER)


async def _of(change: Change, viewer: Viewer, filter_id: int) -> Filter:
    return _found(await rows.one(change.tx, filter_id, account_id=viewer.account.id), _NO_FILTER)


def _found(filter: Filter | None, otherwise: str) -> Filter:
    if filter is None:
        raise NotFound(otherwise)
    return filter


# Keywords


@filters.get("/v2/filters/<int:filter_id>/keywords")
@scope("read:filters")
async def keywords(ctx: Context, viewer: Viewer, filter_id: int) -> Response:
    """Return a filter's keywords."""
    return answer([render.keyword(one) for one in (await _own(ctx, viewer, filter_id)).keywords])


@filters.post("/v2/filters/<int:filter_id>/keywords")
@scope("write:filters")
async def add_keyword(ctx: Context, viewer: Viewer, filter_id: int) -> Response:
    """Add a `keyword` to a filter; `whole_word` unless it says otherwise."""
    given = await fields()
    async with ctx.change() as change:
        changed = _with_keyword(change, await _of(change, viewer, filter_id), {**given, "id": None, "_destroy": None})
        await effects.save(change, changed)
    return answer(render.keyword(changed.keywords[-1]))


@filters.get("/v2/filters/keywords/<int:keyword_id>")
@scope("read:filters")
async def show_keyword(ctx: Context, viewer: Viewer, keyword_id: int) -> Response:
    """Return one keyword."""
    async with ctx.db.read() as tx:
        found = _found(await rows.with_keyword(tx, keyword_id, account_id=viewer.account.id), _NO_KEYWORD)
    return answer(render.keyword(_keyword_of(found, keyword_id)))


@filters.route("/v2/filters/keywords/<int:keyword_id>", methods=["PUT", "PATCH"])
@scope("write:filters")
async def update_keyword(ctx: Context, viewer: Viewer, keyword_id: int) -> Response:
    """Change one keyword."""
    given = await fields()
    async with ctx.change() as change:
        found = _found(await rows.with_keyword(change.tx, keyword_id, account_id=viewer.account.id), _NO_KEYWORD)
        changed = _with_keyword(change, found, {**given, "id": keyword_id, "_destroy": None})
        await effects.save(change, changed)
    return answer(render.keyword(_keyword_of(changed, keyword_id)))


@filters.delete("/v2/filters/keywords/<int:keyword_id>")
@scope("write:filters")
async def delete_keyword(ctx: Context, viewer: Viewer, keyword_id: int) -> Response:
    """Remove one keyword."""
    async with ctx.change() as change:
        found = _found(await rows.with_keyword(change.tx, keyword_id, account_id=viewer.account.id), _NO_KEYWORD)
        await effects.save(change, _without(found, keyword_id))
    return answer({})


def _keyword_of(filter: Filter, id: int) -> Keyword:
    return next(keyword for keyword in filter.keywords if keyword.id == id)


def _without(filter: Filter, keyword_id: int) -> Filter:
    return replace(filter, keywords=tuple(one for one in filter.keywords if one.id != keyword_id))


# Single posts


@filters.get("/v2/filters/<int:filter_id>/statuses")
@scope("read:filters")
async def entries(ctx: Context, viewer: Viewer, filter_id: int) -> Response:
    """Return the single posts in a filter."""
    return answer([render.entry(one) for one in (await _own(ctx, viewer, filter_id)).posts])


@filters.post("/v2/filters/<int:filter_id>/statuses")
@scope("write:filters")
async def add_entry(ctx: Context, viewer: Viewer, filter_id: int) -> Response:
    """Put a single post, `status_id`, into a filter."""
    post_id = number((await fields()).get("status_id"), "status_id")
    if post_id is None:
        raise Invalid("Say which post: status_id.")
    async with ctx.change() as change:
        before = await _of(change, viewer, filter_id)
        put_in = await effects.add_post(change, before, post_id)
        after = await _of(change, viewer, filter_id)
    return answer(render.entry(next(one for one in after.posts if one.post_id == put_in)))


@filters.get("/v2/filters/statuses/<int:entry_id>")
@scope("read:filters")
async def show_entry(ctx: Context, viewer: Viewer, entry_id: int) -> Response:
    """Return one single post in a filter."""
    async with ctx.db.read() as tx:
        found = _found(await rows.with_entry(tx, entry_id, account_id=viewer.account.id), _NO_ENTRY)
    return answer(render.entry(next(one for one in found.posts if one.id == entry_id)))


@filters.delete("/v2/filters/statuses/<int:entry_id>")
@scope("write:filters")
async def delete_entry(ctx: Context, viewer: Viewer, entry_id: int) -> Response:
    """Take a single post out of a filter."""
    async with ctx.change() as change:
        found = _found(await rows.with_entry(change.tx, entry_id, account_id=viewer.account.id), _NO_ENTRY)
        await effects.remove_post(change, found, entry_id)
    return answer({})


# The older form: each keyword is a filter of its own.


@filters.get("/v1/filters")
@scope("read:filters")
async def every_older(ctx: Context, viewer: Viewer) -> Response:
    """Return the keywords of all one's filters."""
    async with ctx.db.read() as tx:
        found = await rows.of_member(tx, viewer.account.id)
    return answer([render.older(one, keyword) for one in found for keyword in one.keywords])


@filters.post("/v1/filters")
@scope("write:filters")
async def create_older(ctx: Context, viewer: Viewer) -> Response:
    """Make a filter of one keyword: `phrase`, `context[]`, `irreversible`, `whole_word`, `expires_in`."""
    given = _from_older(await fields())
    async with ctx.change() as change:
        empty = Filter(change.new_id(), viewer.account.id, "", (), "warn", None)
        made = _with_keyword(change, _changed(change, empty, given), given)
        await effects.add(change, made)
    return answer(render.older(made, made.keywords[0]))


@filters.get("/v1/filters/<int:keyword_id>")
@scope("read:filters")
async def show_older(ctx: Context, viewer: Viewer, keyword_id: int) -> Response:
    """Return one keyword as a filter."""
    async with ctx.db.read() as tx:
        found = _found(await rows.with_keyword(tx, keyword_id, account_id=viewer.account.id), _NO_FILTER)
    return answer(render.older(found, _keyword_of(found, keyword_id)))


@filters.route("/v1/filters/<int:keyword_id>", methods=["PUT", "PATCH"])
@scope("write:filters")
async def update_older(ctx: Context, viewer: Viewer, keyword_id: int) -> Response:
    """Change one keyword and its filter, if that has no others."""
    given = _from_older(await fields())
    async with ctx.change() as change:
        before = _found(await rows.with_keyword(change.tx, keyword_id, account_id=viewer.account.id), _NO_FILTER)
        rest = _changed(change, before, {**given, "title": before.title})
        if rest != before and len(before.keywords) > 1:
            raise Invalid("This filter has several keywords. Change it with a newer client.")
        changed = _with_keyword(change, rest, {**given, "id": keyword_id})
        await effects.save(change, changed)
    return answer(render.older(changed, _keyword_of(changed, keyword_id)))


@filters.delete("/v1/filters/<int:keyword_id>")
@scope("write:filters")
async def delete_older(ctx: Context, viewer: Viewer, keyword_id: int) -> Response:
    """Remove one keyword, and its filter when nothing is left in it."""
    async with ctx.change() as change:
        found = _found(await rows.with_keyword(change.tx, keyword_id, account_id=viewer.account.id), _NO_FILTER)
        left = _without(found, keyword_id)
        await (effects.save if left.keywords or left.posts else effects.delete)(change, left)
    return answer({})


def _from_older(given: Given) -> Given:
    """Return what an older client gave in the newer names."""
    found: Given = {name: given[name] for name in ("context", "whole_word", "expires_in") if name in given}
    if "phrase" in given:
        found |= {"title": given["phrase"], "keyword": given["phrase"]}
    if "irreversible" in given:
        found["filter_action"] = "hide" if truth(given["irreversible"]) else "warn"
    return found
