"""Commands about the organisation, keys, and what is on its way to other nodes."""

from typing import Any

import click

from node.commands.shared import Group, json_option, main, run, show


@main.group(cls=Group)
def org() -> None:
    """The organisation: the nodes that read each other."""


@org.command("create")
@click.argument("name")
def org_create(name: str) -> None:
    """Found an organisation with this node as its first member."""
    from outbox import organisation

    found = run(lambda context: organisation.create(context, name))
    click.echo(f"Founded {found.name}. Next: allmende org invite")


@org.command("invite")
def org_invite() -> None:
    """Print a one-time code for a new node, valid for a week."""
    from outbox import organisation

    click.echo(run(organisation.invite))


@org.command("join")
@click.argument("code")
def org_join(code: str) -> None:
    """Join the organisation that CODE invites to. The node must be running at its public address."""
    from outbox import organisation

    click.echo(f"Joined {run(lambda context: organisation.join(context, code)).name}.")


@org.command("members")
@json_option
def org_members(as_json: bool) -> None:
    """List the nodes of the organisation."""
    from node.store import nodes

    async def work(context: Any) -> list[dict[str, Any]]:
        async with context.db.read() as tx:
            return [{"host": one.host, "kind": one.kind, "name": one.name} for one in await nodes.members(tx)]

    show(run(work), as_json=as_json, empty="This node stands alone: allmende org create NAME, or org join CODE.")


@org.command("remove")
@click.argument("domain")
def org_remove(domain: str) -> None:
    """Remove a node from the organisation, everywhere."""
    from outbox import organisation

    run(lambda context: organisation.remove(context, domain))
    click.echo(f"Removed {domain}. Every node is told now.")


@org.command("admit")
@click.argument("domain")
def org_admit(domain: str) -> None:
    """Admit a server with other software (Mastodon, GoToSocial, ...) by its domain."""
    from outbox import organisation

    click.echo(f"Admitted {run(lambda context: organisation.admit(context, domain)).host}.")


@main.group(cls=Group)
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

    run(work)
    click.echo("New keys are in use; the other nodes are being told.")


@main.group(cls=Group)
def deliveries() -> None:
    """What is on its way to other nodes."""


@deliveries.command("list")
@click.option("--limit", default=100, show_default=True)
@json_option
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

    show(run(work), as_json=as_json, empty="Nothing is stuck.")


@deliveries.command("retry")
@click.argument("host", default="")
def deliveries_retry(host: str) -> None:
    """Try everything undelivered to HOST (or to all) again now."""
    from moderation import deliveries

    async def work(context: Any) -> int:
        return await deliveries.retry(context, host)

    click.echo(f"{run(work)} deliveries are tried again now.")
