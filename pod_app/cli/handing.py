"""`handout`: badges handed out by code, to a room or on paper, from a terminal."""

from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from pod_app.cli.common import output, owner_of, tell, with_services
from pod_app.errors import N_, Conflict, NotFound

if TYPE_CHECKING:  # help needs no installation
    from pod_app.badges.giving.handouts import Handout
    from pod_app.services import Services


@click.group()
def handout() -> None:
    """Badges handed out by code: open a room, see what was taken, print a QR, close."""


@handout.command("open")
@click.option("--as", "pod_name", required=True, metavar="POD", help="Pod that signs.")
@click.option("--achievement", required=True, metavar="IRI")
@click.option("--hours", type=click.IntRange(1, 24 * 31), default=2, show_default=True, help="For how long.")
@click.option("--one-by-one", is_flag=True, help="Another code for each person, shown once the last was scanned.")
@click.option("--note", default="", metavar="TEXT", help="A sentence that goes with each badge.")
@click.option("--json", "as_json", is_flag=True, help="Answer in JSON.")
@with_services
def open_room(
    services: "Services", pod_name: str, achievement: str, hours: int, one_by_one: bool, note: str, as_json: bool
) -> None:
    """Hand a badge out in a room: prints the handout's name and the code that people type."""
    from pod_app.badges.giving.awards import Words  # noqa: PLC0415  # for this command only

    pod = services.catalogue.get(pod_name)
    starts = services.clock()
    begin = services.giving.turns.begin if one_by_one else services.giving.handouts.open_room
    made = begin(
        owner_of(services, pod), pod, achievement, starts=starts, ends=starts + timedelta(hours=hours),
        words=Words(note=note.strip()),
    )  # fmt: skip
    tell(_row(services, made), as_json=as_json)


@handout.command("list")
@click.option("--as", "pod_name", required=True, metavar="POD")
@click.option("--json", "as_json", is_flag=True, help="Answer in JSON.")
@with_services
def list_handouts(services: "Services", pod_name: str, as_json: bool) -> None:
    """List what a pod hands out or handed out, newest first."""
    pod = services.catalogue.get(pod_name)
    for one in services.giving.handouts.all(owner_of(services, pod), pod):
        tell(_row(services, one), as_json=as_json)


@handout.command("show")
@click.argument("name", metavar="HANDOUT")
@click.option("--as", "pod_name", required=True, metavar="POD")
@click.option("--json", "as_json", is_flag=True, help="Answer in JSON.")
@with_services
def show(services: "Services", name: str, pod_name: str, as_json: bool) -> None:
    """Tell how far a handout is, then the links of single-use codes that were not used yet."""
    pod = services.catalogue.get(pod_name)
    agent = owner_of(services, pod)
    found = services.giving.handouts.get(agent, pod, name)
    tell(_row(services, found), as_json=as_json)
    for one in services.giving.handouts.codes(agent, pod, name):
        if not one.used and not found.shown:
            tell({"number": one.number, "link": _link(services, one.code), "who": one.who}, as_json=as_json)


@handout.command("qr")
@click.argument("name", metavar="HANDOUT")
@click.option("--as", "pod_name", required=True, metavar="POD")
@click.option("--number", type=int, metavar="N", help="Of which single-use code.")
@click.option("--out", type=click.Path(path_type=Path, dir_okay=False), metavar="F", help="Write the QR as SVG.")
@with_services
def qr(services: "Services", name: str, pod_name: str, number: int | None, out: Path | None) -> None:
    """Print the address in the QR, and draw it. That of a room holds for two minutes: ask again for the next."""
    from pod_app.web.badges import qr as drawing  # noqa: PLC0415  # for this command only

    pod = services.catalogue.get(pod_name)
    agent, handouts = owner_of(services, pod), services.giving.handouts
    found = handouts.get(agent, pod, name)
    if not found.is_open(services.clock()):
        raise Conflict(N_("This badge is not handed out now."), N_("Open another room, or make other codes."))
    if found.kind == "room":
        address = _link(services, handouts.rotating(found, services.clock()))
    elif found.shown:
        address = _link(services, services.giving.turns.code(found))
    else:
        code = next((one for one in handouts.codes(agent, pod, name) if one.number == number and not one.used), None)
        if code is None:
            raise NotFound(
                N_("There is no unused code of that number."),
                N_("The command «pod_app handout show» lists them: take one with --number N."),
            )
        address = _link(services, code.code)
    if out is not None:
        with output(out) as file:
            file.write(drawing.svg(address, address))
    click.echo(address)


@handout.command("next")
@click.argument("name", metavar="HANDOUT")
@click.option("--as", "pod_name", required=True, metavar="POD")
@with_services
def next_code(services: "Services", name: str, pod_name: str) -> None:
    """Show another code in place of the one that nobody scanned; prints its address."""
    pod = services.catalogue.get(pod_name)
    agent, giving = owner_of(services, pod), services.giving
    shown = giving.handouts.get(agent, pod, name)
    if not shown.shown or not shown.is_open(services.clock()):
        raise Conflict(
            N_("This handout shows no codes one after the other."), N_("Open one with --one-by-one."),
        )  # fmt: skip
    giving.turns.skip(agent, pod, name, shown.shown)
    click.echo(_link(services, giving.turns.code(giving.handouts.get(agent, pod, name))))


@handout.command("close")
@click.argument("name", metavar="HANDOUT")
@click.option("--as", "pod_name", required=True, metavar="POD")
@with_services
def close(services: "Services", name: str, pod_name: str) -> None:
    """Hand out no more; badges that were taken stand."""
    pod = services.catalogue.get(pod_name)
    services.giving.handouts.close(owner_of(services, pod), pod, name)


def _row(services: "Services", one: "Handout") -> dict[str, Any]:
    handouts = services.giving.handouts
    with services.resources.reading() as conn:
        taken = handouts.taken(conn, one)
    code = handouts.room_code(one) if one.kind == "room" else services.giving.turns.code(one) if one.shown else ""
    return {
        "handout": one.id, "kind": "turns" if one.shown else one.kind, "achievement": one.achievement,
        "state": "open" if one.is_open(services.clock()) else "over", "until": f"{one.ends:%Y-%m-%dT%H:%M:%SZ}",
        "taken": taken, "code": code,
    }  # fmt: skip


def _link(services: "Services", code: str) -> str:
    return f"{services.settings.base_url}claim/{code}"
