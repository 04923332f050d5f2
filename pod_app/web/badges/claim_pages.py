"""Take a badge that is handed out: see it and who will see it, then one tap; the notebook is opened on the way.

Nothing here names anybody but the issuer. The address in the QR holds a proof that it was scanned in time.
"""

from typing import Any

from flask import Blueprint, make_response, redirect, request
from werkzeug.wrappers import Response as BaseResponse

from pod_app.badges.giving.handouts import Ticket
from pod_app.errors import N_, Conflict, Forbidden, Gone, Invalid, NotFound, PodAppError
from pod_app.identity import limits
from pod_app.identity.accounts import Account
from pod_app.identity.sessions import Session
from pod_app.pods.audience import Audience
from pod_app.pods.catalogue import Pod
from pod_app.standards.wac import Agent
from pod_app.web import doors, problems
from pod_app.web.badges import achievement_words
from pod_app.web.identity import entrance

blueprint = Blueprint("claiming", __name__, url_prefix="/claim")
MAX_CODE = 80


@blueprint.get("")
def ask() -> str | BaseResponse:
    """Where a code is typed."""
    if code := request.args.get("code", "").strip():
        return redirect(f"/claim/{_plain(code)}", 303)
    return doors.render("claim_code.html", wrong="", private=True)


@blueprint.get("/<code>")
def see(code: str) -> BaseResponse | str | tuple[str, int]:
    """The badge, who gives it, who will see it; the code of a screen becomes that of whoever opens it first."""
    try:
        ticket = _ticket(code)
        if ticket.on_screen and request.method == "GET" and not _has(ticket):
            return _scanned(code)
    except PodAppError as error:
        return _refused(error)
    return _page(ticket, code, {})


@blueprint.post("/<code>")
def take(code: str) -> BaseResponse | str | tuple[str, int]:
    """Take it, with the notebook one has or with one opened now."""
    try:
        ticket = _ticket(code)
        if ticket.on_screen:
            return _scanned(code)
    except PodAppError as error:
        return _refused(error)
    signed_in = doors.session()
    if signed_in is not None:
        doors.signed_in_form()
        return _taken(signed_in, ticket, code)
    form = {"first_name": request.form.get("first_name", "").strip(), "audience": request.form.get("audience", "")}
    try:
        account = _open_notebook(ticket, form["first_name"])
    except PodAppError as error:
        return _page(ticket, code, form | {"wrong": doors.words().error(error)[1]}), problems.status_of(error)
    return _taken_by_newcomer(account, ticket, code)


# -- steps -----------------------------------------------------------------------------------------


def _ticket(code: str) -> Ticket:
    services = doors.services()
    try:
        return services.giving.handouts.find(code[:MAX_CODE], services.clock())
    except NotFound:
        services.identity.limits.count(limits.GUESSING, "code", doors.address())
        raise


def _scanned(code: str) -> BaseResponse:
    """Whoever opens the code of a screen goes on with a pass; a browser that only looks ahead does not spend it."""
    if "prefetch" in request.headers.get("Sec-Purpose", request.headers.get("Purpose", "")):
        raise Forbidden(N_("A code is opened by a person, not ahead of them."), N_("Open its address."))
    return redirect(f"/claim/{doors.services().giving.turns.scan(code[:MAX_CODE])}", 303)


def _has(ticket: Ticket) -> bool:
    """Whether whoever is signed in took this badge before."""
    signed_in = doors.session()
    if signed_in is None:
        return False
    mine = doors.own_pod(signed_in).webid
    return doors.services().giving.handouts.has_taken(ticket.handout, mine) is not None


def _refused(error: PodAppError) -> tuple[str, int]:
    """The reason, and the field to try another code."""
    sentence = " ".join(doors.words().error(error)[1:])
    late = isinstance(error, Gone)
    return doors.render("claim_code.html", wrong=sentence, late=late, private=True), problems.status_of(error)


def _open_notebook(ticket: Ticket, first_name: str) -> Account:
    services = doors.services()
    if not services.settings.open_registration:
        raise Forbidden(
            N_("Notebooks are opened by the people who look after this garden."), N_("Ask one of them to make yours.")
        )
    if not first_name:
        raise Invalid(N_("A first name is missing."), N_("Write how people call you."))
    services.identity.limits.count(limits.CLAIMING, "claim", ticket.handout.id)
    return entrance.made(first_name)


def _taken(signed_in: Session, ticket: Ticket, code: str) -> BaseResponse | tuple[str, int]:
    try:
        _take(doors.own_pod(signed_in), code)
    except Conflict as error:
        return _page(ticket, code, {"wrong": " ".join(doors.words().error(error)[1:])}), 409
    except PodAppError as error:
        return _refused(error)
    return redirect("/me", 303)


def _taken_by_newcomer(account: Account, ticket: Ticket, code: str) -> BaseResponse:
    """The notebook is open and holds the badge; the phrase that opens it again is shown this one time."""
    services = doors.services()
    pod = services.catalogue.get(account.pods[0])
    try:
        _take(pod, code)
        wrong = ""
    except PodAppError as error:  # somebody was quicker with this code: the notebook stays theirs all the same
        wrong = " ".join(doors.words().error(error)[1:])
    phrase = services.identity.recovery.renew(account)
    page = doors.render(
        "claimed.html", badge=_badge(ticket), name=account.name, phrase=phrase, wrong=wrong, private=True,
        me={"name": account.name, "href": "/me"},
    )  # fmt: skip
    return doors.let_in(account, make_response(page, 409 if wrong else 200))


def _take(pod: Pod, code: str) -> None:
    chosen: Audience = "everyone" if request.form.get("audience") == "everyone" else "me"
    doors.services().giving.handouts.take(Agent(webid=pod.webid), pod, code, chosen)


def _page(ticket: Ticket, code: str, form: dict[str, Any]) -> str:
    services = doors.services()
    signed_in = doors.session()
    carried = services.giving.handouts.admission(ticket, code, services.clock())
    mine = None if signed_in is None else doors.own_pod(signed_in)
    return doors.render(
        "claim.html", badge=_badge(ticket), action=f"/claim/{carried}", form=form, mine=mine and mine.title,
        had=_has(ticket), note=(ticket.words or ticket.handout.words).note,
        csrf="" if signed_in is None else signed_in.form_token, private=True,
    )  # fmt: skip


def _badge(ticket: Ticket) -> dict[str, Any]:
    services = doors.services()
    with services.resources.reading() as conn:
        document = services.achievements.get(conn, ticket.handout.achievement)
    issuer = services.catalogue.get(ticket.handout.pod)
    return achievement_words.tile(document, services.settings.base_url) | {
        "criteria_html": achievement_words.criteria_html(document),
        "issuer": achievement_words.issuer_of(issuer),
    }


def _plain(code: str) -> str:
    """A typed code as part of an address."""
    return (
        "".join(letter for letter in code[:MAX_CODE] if letter.isascii() and (letter.isalnum() or letter == "-")) or "-"
    )
