"""The service description of the badge API: one OpenAPI 3.0 document, which the discovery address and a page both show.

Open Badges 3.0 §6.2 asks for `info` with its extensions and the security scheme with its addresses
(open-badges.md §5.9); the paths are there for developers.
"""

from collections.abc import Mapping
from typing import Any, Final

from pod_app.standards import badge_api

_JSON: Final = "application/json"
_ERRORS: Final[Mapping[str, str]] = {
    "400": "The request or the badge is not what it should be.",
    "401": "The token is missing, has expired, or was taken back.",
    "403": "The token does not have this scope.",
    "429": "Too many requests: Retry-After says how long to wait.",
}
SCOPE_WORDS: Final[Mapping[str, str]] = {
    badge_api.READ_CREDENTIALS: "Read the badges in a person's notebook.",
    badge_api.UPSERT_CREDENTIALS: "Add or replace badges in a person's notebook.",
    badge_api.READ_PROFILE: "Read the profile that goes with the badges.",
    badge_api.UPDATE_PROFILE: "Change the profile that goes with the badges.",
    badge_api.OFFLINE: "Go on while the person is away, with refresh tokens.",
}


def document(base_url: str, site_name: str, version: str) -> dict[str, Any]:
    """The description of the API of the installation at `base_url`."""
    api = f"{base_url}{badge_api.PATH}"
    return {
        "openapi": "3.0.1",
        "info": {
            "title": site_name or "pod_app",
            "version": version,
            "description": "The Open Badges 3.0 REST API of this installation, and its verifier.",
            "termsOfService": f"{api}/#terms",
            "x-imssf-privacyPolicyUrl": f"{api}/#privacy",
            "x-imssf-image": f"{base_url}static/mark.svg",
        },
        "servers": [{"url": api}],
        "paths": _paths(base_url),
        "components": {
            "securitySchemes": {badge_api.SCHEME: _scheme(base_url)},
            "schemas": {"Imsx_StatusInfo": _STATUS_INFO, "Report": _REPORT},
        },
    }


def _scheme(base_url: str) -> dict[str, Any]:
    return {
        "type": "oauth2",
        "description": "OAuth 2.0 authorization code with PKCE (S256); the secret is sent by Basic.",
        "x-imssf-registrationUrl": f"{base_url}{badge_api.PATH}/register",
        "x-imssf-revocationUrl": f"{base_url}oidc/revoke",
        "flows": {
            "authorizationCode": {
                "authorizationUrl": f"{base_url}oidc/authorize",
                "tokenUrl": f"{base_url}oidc/token",
                "refreshUrl": f"{base_url}oidc/token",
                "scopes": dict(SCOPE_WORDS),
            }
        },
    }


def _paths(base_url: str) -> dict[str, Any]:
    return {
        "/discovery": {
            "get": {
                "operationId": "getServiceDescription",
                "summary": "This document, open to everybody; ETag and Cache-Control.",
                "security": [],
                "responses": {"200": _json("The OpenAPI document.", {"type": "object"}), "304": _plain("Unchanged.")},
            }
        },
        "/credentials": {"get": _GET_CREDENTIALS, "post": _POST_CREDENTIALS},
        "/profile": {"get": _GET_PROFILE, "put": _PUT_PROFILE},
        "/verify": {"servers": [{"url": base_url.rstrip("/")}], "post": _VERIFY},
    }


def _plain(description: str) -> dict[str, Any]:
    return {"description": description}


def _json(description: str, schema: Mapping[str, Any]) -> dict[str, Any]:
    return {"description": description, "content": {_JSON: {"schema": dict(schema)}}}


def _query(name: str, description: str, schema: Mapping[str, Any]) -> dict[str, Any]:
    return {"name": name, "in": "query", "required": False, "description": description, "schema": dict(schema)}


def _operation(name: str, summary: str, scope: str, responses: Mapping[str, Any], **more: Any) -> dict[str, Any]:
    failed = {code: _json(words, {"$ref": "#/components/schemas/Imsx_StatusInfo"}) for code, words in _ERRORS.items()}
    return {
        "operationId": name,
        "summary": summary,
        "security": [{badge_api.SCHEME: [scope]}],
        **more,
        "responses": {**responses, **failed},
    }


