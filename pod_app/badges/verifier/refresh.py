"""Whether the issuer keeps a newer copy of the badge (Open Badges 3.0 §8, `1EdTechCredentialRefresh`).

Asked once, after the signature: a file that nobody signed sends us nowhere. What comes back must be the same badge
of the same issuer, be newer, and hold by itself; otherwise the copy at hand is what is judged (open-badges.md §5.6).
"""

from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import unquote

from pod_app.badges.verifier.case import ACCEPT_CREDENTIAL, Case
from pod_app.badges.verifier.reading import Reading, read
from pod_app.badges.verifier.report import Check, not_run, passed
from pod_app.errors import N_, PodAppError
from pod_app.standards.open_badges_shape import listed, moment, start
from pod_app.standards.sentences import say

NAME: Final = "refresh"
KNOWN: Final = "1EdTechCredentialRefresh"


def newer(case: Case) -> tuple[Check, Reading | None]:
    """The check, and the newer copy that stands at the place the badge names, unproved as yet."""
    services = listed(case.document.get("refreshService"))
    if not services:
        return not_run(NAME, say(N_("The badge names no place for a newer copy."))), None
    if not case.is_passed("proof"):
        return not_run(NAME, say(N_("A badge whose signature does not hold is not looked up."))), None
    place = _place(services)
    if place is None:
        return not_run(NAME, say(N_("The badge is renewed in a way that is not read here."))), None
    return _asked(case, place)


def passed_over(place: str) -> Check:
    """The newer copy does not hold, so that the one at hand was judged."""
    return not_run(
        NAME, say(N_("What stands at {place} does not hold; the copy at hand was checked."), place=place[:200])
    )


def _asked(case: Case, place: str) -> tuple[Check, Reading | None]:
    try:
        found = read(case.look.get(place, ACCEPT_CREDENTIAL).body)
    except PodAppError:
        detail = N_("The place for a newer copy, {place}, gave none; the copy at hand was checked.")
        return not_run(NAME, say(detail, place=place[:200])), None
    if _identity(found.document) != _identity(case.document):
        detail = N_("Another badge stands at {place}; the copy at hand was checked.")
        return not_run(NAME, say(detail, place=place[:200])), None
    ours, theirs = moment(start(case.document)), moment(start(found.document))
    if ours is None or theirs is None or theirs <= ours:
        return passed(NAME, say(N_("The issuer has no newer copy."))), None
    return passed(NAME, say(N_("A newer copy stands at {place}; it is what was checked."), place=place[:200])), found


def _place(services: list[Any]) -> str | None:
    for service in services:
        if isinstance(service, Mapping) and KNOWN in listed(service.get("type")):
            place = service.get("id")
            if isinstance(place, str) and place.startswith(("https://", "http://")):
                return place
    return None


def _identity(document: Mapping[str, Any]) -> tuple[str, str]:
    issuer = document.get("issuer")
    named = issuer.get("id") if isinstance(issuer, Mapping) else issuer
    return unquote(str(named).strip()), unquote(str(document.get("id")).strip())
