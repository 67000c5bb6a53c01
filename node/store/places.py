"""Rows of where other nodes, partners and services stand."""

from collections.abc import Iterable

from node.domain.places import Place
from node.store.database import Tx


async def put(tx: Tx, host: str, place: Place) -> None:
    """Write where a host stands."""
    await tx.run(
        """INSERT INTO places (host, country, note) VALUES (:host, :country, :note)
           ON CONFLICT (host) DO UPDATE SET country = excluded.country, note = excluded.note""",
        host=host,
        country=place.country,
        note=place.note,
    )


async def of(tx: Tx, hosts: Iterable[str]) -> dict[str, Place]:
    """Return host → where it stands, for each of them; one query."""
    wanted = sorted(set(hosts))
    rows = await tx.all("SELECT host, country, note FROM places WHERE host IN (:hosts)", hosts=wanted)
    known = {row["host"]: Place(row["country"], row["note"]) for row in rows}
    return {host: known.get(host, Place()) for host in wanted}
