"""Completes a conversation from where its posts live: what a post answers, up to the root, and what answers it.

Within a budget of objects, depth and time, so that nobody can make us walk for ever (threats P05, P06).
"""

import asyncio
from collections import deque
from dataclasses import dataclass, field
from typing import Any

from federation import documents, hosts, resolve
from federation.errors import FederationError
from node.context import Context
from node.domain.posts import Post
from node.errors import AllmendeError

_PAGES = 50


@dataclass(slots=True)
class _Walk:
    """What is left of a budget, and what was seen."""

    objects: int
    seen: set[str] = field(default_factory=set)

    def may_visit(self, uri: str) -> bool:
        if self.objects <= 0 or uri in self.seen:
            return False
        self.seen.add(uri)
        self.objects -= 1
        return True


async def complete(ctx: Context, uri: str) -> None:
    """Fetch what is missing of the conversation a post stands in; what cannot be had is left out.

    It ends when everything is here, or the limits are reached.
    """
    limits = ctx.settings.limits
    walk = _Walk(limits.thread_objects)
    try:
        async with asyncio.timeout(limits.thread_seconds):
            root = await _climb(ctx, uri, walk, depth=limits.thread_depth)
            if root is not None:
                await _descend(ctx, root, walk)
    except TimeoutError:
        return


async def _climb(ctx: Context, uri: str, walk: _Walk, *, depth: int) -> Post | None:
    """Return the highest post that can be had above this one, or it itself."""
    highest = None
    for _ in range(depth):
        if not uri or not walk.may_visit(uri):
            break
        post = await _post(ctx, uri)
        if post is None:
            break
        highest, uri = post, post.reply_to_uri
    return highest


async def _descend(ctx: Context, root: Post, walk: _Walk) -> None:
    waiting = deque([root])
    while waiting:
        post = waiting.popleft()
        if post.local or not post.replies_uri:
            continue
        for uri in await _items(ctx, post.replies_uri, walk):
            if walk.may_visit(uri):
                answer = await _post(ctx, uri)
                if answer is not None:
                    waiting.append(answer)


async def _post(ctx: Context, uri: str) -> Post | None:
    try:
        return await resolve.post(ctx, uri)
    except AllmendeError:
        return None


async def _items(ctx: Context, uri: str, walk: _Walk) -> list[str]:
    """Return the ids in a collection, page by page, no page twice and none of another server."""
    found: list[str] = []
    visited: set[str] = set()
    following: Any = uri
    for _ in range(_PAGES):
        if isinstance(following, str):
            if following in visited or hosts.origin(following) != hosts.origin(uri):
                break
            visited.add(following)
            try:
                page: Any = await resolve.document(ctx, following)
            except FederationError:
                break
        else:
            page = following
        if not isinstance(page, dict):
            break
        found += documents.ids([*documents.listed(page.get("orderedItems")), *documents.listed(page.get("items"))])
        following = page.get("first") or page.get("next")
        if following is None or len(found) >= walk.objects:
            break
    return found[: walk.objects]
