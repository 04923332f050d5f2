"""Web Access Control over HTTP (solid.md P); tests/pods and tests/standards compare the decision with a model."""

import itertools

import pytest
from fixtures_pods import ACL, TEXT, rules, written

from pod_app.standards import rdf
from pod_app.standards.addresses import Address
from pod_app.standards.wac import Agent

BOX = "/alice/private/"
HERE = "https://garden.example/alice/private/"


def modes(answer):
    """The two groups of `WAC-Allow`, as sets."""
    user, public = answer.headers["WAC-Allow"].split('",')
    return set(user.removeprefix('user="').split()), set(public.removeprefix('public="').removesuffix('"').split())


# -- which document, which rules -----------------------------------------------------------------


def test_p1_only_the_nearest_document_counts(village):
    alice, bob, _ = village
    alice.put(f"{BOX}a/b/x", b"")
    alice.grant(BOX, (bob.webid, "Read"))
    assert bob.get(f"{BOX}a/b/x").status_code == 200
    alice.grant(f"{BOX}a/")
    assert bob.get(f"{BOX}a/b/x").status_code == 403
    assert bob.get(BOX).status_code == 200
    alice.grant(f"{BOX}a/b/x", (bob.webid, "Read"), default=False)
    assert bob.get(f"{BOX}a/b/x").status_code == 200
    written(alice, f"{BOX}a/b/x")
    assert bob.get(f"{BOX}a/b/x").status_code == 403


def test_p2_access_to_stays_and_default_goes_down(village):
    alice, bob, _ = village
    alice.put(f"{BOX}c/x", b"")
    subject = f"a <{ACL}Authorization>; <{ACL}agent> <{bob.webid}>; <{ACL}mode> <{ACL}Read>"
    written(alice, f"{BOX}c/", f"<#d> {subject}; <{ACL}default> <{HERE}c/>.")
    assert (bob.get(f"{BOX}c/").status_code, bob.get(f"{BOX}c/x").status_code) == (403, 200)
    written(alice, f"{BOX}c/", f"<#d> {subject}; <{ACL}accessTo> <{HERE}c/>.")
    assert (bob.get(f"{BOX}c/").status_code, bob.get(f"{BOX}c/x").status_code) == (200, 403)


PARTS = {
    "type": f"a <{ACL}Authorization>",
    "place": f"<{ACL}accessTo> <{HERE}t.txt>",
    "mode": f"<{ACL}mode> <{ACL}Read>",
    "subject": f"<{ACL}agentClass> <http://xmlns.com/foaf/0.1/Agent>",
}


@pytest.mark.parametrize("missing", [None, *PARTS])
def test_p3_a_rule_without_one_of_its_parts_counts_for_nothing(village, missing):
    alice, bob, _ = village
    written(alice, TEXT, f"<#r> {'; '.join(part for name, part in PARTS.items() if name != missing)} .")
    assert bob.get(TEXT).status_code == (200 if missing is None else 403)


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ("Write", {"write", "append"}),
        ("Append", {"append"}),
        ("Control", {"control"}),
        ("Read", {"read"}),
        ("Read Fly", {"read"}),
    ],
)
def test_p4_write_implies_append_and_nothing_else_implies_anything(village, given, told):
    alice, bob, _ = village
    alice.grant(TEXT, (bob.webid, given), default=False)
    decision = alice.installation.services.resources.decide(Agent(webid=bob.webid), Address("alice", "private/t.txt"))
    assert {mode.value for mode in decision.user} == told
    assert bob.get(TEXT).status_code == (200 if "read" in told else 403)


@pytest.mark.parametrize(
    ("grant", "bob_may", "stranger_may"),
    [
        ("{bob}", 200, 401),
        ("public", 200, 200),
        ("anybody signed in", 200, 401),
        ("group {base}alice/public/friends#us", 200, 401),
        ("group {base}alice/public/friends#others", 403, 401),
        ("group https://elsewhere.example/friends#us", 403, 401),
        ("{bob}x", 403, 401),
    ],
)
def test_p5_agents_classes_and_groups_are_named(village, grant, bob_may, stranger_may):
    alice, bob, stranger = village
    alice.put("/alice/public/friends", f"<#us> <http://www.w3.org/2006/vcard/ns#hasMember> <{bob.webid}>.".encode())
    alice.grant(TEXT, (grant.format(bob=bob.webid, base="https://garden.example/"), "Read"), default=False)
    assert bob.get(TEXT).status_code == bob_may
    assert stranger.get(TEXT).status_code == stranger_may


