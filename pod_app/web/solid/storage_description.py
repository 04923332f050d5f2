"""The document in which a storage says what it is and what it offers (solid.md D4), at `{root}.well-known/solid`.

Everybody may read it, so that a client finds its way before anybody has signed in. What it says is a list
of parts: a new service of storages adds a function to `PARTS`.
"""

from collections.abc import Callable, Sequence
from hashlib import sha256
from typing import Final

import pyoxigraph as ox
from werkzeug.http import http_date
from werkzeug.wrappers import Request, Response

from pod_app.pods.catalogue import Pod
from pod_app.services import Services
from pod_app.standards import description_json, notifications, preconditions, rdf, wac_allow
from pod_app.standards.addresses import Address
from pod_app.standards.namespaces import PIM, RDF
from pod_app.standards.wac import Mode
from pod_app.web.solid import representations, solid_headers
from pod_app.web.solid.answers import Answer
from pod_app.web.solid.solid_headers import DESCRIPTION

Part = Callable[[Services, Pod], Sequence[ox.Triple]]


def document(services: Services, name: str) -> list[ox.Quad]:
    """Every statement about the storage of this pod; raises `NotFound` when there is none."""
    pod = services.catalogue.get(name)
    return [ox.Quad(*triple) for part in PARTS for triple in part(services, pod)]


def iri(pod: Pod) -> ox.NamedNode:
    """The description itself, as the subject of what it offers."""
    return ox.NamedNode(f"{pod.iri}{DESCRIPTION}")


def _storage(_services: Services, pod: Pod) -> list[ox.Triple]:
    return [ox.Triple(ox.NamedNode(pod.iri), RDF["type"], PIM["Storage"])]


def _notifications(services: Services, pod: Pod) -> list[ox.Triple]:
    return notifications.service_triples(services.settings.base_url, iri(pod))


PARTS: Final[tuple[Part, ...]] = (_storage, _notifications)


def answer(services: Services, request: Request, address: Address) -> Answer | Response:
    """The answer to a GET or HEAD of it, for everybody alike."""
    quads = document(services, address.pod)
    media_type = representations.choose(request.headers.get("Accept"), address, representations.SYNTAXES)
    subject = iri(services.catalogue.get(address.pod))
    body = description_json.write(quads, subject) if media_type == rdf.JSON_LD else rdf.serialize(quads, media_type)
    etag = preconditions.etag(sha256(body).hexdigest()[:24], media_type)
    headers = {
        "ETag": etag,
        "Last-Modified": http_date(services.catalogue.get(address.pod).created),
        "WAC-Allow": wac_allow.write({Mode.READ}, {Mode.READ}),
        "Cache-Control": "public, no-cache",
        "X-Content-Type-Options": "nosniff",
        "Link": solid_headers.links(address, services.settings.base_url),
        **solid_headers.possibilities(address),
    }
    # What the program offers changes without a date, so that only entity tags tell that nothing changed.
    if preconditions.not_modified(request.headers, etag, services.clock()):
        return Response(status=304, headers=headers)
    return Answer(body, headers | {"Content-Type": representations.with_charset(media_type)})
