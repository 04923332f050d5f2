"""What a patch means, whichever language it was written in: find, take away, add.

Terms are compared as they are written (solid.md I15: `1` is not `01`), which is why the matching is done
here and not by a store: Oxigraph's keeps the value of a number and forgets its form. Work is counted in
looks at statements, not in time, so that the same patch always ends in the same way (trust.md S38).
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

import pyoxigraph as ox

from pod_app.errors import N_, Conflict, Invalid, TooComplex, TooLarge

Term = ox.NamedNode | ox.BlankNode | ox.Literal | ox.Variable
Pattern = tuple[Term, Term, Term]
Binding = Mapping[ox.Variable, Term]
Statements = dict[Pattern, None]
"""Statements without variables, in order and without repeats."""

MAX_STATEMENTS: Final = 1_000
"""Statements that a patch may hold, and that it may change."""
MAX_LOOKS: Final = 300_000
"""Looks at statements that solving may take: well below a second."""


@dataclass(frozen=True, slots=True)
class Operation:
    """One step: for each solution of `where`, take `deletes` away, then add `inserts`."""

    where: tuple[Pattern, ...] = ()
    deletes: tuple[Pattern, ...] = ()
    inserts: tuple[Pattern, ...] = ()


@dataclass(frozen=True, slots=True)
class Patch:
    """Steps in their order, and the prefixes that were used to write them.

    A `strict` one (N3 Patch) wants exactly one solution and only deletes what is there; SPARQL Update
    takes as many solutions as there are and does not mind what is missing.
    """

    operations: tuple[Operation, ...]
    prefixes: Mapping[str, str] = field(default_factory=dict)
    strict: bool = True

    @property
    def has_where(self) -> bool:
        """Whether it looks at what is there."""
        return any(operation.where for operation in self.operations)

    @property
    def has_deletes(self) -> bool:
        """Whether it takes anything away."""
        return any(operation.deletes for operation in self.operations)

    @property
    def is_empty(self) -> bool:
        """Whether it says nothing at all."""
        return not any(one.where or one.deletes or one.inserts for one in self.operations)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a document holds after a patch, and how that differs from before."""

    statements: tuple[Pattern, ...]
    removed: frozenset[Pattern]
    added: frozenset[Pattern]


def variable_of(name: str) -> ox.Variable:
    """The variable for a name: N3 takes names, such as `a-b`, that pyoxigraph does not, so odd signs become numbers."""
    return ox.Variable("_" + re.sub("[^A-Za-z0-9]", lambda odd: f"·{ord(odd[0])}·", name))


def _as_written(variable: ox.Variable) -> str:
    return re.sub("·([0-9]+)·", lambda number: chr(int(number[1])), variable.value[1:])


def checked(operation: Operation) -> Operation:
    """The same operation; raises `Invalid` for a variable that nothing binds or a blank node that cannot be found."""
    known = set(_variables(operation.where))
    for variable in _variables((*operation.deletes, *operation.inserts)):
        if variable not in known:
            raise Invalid(
                N_("The variable ?{name} is not bound by the conditions of this patch."),
                N_("Use only variables that occur in its where part."), name=_as_written(variable),
            )  # fmt: skip
    if any(isinstance(term, ox.BlankNode) for pattern in operation.deletes for term in pattern):
        raise Invalid(
            N_("What this patch takes away names a node without an address."),
            N_("Find it by a variable in the where part, and delete by that variable."),
        )
    return operation


def refuse_large(operations: Iterable[Operation]) -> None:
    """Raise `TooLarge` for more statements than a patch may hold (S38)."""
    _refuse_many(sum(len(one.where) + len(one.deletes) + len(one.inserts) for one in operations))


def apply(patch: Patch, document: Iterable[Pattern]) -> Outcome:
    """Apply all steps to a document or raise: nothing in between (I7, I8, I9).

    Raises `Conflict` where a strict patch does not fit, `TooComplex` and `TooLarge` beyond the limits.
    """
    before: Statements = dict.fromkeys(document)
    now = dict(before)
    for operation in patch.operations:
        _step(operation, now, strict=patch.strict)
    removed = frozenset(one for one in before if one not in now)
    added = frozenset(one for one in now if one not in before)
    _refuse_many(len(removed) + len(added))
    return Outcome(tuple(now), removed, added)


def _step(operation: Operation, now: Statements, *, strict: bool) -> None:
    solutions = _solutions(operation, now, limit=2 if strict else MAX_STATEMENTS + 1)
    if strict and len(solutions) != 1:
        raise _unclear(len(solutions))
    _refuse_many(len(solutions) * max(len(operation.deletes), len(operation.inserts)))
    gone = [_filled(pattern, binding) for binding in solutions for pattern in operation.deletes]
    if strict:
        _require_present(gone, now)
    fresh = [one for binding in solutions for one in _instances(operation.inserts, binding)]
    for statement in gone:
        now.pop(statement, None)
    now.update(dict.fromkeys(fresh))


def _solutions(operation: Operation, now: Statements, limit: int) -> list[Binding]:
    """Different solutions as to the named variables: blank nodes of the conditions only say that something exists."""
    if not operation.where:
        return [{}]
    named = dict.fromkeys(_variables(operation.where))
    found: dict[tuple[Term, ...], Binding] = {}
    for binding in _Solver(now).solve(_with_variables(operation.where)):
        found.setdefault(tuple(binding[name] for name in named), binding)
        if len(found) >= limit:
            break
    return list(found.values())


