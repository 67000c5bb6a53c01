"""The guarded client against real servers on loopback: what it sends, follows, counts and refuses."""

import ast
import asyncio
import gzip
import ssl
import time
import zlib
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from federation import wire as wire_module
from federation.errors import FederationError, Malformed, Refused, Unreachable, Vanished
from federation.guard import Guard
from federation.wire import ACCEPT_DOCUMENT, ACTIVITY, Wire
from node.limits import KIB, MIB, Limits
from tests.servers import document, http, redirect, serving

NOW = 1_800_000_000_000


class Names:
    """A name system that answers from a list, the last answer again and again, and counts questions."""

    def __init__(self, *answers):
        self.answers = list(answers)
        self.asked = []

    async def __call__(self, host, port):
        self.asked.append(host)
        return self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]


@asynccontextmanager
async def client(*, guard=None, resolve=None, **limits):
    wire = Wire(
        guard=guard or Guard(loopback=True),
        limits=replace(Limits(), **limits),
        user_agent="Allmende/test (+https://h.example)",
        clock=lambda: NOW,
        resolve=resolve,
    )
    try:
        yield wire
    finally:
        await wire.close()


async def fetch(wire, url, max_bytes=MIB, **options):
    return await wire.get(url, accept="*/*", max_bytes=max_bytes, **options)


# What is sent, and what comes back.


async def test_a_get_sends_what_it_should_and_returns_what_came():
    answer = http(b"hello", 'Content-Type: Application/LD+JSON; charset=utf-8; Profile="a b"')
    async with serving(lambda _: answer) as server, client() as wire:
        reply = await fetch(wire, server.url("/a?b=%2F#c"))
        [request] = server.requests
    assert (reply.status, reply.body, reply.retry_after) == (200, b"hello", None)
    assert (reply.content_type, reply.profile) == ("application/ld+json", "a b")
    assert reply.url == server.url("/a?b=%2F")
    assert (request.method, request.path, request.body) == ("GET", "/a?b=%2F", b"")
    assert request.headers["host"] == f"peer.localhost:{server.port}"
    assert request.headers["user-agent"] == "Allmende/test (+https://h.example)"
    assert request.headers["accept-encoding"] == "gzip"


async def test_a_post_sends_the_signed_bytes_and_returns_the_answer():
    signed = []

    def sign(method, url, body):
        signed.append((method, url, body))
        return {"host": url.split("/")[2], "Signature": "s", "Digest": "d"}

    accepted = http(b"ok", status="202 Accepted")
    async with serving(lambda _: accepted) as server, client() as wire:
        reply = await wire.post(server.url("/inbox"), b'{"a":1}', content_type=ACTIVITY, sign=sign)
        [request] = server.requests
        assert signed == [("POST", server.url("/inbox"), b'{"a":1}')]
    assert (reply.status, reply.body) == (202, b"ok")
    assert (request.method, request.path, request.body) == ("POST", "/inbox", b'{"a":1}')
    assert request.headers["content-type"] == ACTIVITY
    assert (request.headers["signature"], request.headers["digest"]) == ("s", "d")


async def test_a_path_is_sent_as_it_was_signed():
    async with serving(lambda _: http()) as server, client() as wire:
        for path in ("/a/../b", "/%7Eada/%e2%82%ac", "//x", "/?q=a+b%20c&&", "/@ada;x='(!)"):
            await fetch(wire, server.url(path))
            assert server.requests[-1].path == path


async def test_cookies_are_never_kept():
    async with serving(lambda _: http(b"", "Set-Cookie: a=b; Path=/")) as server, client() as wire:
        for _ in range(2):
            await fetch(wire, server.url())
        assert all("cookie" not in request.headers for request in server.requests)


async def test_posts_share_a_connection_even_when_answers_explain_at_length():
    async with serving(lambda _: http(b"x" * 60 * KIB, status="400 Bad Request")) as server, client() as wire:
        for _ in range(5):
            await wire.post(server.url(), b"{}", content_type=ACTIVITY, sign=None)
        assert (len(server.requests), server.connects) == (5, 1)


