"""Domain objects to ActivityStreams JSON. The inverse is `federation.parse`.

Every function returns a plain dict without `@context`, so that it can be embedded; `document` adds it.
"""

from collections.abc import Iterable, Sequence
from typing import Any

from federation import hosts
from federation.addressing import PUBLIC, address
from node.adapters.files import type_of
from node.domain import groups, profiles, uris
from node.domain.accounts import Account
from node.domain.boards import Notice
from node.domain.groups import Group, Joining, Posting
from node.domain.media import Emoji, Media, Show, for_peers
from node.domain.polls import Poll
from node.domain.posts import Post
from node.domain.times import iso
from node.domain.visibility import is_private

Json = dict[str, Any]

CONTEXT: list[Any] = [
    "https://www.w3.org/ns/activitystreams",
    "https://w3id.org/security/v1",
    "https://w3id.org/security/multikey/v1",
    # JSON-LD readers drop what no context names: assertionMethod and proof stand in these two.
    "https://www.w3.org/ns/did/v1",
    "https://w3id.org/security/data-integrity/v1",
    {
        "manuallyApprovesFollowers": "as:manuallyApprovesFollowers",
        "sensitive": "as:sensitive",
        "Hashtag": "as:Hashtag",
        "alsoKnownAs": {"@id": "as:alsoKnownAs", "@type": "@id"},
        "movedTo": {"@id": "as:movedTo", "@type": "@id"},
        "toot": "http://joinmastodon.org/ns#",
        "gts": "https://gotosocial.org/ns#",
        "interactionPolicy": {"@id": "gts:interactionPolicy", "@type": "@id"},
        "canQuote": {"@id": "gts:canQuote", "@type": "@id"},
        "automaticApproval": {"@id": "gts:automaticApproval", "@type": "@id"},
        "quote": {"@id": "https://w3id.org/fep/044f#quote", "@type": "@id"},
        "quoteAuthorization": {"@id": "https://w3id.org/fep/044f#quoteAuthorization", "@type": "@id"},
        "QuoteAuthorization": "https://w3id.org/fep/044f#QuoteAuthorization",
        "QuoteRequest": "https://w3id.org/fep/044f#QuoteRequest",
        "interactingObject": {"@id": "gts:interactingObject", "@type": "@id"},
        "interactionTarget": {"@id": "gts:interactionTarget", "@type": "@id"},
        "misskey": "https://misskey-hub.net/ns#",
        "_misskey_quote": "misskey:_misskey_quote",
        "votersCount": "toot:votersCount",
        "blurhash": "toot:blurhash",
        "focalPoint": {"@container": "@list", "@id": "toot:focalPoint"},
        "Emoji": "toot:Emoji",
        "featured": {"@id": "toot:featured", "@type": "@id"},
        "discoverable": "toot:discoverable",
        "indexable": "toot:indexable",
        "schema": "http://schema.org#",
        "PropertyValue": "schema:PropertyValue",
        "value": "schema:value",
        "jobTitle": "schema:jobTitle",
        "department": "schema:department",
        "knowsAbout": "schema:knowsAbout",
        "sm": "http://smithereen.software/ns#",
        "wall": {"@id": "sm:wall", "@type": "@id"},
        "version": "schema:version",
        "lemmy": "https://join-lemmy.org/ns#",
        "postingRestrictedToMods": "lemmy:postingRestrictedToMods",
        "accessType": "sm:accessType",
        "allmende": "urn:allmende:",
        "readers": "allmende:readers",
        "rules": "allmende:rules",
        "joinQuestion": "allmende:joinQuestion",
        "realNames": "allmende:realNames",
        "archived": "allmende:archived",
        "contact": "allmende:contact",
        "order": "allmende:order",
        "partnerContact": "allmende:partnerContact",
        "attachments": "allmende:attachments",
        "pseudonyms": "allmende:pseudonyms",
        "oneSided": "allmende:oneSided",
        "state": "allmende:state",
        "nodes": "allmende:nodes",
        "noticeBoard": "allmende:noticeBoard",
        "category": "schema:category",
        "guest": "allmende:guest",
        "expires": "schema:expires",
        "persona": "allmende:persona",
        "erasesVersions": "allmende:erasesVersions",
        "suspended": "toot:suspended",
    },
]


