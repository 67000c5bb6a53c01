"""JSON to a typed actor, with the trust rules of FEP-fe34. Nothing is fetched."""

from typing import Any

from federation import hosts
from federation.documents import Json, ids, kind, link, listed, one_id, text, time
from federation.errors import BadSignature, Malformed
from federation.keys import load_multikey
from federation.objects import ACTOR_KINDS, Actor, ActorKey
from federation.parse_emojis import emojis
from node.domain import profiles
from node.domain.groups import LONGEST_RULE, MOST_RULES, Group, Joining, Posting, Readers
from node.domain.text import plain
from node.limits import Limits

_DEFAULTS = Limits()


def actor(document: Json) -> Actor:
    """Return the actor in a document.

    Raises:
        Malformed: it is none, or one of its addresses is on another server (threat I14).
    """
    id = document.get("id")
    username = document.get("preferredUsername")
    if not isinstance(id, str) or kind(document) not in ACTOR_KINDS or not isinstance(username, str):
        raise Malformed("That is no actor.")
    if not 0 < len(username) <= 300 or any(sign.isspace() or sign in "@/?#<>\"'" for sign in username):
        raise Malformed("The actor's name is none.")
    endpoints = document.get("endpoints")
    shared = one_id(endpoints.get("sharedInbox")) if isinstance(endpoints, dict) else None
    addresses = {
        name: one_id(document.get(name)) or ""
        for name in ("inbox", "outbox", "followers", "following", "wall", "featured")
    }
    addresses["shared"] = shared or ""
    if not addresses["inbox"]:
        raise Malformed("The actor has no inbox.")
    if any(address and hosts.origin(address) != hosts.origin(id) for address in addresses.values()):
        raise Malformed("The actor's addresses are on another server.")
    fields = {
        text(field.get("name")): text(field.get("value"))
        for field in listed(document.get("attachment"))[: _DEFAULTS.profile_fields]
        if isinstance(field, dict) and kind(field) == "PropertyValue"
    }
    own = {name: fields.pop(name, "") for name in profiles.NAMED}
    skills = [text(skill) for skill in listed(document.get("knowsAbout"))] or own["Skills"].split(",")
    return Actor(
        id=id,
        kind=kind(document),
        username=username,
        name=text(document.get("name")) or username,
        summary=text(document.get("summary")),
        url=link(document.get("url")),
        inbox=addresses["inbox"],
        outbox=addresses["outbox"],
        shared_inbox=addresses["shared"],
        followers=addresses["followers"],
        following=addresses["following"],
        wall=addresses["wall"],
        featured=addresses["featured"],
        locked=document.get("manuallyApprovesFollowers") is True,
        indexable=document.get("indexable") is True,
        discoverable=document.get("discoverable") is True,
        icon=_picture(document.get("icon")),
        image=_picture(document.get("image")),
        icon_alt=_shows(document.get("icon")),
        image_alt=_shows(document.get("image")),
        fields=tuple(fields.items()),
        emojis=emojis(tag for tag in listed(document.get("tag"))[: _DEFAULTS.tags] if isinstance(tag, dict)),
        position=text(document.get("jobTitle")) or own["Position"],
        department=text(document.get("department")) or own["Department"],
        site=_place(document.get("location")) or own["Workplace"],
        skills=tuple(skill.strip() for skill in skills if skill.strip()),
        keys=_keys(document.get("publicKey")),
        assertion_keys=_assertion_keys(document.get("assertionMethod"), id),
        also_known_as=ids(document.get("alsoKnownAs")),
        moved_to=one_id(document.get("movedTo")),
        published=time(document.get("published")),
        group=_group(document, id) if kind(document) == "Group" else None,
        board=kind(document) == "Organization" and document.get("noticeBoard") is True,
        guest=document.get("guest") is True,
        persona=document.get("persona") is True,
        suspended=document.get("suspended") is True,
    )


_ACCESS = {"open": Joining.OPEN, "closed": Joining.REQUEST, "private": Joining.INVITATION}


def _group(document: Json, id: str) -> Group:
    """What software of other makes does not say is the narrower of what it may mean."""
    moderators = one_id(document.get("attributedTo")) or ""
    locked = document.get("manuallyApprovesFollowers") is True
    public = document.get("readers") != "members" if "readers" in document else "accessType" not in document
    rules = [plain(text(rule), longest=LONGEST_RULE) for rule in listed(document.get("rules"))[:MOST_RULES]]
    return Group(
        account_id=0,
        joining=_ACCESS.get(text(document.get("accessType")), Joining.REQUEST if locked else Joining.OPEN),
        readers=Readers.ORGANISATION if public else Readers.MEMBERS,
        posting=Posting.MODERATORS if document.get("postingRestrictedToMods") is True else Posting.MEMBERS,
        listed=document.get("discoverable") is not False,
        rules="\n".join(filter(None, rules)),
        question=plain(text(document.get("joinQuestion")), longest=LONGEST_RULE),
        real_names=plain(text(document.get("realNames")), longest=LONGEST_RULE),
        moderators=moderators if moderators and hosts.origin(moderators) == hosts.origin(id) else "",
        archived_at=time(document.get("archived")),
    )


def _place(value: Any) -> str:
    return text(value.get("name")) if isinstance(value, dict) and kind(value) == "Place" else ""


def _picture(value: Any) -> str:
    found = next(iter(listed(value)), None)
    return link(found.get("url") or found.get("href")) if isinstance(found, dict) else link(found)


def _shows(value: Any) -> str:
    """Return what a picture shows: Mastodon says it in `name`, GoToSocial in `summary`."""
    found = next(iter(listed(value)), None)
    said = text(found.get("name")) or text(found.get("summary")) if isinstance(found, dict) else ""
    return plain(said, longest=_DEFAULTS.alt_length)


def _keys(value: Any) -> tuple[ActorKey, ...]:
    return tuple(
        ActorKey(key["id"], one_id(key.get("owner")) or "", key["publicKeyPem"])
        for key in listed(value)[:10]
        if isinstance(key, dict) and isinstance(key.get("id"), str) and isinstance(key.get("publicKeyPem"), str)
    )


def _assertion_keys(value: Any, owner: str) -> tuple[tuple[str, str], ...]:
    """FEP-521a: Ed25519 Multikeys of this very actor; other kinds, and what does not conform, are ignored."""
    return tuple(
        (key["id"], key["publicKeyMultibase"])
        for key in listed(value)[:10]
        if isinstance(key, dict)
        and key.get("controller") == owner
        and isinstance(key.get("id"), str)
        and isinstance(key.get("publicKeyMultibase"), str)
        and kind(key) == "Multikey"
        and _is_ed25519(key["publicKeyMultibase"])
    )


def _is_ed25519(multibase: str) -> bool:
    try:
        load_multikey(multibase)
    except BadSignature:
        return False
    return True
