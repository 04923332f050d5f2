"""Building Open Badges 3.0: achievements, credentials and endorsements as plain JSON objects, unsigned.

https://www.imsglobal.org/spec/ob/v3p0/ on VC Data Model 2.0. What is built passes the strict JSON schema:
no null, no empty list, lists even for one member, whole seconds in UTC, keys in the order people read.
Control characters are taken out of every text, because one canonicaliser in use does not escape them.
"""

import hashlib
import hmac
import re
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any, Final

from pod_app.errors import N_, Invalid
from pod_app.standards.open_badges_shape import (
    VC_2,
    Problem,
    class_problems,
    is_endorsement,
    is_iri,
    moment,
    shape_problems,
)

__all__ = [
    "CONTEXTS",
    "MEDIA_TYPE",
    "Problem",
    "achievement",
    "alignment",
    "credential",
    "endorsement",
    "evidence",
    "hashed_identity",
    "identity_hash",
    "is_identity",
    "is_iri",
    "moment",
    "profile",
    "related",
    "shape_problems",
    "whole_seconds",
]

MEDIA_TYPE: Final = "application/vc"
OB_3: Final = "https://purl.imsglobal.org/spec/ob/v3p0/context-3.0.3.json"
CONTEXTS: Final = (VC_2, OB_3)

# C0 and C1 controls and DEL; new line and tab stay, texts are Markdown.
_CONTROL: Final = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")
_HASHES: Final = ("sha256", "md5")


def achievement(
    *,
    id: str,  # noqa: A002  # the property's name
    name: str,
    description: str,
    narrative: str | None = None,
    criteria_url: str | None = None,
    achievement_type: str | None = None,
    image: str | None = None,
    caption: str | None = None,
    alignments: Iterable[Mapping[str, Any]] = (),
    tags: Iterable[str] = (),
    language: str | None = None,
    creator: Mapping[str, Any] | None = None,
    related_to: Iterable[Mapping[str, Any]] = (),
    version: str | None = None,
    identifiers: Iterable[str] = (),
) -> dict[str, Any]:
    """Build an Achievement («moule»), in one language: other languages are other achievements, by `related_to`.

    `identifiers` are other names of it, such as its address in the forge that it comes from.
    `narrative` is Markdown; one of `narrative` and `criteria_url` is needed. `image` is its address.
    Raises Invalid with the first departure from the specification.
    """
    if not narrative and not criteria_url:
        raise Invalid(N_("The badge does not say what it takes to receive it."), N_("Write it in a sentence or two."))
    built = _filled(
        {
            "id": id,
            "type": ["Achievement"],
            "name": name,
            "description": description,
            "criteria": _filled({"id": criteria_url, "narrative": narrative}),
            "achievementType": achievement_type,
            "image": _image(image, caption),
            "alignment": list(alignments),
            "tag": list(tags),
            "inLanguage": language,
            "creator": creator,
            "related": list(related_to),
            "version": version,
            "otherIdentifier": [
                {"type": "IdentifierEntry", "identifier": one, "identifierType": "identifier"} for one in identifiers
            ],
        },
    )
    return _sound("Achievement", built)


def alignment(
    *,
    name: str,
    url: str,
    code: str | None = None,
    description: str | None = None,
    framework: str | None = None,
    kind: str | None = None,
) -> dict[str, Any]:
    """Tie an achievement to an item of a framework; `kind` is `CTDL`, `CFItem`, `ext:ESCOSkill` or the like.

    For ESCO the address is the concept's own `http://data.europa.eu/esco/…`, without s.
    """
    return _filled(
        {
            "type": ["Alignment"],
            "targetName": name,
            "targetUrl": url,
            "targetCode": code,
            "targetDescription": description,
            "targetFramework": framework,
            "targetType": kind,
        },
    )


