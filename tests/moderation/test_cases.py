"""Complaints and requests of people who are no members, from the form to the answer and the objection to it."""

import contextlib
import re

import pytest

from moderation import case_retention, desk, journal
from moderation import cases as commands
from node.domain import cases as domain
from node.domain.accounts import Role
from node.domain.cases import Filing, Proof, State, Topic, Verdict
from node.errors import Conflict, Forbidden, NotFound, Throttled
from node.limits import Limits
from node.store import cases
from tests.mailing import DAY, PASSWORD, URL, mailing, text
from tests.opened import all_opened
from tests.window import Window
from tests.window import signed_in as window_of

ADDRESS = "max@outside.example"
WISH = "You write about me in a post. Erase my name."


def window(node, language=""):
    return Window(node.app, URL, language)


async def signed_in(node, username):
    return await window_of(window(node), username, PASSWORD)


@contextlib.asynccontextmanager
async def house(folder, **more):
    """A node with two officers, olga and otto, an administrator, a moderator and a member."""
    async with mailing(folder, **more) as node:
        node.people = {}
        for name, role in (
            ("olga", Role.OFFICER),
            ("otto", Role.OFFICER),
            ("ada", Role.ADMIN),
            ("ben", Role.MODERATOR),
            ("carla", Role.MEMBER),
        ):
            node.people[name] = await node.member(name, role=role)
        yield node


async def filed(node, topic=Topic.ERASURE, *, by=None, address=ADDRESS, **more):
    filing = Filing(topic, WISH, address="" if by else address, **more)
    return await commands.file(node.ctx, filing, by=by, language="en", address="192.0.2.7")


async def stored(node, case):
    async with node.ctx.db.read() as tx:
        return await cases.by_id(tx, case.id)


def sign(node, case):
    return domain.sign(node.ctx.secret, case)


def link_in(mail):
    return re.search(rf"{re.escape(URL)}(/complaint/\S+|/desk/\S+)", text(mail))[1]


async def test_somebody_who_is_no_member_goes_from_the_home_page_to_the_answer_and_objects(tmp_path):
    async with house(tmp_path) as node:
        stranger = window(node)
        assert 'href="/complaint"' in (await stranger.page("/"))[1]
        status, place, _ = await stranger.send("/complaint", topic="erasure", wish=WISH, address=ADDRESS)
        assert status == 303
        page = (await stranger.page(place))[1]
        reference = re.search(r"[2-9A-HJ-NP-Z]{3}-[2-9A-HJ-NP-Z]{4}", page)[0]
        assert "One step is missing" in page
        olga = await signed_in(node, "olga")
        assert reference not in (await olga.page("/desk"))[1]

        await node.deliver()
        (mail,) = node.house.to(ADDRESS)
        assert reference in mail["Subject"]
        proof = link_in(mail)
        assert (await stranger.page(proof))[0] == 200
        assert reference not in (await olga.page("/desk"))[1], "looking at the link is not enough"
        status, own, _ = await stranger.send(proof)
        assert (status, own == place) == (303, False)
        assert (await stranger.page(place))[0] == 404, "who only typed the address sees nothing more"
        page = (await olga.page("/desk"))[1]
        assert reference in page
        desk_page = re.search(r'href="(/desk/cases/\d+)"', page)[1]
        assert WISH in (await olga.page(desk_page))[1]

        answer = {"verdict": "refused", "reasons": "Your name is not there."}
        assert (await olga.send(f"{desk_page}/answer", desk_page, **answer))[0] == 303
        node.house.mails.clear()
        await node.deliver()
        news = node.house.to(ADDRESS)[-1]
        assert link_in(news) == own
        assert "not there" not in text(news)
        page = (await stranger.page(own))[1]
        assert "Your name is not there." in page
        assert "supervisory authority" in page

        assert (await stranger.send(f"{own}/appeal", own, text="It is, look again."))[0] == 303
        assert "It is, look again." in (await olga.page(desk_page))[1]
        assert (await olga.send(f"{desk_page}/answer", desk_page, **answer))[0] == 403
        otto = await signed_in(node, "otto")
        last = {"verdict": "granted", "reasons": "It is blacked out now."}
        assert (await otto.send(f"{desk_page}/answer", desk_page, **last))[0] == 303
        page = (await stranger.page(own))[1]
        assert "It is blacked out now." in page
        assert "Object to the answer" not in page
        assert (await journal.verify(node.ctx)).wrong is None


