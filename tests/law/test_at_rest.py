"""What people write stands in no database as they wrote it, and a copy tells nothing of who was erased (C4, E3)."""

import re
from dataclasses import replace
from pathlib import Path

import pytest

from moderation import cases as commands
from moderation import desk, holds, imports, measures, members, personas, shredding
from node.adapters.content_keys import ContentKeys
from node.adapters.seals import Seals
from node.app import DATABASE_FILE
from node.domain.accounts import Profile, Role
from node.domain.cases import Filing, Topic, Verdict
from node.domain.groups import Charter, Joining
from node.domain.mails import Mailing
from node.domain.posts import Draft
from node.domain.times import DAY_MS
from node.domain.visibility import Visibility
from node.errors import Throttled, Unauthenticated
from node.store import accounts, schema, sealed
from node.store.pages import Page
from outbox import drafts, groups, posts, profiles
from outbox.mail.letters import put as put_letter
from tests.clients import house
from tests.inbox.peer import Peer
from tests.moderation.test_imports import PUBLIC, note, outbox, zipped
from tests.opened import opened
from tests.seeded import in_an_hour, picture

HOUR_MS = DAY_MS // 24
CANARY = re.compile(r"canary[a-z]+", re.IGNORECASE)

_ADAS = """name summary position department site skill field value icon image direct private unlisted public tag hidden
    warningdirect warningprivate warningunlisted warningpublic link option asked after picture first edited planned
    draft filter keyword note list report imported archive file answer ingroup wish place passage"""
_OTHERS = "ben group purpose rules question reasons measure hold look invited peer"
ADAS, OTHERS = ({f"canary{one}" for one in names.split()} for names in (_ADAS, _OTHERS))
"""Every word that is written, by whom."""

PLAIN = {
    "canaryname": "people are listed by their names, and other nodes are told them",
    "canarytag": "hashtags of what is no message are looked up, followed and counted",
    "canarylink": "what links in posts for the organisation are called trends with them",
    "canarygroup": "groups are listed by their names",
    "canaryrules": "the rules of a group are for everybody",
    "canaryquestion": "what a group asks is for everybody",
}
"""What stands in the database as it was written, and why."""

OUTLIVE = {
    "reports": "an open complaint stands, without a name, though whoever made it is erased",
    "cases": "what somebody asked for is answered all the same, and erased in its own time",
}
"""Tables whose rows have another key than that of who wrote what is in them, and why."""


async def stored(ctx):
    """Return every value of the database, as (table, value)."""
    async with ctx.db.read() as tx:
        return [
            (table.name, value)
            for table in schema.tables()
            for row in await tx.all(f"SELECT * FROM {table.name}")
            for value in dict(row).values()
        ] + [("post_words", str(dict(row))) for row in await tx.all("SELECT * FROM post_words")]


def canaries(text):
    """Return the canaries that are in a value of a row, or in a file."""
    return {one.lower() for one in CANARY.findall(text.decode("latin-1") if isinstance(text, bytes) else str(text))}


async def in_the_clear(ctx):
    """Return the canaries that whoever has the database can read: in its files, or in its rows."""
    found = set().union(*(canaries(value) for _, value in await stored(ctx)))
    if ctx.db.dialect == "sqlite":
        files = [Path(ctx.settings.data) / f"{DATABASE_FILE}{end}" for end in ("", "-wal")]
        found = found.union(*(canaries(file.read_bytes()) for file in files))
    return found


async def everything(home, folder):
    """Let Ada write all that a member can, and others what they write about her; return her."""
    ctx = home.ctx
    ada, ben = await home.member("ada"), await home.member("ben")
    olga, ruth = await home.member("olga", role=Role.OFFICER), await home.member("ruth", role=Role.ADMIN)
    await _about_oneself(ctx, ada)
    await _posts(ctx, ada, ben)
    await _for_oneself(ctx, ada, ben, folder)
    await _in_groups(ctx, ada, ben)
    await _asked(ctx, ada, ben, olga, ruth)
    await _from_elsewhere(ctx, ada)
    return ada


