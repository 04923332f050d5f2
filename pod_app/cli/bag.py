"""`bag`: what somebody holds and what waits for their answer: find, keep, show to others, take out."""

from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

import click

from pod_app.cli import holding
from pod_app.cli.bag_exports import archive, export, host, linkedin
from pod_app.cli.bag_imports import imports
from pod_app.cli.common import owner_of, tell, with_services
from pod_app.cli.holding import AUDIENCE, SEES, badge_at
from pod_app.errors import N_, NotFound
from pod_app.standards import addresses

if TYPE_CHECKING:  # help needs no installation
    from pod_app.badges.giving.awards import Award
    from pod_app.pods.catalogue import Pod
    from pod_app.services import Services
    from pod_app.standards.addresses import Address

SEEN_BY: Final = ("me", "garden", "everyone")
STATES: Final = ("yours", "not-yours", "expired")


@click.group()
def bag() -> None:
    """The badges that somebody holds, and those that wait for their answer."""


@bag.command("list")
@click.option("--as", "name", required=True, metavar="NAME", help="Whose bag.")
@click.option("--words", default="", metavar="TEXT", help="Words in its name, its description, its issuer.")
@click.option("--audience", type=click.Choice(SEEN_BY), help="Those that are seen by whom.")
@click.option("--state", type=click.Choice(STATES), help="Made out to this person, to another, or over.")
@click.option("--json", "as_json", is_flag=True, help="Answer in JSON.")
@with_services
def list_badges(services: "Services", name: str, as_json: bool, **asked: str | None) -> None:
    """List the badges of a bag, newest first."""
    from pod_app.web.notebook import bag_words  # noqa: PLC0415  # help needs no pages

    pod = services.catalogue.get(name)
    held, problem = services.backpack.held(owner_of(services, pod), pod), None
    if pod.home is not None:
        there = services.bag_elsewhere.bag(pod)
        held, problem = [*there.held, *there.on_the_way], there.problem
    names = services.backpack.names(pod)
    wanted = {"q": asked["words"] or "", "audience": asked["audience"] or "", "state": asked["state"] or ""}
    chosen = bag_words.chosen(held, wanted, names, services.clock())
    for row in holding.rows(services, pod, chosen, names):
        tell(row, as_json=as_json)
    if problem is not None:
        raise problem


@bag.command("show")
@click.argument("badge")
@click.option("--json", "as_json", is_flag=True, help="Answer in JSON.")
@with_services
def show_badge(services: "Services", badge: str, as_json: bool) -> None:
    """Tell about one badge: what it says, who sees it, what was found when it was checked without asking anybody."""
    from pod_app.web.badges import badge_pages  # noqa: PLC0415  # help needs no pages
    from pod_app.web.solid import representations  # noqa: PLC0415  # help needs no pages

    agent, pod, address = badge_at(services, badge)
    held = services.backpack.one(agent, address)
    reading = services.resources.read(agent, address)
    said = badge_pages.of(services, reading, [], str)[1]
    hosted = services.exporting.hosted(address)
    told: dict[str, Any] = holding.rows(services, pod, [held], services.backpack.names(pod))[0] | {
        "to": (said["recipient"] or {}).get("name", ""),
        "until": str(said["badge"]["expires_on"] or ""),
        "standing": said["badge"]["status"],
        "regard": said["badge"]["regard"],
        "confirmations": len(said["endorsements"]),
        "checks": [f"{one['outcome']} {one['name']}" for one in said["checks"] if one["outcome"] != "not-run"],
        "asked": _day(said["asked_at"]),
        "gone": _day(said["gone_since"]),
        "hosted": hosted[0] if hosted else "",
        "forms": [form for form in representations.available(reading) if form != representations.HTML],
    }
    if held.tells_address:
        click.echo("This badge holds a mail address in plain letters: whoever sees it can read that.", err=True)
    if as_json:
        tell(told, as_json=True)
    else:
        holding.facts(told)


@bag.command("show-to", short_help="Choose who sees a badge.")
@click.argument("badge")
@click.argument("audience", type=AUDIENCE)
@with_services
def show_to(services: "Services", badge: str, audience: str) -> None:
    """Let a badge be seen by its holder alone, a garden, or everyone. AUDIENCE is me, everyone, or garden:NAME."""
    agent, pod, address = badge_at(services, badge)
    holding.show(services, agent, pod, address, audience)


@bag.command("remove")
@click.argument("badge")
@with_services
def remove(services: "Services", badge: str) -> None:
    """Take a badge out of the bag, with its picture; who gave it keeps a trace of having done so."""
    agent, _, address = badge_at(services, badge)
    services.backpack.remove(agent, address)


