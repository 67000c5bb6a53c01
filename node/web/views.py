"""Posts as pages show them: six queries for a page, however many posts stand on it."""

from dataclasses import dataclass
from datetime import UTC, datetime

from node.domain.accounts import Account
from node.domain.posts import Post
from node.domain.visibility import CHOICES, Visibility, may_boost
from node.store import accounts, posts, reactions
from node.store.database import Tx
from themes.phrases import Translate


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


async def page(tx: Tx, found: list[Post], *, viewer_id: int, authority: str, translate: Translate) -> list[PostView]:
    """Return views of the posts; a boost is shown as what it passes on."""
    boosted = await posts.visible_ids(tx, {post.boost_of for post in found if post.boost_of}, viewer_id=viewer_id)
    every = [*found, *boosted.values()]
    people = {post.author_id for post in every} | {post.wall_id for post in every if post.wall_id}
    known = await accounts.by_ids(tx, people)
    liked, passed_on = await reactions.of_viewer(tx, viewer_id, {post.id for post in every})
    words = audience_words(translate)
    views = []
    for post in found:
        shown = boosted.get(post.boost_of) if post.boost_of else post
        if shown is None:
            continue
        author = known[shown.author_id]
        wall = known.get(shown.wall_id) if shown.wall_id else None
        moment = datetime.fromtimestamp(shown.published_at / 1000, UTC)
        views.append(
            PostView(
                id=shown.id,
                path=f"/posts/{shown.id}",
                author=author.name,
                author_path=account_path(author),
                handle=f"@{author.handle(authority)}",
                wall=wall.name if wall else "",
                wall_path=account_path(wall) if wall else "",
                boosted_by=known[post.author_id].name if post.boost_of else "",
                content=shown.content,
                summary=shown.summary,
                audience=words[shown.visibility.value],
                # A reply goes, unless its author widens or narrows it, to those who can read what it answers.
                audience_choice=(shown.visibility if shown.visibility in CHOICES else Visibility.ORGANISATION).value,
                iso=moment.isoformat(),
                when=moment.strftime("%Y-%m-%d %H:%M"),
                edited=shown.edited_at is not None,
                favourited=shown.id in liked,
                boosted=shown.id in passed_on,
                favourites=shown.favourites,
                boosts=shown.boosts,
                replies=shown.replies,
                may_boost=may_boost(shown.visibility, by_author=shown.author_id == viewer_id),
                mine=shown.author_id == viewer_id,
                on_my_wall=shown.wall_id == viewer_id and shown.wall_shown,
            )
        )
    return views
