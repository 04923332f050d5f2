"""A credential inside a PNG: one iTXt chunk, all other bytes left as they were.

https://www.imsglobal.org/spec/ob/v3p0/#baked-badge §5.3.1; https://www.w3.org/TR/png-3/ for chunks.
Open Badges 3 uses the keyword `openbadgecredential`, version 2 `openbadges` (iTXt, and tEXt in its first
years). Thumbnails, content networks and phones drop such chunks: serve baked files untouched.
"""

import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from pod_app.errors import N_, Invalid, NotFound, TooLarge, Unreadable

SIGNATURE: Final = b"\x89PNG\r\n\x1a\n"
KEYWORD: Final = b"openbadgecredential"
KEYWORD_2: Final = b"openbadges"
MAX_IMAGE: Final = 8 * 2**20
MAX_TEXT: Final = 128 * 2**10  # a 64 kB document grows by a third as a token

_LENGTH: Final = 4
_HEADER: Final = 8  # length and type
_FRAME: Final = 12  # length, type and CRC
_MAX_CHUNKS: Final = 20_000


@dataclass(frozen=True, slots=True)
class _Chunk:
    kind: bytes
    data: bytes
    start: int
    end: int


def bake_png(image: bytes, text: str, *, old: bool = False) -> bytes:
    """Put `text` (a credential's JSON or compact JWS) into a PNG, in place of an earlier one.

    Raises Unreadable when the image is not a sound PNG, TooLarge above 8 MiB or 128 kB of text.
    """
    body, keyword = encoded(text), KEYWORD_2 if old else KEYWORD
    chunks = list(_chunks(image))
    head = chunks[0].end
    kept = [image[chunk.start : chunk.end] for chunk in chunks[1:] if not _holds(chunk, keyword)]
    return b"".join([image[:head], _itxt(keyword, body), *kept])


def encoded(text: str) -> bytes:
    """Write the text of a badge as UTF-8. Raises TooLarge above 128 kB, Unreadable for half a surrogate pair."""
    try:
        body = text.encode()
    except UnicodeEncodeError:
        raise Unreadable(N_("The badge is not a text in Unicode."), N_("Send the original badge.")) from None
    if len(body) > MAX_TEXT:
        raise _too_large_text()
    return body


def unbake_png(image: bytes) -> str:
    """Read the one credential of a PNG; that of Open Badges 2 when there is no newer one.

    Raises NotFound when there is none, Invalid when there are two, Unreadable or TooLarge as `bake_png`.
    """
    chunks = list(_chunks(image))
    for keyword in (KEYWORD, KEYWORD_2):
        found = [chunk for chunk in chunks if _holds(chunk, keyword)]
        if len(found) > 1:
            raise Invalid(
                N_("The image holds {number} badges where one is allowed."),
                N_("Ask for the original image."),
                number=len(found),
            )
        if found:
            return _text(found[0])
    raise NotFound(N_("The image holds no badge."), N_("Send the image as it was first downloaded, not a copy of it."))


def _chunks(image: bytes) -> Iterator[_Chunk]:
    if len(image) > MAX_IMAGE:
        raise TooLarge(N_("The image is larger than {megabytes} MB."), N_("Send a smaller image."), megabytes=8)
    if not image.startswith(SIGNATURE):
        raise _broken(N_("it does not begin like one"))
    position, count, last = len(SIGNATURE), 0, b""
    while position < len(image):
        chunk = _chunk(image, position)
        count += 1
        if (count == 1) != (chunk.kind == b"IHDR") or last == b"IEND" or count > _MAX_CHUNKS:
            raise _broken(N_("its parts are out of order"))
        yield chunk
        position, last = chunk.end, chunk.kind
    if last != b"IEND":
        raise _broken(N_("its end is missing"))


def _chunk(image: bytes, start: int) -> _Chunk:
    length = int.from_bytes(image[start : start + _LENGTH])
    end = start + _FRAME + length
    if end > len(image):
        raise _broken(N_("it is cut off"))
    kind, data = image[start + _LENGTH : start + _HEADER], image[start + _HEADER : end - _LENGTH]
    if zlib.crc32(kind + data) != int.from_bytes(image[end - _LENGTH : end]):
        raise _broken(N_("a checksum is wrong"))
    return _Chunk(kind, data, start, end)


def _holds(chunk: _Chunk, keyword: bytes) -> bool:
    kinds = (b"iTXt", b"tEXt") if keyword == KEYWORD_2 else (b"iTXt",)
    return chunk.kind in kinds and chunk.data.startswith(keyword + b"\0")


def _text(chunk: _Chunk) -> str:
    _keyword, _, rest = chunk.data.partition(b"\0")
    body = rest if chunk.kind == b"tEXt" else _international(rest)
    if len(body) > MAX_TEXT:
        raise _too_large_text()
    try:
        return body.decode()
    except UnicodeDecodeError:
        raise _broken(N_("the text of the badge is not UTF-8")) from None


def _international(rest: bytes) -> bytes:
    compressed, method = rest[:1], rest[1:2]
    parts = rest[2:].split(b"\0", 2)
    if compressed not in {b"\0", b"\1"} or method != b"\0" or len(parts) != 3:  # noqa: PLR2004  # language, keyword, text
        raise _broken(N_("the part with the badge is malformed"))
    return _inflated(parts[2]) if compressed == b"\1" else parts[2]


def _inflated(packed: bytes) -> bytes:
    inflater = zlib.decompressobj()
    try:
        body = inflater.decompress(packed, MAX_TEXT + 1)
    except zlib.error:
        raise _broken(N_("the text of the badge cannot be unpacked")) from None
    if len(body) > MAX_TEXT:
        raise _too_large_text()
    if not inflater.eof:
        raise _broken(N_("the text of the badge is cut off"))
    return body


def _itxt(keyword: bytes, body: bytes) -> bytes:
    data = keyword + b"\0\0\0\0\0" + body
    framed = b"iTXt" + data
    return len(data).to_bytes(_LENGTH) + framed + zlib.crc32(framed).to_bytes(_LENGTH)


def _too_large_text() -> TooLarge:
    return TooLarge(N_("The badge is larger than {kilobytes} kB."), "", kilobytes=MAX_TEXT // 1024)


def _broken(problem: str) -> Unreadable:
    return Unreadable(N_("The image is not a sound PNG: {problem}."), N_("Send the original file."), problem=problem)
