"""A request for recognition as pages show it, and its trace as a browser may get it."""

from typing import Any, Final

from flask import Response

from pod_app.badges.recognition.requests import Link, Recognition
from pod_app.errors import N_, NotFound
from pod_app.pods.catalogue import Pod
from pod_app.services import Services
from pod_app.standards import addresses
from pod_app.standards.json_text import object_in
from pod_app.standards.wac import ANONYMOUS
from pod_app.web import doors
from pod_app.web.badges import achievement_words

PICTURES: Final = frozenset({"image/png", "image/jpeg", "image/webp", "image/gif"})
_SUFFIXES: Final = (".png", ".jpg", ".webp", ".gif")


def badge_of(services: Services, achievement: str) -> dict[str, Any]:
    """What a request is about, for a medal and its name; only the name when it has gone."""
    address = addresses.of_iri(achievement, services.settings.base_url)
    try:
        if address is None:
            return {"name": achievement, "seed": achievement}
        document = object_in(services.resources.data(services.resources.read(ANONYMOUS, address).stored))
    except NotFound:
        return {"name": achievement, "seed": achievement}
    return achievement_words.tile(document)


def asked(services: Services, one: Recognition, trace_href: str) -> dict[str, Any]:
    """What parts/request.html shows; a trace in the asker's own pod is had through `trace_href`."""
    return {
        "badge": badge_of(services, one.achievement),
        "sentence": one.sentence,
        "trace": _trace(services, one, trace_href),
    }


def _trace(services: Services, one: Recognition, href: str) -> dict[str, Any] | None:
    if one.trace is None:
        return None
    if not one.trace.startswith(f"{services.settings.base_url}{one.pod}/"):
        return {"href": one.trace, "picture": False}
    return {"href": href, "picture": one.trace.endswith(_SUFFIXES)}


def send_trace(services: Services, one: Recognition) -> Response:
    """The file that goes with a request: a picture is shown, anything else is saved and never acted upon (S24)."""
    found = services.recognition.answering.trace(one)
    if found is None:
        raise NotFound(N_("There is no trace here."), N_("Ask whoever sent the request."))
    data, media_type = found
    bare = media_type.partition(";")[0].strip().lower()
    response = Response(data, content_type=bare if bare in PICTURES else "application/octet-stream")
    response.headers["Content-Security-Policy"] = "sandbox; default-src 'none'"
    response.headers["Content-Disposition"] = "inline" if bare in PICTURES else "attachment"
    return response


def who(pod: Pod) -> dict[str, str]:
    """Somebody, as a chip."""
    return {"name": pod.title, "kind": pod.kind, "href": f"/{pod.name}/profile/card"}


def answers(links: list[Link]) -> int:
    """How many have answered."""
    return sum(link.answer is not None for link in links)


def testimony(link: Link) -> dict[str, Any]:
    """A word left by a link, shown as what it is."""
    said = link.answer
    name = (said.name if said else "") or doors.words().gettext(N_("Somebody who was there"))
    text = said.words if said else ""
    return {"name": name, "text": text, "date": link.answered, "state": "unsigned"}