@bag.command("verify")
@click.argument("badge")
@with_services
def verify(services: "Services", badge: str) -> int:
    """Ask the hosts of a badge once more and keep what they say: exit codes as of «badge verify»."""
    from pod_app.cli.badges import EXIT_CODES, table  # noqa: PLC0415  # the verifier takes time to load

    agent, _, address = badge_at(services, badge)
    report = services.importing.verify_again(agent, address)
    click.echo(table(report))
    return EXIT_CODES[report.verified]


@bag.command("received")
@click.option("--as", "name", required=True, metavar="NAME", help="Whose answer is waited for.")
@click.option("--json", "as_json", is_flag=True, help="Answer in JSON.")
@with_services
def received(services: "Services", name: str, as_json: bool) -> None:
    """List the badges that wait for an answer, newest first."""
    pod = services.catalogue.get(name)
    for one in services.giving.awards.pending(pod, services.clock()):
        tell(_waiting(services, one), as_json=as_json)


@bag.command("keep")
@click.argument("badge")
@click.option("--as", "name", required=True, metavar="NAME", help="Whom it was given to.")
@click.option("--audience", type=AUDIENCE, default="me", show_default=True, help=SEES)
@with_services
def keep(services: "Services", badge: str, name: str, audience: str) -> None:
    """Keep a badge that was given, by the address that «received» shows; prints its address in the bag."""
    pod = services.catalogue.get(name)
    awards, record = services.giving.awards, _record(services, badge)
    holding.audience_of(services, pod, audience)  # refused before the answer, which is given once
    kept = awards.keep(holding.person(pod), pod, record)
    _told_to(services, pod, kept, audience)


@bag.command("decline")
@click.argument("badge")
@click.option("--as", "name", required=True, metavar="NAME", help="Whom it was given to.")
@with_services
def decline(services: "Services", badge: str, name: str) -> None:
    """Decline a badge that was given: it never stood in the bag, and only its issuer sees it."""
    pod = services.catalogue.get(name)
    services.giving.awards.decline(holding.person(pod), pod, _record(services, badge))


@bag.command("claim")
@click.argument("code")
@click.option("--as", "name", metavar="NAME", help="Who takes it; without, the badge is only shown.")
@click.option("--audience", type=AUDIENCE, default="me", show_default=True, help=SEES)
@with_services
def claim(services: "Services", code: str, name: str | None, audience: str) -> None:
    """Take a badge that is handed out, with its code or the address in its QR; prints its address in the bag."""
    text = code.strip().removeprefix(f"{services.settings.base_url}claim/")
    handouts = services.giving.handouts
    ticket = handouts.find(text, services.clock())
    if name is None:
        with services.resources.reading() as conn:
            document = services.achievements.get(conn, ticket.handout.achievement)
        issuer = services.catalogue.get(ticket.handout.pod)
        said = (ticket.words or ticket.handout.words).note
        holding.facts(
            {"name": document["name"], "issuer": issuer.title, "note": said, "until": _day(ticket.handout.ends)}
        )
        return
    pod = services.catalogue.get(name)
    holding.audience_of(services, pod, audience)  # as above
    if ticket.on_screen and handouts.has_taken(ticket.handout, pod.webid) is None:
        text = services.giving.turns.scan(text)  # the code is theirs now, and the screen shows the next one
    _told_to(services, pod, handouts.take(holding.person(pod), pod, text), audience)


for _command in (archive, export, host, linkedin, imports):
    bag.add_command(_command)


def _told_to(services: "Services", pod: "Pod", kept: "Address", audience: str) -> None:
    if audience != "me":
        holding.show(services, holding.person(pod), pod, kept, audience)
    click.echo(kept.iri(pod.base_url))


def _record(services: "Services", iri: str) -> "Address":
    record = addresses.of_iri(iri, services.settings.base_url)
    if record is None or not record.path.startswith("issued/"):
        raise NotFound(
            N_("There is no badge at {path}."), N_("The command «pod_app bag received --as NAME» shows what waits."),
            path=iri,
        )  # fmt: skip
    return record


def _waiting(services: "Services", one: "Award") -> dict[str, Any]:
    with services.resources.reading() as conn:
        document = services.giving.awards.document(conn, one.record)
    issuer = services.catalogue.find(one.record.pod)
    return {
        "badge": one.record.iri(services.settings.base_url), "name": document.get("name", ""),
        "issuer": issuer.title if issuer else one.record.pod, "on": _day(one.at),
        "note": (document.get("credentialSubject") or {}).get("narrative", ""),
    }  # fmt: skip


def _day(moment: datetime | None) -> str:
    return "" if moment is None else f"{moment:%Y-%m-%d}"
