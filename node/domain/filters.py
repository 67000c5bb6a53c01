"""Filters: what a member does not want to see, or only behind a warning."""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from re import Pattern, escape
from re import compile as pattern

from node.errors import Invalid

CONTEXTS = ("home", "notifications", "public", "thread", "account")
ACTIONS = ("warn", "hide", "blur")
_STRICTEST_FIRST = ("hide", "warn", "blur")
_LONGEST_TITLE = 256
_LONGEST_KEYWORD = 512
_MOST_KEYWORDS = 100
MOST_FILTERS = 100


@dataclass(frozen=True, slots=True)
class Keyword:
    """A word or phrase. whole_word: it counts only where no further letter stands before or after it."""

    id: int
    text: str
    whole_word: bool


@dataclass(frozen=True, slots=True)
class Filtered:
    """A single post in a filter; `id` is the entry's own."""

    id: int
    post_id: int


@dataclass(frozen=True, slots=True)
class Filter:
    """What one member filters. contexts: where. action: warn, hide or blur. expires_at: Unix ms, None for never."""

    id: int
    account_id: int
    title: str
    contexts: tuple[str, ...]
    action: str
    expires_at: int | None
    keywords: tuple[Keyword, ...] = ()
    posts: tuple[Filtered, ...] = ()


@dataclass(frozen=True, slots=True)
class Met:
    """A filter that a post meets: by keywords, or because it, or what it quotes, stands in the filter by itself."""

    filter: Filter
    keywords: tuple[str, ...]
    post_ids: tuple[int, ...]


def strictest(found: Iterable[Met], context: str) -> Filter | None:
    """Return the filter that says how a post is shown in a context, None when it is shown as it is."""
    here = [one.filter for one in found if context in one.filter.contexts]
    return min(here, key=lambda one: _STRICTEST_FIRST.index(one.action), default=None)


def check(filter: Filter) -> None:
    """Check a filter that somebody wants to have.

    Raises:
        Invalid: no title or context, an action nobody knows, or a keyword that is empty, too long or one too many.
    """
    if not 0 < len(filter.title.strip()) <= _LONGEST_TITLE:
        raise Invalid("A filter has a title of at most %(longest)d characters.", longest=_LONGEST_TITLE)
    if not filter.contexts or not set(filter.contexts) <= set(CONTEXTS):
        raise Invalid("Say where the filter applies: home, notifications, public, thread or account.")
    if filter.action not in ACTIONS:
        raise Invalid("A filter does one of these: warn, hide or blur.")
    if len(filter.keywords) > _MOST_KEYWORDS:
        raise Invalid("A filter has at most %(most)d keywords. Make another one.", most=_MOST_KEYWORDS)
    if not all(0 < len(keyword.text.strip()) <= _LONGEST_KEYWORD for keyword in filter.keywords):
        raise Invalid("A keyword has 1 to %(longest)d characters.", longest=_LONGEST_KEYWORD)


def met(keywords: Iterable[Keyword], text: str) -> list[str]:
    """Return those of the keywords that a text has, whatever their case; `text` is folded (`str.casefold`)."""
    return [keyword.text for keyword in keywords if _has(text, keyword)]


def _has(text: str, keyword: Keyword) -> bool:
    folded = keyword.text.casefold()
    # Most keywords are in no text of a page: looking for the bare letters is a hundred times faster than a pattern.
    return folded in text and (not keyword.whole_word or _whole(folded).search(text) is not None)


@lru_cache(maxsize=4096)
def _whole(keyword: str) -> Pattern[str]:
    """A boundary counts only at an end that is a letter or digit, as in Mastodon: `#` is none."""
    start = r"\b" if keyword[0].isalnum() or keyword[0] == "_" else ""
    end = r"\b" if keyword[-1].isalnum() or keyword[-1] == "_" else ""
    return pattern(start + escape(keyword) + end)
