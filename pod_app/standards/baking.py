"""A badge that travels inside its picture: PNG and SVG told apart by their first bytes.

https://www.imsglobal.org/spec/ob/v3p0/#baked-badge. `baking_png` and `baking_svg` say how, `clean_svg`
makes somebody's SVG harmless before it is shown to anybody.
"""

import json
import re
from typing import Final

from pod_app.errors import N_, Unreadable, UnsupportedMediaType
from pod_app.standards.baking_png import MAX_IMAGE, MAX_TEXT, SIGNATURE, bake_png, unbake_png
from pod_app.standards.baking_svg import bake_svg, is_svg, unbake_svg
from pod_app.standards.clean_svg import clean_svg

__all__ = [
    "MAX_IMAGE",
    "MAX_TEXT",
    "bake",
    "bake_png",
    "bake_svg",
    "clean_svg",
    "is_image",
    "media_type",
    "unbake",
    "unbake_png",
    "unbake_svg",
]

_JWS: Final = re.compile(r"[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\Z")


def bake(image: bytes, text: str, *, old: bool = False) -> bytes:
    """Put a credential (JSON object or compact JWS) into a PNG or SVG, in place of an earlier one.

    `old` bakes it as readers of Open Badges 2 look for it; both generations may live in one image.

    Raises Unreadable when `text` is no credential or the image is broken, UnsupportedMediaType, TooLarge.
    """
    _require_credential(text)
    into = bake_png if media_type(image) == "image/png" else bake_svg
    return into(image, text, old=old)


def unbake(image: bytes) -> str:
    """Read the one credential of a PNG or SVG as text.

    Raises NotFound when there is none, Invalid when there are two, Unreadable, UnsupportedMediaType, TooLarge.
    """
    return unbake_png(image) if media_type(image) == "image/png" else unbake_svg(image)


def is_image(body: bytes) -> bool:
    """Whether the bytes mean to be a PNG or an SVG."""
    return body.startswith(SIGNATURE) or is_svg(body)


def media_type(image: bytes) -> str:
    """`image/png` or `image/svg+xml` by the first bytes; raises UnsupportedMediaType for all else."""
    if image.startswith(SIGNATURE):
        return "image/png"
    if is_svg(image):
        return "image/svg+xml"
    raise UnsupportedMediaType(N_("The image is neither PNG nor SVG."), N_("Send a PNG or an SVG."))


def _require_credential(text: str) -> None:
    if _JWS.match(text):
        return
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        found = None
    if not isinstance(found, dict):
        raise Unreadable(N_("What should go into the image is not a badge."), N_("Give a signed badge."))
