"""Badges from before verifiable credentials: does the issuer still stand behind this one? (open-badges.md §5.10).

A hosted badge proves nothing by itself, whatever is baked into its picture: the copy that the issuer keeps is
fetched anew and is the one that counts. A signed one counts when its key is listed by the issuer that the badge
class names. An answer 410, or `revoked`, withdraws it; a host that does not answer leaves it unknown.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import load_pem_public_key

from pod_app.badges.verifier import form, tokens
from pod_app.badges.verifier.case import Case, Look
from pod_app.badges.verifier.reading import Reading
from pod_app.badges.verifier.report import CHECKS, Check, Fetched, by_error, failed, not_run, passed, unknown
from pod_app.errors import N_, Invalid, PodAppError, Unsupported, Vanished
from pod_app.standards import open_badges_2 as ob2
from pod_app.standards import strict_json
from pod_app.standards.open_badges_shape import listed
from pod_app.standards.sentences import Sentence, say

ACCEPT: Final = "application/ld+json, application/json, text/json;q=0.9, */*;q=0.1"
_SMALLEST_RSA: Final = 2048
_ASK: Final = N_("Ask the issuer for the badge anew.")
_LATER: Final = N_("Try again later: the file is kept as it is.")
_WRITTEN_BEFORE: Final = N_("Badges of Open Badges 1 and 2 are kept or signed as plain text.")


@dataclass(slots=True)
class _Award:
    """An assertion on its way through the checks, with what it points to; None is what could not be had."""

    reading: Reading
    look: Look
    assertion: Mapping[str, Any]
    place: str = ""
    badge: Mapping[str, Any] | None = None
    issuer: Mapping[str, Any] | None = None
    issuer_at: str = ""
    found: dict[str, Check] = field(default_factory=dict)


def checks(reading: Reading, look: Look) -> tuple[dict[str, Check], dict[str, Any]]:
    """All checks, and the badge under the names of version 3 so that pages can show it. Never raises."""
    award = _Award(reading, look, reading.document)
    if ob2.kind(award.assertion) != ob2.AWARD:
        return _only_a_part(award)
    if reading.token is None:
        _find_hosted(award)
    _find_badge(award)
    _find_issuer(award)
    (_judge_place if reading.token is None else _judge_signature)(award)
    award.found["shape"] = _shape(award)
    credential = ob2.as_credential(award.assertion, award.badge, award.issuer, award.place)
    case = Case(Reading(credential, reading.text), look)
    for name, step in _AS_IN_3.items():
        award.found[name] = step(case)
    return _told(award), credential


_AS_IN_3: Final[Mapping[str, Callable[[Case], Check]]] = {
    "valid-from": form.valid_from,
    "valid-until": form.valid_until,
    "recipient": form.recipient,
}


def _told(award: _Award) -> dict[str, Check]:
    """Every check that there is, those that have no sense here with the reason."""
    reason = say(_WRITTEN_BEFORE)
    return {name: award.found.get(name) or not_run(name, reason) for name in CHECKS if name != "readable"}


def _only_a_part(award: _Award) -> tuple[dict[str, Check], dict[str, Any]]:
    what = ob2.kind(award.assertion)
    detail = say(N_("This describes a «{what}» of Open Badges 2.0, not a badge that somebody received."), what=what)
    award.found["shape"] = unknown("shape", detail, say(N_("Send the badge that the person received.")))
    return _told(award), dict(award.assertion)


def _shape(award: _Award) -> Check:
    if set(award.assertion) <= {"type", "id", "@context"}:
        return unknown("shape", say(N_("The file holds only the address of the badge.")), say(_LATER))
    found = ob2.problems(award.assertion, award.badge)
    if found:
        return Check("shape", "fail", tuple(found[:3]), say(_ASK))
    if award.badge is None and "shape" in award.found and award.found["shape"].outcome == "fail":
        return award.found["shape"]
    if award.badge is None:
        detail = say(N_("What this badge of Open Badges 2.0 stands for could not be had from its issuer."))
        return unknown("shape", detail, say(_LATER))
    version = ob2.generation(award.assertion)
    return passed("shape", say(N_("It is complete for Open Badges {version}."), version=version))


# -- what it points to -----------------------------------------------------------------------------


def _find_hosted(award: _Award) -> None:
    """Fetch the copy that the issuer keeps; from here on it stands for the badge."""
    award.place = ob2.hosted_at(award.assertion) or award.look.found_at or ""
    if not award.place:
        detail = say(N_("The badge does not say where its issuer keeps it, so nobody vouches for it."))
        award.found["proof"] = unknown("proof", detail, say(N_("Import it by its address.")))
        return
    try:
        kept, fetched = award.look.document(award.place, ACCEPT)
    except Vanished:
        detail = say(N_("The issuer answers at {place} that the badge is no more (410)."), place=award.place[:200])
        award.found["status"] = failed("status", detail, say(N_("Ask the issuer why.")))
        return
    except PodAppError as error:
        award.found["proof"] = by_error("proof", error)
        return
    award.found["proof"], award.found["status"] = _compare(award, kept, fetched)


def _compare(award: _Award, kept: Mapping[str, Any], fetched: Fetched) -> tuple[Check, Check]:
    stale = award.look.is_stale(fetched)
    old = unknown("status", say(N_("The issuer's copy was fetched more than a day ago.")), say(_LATER))
    fresh = old if stale else passed("status", say(N_("The issuer has not withdrawn the badge.")))
    if kept.get("revoked") is True:
        taken_back = _withdrawn(kept.get("revocationReason"))
        return not_run("proof", say(N_("The issuer has withdrawn the badge."))), taken_back
    name = kept.get("id")
    if ob2.is_web(name) and not any(ob2.same_address(str(name), one) for one in (award.place, fetched.url)):
        detail = say(
            N_("The badge at {place} calls itself {name}, which is another one."), place=award.place[:200],
            name=str(name)[:200],
        )  # fmt: skip
        return failed("proof", detail, say(_ASK)), not_run("status", detail)
    if _differs(award.assertion, kept):
        detail = say(N_("The file says something else than the copy at its issuer's: it was changed."))
        return failed("proof", detail, say(_ASK)), not_run("status", detail)
    award.assertion = kept
    return passed("proof", say(N_("Its issuer keeps the same badge at {place}."), place=award.place[:200])), fresh


def _differs(file: Mapping[str, Any], kept: Mapping[str, Any]) -> bool:
    """Whether the two are awards of something else, or to somebody else; a file may be the address alone."""
    return any(name in file and file[name] != kept.get(name) for name in ("recipient", "salt", "badge", "uid"))


def _find_badge(award: _Award) -> None:
    said = award.assertion.get("badge")
    if isinstance(said, Mapping):
        award.badge = said
    elif ob2.is_web(said):
        award.badge = _part(award, str(said), "shape")


def _find_issuer(award: _Award) -> None:
    said = (award.badge or {}).get("issuer")
    if isinstance(said, Mapping):
        award.issuer_at = str(said["id"]) if ob2.is_web(said.get("id")) else ""
        award.issuer = said if not award.issuer_at else None
    elif isinstance(said, str):
        award.issuer_at = said
    if award.issuer_at:
        award.issuer = _issuer_there(award)
    award.found.setdefault("issuer-document", _issuer_document(award))


def _issuer_there(award: _Award) -> Mapping[str, Any] | None:
    """The issuer's own document: what a badge says about its issuer decides nothing."""
    if not ob2.is_web(award.issuer_at):
        return None
    return _part(award, award.issuer_at, "issuer-document")


