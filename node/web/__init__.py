"""The door for browsers."""

from quart import Blueprint, Quart, Response, g

from node.context import Context
from node.errors import AllmendeError, Throttled
from node.web import session
from node.web.authorize import authorize
from node.web.clients import clients
from node.web.media import media
from node.web.pages import protect, render, told
from node.web.routes import pages
from themes import loader

blueprint = Blueprint("web", __name__)
blueprint.register_blueprint(pages)
blueprint.register_blueprint(media)
blueprint.register_blueprint(authorize)
blueprint.register_blueprint(clients)
blueprint.before_request(session.look)


def install(app: Quart, ctx: Context) -> None:
    """Give the application the theme's templates, and every page its headers."""
    app.jinja_loader = loader.templates(ctx.settings.node.theme)
    app.jinja_env.autoescape = True

    async def after(response: Response) -> Response:
        if response.mimetype in ("text/html", "text/css"):
            protect(response)
        response.headers["X-Content-Type-Options"] = "nosniff"
        return response

    app.after_request(after)


async def error_page(error: AllmendeError) -> Response:
    """Return an error as a page."""
    if "secret" not in g and not isinstance(error, Throttled):
        await session.find()  # a member who meets a page that is not there stays signed in
    return await render("error.html", message=told(error))
