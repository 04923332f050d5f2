"""S18: a Slug header proposes a name and nothing else: no rules, no climbing, no error for a strange one."""

import random

import pytest
from fixtures_pods import people, rules
from sqlalchemy import select

from pod_app.standards.addresses import parse_target
from pod_app.storage import schema

SLUGS = [
    ".acl", "x.acl", "%2eacl", "x%2Eacl", ".meta", "x.meta", "x.acl.acl", "x.acl/", ".acl/", "../x", "..", ".", "/",
    "//", "..%2f..%2fprofile%2fcard", "a/b", "a\\b", "", " ", "%", "%zz", "%00", "%0d%0a", "a%0d%0aSet-Cookie: x=y",
    "x" * 300, "x" * 5000, ".well-known", "did.json", "a;b", "a?b#c", "con", "%F0%9F%8C%B1", "\x7f", "%C3%A9" * 150,
    "a" * 199 + "%C3%A9", "x.acl.", "x .acl", "%E2%80%AE.acl", "x.ACL",
]  # fmt: skip


@pytest.mark.parametrize("slug", SLUGS)
def test_s18_whatever_the_slug_something_new_stands_directly_in_the_container(installation, slug):
    alice, bob, stranger = people(installation, "alice", "bob")
    alice.put("/alice/private/c/x", b"mine", "text/plain")
    alice.grant("/alice/private/c/", (bob.webid, "Append"))
    body = rules(f"{alice.pod.iri}private/c/x", (bob.webid, "Read Write Control"), ("public", "Read"))
    headers = [(name.encode(), value.encode()) for name, value in bob.headers.items()]
    headers += [(b"Content-Type", b"text/turtle"), (b"Slug", slug.encode("ascii"))]
    answer = installation.send("POST", "/alice/private/c/", headers=headers, content=body)
    assert answer.status_code == 201
    address = parse_target(answer.headers["Location"].removeprefix(installation.base.rstrip("/")))
    assert address.parent.path == "private/c/"
    assert address.auxiliary == ""
    assert not address.reserved
    assert address.name.isascii()
    assert alice.get(address.target).content == body
    assert alice.get("/alice/private/c/x").content == b"mine"
    assert bob.get("/alice/private/c/x").status_code == 403
    assert stranger.get("/alice/private/c/x").status_code == 401
    with installation.services.resources.reading() as conn:
        rows = conn.execute(select(schema.resources.c.role).where(schema.resources.c.parent == "private/c/")).all()
    assert [row.role for row in rows] == ["", ""]


def test_s18_random_slugs_never_break_out(installation):
    alice, _ = people(installation, "alice")
    seed = random.randrange(2**32)
    print("seed", seed)
    choose = random.Random(seed)
    pieces = [".acl", ".meta", "/", "\\", "..", "%2e", "%2F", "%5c", "%00", "%", "a", ".", " ", "%C3", "%A9", ";", "~"]
    for _ in range(60):
        slug = "".join(choose.choices(pieces, k=choose.randrange(8)))
        answer = alice("POST", "/alice/private/", b"x", "text/plain", Slug=slug)
        assert answer.status_code == 201, slug
        address = parse_target(answer.headers["Location"].removeprefix(installation.base.rstrip("/")))
        assert (address.parent.path, address.auxiliary, address.is_container) == ("private/", "", False), slug


def test_s18_no_slug_reaches_what_the_program_keeps(installation):
    alice, _ = people(installation, "alice")
    before = alice.get("/alice/did.json").content
    for slug in ("did.json", "did%2ejson", ".well-known", "%2Ewell-known", "profile", "profile/card"):
        answer = alice("POST", "/alice/", b"<> <urn:p> 1.", Slug=slug)
        assert answer.status_code == 201
        assert answer.headers["Location"] not in {f"{alice.pod.iri}did.json", f"{alice.pod.iri}profile"}
        assert "/.well-known" not in answer.headers["Location"]
    assert alice.get("/alice/did.json").content == before
