"""What is checked in RDF bodies of strangers before any parser sees them (trust.md S10, S11).

Nesting is measured by a scan that never recurses, because parsers and the code behind them do. XML is
decoded here and refused when it declares a document type: entities expand on every parser that was
measured. JSON is read strictly, because two readers of one lenient text may see two documents.
"""

import codecs
import json
import math
import re
from collections.abc import Iterable
from typing import Any, Final, NoReturn

from pod_app.errors import N_, TooComplex, Unreadable

_TURTLE_TOKEN: Final = re.compile(
    rb'#[^\n\r]*+|"""(?:[^"\\]|\\.|"(?!""))*+"""'
    rb"|'''(?:[^'\\]|\\.|'(?!''))*+'''"
    rb'|"(?:[^"\\\n\r]|\\.)*+"|' + rb"'(?:[^'\\\n\r]|\\.)*+'"
    rb"|<[^<>\"{}|^`\\\x00-\x20]*+>|<(?:[^<>\"{}|^`\\\x00-\x20]|\\[uU])*+>|\\."
    rb"|(?P<open>[\[({]|<<)|(?P<close>[\])}]|>>)",
    re.DOTALL,
)
_JSON_TOKEN: Final = re.compile(rb'"(?:[^"\\]|\\.)*+"|(?P<open>[\[{])|(?P<close>[\]}])', re.DOTALL)
_XML_TOKEN: Final = re.compile(
    rb"<!--.*?-->|<!\[CDATA\[.*?\]\]>|<\?.*?\?>|(?P<close></)"
    rb"|<[^\s/>\"']++(?:[^\"'/>]|\"[^\"]*\"|'[^']*'|/(?!>))*+/>|(?P<open><(?=[^\s/>!?]))",
    re.DOTALL,
)

