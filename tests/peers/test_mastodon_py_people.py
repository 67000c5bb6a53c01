"""Mastodon.py: people, one's own profile, lists, filters, search, and being told."""

import time
from pathlib import Path

import mastodon
import pytest
from mastodon import Mastodon

from tests.patience import PATIENCE_SECONDS
from tests.peers.mastodon_py import People, id_of, picture, signed_in
from tests.peers.server import Server

# People


def test_people_follow_mute_block_and_note(people: People):
    ada, ben, carla = people.ada, people.ben, people.carla
    whom = id_of(carla)
    assert ada.account_follow(whom, reblogs=False, notify=True).notifying
    assert [one.acct for one in ada.account_following(id_of(ada))] == ["carla", "ben"]
    assert "ada" in [one.acct for one in carla.account_followers(whom)]
    assert not carla.account_remove_from_followers(id_of(ada)).followed_by
    assert not ada.account_relationships([whom])[0].following
    assert ada.account_mute(whom, notifications=False, duration=600).muting
    assert [one.acct for one in ada.mutes()] == ["carla"]
    assert not ada.account_unmute(whom).muting
    assert ada.account_block(whom).blocking
    assert [one.acct for one in ada.blocks()] == ["carla"]
    assert not ada.account_unblock(whom).blocking
    assert ada.account_note_set(whom, "Knows dyes").note == "Knows dyes"
    assert ada.account_endorse(id_of(ben)).endorsed
    assert [one.acct for one in ada.endorsements()] == ["ben"]
    assert not ada.account_unendorse(id_of(ben)).endorsed
    ada.domain_block("loud.example")
    assert ada.domain_blocks() == ["loud.example"]
    ada.domain_unblock("loud.example")
    assert [one.acct for one in ada.accounts([whom])] == ["carla"]
    assert ada.account_lookup("carla").id == whom
    assert [one.acct for one in ada.account_search("carla")] == ["carla"]
    assert ada.account_familiar_followers(whom)[0].id == whom


def test_a_locked_account_is_asked_first(people: People):
    ada, dan = people.ada, people.dan
    dan.account_update_credentials(locked=True)
    assert ada.account_follow(id_of(dan)).requested
    assert [one.acct for one in dan.follow_requests()] == ["ada"]
    assert dan.follow_request_authorize(id_of(ada)).followed_by
    assert ada.account_relationships(id_of(dan))[0].following
    assert not ada.account_unfollow(id_of(dan)).following
    ada.account_follow(id_of(dan))
    dan.follow_request_reject(id_of(ada))
    assert dan.follow_requests() == []
    dan.account_update_credentials(locked=False)


def test_a_profile_is_filled_in(people: People):
    ada = people.ada
    changed = ada.account_update_credentials(
        display_name="Ada L.",
        note="I weave.",
        avatar=picture(),
        avatar_mime_type="image/png",
        header=picture("red"),
        header_mime_type="image/png",
        fields=[("Room", "12")],
        discoverable=True,
    )
    assert (changed.display_name, changed.source.note) == ("Ada L.", "I weave.")
    assert ("Room", "12") in [(one.name, one.value) for one in changed.source.fields]
    for url in (changed.avatar, changed.header):
        assert ada.session.get(url, timeout=PATIENCE_SECONDS).headers["Content-Type"].startswith("image/")
    assert ada.account_delete_avatar().avatar != changed.avatar
    ada.account_delete_header()
    assert ada.profile().display_name == "Ada L."
    assert ada.profile_update(display_name="Ada").display_name == "Ada"


def test_tags_are_followed_and_featured(people: People):
    ada, carla = people.ada, people.carla
    assert ada.tag_follow("yarn").following
    assert [one.name for one in ada.followed_tags()] == ["yarn"]
    made = carla.status_post("Wool #yarn", visibility="public")
    assert made.id in [one.id for one in ada.timeline_home()]
    assert not ada.tag_unfollow("yarn").following
    assert len(ada.tag("yarn").history) == 7
    featured = ada.featured_tag_create("yarn")
    assert [one.name for one in ada.featured_tags()] == ["yarn"]
    ada.featured_tag_delete(featured)
    assert [one.name for one in carla.account_featured_tags(id_of(ada))] == []


