"""The door for clients: the beginning of Mastodon's client API."""

from quart import Blueprint

from node.api.accounts import accounts
from node.api.admin import admin
from node.api.announcements import announcements
from node.api.apps import apps
from node.api.conversations import conversations
from node.api.directory import directory
from node.api.emojis import emojis
from node.api.filters import filters
from node.api.group_members import group_members
from node.api.grouped_notifications import grouped_notifications
from node.api.groups import groups
from node.api.instance import instance
from node.api.lists import lists
from node.api.markers import markers
from node.api.media import media
from node.api.notification_requests import notification_policy, notification_requests
from node.api.notifications import notifications
from node.api.oembed import oembed
from node.api.openapi import openapi
from node.api.polls import polls
from node.api.preferences import preferences
from node.api.profile import profile
from node.api.push import push
from node.api.reactions import reactions
from node.api.relationships import relationships
from node.api.reports import reports
from node.api.scheduled import scheduled
from node.api.search import search
from node.api.statuses import statuses
from node.api.streaming import streaming
from node.api.tags import tags
from node.api.timelines import timelines
from node.api.trends import trends

api = Blueprint("api", __name__, url_prefix="/api")
for part in (
    statuses,
    reactions,
    scheduled,
    media,
    emojis,
    timelines,
    notifications,
    grouped_notifications,
    notification_policy,
    notification_requests,
    markers,
    conversations,
    accounts,
    profile,
    relationships,
    groups,
    group_members,
    lists,
    tags,
    preferences,
    directory,
    reports,
    polls,
    apps,
    instance,
    streaming,
    push,
    filters,
    search,
    announcements,
    trends,
    oembed,
    admin,
    openapi,
):
    api.register_blueprint(part)
