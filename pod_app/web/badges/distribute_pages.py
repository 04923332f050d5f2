"""Hand a badge out: a QR for the room, one for each person in turn, single-use codes on a sheet or as links."""

import csv
import io
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

from flask import Blueprint, Response, redirect, request
from werkzeug.wrappers import Response as BaseResponse

from pod_app.badges.giving import claim_codes
from pod_app.badges.giving.awards import Words
from pod_app.badges.giving.handouts import Handout
from pod_app.errors import N_, Invalid, PodAppError
from pod_app.identity.sessions import Session
from pod_app.pods.catalogue import Pod
from pod_app.standards.wac import Agent
from pod_app.web import doors, formatting, problems
from pod_app.web.badges import qr
from pod_app.web.badges.forge_pages import agent_of, signing_pod, standing_tile

blueprint = Blueprint("distributing", __name__, url_prefix="/me/distribute")
HOURS = (1, 2, 4, 8, 24)
MANY = 20
ON_A_SHEET = 200
ROOM_LOOKS = 5
"""Seconds after which the screen of a room looks how many have taken the badge."""
TURN_LOOKS = 1
"""Seconds after which a screen that shows each code to one person looks whether it was scanned."""


@blueprint.get("/new")
@doors.needs_session
def ask(signed_in: Session) -> str:
    """For the people in this room, or on paper."""
    pod = signing_pod(agent_of(signed_in), request.args.get("pod", ""))
    return _form(signed_in, pod, request.args.get("achievement", ""))


@blueprint.post("/new")
def begin() -> BaseResponse | tuple[str, int]:
    """Open the room, or make the codes."""
    signed_in = doors.signed_in_form()
    agent, form, services = agent_of(signed_in), request.form, doors.services()
    pod, achievement = signing_pod(agent, form.get("pod", "")), form.get("achievement", "")
    words = Words(note=form.get("note", "").strip())
    try:
        if form.get("do") == "codes":
            made = services.giving.handouts.print_codes(agent, pod, achievement, _number(form), words=words)
        else:
            starts = services.clock()
            ends = starts + timedelta(hours=_hours(form))
            giving = services.giving
            begin_it = giving.turns.begin if form.get("do") == "turns" else giving.handouts.open_room
            made = begin_it(agent, pod, achievement, starts=starts, ends=ends, words=words)
    except PodAppError as error:
        return _form(signed_in, pod, achievement, doors.words().error(error)), problems.status_of(error)
    return redirect(_address(made), 303)


@blueprint.get("")
@doors.needs_session
def show(signed_in: Session) -> str:
    """What is handed out: the QR of the room or of the person whose turn it is, or the sheet of codes."""
    agent = agent_of(signed_in)
    pod = signing_pod(agent, request.args.get("pod", ""))
    name = request.args.get("handout", "")
    if not name:
        return _overview(signed_in, agent, pod)
    handout = doors.services().giving.handouts.get(agent, pod, name)
    is_sheet = handout.kind == "codes" and handout.shown is None
    return _sheet(signed_in, agent, pod, handout) if is_sheet else _screen(signed_in, pod, handout)


@blueprint.get("/screen")
def screen() -> tuple[str, int]:
    """What a screen shows now, for the page that looks again by itself: QR, letters, counts. 410 when it is over."""
    agent, services = agent_of(doors.require_session()), doors.services()
    pod = signing_pod(agent, request.args.get("pod", ""))
    handout = services.giving.handouts.get(agent, pod, request.args.get("handout", ""))
    if not handout.is_open(services.clock()):
        return "", 410
    return doors.render("parts/screen.html", **_shown(handout)), 200


@blueprint.post("/next")
def skip() -> BaseResponse:
    """Show another code, also when nobody scanned the one before."""
    agent = agent_of(doors.signed_in_form())
    pod, name = signing_pod(agent, request.form.get("pod", "")), request.form.get("handout", "")
    number = request.form.get("number", "")
    known = int(number) if number.isascii() and number.isdecimal() and len(number) < 10 else 0  # noqa: PLR2004  # as INTEGER
    doors.services().giving.turns.skip(agent, pod, name, known)
    return redirect(_address(doors.services().giving.handouts.get(agent, pod, name)), 303)


@blueprint.get("/qr")
@doors.needs_session
def room_qr(signed_in: Session) -> BaseResponse:
    """The QR as it is now, for the page that shows it."""
    agent, services = agent_of(signed_in), doors.services()
    pod = signing_pod(agent, request.args.get("pod", ""))
    handout = services.giving.handouts.get(agent, pod, request.args.get("handout", ""))
    token = services.giving.handouts.rotating(handout, services.clock())
    return _svg(f"{services.settings.base_url}claim/{token}")


@blueprint.get("/code")
@doors.needs_session
def code_qr(signed_in: Session) -> BaseResponse:
    """The QR of one single-use code, for the sheet."""
    agent, services = agent_of(signed_in), doors.services()
    pod = signing_pod(agent, request.args.get("pod", ""))
    codes = services.giving.handouts.codes(agent, pod, request.args.get("handout", ""))
    wanted = request.args.get("number", 0, int)
    found = next((one for one in codes if one.number == wanted), None)
    if found is None:
        raise Invalid(N_("There is no such code."), N_("Open the sheet again."))
    return _svg(f"{services.settings.base_url}claim/{found.code}")


