"""What a view asks of one pod, and how the answers of many are added: derived from the query, never written by hand.

The rows that a pod is asked for are the solutions of the same patterns, with the group keys and what stands
inside each aggregate; they are aggregated exactly as SPARQL 1.1 §18.5 says, per pod, and totals are sums of that.
"""

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

import pyoxigraph as ox

from pod_app.collective.query_files import QueryFile, refused

_TOKEN: Final = re.compile(
    r"""(?P<space>\s+|\#[^\n]*)
      |(?P<iri><[^<>"{}|^`\\\s]*>)
      |(?P<string>\"{3}.*?\"{3}|'{3}.*?'{3}|"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*')
      |(?P<variable>[?$]\w+)
      |(?P<word>[A-Za-z_][\w.:/-]*|:[\w-]+)
      |(?P<other>.)""",
    re.VERBOSE | re.DOTALL,
)
_AGGREGATE: Final = re.compile(r"(COUNT|SUM|MIN|MAX|AVG)\s*\(\s*(DISTINCT\b)?\s*(.*)\)", re.IGNORECASE | re.DOTALL)
_AS: Final = re.compile(r"(.*?)\s+AS\s+\?(\w+)\s*", re.IGNORECASE | re.DOTALL)
_PLAIN_ORDER: Final = re.compile(r"(?:(ASC|DESC)\s*\(\s*\?(\w+)\s*\)|\?(\w+))", re.IGNORECASE)
PEOPLE: Final = "people"
_JSON: Final = json.JSONEncoder(ensure_ascii=False).encode  # made once: it is called for every row


@dataclass(frozen=True, slots=True)
class Measure:
    """One column that is added: `kind` is count, sum, avg, min, max or distinct; `inner` its variable in the rows."""

    name: str
    kind: str
    inner: str


@dataclass(frozen=True, slots=True)
class Plan:
    """A query made ready: `rows` is the SELECT that one pod answers, `keys` and `measures` its columns' meaning.

    `order` lists (column, descending); `columns` are those of the view in its own order. A view of scope union names
    the `predicates` of the triples that pods give to it, and the `classes` among the objects of rdf:type. Of `needs`,
    pairs of a predicate and an object (empty for any), a pod must hold every one to have an answer at all.
    """

    columns: tuple[str, ...]
    keys: tuple[str, ...]
    measures: tuple[Measure, ...]
    rows: str
    order: tuple[tuple[str, bool], ...]
    predicates: frozenset[str] = frozenset()
    classes: frozenset[str] = frozenset()
    needs: tuple[tuple[str, str], ...] = ()

    @property
    def has_headcount(self) -> bool:
        """Whether the rows themselves say how many people they are about."""
        return any(measure.name == PEOPLE for measure in self.measures)


@dataclass(frozen=True, slots=True)
class _Parts:
    prologue: str
    select: str
    where: str
    group: str
    order: str


def plan(view: QueryFile) -> Plan:
    """How to push a view down to pods; raises `Invalid` naming the construct that cannot be."""
    from pod_app.collective import algebra  # noqa: PLC0415  # it loads rdflib's SPARQL: 0.4 s, only when needed

    parsed = algebra.parse(view).algebra
    algebra.refuse_constructs(view, parsed)
    parts = _split(view)
    keys = dict(_keys(view, parts.group))
    measures = []
    columns = []
    for number, (expression, name) in enumerate(_projection(view, parts.select)):
        columns.append(name)
        if name in keys and expression == f"?{name}":
            continue
        measures.append(_measure(view, expression, name, number))
    if view.people != "pods":
        measures.append((Measure(PEOPLE, "sum", "_people"), f"?{view.people}"))
    inner = " ".join(f"({text} AS ?{measure.inner})" for measure, text in measures)
    named = " ".join(f"?{name}" if text == f"?{name}" else f"({text} AS ?{name})" for name, text in keys.items())
    algebra.refuse_disconnected(view, parsed)
    return Plan(
        columns=tuple(columns),
        keys=tuple(keys),
        measures=tuple(measure for measure, _ in measures),
        rows=f"{parts.prologue}SELECT {named} {inner} {_parameters(view)} WHERE {parts.where}",
        order=tuple(_order(view, parts.order, columns)),
        needs=algebra.needs(parsed),
    )


def _parameters(view: QueryFile) -> str:
    """Oxigraph substitutes only what a query projects."""
    return " ".join(f"?{parameter.name}" for parameter in view.parameters)


def _tokens(text: str) -> Iterator[tuple[str, str, int]]:
    for matched in _TOKEN.finditer(text):
        if matched.lastgroup != "space":
            yield str(matched.lastgroup), matched.group(), matched.start()


def _split(view: QueryFile) -> _Parts:
    """Cut the text at the keywords that stand outside all brackets."""
    marks: dict[str, int] = {}
    depth, body_ends = 0, 0
    for kind, text, at in _tokens(view.text):
        word = text.upper() if kind == "word" else text
        if depth == 0 and (
            word in {"SELECT", "WHERE", "FROM", "GROUP", "HAVING", "ORDER", "LIMIT", "OFFSET", "VALUES"}
        ):
            marks.setdefault(word, at)
        if word == "{" and depth == 0:
            marks.setdefault("{", at)
        depth += (text in "{(") - (text in "})") if kind == "other" else 0
        if word == "}" and depth == 0:
            body_ends = at + 1
    for word in ("FROM", "HAVING", "LIMIT", "OFFSET", "VALUES"):
        if word in marks:
            raise refused(view, word)
    body = marks["{"]
    tail = view.text[body_ends:]
    group, _, order = bare(tail).partition("ORDER BY")
    return _Parts(
        prologue=bare(view.text[: marks["SELECT"]]) + "\n",
        select=bare(view.text[marks["SELECT"] + 6 : marks.get("WHERE", body)]),
        where=view.text[body:body_ends],
        group=group.partition("GROUP BY")[2].strip(),
        order=order.strip(),
    )


