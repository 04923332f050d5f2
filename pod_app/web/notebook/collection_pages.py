"""My collections: badges put together under a title, with a page that can be shared."""

from urllib.parse import quote

from flask import Blueprint, redirect, request
from werkzeug.wrappers import Response as BaseResponse

from pod_app.badges.bag.collecting import Collection, Kept
from pod_app.errors import PodAppError
from pod_app.identity.sessions import Session
from pod_app.pods.catalogue import Pod
from pod_app.standards.wac import Agent
from pod_app.web import doors
from pod_app.web.notebook import bag_words

blueprint = Blueprint("collections", __name__, url_prefix="/me/collections")


@blueprint.get("")
@doors.needs_session
def collections(signed_in: Session) -> str:
    """One's own collections, and the way to a new one."""
    pod = doors.own_pod(signed_in)
    found = doors.services().collections.all(Agent(webid=pod.webid), pod)
    tiles = [_tile(pod, one) for one in found]
    return doors.render("collections.html", collections=tiles, host=doors.host_of(pod), private=True)


@blueprint.get("/new")
@doors.needs_session
def begin(signed_in: Session) -> str:
    """The form of a new collection."""
    return _form(signed_in, None, Collection(""))


@blueprint.get("/<name>")
@doors.needs_session
def change(signed_in: Session, name: str) -> str:
    """The form of a collection that stands."""
    pod = doors.own_pod(signed_in)
    kept = doors.services().collections.get(Agent(webid=pod.webid), pod, name)
    return _form(signed_in, kept, kept.collection)


@blueprint.post("")
def save() -> str | BaseResponse:
    """Keep a collection, a new one or one that stands (`name`)."""
    signed_in = doors.signed_in_form()
    pod, services = doors.own_pod(signed_in), doors.services()
    form = request.form
    made = Collection(form.get("title", "").strip(), form.get("about", "").strip(), tuple(form.getlist("badge")))
    agent, name = Agent(webid=pod.webid), form.get("name", "")
    try:
        audience, garden = bag_words.asked_audience(services, pod, form.get("audience", ""))
        address = services.collections.save(agent, pod, made, audience, name=name, garden=garden)
    except PodAppError as error:
        kept = services.collections.get(agent, pod, name) if name else None
        return _form(signed_in, kept, made, " ".join(doors.words().error(error)[1:]))
    return redirect(f"/me/open?iri={quote(address.iri(pod.base_url), safe='')}", 303)


@blueprint.post("/<name>/remove")
def remove(name: str) -> BaseResponse:
    """Delete a collection; its badges stay."""
    pod = doors.own_pod(doors.signed_in_form())
    doors.services().collections.remove(Agent(webid=pod.webid), pod, name)
    return redirect("/me/collections", 303)


def _tile(pod: Pod, kept: Kept) -> dict[str, object]:
    return {
        "title": kept.collection.title or kept.address.name,
        "audience": kept.audience,
        "number": len(kept.collection.badges),
        "href": f"/me/open?iri={quote(kept.address.iri(pod.base_url), safe='')}",
        "edit_href": f"/me/collections/{quote(kept.address.name)}",
    }


def _form(signed_in: Session, kept: Kept | None, shown: Collection, wrong: str = "") -> str:
    pod, services = doors.own_pod(signed_in), doors.services()
    held = services.backpack.held(Agent(webid=pod.webid), pod)
    names = services.backpack.names(pod)
    badges = [
        tile | {"value": one.address.iri(pod.base_url), "chosen": one.address.iri(pod.base_url) in shown.badges}
        for tile, one in zip(bag_words.tiles(services, pod, held, names), held, strict=True)
    ]
    order = {iri: number for number, iri in enumerate(shown.badges)}
    badges.sort(key=lambda one: order.get(one["value"], len(order)))
    return doors.render(
        "collection_edit.html",
        collection={"title": shown.title, "about": shown.about, "name": kept.address.name if kept else ""},
        audience=kept.audience if kept else "me",
        badges=badges,
        gardens=bag_words.garden_choices(services, pod, None if kept is None else kept.address),
        wrong=wrong,
        csrf=signed_in.form_token,
        private=True,
    )
