"""The page on which a stranger checks a badge, and the same for programs: a file, a link or its text."""

import json
from dataclasses import dataclass
from typing import Final

from flask import Blueprint, Response, request

from pod_app.badges.verifier import verifying
from pod_app.errors import N_, Invalid, PodAppError
from pod_app.identity import limits
from pod_app.language import translator
from pod_app.standards import negotiation
from pod_app.web import context, doors
from pod_app.web.badges import badge_pages

blueprint = Blueprint("verifier", __name__)
ACCEPT: Final = (
    "application/vc, application/vc+jwt, application/ld+json, application/json, image/png, image/svg+xml;q=0.9"
)
BODIES: Final = frozenset(
    {
        "application/vc", "application/vc+ld+json", "application/vc+jwt", "application/vc+ld+json+jwt",
        "application/jwt",
        "application/ld+json", "application/json", "text/plain", "image/png", "image/svg+xml",
    }
)  # fmt: skip
MOST_RECIPIENT: Final = 500
JSON: Final = "application/json"


@dataclass(frozen=True, slots=True)
class _Sent:
    """What is to be checked, and where it was had when a link was given."""

    body: bytes
    found_at: str | None = None


@blueprint.get("/verify")
def ask() -> str | Response:
    """The form; a link in the query is checked when the form is sent, never by following a link here."""
    return doors.render("verify.html", form={"url": request.args.get("url", "")}, report=None)


@blueprint.post("/verify")
def verify() -> str | Response:
    """Check what was sent; JSON for programs, a page in words for people. Nothing is kept."""
    services = doors.services()
    services.identity.limits.count(limits.VERIFYING, "verify", doors.address())
    as_json = negotiation.choose(request.headers.get("Accept"), ("text/html", JSON)) == JSON
    try:
        sent, recipient = _sent(), _recipient()
    except PodAppError as error:
        if as_json:
            raise
        return doors.render("verify.html", form=_form(wrong=doors.words().error(error)[1]), report=None)
    report = verifying.verify(
        sent.body, fetch=services.fetch, at=services.clock(), recipient=recipient, found_at=sent.found_at
    )
    if as_json:
        return Response(json.dumps(_told(report), ensure_ascii=False), content_type=JSON)
    return doors.render("verify.html", form=_form(), report=_report(report))


# -- steps ---------------------------------------------------------------------------------------


def _sent() -> _Sent:
    """The badge that the form carries, whichever of the three ways was used, or that is the body itself."""
    file = request.files.get("file")
    if file is not None and file.filename:
        return _Sent(bytes(file.read()))
    url = request.form.get("url", "").strip()
    if url:
        return _Sent(doors.services().fetch(url, ACCEPT).body, url)
    text = request.form.get("text", "").strip()
    if text:
        return _Sent(text.encode())
    if request.mimetype in BODIES and (body := request.get_data()):
        return _Sent(body)
    raise Invalid(N_("There is nothing to check yet."), N_("Choose a file, or paste a link or the text of a badge."))


def _recipient() -> str | None:
    """Whom the badge should be about: `recipient` in the form, or in the query when the badge is the body."""
    return request.values.get("recipient", "").strip()[:MOST_RECIPIENT] or None


def _form(wrong: str = "") -> dict[str, object]:
    field = "url" if request.form.get("url") else "file"
    form: dict[str, object] = {name: request.form.get(name, "") for name in ("url", "text", "recipient")}
    return form | ({"wrong": {field: wrong}} if wrong else {})


def _told(report: verifying.Report) -> dict[str, object]:
    """The answer to a program, in English unless it asks for another language."""
    asked = request.headers.get("Accept-Language") or request.args.get("lang")
    words = translator(context.locale(request, cookies=False) if asked else "en")
    return report.to_json(words.gettext)


def _report(report: verifying.Report) -> dict[str, object]:
    words = doors.words().gettext
    shown: dict[str, object] = {"verified": report.verified, "checks": badge_pages.words(report, words)}
    shown["checked_at"] = doors.services().clock()
    shown["match"] = report["recipient"].outcome if _recipient() else None
    if report.shown is not None:
        shown |= {
            key: value
            for key, value in badge_pages.described(doors.services(), report.shown, report).items()
            if key in {"badge", "issuer", "recipient", "endorsements"}
        }
    return shown
