"""The Status entity: what everybody sees of a post is rendered once and kept, what the viewer did is added.

A page takes half a dozen queries however long it is, and fewer when it has no boosts, answers or polls.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

import orjson

from node.api.render.account import account as render_account
from node.api.render.account import mention
from node.api.render.filter import result as render_met
from node.api.render.group import groups as render_groups
from node.api.render.parts import parts as render_parts
from node.api.render.parts import poll as render_poll
from node.context import Context
from node.domain.polls import Poll
from node.domain.posts import Post, Whole, may_quote
from node.domain.times import DAY_MS, iso
from node.domain.visibility import Visibility, is_private
from node.store import accounts, groups, parts, polls, posts, quotes, reactions, relationships
from node.store.database import Tx
from node.store.filtered import Filters
from node.store.posts import Line

_CLIENT_VISIBILITY = {
    Visibility.UNIT: "unlisted",
    Visibility.ORGANISATION: "public",
    Visibility.PUBLIC: "public",
    Visibility.FOLLOWERS: "private",
    Visibility.GROUP: "private",
    Visibility.DIRECT: "direct",
}


def client_visibility(visibility: Visibility) -> str:
    """Return the nearest of the four words that clients know; none is wider than the audience."""
    return _CLIENT_VISIBILITY[visibility]


async def statuses(
    ctx: Context, tx: Tx, found: Sequence[Post | Line], *, viewer_id: int, pinned: Iterable[int] = ()
) -> list[orjson.Fragment]:
    """Return posts that the viewer may see as statuses; a boost of what they may not see is left out.

    pinned: the posts that are on top where these are shown, besides those the viewer pinned.
    """
    related = await posts.related(tx, found, viewer_id=viewer_id)
    every = list({post.id: post for post in (*found, *related.values())}.values())
    common = await _common(ctx, tx, every)
    touchable = [post.id for post in every]
    page = await _Page.of(ctx, tx, every, viewer_id, common, related, touchable=touchable, pinned=pinned)
    return [page.whole(post) for post in found if post.boost_of is None or post.boost_of in related]


async def published(ctx: Context, tx: Tx, made: Whole, *, viewer_id: int) -> orjson.Fragment:
    """Return what the viewer has published this moment as a status.

    All of it is at hand, and nobody has done anything with it, unless to the conversation that it belongs to.
    """
    post = made.post
    related = await posts.related(tx, [post], viewer_id=viewer_id)
    common = await _common(ctx, tx, list(related.values())) | {post.id: _keep(ctx, made)}
    touchable = [*related, *([post.id] if post.reply_to_id else [])]
    page = await _Page.of(ctx, tx, [post, *related.values()], viewer_id, common, related, touchable=touchable)
    return page.whole(post)


async def one(ctx: Context, tx: Tx, post: Post | None, *, viewer_id: int) -> orjson.Fragment | None:
    """Return one post as a status; None when there is none."""
    shown = await statuses(ctx, tx, [post] if post else [], viewer_id=viewer_id)
    return shown[0] if shown else None


def with_source(shown: orjson.Fragment, post: Post) -> dict[str, Any]:
    """Return a status with what its author typed, for writing it anew."""
    found: dict[str, Any] = orjson.loads(orjson.dumps(shown))
    return found | {"text": post.source}


async def by_id(ctx: Context, tx: Tx, ids: Iterable[int], *, viewer_id: int) -> dict[int, orjson.Fragment]:
    """Return post id → status for those of the posts that the viewer may see."""
    seen = await posts.visible_ids(tx, ids, viewer_id=viewer_id)
    shown = await statuses(ctx, tx, list(seen.values()), viewer_id=viewer_id)
    return dict(zip(seen, shown, strict=True))


@dataclass(frozen=True, slots=True)
class _Page:
    """What it takes to put a page's statuses together."""

    common: Mapping[int, bytes]
    related: Mapping[int, Post]
    mine: reactions.Mine
    touched: frozenset[int]
    parents: Mapping[int, int]
    filters: Filters
    groups: Mapping[int, orjson.Fragment]
    followed: frozenset[int]
    quotes: Mapping[int, str]
    polls: Mapping[int, Poll]
    choices: Mapping[int, list[int]]
    now: int
    viewer_id: int

    @classmethod
    async def of(
        cls,
        ctx: Context,
        tx: Tx,
        every: Sequence[Post | Line],
        viewer_id: int,
        common: Mapping[int, bytes],
        related: Mapping[int, Post],
        *,
        touchable: Sequence[int],
        pinned: Iterable[int] = (),
    ) -> "_Page":
        """Read what the viewer has to do with these posts. touchable: those with which they may have done something."""
        mine = await reactions.of_viewer(tx, viewer_id, touchable)
        mine = replace(mine, pinned=mine.pinned | frozenset(pinned))
        return cls(
            common=common,
            related=related,
            mine=mine,
            touched=mine.favourited | mine.boosted | mine.bookmarked | mine.pinned | mine.muted,
            parents=await posts.visible_authors(
                tx, {post.reply_to_id for post in every if post.reply_to_id}, viewer_id=viewer_id
            ),
            filters=await Filters.of(tx, viewer_id, every, now=ctx.clock()),
            groups=await _groups(ctx, tx, every, viewer_id),
            followed=await _followed(tx, every, viewer_id),
            quotes=await _quotes(tx, every, related, viewer_id),
            **await _polls(tx, every, viewer_id),
            now=ctx.clock(),
            viewer_id=viewer_id,
        )

    def whole(self, post: Post | Line) -> orjson.Fragment:
        boosted = self.related.get(post.boost_of or 0)
        return self._with(post, reblog=self.whole(boosted) if boosted else None, quote=self._quote(post))

    def _quote(self, post: Post | Line) -> dict[str, Any] | None:
        state = self.quotes.get(post.id)
        if state is None:
            return None
        quoted = self.related.get(post.quote_id or 0) if state in _QUOTE_SHOWN else None
        shown = self._with(quoted, reblog=None, quote=self._named_quote(quoted)) if quoted else None
        return {"state": state, "quoted_status": shown}

    def _named_quote(self, post: Post) -> dict[str, Any] | None:
        """Return a quote within a quote: it is named, not shown (Mastodon's ShallowQuote)."""
        state = self.quotes.get(post.id)
        if state is None:
            return None
        return {"state": state, "quoted_status_id": str(post.quote_id) if state in _QUOTE_SHOWN else None}

    def _with(self, post: Post | Line, *, reblog: Any, quote: Any) -> orjson.Fragment:
        approval = self._approval(post)
        if self._is_plain(post) and reblog is None and quote is None:
            return orjson.Fragment(self.common[post.id] + _plain(*approval))
        parent_author = self.parents.get(post.reply_to_id or 0)
        asked = self.polls.get(post.id)
        seen_as = post.boost_of or post.id
        added = orjson.dumps(
            {
                "in_reply_to_id": str(post.reply_to_id) if parent_author else None,
                "in_reply_to_account_id": str(parent_author) if parent_author else None,
                "favourited": seen_as in self.mine.favourited,
                "reblogged": seen_as in self.mine.boosted,
                "bookmarked": seen_as in self.mine.bookmarked,
                "muted": post.id in self.mine.muted,
                "pinned": post.id in self.mine.pinned,
                "poll": render_poll(post.id, asked, self.choices.get(post.id, []), now=self.now) if asked else None,
                "quote_approval": _quote_approval(*approval),
                "filtered": [render_met(one) for one in self.filters.of_post(post.boost_of or post.id)],
                "reblog": reblog,
                "quote": quote,
                "group": self.groups.get(post.group_id or 0),
            }
        )
        return orjson.Fragment(self.common[post.id] + added[1:])

    def _is_plain(self, post: Post | Line) -> bool:
        """Whether there is nothing to add to what everybody sees, as with most posts of a page."""
        return not (
            post.id in self.touched
            or post.boost_of in self.touched
            or post.reply_to_id
            or post.group_id
            or post.id in self.polls
            or self.filters.of_post(post.boost_of or post.id)
        )

    def _approval(self, post: Post | Line) -> tuple[str, bool]:
        """Return (who may quote it, whether the viewer may)."""
        own, follower = post.author_id == self.viewer_id, post.author_id in self.followed
        policy = "nobody" if is_private(post.visibility) else post.quote_policy
        return policy, may_quote(post, by_author=own, follower=follower)


