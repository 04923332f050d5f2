"""Us as a client of other hosts of badges: registered once at each, let in by each person, with sealed tokens.

The counterpart of the provider's side (ADR 0023; open-badges.md §5.9). Every address a host names goes through the
egress guard before anybody is sent there. Tokens are renewed by the jobs alone, which one process does.
"""

import hashlib
import json
import secrets
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any, Final, Literal
from urllib.parse import urlencode, urlsplit

from sqlalchemy import Connection, Row, delete, insert, select, update

from pod_app import __version__
from pod_app.errors import N_, Invalid, NotFound, PodAppError, Unauthenticated, Unavailable, Unreachable
from pod_app.identity.providers_elsewhere import OurClient
from pod_app.standards import badge_api, badge_host, strict_json
from pod_app.standards.badge_host import Host
from pod_app.standards.multibase import encode_base64url
from pod_app.storage.database import Database
from pod_app.storage.keys import RootKey
from pod_app.storage.schema import microseconds, moment
from pod_app.storage.schema_hosts import badge_connections as connections
from pod_app.storage.schema_hosts import badge_hosts as hosts
from pod_app.storage.web_client import Fetched, WebClient

ASKED_FOR: Final = timedelta(minutes=30)
"""How long a person may take to agree over there."""
EARLY_SECONDS: Final = 30
MOST_ANSWER: Final = 8 * 2**20
SOFTWARE: Final = "6f0c1b52-7d1e-5a53-8c0b-2f6a5f0f6b11"
BACK: Final = "me/hosts/back"
State = Literal["asked", "open", "ended"]
_BAD_REQUEST: Final = frozenset({400, 401})


@dataclass(frozen=True, slots=True)
class Connected:
    """A host as a person sees it: `go` is where they agree, while that is still to be done."""

    api: str
    name: str
    state: State
    since: datetime
    go: str
    report: Mapping[str, Any]

    @property
    def host(self) -> str:
        """Its name on the network."""
        return urlsplit(self.api).netloc


