"""S22: whoever may not read learns nothing about what stands there: same status, headers and body."""

import itertools

import pytest
from fixtures_pods import people

PRESENT, ABSENT = "a1", "b2"
REQUESTS = [
    ("GET", {}), ("GET", {"If_None_Match": "*"}), ("GET", {"If_Match": "*"}), ("GET", {"Range": "bytes=0-1"}),
    ("GET", {"Accept": "text/html"}), ("GET", {"Accept": "image/png"}), ("GET", {"Accept": "application/ld+json"}),
    ("HEAD", {}), ("OPTIONS", {}), ("PUT", {}), ("PUT", {"If_None_Match": "*"}), ("PUT", {"If_Match": "*"}),
    ("POST", {}), ("DELETE", {}), ("DELETE", {"If_Match": "*"}), ("PATCH", {}), ("BREW", {}), ("TRACE", {}),
    ("GET", {"If_Modified_Since": "Thu, 01 Jan 2026 00:00:00 GMT"}),
]  # fmt: skip
FORMS = ["{}", "{}.acl", "{}.meta", "{}/", "{}.ttl", "{}.html", "{}.png", "{}/below", "{}/.acl", "{}.json?x=1"]


@pytest.fixture
def village(installation):
    """Alice's private container holds a graph; in a second one, which Bob may write and not read, too."""
    alice, bob, stranger = people(installation, "alice", "bob")
    for folder in ("closed", "blind"):
        alice.put(f"/alice/{folder}/{PRESENT}", b"<> <urn:p> 1.")
        alice.grant(
            f"/alice/{folder}/{PRESENT}", *([(bob.webid, "Append")] if folder == "blind" else []), default=False
        )
        alice.put(f"/alice/{folder}/{PRESENT}.meta", b"<> <urn:p> 1.")
    alice.grant("/alice/blind/", (bob.webid, "Append"))
    return alice, bob, stranger


def seen(person, method, target, headers):
    body = b"<> <urn:q> 2." if method in {"PUT", "POST", "PATCH"} else None
    answer = person(method, target, body, **headers)
    told = {name: value for name, value in answer.headers.items() if name != "date"}
    return answer.status_code, told, answer.text.replace(PRESENT, ABSENT)


@pytest.mark.parametrize(("method", "headers"), REQUESTS)
def test_s22_present_and_absent_look_the_same_to_whoever_may_not_read(village, method, headers):
    _, bob, stranger = village
    for person, form in itertools.product((bob, stranger), FORMS):
        present, absent = (
            seen(person, method, f"/alice/closed/{form.format(name)}", headers) for name in (PRESENT, ABSENT)
        )
        assert present == absent, form
        assert present[0] in ({204} if method == "OPTIONS" else {501} if method == "BREW" else {401, 403})


@pytest.mark.parametrize(("method", "headers"), [one for one in REQUESTS if one[0] not in {"PUT", "OPTIONS"}])
def test_s22_whoever_may_add_and_not_read_learns_nothing_either(village, method, headers):
    _, bob, _ = village
    for form in ("{}", "{}.acl", "{}.meta", "{}.ttl"):
        present, absent = (
            seen(bob, method, f"/alice/blind/{form.format(name)}", headers) for name in (PRESENT, ABSENT)
        )
        assert present == absent, form
        assert not 200 <= present[0] < 300


@pytest.mark.parametrize("path", ["closed", "nothing/", "nothing", "closed/a1/b/c", "private/x.acl"])
def test_s22_a_whole_tree_that_is_private_looks_like_none(village, path):
    for person in village[1:]:
        assert seen(person, "GET", f"/alice/{path}", {}) == seen(person, "GET", "/alice/closed/", {})
