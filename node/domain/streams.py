"""The streams of events that one listens to: their names, who may, and what stands in the public ones."""

from collections.abc import Collection
from dataclasses import dataclass

from node.domain.posts import Post
from node.domain.visibility import Visibility
from node.errors import Invalid

_PLAIN = frozenset({"user", "user:notification", "direct"})
_PUBLIC = frozenset(
    {"public", "public:local", "public:remote", "public:media", "public:local:media", "public:remote:media"}
)
_TAGGED = frozenset({"hashtag", "hashtag:local"})
_LONGEST_TAG = 100


THREAD = "thread"
"""A conversation, on the pages only: clients know no stream of this name."""


@dataclass(frozen=True, slots=True)
class Stream:
    """One stream. `of`: the hashtag (lower-case, without its sign), the id of the list or thread, '' for all others."""

    name: str
    of: str = ""

    @property
    def public(self) -> bool:
        """Whether what stands in it depends on the post alone, and not on who reads."""
        return self.name in _PUBLIC or self.name in _TAGGED or self.name == THREAD

    @property
    def scope(self) -> str:
        """What a token must allow."""
        return "read:notifications" if self.name == "user:notification" else "read:statuses"


USER = Stream("user")
NOTIFICATIONS = Stream("user:notification")
DIRECT = Stream("direct")


def named(name: str, *, tag: str = "", list_id: str = "") -> Stream:
    """Return the stream that a client asks for. Whether the list is theirs is not looked up here.

    Raises:
        Invalid: there is none of that name, or the hashtag or list is missing.
    """
    if name in _PLAIN or name in _PUBLIC:
        return Stream(name)
    if name in _TAGGED:
        if not tag or len(tag) > _LONGEST_TAG:
            raise Invalid("Say of which hashtag: tag.")
        return Stream(name, tag.removeprefix("#").lower())
    if name == "list":
        if not list_id.isdecimal() or len(list_id) > 19:
            raise Invalid("Say of which list: list.")
        return Stream(name, str(int(list_id)))
    raise Invalid("There is no stream of this name.")


def holds(stream: Stream, post: Post, *, hashtags: Collection[str], media: bool) -> bool:
    """Tell whether a post stands in a public stream, for those who may see it.

    The twin of `unit`, `organisation` and `tag` in `node.store.timelines`; a test holds them equal.
    """
    kind, *narrower = stream.name.split(":")
    if kind == THREAD:
        return stream.of == str(post.thread_id) and post.boost_of is None
    if kind == "hashtag":
        return stream.of in hashtags and (post.local or not narrower)
    if post.boost_of is not None or ("media" in narrower and not media):
        return False
    if "local" in narrower:
        return post.local and post.visibility in (Visibility.UNIT, Visibility.ORGANISATION)
    wide = post.visibility in (Visibility.ORGANISATION, Visibility.PUBLIC)
    return wide and not (post.local and "remote" in narrower)