async def test_P02_a_post_reads_64_kib_of_an_endless_answer_and_gives_up_the_connection():
    async def endless(_):
        yield b"HTTP/1.1 202 Accepted\r\nTransfer-Encoding: chunked\r\n\r\n"
        while True:
            yield b"4000\r\n" + b"x" * 0x4000 + b"\r\n"

    async with serving(endless) as server, client() as wire:
        reply = await wire.post(server.url(), b"{}", content_type=ACTIVITY, sign=None)
        assert (reply.status, len(reply.body)) == (202, 64 * KIB)
        reply = await wire.post(server.url(), b"{}", content_type=ACTIVITY, sign=None)
        assert server.connects == 2
    assert server.sent < 20 * MIB


async def test_a_post_never_follows_a_redirect():
    async with serving(lambda _: http()) as other:
        there = other.url("/inbox", host="other.localhost")
        async with serving(lambda _: redirect(there, "307 Temporary Redirect")) as server, client() as wire:
            reply = await wire.post(server.url(), b"{}", content_type=ACTIVITY, sign=None)
        assert (reply.status, other.connects) == (307, 0)


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("0", 0),
        ("120", 120),
        (" 7 ", 7),
        ("21600", 21_600),
        ("21601", 21_600),
        ("9" * 5_000, 21_600),
        ("-5", None),
        ("1.5", None),
        ("٣", None),
        ("soon", None),
        ("", None),
        ("Fri, 15 Jan 2027 08:01:00 GMT", 60),
        ("Fri, 15 Jan 2027 08:01:00 -0000", 60),
        ("Fri, 15 Jan 2027 07:00:00 GMT", 0),
        ("Fri, 15 Jan 2038 08:00:00 GMT", 21_600),
        ("Fri, 99 Jan 99999 99:99:99 GMT", None),
    ],
)
async def test_retry_after_is_read_as_seconds_or_date_and_capped_at_six_hours(value, seconds):
    answer = http(b"", f"Retry-After: {value}", status="429 Too Many Requests")
    async with serving(lambda _: answer.decode().encode("utf-8")) as server, client() as wire:
        reply = await wire.post(server.url(), b"{}", content_type=ACTIVITY, sign=None)
    assert reply.retry_after == seconds


# Documents.


async def test_a_document_is_asked_for_and_returned_with_its_final_url():
    def answer(request):
        return redirect("/users/ada") if request.path == "/@ada" else document(b'{"id":1}')

    async with serving(answer) as server, client() as wire:
        assert await wire.get_document(server.url("/@ada"), sign=None) == (
            server.url("/users/ada"),
            b'{"id":1}',
        )
        assert {request.headers["accept"] for request in server.requests} == {ACCEPT_DOCUMENT}


async def test_I02_a_redirect_to_another_host_shows_in_the_final_url():
    async with serving(lambda _: document()) as other:
        there = other.url("/a", host="other.localhost")
        async with serving(lambda _: redirect(there)) as server, client() as wire:
            final, _ = await wire.get_document(server.url("/a"), sign=None)
    assert final == there


@pytest.mark.parametrize(
    "content_type",
    [
        "application/activity+json",
        "Application/Activity+JSON; charset=utf-8",
        'application/ld+json; profile="https://www.w3.org/ns/activitystreams"',
        "application/ld+json;charset=utf-8;profile=https://www.w3.org/ns/activitystreams",
        'application/ld+json; profile="http://a.example https://www.w3.org/ns/activitystreams"',
    ],
)
async def test_an_activitystreams_label_is_accepted(content_type):
    async with serving(lambda _: http(b"{}", f"Content-Type: {content_type}")) as server, client() as wire:
        assert (await wire.get_document(server.url(), sign=None))[1] == b"{}"


