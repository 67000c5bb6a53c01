"""Rows of bridges: the contracts that open a group to a partner, who takes part, and who said yes."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from node.domain.bridges import OPEN, SPEAKING, Approval, Bridge, Part, Side, State, Terms
from node.store.database import Row, Tx

_COLUMNS = """b.id, b.uri, b.group_id, b.side, b.home, b.partner, b.state, b.version, b.name, b.purpose, b.contact,
    b.partner_contact, b.files, b.pseudonyms, b.one_sided,
    b.starts_at, b.ends_at, b.document, b.agreed, b.opened_at"""


def _met(account: str) -> str:
    """Return the condition that the other side of the bridge `b` may meet the account with this id (SQL)."""
    return f"(b.pseudonyms = 0 OR EXISTS (SELECT 1 FROM accounts ps WHERE ps.id = {account} AND ps.persona = 1))"


SHARED = f"""EXISTS (SELECT 1 FROM bridges b JOIN bridge_hosts h ON h.bridge_id = b.id
    WHERE b.group_id = p.group_id AND b.state = 'active' AND h.host = :host AND h.ready = 1
      AND (p.published_at >= b.opened_at OR EXISTS (
         SELECT 1 FROM copies c WHERE c.object = p.uri AND c.host = :host AND c.state = 'held'))
      AND (b.files = 1 OR NOT EXISTS (SELECT 1 FROM media f WHERE f.post_id = p.id))
      AND {_met("p.author_id")})
    AND NOT EXISTS (SELECT 1 FROM minors y WHERE y.account_id = p.author_id)"""
"""The post `p` crosses to `:host` now: it stands in a shared group since that opened, and is nobody's who is under age,
or not to be met there."""


def _bridge(row: Row) -> Bridge:
    return Bridge(
        id=row["id"],
        uri=row["uri"],
        group_id=row["group_id"] or 0,
        side=Side(row["side"]),
        home=row["home"],
        terms=Terms(
            name=row["name"],
            partner=row["partner"],
            purpose=row["purpose"],
            contact=row["contact"],
            partner_contact=row["partner_contact"],
            files=bool(row["files"]),
            pseudonyms=bool(row["pseudonyms"]),
            one_sided=bool(row["one_sided"]),
            starts_at=row["starts_at"],
            ends_at=row["ends_at"],
        ),
        state=State(row["state"]),
        version=row["version"],
        document=bytes(row["document"]),
        agreed=bytes(row["agreed"]),
        opened_at=row["opened_at"],
    )


async def put(tx: Tx, bridge: Bridge) -> None:
    """Write how a bridge stands now; its terms, once written, stay."""
    await tx.run(
        """INSERT INTO bridges (id, uri, group_id, side, home, partner, state, version, name, purpose, contact,
              partner_contact, files, pseudonyms, one_sided, starts_at, ends_at, document, agreed, opened_at)
           VALUES (:id, :uri, :group_id, :side, :home, :partner, :state, :version, :name, :purpose, :contact,
              :partner_contact, :files, :pseudonyms, :one_sided, :starts_at, :ends_at, :document, :agreed, :opened_at)
           ON CONFLICT (id) DO UPDATE SET state = excluded.state, version = excluded.version,
              document = excluded.document, agreed = excluded.agreed, opened_at = excluded.opened_at""",
        id=bridge.id,
        uri=bridge.uri,
        group_id=bridge.group_id or None,
        side=bridge.side.value,
        home=bridge.home,
        partner=bridge.terms.partner,
        state=bridge.state.value,
        version=bridge.version,
        name=bridge.terms.name,
        purpose=bridge.terms.purpose,
        contact=bridge.terms.contact,
        partner_contact=bridge.terms.partner_contact,
        files=int(bridge.terms.files),
        pseudonyms=int(bridge.terms.pseudonyms),
        one_sided=int(bridge.terms.one_sided),
        starts_at=bridge.terms.starts_at,
        ends_at=bridge.terms.ends_at,
        document=bridge.document,
        agreed=bridge.agreed,
        opened_at=bridge.opened_at,
    )


async def by_id(tx: Tx, id: int) -> Bridge | None:
    """Return a bridge."""
    return await _one(tx, "b.id = :id", id=id)


async def by_uri(tx: Tx, uri: str) -> Bridge | None:
    """Return a bridge by its contract's id."""
    return await _one(tx, "b.uri = :uri", uri=uri)


