"""SHACL behind a thin interface of ours, so that either of two engines can judge (ADR 0009).

`shacl` is a compiled engine, quick enough to stand in the way of every write; `pyshacl` is the
reference. Both answer with the W3C validation report, which is read here in one way: the verdicts
are the same whichever engine gave them.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Final, Literal, cast

import pyoxigraph as ox
import shacl as quick

from pod_app.errors import N_, Invalid, Unreadable, Wording
from pod_app.standards import rdf

Engine = Literal["shacl", "pyshacl"]
Severity = Literal["violation", "warning", "info"]
Judge = Callable[[Sequence[ox.Quad]], list[ox.Quad]]

SH: Final = "http://www.w3.org/ns/shacl#"
TYPE: Final = ox.NamedNode("http://www.w3.org/1999/02/22-rdf-syntax-ns#type")
CLASS: Final = ox.NamedNode("http://www.w3.org/2000/01/rdf-schema#Class")
MOST_RESULTS: Final = 100
"""Results that one report names: a reader corrects a few at a time, and a hostile document could make thousands."""
MOST_TOLD: Final = 3
"""Violations that a sentence for people tells at once."""
_SEVERITIES: Final[Mapping[str, Severity]] = MappingProxyType(
    {f"{SH}Violation": "violation", f"{SH}Warning": "warning", f"{SH}Info": "info"}
)
_ORDER: Final = ("violation", "warning", "info")


def _sh(name: str) -> ox.NamedNode:
    return ox.NamedNode(SH + name)


def _no_messages() -> Mapping[str, str]:
    return {}


@dataclass(frozen=True, slots=True)
class Result:
    """One finding; terms are N-Triples text, `messages` go by language tag (empty tag: no language).

    `path` is the IRI of the property, or None for a compound path and for a rule about the node itself.
    """

    focus: str
    severity: Severity
    component: str
    path: str | None = None
    value: str | None = None
    shape: str | None = None
    messages: Mapping[str, str] = field(default_factory=_no_messages)

    def sentence(self, language: str) -> str:
        """What the shape's author says about it, in `language` if they did, else the field and the rule by name."""
        for wanted in (language, "", *sorted(self.messages)):
            if self.messages.get(wanted):
                return self.messages[wanted]
        rule = _local(self.component).removesuffix("ConstraintComponent")
        return f"{_local(self.path or self.focus.strip('<>'))}: {rule}"

    def told(self, language: str) -> dict[str, str | None]:
        """The same as an object for JSON."""
        return {
            "severity": self.severity,
            "focus": self.focus,
            "path": self.path,
            "value": self.value,
            "rule": self.component,
            "message": self.sentence(language),
        }


@dataclass(frozen=True, slots=True)
class Report:
    """What one document's validation found, violations first."""

    results: tuple[Result, ...] = ()

    @property
    def conforms(self) -> bool:
        """No violation: warnings and information hinder nothing."""
        return not any(result.severity == "violation" for result in self.results)

    @property
    def hints(self) -> tuple[Result, ...]:
        """Warnings: what would make an accepted document better."""
        return tuple(result for result in self.results if result.severity == "warning")

    @property
    def summary(self) -> Wording:
        """The first violations in the words of the shape's author."""
        broken = [result for result in self.results if result.severity == "violation"][:MOST_TOLD]
        told = ([one.sentence(language) for one in broken] for language in ("en", "fr"))
        english, french = (" ".join(dict.fromkeys(sentences)) for sentences in told)
        return Wording(english, french)

    def to_quads(self) -> list[ox.Quad]:
        """The report as `sh:ValidationReport` (SHACL §3.6)."""
        report = ox.BlankNode()
        quads = [
            ox.Quad(report, TYPE, _sh("ValidationReport")),
            ox.Quad(report, _sh("conforms"), ox.Literal(self.conforms)),
        ]
        for result in self.results:
            node = ox.BlankNode()
            quads += [ox.Quad(report, _sh("result"), node), *_result_quads(node, result)]
        return quads


class Violated(Invalid):
    """A document breaks a shape; `report` says where, `constrained_by` is the shape's address."""

    def __init__(
        self, detail: str, remedy: str = "", /, *, report: Report, constrained_by: str, **values: object
    ) -> None:
        super().__init__(detail, remedy, shape=constrained_by, **values)
        self.report = report
        self.constrained_by = constrained_by


class Shapes:
    """Shapes read once and ready to judge any number of documents, from several threads."""

    def __init__(self, quads: Sequence[ox.Quad], judge: Judge) -> None:
        self._judge = judge
        self._classes = _targets(quads, "targetClass") | _implicit_classes(quads)
        self._nodes = _targets(quads, "targetNode")
        self._subjects_of = _targets(quads, "targetSubjectsOf")
        self._objects_of = _targets(quads, "targetObjectsOf")

    @classmethod
    def load(cls, turtle_texts: Iterable[str], engine: Engine = "shacl", base_iri: str | None = None) -> "Shapes":
        """Compile the shapes of some Turtle texts together; raises `Unreadable` for what is no shapes graph."""
        try:
            quads = [quad for text in turtle_texts for quad in _read(text, base_iri)]
            return cls(quads, _quick(quads) if engine == "shacl" else _reference(quads))
        except (SyntaxError, ValueError) as problem:
            raise Unreadable(N_("These shapes cannot be read: {problem}."), problem=problem) from problem

    def validate(self, triples: Iterable[ox.Quad]) -> Report:
        """Judge the default graph of a document; names of graphs (proofs) are left aside."""
        return _report(self._judge(_default_graph(triples)))

    def concern(self, triples: Iterable[ox.Quad]) -> bool:
        """Whether the document holds anything that these shapes are about."""
        return any(self._concerns(quad) for quad in _default_graph(triples))

    def _concerns(self, quad: ox.Quad) -> bool:
        return (
            (quad.predicate == TYPE and quad.object in self._classes)
            or quad.subject in self._nodes
            or quad.predicate in self._subjects_of
            or quad.predicate in self._objects_of
        )


