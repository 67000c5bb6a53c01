"""A node with people, posts of every kind and news, for pages to be looked at and tested.

Ada administers it, Ben and Carla are colleagues, Rita belongs to another node of the organisation. All sign in with
`tests.served.PASSWORD`.

To fill it takes seconds. So it is filled once, and its folder is copied for every test, which serves it at the same
address.
"""

import io
import shutil
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from copy import deepcopy
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import Any

from PIL import Image, ImageDraw

from moderation import announcements, bans, cases, desk, holds, leavers, measures, members, personas, second_factors
from node.adapters import authenticators
from node.app import create_app
from node.config import Look
from node.context import Context
from node.domain.accounts import Account, Comfort, Profile, Role
from node.domain.boards import Notice
from node.domain.bridges import State
from node.domain.bridges import Terms as Contract
from node.domain.cases import Case, Filing, Topic, Verdict
from node.domain.filters import Filter, Keyword
from node.domain.groups import Charter, Joining, Readers
from node.domain.groups import Role as GroupRole
from node.domain.guests import Terms
from node.domain.lists import List
from node.domain.pages import Masthead
from node.domain.places import Place
from node.domain.posts import Draft, DraftPoll, Post
from node.domain.reports import Report
from node.domain.times import DAY_MS
from node.domain.viewer import Viewer
from node.domain.visibility import Visibility
from node.domain.witnesses import Head, Witness
from node.effects import filters, lists
from node.store import bequests, boards, conversations, copies, departures, erasures, journal, silence, witnesses
from node.store import bridges as bridge_rows
from node.store.pages import Page
from outbox import (
    bridges,
    drafts,
    groups,
    media,
    places,
    posts,
    profiles,
    reactions,
    relationships,
    scheduled,
    unit_pages,
)
from outbox.reports import report
from tests.inbox.peer import HOST as PEER
from tests.inbox.peer import Peer
from tests.nodes import port
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
    groups: dict[str, Account] = field(default_factory=dict)
    pages: dict[str, Account] = field(default_factory=dict)
    list: int = 0
    filter: int = 0
    app: bytes = b""
    bridges: dict[str, int] = field(default_factory=dict)
    conversation: int = 0
    complaint: Report | None = None
    erasure: int = 0
    held_erasure: int = 0
    cases: dict[str, Case] = field(default_factory=dict)

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


@dataclass(frozen=True, slots=True)
class _Filled:
    folder: tempfile.TemporaryDirectory[str]
    port: int
    actors: dict[str, Account]
    known: dict[str, Any]


_filled: list[_Filled] = []


@asynccontextmanager
async def scene(folder: Path, *, look: Look | None = None) -> AsyncIterator[Scene]:
    """Serve the node with everything in it."""
    if not _filled:
        _filled.append(await _fill_once())
    (filled,) = _filled
    shutil.copytree(filled.folder.name, folder / "node")
    async with served(folder / "node", look=look, number=filled.port) as node:
        peer = Peer(node.ctx, create_app(node.ctx, jobs=False).test_client(), dict(filled.actors))
        yield Scene(node, peer, folder, **deepcopy(filled.known))


async def _fill_once() -> _Filled:
    data = tempfile.TemporaryDirectory(prefix="scene-", ignore_cleanup_errors=True)
    number = port()
    with tempfile.TemporaryDirectory() as pictures:
        async with served(Path(data.name), number=number) as node:
            here = Scene(node, await Peer.known_to(node.ctx, "rita"), Path(pictures))
            await _fill(here)
    about = ("node", "peer", "folder")
    known = {one.name: getattr(here, one.name) for one in fields(here) if one.name not in about}
    return _Filled(data, number, here.peer.actors, known)


async def _fill(here: Scene) -> None:
    await _people(here)
    await _posts(here)
    await _looked_after(here)
    await _kept_together(here)
    await _groups(here)
    await _pages(here)
    await _guest(here)
    await _endings(here)
    await _partner(here)
    await _erased(here)
    await _held_elsewhere(here)
    await _second_factors(here)
    await _pseudonyms(here)
    await _witnessed(here)
    await _silent(here)
    await _drafts(here)


