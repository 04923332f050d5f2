"""Pod addresses over HTTP, requirement by requirement (solid.md B to H, K, P; trust.md S22, S24, S31, S33)."""

import json

import pytest
from fixtures_pods import GRAPH, TEXT, Person, links, rules, settled

from pod_app.standards import rdf

METHODS = ("GET", "HEAD", "PUT", "POST", "DELETE", "PATCH")
CARD = "/alice/profile/card"


@pytest.fixture
def village(installation):
    return settled(installation)


@pytest.fixture
def alice(village):
    return village[0]


# -- who is asking (B3, B16, R10) ----------------------------------------------------------------


@pytest.mark.parametrize("method", METHODS)
def test_b3_a_stranger_is_told_how_to_prove_who_they_are(village, method):
    body = None if method in {"GET", "HEAD", "DELETE"} else b"x"
    for target in (TEXT, "/alice/private/", "/alice/private/none"):
        answer = village[2](method, target, body, "text/plain")
        assert answer.status_code == 401
        challenge = answer.headers["WWW-Authenticate"]
        assert challenge.startswith("DPoP ")
        assert ", Bearer " in challenge
        assert answer.headers["Content-Type"] == "application/problem+json"


@pytest.mark.parametrize("method", METHODS)
def test_p12_who_may_not_is_refused_whatever_the_request_looks_like(village, method):
    body = None if method in {"GET", "HEAD", "DELETE"} else b"<broken"
    for target in (TEXT, "/alice/private/", "/alice/private/none"):
        assert village[1](method, target, body, None, If_Match='"x"').status_code == 403


@pytest.mark.parametrize("header", ["Bearer nobody.secret", "Bearer x", "Basic YTpi", "DPoP x", "", "x" * 5000])
def test_r10_a_proof_that_fails_is_no_stranger_even_where_everybody_may_read(village, header):
    stranger = village[2]
    answer = stranger.installation.send("GET", CARD, headers=[(b"Authorization", header.encode("latin-1"))])
    assert answer.status_code == 401
    assert "WWW-Authenticate" in answer.headers


def test_b16_no_cookie_counts_at_an_address_of_a_pod(installation):
    installation.person("alice", "correct horse battery")
    account = installation.services.accounts.check("alice", "correct horse battery")
    value = installation.services.sessions.begin(account)
    for name in ("__Host-session", "session"):
        for target in ("/alice/", "/alice/private/", "/alice/.acl"):
            assert installation.send("GET", target, headers={"Cookie": f"{name}={value}"}).status_code == 401
        put = installation.send(
            "PUT", "/alice/private/x", headers={"Cookie": f"{name}={value}", "Content-Type": "text/plain"}, content=b"x"
        )
        assert put.status_code == 401
    assert "Set-Cookie" not in installation.send("GET", CARD, headers={"Accept": "text/html"}).headers


# -- agents (P5, P6) -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("grant", "bob_may", "stranger_may"),
    [
        ("{bob}", 200, 401),
        ("public", 200, 200),
        ("anybody signed in", 200, 401),
        ("group https://garden.example/alice/public/friends#us", 200, 401),
        ("group https://garden.example/alice/public/friends#others", 403, 401),
        ("group https://elsewhere.example/friends#us", 403, 401),
        ("https://garden.example/bob/profile/card#other", 403, 401),
    ],
)
def test_p5_rules_name_agents_groups_and_everybody(village, grant, bob_may, stranger_may):
    alice, bob, stranger = village
    friends = (
        f"<#us> a <http://www.w3.org/2006/vcard/ns#Group>; <http://www.w3.org/2006/vcard/ns#hasMember> <{bob.webid}>."
    )
    alice.put("/alice/public/friends", friends.encode())
    alice.grant(TEXT, (grant.format(bob=bob.webid), "Read"), default=False)
    assert bob.get(TEXT).status_code == bob_may
    assert stranger.get(TEXT).status_code == stranger_may
    assert bob.put(TEXT, b"x", "text/plain").status_code == 403


