"""What is decided about an achievement beside its document: whether it is still given, and by whom.

The document itself goes into every badge, so that it says nothing that may change. Its description
(`.meta`) does, in terms of schema.org: `creativeWorkStatus` «obsolete», `conditionsOfAccess` «reserved».
"""

from dataclasses import dataclass, replace
from typing import Final

import pyoxigraph as ox
from sqlalchemy import Connection

from pod_app.pods.resources import Resources
from pod_app.pods.writing import Writing
from pod_app.standards import rdf
from pod_app.standards.addresses import Address
from pod_app.standards.namespaces import PREFIXES, SCHEMA
from pod_app.storage import resources as rows

_STATUS: Final = SCHEMA["creativeWorkStatus"]
_CONDITIONS: Final = SCHEMA["conditionsOfAccess"]
_RETIRED: Final = ox.Literal("obsolete")
_RESERVED: Final = ox.Literal("reserved")


@dataclass(frozen=True, slots=True)
class State:
    """`retired`: no new badge is given for it; `reserved`: only its own pod gives it."""

    retired: bool = False
    reserved: bool = False


OPEN: Final = State()


def state(resources: Resources, conn: Connection, address: Address) -> State:
    """What its description says of an achievement; open to everybody's use when there is none."""
    quads = _others(resources, conn, address, keep_all=True)
    said = {(quad.predicate, quad.object) for quad in quads}
    return State(retired=(_STATUS, _RETIRED) in said, reserved=(_CONDITIONS, _RESERVED) in said)


def change(
    resources: Resources, writing: Writing, address: Address, *, retired: bool | None = None,
    reserved: bool | None = None,
) -> State:  # fmt: skip
    """Note another state; what else the description says stays."""
    before = state(resources, writing.conn, address)
    wanted = replace(
        before,
        retired=before.retired if retired is None else retired,
        reserved=before.reserved if reserved is None else reserved,
    )
    if wanted != before:
        about = ox.NamedNode(address.iri(resources.base_url))
        quads = _others(resources, writing.conn, address)
        quads += [ox.Quad(about, _STATUS, _RETIRED)] if wanted.retired else []
        quads += [ox.Quad(about, _CONDITIONS, _RESERVED)] if wanted.reserved else []
        data = rdf.serialize(quads, rdf.TURTLE, PREFIXES)
        writing.as_program().put(address.meta, resources.prepare(address.meta, data, rdf.TURTLE, within=writing.conn))
    return wanted


def _others(resources: Resources, conn: Connection, address: Address, *, keep_all: bool = False) -> list[ox.Quad]:
    stored = rows.get(conn, address.pod, address.meta.path)
    quads = [] if stored is None else resources.quads(address.meta, stored)
    return [quad for quad in quads if keep_all or quad.predicate not in {_STATUS, _CONDITIONS}]
