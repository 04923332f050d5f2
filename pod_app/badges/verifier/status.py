"""Whether the issuer has taken the badge back, asked of the list that the issuer itself signed.

Bitstring Status List 1.0, its forerunner, and 1EdTech's list of revoked credentials. A list that cannot
be had, is too old, or calls itself otherwise leaves the status unknown and never valid; a list signed
by somebody else is a failure (open-badges.md §5.6, trust.md S27). A set bit always counts.
"""

from collections.abc import Callable, Mapping
from typing import Any, Final

from pod_app.badges.verifier.case import ACCEPT_CREDENTIAL, Case
from pod_app.badges.verifier.reading import of_document
from pod_app.badges.verifier.report import Check, Fetched, by_error, failed, not_run, passed, unknown
from pod_app.errors import N_, PodAppError
from pod_app.standards import status_list
from pod_app.standards.open_badges_shape import listed
from pod_app.standards.sentences import Sentence, say

MAX_ENTRIES: Final = 4
_LATER: Final = N_("Try again later; until then do not rely on the badge.")
_ENDING: Final = frozenset({"revocation", "suspension"})

Proving = Callable[[Case], Mapping[str, Check]]
"""Runs the checks from contexts to proof, and the dates, on a document of its own."""


def status(case: Case, prove: Proving) -> Check:
    """Look the credential up in each list that it names."""
    entries = listed(case.document.get("credentialStatus"))
    if not entries:
        return passed("status", say(N_("The issuer keeps no list in which the badge could be withdrawn.")))
    if not case.is_passed("proof"):
        return not_run("status", say(N_("A badge whose signature does not hold is not looked up.")))
    if len(entries) > MAX_ENTRIES:
        return unknown("status", say(N_("The badge names more than {number} lists."), number=MAX_ENTRIES))
    findings = [_entry(case, entry, prove) for entry in entries]
    rank = {"fail": 0, "unknown": 1, "pass": 2, "not-run": 3}
    return min(findings, key=lambda finding: rank[finding.outcome])


def _entry(case: Case, entry: Any, prove: Proving) -> Check:
    if not isinstance(entry, Mapping):
        return failed("status", say(N_("The badge's credentialStatus is not an object.")))
    try:
        if status_list.is_bitstring_entry(entry):
            return _bit(case, entry, prove)
        if "1EdTechRevocationList" in listed(entry.get("type")):
            return _revocation_list(case, entry)
    except PodAppError as error:
        return by_error("status", error)
    kind = str(entry.get("type"))[:100]
    return unknown("status", say(N_("The badge's status is kept in a «{kind}», which is not read here."), kind=kind))


def _bit(case: Case, entry: Mapping[str, Any], prove: Proving) -> Check:
    purpose = str(entry.get("statusPurpose", "revocation"))[:60]
    if purpose not in _ENDING:
        return passed("status", say(N_("The list about «{purpose}» does not end a badge."), purpose=purpose))
    url = _address(entry.get("statusListCredential"))
    if url is None:
        return failed("status", say(N_("The badge does not say where its status list is.")))
    if entry.get("statusSize", 1) not in {1, "1"}:
        return unknown("status", say(N_("The status list has several bits for each badge, which is not read here.")))
    document, found = case.look.document(url, ACCEPT_CREDENTIAL)
    of_list = Case(of_document(document), case.look)
    problem = _list_problem(case, of_list, prove)
    if problem is not None and "key" in of_list.checks and not of_list.is_passed("key"):
        # The issuer may have changed its keys after its own document was read and before its list was (trust.md S41).
        of_list = Case(of_document(document), case.look.afresh())
        problem = _list_problem(case, of_list, prove)
    if problem is not None and not of_list.is_passed("proof"):
        return problem
    if status_list.is_set(document, status_list.index_of(entry, strict=False), purpose=purpose):
        return _withdrawn(purpose)
    return problem or _fresh(case, found, document, url)


def _list_problem(case: Case, of_list: Case, prove: Proving) -> Check | None:
    if of_list.issuer != case.issuer:
        detail = say(
            N_("The status list is signed by {other}, not by the issuer of the badge."), other=of_list.issuer[:200]
        )
        return failed("status", detail, say(N_("Ask the issuer to correct its status list.")))
    for name, check in prove(of_list).items():
        if check.outcome == "fail" and name not in {"valid-from", "valid-until"}:
            return Check("status", "fail", (say(N_("The status list itself does not hold:")), *check.detail))
        if check.outcome in {"fail", "unknown"}:
            return Check("status", "unknown", (say(N_("The status list cannot be relied on:")), *check.detail))
    return None if of_list.is_passed("proof") else unknown("status", say(N_("The status list is not signed.")))


def _fresh(case: Case, found: Fetched, document: Mapping[str, Any], url: str) -> Check:
    if case.look.is_stale(found):
        return unknown("status", say(N_("The copy of the status list is older than a day.")), say(_LATER))
    if document.get("id", url) != url:
        detail = say(N_("The status list at {url} calls itself {id}."), url=url[:200], id=str(document["id"])[:200])
        return unknown("status", detail, say(N_("Ask the issuer to correct its status list.")))
    return passed("status", say(N_("The issuer has not withdrawn the badge.")))


def _revocation_list(case: Case, entry: Mapping[str, Any]) -> Check:
    url = _address(entry.get("id"))
    if url is None:
        return failed("status", say(N_("The badge does not say where its status list is.")))
    document, found = case.look.document(url, ACCEPT_CREDENTIAL)
    if document.get("issuer") != case.issuer:
        detail = say(N_("The list of withdrawn badges belongs to {other}."), other=str(document.get("issuer"))[:200])
        return failed("status", detail, say(N_("Ask the issuer to correct its list of withdrawn badges.")))
    reason = status_list.revocation(document, str(case.document.get("id")))
    if reason is not None:
        return _withdrawn("revocation", say(N_("Reason: {reason}"), reason=reason[:500]) if reason else None)
    return _fresh(case, found, document, url)


def _withdrawn(purpose: str, reason: Sentence | None = None) -> Check:
    sentence = (
        N_("The issuer has suspended the badge.")
        if purpose == "suspension"
        else N_("The issuer has withdrawn the badge.")
    )
    return Check("status", "fail", (say(sentence), *([reason] if reason else [])), say(N_("Ask the issuer why.")))


def _address(value: object) -> str | None:
    return value if isinstance(value, str) and value.startswith(("https://", "http://")) else None
