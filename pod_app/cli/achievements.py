"""`achievement`: what badges are given for, from a terminal."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from pod_app.badges.forge import foreign_classes
from pod_app.cli.common import owner_of, read_file, tell, with_services
from pod_app.cli.forging import alike, prepared, studio_command, tell_alike
from pod_app.errors import N_, NotFound
from pod_app.standards import addresses

if TYPE_CHECKING:  # help needs no installation
    from pod_app.pods.catalogue import Pod
    from pod_app.services import Services


@click.group()
def achievement() -> None:
    """What badges are given for («moules»)."""


achievement.add_command(studio_command)


@achievement.command("create")
@click.option("--as", "pod_name", required=True, metavar="POD", help="Pod that will issue it.")
@click.option("--name", required=True)
@click.option("--description", required=True)
@click.option("--criteria", required=True, help="What it takes, in Markdown.")
@click.option(
    "--type", "achievement_type", help="A term of Open Badges 3.0 [Badge, or what the shape of the look means]."
)
@click.option("--tag", "tags", multiple=True, help="Free word (repeatable).")
@click.option("--skill", "skills", multiple=True, help="Name in vocab/skills.ttl, such as listening (repeatable).")
@click.option("--target", "targets", multiple=True, metavar="'URL NAME'", help="A skill of another list, such as ESCO.")
@click.option("--language", default=None, help="Language of the text [that of the pod].")
@click.option("--image", type=click.Path(path_type=Path, dir_okay=False), help="PNG or JPEG; it is drawn anew.")
@click.option("--look", metavar="COLOUR_SHAPE", help="A picture of the studio; achievement studio lists them.")
@click.option("--icon", metavar="NAME", help="The icon in the middle of the look [sprout].")
@click.option("--alt", default=None, help="What is to be seen on the image.")
@click.option("--reserved", is_flag=True, help="Only this pod gives it.")
@click.option("--twin-of", default=None, metavar="IRI", help="The same badge in another language.")
@click.option("--unless-alike", is_flag=True, help="Make none when one like it is there: exit code 1.")
@with_services
def create_achievement(services: "Services", pod_name: str, unless_alike: bool, **options: Any) -> int:
    """Write an achievement into a pod and print its IRI; one that looks like it is named on the side."""
    pod = services.catalogue.get(pod_name)
    parts = prepared(services, pod, {key: value for key, value in options.items() if value is not None})
    found = [] if options.get("twin_of") else alike(services, pod, parts)
    tell_alike(found)
    if found and unless_alike:
        return 1
    click.echo(services.achievements.create(owner_of(services, pod), pod, **parts))
    return 0


@achievement.command("edit")
@click.argument("iri")
@click.option("--name")
@click.option("--description")
@click.option("--criteria", help="What it takes, in Markdown.")
@click.option("--type", "achievement_type", help="A term of Open Badges 3.0.")
@click.option("--tag", "tags", multiple=True, help="Free word (repeatable); replaces those before.")
@click.option("--skill", "skills", multiple=True, help="Name in vocab/skills.ttl (repeatable); replaces those before.")
@click.option(
    "--target", "targets", multiple=True, metavar="'URL NAME'", help="A skill of another list, with the skills."
)
@click.option("--image", type=click.Path(path_type=Path, dir_okay=False), help="PNG or JPEG; it is drawn anew.")
@click.option("--look", metavar="COLOUR_SHAPE", help="A picture of the studio; achievement studio lists them.")
@click.option("--icon", metavar="NAME", help="The icon in the middle of the look [sprout].")
@click.option("--alt", default=None, help="What is to be seen on the image.")
@click.option("--reserved/--shared", default=None, help="Only its pod gives it, or anybody here.")
@with_services
def edit_achievement(services: "Services", iri: str, **parts: Any) -> None:
    """Put a new version in its place; badges already issued do not change."""
    pod = pod_of(services, iri)
    given = {key: value for key, value in parts.items() if value not in (None, ())}
    number = services.achievements.edit(owner_of(services, pod), pod, iri, **prepared(services, pod, given))
    click.echo(f"{iri} version {number}")


@achievement.command("retire")
@click.argument("iri")
@click.option("--undo", is_flag=True, help="Give it again.")
@with_services
def retire_achievement(services: "Services", iri: str, undo: bool) -> None:
    """Give no new badges for an achievement; those that were given stand."""
    pod = pod_of(services, iri)
    services.achievements.retire(owner_of(services, pod), pod, iri, retired=not undo)


@achievement.command("list")
@click.option("--as", "pod_name", required=True, metavar="POD")
@click.option("--json", "as_json", is_flag=True, help="Answer in JSON.")
@with_services
def list_achievements(services: "Services", pod_name: str, as_json: bool) -> None:
    """List what a pod gives badges for."""
    with services.resources.reading() as conn:
        for one in services.achievements.all(conn, services.catalogue.get(pod_name), retired=True):
            row = {"achievement": one["id"], "version": f"v{one.get('version', 1)}", "name": one["name"]}
            marks = [word for word in ("retired", "reserved") if one[word]]
            if as_json:
                tell(row | {"version": int(one.get("version") or 1), "state": marks}, as_json=True)
            else:
                click.echo("  ".join([*row.values(), *marks]))


def pod_of(services: "Services", iri: str) -> "Pod":
    """The pod that gives what an address names; raises `NotFound` for one of elsewhere."""
    address = addresses.of_iri(iri, services.settings.base_url)
    if address is None:
        raise NotFound(
            N_("There is no achievement at {iri} in this installation."),
            N_("Create one: pod_app achievement create --as POD --name NAME."), iri=iri,
        )  # fmt: skip
    return services.catalogue.get(address.pod)


@achievement.command("import")
@click.argument("source", metavar="FILE|URL")
@click.option("--as", "pod_name", required=True, metavar="POD", help="Pod that will give them.")
@with_services
def import_achievements(services: "Services", source: str, pod_name: str) -> int:
    """Make drafts of the kinds of badges of another forge, and print their IRIs; those that are here already too."""
    pod = services.catalogue.get(pod_name)
    agent, importing = owner_of(services, pod), services.class_import
    if source.startswith(("http://", "https://")):
        taken = importing.take_address(agent, pod, source)
    else:
        taken = importing.take(agent, pod, read_file(Path(source), foreign_classes.MAX_FILE))
    for iri in (*taken.made, *taken.known):
        click.echo(iri)
    for name, error in taken.refused.items():
        click.echo(f"{name}: {error}", err=True)
    return 1 if taken.refused else 0
