"""My notebook: see one's badges, choose who sees each, sign out."""

import base64
from collections.abc import Mapping
from functools import partial
from typing import Any, Final
from urllib.parse import quote

from flask import Blueprint, Response, redirect, request
from werkzeug.wrappers import Response as BaseResponse

from pod_app.errors import N_, Forbidden
from pod_app.identity.sessions import Session
from pod_app.pods.catalogue import Pod
from pod_app.pods.resources import Reading
from pod_app.standards import addresses, rdf
from pod_app.standards.addresses import Address
from pod_app.standards.wac import Agent
from pod_app.web import doors, resource_pages
from pod_app.web.badges import qr
from pod_app.web.notebook import bag_words, tray_pages
from pod_app.web.solid import representations

blueprint = Blueprint("me", __name__, url_prefix="/me")
NEWEST: Final = 12


@blueprint.post("/sign-out")
def sign_out() -> BaseResponse:
    """End the session everywhere it is open."""
    doors.signed_in_form()
    return doors.sign_out("/")


@blueprint.get("")
@doors.needs_session
def notebook(signed_in: Session) -> str:
    """One's own badges, each with who sees it."""
    pod = doors.own_pod(signed_in)
    if pod.home is not None:
        return tray_pages.notebook_elsewhere(signed_in, pod)
    services = doors.services()
    names = services.backpack.names(pod)
    held = services.backpack.held(Agent(webid=pod.webid), pod)
    badges = bag_words.tiles(services, pod, held[:NEWEST], names)
    owner = {"name": pod.title, "webid": pod.webid, "card_href": f"/{pod.name}/profile/card"}
    return doors.render(
        "me.html",
        owner=owner,
        badges=badges,
        total=len(held),
        gardens=bag_words.garden_choices(services, pod),
        back="/me",
        csrf=signed_in.form_token,
        sign_out_action="/me/sign-out",
        private=True,
        awaiting=len(services.giving.awards.pending(pod, services.clock())),
        links=[
            {"href": "/me/forge", "icon": "heart", "text": doors.words().gettext("Give badges")},
            {"href": "/me/badges", "icon": "folder", "text": doors.words().gettext("All my badges")},
            {"href": "/me/collections", "icon": "book", "text": doors.words().gettext("My collections")},
            {"href": "/me/badges/import", "icon": "download", "text": doors.words().gettext("Bring in a badge")},
            {"href": "/me/requests", "icon": "hands", "text": _asking(pod)},
            {"href": "/me/confirm/mine", "icon": "heart", "text": doors.words().gettext("What I confirmed")},
            {"href": "/me/hosts", "icon": "globe", "text": doors.words().gettext("My badges elsewhere")},
            {"href": "/me/consents", "icon": "check", "text": doors.words().gettext("What I agree to")},
            {"href": "/me/account", "icon": "key", "text": doors.words().gettext("My account and its keys")},
        ],
    )


@blueprint.post("/audience")
def audience() -> BaseResponse:
    """Choose who sees a badge."""
    pod = doors.own_pod(doors.signed_in_form())
    address = pod.address(f"badges/{addresses.encode(request.form.get('id', ''))}")
    services = doors.services()
    chosen, garden = bag_words.asked_audience(services, pod, request.form.get("audience", ""))
    bag = services.backpack if pod.home is None else services.bag_elsewhere
    bag.show_to(Agent(webid=pod.webid), address, chosen, garden)
    back = request.form.get("back", "")
    return redirect(back if back.startswith("/me") and "\\" not in back and back.isprintable() else "/me", 303)


@blueprint.get("/open")
@doors.needs_session
def open_private(signed_in: Session) -> str | BaseResponse:
    """Show a resource with the session of the person who is signed in: pod addresses themselves look at no cookie."""
    iri = request.args.get("iri", "")
    address = addresses.of_iri(iri, doors.services().settings.base_url)
    if address is None:
        raise Forbidden(N_("{iri} is not an address of this installation."), N_("Open it where it is."), iri=iri)
    pod = doors.own_pod(signed_in)
    reading, wanted = representations.find(doors.services(), Agent(webid=pod.webid), address)
    available = representations.available(reading)
    stored = representations.bare(reading.stored.media_type)
    if wanted is not None or not (rdf.is_rdf(stored) or representations.is_badge(address, stored)):
        return _download(reading, wanted or available[0])
    words = doors.words()
    label = partial(doors.vocabulary().label, language=words.locale)
    template, values = resource_pages.of(doors.services(), reading, words.gettext, label)
    if template == "badge.html":
        values["confirm_href"] = "" if address.pod == pod.name else values["confirm_href"]
        values |= _own(pod, address, signed_in.form_token, values["badge"], values["issuer"]["name"])
        values["badge"] = {**values["badge"], "audience": doors.services().backpack.audience(address)}
        if str(values["badge"].get("image") or "").startswith(address.target):
            image = address.iri(pod.base_url).removesuffix(address.target) + values["badge"]["image"]
            values["badge"]["image"] = f"/me/open?iri={quote(image, safe='')}"
        values["downloads"] = [_through_session(form) for form in values["downloads"]]
    values["representations"] = [_through_session(form) for form in values["representations"]]
    return doors.render(template, **values, private=True)


def _own(pod: Pod, address: Address, token: str, badge: Mapping[str, Any], issuer: str) -> dict[str, object]:
    """What the holder of a badge may do with it, beside what everybody may."""
    if address.pod != pod.name or not address.path.startswith("badges/"):
        return {}
    services, iri = doors.services(), address.iri(pod.base_url)
    hosted = services.exporting.hosted(address)
    own = {
        "id": address.name,
        "gardens": bag_words.garden_choices(services, pod, address),
        "back": f"/me/open?iri={quote(iri, safe='')}",
        "hosted": hosted[0] if hosted else None,
        "here": services.exporting.is_ours(address),
        "qr": _drawn(iri),
        "tells_address": services.backpack.one(Agent(webid=pod.webid), address).tells_address,
    }
    is_public = services.backpack.audience(address) == "everyone"
    return {"own": own, "csrf": token, "linkedin_href": bag_words.linkedin(badge, issuer, iri) if is_public else None}


def _asking(pod: Pod) -> str:
    """The way to requests, with how many people ask for one's word."""
    words = doors.words()
    number = len(doors.services().recognition.answering.asked_of(pod))
    if not number:
        return words.gettext("Asking and confirming")
    return words.ngettext("{number} person asks for your word", "{number} people ask for your word", number).format(
        number=number
    )


def _drawn(address: str) -> str:
    """The QR of an address as a data IRI, for the badge that is printed."""
    picture = qr.svg(address, doors.words().gettext("QR of this badge"))
    return f"data:image/svg+xml;base64,{base64.b64encode(picture).decode()}"


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
