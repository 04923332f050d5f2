"""`achievement`: what badges are given for, from a terminal."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from pod_app.badges.forge import foreign_classes
from pod_app.cli.common import owner_of, read_file, with_services
from pod_app.errors import N_, Invalid, NotFound, Unreadable
from pod_app.standards import addresses

if TYPE_CHECKING:  # help needs no installation
    from pod_app.pods.catalogue import Pod
    from pod_app.services import Services


@click.group()
def achievement() -> None:
    """What badges are given for («moules»)."""


@achievement.command("create")
@click.option("--as", "pod_name", required=True, metavar="POD", help="Pod that will issue it.")
@click.option("--name", required=True)
@click.option("--description", required=True)
@click.option("--criteria", required=True, help="What it takes, in Markdown.")
@click.option("--type", "achievement_type", default="Badge", show_default=True, help="A term of Open Badges 3.0.")
@click.option("--tag", "tags", multiple=True, help="Free word (repeatable).")
@click.option("--skill", "skills", multiple=True, help="Name in vocab/skills.ttl, such as listening (repeatable).")
@click.option("--language", default=None, help="Language of the text [that of the pod].")
@click.option("--image", type=click.Path(path_type=Path, dir_okay=False), help="PNG or JPEG; it is drawn anew.")
@click.option("--alt", default=None, help="What is to be seen on the image.")
@click.option("--reserved", is_flag=True, help="Only this pod gives it.")
@click.option("--twin-of", default=None, metavar="IRI", help="The same badge in another language.")
@with_services
def create_achievement(services: "Services", pod_name: str, **parts: Any) -> None:
    """Write an achievement into a pod and print its IRI."""
    pod = services.catalogue.get(pod_name)
    click.echo(services.achievements.create(owner_of(services, pod), pod, **_prepared(services, pod, parts)))


@achievement.command("edit")
@click.argument("iri")
@click.option("--name")
@click.option("--description")
@click.option("--criteria", help="What it takes, in Markdown.")
@click.option("--type", "achievement_type", help="A term of Open Badges 3.0.")
@click.option("--tag", "tags", multiple=True, help="Free word (repeatable); replaces those before.")
@click.option("--skill", "skills", multiple=True, help="Name in vocab/skills.ttl (repeatable); replaces those before.")
@click.option("--image", type=click.Path(path_type=Path, dir_okay=False), help="PNG or JPEG; it is drawn anew.")
@click.option("--alt", default=None, help="What is to be seen on the image.")
@click.option("--reserved/--shared", default=None, help="Only its pod gives it, or anybody here.")
@with_services
def edit_achievement(services: "Services", iri: str, **parts: Any) -> None:
    """Put a new version in its place; badges already issued do not change."""
    pod = _pod_of(services, iri)
    given = {key: value for key, value in parts.items() if value not in (None, ())}
    number = services.achievements.edit(owner_of(services, pod), pod, iri, **_prepared(services, pod, given))
    click.echo(f"{iri} version {number}")


@achievement.command("retire")
@click.argument("iri")
@click.option("--undo", is_flag=True, help="Give it again.")
@with_services
def retire_achievement(services: "Services", iri: str, undo: bool) -> None:
    """Give no new badges for an achievement; those that were given stand."""
    pod = _pod_of(services, iri)
    services.achievements.retire(owner_of(services, pod), pod, iri, retired=not undo)


@achievement.command("list")
@click.option("--as", "pod_name", required=True, metavar="POD")
@with_services
def list_achievements(services: "Services", pod_name: str) -> None:
    """List what a pod gives badges for."""
    with services.resources.reading() as conn:
        for one in services.achievements.all(conn, services.catalogue.get(pod_name), retired=True):
            marks = [word for word in ("retired", "reserved") if one[word]]
            click.echo("  ".join([one["id"], f"v{one.get('version', 1)}", one["name"], *marks]))


def _prepared(services: "Services", pod: "Pod", given: dict[str, Any]) -> dict[str, Any]:
    """The options as parts of an achievement: skills as alignments, the image kept beside it."""
    parts = {key: value for key, value in given.items() if key not in {"skills", "image", "alt"}}
    if given.get("skills"):
        parts["alignments"] = [_skill(services, name, pod.language) for name in given["skills"]]
    if given.get("alt"):
        parts["caption"] = given["alt"]
    if given.get("image"):
        if not given.get("alt"):
            raise Invalid(N_("The picture is not described."), N_("Say in a few words what is to be seen: --alt TEXT."))
        parts["image"] = _keep(services, pod, given["image"])
    return parts


def _keep(services: "Services", pod: "Pod", path: Path) -> str:
    import hashlib  # noqa: PLC0415  # for this option only

    from pod_app.storage.redrawing import redrawn  # noqa: PLC0415  # as above

    try:
        sent = path.read_bytes()
    except OSError as error:
        raise Unreadable(
            N_("{path} cannot be read: {problem}."), N_("Check its name."), path=path, problem=error.strerror
        ) from error
    drawn = redrawn(services.sandbox, sent)
    name = f"picture-{hashlib.sha256(drawn).hexdigest()[:24]}.png"
    return services.achievements.keep_image(owner_of(services, pod), pod, name, drawn)


def _skill(services: "Services", name: str, language: str) -> dict[str, Any]:
    from pod_app.standards import open_badges  # noqa: PLC0415  # for this option only
    from pod_app.standards.vocabulary import Vocabulary  # noqa: PLC0415  # as above

    vocabulary = Vocabulary.load(services.settings.vocabulary)
    iri = f"{vocabulary.namespace}skill-{name}"
    scheme = next(one for one in vocabulary.schemes if one.name == "skills")
    if iri not in {concept.iri for concept in scheme.concepts}:
        raise NotFound(
            N_("There is no skill named {name} in the vocabulary."), N_("See {base}vocab/skills for the list."),
            name=name, base=services.settings.base_url,
        )  # fmt: skip
    label = vocabulary.label(iri, language) or name
    return open_badges.alignment(name=label, url=iri, framework=scheme.titles.get(language))


def _pod_of(services: "Services", iri: str) -> "Pod":
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
