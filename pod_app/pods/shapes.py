"""Which shape governs a resource, and the judgement of a document before it is written (contracts.md §1, «Shapes»).

A container governs its members, and a document itself, by `<> ldp:constrainedBy <{base}shapes/{name}>` in
its description. Only shapes of this installation count; any other address there means nothing here.
A document is judged by what it says itself: nobody else's pod is looked at.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Final

import pyoxigraph as ox
from sqlalchemy import Connection

from pod_app.brevity import may_take_long
from pod_app.errors import N_
from pod_app.settings import DEFAULT_VOCABULARY, Settings
from pod_app.standards import normalise, rdf, shacl
from pod_app.standards.addresses import Address
from pod_app.standards.shacl import Report, Result, Violated
from pod_app.storage import resources as rows
from pod_app.storage.blobs import Blobs
from pod_app.storage.resources import StoredResource

CONSTRAINED_BY: Final = "http://www.w3.org/ns/ldp#constrainedBy"
OF_BADGES: Final = frozenset({"achievement", "badge", "endorsement"})
"""Shapes about signed documents, which are judged in their normalised form."""
BESIDE_OTHERS: Final = frozenset({"membership", "profile", "garden"})
"""Shapes whose places also hold other documents: what they do not concern passes."""


@dataclass(frozen=True, slots=True)
class Shape:
    """One file of `shapes/`, as this installation serves it, and what was compiled from it."""

    name: str
    iri: str
    turtle: str
    rules: shacl.Shapes


class ShapeLibrary:
    """The shapes of one installation, each read at its first use."""

    def __init__(self, settings: Settings, blobs: Blobs, folder: Path) -> None:
        self.prefix = f"{settings.base_url}shapes/"
        self._settings = settings
        self._blobs = blobs
        self._files = {path.stem: path for path in sorted(folder.glob("*.ttl"))}
        self._shape = lru_cache(maxsize=None)(self._read)
        self._named = lru_cache(maxsize=256)(self._named_in)

    @property
    def names(self) -> tuple[str, ...]:
        """Every shape, by name."""
        return tuple(self._files)

    def get(self, name: str) -> Shape | None:
        """The shape of this name, or None."""
        return self._shape(name) if name in self._files else None

    def _read(self, name: str) -> Shape:
        iri = f"{self.prefix}{name}"
        text = self._files[name].read_text("utf-8").replace(DEFAULT_VOCABULARY, self._settings.vocabulary)
        return Shape(name, iri, text, shacl.Shapes.load([text], self._settings.shacl_engine, iri))

    def governing(self, conn: Connection, address: Address) -> Shape | None:
        """The shape that a resource must keep: the one its own description names, else its container's.

        Containers, descriptions and access rules have none. A name without a file is no shape.
        """
        if address.auxiliary or address.is_container or address.parent is None:
            return None
        subjects = (address, address.parent)
        found = rows.lookup(conn, address.pod, [subject.meta.path for subject in subjects])
        for subject in subjects:
            name = self._named_by(subject, found.get(subject.meta.path))
            if name is not None:
                return self.get(name)
        return None

    def check(self, shape: Shape, address: Address, media_type: str, triples: Sequence[ox.Quad]) -> Report:
        """Judge a document; raises `Violated` when it is no RDF, is about something else or breaks the shape."""
        may_take_long()
        iri = address.iri(self._settings.base_url)
        if not rdf.is_rdf(media_type):
            raise self._foreign(
                N_("{path} must be a document that {shape} describes, not {media_type}."),
                shape, iri, path=address.target, media_type=media_type,
            )  # fmt: skip
        judged = list(normalise.normalised(triples)) if shape.name in OF_BADGES else triples
        if shape.name not in BESIDE_OTHERS and not shape.rules.concern(judged):
            raise self._foreign(
                N_("{path} holds nothing that {shape} describes, and this container takes nothing else."),
                shape, iri, path=address.target,
            )  # fmt: skip
        report = shape.rules.validate(judged)
        if not report.conforms:
            raise Violated(
                N_("{path} is not kept: {problem}"),
                N_("Correct this and send it again; {shape} says what is expected."),
                report=report, constrained_by=shape.iri, path=address.target, problem=report.summary,
            )  # fmt: skip
        return report

    def _foreign(self, detail: str, shape: Shape, iri: str, **values: object) -> Violated:
        found = Result(f"<{iri}>", "violation", f"{shacl.SH}MinCountConstraintComponent")
        return Violated(
            detail,
            N_("Put it into public/ or private/, or send what {shape} describes."),
            report=Report((found,)), constrained_by=shape.iri, **values,
        )  # fmt: skip

    def _named_by(self, subject: Address, description: StoredResource | None) -> str | None:
        if description is None:
            return None
        data = description.body if description.blob is None else self._blobs.get(description.blob)
        return self._named(
            data or b"", description.media_type.partition(";")[0].strip().lower(),
            subject.meta.iri(self._settings.base_url), subject.iri(self._settings.base_url),
        )  # fmt: skip

    def _named_in(self, data: bytes, media_type: str, meta_iri: str, iri: str) -> str | None:
        """The shape that a description names for its subject; kept, because descriptions seldom change."""
        wanted = [
            quad.object.value.removeprefix(self.prefix)
            for quad in rdf.parse(data, media_type, meta_iri)
            if isinstance(quad.object, ox.NamedNode)
            and quad.predicate.value == CONSTRAINED_BY
            and quad.subject in {ox.NamedNode(iri), ox.NamedNode(meta_iri)}
            and quad.object.value.startswith(self.prefix)
        ]
        return next((name for name in sorted(wanted) if name in self._files), None)


def description(iri: str, shape_iri: str) -> bytes:
    """Turtle of a description by which `iri` is governed by a shape."""
    return f"<{iri}> <{CONSTRAINED_BY}> <{shape_iri}> .\n".encode()
