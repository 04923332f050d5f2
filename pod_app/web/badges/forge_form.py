"""The form on which a badge is made or changed: what was filled in, as the parts of an achievement, and back."""

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Final

from werkzeug.datastructures import FileStorage, MultiDict

from pod_app.errors import N_, Invalid
from pod_app.language import LOCALES
from pod_app.pods.catalogue import Pod
from pod_app.standards import open_badges
from pod_app.standards.open_badges_shape import listed
from pod_app.standards.vocabulary import Concept, Vocabulary
from pod_app.standards.wac import Agent
from pod_app.storage import redrawing
from pod_app.web import doors
from pod_app.web.badges import studio

MAX_NAME: Final = 80
MAX_TEXT: Final = 2000
MOST_SKILLS: Final = 5
MOST_TARGETS: Final = 5
ESCO: Final = "http://data.europa.eu/esco/"
_LINE: Final = re.compile(r"(https?://\S+)\s+(\S.*)")


@dataclass(frozen=True)
class Filled:
    """The form as somebody filled it in; `look` is `category_kind` of the studio or empty, `image` a kept picture."""

    name: str = ""
    description: str = ""
    criteria: str = ""
    language: str = "fr"
    look: str = "living_gift"
    icon: str = "sprout"
    alt: str = ""
    image: str = ""
    skills: tuple[str, ...] = ()
    words: str = ""
    targets: str = ""
    reserved: bool = False
    seen: str = ""
    twin_of: str = ""
    achievement_type: str = "Badge"
    rest: Mapping[str, Any] = field(default_factory=dict)

    @classmethod
    def of_form(cls, form: "MultiDict[str, str]") -> "Filled":
        """What a request brings; every text without the space around it."""
        texts = ("name", "description", "criteria", "look", "alt", "image", "words", "targets", "seen", "twin_of")
        given: dict[str, Any] = {name: form.get(name, "").strip().replace("\r\n", "\n") for name in texts}
        return cls(
            **given, icon=form.get("icon", "sprout"), language=form.get("language", "fr"),
            skills=tuple(dict.fromkeys(form.getlist("skills"))), reserved=form.get("reserved") == "1",
        )  # fmt: skip

    @classmethod
    def of_document(cls, document: Mapping[str, Any], vocabulary: Vocabulary, *, reserved: bool) -> "Filled":
        """An achievement that stands, for changing it."""
        image = document.get("image")
        picture = str(image.get("id", "")) if isinstance(image, Mapping) else ""
        design = studio.of_name(picture)
        known = {concept.iri for concept in skills_of(vocabulary)}
        aligned = [one for one in listed(document.get("alignment")) if isinstance(one, Mapping)]
        return cls(
            name=str(document.get("name", "")),
            description=str(document.get("description", "")),
            criteria=str((document.get("criteria") or {}).get("narrative", "")),
            language=str(document.get("inLanguage", "fr")),
            look=f"{design.category}_{design.kind}" if design else "",
            icon=design.icon if design else "sprout",
            alt=str(image.get("caption", "")) if isinstance(image, Mapping) else "",
            image=picture,
            skills=tuple(str(one["targetUrl"]) for one in aligned if one.get("targetUrl") in known),
            words=", ".join(map(str, listed(document.get("tag")))),
            targets="\n".join(
                f"{one['targetUrl']} {one.get('targetName', '')}"
                for one in aligned
                if one.get("targetUrl") not in known
            ),
            reserved=reserved,
            seen=str(document.get("version") or "1"),
            achievement_type=str(document.get("achievementType", "Badge")),
        )

    @property
    def design(self) -> studio.Design | None:
        """What is chosen in the studio; raises `Invalid` for what it does not offer."""
        return studio.look(self.look, self.icon) if "_" in self.look else None

    @property
    def kind(self) -> str:
        """The achievementType: that of the outline, else the one it has."""
        return studio.KINDS[self.design.kind].term if self.design else self.achievement_type

    def with_picture(self, agent: Agent, pod: Pod, file: FileStorage | None) -> "Filled":
        """Keep the chosen picture beside the achievements of `pod`; one that was sent comes before the studio's."""
        services = doors.services()
        sent = file.stream.read(redrawing.MAX_BYTES + 1) if file is not None and file.filename else b""
        if sent:
            drawn = redrawing.redrawn(services.sandbox, sent)
            name = f"picture-{hashlib.sha256(drawn).hexdigest()[:24]}.png"
            return replace(self, look="", image=services.achievements.keep_image(agent, pod, name, drawn))
        if self.design is None:
            return replace(self, image=self.image if self.image.startswith(f"{pod.iri}achievements/images/") else "")
        from pod_app.web.badges import pictures  # noqa: PLC0415  # which draws from services in turn

        drawn = pictures.rasterise(studio.draw(self.design))
        return replace(self, image=services.achievements.keep_image(agent, pod, self.design.name, drawn))

    def parts(self) -> dict[str, Any]:
        """What `Achievements.create` and `edit` take; raises `Invalid` with what is missing or too long."""
        self._require()
        return {
            "name": self.name, "description": self.description, "criteria": self.criteria,
            "language": self.language, "achievement_type": self.kind, "reserved": self.reserved,
            "tags": [word.strip() for word in self.words.split(",") if word.strip()],
            "alignments": [*self._of_vocabulary(), *targets_in(self.targets)],
            "image": self.image or None, "caption": self._caption(),
        }  # fmt: skip

    def _require(self) -> None:
        for label, text, most in (
            (N_("The name"), self.name, MAX_NAME),
            (N_("The sentence about it"), self.description, MAX_TEXT),
            (N_("What it takes"), self.criteria, MAX_TEXT),
        ):
            if not text or len(text) > most:
                raise Invalid(
                    N_("{label} has 1 to {most} letters."), N_("Write it, or make it shorter."),
                    label=doors.words().gettext(label), most=most,
                )  # fmt: skip
        if self.language not in LOCALES:
            raise Invalid(N_("A badge is written in French or in English here."), N_("Choose one of them."))
        if self.image and not self._caption():
            raise Invalid(
                N_("The picture is not described."), N_("Say in a few words what is to be seen, for those who do not.")
            )

    def _caption(self) -> str | None:
        if self.alt or self.design is None:
            return self.alt or None
        return studio.caption(self.design, self.language)

    def _of_vocabulary(self) -> list[dict[str, Any]]:
        vocabulary = doors.vocabulary()
        framework = next(one.titles for one in vocabulary.schemes if one.name == "skills")
        known = {concept.iri: concept for concept in skills_of(vocabulary)}
        if len(self.skills) > MOST_SKILLS or not set(self.skills) <= set(known):
            raise Invalid(
                N_("A badge is about at most {most} skills of the list."), N_("Choose fewer."), most=MOST_SKILLS
            )
        return [
            open_badges.alignment(
                name=vocabulary.label(iri, self.language) or iri, url=iri, framework=framework.get(self.language)
            )
            for iri in self.skills
        ]


def targets_in(text: str) -> list[dict[str, Any]]:
    """Alignments with skills of other lists, one a line: an address, then a name; raises `Invalid`."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    found = [_LINE.fullmatch(line) for line in lines]
    if len(lines) > MOST_TARGETS or not all(found):
        raise Invalid(
            N_("Skills of other lists are written one a line: an address, then a name; at most {most}."),
            N_("For instance: http://data.europa.eu/esco/skill/… listen actively"), most=MOST_TARGETS,
        )  # fmt: skip
    return [_target(*one.groups()) for one in found if one is not None]


def skills_of(vocabulary: Vocabulary) -> tuple[Concept, ...]:
    """The skills that a badge may be about: those inside a group."""
    return tuple(concept for concept in vocabulary.concepts("skills") if concept.broader)


def _target(url: str, name: str) -> dict[str, Any]:
    if url.startswith(ESCO):
        return open_badges.alignment(name=name, url=url, framework="ESCO", kind="ext:ESCOSkill")
    if "rome" in url.casefold():
        return open_badges.alignment(name=name, url=url, framework="ROME", kind="ext:ROME")
    return open_badges.alignment(name=name, url=url)
