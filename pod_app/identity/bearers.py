"""Access tokens of the badge API: signed by our provider, good for that API alone, ended with their grant.

They are bound to no key, because hosts of badges know only RFC 6750; so their audience is the API, which no pod
takes, and each use asks whether the person's grant still stands (open-badges.md §5.9).
"""

import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import select

from pod_app.identity.tokens import RefusedError
from pod_app.standards import badge_api, jose
from pod_app.standards.jose import BadTokenError, Token
from pod_app.storage.database import Database
from pod_app.storage.provider_keys import ProviderKeys
from pod_app.storage.schema import oidc_grants

LIVES: Final = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Bearer:
    """Who a token speaks for, through which application, and what it may do."""

    webid: str
    client: str
    scope: tuple[str, ...]
    grant: str


class Bearers:
    """Makes and reads the tokens of one installation."""

    def __init__(self, issuer: str, database: Database, keys: ProviderKeys, clock: Callable[[], datetime]) -> None:
        self._issuer = issuer
        self._audience = f"{issuer}{badge_api.PATH}"
        self._database = database
        self._keys = keys
        self._clock = clock

    def issue(self, bearer: Bearer) -> str:
        """A token that lives for an hour."""
        now = int(self._clock().timestamp())
        claims = {
            "iss": self._issuer, "sub": bearer.webid, "aud": self._audience, "client_id": bearer.client,
            "iat": now, "exp": now + int(LIVES.total_seconds()), "jti": secrets.token_urlsafe(12),
            "scope": " ".join(bearer.scope), "grant": bearer.grant,
        }  # fmt: skip
        key = self._keys.signing("ES256")
        return jose.sign(claims, key.key, algorithm="ES256", typ="at+jwt", key_id=key.id)

    def find(self, token: str) -> Bearer:
        """Who this token speaks for now; raises `RefusedError`."""
        try:
            claims = self._read(token).claims
            expires = jose.moment(claims, "exp")
        except BadTokenError as error:
            raise RefusedError("invalid_token", str(error)) from error
        if expires is None or self._clock().timestamp() >= expires:
            raise RefusedError("invalid_token", "it has expired")
        bearer = _bearer(claims)
        if not self._stands(bearer.grant):
            raise RefusedError("invalid_token", "the person has taken back what they allowed")
        return bearer

    def grant_of(self, token: str, client: str) -> str | None:
        """The grant behind a token of this application, whether or not it has expired; None for other tokens."""
        try:
            bearer = _bearer(self._read(token).claims)
        except (BadTokenError, RefusedError):
            return None
        return bearer.grant if bearer.client == client else None

    # -- steps -----------------------------------------------------------------------------------

    def _read(self, token: str) -> Token:
        key = jose.find(self._keys.published(), jose.peek(token).header)
        if key is None:
            raise BadTokenError("it is not signed here")
        found = jose.verify(token, key, ("ES256",))
        if found.header.get("typ") != "at+jwt" or found.claims.get("aud") != self._audience:
            raise BadTokenError("it is not made for this API")
        return found

    def _stands(self, grant: str) -> bool:
        wanted = select(oidc_grants.c.id).where(oidc_grants.c.id == grant, oidc_grants.c.ended.is_(None))
        with self._database.read() as conn:
            return conn.execute(wanted).first() is not None


def _bearer(claims: object) -> Bearer:
    if not isinstance(claims, dict):
        raise RefusedError("invalid_token", "it has no claims")
    return Bearer(
        str(claims.get("sub")), str(claims.get("client_id")), badge_api.scopes_in(claims.get("scope")),
        str(claims.get("grant")),
    )  # fmt: skip