def related(iri: str, *, language: str | None = None, version: str | None = None) -> dict[str, Any]:
    """Point to the same achievement in another language or version."""
    return _filled({"id": iri, "type": ["Related"], "inLanguage": language, "version": version})


def profile(
    *,
    id: str,  # noqa: A002  # the property's name
    name: str,
    url: str | None = None,
    image: str | None = None,
    description: str | None = None,
    email: str | None = None,
) -> dict[str, Any]:
    """Describe an issuer, creator or endorser; `id` of an issuer is the DID that signs, `url` the page to read."""
    built = {"id": id, "type": ["Profile"], "name": name, "url": url, "description": description, "email": email}
    return _filled(built | {"image": _image(image, None)})


def evidence(
    *,
    url: str | None = None,
    narrative: str | None = None,
    name: str | None = None,
    description: str | None = None,
    genre: str | None = None,
    audience: str | None = None,
) -> dict[str, Any]:
    """Describe one piece of evidence: an address, words, or both."""
    words = {"narrative": narrative, "name": name, "description": description, "genre": genre, "audience": audience}
    return _filled({"id": url, "type": ["Evidence"]} | words)


def credential(
    *,
    id: str,  # noqa: A002  # the property's name
    issuer: Mapping[str, Any],
    subject: str | Mapping[str, Any],
    achievement: Mapping[str, Any],
    valid_from: datetime,
    name: str | None = None,
    description: str | None = None,
    image: str | None = None,
    valid_until: datetime | None = None,
    awarded: datetime | None = None,
    status_entry: Mapping[str, Any] | None = None,
    evidence: Iterable[Mapping[str, Any]] = (),
    narrative: str | None = None,
    endorsements: Iterable[Mapping[str, Any]] = (),
    refresh: str | None = None,
) -> dict[str, Any]:
    """Build an OpenBadgeCredential, unsigned; `name` defaults to the achievement's.

    `issuer` is a `profile`, `subject` an IRI (a WebID) or a `hashed_identity`, `achievement` one built above,
    `status_entry` the `credentialStatus` of `status_list.entry`, `refresh` the address of a newer copy.
    Moments must carry a time zone; they are cut to whole seconds. Raises Invalid.
    """
    who = {"id": subject} if isinstance(subject, str) else {"identifier": [subject]}
    body = {
        "type": ["VerifiableCredential", "OpenBadgeCredential"],
        "name": name or achievement.get("name"),
        "description": description,
        "image": _image(image, None),
        "credentialSubject": _filled(
            {**who, "type": ["AchievementSubject"], "narrative": narrative, "achievement": achievement},
        ),
        "evidence": list(evidence),
        "endorsement": list(endorsements),
        "credentialStatus": status_entry,
        "refreshService": {"id": refresh, "type": "1EdTechCredentialRefresh"} if refresh else None,
    }
    return _credential(id, issuer, body, valid_from=valid_from, valid_until=valid_until, awarded=awarded)


