"""Random patches of random documents against a model: sets of strings, every assignment tried (I7 to I9, I15, J1).

A failing example is printed with the line that runs it again.
"""

import itertools

import pytest
from hypothesis import Phase, event, given, settings
from hypothesis import strategies as st

from pod_app.errors import Conflict, Invalid
from pod_app.standards import n3_patch, patch, rdf, sparql_update

TARGET = "http://e.example/document"
INTEGER = "<http://www.w3.org/2001/XMLSchema#integer>"
IRIS = [f"<http://e.example/{name}>" for name in "ab"]
LITERALS = [f'"1"^^{INTEGER}', f'"01"^^{INTEGER}', '"1"', '"1"@fr']
VARIABLES = ["?x", "?y", "?longer-2"]
ANYTHING = ["_:n", "_:m"]
STATEMENT = st.tuples(*map(st.sampled_from, (IRIS, IRIS, IRIS + LITERALS)))
DOCUMENT = st.frozensets(STATEMENT, min_size=1, max_size=8)
FILLED = st.tuples(*map(st.sampled_from, (IRIS * 2 + VARIABLES, IRIS * 3 + VARIABLES[1:], IRIS + VARIABLES + LITERALS)))
ASKED = st.tuples(
    *map(st.sampled_from, (IRIS + VARIABLES + ANYTHING, IRIS + VARIABLES[1:], IRIS + VARIABLES + LITERALS + ANYTHING))
)
NEARLY_ANY = st.tuples(st.lists(ASKED, max_size=3), st.lists(FILLED, max_size=2), st.lists(FILLED, max_size=2))
# All pass the check for variables that nothing binds, or little else would be tried.
STEP = NEARLY_ANY.map(lambda step: (step[0], *(_bound(step[0], part) for part in step[1:])))


def _bound(where, statements):
    return [one for one in statements if _names([one]) <= _names(where)]


# Without the phase that explains: it takes minutes.
PHASES = (Phase.explicit, Phase.reuse, Phase.generate, Phase.shrink)
many = settings(max_examples=200, deadline=None, print_blob=True, phases=PHASES)


def test_a_variable_may_have_any_name_that_n3_takes():
    step = ([("?a-b", IRIS[0], LITERALS[0]), ("?ª²", IRIS[0], LITERALS[1])], [], [("?a-b", IRIS[1], "?ª²")])
    document = frozenset({(IRIS[0], IRIS[0], LITERALS[0]), (IRIS[1], IRIS[0], LITERALS[1])})
    outcome = patch.apply(n3_patch.parse(_n3(step).encode(), TARGET), _read(document))
    assert _written(outcome.added) == [(IRIS[0], IRIS[1], IRIS[1])]
    with pytest.raises(Invalid) as refused:
        n3_patch.parse(_n3(([], [], [("?a-b", IRIS[0], IRIS[0])])).encode(), TARGET)
    assert refused.value.values["name"] == "a-b"


class RefusedError(Exception):
    """The model refuses this patch."""


@many
@given(DOCUMENT, STEP)
def test_an_n3_patch_does_what_the_model_does(document, step):
    _compare(document, lambda: n3_patch.parse(_n3(step).encode(), TARGET), [step], strict=True)


def _n3(step):
    where, deletes, inserts = map(_block, step)
    return (
        "@prefix solid: <http://www.w3.org/ns/solid/terms#>. <> a solid:InsertDeletePatch; "
        f"solid:where {{ {where} }}; solid:deletes {{ {deletes} }}; solid:inserts {{ {inserts} }}."
    )


@many
@given(DOCUMENT, st.lists(STEP, min_size=1, max_size=3))
def test_an_update_does_what_the_model_does(document, steps):
    written = [f"DELETE {{ {_block(d)} }} INSERT {{ {_block(i)} }} WHERE {{ {_block(w)} }}" for w, d, i in steps]
    _compare(document, lambda: sparql_update.parse(" ;\n".join(written).encode(), TARGET), steps, strict=False)


def _block(statements):
    return " ".join(f"{' '.join(statement)} ." for statement in statements)


def _compare(document, parse, steps, *, strict):
    try:
        expected = _modelled(document, steps, strict=strict)
    except RefusedError as refused:
        event(str(refused))
        with pytest.raises(Conflict):
            patch.apply(parse(), _read(document))
        return
    event("changed" if expected != document else "the same")
    outcome = patch.apply(parse(), _read(document))
    assert _written(outcome.statements) == sorted(expected)
    assert _written(outcome.removed) == sorted(document - expected)
    assert _written(outcome.added) == sorted(expected - document)


def _read(document):
    quads = rdf.parse(_block(document).replace(" . ", " .\n").encode(), rdf.N_TRIPLES, TARGET)
    return [tuple(quad.triple) for quad in quads]


def _written(statements):
    return sorted(tuple(map(str, statement)) for statement in statements)


def _modelled(document, steps, *, strict):
    now = set(document)
    for step in steps:
        now = _stepped(now, *step, strict=strict)
    return now


def _stepped(now, where, deletes, inserts, *, strict):
    solutions = _solutions(now, where)
    if strict and len(solutions) != 1:
        raise RefusedError(f"{min(len(solutions), 2)} solutions")
    gone = {_filled(statement, dict(solution)) for solution in solutions for statement in deletes}
    fresh = {_filled(statement, dict(solution)) for solution in solutions for statement in inserts}
    if any(subject.startswith('"') or predicate.startswith('"') for subject, predicate, _ in gone | fresh):
        raise RefusedError("a text in the wrong place")
    if strict and not gone <= now:
        raise RefusedError("deletes what is not there")
    return now - gone | fresh


def _solutions(now, where):
    """The assignments of what the document holds to variables that fit; of nodes without address only that some do."""
    unknown = sorted({term for statement in where for term in statement if term in VARIABLES + ANYTHING})
    terms = sorted({term for statement in now for term in statement})
    found = set()
    for values in itertools.product(terms, repeat=len(unknown)):
        binding = dict(zip(unknown, values, strict=True))
        if all(_filled(statement, binding) in now for statement in where):
            found.add(tuple((name, value) for name, value in binding.items() if name in VARIABLES))
    return found


def _filled(statement, binding):
    return tuple(binding.get(term, term) for term in statement)


def _names(statements):
    return {term for statement in statements for term in statement if term in VARIABLES}
