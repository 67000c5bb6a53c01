"""The door for those who look after this node, through clients: moderators and administrators."""

from quart import Blueprint

from node.api.admin.accounts import accounts
from node.api.admin.blocks import blocks
from node.api.admin.domains import domains
from node.api.admin.figures import figures
from node.api.admin.reports import reports
from node.api.admin.trends import trends

admin = Blueprint("admin", __name__)
for part in (accounts, reports, domains, blocks, figures, trends):
    admin.register_blueprint(part)
