"""Nobody reads through the client API what is not meant for them: a walk through every route, by everybody.

Every text that not all may read holds a word of its own, a canary. Everybody asks every GET route with every id there
is; which canaries they come back with must be what the one rule of visibility says, no more and no less.
"""

import asyncio
from collections.abc import Iterable
from pathlib import Path

import pytest

from tests.callers import Answer
from tests.node.walking import CANARY, STRANGERS, VIEWERS, Walk, may_read, meant_for, walked
from tests.seeded import seeded


@pytest.fixture(scope="module")
def walk(tmp_path_factory: pytest.TempPathFactory) -> Walk:
    """The walk, done once."""

    async def done(folder: Path) -> Walk:
        async with seeded(folder) as node:
            return await walked(node)

    return asyncio.run(done(tmp_path_factory.mktemp("walk")))


@pytest.mark.parametrize("viewer", VIEWERS)
def test_everybody_reads_the_posts_that_are_for_them_and_no_others(walk: Walk, viewer: str):
    posts = set().union(*[post.canaries for post in walk.posts])
    found = _found(walk, viewer)
    leaked = {one for one in set(found) & posts if one not in meant_for(viewer, walk)}
    assert not leaked, _where(found, leaked)
    missed = meant_for(viewer, walk) - set(found)
    assert not missed, f"{viewer} should be able to read these somewhere: {sorted(missed)}"


@pytest.mark.parametrize("viewer", VIEWERS)
def test_not_even_the_id_of_a_post_is_told_to_whom_it_is_not_for(walk: Walk, viewer: str):
    complained_of = "canaryfollowers" if viewer == "fay" else None
    hidden = [post for post in walk.posts if not may_read(viewer, post) and complained_of not in post.canaries]
    mine = [answer for answer in walk.answers if answer.who == viewer]
    told = [f"{post.canaries} in {answer}" for post in hidden for answer in mine if f'"{post.id}"' in answer.raw]
    assert not told, "\n".join(told[:5])


@pytest.mark.parametrize("viewer", VIEWERS)
def test_what_somebody_keeps_to_themselves_nobody_else_reads(walk: Walk, viewer: str):
    found = _found(walk, viewer)
    leaked = {one for one in set(found) & set(walk.private) if viewer not in walk.private[one]}
    assert not leaked, _where(found, leaked)
    own = {one for one, readers in walk.private.items() if viewer in readers}
    assert own <= set(found), f"{viewer} should find their own: {sorted(own - set(found))}"


@pytest.mark.parametrize("viewer", [viewer for viewer in VIEWERS if viewer != "ada"])
def test_the_ids_of_what_is_anothers_open_nothing(walk: Walk, viewer: str):
    opened = [
        str(answer)
        for answer in walk.answers
        if answer.who == viewer and answer.ok and answer.path.startswith("/api/") and _names(answer, walk.owned)
    ]
    assert not opened, "\n".join(opened)


def test_what_trends_is_told_to_who_may_see_it(walk: Walk):
    for path in ("tags", "links", "statuses"):
        told = {answer.who: answer.body for answer in walk.answers if answer.path == f"/api/v1/trends/{path}"}
        assert all(told[who] for who in VIEWERS if who not in STRANGERS), path
        assert not any(isinstance(told[who], list) and told[who] for who in STRANGERS), path


def test_somebody_who_did_nothing_has_nothing(walk: Walk):
    own = {
        "/api/v1/bookmarks", "/api/v1/favourites", "/api/v1/lists", "/api/v2/filters", "/api/v1/filters",
        "/api/v1/mutes", "/api/v1/blocks", "/api/v1/domain_blocks", "/api/v1/conversations", "/api/v1/notifications",
        "/api/v1/notifications/requests", "/api/v1/scheduled_statuses", "/api/v1/follow_requests",
        "/api/v1/followed_tags", "/api/v1/featured_tags", "/api/v1/endorsements", "/api/v1/timelines/home",
        "/api/v1/timelines/direct",
    }  # fmt: skip
    has = {answer.path: answer.body for answer in walk.answers if answer.who == "gil" and answer.path in own}
    assert has == {path: [] for path in own}
    (marks,) = {answer.raw for answer in walk.answers if answer.who == "gil" and answer.path == "/api/v1/markers"}
    assert marks == "{}"
    assert {answer.status for answer in walk.answers if answer.path == "/api/v1/push/subscription"} >= {200, 404}


@pytest.mark.parametrize("viewer", ["nobody", "eva", "loom"])
def test_without_a_members_token_nothing_but_the_open_routes_answers(walk: Walk, viewer: str):
    answered = [
        answer
        for answer in walk.answers
        if answer.who == viewer and answer.status < 400 and answer.path.startswith(("/api/", "/oauth/"))
    ]
    allowed = {"open", "client"} if viewer == "loom" else {"open"}
    wrong = [str(answer) for answer in answered if answer.route is None or not answer.route.who <= allowed]
    wrong = [line for line in wrong if not line.startswith("GET /oauth/authorize")]
    assert not wrong, "\n".join(wrong)


def test_no_route_fails_whatever_it_is_asked(walk: Walk):
    failed = [str(answer) for answer in (*walk.answers, *walk.deeds) if answer.status >= 500]
    assert not failed, "\n".join(failed[:20])


def test_nobody_changes_what_is_not_theirs(walk: Walk):
    assert all(walk.before.values()), {name: len(kept) for name, kept in walk.before.items()}
    assert walk.after == walk.before
    # Dismissing a group that is not there is no error for clients.
    harmless = "/api/v2/notifications/:group_key/dismiss"
    tried = [answer for answer in walk.deeds if answer.route is not None and answer.route.path != harmless]
    done = [str(answer) for answer in tried if answer.ok]
    assert not done, "\n".join(done)
    told = [str(answer) for answer in tried if answer.status != (401 if answer.who == "nobody" else 404)]
    assert not told, "a refusal that tells that there is something:\n" + "\n".join(told)


def _found(walk: Walk, viewer: str) -> dict[str, list[str]]:
    """Return which canaries somebody was shown, and where."""
    found: dict[str, list[str]] = {}
    for answer in walk.answers:
        if answer.who == viewer:
            for word in set(CANARY.findall(answer.raw)):
                found.setdefault(word, []).append(str(answer)[:200])
    return found


def _where(found: dict[str, list[str]], leaked: Iterable[str]) -> str:
    return "\n".join(f"{word}: {place}" for word in sorted(leaked) for place in found[word][:5])


def _names(answer: Answer, ids: Iterable[str]) -> bool:
    return not set(answer.path.split("/")).isdisjoint(ids)
