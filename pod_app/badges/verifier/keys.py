"""Whose signature it is: the issuer's own document, the key in it, the proof made with that key.

A key never counts because the credential brings it along, not even in the fragment of an address
(open-badges.md §1.2): the document at the issuer's address is asked each time, and must list the key,
name the issuer as its controller and allow it to assert (trust.md S27).
"""

from collections.abc import Mapping
from typing import Any, Final

from pod_app.badges.verifier import tokens
from pod_app.badges.verifier.case import ACCEPT_KEYS, Case, Look
from pod_app.badges.verifier.report import Check, by_error, failed, not_run, passed, unknown
from pod_app.errors import N_, Invalid, PodAppError, Unsupported
from pod_app.standards import data_integrity, did
from pod_app.standards.open_badges_shape import is_iri, moment
from pod_app.standards.sentences import say

MAX_PROOFS: Final = 8
_REISSUE: Final = N_("Ask the issuer to issue the badge again.")
_LATER: Final = N_("Try again later, or give the issuer's document by hand.")


def issuer_document(case: Case) -> Check:
    """Fetch (or, for did:key, derive) the document in which the issuer lists its keys."""
    name = "issuer-document"
    if not case.is_signed:
        return not_run(name, say(N_("There is no signature to look up.")))
    if not is_iri(case.issuer):
        return failed(name, say(N_("The badge does not name its issuer by an address.")), say(_REISSUE))
    try:
        found = _controller_document(case.issuer, case.look)
    except PodAppError as error:
        return by_error(name, error)
    return _own_document(case, found)


def _own_document(case: Case, found: Mapping[str, Any]) -> Check:
    if found.get("id") != case.issuer:
        detail = say(
            N_("The document at the issuer's address calls itself {id}, not {issuer}."),
            id=str(found.get("id"))[:200],
            issuer=case.issuer[:200],
        )
        return failed("issuer-document", detail, say(N_("Ask the issuer to correct the document at its address.")))
    case.controller = found
    return passed("issuer-document", say(N_("The issuer {issuer} was found."), issuer=case.issuer[:200]))


def _controller_document(issuer: str, look: Look) -> Mapping[str, Any]:
    if issuer.startswith(("did:key:", "did:jwk:")):
        return did.resolve_key_did(issuer)
    if issuer.startswith("did:"):
        url = did.document_url(issuer, plain_http=look.plain_http)
    elif issuer.startswith(("https://", "http://")):
        url = issuer.partition("#")[0]
    else:
        raise Unsupported(
            N_("The issuer {issuer} has no address at which its keys could be found."),
            N_("Ask the issuer for a badge issued from a web address or a DID."),
            issuer=issuer[:200],
        )
    return look.document(url, ACCEPT_KEYS)[0]


def key(case: Case) -> Check:
    """Find the signing key in the issuer's document."""
    if not case.is_signed or not is_iri(case.issuer):
        return not_run("key", say(N_("There is no signature to look up, or no issuer to ask.")))
    if case.reading.token is not None:
        return _token_key(case)
    proofs = _candidates(case)
    if len(proofs) > MAX_PROOFS:
        return failed("key", say(N_("The badge has more than {number} proofs."), number=MAX_PROOFS), say(_REISSUE))
    findings = [_proof_key(case, proof) for proof in proofs]
    return _best(findings)


def _candidates(case: Case) -> list[Mapping[str, Any]]:
    """Proofs that claim to be the issuer's; others (a witness's) count only when there is none."""
    own = [proof for proof in case.proofs if _claims_issuer(proof, case.issuer)]
    return own or case.proofs


def _claims_issuer(proof: Mapping[str, Any], issuer: str) -> bool:
    method = proof.get("verificationMethod")
    return isinstance(method, str) and bool(issuer) and method.partition("#")[0] == issuer.partition("#")[0]


