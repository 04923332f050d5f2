"""Partial rows between installations: a JSON object a line for each pod, then one with the coverage (ADR 0011).

`{"pod": WebID, "state": "answered", "person": WebID or null, "cells": {key: {"n": {…}, "b": {…}}}}` in the stored
form of `partial_rows`, without the bag of people; `"edges"` (N-Triples) instead of cells for views of scope union;
`"state": "refused"` and nothing else for every pod that gives nothing, whatever the reason. What comes in is believed
in nothing that the view's columns do not allow: an instance can only speak about pods it was asked for.
"""

import json
import re
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import pyoxigraph as ox

from pod_app.collective import partial_rows
from pod_app.collective.library import View
from pod_app.collective.partial_rows import BAGS, MOST, Cell, Cells
from pod_app.collective.plans import PEOPLE, Plan
from pod_app.collective.sources import ANSWERED, REFUSED
from pod_app.collective.unions import RDF_TYPE
from pod_app.errors import PodAppError
from pod_app.standards import strict_json

MEDIA_TYPE: Final = "application/jsonl"
MOST_CELLS: Final = 5_000
MOST_EDGES: Final = 20_000
MOST_MEMBERS: Final = 5_000
LONGEST_TERM: Final = 2_000
Line = dict[str, Any]
Documents = tuple[str, str | None, bytes]
"""A pod's name, who stands behind it, and what may be read there as N-Triples."""


class WrongAnswerError(ValueError):
    """Why an answer is not one."""


@dataclass(frozen=True, slots=True)
class Said:
    """What one pod elsewhere says to one view; `text` is the form in which it is kept."""

    state: str = REFUSED
    person: str | None = None
    cells: Cells = field(default_factory=dict)
    text: str = ""


def refused() -> Said:
    """What is kept of a pod that gives nothing to a view."""
    return Said()


def line(view: View, person: str | None, said: tuple[str, str]) -> Line:
    """What one pod here says to a view (state, stored rows), without its name."""
    state, text = said
    if state != ANSWERED:
        return {"state": REFUSED}
    if view.file.scope == "union":
        return {"state": ANSWERED, "person": person, "edges": text}
    cells = json.loads(text or "{}")
    for cell in cells.values():
        cell["b"].pop(PEOPLE, None)
    return {"state": ANSWERED, "person": person, "cells": cells}


def write(pods: Sequence[str], lines: Mapping[str, Line]) -> bytes:
    """The whole answer to these pods, in the order of the question."""
    said = [{"pod": pod, **lines.get(pod, {"state": REFUSED})} for pod in pods]
    answered = sum(one["state"] == ANSWERED for one in said)
    said.append({"coverage": {"asked": len(pods), "answered": answered, "refused": len(pods) - answered}})
    return "".join(f"{json.dumps(one, ensure_ascii=False)}\n" for one in said).encode()


def read(view: View, body: bytes, asked: Collection[str]) -> dict[str, Said]:
    """What each pod says, by WebID; a pod whose line is wrong counts as refused.

    Raises `WrongAnswerError` when the answer as a whole cannot be believed.
    """
    lines = [one for one in body.split(b"\n") if one.strip()]
    if len(lines) > len(asked) + 1:
        raise WrongAnswerError("it has more lines than pods were asked for")
    try:
        *objects, last = [strict_json.read_object(one) for one in lines]
    except (PodAppError, ValueError) as error:
        raise WrongAnswerError(f"it is not JSON lines ({error})") from error
    if set(last) != {"coverage"}:
        raise WrongAnswerError("it was cut: the line with the coverage is missing")
    found: dict[str, Said] = {}
    for one in objects:
        pod = one.get("pod")
        if not isinstance(pod, str) or pod not in asked or pod in found:
            raise WrongAnswerError(f"it speaks about {str(pod)[:200]}, which was not asked for or has spoken already")
        found[pod] = _said(view, one, asked)
    return {pod: found.get(pod) or refused() for pod in asked}


# -- steps ---------------------------------------------------------------------------------------


def _said(view: View, told: Mapping[str, Any], asked: Collection[str]) -> Said:
    try:
        if told.get("state") != ANSWERED:
            return refused()
        person = told.get("person")
        if person is not None and person not in asked:
            person = told["pod"]
        return _edges(view, told, person) if view.file.scope == "union" else _cells(view, told, person)
    except (WrongAnswerError, TypeError, ValueError, SyntaxError):
        return refused()


