"""A node prepared for measuring: members of its organisation that exist only here, with keys of their own."""

import os
import platform
import time
from dataclasses import replace

from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.hashes import SHA256

from federation import keys
from federation import organisation as lists
from node.app import create_context
from node.config import Node as NodeSettings
from node.config import Settings, Storage, check
from node.context import Context
from node.domain import uris
from node.domain.accounts import Account
from node.domain.relationships import Follow
from node.effects import accounts as account_effects
from node.fleet import Node
from node.store import nodes, relationships
from outbox.organisation import local_actor


def machine() -> None:
    """Say how fast the machine is at this moment: shared ones change by a factor of three."""
    private = keys.generate_rsa().private
    began = time.perf_counter()
    for _ in range(200):
        private.sign(b"one signature", PKCS1v15(), SHA256())
    rate = 200 / (time.perf_counter() - began)
    print(f"{os.cpu_count()} cores, Python {platform.python_version()}, {rate:.0f} RSA-2048 signatures/s on one core")


async def opened(node: Node) -> Context:
    """Return a context on a node's own files, beside or instead of its process."""
    settings = Settings(
        node=NodeSettings(url=node.url, name=node.name, development=True), storage=Storage(data=str(node.folder))
    )
    return await create_context(check(settings))


async def with_members(ctx: Context, hosts: list[str]) -> None:
    """Make these hosts members of an organisation founded here."""
    founded = lists.founded(ctx.settings.url, name="Bench", host=ctx.settings.authority, key="z")
    members = [lists.node_member(f"http://{host}", name=host, host=host) for host in hosts]
    members.append(lists.node_member(ctx.settings.url, name="self", host=ctx.settings.authority))
    async with ctx.change() as change:
        await nodes.put_organisation(change.tx, founded, members)


async def remote(ctx: Context, host: str, username: str, pair: keys.KeyPair, *, shared: bool = True) -> Account:
    """Store a peer's actor as if it had been fetched."""
    uri = f"http://{host}/users/{username}"
    async with ctx.change() as change:
        actor = replace(
            local_actor(change, uri, username=username, kind="Person", name=username),
            host=host,
            shared_inbox=f"http://{host}/inbox" if shared else "",
            url=uri,
        )
        stored = await account_effects.remember(change, actor)
        await account_effects.put_keys(
            change, stored, [account_effects.ActorKey(uris.main_key(uri), "rsa", pair.public_pem)]
        )
        return stored


async def follows(ctx: Context, follower: Account, target: Account) -> None:
    """Store an accepted follow."""
    async with ctx.change() as change:
        id = change.new_id()
        row = Follow(
            id, uris.activity(f"http://{follower.host or ctx.settings.authority}", id), follower.id, target.id, True
        )
        await relationships.insert(change.tx, row)


def signer(actor: Account, pair: keys.KeyPair) -> keys.Signer:
    """Return what signs in the name of a peer's actor."""
    return keys.Signer(uris.main_key(actor.uri), pair.private)
