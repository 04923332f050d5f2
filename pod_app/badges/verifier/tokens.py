"""Badges signed as a JSON Web Token, read only: ours carry their proof inside.

Open Badges 3.0 §8.2 (VC-JWT). RS256, ES256 and EdDSA, nothing else; neither `none` nor a shared secret
nor an unknown `crit`. A key that the token brings along proves nothing by itself: it counts when the
issuer's own document lists the same key. The older data model keeps its credential in the claim `vc`.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final
from urllib.parse import urlsplit

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature

from pod_app.errors import N_, Invalid, PodAppError, Unreadable, Unsupported
from pod_app.standards import did, multibase, strict_json
from pod_app.standards.open_badges_shape import VC_1, end, listed, moment, start

ALGORITHMS: Final = ("RS256", "ES256", "EdDSA")
PublicKey = rsa.RSAPublicKey | ec.EllipticCurvePublicKey | Ed25519PublicKey

_COMPACT: Final = re.compile(r"[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]*\Z")
_CLAIMS: Final = frozenset({"iss", "sub", "jti", "nbf", "exp", "iat", "aud", "vc"})
_RSA_BITS: Final = range(2048, 8193)
_P256_BYTES: Final = 32
_PUBLIC: Final = {"RSA": ("n", "e"), "EC": ("crv", "x", "y"), "OKP": ("crv", "x")}


@dataclass(frozen=True, slots=True)
class Token:
    """A compact JWS taken apart: `signed` are the bytes under the signature."""

    header: Mapping[str, Any]
    claims: Mapping[str, Any]
    signed: bytes
    signature: bytes
    credential: Mapping[str, Any]


def is_compact(text: str) -> bool:
    """Whether a text has the three parts of a compact JWS."""
    return _COMPACT.match(text) is not None


def read(text: str) -> Token:
    """Take a compact JWS apart without believing any of it. Raises Unreadable."""
    if not is_compact(text):
        raise Unreadable(N_("The signed token does not have three parts."), N_("Copy the token again."))
    header, payload, signature = text.split(".")
    claims = _part(payload)
    inner = claims.get("vc")
    credential = _completed(inner, claims) if isinstance(inner, Mapping) else _without_claims(claims)
    return Token(_part(header), claims, f"{header}.{payload}".encode(), _bytes(signature), credential)


def require_algorithm(token: Token) -> str:
    """Return `alg` if it is one of the three. Raises Invalid for no signature or a shared secret, else Unsupported."""
    algorithm = token.header.get("alg")
    if "crit" in token.header or "b64" in token.header:
        raise Invalid(N_("The token demands something that badges do not know."), _ask())
    if algorithm in ALGORITHMS:
        return str(algorithm)
    if algorithm is None or str(algorithm).lower() == "none" or str(algorithm).startswith("HS"):
        raise Invalid(N_("The token is signed with «{alg}», which proves nothing."), _ask(), alg=str(algorithm)[:40])
    raise Unsupported(N_("The token is signed with «{alg}», which is not read here."), _ask(), alg=str(algorithm)[:40])


def find_key(document: Mapping[str, Any], token: Token, issuer: str, at: datetime) -> PublicKey:
    """Find the token's key among those by which the issuer's document lets badges be signed.

    Raises Invalid when it is not there, Unsupported when the issuer may still have named it elsewhere.
    """
    require_algorithm(token)
    carried, kid = token.header.get("jwk"), token.header.get("kid")
    if isinstance(carried, Mapping) and "d" in carried:
        raise Invalid(N_("The token carries a private key, so anybody can sign with it."), _ask())
    for method_id, method in _methods(document, issuer):
        jwk = method.get("publicKeyJwk")
        if method_id == kid or (kid is None and isinstance(carried, Mapping) and _same_key(jwk, carried)):
            return _current_key(document, method_id, method, issuer, at)
    if carried is None and kid is None:
        raise Invalid(N_("The token does not say by which key it is signed."), _ask())
    raise _not_listed(kid, issuer)


def holds(token: Token, key: PublicKey) -> bool:
    """Whether the signature was made with the key; False also when key and algorithm do not fit."""
    try:
        _verify(require_algorithm(token), token, key)
    except InvalidSignature:
        return False
    return True


def disagreements(token: Token, credential: Mapping[str, Any], issuer: str) -> list[str]:
    """Names of claims that contradict the credential inside; `sub` may be missing, as in 1EdTech's samples."""
    claims, subject = token.claims, credential.get("credentialSubject")
    subject_id = subject.get("id") if isinstance(subject, Mapping) else None
    expected = {"iss": issuer, "jti": credential.get("id"), "sub": subject_id}
    texts = [name for name, value in expected.items() if name in claims and claims[name] != value]
    missing = ["iss"] if "iss" not in claims else []
    moments = {"nbf": start(credential), "exp": end(credential)}
    return [*missing, *texts, *(name for name, value in moments.items() if not _same_moment(claims.get(name), value))]


