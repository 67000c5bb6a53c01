"""A passage is blacked out, or a post taken out, at every node that holds a copy; its author is told why."""

import json
from dataclasses import replace

import pytest

from federation import certificates as checks
from federation import render
from federation.erasures import parse_order
from moderation import cases as commands
from moderation import certificates, desk, orders
from moderation import posts as measures
from node.domain.accounts import Role
from node.domain.cases import Filing, Step, Topic
from node.domain.erasures import Scope, State
from node.domain.groups import Joining
from node.domain.posts import Draft, DraftPoll
from node.domain.visibility import Visibility
from node.effects import posts as effects
from node.errors import Conflict, Invalid, NotFound
from node.store import cases, conversations, copies, erasures, polls, posts, reports, versions
from node.store.pages import Page
from outbox import media as uploads
from outbox import polls as voting
from outbox import posts as writing
from outbox import relationships
from tests.opened import all_opened
from tests.pages.scene import drawn
from tests.village import village

CANARY = "Kanarienvogel"
NAME = f"Max {CANARY}"
"""What no table may have in it afterwards."""


async def canaries(house):
    """The tables of a node in which the name stands, when the storage has forgotten what was deleted."""
    await house.ctx.db.scrub()
    async with house.ctx.db.read() as tx:
        tables = [row["name"] for row in await tx.all("SELECT name FROM sqlite_master WHERE type = 'table'")]
        return {
            table
            for table in tables
            for row in await tx.all(f"SELECT * FROM {table}")
            if CANARY.lower() in str(list(all_opened(house.ctx.db, row).values())).lower()
        }


async def wish(house, *, topic=Topic.OTHER, links=""):
    filing = Filing(topic, "Erase it.", links=links)
    return await commands.file(house.ctx, filing, by=None, language="en", address="192.0.2.7")


async def told(house, member):
    """What the node has told a member in messages."""
    async with house.ctx.db.read() as tx:
        found = await conversations.page(tx, member.id, Page(limit=5))
        return [(await posts.by_id(tx, one.last_id)).source for one in found]


async def test_a_name_is_in_no_table_of_either_node_any_more(tmp_path):
    async with village(tmp_path, "lyon", "graz") as there:
        lyon, graz = there.houses.values()
        carla, olga = await lyon.member("carla"), await lyon.member("olga", role=Role.OFFICER)
        gus = await graz.member("gus")
        await relationships.follow(graz.ctx, gus, (await graz.account(carla)).id)
        await there.settle()
        draft = Draft(
            f"First **Max** {CANARY} fell. #{CANARY} #loom",
            Visibility.ORGANISATION,
            summary=f"About {NAME}",
        )
        made = await writing.publish(lyon.ctx, carla, draft)
        await there.settle()
        await writing.edit(lyon.ctx, carla, made.id, replace(draft, text=f"Yesterday {NAME.upper()} fell."))
        await there.settle()
        graz.down = True
        last = f"On Monday {NAME} fell, [see](https://x.example/max-{CANARY})"
        await writing.edit(lyon.ctx, carla, made.id, replace(draft, text=last))
        await there.settle()
        assert {"posts", "post_versions", "activities"} <= await canaries(lyon)
        assert {"posts", "post_versions"} <= await canaries(graz)

        case = await wish(lyon)
        await desk.black_out(lyon.ctx, case.id, made.id, NAME, reason="Somebody asked for it.", by=olga)
        await desk.black_out(lyon.ctx, case.id, made.id, CANARY, reason="And the rest.", by=olga)
        graz.down = False
        there.clock.now += 3_600_000
        await there.settle()
        assert await canaries(lyon) == set()
        assert await canaries(graz) == set()
        here, copy = await lyon.post(made.uri), await graz.post(made.uri)
        assert here.content == copy.content == "<p>On Monday ▒▒▒▒▒ fell, see</p>"
        assert here.summary == copy.summary == "About ▒▒▒▒▒"
        async with lyon.ctx.db.read() as tx:
            kept = await versions.of_post(tx, made.id)
            assert [step.kind for step in await cases.steps(tx, case.id, limit=9)] == [Step.BLACKED_OUT] * 2
        assert len(kept) == 4
        assert "Yesterday ▒▒▒▒▒ fell." in kept[1].content
        async with graz.ctx.db.read() as tx:
            assert await versions.of_post(tx, copy.id) == []
        assert any("Somebody asked for it." in one for one in await told(lyon, carla))
        # It goes on as any post does.
        await writing.edit(lyon.ctx, carla, made.id, replace(draft, text="Nobody fell.", summary=""))
        await there.settle()
        assert (await graz.post(made.uri)).content == "<p>Nobody fell.</p>"


