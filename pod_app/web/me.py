"""My notebook: see one's badges, choose who sees each, sign out."""

from functools import partial
from urllib.parse import quote

from flask import Blueprint, Response, redirect, request
from werkzeug.wrappers import Response as BaseResponse

from pod_app.errors import N_, Forbidden
from pod_app.pods.audience import Audience
from pod_app.pods.resources import Reading
from pod_app.standards import addresses, rdf
from pod_app.standards.wac import Agent
from pod_app.web import badge_pages, doors, representations, resource_pages

blueprint = Blueprint("me", __name__, url_prefix="/me")


@blueprint.post("/sign-out")
def sign_out() -> BaseResponse:
    """End the session everywhere it is open."""
    doors.signed_in_form()
    return doors.sign_out("/")


@blueprint.get("")
def notebook() -> str | BaseResponse:
    """One's own badges, each with who sees it."""
    signed_in = doors.session()
    if signed_in is None:
        return redirect("/me/sign-in?next=/me", 303)
    pod = doors.own_pod(signed_in)
    names = doors.services().backpack.names(pod)
    badges = [
        badge_pages.tile_of(doors.services(), held)
        | {
            "href": f"/me/open?iri={quote(held.address.iri(pod.base_url), safe='')}",
            "id": held.address.name,
            "audience": held.audience,
            "audience_action": "/me/audience",
            "not_yours": not held.is_for(*names),
        }
        for held in doors.services().backpack.held(Agent(webid=pod.webid), pod)
    ]
    owner = {"name": pod.title, "webid": pod.webid, "card_href": f"/{pod.name}/profile/card"}
    return doors.render(
        "me.html",
        owner=owner,
        badges=badges,
        csrf=signed_in.form_token,
        sign_out_action="/me/sign-out",
        private=True,
        links=[
            {"href": "/me/confirm/mine", "icon": "heart", "text": doors.words().gettext("What I confirmed")},
            {"href": "/me/consents", "icon": "check", "text": doors.words().gettext("What I agree to")},
            {"href": "/me/account", "icon": "key", "text": doors.words().gettext("My account and its keys")},
        ],
    )


@blueprint.post("/audience")
def audience() -> BaseResponse:
    """Choose who sees a badge."""
    pod = doors.own_pod(doors.signed_in_form())
    address = pod.address(f"badges/{addresses.encode(request.form.get('id', ''))}")
    chosen: Audience = "everyone" if request.form.get("audience") == "everyone" else "me"
    doors.services().backpack.show_to(Agent(webid=pod.webid), address, chosen)
    return redirect("/me", 303)


@blueprint.get("/open")
def open_private() -> str | BaseResponse:
    """Show a resource with the session of the person who is signed in: pod addresses themselves look at no cookie."""
    signed_in = doors.session()
    iri = request.args.get("iri", "")
    if signed_in is None:
        return redirect(f"/me/sign-in?next={quote(f'/me/open?iri={quote(iri, safe=str())}', safe='')}", 303)
    address = addresses.of_iri(iri, doors.services().settings.base_url)
    if address is None:
        raise Forbidden(N_("{iri} is not an address of this installation."), N_("Open it where it is."), iri=iri)
    pod = doors.own_pod(signed_in)
    reading, wanted = representations.find(doors.services(), Agent(webid=pod.webid), address)
    available = representations.available(reading)
    if wanted is not None or not rdf.is_rdf(representations.bare(reading.stored.media_type)):
        return _download(reading, wanted or available[0])
    words = doors.words()
    label = partial(doors.vocabulary().label, language=words.locale)
    template, values = resource_pages.of(doors.services(), reading, words.gettext, label)
    if template == "badge.html":
        held = doors.services().backpack.audience(address)
        values["badge"] = {**values["badge"], "audience": held}
        values["downloads"] = [_through_session(form) for form in values["downloads"]]
    values["representations"] = [_through_session(form) for form in values["representations"]]
    return doors.render(template, **values, private=True)


def _download(reading: Reading, media_type: str) -> Response:
    """Bytes of a pod, saved and never acted upon on the origin of a session (trust.md S24)."""
    rendered = representations.render(doors.services(), reading, media_type)
    response = Response(rendered.body, content_type=rendered.content_type)
    response.headers["Content-Security-Policy"] = "sandbox; default-src 'none'"
    response.headers["Content-Disposition"] = "attachment"
    return response


def _through_session(form: dict[str, str]) -> dict[str, str]:
    """The same form of a private resource, fetched with the session: its own address looks at no cookie."""
    return {**form, "href": f"/me/open?iri={quote(form['href'], safe='')}"}
