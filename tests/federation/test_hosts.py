"""Hosts and URLs have one canonical form, and odd ones have none."""

import pytest

from federation.errors import Malformed
from federation.hosts import LONGEST, authority, join, origin, parse


@pytest.mark.parametrize(
    "spelling",
    [
        "h.example",
        "H.EXAMPLE",
        "h.example.",
        "h.example:443",
        "H.Example.:0443",
        "h。example",
        "ｈ.example",
        "https://h.example",
        "https://h.example:443/users/ada",
        "HTTPS://H.EXAMPLE./a?b#c",
        "http://h.example:80/",
    ],
)
def test_I10_every_spelling_of_a_host_has_one_form(spelling):
    assert authority(spelling) == "h.example"


@pytest.mark.parametrize(
    ("text", "canonical"),
    [
        ("bücher.example", "xn--bcher-kva.example"),
        ("XN--BCHER-KVA.example", "xn--bcher-kva.example"),
        ("faß.example", "xn--fa-hia.example"),
        ("localhost:8400", "localhost:8400"),
        ("h.example:80", "h.example:80"),
        ("https://h.example:80", "h.example:80"),
        ("r3---sn-1.example", "r3---sn-1.example"),
        ("192.0.2.7", "192.0.2.7"),
        ("192.0.2.7:8443", "192.0.2.7:8443"),
        ("[2001:DB8:0:0::1]", "[2001:db8::1]"),
        ("[2001:db8::1]:443", "[2001:db8::1]"),
        ("https://[2001:db8::1]:8443/x", "[2001:db8::1]:8443"),
    ],
)
def test_a_host_is_stored_in_its_canonical_form(text, canonical):
    assert authority(text) == canonical
    assert authority(canonical) == canonical


@pytest.mark.parametrize(
    "text",
    [
        "",
        ".",
        "h.example..",
        ".h.example",
        "h..example",
        "h.example/",
        "h.example/path",
        "h.example?x",
        "h.example#x",
        "h.example@evil.example",
        "user:secret@h.example",
        "https://h.example@evil.example/",
        "https://user:secret@h.example/",
        "h%2eexample",
        "h%2Eexample",
        "h％2eexample",
        "h.example／evil",
        "h\\.example",
        " h.example",
        "h.example\n",
        "h.example\x00",
        "h\u200b.example",
        "h\u200d.example",
        "h\u00ad.example",
        "h\u034f.example",
        "h\ufe0f.example",
        "h\u202e.example",
        "h_a.example",
        "-h.example",
        "h-.example",
        "xn--a.example",
        "a" * 64 + ".example",
        ".".join(["a" * 50] * 6),
        "h.example:",
        "h.example:0",
        "h.example:65536",
        "h.example:٤٤٣",
        "h.example:+443",
        "h.example:443:443",
        "::1",
        "[::1",
        "[::1]8",
        "[::1]:",
        "[h.example]",
        "[fe80::1%eth0]",
        "[127.0.0.1]",
    ],
)
def test_I10_what_is_not_plainly_a_host_is_refused(text):
    with pytest.raises(Malformed):
        authority(text)


def test_I10_look_alikes_and_prefixes_stay_different_hosts():
    hosts = ["example.com", "ехаmple.com", "example.com.evil.test", "evilexample.com", "example.com:8443"]
    assert len({authority(host) for host in hosts}) == len(hosts)


@pytest.mark.parametrize(
    "number",
    [
        "2130706433",
        "0x7f000001",
        "0x7f.1",
        "0177.0.0.1",
        "127.1",
        "127.0.1",
        "127.0.0.01",
        "127.0.0.1.1",
        "127.0.0.256",
        "１２７．１",
        "①②⑦.1",
        "h.example.1",
        "h.0x1f",
        "0x",
    ],
)
def test_N05_a_number_that_is_no_canonical_address_is_refused(number):
    with pytest.raises(Malformed):
        authority(number)
    with pytest.raises(Malformed):
        parse(f"http://{number}/")


