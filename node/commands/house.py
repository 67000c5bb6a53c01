"""Commands about what a node has for everybody: little pictures, mail, announcements."""

from pathlib import Path
from typing import Any

import click

from node.commands.shared import Group, json_option, main, run, show, tell


@main.group(cls=Group)
def emoji() -> None:
    """Little pictures that members write with, as :shortcode:."""


@emoji.command("add")
@click.argument("shortcode")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
def emoji_add(shortcode: str, file: Path) -> None:
    """Let :SHORTCODE: stand for the picture in FILE."""
    from moderation import emojis

    run(lambda context: emojis.add(context, shortcode.strip(":"), file))
    click.echo(f"Added :{shortcode.strip(':')}:.")


@emoji.command("remove")
@click.argument("shortcode")
def emoji_remove(shortcode: str) -> None:
    """Remove a picture; where it was written the word stays."""
    from moderation import emojis, retention

    async def work(context: Any) -> None:
        await emojis.remove(context, shortcode.strip(":"))
        await retention.erase_files(context)

    run(work)
    click.echo(f"Removed :{shortcode.strip(':')}:.")


@emoji.command("list")
@json_option
def emoji_list(as_json: bool) -> None:
    """List the pictures."""
    from node.store import media

    async def work(context: Any) -> list[dict[str, Any]]:
        async with context.db.read() as tx:
            return [{"shortcode": one.shortcode} for one in await media.own_emojis(tx)]

    show(run(work), as_json=as_json, empty="None yet: allmende emoji add SHORTCODE FILE")


@main.group(cls=Group)
def mail() -> None:
    """Mails to members."""


@mail.command("test")
@click.argument("address")
@json_option
def mail_test(address: str, as_json: bool) -> None:
    """Send a test to ADDRESS: each step to the mail server, and whether the node listens for answers."""
    from node.inspection import mailed

    tell(run(lambda context: mailed.send(context, address)), as_json=as_json)


@main.group(cls=Group)
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
    from node.domain.announcements import check_end

    def moment(given: Any) -> int | None:
        return int(given.replace(tzinfo=UTC).timestamp() * 1000) if given else None

    async def work(context: Any) -> int:
        end = moment(ends)
        check_end(end, now=context.clock())
        made = await announcements.publish(context, text, starts_at=moment(starts), ends_at=end, all_day=all_day)
        return made.id

    click.echo(f"Announced. To take it back: allmende announcement remove {run(work)}")


@announcement.command("remove")
@click.argument("number", type=int)
def announcement_remove(number: int) -> None:
    """Take an announcement back."""
    from moderation import announcements

    run(lambda context: announcements.withdraw(context, number))
    click.echo("Removed.")


@announcement.command("list")
@json_option
def announcement_list(as_json: bool) -> None:
    """List what is announced and not over."""
    from node.domain.times import iso
    from node.store import announcements

    async def work(context: Any) -> list[dict[str, Any]]:
        async with context.db.read() as tx:
            found = await announcements.present(tx, now=context.clock())
        return [{"id": one.id, "since": iso(one.published_at), "what": one.text} for one in found]

    show(run(work), as_json=as_json, empty="None: allmende announcement add TEXT")
