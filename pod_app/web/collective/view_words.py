"""What the cells of a view look like to people: labels of concepts, names of gardens, hours, euros, months."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Final

from babel.dates import format_date
from markupsafe import Markup

from pod_app.collective.answers import Answer, Value, plain
from pod_app.errors import N_
from pod_app.standards.vocabulary import Vocabulary
from pod_app.web import formatting
from pod_app.web.collective import charts

COLUMNS: Final = {
    "achievements": N_("achievements"), "badges": N_("badges"),
    "before": N_("skills known before the season"), "contributions": N_("contributions"),
    "depth": N_("longest chain"), "garden": N_("garden"), "gardens": N_("gardens"), "gathered": N_("gathered"),
    "giver": N_("who"), "holders": N_("people who hold them"), "kind": N_("kind"), "learners": N_("people who learned"),
    "minutes": N_("time told"), "month": N_("month"), "name": N_("badge"), "quarter": N_("quarter"),
    "reach": N_("people reached"), "returned": N_("given back"), "since": N_("since"), "skill": N_("skill"),
    "skills": N_("skills"),
    "stages": N_("stages"), "thanks": N_("thanks"), "transmissions": N_("passings-on"), "type": N_("kind of garden"),
    "year": N_("year"),
}  # fmt: skip
PARAMETERS: Final = {"season": N_("Season that begins on")}
MOST: Final = {"bar": 6, "tree": 6}
"""How many of the largest values a picture holds; all of them are in the table."""
_MONTH: Final = re.compile(r"[0-9]{4}-[0-9]{2}")


@dataclass(frozen=True, slots=True)
class Reader:
    """The language of who looks, and where names come from."""

    locale: str
    gettext: Callable[[str], str]
    vocabulary: Vocabulary
    title_of: Callable[[str], str | None]

    def column(self, name: str) -> str:
        """The heading of a column."""
        return self.gettext(COLUMNS[name]) if name in COLUMNS else name

    def number(self, value: int) -> str:
        """A whole number."""
        return formatting.number_text(value, self.locale)

    def cell(self, answer: Answer, column: str, value: Value) -> str:
        """A value as people write it."""
        if value is None:
            return "—"
        if isinstance(value, int):
            return self.amount(answer.view.units.get(column, ""), value)
        return self.term(str(plain(value)))

    def amount(self, unit: str, value: int) -> str:
        """Minutes as hours, cents as euros, all else as a number."""
        if unit == "minutes":
            return formatting.hours(value, self.locale)
        if unit == "cents":
            return formatting.money(Decimal(value) / 100, "EUR", self.locale)
        return self.number(value)

    def term(self, text: str) -> str:
        """The label of a concept, the title of a garden here, a month in words, a day; else the text itself."""
        label = self.vocabulary.label(text, self.locale) or self.title_of(text)
        if label:
            return label
        if _MONTH.fullmatch(text):
            return str(format_date(date.fromisoformat(f"{text}-01"), "MMM y", locale=self.locale))
        if "T" in text and text[:4].isdecimal() and text[4:5] == "-":
            return formatting.day(text[:10], self.locale) if text[10:11] == "T" else text
        return formatting.without_scheme(text) if text.startswith("http") else text


def table(answer: Answer, reader: Reader, address: Callable[[str], str | None] | None = None) -> dict[str, object]:
    """Head, rows and places of the amounts, for the table beside every chart; `address` leads on from a key."""

    def cell(name: str, value: Value) -> str:
        text = reader.cell(answer, name, value)
        href = address(str(plain(value))) if address is not None and name in answer.keys else None
        return Markup('<a href="{}">{}</a>').format(href, text) if href else text

    return {
        "head": [reader.column(name) for name in answer.columns],
        "rows": [[cell(name, value) for name, value in zip(answer.columns, row, strict=True)] for row in answer.rows],
        "amounts": tuple(place for place, name in enumerate(answer.columns) if name not in answer.keys),
    }


def chart(answer: Answer, reader: Reader) -> tuple[Markup, list[tuple[int, str]]] | None:
    """The picture that the view's header asks for with its legend, or None when there is nothing to draw."""
    kind = answer.view.chart
    if not answer.rows or kind not in {"bar", "line", "tree"}:
        return None
    measure = next(name for name in answer.columns if name not in answer.keys)
    unit = reader.column(measure)
    title = answer.view.title[reader.locale]

    def number(value: int) -> str:
        return reader.amount(answer.view.units.get(measure, ""), value)

    if kind == "line":
        return _over_time(answer, reader, (title, unit), number)
    draw = charts.bars if kind == "bar" else charts.circles
    return draw(title, unit, _largest(answer, reader, measure)[: MOST[kind]], number), []