def document(body: Json) -> Json:
    """Return a dereferenceable document: the object with its `@context`."""
    return {"@context": CONTEXT, **body}


def actor(account: Account, *, keys: Sequence[Any], base: str, group: Group | None = None) -> Json:
    """Return an actor of ours. `keys`: rows with id, algorithm and public (PEM, or multikey for Ed25519).

    group: what makes it one (FEP-1b12, and Smithereen's words for who may join and who may read).
    """
    body: Json = {
        "id": account.uri,
        "type": "Service" if account.bot else account.kind,
        "preferredUsername": account.username,
        "name": account.name or account.username,
        "summary": account.summary,
        "url": account.url,
        "inbox": account.inbox,
        "outbox": account.outbox,
        "followers": account.followers,
        "following": account.following,
        "endpoints": {"sharedInbox": uris.shared_inbox(base)},
        "manuallyApprovesFollowers": account.locked,
        # Nobody is listed or found beyond their unit unless they say so (requirements A16).
        "discoverable": account.discoverable,
        "indexable": account.indexable,
        "published": iso(account.created_at),
    }
    for name, show, file, alt in (
        ("icon", Show.PORTRAIT, account.icon_file, account.icon_alt),
        ("image", Show.BANNER, account.image_file, account.image_alt),
    ):
        if file:
            url = for_peers(base, account.id, show, file=file)
            body[name] = {"type": "Image", "mediaType": type_of(file), "url": url}
            if alt:
                body[name]["name"] = alt
    if group is not None:
        body |= _group(group)
    if account.board:
        body["noticeBoard"] = True
    if account.guest:
        body["guest"] = True
    if account.persona:
        body["persona"] = True
    if account.hidden_at is not None:
        body["suspended"] = True  # Mastodon's word: nothing of it is shown until this is taken back
    if account.wall:
        body["wall"] = account.wall
    if account.featured:
        body["featured"] = account.featured
    if account.also_known_as:
        body["alsoKnownAs"] = list(account.also_known_as)
    if account.moved_to:
        body["movedTo"] = account.moved_to
    body["attachment"] = [
        {"type": "PropertyValue", "name": name, "value": value} for name, value in profiles.shown(account)
    ]
    if account.position:
        body["jobTitle"] = account.position
    if account.department:
        body["department"] = account.department
    if account.site:
        body["location"] = {"type": "Place", "name": account.site}
    if account.skills:
        body["knowsAbout"] = list(account.skills)
    return body | _keys(account, keys)


_ACCESS = {Joining.OPEN: "open", Joining.REQUEST: "closed", Joining.INVITATION: "private"}


def _group(group: Group) -> Json:
    body: Json = {
        "attributedTo": group.moderators,
        "postingRestrictedToMods": group.posting is Posting.MODERATORS,
        "accessType": _ACCESS[group.joining],
        "readers": group.readers.value,
    }
    if group.rules:
        body["rules"] = groups.rules_of(group.rules)
    if group.question:
        body["joinQuestion"] = group.question
    if group.real_names:
        body["realNames"] = group.real_names
    if group.archived_at is not None:
        body["archived"] = iso(group.archived_at)
    return body


def key_stub(account: Account, *, keys: Sequence[Any]) -> Json:
    """Return as much of an actor as is needed to check its signatures (federation.md 4.3)."""
    return {
        "id": account.uri,
        "type": account.kind,
        "preferredUsername": account.username,
        "inbox": account.inbox,
    } | _keys(account, keys)


def _keys(account: Account, keys: Sequence[Any]) -> Json:
    body: Json = {}
    for key in keys:
        if key["algorithm"] == "rsa":
            body["publicKey"] = {"id": key["id"], "owner": account.uri, "publicKeyPem": key["public"]}
        else:
            body.setdefault("assertionMethod", []).append(
                {
                    "id": key["id"],
                    "type": "Multikey",
                    "controller": account.uri,
                    "publicKeyMultibase": key["public"],
                }
            )
    return body


