"""N3 Patch: https://solidproject.org/TR/protocol#n3-patch (solid.md I1 to I15).

What does not parse is `Unreadable`; what parses and is no patch within the constraints is `Invalid`.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Final

import pyoxigraph as ox

from pod_app.errors import N_, Invalid
from pod_app.standards import patch_text
from pod_app.standards.namespaces import RDF, SOLID
from pod_app.standards.patch import Operation, Patch, Pattern, checked, refuse_large
from pod_app.standards.patch_text import Names

MEDIA_TYPE: Final = "text/n3"
_PARTS: Final = {SOLID["where"]: "where", SOLID["deletes"]: "deletes", SOLID["inserts"]: "inserts"}
_FORM: Final = N_(
    "Send one resource of type solid:InsertDeletePatch with at most one each of solid:where, "
    "solid:deletes and solid:inserts."
)

Formulas = Mapping[ox.BlankNode, list[Pattern]]


def parse(data: bytes, target_iri: str) -> Patch:
    """The patch that a document in `text/n3` describes; relative IRIs resolve against `target_iri` (I14)."""
    names = Names()
    tokens = patch_text.tokens(patch_text.decoded(data))
    text = names.declaration + "".join(_written(kind, token, names) for kind, token in tokens)
    quads, prefixes = patch_text.statements(text, ox.RdfFormat.N3, target_iri)
    del prefixes[names.prefix]
    outside = [quad for quad in quads if quad.graph_name == ox.DefaultGraph()]
    formulas = _formulas(quads, names)
    _require_one_patch(outside)
    parts = _parts(outside, target_iri)
    _refuse_stray_formulas(formulas, parts)
    _refuse_shared_labels(formulas, parts, outside)
    found = {name: tuple(formulas.get(node, ())) for name, node in parts.items()}
    refuse_large([Operation(**found)])
    return Patch((checked(Operation(**found)),), prefixes)


def insertion(triples: str) -> bytes:
    """The patch that adds triples, written as Turtle without prefixes of their own or as N-Triples."""
    return (
        f"@prefix solid: <{SOLID.iri}>.\n_:patch a solid:InsertDeletePatch; solid:inserts {{ {triples} }} ."
    ).encode()


def _written(kind: str, text: str, names: Names) -> str:
    if kind == "variable" and text.startswith("?"):
        return names.write(text)
    return f"{{{names.mark()}" if text == "{" else text


def _formulas(quads: Sequence[ox.Quad], names: Names) -> Formulas:
    found: dict[ox.BlankNode, list[Pattern]] = {}
    for quad in quads:
        if isinstance(quad.graph_name, ox.BlankNode):
            statements = found.setdefault(quad.graph_name, [])
            if not names.is_mark(quad):
                statements.append(names.pattern(quad))
        elif any(isinstance(names.read(term), ox.Variable) for term in quad.triple):
            raise Invalid(N_("This patch has a variable outside of its formulas."), _FORM)
    return found


def _require_one_patch(outside: Sequence[ox.Quad]) -> None:
    subjects = {quad.subject for quad in outside}
    if len(subjects) != 1:
        raise Invalid(N_("This document describes {count} resources instead of one patch."), _FORM, count=len(subjects))
    if not any(quad.predicate == RDF["type"] and quad.object == SOLID["InsertDeletePatch"] for quad in outside):
        raise Invalid(N_("The patch is not of type solid:InsertDeletePatch."), _FORM)


def _parts(outside: Sequence[ox.Quad], target_iri: str) -> dict[str, ox.BlankNode]:
    found: dict[str, ox.BlankNode] = {}
    for quad in outside:
        name = _PARTS.get(quad.predicate)
        if name is None:
            _refuse_unknown(quad, target_iri)
        elif name in found or not isinstance(quad.object, ox.BlankNode):
            problem = N_("The patch has solid:{name} twice, or with something else than a formula.")
            raise Invalid(problem, _FORM, name=name)
        else:
            found[name] = quad.object
    return found


def _refuse_unknown(quad: ox.Quad, target_iri: str) -> None:
    """A misspelt part must not pass as a patch that does nothing; remarks in other vocabularies do no harm."""
    if quad.predicate == SOLID["patches"] and quad.object == ox.NamedNode(target_iri):
        return
    if quad.predicate.value.startswith(SOLID.iri):
        raise Invalid(N_("A patch has no property {property}."), _FORM, property=quad.predicate.value)


def _refuse_stray_formulas(formulas: Formulas, parts: Mapping[str, ox.BlankNode]) -> None:
    """Every formula is one of the parts, every part a formula, and none stands in another (I3)."""
    if set(parts.values()) != set(formulas) or len(set(parts.values())) != len(parts):
        raise Invalid(N_("The formulas of this document are not the parts of its patch."), _FORM)


def _refuse_shared_labels(formulas: Formulas, parts: Mapping[str, ox.BlankNode], outside: Sequence[ox.Quad]) -> None:
    """A label means one thing in each formula, and must not look as if it meant the same in two (I6)."""
    used = [_blank(patterns) for patterns in formulas.values()]
    used.append(_blank(quad.triple for quad in outside) - set(parts.values()))
    if len(set().union(*used)) != sum(len(labels) for labels in used):
        raise Invalid(
            N_("The same blank node stands in two parts of this patch."),
            N_("Give nodes of different formulas different labels."),
        )


def _blank(statements: Iterable[Iterable[object]]) -> set[ox.BlankNode]:
    return {term for statement in statements for term in statement if isinstance(term, ox.BlankNode)}
