"""Mails as a theme words them: `mail/NAME.txt`, whose first line is the subject, and `mail/NAME.html`."""

from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import jinja2

from node.config import Look
from themes import loader
from themes.phrases import Phrases

_HERE = Path(__file__).parent
_FALLBACK = "plain"


@dataclass(frozen=True, slots=True)
class Rendered:
    """What a mail says, twice."""

    subject: str
    text: str
    html: str


@cache
def _environment(theme: str) -> jinja2.Environment:
    return jinja2.Environment(
        loader=jinja2.FileSystemLoader([_HERE / theme / "mail", _HERE / _FALLBACK / "mail"]),
        autoescape=jinja2.select_autoescape(["html"], default=False),
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


@cache
def _palettes(look: Look) -> dict[str, Any]:
    theme = loader.load(look).theme
    return {"day": theme.light, "night": theme.dark, "font": theme.font.family}


def render(look: Look, name: str, words: Phrases, **values: Any) -> Rendered:
    """Return a mail in the words and colours of a node."""
    environment = _environment(look.theme)
    said = {**values, **_palettes(look), "_": words}
    subject, _, text = environment.get_template(f"{name}.txt").render(said).partition("\n")
    html = environment.get_template(f"{name}.html").render(said)
    return Rendered(" ".join(subject.split()), f"{text.strip()}\n", html)


@dataclass(frozen=True, slots=True)
class Plain:
    """The words of a mail with one thing to say. link: what its button says; reason: why one gets it."""

    subject: str
    sentences: tuple[str, ...]
    reason: str
    link: str = ""


def confirm(_: Phrases, *, node: str, username: str, minutes: int) -> Plain:
    """Return what is said to an address that somebody gave as theirs."""
    return Plain(
        _("Confirm your mail address"),
        (
            _("Somebody gave this address for @%(username)s at %(name)s.", name=node, username=username),
            _("If that was you, confirm it within %(minutes)d minutes. If not, do nothing.", minutes=minutes),
        ),
        _("You get this because somebody typed this address. Nothing else is sent to it until it is confirmed."),
        _("Confirm this address"),
    )


def changed(_: Phrases, *, node: str, username: str) -> Plain:
    """Return what is said to an address that is not used any more."""
    return Plain(
        _("Your mail address was changed"),
        (
            _("Mails for @%(username)s at %(name)s do not go to this address any more.", name=node, username=username),
            _("If that was not you, change your password and tell an administrator."),
        ),
        _("You get this once, because this address was in use until now."),
    )


def password(_: Phrases, *, node: str, username: str, minutes: int) -> Plain:
    """Return what is said to somebody who forgot the password."""
    return Plain(
        _("Choose a new password"),
        (
            _("Somebody asked for a new password for @%(username)s at %(name)s.", name=node, username=username),
            _("If that was you, choose one within %(minutes)d minutes. If not, do nothing.", minutes=minutes),
        ),
        _("You get this because somebody typed your address into the form for a forgotten password."),
        _("Choose a new password"),
    )


def renewed(_: Phrases, *, node: str, username: str) -> Plain:
    """Return what is said after a new password was chosen by a link."""
    return Plain(
        _("Your password was changed"),
        (
            _("@%(username)s at %(name)s has a new password, and no session is open.", name=node, username=username),
            _("If that was not you, tell an administrator at once."),
        ),
        _("You get this because it is your account."),
    )


def untaken(_: Phrases, *, why: str) -> Plain:
    """Return what is said when an answer by mail could not be taken."""
    return Plain(
        _("Your mail was not taken as an answer"),
        (why, _("Nothing was published. You can answer on the page all the same.")),
        _("You get this because you answered a post by mail."),
        _("To the post"),
    )


def without_files(_: Phrases, *, names: list[str]) -> Plain:
    """Return what is said when an answer by mail was taken without its files."""
    return Plain(
        _("Your answer was published without its files"),
        (_("Files cannot be taken from mails: %(names)s. Add them on the page.", names=_.listed(names)),),
        _("You get this because you answered a post by mail."),
        _("To the post"),
    )


def test(_: Phrases, *, node: str) -> Plain:
    """Return what is said to try out the way."""
    return Plain(
        _("A test"),
        (_("%(name)s can send mails.", name=node),),
        _("You get this because an administrator tried out whether mails reach you."),
    )
