"""Is this badge genuine, unchanged, still valid, and about this person? Checked step by step, told in words.

The order is that of Open Badges 3.0 §8 (open-badges.md §5.8); every check of `CHECKS` is in every
report, also those that were not run. Takes badges of anybody: JSON, tokens, baked PNG and SVG, on VC
Data Model 2.0 or 1.1. The network is an argument, so is the time.
"""

from collections.abc import Callable, Collection, Iterator, Mapping
from datetime import datetime
from functools import partial
from typing import Any, Final

from pod_app.badges.verifier import earlier_versions, form, keys
from pod_app.badges.verifier import refresh as refreshing
from pod_app.badges.verifier.case import Case, Look
from pod_app.badges.verifier.reading import MAX_DOCUMENT, Reading, of_document, of_token, read
from pod_app.badges.verifier.report import (
    CHECKS,
    Check,
    Fetch,
    Fetched,
    Report,
    documents,
    failed,
    not_run,
    of,
    passed,
    unknown,
)
from pod_app.badges.verifier.status import status
from pod_app.errors import N_, PodAppError
from pod_app.standards.open_badges_shape import listed
from pod_app.standards.sentences import say

__all__ = ["CHECKS", "MAX_DOCUMENT", "Check", "Fetch", "Fetched", "Report", "documents", "verify"]

MAX_ENDORSEMENTS: Final = 16
_MAX_DEPTH: Final = 64
Step = Callable[[Case], Check]


def verify(
    body: bytes,
    *,
    fetch: Fetch,
    at: datetime,
    recipient: str | Collection[str] | None = None,
    plain_http: Collection[str] = (),
    found_at: str | None = None,
) -> Report:
    """Check a file that should hold a badge; never raises for what is in the file or on the network.

    `at` has a time zone; `recipient` is a WebID, a DID or a mail address, or several names of one person;
    `plain_http` names `host:port` whose did:web documents are fetched without TLS (trials on one's own machine);
    `found_at` is where the file was had, which badges of before 2012 do not say themselves.
    """
    recipients = (recipient,) if isinstance(recipient, str) else tuple(recipient or ())
    look = Look(fetch, at, recipients, plain_http, found_at)
    try:
        reading = read(body)
    except PodAppError as error:
        rest = [not_run(name, say(N_("Nothing could be read."))) for name in CHECKS[1:]]
        return Report((of("readable", "fail", error), *rest))
    return _report(reading, look)


def _report(reading: Reading, look: Look) -> Report:
    case = Case(reading, look)
    case.checks["readable"] = passed("readable")
    if reading.is_open_badges_2:
        found, shown = earlier_versions.checks(reading, look)
        case.checks |= found
        return Report(tuple(case.checks[name] for name in CHECKS), shown, reading.text)
    _run(case, _UNTIL_PROOF)
    judged = _newest(case)
    _run(judged, _AFTER_PROOF)
    renewed = judged.document if judged is not case else None
    return Report(tuple(judged.checks[name] for name in CHECKS), reading.document, reading.text, renewed)


def _newest(case: Case) -> Case:
    """The case of the newer copy that the issuer keeps, when there is one and its own proof holds."""
    check, found = refreshing.newer(case)
    case.checks[refreshing.NAME] = check
    if found is None:
        return case
    renewed = Case(found, case.look)
    renewed.checks |= {"readable": passed("readable"), refreshing.NAME: check}
    _run(renewed, _UNTIL_PROOF)
    if renewed.is_passed("proof"):
        return renewed
    case.checks[refreshing.NAME] = refreshing.passed_over(found.document["id"])
    return case


def _run(case: Case, steps: Mapping[str, Step]) -> Mapping[str, Check]:
    for name, step in steps.items():
        case.checks[name] = step(case)
    return case.checks