# -- engines -----------------------------------------------------------------------------------------


def _quick(shapes: Sequence[ox.Quad]) -> Judge:
    compiled = quick.Shapes.from_text(rdf.serialize(shapes, rdf.N_TRIPLES).decode(), "ntriples")

    def judge(data: Sequence[ox.Quad]) -> list[ox.Quad]:
        text = rdf.serialize(data, rdf.N_TRIPLES).decode()
        report = compiled.validate_text(text, "ntriples", max_results=MOST_RESULTS)
        return list(ox.parse(report.serialize("ntriples"), ox.RdfFormat.N_TRIPLES)) if len(report.results) else []

    return judge


def _reference(shapes: Sequence[ox.Quad]) -> Judge:
    from pod_app.standards import shacl_reference  # noqa: PLC0415  # half a second of imports that few need

    return shacl_reference.judge_of(shapes)


# -- reading shapes and reports ----------------------------------------------------------------------


def _read(text: str, base_iri: str | None) -> list[ox.Quad]:
    return list(ox.parse(text, ox.RdfFormat.TURTLE, base_iri=base_iri, rename_blank_nodes=True))


def _default_graph(quads: Iterable[ox.Quad]) -> list[ox.Quad]:
    """A badge names its issuer in several places: each statement once is enough."""
    return list(dict.fromkeys(quad for quad in quads if isinstance(quad.graph_name, ox.DefaultGraph)))


def _targets(quads: Sequence[ox.Quad], kind: str) -> frozenset[object]:
    return frozenset(quad.object for quad in quads if quad.predicate == _sh(kind))


def _implicit_classes(quads: Sequence[ox.Quad]) -> frozenset[object]:
    """A shape that is a class is about its instances (SHACL §2.1.3.3)."""
    typed = {(quad.subject, quad.object) for quad in quads if quad.predicate == TYPE}
    shapes = {subject for subject, kind in typed if kind in {_sh("NodeShape"), _sh("PropertyShape")}}
    return frozenset(subject for subject in shapes if (subject, CLASS) in typed)


def _report(quads: Sequence[ox.Quad]) -> Report:
    found: dict[object, dict[str, list[ox.NamedNode | ox.BlankNode | ox.Literal]]] = {}
    for quad in quads:
        name = quad.predicate.value.removeprefix(SH)
        values = found.setdefault(quad.subject, {}).setdefault(name, [])
        values.append(cast("ox.NamedNode | ox.BlankNode | ox.Literal", quad.object))
    nodes = [quad.object for quad in quads if quad.predicate == _sh("result")]
    results = sorted((_result(found[node]) for node in nodes), key=_rank)
    return Report(tuple(results[:MOST_RESULTS]))


def _result(values: Mapping[str, list[ox.NamedNode | ox.BlankNode | ox.Literal]]) -> Result:
    def only(name: str) -> ox.NamedNode | ox.BlankNode | ox.Literal | None:
        return values[name][0] if name in values else None

    severity = only("resultSeverity")
    messages = [one for one in values.get("resultMessage", ()) if isinstance(one, ox.Literal)]
    return Result(
        focus=str(only("focusNode")),
        severity=_SEVERITIES.get(_iri(severity) or "", "violation"),
        component=_iri(only("sourceConstraintComponent")) or "",
        path=_iri(only("resultPath")),
        value=None if "value" not in values else str(only("value")),
        shape=_iri(only("sourceShape")),
        messages={(one.language or "").partition("-")[0]: one.value for one in messages},
    )


def _rank(result: Result) -> tuple[int, str, str, str]:
    return _ORDER.index(result.severity), result.focus, result.path or "", result.component


def _iri(term: object) -> str | None:
    return term.value if isinstance(term, ox.NamedNode) else None


def _local(iri: str) -> str:
    return iri.rstrip("/#").replace("#", "/").rpartition("/")[2]


def _result_quads(node: ox.BlankNode, result: Result) -> list[ox.Quad]:
    severity = _sh(result.severity.capitalize())
    quads = [
        ox.Quad(node, TYPE, _sh("ValidationResult")),
        ox.Quad(node, _sh("focusNode"), _term(result.focus)),
        ox.Quad(node, _sh("resultSeverity"), severity),
        ox.Quad(node, _sh("sourceConstraintComponent"), ox.NamedNode(result.component)),
    ]
    named = {"resultPath": result.path, "sourceShape": result.shape}
    quads += [ox.Quad(node, _sh(name), ox.NamedNode(iri)) for name, iri in named.items() if iri]
    if result.value is not None:
        quads.append(ox.Quad(node, _sh("value"), _term(result.value)))
    for language, text in result.messages.items():
        quads.append(ox.Quad(node, _sh("resultMessage"), ox.Literal(text, language=language or None)))
    return quads


def _term(text: str) -> ox.NamedNode | ox.BlankNode | ox.Literal:
    """An N-Triples term."""
    quad = next(iter(ox.parse(f"<urn:s> <urn:p> {text} .", ox.RdfFormat.N_TRIPLES)))
    return cast("ox.NamedNode | ox.BlankNode | ox.Literal", quad.object)
