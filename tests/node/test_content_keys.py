"""Whoever asks for a key gets the same one, however many ask at once."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

from node.adapters.content_keys import ContentKeys

_AT_ONCE = 8


def test_those_who_make_a_key_at_the_same_time_get_the_same(tmp_path):
    ContentKeys(tmp_path / "content.keys").of(["account:1"], make=True)
    ready = Barrier(_AT_ONCE)

    def made(name: str) -> bytes:
        ready.wait()
        return ContentKeys(tmp_path / "content.keys").of([name], make=True)[name]

    with ThreadPoolExecutor(_AT_ONCE) as threads:
        for number in range(20):
            name = f"account:{number + 2}"
            assert len(set(threads.map(made, [name] * _AT_ONCE))) == 1
