"""`rule`: what an achievement asks in a sentence and a SHACL shape, and how far somebody is, from a terminal."""

import hashlib
import json
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote

import click

from pod_app.cli import achievements, forging, request_words
from pod_app.cli.common import owner_of, person_of, read_file, with_services
from pod_app.errors import N_, Invalid, NotFound, Unreadable, Unsupported
from pod_app.language import of_environment, translator
from pod_app.standards import addresses, rdf

if TYPE_CHECKING:  # help needs no installation
    from pod_app.badges.recognition.rules import Outcome, Rule, Shipped
    from pod_app.pods.catalogue import Pod
    from pod_app.services import Services

FOLDER: Final = "public/rules/"
"""Where the shape of a file is kept, in the pod of whoever gives the badge: a rule is no secret."""


@click.group()
def rule() -> None:
    """The rules of badges: set one, look how far somebody is, take the badge where its rule gives it."""


@rule.command("list")
@click.option("--json", "as_json", is_flag=True, help="Answer in JSON, a line each.")
@with_services
def list_rules(services: "Services", as_json: bool) -> None:
    """List the rules that ship with the program."""
    language = of_environment(os.environ)
    for one in services.recognition.rules.shipped():
        row = {"name": one.name, "shape": one.iri, "parameter": one.parameter or None, "title": one.titles,
               "sentence": one.sentences}  # fmt: skip
        told = [one.name, f"--skill {one.parameter.upper()}" if one.parameter else "-", one.sentences[language]]
        click.echo(json.dumps(row, ensure_ascii=False) if as_json else "  ".join(told))


@rule.command("show")
@click.argument("what", metavar="ACHIEVEMENT|NAME")
@click.option("--turtle", is_flag=True, help="Print the shape instead.")
@click.option("--json", "as_json", is_flag=True, help="Answer in JSON.")
@with_services
def show(services: "Services", what: str, turtle: bool, as_json: bool) -> int:
    """Show what an achievement asks, or a rule that ships: exit code 1 when it asks nothing."""
    shipped = services.recognition.rules.named(what)
    if shipped is not None:
        click.echo(shipped.turtle if turtle else shipped.sentences[of_environment(os.environ)], nl=not turtle)
        return 0
    found = _standing(services, what)
    if turtle and found is not None:
        click.echo(services.recognition.rules.text(achievements.pod_of(services, what), found.shape), nl=False)
    elif as_json:
        told = None if found is None else {
            "sentence": found.sentence, "shape": found.shape, "automatic": found.automatic,
        }  # fmt: skip
        click.echo(json.dumps({"achievement": what, "rule": told}, ensure_ascii=False, indent=2))
    elif found is not None:
        click.echo(f"{found.sentence}\n{found.shape}")
        click.echo("given as soon as it is met" if found.automatic else "proposed; people give the badge")
    return 0 if found is not None else 1


@rule.command("set")
@click.argument("iri", metavar="ACHIEVEMENT")
@click.option("--rule", "name", metavar="NAME", help="One that ships, see pod_app rule list.")
@click.option("--skill", metavar="NAME", help="Name in vocab/skills.ttl, for a rule about one skill.")
@click.option("--shape", metavar="IRI", help="A public Turtle document of the pod that gives the badge.")
@click.option("--file", type=click.Path(path_type=Path), metavar="FILE", help="SHACL Core in Turtle; it is put there.")
@click.option("--sentence", metavar="TEXT", help="The rule, told to people [that of a rule that ships].")
@click.option("--automatic", is_flag=True, help="Give the badge as soon as the rule is met, instead of proposing it.")
@with_services
def set_rule(
    services: "Services", iri: str, name: str | None, skill: str | None, shape: str | None, file: Path | None,
    sentence: str | None, automatic: bool,
) -> None:  # fmt: skip
    """Give an achievement its rule, in place of the one that it had."""
    from pod_app.badges.recognition.rules import Rule, check_sentence  # noqa: PLC0415  # for this command only

    if sum(one is not None for one in (name, shape, file)) != 1:
        raise click.UsageError("Give a --rule, a --shape or a --file.")
    pod = achievements.pod_of(services, iri)
    shipped = _shipped(services, name) if name is not None else None
    if (skill is not None) and (shipped is None or not shipped.parameter):
        raise click.UsageError("--skill goes with a rule about one skill.")
    if sentence is None and shipped is None:
        raise click.UsageError("Tell the rule to people: --sentence TEXT.")
    told = sentence if sentence is not None else shipped.sentences[pod.language] if shipped else ""
    check_sentence(told)
    _standing(services, iri)  # nothing is put into the pod for a badge that is not there
    where = _shape(services, shipped, skill) if shipped else shape or _put(services, pod, iri, file)
    services.recognition.rules.put(owner_of(services, pod), pod, iri, Rule(told, where, automatic))


@rule.command("remove")
@click.argument("iri", metavar="ACHIEVEMENT")
@with_services
def remove(services: "Services", iri: str) -> None:
    """Take the rule of an achievement away: from now on people alone decide."""
    pod = achievements.pod_of(services, iri)
    services.recognition.rules.put(owner_of(services, pod), pod, iri, None)


