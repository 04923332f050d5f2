"""Identity providers that other people run: found by a WebID or an address, and us as one of their applications.

Everything they say comes through the egress guard and is believed no further than `standards/relying_party.py`
allows. An address of theirs that the guard would not reach is refused before anybody is sent there (S1 to S4).
"""

import json
from base64 import b64encode
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from urllib.parse import quote, urlsplit

import pyoxigraph as ox
from sqlalchemy import delete, insert, select

from pod_app.errors import N_, Invalid, PodAppError, Unreachable
from pod_app.standards import json_text, rdf, relying_party, solid_oidc
from pod_app.standards.jose import BadTokenError
from pod_app.standards.relying_party import Metadata
from pod_app.storage.database import Database
from pod_app.storage.keys import RootKey
from pod_app.storage.schema import microseconds
from pod_app.storage.schema_elsewhere import registrations_elsewhere as table
from pod_app.storage.web_client import Fetched, WebClient

MOST_ISSUERS: Final = 3
MOST_METADATA: Final = 256 * 2**10
NAME: Final = "pod_app"
_PROFILE: Final = "text/turtle, application/ld+json;q=0.9, application/json;q=0.5"
_LOOPBACK: Final = frozenset({"localhost", "127.0.0.1", "[::1]", "::1"})


@dataclass(frozen=True, slots=True)
class OurClient:
    """Who we are at a provider: by our document, or as it registered us."""

    id: str
    secret: str | None = None
    method: str = "none"

    def proof(self) -> tuple[dict[str, str], dict[str, str]]:
        """Headers and form fields that prove it at the token endpoint (RFC 6749 §2.3.1)."""
        if self.secret is None or self.method == "none":
            return {}, {"client_id": self.id}
        if self.method == "client_secret_post":
            return {}, {"client_id": self.id, "client_secret": self.secret}
        return {"authorization": _basic(self.id, self.secret)}, {}


class ProvidersElsewhere:
    """The providers that people of one installation sign in with."""

    def __init__(
        self, base_url: str, database: Database, root: RootKey, web_client: WebClient, clock: Callable[[], datetime]
    ) -> None:
        self.redirect_uri = f"{base_url}me/elsewhere/back"
        self.client_id = f"{base_url}oidc/application"
        self._base_url = base_url
        self._database = database
        self._root = root
        self._web_client = web_client
        self._clock = clock

    def document(self, site_name: str) -> dict[str, Any]:
        """Our own client-id document."""
        return relying_party.client_document(self.client_id, site_name or NAME, self._base_url, self.redirect_uri)

    def issuers(self, address: str) -> list[str]:
        """The issuers that a WebID names, or the address itself when it is no profile; raises `Invalid`."""
        address = _completed(address)
        if f"{address.rstrip('/')}/".startswith(self._base_url):
            raise Invalid(N_("This notebook is here, not elsewhere."), N_("Open it with its name and your secret."))
        named = self._named_by(address)
        if named:
            return named[:MOST_ISSUERS]
        if "#" in address:
            raise Invalid(
                N_("The card {address} names nobody who lets you in."),
                N_("Copy your WebID again, or write the address of the place where you sign in."), address=address,
            )  # fmt: skip
        return [address]

    def metadata(self, issuer: str) -> Metadata:
        """What a provider says of itself; raises `Invalid` for what cannot be believed, `Unreachable`."""
        url = f"{issuer.removesuffix('/')}/.well-known/openid-configuration"
        try:
            found = self._web_client.fetch(url, accept="application/json", max_bytes=MOST_METADATA)
        except Unreachable as error:
            raise Unreachable(
                N_("Nothing at {issuer} answers that lets people in."),
                N_("Check the address, or try again later."), issuer=issuer,
            ) from error  # fmt: skip
        try:
            about = relying_party.metadata(_object(found.body), issuer)
        except (BadTokenError, ValueError) as error:
            raise _not_a_provider(issuer, str(error)) from error
        for one in (about.authorization_endpoint, about.token_endpoint, about.registration_endpoint):
            if one is not None:
                self._web_client.check(one)
        return about

    def client(self, about: Metadata) -> OurClient:
        """Us at this provider: by our document where it reads such documents and can reach us, else registered once."""
        if about.knows_documents and self._can_be_reached_by(about.issuer):
            return OurClient(self.client_id)
        known = self._known(about.issuer)
        return known or self._register(about)

    def forget_client(self, issuer: str) -> None:
        """Register anew next time: the provider knows us no more."""
        self._database.write(lambda conn: conn.execute(delete(table).where(table.c.issuer == issuer)))

    # -- steps -----------------------------------------------------------------------------------

    def _named_by(self, address: str) -> list[str]:
        """Issuers in the document at an address, when it is RDF: of the WebID, or of anybody in a card without one."""
        document = address.partition("#")[0]
        try:
            found = self._web_client.fetch(document, accept=_PROFILE)
            quads = rdf.parse(found.body, found.media_type, found.url) if rdf.is_rdf(found.media_type) else []
        except Unreachable:
            if "#" in address:
                raise
            return []
        except PodAppError:
            return []
        return sorted(
            {
                quad.object.value
                for quad in quads
                if quad.predicate.value == solid_oidc.ISSUER
                and isinstance(quad.object, ox.NamedNode)
                and isinstance(quad.subject, ox.NamedNode)
                and ("#" not in address or quad.subject.value == address)
            }
        )

    def _can_be_reached_by(self, issuer: str) -> bool:
        """A provider on the network cannot read a document of this machine alone."""
        ours, theirs = urlsplit(self._base_url), urlsplit(issuer)
        return ours.hostname not in _LOOPBACK or theirs.hostname in _LOOPBACK

    def _known(self, issuer: str) -> OurClient | None:
        with self._database.read() as conn:
            row = conn.execute(select(table).where(table.c.issuer == issuer)).first()
        if row is None:
            return None
        return OurClient(**json.loads(self._root.unseal(row.sealed, _bound_to(issuer))))

    def _register(self, about: Metadata) -> OurClient:
        """Dynamic registration (RFC 7591 §3)."""
        if about.registration_endpoint is None:
            raise _not_a_provider(about.issuer, "it neither reads our document nor registers applications")
        wanted = {
            name: value for name, value in self.document("").items() if name not in {"@context", "client_id"}
        } | {"token_endpoint_auth_method": _method(about)}  # fmt: skip
        answer = self._web_client.send(
            "POST", about.registration_endpoint, json.dumps(wanted).encode(),
            accept="application/json", headers={"content-type": "application/json"}, max_bytes=MOST_METADATA,
        )  # fmt: skip
        client = _registered(about, answer)
        sealed = self._root.seal(
            json.dumps({"id": client.id, "secret": client.secret, "method": client.method}).encode(),
            _bound_to(about.issuer),
        )
        row = {"issuer": about.issuer, "sealed": sealed, "created": microseconds(self._clock())}
        self._database.write(
            lambda conn: (
                conn.execute(delete(table).where(table.c.issuer == about.issuer)),
                conn.execute(insert(table).values(**row)),
            )
        )
        return client


