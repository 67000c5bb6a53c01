"""Posts of ours as peers get them: reads what hangs on them, then renders."""

from collections.abc import Sequence

from federation import render
from node.domain.accounts import Account
from node.domain.posts import Post
from node.store import accounts, media, nodes, parts, polls, posts
from node.store.database import Tx


async def notes(tx: Tx, found: Sequence[Post], *, author: Account, base: str) -> list[render.Json]:
    """Return posts of one of our authors as documents, in half a dozen queries however many they are.

    base: our public address.
    """
    ids = [post.id for post in found]
    mentioned = await posts.mentioned(tx, ids)
    wanted = {id for named in mentioned.values() for id in named} | {post.wall_id for post in found if post.wall_id}
    known = await accounts.by_ids(tx, wanted)
    hashtags = await posts.hashtags(tx, ids)
    questions = await polls.of_posts(tx, [post.id for post in found if post.kind == "Question"])
    files = await media.of_posts(tx, ids)
    emojis = await parts.emojis(tx, found, {author.id: author})
    members = await nodes.members_collection(tx)
    return [
        render.note(
            post,
            author=author,
            mentioned=[known[id] for id in mentioned.get(post.id, []) if id in known],
            wall_owner=known.get(post.wall_id) if post.wall_id else None,
            hashtags=hashtags.get(post.id, []),
            poll=questions.get(post.id),
            media=files.get(post.id, []),
            emojis=emojis.get(post.id, []),
            members=members,
            base=base,
        )
        for post in found
    ]
