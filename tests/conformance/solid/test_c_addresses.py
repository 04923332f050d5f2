"""Addresses, slashes and names (solid.md C)."""

import pytest
from fixtures_pods import GRAPH, TEXT

BOX = "/alice/private/"
HERE = "https://garden.example/alice/private/"
BASIC = '<http://www.w3.org/ns/ldp#BasicContainer>; rel="type"'


def test_c1_a_path_that_ends_in_a_slash_is_a_container_and_no_other(alice):
    alice.put(f"{BOX}c/")
    alice.put(f"{BOX}d", b"")
    assert "BasicContainer" in alice.get(f"{BOX}c/").headers["Link"]
    assert "BasicContainer" not in alice.get(f"{BOX}d").headers["Link"]


@pytest.mark.parametrize(("first", "second"), [("n", "n/"), ("n/", "n")])
@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_c2_the_missing_twin_leads_to_the_one_that_stands(village, method, first, second):
    alice, bob, stranger = village
    assert alice.put(f"{BOX}{first}").status_code == 201
    assert alice.put(f"{BOX}{second}").status_code == 409
    answer = alice(method, f"{BOX}{second}")
    assert (answer.status_code, answer.headers["Location"]) == (301, f"{HERE}{first}")
    assert bob(method, f"{BOX}{second}").status_code == 403
    assert stranger(method, f"{BOX}{second}").status_code == 401
    assert alice("DELETE", f"{BOX}{second}").status_code == 404
    assert alice("DELETE", f"{BOX}{first}").status_code == 204


def test_c2_a_twin_that_the_reader_may_not_read_is_not_told(village):
    alice, bob, _ = village
    alice.grant(BOX, (bob.webid, "Read"))
    alice.put(f"{BOX}n/")
    alice.grant(f"{BOX}n/")
    assert bob.get(f"{BOX}n").status_code == 404
    assert bob.get(f"{BOX}n/").status_code == 403


@pytest.mark.parametrize("link", [{}, {"Link": BASIC}])
def test_c2_a_post_beside_a_twin_takes_another_name(alice, link):
    alice.put(f"{BOX}n" if link else f"{BOX}n/")
    made = alice("POST", BOX, b"", Slug="n", **link)
    assert made.status_code == 201
    assert made.headers["Location"].removeprefix(HERE).removesuffix("/") != "n"


@pytest.mark.parametrize("target", [f"{TEXT}/child", f"{TEXT}/a/b", f"{BOX}g/child"])
def test_c3_a_document_never_becomes_an_inner_node(alice, target):
    assert alice.put(target, b"x", "text/plain").status_code == 409
    assert alice.get(target).status_code == 404
    assert alice.get(TEXT).content == b"0123456789"


@pytest.mark.parametrize("target", [f"{TEXT}/", f"{TEXT}/foo/", f"{BOX}g/foo/"])
def test_c3_a_post_below_a_document_finds_nothing_there(alice, target):
    assert alice("POST", target, b"x", "text/plain").status_code == 404


def test_c4_a_put_creates_at_exactly_its_address_and_a_post_right_inside(alice):
    put = alice.put(f"{BOX}a/b%20c", b"", "text/plain")
    assert put.headers["Location"] == f"{HERE}a/b%20c"
    for link, end in (({}, ""), ({"Link": BASIC}, "/")):
        location = alice("POST", f"{BOX}a/", b"", **link).headers["Location"]
        name = location.removeprefix(f"{HERE}a/")
        assert location.startswith(f"{HERE}a/")
        assert name.endswith("/") == bool(end)
        assert "/" not in name.removesuffix("/")


@pytest.mark.parametrize(
    "slug",
    [
        "a b",
        "x/y",
        "/",
        "//",
        ".acl",
        "x.acl",
        ".meta",
        "x.meta/",
        "%2e%2e",
        "..",
        "\x7f",
        "%C3%A9",
        "%00",
        "a" * 999,
        "",
        "x.acl.acl",
    ],
)
def test_c5_no_slug_is_refused_and_none_names_an_auxiliary_resource(alice, slug):
    made = alice("POST", BOX, b"<> a <urn:t>.", Slug=slug)
    assert made.status_code == 201
    name = made.headers["Location"].removeprefix(HERE)
    assert name
    assert "/" not in name
    assert not name.endswith((".acl", ".meta"))
    assert alice.get(made.headers["Location"].removeprefix("https://garden.example")).status_code == 200


def test_c5_a_free_and_legal_slug_is_taken_as_it_is(alice):
    assert alice("POST", BOX, b"", Slug="my-notes").headers["Location"] == f"{HERE}my-notes"
    assert alice("POST", BOX, b"", Slug="my-notes").headers["Location"] != f"{HERE}my-notes"


@pytest.mark.parametrize(
    "target",
    ["a/../t.txt", "./t.txt", "%2e%2e/x", "a//b", "a%2Fb", "a%5Cb", "a%00", "%ff", "%zz", "a" * 300, ".%2e/x", "%2E/x"],
)
def test_c6_what_names_no_place_for_certain_is_400(alice, target):
    for method in ("GET", "PUT", "DELETE"):
        answer = alice(method, f"{BOX}{target}", b"" if method == "PUT" else None)
        assert answer.status_code == 400
        assert answer.json()["detail"]


def test_c6_two_spellings_of_one_address_are_one_resource(alice):
    alice.put(f"{BOX}%63af%c3%a9~", b"1", "text/plain")
    assert alice.get(f"{BOX}caf%C3%A9%7e").content == b"1"
    assert alice.put(f"{BOX}caf%C3%A9~", b"2", "text/plain").status_code == 204
    assert alice.get(BOX).text.count("caf%C3%A9~>") >= 1


@pytest.mark.parametrize("query", ["?", "?ext=acl", "?a=b&c", "?/../x", "?%2F"])
def test_c7_a_query_belongs_to_no_address(alice, query):
    assert alice.get(f"{BOX}g{query}").content == GRAPH
    assert alice.put(f"{BOX}new{query}", b"x", "text/plain").headers["Location"] == f"{HERE}new"


def test_c8_a_name_may_be_used_again(alice):
    for content in (b"1", b"2"):
        assert alice.put(f"{BOX}n", content, "text/plain").status_code == 201
        assert alice("DELETE", f"{BOX}n").status_code == 204
