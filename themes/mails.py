"""Mails as a theme words them: `mail/NAME.txt`, whose first line is the subject, and `mail/NAME.html`."""

from dataclasses import dataclass
from functools import cache
from typing import Any

import jinja2

from node.config import Look
from node.domain.inactivity import Step
from themes import loader
from themes.phrases import Phrases


@dataclass(frozen=True, slots=True)
class Rendered:
    """What a mail says, twice."""

    subject: str
    text: str
    html: str


@cache
def _environment(look: Look) -> jinja2.Environment:
    return jinja2.Environment(
        loader=loader.templates(look, "mail"),
        autoescape=jinja2.select_autoescape(["html"], default=False),
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


@cache
def _palettes(look: Look) -> dict[str, Any]:
    theme = loader.read(look)
    return {"day": theme.light, "night": theme.dark, "font": theme.font.family}


def render(look: Look, name: str, words: Phrases, **values: Any) -> Rendered:
    """Return a mail in the words and colours of a node."""
    environment = _environment(look)
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


def bridge_ends(_: Phrases, *, group: str, partner: str, ends_at: int, days: int) -> Plain:
    """Return what is said to those who decide about a bridge that ends soon."""
    return Plain(
        _.several("%(group)s: shared for %(n)s more day", "%(group)s: shared for %(n)s more days", days, group=group),
        (
            _("%(group)s is shared with %(partner)s until %(day)s.", group=group, partner=partner, day=_.date(ends_at)),
            _("Then nothing crosses any more, and both sides erase what they got. To go on, make a new contract."),
        ),
        _("You get this because you decide about this contract."),
        _("Look at the contract"),
    )


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


def second_factor(_: Phrases, *, node: str, username: str, added: bool) -> Plain:
    """Return what is said after a second factor began to count, or was taken away."""
    if added:
        subject = _("You sign in with a code from now on")
        happens = _("@%(username)s at %(name)s is asked for a code beside the password.", name=node, username=username)
    else:
        subject = _("You sign in without a code from now on")
        happens = _("@%(username)s at %(name)s is asked for the password alone.", name=node, username=username)
    return Plain(
        subject,
        (happens, _("If that was not you, tell an administrator at once.")),
        _("You get this because it is your account."),
    )


def inactive(_: Phrases, step: Step, *, node: str, username: str, hidden_at: int, erased_at: int) -> Plain:
    """Return what is said to somebody who has not been here for long, after each step. Times: Unix ms."""
    match step:
        case Step.TOLD:
            subject = _("Your account will be hidden")
            happens = _("From %(date)s on nobody sees your profile and your posts any more.", date=_.date(hidden_at))
        case Step.HIDDEN:
            subject = _("Your account is hidden")
            happens = _("Nobody sees your profile and your posts any more. Nothing of it is deleted yet.")
        case _:
            subject = _("The last warning: your account will be deleted")
            happens = _("This is the last mail about it.")
    return Plain(
        subject,
        (
            _("Nobody has used @%(username)s at %(name)s for a long time.", name=node, username=username),
            happens,
            _("On %(date)s all of it will be deleted, on every node, for good.", date=_.date(erased_at)),
            _("To keep everything, sign in once: then all is as it was, at once."),
        ),
        _("You get this because data that nobody uses must not be kept for ever."),
        _("Sign in"),
    )


def ending(_: Phrases, *, node: str, username: str, erased_at: int) -> Plain:
    """Return what is said to somebody whose account was suspended for long. Times: Unix ms."""
    return Plain(
        _("The last warning: your account will be deleted"),
        (
            _("@%(username)s at %(name)s is suspended.", name=node, username=username),
            _("On %(date)s all of it will be deleted, on every node, for good.", date=_.date(erased_at)),
            _("You think that this is wrong? Object before that day. You can do so without signing in."),
        ),
        _("You get this because nobody is kept suspended for ever."),
        _("Object"),
    )


def unreached(_: Phrases, *, node: str, username: str, erased_at: int) -> Plain:
    """Return what those who look after data protection read about somebody who cannot be told by mail."""
    return Plain(
        _("@%(username)s cannot be told by mail", username=username),
        (
            _("Nobody has used @%(username)s at %(name)s for a long time.", name=node, username=username),
            _("On %(date)s all of it will be deleted, on every node, for good.", date=_.date(erased_at)),
            _("No mail reaches them. Please tell them: to keep everything, they sign in once."),
        ),
        _("You get this because you look after data protection."),
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


def filed(_: Phrases, *, node: str, reference: str, request: bool, days: int) -> Plain:
    """Return what is said to an address that somebody gave with a complaint or a request."""
    asked = (
        _(
            "If that was you, confirm it within %(days)d days: only then it is looked after. If not, do nothing.",
            days=days,
        )
        if request
        else _("If that was you, confirm it: then you are told by mail when there is an answer. If not, do nothing.")
    )
    return Plain(
        _("Your number: %(number)s", number=reference),
        (_("Somebody turned to %(name)s and gave this address.", name=node), asked),
        _("You get this because somebody typed this address. Nothing else is sent to it until it is confirmed."),
        _("It was me"),
    )


def received(_: Phrases, *, node: str, reference: str) -> Plain:
    """Return what is said to whoever proved who they are: it is being looked after."""
    return Plain(
        _("Your number: %(number)s", number=reference),
        (_("%(name)s has received what you ask for. How it stands is on your page.", name=node),),
        _("You get this because you turned to this node. Keep the link to yourself: whoever has it reads your page."),
        _("To your page"),
    )


def case_news(_: Phrases, *, node: str, reference: str) -> Plain:
    """Return what is said when something new stands on somebody's page; what it is the mail does not tell."""
    return Plain(
        _("There is an answer: %(number)s", number=reference),
        (_("%(name)s has written to you. What it says is on your page.", name=node),),
        _("You get this because you turned to this node. Keep the link to yourself: whoever has it reads your page."),
        _("To your page"),
    )


def desk(_: Phrases, *, node: str, reference: str) -> Plain:
    """Return what is said to those who look after requests."""
    return Plain(
        _("Something waits at the desk: %(number)s", number=reference),
        (_("Somebody turned to %(name)s with a complaint or a request.", name=node),),
        _("You get this because you look after data protection here."),
        _("Look at it"),
    )


def test(_: Phrases, *, node: str) -> Plain:
    """Return what is said to try out the way."""
    return Plain(
        _("A test"),
        (_("%(name)s can send mails.", name=node),),
        _("You get this because an administrator tried out whether mails reach you."),
    )
