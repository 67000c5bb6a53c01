"""Whatever comes in: a typed error or a typed object, never anything else, and in bounded time."""

import contextlib
import copy
import json
from html.parser import HTMLParser

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from federation import documents, hosts, organisation, parse, parse_actor, parse_note, proofs, signatures
from federation.errors import BadSignature, FederationError, Malformed
from federation.keys import load_multikey
from node.domain import text
from node.limits import Limits

LIMITS = Limits()
BOB = "https://b.example/users/bob"
NOTE = {
    "id": f"{BOB}/posts/1",
    "type": "Note",
    "attributedTo": BOB,
    "content": "<p>hi</p>",
    "contentMap": {"de": "<p>hi</p>"},
    "summary": None,
    "sensitive": False,
    "published": "2026-01-05T09:00:00Z",
    "updated": "2026-01-05T09:00:00Z",
    "to": ["https://www.w3.org/ns/activitystreams#Public"],
    "cc": [f"{BOB}/followers"],
    "url": "https://b.example/@bob/1",
    "inReplyTo": "https://a.example/posts/1",
    "tag": [{"type": "Mention", "href": "https://a.example/users/ada", "name": "@ada"}],
    "target": {"id": "https://a.example/users/ada/wall", "attributedTo": "https://a.example/users/ada"},
}
ACTOR = {
    "id": BOB,
    "type": "Person",
    "preferredUsername": "bob",
    "name": "Bob",
    "summary": "<p>x</p>",
    "url": {"type": "Link", "href": "https://b.example/@bob"},
    "inbox": f"{BOB}/inbox",
    "outbox": f"{BOB}/outbox",
    "followers": f"{BOB}/followers",
    "following": f"{BOB}/following",
    "endpoints": {"sharedInbox": "https://b.example/inbox"},
    "manuallyApprovesFollowers": True,
    "attachment": [{"type": "PropertyValue", "name": "Skills", "value": "a, b"}],
    "knowsAbout": ["a"],
    "icon": {"type": "Image", "url": "https://b.example/b.png", "name": "b"},
    "tag": [{"type": "Emoji", "name": ":x:", "icon": {"type": "Image", "url": "https://b.example/x.png"}}],
    "publicKey": {"id": f"{BOB}#main-key", "owner": BOB, "publicKeyPem": "x"},
    "assertionMethod": [{"id": f"{BOB}#k", "type": "Multikey", "controller": BOB, "publicKeyMultibase": "z6"}],
    "published": "2026-01-05T09:00:00Z",
}


def activity(kind, about, **more):
    return {"@context": [], "id": f"{BOB}/a/1", "type": kind, "actor": BOB, "object": about} | more


FOLLOW = {"id": f"{BOB}/f", "type": "Follow", "actor": BOB, "object": "https://a.example/users/ada"}
CORPUS = [
    activity("Create", NOTE),
    activity("Create", NOTE | {"type": "Article", "name": "Title"}),
    activity("Update", NOTE),
    activity("Update", ACTOR),
    activity("Delete", {"id": f"{BOB}/posts/1", "type": "Tombstone", "formerType": "Note"}),
    activity("Delete", BOB),
    activity("Follow", "https://a.example/users/ada"),
    activity("Accept", FOLLOW),
    activity("Reject", FOLLOW),
    activity("Undo", FOLLOW),
    activity("Like", "https://a.example/posts/1"),
    activity("Announce", "https://a.example/posts/1", to=["as:Public"], published="2026-01-05T09:00:00Z"),
    activity("Add", "https://a.example/posts/1", target=f"{BOB}/wall"),
    activity("Remove", "https://a.example/posts/1", target={"id": f"{BOB}/wall"}),
    activity("Flag", ["https://a.example/users/ada", "https://a.example/posts/1"], content="why"),
    activity("Move", BOB, target="https://c.example/users/bob"),
    activity("Create", NOTE | {"type": "Question", "oneOf": [{"type": "Note", "name": "yes"}]}),
    activity("Undo", activity("Like", "https://a.example/posts/1")),
    activity("EmojiReact", "https://a.example/posts/1", content="x"),
    activity("Block", "https://a.example/users/ada"),
    activity("QuoteRequest", "https://a.example/posts/1", instrument=NOTE),
    activity("Announce", activity("Create", NOTE)),
    activity("Announce", activity("Undo", activity("Lock", f"{BOB}/posts/1"))),
    activity("Announce", activity("Add", f"{BOB}/posts/1", target={"id": f"{BOB}/featured"})),
    activity(
        "Create",
        {
            "id": f"{BOB}/v",
            "type": "Note",
            "name": "yes",
            "inReplyTo": "https://a.example/posts/1",
            "attributedTo": BOB,
            "to": ["https://a.example/users/ada"],
        },
    ),
]
WRONG = [
    None, "", "x", 7, -1.5, True, [], {}, [[]], [None], {"id": None}, {"type": []}, [{}], "javascript:alert(1)",
    "http://[", "https://b.example/" + "x" * 3000, ["a", {"id": 7}], {"id": ["x"]},
]  # fmt: skip


