"""Conditions, parts, bodies and addresses over HTTP (solid.md B5, B14, B15, C7, E13, G, H, K7, P13)."""

import json

import pytest
from fixtures_pods import GRAPH, TEXT, links, people, settled

CARD = "/alice/profile/card"


@pytest.fixture
def village(installation):
    return settled(installation)


@pytest.fixture
def alice(village):
    return village[0]


# -- conditions and parts (H) --------------------------------------------------------------------


@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_h2_h3_a_reader_who_has_it_already_gets_304(alice, method):
    first = alice.get(TEXT)
    for headers in (
        {"If_None_Match": first.headers["ETag"]},
        {"If_None_Match": f'"other", W/{first.headers["ETag"]}'},
        {"If_None_Match": "*"},
        {"If_Modified_Since": first.headers["Last-Modified"]},
    ):
        again = alice(method, TEXT, **headers)
        assert (again.status_code, again.content) == (304, b"")
        assert again.headers["ETag"] == first.headers["ETag"]
        assert "Accept" in again.headers["Vary"]
        assert "Authorization" in again.headers["Vary"]
    fresh = alice(method, TEXT, If_None_Match='"other"', If_Modified_Since=first.headers["Last-Modified"])
    assert fresh.status_code == 200
    assert alice(method, TEXT, If_Match='"other"').status_code == 412


def test_b9_each_form_has_its_own_tag_and_a_change_gives_new_ones(alice):
    forms = ["text/turtle", "application/ld+json", "application/n-triples"]
    before = {alice.get("/alice/private/g", Accept=form).headers["ETag"] for form in forms}
    put = alice.put("/alice/private/g", b"<> <urn:p> 2.")
    after = {alice.get("/alice/private/g", Accept=form).headers["ETag"] for form in forms}
    assert len(before | after) == 6
    assert put.headers["ETag"] in after
    assert not any(tag.startswith("W/") for tag in before | after)


@pytest.mark.parametrize(
    ("wanted", "status", "part", "told"),
    [
        ("bytes=0-0", 206, b"0", "bytes 0-0/10"),
        ("bytes=2-4", 206, b"234", "bytes 2-4/10"),
        ("bytes=7-", 206, b"789", "bytes 7-9/10"),
        ("bytes=-3", 206, b"789", "bytes 7-9/10"),
        ("bytes=5-100", 206, b"56789", "bytes 5-9/10"),
        ("bytes=10-", 416, None, "bytes */10"),
        ("bytes=-0", 416, None, "bytes */10"),
        ("bytes=4-2", 200, b"0123456789", None),
        ("lines=1-2", 200, b"0123456789", None),
        ("bytes=0-1,3-4", 200, b"0123456789", None),
    ],
)
def test_h5_parts(alice, wanted, status, part, told):
    answer = alice.get(TEXT, Range=wanted)
    assert answer.status_code == status
    assert answer.headers.get("Content-Range") == told
    if part is not None:
        assert answer.content == part
        assert answer.headers["Content-Length"] == str(len(part))
        assert answer.headers["Accept-Ranges"] == "bytes"


def test_h5_a_part_is_only_cut_from_the_same_body_and_for_a_get(alice):
    tag = alice.get(TEXT).headers["ETag"]
    assert alice.get(TEXT, Range="bytes=0-1", If_Range=tag).status_code == 206
    assert alice.get(TEXT, Range="bytes=0-1", If_Range='"other"').status_code == 200
    head = alice("HEAD", TEXT, Range="bytes=0-1")
    assert (head.status_code, head.headers["Content-Length"]) == (200, "10")


# -- bodies (B5, G4, G8) -------------------------------------------------------------------------


@pytest.mark.parametrize("media_type", [None, "", "  "])
def test_b5_content_without_a_type_is_refused(alice, media_type):
    for method, target in (("PUT", "/alice/private/new"), ("PUT", TEXT), ("POST", "/alice/private/")):
        answer = alice(method, target, b"x", media_type)
        assert answer.status_code == 400
        assert "Content-Type" in answer.json()["detail"]
    assert alice.get(TEXT).content == b"0123456789"


def test_b5_no_content_needs_no_type(alice):
    assert alice("PUT", "/alice/private/empty").status_code == 201
    assert alice.get("/alice/private/empty").content == b""
    assert alice("PUT", "/alice/private/box/").status_code == 201
    assert alice.get("/alice/private/box/").status_code == 200


@pytest.mark.parametrize("media_type", ["turtle", "text/", "/x", "text/plain\x01", "a" * 300 + "/b"])
def test_a_type_that_is_none_is_refused_because_it_would_be_echoed(alice, media_type):
    headers = [(name.encode(), value.encode()) for name, value in alice.headers.items()]
    headers.append((b"Content-Type", media_type.encode("latin-1")))
    answer = alice.installation.send("PUT", "/alice/private/new", headers=headers, content=b"x")
    assert answer.status_code == 400
    assert alice.get("/alice/private/new").status_code == 404


BROKEN = [
    ("text/turtle", b"<a> <b> ."),
    ("text/turtle", b"\xff\xfe<a> <b> <c>."),
    ("application/n-triples", b"<relative> <urn:p> <urn:o> ."),
    ("application/ld+json", b'{"@id": '),
    ("application/rdf+xml", b"<rdf:RDF"),
    (
        "application/rdf+xml",
        b"<!DOCTYPE x [<!ENTITY a 'b'>]><rdf:RDF xmlns:rdf='http://www.w3.org/1999/02/22-rdf-syntax-ns#'/>",
    ),
    ("text/turtle", b"(" * 5000),
]