def _endorsements(case: Case) -> Check:
    """Verify each embedded endorsement on its own: a bad one spoils the whole (Open Badges 3.0 §8)."""
    found = list(_embedded(case.document))
    if not found:
        return not_run("endorsements", say(N_("Nobody has endorsed the badge inside it.")))
    if not case.is_passed("proof"):
        return not_run("endorsements", say(N_("A badge whose signature does not hold is not looked into further.")))
    if len(found) > MAX_ENDORSEMENTS:
        return unknown("endorsements", say(N_("There are more than {number} endorsements."), number=MAX_ENDORSEMENTS))
    about = set(_ids(case.document))
    checks = [_endorsement(one, about, case.look) for one in found]
    rank = {"fail": 0, "unknown": 1, "pass": 2}
    worst = min(checks, key=lambda check: rank[check.outcome])
    told = (sentence for check in checks for sentence in check.detail if check.outcome == worst.outcome)
    return Check(worst.name, worst.outcome, tuple(told), worst.remedy)


def _endorsement(found: Any, about: set[str], look: Look) -> Check:
    name = "endorsements"
    try:
        reading = of_token(found) if isinstance(found, str) else of_document(found)
    except PodAppError as error:
        return of(name, "fail", error)
    case = Case(reading, look)
    checks = _run(case, _OF_ENDORSEMENT)
    who = str(reading.document.get("name") or reading.document.get("id"))[:100]
    for outcome in ("fail", "unknown"):
        for check in checks.values():
            if check.outcome == outcome:
                return Check(name, outcome, (say(N_("The endorsement «{who}»:"), who=who), *check.detail), check.remedy)
    if not case.is_passed("proof"):
        return unknown(name, say(N_("The endorsement «{who}» could not be checked."), who=who))
    subjects = [item for item in listed(reading.document.get("credentialSubject")) if isinstance(item, Mapping)]
    if not any(subject.get("id") in about for subject in subjects):
        return failed(name, say(N_("The endorsement «{who}» is about something else than this badge."), who=who))
    return passed(name, say(N_("The endorsement «{who}» holds."), who=who))


def _embedded(value: Any, depth: int = 0) -> Iterator[Any]:
    """Endorsements at any place of the credential, but not those inside endorsements."""
    if depth > _MAX_DEPTH:
        return
    if isinstance(value, Mapping):
        for name, inner in value.items():
            if name in {"endorsement", "endorsementJwt"}:
                yield from (item for item in listed(inner) if isinstance(item, Mapping | str))
            else:
                yield from _embedded(inner, depth + 1)
    elif isinstance(value, list):
        for item in value:
            yield from _embedded(item, depth + 1)


def _ids(value: Any, depth: int = 0) -> Iterator[str]:
    """Ids of everything that the credential speaks of, without the endorsements themselves."""
    if depth > _MAX_DEPTH:
        return
    if isinstance(value, Mapping):
        if isinstance(value.get("id"), str):
            yield value["id"]
        for name, inner in value.items():
            if name not in {"endorsement", "endorsementJwt"}:
                yield from _ids(inner, depth + 1)
    elif isinstance(value, list):
        for item in value:
            yield from _ids(item, depth + 1)


_PROVING: Final[Mapping[str, Step]] = {
    "contexts": form.contexts,
    "safe-mode": form.safe_mode,
    "issuer-document": keys.issuer_document,
    "key": keys.key,
    "proof": keys.proof,
    "valid-from": form.valid_from,
    "valid-until": form.valid_until,
}


def _prove(case: Case) -> Mapping[str, Check]:
    return _run(case, _PROVING)


_UNTIL_PROOF: Final[Mapping[str, Step]] = {
    "shape": form.shape,
    "contexts": form.contexts,
    "safe-mode": form.safe_mode,
    "issuer-document": keys.issuer_document,
    "key": keys.key,
    "proof": keys.proof,
}
_OF_ENDORSEMENT: Final[Mapping[str, Step]] = {
    **_UNTIL_PROOF,
    "status": partial(status, prove=_prove),
    "valid-from": form.valid_from,
    "valid-until": form.valid_until,
}
_AFTER_PROOF: Final[Mapping[str, Step]] = {
    "status": partial(status, prove=_prove),
    "valid-from": form.valid_from,
    "valid-until": form.valid_until,
    "recipient": form.recipient,
    "endorsements": _endorsements,
}
