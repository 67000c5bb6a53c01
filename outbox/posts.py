"""Commands on posts: publish, edit, delete. One function, one intention, one transaction."""

from collections.abc import Sequence
from dataclasses import replace
from functools import partial

from federation import render, resolve
from federation.errors import FederationError
from node.context import Change, Context
from node.domain import text, uris
from node.domain.accounts import Account
from node.domain.posts import Draft, Parts, Post, check_draft, narrowed
from node.domain.visibility import Visibility, is_private
from node.effects import posts as effects
from node.errors import Forbidden, Invalid, NotFound
from node.store import accounts, copies, media, nodes, posts
from outbox.audience import recipients, within_organisation
from outbox.publish import new_uri
from outbox.publish import publish as send

_MOST_UNKNOWN_NAMES = 10


async def publish(ctx: Context, author: Account, draft: Draft) -> Post:
    """Publish a post for its audience; return it.

    A reply never reaches more people than what it answers. The owner of the wall it stands on, and who is
    named in it, get it whatever the audience, but for the own unit's: that never leaves the node.

    Raises:
        Invalid, Forbidden: see `check_draft`; the wall is closed. NotFound: no such parent or wall here.
    """
    check_draft(draft, author=author, longest=ctx.settings.limits.post_length)
    named = await _named(ctx, draft.text)
    async with ctx.change() as change:
        parent = await _parent(change, draft.reply_to_id, author)
        owner = await _wall_owner(change, draft.wall_of, author, draft.visibility)
        visibility = draft.visibility
        if parent is not None:
            local = (await _author_of(change, parent)).local
            visibility = narrowed(visibility, parent=parent.visibility, parent_local=local)
        mentioned = await _with_parent_author(change, named, parent, author)
        id = change.new_id()
        uri = uris.post(author.uri, id)
        post = Post(
            id=id,
            uri=uri,
            author_id=author.id,
            local=True,
            kind="Note",
            visibility=visibility,
            content=_html(draft.text, named, ctx.settings.url),
            source=draft.text,
            summary=draft.summary.strip(),
            sensitive=draft.sensitive or bool(draft.summary.strip()),
            language=draft.language,
            url=uris.post_page(ctx.settings.url, author.username, id),
            reply_to_id=parent.id if parent else None,
            reply_to_uri=parent.uri if parent else "",
            boost_of=None,
            wall_id=owner.id if owner else None,
            wall_shown=False,
            published_at=change.now,
            edited_at=None,
        )
        parts = Parts(hashtags=tuple(sorted(text.tags_in(draft.text))))
        await effects.add(change, post, author=author, mentioned=mentioned, parts=parts)
        number, activity = new_uri(change)
        note = await _note(change, post, author=author, mentioned=mentioned, owner=owner)
        reached = [*mentioned, *([owner] if owner else [])]
        await send(
            change,
            render.create(note, id=activity),
            actor=author,
            object=post.uri,
            recipients=await recipients(change, visibility=visibility, author=author, named=reached),
            carries=post.uri,
            private=is_private(post.visibility),
            id=number,
        )
        if owner is not None and owner.local:
            await show(change, post, owner=owner)
        return post