async def _about_oneself(ctx, ada):
    told = Profile(
        name="Ada Canaryname",
        summary="I canarysummary",
        fields=(
            ("Position", "Canaryposition"),
            ("Department", "Canarydepartment"),
            ("Workplace", "Canarysite"),
            ("Skills", "canaryskill"),
            ("canaryfield", "canaryvalue"),
        ),
        icon_alt="canaryicon",
        image_alt="canaryimage",
    )
    await profiles.edit(ctx, ada.account, told)


async def _posts(ctx, ada, ben):
    for audience in ("direct", "private", "unlisted", "public"):
        name = f"@ben canary{audience}"
        await ada.write(name, visibility=audience, spoiler_text=f"canarywarning{audience}")
    await ben.write("@ada canaryben", visibility="direct")
    await ada.write("Words #canarytag [canarylink](https://x.example/a)", visibility="public")
    await ada.write("@ben #canaryhidden", visibility="direct")
    options = {"options": ["canaryoption", "Coffee"], "expires_in": 3600}
    asked = await ada.write("canaryasked", visibility="unlisted", poll=options)
    await ada.put(f"/api/v1/statuses/{asked['id']}", {"status": "canaryafter", "poll": options})
    file = await ada.post("/api/v1/media", form={"description": "canarypicture"}, files={"file": picture()})
    await ada.write("Look", visibility="unlisted", media_ids=[file.body["id"]])
    reply = await ada.write("canaryfirst", visibility="unlisted")
    await ada.put(f"/api/v1/statuses/{reply['id']}", {"status": "canaryedited"})
    gone = await ada.write("canarygone", visibility="unlisted")
    await ada.delete(f"/api/v1/statuses/{gone['id']}")
    planned = await ada.post("/api/v1/statuses", {"status": "canaryplanned", "scheduled_at": in_an_hour()})
    assert planned.status == 200


async def _for_oneself(ctx, ada, ben, folder):
    await drafts.keep(ctx, ada.account, [("text", "canarydraft")])
    filter = {"title": "canaryfilter", "context": ["home"], "keywords_attributes": [{"keyword": "canarykeyword"}]}
    for path, given in (
        (f"accounts/{ben.account.id}/note", {"comment": "canarynote"}),
        ("lists", {"title": "canarylist"}),
        ("reports", {"account_id": str(ben.account.id), "comment": "canaryreport"}),
    ):
        assert (await ada.post(f"/api/v1/{path}", given)).status == 200, path
    assert (await ada.post("/api/v2/filters", filter)).status == 200
    archive = zipped(folder, outbox_json=outbox(note(1, "canaryimported", to=[PUBLIC])))
    await imports.begin(ctx, ada.account, archive, "canaryarchive.zip", Visibility.DIRECT)
    async with ctx.change() as change:
        about = {"post": "1", "files": ["canaryfile.odt"], "places": {}}
        await put_letter(change, Mailing.UNTAKEN, account_id=ada.account.id, about=about)


async def _in_groups(ctx, ada, ben):
    charter = Charter(
        name="Canarygroup",
        summary="canarypurpose",
        joining=Joining.REQUEST,
        rules="canaryrules.",
        question="canaryquestion?",
    )
    group = await groups.found(ctx, ben.account, "weavers", charter)
    await groups.join(ctx, ada.account, group.id, answer="canaryanswer")
    own = await groups.found(ctx, ada.account, "dyers", Charter(name="Dyers", joining=Joining.OPEN))
    await posts.publish(ctx, ada.account, Draft("canaryingroup", Visibility.GROUP, group=own.id))


async def _asked(ctx, ada, ben, olga, ruth):
    filing = Filing(Topic.OTHER, "canarywish", links="https://x.example/canaryplace", passage="canarypassage")
    case = await commands.file(ctx, filing, by=ada.account, language="en", address="192.0.2.1")
    await desk.answer(ctx, case.id, Verdict.REFUSED, "canaryreasons", by=olga.account)
    await measures.warn(ctx, ada.account.id, reason="canarymeasure", by=ruth.account)
    await holds.place(ctx, ben.account.id, reason="canaryhold", until=ctx.clock() + DAY_MS, by=olga.account)
    await personas.make(ctx, ben.account, username="otter", name="Otter")
    await personas.ask(ctx, olga.account, Role.OFFICER, handle="otter", reason="canarylook")
    await members.invite(ctx, by=ruth.account, note="canaryinvited")


