"""The keys of all that people wrote, in a file of their own that no backup holds.

Each account and each case has one, with which its words are sealed in the database (`node.adapters.seals`), each file
has one, and each record has one in backups. Without them a copy of the database, of the media folder or of a backup
is worth nothing, and what a key has sealed is gone from all of these when the key is. Copies of the file are kept
elsewhere for a few days only: as long as one of them, a key that was destroyed can be found again.
"""

import os
import secrets
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from node.adapters import clock, key_files
from node.errors import Invalid, Unavailable

FILES = "file:"
"""How the name of a file's key begins; its name follows. It goes with the file (`node.adapters.sealed_files`)."""

_BEYOND_FILES = "file;"
_COPY = "content-keys-%Y-%m-%dT%H%M%S"
_AT_ONCE = 500
_TABLES = (
    "CREATE TABLE IF NOT EXISTS keys (name TEXT PRIMARY KEY, key BLOB NOT NULL, made INTEGER NOT NULL) WITHOUT ROWID",
    "CREATE TABLE IF NOT EXISTS destroyed (name TEXT PRIMARY KEY, at INTEGER NOT NULL) WITHOUT ROWID",
    "CREATE TABLE IF NOT EXISTS spared (since INTEGER, until INTEGER, ends INTEGER)",
    "CREATE TABLE IF NOT EXISTS moments (what TEXT PRIMARY KEY, at INTEGER NOT NULL) WITHOUT ROWID",
)
_REMEMBERED_MS = 24 * 60 * 60_000  # no backup takes longer to write

WRITTEN = "backup"
SEEN = "database"
"""Moments: when the last backup was written; what the database was marked with last (`moderation.shredding`)."""


