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


def warned(_: Phrases, *, reason: str, complain_at: str) -> str:
    """Return what a member is told whom moderators warn."""
    return f"{_('Moderation warns you. Why: %(reason)s', reason=reason)}\n\n{_against(_, complain_at)}"


def limited(_: Phrases, *, reason: str, complain_at: str) -> str:
    """Return what a member is told whose account is limited."""
    said = _(
        "Your account is limited: in streams and searches of this node only those who follow you find you. "
        "Why: %(reason)s",
        reason=reason,
    )
    return f"{said}\n\n{_against(_, complain_at)}"


def unlimited(_: Phrases) -> str:
    """Return what a member is told whose account is limited no more."""
    return _("Your account is not limited any more.")


def journal_doubted(_: Phrases, *, witness: str, number: int) -> str:
    """Return what guardians are told when a line of the journal is not what another node has signed."""
    return _(
        "Somebody wrote the journal of this node anew, or cut it off: line %(n)s is not what %(node)s has signed. "
        "Compare with a copy of the database. If a backup was put back, an operator says so: allmende journal restored",
        n=number, node=witness,
    )  # fmt: skip


def journal_wrong(_: Phrases, *, host: str, number: int, at: int) -> str:
    """Return what guardians are told when another node wants a journal signed that was changed."""
    return _(
        "The journal of %(node)s was written anew, or cut off: it had come to line %(n)s on %(day)s. This node does "
        "not sign for it any more. Ask those who look after data protection there.",
        node=host, n=number, day=_.date(at),
    )  # fmt: skip


def journal_restored(_: Phrases, *, host: str, number: int, now: int) -> str:
    """Return what guardians are told when another node says that its database came from a backup."""
    return _(
        "%(node)s says that it came back from a backup. Its journal had come to line %(n)s, and now to line %(now)s. "
        "Ask there whether that is so.",
        node=host, n=number, now=now,
    )  # fmt: skip


def leaver_heir(_: Phrases, *, look_at: str) -> str:
    """Return what a leaver is told when the administration says what of theirs stays as the unit's."""
    return _(
        "What of your posts stays as the unit's when you leave, without your name, stands here: %(place)s",
        place=look_at,
    )


def _against(_: Phrases, complain_at: str) -> str:
    return _("You think that this is wrong? Complain here: %(place)s", place=complain_at)