@pytest.mark.parametrize(("media_type", "body"), BROKEN)
def test_g4_rdf_that_does_not_parse_is_refused_and_says_why(alice, media_type, body):
    for method, target in (("PUT", "/alice/private/new"), ("POST", "/alice/private/"), ("PUT", "/alice/private/g")):
        answer = alice(method, target, body, media_type)
        assert answer.status_code in ({422} if body.startswith(b"((") else {400})
        assert answer.json()["detail"]
        assert answer.json()["remedy"]
    assert alice.get("/alice/private/new").status_code == 404
    assert alice.get("/alice/private/g").content == GRAPH


def test_k7_a_context_that_nobody_bundled_is_refused_and_never_fetched(alice):
    body = b'{"@context": "https://elsewhere.example/context", "@id": ""}'
    answer = alice.put("/alice/private/new", body, "application/ld+json")
    assert answer.status_code == 422
    assert "https://elsewhere.example/context" in answer.json()["detail"]


def test_g8_a_body_that_is_too_large_is_refused_by_its_announcement_and_by_its_bytes(make_installation):
    alice = people(make_installation(max_body=5_000_000), "alice")[0]
    settings = alice.installation.services.settings
    answer = alice.put("/alice/private/big", bytes(5_000_001), "application/octet-stream")
    assert answer.status_code == 413
    assert str(settings.max_body) in answer.json()["detail"]
    rdf_body = b"#" * (settings.max_rdf_body + 1)
    assert alice.put("/alice/private/big", rdf_body).status_code == 413
    assert alice.get("/alice/private/big").status_code == 404


def test_p13_rules_that_are_not_rdf_are_refused(alice):
    assert alice.put(f"{TEXT}.acl", b"x", "text/plain").status_code == 415
    assert alice.put(f"{TEXT}.meta", b"{}", "application/json").status_code == 415
    assert alice("PUT", f"{TEXT}.acl").status_code in {201, 400}
    json_ld = {"@id": "#a", "@type": "http://www.w3.org/ns/auth/acl#Authorization"}
    assert alice.put(f"{TEXT}.acl", json.dumps(json_ld).encode(), "application/ld+json").status_code in {201, 204}


@pytest.mark.parametrize(
    ("target", "link", "status"),
    [
        ("/alice/private/n/", "NonRDFSource", 409),
        ("/alice/private/n", "BasicContainer", 409),
        ("/alice/private/n/", "RDFSource", 201),
        ("/alice/private/n/", "BasicContainer", 201),
        ("/alice/private/n", "NonRDFSource", 201),
    ],
)
def test_e13_g9_a_link_that_contradicts_the_address_is_a_conflict(alice, target, link, status):
    answer = alice.put(target, b"", Link=f'<http://www.w3.org/ns/ldp#{link}>; rel="type"')
    assert answer.status_code == status


def test_g2_g10_writes_say_where_and_nothing_of_what_was_there(alice):
    made = alice.put("/alice/private/new", b"1", "text/plain")
    assert (made.status_code, made.content) == (201, b"")
    assert made.headers["Location"] == "https://garden.example/alice/private/new"
    again = alice.put("/alice/private/new", b"2", "text/plain")
    assert (again.status_code, again.content) == (204, b"")
    assert again.headers["ETag"] == alice.get("/alice/private/new").headers["ETag"]
    assert links(made, "acl") == ["https://garden.example/alice/private/new.acl"]
    gone = alice("DELETE", "/alice/private/new")
    assert (gone.status_code, gone.content) == (204, b"")


# -- addresses -----------------------------------------------------------------------------------


@pytest.mark.parametrize("target", ["/nobody/", "/nobody/profile/card", "/nobody/x.acl", "/nobody/did.json"])
def test_an_unknown_pod_is_said_to_be_unknown_to_everybody(village, target):
    for person in village:
        for method in ("GET", "HEAD", "PUT", "DELETE", "PATCH"):
            answer = person(method, target, b"" if method in {"PUT", "PATCH"} else None)
            assert answer.status_code == 404
    assert "nobody" in village[2].get(target).json()["detail"]


def test_g7_the_root_without_its_slash_leads_to_the_root_before_anything_is_looked_up(village):
    for person in village:
        for name in ("alice", "nobody", "%61lice"):
            answer = person.get(f"/{name}?x=1")
            assert answer.status_code == 308
            assert (
                answer.headers["Location"] == f"https://garden.example/{'nobody' if name == 'nobody' else 'alice'}/?x=1"
            )


def test_c7_a_query_changes_nothing(alice):
    assert alice.get(f"{TEXT}?ext=acl").content == alice.get(TEXT).content
    assert alice.put(f"{TEXT}?x=/other", b"new", "text/plain").status_code == 204
    assert alice.get(TEXT).content == b"new"


def test_b15_a_problem_says_what_and_what_to_do_in_the_readers_language(village):
    stranger = village[2]
    english = stranger.get(TEXT).json()
    french = stranger.get(TEXT, Accept_Language="fr").json()
    assert set(english) == set(french) == {"type", "title", "status", "detail", "remedy"}
    assert english["detail"] != french["detail"]
    assert "Traceback" not in stranger.get("/alice/%zz").text
    assert stranger.get("/alice/%zz").status_code == 400


def test_b14_s31_the_settings_alone_say_which_host_this_is(village):
    stranger = village[2]
    for headers in ({"Host": "evil.example"}, {"X_Forwarded_Host": "evil.example"}, {"Forwarded": "host=evil.example"}):
        answer = stranger.get(CARD, Accept="text/html", **headers)
        assert "evil.example" not in answer.text + str(dict(answer.headers))