async def edit(ctx: Context, author: Account, post_id: int, *, body: str, summary: str, sensitive: bool) -> Post:
    """Replace a post's text; its audience stays. Every holder of a copy gets the new version.

    Raises:
        NotFound: not this author's post. Invalid: empty or too long.
    """
    named = await _named(ctx, body)
    async with ctx.change() as change:
        post = await _own(change, author, post_id)
        draft = Draft(text=body, summary=summary, visibility=post.visibility)
        check_draft(draft, author=author, longest=ctx.settings.limits.post_length)
        parent = await posts.by_id(change.tx, post.reply_to_id) if post.reply_to_id else None
        mentioned = await _with_parent_author(change, named, parent, author)
        edited = replace(
            post,
            content=_html(body, named, ctx.settings.url),
            source=body,
            summary=summary.strip(),
            sensitive=sensitive or bool(summary.strip()),
            edited_at=max(change.now, post.published_at + 1000, (post.edited_at or 0) + 1000),
        )
        files = (await media.of_posts(change.tx, [post.id])).get(post.id, [])
        parts = Parts(hashtags=tuple(sorted(text.tags_in(body))), media=tuple(files))
        await effects.edit(change, edited, author=author, mentioned=mentioned, parts=parts)
        owner = await accounts.by_id(change.tx, post.wall_id) if post.wall_id else None
        number, activity = new_uri(change)
        note = await _note(change, edited, author=author, mentioned=mentioned, owner=owner)
        held = [(copy.host, copy.inbox) for copy in await copies.holders(change.tx, post.uri)]
        reached = [*mentioned, *([owner] if owner else [])]
        audience = await recipients(change, visibility=post.visibility, author=author, named=reached)
        await send(
            change,
            render.update(note, id=activity),
            actor=author,
            object=post.uri,
            recipients={*await within_organisation(change, held), *audience},
            carries=post.uri,
            private=is_private(post.visibility),
            id=number,
        )
        return edited


async def delete(ctx: Context, author: Account, post_id: int) -> None:
    """Delete a post here and order its deletion at every holder the ledger names, followers or not.

    Raises:
        NotFound: not this author's post.
    """
    async with ctx.change() as change:
        post = await _own(change, author, post_id)
        await _delete_everywhere(change, post, author=author)


async def _delete_everywhere(change: Change, post: Post, *, author: Account) -> None:
    held = await copies.holders(change.tx, post.uri)
    await effects.delete(change, post, author=author)
    number, activity = new_uri(change)
    grave = render.tombstone(post.uri, former_type=post.kind, deleted_at=change.now)
    await send(
        change,
        render.delete(id=activity, actor=author.uri, object=grave, to=[author.followers]),
        actor=author,
        object=post.uri,
        recipients=[(copy.host, copy.inbox) for copy in held if copy.inbox],
        until_confirmed=True,
        id=number,
    )
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
    await send(change, body, actor=owner, object=post.uri, recipients=reached, private=private, id=number)


async def _note(
    change: Change, post: Post, *, author: Account, mentioned: Sequence[Account], owner: Account | None
) -> render.Json:
    return render.note(
        post,
        author=author,
        mentioned=mentioned,
        wall_owner=owner,
        reply_uri=post.reply_to_uri,
        hashtags=(await posts.hashtags(change.tx, [post.id])).get(post.id, []),
        members=await nodes.members_collection(change.tx),
        base=change.settings.url,
    )


async def _named(ctx: Context, body: str) -> dict[tuple[str, str], Account]:
    names = text.names_in(body)
    own = ctx.settings.authority
    async with ctx.db.read() as tx:
        wanted = {(user, "" if host in ("", own) else host): (user, host) for user, host in names}
        found = {wanted[key]: account for key, account in (await accounts.by_handles(tx, wanted)).items()}
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


async def _parent(change: Change, id: int | None, author: Account) -> Post | None:
    if id is None:
        return None
    parent = await posts.visible_to(change.tx, id, viewer_id=author.id)
    if parent is None or parent.boost_of is not None:
        raise NotFound("The post you answer is not here any more.")
    if "reply" in parent.closed and parent.author_id != author.id:
        raise Forbidden("Its author takes no answers to this post.")
    return parent


async def _wall_owner(change: Change, id: int | None, author: Account, visibility: Visibility) -> Account | None:
    if id is None or id == author.id:
        return None
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


async def _own(change: Change, author: Account, id: int) -> Post:
    post = await posts.by_id(change.tx, id)
    if post is None or post.author_id != author.id or post.boost_of is not None:
        raise NotFound("There is no such post of yours.")
    return post
