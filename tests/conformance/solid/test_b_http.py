"""HTTP basics of every answer (solid.md B)."""

import json
from email.utils import parsedate_to_datetime

import pytest
from fixtures_pods import TEXT, Person, settled

GRAPH = "/alice/private/g"
BOX = "/alice/private/"
METHODS = ("GET", "HEAD", "PUT", "POST", "PATCH", "DELETE")
WITH_BODY = {"PUT", "POST", "PATCH"}
READABLE = ["/alice/", BOX, TEXT, GRAPH, "/alice/.acl", "/alice/did.json", "/alice/.well-known/solid"]


def content(method):
    return b"<> <urn:p> 1." if method in WITH_BODY else None


# -- B2 ------------------------------------------------------------------------------------------


def test_b2_plain_http_leads_to_https_where_that_is_switched_on(make_installation):
    stranger = Person(make_installation(redirect_http="proxy"))
    for target in ("/alice/profile/card", "/", "/alice/x?y=1"):
        for method in ("GET", "PUT", "OPTIONS"):
            answer = stranger(method, target, X_Forwarded_Proto="http")
            assert answer.status_code == 301
            assert answer.headers["Location"] == f"https://garden.example{target}"
        assert stranger.get(target, X_Forwarded_Proto="https").status_code != 301


def test_b2_the_request_itself_tells_when_no_proxy_stands_before(make_installation):
    here = make_installation(redirect_http="direct")
    plain = here.client.get("http://garden.example/alice/")
    assert (plain.status_code, plain.headers["Location"]) == (301, "https://garden.example/alice/")
    assert here.client.get("https://garden.example/", headers={"X-Forwarded-Proto": "http"}).status_code == 200


@pytest.mark.parametrize(
    ("base_url", "how"), [("https://garden.example/", "off"), ("http://localhost:8000/", "proxy")]
)  # fmt: skip
def test_b2_nothing_is_led_away_where_it_is_off_or_there_is_no_https(make_installation, base_url, how):
    here = make_installation(base_url, redirect_http=how)
    answer = here.client.get("/", headers={"X-Forwarded-Proto": "http"})
    assert answer.status_code == 200


# -- B3 to B7 ------------------------------------------------------------------------------------


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("target", [TEXT, GRAPH, BOX, "/alice/", "/alice/.acl", f"{BOX}none", f"{BOX}none/"])
def test_b3_who_proves_nothing_gets_401_with_a_challenge(stranger, method, target):
    answer = stranger(method, target, content(method))
    assert answer.status_code == 401
    assert "Bearer realm=" in answer.headers["WWW-Authenticate"]


@pytest.mark.parametrize("token", ["Bearer a.b", "Bearer", "DPoP x.y.z", "Basic YTpi"])
def test_b3_what_proves_nothing_is_no_stranger_where_everybody_may_read(stranger, token):
    answer = stranger.get("/alice/profile/card", Authorization=token)
    assert answer.status_code == 401
    assert "WWW-Authenticate" in answer.headers


def test_b4_every_answer_with_content_says_what_it_is(village):
    for person in village:
        for target in (*READABLE, f"{BOX}none", "/nobody/", "/alice/%zz", "/", "/verify", "/nowhere-at-all/x"):
            for method in ("GET", "PUT", "BREW"):
                answer = person(method, target)
                assert not answer.content or answer.headers["Content-Type"], (method, target)


@pytest.mark.parametrize("media_type", [None, "", " "])
@pytest.mark.parametrize(("method", "target"), [("PUT", f"{BOX}new"), ("PUT", TEXT), ("POST", BOX), ("PUT", GRAPH)])
def test_b5_content_without_a_type_is_400(alice, method, target, media_type):
    before = alice.get(target).content
    assert alice(method, target, b"x", media_type).status_code == 400
    assert alice.get(target).content == before


def test_b5_without_content_no_type_is_needed(alice):
    assert alice("PUT", f"{BOX}empty").status_code == 201
    assert alice("PUT", f"{BOX}box/").status_code == 201
    assert alice("POST", BOX).status_code == 201


@pytest.mark.parametrize(
    ("method", "target", "status"),
    [
        ("POST", TEXT, 405),
        ("DELETE", "/alice/", 405),
        ("DELETE", "/alice/.acl", 405),
        ("TRACE", TEXT, 405),
        ("TRACE", BOX, 405),
        ("BREW", TEXT, 501),
    ],
)
def test_b6_a_method_that_the_target_lacks_is_405_with_those_it_has(alice, method, target, status):
    answer = alice(method, target, b"x" if method == "POST" else None, "text/plain")
    assert answer.status_code == status
    assert {"GET", "HEAD", "OPTIONS"} <= set(answer.headers["Allow"].split(", "))
    assert method not in answer.headers["Allow"].split(", ")


