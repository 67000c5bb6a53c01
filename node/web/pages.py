"""How a page is made: the template, who looks, in which language, and the headers that protect it."""

from typing import Any

from markupsafe import Markup
from quart import Response, g, render_template, request

from federation.errors import FederationError
from node.context import running
from node.errors import AllmendeError
from node.web import session
from node.web.views import account_path, audience_words
from themes.phrases import Translate, negotiate, translator

_POLICY = (
    "default-src 'none'; style-src 'self'; img-src 'self'; form-action {forms}; base-uri 'none'; frame-ancestors 'none'"
)


def language() -> str:
    """Return the language of the one who looks, or what a client asks for with `lang`."""
    accepted = f"{request.args.get('lang', '')},{request.headers.get('Accept-Language', '')}"
    return negotiate(accepted, default=running().settings.node.language)


def words() -> Translate:
    """Return what translates for the one who looks."""
    return translator(language())


def told(error: AllmendeError) -> str:
    """Return an error in the words of the one who looks."""
    if isinstance(error, FederationError):
        return words()("The other node cannot be asked at the moment. Try again later.")
    return words()(error.phrase, **error.places)


async def render(template: str, *, status: int = 200, **values: Any) -> Response:
    """Return a page."""
    ctx = running()
    known = "secret" in g
    token = session.form_token(ctx) if known else ""
    choices = [(value, text) for value, text in audience_words(words()).items() if value != "public"]
    body = await render_template(
        template,
        node=ctx.settings.node,
        viewer=session.viewer() if known else None,
        here=request.path,
        language=language(),
        audiences=choices,
        csrf=lambda: Markup('<input type="hidden" name="csrf" value="{}">').format(token),
        _=words(),
        account_path=account_path,
        **values,
    )
    return Response(body, status=status, content_type="text/html; charset=utf-8")


def policy(*, forms: str = "'self'") -> str:
    """Return what a page may load and do; `forms`: where its forms may lead."""
    return _POLICY.format(forms=forms)


def protect(response: Response) -> None:
    """Add the headers that every page and file of ours carries (threats W01 to W03, H09)."""
    headers = response.headers
    headers.setdefault("Content-Security-Policy", policy())
    headers["Referrer-Policy"] = "same-origin"
    headers["Permissions-Policy"] = "camera=(), microphone=(), geolocation=()"
    headers.setdefault("Cross-Origin-Opener-Policy", "same-origin")
    headers["X-Robots-Tag"] = "noindex"
    headers.setdefault("Cache-Control", "private, no-store")
    if not running().settings.node.development:
        headers["Strict-Transport-Security"] = "max-age=31536000"
