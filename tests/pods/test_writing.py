"""The rules of every write: what stands where, who may, what is refused (solid.md C to H, P; trust.md S16 to S20)."""

import hashlib
import random
from concurrent.futures import ThreadPoolExecutor

import pytest
from fixtures_pods import Person, listing, people, rules

CONTAINER_LINK = '<http://www.w3.org/ns/ldp#BasicContainer>; rel="type"'


@pytest.fixture
def alice(installation):
    return people(installation, "alice")[0]


# -- containment ---------------------------------------------------------------------------------


def test_e2_e3_a_put_makes_the_containers_above_and_each_lists_its_child(alice):
    assert alice.put("/alice/private/a/b/c.txt", b"x", "text/plain").status_code == 201
    assert listing(alice, "/alice/private/") == ["/alice/private/a/"]
    assert listing(alice, "/alice/private/a/") == ["/alice/private/a/b/"]
    assert listing(alice, "/alice/private/a/b/") == ["/alice/private/a/b/c.txt"]
    assert "/alice/private/" in listing(alice, "/alice/")


def test_g5_what_is_deleted_leaves_the_listing_and_the_containers_stay(alice):
    alice.put("/alice/private/a/c.txt", b"x", "text/plain")
    assert alice("DELETE", "/alice/private/a/c.txt").status_code == 204
    assert alice.get("/alice/private/a/c.txt").status_code == 404
    assert listing(alice, "/alice/private/a/") == []
    assert alice("DELETE", "/alice/private/a/").status_code == 204
    assert listing(alice, "/alice/private/") == []


@pytest.mark.parametrize("child", ["c/", "c.txt", "c.ttl"])
def test_g5_a_container_that_holds_something_is_not_deleted(alice, child):
    alice.put(f"/alice/private/a/{child}", b"")
    answer = alice("DELETE", "/alice/private/a/")
    assert answer.status_code == 409
    assert "still holds something" in answer.json()["detail"]
    assert alice.get(f"/alice/private/a/{child}").status_code == 200


def test_f4_f5_rules_and_descriptions_are_listed_nowhere_and_go_with_their_subject(alice):
    alice.put("/alice/private/x", b"x", "text/plain")
    alice.grant("/alice/private/x", ("public", "Read"), default=False)
    assert alice.put("/alice/private/x.meta", b"<x> <urn:p> 1.").status_code == 201
    assert listing(alice, "/alice/private/") == ["/alice/private/x"]
    assert alice("DELETE", "/alice/private/x").status_code == 204
    assert alice.get("/alice/private/x.acl").status_code == 404
    assert alice.get("/alice/private/x.meta").status_code == 404
    alice.put("/alice/private/x", b"again", "text/plain")
    assert Person(alice.installation).get("/alice/private/x").status_code == 401


def test_d7_the_root_and_its_rules_are_never_deleted(alice):
    for target in ("/alice/", "/alice/.acl"):
        answer = alice("DELETE", target)
        assert answer.status_code == 405
        assert "DELETE" not in answer.headers["Allow"]
        assert "DELETE" not in alice.get(target).headers["Allow"]
        assert alice.get(target).status_code == 200


def test_c3_a_document_holds_nothing(alice):
    alice.put("/alice/private/doc", b"x", "text/plain")
    for below in ("child", "a/b", "a/"):
        assert alice.put(f"/alice/private/doc/{below}", b"").status_code == 409
    assert alice("POST", "/alice/private/doc/foo/", b"").status_code == 404
    assert listing(alice, "/alice/private/") == ["/alice/private/doc"]


# -- names ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(("first", "second"), [("n", "n/"), ("n/", "n")])
def test_c2_an_address_with_and_one_without_slash_never_both_stand(alice, first, second):
    assert alice.put(f"/alice/private/{first}", b"").status_code == 201
    assert alice.put(f"/alice/private/{second}", b"").status_code == 409
    answer = alice.get(f"/alice/private/{second}")
    assert answer.status_code == 301
    assert answer.headers["Location"] == f"https://garden.example/alice/private/{first}"
    assert Person(alice.installation).get(f"/alice/private/{second}").status_code == 401


