"""How people are searched for: by the beginnings of words, whatever their case and accents."""

from re import compile as pattern
from unicodedata import combining, normalize

from node.domain.accounts import Account

_WORD = pattern(r"\w+")
_MOST_WORDS = 6


def words_of(account: Account) -> str:
    """Return what a search for somebody looks in: name, handle, position, department and skills, folded.

    Each word has a space before it. Nobody is found by what they have not told, or tell no more.
    """
    told = (account.username, account.host, account.name, account.position, account.department, *account.skills)
    return "".join(f" {word}" for word in _WORD.findall(folded(" ".join(told))))


def words_in(query: str) -> list[str]:
    """Return the words somebody searches for, folded; six at most."""
    return _WORD.findall(folded(query))[:_MOST_WORDS]


def folded(text: str) -> str:
    """Return text without case and accents: `Élodie` and `elodie` are one."""
    return "".join(sign for sign in normalize("NFKD", text.casefold()).casefold() if not combining(sign))
