"""A pressed-flower medal for every achievement that brings no picture: same seed, same flower, for ever.

Flat colours, presentation attributes only and no identifiers, so that a drawing may stand alone, be
baked, be rasterised without fonts, and appear many times in one page under a strict content policy.
"""

import hashlib
import math
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, TypeVar
from xml.sax.saxutils import escape

CENTRE: Final = 200.0
Choice = TypeVar("Choice")
Point = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Palette:
    """Five colours that go together: rim and heart, two petals, paper, and a spark of another hue."""

    deep: str
    petal: str
    soft: str
    paper: str
    spark: str


PALETTES: Final = (
    Palette("#1f4d36", "#4f8f5b", "#bfd8a8", "#f6f1df", "#e0a83a"),  # moss
    Palette("#6b2f1a", "#b8562f", "#ebc3a0", "#fbf1e3", "#3f7a5a"),  # baked earth
    Palette("#6a4708", "#d2941f", "#f4d98c", "#fff8e6", "#7c3f58"),  # honey
    Palette("#4a2248", "#8c4b7e", "#ddbad2", "#faf0f5", "#d9a441"),  # plum
    Palette("#12405a", "#2f7f9e", "#a9d3dc", "#eff7f5", "#e08e45"),  # river
    Palette("#5a3a2c", "#a9745a", "#e3c8b4", "#faf4ec", "#5e8c6a"),  # clay
    Palette("#23305e", "#5666a8", "#bfc8ea", "#f3f3fa", "#ebb04b"),  # dusk
    Palette("#7a1f2b", "#c8453f", "#f3b9a6", "#fdf1ea", "#3e7c74"),  # poppy
    Palette("#33493b", "#7e9c82", "#cfdccb", "#f6f6ec", "#b9653b"),  # sage
    Palette("#0d4a47", "#2c8c83", "#a7dad0", "#eff8f3", "#d5663f"),  # lagoon
)

# Glyphs on a 24 x 24 grid, drawn with a round line of two units.
GLYPHS: Final = {
    "sprout": "M12 21v-9M12 13C12 8 8.5 5.5 4 5.5c0 5 3.2 7.5 8 7.5M12 11c0-4 2.8-6.6 7.5-6.8.2 4.6-2.7 7.3-7.5 7.3",
    "leaf": "M5 20C9 13 12 10.5 16 8.5M7.5 17C4 11.5 8 4.5 20 4c.5 11-6 16.5-12.5 13",
    "drop": "M12 3.5c3.5 4.2 6 7.3 6 10.5a6 6 0 0 1-12 0c0-3.2 2.5-6.3 6-10.5zM9.5 14.5c.2 1.5 1.2 2.4 2.5 2.6",
    "sun": "M12 8a4 4 0 1 0 0 8 4 4 0 0 0 0-8M12 2.5v2M12 19.5v2M2.5 12h2M19.5 12h2M5.3 5.3l1.4 1.4M17.3 17.3l1.4 1.4"
    "M5.3 18.7l1.4-1.4M17.3 6.7l1.4-1.4",
    "heart": "M12 20C6 15.5 3.5 12.5 3.5 9a4.3 4.3 0 0 1 8.5-1.2A4.3 4.3 0 0 1 20.5 9c0 3.5-2.5 6.5-8.5 11z",
    "circle": "M12 3.5a2 2 0 1 0 0 4 2 2 0 0 0 0-4M5.5 15a2 2 0 1 0 0 4 2 2 0 0 0 0-4"
    "M18.5 15a2 2 0 1 0 0 4 2 2 0 0 0 0-4"
    "M8.9 6.8C6.5 8.2 5.2 10.3 5.1 12.5M15.1 6.8c2.4 1.4 3.7 3.5 3.8 5.7M8.5 18.9c2.3 1.2 4.7 1.2 7 0",
    "book": "M12 7C10 5.5 7 5 3.5 5v13c3.5 0 6.5.5 8.5 2 2-1.5 5-2 8.5-2V5C17 5 14 5.5 12 7zM12 7v13",
    "spiral": "M12 12.5a1.5 1.5 0 0 1 3 0c0 2.2-1.8 3.5-3.8 3.3-2.4-.2-4-2.2-3.7-4.7.3-3 2.8-5 6-4.7 3.6.3 6 3.3 5.6 7"
    "-.4 3.6-3.2 6.1-6.6 6.6",
    "star": "M12 3.5l2.5 5.4 5.9.7-4.4 4 1.2 5.8L12 16.5l-5.2 2.9L8 13.6l-4.4-4 5.9-.7z",
    "flame": "M12 21c-4 0-6.5-2.6-6.5-6.2 0-4.3 4-5.8 4.5-11.3 3.7 1.5 5 4.5 4.8 7.2 1-.4 1.6-1.2 1.9-2.2 1.3"
    " 1.8 1.8 3.9 1.8 6.3C18.5 18.4 16 21 12 21z",
    "bridge": "M3 17.5h18M5 17.5V8M19 17.5V8M5 9c2 4.5 12 4.5 14 0M9 17.5v-5.3M15 17.5v-5.3",
    "speech": "M12 4c5 0 8.5 2.9 8.5 6.8s-3.5 6.8-8.5 6.8c-1 0-2-.1-2.9-.4L5 20l.8-4.1c-1.5-1.3-2.3-3"
    "-2.3-5.1C3.5 6.9 7 4 12 4z",
}

