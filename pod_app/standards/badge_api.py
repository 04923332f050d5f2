"""The words of the Open Badges 3.0 REST API: scopes, registrations, pages of an answer, errors (§6 and §7 there).

https://www.imsglobal.org/spec/ob/v3p0/#api (open-badges.md §5.9). The provider's door and the consumer both
speak through this module; nothing here asks anybody.
"""

from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import urlencode, urlsplit

PATH: Final = "ims/ob/v3p0"
"""Where the API stands, below the base address of a host."""
SCOPE: Final = "https://purl.imsglobal.org/spec/ob/v3p0/scope/"
READ_CREDENTIALS: Final = f"{SCOPE}credential.readonly"
UPSERT_CREDENTIALS: Final = f"{SCOPE}credential.upsert"
READ_PROFILE: Final = f"{SCOPE}profile.readonly"
UPDATE_PROFILE: Final = f"{SCOPE}profile.update"
OFFLINE: Final = "offline_access"
SCOPES: Final = (READ_CREDENTIALS, UPSERT_CREDENTIALS, READ_PROFILE, UPDATE_PROFILE, OFFLINE)
SCHEME: Final = "OAuth2ACG"
"""Name of the security scheme in a service description document."""

DEFAULT_LIMIT: Final = 50
MOST: Final = 200
_LARGEST_OFFSET: Final = 10**9
_ADDRESSES: Final = ("client_uri", "logo_uri", "tos_uri", "policy_uri")
_REQUIRED: Final = ("client_name", *_ADDRESSES, "software_id", "software_version", "redirect_uris", "scope")
_MINOR: Final[Mapping[int, str]] = {
    304: "not_modified",
    400: "invalid_data",
    401: "unauthorizedrequest",
    403: "forbidden",
    404: "not_found",
    405: "misdirected_request",
    406: "not_acceptable",
    413: "invalid_data",
    415: "invalid_data",
    422: "invalid_data",
    429: "server_busy",
    503: "server_busy",
}


def registration_problem(wanted: Mapping[str, Any]) -> tuple[str, str] | None:
    """What these rules hold against a registration beyond RFC 7591: OAuth's word and a sentence, or nothing.

    Every address is https and on one host, the secret is sent by Basic, every scope is one of the API's.
    """
    missing = [name for name in _REQUIRED if not wanted.get(name)]
    if missing:
        return "invalid_client_metadata", f"a registration for badges also has {', '.join(missing)}"
    if wanted.get("token_endpoint_auth_method", "client_secret_basic") != "client_secret_basic":
        return "invalid_client_metadata", "token_endpoint_auth_method is client_secret_basic"
    if not isinstance(wanted["scope"], str) or not scopes_in(wanted["scope"]):
        return "invalid_client_metadata", f"scope holds some of {' '.join(SCOPES)}"
    return _addresses_problem(wanted)


def _addresses_problem(wanted: Mapping[str, Any]) -> tuple[str, str] | None:
    back = wanted["redirect_uris"]
    own = [(name, wanted[name]) for name in _ADDRESSES]
    all_of_them = [*own, *(("redirect_uris", one) for one in (back if isinstance(back, list) else [back]))]
    hosts = {name: _https_host(one) for name, one in all_of_them}
    for name, host in hosts.items():
        if host is None:
            code = "invalid_redirect_uri" if name == "redirect_uris" else "invalid_client_metadata"
            return code, f"{name} is an https address"
    if len({_https_host(one) for _, one in all_of_them}) > 1:
        return "invalid_client_metadata", "all addresses of a registration are on one host"
    return None


def _https_host(address: object) -> str | None:
    try:
        parts = urlsplit(address) if isinstance(address, str) else None
    except ValueError:
        return None
    if parts is None or parts.scheme != "https" or not parts.hostname or parts.username:
        return None
    return parts.hostname.lower()


def scopes_in(text: object) -> tuple[str, ...]:
    """The scopes of this API among those that a text names, in our order."""
    named = text.split() if isinstance(text, str) else []
    return tuple(one for one in SCOPES if one in named)


def whole_number(text: str | None, default: int, least: int) -> int | None:
    """A number of a query; None when it is none or too small."""
    if text is None:
        return default
    if not (text.isascii() and text.isdigit()) or len(text) > len(str(_LARGEST_OFFSET)):
        return None
    return int(text) if int(text) >= least else None


def links(address: str, *, limit: int, offset: int, total: int, query: Mapping[str, str] | None = None) -> str:
    """The `Link` header of one page: first and last always, next and prev when there is more (§6.1.4 there)."""
    last = max(total - 1, 0) // limit * limit
    places = {"first": 0, "last": last}
    if offset + limit < total:
        places["next"] = offset + limit
    if offset > 0:
        places["prev"] = max(min(offset, total) - limit, 0)

    def link(name: str, place: int) -> str:
        asked = urlencode({"limit": limit, "offset": place, **(query or {})})
        return f'<{address}?{asked}>; rel="{name}"'

    return ", ".join(link(name, place) for name, place in places.items())


def next_page(header: str | None, address: str) -> str | None:
    """Address of the next page in a `Link` header; one that leads to another origin is none."""
    for part in (header or "").split(","):
        target, _, parameters = part.strip().partition(">")
        if 'rel="next"' in parameters.replace(" ", "") or "rel=next" in parameters.replace(" ", ""):
            found = target.lstrip("<")
            return found if urlsplit(found)[:2] == urlsplit(address)[:2] else None
    return None


def status_info(status: int, description: str) -> dict[str, Any]:
    """An error as this family of specifications writes it: `Imsx_StatusInfo`."""
    minor = _MINOR.get(status, "internal_server_error" if status >= 500 else "unknown")  # noqa: PLR2004  # class
    return {
        "imsx_codeMajor": "failure",
        "imsx_severity": "error",
        "imsx_description": description,
        "imsx_CodeMinor": {
            "imsx_codeMinorField": [
                {"imsx_codeMinorFieldName": "TargetEndSystem", "imsx_codeMinorFieldValue": minor},
            ],
        },
    }


def answer(credentials: list[bytes], tokens: list[str]) -> bytes:
    """The body that lists badges: each document with its very bytes, so that its proof still holds.

    The text's example says `compactJwsStrings`, its model `compactJwsString`: the model's is written.
    """
    quoted = (b'"%s"' % one.encode("ascii") for one in tokens)
    return b'{"credential":[%s],"compactJwsString":[%s]}' % (b",".join(credentials), b",".join(quoted))
