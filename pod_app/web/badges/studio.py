"""The image studio: what a badge is about gives its colour, what kind of recognition it is its outline, and an icon.

Three choices make a picture, always the same one, so that a picture's name says how it was made. The icons are
Lucide's (`studio_icons/LICENSE`). Flat colours and no identifiers, as in `badge_art`.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Final
from xml.sax.saxutils import escape

from pod_app.errors import N_, Invalid
from pod_app.language import translator
from pod_app.web.badges.badge_art import PALETTES, Palette, rim

ICONS_FILE: Final = Path(__file__).resolve().parent / "studio_icons" / "lucide.json"
PREFIX: Final = "studio-"
_NAME: Final = re.compile(rf"{PREFIX}([a-z]+)_([a-z]+)_([a-z0-9-]+)\.png\Z")


@dataclass(frozen=True, slots=True)
class Category:
    """What a badge is about: its colours, and their name for those who do not see them."""

    title: str
    palette: Palette
    colour: str


@dataclass(frozen=True, slots=True)
class Kind:
    """What kind of recognition it is: its outline, and the term of Open Badges."""

    title: str
    shape: str
    term: str
    outline: str


CATEGORIES: Final[Mapping[str, Category]] = {
    "relating": Category(N_("Being"), PALETTES[3], N_("plum")),
    "collective": Category(N_("Together"), PALETTES[4], N_("blue")),
    "learning": Category(N_("Learning"), PALETTES[2], N_("honey")),
    "living": Category(N_("Living"), PALETTES[0], N_("green")),
    "commons": Category(N_("Commons"), PALETTES[1], N_("earth")),
    "welcome": Category(N_("Welcoming"), PALETTES[7], N_("poppy red")),
}
KINDS: Final[Mapping[str, Kind]] = {
    "presence": Kind(N_("Was there"), "disc", "Badge", N_("round")),
    "gift": Kind(N_("Has contributed"), "flower", "CommunityService", N_("shaped like a flower")),
    "skill": Kind(N_("Knows how to"), "hexagon", "Competency", N_("with six sides")),
    "passing": Kind(N_("Has passed it on"), "star", "Award", N_("shaped like a star")),
    "role": Kind(N_("Holds a role"), "square", "Membership", N_("with eight sides")),
    "certified": Kind(N_("Is certified"), "seal", "Certification", N_("with a scalloped edge")),
}


@dataclass(frozen=True, slots=True)
class Design:
    """Three choices. Raises `Invalid` when one of them is not offered."""

    category: str = "living"
    kind: str = "gift"
    icon: str = "sprout"

    def __post_init__(self) -> None:
        if self.category not in CATEGORIES or self.kind not in KINDS or self.icon not in icons():
            raise Invalid(N_("The studio does not offer this choice."), N_("Choose a colour, a shape and an icon."))

    @property
    def name(self) -> str:
        """File name of its picture."""
        return f"{PREFIX}{self.category}_{self.kind}_{self.icon}.png"


def of_name(iri: str) -> Design | None:
    """The choices behind a picture of the studio, by its address."""
    found = _NAME.fullmatch(iri.rpartition("/")[2])
    try:
        return None if found is None else Design(*found.groups())
    except Invalid:
        return None


@cache
def icons() -> Mapping[str, Mapping[str, str]]:
    """`{name: {fr, en, svg}}`; never changes while the program runs."""
    found: dict[str, Any] = json.loads(ICONS_FILE.read_text("utf-8"))
    return found


def draw(design: Design, title: str = "") -> str:
    """SVG text, 400 units square."""
    palette, icon = CATEGORIES[design.category].palette, icons()[design.icon]["svg"]
    words = "".join(letter for letter in title if letter.isprintable())
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 400 400" role="img"><title>{escape(words)}</title>'
        f'<path fill="{palette.deep}" d="{rim(KINDS[design.kind].shape, 8)}"/>'
        f'<circle cx="200" cy="200" r="158" fill="{palette.petal}"/>'
        f'<circle cx="200" cy="200" r="150" fill="{palette.paper}"/>'
        f'<circle cx="200" cy="200" r="140" fill="none" stroke="{palette.spark}" stroke-width="3" '
        f'stroke-dasharray="2 12" stroke-linecap="round"/>'
        f'<g transform="translate(98 98) scale(8.5)" fill="none" stroke="{palette.deep}" stroke-width="1.6" '
        f'stroke-linecap="round" stroke-linejoin="round">{icon}</g></svg>'
    )


def look(text: str, icon: str = "sprout") -> Design:
    """The design behind `category_kind` and an icon; raises `Invalid`."""
    category, _, kind = text.partition("_")
    return Design(category, kind, icon)


def caption(design: Design, language: str) -> str:
    """The picture in words, for those who do not see it."""
    said, in_words = words(design, language), translator(language).gettext
    return in_words(N_("A {colour} badge {outline}, with {icon} in its middle")).format(
        colour=in_words(said["colour"]), outline=in_words(said["outline"]), icon=said["icon"]
    )


def words(design: Design, locale: str) -> Mapping[str, str]:
    """The parts of a description of the picture, for `caption`; icons are named in both languages."""
    return {"icon": icons()[design.icon][locale], "colour": CATEGORIES[design.category].colour,
            "outline": KINDS[design.kind].outline}  # fmt: skip