@pytest.mark.parametrize("group", ["<#us>", "_:us", f"<{HERE}t.txt.acl#us>"])
def test_p6_a_group_may_stand_in_the_rules(village, group):
    alice, bob, _ = village
    written(
        alice, TEXT,
        f"<#r> a <{ACL}Authorization>; <{ACL}accessTo> <{HERE}t.txt>; <{ACL}mode> <{ACL}Read>.",
        f"<#r> <{ACL}agentGroup> {group}.",
        f"{group} <http://www.w3.org/2006/vcard/ns#hasMember> <{bob.webid}>.",
    )  # fmt: skip
    assert bob.get(TEXT).status_code == 200


# -- the table of required modes -----------------------------------------------------------------

TABLE = [
    # what is done, modes on the target, modes on the container around, whether that is enough
    ("GET", "present", {"Read"}, set(), True),
    ("GET", "present", {"Write", "Control"}, {"Read"}, False),
    ("HEAD", "present", {"Read"}, set(), True),
    ("PUT", "present", {"Write"}, set(), True),
    ("PUT", "present", {"Append"}, {"Write"}, False),
    ("PUT", "absent", {"Write"}, {"Append"}, True),
    ("PUT", "absent", {"Write"}, {"Write"}, True),
    ("PUT", "absent", {"Write"}, {"Read"}, False),
    ("PUT", "absent", {"Append"}, {"Write"}, False),
    ("DELETE", "present", {"Write"}, {"Write"}, True),
    ("DELETE", "present", {"Write"}, {"Append", "Read"}, False),
    ("DELETE", "present", {"Append", "Read"}, {"Write"}, False),
    ("DELETE", "present/", {"Write", "Read"}, {"Write"}, True),
    ("DELETE", "present/", {"Write"}, {"Write"}, False),
    ("POST", "present/", {"Append"}, set(), True),
    ("POST", "present/", {"Write"}, set(), True),
    ("POST", "present/", {"Read", "Control"}, {"Write"}, False),
]


@pytest.mark.parametrize(("method", "name", "on_target", "on_parent", "enough"), TABLE)
def test_p8_p9_each_operation_needs_its_modes_on_the_target_and_around_it(
    village, method, name, on_target, on_parent, enough
):
    alice, bob, _ = village
    alice.put(f"{BOX}d/{'other' if name == 'absent' else name}", b"")
    grant = []
    for number, (place, kind, granted) in enumerate(
        (("accessTo", f"{HERE}d/", on_parent), ("default", f"{HERE}d/", on_target))
    ):
        if granted:
            listed = ", ".join(f"<{ACL}{mode}>" for mode in sorted(granted))
            grant.append(
                f"<#g{number}> a <{ACL}Authorization>; <{ACL}agent> <{bob.webid}>; "
                f"<{ACL}{place}> <{kind}>; <{ACL}mode> {listed}."
            )
    written(alice, f"{BOX}d/", *grant)
    answer = bob(method, f"{BOX}d/{name}", b"" if method in {"PUT", "POST"} else None)
    assert answer.is_success == enough, answer.status_code
    assert enough or answer.status_code == 403


@pytest.mark.parametrize(("mode", "status"), [("Append", 201), ("Write", 201), ("Read", 403), ("Control", 403)])
def test_p10_the_deepest_container_that_stands_decides_about_those_between(village, mode, status):
    alice, bob, _ = village
    alice.put(f"{BOX}d/")
    named = f"a <{ACL}Authorization>; <{ACL}agent> <{bob.webid}>"
    written(
        alice, f"{BOX}d/",
        f"<#1> {named}; <{ACL}accessTo> <{HERE}d/>; <{ACL}mode> <{ACL}{mode}>.",
        f"<#2> {named}; <{ACL}default> <{HERE}d/>; <{ACL}mode> <{ACL}Write>.",
    )  # fmt: skip
    assert bob.put(f"{BOX}d/a/b/c", b"").status_code == status
    assert alice.get(f"{BOX}d/a/").status_code == (200 if status == 201 else 404)