def payload(credential: Mapping[str, Any]) -> dict[str, Any]:
    """A credential with the claims that VC-JWT adds; dates in whole seconds, as ours are."""
    issuer, subject = credential.get("issuer"), credential.get("credentialSubject")
    moments = {"nbf": moment(start(credential)), "exp": moment(end(credential))}
    added = {
        "iss": issuer.get("id") if isinstance(issuer, Mapping) else issuer,
        "sub": subject.get("id") if isinstance(subject, Mapping) else None,
        "jti": credential.get("id"),
        **{name: int(at.timestamp()) if at else None for name, at in moments.items()},
    }
    return {**credential, **{name: value for name, value in added.items() if value is not None}}


def _same_moment(claim: object, value: object) -> bool:
    stated = moment(value)
    if claim is None:
        return True
    return _is_number(claim) and stated is not None and int(claim) == int(stated.timestamp())  # type: ignore[call-overload]


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < 1e12  # noqa: PLR2004  # year 33658


def _completed(inner: Mapping[str, Any], claims: Mapping[str, Any]) -> dict[str, Any]:
    """Fill what the older model may leave to the claims (VC Data Model 1.1 §6.3.1)."""
    found = dict(inner)
    found.setdefault("id", claims.get("jti"))
    found.setdefault("issuer", claims.get("iss"))
    if VC_1 in listed(inner.get("@context")):
        found.setdefault("issuanceDate", _written(claims.get("nbf")))
        found.setdefault("expirationDate", _written(claims.get("exp")))
    return {name: value for name, value in found.items() if value is not None or name in inner}


def _written(claim: object) -> str | None:
    if not _is_number(claim):
        return None
    return datetime.fromtimestamp(int(claim), UTC).strftime("%Y-%m-%dT%H:%M:%SZ")  # type: ignore[call-overload]


def _without_claims(claims: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in claims.items() if name not in _CLAIMS}


def _part(text: str) -> Mapping[str, Any]:
    return strict_json.read_object(_bytes(text))


def _bytes(text: str) -> bytes:
    try:
        return multibase.decode_base64url(text)
    except PodAppError:
        raise Unreadable(N_("The signed token is not base64url."), N_("Copy the token again.")) from None


