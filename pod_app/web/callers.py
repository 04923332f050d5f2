"""Who sends a request and under which conditions: its headers, and the address that proofs of possession must name."""

from typing import TYPE_CHECKING, Final

from werkzeug.wrappers import Request

from pod_app.brevity import TooLongError, attempt
from pod_app.errors import Unauthenticated
from pod_app.identity.tokens import Asked
from pod_app.pods.writing import ANYWAY
from pod_app.services import Services
from pod_app.standards.http_signatures import Message
from pod_app.standards.preconditions import Conditions
from pod_app.standards.wac import Agent

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

_KNOWN: Final = "pod_app.agent"
_CONDITIONS: Final = frozenset(
    ("HTTP_IF_MATCH", "HTTP_IF_NONE_MATCH", "HTTP_IF_MODIFIED_SINCE", "HTTP_IF_UNMODIFIED_SINCE")
)


def agent(services: Services, request: Request, origin: str | None) -> Agent:
    """The agent that a request proves, asking from a web origin; raises `Unauthenticated` for a proof that fails.

    Either is kept with the request: a proof counts once, and a request whose attempt took too long is begun again.
    """
    known: Agent | Unauthenticated | None = request.environ.get(_KNOWN)
    if known is None:
        known = request.environ[_KNOWN] = _proved(services, request, origin)
    if isinstance(known, Unauthenticated):
        raise known
    return known


def knows(services: Services, environ: "WSGIEnvironment", origin: str | None) -> bool:
    """Whether it takes but a moment to find out who asks, which is done; a proof that fails is told by who answers."""
    if "HTTP_AUTHORIZATION" not in environ:
        return True
    try:
        attempt(lambda: agent(services, Request(environ), origin))
    except Unauthenticated:
        return True
    except TooLongError:
        return False
    return True


def _proved(services: Services, request: Request, origin: str | None) -> Agent | Unauthenticated:
    authorization = request.environ.get("HTTP_AUTHORIZATION")
    asked = asked_of(services, request) if authorization is not None else None
    try:
        return services.credentials.agent(authorization, origin, asked)
    except Unauthenticated as error:
        return error


def asked_of(services: Services, request: Request) -> Asked:
    """What a proof is checked against: the configured base URL with the raw target, never the Host header (B14)."""
    proof = request.environ.get("HTTP_DPOP")  # several headers came joined, which is no proof
    return Asked(request.method, _url(services, request).partition("?")[0], () if proof is None else (proof,))


def conditions(request: Request) -> Conditions:
    """Under which conditions a request is meant; most are meant anyway."""
    return ANYWAY if _CONDITIONS.isdisjoint(request.environ) else Conditions.of(request.headers)


def message_of(services: Services, request: Request) -> Message:
    """The request as whoever signed it saw it: at our public address, whatever proxy stands between."""
    fields = {name.lower(): ", ".join(request.headers.getlist(name)) for name in request.headers.keys()}  # noqa: SIM118
    return Message(request.method, _url(services, request), fields)


def address(services: Services, request: Request) -> str:
    """Where a request comes from, as far as the proxies that are trusted tell (solid.md B14)."""
    return behind_proxies(
        services.settings.trusted_proxies, request.headers.get("X-Forwarded-For", ""), request.remote_addr or ""
    )


def behind_proxies(hops: int, forwarded: str, direct: str) -> str:
    """The address before so many proxies that are trusted, out of `X-Forwarded-For`, else the one that connects."""
    told = [one.strip() for one in forwarded.split(",") if one.strip()]
    return told[-hops] if 0 < hops <= len(told) else direct


def _url(services: Services, request: Request) -> str:
    target: str = request.environ["RAW_URI"]
    if not target.startswith("/"):  # absolute form (RFC 9112 §3.2.2)
        target = "/" + target.partition("://")[2].partition("/")[2]
    return services.settings.base_url.rstrip("/") + target
