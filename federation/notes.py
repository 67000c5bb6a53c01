"""Posts of ours as peers get them: reads what hangs on them, then renders."""

from collections.abc import Sequence

from federation import render
from node.domain.accounts import Account
from node.domain.posts import Post, Whole
from node.store import accounts, nodes, parts
from node.store.database import Tx


async def notes(tx: Tx, found: Sequence[Post], *, author: Account, base: str) -> list[render.Json]:
    """Return posts of one of our authors as documents, in half a dozen queries however many they are.

    base: our public address.
    """
    return await of_wholes(tx, await parts.wholes(tx, found, known=[author]), base=base)


async def of_wholes(tx: Tx, found: Sequence[Whole], *, base: str) -> list[render.Json]:
    """The same of posts with what hangs on them at hand: one query."""
    members = await nodes.members_collection(tx)
    inside = {whole.post.group_id for whole in found if whole.post.group_id}
    groups = await accounts.by_ids(tx, inside) if inside else {}
    return [
        render.note(
            whole.post,
            author=whole.author,
            mentioned=whole.mentioned,
            wall_owner=whole.wall_owner,
            hashtags=whole.parts.hashtags,
            poll=whole.parts.poll,
            media=whole.parts.media,
            emojis=whole.parts.emojis,
            notice=whole.parts.notice,
            members=members,
            group=groups.get(whole.post.group_id or 0),
            base=base,
        )
        for whole in found
    ]
