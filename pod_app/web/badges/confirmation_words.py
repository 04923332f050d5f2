"""A confirmation as pages show it: who says what, since when, and whether the word still holds."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from pod_app.badges.recognition.confirmations import Confirmation
from pod_app.standards.open_badges_shape import moment


def of(one: Confirmation, now: datetime) -> dict[str, Any]:
    """`state` is `holds`, `ended`, `withdrawn`, `fails` or `unknown`: a word is never shown as more than it is."""
    subject, garden = _mapping(one.document.get("credentialSubject")), _mapping(one.issuer.get("parentOrg"))
    return {
        "name": str(one.issuer.get("name") or one.issuer.get("id") or ""),
        "href": f"/{one.by.name}/profile/card" if one.by is not None else one.issuer.get("url"),
        "voice": one.voice,
        "garden": garden.get("name"),
        "text": subject.get("endorsementComment"),
        "date": one.document.get("validFrom"),
        "until": one.document.get("validUntil"),
        "state": _state(one, now),
    }


def _state(one: Confirmation, now: datetime) -> str:
    until = moment(one.document.get("validUntil"))
    if one.is_withdrawn:
        return "withdrawn"
    if until is not None and until <= now:
        return "ended"
    if one.holds:
        return "holds"
    return "unknown" if one.report.verified is None else "fails"


def _mapping(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}
