"""Signing in with any Solid identity provider: we are the application (Solid-OIDC; solid.md R3, S3, S6, S10).

`begin` keeps what only we know of the request, sealed and for ten minutes, bound to the browser that asked; `finish`
takes it once. Nobody is who they say until their own WebID names the issuer that says so.
"""

import hmac
import json
import secrets
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any, Final
from urllib.parse import urlsplit

from sqlalchemy import Connection, delete, insert, select

from pod_app.errors import N_, Invalid, Unauthenticated
from pod_app.identity.credentials import digest
from pod_app.identity.issuers import Issuers
from pod_app.identity.providers_elsewhere import OurClient, ProvidersElsewhere
from pod_app.identity.tokens_elsewhere import Held, TokenEndpoint, TokenRefusedError
from pod_app.standards import jose, relying_party
from pod_app.standards.jose import BadTokenError
from pod_app.standards.relying_party import Asked
from pod_app.storage.database import Database
from pod_app.storage.keys import RootKey
from pod_app.storage.schema import microseconds, moment
from pod_app.storage.schema_elsewhere import sign_ins_elsewhere as table

LIVES: Final = timedelta(minutes=10)
MOST_WAITING: Final = 10_000
"""Requests that were begun and not finished; the oldest are forgotten."""


@dataclass(frozen=True, slots=True)
class Begun:
    """Where to send the browser, and at whose door it will knock."""

    url: str
    host: str


@dataclass(frozen=True, slots=True)
class Proved:
    """Who came back: their WebID, the tokens to act with, and where they wanted to go."""

    webid: str
    held: Held
    then: str


