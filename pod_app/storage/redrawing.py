"""Somebody's picture drawn anew, in a child that can be killed: what leaves is pixels of ours and nothing of theirs.

Position, camera and whatever else hides in a photo is gone, and so is what was made to hurt a reader (trust.md S26).
"""

import base64
from typing import Final

from pod_app.errors import N_, TooLarge, Unreadable
from pod_app.standards import raster
from pod_app.storage.sandbox import Sandbox

MAX_BYTES: Final = 4 * 2**20
MAX_SIDE: Final = 6000
MAX_PIXELS: Final = 24_000_000
SIZE: Final = 512
_SECONDS: Final = 10.0
_MEMORY: Final = 768 * 2**20


def redrawn(sandbox: Sandbox, picture: bytes) -> bytes:
    """A PNG of 512 pixels square with the whole picture in it, upright.

    Raises `TooLarge`, `UnsupportedMediaType`, `Unreadable`, `TooComplex`.
    """
    if len(picture) > MAX_BYTES:
        raise TooLarge(
            N_("The picture has more than {megabytes} MB."), N_("Send a smaller one."), megabytes=MAX_BYTES // 2**20
        )
    head = raster.look(picture)
    if max(head.width, head.height) > MAX_SIDE or head.width * head.height > MAX_PIXELS:
        raise TooLarge(
            N_("The picture has {width} by {height} pixels; at most {most} on a side are taken."),
            N_("Send a smaller one."), width=head.width, height=head.height, most=MAX_SIDE,
        )  # fmt: skip
    return sandbox.run(draw, picture, head.media_type, head.turn, seconds=_SECONDS, memory_bytes=_MEMORY)


def draw(picture: bytes, media_type: str, turn: int) -> bytes:
    """What the child does. Raises `Unreadable` when nothing came of it."""
    import resvg_py  # noqa: PLC0415  # only the child draws

    data = base64.b64encode(picture).decode()
    svg = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {SIZE} {SIZE}"><image width="{SIZE}" height="{SIZE}" '
        f'transform="rotate({turn} {SIZE // 2} {SIZE // 2})" href="data:{media_type};base64,{data}"/></svg>'
    )
    drawn = bytes(resvg_py.svg_to_bytes(svg_string=svg, width=SIZE, height=SIZE))
    empty = bytes(
        resvg_py.svg_to_bytes(
            svg_string=f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {SIZE} {SIZE}"/>', width=SIZE, height=SIZE
        )
    )
    if drawn == empty:
        raise Unreadable(N_("Nothing can be seen in this picture."), N_("Save it again as PNG or JPEG."))
    return drawn
