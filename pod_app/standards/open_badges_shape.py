"""What Open Badges 3.0 demands of a credential, class by class, and where a document departs from it.

https://www.imsglobal.org/spec/ob/v3p0/ (cardinalities of §B), read with two mercies. A *compact* form
(one object where a list belongs, an address where an object belongs) is the same JSON-LD and only a
warning. Badges on VC Data Model 1.1 say `issuanceDate` and `expirationDate`.

The rules themselves are the table in `open_badges_classes`.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final, Literal

from pod_app.errors import N_
from pod_app.standards.open_badges_classes import (
    ACHIEVEMENT_TYPES,
    ANY_TYPE,
    CLASSES,
    CREDENTIAL_TYPES,
    IDENTIFIER_TYPES,
    NO_TYPE,
    PLAIN_TYPE,
    RESULT_STATUSES,
    RESULT_TYPES,
    TARGET_TYPES,
)
from pod_app.standards.sentences import Sentence, say

VC_1: Final = "https://www.w3.org/2018/credentials/v1"
VC_2: Final = "https://www.w3.org/ns/credentials/v2"
OB_CONTEXT: Final = re.compile(r"https://purl\.imsglobal\.org/spec/ob/v3p0/context(-3\.\d\.\d)?\.json\Z")
MAX_DEPTH: Final = 32

_IRI: Final = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:[^\s<>\"{}|\\^`\x00-\x20]+\Z")
_LANGUAGE: Final = re.compile(r"[a-z]{2,4}(-[A-Z][a-z]{3})?(-([A-Z]{2}|[0-9]{3}))?\Z")
_MOMENT: Final = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)?\Z")
_EXTENSION: Final = re.compile(r"ext:[A-Za-z0-9._:|-]+\Z")


def moment(text: object) -> datetime | None:
    """Read an aware instant out of `YYYY-MM-DDThh:mm:ss` with its time zone; None for anything else."""
    found = _naive_or_aware(text)
    return found if found is not None and found.tzinfo is not None else None


def _naive_or_aware(text: object) -> datetime | None:
    if not isinstance(text, str) or not _MOMENT.match(text):
        return None
    try:
        found = datetime.fromisoformat(text)
        return found.astimezone(UTC) if found.tzinfo else found
    except (ValueError, OverflowError):
        return None


def is_iri(value: object) -> bool:
    """Whether it is an absolute IRI: a scheme and something after it, no spaces or brackets."""
    return isinstance(value, str) and _IRI.match(value) is not None


def _is_text(value: object) -> bool:
    return isinstance(value, str) and value != ""


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _one_of(terms: frozenset[str]) -> Callable[[object], bool]:
    return lambda value: isinstance(value, str) and (value in terms or _EXTENSION.match(value) is not None)


_SCALARS: Final[Mapping[str, tuple[Callable[[object], bool], str]]] = {
    "text": (_is_text, N_("{path} should be a text.")),
    "string": (lambda value: isinstance(value, str), N_("{path} should be a text.")),
    "iri": (is_iri, N_("{path} should be a complete address such as https://… or did:….")),
    "moment": (lambda value: moment(value) is not None, N_("{path} should be a date with time and time zone.")),
    "local": (lambda value: _naive_or_aware(value) is not None, N_("{path} should be a date with time.")),
    "day": (
        lambda value: isinstance(value, str) and re.match(r"\d{4}-\d\d-\d\d\Z", value) is not None,
        N_("{path} should be a calendar date."),
    ),
    "number": (_is_number, N_("{path} should be a number.")),
    "index": (
        lambda value: isinstance(value, str) and value.isascii() and value.isdecimal(),
        N_("{path} should be a whole number written as a text."),
    ),
    "boolean": (lambda value: isinstance(value, bool), N_("{path} should be true or false.")),
    "language": (
        lambda value: isinstance(value, str) and _LANGUAGE.match(value) is not None,
        N_("{path} should be a language code such as fr or en-GB."),
    ),
    "jws": (
        lambda value: isinstance(value, str) and value.count(".") == 2,  # noqa: PLR2004  # header.payload.signature
        N_("{path} should be a signed token of three parts."),
    ),
    "anything": (lambda _value: True, ""),
    "identifierType": (
        _one_of(IDENTIFIER_TYPES),
        N_("{path} should be a known kind of identifier or start with ext:."),
    ),
    "achievementType": (
        _one_of(ACHIEVEMENT_TYPES),
        N_("{path} should be a known kind of achievement or start with ext:."),
    ),
    "resultType": (_one_of(RESULT_TYPES), N_("{path} should be a known kind of result or start with ext:.")),
    "targetType": (_one_of(TARGET_TYPES), N_("{path} should be a known kind of framework item or start with ext:.")),
    "resultStatus": (lambda value: value in RESULT_STATUSES, N_("{path} should be one of the seven result statuses.")),
}

_COMPACT_AS_ADDRESS: Final = frozenset({"Profile", "Image"})
_OLD_NAMES: Final = {"validFrom": "issuanceDate", "validUntil": "expirationDate"}


@dataclass(frozen=True, slots=True)
class Problem:
    """One departure from the specification, at `path` (`credentialSubject.achievement.name`)."""

    path: str
    sentence: Sentence
    severity: Literal["error", "warning"] = "error"


def shape_problems(document: object) -> list[Problem]:
    """Every departure of a credential (badge or endorsement) from its classes; errors and warnings mixed.

    No proof, address or date is judged here: only form. An empty list is a credential in the strict form.
    """
    if not isinstance(document, Mapping):
        return [Problem("", say(N_("The credential should be a JSON object.")))]
    name = "EndorsementCredential" if is_endorsement(document) else "OpenBadgeCredential"
    return class_problems(name, document)


def class_problems(class_name: str, document: Mapping[str, Any], path: str = "") -> list[Problem]:
    """Departures of an object from one class of `CLASSES`, with everything inside it."""
    return list(_object(class_name, document, path, 0))


def is_endorsement(document: Mapping[str, Any]) -> bool:
    """Whether the credential calls itself an endorsement."""
    return "EndorsementCredential" in listed(document.get("type"))


def listed(value: object) -> list[Any]:
    """Make a list of a JSON-LD set in either form; nothing is an empty list."""
    if value is None:
        return []
    return value if isinstance(value, list) else [value]


def is_data_model_1(document: Mapping[str, Any]) -> bool:
    """Whether a credential is on VC Data Model 1.1, which names its dates otherwise."""
    return VC_1 in listed(document.get("@context"))


def start(document: Mapping[str, Any]) -> Any:
    """`validFrom`, or `issuanceDate` under VC Data Model 1.1."""
    return document.get("issuanceDate" if is_data_model_1(document) else "validFrom", document.get("validFrom"))


def end(document: Mapping[str, Any]) -> Any:
    """`validUntil`, or `expirationDate` under VC Data Model 1.1."""
    return document.get("expirationDate" if is_data_model_1(document) else "validUntil", document.get("validUntil"))


def _object(class_name: str, document: Mapping[str, Any], path: str, depth: int) -> Iterator[Problem]:
    if depth > MAX_DEPTH:
        yield Problem(path, say(N_("{path} is nested too deeply."), path=path))
        return
    yield from _type(class_name, document, path)
    old = class_name in CREDENTIAL_TYPES and is_data_model_1(document)
    for name, rule in CLASSES[class_name].items():
        key = _OLD_NAMES.get(name, name) if old and name not in document else name
        yield from _property(rule, document, key, _join(path, key), depth)
    yield from _SEMANTICS.get(class_name, _nothing)(document, path)


def _type(class_name: str, document: Mapping[str, Any], path: str) -> Iterator[Problem]:
    if class_name in NO_TYPE:
        return
    where, types = _join(path, "type"), document.get("type")
    found = {item for item in listed(types) if isinstance(item, str)}
    groups = (found,) if class_name in ANY_TYPE else CREDENTIAL_TYPES.get(class_name, (frozenset({class_name}),))
    for group in groups:
        if not found & group:
            wanted = " / ".join(sorted(group)) or class_name
            yield Problem(where, say(N_("{path} should contain {wanted}."), path=where, wanted=wanted))
    if found and isinstance(types, list) == (class_name in PLAIN_TYPE) and class_name not in ANY_TYPE:
        yield _compact(where)


def _property(rule: str, document: Mapping[str, Any], key: str, path: str, depth: int) -> Iterator[Problem]:
    count, kind = rule.split()
    if key not in document:
        if count in "1+":
            yield Problem(path, say(N_("{path} is missing."), path=path))
        return
    value = document[key]
    if value is None:
        yield Problem(path, say(N_("{path} is null; leave it out instead."), path=path))
    elif count in "1?":
        yield from _single(kind, value, path, depth)
    elif isinstance(value, list):
        yield from _several(kind, value, path, depth, needed=count == "+")
    else:
        yield _compact(path)
        yield from _value(kind, value, path, depth)


def _single(kind: str, value: object, path: str, depth: int) -> Iterator[Problem]:
    if not isinstance(value, list):
        yield from _value(kind, value, path, depth)
    elif len(value) == 1:
        yield _compact(path)
        yield from _value(kind, value[0], path, depth)
    else:
        yield Problem(path, say(N_("{path} should be one thing, not {number}."), path=path, number=len(value)))


def _several(kind: str, values: list[Any], path: str, depth: int, *, needed: bool) -> Iterator[Problem]:
    if not values:
        severity: Literal["error", "warning"] = "error" if needed else "warning"
        yield Problem(path, say(N_("{path} is an empty list; leave it out instead."), path=path), severity)
    for index, value in enumerate(values):
        yield from _value(kind, value, f"{path}[{index}]", depth)


def _value(kind: str, value: object, path: str, depth: int) -> Iterator[Problem]:
    if kind in CLASSES:
        yield from _inner(kind, value, path, depth)
        return
    test, sentence = _SCALARS[kind]
    if kind == "index" and isinstance(value, int) and not isinstance(value, bool) and value >= 0:
        yield Problem(path, say(sentence, path=path), "warning")
    elif not test(value):
        yield Problem(path, say(sentence, path=path))


def _inner(class_name: str, value: object, path: str, depth: int) -> Iterator[Problem]:
    if isinstance(value, Mapping):
        yield from _object(class_name, value, path, depth + 1)
    elif class_name in _COMPACT_AS_ADDRESS and is_iri(value):
        yield _compact(path)
    else:
        yield Problem(path, say(N_("{path} should be an object."), path=path))


def _compact(path: str) -> Problem:
    return Problem(path, say(N_("{path} is in the compact form, which strict readers refuse."), path=path), "warning")


def _join(path: str, key: str) -> str:
    return f"{path}.{key}" if path else key


def _nothing(_document: Mapping[str, Any], _path: str) -> Iterator[Problem]:
    return iter(())


def _subject(document: Mapping[str, Any], path: str) -> Iterator[Problem]:
    if "id" not in document and not listed(document.get("identifier")):
        yield Problem(path, say(N_("{path} names nobody: it needs id or identifier."), path=path))
    yield from _results(document, path)


def _results(document: Mapping[str, Any], path: str) -> Iterator[Problem]:
    achievement = document.get("achievement")
    descriptions = _objects(achievement.get("resultDescription") if isinstance(achievement, Mapping) else None)
    types = {description.get("id"): description.get("resultType") for description in descriptions}
    levels = {level.get("id") for item in descriptions for level in _objects(item.get("rubricCriterionLevel"))}
    for index, result in enumerate(_objects(document.get("result"))):
        where = f"{path}.result[{index}]"
        linked, level = result.get("resultDescription"), result.get("achievedLevel")
        if isinstance(linked, str) and linked not in types:
            yield Problem(
                where, say(N_("{path} speaks of a result that the achievement does not describe."), path=where)
            )
        if isinstance(level, str) and level not in levels:
            yield Problem(where, say(N_("{path} names a level that the achievement does not have."), path=where))
        if isinstance(linked, str) and types.get(linked) == "Status" and "status" not in result:
            yield Problem(where, say(N_("{path} needs a status."), path=where))


def _objects(value: object) -> list[Mapping[str, Any]]:
    return [item for item in listed(value) if isinstance(item, Mapping)]


def _criteria(document: Mapping[str, Any], path: str) -> Iterator[Problem]:
    if not document.get("id") and not document.get("narrative"):
        yield Problem(
            path, say(N_("{path} should say what it takes, in words or by an address."), path=path), "warning"
        )


def _dates(document: Mapping[str, Any], path: str) -> Iterator[Problem]:
    first, last = moment(start(document)), moment(end(document))
    if first and last and last < first:
        yield Problem(_join(path, "validUntil"), say(N_("The credential ends before it begins.")))


def _profile(document: Mapping[str, Any], path: str) -> Iterator[Problem]:
    if "dateOfBirth" in document:
        where = _join(path, "dateOfBirth")
        yield Problem(where, say(N_("{path} is nobody's business in a badge."), path=where), "warning")


_SEMANTICS: Final[Mapping[str, Callable[[Mapping[str, Any], str], Iterator[Problem]]]] = {
    "AchievementSubject": _subject,
    "Criteria": _criteria,
    "OpenBadgeCredential": _dates,
    "EndorsementCredential": _dates,
    "Profile": _profile,
}
