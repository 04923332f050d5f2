"""How an application proves itself at the token endpoint: a secret, a signed assertion, or nothing but its name."""

import base64
import binascii
from typing import Final
from urllib.parse import unquote_plus

from werkzeug.wrappers import Request

from pod_app.identity import limits
from pod_app.identity.clients import Client, OidcError
from pod_app.services import Services
from pod_app.standards import jose
from pod_app.standards.jose import BadTokenError, Key, Token

ASSERTION: Final = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
_LONGEST_LIFE: Final = 600


def client_of(services: Services, request: Request) -> Client:
    """The application that a request to the token endpoint proves to come from; raises `OidcError`."""
    if request.form.get("client_assertion_type") == ASSERTION:
        return _by_assertion(services, request.form.get("client_assertion", ""))
    client_id, secret = secret_of(request, may_be_public=True)
    services.identity.limits.count(limits.SECRETS, "secret", client_id)
    client = services.identity.clients.find(client_id)
    if not client.is_public and not (secret and client.has_secret(secret)):
        raise OidcError("invalid_client", "the secret of this client is missing or wrong")
    if client.badge_scopes and "Authorization" not in request.headers:
        raise OidcError("invalid_client", "hosts of badges send their secret by Basic only")
    services.identity.clients.note_use(client)
    return client


def secret_of(request: Request, *, may_be_public: bool = False) -> tuple[str, str]:
    """Id and secret by Basic (form-encoded inside, RFC 6749 §2.3.1) or in the form; raises `OidcError`."""
    scheme, _, sent = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() == "basic":
        try:
            client_id, _, secret = base64.b64decode(sent.strip(), validate=True).decode().partition(":")
        except (binascii.Error, UnicodeDecodeError) as error:
            raise OidcError("invalid_client", "the Authorization header is not Basic") from error
        return unquote_plus(client_id), unquote_plus(secret)
    client_id, secret = request.form.get("client_id", ""), request.form.get("client_secret", "")
    if not client_id or not (secret or may_be_public):
        raise OidcError(
            "invalid_client", "no client names itself: send client_id, with its secret by Basic or in the form"
        )
    return client_id, secret


def _by_assertion(services: Services, assertion: str) -> Client:
    """A token signed with one of the application's registered keys (RFC 7523 §3); it counts once."""
    try:
        seen = jose.peek(assertion)
        client = services.identity.clients.find(str(seen.claims.get("iss", "")))
        claims = jose.verify(assertion, _registered_key(client, seen)).claims
        expires, now = jose.moment(claims, "exp"), services.clock().timestamp()
    except BadTokenError as error:
        raise OidcError("invalid_client", f"the client_assertion does not hold: {error}") from error
    base = services.settings.base_url
    audiences = claims.get("aud") if isinstance(claims.get("aud"), list) else [claims.get("aud")]
    if not {base, base.rstrip("/"), f"{base}oidc/token"}.intersection(map(str, audiences or ())):
        raise OidcError("invalid_client", "the client_assertion is for somebody else")
    if claims.get("sub") != client.id or expires is None or not now < expires < now + _LONGEST_LIFE:
        raise OidcError("invalid_client", "the client_assertion has expired, lives too long, or names another client")
    if not services.identity.replays.first_use(f"assertion {client.id} {claims.get('jti')}", expires, int(now)):
        raise OidcError("invalid_client", "the client_assertion was used before")
    services.identity.clients.note_use(client)
    return client


def _registered_key(client: Client, seen: Token) -> Key:
    key = jose.find(client.about.get("jwks", {}).get("keys", []), seen.header)
    if client.method != "private_key_jwt" or key is None:
        raise BadTokenError("it is signed by no key that this client registered")
    return key
