"""A badge as a page shows it: who gave what to whom, since when, and whether it still holds."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final
from urllib.parse import quote

from pod_app.badges.bag import kept
from pod_app.badges.bag.backpack import PLACE, Held
from pod_app.badges.recognition.confirmations import Confirmation, issuer_of
from pod_app.badges.recognition.regards import Seen
from pod_app.badges.signing import status
from pod_app.badges.verifier import verifying
from pod_app.errors import N_
from pod_app.pods.catalogue import Pod
from pod_app.pods.resources import Reading
from pod_app.services import Services
from pod_app.standards import addresses
from pod_app.standards.wac import ANONYMOUS
from pod_app.web.badges import achievement_words, asking_words, confirmation_words

CHECK_TITLES: Final[Mapping[str, str]] = {
    "readable": N_("The badge can be read"),
    "shape": N_("It is a complete Open Badge"),
    "contexts": N_("Its words have their official meaning"),
    "safe-mode": N_("Nothing in it stays unsigned"),
    "issuer-document": N_("Its issuer can be reached"),
    "key": N_("The key belongs to its issuer"),
    "proof": N_("The signature fits: nothing was changed"),
    "refresh": N_("The newest copy was checked"),
    "status": N_("It has not been withdrawn"),
    "valid-from": N_("It has begun"),
    "valid-until": N_("It has not expired"),
    "recipient": N_("It was given to the expected person"),
    "endorsements": N_("Its confirmations hold"),
}
DOWNLOADS: Final = ("image/png", "image/svg+xml", "application/json", "application/pdf", kept.TOKEN)


def of(
    services: Services, reading: Reading, forms: list[dict[str, str]], gettext: Callable[[str], str]
) -> tuple[str, dict[str, Any]]:
    """Template and variables of a badge's page, verified from our own documents, without the network."""
    data = services.resources.data(reading.stored)
    documents = services.backpack.documents_of(reading.address)
    report = kept.report(data, documents, services.own_documents, services.clock())
    document = kept.described(data, reading.stored.media_type, lambda: documents)
    said = services.recognition.confirmations.of_badge(document, _keeper(services, document, reading))
    shown = described(services, document, report, said)
    shown["endorsements"] += [
        asking_words.testimony(link) for link in services.recognition.answering.testimonies(str(document.get("id", "")))
    ]
    iri = reading.address.iri(services.settings.base_url)
    values = {
        **shown,
        "checks": words(report, gettext),
        "badge": {
            **shown["badge"],
            **_came_in(services, reading),
            "href": reading.address.target,
            "audience": "everyone",
        },
        "representations": forms,
        "asked_at": documents.checked_at,
        "gone_since": documents.gone_since,
        "downloads": [form for form in forms if form["type"] in DOWNLOADS],
        "confirm_href": f"/me/confirm?about={quote(iri, safe='')}",
        "verify_href": f"/verify?url={quote(iri, safe='')}",
        "canonical": iri,
        "summary": shown["badge"]["description"],
        "preview_image": f"{iri}.png",
    }
    return "badge.html", values


def _came_in(services: Services, reading: Reading) -> dict[str, str]:
    """The picture in which a badge was imported, when it stands beside it: whoever sees the badge sees it."""
    if not reading.address.path.startswith(PLACE):
        return {}
    picture = services.backpack.one(reading.decision.agent, reading.address).picture
    return {"image": f"{reading.address.target}{picture}", "image_alt": ""} if picture else {}


def described(
    services: Services,
    document: Mapping[str, Any],
    report: verifying.Report,
    said: Sequence[Confirmation] | None = None,
) -> dict[str, Any]:
    """What pages say about a badge and the outcome of its checks.

    `said` are the words about the badge that the reader may see; without them, those inside it alone.
    """
    confirmations = services.recognition.confirmations
    said = confirmations.of_badge(document, None) if said is None else said
    certified = confirmations.of_its_kind(document)
    achievement = _mapping(_mapping(document.get("credentialSubject")).get("achievement"))
    issuer = _issuer(document, confirmations.pod_of(issuer_of(document)))
    badge = achievement_words.tile(achievement, services.settings.base_url) | {
        "name": name_of(document),
        "issued_on": str(document.get("validFrom") or document.get("issuanceDate") or ""),
        "expires_on": document.get("validUntil") or document.get("expirationDate"),
        "status": _status(report),
        "status_reason": _reason(services, document),
        "said": str(document.get("description") or ""),
        "regard": confirmations.regard(document, [*said, *certified]),
        "criteria_html": achievement_words.criteria_html(achievement),
        "criteria_href": achievement_words.criteria_href(achievement),
        "evidence": _evidence(document),
        "alignments": achievement_words.alignments(achievement),
        "tags": achievement_words.tags(achievement),
        "achievement_href": achievement.get("id"),
    }
    return {
        "badge": badge,
        "issuer": issuer,
        "recipient": _recipient(services, document),
        "endorsements": [confirmation_words.of(one, services.clock()) for one in said],
        "certifications": [confirmation_words.of(one, services.clock()) for one in certified if one.holds],
        "verified": report.verified,
        "checked_at": services.clock(),
    }


