"""What hangs on the posts of a page: files, polls, hashtags, little pictures; read at once for all of them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from node.domain.accounts import Account
from node.domain.media import SHORTCODE, Emoji, Media
from node.domain.polls import Poll
from node.domain.posts import Post
from node.store import media, polls, posts
from node.store.database import Tx


@dataclass(frozen=True, slots=True)
class PageParts:
    """The parts of a page's posts, by post id. choices: the places of the answers the viewer voted for."""

    files: Mapping[int, list[Media]]
    polls: Mapping[int, Poll]
    choices: Mapping[int, list[int]]
    hashtags: Mapping[int, list[str]]
    emojis: Mapping[int, list[Emoji]]


async def of_page(tx: Tx, found: list[Post], authors: Mapping[int, Account], *, viewer_id: int) -> PageParts:
    """Return the parts of these posts: six queries at most, however many they are."""
    ids = [post.id for post in found]
    asked = await polls.of_posts(tx, ids)
    return PageParts(
        files=await media.of_posts(tx, ids),
        polls=asked,
        choices=await polls.choices(tx, asked, account_id=viewer_id) if asked else {},
        hashtags=await posts.hashtags(tx, ids),
        emojis=await emojis(tx, found, authors),
    )


async def emojis(tx: Tx, found: Sequence[Post], authors: Mapping[int, Account]) -> dict[int, list[Emoji]]:
    """Return post id → the little pictures that its author's node has for its text; one query, or none."""
    wanted = {
        post.id: {(authors[post.author_id].host, name) for name in SHORTCODE.findall(f"{post.summary} {post.content}")}
        for post in found
        if post.boost_of is None
    }
    pairs = set().union(*wanted.values())
    known = await media.emojis(tx, pairs) if pairs else {}
    return {id: [known[pair] for pair in sorted(some) if pair in known] for id, some in wanted.items()}
