"""What hangs on the posts of a page: files, polls, hashtags, little pictures; read at once for all of them."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from node.domain.accounts import Account
from node.domain.boards import Notice
from node.domain.media import SHORTCODE, Emoji, Media
from node.domain.polls import Poll
from node.domain.posts import Parts, Post, Whole
from node.store import accounts, boards, hashtags, media, mentions, polls
from node.store.database import Tx


@dataclass(frozen=True, slots=True)
class PageParts:
    """The parts of a page's posts, by post id. choices: the places of the answers the viewer voted for."""

    files: Mapping[int, list[Media]]
    polls: Mapping[int, Poll]
    choices: Mapping[int, list[int]]
    hashtags: Mapping[int, list[str]]
    emojis: Mapping[int, list[Emoji]]
    notices: Mapping[int, Notice]


async def of_page(tx: Tx, found: list[Post], authors: Mapping[int, Account], *, viewer_id: int) -> PageParts:
    """Return the parts of these posts: seven queries at most, however many they are."""
    ids = [post.id for post in found]
    asked = await _polls(tx, found)
    return PageParts(
        files=await media.of_posts(tx, ids),
        polls=asked,
        choices=await polls.choices(tx, asked, account_id=viewer_id) if asked else {},
        hashtags=await hashtags.of_posts(tx, ids),
        emojis=await emojis(tx, found, authors),
        notices=await _notices(tx, found, authors),
    )


async def wholes(tx: Tx, found: Sequence[Post], *, known: Iterable[Account] = ()) -> list[Whole]:
    """Return posts with all that it takes to show them, in the same order: eight queries at most.

    known: accounts that are at hand.
    """
    ids = [post.id for post in found]
    mentioned = await mentions.of_posts(tx, ids)
    people = {account.id: account for account in known}
    wanted = {id for named in mentioned.values() for id in named}
    wanted |= {id for post in found for id in (post.author_id, post.wall_id) if id is not None}
    if not people.keys() >= wanted:
        people |= await accounts.by_ids(tx, wanted - people.keys())
    asked, files, tags = await _polls(tx, found), await media.of_posts(tx, ids), await hashtags.of_posts(tx, ids)
    pictures, notices = await emojis(tx, found, people), await _notices(tx, found, people)
    return [
        Whole(
            post,
            author=people[post.author_id],
            mentioned=tuple(people[id] for id in mentioned.get(post.id, ()) if id in people),
            wall_owner=people.get(post.wall_id) if post.wall_id else None,
            parts=Parts(
                hashtags=tuple(tags.get(post.id, ())),
                emojis=tuple(pictures.get(post.id, ())),
                media=tuple(files.get(post.id, ())),
                poll=asked.get(post.id),
                notice=notices.get(post.id),
            ),
        )
        for post in found
    ]


async def _polls(tx: Tx, found: Sequence[Post]) -> dict[int, Poll]:
    questions = [post.id for post in found if post.kind == "Question"]
    return await polls.of_posts(tx, questions) if questions else {}


async def _notices(tx: Tx, found: Sequence[Post], authors: Mapping[int, Account]) -> dict[int, Notice]:
    by_pages = [post.id for post in found if authors[post.author_id].page]
    return await boards.notices(tx, by_pages) if by_pages else {}


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
