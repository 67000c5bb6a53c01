"""The door for browsers."""

from quart import Blueprint, Quart, Response, g

from node.context import Context
from node.errors import AllmendeError, Throttled
from node.web import session
from node.web.about import about
from node.web.administration import administration
from node.web.announcements import announcements
from node.web.authorize import authorize
from node.web.boards import boards
from node.web.bridges import bridges
from node.web.clients import clients
from node.web.complaint import complaint
from node.web.contacts import contacts
from node.web.desk import desk
from node.web.device import device
from node.web.drafts import drafts
from node.web.erasures import erasures
from node.web.export import export
from node.web.figures import figures
from node.web.filters import filters
from node.web.first_steps import first_steps
from node.web.group import group
from node.web.group_care import group_care
from node.web.groups import groups
from node.web.guests import guests
from node.web.house_rules import house_rules
from node.web.icons import icons
from node.web.imports import imports
from node.web.install import install as installing
from node.web.journal import journal
from node.web.kept import kept
from node.web.leavers import leavers
from node.web.leaving import leaving
from node.web.lists import lists
from node.web.live import live
from node.web.look import look
from node.web.mail import mail, stop
from node.web.media import media
from node.web.menu import menu
from node.web.messages import messages
from node.web.moderation import moderation
from node.web.news import news
from node.web.organisation import organisation
from node.web.pages import pack, protect, render, told
from node.web.people import people
from node.web.personas import personas
from node.web.places import places
from node.web.planned import planned
from node.web.posts import posts
from node.web.profile import profile
from node.web.protection import protection
from node.web.search import search
from node.web.second_factor import second_factor
from node.web.settings import settings
from node.web.shortcuts import shortcuts
from node.web.static import static
from node.web.streams import streams
from node.web.unit_pages import unit_pages
from node.web.welcome import welcome
from node.web.writing import writing
from themes import loader

blueprint = Blueprint("web", __name__)
for part in (
    welcome,
    about,
    complaint,
    kept,
    streams,
    announcements,
    live,
    posts,
    writing,
    drafts,
    planned,
    people,
    groups,
    group,
    group_care,
    bridges,
    unit_pages,
    boards,
    news,
    menu,
    search,
    messages,
    lists,
    profile,
    settings,
    second_factor,
    shortcuts,
    device,
    filters,
    export,
    imports,
    first_steps,
    clients,
    mail,
    moderation,
    desk,
    administration,
    organisation,
    places,
    house_rules,
    look,
    protection,
    journal,
    leavers,
    leaving,
    guests,
    personas,
    contacts,
    erasures,
    figures,
    authorize,
    media,
    static,
    icons,
    installing,
):
    blueprint.register_blueprint(part)
blueprint.before_request(session.look)


def install(app: Quart, ctx: Context) -> None:
    """Give the application the node's look, and every page its headers."""
    app.register_blueprint(stop)
    looks = loader.load(ctx.settings.look)
    app.config["LOOKS"] = looks
    app.jinja_loader = looks.templates
    app.jinja_env.autoescape = True
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True

    async def after(response: Response) -> Response:
        if response.mimetype == "text/html":
            protect(response)
            await pack(response)
        response.headers["X-Content-Type-Options"] = "nosniff"
        return response

    app.after_request(after)


async def error_page(error: AllmendeError) -> Response:
    """Return an error as a page."""
    if "secret" not in g and not isinstance(error, Throttled):
        await session.find()  # a member who meets a page that is not there stays signed in
    return await render("error.html", message=told(error))
