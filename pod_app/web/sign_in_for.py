"""Signing in for an application: what people see between «open» in an application and being back in it.

A request that may be forged, whose application or return address is not certain, ends on a page of ours and never
in a redirect (trust.md S28); everything else that is wrong goes back to the application with `iss` (RFC 9207).
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlencode, urlsplit

from flask import Blueprint, Response, make_response, redirect, request
from werkzeug.wrappers import Response as BaseResponse

from pod_app.errors import N_, Forbidden, Invalid
from pod_app.identity.clients import Client, OidcError
from pod_app.identity.provider import SCOPES, Person, Wish
from pod_app.identity.sessions import Session
from pod_app.pods.catalogue import Pod
from pod_app.standards import badge_api, jose
from pod_app.standards.jose import BadTokenError
from pod_app.web import context, doors

blueprint = Blueprint("sign_in_for", __name__, url_prefix="/oidc")
_CHALLENGE: Final = re.compile(r"[A-Za-z0-9_-]{43}")
_LONGEST: Final = 2_000
JUST_NOW_SECONDS: Final = 120
_WORDS: Final = {
    badge_api.READ_CREDENTIALS: N_("See all the badges in your notebook, also those that only you see."),
    badge_api.UPSERT_CREDENTIALS: N_("Put badges into your notebook, where only you see them."),
    badge_api.READ_PROFILE: N_("See the name and description that go with your badges."),
    badge_api.UPDATE_PROFILE: N_("Change the name and description that go with your badges."),
}
"""What a host of badges may do, in plain words."""
_KEPT: Final = (
    "response_type", "response_mode", "client_id", "redirect_uri", "scope", "state", "nonce", "code_challenge",
    "code_challenge_method", "dpop_jkt", "prompt", "max_age",
)  # fmt: skip
_LOGOUT: Final = ("id_token_hint", "client_id", "post_logout_redirect_uri", "state")


@dataclass(frozen=True, slots=True)
class _Asked:
    """A request whose application and return address are certain."""

    client: Client
    redirect_uri: str
    given: Mapping[str, str]

    def answer(self, **values: str) -> BaseResponse:
        """Back to the application, in the query or the fragment of its address."""
        told = {**values, "iss": doors.services().settings.base_url}
        if self.given.get("state") is not None:
            told["state"] = self.given["state"]
        mark = "#" if self.given.get("response_mode") == "fragment" else "&" if "?" in self.redirect_uri else "?"
        response = redirect(self.redirect_uri + mark + urlencode(told), 303)
        response.headers["Cache-Control"] = "no-store"
        return response

    def refused(self, error: OidcError) -> BaseResponse:
        """Back to the application with what is wrong."""
        return self.answer(error=error.code, error_description=error.description)


@blueprint.get("/authorize")
def authorize() -> BaseResponse:
    """Ask who it is where that is not known, what they agree to where that is not known, and send them back."""
    asked = _asked(request.args)
    try:
        wish = _wish(asked)
    except OidcError as error:
        return asked.refused(error)
    signed_in = doors.session()
    if signed_in is None or _must_sign_in_again(wish, signed_in):
        return asked.refused(_needs("login")) if wish.prompt == "none" else _to_sign_in(asked)
    pods = _own_pods(signed_in)
    known = [pod for pod in pods if _agreed(signed_in, pod, wish)]
    if wish.prompt != "consent" and len(pods) == len(known) == 1:
        return _granted(asked, wish, signed_in, known[0], remember=True)
    if wish.prompt == "none":
        return asked.refused(_needs("consent"))
    return _consent_page(asked, wish, signed_in, pods)


@blueprint.post("/authorize")
def consent() -> BaseResponse:
    """What the person answered."""
    signed_in = doors.signed_in_form()
    asked = _asked(request.form)
    try:
        wish = _wish(asked)
    except OidcError as error:
        return asked.refused(error)
    if request.form.get("answer") != "yes":
        return asked.refused(OidcError("access_denied", "the person declined"))
    chosen = next((pod for pod in _own_pods(signed_in) if pod.name == request.form.get("pod")), None)
    if chosen is None:
        raise Invalid(N_("This notebook is not yours."), N_("Choose one of those shown."))
    return _granted(asked, wish, signed_in, chosen, remember=bool(request.form.get("remember")))


@blueprint.get("/logout")
def ask_to_sign_out() -> BaseResponse:
    """Whether to end the session here too, when an application asks (OpenID Connect RP-Initiated Logout)."""
    back, signed_in = _after_logout(), doors.session()
    if signed_in is None:
        return redirect(back or "/", 303)
    hidden = {name: request.args[name] for name in _LOGOUT if name in request.args}
    page = doors.render("sign_out_for.html", csrf=signed_in.form_token, hidden=hidden)
    return _with_way_back(page, back)


@blueprint.post("/logout")
def sign_out() -> BaseResponse:
    """The person agreed."""
    back = _after_logout()
    doors.signed_in_form()
    return doors.sign_out(back or "/")


# -- steps ---------------------------------------------------------------------------------------


def _asked(values: Mapping[str, str]) -> _Asked:
    """The application and its return address; raises `Invalid` when either is not certain."""
    given = {name: values[name] for name in _KEPT if name in values}
    if any(len(request.values.getlist(name)) > 1 for name in _KEPT) or any(
        len(one) > _LONGEST for one in given.values()
    ):
        raise _not_certain("a parameter stands twice or is too long")
    try:
        client = doors.services().identity.clients.find(given.get("client_id", ""))
    except OidcError as error:
        raise _not_certain(error.description) from error
    redirect_uri = given.get("redirect_uri", "")
    if not client.has_redirect(redirect_uri):
        raise _not_certain("its redirect_uri is not one of those that it registered")
    return _Asked(client, redirect_uri, given)


def _not_certain(reason: str) -> Invalid:
    return Invalid(
        N_("An application sent you here with a request that does not hold: {reason}."),
        N_("Go back to the application and tell the people who make it. Nothing was shared."), reason=reason,
    )  # fmt: skip


def _wish(asked: _Asked) -> Wish:
    given = asked.given
    if given.get("response_type") != "code":
        raise OidcError("unsupported_response_type", "response_type is code")
    if given.get("response_mode", "query") not in {"query", "fragment"}:
        raise OidcError("invalid_request", "response_mode is query or fragment")
    if given.get("code_challenge_method") != "S256" or not _CHALLENGE.fullmatch(given.get("code_challenge", "")):
        raise OidcError("invalid_request", "PKCE is needed, with code_challenge_method S256")
    scope = _scope(asked)
    prompt, max_age = given.get("prompt"), given.get("max_age")
    if prompt not in {None, "none", "login", "consent", "login consent"} or not (max_age or "0").isdecimal():
        raise OidcError("invalid_request", "prompt is none, login or consent; max_age a number of seconds")
    return Wish(
        client=asked.client.id, redirect_uri=asked.redirect_uri, scope=scope, state=given.get("state"),
        nonce=given.get("nonce"), challenge=given["code_challenge"], jkt=given.get("dpop_jkt"), prompt=prompt,
        max_age=int(max_age) if max_age else None,
    )  # fmt: skip


def _scope(asked: _Asked) -> tuple[str, ...]:
    """What of the wish can be granted: hosts of badges get what they registered for and nothing of the pod."""
    wanted = asked.given.get("scope", "").split()
    if mine := asked.client.badge_scopes:
        scope = tuple(one for one in mine if one in wanted)
        if not set(scope) - {badge_api.OFFLINE}:
            raise OidcError("invalid_scope", f"scope holds some of {' '.join(mine)}")
        return scope
    scope = tuple(one for one in SCOPES if one in wanted)
    if "openid" not in scope or "webid" not in scope:
        raise OidcError("invalid_scope", "scope holds openid and webid")
    return scope


def _must_sign_in_again(wish: Wish, signed_in: Session) -> bool:
    """Who has signed in a moment ago has just done so for this request, or might as well have."""
    age = (doors.services().clock() - signed_in.since).total_seconds()
    wanted = 0 if "login" in (wish.prompt or "").split() else wish.max_age
    return wanted is not None and age > max(wanted, JUST_NOW_SECONDS)


def _needs(what: str) -> OidcError:
    return OidcError(f"{what}_required", "the person must answer, and prompt=none forbids to ask")


def _to_sign_in(asked: _Asked) -> BaseResponse:
    return redirect("/me/sign-in?" + urlencode({"next": "/oidc/authorize?" + urlencode(asked.given)}), 303)


def _own_pods(signed_in: Session) -> list[Pod]:
    services = doors.services()
    pods = [services.catalogue.get(name) for name in signed_in.account.pods]
    mine = [pod for pod in pods if pod.kind == "person" and pod.home is None]
    if not mine:
        raise Forbidden(
            N_("Your notebook is elsewhere, and only the place where it is can vouch for you."),
            N_("Sign in to that application with your own address."),
        )
    return mine


def _agreed(signed_in: Session, pod: Pod, wish: Wish) -> bool:
    return doors.services().identity.provider.agreed(signed_in.account.id, pod.webid, wish.client, wish.scope)


def _granted(asked: _Asked, wish: Wish, signed_in: Session, pod: Pod, *, remember: bool) -> BaseResponse:
    person = Person(signed_in.account.id, pod.webid, int(signed_in.since.timestamp()))
    return asked.answer(code=doors.services().identity.provider.grant(wish, person, remember=remember))


def _consent_page(asked: _Asked, wish: Wish, signed_in: Session, pods: list[Pod]) -> Response:
    page = doors.render(
        "consent.html",
        csrf=signed_in.form_token,
        application={
            "name": asked.client.name, "home": asked.client.home, "registered": asked.client.registered,
            "host": urlsplit(asked.redirect_uri).hostname or urlsplit(asked.redirect_uri).scheme,
        },
        pods=[{"name": pod.name, "title": pod.title, "webid": pod.webid} for pod in pods],
        lasting="offline_access" in wish.scope,
        badges=[doors.words().gettext(_WORDS[one]) for one in wish.scope if one in _WORDS],
        hidden=asked.given,
        private=True,
    )  # fmt: skip
    return _with_way_back(page, asked.redirect_uri)


def _with_way_back(page: str, address: str) -> Response:
    """A page whose form leads to another site: browsers hold redirects after a form against its policy."""
    response = make_response(page)
    response.headers["Content-Security-Policy"] = context.policy_with_form_to(address)
    return response


def _after_logout() -> str:
    """Where an application wants people afterwards, when it registered that address and says who it is."""
    wanted = request.values.get("post_logout_redirect_uri", "")
    client_id = request.values.get("client_id") or _client_of(request.values.get("id_token_hint", ""))
    if not wanted or not client_id:
        return ""
    try:
        about = doors.services().identity.clients.find(client_id).about
    except OidcError:
        return ""
    if wanted not in about.get("post_logout_redirect_uris", ()):
        return ""
    state = request.values.get("state")
    return wanted + (("&" if "?" in wanted else "?") + urlencode({"state": state}) if state else "")


def _client_of(id_token: str) -> str:
    """The application that an ID token of ours was made for, expired or not."""
    try:
        seen = jose.peek(id_token)
        key = jose.find(doors.services().identity.provider.keys.published(), seen.header)
        return str(jose.verify(id_token, key).claims.get("azp", "")) if key is not None else ""
    except BadTokenError:
        return ""
