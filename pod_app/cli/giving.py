"""`badge award`, `links`, `given`, `renew`: badges on their way to people, from a terminal."""

import json
import sys
from datetime import UTC, datetime, time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from pod_app.cli.common import owner_of, tell, with_services
from pod_app.cli.holding import record_at
from pod_app.errors import N_, Invalid, NotFound, Unreadable

if TYPE_CHECKING:  # help needs no installation
    from pod_app.pods.catalogue import Pod
    from pod_app.services import Services

MAX_FILE = 1_000_001


@click.command("award")
@click.option("--as", "pod_name", required=True, metavar="POD", help="Pod that signs.")
@click.option("--achievement", required=True, metavar="IRI")
@click.option("--to", "people", multiple=True, metavar="WHO", help="Name of a notebook or WebID (repeatable).")
@click.option("--csv", "file", metavar="FILE", help="A list: who; sentence; traces; last day. - for standard input.")
@click.option("--note", default="", metavar="TEXT", help="A sentence that goes with it.")
@click.option("--evidence", multiple=True, metavar="URL", help="A trace of it (repeatable).")
@click.option("--until", type=click.DateTime(["%Y-%m-%d"]), metavar="DATE", help="Last day on which it holds.")
@click.option("--dry-run", is_flag=True, help="Only look the list through.")
@with_services
def award(
    services: "Services", pod_name: str, achievement: str, people: tuple[str, ...], file: str | None, note: str,
    evidence: tuple[str, ...], until: datetime | None, dry_run: bool,
) -> int:  # fmt: skip
    """Give a badge to people, who keep or decline it; the same list again goes on where it stopped."""
    pod = services.catalogue.get(pod_name)
    if bool(people) == (file is not None):
        raise click.UsageError("Name people with --to, or a list with --csv.")
    if file is not None:
        return _list(services, pod, achievement, file, dry_run=dry_run)
    from pod_app.badges.giving.awards import Words  # noqa: PLC0415  # for this command only

    words = Words(note, evidence, _end(until))
    lines = services.giving.lists.look("\n".join(people), services.clock())
    wrong = [line for line in lines if line.problem is not None or line.recipient is None]
    if wrong:
        raise NotFound(
            N_("Nobody here has a notebook named «{who}»."),
            N_("Write the name of a notebook, an address of a jardinier·e, or an e-mail address."), who=wrong[0].who,
        )  # fmt: skip
    for line in [] if dry_run else lines:
        issued = services.giving.awards.give(owner_of(services, pod), pod, achievement, str(line.recipient), words)
        click.echo(issued.iri)
    return 0


@click.command("links")
@click.option("--as", "pod_name", required=True, metavar="POD", help="Pod that signs.")
@click.option("--achievement", required=True, metavar="IRI")
@click.option("--number", required=True, type=int, metavar="N", help="How many single-use codes.")
@click.option("--note", default="", metavar="TEXT", help="A sentence that goes with each badge.")
@click.option("--json", "as_json", is_flag=True, help="Answer in JSON.")
@with_services
def links(services: "Services", pod_name: str, achievement: str, number: int, note: str, as_json: bool) -> None:
    """Make single-use links, good for thirty days, with which people take a badge."""
    pod = services.catalogue.get(pod_name)
    owner = owner_of(services, pod)
    from pod_app.badges.giving.awards import Words  # noqa: PLC0415  # for this command only

    words = Words(note=note.strip())
    made = services.giving.handouts.print_codes(owner, pod, achievement, number, words=words)
    _print_links(services, pod, made.id, as_json=as_json)


@click.command("given")
@click.option("--as", "pod_name", required=True, metavar="POD")
@click.option("--json", "as_json", is_flag=True, help="Answer in JSON.")
@with_services
def given(services: "Services", pod_name: str, as_json: bool) -> None:
    """List what a pod gave, newest first, with the recipients' answers."""
    pod = services.catalogue.get(pod_name)
    for one in services.giving.records.given(owner_of(services, pod), pod, limit=10_000):
        subject = one.document.get("credentialSubject") or {}
        row = {
            "badge": one.record.iri(pod.base_url), "name": one.document.get("name", ""), "to": subject.get("id", ""),
            "state": "withdrawn" if one.withdrawn is not None and one.state != "declined" else one.state or "sent",
            "until": one.document.get("validUntil"),
        }  # fmt: skip
        tell(row, as_json=as_json)


@click.command("renew")
@click.argument("iri")
@click.option("--until", type=click.DateTime(["%Y-%m-%d"]), metavar="DATE", help="Last day on which it holds [none].")
@with_services
def renew(services: "Services", iri: str, until: datetime | None) -> None:
    """Sign a badge anew, with the present words of its achievement and another end; it stays the same badge."""
    agent, pod, address = record_at(services, iri)
    services.giving.records.renew(agent, pod, address.name, _end(until))


def _list(services: "Services", pod: "Pod", achievement: str, file: str, *, dry_run: bool) -> int:
    lists, owner = services.giving.lists, owner_of(services, pod)
    lines = lists.look(_read(file), services.clock())
    refused = [
        (line.number, line.who, " ".join(part.text for part in line.problem if part)) for line in lines if line.problem
    ]
    if not dry_run:
        name = lists.begin(owner, pod, achievement, lines)
        lists.resume(owner, pod, name)  # the same list once more: those that were refused get another try
        while services.run_pending():
            pass
        progress = lists.progress(owner, pod, name)
        refused += [(number, who, reason.text) for number, who, reason in progress.refused]
        click.echo(f"{progress.done} of {progress.total} given")
        if progress.links:
            _print_links(services, pod, name, as_json=False)
    for number, who, reason in refused:
        click.echo(f"{file}:{number}: {who}: {reason}", err=True)
    return 1 if refused else 0


def _print_links(services: "Services", pod: "Pod", name: str, *, as_json: bool) -> None:
    base = services.settings.base_url
    for one in services.giving.handouts.codes(owner_of(services, pod), pod, name):
        if not one.used:
            row: dict[str, Any] = {"link": f"{base}claim/{one.code}", "who": one.who}
            click.echo(json.dumps(row, ensure_ascii=False) if as_json else f"{row['link']}  {one.who}".rstrip())


def _read(file: str) -> bytes:
    if file == "-":
        return sys.stdin.buffer.read(MAX_FILE)
    try:
        with Path(file).open("rb") as opened:
            return opened.read(MAX_FILE)
    except OSError as error:
        raise Unreadable(
            N_("{path} cannot be read: {problem}."), N_("Check its name."), path=file, problem=error.strerror
        ) from error


def _end(day: datetime | None) -> datetime | None:
    if day is None:
        return None
    end = datetime.combine(day.date(), time(23, 59, 59), UTC)
    if end <= datetime.now(UTC):
        raise Invalid(N_("The badge would have expired already."), N_("Choose a later day."))
    return end
