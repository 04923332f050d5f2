"""A governed container keeps what keeps its shape (contracts.md §1 «Shapes»; solid.md, 422 and constrainedBy)."""

import json

import pyoxigraph as ox
import pytest
from fixtures_pods import links, people

from pod_app import assets
from pod_app.pods.shapes import ShapeLibrary
from pod_app.standards import rdf
from pod_app.standards.shacl import SH, Violated
from pod_app.standards.wac import Agent

CONSTRAINED_BY = "http://www.w3.org/ns/ldp#constrainedBy"
SHAPE_IRI = "https://garden.example/shapes/need"
NEED = """@prefix sh: <http://www.w3.org/ns/shacl#> . @prefix jdn: <https://w3id.org/jdn#> .
@prefix vf: <https://w3id.org/valueflows/ont/vf#> .
<#Need> a sh:NodeShape ; sh:targetClass jdn:LearningNeed ;
  sh:property [ sh:path vf:note ; sh:minCount 1 ; sh:message "Il manque vf:note."@fr, "vf:note is missing."@en ] ,
    [ sh:path vf:receiver ; sh:minCount 1 ; sh:severity sh:Warning ; sh:message "Pour qui ?"@fr, "For whom?"@en ] .
"""
BADGE = f"""@prefix sh: <{SH}> . @prefix ob: <https://purl.imsglobal.org/spec/vc/ob/vocab.html#> .
@prefix xsd: <http://www.w3.org/2001/XMLSchema#> . @prefix vc: <https://www.w3.org/2018/credentials#> .
<#Badge> a sh:NodeShape ; sh:targetClass ob:OpenBadgeCredential ;
  sh:property [ sh:path vc:validFrom ; sh:minCount 1 ; sh:datatype xsd:dateTime ] .
"""
TEXT = "@prefix jdn: <https://w3id.org/jdn#> . @prefix vf: <https://w3id.org/valueflows/ont/vf#> .\n"
GOOD = (TEXT + '<#it> a jdn:LearningNeed ; vf:note "Greffer" .').encode()
BAD = (TEXT + "<#it> a jdn:LearningNeed .").encode()
OTHER = b"<#it> a <https://example.org/Thing> ."


@pytest.fixture(params=["shacl", "pyshacl"])
def engine(request):
    return request.param


@pytest.fixture
def shapes_folder(tmp_path, monkeypatch):
    """A folder with two small shapes in the place of the ones that ship."""
    folder = tmp_path / "shapes"
    folder.mkdir()
    (folder / "need.ttl").write_text(NEED, "utf-8")
    (folder / "badge.ttl").write_text(BADGE, "utf-8")
    ours = assets.folder
    monkeypatch.setattr(assets, "folder", lambda name: folder if name == "shapes" else ours(name))
    return folder


@pytest.fixture
def village(make_installation, shapes_folder, engine):
    return people(make_installation(shacl_engine=engine), "alice", "bob")


@pytest.fixture
def alice(village):
    return village[0]


def names_in(person, container):
    quads = rdf.parse(person.get(container, Accept=rdf.N_TRIPLES).content, rdf.N_TRIPLES, "urn:x")
    return {quad.object.value for quad in quads if quad.predicate.value.endswith("#contains")}


def send(person, method, body, media_type="text/turtle", **headers):
    target = "/alice/needs/1" if method == "PUT" else "/alice/needs/"
    return person(method, target, body, media_type, **headers)


# -- the verdict -----------------------------------------------------------------------------------


@pytest.mark.parametrize("method", ["PUT", "POST"])
def test_what_keeps_the_shape_is_stored_and_what_breaks_it_is_422_with_nothing_stored(alice, method):
    refused = send(alice, method, BAD)
    assert refused.status_code == 422
    assert links(refused, CONSTRAINED_BY) == [SHAPE_IRI]
    assert names_in(alice, "/alice/needs/") == set()
    assert send(alice, method, GOOD).status_code == 201
    assert len(names_in(alice, "/alice/needs/")) == 1


def test_a_document_that_stands_is_not_replaced_by_one_that_breaks_the_shape(alice):
    alice.put("/alice/needs/1", GOOD)
    assert alice.put("/alice/needs/1", BAD).status_code == 422
    assert alice.get("/alice/needs/1").content == GOOD


def test_a_document_about_something_else_and_one_that_is_no_rdf_have_no_place_there(alice):
    for body, media_type in (
        (OTHER, "text/turtle"),
        (b"", "text/turtle"),
        (b"hello", "text/plain"),
        (b"{}", "application/json"),
    ):
        answer = send(alice, "POST", body, media_type)
        assert answer.status_code == 422
        assert links(answer, CONSTRAINED_BY) == [SHAPE_IRI]


