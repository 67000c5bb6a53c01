"""What of a member who leaves stays as the unit's: posts for all, without the name of who wrote them (C8)."""

from dataclasses import dataclass
from re import escape
from re import search as found_in

from node.domain.accounts import Account
from node.domain.media import Media
from node.domain.posts import Post
from node.domain.text import strip_tags

_SHORTEST_NAME = 3


@dataclass(frozen=True, slots=True)
class Bequest:
    """What a member who leaves lets stay, by ids. heir: the page in whose name, None while there is none.

    groups: what stands in them; by_unit: those groups that an administrator named; posts: single ones.
    """

    heir: int | None
    groups: frozenset[int]
    by_unit: frozenset[int]
    posts: frozenset[int]


def names(account: Account, post: Post, files: list[Media]) -> bool:
    """Tell whether a post still says who wrote it: by user name, or by any longer part of the name, as a word."""
    said = " ".join([strip_tags(post.content), post.source, post.summary, *(one.description for one in files)])
    parts = {account.username, *account.name.split()}
    words = [part for part in (one.strip(".,;:()\"'") for one in parts) if len(part) >= _SHORTEST_NAME]
    # A link shows itself as a mention: its address has the user name, too.
    written = f"{said} {post.content}".casefold()
    return any(found_in(rf"(?<!\w){escape(word.casefold())}(?!\w)", written) for word in words)