def test_p5_a_group_that_lives_in_a_private_place_counts_all_the_same(village):
    alice, bob, _ = village
    member = "<http://www.w3.org/2006/vcard/ns#hasMember>"
    alice.put("/alice/private/friends", f"<#us> {member} <{bob.webid}>.".encode())
    alice.grant(TEXT, (f"group {alice.pod.iri}private/friends#us", "Read"), default=False)
    assert bob.get(TEXT).status_code == 200
    alice.put("/alice/private/friends", f"<#us> {member} <{alice.webid}>.".encode())
    assert bob.get(TEXT).status_code == 403


def test_p6_a_group_may_stand_in_the_rules_themselves(village):
    alice, bob, _ = village
    body = rules(
        f"{alice.pod.iri}private/t.txt", (alice.webid, "Control"), (f"group {alice.pod.iri}private/t.txt.acl#g", "Read")
    )
    body += f"<#g> <http://www.w3.org/2006/vcard/ns#hasMember> <{bob.webid}>.".encode()
    assert alice.put(f"{TEXT}.acl", body).status_code == 201
    assert bob.get(TEXT).status_code == 200


@pytest.mark.parametrize(
    ("grant", "user", "public"),
    [
        (("{bob}", "Read"), {"read"}, set()),
        (("{bob}", "Read Append"), {"read", "append"}, set()),
        (("{bob}", "Read Write"), {"read", "write", "append"}, set()),
        (("{bob}", "Read Control"), {"read", "control"}, set()),
        (("public", "Read"), {"read"}, {"read"}),
    ],
)
def test_p15_p16_wac_allow_tells_the_modes_of_the_reader_and_of_everybody(village, grant, user, public):
    alice, bob, _ = village
    alice.grant(TEXT, (grant[0].format(bob=bob.webid), grant[1]), default=False)
    for method in ("GET", "HEAD"):
        told = bob(method, TEXT).headers["WAC-Allow"]
        parts = dict(part.split("=") for part in told.split(","))
        assert set(parts["user"].strip('"').split()) == user
        assert set(parts["public"].strip('"').split()) == public
    own = alice.get(TEXT).headers["WAC-Allow"]
    assert set(own.split('"')[1].split()) == {"read", "write", "append", "control"}


# -- headers (B4 to B12, D2, F1, G1, K6) ---------------------------------------------------------


@pytest.mark.parametrize(
    "target", ["/alice/", "/alice/private/", CARD, "/alice/private/g", TEXT, "/alice/.acl", "/alice/did.json"]
)
@pytest.mark.parametrize("accept", ["*/*", "application/ld+json, */*;q=0.1"])
def test_b12_head_has_the_headers_of_get_and_no_body(alice, target, accept):
    got, head = alice.get(target, Accept=accept), alice("HEAD", target, Accept=accept)
    assert (head.status_code, head.content) == (200, b"")
    assert dict(head.headers) == dict(got.headers)
    assert got.headers["Content-Length"] == str(len(got.content))


@pytest.mark.parametrize("target", ["/alice/", "/alice/private/", "/alice/private/g", TEXT])
def test_b7_f1_k6_what_every_read_tells(alice, target):
    answer = alice.get(target)
    container = target.endswith("/")
    assert {"GET", "HEAD", "OPTIONS", "PUT"} <= set(answer.headers["Allow"].split(", "))
    assert ("POST" in answer.headers["Allow"]) == container
    assert ("Accept-Post" in answer.headers) == container
    assert {"Accept", "Authorization", "Origin"} <= set(answer.headers["Vary"].split(", "))
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert "sandbox" in answer.headers["Content-Security-Policy"]
    assert answer.headers["Cache-Control"] == "private, no-cache"
    assert answer.headers["Last-Modified"].endswith("GMT")
    iri = f"https://garden.example{target}"
    assert links(answer, "acl") == [f"{iri}.acl"]
    assert links(answer, "describedby") == [f"{iri}.meta"]
    types = {one.rpartition("#")[2] for one in links(answer, "type")}
    assert ("BasicContainer" in types) == ("Container" in types) == container
    assert "Resource" in types
    assert ("Storage" in types) == (target == "/alice/")


