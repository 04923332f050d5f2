"""The keys that sign badges, mine and those of gardens I sign for: a new one, one that was stolen, signing anew."""

from typing import Any, Final

from flask import Blueprint, redirect, request
from werkzeug.wrappers import Response as BaseResponse

from pod_app.errors import N_, Invalid
from pod_app.identity.sessions import Session
from pod_app.pods.catalogue import Pod
from pod_app.standards.wac import Agent
from pod_app.web import doors
from pod_app.web.badges.forge_pages import agent_of, signing_pod

blueprint = Blueprint("keys", __name__, url_prefix="/me/keys")
HOME: Final = "/me/keys"


@blueprint.get("")
@doors.needs_session
def keys(signed_in: Session) -> str:
    """Every key that my pods ever had, with what became of it."""
    services = doors.services()
    return doors.render(
        "keys.html",
        places=[_place(pod) for pod in services.signers.pods_of(agent_of(signed_in))],
        csrf=signed_in.form_token,
        shared=services.personas.is_shared(signed_in.account.name),
        private=True,
        breadcrumbs=[{"name": doors.words().gettext("My notebook"), "href": "/me"}],
    )


@blueprint.post("/new")
def rotate() -> BaseResponse:
    """Begin a new key; what the one before has signed keeps verifying."""
    agent, pod = _named()
    doors.services().issuing.rotate_key(agent, pod)
    return redirect(HOME, 303)


@blueprint.post("/stolen")
def revoke() -> BaseResponse:
    """Declare a key stolen: what it has signed stops verifying until it is signed anew."""
    agent, pod = _named()
    if not request.form.get("sure"):
        raise Invalid(N_("Whether the key was stolen was not said."), N_("Tick the box, if it was."))
    doors.services().issuing.revoke_key(agent, pod, request.form.get("key", ""))
    return redirect(HOME, 303)


@blueprint.post("/anew")
def reissue() -> BaseResponse:
    """Sign anew what a stolen key had signed; copies of this installation are replaced."""
    agent, pod = _named()
    doors.services().reissuing.all_of_lost_keys(agent, pod)
    return redirect(HOME, 303)


def _named() -> tuple[Agent, Pod]:
    """Who acts, and the pod that the form names, when they may sign for it; visitors of a demo break nobody's keys."""
    signed_in = doors.own_account_form()
    agent = agent_of(signed_in)
    return agent, signing_pod(agent, request.form.get("pod", ""))


def _place(pod: Pod) -> dict[str, Any]:
    services = doors.services()
    with services.resources.reading() as conn:
        found = services.keys.all(conn, pod.name)
    rows = [
        {"id": one.id, "short": one.id[-8:], "state": one.state, "since": one.created, "ended": one.ended}
        for one in reversed(found)
    ]
    lost = len(services.reissuing.affected(pod))
    return {"name": pod.name, "title": pod.title, "did": pod.did, "keys": rows, "lost": lost}
