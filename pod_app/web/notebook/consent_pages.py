"""What I agreed to: for each community, here or elsewhere, and each purpose, what it opens and the button for it."""

from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit

import pyoxigraph as ox
from flask import Blueprint, redirect, request
from werkzeug.wrappers import Response as BaseResponse

from pod_app.collective.members import Community, Consent, Elsewhere
from pod_app.errors import N_, PodAppError, Unreadable
from pod_app.identity.sessions import Session
from pod_app.pods.audience import COUNT, is_elsewhere
from pod_app.pods.catalogue import Pod
from pod_app.standards import rdf
from pod_app.standards.namespaces import FOAF
from pod_app.standards.wac import Agent
from pod_app.web import doors

blueprint = Blueprint("consents", __name__, url_prefix="/me/consents")
HERE: Final = "/me/consents"
_CARD: Final = "text/turtle, application/ld+json;q=0.8"
_LONGEST_NAME: Final = 120


@dataclass(frozen=True, slots=True)
class Purpose:
    """One purpose in the words of the page: its name, what it opens, and who sees what comes of it."""

    code: str
    title: str
    opens: str
    seen: str


PERSON: Final = (
    Purpose(
        COUNT,
        N_("Count me, without my name"),
        N_("The program of the community reads your contributions, thanks, transmissions, badges, needs and offers."),
        N_("Everybody sees sums, and only where at least five people stand behind a number."),
    ),
    Purpose(
        "badges",
        N_("Show my badges"),
        N_("Nothing more is opened: the badges you show to everybody may stand in the community's lists."),
        N_("Everybody sees those badges, with your name."),
    ),
    Purpose(
        "cascade",
        N_("Show my name in cascades"),
        N_("The name on your card, beside what you passed on and received."),
        N_("Everybody who looks at a cascade. Without it you are a seed without a name."),
    ),
)
GARDEN: Final = (
    Purpose(
        COUNT,
        N_("Count our garden"),
        N_("The program of the community reads the garden's events and what they gathered, never who gave what."),
        N_("Everybody sees sums, and only where at least five people stand behind a number."),
    ),
    Purpose(
        "map",
        N_("Put our garden on the map"),
        N_("The garden's card and its town, which are public already."),
        N_("Everybody who looks at the map."),
    ),
)


@blueprint.get("")
@doors.needs_session
def show(signed_in: Session) -> str:
    """Everything that can be agreed to, and what was; `?community=` brings one of another place."""
    asked = request.args.get("community", "").strip()
    found, wrong = _looked_up(asked) if asked else (None, "")
    return doors.render(
        "consents.html",
        pods=[_shown(pod, found) for pod in _pods(signed_in)],
        asked=asked,
        wrong=wrong,
        csrf=signed_in.form_token,
        private=True,
    )


@blueprint.post("")
def change() -> BaseResponse:
    """Give or take back one consent; only for pods of one's own."""
    signed_in = doors.signed_in_form()
    services, form = doors.services(), request.form
    pod = services.catalogue.get(form.get("pod", ""))
    word = Consent(_community(form.get("community", "")), form.get("purpose", ""), form.get("given") == "yes")
    services.resources.write(_agent(signed_in), lambda writing: services.consents.change_within(writing, pod, word))
    return redirect(HERE, 303)


# -- steps ---------------------------------------------------------------------------------------


def _agent(signed_in: Session) -> Agent:
    return Agent(webid=doors.own_pod(signed_in).webid)


def _pods(signed_in: Session) -> list[Pod]:
    """One's own pod first, then the gardens and communities that one looks after."""
    own = doors.own_pod(signed_in)
    return [own, *(pod for pod in doors.services().catalogue.owned_by(own.webid) if pod.name != own.name)]


def _community(name: str) -> Community:
    return Elsewhere(name) if is_elsewhere(name) else doors.services().catalogue.get(name)


def _shown(pod: Pod, found: dict[str, str] | None) -> dict[str, object]:
    services = doors.services()
    with services.resources.reading() as conn:
        given = services.consents.state(conn, pod.name)
    here = [
        {"id": one.name, "name": one.title, "href": f"/{one.name}/profile/card", "host": ""}
        for one in services.catalogue.communities()
        if one.name != pod.name
    ]
    elsewhere = [_elsewhere(webid) for webid in given if is_elsewhere(webid)]
    if found is not None and found["id"] not in given:
        elsewhere.insert(0, found)
    return {
        "id": pod.name,
        "title": pod.title,
        "kind": pod.kind,
        "communities": [
            {**one, "purposes": _purposes(pod, one["id"], given.get(one["id"], frozenset()))}
            for one in [*here, *elsewhere]
        ],
    }


def _purposes(pod: Pod, community: str, given: frozenset[str]) -> list[dict[str, object]]:
    """A community elsewhere can count; nothing carries the other purposes to it."""
    say = doors.words().gettext
    return [
        {"code": one.code, "title": say(one.title), "opens": say(one.opens), "seen": say(one.seen),
         "given": one.code in given}
        for one in (PERSON if pod.kind == "person" else GARDEN)
        if one.code == COUNT or one.code in given or not is_elsewhere(community)
    ]  # fmt: skip


def _elsewhere(webid: str, name: str = "") -> dict[str, str]:
    parts = urlsplit(webid)
    return {"id": webid, "name": name or parts.path.split("/")[1], "href": webid, "host": parts.netloc}


def _looked_up(webid: str) -> tuple[dict[str, str] | None, str]:
    """A community elsewhere by its card, or what is wrong with its address in words."""
    services = doors.services()
    try:
        services.consents.check_community(Elsewhere(webid))
        card = services.fetch(webid.partition("#")[0], _CARD)
        return _elsewhere(webid, _name(webid, card.media_type, card.body)), ""
    except PodAppError as error:
        return None, " ".join(doors.words().error(error)[1:])


def _name(webid: str, media_type: str, body: bytes) -> str:
    """The name on a card; raises `Unreadable` for what is no card of this community."""
    quads = rdf.parse(body, media_type, webid.partition("#")[0])
    names = [
        quad.object.value
        for quad in quads
        if quad.subject == ox.NamedNode(webid)
        and quad.predicate == FOAF["name"]
        and isinstance(quad.object, ox.Literal)
    ]
    if not names:
        raise Unreadable(
            N_("There is no community at {webid}."), N_("Copy the address from the community's card."), webid=webid
        )
    return min(names)[:_LONGEST_NAME]
