"""The application: Flask for its own pages, the bare Werkzeug door for pod addresses (house.md §8)."""

from collections.abc import Callable, Iterable
from concurrent.futures import Future
from typing import TYPE_CHECKING, Final, TypeVar

from flask import Flask, Response, request
from werkzeug.wrappers import Response as BaseResponse

from pod_app.brevity import MOST_BYTES, may_take_long
from pod_app.errors import N_, MethodNotAllowed, NotFound, PodAppError, TooLarge
from pod_app.language import LOCALES
from pod_app.services import Services
from pod_app.standards import addresses
from pod_app.web import callers, context, shape_pages, vocabulary_pages, welcome
from pod_app.web.badges import (
    answer_pages,
    asking_pages,
    award_pages,
    badge_api,
    claim_pages,
    class_pages,
    confirm_pages,
    distribute_pages,
    forge_pages,
    host_pages,
    key_pages,
    rule_pages,
    verifier,
)
from pod_app.web.collective import bulk, collective_pages, river_pages
from pod_app.web.identity import account_pages, elsewhere_pages, entrance, oidc, personas, sign_in_for
from pod_app.web.notebook import bag, collection_pages, consent_pages, leaving, me, tray_pages
from pod_app.web.pages import Pages
from pod_app.web.solid import cors, subscriptions
from pod_app.web.solid.ldp import Ldp
from pod_app.web.solid.representations import HTML
from pod_app.web.solid.subscriptions import SubscriptionDoor

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

MAX_FORM: Final = 12 * 2**20
T = TypeVar("T")
_READS: Final = frozenset({"GET", "HEAD"})
_WRITES: Final = frozenset({"PUT", "POST", "PATCH", "DELETE"})
OPEN_TO_READERS: Final = ("/shapes/", "/queries/", "/vocab")
"""What other applications may read from here: the same for everybody, whoever is signed in."""


