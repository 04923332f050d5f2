"""What an access token must claim before it may say who is asking (Solid-OIDC; solid.md R2)."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from urllib.parse import urlsplit

from pod_app.standards import jose
from pod_app.standards.jose import BadTokenError, Token

ISSUER: Final = "http://www.w3.org/ns/solid/terms#oidcIssuer"
SCOPE: Final = "webid"
AUDIENCE: Final = "solid"
LEEWAY_SECONDS: Final = 60
_TYPES: Final = frozenset({"at+jwt", "application/at+jwt", "jwt", ""})
_LONGEST: Final = 2048


@dataclass(frozen=True, slots=True)
class Claims:
    """Who a token says is asking, through which client, vouched for by whom, bound to which key, until when."""

    webid: str
    issuer: str
    client: str
    jkt: str | None
    expires: int


def issuer_of(token: Token) -> str:
    """The issuer that a token names; raises `BadTokenError`."""
    return _address(token.claims.get("iss"), "iss")


def check(token: Token, now: datetime, audiences: Collection[str]) -> Claims:
    """The claims of a token whose signature holds; `audiences` are this server's own names beside `solid`."""
    claims = token.claims
    if str(token.header.get("typ", "")).lower() not in _TYPES:
        raise BadTokenError("its typ is not that of an access token")
    expires, issued, begins = (jose.moment(claims, name) for name in ("exp", "iat", "nbf"))
    seconds = now.timestamp()
    if expires is None or seconds >= expires + LEEWAY_SECONDS:
        raise BadTokenError("it has expired")
    if issued is None or max(issued, begins or 0) > seconds + LEEWAY_SECONDS:
        raise BadTokenError("it is not valid yet")
    if not {AUDIENCE, *audiences}.intersection(_many(claims.get("aud"))):
        raise BadTokenError("its aud names neither solid nor this server")
    return Claims(
        webid=_address(claims.get("webid", claims.get("sub")), "webid"),
        issuer=_address(claims.get("iss"), "iss"),
        client=_text(claims.get("client_id", claims.get("azp")), "client_id"),
        jkt=_bound(claims.get("cnf")),
        expires=expires,
    )


def same_issuer(one: str, other: str) -> bool:
    """Whether two spellings name one issuer: exactly, or but for one final slash (R3, S2)."""
    return one == other or one.removesuffix("/") == other.removesuffix("/")


def _address(value: object, name: str) -> str:
    text = _text(value, name)
    try:
        parts = urlsplit(text)
    except ValueError as error:
        raise BadTokenError(f"its {name} is no address") from error
    if parts.scheme not in {"http", "https"} or not parts.hostname or not text.isprintable() or " " in text:
        raise BadTokenError(f"its {name} is no http address")
    return text


def _text(value: object, name: str) -> str:
    if not isinstance(value, str) or not 0 < len(value) <= _LONGEST:
        raise BadTokenError(f"its {name} is missing")
    return value


def _many(value: object) -> list[str]:
    values = value if isinstance(value, list) else [value]
    return [one for one in values if isinstance(one, str)]


def _bound(value: object) -> str | None:
    if value is None:
        return None
    jkt = value.get("jkt") if isinstance(value, dict) else None
    return _text(jkt, "cnf.jkt")
