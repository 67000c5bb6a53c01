"""Commands on complaints: tell the moderators here, and those of the other node when one wants that."""

from collections.abc import Sequence

from federation import render
from node.context import Change, Context
from node.domain import uris
from node.domain.accounts import Account
from node.domain.posts import Post
from node.domain.reports import Report, check_category
from node.effects.notifications import reported
from node.errors import Invalid, NotFound
from node.store import accounts, house_rules, posts, reports
from outbox.as_node import node_of
from outbox.audience import inbox_of, within_reach
from outbox.publish import new_uri, publish

_LONGEST = 1_000


async def report(
    ctx: Context,
    by: Account,
    target_id: int,
    *,
    post_ids: Sequence[int] = (),
    comment: str = "",
    forward: bool = False,
    category: str = "other",
    rules: tuple[int, ...] = (),
) -> Report:
    """Complain about an account and some of its posts; `forward`: to its own node as well, without one's name.

    Raises:
        NotFound: no such account, or a post that is not its own or that one may not see.
        Invalid: too long, or see `check_category`.
    """
    if len(comment) > _LONGEST:
        raise Invalid("The complaint is too long. Keep it to %(longest)d characters.", longest=_LONGEST)
    async with ctx.change() as change:
        known = await house_rules.current(change.tx, first=ctx.settings.node.rules)
        check_category(category, rules, known_rules=[rule.id for rule in known])
        target = await accounts.by_id(change.tx, target_id)
        seen = await posts.visible_ids(change.tx, post_ids, viewer_id=by.id)
        if target is None or target.deleted_at is not None or target.id == by.id:
            raise NotFound("There is no such account.")
        if len(seen) != len(set(post_ids)) or any(post.author_id != target.id for post in seen.values()):
            raise NotFound("There is no such post.")
        number, uri = new_uri(change)
        about = tuple(sorted(seen))
        made = Report(number, uri, by.id, target.id, comment, "open", change.now, about, category, rules)
        await reports.insert(change.tx, made)
        await reported(change, made, by=by)
        if forward and not target.local:
            await pass_on(change, target, list(seen.values()), content=comment, id=number)
        return made


async def pass_on(change: Change, target: Account, about: Sequence[Post], *, content: str, id: int) -> bool:
    """Complain about somebody, and posts of theirs, to their own node; False when it is not within reach.

    The node itself says it: who complained stays here (federation.md 3.10). id: the activity's number.
    """
    node = await node_of(change.tx, change.settings.url)
    objects = [target.uri, *(post.uri for post in about)]
    uri = uris.activity(change.settings.url, id)
    flag = render.about("Flag", id=uri, actor=node.uri, object=objects, content=content, to=[target.uri])
    inboxes = await within_reach(change, [inbox_of(target)])
    await publish(change, flag, actor=node, object=target.uri, recipients=inboxes, private=True, id=id)
    return bool(inboxes)
