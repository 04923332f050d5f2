"""A garden as its public card tells it: what it is for, where, since when, and what happens there.

Everything comes from documents that everybody may read, or from numbers that were published.
"""

from collections.abc import Callable, Iterator
from typing import Any, Final

import pyoxigraph as ox
from sqlalchemy import Connection

from pod_app.pods.catalogue import Pod
from pod_app.services import Services
from pod_app.standards.addresses import Address
from pod_app.standards.namespaces import AS, DCTERMS, ORG, SCHEMA, VCARD, Namespace
from pod_app.standards.wac import ANONYMOUS, Mode

HOURS: Final = "hours-by-garden"
MOST_EVENTS: Final = 6
Label = Callable[[str], str | None]
"""The name of a term in the reader's language."""
Facts = dict[ox.NamedNode, list[str]]


def values(services: Services, pod: Pod, label: Label) -> dict[str, Any]:
    """What the page of a garden shows beside what every card shows."""
    with services.database.read() as conn:
        garden, happening = told(services, conn, pod), events(services, conn, pod)
    for one in happening:
        one["skill"] = label(one["skill"]) or ""
    named = map(services.catalogue.of_webid, garden["communities"])
    communities = [community for community in named if community is not None]
    return {
        "garden": garden,
        "type": label(garden["type"]),
        "communities": [
            {
                "name": one.title, "kind": one.kind, "href": f"/{one.name}/profile/card",
                "capital": f"/collective/{one.name}", "gardens": f"/collective/{one.name}/gardens",
            }
            for one in communities
        ],
        "events": happening,
        "numbers": [
            {
                "community": community.title, "threshold": least, "contributions": counted["contributions"],
                "minutes": counted["minutes"], "href": f"/collective/{community.name}/{HOURS}",
            }
            for community, counted, least in numbers(services, pod, communities)
        ],
        "linked": linked_data(garden),
        "summary": garden["about"],
    }  # fmt: skip


def told(services: Services, conn: Connection, pod: Pod) -> dict[str, Any]:
    """What the garden's card says; empty texts and None for what it does not say."""
    facts = _facts(services, conn, pod.address("profile/card"), pod.webid)
    jdn = Namespace(services.settings.vocabulary)
    capacity = _first(facts, jdn["capacity"])
    return {
        "name": pod.title,
        "kind": pod.kind,
        "webid": pod.webid,
        "href": f"/{pod.name}/profile/card",
        "about": _first(facts, ORG["purpose"]),
        "place": _first(facts, VCARD["locality"]),
        "type": _first(facts, jdn["gardenType"]),
        "since": _first(facts, DCTERMS["created"]),
        "capacity": int(capacity) if capacity.isdecimal() else None,
        "communities": facts.get(ORG["subOrganizationOf"], []),
    }


def of_community(services: Services, community: Pod) -> list[dict[str, Any]]:
    """The gardens whose public card names the community, by commune, then by name."""
    with services.database.read() as conn:
        pods = [services.catalogue.find(name) for name in services.views.pods_of(conn, community.name)]
        found = [told(services, conn, pod) for pod in pods if pod is not None and pod.kind == "garden"]
    return sorted(found, key=lambda one: (not one["place"], one["place"], one["name"]))


def events(services: Services, conn: Connection, pod: Pod) -> list[dict[str, str]]:
    """The latest events that everybody may see."""
    found = []
    for member in services.resources.members(conn, pod.address("events/")):
        address = pod.address(member.path)
        facts = _facts(services, conn, address, f"{address.iri(services.settings.base_url)}#it")
        if _first(facts, AS["name"]):
            found.append({
                "name": _first(facts, AS["name"]),
                "start": _first(facts, AS["startTime"]),
                "place": _first(facts, SCHEMA["location"]),
                "skill": _first(facts, SCHEMA["teaches"]),
                "href": address.target,
            })  # fmt: skip
    return sorted(found, key=lambda one: one["start"], reverse=True)[:MOST_EVENTS]


def numbers(services: Services, pod: Pod, communities: list[Pod]) -> Iterator[tuple[Pod, dict[str, int], int]]:
    """Published numbers of the garden in each of its communities, with the threshold they passed."""
    for community in communities:
        answer = services.views.read(HOURS, community.name)
        for row in answer.rows:
            if row[0] == f"<{pod.webid}>":
                counted = {
                    name: value for name, value in zip(answer.columns, row, strict=True) if isinstance(value, int)
                }
                yield community, counted, answer.view.threshold


def linked_data(garden: dict[str, Any]) -> dict[str, Any]:
    """The garden for search engines, as schema.org tells an organisation."""
    said = {
        "@context": "https://schema.org",
        "@type": "Organization",
        "@id": garden["webid"],
        "name": garden["name"],
        "description": garden["about"],
        "foundingDate": garden["since"][:10],
        "address": garden["place"] and {"@type": "PostalAddress", "addressLocality": garden["place"]},
        "parentOrganization": [{"@type": "Organization", "@id": iri} for iri in garden["communities"]],
    }
    return {key: value for key, value in said.items() if value}


def _facts(services: Services, conn: Connection, address: Address, subject: str) -> Facts:
    """What a document says about one thing, as strangers read it; nothing when they may not."""
    if not services.resources.decide_within(conn, ANONYMOUS, address).allows(Mode.READ):
        return {}
    stored = services.resources.read_within(conn, ANONYMOUS, address).stored
    found: Facts = {}
    for quad in services.resources.quads(address, stored):
        if quad.subject == ox.NamedNode(subject) and isinstance(quad.object, ox.NamedNode | ox.Literal):
            found.setdefault(quad.predicate, []).append(quad.object.value)
    return found


def _first(facts: Facts, predicate: ox.NamedNode) -> str:
    return min(facts.get(predicate, [""]))
