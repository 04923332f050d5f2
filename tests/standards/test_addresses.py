"""Canonical addresses out of raw request targets (solid.md C; trust.md S16, S17, S18)."""

import csv
import re
from pathlib import Path
from urllib.parse import unquote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pod_app.errors import Invalid, Unreadable
from pod_app.standards import addresses
from pod_app.standards.addresses import Address, is_application, nfc_key, of_iri, parse_target, pod_name, slug

BASE = "http://localhost:8000/"
TABLE = Path(__file__).resolve().parents[1] / "data/addresses/hostile.csv"


def expanded(text):
    text = re.sub(r"\{([^{}]+)\*(\d+)\}", lambda found: found[1] * int(found[2]), text)
    return re.sub(r"\\(x[0-9a-f]{2}|[rnt\\])", lambda found: found[0].encode().decode("unicode_escape"), text)


def rows():
    with TABLE.open(encoding="utf-8", newline="") as file:
        return [(expanded(r["spelling"]), r["expected"], expanded(r["target"]), r["why"]) for r in csv.DictReader(file)]


def test_the_table_of_hostile_spellings_is_long_enough_and_says_each_thing_once():
    spellings = [row[0] for row in rows()]
    assert len(spellings) >= 60
    assert len(set(spellings)) == len(spellings)


@pytest.mark.parametrize(("spelling", "expected", "target", "why"), rows(), ids=lambda text: text[:60])
def test_s16_every_hostile_spelling_is_refused_or_names_exactly_one_resource(spelling, expected, target, why):
    if expected == "application":
        assert is_application(spelling)
        return
    assert not is_application(spelling)
    if expected == "refused":
        with pytest.raises(Unreadable) as caught:
            parse_target(spelling)
        assert caught.value.detail.isascii()
        assert len(caught.value.detail) < 300
        return
    address = parse_target(spelling)
    assert address.target == target
    assert parse_target(address.target) == address
    private = parse_target("/alice/private/secret")
    assert (address == private) == (target == private.target)


@pytest.mark.parametrize(
    ("path", "role", "subject", "acl", "meta"),
    [
        ("x", "", "x", "x.acl", "x.meta"),
        ("c/", "", "c/", "c/.acl", "c/.meta"),
        ("", "", "", ".acl", ".meta"),
        ("x.acl", "acl", "x", "x.acl", "x.meta"),
        ("c/.acl", "acl", "c/", "c/.acl", "c/.meta"),
        (".acl", "acl", "", ".acl", ".meta"),
        ("c/x.meta", "meta", "c/x", "c/x.acl", "c/x.meta"),
        (".meta", "meta", "", ".acl", ".meta"),
        ("x.ACL", "", "x.ACL", "x.ACL.acl", "x.ACL.meta"),
        ("xacl", "", "xacl", "xacl.acl", "xacl.meta"),
    ],
)
def test_f6_an_auxiliary_resource_belongs_to_its_subject_and_has_no_rules_of_its_own(path, role, subject, acl, meta):
    address = Address("alice", path)
    assert address.auxiliary == role
    assert address.subject == Address("alice", subject)
    assert address.acl == Address("alice", acl)
    assert address.meta == Address("alice", meta)
    assert not address.auxiliary_of_auxiliary
    assert not address.reserved


@pytest.mark.parametrize("path", ["x.acl.acl", "x.meta.acl", "x.acl.meta", ".acl.acl", "c/.meta.acl"])
def test_s17_rules_of_rules_are_reserved_names_that_never_exist(path):
    assert Address("alice", path).auxiliary_of_auxiliary
    assert Address("alice", path).reserved


@pytest.mark.parametrize("path", ["x.acl/", ".acl/", "x.acl/y", "a/x.meta/b/c", "a/.meta/"])
def test_s17_f8_containers_that_look_like_auxiliary_resources_are_reserved(path):
    assert Address("alice", path).reserved


@pytest.mark.parametrize(
    ("path", "name", "parent"), [("a/b/c", "c", "a/b/"), ("a/b/", "b", "a/"), ("a", "a", ""), ("c/.acl", ".acl", "c/")]
)
def test_an_address_knows_its_name_and_the_container_it_stands_in(path, name, parent):
    address = Address("alice", path)
    assert address.name == name
    assert address.parent == Address("alice", parent)


def test_ancestors_come_nearest_first_and_end_at_the_root_which_has_none():
    assert [one.path for one in Address("alice", "a/b/c").ancestors()] == ["a/b/", "a/", ""]
    root = Address("alice", "")
    assert root.ancestors() == ()
    assert root.parent is None
    assert root.name == ""
    assert root.twin == root
    assert root.is_container
    assert root.target == "/alice/"


def test_c2_twins_differ_by_the_final_slash_alone():
    assert Address("alice", "a/b").twin == Address("alice", "a/b/")
    assert Address("alice", "a/b/").twin == Address("alice", "a/b")


@pytest.mark.parametrize(
    ("path", "expected"),
    [(".well-known/solid", True), (".well-known/", True), ("a/.well-known/x", False), (".well-knownx", False)],
)
def test_the_pods_well_known_folder_belongs_to_the_program(path, expected):
    assert Address("alice", path).well_known is expected


def test_an_iri_goes_to_an_address_and_back():
    address = Address("alice", "profile/card")
    assert address.iri(BASE) == "http://localhost:8000/alice/profile/card"
    assert of_iri(address.iri(BASE), BASE) == address


