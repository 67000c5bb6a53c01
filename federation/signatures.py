"""HTTP signatures after draft-cavage-12, as the fediverse uses them. The only importer of httpsig.

httpsig parses headers and builds signing strings; keys and algorithms are ours. Its own crypto lets the
sender choose the algorithm, even an HMAC with the public key as secret.
"""

import base64
import binascii
import hashlib
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from email.utils import formatdate, parsedate_to_datetime
from functools import lru_cache
from re import compile as pattern
from types import ModuleType
from typing import Any
from urllib.parse import urlsplit

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.hashes import SHA256, SHA512

from federation.errors import BadSignature, Malformed
from federation.keys import PublicKey, Signer
from node.limits import Limits
from node.ports import Scheme


def _httpsig() -> Any:
    # httpsig asks pkg_resources for its own version and for nothing else. That module costs 0.27 s at every
    # start and has left setuptools, so it gets a stand-in while it is imported, unless the real one is there.
    stand_in = "pkg_resources" not in sys.modules
    if stand_in:
        module = ModuleType("pkg_resources")
        module.DistributionNotFound = LookupError  # type: ignore[attr-defined]
        module.get_distribution = {}.__getitem__  # type: ignore[attr-defined]
        sys.modules["pkg_resources"] = module
    try:
        import httpsig.sign
        import httpsig.utils
        import httpsig.verify
    finally:
        if stand_in:
            del sys.modules["pkg_resources"]
    return httpsig


_HTTPSIG = _httpsig()
_HeaderSigner: Any = _HTTPSIG.sign.HeaderSigner

_PARAMETER = pattern(r'\s*([a-zA-Z]+)=(?:"([^"]*)"|(\d+(?:\.\d+)?))\s*')
_SECONDS = pattern(r"[0-9]{1,12}(?:\.[0-9]{1,9})?")
_ALGORITHMS = frozenset({"rsa-sha256", "rsa-sha512", "hs2019", "ed25519"})
_HASHES: dict[str, tuple[SHA256 | SHA512, ...]] = {"rsa-sha256": (SHA256(),), "rsa-sha512": (SHA512(),)}
_SINGLE = frozenset({"signature", "date", "digest", "host"})
_FOR_GET = frozenset({"(request-target)", "host"})
_FOR_POST = _FOR_GET | {"digest"}


@dataclass(frozen=True, slots=True)
class SignedRequest:
    """A request as received: `target` is the raw path with its query, headers keep order and repetition."""

    method: str
    target: str
    headers: Sequence[tuple[str, str]]
    body: bytes | None

    @property
    def scheme(self) -> Scheme:
        """How it says it is signed: Signature-Input belongs to RFC 9421 alone, whose module reads it."""
        named = any(name.lower() == "signature-input" for name, _ in self.headers)
        return Scheme.RFC9421 if named else Scheme.DRAFT


@dataclass(frozen=True, slots=True)
class Claim:
    """A parsed and plausible, not yet verified, signature."""

    key_id: str
    algorithm: str
    signature: bytes
    texts: tuple[bytes, ...]

    def verify(self, key: PublicKey) -> None:
        """Check the signature. The key decides the algorithm, whatever the header says (threat S12).

        Raises:
            BadSignature: it does not hold.
        """
        for text in self.texts:
            if _holds(key, self.signature, text, self.algorithm):
                return
        raise BadSignature("The signature does not match the request and the key.")


