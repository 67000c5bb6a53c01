"""Settings: `allmende.toml` first, then `ALLMENDE_SECTION_KEY` variables; validated whole, then frozen.

Defaults are restrictive. Every setting has its line in `docs/settings.md`.
"""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network
from json import JSONDecodeError, loads
from pathlib import Path
from re import compile as pattern
from re import fullmatch
from typing import Any, get_type_hints
from urllib.parse import SplitResult, urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import msgspec

from node.errors import Invalid
from node.limits import Limits

FILE = "allmende.toml"
LANGUAGES = ("en", "de", "fr")
_MOST_DAYS = 3_650
_ADDRESS = r"[^\s@<>]+@[^\s@<>]+"


class ConfigError(Invalid):
    """A setting is missing or wrong; the message names the key and the fix."""

    code = "configuration"


@dataclass(frozen=True, slots=True)
class Node:
    """What this node is.

    about: what it is for (Markdown); rules: the house rules, a sentence each, until an administrator writes others.
    privacy, terms: Markdown files, '' for none. source: where the source code of this very program is. controller: who
    is responsible by law, with its postal `address`. officer: whom people ask about data protection. youth_contact:
    whom young people and their parents turn to: name, mail, phone. roles_need_second_factor: nobody moderates,
    administrates or looks after data protection without one.
    """

    url: str = ""
    name: str = "Allmende"
    contact: str = ""
    controller: str = ""
    address: str = ""
    officer: str = ""
    youth_contact: str = ""
    about: str = ""
    rules: tuple[str, ...] = ()
    privacy: str = ""
    terms: str = ""
    source: str = ""
    roles_need_second_factor: bool = False
    development: bool = False
    language: str = "en"
    timezone: str = "UTC"


@dataclass(frozen=True, slots=True)
class Look:
    """How its pages look: a folder below `themes/`, and what a brand changes in it.

    logo: an .svg or .png file. accent: the colour of links and buttons as #rrggbb; accent_dark: the same by night,
    '' to lighten the other one as far as it takes.
    """

    theme: str = "plain"
    logo: str = ""
    accent: str = ""
    accent_dark: str = ""


@dataclass(frozen=True, slots=True)
class Server:
    """Where it listens. `proxies`: addresses whose X-Forwarded headers are believed."""

    host: str = "127.0.0.1"
    port: int = 8400
    proxies: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Storage:
    """Where it keeps things. Without `database` (a postgresql:// address) SQLite in `data` is used.

    `media`: a store that speaks S3 (s3://bucket/prefix) instead of a folder in `data`. `backup_days`: how long a backup
    can be read after what is in it was erased, as receipts and certificates tell it: copies of the keys are kept so
    long. `content_keys`: the keys of all that people wrote, which no backup holds; empty: `content.keys` in `data`.
    `erasures`: the log of erasures, which no backup may hold; empty: `erasures.log` in `data`.
    """

    data: str = "data"
    media: str = ""
    database: str = ""
    backup_days: int = 7
    content_keys: str = ""
    erasures: str = ""


@dataclass(frozen=True, slots=True)
class Federation:
    """How it reaches others. `private_hosts`: host → networks it may resolve into; `ports` beside 443.

    `media_hosts`: where peers keep pictures, beside their own hosts and those below.
    """

    private_hosts: dict[str, tuple[str, ...]] = field(default_factory=dict)
    ports: tuple[int, ...] = ()
    media_hosts: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Push:
    """Messages to members' browsers and apps, by way of push services outside the organisation."""

    enabled: bool = True


@dataclass(frozen=True, slots=True)
class Trends:
    """What many people write about, like and pass on (`node.domain.trends`), told to members."""

    enabled: bool = False


@dataclass(frozen=True, slots=True)
class Mail:
    """Mails to members, by way of the operator's own mail server, and their answers.

    Without `host` none goes out. security: starttls, tls, or none for a server on this very machine. sender: the
    address that mails come from. listen: where the mail server hands answers over, "address:port", '' for none;
    reply_to: the address that members answer to, with a sign for each post behind a plus.
    """

    host: str = ""
    port: int = 587
    security: str = "starttls"
    user: str = ""
    password: str = field(default="", repr=False)
    sender: str = ""
    listen: str = ""
    reply_to: str = ""

    @property
    def listens_at(self) -> tuple[str, int]:
        """Host and port of `listen`."""
        host, _, port = self.listen.rpartition(":")
        return host.strip("[]"), int(port)