def _methods(document: Mapping[str, Any], issuer: str) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Methods that the issuer controls and allows to assert, with their full ids."""
    asserting = listed(document.get("assertionMethod"))
    allowed = {_full(item.get("id") if isinstance(item, Mapping) else item, issuer) for item in asserting} - {""}
    for method in [*listed(document.get("verificationMethod")), *asserting]:
        if isinstance(method, Mapping) and method.get("controller") == issuer:
            found = _full(method.get("id"), issuer)
            if found in allowed:
                yield found, method


def _full(name: object, issuer: str) -> str:
    if not isinstance(name, str):
        return ""
    return issuer.partition("#")[0] + name if name.startswith("#") else name


def _current_key(
    document: Mapping[str, Any], method_id: str, method: Mapping[str, Any], issuer: str, at: datetime
) -> PublicKey:
    if "publicKeyJwk" not in method:
        return Ed25519PublicKey.from_public_bytes(did.find_key(document, method_id, issuer=issuer, at=at))
    expires = moment(method.get("expires"))
    if "revoked" in method or ("expires" in method and (expires is None or expires <= at)):
        raise Invalid(N_("The issuer has withdrawn the key {method}."), _ask(), method=method_id[:200])
    return _public_key(method["publicKeyJwk"])


def _same_key(one: object, other: Mapping[str, Any]) -> bool:
    names = ("kty", *_PUBLIC.get(str(other.get("kty")), ("kty", "?")))
    return isinstance(one, Mapping) and all(name in other and one.get(name) == other[name] for name in names)


def _not_listed(kid: object, issuer: str) -> PodAppError:
    shown = str(kid)[:200] if kid else N_("inside the token")
    near = urlsplit(issuer).scheme == "https" and urlsplit(str(kid))[:2] == urlsplit(issuer)[:2]
    refusal = Unsupported if near else Invalid
    return refusal(
        N_("The issuer's document does not list the key {kid}, so it may be anybody's."),
        N_("Ask the issuer to list the key in the document at its own address."),
        kid=shown,
    )


def _public_key(jwk: object) -> PublicKey:
    """Turn a JWK into a key: RSA of 2048 to 8192 bits, P-256 or Ed25519. Raises Unsupported or Invalid."""
    if not isinstance(jwk, Mapping) or "d" in jwk:
        raise Invalid(N_("The issuer's key is not a public JSON Web Key."), _ask())
    try:
        return _known_key(jwk)
    except (ValueError, TypeError, PodAppError):
        raise Unsupported(N_("The issuer's key is of a kind that is not read here."), _ask()) from None


def _known_key(jwk: Mapping[str, Any]) -> PublicKey:
    kind = (jwk.get("kty"), jwk.get("crv"))
    if kind[0] == "RSA":
        modulus, exponent = _number(jwk, "n"), _number(jwk, "e")
        if modulus.bit_length() in _RSA_BITS:
            return rsa.RSAPublicNumbers(exponent, modulus).public_key()
    if kind == ("EC", "P-256"):
        return ec.EllipticCurvePublicNumbers(_number(jwk, "x"), _number(jwk, "y"), ec.SECP256R1()).public_key()
    if kind == ("OKP", "Ed25519"):
        return Ed25519PublicKey.from_public_bytes(multibase.decode_base64url(str(jwk.get("x"))))
    raise ValueError("unknown kind of key")


def _number(jwk: Mapping[str, Any], name: str) -> int:
    return int.from_bytes(multibase.decode_base64url(str(jwk.get(name))))


def _verify(algorithm: str, token: Token, key: PublicKey) -> None:
    if algorithm == "RS256" and isinstance(key, rsa.RSAPublicKey):
        key.verify(token.signature, token.signed, padding.PKCS1v15(), hashes.SHA256())
    elif algorithm == "ES256" and isinstance(key, ec.EllipticCurvePublicKey):
        key.verify(_der(token.signature), token.signed, ec.ECDSA(hashes.SHA256()))
    elif algorithm == "EdDSA" and isinstance(key, Ed25519PublicKey):
        key.verify(token.signature, token.signed)
    else:
        raise InvalidSignature


def _der(signature: bytes) -> bytes:
    if len(signature) != 2 * _P256_BYTES:
        raise InvalidSignature
    return encode_dss_signature(int.from_bytes(signature[:_P256_BYTES]), int.from_bytes(signature[_P256_BYTES:]))


def _ask() -> str:
    return N_("Ask the issuer for a badge with a proof inside.")
