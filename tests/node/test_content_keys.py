"""Whoever asks for a key gets the same one, however many ask at once."""

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier

from node.adapters.content_keys import ContentKeys
from node.domain.times import DAY_MS

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


_KILLED = """
import os, sqlite3, sys
rows = sqlite3.connect(sys.argv[1], isolation_level=None)
rows.execute("PRAGMA cache_size = 1")
rows.execute("BEGIN IMMEDIATE")
rows.execute("DELETE FROM keys")
rows.execute("INSERT INTO keys VALUES ('half', randomblob(100000), 0)")
os._exit(9)
"""


def test_a_process_that_was_killed_while_it_wrote_keys_stops_nobody_from_reading(tmp_path):
    keys = ContentKeys(tmp_path / "content.keys")
    made = keys.of(["account:1"], make=True)["account:1"]
    subprocess.run([sys.executable, "-c", _KILLED, str(keys.path)], check=False)
    assert Path(f"{keys.path}-journal").stat().st_size > 0, "it was in the midst of it"
    assert keys.one("account:1") == made
    keys.close()


def test_a_key_that_was_destroyed_is_made_again_only_for_who_wants_that(tmp_path):
    now = 0
    keys = ContentKeys(tmp_path / "content.keys", lambda: now)
    made = keys.of(["post:1.0", "post:2.0"], make=True)
    keys.destroy(["post:1.0"])
    assert keys.of(["post:1.0", "post:2.0"], make=True, again=False) == {"post:2.0": made["post:2.0"]}
    assert keys.of(["post:1.0"], make=True)["post:1.0"] != made["post:1.0"]
    now += 2 * DAY_MS
    keys.destroy(["post:1.0", "post:3.0"])
    now += 2 * DAY_MS
    keys.destroy(["post:4.0"])
    assert keys.of(["post:1.0"], make=True, again=False).keys() == {"post:1.0"}, "it is not remembered for ever"