@dataclass(frozen=True, slots=True)
class Retention:
    """When accounts end that nobody uses: days without a sign of the member until they are told, 0 for never.

    hide_days: from then until the account is hidden; delete_days: from then until it is erased, the last warning half
    way. leaver_days, suspended_days: from a member's last day, or from when a moderator suspended an account, until all
    of it is erased. post_days, message_days: from when something was written, for several or for named people, until it
    is erased at every node; 0 for never. version_days: from an edit until what a post was before is forgotten; 0 for as
    long as the post. silent_days: without any sign of another node until its copies are erased here; 0 for never.
    """

    inactive_days: int = 365
    hide_days: int = 30
    delete_days: int = 60
    leaver_days: int = 30
    suspended_days: int = 365
    post_days: int = 0
    message_days: int = 0
    version_days: int = 365
    silent_days: int = 365


@dataclass(frozen=True, slots=True)
class Settings:
    """Everything that can be set."""

    node: Node = Node()
    look: Look = Look()
    server: Server = Server()
    storage: Storage = Storage()
    federation: Federation = field(default_factory=Federation)
    push: Push = Push()
    trends: Trends = Trends()
    mail: Mail = field(default_factory=Mail)
    retention: Retention = Retention()
    limits: Limits = Limits()  # noqa: RUF009 it is frozen

    @property
    def url(self) -> str:
        """The public address, without a slash at the end; the beginning of every uri of ours."""
        return self.node.url

    @property
    def authority(self) -> str:
        """The public host, with its port when that is not the scheme's own."""
        return urlsplit(self.node.url).netloc

    @property
    def data(self) -> Path:
        """The folder for the database file, the key file and media."""
        return Path(self.storage.data)

    @property
    def erasure_log(self) -> Path:
        """The file that tells what was erased when the database is restored."""
        return Path(self.storage.erasures) if self.storage.erasures else self.data / "erasures.log"

    @property
    def content_keys(self) -> Path:
        """The file of the keys that people's words, their files and backups are read with."""
        return Path(self.storage.content_keys) if self.storage.content_keys else self.data / "content.keys"

    @property
    def incoming(self) -> Path:
        """The folder for files that are being taken, or prepared to be shown."""
        return self.data / "incoming"

    @property
    def private_networks(self) -> dict[str, tuple[IPv4Network | IPv6Network, ...]]:
        """`federation.private_hosts` with its networks parsed."""
        return {
            host: tuple(ip_network(network) for network in networks)
            for host, networks in self.federation.private_hosts.items()
        }


def load(path: Path | None, environ: Mapping[str, str]) -> Settings:
    """Read the file (when there is one), lay the environment over it, and check everything.

    Raises:
        ConfigError: names the key and what to do.
    """
    raw = _from_file(path) if path is not None else {}
    for section, key, text in _from_environment(environ):
        raw.setdefault(section, {})[key] = text
    known = {section.name for section in fields(Settings)}
    sections: dict[str, Any] = {}
    hints = get_type_hints(Settings)
    for name, values in raw.items():
        if name not in known:
            raise ConfigError(f"[{name}] is no section. Known are: {', '.join(sorted(known))}.")
        sections[name] = _section(name, hints[name], values)
    return check(Settings(**sections))


def check(settings: Settings) -> Settings:
    """Return the settings with the public address in its canonical form, or say what is wrong with it."""
    url = _checked_url(settings.node)
    _check_node(settings.node)
    _check_server(settings.server)
    _check_storage(settings.storage)
    _check_federation(settings.federation)
    _check_mail(settings.mail)
    _check_retention(settings.retention)
    for limit in fields(Limits):
        if getattr(settings.limits, limit.name) <= 0:
            raise ConfigError(f"limits.{limit.name} has to be greater than 0. Take it out to get the default.")
    return replace(settings, node=replace(settings.node, url=url))


