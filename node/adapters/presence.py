"""Who asked for something of late, in memory: written down now and then, so that no request has to."""


class Presence:
    """Implements `node.ports.Presence`: a set that grows with the members who ask, until it is taken."""

    def __init__(self) -> None:
        self._members: set[int] = set()

    def note(self, account_id: int) -> None:
        """Note that a member asked for something."""
        self._members.add(account_id)

    def take(self) -> set[int]:
        """Return who asked since the last call."""
        taken, self._members = self._members, set()
        return taken
