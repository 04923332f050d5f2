"""A request's access token and proof → who is asking (Solid-OIDC resource server; solid.md R).

Verified tokens are kept by hash until they expire, proofs never: each one is checked and remembered, so that it
counts once in all processes together (trust.md S13).
"""

import hashlib
import threading
from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from pod_app.identity.issuers import Issuers
from pod_app.standards import dpop, jose, solid_oidc
from pod_app.standards.jose import BadTokenError
from pod_app.standards.solid_oidc import Claims
from pod_app.storage.replays import Replays

KEPT_TOKENS: Final = 10_000


@dataclass(frozen=True, slots=True)
class Asked:
    """What a request shows: `url` as the base URL spells it, the DPoP headers one by one."""

    method: str
    url: str
    proofs: Sequence[str]


class RefusedError(Exception):
    """A proof of identity that does not hold; `code` is OAuth's word for it (RFC 6750 §3.1, RFC 9449 §7.1)."""

    def __init__(self, code: str, reason: str) -> None:
        super().__init__(reason)
        self.code = code


class Tokens:
    """Checks access tokens and proofs for one installation."""

    def __init__(
        self, base_url: str, issuers: Issuers, replays: Replays, clock: Callable[[], datetime], *, require_ath: bool
    ) -> None:
        self._audiences = frozenset({base_url, base_url.rstrip("/")})
        self._issuers = issuers
        self._replays = replays
        self._clock = clock
        self._require_ath = require_ath
        self._kept: OrderedDict[str, Claims] = OrderedDict()
        self._guard = threading.Lock()

    def by_dpop(self, token: str, asked: Asked) -> Claims:
        """Who a DPoP-bound token speaks for; raises `RefusedError`."""
        claims = self._claims(token)
        if claims.jkt is None:
            raise RefusedError("invalid_token", "the token is bound to no key")
        proof = self.proof(asked, token=token)
        if proof.jkt != claims.jkt:
            raise RefusedError("invalid_token", "the token is bound to another key")
        return claims

    def by_bearer(self, token: str) -> Claims:
        """Who a token speaks for that is bound to nothing; one that is bound is worth nothing alone (R1)."""
        claims = self._claims(token)
        if claims.jkt is not None:
            raise RefusedError("invalid_token", "the token is bound to a key and needs a DPoP proof")
        return claims

    def proof(self, asked: Asked, *, token: str | None = None) -> dpop.Proof:
        """A proof that holds and comes for the first time; raises `RefusedError`."""
        now = self._clock()
        try:
            found = dpop.verify(
                asked.proofs,
                method=asked.method,
                url=asked.url,
                now=now,
                token=token,
                require_ath=self._require_ath,
            )
        except BadTokenError as error:
            raise RefusedError("invalid_dpop_proof", str(error)) from error
        until = found.issued + 2 * dpop.WINDOW_SECONDS
        fresh = found.issued >= self._replays.since
        if not fresh or not self._replays.first_use(f"{found.jkt} {found.jti}", until, int(now.timestamp())):
            raise RefusedError("invalid_dpop_proof", "it was used before")
        return found

    # -- steps -----------------------------------------------------------------------------------

    def _claims(self, token: str) -> Claims:
        name = hashlib.sha256(token.encode()).hexdigest()
        with self._guard:
            kept = self._kept.get(name)
        if kept is not None and self._clock().timestamp() < kept.expires:
            return kept
        try:
            claims = self._verified(token)
        except BadTokenError as error:
            raise RefusedError("invalid_token", str(error)) from error
        with self._guard:
            self._kept[name] = claims
            while len(self._kept) > KEPT_TOKENS:
                self._kept.popitem(last=False)
        return claims

    def _verified(self, token: str) -> Claims:
        read = jose.verify(token, self._issuers.key(jose.peek(token)))
        claims = solid_oidc.check(read, self._clock(), self._audiences)
        self._issuers.require(claims.webid, claims.issuer)
        return claims
