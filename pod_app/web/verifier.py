"""The page on which a stranger checks a badge: a file, a link or its text."""

import json
from typing import Final

from flask import Blueprint, Response, request

from pod_app.badges import verifying
from pod_app.errors import N_, Invalid, PodAppError
from pod_app.standards import negotiation
from pod_app.web import badge_pages, doors

blueprint = Blueprint("verifier", __name__)
ACCEPT: Final = "application/vc, application/ld+json, application/json, image/png, image/svg+xml;q=0.9"


@blueprint.get("/verify")
def ask() -> str | Response:
    """The form; a link in the query is checked when the form is sent, never by following a link here."""
    return doors.render("verify.html", form={"url": request.args.get("url", "")}, report=None)


@blueprint.post("/verify")
def verify() -> str | Response:
    """Check what was sent; JSON for programs, a page in words for people. Nothing is kept."""
    services = doors.services()
    as_json = negotiation.choose(request.headers.get("Accept"), ("text/html", "application/json")) == "application/json"
    try:
        body = _sent()
    except PodAppError as error:
        if as_json:
            raise
        return doors.render("verify.html", form=_form(wrong=doors.words().error(error)[1]), report=None)
    report = verifying.verify(body, fetch=services.fetch, at=services.clock())
    if as_json:
        return Response(json.dumps(report.to_json(), ensure_ascii=False), content_type="application/json")
    return doors.render("verify.html", form=_form(), report=_report(report))


def _sent() -> bytes:
    """The badge that the form carries, whichever of the three ways was used."""
    file = request.files.get("file")
    if file is not None and file.filename:
        return bytes(file.read())
    url = request.form.get("url", "").strip()
    if url:
        return doors.services().fetch(url, ACCEPT).body
    text = request.form.get("text", "").strip()
    if text:
        return text.encode()
    if request.mimetype in {"application/vc", "application/ld+json", "application/json", "image/png", "image/svg+xml"}:
        return request.get_data()
    raise Invalid(N_("There is nothing to check yet."), N_("Choose a file, or paste a link or the text of a badge."))


def _form(wrong: str = "") -> dict[str, object]:
    field = "url" if request.form.get("url") else "file"
    form: dict[str, object] = {"url": request.form.get("url", ""), "text": request.form.get("text", "")}
    return form | ({"wrong": {field: wrong}} if wrong else {})


def _report(report: verifying.Report) -> dict[str, object]:
    words = doors.words().gettext
    shown: dict[str, object] = {"verified": report.verified, "checks": badge_pages.words(report, words)}
    shown["checked_at"] = doors.services().clock()
    if report.credential is not None:
        shown |= {
            key: value
            for key, value in badge_pages.described(doors.services(), report.credential, report).items()
            if key in {"badge", "issuer", "recipient"}
        }
    return shown
