"""Where the Open Badges 2.0 twin of a record stands, and what becomes of it when the badge is withdrawn."""

from pod_app.pods.resources import Resources
from pod_app.pods.writing import Writing
from pod_app.standards import open_badges_2, rdf
from pod_app.standards.addresses import Address
from pod_app.standards.json_text import dump


def twin_of(record: Address) -> Address:
    """The hosted assertion of a badge that was issued here (contracts.md §1)."""
    return Address(record.pod, f"hosted/{record.name}")


def withdraw(resources: Resources, writing: Writing, record: Address, reason: str) -> None:
    """Let the twin of a badge say that it was withdrawn; nothing happens when its holder never asked for one."""
    twin = twin_of(record)
    if not resources.exists(writing.conn, twin):
        return
    document = open_badges_2.withdrawn(twin.iri(resources.base_url), reason)
    body = resources.prepare(twin, dump(document), rdf.JSON_LD, within=writing.conn)
    writing.as_program().put(twin, body)
