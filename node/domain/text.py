"""Text in, safe text out: Markdown to HTML, and the one sanitiser for HTML from anywhere.

The allowed subset is what Mastodon keeps (its `spec/activitypub`, "Sanitization"); everything else is
dropped, together with scripts' and styles' content.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from html import escape
from re import MULTILINE, Match
from re import compile as pattern
from unicodedata import normalize

import nh3

_TAGS = {
    "p", "br", "span", "a", "del", "pre", "code", "em", "strong", "b", "i", "u",
    "ul", "ol", "li", "blockquote",
}  # fmt: skip
_ATTRIBUTES = {"a": {"href", "class"}, "span": {"class"}, "ol": {"start", "reversed"}, "li": {"value"}}
_CLASSES = frozenset({"mention", "hashtag", "ellipsis", "invisible", "quote-inline", "h-card", "u-url"})
_HEADINGS = pattern(r"<(/?)h[1-6](?=[\s>])[^<>]*>")
_HIDDEN = pattern("[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f\u200e\u200f\u202a-\u202e\u2066-\u2069]")
_SPACE = pattern(r"\s+")

# Lookbehinds keep e-mail addresses and paths whole; every repetition is bounded or over one class. They stand behind
# the first sign, not before it: what begins with one of three signs is looked for a good deal faster.
_TOKEN = pattern(
    r"[h@#](?:"
    r"(?<=h)(?P<link>ttps?://[^\s<>\"']{1,2000})"
    r"|(?<=@)(?<![\w@/]@)(?P<user>[A-Za-z0-9_](?:[A-Za-z0-9_.-]{0,28}[A-Za-z0-9_])?)"
    r"(?:@(?P<host>[A-Za-z0-9](?:[A-Za-z0-9.-]{0,250}[A-Za-z0-9])?(?::\d{1,5})?))?"
    r"|(?<=#)(?<![\w#&/]#)(?P<tag>\w{1,100}))"
)


_AFTER_LINK = ".,;:!?)"
LINK_LENGTH = 23
"""How many characters a link counts, whatever its own length."""


# What may be Markdown, or a blank that it treats in its own way; a property test holds both ways of rendering alike.
_SIGNS = pattern(r"[*_`~\[\]<>&\\\r\t\x00]|^[ #+-]|^\d{1,9}[.)]|[^\S\n ]", MULTILINE)
_PARAGRAPHS = pattern(r"\n{2,}")
_BREAK = "<br>\n"


@dataclass(frozen=True, slots=True)
class Mentioned:
    """How a mention is shown: where it leads, and the name without the leading @."""

    url: str
    username: str


def _attribute(tag: str, name: str, value: str) -> str | None:
    if name == "class":
        return " ".join(word for word in value.split() if word in _CLASSES) or None
    return value


_SANITISER = nh3.Cleaner(
    tags=_TAGS,
    attributes=_ATTRIBUTES,
    attribute_filter=_attribute,
    url_schemes={"http", "https", "mailto"},
    clean_content_tags={"script", "style", "template", "noscript", "math", "svg", "iframe"},
    link_rel="nofollow noopener noreferrer",
    strip_comments=True,
)
_STRIPPER = nh3.Cleaner(tags=set())


def sanitise(html: str) -> str:
    """Return HTML with nothing in it but the allowed subset. Idempotent; never raises.

    Links carry rel="nofollow noopener noreferrer" and lead to http, https or mailto only.
    """
    return _SANITISER.clean(_HEADINGS.sub(lambda found: "</strong></p>" if found[1] else "<p><strong>", html))


def plain(text: str, *, longest: int) -> str:
    """Return one line of plain text: tags, control and direction-override characters removed."""
    return _SPACE.sub(" ", _HIDDEN.sub("", strip_tags(text))).strip()[:longest]


def strip_tags(html: str) -> str:
    """Return the text of an HTML fragment, not escaped."""
    from html import unescape

    return unescape(_STRIPPER.clean(html)) if "<" in html or "&" in html else html


def excerpt(html: str, *, longest: int = 80) -> str:
    """Return the beginning of a post as one line of plain text, for titles and terminals."""
    return plain(html.replace("</p>", " ").replace("<br", " <br"), longest=longest)


def names_in(text: str) -> set[tuple[str, str]]:
    """Return the (user, host) pairs mentioned in a text, both lower-case; host '' means this node."""
    return {(found["user"].lower(), (found["host"] or "").lower()) for found in _TOKEN.finditer(text) if found["user"]}


def length(text: str) -> int:
    """Return how long a text counts, as Mastodon's clients count it: each link as 23, a mention without its host."""

    def counted(found: Match[str]) -> str:
        if found["link"]:
            return "x" * LINK_LENGTH + found[0][len(found[0].rstrip(_AFTER_LINK)) :]
        return f"@{found['user']}" if found["user"] else found[0]

    return len(normalize("NFC", _TOKEN.sub(counted, text)))


