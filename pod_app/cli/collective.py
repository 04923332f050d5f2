"""`ask` and `refresh`: a community's views on the command line."""

import json
import os
from collections.abc import Iterator, Sequence

import click

from pod_app.cli.common import with_services
from pod_app.collective.answers import Answer, plain
from pod_app.errors import N_, Invalid, NotFound
from pod_app.language import of_environment
from pod_app.pods.catalogue import Pod
from pod_app.services import Services


@click.command()
@click.argument("view", required=False)
@click.option("--community", metavar="POD", help="Which community [the only one].")
@click.option("--param", "parameters", multiple=True, metavar="K=V", help="A parameter of the view, repeatable.")
@click.option(
    "--format", "form", type=click.Choice(["table", "json", "csv", "ttl"]), default="table", show_default=True
)
@with_services
def ask(services: Services, view: str | None, community: str | None, parameters: Sequence[str], form: str) -> None:
    """Answer a view of a community, or list the views there are."""
    language = of_environment(os.environ)
    if view is None:
        for name, one in services.views.files.items():
            click.echo(f"{name}  {one.file.title[language]}")
        return
    services.views.catch_up()
    answer = services.views.read(view, _community(services, community).name, dict(_pairs(parameters)))
    for line in _written(answer, form, services.settings.vocabulary, language):
        click.echo(line)


@click.command()
@click.option("--community", metavar="POD", help="Which community [all].")
@click.option("--rebuild", is_flag=True, help="Compute everything again from the pods alone.")
@with_services
def refresh(services: Services, community: str | None, rebuild: bool) -> None:
    """Take in what has changed and publish the communities' numbers now."""
    if rebuild:
        click.echo(f"{services.views.rebuild()} pods computed again")
    click.echo(f"{services.views.catch_up()} changes taken in")
    if elsewhere := services.federation.asking.ask() + services.federation.reading_elsewhere.read_due():
        services.views.catch_up()
        click.echo(f"{elsewhere} pods elsewhere asked")
    chosen = services.catalogue.communities() if community is None else [_community(services, community)]
    for one in chosen:
        services.views.publish(one.name)
        click.echo(f"{one.title}: published")


def _community(services: Services, name: str | None) -> Pod:
    known = {pod.name: pod for pod in services.catalogue.communities()}
    if name is None and len(known) == 1:
        return next(iter(known.values()))
    if name in known:
        return known[name]
    raise NotFound(
        N_("There is no community named {name} here.") if name else N_("There are several communities here, or none."),
        N_("Name one with --community: {names}."),
        name=name, names=", ".join(known) or "-",
    )  # fmt: skip


def _pairs(parameters: Sequence[str]) -> Iterator[tuple[str, str]]:
    for text in parameters:
        name, equals, value = text.partition("=")
        if not equals:
            raise Invalid(N_("«{text}» is not a parameter."), N_("Write it as name=value."), text=text)
        yield name.removeprefix("?"), value


def _written(answer: Answer, form: str, namespace: str, language: str) -> Iterator[str]:
    if form == "json":
        yield json.dumps(answer.to_json(), ensure_ascii=False, indent=2)
    elif form == "csv":
        yield answer.to_csv().rstrip()
    elif form == "ttl":
        yield answer.to_turtle(answer.query_iri.replace("/queries/", "/collective/"), namespace).decode().rstrip()
    else:
        yield from _table(answer, language)


def _table(answer: Answer, language: str) -> Iterator[str]:
    yield answer.view.title[language]
    rows = [[str(plain(value)) for value in row] for row in ([*answer.columns], *answer.rows)]
    widths = [max(len(row[place]) for row in rows) for place in range(len(answer.columns))]
    for row in rows:
        yield "  ".join(text.ljust(width) for text, width in zip(row, widths, strict=True)).rstrip()
    told = answer.coverage
    yield (
        f"-- pods: {told.answered} of {told.asked} answered, {told.refused} refused, {told.late} late; "
        f"cells under {answer.view.threshold} people: {told.suppressed}"
    )
