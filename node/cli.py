"""The `allmende` command: everything an operator does.

Exit codes: 0 done, 1 refused or failed with a message that says what to do, 2 wrong usage.
"""

import asyncio
import json
import logging
import os
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any, BinaryIO, TypeVar

import click

from node import __version__
from node.config import FILE, Settings, is_loopback, load, template
from node.errors import AllmendeError

T = TypeVar("T")

_settings_path = click.option(
    "--config", "path", type=click.Path(dir_okay=False, path_type=Path), help=f"Settings file [default: ./{FILE}]."
)
_as_json = click.option("--json", "as_json", is_flag=True, help="Print JSON, for scripts.")


class _Group(click.Group):
    """Turns our typed errors into a message and exit code 1."""

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except AllmendeError as error:
            raise click.ClickException(error.message) from error


@click.group(cls=_Group, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__)
@_settings_path
@click.pass_context
def main(ctx: click.Context, path: Path | None) -> None:
    """Allmende: one node of a federated corporate social network."""
    ctx.obj = path


def _settings() -> Settings:
    path: Path | None = click.get_current_context().find_root().obj
    if path is None:
        named = Path(os.environ.get("ALLMENDE_CONFIG", FILE))
        path = named if named.exists() or "ALLMENDE_NODE_URL" not in os.environ else None
    return load(path, os.environ)


def _run(work: Callable[[Any], Awaitable[T]]) -> T:
    """Run a command on a node's context, opened for it and closed after it."""
    from node.app import close_context, create_context

    settings = _settings()

    async def opened() -> T:
        context = await create_context(settings)
        try:
            return await work(context)
        finally:
            await close_context(context)

    return asyncio.run(opened())


def _print(rows: list[dict[str, Any]], *, as_json: bool, empty: str) -> None:
    if as_json:
        click.echo(json.dumps(rows))
    elif not rows:
        click.echo(empty)
    else:
        names = list(rows[0])
        widths = [max(len(name), *(len(str(row[name])) for row in rows)) for name in names]
        click.echo("  ".join(name.ljust(width) for name, width in zip(names, widths, strict=True)).rstrip())
        for row in rows:
            line = "  ".join(str(row[name]).ljust(width) for name, width in zip(names, widths, strict=True))
            click.echo(line.rstrip())


# Running a node


@main.command()
@click.option("--url", required=True, help="Public address, e.g. https://social.example.com. It never changes.")
@click.option("--name", default="Allmende", help="Name of the unit.")
@click.option("--development", is_flag=True, help="Plain http on a loopback address.")
def init(url: str, name: str, development: bool) -> None:
    """Write a commented settings file into this folder."""
    from urllib.parse import urlsplit

    from node.config import Node, check

    path = Path(FILE)
    if path.exists():
        raise click.ClickException(f"{path} is there already. Edit it, or move it away.")
    settings = check(Settings(node=Node(url=url, name=name, development=development)))
    assert not development or is_loopback(urlsplit(settings.url).hostname or ""), "checked by `check`"
    path.write_text(template(url=settings.url, name=name, development=development))
    click.echo(f"Wrote {path}. Next: allmende serve")


@main.command()
@click.option("--workers/--no-workers", default=True, help="Run the background loops in this process.")
def serve(workers: bool) -> None:
    """Run the node: web pages, client API, federation, background loops."""
    from node import server

    settings = _settings()
    _log()
    server.run(settings, jobs=workers)


@main.command()
def worker() -> None:
    """Run only the background loops, beside `serve --no-workers`."""
    from node import server

    settings = _settings()
    _log()
    server.run_worker(settings)


def _log() -> None:
    level = os.environ.get("ALLMENDE_LOG", "WARNING").upper()
    logging.basicConfig(level=level, format="%(asctime)s %(levelname)s %(name)s %(message)s", stream=sys.stderr)


@main.command()
def migrate() -> None:
    """Bring the database up to date."""
    _run(_nothing)
    click.echo("The database is up to date.")


async def _nothing(context: Any) -> None:
    # Opening the context migrates.
    return None


