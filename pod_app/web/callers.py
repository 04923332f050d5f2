"""Who sends a request: its headers, and the address that proofs of possession must name."""

from werkzeug.wrappers import Request

from pod_app.identity.tokens import Asked
from pod_app.services import Services
from pod_app.standards.wac import Agent


def agent(services: Services, request: Request, origin: str | None) -> Agent:
    """The agent that a request proves, asking from a web origin; raises `Unauthenticated` for a proof that fails."""
    authorization = request.headers.get("Authorization")
    asked = asked_of(services, request) if authorization is not None else None
    return services.credentials.agent(authorization, origin, asked)


def asked_of(services: Services, request: Request) -> Asked:
    """What a proof is checked against: the configured base URL with the raw target, never the Host header (B14)."""
    target = request.environ["RAW_URI"].partition("?")[0]
    if not target.startswith("/"):  # absolute form (RFC 9112 §3.2.2)
        target = "/" + target.partition("://")[2].partition("/")[2]
    url = services.settings.base_url.rstrip("/") + target
    return Asked(request.method, url, request.headers.getlist("DPoP"))
