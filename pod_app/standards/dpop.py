"""Proof of possession: a request is signed by the key that its access token is bound to (RFC 9449 §4.3).

Pure: whether a `jti` was seen before is for the caller, after everything here holds (trust.md S13).
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from urllib.parse import urlsplit

from pod_app.standards import jose
from pod_app.standards.jose import BadTokenError
from pod_app.standards.multibase import encode_base64url

WINDOW_SECONDS: Final = 60
"""How far a proof's `iat` may be from our clock, before or after."""
_DEFAULT_PORTS: Final = {"http": 80, "https": 443}
_LONGEST_JTI: Final = 256


@dataclass(frozen=True, slots=True)
class Proof:
    """A proof that holds: the thumbprint of its key, and what makes it this one and no other."""

    jkt: str
    jti: str
    issued: int


def verify(
    proofs: Sequence[str], *, method: str, url: str, now: datetime, token: str | None = None, require_ath: bool = False
) -> Proof:
    """Check the values of a request's DPoP headers against what was really asked; raises `BadTokenError`.

    `url` is the address of the request as the configured base URL spells it. `ath` binds a proof to its access
    token: it must be right when it is there, and be there with `require_ath` (solid.md R6: old clients never send it).
    """
    if len(proofs) != 1:
        raise BadTokenError("exactly one DPoP header is needed")
    read, jkt = jose.verify_embedded(proofs[0].strip())
    if str(read.header.get("typ", "")).lower() != "dpop+jwt":
        raise BadTokenError("its typ is not dpop+jwt")
    claims = read.claims
    if claims.get("htm") != method:
        raise BadTokenError("its htm is another method")
    htu = claims.get("htu")
    if htu != url and (not isinstance(htu, str) or normalised(htu) != normalised(url)):
        raise BadTokenError("its htu is another address")
    issued, jti = jose.moment(claims, "iat"), claims.get("jti")
    if issued is None or abs(now.timestamp() - issued) > WINDOW_SECONDS:
        raise BadTokenError("it was made too long ago, or the clocks differ")
    if not isinstance(jti, str) or not 0 < len(jti) <= _LONGEST_JTI:
        raise BadTokenError("its jti is missing or too long")
    _check_hash(claims.get("ath"), token, required=require_ath)
    return Proof(jkt, jti, issued)


def make(
    key: jose.Key, method: str, url: str, *, jti: str, now: datetime, token: str | None = None, nonce: str | None = None
) -> str:
    """A proof of our own for one request, with what the server asked to see in it (RFC 9449 §4.2, §8)."""
    claims: dict[str, object] = {"htm": method, "htu": normalised(url), "iat": int(now.timestamp()), "jti": jti}
    if token is not None:
        claims["ath"] = token_hash(token)
    if nonce is not None:
        claims["nonce"] = nonce
    return jose.sign(claims, key, algorithm="ES256", typ="dpop+jwt", embed=True)


def token_hash(token: str) -> str:
    """The `ath` of an access token."""
    return encode_base64url(hashlib.sha256(token.encode()).digest())


def normalised(url: str) -> str:
    """Scheme, host and path of an address in one spelling, without query and fragment (RFC 9449 §4.3 item 9)."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as error:
        raise BadTokenError("its htu is no address") from error
    authority = (parts.hostname or "").lower()
    if port is not None and port != _DEFAULT_PORTS.get(parts.scheme):
        authority += f":{port}"
    return f"{parts.scheme}://{authority}{parts.path or '/'}"


def _check_hash(ath: object, token: str | None, *, required: bool) -> None:
    if token is None or (ath is None and not required):
        return
    if ath != token_hash(token):
        raise BadTokenError("its ath belongs to another token")
