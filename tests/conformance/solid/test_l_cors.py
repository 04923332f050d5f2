"""Cross-origin requests (solid.md L)."""

import pytest
from fixtures_pods import TEXT

from pod_app.web.solid.cors import EXPOSED

BOX = "/alice/private/"
ORIGIN = "https://tester.example:8443"
NEEDED = """Accept-Patch Accept-Post Accept-Put Accept-Ranges Allow Content-Length Content-Range Content-Type Date ETag
 Last-Modified Link Location Retry-After Updates-Via Vary WAC-Allow WWW-Authenticate DPoP-Nonce Content-Location"""
FETCH_BY_ITSELF = {"content-encoding", "transfer-encoding", "connection", "server", "keep-alive"}


def everything(village):
    """One answer of every kind: successes, refusals, faults, redirects."""
    alice, bob, stranger = village
    alice.put(f"{BOX}twin/")
    origin = {"Origin": ORIGIN}
    return [
        *[
            person(method, target, b"" if method in {"POST", "PUT"} else None, **origin)
            for person in village
            for method in ("GET", "HEAD", "OPTIONS", "POST")
            for target in (BOX, f"{BOX}g", "/alice/profile/card", "/alice/.acl", "/alice/.well-known/solid")
        ],
        stranger.get(TEXT, **origin), bob.get(TEXT, **origin), alice.get(f"{BOX}none", **origin),
        alice("DELETE", "/alice/", **origin), alice.get(TEXT, Accept="image/x", **origin),
        alice.put(f"{BOX}new", b"<broken", **origin), alice.put(TEXT, b"x", None, **origin),
        alice.put(TEXT, b"x", "text/plain", If_None_Match="*", **origin), alice.get(TEXT, Range="bytes=99-", **origin),
        alice.get("/alice/%zz", **origin), alice("BREW", TEXT, **origin), alice.get("/nobody/", **origin),
        alice.get(f"{BOX}twin", **origin), alice.get("/alice", **origin),
        alice.get(TEXT, If_None_Match="*", **origin), stranger.get(TEXT, Authorization="Bearer x", **origin),
    ]  # fmt: skip


def test_l1_every_answer_lets_its_origin_read_it(village):
    seen = set()
    for answer in everything(village):
        seen.add(answer.status_code)
        assert answer.headers["Access-Control-Allow-Origin"] == ORIGIN
        assert "Origin" in answer.headers["Vary"].split(", ")
    assert {200, 201, 204, 206, 301, 304, 308, 400, 401, 403, 404, 405, 406, 409, 412, 416, 501} - seen <= {206, 409}


def test_l1_a_fault_of_ours_is_readable_too(village, monkeypatch):
    alice = village[0]

    def broken(*_arguments, **_named):
        raise RuntimeError

    monkeypatch.setattr(type(alice.installation.services.resources), "read", broken)
    monkeypatch.setattr(type(alice.installation.services.resources), "read_within", broken)
    answer = alice.get(TEXT, Origin=ORIGIN)
    assert answer.status_code == 500
    assert answer.headers["Access-Control-Allow-Origin"] == ORIGIN


def test_l1_without_an_origin_nothing_is_said(village):
    answer = village[0].get(TEXT)
    assert not [name for name in answer.headers if name.lower().startswith("access-control")]
    assert "Origin" in answer.headers["Vary"]


def test_l2_every_header_that_an_answer_has_is_named(village):
    exposed = set(EXPOSED.split(", "))
    assert set(NEEDED.split()) <= exposed
    assert "*" not in EXPOSED
    for answer in everything(village):
        assert answer.headers["Access-Control-Expose-Headers"] == EXPOSED
        sent = {name.lower() for name in answer.headers if not name.lower().startswith("access-control-")}
        assert sent - FETCH_BY_ITSELF <= {name.lower() for name in exposed}