async def of_group(tx: Tx, group_id: int) -> Bridge | None:
    """Return the bridge that a group has, or will have; None: it is shared with nobody."""
    return await _one(tx, "b.group_id = :group AND b.state IN (:open)", group=group_id, open=_values(OPEN))


async def of_groups(tx: Tx, group_ids: Iterable[int]) -> dict[int, Bridge]:
    """Return group id → bridge for those that are shared now or are to be, signed by both; one query."""
    rows = await tx.all(
        f"""SELECT {_COLUMNS} FROM bridges b WHERE b.group_id IN (:groups)
              AND b.state IN ('accepted', 'active', 'paused')""",
        groups=sorted(set(group_ids)),
    )
    return {row["group_id"]: _bridge(row) for row in rows}


async def _one(tx: Tx, condition: str, **values: object) -> Bridge | None:
    row = await tx.one(f"SELECT {_COLUMNS} FROM bridges b WHERE {condition} ORDER BY b.id DESC LIMIT 1", **values)
    return _bridge(row) if row else None


def _values(states: Sequence[State]) -> list[str]:
    return [state.value for state in states]


async def all_of(tx: Tx, *, group_id: int | None = None, limit: int = 100) -> list[Bridge]:
    """Return bridges, the latest first; of one group if it is given."""
    rows = await tx.all(
        f"""SELECT {_COLUMNS} FROM bridges b WHERE (:everyone = 1 OR b.group_id = :group)
             ORDER BY b.id DESC LIMIT :limit""",
        everyone=int(group_id is None),
        group=group_id or 0,
        limit=limit,
    )
    return [_bridge(row) for row in rows]


async def due(tx: Tx, *, now: int) -> list[int]:
    """Return the ids of the bridges for which time, or somebody elsewhere, has made something to do; one query.

    They are over or begin, their group is gone, a node of the organisation has its first member there, or somebody of
    ours in it is under age.
    """
    rows = await tx.all(
        """SELECT b.id FROM bridges b WHERE b.state IN ('offered', 'accepted', 'active', 'paused') AND (
              (b.side <> 'along' AND (b.ends_at <= :now OR NOT EXISTS (
                 SELECT 1 FROM accounts g WHERE g.id = b.group_id AND g.deleted_at IS NULL)))
              OR (b.side = 'home' AND b.state = 'accepted' AND b.starts_at <= :now)
              OR (b.side = 'home' AND b.state <> 'offered' AND EXISTS (
                 SELECT 1 FROM follows f JOIN accounts a ON a.id = f.follower_id
                   JOIN organisation_members m ON m.host = a.host AND m.shared_inbox <> ''
                  WHERE f.target_id = b.group_id AND f.accepted = 1
                    AND a.host <> '' AND a.suspended_at IS NULL AND a.deleted_at IS NULL AND NOT EXISTS (
                       SELECT 1 FROM bridge_hosts h WHERE h.bridge_id = b.id AND h.host = a.host)))
              OR EXISTS (SELECT 1 FROM minors y JOIN follows f ON f.follower_id = y.account_id
                  WHERE f.target_id = b.group_id))
            ORDER BY b.id""",
        now=now,
    )
    return [row["id"] for row in rows]


async def partners(tx: Tx, *, also_coming: bool = False) -> list[str]:
    """Return the hosts beyond bridges that hold something of ours, or may get it: open ones, and those that end.

    also_coming: beyond those that are not agreed to yet, too.
    """
    rows = await tx.all(
        """SELECT DISTINCT CASE WHEN b.side = 'partner' THEN b.home ELSE b.partner END AS host FROM bridges b
            WHERE b.state IN (:states) ORDER BY host""",
        states=_values([*(OPEN if also_coming else (State.ACTIVE, State.PAUSED)), State.ENDING]),
    )
    return [row["host"] for row in rows]


async def ending(tx: Tx, *, now: int, before: int) -> list[tuple[Bridge, int]]:
    """Return the bridges of this node that end between two moments (Unix ms), and how many days before their end
    those who decide about them were reminded last; 0: never.
    """
    rows = await tx.all(
        f"""SELECT {_COLUMNS}, b.reminded FROM bridges b
             WHERE b.state IN ('accepted', 'active', 'paused') AND b.side <> 'along'
               AND b.ends_at > :now AND b.ends_at <= :before ORDER BY b.id""",
        now=now,
        before=before,
    )
    return [(_bridge(row), row["reminded"]) for row in rows]


