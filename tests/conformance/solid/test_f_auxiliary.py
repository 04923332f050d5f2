"""Access rules and descriptions beside their subject (solid.md F)."""

import pytest
from fixtures_pods import TEXT, links, rules

from pod_app.standards import rdf
from pod_app.standards.namespaces import LDP

BOX = "/alice/private/"
HERE = "https://garden.example/alice/private/"
SUBJECTS = [TEXT, f"{BOX}g", BOX, "/alice/"]


@pytest.mark.parametrize("target", SUBJECTS)
@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_f1_every_resource_names_its_one_acl_and_its_one_description(alice, method, target):
    answer = alice(method, target)
    assert links(answer, "acl") == [f"https://garden.example{target}.acl"]
    assert links(answer, "describedby") == [f"https://garden.example{target}.meta"]


def test_f1_writes_name_them_too(alice):
    for answer in (
        alice.put(f"{BOX}n", b""), alice.put(f"{BOX}n", b"<> <urn:p> 1."), alice.put(f"{BOX}c/"),
        alice("POST", BOX, b"", Slug="m"), alice("POST", BOX, b"", Slug="o", Link=f'<{LDP.iri}Container>; rel="type"'),
    ):  # fmt: skip
        assert answer.status_code in {201, 204}
        (acl,), (meta,) = links(answer, "acl"), links(answer, "describedby")
        assert acl.removesuffix(".acl") == meta.removesuffix(".meta")
        assert acl.startswith(HERE)


@pytest.mark.parametrize("target", SUBJECTS)
def test_f2_a_missing_auxiliary_resource_is_made_by_a_put(alice, target):
    alice("DELETE", f"{target}.meta")
    assert alice.put(f"{target}.meta", b"<> <urn:p> 1.").status_code == 201
    assert alice.put(f"{target}.meta", b"<> <urn:p> 2.").status_code == 204
    body = rules(f"https://garden.example{target}", (alice.webid, "Read Write Control"))
    assert alice.put(f"{target}.acl", body).status_code == (204 if target == "/alice/" else 201)
    assert alice.put(f"{target}.meta", b"x", "text/plain").status_code == 415
    assert alice.put(f"{BOX}none.meta", b"<> <urn:p> 1.").status_code == 404


@pytest.mark.parametrize("media_type", [rdf.TURTLE, rdf.JSON_LD, rdf.N_TRIPLES])
def test_f2_rules_are_taken_in_turtle_and_json_ld(village, media_type):
    alice, bob, _ = village
    turtle = rules(f"{HERE}t.txt", (alice.webid, "Control"), (bob.webid, "Read"), default=False)
    body = rdf.serialize(rdf.parse(turtle, rdf.TURTLE, f"{HERE}t.txt.acl"), media_type)
    assert alice.put(f"{TEXT}.acl", body, media_type).status_code == 201
    assert bob.get(TEXT).status_code == 200
    assert alice.get(f"{TEXT}.acl", Accept=rdf.TURTLE).status_code == 200


@pytest.mark.parametrize(
    ("modes", "may_read", "may_write"),
    [("Read", 200, 403), ("Read Write", 200, 204), ("Control", 403, 403), ("Write", 403, 204)],
)
def test_f3_a_description_follows_the_rules_of_its_subject(village, modes, may_read, may_write):
    alice, bob, stranger = village
    alice.put(f"{TEXT}.meta", b"<t.txt> <urn:p> 1.")
    alice.grant(TEXT, (bob.webid, modes), default=False)
    assert bob.get(f"{TEXT}.meta").status_code == may_read
    assert bob.put(f"{TEXT}.meta", b"<t.txt> <urn:p> 2.").status_code == may_write
    assert stranger.get(f"{TEXT}.meta").status_code == 401
    assert links(alice.get(f"{TEXT}.meta"), "describes") == [f"{HERE}t.txt"]


def test_f4_auxiliary_resources_go_with_their_subject(village):
    alice, _, stranger = village
    alice.put(f"{TEXT}.meta", b"<t.txt> <urn:p> 1.")
    alice.grant(TEXT, ("public", "Read"), default=False)
    assert alice("DELETE", TEXT).status_code == 204
    for auxiliary in (f"{TEXT}.meta", f"{TEXT}.acl"):
        assert alice.get(auxiliary).status_code == 404
    alice.put(TEXT, b"again", "text/plain")
    assert stranger.get(TEXT).status_code == 401


def test_f5_auxiliary_resources_are_listed_nowhere_and_no_post_makes_one(alice):
    alice.put(f"{TEXT}.meta", b"<t.txt> <urn:p> 1.")
    alice.grant(TEXT, default=False)
    assert ".acl" not in alice.get(BOX).text
    assert ".meta" not in alice.get(BOX).text
    for slug in ("t.txt.acl", ".acl", "g.meta", ".meta"):
        location = alice("POST", BOX, b"<> <urn:p> 1.", Slug=slug).headers["Location"]
        assert not location.endswith((".acl", ".meta"))


def test_f6_an_auxiliary_resource_has_no_rules_of_its_own(alice):
    alice.put(f"{TEXT}.meta", b"<t.txt> <urn:p> 1.")
    for target in ("/alice/.acl", f"{TEXT}.meta"):
        assert links(alice.get(target), "acl") == links(alice.get(target), "describedby") == []
    for target in ("/alice/.acl.acl", f"{TEXT}.meta.acl", f"{TEXT}.acl.meta"):
        assert alice.get(target).status_code == 404
        assert alice.put(target, b"<> <urn:p> 1.").status_code in {404, 409}


@pytest.mark.parametrize("method", ["GET", "HEAD", "PUT", "DELETE", "POST", "PATCH"])
@pytest.mark.parametrize("modes", ["Read", "Read Write Append", "Control"])
def test_f7_rules_need_control_whatever_is_done_with_them(village, method, modes):
    alice, bob, stranger = village
    alice.grant(TEXT, (bob.webid, modes), default=False)
    kept = rules(f"{HERE}t.txt", (alice.webid, "Control"), (bob.webid, modes), default=False)
    body = kept if method in {"PUT", "POST", "PATCH"} else None
    answer = bob(method, f"{TEXT}.acl", body)
    assert (answer.status_code == 403) == (modes != "Control")
    assert stranger(method, f"{TEXT}.acl", body).status_code == 401


@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_f7_whoever_controls_is_told_that_there_are_no_rules_here(village, method):
    alice, bob, _ = village
    alice.grant(BOX, (bob.webid, "Control"))
    for person in (alice, bob):
        assert person(method, f"{TEXT}.acl").status_code == 404


@pytest.mark.parametrize("name", ["x.acl/", "x.acl/y", "x.meta/y", ".acl/", "a/.meta/b", "x.acl.acl"])
def test_f8_names_that_look_like_auxiliary_resources_are_refused(alice, name):
    answer = alice.put(f"{BOX}{name}", b"")
    assert answer.status_code == 409
    assert "reserved" in answer.json()["detail"]
