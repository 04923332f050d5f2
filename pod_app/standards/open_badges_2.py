"""Open Badges before verifiable credentials (0.5, 1.0, 1.1, 2.0, 2.1), read only and as they are met in the wild.

https://www.imsglobal.org/sites/default/files/Badges/OBv2p0Final/index.html and, for what came before,
https://github.com/mozilla/openbadges-specification. An award is an *assertion* that points to, or holds, a
*badge class*, which points to, or holds, its *issuer*. Nothing here fetches anything.
"""

import hashlib
import json
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Final
from urllib.parse import urlsplit

from pod_app.errors import N_
from pod_app.standards.open_badges import identity_hash
from pod_app.standards.open_badges_shape import listed, moment
from pod_app.standards.sentences import Sentence, say

CONTEXT: Final = "https://w3id.org/openbadges/v2"
AWARD: Final = "Assertion"
PARTS: Final = frozenset({"BadgeClass", "Issuer", "Profile", "RevocationList", "CryptographicKey", "Endorsement"})
_HASH: Final = re.compile(r"(sha256|md5)\$[0-9a-fA-F]+\Z")
_DAY: Final = re.compile(r"\d{4}-\d\d-\d\d\Z")
_NAIVE: Final = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d(\.\d+)?)?\Z")
_LATEST: Final = 253_402_300_799  # the last second of the year 9999
_IDENTITY_TYPES: Final = {"email": "emailAddress"}


def is_web(value: object) -> bool:
    """Whether a value is an address that can be asked over HTTP."""
    return isinstance(value, str) and value.startswith(("https://", "http://"))


def kind(document: Mapping[str, Any]) -> str:
    """`Assertion`, or the name of the part that the document is instead of one."""
    types = {name for name in listed(document.get("type")) if isinstance(name, str)}
    if AWARD in types or "recipient" in document or set(document) <= {"type", "id"}:
        return AWARD
    return next(iter(sorted(types & PARTS)), AWARD if "badge" in document else "?")


def generation(assertion: Mapping[str, Any]) -> str:
    """`0.5`, `1` or `2`, by the traits that only that generation has."""
    badge = assertion.get("badge")
    if isinstance(badge, Mapping) and isinstance(badge.get("issuer"), Mapping) and "origin" in badge["issuer"]:
        return "0.5"
    return "1" if "verify" in assertion and "verification" not in assertion else "2"


def hosted_at(assertion: Mapping[str, Any]) -> str | None:
    """Where the issuer keeps the assertion; None when it does not say, as 0.5 never does."""
    old = assertion.get("verify")
    said = old.get("url") if isinstance(old, Mapping) else None
    return next((str(one) for one in (said, assertion.get("id")) if is_web(one)), None)


def key_at(assertion: Mapping[str, Any]) -> str | None:
    """Where the key of a signed assertion is described; None leaves it to the issuer's profile."""
    for name, part in (("verification", "creator"), ("verify", "creator"), ("verify", "url")):
        said = assertion.get(name)
        if isinstance(said, Mapping) and is_web(said.get(part)):
            return str(said[part])
    return None


def same_address(one: str, other: str) -> bool:
    """Whether two addresses are one: hosts moved to https while the ids of their badges still say http."""
    return re.sub(r"^https?:", "", one.strip()).rstrip("/") == re.sub(r"^https?:", "", other.strip()).rstrip("/")


def host(address: str) -> str:
    """`host` or `host:port` in lower case."""
    try:
        return urlsplit(address if "//" in address else f"//{address}").netloc.rpartition("@")[2].lower()
    except ValueError:
        return ""


def may_host(issuer: Mapping[str, Any], issuer_at: str, place: str) -> bool:
    """Whether the issuer lets its assertions be kept at `place` (§ VerificationObject): origins, then beginnings."""
    rules = issuer.get("verification")
    rules = rules if isinstance(rules, Mapping) else {}
    origins = [host(str(one)) for one in listed(rules.get("allowedOrigins"))] or [host(issuer_at)]
    starts = [str(one) for one in listed(rules.get("startsWith"))]
    return host(place) in origins and (not starts or any(place.startswith(start) for start in starts))


def issuer_id(issuer: Mapping[str, Any], issuer_at: str = "") -> str:
    """One name for an issuer: where it stands, its id, or the origin that 0.5 gave."""
    return str(issuer_at or issuer.get("id") or issuer.get("origin") or issuer.get("url") or "")


def instant(value: object) -> datetime | None:
    """A date as any generation wrote it: ISO 8601 with or without zone, a day alone, seconds since 1970."""
    if isinstance(value, bool):
        return None
    if isinstance(value, int | float) or (isinstance(value, str) and value.isdecimal() and len(value) > 4):  # noqa: PLR2004  # no year
        number = float(value)
        return datetime.fromtimestamp(number, UTC) if 0 <= number <= _LATEST else None
    if not isinstance(value, str):
        return None
    if _DAY.match(value):
        return moment(f"{value}T00:00:00Z")
    return moment(value) or (moment(f"{value.replace(' ', 'T')}Z") if _NAIVE.match(value) else None)