def _registered(about: Metadata, answer: Fetched) -> OurClient:
    try:
        told = _object(answer.body) if answer.ok else {}
    except ValueError:
        told = {}
    client_id, secret = told.get("client_id"), told.get("client_secret")
    if not isinstance(client_id, str) or not client_id or not isinstance(secret, str | None):
        raise _not_a_provider(about.issuer, "it does not register this application")
    method = told.get("token_endpoint_auth_method", _method(about))
    return OurClient(client_id, secret, method if secret else "none")


def _method(about: Metadata) -> str:
    wanted = ("client_secret_basic", "client_secret_post", "none")
    return next((one for one in wanted if one in about.auth_methods), "client_secret_basic")


def _completed(address: str) -> str:
    """An address as people write it: without a scheme it is https."""
    text = address.strip()
    text = text if "://" in text else f"https://{text}"
    try:
        relying_party.endpoint(text.partition("#")[0], "address")
    except BadTokenError as error:
        raise Invalid(
            N_("{address} is no address."), N_("Write it as it stands in your browser, such as https://example.org/."),
            address=address[:200],
        ) from error  # fmt: skip
    return text


def _object(body: bytes) -> Mapping[str, Any]:
    found = json_text.read(body)
    if not isinstance(found, dict):
        raise BadTokenError("it does not answer with a JSON object")
    return found


def _basic(client_id: str, secret: str) -> str:
    pair = f"{quote(client_id, safe='')}:{quote(secret, safe='')}"
    return f"Basic {b64encode(pair.encode()).decode()}"


def _bound_to(issuer: str) -> str:
    return f"elsewhere|client|{issuer}"


def _not_a_provider(issuer: str, problem: str) -> Invalid:
    return Invalid(
        N_("{issuer} cannot let you in here: {problem}."),
        N_("Check the address, or ask the people who run that server."), issuer=issuer, problem=problem[:300],
    )  # fmt: skip