@pytest.mark.parametrize(
    ("language", "title", "sent"),
    [
        ("en", "Complaints and data protection", "How it stands"),
        ("de", "Beschwerden und Datenschutz", "Wie es steht"),
        ("fr", "Plaintes et protection des données", "Où cela en est"),
    ],
)
async def test_the_form_speaks_three_languages(tmp_path, language, title, sent):
    async with house(tmp_path) as node:
        stranger = window(node, language)
        assert title in (await stranger.page("/complaint"))[1]
        _, place, _ = await stranger.send("/complaint", topic="post", wish=WISH)
        assert sent in (await stranger.page(place))[1]


async def test_no_secret_link_is_in_any_table_and_none_can_be_guessed(tmp_path, database):
    async with house(tmp_path, database=database) as node:
        case = await filed(node)
        signs = [sign(node, case), domain.proof_sign(node.ctx.secret, case)]
        async with node.ctx.db.read() as tx:
            rows = [*await tx.all("SELECT * FROM cases"), *await tx.all("SELECT * FROM mails")]
            kept = str([all_opened(tx, row) for row in rows])
        assert not any(one in kept for one in signs)
        stranger = window(node)
        for wrong in (signs[0][:-2] + "AA", signs[1], "x", "A" * 54):
            assert (await stranger.page(f"/complaint/cases/{wrong}"))[0] == 404
            assert (await stranger.page(f"/complaint/proof/{signs[0]}"))[0] == 404


async def test_what_only_the_person_concerned_may_ask_waits_until_they_are_known(tmp_path, database):
    async with house(tmp_path, database=database) as node:
        olga = node.people["olga"]
        case = await filed(node)
        assert case.state is State.UNPROVEN
        with pytest.raises(Conflict):
            await desk.answer(node.ctx, case.id, Verdict.GRANTED, "Done.", by=olga)
        await desk.prove(node.ctx, case.id, "Called back.", by=olga)
        await desk.answer(node.ctx, case.id, Verdict.GRANTED, "Done.", by=olga)
        assert (await stored(node, case)).state is State.ANSWERED
        mine = await filed(node, by=node.people["carla"])
        assert (mine.state, mine.proof) == (State.OPEN, Proof.ACCOUNT)


async def test_who_files_it_in_somebody_elses_name_never_reads_the_answer(tmp_path):
    async with house(tmp_path) as node:
        case = await filed(node, Topic.ACCESS)
        typed = sign(node, case)
        proven = await commands.prove(node.ctx, domain.proof_sign(node.ctx.secret, case))
        again = await commands.prove(node.ctx, domain.proof_sign(node.ctx.secret, case))
        assert sign(node, proven) == sign(node, again) != typed
        with pytest.raises(NotFound):
            await commands.by_link(node.ctx, typed)
        assert (await commands.by_link(node.ctx, sign(node, proven)))[0].reference == case.reference


async def test_without_mail_the_desk_finds_out_by_hand_who_asks(tmp_path):
    async with house(tmp_path, host="", listen="", reply_to="", sender="") as node:
        case = await filed(node)
        assert (case.state, case.proof) == (State.OPEN, Proof.NONE)
        olga = node.people["olga"]
        with pytest.raises(Conflict):
            await desk.answer(node.ctx, case.id, Verdict.PARTLY, "In part.", by=olga)
        await desk.prove(node.ctx, case.id, "Showed a letter of ours.", by=olga)
        await desk.answer(node.ctx, case.id, Verdict.PARTLY, "In part.", by=olga)
        assert await node.waiting() == []


async def test_the_form_says_the_same_whether_there_is_such_a_post_or_not(tmp_path):
    async with house(tmp_path) as node:
        pages = []
        for link in (node.people["carla"].uri, f"{URL}/users/nobody", f"{URL}/posts/1"):
            stranger = window(node)
            status, place, _ = await stranger.send("/complaint", topic="person", wish="Look.", links=link)
            page = (await stranger.page(place))[1]
            hidden = re.sub(r"[2-9A-HJ-NP-Z]{3}-[2-9A-HJ-NP-Z]{4}|[0-9a-f]{128}|/complaint/cases/[\w-]+", "", page)
            pages.append((status, hidden.replace(link, "")))
        assert len(set(pages)) == 1


async def test_A09_one_address_files_so_much_and_no_more_and_nobodys_mailbox_is_filled(tmp_path):
    async with house(tmp_path, limits=Limits(cases_per_address=4, mail_links_per_hour=2)) as node:
        await filed(node)
        await filed(node)
        with pytest.raises(Throttled):
            await filed(node, address=ADDRESS.upper())
        await filed(node, Topic.OTHER, address="")
        with pytest.raises(Throttled):
            await filed(node, Topic.OTHER, address="")
        await node.deliver()
        assert len(node.house.to(ADDRESS)) == 2


