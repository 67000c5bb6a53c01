"""JSON to typed activities and objects, with the trust rules of FEP-fe34. The inverse of `federation.render`.

Nothing is fetched. Whatever the shape of the input, only Malformed, Unsupported and Refused are raised.
"""

from html import escape
from typing import Any

from federation import activities, hosts, vocabulary
from federation.documents import Json, ids, kind, listed, one_id, text, time
from federation.errors import Malformed, Refused, Unsupported
from federation.objects import ACTOR_KINDS, NOTE_KINDS, Actor, ActorKey, Mention, Note, Wall
from node.limits import Limits

_DEFAULTS = Limits()


def activity(document: Json) -> activities.Activity:
    """Return the activity in a checked document (`federation.documents.load`).

    Raises:
        Malformed: it lacks what its verb needs. Refused: it speaks for another origin or author.
        Unsupported: nothing we act on.
    """
    verb = kind(document)
    id = document.get("id")
    actor_id = one_id(document.get("actor"))
    if not isinstance(id, str) or not actor_id or not verb:
        raise Malformed("An activity has an id, a type and an actor.")
    if hosts.origin(id) != hosts.origin(actor_id):
        raise Refused("The activity's id is not of its actor's server.")
    vocabulary.check({**document, "type": verb, "actor": actor_id})
    given = document.get("object")
    first = listed(given)[0] if listed(given) else None
    object_id = one_id(given) or ""
    match verb:
        case "Create":
            return activities.Create(id, actor_id, _own_note(first, actor_id))
        case "Update":
            if isinstance(first, dict) and kind(first) in ACTOR_KINDS:
                changed = actor(first)
                if changed.id != actor_id:
                    raise Refused("Only an actor changes itself.")
                return activities.Update(id, actor_id, changed)
            return activities.Update(id, actor_id, _own_note(first, actor_id))
        case "Delete":
            if hosts.origin(object_id) != hosts.origin(actor_id):
                raise Refused("Only its own server deletes an object.")
            former = text(first.get("formerType")) if isinstance(first, dict) else ""
            return activities.Delete(id, actor_id, object_id, former)
        case "Follow":
            return activities.Follow(id, actor_id, object_id)
        case "Accept":
            return activities.Accept(id, actor_id, object_id, _follow(first))
        case "Reject":
            return activities.Reject(id, actor_id, object_id, _follow(first))
        case "Undo":
            inner = first if isinstance(first, dict) else {}
            author = one_id(inner.get("actor"))
            if author is not None and author != actor_id:
                raise Refused("Only its own actor undoes an activity.")
            return activities.Undo(id, actor_id, object_id, kind(inner), one_id(inner.get("object")) or "")
        case "Like" | "EmojiReact":
            return activities.Like(id, actor_id, object_id)
        case "Announce":
            to, cc = _audience(document)
            done, about = _passed_on(first)
            return activities.Announce(id, actor_id, about, done, to, cc, time(document.get("published")))
        case "Block":
            return activities.Block(id, actor_id, object_id)
        case "Flag":
            objects = ids(given)[: _DEFAULTS.tags]
            return activities.Flag(id, actor_id, object_id, objects, _complaint(document))
        case "Move":
            if object_id != actor_id:
                raise Refused("Only an actor moves itself.")
            return activities.Move(id, actor_id, object_id, one_id(document.get("target")) or "")
        case "Add" | "Remove":
            target = document.get("target")
            embedded = target if isinstance(target, dict) else None
            made = activities.Add if verb == "Add" else activities.Remove
            return made(id, actor_id, object_id, one_id(target) or "", embedded)
        case _:
            return activities.Other(id, actor_id, verb, object_id)


def _passed_on(value: Any) -> tuple[str, str]:
    """Return what an Announce says was done ('': it passes on an object itself), and the id of the object."""
    if isinstance(value, dict) and kind(value) in vocabulary.VERBS:
        return kind(value), one_id(value.get("object")) or ""
    return "", one_id(value) or ""


def _complaint(document: Json) -> str:
    """Mastodon and Misskey write into `content`, Lemmy into `summary`."""
    return text(document.get("content")) or text(document.get("summary"))


def _own_note(value: Any, actor_id: str) -> Note:
    if not isinstance(value, dict):
        raise Unsupported("An object that is only named by its id is not taken.")
    found = note(value)
    if found.author != actor_id or hosts.origin(found.id) != hosts.origin(actor_id):
        raise Refused("The object is not the actor's own.")
    return found


