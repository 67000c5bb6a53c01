"""Posts as pages show them: a dozen queries for a page, however many posts stand on it."""

from dataclasses import dataclass
from datetime import UTC, datetime
from html import escape
from re import Match
from re import compile as pattern

from node.context import Context
from node.domain.accounts import Account
from node.domain.media import SHORTCODE, Emoji, Links, Media, Show
from node.domain.posts import Post
from node.domain.visibility import CHOICES, Visibility, may_boost
from node.store import accounts, parts, posts, reactions
from node.store.database import Tx
from themes.phrases import Translate

_TAG_OR_SHORTCODE = pattern(rf"<[^>]*>|{SHORTCODE.pattern}")


@dataclass(frozen=True, slots=True)
class PictureView:
    """A picture of a post: the preview that is shown, the whole behind it, and what is on it, in words."""

    preview: str
    original: str
    description: str
    width: int | None
    height: int | None


@dataclass(frozen=True, slots=True)
class PollView:
    """A poll: (answer, votes, in percent, chosen by the one who looks) each; `open` while one may vote."""

    options: tuple[tuple[str, int, int, bool], ...]
    several: bool
    open: bool
    votes: int


@dataclass(frozen=True, slots=True)
class PostView:
    """One post, ready for a template; `content` is sanitised HTML."""

    id: int
    path: str
    author: str
    author_path: str
    handle: str
    wall: str
    wall_path: str
    boosted_by: str
    content: str
    summary: str
    audience: str
    audience_choice: str
    iso: str
    when: str
    edited: bool
    favourited: bool
    boosted: bool
    favourites: int
    boosts: int
    replies: int
    may_boost: bool
    mine: bool
    on_my_wall: bool
    pictures: tuple[PictureView, ...]
    files: tuple[tuple[str, str], ...]
    poll: PollView | None
    quote: "PostView | None"


def audience_words(translate: Translate) -> dict[str, str]:
    """Return every audience in words, the default first."""
    return {
        Visibility.UNIT.value: translate("Own unit only"),
        Visibility.ORGANISATION.value: translate("The whole organisation"),
        Visibility.FOLLOWERS.value: translate("People who follow me"),
        Visibility.DIRECT.value: translate("Only people I name"),
        Visibility.PUBLIC.value: translate("Everybody"),
    }


def account_path(account: Account) -> str:
    """Return where an account is seen on this node."""
    return f"/@{account.username}" if account.local else f"/@{account.username}@{account.host}"


async def page(ctx: Context, tx: Tx, found: list[Post], *, viewer_id: int, translate: Translate) -> list[PostView]:
    """Return views of the posts; a boost is shown as what it passes on."""
    related = await posts.related(tx, found, viewer_id=viewer_id)
    every = [*found, *related.values()]
    people = {post.author_id for post in every} | {post.wall_id for post in every if post.wall_id}
    known = await accounts.by_ids(tx, people)
    mine = await reactions.of_viewer(tx, viewer_id, {post.id for post in every})
    hanging = await parts.of_page(tx, every, known, viewer_id=viewer_id)
    links = Links(ctx.settings.url, ctx.secret, ctx.clock())
    words = audience_words(translate)

    def view(post: Post, *, boosted_by: str = "", with_quote: bool = True) -> PostView:
        author = known[post.author_id]
        wall = known.get(post.wall_id) if post.wall_id else None
        quote = related.get(post.quote_id) if post.quote_id and with_quote else None
        moment = datetime.fromtimestamp(post.published_at / 1000, UTC)
        files = hanging.files.get(post.id, [])
        return PostView(
            id=post.id,
            path=f"/posts/{post.id}",
            author=author.name,
            author_path=account_path(author),
            handle=f"@{author.handle(ctx.settings.authority)}",
            wall=wall.name if wall else "",
            wall_path=account_path(wall) if wall else "",
            boosted_by=boosted_by,
            content=_with_emojis(post.content, hanging.emojis.get(post.id, []), links),
            summary=post.summary,
            audience=words[post.visibility.value],
            # A reply goes, unless its author widens or narrows it, to those who can read what it answers.
            audience_choice=(post.visibility if post.visibility in CHOICES else Visibility.ORGANISATION).value,
            iso=moment.isoformat(),
            when=moment.strftime("%Y-%m-%d %H:%M"),
            edited=post.edited_at is not None,
            favourited=post.id in mine.favourited,
            boosted=post.id in mine.boosted,
            favourites=post.favourites,
            boosts=post.boosts,
            replies=post.replies,
            may_boost=may_boost(post.visibility, by_author=post.author_id == viewer_id),
            mine=post.author_id == viewer_id,
            on_my_wall=post.wall_id == viewer_id and post.wall_shown,
            pictures=tuple(_picture(one, links) for one in files if one.kind == "image"),
            files=tuple(
                (one.remote_url or links.to(one.id, Show.ORIGINAL), one.description or one.media_type)
                for one in files
                if one.kind != "image"
            ),
            poll=_poll(hanging, post.id, now=ctx.clock()),
            quote=view(quote, with_quote=False) if quote else None,
        )

    shown = [(post, related.get(post.boost_of) if post.boost_of else post) for post in found]
    return [
        view(inner, boosted_by=known[post.author_id].name if post.boost_of else "")
        for post, inner in shown
        if inner is not None
    ]


def _picture(file: Media, links: Links) -> PictureView:
    return PictureView(
        preview=links.to(file.id, Show.PREVIEW),
        original=links.to(file.id, Show.ORIGINAL),
        description=file.description,
        width=file.width,
        height=file.height,
    )


def _poll(hanging: parts.PageParts, post_id: int, *, now: int) -> PollView | None:
    poll = hanging.polls.get(post_id)
    if poll is None:
        return None
    own = hanging.choices.get(post_id, [])
    total = sum(option.votes for option in poll.options)
    options = tuple(
        (option.name, option.votes, round(100 * option.votes / total) if total else 0, place in own)
        for place, option in enumerate(poll.options)
    )
    return PollView(options, poll.several, open=not own and not poll.is_over(now), votes=total)


def _with_emojis(content: str, emojis: list[Emoji], links: Links) -> str:
    """Put pictures in place of `:shortcode:` in sanitised HTML, nowhere within a tag."""
    known = {emoji.shortcode: links.to(emoji.id, Show.EMOJI) for emoji in emojis}
    if not known:
        return content

    def picture(found: Match[str]) -> str:
        name = found[1]
        if name not in known:
            return found[0]
        return f'<img class="emoji" src="{escape(known[name])}" alt=":{name}:" title=":{name}:">'

    return _TAG_OR_SHORTCODE.sub(picture, content)
