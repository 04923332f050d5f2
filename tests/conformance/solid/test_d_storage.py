"""Storages: what the root says, and the description that everybody may read (solid.md D)."""

import json

import pyoxigraph as ox
import pytest
from fixtures_pods import TEXT, links, rules, settled

from pod_app.errors import Conflict, Invalid
from pod_app.standards import rdf

ROOT = "https://garden.example/alice/"
DESCRIPTION = "/alice/.well-known/solid"
STORAGE = "http://www.w3.org/ns/pim/space#Storage"
TERMS = "http://www.w3.org/ns/solid/terms#"


def test_d1_no_storage_lies_inside_another_one(village):
    alice = village[0]
    with pytest.raises((Conflict, Invalid)):
        alice.installation.person("alice")
    with pytest.raises(Invalid):
        alice.installation.person("alice/private")
    described = [person.get(f"/{person.pod.name}/").headers["Link"] for person in village[:2]]
    assert all(STORAGE in one for one in described)
    assert STORAGE not in alice.get("/alice/private/").headers["Link"]


@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_d2_the_root_says_that_it_is_a_storage(alice, method):
    assert STORAGE in links(alice(method, "/alice/"), "type")


@pytest.mark.parametrize("target", ["/alice/", "/alice/private/", TEXT, "/alice/private/g", "/alice/.acl", DESCRIPTION])
@pytest.mark.parametrize("method", ["GET", "HEAD", "OPTIONS"])
def test_d3_every_resource_leads_to_the_description_of_its_storage(alice, method, target):
    assert links(alice(method, target), f"{TERMS}storageDescription") == [f"{ROOT}.well-known/solid"]


def test_d3_a_refusal_leads_there_too(village):
    alice, bob, stranger = village
    for person, status in ((stranger, 401), (bob, 403)):
        answer = person.get(TEXT)
        assert answer.status_code == status
        assert links(answer, f"{TERMS}storageDescription") == [f"{ROOT}.well-known/solid"]
    absent = alice.get("/alice/private/none")
    assert absent.status_code == 404
    assert links(absent, f"{TERMS}storageDescription") == [f"{ROOT}.well-known/solid"]


@pytest.mark.parametrize("media_type", [rdf.TURTLE, rdf.JSON_LD])
@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_d4_everybody_may_read_the_description_which_names_the_storage(village, method, media_type):
    answer = village[2](method, DESCRIPTION, Accept=media_type)
    assert answer.status_code == 200
    assert answer.headers["Content-Type"].partition(";")[0] == media_type
    assert answer.headers["WAC-Allow"] == 'user="read",public="read"'
    assert {"ETag", "Last-Modified", "Vary"} <= {name.title().replace("Etag", "ETag") for name in answer.headers}
    if method == "GET":
        found = [quad.triple for quad in rdf.parse(answer.content, media_type, f"{ROOT}.well-known/solid")]
        assert ox.Triple(ox.NamedNode(ROOT), rdf_type(), ox.NamedNode(STORAGE)) in found


def rdf_type():
    return ox.NamedNode("http://www.w3.org/1999/02/22-rdf-syntax-ns#type")


def test_d4_the_description_is_written_by_the_program_alone(alice):
    for method in ("PUT", "DELETE"):
        answer = alice(method, DESCRIPTION, b"" if method == "PUT" else None)
        assert answer.status_code in {404, 405}
    assert alice.get(DESCRIPTION).headers["Allow"] == "GET, HEAD, OPTIONS"
    tag = alice.get(DESCRIPTION).headers["ETag"]
    assert alice.get(DESCRIPTION, If_None_Match=tag).status_code == 304
    assert alice.get(DESCRIPTION, Accept="image/png").status_code == 406
    assert alice.get("/nobody/.well-known/solid").status_code == 404
    assert json.loads(alice.get(DESCRIPTION, Accept=rdf.JSON_LD).content)


def test_d5_whoever_may_read_the_root_is_told_who_owns_it(village):
    alice, bob, stranger = village
    for method in ("GET", "HEAD"):
        assert links(alice(method, "/alice/"), f"{TERMS}owner") == [alice.webid]
    assert not links(alice.get("/alice/private/"), f"{TERMS}owner")
    for person in (bob, stranger):
        assert alice.webid not in person.get("/alice/").headers.get("Link", "")


def test_d5_an_installation_may_keep_its_owners_to_itself(make_installation):
    alice = settled(make_installation(advertise_owner=False))[0]
    assert links(alice.get("/alice/"), f"{TERMS}owner") == []


def test_d6_owners_never_lose_control(alice):
    nobody = rules(f"{ROOT}private/", ("https://elsewhere.example/#me", "Read Write Control"))
    assert alice.put("/alice/private/.acl", nobody).status_code == 201
    assert alice.get("/alice/private/").status_code == 403
    alice.grant("/alice/private/")
    assert alice.get("/alice/private/").status_code == 200


def test_d7_the_root_and_its_rules_cannot_be_deleted(alice):
    for target in ("/alice/", "/alice/.acl"):
        answer = alice("DELETE", target)
        assert answer.status_code == 405
        assert "DELETE" not in answer.headers["Allow"]
        assert "DELETE" not in alice.get(target).headers["Allow"]
        assert "DELETE" not in alice("OPTIONS", target).headers["Allow"]