def tags_in(text: str) -> set[str]:
    """Return the hashtags of a text, lower-case, without the sign."""
    return {found["tag"].lower() for found in _TOKEN.finditer(text) if found["tag"]}


def render(
    text: str, *, mentions: Mapping[tuple[str, str], Mentioned], tag_url: Callable[[str], str] | None = None
) -> str:
    """Render Markdown to sanitised HTML, with mentions, hashtags and bare links as anchors.

    `mentions` maps what `names_in` found to accounts that exist; other names stay text.
    """

    def anchor(found: Match[str]) -> str:
        if found["link"]:
            target = found[0].rstrip(_AFTER_LINK)
            rest = found[0][len(target) :]
            return f'<a href="{escape(target)}">{escape(target)}</a>{escape(rest)}'
        if found["tag"]:
            if tag_url is None:
                return escape(found[0])
            href = escape(tag_url(found["tag"].lower()))
            return f'<a href="{href}" class="mention hashtag">#<span>{escape(found["tag"])}</span></a>'
        known = mentions.get((found["user"].lower(), (found["host"] or "").lower()))
        if known is None:
            return escape(found[0])
        name = escape(known.username)
        return (
            f'<span class="h-card"><a href="{escape(known.url)}" class="u-url mention">@<span>{name}</span></a></span>'
        )

    return sanitise(_plain(text, anchor) if _SIGNS.search(text) is None else _marked_up(text, anchor)).strip()


def _plain(text: str, anchor: Callable[[Match[str]], str]) -> str:
    """Render a text in which nothing is Markdown, as most are: paragraphs and line breaks, in a fifth of the time."""
    rendered = []
    for paragraph in filter(None, (part.strip() for part in _PARAGRAPHS.split(text))):
        lines = [_with_anchors(line.rstrip(" "), anchor) for line in paragraph.split("\n")]
        rendered.append(f"<p>{_BREAK.join(lines)}</p>\n")
    return "".join(rendered)


def _marked_up(text: str, anchor: Callable[[Match[str]], str]) -> str:
    tokens = _markdown().parse(text)
    for token in tokens:
        depth = 0
        for child in token.children or ():
            if child.type == "link_open":
                depth += 1
            elif child.type == "link_close":
                depth -= 1
            elif child.type == "text" and depth == 0:
                child.content = _with_anchors(child.content, anchor)
                child.type = "html_inline"
    rendered: str = _markdown().renderer.render(tokens, _markdown().options, {})
    return rendered


def _with_anchors(text: str, anchor: Callable[[Match[str]], str]) -> str:
    parts = []
    end = 0
    for found in _TOKEN.finditer(text):
        parts += [escape(text[end : found.start()]), anchor(found)]
        end = found.end()
    return "".join([*parts, escape(text[end:])])


@cache
def _markdown():  # type: ignore[no-untyped-def]
    # Imported at first use: half of the commands and every idle start never render a text.
    from markdown_it import MarkdownIt

    return MarkdownIt("zero", {"html": False, "breaks": True}).enable(
        ["emphasis", "strikethrough", "backticks", "fence", "code", "blockquote", "list", "link", "newline",
         "escape", "heading", "entity"]
    )  # fmt: skip