@cache
def _plain(policy: str, allowed: bool) -> bytes:
    """Return what is added to a post with which the viewer has nothing to do."""
    added: dict[str, Any] = {
        "in_reply_to_id": None,
        "in_reply_to_account_id": None,
        **dict.fromkeys(("favourited", "reblogged", "bookmarked", "muted", "pinned"), False),
        "poll": None,
        "quote_approval": _quote_approval(policy, allowed),
        "filtered": [],
        "reblog": None,
        "quote": None,
        "group": None,
    }
    return orjson.dumps(added)[1:]


def _quote_approval(policy: str, allowed: bool) -> dict[str, Any]:
    return {
        "automatic": [] if policy == "nobody" else [policy],
        "manual": [],
        "current_user": "automatic" if allowed else "denied",
    }


_QUOTE_SHOWN = frozenset({"accepted", "blocked_domain", "muted_account"})
"""With which states a quoted post is told; clients hide it themselves where it is by somebody who is muted."""


async def _quotes(tx: Tx, every: Sequence[Post | Line], related: Mapping[int, Post], viewer_id: int) -> dict[int, str]:
    """Return post id → state of its quote (Mastodon's Quote), for those that quote something, or did."""
    asked = [post.id for post in every if post.quote_uri and not post.quote_end]
    ended = {post.id: post.quote_end for post in every if post.quote_end}
    if not asked:
        return ended
    hidden = {post.id for post in every if post.quote_id not in related}
    standings = await quotes.standings(tx, asked, viewer_id=viewer_id)
    return ended | {
        id: "unauthorized" if id in hidden and state in _QUOTE_SHOWN else state for id, state in standings.items()
    }


