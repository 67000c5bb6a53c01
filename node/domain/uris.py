"""How our uris are built, and how one of ours is read back. `base` is the node's public address."""

from re import compile as pattern
from urllib.parse import quote

_LOCAL = pattern(r"/users/([a-zA-Z0-9_.-]{1,30})")
_PAGE = pattern(r"/@([a-zA-Z0-9_.-]{1,30})")


def user(base: str, username: str) -> str:
    """Return the actor id of a person here."""
    return f"{base}/users/{username}"


def node(base: str) -> str:
    """Return the actor id of the node itself."""
    return f"{base}/actor"


def node_at(base: str, host: str) -> str:
    """Return the actor id of the node at another host, where it is one of ours; it is reached as this one is."""
    return node(f"{base.partition('://')[0]}://{host}")


def node_of(actor: str) -> str:
    """Return the actor id of the node on which an actor lives, where it is one of ours."""
    scheme, _, rest = actor.partition("://")
    return node(f"{scheme}://{rest.partition('/')[0]}")


def organisation(base: str) -> str:
    """Return the actor id of the organisation a node founded."""
    return f"{base}/organization"


def shared_inbox(base: str) -> str:
    """Return the inbox of the whole node."""
    return f"{base}/inbox"


def main_key(actor: str) -> str:
    """Return the id of an actor's RSA key."""
    return f"{actor}#main-key"


def proof_key(actor: str) -> str:
    """Return the id of an actor's Ed25519 key."""
    return f"{actor}#ed25519-key"


def post(actor: str, id: int) -> str:
    """Return the id of a post."""
    return f"{actor}/posts/{id}"


def replies(post: str) -> str:
    """Return the collection of answers to a post."""
    return f"{post}/replies"


def followers(actor: str) -> str:
    """Return the collection of an actor's followers, or a group's members."""
    return f"{actor}/followers"


def moderators(actor: str) -> str:
    """Return the collection of those who look after a group."""
    return f"{actor}/moderators"


def quote_stamp(actor: str, id: int) -> str:
    """Return the id of a permission to quote a post of an actor of ours."""
    return f"{actor}/quotes/{id}"


def activity(base: str, id: int) -> str:
    """Return the id of an activity."""
    return f"{base}/activities/{id}"


def profile_page(base: str, username: str) -> str:
    """Return where people see an account."""
    return f"{base}/@{username}"


def post_page(base: str, username: str, id: int) -> str:
    """Return where people see a post."""
    return f"{base}/@{username}/{id}"


def tag(base: str, name: str) -> str:
    """Return where people see the posts with a hashtag."""
    return f"{base}/tags/{quote(name)}"


def invitation(base: str, secret: str) -> str:
    """Return the link by which somebody becomes a member."""
    return f"{base}/invitation/{secret}"


def username_in(base: str, uri: str) -> str | None:
    """Return the user name in an actor id or profile address of ours."""
    if not uri.startswith(base + "/"):
        return None
    path = uri[len(base) :]
    found = _LOCAL.fullmatch(path) or _PAGE.fullmatch(path)
    return found[1] if found else None


def complaint(base: str) -> str:
    """Return the page on which anybody complains of anything here."""
    return f"{base}/complaint"
