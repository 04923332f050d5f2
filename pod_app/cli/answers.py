"""`request answer`, `award`, `decline`: a peer's answer and the decision of those who give a badge, from a terminal."""

from typing import TYPE_CHECKING

import click

from pod_app.cli import request_words
from pod_app.cli.common import owner_of, person_of, with_services
from pod_app.errors import N_, Gone

if TYPE_CHECKING:  # help needs no installation
    from pod_app.badges.recognition.requests import Link, Reply
    from pod_app.pods.catalogue import Pod
    from pod_app.services import Services
    from pod_app.standards.wac import Agent


@click.command("answer")
@click.argument("what", metavar="LINK|REQUEST")
@click.argument("reply", type=click.Choice(["yes", "no", "unknown"]))
@click.option("--as", "pod_name", metavar="POD", help="Notebook of whoever answers: a yes is signed [nobody's].")
@click.option("--member-of", metavar="GARDEN", help="Garden as whose member they speak; with --as.")
@click.option("--name", default="", metavar="TEXT", help="What somebody without a notebook is called.")
@click.option("--words", default="", metavar="TEXT", help="A sentence, if you like.")
@with_services
def answer(
    services: "Services", what: str, reply: "Reply", pod_name: str | None, member_of: str | None, name: str, words: str
) -> None:
    """Answer a peer who asks whether you were there: by the link, or by the request when it asks your notebook."""
    if pod_name is None and member_of:
        raise click.UsageError("--member-of goes with --as.")
    if pod_name is not None and name:
        raise click.UsageError("--name is for whoever has no notebook here.")
    from pod_app.badges.recognition.requests import Answer  # noqa: PLC0415  # for this command only

    peer = person_of(services, pod_name)[0] if pod_name is not None else None
    garden = services.catalogue.get(member_of) if member_of else None
    link = _link(services, what, peer)
    services.recognition.answering.answer(link, Answer(reply, name=name, words=words), peer, garden)


@click.command("award")
@click.argument("iri", metavar="REQUEST")
@click.option("--as", "pod_name", metavar="POD", help="Who decides [the pod that gives the badge].")
@click.option("--word", default="", metavar="TEXT", help="Kept with who and when; needed where the rule of the badge "
              "was not shown to be met.")  # fmt: skip
@with_services
def award(services: "Services", iri: str, pod_name: str | None, word: str) -> None:
    """Recognise: sign the badge, with what peers confirmed inside, and print its address."""
    pod, name = request_words.place(services, iri)
    agent = _who_decides(services, pod, name, pod_name)
    click.echo(services.recognition.answering.award(agent, pod, name, word).iri)


@click.command("decline")
@click.argument("iri", metavar="REQUEST")
@click.option("--as", "pod_name", metavar="POD", help="Who decides [the pod that gives the badge].")
@click.option("--word", required=True, metavar="TEXT", help="Why, or what is missing.")
@with_services
def decline(services: "Services", iri: str, pod_name: str | None, word: str) -> None:
    """Say not now, with a word; what peers confirmed stays with whoever asked."""
    pod, name = request_words.place(services, iri)
    services.recognition.answering.decline(_who_decides(services, pod, name, pod_name), pod, name, word)


def _link(services: "Services", what: str, peer: "Pod | None") -> "Link":
    """What is to be answered: of whoever holds a link, or is asked by the address of their notebook."""
    secret = request_words.token(services, what)
    if secret is not None:
        return services.recognition.answering.by_link(secret)[1]
    place = request_words.place(services, what)
    if peer is None:
        raise click.UsageError("Say who answers with --as, or give the link that was sent.")
    asked = services.recognition.answering.asked_of(peer)
    link = next((link for one, link in asked if (one.pod, one.id) == place), None)
    if link is None:
        raise Gone(N_("This was answered, or its time is over."), N_("Look at what is still asked of you."))
    return link


def _who_decides(services: "Services", pod: str, name: str, pod_name: str | None) -> "Agent":
    with services.resources.reading() as conn:
        reviewer = services.recognition.requests.get(conn, pod, name).reviewer
    return owner_of(services, services.catalogue.get(pod_name or reviewer))
