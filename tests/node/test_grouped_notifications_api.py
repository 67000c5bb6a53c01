"""Similar notifications together: their groups, pages of them, and whom a group names."""

import random
from dataclasses import replace

import pytest

from node.domain.notifications import Kind, Notification, group_keys
from node.store import accounts, notification_groups, notifications
from node.store.notifications import Choice
from node.store.pages import Page
from node.store.sqlite import SqliteTx
from tests.clients import house
from tests.node.notified import HOUR, V1, V2, groups, mention, strangers, tell, told


async def test_one_post_is_favoured_by_many_within_half_a_day(tmp_path, database):
    async with house(tmp_path, database=database) as home:
        ada = await home.member("ada")
        post, other = [int((await ada.write(text))["id"]) for text in ("One", "Two")]
        people = await strangers(home.ctx, 4)
        start = home.ctx.clock()
        for after, one in zip((0, 5 * HOUR, 11 * HOUR, 12 * HOUR), people, strict=True):
            later = replace(home.ctx, clock=lambda moment=start + after: moment)
            await tell(later, Kind.FAVOURITE, ada.account, one, post)
        await tell(later, Kind.FAVOURITE, ada.account, people[0], other)
        await tell(later, Kind.BOOST, ada.account, people[0], post)
        await tell(later, Kind.FOLLOW, ada.account, people[0])
        await tell(later, Kind.FOLLOW, ada.account, people[1])
        hour, last = start // HOUR, (start + 12 * HOUR) // HOUR
        found = await groups(ada)
        assert [(one["group_key"], one["notifications_count"]) for one in found["notification_groups"]] == [
            (f"follow-{last}", 2),
            (f"reblog-{post}-{last}", 1),
            (f"favourite-{other}-{last}", 1),
            (f"favourite-{post}-{last}", 1),
            (f"favourite-{post}-{hour}", 3),
        ]
        assert {one["group_key"] for one in (await ada.get(V1)).body} == {
            one["group_key"] for one in found["notification_groups"]
        }


def test_only_some_kinds_are_grouped():
    grouped = {Kind.FAVOURITE, Kind.BOOST, Kind.FOLLOW, Kind.GROUP_REQUEST, Kind.SIGN_UP}
    assert {kind for kind in Kind if group_keys(kind, 1, 0)} == grouped


async def test_a_group_names_its_people_and_its_post_once(tmp_path, database):
    async with house(tmp_path, database=database) as home:
        ada = await home.member("ada")
        post = await ada.write("Hello")
        people = await strangers(home.ctx, 10)
        for one in people:
            await tell(home.ctx, Kind.FAVOURITE, ada.account, one, int(post["id"]))
        for one in people[:2]:
            await tell(home.ctx, Kind.BOOST, ada.account, one, int(post["id"]))

        found = await groups(ada)
        boosts, likes = found["notification_groups"]
        newest = [str(one.id) for one in reversed(people)]
        assert likes["sample_account_ids"] == newest[:8]
        assert (likes["notifications_count"], boosts["notifications_count"]) == (10, 2)
        assert {one["id"] for one in found["accounts"]} == {*newest[:8], *newest[8:]}
        assert [one["id"] for one in found["statuses"]] == [likes["status_id"]] == [post["id"]]
        assert "partial_accounts" not in found
        ids_of = [one["id"] for one in (await ada.get(V1)).body]
        assert (likes["page_max_id"], likes["page_min_id"]) == (ids_of[2], ids_of[-1])
        assert likes["most_recent_notification_id"] == likes["page_max_id"]

        slim = await groups(ada, "?expand_accounts=partial_avatars")
        assert [one["id"] for one in slim["accounts"]] == [newest[8], newest[0]]
        assert {one["id"] for one in slim["partial_accounts"]} == set(newest[1:8]) | {newest[9]}
        assert slim["notification_groups"] == found["notification_groups"]
        assert (await ada.get(f"{V2}?expand_accounts=none")).status == 422

        apart = await groups(ada, "?grouped_types[]=reblog&grouped_types[]=mention")
        keys = [one["group_key"] for one in apart["notification_groups"]]
        assert keys == [boosts["group_key"], *(f"ungrouped-{id}" for id in ids_of[2:])]
        assert len((await groups(ada, "?grouped_types[]=mention"))["notification_groups"]) == 12