# Lists, filters, search


def test_lists_hold_people_and_show_what_they_write(people: People):
    ada, ben = people.ada, people.ben
    made = ada.list_create("Weavers", replies_policy="none", exclusive=False)
    ada.list_accounts_add(made, [id_of(ben)])
    assert [one.acct for one in ada.list_accounts(made)] == ["ben"]
    assert [one.id for one in ada.account_lists(id_of(ben))] == [made.id]
    written = ben.status_post("To the list", visibility="public")
    assert written.id in [one.id for one in ada.timeline_list(made)]
    assert ada.list_update(made, title="The weavers", replies_policy="list", exclusive=True).title == "The weavers"
    ada.list_accounts_delete(made, [id_of(ben)])
    assert ada.list(made).exclusive
    ada.list_delete(made)
    assert ada.lists() == []


def test_filters_mark_what_somebody_would_rather_not_see(people: People):
    ada, ben = people.ada, people.ben
    made = ada.create_filter_v2(
        "Moths", ["home", "public"], "warn", expires_in=600, keywords_attributes=[{"keyword": "moth"}]
    )
    word = ada.add_filter_keyword_v2(made, "clothes moth", whole_word=True)
    written = ben.status_post("A moth!", visibility="public")
    met = ada.status(written).filtered
    assert [(one.filter.title, one.keyword_matches) for one in met] == [("Moths", ["moth"])]
    marked = ada.add_filter_status_v2(made, written)
    assert [one.status_id for one in ada.filter_statuses_v2(made)] == [written.id]
    ada.delete_filter_status_v2(marked)
    assert len(ada.filter_keywords_v2(made)) == 2
    ada.delete_filter_keyword_v2(word)
    assert ada.update_filter_v2(made, title="No moths", filter_action="hide").filter_action == "hide"
    assert [one.title for one in ada.filters_v2()] == ["No moths"]
    ada.delete_filter_v2(made)
    older = ada.filter_create("moth", ["home"])
    assert [one.phrase for one in ada.filters()] == ["moth"]
    ada.filter_delete(older)
    assert ada.filters() == []


def test_search_finds_people_tags_and_posts(people: People):
    ada, ben = people.ada, people.ben
    made = ada.status_post("The jacquard attachment #punchcards", visibility="public")
    assert [one.acct for one in ben.search("ada", result_type="accounts").accounts] == ["ada"]
    assert [one.name for one in ben.search("punchcards", result_type="hashtags").hashtags] == ["punchcards"]
    assert [one.id for one in ada.search("jacquard", result_type="statuses").statuses] == [made.id]
    assert [one.id for one in ben.search(made.url).statuses] == [made.id]


# Being told


def test_notifications_come_and_go(people: People):
    ada, ben = people.ada, people.ben
    ada.notifications_clear()
    made = ada.status_post("Tell me", visibility="public")
    ben.status_favourite(made)
    ben.status_reblog(made)
    ben.status_reply(made, "Told")
    found = ada.notifications()
    assert {one.type for one in found} == {"favourite", "reblog", "mention"}
    assert [one.type for one in ada.notifications(types=["mention"])] == ["mention"]
    assert "mention" not in [one.type for one in ada.notifications(exclude_types=["mention"])]
    assert ada.notifications_unread_count().count == 3
    grouped = ada.grouped_notifications()
    assert {one.type for one in grouped.notification_groups} == {"favourite", "reblog", "mention"}
    assert {one.id for one in grouped.statuses} >= {made.id}
    key = grouped.notification_groups[0].group_key
    assert ada.grouped_notification(key).notification_groups[0].group_key == key
    assert [one.acct for one in ada.grouped_notification_accounts(key)] == ["ben"]
    assert ada.unread_grouped_notifications_count() == 3
    ada.dismiss_grouped_notification(key)
    ada.notifications_dismiss(ada.notifications()[0])
    assert len(ada.notifications()) == 1
    ada.notifications_clear()
    assert ada.notifications() == []


