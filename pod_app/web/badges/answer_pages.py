"""Answer a request: a peer by a link without an account or in their notebook, and those who give the badge.

A link is opened by reading and spent by answering: programs that look at links ahead answer nothing.
"""

from typing import Final
from urllib.parse import quote

from flask import Blueprint, make_response, redirect, request
from werkzeug.wrappers import Response as BaseResponse

from pod_app.badges.recognition.requests import REPLIES, Answer, Link, Recognition, Reply
from pod_app.errors import N_, Conflict, Gone, Invalid
from pod_app.identity import limits
from pod_app.identity.sessions import Session
from pod_app.pods.catalogue import Pod
from pod_app.standards.wac import Agent
from pod_app.web import doors
from pod_app.web.badges import asking_words, confirmation_words
from pod_app.web.badges.asking_pages import HERE, own_gardens

blueprint = Blueprint("answer_pages", __name__, url_prefix="/me")
THANKS: Final = "/me/answered"


@blueprint.get("/answer/<token>")
def read(token: str) -> BaseResponse:
    """What the link asks."""
    return make_response(_page(token, _found(token)[0], {}))


@blueprint.get("/answer/<token>/trace")
def trace(token: str) -> BaseResponse:
    """The trace, for whoever holds the link."""
    one, _ = _found(token)
    return asking_words.send_trace(doors.services(), one)


@blueprint.post("/answer/<token>")
def answer(token: str) -> BaseResponse:
    """Take the answer; of whoever is signed in, when their form says so."""
    one, link = _found(token)
    signed_in = doors.signed_in_form() if doors.session() is not None else None
    try:
        _answer(link, None if signed_in is None else doors.own_pod(signed_in))
    except (Invalid, Conflict) as error:
        wrong = " ".join(doors.words().error(error)[1:])
        return make_response(_page(token, one, {**request.form.to_dict(), "wrong": wrong}), 422)
    return redirect(THANKS, 303)


@blueprint.get("/answered")
def thanks() -> str:
    """Thanks, whatever the answer was."""
    return doors.render("answered.html", private=True)


@blueprint.post("/asked")
def answer_in_notebook() -> BaseResponse:
    """The answer of somebody who was asked by the address of their notebook."""
    own, form = doors.own_pod(doors.signed_in_form()), request.form
    place = (form.get("pod", ""), form.get("id", ""), form.get("number", ""))
    asked = doors.services().recognition.answering.asked_of(own)
    link = next((link for _, link in asked if (link.pod, link.id, str(link.number)) == place), None)
    if link is None:
        raise Gone(N_("This was answered, or its time is over."), N_("Look at what is still asked of you."))
    _answer(link, own)
    return redirect(HERE, 303)


@blueprint.get("/review/<pod>/<name>")
@doors.needs_session
def review(signed_in: Session, pod: str, name: str) -> str:
    """One request, for those who give the badge."""
    return _review_page(signed_in, pod, name, {})


@blueprint.get("/review/<pod>/<name>/trace")
def review_trace(pod: str, name: str) -> BaseResponse:
    """The trace, for those who decide."""
    own = doors.own_pod(doors.require_session())
    one, _, _ = doors.services().recognition.answering.to_review(Agent(webid=own.webid), pod, name)
    return asking_words.send_trace(doors.services(), one)


@blueprint.post("/review/<pod>/<name>")
def decide(pod: str, name: str) -> BaseResponse:
    """Recognise, or say not now, with a word."""
    signed_in = doors.signed_in_form()
    agent, form = Agent(webid=doors.own_pod(signed_in).webid), request.form
    answering = doors.services().recognition.answering
    try:
        if form.get("decision") == "award":
            answering.award(agent, pod, name, form.get("word", ""))
        else:
            answering.decline(agent, pod, name, form.get("word", ""))
    except Invalid as error:
        wrong = " ".join(doors.words().error(error)[1:])
        return make_response(_review_page(signed_in, pod, name, {**form.to_dict(), "wrong": wrong}), 422)
    return redirect(HERE, 303)


# -- steps ---------------------------------------------------------------------------------------


def _found(token: str) -> tuple[Recognition, Link]:
    services = doors.services()
    services.identity.limits.count(limits.ANSWERING, "answering", doors.address())
    return services.recognition.answering.by_link(token)


def _answer(link: Link, peer: Pod | None) -> None:
    services, form = doors.services(), request.form
    chosen = form.get("garden", "")
    gardens = services.recognition.endorsing.gardens(peer) if peer is not None and chosen else []
    garden = next((pod for pod in gardens if pod.name == chosen), None)
    told = Answer(_reply(form.get("answer", "")), name=form.get("name", ""), words=form.get("words", ""))
    services.recognition.answering.answer(link, told, peer, garden)


def _reply(text: str) -> Reply:
    found = next((reply for reply in REPLIES if reply == text), None)
    if found is None:
        raise Invalid(N_("The answer is one of three."), N_("Choose one of the buttons."))
    return found


def _page(token: str, one: Recognition, form: dict[str, str]) -> str:
    services, signed_in = doors.services(), doors.session()
    own = None if signed_in is None else doors.own_pod(signed_in)
    here = f"/me/answer/{quote(token)}"
    return doors.render(
        "answer.html",
        asker={"name": services.catalogue.get(one.pod).title, "kind": "person"},
        asked=asking_words.asked(services, one, f"{here}/trace"), action=here, form=form,
        csrf="" if signed_in is None else signed_in.form_token, signed_in="" if own is None else own.title,
        gardens=[] if own is None else own_gardens(own),
        sign_in_href=f"/me/sign-in?next={quote(here, safe='')}", private=True,
    )  # fmt: skip


def _review_page(signed_in: Session, pod: str, name: str, form: dict[str, str]) -> str:
    services, own = doors.services(), doors.own_pod(signed_in)
    one, links, said = services.recognition.answering.to_review(Agent(webid=own.webid), pod, name)
    unsigned = [link for link in links if link.answer and link.answer.kind == "yes" and link.answer.by is None]
    with services.resources.reading() as conn:
        rule = services.recognition.rules.of(conn, one.achievement)
    words = [confirmation_words.of(word, services.clock()) for word in said]
    words += [asking_words.testimony(link) for link in unsigned]
    here = f"/me/review/{quote(pod)}/{quote(name)}"
    return doors.render(
        "review.html",
        asked=asking_words.asked(services, one, f"{here}/trace"),
        asker=asking_words.who(services.catalogue.get(one.pod)),
        garden=services.catalogue.get(one.reviewer).title, action=here, form=form, csrf=signed_in.form_token,
        words=words, rule=None if rule is None else {"sentence": rule.sentence, "held": one.rule_held},
        quiet={
            "waiting": sum(link.answer is None for link in links),
            "other": sum(link.answer is not None and link.answer.kind != "yes" for link in links),
        },
        private=True,
    )  # fmt: skip
