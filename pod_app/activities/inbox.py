"""Put an activity into an inbox of this installation, as a Linked Data Notification (solid.md O1).

The inbox is a container where anybody may append; the activity is stored as it was sent. What comes over HTTP
gets a note in its description, kept by the program: who sent it, or that nobody proved that (contracts.md §5).
"""

from functools import partial
from typing import Any, Final

import pyoxigraph as ox

from pod_app.pods.body import Body, Content
from pod_app.pods.resources import Resources
from pod_app.pods.writing import Writing, Written
from pod_app.standards import rdf
from pod_app.standards.addresses import Address
from pod_app.standards.json_text import dump
from pod_app.standards.namespaces import PREFIXES, PROV, SCHEMA
from pod_app.standards.wac import Agent

CONTEXT: Final = "https://www.w3.org/ns/activitystreams"
PATH: Final = "inbox/"
VERIFIED: Final = "verified"
UNVERIFIED: Final = "unverified"


def offer(actor: str, target: str, object_iri: str, summary: str) -> dict[str, Any]:
    """The activity that brings something to somebody who may keep it or not (contracts.md §5)."""
    return {
        "@context": CONTEXT,
        "type": "Offer",
        "actor": actor,
        "object": object_iri,
        "target": target,
        "summary": summary,
    }


def answer(kind: str, actor: str, target: str, object_iri: str) -> dict[str, Any]:
    """What somebody says to an Offer: `Accept` or `Reject` (contracts.md §5)."""
    return {"@context": CONTEXT, "type": kind, "actor": actor, "object": object_iri, "target": target}


def deliver(resources: Resources, writing: Writing, pod: str, name: str, activity: dict[str, Any]) -> Address:
    """Store `activity` once under `name` in the inbox of `pod`: delivering it again changes nothing."""
    address = Address(pod, f"inbox/{name}")
    iri = address.iri(resources.base_url)
    data = dump({**activity, "id": iri})
    writing.put(address, resources.prepare(address, data, rdf.JSON_LD, within=writing.conn))
    return address


def receive(
    resources: Resources, sender: Agent, container: Address, name: str, content: Content, media_type: str,
    *, as_container: bool = False,
) -> Written:  # fmt: skip
    """Keep what somebody left in an inbox, under a name like `name`, together with the note on who it was.

    Raises what `Resources.prepare` and `Writing.create` refuse; nothing is kept then.
    """
    while True:
        with resources.trying(sender) as trial:
            address = trial.free_name(container, name, as_container=as_container)
        body = resources.prepare(address, content, media_type)
        note = resources.prepare(address.meta, _note(address.iri(resources.base_url), sender), rdf.TURTLE)
        kept = resources.write(sender, partial(_keep, container=container, address=address, body=body, note=note))
        if kept is not None:
            return kept


def _keep(writing: Writing, *, container: Address, address: Address, body: Body, note: Body) -> Written | None:
    written = writing.create(container, address, body)
    if written is not None:
        writing.as_program().put(address.meta, note)
    return written


def _note(iri: str, sender: Agent) -> bytes:
    about = ox.NamedNode(iri)
    status = UNVERIFIED if sender.webid is None else VERIFIED
    said = [ox.Quad(about, SCHEMA["creativeWorkStatus"], ox.Literal(status))]
    if sender.webid is not None:
        said.append(ox.Quad(about, PROV["wasAttributedTo"], ox.NamedNode(sender.webid)))
    return rdf.serialize(said, rdf.TURTLE, PREFIXES)
