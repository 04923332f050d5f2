"""Tokens with which we act for somebody on their own server: sealed at rest, renewed in time, by one process at once.

A provider gives a new refresh token at each use and takes the second use of an old one for theft. So a renewal is
claimed in the database first (which also proves that it can be written to), and what came back is kept before it
is used; while the database refuses, it waits in memory and is written with the next request.
"""

import json
import secrets
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Final
from urllib.parse import urlencode, urlsplit

from sqlalchemy import Connection, or_, select, update

from pod_app.errors import N_, PodAppError, Unauthenticated, Unavailable
from pod_app.identity.providers_elsewhere import OurClient
from pod_app.standards import dpop, jose, json_text
from pod_app.storage.database import Database
from pod_app.storage.keys import RootKey
from pod_app.storage.schema import microseconds
from pod_app.storage.schema_elsewhere import tokens_elsewhere as table
from pod_app.storage.web_client import Fetched, WebClient

EARLY: Final = timedelta(seconds=60)
"""Tokens are renewed so long before they end."""
CLAIM: Final = timedelta(seconds=30)
"""A renewal that takes longer has died."""
SHORTEST_SECONDS: Final = 300
MOST_ANSWER: Final = 64 * 2**10
_WAITS: Final = 50
_WAIT_SECONDS: Final = 0.2
_ENDED: Final = frozenset({"invalid_grant", "invalid_client", "unauthorized_client"})
_BAD_REQUEST: Final = frozenset({400, 401})


class TokenRefusedError(Exception):
    """A token endpoint said no, in OAuth's word for it."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@dataclass(frozen=True, slots=True)
class Held:
    """What is held for one person; `key` is the private JWK that everything is bound to, `expires` seconds of 1970."""

    issuer: str
    endpoint: str
    client: OurClient
    key: Mapping[str, Any]
    access: str
    expires: int
    refresh: str | None


class TokenEndpoint:
    """Asks token endpoints of other people's providers."""

    def __init__(self, web_client: WebClient, clock: Callable[[], datetime]) -> None:
        self._web_client = web_client
        self._clock = clock

    def ask(self, url: str, client: OurClient, key: jose.Key, form: Mapping[str, str]) -> Mapping[str, Any]:
        """The answer to a grant, with a proof of `key`; raises `TokenRefusedError`, `Unreachable`."""
        answer = self._send(url, client, key, form, None)
        nonce = answer.headers.get("dpop-nonce")
        if not answer.ok and nonce and _told(answer).get("error") == "use_dpop_nonce":
            answer = self._send(url, client, key, form, nonce)
        told = _told(answer)
        if not answer.ok:
            if answer.status not in _BAD_REQUEST:
                raise Unavailable(
                    N_("{host} does not answer as it should."), N_("Try again later."), host=urlsplit(url).netloc
                )
            raise TokenRefusedError(str(told.get("error", "invalid_request"))[:100])
        return told

    def held(self, told: Mapping[str, Any], before: Held) -> Held:
        """What to keep of an answer; raises `TokenRefusedError` for one without a token bound to our key."""
        access, lasts, refresh = told.get("access_token"), told.get("expires_in", SHORTEST_SECONDS), before.refresh
        if not isinstance(access, str) or not access or str(told.get("token_type", "")).lower() != "dpop":
            raise TokenRefusedError("no_bound_token")
        if isinstance(told.get("refresh_token"), str) and told["refresh_token"]:
            refresh = told["refresh_token"]
        seconds = int(lasts) if isinstance(lasts, int | float) and 0 < lasts < 2**31 else SHORTEST_SECONDS
        return replace(before, access=access, expires=int(self._clock().timestamp()) + seconds, refresh=refresh)

    def _send(self, url: str, client: OurClient, key: jose.Key, form: Mapping[str, str], nonce: str | None) -> Fetched:
        headers, fields = client.proof()
        proof = dpop.make(key, "POST", url, jti=secrets.token_urlsafe(16), now=self._clock(), nonce=nonce)
        sent = {**headers, "dpop": proof, "content-type": "application/x-www-form-urlencoded"}
        body = urlencode({**form, **fields}).encode()
        return self._web_client.send(
            "POST", url, body, accept="application/json", headers=sent, max_bytes=MOST_ANSWER
        )  # fmt: skip