async def test_a_group_is_looked_at_and_dismissed_alone(tmp_path, database):
    async with house(tmp_path, database=database) as home:
        ada = await home.member("ada")
        post = await ada.write("Hello")
        people = await strangers(home.ctx, 5)
        for one in people:
            await tell(home.ctx, Kind.FAVOURITE, ada.account, one, int(post["id"]))
        await tell(home.ctx, Kind.FOLLOW_REQUEST, ada.account, people[0])
        single, likes = (await groups(ada))["notification_groups"]

        whole = await groups(ada, f"/{likes['group_key']}")
        assert whole["notification_groups"][0]["notifications_count"] == 5
        assert "page_min_id" not in whole["notification_groups"][0]
        alone = await groups(ada, f"/{single['group_key']}")
        assert [one["type"] for one in alone["notification_groups"]] == ["follow_request"]
        page = await ada.get(f"{V2}/{likes['group_key']}/accounts?limit=3")
        rest = await ada.get(page.link("next"))
        assert [one["id"] for one in (*page.body, *rest.body)] == [str(one.id) for one in reversed(people)]
        assert rest.link("next") is None

        for unknown in ("favourite-1-1", "ungrouped-1", "ungrouped-x", f"ungrouped-{10**30}", "ungrouped-", "follow"):
            assert (await ada.get(f"{V2}/{unknown}")).status == 404, unknown
            assert (await ada.get(f"{V2}/{unknown}/accounts")).body == []
            assert (await ada.post(f"{V2}/{unknown}/dismiss")).body == {}
        assert (await ada.post(f"{V2}/{likes['group_key']}/dismiss")).body == {}
        assert await told(ada) == [("follow_request", "p0")]
        assert (await ada.post(f"{V2}/{single['group_key']}/dismiss")).body == {}
        assert await told(ada) == []


async def test_a_suspended_person_is_in_no_group(tmp_path):
    async with house(tmp_path) as home:
        ada = await home.member("ada")
        post = await ada.write("Hello")
        people = await strangers(home.ctx, 3)
        for one in people:
            await tell(home.ctx, Kind.FAVOURITE, ada.account, one, int(post["id"]))
        async with home.ctx.change() as change:
            await accounts.update(change.tx, replace(people[-1], suspended_at=change.now))
        (likes,) = (await groups(ada))["notification_groups"]
        assert likes["sample_account_ids"] == [str(people[1].id), str(people[0].id)]
        assert likes["notifications_count"] == 2


def _as_mastodon(rows, page, grouped):
    """Return (key, newest, oldest on the page, how many) of each group, and the ids to go on from.

    Mastodon's words: walk from where the page begins, and take the first notification of each group one meets.
    """

    def key(row):
        return row.group_key if row.group_key and row.kind in grouped else f"ungrouped-{row.id}"

    inside = sorted((row for row in rows if page.after < row.id < page.before), key=lambda row: row.id)
    met = {}
    for row in inside if page.upward else reversed(inside):
        if len(met) == page.limit:
            break
        met.setdefault(key(row), row)
    first = sorted(met.values(), key=lambda row: -row.id)
    if not first:
        return [], []
    low, high = first[-1].id, first[0].id
    if len(first) < page.limit:
        low, high = (low, page.before - 1) if page.upward else (page.after + 1, high)
    found = []
    for row in first:
        held = [one.id for one in rows if key(one) == key(row) and one.id <= high]
        found.append((key(row), max(held), min(id for id in held if id >= low), len(held)))
    return found, [row.id for row in first]


