"""S38: patches that are made to be dear, and patches of random bytes; the server answers and nothing is half done."""

import pytest
from fixtures_pods import people
from hypothesis import given
from hypothesis import strategies as st

from pod_app.errors import Conflict, Invalid, PodAppError, TooComplex, TooLarge, Unreadable
from pod_app.standards import n3_patch, patch, sparql_update

HEAD = b"@prefix solid: <http://www.w3.org/ns/solid/terms#>. _:p a solid:InsertDeletePatch; "
IRI = "https://garden.example/alice/private/x"
DENSE = "".join(f"<#{one}> <urn:p> <#{other}> .\n" for one in range(30) for other in range(30) if one != other)


def clique(size):
    """Conditions that only a clique fits: every node linked to itself, which no node is, comes last."""
    links = " ".join(f"?v{one} <urn:p> ?v{other} ." for one in range(size) for other in range(size) if one != other)
    return f"{links} ?v0 <urn:p> ?v0 .".encode()


DEAR = {
    "a clique of conditions": (b"solid:where { " + clique(12) + b" }.", {409, 422}),
    "a chain of anonymous nodes": (
        b"solid:where { " + b" ".join(b"_:n%d <urn:p> _:n%d ." % (n, n + 1) for n in range(200)) + b" }.",
        {204, 422}),
    "a cross product": (b"solid:where { ?a <urn:p> ?b. ?c <urn:p> ?d. ?e <urn:p> ?f. ?f <urn:q> ?a }.", {409, 422}),
    "blank nodes without end": (b"solid:inserts { " + b"<> <urn:p> [ <urn:p> [] ] . " * 600 + b" }.", {413}),
    "deep nesting": (b"solid:inserts { <> <urn:p> " + b"[ <urn:p> " * 5000 + b"1" + b"]" * 5000 + b" }.", {422}),
    "deep lists": (b"solid:inserts { <> <urn:p> " + b"(" * 5000 + b")" * 5000 + b" }.", {422}),
    "many statements": (b"solid:inserts { " + b"".join(b"<> <urn:p> %d . " % n for n in range(1001)) + b" }.", {413}),
    "a large text": (b"solid:inserts { <> <urn:p> '" + b"x" * 300_000 + b"' }.", {413}),
    "quotes without end": (b"solid:inserts { <> <urn:p> " + b"'''\"\"\"" * 20_000, {400}),
    "words without end": (b"a-" * 100_000, {400}),
    "absent deletions": (b"solid:deletes { " + b"".join(b"<> <urn:p> %d . " % n for n in range(900)) + b" }.", {409}),
}  # fmt: skip


@pytest.mark.parametrize("name", DEAR)
def test_s38_a_patch_that_is_made_to_be_dear_is_answered(installation, name):
    body, statuses = DEAR[name]
    alice, _ = people(installation, "alice")
    alice.put("/alice/private/x", DENSE.encode())
    before = alice.get("/alice/private/x").content
    assert alice("PATCH", "/alice/private/x", HEAD + body, "text/n3").status_code in statuses
    assert alice.get("/alice/private/x").content == before


def test_s38_an_update_may_change_only_so_much(installation):
    alice, _ = people(installation, "alice")
    alice.put("/alice/private/x", DENSE.encode())
    before = alice.get("/alice/private/x").content
    for text in (
        b"DELETE { ?s ?p ?o } INSERT { ?s <urn:q> ?o } WHERE { ?s ?p ?o }",
        b"INSERT { ?a <urn:q> ?d } WHERE { ?a ?b ?c . ?d ?e ?f }",
    ):
        answer = alice("PATCH", "/alice/private/x", text, "application/sparql-update")
        assert answer.status_code in {413, 422}
        assert alice.get("/alice/private/x").content == before


WORDS = (
    "solid:where solid:inserts solid:deletes solid:InsertDeletePatch { } { } ?x ?y _:b <#a> a . . ; , [ ] ( ) 't' 01 "
    "''' # @fr ^^ < => ! is of \\ @prefix INSERT DELETE DATA WHERE PREFIX LOAD x:y é $z"
)
PIECES = st.lists(
    st.sampled_from([*WORDS.split(" "), "INSERT DATA {", "PREFIX x: <urn:x:>", "\n", "\x00"]), max_size=25
)


def outcome(parse, text):
    """What became of a patch on an empty document: applied, or refused for a known reason."""
    try:
        patch.apply(parse(text, IRI), ())
    except PodAppError as error:
        return type(error), error.remedy
    return None, "applied"


REFUSALS = {None, Unreadable, Invalid, TooComplex, TooLarge, Conflict}


@given(PIECES, st.booleans())
def test_s38_whatever_is_sent_is_a_patch_or_a_sentence(pieces, headed):
    text = " ".join(pieces).encode()
    for parse in (n3_patch.parse, sparql_update.parse):
        kind, told = outcome(parse, HEAD + text if headed and parse is n3_patch.parse else text)
        assert kind in REFUSALS
        assert told


@given(st.binary(max_size=80))
def test_s38_random_bytes_are_refused_with_a_sentence(data):
    for parse in (n3_patch.parse, sparql_update.parse):
        kind, told = outcome(parse, data)
        assert kind in REFUSALS
        assert told
