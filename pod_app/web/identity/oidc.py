"""The provider over HTTP: discovery, keys, registration, tokens and who somebody is, for applications (solid.md S).

These endpoints take no cookie and are open to every origin; errors are OAuth's JSON, in English, for developers.
What people see on the way is `web/identity/sign_in_for.py`.
"""

import json
from collections.abc import Callable
from functools import wraps
from typing import Any, Final

from flask import Blueprint, Response, request

from pod_app.identity import limits
from pod_app.identity.clients import AUTH_METHODS, GRANTS, Client, OidcError
from pod_app.identity.provider import SCOPES
from pod_app.identity.tokens import RefusedError
from pod_app.standards import badge_api, jose, json_text
from pod_app.web import callers, doors
from pod_app.web.identity import client_proofs

blueprint = Blueprint("oidc", __name__)
STATUS: Final = {"invalid_client": 401, "invalid_token": 401, "server_error": 500}
OPEN_PATHS: Final = (
    "/oidc/token", "/oidc/register", "/oidc/userinfo", "/oidc/revoke", "/oidc/jwks", "/.well-known/",
    f"/{badge_api.PATH}/",
)  # fmt: skip
"""Taken from every site: they act for nobody who is merely signed in."""
MOST_REGISTRATION: Final = 64 * 2**10
Answer = tuple[dict[str, Any], int]
Handler = Callable[[], Answer]


def _told(handler: Handler) -> Callable[[], Response]:
    """The JSON of an endpoint, never cached, with a refusal in OAuth's form (RFC 6749 §5.2)."""

    @wraps(handler)
    def answer() -> Response:
        if request.method == "OPTIONS":
            return Response(status=204)
        try:
            told, status = handler()
        except OidcError as error:
            told, status = {"error": error.code, "error_description": error.description}, STATUS.get(error.code, 400)
        response = Response(json.dumps(told), status, content_type="application/json")
        response.headers["Cache-Control"] = "no-store"
        if status == 401:  # noqa: PLR2004  # RFC 9110 §15.5.2
            response.headers["WWW-Authenticate"] = f'Basic realm="pod_app", error="{told["error"]}"'
        return response

    return answer


@blueprint.after_request
def open_to_applications(response: Response) -> Response:
    """CORS: applications in browsers come from anywhere, and nothing here depends on cookies (L5)."""
    headers = response.headers
    headers["Access-Control-Allow-Origin"] = request.headers.get("Origin", "*")
    headers["Access-Control-Expose-Headers"] = "DPoP-Nonce, WWW-Authenticate, Content-Type"
    if request.method == "OPTIONS":
        headers["Access-Control-Allow-Methods"] = "GET, HEAD, OPTIONS, POST"
        headers["Access-Control-Allow-Headers"] = request.headers.get("Access-Control-Request-Headers", "")
        headers["Access-Control-Max-Age"] = "86400"
    headers["Vary"] = "Origin"
    return response


@blueprint.route("/.well-known/openid-configuration", methods=["GET", "OPTIONS"])
@blueprint.route("/.well-known/oauth-authorization-server", methods=["GET", "OPTIONS"], endpoint="metadata_of_server")
@_told
def discovery() -> Answer:
    """What this provider can do (OpenID Connect Discovery; RFC 8414; S1)."""
    base = doors.services().settings.base_url
    endpoints = {
        "authorization_endpoint": "authorize", "token_endpoint": "token", "registration_endpoint": "register",
        "userinfo_endpoint": "userinfo", "jwks_uri": "jwks", "end_session_endpoint": "logout",
        "revocation_endpoint": "revoke",
    }  # fmt: skip
    return {
        "issuer": base,
        **{name: f"{base}oidc/{path}" for name, path in endpoints.items()},
        "scopes_supported": list(SCOPES),
        "response_types_supported": ["code"],
        "response_modes_supported": ["query", "fragment"],
        "grant_types_supported": list(GRANTS),
        "code_challenge_methods_supported": ["S256"],
        "dpop_signing_alg_values_supported": list(jose.ALGORITHMS),
        "id_token_signing_alg_values_supported": ["RS256", "ES256"],
        "token_endpoint_auth_methods_supported": list(AUTH_METHODS),
        "token_endpoint_auth_signing_alg_values_supported": list(jose.ALGORITHMS),
        "subject_types_supported": ["public"],
        "claims_supported": ["iss", "sub", "aud", "azp", "exp", "iat", "auth_time", "nonce", "webid", "cnf", "name"],
        "prompt_values_supported": ["none", "login", "consent"],
        "ui_locales_supported": ["fr", "en"],
        "authorization_response_iss_parameter_supported": True,
        "request_parameter_supported": False,
        "request_uri_parameter_supported": False,
        "solid_oidc_supported": "https://solidproject.org/TR/solid-oidc",
    }, 200