class SigningInElsewhere:
    """The sign-ins of one installation that are under way."""

    def __init__(
        self,
        base_url: str,
        database: Database,
        root: RootKey,
        providers: ProvidersElsewhere,
        issuers: Issuers,
        endpoint: TokenEndpoint,
        clock: Callable[[], datetime],
    ) -> None:
        self._base_url = base_url
        self._database = database
        self._root = root
        self._providers = providers
        self._issuers = issuers
        self._endpoint = endpoint
        self._clock = clock

    def begin(self, issuer: str, browser: str, then: str) -> Begun:
        """Prepare a sign-in with an issuer, for the browser that holds this secret; raises `Invalid`, `Unreachable`."""
        about = self._providers.metadata(issuer)
        client = self._providers.client(about)
        key = jose.generate("ES256")
        state, verifier = secrets.token_urlsafe(32), secrets.token_urlsafe(48)
        asked = Asked(about.issuer, client.id, secrets.token_urlsafe(24), about.tells_issuer)
        url = relying_party.authorization_url(
            about, asked, redirect_uri=self._providers.redirect_uri, state=state, verifier=verifier,
            jkt=jose.thumbprint(key),
        )  # fmt: skip
        kept = {
            "asked": asdict(asked), "endpoint": about.token_endpoint, "client": asdict(client), "verifier": verifier,
            "key": jose.private_members(key), "browser": digest(browser), "then": then,
        }  # fmt: skip
        self._database.write(lambda conn: self._keep(conn, digest(state), kept))
        return Begun(url, urlsplit(about.authorization_endpoint).netloc)

    def finish(self, given: Mapping[str, str], browser: str) -> Proved:
        """Who an authorization response brings; raises `Unauthenticated` for one that does not hold, `Unreachable`."""
        kept = self._taken(given.get("state", ""), browser)
        asked, client = Asked(**kept["asked"]), OurClient(**kept["client"])
        try:
            if "error" in given and given.get("iss", asked.issuer) == asked.issuer:
                raise _refused(asked.issuer, given["error"])
            code = relying_party.check_response(asked, given)
            held, id_token = self._exchange(kept, asked, client, code)
            webid = self._proved(id_token, asked)
        except TokenRefusedError as error:
            if error.code == "invalid_client":
                self._providers.forget_client(asked.issuer)
            raise _refused(asked.issuer, error.code) from error
        except BadTokenError as error:
            raise _not_proved(asked.issuer, str(error)) from error
        if webid.startswith(self._base_url):
            raise Invalid(N_("This notebook is here, not elsewhere."), N_("Open it with its name and your secret."))
        return Proved(webid, held, str(kept["then"]))

    # -- steps -----------------------------------------------------------------------------------

    def _exchange(self, kept: Mapping[str, Any], asked: Asked, client: OurClient, code: str) -> tuple[Held, str]:
        form = {
            "grant_type": "authorization_code", "code": code, "redirect_uri": self._providers.redirect_uri,
            "code_verifier": kept["verifier"],
        }  # fmt: skip
        told = self._endpoint.ask(kept["endpoint"], client, jose.private_key(kept["key"]), form)
        empty = Held(asked.issuer, kept["endpoint"], client, kept["key"], "", 0, None)
        return self._endpoint.held(told, empty), str(told.get("id_token", ""))

    def _proved(self, id_token: str, asked: Asked) -> str:
        """The WebID of an ID token that its issuer signed, once the WebID itself names that issuer."""
        seen = jose.peek(id_token)
        if seen.claims.get("iss") != asked.issuer:
            raise BadTokenError("its iss is another issuer")
        token = jose.verify(id_token, self._issuers.key(seen))
        webid = relying_party.check_id_token(token, asked, self._clock())
        self._issuers.require(webid, asked.issuer)
        return webid

    def _keep(self, conn: Connection, name: str, kept: Mapping[str, Any]) -> None:
        now = self._clock()
        conn.execute(delete(table).where(table.c.expires < microseconds(now)))
        oldest = select(table.c.state_hash).order_by(table.c.expires.desc()).offset(MOST_WAITING)
        conn.execute(delete(table).where(table.c.state_hash.in_(oldest)))
        sealed = self._root.seal(json.dumps(kept).encode(), f"elsewhere|sign-in|{name}")
        conn.execute(insert(table).values(state_hash=name, sealed=sealed, expires=microseconds(now + LIVES)))

    def _taken(self, state: str, browser: str) -> Mapping[str, Any]:
        """What was kept for a state, once, for the browser that began (no forged sign-in, trust.md S29)."""
        name = digest(state)

        def within(conn: Connection) -> tuple[bytes, int] | None:
            row = conn.execute(select(table).where(table.c.state_hash == name)).first()
            conn.execute(delete(table).where(table.c.state_hash == name))
            return None if row is None else (row.sealed, row.expires)

        found = self._database.write(within)
        if found is None or self._clock() > moment(found[1]):
            raise _too_late()
        kept: Mapping[str, Any] = json.loads(self._root.unseal(found[0], f"elsewhere|sign-in|{name}"))
        if not browser or not hmac.compare_digest(kept["browser"], digest(browser)):
            raise _too_late()
        return kept


def _too_late() -> Unauthenticated:
    return Unauthenticated(
        N_("This sign-in was begun too long ago, is over already, or was begun in another browser."),
        N_("Begin again: «My notebook is elsewhere»."),
    )


def _refused(issuer: str, code: str) -> Unauthenticated:
    if code == "access_denied":
        return Unauthenticated(N_("You did not let us in, and nothing was shared."), N_("You can begin again."))
    return Unauthenticated(
        N_("{host} did not let you in: {reason}."), N_("Begin again, or ask the people who run it."),
        host=urlsplit(issuer).netloc, reason="".join(one for one in code if one.isprintable())[:100],
    )  # fmt: skip


def _not_proved(issuer: str, reason: str) -> Unauthenticated:
    return Unauthenticated(
        N_("What {host} answered does not prove who you are: {reason}."),
        N_("Begin again, or ask the people who run it."), host=urlsplit(issuer).netloc, reason=reason,
    )  # fmt: skip
