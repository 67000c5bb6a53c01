"""What a peer's actor or note becomes here: the one place where wire objects turn into domain ones."""

from dataclasses import replace
from typing import TypedDict

from federation import bridges, hosts
from federation.addressing import PUBLIC_SPELLINGS, visibility_of
from federation.errors import Malformed, Refused
from federation.objects import Actor, Note
from federation.objects import Emoji as Picture
from node.context import Change
from node.domain import ids, text
from node.domain.accounts import Account
from node.domain.ages import FOR_FEW
from node.domain.boards import NOTHING
from node.domain.media import Emoji, Media
from node.domain.posts import Parts, Post
from node.domain.visibility import Visibility
from node.effects import accounts as account_effects
from node.effects import posts as post_effects
from node.effects import quotes as quote_effects
from node.store import accounts, groups, media, minors, nodes, polls, posts, quotes, versions
from node.store.database import Tx

_MOST_EMOJIS = 50


async def actor(change: Change, actor: Actor, *, host: str, fetched: bool) -> Account:
    """Store or refresh a peer's actor.

    Only one `fetched` from its origin brings keys. An Update that lists others than we have makes us drop
    those, so that the next signature asks the origin: a stolen key cannot replace itself (federation.md 3.5).

    Raises:
        Gone: it was deleted here.
    """
    limits = change.settings.limits
    name = text.plain(actor.name, longest=limits.name_length)
    pictures = [one for one in actor.emojis if f":{one.shortcode}:" in name and safe_link(one.url)][:_MOST_EMOJIS]
    account = Account(
        id=change.new_id(),
        uri=actor.id,
        host=host,
        username=actor.username,
        kind=actor.kind,
        name=name,
        summary=text.sanitise(actor.summary[: limits.bio_length]),
        fields=tuple(
            (text.plain(name, longest=limits.name_length), text.sanitise(value[: limits.field_length]))
            for name, value in actor.fields
        ),
        position=text.plain(actor.position, longest=limits.name_length),
        department=text.plain(actor.department, longest=limits.name_length),
        site=text.plain(actor.site, longest=limits.name_length),
        skills=tuple(text.plain(skill, longest=limits.name_length) for skill in actor.skills[:50]),
        url=safe_link(actor.url) or actor.id,
        inbox=actor.inbox,
        shared_inbox=actor.shared_inbox,
        outbox=actor.outbox,
        followers=actor.followers,
        following=actor.following,
        wall=actor.wall,
        wall_open=bool(actor.wall),
        featured=actor.featured,
        locked=actor.locked,
        indexable=actor.indexable,
        discoverable=actor.discoverable,
        hides_follows=True,
        icon=safe_link(actor.icon) or "",
        icon_file="",
        image=safe_link(actor.image) or "",
        image_file="",
        also_known_as=tuple(filter(safe_link, actor.also_known_as[:20])),
        moved_to=actor.moved_to or "",
        moved_at=None,
        created_at=change.now,
        fetched_at=change.now,
        suspended_at=None,
        deleted_at=None,
        board=actor.board,
        guest=actor.guest,
        persona=actor.persona,
        hidden_at=change.now if actor.suspended else None,
        icon_alt=actor.icon_alt if actor.icon else "",
        image_alt=actor.image_alt if actor.image else "",
        emojis=await _pictured(change, host, pictures) if pictures else (),
    )
    keys = [account_effects.ActorKey(key.id, "rsa", key.pem) for key in actor.keys if key.owner == actor.id]
    keys += [account_effects.ActorKey(id, "ed25519", multibase) for id, multibase in actor.assertion_keys]
    stored = await account_effects.remember(change, account)
    await (account_effects.put_keys if fetched else account_effects.keep_keys)(change, stored, keys)
    if actor.group is not None:
        await groups.put(change.tx, replace(actor.group, account_id=stored.id))
    return stored


