"""Prove to other servers who sends a request: a Solid-OIDC access token bound to a key, and a proof of that key.

The token is issued by this installation's own provider for an agent that its profile shows to be one of ours;
the key lives as long as the process and leaves it never (solid.md N9, R1, R5).
"""

import secrets
import threading
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Final

from pod_app.standards import dpop, jose
from pod_app.storage.provider_keys import ProviderKeys

LIFE: Final = timedelta(minutes=5)


class Outgoing:
    """Acts for one agent of this installation."""

    def __init__(self, issuer: str, webid: str, keys: ProviderKeys, clock: Callable[[], datetime]) -> None:
        self._issuer = issuer
        self._webid = webid
        self._keys = keys
        self._clock = clock
        self._made: jose.Key | None = None
        self._making = threading.Lock()

    def headers(self, method: str, url: str) -> dict[str, str]:
        """`Authorization` and `DPoP` for one request: they prove nothing at another address or a minute later."""
        now = int(self._clock().timestamp())
        key = self._key
        token = self._token(now, jose.thumbprint(key))
        proof = dpop.make(key, method, url, jti=secrets.token_urlsafe(16), now=self._clock(), token=token)
        return {"authorization": f"DPoP {token}", "dpop": proof}

    @property
    def _key(self) -> jose.Key:
        with self._making:
            if self._made is None:
                self._made = jose.generate("ES256")
            return self._made

    def _token(self, now: int, thumbprint: str) -> str:
        claims: Mapping[str, object] = {
            "iss": self._issuer, "sub": self._webid, "webid": self._webid, "aud": "solid", "client_id": self._webid,
            "azp": self._webid, "iat": now, "exp": now + int(LIFE.total_seconds()), "jti": secrets.token_urlsafe(12),
            "cnf": {"jkt": thumbprint}, "scope": "webid",
        }  # fmt: skip
        signing = self._keys.signing("ES256")
        return jose.sign(claims, signing.key, algorithm="ES256", typ="at+jwt", key_id=signing.id)


class Agents:
    """Acts for any agent of this installation, such as a community, each with a key of its own."""

    def __init__(self, issuer: str, keys: ProviderKeys, clock: Callable[[], datetime]) -> None:
        self._of = lru_cache(maxsize=256)(lambda webid: Outgoing(issuer, webid, keys, clock))

    def __call__(self, webid: str) -> Callable[[str, str], dict[str, str]]:
        """What makes the headers of each request for this agent."""
        return self._of(webid).headers