@main.command()
@click.argument("path", type=click.Path(path_type=Path))
def backup(path: Path) -> None:
    """Write a consistent copy of the database to PATH, while the node runs. Keep the key file with it."""
    if path.exists():
        raise click.ClickException(f"{path} is there already. Choose a new name.")

    async def work(context: Any) -> None:
        await context.db.backup(str(path))

    _run(work)
    path.chmod(0o600)
    click.echo(f"Wrote {path}. Keep {_settings().data / 'secret.key'} with it: without the key file it is useless.")


@main.command()
@_as_json
def doctor(as_json: bool) -> None:
    """Check address, keys, clock, reachability and storage, and say what to do."""
    from node import doctor as checks

    results = _run(checks.examine)
    rows = [{"check": one.name, "ok": one.ok, "what": one.text} for one in results]
    _print(rows, as_json=as_json, empty="")
    if not all(one.ok for one in results):
        sys.exit(1)


@main.command()
@click.argument("what")
@_as_json
def fetch(what: str, as_json: bool) -> None:
    """Fetch WHAT, an address or a handle (user@host), as the node would: each step, and nothing is kept."""
    from node.inspection import fetched

    _tell(_run(lambda context: fetched.fetch(context, what)), as_json=as_json)


@main.command()
@click.argument("file", type=click.File("rb"))
@_as_json
def inspect(file: BinaryIO, as_json: bool) -> None:
    """Look at a captured request, or an activity's JSON, in FILE: each check, and nothing is kept."""
    from node.inspection import received

    _tell(_run(lambda context: received.inspect(context, file.read())), as_json=as_json)


def _tell(steps: list[Any], *, as_json: bool) -> None:
    """Print steps of an inspection; end with exit code 1 when the last of them, the verdict, is no."""
    if as_json:
        click.echo(json.dumps([{"step": one.step, "ok": one.ok, "what": one.what} for one in steps]))
    else:
        width = max(len(one.step) for one in steps)
        for one in steps:
            first, *more = map(_printable, one.what.split("\n"))
            click.echo(f"{'ok' if one.ok else 'NO'}  {one.step.ljust(width)}  {first}".rstrip())
            for line in more:
                click.echo(f"{' ' * (width + 6)}{line}".rstrip())
    if not steps[-1].ok:
        sys.exit(1)


def _printable(line: str) -> str:
    """Spell out what a terminal might obey: these are words of others."""
    return "".join(sign if sign.isprintable() else f"\\u{ord(sign):04x}" for sign in line)


# Members


@main.group(cls=_Group)
def user() -> None:
    """Members of this node."""


@user.command("add")
@click.argument("username")
@click.option("--name", default="", help="Name as shown.")
@click.option("--role", type=click.Choice(["member", "moderator", "admin"]), default="member")
@click.option("--position", default="")
@click.option("--department", default="")
@click.option("--skill", "skills", multiple=True, help="Repeat for each skill.")
@click.option("--password", prompt=True, hide_input=True, confirmation_prompt=True, envvar="ALLMENDE_PASSWORD")
def user_add(
    username: str,
    name: str,
    role: str,
    position: str,
    department: str,
    skills: tuple[str, ...],
    password: str,
) -> None:
    """Add a member."""
    from moderation import members
    from node.domain.accounts import Role

    async def work(context: Any) -> str:
        account = await members.add(
            context,
            username=username,
            password=password,
            name=name,
            role=Role(role),
            position=position,
            department=department,
            skills=skills,
        )
        return account.handle(context.settings.authority)

    click.echo(f"Added {_run(work)}.")


@user.command("list")
@_as_json
def user_list(as_json: bool) -> None:
    """List the members."""
    from node.store import accounts

    async def work(context: Any) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = []
        after = 0
        async with context.db.read() as tx:
            while page := await accounts.users(tx, after=after):
                after = page[-1].account.id
                found += [
                    {
                        "username": one.account.username,
                        "name": one.account.name,
                        "role": one.role.value,
                        "department": one.account.department,
                        "state": "active" if one.account.active else "suspended",
                    }
                    for one in page
                ]
        return found

    _print(_run(work), as_json=as_json, empty="No members yet: allmende user add NAME, or allmende invite.")