def _part(award: _Award, url: str, check: str) -> Mapping[str, Any] | None:
    try:
        found, fetched = award.look.document(url, ACCEPT)
    except PodAppError as error:
        award.found.setdefault(check, by_error(check, error))
        return None
    name = found.get("id")
    if ob2.is_web(name) and not any(ob2.same_address(str(name), one) for one in (url, fetched.url)):
        detail = say(N_("The document at {url} calls itself {name}."), url=url[:200], name=str(name)[:200])
        award.found[check] = failed(check, detail, say(_ASK))
        return None
    return found


def _issuer_document(award: _Award) -> Check:
    name = "issuer-document"
    if award.issuer is not None:
        who = ob2.issuer_id(award.issuer, award.issuer_at)
        return passed(name, say(N_("The issuer {issuer} was found."), issuer=who[:200]))
    if award.badge is None or (award.issuer_at and not ob2.is_web(award.issuer_at)):
        return unknown(name, say(N_("Who issued it could not be found out.")), say(_LATER))
    return unknown(name, say(N_("The badge does not name its issuer by an address.")), say(_ASK))


# -- hosted ----------------------------------------------------------------------------------------


def _judge_place(award: _Award) -> None:
    """The issuer lets its badges be kept at the place where this one is."""
    if "proof" not in award.found:
        award.found["proof"] = not_run("proof", say(N_("There is no copy at its issuer's to compare it with.")))
    award.found.setdefault("status", unknown("status", say(N_("The issuer could not be asked.")), say(_LATER)))
    if award.issuer is None or not award.place:
        award.found["key"] = unknown("key", say(N_("Without its issuer's document nobody knows whose badge it is.")))
        return
    who = ob2.issuer_id(award.issuer, award.issuer_at)
    if not ob2.host(who):
        award.found["key"] = unknown("key", say(N_("The badge does not name its issuer by an address.")), say(_ASK))
        return
    if ob2.may_host(award.issuer, who, award.place):
        award.found["key"] = passed("key", say(N_("{place} is a place of the issuer."), place=ob2.host(award.place)))
        return
    detail = say(
        N_("The badge is kept at {place}, where the issuer {issuer} keeps none."), place=award.place[:200],
        issuer=who[:200],
    )  # fmt: skip
    award.found["key"] = failed("key", detail, say(N_("Ask the named issuer whether it issued this badge.")))


