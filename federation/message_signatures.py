"""HTTP message signatures after RFC 9421, with the Content-Digest of RFC 9530, as the fediverse uses them.

The younger sibling of `signatures`, which knows the draft. Both call their header `Signature`, with different
grammars; a request with `Signature-Input` is meant for here. Of structured fields (RFC 8941) only the canonical
spelling is read: what was signed is then the text as received, and there is no second way to understand it.
"""

import base64
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from email.utils import formatdate
from re import compile as pattern

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.hashes import SHA256

from federation import hosts
from federation.errors import BadSignature, Malformed
from federation.keys import PublicKey, Signer
from federation.signatures import SignedRequest
from node.limits import KIB, Limits

_LABEL = "sig1"
_RSA = "rsa-v1_5-sha256"
_ED25519 = "ed25519"
_ALGORITHMS = frozenset({None, _RSA, _ED25519})
_LONGEST = 4 * KIB
"""Characters of a header we read. A signature of the largest key takes a third of it."""

# The words of RFC 8941. Each pattern can match a text in one way only, so none can be made to take long.
_INPUT = pattern(r"([a-z*][a-z0-9_.*-]*)=(\(([^()]*)\)(.*))")
_COMPONENT = pattern(r'"(@?[a-z0-9_.-]+)"(;.*)?')
_PARAMETER = pattern(r';([a-z*][a-z0-9_.*-]*)=(?:"((?:[ !#-\[\]-~]|\\["\\])*+)"|(0|[1-9][0-9]{0,14}))')
_ESCAPED = pattern(r'\\(["\\])')
_BYTES = pattern(r"([a-z*][a-z0-9_.*-]*)=:((?:[A-Za-z0-9+/]{4})*+(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?):")
_VALUE = pattern(r"[\t -~]*")

_SINGLE = frozenset(
    {"signature", "signature-input", "content-digest", "host", "date", "content-type", "content-length"}
)


@dataclass(frozen=True, slots=True)
class Claim:
    """A parsed and plausible, not yet verified, signature. `text` is the signature base."""

    key_id: str
    algorithm: str | None
    signature: bytes
    text: bytes

    def verify(self, key: PublicKey) -> None:
        """Check the signature. The key decides the algorithm; the header may only agree with it (threat S12).

        Raises:
            BadSignature: it does not hold.
        """
        if self.algorithm not in (None, _RSA if isinstance(key, RSAPublicKey) else _ED25519):
            raise BadSignature("The signature names another algorithm than that of its key.")
        try:
            if isinstance(key, RSAPublicKey):
                key.verify(self.signature, self.text, PKCS1v15(), SHA256())
            else:
                key.verify(self.signature, self.text)
        except InvalidSignature as error:
            raise BadSignature("The signature does not match the request and the key.") from error


@dataclass(frozen=True, slots=True)
class _Input:
    """A Signature-Input: its label, what it covers, its parameters, and all behind the label as received."""

    label: str
    names: tuple[str, ...]
    parameters: Mapping[str, str | int]
    text: str


@dataclass(frozen=True, slots=True)
class Parts:
    """A signature taken apart, with the same questions as `signatures.Parts`."""

    request: SignedRequest
    base: str
    headers: Mapping[str, str]
    given: _Input
    key_id: str
    signature: bytes

    @property
    def names(self) -> tuple[str, ...]:
        """What is signed, in order."""
        return self.given.names

    @property
    def algorithm(self) -> str | int | None:
        """What the sender says, None for nothing."""
        return self.given.parameters.get("alg")

    def lacking(self) -> list[str]:
        """Return what has to be signed and is not (threats S02, S03, S14)."""
        names = set(self.names)
        parts = {"@authority", "@path", "@query"} if "?" in self.request.target else {"@authority", "@path"}
        whole = "@target-uri" in names or parts <= names
        needed = {"@method": True, "@target-uri": not whole, "content-digest": self._has_body()}
        return [name for name, is_needed in needed.items() if is_needed and name not in names]

    def made_at(self) -> float | None:
        """Return when it was made, in Unix seconds, as far as it says so."""
        created = self.given.parameters.get("created")
        return created if isinstance(created, int) else None

    def check_algorithm(self) -> None:
        """Raise BadSignature for an algorithm that is not accepted."""
        if self.algorithm not in _ALGORITHMS:
            raise BadSignature("That signature algorithm is not accepted.")

    def check_host(self) -> None:
        """Raise BadSignature for a request to somebody else."""
        if self.headers.get("host", "").lower() != self.base.partition("://")[2]:
            raise BadSignature("The request was signed for another host.")

    def check_strength(self) -> None:
        """Raise BadSignature when the signature is not for this request alone."""
        if self.lacking():
            raise BadSignature("Sign @method, @target-uri and, with a body, content-digest.")

    def check_time(self, *, now: int, limits: Limits) -> None:
        """Raise BadSignature for one that is too old, too new or over; `now` is Unix ms."""
        _check_time(self.given.parameters, now=now, limits=limits)

    def check_digest(self) -> None:
        """Raise BadSignature, or Malformed, when the Content-Digest is not that of the body."""
        if self._has_body():
            _check_digest(self.headers.get("content-digest", ""), self.request.body or b"")

    def claim(self) -> Claim:
        """Return what a key has to confirm.

        Raises:
            BadSignature: a signed component is not there. Malformed: it has characters that must not be there.
        """
        scheme, _, authority = self.base.partition("://")
        derived = _derived(self.request, scheme=scheme, authority=authority)
        covered = _covered(self.names, {**self.headers, **derived})
        algorithm = self.algorithm if isinstance(self.algorithm, str) else None
        return Claim(self.key_id, algorithm, self.signature, signature_base(covered, self.given.text))

    def _has_body(self) -> bool:
        return self.request.method == "POST" or self.request.body is not None


