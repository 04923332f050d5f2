"""What the forge adds to an achievement that is written at a terminal: pictures, skills, a look for near duplicates."""

import hashlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from pod_app.cli.common import output, owner_of
from pod_app.errors import N_, Invalid, NotFound, Unreadable

if TYPE_CHECKING:  # help needs no installation
    from pod_app.pods.catalogue import Pod
    from pod_app.services import Services
    from pod_app.standards.vocabulary import Scheme, Vocabulary


@click.command("studio")
@click.option("--look", metavar="COLOUR_SHAPE", help="Such as living_gift.")
@click.option("--icon", default="sprout", show_default=True, metavar="NAME")
@click.option(
    "--out", type=click.Path(path_type=Path, dir_okay=False), metavar="F", help="Draw the look there, as SVG."
)
def studio_command(look: str | None, icon: str, out: Path | None) -> None:
    """List the colours, shapes and icons of the studio, or draw a look."""
    from pod_app.web.badges import studio  # noqa: PLC0415  # help needs no pages

    if (look is None) != (out is None):
        raise click.UsageError("--look and --out go together.")
    if look is None or out is None:
        for title, offered in (("colours", studio.CATEGORIES), ("shapes", studio.KINDS), ("icons", studio.icons())):
            click.echo(f"{title}: {', '.join(offered)}")
        return
    design = studio.look(look, icon)
    with output(out) as file:
        file.write(studio.draw(design, studio.caption(design, "en")).encode())


def prepared(services: "Services", pod: "Pod", given: Mapping[str, Any]) -> dict[str, Any]:
    """Options as the parts of an achievement: skills as alignments, a picture kept beside it. Raises `Invalid`."""
    kept_apart = {"skills", "targets", "image", "alt", "look", "icon"}
    parts = {key: value for key, value in given.items() if key not in kept_apart}
    if given.get("skills") or given.get("targets"):
        parts["alignments"] = _alignments(services, pod, given)
    if given.get("alt"):
        parts["caption"] = given["alt"]
    if given.get("image") and given.get("look"):
        raise click.UsageError("A picture is a file, --image, or a look of the studio, --look.")
    if given.get("image"):
        if not given.get("alt"):
            raise Invalid(N_("The picture is not described."), N_("Say in a few words what is to be seen: --alt TEXT."))
        parts["image"] = _own_picture(services, pod, given["image"])
    elif given.get("look"):
        parts |= _designed(services, pod, given, parts)
    return parts


def alike(services: "Services", pod: "Pod", parts: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Achievements of this installation that look like the one that is about to be made (product.md)."""
    from pod_app.badges.forge import likeness  # noqa: PLC0415  # for new ones only

    with services.resources.reading() as conn:
        return likeness.alike(
            services.resources, conn, name=str(parts["name"]), kind=str(parts.get("achievement_type") or "Badge"),
            language=parts.get("language") or pod.language,
            targets=[str(one.get("targetUrl", "")) for one in parts.get("alignments", ())],
        )  # fmt: skip


def tell_alike(found: Sequence[Mapping[str, Any]]) -> None:
    """Name them on the side: one badge that several give says more than several that look alike."""
    for one in found:
        click.echo(f"There is a badge like it already: {one.get('name', '')} {one['id']}", err=True)


def _designed(services: "Services", pod: "Pod", given: Mapping[str, Any], parts: Mapping[str, Any]) -> dict[str, Any]:
    """The picture that the studio draws, in words where nobody wrote some, and the kind that its outline means."""
    from pod_app.web.badges import pictures, studio  # noqa: PLC0415  # for this option only

    design = studio.look(given["look"], given.get("icon") or "sprout")
    drawn = pictures.rasterise(studio.draw(design))
    language = given.get("language") or pod.language
    return {
        "image": services.achievements.keep_image(owner_of(services, pod), pod, design.name, drawn),
        "caption": parts.get("caption") or studio.caption(design, language),
        "achievement_type": given.get("achievement_type") or studio.KINDS[design.kind].term,
    }


def _own_picture(services: "Services", pod: "Pod", path: Path) -> str:
    from pod_app.storage.redrawing import redrawn  # noqa: PLC0415  # for this option only

    try:
        sent = path.read_bytes()
    except OSError as error:
        raise Unreadable(
            N_("{path} cannot be read: {problem}."), N_("Check its name."), path=path, problem=error.strerror
        ) from error
    drawn = redrawn(services.sandbox, sent)
    name = f"picture-{hashlib.sha256(drawn).hexdigest()[:24]}.png"
    return services.achievements.keep_image(owner_of(services, pod), pod, name, drawn)


def _alignments(services: "Services", pod: "Pod", given: Mapping[str, Any]) -> list[dict[str, Any]]:
    found = [_skill(services, name, pod.language) for name in given.get("skills") or ()]
    if given.get("targets"):
        from pod_app.web.badges.forge_form import targets_in  # noqa: PLC0415  # for this option only

        found += targets_in("\n".join(given["targets"]))
    return found


def _skill(services: "Services", name: str, language: str) -> dict[str, Any]:
    from pod_app.standards import open_badges  # noqa: PLC0415  # for this option only

    vocabulary, scheme, iri = skill_of(services, name)
    label = vocabulary.label(iri, language) or name
    return open_badges.alignment(name=label, url=iri, framework=scheme.titles.get(language))


def skill_of(services: "Services", name: str) -> tuple["Vocabulary", "Scheme", str]:
    """The vocabulary, its scheme of skills, and the IRI of one; raises `NotFound` for a name that is not there."""
    from pod_app.standards.vocabulary import Vocabulary  # noqa: PLC0415  # for few options only

    vocabulary = Vocabulary.load(services.settings.vocabulary)
    iri = f"{vocabulary.namespace}skill-{name}"
    scheme = next(one for one in vocabulary.schemes if one.name == "skills")
    if iri not in {concept.iri for concept in scheme.concepts}:
        raise NotFound(
            N_("There is no skill named {name} in the vocabulary."), N_("See {base}vocab/skills for the list."),
            name=name, base=services.settings.base_url,
        )  # fmt: skip
    return vocabulary, scheme, iri