@pytest.mark.parametrize("target", [BOX, TEXT, f"{BOX}none", "/alice/", "/nobody/x", "/alice/.acl"])
@pytest.mark.parametrize("method", ["GET", "PUT", "POST", "PATCH", "DELETE", "HEAD"])
def test_l3_a_preflight_allows_what_it_asks_for(stranger, target, method):
    asked = "X-CUSTOM, Content-Type, authorization"
    answer = stranger(
        "OPTIONS", target, Origin=ORIGIN, Access_Control_Request_Method=method, Access_Control_Request_Headers=asked
    )
    assert (answer.status_code, answer.content) == (204, b"")
    assert method in answer.headers["Access-Control-Allow-Methods"].split(", ")
    assert answer.headers["Access-Control-Allow-Origin"] == ORIGIN
    assert set(asked.split(", ")) <= set(answer.headers["Access-Control-Allow-Headers"].split(", "))
    assert answer.headers["Access-Control-Expose-Headers"] == EXPOSED


@pytest.mark.parametrize(
    ("asked", "named"), [("X-CUSTOM, Content-Type", False), ("X-CUSTOM, Accept", True), ("accept", False)]
)
def test_l3_accept_is_allowed_exactly_when_it_is_asked_for(stranger, asked, named):
    answer = stranger("OPTIONS", BOX, Origin=ORIGIN, Access_Control_Request_Method="GET",
                      Access_Control_Request_Headers=asked)  # fmt: skip
    assert ("Accept" in answer.headers["Access-Control-Allow-Headers"]) == named


@pytest.mark.parametrize("asked", ["X-CUSTOM", "x-custom", "content-TYPE,Accept", "DPoP,If-None-Match"])
def test_l4_names_are_echoed_in_the_clients_spelling(stranger, asked):
    answer = stranger("OPTIONS", TEXT, Origin=ORIGIN, Access_Control_Request_Method="PUT",
                      Access_Control_Request_Headers=asked)  # fmt: skip
    assert answer.headers["Access-Control-Allow-Headers"] == asked


def test_l5_credentials_are_allowed_for_a_day_and_nothing_is_a_star(village):
    for answer in everything(village):
        assert answer.headers["Access-Control-Allow-Credentials"] == "true"
        assert not [
            name for name in answer.headers if name.lower().startswith("access-control") and "*" in answer.headers[name]
        ]
    preflight = village[2]("OPTIONS", TEXT, Origin=ORIGIN, Access_Control_Request_Method="PUT")
    assert int(preflight.headers["Access-Control-Max-Age"]) > 0


def test_l5_shapes_and_queries_are_open_without_credentials(stranger):
    for target in ("/shapes/", "/shapes/badge"):
        answer = stranger.get(target, Origin=ORIGIN, Accept="text/turtle")
        assert answer.headers["Access-Control-Allow-Origin"] == ORIGIN
        assert "Access-Control-Allow-Credentials" not in answer.headers
        assert "Origin" in answer.headers["Vary"]
    for target in ("/me", "/verify", "/"):
        assert "Access-Control-Allow-Origin" not in stranger.get(target, Origin=ORIGIN).headers


@pytest.mark.parametrize(
    "origin", ["nonsense", "https://", "https://a b", "://x", "https://x/path", "https://xn--?", ""]
)
def test_l6_an_origin_that_is_none_is_ignored(village, origin):
    for person, status in zip(village, (200, 403, 401), strict=True):
        answer = person.get(TEXT, Origin=origin)
        assert answer.status_code == status
        assert "Access-Control-Allow-Origin" not in answer.headers


@pytest.mark.parametrize("origin", ["https://evil.example", "null", "http://localhost:3000", "app://x"])
def test_l6_refusal_is_a_matter_of_who_asks_and_never_of_cors(village, origin):
    for person, status in zip(village, (200, 403, 401), strict=True):
        answer = person.get(TEXT, Origin=origin)
        assert (answer.status_code, answer.headers["Access-Control-Allow-Origin"]) == (status, origin)


def test_l7_a_granted_request_says_so_and_its_modes_can_be_read(village):
    answer = village[0].get(TEXT, Origin=ORIGIN)
    assert answer.headers["Access-Control-Allow-Origin"] == ORIGIN
    assert "WAC-Allow" in answer.headers["Access-Control-Expose-Headers"].split(", ")
    assert "WAC-Allow" in answer.headers
