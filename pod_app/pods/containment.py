"""Containers: names, what may stand where, server-managed triples, and the listing."""

import secrets
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from hashlib import sha256
from typing import Final
from urllib.parse import quote

import pyoxigraph as ox

from pod_app.errors import N_, Conflict, MethodNotAllowed
from pod_app.pods.access import PROGRAM
from pod_app.pods.body import Body
from pod_app.standards import rdf
from pod_app.standards.addresses import Address, encode
from pod_app.standards.preconditions import State
from pod_app.standards.wac import Agent
from pod_app.storage.resources import Member, StoredResource

LDP: Final = "http://www.w3.org/ns/ldp#"
STAT: Final = "http://www.w3.org/ns/posix/stat#"
DCTERMS: Final = "http://purl.org/dc/terms/"
MEDIA_TYPES: Final = "http://www.w3.org/ns/iana/media-types/"
XSD: Final = "http://www.w3.org/2001/XMLSchema#"
TYPE: Final = ox.NamedNode("http://www.w3.org/1999/02/22-rdf-syntax-ns#type")
CONTAINS: Final = ox.NamedNode(f"{LDP}contains")
CARD: Final = "profile/card"
MANAGED: Final = frozenset({f"{LDP}contains", f"{STAT}size", f"{STAT}mtime", f"{DCTERMS}modified"})
_KEPT: Final = ("did.json", "issued/status/", ".well-known", "inbox/")
"""How the paths of everything begin that only the program writes."""
EMPTY: Final = Body(rdf.TURTLE, 0, sha256(b"").hexdigest(), b"", None, None, None, ())


def child(container: Address, name: str, *, as_container: bool) -> Address:
    """The member of `container` called `name`, a segment made legal by `addresses.slug`."""
    return Address(container.pod, f"{container.path}{encode(name)}{'/' if as_container else ''}")


def fresh(name: str) -> str:
    """A name nobody has, that still shows what was asked for."""
    return f"{name[:100]}-{secrets.token_hex(6)}"


def fresh_name() -> str:
    """A name for a resource whose creator proposed none."""
    return secrets.token_hex(10)


def kept_by_program(address: Address) -> bool:
    """What only the program writes: the DID document, the status lists, notes about notifications (contracts.md §1)."""
    if not address.path.startswith(_KEPT):
        return False
    path = address.subject.path
    return path == "did.json" or path.startswith("issued/status/") or address.well_known or about_notification(address)


def about_notification(address: Address) -> bool:
    """What an inbox notes about what was left there: whether its sender is proved (contracts.md §5)."""
    path = address.subject.path
    return address.auxiliary == "meta" and path.startswith("inbox/") and path != "inbox/"


def kept(address: Address) -> Conflict:
    """The refusal to let somebody else write what the program keeps."""
    if about_notification(address):
        return Conflict(
            N_("{path} says whether the sender of a notification is proved: the program keeps it."),
            N_("Put your own remarks into a document elsewhere."), path=address.target,
        )  # fmt: skip
    return Conflict(
        N_("{path} is kept by the program, because signatures depend on it."),
        N_("Keys change with «pod_app keys», badges are withdrawn with «pod_app badge revoke»."),
        path=address.target,
    )


def refuse_reserved(address: Address, agent: Agent) -> None:
    """Names that look like auxiliary resources without being any, and what the program keeps (F5, F8)."""
    if address.reserved:
        raise Conflict(
            N_("{path} ends in a name that is reserved for access rules and descriptions."),
            N_("Choose a name that does not end in .acl or .meta."),
            path=address.target,
        )
    if address.well_known:
        raise MethodNotAllowed(
            N_("{path} is written by the program alone."), N_("Choose another place."),
            path=address.target, allowed=allowed_methods(address),
        )  # fmt: skip
    if agent is not PROGRAM and kept_by_program(address):
        raise kept(address)


def refuse_lasting(address: Address) -> None:
    """The root of a pod and its ACL are never deleted (D7, P14, S20), nor the card, which says who may act as it."""
    if address.path == CARD:
        raise MethodNotAllowed(
            N_("{path} is who this pod belongs to, and cannot be deleted."),
            N_("Take out of it what you no longer want to say. To leave, export the pod and delete it as a whole."),
            path=address.target, allowed=allowed_methods(address),
        )  # fmt: skip
    if _is_root(address):
        raise MethodNotAllowed(
            N_("{path} is the root of a pod and cannot be deleted."),
            N_("To leave, export the pod and delete it as a whole."),
            path=address.target,
            allowed=allowed_methods(address),
        )


