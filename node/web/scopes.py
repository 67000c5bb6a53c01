"""What clients may do, in words for those who decide about it."""

from dataclasses import dataclass

from themes.phrases import Phrases


@dataclass(frozen=True, slots=True)
class Right:
    """One kind of rights: a heading, and what falls under it."""

    title: str
    what: tuple[str, ...]


def rights(scopes: tuple[str, ...], _: Phrases) -> list[Right]:
    """Return what these scopes allow; what the widest of a kind contains is not said again."""
    kinds = [
        (_("See"), "read", _seen(_)),
        (_("Do in your name"), "write", _done(_)),
        (_("See as a moderator"), "admin:read", _moderated(_, "admin:read")),
        (_("Change as a moderator"), "admin:write", _moderated(_, "admin:write")),
    ]
    found = []
    for title, widest, words in kinds:
        said = [what for scope, what in words.items() if scope in scopes and _adds(scope, widest, scopes)]
        if said:
            found.append(Right(title, tuple(dict.fromkeys(said))))
    return found


def _adds(scope: str, widest: str, scopes: tuple[str, ...]) -> bool:
    return widest not in scopes or scope in (widest, "push")


def _seen(_: Phrases) -> dict[str, str]:
    return {
        "read": _("everything you can see here: posts, messages, news, lists"),
        "profile": _("your name, picture and handle"),
        "read:accounts": _("your profile, and the people you can see"),
        "read:statuses": _("the posts and messages you can see"),
        "read:notifications": _("your news"),
        "read:search": _("what you find when you search"),
        "follow": _("whom you follow, mute and block"),
        "read:follows": _("whom you follow, and who follows you"),
        "read:groups": _("your groups, and those you can find"),
        "read:lists": _("your lists"),
        "read:collections": _("your collections"),
        "read:bookmarks": _("your bookmarks"),
        "read:favourites": _("what you like"),
        "read:filters": _("your filters"),
        "read:mutes": _("whom you mute"),
        "read:blocks": _("whom you block"),
        "push": _("your news as they come, on your device"),
    }


def _done(_: Phrases) -> dict[str, str]:
    return {
        "write": _("everything you can do here: publish, answer, follow, change your profile"),
        "write:statuses": _("publish, edit and delete posts"),
        "write:media": _("upload pictures and other files"),
        "write:favourites": _("like posts"),
        "write:bookmarks": _("set and remove bookmarks"),
        "follow": _("follow, mute and block people"),
        "write:follows": _("follow people, and stop following them"),
        "write:mutes": _("mute people and conversations"),
        "write:blocks": _("block people"),
        "write:conversations": _("tidy up your conversations"),
        "write:notifications": _("tidy up your news"),
        "write:groups": _("join and leave groups, and look after yours"),
        "write:lists": _("change your lists"),
        "write:collections": _("change your collections"),
        "write:filters": _("change your filters"),
        "write:reports": _("complain about people and posts"),
        "write:accounts": _("change your profile and settings"),
    }


def _moderated(_: Phrases, widest: str) -> dict[str, str]:
    servers, senders = _("which servers are let in"), _("which addresses are shut out")
    return {
        widest: _("everything a moderator deals with"),
        f"{widest}:accounts": _("the members"),
        f"{widest}:reports": _("the complaints"),
        f"{widest}:domain_allows": servers,
        f"{widest}:domain_blocks": servers,
        f"{widest}:ip_blocks": senders,
        f"{widest}:email_domain_blocks": senders,
        f"{widest}:canonical_email_blocks": senders,
    }
