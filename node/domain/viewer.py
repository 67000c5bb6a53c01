"""Who asks: shared by the doors for people."""

from dataclasses import dataclass

from node.domain.accounts import Account, Comfort, Habits, Role

_FOLLOW = frozenset({"blocks", "follows", "mutes"})


@dataclass(frozen=True, slots=True)
class Viewer:
    """A signed-in member.

    scopes: what a client may do in their name; None is the member, who may do everything. token: the hash of the
    client's access token, '' for a browser. lacks_factor: the role is theirs once they set up a second factor.
    """

    account: Account
    role: Role
    comfort: Comfort = Comfort()  # noqa: RUF009 it is frozen
    scopes: frozenset[str] | None = None
    habits: Habits = Habits()  # noqa: RUF009 it is frozen
    token: str = ""
    lacks_factor: bool = False

    def may(self, scope: str) -> bool:
        """Tell whether this scope was granted, alone or within a wider one."""
        return self.scopes is None or grants(self.scopes, scope)


def grants(scopes: frozenset[str], scope: str) -> bool:
    """Tell whether these scopes contain one: by itself, by a parent of it, or by `follow` (Mastodon's OAuth scopes).

    `read` is the parent of `read:statuses`, `admin:read` of `admin:read:accounts`.
    """
    if scope in scopes:
        return True
    parent, _, last = scope.rpartition(":")
    if parent in ("read", "write") and last in _FOLLOW and "follow" in scopes:
        return True
    return parent not in ("", "admin") and grants(scopes, parent)
