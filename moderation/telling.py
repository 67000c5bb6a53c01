"""Tell members what was done with something of theirs, and why: a message from the node itself."""

from collections.abc import Callable

from node.context import Change
from node.domain import text, uris
from node.domain.accounts import Account
from node.domain.posts import Post
from node.domain.visibility import Visibility
from node.effects import posts as effects
from node.store import accounts, pages_of_unit
from outbox.as_node import node_of
from themes.phrases import Phrases


async def tell_author(change: Change, author: Account, say: Callable[[Phrases], str]) -> None:
    """Tell the author of a post something, in their language; of a page's post its editors."""
    people = await pages_of_unit.editors(change.tx, author.id) if author.page else [author]
    for one in people:
        await _tell(change, one, say)


async def tell_guardians(change: Change, say: Callable[[Phrases], str]) -> None:
    """Tell those who look after data protection something, each in their language."""
    for one in await accounts.guardians(change.tx):
        await _tell(change, one, say)


async def _tell(change: Change, member: Account, say: Callable[[Phrases], str]) -> None:
    user = await accounts.user(change.tx, member.id)
    if user is not None:
        words = Phrases(user.comfort.language, change.now, change.settings.node.timezone)
        await _write_to(change, member, say(words), language=user.comfort.language)


async def _write_to(change: Change, member: Account, said: str, *, language: str) -> None:
    """The message stays here, and nobody reads answers to it: it says itself where one can complain."""
    node, base, id = await node_of(change.tx, change.settings.url), change.settings.url, change.new_id()
    typed = f"@{member.username} {said}"
    mentions = {(member.username.lower(), ""): text.Mentioned(member.url, member.username)}
    message = Post(
        id=id,
        uri=uris.post(node.uri, id),
        author_id=node.id,
        local=True,
        kind="Note",
        visibility=Visibility.DIRECT,
        content=text.render(typed, mentions=mentions),
        source=typed,
        summary="",
        sensitive=False,
        language=language,
        url=uris.post_page(base, node.username, id),
        reply_to_id=None,
        reply_to_uri="",
        boost_of=None,
        wall_id=None,
        wall_shown=False,
        published_at=change.now,
        edited_at=None,
        thread_id=id,
        closed=("reply",),
    )
    await effects.add(change, message, author=node, mentioned=[member])