class Application:
    """A WSGI callable: the first segment of the raw target says whose door it is."""

    def __init__(self, services: Services) -> None:
        self.services = services
        self.pages = Pages(services)
        self.flask = _flask(services, self.pages)
        self._ldp = Ldp(services, self.pages)
        self._subscriptions = SubscriptionDoor(services, self.pages)
        self._at_hand = services.database.dialect == "sqlite"
        self.stamp = services.database.stamp if self._at_hand else None

    def __call__(self, environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        """Pod addresses are never normalised on the way: `RAW_URI` is what the client sent (trust.md §1.10)."""
        raw: str = environ.get("RAW_URI") or environ.get("REQUEST_URI") or environ["PATH_INFO"]
        environ["RAW_URI"] = raw
        if self._is_plain(environ):
            return _to_https(raw, self.services.settings.base_url)(environ, start_response)
        if raw.startswith(subscriptions.PREFIX):
            return self._subscriptions(environ, start_response)
        if addresses.is_application(raw):
            may_take_long()
            return self.flask(environ, start_response)
        return self._ldp(environ, start_response)

    def is_brief(self, environ: "WSGIEnvironment") -> bool:
        """Whether an attempt on the event loop is worth it: reads that want no page, of a database at hand."""
        return self._at_hand and environ["REQUEST_METHOD"] in _READS and HTML not in environ.get("HTTP_ACCEPT", "")

    def joins(self, environ: "WSGIEnvironment") -> bool:
        """Whether this is a small write that can be part of the writer's transaction (ADR 0026).

        Who asks is found out here, on the event loop: no proof is checked while the writer's lock is held.
        """
        return (
            self._at_hand
            and environ["REQUEST_METHOD"] in _WRITES
            and int(environ.get("CONTENT_LENGTH") or 0) <= MOST_BYTES
            and HTML not in environ.get("HTTP_ACCEPT", "")
            and not addresses.is_application(environ["RAW_URI"])
            and callers.knows(self.services, environ, cors.origin_of(environ.get("HTTP_ORIGIN")))
        )

    def join(self, work: Callable[[], T]) -> "Future[T]":
        """Let `work` be part of the writer's transaction; done once that is on disk."""
        return self.services.database.join(work)

    def _is_plain(self, environ: "WSGIEnvironment") -> bool:
        """Whether this came over http though the installation's address is https (solid.md B2)."""
        settings = self.services.settings
        if settings.redirect_http == "off" or not settings.base_url.startswith("https:"):
            return False
        told = "wsgi.url_scheme" if settings.redirect_http == "direct" else "HTTP_X_FORWARDED_PROTO"
        return bool(environ.get(told) == "http")


def _to_https(raw: str, base_url: str) -> BaseResponse:
    target = raw if raw.startswith("/") else "/"
    return BaseResponse(status=301, headers={"Location": base_url.removesuffix("/") + target})


def create(services: Services) -> Application:
    """The application of one installation."""
    return Application(services)


def _flask(services: Services, pages: Pages) -> Flask:
    app = Flask(__name__, static_url_path="/static")
    app.config["MAX_CONTENT_LENGTH"] = MAX_FORM
    app.config["MAX_FORM_MEMORY_SIZE"] = MAX_FORM
    app.url_map.merge_slashes = False
    for blueprint in (
        welcome.blueprint,
        verifier.blueprint,
        entrance.blueprint,
        elsewhere_pages.blueprint,
        tray_pages.blueprint,
        me.blueprint,
        bag.blueprint,
        collection_pages.blueprint,
        class_pages.blueprint,
        account_pages.blueprint,
        leaving.blueprint,
        collective_pages.blueprint,
        river_pages.blueprint,
        shape_pages.blueprint,
        vocabulary_pages.blueprint,
        oidc.blueprint,
        badge_api.blueprint,
        host_pages.blueprint,
        key_pages.blueprint,
        sign_in_for.blueprint,
        bulk.blueprint,
        consent_pages.blueprint,
        confirm_pages.blueprint,
        asking_pages.blueprint,
        answer_pages.blueprint,
        rule_pages.blueprint,
        personas.blueprint,
        forge_pages.blueprint,
        award_pages.blueprint,
        distribute_pages.blueprint,
        claim_pages.blueprint,
    ):
        app.register_blueprint(blueprint)
    app.extensions["services"] = services
    app.extensions["pages"] = pages
    app.before_request(lambda: _before(services))
    app.after_request(_after)
    app.register_error_handler(PodAppError, pages.problem_here)
    app.register_error_handler(404, lambda _: pages.problem_here(_nothing_here()))
    app.register_error_handler(405, lambda error: pages.problem_here(_no_method(error.valid_methods or ())))
    app.register_error_handler(413, lambda _: pages.problem_here(_too_large()))
    app.register_error_handler(Exception, pages.unexpected_here)
    return app


def _before(services: Services) -> None:
    if request.method not in {"GET", "HEAD", "OPTIONS"} and not request.path.startswith(oidc.OPEN_PATHS):
        context.refuse_other_sites(request, services.settings.base_url)


def _after(response: Response) -> BaseResponse:
    headers = response.headers
    headers.setdefault("Content-Security-Policy", context.PAGE_POLICY)
    headers.setdefault("X-Content-Type-Options", "nosniff")
    headers.setdefault("Referrer-Policy", "same-origin")
    if request.endpoint != "static":
        headers.setdefault("Cache-Control", "private, no-store")
        headers.setdefault("Vary", "Accept, Accept-Language, Cookie, Origin")
        if (origin := cors.origin_of(request.headers.get("Origin"))) and request.path.startswith(OPEN_TO_READERS):
            cors.open_reading_to(origin, headers)
        asked = request.args.get("lang", "")
        if asked in LOCALES:
            response.set_cookie(context.LANGUAGE_COOKIE, asked, max_age=31_536_000, samesite="Lax", httponly=True)
    return response


def _nothing_here() -> NotFound:
    return NotFound(
        N_("There is nothing at {path}."), N_("Check the address; it may have been deleted."), path=request.path
    )


def _no_method(allowed: Iterable[str]) -> MethodNotAllowed:
    return MethodNotAllowed(
        N_("{method} cannot be done at {path}."), N_("Use one of those in Allow."),
        method=request.method, path=request.path, allowed=tuple(allowed),
    )  # fmt: skip


def _too_large() -> PodAppError:
    return TooLarge(
        N_("This body has {size} bytes; at most {limit} are taken."), N_("Send less."),
        size=request.content_length or "-", limit=MAX_FORM,
    )  # fmt: skip
