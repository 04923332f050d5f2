"""The community's own vocabulary, read from the files of `vocab/` (vocabulary.md §3).

The files are written with the default namespace; an installation that sets another one gets every term under its own.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final

import pyoxigraph as ox

from pod_app import assets
from pod_app.errors import N_, Invalid
from pod_app.standards import rdf
from pod_app.standards.namespaces import DCTERMS, RDF, RDFS, SKOS

WRITTEN_WITH: Final = "https://w3id.org/jdn#"
SHAPE: Final = "vocabulary-shape"
ALL: Final = "jdn"
_NOT_IN_IRIS: Final = frozenset(' <>"{}|^`\\')
Texts = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Concept:
    """An entry of a scheme: labels and definitions by language, the IRI of its group if any."""

    iri: str
    labels: Texts
    definitions: Texts
    broader: str | None


@dataclass(frozen=True, slots=True)
class Scheme:
    """A list of concepts; `name` is its file and its address under `/vocab/`."""

    iri: str
    name: str
    titles: Texts
    descriptions: Texts
    concepts: tuple[Concept, ...]


@dataclass(frozen=True, slots=True)
class Term:
    """A class or property of our own; `anchors` are its superterms in published vocabularies."""

    iri: str
    name: str
    is_class: bool
    labels: Texts
    comments: Texts
    anchors: tuple[str, ...]
    domain: str | None
    range: str | None
    example: str


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """Everything in `vocab/`, under one namespace; nothing in it changes after `load`."""

    namespace: str
    titles: Texts
    descriptions: Texts
    terms: tuple[Term, ...]
    schemes: tuple[Scheme, ...]
    _documents: Mapping[str, tuple[ox.Quad, ...]]
    _labels: Mapping[str, Texts]

    @classmethod
    def load(cls, namespace: str = WRITTEN_WITH) -> "Vocabulary":
        """Read every file; raises `Invalid` for a namespace that is no absolute IRI ending in `#` or `/`."""
        _require_namespace(namespace)
        paths = sorted(assets.folder("vocab").glob("*.ttl"))
        documents = {path.stem: tuple(_read(path, namespace)) for path in paths}
        graph = _Graph(quad for name, quads in documents.items() if name != SHAPE for quad in quads)
        terms = tuple(sorted(_terms(graph, namespace), key=lambda term: (not term.is_class, term.name.lower())))
        schemes = tuple(_schemes(graph, namespace))
        labels = {term.iri: term.labels for term in terms}
        labels |= {concept.iri: concept.labels for scheme in schemes for concept in scheme.concepts}
        ours = ox.NamedNode(namespace)
        return cls(
            namespace,
            graph.texts(ours, DCTERMS["title"]),
            graph.texts(ours, DCTERMS["description"]),
            terms,
            schemes,
            MappingProxyType(documents),
            MappingProxyType(labels),
        )

    @property
    def names(self) -> tuple[str, ...]:
        """Of the documents that `document` knows."""
        return tuple(self._documents)

    def concepts(self, scheme: str) -> tuple[Concept, ...]:
        """Concepts of the scheme with this name (`skills`), in the order of its file; none for another name."""
        return next((one.concepts for one in self.schemes if one.name == scheme), ())

    def label(self, iri: str, language: str) -> str | None:
        """Name of a term or concept; in French when it has none in `language`, nothing for what is not ours."""
        texts = self._labels.get(iri)
        return None if texts is None else texts.get(language) or texts.get("fr")

    def document(self, name: str) -> tuple[ox.Quad, ...] | None:
        """Statements of one file by its name; under `jdn` those of all files but the shape."""
        if name != ALL:
            return self._documents.get(name)
        return tuple(quad for one, quads in self._documents.items() if one != SHAPE for quad in quads)


class _Graph:
    """Statements by subject and predicate, in the order of the files."""

    def __init__(self, quads: Iterable[ox.Quad]) -> None:
        self._objects: dict[tuple[object, object], list[object]] = {}
        self._instances: dict[object, list[ox.NamedNode]] = {}
        for quad in quads:
            self._objects.setdefault((quad.subject, quad.predicate), []).append(quad.object)
            if quad.predicate == RDF["type"] and isinstance(quad.subject, ox.NamedNode):
                self._instances.setdefault(quad.object, []).append(quad.subject)

    def instances(self, of: ox.NamedNode) -> list[ox.NamedNode]:
        return self._instances.get(of, [])

    def iris(self, subject: ox.NamedNode, predicate: ox.NamedNode) -> tuple[str, ...]:
        found = self._objects.get((subject, predicate), [])
        return tuple(node.value for node in found if isinstance(node, ox.NamedNode))

    def one(self, subject: ox.NamedNode, predicate: ox.NamedNode) -> str | None:
        return next(iter(self.iris(subject, predicate)), None)

    def texts(self, subject: ox.NamedNode, predicate: ox.NamedNode) -> Texts:
        found = self._objects.get((subject, predicate), [])
        return MappingProxyType({node.language or "": node.value for node in found if isinstance(node, ox.Literal)})


def _require_namespace(namespace: str) -> None:
    if ":" not in namespace or namespace[-1] not in "#/" or _NOT_IN_IRIS & set(namespace):
        raise Invalid(
            N_("{namespace} is no namespace for a vocabulary."),
            N_("Give an absolute IRI that ends in # or /."),
            namespace=namespace,
        )


def _read(path: Path, namespace: str) -> Iterator[ox.Quad]:
    for quad in rdf.parse(path.read_bytes(), rdf.TURTLE, WRITTEN_WITH):
        subject, found = _moved(quad.subject, namespace), _moved(quad.object, namespace)
        yield ox.Quad(subject, quad.predicate, found)


def _moved(node: Any, namespace: str) -> Any:
    if isinstance(node, ox.NamedNode) and node.value.startswith(WRITTEN_WITH):
        return ox.NamedNode(namespace + node.value.removeprefix(WRITTEN_WITH))
    return node


def _terms(graph: _Graph, namespace: str) -> Iterator[Term]:
    for kind, superterm in ((RDFS["Class"], RDFS["subClassOf"]), (RDF["Property"], RDFS["subPropertyOf"])):
        for node in graph.instances(kind):
            yield Term(
                node.value,
                node.value.removeprefix(namespace),
                kind == RDFS["Class"],
                graph.texts(node, RDFS["label"]),
                graph.texts(node, RDFS["comment"]),
                graph.iris(node, superterm),
                graph.one(node, RDFS["domain"]),
                graph.one(node, RDFS["range"]),
                graph.texts(node, SKOS["example"]).get("", ""),
            )


def _schemes(graph: _Graph, namespace: str) -> Iterator[Scheme]:
    for node in graph.instances(SKOS["ConceptScheme"]):
        yield Scheme(
            node.value,
            node.value.removeprefix(namespace),
            graph.texts(node, DCTERMS["title"]),
            graph.texts(node, DCTERMS["description"]),
            tuple(
                _concept(graph, one)
                for one in graph.instances(SKOS["Concept"])
                if node.value in graph.iris(one, SKOS["inScheme"])
            ),
        )


def _concept(graph: _Graph, node: ox.NamedNode) -> Concept:
    return Concept(
        node.value,
        graph.texts(node, SKOS["prefLabel"]),
        graph.texts(node, SKOS["definition"]),
        graph.one(node, SKOS["broader"]),
    )