@pytest.mark.parametrize("seed", [1, 2])
async def test_pages_of_groups_are_those_of_mastodon(tmp_path, database, seed):
    dice = random.Random(seed)
    async with house(tmp_path, database=database) as home:
        ada, *people = await strangers(home.ctx, 6)
        rows = []
        for _ in range(60):
            kind = dice.choice([Kind.FOLLOW, Kind.FOLLOW, Kind.SIGN_UP, Kind.FOLLOW_REQUEST])
            key = f"{kind.value}-{dice.randrange(4)}" if group_keys(kind, None, 0) else ""
            id = rows[-1].id + dice.randrange(1, 9) if rows else 1_000
            rows.append(Notification(id, ada.id, kind, dice.choice(people).id, None, id, key))
        async with home.ctx.change() as change:
            await notifications.insert(change.tx, rows)
        async with home.ctx.db.read() as tx:
            for _ in range(80):
                low, high = sorted(dice.sample(range(990, rows[-1].id + 10), 2))
                page = Page(
                    before=dice.choice([high, Page().before]),
                    after=dice.choice([low, 0]),
                    upward=dice.random() < 0.5,
                    limit=dice.randrange(1, 12),
                )
                grouped = dice.choice([("follow", "admin.sign_up"), ("follow",), ()])
                found, on = await notification_groups.page(tx, ada.id, page, Choice(), grouped=grouped)
                seen = [(one.key, one.newest_id, one.oldest_id, one.count) for one in found]
                assert (seen, on) == _as_mastodon(rows, page, grouped), page
                unread = await notification_groups.count(tx, ada.id, grouped=grouped, after=page.after, most=7)
                assert unread == min(7, len(_as_mastodon(rows, Page(after=page.after, limit=99), grouped)[0]))


async def test_whoever_follows_the_links_meets_every_group(tmp_path):
    async with house(tmp_path) as home:
        ada = await home.member("ada")
        posts_of = [int((await ada.write(f"Post {number}"))["id"]) for number in range(7)]
        people = await strangers(home.ctx, 3)
        for one in people:
            for post in posts_of:
                await tell(home.ctx, Kind.FAVOURITE, ada.account, one, post)
        address, seen, oldest = f"{V2}?limit=2", [], None
        while address:
            page = await ada.get(address)
            seen += [one["group_key"] for one in page.body["notification_groups"]]
            address, oldest = page.link("next"), page.link("prev") or oldest
        assert set(seen) == {one["group_key"] for one in (await groups(ada))["notification_groups"]}
        assert len(set(seen)) == len(posts_of)
        up, newest = [], oldest
        while newest:
            page = await ada.get(newest)
            up += [one["group_key"] for one in page.body["notification_groups"]]
            newest = page.link("prev")
        assert len(up) >= len(posts_of) - 1


async def test_a_page_takes_as_many_queries_however_long_it_is(tmp_path, monkeypatch):
    async with house(tmp_path) as home:
        ada = await home.member("ada")
        people = await strangers(home.ctx, 3)
        plain, asked = SqliteTx.all, []

        async def counted(self, sql, /, **values):
            asked.append(sql)
            return await plain(self, sql, **values)

        async def queries(path):
            await ada.get(path)  # what is rendered once is kept
            asked.clear()
            assert (await ada.get(path)).status == 200
            return len(asked)

        monkeypatch.setattr(SqliteTx, "all", counted)

        async def happens(times):
            for number in range(times):
                post = int((await ada.write(f"Post {number}"))["id"])
                for one in people:
                    await tell(home.ctx, Kind.FAVOURITE, ada.account, one, post)
                await mention(home, people[0], ada.account)

        await happens(2)
        paths = (V1, V2, f"{V2}?expand_accounts=partial_avatars", f"{V1}/unread_count", f"{V2}/unread_count")
        few = [await queries(path) for path in paths]
        await happens(9)
        assert [await queries(path) for path in paths] == few
