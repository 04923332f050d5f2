"""The landing page, the design page and small fixed addresses."""

from flask import Blueprint, Response

from pod_app.storage import health
from pod_app.web import doors
from pod_app.web.identity import personas

blueprint = Blueprint("welcome", __name__)


@blueprint.get("/")
def landing() -> str:
    """One page, three doors; it counts nobody."""
    communities = [
        {"name": pod.title, "href": f"/{pod.name}/profile/card", "kind": pod.kind}
        for pod in doors.services().catalogue.communities()
    ]
    behind = {"contribute": "/me"}
    if communities:
        first = communities[0]
        behind |= {"discover": "/collective", "learn": first["href"].replace("profile/card", "achievements/")}
    return doors.render("landing.html", communities=communities, doors=behind, personas=personas.offered())


@blueprint.get("/design")
def design() -> str:
    """Every component on one page."""
    return doors.render("design.html")


@blueprint.get("/sources")
def sources() -> str:
    """Licence and sources of the program."""
    return doors.render("sources.html")


@blueprint.get("/healthz")
def healthz() -> Response:
    """Whether the database answers and takes writes, and the disk has room: `ok`, or 503 and one word."""
    services = doors.services()
    trouble = health.trouble(services.database, services.settings)
    return Response(f"{trouble or 'ok'}\n", 503 if trouble else 200, content_type="text/plain; charset=utf-8")


@blueprint.get("/robots.txt")
def robots() -> Response:
    """What crawlers may read: public documents, not people's own pages."""
    return Response("User-agent: *\nDisallow: /me\n", content_type="text/plain; charset=utf-8")