async def put_reminded(tx: Tx, id: int, *, days: int) -> None:
    """Write down that those who decide about a bridge were reminded so many days before its end."""
    await tx.run("UPDATE bridges SET reminded = :days WHERE id = :id", id=id, days=days)


async def with_minors(tx: Tx) -> list[Bridge]:
    """Return the bridges, open or to be, in whose groups somebody of ours under age is, or asks to be."""
    rows = await tx.all(
        f"""SELECT {_COLUMNS} FROM bridges b WHERE b.state IN ('offered', 'accepted', 'active', 'paused') AND EXISTS (
              SELECT 1 FROM minors y JOIN follows f ON f.follower_id = y.account_id WHERE f.target_id = b.group_id)"""
    )
    return [_bridge(row) for row in rows]


async def minors_in(tx: Tx, group_id: int) -> list[int]:
    """Return those of ours under age who are in a group, or ask to be."""
    rows = await tx.all(
        """SELECT y.account_id FROM minors y JOIN follows f ON f.follower_id = y.account_id
            WHERE f.target_id = :group ORDER BY y.account_id""",
        group=group_id,
    )
    return [row["account_id"] for row in rows]


# Who takes part


@dataclass(frozen=True, slots=True)
class Host:
    """A node that takes part. told: the activity that told it of the bridge last; ready: it has answered that."""

    host: str
    inbox: str
    told: str
    ready: bool


async def speaking_hosts(tx: Tx, *, signing: bool = False) -> set[str]:
    """Return the nodes with which some bridge lets us speak. signing: only those that sign for what they do."""
    rows = await tx.all(
        """SELECT DISTINCT h.host FROM bridge_hosts h JOIN bridges b ON b.id = h.bridge_id
            WHERE b.state IN (:states) AND (:everyone = 1 OR b.one_sided = 0 OR h.host <> b.partner)""",
        states=_values(SPEAKING),
        everyone=int(not signing),
    )
    return {row["host"] for row in rows}


async def hosts(tx: Tx, bridge_id: int) -> list[Host]:
    """Return the nodes that take part in a bridge."""
    rows = await tx.all(
        "SELECT host, inbox, told, ready FROM bridge_hosts WHERE bridge_id = :bridge ORDER BY host", bridge=bridge_id
    )
    return [Host(row["host"], row["inbox"], row["told"], bool(row["ready"])) for row in rows]


async def put_host(tx: Tx, bridge_id: int, host: Host) -> None:
    """Write how one node takes part."""
    await tx.run(
        """INSERT INTO bridge_hosts (bridge_id, host, inbox, told, ready) VALUES (:bridge, :host, :inbox, :told, :ready)
           ON CONFLICT (bridge_id, host) DO UPDATE SET inbox = excluded.inbox, told = excluded.told,
              ready = excluded.ready""",
        bridge=bridge_id,
        host=host.host,
        inbox=host.inbox,
        told=host.told,
        ready=int(host.ready),
    )


async def drop_hosts(tx: Tx, bridge_id: int, *, but: Iterable[str]) -> None:
    """Let only these nodes take part."""
    await tx.run(
        "DELETE FROM bridge_hosts WHERE bridge_id = :bridge AND host NOT IN (:but)",
        bridge=bridge_id,
        but=sorted(set(but)),
    )


async def answered(tx: Tx, told: str, *, host: str) -> tuple[Bridge, Host] | None:
    """Return the bridge of which this activity told a host, and how that takes part.

    None: it told of none, or the host was told of more since.
    """
    row = await tx.one(
        f"""SELECT h.host, h.inbox, h.told, h.ready, {_COLUMNS} FROM bridge_hosts h JOIN bridges b ON b.id = h.bridge_id
             WHERE h.told = :told AND h.host = :host AND b.side = 'home'""",
        told=told,
        host=host,
    )
    return (_bridge(row), Host(row["host"], row["inbox"], row["told"], bool(row["ready"]))) if row else None


async def told_of(tx: Tx, uri: str, *, host: str) -> bool:
    """Tell whether an activity of ours told a host of a bridge, be it the last one or not."""
    found = await tx.one(
        """SELECT 1 AS found FROM activities a JOIN bridges b ON b.uri = a.object
              JOIN bridge_hosts h ON h.bridge_id = b.id AND h.host = :host
            WHERE a.uri = :uri LIMIT 1""",
        uri=uri,
        host=host,
    )
    return found is not None


# What crosses


