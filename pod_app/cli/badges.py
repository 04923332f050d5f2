"""`badge`: the verifier and the bag, and single badges, from a terminal."""

import json
import os
from collections.abc import Mapping
from contextlib import nullcontext
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

import click

from pod_app.badges.verifier import verifying
from pod_app.badges.verifier.fetching import fetch_document
from pod_app.badges.verifier.verifying import Fetch, Report
from pod_app.cli import afterwards, giving
from pod_app.cli.common import folder_options, opened, output, owner_of, read_file, stands, with_services
from pod_app.cli.holding import record_at
from pod_app.errors import N_, Invalid, Unreadable
from pod_app.language import of_environment, translator
from pod_app.settings import load
from pod_app.standards import baking
from pod_app.storage.egress_policy import EgressPolicy
from pod_app.storage.web_client import WebClient

if TYPE_CHECKING:  # «badge verify» works without an installation, and should not wait for its parts
    from pod_app.badges.bag.import_report import Report as ImportReport
    from pod_app.pods.catalogue import Pod
    from pod_app.services import Services

MAX_ARCHIVE: Final = 512 * 2**20
VERDICTS: Final[Mapping[bool | None, str]] = {
    True: N_("The badge holds."),
    False: N_("The badge does not hold."),
    None: N_("Whether the badge holds could not be found out."),
}
EXIT_CODES: Final[Mapping[bool | None, int]] = {True: 0, False: 1, None: 2}
ACCEPT: Final = "application/vc, application/ld+json, application/json, image/*;q=0.8"


@click.group()
def badge() -> None:
    """Issue, verify, revoke, bake, unbake and import Open Badges."""


@badge.command()
@click.option("--as", "pod_name", required=True, metavar="POD", help="Pod that signs.")
@click.option("--achievement", required=True, metavar="IRI")
@click.option("--to", "recipient", required=True, metavar="WEBID|EMAIL")
@click.option("--evidence", multiple=True, metavar="URL", help="A trace of it (repeatable).")
@click.option(
    "--out", type=click.Path(path_type=Path, dir_okay=False), help="Also write the signed badge to this file."
)
@with_services
def issue(
    services: "Services", pod_name: str, achievement: str, recipient: str, evidence: tuple[str, ...], out: Path | None
) -> None:
    """Sign a badge and bring it to its recipient's pod."""
    pod = services.catalogue.get(pod_name)
    with output(out) if out is not None else nullcontext() as file:
        issued = services.issuing.issue(owner_of(services, pod), pod, achievement, recipient, evidence=evidence)
        if file is not None:
            file.write(issued.document)
    click.echo(issued.iri)


@badge.command()
@click.argument("iri")
@click.option("--reason", required=True, metavar="TEXT", help="A word that its page will show.")
@with_services
def revoke(services: "Services", iri: str, reason: str) -> None:
    """Take a badge back, with a word."""
    agent, _, _ = record_at(services, iri)
    services.issuing.revoke(agent, iri, reason)


@badge.command()
@click.argument("source", metavar="FILE|URL|-")
@click.option(
    "--document", "documents", multiple=True, metavar="URL=FILE", help="A document given by hand (repeatable)."
)
@click.option("--offline", is_flag=True, help="Ask nobody; only documents given by hand and this installation's own.")
@click.option("--recipient", metavar="WEBID|EMAIL", help="Whom the badge should be about.")
@click.option("--at", metavar="TIME", help="Verify as of this moment, such as 2026-03-12T10:00:00Z.")
@click.option("--json", "as_json", is_flag=True, help="Answer in JSON.")
@folder_options
def verify(  # click gives one argument per option
    source: str,
    documents: tuple[str, ...],
    offline: bool,
    recipient: str | None,
    at: str | None,
    as_json: bool,
    data: Path | None,
    base_url: str | None,
) -> int:
    """Check a badge step by step: exit code 0 it holds, 1 it does not, 2 it could not be checked."""
    settings, _ = load({"data": data, "base_url": base_url})
    plain_http = _loopback(source) if settings.egress_allow_http else ()
    given = dict(_given(text) for text in documents)
    asked: dict[str, Any] = {"at": _moment(at), "recipient": recipient, "plain_http": plain_http}
    if stands(settings):
        with opened(data, base_url) as services:
            report = _verify(source, given, services.own_documents if offline else services.fetch, **asked)
    else:
        client = WebClient(EgressPolicy.of(settings))
        network = None if offline else partial(fetch_document, client)
        report = _verify(source, given, network, **asked)
        client.close()
    click.echo(json.dumps(report.to_json(), ensure_ascii=False, indent=2) if as_json else table(report))
    return EXIT_CODES[report.verified]


