"""Lists: people a member reads together, apart from the home stream if they like."""

from dataclasses import dataclass

from node.errors import Invalid

REPLIES = ("list", "followed", "none")
"""Which answers a list shows: to its members, to everybody its owner follows, none. The first is the default."""


@dataclass(frozen=True, slots=True)
class List:
    """A list of a member's (`account_id`). exclusive: what its people write is not in the home stream."""

    id: int
    account_id: int
    title: str
    replies: str = REPLIES[0]
    exclusive: bool = False


def check_list(made: List, *, longest: int) -> List:
    """Return a list if it may be kept.

    Raises:
        Invalid: it has no title, one that is too long, or shows no such answers.
    """
    if not made.title:
        # Mastodon's own words: clients show them.
        raise Invalid("Validation failed: Title can't be blank")
    if len(made.title) > longest:
        raise Invalid("One of the texts is too long. Keep it to %(longest)d characters.", longest=longest)
    if made.replies not in REPLIES:
        raise Invalid("A list shows the answers to its people (list), to all you follow (followed), or none.")
    return made