def sign(
    method: str,
    url: str,
    body: bytes | None,
    *,
    signer: Signer,
    now: int,
    content_type: str | None = None,
    more: Mapping[str, str] = {},
) -> dict[str, str]:
    """Return the headers that sign a request: those of `signatures.sign`, in the spelling of RFC 9421.

    `method` is signed as it is sent, in capitals; `more` are headers to sign along; `now` is Unix ms. The algorithm
    follows from the key, which the reader has, so that no `alg` is sent.

    Raises:
        Malformed: no usable URL, see `hosts.parse`.
    """
    target = hosts.parse(url)
    headers = {"Host": target.authority, "Date": formatdate(now / 1000, usegmt=True)}
    covered = {"@method": method, "@target-uri": target.text, "@authority": target.authority}
    if body is not None:
        headers["Content-Digest"] = covered["content-digest"] = digest(body)
    if content_type is not None:
        headers["Content-Type"] = covered["content-type"] = content_type
    headers |= more
    covered |= {name.lower(): value for name, value in more.items()}
    names = " ".join(f'"{name}"' for name in covered)
    # A key id of ours is a URL: nothing in it has to be escaped.
    parameters = f'({names});created={now // 1000};keyid="{signer.key_id}"'
    raw = signer.sign(signature_base(covered, parameters))
    headers["Signature-Input"] = f"{_LABEL}={parameters}"
    headers["Signature"] = f"{_LABEL}=:{base64.b64encode(raw).decode()}:"
    return headers


def digest(body: bytes) -> str:
    """Return the Content-Digest header of a body (RFC 9530, section 2)."""
    return f"sha-256=:{_hashed('sha256', body)}:"


def signature_base(covered: Mapping[str, str], parameters: str) -> bytes:
    """Return the text that is signed (RFC 9421, section 2.5).

    covered: the value of each component by its name, in the order of the Signature-Input.
    parameters: what the Signature-Input has behind the label, to the byte.
    """
    lines = [f'"{name}": {value}' for name, value in covered.items()]
    return "\n".join([*lines, f'"@signature-params": {parameters}']).encode()


def read(request: SignedRequest, *, base: str, now: int, limits: Limits) -> Claim:
    """Return the signature of a request after every check that needs no key.

    `base` is our public address without a slash at the end: what was signed is compared with it, never with
    what a proxy or the sender says we are called. `now` is Unix ms.

    Raises:
        Malformed: a header, parameter or component that stands twice, or cannot be read (threat S13).
        BadSignature: none, too little signed, another host's, too old or too new, another body's.
    """
    parts = take_apart(request, base=base)
    parts.check_algorithm()
    parts.check_host()
    parts.check_strength()
    parts.check_time(now=now, limits=limits)
    claim = parts.claim()
    parts.check_digest()
    return claim


def take_apart(request: SignedRequest, *, base: str) -> Parts:
    """Return the signature of a request, unchecked; `base` as for `read`.

    Raises:
        Malformed: a header, parameter or component that stands twice, or cannot be read. BadSignature: none.
    """
    headers = _headers(request)
    if "signature-input" not in headers or "signature" not in headers:
        raise BadSignature("This address takes signed requests only.")
    given = _input(headers["signature-input"])
    encoded = _byte_sequences(headers["signature"])
    if list(encoded) != [given.label]:
        raise Malformed("Signature and Signature-Input have to hold one signature, under the same label.")
    key_id = given.parameters.get("keyid")
    if not isinstance(key_id, str) or not key_id:
        raise Malformed("The signature names no key.")
    return Parts(request, base, headers, given, key_id, base64.b64decode(encoded[given.label]))


