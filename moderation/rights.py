"""Who among those who look after a node may act on whom."""

from node.domain.accounts import Role
from node.domain.viewer import Viewer
from node.store.administration import Person


def may_act_on(viewer: Viewer, person: Person) -> bool:
    """Tell whether somebody may suspend and restore a person.

    An administrator may with everybody, a moderator with those who have no such role; nobody with themselves.
    """
    if person.account.id == viewer.account.id or person.account.kind in ("Application", "Organization"):
        return False
    equal = person.role not in (None, Role.MEMBER)
    return viewer.role is Role.ADMIN or (viewer.role is Role.MODERATOR and not equal)