async def _polls(tx: Tx, every: Sequence[Post | Line], viewer_id: int) -> dict[str, Any]:
    questions = [post.id for post in every if post.kind == "Question"]
    if not questions:
        return {"polls": {}, "choices": {}}
    return {
        "polls": await polls.of_posts(tx, questions),
        "choices": await polls.choices(tx, questions, account_id=viewer_id),
    }


async def _groups(ctx: Context, tx: Tx, every: Sequence[Post | Line], viewer_id: int) -> dict[int, orjson.Fragment]:
    """Return account id → Group for the groups in which these posts stand, and of which the viewer may know."""
    found = await groups.known(tx, {post.group_id for post in every if post.group_id}, viewer_id=viewer_id)
    shown = await render_groups(ctx, tx, list(found.values()))
    return {id: orjson.Fragment(orjson.dumps(one)) for id, one in zip(found, shown, strict=True)}


async def _followed(tx: Tx, every: Sequence[Post | Line], viewer_id: int) -> frozenset[int]:
    """Return the authors whom the viewer follows, as far as it matters: they let their followers quote them."""
    asked = {post.author_id for post in every if post.quote_policy == "followers"}
    follows = await relationships.of_viewer(tx, viewer_id, asked) if asked else {}
    return frozenset(id for id, accepted in follows.items() if accepted)


async def _common(ctx: Context, tx: Tx, every: Sequence[Post | Line]) -> dict[int, bytes]:
    """Return post id → what everybody sees of it, open at its end, from what was kept or rendered now."""
    if not every:
        return {}
    revisions = await accounts.revisions(tx, {post.author_id for post in every})
    common: dict[int, bytes] = {}
    missing: list[Post | Line] = []
    for post in every:
        kept = ctx.fragments.get("status", post.id, _stamp(ctx, post, revisions.get(post.author_id)))
        if kept is None:
            missing.append(post)
        else:
            common[post.id] = kept
    if not missing:
        return common
    lines = [post.id for post in missing if isinstance(post, Line)]
    read = await posts.by_ids(tx, lines) if lines else {}
    at_hand = {post.id: post for post in missing if isinstance(post, Post)}
    for whole in await parts.wholes(tx, [*read.values(), *at_hand.values()]):
        common[whole.post.id] = _keep(ctx, whole)
    return common


def _keep(ctx: Context, whole: Whole) -> bytes:
    """Render what everybody sees of a post, and keep it."""
    post, author = whole.post, whole.author
    rendered = orjson.dumps(_document(ctx, whole))[:-1] + b","
    ctx.fragments.put("status", post.id, _stamp(ctx, post, author.revision), rendered)
    return rendered


def _stamp(ctx: Context, post: Post | Line, author_revision: int | None) -> tuple[int, int | None, int]:
    """Return what a rendered post is known by: links to files are new each day."""
    return post.revision, author_revision, ctx.clock() // DAY_MS


def _document(ctx: Context, whole: Whole) -> dict[str, Any]:
    post, wall = whole.post, whole.wall_owner
    return {
        "id": str(post.id),
        "uri": post.uri,
        "url": post.url,
        "created_at": iso(post.published_at),
        "edited_at": iso(post.edited_at) if post.edited_at else None,
        "account": render_account(ctx, whole.author),
        "content": post.content,
        "spoiler_text": post.summary,
        "sensitive": post.sensitive,
        "visibility": client_visibility(post.visibility),
        "local_only": post.visibility is Visibility.UNIT,
        "audience": post.visibility.value,
        "wall": mention(ctx, wall) if wall else None,
        "language": post.language or None,
        "replies_count": post.replies,
        "reblogs_count": post.boosts,
        "favourites_count": post.favourites,
        "quotes_count": post.quotes,
        "mentions": [mention(ctx, one) for one in whole.mentioned],
        "card": None,
        "application": None,
        **render_parts(ctx, whole.parts),
    }