def _checked_url(node: Node) -> str:
    url = node.url.rstrip("/").lower()
    if not url:
        raise ConfigError(
            'node.url is missing. Set the public address, e.g. url = "https://social.example.com", '
            "or run `allmende init`."
        )
    parts = _parts(url)
    if parts is None:
        raise ConfigError(
            "node.url is no public address, or has more than that. It looks like https://social.example.com."
        )
    if parts.scheme == "http" and not node.development:
        raise ConfigError("node.url is plain http. Use https, or set node.development = true on your own machine.")
    if node.development and not is_loopback(parts.hostname or ""):
        raise ConfigError(
            "node.development = true is for a loopback address only (127.0.0.1, localhost). "
            f"Take it out, or change node.url = {url!r}."
        )
    default_port = {"https": 443, "http": 80}[parts.scheme]
    return url.removesuffix(f":{default_port}")


def _parts(url: str) -> SplitResult | None:
    """Return the parts of an address that consists of scheme, host and perhaps a port; None for any other."""
    try:
        parts = urlsplit(url)
        whole = fullmatch(r"https?://[^/\s@?#]+", url) and parts.hostname and parts.port != 0
    except ValueError:  # brackets around no address, or a port beyond all ports
        return None
    return parts if whole else None


def _check_node(node: Node) -> None:
    for name in ("contact", "officer"):
        if getattr(node, name) and not fullmatch(_ADDRESS, getattr(node, name)):
            raise ConfigError(f"node.{name} is no mail address. It looks like social@example.com.")
    if node.language not in LANGUAGES:
        raise ConfigError(f"node.language = {node.language!r} is not there. Known are: {', '.join(LANGUAGES)}.")
    try:
        ZoneInfo(node.timezone)
    except (ValueError, OSError, ZoneInfoNotFoundError) as error:
        raise ConfigError(f"node.timezone = {node.timezone!r} is not there. It looks like Europe/Berlin.") from error
    for name in ("privacy", "terms"):
        path = getattr(node, name)
        if path and not Path(path).is_file():
            raise ConfigError(
                f"node.{name} = {path!r} is no file. Write it there, in Markdown, or take the setting out."
            )


def _check_server(server: Server) -> None:
    _check_port("server.port", server.port)
    for proxy in server.proxies:
        if proxy != "*":
            _check_network("server.proxies", proxy)


def _check_storage(storage: Storage) -> None:
    if storage.database and not storage.database.startswith(("postgresql://", "postgres://")):
        raise ConfigError(
            "storage.database is no address of PostgreSQL. It looks like postgresql://allmende@localhost/allmende; "
            "take it out to use SQLite."
        )
    if storage.media and not fullmatch(r"s3://[^/\s@?#]+(/[^\s@?#]*)?", storage.media):
        # Whatever else it takes stands in the variables that every S3 program reads; keys never stand in an address.
        raise ConfigError("storage.media is no address of a store. It looks like s3://bucket/prefix.")
    if not 1 <= storage.backup_days <= _MOST_DAYS:
        raise ConfigError(f"storage.backup_days = {storage.backup_days} is no period. It has 1 to {_MOST_DAYS} days.")


def _check_federation(federation: Federation) -> None:
    for port in federation.ports:
        _check_port("federation.ports", port)
    for host, networks in federation.private_hosts.items():
        for network in networks:
            _check_network(f"federation.private_hosts: {host}", network)


def _check_port(key: str, port: int) -> None:
    if not 0 < port < 65_536:
        raise ConfigError(f"{key} = {port} is no port. Choose one from 1 to 65535.")


def _check_network(key: str, network: str) -> None:
    try:
        ip_network(network)
    except ValueError as error:
        raise ConfigError(f"{key} = {network!r} is no address or network ({error}).") from error


