"""What tests of notifications share: people who need no password, and what happens to a member because of them."""

from dataclasses import replace

from node.domain.events import Notified
from node.domain.posts import Post
from node.domain.visibility import Visibility
from node.effects import notifications as effects
from node.effects import posts as post_effects
from node.store import accounts
from outbox.organisation import local_actor
from tests.entities import check
from tests.nodes import URL

V1, V2 = "/api/v1/notifications", "/api/v2/notifications"
REQUESTS, POLICY = f"{V1}/requests", f"{V2}/policy"
HOUR = 3_600_000
DAY = 24 * HOUR


async def told(client, query=""):
    """Return (kind, who) of each notification, newest first."""
    found = (await client.get(V1 + query)).body
    check("[Notification]", found)
    return [(one["type"], one["account"]["username"]) for one in found]


async def groups(client, query=""):
    found = (await client.get(V2 + query)).body
    check("GroupedNotificationsResults", found)
    return found


async def strangers(ctx, count, *, host=""):
    """Add people who need no password."""
    async with ctx.change() as change:
        made = []
        for number in range(count):
            base = f"http://{host}" if host else URL
            name = f"p{number}{host[:3]}"
            one = local_actor(change, f"{base}/users/{name}", username=name, kind="Person", name=name)
            made.append(replace(one, host=host))
            await accounts.insert(change.tx, made[-1])
        return made


async def tell(ctx, kind, account, sender, post_id=None):
    async with ctx.change() as change:
        await effects.notify(change, kind, account=account, sender=sender, post_id=post_id)
        return [event for event in change.events if isinstance(event, Notified)]


async def mention(home, sender, account, *, visibility=Visibility.ORGANISATION, text="Hello", **more):
    """Let somebody write to a member; return the post's id."""
    async with home.ctx.change() as change:
        id = change.new_id()
        uri = f"{sender.uri}/posts/{id}"
        post = Post(
            id=id, uri=uri, author_id=sender.id, local=sender.local, kind="Note", visibility=visibility,
            content=text, source="", summary="", sensitive=False, language="", url=uri, reply_to_id=None,
            reply_to_uri="", boost_of=None, wall_id=None, wall_shown=False, published_at=change.now, edited_at=None,
            thread_id=id,
        )  # fmt: skip
        post = replace(post, **more)
        await post_effects.add(change, post, author=sender, mentioned=[account])
    return post.id
