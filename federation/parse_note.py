"""JSON to a typed note: what people write, whichever server they write with. Nothing is fetched.

Servers agree on little beyond `id`, `attributedTo` and `content`. What each of them does differently is read
here, so that nothing above knows of it; `tests/fixtures/README.md` lists where it was seen.
"""

from html import escape
from typing import Any

from federation import hosts
from federation.addressing import PUBLIC, PUBLIC_SPELLINGS
from federation.documents import Json, ids, kind, link, listed, one_id, text, time
from federation.errors import FederationError, Malformed
from federation.objects import NOTE_KINDS, Mention, Note, Wall
from federation.parse_attachments import attachments
from federation.parse_emojis import emojis
from node.domain.boards import LONGEST_CATEGORY, Notice
from node.domain.polls import Option, Poll
from node.domain.text import plain, render
from node.limits import Limits

_DEFAULTS = Limits()
_LONGEST_ANSWER = 200
_INVISIBLE = "\u200b\u200c\u200d\ufeff \n\t"
_QUOTES = ("quote", "quoteUrl", "quoteUri", "quoteURL", "_misskey_quote")
_VERBS = {"reply": "canReply", "like": "canLike", "announce": "canAnnounce"}


def note(document: Json) -> Note:
    """Return what somebody wrote. What exceeds the limits on names, tags and text is left out (P12, P13).

    Raises:
        Malformed: no id, no author, or no kind of object that people write.
    """
    id = document.get("id")
    author = _author(document)
    kinds = [kind({"type": part}) for part in listed(document.get("type"))]
    what = next((name for name in kinds if name in NOTE_KINDS), "")
    if not isinstance(id, str) or not author or not what:
        raise Malformed("An object has an id, a type and an author.")
    to, cc = audience(document)
    tags = _tags(document.get("tag"))
    content, language = _content(document, what)
    return Note(
        id=id,
        kind="Note" if what == "ChatMessage" else what,
        author=author,
        content=content,
        summary=_warning(document, what),
        sensitive=document.get("sensitive") is True,
        language=language,
        published=time(document.get("published")),
        updated=time(document.get("updated")),
        expires=time(document.get("expires")),
        to=to,
        cc=cc,
        in_reply_to=one_id(document.get("inReplyTo")),
        url=link(document.get("url")),
        mentions=tuple(
            Mention(tag["href"], text(tag.get("name")))
            for tag in tags
            if kind(tag) == "Mention" and isinstance(tag.get("href"), str)
        ),
        hashtags=tuple(
            dict.fromkeys(text(tag.get("name")).lstrip("#").lower() for tag in tags if kind(tag) == "Hashtag")
        ),
        emojis=emojis(tags),
        attachments=attachments(document, what),
        poll=_poll(document) if what == "Question" else None,
        quote=_quote(document, tags),
        quote_authorization=one_id(document.get("quoteAuthorization")) or "",
        # The answers, else the whole conversation (FEP-7888).
        replies=one_id(document.get("replies")) or one_id(document.get("context")) or "",
        closed=_closed(document.get("interactionPolicy"), author),
        quote_policy=_quote_policy(document.get("interactionPolicy")),
        wall=_wall(document.get("target")),
        notice=_notice(document, what),
        erases=document.get("erasesVersions") is True,
    )


def _author(document: Json) -> str | None:
    """Mobilizon attributes to the group and names the person as `actor`; PeerTube lists person, then channel."""
    actor = document.get("actor")
    return actor if isinstance(actor, str) and actor else one_id(document.get("attributedTo"))


def audience(document: Json) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return (to, cc). `bto` and `bcc` are no business of ours (threat I15)."""
    most = _DEFAULTS.recipients
    to = ids(document.get("to"))[:most]
    return to, ids([*listed(document.get("cc")), *listed(document.get("audience"))])[: most - len(to)]


def _tags(value: Any) -> list[Json]:
    # PHP makes an object with the keys "0", "1" of a list it has taken something out of (Pixelfed).
    if isinstance(value, dict) and value and all(key.isdecimal() for key in value):
        value = list(value.values())
    return [tag for tag in listed(value)[: _DEFAULTS.tags] if isinstance(tag, dict)]


def _mapped(document: Json, name: str) -> tuple[str, str]:
    """Return (text, language) of a property that may stand alone, with a map of languages, or in the map only."""
    languages = document.get(f"{name}Map")
    own = text(document.get(name))
    if not isinstance(languages, dict):
        return own, ""
    found = [(value, code) for code, value in languages.items() if isinstance(value, str)]
    same = next((code for value, code in found if value == own), "")
    if own:
        return own, same or (found[0][1] if len(found) == 1 else "")
    return found[0] if found else ("", "")


def _content(document: Json, what: str) -> tuple[str, str]:
    content, language = _mapped(document, "content")
    match document.get("mediaType"):
        case "text/markdown":
            content = render(content, mentions={})
        case "text/plain":
            content = f"<p>{escape(content)}</p>".replace("\n", "<br>") if content else ""
    title = text(document.get("name"))
    if what != "Note" and not content:
        content = _summary_as_text(document)
    if title:
        content = f"<p>{_heading(title, link(document.get('url')) if what != 'Note' else '')}</p>{content}"
    if what == "Event":
        content = f"{content}{_when_and_where(document)}"
    return content, language or _language(document)


def _heading(title: str, url: str) -> str:
    heading = f"<strong>{escape(title)}</strong>"
    return f'<a href="{escape(url)}">{heading}</a>' if url else heading


def _language(document: Json) -> str:
    """Lemmy and PeerTube have a `language` object, Mobilizon `inLanguage`."""
    given = document.get("language")
    return text(given.get("identifier")) if isinstance(given, dict) else text(document.get("inLanguage"))


def _warning(document: Json, what: str) -> str:
    """A Note's summary is a content warning; of other kinds an excerpt, unless they are sensitive (WordPress)."""
    summary, _ = _mapped(document, "summary")
    warns = what in ("Note", "Question", "ChatMessage") or document.get("sensitive") is True
    return summary.strip(_INVISIBLE) if warns else ""