@user.command("suspend")
@click.argument("username")
@click.option("--undo", is_flag=True, help="Lift the suspension.")
def user_suspend(username: str, undo: bool) -> None:
    """Suspend a member: every session ends at once."""
    from moderation import members

    async def work(context: Any) -> None:
        account = await members.named(context, username)
        await (members.restore if undo else members.suspend)(context, account.id)

    _run(work)
    click.echo(f"{'Restored' if undo else 'Suspended'} {username}.")


@user.command("password")
@click.argument("username")
@click.option("--password", prompt=True, hide_input=True, confirmation_prompt=True, envvar="ALLMENDE_PASSWORD")
def user_password(username: str, password: str) -> None:
    """Give a member a new password; every session ends."""
    from moderation import members

    async def work(context: Any) -> None:
        await members.set_password(context, await members.named(context, username), password)

    _run(work)
    click.echo(f"{username} has a new password, and is signed out everywhere.")


@user.command("alias")
@click.argument("username")
@click.argument("handle")
def user_alias(username: str, handle: str) -> None:
    """Say that HANDLE (user@host) is the same person's account, so that it can move to USERNAME."""
    from moderation import members
    from node.domain.accounts import split_handle
    from outbox import moves

    async def work(context: Any) -> None:
        await moves.add_alias(context, await members.named(context, username), *split_handle(handle))

    _run(work)
    click.echo(f"{username} is also {handle}. Now move there: allmende user move NAME {username}@this-node")


@user.command("move")
@click.argument("username")
@click.argument("handle")
@click.confirmation_option(prompt="The account stops writing, and its followers go to the other one. Go on?")
def user_move(username: str, handle: str) -> None:
    """Let a member go on as HANDLE (user@host) at another unit, with all followers."""
    from moderation import members
    from node.domain.accounts import split_handle
    from outbox import moves

    async def work(context: Any) -> None:
        await moves.move(context, await members.named(context, username), *split_handle(handle))

    _run(work)
    click.echo(f"{username} goes on as {handle}; followers are being told.")


@user.command("delete")
@click.argument("username")
@click.confirmation_option(prompt="This erases the account and all it wrote, on every node. Go on?")
def user_delete(username: str) -> None:
    """Erase a member and everything they wrote, here and at every node that holds a copy."""
    from moderation import members, retention
    from outbox import profiles

    async def work(context: Any) -> None:
        await profiles.delete(context, await members.named(context, username))
        # The node's own loops do not hear of what another process erased.
        await retention.erase_files(context)
        await context.db.scrub()

    _run(work)
    click.echo(f"Erased {username} here; other nodes are told now. Follow it with: allmende deliveries list")


@user.command("token")
@click.argument("username")
@click.option("--name", default="command line", help="What the token is for.")
def user_token(username: str, name: str) -> None:
    """Print an access token for scripts that act as a member."""
    from moderation import members

    async def work(context: Any) -> str:
        return await members.issue_token(context, await members.named(context, username), name=name)

    click.echo(_run(work))


@main.command()
@click.option("--role", type=click.Choice(["member", "moderator", "admin"]), default="member")
@click.option("--note", default="", help="Whom it is for.")
def invite(role: str, note: str) -> None:
    """Print a link by which one person becomes a member, once, within a week."""
    from moderation import members
    from node.domain import uris
    from node.domain.accounts import Role

    async def work(context: Any) -> str:
        secret = await members.invite(context, by=None, role=Role(role), note=note)
        return uris.invitation(context.settings.url, secret)

    click.echo(_run(work))


@main.group(cls=_Group)
def emoji() -> None:
    """Little pictures that members write with, as :shortcode:."""


@emoji.command("add")
@click.argument("shortcode")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
def emoji_add(shortcode: str, file: Path) -> None:
    """Let :SHORTCODE: stand for the picture in FILE."""
    from moderation import emojis

    _run(lambda context: emojis.add(context, shortcode.strip(":"), file))
    click.echo(f"Added :{shortcode.strip(':')}:.")