@pytest.mark.parametrize(
    "url",
    [
        "https://h.example/\r\nX-Injected: 1",
        "https://h.example/a b",
        "https://h.example/a\tb",
        "https://h.example/a\x00",
        "https://h.example/a\x7f",
        "https://h.example/a\x85b",
        "https://h.example/a\u2028b",
        "https://h.example/a\xa0b",
        "https://h.example\\@evil.example/",
        "https:\\\\h.example/",
        " https://h.example/",
        "https://h.example/\n",
        "https://h.example/#\r\n",
        "http://h/%0d%0aX:",
        "http://h/%0D%0AX:",
        "https://h.example/%00",
        "https://h.example/\ud800",
        "https://h%0d%0a.example/",
    ],
)
def test_N07_control_characters_spaces_and_backslashes_are_refused_before_parsing(url):
    with pytest.raises(Malformed):
        parse(url)


@pytest.mark.parametrize(
    "url",
    [
        "",
        "h.example",
        "//h.example/",
        "https:h.example",
        "https:/h.example",
        "https:///path",
        "https://?x",
        "ftp://h.example/",
        "file:///etc/passwd",
        "gopher://h.example:70/_x",
        "data:text/plain,x",
        "javascript:alert(1)",
        "acct:ada@h.example",
        "xhttps://h.example/",
    ],
)
def test_N06_only_http_and_https_are_parsed(url):
    with pytest.raises(Malformed):
        parse(url)


def test_a_url_is_parsed_into_its_canonical_parts():
    url = parse("HTTPS://Node.Example:8443/users/Ada?page=1#key")
    assert (url.scheme, url.authority, url.host, url.port) == (
        "https",
        "node.example:8443",
        "node.example",
        8443,
    )
    assert url.path == "/users/Ada?page=1"
    assert url.text == "https://node.example:8443/users/Ada?page=1"
    assert parse(url.text) == url


@pytest.mark.parametrize(
    ("url", "path"),
    [
        ("https://h.example", "/"),
        ("https://h.example#main-key", "/"),
        ("https://h.example?x=1", "/?x=1"),
        ("https://h.example/@ada/%40%2F", "/@ada/%40%2F"),
        ("https://h.example/ü?q=ß", "/%C3%BC?q=%C3%9F"),
        ("https://h.example//a/../b", "//a/../b"),
    ],
)
def test_a_path_is_kept_as_it_is_requested(url, path):
    assert parse(url).path == path


def test_an_ipv6_host_has_brackets_only_in_the_authority():
    url = parse("https://[2001:DB8::1]:8443/")
    assert (url.host, url.authority) == ("2001:db8::1", "[2001:db8::1]:8443")


def test_a_url_may_be_as_long_as_the_limit_and_no_longer():
    start = "https://h.example/"
    assert len(parse(start + "a" * (LONGEST - len(start))).text) == LONGEST
    with pytest.raises(Malformed):
        parse(start + "a" * (LONGEST - len(start) + 1))


def test_P09_a_long_hostile_host_costs_no_time():
    for text in ("http://" * 250, "a." * 1_000, "[" * 2_000, "." * 2_000, "https://" + "%" * 2_000):
        with pytest.raises(Malformed):
            authority(text)


def test_origins_are_equal_when_scheme_host_and_port_are():
    assert origin("https://H.example:443/a") == origin("https://h.example/b#c") == ("https", "h.example")
    different = ["http://h.example", "https://h.example:8443", "https://a.h.example", "https://h.exampl"]
    assert origin("https://h.example") not in {origin(url) for url in different}


@pytest.mark.parametrize(
    ("reference", "url"),
    [
        ("/b?c=1", "https://h.example/b?c=1"),
        ("b", "https://h.example/a/b"),
        ("?page=2", "https://h.example/a/x?page=2"),
        ("//other.example/b", "https://other.example/b"),
        ("https://Other.example", "https://other.example/"),
    ],
)
def test_a_reference_is_resolved_against_its_base(reference, url):
    assert join(parse("https://h.example/a/x"), reference).text == url


@pytest.mark.parametrize(
    "reference",
    ["/a\r\nb", "ht\ntps://evil.example/", "data:,x", "file:///etc/passwd", "//[::1", "//u@h.example/"],
)
def test_N07_a_reference_is_checked_before_it_is_joined(reference):
    with pytest.raises(Malformed):
        join(parse("https://h.example/a/x"), reference)