def _headers(request: SignedRequest) -> dict[str, str]:
    """The values of headers as components (RFC 9421, section 2.1)."""
    headers: dict[str, str] = {}
    for name, value in request.headers:
        lower = name.lower()
        if lower in _SINGLE and lower in headers:
            raise Malformed(f"There are two {lower} headers.")
        if lower in _SINGLE and len(value) > _LONGEST:
            raise Malformed(f"The {lower} header is too long.")
        trimmed = value.strip(" \t")
        headers[lower] = f"{headers[lower]}, {trimmed}" if lower in headers else trimmed
    return headers


def _derived(request: SignedRequest, *, scheme: str, authority: str) -> dict[str, str]:
    """The components that are no headers (RFC 9421, section 2.2), but for @query-param, which nobody uses."""
    path, _, query = request.target.partition("?")
    return {
        "@method": request.method,
        "@target-uri": f"{scheme}://{authority}{request.target}",
        "@authority": authority,
        "@scheme": scheme,
        "@request-target": request.target,
        "@path": path,
        "@query": f"?{query}",
    }


def _input(header: str) -> _Input:
    match = _INPUT.fullmatch(header)
    if match is None:
        raise Malformed("The Signature-Input header cannot be read.")
    names = tuple(_component(text) for text in match[3].split(" ")) if match[3] else ()
    if len(set(names)) != len(names):
        raise Malformed("A component is signed twice.")
    return _Input(match[1], names, _parameters(match[4]), match[2])


def _component(text: str) -> str:
    match = _COMPONENT.fullmatch(text)
    if match is None:
        raise Malformed("A name among the signed components cannot be read.")
    if match[2] is not None:
        # They change what a component means (`req`, `tr`, `bs`, `sf`, `key`, `name`). Nobody needs them here.
        raise BadSignature("Sign whole components, without parameters.")
    return match[1]


def _parameters(text: str) -> dict[str, str | int]:
    found: dict[str, str | int] = {}
    position = 0
    while position < len(text):
        match = _PARAMETER.match(text, position)
        if match is None:
            raise Malformed("The parameters of the signature cannot be read, or there is more than one signature.")
        name, words, number = match.groups()
        if name in found:
            raise Malformed("A parameter of the signature stands twice.")
        found[name] = int(number) if words is None else _ESCAPED.sub(r"\1", words)
        position = match.end()
    return found


def _byte_sequences(header: str) -> dict[str, str]:
    """A dictionary of byte sequences (RFC 8941, section 3.2), still in base64."""
    found: dict[str, str] = {}
    for part in header.split(","):
        match = _BYTES.fullmatch(part.strip(" \t"))
        if match is None:
            raise Malformed("A Signature or Content-Digest header cannot be read.")
        if match[1] in found:
            raise Malformed("A name stands twice in a Signature or Content-Digest header.")
        found[match[1]] = match[2]
    return found


def _check_time(parameters: Mapping[str, str | int], *, now: int, limits: Limits) -> None:
    seconds = now / 1000
    created = parameters.get("created")
    if not isinstance(created, int):
        raise BadSignature("The signature does not say when it was created.")
    if abs(seconds - created) > limits.created_skew_seconds:
        raise BadSignature("The signature was made too long ago, or in the future. Check the clock.")
    expires = parameters.get("expires")
    if expires is not None and (not isinstance(expires, int) or expires < seconds):
        raise BadSignature("The signature is over.")


def _covered(names: tuple[str, ...], values: Mapping[str, str]) -> dict[str, str]:
    try:
        covered = {name: values[name] for name in names}
    except KeyError as error:
        raise BadSignature("A signed component is missing, or not known here.") from error
    if not all(_VALUE.fullmatch(value) for value in covered.values()):
        # A line end would let one component write the line of another.
        raise Malformed("A signed component has characters that must not be there.")
    return covered


def _check_digest(header: str, body: bytes) -> None:
    """Check a Content-Digest: SHA-256, which everybody knows, and SHA-512 where it is given as well."""
    given = _byte_sequences(header)
    if given.get("sha-256") != _hashed("sha256", body):
        raise BadSignature("The Content-Digest does not match the body. It has to name sha-256.")
    if "sha-512" in given and given["sha-512"] != _hashed("sha512", body):
        raise BadSignature("The Content-Digest does not match the body.")


def _hashed(algorithm: str, body: bytes) -> str:
    return base64.b64encode(hashlib.new(algorithm, body).digest()).decode()
