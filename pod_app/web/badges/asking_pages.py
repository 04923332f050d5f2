"""Ask to be recognised: choose, tell in a sentence, send a link; then see what came of it."""

from typing import Any, Final
from urllib.parse import quote

from flask import Blueprint, make_response, redirect, request
from werkzeug.wrappers import Response as BaseResponse

from pod_app.badges.recognition.asking import MOST_ASKED, Wish
from pod_app.badges.recognition.requests import Link, Recognition
from pod_app.errors import N_, Conflict, Invalid, NotFound, TooMany, Unsupported
from pod_app.identity import limits
from pod_app.identity.sessions import Session
from pod_app.pods.catalogue import Pod
from pod_app.standards.wac import Agent
from pod_app.web import doors, resource_pages
from pod_app.web.badges import asking_words

blueprint = Blueprint("asking_pages", __name__, url_prefix="/me")
HERE: Final = "/me/requests"


@blueprint.get("/requests")
@doors.needs_session
def overview(signed_in: Session) -> str:
    """What I ask for, what I am asked, and what waits for the gardens I sign for."""
    own, recognition = doors.own_pod(signed_in), doors.services().recognition
    agent = Agent(webid=own.webid)
    waiting = recognition.answering.waiting(agent, doors.services().signers.pods_of(agent))
    return doors.render(
        "requests.html",
        mine=[_row(one, f"{HERE}/{one.id}") for one in recognition.asking.of(agent, own)],
        asked_of_me=[_asked_of_me(one, link) for one, link in recognition.answering.asked_of(own)],
        waiting=[_row(one, f"/me/review/{one.pod}/{one.id}") for one in waiting],
        gardens=own_gardens(own), host=doors.host_of(own), csrf=signed_in.form_token, private=True,
    )  # fmt: skip


@blueprint.get("/requests/new")
@doors.needs_session
def choose(signed_in: Session) -> str:
    """The form for the badge in `?achievement=`; without one, what can be asked for."""
    achievement = request.args.get("achievement", "")
    if not achievement:
        return doors.render("ask_choose.html", groups=_on_offer(doors.own_pod(signed_in)), private=True)
    return _form(signed_in, achievement, {})


@blueprint.post("/requests/new")
def ask() -> BaseResponse:
    """Send the request, then show the link to send on."""
    signed_in = doors.signed_in_form()
    own, form, file = doors.own_pod(signed_in), request.form, request.files.get("file")
    doors.services().identity.limits.count(limits.ASKING, "asking", own.name)
    wish = Wish(
        form.get("achievement", ""), form.get("sentence", ""), form.get("link", ""), file.read() if file else b"",
        rule_held=form.get("held") == "1" and _holds(own, form.get("achievement", "")),
    )  # fmt: skip
    try:
        name = doors.services().recognition.asking.ask(Agent(webid=own.webid), own, wish)
    except (Invalid, Conflict, TooMany) as error:
        wrong = " ".join(doors.words().error(error)[1:])
        return make_response(_form(signed_in, wish.achievement, {**form.to_dict(), "wrong": wrong}), 422)
    return redirect(f"{HERE}/{name}", 303)


@blueprint.get("/requests/<name>")
@doors.needs_session
def show(signed_in: Session, name: str) -> str:
    """One of my requests, and whom it asked."""
    own, services = doors.own_pod(signed_in), doors.services()
    one, links = services.recognition.asking.one(Agent(webid=own.webid), own, name)
    reviewer = services.catalogue.find(one.reviewer)
    return doors.render(
        "request.html",
        asked=asking_words.asked(services, one, f"{HERE}/{name}/trace"),
        host=doors.host_of(own),
        request={"id": one.id, "state": one.state, "reason": one.reason, "badge_href": _opened(own, one),
                 "reviewer": reviewer.title if reviewer else one.reviewer},
        people=[_person(own, one, link) for link in links],
        most=MOST_ASKED, csrf=signed_in.form_token, private=True,
    )  # fmt: skip


@blueprint.get("/requests/<name>/trace")
def trace(name: str) -> BaseResponse:
    """The file that I added to my request."""
    own = doors.own_pod(doors.require_session())
    one, _ = doors.services().recognition.asking.one(Agent(webid=own.webid), own, name)
    return asking_words.send_trace(doors.services(), one)


@blueprint.post("/requests/<name>/people")
def invite(name: str) -> BaseResponse:
    """A link for one more person."""
    own = doors.own_pod(doors.signed_in_form())
    address = request.form.get("address", "")
    doors.services().recognition.asking.invite(Agent(webid=own.webid), own, name, address)
    return redirect(f"{HERE}/{quote(name)}", 303)


@blueprint.post("/requests/<name>/remind")
def remind(name: str) -> BaseResponse:
    """Remind somebody, once: who has no notebook here is written to by the asker."""
    own = doors.own_pod(doors.signed_in_form())
    number = request.form.get("number", "")
    doors.services().recognition.asking.remind(
        Agent(webid=own.webid),
        own,
        name,
        int(number) if number.isdecimal() and len(number) < 3 else 0,  # noqa: PLR2004
    )
    return redirect(f"{HERE}/{quote(name)}", 303)


