"""Headers → Agent: the one place where a request's proof of identity is read.

Solid applications send `Authorization: DPoP TOKEN` with a proof (`identity/tokens.py`). Scripts may also use
the program's own `Authorization: Bearer {id}.{secret}`, made by `pod_app account create --client-credentials`.
A proof that fails is an error even where the public may read (solid.md R10); no proof is an anonymous agent.
Cookies are never looked at (B16).
"""

import hashlib
import hmac
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import insert

from pod_app.errors import N_, Unauthenticated
from pod_app.identity.tokens import Asked, RefusedError, Tokens
from pod_app.standards.wac import Agent
from pod_app.storage import schema
from pod_app.storage.database import Database, fetch

_DOTS_OF_A_JWT: Final = 2
_FIND: Final = {
    dialect: f"SELECT secret_hash, webid FROM client_credentials WHERE id = {mark}"  # noqa: S608  # constants
    for dialect, mark in (("sqlite", "?"), ("postgresql", "%s"))
}


@dataclass(frozen=True, slots=True)
class ClientCredentials:
    """What a script needs to act as a WebID; the secret is shown once and kept only as a hash."""

    client_id: str
    client_secret: str
    webid: str

    @property
    def token(self) -> str:
        """The value after `Bearer`."""
        return f"{self.client_id}.{self.client_secret}"


class Credentials:
    """Issues and checks the proofs of one installation."""

    def __init__(self, database: Database, tokens: Tokens, clock: Callable[[], datetime]) -> None:
        self._database = database
        self._tokens = tokens
        self._clock = clock

    def issue(self, account: str, webid: str) -> ClientCredentials:
        """New client credentials for a WebID of this account."""
        made = ClientCredentials(secrets.token_hex(12), secrets.token_urlsafe(32), webid)
        row = {
            "id": made.client_id, "secret_hash": digest(made.client_secret), "account": account, "webid": webid,
            "created": schema.microseconds(self._clock()),
        }  # fmt: skip
        self._database.write(lambda conn: conn.execute(insert(schema.client_credentials).values(**row)))
        return made

    def webid_of(self, client_id: str, secret: str) -> str | None:
        """The WebID that client credentials act for, or None when they are not ours."""
        with self._database.read() as conn:
            found = fetch(conn, _FIND[self._database.dialect], (client_id,))
        if not found or not hmac.compare_digest(found[0][0], digest(secret)):
            return None
        return str(found[0][1])

    def agent(self, authorization: str | None, origin: str | None = None, asked: Asked | None = None) -> Agent:
        """Who an `Authorization` header proves; raises `Unauthenticated` for a proof that fails.

        `asked` is what the request really is: proofs of possession are checked against it.
        """
        if authorization is None:
            return Agent(origin=origin)
        scheme, _, token = (part.strip() for part in authorization.strip().partition(" "))
        try:
            return self._proved(scheme.lower(), token, origin, asked)
        except RefusedError as error:
            raise _refused(error.code, str(error)) from error

    def _proved(self, scheme: str, token: str, origin: str | None, asked: Asked | None) -> Agent:
        if scheme == "bearer" and token.count(".") != _DOTS_OF_A_JWT:
            return self._by_own_token(token, origin)
        if scheme == "bearer":
            claims = self._tokens.by_bearer(token)
        elif scheme == "dpop" and asked is not None:
            claims = self._tokens.by_dpop(token, asked)
        else:
            raise RefusedError("invalid_request", "this scheme is not taken")
        return Agent(webid=claims.webid, client=claims.client, issuer=claims.issuer, origin=origin)

    def _by_own_token(self, token: str, origin: str | None) -> Agent:
        client_id, _, secret = token.partition(".")
        webid = self.webid_of(client_id, secret)
        if webid is None:
            raise RefusedError("invalid_token", "no such token")
        return Agent(webid=webid, client=client_id, origin=origin)


def digest(secret: str) -> str:
    """What is kept of a secret of 256 random bits: a fast hash is enough for it; passwords go through argon2."""
    return hashlib.sha256(secret.encode()).hexdigest()


def _refused(code: str, reason: str) -> Unauthenticated:
    return Unauthenticated(
        N_("The Authorization header does not prove who you are: {reason}."),
        N_("Sign in again, or send no such header at all."),
        code=code, reason=reason,
    )  # fmt: skip
