"""Files that hold one secret each, beside the database: made with the first start, never for an old database."""

import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import mkstemp

from node.adapters.disk import on_disk
from node.errors import Unavailable

SECRET_FILE = "secret.key"  # noqa: S105 a file's name
"""Wraps the private keys in the database, and signs form tokens and links to files."""
VAULT_FILE = "personas.key"
"""Seals whose a persona is."""


def secret(path: Path, *, may_create: bool) -> bytes:
    """Return the secret in a file; may_create: make one where there is none.

    Raises:
        Unavailable: it is missing, or others can read it.
    """
    if not path.exists():
        if not may_create:
            raise Unavailable(f"The key file {path.name} is missing beside the database. Restore it from a backup.")
        write(path, secrets.token_bytes(32))
    if path.stat().st_mode & 0o077:
        raise Unavailable(f"The key file {path.name} can be read by others. Run: chmod 600 {path}")
    return bytes.fromhex(path.read_text().strip())


@contextmanager
def written_whole(path: Path) -> Iterator[Path]:
    """Give an empty file that nobody else can read; in the end it is at `path`, whole and on the disk, or gone."""
    descriptor, name = mkstemp(dir=path.parent, prefix=f".{path.name}.")
    os.close(descriptor)
    part = Path(name)
    try:
        yield part
        on_disk(part)
        part.rename(path)
        on_disk(path.parent)
    finally:
        part.unlink(missing_ok=True)


def write(path: Path, value: bytes) -> None:
    """Write a secret into a new file.

    Raises:
        FileExistsError: there is one.
    """
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(value.hex())
        file.flush()
        os.fsync(file.fileno())