async def test_polls_keep_their_votes_and_pictures_their_places(tmp_path):
    async with village(tmp_path, "lyon", "graz") as there:
        lyon, graz = there.houses.values()
        carla, dan = await lyon.member("carla"), await lyon.member("dan")
        gus = await graz.member("gus")
        await relationships.follow(graz.ctx, gus, (await graz.account(carla)).id)
        await there.settle()
        asked = Draft("Who?", Visibility.ORGANISATION, poll=DraftPoll((NAME, "Nobody"), 86_400))
        question = await writing.publish(lyon.ctx, carla, asked)
        await there.settle()
        await voting.vote(lyon.ctx, dan, question.id, (0,))
        await there.settle()
        case = await wish(lyon)
        await desk.black_out(lyon.ctx, case.id, question.id, NAME, reason="Asked for.", by=dan)
        await there.settle()
        for house in (lyon, graz):
            post = await house.post(question.uri)
            async with house.ctx.db.read() as tx:
                poll = (await polls.of_posts(tx, [post.id]))[post.id]
            assert [(one.name, one.votes) for one in poll.options] == [("▒▒▒▒▒", 1), ("Nobody", 0)]
            assert await canaries(house) == set()


async def test_what_pictures_show_is_blacked_out_too(tmp_path):
    async with village(tmp_path, "lyon", "graz") as there:
        lyon, graz = there.houses.values()
        carla = await lyon.member("carla")
        await graz.account(carla)
        picture = tmp_path / "picture.png"
        picture.write_bytes(drawn("#27408b", "#f4ecd8"))
        said = uploads.Said(description=f"{NAME} at the loom")
        file = await uploads.upload(lyon.ctx, carla, picture, name="picture.png", said=said)
        draft = Draft("At work", Visibility.ORGANISATION, media_ids=(file.id,))
        made = await writing.publish(lyon.ctx, carla, draft)
        await there.settle()
        assert "media" in await canaries(graz)
        case = await wish(lyon)
        await desk.black_out(lyon.ctx, case.id, made.id, NAME, reason="Asked for.", by=carla)
        await there.settle()
        for house in (lyon, graz):
            assert await canaries(house) == set()


async def test_what_a_group_handed_on_forgets_it_at_every_members_node(tmp_path):
    async with village(tmp_path, "lyon", "graz", "turin") as there:
        lyon, graz, turin = there.houses.values()
        carla, gus, tina = await lyon.member("carla"), await graz.member("gus"), await turin.member("tina")
        group = await there.found(graz, gus, joining=Joining.OPEN)
        here = await there.join(lyon, carla, group)
        await there.join(turin, tina, group)
        made = await writing.publish(lyon.ctx, carla, Draft(f"About {NAME}", Visibility.GROUP, group=here.id))
        await there.settle()
        assert await turin.reads(tina, made.uri)
        case = await wish(lyon)
        await desk.black_out(lyon.ctx, case.id, made.id, NAME, reason="Asked for.", by=carla)
        await there.settle()
        for house in (lyon, graz, turin):
            assert (await house.post(made.uri)).content == "<p>About ▒▒▒▒▒</p>", house.name
            assert await canaries(house) == set(), house.name


async def test_a_post_that_is_taken_out_is_gone_everywhere_and_its_author_knows_why(tmp_path):
    async with village(tmp_path, "lyon", "graz") as there:
        lyon, graz = there.houses.values()
        carla, mo = await lyon.member("carla"), await lyon.member("mo", role=Role.MODERATOR)
        await graz.account(carla)
        made = await writing.publish(lyon.ctx, carla, Draft(f"About {NAME}", Visibility.ORGANISATION))
        await there.settle()
        with pytest.raises(Invalid):
            await measures.take_out(lyon.ctx, mo, made.id, reason=" ")
        await measures.take_out(lyon.ctx, mo, made.id, reason="It breaks rule 2.")
        await there.settle()
        for house in (lyon, graz):
            assert await house.post(made.uri) is None
            assert await canaries(house) == set()
        assert ["It breaks rule 2." in one for one in await told(lyon, carla)] == [True]
        with pytest.raises(NotFound):
            await measures.take_out(lyon.ctx, mo, made.id, reason="Again.")