async def _drafts(here: Scene) -> None:
    """What Ada has not said yet."""
    pairs = [
        ("text", "The new indigo vat: what we learned in its first month, and what we would do otherwise."),
        ("audience", "unit"),
    ]
    await drafts.keep(here.ctx, here.people["ada"], pairs)


async def _second_factors(here: Scene) -> None:
    """Ada is setting one up; Dan has one."""
    dan = here.people["dan"]
    for member in (here.people["ada"], dan):
        await second_factors.begin(here.ctx, member, PASSWORD, address="192.0.2.1")
    begun = await second_factors.of(here.ctx, dan)
    assert begun is not None, "it was begun just now"
    here.app = begun.key
    await second_factors.confirm(here.ctx, dan, authenticators.code(here.app, at=here.ctx.clock()))


async def _pseudonyms(here: Scene) -> None:
    """Ada has one, and wants to know with data protection whose the other is."""
    ada = here.people["ada"]
    await personas.make(here.ctx, ada, username="night_owl", name="Night Owl")
    await personas.make(here.ctx, here.people["dan"], username="quiet_otter", name="Quiet Otter")
    await personas.ask(here.ctx, ada, Role.ADMIN, handle="quiet_otter", reason="A threat to a colleague, case A7K-4QX9")


async def _erased(here: Scene) -> None:
    """Two posts of Ada's that she deleted: one that nobody else had, and one that a member node and a stranger held."""
    ctx, ada = here.ctx, here.people["ada"]
    await posts.delete(ctx, ada, (await posts.publish(ctx, ada, Draft("A slip of the pen."))).id)
    wide = await posts.publish(ctx, ada, Draft("The vat is ready.", Visibility.ORGANISATION))
    async with ctx.change() as change:
        holders = [("social.weavers.example", "https://social.weavers.example/inbox")]
        told = {"objects": [wide.uri], "owner": ada.uri, "holders": holders}
        await copies.record(change.tx, **told, how="fetch", now=change.now)
    await posts.delete(ctx, ada, wide.id)
    async with ctx.change() as change:
        here.erasure = (await erasures.page(change.tx, Page(limit=1)))[0].id
        await erasures.taken_by(change.tx, wide.uri, "social.weavers.example", now=change.now)


async def _held_elsewhere(here: Scene) -> None:
    """Somebody who has erased their account, and whom another node may not erase yet."""
    ctx = here.ctx
    gone = await members.add(ctx, username="enzo", password=PASSWORD, name="Enzo Bianchi")
    await profiles.delete(ctx, gone)
    async with ctx.change() as change:
        here.held_erasure = (await erasures.page(change.tx, Page(limit=1)))[0].id
        until = change.now + 90 * DAY_MS
        said = {"receipt": b"{}", "key": "key", "until": until, "again_at": until, "now": change.now}
        await erasures.held_by(change.tx, here.held_erasure, PEER, **said)


async def _witnessed(here: Scene) -> None:
    """Two nodes that signed for the journal here, and one for whose journal this node signed."""
    ctx = here.ctx
    async with ctx.change() as change:
        number, seal = await journal.head(change.tx)
        for host in ("graz.weavers.example", "turin.weavers.example"):
            await witnesses.put(change.tx, Witness(host, Head(1, number, seal), b"", "key", change.now, None))
        await witnesses.sign(change.tx, "graz.weavers.example", Head(1, 12, "seal"), b"", now=change.now)


async def _silent(here: Scene) -> None:
    async with here.ctx.change() as change:
        for day in range(190):
            await silence.note(change.tx, [PEER], day=day, heard=False)


