"""`allmende demo`: three nodes on this machine, one story, printed step by step; with --check also asserted."""

import asyncio
import contextlib
import signal
import tempfile
import time
from functools import partial
from pathlib import Path
from typing import Any

import click

from node.domain.text import excerpt
from node.fleet import PASSWORD, Failed, Node, Person, join_all, until

_PORTS = (8411, 8412, 8413)


async def run(*, check: bool) -> int:
    """Tell the story; return the exit code. Without `check` the nodes stay up until Ctrl-C."""
    began = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="allmende-demo-") as folder:
        nodes = [
            Node(name, Path(folder) / name.lower(), port=0 if check else port)
            for name, port in zip(("Lyon", "Graz", "Turin"), _PORTS, strict=True)
        ]
        people: list[Person] = []
        try:
            await Story(nodes, people).tell()
            click.echo(f"\nThe story took {time.monotonic() - began:.0f} seconds; every step was checked.")
            if not check:
                await _stay(nodes, people)
        except Failed as error:
            click.echo(f"\nThe story broke: {error}", err=True)
            for node in nodes:
                click.echo(f"--- {node.name} said:\n{node.log()[-2000:]}", err=True)
            return 1
        finally:
            for person in people:
                await person.close()
            for node in nodes:
                await node.stop()
    return 0


async def _stay(nodes: list[Node], people: list[Person]) -> None:
    click.echo("\nAll three are running. Sign in with any of these; Ctrl-C stops them.")
    for node in nodes:
        names = ", ".join(person.username for person in people if person.node is node)
        click.echo(f"  {node.name:6} {node.url}   {names}   password: {PASSWORD}")
    stop = asyncio.Event()
    for name in (signal.SIGINT, signal.SIGTERM):
        with contextlib.suppress(NotImplementedError):
            asyncio.get_running_loop().add_signal_handler(name, stop.set)
    await stop.wait()


