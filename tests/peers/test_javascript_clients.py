"""Client libraries in JavaScript, as web and desktop clients use them; their tests stand in tests/peers/clients."""

import json
import os
import subprocess
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest

from tests.peers import javascript
from tests.peers.server import Server, let_in

_FOLDER = Path(__file__).parent / "clients"
_SECONDS = 60
_OUT_OF_BAND = "urn:ietf:wg:oauth:2.0:oob"


@pytest.fixture(scope="module")
def application(server: Server) -> Any:
    """What the server answered when masto.js registered."""
    javascript.install(_FOLDER)
    return json.loads(run("register.mjs", SERVER_URL=server.url))


@pytest.mark.parametrize(("library", "username", "other"), [("masto", "mia", "max"), ("megalodon", "meg", "max")])
def test_a_library_signs_in_and_does_what_its_clients_do(
    server: Server, application: Any, library: str, username: str, other: str
):
    asked = {
        "response_type": "code",
        "client_id": application["clientId"],
        "redirect_uri": _OUT_OF_BAND,
        "scope": "read write follow push",
    }
    code = let_in(f"{server.url}/oauth/authorize?{urlencode(asked)}", username)
    run(
        "--test",
        "--test-force-exit",
        f"{library}.test.mjs",
        SERVER_URL=server.url,
        APPLICATION=json.dumps(application),
        CODE=code,
        OTHER_TOKEN=server.tokens[other],
    )


def run(*words: str, **environ: str) -> str:
    """Run a script of theirs; return what it printed.

    Raises:
        AssertionError: it failed; says what it printed.
    """
    done = subprocess.run(
        [javascript.executable(), *words],
        cwd=_FOLDER,
        env={**os.environ, "NODE_NO_WARNINGS": "1", **environ},
        capture_output=True,
        text=True,
        timeout=_SECONDS,
        check=False,
    )
    assert done.returncode == 0, f"node {' '.join(words)}:\n{done.stdout[-6000:]}\n{done.stderr[-3000:]}"
    return done.stdout