async def _pictured(change: Change, host: str, pictures: list[Picture]) -> tuple[tuple[str, int], ...]:
    """Store the little pictures in somebody's name; return (shortcode, our number) of each."""
    found = [Emoji(change.new_id(), host, one.shortcode, one.url) for one in pictures]
    await media.put_emojis(change.tx, found)
    known = await media.emojis(change.tx, [(host, one.shortcode) for one in pictures])
    return tuple((one.shortcode, known[host, one.shortcode].id) for one in pictures)


async def note(change: Change, note: Note, *, author: Account) -> Post | None:
    """Store a peer's note, or write its newer version; return the post, None when it does not enter.

    Idempotent and independent of order: a version that is not newer changes nothing, an Update that
    overtook its Create counts as both (threat F13). The audience never widens by a repetition (I07). What comes over a
    bridge is for the group's members, whatever it says.

    Raises:
        Refused: the author is of a partner, and it stands in no group that is shared with it.
    """
    tx = change.tx
    if note.expires is not None and note.expires <= change.now:
        return None
    known = await posts.by_uri(tx, note.id)
    if known is not None:
        if known.author_id != author.id:
            return None
        known = await _newer(change, known, note, author=author)
        if note.erases:  # whether or not a later version has come before this one
            await versions.forget(tx, known.id)
            await post_effects.forget_former_texts(change, known)
        return known
    members = await nodes.members_collection(tx)
    parent = await posts.by_uri(tx, note.in_reply_to) if note.in_reply_to else None
    mentioned, group = await _named(tx, note)
    visibility = visibility_of(
        note.to, note.cc, followers=author.followers, members=members, group=group.followers if group else ""
    )
    if await bridges.is_partner(tx, author.host):
        if not await bridges.shares(tx, group.id if group else None, host=author.host):
            raise Refused("A partner's people write only in the groups that are shared with them.")
        visibility = Visibility.GROUP
    mentioned = await _reached(tx, visibility, mentioned)
    owner = await accounts.by_wall(tx, note.wall.id) if note.wall and visibility is not Visibility.GROUP else None
    if owner is not None and owner.uri != note.wall.owner:  # type: ignore[union-attr]
        owner = None
    if owner is not None and not await _reached(tx, visibility, [owner]):
        owner = None
    published = min(note.published or change.now, change.now)
    id = ids.at(published)
    post = Post(
        id=id,
        uri=note.id,
        author_id=author.id,
        local=False,
        kind=note.kind,
        visibility=visibility,
        source="",
        reply_to_id=parent.id if parent else None,
        reply_to_uri=note.in_reply_to or "",
        boost_of=None,
        wall_id=owner.id if owner else None,
        # A wall of ours is confirmed by the handler; one elsewhere by its owner's Add.
        wall_shown=False,
        group_id=group.id if group else None,
        published_at=published,
        edited_at=min(note.updated, change.now) if note.updated else None,
        expires_at=note.expires,
        replies_uri=note.replies,
        thread_id=parent.thread_id if parent else id,
        locked=parent is not None and parent.locked,
        **_written(change, note),
    )
    parts = _parts(change, note, author=author, post_id=post.id)
    stored = await post_effects.add(change, post, author=author, mentioned=mentioned, parts=parts)
    return post if stored else None


async def _named(tx: Tx, note: Note) -> tuple[list[Account], Account | None]:
    """Return who is named in a note, and the group that it is addressed to."""
    names = {mention.href for mention in note.mentions}
    found = await accounts.by_uris(tx, names | note.audience - PUBLIC_SPELLINGS)
    group = next((one for one in found if one.kind == "Group" and one.active and one.uri in note.audience), None)
    return [one for one in found if one.uri in names], group


async def _reached(tx: Tx, visibility: Visibility, people: list[Account]) -> list[Account]:
    """Return to whom of those that it is addressed to a note of another unit comes.

    What is for named people, or for few, does not come to members under age, and nobody is told why (A17).
    """
    if visibility not in FOR_FEW:
        return people
    young = await minors.among(tx, [one.id for one in people if one.local])
    return [one for one in people if one.id not in young]


