"""When two badges are the same badge, and which of the two is newer (open-badges.md §5.1)."""

import uuid
from collections.abc import Mapping
from datetime import datetime
from typing import Any
from urllib.parse import unquote

from pod_app.standards import addresses, did, open_badges, open_badges_2


def name_of(badge: Mapping[str, Any], base_url: str) -> str:
    """One name for one badge in a bag: the record's for those issued here, which may have been delivered before."""
    iri, issuer = _normal(badge.get("id")), _issuer(badge)
    record = addresses.of_iri(iri, base_url)
    ours = None if record is None else _normal(did.did_web(base_url, record.pod))
    if record is not None and record.path.startswith("issued/") and ours == issuer:
        return record.name
    whose = "" if open_badges_2.AWARD in str(badge.get("type")) else issuer  # which may not have answered yet
    return str(uuid.uuid5(uuid.NAMESPACE_URL, f"{whose} {iri}"))


def is_older(badge: Mapping[str, Any], there: Mapping[str, Any]) -> bool:
    """Whether `badge` begins to be valid before the one that is there, or does not say when."""
    before, now = valid_from(there), valid_from(badge)
    return before is not None and (now is None or now < before)


def valid_from(badge: Mapping[str, Any]) -> datetime | None:
    """The moment from which a badge of either data model is valid."""
    return open_badges.moment(badge.get("validFrom") or badge.get("issuanceDate"))


def called(badge: Mapping[str, Any]) -> str:
    """The name of a badge, or of what it is given for."""
    subject = badge.get("credentialSubject")
    achievement = subject.get("achievement") if isinstance(subject, dict) else None
    return str(badge.get("name") or (achievement.get("name") if isinstance(achievement, dict) else "") or "")


def subject(badge: Mapping[str, Any]) -> str:
    """The id of whom it is about."""
    found = badge.get("credentialSubject")
    return str(found.get("id", "")) if isinstance(found, dict) else ""


def _issuer(badge: Mapping[str, Any]) -> str:
    issuer = badge.get("issuer")
    return _normal(issuer.get("id") if isinstance(issuer, dict) else issuer)


def _normal(iri: object) -> str:
    """Ids are the same when they are so after trimming and percent-decoding."""
    return unquote(str(iri or "").strip())
