"""What mails show of notifications and posts: of what is for few it says who wrote, not what (threat L08)."""

from collections.abc import Sequence
from dataclasses import dataclass

from node.context import Context
from node.domain import text
from node.domain.accounts import Account
from node.domain.mails import Topic, topic
from node.domain.notifications import Notification
from node.domain.posts import Post
from node.domain.visibility import is_private
from node.store import accounts, posts
from node.store.database import Tx
from outbox.mail.letters import answer_address
from themes.phrases import Phrases, notices

Paragraphs = tuple[tuple[str, ...], ...]

_LONGEST_NAME = 80
_LONGEST_TEXT = 3_000
_ANSWERABLE = (Topic.MENTION, Topic.REPLY, Topic.DIRECT, Topic.STATUS)


@dataclass(frozen=True, slots=True)
class Entry:
    """One notification, ready for a template.

    who did what (`says`), and when. paragraphs: lines of the post's text; warning: what stands before it, which then
    is not shown; kept_back: it is for certain people. url, link: where to read on, and what that is called. answer:
    the address to answer to, '' for none. thread: the conversation it belongs to, '' for none.
    """

    who: str
    says: str
    when: str
    paragraphs: Paragraphs
    warning: str
    kept_back: bool
    url: str
    link: str
    answer: str
    thread: str


def paragraphs(html: str, *, longest: int = _LONGEST_TEXT) -> Paragraphs:
    """Return the text of a post as paragraphs of lines, none of them markup."""
    broken = html.replace("\n", " ").replace("</p>", "\n\n").replace("</li>", "\n").replace("<br", "\n<br")
    lines = "\n".join(text.plain(line, longest=longest) for line in broken.split("\n"))[:longest]
    return tuple(tuple(part.split("\n")) for part in lines.strip().split("\n\n") if part.strip())


def shortened(said: str, *, longest: int) -> str:
    """Return the beginning of a line, up to the end of a word, when it is longer than this."""
    return said if len(said) <= longest else f"{said[:longest].rsplit(' ', 1)[0]} …"


def name(account: Account) -> str:
    """Return what somebody is called, in one line."""
    return text.plain(account.name or account.username, longest=_LONGEST_NAME)


async def entries(
    ctx: Context, tx: Tx, found: Sequence[Notification], *, member_id: int, words: Phrases
) -> list[Entry]:
    """Return notifications as mails show them; the caller has checked that the member may see what they are about."""
    senders = await accounts.by_ids(tx, {one.from_id for one in found})
    about = await posts.by_ids(tx, {one.post_id for one in found if one.post_id})
    answered = await posts.by_ids(tx, {post.reply_to_id for post in about.values() if post.reply_to_id})
    made = []
    for one in found:
        post = about.get(one.post_id or 0)
        parent = answered.get(post.reply_to_id or 0) if post else None
        mine = parent is not None and parent.author_id == member_id
        what = topic(one.kind, visibility=post.visibility if post else None, answers=mine)
        made.append(_entry(ctx, one, senders[one.from_id], post, what, words))
    return made


def _entry(ctx: Context, one: Notification, sender: Account, post: Post | None, what: Topic, words: Phrases) -> Entry:
    private = post is not None and is_private(post.visibility)
    shown = post is not None and not private and not post.summary and what in _ANSWERABLE
    may_answer = post is not None and what in _ANSWERABLE and "reply" not in post.closed and not post.locked
    return Entry(
        who=name(sender),
        says=_says(one, what, words),
        when=words.date(one.created_at),
        paragraphs=paragraphs(post.content) if post is not None and shown else (),
        warning=text.plain(post.summary, longest=_LONGEST_NAME) if post is not None and not private else "",
        kept_back=private,
        url=_url(ctx, sender, post, what),
        link=words("Read the post") if post is not None else words("Look at it"),
        answer=answer_address(ctx, account_id=one.account_id, post_id=post.id)
        if post is not None and may_answer
        else "",
        thread=f"thread.{post.thread_id}" if post is not None else "",
    )


def _says(one: Notification, what: Topic, words: Phrases) -> str:
    match what:
        case Topic.REPLY:
            return words("answers you")
        case Topic.DIRECT:
            return words("writes to you")
        case _:
            return notices(words)[one.kind]


def _url(ctx: Context, sender: Account, post: Post | None, what: Topic) -> str:
    base = ctx.settings.url
    if post is not None:
        return f"{base}/posts/{post.id}"
    if what in (Topic.FOLLOW_REQUEST, Topic.REPORT):
        return f"{base}/notifications"
    return f"{base}/@{sender.handle(ctx.settings.authority)}" if sender.host else f"{base}/@{sender.username}"
