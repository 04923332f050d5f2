"""Rules for a badge: a SHACL Core shape over what somebody's own pod says (https://www.w3.org/TR/shacl/).

A rule may come from anybody who gives badges, so that nothing here may be reached but its own text and the data that
are handed in: no SPARQL constraints, no imports, and `judge` is meant for the sandbox.
"""

from typing import Any, Final

import pyoxigraph as ox

from pod_app.errors import N_, Invalid, TooLarge, Unreadable
from pod_app.standards import rdf, shacl

MAX_TEXT: Final = 64 * 2**10
MAX_STATEMENTS: Final = 2_000
MOST_TOLD: Final = 12
_IMPORTS: Final = "http://www.w3.org/2002/07/owl#imports"
_TARGET_NODE: Final = f"{shacl.SH}targetNode"
_NAMES: Final = """
targetClass targetNode targetObjectsOf targetSubjectsOf property path node class datatype nodeKind minCount maxCount
minExclusive minInclusive maxExclusive maxInclusive minLength maxLength pattern flags languageIn uniqueLang equals
disjoint lessThan lessThanOrEquals not and or xone qualifiedValueShape qualifiedMinCount qualifiedMaxCount
qualifiedValueShapesDisjoint closed ignoredProperties hasValue in severity message deactivated name description order
group defaultValue inversePath alternativePath zeroOrMorePath oneOrMorePath zeroOrOnePath
"""
_CORE: Final = frozenset(f"{shacl.SH}{name}" for name in _NAMES.split())


def read(turtle: str, iri: str) -> list[ox.Quad]:
    """The statements of a rule; raises `TooLarge`, `Unreadable`, and `Invalid` for more than SHACL Core."""
    if len(turtle.encode()) > MAX_TEXT:
        raise TooLarge(N_("A rule has at most {limit} kB."), N_("Make it simpler."), limit=MAX_TEXT // 1024)
    try:
        quads = list(ox.parse(turtle, ox.RdfFormat.TURTLE, base_iri=iri, rename_blank_nodes=True))
    except (SyntaxError, ValueError) as problem:
        raise Unreadable(
            N_("The rule at {iri} cannot be read: {problem}."), N_("Correct its Turtle."), iri=iri, problem=problem
        ) from problem
    for quad in quads:
        name = quad.predicate.value
        if name == _IMPORTS or (name.startswith(shacl.SH) and name not in _CORE):
            raise Invalid(
                N_("The rule at {iri} uses {term}, which is beyond SHACL Core."),
                N_("Say it with Core constraints: counts, paths, values, classes."), iri=iri, term=name,
            )  # fmt: skip
    if len(quads) > MAX_STATEMENTS or not any(quad.predicate.value.startswith(f"{shacl.SH}target") for quad in quads):
        raise Invalid(
            N_("The rule at {iri} has no target, or more than {limit} statements."),
            N_("Say with sh:targetClass foaf:Person that it is about the person."), iri=iri, limit=MAX_STATEMENTS,
        )  # fmt: skip
    return quads


def judge(turtle: str, iri: str, data: bytes) -> list[dict[str, str]]:
    """What is missing, in the words of the rule's author: `{"fr", "en"}` for each finding, none when it holds.

    Runs in the sandbox; `data` are N-Triples. A rule that finds nobody it is about does not hold.
    """
    quads = read(turtle, iri)
    shapes = shacl.Shapes.load([turtle], "shacl", iri)
    facts = list(ox.parse(data, ox.RdfFormat.N_TRIPLES))
    fixed = any(quad.predicate.value == _TARGET_NODE for quad in quads)
    if not fixed and not shapes.concern(facts):
        return [{"fr": "", "en": ""}]
    broken = [one for one in shapes.validate(facts).results if one.severity == "violation"]
    told = [{language: one.sentence(language) for language in ("fr", "en")} for one in broken]
    return [dict(pairs) for pairs in dict.fromkeys(tuple(one.items()) for one in told)][:MOST_TOLD]


def facts_of(quads: list[ox.Quad]) -> bytes:
    """N-Triples of what one or more documents say, without the names of their graphs."""
    found: dict[Any, None] = {}
    for quad in quads:
        found.setdefault(ox.Quad(quad.subject, quad.predicate, quad.object))
    return rdf.serialize(list(found), rdf.N_TRIPLES)
