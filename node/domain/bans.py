"""Bans: when a suspended account is erased, its names are kept away for a year, and nothing else is (requirements D19).

Only hashes of them are kept, made with the node's secret: whoever reads the database learns no name from them.
"""

import hmac
from hashlib import sha256

LASTS_DAYS = 365
"""No longer may be known who was banned (WP163, 3.8)."""


def mark(secret: bytes, name: str) -> str:
    """Return by what a banned user name or mail address is found, whatever its case."""
    return hmac.digest(secret, b"ban " + name.lower().encode(), sha256).hex()
