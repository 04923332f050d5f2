"""Recognise somebody: who, a sentence if one likes, done; ten seconds to take it back. And what was given before."""

from datetime import UTC, datetime, time
from typing import Any
from urllib.parse import urlencode

from flask import Blueprint, redirect, request
from werkzeug.wrappers import Response as BaseResponse

from pod_app.badges.giving.award_lists import Line
from pod_app.badges.giving.awards import NO_WORDS, Award, Words
from pod_app.badges.giving.records import Given
from pod_app.errors import N_, Invalid, NotFound, PodAppError
from pod_app.identity.sessions import Session
from pod_app.pods.catalogue import Pod
from pod_app.standards import addresses
from pod_app.standards.wac import Agent
from pod_app.web import doors, problems
from pod_app.web.badges import achievement_words
from pod_app.web.badges.forge_pages import agent_of, signing_pod, standing_tile

blueprint = Blueprint("awards", __name__, url_prefix="/me")
FACES = 8
LISTED = 200
PAGE = 30
LASTS = (0, 1, 2, 3, 5)
"""Years that a badge may be given for; 0 is for good."""


@blueprint.get("/award")
@doors.needs_session
def ask(signed_in: Session) -> str:
    """Who is recognised, with a sentence: the faces one meets, or a name."""
    return _page(signed_in, signing_pod(agent_of(signed_in), request.args.get("pod", "")), {})


@blueprint.post("/award")
def give() -> BaseResponse | tuple[str, int]:
    """Sign it; the recipient hears of it in some seconds."""
    signed_in = doors.signed_in_form()
    agent, form = agent_of(signed_in), request.form
    pod = signing_pod(agent, form.get("pod", ""))
    try:
        recipient = _recipient(agent, pod, form.get("face", ""), form.get("who", ""))
        issued = doors.services().giving.awards.give(agent, pod, form.get("achievement", ""), recipient, _words(form))
    except PodAppError as error:
        return _page(signed_in, pod, {**form, "wrong": doors.words().error(error)}), problems.status_of(error)
    done = {"pod": pod.name, "achievement": form.get("achievement", ""), "done": issued.address.name}
    return redirect(f"/me/award?{urlencode(done)}", 303)


@blueprint.post("/award/undo")
def undo() -> BaseResponse:
    """Take back what was given some seconds ago."""
    agent = agent_of(doors.signed_in_form())
    pod = signing_pod(agent, request.args.get("pod", ""))
    doors.services().giving.awards.undo(agent, pod, request.args.get("record", ""))
    return redirect("/me/forge", 303)


@blueprint.get("/award/list")
@doors.needs_session
def ask_list(signed_in: Session) -> str:
    """Many people: a list or a file, and how far one is."""
    agent = agent_of(signed_in)
    pod = signing_pod(agent, request.args.get("pod", ""))
    name = request.args.get("list", "")
    if not name:
        return _list_page(signed_in, pod, request.args.get("achievement", ""))
    progress = doors.services().giving.lists.progress(agent, pod, name)
    gettext = doors.words().gettext
    refused = [(number, who, reason.translated(gettext)) for number, who, reason in progress.refused]
    return doors.render(
        "award_progress.html", pod={"name": pod.name, "title": pod.title}, list=name, progress=progress,
        refused=refused, achievement=standing_tile(progress.achievement), csrf=signed_in.form_token, private=True,
    )  # fmt: skip


@blueprint.post("/award/list")
def give_list() -> BaseResponse | tuple[str, int]:
    """Look a list through (`do=look`), or give it in the background."""
    signed_in = doors.signed_in_form()
    agent, form, services = agent_of(signed_in), request.form, doors.services()
    pod, achievement = signing_pod(agent, form.get("pod", "")), form.get("achievement", "")
    if form.get("do") == "again":
        services.giving.lists.resume(agent, pod, form.get("list", ""))
        return redirect(f"/me/award/list?{urlencode({'pod': pod.name, 'list': form.get('list', '')})}", 303)
    file = request.files.get("file")
    sent = file.stream.read(1_000_001) if file is not None and file.filename else b""
    text: str | bytes = sent or form.get("text", "")
    try:
        lines = services.giving.lists.look(text, services.clock())
        if form.get("do") != "give":
            shown = text if isinstance(text, str) else _readable(text)
            return _list_page(signed_in, pod, achievement, text=shown, lines=lines), 200
        name = services.giving.lists.begin(agent, pod, achievement, lines)
    except PodAppError as error:
        wrong = doors.words().error(error)
        shown = text if isinstance(text, str) else ""
        return _list_page(signed_in, pod, achievement, text=shown, wrong=wrong), problems.status_of(error)
    return redirect(f"/me/award/list?{urlencode({'pod': pod.name, 'list': name})}", 303)