def bare(text: str) -> str:
    """A query's text without comments, with single spaces and keywords of clauses in capitals."""
    parts = [part for _, part, _ in _spaced(text)]
    plain = re.sub(r"\s+", " ", "".join(parts)).strip()
    return re.sub(r"\b(group|order)\s+by\b", lambda found: found.group().upper(), plain, flags=re.IGNORECASE)


def _spaced(text: str) -> Iterator[tuple[str, str, int]]:
    for matched in _TOKEN.finditer(text):
        group = str(matched.lastgroup)
        yield group, " " if group == "space" else matched.group(), matched.start()


def _items(text: str) -> Iterator[str]:
    """Variables and bracketed expressions of a list, in order."""
    depth, start = 0, 0
    for kind, part, at in _tokens(text):
        if kind == "variable" and depth == 0:
            yield part
        if part == "(":
            start = at if depth == 0 else start
            depth += 1
        elif part == ")":
            depth -= 1
            if depth == 0:
                yield text[start : at + 1]


def _keys(view: QueryFile, group: str) -> Iterator[tuple[str, str]]:
    rest = group
    for item in _items(group):
        rest = rest.replace(item, "", 1)
        if item.startswith("?"):
            yield item[1:], item
        elif (matched := _AS.fullmatch(item[1:-1].strip())) is not None:
            yield matched[2], matched[1].strip()
        else:
            raise refused(view, f"GROUP BY {item} without a name (write «(… AS ?name)»)")
    if rest.strip():
        raise refused(view, f"GROUP BY {rest.strip()} without a name (write «(… AS ?name)»)")


def _projection(view: QueryFile, select: str) -> Iterator[tuple[str, str]]:
    if "*" in select.partition("(")[0] or re.match(r"(DISTINCT|REDUCED)\b", select, re.IGNORECASE):
        raise refused(view, "SELECT * or DISTINCT")
    for item in _items(select):
        if item.startswith("?"):
            yield item, item[1:]
        elif (matched := _AS.fullmatch(item[1:-1].strip())) is not None:
            yield matched[1].strip(), matched[2]


def _measure(view: QueryFile, expression: str, name: str, number: int) -> tuple[Measure, str]:
    matched = _AGGREGATE.fullmatch(expression)
    if matched is None or not _is_one(expression):
        raise refused(view, f"«{expression}» is neither a group key nor one bare aggregate")
    function, distinct, inner = matched[1].lower(), bool(matched[2]), matched[3].strip()
    if distinct and function not in {"count", "min", "max"}:
        raise refused(view, f"{function.upper()}(DISTINCT …)")
    kind = "distinct" if distinct and function == "count" else function
    if kind == "distinct" and inner == "*":
        raise refused(view, "COUNT(DISTINCT *)")
    return Measure(name, kind, f"_m{number}"), "1" if inner == "*" else inner


def _is_one(expression: str) -> bool:
    """Whether the first bracket closes at the very end: `SUM(?a)`, not `SUM(?a) / COUNT(?b)`."""
    depth = 0
    for _, part, at in _tokens(expression):
        depth += (part == "(") - (part == ")")
        if part == ")" and depth == 0:
            return at == len(expression) - 1
    return False


def order(view: QueryFile, columns: list[str]) -> Iterator[tuple[str, bool]]:
    """The columns that ORDER BY names after the query's body, each with whether it descends; raises `Invalid`."""
    yield from _order(view, _split(view).order, columns)


def _order(view: QueryFile, text: str, columns: list[str]) -> Iterator[tuple[str, bool]]:
    rest = text
    for matched in _PLAIN_ORDER.finditer(text):
        rest = rest.replace(matched.group(), "", 1)
        name = matched[2] or matched[3]
        if name not in columns:
            raise refused(view, f"ORDER BY ?{name}, which is no column")
        yield name, (matched[1] or "").upper() == "DESC"
    if rest.strip():
        raise refused(view, f"ORDER BY {rest.strip()}")


def key(terms: Iterable[Any]) -> str:
    """The key of a cell: its group's values in N-Triples form as a JSON array, empty where one is unbound."""
    return _JSON(["" if term is None else str(term) for term in terms])


def with_values(text: str, bindings: Mapping[str, Any]) -> str:
    """A whole query whose outermost group knows its parameters: terms in N-Triples form, never text as it was given."""
    if not bindings:
        return text
    body = next(at for _, part, at in _tokens(text) if part == "{") + 1
    names, terms = " ".join(f"?{name}" for name in bindings), " ".join(str(term) for term in bindings.values())
    return f"{text[:body]} VALUES ({names}) {{ ({terms}) }} {text[body:]}"


def substituted(bindings: Mapping[str, Any]) -> dict[Any, Any]:
    """Parameters as pyoxigraph wants them: bound by substitution, never by text."""
    return {ox.Variable(name): term for name, term in bindings.items()}