def test_f1_f3_f6_rules_have_no_rules_and_a_description_names_its_subject(alice):
    alice.put(f"{TEXT}.meta", b"<t.txt> <urn:p> 1.")
    described = alice.get(f"{TEXT}.meta")
    assert links(described, "describes") == [f"https://garden.example{TEXT}"]
    for auxiliary in (described, alice.get("/alice/.acl")):
        assert links(auxiliary, "acl") == links(auxiliary, "describedby") == []
    assert alice.get("/alice/.acl.acl").status_code == 404


@pytest.mark.parametrize("target", ["/alice/", "/alice/private/secret", "/alice/none/", "/nobody/x"])
def test_b11_options_needs_no_proof_and_tells_nothing_but_the_kind(village, target):
    answer = village[2]("OPTIONS", target)
    assert (answer.status_code, answer.content) == (204, b"")
    assert {"GET", "HEAD", "OPTIONS"} <= set(answer.headers["Allow"].split(", "))
    absent = village[2]("OPTIONS", f"/alice/private/other{'/' if target.endswith('/') else ''}")
    if target != "/alice/":
        assert answer.headers["Allow"] == absent.headers["Allow"]


@pytest.mark.parametrize(("method", "status"), [("TRACE", 405), ("BREW", 501), ("PROPFIND", 501)])
def test_b6_a_method_that_cannot_be_done_names_those_that_can(alice, method, status):
    for target in (TEXT, "/alice/private/"):
        answer = alice(method, target, b"x", "text/plain")
        assert answer.status_code == status
        assert {"GET", "HEAD"} <= set(answer.headers["Allow"].split(", "))


def test_g3_post_goes_to_containers_only(alice):
    answer = alice("POST", TEXT, b"x", "text/plain")
    assert answer.status_code == 405
    assert "POST" not in answer.headers["Allow"]
    assert alice("POST", "/alice/private/none/", b"x", "text/plain").status_code == 404
    assert alice("POST", "/alice/private/none", b"x", "text/plain").status_code in {404, 405}


# -- representations (K) -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("accept", "given"),
    [
        (None, rdf.TURTLE),
        ("*/*", rdf.TURTLE),
        ("text/turtle", rdf.TURTLE),
        ("application/ld+json", rdf.JSON_LD),
        ("application/n-triples", rdf.N_TRIPLES),
        ("application/*", rdf.JSON_LD),
        ("text/turtle;q=0.1, application/ld+json;q=0.9", rdf.JSON_LD),
        ("text/turtle;q=0, */*;q=0.1", rdf.JSON_LD),
        ("image/png, */*;q=0.01", rdf.TURTLE),
        (f"{', '.join(f'x/y{n}' for n in range(200))}, application/ld+json", rdf.JSON_LD),
        ("nonsense", rdf.TURTLE),
    ],
)
def test_k1_k4_a_graph_comes_in_the_syntax_that_its_reader_prefers(alice, accept, given):
    wanted = set(rdf.parse(GRAPH, rdf.TURTLE, "https://garden.example/alice/private/g"))
    for target in ("/alice/private/g", "/alice/private/"):
        headers = alice.headers | ({"Accept": accept} if accept else {"Accept": ""})
        answer = alice.installation.send("GET", target, headers=headers)
        assert answer.headers["Content-Type"].partition(";")[0] == given
        found = set(rdf.parse(answer.content, given, f"https://garden.example{target}"))
        assert found == wanted if target.endswith("g") else found


