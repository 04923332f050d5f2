"""XML from strangers, made harmless before any parser sees it (trust.md S11).

The bytes are decoded here, by byte order mark or declaration, and handed on as text: what was checked is
what is parsed. Entities cannot be declared; the standard SVG document types, which older drawing programs
write and which declare nothing, are let through.
"""

import codecs
import re
from dataclasses import dataclass
from typing import Final

from pod_app.errors import N_, Unreadable

_MARKS: Final = ((codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"))
_ENCODINGS: Final = {"utf-8": "utf-8", "us-ascii": "ascii", "iso-8859-1": "latin-1", "windows-1252": "cp1252"}
_DECLARATION: Final = re.compile(
    r"""<\?xml\s+version\s*=\s*["']1\.0["'](?:\s+encoding\s*=\s*["']([A-Za-z0-9._-]{1,40})["'])?"""
    r"""(?:\s+standalone\s*=\s*["'](?:yes|no)["'])?\s*\?>""",
)
_SVG_TYPE: Final = re.compile(
    r"""\s*(?:<!--(?:(?!--).)*-->\s*)*"""
    r"""<!DOCTYPE\s+svg\s+PUBLIC\s+(["'])-//W3C//DTD SVG (?:1\.0|1\.1|1\.1 Basic|1\.1 Tiny|1\.2 Tiny|20010904)//EN\1"""
    r"""\s+(["'])https?://www\.w3\.org/[A-Za-z0-9./-]{1,80}\.dtd\2\s*>""",
    re.DOTALL,
)
_DANGER: Final = re.compile(
    r"<!\s*(?:DOCTYPE|ENTITY|ELEMENT|ATTLIST|NOTATION)|<!\[\s*(?:INCLUDE|IGNORE)", re.IGNORECASE
)


@dataclass(frozen=True, slots=True)
class XmlText:
    """A decoded XML file: `mark` + declaration + `body`; `body` has neither, and no document type."""

    encoding: str
    mark: bytes
    declared: str  # the XML declaration, as written
    doctype: str  # what stands between declaration and the rest up to a harmless document type, as written
    body: str

    def encoded(self, body: str) -> bytes:
        """Write the file with another body, in the encoding it came in. Raises Unreadable if that cannot hold it."""
        try:
            return self.mark + (self.declared + self.doctype + body).encode(self.encoding)
        except UnicodeEncodeError:
            raise Unreadable(
                N_("The image is written in {encoding}, which has no sign for a character of the badge."),
                N_("Save the image as UTF-8 and try again."),
                encoding=self.encoding,
            ) from None


def read(source: bytes) -> XmlText:
    """Decode an XML file and refuse what could expand or fetch. Raises Unreadable with the reason."""
    mark, encoding = _by_mark(source)
    text = _decoded(source[len(mark) :], encoding or _declared(source))
    declaration = _DECLARATION.match(text)
    if declaration is None and re.match(r"<\?xml\s", text, re.IGNORECASE):
        raise _refused(N_("its first line is not understood"))
    declared = declaration.group(0) if declaration else ""
    rest = text[len(declared) :]
    doctype = _SVG_TYPE.match(rest)
    before = doctype.group(0) if doctype else ""
    body = rest[len(before) :]
    _harmless(body)
    return XmlText(encoding or _declared(source), mark, declared, before, body)


def _by_mark(source: bytes) -> tuple[bytes, str]:
    if source.startswith((codecs.BOM_UTF32_LE, codecs.BOM_UTF32_BE)):
        raise _refused(N_("its encoding is not read here"))
    for mark, encoding in _MARKS:
        if source.startswith(mark):
            return mark, encoding
    return b"", ""


def _declared(source: bytes) -> str:
    found = _DECLARATION.match(source[:200].decode("latin-1"))
    name = (found.group(1) or "utf-8").lower() if found else "utf-8"
    if name not in _ENCODINGS:
        raise _refused(N_("its encoding is not read here"))
    return _ENCODINGS[name]


def _decoded(source: bytes, encoding: str) -> str:
    try:
        return source.decode(encoding)
    except UnicodeDecodeError:
        raise _refused(N_("its encoding is not what it says")) from None


def _harmless(text: str) -> None:
    if "\0" in text:
        raise _refused(N_("its encoding is not what it says"))
    if _DANGER.search(text):
        raise _refused(N_("it declares a document type or entities"))


def _refused(problem: str) -> Unreadable:
    return Unreadable(
        N_("The file is not a safe XML image: {problem}."),
        N_("Save it again as plain SVG in UTF-8."),
        problem=problem,
    )