def _summary_as_text(document: Json) -> str:
    summary, _ = _mapped(document, "summary")
    return f"<p>{escape(summary)}</p>" if summary and document.get("sensitive") is not True else ""


def _when_and_where(document: Json) -> str:
    """An event's times, as they are written there, and the first place that has a name."""
    times = [
        moment[:16].replace("T", " ")
        for name in ("startTime", "endTime")
        if time(moment := text(document.get(name))) is not None
    ]
    places = [text(place.get("name")) for place in listed(document.get("location")) if isinstance(place, dict)]
    parts = [" – ".join(times), next(filter(None, places), "")]
    line = ", ".join(filter(None, parts))
    return f"<p>{escape(line)}</p>" if line else ""


def _poll(document: Json) -> Poll | None:
    several = "anyOf" in document
    options = tuple(
        Option(plain(text(option.get("name")), longest=_LONGEST_ANSWER), _count(option.get("replies")))
        for option in listed(document.get("anyOf" if several else "oneOf"))[: _DEFAULTS.poll_options]
        if isinstance(option, dict) and text(option.get("name"))
    )
    if not options:
        return None
    closed = document.get("closed")
    ends = time(document.get("endTime")) or time(closed)
    voters = document.get("votersCount")
    return Poll(
        options=options,
        several=several,
        ends_at=ends,
        closed=closed is True or time(closed) is not None,
        voters=voters if isinstance(voters, int) and 0 <= voters <= 10**9 else None,
    )


def _notice(document: Json, what: str) -> Notice:
    """A category, and the times between which it is valid; a Question's are those of its poll."""
    timed = what != "Question"
    return Notice(
        category=plain(text(document.get("category")), longest=LONGEST_CATEGORY),
        starts_at=time(document.get("startTime")) if timed else None,
        ends_at=time(document.get("endTime")) if timed else None,
    )


def _count(collection: Any) -> int:
    total = collection.get("totalItems") if isinstance(collection, dict) else 0
    return total if isinstance(total, int) and not isinstance(total, bool) and 0 <= total <= 10**9 else 0


def _quote(document: Json, tags: list[Json]) -> str:
    """The id of what is quoted: FEP-044f, its elder spellings, or a link tag of FEP-e232."""
    named = [one_id(document.get(name)) or "" for name in _QUOTES]
    linked = [
        text(tag.get("href"))
        for tag in tags
        if kind(tag) == "Link" and any("quote" in relation for relation in map(text, listed(tag.get("rel"))))
    ]
    return next((uri for uri in [*named, *linked] if uri), "")


def _quote_policy(policy: Any) -> str:
    """Who may quote it without asking: nobody, followers or public (FEP-044f); without a word nobody."""
    rule = policy.get("canQuote") if isinstance(policy, dict) else None
    approved = ids(rule.get("automaticApproval")) if isinstance(rule, dict) else ()
    if any(one in PUBLIC_SPELLINGS for one in approved):
        return "public"
    return "followers" if any(one.rstrip("/").endswith("/followers") for one in approved) else "nobody"


def _closed(policy: Any, author: str) -> frozenset[str]:
    """What nobody but the author may do with a note (GoToSocial's interaction policy; absent means everybody may)."""
    if not isinstance(policy, dict):
        return frozenset()
    closed = set()
    for verb, name in _VERBS.items():
        rule = policy.get(name)
        if not isinstance(rule, dict):
            continue
        allowed = {
            PUBLIC if id in ("as:Public", "Public") else id
            for key in ("automaticApproval", "manualApproval", "always", "approvalRequired")
            for id in ids(rule.get(key))
        }
        if allowed <= {author} and allowed:
            closed.add(verb)
    return frozenset(closed)


def _wall(value: Any) -> Wall | None:
    """FEP-400e: the collection a note stands in, when it names its owner."""
    if not isinstance(value, dict) or not isinstance(value.get("id"), str):
        return None
    owner = one_id(value.get("attributedTo"))
    try:
        same = owner is not None and hosts.origin(owner) == hosts.origin(value["id"])
    except FederationError:
        return None
    return Wall(value["id"], owner) if owner and same else None