class TokensElsewhere:
    """The tokens of one installation's people whose pods are elsewhere."""

    def __init__(
        self, database: Database, root: RootKey, endpoint: TokenEndpoint, clock: Callable[[], datetime]
    ) -> None:
        self._database = database
        self._root = root
        self._endpoint = endpoint
        self._clock = clock
        self._unsaved: dict[str, Held] = {}
        self._guard = threading.Lock()

    def keep_within(self, conn: Connection, pod: str, held: Held) -> None:
        """Keep what a sign-in brought, instead of what was there."""
        values = {"sealed": self._sealed(pod, held), "since": microseconds(self._clock()), "renewing_until": None}
        if conn.execute(update(table).where(table.c.pod == pod).values(**values)).rowcount == 0:
            conn.execute(table.insert().values(pod=pod, **values))
        with self._guard:
            self._unsaved.pop(pod, None)

    def is_open(self, pod: str) -> bool:
        """Whether there is something to act with; nobody knows whether the provider still takes it."""
        return self._read(pod) is not None

    def current(self, pod: str) -> Held:
        """Tokens that are good for another minute; raises `Unauthenticated` when the person must sign in again."""
        return self._good(pod, None)

    def renewed(self, pod: str, refused: str) -> Held:
        """Other tokens than the access token that a server has just refused."""
        return self._good(pod, refused)

    # -- steps -----------------------------------------------------------------------------------

    def _good(self, pod: str, refused: str | None) -> Held:
        for _ in range(_WAITS):
            held = self._read(pod)
            if held is None:
                raise sign_in_again()
            if held.access != refused and not self._is_ending(held):
                return held
            if self._database.write(lambda conn: self._claim(conn, pod)):
                return self._renew(pod, refused)
            time.sleep(_WAIT_SECONDS)  # another process is renewing them
        raise Unavailable(N_("Your tokens are being renewed elsewhere."), N_("Try again in a moment."))

    def _is_ending(self, held: Held) -> bool:
        return self._clock().timestamp() + EARLY.total_seconds() >= held.expires

    def _claim(self, conn: Connection, pod: str) -> bool:
        now = microseconds(self._clock())
        free = or_(table.c.renewing_until.is_(None), table.c.renewing_until <= now)
        until = microseconds(self._clock() + CLAIM)
        taken = update(table).where(table.c.pod == pod, free).values(renewing_until=until)
        return conn.execute(taken).rowcount == 1

    def _renew(self, pod: str, refused: str | None) -> Held:
        """The claim is ours: what another process renewed meanwhile is used, else the provider is asked."""
        held = self._read(pod)
        if held is None or held.refresh is None:
            self._end(pod)
            raise sign_in_again()
        if held.access != refused and not self._is_ending(held):
            self._database.write(lambda conn: self._let_go(conn, pod))
            return held
        form = {"grant_type": "refresh_token", "refresh_token": held.refresh}
        try:
            key = jose.private_key(held.key)
            fresh = self._endpoint.held(self._endpoint.ask(held.endpoint, held.client, key, form), held)
        except TokenRefusedError as error:
            if error.code in _ENDED:
                self._end(pod)
                raise sign_in_again() from error
            self._database.write(lambda conn: self._let_go(conn, pod))
            raise Unavailable(
                N_("{host} does not renew what lets us in: {reason}."), N_("Try again later, or sign in again."),
                host=urlsplit(held.issuer).netloc, reason=error.code,
            ) from error  # fmt: skip
        except PodAppError:
            self._database.write(lambda conn: self._let_go(conn, pod))
            raise
        self._save(pod, fresh)
        return fresh

    def _save(self, pod: str, fresh: Held) -> None:
        """Nothing else holds this refresh token: it stays in memory until it is on disk."""
        with self._guard:
            self._unsaved[pod] = fresh
        self._database.write(lambda conn: self.keep_within(conn, pod, fresh))

    def _end(self, pod: str) -> None:
        values = {"sealed": None, "renewing_until": None}
        self._database.write(lambda conn: conn.execute(update(table).where(table.c.pod == pod).values(**values)))

    def _let_go(self, conn: Connection, pod: str) -> None:
        conn.execute(update(table).where(table.c.pod == pod).values(renewing_until=None))

    def _read(self, pod: str) -> Held | None:
        with self._guard:
            unsaved = self._unsaved.get(pod)
        if unsaved is not None:
            self._save(pod, unsaved)
            return unsaved
        with self._database.read() as conn:
            sealed = conn.scalar(select(table.c.sealed).where(table.c.pod == pod))
        if sealed is None:
            return None
        stored = json.loads(self._root.unseal(sealed, _bound_to(pod)))
        return Held(**{**stored, "client": OurClient(**stored["client"])})

    def _sealed(self, pod: str, held: Held) -> bytes:
        return self._root.seal(json.dumps(asdict(held)).encode(), _bound_to(pod))


def sign_in_again() -> Unauthenticated:
    """The person's server lets us in no more."""
    return Unauthenticated(
        N_("Your notebook elsewhere lets us in no more."), N_("Sign in again: «My notebook is elsewhere».")
    )


def _told(answer: Fetched) -> Mapping[str, Any]:
    try:
        found = json_text.read(answer.body)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def _bound_to(pod: str) -> str:
    return f"elsewhere|tokens|{pod}"
