"""The forge: what I may give badges for, and making, changing and retiring one."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any
from urllib.parse import urlencode

from flask import Blueprint, Response, redirect, request
from werkzeug.wrappers import Response as BaseResponse

from pod_app.badges.forge import likeness
from pod_app.errors import N_, Forbidden, PodAppError
from pod_app.identity.sessions import Session
from pod_app.pods.catalogue import Pod
from pod_app.standards import addresses
from pod_app.standards.wac import Agent
from pod_app.web import doors, problems
from pod_app.web.badges import achievement_words, studio
from pod_app.web.badges.forge_form import Filled, skills_of

blueprint = Blueprint("forge", __name__, url_prefix="/me/forge")


@blueprint.get("")
@doors.needs_session
def forge(signed_in: Session) -> str:
    """The pods I may sign for, each with what it gives badges for."""
    services, agent = doors.services(), agent_of(signed_in)
    pods = services.signers.pods_of(agent)
    with services.resources.reading() as conn:
        places = [
            {"name": pod.name, "title": pod.title, "kind": pod.kind, "me": pod.webid == agent.webid,
             "achievements": [_line(pod, one) for one in services.achievements.all(conn, pod, retired=True)]}
            for pod in pods
        ]  # fmt: skip
    return doors.render("forge.html", places=places, csrf=signed_in.form_token, private=True)


@blueprint.get("/new")
@doors.needs_session
def ask(signed_in: Session) -> str:
    """An empty form, or one filled with the twin in another language."""
    pod = signing_pod(agent_of(signed_in), request.args.get("pod", ""))
    twin = request.args.get("twin_of", "")
    filled = Filled(language=doors.words().locale)
    if twin:
        standing = _standing(twin)
        filled = replace(standing, seen="", twin_of=twin, alt="", language="en" if standing.language == "fr" else "fr")
    return _page(signed_in, pod, filled)


@blueprint.post("/new")
def create() -> BaseResponse | tuple[str, int]:
    """Make it, unless a badge like it is there already and this was not said to be meant."""
    signed_in = doors.signed_in_form()
    agent, filled = agent_of(signed_in), Filled.of_form(request.form)
    pod = signing_pod(agent, request.form.get("pod", ""))
    if request.form.get("do") == "look":
        return _page(signed_in, pod, filled), 200
    try:
        filled = filled.with_picture(agent, pod, request.files.get("file"))
        parts = filled.parts()
        alike = [] if request.form.get("anyway") or filled.twin_of else _alike(filled, parts)
        if alike:
            return _page(signed_in, pod, filled, alike=alike), 409
        doors.services().achievements.create(agent, pod, **parts, twin_of=filled.twin_of or None)
    except PodAppError as error:
        return _page(signed_in, pod, filled, wrong=doors.words().error(error)), problems.status_of(error)
    return redirect("/me/forge", 303)


@blueprint.get("/edit")
@doors.needs_session
def ask_change(signed_in: Session) -> str:
    """The form with what stands."""
    iri = request.args.get("iri", "")
    return _page(signed_in, signing_pod(agent_of(signed_in), _pod_of(iri)), _standing(iri), iri=iri)


@blueprint.post("/edit")
def change() -> BaseResponse | tuple[str, int]:
    """A new version; the one before stays at an address of its own."""
    signed_in = doors.signed_in_form()
    agent, iri = agent_of(signed_in), request.form.get("iri", "")
    pod = signing_pod(agent, _pod_of(iri))
    filled = replace(Filled.of_form(request.form), achievement_type=_standing(iri).achievement_type)
    if request.form.get("do") == "look":
        return _page(signed_in, pod, filled, iri=iri), 200
    try:
        filled = filled.with_picture(agent, pod, request.files.get("file"))
        doors.services().achievements.edit(agent, pod, iri, seen=filled.seen or None, **filled.parts())
    except PodAppError as error:
        return _page(signed_in, pod, filled, iri=iri, wrong=doors.words().error(error)), problems.status_of(error)
    return redirect("/me/forge", 303)


@blueprint.post("/retire")
def retire() -> BaseResponse:
    """Give no new badges for it, or give them again."""
    agent, iri = agent_of(doors.signed_in_form()), request.form.get("iri", "")
    pod = signing_pod(agent, _pod_of(iri))
    doors.services().achievements.retire(agent, pod, iri, retired=request.form.get("retired") != "no")
    return redirect("/me/forge", 303)


@blueprint.get("/picture")
def picture() -> Response:
    """What three choices in the studio look like."""
    category, _, kind = request.args.get("look", "").partition("_")
    design = studio.Design(category, kind, request.args.get("icon", "sprout"))
    response = Response(studio.draw(design), content_type="image/svg+xml")
    response.headers["Cache-Control"] = "public, max-age=86400"
    return response


# -- what other pages of the forge share -----------------------------------------------------------


def agent_of(signed_in: Session) -> Agent:
    """Who is signed in, as an agent."""
    return Agent(webid=doors.own_pod(signed_in).webid)


def signing_pod(agent: Agent, name: str) -> Pod:
    """The pod of this name, when the agent may sign for it; raises `Forbidden`, also when there is none."""
    services = doors.services()
    pod = services.catalogue.find(name)
    with services.resources.reading() as conn:
        if pod is None or not services.signers.may(conn, agent, pod):
            raise Forbidden(
                N_("You may not give badges for «{pod}»."), N_("Ask for the role of issuer there."), pod=name[:60]
            )
    return pod


def standing_tile(iri: str) -> dict[str, Any]:
    """What a page shows of an achievement of this place; raises `NotFound`."""
    services = doors.services()
    with services.resources.reading() as conn:
        document = services.achievements.get(conn, iri)
    return achievement_words.tile(document, services.settings.base_url) | {"iri": iri, "href": iri}


# -- steps -----------------------------------------------------------------------------------------


def _line(pod: Pod, document: Mapping[str, Any]) -> dict[str, Any]:
    iri = str(document["id"])
    address = addresses.of_iri(iri, pod.base_url)
    return achievement_words.tile(document, doors.services().settings.base_url) | {
        "iri": iri,
        "href": iri if address is None else address.target,
        "retired": document["retired"],
        "reserved": document["reserved"],
        "edit_href": f"/me/forge/edit?{urlencode({'iri': iri})}",
        "twin_href": f"/me/forge/new?{urlencode({'pod': pod.name, 'twin_of': iri})}",
        "language": document.get("inLanguage", ""),
    }


def _pod_of(iri: str) -> str:
    address = addresses.of_iri(iri, doors.services().settings.base_url)
    return "" if address is None else address.pod


def _standing(iri: str) -> Filled:
    services = doors.services()
    with services.resources.reading() as conn:
        document = services.achievements.get(conn, iri)
        reserved = services.achievements.state(conn, iri).reserved
    return Filled.of_document(document, doors.vocabulary(), reserved=reserved)


def _alike(filled: Filled, parts: Mapping[str, Any]) -> list[dict[str, Any]]:
    services = doors.services()
    targets = [one["targetUrl"] for one in parts["alignments"]]
    with services.resources.reading() as conn:
        found = likeness.alike(
            services.resources, conn, name=filled.name, kind=filled.kind, language=filled.language, targets=targets
        )
    base = services.settings.base_url
    return [
        achievement_words.tile(one, base) | {"href": one["id"], "issuer_name": (one.get("creator") or {}).get("name")}
        for one in found
    ]


def _page(
    signed_in: Session, pod: Pod, filled: Filled, *, iri: str = "", alike: list[dict[str, Any]] | None = None,
    wrong: tuple[str, str, str] | None = None,
) -> str:  # fmt: skip
    locale = doors.words().locale
    vocabulary = doors.vocabulary()
    groups = [
        {"title": vocabulary.label(group.iri, locale),
         "skills": [{"iri": one.iri, "name": vocabulary.label(one.iri, locale), "on": one.iri in filled.skills}
                    for one in skills_of(vocabulary) if one.broader == group.iri]}
        for group in vocabulary.concepts("skills") if not group.broader
    ]  # fmt: skip
    return doors.render(
        "forge_edit.html", form=filled, pod={"name": pod.name, "title": pod.title}, iri=iri, groups=groups,
        categories=[(code, one.title) for code, one in studio.CATEGORIES.items()],
        kinds=[(code, one.title) for code, one in studio.KINDS.items()],
        icons=[(name, one[locale], one["svg"]) for name, one in studio.icons().items()],
        own_image=achievement_words.here(filled.image, pod.base_url) if not filled.look else None,
        alike=alike or [], wrong=wrong, csrf=signed_in.form_token, private=True,
    )  # fmt: skip
