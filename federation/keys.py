"""Key pairs: made, read, named as multikeys, and wrapped for the database. Pure: nothing is looked up here."""

from dataclasses import dataclass
from functools import lru_cache
from os import urandom
from typing import Literal

from cryptography.exceptions import InvalidTag, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey, generate_private_key
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_der_private_key,
    load_pem_public_key,
)

from federation.errors import BadSignature
from node.errors import Unavailable

PublicKey = RSAPublicKey | Ed25519PublicKey
PrivateKey = RSAPrivateKey | Ed25519PrivateKey

_EXPONENT = 65_537
_BASE58 = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
_ED25519_PREFIX = b"\xed\x01"
_NONCE_BYTES = 12


@dataclass(frozen=True, slots=True)
class KeyPair:
    """A fresh key pair; `public_pem` is SPKI PEM."""

    algorithm: Literal["rsa", "ed25519"]
    private: PrivateKey
    public_pem: str


@dataclass(frozen=True, slots=True)
class Signer:
    """A private key and the id others find its public half by."""

    key_id: str
    private: PrivateKey

    def sign(self, text: bytes) -> bytes:
        """Return the signature of a text, as both schemes for HTTP requests have it: RSA with SHA-256, or Ed25519."""
        if isinstance(self.private, Ed25519PrivateKey):
            return self.private.sign(text)
        return self.private.sign(text, PKCS1v15(), SHA256())


def generate_rsa() -> KeyPair:
    """Return a new RSA-2048 pair: what every server on the fediverse can check. Takes some 30 ms."""
    private = generate_private_key(public_exponent=_EXPONENT, key_size=2048)
    return KeyPair("rsa", private, _pem(private.public_key()))


def generate_ed25519() -> KeyPair:
    """Return a new Ed25519 pair, for proofs on objects."""
    private = Ed25519PrivateKey.generate()
    return KeyPair("ed25519", private, _pem(private.public_key()))


def _pem(public: PublicKey) -> str:
    return public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()


@lru_cache(maxsize=10_000)
def load_public(pem: str, *, min_bits: int = 2048, max_bits: int = 8192) -> PublicKey:
    """Read a public key, SPKI or PKCS#1, of a kind and size we trust (threat S12).

    Raises:
        BadSignature: unreadable, weak, oversized, or of another kind.
    """
    try:
        key = load_pem_public_key(pem.encode())
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        raise BadSignature("The public key cannot be read.") from error
    if isinstance(key, Ed25519PublicKey):
        return key
    if not isinstance(key, RSAPublicKey):
        raise BadSignature("Only RSA and Ed25519 keys are accepted.")
    if not min_bits <= key.key_size <= max_bits or key.public_numbers().e != _EXPONENT:
        raise BadSignature(f"An RSA key has {min_bits} to {max_bits} bits and the exponent {_EXPONENT}.")
    return key


def multikey(public: Ed25519PublicKey) -> str:
    """Return the `publicKeyMultibase` of a key (FEP-521a: z, base58-btc, prefix ed01)."""
    return "z" + base58_encode(_ED25519_PREFIX + public.public_bytes(Encoding.Raw, PublicFormat.Raw))


def load_multikey(text: str) -> Ed25519PublicKey:
    """Read a `publicKeyMultibase`.

    Raises:
        BadSignature: not an Ed25519 multikey.
    """
    try:
        raw = base58_decode(text[1:]) if text.startswith("z") else b""
    except ValueError:
        raw = b""
    if len(raw) != 34 or not raw.startswith(_ED25519_PREFIX):
        raise BadSignature("That is no Ed25519 multikey.")
    return Ed25519PublicKey.from_public_bytes(raw[2:])


def base58_encode(data: bytes) -> str:
    """Return data in base58-btc."""
    number = int.from_bytes(data)
    digits = ""
    while number:
        number, digit = divmod(number, 58)
        digits = _BASE58[digit] + digits
    return "1" * (len(data) - len(data.lstrip(b"\0"))) + digits


def base58_decode(text: str) -> bytes:
    """Return the bytes of base58-btc text of at most 200 characters.

    Raises:
        ValueError: another character, or too long.
    """
    if len(text) > 200:
        raise ValueError("too long for a key or a signature")
    number = 0
    for character in text:
        number = number * 58 + _BASE58.index(character)
    zeros = len(text) - len(text.lstrip("1"))
    return b"\0" * zeros + number.to_bytes((number.bit_length() + 7) // 8)


def seal(private: PrivateKey, *, secret: bytes, key_id: str) -> bytes:
    """Wrap a private key with the node's secret, which is not in the database (threat S18).

    AES-256-GCM over PKCS#8, bound to the key's id; the nonce comes first.
    """
    plain = private.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
    nonce = urandom(_NONCE_BYTES)
    return nonce + AESGCM(_wrapping_key(secret)).encrypt(nonce, plain, key_id.encode())


def unseal(sealed: bytes, *, secret: bytes, key_id: str) -> PrivateKey:
    """Unwrap a private key.

    Raises:
        Unavailable: the secret is another one than it was sealed with.
    """
    try:
        plain = AESGCM(_wrapping_key(secret)).decrypt(sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:], key_id.encode())
    except InvalidTag as error:
        raise Unavailable(
            "The key file does not belong to this database. Restore both from the same backup."
        ) from error
    # The tag proves that we wrote it ourselves, so the slow check of the numbers (37 ms) adds nothing.
    key = load_der_private_key(plain, password=None, unsafe_skip_rsa_key_validation=True)
    assert isinstance(key, RSAPrivateKey | Ed25519PrivateKey), "only such keys are sealed"
    return key


def _wrapping_key(secret: bytes) -> bytes:
    return HKDF(algorithm=SHA256(), length=32, salt=None, info=b"allmende private keys").derive(secret)
