"""Posts: what someone writes, and what it takes to write one."""

from dataclasses import dataclass
from typing import Protocol

from node.domain.accounts import Account
from node.domain.boards import Notice
from node.domain.media import Emoji, Media
from node.domain.polls import DraftPoll, Poll, check_poll
from node.domain.relationships import check_language
from node.domain.text import length
from node.domain.visibility import CHOICES, Visibility, is_private
from node.errors import Forbidden, Invalid


@dataclass(frozen=True, slots=True)
class Post:
    """A post, or a boost (then `boost_of` names the post and `content` is empty).

    content: sanitised HTML. source: what the author typed (Markdown), '' for peers' posts.
    summary: content warning, plain text. local: its author is at home on this node. wall_id: the account on
    whose wall it stands; wall_shown: the wall's owner has confirmed it (FEP-400e). closed: what nobody but its
    author may do with it: reply, like, announce. quote_uri: what it quotes, quote_stamp: where that is allowed;
    quote_id: that post, once it is known to be; quote_end: rejected or revoked, when its author does not, or no more,
    want it to be quoted here. group_id: the group it stands in; of a boost, the group that passes
    on what stands in it. replies_uri: the collection of answers at its origin.
    quote_policy: who may quote it: nobody, followers or public. locked: its group takes no more answers to it.
    thread_id: the id of the first post of its conversation, as far as that is here. revision: grows with every change;
    it is the store's. expires_at: when everybody who has it erases it. imported: its author brought it along from an
    account of before. Times are Unix ms.
    """

    id: int
    uri: str
    author_id: int
    local: bool
    kind: str
    visibility: Visibility
    content: str
    source: str
    summary: str
    sensitive: bool
    language: str
    url: str
    reply_to_id: int | None
    reply_to_uri: str
    boost_of: int | None
    wall_id: int | None
    wall_shown: bool
    published_at: int
    edited_at: int | None
    thread_id: int
    pinned_at: int | None = None
    expires_at: int | None = None
    closed: tuple[str, ...] = ()
    quote_uri: str = ""
    quote_stamp: str = ""
    quote_id: int | None = None
    quote_end: str = ""
    group_id: int | None = None
    replies_uri: str = ""
    quote_policy: str = "nobody"
    locked: bool = False
    imported: bool = False
    replies: int = 0
    boosts: int = 0
    favourites: int = 0
    quotes: int = 0
    revision: int = 0


def boost_of(post: Post, *, id: int, uri: str, by: Account, visibility: Visibility, at: int) -> Post:
    """Return the boost of a post by somebody; `uri` is the Announce's id, `at` is Unix ms."""
    return Post(
        id=id,
        uri=uri,
        author_id=by.id,
        local=by.local,
        kind="Announce",
        visibility=visibility,
        content="",
        source="",
        summary="",
        sensitive=False,
        language="",
        url=post.url,
        reply_to_id=None,
        reply_to_uri="",
        boost_of=post.id,
        wall_id=None,
        wall_shown=False,
        published_at=at,
        edited_at=None,
        thread_id=id,
    )


def edit_moment(post: Post, *, now: int) -> int:
    """Return when a post is edited now (Unix ms): later than it was before, for servers that tell whole seconds."""
    return max(now, post.published_at + 1000, (post.edited_at or 0) + 1000)


@dataclass(frozen=True, slots=True)
class Parts:
    """What hangs on a post beside its text. hashtags: lower-case, without the sign. notice: of one by a page."""

    hashtags: tuple[str, ...] = ()
    emojis: tuple[Emoji, ...] = ()
    media: tuple[Media, ...] = ()
    poll: Poll | None = None
    notice: Notice | None = None


NO_PARTS = Parts()


@dataclass(frozen=True, slots=True)
class Whole:
    """A post with everything that it takes to show it. wall_owner: whose wall it stands on, if on another's."""

    post: Post
    author: Account
    mentioned: tuple[Account, ...]
    wall_owner: Account | None
    parts: Parts


