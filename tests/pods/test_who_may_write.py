"""Who may read, write, add and delete (solid.md F3, P8 to P12, P19, P21)."""

import pytest
from fixtures_pods import ACL, listing, people, rules

MODES = ["Read", "Write", "Append", "Control", "Read Write", "Read Append"]


@pytest.mark.parametrize("modes", MODES)
def test_p8_each_operation_needs_its_modes(installation, modes):
    alice, bob, _ = people(installation, "alice", "bob")
    held = set(modes.split())
    alice.put("/alice/private/c/old", b"<> <urn:p> 1.")
    alice.put("/alice/private/c/empty/", b"")
    alice.grant("/alice/private/c/", (bob.webid, modes))
    read, write = "Read" in held, "Write" in held
    append = write or "Append" in held
    assert bob.get("/alice/private/c/old").status_code == (200 if read else 403)
    assert bob("HEAD", "/alice/private/c/").status_code == (200 if read else 403)
    assert bob.get("/alice/private/c/none").status_code == (404 if read else 403)
    assert bob.put("/alice/private/c/old", b"<> <urn:p> 2.").status_code == (204 if write else 403)
    assert bob.put("/alice/private/c/new/deep", b"").status_code == (201 if write else 403)
    assert bob("POST", "/alice/private/c/", b"", Slug="s").status_code == (201 if append else 403)
    assert bob("POST", "/alice/private/c/old", b"").status_code == (405 if append else 403)
    assert bob.get("/alice/private/c/old.acl").status_code == (404 if "Control" in held else 403)
    assert bob.get("/alice/private/c/.acl").status_code == (200 if "Control" in held else 403)
    assert bob("DELETE", "/alice/private/c/none").status_code == (404 if read and write else 403)
    assert bob("DELETE", "/alice/private/c/old").status_code == (204 if write else 403)
    assert bob("DELETE", "/alice/private/c/empty/").status_code == (204 if read and write else 403)


def test_p8_creating_and_deleting_also_need_the_container(installation):
    alice, bob, _ = people(installation, "alice", "bob")
    alice.put("/alice/private/c/doc", b"")
    alice.grant("/alice/private/c/doc", (bob.webid, "Read Write"), default=False)
    assert bob.put("/alice/private/c/doc", b"<> <urn:p> 1.").status_code == 204
    assert bob("DELETE", "/alice/private/c/doc").status_code == 403
    assert alice("DELETE", "/alice/private/c/doc").status_code == 204
    assert bob.put("/alice/private/c/doc", b"").status_code == 403


def test_p8_p10_what_holds_below_a_container_creates_nothing_in_it(installation):
    alice, bob, _ = people(installation, "alice", "bob")
    alice.put("/alice/private/c/doc", b"")
    container = f"{alice.pod.iri}private/c/"
    below = f"<#below> a <{ACL}Authorization>; <{ACL}agent> <{bob.webid}>; <{ACL}default> <{container}>;"
    below += f" <{ACL}mode> <{ACL}Read>, <{ACL}Write>."
    body = rules(container, (alice.webid, "Read Write Control")) + below.encode()
    assert alice.put("/alice/private/c/.acl", body).status_code == 201
    assert bob.put("/alice/private/c/doc", b"<> <urn:p> 1.").status_code == 204
    for target in ("new", "a/b/new", "a/"):
        assert bob.put(f"/alice/private/c/{target}", b"").status_code == 403
    assert bob("POST", "/alice/private/c/", b"").status_code == 403
    assert bob("DELETE", "/alice/private/c/doc").status_code == 403
    assert listing(alice, "/alice/private/c/") == ["/alice/private/c/doc"]


def test_p19_p21_a_change_of_rules_counts_at_once(installation):
    alice, bob, stranger = people(installation, "alice", "bob")
    alice.put("/alice/private/c/doc", b"")
    assert bob.get("/alice/private/c/doc").status_code == 403
    alice.grant("/alice/private/c/", (bob.webid, "Read Write"))
    assert bob.get("/alice/private/c/doc").status_code == 200
    assert bob.put("/alice/private/c/other", b"").status_code == 201
    assert bob.get("/alice/private/c/other").status_code == 200
    assert alice("DELETE", "/alice/private/c/.acl").status_code == 204
    assert bob.get("/alice/private/c/doc").status_code == 403
    assert stranger.get("/alice/private/c/doc").status_code == 401


def test_f3_a_description_follows_its_subject_and_needs_no_control(installation):
    alice, bob, stranger = people(installation, "alice", "bob")
    alice.put("/alice/private/x", b"x", "text/plain")
    alice.grant("/alice/private/x", (bob.webid, "Read Write"), ("public", "Read"), default=False)
    assert bob.put("/alice/private/x.meta", b"<x> <urn:p> 1.").status_code == 201
    assert stranger.get("/alice/private/x.meta").status_code == 200
    assert stranger.put("/alice/private/x.meta", b"").status_code == 401
    assert bob.put("/alice/private/x.acl", b"").status_code == 403
