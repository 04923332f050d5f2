"""Act on another server with client credentials that its owner made there for a script (Solid-OIDC; solid.md S8)."""

import secrets
import threading
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, Final

from pod_app.errors import N_, Forbidden, Unreachable
from pod_app.identity.providers_elsewhere import OurClient
from pod_app.identity.tokens_elsewhere import TokenEndpoint, TokenRefusedError
from pod_app.standards import dpop, jose, json_text
from pod_app.standards.jose import BadTokenError
from pod_app.storage.web_client import Fetched, WebClient

EARLY_SECONDS: Final = 60
SHORTEST_SECONDS: Final = 300


class ScriptElsewhere:
    """One WebID of another provider; its tokens are bound to a key of this process and renewed in time."""

    def __init__(
        self, web_client: WebClient, issuer: str, client_id: str, secret: str, clock: Callable[[], datetime]
    ) -> None:
        self._web_client = web_client
        self._issuer = issuer
        self._client = OurClient(client_id, secret, "client_secret_basic")
        self._tokens = TokenEndpoint(web_client, clock)
        self._clock = clock
        self._key = jose.generate("ES256")
        self._token, self._ends = "", 0.0
        self._turn = threading.Lock()

    @property
    def webid(self) -> str:
        """Whom the token speaks for, or nothing when it does not say; raises as `headers`."""
        try:
            claims = jose.peek(self._current()).claims
        except BadTokenError:
            return ""
        return str(claims.get("webid") or claims.get("sub") or "")

    def headers(self, method: str, url: str) -> dict[str, str]:
        """`authorization` and `dpop` for one request; raises `Unreachable`, and `Forbidden` for a wrong secret."""
        token = self._current()
        now, jti = self._clock(), secrets.token_urlsafe(16)
        return {
            "authorization": f"DPoP {token}",
            "dpop": dpop.make(self._key, method, url, jti=jti, now=now, token=token),
        }

    # -- steps -----------------------------------------------------------------------------------

    def _current(self) -> str:
        with self._turn:
            now = self._clock().timestamp()
            if not self._token or now + EARLY_SECONDS >= self._ends:
                told = self._asked()
                self._token, lasts = str(told["access_token"]), told.get("expires_in")
                self._ends = now + (lasts if isinstance(lasts, int) and lasts > 0 else SHORTEST_SECONDS)
            return self._token

    def _asked(self) -> Mapping[str, Any]:
        form = {"grant_type": "client_credentials", "scope": "webid"}
        try:
            told = self._tokens.ask(self._endpoint(), self._client, self._key, form)
        except TokenRefusedError as error:
            raise self._refusal(error.code) from error
        if not isinstance(told.get("access_token"), str):
            raise self._refusal("no_token")
        return told

    def _refusal(self, reason: str) -> Forbidden:
        return Forbidden(
            N_("{issuer} gives no token for these client credentials: {reason}."),
            N_("Make new ones in your account there."), issuer=self._issuer, reason=reason,
        )  # fmt: skip

    def _endpoint(self) -> str:
        found = self._web_client.fetch(
            f"{self._issuer.removesuffix('/')}/.well-known/openid-configuration", accept="application/json"
        )
        told = _object(found).get("token_endpoint")
        if not isinstance(told, str):
            raise Unreachable(
                N_("{issuer} is no identity provider."), N_("Name the provider: --issuer URL."), issuer=self._issuer
            )
        return told


def _object(answer: Fetched) -> Mapping[str, Any]:
    try:
        found = json_text.read(answer.body)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}
