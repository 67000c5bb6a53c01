"""What the node tells members about something of theirs, as messages of its own."""

from themes.phrases import Phrases


def taken_out(_: Phrases, *, published_at: int, reason: str, complain_at: str) -> str:
    """Return what an author is told whose post was taken out."""
    said = _("Your post of %(day)s was taken out. Why: %(reason)s", day=_.date(published_at), reason=reason)
    return f"{said}\n\n{_against(_, complain_at)}"


def blacked_out(_: Phrases, *, published_at: int, url: str, reason: str, complain_at: str) -> str:
    """Return what an author is told in whose post a passage was blacked out."""
    said = _(
        "A passage of your post of %(day)s was blacked out. Why: %(reason)s", day=_.date(published_at), reason=reason
    )
    return f"{said}\n\n{url}\n\n{_against(_, complain_at)}"


def looked_behind(_: Phrases, *, reason: str, complain_at: str) -> str:
    """Return what a persona is told when two roles looked whose it is, and have closed that."""
    said = _("Data protection and moderation looked whose this pseudonym is. Why: %(reason)s", reason=reason)
    return f"{said}\n\n{_against(_, complain_at)}"


def _against(_: Phrases, complain_at: str) -> str:
    return _("You think that this is wrong? Complain here: %(place)s", place=complain_at)
