"""Containers in every RDF syntax, written page by page: memory does not grow with the number of members.

One page is one moment of the database. A longer listing is several: what stands all the while is listed exactly
once, in the byte order of its address; what comes or goes meanwhile may or may not be. Written by hand from
what the rows hold, because making and grouping eight statement objects for each of 10,000 members took most
of a second.
"""

import itertools
import json
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from functools import lru_cache
from tempfile import SpooledTemporaryFile
from typing import Any, Final
from urllib.parse import quote

import pyoxigraph as ox

from pod_app.brevity import MOST_MEMBERS, may_take_long
from pod_app.pods import containment
from pod_app.pods.containment import DCTERMS, LDP, MEDIA_TYPES, STAT, XSD
from pod_app.pods.resources import Reading, Resources
from pod_app.standards import rdf
from pod_app.standards.addresses import Address
from pod_app.storage.resources import Member
from pod_app.web.solid.representations import bare

PAGE: Final = 1000
"""Members read at once; a container of up to so many is answered in one piece, with its length."""
_MAKING: Final = threading.Semaphore(2)
"""So many pages are made at once: more would take as long together, and half a megabyte each."""
_SPOOLED: Final = 2**20
_READ: Final = 2**18
_RDF_TYPE: Final = containment.TYPE.value
_PREFIXES: Final = (
    f"@prefix ldp: <{LDP}> .\n@prefix dcterms: <{DCTERMS}> .\n@prefix stat: <{STAT}> .\n@prefix xsd: <{XSD}> .\n"
)
_KINDS: Final = ("Container", "BasicContainer", "Resource")
_CONTAINER: Final = (f"{LDP}Resource", f"{LDP}Container", f"{LDP}BasicContainer")

Described = tuple[str, str, int, int | None, tuple[str, ...]]
"""A member: its IRI, its time of change (XSD and POSIX), its size unless it is a container, and its types."""
Write = Callable[[str, list[Described]], str]


class Listing:
    """The listing of one container as pieces of bytes; `short` when all of it has been read already."""

    def __init__(self, resources: Resources, reading: Reading, media_type: str) -> None:
        self._resources = resources
        self._reading = reading
        self._media_type = bare(media_type)
        self._iri = reading.address.iri(resources.base_url)
        self._pod_iri = Address(reading.address.pod, "").iri(resources.base_url)
        self._first = resources.page(reading.address, "", MOST_MEMBERS + 1)
        if len(self._first) > MOST_MEMBERS:
            may_take_long()
            self._first = resources.page(reading.address, "", PAGE + 1)
        self.short = len(self._first) <= PAGE

    def __iter__(self) -> Iterator[bytes]:
        stored = self._resources.quads(self._reading.address, self._reading.stored)
        if self._media_type == rdf.RDF_XML:
            return self._as_xml(stored)
        if self._media_type == rdf.JSON_LD:
            return self._as_json(stored)
        return self._as_lines(stored)

    def _as_lines(self, stored: list[ox.Quad]) -> Iterator[bytes]:
        """Turtle and what is read like it: pages can stand one after the other."""
        turtle = self._media_type in {rdf.TURTLE, rdf.TRIG, rdf.N3}
        yield rdf.serialize(stored, self._media_type) if stored else b""
        yield ((_PREFIXES if turtle else "") + _head(self._iri, turtle=turtle)).encode()
        yield from self._pages(_turtle if turtle else _triples)

    def _as_json(self, stored: list[ox.Quad]) -> Iterator[bytes]:
        """Flat and expanded; the container's node comes first, and again with each further page of members."""
        types = [f"{LDP}{name}" for name in _KINDS]
        about = itertools.chain([f',"@type":{json.dumps(types)}'], itertools.repeat(""))
        between = b"["
        for page in self._pages(lambda iri, page: _nodes(iri, page, next(about))):
            yield between + page
            between = b","
        if between == b"[":
            yield f'[{{"@id":{json.dumps(self._iri)}{next(about)}}}'.encode()
        own = rdf.serialize(stored, rdf.JSON_LD).strip()[1:-1]
        yield (b"," + own if own else b"") + b"]"

    def _as_xml(self, stored: list[ox.Quad]) -> Iterator[bytes]:
        """XML cannot be joined from pages: it is written to a file, which is in memory only while it is small."""
        with SpooledTemporaryFile(max_size=_SPOOLED) as file:
            ox.serialize((quad.triple for quad in self._quads(stored)), file, format=ox.RdfFormat.RDF_XML)
            file.seek(0)
            while piece := file.read(_READ):
                yield piece

    def _quads(self, stored: list[ox.Quad]) -> Iterator[ox.Quad]:
        node = ox.NamedNode(self._iri)
        yield from stored
        yield from containment.listing(node)
        for rows in self._rows():
            yield from containment.members(node, self._pod_iri, rows)

    def _pages(self, write: Write) -> Iterator[bytes]:
        """Each page as it is written; of what it was made from nothing is kept while somebody reads it."""
        pages, more = self._rows(), True
        while more:
            with _MAKING:
                text = _written(write, self._iri, self._pod_iri, next(pages, None))
            more = text is not None
            if text:
                yield text

    def _rows(self) -> Iterator[list[Member]]:
        """The members page by page, none of which is held on to."""
        rows, self._first = self._first, []
        more = True
        while more:
            more = len(rows) > PAGE
            last = rows[PAGE - 1][0] if more else ""
            held, rows = [rows[:PAGE]], []
            yield held.pop()
            rows = self._resources.page(self._reading.address, last, PAGE + 1) if more else []


