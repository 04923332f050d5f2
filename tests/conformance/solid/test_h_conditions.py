"""Conditional and range requests (solid.md H)."""

import pytest
from fixtures_pods import GRAPH, TEXT, rules

from pod_app.standards import rdf

BOX = "/alice/private/"
LATER = "Fri, 01 Jan 2027 00:00:00 GMT"
EARLIER = "Thu, 01 Jan 2026 00:00:00 GMT"


def body_of(target, alice):
    if target.endswith(".acl"):
        return rules(f"https://garden.example{target.removesuffix('.acl')}", (alice.webid, "Read Write Control"))
    return b"" if target.endswith("/") else b"<> <urn:new> 1."


@pytest.mark.parametrize("target", [f"{BOX}g", TEXT, BOX, f"{BOX}.acl", "/alice/.acl", "/alice/"])
def test_h1_what_is_there_is_not_created_again(alice, target):
    alice.grant(BOX)
    before = alice.get(target)
    media_type = "text/plain" if target == TEXT else "text/turtle"
    assert alice.put(target, body_of(target, alice), media_type, If_None_Match="*").status_code == 412
    after = alice.get(target)
    assert (after.content, after.headers["ETag"]) == (before.content, before.headers["ETag"])


@pytest.mark.parametrize("target", [f"{BOX}new", f"{BOX}new/", f"{TEXT}.acl", f"{TEXT}.meta"])
def test_h1_what_is_missing_is_created(alice, target):
    assert alice.put(target, body_of(target, alice), If_None_Match="*").status_code == 201


def test_h2_a_change_is_made_only_to_the_state_it_was_meant_for(village):
    alice, bob, _ = village
    tag = alice.get(f"{BOX}g").headers["ETag"]
    assert alice.put(f"{BOX}g", b"", If_Match='"x"').status_code == 412
    assert alice.put(f"{BOX}g", b"", If_Match=f"W/{tag}").status_code == 412
    assert alice("DELETE", f"{BOX}g", If_Match='"x"').status_code == 412
    assert alice.put(f"{BOX}none", b"", If_Match="*").status_code == 412
    assert alice.get(f"{BOX}none").status_code == 404
    assert alice.get(f"{BOX}g").content == GRAPH
    assert bob.put(f"{BOX}g", b"<broken", If_Match='"x"').status_code == 403
    assert alice.put(f"{BOX}g", b"", If_Match=f'"x", {tag}').status_code == 204
    assert alice.get(f"{BOX}g", If_None_Match=f'"x", W/{alice.get(f"{BOX}g").headers["ETag"]}').status_code == 304


def test_h3_dates_count_where_no_tag_does(alice):
    now = alice.get(TEXT).headers["Last-Modified"]
    assert alice.get(TEXT, If_Modified_Since=now).status_code == 304
    assert alice.get(TEXT, If_Modified_Since=EARLIER).status_code == 200
    assert alice.put(TEXT, b"x", "text/plain", If_Unmodified_Since=EARLIER).status_code == 412
    assert alice.get(TEXT, If_None_Match='"x"', If_Modified_Since=LATER).status_code == 200
    tag = alice.get(TEXT).headers["ETag"]
    assert alice.put(TEXT, b"x", "text/plain", If_Match=tag, If_Unmodified_Since=EARLIER).status_code == 204


def test_h4_a_change_may_name_the_tag_of_any_form_but_a_read_names_its_own(alice):
    for form in (rdf.TURTLE, rdf.JSON_LD, rdf.N_TRIPLES):
        tag = alice.get(f"{BOX}g", Accept=form).headers["ETag"]
        assert alice.put(f"{BOX}g", f"<> <urn:p> '{form}'.".encode(), If_Match=tag).status_code == 204
    json_ld = alice.get(f"{BOX}g", Accept=rdf.JSON_LD).headers["ETag"]
    assert alice.get(f"{BOX}g", Accept=rdf.TURTLE, If_None_Match=json_ld).status_code == 200
    assert alice.get(f"{BOX}g", Accept=rdf.JSON_LD, If_None_Match=json_ld).status_code == 304


@pytest.mark.parametrize(
    ("asked", "status", "told", "length"),
    [
        ("bytes=0-0", 206, "bytes 0-0/10", 1),
        ("bytes=3-5", 206, "bytes 3-5/10", 3),
        ("bytes=8-", 206, "bytes 8-9/10", 2),
        ("bytes=-4", 206, "bytes 6-9/10", 4),
        ("bytes=10-", 416, "bytes */10", None),
        ("bytes=-0", 416, "bytes */10", None),
    ],
)
def test_h5_a_part_of_a_body(alice, asked, status, told, length):
    answer = alice.get(TEXT, Range=asked)
    assert (answer.status_code, answer.headers["Content-Range"]) == (status, told)
    assert length is None or (answer.headers["Content-Length"], len(answer.content)) == (str(length), length)
    tag = alice.get(TEXT).headers["ETag"]
    assert alice.get(TEXT, Range="bytes=0-0", If_Range=tag).status_code == 206
    assert alice.get(TEXT, Range="bytes=0-0", If_Range='"x"').status_code == 200