@emoji.command("remove")
@click.argument("shortcode")
def emoji_remove(shortcode: str) -> None:
    """Remove a picture; where it was written the word stays."""
    from moderation import emojis, retention

    async def work(context: Any) -> None:
        await emojis.remove(context, shortcode.strip(":"))
        await retention.erase_files(context)

    _run(work)
    click.echo(f"Removed :{shortcode.strip(':')}:.")


@emoji.command("list")
@_as_json
def emoji_list(as_json: bool) -> None:
    """List the pictures."""
    from node.store import media

    async def work(context: Any) -> list[dict[str, Any]]:
        async with context.db.read() as tx:
            return [{"shortcode": one.shortcode} for one in await media.own_emojis(tx)]

    _print(_run(work), as_json=as_json, empty="None yet: allmende emoji add SHORTCODE FILE")


@main.group(cls=_Group)
def mail() -> None:
    """Mails to members."""


@mail.command("test")
@click.argument("address")
@_as_json
def mail_test(address: str, as_json: bool) -> None:
    """Send a test to ADDRESS: each step to the mail server, and whether the node listens for answers."""
    from node.inspection import mailed

    _tell(_run(lambda context: mailed.send(context, address)), as_json=as_json)


@main.group(cls=_Group)
def announcement() -> None:
    """What every member of this node is told."""


@announcement.command("add")
@click.argument("text")
@click.option("--from", "starts", type=click.DateTime(), help="When what it is about begins (UTC).")
@click.option("--until", "ends", type=click.DateTime(), help="When that is over, and is told no more (UTC).")
@click.option("--all-day", is_flag=True, help="Of these dates the days count, not the hours.")
def announcement_add(text: str, starts: Any, ends: Any, all_day: bool) -> None:
    """Tell every member TEXT (Markdown)."""
    from datetime import UTC

    from moderation import announcements

    def moment(given: Any) -> int | None:
        return int(given.replace(tzinfo=UTC).timestamp() * 1000) if given else None

    made = _run(
        lambda context: announcements.publish(
            context, text, starts_at=moment(starts), ends_at=moment(ends), all_day=all_day
        )
    )
    click.echo(f"Announced. To take it back: allmende announcement remove {made.id}")


@announcement.command("remove")
@click.argument("number", type=int)
def announcement_remove(number: int) -> None:
    """Take an announcement back."""
    from moderation import announcements

    _run(lambda context: announcements.withdraw(context, number))
    click.echo("Removed.")


@announcement.command("list")
@_as_json
def announcement_list(as_json: bool) -> None:
    """List what is announced and not over."""
    from node.domain.times import iso
    from node.store import announcements

    async def work(context: Any) -> list[dict[str, Any]]:
        async with context.db.read() as tx:
            found = await announcements.present(tx, now=context.clock())
        return [{"id": one.id, "since": iso(one.published_at), "what": one.text} for one in found]

    _print(_run(work), as_json=as_json, empty="None: allmende announcement add TEXT")


# The organisation


@main.group(cls=_Group)
def org() -> None:
    """The organisation: the nodes that read each other."""


@org.command("create")
@click.argument("name")
def org_create(name: str) -> None:
    """Found an organisation with this node as its first member."""
    from outbox import organisation

    found = _run(lambda context: organisation.create(context, name))
    click.echo(f"Founded {found.name}. Next: allmende org invite")


@org.command("invite")
def org_invite() -> None:
    """Print a one-time code for a new node, valid for a week."""
    from outbox import organisation

    click.echo(_run(organisation.invite))


@org.command("join")
@click.argument("code")
def org_join(code: str) -> None:
    """Join the organisation that CODE invites to. The node must be running at its public address."""
    from outbox import organisation

    click.echo(f"Joined {_run(lambda context: organisation.join(context, code)).name}.")


