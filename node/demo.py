"""`allmende demo`: three nodes and a partner's on this machine, one story, printed step by step and asserted."""

import asyncio
import contextlib
import json
import signal
import tempfile
import time
from datetime import date, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import click

from node.domain.text import excerpt
from node.fleet import PASSWORD, Failed, Node, Person, join_all, until

_PORTS = (8411, 8412, 8413, 8414)


async def run(*, check: bool) -> int:
    """Tell the story; return the exit code. Without `check` the nodes stay up until Ctrl-C."""
    began = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="allmende-demo-") as folder:
        nodes = [
            Node(name, Path(folder) / name.lower(), port=0 if check else port)
            for name, port in zip(("Lyon", "Graz", "Turin", "Acme"), _PORTS, strict=True)
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
    click.echo("\nAll four are running. Sign in with any of these; Ctrl-C stops them.")
    for node in nodes:
        names = ", ".join(person.username for person in people if person.node is node)
        click.echo(f"  {node.name:6} {node.url}   {names}   password: {PASSWORD}")
    stop = asyncio.Event()
    for name in (signal.SIGINT, signal.SIGTERM):
        with contextlib.suppress(NotImplementedError):
            asyncio.get_running_loop().add_signal_handler(name, stop.set)
    await stop.wait()


class Story:
    """One organisation, three nodes, a partner, a few people, and what each of them sees."""

    def __init__(self, nodes: list[Node], people: list[Person]) -> None:
        self.nodes = nodes
        self.people = people

    async def tell(self) -> None:
        """Every step, in order; a step that does not come true raises Failed."""
        self.step("Three nodes of an organisation start, and one of a partner, each with its own file and keys")
        await asyncio.gather(*[node.start() for node in self.nodes])
        lyon, graz, turin, acme = self.nodes
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
        await self.partner(ada, ben, acme)

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

    async def partner(self, ada: Person, ben: Person, acme: Node) -> None:
        self.step("Ada founds a group; Ben joins it from Graz")
        charter = {"username": "indigo", "display_name": "Indigo", "joining": "open", "listed": True}
        group = await ada.call("POST", "/groups", **charter)
        await self.joined(ben, group)
        await ada.post("What Acme asks for is too much.", group_id=group["id"])
        self.step(
            "Lyon shares the group with Acme, an organisation of its own: both sides sign a contract with a last day"
        )
        await acme.command("org", "create", "Acme Growers")
        ruth = await acme.member("ruth", name="Ruth Okafor", position="Grower")
        self.people.append(ruth)
        number = await self.contract(ada, ruth)
        at_ruth = await self.joined(ruth, group)
        self.step("What is written in it now is read on both sides, and nothing else is")
        said = await ada.post("How much woad can you grow?", group_id=group["id"])
        answer = await ruth.post("Two tonnes, if it rains.", group_id=at_ruth["id"])
        other = await ben.post("Looms free on Monday")
        for reader in (ada, ben, ruth):
            for post in (said, answer):
                await until(f"{reader.username} reads it", partial(self.at_home, reader, post["uri"]))
            self.say(reader, "reads both")
        await until("Ada sees what Ben wrote for the organisation", partial(ada.seen, other["uri"]))
        for text in (b"Looms free on Monday", b"is too much"):
            if _holds(acme, text):
                raise Failed("the partner holds what is not for it")
        self.say(ruth, "has nothing of the organisation, and nothing from before")
        self.step("Ada ends it: each side erases what it got from the other, and says so")
        await ada.node.command("bridge", "end", number, "--by", "ada")

        async def erased() -> bool:
            return await self.state(ada.node) == "erased" and not _holds(acme, b"How much woad")

        await until("Acme has erased it", erased, seconds=30)
        click.echo("   Acme   no file holds the texts of the others any more, and Lyon has its word for it")
        for node, person in ((ada.node, ada), (ben.node, ben)):

            async def gone(node: Node = node) -> bool:
                return not _holds(node, b"Two tonnes")

            await until(f"{node.name} has erased what Acme wrote", gone, seconds=30)
            self.say(person, "has nothing of Acme any more")

    async def at_home(self, person: Person, uri: str) -> bool:
        """Tell whether somebody's home shows a post, by its author or passed on by a group."""
        return any((one["reblog"] or one)["uri"] == uri for one in await person.stream())

    async def joined(self, person: Person, group: dict[str, Any]) -> dict[str, Any]:
        """Let somebody join a group, and return it as their node knows it."""

        async def listed() -> Any:
            found = await person.call("GET", "/groups/search", q="")
            return next((one for one in found if one["uri"] == group["uri"]), None)

        here: dict[str, Any] = await until(f"{person.username} finds the group", listed)
        await person.call("POST", f"/groups/{here['id']}/join")

        async def inside() -> bool:
            (told,) = await person.call("GET", "/groups/relationships", **{"id[]": here["id"]})
            return bool(told["member"])

        await until(f"{person.username} is in the group", inside)
        self.say(person, f"is in the group {here['display_name']}")
        return here

    async def contract(self, ada: Person, ruth: Person) -> str:
        """Draft, offer, take up and sign a contract; return its number at home, once it is active on both sides."""
        home, acme = ada.node, ruth.node
        last = (date.today() + timedelta(days=90)).isoformat()
        words = ("--purpose", "Plan the harvest", "--contact", "Ada Martin", "--partner-contact", "Ruth Okafor")
        await home.command("bridge", "draft", "indigo", acme.host, "--by", "ada", *words, "--until", last)
        (drafted,) = json.loads(await home.command("bridge", "list", "--json"))
        address = await home.command("bridge", "offer", str(drafted["id"]), "--by", "ada")
        taken = await acme.command("bridge", "take-up", address, "--by", "ruth", "--lead", "ruth")
        await acme.command("bridge", "agree", taken, "--by", "ruth")

        async def active() -> bool:
            return [await self.state(node) for node in (home, acme)] == ["active", "active"]

        await until("both know that it is open", active)
        click.echo(f"   Lyon   and Acme have signed: the group is shared until {last}")
        return str(drafted["id"])

    async def state(self, node: Node) -> str:
        """Return how the one bridge of a node stands."""
        (found,) = json.loads(await node.command("bridge", "list", "--json"))
        return str(found["state"])

    def step(self, title: str) -> None:
        click.echo(f"\n{title}")

    def say(self, person: Person, what: str) -> None:
        click.echo(f"   {person.node.name:6} {person.username} {what}")


def _holds(node: Node, text: bytes) -> bool:
    return any(
        text in path.read_bytes() for path in node.folder.rglob("*") if path.is_file() and path.name != "log.txt"
    )