def _cells(view: View, told: Mapping[str, Any], person: str | None) -> Said:
    stored = _mapping(told.get("cells"), MOST_CELLS)
    cells = {_key(view.plan, key): _cell(view.plan, cell) for key, cell in stored.items()}
    if person is not None and not view.plan.has_headcount:
        for cell in cells.values():
            cell.bags[PEOPLE] = Counter([person])
    return Said(ANSWERED, person, cells, partial_rows.dumps(cells))


def _edges(view: View, told: Mapping[str, Any], person: str | None) -> Said:
    text = told.get("edges")
    if not isinstance(text, str) or text.count("\n") > MOST_EDGES:
        raise WrongAnswerError("edges are a text of N-Triples")
    lines = set()
    for one in ox.parse(text, ox.RdfFormat.N_TRIPLES):
        known = one.predicate.value in view.plan.predicates
        classed = one.predicate.value != RDF_TYPE or getattr(one.object, "value", "") in view.plan.classes
        if not (known and classed) or ox.BlankNode in {type(one.subject), type(one.object)}:
            raise WrongAnswerError("an edge is not one of the view's")
        lines.add(f"{one.subject} {one.predicate} {one.object} .")
    return Said(ANSWERED, person, {}, "\n".join(sorted(lines)))


def _key(plan: Plan, key: str) -> str:
    terms = json.loads(key)
    if not isinstance(terms, list) or len(terms) != len(plan.keys):
        raise WrongAnswerError("a key has other columns")
    if json.dumps([_term(term, empty=True) for term in terms], ensure_ascii=False) != key:
        raise WrongAnswerError("a key is not in its canonical form")
    return key


def _cell(plan: Plan, stored: Any) -> Cell:
    told = _mapping(stored, 2)
    if set(told) != {"n", "b"}:
        raise WrongAnswerError("a cell has numbers and bags")
    kinds = {measure.name: measure.kind for measure in plan.measures}
    numbers = {name: _number(value) for name, value in _mapping(told["n"], len(kinds) * 2 + 1).items()}
    plain = {name for name, kind in kinds.items() if kind not in BAGS}
    known = {"rows", *plain, *(f"{name}/n" for name, kind in kinds.items() if kind == "avg")}
    bags = {name: _bag(kinds.get(name, ""), members) for name, members in _mapping(told["b"], len(kinds)).items()}
    rows = numbers.get("rows", 0)
    counts = [numbers.get(name, 0) for name, kind in kinds.items() if kind == "count"]
    if not numbers.keys() <= known or rows < 1 or max(counts, default=0) > rows:
        raise WrongAnswerError("a cell has other columns, or counts more than its rows")
    return Cell(Counter(numbers), bags)


def _bag(kind: str, members: Any) -> Counter[str]:
    most = {"distinct": MOST_MEMBERS, "min": 1, "max": 1}.get(kind, 0)
    if not isinstance(members, list) or not 0 < len(members) <= most or len(set(members)) < len(members):
        raise WrongAnswerError("a bag is not one of the view's")
    for member in members:
        term = member if kind == "distinct" else partial_rows.unranked(member)
        if kind != "distinct" and partial_rows.ranked(_term(term)) != member:
            raise WrongAnswerError("a member is not in its canonical form")
        _term(term)
    return Counter(members)


def _term(text: Any, *, empty: bool = False) -> str:
    """A name or a literal in N-Triples form, and nothing behind it."""
    if empty and text == "":
        return ""
    if not isinstance(text, str) or len(text) > LONGEST_TERM or not re.match(r'[<"]', text):
        raise WrongAnswerError("a value is neither a name nor a literal")
    found = list(ox.parse(f"<urn:s> <urn:p> {text} .", ox.RdfFormat.N_TRIPLES))
    if len(found) != 1 or str(found[0].object) != text:
        raise WrongAnswerError("a value is not in its canonical form")
    return text


def _number(value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= MOST:
        raise WrongAnswerError("a measure is a whole number, not below 0 and not beyond belief")
    return value


def _mapping(value: Any, most: int) -> Mapping[str, Any]:
    if not isinstance(value, dict) or len(value) > most:
        raise WrongAnswerError("an object is missing, or has too many members")
    return value
