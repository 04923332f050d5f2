"""`endorse`: sign a word about a badge, about what it is given for or who gives it; take it back; see whose look."""

import json
from datetime import UTC, datetime, time
from typing import TYPE_CHECKING, Any

import click

from pod_app.cli import request_words
from pod_app.cli.common import owner_of, with_services
from pod_app.errors import N_, Invalid, NotFound
from pod_app.standards import addresses
from pod_app.standards.json_text import object_in
from pod_app.standards.wac import ANONYMOUS

if TYPE_CHECKING:  # help needs no installation
    from pod_app.badges.recognition.confirmations import Confirmation
    from pod_app.badges.recognition.endorsing import Word
    from pod_app.badges.recognition.regard import About
    from pod_app.services import Services


@click.group()
def endorse() -> None:
    """Confirm somebody's badge; certify what badges are given for, or those who give them."""


@endorse.command("badge")
@click.argument("iri", metavar="BADGE")
@click.option("--as", "pod_name", required=True, metavar="POD", help="Pod that signs; its owner must see the badge.")
@click.option("--words", default="", metavar="TEXT", help="What you saw.")
@click.option("--member-of", metavar="GARDEN", help="Garden as whose member a person speaks.")
@with_services
def endorse_badge(services: "Services", iri: str, pod_name: str, words: str, member_of: str | None) -> None:
    """Confirm a badge and print the address of the confirmation."""
    from pod_app.badges.recognition.endorsing import Word  # noqa: PLC0415  # for this command only

    garden = services.catalogue.get(member_of) if member_of else None
    _endorse(services, "badge", iri, pod_name, Word(words, garden=garden))


@endorse.command("achievement")
@click.argument("iri", metavar="IRI")
@click.option("--as", "pod_name", required=True, metavar="POD", help="Pod that signs.")
@click.option("--reason", required=True, metavar="TEXT", help="Why it deserves to be trusted.")
@click.option("--until", required=True, type=click.DateTime(["%Y-%m-%d"]), metavar="DATE", help="Its last day.")
@with_services
def endorse_achievement(services: "Services", iri: str, pod_name: str, reason: str, until: datetime) -> None:
    """Certify what badges are given for, in public and for five years at most."""
    _endorse(services, "achievement", iri, pod_name, _certification(reason, until))


@endorse.command("issuer")
@click.argument("who", metavar="POD|WEBID|DID")
@click.option("--as", "pod_name", required=True, metavar="POD", help="Pod that signs.")
@click.option("--reason", required=True, metavar="TEXT", help="Why they deserve to be trusted.")
@click.option("--until", required=True, type=click.DateTime(["%Y-%m-%d"]), metavar="DATE", help="Its last day.")
@with_services
def endorse_issuer(services: "Services", who: str, pod_name: str, reason: str, until: datetime) -> None:
    """Certify somebody who gives badges, in public and for five years at most."""
    _endorse(services, "issuer", _named(services, who), pod_name, _certification(reason, until))


@endorse.command("list")
@click.option("--as", "pod_name", required=True, metavar="POD")
@click.option("--json", "as_json", is_flag=True, help="Answer in JSON, a line each.")
@with_services
def list_words(services: "Services", pod_name: str, as_json: bool) -> None:
    """List what a pod confirmed and certified, newest first, and whether it took it back."""
    from pod_app.badges.signing import status  # noqa: PLC0415  # for this command only

    pod = services.catalogue.get(pod_name)
    said = services.recognition.endorsing.said_by(pod)
    with services.resources.reading() as conn:
        reasons = [status.reason(conn, address) for address, _ in said]
    for (_, document), reason in zip(said, reasons, strict=True):
        row = _row(document, reason)
        told = [row["word"], row["date"], row["until"], row["name"], row["text"], reason and f"withdrawn: {reason}"]
        click.echo(json.dumps(row, ensure_ascii=False) if as_json else "  ".join(str(cell or "-") for cell in told))


