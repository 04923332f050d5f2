"""The vocabulary: every term with its labels in both languages, at the place where its IRI leads; RDF for programs."""

from collections.abc import Iterable, Sequence
from typing import Final

import pyoxigraph as ox
from flask import Blueprint, Response, request

from pod_app.errors import N_, NotFound
from pod_app.standards import negotiation, rdf
from pod_app.standards.namespaces import PREFIXES
from pod_app.standards.vocabulary import ALL, SHAPE, Concept, Scheme, Term, Texts, Vocabulary
from pod_app.web import doors

blueprint = Blueprint("vocabulary_pages", __name__)
HTML: Final = "text/html"
FORMS: Final = {".ttl": rdf.TURTLE, ".jsonld": rdf.JSON_LD, ".nt": rdf.N_TRIPLES, ".html": HTML}
AVAILABLE: Final = (HTML, rdf.TURTLE, rdf.JSON_LD, rdf.N_TRIPLES)
LABELS: Final = {".ttl": "Turtle", ".jsonld": "JSON-LD", ".nt": "N-Triples"}


@blueprint.get("/vocab")
def vocabulary() -> str:
    """What there is: our own terms, and lists of concepts."""
    words = doors.vocabulary()
    files = [
        {"href": f"/vocab/{ALL}", "titles": words.titles, "descriptions": words.descriptions},
        *(
            {"href": f"/vocab/{one.name}", "titles": one.titles, "descriptions": one.descriptions}
            for one in words.schemes
        ),
    ]
    others = [name for name in words.names if name not in {ALL, SHAPE, *(one.name for one in words.schemes)}]
    return doors.render("vocabularies.html", files=files, others=others, namespace=words.namespace)


@blueprint.get("/vocab/<name>")
def document(name: str) -> str | Response:
    """One file of the vocabulary by `Accept` or suffix; under `jdn` everything, so that every hash IRI lands."""
    stem, dot, ending = name.rpartition(".")
    form = FORMS.get(f".{ending}") if dot else None
    words = doors.vocabulary()
    chosen = stem if form else name
    quads = None if chosen == SHAPE else words.document(chosen)
    if quads is None:
        raise NotFound(
            N_("There is no vocabulary named {name} here."), N_("They are listed at {list}."), name=name, list="/vocab"
        )
    wanted = form or negotiation.agree(request.headers.get("Accept"), AVAILABLE, request.path)
    if wanted == HTML:
        return _page(words, chosen, quads)
    content_type = f"{wanted}; charset=utf-8" if wanted == rdf.TURTLE else wanted
    prefixes = {**PREFIXES, "jdn": words.namespace}
    return Response(rdf.serialize(list(quads), wanted, prefixes), content_type=content_type)


def _page(words: Vocabulary, name: str, quads: Sequence[ox.Quad]) -> str:
    scheme = next((one for one in words.schemes if one.name == name), None)
    lists = [scheme] if scheme else list(words.schemes) if name == ALL else []
    titles = scheme.titles if scheme else words.titles if name == ALL else {}
    return doors.render(
        "vocabulary.html",
        name=name,
        titles=titles,
        descriptions=scheme.descriptions if scheme else words.descriptions if name == ALL else {},
        terms=[_term(one, words) for one in words.terms] if name == ALL else [],
        schemes=[_scheme(one, words) for one in lists],
        statements=[] if titles else [[_short(part, words) for part in quad.triple] for quad in _plain(quads)],
        representations=[
            {"type": FORMS[ending], "href": f"/vocab/{name}{ending}", "label": label}
            for ending, label in LABELS.items()
        ],
    )


def _term(one: Term, words: Vocabulary) -> dict[str, object]:
    return {
        "id": one.name,
        "iri": one.iri,
        "is_class": one.is_class,
        "labels": one.labels,
        "comments": one.comments,
        "anchors": [{"text": _short(ox.NamedNode(iri), words), "href": iri} for iri in one.anchors],
        "domain": one.domain and _short(ox.NamedNode(one.domain), words),
        "range": one.range and _short(ox.NamedNode(one.range), words),
        "example": one.example,
    }


def _scheme(one: Scheme, words: Vocabulary) -> dict[str, object]:
    return {
        "id": one.iri.removeprefix(words.namespace),
        "titles": one.titles,
        "descriptions": one.descriptions,
        "concepts": [_concept(concept, words) for concept in one.concepts],
    }


def _concept(one: Concept, words: Vocabulary) -> dict[str, object]:
    above: Texts = (
        {language: words.label(one.broader, language) or "" for language in ("fr", "en")} if one.broader else {}
    )
    return {
        "id": one.iri.removeprefix(words.namespace),
        "iri": one.iri,
        "labels": one.labels,
        "comments": one.definitions,
        "broader": {"labels": above, "id": one.broader.removeprefix(words.namespace)} if one.broader else None,
    }


def _plain(quads: Iterable[ox.Quad]) -> list[ox.Quad]:
    return [quad for quad in quads if isinstance(quad.object, ox.NamedNode)]


def _short(node: object, words: Vocabulary) -> str:
    """`prov:Activity` for a term of a vocabulary that we know by a prefix, else the IRI."""
    value = str(getattr(node, "value", node))
    known = {**PREFIXES, "jdn": words.namespace}
    prefix = max((one for one in known if value.startswith(known[one])), key=lambda one: len(known[one]), default=None)
    return f"{prefix}:{value.removeprefix(known[prefix])}" if prefix else value
