"""Badges from a terminal: issued, verified, withdrawn, baked and brought in, beside a server on the same folder."""

import json

import live_server
import pytest
from fixtures_town import PNG, SVG, Town, refused

from pod_app.badges.verifier.verifying import CHECKS
from pod_app.standards import baking


def test_an_achievement_answers_at_the_address_that_was_printed(town):
    iri = town.done(
        "achievement", "create", "--as", "potager", "--name", "Semis", "--description", "Sème.", "--criteria", "Semer."
    )
    assert live_server.get(iri, headers={"Accept": "application/ld+json"}).json()["id"] == iri
    words = ("--name", "x", "--description", "y", "--criteria", "")
    refused(town.type("achievement", "create", "--as", "potager", *words))


def test_a_badge_issued_beside_the_server_is_written_to_a_file_and_brought_to_its_holder(town, tmp_path):
    out = tmp_path / "out.json"
    iri = town.issue("--out", out, "--evidence", "https://trace.example/1", "--evidence", "https://trace.example/2")
    document = json.loads(out.read_bytes())
    assert document["id"] == iri
    assert [one["id"] for one in document["evidence"]] == ["https://trace.example/1", "https://trace.example/2"]
    assert live_server.get(f"{town.base}bob/badges/{iri.rpartition('/')[2]}").status_code == 401  # there, and private
    hashed = tmp_path / "hashed.json"
    town.issue("--out", hashed, to="dora@example.org")
    assert b"dora@example.org" not in hashed.read_bytes()


def test_a_badge_from_a_file_or_standard_input_holds_with_exit_code_0(town, badge):
    printed = town.done("badge", "verify", badge).splitlines()
    assert printed[-1] == "The badge holds."
    assert [line.split()[1] for line in printed[:-1]] == list(CHECKS)
    answer = town.type("badge", "verify", "-", "--json", stdin=badge.read_bytes())
    assert answer.returncode == 0
    report = json.loads(answer.stdout)
    assert report["verified"] is True
    assert [check["name"] for check in report["checks"]] == list(CHECKS)
    assert all(set(check) == {"name", "outcome", "detail", "remedy"} for check in report["checks"])


def test_a_changed_badge_fails_with_exit_code_1(town, badge, tmp_path):
    changed = tmp_path / "changed.json"
    changed.write_bytes(badge.read_bytes().replace(b"Fait du sol.", b"Fait de l'or."))
    answer = town.type("badge", "verify", changed, "--json")
    assert answer.returncode == 1
    assert json.loads(answer.stdout)["verified"] is False


def test_a_badge_is_verified_by_its_address_as_a_stranger_sees_it(town):
    """Private: it cannot be had (2). Shown by its holder: it holds (0)."""
    credentials = json.loads(town.done("account", "create", "emil", "--client-credentials", "--json"))
    iri = town.issue(to="emil")
    refused(town.type("badge", "verify", iri), iri)
    copy = f"{town.base}emil/badges/{iri.rpartition('/')[2]}"
    acl = "http://www.w3.org/ns/auth/acl#"
    rule = (
        f"<#a> a <{acl}Authorization>; <{acl}agentClass> <http://xmlns.com/foaf/0.1/Agent>;"
        f" <{acl}accessTo> <{copy}>; <{acl}mode> <{acl}Read>."
    )
    headers = {"Authorization": f"Bearer {credentials['token']}", "Content-Type": "text/turtle"}
    assert live_server.put(f"{copy}.acl", headers=headers, content=rule).status_code == 201
    assert town.done("badge", "verify", copy).endswith("The badge holds.")


def test_without_the_network_documents_given_by_hand_stand_for_it(town, badge, tmp_path):
    """A machine that knows nothing of the installation: 2 without its documents, 0 with them."""
    elsewhere = Town(tmp_path / "nothing-here", town.base)
    answer = elsewhere.type("badge", "verify", badge, "--offline", "--json")
    assert answer.returncode == 2
    assert json.loads(answer.stdout)["verified"] is None
    document = json.loads(badge.read_bytes())
    list_url, did = document["credentialStatus"]["statusListCredential"], document["issuer"]["id"]
    given = []
    for name, url, served in (("did", did, f"{town.base}potager/did.json"), ("list", list_url, list_url)):
        path = tmp_path / f"{name}.json"
        path.write_bytes(live_server.get(served).content)
        given += ["--document", f"{url}={path}"]
    assert elsewhere.done("badge", "verify", badge, "--offline", *given).endswith("The badge holds.")
    assert elsewhere.type("badge", "verify", badge, "--offline", *given[:2]).returncode == 2
    early = elsewhere.type("badge", "verify", badge, "--offline", *given, "--at", "2020-01-01T00:00:00Z", "--json")
    assert early.returncode == 1
    failing = [check["name"] for check in json.loads(early.stdout)["checks"] if check["outcome"] == "fail"]
    assert "valid-from" in failing
    assert not elsewhere.folder.exists()


@pytest.mark.parametrize("at", ["yesterday", "2026-03-12T10:00:00", "2026-13-01T00:00:00Z"])
def test_a_moment_without_meaning_is_refused(town, badge, at):
    refused(town.type("badge", "verify", badge, "--at", at), at)


def test_a_withdrawn_badge_fails_and_is_not_withdrawn_twice(town, tmp_path):
    out = tmp_path / "out.json"
    iri = town.issue("--out", out)
    town.done("badge", "revoke", iri, "--reason", "Donné par erreur")
    answer = town.type("badge", "verify", out, "--json")
    assert answer.returncode == 1
    status = next(check for check in json.loads(answer.stdout)["checks"] if check["name"] == "status")
    assert status["outcome"] == "fail"
    refused(town.type("badge", "revoke", iri, "--reason", "Encore"), "withdrawn")
    refused(town.type("badge", "revoke", "https://elsewhere.example/x", "--reason", "?"), "https://elsewhere.example/x")
    refused(town.type("badge", "revoke", f"{town.base}potager/issued/none", "--reason", "?"))


@pytest.mark.parametrize(("name", "image"), [("badge.png", PNG), ("badge.svg", SVG)])
def test_a_badge_goes_into_a_picture_and_comes_out_again(town, badge, tmp_path, name, image):
    picture, baked = tmp_path / name, tmp_path / f"baked-{name}"
    picture.write_bytes(image)
    town.done("badge", "bake", badge, picture, "--out", baked)
    assert town.type("badge", "unbake", baked).stdout == badge.read_text("utf-8")
    assert baking.unbake(baked.read_bytes()) == badge.read_text("utf-8")
    assert town.type("badge", "verify", baked).returncode == 0


def test_a_badge_is_imported_once_and_one_for_somebody_else_with_a_word(town, badge):
    first = town.done("badge", "import", badge, "--into", "bob")
    assert first.startswith(f"{town.base}bob/badges/")
    assert town.done("badge", "import", badge, "--into", "bob") == first
    other = town.type("badge", "import", badge, "--into", "alice")
    assert other.returncode == 0
    assert other.stdout.startswith(f"{town.base}alice/badges/")
    assert other.stderr.startswith("recipient: ")


def test_a_forged_badge_is_not_imported(town, badge, tmp_path):
    forged = tmp_path / "forged.json"
    forged.write_bytes(badge.read_bytes().replace(b"Fait du sol.", b"Fait de l'or."))
    refused(town.type("badge", "import", forged, "--into", "bob"), "«proof»")
