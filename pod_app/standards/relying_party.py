"""The other side of Solid-OIDC: what an application may believe of a provider that somebody else runs.

Pure: a discovery document, an authorization response and an ID token in; what holds of them out, or a
`BadTokenError` that says why not (OpenID Connect Core §3.1.3.7, Discovery §4.3; RFC 8414, 9207; Solid-OIDC §5 to 8).
"""

import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from urllib.parse import urlencode, urlsplit

from pod_app.standards import jose, solid_oidc
from pod_app.standards.jose import BadTokenError, Token
from pod_app.standards.multibase import encode_base64url

SCOPE: Final = "openid webid offline_access"
OIDC_CONTEXT: Final = "https://www.w3.org/ns/solid/oidc-context.jsonld"
OLDEST_SECONDS: Final = 600
"""An ID token that was made longer ago than this belongs to another sign-in."""
_LONGEST: Final = 2048


@dataclass(frozen=True, slots=True)
class Metadata:
    """What we use of a provider's discovery document; every address is http(s), without user name or fragment."""

    issuer: str
    authorization_endpoint: str
    token_endpoint: str
    registration_endpoint: str | None
    tells_issuer: bool
    knows_documents: bool
    auth_methods: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Asked:
    """One request to sign somebody in, as it must come back."""

    issuer: str
    client: str
    nonce: str
    tells_issuer: bool


def metadata(document: Mapping[str, Any], issuer: str) -> Metadata:
    """Read a discovery document; it must call itself `issuer` (but for one final slash) and offer code with S256."""
    own = _text(document.get("issuer"), "issuer")
    if not solid_oidc.same_issuer(own, issuer):
        raise BadTokenError("its discovery document is that of another issuer")
    if "code" not in _texts(document, "response_types_supported", ("code",)):
        raise BadTokenError("it does not offer the authorization code")
    if "S256" not in _texts(document, "code_challenge_methods_supported", ("S256",)):
        raise BadTokenError("it does not offer PKCE with S256")
    registration = document.get("registration_endpoint")
    scopes = _texts(document, "scopes_supported", ())
    return Metadata(
        issuer=own,
        authorization_endpoint=endpoint(document.get("authorization_endpoint"), "authorization_endpoint"),
        token_endpoint=endpoint(document.get("token_endpoint"), "token_endpoint"),
        registration_endpoint=None if registration is None else endpoint(registration, "registration_endpoint"),
        tells_issuer=document.get("authorization_response_iss_parameter_supported") is True,
        knows_documents="webid" in scopes and document.get("client_id_metadata_document_supported") is not False,
        auth_methods=_texts(document, "token_endpoint_auth_methods_supported", ("client_secret_basic",)),
    )


def endpoint(value: object, name: str) -> str:
    """An address that a browser or we may be sent to."""
    text = _text(value, name)
    try:
        parts = urlsplit(text)
        hostname, _ = parts.hostname, parts.port
    except ValueError as error:
        raise BadTokenError(f"its {name} is no address") from error
    plain = text.isascii() and text.isprintable() and not any(letter in text for letter in " \\<>\"'")
    if parts.scheme not in {"https", "http"} or not hostname or parts.username or "#" in text or not plain:
        raise BadTokenError(f"its {name} is no http address")
    return text


def challenge(verifier: str) -> str:
    """PKCE's S256 of a verifier (RFC 7636 §4.2)."""
    return encode_base64url(hashlib.sha256(verifier.encode()).digest())


def authorization_url(about: Metadata, asked: Asked, *, redirect_uri: str, state: str, verifier: str, jkt: str) -> str:
    """Where a browser goes to sign in; what the endpoint's address asks already is kept."""
    wanted = {
        "response_type": "code", "client_id": asked.client, "redirect_uri": redirect_uri, "scope": SCOPE,
        "state": state, "nonce": asked.nonce, "code_challenge": challenge(verifier), "code_challenge_method": "S256",
        "dpop_jkt": jkt, "prompt": "consent",
    }  # fmt: skip
    mark = "&" if urlsplit(about.authorization_endpoint).query else "?"
    return about.authorization_endpoint + mark + urlencode(wanted)


def check_response(asked: Asked, given: Mapping[str, str]) -> str:
    """The code of an authorization response; raises for one of another issuer (RFC 9207 §2.4) or without a code."""
    told = given.get("iss")
    if told is None and asked.tells_issuer:
        raise BadTokenError("the answer does not say whose it is")
    if told is not None and told != asked.issuer:
        raise BadTokenError("the answer is that of another issuer")
    code = given.get("code", "")
    if not 0 < len(code) <= _LONGEST:
        raise BadTokenError("the answer brings no code")
    return code


def check_id_token(token: Token, asked: Asked, now: datetime) -> str:
    """The WebID that an ID token, whose signature holds, speaks for."""
    claims, seconds = token.claims, now.timestamp()
    if claims.get("iss") != asked.issuer:
        raise BadTokenError("its iss is another issuer")
    audience = claims.get("aud")
    audiences = audience if isinstance(audience, list) else [audience]
    if asked.client not in audiences or claims.get("azp", asked.client) != asked.client:
        raise BadTokenError("it was made for another application")
    nonce = claims.get("nonce")
    if not isinstance(nonce, str) or not hmac.compare_digest(nonce.encode(), asked.nonce.encode()):
        raise BadTokenError("its nonce belongs to another sign-in")
    expires, issued = jose.moment(claims, "exp"), jose.moment(claims, "iat")
    if expires is None or seconds >= expires + solid_oidc.LEEWAY_SECONDS:
        raise BadTokenError("it has expired")
    if issued is None or not -solid_oidc.LEEWAY_SECONDS <= seconds - issued <= OLDEST_SECONDS:
        raise BadTokenError("it was made too long ago, or the clocks differ")
    return _webid(claims)


def client_document(client_id: str, name: str, home: str, redirect_uri: str) -> dict[str, Any]:
    """Who we are, for providers that read it (Solid-OIDC §5.1)."""
    return {
        "@context": [OIDC_CONTEXT],
        "client_id": client_id,
        "client_name": name,
        "client_uri": home,
        "redirect_uris": [redirect_uri],
        "grant_types": ["authorization_code", "refresh_token"],
        "response_types": ["code"],
        "scope": SCOPE,
        "token_endpoint_auth_method": "none",
        "application_type": "web",
        "require_auth_time": False,
        "dpop_bound_access_tokens": True,
    }


def _webid(claims: Mapping[str, Any]) -> str:
    """`webid`, else a `sub` that is an address (Solid-OIDC §7)."""
    webid = claims.get("webid", claims.get("sub"))
    if not isinstance(webid, str) or "\\" in webid:
        raise BadTokenError("it names no WebID")
    try:
        endpoint(webid.partition("#")[0], "webid")
    except BadTokenError as error:
        raise BadTokenError("it names no WebID") from error
    return webid


def _text(value: object, name: str) -> str:
    if not isinstance(value, str) or not 0 < len(value) <= _LONGEST:
        raise BadTokenError(f"its {name} is missing")
    return value


def _texts(document: Mapping[str, Any], name: str, default: tuple[str, ...]) -> tuple[str, ...]:
    value = document.get(name, default)
    return tuple(one for one in value if isinstance(one, str)) if isinstance(value, list | tuple) else ()