@dataclass(frozen=True, slots=True)
class Parts:
    """A signature taken apart. Each check that needs no key stands for itself, so that all can be told at once."""

    request: SignedRequest
    authority: str
    headers: Mapping[str, str]
    parameters: Mapping[str, str]
    key_id: str
    algorithm: str
    names: tuple[str, ...]

    def lacking(self) -> list[str]:
        """Return what has to be signed and is not."""
        needed = _FOR_POST if self._is_post() else _FOR_GET
        lacking = sorted(needed - set(self.names))
        return lacking if {"date", "(created)"} & set(self.names) else [*lacking, "date"]

    def made_at(self) -> float | None:
        """Return when it was made, in Unix seconds, as far as it says so."""
        if "(created)" in self.names:
            return _seconds(self.parameters, "created")
        try:
            return _date(self.headers)
        except BadSignature:
            return None

    def check_algorithm(self) -> None:
        """Raise BadSignature for an algorithm that is not accepted."""
        if self.algorithm not in _ALGORITHMS:
            raise BadSignature("That signature algorithm is not accepted.")

    def check_strength(self) -> None:
        """Raise BadSignature when the signature is not for this request alone (threat S03)."""
        if self.lacking():
            raise BadSignature("Sign (request-target), host, date and, with a body, digest.")

    def check_host(self) -> None:
        """Raise BadSignature for a request to somebody else."""
        if self.headers.get("host", "").lower() != self.authority:
            raise BadSignature("The request was signed for another host.")

    def check_time(self, *, now: int, limits: Limits) -> None:
        """Raise BadSignature, or Malformed, for one that is too old, too new or over; `now` is Unix ms."""
        _check_time(self.names, self.headers, self.parameters, algorithm=self.algorithm, now=now, limits=limits)

    def check_digest(self) -> None:
        """Raise BadSignature, or Malformed, when the Digest is not that of the body."""
        if self.request.body is not None and (self._is_post() or "digest" in self.headers):
            _check_digest(self.headers.get("digest", ""), self.request.body)

    def claim(self) -> Claim:
        """Return what a key has to confirm.

        Raises:
            Malformed: the signature is not base64. BadSignature: a signed header is not there.
        """
        try:
            signature = base64.b64decode(self.parameters["signature"], validate=True)
        except (binascii.Error, ValueError) as error:
            raise Malformed("The signature is not base64.") from error
        method, target = self.request.method, self.request.target
        targets = dict.fromkeys([target, target.partition("?")[0]])
        texts = tuple(_text(self.names, self.headers, self.parameters, method, target) for target in targets)
        return Claim(self.key_id, self.algorithm, signature, texts)

    def _is_post(self) -> bool:
        return self.request.method.upper() == "POST"


class _Signer(_HeaderSigner):  # type: ignore[misc]
    """httpsig's header signer with keys of `cryptography`."""

    def __init__(self, signer: Signer, headers: list[str]) -> None:
        self._signer = signer
        self.headers = headers
        name = "hs2019" if isinstance(signer.private, Ed25519PrivateKey) else "rsa-sha256"
        # The template is filled with `%`, so a percent sign in the key id is doubled.
        self.signature_template = _HTTPSIG.utils.build_signature_template(
            signer.key_id.replace("%", "%%"), name, headers
        )

    def sign(self, text: bytes) -> str:
        return base64.b64encode(self._signer.sign(text)).decode()

    def signature_header(self, headers: dict[str, str], *, host: str, method: str, path: str) -> str:
        text = _HTTPSIG.utils.generate_message(self.headers, headers, host, method, path)
        filled: str = self.signature_template % self.sign(text)
        return filled


@lru_cache(maxsize=4_096)
def _signer(signer: Signer, names: tuple[str, ...]) -> _Signer:
    return _Signer(signer, list(names))


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
    """Return the headers that sign a request: Host, Date, Digest and Content-Type with a body, `more`, Signature.

    `now` is Unix ms. The hot path of fan-out: some 280 us with RSA, nearly all of it the private-key operation.
    """
    parts = urlsplit(url)
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    headers = {"Host": parts.netloc, "Date": formatdate(now / 1000, usegmt=True)}
    names = ["(request-target)", "host", "date"]
    if body is not None:
        headers["Digest"] = digest(body)
        names.append("digest")
    if content_type is not None:
        headers["Content-Type"] = content_type
        names.append("content-type")
    headers |= more
    names += [name.lower() for name in more]
    lowered = {name.lower(): value for name, value in headers.items()}
    header = _signer(signer, tuple(names)).signature_header(lowered, host=parts.netloc, method=method, path=path)
    # httpsig builds the value of an Authorization header; the fediverse sends it as Signature.
    headers["Signature"] = header.removeprefix("Signature ").strip()
    return headers


def digest(body: bytes) -> str:
    """Return the Digest header of a body (RFC 3230)."""
    return "SHA-256=" + base64.b64encode(hashlib.sha256(body).digest()).decode()


def read(request: SignedRequest, *, authority: str, now: int, limits: Limits) -> Claim:
    """Return the signature of a request after every check that needs no key; `now` is Unix ms.

    Raises:
        Malformed: a header or parameter that stands twice, or cannot be read (threat S13).
        BadSignature: none, too little signed, another host's, too old or too new, another body's.
    """
    parts = take_apart(request, authority=authority)
    parts.check_algorithm()
    parts.check_strength()
    parts.check_host()
    parts.check_time(now=now, limits=limits)
    parts.check_digest()
    return parts.claim()


def take_apart(request: SignedRequest, *, authority: str) -> Parts:
    """Return the signature of a request, unchecked; `authority` is ours.

    Raises:
        Malformed: a header or parameter that stands twice, or cannot be read. BadSignature: none, or two kinds.
    """
    headers = _headers(request)
    if "signature" not in headers:
        raise BadSignature("This address takes signed requests only.")
    if "signature-input" in headers:
        raise BadSignature("Two kinds of signature in one request are not accepted.")
    parameters = parameters_of(headers["signature"])
    key_id = parameters.get("keyid", "")
    if not key_id or "signature" not in parameters:
        raise Malformed("The signature names no key or has no value.")
    names = parameters.get("headers", "date").lower().split()
    if len(set(names)) != len(names):
        raise Malformed("A header is signed twice.")
    algorithm = parameters.get("algorithm", "hs2019").lower()
    return Parts(request, authority, headers, parameters, key_id, algorithm, tuple(names))


