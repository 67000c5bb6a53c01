"""The pages of groups, as owner, moderator, member, asker, invited and stranger meet them without JavaScript."""

from dataclasses import replace

import pytest

from node.domain.groups import Group, Joining, Posting, Readers, Role
from node.domain.posts import Draft
from node.domain.visibility import Visibility
from node.store import accounts, group_lists
from node.store import groups as rows
from outbox import groups, posts
from tests.inbox.peer import HOST, Peer
from tests.node.test_web import BROWSER, token
from tests.pages.test_finding import Browser, desk
from tests.seeded import picture

SECRET = "The vat is in cellar three"


async def founded(here, by="ada", name="dyers", **charter):
    """Found a group, and let nobody else in."""
    wanted = replace(groups.DEFAULTS, **{"name": "Dyers of Lyon", "summary": "About *indigo*.", **charter})
    return await groups.found(here.ctx, here.people[by], name, wanted)


async def joined(here, group, *names, by="ada"):
    for name in names:
        await groups.invite(here.ctx, here.people[by], group.id, here.people[name].id)
        await groups.join(here.ctx, here.people[name], group.id)


async def wrote(here, group, by, text=SECRET, visibility=Visibility.GROUP, **more):
    return await posts.publish(here.ctx, here.people[by], Draft(text, visibility, group=group.id, **more))


async def role_of(here, group, name):
    async with here.ctx.db.read() as tx:
        standing = await rows.standing(tx, group.id, here.people[name].id, now=here.ctx.clock())
    return standing.role


async def test_a_group_is_founded_with_a_name_made_from_its_name_and_careful_choices(tmp_path):
    async with desk(tmp_path) as here:
        ada = await here.browser("ada")
        assert 'href="/groups"' in await ada.page("/home")
        form = await ada.main("/groups/new")
        for field in ("joining-request", "readers-members", "posting-members"):
            assert f'id="{field}" name="{field.partition("-")[0]}" value="{field.partition("-")[2]}" checked' in form
        fields = {
            "name": "Färberei Lyon",
            "summary": "For *dyers*",
            "joining": "open",
            "listed": "on",
            "rules": "One\nTwo",
        }
        assert await ada.send("/groups/new", **fields) == (303, "/@farberei_lyon")
        page = await ada.main("/@farberei_lyon")
        for words in ("Färberei Lyon", "For <em>dyers</em>", "Everybody may join", "Only members read it", "1 member"):
            assert words in page
        assert "Färberei Lyon" in await ada.main("/groups")
        answer = await ada.client.post(
            "/groups/new", form={"csrf": await csrf(ada), "name": "Färberei Lyon", "rules": "kept"}, headers=BROWSER
        )
        again = await answer.get_data(as_text=True)
        assert (answer.status_code, "This name is taken" in again, "kept" in again) == (409, True, True)


async def csrf(browser):
    return token(await browser.page("/groups/new"))


async def test_without_the_forms_token_nothing_is_done(tmp_path):
    async with desk(tmp_path) as here:
        group = await founded(here, joining=Joining.OPEN)
        await joined(here, group, "ben")
        post = await wrote(here, group, "ben")
        ada, carla = await here.browser("ada"), await here.browser("carla")
        base, ben = f"/groups/{group.id}", here.people["ben"].id
        for browser, path in (
            (carla, f"{base}/join"),
            (carla, f"{base}/leave"),
            (carla, "/groups/new"),
            *((ada, f"{base}/{name}") for name in ("settings", "archive", "reopen", "accept", "refuse", "invite")),
            *((ada, f"{base}/{name}") for name in ("uninvite", "unban", f"posts/{post.id}/take-out")),
            *((ada, f"{base}/posts/{post.id}/{name}") for name in ("pin", "unpin")),
            *((ada, f"{base}/members/{ben}/{name}") for name in ("role", "remove", "owner")),
        ):
            answer = await browser.client.post(path, form={"person": str(ben), "name": "x"}, headers=BROWSER)
            assert answer.status_code == 403, path
        assert await role_of(here, group, "ben") is Role.MEMBER
        assert await role_of(here, group, "carla") is None


