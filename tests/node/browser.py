"""A browser of somebody, and the clients beside it, at a node in this process."""

import contextlib
import re
from dataclasses import dataclass, field
from urllib.parse import parse_qsl, urlencode, urlsplit

from authlib.oauth2.rfc7636 import create_s256_code_challenge

from moderation import members
from node.app import create_app
from node.context import Context
from node.domain.accounts import Role
from node.domain.clients import OUT_OF_BAND
from tests.nodes import URL, context

HOST = URL.removeprefix("http://")
API = {"Host": HOST}
BROWSER = {"Host": HOST, "Accept": "text/html"}
PASSWORD = "correct horse battery staple"
CALLBACK = "https://client.example/callback?kept=1"
VERIFIER = "v" * 43
CHALLENGE = {"code_challenge": create_s256_code_challenge(VERIFIER), "code_challenge_method": "S256"}


@dataclass
class Browser:
    """Acts as somebody in front of a screen; `app_answer` is what the client that wants in was told on registering."""

    ctx: Context
    app: object = None
    client: object = None
    app_answer: dict = field(default_factory=dict)

    def __post_init__(self):
        self.app = create_app(self.ctx, jobs=False)
        self.client = self.app.test_client()

    async def register(self, **more):
        fields = {
            "client_name": "Postbox",
            "redirect_uris": f"{CALLBACK}\n{OUT_OF_BAND}",
            "scopes": "read write follow push",
            "website": "https://client.example",
        } | more
        answer = await self.app.test_client().post("/api/v1/apps", form=fields, headers=API)
        assert answer.status_code == 200, await answer.get_data(as_text=True)
        return await answer.get_json()

    async def registered(self, **more):
        self.app_answer = await self.register(**more)
        return self

    @property
    def secrets(self):
        return {name: self.app_answer[name] for name in ("client_id", "client_secret")}

    def question(self, **more):
        asked = {
            "response_type": "code",
            "client_id": self.app_answer["client_id"],
            "redirect_uri": CALLBACK,
            "scope": "read write follow push",
            "state": "a state & more",
        } | more
        return "/oauth/authorize?" + urlencode({name: value for name, value in asked.items() if value is not None})

    async def sign_in(self, path="/sign-in", username="ada"):
        form = {"csrf": await self.csrf(path), "username": username, "password": PASSWORD}
        answer = await self.client.post(path, form=form, headers=BROWSER)
        assert answer.status_code == 303
        return answer.headers["Location"]

    async def page(self, path):
        answer = await self.client.get(path, headers=BROWSER)
        return answer, await answer.get_data(as_text=True)

    async def csrf(self, path):
        _, page = await self.page(path)
        return re.search(r'name="csrf" value="([0-9a-f]+)"', page)[1]

    async def decides(self, path, verdict="agree"):
        form = {"csrf": await self.csrf(path), "verdict": verdict}
        return await self.client.post(path, form=form, headers=BROWSER)

    async def code(self, **more):
        answer = await self.decides(self.question(**more))
        assert answer.status_code == 303
        return dict(parse_qsl(urlsplit(answer.headers["Location"]).query))["code"]

    async def post(self, path, headers=None, **fields):
        answer = await self.app.test_client().post(path, form=fields, headers={**API, **(headers or {})})
        return answer, await answer.get_json()

    async def exchange(self, code, **more):
        fields = {"grant_type": "authorization_code", "code": code, "redirect_uri": CALLBACK, **self.secrets} | more
        answer, body = await self.post("/oauth/token", **fields)
        return answer.status_code, body

    async def token(self, **more):
        status, body = await self.exchange(await self.code(**more))
        assert status == 200
        return body["access_token"]

    async def asks(self, token, path="/api/v1/accounts/verify_credentials"):
        headers = {**API, "Authorization": f"Bearer {token}"}
        return (await self.app.test_client().get(path, headers=headers)).status_code


@contextlib.asynccontextmanager
async def browser(folder, **more):
    async with context(folder, **more) as ctx:
        await members.add(ctx, username="ada", password=PASSWORD, name="Ada Martin", role=Role.ADMIN)
        found = await Browser(ctx).registered()
        await found.sign_in()
        yield found


async def count(ctx, table):
    async with ctx.db.read() as tx:
        return (await tx.one(f"SELECT COUNT(*) AS n FROM {table}"))["n"]
