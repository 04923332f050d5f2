"""`badge undo`, `remind`, `reissue`: what is done to a badge once it was given."""

from typing import TYPE_CHECKING

import click

from pod_app.cli.common import with_services
from pod_app.cli.holding import record_at

if TYPE_CHECKING:  # help needs no installation
    from pod_app.services import Services


@click.command("undo")
@click.argument("iri")
@with_services
def undo(services: "Services", iri: str) -> None:
    """Take back what was awarded some seconds ago: nobody was told, and nothing of it stays."""
    agent, pod, address = record_at(services, iri)
    services.giving.awards.undo(agent, pod, address.name)


@click.command("remind")
@click.argument("iri")
@with_services
def remind(services: "Services", iri: str) -> None:
    """Tell a recipient who has not answered once more, and never again."""
    agent, pod, address = record_at(services, iri)
    services.giving.awards.remind(agent, pod, address.name)


@click.command("reissue")
@click.argument("iri")
@with_services
def reissue(services: "Services", iri: str) -> None:
    """Give a new badge in place of one that was withdrawn, with its words and its first day; prints its address."""
    agent, pod, address = record_at(services, iri)
    click.echo(services.giving.records.give_anew(agent, pod, address.name).iri)
