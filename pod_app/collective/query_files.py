"""A view is one file `queries/{name}.rq`: `# key: value` lines, then one SPARQL 1.1 SELECT (contracts.md §3)."""

import hashlib
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Final

import pyoxigraph as ox

from pod_app.errors import N_, Invalid, NotFound

LANGUAGES: Final = ("fr", "en")
DEFAULT_THRESHOLD: Final = {"community": 5, "public": 0}
_LINE: Final = re.compile(r"#\s*([a-z-]+(?:@(?:fr|en))?):\s*(.*)")
_KEYS: Final = frozenset({
    "title@fr", "title@en", "about@fr", "about@en", "scope", "audience", "threshold", "why", "people", "parameter",
    "unit", "chart", "computed-by",
})  # fmt: skip
_CHOICES: Final = {
    "scope": ("pod", "union"),
    "audience": ("public", "community"),
    "chart": ("bar", "line", "tree", "map", "table"),
    "computed-by": ("cascade",),
}
_REPEATABLE: Final = frozenset({"parameter", "unit"})
_TYPES: Final = ("string", "integer", "date", "iri")
XSD: Final = "http://www.w3.org/2001/XMLSchema#"
SEASON: Final = "season"
KEPT_SEASONS: Final = 4


@dataclass(frozen=True, slots=True)
class Parameter:
    """`# parameter: ?name type default | another | …`; the type is string, integer, date or iri.

    With the default `season`, of a date, the values are the first days of this meteorological season and of the
    three before it. Without `others` any value of the type may be asked for.
    """

    name: str
    type: str
    default: str
    others: tuple[str, ...] = ()

    @property
    def is_closed(self) -> bool:
        """Whether only the values of `values` may be asked for."""
        return bool(self.others) or self.by_season

    @property
    def by_season(self) -> bool:
        """Whether the values move with the seasons."""
        return self.type == "date" and self.default == SEASON

    def values(self, day: date) -> tuple[str, ...]:
        """The values that a view keeps numbers for, the default first."""
        return seasons(day, KEPT_SEASONS) if self.by_season else (self.default, *self.others)

    def term(self, text: str) -> ox.NamedNode | ox.Literal:
        """The RDF term for `text`; raises `Invalid` when it is not of the type."""
        try:
            return _TERMS[self.type](text)
        except ValueError as error:
            raise Invalid(
                N_("{value} is not what the parameter {name} takes: {type}."),
                N_("Give for example {name}={default}."),
                value=text, name=self.name, type=self.type, default="2026-03-01" if self.by_season else self.default,
            ) from error  # fmt: skip


def seasons(day: date, count: int) -> tuple[str, ...]:
    """First days of meteorological seasons (March, June, September, December), that of `day` first, then earlier."""
    months = day.year * 12 + day.month // 3 * 3 - 1
    return tuple(f"{month // 12:04}-{month % 12 + 1:02}-01" for month in range(months, months - 3 * count, -3))


def _integer(text: str) -> ox.Literal:
    return ox.Literal(str(int(text)), datatype=ox.NamedNode(f"{XSD}integer"))


def _date(text: str) -> ox.Literal:
    if not re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", text):
        raise ValueError(text)
    date.fromisoformat(text)
    return ox.Literal(text, datatype=ox.NamedNode(f"{XSD}date"))


def _iri(text: str) -> ox.NamedNode:
    if not re.match(r"[a-z][a-z0-9+.-]*:", text):
        raise ValueError(text)
    return ox.NamedNode(text)


_TERMS: Final[Mapping[str, Callable[[str], ox.NamedNode | ox.Literal]]] = {
    "string": ox.Literal,
    "integer": _integer,
    "date": _date,
    "iri": _iri,
}


@dataclass(frozen=True, slots=True)
class QueryFile:
    """One view as its file tells it; `text` is the whole file, `sha256` its hash in hexadecimal.

    `computed_by` names the faster way to the same numbers, empty where the query itself is run.
    """

    name: str
    text: str
    sha256: str
    title: Mapping[str, str]
    about: Mapping[str, str]
    scope: str
    audience: str
    threshold: int
    people: str
    parameters: tuple[Parameter, ...]
    units: Mapping[str, str]
    chart: str
    computed_by: str = ""

    def bindings(self, given: Mapping[str, str]) -> dict[str, ox.NamedNode | ox.Literal]:
        """A term for every parameter; raises `Invalid` for a name that is none or a value of another type."""
        known = {parameter.name: parameter for parameter in self.parameters}
        for name in given:
            if name not in known:
                raise Invalid(
                    N_("The view {view} has no parameter named {name}."),
                    N_("It takes: {names}."),
                    view=self.name, name=name, names=", ".join(known) or "-",
                )  # fmt: skip
        return {name: one.term(given.get(name, one.default)) for name, one in known.items()}