_CREDENTIAL: Final = {"type": "object", "description": "An OpenBadgeCredential, byte for byte as its issuer signed it."}
_PROFILE: Final = {"type": "object", "description": "A Profile of Open Badges 3.0; its id is the person's WebID."}
_STATUS_INFO: Final = {
    "type": "object",
    "required": ["imsx_codeMajor", "imsx_severity"],
    "properties": {
        "imsx_codeMajor": {"type": "string", "enum": ["failure", "processing", "success", "unsupported"]},
        "imsx_severity": {"type": "string", "enum": ["error", "status", "warning"]},
        "imsx_description": {"type": "string"},
        "imsx_CodeMinor": {
            "type": "object",
            "properties": {
                "imsx_codeMinorField": {
                    "type": "array",
                    "items": {
                        "type": "object",
                        "properties": {
                            "imsx_codeMinorFieldName": {"type": "string"},
                            "imsx_codeMinorFieldValue": {"type": "string"},
                        },
                    },
                }
            },
        },
    },
}
_REPORT: Final = {
    "type": "object",
    "required": ["verified", "checks"],
    "properties": {
        "verified": {
            "type": "boolean",
            "nullable": True,
            "description": "null: something needed could not be found out, which is never the same as valid.",
        },
        "checks": {
            "type": "array",
            "items": {
                "type": "object",
                "properties": {
                    "name": {"type": "string"},
                    "outcome": {"type": "string", "enum": ["pass", "fail", "not-run", "unknown"]},
                    "detail": {"type": "string"},
                    "remedy": {"type": "string"},
                },
            },
        },
    },
}
_BODY: Final = {"required": True, "content": {_JSON: {"schema": _CREDENTIAL}, "text/plain": {"schema": {
    "type": "string", "description": "A compact JWS."}}}}  # fmt: skip
_NUMBER: Final = {"type": "integer", "minimum": 0, "default": 0}
_GET_CREDENTIALS: Final = _operation(
    "getCredentials",
    "Badges of the person, page by page.",
    badge_api.READ_CREDENTIALS,
    {
        "200": {
            "description": "The badges. X-Total-Count tells how many there are, Link leads on.",
            "content": {
                _JSON: {
                    "schema": {
                        "type": "object",
                        "properties": {
                            "credential": {"type": "array", "items": _CREDENTIAL},
                            "compactJwsString": {"type": "array", "items": {"type": "string"}},
                        },
                    }
                }
            },
        }
    },
    parameters=[
        _query(
            "limit", "How many at most; more are never sent at once than the maximum.",
            {"type": "integer", "minimum": 1, "maximum": badge_api.MOST, "default": badge_api.DEFAULT_LIMIT},
        ),
        _query("offset", "Index of the first, from 0.", _NUMBER),
        _query("since", "Only badges issued after this moment.", {"type": "string", "format": "date-time"}),
    ],
)  # fmt: skip
_POST_CREDENTIALS: Final = _operation(
    "upsertCredential",
    "Adds a badge, or replaces an older version of it (same issuer and id).",
    badge_api.UPSERT_CREDENTIALS,
    {
        "200": _json("It replaced an older version; the body is the badge as sent.", _CREDENTIAL),
        "201": _json("It is new; the body is the badge as sent.", _CREDENTIAL),
        "304": _plain("This version, or a newer one, is kept already: nothing was changed."),
    },
    requestBody=_BODY,
)
_GET_PROFILE: Final = _operation(
    "getProfile", "The person's profile.", badge_api.READ_PROFILE, {"200": _json("The profile.", _PROFILE)}
)
_PUT_PROFILE: Final = _operation(
    "putProfile",
    "Replaces what the person tells other hosts about themselves.",
    badge_api.UPDATE_PROFILE,
    {"200": _json("The profile as it stands now.", _PROFILE)},
    requestBody={"required": True, "content": {_JSON: {"schema": _PROFILE}}},
)
_VERIFY: Final = {
    "operationId": "verify",
    "summary": "Checks a badge of anybody; ask for JSON with Accept. Nothing is kept.",
    "security": [],
    "requestBody": {
        "required": True,
        "content": {
            "application/vc": {"schema": _CREDENTIAL},
            "application/json": {"schema": _CREDENTIAL},
            "text/plain": {"schema": {"type": "string", "description": "A compact JWS."}},
            "image/png": {"schema": {"type": "string", "format": "binary"}},
            "image/svg+xml": {"schema": {"type": "string"}},
            "multipart/form-data": {
                "schema": {
                    "type": "object",
                    "properties": {
                        "file": {"type": "string", "format": "binary"},
                        "url": {"type": "string", "format": "uri"},
                        "text": {"type": "string"},
                    },
                }
            },
        },
    },
    "responses": {
        "200": _json("Every check with its outcome, in words.", {"$ref": "#/components/schemas/Report"}),
        "422": _plain("There was nothing to check."),
        "429": _plain("Too many at once: Retry-After says how long to wait."),
    },
}
