"""How people are searched for: by the beginnings of words, whatever their case and accents."""

from collections.abc import Iterable
from dataclasses import dataclass
from re import compile as pattern
from re import escape
from unicodedata import combining, normalize

from node.domain.accounts import Account
from node.domain.text import strip_tags

_WORD = pattern(r"\w+")
_MOST_WORDS = 6


def words_of(account: Account) -> list[str]:
    """Return the words, folded, by which somebody is found: of name, handle, position, department, site and skills.

    Of a group it is what it is for, too. Nobody is found by what they have not told, or tell no more.
    """
    told = (
        account.username,
        account.host,
        account.name,
        account.position,
        account.department,
        account.site,
        *account.skills,
    )
    if account.kind == "Group":
        told = (*told, strip_tags(account.summary))
    return _WORD.findall(folded(" ".join(told)))


def words_in(query: str) -> list[str]:
    """Return the words somebody searches for, folded; six at most."""
    return _WORD.findall(folded(query))[:_MOST_WORDS]


def has_words(account: Account, words: Iterable[str]) -> bool:
    """Tell whether each of these words, folded, begins one by which somebody is found."""
    told = words_of(account)
    return all(any(one.startswith(word) for one in told) for word in words)


@dataclass(frozen=True, slots=True)
class Traits:
    """What somebody who is looked for tells of themselves; '' for anything.

    host: of which node they are, '' for ours, None for any.
    """

    name: str = ""
    skill: str = ""
    position: str = ""
    department: str = ""
    host: str | None = None

    @property
    def words(self) -> list[str]:
        """All the words that are looked for, folded."""
        return words_in(" ".join((self.name, self.skill, self.position, self.department)))


def has_traits(account: Account, wanted: Traits) -> bool:
    """Tell whether somebody is named so, and has such a skill, position and department; beginnings of words do."""
    return (
        all(_begins(word, (account.name, account.username)) for word in wanted.name.split())
        and _begins(wanted.skill, account.skills)
        and _begins(wanted.position, (account.position,))
        and _begins(wanted.department, (account.department,))
    )


def _begins(wanted: str, told: Iterable[str]) -> bool:
    """Tell whether one of the texts has what is wanted at the beginning of a word."""
    begins = pattern(rf"(?<!\w){escape(folded(' '.join(wanted.split())))}")
    return not wanted.strip() or any(begins.search(folded(text)) for text in told)


def folded(text: str) -> str:
    """Return text without case and accents: `Élodie` and `elodie` are one."""
    return "".join(sign for sign in normalize("NFKD", text.casefold()).casefold() if not combining(sign))