def _with_variables(where: Sequence[Pattern]) -> list[Pattern]:
    """Blank nodes as variables that nobody can name: names that people write hold no middle dot."""

    def open_to_all(term: Term) -> Term:
        return ox.Variable(f"b·{term.value}") if isinstance(term, ox.BlankNode) else term

    return [(open_to_all(s), p, open_to_all(o)) for s, p, o in where]


def _variables(patterns: Iterable[Pattern]) -> Iterator[ox.Variable]:
    return (term for pattern in patterns for term in pattern if isinstance(term, ox.Variable))


def _instances(inserts: Sequence[Pattern], binding: Binding) -> list[Pattern]:
    nodes = _Fresh()
    return [_filled(pattern, binding, nodes) for pattern in inserts]


class _Fresh(dict[str, ox.BlankNode]):
    """New blank nodes for the labels of a template, once per solution (I9)."""

    def __missing__(self, label: str) -> ox.BlankNode:
        return self.setdefault(label, ox.BlankNode())


def _filled(pattern: Pattern, binding: Binding, nodes: _Fresh | None = None) -> Pattern:
    def fill(term: Term) -> Term:
        if isinstance(term, ox.Variable):
            return binding[term]
        return nodes[term.value] if nodes is not None and isinstance(term, ox.BlankNode) else term

    subject, predicate, value = (fill(term) for term in pattern)
    if isinstance(subject, ox.Literal) or not isinstance(predicate, ox.NamedNode):
        raise Conflict(
            N_("With what is there now, this patch would make a statement about the text {text}."),
            N_("Use the variable only where a text may stand."), text=str(subject)[:80],
        )  # fmt: skip
    return subject, predicate, value


def _require_present(gone: Iterable[Pattern], now: Statements) -> None:
    for statement in gone:
        if statement not in now:
            raise Conflict(
                N_("This patch deletes a statement that is not there: {statement}"),
                N_("Read the document again and make the patch anew."),
                statement=" ".join(str(term) for term in statement)[:300],
            )


def _unclear(count: int) -> Conflict:
    remedy = N_("Read the document again and make the patch anew.")
    if count == 0:
        return Conflict(N_("Nothing in the document fits the conditions of this patch."), remedy)
    return Conflict(N_("The conditions of this patch fit in more than one way."), N_("Say more exactly what is meant."))


def _refuse_many(count: int) -> None:
    if count > MAX_STATEMENTS:
        raise TooLarge(
            N_("This patch has or changes {count} statements; at most {limit} are taken."),
            N_("Split it, or replace the whole document."), count=count, limit=MAX_STATEMENTS,
        )  # fmt: skip


class _Solver:
    """Finds every way in which patterns fit statements, the narrowest pattern first."""

    def __init__(self, statements: Iterable[Pattern]) -> None:
        self._all = list(statements)
        self._present = frozenset(self._all)
        self._by: tuple[dict[Term, list[Pattern]], ...] = (defaultdict(list), defaultdict(list), defaultdict(list))
        for statement in self._all:
            for place, index in enumerate(self._by):
                index[statement[place]].append(statement)
        self._looks = 0

    def solve(self, patterns: Sequence[Pattern]) -> Iterator[Binding]:
        """Yield each solution; raises `TooComplex` after `MAX_LOOKS` looks."""
        bound = [pattern for pattern in patterns if not any(isinstance(term, ox.Variable) for term in pattern)]
        if self._present.issuperset(bound):
            yield from self._search([pattern for pattern in patterns if pattern not in bound], {})

    def _search(self, left: list[Pattern], first: dict[ox.Variable, Term]) -> Iterator[dict[ox.Variable, Term]]:
        """Depth first with a stack of our own: a patch of a thousand patterns must not exhaust Python's."""
        stack = [(left, first)]
        while stack:
            patterns, binding = stack.pop()
            if not patterns:
                yield binding
                continue
            place, candidates = self._narrowest(patterns, binding)
            rest = patterns[:place] + patterns[place + 1 :]
            for statement in candidates:
                self._count(1)
                fitting = _fit(patterns[place], statement, binding)
                if fitting is not None:
                    stack.append((rest, fitting))

    def _narrowest(self, patterns: Sequence[Pattern], binding: Binding) -> tuple[int, Sequence[Pattern]]:
        best, fewest = 0, self._all
        for place, pattern in enumerate(patterns):
            candidates = self._candidates(pattern, binding)
            if len(candidates) < len(fewest):
                best, fewest = place, candidates
            if len(fewest) <= 1:
                break
        self._count(place + 1)
        return best, fewest

    def _candidates(self, pattern: Pattern, binding: Binding) -> list[Pattern]:
        fewest = self._all
        for term, index in zip(pattern, self._by, strict=True):
            known = binding.get(term) if isinstance(term, ox.Variable) else term
            if known is not None and len(found := index.get(known, [])) < len(fewest):
                fewest = found
        return fewest

    def _count(self, looks: int) -> None:
        self._looks += looks
        if self._looks > MAX_LOOKS:
            raise TooComplex(
                N_("The conditions of this patch take too long to be found in the document."),
                N_("Name more of what is meant by its address."),
            )


def _fit(pattern: Pattern, statement: Pattern, binding: dict[ox.Variable, Term]) -> dict[ox.Variable, Term] | None:
    found = binding
    for wanted, there in zip(pattern, statement, strict=True):
        if not isinstance(wanted, ox.Variable):
            if wanted != there:
                return None
        elif (known := found.get(wanted)) is None:
            found = {**found, wanted: there}
        elif known != there:
            return None
    return found
