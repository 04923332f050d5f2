"""The page of a resource: which template shows it, and with what.

A page at a resource IRI shows only what everybody may see (contracts.md §1); `pages.Pages` has already
read the resource as a stranger.
"""

from collections.abc import Callable
from typing import Any, Final
from urllib.parse import quote

import pyoxigraph as ox

from pod_app.badges.bag import collecting
from pod_app.badges.forge.achievements import VERSIONS
from pod_app.pods.catalogue import Pod
from pod_app.pods.resources import Reading
from pod_app.services import Services
from pod_app.standards import rdf
from pod_app.standards.addresses import Address
from pod_app.standards.json_text import object_in
from pod_app.standards.open_badges_shape import listed
from pod_app.web.badges import achievement_words, badge_pages, confirmation_words
from pod_app.web.collective import garden_pages
from pod_app.web.solid import representations

MANY: Final = 500
STATEMENT: Final = ("subject", "predicate", "object")
LABELS: Final = {
    rdf.TURTLE: "Turtle",
    rdf.JSON_LD: "JSON-LD",
    rdf.N_TRIPLES: "N-Triples",
    "image/png": "PNG",
    "image/svg+xml": "SVG",
    "application/json": "JSON",
    "application/pdf": "PDF",
    "application/vc+jwt": "JWT",
}
Label = Callable[[str], str | None]
Page = tuple[str, dict[str, Any]]


def of(services: Services, reading: Reading, gettext: Callable[[str], str], label: Label) -> Page:
    """Template and variables for what stands at an address."""
    address = reading.address
    if address.path == "profile/card":
        return _card(services, reading, label)
    if representations.is_achievement(address) and representations.bare(reading.stored.media_type) == rdf.JSON_LD:
        return _achievement(services, reading)
    if representations.is_badge(address, representations.bare(reading.stored.media_type)):
        return badge_pages.of(services, reading, forms(services, reading), gettext)
    if address.path.startswith(collecting.PLACE) and not address.is_container and not address.auxiliary:
        return _collection(services, reading)
    if address.is_container and not address.auxiliary:
        return (_issuer if address.path == "achievements/" else _container)(services, reading)
    return _resource(services, reading)


def forms(services: Services, reading: Reading) -> list[dict[str, str]]:
    """The other forms of a resource, each with an address for people who cannot set headers."""
    iri = reading.address.iri(services.settings.base_url)
    available = representations.available(reading)
    return [
        {"type": media_type, "href": f"{iri}{suffix}", "label": LABELS[media_type]}
        for suffix, media_type in representations.SUFFIXES.items()
        if media_type in available and media_type in LABELS
    ]


def _card(services: Services, reading: Reading, label: Label) -> Page:
    pod = services.catalogue.get(reading.address.pod)
    given = on_offer(services, pod)
    values: dict[str, Any] = {
        "pod": {"name": pod.title, "kind": pod.kind, "webid": pod.webid},
        "badges": badge_pages.public_tiles(services, pod),
        "achievements": given,
        "issuer": _identity(services, pod),
        "representations": forms(services, reading),
        "canonical": reading.address.iri(services.settings.base_url),
    }
    if pod.kind == "garden":
        return "garden.html", values | garden_pages.values(services, pod, label)
    return "card.html", values


def _issuer(services: Services, reading: Reading) -> Page:
    """What a pod gives badges for, and how to check them."""
    pod = services.catalogue.get(reading.address.pod)
    values = {
        "pod": {"name": pod.title, "kind": pod.kind},
        "achievements": on_offer(services, pod),
        "issuer": _identity(services, pod),
        "representations": [],
        "canonical": reading.address.iri(services.settings.base_url),
    }
    return "issuer.html", values


def _identity(services: Services, pod: Pod) -> dict[str, Any]:
    with services.resources.reading() as conn:
        keys = [
            {"id": key.id, "since": key.created} for key in services.keys.all(conn, pod.name) if key.revoked is None
        ]
    said = services.recognition.confirmations.of_issuer(pod.did)
    return {
        "did": pod.did,
        "did_href": f"/{pod.name}/did.json",
        "keys": keys,
        "certifications": [confirmation_words.of(one, services.clock()) for one in said],
        "confirm_href": f"/me/confirm?about={quote(pod.did, safe='')}",
    }


def on_offer(services: Services, pod: Pod) -> list[dict[str, Any]]:
    """What a pod gives badges for now, as tiles."""
    base = services.settings.base_url
    with services.resources.reading() as conn:
        found = services.achievements.all(conn, pod)
    return [achievement_words.tile(one, base) | {"href": f"/{str(one['id']).removeprefix(base)}"} for one in found]


def load(services: Services, reading: Reading) -> dict[str, Any]:
    """A stored JSON document; an empty one when it is not an object."""
    return object_in(services.resources.data(reading.stored))