@pytest.mark.parametrize(
    ("first", "second"),
    [("caf%C3%A9", "cafe%CC%81"), ("cafe%CC%81", "caf%C3%A9/"), ("K", "%E2%84%AA"), ("%E2%84%AB/", "A%CC%8A")],
)
def test_s16_names_that_look_the_same_never_both_stand(alice, first, second):
    assert alice.put(f"/alice/private/{first}", b"").status_code == 201
    for target in (f"/alice/private/{second}", f"/alice/private/{second.rstrip('/')}/below"):
        answer = alice.put(target, b"")
        assert answer.status_code == 409
        assert "another spelling" in answer.json()["detail"]
    assert listing(alice, "/alice/private/") == [f"/alice/private/{first}"]
    added = alice("POST", "/alice/private/", b"", Slug=second.rstrip("/"))
    assert added.status_code == 201
    assert len(listing(alice, "/alice/private/")) == 2


@pytest.mark.parametrize("target", ["a.acl/", "a.acl/b", "a.meta/b", "x.acl.acl", "x.meta.acl", "x.acl.meta"])
def test_f6_f8_names_of_rules_and_descriptions_belong_to_nothing_else(alice, target):
    alice.put("/alice/private/x", b"x", "text/plain")
    assert alice.put(f"/alice/private/{target}", b"").status_code in {404, 409}
    assert alice.get(f"/alice/private/{target}").status_code == 404
    assert listing(alice, "/alice/private/") == ["/alice/private/x"]


def test_f7_rules_and_descriptions_of_nothing_cannot_be_written(alice):
    for target in ("/alice/private/none.acl", "/alice/private/none.meta", "/alice/private/none/.acl"):
        assert alice.get(target).status_code == 404
        assert alice.put(target, b"").status_code == 404


def test_e12_a_link_header_asks_for_a_container_and_a_slug_alone_never_does(alice):
    made = alice("POST", "/alice/private/", b"", Slug="box", Link=CONTAINER_LINK)
    assert made.headers["Location"].endswith("/alice/private/box/")
    plain = alice("POST", "/alice/private/", b"", Slug="box/")
    assert not plain.headers["Location"].endswith("/")
    assert plain.headers["Location"] != made.headers["Location"].rstrip("/")


# -- server-managed triples ----------------------------------------------------------------------


@pytest.mark.parametrize(
    "triple",
    [
        "<> ldp:contains <ghost>",
        "<ghost> stat:size 4",
        "<ghost> stat:mtime 4",
        "<> dct:modified '2020-01-01'^^xsd:date",
    ],
)
def test_e4_e5_nobody_writes_what_the_server_keeps_into_a_container(alice, triple):
    body = f"""@prefix ldp: <http://www.w3.org/ns/ldp#>. @prefix stat: <http://www.w3.org/ns/posix/stat#>.
        @prefix dct: <http://purl.org/dc/terms/>. @prefix xsd: <http://www.w3.org/2001/XMLSchema#>.
        {triple} .""".encode()
    assert alice.put("/alice/private/", body).status_code == 409
    assert alice.put("/alice/private/new/", body).status_code == 409
    assert alice("POST", "/alice/private/", body, Link=CONTAINER_LINK).status_code == 409
    assert listing(alice, "/alice/private/") == []


def test_e7_a_container_takes_harmless_triples_and_keeps_its_members(alice):
    alice.put("/alice/private/a", b"")
    answer = alice.put("/alice/private/", b"<> <http://purl.org/dc/terms/title> 'Tiroir'.")
    assert answer.status_code == 204
    assert listing(alice, "/alice/private/") == ["/alice/private/a"]
    assert "Tiroir" in alice.get("/alice/private/").text
    assert alice.put("/alice/private/", b"", If_None_Match="*").status_code == 412


