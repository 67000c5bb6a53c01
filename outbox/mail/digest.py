"""Tells members once a day or week what is new; nothing when nothing is."""

from email.message import EmailMessage

from node.context import Context
from node.domain import text
from node.domain.mails import Digest, Letter, Mailing, digest_marks
from node.domain.posts import Post
from node.store import accounts, digests, mail_settings, markers
from node.store.database import Tx
from outbox.mail.entries import entries, name, paragraphs, shortened
from outbox.mail.letters import compose, put, stop_link
from themes import mails as wording
from themes.phrases import Phrases

_MEMBERS_AT_ONCE = 100
_NEWS = 8
_COUNTED = 100
_POSTS = 5
_COLLEAGUES = 10
_LONGEST_EXCERPT = 280


async def queue_due(ctx: Context) -> int:
    """Queue the digests that are due, a hundred at most; return how many."""
    queued = 0
    for digest, since in digest_marks(ctx.clock(), ctx.settings.node.timezone).items():
        async with ctx.db.read() as tx:
            due = await mail_settings.waiting_for_digest(tx, digest, since=since, limit=_MEMBERS_AT_ONCE)
        for member in due:
            async with ctx.change() as change:
                if await mail_settings.digested(change.tx, member, now=change.now):
                    about: dict[str, object] = {"since": member.digested_at}
                    queued += await put(change, Mailing.DIGEST, account_id=member.account_id, about=about)
    return queued


async def write(ctx: Context, letter: Letter) -> EmailMessage | None:
    """Return the mail; None: nothing happened, or the member does not want it any more."""
    since, now, member_id = int(str(letter.about["since"])), ctx.clock(), letter.account_id
    async with ctx.db.read() as tx:
        member = await mail_settings.of(tx, member_id)
        user = await accounts.user(tx, member_id)
        if member is None or user is None or member.digest is Digest.NEVER:
            return None
        words = Phrases(user.comfort.language, now, ctx.settings.node.timezone)
        read = await markers.last_read(tx, member_id, "notifications")
        unread = await digests.unread(tx, member_id, since=since, read=read, limit=_COUNTED)
        news = await entries(ctx, tx, unread[:_NEWS], member_id=member_id, words=words)
        posts = await _posts(ctx, tx, member_id, since=since)
        colleagues = await digests.new_colleagues(tx, member_id, since=since, limit=_COLLEAGUES)
        announced = await digests.announced(tx, since=since, now=now)
    if not (news or posts or colleagues or announced):
        return None
    stop = stop_link(ctx, member, Mailing.DIGEST)
    said = wording.render(
        ctx.settings.look,
        "digest",
        words,
        node=ctx.settings.node,
        subject=words("What is new at %(name)s", name=ctx.settings.node.name),
        entries=news,
        more=len(unread) - len(news),
        posts=posts,
        colleagues=[
            {
                "who": name(one),
                "what": ", ".join(filter(None, (one.position, one.department))),
                "url": f"{ctx.settings.url}/@{one.username}",
            }
            for one in colleagues
        ],
        announcements=[part for one in announced for part in paragraphs(one.content)],
        daily=member.digest is Digest.DAILY,
        stop=stop,
        line="-- ",
    )
    return compose(ctx, letter, said, to=member.address, stop=stop)


async def _posts(ctx: Context, tx: Tx, member_id: int, *, since: int) -> list[dict[str, object]]:
    found = await digests.talked_about(tx, member_id, since=since, limit=_POSTS)
    authors = await accounts.by_ids(tx, {post.author_id for post in found})
    return [_line(ctx, post, name(authors[post.author_id])) for post in found]


def _line(ctx: Context, post: Post, who: str) -> dict[str, object]:
    return {
        "who": who,
        "answers": post.replies,
        "warning": text.plain(post.summary, longest=_LONGEST_EXCERPT),
        "excerpt": shortened(text.excerpt(post.content, longest=_LONGEST_EXCERPT + 1), longest=_LONGEST_EXCERPT),
        "url": f"{ctx.settings.url}/posts/{post.id}",
    }
