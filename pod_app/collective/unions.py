"""Views whose edges cross pods (`scope: union`): pods give the triples the query is about, it runs over their union.

A header may name a faster way to the same numbers (`computed-by`); the query stays what it is tested against.
"""

import re
from collections.abc import Iterable, Mapping
from typing import Any, Final

import pyoxigraph as ox

from pod_app.collective import cascades, plans
from pod_app.collective.partial_rows import number
from pod_app.collective.plans import Measure, Plan
from pod_app.collective.query_files import QueryFile, refused
from pod_app.collective.running import Total
from pod_app.errors import N_, Invalid

RDF_TYPE: Final = "http://www.w3.org/1999/02/22-rdf-syntax-ns#type"
_IN_ROWS: Final = "rows"


def plan(view: QueryFile) -> Plan:
    """Columns and keys of a view over the union; raises `Invalid` for what cannot be kept per pod."""
    from pod_app.collective import algebra  # noqa: PLC0415  # it loads rdflib's SPARQL: 0.4 s, only when needed

    parsed = algebra.parse(view)
    columns = [str(variable) for variable in parsed.algebra.PV]
    if view.people == "pods":
        raise unfit(view, "a view of scope union counts its people itself: «people: ?column»")
    if view.people not in columns:
        raise unfit(view, f"«people: ?{view.people}» is no column")
    if "ServiceGraphPattern" in str(parsed.algebra):
        raise refused(view, "SERVICE")
    numeric = [name for name in columns if re.search(rf"\bAS\s+\?{name}\s*\)", view.text, re.IGNORECASE)]
    predicates, classes = algebra.named(view, parsed.algebra)
    plan = Plan(
        columns=tuple(columns),
        keys=tuple(name for name in columns if name not in numeric),
        measures=tuple(Measure(name, "sum", name) for name in numeric),
        rows=view.text,
        order=tuple(plans.order(view, columns)),
        predicates=frozenset(predicates),
        classes=frozenset(classes),
    )
    if view.computed_by == cascades.COMPUTED_BY and (view.parameters or not cascades.fits(plan)):
        raise unfit(view, f"«computed-by: {view.computed_by}» counts {', '.join(cascades.COLUMNS)}, nothing else")
    return plan


def edges(plan: Plan, store: ox.Store) -> str:
    """N-Triples of what one pod adds to the union, sorted: triples between IRIs and literals that the query names."""
    lines = set()
    for predicate in plan.predicates:
        for quad in store.quads_for_pattern(None, ox.NamedNode(predicate), None):
            if predicate == RDF_TYPE and str(quad.object)[1:-1] not in plan.classes:
                continue
            if not any(isinstance(term, ox.BlankNode) for term in (quad.subject, quad.object)):
                lines.add(f"{quad.subject} {quad.predicate} {quad.object} .")
    return "\n".join(sorted(lines))


def totals(view: QueryFile, plan: Plan, parameters: Mapping[str, str], texts: Mapping[str, str]) -> list[Total]:
    """The cells of a view over the union of the edges that pods keep, by pod."""
    if view.computed_by == cascades.COMPUTED_BY:
        return cascades.read(texts, plan).totals(view.people)
    return by_query(view, plan, parameters, texts.values())


def by_query(view: QueryFile, plan: Plan, parameters: Mapping[str, str], texts: Iterable[str]) -> list[Total]:
    """The same by running the query itself, whatever the header says."""
    store = ox.Store()
    for text in texts:
        store.extend(ox.Quad(one.subject, one.predicate, one.object) for one in ox.parse(text, ox.RdfFormat.N_TRIPLES))
    found: Any = store.query(plans.with_values(view.text, view.bindings(parameters)))
    return [_total(view, plan, row) for row in found]


def _total(view: QueryFile, plan: Plan, row: Any) -> Total:
    numbers = {measure.name: number(row[measure.name]) for measure in plan.measures if row[measure.name] is not None}
    return Total(
        plans.key([row[name] for name in plan.keys]), {_IN_ROWS: 1, **numbers}, {}, numbers.get(view.people, 0)
    )


def unfit(view: QueryFile, problem: str) -> Invalid:
    """The header says what the query cannot keep."""
    return Invalid(
        N_("The header of queries/{name}.rq cannot be used: {problem}."),
        N_("See queries/README.md for its keys."), name=view.name, problem=problem,
    )  # fmt: skip