@blueprint.get("/given")
@doors.needs_session
def given(signed_in: Session) -> str:
    """What a pod gave, and what became of it."""
    agent = agent_of(signed_in)
    pod = signing_pod(agent, request.args.get("pod", ""))
    after = max(0, request.args.get("after", 0, int))
    services = doors.services()
    found = services.giving.records.given(agent, pod, limit=PAGE + 1, after=after)
    link = f"/me/given?pod={pod.name}&after="
    pages = {
        "previous": f"{link}{max(0, after - PAGE)}" if after else "",
        "next": f"{link}{after + PAGE}" if len(found) > PAGE else "",
    }
    return doors.render(
        "given.html", pod={"name": pod.name, "title": pod.title}, badges=[_given(one) for one in found[:PAGE]],
        pages=pages, lasts=_lasts(), csrf=signed_in.form_token, private=True,
    )  # fmt: skip


@blueprint.post("/given")
def change() -> BaseResponse:
    """Remind, renew, withdraw with a word, give anew."""
    agent, form, services = agent_of(doors.signed_in_form()), request.form, doors.services()
    pod, record, giving = signing_pod(agent, form.get("pod", "")), form.get("record", ""), services.giving
    do = form.get("do")
    if do == "remind":
        giving.awards.remind(agent, pod, record)
    elif do == "renew":
        giving.records.renew(agent, pod, record, _end(form.get("years", "0")))
    elif do == "anew":
        giving.records.give_anew(agent, pod, record)
    elif do == "withdraw":
        services.issuing.revoke(agent, pod.address(f"issued/{record}").iri(pod.base_url), form.get("reason", ""))
    else:
        raise Invalid(N_("This page does not know what to do."), N_("Open it again."))
    return redirect(f"/me/given?pod={pod.name}", 303)


@blueprint.get("/received")
@doors.needs_session
def received(signed_in: Session) -> str:
    """What waits for my answer."""
    services, mine = doors.services(), doors.own_pod(signed_in)
    waiting = [_waiting(one) for one in services.giving.awards.pending(mine, services.clock())]
    return doors.render("received.html", awards=waiting, csrf=signed_in.form_token, private=True)


@blueprint.post("/received")
def answer() -> BaseResponse:
    """Keep it, seen by whom I say; or decline."""
    mine = doors.own_pod(doors.signed_in_form())
    agent, awards = Agent(webid=mine.webid), doors.services().giving.awards
    record = addresses.of_iri(request.form.get("record", ""), mine.base_url)
    if record is None or not record.path.startswith("issued/"):
        raise NotFound(N_("There is no badge at {path}."), N_("Check the address of the badge."), path="-")
    if request.form.get("do") == "decline":
        awards.decline(agent, mine, record)
        return redirect("/me/received", 303)
    awards.keep(agent, mine, record, "everyone" if request.form.get("audience") == "everyone" else "me")
    return redirect("/me", 303)


# -- steps -----------------------------------------------------------------------------------------


def _page(signed_in: Session, pod: Pod, form: dict[str, Any]) -> str:
    achievement = form.get("achievement") or request.args.get("achievement", "")
    people = _people(agent_of(signed_in), pod)
    undo_form = None
    if done := request.args.get("done", ""):
        said = N_("It will be there in a few seconds. They decide whether to keep it, and who sees it.")
        text = doors.words().gettext(said)
        action = f"/me/award/undo?{urlencode({'pod': pod.name, 'record': done})}"
        undo_form = {"text": text, "action": action, "csrf": signed_in.form_token}
    return doors.render(
        "award.html", pod={"name": pod.name, "title": pod.title}, achievement=standing_tile(achievement), form=form,
        faces=people[:FACES], people=people, lasts=_lasts(), csrf=signed_in.form_token, undo=undo_form, private=True,
    )  # fmt: skip


def _list_page(
    signed_in: Session, pod: Pod, achievement: str, *, text: str = "", lines: list[Line] | None = None,
    wrong: tuple[str, str, str] | None = None,
) -> str:  # fmt: skip
    gettext = doors.words().gettext
    rows = [
        {"number": line.number, "who": line.title or line.who, "note": line.words.note, "link": line.recipient is None,
         "problem": line.problem and " ".join(part.translated(gettext) for part in line.problem if part)}
        for line in lines or []
    ]  # fmt: skip
    return doors.render(
        "award_list.html", pod={"name": pod.name, "title": pod.title}, achievement=standing_tile(achievement),
        text=text, rows=rows, sound=sum(1 for row in rows if not row["problem"]), wrong=wrong,
        csrf=signed_in.form_token, private=True,
    )  # fmt: skip