def note(
    post: Post,
    *,
    author: Account,
    mentioned: Iterable[Account],
    wall_owner: Account | None,
    hashtags: Iterable[str],
    members: str,
    base: str,
    poll: Poll | None = None,
    media: Iterable[Media] = (),
    emojis: Iterable[Emoji] = (),
    group: Account | None = None,
    notice: Notice | None = None,
) -> Json:
    """Return a post of ours. Addressing is on the object too: many servers read only one of the two.

    hashtags: lower-case, without the sign. members: the organisation's members collection. base: our address.
    emojis: those of ours that its text may have. group: the one it stands in. notice: what it carries on a board.
    """
    named = [*mentioned, *([wall_owner] if wall_owner else [])]
    to, cc = address(
        post.visibility,
        followers=author.followers,
        mentioned=[account.uri for account in named],
        members=members,
        group=[group.uri, group.followers] if group else [],
    )
    body: Json = {
        "id": post.uri,
        "type": post.kind,
        "attributedTo": author.uri,
        "content": post.content,
        "summary": post.summary or None,
        "sensitive": post.sensitive,
        "published": iso(post.published_at),
        "url": post.url,
        "inReplyTo": post.reply_to_uri or None,
        "to": to,
        "cc": cc,
        "tag": [
            *(
                {"type": "Mention", "href": account.uri, "name": f"@{account.handle(hosts.authority(base))}"}
                for account in {account.id: account for account in named}.values()
            ),
            *({"type": "Hashtag", "href": uris.tag(base, name), "name": f"#{name}"} for name in hashtags),
            *(_emoji(emoji, base) for emoji in emojis),
        ],
        "replies": uris.replies(post.uri),
        "interactionPolicy": {"canQuote": {"automaticApproval": _quotable_by(post, author)}},
    }
    if group is not None:
        body["audience"] = group.uri
    if post.source:
        body["source"] = {"content": post.source, "mediaType": "text/markdown"}
    if post.language:
        body["contentMap"] = {post.language: post.content}
    if post.edited_at is not None:
        body["updated"] = iso(post.edited_at)
    if post.expires_at is not None:
        body["expires"] = iso(post.expires_at)
    if wall_owner is not None and wall_owner.wall:
        body["target"] = {"id": wall_owner.wall, "type": "Collection", "attributedTo": wall_owner.uri}
    attached = [_attachment(one, base) for one in media]
    if attached:
        body["attachment"] = attached
    if notice is not None:
        body |= _notice(notice)
    if poll is not None:
        body |= _poll(poll)
    if post.quote_uri:
        # The elder names are for servers that do not know FEP-044f yet.
        body |= dict.fromkeys(("quote", "quoteUri", "_misskey_quote"), post.quote_uri)
        if post.quote_stamp:
            body["quoteAuthorization"] = post.quote_stamp
    return body


_ATTACHED = {"image": "Image", "gifv": "Video", "video": "Video", "audio": "Audio", "document": "Document"}


def _attachment(media: Media, base: str) -> Json:
    """A file of ours as Mastodon has them. Its link is good for whoever has it, while the post stands."""
    body: Json = {
        "type": _ATTACHED[media.kind],
        "mediaType": media.media_type,
        "url": for_peers(base, media.id, Show.ORIGINAL, file=media.given_as),
        "name": media.description or None,
    }
    if media.width and media.height:
        body |= {"width": media.width, "height": media.height}
    if media.blurhash:
        body["blurhash"] = media.blurhash
    if media.focus:
        body["focalPoint"] = list(media.focus)
    if media.seconds:
        body["duration"] = f"PT{media.seconds:.3f}S"
    return body


def _notice(notice: Notice) -> Json:
    """ActivityStreams' times of an object; the category in the word that Mobilizon has for it, beside its hashtag."""
    times = {"startTime": notice.starts_at, "endTime": notice.ends_at}
    body: Json = {name: iso(at) for name, at in times.items() if at is not None}
    return body | ({"category": notice.category} if notice.category else {})


def _emoji(emoji: Emoji, base: str) -> Json:
    url = for_peers(base, emoji.id, Show.EMOJI, file=emoji.file)
    return {
        "type": "Emoji",
        "name": f":{emoji.shortcode}:",
        "icon": {"type": "Image", "mediaType": type_of(emoji.file), "url": url},
    }


def _quotable_by(post: Post, author: Account) -> list[str]:
    """Who may quote without asking (FEP-044f). An empty list would read as no rule at all, so it names the author."""
    if is_private(post.visibility) or post.quote_policy == "nobody":
        return [author.uri]
    return [author.followers if post.quote_policy == "followers" else PUBLIC]