@blueprint.route("/oidc/jwks", methods=["GET", "OPTIONS"])
@_told
def keys() -> Answer:
    """Public keys: those that sign now, and replaced ones as long as what they signed may count (S14)."""
    return {"keys": doors.services().identity.provider.keys.published()}, 200


@blueprint.route("/oidc/application", methods=["GET", "OPTIONS"])
def application() -> Response:
    """Ourselves as an application at the providers of others: the document that is our `client_id` (Solid-OIDC §5)."""
    services = doors.services()
    about = services.elsewhere.providers.document(services.settings.site_name)
    response = Response(json.dumps(about), content_type="application/ld+json")
    response.headers["Cache-Control"] = "public, max-age=3600"
    return response


@blueprint.route("/oidc/register", methods=["POST", "OPTIONS"])
@_told
def register() -> Answer:
    """Dynamic registration (RFC 7591; S5)."""
    return doors.services().identity.clients.register(_registration()), 201


@blueprint.route(f"/{badge_api.PATH}/register", methods=["POST", "OPTIONS"])
@_told
def register_for_badges() -> Answer:
    """Registration of a host of badges, by the rules of its API (open-badges.md §5.9)."""
    return doors.services().identity.clients.register_for_badges(_registration()), 201


def _registration() -> object:
    """What somebody wants to register, counted by where they are."""
    if (request.content_length or 0) > MOST_REGISTRATION:
        raise OidcError("invalid_client_metadata", f"a registration has at most {MOST_REGISTRATION} bytes")
    doors.services().identity.limits.count(limits.JOINING, "registration", doors.address())
    try:
        return json_text.read(request.get_data())
    except ValueError as error:
        raise OidcError("invalid_client_metadata", "a registration is a JSON object") from error


@blueprint.route("/oidc/token", methods=["POST", "OPTIONS"])
@_told
def token() -> Answer:
    """Tokens for a code, a refresh token or client credentials, each bound to the key of a DPoP proof (S6 to S9)."""
    form = request.form
    if any(len(form.getlist(name)) > 1 for name in form):
        raise OidcError("invalid_request", "a parameter stands twice")
    kind = form.get("grant_type", "")
    if kind not in GRANTS:
        raise OidcError("unsupported_grant_type", f"grant_type is one of {', '.join(GRANTS)}")
    provider = doors.services().identity.provider
    if kind == "client_credentials":
        client_id, secret = client_proofs.secret_of(request)
        doors.services().identity.limits.count(limits.SECRETS, "secret", client_id)
        return provider.by_credentials(client_id, secret, _bound_key()), 200
    client = client_proofs.client_of(doors.services(), request)
    jkt = None if client.badge_scopes else _bound_key()
    if kind == "refresh_token":
        return provider.by_refresh(client, form.get("refresh_token", ""), jkt), 200
    code, redirect_uri = form.get("code", ""), form.get("redirect_uri", "")
    return provider.by_code(client, code, redirect_uri, form.get("code_verifier", ""), jkt), 200


@blueprint.route("/oidc/revoke", methods=["POST", "OPTIONS"])
@_told
def revoke() -> Answer:
    """End a sign-in for an application (RFC 7009)."""
    client: Client = client_proofs.client_of(doors.services(), request)
    doors.services().identity.provider.revoke(client, request.form.get("token", ""))
    return {}, 200


@blueprint.route("/oidc/userinfo", methods=["GET", "POST", "OPTIONS"])
@_told
def userinfo() -> Answer:
    """Who an access token speaks for (OpenID Connect Core §5.3)."""
    services = doors.services()
    scheme, _, sent = request.headers.get("Authorization", "").partition(" ")
    try:
        if scheme.lower() == "dpop":
            claims = services.identity.tokens.by_dpop(sent.strip(), callers.asked_of(services, request))
        else:
            claims = services.identity.tokens.by_bearer(sent.strip())
    except RefusedError as error:
        raise OidcError("invalid_token", str(error)) from error
    pod = services.catalogue.of_webid(claims.webid)
    return {"sub": claims.webid, "webid": claims.webid} | ({"name": pod.title} if pod is not None else {}), 200


def _bound_key() -> str:
    """Thumbprint of the key that the tokens will be bound to."""
    services = doors.services()
    if "DPoP" not in request.headers:
        raise OidcError("invalid_dpop_proof", "a DPoP proof is needed: tokens are bound to its key")
    try:
        return services.identity.tokens.proof(callers.asked_of(services, request)).jkt
    except RefusedError as error:
        raise OidcError("invalid_dpop_proof", str(error)) from error
