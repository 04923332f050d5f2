"""My badges: find them, choose who sees each, bring in those earned elsewhere, take them along."""

import tempfile
from collections.abc import Callable
from typing import Final
from urllib.parse import urlencode

from flask import Blueprint, Response, redirect, request
from werkzeug.wrappers import Response as BaseResponse

from pod_app.badges.bag import archives, kept
from pod_app.badges.bag.import_report import Report
from pod_app.errors import N_, Invalid, PodAppError
from pod_app.identity.sessions import Session
from pod_app.pods.catalogue import Pod
from pod_app.standards import addresses
from pod_app.standards.addresses import Address
from pod_app.standards.wac import Agent
from pod_app.web import doors
from pod_app.web.badges import badge_pages, pictures
from pod_app.web.notebook import bag_words, leaving

blueprint = Blueprint("bag", __name__, url_prefix="/me/badges")
A_PAGE: Final = 24
MAX_SENT: Final = 32 * 2**20
MOST_FILES: Final = 50


@blueprint.get("")
@doors.needs_session
def badges(signed_in: Session) -> str | BaseResponse:
    """One's own badges, found by words and by who sees them, a page at a time."""
    services, pod = doors.services(), doors.own_pod(signed_in)
    if pod.home is not None:  # shown on one page, as they are read from the other server
        return redirect("/me", 303)
    names = services.backpack.names(pod)
    asked = {name: request.args.get(name, "")[:100] for name in ("q", "audience", "state")}
    held = services.backpack.held(_agent(pod), pod)
    found = bag_words.chosen(held, asked, names, services.clock())
    number = _page_number(len(found))
    shown = found[(number - 1) * A_PAGE : number * A_PAGE]
    return doors.render(
        "bag.html",
        badges=bag_words.tiles(services, pod, shown, names),
        total=len(held),
        found=len(found),
        asked=asked,
        gardens=bag_words.garden_choices(services, pod),
        pages=_pages(asked, number, len(found)),
        csrf=signed_in.form_token,
        back=_here(),
        private=True,
    )


@blueprint.get("/import")
@doors.needs_session
def ask(signed_in: Session) -> str:
    """The form: a file, several, a ZIP or an address; and what was brought before."""
    return _ask(signed_in)


@blueprint.post("/import")
def bring() -> str | BaseResponse:
    """Bring in what was sent; what fails is kept and listed at the form for another try."""
    request.max_content_length = MAX_SENT
    signed_in = doors.signed_in_form()
    try:
        report = _taken(doors.own_pod(signed_in))
    except PodAppError as error:
        return _ask(signed_in, doors.words().error(error)[1:])
    return redirect(_after(doors.own_pod(signed_in), report), 303)


@blueprint.get("/imports/<name>")
@doors.needs_session
def imported(signed_in: Session, name: str) -> str:
    """What became of each badge of an import."""
    pod, words = doors.own_pod(signed_in), doors.words()
    report = doors.services().imports.get(_agent(pod), pod, name)
    return doors.render(
        "bag_import.html",
        report=_summary(report),
        entries=[_entry(pod, one.told(words.gettext), words.gettext) for one in report.entries],
        csrf=signed_in.form_token,
        private=True,
    )


@blueprint.post("/imports/<name>/retry")
def retry(name: str) -> BaseResponse:
    """Try again what failed."""
    pod = doors.own_pod(doors.signed_in_form())
    report = doors.services().imports.retry(_agent(pod), pod, name)
    return redirect(_after(pod, report), 303)


@blueprint.post("/imports/<name>/forget")
def forget(name: str) -> BaseResponse:
    """Delete the file that was kept, and its report."""
    pod = doors.own_pod(doors.signed_in_form())
    doors.services().imports.forget(_agent(pod), pod, name)
    return redirect("/me/badges/import", 303)


@blueprint.post("/export")
def export() -> Response:
    """The whole bag as a ZIP."""
    pod = doors.own_pod(doors.signed_in_form())
    file = tempfile.TemporaryFile()  # noqa: SIM115  # it is closed when the answer has left
    doors.services().backpack.export(_agent(pod), pod, file)
    return leaving.archive(file, f"{pod.name}-badges.zip")


@blueprint.post("/token")
def token() -> Response:
    """One badge as a signed token (JWT), for programs that want it so."""
    pod = doors.own_pod(doors.signed_in_form())
    address = _named(pod)
    return _saved(doors.services().exporting.token(_agent(pod), address), kept.TOKEN, f"{address.name}.jwt")


@blueprint.post("/host")
def host() -> BaseResponse:
    """Make the Open Badges 2.0 twin of a public badge."""
    pod = doors.own_pod(doors.signed_in_form())
    address = _named(pod)
    doors.services().exporting.host(_agent(pod), address)
    return redirect(_open(pod, address), 303)