async def test_what_stands_elsewhere_is_passed_on_to_its_node_without_a_name(tmp_path):
    async with village(tmp_path, "lyon", "graz") as there:
        lyon, graz = there.houses.values()
        olga, gus = await lyon.member("olga", role=Role.OFFICER), await graz.member("gus")
        await graz.member("mona", role=Role.MODERATOR)
        await lyon.account(gus)
        made = await writing.publish(graz.ctx, gus, Draft(f"About {NAME}", Visibility.ORGANISATION))
        await there.settle()
        copy = await lyon.post(made.uri)
        case = await wish(lyon, links=made.url)
        async with lyon.ctx.db.read() as tx:
            meant = await desk.named(tx, case, base=lyon.ctx.settings.url)
        assert [post.id for post in meant.posts] == [copy.id]
        for act in (desk.black_out, desk.take_out):
            words = (NAME,) if act is desk.black_out else ()
            with pytest.raises(NotFound):
                await act(lyon.ctx, case.id, copy.id, *words, reason="Not ours.", by=olga)
        await desk.hand_over(lyon.ctx, case.id, copy.id, "Somebody is named without consent.", by=olga)
        await there.settle()
        async with graz.ctx.db.read() as tx:
            (report,) = await reports.page(tx)
        assert (report.content, report.post_ids) == ("Somebody is named without consent.", (made.id,))
        async with lyon.ctx.db.read() as tx:
            (step,) = await cases.steps(tx, case.id, limit=9)
        assert (step.kind, step.host) == (Step.PASSED_ON, graz.host)


async def test_words_that_do_not_stand_there_are_not_blacked_out(tmp_path):
    async with village(tmp_path, "lyon") as there:
        (lyon,) = there.houses.values()
        carla = await lyon.member("carla")
        made = await writing.publish(lyon.ctx, carla, Draft("About looms"))
        case = await wish(lyon)
        for passage in ("loom", "x", NAME):
            with pytest.raises(Invalid):
                await desk.black_out(lyon.ctx, case.id, made.id, passage, reason="Asked for.", by=carla)
        assert await told(lyon, carla) == []


async def test_moderators_get_a_case_as_a_complaint_of_theirs(tmp_path):
    async with village(tmp_path, "lyon") as there:
        (lyon,) = there.houses.values()
        carla, olga = await lyon.member("carla"), await lyon.member("olga", role=Role.OFFICER)
        made = await writing.publish(lyon.ctx, carla, Draft("Buy cheap looms"))
        case = await wish(lyon, topic=Topic.POST, links=f"{lyon.ctx.settings.url}/posts/{made.id}")
        report = await desk.to_moderators(lyon.ctx, case.id, "Adverts.", by=olga)
        assert (report.target_id, report.post_ids, report.content) == (carla.id, (made.id,), "Adverts.")
        with pytest.raises(Conflict):
            await desk.to_moderators(lyon.ctx, case.id, "Again.", by=olga)
        other = await wish(lyon, topic=Topic.POST, links="https://elsewhere.example/1")
        with pytest.raises(NotFound):
            await desk.to_moderators(lyon.ctx, other.id, "Nothing.", by=olga)


async def test_a_node_that_has_a_later_version_already_forgets_the_earlier_ones_all_the_same(tmp_path):
    async with village(tmp_path, "lyon", "graz") as there:
        lyon, graz = there.houses.values()
        carla = await lyon.member("carla")
        author = await graz.account(carla)
        made = await writing.publish(lyon.ctx, carla, Draft(f"About {NAME}", Visibility.ORGANISATION))
        await there.settle()
        case = await wish(lyon)
        await desk.black_out(lyon.ctx, case.id, made.id, NAME, reason="Asked for.", by=carla)
        copy, newest = await graz.post(made.uri), await lyon.post(made.uri)
        async with graz.ctx.change() as change:  # somebody there has asked for it meanwhile
            seen = replace(copy, content=newest.content, edited_at=newest.edited_at)
            await effects.edit(change, seen, author=author, mentioned=[])
        assert "post_versions" in await canaries(graz)
        await there.settle()
        assert await canaries(graz) == set()


async def held_words(there, lyon, graz):
    """Carla wrote a name that Graz holds, too; return her, and the post."""
    carla = await lyon.member("carla")
    await graz.account(carla)
    made = await writing.publish(lyon.ctx, carla, Draft(f"Thanks to {NAME}", Visibility.ORGANISATION))
    await there.settle()
    return carla, made


