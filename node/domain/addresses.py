"""Network addresses of those who ask."""

from functools import lru_cache
from ipaddress import ip_address, ip_network


@lru_cache(maxsize=4_096)
def network(address: str | None) -> str:
    """Return whom an address stands for: with IPv6 anybody has a whole /64."""
    try:
        found = ip_address(address or "")
    except ValueError:
        return address or ""
    return str(ip_network(f"{found}/64", strict=False)) if found.version == 6 else str(found)