def words(report: verifying.Report, gettext: Callable[[str], str]) -> list[dict[str, str]]:
    """The rows of a report in the reader's language."""
    return [{**check.to_json(gettext), "title": gettext(CHECK_TITLES[check.name])} for check in report.checks]


def tiles_of(services: Services, pod: Pod, badges: Sequence[Held]) -> list[dict[str, Any]]:
    """Badges of a pod's bag in a list, each with whose look stands behind it."""
    seen = services.recognition.regards.of([held.document for held in badges], pod.name)
    base = services.settings.base_url
    return [_tile(held, one, base) for held, one in zip(badges, seen, strict=True)]


def name_of(badge: Mapping[str, Any]) -> str:
    """What a badge is called: by its own name, or that of its achievement."""
    achievement = _mapping(_mapping(badge.get("credentialSubject")).get("achievement"))
    return str(badge.get("name") or achievement.get("name", ""))


def public_tiles(services: Services, pod: Pod) -> list[dict[str, Any]]:
    """The badges of a pod that everybody may see."""
    return tiles_of(services, pod, services.backpack.held(ANONYMOUS, pod))


def _tile(held: Held, seen: Seen, base_url: str) -> dict[str, Any]:
    achievement = _mapping(_mapping(held.document.get("credentialSubject")).get("achievement"))
    own = {"image": f"{held.address.target}{held.picture}", "image_alt": ""} if held.picture else {}
    return achievement_words.tile(achievement, base_url) | {
        **own,
        "name": name_of(held.document),
        "href": held.address.target,
        "issuer_name": _issuer(held.document, seen.issuer)["name"],
        "issued_on": str(held.document.get("validFrom") or held.document.get("issuanceDate") or ""),
        "regard": seen.regard,
    }


def _status(report: verifying.Report) -> str:
    outcomes = {check.name: check.outcome for check in report.checks}
    if outcomes.get("status") == "fail":
        return "revoked"
    if outcomes.get("valid-until") == "fail":
        return "expired"
    return "valid" if report.verified else "unknown"


def _reason(services: Services, document: Mapping[str, Any]) -> str | None:
    record = addresses.of_iri(str(document.get("id", "")), services.settings.base_url)
    if record is None:
        return None
    with services.resources.reading() as conn:
        return status.reason(conn, record)


def _issuer(document: Mapping[str, Any], pod: Pod | None) -> dict[str, Any]:
    """Who gave a badge; `pod` when that is one of ours."""
    issuer = document.get("issuer")
    profile = _mapping(issuer)
    if pod is not None:
        return achievement_words.issuer_of(pod)
    return {
        "name": str(profile.get("name") or profile.get("id") or issuer or ""),
        "href": profile.get("url"),
        "kind": "outside",
    }


def _keeper(services: Services, document: Mapping[str, Any], reading: Reading) -> str:
    """The pod in which words about a badge are kept: that of its holder when it is here."""
    holder = services.catalogue.of_webid(str(_mapping(document.get("credentialSubject")).get("id", "")))
    return holder.name if holder is not None else reading.address.pod


def _recipient(services: Services, document: Mapping[str, Any]) -> dict[str, Any] | None:
    webid = _mapping(document.get("credentialSubject")).get("id")
    if not isinstance(webid, str):
        return None
    pod = services.catalogue.of_webid(webid)
    if pod is None:
        return {"name": webid, "href": webid}
    return {"name": pod.title, "href": f"/{pod.name}/profile/card", "kind": pod.kind}


def _evidence(document: Mapping[str, Any]) -> list[dict[str, Any]]:
    found = document.get("evidence") or []
    return [
        {"name": one.get("name"), "text": one.get("narrative") or one.get("description"), "href": one.get("id")}
        for one in (found if isinstance(found, list) else [found])
        if isinstance(one, Mapping)
    ]


def _mapping(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}
