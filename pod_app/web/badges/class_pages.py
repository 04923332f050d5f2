"""Bring kinds of badges in from another forge: drafts that nobody gives until somebody has looked at them."""

from flask import Blueprint, request

from pod_app.badges.forge.class_import import Taken
from pod_app.errors import N_, Invalid, PodAppError
from pod_app.identity.sessions import Session
from pod_app.pods.catalogue import Pod
from pod_app.standards.wac import Agent
from pod_app.web import doors, problems
from pod_app.web.badges.forge_pages import agent_of, signing_pod

blueprint = Blueprint("classes", __name__, url_prefix="/me/forge/import")


@blueprint.get("")
@doors.needs_session
def ask(signed_in: Session) -> str:
    """The form: a file, or the address of a badge class or of a catalogue."""
    return _page(signed_in, signing_pod(agent_of(signed_in), request.args.get("pod", "")))


@blueprint.post("")
def take() -> str | tuple[str, int]:
    """Make the drafts and say what became of each."""
    signed_in = doors.signed_in_form()
    agent = agent_of(signed_in)
    pod = signing_pod(agent, request.form.get("pod", ""))
    try:
        taken = _taken(agent, pod)
    except PodAppError as error:
        return _page(signed_in, pod, wrong=" ".join(doors.words().error(error)[1:])), problems.status_of(error)
    return _page(signed_in, pod, taken=taken)


def _taken(agent: Agent, pod: Pod) -> Taken:
    importing, file, url = doors.services().class_import, request.files.get("file"), request.form.get("url", "").strip()
    if file is not None and file.filename:
        return importing.take(agent, pod, file.read())
    if url:
        return importing.take_address(agent, pod, url)
    raise Invalid(N_("There is nothing to import yet."), N_("Choose a file, or paste the address of a badge."))


def _page(signed_in: Session, pod: Pod, *, wrong: str = "", taken: Taken | None = None) -> str:
    words = doors.words()
    refused = {} if taken is None else taken.refused
    return doors.render(
        "class_import.html",
        pod={"name": pod.name, "title": pod.title},
        form={"url": request.form.get("url", ""), "wrong": {"url" if request.form.get("url") else "file": wrong}},
        taken=None
        if taken is None
        else {
            "made": len(taken.made),
            "known": len(taken.known),
            "refused": [{"name": name, "why": " ".join(words.error(error)[1:])} for name, error in refused.items()],
        },
        csrf=signed_in.form_token,
        private=True,
    )
