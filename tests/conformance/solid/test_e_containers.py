"""Containers and what they contain (solid.md E)."""

import json
from email.utils import parsedate_to_datetime

import pyoxigraph as ox
import pytest
from fixtures_pods import TEXT, links

from pod_app.standards import rdf
from pod_app.standards.namespaces import DCTERMS, LDP, POSIX, RDF, XSD

BOX = "/alice/private/"
HERE = "https://garden.example/alice/private/"
BASIC = f'<{LDP.iri}BasicContainer>; rel="type"'


def triples(person, target, accept=rdf.TURTLE):
    answer = person.get(target, Accept=accept)
    assert answer.status_code == 200, answer.text
    found = rdf.parse(answer.content, accept, f"https://garden.example{target}")
    return {(quad.subject, quad.predicate, quad.object) for quad in found}


def members(person, target, accept=rdf.TURTLE):
    here = ox.NamedNode(f"https://garden.example{target}")
    return {o.value for s, p, o in triples(person, target, accept) if (s, p) == (here, LDP["contains"])}


@pytest.mark.parametrize("target", ["/alice/", BOX])
@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_e1_a_container_says_that_it_is_one_in_headers_and_in_rdf(alice, target, method):
    kinds = {f"{LDP.iri}{name}" for name in ("Resource", "Container", "BasicContainer")}
    assert kinds <= set(links(alice(method, target), "type"))
    here = ox.NamedNode(f"https://garden.example{target}")
    assert {(here, RDF["type"], ox.NamedNode(kind)) for kind in kinds} <= triples(alice, target)


def test_e2_a_listing_shows_the_direct_members_and_only_them(alice):
    alice.put(f"{BOX}a/b/c", b"")
    alice.put(f"{BOX}d.txt", b"", "text/plain")
    alice.put(f"{BOX}d.txt.meta", b"<d.txt> <urn:p> 1.")
    assert members(alice, BOX) == {f"{HERE}t.txt", f"{HERE}g", f"{HERE}a/", f"{HERE}d.txt"}
    assert members(alice, f"{BOX}a/", rdf.JSON_LD) == {f"{HERE}a/b/"}
    alice("DELETE", f"{BOX}a/b/c")
    assert members(alice, f"{BOX}a/b/") == set()
    assert members(alice, f"{BOX}a/") == {f"{HERE}a/b/"}


def test_e3_a_put_makes_every_missing_ancestor_and_each_is_listed(alice):
    assert alice.put(f"{BOX}x/y/z.txt", b"hello", "text/plain").status_code == 201
    assert f"{HERE}x/" in members(alice, BOX)
    assert members(alice, f"{BOX}x/") == {f"{HERE}x/y/"}
    assert members(alice, f"{BOX}x/y/") == {f"{HERE}x/y/z.txt"}


TAMPERING = [
    f"<> <{LDP.iri}contains> <x>.",
    f"<g> <{DCTERMS.iri}modified> '2026-01-01T00:00:00Z'.",
    f"<g> <{POSIX.iri}size> 1.",
    f"<g> <{POSIX.iri}mtime> 1.",
    "<g> a <http://www.w3.org/ns/iana/media-types/text/plain#Resource>.",
]


@pytest.mark.parametrize("body", TAMPERING)
def test_e4_e5_nobody_writes_what_the_server_keeps_about_members(alice, body):
    before = triples(alice, BOX)
    for answer in (
        alice.put(BOX, body.encode()),
        alice.put(f"{BOX}new/", body.encode()),
        alice("POST", BOX, body.encode(), Link=BASIC),
    ):
        assert answer.status_code == 409
        assert "kept by the server" in answer.json()["detail"]
    assert triples(alice, BOX) == before
    assert alice.get(f"{BOX}new/").status_code == 404
    assert alice.put(f"{BOX}document", body.encode()).status_code == 201


def test_e4_a_put_never_takes_members_out(alice):
    before = members(alice, BOX)
    assert alice.put(BOX, b"<> <urn:p> 1.").status_code == 204
    assert members(alice, BOX) == before


@pytest.mark.parametrize("link", [{}, {"Link": BASIC}])
@pytest.mark.parametrize(("body", "media_type"), [(b"", "text/turtle"), (None, None)])
def test_e6_an_empty_put_makes_a_container(alice, link, body, media_type):
    assert alice.put(f"{BOX}c/", body, media_type, **link).status_code == 201
    assert members(alice, f"{BOX}c/") == set()