def _check_mail(mail: Mail) -> None:
    if mail.host and not fullmatch(_ADDRESS, mail.sender):
        raise ConfigError("mail.sender is no mail address. Set the one that mails come from: social@example.com.")
    _check_port("mail.port", mail.port)
    if mail.security not in ("starttls", "tls", "none"):
        raise ConfigError(f"mail.security = {mail.security!r} is not there. Known are: starttls, tls, none.")
    if mail.host and mail.security == "none" and not is_loopback(mail.host):
        raise ConfigError(
            "mail.security = 'none' is for a mail server on this machine only. Use starttls, or change mail.host."
        )
    if bool(mail.listen) != bool(mail.reply_to) or (mail.listen and not mail.host):
        raise ConfigError("Answers by mail need all of mail.host, mail.listen and mail.reply_to. Set what is missing.")
    if mail.listen and not fullmatch(r"(\[[0-9a-fA-F:.]+\]|[^\s:\[\]]+):[1-9][0-9]{0,4}", mail.listen):
        raise ConfigError(f"mail.listen = {mail.listen!r} is nowhere to listen. It looks like 127.0.0.1:8425.")
    if mail.listen:
        _check_port("mail.listen", mail.listens_at[1])
    if mail.reply_to and not fullmatch(r"[a-z0-9._-]{1,15}@[^\s@<>]+", mail.reply_to):
        raise ConfigError(
            f"mail.reply_to = {mail.reply_to!r} cannot be answered to. It looks like reply@social.example.com, "
            "with at most 15 small letters before the @."
        )


def _check_retention(retention: Retention) -> None:
    periods = {
        "inactive_days": (30, _MOST_DAYS),
        "hide_days": (7, _MOST_DAYS),
        "delete_days": (14, _MOST_DAYS),
        "leaver_days": (0, _MOST_DAYS),
        "suspended_days": (30, 365),  # WP163, 3.8
        "post_days": (1, _MOST_DAYS),
        "message_days": (1, _MOST_DAYS),
        "version_days": (30, _MOST_DAYS),
        "silent_days": (30, _MOST_DAYS),
    }
    never = ("inactive_days", "post_days", "message_days", "version_days", "silent_days")
    for name, (least, most) in periods.items():
        days, may_be_never = getattr(retention, name), name in never
        if not least <= days <= most and not (may_be_never and days == 0):
            raise ConfigError(
                f"retention.{name} = {days} is no period for this. It has {least} to {most} days"
                + (", or 0 for never." if may_be_never else ".")
            )


def is_loopback(host: str) -> bool:
    """Tell whether a host name or address literal means this very machine."""
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


_OF_CONTAINERS = pattern(r"_(?:SERVICE_(?:HOST|PORT)|PORT_\d+_(?:TCP|UDP))(?:_|$)|_PORT$")
"""What Kubernetes tells each container of a service, whose name may begin as one of our settings does."""


def variable(section: str, key: str) -> str:
    """Return the name of the environment variable for a setting."""
    return f"ALLMENDE_{section}_{key}".upper()


def _from_file(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise ConfigError(f"There is no {path}. Run `allmende init` to write one.") from error
    except ValueError as error:  # neither TOML, nor perhaps text
        raise ConfigError(f"{path} is no valid TOML: {error}.") from error


def _from_environment(environ: Mapping[str, str]) -> list[tuple[str, str, Any]]:
    found = []
    hints = get_type_hints(Settings)
    for section in fields(Settings):
        known = {variable(section.name, setting.name): setting.name for setting in fields(hints[section.name])}
        for name, text in environ.items():
            if name in known:
                found.append((section.name, known[name], _loose(text)))
            elif name.startswith(variable(section.name, "")) and not _OF_CONTAINERS.search(name):
                raise ConfigError(f"{name} is no setting. Known are: {', '.join(sorted(known))}.")
    return found


def _loose(text: str) -> Any:
    # Lists and tables are written as JSON; everything else stays text and is converted by its type.
    if fullmatch(r"\s*[\[{].*", text):
        try:
            return loads(text)
        except JSONDecodeError:
            return text
    return text


def _section(name: str, cls: type, values: Any) -> Any:
    if not isinstance(values, dict):
        raise ConfigError(f"{name} is a section: write [{name}] and its keys below.")
    known = {setting.name for setting in fields(cls)}
    for key in values:
        if key not in known:
            raise ConfigError(f"{name}.{key} is no setting. Known are: {', '.join(sorted(known))}.")
    try:
        return msgspec.convert(values, cls, strict=False)
    except msgspec.ValidationError as error:
        what, _, where = str(error).partition(" - at `$.")
        key = where.rstrip("`") or "?"
        named = variable(name, key.split("[")[0].split(".")[0])
        raise ConfigError(f"{name}.{key}: {what[0].lower()}{what[1:]}. Correct it in {FILE} or in {named}.") from error