async def _partner(here: Scene) -> None:
    """A group of Ada's that is shared with another organisation, and one that is about to be."""
    ctx, ada = here.ctx, here.people["ada"]
    for name, title, agreed in (("supply", "Indigo supply", True), ("trials", "Dye trials", False)):
        made = await groups.found(ctx, ada, name, Charter(name=title, summary="With those who grow it."))
        here.groups[name] = made
        contract = Contract(
            name="",
            partner="social.indigo-growers.example",
            purpose="Plan next year's harvest together.",
            contact="Ada Martin, ada@weaving.example",
            partner_contact="Ruth Okafor, ruth@indigo-growers.example",
            files=True,
            starts_at=ctx.clock(),
            ends_at=ctx.clock() + 25 * 86_400_000,
            one_sided=not agreed,
        )
        bridge = await bridges.draft(ctx, ada, made.id, contract)
        if agreed:
            bridge = await bridges.offer(ctx, ada, bridge.id)
            async with ctx.change() as change:
                signed = replace(bridge.stands(State.ACTIVE, now=change.now), agreed=b"{}")
                await bridge_rows.put(change.tx, signed)
        here.bridges[name] = bridge.id
    ground = Place("IN", "Standard contractual clauses, module 1, of 3 February 2026")
    await places.write(ctx, ada, "social.indigo-growers.example", ground)


async def _endings(here: Scene) -> None:
    """Ben leaves soon; Carla's account must not be erased, nor Rita's of another node; Ada leaves some of hers here.

    Somebody is banned.
    """
    ctx, ada, now = here.ctx, here.people["ada"], here.ctx.clock()
    await leavers.plan(ctx, here.people["ben"].id, now + 40 * DAY_MS, by=ada)
    dyes = here.groups["natural_dyes"]
    async with ctx.change() as change:  # as the last administrator she could not
        await departures.plan(change.tx, ada.id, until=now + 400 * DAY_MS)
        await bequests.name_heir(change.tx, ada.id, here.pages["reception"].id)
        await bequests.leave_groups(change.tx, ada.id, [dyes.id], by_unit=True)
    for held in (here.people["carla"], here.peer.actors["rita"]):
        await holds.place(ctx, held.id, reason="Labour court, 7 Ca 12/26", until=now + 90 * DAY_MS, by=ada)
    async with ctx.change() as change:
        await bans.put(change, replace(ada, username="gone"))


async def _guest(here: Scene) -> None:
    """Greta, whom Ada brought into her group."""
    ctx, ada, dyes = here.ctx, here.people["ada"], here.groups["natural_dyes"]
    terms = Terms(ada.id, ctx.clock() + 30 * 86_400_000, (dyes.id,))
    greta = await members.add(ctx, username="greta", password=PASSWORD, name="Greta Lindqvist", guest=terms)
    here.people["greta"] = greta
    await groups.invite(ctx, ada, dyes.id, greta.id)
    await groups.join(ctx, greta, dyes.id)
    inside = {"visibility": Visibility.GROUP, "group": dyes.id, "reply_to_id": here.posts["recipe"].id}
    await here.post("lichen", "greta", "At our mill we dye with lichen. Shall I bring some?", **inside)


async def _pages(here: Scene) -> None:
    """A page that Ada edits with Ben, one that all follow, one that is closed to her, and a notice board."""
    ada = Viewer(here.people["ada"], Role.ADMIN)

    async def found(name: str, title: str, summary: str, *editors: str, **more: bool) -> Account:
        masthead = Masthead(name=title, summary=summary, **more)
        here.pages[name] = await unit_pages.found(here.ctx, ada, name, masthead, editors=editors)
        return here.pages[name]

    safety = await found("safety", "Health and safety", "What keeps us *whole*: drills, first aid.", "ada", "ben")
    await found("reception", "Reception", "Parcels, visitors, lost property.", "dan")
    council = await found("staff_council", "Staff council", "Elected by all. Ask us.", "carla", closed=True)
    await unit_pages.spread(here.ctx, ada, council.id)
    for page, by, text in (
        (safety, "ben", "**Fire drill on Thursday at ten.** We meet in the yard."),
        (safety, "ada", "The eye wash in the dye works has been replaced."),
        (council, "carla", "Open hour on Tuesdays from two to four, room 12."),
    ):
        await posts.publish(here.ctx, page, Draft(text, Visibility.UNIT), by=here.people[by])
    here.pages["board"] = await found("house", "House notices", "Rules, hours, what is shut.", "ada", "ben", board=True)
    await _notices(here, here.pages["board"])