def load(folder: Path, namespace: str, default_namespace: str) -> dict[str, QueryFile]:
    """Every view of a folder by name; raises `Invalid` that names the file and the line of the header that is wrong."""
    found = {}
    for path in sorted(folder.glob("*.rq")):
        text = path.read_text("utf-8").replace(default_namespace, namespace)
        found[path.stem] = read(path.stem, text)
    return found


def read(name: str, text: str) -> QueryFile:
    """The view of a file's text; raises `Invalid`."""
    header: dict[str, list[str]] = {}
    for number, line in enumerate(text.splitlines(), 1):
        if not line.startswith("#"):
            break
        matched = _LINE.fullmatch(line.strip())
        if matched is None or matched[1] not in _KEYS:
            raise _wrong(name, f"line {number}: «{line}»")
        header.setdefault(matched[1], []).append(matched[2].strip())
    return _checked(name, text, header)


def asked(text: str, parameters: Mapping[str, str]) -> QueryFile:
    """A query that came from outside, with these parameters as its defaults; raises `Invalid`. No SPARQL is read."""
    file = read("outside", text)
    file.bindings(parameters)
    given = tuple(replace(one, default=parameters.get(one.name, one.default)) for one in file.parameters)
    return replace(file, parameters=given)


def choose(views: Mapping[str, QueryFile], name: str) -> QueryFile:
    """The view of this name; raises `NotFound` with the names there are."""
    if name not in views:
        raise NotFound(
            N_("There is no view named {name}."), N_("The views are: {names}."), name=name, names=", ".join(views)
        )
    return views[name]


def refused(view: QueryFile, construct: str) -> Invalid:
    """The view cannot be pushed down, and why."""
    return Invalid(
        N_("The view {name} cannot be pushed down to pods: {construct}."),
        N_("Write it without that, or give it the scope union."),
        name=view.name, construct=construct,
    )  # fmt: skip


def _checked(name: str, text: str, header: Mapping[str, list[str]]) -> QueryFile:
    for key, values in header.items():
        if len(values) > 1 and key not in _REPEATABLE:
            raise _wrong(name, f"«{key}» stands {len(values)} times")
        if key in _CHOICES and values[0] not in _CHOICES[key]:
            raise _wrong(name, f"«{key}» is one of {', '.join(_CHOICES[key])}, not «{values[0]}»")
    for key in ("title@fr", "title@en", "scope", "audience"):
        if not header.get(key, [""])[0]:
            raise _wrong(name, f"«{key}» is missing")
    audience = header["audience"][0]
    return QueryFile(
        name=name,
        text=text,
        sha256=hashlib.sha256(text.encode()).hexdigest(),
        title={language: header[f"title@{language}"][0] for language in LANGUAGES},
        about={language: header.get(f"about@{language}", [""])[0] for language in LANGUAGES},
        scope=header["scope"][0],
        audience=audience,
        threshold=_threshold(name, header, audience),
        people=_people(name, header),
        parameters=tuple(_parameter(name, line) for line in header.get("parameter", [])),
        units=dict(_unit(name, line) for line in header.get("unit", [])),
        chart=header.get("chart", ["table"])[0],
        computed_by=header.get("computed-by", [""])[0],
    )


def _threshold(name: str, header: Mapping[str, list[str]], audience: str) -> int:
    given = header.get("threshold", [""])[0]
    if not given:
        return DEFAULT_THRESHOLD[audience]
    if not given.isdecimal():
        raise _wrong(name, f"«threshold» is a number of people, not «{given}»")
    if int(given) == 0 and audience != "public" and "why" not in header:
        raise _wrong(name, "a threshold of 0 needs «why»")
    return int(given)


def _people(name: str, header: Mapping[str, list[str]]) -> str:
    given = header.get("people", ["pods"])[0]
    if given != "pods" and not re.fullmatch(r"\?\w+", given):
        raise _wrong(name, f"«people» is «pods» or a variable, not «{given}»")
    return given.removeprefix("?")


def _parameter(name: str, line: str) -> Parameter:
    matched = re.fullmatch(r"\?(\w+)\s+(\w+)\s+(\S.*)", line)
    if matched is None or matched[2] not in _TYPES:
        raise _wrong(name, f"«parameter» reads «?name {'|'.join(_TYPES)} default | another», not «{line}»")
    default, *others = (value.strip() for value in matched[3].split(" | "))
    parameter = Parameter(matched[1], matched[2], default, tuple(others))
    for value in others if parameter.by_season else (default, *others):
        parameter.term(value)
    return parameter


def _unit(name: str, line: str) -> tuple[str, str]:
    matched = re.fullmatch(r"\?(\w+)\s+(\S.*)", line)
    if matched is None:
        raise _wrong(name, f"«unit» reads «?column unit», not «{line}»")
    return matched[1], matched[2]


def _wrong(name: str, problem: str) -> Invalid:
    return Invalid(
        N_("The header of queries/{name}.rq cannot be used: {problem}."),
        N_("See queries/README.md for its keys."), name=name, problem=problem,
    )  # fmt: skip