@pytest.mark.parametrize("syntax", [rdf.TURTLE, rdf.JSON_LD, rdf.N_TRIPLES, rdf.RDF_XML])
def test_the_syntax_of_a_document_changes_nothing(alice, syntax):
    for body, status in ((GOOD, 201), (BAD, 422)):
        data = rdf.serialize(rdf.parse(body, rdf.TURTLE, "https://garden.example/alice/needs/x"), syntax)
        assert send(alice, "POST", data, syntax).status_code == status


def test_hints_are_told_to_the_caller_and_hinder_nothing(alice):
    installation = alice.installation
    address = alice.pod.address("needs/1")
    body = installation.services.resources.prepare(address, GOOD, rdf.TURTLE)
    assert [hint.sentence("fr") for hint in body.hints] == ["Pour qui ?"]
    written = installation.services.resources.write(Agent(alice.webid), lambda writing: writing.put(address, body))
    assert written.hints == body.hints


# -- the answer ------------------------------------------------------------------------------------


@pytest.mark.parametrize(("language", "sentence"), [("fr", "Il manque vf:note."), ("en", "vf:note is missing.")])
def test_the_sentence_comes_first_in_the_language_of_the_reader(alice, language, sentence):
    answer = send(alice, "PUT", BAD, Accept_Language=language)
    assert answer.headers["Content-Type"] == "application/problem+json"
    problem = answer.json()
    assert sentence in problem["detail"]
    assert problem["shape"] == SHAPE_IRI
    assert SHAPE_IRI in problem["remedy"]
    assert problem["report"][0]["message"] == sentence
    assert problem["report"][0]["path"].endswith("#note")
    page = send(alice, "PUT", BAD, Accept="text/html", Accept_Language=language)
    assert page.status_code == 422
    assert sentence in page.text


def test_what_is_no_such_thing_is_said_in_every_finding_too(alice):
    problem = send(alice, "POST", OTHER).json()
    assert [finding["message"] for finding in problem["report"]] == [problem["detail"]]


@pytest.mark.parametrize("media_type", [rdf.TURTLE, rdf.JSON_LD, rdf.N_TRIPLES])
def test_programs_that_ask_for_rdf_get_the_report_that_shacl_defines(alice, media_type):
    answer = send(alice, "PUT", BAD, Accept=media_type)
    assert answer.status_code == 422
    assert answer.headers["Content-Type"].partition(";")[0] == media_type
    assert links(answer, CONSTRAINED_BY) == [SHAPE_IRI]
    quads = rdf.parse(answer.content, media_type, "urn:x")
    conforms = [quad.object.value for quad in quads if quad.predicate == ox.NamedNode(f"{SH}conforms")]
    assert conforms == ["false"]
    assert sum(quad.predicate.value == f"{SH}focusNode" for quad in quads) == 2


# -- who learns what -------------------------------------------------------------------------------


@pytest.mark.parametrize("method", ["PUT", "POST"])
@pytest.mark.parametrize("body", [GOOD, BAD, OTHER])
def test_s22_who_may_not_write_is_told_only_that(village, method, body):
    _, bob, stranger = village
    for person, status in ((stranger, 401), (bob, 403)):
        answer = send(person, method, body)
        assert answer.status_code == status
        assert CONSTRAINED_BY not in answer.headers.get("Link", "")


# -- which shape -----------------------------------------------------------------------------------


@pytest.mark.parametrize("container", ["private/", "public/", "requests/"])
def test_free_space_takes_everything(alice, container):
    for body, media_type in ((BAD, "text/turtle"), (b"hello", "text/plain")):
        assert alice("POST", f"/alice/{container}", body, media_type).status_code == 201


def test_a_container_says_so_in_its_own_description_and_may_be_set_free(alice):
    assert SHAPE_IRI in alice.get("/alice/needs/.meta", Accept="text/turtle").text
    assert alice("DELETE", "/alice/needs/.meta").status_code == 204
    assert alice.put("/alice/needs/1", BAD).status_code == 201


def test_any_container_can_ask_for_a_shape_of_this_installation(alice):
    alice.put("/alice/private/wishes/")
    alice.put("/alice/private/wishes/.meta", f"<./> <{CONSTRAINED_BY}> <{SHAPE_IRI}> .".encode())
    assert alice.put("/alice/private/wishes/1", BAD).status_code == 422
    assert alice.put("/alice/private/wishes/1", GOOD).status_code == 201
    assert alice.put("/alice/private/wishes/inner/1", BAD).status_code == 201


