"""The door for clients: the beginning of Mastodon's client API."""

from quart import Blueprint

from node.api.accounts import accounts
from node.api.polls import polls
from node.api.reports import reports
from node.api.statuses import statuses
from node.api.timelines import timelines

api = Blueprint("api", __name__, url_prefix="/api")
for part in (statuses, timelines, accounts, reports, polls):
    api.register_blueprint(part)
