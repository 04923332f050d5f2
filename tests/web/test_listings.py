"""Containers of many members: complete in every syntax, written page by page, and cheap for each member (S40, V3)."""

import os
import tracemalloc

import pyoxigraph as ox
import pytest
from fixtures_pods import people

from pod_app.pods.access import PROGRAM
from pod_app.standards import rdf
from pod_app.standards.addresses import Address
from pod_app.web.solid import listings
from pod_app.web.solid.representations import SYNTAXES

MANY = 100_000 if os.environ.get("POD_APP_LONG") else 10_000
LDP = "http://www.w3.org/ns/ldp#"
STAT = "http://www.w3.org/ns/posix/stat#"
HOSTILE = ("a&b", "l'%C3%A9t%C3%A9", "x;y=1,2", "$(z)")


def fill(alice, container, count):
    """So many small members, in a few transactions."""
    resources = alice.installation.services.resources
    alice.put(container)
    body = resources.prepare_beside(Address("alice", "private/x"), b"x", "text/plain")

    def some(writing, numbers):
        for number in numbers:
            writing.put(Address("alice", f"{container.removeprefix('/alice/')}m{number:06}"), body)

    for start in range(0, count, 5000):
        numbers = range(start, min(start + 5000, count))
        resources.write(PROGRAM, lambda writing, numbers=numbers: some(writing, numbers))


def triples(answer, syntax, iri):
    assert answer.status_code == 200
    return {quad.triple for quad in rdf.parse(answer.content, syntax, iri, rdf.Limits(2**30, 10**7))}


@pytest.fixture
def garden(installation):
    """A container with a title, members with hostile names, one inside another, and one without a plain type."""
    alice = people(installation, "alice")[0]
    alice.put("/alice/private/g/", b'<> <http://purl.org/dc/terms/title> "Potager" ; <urn:x> [ <urn:y> "}\\n<" ] .')
    for name in HOSTILE:
        assert alice.put(f"/alice/private/g/{name}", b"abc", "text/plain").status_code == 201
    alice.put("/alice/private/g/inside/")
    alice.put("/alice/private/g/strange", b"{}", "application/x-a+b; charset=utf-8")
    return alice


@pytest.mark.parametrize("page", [1, 3, 1000])
@pytest.mark.parametrize("syntax", SYNTAXES)
def test_e1_e2_e8_every_syntax_tells_the_same_whatever_the_page(garden, monkeypatch, syntax, page):
    iri = f"{garden.installation.base}alice/private/g/"
    whole = triples(garden.get("/alice/private/g/", Accept=rdf.N_TRIPLES), rdf.N_TRIPLES, iri)
    monkeypatch.setattr(listings, "PAGE", page)
    told = triples(garden.get("/alice/private/g/", Accept=syntax), syntax, iri)
    named = {triple for triple in whole if not _blank(triple)}
    assert {triple for triple in told if not _blank(triple)} == named
    assert len(told) == len(whole)
    contained = {triple.object.value for triple in told if triple.predicate.value == f"{LDP}contains"}
    assert len(contained) == len(HOSTILE) + 2
    assert f"{iri}inside/" in contained
    sizes = {triple.object.value for triple in told if triple.predicate.value == f"{STAT}size"}
    assert sizes == {"3", "2"}


def _blank(triple):
    return any(isinstance(node, ox.BlankNode) for node in (triple.subject, triple.object))


def test_an_empty_container_is_well_formed_in_every_syntax(garden):
    iri = f"{garden.installation.base}alice/private/g/inside/"
    for syntax in SYNTAXES:
        told = triples(garden.get("/alice/private/g/inside/", Accept=syntax), syntax, iri)
        assert {triple.object.value for triple in told} == {f"{LDP}{kind}" for kind in listings._KINDS}


def test_s40_a_container_of_ten_thousand_members_is_listed_whole_in_little_memory(installation):
    alice = people(installation, "alice")[0]
    fill(alice, "/alice/private/crowd/", MANY)
    address = Address("alice", "private/crowd/")
    resources = installation.services.resources
    for syntax in (rdf.TURTLE, rdf.JSON_LD, rdf.N_TRIPLES):
        listing = listings.Listing(resources, resources.read(PROGRAM, address), syntax)
        assert not listing.short
        tracemalloc.start()
        size = sum(len(piece) for piece in listing)
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        assert size > 100 * MANY
        assert peak < 5 * 2**20  # however many members there are
    iri = f"{installation.base}alice/private/crowd/"
    answer = alice.get("/alice/private/crowd/", Accept=rdf.TURTLE)
    told = triples(answer, rdf.TURTLE, iri)
    contained = {triple.object.value for triple in told if triple.predicate.value == f"{LDP}contains"}
    assert contained == {f"{iri}m{number:06}" for number in range(MANY)}


def test_s40_members_and_conditions_of_a_crowded_container_need_no_listing(installation, monkeypatch):
    alice = people(installation, "alice")[0]
    fill(alice, "/alice/private/crowd/", 3000)
    etag = alice.get("/alice/private/crowd/", Accept=rdf.TURTLE).headers["ETag"]

    def refuse(*_):
        raise AssertionError("the members were looked at")

    monkeypatch.setattr(type(installation.services.resources), "page", refuse)
    assert alice.get("/alice/private/crowd/", Accept=rdf.TURTLE, If_None_Match=etag).status_code == 304
    assert alice.get("/alice/private/crowd/m000007").content == b"x"
    assert alice.put("/alice/private/crowd/m000007", b"y", "text/plain").status_code == 204
    assert alice.put("/alice/private/crowd/new", b"y", "text/plain").status_code == 201
    assert alice("DELETE", "/alice/private/crowd/new").status_code == 204