class ContentKeys:
    """The file at `path`; it need not be there. Every method blocks for a moment: call them in a thread."""

    def __init__(self, path: Path, now: Callable[[], int] = clock.now) -> None:
        self.path = path
        self._now = now
        self._reader: sqlite3.Connection | None = None

    def there(self) -> bool:
        """Whether there are any keys."""
        return self.path.exists()

    def of(self, names: Sequence[str], *, make: bool = False, again: bool = True) -> dict[str, bytes]:
        """Return name → key of 32 bytes, of records that have one.

        make: of all; new keys are on the disk then. again: also of those whose key was destroyed within a day.
        """
        if not make and not self.there():
            return {}
        with self._opened() as rows:
            found = dict(_some(rows, "keys", "key", names))
            missing = [name for name in dict.fromkeys(names) if name not in found]
            if missing and not again:
                destroyed = dict(_some(rows, "destroyed", "at", missing))
                missing = [name for name in missing if name not in destroyed]
            if make and missing:
                with rows:
                    rows.executemany(
                        "INSERT INTO keys (name, key, made) VALUES (?, ?, ?) ON CONFLICT DO NOTHING",
                        [(name, secrets.token_bytes(32), self._now()) for name in missing],
                    )
                found = dict(_some(rows, "keys", "key", names))  # somebody else may have made one in the meantime
        return found

    def one(self, name: str) -> bytes | None:
        """Return the key of one record, None if it has none; by a connection that stays open, in microseconds.

        Call it, and `close`, in one thread.
        """
        try:
            if self._reader is None:
                if not self.there():
                    return None
                self._reader = sqlite3.connect(f"{self.path.absolute().as_uri()}?mode=rw", uri=True, timeout=30)
            row = self._reader.execute("SELECT key FROM keys WHERE name = ?", (name,)).fetchone()
        except sqlite3.DatabaseError as error:
            raise self._unreadable(error) from error
        return bytes(row[0]) if row else None

    def close(self) -> None:
        """Let go of that connection."""
        if self._reader is not None:
            self._reader.close()
            self._reader = None

    def names(self, *, after: str = "") -> list[str]:
        """Return some names in their order, beyond `after`, but none of files; none at all: there are no more.

        Left out, too: those made in a span that is spared.
        """
        if not self.there():
            return []
        with self._opened() as rows:
            found = rows.execute(
                """SELECT name FROM keys k
                    WHERE name > ?1 AND (name < ?2 OR name > ?3)
                      AND NOT EXISTS (SELECT 1 FROM spared WHERE k.made > since AND k.made <= until AND ends > ?4)
                    ORDER BY name LIMIT ?5""",
                (after, FILES, _BEYOND_FILES, self._now(), _AT_ONCE),
            )
            return [row[0] for row in found]

    def destroy(self, names: Sequence[str]) -> None:
        """Overwrite the keys of these records."""
        now = self._now()
        with self._opened() as rows, rows:
            rows.executemany("DELETE FROM keys WHERE name = ?", [(name,) for name in names])
            rows.execute("DELETE FROM destroyed WHERE at < ?", (now - _REMEMBERED_MS,))
            rows.executemany("REPLACE INTO destroyed (name, at) VALUES (?, ?)", [(name, now) for name in names])

    def spare(self, *, since: int, until: int) -> None:
        """Keep the keys made since a moment, until another (Unix ms): the database lost what they are for.

        Nobody erased it, and newer backups have it.
        """
        with self._opened() as rows, rows:
            now = self._now()
            rows.execute("DELETE FROM spared WHERE ends <= ?", (now,))
            rows.execute("INSERT INTO spared (since, until, ends) VALUES (?, ?, ?)", (since, now, until))

    def note(self, what: str, at: int) -> None:
        """Note a moment (Unix ms)."""
        with self._opened() as rows, rows:
            rows.execute("REPLACE INTO moments (what, at) VALUES (?, ?)", (what, at))

    def noted(self, what: str) -> int | None:
        """Return a moment that was noted (Unix ms), None if none was."""
        if not self.there():
            return None
        with self._opened() as rows:
            row = rows.execute("SELECT at FROM moments WHERE what = ?", (what,)).fetchone()
        return int(row[0]) if row else None

    def copy(self, folder: Path, *, days: int) -> Path:
        """Write a copy into a folder, and remove those there that are older than so many days.

        Raises:
            Invalid: the folder is the one where the keys are.
        """
        if folder.resolve() == self.path.parent.resolve():
            raise Invalid("Keep the copy of the keys in another folder than the keys, best on another machine.")
        moment = datetime.fromtimestamp(self._now() / 1000, UTC)
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        made = folder / moment.strftime(_COPY)
        with key_files.written_whole(made) as empty, self._opened() as rows:
            rows.execute("VACUUM INTO ?", (str(empty),))
        for other in folder.iterdir():
            written = _written(other)
            if other != made and written is not None and written < moment - timedelta(days=days):
                _overwrite(other)
        return made

    @contextmanager
    def _opened(self) -> Iterator[sqlite3.Connection]:
        if not self.there():
            self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            os.close(os.open(self.path, os.O_WRONLY | os.O_CREAT, 0o600))
        try:
            with closing(sqlite3.connect(self.path, timeout=30)) as rows:
                rows.execute("PRAGMA secure_delete = ON")
                rows.execute("PRAGMA synchronous = EXTRA")  # a key that was destroyed does not return by a power cut
                for table in _TABLES:
                    rows.execute(table)
                yield rows
        except sqlite3.DatabaseError as error:
            raise self._unreadable(error) from error

    def _unreadable(self, error: sqlite3.Error) -> Unavailable:
        return Unavailable(f"The keys in {self.path} cannot be read ({error}).")


def _some(rows: sqlite3.Connection, table: str, column: str, names: Sequence[str]) -> Iterator[tuple[str, Any]]:
    for start in range(0, len(names), _AT_ONCE):
        part = names[start : start + _AT_ONCE]
        marks = ", ".join("?" * len(part))
        yield from rows.execute(f"SELECT name, {column} FROM {table} WHERE name IN ({marks})", list(part))


def _written(path: Path) -> datetime | None:
    """Return when a copy was written, by its name; None: it is none."""
    try:
        return datetime.strptime(path.name, _COPY).replace(tzinfo=UTC)
    except ValueError:
        return None


def _overwrite(path: Path) -> None:
    with path.open("r+b") as file:
        file.write(bytes(path.stat().st_size))
        file.flush()
        os.fsync(file.fileno())
    path.unlink()