def left_out(answer: Answer) -> int:
    """How many rows the picture leaves to the table."""
    return max(0, len(answer.rows) - MOST.get(answer.view.chart, len(answer.rows)))


def totals(answer: Answer, reader: Reader) -> list[str]:
    """Sums of the hours and euros of a view that is not drawn: «3 966,00 € (rassemblé)»."""
    if answer.view.chart != "table":
        return []
    summed = [name for name in answer.columns if answer.view.units.get(name) in {"minutes", "cents"}]
    found = {name: sum(_whole(row[answer.columns.index(name)]) for row in answer.rows) for name in summed}
    return [f"{reader.amount(answer.view.units[name], value)} ({reader.column(name)})" for name, value in found.items()]


def fields(answer: Answer, day: date, reader: Reader) -> list[dict[str, object]]:
    """What can be chosen in a view: `{name, label, current, options [(value, words)]}`, no options for a free value.

    Offered are the values that numbers are kept for on `day`: others would be refused (ADR 0010).
    """
    found: list[dict[str, object]] = []
    for one in answer.view.parameters:
        if one.is_closed or not answer.view.threshold:
            options = [(value, _chosen(value, one.type, reader)) for value in one.values(day)] if one.is_closed else []
            label = reader.gettext(PARAMETERS[one.name]) if one.name in PARAMETERS else one.name
            current = answer.parameters.get(one.name, one.default)
            found.append({"name": one.name, "label": label, "current": current, "options": options})
    return found


def _chosen(value: str, kind: str, reader: Reader) -> str:
    return formatting.day(value, reader.locale) if kind == "date" else reader.term(value)


def _over_time(
    answer: Answer, reader: Reader, words: tuple[str, str], number: Callable[[int], str]
) -> tuple[Markup, list[tuple[int, str]]]:
    place = len(answer.keys)
    times = _without_gaps(sorted({str(plain(row[0])) for row in answer.rows}))
    names = [reader.term(one) for one in times]
    if place == 1:
        values = {str(plain(row[0])): _whole(row[place]) for row in answer.rows}
        return charts.line(*words, names, [values.get(one, 0) for one in times], number), []
    layers = sorted({str(plain(row[1])) for row in answer.rows})
    found = {(str(plain(row[0])), str(plain(row[1]))): _whole(row[place]) for row in answer.rows}
    series = {reader.term(layer): [found.get((time, layer), 0) for time in times] for layer in layers}
    return charts.columns(*words, names, series, number), charts.legend(list(series))


def _without_gaps(times: list[str]) -> list[str]:
    """Every month between the first and the last, so that a month without a number keeps its place on the axis."""
    if not times or not all(map(_MONTH.fullmatch, times)):
        return times
    first, last = (int(one[:4]) * 12 + int(one[5:]) - 1 for one in (times[0], times[-1]))
    return [f"{month // 12:04}-{month % 12 + 1:02}" for month in range(first, last + 1)]


def _largest(answer: Answer, reader: Reader, measure: str) -> list[tuple[str, int]]:
    place = answer.columns.index(measure)
    names = [answer.columns.index(key) for key in answer.keys]
    rows = [
        (" · ".join(reader.cell(answer, answer.columns[one], row[one]) for one in names), _whole(row[place]))
        for row in answer.rows
    ]
    return sorted(rows, key=lambda row: -row[1])


def _whole(value: Value) -> int:
    return value if isinstance(value, int) else 0
