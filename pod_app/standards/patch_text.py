"""Reads patterns, statements with variables, by the parser for N3 and TriG.

pyoxigraph keeps formulas apart, as named graphs, and refuses variables. So each variable is written as a
name in a namespace that no client can guess, and read back from it. The same is done with a mark at the
beginning of each formula, which tells a formula, even an empty one, from a node without an address.
"""

import re
import secrets
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

import pyoxigraph as ox

from pod_app.errors import N_, TooLarge, Unreadable
from pod_app.standards import rdf_guards
from pod_app.standards.patch import Pattern, Term, variable_of

MAX_BYTES: Final = 256 * 2**10
NESTING: Final = 100
TOKEN: Final = re.compile(
    r"(?P<comment>\#[^\n\r]*+)"
    r'|(?P<text>"""(?:[^"\\]|\\.|"(?!""))*+"""|' + r"'''(?:[^'\\]|\\.|'(?!''))*+'''"
    r'|"(?:[^"\\\n\r]|\\.)*+"|' + r"'(?:[^'\\\n\r]|\\.)*+')"
    r'|(?P<iri><(?:[^<>"{}|^`\\\x00-\x20]|\\[uU])*+>)'
    r"|(?P<variable>[?$]\w[\w-]*+)"
    r"|(?P<blank>_:[\w.\-·]++)"
    r"|(?P<name>(?:\w[\w.\-·]{0,200}+)?:(?:[\w.:\-·]|%[0-9A-Fa-f]{2}|\\.)*+)"
    r"|(?P<tag>@[A-Za-z]++(?:-[A-Za-z0-9]++)*+|\^\^)"
    r"|(?P<number>[+-]?(?:\d++(?:\.\d++)?|\.\d++)(?:[eE][+-]?\d++)?)"
    r"|(?P<word>[A-Za-z_]\w*+)"
    r"|(?P<space>[ \t\r\n]++)"
    r"|(?P<sign>.)",
    re.DOTALL,
)


@dataclass
class Names:
    """The unguessable namespace of one patch, and the variables in it."""

    prefix: str = field(default_factory=lambda: f"v{secrets.token_hex(8)}")
    variables: dict[str, int] = field(default_factory=dict)

    @property
    def declaration(self) -> str:
        """A first line that makes the prefix known."""
        return f"@prefix {self.prefix}: <urn:{self.prefix}:> .\n"

    def write(self, variable: str) -> str:
        """The name by which a variable is hidden from the parser."""
        return f" {self.prefix}:{self.variables.setdefault(variable[1:], len(self.variables))} "

    def mark(self) -> str:
        """A statement that only formulas hold."""
        return f" {self.prefix}:formula {self.prefix}:formula {self.prefix}:formula . "

    def is_mark(self, quad: ox.Quad) -> bool:
        """Whether a statement is that of `mark`."""
        return bool(quad.predicate == ox.NamedNode(f"urn:{self.prefix}:formula"))

    def read(self, term: ox.NamedNode | ox.BlankNode | ox.Literal | ox.Triple) -> Term:
        """The term that was written; raises `Unreadable` for a variable as a datatype, and for RDF 1.2."""
        if isinstance(term, ox.Triple) or (isinstance(term, ox.Literal) and term.direction is not None):
            raise Unreadable(N_("This patch uses a form of RDF 1.2."), N_("Use RDF 1.1."))
        space = f"urn:{self.prefix}:"
        if isinstance(term, ox.Literal) and term.datatype.value.startswith(space):
            raise Unreadable(N_("This patch has a variable as a datatype."), N_("Write the datatype out."))
        if isinstance(term, ox.NamedNode) and term.value.startswith(space):
            return variable_of(list(self.variables)[int(term.value.removeprefix(space))])
        return term

    def pattern(self, quad: ox.Quad) -> Pattern:
        """A statement with its variables."""
        return self.read(quad.subject), self.read(quad.predicate), self.read(quad.object)


def decoded(data: bytes) -> str:
    """Text of a patch; raises `TooLarge`, `TooComplex` and `Unreadable`."""
    if len(data) > MAX_BYTES:
        raise TooLarge(
            N_("This patch has {size} bytes; at most {limit} are taken."),
            N_("Split it, or replace the whole document."), size=len(data), limit=MAX_BYTES,
        )  # fmt: skip
    rdf_guards.require_shallow_turtle(data, NESTING)
    try:
        return data.removeprefix(b"\xef\xbb\xbf").decode("utf-8")
    except UnicodeDecodeError as error:
        raise Unreadable(N_("This patch is not UTF-8."), N_("Send it as UTF-8.")) from error


def tokens(text: str) -> Iterator[tuple[str, str]]:
    """Kind and text of each token; together they are the whole text."""
    return ((str(match.lastgroup), match[0]) for match in TOKEN.finditer(text))


def statements(text: str, syntax: ox.RdfFormat, base_iri: str, line: int = 1) -> tuple[list[ox.Quad], dict[str, str]]:
    """Quads and prefixes; raises `Unreadable` with the line, counted from the first one of `text` as `line`."""
    parser = ox.parse(text.encode(), format=syntax, base_iri=base_iri)
    try:
        return list(parser), dict(parser.prefixes)
    except SyntaxError as error:
        problem = error.msg.partition(": ")[2] if error.msg.startswith("Parser error at") else error.msg
        if error.lineno is None:
            raise rdf_guards.at_line(None, None, problem) from error
        raise Unreadable(
            N_("Line {line} of this patch cannot be read: {problem}."),
            N_("Correct it there and send it again."),
            line=max(1, error.lineno - line), problem=re.sub(r" ?\(line \d+\)", "", problem)[:300].rstrip(". "),
        ) from error  # fmt: skip
