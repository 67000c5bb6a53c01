"""Domain objects to ActivityStreams JSON. The inverse is `federation.parse`.

Every function returns a plain dict without `@context`, so that it can be embedded; `document` adds it.
"""

from collections.abc import Iterable, Sequence
from typing import Any

from federation import hosts
from federation.addressing import address
from node.domain import uris
from node.domain.accounts import Account
from node.domain.posts import Post
from node.domain.times import iso

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
    },
]


def document(body: Json) -> Json:
    """Return a dereferenceable document: the object with its `@context`."""
    return {"@context": CONTEXT, **body}


def actor(account: Account, *, keys: Sequence[Any], base: str) -> Json:
    """Return an actor of ours. `keys`: rows with id, algorithm and public (PEM, or multikey for Ed25519)."""
    body: Json = {
        "id": account.uri,
        "type": account.kind,
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
        # Restrictive defaults: nobody is listed or indexed beyond the organisation (requirements A16).
        "discoverable": False,
        "indexable": account.indexable,
        "published": iso(account.created_at),
    }
    if account.wall:
        body["wall"] = account.wall
    if account.featured:
        body["featured"] = account.featured
    if account.also_known_as:
        body["alsoKnownAs"] = list(account.also_known_as)
    if account.moved_to:
        body["movedTo"] = account.moved_to
    fields = [
        ("Position", account.position),
        ("Department", account.department),
        ("Skills", ", ".join(account.skills)),
    ]
    body["attachment"] = [{"type": "PropertyValue", "name": name, "value": value} for name, value in fields if value]
    if account.position:
        body["jobTitle"] = account.position
    if account.department:
        body["department"] = account.department
    if account.skills:
        body["knowsAbout"] = list(account.skills)
    return body | _keys(account, keys)


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
    reply_uri: str,
    hashtags: Iterable[str],
    members: str,
    base: str,
) -> Json:
    """Return a post of ours. Addressing is on the object too: many servers read only one of the two.

    hashtags: lower-case, without the sign. members: the organisation's members collection. base: our address.
    """
    named = [*mentioned, *([wall_owner] if wall_owner else [])]
    to, cc = address(
        post.visibility,
        followers=author.followers,
        mentioned=[account.uri for account in named],
        members=members,
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
        "inReplyTo": reply_uri or None,
        "to": to,
        "cc": cc,
        "tag": [
            *(
                {"type": "Mention", "href": account.uri, "name": f"@{account.handle(hosts.authority(base))}"}
                for account in {account.id: account for account in named}.values()
            ),
            *({"type": "Hashtag", "href": uris.tag(base, name), "name": f"#{name}"} for name in hashtags),
        ],
        "replies": uris.replies(post.uri),
        # Nobody quotes what is meant for the organisation; an empty list would read as no rule at all (FEP-044f).
        "interactionPolicy": {"canQuote": {"automaticApproval": [author.uri]}},
    }
    if post.source:
        body["source"] = {"content": post.source, "mediaType": "text/markdown"}
    if post.language:
        body["contentMap"] = {post.language: post.content}
    if post.edited_at is not None:
        body["updated"] = iso(post.edited_at)
    if wall_owner is not None and wall_owner.wall:
        body["target"] = {"id": wall_owner.wall, "type": "Collection", "attributedTo": wall_owner.uri}
    return body


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


def update(note: Json, *, id: str) -> Json:
    """Wrap an edited note in an Update."""
    return about("Update", id=id, actor=note["attributedTo"], object=note, **_audience(note))


def _audience(note: Json) -> Json:
    return {"to": note["to"], "cc": note["cc"]}


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


def tombstone(uri: str, *, former_type: str, deleted_at: int) -> Json:
    """Return what remains of a deleted object."""
    return {"id": uri, "type": "Tombstone", "formerType": former_type, "deleted": iso(deleted_at)}


def delete(*, id: str, actor: str, object: Json | str, to: list[str]) -> Json:
    """Return a Delete of a Tombstone, or of an actor by its id."""
    return about("Delete", id=id, actor=actor, object=object, to=to)


def follow(*, id: str, follower: str, target: str) -> Json:
    """Return a Follow."""
    return about("Follow", id=id, actor=follower, object=target, to=[target])


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
