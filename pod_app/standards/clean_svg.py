"""Somebody's SVG made fit to be shown: only what draws, nothing that acts or fetches (trust.md S24, S26).

An allow-list: an element or attribute that is not named here is gone, with everything inside it. Scripts,
event handlers, foreign content, animation (which can set links), style sheets, comments, processing
instructions and every reference that leaves the file fall away; `use` may not point at what itself uses
something, because nested copies grow without bound.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Final
from xml.etree import ElementTree as ET

from pod_app.errors import N_, TooComplex, Unreadable
from pod_app.standards import xml_text
from pod_app.standards.baking_svg import SVG, check_svg

_XLINK: Final = "{http://www.w3.org/1999/xlink}href"
_XML_SPACE: Final = "{http://www.w3.org/XML/1998/namespace}space"
MAX_USES: Final = 2_000

ELEMENTS: Final = frozenset(
    """svg g defs symbol use title desc path rect circle ellipse line polyline polygon text tspan textPath
    linearGradient radialGradient stop clipPath mask pattern marker image filter feBlend feColorMatrix feComposite
    feFlood feGaussianBlur feMerge feMergeNode feOffset""".split(),  # noqa: SIM905  # a table of words
)
ATTRIBUTES: Final = frozenset(
    """id class version viewBox preserveAspectRatio width height x y x1 y1 x2 y2 cx cy r rx ry fx fy d points
    transform gradientTransform gradientUnits spreadMethod offset patternUnits patternContentUnits patternTransform
    clipPathUnits maskUnits maskContentUnits markerUnits markerWidth markerHeight refX refY orient dx dy rotate
    textLength lengthAdjust startOffset filterUnits primitiveUnits stdDeviation in in2 result mode operator k1 k2 k3 k4
    values type role lang style fill fill-opacity fill-rule stroke stroke-width stroke-opacity stroke-linecap
    stroke-linejoin stroke-miterlimit stroke-dasharray stroke-dashoffset opacity color clip-path clip-rule mask filter
    marker-start marker-mid marker-end stop-color stop-opacity flood-color flood-opacity display visibility overflow
    font-family font-size font-style font-weight font-variant text-anchor text-decoration letter-spacing word-spacing
    dominant-baseline alignment-baseline baseline-shift vector-effect paint-order shape-rendering
    text-rendering""".split(),  # noqa: SIM905  # a table of words
)
_REFERENCE: Final = re.compile(r"#[A-Za-z_][\w.-]{0,127}\Z")
_DATA_IMAGE: Final = re.compile(r"data:image/(?:png|jpeg|gif|webp);base64,[A-Za-z0-9+/=\s]+\Z")
_LOCAL_URL: Final = re.compile(r"""url\(\s*(["']?)#[A-Za-z_][\w.-]{0,127}\1\s*\)""")
_ACTIVE: Final = re.compile(
    r"url\s*\(|image-set|image\s*\(|expression|javascript:|@|\\|<|behavior|-moz-binding", re.IGNORECASE
)


def clean_svg(image: bytes) -> bytes:
    """Rewrite an SVG with only harmless elements and attributes, as UTF-8.

    A badge inside it is lost: show the result, keep and hand out the original. Raises Unreadable, TooLarge, TooComplex.
    """
    check_svg(image)
    root = ET.fromstring(xml_text.read(image).body)  # noqa: S314  # nothing that declares entities gets here
    if root.tag != f"{{{SVG}}}svg":
        raise Unreadable(N_("The file is XML, but not an SVG image."), N_("Send the original file."))
    _prune(root)
    _tame_uses(root)
    _unqualify(root)
    cleaned: bytes = ET.tostring(root, encoding="utf-8", xml_declaration=True)
    return cleaned


def _unqualify(root: ET.Element) -> None:
    """Write SVG as the default namespace without touching the registry that all of the process shares."""
    for element in root.iter():
        element.tag = _local(element)
    root.set("xmlns", SVG)


def _prune(element: ET.Element) -> None:
    element.attrib = dict(_attributes(element))
    for child in list(element):
        if _local(child) in ELEMENTS:
            _prune(child)
        else:
            _drop(element, child)


def _drop(parent: ET.Element, child: ET.Element) -> None:
    """Take a child out, its tail text with it: that of an unknown parent means nothing to a drawing."""
    parent.remove(child)


def _local(element: ET.Element) -> str:
    tag = element.tag
    return tag.removeprefix(f"{{{SVG}}}") if isinstance(tag, str) and tag.startswith(f"{{{SVG}}}") else ""


def _attributes(element: ET.Element) -> Iterator[tuple[str, str]]:
    for name, value in element.attrib.items():
        if name in {"href", _XLINK}:
            if _is_safe_link(_local(element), value):
                yield "href", value.strip()
        elif (name in ATTRIBUTES or name == _XML_SPACE or name.startswith("aria-")) and _is_passive(value):
            yield name, value


def _is_safe_link(element: str, value: str) -> bool:
    pattern = _DATA_IMAGE if element == "image" else _REFERENCE
    return pattern.match(value.strip()) is not None


def _is_passive(value: str) -> bool:
    return _ACTIVE.search(_LOCAL_URL.sub("", value)) is None


def _tame_uses(root: ET.Element) -> None:
    uses = list(root.iter(f"{{{SVG}}}use"))
    if len(uses) > MAX_USES:
        raise TooComplex(N_("The image repeats its parts too often."), N_("Send a simpler image."))
    multiplying = _multiplying(root)
    for use in uses:
        if use.get("href", "") in multiplying:
            use.attrib.pop("href")


def _multiplying(root: ET.Element) -> Mapping[str, bool]:
    found: dict[str, bool] = {}
    _mark(root, found)
    return found


def _mark(element: ET.Element, found: dict[str, bool]) -> bool:
    inside = [_mark(child, found) for child in element]
    if _local(element) == "use" or any(inside):
        found[f"#{element.get('id', '')}"] = True
        return True
    return False
