"""Subscription services and channels over HTTP, at `{base}subscriptions/` (solid.md N2 to N5, N9).

A bare Werkzeug callable like `web/solid/ldp.py`: proofs of who asks, open to every origin, never a cookie. What
follows a subscription, sockets and streams, is `web/solid/streams.py`.
"""

import json
from collections.abc import Callable, Iterable, Mapping
from functools import partial
from typing import TYPE_CHECKING, Any, Final

from werkzeug.wrappers import Request, Response

from pod_app.errors import N_, MethodNotAllowed, MethodUnknown, NotFound, TooLarge, Unavailable
from pod_app.pods.subscriptions import CHANNELS, SENDER, STREAMS
from pod_app.services import Services
from pod_app.standards import negotiation, notifications, rdf
from pod_app.web import callers
from pod_app.web.pages import Pages
from pod_app.web.solid import cors

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

PREFIX: Final = "/subscriptions/"
_SERVICES: Final = {f"{PREFIX}{kind}": kind for kind in notifications.CHANNEL_TYPES}
_FORMS: Final = (rdf.JSON_LD, rdf.TURTLE)
_READ: Final = ("GET", "HEAD", "OPTIONS")
Handler = Callable[[Request, str | None], Response]


class SubscriptionDoor:
    """Answers everything below `/subscriptions/` that is no stream."""

    def __init__(self, services: Services, pages: Pages) -> None:
        self._services = services
        self._subscriptions = services.subscriptions
        self._base = services.settings.base_url
        self._pages = pages

    def __call__(self, environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        """The WSGI door: what goes wrong is answered by the one table of problems."""
        request = Request(environ)
        origin = cors.origin_of(request.headers.get("Origin"))
        response = self._pages.guarded(request, lambda: self._answer(request, origin))
        response.headers["Vary"] = "Accept, Accept-Language, Authorization, Origin"
        response.headers["X-Content-Type-Options"] = "nosniff"
        if origin is not None:
            cors.open_to(origin, response.headers)
        return response(environ, start_response)

    def _answer(self, request: Request, origin: str | None) -> Response:
        handlers = self._handlers(request.environ["RAW_URI"].partition("?")[0])
        allowed = tuple(dict.fromkeys([*handlers, "OPTIONS"]))
        if request.method == "OPTIONS":
            return _options(request, allowed)
        handler = handlers.get(request.method)
        if handler is None:
            known = request.method in {"PUT", "PATCH", "DELETE", "POST", "TRACE"}
            raise (MethodNotAllowed if known else MethodUnknown)(
                N_("{method} cannot be done at {path}."), N_("Use one of those in Allow."),
                method=request.method[:20], path=request.path, allowed=allowed,
            )  # fmt: skip
        return handler(request, origin)

    def _handlers(self, path: str) -> Mapping[str, Handler]:
        """What can be done at an address; raises `NotFound` for one that is none of ours."""
        if path in _SERVICES:
            kind = _SERVICES[path]
            reading = partial(self._service, kind)
            return {"GET": reading, "HEAD": reading, "POST": partial(self._subscribe, kind)}
        if path == f"/{SENDER}":
            return {"GET": self._sender, "HEAD": self._sender}
        if path.startswith(f"/{STREAMS}"):
            return {"GET": _no_stream, "HEAD": _no_stream}
        pod, _, channel = path.removeprefix(f"/{CHANNELS}").partition("/")
        if path.startswith(f"/{CHANNELS}") and pod and channel and "/" not in channel:
            show = partial(self._channel, pod, channel)
            return {"GET": show, "HEAD": show, "DELETE": partial(self._unsubscribe, pod, channel)}
        raise NotFound(
            N_("There is nothing at {path}."), N_("Check the address; it may have been deleted."), path=path[:200]
        )

    def _service(self, kind: str, request: Request, _origin: str | None) -> Response:
        response = self._told(request, notifications.service_document(self._base, kind))
        response.headers["Cache-Control"] = "public, max-age=3600"
        response.headers["Accept-Post"] = rdf.JSON_LD
        return response

    def _subscribe(self, kind: str, request: Request, origin: str | None) -> Response:
        agent = callers.agent(self._services, request, origin)
        notifications.check_content_type(request.headers.get("Content-Type", ""))
        wanted = notifications.read_request(_body(request), kind)
        channel = self._subscriptions.subscribe(agent, callers.address(self._services, request), wanted)
        response = self._told(request, self._subscriptions.document(channel))
        response.headers["Cache-Control"] = "no-store"
        return response

    def _channel(self, pod: str, channel: str, request: Request, origin: str | None) -> Response:
        agent = callers.agent(self._services, request, origin)
        response = self._told(request, self._subscriptions.document(self._subscriptions.held(agent, pod, channel)))
        response.headers["Cache-Control"] = "no-store"
        return response

    def _unsubscribe(self, pod: str, channel: str, request: Request, origin: str | None) -> Response:
        agent = callers.agent(self._services, request, origin)
        self._subscriptions.close(self._subscriptions.held(agent, pod, channel))
        return Response(status=204)

    def _sender(self, request: Request, _origin: str | None) -> Response:
        """Who calls webhooks: an agent whose tokens this installation's own provider vouches for (N9)."""
        document = {
            "@context": {"solid": "http://www.w3.org/ns/solid/terms#", "foaf": "http://xmlns.com/foaf/0.1/"},
            "@id": self._subscriptions.sender,
            "@type": "foaf:Agent",
            "foaf:name": self._services.settings.site_name or self._base,
            "solid:oidcIssuer": {"@id": self._base},
        }
        return self._told(request, document)

    def _told(self, request: Request, document: Mapping[str, Any]) -> Response:
        accept, available = request.headers.get("Accept"), (*_FORMS, "application/json")
        media_type = negotiation.agree(accept, available, request.path)
        body = (json.dumps(document, ensure_ascii=False, indent=2) + "\n").encode()
        if media_type == rdf.TURTLE:
            body = rdf.serialize(rdf.parse(body, rdf.JSON_LD, self._base), media_type)
        allowed = ", ".join(dict.fromkeys([*self._handlers(request.environ["RAW_URI"].partition("?")[0]), "OPTIONS"]))
        return Response(body, content_type=media_type, headers={"Allow": allowed})


def _no_stream(_request: Request, _origin: str | None) -> Response:
    """Streams never come through WSGI (house.md §8)."""
    raise Unavailable(
        N_("A stream is opened with GET, and only where this program is served by «pod_app serve»."),
        N_("Ask whoever runs this server."),
    )


def _options(request: Request, allowed: tuple[str, ...]) -> Response:
    headers = {"Allow": ", ".join(allowed)}
    if "POST" in allowed:
        headers["Accept-Post"] = rdf.JSON_LD
    headers |= cors.preflight(
        request.headers.get("Access-Control-Request-Method"),
        request.headers.get("Access-Control-Request-Headers"),
        allowed,
    )
    return Response(status=204, headers=headers)


def _body(request: Request) -> bytes:
    data = request.stream.read(notifications.LARGEST_REQUEST + 1)
    if len(data) > notifications.LARGEST_REQUEST:
        raise TooLarge(
            N_("This body has {size} bytes; at most {limit} are taken."), N_("Send less."),
            size=len(data), limit=notifications.LARGEST_REQUEST,
        )  # fmt: skip
    return data
