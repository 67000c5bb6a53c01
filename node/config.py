"""Settings: `allmende.toml` first, then `ALLMENDE_SECTION_KEY` variables; validated whole, then frozen.

Defaults are restrictive. Every setting has its line in `docs/settings.md`.
"""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network
from json import JSONDecodeError, loads
from pathlib import Path
from re import fullmatch
from typing import Any, get_type_hints
from urllib.parse import urlsplit
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
    whom young people and their parents turn to: name, mail, phone.
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
    url = settings.node.url.rstrip("/").lower()
    parts = urlsplit(url)
    if not url:
        raise ConfigError(
            'node.url is missing. Set the public address, e.g. url = "https://social.example.com", '
            "or run `allmende init`."
        )
    if parts.scheme not in ("https", "http") or not parts.hostname or parts.path or parts.query:
        raise ConfigError(f"node.url = {url!r} is no public address. It looks like https://social.example.com.")
    if parts.scheme == "http" and not settings.node.development:
        raise ConfigError("node.url is plain http. Use https, or set node.development = true on your own machine.")
    if settings.node.development and not is_loopback(parts.hostname):
        raise ConfigError(
            "node.development = true is for a loopback address only (127.0.0.1, localhost). "
            f"Take it out, or change node.url = {url!r}."
        )
    default_port = {"https": 443, "http": 80}[parts.scheme]
    if parts.port == default_port:
        url = url.removesuffix(f":{parts.port}")
    if not 0 < settings.server.port < 65_536:
        raise ConfigError(f"server.port = {settings.server.port} is no port. Choose one from 1 to 65535.")
    if settings.storage.media and not fullmatch(r"s3://[^/\s@?#]+(/[^\s@?#]*)?", settings.storage.media):
        # Whatever else it takes stands in the variables that every S3 program reads; keys never stand in an address.
        raise ConfigError("storage.media is no address of a store. It looks like s3://bucket/prefix.")
    if settings.node.language not in LANGUAGES:
        raise ConfigError(
            f"node.language = {settings.node.language!r} is not there. Known are: {', '.join(LANGUAGES)}."
        )
    try:
        ZoneInfo(settings.node.timezone)
    except (ValueError, OSError, ZoneInfoNotFoundError) as error:
        raise ConfigError(
            f"node.timezone = {settings.node.timezone!r} is not there. It looks like Europe/Berlin."
        ) from error
    for name in ("privacy", "terms"):
        path = getattr(settings.node, name)
        if path and not Path(path).is_file():
            raise ConfigError(
                f"node.{name} = {path!r} is no file. Write it there, in Markdown, or take the setting out."
            )
    _check_mail(settings.mail)
    _check_retention(settings.retention)
    for limit in fields(Limits):
        if getattr(settings.limits, limit.name) <= 0:
            raise ConfigError(f"limits.{limit.name} has to be greater than 0. Take it out to get the default.")
    for host, networks in settings.federation.private_hosts.items():
        for network in networks:
            try:
                ip_network(network)
            except ValueError as error:
                raise ConfigError(f"federation.private_hosts: {host} = {network!r} is no network ({error}).") from error
    return replace(settings, node=replace(settings.node, url=url))


def _check_mail(mail: Mail) -> None:
    if mail.host and not fullmatch(_ADDRESS, mail.sender):
        raise ConfigError("mail.sender is no mail address. Set the one that mails come from: social@example.com.")
    if not 0 < mail.port < 65_536:
        raise ConfigError(f"mail.port = {mail.port} is no port. Choose one from 1 to 65535.")
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


def variable(section: str, key: str) -> str:
    """Return the name of the environment variable for a setting."""
    return f"ALLMENDE_{section}_{key}".upper()


def _from_file(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text())
    except FileNotFoundError as error:
        raise ConfigError(f"There is no {path.name}. Run `allmende init` to write one.") from error
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"{path.name} is no valid TOML: {error}.") from error


