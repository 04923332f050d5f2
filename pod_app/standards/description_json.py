"""Statements as JSON-LD for readers without an RDF library: nested, in the words of the notifications context.

The data model of description resources is written in that form (https://solid.github.io/notifications/protocol,
«Description Resource Data Model»); whatever else is said about a storage keeps its full IRIs.
"""

import json
from collections.abc import Iterable, Mapping
from functools import cache
from types import MappingProxyType
from typing import Any, Final

import pyoxigraph as ox

from pod_app.standards import context_files
from pod_app.standards.namespaces import RDF, XSD
from pod_app.standards.notifications import CONTEXT

_PREFIX: Final = "notify:"


def write(quads: Iterable[ox.Quad], root: ox.NamedNode) -> bytes:
    """One document about `root`; what nothing leads to stands under `@included`."""
    told = _Told(quads)
    document = {"@context": [CONTEXT], **told.node(root)}
    rest = [told.node(subject) for subject in told.subjects() if subject not in told.done]
    if rest:
        document["@included"] = rest
    return (json.dumps(document, ensure_ascii=False, indent=2) + "\n").encode()


@cache
def _terms() -> Mapping[str, tuple[str, str]]:
    """IRI of a property → its term and how that reads strings (`@id`, `@vocab` or empty)."""
    definitions = context_files.context(CONTEXT)["@context"]
    base = definitions["notify"]
    found = {}
    for term, definition in definitions.items():
        name = definition.get("@id", "") if isinstance(definition, dict) else str(definition)
        if name.startswith(_PREFIX):
            kind = definition.get("@type", "") if isinstance(definition, dict) else ""
            found[base + name.removeprefix(_PREFIX)] = (term, kind)
    return MappingProxyType(found)


class _Told:
    def __init__(self, quads: Iterable[ox.Quad]) -> None:
        self._about: dict[Any, list[ox.Quad]] = {}
        for quad in quads:
            self._about.setdefault(quad.subject, []).append(quad)
        self.done: set[Any] = set()

    def subjects(self) -> list[Any]:
        return list(self._about)

    def node(self, subject: Any) -> dict[str, Any]:
        """A subject with everything about it, told once."""
        self.done.add(subject)
        found: dict[str, Any] = {"id": str(subject) if isinstance(subject, ox.BlankNode) else subject.value}
        for quad in self._about.get(subject, ()):
            key, kind = _terms().get(quad.predicate.value, (quad.predicate.value, ""))
            if quad.predicate == RDF["type"]:
                key, kind = "type", "@vocab"
            found.setdefault(key, []).append(self._value(quad.object, kind))
        # A list where the data model has one, else the bare value.
        return {
            key: value[0] if isinstance(value, list) and len(value) == 1 and key != "subscription" else value
            for key, value in found.items()
        }

    def _value(self, thing: Any, kind: str) -> Any:
        if isinstance(thing, ox.Literal):
            return _literal(thing)
        if kind == "@vocab" and thing.value in _terms():
            return _terms()[thing.value][0]
        if thing in self._about and thing not in self.done:
            return self.node(thing)
        name = str(thing) if isinstance(thing, ox.BlankNode) else thing.value
        return name if kind in {"@id", "@vocab"} else {"id": name}


def _literal(literal: ox.Literal) -> Any:
    if literal.language:
        return {"@value": literal.value, "@language": literal.language}
    if literal.datatype == XSD["string"]:
        return literal.value
    return {"@value": literal.value, "@type": literal.datatype.value}
