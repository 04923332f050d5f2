"""Signing in for an application: what people see between «open» in an application and being back in it.

A request that may be forged, whose application or return address is not certain, ends on a page of ours and never
in a redirect (trust.md S28); everything else that is wrong goes back to the application with `iss` (RFC 9207).
"""

from typing import TYPE_CHECKING, Final
from urllib.parse import urlencode, urlsplit

from flask import Blueprint, Response, make_response, redirect, request
from werkzeug.wrappers import Response as BaseResponse

from pod_app.errors import N_, Forbidden, Invalid
from pod_app.identity import authorization_requests
from pod_app.identity.authorization_requests import BADGE_WORDS, AuthorizationRequest
from pod_app.identity.clients import OidcError
from pod_app.identity.provider import Person, Wish
from pod_app.identity.sessions import Session
from pod_app.pods.catalogue import Pod
from pod_app.standards import jose
from pod_app.standards.jose import BadTokenError
from pod_app.web import context, doors

if TYPE_CHECKING:
    from werkzeug.datastructures import MultiDict

blueprint = Blueprint("sign_in_for", __name__, url_prefix="/oidc")
JUST_NOW_SECONDS: Final = 120
_LOGOUT: Final = ("id_token_hint", "client_id", "post_logout_redirect_uri", "state")


@blueprint.get("/authorize")
def authorize() -> BaseResponse:
    """Ask who it is where that is not known, what they agree to where that is not known, and send them back."""
    asked = _asked(request.args)
    try:
        wish = asked.wish()
    except OidcError as error:
        return _refused(asked, error)
    signed_in = doors.session()
    if signed_in is None or _must_sign_in_again(wish, signed_in):
        return _refused(asked, _needs("login")) if wish.prompt == "none" else _to_sign_in(asked)
    pods = _own_pods(signed_in)
    known = [pod for pod in pods if _agreed(signed_in, pod, wish)]
    if wish.prompt != "consent" and len(pods) == len(known) == 1:
        return _granted(asked, wish, signed_in, known[0], remember=True)
    if wish.prompt == "none":
        return _refused(asked, _needs("consent"))
    return _consent_page(asked, wish, signed_in, pods)


@blueprint.post("/authorize")
def consent() -> BaseResponse:
    """What the person answered."""
    signed_in = doors.signed_in_form()
    asked = _asked(request.form)
    try:
        wish = asked.wish()
    except OidcError as error:
        return _refused(asked, error)
    if request.form.get("answer") != "yes":
        return _refused(asked, OidcError("access_denied", "the person declined"))
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


def _asked(values: "MultiDict[str, str]") -> AuthorizationRequest:
    """The application and its return address; raises `Invalid` when either is not certain."""
    sent = {name: request.values.getlist(name) for name in values}
    return authorization_requests.read(doors.services().identity.clients, sent)


def _back(asked: AuthorizationRequest, **values: str) -> BaseResponse:
    response = redirect(asked.back(doors.services().settings.base_url, **values), 303)
    response.headers["Cache-Control"] = "no-store"
    return response


def _refused(asked: AuthorizationRequest, error: OidcError) -> BaseResponse:
    """Back to the application with what is wrong."""
    return _back(asked, error=error.code, error_description=error.description)


def _must_sign_in_again(wish: Wish, signed_in: Session) -> bool:
    """Who has signed in a moment ago has just done so for this request, or might as well have."""
    age = (doors.services().clock() - signed_in.since).total_seconds()
    wanted = 0 if "login" in (wish.prompt or "").split() else wish.max_age
    return wanted is not None and age > max(wanted, JUST_NOW_SECONDS)


def _needs(what: str) -> OidcError:
    return OidcError(f"{what}_required", "the person must answer, and prompt=none forbids to ask")


def _to_sign_in(asked: AuthorizationRequest) -> BaseResponse:
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


def _granted(asked: AuthorizationRequest, wish: Wish, signed_in: Session, pod: Pod, *, remember: bool) -> BaseResponse:
    person = Person(signed_in.account.id, pod.webid, int(signed_in.since.timestamp()))
    return _back(asked, code=doors.services().identity.provider.grant(wish, person, remember=remember))


def _consent_page(asked: AuthorizationRequest, wish: Wish, signed_in: Session, pods: list[Pod]) -> Response:
    page = doors.render(
        "consent.html",
        csrf=signed_in.form_token,
        application={
            "name": asked.client.name, "home": asked.client.home, "registered": asked.client.registered,
            "host": urlsplit(asked.redirect_uri).hostname or urlsplit(asked.redirect_uri).scheme,
        },
        pods=[{"name": pod.name, "title": pod.title, "webid": pod.webid} for pod in pods],
        lasting="offline_access" in wish.scope,
        badges=[doors.words().gettext(BADGE_WORDS[one]) for one in wish.scope if one in BADGE_WORDS],
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
