"""The table of status codes, row by row (solid.md M); each line names the row that it proves."""

import pytest
from fixtures_pods import TEXT

BOX = "/alice/private/"
T = "text/turtle"
HAS = {"If_None_Match": "*"}
STALE = {"If_Match": '"stale"'}

ROWS = [
    ("no credentials", "stranger", "GET", TEXT, None, T, {}, 401),
    ("bad token", "stranger", "GET", "/alice/profile/card", None, T, {"Authorization": "Bearer a.b"}, 401),
    ("authenticated, not allowed", "bob", "GET", TEXT, None, T, {}, 403),
    ("authenticated, not allowed", "bob", "PUT", f"{BOX}new", b"", T, {}, 403),
    ("body without Content-Type", "alice", "PUT", f"{BOX}new", b"x", None, {}, 400),
    ("malformed RDF", "alice", "PUT", f"{BOX}new", b"<broken", T, {}, 400),
    ("malformed JSON", "alice", "PUT", f"{BOX}new", b"{", "application/ld+json", {}, 400),
    ("bad URI", "alice", "GET", "/alice/a%2fb", None, T, {}, 400),
    ("absent resource", "alice", "GET", f"{BOX}none", None, T, {}, 404),
    ("absent resource", "alice", "DELETE", f"{BOX}none", None, T, {}, 404),
    ("POST to absent container", "alice", "POST", f"{BOX}none/", b"", T, {}, 404),
    ("POST to document", "alice", "POST", TEXT, b"", T, {}, 405),
    ("DELETE root", "alice", "DELETE", "/alice/", None, T, {}, 405),
    ("DELETE root ACL", "alice", "DELETE", "/alice/.acl", None, T, {}, 405),
    ("no acceptable representation", "alice", "GET", TEXT, None, T, {"Accept": "image/x"}, 406),
    ("containment tampering", "alice", "PUT", BOX, b"<> <http://www.w3.org/ns/ldp#contains> <x>.", T, {}, 409),
    ("slash twin", "alice", "PUT", f"{TEXT}/", b"", T, {}, 409),
    ("document as parent", "alice", "PUT", f"{TEXT}/x", b"", T, {}, 409),
    ("non-empty container", "alice", "DELETE", BOX, None, T, {}, 409),
    ("precondition failed", "alice", "PUT", TEXT, b"", T, HAS, 412),
    ("precondition failed", "alice", "PUT", TEXT, b"", T, STALE, 412),
    ("precondition failed", "alice", "DELETE", TEXT, None, T, STALE, 412),
    ("precondition failed", "alice", "GET", TEXT, None, T, STALE, 412),
    ("unsupported media type", "alice", "PUT", "/alice/.acl", b"x", "text/plain", {}, 415),
    ("bad range", "alice", "GET", TEXT, None, T, {"Range": "bytes=10-"}, 416),
    ("unprocessable data", "alice", "PUT", "/alice/contributions/x", b"<> <urn:p> 1.", T, {}, 422),
]


@pytest.mark.parametrize(("why", "who", "method", "target", "body", "media_type", "headers", "status"), ROWS)
def test_m_each_row_of_the_table(village, why, who, method, target, body, media_type, headers, status):
    person = dict(zip(("alice", "bob", "stranger"), village, strict=True))[who]
    answer = person(method, target, body, media_type, **headers)
    assert answer.status_code == status, answer.text
    assert answer.json()["status"] == status


def test_m_protected_triples_of_a_profile_are_409(alice):
    card = alice.get("/alice/profile/card").content
    evil = card + b"\n<#me> <http://www.w3.org/ns/solid/terms#oidcIssuer> <https://evil.example/> ."
    assert alice.put("/alice/profile/card", evil).status_code == 409


def test_m_too_large_is_413(make_installation):
    from fixtures_pods import settled  # noqa: PLC0415  # only here another village is needed

    alice = settled(make_installation(max_body=1000))[0]
    assert alice.put(f"{BOX}big", bytes(1001), "application/octet-stream").status_code == 413
