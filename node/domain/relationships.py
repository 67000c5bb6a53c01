"""How people stand to each other: follows, blocks, mutes, and what a member knows of it all."""

from dataclasses import dataclass
from re import compile as pattern

from node.errors import Invalid

_LANGUAGE = pattern(r"[a-z]{2,3}(-[A-Za-z0-9]{2,8}){0,2}")
_MOST_LANGUAGES = 20


@dataclass(frozen=True, slots=True)
class Follow:
    """A follow or, until accepted, a request. `uri` is the Follow activity's id.

    What the follower wants of it: boosts too; to be told of each post (notify); only certain languages.
    """

    id: int
    uri: str
    follower_id: int
    target_id: int
    accepted: bool
    boosts: bool = True
    notify: bool = False
    languages: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Block:
    """A block: neither sees the other from then on. `uri` is the Block activity's id."""

    id: int
    uri: str
    account_id: int
    target_id: int


@dataclass(frozen=True, slots=True)
class Mute:
    """A member does not want to read somebody, nor, with `notifications`, to be told of them; nobody else knows.

    expires_at: Unix ms; None: it does not end by itself.
    """

    id: int
    account_id: int
    target_id: int
    notifications: bool = True
    expires_at: int | None = None


@dataclass(frozen=True, slots=True)
class Relation:
    """How a member stands to somebody, as far as the member may know: who blocks them, nobody tells.

    following, requested: they follow, or ask to; boosts, notify, languages: what they want of it. followed_by,
    requested_by: the other way round. muting_ends: Unix ms; None: not by itself. host_muted: everybody of that node
    is hidden. note: what the member noted for themselves.
    """

    following: bool = False
    requested: bool = False
    boosts: bool = False
    notify: bool = False
    languages: tuple[str, ...] = ()
    followed_by: bool = False
    requested_by: bool = False
    blocking: bool = False
    muting: bool = False
    muting_notifications: bool = False
    muting_ends: int | None = None
    host_muted: bool = False
    endorsed: bool = False
    note: str = ""


def check_language(code: str) -> str:
    """Return the code of a language (BCP 47, its short forms).

    Raises:
        Invalid: it is none.
    """
    if not _LANGUAGE.fullmatch(code):
        raise Invalid("A language is a code of two or three letters, such as de. Correct it.")
    return code


def check_languages(codes: list[str]) -> tuple[str, ...]:
    """Return the languages in which somebody is to be read; none of them means all.

    Raises:
        Invalid: one of them is no language, or there are too many.
    """
    if len(codes) > _MOST_LANGUAGES:
        raise Invalid("Choose at most %(most)d languages.", most=_MOST_LANGUAGES)
    return tuple(dict.fromkeys(check_language(code) for code in codes))
