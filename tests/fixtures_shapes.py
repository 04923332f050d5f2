"""The shapes that ship, their examples, and two engines that judge them without any code of ours between."""

import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pyoxigraph as ox
import pyshacl
import shacl
from rdflib import RDF, SH, Graph, URIRef

ROOT = Path(__file__).parents[1]
SHAPES = {path.stem: path for path in sorted((ROOT / "shapes").glob("*.ttl"))}
EXAMPLES = ROOT / "tests" / "data" / "shapes"
BASE = "https://jardin.example/shapes/"
DATA_BASE = "https://jardin.example/alix/things/1"
SH_NS = str(SH)


@dataclass(frozen=True, slots=True)
class Example:
    """`expected` holds a (severity, path) for each finding, path empty for a rule about the thing itself."""

    shape: str
    name: str
    text: str
    expected: frozenset[tuple[str, str]]


def quads_of(shape):
    """The statements of a shape file, read at its own address."""
    return list(ox.parse(SHAPES[shape].read_bytes(), ox.RdfFormat.TURTLE, base_iri=f"{BASE}{shape}"))


def examples(shape):
    return [_example(shape, path) for path in sorted((EXAMPLES / shape).glob("*.ttl"))]


def all_examples():
    return [example for shape in SHAPES for example in examples(shape)]


def _example(shape, path):
    text = path.read_text("utf-8")
    prefixes = dict(re.findall(r"^@prefix (\w+): <([^>]+)> \.$", text, re.MULTILINE))
    said = text.partition("\n")[0].removeprefix("# expect: ")
    expected = set()
    for part in [] if said == "conforms" else said.split(";"):
        severity, *names = part.split()
        expected |= {(severity.capitalize(), "" if name == "-" else _full(name, prefixes)) for name in names}
    return Example(shape, path.stem, text, frozenset(expected))


def _full(name, prefixes):
    prefix, _, local = name.partition(":")
    return prefixes[prefix] + local


def compiled(quads):
    """Shapes of the engine that is quick."""
    return shacl.Shapes.from_text(ox.serialize(quads, format=ox.RdfFormat.N_TRIPLES).decode(), "ntriples")


def quick(shapes, turtle):
    """Every finding of `shacl`: severity, path, component."""
    report = shapes.validate_text(turtle, "turtle", DATA_BASE)
    return frozenset((one.severity, (one.path or "").strip("<>"), one.component) for one in report.results)


@cache
def _reference_shapes(shape):
    return Graph().parse(SHAPES[shape], publicID=f"{BASE}{shape}", format="turtle")


def reference(shape, turtle):
    """Every finding of `pyshacl`, in the same form."""
    data = Graph().parse(data=turtle, format="turtle", publicID=DATA_BASE)
    _, report, _ = pyshacl.validate(data, shacl_graph=_reference_shapes(shape), advanced=False)
    found = set()
    for result in report.subjects(RDF.type, SH.ValidationResult):
        severity, component = (report.value(result, SH[n]) for n in ("resultSeverity", "sourceConstraintComponent"))
        path = report.value(result, SH.resultPath)
        found.add((severity.removeprefix(SH_NS), path if isinstance(path, URIRef) else "", component))
    return frozenset((str(a), str(b), str(c).removeprefix(SH_NS)) for a, b, c in found)
