"""The Solid-OIDC provider: what a person agreed to becomes codes and tokens (solid.md S; RFC 6749, 7636, 9207, 9449).

Pure rules over rows: pages and HTTP are `web/identity/oidc.py`. Nothing secret is stored in clear, a code counts once
within a minute, refresh tokens change at each use, and a second use of either ends everything that came from it.
"""

import hashlib
import hmac
import json
import secrets
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import Connection, insert, select, update

from pod_app.identity.bearers import LIVES, Bearer, Bearers
from pod_app.identity.clients import Client, OidcError
from pod_app.identity.credentials import Credentials, digest
from pod_app.standards import jose
from pod_app.standards.jose import Algorithm
from pod_app.standards.multibase import encode_base64url
from pod_app.storage.database import Database
from pod_app.storage.provider_keys import ProviderKeys
from pod_app.storage.schema import microseconds, oidc_codes, oidc_grants, oidc_refreshes

CODE_LIVES: Final = timedelta(seconds=60)
TOKEN_LIVES: Final = timedelta(hours=1)
REFRESH_LIVES: Final = timedelta(days=60)
SCOPES: Final = ("openid", "webid", "profile", "offline_access")


@dataclass(frozen=True, slots=True)
class Wish:
    """A checked request to sign somebody in; the redirect address is one of the client's own."""

    client: str
    redirect_uri: str
    scope: tuple[str, ...]
    state: str | None
    nonce: str | None
    challenge: str | None
    jkt: str | None
    prompt: str | None
    max_age: int | None


@dataclass(frozen=True, slots=True)
class Person:
    """Who agreed: the account, the WebID they chose and when they proved to be it (seconds of 1970)."""

    account: str
    webid: str
    since: int


