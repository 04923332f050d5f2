"""My badges elsewhere: other hosts of badges that a person lets us into, to fetch badges from and send some to."""

from typing import Any, Final

from flask import Blueprint, redirect, request
from werkzeug.wrappers import Response as BaseResponse

from pod_app.errors import N_, Invalid, PodAppError
from pod_app.identity import limits
from pod_app.identity.badge_hosts import Connected
from pod_app.identity.sessions import Session
from pod_app.standards.wac import Agent
from pod_app.web import doors, formatting
from pod_app.web.badges import badge_pages

blueprint = Blueprint("hosts", __name__, url_prefix="/me/hosts")
HOME: Final = "/me/hosts"


@blueprint.get("")
@doors.needs_session
def hosts(signed_in: Session) -> str:
    """The hosts, and the way to one more."""
    return _page(signed_in)


@blueprint.post("")
def connect() -> str | BaseResponse:
    """Get to know a host; the person then goes there and agrees."""
    signed_in = doors.signed_in_form()
    services, address = doors.services(), request.form.get("address", "")
    services.identity.limits.count(limits.JOINING, "hosts", signed_in.account.id)
    try:
        services.between.hosts.begin(doors.own_pod(signed_in).name, address)
    except PodAppError as error:
        return _page(signed_in, {"address": address, "wrong": " ".join(doors.words().error(error)[1:]).strip()})
    return redirect(HOME, 303)


@blueprint.get("/back")
def back() -> BaseResponse:
    """From the other host, with its answer."""
    signed_in = doors.session()
    if signed_in is None:
        raise Invalid(N_("You are not signed in."), N_("Sign in, and begin the connection again."))
    pod = doors.own_pod(signed_in)
    api = doors.services().between.hosts.finish(pod.name, request.args)
    doors.services().between.exchanging.want_fetched(pod, api)
    return redirect(HOME, 303)


@blueprint.post("/fetch")
def fetch() -> BaseResponse:
    """Bring the badges that are there."""
    pod, api = _named()
    doors.services().between.exchanging.want_fetched(pod, api)
    return redirect(HOME, 303)


@blueprint.post("/send")
def send() -> BaseResponse:
    """Send the badges that were ticked."""
    pod, api = _named()
    names = request.form.getlist("badge")
    if not names:
        raise Invalid(N_("No badge was chosen."), N_("Tick those that you want to send."))
    doors.services().between.exchanging.want_sent(pod, api, names)
    return redirect(HOME, 303)


@blueprint.post("/end")
def end() -> BaseResponse:
    """Forget a host."""
    signed_in = doors.signed_in_form()
    doors.services().between.hosts.end(doors.own_pod(signed_in).name, request.form.get("api", ""))
    return redirect(HOME, 303)


# -- steps ---------------------------------------------------------------------------------------


def _named() -> tuple[Any, str]:
    """The person's pod and the host that the form names, when it is open to them."""
    pod, api = doors.own_pod(doors.signed_in_form()), request.form.get("api", "")
    if not doors.services().between.hosts.is_open(pod.name, api):
        raise Invalid(N_("You are not connected with this place."), N_("Connect with it first."))
    return pod, api


def _page(signed_in: Session, form: dict[str, str] | None = None) -> str:
    services, pod = doors.services(), doors.own_pod(signed_in)
    badges = [
        {"id": held.address.name, "name": badge_pages.name_of(held.document)}
        for held in services.backpack.held(Agent(webid=pod.webid), pod)
    ]
    known = [_told(one) for one in services.between.hosts.all(pod.name)]
    return doors.render(
        "hosts.html", csrf=signed_in.form_token, hosts=known, badges=badges, form=form or {}, private=True,
        breadcrumbs=[{"name": doors.words().gettext("My notebook"), "href": "/me"}],
    )  # fmt: skip


def _told(one: Connected) -> dict[str, Any]:
    report = dict(one.report)
    locale = doors.words().locale
    return {
        "api": one.api, "name": one.name, "host": one.host, "state": one.state, "go": one.go,
        "since": formatting.day(one.since.date().isoformat(), locale),
        "report": report | {"day": formatting.day(str(report["at"])[:10], locale)} if report else None,
    }  # fmt: skip