def _achievement(services: Services, reading: Reading) -> Page:
    document = load(services, reading)
    pod = services.catalogue.get(reading.address.pod)
    base = services.settings.base_url
    shown = achievement_words.tile(document, base) | {
        "href": reading.address.target,
        "type": document.get("achievementType"),
        "criteria_html": achievement_words.criteria_html(document),
        "criteria_href": achievement_words.criteria_href(document),
        "tags": achievement_words.tags(document),
        "alignments": achievement_words.alignments(document),
    }
    iri = reading.address.iri(services.settings.base_url)
    said = services.recognition.confirmations.of_achievement(iri)
    with services.resources.reading() as conn:
        rule = services.recognition.rules.of(conn, iri)
    values = {
        "achievement": shown | _editions(services, reading.address, document),
        "certifications": [confirmation_words.of(one, services.clock()) for one in said],
        "confirm_href": f"/me/confirm?about={quote(iri, safe='')}",
        "rule": None if rule is None else {"sentence": rule.sentence, "automatic": rule.automatic, "shape": rule.shape},
        "rule_href": f"/me/rule?achievement={quote(iri, safe='')}",
        "rule_edit_href": f"/me/rules?achievement={quote(iri, safe='')}",
        "ask_href": f"/me/requests/new?achievement={quote(iri, safe='')}",
        "issuer": achievement_words.issuer_of(pod),
        "breadcrumbs": [{"name": pod.title, "href": f"/{pod.name}/profile/card"}],
        "representations": forms(services, reading),
        "canonical": reading.address.iri(services.settings.base_url),
        "summary": shown["description"],
        "preview_image": f"{reading.address.iri(services.settings.base_url)}.png",
    }
    return "achievement.html", values


def _editions(services: Services, address: Address, document: dict[str, Any]) -> dict[str, Any]:
    """Its other languages and versions, and whether it is still given."""
    base = services.settings.base_url
    iri = address.iri(base)
    related = [one for one in listed(document.get("related")) if isinstance(one, dict) and one.get("id")]
    with services.resources.reading() as conn:
        versions = services.achievements.versions(conn, iri)
        standing = services.achievements.state(conn, iri)
    return {
        "version": document.get("version"),
        "languages": [{"code": one["inLanguage"], "href": one["id"]} for one in related if one.get("inLanguage")],
        "versions": [{"number": number, "href": f"/{there.removeprefix(base)}"} for number, there in versions],
        "current": next((one["id"] for one in related if not one.get("inLanguage")), None)
        if address.path.startswith(VERSIONS) else None,
        "retired": standing.retired,
        "reserved": standing.reserved,
    }  # fmt: skip


def _collection(services: Services, reading: Reading) -> Page:
    """Badges that somebody put together, as far as whoever looks may see each."""
    pod = services.catalogue.get(reading.address.pod)
    collection = services.collections.read(reading.address, reading.stored)
    agent = reading.decision.agent
    with services.resources.reading() as conn:
        readable = services.collections.readable(conn, agent, collection)
    tiles = badge_pages.tiles_of(services, pod, [services.backpack.one(agent, one) for one in readable])
    base = services.settings.base_url
    values = {
        "collection": {"title": collection.title, "about": collection.about},
        "pod": {"name": pod.title, "kind": pod.kind, "href": f"/{pod.name}/profile/card"},
        "badges": tiles,
        "hidden": len(collection.badges) - len(tiles),
        "representations": forms(services, reading),
        "canonical": reading.address.iri(base),
        "summary": collection.about or ", ".join(str(tile["name"]) for tile in tiles),
        "preview_image": f"{readable[0].iri(base)}.png" if readable else None,
    }
    return "collection.html", values


def _container(services: Services, reading: Reading) -> Page:
    address = reading.address
    members = [
        {
            "name": member.path.removeprefix(address.path),
            "href": f"/{member.pod}/{member.path}",
            "is_container": member.path.endswith("/"),
            "type": representations.bare(member.media_type),
            "modified": member.modified,
            "size": member.size,
        }
        for member in services.resources.children(address, limit=MANY)
    ]
    values = {
        "container": {"name": address.name or address.pod, "href": address.target},
        "breadcrumbs": _steps(address),
        "members": members,
        "representations": [],
    }
    return "container.html", values


def _resource(services: Services, reading: Reading) -> Page:
    quads = representations.quads(services, reading)
    values = {
        "resource": {"name": reading.address.name, "href": reading.address.target, "modified": reading.stored.modified},
        "breadcrumbs": _steps(reading.address),
        "statements": [
            {name: _shown(getattr(quad, name), services.settings.vocabulary) for name in STATEMENT}
            for quad in quads[:MANY]
        ],
        "omitted": max(0, len(quads) - MANY),
        "representations": forms(services, reading),
    }
    return "resource.html", values


def _steps(address: Address) -> list[dict[str, str]]:
    return [{"name": step.name or step.pod, "href": step.target} for step in reversed(address.ancestors())]


def _shown(term: object, vocabulary: str) -> dict[str, str]:
    """A term as text with where it leads: our own words to their page here."""
    if isinstance(term, ox.NamedNode):
        ours = term.value.startswith(vocabulary)
        return {
            "text": term.value,
            "href": f"/vocab/jdn#{term.value.removeprefix(vocabulary)}" if ours else term.value,
        }
    if isinstance(term, ox.Literal):
        return {"text": term.value, "language": term.language or ""}
    return {"text": str(term)}