def _proof_key(case: Case, proof: Mapping[str, Any]) -> Check:
    method = proof.get("verificationMethod")
    if not isinstance(method, str) or not is_iri(method):
        detail = say(N_("The proof names its key by {method}, which is no address."), method=str(method)[:200])
        return failed("key", detail, say(_REISSUE))
    if not _claims_issuer(proof, case.issuer):
        detail = say(
            N_("The badge says that it comes from {issuer}, but it is signed with the key {method}."),
            issuer=case.issuer[:200],
            method=method[:200],
        )
        return failed("key", detail, say(N_("Ask the named issuer whether it issued this badge.")))
    if case.controller is None:
        return unknown("key", say(N_("Without the issuer's document its keys are not known.")), say(_LATER))
    return _listed_key(case, proof, method)


def _listed_key(case: Case, proof: Mapping[str, Any], method: str) -> Check:
    try:
        found = did.find_key(case.controller or {}, method, issuer=case.issuer, at=case.look.at)
    except PodAppError as error:
        return by_error("key", error)
    case.keys.append((proof, found))
    return passed("key", say(N_("The issuer lists the key {method}."), method=method[:200]))


def _token_key(case: Case) -> Check:
    token = case.reading.token
    try:
        if token is not None:
            tokens.require_algorithm(token)
        if case.controller is None or token is None:
            return unknown("key", say(N_("Without the issuer's document its keys are not known.")), say(_LATER))
        case.token_key = tokens.find_key(case.controller, token, case.issuer, case.look.at)
    except PodAppError as error:
        return by_error("key", error)
    return passed("key", say(N_("The issuer lists the key of the token.")))


def proof(case: Case) -> Check:
    """Check the signature; of several proofs one good one is enough (Open Badges 3.0 §8.3)."""
    if not case.is_signed:
        return failed("proof", say(N_("The badge is not signed.")), say(N_("Ask the issuer for the signed badge.")))
    if not case.is_passed("issuer-document", "key"):
        return not_run("proof", say(N_("Without the issuer's key the signature cannot be checked.")))
    if case.reading.token is not None:
        return _token_proof(case)
    if not case.is_passed("contexts", "safe-mode"):
        return not_run("proof", say(N_("What the words mean is not certain, so no signature can vouch for it.")))
    return _best([_one_proof(case, found, public_key) for found, public_key in case.keys])


def _one_proof(case: Case, found: Mapping[str, Any], public_key: bytes) -> Check:
    purpose, ends = found.get("proofPurpose"), found.get("expires")
    if purpose != "assertionMethod":
        detail = say(N_("The proof was made for the purpose {purpose}, not to issue."), purpose=str(purpose)[:100])
        return failed("proof", detail, say(_REISSUE))
    if ends is not None and ((until := moment(ends)) is None or until <= case.look.at):
        return failed("proof", say(N_("The proof itself has expired ({date})."), date=str(ends)[:40]), say(_REISSUE))
    try:
        verdict = data_integrity.examine(case.document, found, public_key)
    except PodAppError as error:
        return by_error("proof", error)
    if not verdict.holds:
        return _changed("proof")
    return passed("proof", *([say(verdict.note)] if verdict.note else []))


def _token_proof(case: Case) -> Check:
    token = case.reading.token
    if token is None or case.token_key is None:
        raise Invalid(N_("There is no token to check."))
    if not tokens.holds(token, case.token_key):
        return _changed("proof")
    wrong = tokens.disagreements(token, case.document, case.issuer)
    if wrong:
        detail = say(N_("The token contradicts the badge inside it in {names}."), names=", ".join(wrong))
        return failed("proof", detail, say(_REISSUE))
    return passed("proof")


def _changed(name: str) -> Check:
    return failed(
        name,
        say(N_("The signature does not fit: the badge was changed after it was signed, or never signed by this key.")),
        say(N_("Download the badge again from where it was issued.")),
    )


def _best(findings: list[Check]) -> Check:
    """One that passes, else the first that fails, else the first that is unknown."""
    rank = {"pass": 0, "fail": 1, "unknown": 2, "not-run": 3}
    return min(findings, key=lambda finding: rank[finding.outcome])