@pytest.mark.parametrize(
    "shape",
    ["https://elsewhere.example/shapes/need", "https://garden.example/shapes/none", "https://garden.example/alice/x",
     "https://garden.example/shapes/../../need", "https://garden.example/shapes/"],
)  # fmt: skip
def test_only_shapes_of_this_installation_that_exist_are_honoured(alice, shape):
    alice.put("/alice/private/wishes/")
    alice.put("/alice/private/wishes/.meta", f"<./> <{CONSTRAINED_BY}> <{shape}> .".encode())
    assert alice.put("/alice/private/wishes/1", BAD).status_code == 201


def test_a_description_governs_nothing_but_its_own_subject(alice):
    alice.put("/alice/private/.meta", f"<wishes/> <{CONSTRAINED_BY}> <{SHAPE_IRI}> .".encode())
    assert alice.put("/alice/private/1", BAD).status_code == 201
    assert alice.put("/alice/private/wishes/1", BAD).status_code == 201


def test_places_made_before_are_not_governed(alice):
    alice("DELETE", "/alice/needs/.meta")
    alice.put("/alice/needs/1", b"anything", "text/plain")
    assert alice.get("/alice/needs/1").content == b"anything"


def test_descriptions_and_access_rules_of_members_are_not_judged(alice):
    alice.put("/alice/needs/1", GOOD)
    assert alice.put("/alice/needs/1.meta", OTHER).status_code == 201
    alice.grant("/alice/needs/1", ("public", "Read"), default=False)


def test_the_vocabulary_of_the_installation_takes_the_place_of_the_one_in_the_files(make_installation, shapes_folder):
    alice, _ = people(make_installation(vocabulary="https://jardin.example/v#"), "alice")
    theirs = b"https://w3id.org/jdn#", b"https://jardin.example/v#"
    assert send(alice, "PUT", BAD.replace(*theirs)).status_code == 422
    assert send(alice, "PUT", GOOD.replace(*theirs)).status_code == 201
    assert send(alice, "POST", GOOD).status_code == 422


# -- badges ----------------------------------------------------------------------------------------


def test_a_badge_is_judged_by_its_triples_made_right_and_its_bytes_stay(alice):
    services = alice.installation.services
    owner = Agent(alice.webid)
    iri = services.achievements.create(owner, alice.pod, name="Greffe", description="d", criteria="c")
    issued = services.issuing.issue(owner, alice.pod, iri, alice.webid)
    services.run_pending()
    (held,) = services.backpack.held(owner, alice.pod)
    assert alice.get(held.address.target, Accept="application/vc").content == issued.document
    assert alice.put("/alice/badges/again", issued.document, rdf.VC).status_code == 201
    broken = {key: value for key, value in json.loads(issued.document).items() if key != "validFrom"}
    assert alice.put("/alice/badges/broken", json.dumps(broken).encode(), rdf.VC).status_code == 422
    assert alice.put("/alice/badges/x.png", b"\x89PNG", "image/png").status_code == 422


# -- the library -----------------------------------------------------------------------------------


def test_a_broken_shape_is_told_when_it_is_asked_for_and_others_go_on(alice, shapes_folder):
    (shapes_folder / "broken.ttl").write_text("<a> <b>", "utf-8")
    settings = alice.installation.services.settings
    library = ShapeLibrary(settings, alice.installation.services.blobs, shapes_folder)
    assert library.names == ("badge", "broken", "need")
    assert library.get("none") is None
    need = library.get("need")
    with pytest.raises(Violated):
        library.check(need, alice.pod.address("needs/1"), "text/plain", ())


def test_shapes_have_addresses_of_their_own(alice, shapes_folder):
    listing = alice.get("/shapes/", Accept="text/turtle")
    assert SHAPE_IRI in listing.text or "shapes/need" in listing.text
    turtle = alice.get("/shapes/need", Accept="text/turtle")
    assert turtle.headers["Content-Type"] == "text/turtle; charset=utf-8"
    assert turtle.text == NEED
    wanted = {quad.predicate.value for quad in rdf.parse(turtle.content, rdf.TURTLE, SHAPE_IRI)}
    for media_type in (rdf.JSON_LD, rdf.N_TRIPLES):
        answer = alice.get("/shapes/need", Accept=media_type)
        assert {quad.predicate.value for quad in rdf.parse(answer.content, media_type, SHAPE_IRI)} == wanted
    for target in ("/shapes/", "/shapes/need"):
        page = alice.get(target, Accept="text/html")
        assert page.headers["Content-Type"].startswith("text/html")
        assert "need" in page.text
        assert alice.get(target, Accept="image/png").status_code == 406
    assert alice.get("/shapes/none").status_code == 404