@pytest.mark.parametrize("target", READABLE)
def test_b7_every_success_tells_the_methods_of_its_target(alice, target):
    told = {method: alice(method, target).headers["Allow"] for method in ("GET", "HEAD")}
    assert len(set(told.values())) == 1
    allowed = set(told["GET"].split(", "))
    assert {"GET", "HEAD", "OPTIONS"} <= allowed
    assert allowed - {"PATCH"} <= set(alice("OPTIONS", target).headers["Allow"].split(", "))
    for method in {"POST", "DELETE", "TRACE"} - allowed:
        assert alice(method, target, content(method)).status_code in {404, 405, 409}


def test_b7_writes_tell_them_too(alice):
    for answer in (
        alice.put(f"{BOX}n", b"1", "text/plain"),
        alice.put(f"{BOX}n", b"2", "text/plain"),
        alice("DELETE", f"{BOX}n"),
        alice("POST", BOX, b"x", "text/plain"),
        alice.put(f"{BOX}c/"),
    ):
        assert {"GET", "HEAD", "PUT", "DELETE"} <= set(answer.headers["Allow"].split(", "))


# -- B8, B9, B12 ---------------------------------------------------------------------------------


def modified(person, target):
    return parsedate_to_datetime(person("HEAD", target).headers["Last-Modified"])


def test_b8_the_date_of_a_container_follows_its_members_and_climbs_no_further(alice):
    clock = alice.installation.clock
    alice.put(f"{BOX}a/b/x", b"1", "text/plain")
    before = {target: modified(alice, target) for target in ("/alice/", BOX, f"{BOX}a/", f"{BOX}a/b/")}
    clock.forward(minutes=5)
    alice.put(f"{BOX}a/b/x", b"2", "text/plain")
    assert modified(alice, f"{BOX}a/b/x") == clock.now
    assert {target: modified(alice, target) for target in before} == before
    clock.forward(minutes=5)
    alice.put(f"{BOX}a/b/y", b"1", "text/plain")
    assert modified(alice, f"{BOX}a/b/") == clock.now
    clock.forward(minutes=5)
    alice("DELETE", f"{BOX}a/b/y")
    assert modified(alice, f"{BOX}a/b/") == clock.now
    for above in (f"{BOX}a/", BOX, "/alice/"):
        assert modified(alice, above) == before[above]


def test_b9_the_tag_of_a_listing_changes_exactly_when_the_listing_does(alice):
    clock = alice.installation.clock
    alice.put(f"{BOX}a/b/x", b"1", "text/plain")
    changes = [
        lambda: alice.put(f"{BOX}a/b/x", b"22", "text/plain"),
        lambda: alice.put(f"{BOX}a/b/y", b"1", "text/plain"),
        lambda: alice("DELETE", f"{BOX}a/b/y"),
        lambda: alice.put(f"{BOX}a/b/", b"<> <http://purl.org/dc/terms/title> 'B'."),
        lambda: alice.put(f"{BOX}z/z", b""),
        lambda: alice.put(f"{BOX}a/b/x.meta", b"<x> <urn:p> 1."),
    ]
    for change in changes:
        before = {target: listing(alice, target) for target in ("/alice/", BOX, f"{BOX}a/", f"{BOX}a/b/")}
        clock.forward(minutes=1)
        assert change().is_success
        for target, (body, tag) in before.items():
            now = listing(alice, target)
            assert now[0] == body or now[1] != tag, target


def listing(person, target):
    answer = person.get(target, Accept="application/n-triples")
    return answer.content, answer.headers["ETag"]


@pytest.mark.parametrize("accept", ["text/turtle", "application/ld+json", "application/n-triples", "text/html"])
def test_b9_every_form_has_a_strong_tag_of_its_own(alice, accept):
    alice.put("/alice/public/g", b"<> <urn:p> 1.")
    tag = alice.get("/alice/public/g", Accept=accept).headers["ETag"]
    assert tag.startswith('"')
    for other in {"text/turtle", "application/ld+json", "text/html"} - {accept}:
        assert alice.get("/alice/public/g", Accept=other).headers["ETag"] != tag


@pytest.mark.parametrize("target", READABLE)
def test_b12_head_is_get_without_the_body(alice, target):
    got, head = alice.get(target), alice("HEAD", target)
    assert (head.status_code, head.content) == (200, b"")
    assert dict(head.headers) == dict(got.headers)


def test_b12_head_of_a_refusal_has_no_body_either(village):
    _, bob, stranger = village
    for person, target in ((stranger, TEXT), (bob, TEXT), (bob, "/bob/none"), (bob, "/bob/%zz")):
        got, head = person.get(target), person("HEAD", target)
        assert head.content == b""
        assert (head.status_code, dict(head.headers)) == (got.status_code, dict(got.headers))