@blueprint.post("/baked-2")
def baked_2() -> Response:
    """The picture of a badge with its Open Badges 2.0 twin baked in."""
    pod, services = doors.own_pod(doors.signed_in_form()), doors.services()
    address = _named(pod)
    picture = pictures.of_twin(services, _agent(pod), address)
    return _saved(picture, pictures.PNG, f"{address.name}-2.png")


@blueprint.post("/verify")
def verify() -> BaseResponse:
    """Ask the hosts of a badge once more, and keep what they say."""
    pod = doors.own_pod(doors.signed_in_form())
    address = _named(pod)
    doors.services().importing.verify_again(_agent(pod), address)
    return redirect(_open(pod, address), 303)


@blueprint.post("/remove")
def remove() -> BaseResponse:
    """Take a badge out of the bag."""
    pod = doors.own_pod(doors.signed_in_form())
    doors.services().backpack.remove(_agent(pod), _named(pod))
    return redirect("/me/badges", 303)


# -- steps ---------------------------------------------------------------------------------------


def _saved(data: bytes, media_type: str, name: str) -> Response:
    """A file to be saved, never acted upon on the origin of a session (trust.md S24)."""
    response = Response(data, content_type=media_type)
    response.headers["Content-Security-Policy"] = "sandbox; default-src 'none'"
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


def _agent(pod: Pod) -> Agent:
    return Agent(webid=pod.webid)


def _named(pod: Pod) -> Address:
    return pod.address(f"badges/{addresses.encode(request.form.get('id', ''))}")


def _open(pod: Pod, address: Address) -> str:
    return f"/me/open?{urlencode({'iri': address.iri(pod.base_url)})}"


def _taken(pod: Pod) -> Report:
    """Import what the form carries, whichever of its ways was used."""
    imports, agent = doors.services().imports, _agent(pod)
    sent = [(one.filename or "", one.read()) for one in request.files.getlist("file") if one.filename]
    if len(sent) > MOST_FILES:
        raise Invalid(N_("These are more than {number} files at once."), N_("Pack them into a ZIP."), number=MOST_FILES)
    if sent:
        return imports.take(agent, pod, sent)
    url = request.form.get("url", "").strip()
    if url:
        return imports.take_address(agent, pod, url)
    raise Invalid(N_("There is nothing to import yet."), N_("Choose a file, or paste the address of a badge."))


def _after(pod: Pod, report: Report) -> str:
    """Where to go after an import: to the badge itself when there was one and it is in."""
    if report.is_done and len(report.entries) == 1:
        return _open(pod, pod.address(report.entries[0].badge))
    return f"/me/badges/imports/{report.id}"


def _ask(signed_in: Session, wrong: tuple[str, ...] = ()) -> str:
    pod = doors.own_pod(signed_in)
    waiting = [_summary(one) for one in doors.services().imports.all(_agent(pod), pod)]
    field = "url" if request.form.get("url") else "file"
    return doors.render(
        "bag_bring.html",
        csrf=signed_in.form_token,
        form={"url": request.form.get("url", ""), "wrong": {field: " ".join(wrong)} if wrong else {}},
        imports=waiting,
        accept=",".join((*(one for one in archives.ENDINGS if one), ".zip")),
        private=True,
    )


def _summary(report: Report) -> dict[str, object]:
    return {
        "id": report.id,
        "name": doors.words().gettext(report.name),
        "at": report.at,
        "total": len(report.entries),
        "failed": len(report.failed),
        "waiting": len(report.waiting),
        "kept": len(report.entries) - len(report.failed) - len(report.waiting),
    }


def _entry(pod: Pod, told: dict[str, str], gettext: Callable[[str], str]) -> dict[str, str]:
    title = badge_pages.CHECK_TITLES.get(told["step"], "")
    href = _open(pod, pod.address(told["badge"])) if told["badge"] else ""
    return {**told, "step": gettext(title) if title else "", "href": href}


def _page_number(found: int) -> int:
    asked = request.args.get("page", "1")
    number = int(asked) if asked.isdecimal() and len(asked) < 6 else 1  # noqa: PLR2004  # nobody has so many
    return min(max(number, 1), max(1, -(-found // A_PAGE)))


def _pages(asked: dict[str, str], number: int, found: int) -> dict[str, str] | None:
    last = max(1, -(-found // A_PAGE))
    if last == 1:
        return None
    same = {name: value for name, value in asked.items() if value}

    def at(page: int) -> str:
        return f"?{urlencode({**same, 'page': page})}" if 1 <= page <= last else ""

    text = doors.words().gettext(N_("page {number} of {last}")).format(number=number, last=last)
    return {"previous": at(number - 1), "next": at(number + 1), "text": text}


def _here() -> str:
    """This page, to come back to after a choice."""
    query = request.query_string.decode("ascii", "ignore")
    return f"/me/badges?{query}" if query else "/me/badges"