class BadgeHosts:
    """The other hosts that people of one installation are connected with."""

    def __init__(
        self, base_url: str, site_name: str, database: Database, root: RootKey, web_client: WebClient,
        clock: Callable[[], datetime],
    ) -> None:  # fmt: skip
        self._base_url = base_url
        self._site_name = site_name
        self._database = database
        self._root = root
        self._web_client = web_client
        self._clock = clock

    def begin(self, pod: str, address: str) -> str:
        """Prepare a connection and return its API address; raises `Invalid`, `Unreachable`, `Unavailable`."""
        api = badge_host.api_of(address)
        if api.startswith(self._base_url):
            raise Invalid(N_("This is the very place where you are."), N_("Name another host of badges."))
        if self.is_open(pod, api):
            return api
        host, client = self._registered(api)
        state, verifier = secrets.token_urlsafe(24), secrets.token_urlsafe(48)
        challenge = encode_base64url(hashlib.sha256(verifier.encode()).digest())
        asked = {
            "response_type": "code", "client_id": client.id, "redirect_uri": f"{self._base_url}{BACK}",
            "scope": " ".join(host.scopes), "state": state, "code_challenge": challenge,
            "code_challenge_method": "S256",
        }  # fmt: skip
        mark = "&" if "?" in host.authorization else "?"
        kept = {"state": state, "verifier": verifier, "go": f"{host.authorization}{mark}{urlencode(asked)}"}
        self._database.write(lambda conn: self._keep(conn, pod, api, "asked", kept))
        return api

    def finish(self, pod: str, given: Mapping[str, str]) -> str:
        """Take what a host sent its visitor back with; returns its API address.

        Raises `Unauthenticated`, `Unreachable`.
        """
        api, kept = self._asked(pod, given.get("state", ""))
        if "code" not in given:
            self._database.write(lambda conn: self._forget(conn, pod, api))
            raise Unauthenticated(
                N_("{host} was not told yes, and nothing was shared."),
                N_("You can begin again."),
                host=urlsplit(api).netloc,
            )
        host, client = self._registered(api)
        form = {
            "grant_type": "authorization_code", "code": given["code"], "redirect_uri": f"{self._base_url}{BACK}",
            "code_verifier": kept["verifier"], "scope": " ".join(host.scopes),
        }  # fmt: skip
        tokens = self._tokens(host.token, client, form, {})
        self._database.write(lambda conn: self._keep(conn, pod, api, "open", tokens))
        return api

    def all(self, pod: str) -> list[Connected]:
        """The hosts of one person, newest first."""
        wanted = select(connections, hosts.c.name).join(hosts, hosts.c.api == connections.c.api, isouter=True)
        with self._database.read() as conn:
            found = conn.execute(wanted.where(connections.c.pod == pod).order_by(connections.c.since.desc())).all()
        return [self._connected(row) for row in found]

    def is_open(self, pod: str, api: str) -> bool:
        """Whether this person has let us in there."""
        return any(one.api == api and one.state == "open" for one in self.all(pod))

    def ask(
        self, pod: str, api: str, method: str, url: str, body: bytes = b"", headers: Mapping[str, str] | None = None
    ) -> Fetched:
        """A request in a person's name; raises `Unauthenticated` once they must agree again, `Unreachable`."""
        if urlsplit(url)[:2] != urlsplit(api)[:2]:
            raise Unreachable(
                N_("{url} could not be had."), N_("Check the address, or try again later."), url=url[:200]
            )
        tokens: Mapping[str, Any] = self._open(pod, api)
        if tokens["expires"] - EARLY_SECONDS <= self._clock().timestamp():
            tokens = self._renewed(pod, api, tokens)
        answer = self._send(method, url, body, headers, tokens)
        if answer.status == 401:  # noqa: PLR2004  # taken back, or ended earlier than it said
            answer = self._send(method, url, body, headers, self._renewed(pod, api, tokens))
            if answer.status == 401:  # noqa: PLR2004  # as above
                raise self._ended(pod, api)
        return answer

    def note(self, pod: str, api: str, report: Mapping[str, Any]) -> None:
        """Keep what became of the last exchange."""
        mine = (connections.c.pod == pod) & (connections.c.api == api)
        values = {"report": json.dumps(dict(report), ensure_ascii=False)}
        self._database.write(lambda conn: conn.execute(update(connections).where(mine).values(**values)))

    def end(self, pod: str, api: str) -> None:
        """Forget a host, and tell it so where it says how; one that does not answer is forgotten all the same."""
        try:
            tokens, (host, client) = self._open(pod, api), self._registered(api)
            if host.revocation:
                self._post(host.revocation, client, {"token": tokens.get("refresh") or tokens["access"]})
        except PodAppError:
            pass  # what we hold is deleted, which is what the person asked for
        self._database.write(lambda conn: self._forget(conn, pod, api))

    # -- being known there -----------------------------------------------------------------------

    def _registered(self, api: str) -> tuple[Host, OurClient]:
        """A host and us as its client, registered at first use."""
        with self._database.read() as conn:
            sealed = conn.scalar(select(hosts.c.sealed).where(hosts.c.api == api))
        if sealed is not None:
            kept = json.loads(self._root.unseal(sealed, f"badge-host|{api}"))
            if not kept["until"] or self._clock().timestamp() < kept["until"]:
                return Host(**{**kept["host"], "scopes": tuple(kept["host"]["scopes"])}), OurClient(**kept["client"])
        found = self._web_client.fetch(badge_host.discovery(api), accept="application/json")
        host = badge_host.host(strict_json.read_object(found.body), api)
        for one in host.addresses:
            self._web_client.check(one)
        return host, self._register(host)

    def _register(self, host: Host) -> OurClient:
        wanted = json.dumps(self._about(host)).encode()
        answer = self._web_client.send(
            "POST", host.registration, wanted, accept="application/json", headers={"content-type": "application/json"}
        )
        told = _object(answer)
        if (
            not answer.ok
            or not isinstance(told.get("client_id"), str)
            or not isinstance(told.get("client_secret"), str)
        ):
            raise _unwilling(host.api, str(told.get("error_description") or told.get("error") or answer.status))
        client = OurClient(told["client_id"], told["client_secret"], "client_secret_basic")
        until = told.get("client_secret_expires_at")
        kept = {"host": asdict(host), "client": asdict(client), "until": until if isinstance(until, int) else 0}
        self._database.write(lambda conn: self._keep_host(conn, host, kept))
        return client

    def _about(self, host: Host) -> dict[str, Any]:
        """Us, as hosts demand to know us: every address on one host."""
        page = f"{self._base_url}{badge_api.PATH}/"
        return {
            "client_name": self._site_name or "pod_app", "client_uri": self._base_url,
            "logo_uri": f"{self._base_url}static/mark.svg", "tos_uri": f"{page}#terms", "policy_uri": f"{page}#privacy",
            "software_id": SOFTWARE, "software_version": __version__, "redirect_uris": [f"{self._base_url}{BACK}"],
            "token_endpoint_auth_method": "client_secret_basic", "response_types": ["code"],
            "grant_types": ["authorization_code", "refresh_token"], "scope": " ".join(host.scopes),
        }  # fmt: skip

    def _keep_host(self, conn: Connection, host: Host, kept: Mapping[str, Any]) -> None:
        sealed = self._root.seal(json.dumps(dict(kept)).encode(), f"badge-host|{host.api}")
        conn.execute(delete(hosts).where(hosts.c.api == host.api))
        row = {"api": host.api, "name": host.name, "sealed": sealed, "created": microseconds(self._clock())}
        conn.execute(insert(hosts).values(**row))

    # -- tokens ----------------------------------------------------------------------------------

    def _tokens(
        self, url: str, client: OurClient, form: Mapping[str, str], before: Mapping[str, Any]
    ) -> dict[str, Any]:
        answer = self._post(url, client, form)
        told = _object(answer)
        access, lasts = told.get("access_token"), told.get("expires_in", 3600)
        if answer.status in _BAD_REQUEST or (answer.ok and not isinstance(access, str)):
            raise _RefusedError(str(told.get("error", "invalid_request"))[:100])
        if not answer.ok:
            raise Unavailable(
                N_("{host} does not answer as it should."), N_("Try again later."), host=urlsplit(url).netloc
            )
        seconds = int(lasts) if isinstance(lasts, int | float) and 0 < lasts < 2**31 else 300
        refresh = told.get("refresh_token")
        return {
            "access": access, "expires": int(self._clock().timestamp()) + seconds,
            "refresh": refresh if isinstance(refresh, str) else before.get("refresh"),
        }  # fmt: skip

    def _renewed(self, pod: str, api: str, tokens: Mapping[str, Any]) -> Mapping[str, Any]:
        host, client = self._registered(api)
        if not tokens.get("refresh"):
            raise self._ended(pod, api)
        form = {"grant_type": "refresh_token", "refresh_token": str(tokens["refresh"]), "scope": " ".join(host.scopes)}
        try:
            fresh = self._tokens(host.refresh, client, form, tokens)
        except _RefusedError as error:
            if error.code == "invalid_client":
                self._database.write(lambda conn: conn.execute(delete(hosts).where(hosts.c.api == api)))
            raise self._ended(pod, api) from error
        self._database.write(lambda conn: self._keep(conn, pod, api, "open", fresh))
        return fresh

    def _post(self, url: str, client: OurClient, form: Mapping[str, str]) -> Fetched:
        headers, fields = client.proof()
        sent = {**headers, "content-type": "application/x-www-form-urlencoded"}
        body = urlencode({**form, **fields}).encode()
        return self._web_client.send("POST", url, body, accept="application/json", headers=sent)

    def _send(
        self, method: str, url: str, body: bytes, headers: Mapping[str, str] | None, tokens: Mapping[str, Any]
    ) -> Fetched:
        sent = {**(headers or {}), "authorization": f"Bearer {tokens['access']}"}
        return self._web_client.send(
            method, url, body, accept="application/json", headers=sent, max_bytes=MOST_ANSWER
        )  # fmt: skip

    def _ended(self, pod: str, api: str) -> Unauthenticated:
        """The host lets us in no more: the person must agree again."""
        mine = (connections.c.pod == pod) & (connections.c.api == api)
        self._database.write(lambda conn: conn.execute(update(connections).where(mine).values(state="ended")))
        return Unauthenticated(
            N_("{host} lets us in no more."), N_("Connect with it again."), host=urlsplit(api).netloc
        )  # fmt: skip

    # -- rows ------------------------------------------------------------------------------------

    def _keep(self, conn: Connection, pod: str, api: str, state: State, kept: Mapping[str, Any]) -> None:
        sealed = self._root.seal(json.dumps(dict(kept)).encode(), _bound_to(pod, api))
        values = {"state": state, "sealed": sealed, "since": microseconds(self._clock())}
        mine = (connections.c.pod == pod) & (connections.c.api == api)
        if conn.execute(update(connections).where(mine).values(**values)).rowcount == 0:
            conn.execute(insert(connections).values(pod=pod, api=api, **values))

    def _forget(self, conn: Connection, pod: str, api: str) -> None:
        conn.execute(delete(connections).where(connections.c.pod == pod, connections.c.api == api))

    def _rows(self, pod: str, state: State) -> list[tuple[Row[Any], dict[str, Any]]]:
        mine = select(connections).where(connections.c.pod == pod, connections.c.state == state)
        with self._database.read() as conn:
            found = conn.execute(mine).all()
        return [(row, json.loads(self._root.unseal(row.sealed, _bound_to(pod, row.api)))) for row in found]

    def _asked(self, pod: str, state: str) -> tuple[str, dict[str, Any]]:
        """The connection that a person began here with this state, a short time ago (trust.md S29)."""
        for row, kept in self._rows(pod, "asked"):
            if secrets.compare_digest(kept["state"].encode(), state.encode()):
                if self._clock() <= moment(row.since) + ASKED_FOR:
                    return str(row.api), kept
                break
        raise Unauthenticated(
            N_("This connection was begun too long ago, or not by you."), N_("Begin again: «My badges elsewhere».")
        )

    def _open(self, pod: str, api: str) -> dict[str, Any]:
        for row, kept in self._rows(pod, "open"):
            if row.api == api:
                return kept
        raise NotFound(
            N_("You are not connected with {host}."), N_("Connect with it first."), host=urlsplit(api).netloc
        )

    def _connected(self, row: Row[Any]) -> Connected:
        kept = json.loads(self._root.unseal(row.sealed, _bound_to(row.pod, row.api))) if row.state == "asked" else {}
        is_late = self._clock() > moment(row.since) + ASKED_FOR
        return Connected(
            api=row.api, name=row.name or urlsplit(row.api).netloc, state=row.state, since=moment(row.since),
            go="" if is_late else kept.get("go", ""), report=json.loads(row.report) if row.report else {},
        )  # fmt: skip


class _RefusedError(Unauthenticated):
    """A token endpoint said no."""

    def __init__(self, code: str) -> None:
        super().__init__(
            N_("The host did not let us in: {reason}."), N_("Begin again, or ask the people who run it."),
            code=code, reason="".join(one for one in code if one.isprintable()),
        )  # fmt: skip


def _unwilling(api: str, reason: str) -> Invalid:
    return Invalid(
        N_("{host} does not take us as a client: {reason}"), N_("Ask the people who run it."),
        host=urlsplit(api).netloc, reason="".join(one for one in reason if one.isprintable())[:300],
    )  # fmt: skip


def _object(answer: Fetched) -> dict[str, Any]:
    try:
        return strict_json.read_object(answer.body)
    except PodAppError:
        return {}


def _bound_to(pod: str, api: str) -> str:
    return f"badge-connection|{pod}|{api}"