async def between(tx: Tx, group_id: int, host: str, states: Sequence[State], *, by_name: bool = False) -> bool:
    """Tell whether a group and a host outside the organisation have a bridge that stands so.

    by_name: one over which they come by their own names. Other software knows no personas: who uses it chooses a name.
    """
    found = await tx.one(
        """SELECT 1 AS found FROM bridges b JOIN bridge_hosts h ON h.bridge_id = b.id AND h.host = :host
            WHERE b.group_id = :group AND b.state IN (:states)
              AND (b.pseudonyms = 0 OR b.one_sided = 1 OR :by_name = 0) LIMIT 1""",
        group=group_id,
        host=host,
        by_name=int(by_name),
        states=_values(states),
    )
    return found is not None


async def knows_of(tx: Tx, account_id: int, host: str) -> bool:
    """Tell whether a host may know somebody of ours: a group that is offered to it, or who is in one it shares.

    Who asks to join a group of theirs shows themselves.
    """
    found = await tx.one(
        f"""SELECT 1 AS found FROM bridges b JOIN bridge_hosts h ON h.bridge_id = b.id AND h.host = :host
            WHERE (b.group_id = :account AND b.state IN (:speaking)) OR (b.state = 'active' AND {_met(":account")}
               AND EXISTS (SELECT 1 FROM follows f WHERE f.follower_id = :account AND f.target_id = b.group_id
                  AND (f.accepted = 1 OR b.side = 'partner'))
               AND NOT EXISTS (SELECT 1 FROM minors y WHERE y.account_id = :account))
            LIMIT 1""",
        account=account_id,
        host=host,
        speaking=_values(SPEAKING),
    )
    return found is not None


async def hosts_around(tx: Tx, account_id: int) -> set[str]:
    """Return the nodes that share a group with somebody now; of minors none."""
    rows = await tx.all(
        f"""SELECT DISTINCT h.host FROM bridge_hosts h JOIN bridges b ON b.id = h.bridge_id AND b.state = 'active'
              JOIN follows f ON f.target_id = b.group_id AND f.follower_id = :account AND f.accepted = 1
            WHERE {_met(":account")} AND NOT EXISTS (SELECT 1 FROM minors y WHERE y.account_id = :account)""",
        account=account_id,
    )
    return {row["host"] for row in rows}


async def members_at(tx: Tx, group_id: int, host: str) -> list[int]:
    """Return the account ids of those of a host ('': ours) who are in a group, or ask to be."""
    rows = await tx.all(
        """SELECT f.follower_id AS id FROM follows f JOIN accounts a ON a.id = f.follower_id
            WHERE f.target_id = :group AND a.host = :host ORDER BY f.id""",
        group=group_id,
        host=host,
    )
    return [row["id"] for row in rows]


async def posts_from(tx: Tx, group_id: int, hosts: Iterable[str], *, limit: int = 100) -> list[int]:
    """Return what people of these hosts wrote in a group, as far as it is here."""
    rows = await tx.all(
        """SELECT p.id FROM posts p JOIN accounts a ON a.id = p.author_id
            WHERE p.group_id = :group AND a.host IN (:hosts) AND p.local = 0 ORDER BY p.id LIMIT :limit""",
        group=group_id,
        hosts=sorted(set(hosts)),
        limit=limit,
    )
    return [row["id"] for row in rows]


async def uris_from(tx: Tx, group_id: int, hosts: Iterable[str]) -> list[str]:
    """Return the uris of what people of these hosts wrote in a group, as far as it is here."""
    rows = await tx.all(
        """SELECT p.uri FROM posts p JOIN accounts a ON a.id = p.author_id
            WHERE p.group_id = :group AND a.host IN (:hosts) AND p.local = 0 AND p.boost_of IS NULL""",
        group=group_id,
        hosts=sorted(set(hosts)),
    )
    return [row["uri"] for row in rows]


async def one_sided(tx: Tx, group_id: int) -> set[str]:
    """Return the partner of a group whose server has other software, if there is one now."""
    rows = await tx.all(
        "SELECT b.partner FROM bridges b WHERE b.group_id = :group AND b.state = 'active' AND b.one_sided = 1",
        group=group_id,
    )
    return {row["partner"] for row in rows}


