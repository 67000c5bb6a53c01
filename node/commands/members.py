"""Commands about members."""

from typing import Any

import click

from moderation import measures
from node.commands.shared import Group, end_of, json_option, main, run, show, yes_option
from node.domain.accounts import Role, check_username


@main.group(cls=Group)
def user() -> None:
    """Members of this node."""


_password_option = click.option("--password", envvar="ALLMENDE_PASSWORD", help="Left out, it is asked for.")


def _asked(password: str | None) -> str:
    """Return the password that was given, or is typed now: once it is clear that there is somebody to give it to."""
    return password or str(click.prompt("Password", hide_input=True, confirmation_prompt=True))


@user.command("add")
@click.argument("username")
@click.option("--name", default="", help="Name as shown.")
@click.option("--role", type=click.Choice([role.value for role in Role]), default="member")
@click.option("--position", default="")
@click.option("--department", default="")
@click.option("--skill", "skills", multiple=True, help="Repeat for each skill.")
@click.option("--minor", is_flag=True, help="They are under age.")
@_password_option
def user_add(
    username: str,
    name: str,
    role: str,
    position: str,
    department: str,
    skills: tuple[str, ...],
    minor: bool,
    password: str | None,
) -> None:
    """Add a member."""
    from moderation import members

    async def work(context: Any) -> str:
        account = await members.add(
            context,
            username=check_username(username),
            password=_asked(password),
            name=name,
            role=Role(role),
            position=position,
            department=department,
            skills=skills,
            minor=minor,
        )
        return account.handle(context.settings.authority)

    click.echo(f"Added {run(work)}.")


@user.command("list")
@json_option
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
                        "state": "active" if one.account.suspended_at is None else "suspended",
                    }
                    for one in page
                ]
        return found

    show(run(work), as_json=as_json, empty="No members yet: allmende user add NAME, or allmende invite.")


@user.command("suspend")
@click.argument("username")
@click.option("--reason", default="", help="Why; they read it when they sign in.")
@click.option("--undo", is_flag=True, help="Lift the suspension.")
def user_suspend(username: str, reason: str, undo: bool) -> None:
    """Suspend a member: every session ends at once."""
    from moderation import members

    async def work(context: Any) -> None:
        account = await members.named(context, username)
        if undo:
            await measures.restore(context, account.id)
        else:
            await measures.suspend(context, account.id, reason=reason)

    run(work)
    click.echo(f"{'Restored' if undo else 'Suspended'} {username}.")


@user.command("role")
@click.argument("username")
@click.argument("role", type=click.Choice([role.value for role in Role]))
def user_role(username: str, role: str) -> None:
    """Give a member another role."""
    from moderation import members

    async def work(context: Any) -> None:
        await members.set_role(context, (await members.named(context, username)).id, Role(role), by=None)

    run(work)
    click.echo(f"{username} is {role} now.")


@user.command("minor")
@click.argument("username")
@click.option("--undo", is_flag=True, help="They are of age now.")
def user_minor(username: str, undo: bool) -> None:
    """Protect a member who is under age; only administrators are told."""
    from moderation import members, minors

    async def work(context: Any) -> None:
        await minors.set_minor(context, (await members.named(context, username)).id, not undo, by=None)

    run(work)
    click.echo(f"{username} is {'of age' if undo else 'under age, and protected'} now.")


@user.command("password")
@click.argument("username")
@_password_option
def user_password(username: str, password: str | None) -> None:
    """Give a member a new password; every session ends."""
    from moderation import members, passwords

    async def work(context: Any) -> None:
        account = await members.named(context, username)
        await passwords.renew(context, account, _asked(password))

    run(work)
    click.echo(f"{username} has a new password, and is signed out everywhere.")


@user.command("forget-factor")
@click.argument("username")
def user_forget_factor(username: str) -> None:
    """Let a member who lost their authenticator app and their codes sign in by the password alone."""
    from moderation import members, second_factors

    async def work(context: Any) -> None:
        await second_factors.take_away(context, await members.named(context, username), by=None)

    run(work)
    click.echo(f"{username} signs in by the password alone now. Tell them to set up a second factor again.")


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

    run(work)
    click.echo(f"{username} is also {handle}. Now move there: allmende user move NAME {username}@this-node")


@user.command("move")
@click.argument("username")
@click.argument("handle")
@yes_option
def user_move(username: str, handle: str, yes: bool) -> None:
    """Let a member go on as HANDLE (user@host) at another unit, with all followers."""
    from moderation import members
    from node.domain.accounts import split_handle
    from outbox import moves

    async def work(context: Any) -> None:
        account = await members.named(context, username)
        if not yes:
            click.confirm("The account stops writing, and its followers go to the other one. Go on?", abort=True)
        await moves.move(context, account, *split_handle(handle))

    run(work)
    click.echo(f"{username} goes on as {handle}; followers are being told.")


@user.command("delete")
@click.argument("username")
@yes_option
def user_delete(username: str, yes: bool) -> None:
    """Erase a member and everything they wrote, here and at every node that holds a copy."""
    from moderation import members, retention
    from outbox import profiles

    async def work(context: Any) -> bool:
        account = await members.named(context, username)
        if not yes:
            click.confirm("This erases the account and all it wrote, on every node. Go on?", abort=True)
        erased = await profiles.delete(context, account)
        # The node's own loops do not hear of what another process erased.
        await retention.erase_files(context)
        await context.db.scrub()
        return erased

    if not run(work):
        click.echo(f"There is a legal hold on {username}: hidden now, and erased when it ends. See: allmende hold list")
        return
    click.echo(f"Erased {username} here; other nodes are told now. Follow it with: allmende deliveries list")


@user.command("leaves")
@click.argument("username")
@click.option("--until", "day", type=click.DateTime(["%Y-%m-%d"]), help="The last day.")
@click.option("--undo", is_flag=True, help="They stay after all.")
def user_leaves(username: str, day: Any, undo: bool) -> None:
    """Let a member out after their last day; some days later everything of theirs is erased."""
    from moderation import leavers, members

    if undo == bool(day):
        raise click.UsageError("Give the last day with --until, or --undo.")

    async def work(context: Any) -> None:
        account = await members.named(context, username)
        if undo:
            await leavers.keep(context, account.id, by=None)
        else:
            await leavers.plan(context, account.id, end_of(context, day), by=None)

    run(work)
    click.echo(f"{username} stays." if undo else f"{username} is here until the end of {day:%Y-%m-%d}.")


@user.command("token")
@click.argument("username")
@click.option("--name", default="command line", help="What the token is for.")
def user_token(username: str, name: str) -> None:
    """Print an access token for scripts that act as a member."""
    from moderation import members

    async def work(context: Any) -> str:
        return await members.issue_token(context, await members.named(context, username), name=name)

    click.echo(run(work))


@main.command()
@click.option("--role", type=click.Choice([role.value for role in Role]), default="member")
@click.option("--note", default="", help="Whom it is for.")
@click.option("--minor", is_flag=True, help="They are under age.")
def invite(role: str, note: str, minor: bool) -> None:
    """Print a link by which one person becomes a member, once, within a week."""
    from moderation import members
    from node.domain import uris

    async def work(context: Any) -> str:
        secret = await members.invite(context, by=None, role=Role(role), note=note, minor=minor)
        return uris.invitation(context.settings.url, secret)

    click.echo(run(work))