async def test_a_stranger_sees_what_a_group_is_and_nothing_of_what_is_in_it(tmp_path):
    async with desk(tmp_path) as here:
        group = await founded(here, rules="Say which fibre")
        await joined(here, group, "ben")
        post = await wrote(here, group, "ben")
        carla = await here.browser("carla")
        page = await carla.main("/@dyers")
        assert "About <em>indigo</em>." in page
        assert "Ask to join" in page
        assert "What is written here is for members." in page
        about = await carla.main(f"/groups/{group.id}/about")
        assert "Say which fibre" in about
        assert "Ada Martin" in about
        assert "Ben Huber" not in page + about
        assert SECRET not in page + about
        for path in (f"/posts/{post.id}", *(f"/groups/{group.id}/{tab}" for tab in _TABS)):
            await carla.page(path, status=404)
        ben = await here.browser("ben")
        assert SECRET in await ben.main("/@dyers")


_TABS = ("members", "requests", "invite", "settings")


@pytest.mark.parametrize(
    ("name", "tabs"),
    [
        ("ada", {"members", "requests", "invite", "settings"}),
        ("ben", {"members", "requests", "invite"}),
        ("carla", {"members"}),
    ],
)
async def test_each_role_gets_its_own_pages(tmp_path, name, tabs):
    async with desk(tmp_path) as here:
        group = await founded(here)
        await joined(here, group, "ben", "carla")
        await groups.lend(here.ctx, here.people["ada"], group.id, here.people["ben"].id, Role.MODERATOR)
        browser = await here.browser(name)
        page = await browser.main("/@dyers")
        for tab in _TABS:
            assert (f'href="/groups/{group.id}/{tab}"' in page) == (tab in tabs), tab
            await browser.page(f"/groups/{group.id}/{tab}", status=200 if tab in tabs else 404)
        assert ("Leave" in page) == (name != "ada")


async def test_a_hidden_group_is_not_there_for_strangers(tmp_path, database):
    async with desk(tmp_path, database=database) as here:
        group = await founded(here, listed=False, readers=Readers.ORGANISATION, joining=Joining.OPEN)
        post = await wrote(here, group, "ada", "Read by all", Visibility.ORGANISATION)
        ben = await here.browser("ben")
        for path in ("/@dyers", f"/groups/{group.id}", f"/groups/{group.id}/about", f"/groups/{group.id}/members"):
            await ben.page(path, status=404)
        assert "Dyers" not in await ben.main("/groups")
        assert "Dyers of Lyon" not in await ben.main("/search?q=dyers")
        assert "Dyers" not in await ben.main("/people?q=dyers")
        assert "Dyers" not in await ben.main(f"/posts/{post.id}")  # the post is for all, where it stands is not
        assert (await ben.send(f"/groups/{group.id}/join", page="/groups"))[0] == 404
        await groups.invite(here.ctx, here.people["ada"], group.id, here.people["ben"].id)
        assert "You are invited" in await ben.main("/groups")
        assert "Only members and invited people know of it" in await ben.main("/@dyers")
        assert await ben.send(f"/groups/{group.id}/join", page="/@dyers") == (303, "/@dyers")
        assert "Dyers of Lyon" in await ben.main("/search?q=dyers")


async def test_who_asks_answers_the_question_and_is_let_in(tmp_path):
    async with desk(tmp_path) as here:
        group = await founded(here, question="Which fibre?")
        ben, ada = await here.browser("ben"), await here.browser("ada")
        page = await ben.page("/@dyers")
        assert "Which fibre?" in page
        status, _ = await ben.send(f"/groups/{group.id}/join", page="/@dyers", answer=" ")
        assert status == 422
        assert await ben.send(f"/groups/{group.id}/join", page="/@dyers", answer="Silk <b>") == (303, "/@dyers")
        assert "You have asked to join." in await ben.main("/@dyers")
        assert f'href="/groups/{group.id}/requests"' in await ada.main("/notifications")
        requests = await ada.main(f"/groups/{group.id}/requests")
        assert "Silk" in requests
        await ada.send(
            f"/groups/{group.id}/accept", page=f"/groups/{group.id}/requests", person=str(here.people["ben"].id)
        )
        assert await role_of(here, group, "ben") is Role.MEMBER
        assert "Nobody waits" in await ada.main(f"/groups/{group.id}/requests")
        assert "Leave" in await ben.main("/@dyers")
        assert await ben.send(f"/groups/{group.id}/leave", page="/@dyers") == (303, "/groups")
        assert await role_of(here, group, "ben") is None


