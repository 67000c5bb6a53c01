"""How audiences travel: visibility to `to` and `cc` and back, and which hosts may get a post at all.

The truth table is `tests/federation/test_addressing.py`.

| visibility   | to                                | cc        | hosts that may get it                   |
|--------------|-----------------------------------|-----------|-----------------------------------------|
| unit         | nobody: it never leaves the node  |           | none                                    |
| organisation | members collection, followers     | mentioned | every host of the organisation          |
| followers    | followers                         | mentioned | hosts of the organisation with an addressee |
| direct       | mentioned                         |           | hosts of the organisation with an addressee |
| group        | the group, its followers          | mentioned | the group's host, and from there those of its members |

What is for the organisation and stands in a group names both. `audience` names the group too (FEP-1b12).

The members collection is the organisation actor's. Software that does not know it (Mastodon, GoToSocial)
finds the author's followers in `to` and shows the post to those; no post of ours is ever addressed to the
public. Reading never guesses upward (federation.md 3.3).
"""

from collections.abc import Iterable

from node.domain.visibility import Visibility

PUBLIC = "https://www.w3.org/ns/activitystreams#Public"
PUBLIC_SPELLINGS = frozenset({PUBLIC, "as:Public", "Public"})


def address(
    visibility: Visibility, *, followers: str, mentioned: Iterable[str], members: str, group: Iterable[str] = ()
) -> tuple[list[str], list[str]]:
    """Return (to, cc) for a post.

    followers: the author's followers collection. mentioned: actor ids, the wall's owner among them.
    members: the organisation's members collection, '' for a node that stands alone. group: the group it stands in
    and that one's followers collection.
    """
    named = list(dict.fromkeys(mentioned))
    match visibility:
        case Visibility.ORGANISATION | Visibility.PUBLIC:
            return [uri for uri in (members, followers, *group) if uri], named
        case Visibility.GROUP:
            return list(group), named
        case Visibility.FOLLOWERS:
            return [followers], named
        case Visibility.DIRECT:
            return named, []
        case Visibility.UNIT:
            return [], []


def visibility_of(to: Iterable[str], cc: Iterable[str], *, followers: str, members: str, group: str = "") -> Visibility:
    """Return the visibility a peer's addressing means; what is not recognised makes it narrower, never wider.

    group: the followers collection of a group that it is addressed to.
    """
    addressed = {*to, *cc}
    if addressed & PUBLIC_SPELLINGS:
        return Visibility.PUBLIC
    if members and members in addressed:
        return Visibility.ORGANISATION
    if followers and followers in addressed:
        return Visibility.FOLLOWERS
    if group:
        return Visibility.GROUP
    return Visibility.DIRECT


def may_leave(visibility: Visibility) -> bool:
    """Tell whether a post of this visibility may leave its node at all."""
    return visibility is not Visibility.UNIT


def allowed(
    inboxes: Iterable[tuple[str, str]], visibility: Visibility, *, organisation: frozenset[str], own: str
) -> list[tuple[str, str]]:
    """Return those (host, inbox) pairs that may get the post, each inbox once.

    organisation: the hosts of the organisation. own: this node's host, which never gets a delivery.
    """
    if not may_leave(visibility):
        return []
    return sorted({(host, inbox) for host, inbox in inboxes if host in organisation and host != own and inbox})