def _follow(value: Any) -> activities.Follow | None:
    if not isinstance(value, dict) or kind(value) != "Follow":
        return None
    follower, target = one_id(value.get("actor")), one_id(value.get("object"))
    if not follower or not target:
        return None
    return activities.Follow(text(value.get("id")), follower, target)


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
    skills = [text(skill) for skill in listed(document.get("knowsAbout"))] or fields.get("Skills", "").split(",")
    return Actor(
        id=id,
        kind=kind(document),
        username=username,
        name=text(document.get("name")) or username,
        summary=text(document.get("summary")),
        url=_link(document.get("url")),
        inbox=addresses["inbox"],
        outbox=addresses["outbox"],
        shared_inbox=addresses["shared"],
        followers=addresses["followers"],
        following=addresses["following"],
        wall=addresses["wall"],
        featured=addresses["featured"],
        locked=document.get("manuallyApprovesFollowers") is True,
        indexable=document.get("indexable") is True,
        position=text(document.get("jobTitle")) or fields.get("Position", ""),
        department=text(document.get("department")) or fields.get("Department", ""),
        skills=tuple(skill.strip() for skill in skills if skill.strip()),
        keys=_keys(document.get("publicKey")),
        assertion_keys=_assertion_keys(document.get("assertionMethod"), id),
        also_known_as=ids(document.get("alsoKnownAs")),
        moved_to=one_id(document.get("movedTo")),
        published=time(document.get("published")),
    )


def _keys(value: Any) -> tuple[ActorKey, ...]:
    return tuple(
        ActorKey(key["id"], text(key.get("owner")), key["publicKeyPem"])
        for key in listed(value)[:10]
        if isinstance(key, dict) and isinstance(key.get("id"), str) and isinstance(key.get("publicKeyPem"), str)
    )


def _assertion_keys(value: Any, owner: str) -> tuple[tuple[str, str], ...]:
    """FEP-521a: Multikeys of this very actor; what does not conform is ignored."""
    return tuple(
        (key["id"], key["publicKeyMultibase"])
        for key in listed(value)[:10]
        if isinstance(key, dict)
        and key.get("controller") == owner
        and isinstance(key.get("id"), str)
        and isinstance(key.get("publicKeyMultibase"), str)
        and kind(key) == "Multikey"
    )


def note(document: Json) -> Note:
    """Return what somebody wrote. What exceeds the limits on names, tags and text is left out (P12, P13).

    Raises:
        Malformed: no id, no author, or no kind of object that people write.
    """
    id = document.get("id")
    author = one_id(document.get("attributedTo"))
    kinds = [kind({"type": part}) for part in listed(document.get("type"))]
    what = next((name for name in kinds if name in NOTE_KINDS), "")
    if not isinstance(id, str) or not author or not what:
        raise Malformed("An object has an id, a type and an author.")
    to, cc = _audience(document)
    tags = [tag for tag in listed(document.get("tag"))[: _DEFAULTS.tags] if isinstance(tag, dict)]
    content, language = _content(document, what)
    return Note(
        id=id,
        kind=what,
        author=author,
        content=content,
        summary=text(document.get("summary")) if what == "Note" else "",
        sensitive=document.get("sensitive") is True,
        language=language,
        published=time(document.get("published")),
        updated=time(document.get("updated")),
        to=to,
        cc=cc,
        in_reply_to=one_id(document.get("inReplyTo")),
        url=_link(document.get("url")),
        mentions=tuple(
            Mention(tag["href"], text(tag.get("name")))
            for tag in tags
            if kind(tag) == "Mention" and isinstance(tag.get("href"), str)
        ),
        hashtags=tuple(text(tag.get("name")).lstrip("#") for tag in tags if kind(tag) == "Hashtag"),
        wall=_wall(document.get("target")),
    )


def _audience(document: Json) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return (to, cc). `bto` and `bcc` are no business of ours (threat I15)."""
    most = _DEFAULTS.recipients
    to = ids(document.get("to"))[:most]
    return to, ids([*listed(document.get("cc")), *listed(document.get("audience"))])[: most - len(to)]


def _content(document: Json, what: str) -> tuple[str, str]:
    languages = document.get("contentMap")
    content, language = text(document.get("content")), ""
    if isinstance(languages, dict):
        for name, value in languages.items():
            if isinstance(value, str) and (not content or value == content):
                content, language = value, name
                break
    title = text(document.get("name"))
    if what != "Note" and title:
        link = _link(document.get("url"))
        heading = f"<strong>{escape(title)}</strong>"
        linked = f'<a href="{escape(link)}">{heading}</a>' if link else heading
        content = f"<p>{linked}</p>{content or escape(text(document.get('summary')))}"
    return content, language


def _wall(value: Any) -> Wall | None:
    """FEP-400e: the collection a note stands in, when it names its owner."""
    if not isinstance(value, dict) or not isinstance(value.get("id"), str):
        return None
    owner = one_id(value.get("attributedTo"))
    return Wall(value["id"], owner) if owner and hosts.origin(owner) == hosts.origin(value["id"]) else None


def _link(value: Any) -> str:
    for item in listed(value):
        if isinstance(item, str):
            return item
        if isinstance(item, dict) and isinstance(item.get("href"), str):
            return str(item["href"])
    return ""