def test_notifications_of_strangers_wait_to_be_asked_for(people: People):
    ada, dan = people.ada, people.dan
    assert ada.notifications_policy().for_not_following == "accept"
    assert ada.update_notifications_policy(for_not_following="filter").for_not_following == "filter"
    ada.notifications_clear()
    dan.status_post("@ada hello, do you know me?", visibility="unlisted")
    assert ada.notifications() == []
    waiting = ada.notification_requests()
    assert [(one.account.acct, one.last_status.account.acct) for one in waiting] == [("dan", "dan")]
    ada.accept_notification_request(waiting[0])
    deadline = time.monotonic() + 10
    while not ada.notifications_merged() and time.monotonic() < deadline:
        pass
    assert [one.account.acct for one in ada.notifications()] == ["dan"]
    ada.update_notifications_policy(for_not_following="accept")


def test_markers_are_kept(people: People):
    ada = people.ada
    made = ada.status_post("Read up to here")
    kept = ada.markers_set(["home"], [made.id])
    assert kept.home.last_read_id == made.id
    assert ada.markers_get(["home"]).home.version == kept.home.version


def test_conversations_are_among_those_named(people: People):
    ada, ben, carla = people.ada, people.ben, people.carla
    made = ada.status_post("@ben between us", visibility="direct")
    talk = ben.conversations()[0]
    assert ([one.acct for one in talk.accounts], talk.last_status.id, talk.unread) == (["ada"], made.id, True)
    assert not ben.conversations_read(talk).unread
    assert carla.conversations() == []


def test_push_keys_are_kept_for_the_client(people: People):
    ada = people.ada
    _, public = ada.push_subscription_generate_keys()
    made = ada.push_subscription_set("https://push.example/1", public, mention_events=True)
    assert (made.endpoint, made.alerts.mention) == ("https://push.example/1", True)
    assert ada.push_subscription().server_key == made.server_key
    assert not ada.push_subscription_update(mention_events=False).alerts.mention
    ada.push_subscription_delete()
    with pytest.raises(mastodon.MastodonNotFoundError):
        ada.push_subscription()


def test_a_report_is_filed(people: People):
    ada, ben = people.ada, people.ben
    made = ben.status_post("A little rude", visibility="public")
    report = ada.report(id_of(ben), status_ids=[made.id], comment="Rude")
    assert (report.comment, report.action_taken, report.target_account.acct) == ("Rude", False, "ben")


def test_an_administrator_looks_after_people_and_complaints(server: Server, people: People, tmp_path: Path):
    scopes = ["read", "admin:read", "admin:write"]
    Mastodon.create_app("Shears", scopes=scopes, api_base_url=server.url, to_file=tmp_path / "app.txt")
    fay = signed_in(server, tmp_path / "app.txt", "fay", scopes)
    eva = Mastodon(access_token=server.tokens["eva"], api_base_url=server.url)
    whom = id_of(eva)
    people.carla.report(whom, comment="Far too loud")
    (report,) = fay.admin_reports(target_account_id=whom)
    assert (report.comment, report.account.username, report.target_account.username) == ("Far too loud", "carla", "eva")
    assert fay.admin_report_assign(report).assigned_account.username == "fay"
    assert fay.admin_report_resolve(report).action_taken
    assert not fay.admin_report_reopen(report).action_taken
    assert "eva" in [one.username for one in fay.admin_accounts_v2(origin="local")]
    fay.admin_account_moderate(whom, action="suspend", text="A threat.", report_id=report)
    assert fay.admin_account(whom).suspended
    with pytest.raises(mastodon.MastodonUnauthorizedError):
        eva.timeline_home()
    assert not fay.admin_account_unsuspend(whom).suspended
    assert fay.admin_domain_blocks() == []
    with pytest.raises(mastodon.MastodonAPIError):
        people.carla.admin_reports()
    for client in (fay, eva):
        client.session.close()


def test_announcements_are_read_and_reacted_to(server: Server, people: People):
    ada = people.ada
    server.command("announcement", "add", "The canteen is closed on Friday.")
    (one,) = ada.announcements()
    assert (one.read, one.reactions) == (False, [])
    ada.announcement_reaction_create(one, "👍")
    assert [(mark.name, mark.count, mark.me) for mark in ada.announcements()[0].reactions] == [("👍", 1, True)]
    ada.announcement_reaction_delete(one, "👍")
    ada.announcement_dismiss(one)
    assert all(one.read for one in ada.announcements())
