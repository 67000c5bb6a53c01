"""A node with people, posts of every kind and news, for pages to be looked at and tested.

Ada administers it, Ben and Carla are colleagues, Rita belongs to another node of the organisation. All sign in with
`tests.served.PASSWORD`.
"""

import io
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

from PIL import Image, ImageDraw

from moderation import announcements, members
from node.config import Look
from node.context import Context
from node.domain.accounts import Account, Comfort, Profile, Role
from node.domain.lists import List
from node.domain.posts import Draft, DraftPoll, Post
from node.domain.reports import Report
from node.domain.visibility import Visibility
from node.effects import lists
from node.store import conversations
from node.store.pages import Page
from outbox import media, posts, profiles, reactions, relationships
from outbox.reports import report
from tests.inbox.peer import Peer
from tests.served import PASSWORD, Served, served

_PEOPLE = (
    ("ada", "Ada Martin", Role.ADMIN, "Head of dyeing", "Production", ("natural dyes", "colour matching", "SAP")),
    ("ben", "Ben Huber", Role.MODERATOR, "Weaver", "Production", ("looms", "jacquard")),
    ("carla", "Carla Riva-Santorini", Role.MEMBER, "Designer", "Design", ("patterns", "CAD", "Italian")),
    ("dan", "Dan Petit", Role.MEMBER, "Apprentice", "Production", ()),
)


@dataclass
class Scene:
    """The served node, its people by user name, and posts by what they are."""

    node: Served
    peer: Peer
    folder: Path
    people: dict[str, Account] = field(default_factory=dict)
    posts: dict[str, Post] = field(default_factory=dict)
    list: int = 0
    conversation: int = 0
    complaint: Report | None = None

    @property
    def ctx(self) -> Context:
        return self.node.ctx

    @property
    def url(self) -> str:
        return self.node.url

    async def post(self, name: str, by: str, text: str, visibility: Visibility = Visibility.UNIT, **more) -> Post:
        """Publish a post and remember it by a name."""
        self.posts[name] = await posts.publish(self.ctx, self.people[by], Draft(text, visibility, **more))
        return self.posts[name]

    async def picture(self, by: str, description: str, *colours: str) -> int:
        """Upload a picture; return its id."""
        path = self.folder / "picture.png"
        path.write_bytes(drawn(*colours))
        said = media.Said(description=description)
        return (await media.upload(self.ctx, self.people[by], path, name="picture.png", said=said)).id

    async def comfort(self, username: str, **changed) -> None:
        """Let the pages meet somebody otherwise: language, appearance, simple."""
        await members.set_comfort(self.ctx, self.people[username], replace(Comfort(), **changed))


def drawn(*colours: str) -> bytes:
    """Return a picture of stripes."""
    image = Image.new("RGB", (1200, 800), colours[0])
    pen = ImageDraw.Draw(image)
    for number in range(24):
        pen.rectangle([number * 50, 0, number * 50 + 25, 800], fill=colours[number % len(colours)])
    kept = io.BytesIO()
    image.save(kept, "PNG")
    return kept.getvalue()


@asynccontextmanager
async def scene(folder: Path, *, look: Look | None = None) -> AsyncIterator[Scene]:
    """Serve the node with everything in it."""
    async with served(folder / "node", look=look) as node:
        here = Scene(node, await Peer.known_to(node.ctx, "rita"), folder)
        await _people(here)
        await _posts(here)
        await _looked_after(here)
        await _kept_together(here)
        yield here


async def _kept_together(here: Scene) -> None:
    """A list of Ada's, and a conversation that goes on."""
    ada, ben = here.people["ada"], here.people["ben"]
    first = await here.post("asks", "carla", "@ada @ben Shall we show the new patterns on Monday?", Visibility.DIRECT)
    second = await here.post("answers", "ada", "@ben Yes, at ten.", Visibility.DIRECT, reply_to_id=first.id)
    await here.post("agrees", "ben", "@carla I will bring them.", Visibility.DIRECT, reply_to_id=second.id)
    async with here.ctx.change() as change:
        kept = await lists.create(change, List(change.new_id(), ada.id, "Production"))
        await lists.add(change, ada, kept, [ben.id, here.people["dan"].id])
    async with here.ctx.db.read() as tx:
        here.list, here.conversation = kept.id, (await conversations.page(tx, ada.id, Page(limit=1)))[0].id


