"""The node that all client programs of these tests sign in to: one process, started once."""

import asyncio
from collections.abc import Iterator

import pytest
from mastodon import Mastodon

from tests.peers.mastodon_py import SCOPES, People, id_of, signed_in
from tests.peers.server import Server


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """The node, with its members. Its process belongs to a loop that rests while the tests run."""
    found = Server.below(tmp_path_factory.mktemp("server"))
    with asyncio.Runner() as runner:
        try:
            runner.run(found.start())
            yield found
        finally:
            runner.run(found.stop())


@pytest.fixture(scope="session")
def people(server: Server, tmp_path_factory: pytest.TempPathFactory) -> Iterator[People]:
    """Ada, Ben, Carla and Dan, signed in; Ada and Ben follow each other."""
    kept = tmp_path_factory.mktemp("clients") / "app.txt"
    Mastodon.create_app("Spindle", scopes=SCOPES, api_base_url=server.url, to_file=kept)
    found = People(*[signed_in(server, kept, name) for name in ("ada", "ben", "carla", "dan")])
    found.ada.account_follow(id_of(found.ben))
    found.ben.account_follow(id_of(found.ada))
    yield found
    for one in (found.ada, found.ben, found.carla, found.dan):
        one.session.close()
