"""A body made ready to be stored: parsed, measured and, when large, already safe in the blob store.

All work that can fail or takes long happens here, before the transaction (trust.md §4.2), and the
bytes are kept exactly as they came (house.md §2.3).
"""

import hashlib
from dataclasses import dataclass

import pyoxigraph as ox

from pod_app.brevity import may_take_long
from pod_app.errors import N_, TooLarge, Unreadable, UnsupportedMediaType
from pod_app.settings import Settings
from pod_app.standards import rdf, wac
from pod_app.standards.addresses import Address
from pod_app.standards.shacl import Result
from pod_app.storage.blobs import Blobs
from pod_app.storage.sandbox import Sandbox

SANDBOX_FROM = 256 * 2**10
"""RDF bodies larger than this are parsed in a killable child (trust.md S10), in bytes."""


_DEAR = frozenset({rdf.JSON_LD, rdf.VC, rdf.RDF_XML})
"""Syntaxes that are not read by one parser alone."""
DERIVED = rdf.Limits(body=2**30)
"""Limits for N-Quads that were made here from a body within the usual ones: they spell every IRI out."""


@dataclass(frozen=True, slots=True)
class Body:
    """What a resource will hold: `data` inline or `blob` by content hash, and what was derived from it.

    `hints` are the warnings of the shape that it keeps.
    """

    media_type: str
    size: int
    sha256: str
    data: bytes | None
    blob: str | None
    compiled: str | None
    quads: bytes | None
    triples: tuple[ox.Quad, ...]
    hints: tuple[Result, ...] = ()


@dataclass(frozen=True, slots=True)
class Kept:
    """A large body that came in piece by piece and is on disk already, under its hash."""

    sha256: str
    size: int


Content = bytes | Kept


class Bodies:
    """Makes bodies ready; one for an installation."""

    def __init__(self, settings: Settings, blobs: Blobs, sandbox: Sandbox, base_url: str) -> None:
        self._settings = settings
        self._blobs = blobs
        self._sandbox = sandbox
        self._base_url = base_url

    def prepare(self, address: Address, content: Content, media_type: str) -> Body:
        """Check `content` against what its media type announces and derive what later reads need.

        Raises `TooLarge`, `Unreadable`, `TooComplex`, and `UnsupportedMediaType` for a container or an
        auxiliary resource that is not RDF (E1, P13, F2).
        """
        size = content.size if isinstance(content, Kept) else len(content)
        self._check_size(size, media_type)
        bare = media_type.partition(";")[0].strip().lower()
        quads: list[ox.Quad] = []
        data = self._blobs.get(content.sha256) if isinstance(content, Kept) and rdf.is_rdf(bare) else content
        if rdf.is_rdf(bare) and isinstance(data, bytes):
            quads = self._parse(address, data, bare)
        elif address.auxiliary or address.is_container:
            raise UnsupportedMediaType(
                N_("{path} must be RDF, not {media_type}."),
                N_("Send it as text/turtle or application/ld+json."),
                path=address.target,
                media_type=bare,
            )
        sha256 = content.sha256 if isinstance(content, Kept) else hashlib.sha256(content).hexdigest()
        inline = isinstance(content, bytes) and size <= self._settings.inline_body
        if isinstance(content, bytes) and not inline:
            self._blobs.put(content)
        return Body(
            media_type=media_type,
            size=size,
            sha256=sha256,
            data=content if isinstance(content, bytes) and inline else None,
            blob=None if inline else sha256,
            compiled=self._compile(address, quads) if address.auxiliary == "acl" else None,
            quads=rdf.serialize(quads, rdf.N_QUADS) if bare in {rdf.JSON_LD, rdf.VC} else None,
            triples=tuple(quads),
        )

    def _check_size(self, size: int, media_type: str) -> None:
        limit = largest(self._settings, media_type)
        if size > limit:
            raise too_large(size, limit)

    def _parse(self, address: Address, data: bytes, media_type: str) -> list[ox.Quad]:
        iri = address.iri(self._base_url)
        if media_type in _DEAR:
            may_take_long()
        if len(data) <= SANDBOX_FROM:
            return rdf.parse(data, media_type, iri)
        lines = self._sandbox.run(parse_to_quads, data, media_type, iri, seconds=10, memory_bytes=2**30)
        return rdf.parse(lines, rdf.N_QUADS, iri, DERIVED)

    def _compile(self, address: Address, quads: list[ox.Quad]) -> str:
        try:
            return wac.dump(wac.parse(quads, address.iri(self._base_url)))
        except ValueError as error:
            raise Unreadable(
                N_("{path} is not an access control document: {problem}."),
                N_("See the Web Access Control specification for its form."),
                path=address.target,
                problem=error,
            ) from error


def largest(settings: Settings, media_type: str) -> int:
    """Bytes that a body of this type may have: never more than a whole pod (S39)."""
    is_rdf = rdf.is_rdf(media_type.partition(";")[0].strip().lower())
    return min(settings.pod_quota, settings.max_rdf_body if is_rdf else settings.max_body)


def too_large(size: int, limit: int) -> TooLarge:
    """Refuse a body for its own size."""
    return TooLarge(
        N_("This body has {size} bytes; at most {limit} are taken."), N_("Send less."), size=size, limit=limit
    )


def parse_to_quads(data: bytes, media_type: str, iri: str) -> bytes:
    """Runs in the child: quads come back as N-Quads, because they cannot be pickled."""
    return rdf.serialize(rdf.parse(data, media_type, iri), rdf.N_QUADS)