async def test_A09_nothing_that_was_typed_leaves_in_a_mail(tmp_path):
    async with house(tmp_path) as node:
        stranger = window(node)
        typed = {"topic": "other", "wish": "Buy cheap looms", "passage": "looms", "links": "https://shop.example/"}
        assert (await stranger.send("/complaint", **typed, address=ADDRESS))[0] == 303
        assert (await stranger.send("/complaint", **typed, address="a@b.example\r\nBcc: all@b.example"))[0] == 422
        await node.deliver()
        (mail,) = node.house.mails
        assert "loom" not in str(mail)
        assert "shop.example" not in str(mail)


async def test_what_a_program_fills_in_is_kept_nowhere(tmp_path):
    async with house(tmp_path) as node:
        stranger = window(node)
        status, place, _ = await stranger.send("/complaint", topic="other", wish="Spam", website="https://spam.example")
        assert (status, place.startswith("/complaint/cases/")) == (303, True)
        async with node.ctx.db.read() as tx:
            assert await cases.waiting(tx, limit=9) == []


@pytest.mark.parametrize("fields", [{"wish": ""}, {"wish": "x" * 5_001}, {"wish": "x", "passage": "y" * 201}])
async def test_too_little_and_too_much_is_refused(tmp_path, fields):
    async with house(tmp_path) as node:
        assert (await window(node).send("/complaint", topic="other", **fields))[0] == 422
        assert (await window(node).send("/complaint", topic="access", wish="Tell me."))[0] == 422


async def test_members_file_with_their_account_and_find_it_again(tmp_path):
    async with house(tmp_path) as node:
        carla = await signed_in(node, "carla")
        status, place, _ = await carla.send("/complaint", topic="portability", wish="My posts, please.")
        assert status == 303
        assert "My posts, please." in (await carla.page(place))[1]
        assert place in (await carla.page("/complaint"))[1]
        assert place not in (await (await signed_in(node, "ben")).page("/complaint"))[1]


async def test_the_month_ends_with_its_last_day_and_may_be_made_longer_once_in_time(tmp_path, database):
    async with house(tmp_path, database=database) as node:
        olga = node.people["olga"]
        case = await filed(node, by=node.people["carla"])
        assert case.due_at == domain.due(case.created_at, "UTC")
        await desk.extend(node.ctx, case.id, 2, "There are many copies.", by=olga)
        longer = await stored(node, case)
        assert longer.due_at == domain.due(case.created_at, "UTC", extended_by=2)
        assert "There are many copies." in (await window(node).page(f"/complaint/cases/{sign(node, longer)}"))[1]
        with pytest.raises(Conflict):
            await desk.extend(node.ctx, case.id, 1, "Again.", by=olga)
        other = await filed(node, by=node.people["carla"])
        node.clock.now = other.due_at + 1
        with pytest.raises(Conflict):
            await desk.extend(node.ctx, other.id, 1, "Too late.", by=olga)
        async with node.ctx.db.read() as tx:
            assert [one.id for one in await cases.waiting(tx, limit=9)] == [other.id, case.id]
            assert [one.id for one in await cases.waiting(tx, after=other.id, limit=9)] == [case.id]
        assert "was due on" in (await (await signed_in(node, "olga")).page("/desk"))[1]


@pytest.mark.parametrize(
    ("received", "due"), [("2026-01-31", "2026-02-28"), ("2026-12-15", "2027-01-15"), ("2024-01-30", "2024-02-29")]
)
def test_a_month_is_one_of_the_calendar(received, due):
    from node.domain.times import iso, moment

    assert iso(domain.due(moment(f"{received}T12:00:00Z"), "UTC")) == f"{due}T23:59:59.999Z"


async def test_an_objection_is_answered_by_somebody_else_where_there_is_somebody(tmp_path, database):
    async with house(tmp_path, database=database) as node:
        olga, otto = node.people["olga"], node.people["otto"]
        case = await filed(node, by=node.people["carla"])
        with pytest.raises(Conflict):
            await commands.appeal(node.ctx, sign(node, case), "No answer yet.")
        await desk.answer(node.ctx, case.id, Verdict.REFUSED, "No.", by=olga)
        await commands.appeal(node.ctx, sign(node, case), "Why?")
        with pytest.raises(Forbidden):
            await desk.answer(node.ctx, case.id, Verdict.REFUSED, "No again.", by=olga)
        await desk.answer(node.ctx, case.id, Verdict.GRANTED, "Yes.", by=otto)
        with pytest.raises(Conflict):
            await commands.appeal(node.ctx, sign(node, case), "Once more.")