async def test_a_request_is_refused_or_taken_back(tmp_path):
    async with desk(tmp_path) as here:
        group = await founded(here)
        ben, ada = await here.browser("ben"), await here.browser("ada")
        await ben.send(f"/groups/{group.id}/join", page="/@dyers")
        await ada.send(f"/groups/{group.id}/refuse", page="/@dyers", person=str(here.people["ben"].id))
        assert "Ask to join" in await ben.main("/@dyers")
        await ben.send(f"/groups/{group.id}/join", page="/@dyers")
        await ben.send(f"/groups/{group.id}/leave", page="/@dyers")
        assert "Nobody waits" in await ada.main(f"/groups/{group.id}/requests")


async def test_people_are_invited_by_name_and_the_invitation_is_taken_back_or_declined(tmp_path):
    async with desk(tmp_path) as here:
        group = await founded(here, joining=Joining.INVITATION)
        ada, ben = await here.browser("ada"), await here.browser("ben")
        invite, person = f"/groups/{group.id}/invite", str(here.people["ben"].id)
        assert "takes in only those whom it invites" in await ben.main("/@dyers")
        assert "Ben Huber" in await ada.main(f"{invite}?q=ben")
        await ada.send(invite, page=invite, person=person)
        assert "is invited" in await ada.main(f"{invite}?q=ben")
        assert 'href="/@dyers">Dyers of Lyon</a> invites you to join' in await ben.main("/notifications")
        await ada.send(f"/groups/{group.id}/uninvite", page=invite, person=person)
        assert "You are invited" not in await ben.main("/@dyers")
        await ada.send(invite, page=invite, person=person)
        await ben.send(f"/groups/{group.id}/leave", page="/@dyers")
        assert "You are invited" not in await ben.main("/groups")
        assert await role_of(here, group, "ben") is None


async def test_members_write_and_read_in_their_group_and_it_is_shown_as_theirs(tmp_path):
    async with desk(tmp_path) as here:
        group = await founded(here)
        await joined(here, group, "ben")
        ben, ada = await here.browser("ben"), await here.browser("ada")
        page = await ben.main("/@dyers")
        assert "The members of Dyers of Lyon get it" in page
        status, place = await ben.send("/posts", page="/@dyers", text=SECRET, audience="group", group=str(group.id))
        assert status == 303
        home = await ada.main("/home")
        assert SECRET in home
        assert "passed on by" not in home
        assert '<span class="quiet">in</span> <a class="name" href="/@dyers">Dyers of Lyon</a>' in home
        thread = await ada.main(place)
        assert "The members of Dyers of Lyon get it" in thread
        number = place.rpartition("/")[2]
        await ada.send("/posts", page=place, text="In mine as well", audience="group", reply_to=number)
        assert "In mine as well" in await ben.main(place)
        assert "In mine as well" not in await ben.main("/@dyers")  # an answer is shown in its conversation
        carla = await here.browser("carla")
        assert SECRET not in await carla.main("/home") + await carla.main("/unit")
        assert "new post" in await ben.main("/groups")


async def test_a_preview_in_a_group_says_who_gets_it_and_keeps_the_group(tmp_path):
    async with desk(tmp_path) as here:
        group = await founded(here)
        await joined(here, group, "ben")
        ben = await here.browser("ben")
        form = {"csrf": await csrf(ben), "text": SECRET, "audience": "group", "group": str(group.id)}
        page = await (await ben.client.post("/compose/preview", form=form, headers=BROWSER)).get_data(as_text=True)
        assert "2 people get this: the members of Dyers of Lyon" in page
        assert f'name="group" value="{group.id}"' in page
        assert 'name="audience" value="group"' in page
        empty = await (await ben.client.post("/posts", form=form | {"text": " "}, headers=BROWSER)).get_data(
            as_text=True
        )
        assert f'name="group" value="{group.id}"' in empty
        assert 'value="group"' not in (await ben.main("/home"))  # nobody may choose it without a group


async def test_who_begins_conversations_is_held_in_pages_too(tmp_path):
    async with desk(tmp_path) as here:
        group = await founded(here, posting=Posting.MODERATORS)
        await joined(here, group, "ben")
        post, elsewhere = await wrote(here, group, "ada"), await here.writes("ada", "For the unit")
        ben = await here.browser("ben")
        page = await ben.main("/@dyers")
        assert "<textarea" not in page
        assert "Only those who look after it begin conversations" in page
        fields = {"text": "No", "audience": "group", "group": str(group.id)}
        assert (await ben.send("/posts", page="/home", **fields))[0] == 403
        # to answer something else is no way in either
        assert (await ben.send("/posts", page="/home", **fields, reply_to=str(elsewhere.id)))[0] == 403
        assert "<textarea" in await ben.main(f"/posts/{post.id}")
        answer = {"text": "Yes", "audience": "group", "reply_to": str(post.id)}
        assert (await ben.send("/posts", page="/home", **answer))[0] == 303


