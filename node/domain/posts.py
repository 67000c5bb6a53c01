"""Posts: what someone writes, and what it takes to write one."""

from dataclasses import dataclass

from node.domain.accounts import Account
from node.domain.media import Emoji, Media
from node.domain.polls import Poll
from node.domain.visibility import CHOICES, Visibility
from node.errors import Forbidden, Invalid


@dataclass(frozen=True, slots=True)
class Post:
    """A post, or a boost (then `boost_of` names the post and `content` is empty).

    content: sanitised HTML. source: what the author typed (Markdown), '' for peers' posts.
    summary: content warning, plain text. local: its author is at home on this node. wall_id: the account on
    whose wall it stands; wall_shown: the wall's owner has confirmed it (FEP-400e). closed: what nobody but its
    author may do with it: reply, like, announce. quote_uri: what it quotes, quote_stamp: where that is allowed;
    quote_id: that post, once it is known to be. replies_uri: the collection of answers at its origin.
    Times are Unix ms.
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
    pinned_at: int | None = None
    closed: tuple[str, ...] = ()
    quote_uri: str = ""
    quote_stamp: str = ""
    quote_id: int | None = None
    replies_uri: str = ""
    replies: int = 0
    boosts: int = 0
    favourites: int = 0


@dataclass(frozen=True, slots=True)
class Parts:
    """What hangs on a post beside its text. hashtags: lower-case, without the sign."""

    hashtags: tuple[str, ...] = ()
    emojis: tuple[Emoji, ...] = ()
    media: tuple[Media, ...] = ()
    poll: Poll | None = None


NO_PARTS = Parts()


@dataclass(frozen=True, slots=True)
class Draft:
    """What an author wants to publish. `wall_of` and `reply_to_id` are ids of ours."""

    text: str
    visibility: Visibility = Visibility.UNIT
    summary: str = ""
    sensitive: bool = False
    language: str = ""
    reply_to_id: int | None = None
    wall_of: int | None = None


def check_draft(draft: Draft, *, author: Account, longest: int) -> None:
    """Check what can be checked without looking anything up.

    Raises:
        Invalid: empty, longer than `longest` characters, or an audience nobody may choose.
        Forbidden: the author may not write.
    """
    if not author.active:
        raise Forbidden("This account is suspended.")
    if author.moved_to:
        raise Forbidden("This account has moved. Write with the new one.")
    if not draft.text.strip():
        raise Invalid("The post is empty. Write something first.")
    if len(draft.text) + len(draft.summary) > longest:
        raise Invalid("The post is too long. Keep it to %(longest)d characters.", longest=longest)
    if draft.visibility not in CHOICES:
        raise Invalid("Choose who may read this: own unit, organisation, followers or named people.")


# A reply, and a post on a wall, may reach no more people than what it answers already does.
_WIDTH = {
    Visibility.DIRECT: 0,
    Visibility.FOLLOWERS: 1,
    Visibility.UNIT: 1,
    Visibility.ORGANISATION: 2,
    Visibility.PUBLIC: 3,
}


def narrowed(visibility: Visibility, *, parent: Visibility, parent_local: bool) -> Visibility:
    """Return the visibility of a reply: never wider than its parent's (threat L03).

    A reply to a post of our own unit stays in it; a reply to named people goes to named people.
    """
    if parent is Visibility.UNIT and parent_local and visibility is not Visibility.DIRECT:
        return Visibility.UNIT
    if _WIDTH[visibility] > _WIDTH[parent]:
        return Visibility.DIRECT if parent is Visibility.DIRECT else parent
    return visibility
