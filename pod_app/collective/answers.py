"""The answer of a view with its coverage, as JSON, CSV and an RDF Data Cube (contracts.md §3)."""

import csv
import io
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from types import MappingProxyType
from typing import Any, Final

import pyoxigraph as ox

from pod_app.collective.plans import Plan
from pod_app.collective.query_files import XSD, QueryFile
from pod_app.collective.running import Total
from pod_app.standards import rdf

QB: Final = "http://purl.org/linked-data/cube#"
PROV: Final = "http://www.w3.org/ns/prov#"
DCTERMS: Final = "http://purl.org/dc/terms/"
RDF_TYPE: Final = ox.NamedNode("http://www.w3.org/1999/02/22-rdf-syntax-ns#type")
Value = int | str | None


@dataclass(frozen=True, slots=True)
class Coverage:
    """How many pods were asked and what became of that; `suppressed` counts cells, `oldest` is a moment."""

    asked: int
    answered: int
    refused: int = 0
    late: int = 0
    suppressed: int = 0
    oldest: datetime | None = None

    def to_json(self) -> dict[str, Any]:
        """The object of contracts.md §3."""
        return {
            "asked": self.asked, "answered": self.answered, "refused": self.refused, "late": self.late,
            "suppressed": self.suppressed, "oldest": _iso(self.oldest) if self.oldest else None,
        }  # fmt: skip


@dataclass(frozen=True, slots=True)
class Answer:
    """Rows in the order of the query; a value is an integer, or a term in N-Triples form, or None."""

    view: QueryFile
    columns: tuple[str, ...]
    keys: tuple[str, ...]
    rows: tuple[tuple[Value, ...], ...]
    coverage: Coverage
    generated_at: datetime
    query_iri: str
    parameters: Mapping[str, str] = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        """The object of contracts.md §3; terms as plain text."""
        return {
            "view": self.view.name,
            "title": dict(self.view.title),
            "parameters": dict(self.parameters),
            "columns": list(self.columns),
            "rows": [[plain(value) for value in row] for row in self.rows],
            "coverage": self.coverage.to_json(),
            "threshold": self.view.threshold,
            "query": {"iri": self.query_iri, "sha256": self.view.sha256},
            "generatedAt": _iso(self.generated_at),
        }

    def to_csv(self) -> str:
        """A table whose header comment says the same as the JSON around its rows."""
        about = {key: value for key, value in self.to_json().items() if key not in {"rows", "columns"}}
        out = io.StringIO()
        for key, value in about.items():
            out.write(f"# {key}: {json.dumps(value, ensure_ascii=False)}\r\n")
        writer = csv.writer(out)
        writer.writerow(self.columns)
        writer.writerows([_safe(plain(value)) for value in row] for row in self.rows)
        return out.getvalue()

    def to_turtle(self, iri: str, namespace: str) -> bytes:
        """A qb:DataSet at `iri` with one observation per row, and where it comes from (PROV)."""
        return rdf.serialize(
            list(self._quads(iri, namespace)), rdf.TURTLE, {**rdf.PREFIXES, "qb": QB, "jdn": namespace}
        )

    def _quads(self, iri: str, namespace: str) -> Iterable[ox.Quad]:
        dataset = ox.NamedNode(iri)
        yield ox.Quad(dataset, RDF_TYPE, ox.NamedNode(f"{QB}DataSet"))
        yield ox.Quad(dataset, RDF_TYPE, ox.NamedNode(f"{namespace}CollectiveView"))
        for language, title in self.view.title.items():
            yield ox.Quad(dataset, ox.NamedNode(f"{DCTERMS}title"), ox.Literal(title, language=language))
        yield ox.Quad(
            dataset, ox.NamedNode(f"{PROV}generatedAtTime"),
            ox.Literal(_iso(self.generated_at), datatype=ox.NamedNode(f"{XSD}dateTime")),
        )  # fmt: skip
        yield ox.Quad(dataset, ox.NamedNode(f"{PROV}wasDerivedFrom"), ox.NamedNode(self.query_iri))
        counted = {
            "podsAsked": self.coverage.asked, "podsAnswered": self.coverage.answered,
            "podsSuppressed": self.coverage.suppressed, "threshold": self.view.threshold,
        }  # fmt: skip
        for name, number in counted.items():
            yield ox.Quad(dataset, ox.NamedNode(f"{namespace}{name}"), _integer(number))
        for number, row in enumerate(self.rows, 1):
            yield from self._observation(ox.NamedNode(f"{iri}#row-{number}"), dataset, row)

    def _observation(self, node: ox.NamedNode, dataset: ox.NamedNode, row: Sequence[Value]) -> Iterable[ox.Quad]:
        yield ox.Quad(node, RDF_TYPE, ox.NamedNode(f"{QB}Observation"))
        yield ox.Quad(node, ox.NamedNode(f"{QB}dataSet"), dataset)
        for column, value in zip(self.columns, row, strict=True):
            if value is not None:
                yield ox.Quad(node, ox.NamedNode(f"{self.query_iri}#{column}"), _term(value))


def answer(
    view: QueryFile,
    plan: Plan,
    shown: Iterable[Total],
    coverage: Coverage,
    generated_at: datetime,
    base_url: str,
    parameters: Mapping[str, str] = MappingProxyType({}),
) -> Answer:
    """Cells as rows, in the order that the query asks for, then by their keys."""
    rows = sorted((_row(plan, total) for total in shown), key=lambda row: [str(value) for value in row])
    for column, descending in reversed(plan.order):
        place = plan.columns.index(column)
        rows.sort(key=lambda row, place=place: _rank(row[place]), reverse=descending)  # type: ignore[misc]
    iri = f"{base_url}queries/{view.name}"
    return Answer(view, plan.columns, plan.keys, tuple(rows), coverage, generated_at, iri, parameters)


def plain(value: Value) -> Value:
    """A term without its N-Triples clothes: the text of a literal, the IRI of a name."""
    if isinstance(value, str):
        if value.startswith("<"):
            return value[1:-1]
        if value.startswith('"'):
            return str(_term(value).value)
    return value


def _row(plan: Plan, total: Total) -> tuple[Value, ...]:
    terms = dict(zip(plan.keys, json.loads(total.key), strict=True))
    kinds = {measure.name: measure.kind for measure in plan.measures}

    def value(column: str) -> Value:
        if column in terms:
            return terms[column] or None
        if kinds[column] in {"min", "max"}:
            return total.terms.get(column)
        if kinds[column] == "avg":
            count = total.numbers.get(f"{column}/n", 0)
            return round(total.numbers.get(column, 0) / count) if count else None
        return total.numbers.get(column, 0)

    return tuple(value(column) for column in plan.columns)


def _rank(value: Value) -> tuple[int, int, str]:
    return (1, value, "") if isinstance(value, int) else (0 if value is None else 2, 0, str(plain(value)))


def _term(value: Value) -> Any:
    if isinstance(value, int):
        return _integer(value)
    [parsed] = ox.parse(f"<urn:s> <urn:p> {value} .", ox.RdfFormat.N_TRIPLES)
    return parsed.object


def _integer(number: int) -> ox.Literal:
    return ox.Literal(str(number), datatype=ox.NamedNode(f"{XSD}integer"))


def _safe(value: Value) -> Value:
    """A spreadsheet must not take somebody's text for a formula (trust.md)."""
    return f"'{value}" if isinstance(value, str) and value[:1] in {"=", "+", "-", "@", "\t"} else value


def _iso(instant: datetime) -> str:
    return instant.strftime("%Y-%m-%dT%H:%M:%SZ")