async def test_a_group_read_by_all_lets_its_members_choose_and_others_read(tmp_path):
    async with desk(tmp_path) as here:
        group = await founded(here, readers=Readers.ORGANISATION, joining=Joining.OPEN)
        await wrote(here, group, "ada", "For everybody", Visibility.ORGANISATION)
        await wrote(here, group, "ada", SECRET)
        ada, ben = await here.browser("ada"), await here.browser("ben")
        composer = (await ada.main("/@dyers")).partition('id="audience"')[2].partition("</select>")[0]
        assert 'value="group"' in composer
        assert 'value="organisation"' in composer
        assert 'value="unit"' not in composer
        page = await ben.main("/@dyers")
        assert "For everybody" in page
        assert SECRET not in page
        await ben.page(f"/groups/{group.id}/members", status=404)  # who is in it, only members are told
        async with here.ctx.db.read() as tx:
            found = await group_lists.find(tx, "", viewer_id=here.people["ben"].id, limit=5)
        assert [one.account.id for one in found] == [group.id]
        number = page.partition('id="post-')[2].partition('"')[0]
        thread = await ben.main(f"/posts/{number}")
        assert "Only members of the group answer here." in thread
        assert "<textarea" not in thread


async def test_a_moderator_pins_and_takes_out_an_author_takes_out_and_nobody_else(tmp_path):
    async with desk(tmp_path) as here:
        group = await founded(here)
        await joined(here, group, "ben", "carla")
        first, second = await wrote(here, group, "ben", "First"), await wrote(here, group, "ben", "Second")
        ada, ben, carla = [await here.browser(name) for name in ("ada", "ben", "carla")]
        base = f"/groups/{group.id}/posts/{first.id}"
        acts = {name: await browser.main("/@dyers") for name, browser in (("ada", ada), ("ben", ben), ("carla", carla))}
        assert [f"{base}/pin" in acts[name] for name in acts] == [True, False, False]
        assert [f"{base}/take-out" in acts[name] for name in acts] == [True, True, False]
        assert acts["ada"].index("Second") < acts["ada"].index("First")
        await ada.send(f"{base}/pin", page="/@dyers")
        page = await carla.main("/@dyers")
        assert page.index("First") < page.index("Second")
        assert page.count(f'id="post-{first.id}"') == 1
        assert (await carla.send(f"{base}/unpin", page="/@dyers"))[0] == 403
        await ada.send(f"{base}/unpin", page="/@dyers")
        assert (await carla.send(f"{base}/take-out", page="/@dyers"))[0] == 403
        assert (await ben.send(f"{base}/take-out", page="/@dyers"))[0] == 303
        await ada.send(f"/groups/{group.id}/posts/{second.id}/take-out", page="/@dyers")
        for browser in (ada, carla):
            page = await browser.main("/@dyers")
            assert "First" not in page
            assert "Second" not in page


async def test_roles_are_lent_until_a_day_members_removed_for_good_and_let_back(tmp_path):
    async with desk(tmp_path) as here:
        group = await founded(here)
        await joined(here, group, "ben", "carla")
        ada, ben = await here.browser("ada"), await here.browser("ben")
        member = f"/groups/{group.id}/members/{here.people['ben'].id}"
        assert (await ada.send(f"{member}/role", page=member, role="moderator", until="2001-01-01"))[0] == 422
        assert (await ada.send(f"{member}/role", page=member, role="owner"))[0] == 403
        assert (await ada.send(f"{member}/role", page=member, role="moderator", until="2099-05-03"))[0] == 303
        assert "Moderator until 3 May 2099" in await ada.main(f"/groups/{group.id}/members")
        assert 'value="2099-05-03"' in await ada.main(member)
        other = f"/groups/{group.id}/members/{here.people['carla'].id}"
        page = await ben.main(other)
        assert "/remove" in page
        assert "/role" not in page
        assert "/owner" not in page
        await ben.send(f"{other}/remove", page=other, for_good="on")
        assert await role_of(here, group, "carla") is None
        carla = await here.browser("carla")
        assert "You cannot join this group." in await carla.main("/@dyers")
        assert "Removed for good" in await ben.main(f"/groups/{group.id}/members")
        await ben.send(
            f"/groups/{group.id}/unban", page=f"/groups/{group.id}/members", person=str(here.people["carla"].id)
        )
        assert "Ask to join" in await carla.main("/@dyers")