def endorsement(
    *,
    id: str,  # noqa: A002  # the property's name
    issuer: Mapping[str, Any],
    of: str,
    name: str,
    valid_from: datetime,
    comment: str | None = None,
    valid_until: datetime | None = None,
    status_entry: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """Build an EndorsementCredential about `of` (a credential, an achievement or a profile), unsigned.

    It stands beside the badge: put inside after signing it would break the badge's proof. Raises Invalid.
    """
    subject = _filled({"id": of, "type": ["EndorsementSubject"], "endorsementComment": comment})
    body = {
        "type": ["VerifiableCredential", "EndorsementCredential"],
        "name": name,
        "credentialSubject": subject,
        "credentialStatus": status_entry,
    }
    return _credential(id, issuer, body, valid_from=valid_from, valid_until=valid_until, awarded=None)


def identity_hash(identifier: str, salt: str = "") -> str:
    """Hash an address as `sha256$` + hex of SHA-256 over identifier and salt, exactly as given (§ IdentityHash).

    The salt is public, so anybody can try addresses: prefer a WebID as the subject.
    """
    return "sha256$" + hashlib.sha256((identifier + salt).encode()).hexdigest()


def hashed_identity(email: str, salt: str) -> dict[str, Any]:
    """Name a subject by a salted hash of a mail address, for people who have no WebID yet."""
    return {
        "type": "IdentityObject",
        "hashed": True,
        "identityHash": identity_hash(email, salt),
        "identityType": "emailAddress",
        "salt": salt,
    }


def is_identity(identity: Mapping[str, Any], identifier: str) -> bool:
    """Whether an IdentityObject stands for `identifier` (a mail address, a number…).

    Hex digits compare without case, md5 is read as well; the identifier is tried as given and in lower case.
    """
    stated = identity.get("identityHash")
    if not isinstance(stated, str):
        return False
    if identity.get("hashed") is not True:
        return stated.casefold() == identifier.casefold()
    algorithm, _, digest = stated.partition("$")
    salt = identity.get("salt", "")
    if algorithm not in _HASHES or not isinstance(salt, str):
        return False
    spellings = (identifier, identifier.lower())
    found = [hashlib.new(algorithm, (text + salt).encode(), usedforsecurity=False).hexdigest() for text in spellings]
    return any(hmac.compare_digest(one.encode(), digest.lower().encode()) for one in found)


def whole_seconds(instant: datetime) -> str:
    """Write an instant as `YYYY-MM-DDThh:mm:ssZ`. Raises Invalid when it has no time zone."""
    if instant.tzinfo is None:
        raise Invalid(N_("A date in a badge needs a time zone."), N_("Give the time with its zone."))
    return instant.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _credential(
    iri: str,
    issuer: Mapping[str, Any],
    body: Mapping[str, Any],
    *,
    valid_from: datetime,
    valid_until: datetime | None,
    awarded: datetime | None,
) -> dict[str, Any]:
    dates = {
        "validFrom": whole_seconds(valid_from),
        "validUntil": whole_seconds(valid_until) if valid_until else None,
        "awardedDate": whole_seconds(awarded) if awarded else None,
    }
    built = {"@context": _contexts(body), "id": iri, **_head(body), "issuer": issuer, **dates, **body}
    name = "EndorsementCredential" if is_endorsement(body) else "OpenBadgeCredential"
    return _sound(name, _filled(built))


def _head(body: Mapping[str, Any]) -> dict[str, Any]:
    return {key: body[key] for key in ("type", "name", "description", "image") if key in body}


def _contexts(body: Mapping[str, Any]) -> list[str]:
    # The refresh type is defined only in the third context (1EdTech/openbadges-specification#497).
    extensions = ["https://purl.imsglobal.org/spec/ob/v3p0/extensions.json"] if body.get("refreshService") else []
    return [*CONTEXTS, *extensions]


def _image(address: str | None, caption: str | None) -> dict[str, Any] | None:
    return _filled({"id": address, "type": "Image", "caption": caption}) if address else None


def _filled(built: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in _clean(built).items() if value not in (None, [], "")}


def _clean(value: Any) -> Any:
    if isinstance(value, str):
        return _CONTROL.sub("", value)
    if isinstance(value, Mapping):
        # Endorsements are signed by others already: nothing in them may move.
        return {key: inner if key == "endorsement" else _clean(inner) for key, inner in value.items()}
    return [_clean(inner) for inner in value] if isinstance(value, list | tuple) else value


def _sound(class_name: str, built: dict[str, Any]) -> dict[str, Any]:
    for problem in class_problems(class_name, built):
        # What another hand signed and gave to us goes in as it is; only our own form must be strict.
        if problem.severity == "error":
            raise Invalid(
                N_("The badge is not complete: {problem}"),
                N_("Correct {path} and try again."),
                problem=problem.sentence.text,
                path=problem.path or class_name,
            )
    return built
