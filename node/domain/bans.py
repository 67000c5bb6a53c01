"""Bans: when a suspended account is erased, its names are kept away for a year, and nothing else is (requirements D19).

Only hashes of them are kept, made with the node's secret: whoever reads the database learns no name from them.
"""

from node.domain import signs

LASTS_DAYS = 365
"""No longer may be known who was banned (WP163, 3.8)."""


def mark(secret: bytes, name: str) -> str:
    """Return by what a banned user name or mail address is found, whatever its case."""
    return signs.mark(secret, "ban", name.lower())