async def test_alone_at_the_desk_one_answers_the_objection_oneself(tmp_path):
    async with mailing(tmp_path) as node:
        ada = await node.member("ada", role=Role.ADMIN)
        case = await filed(node, Topic.OTHER)
        await desk.answer(node.ctx, case.id, Verdict.REFUSED, "No.", by=ada)
        await commands.appeal(node.ctx, sign(node, case), "Why?")
        await desk.answer(node.ctx, case.id, Verdict.REFUSED, "Still no.", by=ada)
        assert (await stored(node, case)).state is State.CLOSED


async def test_who_asks_can_add_something_and_take_it_back(tmp_path):
    async with house(tmp_path) as node:
        case = await filed(node, Topic.OTHER)
        await commands.add(node.ctx, sign(node, case), "It is on the second page, too.")
        olga = await signed_in(node, "olga")
        assert "on the second page" in (await olga.page(f"/desk/cases/{case.id}"))[1]
        await desk.note(node.ctx, case.id, "Among us only.", by=node.people["olga"])
        stranger = window(node)
        assert "Among us only." not in (await stranger.page(f"/complaint/cases/{sign(node, case)}"))[1]
        await commands.withdraw(node.ctx, sign(node, case))
        with pytest.raises(Conflict):
            await commands.add(node.ctx, sign(node, case), "And more.")
        with pytest.raises(Conflict):
            await desk.answer(node.ctx, case.id, Verdict.GRANTED, "Done.", by=node.people["olga"])


async def test_the_desk_is_for_nobody_else(tmp_path):
    async with house(tmp_path) as node:
        case = await filed(node, Topic.OTHER)
        rules = [rule for rule in node.app.url_map.iter_rules() if rule.rule.startswith("/desk")]
        assert len(rules) > 5
        for name in ("ada", "ben", "carla"):  # administrators stand in only while there is no officer
            window = await signed_in(node, name)
            assert 'href="/desk"' not in (await window.page("/home"))[1]
            for rule in rules:
                path = re.sub(r"<any\('?([\w-]+)[^>]*>", r"\1", rule.rule).replace("<int:case_id>", str(case.id))
                path = path.replace("<int:post_id>", "1")
                if "GET" in rule.methods:
                    assert (await window.page(path))[0] == 404, (name, path)
                if "POST" in rule.methods:
                    assert (await window.send(path, "/settings/profile"))[0] == 404, (name, path)
        page = (await (await signed_in(node, "olga")).page("/home"))[1]
        assert re.search(r'href="/desk".*?<b class="count">1</b>', page, re.DOTALL)


async def test_officers_are_told_by_mail_what_waits(tmp_path):
    async with house(tmp_path) as node:
        await node.confirmed(node.people["olga"], "olga@example.com")
        olga = await signed_in(node, "olga")
        kinds = {"kinds": "report", "digest": "never"}
        assert (await olga.send("/settings/mail", **kinds))[0] == 200
        case = await filed(node, Topic.OTHER, address="")
        await node.deliver()
        (mail,) = node.house.to("olga@example.com")
        assert link_in(mail) == f"/desk/cases/{case.id}"
        assert WISH not in text(mail)


async def test_time_forgets_who_proves_nothing_and_what_is_long_over(tmp_path, database):
    limits = Limits(case_unproven_seconds=86_400, case_appeal_seconds=86_400, case_words_seconds=86_400)
    async with house(tmp_path, database=database, limits=limits) as node:
        unproven, case = await filed(node), await filed(node, Topic.OTHER)
        await desk.answer(node.ctx, case.id, Verdict.REFUSED, "Because of the canary.", by=node.people["olga"])
        node.clock.now += DAY + 1
        await case_retention.forget(node.ctx)
        assert await stored(node, unproven) is None
        assert (await stored(node, case)).state is State.CLOSED
        node.clock.now += DAY + 1
        await case_retention.forget(node.ctx)
        stripped = await stored(node, case)
        assert (stripped.wish, stripped.address, stripped.salt, stripped.verdict) == ("", "", "", Verdict.REFUSED)
        async with node.ctx.db.read() as tx:
            assert [one.text for one in await cases.entries(tx, case.id, limit=9)] == [""]
        assert "The words have been erased." in (await window(node).page(f"/complaint/cases/{sign(node, stripped)}"))[1]
        node.clock.now += 4 * 365 * DAY
        await case_retention.forget(node.ctx)
        assert await stored(node, case) is None
        assert (await journal.verify(node.ctx)).wrong is None