async def _from_elsewhere(ctx, ada):
    peer = await Peer.known_to(ctx, "rita")
    text = peer.note("rita", "canarypeer @ada", tag=[{"type": "Mention", "href": ada.account.uri}])
    assert await peer.send("rita", peer.activity("Create", "rita", text)) < 300


async def test_nothing_stands_in_the_database_as_people_wrote_it(tmp_path, database):
    async with house(tmp_path / "node", database=database, trends=True) as home:
        await everything(home, tmp_path)
        there = set().union(*(canaries(opened(home.ctx.db, value)) for _, value in await stored(home.ctx)))
        assert there == ADAS | OTHERS, "each was written"
        assert await in_the_clear(home.ctx) == set(PLAIN)


async def test_a_wrong_password_leaves_neither_the_address_nor_what_was_typed_and_is_counted_all_the_same(tmp_path):
    async with house(tmp_path) as home:
        limits = replace(home.ctx.settings.limits, logins_per_address=3)
        strict = replace(home.ctx, settings=replace(home.ctx.settings, limits=limits))
        typed = {"username": "hunter2-my-password", "password": "wrong", "address": "10.1.2.3"}
        for _ in range(3):
            with pytest.raises(Unauthenticated):
                await members.sign_in(strict, **typed)
        with pytest.raises(Throttled):
            await members.sign_in(strict, **typed | {"username": "somebody"})
        with pytest.raises(Unauthenticated):
            await members.sign_in(strict, **typed | {"address": "10.1.2.4"})
        kept = [str(value) for table, value in await stored(strict) if table == "login_failures"]
        assert len(kept) == 2 * 2 * 4, "name and address, each with its time, of four failures"
        assert not any("10.1.2" in value or "hunter2" in value for value in kept)


async def test_S19_a_copy_of_the_database_tells_nothing_of_who_was_erased(tmp_path, database):
    async with house(tmp_path / "node", database=database, trends=True) as home:
        ada = await everything(home, tmp_path)
        name = sealed.of_account(ada.account.id).encode()
        told = {"accounts", "users", "posts", "post_versions", "poll_options", "media", "hashtags", "drafts", "lists"}
        told |= {"scheduled_posts", "filters", "filter_keywords", "account_notes", "imports", "import_items"}
        told |= {"group_answers", "measures", "activities", "mails"}
        copy = [(table, value) for table, value in await stored(home.ctx) if isinstance(value, bytes) and value]
        hers = [(table, value) for table, value in copy if value[1:].startswith(name)]
        assert {table for table, _ in hers} == told
        others = [(table, value) for table, value in copy if (table, value) not in hers]
        assert {table for table, value in others if canaries(opened(home.ctx.db, value)) & ADAS} == set(OUTLIVE)

        assert await profiles.delete(home.ctx, ada.account)
        later = replace(home.ctx, clock=lambda: home.ctx.clock() + HOUR_MS)
        assert await shredding.forget_gone(later)
        seals = Seals(ContentKeys(home.ctx.settings.content_keys))
        assert [table for table, value in hers if seals.open(value) is not None] == []
        await home.ctx.db.scrub()
        assert await in_the_clear(home.ctx) == {"canarygroup", "canaryrules", "canaryquestion"}, "they are another's"
        assert [value for table, value in others if table == "posts" and seals.open(value) is not None]


async def test_whatever_somebody_wrote_is_found_by_the_desk(tmp_path, database):
    async with house(tmp_path / "node", database=database) as home:
        await everything(home, tmp_path)
        ctx = home.ctx
        async with ctx.db.read() as tx:
            officer = await accounts.by_handle(tx, "olga", "")
        case = await commands.file(ctx, Filing(Topic.OTHER, "Look."), by=None, language="en", address="192.0.2.1")
        lost = set()
        for word in sorted(ADAS | OTHERS):
            found = await desk.find(ctx, case.id, word, Page(), by=officer)
            if not (found.posts or found.accounts or found.elsewhere):
                lost.add(word)
        assert lost == set()