@pytest.mark.parametrize("media_type", ["text/plain", "image/png", "application/json"])
def test_e1_a_container_is_rdf_or_refused(alice, media_type):
    assert alice.put("/alice/private/new/", b"{}", media_type).status_code == 415
    assert alice("POST", "/alice/private/", b"{}", media_type, Link=CONTAINER_LINK).status_code == 415
    assert listing(alice, "/alice/private/") == []


def test_e10_a_container_written_as_json_ld_is_read_as_turtle_by_default(alice):
    body = b'{"@id": "", "http://purl.org/dc/terms/title": "Tiroir"}'
    assert alice.put("/alice/private/new/", body, "application/ld+json").status_code == 201
    answer = alice.get("/alice/private/new/")
    assert answer.headers["Content-Type"].startswith("text/turtle")
    assert "Tiroir" in answer.text


# -- bytes ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("size", [0, 1, 65536, 65537, 300_000, 3_000_000])
def test_g2_bytes_come_back_as_they_were_sent(alice, size):
    data = random.Random(size).randbytes(size)
    media_type = 'application/x-thing; version="2;3"'
    assert alice.put("/alice/private/thing", data, media_type).status_code == 201
    answer = alice.get("/alice/private/thing")
    assert hashlib.sha256(answer.content).digest() == hashlib.sha256(data).digest()
    assert answer.headers["Content-Type"] == media_type
    assert answer.headers["Content-Length"] == str(size)


@pytest.mark.parametrize("media_type", ["text/plain", "text/html", "text/plain; charset=iso-8859-1"])
def test_g2_text_that_is_not_utf_8_is_kept(alice, media_type):
    data = b"\xff\xfe caf\xe9 \r\n\x00"
    alice.put("/alice/private/t", data, media_type)
    answer = alice.get("/alice/private/t", Accept="text/html, */*;q=0.1")
    assert answer.content == data
    assert answer.headers["Content-Type"] == media_type


def test_g2_turtle_comes_back_with_its_comments(alice):
    data = "# Un commentaire, à garder.\n<>   <urn:p>  'été' .\n".encode()
    alice.put("/alice/private/t", data)
    assert alice.get("/alice/private/t").content == data


def test_large_rdf_is_read_in_the_sandbox_and_stays_readable_in_other_syntaxes(alice):
    prefix = f"@prefix p: <https://example.org/{'long/' * 60}>.\n"
    body = (prefix + "".join(f"p:s{n} p:p p:o{n}, p:q{n}.\n" for n in range(12_000))).encode()
    assert 256 * 2**10 < len(body) < 2**20
    assert alice.put("/alice/private/big", body).status_code == 201
    assert alice.get("/alice/private/big").content == body
    as_lines = alice.get("/alice/private/big", Accept="application/n-triples")
    assert len(as_lines.content) > 10 * 2**20
    assert as_lines.content.count(b"\n") == 24_000


def test_large_rdf_that_does_not_parse_is_refused_with_its_line(alice):
    body = b"".join(b"<urn:s%d> <urn:p> 1 .\n" % n for n in range(20_000)) + b"<broken"
    answer = alice.put("/alice/private/big", body)
    assert answer.status_code == 400
    assert "20001" in answer.json()["detail"]
    assert listing(alice, "/alice/private/") == []


def test_k5_relative_addresses_mean_the_same_in_every_syntax_of_a_description(alice):
    alice.put("/alice/private/x", b"x", "text/plain")
    alice.put("/alice/private/x.meta", b'{"@id": "x", "urn:p": {"@id": ""}}', "application/ld+json")
    turtle = alice.get("/alice/private/x.meta", Accept="application/n-triples").text
    assert (
        turtle == "<https://garden.example/alice/private/x> <urn:p> <https://garden.example/alice/private/x.meta> .\n"
    )


# -- conditions ----------------------------------------------------------------------------------