def _headers(request: SignedRequest) -> dict[str, str]:
    headers: dict[str, str] = {}
    for name, value in request.headers:
        lower = name.lower()
        if lower in headers:
            if lower in _SINGLE:
                raise Malformed(f"There are two {lower} headers.")
            headers[lower] += f", {value.strip()}"
        else:
            headers[lower] = value.strip()
    return headers


def parameters_of(header: str) -> dict[str, str]:
    """Return the parameters in the value of a Signature header, or of one in its syntax; names in lower case.

    Raises:
        Malformed: it cannot be read, or one stands twice.
    """
    header = header.removeprefix("Signature ")
    found: dict[str, str] = {}
    position = 0
    while position < len(header):
        match = _PARAMETER.match(header, position)
        if match is None:
            raise Malformed("The Signature header cannot be read.")
        name = match[1].lower()
        if name in found:
            raise Malformed("A parameter of the signature stands twice.")
        found[name] = match[2] if match[2] is not None else match[3]
        position = match.end()
        if position < len(header):
            if header[position] != ",":
                raise Malformed("The Signature header cannot be read.")
            position += 1
    return found


def _check_time(
    names: Sequence[str],
    headers: Mapping[str, str],
    parameters: Mapping[str, str],
    *,
    algorithm: str,
    now: int,
    limits: Limits,
) -> None:
    pseudo = {"(created)", "(expires)"} & set(names)
    if pseudo and algorithm != "hs2019":
        raise BadSignature("(created) and (expires) go with hs2019 only.")
    seconds = now / 1000
    for name in pseudo:
        moment = _seconds(parameters, name.strip("()"))
        if moment is None:
            raise Malformed(f"{name} is signed but not given.")
        if name == "(created)" and abs(seconds - moment) > limits.created_skew_seconds:
            raise BadSignature("The signature was made too long ago, or in the future.")
        if name == "(expires)" and moment < seconds:
            raise BadSignature("The signature is over.")
    if "date" in names and abs(seconds - _date(headers)) > limits.date_skew_seconds:
        raise BadSignature("The Date is too far from now. Check the clock.")


def _seconds(parameters: Mapping[str, str], name: str) -> float | None:
    value = parameters.get(name, "")
    return float(value) if _SECONDS.fullmatch(value) else None


def _date(headers: Mapping[str, str]) -> float:
    try:
        return parsedate_to_datetime(headers["date"]).timestamp()
    except (KeyError, ValueError, TypeError, OverflowError) as error:
        raise BadSignature("The Date header is missing or cannot be read.") from error


def _check_digest(header: str, body: bytes) -> None:
    given = []
    for part in header.split(","):
        name, _, value = part.strip().partition("=")
        if name.lower() == "sha-256":
            given.append(value)
    if len(given) > 1:
        raise Malformed("The Digest names SHA-256 twice.")
    if not given or given[0] != base64.b64encode(hashlib.sha256(body).digest()).decode():
        raise BadSignature("The Digest does not match the body.")


def _text(
    names: Sequence[str], headers: Mapping[str, str], parameters: Mapping[str, str], method: str, target: str
) -> bytes:
    # httpsig knows no (created) and (expires): they enter as headers, with the parameters' values.
    known = dict(headers) | {f"({name})": parameters[name] for name in ("created", "expires") if name in parameters}
    try:
        text: bytes = _HTTPSIG.utils.generate_message(list(names), known, headers.get("host"), method, target)
    except Exception as error:  # httpsig raises a bare Exception for a header that is not there
        raise BadSignature("A signed header is missing or cannot be read.") from error
    return text


def _holds(key: PublicKey, signature: bytes, text: bytes, algorithm: str) -> bool:
    try:
        if isinstance(key, RSAPublicKey):
            return algorithm != "ed25519" and any(
                _rsa_holds(key, signature, text, hash) for hash in _HASHES.get(algorithm, (SHA256(), SHA512()))
            )
        if algorithm.startswith("rsa"):
            return False
        key.verify(signature, text)
    except InvalidSignature:
        return False
    return True


def _rsa_holds(key: RSAPublicKey, signature: bytes, text: bytes, hash: SHA256 | SHA512) -> bool:
    try:
        key.verify(signature, text, PKCS1v15(), hash)
    except InvalidSignature:
        return False
    return True
