"""Whom a WebID lets vouch for it, and with which keys: read here for our own people, else through the egress guard.

Answers of others are kept for minutes, failures for seconds (`storage/recent.py`; solid.md R3, R4, R8).
"""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any, Final

import pyoxigraph as ox

from pod_app.errors import PodAppError
from pod_app.pods.access import PROGRAM
from pod_app.pods.resources import Resources
from pod_app.standards import addresses, jose, json_text, rdf, solid_oidc
from pod_app.standards.jose import BadTokenError, Key, Token
from pod_app.storage.recent import Recent

_PROFILE: Final = "text/turtle, application/ld+json;q=0.8"


class Issuers:
    """Issuers and their keys, as one installation sees them."""

    def __init__(
        self,
        base_url: str,
        resources: Resources,
        fetch: Callable[[str, str], tuple[str, bytes]],
        own_keys: Callable[[], Sequence[Any]],
        clock: Callable[[], datetime],
    ) -> None:
        self._base_url = base_url
        self._resources = resources
        self._fetch = fetch
        self._own_keys = own_keys
        self._profiles: Recent[frozenset[str]] = Recent(clock)
        self._key_sets: Recent[Sequence[Any]] = Recent(clock)

    def key(self, token: Token) -> Key:
        """The key that a token says it is signed with, from its issuer's own list; raises `BadTokenError`."""
        issuer = solid_oidc.issuer_of(token)
        found = jose.find(self._keys(issuer), token.header) or jose.find(self._keys(issuer, afresh=True), token.header)
        if found is None:
            raise BadTokenError("its issuer publishes no such key")
        return found

    def require(self, webid: str, issuer: str) -> None:
        """Raise `BadTokenError` unless the profile of a WebID names this issuer."""
        if not any(solid_oidc.same_issuer(one, issuer) for one in self._issuers_of(webid)):
            raise BadTokenError("the profile of its WebID does not name its issuer")

    # -- steps -----------------------------------------------------------------------------------

    def _keys(self, issuer: str, *, afresh: bool = False) -> Sequence[Any]:
        if solid_oidc.same_issuer(issuer, self._base_url):
            return self._own_keys()
        return self._key_sets.get(issuer, lambda: self._remote_keys(issuer), afresh=afresh) or ()

    def _remote_keys(self, issuer: str) -> Sequence[Any]:
        about = self._json(f"{issuer.removesuffix('/')}/.well-known/openid-configuration")
        if about.get("issuer") != issuer or not isinstance(about.get("jwks_uri"), str):
            raise BadTokenError("its issuer calls itself otherwise")
        keys = self._json(about["jwks_uri"]).get("keys")
        if not isinstance(keys, list):
            raise BadTokenError("its issuer publishes no keys")
        return keys

    def _json(self, url: str) -> dict[str, Any]:
        try:
            found = json_text.read(self._fetch(url, "application/json")[1])
        except ValueError as error:
            raise BadTokenError("its issuer does not answer in JSON") from error
        if not isinstance(found, dict):
            raise BadTokenError("its issuer does not answer in JSON")
        return found

    def _issuers_of(self, webid: str) -> frozenset[str]:
        address = addresses.of_iri(webid.partition("#")[0], self._base_url)
        if address is None:
            return self._profiles.get(webid, lambda: self._remote_issuers(webid)) or frozenset()
        try:
            reading = self._resources.read(PROGRAM, address)
        except PodAppError:
            return frozenset()
        named = _named(self._resources.quads(address, reading.stored), webid)
        # Cards that are older than this provider name nobody: their people sign in here.
        return named or (frozenset({self._base_url}) if address.path == "profile/card" else frozenset())

    def _remote_issuers(self, webid: str) -> frozenset[str]:
        document = webid.partition("#")[0]
        media_type, body = self._fetch(document, _PROFILE)
        return _named(rdf.parse(body, media_type, document), webid)


def _named(quads: Sequence[ox.Quad], webid: str) -> frozenset[str]:
    return frozenset(
        quad.object.value
        for quad in quads
        if isinstance(quad.subject, ox.NamedNode)
        and quad.subject.value == webid
        and quad.predicate.value == solid_oidc.ISSUER
        and isinstance(quad.object, ox.NamedNode)
    )
