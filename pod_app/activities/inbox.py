"""Put an activity into an inbox of this installation, as a Linked Data Notification (solid.md O1).

The inbox is a container where anybody may append; the activity is stored as it was sent.
"""

from typing import Any, Final

from pod_app.pods.resources import Resources
from pod_app.pods.writing import Writing
from pod_app.standards import rdf
from pod_app.standards.addresses import Address
from pod_app.standards.json_text import dump

CONTEXT: Final = "https://www.w3.org/ns/activitystreams"


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


def deliver(resources: Resources, writing: Writing, pod: str, name: str, activity: dict[str, Any]) -> Address:
    """Store `activity` once under `name` in the inbox of `pod`: delivering it again changes nothing."""
    address = Address(pod, f"inbox/{name}")
    iri = address.iri(resources.base_url)
    data = dump({**activity, "id": iri})
    writing.put(address, resources.prepare(address, data, rdf.JSON_LD, within=writing.conn))
    return address
