"""Commands that write backups, and read them back."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from node.commands.shared import main, read_settings, run
from node.config import Settings

if TYPE_CHECKING:
    from moderation.backup_reading import Read


@main.command()
@click.argument("path", type=click.Path(path_type=Path))
@click.option(
    "--keys",
    "keys_to",
    metavar="FOLDER",
    type=click.Path(file_okay=False, path_type=Path),
    help="Write a copy of the keys there, and remove those older than storage.backup_days.",
)
def backup(path: Path, keys_to: Path | None) -> None:
    """Write all that the node knows to PATH, while it runs; nobody can read it without the keys."""
    from moderation import backups

    async def work(context: Any) -> Any:
        return await backups.write(context, path, keys_to=keys_to)

    made = run(work)
    click.echo(f"Wrote {path}: {made.rows} rows, {made.files} files.")
    if made.keys is not None:
        click.echo(f"Its keys are in {made.keys}. Never keep them where backups are.")
    else:
        keys = read_settings().content_keys
        click.echo(f"It can be read with {keys} only. Keep a copy of that in another place: allmende backup --keys")


@main.command()
@click.argument("path", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option(
    "--keys",
    "keys_from",
    metavar="FILE",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="A copy of the keys, when those beside the database are lost.",
)
def restore(path: Path, keys_from: Path | None) -> None:
    """Read a backup from PATH into an empty data folder, or database, of the same node."""
    import asyncio

    settings = read_settings()
    _bring_keys(settings, keys_from)
    found = asyncio.run(_read(settings, path))
    click.echo(f"Read {found.rows} rows and {found.files} files.")
    if found.lost:
        click.echo(f"Left out, because they were erased since or have no key: {len(found.lost)}.")
    click.echo("Next: allmende serve. What was erased since is erased again before the node opens.")


def _bring_keys(settings: Settings, keys_from: Path | None) -> None:
    from node.adapters import key_files

    keys = settings.content_keys
    if keys_from is None and not keys.exists():
        raise click.ClickException(f"There are no keys in {keys}. Name a copy of them: --keys FILE")
    if keys_from is not None:
        if keys.exists():
            raise click.ClickException(f"{keys} is there, and knows more than a copy. Leave out --keys.")
        keys.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with key_files.written_whole(keys) as part:
            part.write_bytes(keys_from.read_bytes())


async def _read(settings: Settings, path: Path) -> "Read":
    from moderation import backup_reading
    from node.adapters import clock
    from node.adapters.content_keys import ContentKeys
    from node.app import open_database, open_files
    from node.store import mails
    from node.store.migrate import migrate

    settings.data.mkdir(mode=0o700, parents=True, exist_ok=True)
    db = await open_database(settings)
    try:
        await migrate(db, now=clock.now())

        async def ready(tx: Any, found: "Read") -> None:
            await _bring_secrets(settings.data, tx, found.secret)
            await mails.drop_restored(tx)

        keys = ContentKeys(settings.content_keys)
        return await backup_reading.read(path, keys, db, open_files(settings), node=settings.url, ready=ready)
    finally:
        await db.close()


async def _bring_secrets(data: Path, tx: Any, secret: bytes) -> None:
    """Write the node's secret beside the database. What seals the pseudonyms is in no backup of the database.

    Raises:
        Conflict: another secret is there, or what seals the pseudonyms is not.
    """
    from node.adapters import key_files
    from node.errors import Conflict

    vault, path = data / key_files.VAULT_FILE, data / key_files.SECRET_FILE
    if not vault.exists() and await tx.one("SELECT 1 AS found FROM personas LIMIT 1"):
        raise Conflict("There are pseudonyms in this backup. Copy personas.key into the data folder first.")
    key_files.secret(vault, may_create=True)
    if not path.exists():
        key_files.write(path, secret)
    if key_files.secret(path, may_create=False) != secret:
        raise Conflict("The secret.key in the data folder is another node's. Move it away.")