@org.command("members")
@_as_json
def org_members(as_json: bool) -> None:
    """List the nodes of the organisation."""
    from node.store import nodes

    async def work(context: Any) -> list[dict[str, Any]]:
        async with context.db.read() as tx:
            return [{"host": one.host, "kind": one.kind, "name": one.name} for one in await nodes.members(tx)]

    _print(_run(work), as_json=as_json, empty="This node stands alone: allmende org create NAME, or org join CODE.")


@org.command("remove")
@click.argument("domain")
def org_remove(domain: str) -> None:
    """Remove a node from the organisation, everywhere."""
    from outbox import organisation

    _run(lambda context: organisation.remove(context, domain))
    click.echo(f"Removed {domain}. Every node is told now.")


@org.command("admit")
@click.argument("domain")
def org_admit(domain: str) -> None:
    """Admit a server with other software (Mastodon, GoToSocial, ...) by its domain."""
    from outbox import organisation

    click.echo(f"Admitted {_run(lambda context: organisation.admit(context, domain)).host}.")


# Deliveries


@main.group(cls=_Group)
def keys() -> None:
    """The keys that this node and its members sign with."""


@keys.command("rotate")
@click.argument("username", required=False)
def keys_rotate(username: str | None) -> None:
    """Give a member, or without a name the node itself, new keys, and tell every other node."""
    from moderation import members
    from node.domain import uris
    from outbox import profiles

    async def work(context: Any) -> None:
        uri = (await members.named(context, username)).uri if username else uris.node(context.settings.url)
        await profiles.rotate_keys(context, uri)

    _run(work)
    click.echo("New keys are in use; the other nodes are being told.")


@main.group(cls=_Group)
def report() -> None:
    """Complaints that other nodes passed on."""


@report.command("list")
@_as_json
def report_list(as_json: bool) -> None:
    """List open complaints, oldest first."""
    from node.domain.times import iso
    from node.store import accounts, reports

    async def work(context: Any) -> list[dict[str, Any]]:
        async with context.db.read() as tx:
            found = await reports.page(tx, limit=1_000)
            known = await accounts.by_ids(tx, [id for one in found for id in (one.target_id, one.from_id or 0)])
        own = context.settings.authority
        return [
            {
                "id": one.id,
                "about": known[one.target_id].handle(own),
                "posts": len(one.post_ids),
                "from": known[one.from_id].host if one.from_id in known else "",
                "when": iso(one.created_at),
                "what": one.content,
            }
            for one in found
        ]

    _print(_run(work), as_json=as_json, empty="No open complaints.")


@report.command("close")
@click.argument("number", type=int)
def report_close(number: int) -> None:
    """Mark a complaint as dealt with."""
    from moderation import reports

    _run(lambda context: reports.close(context, number, by=None))
    click.echo("Closed.")


@main.group(cls=_Group)
def deliveries() -> None:
    """What is on its way to other nodes."""


@deliveries.command("list")
@click.option("--limit", default=100, show_default=True)
@_as_json
def deliveries_list(limit: int, as_json: bool) -> None:
    """Show what is stuck, where and why."""
    from node.domain.times import iso
    from node.store import queues

    async def work(context: Any) -> list[dict[str, Any]]:
        async with context.db.read() as tx:
            rows = await queues.stuck(tx, limit=limit)
        return [
            {
                "host": row["host"],
                "what": row["type"],
                "state": row["state"],
                "tries": row["attempts"],
                "next": iso(row["due_at"]) if row["state"] == "due" else "",
                "why": row["error"],
            }
            for row in rows
        ]

    _print(_run(work), as_json=as_json, empty="Nothing is stuck.")


@deliveries.command("retry")
@click.argument("host", default="")
def deliveries_retry(host: str) -> None:
    """Try everything undelivered to HOST (or to all) again now."""
    from moderation import deliveries

    async def work(context: Any) -> int:
        return await deliveries.retry(context, host)

    click.echo(f"{_run(work)} deliveries are tried again now.")


@main.command()
@click.option("--check", is_flag=True, help="Assert every step and end, instead of leaving the nodes running.")
def demo(check: bool) -> None:
    """Start three nodes on this machine, join them, and let their people talk."""
    from node import demo as story

    sys.exit(asyncio.run(story.run(check=check)))