def _poll(poll: Poll) -> Json:
    """A Question's answers and numbers, as Mastodon has them."""
    options = [
        {"type": "Note", "name": option.name, "replies": {"type": "Collection", "totalItems": option.votes}}
        for option in poll.options
    ]
    body: Json = {"anyOf" if poll.several else "oneOf": options, "votersCount": poll.voters or 0}
    if poll.ends_at is not None:
        body["endTime"] = iso(poll.ends_at)
        if poll.closed:
            body["closed"] = iso(poll.ends_at)
    return body


def quote_authorization(uri: str, *, author: str, quoting: str, quoted: str) -> Json:
    """Return the stamp by which one post may quote another (FEP-044f)."""
    return {
        "id": uri,
        "type": "QuoteAuthorization",
        "attributedTo": author,
        "interactingObject": quoting,
        "interactionTarget": quoted,
    }


def about(kind: str, *, id: str, actor: str, object: Json | str | list[str], **more: Any) -> Json:
    """Return an activity: `kind` by `actor` about `object`, with whatever else it carries."""
    return {"id": id, "type": kind, "actor": actor, "object": object, **more}


def ballot(*, id: str, by: str, name: str, question: str, to: str) -> Json:
    """Return a vote as Mastodon sends it: a note with a name and no content, to the poll's author alone."""
    return {"id": id, "type": "Note", "name": name, "inReplyTo": question, "attributedTo": by, "to": [to]}


def create(note: Json, *, id: str) -> Json:
    """Wrap a note of `note` in its Create."""
    return about(
        "Create",
        id=id,
        actor=note["attributedTo"],
        object=note,
        published=note["published"],
        **_audience(note),
    )


def update(note: Json, *, id: str, **more: Any) -> Json:
    """Wrap an edited note in an Update."""
    return about("Update", id=id, actor=note["attributedTo"], object=note, **_audience(note), **more)


def _audience(note: Json) -> Json:
    return {name: note[name] for name in ("to", "cc", "audience") if name in note}


def announce(boost: Post, *, by: Account, object: str, author: str, members: str) -> Json:
    """Return a boost: only the id of what is passed on, never its text."""
    to, cc = address(boost.visibility, followers=by.followers, mentioned=[author], members=members)
    return about(
        "Announce",
        id=boost.uri,
        actor=by.uri,
        object=object,
        published=iso(boost.published_at),
        to=to,
        cc=cc,
    )


def pass_on(what: Json | str, *, id: str, group: Account, published: int, to: list[str], cc: list[str]) -> Json:
    """Return what a group hands to its followers (FEP-1b12): an activity, or the id of an object for those who know
    no other (Mastodon). published: Unix ms.
    """
    return about("Announce", id=id, actor=group.uri, object=what, published=iso(published), to=to, cc=cc)


def tombstone(uri: str, *, former_type: str, deleted_at: int) -> Json:
    """Return what remains of a deleted object."""
    return {"id": uri, "type": "Tombstone", "formerType": former_type, "deleted": iso(deleted_at)}


def delete(*, id: str, actor: str, object: Json | str, to: list[str], **more: Any) -> Json:
    """Return a Delete of a Tombstone, or of an actor by its id."""
    return about("Delete", id=id, actor=actor, object=object, to=to, **more)


def follow(*, id: str, follower: str, target: str, content: str = "") -> Json:
    """Return a Follow. content: what somebody who wants to join a group answers to its question."""
    more = {"content": content} if content else {}
    return about("Follow", id=id, actor=follower, object=target, to=[target], **more)


def collection(uri: str, *, total: int | None, first: str | None) -> Json:
    """Return the head of a paged collection; counts only where the owner lets them be seen."""
    body: Json = {"id": uri, "type": "OrderedCollection"}
    if total is not None:
        body["totalItems"] = total
    if first:
        body["first"] = first
    return body


def page(uri: str, *, part_of: str, items: list[Any], next: str | None) -> Json:
    """Return one page of a collection."""
    body: Json = {"id": uri, "type": "OrderedCollectionPage", "partOf": part_of, "orderedItems": items}
    if next:
        body["next"] = next
    return body
