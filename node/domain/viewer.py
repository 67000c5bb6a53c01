"""Who asks: shared by the doors for people."""

from dataclasses import dataclass

from node.domain.accounts import Account, Role


@dataclass(frozen=True, slots=True)
class Viewer:
    """A signed-in member. `scopes` bound what a client may do in their name; `None` is the member."""

    account: Account
    role: Role
    language: str = "en"
    scopes: frozenset[str] | None = None

    def may(self, scope: str) -> bool:
        """Tell whether this scope, or its parent (`read` for `read:statuses`), was granted."""
        return self.scopes is None or scope in self.scopes or scope.partition(":")[0] in self.scopes