def places(value, path=()):
    """Every place in a document: the path to each key and item."""
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for name, child in inner:
        yield (*path, name)
        yield from places(child, (*path, name))


def changed(document, path, value):
    made = copy.deepcopy(document)
    at = made
    for name in path[:-1]:
        at = at[name]
    at[path[-1]] = value
    return made


def test_P08_any_wrong_value_anywhere_is_a_typed_error_or_a_typed_activity():
    tried = 0
    for document in CORPUS:
        for path in places(document):
            for value in [*WRONG, *([value] for value in WRONG)]:
                tried += 1
                with contextlib.suppress(FederationError):
                    parse.activity(changed(document, path, value))
    assert tried > 5_000


def test_P08_a_missing_field_is_no_crash_either():
    for document in CORPUS:
        for name in document:
            for inner in [name, *(document[name] if isinstance(document[name], dict) else ())]:
                less = copy.deepcopy(document)
                (less if inner == name else less[name]).pop(inner, None)
                with contextlib.suppress(FederationError):
                    parse.activity(less)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from([*ACTOR, *NOTE, "actor", "object", "@id", "@type", "proof"]), inner, max_size=6
        )
    ),
    max_leaves=25,
)


@given(JSON)
@settings(max_examples=400, deadline=None)
def test_P08_no_json_at_all_crashes_a_reader(value):
    body = json.dumps(value).encode("utf-8", "surrogatepass")
    try:
        document = documents.load(body, LIMITS)
    except Malformed:
        return
    for read in (parse.activity, parse_actor.actor, parse_note.note):
        with contextlib.suppress(FederationError):
            read(document)


@given(st.binary(max_size=300))
@example(b"[" * 100_000)
@example(b'{"a":' * 100_000)
@example(b'{"a":' + b"[" * 33 + b"]" * 33 + b"}")
@example(b'{"a":1e400}')
@example(b'{"a":' + b"9" * 5_000 + b"}")
@example(b'{"a":"\\ud800"}')
@example(b'{"a":"\\u0000"}')
@example(b'{"a":NaN}')
@example(b'"' * 100_000)
@settings(max_examples=300, deadline=None)
def test_P01_P07_bytes_are_a_document_or_malformed(body):
    with contextlib.suppress(Malformed):
        assert isinstance(documents.load(body, LIMITS), dict)


@pytest.mark.parametrize(
    ("within", "beyond"),
    [
        (b'{"a":' + b"[" * 31 + b"]" * 31 + b"}", b'{"a":' + b"[" * 32 + b"]" * 32 + b"}"),
        (json.dumps({"a": [1] * 1_000}).encode(), json.dumps({"a": [1] * 1_001}).encode()),
        (json.dumps({"a": "x" * 262_144}).encode(), json.dumps({"a": "x" * 262_145}).encode()),
        (
            json.dumps({"a": [[1] * 999] * 9 + [[1] * 980]}).encode(),
            json.dumps({"a": [[1] * 999] * 10 + [[1] * 980]}).encode(),
        ),
    ],
    ids=["depth", "items", "string", "nodes"],
)
def test_a_document_may_be_as_large_as_each_limit_and_no_larger(within, beyond):
    assert documents.load(within, LIMITS)
    with pytest.raises(Malformed):
        documents.load(beyond, LIMITS)


