"""What this node holds about somebody: for those who have to find all of it, whoever may see it.

Words are looked up in the index that search has, and as they are written in everything that a post is made of: its text
and what that was made of, what it was before it was edited, its warning, the answers of its poll, what its pictures
show and what its files are called elsewhere, and whom it names. The second way reads every post: few ask, and what they
are asked for is all of it.
"""

from collections.abc import Iterable, Sequence
from html import escape

from node.domain.accounts import Account
from node.domain.posts import Post
from node.domain.words import Phrase, Query, words
from node.store import posts as post_rows
from node.store.accounts import COLUMNS, account
from node.store.database import Tx
from node.store.pages import Page
from node.store.words import matching

_LONGEST = 16  # words of one phrase


def _has(*columns: str, of: str = "text") -> str:
    return " OR ".join(f"LOWER({column}) LIKE :{of} ESCAPE '!'" for column in columns)


_POST_HAS = f"""({_has("p.content", of="html")} OR {_has("p.source", "p.summary")}
    OR EXISTS (SELECT 1 FROM post_versions v WHERE v.post_id = p.id
          AND ({_has("v.content", of="html")} OR {_has("v.summary", "v.options")}))
    OR EXISTS (SELECT 1 FROM poll_options o WHERE o.post_id = p.id AND ({_has("o.name")}))
    OR EXISTS (SELECT 1 FROM media f WHERE f.post_id = p.id AND ({_has("f.description", "f.remote_url")}))
    OR EXISTS (SELECT 1 FROM mentions n JOIN accounts a ON a.id = n.account_id
          WHERE n.post_id = p.id AND ({_has("a.username", "a.name")})))"""

_ACCOUNT_HAS = _has(
    "a.username", "a.name", "a.summary", "a.fields", "a.position", "a.department", "a.site", "a.skills", "a.icon_alt",
    "a.image_alt",
)  # fmt: skip


def _anywhere(said: str) -> str:
    for sign in "!%_":
        said = said.replace(sign, f"!{sign}")
    return f"%{said.lower()}%"


async def posts(tx: Tx, said: str, page: Page) -> list[Post]:
    """Return the posts that have these words anywhere, whoever may see them, the newest first."""
    rows = await tx.all(
        f"SELECT p.id FROM posts p WHERE p.boost_of IS NULL AND {_POST_HAS} AND {page.of('p.id')}",
        text=_anywhere(said),
        html=_anywhere(escape(said, quote=False)),
        **page.values,
    )
    phrase = tuple(words(said)[:_LONGEST])
    indexed = await matching(tx, Query((Phrase(phrase),)), page) if phrase else []
    ids = sorted({*(row["id"] for row in rows), *indexed}, reverse=True)[: page.limit]
    found = await post_rows.by_ids(tx, ids)
    return [found[id] for id in ids]


async def accounts(tx: Tx, said: str, *, limit: int) -> list[Account]:
    """Return the accounts whose profiles have these words, groups and pages among them, the newest first."""
    rows = await tx.all(
        f"""SELECT {COLUMNS} FROM accounts a WHERE a.deleted_at IS NULL AND ({_ACCOUNT_HAS})
             ORDER BY a.id DESC LIMIT :limit""",
        text=_anywhere(said),
        limit=limit,
    )
    return [account(row) for row in rows]


async def posts_at(tx: Tx, addresses: Sequence[str], *, ids: Iterable[int] = ()) -> list[Post]:
    """Return the posts whose addresses, or numbers, these are, whoever may see them."""
    rows = await tx.all(
        f"""SELECT {post_rows.COLUMNS} FROM posts p
             WHERE p.boost_of IS NULL AND (p.uri IN (:addresses) OR p.url IN (:addresses) OR p.id IN (:ids))
             ORDER BY p.id DESC""",
        addresses=list(addresses),
        ids=sorted(set(ids)),
    )
    return [post_rows.post(row) for row in rows]


async def accounts_at(tx: Tx, addresses: Sequence[str]) -> list[Account]:
    """Return the accounts whose addresses these are."""
    rows = await tx.all(
        f"""SELECT {COLUMNS} FROM accounts a
             WHERE a.deleted_at IS NULL AND (a.uri IN (:addresses) OR a.url IN (:addresses)) ORDER BY a.id DESC""",
        addresses=list(addresses),
    )
    return [account(row) for row in rows]
