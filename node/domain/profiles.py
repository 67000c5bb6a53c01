"""What a person tells of themselves: from what they typed to what others see, and back."""

from dataclasses import replace
from html import escape
from re import compile as pattern
from typing import Protocol

from node.domain import text
from node.domain.accounts import Account, Profile
from node.errors import Invalid
from node.limits import Limits

NAMED = ("Position", "Department", "Workplace", "Skills")
"""Fields that are shown first in every profile, and found by search; clients and peers know them by these names."""

NARROWED = ("summary", "position", "department", "site", "skills", "fields")
"""Of these a person may say that only the own unit is told."""

_AS_IS = ("locked", "wall_open", "bot", "discoverable", "indexable", "hides_follows", "icon_file", "image_file")
_LINK = pattern(r"https?://[^\s<>\"']{1,2000}")
_MOST_SKILLS = 50
_SKILL_MARK = pattern(r"[,\n]")

Fields = list[tuple[str, str]]


def shown(account: Account) -> Fields:
    """Return the (name, HTML) pairs of a profile: the position in the company first, then what the person added."""
    return [*((name, escape(value)) for name, value in _named(account)), *account.fields]


def typed(account: Account) -> Fields:
    """Return the same pairs as their owner typed them."""
    return [*_named(account), *((name, text.strip_tags(html)) for name, html in account.fields)]


def told_beyond(account: Account) -> Account:
    """Return as much of a profile as other units are told of it."""
    return replace(account, narrow=(), **{name: type(getattr(account, name))() for name in account.narrow})


def _named(account: Account) -> Fields:
    values = (account.position, account.department, account.site, ", ".join(account.skills))
    return [(name, value) for name, value in zip(NAMED, values, strict=True) if value]


def changed(account: Account, profile: Profile, limits: Limits) -> Account:
    """Return an account as its owner wants it; `summary` becomes HTML.

    Raises:
        Invalid: a text that is too long, or too many fields.
    """
    if profile.fields is not None:
        # A list of fields is whole: what is not in it is taken away.
        told = dict(profile.fields)
        skills = tuple(_SKILL_MARK.split(told.get("Skills", "")))
        profile = replace(
            profile,
            position=told.get("Position", ""),
            department=told.get("Department", ""),
            site=told.get("Workplace", ""),
            skills=skills,
        )
    made = replace(
        account,
        **{name: value for name in _AS_IS if (value := getattr(profile, name)) is not None},
        name=_line(profile.name, account.name, limits.name_length) or account.username,
        summary=account.summary if profile.summary is None else _summary(profile.summary, limits),
        position=_line(profile.position, account.position, limits.name_length),
        department=_line(profile.department, account.department, limits.name_length),
        site=_line(profile.site, account.site, limits.name_length),
        narrow=account.narrow if profile.narrow is None else tuple(one for one in NARROWED if one in profile.narrow),
        skills=_skills(profile.skills, account.skills, limits),
        fields=account.fields if profile.fields is None else _fields(profile.fields, limits),
        icon_alt=_line(profile.icon_alt, account.icon_alt, limits.alt_length),
        image_alt=_line(profile.image_alt, account.image_alt, limits.alt_length),
    )
    if len(shown(made)) > limits.profile_fields:
        raise Invalid("A profile has at most %(most)d fields. Leave some out.", most=limits.profile_fields)
    return made


class Told(Protocol):
    """What somebody tells of a group or a page; `None` leaves it as it is. For the rest see `Profile`."""

    @property
    def name(self) -> str | None: ...
    @property
    def summary(self) -> str | None: ...
    @property
    def icon_file(self) -> str | None: ...
    @property
    def icon_alt(self) -> str | None: ...
    @property
    def image_file(self) -> str | None: ...
    @property
    def image_alt(self) -> str | None: ...


def presented(account: Account, told: Told, limits: Limits) -> Account:
    """Return the account of a group or a page with what is told of it; what is too long is cut."""

    def line(value: str | None, old: str, longest: int) -> str:
        return old if value is None else text.plain(value, longest=longest)

    summary = told.summary
    return replace(
        account,
        name=line(told.name, account.name, limits.name_length),
        summary=account.summary if summary is None else text.render(summary[: limits.bio_length], mentions={}),
        icon_file=account.icon_file if told.icon_file is None else told.icon_file,
        image_file=account.image_file if told.image_file is None else told.image_file,
        icon_alt=line(told.icon_alt, account.icon_alt, limits.alt_length),
        image_alt=line(told.image_alt, account.image_alt, limits.alt_length),
    )


def _line(value: str | None, old: str, longest: int) -> str:
    if value is None:
        return old
    line = text.plain(value, longest=longest + 1)
    if len(line) > longest:
        raise Invalid("One of the texts is too long. Keep it to %(longest)d characters.", longest=longest)
    return line


def _summary(value: str, limits: Limits) -> str:
    if len(value) > limits.bio_length:
        raise Invalid("The text about you is too long. Keep it to %(longest)d characters.", longest=limits.bio_length)
    return text.render(value, mentions={})


def _skills(value: tuple[str, ...] | None, old: tuple[str, ...], limits: Limits) -> tuple[str, ...]:
    if value is None:
        return old
    lines = [_line(skill, "", limits.name_length) for skill in value]
    return tuple(dict.fromkeys(filter(None, lines)))[:_MOST_SKILLS]


def _fields(pairs: tuple[tuple[str, str], ...], limits: Limits) -> tuple[tuple[str, str], ...]:
    found = []
    for name, value in pairs:
        line = _line(name, "", limits.name_length)
        if len(value) > limits.field_length:
            raise Invalid(
                "A field of the profile is too long. Keep it to %(longest)d characters.", longest=limits.field_length
            )
        if line and value.strip() and line not in NAMED:
            found.append((line, _html(value.strip())))
    return tuple(found)


def _html(value: str) -> str:
    """Plain text with its links: a field is one line, not Markdown."""
    parts, end = [], 0
    for found in _LINK.finditer(value):
        target = found[0].rstrip(".,;:!?)")
        link = escape(target)
        parts += [escape(value[end : found.start()]), f'<a href="{link}">{link}</a>']
        end = found.start() + len(target)
    return text.sanitise("".join([*parts, escape(value[end:])]))