def test_e7_e11_a_container_keeps_what_people_say_about_it(alice):
    title = (ox.NamedNode(HERE), DCTERMS["title"], ox.Literal("Mes notes"))
    assert alice.put(BOX, b"<> <http://purl.org/dc/terms/title> 'Mes notes'.").status_code == 204
    for accept in (rdf.TURTLE, rdf.JSON_LD, rdf.N_TRIPLES):
        assert title in triples(alice, BOX, accept)
    assert members(alice, BOX) == {f"{HERE}t.txt", f"{HERE}g"}
    assert alice.put(BOX, b"", If_None_Match="*").status_code == 412
    assert title in triples(alice, BOX)
    assert alice.put(BOX, b"").status_code == 204
    assert title not in triples(alice, BOX)


def test_e8_a_listing_says_type_size_and_date_of_each_member(alice):
    alice.installation.clock.forward(minutes=3)
    alice.put(f"{BOX}c/")
    found = triples(alice, BOX)
    for name, kind in (("t.txt", "text/plain"), ("g", "text/turtle")):
        node = ox.NamedNode(f"{HERE}{name}")
        head = alice("HEAD", f"{BOX}{name}").headers
        moment = parsedate_to_datetime(head["Last-Modified"])
        stamp = moment.strftime("%Y-%m-%dT%H:%M:%SZ")
        assert {
            (node, RDF["type"], ox.NamedNode(f"http://www.w3.org/ns/iana/media-types/{kind}#Resource")),
            (node, POSIX["size"], ox.Literal(int(head["Content-Length"]))),
            (node, POSIX["mtime"], ox.Literal(int(moment.timestamp()))),
            (node, DCTERMS["modified"], ox.Literal(stamp, datatype=XSD["dateTime"])),
        } <= found
    inner = ox.NamedNode(f"{HERE}c/")
    assert (inner, RDF["type"], LDP["BasicContainer"]) in found
    stamp = parsedate_to_datetime(alice("HEAD", f"{BOX}c/").headers["Last-Modified"]).strftime("%Y-%m-%dT%H:%M:%SZ")
    assert (inner, DCTERMS["modified"], ox.Literal(stamp, datatype=XSD["dateTime"])) in found


def test_e9_whoever_may_read_the_container_sees_every_name(village):
    alice, bob, _ = village
    alice.grant(BOX, (bob.webid, "Read"))
    alice.grant(TEXT, default=False)
    assert members(bob, BOX) == members(alice, BOX)
    assert bob.get(TEXT).status_code == 403


@pytest.mark.parametrize(
    ("accept", "given"),
    [
        ("*/*", "text/turtle"),
        ("text/turtle", "text/turtle"),
        ("application/ld+json", "application/ld+json"),
        ("text/html;q=0.5, text/turtle;q=0.9", "text/turtle"),
        ("text/html, text/turtle", "text/turtle"),
        ("text/html;q=0.9, text/turtle;q=0.5", "text/html"),
    ],
)
def test_e10_a_listing_is_turtle_unless_something_else_is_preferred(alice, accept, given):
    answer = alice.get("/alice/public/", Accept=accept)
    assert answer.headers["Content-Type"].partition(";")[0] == given


@pytest.mark.parametrize("kind", ["BasicContainer", "Container"])
def test_e12_a_post_makes_a_container_when_its_link_says_so_and_only_then(alice, kind):
    made = alice("POST", BOX, b"", Slug="n", Link=f'<{LDP.iri}{kind}>; rel="type"')
    assert (made.status_code, made.headers["Location"]) == (201, f"{HERE}n/")
    plain = alice("POST", BOX, b"<> a <urn:t>.", Slug="m/")
    assert (plain.status_code, plain.headers["Location"]) == (201, f"{HERE}m")
    resource = alice("POST", BOX, b"", Slug="o", Link=f'<{LDP.iri}Resource>; rel="type"')
    assert resource.headers["Location"] == f"{HERE}o"


@pytest.mark.parametrize(
    ("name", "kind", "status"),
    [("n/", "NonRDFSource", 409), ("n/", "RDFSource", 201), ("n", "BasicContainer", 409), ("n", "NonRDFSource", 201)],
)
def test_e13_a_link_that_contradicts_the_address_is_409(alice, name, kind, status):
    assert alice.put(f"{BOX}{name}", b"", Link=f'<{LDP.iri}{kind}>; rel="type"').status_code == status


def test_e10_a_listing_in_json_ld_holds_its_members(alice):
    found = json.loads(alice.get(BOX, Accept=rdf.JSON_LD).content)
    here = next(node for node in found if node["@id"] == HERE)
    assert {one["@id"] for one in here[f"{LDP.iri}contains"]} == {f"{HERE}t.txt", f"{HERE}g"}
