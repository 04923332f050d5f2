"""A badge or achievement as a picture: its own image or artwork made from its name, with the badge inside."""

import base64
import binascii
from typing import Any, Final

import resvg_py

from pod_app.pods.resources import Reading
from pod_app.services import Services
from pod_app.standards import baking
from pod_app.standards.json_text import object_in
from pod_app.web import badge_art

SIZE: Final = 512
DATA_PREFIX: Final = "data:"
PNG: Final = "image/png"


def of(services: Services, reading: Reading, media_type: str) -> bytes:
    """PNG or SVG of an achievement, or of a badge with its signed document baked in (open-badges.md §5.7)."""
    data = services.resources.data(reading.stored)
    document = object_in(data)
    subject = document.get("credentialSubject")
    achievement = document if subject is None else subject.get("achievement") if isinstance(subject, dict) else None
    picture = _picture(achievement if isinstance(achievement, dict) else {}, media_type)
    return baking.bake(picture, data.decode()) if "credentialSubject" in document else picture


def artwork(achievement: dict[str, Any]) -> str:
    """SVG drawn from the achievement's name and kind: always the same for the same achievement."""
    category = str(achievement.get("achievementType", ""))
    return badge_art.artwork(str(achievement.get("id", "")), str(achievement.get("name", "")), category)


def _picture(achievement: dict[str, Any], media_type: str) -> bytes:
    own = _embedded(achievement, media_type)
    if own is not None:
        return own
    drawn = artwork(achievement)
    return drawn.encode() if media_type != PNG else rasterise(drawn)


def rasterise(svg: str) -> bytes:
    """PNG of artwork that we drew ourselves; SVG from people never comes here."""
    return bytes(resvg_py.svg_to_bytes(svg_string=svg, width=SIZE, height=SIZE))


def _embedded(achievement: dict[str, Any], media_type: str) -> bytes | None:
    """The achievement's own image when it is a data IRI of the wanted type and really is an image of it."""
    image = achievement.get("image")
    source = image.get("id", "") if isinstance(image, dict) else str(image or "")
    if not source.startswith(f"{DATA_PREFIX}{media_type};base64,"):
        return None
    try:
        data = base64.b64decode(source.partition(",")[2], validate=True)
    except binascii.Error:
        return None
    if not baking.is_image(data) or baking.media_type(data) != media_type:
        return None
    return data if media_type == PNG else baking.clean_svg(data)
