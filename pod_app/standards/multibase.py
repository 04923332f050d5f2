"""A Multikey is `z` + base58btc of a two-byte key type and the key, and the type is part of what must be checked.

Ed25519 public keys start with 0xed01, which always shows as `z6Mk`. Functions raise Invalid for
text that is not such a value. https://www.w3.org/TR/cid-1.0/#multibase-0
"""

import base64
import binascii
import re
from typing import Final

from pod_app.errors import N_, Invalid, Unsupported

_ALPHABET: Final = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
_DIGITS: Final = {character: value for value, character in enumerate(_ALPHABET)}
_LONGEST: Final = 512  # base58 costs the square of its length
_ED25519_PUBLIC: Final = b"\xed\x01"
_OTHER_KEYS: Final = {
    b"\x80\x24": "P-256",
    b"\x81\x24": "P-384",
    b"\xe7\x01": "secp256k1",
    b"\x80\x26": "Ed25519 private",
}
ED25519_LENGTH: Final = 32


def encode_base58(data: bytes) -> str:
    """Base58 with the Bitcoin alphabet, without a multibase prefix; leading zero bytes become `1`."""
    number = int.from_bytes(data, "big")
    digits = []
    while number:
        number, digit = divmod(number, 58)
        digits.append(_ALPHABET[digit])
    zeros = len(data) - len(data.lstrip(b"\0"))
    return "1" * zeros + "".join(reversed(digits))


def decode_base58(text: str) -> bytes:
    """Bytes of base58 text without its multibase prefix, at most 512 characters long; Invalid otherwise."""
    if len(text) > _LONGEST or any(character not in _DIGITS for character in text):
        raise Invalid(
            N_("«{text}» is not base58btc."), N_("Copy the value again, without spaces or quotes."), text=text[:100]
        )
    number = 0
    for character in text:
        number = number * 58 + _DIGITS[character]
    zeros = len(text) - len(text.lstrip("1"))
    return b"\0" * zeros + number.to_bytes((number.bit_length() + 7) // 8, "big")


def encode(data: bytes) -> str:
    """Multibase base58btc: `z` and the digits, as in `proofValue`."""
    return "z" + encode_base58(data)


def decode(text: object) -> bytes:
    """Bytes of a multibase value in base58btc (`z…`) or unpadded base64url (`u…`), the two that proofs use."""
    if isinstance(text, str) and text.startswith("z"):
        return decode_base58(text[1:])
    if isinstance(text, str) and re.fullmatch(r"u[A-Za-z0-9_-]*", text):
        return decode_base64url(text[1:])
    raise Invalid(
        N_("«{text}» is not a multibase value: it starts with neither z nor u."),
        N_("The issuer has to write this value in multibase."),
        text=str(text)[:100],
    )


def decode_base64url(text: str) -> bytes:
    """Bytes of base64url text, with or without padding; Invalid for any other character."""
    try:
        return base64.b64decode(text.rstrip("=") + "=" * (-len(text.rstrip("=")) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError) as problem:
        raise Invalid(
            N_("«{text}» is not base64url."), N_("Copy the value again, without spaces or quotes."), text=text[:100]
        ) from problem


def encode_base64url(data: bytes) -> str:
    """Base64url without padding and without a multibase prefix."""
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode("ascii")


def encode_key(public_key: bytes) -> str:
    """`z6Mk…` of 32 raw bytes of an Ed25519 public key."""
    if len(public_key) != ED25519_LENGTH:
        raise Invalid(N_("An Ed25519 public key has 32 bytes, this one has {length}."), length=len(public_key))
    return encode(_ED25519_PUBLIC + public_key)


def decode_key(text: object) -> bytes:
    """32 raw bytes of an Ed25519 Multikey; Unsupported names another key type, Invalid anything else."""
    data = decode(text)
    if data[:2] in _OTHER_KEYS:
        raise Unsupported(
            N_("«{text}» is a key of type {kind}; only Ed25519 keys can be checked here."),
            N_("Ask the issuer for a badge signed with eddsa-rdfc-2022."),
            text=str(text)[:100],
            kind=_OTHER_KEYS[data[:2]],
        )
    if data[:2] != _ED25519_PUBLIC or len(data) != ED25519_LENGTH + 2:
        raise Invalid(
            N_("«{text}» is not an Ed25519 Multikey: 0xed01 and 32 bytes are expected."),
            N_("The issuer has to publish the key as z6Mk…."),
            text=str(text)[:100],
        )
    return data[2:]
