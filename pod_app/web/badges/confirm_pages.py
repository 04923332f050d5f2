"""«Je confirme»: a word beside somebody's badge, or for an achievement or an issuer, and taking it back."""

from datetime import timedelta
from typing import Final

from flask import Blueprint, make_response, redirect, request
from werkzeug.wrappers import Response as BaseResponse

from pod_app.badges.recognition.endorsing import Subject, Word
from pod_app.badges.signing import status
from pod_app.errors import N_, Conflict, Forbidden, Invalid
from pod_app.identity.sessions import Session
from pod_app.pods.catalogue import Pod
from pod_app.standards import addresses
from pod_app.standards.wac import Agent
from pod_app.web import doors
from pod_app.web.badges.asking_pages import own_gardens

blueprint = Blueprint("confirm_pages", __name__, url_prefix="/me/confirm")
ENDS: Final = (365, 730, 1095)
"""Days after which a certification is looked at again."""


@blueprint.get("")
@doors.needs_session
def ask(signed_in: Session) -> BaseResponse:
    """The form about what `?about=` names."""
    about = request.args.get("about", "")
    return make_response(_form(signed_in, _subject(signed_in, about), {}))


@blueprint.post("")
def confirm() -> BaseResponse:
    """Sign the word and go to what it is about."""
    signed_in = doors.signed_in_form()
    form, own = request.form, doors.own_pod(signed_in)
    subject = _subject(signed_in, form.get("about", ""))
    try:
        by = _chosen(_voices(own), form.get("by", "")) or own
        doors.services().recognition.endorsing.endorse(Agent(webid=own.webid), by, subject, _word(own, subject))
    except (Invalid, Conflict) as error:
        wrong = " ".join(doors.words().error(error)[1:])
        return make_response(_form(signed_in, subject, {**form.to_dict(), "wrong": wrong}), 422)
    return redirect(_page(subject), 303)


@blueprint.get("/mine")
@doors.needs_session
def mine(signed_in: Session) -> str:
    """What I confirmed, and what the gardens for which I sign did."""
    words = [one for pod in _voices(doors.own_pod(signed_in)) for one in _said(pod)]
    return doors.render("confirmations.html", words=words, csrf=signed_in.form_token, private=True)


@blueprint.post("/withdraw")
def withdraw() -> BaseResponse:
    """Take a word back, with another one."""
    own = doors.own_pod(doors.signed_in_form())
    pod = _chosen(_voices(own), request.form.get("pod", ""))
    if pod is None:
        raise Forbidden(N_("You do not sign for that garden."), N_("Ask for the role of issuer there."))
    record = pod.address(f"endorsements/{addresses.encode(request.form.get('id', ''))}")
    reason = request.form.get("reason", "")
    doors.services().recognition.endorsing.withdraw(Agent(webid=own.webid), record, reason)
    return redirect("/me/confirm/mine", 303)


# -- steps ---------------------------------------------------------------------------------------


def _subject(signed_in: Session, about: str) -> Subject:
    agent = Agent(webid=doors.own_pod(signed_in).webid)
    return doors.services().recognition.endorsing.subject(agent, about)


def _voices(own: Pod) -> list[Pod]:
    return doors.services().signers.pods_of(Agent(webid=own.webid))


def _word(own: Pod, subject: Subject) -> Word:
    services, form = doors.services(), request.form
    by = form.get("by") or own.name
    garden = _chosen(services.recognition.endorsing.gardens(own), form.get("garden", "")) if by == own.name else None
    until = None
    if subject.about != "badge" and form.get("until", "") in map(str, ENDS):
        until = services.clock() + timedelta(days=int(form["until"]))
    return Word(form.get("comment", ""), until, garden if subject.about == "badge" else None)


def _chosen(pods: list[Pod], name: str) -> Pod | None:
    return next((pod for pod in pods if pod.name == name), None)


def _page(subject: Subject) -> str:
    """Where what was confirmed is read: with the session when it is not for everybody."""
    if subject.about == "issuer":
        return f"/{subject.keeper.name}/profile/card"
    if subject.audience == "everyone":
        base = doors.services().settings.base_url
        return f"/{subject.iri.removeprefix(base)}" if subject.iri.startswith(base) else "/me/confirm/mine"
    return "/me/confirm/mine"


def _form(signed_in: Session, subject: Subject, form: dict[str, str]) -> str:
    own = doors.own_pod(signed_in)
    return doors.render(
        "confirm.html",
        subject={
            "iri": request.values.get("about", ""), "name": subject.name, "about": subject.about,
            "audience": subject.audience,
        },
        voices=[(pod.name, pod.title) for pod in _voices(own)],
        gardens=own_gardens(own),
        ends=[(str(days), _years(days // 365)) for days in ENDS],
        form=form, csrf=signed_in.form_token, private=True,
    )  # fmt: skip


def _years(number: int) -> str:
    return doors.words().ngettext("{number} year", "{number} years", number).format(number=number)


def _said(pod: Pod) -> list[dict[str, object]]:
    services = doors.services()
    found, said = [], services.recognition.endorsing.said_by(pod)
    with services.resources.reading() as conn:
        for address, document in said:
            subject = document.get("credentialSubject") or {}
            found.append(
                {
                    "pod": pod.name, "id": address.name, "by": pod.title, "name": document.get("name", ""),
                    "text": subject.get("endorsementComment"), "date": document.get("validFrom", ""),
                    "until": document.get("validUntil"), "reason": status.reason(conn, address),
                }
            )  # fmt: skip
    return found