# Beginnings of words, without accents, in French and English: what an achievement is about draws its heart.
HINTS: Final = (
    ("accueil bienvenu welcom host heberg care soin merci thank entraide solid", "heart"),
    ("facilit dialogu anim parole ecout listen speak media", "speech"),
    ("cercle circle commun garden jardin membr member collectif gouvern", "circle"),
    ("appren learn savoir cours course form mooc lectur read ecri writ document", "book"),
    ("pass transm bridge pont lien link mentor tissag", "bridge"),
    ("eau water river mare bocag pluie", "drop"),
    ("semi sem graine seed plant pouss permacult sprout", "sprout"),
    ("feuille leaf arbre tree foret forest haie biodiv ecolog", "leaf"),
    ("soleil sun energ lumi light", "sun"),
    ("feu fire elan cuisin cook", "flame"),
    ("intellig method spiral proces decis reflex", "spiral"),
)

# The silhouette says what kind of recognition it is (achievementType of Open Badges 3.0).
RIMS: Final = {
    "certificate": "seal",
    "certification": "seal",
    "diploma": "seal",
    "license": "seal",
    "competency": "hexagon",
    "masterycertificate": "hexagon",
    "assessment": "hexagon",
    "course": "square",
    "learningprogram": "square",
    "fieldwork": "square",
    "membership": "disc",
    "award": "star",
}


def artwork(seed: str, name: str, category: str = "") -> str:
    """SVG text, 400 units square, `role="img"` with `name` as its title; `seed` is usually the achievement's IRI.

    `category` is an `achievementType` or a tag. The same three texts always give the same bytes.
    """
    dice = _Dice(seed)
    palette = dice.one_of(PALETTES)
    petals = dice.one_of((6, 7, 8, 9, 10, 12))
    shapes = [
        _filled(_rim(category, petals), palette.deep),
        _disc(156, palette.paper),
        *_flower(dice, palette, petals),
        _disc(66, palette.deep),
        _disc(60, "none", f' stroke="{palette.soft}" stroke-width="1.5"'),
        _glyph(_about(f"{name} {category}", dice), palette.paper),
    ]
    opening = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 400 400" role="img">'
    return f"{opening}<title>{escape(_printable(name))}</title>{''.join(shapes)}</svg>"


class _Dice:
    """Choices drawn from the hash of a text, in a fixed order."""

    def __init__(self, seed: str) -> None:
        self._bytes = iter(hashlib.sha256(seed.encode("utf-8", "replace")).digest())

    def one_of(self, choices: tuple[Choice, ...]) -> Choice:
        return choices[next(self._bytes) % len(choices)]


def _flower(dice: _Dice, palette: Palette, petals: int) -> list[str]:
    """Two crowns of petals, half a step apart, and what stands between their tips."""
    width = dice.one_of((0.62, 0.76, 0.9))
    pointed = dice.one_of((0.0, 0.35, 0.7))
    inner = dice.one_of((118, 126, 134))
    turn = dice.one_of((0.0, 0.5))
    front, behind = dice.one_of(((palette.petal, palette.soft), (palette.soft, palette.petal)))
    crown = _crown(petals, turn + 0.5, (70, 146), width, pointed)
    upper = _crown(petals, turn, (62, inner), width, pointed)
    veins = _veins(petals, turn, (74, inner - 18))
    vein_colour = palette.paper if front == palette.petal else palette.petal
    return [
        _filled(crown, behind),
        _filled(upper, front),
        f'<path d="{veins}" fill="none" stroke="{vein_colour}" stroke-width="2" stroke-linecap="round"/>',
        *_sparks(dice, palette, petals, turn),
    ]


def _sparks(dice: _Dice, palette: Palette, petals: int, turn: float) -> list[str]:
    radius, size = dice.one_of(((148.0, 4.5), (144.0, 5.5), (140.0, 3.5)))
    step = 2 * math.pi / petals
    return [_spot(_polar(radius, (index + turn) * step), size, palette.spark) for index in range(petals)]


