"""What headers tell a Solid client: what stands at an address, what belongs to it, what can be done there.

Everything here follows from the address, its media type and the pod's owners, so that an OPTIONS may
say it to strangers without telling whether anything stands there (solid.md B11, trust.md S22).
"""

from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import Final

from pod_app.pods import containment
from pod_app.standards import rdf, wac
from pod_app.standards.addresses import Address
from pod_app.standards.namespaces import LDP, PIM, SOLID

DESCRIPTION: Final = ".well-known/solid"
"""Path of a storage's description of itself, inside its pod (solid.md D4)."""
RDF_TYPES: Final = f"{rdf.TURTLE}, {rdf.JSON_LD}, {rdf.N_TRIPLES}, {rdf.N_QUADS}, {rdf.TRIG}, {rdf.RDF_XML}, {rdf.N3}"
PATCH_TYPES: Final = "text/n3, application/sparql-update"
USER_BYTES_POLICY: Final = "sandbox; default-src 'none'"
SHOWN_INLINE: Final = frozenset(
    ("image/png", "image/jpeg", "image/gif", "image/webp", "image/svg+xml", "text/plain", "application/json")
)
_ADVERTISING_INBOX: Final = frozenset({"", "profile/card"})
_OWNER: Final = SOLID["owner"].value
_INBOX: Final = LDP["inbox"].value
_DESCRIPTION: Final = SOLID["storageDescription"].value
_OF_DOCUMENT: Final = f'<{LDP["Resource"].value}>; rel="type"'
_OF_CONTAINER: Final = ", ".join(
    f'<{LDP[name].value}>; rel="type"' for name in ("Resource", "Container", "BasicContainer")
)
_OF_STORAGE: Final = f'<{PIM["Storage"].value}>; rel="type"'
_CONDITIONS: Final = ", ".join(
    f'<{kind}>; rel="http://www.w3.org/ns/auth/acl#condition"' for kind in wac.CONDITION_TYPES
)


def description_link(address: Address, base_url: str) -> str:
    """The way to the storage's description, told even with a refusal (D3)."""
    return f'<{base_url}{address.pod}/{DESCRIPTION}>; rel="{_DESCRIPTION}"'


def links(address: Address, base_url: str, owners: Iterable[str] = ()) -> str:
    """The value of `Link` (D2, D3, D5, E1, F1, F3, F6, O1, P18); `rel="up"` is cheap and other protocols know it."""
    return ", ".join((_links(address, base_url), *(f'<{owner}>; rel="{_OWNER}"' for owner in owners)))


@lru_cache(maxsize=4096)
def _links(address: Address, base_url: str) -> str:
    iri = address.iri(base_url)
    found = [_OF_CONTAINER if address.is_container else _OF_DOCUMENT, description_link(address, base_url)]
    if address.auxiliary:
        found += _of_auxiliary(address, base_url)
    elif not address.well_known:
        found += [f'<{iri}.acl>; rel="acl"', f'<{iri}.meta>; rel="describedby"']
    if address.path == "":
        found.append(_OF_STORAGE)
    elif address.parent is not None and not address.auxiliary:
        found.append(f'<{address.parent.iri(base_url)}>; rel="up"')
    if address.path in _ADVERTISING_INBOX:
        found.append(f'<{base_url}{address.pod}/inbox/>; rel="{_INBOX}"')
    return ", ".join(found)


def _of_auxiliary(address: Address, base_url: str) -> list[str]:
    if address.auxiliary == "acl":
        return [_CONDITIONS]
    return [f'<{address.subject.iri(base_url)}>; rel="describes"']


def possibilities(address: Address, media_type: str | None = None) -> dict[str, str]:
    """`Allow`, and what each of its methods takes (B7, G1); `media_type` is that of what stands there, if known."""
    is_rdf = bool(address.auxiliary) or address.is_container
    patchable = media_type is None or address.is_container or rdf.is_rdf(media_type)
    return dict(_told(containment.allowed_methods(address), patchable=patchable, is_rdf=is_rdf))


@lru_cache(maxsize=64)
def _told(allowed: Sequence[str], *, patchable: bool, is_rdf: bool) -> dict[str, str]:
    methods = [method for method in allowed if method != "PATCH" or patchable]
    told = {"Allow": ", ".join(methods)}
    if "POST" in methods:
        told["Accept-Post"] = "*/*"
    if "PUT" in methods:
        told["Accept-Put"] = RDF_TYPES if is_rdf else "*/*"
    if "PATCH" in methods:
        told["Accept-Patch"] = PATCH_TYPES
    return told


def safe_to_open(media_type: str) -> dict[str, str]:
    """Bytes that people put into pods never act on our origin (trust.md S24)."""
    headers = {"Content-Security-Policy": USER_BYTES_POLICY, "Cross-Origin-Resource-Policy": "cross-origin"}
    if not (rdf.is_rdf(media_type) or media_type in SHOWN_INLINE):
        headers["Content-Disposition"] = "attachment"
    return headers
