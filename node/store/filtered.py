"""Which of a member's filters a post meets: the one rule for clients and for pages."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from node.domain.filters import Filter, Met, met, strictest
from node.domain.posts import Post
from node.store import filters, words
from node.store.database import Tx
from node.store.posts import Line


@dataclass(frozen=True, slots=True)
class Filters:
    """The filters that the posts of a page meet, by post id."""

    met: Mapping[int, list[Met]]

    @classmethod
    async def of(cls, tx: Tx, viewer_id: int, found: Sequence[Post | Line], *, now: int) -> "Filters":
        """Find what a viewer's filters say of these posts at `now` (Unix ms): one query for who has none, else five."""
        active = await filters.active(tx, viewer_id, now=now) if found else []
        if not active:
            return cls({})
        about = {id for post in found for id in (post.id, post.quote_id) if id is not None}
        single = await filters.single_posts(tx, [one.id for one in active], sorted(about))
        with_words = any(one.keywords for one in active)
        texts = await words.texts(tx, [post.id for post in found if post.boost_of is None]) if with_words else {}
        results = {
            post.id: _results(active, single, texts.get(post.id, "").casefold(), {post.id, post.quote_id or 0})
            for post in found
        }
        return cls({id: result for id, result in results.items() if result})

    def of_post(self, id: int) -> list[Met]:
        """Return the filters that a post meets."""
        return self.met.get(id, [])

    def verdict(self, post: Post, context: str, *, viewer_id: int) -> Filter | None:
        """Return the filter that says how a page shows a post; one's own posts are shown as they are, as clients do."""
        return None if post.author_id == viewer_id else strictest(self.of_post(post.id), context)


def _results(active: list[Filter], single: Mapping[int, set[int]], text: str, ids: set[int]) -> list[Met]:
    results = []
    for one in active:
        keywords = met(one.keywords, text) if text else []
        named = sorted(single.get(one.id, set()) & ids)
        if keywords or named:
            results.append(Met(one, tuple(keywords), tuple(named)))
    return results