@blueprint.post("/requests/<name>/withdraw")
def withdraw(name: str) -> BaseResponse:
    """Ask no more."""
    own = doors.own_pod(doors.signed_in_form())
    doors.services().recognition.asking.withdraw(Agent(webid=own.webid), own, name)
    return redirect(HERE, 303)


# -- steps ---------------------------------------------------------------------------------------


def own_gardens(own: Pod) -> list[tuple[str, str]]:
    """The gardens as whose member somebody may speak, and the choice to name none."""
    found = [(pod.name, pod.title) for pod in doors.services().recognition.endorsing.gardens(own)]
    return [*found, ("", doors.words().gettext("nobody but myself"))] if found else []


def _holds(own: Pod, achievement: str) -> bool:
    """Whether the rule of a badge is met, when whoever asks lets it be told: looked up again, never taken on trust."""
    try:
        return doors.services().recognition.rules.check(Agent(webid=own.webid), own, achievement).is_met
    except (NotFound, Unsupported):  # no rule, or a notebook that rules cannot look into
        return False


def _form(signed_in: Session, achievement: str, form: dict[str, str]) -> str:
    services = doors.services()
    with services.resources.reading() as conn:
        services.achievements.get(conn, achievement)
    issuer = services.catalogue.get(achievement.removeprefix(services.settings.base_url).partition("/")[0])
    return doors.render(
        "ask.html",
        badge=asking_words.badge_of(services, achievement), achievement=achievement,
        host=doors.host_of(doors.own_pod(signed_in)),
        issuer=asking_words.who(issuer), form=form, held=request.values.get("held") == "1",
        csrf=signed_in.form_token, private=True,
    )  # fmt: skip


def givers(own: Pod) -> list[Pod]:
    """The gardens that one belongs to, and the communities of this place."""
    services = doors.services()
    pods = [*services.recognition.endorsing.gardens(own), *services.catalogue.communities()]
    return list({pod.name: pod for pod in pods}.values())


def _on_offer(own: Pod) -> list[dict[str, Any]]:
    """What the gardens one belongs to and the communities of this place give badges for."""
    services = doors.services()
    base = services.settings.base_url.rstrip("/")
    groups = []
    for pod in givers(own):
        tiles = [
            tile | {"href": f"{HERE}/new?achievement={quote(base + tile['href'], safe='')}"}
            for tile in resource_pages.on_offer(services, pod)
        ]
        groups += [{"name": pod.title, "achievements": tiles}] if tiles else []
    return groups


def _opened(own: Pod, one: Recognition) -> str:
    """The badge that came of it: in one's bag, or, when that is on another server, as its record here."""
    if one.badge is None:
        return ""
    there = one.badge if own.home else f"{own.iri}badges/{one.badge.rpartition('/')[2]}"
    return f"/me/open?iri={quote(there, safe='')}"


def _row(one: Recognition, href: str) -> dict[str, Any]:
    services = doors.services()
    with services.resources.reading() as conn:
        links = services.recognition.requests.links(conn, one.pod, one.id)
    asker, garden = services.catalogue.find(one.pod), services.catalogue.find(one.reviewer)
    return {
        "href": href, "name": asking_words.badge_of(services, one.achievement)["name"], "state": one.state,
        "date": one.created, "answers": asking_words.answers(links), "who": asker.title if asker else one.pod,
        "garden": garden.title if garden else one.reviewer,
    }  # fmt: skip


def _asked_of_me(one: Recognition, link: Link) -> dict[str, Any]:
    services = doors.services()
    token = services.recognition.requests.token(link)
    return {
        "pod": one.pod, "id": one.id, "number": link.number,
        "who": asking_words.who(services.catalogue.get(one.pod)),
        "asked": asking_words.asked(services, one, f"/me/answer/{token}/trace"),
    }  # fmt: skip


def _person(own: Pod, one: Recognition, link: Link) -> dict[str, Any]:
    services = doors.services()
    now, said = services.clock(), link.answer
    here = services.catalogue.of_webid(link.address) if link.address else None
    waits = link.is_open(now) and one.state == "open"
    url = f"{services.settings.base_url}me/answer/{services.recognition.requests.token(link)}"
    signer = services.catalogue.of_webid(said.by) if said and said.by else None
    return {
        "number": link.number, "address": here.title if here else link.address, "ended": not waits,
        "link": url if waits and here is None else "", "mail": _mail(own, one, link, url),
        "reminded": link.reminded is not None, "can_remind": waits and link.reminded is None,
        "answer": said.kind if said else None, "signed": bool(said and said.endorsement),
        "name": signer.title if signer else (said.name if said else ""), "words": said.words if said else "",
    }  # fmt: skip


def _mail(own: Pod, one: Recognition, link: Link, url: str) -> str:
    """A letter that the asker's own mail program writes: this program sends none."""
    words = doors.words().gettext
    to = link.address if link.address and "@" in link.address and not link.address.startswith("http") else ""
    body = words(N_("Were you there? One tap is enough, without an account: {link}")).format(link=url)
    subject = words(N_("{name} asks you something")).format(name=own.title)
    text = quote(f"{one.sentence}\n\n{body}")
    return f"mailto:{quote(to, safe='@')}?subject={quote(subject)}&body={text}"