async def _notices(here: Scene, board: Account) -> None:
    """What stands on a board, pinned and not, one that is over, and one that is planned."""
    ctx, ada, day = here.ctx, here.people["ada"], 86_400_000
    for name, text, category, days in (
        ("old", "The lift is out of order this week.", "Building", 1),
        ("hours", "**Working hours in summer:** the weaving mill begins at six.", "Working hours", 40),
        ("loom", "Ear protection is worn at every loom, by visitors too.", "Internal rules", 0),
        ("lunch", "The canteen has fish on Fridays again. #lunch", "Canteen", 20),
    ):
        notice = Notice(category, None, ctx.clock() + days * day if days else None)
        draft = Draft(text, Visibility.UNIT, notice=notice)
        here.posts[name] = await posts.publish(ctx, board, draft, by=ada)
    await reactions.pin(ctx, ada, here.posts["loom"].id)
    async with ctx.change() as change:
        await boards.put(change.tx, here.posts["old"].id, Notice("Building", None, ctx.clock() - day))
    later = Draft("The car park is closed for a week.", notice=Notice("Building", None, ctx.clock() + 12 * day))
    await scheduled.plan(ctx, board, later, due=ctx.clock() + 5 * day, by=ada)
    # Her home shows the first of her posts still.
    await relationships.unfollow(ctx, ada, board.id)


async def _groups(here: Scene) -> None:
    """A group that Ada owns, one that invites her, one that asks a question, one for all and one that is closed."""
    ctx, people = here.ctx, here.people

    async def found(name: str, by: str, title: str, summary: str, **more) -> Account:
        charter = replace(groups.DEFAULTS, name=title, summary=summary, **more)
        here.groups[name] = await groups.found(ctx, people[by], name, charter)
        return here.groups[name]

    dyes = await found(
        "natural_dyes",
        "ada",
        "Natural dyes",
        "Recipes with *indigo*, madder and weld, and what went wrong with them.",
        question="What do you dye, and with what?",
        rules="Say which fibre you used.\nNo recipes of customers.\nBe kind to beginners.",
    )
    for one in ("ben", "carla"):
        await groups.invite(ctx, people["ada"], dyes.id, people[one].id)
        await groups.join(ctx, people[one], dyes.id)
    month = ctx.clock() + 30 * 86_400_000
    await groups.lend(ctx, people["ada"], dyes.id, people["ben"].id, GroupRole.MODERATOR, until=month)
    await groups.join(ctx, people["dan"], dyes.id, answer="Wool, with onion skins so far. I would like to learn more.")
    await groups.invite(ctx, people["ada"], dyes.id, people["rita"].id)
    inside = {"visibility": Visibility.GROUP, "group": dyes.id}
    await here.post("recipe", "ada", "**Indigo vat, 20 litres.** 60 g indigo, 120 g lime, 180 g fructose.", **inside)
    await groups.pin(ctx, people["ada"], dyes.id, here.posts["recipe"].id)
    await here.post("weld", "carla", "Weld on silk: is anybody else getting green instead of yellow?", **inside)
    await here.post(
        "iron", "ben", "Iron in the water. Try the well.", Visibility.GROUP, reply_to_id=here.posts["weld"].id
    )
    council = await found(
        "works_council",
        "ben",
        "Works council",
        "For the elected members.",
        joining=Joining.INVITATION,
        listed=False,
    )
    await groups.invite(ctx, people["ben"], council.id, people["ada"].id)
    await found("loom_repair", "dan", "Loom repair", "Spare parts, manuals and who can help.", question="Which loom?")
    canteen = await found(
        "canteen",
        "carla",
        "Canteen",
        "What there is to eat this week, and what you would like.",
        joining=Joining.OPEN,
        readers=Readers.ORGANISATION,
    )
    await here.post("menu", "carla", "Monday: lentils. Tuesday: pike.", Visibility.ORGANISATION, group=canteen.id)
    closed = await found("open_day", "ada", "Open day 2025", "How we prepare it.", joining=Joining.OPEN)
    await groups.archive(ctx, people["ada"], closed.id)