# -- B10, B11, B13 to B16 ------------------------------------------------------------------------


@pytest.mark.parametrize("method", METHODS)
def test_b10_whoever_may_not_learns_nothing_by_whatever_else_is_wrong(village, method):
    alice, bob, stranger = village
    alice.put(f"{BOX}box/")
    for person, status in ((bob, 403), (stranger, 401)):
        for target in (TEXT, f"{BOX}t.txt/", f"{BOX}box", f"{BOX}none", f"{TEXT}/below", f"{GRAPH}.ttl", "/alice/"):
            for headers in ({}, {"If_Match": '"x"'}, {"If_None_Match": "*"}, {"Accept": "image/x"}):
                answer = person(method, target, b"<broken" if method in WITH_BODY else None, None, **headers)
                assert answer.status_code == status, (target, headers)


@pytest.mark.parametrize(
    "target", ["/alice/", "/alice", BOX, TEXT, f"{BOX}none", "/alice/.acl", "/nobody/x", "/alice/did.json"]
)
def test_b11_options_is_answered_everywhere_and_asks_for_no_proof(village, target):
    for person in village:
        answer = person("OPTIONS", target)
        assert (answer.status_code, answer.content) == (204, b"")
    assert village[2]("OPTIONS", target, Authorization="Bearer nonsense").status_code == 204


HOSTILE = [
    {"Accept": "x" * 3000}, {"Accept": ";;;,,,"}, {"Range": "bytes=-"}, {"Range": "bytes=99999999999999999999-"},
    {"If_Match": "x,,"}, {"If_None_Match": '"'}, {"If_Modified_Since": "yesterday"}, {"Content_Type": ";"},
    {"Accept_Language": "q=" * 500}, {"Origin": "://"}, {"Slug": "\x7f" * 300}, {"Link": "<<<>>>;;rel="},
    {"Content_Length": "0"}, {"Cookie": "=;=;"}, {"Authorization": "Bearer " + "a" * 2000},
]  # fmt: skip


@pytest.mark.parametrize("headers", HOSTILE, ids=str)
def test_b13_no_input_is_answered_by_a_5xx(alice, headers):
    for method in (*METHODS, "OPTIONS"):
        for target in (TEXT, GRAPH, BOX, "/alice/.acl", f"{BOX}none", "/alice/%ff", "/alice/a%2fb"):
            named = {"media_type": None} if "Content_Type" in headers else {}
            answer = alice(method, target, content(method), **named, **headers)
            assert answer.status_code < 500, (method, target, answer.text)


def test_b14_the_settings_alone_say_where_this_is(alice):
    headers = {"X_Forwarded_Host": "evil.example", "X_Forwarded_Proto": "http", "Forwarded": "host=evil.example"}
    made = alice.put(f"{BOX}new", b"", **headers, Host="evil.example")
    assert made.headers["Location"] == "https://garden.example/alice/private/new"
    assert "evil" not in str(alice.get(BOX, **headers, Host="evil.example").headers)


def test_b15_every_refusal_says_what_and_why_and_what_to_do(village):
    alice, bob, stranger = village
    alice.put(f"{BOX}full/x", b"")
    for answer in (
        stranger.get(TEXT), bob.get(TEXT), alice.get(f"{BOX}none"), alice("DELETE", f"{BOX}full/"),
        alice("POST", TEXT, b"x", "text/plain"), alice.get(TEXT, Accept="image/png"),
        alice.get(TEXT, Range="bytes=99-"),
        alice.put(TEXT, b"", If_None_Match="*"), alice.put(f"{BOX}new", b"<broken"), alice.get("/alice/%zz"),
        alice.put("/alice/.acl", b"x", "text/plain"),
    ):  # fmt: skip
        assert answer.headers["Content-Type"] == "application/problem+json"
        told = json.loads(answer.content)
        assert told["status"] == answer.status_code
        assert all(told[part] for part in ("type", "title", "detail", "remedy"))
        assert "Traceback" not in answer.text


def test_b15_a_broken_constraint_links_to_the_constraint(alice):
    answer = alice.put("/alice/contributions/x", b"<> <urn:p> 1.")
    assert answer.status_code == 422
    assert (
        '<https://garden.example/shapes/contribution>; rel="http://www.w3.org/ns/ldp#constrainedBy"'
        in (answer.headers["Link"])
    )


def test_b16_cookies_open_nothing_and_none_is_set(installation):
    settled(installation)
    installation.person("dora", "correct horse battery")
    account = installation.services.accounts.check("dora", "correct horse battery")
    session = installation.services.sessions.begin(account)
    for name in ("session", "__Host-session"):
        answer = installation.send("GET", "/dora/private/", headers={"Cookie": f"{name}={session}"})
        assert answer.status_code == 401
        assert "Set-Cookie" not in answer.headers