@pytest.mark.parametrize(
    ("iri", "path"),
    [
        ("http://localhost:8000/alice/profile/card#me", "profile/card"),
        ("http://localhost:8000/alice/x?y=1", "x"),
        ("HTTP://LocalHost:8000/alice/x", "x"),
        ("http://localhost:8000/alice/caf\u00e9", "caf%C3%A9"),
        ("http://localhost:8000/alice/%7euser", "~user"),
        ("http://localhost:8000/alice", ""),
        ("http://localhost:8000/bob/x", None),
        ("http://localhost:8001/alice/x", None),
        ("https://localhost:8000/alice/x", None),
        ("http://localhost:8000@evil.example/alice/x", None),
        ("http://localhost:8000\\@evil.example/alice/x", None),
        ("http://evil.example/http://localhost:8000/alice/x", None),
        ("http://localhost:8000/static/x", None),
        ("http://localhost:8000/", None),
        ("http://localhost:8000/alice/../bob/x", None),
        ("http://localhost:8000/alice/a b", None),
        ("http://localhost:8000/alice/\udc80", None),
        ("/alice/x", None),
        ("urn:uuid:1", None),
        ("", None),
    ],
)
def test_only_iris_of_this_installation_are_ours(iri, path):
    found = of_iri(iri, BASE)
    if path is None:
        assert found is None or found.pod != "alice"
    else:
        assert found == Address("alice", path)


def test_a_default_port_may_be_written_out():
    assert of_iri("https://pods.example:443/alice/x", "https://pods.example/") == Address("alice", "x")
    assert of_iri("http://pods.example:443/alice/x", "https://pods.example/") is None


@given(st.text(max_size=200))
def test_of_iri_never_raises(text):
    of_iri(text, BASE)
    of_iri(BASE + text, BASE)


@pytest.mark.parametrize("name", ["alice", "a1", "x-y-z", "0x", "a" * 63])
def test_pod_names_are_lower_case_letters_digits_and_hyphens(name):
    assert pod_name(name) == name


@pytest.mark.parametrize(
    "name",
    [
        "",
        "a",
        "A1",
        "alice\n",
        "-ab",
        "a b",
        "a.b",
        "a" * 64,
        "\u00e9l\u00e9onore",
        "me",
        "static",
        "oidc",
        ".well-known",
        "\u0661\u0662",
    ],
)
def test_other_names_and_those_of_the_application_cannot_be_pods(name):
    with pytest.raises(Invalid):
        pod_name(name)


@pytest.mark.parametrize("name", sorted(addresses.RESERVED_NAMES))
def test_every_reserved_name_is_the_applications_and_no_pods(name):
    assert is_application(f"/{name}")
    assert is_application(f"/{name}/x?y")
    with pytest.raises(Invalid):
        pod_name(name)


@pytest.mark.parametrize(
    ("wish", "name"),
    [
        ("notes.ttl", "notes.ttl"),
        ("Caf%C3%A9 du coin", "Caf\u00e9 du coin"),
        ("Caf\u00c3\u00a9", "Caf\u00e9"),
        ("cafe\u0301", "caf\u00e9"),
        ("a/b", "a-b"),
        ("a%2Fb", "a-b"),
        ("a\\b", "a-b"),
        ("folder/", "folder"),
        ("../x", "-x"),
        ("..", None),
        (".", None),
        ("/", None),
        ("", None),
        ("   ", None),
        (None, None),
        (".acl", "acl"),
        ("%2eacl", "acl"),
        ("x.acl", "x"),
        ("x%2Eacl", "x"),
        ("x.meta.acl", "x"),
        ("x.acl.meta.acl", "x"),
        (".well-known", "well-known"),
        ("a\r\nSet-Cookie: x", "a--Set-Cookie: x"),
        ("a%0d%0ab", "a--b"),
        ("a\x00b", "a-b"),
        ("%ff", "\ufffd"),
        ("100%", "100%"),
        ("\U0001f331", "\U0001f331"),
    ],
)
def test_s18_c5_a_slug_is_a_wish_that_is_made_legal(wish, name):
    assert slug(wish, fallback="fresh") == (name if name is not None else "fresh")


@given(st.one_of(st.none(), st.text(max_size=400), st.text(alphabet="./%acleimtACL2e5\\ \r\n\x00\u00e9", max_size=40)))
def test_s18_any_slug_becomes_a_name_that_can_be_addressed(wish):
    name = slug(wish, fallback="fresh")
    address = parse_target(f"/alice/c/{addresses.encode(name)}")
    assert len(name.encode()) <= addresses.MAX_SLUG
    assert address.parent == Address("alice", "c/")
    assert not address.is_container
    assert not address.auxiliary
    assert not address.reserved
    assert unquote(address.name) == name


def test_a_long_slug_is_cut_between_characters_and_cannot_be_cut_into_a_suffix():
    assert slug("\u00e9" * 150, fallback="x") == "\u00e9" * 100
    assert slug("a" * 196 + ".acl" + "b" * 50, fallback="x") == "a" * 196


def test_look_alike_names_share_a_key_although_their_addresses_differ():
    composed, decomposed = parse_target("/alice/caf%C3%A9"), parse_target("/alice/cafe%CC%81")
    assert composed != decomposed
    assert nfc_key(composed.name) == nfc_key(decomposed.name)
    assert nfc_key("cafe") != nfc_key(composed.name)