@blueprint.get("/links.csv")
@doors.needs_session
def links(signed_in: Session) -> BaseResponse:
    """The links that were not used yet, for whoever sends them."""
    agent, services = agent_of(signed_in), doors.services()
    pod = signing_pod(agent, request.args.get("pod", ""))
    file = io.StringIO()
    writer = csv.writer(file)
    writer.writerow(["qui", "lien"])
    for one in services.giving.handouts.codes(agent, pod, request.args.get("handout", "")):
        if not one.used:
            writer.writerow([_harmless(one.who), f"{services.settings.base_url}claim/{one.code}"])
    response = Response("\ufeff" + file.getvalue(), content_type="text/csv; charset=utf-8")
    response.headers["Content-Disposition"] = 'attachment; filename="liens.csv"'
    return response


@blueprint.post("/close")
def close() -> BaseResponse:
    """Hand out no more."""
    agent = agent_of(doors.signed_in_form())
    pod = signing_pod(agent, request.form.get("pod", ""))
    doors.services().giving.handouts.close(agent, pod, request.form.get("handout", ""))
    return redirect(f"/me/distribute?{urlencode({'pod': pod.name})}", 303)


# -- steps -----------------------------------------------------------------------------------------


def _form(signed_in: Session, pod: Pod, achievement: str, wrong: tuple[str, str, str] | None = None) -> str:
    words = doors.words()
    lasts = [(str(one), words.ngettext("{number} hour", "{number} hours", one).format(number=one)) for one in HOURS]
    return doors.render(
        "distribute_new.html", pod=_named(pod), achievement=standing_tile(achievement), lasts=lasts, many=MANY,
        form=request.form, wrong=wrong, csrf=signed_in.form_token, private=True,
    )  # fmt: skip


def _screen(signed_in: Session, pod: Pod, handout: Handout) -> str:
    looks = TURN_LOOKS if handout.shown else ROOM_LOOKS
    return doors.render(
        "distribute_screen.html", pod=_named(pod), achievement=standing_tile(handout.achievement), handout=handout.id,
        open=handout.is_open(doors.services().clock()), watch=f"/me/distribute/screen?{_query(handout)}", looks=looks,
        csrf=signed_in.form_token, private=True, **_shown(handout),
    )  # fmt: skip


def _shown(handout: Handout) -> dict[str, Any]:
    """The QR of a screen with what stands around it."""
    services, query = doors.services(), _query(handout)
    giving, now = services.giving, services.clock()
    code = giving.turns.code(handout) if handout.shown else giving.handouts.room_code(handout)
    with services.resources.reading() as conn:
        taken, scanned = giving.handouts.taken(conn, handout), giving.turns.scanned(conn, handout)
    of_room = f"/me/distribute/qr?{query}&at={claim_codes.window(now)}"
    return {
        "number": handout.shown, "taken": taken, "scanned": scanned, "ends": handout.ends,
        "host": formatting.without_scheme(services.settings.base_url),
        "qr": f"/me/distribute/code?{query}&number={handout.shown}" if handout.shown else of_room,
        "code": claim_codes.grouped(code),
    }  # fmt: skip


def _sheet(signed_in: Session, agent: Agent, pod: Pod, handout: Handout) -> str:
    services = doors.services()
    query = _query(handout)
    codes = services.giving.handouts.codes(agent, pod, handout.id)
    left = [one for one in codes if not one.used]
    shown = [
        {"number": one.number, "code": claim_codes.grouped(one.code), "who": one.who,
         "qr": f"/me/distribute/code?{query}&number={one.number}"}
        for one in left[:ON_A_SHEET]
    ]  # fmt: skip
    return doors.render(
        "distribute_sheet.html", pod=_named(pod), achievement=standing_tile(handout.achievement), handout=handout.id,
        open=handout.is_open(services.clock()), ends=handout.ends, codes=shown, left=len(left), total=len(codes),
        host=formatting.without_scheme(services.settings.base_url), csv=f"/me/distribute/links.csv?{query}",
        csrf=signed_in.form_token, private=True,
    )  # fmt: skip


def _overview(signed_in: Session, agent: Agent, pod: Pod) -> str:
    services = doors.services()
    now = services.clock()
    found = [
        standing_tile(one.achievement)
        | {"href": _address(one), "open": one.is_open(now), "ends": one.ends}
        | {"kind": "turns" if one.shown else one.kind}
        for one in services.giving.handouts.all(agent, pod)
    ]
    return doors.render("distribute.html", pod=_named(pod), handouts=found, csrf=signed_in.form_token, private=True)


def _named(pod: Pod) -> dict[str, str]:
    return {"name": pod.name, "title": pod.title}


def _address(handout: Handout) -> str:
    return f"/me/distribute?{_query(handout)}"


def _query(handout: Handout) -> str:
    return urlencode({"pod": handout.pod, "handout": handout.id})


def _svg(address: str) -> Response:
    title = doors.words().gettext(N_("QR of the badge that is handed out"))
    return Response(qr.svg(address, title), content_type="image/svg+xml")


def _hours(form: Any) -> int:
    hours = form.get("hours", "2")
    if hours not in {str(one) for one in HOURS}:
        raise Invalid(N_("A badge is not handed out for that long."), N_("Choose one of the list."))
    return int(hours)


def _number(form: Any) -> int:
    number = form.get("number", "")
    if not (number.isascii() and number.isdecimal() and len(number) < 6):  # noqa: PLR2004  # more is refused later
        raise Invalid(N_("The number of codes is missing."), N_("Write a number, such as 20."))
    return int(number)


def _harmless(cell: str) -> str:
    """A spreadsheet must not take what somebody wrote for a formula (trust.md: CSV)."""
    return f"'{cell}" if cell[:1] in {"=", "+", "-", "@", "\t", "\r"} else cell
