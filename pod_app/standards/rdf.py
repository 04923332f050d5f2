"""Read and write RDF in every syntax that is taken here, with limits that hold against hostile bodies.

pyoxigraph does the work (K1 to K5 of the Solid checklist, trust.md S10 and S11); before it come the
guards of `rdf_guards`, after it the limits on terms and statements. Lexical forms stay exactly as
written, which is why N3 is read by pyoxigraph too: rdflib turns `"01"` into `"1"`.
"""

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from types import MappingProxyType
from typing import Any, Final

import pyoxigraph as ox

from pod_app.errors import N_, NotAcceptable, TooComplex, TooLarge, Unreadable, UnsupportedMediaType
from pod_app.standards import rdf_guards
from pod_app.standards.namespaces import PREFIXES, XSD

TURTLE: Final = "text/turtle"
JSON_LD: Final = "application/ld+json"
N_TRIPLES: Final = "application/n-triples"
N_QUADS: Final = "application/n-quads"
TRIG: Final = "application/trig"
RDF_XML: Final = "application/rdf+xml"
N3: Final = "text/n3"
VC: Final = "application/vc"

__all__ = [
    "JSON_LD",
    "N3",
    "N_QUADS",
    "N_TRIPLES",
    "PREFIXES",
    "RDF_XML",
    "TRIG",
    "TURTLE",
    "VC",
    "Limits",
    "is_rdf",
    "parse",
    "prefixes",
    "serialize",
]

_FORMATS: Final = MappingProxyType(
    {
        TURTLE: ox.RdfFormat.TURTLE,
        JSON_LD: ox.RdfFormat.JSON_LD,
        N_TRIPLES: ox.RdfFormat.N_TRIPLES,
        N_QUADS: ox.RdfFormat.N_QUADS,
        TRIG: ox.RdfFormat.TRIG,
        RDF_XML: ox.RdfFormat.RDF_XML,
        N3: ox.RdfFormat.N3,
        VC: ox.RdfFormat.JSON_LD,
    }
)
_BY_LINE: Final = frozenset({N_TRIPLES, N_QUADS})
_LETTERED: Final = _BY_LINE | {TURTLE, TRIG}
_NEW_FORMS: Final = (b"<<", b"{|", b"~", b"--")
"""Without one of these in the text, those syntaxes cannot say what only RDF 1.2 knows."""
_DATASETS: Final = frozenset({JSON_LD, VC, TRIG, N_QUADS})
_WITH_PREFIXES: Final = frozenset({TURTLE, TRIG, N3, RDF_XML})
_NOT_XML: Final = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")
_BYTE_ORDER_MARK: Final = b"\xef\xbb\xbf"
_OWN_WORD: Final = 64
"""No IRI of RDF that Turtle abbreviates, and no label of a blank node, is longer."""
_REMEDY: Final = N_("Split it, or send less.")


@dataclass(frozen=True, slots=True)
class Limits:
    """Bytes of a body, statements, characters of one term and of all together, levels of nesting, prefixes."""

    body: int = 10 * 2**20
    triples: int = 500_000
    term: int = 64 * 2**10
    text: int = 128 * 2**20
    nesting: int = 100
    prefixes: int = 1_000


DEFAULTS: Final = Limits()


def is_rdf(media_type: str) -> bool:
    """Whether a media type, whatever its parameters, is one that `parse` reads."""
    return _bare(media_type) in _FORMATS


def parse(body: bytes, media_type: str, base_iri: str, limits: Limits = DEFAULTS) -> list[ox.Quad]:
    """Statements of a document; relative IRIs resolve against `base_iri` (K5), the character set is UTF-8 (K8).

    JSON-LD finds only the bundled contexts and raises `Invalid` for others. Raises `Unreadable` with
    line and column, `TooLarge`, `TooComplex`, and `UnsupportedMediaType` for what is no RDF syntax.
    """
    bare = _bare(media_type)
    if bare not in _FORMATS:
        raise UnsupportedMediaType(
            N_("{media_type} is not an RDF syntax that is read here."), N_("Send text/turtle."), media_type=bare[:80]
        )
    if len(body) > limits.body:
        raise _too_large(N_("This document has {size} bytes; at most {limit} are taken."), len(body), limits.body)
    prepared = _prepare(body.removeprefix(_BYTE_ORDER_MARK), bare, limits)
    try:
        parser = ox.parse(prepared, format=_FORMATS[bare], base_iri=base_iri)
        plain = bare in _LETTERED and not any(mark in body for mark in _NEW_FORMS)
        if plain and not _may_grow(bare, len(body), len(base_iri), limits):
            return _collect_plain(parser, bare, limits)
        return _collect(parser, bare, limits)
    except SyntaxError as error:
        raise _told(error, bare) from error


