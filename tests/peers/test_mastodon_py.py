"""Mastodon.py, as a script or a bot uses it: signing in, posts and timelines."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import mastodon
import pytest
from mastodon import Mastodon

from tests.patience import PATIENCE_SECONDS
from tests.peers.mastodon_py import People, id_of, picture
from tests.peers.server import Server, let_in

# Signing in, and the server


def test_it_signs_in_and_knows_the_server(server: Server, people: People):
    ada = people.ada
    assert ada.account_verify_credentials().acct == "ada"
    assert ada.app_verify_credentials().name == "Spindle"
    assert ada.verify_minimum_version("4.0.0")
    assert ada.instance_v2().domain == server.node.host
    assert ada.instance_v1().uri == server.node.host
    assert ada.instance().configuration.statuses.max_characters >= 500
    assert ada.instance_nodeinfo().software.name == "allmende"
    assert ada.oauth_authorization_server_info().issuer == f"{server.url}/"
    assert ada.preferences()["posting:default:visibility"] == "unlisted"
    assert ada.instance_rules() == []
    assert ada.instance_peers() == []
    assert len(ada.instance_activity()) == 12
    assert ada.instance_translation_languages() == {}
    assert ada.custom_emojis() == []
    for trend in (ada.trending_tags, ada.trending_statuses, ada.trending_links):
        assert trend() == []


def test_a_revoked_token_is_worth_nothing(server: Server, tmp_path: Path):
    Mastodon.create_app("Once", scopes=["read"], api_base_url=server.url, to_file=tmp_path / "app.txt")
    once = Mastodon(client_id=tmp_path / "app.txt", api_base_url=server.url)
    code = let_in(once.auth_request_url(scopes=["read"], allow_http=True), "ada")
    once.log_in(code=code, scopes=["read"], allow_http=True)
    token = once.access_token
    with pytest.raises(mastodon.MastodonAPIError, match="authorized scopes"):
        once.status_post("Reading is all it may do")
    once.revoke_access_token(allow_http=True)
    once.session.close()
    late = Mastodon(access_token=token, api_base_url=server.url)
    with pytest.raises(mastodon.MastodonUnauthorizedError):
        late.timeline_home()
    late.session.close()


# Statuses


def test_statuses_are_written_read_edited_and_deleted(people: People):
    ada, ben = people.ada, people.ben
    made = ada.status_post("Good morning", visibility="public", spoiler_text="Early", language="en")
    assert (made.visibility, made.spoiler_text, made.sensitive, made.language) == ("public", "Early", True, "en")
    again = [ada.status_post("Only once", idempotency_key="key-1").id for _ in range(2)]
    assert again[0] == again[1]
    answer = ben.status_reply(made, "And to you")
    assert answer.in_reply_to_id == made.id
    assert [one.id for one in ada.status_context(made).descendants] == [answer.id]
    assert [one.id for one in ada.status_context(answer).ancestors] == [made.id]
    edited = ada.status_update(made, "Good day", spoiler_text="Later")
    assert edited.edited_at is not None
    assert [version.spoiler_text for version in ada.status_history(made)] == ["Early", "Later"]
    assert ada.status_source(made).text == "Good day"
    assert [one.id for one in ben.statuses([made.id, answer.id])] == [made.id, answer.id]
    gone = ada.status_delete(made)
    assert gone.text == "Good day"
    with pytest.raises(mastodon.MastodonNotFoundError):
        ada.status(made)


def test_statuses_are_favourited_boosted_kept_and_pinned(people: People):
    ada, ben = people.ada, people.ben
    made = ada.status_post("Something to like", visibility="public")
    assert ben.status_favourite(made).favourites_count == 1
    assert [one.acct for one in ada.status_favourited_by(made)] == ["ben"]
    assert made.id in [one.id for one in ben.favourites()]
    assert ben.status_unfavourite(made).favourites_count == 0
    boost = ben.status_reblog(made)
    assert (boost.reblog.id, boost.account.acct) == (made.id, "ben")
    assert [one.acct for one in ada.status_reblogged_by(made)] == ["ben"]
    assert boost.id in [one.id for one in ada.timeline_home()]
    assert not ben.status_unreblog(made).reblogged
    assert ada.status_reblogged_by(made) == []
    assert ben.status_bookmark(made).bookmarked
    assert [one.id for one in ben.bookmarks()] == [made.id]
    assert not ben.status_unbookmark(made).bookmarked
    assert ada.status_pin(made).pinned
    assert [one.id for one in ben.account_statuses(made.account, pinned=True)] == [made.id]
    assert not ada.status_unpin(made).pinned
    assert ada.status_mute(made).muted
    assert not ada.status_unmute(made).muted


def test_quotes_need_leave_and_leave_can_be_taken_back(people: People):
    ada, ben = people.ada, people.ben
    made = ada.status_post("Quote me", visibility="public", quote_approval_policy="public")
    quoting = ben.status_post("As she says", visibility="public", quoted_status_id=made)
    assert (quoting.quote.state, quoting.quote.quoted_status.id) == ("accepted", made.id)
    assert [one.id for one in ada.status_quotes(made)] == [quoting.id]
    ada.status_quote_revoke(made, quoting)
    taken_back = ben.status(quoting).quote
    assert (taken_back.state, taken_back.quoted_status) == ("revoked", None)
    ada.status_update_quote_approval_policy(made, "nobody")
    with pytest.raises(mastodon.MastodonAPIError):
        ben.status_post("Again", visibility="public", quoted_status_id=made)


def test_polls_are_asked_and_voted_in(people: People):
    ada, ben = people.ada, people.ben
    wanted = ada.make_poll(["Tea", "Coffee", "Water"], expires_in=3600, multiple=True)
    asked = ada.status_post("What to drink?", poll=wanted, visibility="public")
    voted = ben.poll_vote(asked.poll, [0, 2])
    assert (voted.own_votes, voted.votes_count, voted.voters_count) == ([0, 2], 2, 1)
    assert [option.votes_count for option in ada.poll(asked.poll).options] == [1, 0, 1]
    with pytest.raises(mastodon.MastodonAPIError):
        ben.poll_vote(asked.poll, 1)


def test_pictures_are_uploaded_described_and_shown(people: People):
    ada = people.ada
    first = ada.media_post(picture(), "image/png", description="Teal", focus=(0.1, -0.2))
    assert (first.type, first.description, first.meta.original.size) == ("image", "Teal", "80x60")
    second = ada.media_post(picture("red"), "image/png", synchronous=True)
    assert ada.media_update(second, description="Red").description == "Red"
    assert ada.media(second).url == second.url
    made = ada.status_post("Look", media_ids=[first, second], sensitive=True)
    assert [one.description for one in made.media_attachments] == ["Teal", "Red"]
    shown = ada.session.get(made.media_attachments[0].url, timeout=PATIENCE_SECONDS)
    assert (shown.status_code, shown.headers["Content-Type"].partition("/")[0]) == (200, "image")
    gone = ada.status_delete(made)
    anew = ada.status_post(f"{gone.text} again", media_ids=[one.id for one in made.media_attachments])
    assert [one.description for one in anew.media_attachments] == ["Teal", "Red"]
    assert ada.session.get(anew.media_attachments[0].url, timeout=PATIENCE_SECONDS).status_code == 200


def test_what_is_planned_can_be_moved_and_dropped(people: People):
    ada = people.ada
    later = datetime.now(UTC) + timedelta(hours=2)
    planned = ada.status_post("Tomorrow", scheduled_at=later)
    assert planned.params.text == "Tomorrow"
    assert [one.id for one in ada.scheduled_statuses()] == [planned.id]
    moved = ada.scheduled_status_update(planned, later + timedelta(hours=1))
    assert abs((moved.scheduled_at - later - timedelta(hours=1)).total_seconds()) < 1
    ada.scheduled_status_delete(planned)
    assert ada.scheduled_statuses() == []


# Timelines


def test_timelines_go_back_and_forth_page_by_page(people: People):
    ada, ben = people.ada, people.ben
    made = [ben.status_post(f"Page {number} #paging", visibility="public").id for number in range(7)]
    wanted = made[::-1]
    timelines = {
        "home": lambda: ada.timeline_home(limit=3),
        "public": lambda: ada.timeline_public(limit=3),
        "local": lambda: ada.timeline_local(limit=3),
        "tag": lambda: ada.timeline_hashtag("paging", limit=3),
        "account": lambda: ada.account_statuses(id_of(ben), limit=3),
    }
    for name, read in timelines.items():
        first = read()
        second = ada.fetch_next(first)
        third = ada.fetch_next(second)
        assert [one.id for one in (*first, *second, *third)][:7] == wanted, name
        assert [one.id for one in ada.fetch_previous(third)] == wanted[3:6], name
        assert [one.id for one in ada.fetch_previous(second)] == wanted[:3], name
    tagged = timelines["tag"]()
    assert [one.id for one in ada.fetch_remaining(tagged)] == wanted
    for one in made:
        ben.status_delete(one)
