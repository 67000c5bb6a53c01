"""Applies `migrations/NNNN_subject[.sqlite|.postgres].sql` once each, in order, each in one transaction."""

from dataclasses import dataclass
from importlib.resources import files

from node.errors import Conflict
from node.store.database import Database


@dataclass(frozen=True, slots=True)
class Migration:
    """One numbered step of the schema. common: both databases take it alike."""

    number: int
    name: str
    common: bool
    statements: tuple[str, ...]


def known(dialect: str) -> list[Migration]:
    """Return the migrations for `sqlite` or `postgres`, in order."""
    found = []
    for entry in files("node.store").joinpath("migrations").iterdir():
        name, _, ending = entry.name.partition(".")
        if ending in ("sql", f"{dialect}.sql"):
            found.append(Migration(int(name[:4]), name, ending == "sql", tuple(_statements(entry.read_text()))))
    return sorted(found, key=lambda migration: migration.number)


def _statements(text: str) -> list[str]:
    lines = [line for line in text.splitlines() if not line.lstrip().startswith("--")]
    return [part.strip() for part in "\n".join(lines).split(";\n") if part.strip(" ;\n")]


async def version(db: Database) -> int:
    """Return the number of the last migration that was applied, 0 for an empty database."""
    exists = (
        "SELECT 1 AS found FROM sqlite_master WHERE name = 'schema_versions'"
        if db.dialect == "sqlite"
        else "SELECT 1 AS found FROM pg_tables WHERE tablename = 'schema_versions'"
    )
    async with db.read() as tx:
        if await tx.one(exists) is None:
            return 0
        row = await tx.one("SELECT MAX(number) AS number FROM schema_versions")
        return row["number"] or 0 if row else 0


async def migrate(db: Database, *, now: int) -> list[str]:
    """Bring the schema up to date; return the names of the steps that were taken.

    A step that fails leaves nothing behind, and the next start takes it again.

    Raises:
        Conflict: the database was written by a newer version of the program.
    """
    steps = known(db.dialect)
    reached = await version(db)
    if steps and reached > steps[-1].number:
        raise Conflict(
            f"The database has schema {reached}, this program knows {steps[-1].number}. Install the newer version."
        )
    taken = []
    for step in steps:
        if step.number > reached:
            await db.script(
                [
                    "CREATE TABLE IF NOT EXISTS schema_versions "
                    "(number INTEGER PRIMARY KEY, name TEXT NOT NULL, at BIGINT NOT NULL)",
                    f"INSERT INTO schema_versions VALUES ({step.number}, '{step.name}', {now})",
                    *step.statements,
                ]
            )
            taken.append(step.name)
    return taken
