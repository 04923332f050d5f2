"""A credential inside an SVG: its first child, put in as text so that the rest of the file keeps its bytes.

https://www.imsglobal.org/spec/ob/v3p0/#baked-badge §5.3.2. JSON stands in CDATA, a compact JWS in the
attribute `verify`. Version 2 used another namespace and `openbadges:assertion`. The file is parsed before
it is touched and after, so that nothing but sound XML leaves.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final
from xml.parsers import expat
from xml.sax.saxutils import quoteattr

from pod_app.errors import N_, Invalid, NotFound, TooComplex, TooLarge, Unreadable
from pod_app.standards import xml_text
from pod_app.standards.baking_png import MAX_IMAGE, MAX_TEXT, encoded
from pod_app.standards.xml_text import XmlText

NAMESPACE: Final = "https://purl.imsglobal.org/ob/v3p0"
NAMESPACE_2: Final = "http://openbadges.org"
SVG: Final = "http://www.w3.org/2000/svg"
MAX_DEPTH: Final = 200
MAX_ELEMENTS: Final = 100_000

_CREDENTIALS: Final = {f"{NAMESPACE} credential": NAMESPACE, f"{NAMESPACE_2} assertion": NAMESPACE_2}
_JWS: Final = re.compile(r"[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]*\Z")
# What CDATA cannot hold, and what would look like a declaration; JSON has these only inside strings.
_ESCAPED: Final = re.compile("]]>|<!|[\ufffe\uffff]")


@dataclass(slots=True)
class _Credential:
    namespace: str
    depth: int
    start: int
    verify: str
    text: list[str] = field(default_factory=list)
    end: int = 0

    def content(self) -> str:
        return self.verify.strip() or "".join(self.text)


@dataclass(slots=True)
class _Scan:
    """What one pass over the file found; positions are bytes of the UTF-8 body."""

    depth: int = 0
    elements: int = 0
    root: int = -1
    prefix: str | None = None
    credentials: list[_Credential] = field(default_factory=list)
    open: _Credential | None = None


def bake_svg(image: bytes, text: str, *, old: bool = False) -> bytes:
    r"""Put `text` (a credential's JSON or compact JWS) into an SVG, in place of an earlier one.

    JSON may come back with `\u` escapes where XML cannot hold a character. Raises Unreadable, TooLarge, TooComplex.
    """
    encoded(text)
    source = _read(image)
    body = source.body.encode()
    found = _scan(body)
    ours = NAMESPACE_2 if old else NAMESPACE
    for earlier in reversed([one for one in found.credentials if one.namespace == ours]):
        body = body[: earlier.start] + body[earlier.end :]
    baked = source.encoded(_inserted(body, found, text, old=old).decode())
    unbake_svg(baked)
    return baked


def unbake_svg(image: bytes) -> str:
    """Read the one credential of an SVG; that of Open Badges 2 (perhaps an address) when there is no newer one.

    Raises NotFound when there is none, Invalid when there are two, Unreadable, TooLarge or TooComplex.
    """
    found = _scan(_read(image).body.encode()).credentials
    for namespace in (NAMESPACE, NAMESPACE_2):
        ours = [one for one in found if one.namespace == namespace]
        if len(ours) > 1:
            raise Invalid(
                N_("The image holds {number} badges where one is allowed."),
                N_("Ask for the original image."),
                number=len(ours),
            )
        if ours and ours[0].content().strip():
            return _limited(ours[0].content())
    raise NotFound(N_("The image holds no badge."), N_("Send the image as it was first downloaded, not a copy of it."))


def check_svg(image: bytes) -> None:
    """Raise Unreadable, TooLarge or TooComplex unless it is sound SVG of bounded depth and size."""
    _scan(_read(image).body.encode())


def is_svg(image: bytes) -> bool:
    """Guess from the beginning whether it means to be SVG; the readers decide."""
    head = image[:65536].replace(b"\0", b"")
    return head.lstrip(b"\xef\xbb\xbf\xff\xfe \t\r\n").startswith(b"<") and b"<svg" in head


def _read(image: bytes) -> XmlText:
    if len(image) > MAX_IMAGE:
        raise TooLarge(N_("The image is larger than {megabytes} MB."), N_("Send a smaller image."), megabytes=8)
    return xml_text.read(image)


def _limited(text: str) -> str:
    if len(text.encode()) > MAX_TEXT:
        raise TooLarge(N_("The badge in the image is larger than {kilobytes} kB."), "", kilobytes=MAX_TEXT // 1024)
    return text


def _scan(body: bytes) -> _Scan:
    scan = _Scan()
    parser = expat.ParserCreate("utf-8", namespace_separator=" ")
    parser.buffer_text = True

    def start(name: str, attributes: dict[str, str]) -> None:
        _enter(scan, name, attributes, parser.CurrentByteIndex)

    def end(_name: str) -> None:
        _leave(scan, body, parser.CurrentByteIndex)

    def characters(data: str) -> None:
        if scan.open is not None:
            scan.open.text.append(data)

    def namespace(prefix: str | None, address: str) -> None:
        if prefix == "openbadges" and scan.depth == 0:
            scan.prefix = address

    parser.StartElementHandler = start
    parser.EndElementHandler = end
    parser.CharacterDataHandler = characters
    parser.StartNamespaceDeclHandler = namespace
    try:
        parser.Parse(body, True)
    except expat.ExpatError as error:
        raise Unreadable(
            N_("The image is not sound SVG: {problem}, line {line}."),
            N_("Send the original file."),
            problem=expat.errors.messages[error.code],
            line=error.lineno,
        ) from None
    return scan


def _enter(scan: _Scan, name: str, attributes: dict[str, str], position: int) -> None:
    scan.depth += 1
    scan.elements += 1
    if scan.depth > MAX_DEPTH or scan.elements > MAX_ELEMENTS:
        raise TooComplex(N_("The image is nested too deeply or has too many parts."), N_("Send a simpler image."))
    if scan.root < 0:
        scan.root = position
        if name != f"{SVG} svg":
            raise Unreadable(N_("The file is XML, but not an SVG image."), N_("Send the original file."))
    if name in _CREDENTIALS and scan.open is None:
        scan.open = _Credential(_CREDENTIALS[name], scan.depth, position, attributes.get("verify", ""))
        scan.credentials.append(scan.open)
    elif name in _CREDENTIALS:
        raise Invalid(N_("The image holds a badge inside a badge."), N_("Ask for the original image."))


def _leave(scan: _Scan, body: bytes, position: int) -> None:
    if scan.open is not None and scan.depth == scan.open.depth:
        # An empty element reports its start tag again: its end is that of the start tag.
        scan.open.end = _after_tag(body, position)
        scan.open = None
    scan.depth -= 1


def _after_tag(body: bytes, start: int) -> int:
    """Position behind the tag that begins at `start`; `>` inside quotes does not end it."""
    quote = 0
    for position in range(start, len(body)):
        byte = body[position]
        if quote:
            quote = 0 if byte == quote else quote
        elif byte in b"\"'":
            quote = byte
        elif byte == ord(">"):
            return position + 1
    raise Unreadable(N_("The image is not sound SVG."), N_("Send the original file."))


def _inserted(body: bytes, scan: _Scan, text: str, *, old: bool) -> bytes:
    end = _after_tag(body, scan.root)
    tag, rest = body[scan.root : end], body[end:]
    empty = tag.endswith(b"/>")
    inner = tag[:-2].rstrip() if empty else tag[:-1]
    namespace = NAMESPACE_2 if old else NAMESPACE
    declare = b"" if scan.prefix is not None else f' xmlns:openbadges="{namespace}"'.encode()
    # A file that binds the prefix to the other namespace keeps its other badge: the new one declares its own.
    own = "" if scan.prefix in {None, namespace} else f' xmlns:openbadges="{namespace}"'
    close = b"</" + tag[1:-2].split()[0] + b">" if empty else b""
    parts = [
        body[: scan.root],
        inner,
        declare,
        b">",
        _element(text, own, "assertion" if old else "credential").encode(),
        close,
        rest,
    ]
    return b"".join(parts)


def _element(text: str, declaration: str, name: str) -> str:
    if _JWS.match(text):
        return f"<openbadges:{name}{declaration} verify={quoteattr(text)}/>"
    kept = _ESCAPED.sub(lambda found: "".join(_escapes(found.group(0))), text.replace("\r\n", "\n").replace("\r", "\n"))
    return f"<openbadges:{name}{declaration}><![CDATA[{kept}]]></openbadges:{name}>"


def _escapes(text: str) -> Iterator[str]:
    # `]]>` becomes `]]\u003e`, as the specification's readers expect.
    return (letter if letter == "]" else f"\\u{ord(letter):04x}" for letter in text)
