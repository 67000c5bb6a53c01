"""Who gets data, and where they stand, as this node is set up now (GDPR, articles 13, 30 and 44)."""

from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import urlsplit

from node.adapters import object_files
from node.config import Settings, is_loopback
from node.context import Context
from node.domain.places import Place
from node.store import bridges, nodes, places
from node.store.database import Tx
from themes.phrases import Phrases


@dataclass(frozen=True, slots=True)
class Receiver:
    """A node, a partner's, or a service. country: in words, '' while nobody has said where it stands.

    outside: the European Economic Area. note: on what ground data may go there, '' for none.
    """

    name: str
    host: str
    country: str
    outside: bool
    note: str


@dataclass(frozen=True, slots=True)
class Recipients:
    """Who gets data. kinds: in words, with what each gets; nodes, partners, services: each of them, for who may know.

    abroad: countries outside the European Economic Area, in words; unstated: where some stand nobody has said.
    """

    kinds: tuple[tuple[str, str], ...]
    nodes: tuple[Receiver, ...]
    partners: tuple[Receiver, ...]
    services: tuple[Receiver, ...]
    abroad: tuple[str, ...]
    unstated: bool

    @property
    def all(self) -> tuple[Receiver, ...]:
        return (*self.nodes, *self.partners, *self.services)


async def recipients(ctx: Context, _: Phrases, *, named: bool) -> Recipients:
    """Return who gets data at the moment. named: by name, for members; else only of which kind they are."""
    async with ctx.db.read() as tx:
        members = await nodes.members(tx)
        others = [(one.name or one.host, one.host) for one in members if one.host != ctx.settings.authority]
        beyond = [(host, host) for host in await bridges.partners(tx)]
        found = [await _receivers(tx, some, _) for some in (others, beyond, _services(ctx.settings, _))]
    everybody = [one for some in found for one in some]
    around, partners, services = found if named else ((), (), ())
    return Recipients(
        kinds=tuple(_kinds(ctx.settings, _, around=bool(others), beyond=bool(beyond))),
        nodes=around,
        partners=partners,
        services=services,
        abroad=tuple(sorted({one.country for one in everybody if one.outside})),
        unstated=not all(one.country for one in everybody),
    )


async def to_state(ctx: Context, _: Phrases) -> list[Receiver]:
    """Return whose place an administrator writes down: whoever gets data, and partners who are to get some."""
    known = (await recipients(ctx, _, named=True)).all
    async with ctx.db.read() as tx:
        coming = sorted(set(await bridges.partners(tx, also_coming=True)) - {one.host for one in known})
        return [*known, *await _receivers(tx, [(host, host) for host in coming], _)]


async def receiver(tx: Tx, host: str, _: Phrases) -> Receiver:
    """Return one host as a receiver."""
    (found,) = await _receivers(tx, [(host, host)], _)
    return found


async def _receivers(tx: Tx, named: Iterable[tuple[str, str]], _: Phrases) -> tuple[Receiver, ...]:
    named = list(named)
    known = await places.of(tx, [host for _name, host in named])
    return tuple(_receiver(name, host, known[host], _) for name, host in named)


def _receiver(name: str, host: str, place: Place, _: Phrases) -> Receiver:
    return Receiver(name, host, _.country(place.country) if place.country else "", place.outside, place.note)


def _kinds(settings: Settings, _: Phrases, *, around: bool, beyond: bool) -> Iterable[tuple[str, str]]:
    if around:
        yield (
            _("The other nodes of the organisation"),
            _("what is written for the organisation, for groups with people there, or for people there"),
        )
    if beyond:
        yield _("Partners outside the organisation"), _("what stands in the group that is shared with them")
    if settings.mail.host:
        yield _("The mail server of the house"), _("mails to members who gave an address")
    if settings.push.enabled:
        yield (
            _("Push services of the makers of browsers and phones, some outside the European Union"),
            _("that a device is told something, and when; what it is told stays sealed"),
        )
    if settings.storage.media:
        yield _("A store for files"), _("pictures, films and documents")


def _services(settings: Settings, _: Phrases) -> list[tuple[str, str]]:
    """Return (what it is, host) of what this node is set up to use and is not on its own machine."""
    used = (
        (_("The mail server of the house"), settings.mail.host),
        (_("A store for files"), object_files.host() if settings.storage.media else ""),
        (_("The database"), urlsplit(settings.storage.database).hostname or ""),
    )
    return [(name, host) for name, host in used if host and not is_loopback(host)]


async def organisation(ctx: Context) -> str:
    """Return what the organisation is called, '' for a node that stands alone."""
    async with ctx.db.read() as tx:
        found = await nodes.organisation(tx)
    return found.name if found else ""