async def taken_out(lyon, by, post):
    async with lyon.ctx.change() as change:
        await measures.black_out(change, post.id, NAME, reason="A wish", by=by, subject="a wish")


async def order_of(lyon, post):
    async with lyon.ctx.db.read() as tx:
        (found,) = [one for one in await erasures.page(tx, Page(limit=9)) if one.object == post.uri]
        return found, (await erasures.holders(tx, [found.id]))[found.id]


async def test_every_node_signs_that_it_keeps_no_version_with_the_words(tmp_path):
    async with village(tmp_path, "lyon", "graz") as there:
        lyon, graz = there.houses.values()
        carla, made = await held_words(there, lyon, graz)
        await taken_out(lyon, carla, made)
        await there.settle()
        order, (holder,) = await order_of(lyon, made)
        assert (order.scope, order.done_at is not None) == (Scope.PASSAGE, True)
        assert (holder.host, holder.state) == (graz.host, State.ERASED)
        certificate = await certificates.certificate(lyon.ctx, order)
        assert CANARY not in json.dumps(certificate)
        assert all(finding.holds for finding in checks.check(certificate))
        async with lyon.ctx.db.read() as tx:
            assert [copy.state for copy in await copies.holders(tx, made.uri)] == ["held"]
        await writing.delete(lyon.ctx, carla, made.id)
        await there.settle()
        async with lyon.ctx.db.read() as tx:
            assert [copy.state for copy in await copies.holders(tx, made.uri)] == ["confirmed"]


async def test_a_node_that_missed_the_new_version_asks_for_it_before_it_signs(tmp_path):
    async with village(tmp_path, "lyon", "graz") as there:
        lyon, graz = there.houses.values()
        carla, made = await held_words(there, lyon, graz)
        await taken_out(lyon, carla, made)
        async with lyon.ctx.change() as change:
            lost = "SELECT id FROM activities WHERE type = 'Update' AND actor_id = :id"
            assert await change.tx.run(f"DELETE FROM deliveries WHERE activity_id IN ({lost})", id=carla.id) == 1
        await there.settle()
        assert await canaries(graz) == set()
        assert (await order_of(lyon, made))[0].done_at is not None


async def test_an_old_copy_that_comes_back_with_a_backup_is_dropped_and_fetched_anew(tmp_path):
    async with village(tmp_path, "lyon", "graz") as there:
        lyon, graz = there.houses.values()
        carla, made = await held_words(there, lyon, graz)
        old = await graz.post(made.uri)
        await taken_out(lyon, carla, made)
        await there.settle()
        order, _ = await order_of(lyon, made)
        async with graz.ctx.change() as change:
            await change.tx.run("DELETE FROM erasures_taken")
            await posts.rewrite(change.tx, old)
        async with graz.ctx.change() as change:
            await orders.do_again(change, parse_order(json.loads(order.document)))
        assert await graz.post(made.uri) is None, "nobody reads it in the meantime"
        await there.settle()
        assert "▒" in (await graz.post(made.uri)).content
        assert await canaries(graz) == set()


async def test_an_own_post_that_comes_back_with_the_words_is_deleted_everywhere(tmp_path):
    async with village(tmp_path, "lyon", "graz") as there:
        lyon, graz = there.houses.values()
        carla, made = await held_words(there, lyon, graz)
        old = await lyon.post(made.uri)
        await taken_out(lyon, carla, made)
        await there.settle()
        order, _ = await order_of(lyon, made)
        async with lyon.ctx.change() as change:
            await change.tx.run("DELETE FROM erasures")
            await posts.rewrite(change.tx, old)
            await orders.do_again(change, parse_order(json.loads(order.document)))
        await there.settle()
        assert await lyon.post(made.uri) is await graz.post(made.uri) is None


async def test_a_delete_is_not_outwitted_by_an_order_about_words(tmp_path):
    async with village(tmp_path, "lyon", "graz") as there:
        lyon, graz = there.houses.values()
        carla, made = await held_words(there, lyon, graz)
        await taken_out(lyon, carla, made)
        await there.settle()
        order = json.loads((await order_of(lyon, made))[0].document)
        id = f"{carla.uri}#delete"
        await there.send(lyon, carla, graz, render.delete(id=id, actor=carla.uri, object=made.uri, to=[], order=order))
        assert await graz.post(made.uri) is None