def _crown(petals: int, turn: float, reach: tuple[int, int], width: float, pointed: float) -> str:
    """One path of `petals` petals from radius `reach[0]` to `reach[1]`; `pointed` 0 is round, 1 a spearhead."""
    step = 2 * math.pi / petals
    return "".join(_petal((index + turn) * step, step * width / 2, reach, pointed) for index in range(petals))


def _petal(angle: float, half: float, reach: tuple[int, int], pointed: float) -> str:
    root, tip = reach
    belly = root + (tip - root) * 0.62
    shoulder = tip - (tip - root) * 0.1 * (1 - pointed)
    narrow = half * (1 - pointed)
    sides = [(root, -half * 0.5), (belly, -half * 1.5), (shoulder, -narrow), (tip, 0.0)]
    back = [(shoulder, narrow), (belly, half * 1.5), (root, half * 0.5)]
    points = [_pair(_polar(radius, angle + offset)) for radius, offset in (*sides, *back)]
    return f"M{points[0]}C{' '.join(points[1:4])}C{' '.join(points[4:7])}Z"


def _veins(petals: int, turn: float, reach: tuple[int, int]) -> str:
    step = 2 * math.pi / petals
    angles = [(index + turn) * step for index in range(petals)]
    return "".join(f"M{_pair(_polar(reach[0], angle))}L{_pair(_polar(reach[1], angle))}" for angle in angles)


def _rim(category: str, petals: int) -> str:
    return rim(RIMS.get(category.lower().removeprefix("ext:"), "flower"), petals)


def rim(shape: str, petals: int = 6) -> str:
    """Outline of a medal as data of a path: `disc`, `hexagon`, `square`, `star`, `seal`, or anything for a flower."""
    if shape == "disc":
        return _around(lambda _angle: 184.0)
    if shape == "hexagon":
        return _around(lambda angle: _polygon(angle, 6))
    if shape == "square":
        return _around(lambda angle: _polygon(angle, 8))
    if shape == "star":
        return _around(lambda angle: 181 + 11 * math.cos(5 * angle))
    lobes, depth = (36, 4) if shape == "seal" else (petals * 2, 7)
    return _around(lambda angle: 184 + depth * math.cos(lobes * angle))


def _polygon(angle: float, sides: int) -> float:
    """Radius of a polygon with softened corners: between the circle and the straight edge."""
    sector = 2 * math.pi / sides
    edge = math.cos(sector / 2) / math.cos((angle % sector) - sector / 2)
    return 198 * (0.12 + 0.88 * edge) if sides < 8 else 196 * edge  # noqa: PLR2004  # an octagon may keep its corners


def _around(radius: Callable[[float], float], points: int = 180) -> str:
    turns = [2 * math.pi * index / points for index in range(points)]
    return f"M{'L'.join(_pair(_polar(radius(angle), angle)) for angle in turns)}Z"


def _about(text: str, dice: _Dice) -> str:
    words = _plain(text).split()
    for beginnings, glyph in HINTS:
        if any(word.startswith(beginning) for word in words for beginning in beginnings.split()):
            return glyph
    return dice.one_of(tuple(GLYPHS))


def _plain(text: str) -> str:
    """Lower case without accents, anything but letters and digits as spaces."""
    letters = unicodedata.normalize("NFKD", text.lower())
    return "".join(letter if letter.isalnum() else " " for letter in letters if not unicodedata.combining(letter))


def _printable(text: str) -> str:
    """Without the control characters that XML cannot hold."""
    return "".join(letter for letter in text if letter.isprintable())


def _glyph(name: str, colour: str) -> str:
    place = 'transform="translate(153.2 153.2) scale(3.9)"'
    line = f'fill="none" stroke="{colour}" stroke-width="1.7" stroke-linecap="round" stroke-linejoin="round"'
    return f'<path {place} {line} d="{GLYPHS[name]}"/>'


def _filled(path: str, colour: str) -> str:
    return f'<path fill="{colour}" d="{path}"/>'


def _disc(radius: int, colour: str, more: str = "") -> str:
    return f'<circle cx="200" cy="200" r="{radius}" fill="{colour}"{more}/>'


def _spot(point: Point, radius: float, colour: str) -> str:
    return f'<circle cx="{_number(point[0])}" cy="{_number(point[1])}" r="{radius}" fill="{colour}"/>'


def _polar(radius: float, angle: float) -> Point:
    """Turn clockwise from the top by `angle` radians."""
    return CENTRE + radius * math.sin(angle), CENTRE - radius * math.cos(angle)


def _pair(point: Point) -> str:
    return f"{_number(point[0])} {_number(point[1])}"


def _number(value: float) -> str:
    return f"{value:.1f}".removesuffix(".0")