async def ours_held_at(tx: Tx, group_id: int, host: str) -> list[tuple[int, str]]:
    """Return (post id, inbox, '' where it is not known) of what people of this node wrote in a group and a host has."""
    rows = await tx.all(
        """SELECT p.id, c.inbox FROM posts p JOIN copies c ON c.object = p.uri AND c.host = :host
            WHERE p.group_id = :group AND p.local = 1 AND p.boost_of IS NULL ORDER BY p.id""",
        group=group_id,
        host=host,
    )
    return [(row["id"], row["inbox"]) for row in rows]


async def strangers_at(tx: Tx, hosts: Iterable[str], *, but: int) -> list[int]:
    """Return the ids of the accounts of these hosts, but their nodes' own, that only the bridge `but` concerned.

    Another open one concerns its group, who is in it, and who wrote or likes something that stands in it.
    """
    rows = await tx.all(
        """SELECT a.id FROM accounts a
            WHERE a.host IN (:hosts) AND a.host <> '' AND a.kind <> 'Application' AND NOT EXISTS (
               SELECT 1 FROM bridges b WHERE b.id <> :but AND b.state IN (:open) AND (
                  b.group_id = a.id
                  OR EXISTS (SELECT 1 FROM follows f WHERE f.follower_id = a.id AND f.target_id = b.group_id)
                  OR EXISTS (SELECT 1 FROM posts p WHERE p.author_id = a.id AND p.group_id = b.group_id)
                  OR EXISTS (SELECT 1 FROM favourites l JOIN posts p ON p.id = l.post_id
                        WHERE l.account_id = a.id AND p.group_id = b.group_id)))
            ORDER BY a.id""",
        hosts=sorted(set(hosts)),
        but=but,
        open=_values(OPEN),
    )
    return [row["id"] for row in rows]


async def order_erasure(tx: Tx, group_id: int, host: str, *, confirmed: bool = False) -> None:
    """Mark in the copy ledger that a host is to erase what stands in a group, or that it said it has."""
    await tx.run(
        """UPDATE copies SET state = :state WHERE host = :host AND state <> 'confirmed'
            AND object IN (SELECT p.uri FROM posts p WHERE p.group_id = :group)""",
        state="confirmed" if confirmed else "ordered",
        host=host,
        group=group_id,
    )


async def stop_deliveries(tx: Tx, group_id: int, host: str, *, but: Sequence[str] = ("Delete",)) -> None:
    """Let nothing of a group leave to a host any more, but activities of these types."""
    await tx.run(
        """UPDATE deliveries SET state = 'cancelled' WHERE host = :host AND state = 'due' AND activity_id IN (
              SELECT a.id FROM activities a LEFT JOIN posts p ON p.uri = a.object
               WHERE a.type NOT IN (:but) AND (a.actor_id = :group OR p.group_id = :group))""",
        host=host,
        group=group_id,
        but=list(but),
    )


# Who said yes


async def put_approval(tx: Tx, bridge_id: int, approval: Approval) -> None:
    """Write down whose yes is there, or waited for."""
    await tx.run(
        """INSERT INTO bridge_approvals (bridge_id, part, account_id, name, at)
           VALUES (:bridge, :part, :account, :name, :at)
           ON CONFLICT (bridge_id, part) DO UPDATE SET account_id = excluded.account_id, name = excluded.name,
              at = excluded.at""",
        bridge=bridge_id,
        part=approval.part.value,
        account=approval.account_id,
        name=approval.name,
        at=approval.at,
    )


async def approvals(tx: Tx, bridge_ids: Iterable[int]) -> dict[int, dict[Part, Approval]]:
    """Return bridge id → part → whose yes is there or waited for; one query."""
    rows = await tx.all(
        "SELECT bridge_id, part, account_id, name, at FROM bridge_approvals WHERE bridge_id IN (:ids)",
        ids=sorted(set(bridge_ids)),
    )
    found: dict[int, dict[Part, Approval]] = {}
    for row in rows:
        approval = Approval(Part(row["part"]), row["account_id"], row["name"], row["at"])
        found.setdefault(row["bridge_id"], {})[approval.part] = approval
    return found


async def waiting_for(tx: Tx, account_id: int) -> list[Bridge]:
    """Return the bridges that wait for somebody's yes."""
    rows = await tx.all(
        f"""SELECT {_COLUMNS} FROM bridges b JOIN bridge_approvals y ON y.bridge_id = b.id
             WHERE y.account_id = :account AND y.at IS NULL AND b.state IN (:open) ORDER BY b.id""",
        account=account_id,
        open=_values(OPEN),
    )
    return [_bridge(row) for row in rows]