@pytest.mark.parametrize("granted", ["Read", "Write", "Append", "Control", "Read Write"])
def test_p11_only_a_reader_learns_that_something_is_absent(village, granted):
    alice, bob, stranger = village
    alice.put(f"{BOX}d/")
    alice.grant(f"{BOX}d/", (bob.webid, granted))
    for method in ("GET", "HEAD"):
        assert bob(method, f"{BOX}d/none").status_code == (404 if "Read" in granted else 403)
        assert stranger(method, f"{BOX}d/none").status_code == 401
    expected = {"Write": 403, "Read Write": 404}.get(granted, 403)
    assert bob("DELETE", f"{BOX}d/none").status_code == expected


@pytest.mark.parametrize(
    ("method", "target", "body"),
    [
        ("PUT", BOX, f"<> <{ACL}x> <http://www.w3.org/ns/ldp#contains>.".encode()),
        ("POST", TEXT, b"x"),
        ("DELETE", BOX, None),
        ("DELETE", "/alice/", None),
        ("PUT", f"{TEXT}/", b""),
        ("PUT", f"{TEXT}/below", b""),
        ("PUT", f"{BOX}x.acl/y", b""),
        ("PUT", "/alice/did.json", b""),
        ("PATCH", BOX, b"x"),
        ("PATCH", TEXT, b"x"),
        ("DELETE", "/alice/profile/card", None),
    ],
)
def test_p12_who_may_not_is_refused_before_anything_else_is_said(village, method, target, body):
    alice, bob, _ = village
    alice.grant("/alice/", (bob.webid, "Read"))
    alice.grant("/alice/private/", (bob.webid, "Read"))
    assert bob(method, target, body, "text/odd").status_code == 403


def patch(change):
    return f"@prefix s: <http://www.w3.org/ns/solid/terms#>. _:p a s:InsertDeletePatch; {change}.".encode()


@pytest.mark.parametrize("target", [BOX, TEXT, f"{BOX}none", f"{BOX}none/", "/alice/", "/alice/did.json"])
@pytest.mark.parametrize(
    "change",
    [
        "s:inserts { <> <http://www.w3.org/ns/ldp#contains> <x> }",
        "s:deletes { <> a <#no> }",
        "s:where { ?a a <#no> }; s:inserts { ?a a <#b> }",
    ],
)
def test_p12_a_patch_of_who_may_only_read_is_refused_before_anything_else_is_said(village, target, change):
    alice, bob, stranger = village
    alice.grant("/alice/", (bob.webid, "Read"))
    alice.grant("/alice/private/", (bob.webid, "Read"))
    assert bob("PATCH", target, patch(change), "text/n3").status_code == 403
    assert stranger("PATCH", target, patch(change), "text/n3").status_code == 401


# -- rules as resources --------------------------------------------------------------------------


def test_p13_rules_are_read_replaced_and_refused_like_other_rdf(village):
    alice, bob, _ = village
    acl = f"{TEXT}.acl"
    alice.grant(TEXT, (bob.webid, "Read"), default=False)
    assert alice.get(acl, Accept=rdf.TURTLE).status_code == alice("HEAD", acl).status_code == 200
    assert alice.put(acl, b"<broken").status_code == 400
    assert alice.put(acl, b"x", "text/plain").status_code == 415
    assert bob.get(TEXT).status_code == 200
    odd = (
        f"_:b a <{ACL}Authorization>; <{ACL}agent> <{bob.webid}>; <{ACL}accessTo> <{HERE}t.txt>, <urn:other>; "
        f"<{ACL}mode> <{ACL}Read>, <{ACL}Fly>. <https://elsewhere.example/#r> a <{ACL}Authorization>; "
        f"<{ACL}agent> <{bob.webid}>; <{ACL}accessTo> <https://elsewhere.example/>; <{ACL}mode> <{ACL}Write>."
    )
    assert alice.put(acl, odd.encode()).status_code == 204
    assert bob.get(TEXT).status_code == 200
    assert bob.put(TEXT, b"", "text/plain").status_code == 403