@pytest.mark.parametrize(
    "labels",
    [
        [],
        ["Content-Type: "],
        ["Content-Type: application/json"],
        ["Content-Type: text/plain"],
        ["Content-Type: text/html; profile=https://www.w3.org/ns/activitystreams"],
        ["Content-Type: application/octet-stream"],
        ["Content-Type: application/ld+json"],
        ['Content-Type: application/ld+json; profile="https://www.w3.org/ns/activitystreams-x"'],
        ["Content-Type: application/ld+json; profile=http://www.w3.org/ns/activitystreams"],
        ["Content-Type: application/activity+jsonx"],
        ["Content-Type: text/plain, application/activity+json"],
        ["Content-Type: text/plain", "Content-Type: application/activity+json"],
        ["Content-Type: application/activity+json", "Content-Type: text/plain"],
    ],
)
async def test_I03_any_other_label_is_no_document(labels):
    async with serving(lambda _: http(b"{}", *labels)) as server, client() as wire:
        with pytest.raises(Malformed):
            await wire.get_document(server.url(), sign=None)


@pytest.mark.parametrize(
    ("status", "error"),
    [
        ("401 Unauthorized", Refused),
        ("403 Forbidden", Refused),
        ("404 Not Found", Vanished),
        ("410 Gone", Vanished),
        ("204 No Content", Unreachable),
        ("304 Not Modified", Unreachable),
        ("300 Multiple Choices", Unreachable),
        ("429 Too Many Requests", Unreachable),
        ("500 Internal Server Error", Unreachable),
    ],
)
async def test_a_status_that_is_not_200_has_its_own_error(status, error):
    explained = status[:3] not in ("204", "304")
    headers = [f"Content-Type: {ACTIVITY}"] + ["Content-Encoding: odd"] * explained
    answer = http(b"x" * 200 * KIB if explained else b"", *headers, status=status)
    async with serving(lambda _: answer) as server, client(fetched_document=KIB) as wire:
        with pytest.raises(error) as caught:
            await wire.get_document(server.url(), sign=None)
    if error is Vanished:
        assert caught.value.gone == status.startswith("410")


# Where it connects to.


@pytest.mark.parametrize(
    "host", ["127.0.0.1", "localhost", "[::1]", "[::ffff:127.0.0.1]", "[::ffff:7f00:1]", "0.0.0.0", "[::]"]
)
async def test_N01_loopback_is_refused_in_production_without_a_connect(host):
    async with serving(lambda _: http()) as server:
        async with client(guard=Guard(ports=frozenset({server.port}))) as wire:
            for url in (server.url(host=host, scheme="https"), server.url(host=host)):
                with pytest.raises(Refused):
                    await fetch(wire, url)
                with pytest.raises(Refused):
                    await wire.post(url, b"{}", content_type=ACTIVITY, sign=None)
                with pytest.raises(Refused):
                    await wire.get_document(url, sign=None)
        assert server.connects == 0


@pytest.mark.parametrize("number", ["2130706433", "0x7f.1", "0177.0.0.1", "127.1", "0x7f000001"])
async def test_N05_odd_number_forms_of_loopback_are_refused_without_a_connect(number):
    async with serving(lambda _: http()) as server, client() as wire:
        for host in (number, number + "."):
            with pytest.raises(Malformed):
                await fetch(wire, server.url(host=host))
        assert server.connects == 0


async def test_N05_a_name_that_only_looks_like_loopback_is_resolved_and_checked():
    names = Names(["127.0.0.1"])
    async with serving(lambda _: http()) as server:
        async with client(guard=Guard(loopback=True, ports=frozenset({server.port})), resolve=names) as wire:
            with pytest.raises(Refused):
                await fetch(wire, server.url(host="127.0.0.1.nip.example", scheme="https"))
        assert (server.connects, names.asked) == (0, ["127.0.0.1.nip.example"])


@pytest.mark.parametrize(
    "answers",
    [
        ["127.0.0.1"],
        ["93.184.216.34", "127.0.0.1"],
        ["127.0.0.1", "93.184.216.34"],
        ["2606:4700::1111", "93.184.216.34", "::1"],
        ["::ffff:127.0.0.1"],
        ["10.2.0.1"],
        ["fe80::1%lo"],
    ],
)
async def test_N03_one_forbidden_answer_refuses_the_host_without_a_connect(answers):
    async with serving(lambda _: http()) as server:
        guard = Guard(ports=frozenset({server.port}))
        async with client(guard=guard, resolve=Names(answers)) as wire:
            url = server.url(host="mixed.example", scheme="https")
            with pytest.raises(Refused):
                await fetch(wire, url)
            with pytest.raises(Refused):
                await wire.post(url, b"{}", content_type=ACTIVITY, sign=None)
        assert server.connects == 0


