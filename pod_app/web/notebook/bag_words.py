"""What the pages of the bag say: tiles with who sees them, gardens to choose from, where else to add a badge."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, Final
from urllib.parse import quote, urlencode

from pod_app.badges.bag.backpack import Held
from pod_app.errors import N_, Invalid
from pod_app.pods.audience import AUDIENCES, Audience
from pod_app.pods.catalogue import Pod
from pod_app.services import Services
from pod_app.standards.addresses import Address
from pod_app.standards.open_badges import moment
from pod_app.web.badges import badge_pages

LINKEDIN: Final = "https://www.linkedin.com/profile/add"
STATES: Final = ("", "yours", "not-yours", "expired")


def opened(pod: Pod, held: Held) -> str:
    """Where the holder opens a badge with the session."""
    return f"/me/open?iri={quote(held.address.iri(pod.base_url), safe='')}"


def gardens(services: Services, pod: Pod) -> list[Pod]:
    """The gardens here of which somebody is a member: «mon jardin» is one of them."""
    with services.resources.reading() as conn:
        names = services.members.groups_of(conn, pod.webid)
        found = [services.catalogue.get_within(conn, name) for name in names]
    return [one for one in found if one.kind == "garden"]


def garden_choices(services: Services, pod: Pod, of: Address | None = None) -> list[dict[str, object]]:
    """The gardens as choices of a form; `of` marks the one whose members see a thing now."""
    current = None
    if of is not None:
        with services.resources.reading() as conn:
            current = services.backpack.garden(conn, of)
    found = gardens(services, pod)
    return [{"name": one.title, "value": f"garden:{one.name}", "current": one.name == current} for one in found]


def asked_audience(services: Services, pod: Pod, asked: str) -> tuple[Audience, str | None]:
    """Who shall see a thing: `me`, `everyone`, or `garden:{name}` of which the person is a member. Raises `Invalid`."""
    word, _, garden = asked.partition(":")
    group = next((one for one in gardens(services, pod) if one.name == garden), None)
    if word == "garden" and group is None:
        raise Invalid(N_("You are not a member of that garden."), N_("Choose another audience."))
    audience: Audience = next((one for one in AUDIENCES if one == word), "me")
    return audience, None if group is None else group.webid


def tiles(services: Services, pod: Pod, badges: Sequence[Held], names: Sequence[str]) -> list[dict[str, Any]]:
    """Badges of one's own bag."""
    shown = badge_pages.tiles_of(services, pod, badges)
    return [one | _own(services, pod, held, names) for one, held in zip(shown, badges, strict=True)]


def _own(services: Services, pod: Pod, held: Held, names: Sequence[str]) -> dict[str, Any]:
    """What the holder sees of a badge besides."""
    shown: dict[str, Any] = {"status": "expired"} if is_expired(held, services.clock()) else {}
    if held.picture:
        shown["image"] = f"{opened(pod, held)}{held.picture}"
    return shown | {
        "href": opened(pod, held),
        "id": held.address.name,
        "audience": held.audience,
        "audience_action": "/me/audience",
        "not_yours": not held.is_for(*names),
    }


def is_expired(held: Held, now: datetime) -> bool:
    """Whether the badge says that its time is over."""
    until = moment(held.document.get("validUntil") or held.document.get("expirationDate"))
    return until is not None and until <= now


def chosen(badges: Iterable[Held], asked: Mapping[str, str], names: Sequence[str], now: datetime) -> list[Held]:
    """Those that a filter lets through: words in name, issuer or skills, who sees them, and what they are."""
    found = list(badges)
    if words := asked.get("q", "").casefold().split():
        found = [one for one in found if all(word in _text(one) for word in words)]
    if asked.get("audience"):
        found = [one for one in found if one.audience == asked["audience"]]
    if (state := asked.get("state")) in STATES[1:3]:
        found = [one for one in found if one.is_for(*names) == (state == "yours")]
    if state == "expired":
        found = [one for one in found if is_expired(one, now)]
    return found


def _text(held: Held) -> str:
    subject = held.document.get("credentialSubject")
    achievement = subject.get("achievement") if isinstance(subject, dict) else None
    parts = achievement if isinstance(achievement, dict) else {}
    issuer = held.document.get("issuer")
    said = [held.document.get("name"), parts.get("name"), parts.get("description"), parts.get("tag")]
    said += [issuer.get("name") if isinstance(issuer, dict) else issuer]
    return " ".join(str(one) for one in said if one).casefold()


def linkedin(badge: Mapping[str, Any], issuer: str, address: str) -> str:
    """The page on which LinkedIn takes a certificate; it fetches nothing, so the badge must be public to be of use."""
    since, until = moment(badge.get("issued_on")), moment(badge.get("expires_on"))
    asked = {"startTask": "CERTIFICATION_NAME", "name": badge.get("name"), "organizationName": issuer}
    for name, at in (("issue", since), ("expiration", until)):
        if at is not None:
            asked |= {f"{name}Year": str(at.year), f"{name}Month": str(at.month)}
    return f"{LINKEDIN}?{urlencode({**asked, 'certUrl': address, 'certId': address})}"