@endorse.command("withdraw")
@click.argument("iri", metavar="IRI")
@click.option("--reason", required=True, metavar="TEXT", help="A word that goes with it.")
@with_services
def withdraw(services: "Services", iri: str, reason: str) -> None:
    """Take a confirmation back: from now on its signature is listed as withdrawn."""
    record = addresses.of_iri(iri, services.settings.base_url)
    if record is None:
        raise NotFound(N_("{iri} was not issued by this installation."), N_("Ask its issuer to withdraw it."), iri=iri)
    agent = owner_of(services, services.catalogue.get(record.pod))
    services.recognition.endorsing.withdraw(agent, record, reason)


@endorse.command("show")
@click.argument("what", metavar="BADGE|IRI|POD")
@click.option("--json", "as_json", is_flag=True, help="Answer in JSON.")
@with_services
def show(services: "Services", what: str, as_json: bool) -> None:
    """Show what others say about a badge and whose look stands behind it, or who certifies an achievement or issuer."""
    shown = _said(services, _named(services, what))
    if as_json:
        click.echo(json.dumps(shown, ensure_ascii=False, indent=2))
        return
    if "regard" in shown:
        click.echo(f"regard  {shown['regard']}")
    request_words.tell_words(shown["words"])


# -- steps ---------------------------------------------------------------------------------------


def _endorse(services: "Services", about: "About", iri: str, pod_name: str, word: "Word") -> None:
    by = services.catalogue.get(pod_name)
    agent = owner_of(services, by)
    subject = services.recognition.endorsing.subject(agent, iri)
    if subject.about != about:
        raise Invalid(
            N_("{iri} is of another kind: {kind}."), N_("Say pod_app endorse {kind}."), iri=iri, kind=subject.about
        )
    record = services.recognition.endorsing.endorse(agent, by, subject, word)
    click.echo(record.iri(by.base_url))


def _certification(reason: str, until: datetime) -> "Word":
    from pod_app.badges.recognition.endorsing import Word  # noqa: PLC0415  # help needs no database

    return Word(reason, datetime.combine(until.date(), time(23, 59, 59), UTC))


def _named(services: "Services", who: str) -> str:
    """The DID of a pod by its name or WebID; anything else is an address already."""
    pod = services.catalogue.find(who) or services.catalogue.of_webid(who)
    return who if pod is None else pod.did


def _row(document: dict[str, Any], reason: str | None) -> dict[str, Any]:
    subject = document.get("credentialSubject") or {}
    return {
        "word": document.get("id"), "about": subject.get("id"), "name": document.get("name", ""),
        "text": subject.get("endorsementComment"), "date": document.get("validFrom"),
        "until": document.get("validUntil"), "withdrawn": reason,
    }  # fmt: skip


def _said(services: "Services", iri: str) -> dict[str, Any]:
    """What is said about a thing, as whoever keeps it sees it."""
    address = addresses.of_iri(iri, services.settings.base_url)
    agent = ANONYMOUS if address is None else owner_of(services, services.catalogue.get(address.pod))
    subject, confirmations = services.recognition.endorsing.subject(agent, iri), services.recognition.confirmations
    if address is None or subject.about != "badge":
        found = confirmations.of_issuer(iri) if subject.about == "issuer" else confirmations.of_achievement(iri)
        return {"about": iri, "name": subject.name, "words": [request_words.word(services, one) for one in found]}
    badge = object_in(services.resources.data(services.resources.read(agent, address).stored))
    said = [*confirmations.of_badge(badge, subject.keeper.name), *filter(_holds, confirmations.of_its_kind(badge))]
    unsigned = request_words.unsigned(services.recognition.answering.testimonies(subject.iri))
    words = [*(request_words.word(services, one) for one in said), *unsigned]
    return {"about": iri, "name": subject.name, "regard": confirmations.regard(badge, said), "words": words}


def _holds(one: "Confirmation") -> bool:
    return one.holds
