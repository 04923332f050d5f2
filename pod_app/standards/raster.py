"""Width, height and turn of a PNG or JPEG, read from its head without decoding it.

https://www.w3.org/TR/png-3/#11IHDR; ITU-T T.81 annex B (JPEG markers); Exif 2.3 §4.6.4, tag 274 (orientation).
"""

import struct
from dataclasses import dataclass
from typing import Final, Literal

from pod_app.errors import N_, Unreadable, UnsupportedMediaType

_PNG: Final = b"\x89PNG\r\n\x1a\n"
_JPEG: Final = b"\xff\xd8\xff"
_FRAMES: Final = frozenset({*range(0xC0, 0xD0)} - {0xC4, 0xC8, 0xCC})
_ALONE: Final = frozenset({0x01, *range(0xD0, 0xD8)})
_ORIENTATION: Final = 0x0112
_TURNS: Final = {3: 180, 6: 90, 8: 270}
_SHORT: Final = 24


@dataclass(frozen=True, slots=True)
class Raster:
    """A picture of pixels: `turn` is by how many degrees clockwise it must be turned to stand upright."""

    media_type: Literal["image/png", "image/jpeg"]
    width: int
    height: int
    turn: int = 0


def look(data: bytes) -> Raster:
    """The head of a picture. Raises `UnsupportedMediaType` for anything else, `Unreadable` for a broken one."""
    if data.startswith(_PNG) and len(data) >= _SHORT and data[12:16] == b"IHDR":
        width, height = struct.unpack(">II", data[16:24])
        return _sound(Raster("image/png", width, height))
    if data.startswith(_JPEG):
        return _sound(_jpeg(data))
    raise UnsupportedMediaType(
        N_("This picture is neither a PNG nor a JPEG."), N_("Save it as PNG or JPEG, or draw one in the studio.")
    )


def _sound(found: Raster) -> Raster:
    if found.width < 1 or found.height < 1:
        raise _broken()
    return found


def _jpeg(data: bytes) -> Raster:
    position, turn = 2, 0
    while position + 4 <= len(data):
        marker = data[position + 1]
        if data[position] != 0xFF:  # noqa: PLR2004  # every marker begins so
            raise _broken()
        if marker == 0xFF or marker in _ALONE:  # noqa: PLR2004  # filling
            position += 1 if marker == 0xFF else 2  # noqa: PLR2004  # as above
            continue
        length = int.from_bytes(data[position + 2 : position + 4])
        segment = data[position + 4 : position + 2 + length]
        if marker in _FRAMES and len(segment) >= 5:  # noqa: PLR2004  # precision, height, width
            height, width = struct.unpack(">HH", segment[1:5])
            return Raster("image/jpeg", width, height, turn)
        if marker == 0xE1 and segment.startswith(b"Exif\0\0"):  # noqa: PLR2004  # APP1
            turn = _turn(segment[6:])
        position += 2 + max(length, 2)
    raise _broken()


def _turn(exif: bytes) -> int:
    """The orientation of the first directory; pictures whose Exif cannot be read stand as they are."""
    order = {b"II": "<", b"MM": ">"}.get(exif[:2])
    try:
        if order is None:
            return 0
        (start,) = struct.unpack_from(f"{order}I", exif, 4)
        (entries,) = struct.unpack_from(f"{order}H", exif, start)
        for index in range(entries):
            tag, _kind, _count, value = struct.unpack_from(f"{order}HHIH", exif, start + 2 + 12 * index)
            if tag == _ORIENTATION:
                return _TURNS.get(value, 0)
    except struct.error:
        return 0
    return 0


def _broken() -> Unreadable:
    return Unreadable(N_("This picture is broken: its size cannot be read."), N_("Save it again as PNG or JPEG."))