# -- signed ----------------------------------------------------------------------------------------


def _judge_signature(award: _Award) -> None:
    token, public = award.reading.token, None
    award.found["status"] = _revocation_list(award)
    try:
        if token is not None:
            tokens.require_algorithm(token)
            public = _key(award)
    except PodAppError as error:
        award.found["key"] = by_error("key", error)
    if token is None or public is None:
        award.found.setdefault("key", unknown("key", say(N_("Without the issuer's document its keys are not known."))))
        award.found["proof"] = not_run("proof", say(N_("Without the issuer's key the signature cannot be checked.")))
        return
    award.found["key"] = passed("key", say(N_("The issuer lists the key of the badge.")))
    holds = tokens.holds(token, public)
    changed = say(N_("The signature does not fit: the badge was changed, or never signed by this issuer."))
    award.found["proof"] = passed("proof") if holds else failed("proof", changed, say(_ASK))


def _key(award: _Award) -> tokens.PublicKey | None:
    """The key that the badge names, if the issuer owns it; None while the issuer is not known."""
    if award.issuer is None:
        return None
    owned = listed(award.issuer.get("publicKey"))
    place = ob2.key_at(award.assertion) or next((str(one) for one in owned if isinstance(one, str)), None)
    inline = [one for one in owned if isinstance(one, Mapping) and (place is None or one.get("id") == place)]
    if inline:
        return _public_key(str(inline[0].get("publicKeyPem")))
    if place is None:
        raise Invalid(N_("The badge does not say by which key it is signed."), _ASK)
    fetched = award.look.get(place, ACCEPT)
    if fetched.body.lstrip().startswith(b"-----BEGIN"):  # 1.x: the key alone, at the issuer's own host
        return _owned(award, place, fetched.body.decode("ascii", "replace"), ob2.host(place) == _host(award))
    described = strict_json.read_object(fetched.body)
    names = [one.get("id") if isinstance(one, Mapping) else one for one in owned]
    is_listed = any(ob2.same_address(str(name), place) for name in names)
    is_owner = ob2.same_address(str(described.get("owner")), ob2.issuer_id(award.issuer, award.issuer_at))
    return _owned(award, place, str(described.get("publicKeyPem")), is_listed and is_owner)


def _host(award: _Award) -> str:
    return ob2.host(ob2.issuer_id(award.issuer or {}, award.issuer_at))


def _owned(award: _Award, place: str, pem: str, owned: bool) -> tokens.PublicKey:  # noqa: FBT001  # the finding itself
    if owned:
        return _public_key(pem)
    raise Invalid(
        N_("The issuer {issuer} does not list the key {key}, so it may be anybody's."),
        N_("Ask the issuer to list the key in its own document."),
        issuer=ob2.issuer_id(award.issuer or {}, award.issuer_at)[:200], key=place[:200],
    )  # fmt: skip


def _public_key(pem: str) -> tokens.PublicKey:
    try:
        found = load_pem_public_key(pem.encode())
    except (ValueError, TypeError, UnsupportedAlgorithm):
        found = None
    is_known = (isinstance(found, rsa.RSAPublicKey) and found.key_size >= _SMALLEST_RSA) or (
        isinstance(found, ec.EllipticCurvePublicKey) and found.curve.name == "secp256r1"
    )
    if not is_known:
        raise Unsupported(N_("The issuer's key is of a kind that is not read here."), _ASK)
    return found  # type: ignore[return-value]  # one of the two, which was just made sure of


def _revocation_list(award: _Award) -> Check:
    if award.issuer is None:
        return unknown("status", say(N_("The issuer could not be asked.")), say(_LATER))
    place = award.issuer.get("revocationList")
    if not ob2.is_web(place):
        return passed("status", say(N_("The issuer keeps no list in which the badge could be withdrawn.")))
    try:
        listing, fetched = award.look.document(str(place), ACCEPT)
    except PodAppError as error:
        return by_error("status", error)
    reason = ob2.revocation(award.assertion, listing)
    if reason is not None:
        return _withdrawn(reason)
    if award.look.is_stale(fetched):
        return unknown("status", say(N_("The copy of the status list is older than a day.")), say(_LATER))
    return passed("status", say(N_("The issuer has not withdrawn the badge.")))


def _withdrawn(reason: object) -> Check:
    why: tuple[Sentence, ...] = (say(N_("Reason: {reason}"), reason=str(reason)[:500]),) if reason else ()
    told = (say(N_("The issuer has withdrawn the badge.")), *why)
    return Check("status", "fail", told, say(N_("Ask the issuer why.")))
