"""Which forms a resource can take, and each form's bytes (contracts.md §1: one IRI, several representations).

The stored media type always answers with the stored bytes. RDF can be asked for in any RDF syntax,
badges and achievements also as pictures, and everything that has a page as HTML.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

import pyoxigraph as ox

from pod_app.badges.bag import kept
from pod_app.brevity import MOST_BYTES, may_take_long
from pod_app.pods.resources import Reading
from pod_app.services import Services
from pod_app.standards import negotiation, normalise, rdf
from pod_app.standards.addresses import Address
from pod_app.standards.wac import Agent, Mode
from pod_app.web.badges import badge_sheets, pictures

HTML: Final = "text/html"
JSON: Final = "application/json"
DID_JSON: Final = "application/did+json"
SYNTAXES: Final = (rdf.TURTLE, rdf.JSON_LD, rdf.N_TRIPLES, rdf.N_QUADS, rdf.TRIG, rdf.RDF_XML, rdf.N3)
PICTURES: Final = ("image/svg+xml", "image/png")
PDF: Final = "application/pdf"
SUFFIXES: Final = {
    ".html": HTML,
    ".json": JSON,
    ".jsonld": rdf.JSON_LD,
    ".ttl": rdf.TURTLE,
    ".nt": rdf.N_TRIPLES,
    ".svg": "image/svg+xml",
    ".png": "image/png",
    ".pdf": PDF,
    ".jwt": kept.TOKEN,
}


@dataclass(frozen=True, slots=True)
class Rendered:
    """A representation ready to be sent."""

    body: bytes
    content_type: str


def bare(media_type: str) -> str:
    """A media type without its parameters, in lower case."""
    return media_type.partition(";")[0].strip().lower()


def is_badge(address: Address, stored_type: str) -> bool:
    """Whether a signed badge stands here: in a bag, or among the records of its issuer."""
    if is_status_list(address) or address.path.endswith(kept.BESIDE):
        return False
    return (stored_type == rdf.VC and address.path.startswith("issued/")) or (
        stored_type in kept.MEDIA_TYPES and address.path.startswith("badges/")
    )


def is_status_list(address: Address) -> bool:
    """Whether the address is one of the pod's status lists."""
    return address.path.startswith("issued/status/")


def is_achievement(address: Address) -> bool:
    """Whether the address belongs to an achievement document."""
    return address.path.startswith("achievements/") and not address.is_container and not address.auxiliary


def available(reading: Reading) -> tuple[str, ...]:
    """Media types in the server's order of preference: as stored, other RDF, pictures, HTML last (E10)."""
    return _forms(reading.address, bare(reading.stored.media_type))


@lru_cache(maxsize=4096)
def _forms(address: Address, stored: str) -> tuple[str, ...]:
    if not rdf.is_rdf(stored):
        return (stored, *PICTURES, PDF, HTML) if is_badge(address, stored) else (stored,)
    if address.is_container:
        return (*SYNTAXES, HTML)
    kinds = [stored]
    if stored in {rdf.JSON_LD, rdf.VC}:
        kinds += [rdf.JSON_LD, JSON]
    if address.path == "did.json":
        kinds += [DID_JSON]
    kinds += SYNTAXES
    if is_badge(address, stored) or is_achievement(address):
        kinds += PICTURES
    if is_badge(address, stored):
        kinds += [PDF]
    return (*dict.fromkeys(kinds), HTML)


def choose(accept: str | None, address: Address, forms: Sequence[str]) -> str:
    """The form that a reader prefers; raises `NotAcceptable`."""
    return negotiation.agree(accept, forms, address.target)


def preferred(services: Services, agent: Agent, address: Address) -> tuple[Address, str] | None:
    """The resource of which this address is only a form, and that form, told to its readers alone (G7)."""
    base, media_type = without_suffix(address)
    if base is None:
        return None
    with services.resources.reading() as conn:
        if services.resources.exists(conn, address) or not services.resources.exists(conn, base):
            return None
        if not services.resources.decide_within(conn, agent, base).allows(Mode.READ):
            return None
        reading = services.resources.read_within(conn, agent, base)
    return (base, media_type) if media_type in available(reading) else None


def without_suffix(address: Address) -> tuple[Address | None, str]:
    """The resource of which an address may be a form, and that form's media type; None for any other address."""
    name, dot, suffix = address.path.rpartition(".")
    media_type = SUFFIXES.get(dot + suffix)
    if media_type is None or not name or name.endswith("/"):
        return None, ""
    return Address(address.pod, name), media_type


def find(services: Services, agent: Agent, address: Address) -> tuple[Reading, str | None]:
    """The resource, or the one whose representation a suffix names (`badges/x.png` of `badges/x`), and that type."""
    base, media_type = without_suffix(address)
    if base is not None:
        with services.resources.reading() as conn:
            if not services.resources.exists(conn, address) and services.resources.exists(conn, base):
                reading = services.resources.read_within(conn, agent, base)
                if media_type in available(reading):
                    return reading, media_type
            return services.resources.read_within(conn, agent, address), None
    return services.resources.read(agent, address), None


def as_stored(reading: Reading, media_type: str) -> bool:
    """Whether this form is the stored bytes themselves: JSON of a signed document is never made anew."""
    stored = bare(reading.stored.media_type)
    return media_type == stored or (stored in {rdf.JSON_LD, rdf.VC} and media_type in {rdf.JSON_LD, JSON, DID_JSON})


def told(reading: Reading, media_type: str) -> str:
    """Content-Type of the stored bytes: as their sender wrote it, parameters included, unless another was asked for."""
    stored = reading.stored.media_type
    return stored if media_type == bare(stored) else media_type


def render(services: Services, reading: Reading, media_type: str) -> Rendered:
    """The bytes of one form other than HTML; a container's are in `listings`."""
    if as_stored(reading, media_type):
        return Rendered(services.resources.data(reading.stored), told(reading, media_type))
    if not rdf.is_rdf(media_type) or reading.stored.size > MOST_BYTES:
        may_take_long()
    if media_type == PDF:
        return Rendered(badge_sheets.of(services, reading), media_type)
    if media_type in PICTURES:
        return Rendered(pictures.of(services, reading, media_type), media_type)
    return Rendered(rdf.serialize(quads(services, reading), media_type), with_charset(media_type))


def quads(services: Services, reading: Reading) -> list[ox.Quad]:
    """The triples of a resource; in badges the known faults of their context are mended (vocabulary.md §4).

    Other documents are what their author wrote, triple by triple (K1).
    """
    found = services.resources.quads(reading.address, reading.stored)
    if bare(reading.stored.media_type) == rdf.VC or is_achievement(reading.address):
        # A badge names its issuer in several places: each statement once is enough.
        return list(dict.fromkeys(normalise.normalised(found)))
    return found


def with_charset(media_type: str) -> str:
    """The Content-Type of what was made here as text."""
    return f"{media_type}; charset=utf-8" if media_type in {rdf.TURTLE, rdf.RDF_XML, rdf.N3} else media_type
