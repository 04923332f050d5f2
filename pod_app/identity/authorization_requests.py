"""Requests of applications that send a person here to agree (RFC 6749 §4.1.1, RFC 7636, Solid-OIDC; solid.md S).

One that may be forged, whose application or return address is not certain, raises `Invalid` and is answered by
nobody but us (trust.md S28); everything else that is wrong goes back to the application with `iss` (RFC 9207).
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlencode

from pod_app.errors import N_, Invalid
from pod_app.identity.clients import Client, Clients, OidcError
from pod_app.identity.provider import SCOPES, Wish
from pod_app.standards import badge_api

PARAMETERS: Final = (
    "response_type", "response_mode", "client_id", "redirect_uri", "scope", "state", "nonce", "code_challenge",
    "code_challenge_method", "dpop_jkt", "prompt", "max_age",
)  # fmt: skip
BADGE_WORDS: Final[Mapping[str, str]] = {
    badge_api.READ_CREDENTIALS: N_("See all the badges in your notebook, also those that only you see."),
    badge_api.UPSERT_CREDENTIALS: N_("Put badges into your notebook, where only you see them."),
    badge_api.READ_PROFILE: N_("See the name and description that go with your badges."),
    badge_api.UPDATE_PROFILE: N_("Change the name and description that go with your badges."),
}
"""What a host of badges may do, in plain words."""
_CHALLENGE: Final = re.compile(r"[A-Za-z0-9_-]{43}")
_LONGEST: Final = 2_000


@dataclass(frozen=True, slots=True)
class AuthorizationRequest:
    """A request whose application and return address are certain; `given` are its parameters."""

    client: Client
    redirect_uri: str
    given: Mapping[str, str]

    def back(self, issuer: str, **values: str) -> str:
        """The address that takes an answer to the application, in its query or its fragment."""
        told = {**values, "iss": issuer}
        if self.given.get("state") is not None:
            told["state"] = self.given["state"]
        mark = "#" if self.given.get("response_mode") == "fragment" else "&" if "?" in self.redirect_uri else "?"
        return self.redirect_uri + mark + urlencode(told)

    def wish(self) -> Wish:
        """What is asked for, checked; raises `OidcError`, which goes back to the application."""
        given = self.given
        if given.get("response_type") != "code":
            raise OidcError("unsupported_response_type", "response_type is code")
        if given.get("response_mode", "query") not in {"query", "fragment"}:
            raise OidcError("invalid_request", "response_mode is query or fragment")
        if given.get("code_challenge_method") != "S256" or not _CHALLENGE.fullmatch(given.get("code_challenge", "")):
            raise OidcError("invalid_request", "PKCE is needed, with code_challenge_method S256")
        scope = self._scope()
        prompt, max_age = given.get("prompt"), given.get("max_age")
        if prompt not in {None, "none", "login", "consent", "login consent"} or not (max_age or "0").isdecimal():
            raise OidcError("invalid_request", "prompt is none, login or consent; max_age a number of seconds")
        return Wish(
            client=self.client.id, redirect_uri=self.redirect_uri, scope=scope, state=given.get("state"),
            nonce=given.get("nonce"), challenge=given["code_challenge"], jkt=given.get("dpop_jkt"), prompt=prompt,
            max_age=int(max_age) if max_age else None,
        )  # fmt: skip

    def _scope(self) -> tuple[str, ...]:
        """What of the wish can be granted: hosts of badges get what they registered for and nothing of the pod."""
        wanted = self.given.get("scope", "").split()
        if mine := self.client.badge_scopes:
            scope = tuple(one for one in mine if one in wanted)
            if not set(scope) - {badge_api.OFFLINE}:
                raise OidcError("invalid_scope", f"scope holds some of {' '.join(mine)}")
            return scope
        scope = tuple(one for one in SCOPES if one in wanted)
        if "openid" not in scope or "webid" not in scope:
            raise OidcError("invalid_scope", "scope holds openid and webid")
        return scope


def read(clients: Clients, values: Mapping[str, list[str]]) -> AuthorizationRequest:
    """The request that these parameters make; raises `Invalid` when application or return address is not certain."""
    given = {name: values[name][0] for name in PARAMETERS if values.get(name)}
    if any(len(values.get(name, ())) > 1 for name in PARAMETERS) or any(len(one) > _LONGEST for one in given.values()):
        raise _not_certain("a parameter stands twice or is too long")
    try:
        client = clients.find(given.get("client_id", ""))
    except OidcError as error:
        raise _not_certain(error.description) from error
    redirect_uri = given.get("redirect_uri", "")
    if not client.has_redirect(redirect_uri):
        raise _not_certain("its redirect_uri is not one of those that it registered")
    return AuthorizationRequest(client, redirect_uri, given)


def _not_certain(reason: str) -> Invalid:
    return Invalid(
        N_("An application sent you here with a request that does not hold: {reason}."),
        N_("Go back to the application and tell the people who make it. Nothing was shared."), reason=reason,
    )  # fmt: skip