def test_what_exceeds_recipients_and_tags_is_left_out():
    names = [f"https://a.example/users/{number}" for number in range(600)]
    tags = [{"type": "Mention", "href": name} for name in names]
    found = parse_note.note(NOTE | {"to": names, "cc": names, "tag": tags})
    assert (len(found.to) + len(found.cc), len(found.mentions)) == (LIMITS.recipients, LIMITS.tags)


@given(st.text(max_size=200))
@settings(max_examples=300, deadline=None)
def test_S13_no_signature_header_crashes_a_reader(value):
    headers = [("Host", "a.example"), ("Date", value[:40]), ("Digest", value), ("Signature", value)]
    with contextlib.suppress(Malformed, BadSignature):
        signatures.read(
            signatures.SignedRequest("POST", "/inbox", headers, b"{}"), authority="a.example", now=0, limits=LIMITS
        )


@given(st.text(max_size=100) | st.from_regex(r"https?://[^\s]{0,60}"))
@settings(max_examples=500, deadline=None)
def test_I10_a_url_has_one_canonical_form_or_none(url):
    try:
        once = hosts.parse(url)
    except Malformed:
        return
    assert hosts.parse(once.text) == once
    assert "@" not in once.authority
    assert hosts.authority(once.authority if once.scheme == "https" else once.text) == once.authority


@given(JSON)
@settings(max_examples=200, deadline=None)
def test_no_proof_and_no_list_of_members_crashes_its_check(value):
    known = organisation.founded("https://a.example", name="x", host="a.example", key="z" + "1" * 46)
    document = {"id": known.members, "attributedTo": known.uri, "proof": value, "orderedItems": value, "version": 9}
    with contextlib.suppress(FederationError):
        organisation.checked(document, known)
    with contextlib.suppress(FederationError):
        proofs.check(document, key=load_multikey("z6MkrJVnaZkeFzdQyMZu1cgjg7k1pZZ6pvBQ7XJPt4swbTQ2"))


class _Reader(HTMLParser):
    """Fails on anything a sanitised text must not have."""

    allowed = text._TAGS

    def handle_starttag(self, tag, attrs):
        assert tag in self.allowed, tag
        for name, value in attrs:
            assert name in ("href", "rel", "class", "start", "reversed", "value"), name
            if name == "href":
                assert value.startswith(("http://", "https://", "mailto:")), value

    def handle_decl(self, decl):
        raise AssertionError(decl)

    def handle_comment(self, data):
        raise AssertionError(data)


MARKUP = st.lists(
    st.sampled_from(
        ["<p>", "</p>", "<script>", "</script>", "<img src=x onerror=alert(1)>", "<svg onload=x>", "<math>", "<style>",
         "</style>", "<a href='javascript:x'>", "<a href=\"https://a.example\">", "</a>", "<!--", "-->", "<noscript>",
         "<template>", "<h1>", "</h1>", "&lt;script&gt;", "&#106;avascript:", "\x00", "<", ">", "'", '"', "=", "x",
         "<a href=' jav\tascript:x'>", "<p style='position:fixed' class='modal mention'>", "]]>", "<![CDATA["]
    ),
    max_size=25,
).map("".join)  # fmt: skip


@given(MARKUP | st.text(max_size=100))
@settings(max_examples=500, deadline=None)
def test_H01_H05_sanitised_is_safe_and_stays_as_it_is(html):
    clean = text.sanitise(html)
    _Reader().feed(clean)
    assert text.sanitise(clean) == clean


@given(MARKUP | st.text(max_size=200))
@settings(max_examples=300, deadline=None)
def test_H01_what_a_member_types_is_safe_as_well(typed):
    _Reader().feed(text.render(typed, mentions={("ada", ""): text.Mentioned("https://a.example/@ada", "ada")}))
    assert "\n" not in text.plain(typed, longest=50)


@pytest.mark.parametrize("piece", ["<", "@", "#a", "http://", "*", "[", "`", "&", "> ", "- "])
def test_P09_long_monotonous_text_is_bounded_work(piece):
    long = (piece * 20_000)[:20_000]
    assert text.names_in(long) == set()
    assert len(text.sanitise(long)) < 400_000
    assert text.plain(long, longest=10) == text.plain(long, longest=10)
