"""What a PATCH respects like every other write (solid.md C2, C3, E3 to E11, F2, F7, G6, G8, H1, H2, P13, P14)."""

import json
from concurrent.futures import ThreadPoolExecutor

from fixtures_patches import BEFORE, DOCUMENT, IRI, patch, send, statements, turtle
from fixtures_pods import GRAPH, people

from pod_app.standards import rdf


def test_e4_e5_s37_nobody_patches_what_the_server_says_about_a_container(alice):
    managed = [
        "<> <http://www.w3.org/ns/ldp#contains> <g>",
        "<g> <http://www.w3.org/ns/posix/stat#size> 1",
        "<> d:modified 1",
        "<g> a <http://www.w3.org/ns/iana/media-types/text/turtle#Resource>",
    ]
    listed = alice.get("/alice/private/").text
    for text in managed:
        assert send(alice, "/alice/private/", patch(text)).status_code == 409
        assert send(alice, "/alice/private/", patch(deletes=text)).status_code == 409
        assert send(alice, "/alice/private/new/", patch(text)).status_code == 409
    kind = "<> a <http://www.w3.org/ns/ldp#BasicContainer>"
    assert send(alice, "/alice/private/", patch(deletes=kind)).status_code == 409
    assert alice.get("/alice/private/").text == listed


def test_e7_e11_the_description_of_a_container_is_patched_in_place(alice):
    assert send(alice, "/alice/private/", patch("<> d:title 'Cave'")).status_code == 204
    assert (
        send(
            alice,
            "/alice/private/",
            patch("?c d:alternative ?t", where="?c a <http://www.w3.org/ns/ldp#Container>; d:title ?t"),
        ).status_code
        == 204
    )
    assert send(alice, "/alice/private/", patch(deletes="<> d:title 'Cave'")).status_code == 204
    listed = statements(alice, "/alice/private/")
    assert turtle("<> d:alternative 'Cave'; <http://www.w3.org/ns/ldp#contains> <g>.", "/alice/private/") <= listed
    assert not turtle("<> d:title 'Cave'.", "/alice/private/") & listed
    assert send(alice, "/alice/private/sub/", patch("<> d:title 'Neuf'")).status_code == 201
    assert "sub/" in alice.get("/alice/private/").text


def test_e3_missing_containers_are_made(alice):
    assert send(alice, "/alice/private/x/y/z", patch("<> d:x 1")).status_code == 201
    assert "https://garden.example/alice/private/x/" in alice.get("/alice/private/").text
    assert "https://garden.example/alice/private/x/y/z" in alice.get("/alice/private/x/y/").text


def test_c2_c3_no_twin_and_no_child_of_a_document(alice):
    assert send(alice, f"{DOCUMENT}/", patch("<> d:x 1")).status_code == 409
    assert send(alice, f"{DOCUMENT}/inner", patch("<> d:x 1")).status_code == 409
    assert send(alice, "/alice/private", patch("<> d:x 1")).status_code in {308, 409}


def test_f2_f7_p13_rules_are_patched_by_who_controls_them(village):
    alice, bob, stranger = village
    acl = "http://www.w3.org/ns/auth/acl#"
    rule = (
        f"<#bob> a <{acl}Authorization>; <{acl}agent> <{bob.webid}>; <{acl}accessTo> <{IRI}>; <{acl}mode> <{acl}Read>"
    )
    for person, status in ((bob, 403), (stranger, 401)):
        assert send(person, f"{DOCUMENT}.acl", patch(rule)).status_code == status
    assert bob.get(DOCUMENT).status_code == 403
    assert send(alice, f"{DOCUMENT}.acl", patch(rule)).status_code == 201
    assert bob.get(DOCUMENT).status_code == 200
    assert send(alice, f"{DOCUMENT}.acl", patch(deletes=rule)).status_code == 204
    assert bob.get(DOCUMENT).status_code == 403
    assert send(alice, "/alice/private/nothing.acl", patch(rule)).status_code == 404


def test_p14_s20_the_rules_of_the_root_keep_an_owner(alice):
    agent = f"<http://www.w3.org/ns/auth/acl#agent> <{alice.webid}>"
    before = alice.get("/alice/.acl").content
    assert send(alice, "/alice/.acl", patch(deletes=f"?r {agent}", where=f"?r {agent}")).status_code == 409
    assert alice.get("/alice/.acl").content == before


def test_f2_f3_a_description_is_patched_with_the_modes_of_its_subject(village):
    alice, bob, _ = village
    alice.grant(DOCUMENT, (bob.webid, "Append"), default=False)
    assert send(bob, f"{DOCUMENT}.meta", patch("<g> d:x 1")).status_code == 201
    assert send(bob, f"{DOCUMENT}.meta", patch(deletes="<g> d:x 1")).status_code == 403


def test_h1_h2_conditions_hold_for_a_patch(alice):
    tag = alice.get(DOCUMENT).headers["ETag"]
    add = patch("<> d:x 1")
    assert send(alice, DOCUMENT, add, If_None_Match="*").status_code == 412
    assert send(alice, DOCUMENT, add, If_Match='"other"').status_code == 412
    assert send(alice, "/alice/private/none", add, If_Match="*").status_code == 412
    assert send(alice, DOCUMENT, patch(where="<> d:none ?x"), If_Match='"other"').status_code == 412
    assert statements(alice) == BEFORE
    assert send(alice, DOCUMENT, add, If_Match=tag).status_code == 204
    assert send(alice, DOCUMENT, patch("<> d:x 2"), If_Match=tag).status_code == 412
    assert send(alice, "/alice/private/new", add, If_None_Match="*").status_code == 201


def test_g6_many_patches_at_once_are_all_applied(alice):
    with ThreadPoolExecutor(10) as pool:
        answers = list(pool.map(lambda n: send(alice, DOCUMENT, patch(f"<#n{n}> d:x {n}")).status_code, range(20)))
    assert answers == [204] * 20
    assert statements(alice) == BEFORE | turtle(" ".join(f"<#n{n}> d:x {n}." for n in range(20)))


def test_what_is_signed_or_kept_by_the_program_is_not_patched(alice):
    assert send(alice, "/alice/did.json", patch("<> d:x 1")).status_code == 409
    signed = {
        "@id": "urn:uuid:1",
        "https://w3id.org/security#proof": [{"@graph": [{"@id": "urn:proof", "urn:p": "x"}]}],
    }
    for number, media_type in enumerate(("application/vc", rdf.JSON_LD)):
        target = f"/alice/private/signed{number}"
        assert alice.put(target, json.dumps(signed).encode(), media_type).status_code == 201
        assert send(alice, target, patch("<> d:x 1")).status_code == 409
    assert send(alice, "/alice/.well-known/solid", patch("<> d:x 1")).status_code == 405


def test_a_shape_judges_what_a_patch_would_leave(alice):
    target = "/alice/contributions/one"
    assert send(alice, target, patch("<> d:x 1")).status_code == 422
    assert alice.get(target).status_code == 404


def test_g8_a_patch_beyond_the_quota_is_refused(make_installation):
    alice, _ = people(make_installation(pod_quota=60_000), "alice")
    alice.put("/alice/private/q", GRAPH)
    alice.put("/alice/private/filler", b"x" * 40_000, "text/plain")
    before = alice.get("/alice/private/q").content
    assert send(alice, "/alice/private/q", patch(f"<> d:x '{'x' * 40_000}'")).status_code == 507
    assert alice.get("/alice/private/q").content == before
