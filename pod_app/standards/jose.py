"""Signed JSON Web Tokens with asymmetric keys (RFC 7515, 7517, 7519), read and written through joserfc.

`none` and HMAC do not exist here, a key never comes from anywhere but its caller, and tokens are small: what
does not hold is a `BadTokenError` with the reason, which the door turns into its own protocol's words.
"""

import base64
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final, Literal

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ec import ECDSA
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256
from joserfc import jwk, jwt
from joserfc.errors import JoseError
from joserfc.jws import JWSRegistry

from pod_app.standards import json_text

ALGORITHMS: Final = (
    "ES256",
    "RS256",
    "PS256",
    "ES384",
    "RS384",
    "PS384",
    "ES512",
    "RS512",
    "PS512",
    "Ed25519",
    "EdDSA",
)
"""Everything that is read; what the program signs itself is `SIGNED_WITH`."""
SIGNED_WITH: Final = ("ES256", "RS256")
Algorithm = Literal["ES256", "RS256"]
MAX_TOKEN: Final = 8 * 2**10
"""Longest token that is looked at, in characters (trust.md S14)."""
LEAST_RSA_BITS: Final = 2048
MAX_HEADER: Final = 4 * 2**10
"""Longest header, in bytes of its JSON."""
_LATEST: Final = 2**53
_Members = tuple[tuple[str, str], ...]
_PLAIN: Final = frozenset({"alg", "typ", "kid", "jwk"})
_ES256: Final = ECDSA(SHA256())
_HALF: Final = 32
_PRIVATE_MEMBERS: Final = frozenset({"d", "p", "q", "dp", "dq", "qi", "oth", "k"})
Key = jwk.ECKey | jwk.RSAKey | jwk.OKPKey
_KINDS: Final[Mapping[str, type[Key]]] = {"EC": jwk.ECKey, "RSA": jwk.RSAKey, "OKP": jwk.OKPKey}


class BadTokenError(ValueError):
    """A token or key that proves nothing, and why."""


class _Registry(JWSRegistry):
    """joserfc's own limit of 512 bytes is too small for a header that brings an RSA key along."""

    max_header_length = MAX_HEADER


@dataclass(frozen=True, slots=True)
class Token:
    """What a token says: header and claims as JSON objects."""

    header: Mapping[str, Any]
    claims: Mapping[str, Any]


def peek(token: str) -> Token:
    """Header and claims before anything is proved: good for finding the issuer, never for believing it."""
    head, body, _ = _checked(token).split(".")
    return Token(_header(head), _object(_decoded(body)))


def verify(token: str, key: Key, algorithms: Collection[str] = ALGORITHMS) -> Token:
    """Header and claims, once the signature holds. Raises `BadTokenError`."""
    return _verified(token, peek(token), key, algorithms)


def verify_embedded(token: str) -> tuple[Token, str]:
    """`verify` for a token that brings its own public key along, and the thumbprint of that key."""
    head, body, _ = _checked(token).split(".")
    header, key, print_of_key = _embedded(head)
    return _verified(token, Token(header, _object(_decoded(body))), key, ALGORITHMS), print_of_key


def _verified(token: str, seen: Token, key: Key, algorithms: Collection[str]) -> Token:
    if "ES256" in algorithms and _is_plain(seen.header):
        _check_es256(token, key)
        return seen
    registry = _Registry(algorithms=list(algorithms), strict_check_header=False)
    try:
        found = jwt.decode(token, key, registry=registry)
    except (JoseError, ValueError, TypeError, KeyError, RecursionError) as error:
        raise BadTokenError(str(error) or type(error).__name__) from error
    return Token(found.header, found.claims)


@lru_cache(maxsize=1024)
def _embedded(head: str) -> tuple[Mapping[str, Any], Key, str]:
    """A client sends the same header with every proof: reading it once saves a tenth of the proof's price."""
    header = _header(head)
    key = public_key(header.get("jwk"))
    return header, key, thumbprint(key)


def _header(head: str) -> Mapping[str, Any]:
    if len(read := _decoded(head)) > MAX_HEADER:
        raise BadTokenError(f"its header is longer than {MAX_HEADER} bytes")
    return _object(read)


def _object(data: bytes) -> Mapping[str, Any]:
    try:
        found = json_text.read(data)
    except ValueError as error:
        raise BadTokenError("it is not a JSON Web Token") from error
    if not isinstance(found, dict):
        raise BadTokenError("it is not a JSON Web Token")
    return found


def _is_plain(header: Mapping[str, Any]) -> bool:
    """Whether a header asks for nothing beyond ES256 by the letter: nearly every proof is like that."""
    named = all(isinstance(header[name], str) for name in ("typ", "kid") if name in header)
    return header.get("alg") == "ES256" and named and header.keys() <= _PLAIN


def _check_es256(token: str, key: Key) -> None:
    """The signature of RFC 7518 §3.4 without joserfc around it, which adds half of the curve's own work."""
    signed, _, encoded = token.rpartition(".")
    public = key.get_op_key("verify") if isinstance(key, jwk.ECKey) and key.curve_name == "P-256" else None
    signature = _decoded(encoded)
    if public is None or len(signature) != 2 * _HALF:
        raise BadTokenError("its key and its signature are not both of ES256")
    first, second = (int.from_bytes(half, "big") for half in (signature[:_HALF], signature[_HALF:]))
    try:
        public.verify(encode_dss_signature(first, second), signed.encode(), _ES256)
    except InvalidSignature as error:
        raise BadTokenError("its signature does not hold") from error