def prefixes(body: bytes, media_type: str, base_iri: str) -> dict[str, str]:
    """The prefixes of a document that `parse` takes; none for syntaxes that have none."""
    bare = _bare(media_type)
    if bare not in _WITH_PREFIXES - {RDF_XML}:
        return {}
    parser = ox.parse(body.removeprefix(_BYTE_ORDER_MARK), format=_FORMATS[bare], base_iri=base_iri)
    for _ in parser:
        """Prefixes are known once everything was read."""
    return dict(parser.prefixes)


def _bare(media_type: str) -> str:
    return media_type.partition(";")[0].strip().lower()


def _prepare(body: bytes, media_type: str, limits: Limits) -> bytes:
    if media_type == RDF_XML:
        body = rdf_guards.xml_as_utf8(body)
        rdf_guards.require_shallow_xml(body, limits.nesting)
    elif media_type in {JSON_LD, VC}:
        body = _with_contexts(body, rdf_guards.json_document(body, limits.nesting))
    elif media_type not in _BY_LINE:
        rdf_guards.require_shallow_turtle(body, limits.nesting)
    return body


def _with_contexts(body: bytes, document: Any) -> bytes:
    if b'"@context"' not in body:
        return body
    from pod_app.standards import jsonld  # noqa: PLC0415  # PyLD is slow to load, and Turtle does not need it

    if isinstance(document, dict):
        return jsonld.inline_text(document, excerpt=True).encode()
    return json.dumps(jsonld.inline(document), ensure_ascii=False).encode()


def _may_grow(media_type: str, size: int, base: int, limits: Limits) -> bool:
    """Whether the terms of a body can be longer than `limits` allow.

    Lines say each term in full. A term of Turtle is put together from parts of the body and its base, or is one of the
    words of RDF itself, and a body has no more statements than bytes: a small one cannot come to so many characters.
    """
    if media_type in _BY_LINE:
        return size > limits.term
    longest = size + base + _OWN_WORD
    return media_type != TURTLE or longest > limits.term or 3 * size * longest > limits.text


def _collect_plain(parser: ox.QuadParser, media_type: str, limits: Limits) -> list[ox.Quad]:
    """Statements of a body that is too small to grow and lacks the letters of RDF 1.2's forms: most writes are so."""
    quads = list(islice(parser, limits.triples + 1))
    if len(quads) > limits.triples:
        raise _too_many_statements(limits)
    _refuse_many_prefixes(parser, media_type, limits)
    return quads


def _collect(parser: ox.QuadParser, media_type: str, limits: Limits) -> list[ox.Quad]:
    quads: list[ox.Quad] = []
    text = 0
    for quad in parser:
        if len(quads) >= limits.triples:
            raise _too_many_statements(limits)
        text += _measure(quad, limits)
        if text > limits.text:
            raise _too_large(N_("The terms of this document have more than {limit} characters."), text, limits.text)
        _refuse_new_forms(quad)
        quads.append(quad)
    _refuse_many_prefixes(parser, media_type, limits)
    if media_type == N3 and any(quad.graph_name != ox.DefaultGraph() for quad in quads):
        raise Unreadable(N_("This N3 document holds a formula in braces."), N_("Send plain statements."))
    return quads


def _refuse_many_prefixes(parser: ox.QuadParser, media_type: str, limits: Limits) -> None:
    if media_type not in _BY_LINE and len(parser.prefixes) > limits.prefixes:
        raise TooComplex(N_("This document declares more than {limit} prefixes."), _REMEDY, limit=limits.prefixes)