def _from_environment(environ: Mapping[str, str]) -> list[tuple[str, str, Any]]:
    found = []
    for section in fields(Settings):
        cls = get_type_hints(Settings)[section.name]
        for setting in fields(cls):
            text = environ.get(variable(section.name, setting.name))
            if text is not None:
                found.append((section.name, setting.name, _loose(text)))
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


def template(*, url: str, name: str, development: bool) -> str:
    """Return a commented configuration file for a new node."""
    flag = "development = true" if development else "# development = false"
    return f"""# Allmende: the settings of one node. Each can also be given as a variable,
# e.g. ALLMENDE_NODE_URL; docs/settings.md lists them all with their defaults.

[node]
# The public address. It is part of every post's id: choose it once, it never changes.
url = "{url}"
# The name of the unit, shown on every page.
name = "{name}"
# Who answers questions about this node (an e-mail address).
# contact = "social@example.com"
# Who is responsible for it by law: the company by its full name, and its postal address.
# controller = "Weaving Mill Ltd."
# address = "1 Mill Lane, 12345 Weaverton, Germany"
# Whom people ask about their data: the data protection officer (an e-mail address).
# officer = "privacy@example.com"
# Whom young people and their parents turn to: a youth representative (JAV), or whoever looks after apprentices.
# youth_contact = "Rosa Klein, youth@example.com, phone 4711"
# What it is for, and the house rules. Longer texts are Markdown files: the privacy notice, the terms of service.
# about = "Where the people of the weaving mill help each other."
# rules = ["Be kind.", "What is said here stays here."]
# privacy = "privacy.md"
# terms = "terms.md"
# Language of pages for people who have not chosen one: en, de or fr.
# language = "en"
# Where its people live: times are shown as their clocks show them.
# timezone = "Europe/Berlin"
# Plain http on a loopback address, for trying things out. Refused for any other address.
{flag}

[look]
# Pages look like this folder below themes/: plain or meadow. Logo and colour of the house lie over it.
# theme = "plain"
# logo = "logo.svg"
# accent = "#1f55a8"

[server]
# Where the program listens; a reverse proxy with TLS stands in front of it.
host = "127.0.0.1"
port = {urlsplit(url).port or 8400}
# Addresses of proxies whose X-Forwarded-For is believed.
# proxies = ["127.0.0.1"]

[storage]
# Database file, key file and media. Keep it private and in your backups.
data = "data"
# A unit that outgrows one machine uses PostgreSQL instead of the file.
# database = "postgresql://allmende@localhost/allmende"
# Pictures, films and documents in a store that speaks S3, instead of a folder beside the database. Where it is and the
# keys stand in AWS_ENDPOINT_URL, AWS_REGION, AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY.
# media = "s3://bucket/prefix"

[federation]
# Nodes on private addresses: host name to the networks it may resolve into.
# private_hosts = {{ "node-b.corp" = ["10.2.0.0/16"] }}
# Ports other nodes may use beside 443.
# ports = [8443]
# Hosts where they keep pictures, beside their own and hosts below those.
# media_hosts = ["media.example.net"]

[push]
# Tell members' browsers and apps of notifications while they do not run. What is told stays sealed; the push
# services of Google, Mozilla, Apple and others learn when somebody is told something.
# enabled = true

[mail]
# Mails to members who are away, by the mail server of the house. Without a host none goes out.
# host = "mail.example.com"
# port = 587
# security = "starttls"
# user = "social"
# The password stands better in the variable ALLMENDE_MAIL_PASSWORD.
# sender = "social@example.com"
# Members answer by mail: the mail server hands what comes for reply+anything@social.example.com over here.
# listen = "127.0.0.1:8425"
# reply_to = "reply@social.example.com"

[retention]
# Days without a sign of a member until they are told (0: never), from then until the account is hidden, and from then
# until it is erased.
# inactive_days = 365
# hide_days = 30
# delete_days = 60
# Days from a member's last day in the house until their account is erased.
# leaver_days = 30
# Days without any sign of another node until its copies are erased here (0: never).
# silent_days = 365
# Days from the suspension of an account until it is erased, if nobody restores it.
# suspended_days = 365

[limits]
# Longest post, in characters.
# post_length = 5000
"""