@dataclass(frozen=True, slots=True)
class Described:
    """A file of a post that is described anew: for people who do not see it, and where its middle is."""

    media_id: int
    description: str
    focus: tuple[float, float] | None


@dataclass(frozen=True, slots=True)
class Draft:
    """What an author wants to publish. `wall_of`, `group`, `reply_to_id`, `quote_of` and `media_ids` are ids of ours.

    group: the account of the group it goes to; an answer goes where the conversation is anyway. described: files that
    are described anew with an edit. quote_policy: who may quote it: nobody, followers or public. notice: what it
    carries on a notice board; None leaves that as it is.
    """

    text: str
    visibility: Visibility = Visibility.UNIT
    summary: str = ""
    sensitive: bool = False
    language: str = ""
    reply_to_id: int | None = None
    wall_of: int | None = None
    group: int | None = None
    media_ids: tuple[int, ...] = ()
    described: tuple[Described, ...] = ()
    poll: DraftPoll | None = None
    quote_of: int | None = None
    quote_policy: str = "nobody"
    notice: Notice | None = None


QUOTE_POLICIES = ("nobody", "followers", "public")
MOST_PINNED = 5


def check_draft(draft: Draft, *, author: Account, longest: int) -> None:
    """Check what can be checked without looking anything up.

    Raises:
        Invalid: empty, longer than `longest` characters, in no language, or an audience nobody may choose.
        Forbidden: the author may not write.
    """
    if not author.active:
        raise Forbidden("This account is suspended.")
    if author.moved_to:
        raise Forbidden("This account has moved. Write with the new one.")
    if not draft.text.strip() and not draft.media_ids:
        raise Invalid("The post is empty. Write something first.")
    if length(draft.text) + len(draft.summary) > longest:
        raise Invalid("The post is too long. Keep it to %(longest)d characters.", longest=longest)
    if draft.language:
        check_language(draft.language)
    grouped = draft.visibility is Visibility.GROUP and (draft.group or draft.reply_to_id)
    if draft.visibility not in CHOICES and not grouped:
        raise Invalid("Choose who may read this: own unit, organisation, followers or named people.")
    if draft.quote_policy not in QUOTE_POLICIES:
        raise Invalid("Choose who may quote this: nobody, followers or public.")
    if draft.poll is not None:
        if draft.media_ids:
            raise Invalid("A post has a poll or files, not both. Take one of them out.")
        check_poll(draft.poll)


class Quotable(Protocol):
    """What the rule for quotes has to know of a post."""

    @property
    def visibility(self) -> Visibility: ...
    @property
    def quote_policy(self) -> str: ...


def may_quote(post: Quotable, *, by_author: bool, follower: bool) -> bool:
    """Tell whether somebody may quote a post: its author may; others by its policy, and never what is for few."""
    if by_author:
        return True
    if is_private(post.visibility):
        return False
    return post.quote_policy == "public" or (post.quote_policy == "followers" and follower)


# A reply, and a post on a wall, may reach no more people than what it answers already does.
_WIDTH = {
    Visibility.DIRECT: 0,
    Visibility.FOLLOWERS: 1,
    Visibility.UNIT: 1,
    Visibility.GROUP: 1,
    Visibility.ORGANISATION: 2,
    Visibility.PUBLIC: 3,
}


def narrowed(visibility: Visibility, *, parent: Visibility, parent_local: bool) -> Visibility:
    """Return the visibility of a reply: never wider than its parent's (threat L03).

    A reply to a post of our own unit stays in it, as one in a group does; a reply to named people goes to named people.
    """
    if parent is Visibility.GROUP:
        return Visibility.DIRECT if visibility is Visibility.DIRECT else Visibility.GROUP
    if parent is Visibility.UNIT and parent_local and visibility is not Visibility.DIRECT:
        return Visibility.UNIT
    if _WIDTH[visibility] > _WIDTH[parent]:
        return Visibility.DIRECT if parent is Visibility.DIRECT else parent
    return visibility
