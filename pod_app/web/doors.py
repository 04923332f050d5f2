"""What the application's own pages share: the services behind the request, and its session."""

import functools
import hmac
from collections.abc import Callable, Iterable
from typing import Any, Concatenate, ParamSpec, TypeVar, cast
from urllib.parse import parse_qsl, quote, urlencode, urlsplit

from flask import current_app, make_response, redirect, request
from werkzeug.wrappers import Response

from pod_app.errors import N_, Forbidden, Unauthenticated
from pod_app.identity.accounts import Account
from pod_app.identity.sessions import ABSOLUTE, Session
from pod_app.language import LOCALES, Translator, translator
from pod_app.pods.catalogue import Pod
from pod_app.services import Services
from pod_app.standards import json_text
from pod_app.standards.vocabulary import Vocabulary
from pod_app.web import callers, context
from pod_app.web.pages import Pages

P = ParamSpec("P")
R = TypeVar("R")


def services() -> Services:
    """The installation that this request reached."""
    return cast("Services", current_app.extensions["services"])


def pages() -> Pages:
    """Its templates."""
    return cast("Pages", current_app.extensions["pages"])


def vocabulary() -> Vocabulary:
    """Its words, read once."""
    return pages().vocabulary


def cookie_name() -> str:
    """`__Host-` binds the cookie to this origin; browsers take it over https only (trust.md S29)."""
    secure = services().settings.base_url.startswith("https:")
    return "__Host-session" if secure else "session"


def session() -> Session | None:
    """Who is signed in."""
    return services().sessions.find(request.cookies.get(cookie_name()))


def require_session() -> Session:
    """Who is signed in; raises `Unauthenticated`."""
    signed_in = session()
    if signed_in is None:
        raise Unauthenticated(N_("You are not signed in."), N_("Sign in, then open the page again."))
    return signed_in


def needs_session(page: Callable[Concatenate[Session, P], R]) -> Callable[P, R | Response]:
    """A page that is given who is signed in; anybody else is sent to sign in, and comes back to this same address.

    It stands between the route and the function: `@blueprint.get("/given")`, `@needs_session`, `def given(signed_in)`.
    """

    @functools.wraps(page)
    def shown(*args: P.args, **kwargs: P.kwargs) -> R | Response:
        signed_in = session()
        return _to_sign_in() if signed_in is None else page(signed_in, *args, **kwargs)

    return shown


def _to_sign_in() -> Response:
    # Without the language of the address: this answer keeps it in a cookie, and another may be chosen on the way.
    there, asked = quote(request.path), urlencode(_kept(request.args.items(multi=True)))
    return redirect(f"/me/sign-in?next={quote(f'{there}?{asked}' if asked else there)}", 303)


def own_pod(signed_in: Session) -> Pod:
    """The notebook of whoever is signed in: the first of their account's pods."""
    return services().catalogue.get(signed_in.account.pods[0])


def host_of(pod: Pod) -> str:
    """The server that a notebook is on, when it is not this one; else nothing."""
    return urlsplit(pod.home.storage).netloc if pod.home else ""


def signed_in_form(token: str | None = None) -> Session:
    """The session, when the form (or `token`, sent by a script) carries its token (trust.md S29)."""
    signed_in = session()
    if signed_in is None:
        raise Unauthenticated(N_("You are not signed in."), N_("Sign in and send the form again."))
    if not hmac.compare_digest(signed_in.form_token.encode(), (token or request.form.get("csrf", "")).encode()):
        raise Forbidden(
            N_("This form is too old or was sent by another site."), N_("Open the page here and send it again.")
        )
    return signed_in


def own_account_form(token: str | None = None) -> Session:
    """`signed_in_form`, for what would lock others out of an account that a demo lets everybody enter."""
    signed_in = signed_in_form(token)
    services().personas.require_own(signed_in.account.name)
    return signed_in


def let_in(account: Account, response: Response) -> Response:
    """Give somebody a session with this answer; a new one each time (trust.md S30)."""
    services().sessions.end(request.cookies.get(cookie_name()))
    response.set_cookie(
        cookie_name(), services().sessions.begin(account), max_age=int(ABSOLUTE.total_seconds()),
        secure=cookie_name().startswith("__Host-"), httponly=True, samesite="Lax", path="/",
    )  # fmt: skip
    return response


def sent_json() -> Any:
    """What a script of ours sent, or None for what is no JSON."""
    try:
        return json_text.read(request.get_data())
    except ValueError:
        return None


def address() -> str:
    """Where a request comes from, as far as the proxies that are trusted tell (solid.md B14)."""
    return callers.address(services(), request)


def next_page() -> str:
    """Where to go after signing in: a path of ours, never another site (trust.md S28)."""
    wanted = request.values.get("next", "")
    ours = wanted.startswith(("/me", "/oidc/authorize?", "/claim/"))
    return wanted if ours and "\\" not in wanted and wanted.isprintable() else ""


def with_way_back(page: str, status: int = 200) -> Response:
    """A page whose form may lead back to an application: browsers hold that redirect against the page's policy."""
    response = make_response(page, status)
    back = dict(parse_qsl(urlsplit(next_page()).query)).get("redirect_uri", "")
    response.headers["Content-Security-Policy"] = context.policy_with_form_to(back)
    return response


def sign_out(then: str) -> Response:
    """End the session everywhere it is open, and go on."""
    services().sessions.end(request.cookies.get(cookie_name()))
    response = redirect(then, 303)
    response.delete_cookie(cookie_name())
    return response


def words() -> Translator:
    """Sentences in the reader's language."""
    return translator(pages().locale(request, cookies=True))


def render(template: str, **values: object) -> str:
    """A page of the application, in the reader's language, with who is signed in."""
    signed_in = session()
    me = None if signed_in is None else {"name": signed_in.account.name, "href": "/me"}
    shared = {"me": me, "here": request.path, "languages": languages(request.args.items(multi=True))}
    return pages().render(request, template, {**shared, **values})


def languages(asked: Iterable[tuple[str, str]]) -> list[dict[str, str]]:
    """The same page in each language: what else its address asks for is kept."""
    kept = _kept(asked)
    return [{"code": code, "href": f"?{urlencode([*kept, ('lang', code)])}"} for code in LOCALES]


def _kept(asked: Iterable[tuple[str, str]]) -> list[tuple[str, str]]:
    """What an address asks for, beside the language."""
    return [(name, value) for name, value in asked if name != "lang"]