def _too_many_statements(limits: Limits) -> TooLarge:
    sentence = N_("This document has more than {limit} statements.")
    return _too_large(sentence, limits.triples + 1, limits.triples)


def _measure(quad: ox.Quad, limits: Limits) -> int:
    """Characters of a statement's terms; an expanded prefix counts each time it is used."""
    total = 0
    for term in quad:
        size = len(getattr(term, "value", ""))
        if size > limits.term:
            raise _too_large(
                N_("A literal or IRI has {size} characters; at most {limit} are taken."), size, limits.term
            )
        total += size
    return total


def _refuse_new_forms(quad: ox.Quad) -> None:
    """RDF 1.2 has terms that other readers of this data do not know."""
    found = quad.object
    if isinstance(found, ox.Triple):
        raise Unreadable(
            N_("This document quotes a statement inside another one, as RDF 1.2 does."), N_("Use RDF 1.1.")
        )
    if isinstance(found, ox.Literal) and found.direction is not None:
        raise Unreadable(N_("This document gives a text a direction, as RDF 1.2 does."), N_("Use RDF 1.1."))


def _too_large(sentence: str, size: int, limit: int) -> TooLarge:
    return TooLarge(sentence, _REMEDY, size=size, limit=limit)


def _told(error: SyntaxError, media_type: str) -> Unreadable:
    """Say what pyoxigraph says, without the place that it repeats in its sentence."""
    problem = error.msg.partition(": ")[2] if error.msg.startswith("Parser error at") else error.msg
    if media_type in {JSON_LD, VC, RDF_XML}:  # the text was made anew, so that places do not fit
        return rdf_guards.at_line(None, None, problem)
    return rdf_guards.at_line(error.lineno, error.offset, problem)


def serialize(
    quads: Iterable[ox.Quad],
    media_type: str,
    prefixes: Mapping[str, str] = PREFIXES,
    base_iri: str | None = None,
) -> bytes:
    """Write statements in a syntax, those of one subject together; only needed prefixes appear.

    Raises `NotAcceptable` for a text that XML cannot carry.
    Syntaxes without named graphs get the default graph (K2). JSON-LD comes flat and expanded: a
    prefix there could change the meaning of an IRI whose scheme has its name.
    """
    bare = _bare(media_type)
    if bare not in _FORMATS:
        raise UnsupportedMediaType(
            N_("{media_type} is not an RDF syntax that is written here."),
            N_("Ask for text/turtle."),
            media_type=bare[:80],
        )
    grouped = _grouped(quads, whole=bare in _DATASETS)
    if bare == RDF_XML:
        _refuse_controls(grouped)
    used = _used(grouped, prefixes) if bare in _WITH_PREFIXES else {}
    statements = grouped if bare in _DATASETS else [quad.triple for quad in grouped]
    base = base_iri if bare in _WITH_PREFIXES else None
    return ox.serialize(statements, format=_FORMATS[bare], prefixes=used, base_iri=base) or b""


def _refuse_controls(quads: Iterable[ox.Quad]) -> None:
    if any(isinstance(quad.object, ox.Literal) and _NOT_XML.search(quad.object.value) for quad in quads):
        raise NotAcceptable(N_("A text here holds a control character, which XML cannot."), N_("Ask for text/turtle."))


def _grouped(quads: Iterable[ox.Quad], *, whole: bool) -> list[ox.Quad]:
    groups: dict[tuple[object, object], list[ox.Quad]] = {}
    for quad in quads:
        if whole or quad.graph_name == ox.DefaultGraph():
            groups.setdefault((quad.graph_name, quad.subject), []).append(quad)
    return [quad for group in groups.values() for quad in group]


def _used(quads: Sequence[ox.Quad], prefixes: Mapping[str, str]) -> dict[str, str]:
    spaces = {iri[: max(iri.rfind("#"), iri.rfind("/")) + 1] for quad in quads for iri in _iris(quad)}
    return {prefix: iri for prefix, iri in prefixes.items() if iri in spaces}


def _iris(quad: ox.Quad) -> Iterator[str]:
    for term in quad:
        if isinstance(term, ox.NamedNode):
            yield term.value
        elif isinstance(term, ox.Literal) and term.datatype != XSD["string"]:
            yield term.datatype.value