class Provider:
    """Codes, grants and tokens of one installation."""

    def __init__(
        self,
        issuer: str,
        database: Database,
        keys: ProviderKeys,
        credentials: Credentials,
        clock: Callable[[], datetime],
    ) -> None:
        self.issuer = issuer
        self._database = database
        self.keys = keys
        self.bearers = Bearers(issuer, database, keys, clock)
        self._credentials = credentials
        self._clock = clock

    # -- consent ---------------------------------------------------------------------------------

    def agreed(self, account: str, webid: str, client: str, scope: tuple[str, ...]) -> bool:
        """Whether this person has let this application do as much before, and asked to remember it."""
        chosen = select(oidc_grants.c.scope).where(
            oidc_grants.c.account == account, oidc_grants.c.webid == webid, oidc_grants.c.client == client,
            oidc_grants.c.remembered.is_(True), oidc_grants.c.ended.is_(None),
        )  # fmt: skip
        with self._database.read() as conn:
            return any(set(scope) <= set(row.scope.split()) for row in conn.execute(chosen))

    def grant(self, wish: Wish, person: Person, *, remember: bool) -> str:
        """A code for an application that a person let act for them."""
        code, grant, now = secrets.token_urlsafe(32), secrets.token_urlsafe(16), self._clock()
        about = {**asdict(wish), "webid": person.webid, "auth_time": person.since}

        def within(conn: Connection) -> None:
            conn.execute(
                insert(oidc_grants).values(
                    id=grant, account=person.account, webid=person.webid, client=wish.client,
                    scope=" ".join(wish.scope), remembered=remember, created=microseconds(now),
                )
            )  # fmt: skip
            conn.execute(
                insert(oidc_codes).values(
                    code_hash=digest(code), grant=grant, about=json.dumps(about),
                    expires=microseconds(now + CODE_LIVES),
                )
            )  # fmt: skip

        self._database.write(within)
        return code

    def applications(self, account: str) -> list[str]:
        """Ids of the applications that may act for this account."""
        mine = (oidc_grants.c.account == account) & oidc_grants.c.ended.is_(None)
        with self._database.read() as conn:
            return sorted(set(conn.scalars(select(oidc_grants.c.client).where(mine))))

    def withdraw(self, account: str, client: str) -> None:
        """Let an application act for this account no more: its tokens end within the hour, nothing is renewed."""
        mine = (oidc_grants.c.account == account) & (oidc_grants.c.client == client)
        now = microseconds(self._clock())
        self._database.write(lambda conn: conn.execute(update(oidc_grants).where(mine).values(ended=now)))

    # -- tokens ----------------------------------------------------------------------------------

    def by_code(self, client: Client, code: str, redirect_uri: str, verifier: str, jkt: str | None) -> dict[str, Any]:
        """Tokens for a code, once (RFC 6749 §4.1.3, RFC 7636 §4.6); raises `OidcError`.

        `jkt` is the key they are bound to; only the tokens of the badge API are bound to none.
        """
        about, grant = self._database.write(lambda conn: self._spend(conn, code))
        if about is None:
            raise OidcError("invalid_grant", "this code is unknown, expired or used")
        if about["client"] != client.id or about["redirect_uri"] != redirect_uri:
            raise OidcError("invalid_grant", "this code was given to another client or redirect_uri")
        if about["jkt"] is not None and about["jkt"] != jkt:
            raise OidcError("invalid_grant", "this code is bound to another key")
        if not _verified(about["challenge"], verifier):
            raise OidcError("invalid_grant", "code_verifier does not fit code_challenge")
        return self._tokens(client, about, grant, jkt)

    def by_refresh(self, client: Client, token: str, jkt: str | None) -> dict[str, Any]:
        """New tokens for a refresh token, which is spent by it; raises `OidcError`."""
        found = self._database.write(lambda conn: self._renew(conn, client, token, jkt))
        if isinstance(found, str):
            raise OidcError("invalid_grant", found)
        about, grant = found
        return self._tokens(client, about, grant, jkt)

    def by_credentials(self, client_id: str, secret: str, jkt: str) -> dict[str, Any]:
        """A token for a script that holds client credentials of an account (S8); raises `OidcError`."""
        webid = self._credentials.webid_of(client_id, secret)
        if webid is None:
            raise OidcError("invalid_client", "no such client credentials")
        return {
            "access_token": self._access_token(webid, client_id, jkt), "token_type": "DPoP",
            "expires_in": int(TOKEN_LIVES.total_seconds()), "scope": "webid",
        }  # fmt: skip

    def revoke(self, client: Client, token: str) -> None:
        """End what a refresh token, or one of the badge API, belongs to (RFC 7009); others are let pass."""
        bearing = self.bearers.grant_of(token, client.id)

        def within(conn: Connection) -> None:
            row = conn.execute(select(oidc_refreshes).where(oidc_refreshes.c.token_hash == digest(token))).first()
            if row is not None and json.loads(row.about)["client"] == client.id:
                self._end(conn, row.grant)
            elif bearing is not None:
                self._end(conn, bearing)

        self._database.write(within)

    # -- steps -----------------------------------------------------------------------------------

    def _spend(self, conn: Connection, code: str) -> tuple[dict[str, Any] | None, str]:
        """What a code stands for; used a second time it ends its grant, because one of the two was a thief."""
        here = oidc_codes.c.code_hash == digest(code)
        row = conn.execute(select(oidc_codes).where(here)).first()
        now = microseconds(self._clock())
        if row is None:
            return None, ""
        if row.used is not None:
            self._end(conn, row.grant)
            return None, ""
        conn.execute(update(oidc_codes).where(here).values(used=now))
        return (json.loads(row.about) if now <= row.expires else None), row.grant

    def _renew(self, conn: Connection, client: Client, token: str, jkt: str | None) -> tuple[dict[str, Any], str] | str:
        here = oidc_refreshes.c.token_hash == digest(token)
        row = conn.execute(select(oidc_refreshes).where(here)).first()
        now = microseconds(self._clock())
        if row is None or json.loads(row.about)["client"] != client.id:
            return "this refresh token is unknown"
        ended = conn.scalar(select(oidc_grants.c.ended).where(oidc_grants.c.id == row.grant))
        if row.used is not None:
            self._end(conn, row.grant)
            return "this refresh token was used before: sign in again"
        if ended is not None or now > row.expires:
            return "this refresh token has ended: sign in again"
        if row.jkt is not None and row.jkt != jkt:
            return "this refresh token is bound to another key"
        conn.execute(update(oidc_refreshes).where(here).values(used=now))
        return json.loads(row.about), row.grant

    def _end(self, conn: Connection, grant: str) -> None:
        now = microseconds(self._clock())
        conn.execute(update(oidc_grants).where(oidc_grants.c.id == grant).values(ended=now))

    def _tokens(self, client: Client, about: Mapping[str, Any], grant: str, jkt: str | None) -> dict[str, Any]:
        if client.badge_scopes:
            return self._badge_tokens(client, about, grant)
        if jkt is None:
            raise OidcError("invalid_dpop_proof", "a DPoP proof is needed: tokens are bound to its key")
        access = self._access_token(about["webid"], client.id, jkt)
        told = {
            "access_token": access, "token_type": "DPoP", "expires_in": int(TOKEN_LIVES.total_seconds()),
            "scope": " ".join(about["scope"]),
        }  # fmt: skip
        if "openid" in about["scope"]:
            told["id_token"] = self._id_token(client, about, access, jkt)
        if "offline_access" in about["scope"]:
            told["refresh_token"] = self._refresh_token(client, about, grant, jkt)
        return told

    def _badge_tokens(self, client: Client, about: Mapping[str, Any], grant: str) -> dict[str, Any]:
        bearer = Bearer(about["webid"], client.id, tuple(about["scope"]), grant)
        told = {
            "access_token": self.bearers.issue(bearer), "token_type": "Bearer",
            "expires_in": int(LIVES.total_seconds()), "scope": " ".join(about["scope"]),
        }  # fmt: skip
        if "offline_access" in about["scope"]:
            told["refresh_token"] = self._refresh_token(client, about, grant, None)
        return told

    def _access_token(self, webid: str, client: str, jkt: str) -> str:
        now = int(self._clock().timestamp())
        claims = {
            "iss": self.issuer, "sub": webid, "webid": webid, "aud": "solid", "client_id": client, "azp": client,
            "iat": now, "exp": now + int(TOKEN_LIVES.total_seconds()), "jti": secrets.token_urlsafe(12),
            "cnf": {"jkt": jkt}, "scope": "webid",
        }  # fmt: skip
        return self._sign(claims, "ES256", "at+jwt")

    def _id_token(self, client: Client, about: Mapping[str, Any], access: str, jkt: str) -> str:
        now = int(self._clock().timestamp())
        half = hashlib.sha256(access.encode()).digest()[:16]
        claims = {
            "iss": self.issuer, "sub": about["webid"], "webid": about["webid"], "aud": [client.id, "solid"],
            "azp": client.id, "iat": now, "exp": now + int(TOKEN_LIVES.total_seconds()),
            "auth_time": about["auth_time"], "at_hash": encode_base64url(half), "cnf": {"jkt": jkt},
        }  # fmt: skip
        if about["nonce"] is not None:
            claims["nonce"] = about["nonce"]
        return self._sign(
            claims, "ES256" if client.about.get("id_token_signed_response_alg") == "ES256" else "RS256", "JWT"
        )

    def _sign(self, claims: Mapping[str, Any], algorithm: Algorithm, typ: str) -> str:
        key = self.keys.signing(algorithm)
        return jose.sign(claims, key.key, algorithm=algorithm, typ=typ, key_id=key.id)

    def _refresh_token(self, client: Client, about: Mapping[str, Any], grant: str, jkt: str | None) -> str:
        """Bound to the key of a client that has nothing else to prove itself with (RFC 9449 §5)."""
        token, now = secrets.token_urlsafe(32), self._clock()
        row = {
            "token_hash": digest(token), "grant": grant, "about": json.dumps(dict(about)),
            "jkt": jkt if client.is_public else None, "expires": microseconds(now + REFRESH_LIVES),
        }  # fmt: skip
        self._database.write(lambda conn: conn.execute(insert(oidc_refreshes).values(**row)))
        return token


def _verified(challenge: str | None, verifier: str) -> bool:
    if challenge is None:
        return not verifier
    return hmac.compare_digest(challenge, encode_base64url(hashlib.sha256(verifier.encode()).digest()))