def test_p14_the_rules_of_the_root_always_stand_and_always_let_an_owner_control(village):
    alice, bob, _ = village
    for one in (bob, alice):
        assert alice.get("/alice/.acl").status_code == 200
        body = rules("https://garden.example/alice/", (one.webid, "Read Write Control"))
        assert alice.put("/alice/.acl", body).status_code == (204 if one is alice else 409)
    assert alice.put("/alice/.acl", b"").status_code == 409
    assert alice("DELETE", "/alice/.acl").status_code == 405


def test_p14_a_patch_of_the_root_rules_leaves_an_owner_in_control(village):
    alice, bob, _ = village
    assert alice.put(
        "/alice/.acl", rules("https://garden.example/alice/", (alice.webid, "Read Write Control"))
    ).is_success
    rule = "<https://garden.example/alice/.acl#0>"
    for lost in (
        f"<{ACL}mode> <{ACL}Control>",
        f"<{ACL}agent> <{alice.webid}>",
        f"<{ACL}accessTo> <https://garden.example/alice/>",
    ):
        refused = alice("PATCH", "/alice/.acl", patch(f"s:deletes {{ {rule} {lost} }}"), "text/n3")
        assert refused.status_code == 409
        update = f"DELETE DATA {{ {rule} {lost} }}".encode()
        assert alice("PATCH", "/alice/.acl", update, "application/sparql-update").status_code == 409
    more = patch(f"s:inserts {{ {rule} <{ACL}agent> <{bob.webid}> }}")
    assert alice("PATCH", "/alice/.acl", more, "text/n3").status_code == 204
    assert bob.get("/alice/").status_code == alice.get("/alice/.acl").status_code == 200


GRANTS = [
    ("Read", {"read"}),
    ("Read Control", {"read", "control"}),
    ("Read Append", {"read", "append"}),
    ("Read Write Append", {"read", "write", "append"}),
    ("Read Write", {"read", "write", "append"}),
]


@pytest.mark.parametrize(("given", "told"), GRANTS)
@pytest.mark.parametrize("who", ["bob", "public", "anybody signed in"])
def test_p15_p16_wac_allow_is_exact(village, given, told, who):
    alice, bob, stranger = village
    alice.grant(TEXT, (bob.webid if who == "bob" else who, given), default=False)
    public = told if who == "public" else set()
    for method in ("GET", "HEAD"):
        assert modes(bob(method, TEXT)) == (told, public)
        assert modes(alice(method, TEXT)) == ({"read", "write", "append", "control"}, public)
    if public:
        assert modes(stranger.get(TEXT)) == (told, told)


@pytest.mark.parametrize("target", ["/alice/", BOX, TEXT, "/alice/.acl", "/alice/profile/card", "/alice/did.json"])
def test_p15_every_read_has_both_groups(alice, target):
    for method in ("GET", "HEAD"):
        assert alice(method, target).headers["WAC-Allow"].count('"') == 4


def test_p17_only_reads_tell_modes_because_a_refusal_could_give_away_what_stands(village):
    alice, bob, _ = village
    assert "WAC-Allow" not in alice("OPTIONS", TEXT).headers
    assert "WAC-Allow" not in bob.get(TEXT).headers


def test_p19_a_change_of_rules_counts_at_once(village):
    alice, bob, _ = village
    for _ in range(5):
        alice.grant(TEXT, (bob.webid, "Read"), default=False)
        assert bob.get(TEXT).status_code == 200
        assert alice("DELETE", f"{TEXT}.acl").status_code == 204
        assert bob.get(TEXT).status_code == 403


def test_p20_an_owner_has_control_and_is_told_nothing_that_was_not_granted(village):
    alice, bob, _ = village
    body = rules(f"{HERE}t.txt", (bob.webid, "Read"), default=False)
    assert alice.put(f"{TEXT}.acl", body).status_code == 201
    assert alice.get(TEXT).status_code == 403
    assert alice.get(f"{TEXT}.acl").status_code == 200
    assert modes(bob.get(TEXT)) == ({"read"}, set())


def test_p21_what_is_given_on_a_container_holds_for_old_and_new_members(village):
    alice, bob, _ = village
    alice.put(f"{BOX}d/old", b"")
    alice.grant(f"{BOX}d/", (bob.webid, "Read Write"))
    assert bob.put(f"{BOX}d/new", b"").status_code == 201
    for name, person in itertools.product(("old", "new"), (alice, bob)):
        assert person.get(f"{BOX}d/{name}").status_code == 200
