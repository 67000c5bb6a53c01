"""Posts and people as pages show them: a dozen queries for a page, however many stand on it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from html import escape
from re import Match
from re import compile as pattern

from markupsafe import Markup

from node.context import Context
from node.domain.accounts import Account
from node.domain.filters import Filter
from node.domain.media import SHORTCODE, Emoji, Links, Media, Show, in_name
from node.domain.posts import Post
from node.domain.times import iso
from node.domain.visibility import CHOICES, Visibility, may_boost
from node.store import accounts, nodes, pages_of_unit, parts, posts, reactions
from node.store.database import Tx
from node.store.filtered import Filters
from node.web import notices, post_groups
from node.web.notices import NoticeView
from node.web.paths import account_path
from node.web.post_groups import PostGroup, PostGroups
from themes.phrases import Phrases

_TAG_OR_SHORTCODE = pattern(rf"<[^>]*>|{SHORTCODE.pattern}")
AUDIENCE_ICONS = {
    Visibility.UNIT: "building",
    Visibility.ORGANISATION: "network",
    Visibility.FOLLOWERS: "users",
    Visibility.GROUP: "group",
    Visibility.DIRECT: "mail",
    Visibility.PUBLIC: "globe",
}
"""The sign of each audience."""

_ANSWERED = (*CHOICES, Visibility.GROUP)


@dataclass(frozen=True, slots=True)
class PersonView:
    """Somebody in a list. unit: the name of the node they belong to. page: several people write in its name; board:
    they write notices. named: the name with the little pictures in it, as HTML.

    guest: somebody from outside, for a time. persona: a member under a pseudonym.
    """

    id: int
    name: str
    named: Markup
    path: str
    handle: str
    portrait: str
    unit: str
    position: str
    department: str
    skills: tuple[str, ...]
    local: bool
    page: bool
    board: bool
    guest: bool
    persona: bool


@dataclass(frozen=True, slots=True)
class PictureView:
    """A picture of a post: the preview that is shown, the whole behind it, and what is on it, in words."""

    preview: str
    original: str
    description: str
    width: int | None
    height: int | None


@dataclass(frozen=True, slots=True)
class FileView:
    """A film, sound or document of a post. kind: video, audio or document, '' for a link to somewhere else."""

    url: str
    name: str
    kind: str
    media_type: str


@dataclass(frozen=True, slots=True)
class PollView:
    """A poll: (answer, votes, in percent, chosen by the one who looks) each; `open` while one may vote."""

    options: tuple[tuple[str, int, int, bool], ...]
    several: bool
    open: bool
    votes: int
    ends: str
    over: bool


@dataclass(frozen=True, slots=True)
class PostView:
    """One post, ready for a template; `content` is sanitised HTML, `when` a moment in words and `moment` in full.

    entry: what stands in the stream: the post itself, or the boost that passes it on.
    folded: the title of the filter behind which it is shown; veiled: of one that folds its pictures only; where: the
    context of these filters, for who shows it anew. edits: it is in the name of a page that the one who looks edits;
    written_by: then who wrote it, '' when they have gone. notice: of one on a notice board.
    """

    id: int
    entry: int
    path: str
    author: PersonView
    wall: PersonView | None
    group: PostGroup | None
    boosted_by: PersonView | None
    answers: str
    content: str
    summary: str
    sensitive: bool
    language: str
    audience: str
    audience_icon: str
    audience_choice: str
    iso: str
    when: str
    moment: str
    edited: bool
    imported: bool
    favourited: bool
    boosted: bool
    bookmarked: bool
    pinned: bool
    muted: bool
    favourites: int
    boosts: int
    replies: int
    may_boost: bool
    mine: bool
    edits: bool
    written_by: str
    on_my_wall: bool
    names_me: bool
    pictures: tuple[PictureView, ...]
    files: tuple[FileView, ...]
    poll: PollView | None
    notice: NoticeView | None
    quote: "PostView | None"
    folded: str
    veiled: str
    where: str


def audience_words(_: Phrases) -> dict[str, str]:
    """Return every audience in words, the default first."""
    return {
        Visibility.UNIT.value: _("Own unit only"),
        Visibility.ORGANISATION.value: _("The whole organisation"),
        Visibility.FOLLOWERS.value: _("People who follow me"),
        Visibility.GROUP.value: _("Members of the group"),
        Visibility.DIRECT.value: _("Only people I name"),
        Visibility.PUBLIC.value: _("Everybody"),
    }


def complaint_words(_: Phrases) -> dict[str, str]:
    """Return what a complaint may be about, in words."""
    return {
        "other": _("Something else"),
        "spam": _("Unwanted advertising"),
        "legal": _("Against the law"),
        "violation": _("Against the house rules"),
    }


def _read_by(_: Phrases) -> dict[Visibility, str]:
    """Return who reads a post of an audience, as its readers are told."""
    return {
        Visibility.UNIT: _("Own unit only"),
        Visibility.ORGANISATION: _("The whole organisation"),
        Visibility.FOLLOWERS: _("Followers only"),
        Visibility.GROUP: _("Members of the group"),
        Visibility.DIRECT: _("Only those named"),
        Visibility.PUBLIC: _("Everybody"),
    }


async def people(ctx: Context, tx: Tx, found: Iterable[Account]) -> list[PersonView]:
    """Return views of people, each with the name of their unit; one query."""
    sight = await Sight.of(ctx, tx)
    return [sight.person(account) for account in found]


async def page(
    ctx: Context, tx: Tx, found: list[Post], *, viewer_id: int, words: Phrases, where: str = "", wanted: int = 0
) -> list[PostView]:
    """Return views of the posts; a boost is shown as what it passes on.

    where: the context of filters (`node.domain.filters.CONTEXTS`) in which those of the viewer apply, '' for none;
    what they hide is left out. wanted: the post that was asked for by itself, which is folded instead.
    """
    related = await posts.related(tx, found, viewer_id=viewer_id)
    every = [*found, *related.values()]
    answered = await posts.visible_authors(
        tx, {post.reply_to_id for post in every if post.reply_to_id}, viewer_id=viewer_id
    )
    known = await accounts.by_ids(
        tx,
        {viewer_id, *(post.author_id for post in every), *answered.values()}
        | {post.wall_id for post in every if post.wall_id},
    )
    shown = _Page(
        groups=await post_groups.read(tx, every, viewer_id=viewer_id, now=words.now),
        sight=await Sight.of(ctx, tx),
        words=words,
        viewer_id=viewer_id,
        related=related,
        answered=answered,
        known=known,
        mine=await reactions.of_viewer(tx, viewer_id, {post.id for post in every}),
        parts=await parts.of_page(tx, every, known, viewer_id=viewer_id),
        audiences=_read_by(words),
        bylines=await _bylines(tx, every, known, viewer_id=viewer_id),
        filters=await Filters.of(tx, viewer_id, every, now=words.now) if where else Filters({}),
        where=where,
        wanted=wanted,
    )
    views = [shown.of(post) for post in found]
    return [view for view in views if view is not None]


async def _bylines(tx: Tx, found: Iterable[Post], known: Mapping[int, Account], *, viewer_id: int) -> dict[int, str]:
    """Return who wrote what in the name of pages that the viewer edits: two queries, none where no page wrote."""
    signed = [post.id for post in found if post.local and known[post.author_id].page]
    if not signed:
        return {}
    writers = await pages_of_unit.bylines(tx, signed, viewer_id=viewer_id)
    people = await accounts.by_ids(tx, {id for id in writers.values() if id})
    return {post: people[id].name or people[id].username if id else "" for post, id in writers.items()}


@dataclass(frozen=True, slots=True)
class Sight:
    """What it takes to show people: links to their pictures, and the names of units by host ('' for this one)."""

    links: Links
    units: Mapping[str, str]
    authority: str

    @classmethod
    async def of(cls, ctx: Context, tx: Tx) -> "Sight":
        """Read the names of the units."""
        units = {member.host: member.name for member in await nodes.members(tx)}
        return cls(
            Links(ctx.settings.url, ctx.secret, ctx.clock()),
            units | {"": ctx.settings.node.name},
            ctx.settings.authority,
        )

    def person(self, account: Account) -> PersonView:
        """Return the view of somebody."""
        name = account.name or account.username
        return PersonView(
            id=account.id,
            name=name,
            named=Markup(_with_emojis(escape(name), in_name(account), self.links)),  # noqa: S704 it is escaped
            path=account_path(account),
            handle=f"@{account.handle(self.authority)}",
            portrait=self.links.portrait(account),
            unit=self.units.get(account.host) or account.host,
            position=account.position,
            department=account.department,
            skills=account.skills,
            local=account.local,
            page=account.page,
            board=account.board,
            guest=account.guest,
            persona=account.persona,
        )


@dataclass(frozen=True, slots=True)
class _Page:
    """What it takes to show a page of posts."""

    groups: PostGroups
    sight: Sight
    words: Phrases
    viewer_id: int
    related: Mapping[int, Post]
    answered: Mapping[int, int]
    known: Mapping[int, Account]
    mine: reactions.Mine
    parts: parts.PageParts
    audiences: Mapping[Visibility, str]
    bylines: Mapping[int, str]
    filters: Filters
    where: str
    wanted: int

    def of(self, post: Post) -> PostView | None:
        """Return the view of a post; of a boost that of what it passes on, None when that may not be seen, or hides."""
        shown = self.related.get(post.boost_of) if post.boost_of else post
        if shown is None or self._left_out(shown):
            return None
        return self._view(shown, by=post if post.boost_of else None)

    def _left_out(self, post: Post) -> bool:
        met = self._filter(post)
        return met is not None and met.action == "hide" and post.id != self.wanted

    def _filter(self, post: Post) -> Filter | None:
        return self.filters.verdict(post, self.where, viewer_id=self.viewer_id)

    @staticmethod
    def _names(post: Post, viewer: Account | None) -> bool:
        """Tell whether the text names the viewer with a link: an answer to them mentions them without it."""
        return viewer is not None and f'"{escape(viewer.url)}"' in post.content

    def _read_by(self, post: Post) -> str:
        alone = post.imported and post.visibility is Visibility.DIRECT
        return self.words("Only you") if alone else self.audiences[post.visibility]

    def _view(self, post: Post, *, by: Post | None = None, with_quote: bool = True) -> PostView:
        quote = self.related.get(post.quote_id) if post.quote_id and with_quote else None
        files = self.parts.files.get(post.id, [])
        wall = self.known.get(post.wall_id) if post.wall_id else None
        answered = self.known.get(self.answered.get(post.reply_to_id or 0, 0))
        own = post.author_id == self.viewer_id
        met = self._filter(post)
        return PostView(
            id=post.id,
            entry=(by or post).id,
            path=f"/posts/{post.id}",
            author=self.sight.person(self.known[post.author_id]),
            wall=self.sight.person(wall) if wall else None,
            group=self.groups.of(post),
            # A group says so itself, where it stands.
            boosted_by=self.sight.person(self.known[by.author_id]) if by and by.group_id != by.author_id else None,
            answers=answered.name if answered else "",
            content=_with_emojis(post.content, self.parts.emojis.get(post.id, []), self.sight.links),
            summary=post.summary,
            sensitive=post.sensitive,
            language=post.language,
            audience=self._read_by(post),
            audience_icon=AUDIENCE_ICONS[post.visibility],
            # A reply goes, unless its author widens or narrows it, to those who can read what it answers.
            audience_choice=(post.visibility if post.visibility in _ANSWERED else Visibility.ORGANISATION).value,
            iso=iso(post.published_at),
            when=self.words.ago(post.published_at),
            moment=self.words.moment(post.published_at),
            edited=post.edited_at is not None,
            imported=post.imported,
            favourited=post.id in self.mine.favourited,
            boosted=post.id in self.mine.boosted,
            bookmarked=post.id in self.mine.bookmarked,
            pinned=post.id in self.mine.pinned or (post.id in self.bylines and post.pinned_at is not None),
            muted=post.id in self.mine.muted,
            favourites=post.favourites,
            boosts=post.boosts,
            replies=post.replies,
            may_boost=may_boost(post.visibility, by_author=own),
            mine=own,
            edits=post.id in self.bylines,
            written_by=self.bylines.get(post.id, ""),
            on_my_wall=post.wall_id == self.viewer_id and post.wall_shown,
            names_me=not own and self._names(post, self.known.get(self.viewer_id)),
            pictures=tuple(_picture(one, self.sight.links) for one in files if one.kind == "image"),
            files=tuple(_file(one, self.sight.links) for one in files if one.kind != "image"),
            poll=self._poll(post.id),
            notice=notices.view(post, self.known[post.author_id], self.parts.notices.get(post.id), self.words),
            quote=self._view(quote, with_quote=False) if quote else None,
            folded=met.title if met and met.action != "blur" else "",
            veiled=met.title if met and met.action == "blur" else "",
            where=self.where if met or (quote and self._filter(quote)) else "",
        )

    def _poll(self, post_id: int) -> PollView | None:
        poll = self.parts.polls.get(post_id)
        if poll is None:
            return None
        own = self.parts.choices.get(post_id, [])
        total = sum(option.votes for option in poll.options)
        options = tuple(
            (option.name, option.votes, round(100 * option.votes / total) if total else 0, place in own)
            for place, option in enumerate(poll.options)
        )
        over = poll.is_over(self.words.now)
        ends = self.words.moment(poll.ends_at) if poll.ends_at else ""
        return PollView(options, poll.several, open=not own and not over, votes=total, ends=ends, over=over)


def _picture(file: Media, links: Links) -> PictureView:
    return PictureView(
        preview=links.to_file(file, Show.PREVIEW),
        original=links.to_file(file, Show.ORIGINAL),
        description=file.description,
        width=file.width,
        height=file.height,
    )


def _file(file: Media, links: Links) -> FileView:
    name = file.description or file.media_type
    if not file.ours_to_show:
        return FileView(file.remote_url, name, "", file.media_type)
    kind = "video" if file.kind == "gifv" else file.kind
    return FileView(links.to_file(file, Show.ORIGINAL), name, kind, file.media_type)


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
