"""The shapes of this installation, each at its own address: RDF for programs, the text for people."""

from typing import Final

import pyoxigraph as ox
from flask import Blueprint, Response, request

from pod_app.errors import N_, NotFound
from pod_app.pods.shapes import Shape
from pod_app.standards import negotiation, rdf
from pod_app.standards.rdf import PREFIXES
from pod_app.web import doors

blueprint = Blueprint("shape_pages", __name__)
HTML: Final = "text/html"
AVAILABLE: Final = (rdf.TURTLE, rdf.JSON_LD, rdf.N_TRIPLES, HTML)
LDP: Final = "http://www.w3.org/ns/ldp#"


@blueprint.get("/shapes/")
def shapes() -> Response:
    """The list, as a container that holds them."""
    library = doors.services().shapes
    if _wanted() == HTML:
        names = [{"name": name, "href": f"/shapes/{name}"} for name in library.names]
        return Response(doors.render("shapes.html", shapes=names))
    here = ox.NamedNode(library.prefix)
    kind = ox.NamedNode("http://www.w3.org/1999/02/22-rdf-syntax-ns#type")
    contains = ox.NamedNode(f"{LDP}contains")
    members = [ox.Quad(here, contains, ox.NamedNode(f"{library.prefix}{name}")) for name in library.names]
    return _rdf([ox.Quad(here, kind, ox.NamedNode(f"{LDP}Container")), *members])


@blueprint.get("/shapes/<name>")
def shape(name: str) -> Response:
    """One shape; its Turtle is the file's, word for word."""
    found = doors.services().shapes.get(name)
    if found is None:
        raise NotFound(
            N_("There is no shape named {name} here."), N_("The list is at {list}."),
            name=name, list=doors.services().shapes.prefix,
        )  # fmt: skip
    wanted = _wanted()
    if wanted == HTML:
        return Response(doors.render("shape.html", shape={"name": found.name, "turtle": found.turtle}))
    if wanted == rdf.TURTLE:
        return Response(found.turtle, content_type="text/turtle; charset=utf-8")
    return _rdf(_quads(found))


@blueprint.get("/shapes/rules/<name>")
def rule(name: str) -> Response:
    """A rule that ships with the program, word for word; `?skill=` is for those who run it."""
    found = doors.services().recognition.rules.named(name)
    if found is None:
        raise NotFound(
            N_("There is no shape named {name} here."), N_("The list is at {list}."),
            name=name, list=doors.services().shapes.prefix,
        )  # fmt: skip
    if _wanted() == HTML:
        return Response(doors.render("shape.html", shape={"name": found.name, "turtle": found.turtle}))
    if _wanted() == rdf.TURTLE:
        return Response(found.turtle, content_type="text/turtle; charset=utf-8")
    return _rdf(list(ox.parse(found.turtle, ox.RdfFormat.TURTLE, base_iri=found.iri)))


def _quads(found: Shape) -> list[ox.Quad]:
    return list(ox.parse(found.turtle, ox.RdfFormat.TURTLE, base_iri=found.iri))


def _wanted() -> str:
    return negotiation.agree(request.headers.get("Accept"), AVAILABLE, request.path)


def _rdf(quads: list[ox.Quad]) -> Response:
    wanted = _wanted()
    content_type = f"{wanted}; charset=utf-8" if wanted == rdf.TURTLE else wanted
    return Response(rdf.serialize(quads, wanted, PREFIXES), content_type=content_type)