async def test_a_group_is_changed_handed_over_closed_and_opened_again(tmp_path):
    async with desk(tmp_path) as here:
        group = await founded(here, question="Why?")
        await joined(here, group, "ben")
        ada, ben, carla = [await here.browser(name) for name in ("ada", "ben", "carla")]
        settings = f"/groups/{group.id}/settings"
        typed = {"name": "Dyers", "summary": "About indigo.", "joining": "open", "readers": "members", "listed": "on"}
        assert (await ada.send(settings, **typed))[0] == 303
        page = await carla.main("/@dyers")
        assert "Everybody may join" in page
        assert "<em>indigo</em>" in page  # what is not changed keeps its looks
        assert (await ada.send(settings, **typed | {"name": " "}))[0] == 422
        form = {"csrf": token(await ada.page(settings)), **typed, "portrait_alt": "A vat"}
        answer = await ada.client.post(settings, form=form, files={"portrait": picture()}, headers=BROWSER)
        assert answer.status_code == 303
        assert 'alt="A vat"' in await carla.main("/@dyers")
        assert (await ada.send(settings, **typed, no_portrait="on"))[0] == 303
        assert 'alt="A vat"' not in await carla.main("/@dyers")
        await ada.send(f"/groups/{group.id}/archive", page=settings)
        for browser in (ada, ben, carla):
            page = await browser.main("/@dyers")
            assert "This group has been closed since" in page
            assert "<textarea" not in page
            assert "/join" not in page
        assert "Dyers" not in await carla.main("/groups")
        await ada.send(f"/groups/{group.id}/reopen", page=settings)
        assert "/join" in await carla.main("/@dyers")
        member = f"/groups/{group.id}/members/{here.people['ben'].id}"
        await ada.send(f"{member}/owner", page=member)
        assert [await role_of(here, group, name) for name in ("ada", "ben")] == [Role.ADMIN, Role.OWNER]


async def test_groups_are_found_by_words_under_their_own_heading_and_not_among_people(tmp_path, database):
    async with desk(tmp_path, database=database) as here:
        await founded(here, summary="Everything about **Ölfarben**")
        ben = await here.browser("ben")
        everything = await ben.main("/search?q=olfarb")
        assert "<h2>Groups</h2>" in everything
        assert "<h2>People</h2>" not in everything
        assert "Dyers of Lyon" in await ben.main("/search?q=lyon&kind=groups")
        assert "Dyers of Lyon" not in await ben.main("/search?q=lyon&kind=people")
        assert "Dyers of Lyon" not in await ben.main("/people?q=dyers")
        assert "Dyers of Lyon" in await ben.main("/groups?q=olfarben")
        assert "No group was found." in await ben.main("/groups?q=velvet")
        named = await ben.main(f"/search?q=dyers@{here.ctx.settings.authority}")
        assert "Dyers of Lyon" in named


async def test_a_group_of_another_node_shows_what_it_is_and_is_looked_after_there(tmp_path):
    async with desk(tmp_path) as here:
        await Peer.known_to(here.ctx, "weavers")
        async with here.ctx.change() as change:
            account = await accounts.by_handle(change.tx, "weavers", HOST)
            await accounts.update(change.tx, replace(account, kind="Group", name="Weavers", discoverable=True))
            await change.tx.run("UPDATE accounts SET kind = 'Group' WHERE id = :id", id=account.id)
            await rows.put(change.tx, Group(account.id, joining=Joining.OPEN))
        ben = await here.browser("ben")
        path = f"/@weavers@{HOST}"
        assert f'href="{path}"' in await ben.main("/groups")
        page = await ben.main(path)
        assert "0 members of this unit" in page
        assert "What is written here is for members." in page
        assert (await ben.send(f"/groups/{account.id}/join", page=path))[0] == 303
        assert "You have asked to join." in await ben.main(path)


async def test_whoever_is_not_signed_in_signs_in_first(tmp_path):
    async with desk(tmp_path) as here:
        group = await founded(here)
        nobody = Browser(here.app.test_client())
        for path in ("/@dyers", "/groups", "/groups/new", f"/groups/{group.id}/about"):
            answer = await nobody.client.get(path, headers=BROWSER)
            assert (answer.status_code, answer.headers["Location"].partition("?")[0]) == (303, "/sign-in"), path
