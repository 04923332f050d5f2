"""Checks that need nothing but the credential and the time: form, contexts, words, dates, recipient."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from pod_app.badges.verifier.case import Case
from pod_app.badges.verifier.report import Check, failed, not_run, of, passed
from pod_app.errors import N_, PodAppError
from pod_app.standards import jsonld
from pod_app.standards.open_badges import is_identity
from pod_app.standards.open_badges_shape import OB_CONTEXT, Problem, end, listed, moment, shape_problems, start
from pod_app.standards.sentences import Sentence, say

_REISSUE: Final = N_("Ask the issuer to issue the badge again.")
_SHOWN: Final = 3


def shape(case: Case) -> Check:
    """Judge the form: only errors fail, the compact form is told and let through."""
    problems = shape_problems(case.document)
    errors = [problem for problem in problems if problem.severity == "error"]
    if errors:
        return Check("shape", "fail", _told(errors), say(_REISSUE))
    return passed("shape", *_told(problems))


def _told(problems: list[Problem]) -> tuple[Sentence, ...]:
    more = len(problems) - _SHOWN
    rest = (say(N_("And {number} more."), number=more),) if more > 0 else ()
    return (*(problem.sentence for problem in problems[:_SHOWN]), *rest)


def contexts(case: Case) -> Check:
    """Judge `@context`: the two vocabularies first and in order, then only known extensions."""
    found = listed(case.document.get("@context"))
    for position, entry in enumerate(found):
        problem = _context_problem(position, entry, is_list=_is_status_list(case.document))
        if problem:
            return failed("contexts", say(problem, context=str(entry)[:200]), say(_REISSUE))
    if len(found) < 1 + (not _is_status_list(case.document)):
        return failed("contexts", say(N_("The two contexts that give the badge its words are missing.")), say(_REISSUE))
    return passed("contexts")


def _is_status_list(document: Mapping[str, Any]) -> bool:
    return not jsonld.STATUS_LISTS.isdisjoint(name for name in listed(document.get("type")) if isinstance(name, str))


def _context_problem(position: int, entry: object, *, is_list: bool) -> str:
    if not isinstance(entry, str):
        return N_("The badge brings words of its own along, which could change the meaning of the others.")
    if position == 0:
        known = entry in {jsonld.VC_1, jsonld.VC_2}
        return "" if known else N_("The first context should be that of verifiable credentials, not {context}.")
    if position == 1 and not is_list:
        known = OB_CONTEXT.match(entry) is not None and entry in jsonld.KNOWN
        return "" if known else N_("The second context should be that of Open Badges 3.0, not {context}.")
    known = entry in jsonld.EXTENSIONS or (is_list and entry in jsonld.OPEN_BADGES)
    return "" if known else N_("The context {context} is not known here, or stands in the wrong place.")


def safe_mode(case: Case) -> Check:
    """Refuse words that no context defines: they are shown to people and not signed."""
    if case.reading.token is not None:
        return not_run("safe-mode", say(N_("A token signs the text of the badge, whatever its words mean.")))
    if not case.is_passed("contexts"):
        return not_run("safe-mode", say(N_("Without sound contexts the words have no meaning.")))
    try:
        jsonld.guard(case.document)
    except PodAppError as error:
        return of("safe-mode", "fail", error)
    return passed("safe-mode")


def valid_from(case: Case) -> Check:
    """Whether the credential has begun to be valid at the time of the check."""
    stated = start(case.document)
    begins = _claimed(case, "nbf") or moment(stated)
    if begins is None:
        detail = say(N_("The badge does not say in a readable way from when it is valid."))
        return failed("valid-from", detail, say(_REISSUE))
    if begins > case.look.at:
        detail = say(N_("The badge is valid only from {date}."), date=_day(begins))
        return failed("valid-from", detail, say(N_("Check it again after that date.")))
    return passed("valid-from", say(N_("Valid from {date}."), date=_day(begins)))


def valid_until(case: Case) -> Check:
    """Whether the credential is still valid at the time of the check."""
    stated = end(case.document)
    ends = _claimed(case, "exp") or moment(stated)
    if ends is None and stated is None:
        return passed("valid-until", say(N_("The badge does not expire.")))
    if ends is None:
        detail = say(N_("The badge does not say in a readable way until when it is valid."))
        return failed("valid-until", detail, say(_REISSUE))
    if ends <= case.look.at:
        detail = say(N_("The badge expired on {date}."), date=_day(ends))
        return failed("valid-until", detail, say(N_("Ask the issuer whether it can be renewed.")))
    return passed("valid-until", say(N_("Valid until {date}."), date=_day(ends)))


def _claimed(case: Case, claim: str) -> datetime | None:
    """Read a token's own date; that of the credential inside must be the same, which `proof` checks."""
    token = case.reading.token
    value = token.claims.get(claim) if token else None
    if not isinstance(value, int | float) or isinstance(value, bool):
        return None
    try:
        return datetime.fromtimestamp(value, case.look.at.tzinfo)
    except (ValueError, OverflowError, OSError):
        return None


def _day(instant: datetime) -> str:
    return instant.date().isoformat()


def recipient(case: Case) -> Check:
    """Whether the credential is about the person it is said to be about (a WebID, DID or mail address)."""
    wanted = [one.strip() for one in case.look.recipients]
    if not wanted:
        return not_run("recipient", say(N_("Nobody was named to compare the recipient with.")))
    subject = case.document.get("credentialSubject")
    people = [item for item in listed(subject) if isinstance(item, Mapping)]
    match = next((one for one in wanted if any(is_about(person, one) for person in people)), None)
    if match is not None:
        return passed("recipient", say(N_("The badge is about {recipient}."), recipient=match))
    return failed(
        "recipient",
        say(N_("The badge is not about {recipient}."), recipient=wanted[0]),
        say(N_("Try the other addresses that this person uses.")),
    )


def is_about(person: Mapping[str, Any], wanted: str) -> bool:
    """Whether a subject (its id, or one of its hashed identifiers) is `wanted`."""
    bare = wanted.removeprefix("mailto:")
    stated = person.get("id")
    if isinstance(stated, str) and (
        stated.strip() == wanted or (stated.startswith("mailto:") and stated[7:].lower() == bare.lower())
    ):
        return True
    return any(is_identity(one, bare) for one in listed(person.get("identifier")) if isinstance(one, Mapping))