@pytest.mark.parametrize("target", ["/alice/private/g", TEXT, "/alice/private/"])
def test_k4_what_cannot_be_had_is_406_and_says_what_can(alice, target):
    for accept in ("image/png", "text/turtle;q=0, text/plain;q=0, application/*;q=0, text/html;q=0, text/*;q=0"):
        answer = alice.get(target, Accept=f"{accept}, application/problem+json")
        assert answer.status_code == 406
        assert ("text/plain" if target == TEXT else "text/turtle") in answer.json()["remedy"]


def test_k1_json_ld_is_turtle_too(alice):
    body = json.dumps({"@id": "#it", "http://schema.org/name": [{"@value": "Été", "@language": "fr"}, "a\nb"]}).encode()
    alice.put("/alice/private/j", body, "application/ld+json")
    assert alice.get("/alice/private/j", Accept="application/ld+json").content == body
    answer = alice.get("/alice/private/j", Accept="text/turtle")
    wanted = set(rdf.parse(body, rdf.JSON_LD, "https://garden.example/alice/private/j"))
    assert set(rdf.parse(answer.content, rdf.TURTLE, "https://garden.example/")) == wanted


def test_a_page_is_given_to_browsers_only_and_shows_only_what_everybody_may_see(village):
    alice, _, stranger = village
    browser = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"
    page = stranger.get(CARD, Accept=browser)
    assert page.headers["Content-Type"] == "text/html; charset=utf-8"
    assert "Accept-Language" in page.headers["Vary"]
    assert alice.get(CARD, Accept=browser).text == page.text
    private = alice.get("/alice/private/g", Accept=browser)
    assert private.status_code == 401
    assert "/me/open?iri=" in private.text


def test_s24_a_stored_page_is_kept_apart_from_our_pages(alice):
    evil = b"<script>fetch('/me')</script>"
    for media_type in ("text/html", "application/xhtml+xml", "image/svg+xml", "application/pdf", "text/xml"):
        alice.put("/alice/public/evil", evil, media_type)
        for accept in ("text/html,*/*;q=0.8", "*/*"):
            answer = Person(alice.installation).get("/alice/public/evil", Accept=accept)
            assert (answer.status_code, answer.content) == (200, evil)
            assert answer.headers["Content-Security-Policy"] == "sandbox; default-src 'none'"
            assert answer.headers["X-Content-Type-Options"] == "nosniff"
            if media_type != "image/svg+xml":
                assert answer.headers["Content-Disposition"] == "attachment"


@pytest.mark.parametrize(
    ("suffix", "given"),
    [
        (".ttl", "text/turtle"),
        (".nt", "application/n-triples"),
        (".jsonld", "application/ld+json"),
        (".html", "text/html"),
    ],
)
def test_a_suffix_names_a_form_of_what_stands_without_it(village, suffix, given):
    _, _, stranger = village
    answer = stranger.get(f"{CARD}{suffix}", Accept="image/png")
    assert (answer.status_code, answer.headers["Content-Type"].partition(";")[0]) == (200, given)
    assert links(answer, "acl") == [f"https://garden.example{CARD}.acl"]


def test_a_suffix_opens_nothing_that_the_address_itself_does_not(village):
    alice, bob, stranger = village
    for suffix in (".ttl", ".html", ".json", ".png", ".nt"):
        for known, absent in (("g", "h"), ("t.txt", "u.txt")):
            for person, status in ((stranger, 401), (bob, 403)):
                present = person.get(f"/alice/private/{known}{suffix}")
                nothing = person.get(f"/alice/private/{absent}{suffix}")
                assert present.status_code == nothing.status_code == status
                assert present.content == nothing.content
    alice.put("/alice/private/h.ttl", b"<> <urn:own> 1.")
    alice.put("/alice/private/h", b"<> <urn:other> 1.")
    assert b"urn:own" in alice.get("/alice/private/h.ttl").content
