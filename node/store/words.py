"""The words by which posts are found: written in the transaction that writes the post, and gone with it.

SQLite has an FTS5 index, PostgreSQL a column of its own type with a GIN index. Both get words that are folded already
and read nothing else into them, so both find the same; and both get masks in place of them (`node.ports.Seals.mask`),
so that nobody reads in the index what is sealed in the posts.
"""

from collections.abc import Sequence
from dataclasses import replace

from node.domain.posts import Post
from node.domain.words import Phrase, Query, said, words
from node.store import posts, sealed
from node.store.database import Tx
from node.store.pages import Page

_BATCH = 500
_PLACES = 255  # of one word, as many as PostgreSQL keeps


async def put(tx: Tx, post: Post, text: str) -> None:
    """Write the words of a post, in place of those it had; `text` is all it says (`node.domain.words.said`)."""
    await _put(tx, post.id, post.author_id, text)


async def _put(tx: Tx, post_id: int, author_id: int, text: str) -> None:
    found = words(text)
    if not found:
        await tx.run("DELETE FROM post_words WHERE post_id = :id", id=post_id)
        return
    value = ":words" if tx.dialect == "sqlite" else "CAST(:words AS TSVECTOR)"
    marked = [_mark(author_id), *map(tx.seals.mask, found)]
    await tx.run(
        f"""INSERT INTO post_words (post_id, words) VALUES (:id, {value})
            ON CONFLICT (post_id) DO UPDATE SET words = excluded.words WHERE post_words.words <> excluded.words""",
        id=post_id,
        words=" ".join(marked) if tx.dialect == "sqlite" else _vector(marked),
    )


async def make_index(tx: Tx) -> None:
    """Write the words of all posts, where the index of them is missing."""
    after = 0
    while found := await tx.all(
        f"SELECT id, author_id FROM posts WHERE id > :after AND boost_of IS NULL ORDER BY id LIMIT {_BATCH}",
        after=after,
    ):
        said_by = await texts(tx, [row["id"] for row in found])
        for row in found:
            await _put(tx, row["id"], row["author_id"], said_by[row["id"]])
        after = found[-1]["id"]


def _mark(author_id: int) -> str:
    """Return the word that stands for an author: no text has one with such a sign in it."""
    return f"_{author_id}"


def _vector(found: Sequence[str]) -> str:
    """Return words with their places, as PostgreSQL writes a tsvector; they have no sign that needs escaping."""
    places: dict[str, list[str]] = {}
    for place, word in enumerate(found, start=1):
        known = places.setdefault(word, [])
        if len(known) < _PLACES:
            known.append(str(place))
    return " ".join(f"'{word}':{','.join(known)}" for word, known in places.items())


async def matching(tx: Tx, query: Query, page: Page, *, author_id: int | None = None) -> list[int]:
    """Return the ids of posts that have a query's phrases, whoever asks, newest first; with `author_id` of one author.

    The query has a phrase at least. The index is read no further than the page needs.
    """
    phrases = [_masked(tx, phrase) for phrase in query.phrases]
    if author_id is not None:
        phrases.append(Phrase((_mark(author_id),)))
    if tx.dialect == "sqlite":
        asked = " ".join(f'"{" ".join(one.words)}"{"*" if one.open else ""}' for one in phrases)
        source, id = "post_index WHERE post_index MATCH :words", "rowid"
    else:
        asked = " & ".join(f"({_in_a_row(one.words)}{':*' if one.open else ''})" for one in phrases)
        source, id = "post_words WHERE words @@ CAST(:words AS TSQUERY)", "post_id"
    rows = await tx.all(f"SELECT {id} AS id FROM {source} AND {page.of(id)}", words=asked, **page.values)
    return page.newest_first([row["id"] for row in rows])


def _masked(tx: Tx, phrase: Phrase) -> Phrase:
    return replace(phrase, words=tuple(map(tx.seals.mask, phrase.words)))


def _in_a_row(found: Sequence[str]) -> str:
    return " <-> ".join(f"'{word}'" for word in found)


async def texts(tx: Tx, post_ids: Sequence[int]) -> dict[int, str]:
    """Return post id → all that it says, as plain text; three queries."""
    options: dict[int, list[str]] = {}
    for row in await tx.all(
        "SELECT post_id, name FROM poll_options WHERE post_id IN (:ids) ORDER BY post_id, place", ids=post_ids
    ):
        options.setdefault(row["post_id"], []).append(sealed.read_text(tx, row["name"]))
    descriptions: dict[int, list[str]] = {}
    for row in await tx.all(
        "SELECT post_id, description FROM media WHERE post_id IN (:ids) ORDER BY post_id, place", ids=post_ids
    ):
        descriptions.setdefault(row["post_id"], []).append(sealed.read_text(tx, row["description"]))
    found = {}
    for row in await tx.all("SELECT id, said FROM posts WHERE id IN (:ids)", ids=post_ids):
        content, _, summary = posts.texts(tx, row["said"])
        found[row["id"]] = said(
            summary=summary,
            content=content,
            options=options.get(row["id"], ()),
            descriptions=descriptions.get(row["id"], ()),
        )
    return found