def _people(agent: Agent, pod: Pod) -> list[dict[str, Any]]:
    """Whom one meets: the members of this place, or of one's gardens, without oneself; by name."""
    services = doors.services()
    with services.resources.reading() as conn:
        places = [pod.name] if pod.kind != "person" else services.members.groups_of(conn, agent.webid or "")
        webids = {webid for place in places for webid in services.members.group(conn, place)} - {agent.webid}
    found = [(webid, services.catalogue.of_webid(webid)) for webid in sorted(webids)[:LISTED]]
    known = [{"webid": webid, "name": one.title, "pod": one.name, "kind": one.kind} for webid, one in found if one]
    return sorted(known, key=lambda one: one["name"].casefold())


def _recipient(agent: Agent, pod: Pod, face: str, who: str) -> str:
    """The WebID that was meant: a face, an address, the name of a notebook, or how people call a member."""
    if not (wanted := who.strip()):
        if face:
            return face
        raise Invalid(N_("The badge does not say who receives it."), N_("Choose a face, or write a name."))
    if wanted.startswith(("https://", "http://")):
        return wanted
    services = doors.services()
    people = _people(agent, pod)
    called = [one["webid"] for one in people if wanted.casefold() in {one["name"].casefold(), one["pod"]}]
    there = services.catalogue.find(wanted.casefold())
    if not called and there is not None and there.kind == "person":
        called = [there.webid]
    if len(called) != 1:
        raise NotFound(
            N_("Nobody of your gardens is called «{who}».") if not called else N_("Several people are called «{who}»."),
            N_("Write the name of the notebook or its address, or hand the badge out by a code."), who=wanted[:80],
        )  # fmt: skip
    return str(called[0])


def _words(form: Any) -> Words:
    links = tuple(form.get("evidence", "").split())
    note, until = form.get("note", "").strip(), _end(form.get("years", "0"))
    return Words(note, links, until) if note or links or until else NO_WORDS


def _end(years: str) -> datetime | None:
    if years not in {str(one) for one in LASTS}:
        raise Invalid(N_("A badge is not given for that long."), N_("Choose one of the list."))
    now = doors.services().clock().astimezone(UTC)
    if years == "0":
        return None
    day = now.date().replace(day=min(now.day, 28), year=now.year + int(years))
    return datetime.combine(day, time(23, 59, 59), UTC)


def _lasts() -> list[tuple[str, str]]:
    words = doors.words()
    return [
        (str(one), words.ngettext("{number} year", "{number} years", one).format(number=one) if one
         else words.gettext(N_("for good")))
        for one in LASTS
    ]  # fmt: skip


def _readable(text: bytes) -> str:
    try:
        return text.decode("utf-8-sig")
    except UnicodeDecodeError:
        return text.decode("cp1252", "replace")


def _given(one: Given) -> dict[str, Any]:
    services = doors.services()
    subject = one.document.get("credentialSubject") or {}
    webid = str(subject.get("id", ""))
    holder = services.catalogue.of_webid(webid) if webid else None
    now = services.clock()
    return achievement_words.tile(subject.get("achievement") or {}, services.settings.base_url) | {
        "record": one.record.name,
        "name": str(one.document.get("name", "")),
        "who": holder.title if holder else webid,
        "on": one.created,
        "until": one.until,
        "expired": one.until is not None and one.until <= now,
        "state": one.state or ("kept" if holder else "sent"),
        "remind": one.state == "pending" and not one.reminded and one.told is not None and one.told <= now,
        "withdrawn": one.withdrawn,
    }


def _waiting(one: Award) -> dict[str, Any]:
    services = doors.services()
    base = services.settings.base_url
    with services.resources.reading() as conn:
        document = services.giving.awards.document(conn, one.record)
    subject = document.get("credentialSubject") or {}
    issuer = services.catalogue.find(one.record.pod)
    return achievement_words.tile(subject.get("achievement") or {}, base) | {
        "record": one.record.iri(base),
        "note": subject.get("narrative", ""),
        "issuer": achievement_words.issuer_of(issuer) if issuer else {"name": one.record.pod},
        "on": one.at,
        "criteria_html": achievement_words.criteria_html(subject.get("achievement") or {}),
    }
