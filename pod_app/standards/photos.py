"""Take out of a photo what its picture does not need: where and with what it was taken, names, previews, comments.

JPEG (ITU-T T.81 Annex B, Exif 2.32 §4.5), PNG 3rd edition §11, WebP container (RFC 9649 §2.7). The pixels stay byte for
byte, and so do colour profile and, for a JPEG, the way it is turned. What stands behind the end of the picture goes.
"""

import struct
from collections.abc import Iterator
from typing import Final

from pod_app.errors import N_, Invalid

_EXIF: Final = b"Exif\x00\x00"
_ORIENTATION: Final = 0x0112
_SCAN, _END, _COMMENT = 0xDA, 0xD9, 0xFE
_PNG_KEPT: Final = frozenset(b"IHDR PLTE IDAT IEND tRNS gAMA cHRM sRGB iCCP sBIT bKGD pHYs cICP acTL fcTL fdAT".split())
_PNG_SIGNATURE: Final = b"\x89PNG\r\n\x1a\n"
_WEBP_FLAGS: Final = 0b1100
"""Of the extended header: «has Exif», «has XMP»."""


def without_metadata(data: bytes, media_type: str) -> bytes:
    """The same picture without its metadata; other types than these three come back as they are. Raises `Invalid`."""
    cleaners = {"image/jpeg": _jpeg, "image/png": _png, "image/webp": _webp}
    if media_type not in cleaners:
        return data
    try:
        return b"".join(cleaners[media_type](data))
    except (IndexError, ValueError, struct.error) as error:
        raise Invalid(
            N_("This photo is broken off or is no {media_type}."), N_("Save it again as a photo, and choose that."),
            media_type=media_type,
        ) from error  # fmt: skip


def _jpeg(data: bytes) -> Iterator[bytes]:
    yield data[:2]
    at = 2
    while True:
        if data[at] != 0xFF:  # noqa: PLR2004  # a marker begins with it
            raise ValueError("no marker")
        marker = data[at + 1]
        if marker == _END:
            yield data[at : at + 2]
            return
        length = struct.unpack_from(">H", data, at + 2)[0]
        segment = data[at : at + 2 + length]
        if length < 2 or len(segment) != 2 + length:  # noqa: PLR2004  # the length counts itself
            raise ValueError("broken off")
        at += 2 + length
        yield _kept_segment(marker, segment)
        if marker == _SCAN:
            end = _end_of_scan(data, at)
            yield data[at:end]
            at = end


def _kept_segment(marker: int, segment: bytes) -> bytes:
    body = segment[4:]
    if marker == 0xE1 and body.startswith(_EXIF):  # noqa: PLR2004  # APP1
        turned = _orientation(body[len(_EXIF) :])
        return _turned(turned) if turned > 1 else b""
    is_profile = marker == 0xE2 and body.startswith(b"ICC_PROFILE\x00")  # noqa: PLR2004  # APP2
    is_application = 0xE0 <= marker <= 0xEF  # noqa: PLR2004  # APP0 to APP15
    if marker == _COMMENT or (is_application and not is_profile and marker not in {0xE0, 0xEE}):
        return b""
    return segment


def _end_of_scan(data: bytes, at: int) -> int:
    """Where the next marker stands: inside a scan, 0xFF is followed by 0 or by a restart."""
    while True:
        at = data.index(b"\xff", at)
        following = data[at + 1]
        if following not in {0x00, 0xFF} and not 0xD0 <= following <= 0xD7:  # noqa: PLR2004  # RST0 to RST7
            return at
        at += 1 if following == 0xFF else 2  # noqa: PLR2004  # fill bytes


def _orientation(tiff: bytes) -> int:
    """How the picture is turned, 1 to 8; 1 when it does not say so readably."""
    order = {b"II": "<", b"MM": ">"}.get(tiff[:2])
    if order is None:
        return 1
    try:
        (start,) = struct.unpack_from(f"{order}I", tiff, 4)
        (number,) = struct.unpack_from(f"{order}H", tiff, start)
        for entry in range(start + 2, start + 2 + 12 * number, 12):
            tag, kind, _, value = struct.unpack_from(f"{order}HHIH", tiff, entry)
            if tag == _ORIENTATION and kind == 3 and 1 <= value <= 8:  # noqa: PLR2004  # SHORT, eight ways
                return int(value)
    except struct.error:
        return 1
    return 1


def _turned(orientation: int) -> bytes:
    """An Exif segment that says nothing but how the picture is turned."""
    entry = struct.pack(">HHIHH", _ORIENTATION, 3, 1, orientation, 0)
    body = _EXIF + b"MM\x00\x2a" + struct.pack(">IH", 8, 1) + entry + struct.pack(">I", 0)
    return b"\xff\xe1" + struct.pack(">H", len(body) + 2) + body


def _png(data: bytes) -> Iterator[bytes]:
    yield _PNG_SIGNATURE
    at, name = len(_PNG_SIGNATURE), b""
    while name != b"IEND":
        (length,) = struct.unpack_from(">I", data, at)
        name, end = data[at + 4 : at + 8], at + 12 + length
        if end > len(data):
            raise ValueError("broken off")
        if name in _PNG_KEPT:
            yield data[at:end]
        at = end


def _webp(data: bytes) -> Iterator[bytes]:
    (size,) = struct.unpack_from("<I", data, 4)
    end = 8 + size
    if end > len(data):
        raise ValueError("broken off")
    chunks, at = [b"WEBP"], 12
    while at + 8 <= end:
        name = data[at : at + 4]
        (length,) = struct.unpack_from("<I", data, at + 4)
        chunk = data[at : at + 8 + length + length % 2]
        if len(chunk) < 8 + length:
            raise ValueError("broken off")
        if name == b"VP8X":
            chunk = chunk[:8] + bytes([chunk[8] & ~_WEBP_FLAGS]) + chunk[9:]
        if name not in {b"EXIF", b"XMP "}:
            chunks.append(chunk)
        at += 8 + length + length % 2
    body = b"".join(chunks)
    yield b"RIFF" + struct.pack("<I", len(body)) + body
