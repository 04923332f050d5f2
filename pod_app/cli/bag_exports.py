"""`bag export`, `archive`, `host`, `linkedin`: badges taken along, in the forms that others read."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

from pod_app.cli.common import output, owner_of, with_services
from pod_app.cli.holding import badge_at
from pod_app.errors import N_, Conflict

if TYPE_CHECKING:  # help needs no installation
    from pod_app.services import Services
    from pod_app.standards.addresses import Address
    from pod_app.standards.wac import Agent

FORMS: Final = ("kept", "json", "jwt", "png", "svg", "pdf", "png-2", "jsonld", "ttl", "nt")


@click.command("export")
@click.argument("badge")
@click.option(
    "--form", type=click.Choice(FORMS), default="kept", show_default=True,
    help="kept: the bytes as they came in; jwt: signed now as a token; pdf: a sheet with a QR code; "
    "png-2: a picture for Open Badges 2.0.",
)  # fmt: skip
@click.option("--out", required=True, type=click.Path(path_type=Path, dir_okay=False, allow_dash=True), metavar="F",
              help="The file to write, - for standard output.")  # fmt: skip
@with_services
def export(services: "Services", badge: str, form: str, out: Path) -> None:
    """Write one badge to a file, in the form that is wanted."""
    agent, _, address = badge_at(services, badge)
    made = _made(services, agent, address, form)
    if str(out) == "-":
        sys.stdout.buffer.write(made)
        return
    with output(out) as file:
        file.write(made)


@click.command("archive")
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@click.option("--as", "name", required=True, metavar="NAME", help="Whose bag.")
@with_services
def archive(services: "Services", file: Path, name: str) -> None:
    """Write a whole bag to a ZIP, byte for byte, with the pictures and what the hosts of the badges said."""
    from pod_app.pods.export import refuse_existing  # noqa: PLC0415  # help needs no installation

    pod = services.catalogue.get(name)
    refuse_existing(file)
    with output(file) as target:
        number = services.backpack.export(owner_of(services, pod), pod, target)
    click.echo(f"{file}: {number} badges of {pod.iri}")


@click.command("host")
@click.argument("badge")
@with_services
def host(services: "Services", badge: str) -> None:
    """Make the Open Badges 2.0 twin of a badge that everyone sees and that was issued here; prints its address."""
    agent, _, address = badge_at(services, badge)
    click.echo(services.exporting.host(agent, address))


@click.command("linkedin")
@click.argument("badge")
@with_services
def linkedin(services: "Services", badge: str) -> None:
    """Print the address that adds a badge to a LinkedIn profile; it must be seen by everyone to be of use there."""
    from pod_app.web.badges import badge_pages  # noqa: PLC0415  # help needs no pages
    from pod_app.web.notebook import bag_words  # noqa: PLC0415  # help needs no pages

    agent, pod, address = badge_at(services, badge)
    held = services.backpack.one(agent, address)
    if held.audience != "everyone":
        raise Conflict(
            N_("LinkedIn links to the badge itself, and this one is not public."), N_("Let everyone see it first.")
        )
    said = badge_pages.of(services, services.resources.read(agent, address), [], str)[1]
    click.echo(bag_words.linkedin(said["badge"], said["issuer"]["name"], address.iri(pod.base_url)))


def _made(services: "Services", agent: "Agent", address: "Address", form: str) -> bytes:
    from pod_app.web.badges import pictures  # noqa: PLC0415  # help needs no pages
    from pod_app.web.solid import representations  # noqa: PLC0415  # help needs no pages

    if form == "jwt":
        services.backpack.one(agent, address)
        return services.exporting.token(agent, address)
    if form == "png-2":
        return pictures.of_twin(services, agent, address)
    services.backpack.one(agent, address)
    reading = services.resources.read(agent, address)
    if form == "kept":
        return services.resources.data(reading.stored)
    wanted = representations.SUFFIXES[f".{form}"]
    chosen = representations.choose(wanted, address, representations.available(reading))
    return representations.render(services, reading, chosen).body