def revocation(issued: Mapping[str, Any], listing: Mapping[str, Any]) -> str | None:
    """The reason why an issuer's list of withdrawn assertions names this one (it may be empty), else None."""
    names = {str(issued[key]) for key in ("id", "uid") if issued.get(key)}
    entries = listing.get("revokedAssertions")
    if entries is None:  # 1.x: an object from uid to reason
        return next((str(listing[name]) for name in sorted(names) if name in listing), None)
    for entry in listed(entries):
        found = entry if isinstance(entry, Mapping) else {"id": entry}
        if names & {str(found.get("id")), str(found.get("uid"))}:
            return str(found.get("revocationReason") or "")
    return None


def problems(assertion: Mapping[str, Any], badge: Mapping[str, Any] | None) -> list[Sentence]:
    """What an award lacks to be understood; a badge class that could not be had is not judged."""
    missing = [name for name, there in _parts_of_an_award(assertion) if not there]
    if badge is not None:
        missing += [f"badge.{name}" for name in ("name", "issuer") if not badge.get(name)]
    types = listed(assertion.get("type"))
    wrong = [say(N_("{path} should be {value}."), path="type", value=AWARD)] if types and AWARD not in types else []
    return wrong + [say(N_("{path} is missing."), path=path) for path in missing]


def _parts_of_an_award(assertion: Mapping[str, Any]) -> list[tuple[str, bool]]:
    recipient = assertion.get("recipient")
    is_old = generation(assertion) == "0.5"
    named = isinstance(recipient, str) if is_old else isinstance(recipient, Mapping) and bool(recipient.get("identity"))
    issued = is_old or bool(assertion.get("issuedOn") or assertion.get("issued_on"))
    return [("recipient", named), ("badge", bool(assertion.get("badge"))), ("issuedOn", issued)]


# -- for hosting ----------------------------------------------------------------------------------


def hosted(
    badge: Mapping[str, Any], iri: str, badge_at: str, recipient: str, kind_of: str, salt: str
) -> dict[str, Any]:
    """The assertion that stands for a badge of version 3 (OBv2 § Assertion); `kind_of` is `email` or `url`."""
    identity = {"type": kind_of, "hashed": True, "salt": salt, "identity": identity_hash(recipient, salt)}
    return _filled(
        {
            "@context": CONTEXT,
            "id": iri,
            "type": AWARD,
            "recipient": identity,
            "badge": badge_at,
            "verification": {"type": "HostedBadge"},
            "issuedOn": badge.get("validFrom"),
            "expires": badge.get("validUntil"),
            "evidence": [
                {name: one[name] for name in _OF_EVIDENCE if name in one} for one in _objects(badge, "evidence")
            ],
        }
    )


_OF_EVIDENCE: Final = ("id", "narrative", "name", "description", "genre", "audience")


def badge_class(badge: Mapping[str, Any], iri: str, issuer_at: str) -> dict[str, Any]:
    """What the badge is given for (OBv2 § BadgeClass); its picture is that of the achievement."""
    found = badge["credentialSubject"]["achievement"]
    criteria = found.get("criteria") or {}
    return _filled(
        {
            "@context": CONTEXT,
            "id": iri,
            "type": "BadgeClass",
            "name": found.get("name"),
            "description": found.get("description"),
            "image": f"{found['id']}.png",
            "criteria": _filled({"id": criteria.get("id") or found["id"], "narrative": criteria.get("narrative")}),
            "issuer": issuer_at,
            "tags": listed(found.get("tag")),
            "alignment": [
                {name: one[name] for name in _OF_ALIGNMENT if name in one} for one in _objects(found, "alignment")
            ],
        }
    )


_OF_ALIGNMENT: Final = ("targetName", "targetUrl", "targetDescription", "targetFramework", "targetCode")


def issuer(iri: str, name: str, page: str) -> dict[str, Any]:
    """Who gives it (OBv2 § Profile); its badges are kept on its own host."""
    return {"@context": CONTEXT, "id": iri, "type": "Issuer", "name": name, "url": page}


def withdrawn(iri: str, reason: str) -> dict[str, Any]:
    """What stands in place of an assertion that was taken back."""
    return {"@context": CONTEXT, "id": iri, "type": AWARD, "revoked": True, "revocationReason": reason}


def _objects(value: Mapping[str, Any], name: str) -> list[Mapping[str, Any]]:
    return [one for one in listed(value.get(name)) if isinstance(one, Mapping)]


# -- for reading -----------------------------------------------------------------------------------


