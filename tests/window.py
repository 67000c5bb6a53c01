"""Somebody's browser, without scripts, at a node in this process."""

import re
from urllib.parse import urlencode

_TYPED = {"Content-Type": "application/x-www-form-urlencoded"}


class Window:
    """A browser at the node of `app`, whose address is `url`; it keeps cookies."""

    def __init__(self, app, url, language=""):
        self.client, self.url, self.language = app.test_client(), url, language

    async def get(self, path, language=""):
        """Return the status and the bytes of what is at a path, or an address, of the node."""
        answer = await self.client.get(path.removeprefix(self.url), headers=self._headers(language))
        return answer.status_code, await answer.get_data(as_text=False)

    async def page(self, path, language=""):
        status, body = await self.get(path, language)
        return status, body.decode()

    async def send(self, path, page="", **fields):
        """Send a form of a page; return the status, where it leads, and the text."""
        token = re.search(r'name="csrf" value="([0-9a-f]+)"', (await self.page(page or path))[1])
        body = urlencode({"csrf": token[1] if token else "", **fields})
        answer = await self.client.post(path.removeprefix(self.url), data=body, headers={**self._headers(), **_TYPED})
        return answer.status_code, answer.headers.get("Location", ""), await answer.get_data(as_text=True)

    def _headers(self, language=""):
        spoken = language or self.language
        host = {"Host": self.url.removeprefix("http://"), "Accept": "text/html"}
        return {**host, **({"Accept-Language": spoken} if spoken else {})}


async def signed_in(window, username, password):
    """Return a window in which somebody has signed in."""
    assert (await window.send("/sign-in", username=username, password=password))[0] == 303
    return window