async def _people(here: Scene) -> None:
    ctx = here.ctx
    for username, name, role, position, department, skills in _PEOPLE:
        here.people[username] = await members.add(
            ctx,
            username=username,
            password=PASSWORD,
            name=name,
            role=role,
            position=position,
            department=department,
            skills=skills,
        )
    here.people["rita"] = here.peer.actors["rita"]
    for one in ("ben", "carla", "dan"):
        await relationships.follow(ctx, here.people[one], here.people["ada"].id)
        await relationships.follow(ctx, here.people["ada"], here.people[one].id)
    await profiles.edit(
        ctx,
        here.people["ada"],
        Profile(
            summary="I look after the *dye works* in Lyon, and after this network. Ask me about indigo.",
            wall_open=True,
            fields=(
                ("Position", "Head of dyeing"),
                ("Department", "Production"),
                ("Skills", "natural dyes, colour matching, SAP"),
                ("Site", "Lyon, building 4"),
                ("Phone", "1234"),
            ),
        ),
    )


async def _posts(here: Scene) -> None:
    everybody, named = Visibility.ORGANISATION, Visibility.DIRECT
    await here.post("notice", "ada", "**The canteen is closed on Friday.** Please bring something along.")
    await here.post("plan", "carla", "Spring collection: the drafts are on the share. #patterns #spring", everybody)
    picture = await here.picture("carla", "Stripes in indigo and madder red", "#27408b", "#b03a2e", "#f4ecd8")
    await here.post(
        "picture", "carla", "First samples from the new loom. What do you think?", everybody, media_ids=(picture,)
    )
    await here.post(
        "reply",
        "ben",
        "The red one! It looks *just* like the old pattern book.",
        everybody,
        reply_to_id=here.posts["picture"].id,
    )
    await here.post(
        "answer",
        "ada",
        "@carla Agreed, and it does not bleed. I tested it twice.",
        everybody,
        reply_to_id=here.posts["reply"].id,
    )
    await here.post(
        "poll",
        "ben",
        "When shall we hold the open day?",
        poll=DraftPoll(("Saturday", "Sunday", "A weekday evening"), 86_400),
    )
    await here.post("warned", "dan", "The winner is the blue one.", summary="Ending of the pattern contest")
    await here.post("wall", "ben", "Happy anniversary, Ada! Ten years with us.", wall_of=here.people["ada"].id)
    await here.post("message", "ben", "@ada Can we talk about the moderation of the comments?", named)
    await here.post(
        "code",
        "dan",
        "How do I get the stock from SAP?\n\n```\nSELECT lot, metres FROM stock WHERE colour = 'indigo'\n```\n\n"
        "1. open the console\n2. paste this",
        everybody,
    )
    await reactions.favourite(here.ctx, here.people["ben"], here.posts["notice"].id)
    await reactions.favourite(here.ctx, here.people["ada"], here.posts["picture"].id)
    await reactions.favourite(here.ctx, here.people["carla"], here.posts["answer"].id)
    await reactions.boost(here.ctx, here.people["ben"], here.posts["picture"].id)
    await reactions.bookmark(here.ctx, here.people["ada"], here.posts["plan"].id)


async def _looked_after(here: Scene) -> None:
    """What moderators and administrators have to do with."""
    ben, dan = here.people["ben"], here.people["dan"]
    here.complaint = await report(
        here.ctx,
        ben,
        dan.id,
        post_ids=[here.posts["warned"].id],
        comment="This gives the winner away before the party.",
    )
    await members.invite(here.ctx, by=here.people["ada"], note="Eva, starts in the weaving mill in May")
    await announcements.publish(here.ctx, "The network is **slow on Sunday** morning: we move the server.")
