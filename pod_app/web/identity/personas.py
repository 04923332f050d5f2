"""«Enter as…»: in a demo, and only there, anybody may be one of three fictional people for a while."""

from typing import Final

from flask import Blueprint, redirect, request
from werkzeug.wrappers import Response

from pod_app.errors import N_, NotFound
from pod_app.web import doors

blueprint = Blueprint("personas", __name__, url_prefix="/me")
ABOUT: Final = {
    "founder": N_("She founded a garden, signs badges and welcomes people."),
    "passer": N_("He learns, passes on what he knows, and has brought badges from elsewhere."),
    "newcomer": N_("She has just arrived and has received nothing yet."),
}


@blueprint.get("/enter-as")
def ask() -> str:
    """Who can be chosen; not found outside a demo."""
    chosen = offered()
    if not chosen:
        raise NotFound(
            N_("There is nothing at {path}."), N_("Check the address; it may have been deleted."), path=request.path
        )
    return doors.render("enter_as.html", personas=chosen)


@blueprint.post("/enter-as")
def enter() -> Response:
    """A session as the chosen one, in one tap: there is nothing to protect but a story."""
    account = doors.services().personas.play(request.form.get("role", ""))
    return doors.let_in(account, redirect("/me", 303))


def offered() -> list[dict[str, str]]:
    """The fictional people of this installation, none outside a demo."""
    services, words = doors.services(), doors.words()
    return [
        {"role": role, "name": services.catalogue.get(pod).title, "about": words.gettext(ABOUT[role])}
        for role, pod in services.personas.all().items()
    ]
