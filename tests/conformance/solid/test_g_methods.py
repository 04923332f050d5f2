"""Reading, PUT, POST and DELETE (solid.md G); PATCH has its own sections."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from fixtures_pods import GRAPH, TEXT

from pod_app.standards import rdf
from pod_app.standards.namespaces import LDP

BOX = "/alice/private/"
HERE = "https://garden.example/alice/private/"


@pytest.mark.parametrize("target", ["/alice/", BOX, TEXT, f"{BOX}g", "/alice/.acl", f"{TEXT}.meta"])
def test_g1_what_a_method_takes_is_told_wherever_the_method_is_allowed(alice, target):
    alice.put(f"{TEXT}.meta", b"<t.txt> <urn:p> 1.")
    for method in ("GET", "HEAD", "OPTIONS"):
        headers = alice(method, target).headers
        allowed = headers["Allow"].split(", ")
        assert {"GET", "HEAD", "OPTIONS"} <= set(allowed)
        for name in ("PUT", "POST", "PATCH"):
            assert (f"Accept-{name.title()}" in headers) == (name in allowed)
        if "PATCH" in allowed:
            assert {"text/n3", "application/sparql-update"} <= set(headers["Accept-Patch"].split(", "))
        if "POST" in allowed:
            assert headers["Accept-Post"] == "*/*"
        is_rdf_only = target.endswith(("/", ".acl", ".meta"))
        assert ("text/turtle" in headers["Accept-Put"]) == is_rdf_only
        assert (headers["Accept-Put"] == "*/*") == (not is_rdf_only)


@pytest.mark.parametrize(
    ("media_type", "body"),
    [
        ("text/plain; charset=iso-8859-1", b"\xe9t\xe9\r\n"),
        ("application/octet-stream", bytes(range(256))),
        ("image/png", b"\x89PNG"),
        ("text/turtle", b"# kept\n<>   <urn:p> 01 ."),
        ("application/ld+json", b'{ "urn:p" : "x" }'),
        ("application/rdf+xml", b'<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"/>'),
    ],
)
def test_g2_bytes_and_type_are_kept_as_they_came(alice, media_type, body):
    made = alice.put(f"{BOX}n", body, media_type)
    assert (made.status_code, made.headers["Location"]) == (201, f"{HERE}n")
    answer = alice.get(f"{BOX}n", Accept="*/*")
    assert (answer.content, answer.headers["Content-Type"]) == (body, media_type)
    assert alice.put(f"{BOX}n", body, media_type).status_code == 204


def test_g3_a_post_adds_to_a_container_and_to_nothing_else(alice):
    made = alice("POST", BOX, b"x", "text/plain")
    assert made.status_code == 201
    assert made.headers["Location"].startswith(HERE)
    assert alice("POST", f"{BOX}none/", b"x", "text/plain").status_code == 404
    assert alice("POST", f"{BOX}none", b"x", "text/plain").status_code in {404, 405}
    assert alice("POST", f"{BOX}none/", b"x", "odd/type").status_code == 404
    answer = alice("POST", TEXT, b"x", "text/plain")
    assert answer.status_code == 405
    assert "POST" not in answer.headers["Allow"]


@pytest.mark.parametrize(
    "media_type", [rdf.TURTLE, rdf.JSON_LD, rdf.N_TRIPLES, rdf.TRIG, rdf.N_QUADS, rdf.RDF_XML, rdf.N3]
)
def test_g4_rdf_that_does_not_parse_is_not_kept(alice, media_type):
    for method, target in (("PUT", f"{BOX}new"), ("POST", BOX), ("PUT", f"{BOX}g")):
        answer = alice(method, target, b"<a> <b {", media_type)
        assert answer.status_code == 400
        assert answer.json()["detail"]
    assert alice.get(f"{BOX}new").status_code == 404
    assert alice.get(f"{BOX}g").content == GRAPH


@pytest.mark.parametrize("child", ["c/", "c.txt", "c"])
def test_g5_a_delete_takes_one_resource_and_no_container_that_holds_something(alice, child):
    alice.put(f"{BOX}a/{child}", b"")
    refused = alice("DELETE", f"{BOX}a/")
    assert refused.status_code == 409
    assert refused.json()["detail"]
    assert alice.get(f"{BOX}a/{child}").status_code == 200
    assert alice("DELETE", f"{BOX}a/{child}").status_code == 204
    assert f"a/{child}" not in alice.get(f"{BOX}a/").text
    assert alice.get(f"{BOX}a/{child}").status_code == 404
    assert alice("DELETE", f"{BOX}a/").status_code == 204
    assert alice.get(f"{BOX}a/").status_code == 404
    assert alice("DELETE", f"{BOX}a/").status_code == 404
    assert alice("DELETE", "/alice/").status_code == 405


def test_g6_of_ten_that_create_at_once_exactly_one_does(alice):
    with ThreadPoolExecutor(10) as hands:
        tries = [
            hands.submit(alice.put, f"{BOX}new", str(n).encode(), "text/plain", If_None_Match="*") for n in range(10)
        ]
    assert sorted(one.result().status_code for one in tries) == [201] + [412] * 9
    assert alice.get(BOX, Accept=rdf.N_TRIPLES).text.count(f"contains> <{HERE}new>") == 1


def test_g7_what_only_shows_a_resource_is_changed_at_the_resource(village):
    alice, bob, stranger = village
    for method in ("PUT", "POST", "DELETE"):
        body = None if method == "DELETE" else b"<> <urn:p> 2."
        answer = alice(method, f"{BOX}g.ttl", body)
        assert (answer.status_code, answer.headers["Location"]) == (308, f"{HERE}g")
        assert bob(method, f"{BOX}g.ttl", body).status_code == 403
        assert stranger(method, f"{BOX}g.ttl", body).status_code == 401
    assert alice.get(f"{BOX}g").content == GRAPH
    assert alice.put("/alice", b"").status_code == 308


def test_g7_a_page_is_no_place_to_put_a_document_and_never_replaces_one(alice):
    answer = alice.put(f"{BOX}g.html", b"<p>mine", "text/html")
    assert answer.status_code == 409
    assert alice.get(f"{BOX}g").content == GRAPH
    assert alice.put(f"{BOX}h.html", b"<p>mine", "text/html").status_code == 201
    assert alice.put(f"{BOX}t.txt.html", b"<p>mine", "text/html").status_code == 201


def test_g8_what_is_too_large_or_too_much_is_told_so(make_installation):
    from fixtures_pods import settled  # noqa: PLC0415  # only here another village is needed

    alice = settled(make_installation(max_body=1000, pod_quota=60_000))[0]
    assert alice.put(f"{BOX}big", bytes(1001), "application/octet-stream").status_code == 413
    answers = [alice.put(f"{BOX}{n}", bytes(999), "application/octet-stream").status_code for n in range(70)]
    assert set(answers) == {201, 507}
    assert alice("DELETE", f"{BOX}0").status_code == 204


@pytest.mark.parametrize(
    ("method", "target", "media_type", "kind"),
    [
        ("POST", BOX, "image/png", "BasicContainer"),
        ("PUT", f"{BOX}n/", "image/png", "BasicContainer"),
        ("PUT", f"{BOX}n", "text/turtle", "BasicContainer"),
        ("PUT", f"{BOX}n/", "text/turtle", "NonRDFSource"),
    ],
)
def test_g9_a_header_that_contradicts_the_request_is_refused(alice, method, target, media_type, kind):
    answer = alice(method, target, b"\x89PNG" if media_type == "image/png" else b"", media_type,
                   Link=f'<{LDP.iri}{kind}>; rel="type"')  # fmt: skip
    assert answer.status_code in {400, 409, 415}
    assert "n" not in {one.rpartition("/")[2] for one in alice.get(BOX).text.split(">")}


def test_g10_a_write_tells_nothing_of_what_stands_there(village):
    alice, bob, _ = village
    alice.put(TEXT, b"the secret word", "text/plain")
    alice.grant(TEXT, (bob.webid, "Write"), default=False)
    for answer in (
        bob.put(TEXT, b"mine", "text/plain", If_Match='"x"'),
        bob.put(TEXT, b"mine", "text/plain", If_None_Match="*"),
        bob.put(TEXT, b"mine", "text/plain"),
        bob("DELETE", TEXT),
        bob.get(TEXT),
    ):
        assert "secret" not in answer.text + str(answer.headers)
