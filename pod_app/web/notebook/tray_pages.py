"""The notebook of somebody whose pod is elsewhere, and the tray of what is still on its way there."""

from collections.abc import Sequence
from typing import Any, Final
from urllib.parse import quote

from flask import Blueprint, redirect, request
from werkzeug.wrappers import Response as BaseResponse

from pod_app.badges.bag.backpack import Held
from pod_app.errors import N_, Conflict
from pod_app.identity.sessions import Session
from pod_app.pods import tray
from pod_app.pods.catalogue import Pod
from pod_app.pods.tray import Item
from pod_app.web import doors, formatting
from pod_app.web.notebook import bag_words

blueprint = Blueprint("tray", __name__, url_prefix="/me/tray")
MOST_ARRIVED: Final = 10
PLACES: Final = {
    "badges": N_("Badge"),
    "contributions": N_("Contribution"),
    "thanks": N_("Thanks"),
    "transmissions": N_("Something passed on"),
    "needs": N_("Wish to learn"),
    "offers": N_("Offer"),
    "consents": N_("What I agree to"),
    "requests": N_("What became of a request"),
}


@blueprint.get("")
@doors.needs_session
def show(signed_in: Session) -> str:
    """What waits, why, and until when; what has arrived."""
    pod, services = _pod(signed_in), doors.services()
    with services.resources.reading() as conn:
        waiting, arrived = tray.waiting(conn, pod.name), tray.arrived(conn, pod.name, MOST_ARRIVED)
    return doors.render(
        "tray.html",
        host=doors.host_of(pod),
        waiting=[_shown(item) for item in waiting],
        arrived=[_shown(item) for item in arrived],
        reconnect=not services.elsewhere.tokens.is_open(pod.name),
        csrf=signed_in.form_token,
        private=True,
    )


@blueprint.post("/now")
def hurry() -> BaseResponse:
    """Try everything at once; the worker does it."""
    pod, services = _pod(doors.signed_in_form()), doors.services()
    services.database.write(lambda conn: tray.hurry(conn, pod.name, services.clock()))
    return redirect("/me/tray", 303)


@blueprint.post("/cancel")
def cancel() -> BaseResponse:
    """Take back what has not been sent."""
    pod, services = _pod(doors.signed_in_form()), doors.services()
    name = request.form.get("id", "")
    services.database.write(lambda conn: tray.cancel(conn, pod.name, name, services.clock()))
    return redirect("/me/tray", 303)


def notebook_elsewhere(signed_in: Session, pod: Pod) -> str:
    """My notebook, when it is on another server: what is there, and what is on its way."""
    services, say = doors.services(), doors.words().gettext
    bag = services.bag_elsewhere.bag(pod)
    with services.resources.reading() as conn:
        count = tray.waiting_count(conn, pod.name)
    problem = "" if bag.problem is None else " ".join(doors.words().error(bag.problem)[1:])
    return doors.render(
        "me.html",
        owner={"name": pod.title, "webid": pod.webid, "card_href": pod.webid},
        badges=_tiles(pod, bag.held),
        on_the_way=_tiles(pod, bag.on_the_way),
        host=doors.host_of(pod),
        problem=problem,
        waiting=count,
        awaiting=len(services.giving.awards.pending(pod, services.clock())),
        gardens=[{"name": one.title, "value": f"garden:{one.name}"} for one in bag_words.gardens(services, pod)],
        back="/me/tray",
        csrf=signed_in.form_token,
        sign_out_action="/me/sign-out",
        private=True,
        links=[
            {"href": "/me/tray", "icon": "clock", "text": say("On the way to my notebook")},
            {"href": "/me/requests", "icon": "hands", "text": say("Asking and confirming")},
            {"href": "/me/confirm/mine", "icon": "heart", "text": say("What I confirmed")},
            {"href": "/me/consents", "icon": "check", "text": say("What I agree to")},
            {"href": "/me/account", "icon": "key", "text": say("My account and its keys")},
        ],
    )


# -- steps ---------------------------------------------------------------------------------------


def _pod(signed_in: Session) -> Pod:
    pod = doors.own_pod(signed_in)
    if pod.home is None:
        raise Conflict(N_("Your notebook is here: nothing needs to be carried elsewhere."), N_("Open your notebook."))
    return pod


def _tiles(pod: Pod, badges: Sequence[Held]) -> list[dict[str, Any]]:
    """A badge that was issued here opens as its record; any other where it is."""
    shown = bag_words.tiles(doors.services(), pod, badges, [pod.webid])
    return [one | {"href": _opened(pod, held)} for one, held in zip(shown, badges, strict=True)]


def _opened(pod: Pod, held: Held) -> str:
    iri = str(held.document.get("id", ""))
    return f"/me/open?iri={quote(iri, safe='')}" if iri.startswith(pod.base_url) else pod.place(held.address.path)


def _shown(item: Item) -> dict[str, Any]:
    words = doors.words()
    place = item.path.partition("/")[0]
    what = words.gettext(PLACES[place]) if place in PLACES else item.path
    if item.kind == "access":
        what = (
            words.gettext(N_("Who may count my things"))
            if item.id == tray.COUNTING
            else words.gettext(N_("Who sees it"))
        )
    reason = "" if item.reason is None else " ".join(words.error(item.reason)[1:])
    return {
        "id": item.id, "what": what, "title": item.title, "reason": reason, "attempts": item.attempts,
        "since": formatting.moment(item.created, words.locale),
        "next": formatting.moment(item.next_at, words.locale),
        "ended": "" if item.ended is None else formatting.moment(item.ended, words.locale),
    }  # fmt: skip