def _verify(source: str, given: dict[str, bytes], network: Fetch | None, **asked: Any) -> Report:
    fetch = verifying.documents(given, network)
    is_url = _is_url(source)
    body = fetch(source, ACCEPT).body if is_url else read_file(Path(source))
    return verifying.verify(body, fetch=fetch, found_at=source if is_url else None, **asked)


def _given(text: str) -> tuple[str, bytes]:
    url, equals, file = text.partition("=")
    if not (equals and file):
        raise Invalid(N_("{text} is not of the form URL=FILE."), N_("Write --document https://…=file.json."), text=text)
    return url, read_file(Path(file))


def _loopback(source: str) -> tuple[str, ...]:
    """In a laboratory that allows plain http, the host of the badge itself answers without TLS."""
    return (urlsplit(source).netloc,) if source.startswith("http://") else ()


@badge.command()
@click.argument("file", type=click.Path(path_type=Path))
@click.argument("image", type=click.Path(path_type=Path))
@click.option("--out", required=True, type=click.Path(path_type=Path, dir_okay=False), metavar="F")
def bake(file: Path, image: Path, out: Path) -> None:
    """Put a badge into a PNG or SVG image."""
    baked = baking.bake(read_file(image), _text(file))
    with output(out) as written:
        written.write(baked)


@badge.command()
@click.argument("image", type=click.Path(path_type=Path))
def unbake(image: Path) -> None:
    """Take the badge out of a PNG or SVG image."""
    text = baking.unbake(read_file(image))
    click.echo(text, nl=not text.endswith("\n"))


@badge.command("import")
@click.argument("source", metavar="FILE|URL")
@click.option("--into", "pod_name", required=True, metavar="POD")
@with_services
def import_badge(services: "Services", source: str, pod_name: str) -> int:
    """Keep a badge that was earned elsewhere, or each badge of a ZIP; what fails is kept for another try."""
    pod = services.catalogue.get(pod_name)
    agent = owner_of(services, pod)
    if _is_url(source):
        report = services.imports.take_address(agent, pod, source)
    else:
        report = services.imports.take(agent, pod, [(Path(source).name, read_file(Path(source), MAX_ARCHIVE))])
    if len(report.entries) == 1 and report.entries[0].error is not None:
        raise report.entries[0].error
    if report.waiting:
        services.imports.go_on(agent, pod, report)
    tell_import(report, pod)
    return 1 if report.failed else 0


def tell_import(report: "ImportReport", pod: "Pod") -> None:
    """Addresses of what is in the bag now; on the side, what could not be found out or was not taken."""
    words = translator(of_environment(os.environ)).gettext
    for entry in report.entries:
        told = entry.told(words)
        if entry.badge:
            click.echo(pod.address(entry.badge).iri(pod.base_url))
        if told["detail"]:
            which = f"{entry.name}: " if len(report.entries) > 1 else ""
            step = f"{told['step']}: " if told["step"] else ""
            click.echo(f"{which}{step}{told['detail']} {told['remedy']}".rstrip(), err=True)


_LATER: Final = (afterwards.undo, afterwards.remind, afterwards.reissue)
for _command in (giving.award, giving.links, giving.given, giving.renew, *_LATER):
    badge.add_command(_command)


def table(report: Report) -> str:
    """The checks line by line, and the verdict, in the language of the terminal."""
    words = translator(of_environment(os.environ)).gettext
    rows = [check.to_json(words) for check in report.checks]
    lines = [f"{row['outcome']:8} {row['name']:16} {row['detail']} {row['remedy']}".rstrip() for row in rows]
    return "\n".join([*lines, words(VERDICTS[report.verified])])


def _is_url(source: str) -> bool:
    return source.startswith(("http://", "https://"))


def _moment(text: str | None) -> datetime:
    if text is None:
        return datetime.now(UTC)
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise Invalid(N_("{text} is not a moment."), N_("Write it like 2026-03-12T10:00:00Z."), text=text) from error
    if moment.tzinfo is None:
        raise Invalid(N_("{text} has no time zone."), N_("Write it like 2026-03-12T10:00:00Z."), text=text)
    return moment


def _text(path: Path) -> str:
    try:
        return read_file(path).decode()
    except UnicodeDecodeError as error:
        raise Unreadable(N_("{path} is not a badge: it is not text."), N_("Give its JSON form."), path=path) from error
