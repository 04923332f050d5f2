"""Applications that may send people here to sign in: registered ones, and those that describe themselves by a document.

Metadata by RFC 7591; a `client_id` that is an address is dereferenced and must say the same of itself
(Solid-OIDC §5; solid.md S4, S5). What an application adds to its request never overrides its document.
"""

import hmac
import json
import secrets
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final
from urllib.parse import urlsplit

from sqlalchemy import delete, insert, select, update

from pod_app.errors import PodAppError
from pod_app.identity.credentials import digest
from pod_app.standards import badge_api, json_text
from pod_app.standards.relying_party import OIDC_CONTEXT
from pod_app.storage.database import Database
from pod_app.storage.schema import microseconds
from pod_app.storage.schema import oidc_clients as table

AUTH_METHODS: Final = ("client_secret_basic", "client_secret_post", "private_key_jwt", "none")
GRANTS: Final = ("authorization_code", "refresh_token", "client_credentials")
UNUSED_FOR: Final = timedelta(days=90)
"""A registration that nobody has used for so long is forgotten when others register."""
DOCUMENT_KEPT: Final = timedelta(hours=1)
MOST_ADDRESSES: Final = 20
_LONGEST: Final = 2_000
_KEPT_DOCUMENTS: Final = 500
FetchDocument = Callable[[str, str], tuple[str, bytes]]
"""Address and `Accept` → media type and body; raises `Unreachable`."""


class OidcError(Exception):
    """A refusal in OAuth's own words (RFC 6749 §5.2), for the developer of an application."""

    def __init__(self, code: str, description: str) -> None:
        super().__init__(description)
        self.code = code
        self.description = description


@dataclass(frozen=True, slots=True)
class Client:
    """An application; `registered` False means that it is known by its document only."""

    id: str
    name: str
    redirect_uris: tuple[str, ...]
    about: Mapping[str, Any] = field(default_factory=dict)
    secret_hash: str | None = None
    registered: bool = True

    @property
    def method(self) -> str:
        """How it proves itself at the token endpoint."""
        return str(self.about.get("token_endpoint_auth_method", "client_secret_basic" if self.secret_hash else "none"))

    @property
    def is_public(self) -> bool:
        """Whether it has nothing to prove itself with."""
        return self.method == "none"

    @property
    def badge_scopes(self) -> tuple[str, ...]:
        """What a host of badges registered for (open-badges.md §5.9); empty for every other application."""
        return badge_api.scopes_in(self.about.get("scope")) if self.about.get("api") == badge_api.PATH else ()

    @property
    def home(self) -> str:
        """Its own page, when it names one."""
        home = str(self.about.get("client_uri", ""))
        return home if urlsplit(home).scheme in {"http", "https"} else ""

    def has_redirect(self, uri: str) -> bool:
        """Whether an address is exactly one of its own; a loopback address may have any port (RFC 8252 §7.3)."""
        return uri in self.redirect_uris or (
            _loopback(uri) is not None and _loopback(uri) in {_loopback(one) for one in self.redirect_uris}
        )

    def has_secret(self, secret: str) -> bool:
        """Whether this is the secret that it was given."""
        return self.secret_hash is not None and hmac.compare_digest(self.secret_hash, digest(secret))