class Story:
    """One organisation, three nodes, a few people, and what each of them sees."""

    def __init__(self, nodes: list[Node], people: list[Person]) -> None:
        self.nodes = nodes
        self.people = people

    async def tell(self) -> None:
        """Every step, in order; a step that does not come true raises Failed."""
        self.step("Three nodes start, each with its own file and keys")
        await asyncio.gather(*[node.start() for node in self.nodes])
        lyon, graz, turin = self.nodes
        self.step("Lyon founds the organisation; Graz and Turin join with a code each")
        await join_all(lyon, [graz, turin], name="Weaving Works")
        self.step("Employees join")
        ada, ben, carla, dan = await asyncio.gather(
            lyon.member("ada", name="Ada Martin", position="Head of dyeing", department="Production", skills=("dyes",)),
            graz.member(
                "ben", name="Ben Huber", position="Weaver", department="Production", skills=("looms", "jacquard")
            ),
            turin.member("carla", name="Carla Riva", position="Designer", department="Design", skills=("patterns",)),
            lyon.member("dan", name="Dan Petit", position="Apprentice", department="Production"),
        )
        self.people += [ada, ben, carla, dan]
        found = await carla.find(ben)
        self.say(carla, f"finds {found['display_name']}: " + ", ".join(f["value"] for f in found["fields"]))
        self.step("They follow one another across nodes")
        await asyncio.gather(ben.follow(ada), carla.follow(ada), ada.follow(ben), dan.follow(ada))
        post = await self.post_reaches_all(ada, [ada, ben, carla])
        await self.unit_post_stays(ada, dan, [ben, carla])
        await self.reactions(post, ada, ben, carla)
        await self.wall(carla, ben, ada)
        await self.edit(post, ada, [ben, carla])
        await self.delete(post, ada, [ada, ben, carla, dan])

    async def post_reaches_all(self, author: Person, readers: list[Person]) -> dict[str, Any]:
        self.step("Ada posts for the whole organisation")
        post = await author.post("The **indigo** vat is ready. Who needs a sample?")
        for reader in readers:
            seen = await until(f"{reader.username} sees it", partial(reader.seen, post["uri"]))
            self.say(reader, f"reads: {excerpt(seen['content'])}")
        return post

    async def unit_post_stays(self, author: Person, colleague: Person, others: list[Person]) -> None:
        self.step("Ada posts for her own unit: it never leaves Lyon")
        post = await author.post("Fire drill at noon", visibility="unit")
        seen = await until("Dan sees it", lambda: colleague.seen(post["uri"], "unit"))
        self.say(colleague, f"reads: {excerpt(seen['content'])}")
        for other in others:
            for stream in ("home", "organisation"):
                if await other.seen(post["uri"], stream):
                    raise Failed(f"{other.username} sees a post of another unit")
            self.say(other, "sees nothing of it")

    async def reactions(self, post: dict[str, Any], ada: Person, ben: Person, carla: Person) -> None:
        self.step("Ben replies and likes; Carla boosts")
        at_ben, at_carla = await ben.seen(post["uri"]), await carla.seen(post["uri"])
        if at_ben is None or at_carla is None:
            raise Failed("the post is not there to be answered")
        reply = await ben.post(f"@{ada.handle} me, two metres please", in_reply_to_id=at_ben["id"])
        await ben.call("POST", f"/statuses/{at_ben['id']}/favourite")
        await carla.call("POST", f"/statuses/{at_carla['id']}/reblog")

        async def counted() -> dict[str, Any] | None:
            now: dict[str, Any] = await ada.call("GET", f"/statuses/{post['id']}")
            wanted = (1, 1, 1)
            return now if (now["replies_count"], now["favourites_count"], now["reblogs_count"]) == wanted else None

        await until("Ada's post has one reply, like and boost", counted)
        thread = await ada.call("GET", f"/statuses/{post['id']}/context")
        self.say(ada, f"reads beneath it: {excerpt(thread['descendants'][0]['content'])}")
        kinds = sorted(one["type"] for one in await ada.call("GET", "/notifications"))
        self.say(ada, f"was told of: {', '.join(kinds)}")
        await until("Carla sees the reply", lambda: carla.seen(reply["uri"]))
        self.say(carla, "reads the reply from Graz in Turin")

    async def wall(self, writer: Person, owner: Person, reader: Person) -> None:
        self.step("Carla writes on Ben's wall")
        account = await writer.find(owner)
        post = await writer.post("Your jacquard pattern made it into the collection!", wall_of=account["id"])
        for person in (owner, reader, writer):
            target = await person.find(owner)

            async def standing(person: Person = person, target: dict[str, Any] = target) -> Any:
                wall = await person.call("GET", f"/accounts/{target['id']}/statuses")
                return next((one for one in wall if one["uri"] == post["uri"]), None)

            seen = await until(f"{person.username} sees it on the wall", standing)
            self.say(person, f"reads on Ben's wall: {excerpt(seen['content'])}")

    async def edit(self, post: dict[str, Any], author: Person, readers: list[Person]) -> None:
        self.step("Ada edits her post")
        await author.call("PUT", f"/statuses/{post['id']}", status="The indigo vat is ready. Samples went to Graz.")
        for reader in readers:

            async def edited(reader: Person = reader) -> Any:
                seen = await reader.seen(post["uri"])
                return seen if seen and "Samples" in seen["content"] and seen["edited_at"] else None

            seen = await until(f"{reader.username} sees the new text", edited)
            self.say(reader, f"reads: {excerpt(seen['content'])}")

    async def delete(self, post: dict[str, Any], author: Person, readers: list[Person]) -> None:
        self.step("Ada deletes her post: every copy goes")
        await author.call("DELETE", f"/statuses/{post['id']}")
        for reader in readers:

            async def gone(reader: Person = reader) -> bool:
                streams = [await reader.seen(post["uri"], name) for name in ("home", "organisation")]
                boosts = [one for one in await reader.stream() if (one["reblog"] or {}).get("uri") == post["uri"]]
                return not any(streams) and not boosts

            await until(f"it is gone for {reader.username}", gone)
            self.say(reader, "sees it no more")
        for node in self.nodes:

            async def erased(node: Node = node) -> bool:
                return not _holds(node, b"Samples went to Graz")

            await until(f"no file of {node.name} holds the text", erased)
            click.echo(f"   {node.name:6} no file holds its text any more")

    def step(self, title: str) -> None:
        click.echo(f"\n{title}")

    def say(self, person: Person, what: str) -> None:
        click.echo(f"   {person.node.name:6} {person.username} {what}")


def _holds(node: Node, text: bytes) -> bool:
    return any(
        text in path.read_bytes() for path in node.folder.rglob("*") if path.is_file() and path.name != "log.txt"
    )