def _written(write: Write, iri: str, pod_iri: str, rows: list[Member] | None) -> bytes | None:
    """One page; None when there was none left to write."""
    return None if rows is None else write(iri, [_described(pod_iri, row) for row in rows]).encode() if rows else b""


def _described(pod_iri: str, member: Member) -> Described:
    path, media_type, size, modified = member
    seconds = modified // 1_000_000
    if path.endswith("/"):
        return f"{pod_iri}{path}", _moment(seconds), seconds, None, _CONTAINER
    return f"{pod_iri}{path}", _moment(seconds), seconds, size, _types(media_type)


@lru_cache(maxsize=4096)
def _moment(seconds: int) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


@lru_cache(maxsize=256)
def _types(media_type: str) -> tuple[str, ...]:
    kind = quote(media_type.partition(";")[0].strip(), safe="/+.-")
    return (f"{LDP}Resource", f"{MEDIA_TYPES}{kind}#Resource")


def _head(iri: str, *, turtle: bool) -> str:
    if turtle:
        return f"<{iri}> a ldp:Container , ldp:BasicContainer , ldp:Resource .\n"
    return "".join(f"<{iri}> <{_RDF_TYPE}> <{LDP}{name}> .\n" for name in _KINDS)


def _turtle(container: str, page: list[Described]) -> str:
    lines = [f"<{container}> ldp:contains {' , '.join(f'<{one[0]}>' for one in page)} .\n"]
    for iri, moment, seconds, size, types in page:
        sized = "" if size is None else f" ; stat:size {size}"
        lines.append(
            f"<{iri}> a {' , '.join(f'<{one}>' for one in types)} ;\n"
            f'    dcterms:modified "{moment}"^^xsd:dateTime ; stat:mtime {seconds}{sized} .\n'
        )
    return "".join(lines)


def _triples(container: str, page: list[Described]) -> str:
    lines = []
    for iri, moment, seconds, size, types in page:
        lines.append(f"<{container}> <{LDP}contains> <{iri}> .\n")
        lines += [f"<{iri}> <{_RDF_TYPE}> <{one}> .\n" for one in types]
        lines.append(f'<{iri}> <{DCTERMS}modified> "{moment}"^^<{XSD}dateTime> .\n')
        lines.append(f'<{iri}> <{STAT}mtime> "{seconds}"^^<{XSD}integer> .\n')
        if size is not None:
            lines.append(f'<{iri}> <{STAT}size> "{size}"^^<{XSD}integer> .\n')
    return "".join(lines)


def _nodes(container: str, page: list[Described], about: str) -> str:
    """JSON-LD nodes without brackets: the container's, with what else is said `about` it, and those of its members."""
    contained = json.dumps([{"@id": one[0]} for one in page])
    own = f'{{"@id":{json.dumps(container)}{about},"{LDP}contains":{contained}}}'
    return own + "".join(f",{json.dumps(_node(one))}" for one in page)


def _node(member: Described) -> dict[str, Any]:
    iri, moment, seconds, size, types = member
    node: dict[str, Any] = {
        "@id": iri,
        "@type": list(types),
        f"{DCTERMS}modified": [{"@type": f"{XSD}dateTime", "@value": moment}],
        f"{STAT}mtime": [{"@type": f"{XSD}integer", "@value": str(seconds)}],
    }
    return node if size is None else node | {f"{STAT}size": [{"@type": f"{XSD}integer", "@value": str(size)}]}