def holds_nothing(document: Address) -> Conflict:
    """The refusal to make a document an inner node (C3)."""
    return Conflict(
        N_("{path} is a document and cannot hold other resources."),
        N_("Choose another place, or delete the document first."),
        path=document.target,
    )


def refuse_server_managed(address: Address, body: Body) -> None:
    """Nobody writes containment or server-managed triples into a container (E4, E5, S37)."""
    refuse_managed(address, body.triples)


def refuse_managed(address: Address, statements: Iterable[ox.Quad]) -> None:
    """Raise `Conflict` for a statement that only the server makes or takes back."""
    for quad in statements:
        if quad.predicate.value in MANAGED or (quad.predicate == TYPE and _is_media_type(quad.object)):
            raise Conflict(
                N_("The statement with {predicate} in {path} is kept by the server."),
                N_("Leave it out; it appears by itself."),
                predicate=quad.predicate.value,
                path=address.target,
            )


def _is_media_type(node: object) -> bool:
    return isinstance(node, ox.NamedNode) and node.value.startswith(MEDIA_TYPES)


def allowed_methods(address: Address) -> tuple[str, ...]:
    """What can be done at an address that stands, for `Allow` (B6, B7)."""
    methods = ["GET", "HEAD", "OPTIONS"]
    if address.is_container and not address.auxiliary:
        methods.append("POST")
    if not kept_by_program(address):
        methods += ["PUT", "PATCH"]
        if not _is_root(address) and address.path != CARD:
            methods.append("DELETE")
    return tuple(methods)


def _is_root(address: Address) -> bool:
    return address.subject.path == "" and address.auxiliary in {"", "acl"}


def row(address: Address, body: Body, current: StoredResource | None, now: datetime) -> StoredResource:
    """The row that will stand for a resource after this write."""
    return StoredResource(
        pod=address.pod,
        path=address.path,
        role=address.auxiliary,
        parent=address.parent.path if address.parent is not None and not address.auxiliary else None,
        media_type=body.media_type,
        size=body.size,
        sha256=body.sha256,
        version=current.version + 1 if current else 1,
        created=current.created if current else now,
        modified=now,
        body=body.data,
        blob=body.blob,
        compiled=body.compiled,
        quads=body.quads,
    )


def state_of(stored: StoredResource) -> State:
    """What conditions are compared with; a container's state also moves with its listing (B9)."""
    tag = stored.sha256[:24]
    if stored.path == "" or stored.path.endswith("/"):
        tag = f"{stored.sha256[:12]}.{stored.version}"
    return State(tag, stored.modified)


def listing(container: ox.NamedNode) -> list[ox.Quad]:
    """What a container says about itself (E1); its members are told by `members`."""
    return [_typed(container, f"{LDP}{name}") for name in ("Container", "BasicContainer", "Resource")]


def members(container: ox.NamedNode, pod_iri: str, rows: Iterable[Member]) -> Iterator[ox.Quad]:
    """What a container says about its members (E2, E8)."""
    for member in rows:
        node = ox.NamedNode(f"{pod_iri}{member[0]}")
        yield ox.Quad(container, CONTAINS, node)
        yield from _about(node, member)


def _about(node: ox.NamedNode, member: Member) -> Iterator[ox.Quad]:
    path, media_type, size, modified = member
    seconds = modified // 1_000_000
    moment = datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    yield _typed(node, f"{LDP}Resource")
    yield ox.Quad(node, ox.NamedNode(f"{DCTERMS}modified"), ox.Literal(moment, datatype=ox.NamedNode(f"{XSD}dateTime")))
    yield ox.Quad(node, ox.NamedNode(f"{STAT}mtime"), ox.Literal(seconds))
    if path.endswith("/"):
        yield _typed(node, f"{LDP}Container")
        yield _typed(node, f"{LDP}BasicContainer")
    else:
        bare = quote(media_type.partition(";")[0].strip(), safe="/+.-")
        yield _typed(node, f"{MEDIA_TYPES}{bare}#Resource")
        yield ox.Quad(node, ox.NamedNode(f"{STAT}size"), ox.Literal(size))


def _typed(node: ox.NamedNode, iri: str) -> ox.Quad:
    return ox.Quad(node, TYPE, ox.NamedNode(iri))
