"""Commands on posts: publish, edit, delete, show on walls. One function, one intention, one transaction."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial

from federation import bridges, render, resolve
from federation.errors import FederationError
from federation.notes import of_wholes
from node.context import Change, Context
from node.domain import text, uris
from node.domain.accounts import Account
from node.domain.erasures import Ground
from node.domain.media import Media
from node.domain.personas import check_oneself
from node.domain.polls import SHORTEST_SECONDS, DraftPoll, Option, Poll
from node.domain.posts import QUOTE_POLICIES, Draft, Parts, Post, Whole, check_draft, edit_moment, narrowed
from node.domain.retention import expires_at
from node.domain.visibility import Visibility, is_private, is_provable
from node.effects import posts as effects
from node.errors import Conflict, Forbidden, Invalid, NotFound
from node.store import accounts, attempts, copies, media, pages_of_unit, people, polls, posts, queues, scheduled
from node.store import parts as hanging
from node.store import quotes as quote_rows
from outbox import boards, bylines, erasures, group_posts, messages, quotes
from outbox import media as media_commands
from outbox.announce import announce_edit, own
from outbox.audience import Reach, reach, recipients
from outbox.publish import new_uri
from outbox.publish import publish as send

_MOST_UNKNOWN_NAMES = 10
_LONGEST_DESCRIPTION = 1_500


async def publish(
    ctx: Context,
    author: Account,
    draft: Draft,
    *,
    attempt: str = "",
    planned: int | None = None,
    by: Account | None = None,
) -> Post:
    """Publish a post for its audience; return it. See `publish_whole`."""
    made = await publish_whole(ctx, author, draft, attempt=attempt, planned=planned, by=by)
    return made.post if isinstance(made, Whole) else made


async def publish_whole(
    ctx: Context,
    author: Account,
    draft: Draft,
    *,
    attempt: str = "",
    planned: int | None = None,
    by: Account | None = None,
) -> Whole | Post:
    """Publish a post for its audience; return it with all that hangs on it, or the one that was published before.

    A reply never reaches more people than what it answers. The owner of the wall it stands on, and who is
    named in it, get it whatever the audience, but for the own unit's: that never leaves the node.

    attempt: what a client calls this try; a repetition within an hour returns the post of the first one. planned: the
    id of the planned post that this is; it ends with it. by: who writes, when the author is a page.

    Raises:
        Invalid, Forbidden: see `check_draft` and `bylines.check`; the wall is closed, a file is not to be had, the
        quoted author says no.
        NotFound: no such parent, wall or quoted post here.
    """
    check_draft(draft, author=author, longest=ctx.settings.limits.post_length)
    named = await _named(ctx, author, draft.text)
    content = _html(draft.text, named, ctx.settings.url)  # before it is this one's turn to write
    async with ctx.change() as change:
        if by is not None:
            await bylines.check(change, author, draft, by=by)
        id = change.new_id()
        if attempt:
            earlier = await attempts.note(change.tx, author.id, attempt, id=id, now=change.now)
            if earlier is not None:
                return await own(change, author, earlier)
        if planned is not None and not await scheduled.delete(change.tx, planned):
            raise Conflict("This planned post is being published, or was taken back.")
        return await _publish(change, author, draft, content, id=id, named=named, planned=planned, by=by)


async def _publish(
    change: Change,
    author: Account,
    draft: Draft,
    content: str,
    *,
    id: int,
    named: dict[tuple[str, str], Account],
    planned: int | None,
    by: Account | None,
) -> Whole:
    base = change.settings.url
    place = await _place(change, author, draft, named)
    parent, owner, visibility, group = place.parent, place.owner, place.visibility, place.group
    files = await media_commands.of_draft(change, by or author, draft.media_ids, planned=planned)
    uri = uris.post(author.uri, id)
    quote = await quotes.begin(change, author, draft.quote_of, quoting=uri, visibility=visibility)
    if group is not None and quote.author is not None:
        beyond = await bridges.would_cross(change.tx, group.id, author=author)
        await group_posts.check_named(change, group.id, [quote.author], beyond=beyond)
    notice = await boards.carried(change, draft, author=author, now=change.now)
    post = Post(
        id=id,
        uri=uri,
        author_id=author.id,
        local=True,
        kind="Question" if draft.poll else "Note",
        visibility=visibility,
        content=content,
        source=draft.text,
        summary=draft.summary.strip(),
        sensitive=draft.sensitive or bool(draft.summary.strip()),
        language=draft.language,
        url=uris.post_page(base, author.username, id),
        reply_to_id=parent.id if parent else None,
        reply_to_uri=parent.uri if parent else "",
        boost_of=None,
        wall_id=owner.id if owner else None,
        wall_shown=False,
        group_id=group.id if group else None,
        published_at=change.now,
        edited_at=None,
        expires_at=expires_at(change.settings.retention, visibility, change.now),
        thread_id=parent.thread_id if parent else id,
        quote_policy=draft.quote_policy,
        quote_uri=quote.uri,
        quote_id=quote.post_id,
        quote_stamp=quote.stamp,
    )
    poll = _poll(draft.poll, now=change.now)
    parts = Parts(hashtags=boards.hashtags(draft, notice), media=files, poll=poll, notice=notice)
    await effects.add(change, post, author=author, mentioned=place.mentioned, parts=parts)
    if by is not None:
        await pages_of_unit.sign(change.tx, post.id, by.id)
    whole = await _whole(change, post, author=author, mentioned=place.mentioned, owner=owner, parts=parts)
    number, activity = new_uri(change)
    (note,) = await of_wholes(change.tx, [whole], base=base)
    created = await send(
        change,
        render.create(note, id=activity),
        actor=author,
        object=post.uri,
        recipients=await recipients(change, visibility=visibility, author=author, named=place.reached, group=group),
        carries=post.uri,
        private=not is_provable(post.visibility),
        id=number,
        handed_on=group is not None and group.local,
    )
    if group is not None and group.local:
        await group_posts.pass_on(change, group, post, created, author=author)
    await quotes.ask(change, post, author=author, quote=quote)
    if owner is not None and owner.local:
        await show(change, post, owner=owner)
    return whole


async def _whole(
    change: Change, post: Post, *, author: Account, mentioned: list[Account], owner: Account | None, parts: Parts
) -> Whole:
    """Hang its files on a post; return it as whoever reads it now finds it."""
    files = await media_commands.attach(change, post, parts.media)
    emojis = (await hanging.emojis(change.tx, [post], {author.id: author})).get(post.id, [])
    named = sorted((account for account in mentioned if account.active), key=lambda account: account.id)
    return Whole(post, author, tuple(named), owner, replace(parts, emojis=tuple(emojis), media=files))


@dataclass(frozen=True, slots=True)
class Preview:
    """How a draft would look, as sanitised HTML, and whom it would reach."""

    content: str
    reach: Reach


async def preview(ctx: Context, author: Account, draft: Draft, *, by: Account | None = None) -> Preview:
    """Return how a draft would look and whom it would reach if it were published now; nothing is kept.

    by: who writes, when the author is a page.

    Raises:
        Invalid, Forbidden, NotFound: it could not be published, see `publish`.
    """
    check_draft(draft, author=author, longest=ctx.settings.limits.post_length)
    named = await _named(ctx, author, draft.text)
    content = _html(draft.text, named, ctx.settings.url)
    async with ctx.change() as change:
        if by is not None:
            await bylines.check(change, author, draft, by=by)
        place = await _place(change, author, draft, named)
        await media_commands.of_draft(change, by or author, draft.media_ids)
        await boards.carried(change, draft, author=author, now=change.now)
        found = await reach(change, visibility=place.visibility, author=author, named=place.reached, group=place.group)
        return Preview(content, found)


async def draft_of(ctx: Context, post: Post) -> Draft:
    """Return a post as the draft that would leave it as it is: for whoever changes one thing of it.

    It names no language: an edit keeps the one there is, which may be whatever another program wrote.
    """
    async with ctx.db.read() as tx:
        files = (await media.of_posts(tx, [post.id])).get(post.id, [])
        poll = (await polls.of_posts(tx, [post.id])).get(post.id)
    return Draft(
        text=post.source,
        visibility=post.visibility,
        summary=post.summary,
        sensitive=post.sensitive,
        media_ids=tuple(file.id for file in files),
        poll=DraftPoll(
            tuple(option.name for option in poll.options),
            max(SHORTEST_SECONDS, ((poll.ends_at or 0) - ctx.clock()) // 1000),
            poll.several,
        )
        if poll
        else None,
    )


async def edit(ctx: Context, by: Account, post_id: int, draft: Draft) -> Post:
    """Replace a post's text, files, poll and what it carries as a notice; its audience stays. Every holder of a copy
    gets the new version.

    Whom it answers, whose wall it stands on and what it quotes stay too. New answers of a poll begin it anew.

    Raises:
        NotFound: not this member's post, nor in the name of a page of theirs. Invalid: see `check_draft`.
    """
    named = await _named(ctx, by, draft.text)
    async with ctx.change() as change:
        post, author = await bylines.written(change.tx, by, post_id)
        # Its audience stays, so there is none to choose: its group may be gone, and even then it is its author's.
        draft = replace(draft, visibility=Visibility.DIRECT, quote_policy=post.quote_policy)
        check_draft(draft, author=author, longest=ctx.settings.limits.post_length)
        parent = await posts.by_id(change.tx, post.reply_to_id) if post.reply_to_id else None
        mentioned = await _with_parent_author(change, named, parent, author)
        await messages.check(change, author, post.visibility, mentioned)
        if post.group_id is not None:
            beyond = await bridges.post_crosses(change.tx, post, author=author)
            await group_posts.check_named(change, post.group_id, named.values(), beyond=beyond)
        edited = replace(
            post,
            kind="Question" if draft.poll else "Note",
            content=_html(draft.text, named, ctx.settings.url),
            source=draft.text,
            summary=draft.summary.strip(),
            sensitive=draft.sensitive or bool(draft.summary.strip()),
            language=draft.language or post.language,
            edited_at=edit_moment(post, now=change.now),
        )
        files = await media_commands.of_draft(change, by, draft.media_ids, post=post)
        files = _described(await media_commands.attach(change, post, files), draft)
        poll = await _edited_poll(change, post, draft.poll)
        notice = await boards.carried(change, draft, author=author, post=post)
        parts = Parts(hashtags=boards.hashtags(draft, notice), media=files, poll=poll, notice=notice)
        await effects.edit(change, edited, author=author, mentioned=mentioned, parts=parts)
        await announce_edit(change, edited, author=author)
        return edited


async def let_quote(ctx: Context, author: Account, post_id: int, policy: str) -> Post:
    """Change who may quote a post from now on; every holder of a copy is told.

    Raises:
        NotFound: not this author's post. Invalid: no such policy.
    """
    if policy not in QUOTE_POLICIES:
        raise Invalid("Choose who may quote this: nobody, followers or public.")
    async with ctx.change() as change:
        post = replace(await own(change, author, post_id), quote_policy=policy)
        await quote_rows.set_policy(change.tx, post.id, policy)
        await announce_edit(change, post, author=author)
        return post


def _described(files: Sequence[Media], draft: Draft) -> tuple[Media, ...]:
    said = {one.media_id: one for one in draft.described}
    return tuple(
        replace(file, description=said[file.id].description[:_LONGEST_DESCRIPTION], focus=said[file.id].focus)
        if file.id in said
        else file
        for file in files
    )


async def _edited_poll(change: Change, post: Post, draft: DraftPoll | None) -> Poll | None:
    """Return the poll that a post has from now on: the same one, with its votes and its end, while its answers are."""
    known = (await polls.of_posts(change.tx, [post.id])).get(post.id)
    wanted = _poll(draft, now=change.now)
    if known is not None and wanted is not None:
        names = [[option.name for option in poll.options] for poll in (known, wanted)]
        if names[0] == names[1] and known.several == wanted.several:
            return known
    if known is not None:
        await polls.remove(change.tx, post.id)
    return wanted


def _poll(draft: DraftPoll | None, *, now: int) -> Poll | None:
    if draft is None:
        return None
    options = tuple(Option(name.strip(), 0) for name in draft.options)
    return Poll(options, draft.several, now + draft.seconds * 1000, voters=0)


async def delete(ctx: Context, by: Account, post_id: int, *, keep_files: bool = False) -> tuple[Media, ...]:
    """Delete a post here and order its deletion at every holder the ledger names, followers or not.

    keep_files: those that this member uploaded stay here, for nobody else, as long as uploads wait for a post: they may
    write the post anew. They are of one post at a time, and returned.

    Raises:
        NotFound: not this member's post, nor in the name of a page of theirs.
    """
    async with ctx.change() as change:
        post, author = await bylines.written(change.tx, by, post_id)
        kept: list[Media] = []
        if keep_files:
            await media.remove(change.tx, await media.left_to(change.tx, by.id))
            kept = await media.leave(change.tx, post.id, of=post.uri, account_id=by.id, now=change.now)
        await delete_everywhere(change, post, author=author)
    return tuple(kept)


async def delete_everywhere(change: Change, post: Post, *, author: Account, ground: Ground = Ground.WISH) -> None:
    """Bury a post of ours, and order its deletion at every holder that the ledger names."""
    held = await copies.keepers(change.tx, post.uri)
    await effects.delete(change, [post], author=author)
    await erasures.order_deletion(change, post, author=author, holders=held, ground=ground)
    await copies.order(change.tx, post.uri)


async def show(change: Change, post: Post, *, owner: Account) -> None:
    """Show a post on one of our walls, and tell the other nodes that its owner does (FEP-400e Add)."""
    await effects.show_on_wall(change, post, owner=owner, shown=True)
    await _wall(change, post, owner=owner, kind="Add")


async def take_from_wall(ctx: Context, owner: Account, post_id: int) -> None:
    """The owner takes somebody's post off the own wall, here and on every node.

    Raises:
        NotFound: no such post on this wall.
    """
    async with ctx.change() as change:
        post = await posts.by_id(change.tx, post_id)
        if post is None or post.wall_id != owner.id:
            raise NotFound("There is no such post on your wall.")
        await effects.show_on_wall(change, post, owner=owner, shown=False)
        await _wall(change, post, owner=owner, kind="Remove")


async def _wall(change: Change, post: Post, *, owner: Account, kind: str) -> None:
    author = await _author_of(change, post)
    number, activity = new_uri(change)
    reached = await recipients(change, visibility=post.visibility, author=owner, named=[author])
    body = render.about(kind, id=activity, actor=owner.uri, object=post.uri, target=owner.wall, to=[owner.followers])
    private = is_private(post.visibility)
    hosts = [host for host, _ in reached]
    await queues.supersede(change.tx, actor_id=owner.id, object=post.uri, types=("Add", "Remove"), hosts=hosts)
    await send(
        change,
        body,
        actor=owner,
        object=post.uri,
        recipients=reached,
        until_confirmed=kind == "Remove",
        private=private,
        id=number,
    )


async def _named(ctx: Context, author: Account, body: str) -> dict[tuple[str, str], Account]:
    names = text.names_in(body)
    if not names:
        return {}
    own = ctx.settings.authority
    async with ctx.db.read() as tx:
        wanted = {(user, "" if host in ("", own) else host): (user, host) for user, host in names}
        found = {wanted[key]: account for key, account in (await accounts.by_handles(tx, wanted)).items()}
        if author.guest:  # whom they do not meet stays text, as if nobody were called so
            hidden = await people.hidden(tx, [one.id for one in found.values()], viewer_id=author.id)
            return {name: one for name, one in found.items() if one.active and one.id not in hidden}
    unknown = [name for name in names if name not in found and name[1] not in ("", own)]
    for user, host in unknown[:_MOST_UNKNOWN_NAMES]:
        try:
            account = await resolve.handle(ctx, user, host)
        except FederationError:
            continue  # a name that cannot be found stays text
        if account is not None:
            found[(user, host)] = account
    return {name: account for name, account in found.items() if account.active}


def _html(body: str, named: dict[tuple[str, str], Account], base: str) -> str:
    mentions = {name: text.Mentioned(account.url, account.username) for name, account in named.items()}
    return text.render(body, mentions=mentions, tag_url=partial(uris.tag, base))


@dataclass(frozen=True, slots=True)
class _Place:
    """Where a post will stand, and who may read it. mentioned: who is named in it, and whom it answers."""

    parent: Post | None
    owner: Account | None
    visibility: Visibility
    group: Account | None
    mentioned: list[Account]

    @property
    def reached(self) -> list[Account]:
        """Who gets it whatever its audience."""
        return [*self.mentioned, *([self.owner] if self.owner else [])]


async def _place(change: Change, author: Account, draft: Draft, named: dict[tuple[str, str], Account]) -> _Place:
    parent = await _parent(change, draft.reply_to_id, author)
    owner = await _wall_owner(change, draft.wall_of, author, draft.visibility)
    visibility, group = await group_posts.place(
        change, draft, await _audience(change, draft, parent), author=author, parent=parent, named=named.values()
    )
    mentioned = await _with_parent_author(change, named, parent, author)
    place = _Place(parent, owner, visibility, group, mentioned)
    await messages.check(change, author, visibility, place.reached)
    return place


async def _parent(change: Change, id: int | None, author: Account) -> Post | None:
    if id is None:
        return None
    parent = await posts.visible_to(change.tx, id, viewer_id=author.id)
    if parent is None or parent.boost_of is not None:
        raise NotFound("The post you answer is not here any more.")
    if "reply" in parent.closed and parent.author_id != author.id:
        raise Forbidden("Its author takes no answers to this post.")
    if parent.locked:
        raise Forbidden("This conversation is closed: its group takes no more answers.")
    return parent


async def _audience(change: Change, draft: Draft, parent: Post | None) -> Visibility:
    if parent is None:
        return draft.visibility
    local = (await _author_of(change, parent)).local
    return narrowed(draft.visibility, parent=parent.visibility, parent_local=local)


async def _wall_owner(change: Change, id: int | None, author: Account, visibility: Visibility) -> Account | None:
    if id is None or id == author.id:
        return None
    if author.guest:
        raise Forbidden("Guests write on no walls.")
    check_oneself(author)
    owner = await accounts.by_id(change.tx, id)
    if owner is None or not owner.active:
        raise NotFound("There is no such wall.")
    if not owner.wall_open or not owner.wall:
        raise Forbidden("Only its owner writes on this wall.")
    if visibility is Visibility.UNIT and not owner.local:
        raise Invalid("This wall is in another unit. Choose a wider audience to write on it.")
    return owner


async def _with_parent_author(
    change: Change, named: dict[tuple[str, str], Account], parent: Post | None, author: Account
) -> list[Account]:
    mentioned = {account.id: account for account in named.values()}
    if parent is not None and parent.author_id != author.id:
        mentioned[parent.author_id] = await _author_of(change, parent)
    return list(mentioned.values())


async def _author_of(change: Change, post: Post) -> Account:
    author = await accounts.by_id(change.tx, post.author_id)
    if author is None:
        raise Invalid("The author of that post is not here any more.")
    return author