class Clients:
    """The applications of one installation."""

    def __init__(self, database: Database, fetch: FetchDocument, clock: Callable[[], datetime]) -> None:
        self._database = database
        self._fetch = fetch
        self._clock = clock
        self._documents: dict[str, tuple[Client, datetime]] = {}

    def register(self, wanted: object) -> dict[str, Any]:
        """Take an application in (RFC 7591 §3.1) and return what it must know; raises `OidcError`."""
        return self._register(_checked_metadata(wanted))

    def register_for_badges(self, wanted: object) -> dict[str, Any]:
        """Take a host of badges in, by the stricter rules of its API; raises `OidcError`."""
        if isinstance(wanted, dict) and (problem := badge_api.registration_problem(wanted)) is not None:
            raise OidcError(*problem)
        about = _checked_metadata(wanted)
        about["grant_types"] = ["authorization_code", "refresh_token"]
        about["scope"] = " ".join(badge_api.scopes_in(about["scope"]))
        told = self._register({**about, "api": badge_api.PATH})
        return {name: value for name, value in told.items() if name != "api"}

    def _register(self, about: dict[str, Any]) -> dict[str, Any]:
        now, client_id = self._clock(), secrets.token_urlsafe(18)
        secret = (
            None if about["token_endpoint_auth_method"] in {"none", "private_key_jwt"} else secrets.token_urlsafe(32)
        )
        row = {
            "id": client_id, "secret_hash": digest(secret) if secret else None,
            "about": json.dumps(about), "created": microseconds(now), "used": microseconds(now),
        }  # fmt: skip
        old = microseconds(now - UNUSED_FOR)
        self._database.write(
            lambda conn: (
                conn.execute(delete(table).where(table.c.used < old)),
                conn.execute(insert(table).values(**row)),
            )
        )
        told = {**about, "client_id": client_id, "client_id_issued_at": int(now.timestamp())}
        return told | ({"client_secret": secret, "client_secret_expires_at": 0} if secret else {})

    def find(self, client_id: str) -> Client:
        """The application of this id; raises `OidcError` when there is none or its document does not hold."""
        if urlsplit(client_id).scheme in {"http", "https"}:
            return self._by_document(client_id)
        with self._database.read() as conn:
            row = conn.execute(select(table).where(table.c.id == client_id)).first()
        if row is None:
            raise OidcError("invalid_client", "no application is registered under this client_id")
        about = json.loads(row.about)
        return Client(row.id, _name(about, row.id), tuple(about["redirect_uris"]), about, row.secret_hash)

    def note_use(self, client: Client) -> None:
        """Keep the registration alive."""
        if client.registered:
            now = microseconds(self._clock())
            self._database.write(
                lambda conn: conn.execute(update(table).where(table.c.id == client.id).values(used=now))
            )

    def _by_document(self, client_id: str) -> Client:
        now = self._clock()
        kept = self._documents.get(client_id)
        if kept is not None and now < kept[1]:
            return kept[0]
        client = self._read_document(client_id)
        if len(self._documents) >= _KEPT_DOCUMENTS:
            self._documents.pop(next(iter(self._documents)))
        self._documents[client_id] = (client, now + DOCUMENT_KEPT)
        return client

    def _read_document(self, client_id: str) -> Client:
        if "#" in client_id or urlsplit(client_id).username:
            raise OidcError("invalid_client", "a client_id that is an address has neither fragment nor user name")
        try:
            about = json_text.read(self._fetch(client_id, "application/ld+json, application/json;q=0.9")[1])
        except (PodAppError, ValueError) as error:
            raise OidcError("invalid_client", "the document of this client_id cannot be read as JSON") from error
        if not isinstance(about, dict) or about.get("client_id") != client_id:
            raise OidcError("invalid_client", "the document of this client_id does not name itself as client_id")
        contexts = about.get("@context")
        if OIDC_CONTEXT not in (contexts if isinstance(contexts, list) else [contexts]):
            raise OidcError("invalid_client", f"the document of this client_id lacks the context {OIDC_CONTEXT}")
        about = {**about, "token_endpoint_auth_method": "none"}
        return Client(client_id, _name(about, client_id), tuple(_addresses(about)), about, registered=False)