@pytest.mark.parametrize("target", ["/alice/private/x", "/alice/private/c/", "/alice/private/.acl"])
def test_h1_only_the_first_put_that_wants_nothing_there_succeeds(alice, target):
    body = rules("https://garden.example/alice/private/", (alice.webid, "Read Write Control"))
    body = body if target.endswith(".acl") else b""
    assert alice.put(target, body, If_None_Match="*").status_code == 201
    assert alice.put(target, body, If_None_Match="*").status_code == 412
    assert alice.get(target).headers["Content-Type"].startswith("text/turtle")


def test_h2_a_write_on_a_stale_state_is_refused(alice):
    alice.put("/alice/private/x", b"<> <urn:p> 1.")
    read = alice.get("/alice/private/x").headers["ETag"]
    other_form = alice.get("/alice/private/x", Accept="application/ld+json").headers["ETag"]
    assert read != other_form
    assert alice.put("/alice/private/x", b"<> <urn:p> 2.", If_Match=other_form).status_code == 204
    for method in ("PUT", "DELETE"):
        assert alice(method, "/alice/private/x", b"", If_Match=read).status_code == 412
    assert alice.put("/alice/private/none", b"", If_Match="*").status_code == 412
    assert (
        alice("DELETE", "/alice/private/x", If_Match=f"W/{alice.get('/alice/private/x').headers['ETag']}").status_code
        == 412
    )
    assert alice.get("/alice/private/x").text == "<> <urn:p> 2."


def test_h3_a_write_after_a_later_change_is_refused(alice):
    alice.put("/alice/private/x", b"1", "text/plain")
    seen = alice.get("/alice/private/x").headers["Last-Modified"]
    alice.installation.clock.forward(seconds=10)
    alice.put("/alice/private/x", b"2", "text/plain")
    assert alice.put("/alice/private/x", b"3", "text/plain", If_Unmodified_Since=seen).status_code == 412


def test_g6_of_ten_puts_at_once_that_want_nothing_there_one_succeeds(alice):
    def put(number):
        return alice.put("/alice/private/once", b"%d" % number, "text/plain", If_None_Match="*").status_code

    with ThreadPoolExecutor(10) as pool:
        answers = sorted(pool.map(put, range(10)))
    assert answers == [201] + [412] * 9
    assert listing(alice, "/alice/private/") == ["/alice/private/once"]


def test_b9_a_containers_tag_moves_with_its_listing(alice):
    seen = {alice.get("/alice/private/").headers["ETag"]}
    for method, body in (("PUT", b"1"), ("PUT", b"22"), ("DELETE", None)):
        alice(method, "/alice/private/x", body, "text/plain")
        seen.add(alice.get("/alice/private/").headers["ETag"])
    assert len(seen) == 4


# -- room ----------------------------------------------------------------------------------------


def test_s39_a_pod_never_holds_more_than_its_room(make_installation):
    installation = make_installation(pod_quota=200_000)
    alice = people(installation, "alice")[0]
    with ThreadPoolExecutor(8) as pool:
        answers = list(
            pool.map(lambda n: alice.put(f"/alice/private/{n}", bytes(30_000), "x/y").status_code, range(30))
        )
    assert set(answers) == {201, 507}
    assert 4 <= answers.count(201) <= 6
    kept = listing(alice, "/alice/private/")
    assert len(kept) == answers.count(201)
    full = alice.put("/alice/private/more", bytes(100_000), "x/y")
    assert full.status_code == 507
    assert "alice" in full.json()["detail"]
    assert alice.get(kept[0]).status_code == 200
    assert alice.put(kept[0], b"smaller", "x/y").status_code == 204
    assert alice("DELETE", kept[1]).status_code == 204
    assert alice.put("/alice/private/more", bytes(30_000), "x/y").status_code == 201


def test_s39_every_byte_is_given_back(alice):
    def used():
        with alice.installation.services.resources.reading() as conn:
            from pod_app.storage import resources  # noqa: PLC0415  # only here

            return resources.bytes_used(conn, "alice")

    before = used()
    alice.put("/alice/private/x", bytes(100_000), "x/y")
    alice.grant("/alice/private/x", ("public", "Read"), default=False)
    assert used() > before + 100_000
    alice("DELETE", "/alice/private/x")
    assert used() == before
