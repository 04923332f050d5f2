"""S10: RDF bodies made to exhaust a reader are refused in words, quickly, and never take the process along."""

import faulthandler
import time

import pytest

from pod_app.errors import Invalid, TooComplex, TooLarge, Unreadable
from pod_app.standards import rdf
from pod_app.storage.sandbox import Sandbox

BASE = "http://localhost:8000/alice/bomb"
HANG = 60
"""Seconds after which a test counts as hung: a loose guard, no measure."""

XML = '<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns:e="http://e.example/">{}</rdf:RDF>'


def nested(opening, closing, count, inner=""):
    return opening * count + inner + closing * count


def many_statements():
    return "".join(f"<s{n}> <p> {n} .\n" for n in range(510_000))


BOMBS = {
    "200k nested lists": (rdf.TURTLE, lambda: f"<a> <b> {nested('( ', ') ', 200_000)} .", TooComplex),
    "200k nested blank nodes": (rdf.TURTLE, lambda: f"<a> <b> {nested('[ <p> ', '] ', 200_000, '1')} .", TooComplex),
    "nested lists behind a quote in a comment": (
        rdf.TURTLE,
        lambda: f'# "\n<a> <b> {nested("(", ")", 200_000)} . # "',
        TooComplex,
    ),
    "nested lists behind an escaped hash": (
        rdf.TURTLE,
        lambda: f"@prefix e: <x:> . <a> e:b\\# {nested('(', ')', 200_000)} .",
        TooComplex,
    ),
    "100k nested formulas": (rdf.N3, lambda: f"<a> <b> {nested('{ <a> <b> ', '} ', 100_000, '1')} .", TooComplex),
    "100k quoted triples": (
        rdf.TURTLE,
        lambda: f"<a> <b> {nested('<< <a> <b> ', ' >>', 100_000, '<c>')} .",
        TooComplex,
    ),
    "deep arrays in JSON-LD": (rdf.JSON_LD, lambda: f'{{"http://p": {nested("[", "]", 500_000)}}}', TooComplex),
    "deep objects in JSON-LD": (rdf.JSON_LD, lambda: nested('{"http://p": ', "}", 100_000, "1"), TooComplex),
    "deep contexts in JSON-LD": (rdf.JSON_LD, lambda: nested('{"@context": ', "}", 90, "{}"), (TooComplex, Unreadable)),
    "a number of a million digits": (rdf.JSON_LD, lambda: f'{{"http://p": {"9" * 1_000_000}}}', Unreadable),
    "a literal of a million characters": (rdf.TURTLE, lambda: f'<a> <b> "{"x" * 1_000_000}" .', TooLarge),
    "an IRI of a million characters": (rdf.TURTLE, lambda: f"<a> <b> <http://e/{'x' * 1_000_000}> .", TooLarge),
    "an IRI of a million characters in N-Quads": (
        rdf.N_QUADS,
        lambda: f"<http://a> <http://b> <http://e/{'x' * 1_000_000}> .",
        TooLarge,
    ),
    "a long prefix used often": (
        rdf.TURTLE,
        lambda: f"@prefix e: <http://e/{'x' * 60_000}/> .\n" + "e:a e:b e:c .\n" * 20_000,
        TooLarge,
    ),
    "200k prefixes": (
        rdf.TURTLE,
        lambda: "".join(f"@prefix p{n}: <http://e/{n}> .\n" for n in range(200_000)) + "<a> <b> <c> .",
        TooComplex,
    ),
    "half a million statements": (rdf.TURTLE, many_statements, TooLarge),
    "eleven million bytes": (rdf.TURTLE, lambda: "#" * 11_000_000, TooLarge),
    "deep elements in RDF/XML": (
        rdf.RDF_XML,
        lambda: XML.format(nested("<e:A><e:p>", "</e:p></e:A>", 50_000)),
        TooComplex,
    ),
    "an endless string": (rdf.TURTLE, lambda: '<a> <b> "' + "\\" * 999_999 + '("' * 200, (Unreadable, TooComplex)),
    "quotes that never close": (rdf.TURTLE, lambda: '<a> <b> """' + '""x' * 300_000, (Unreadable, TooLarge)),
    "only opening angles": (rdf.TURTLE, lambda: "<" * 1_000_000, (Unreadable, TooComplex)),
    "a remote context": (rdf.JSON_LD, lambda: '{"@context": "http://127.0.0.1:9/", "a": 1}', Invalid),
}


@pytest.fixture(autouse=True)
def hang_guard():
    faulthandler.dump_traceback_later(HANG, exit=True)
    yield
    faulthandler.cancel_dump_traceback_later()


@pytest.mark.parametrize("name", BOMBS)
def test_s10_a_bomb_is_refused_in_words(name):
    media_type, make, error = BOMBS[name]
    body = make().encode()
    with pytest.raises(error) as caught:
        rdf.parse(body, media_type, BASE)
    assert caught.value.detail
    assert len(str(caught.value)) < 1000


def test_s10_the_corpus_has_at_least_fifteen_bombs():
    assert len(BOMBS) >= 15


def test_s10_a_large_honest_document_still_passes():
    statements = "".join(f"<s{n}> <p> {n}, [ <q> ( 1 2 ) ] .\n" for n in range(5_000))
    assert len(rdf.parse(statements.encode(), rdf.TURTLE, BASE)) == 7 * 5_000


def test_s10_a_slow_bomb_dies_in_the_sandbox_while_the_program_goes_on():
    sandbox = Sandbox()
    try:
        with pytest.raises(TooComplex):
            sandbox.run(time.sleep, 30, seconds=0.3, memory_bytes=2**28)
        assert sandbox.run(rdf.is_rdf, rdf.TURTLE, seconds=20, memory_bytes=2**28)
    finally:
        sandbox.close()