_MARKS: Final = (
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_UNMARKED: Final = (
    (b"<\0\0\0", "utf-32-le"),
    (b"\0\0\0<", "utf-32-be"),
    (b"<\0", "utf-16-le"),
    (b"\0<", "utf-16-be"),
)
_WIDE: Final = frozenset({"utf-16", "utf-16le", "utf-16be", "utf-32", "utf-32le", "utf-32be", "ucs-2", "ucs-4"})
_NARROW: Final = {"utf-8": "utf-8", "utf8": "utf-8", "us-ascii": "ascii", "ascii": "ascii", "iso-8859-1": "latin-1"}
_DECLARATION: Final = re.compile(r"\s*<\?xml\b(?P<rest>[^>]*?)\?>")
_ENCODING: Final = re.compile(r"""encoding\s*=\s*["']([^"']*)["']""")
_DANGER: Final = re.compile(r"<!\s*(?:DOCTYPE|ENTITY|ELEMENT|ATTLIST|NOTATION)", re.IGNORECASE)


def require_shallow_turtle(body: bytes, limit: int) -> None:
    """Raise `TooComplex` when brackets of Turtle, TriG or N3 nest deeper than `limit`."""
    if sum(body.count(bracket) for bracket in (b"[", b"(", b"{", b"<<")) > limit:
        _require_shallow(_TURTLE_TOKEN, body, limit)


def require_shallow_json(body: bytes, limit: int) -> None:
    """Raise `TooComplex` when arrays and objects nest deeper than `limit`."""
    if body.count(b"[") + body.count(b"{") > limit:
        _require_shallow(_JSON_TOKEN, body, limit)


def require_shallow_xml(body: bytes, limit: int) -> None:
    """Raise `TooComplex` when elements nest deeper than `limit`; `body` is UTF-8."""
    if body.count(b"<") > limit:
        _require_shallow(_XML_TOKEN, body, limit)


def _require_shallow(token: re.Pattern[bytes], body: bytes, limit: int) -> None:
    depth = 0
    for match in token.finditer(body):
        if match["open"]:
            depth += 1
            if depth > limit:
                raise TooComplex(
                    N_("This document is nested more than {limit} levels deep."), N_("Make it flatter."), limit=limit
                )
        elif match["close"] and depth:
            depth -= 1


def xml_as_utf8(body: bytes) -> bytes:
    """Decode XML by byte order mark or declaration, and give it back as UTF-8 without declaration.

    What was checked is thus what is parsed. Raises `Unreadable` for a document type, an entity, or an
    encoding that is not what it says or not taken (UTF-7, EBCDIC).
    """
    text = _decoded(body)
    if "\0" in text:
        raise _not_xml(N_("This XML holds a NUL, so its encoding is not what it says."))
    if _DANGER.search(text):
        raise _not_xml(N_("This XML declares a document type or entities, which is not taken here."))
    declaration = _DECLARATION.match(text)
    return (text[declaration.end() :] if declaration else text).encode()


def _decoded(body: bytes) -> str:
    mark, encoding = next(((mark, name) for mark, name in _MARKS if body.startswith(mark)), (b"", ""))
    encoding = encoding or next((name for start, name in _UNMARKED if body.startswith(start)), "")
    declared = _declared_encoding(body[len(mark) :], encoding or "latin-1")
    if not encoding:
        encoding = _NARROW.get(declared or "utf-8", "")
    elif declared and (declared in _WIDE) is encoding.startswith("utf-8"):
        encoding = ""
    try:
        return body[len(mark) :].decode(encoding)
    except (LookupError, UnicodeDecodeError) as error:
        raise _not_xml(N_("The encoding of this XML is not what it says, or not taken here.")) from error


def _declared_encoding(body: bytes, encoding: str) -> str:
    start = body[:1024].decode(encoding, "replace")
    declaration = _DECLARATION.match(start)
    found = _ENCODING.search(declaration["rest"]) if declaration else None
    return found[1].strip().lower() if found else ""


def _not_xml(sentence: str) -> Unreadable:
    return Unreadable(sentence, N_("Send plain RDF/XML in UTF-8, or Turtle."))


def json_document(body: bytes, limit: int) -> Any:
    """Read JSON strictly: UTF-8, no name twice in an object, no NaN or Infinity, no half surrogate pairs.

    Raises `Unreadable` with line and column where the parser knows them, `TooComplex` beyond `limit` levels.
    """
    require_shallow_json(body, limit)
    try:
        text = body.decode("utf-8-sig")
        document = json.loads(
            text, object_pairs_hook=_object, parse_constant=_refuse_constant, parse_float=_finite, parse_int=_integer
        )
        _refuse_surrogates(text, document)
    except json.JSONDecodeError as error:
        raise at_line(error.lineno, error.colno, error.msg) from error
    except UnicodeError as error:
        raise Unreadable(
            N_("This JSON is not Unicode text: {problem}."), N_("Send it as UTF-8."), problem=str(error)[:200]
        ) from error
    except RecursionError as error:
        raise TooComplex(N_("This document is nested too deeply."), N_("Make it flatter.")) from error
    return document


def at_line(line: int | None, column: int | None, problem: str) -> Unreadable:
    """Make the error of a parser that says where it stopped; both numbers count from 1."""
    problem = problem[:300].rstrip(". ")
    remedy = N_("Correct it there and send it again.")
    if line is None:
        return Unreadable(N_("This document cannot be read: {problem}."), remedy, problem=problem)
    return Unreadable(
        N_("Line {line}, column {column} cannot be read: {problem}."), remedy, line=line, column=column, problem=problem
    )


def _object(pairs: Iterable[tuple[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key, value in pairs:
        if key in found:
            raise Unreadable(
                N_("An object in this JSON has the name «{name}» twice."),
                N_("Leave one out."),
                name=ascii(key)[1:-1][:80],
            )
        found[key] = value
    return found


def _refuse_constant(name: str) -> NoReturn:
    raise Unreadable(N_("This JSON holds {name}, which is no JSON number."), N_("Leave it out."), name=name)


def _finite(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        _refuse_constant(text[:40])
    return number


def _integer(text: str) -> int:
    if len(text) > 4000:  # noqa: PLR2004  # Python itself stops at 4300 digits
        _refuse_constant(f"{text[:40]}...")
    return int(text)


def _refuse_surrogates(text: str, document: Any) -> None:
    if "\\u" in text:
        json.dumps(document, ensure_ascii=False).encode()