class _Written(TypedDict):
    """What an author writes anew with each version."""

    content: str
    summary: str
    sensitive: bool
    language: str
    url: str
    closed: tuple[str, ...]
    quote_policy: str
    quote_uri: str
    quote_stamp: str


def _written(change: Change, note: Note) -> _Written:
    return {
        "content": text.sanitise(note.content[: change.settings.limits.remote_content]),
        "summary": text.plain(note.summary, longest=500),
        "sensitive": note.sensitive,
        "language": note.language[:10],
        "url": safe_link(note.url) or note.id,
        "closed": tuple(sorted(note.closed)),
        "quote_policy": note.quote_policy,
        "quote_uri": note.quote,
        "quote_stamp": note.quote_authorization,
    }


def _parts(change: Change, note: Note, *, author: Account, post_id: int) -> Parts:
    return Parts(
        hashtags=note.hashtags,
        emojis=tuple(
            Emoji(change.new_id(), author.host, emoji.shortcode, emoji.url)
            for emoji in note.emojis[:_MOST_EMOJIS]
            if safe_link(emoji.url)
        ),
        media=tuple(
            Media(
                id=change.new_id(),
                post_id=post_id,
                place=place,
                kind=found.kind,
                media_type=found.media_type,
                remote_url=found.url,
                description=found.description,
                width=found.width,
                height=found.height,
                blurhash=found.blurhash,
                focus=found.focus,
            )
            for place, found in enumerate(note.attachments)
        ),
        poll=note.poll,
        notice=note.notice if author.page and note.notice != NOTHING else None,
    )


async def _newer(change: Change, known: Post, note: Note, *, author: Account) -> Post:
    if note.poll is not None and known.kind == "Question":
        # Without a newer date, Mastodon sends the numbers of a poll; they change without an edit.
        await polls.put(change.tx, known.id, note.poll)
    if not note.updated or note.updated <= (known.edited_at or known.published_at):
        return await _as_quoted(change, known, note)
    members = await nodes.members_collection(change.tx)
    mentioned, group = await _named(change.tx, note)
    known_group = group.followers if group and group.id == known.group_id else ""
    visibility = visibility_of(note.to, note.cc, followers=author.followers, members=members, group=known_group)
    partners = await bridges.is_partner(change.tx, author.host)
    if partners and not await bridges.shares(change.tx, known.group_id, host=author.host):
        raise Refused("That group is shared with this partner no more.")
    edited = replace(
        known,
        visibility=known.visibility if visibility is Visibility.PUBLIC or partners else visibility,
        edited_at=min(note.updated, change.now),
        expires_at=note.expires,
        quote_id=known.quote_id if note.quote == known.quote_uri else None,
        **_written(change, note),
    )
    mentioned = await _reached(change.tx, edited.visibility, mentioned)
    parts = _parts(change, note, author=author, post_id=known.id)
    await post_effects.edit(change, edited, author=author, mentioned=mentioned, parts=parts)
    return edited


async def _as_quoted(change: Change, known: Post, note: Note) -> Post:
    """Take in how the quote of a post stands now: that comes without a newer date, too (Mastodon does the same).

    A stamp that has come stays, and a quote that was taken out: the first version may come again at any time.
    """
    if note.updated != known.edited_at:
        return known
    if known.quote_uri and not note.quote:
        ended = "revoked" if known.quote_id else "rejected"
        await quote_effects.untie(change, known, end=known.quote_end or ended)
        return replace(known, quote_uri="", quote_stamp="", quote_id=None)
    stamp = note.quote_authorization
    if stamp and note.quote == known.quote_uri and known.quote_id is None and not known.quote_end:
        await quotes.put_stamp(change.tx, known.id, stamp)
        return replace(known, quote_stamp=stamp)
    return known


def safe_link(url: str | None) -> str | None:
    """Return a peer's link for people if it is http(s) and well formed, else None (threat H02)."""
    if not url:
        return None
    try:
        hosts.parse(url)
    except Malformed:
        return None
    return url
