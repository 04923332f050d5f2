"""Headers → Agent: the one place where a request's proof of identity is read.

Until Solid-OIDC lands, scripts use a token of the program's own: `Authorization: Bearer {id}.{secret}`,
made by `pod_app account create --client-credentials`. A proof that fails is an error even where the
public may read (solid.md R10); no proof is an anonymous agent. Cookies are never looked at (B16).
"""

import hashlib
import hmac
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import insert, select

from pod_app.errors import N_, Unauthenticated
from pod_app.standards.wac import Agent
from pod_app.storage import schema
from pod_app.storage.database import Database


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

    def __init__(self, database: Database, clock: Callable[[], datetime]) -> None:
        self._database = database
        self._clock = clock

    def issue(self, account: str, webid: str) -> ClientCredentials:
        """New client credentials for a WebID of this account."""
        made = ClientCredentials(secrets.token_hex(12), secrets.token_urlsafe(32), webid)
        row = {
            "id": made.client_id, "secret_hash": _digest(made.client_secret), "account": account, "webid": webid,
            "created": schema.microseconds(self._clock()),
        }  # fmt: skip
        self._database.write(lambda conn: conn.execute(insert(schema.client_credentials).values(**row)))
        return made

    def agent(self, authorization: str | None, origin: str | None = None) -> Agent:
        """Who an `Authorization` header proves; raises `Unauthenticated` for a proof that fails."""
        if authorization is None:
            return Agent(origin=origin)
        scheme, _, token = authorization.strip().partition(" ")
        client_id, _, secret = token.strip().partition(".")
        if scheme.lower() != "bearer" or not secret:
            raise _refused()
        with self._database.read() as conn:
            found = conn.execute(
                select(schema.client_credentials).where(schema.client_credentials.c.id == client_id)
            ).first()
        if found is None or not hmac.compare_digest(found.secret_hash, _digest(secret)):
            raise _refused()
        return Agent(webid=found.webid, client=client_id, origin=origin)


def _digest(secret: str) -> str:
    # A fast hash is enough for 256 random bits; passwords go through argon2.
    return hashlib.sha256(secret.encode()).hexdigest()


def _refused() -> Unauthenticated:
    return Unauthenticated(
        N_("The Authorization header does not prove who you are."),
        N_("Send «Authorization: Bearer TOKEN» with a token of this installation, or no such header at all."),
    )
