"""A badge or achievement as a picture: its own image or artwork made from its name, with the badge inside."""

import base64
import binascii
from typing import Any, Final

import resvg_py

from pod_app.badges.bag import kept
from pod_app.badges.forge.achievements import IMAGES
from pod_app.errors import N_, NotFound, PodAppError
from pod_app.pods.resources import Reading
from pod_app.services import Services
from pod_app.standards import addresses, baking
from pod_app.standards.addresses import Address
from pod_app.standards.json_text import object_in
from pod_app.standards.wac import ANONYMOUS, Agent
from pod_app.web.badges import badge_art, studio

SIZE: Final = 512
DATA_PREFIX: Final = "data:"
PNG: Final = "image/png"


def of(services: Services, reading: Reading, media_type: str) -> bytes:
    """PNG or SVG of an achievement, or of a badge with its signed document baked in (open-badges.md §5.7)."""
    data = services.resources.data(reading.stored)
    if reading.address.path.startswith("achievements/"):
        return drawn(services, object_in(data), media_type)
    media = reading.stored.media_type
    document = kept.described(data, media, lambda: services.backpack.documents_of(reading.address))
    subject = document.get("credentialSubject")
    achievement = subject.get("achievement") if isinstance(subject, dict) else None
    picture = drawn(services, achievement if isinstance(achievement, dict) else {}, media_type)
    return baking.bake(picture, data.decode(), old=media in kept.OLD_TYPES) if subject is not None else picture


def of_twin(services: Services, agent: Agent, address: Address) -> bytes:
    """PNG of a badge of a bag with its Open Badges 2.0 twin baked in, which is made first when it is not there.

    Raises `Conflict` for a badge that is not public or was issued elsewhere, `NotFound`, `Forbidden`.
    """
    services.exporting.host(agent, address)
    hosted = services.exporting.hosted(address)
    if hosted is None:
        raise NotFound(N_("There is nothing at {path}."), N_("Check the address."), path=address.target)
    picture = of(services, services.resources.read(agent, address), PNG)
    return baking.bake(picture, hosted[1].decode(), old=True)


def artwork(achievement: dict[str, Any]) -> str:
    """SVG drawn from the achievement's name and kind: always the same for the same achievement."""
    category = str(achievement.get("achievementType", ""))
    return badge_art.artwork(str(achievement.get("id", "")), str(achievement.get("name", "")), category)


def drawn(services: Services, achievement: dict[str, Any], media_type: str) -> bytes:
    """PNG or SVG of an achievement: its own image when it carries or keeps one here, else artwork."""
    own = _embedded(achievement, media_type) or _kept(services, achievement, media_type)
    if own is not None:
        return own
    art = artwork(achievement)
    return art.encode() if media_type != PNG else rasterise(art)


def rasterise(svg: str) -> bytes:
    """PNG of artwork that we drew ourselves; SVG from people never comes here."""
    return bytes(resvg_py.svg_to_bytes(svg_string=svg, width=SIZE, height=SIZE))


def _kept(services: Services, achievement: dict[str, Any], media_type: str) -> bytes | None:
    """The achievement's own picture when it is kept here: as PNG, or that PNG inside an SVG."""
    image = achievement.get("image")
    source = str(image.get("id", "") if isinstance(image, dict) else image or "")
    address = addresses.of_iri(source, services.settings.base_url)
    if address is None or not address.path.startswith(IMAGES):
        return None
    design = studio.of_name(source)
    if design is not None and media_type != PNG:
        return studio.draw(design, str(achievement.get("name", ""))).encode()
    try:
        stored = services.resources.read(ANONYMOUS, address).stored
    except PodAppError:
        return None
    data = services.resources.data(stored)
    if stored.media_type != PNG or media_type == PNG:
        return data if stored.media_type == media_type else None
    href = f"data:{PNG};base64,{base64.b64encode(data).decode()}"
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {SIZE} {SIZE}">'
        f'<image width="{SIZE}" height="{SIZE}" href="{href}"/></svg>'
    ).encode()


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