async def test_N03_a_name_is_resolved_once_and_the_checked_address_is_used():
    names = Names(["127.0.0.1"], ["169.254.169.254"])
    close = http(b"", "Connection: close")
    async with serving(lambda _: close) as server, client(resolve=names) as wire:
        for _ in range(3):
            assert (await fetch(wire, server.url())).status == 200
        assert server.connects == 3
    assert names.asked == ["peer.localhost"]


@pytest.fixture(scope="module")
def certificate(tmp_path_factory):
    """A certificate for peer.localhost that signs itself, with its key, in one file."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "peer.localhost")])
    now = datetime.now(UTC)
    signed = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("peer.localhost")]), critical=False)
        .sign(key, hashes.SHA256())
    )
    path = tmp_path_factory.mktemp("tls") / "peer.pem"
    path.write_bytes(
        signed.public_bytes(serialization.Encoding.PEM)
        + key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    return path


@pytest.fixture
def tls(certificate, monkeypatch):
    """A server context whose certificate the client trusts."""
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    return context


async def test_N03_the_checked_address_is_told_the_name_in_host_and_sni(tls):
    names = Names(["127.0.0.1"])
    async with serving(lambda _: http(b"safe"), tls) as server, client(resolve=names) as wire:
        assert (await fetch(wire, server.url(scheme="https"))).body == b"safe"
        assert server.server_names == ["peer.localhost"]
        assert server.requests[0].headers["host"] == f"peer.localhost:{server.port}"


async def test_a_certificate_of_another_name_is_not_trusted(tls):
    async with serving(lambda _: http(), tls) as server, client() as wire:
        with pytest.raises(Unreachable):
            await fetch(wire, server.url(host="other.localhost", scheme="https"))
        assert server.requests == []


async def test_a_certificate_nobody_vouches_for_is_not_trusted(tls, monkeypatch):
    monkeypatch.delenv("SSL_CERT_FILE")
    async with serving(lambda _: http(), tls) as server, client() as wire:
        with pytest.raises(Unreachable):
            await fetch(wire, server.url(scheme="https"))
        assert server.requests == []


async def test_N02_a_listed_host_is_refused_outside_its_network_without_a_connect():
    async with serving(lambda _: http()) as server:
        guard = Guard(private_hosts={"node-b.corp": ()}, ports=frozenset({server.port}))
        async with client(guard=guard, resolve=Names(["127.0.0.1"])) as wire:
            with pytest.raises(Refused):
                await fetch(wire, server.url(host="node-b.corp", scheme="https"))
        assert server.connects == 0


async def test_N06_other_ports_and_schemes_are_refused_before_the_name_is_resolved():
    names = Names(["93.184.216.34"])
    async with client(guard=Guard(), resolve=names) as wire:
        for place in (":22/", ":25/", ":6379/", ":80/", ":8443/"):
            with pytest.raises(Refused):
                await fetch(wire, f"https://h.example{place}")
        with pytest.raises(Refused):
            await fetch(wire, "http://h.example/")
        for url in (
            "gopher://h.example/",
            "ftp://h.example/",
            "data:,x",
            "file:///etc/passwd",
            "javascript:1",
        ):
            with pytest.raises(Malformed):
                await fetch(wire, url)
    assert names.asked == []


@pytest.mark.parametrize("path", ["/\r\nX-Injected: 1", "/a b", "/%0d%0aX:", "/\x00", "/a\\b", "/\t"])
async def test_N07_an_injecting_url_is_refused_without_a_connect(path):
    async with serving(lambda _: http()) as server, client() as wire:
        with pytest.raises(Malformed):
            await fetch(wire, server.url(path))
        with pytest.raises(Malformed):
            await wire.post(server.url(path), b"{}", content_type=ACTIVITY, sign=None)
        assert server.connects == 0


async def test_a_host_that_may_not_be_contacted_is_not_resolved():
    names = Names(["127.0.0.1"])
    asked = []
    async with serving(lambda _: http()) as server, client(resolve=names) as wire:
        with pytest.raises(Refused):
            await wire.get_document(server.url(), sign=None, may_contact=asked.append)
        assert asked == [f"peer.localhost:{server.port}"]
        assert (server.connects, names.asked) == (0, [])


# Redirects.


async def test_N04_every_hop_is_signed_anew_for_its_own_url():
    async with serving(lambda _: document()) as other:
        there = other.url("/b", host="other.localhost")
        async with serving(lambda _: redirect(there)) as server, client() as wire:
            await wire.get_document(
                server.url("/a"), sign=lambda method, url, body: {"Signature": f"{method} {url} {body}"}
            )
            signatures = [request.headers["signature"] for request in server.requests + other.requests]
    assert signatures == [f"GET {server.url('/a')} None", f"GET {there} None"]


@pytest.mark.parametrize(
    ("location", "error"),
    [
        ("https://10.0.0.1/", Refused),
        ("http://169.254.169.254/latest/meta-data/", Refused),
        ("https://[::ffff:127.0.0.1]:{port}/", Refused),
        ("https://[::]:{port}/", Refused),
        ("https://0.0.0.0:{port}/", Refused),
        ("https://inside.example:{port}/", Refused),
        ("//inside.example:{port}/", Refused),
        ("http://2130706433:{port}/", Malformed),
        ("http://peer.localhost@127.0.0.1:{port}/", Malformed),
        ("file:///etc/passwd", Malformed),
        ("data:application/activity+json,1", Malformed),
        ("gopher://127.0.0.1:{port}/_x", Malformed),
        ("/\x0bx", Malformed),
        ("/%0d%0aX", Malformed),
    ],
)
async def test_N04_a_redirect_to_a_forbidden_target_is_refused_without_a_connect(location, error):
    async def resolve(host, port):
        return ["127.0.0.1"]

    async with serving(lambda _: http(b"secret")) as admin:
        answer = redirect(location.format(port=admin.port))
        guard = Guard(loopback=True, ports=frozenset({admin.port}))
        async with serving(lambda _: answer) as server, client(guard=guard, resolve=resolve) as wire:
            with pytest.raises(error):
                await fetch(wire, server.url())
        assert (server.connects, admin.connects) == (1, 0)


async def test_N04_a_redirect_to_an_unlisted_host_is_refused_without_a_connect():
    async with serving(lambda _: document()) as other:
        there = other.url(host="other.localhost")
        async with serving(lambda _: redirect(there)) as server, client() as wire:
            listed = {f"peer.localhost:{server.port}"}
            with pytest.raises(Refused):
                await wire.get_document(server.url(), sign=None, may_contact=listed.__contains__)
        assert (server.connects, other.connects) == (1, 0)


async def test_N04_a_redirect_from_https_to_http_is_refused_without_a_connect(tls):
    async with serving(lambda _: http()) as plain:
        async with serving(lambda _: redirect(plain.url()), tls) as server, client() as wire:
            with pytest.raises(Refused):
                await fetch(wire, server.url(scheme="https"))
        assert (len(server.requests), plain.connects) == (1, 0)


async def test_a_redirect_from_http_to_https_is_followed(tls):
    async with serving(lambda _: http(b"safe"), tls) as server:
        safe = server.url(scheme="https")
        async with serving(lambda _: redirect(safe)) as plain, client() as wire:
            assert (await fetch(wire, plain.url())).url == safe


@pytest.mark.parametrize("status", ["301 Moved", "302 Found", "303 See Other", "307 T", "308 P"])
async def test_three_redirects_are_followed_and_a_fourth_is_not(status):
    def answer(request):
        left = int(request.path[1:])
        return redirect(f"/{left - 1}", status) if left else http(b"there")

    async with serving(answer) as server, client() as wire:
        assert (await fetch(wire, server.url("/3"))).body == b"there"
        with pytest.raises(Unreachable):
            await fetch(wire, server.url("/4"))
        assert len(server.requests) == 4 + 4


async def test_N04_a_url_is_never_visited_twice():
    async with serving(lambda _: redirect("/a#again")) as server, client(redirects=100) as wire:
        with pytest.raises(Unreachable):
            await fetch(wire, server.url("/a"))
        assert len(server.requests) == 1


# Bytes.


def chunked(*pieces, headers=""):
    head = f"HTTP/1.1 200 OK\r\n{headers}Transfer-Encoding: chunked\r\n\r\n".encode()
    return [head, *(b"%x\r\n%s\r\n" % (len(piece), piece) for piece in pieces), b"0\r\n\r\n"]


async def test_P02_a_body_may_be_as_long_as_the_limit_and_no_longer():
    def answer(request):
        body = b"x" * int(request.path[2:])
        return chunked(body[:1_000], body[1_000:]) if request.path[1] == "c" else http(body)

    async with serving(answer) as server, client() as wire:
        for kind in "cl":
            reply = await fetch(wire, server.url(f"/{kind}{MIB}"))
            assert len(reply.body) == MIB
            with pytest.raises(Malformed):
                await fetch(wire, server.url(f"/{kind}{MIB + 1}"))


async def test_P02_a_body_without_end_is_cut():
    async def endless(_):
        yield b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
        while True:
            yield b"4000\r\n" + b"x" * 0x4000 + b"\r\n"

    async with serving(endless) as server, client() as wire:
        with pytest.raises(Malformed):
            await fetch(wire, server.url(), 100 * KIB)
    assert server.sent < 20 * MIB


async def test_P02_a_length_that_is_not_kept_is_no_answer():
    async def lying(_):
        yield b"HTTP/1.1 200 OK\r\nContent-Length: 1073741824\r\n\r\n0123456789"

    async with serving(lying) as server, client() as wire:
        with pytest.raises(Unreachable):
            await fetch(wire, server.url())


def packed(body, *headers):
    return http(body, *(headers or ("Content-Encoding: gzip",)))


async def test_a_gzip_body_is_inflated():
    for encoding in ("gzip", "GZIP", "x-gzip"):
        answer = packed(gzip.compress(b"hello" * 1_000, mtime=0), f"Content-Encoding: {encoding}")
        async with serving(lambda _, answer=answer: answer) as server, client() as wire:
            assert (await fetch(wire, server.url())).body == b"hello" * 1_000


async def test_P04_the_limit_counts_inflated_bytes():
    # Checksums hardly compress, so that the limit of sent bytes is tried as well.
    body = b"".join(zlib.crc32(b"%d" % n).to_bytes(4, "big") for n in range(25 * KIB))
    async with serving(lambda _: packed(gzip.compress(body, mtime=0))) as server, client() as wire:
        assert (await fetch(wire, server.url(), len(body))).body == body
        with pytest.raises(Malformed):
            await fetch(wire, server.url(), len(body) - 1)


async def test_P04_a_gzip_bomb_stops_at_the_limit():
    packer = zlib.compressobj(9, wbits=16 + zlib.MAX_WBITS)
    bomb = b"".join(packer.compress(bytes(MIB)) for _ in range(100)) + packer.flush()
    assert len(bomb) < 128 * KIB
    async with serving(lambda _: packed(bomb)) as server, client() as wire:
        with pytest.raises(Malformed):
            await fetch(wire, server.url())


async def test_P04_gzip_blocks_that_hold_nothing_are_counted_too():
    async def endless(_):
        packer = zlib.compressobj(wbits=16 + zlib.MAX_WBITS)
        nothing = packer.flush(zlib.Z_FULL_FLUSH)
        yield b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n\r\n" + nothing
        while True:
            yield b"\x00\x00\x00\xff\xff" * 4_000

    async with serving(endless) as server, client() as wire:
        with pytest.raises(Malformed):
            await fetch(wire, server.url(), 100 * KIB)


@pytest.mark.parametrize(
    ("encoding", "body"),
    [
        ("br", b"x"),
        ("deflate", zlib.compress(b"x")),
        ("zstd", b"x"),
        ("gzip, gzip", gzip.compress(gzip.compress(b"x", mtime=0), mtime=0)),
        ("identity, gzip", gzip.compress(b"x", mtime=0)),
        ("gzip\r\nContent-Encoding: gzip", gzip.compress(gzip.compress(b"x", mtime=0), mtime=0)),
        ("gzip", gzip.compress(b"x" * 5_000, mtime=0)[:-9]),
        ("gzip", gzip.compress(b"x", mtime=0) + b"more"),
        ("gzip", gzip.compress(b"x", mtime=0) + gzip.compress(b"y", mtime=0)),
        ("gzip", b"plain"),
        ("gzip", b""),
    ],
)
async def test_P04_encodings_nested_unknown_or_damaged_are_refused(encoding, body):
    async with serving(lambda _: packed(body, f"Content-Encoding: {encoding}")) as server, client() as wire:
        with pytest.raises(Malformed):
            await fetch(wire, server.url())


async def test_the_explanation_of_a_failure_is_cut_at_64_kib():
    async with serving(lambda _: http(b"x" * MIB, status="500 Oops")) as server, client() as wire:
        assert len((await fetch(wire, server.url(), 10)).body) == 64 * KIB


# Time, failures and state.


@pytest.mark.parametrize("start", [b"", b"HTTP/1.1 200 OK\r\nX: ", b"HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n"])
async def test_N09_an_answer_that_drips_is_cut_at_the_total_deadline(start):
    def answer(request):
        async def drip():
            yield start
            while True:
                yield b"x" if start else b"H"
                await asyncio.sleep(0.02)

        return http() if request.path == "/fast" else drip()

    async with serving(answer) as server, client(total_seconds=0.2, read_seconds=0.1) as wire:
        for request in (
            fetch(wire, server.url("/drip")),
            wire.post(server.url("/drip"), b"{}", content_type=ACTIVITY, sign=None),
        ):
            started = time.monotonic()
            with pytest.raises(Unreachable):
                await request
            assert time.monotonic() - started < 1
        assert (await fetch(wire, server.url("/fast"))).status == 200


async def test_N09_the_deadline_covers_all_redirects_together():
    async def slow(request):
        await asyncio.sleep(0.15)
        yield redirect(request.path + "x")

    async with serving(slow) as server, client(total_seconds=0.3, redirects=50) as wire:
        with pytest.raises(Unreachable):
            await fetch(wire, server.url())
        assert len(server.requests) <= 3


async def test_a_silent_server_is_left_after_the_read_limit():
    async def silent(_):
        await asyncio.sleep(60)
        yield b""

    async with serving(silent) as server, client(read_seconds=0.05) as wire:
        started = time.monotonic()
        with pytest.raises(Unreachable):
            await fetch(wire, server.url())
        assert time.monotonic() - started < 2


async def test_a_name_system_that_does_not_answer_makes_a_host_unreachable():
    async def never(host, port):
        await asyncio.sleep(60)

    async def unknown(host, port):
        raise OSError("Name or service not known")

    for resolve in (never, unknown):
        async with client(guard=Guard(), resolve=resolve, connect_seconds=0.05) as wire:
            with pytest.raises(Unreachable):
                await fetch(wire, "https://h.example/")


@pytest.mark.parametrize(
    "garbage",
    [
        b"",
        b"\r\n\r\n",
        b"SSH-2.0-OpenSSH_9.6\r\n",
        b"HTTP/9.9 banana\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        b"HTTP/1.1 200 OK\r\n" + b"X: " + b"y" * 100_000 + b"\r\n\r\n",
        b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 100_000 + b"\r\n",
        b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n",
        b"HTTP/1.1 999 Odd\r\nContent-Length: 0\r\n\r\n",
        b"HTTP/1.1 100 Continue\r\n\r\n" * 1_000,
    ],
)
async def test_an_answer_that_is_no_http_makes_a_host_unreachable(garbage):
    async def answer(_):
        yield garbage

    async with serving(answer) as server, client(read_seconds=1) as wire:
        with pytest.raises(Unreachable):
            await fetch(wire, server.url())
        with pytest.raises(Unreachable):
            await wire.post(server.url(), b"{}", content_type=ACTIVITY, sign=None)


async def test_a_message_tells_nothing_of_our_network():
    async with serving(lambda _: http()) as server:
        pass
    async with client() as wire:
        with pytest.raises(Unreachable) as closed:
            await fetch(wire, server.url("/secret"))
        with pytest.raises(Refused) as refused:
            await fetch(wire, "http://h.example/secret")
    async with client(guard=Guard(), resolve=Names(["10.1.2.3"])) as wire:
        with pytest.raises(Refused) as inside:
            await fetch(wire, "https://h.example/secret")
    for caught in (closed, refused, inside):
        assert isinstance(caught.value, FederationError)
        assert not any(word in caught.value.message for word in ("127.0", "10.1", "secret", "Errno"))


async def test_a_closed_wire_leaves_no_connection_behind():
    async with serving(lambda _: http()) as server:
        async with client() as wire:
            await asyncio.gather(*(fetch(wire, server.url(host=f"h{n}.localhost")) for n in range(20)))
            assert server.open == 20
        await asyncio.sleep(0.05)
        assert server.open == 0


async def test_N10_one_host_gets_four_connections_at_most():
    async def slow(_):
        await asyncio.sleep(0.05)
        yield http(b"", "Connection: close")

    most = 0

    async def watch(server):
        nonlocal most
        while True:
            most = max(most, server.open)
            await asyncio.sleep(0.005)

    async with serving(slow) as server, client() as wire:
        watcher = asyncio.create_task(watch(server))
        await asyncio.gather(*(fetch(wire, server.url()) for _ in range(12)))
        watcher.cancel()
    assert most == 4


async def test_N10_idle_connections_are_kept_for_a_bounded_number_of_hosts(monkeypatch):
    monkeypatch.setattr(wire_module, "_KEPT_HOSTS", 5)
    async with serving(lambda _: http()) as server, client() as wire:
        for _ in range(2):
            for number in range(30):
                await fetch(wire, server.url(host=f"h{number}.localhost"))
        await asyncio.sleep(0.05)
        assert server.open == 5
        assert server.connects == 5 + 2 * 25


async def test_N10_a_host_unused_for_long_makes_room_for_another(monkeypatch):
    monkeypatch.setattr(wire_module, "_KEPT_HOSTS", 1)
    monkeypatch.setattr(wire_module, "_IDLE_SECONDS", 0.05)
    async with serving(lambda _: http()) as server, client(total_seconds=0.5) as wire:
        await fetch(wire, server.url(host="a.localhost"))
        await asyncio.sleep(0.6)
        for _ in range(3):
            await fetch(wire, server.url(host="b.localhost"))
        assert server.connects == 2


# No other way out.

ROOT = Path(__file__).parents[2]
ROOMS = ("node", "federation", "inbox", "outbox", "moderation", "themes")
CLIENTS = ("aiohttp", "requests", "httpx", "niquests", "urllib3", "urllib.request", "http.client", "pycurl")
ALLOWED = {"federation/wire.py", "node/fleet.py"}


def http_clients(source):
    """Return the HTTP clients that a module imports."""
    imported = []
    for statement in ast.walk(ast.parse(source)):
        if isinstance(statement, ast.Import):
            imported += [alias.name for alias in statement.names]
        elif isinstance(statement, ast.ImportFrom) and statement.module and not statement.level:
            imported += [f"{statement.module}.{alias.name}" for alias in statement.names]
    return {client for client in CLIENTS for name in imported if f"{name}.".startswith(f"{client}.")}


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ("import aiohttp.web", {"aiohttp"}),
        ("from urllib import parse, request", {"urllib.request"}),
        ("def late():\n    from httpx import get", {"httpx"}),
        ("import http.client as c", {"http.client"}),
        ("from urllib.parse import urljoin\nimport http\nfrom . import requests\nimport requestsx", set()),
    ],
)
def test_N08_the_search_for_http_clients_finds_them(source, found):
    assert http_clients(source) == found


def test_N08_no_other_module_has_a_way_out():
    modules = [path for room in ROOMS for path in sorted((ROOT / room).rglob("*.py"))]
    assert ROOT / "federation" / "wire.py" in modules
    offenders = {
        path.relative_to(ROOT).as_posix(): found
        for path in modules
        if path.relative_to(ROOT).as_posix() not in ALLOWED
        and (found := http_clients(path.read_text(encoding="utf-8")))
    }
    assert offenders == {}