@rule.command("check")
@click.argument("iri", metavar="[ACHIEVEMENT]", required=False)
@click.option("--as", "pod_name", required=True, metavar="POD", help="Notebook of whoever asks how far they are.")
@click.option("--json", "as_json", is_flag=True, help="Answer in JSON; of several, a line each.")
@with_services
def check(services: "Services", iri: str | None, pod_name: str, as_json: bool) -> int:
    """Tell somebody how far they are: exit code 0 the rule is met, 1 not yet, with what is missing.

    Without ACHIEVEMENT, each rule of the gardens they belong to and of the communities here (exit code 0).
    """
    own, agent = person_of(services, pod_name)
    if iri is None:
        _tell_all(services, own, as_json=as_json)
        return 0
    outcome = services.recognition.rules.check(agent, own, iri)
    row = _row(services, iri, outcome)
    if as_json:
        click.echo(json.dumps(row, ensure_ascii=False, indent=2))
    else:
        _tell(own, row)
    return 0 if outcome.is_met else 1


@rule.command("take")
@click.argument("iri", metavar="ACHIEVEMENT")
@click.option("--as", "pod_name", required=True, metavar="POD", help="Notebook of whoever takes the badge.")
@with_services
def take(services: "Services", iri: str, pod_name: str) -> int:
    """Take the badge where its giver said beforehand that the rule gives it: exit code 1 when it is not met yet."""
    own, agent = person_of(services, pod_name)
    outcome = services.recognition.rules.check(agent, own, iri)
    if outcome.rule.automatic and not outcome.is_met:
        _tell(own, _row(services, iri, outcome))
        return 1
    click.echo(services.recognition.rules.award(agent, own, iri).iri)
    return 0


# -- steps ---------------------------------------------------------------------------------------


def _standing(services: "Services", iri: str) -> "Rule | None":
    achievements.pod_of(services, iri)
    with services.resources.reading() as conn:
        services.achievements.get(conn, iri)
        return services.recognition.rules.of(conn, iri)


def _shipped(services: "Services", name: str) -> "Shipped":
    found = services.recognition.rules.named(name)
    if found is None:
        raise NotFound(
            N_("No rule named {name} ships with the program."), N_("See the list: pod_app rule list."), name=name
        )
    return found


def _shape(services: "Services", shipped: "Shipped", skill: str | None) -> str:
    if skill is None:
        return shipped.iri  # one that needs a skill is refused by its own words
    forging.skill_of(services, skill)
    return f"{shipped.iri}?skill={quote(skill)}"


def _put(services: "Services", pod: "Pod", iri: str, file: Path | None) -> str:
    """Keep a shape where everybody may read it, once it is known to be a rule; each wording has an address of its own.

    Raises what `standards.rules.read` does, and `Unreadable` for a file that is no text.
    """
    from pod_app.standards import rules  # noqa: PLC0415  # for this option only

    data = read_file(file or Path("-"), rules.MAX_TEXT, remedy=N_("Make it simpler."))
    achievement = addresses.of_iri(iri, services.settings.base_url)
    name = achievement.name if achievement else ""
    address = pod.address(f"{FOLDER}{name}-{hashlib.sha256(data).hexdigest()[:12]}")
    try:
        text = data.decode()
    except UnicodeDecodeError as error:
        raise Unreadable(N_("{path} is not text in UTF-8."), N_("Send it as UTF-8."), path=file) from error
    rules.read(text, address.iri(pod.base_url))
    body = services.resources.prepare(address, data, rdf.TURTLE)
    services.resources.write(owner_of(services, pod), lambda writing: writing.put(address, body))
    return address.iri(pod.base_url)


def _row(services: "Services", iri: str, outcome: "Outcome") -> dict[str, Any]:
    return {
        "achievement": iri, "name": request_words.name_of(services, iri), "sentence": outcome.rule.sentence,
        "met": outcome.is_met, "automatic": outcome.rule.automatic, "missing": list(outcome.missing),
    }  # fmt: skip


def _tell(own: "Pod", row: dict[str, Any]) -> None:
    language = of_environment(os.environ)
    nothing = translator(language).gettext(N_("The rule finds nothing in your notebook yet."))
    click.echo(f"{row['name']}: {row['sentence']}")
    click.echo("met" if row["met"] else "not yet")
    for one in row["missing"]:
        click.echo(f"- {one.get(language) or nothing}")
    if row["met"]:
        way = f"rule take {row['achievement']} --as {own.name}" if row["automatic"] else (
            f"request ask --as {own.name} --achievement {row['achievement']} --rule-met --sentence TEXT"
        )  # fmt: skip
        click.echo(f"Next: pod_app {way}")


def _tell_all(services: "Services", own: "Pod", *, as_json: bool) -> None:
    givers = [*services.recognition.endorsing.gardens(own), *services.catalogue.communities()]
    with services.resources.reading() as conn:
        offered = [str(one["id"]) for pod in dict.fromkeys(givers) for one in services.achievements.all(conn, pod)]
    for iri in offered:
        try:
            row = _row(services, iri, services.recognition.rules.check(owner_of(services, own), own, iri))
        except NotFound:
            continue  # it asks nothing
        except (Invalid, Unsupported, Unreadable) as error:
            click.echo(f"{iri}: {' '.join(translator(of_environment(os.environ)).error(error)[1:])}", err=True)
            continue
        told = ["met" if row["met"] else "not yet", str(len(row["missing"])), iri, row["name"]]
        click.echo(json.dumps(row, ensure_ascii=False) if as_json else "  ".join(told))