def _checked_metadata(wanted: object) -> dict[str, Any]:
    """Registered metadata, with the defaults that apply; unknown members are dropped (RFC 7591 §2)."""
    if not isinstance(wanted, dict):
        raise OidcError("invalid_client_metadata", "a registration is a JSON object")
    about: dict[str, Any] = {"redirect_uris": _addresses(wanted)}
    for name in ("client_name", "client_uri", "logo_uri", "policy_uri", "tos_uri", "scope", "software_id",
                 "software_version", "application_type", "id_token_signed_response_alg"):  # fmt: skip
        if name in wanted:
            about[name] = _text(wanted, name)
    for name in ("contacts", "post_logout_redirect_uris"):
        if name in wanted:
            about[name] = _texts(wanted, name)
    about["grant_types"] = _among(wanted, "grant_types", GRANTS, ["authorization_code"])
    about["response_types"] = _among(wanted, "response_types", ("code",), ["code"])
    method = wanted.get("token_endpoint_auth_method", "client_secret_basic")
    if method not in AUTH_METHODS:
        raise OidcError("invalid_client_metadata", f"token_endpoint_auth_method is one of {', '.join(AUTH_METHODS)}")
    if method == "private_key_jwt":
        about["jwks"] = _keys(wanted)
    if about.get("id_token_signed_response_alg", "RS256") not in {"RS256", "ES256"}:
        raise OidcError("invalid_client_metadata", "id_token_signed_response_alg is RS256 or ES256")
    return {**about, "token_endpoint_auth_method": method}


def _addresses(wanted: Mapping[str, Any]) -> list[str]:
    uris = _texts(wanted, "redirect_uris")
    if not 0 < len(uris) <= MOST_ADDRESSES or not all(map(_may_be_redirected_to, uris)):
        raise OidcError(
            "invalid_redirect_uri",
            f"redirect_uris lists 1 to {MOST_ADDRESSES} https addresses (http on loopback, or a private scheme), "
            "without fragment",
        )
    return uris


def _may_be_redirected_to(uri: str) -> bool:
    try:
        parts = urlsplit(uri)
    except ValueError:
        return False
    if not uri.isascii() or not uri.isprintable() or any(letter in uri for letter in " #\\<>\"'") or parts.username:
        return False
    if parts.scheme == "https":
        return bool(parts.hostname)
    if parts.scheme == "http":
        return parts.hostname in {"localhost", "127.0.0.1", "::1"}
    return "." in parts.scheme  # private schemes of installed applications are reversed domain names (RFC 8252 §7.1)


def _loopback(uri: str) -> tuple[str, str, str] | None:
    try:
        parts = urlsplit(uri)
    except ValueError:
        return None
    if parts.scheme == "http" and parts.hostname in {"127.0.0.1", "::1"} and not parts.username:
        return parts.hostname, parts.path, parts.query
    return None


def _text(wanted: Mapping[str, Any], name: str) -> str:
    value = wanted[name]
    if not isinstance(value, str) or len(value) > _LONGEST:
        raise OidcError("invalid_client_metadata", f"{name} is a text of at most {_LONGEST} characters")
    return value


def _texts(wanted: Mapping[str, Any], name: str) -> list[str]:
    values = wanted.get(name)
    if not isinstance(values, list) or not all(isinstance(one, str) and len(one) <= _LONGEST for one in values):
        raise OidcError(
            "invalid_redirect_uri" if name == "redirect_uris" else "invalid_client_metadata",
            f"{name} is a list of texts",
        )
    return values


def _among(wanted: Mapping[str, Any], name: str, known: Sequence[str], default: list[str]) -> list[str]:
    """Those of a list that are offered here: others are left out, as the answer tells."""
    kept = [one for one in (_texts(wanted, name) if name in wanted else default) if one in known]
    if not kept:
        raise OidcError("invalid_client_metadata", f"{name} offers nothing of {', '.join(known)}")
    return kept


def _keys(wanted: Mapping[str, Any]) -> dict[str, Any]:
    jwks = wanted.get("jwks")
    if not isinstance(jwks, dict) or not isinstance(jwks.get("keys"), list):
        raise OidcError("invalid_client_metadata", "private_key_jwt needs jwks with the application's public keys")
    return jwks


def _name(about: Mapping[str, Any], client_id: str) -> str:
    name = about.get("client_name")
    return name if isinstance(name, str) and name.strip() else client_id