async def _kept_together(here: Scene) -> None:
    """A list of Ada's, a filter, a planned post, and a conversation that goes on."""
    ada, ben = here.people["ada"], here.people["ben"]
    first = await here.post("asks", "carla", "@ada @ben Shall we show the new patterns on Monday?", Visibility.DIRECT)
    second = await here.post("answers", "ada", "@ben Yes, at ten.", Visibility.DIRECT, reply_to_id=first.id)
    await here.post("agrees", "ben", "@carla I will bring them.", Visibility.DIRECT, reply_to_id=second.id)
    draft = Draft("The looms are **oiled** on Monday. Please leave them covered.\n\nThank you!", Visibility.UNIT)
    await scheduled.plan(here.ctx, ada, draft, due=here.ctx.clock() + 3 * 86_400_000)
    async with here.ctx.change() as change:
        kept = await lists.create(change, List(change.new_id(), ada.id, "Production"))
        await lists.add(change, ada, kept, [ben.id, here.people["dan"].id])
        keywords = tuple(Keyword(change.new_id(), text, True) for text in ("party", "raffle"))
        made = Filter(change.new_id(), ada.id, "Parties", ("home", "public"), "warn", None, keywords)
        await filters.add(change, made)
        await filters.add_post(change, made, here.posts["code"].id)
    async with here.ctx.db.read() as tx:
        here.list, here.filter, here.conversation = (
            kept.id,
            made.id,
            (await conversations.page(tx, ada.id, Page(limit=1)))[0].id,
        )


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
    await measures.warn(here.ctx, dan.id, reason="Please keep such hints behind a warning.", by=ben)
    await _asked(here)
    await members.invite(here.ctx, by=here.people["ada"], note="Eva, starts in the weaving mill in May")
    await members.invite(here.ctx, by=here.people["ada"], note="Tom, apprentice from September", minor=True)
    await announcements.publish(here.ctx, "The network is **slow on Sunday** morning: we move the server.")


async def _asked(here: Scene) -> None:
    """What waits at the desk: a complaint from outside, a member's request, and one that is answered."""
    ctx, ada = here.ctx, here.people["ada"]

    async def asked(name: str, topic: Topic, wish: str, by: str = "", **more: str) -> Case:
        member = here.people[by] if by else None
        here.cases[name] = await cases.file(
            ctx, Filing(topic, wish, **more), by=member, language="en", address=f"192.0.2.{len(here.cases)}"
        )
        return here.cases[name]

    erasure = await asked(
        "erasure",
        Topic.ERASURE,
        "A post of yours names me as the winner of a contest. I never agreed to that. Please take my name out.",
        links=f"{here.url}/posts/{here.posts['warned'].id}",
        passage="the blue one",
        address="max.mustermann@outside.example",
    )
    await desk.note(ctx, erasure.id, "Called back: he was at the open day last year.", by=ada)
    await desk.prove(ctx, erasure.id, "Called back under the number on his letter.", by=ada)
    await asked("access", Topic.ACCESS, "What do you keep about me beside my posts?", by="carla")
    await asked("post", Topic.POST, "This gives away our prices.", links=f"{here.url}/posts/{here.posts['plan'].id}")
    answered = await asked("answered", Topic.OTHER, "Your open day is not accessible for wheelchairs.")
    await desk.answer(ctx, answered.id, Verdict.PARTLY, "There is a ramp at the back. We put up a sign.", by=ada)
