"""`request`: be recognised, from a terminal: ask, send links to those who were there, see what came of it."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from pod_app.cli import answers, request_words
from pod_app.cli.common import output, owner_of, person_of, read_file, with_services
from pod_app.errors import N_, Invalid, NotFound, Unreadable

if TYPE_CHECKING:  # help needs no installation
    from pod_app.badges.recognition.requests import Link, Recognition
    from pod_app.pods.catalogue import Pod
    from pod_app.services import Services
    from pod_app.standards.wac import Agent

WHO = "WHO"


@click.group()
def request() -> None:
    """Ask to be recognised, answer those who ask, decide about what is asked of a garden."""


@request.command("ask")
@click.option("--as", "pod_name", required=True, metavar="POD", help="Notebook of whoever asks.")
@click.option("--achievement", required=True, metavar="IRI", help="What for; whoever gives it decides.")
@click.option("--sentence", required=True, metavar="TEXT", help="What you did.")
@click.option("--link", metavar="URL", help="A trace of it on the web.")
@click.option("--file", type=click.Path(path_type=Path), metavar="FILE", help="A trace: a photo or a PDF.")
@click.option("--to", "people", multiple=True, metavar=WHO, help="Who was there: notebook, WebID, e-mail address or "
              "first name (up to 3) [a link for whoever gets it].")  # fmt: skip
@click.option("--rule-met", is_flag=True, help="Let it be told that you meet the rule of the badge; looked up now.")
@click.option("--json", "as_json", is_flag=True, help="Answer in JSON.")
@with_services
def ask(
    services: "Services", pod_name: str, achievement: str, sentence: str, link: str | None, file: Path | None,
    people: tuple[str, ...], rule_met: bool, as_json: bool,
) -> None:  # fmt: skip
    """Ask for a badge; print the request, and the links for those who have no notebook here."""
    if link and file:
        raise click.UsageError("A trace is a --link or a --file.")
    own, agent = person_of(services, pod_name)
    if rule_met and not services.recognition.rules.check(agent, own, achievement).is_met:
        raise Invalid(N_("The rule of this badge is not met yet."), N_("Look at what is missing."))
    from pod_app.badges.recognition.asking import Wish  # noqa: PLC0415  # for this command only

    wish = Wish(
        achievement, sentence, link or "", _trace(file) if file else b"", rule_held=rule_met,
        people=tuple(_who(services, one) for one in people),
    )  # fmt: skip
    name = services.recognition.asking.ask(agent, own, wish)
    one, links = services.recognition.asking.one(agent, own, name)
    _tell_links(services, one, links, as_json=as_json)


@request.command("invite")
@click.argument("iri", metavar="REQUEST")
@click.option("--to", "who", default="", metavar=WHO, help="Notebook, WebID, e-mail address or first name.")
@click.option("--json", "as_json", is_flag=True, help="Answer in JSON.")
@with_services
def invite(services: "Services", iri: str, who: str, as_json: bool) -> None:
    """Ask one more person who was there, three in all."""
    own, agent, name = _own(services, iri)
    link = services.recognition.asking.invite(agent, own, name, _who(services, who))
    one, _ = services.recognition.asking.one(agent, own, name)
    _tell_links(services, one, [link], as_json=as_json)


@request.command("list")
@click.option("--as", "pod_name", required=True, metavar="POD", help="A person's notebook, or a garden that decides.")
@click.option("--json", "as_json", is_flag=True, help="Answer in JSON, a line each.")
@with_services
def list_requests(services: "Services", pod_name: str, as_json: bool) -> None:
    """List what I asked (mine), what I am asked (asked), and what waits for a decision of mine (waiting)."""
    for kind, one in _all(services, services.catalogue.get(pod_name)):
        with services.resources.reading() as conn:
            links = services.recognition.requests.links(conn, one.pod, one.id)
        row = request_words.row(services, kind, one, links)
        told = [row["kind"], row["state"], row["request"], row["name"], row["to"] if kind == "mine" else row["by"]]
        click.echo(json.dumps(row, ensure_ascii=False) if as_json else "  ".join(told))


@request.command("show")
@click.argument("what", metavar="REQUEST|LINK")
@click.option("--as", "pod_name", metavar="POD", help="Who looks: those who decide, or who was asked [who asked].")
@click.option(
    "--trace", type=click.Path(path_type=Path, dir_okay=False), metavar="FILE", help="Also save the photo or PDF."
)
@click.option("--json", "as_json", is_flag=True, help="Answer in JSON.")
@with_services
def show(services: "Services", what: str, pod_name: str | None, trace: Path | None, as_json: bool) -> None:
    """Show a request as its asker, those who decide, or whoever holds a link sees it; a link is not used up."""
    one, shown = _look(services, what, pod_name)
    if trace is not None:
        found = services.recognition.answering.trace(one)
        if found is None:
            raise NotFound(N_("There is no trace here."), N_("Ask whoever sent the request."))
        with output(trace) as file:
            file.write(found[0])
    if as_json:
        click.echo(json.dumps(shown, ensure_ascii=False, indent=2))
    else:
        request_words.tell(shown)


@request.command("remind")
@click.argument("iri", metavar="REQUEST")
@click.argument("number", type=click.IntRange(1, 3), metavar="NUMBER")
@with_services
def remind(services: "Services", iri: str, number: int) -> None:
    """Remind a person of a request, once; print the link to send again when they have no notebook here."""
    own, agent, name = _own(services, iri)
    link = services.recognition.asking.remind(agent, own, name, number)
    one, _ = services.recognition.asking.one(agent, own, name)
    again = request_words.person(services, one, link)["link"]
    if again:
        click.echo(again)


@request.command("withdraw")
@click.argument("iri", metavar="REQUEST")
@with_services
def withdraw(services: "Services", iri: str) -> None:
    """Ask no more: its links end, what you said of yourself stays in your bag."""
    own, agent, name = _own(services, iri)
    services.recognition.asking.withdraw(agent, own, name)


for _command in (answers.answer, answers.award, answers.decline):
    request.add_command(_command)


# -- steps ---------------------------------------------------------------------------------------


def _own(services: "Services", iri: str) -> tuple["Pod", "Agent", str]:
    pod, name = request_words.place(services, iri)
    return *person_of(services, pod), name


def _who(services: "Services", text: str) -> str:
    """The WebID behind the name of a notebook here; other words stay as they are written.

    Raises `NotFound` for an address of this installation at which nobody is.
    """
    pod = services.catalogue.find(text)
    if pod is not None and pod.kind == "person":
        return pod.webid
    if text.startswith(services.settings.base_url) and services.catalogue.of_webid(text) is None:
        raise NotFound(
            N_("Nobody here has a notebook named «{who}»."),
            N_("Write the name of a notebook, an address of a jardinier·e, or an e-mail address."), who=text,
        )  # fmt: skip
    return text


def _trace(path: Path) -> bytes:
    from pod_app.badges.recognition.asking import MAX_TRACE  # noqa: PLC0415  # help needs no database

    data = read_file(path, MAX_TRACE, remedy=N_("Choose another file, or give a link."))
    if not data:
        raise Unreadable(N_("{path} is empty."), N_("Choose another file, or give a link."), path=path)
    return data


def _tell_links(services: "Services", one: "Recognition", links: list["Link"], *, as_json: bool) -> None:
    people = [request_words.person(services, one, link) for link in links]
    iri = request_words.asked(services, one)["request"]
    if as_json:
        click.echo(json.dumps({"request": iri, "people": people}, ensure_ascii=False))
        return
    click.echo(iri)
    for each in people:
        request_words.tell_person(each)


def _all(services: "Services", pod: "Pod") -> list[tuple[str, "Recognition"]]:
    """What concerns a person, or what a garden decides about."""
    agent, recognition = owner_of(services, pod), services.recognition
    if pod.kind != "person":
        return [("waiting", one) for one in recognition.answering.waiting(agent, [pod])]
    return [
        *(("mine", one) for one in recognition.asking.of(agent, pod)),
        *(("asked", one) for one, _ in recognition.answering.asked_of(pod)),
        *(("waiting", one) for one in recognition.answering.waiting(agent, services.signers.pods_of(agent))),
    ]


def _look(services: "Services", what: str, pod_name: str | None) -> tuple["Recognition", dict[str, Any]]:
    secret = request_words.token(services, what)
    if secret is not None:
        one, _ = services.recognition.answering.by_link(secret)
        return one, request_words.asked(services, one)
    pod, name = request_words.place(services, what)
    acting = services.catalogue.get(pod_name or pod)
    if acting.name == pod:
        one, links = services.recognition.asking.one(owner_of(services, acting), acting, name)
        return one, request_words.mine(services, one, links)
    if acting.kind == "person":
        for one, _ in services.recognition.answering.asked_of(acting):
            if (one.pod, one.id) == (pod, name):
                return one, request_words.asked(services, one)
    one, links, said = services.recognition.answering.to_review(owner_of(services, acting), pod, name)
    return one, request_words.review(services, one, links, said)