def as_credential(
    assertion: Mapping[str, Any], badge: Mapping[str, Any] | None, issuer: Mapping[str, Any] | None, place: str = ""
) -> dict[str, Any]:
    """The award under the names of Open Badges 3.0, for pages and comparisons: never signed, stored or sent.

    `place` is where the assertion is hosted. Parts that could not be had are left out.
    """
    badge, issuer = badge or {}, issuer or {}
    issuer_at = badge.get("issuer") if isinstance(badge.get("issuer"), str) else ""
    made = {
        "id": str(assertion.get("id") or place or assertion.get("uid") or _content_name(assertion)),
        "type": [AWARD],
        "name": badge.get("name"),
        "issuer": _profile(issuer, str(issuer_at or ""), place),
        "validFrom": _written(assertion.get("issuedOn") or assertion.get("issued_on")),
        "validUntil": _written(assertion.get("expires")),
        "evidence": [_evidence(one) for one in listed(assertion.get("evidence"))],
        "credentialSubject": {
            **_subject(assertion), "narrative": assertion.get("narrative"),
            "achievement": _achievement(badge, assertion.get("badge")),
        },
    }  # fmt: skip
    return _filled(made)


def _content_name(assertion: Mapping[str, Any]) -> str:
    """A name for an award of 0.5 that was sent without its address."""
    return "urn:sha256:" + hashlib.sha256(json.dumps(assertion, sort_keys=True).encode()).hexdigest()


def _profile(issuer: Mapping[str, Any], issuer_at: str, place: str) -> dict[str, Any]:
    profile = {
        "id": issuer_id(issuer, issuer_at), "type": ["Profile"], "name": issuer.get("name") or host(issuer_at or place),
        "url": issuer.get("url") or issuer.get("origin"), "description": issuer.get("description"),
    }  # fmt: skip
    return _filled(profile)


def _achievement(badge: Mapping[str, Any], reference: object) -> dict[str, Any]:
    criteria, image = _object(badge.get("criteria")), _object(badge.get("image"))
    made = {
        "id": badge.get("id") or (reference if isinstance(reference, str) else None),
        "type": ["Achievement"],
        "name": badge.get("name"),
        "description": badge.get("description"),
        "criteria": _filled({"id": criteria.get("id"), "narrative": criteria.get("narrative")}),
        "image": _filled({"id": image["id"], "type": "Image", "caption": image.get("caption")})
        if "id" in image
        else None,
        "tag": [str(one) for one in listed(badge.get("tags"))],
        "alignment": [_alignment(one) for one in listed(badge.get("alignment")) if isinstance(one, Mapping)],
    }
    return _filled(made)


def _object(value: object) -> Mapping[str, Any]:
    """What may be an address alone or an object with that address."""
    return value if isinstance(value, Mapping) else {"id": value} if isinstance(value, str) else {}


def _alignment(one: Mapping[str, Any]) -> dict[str, Any]:
    return _filled(
        {
            "type": ["Alignment"],
            "targetName": one.get("targetName") or one.get("name"),
            "targetUrl": one.get("targetUrl") or one.get("url"),
            "targetFramework": one.get("targetFramework"),
            "targetDescription": one.get("targetDescription") or one.get("description"),
        }
    )


def _evidence(one: object) -> dict[str, Any]:
    if not isinstance(one, Mapping):
        return _filled({"id": one if isinstance(one, str) else None, "type": ["Evidence"]})
    kept = {name: one.get(name) for name in ("id", "name", "narrative", "description", "genre")}
    return _filled({**kept, "type": ["Evidence"]})


def _subject(assertion: Mapping[str, Any]) -> dict[str, Any]:
    """The recipient: an address stays among identifiers, so that no page shows it by mistake."""
    recipient = assertion.get("recipient")
    if isinstance(recipient, str):
        recipient = {"type": "email", "identity": recipient, "salt": assertion.get("salt")}
    if not isinstance(recipient, Mapping) or not isinstance(recipient.get("identity"), str):
        return {}
    identity, name = recipient["identity"], str(recipient.get("type") or "email")
    hashed = _HASH.match(identity) is not None or str(recipient.get("hashed")).lower() == "true"
    if name in {"id", "url"} and not hashed:
        return {"id": identity}
    one = {
        "type": "IdentityObject", "hashed": hashed, "identityHash": identity,
        "identityType": _IDENTITY_TYPES.get(name, f"ext:{name}"), "salt": recipient.get("salt"),
    }  # fmt: skip
    return {"identifier": [_filled(one)]}


def _written(value: object) -> object:
    """A date in the form of version 3; one that nobody can read stays as it is, so that its check fails."""
    found = instant(value)
    return value if found is None else found.astimezone(UTC).isoformat().replace("+00:00", "Z")


def _filled(made: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in made.items() if value not in (None, [], "", {})}
