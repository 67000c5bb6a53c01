"""The little pictures that members of this node write with: who looks after the node chooses them."""

from pathlib import Path
from re import compile as pattern

from node.adapters import images
from node.context import Context
from node.domain.media import Emoji
from node.effects import files
from node.errors import Conflict, Invalid, NotFound
from node.store import media

_SHORTCODE = pattern(r"[a-zA-Z0-9_]{2,64}")
_LIMITS = images.ImageLimits(longest_side=128)


async def add(ctx: Context, shortcode: str, picture: Path) -> Emoji:
    """Let `:shortcode:` stand for a picture in what members write from now on.

    Raises:
        Invalid: no name for one, or no picture that we can read. Conflict: there is one of that name.
    """
    if not _SHORTCODE.fullmatch(shortcode):
        raise Invalid("A shortcode has 2 to 64 letters, digits or _. Choose another one.")
    made = await images.render_aside(picture, limits=_LIMITS)
    (file,) = await files.put(ctx, (made.data, made.media_type))
    async with ctx.change() as change:
        if await media.own_emoji(change.tx, shortcode) is not None:
            raise Conflict("There is a picture of that name. Remove it first, or choose another one.")
        emoji = Emoji(change.new_id(), "", shortcode, "", file)
        await media.put_emojis(change.tx, [emoji])
        await media.store_emoji(change.tx, emoji.id, file=file)
        await files.keep(change, file)
        return emoji


async def remove(ctx: Context, shortcode: str) -> None:
    """Forget a picture; where it was written the word stays.

    Raises:
        NotFound: there is none of that name.
    """
    async with ctx.change() as change:
        emoji = await media.own_emoji(change.tx, shortcode)
        if emoji is None:
            raise NotFound("There is no picture of that name.")
        await media.remove_emoji(change.tx, emoji)