def sign(
    claims: Mapping[str, Any], key: Key, *, algorithm: str, typ: str, key_id: str | None = None, embed: bool = False
) -> str:
    """A compact token; `typ` says what it is, so that one kind is never taken for another (RFC 8725 §3.11).

    With `embed` it carries the public half of its key, as proofs of possession do.
    """
    header: dict[str, Any] = {"alg": algorithm, "typ": typ} | ({"kid": key_id} if key_id else {})
    if embed:
        header["jwk"] = public_members(key)
    return jwt.encode(header, dict(claims), key, registry=_Registry(algorithms=[algorithm]))


def generate(algorithm: Algorithm) -> Key:
    """A new private key: P-256 for ES256, 2048 bits for RS256."""
    return jwk.ECKey.generate_key("P-256") if algorithm == "ES256" else jwk.RSAKey.generate_key(LEAST_RSA_BITS)


def private_key(members: Mapping[str, Any]) -> Key:
    """A key of our own, from its stored JWK."""
    return _imported(members)


def private_members(key: Key) -> dict[str, Any]:
    """The whole JWK, private half included: only ever to be sealed."""
    return dict(key.as_dict(private=True))


def public_members(key: Key) -> dict[str, Any]:
    """The JWK without its private half."""
    return dict(key.as_dict(private=False))


def public_key(members: Any) -> Key:
    """Somebody's public key; raises `BadTokenError` for a private, symmetric, weak or unknown one."""
    if not isinstance(members, dict) or not all(isinstance(name, str) for name in members):
        raise BadTokenError("the key is not a JSON Web Key")
    if _PRIVATE_MEMBERS & members.keys():
        raise BadTokenError("the key is not a public one")
    return _public(_plain(members))


def _plain(members: Mapping[str, Any]) -> _Members:
    return tuple(sorted((name, value) for name, value in members.items() if isinstance(value, str)))


@lru_cache(maxsize=4096)
def _public(members: _Members) -> Key:
    """Issuers sign with the same key for months."""
    # `use` and `alg` are hints for choosing a key; `key_ops` and `ext` differ between browsers.
    return _imported({name: value for name, value in members if name not in {"use", "alg", "key_ops", "ext"}})


def thumbprint(key: Key) -> str:
    """SHA-256 thumbprint of the public half, base64url (RFC 7638)."""
    return str(key.thumbprint())


def moment(claims: Mapping[str, Any], name: str) -> int | None:
    """A time claim in seconds since 1970, or None where it is absent; raises `BadTokenError` (RFC 7519 §2)."""
    value = claims.get(name)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not abs(value) < _LATEST:
        raise BadTokenError(f"its {name} is no time")
    return int(value)


def find(keys: Sequence[Any], header: Mapping[str, Any]) -> Key | None:
    """The key of a JWK Set that a header names by `kid`, or the only one of its kind when it names none."""
    kid, kind = header.get("kid"), _kind_for(str(header.get("alg", "")))
    fitting = [
        one for one in keys if isinstance(one, dict) and one.get("kty") == kind and one.get("use", "sig") == "sig"
    ]
    named = [one for one in fitting if one.get("kid") == kid] if kid is not None else fitting
    return public_key(named[0]) if len(named) == 1 else None


def _kind_for(algorithm: str) -> str:
    return {"E": "EC", "R": "RSA", "P": "RSA"}.get(algorithm[:1], "") if not algorithm.startswith("Ed") else "OKP"


def _imported(members: Mapping[str, Any]) -> Key:
    kind = _KINDS.get(str(members.get("kty")))
    if kind is None:
        raise BadTokenError(f"keys of type {members.get('kty')} are not taken")
    try:
        if kind is jwk.RSAKey and len(_decoded(str(members.get("n"))).lstrip(b"\0")) * 8 < LEAST_RSA_BITS:
            raise BadTokenError(f"an RSA key of less than {LEAST_RSA_BITS} bits is too weak")
        return kind.import_key(dict(members))
    except (JoseError, ValueError, TypeError, KeyError) as error:
        raise BadTokenError(f"the key cannot be read: {error}") from error


def _checked(token: str) -> str:
    if len(token) > MAX_TOKEN:
        raise BadTokenError(f"it is longer than {MAX_TOKEN} characters")
    if not token.isascii() or token.count(".") != 2:  # noqa: PLR2004  # header, claims and signature
        raise BadTokenError("it is not a JSON Web Token")
    return token


def _decoded(part: str) -> bytes:
    """Base64url without padding, strictly (RFC 7515 §2)."""
    if "+" in part or "/" in part or "=" in part:
        raise BadTokenError("it is not base64url")
    try:
        return base64.b64decode(part + "=" * (-len(part) % 4), b"-_", validate=True)
    except ValueError as error:
        raise BadTokenError("it is not base64url") from error
