"""Every command of contracts.md §4, typed beside a server that runs on the same folder, and what each says in trouble.

Exit codes: 0 done or yes, 1 the answer is no, 2 it could not be done or checked; errors are one line on stderr.
"""

import json
import os
import shutil
import sqlite3
import subprocess
import zlib
from pathlib import Path

import httpx
import live_server
import pytest

from pod_app import __version__
from pod_app.badges.verifier.verifying import CHECKS
from pod_app.settings import Settings
from pod_app.standards import baking
from pod_app.storage.database import FILE_NAME

PASSWORD = "a long enough password"
SVG = b'<svg xmlns="http://www.w3.org/2000/svg"><circle r="4"/></svg>'


def chunk(kind: bytes, data: bytes) -> bytes:
    return len(data).to_bytes(4, "big") + kind + data + zlib.crc32(kind + data).to_bytes(4, "big")


PNG = (
    b"\x89PNG\r\n\x1a\n"
    + chunk(b"IHDR", bytes((0, 0, 0, 1, 0, 0, 0, 1, 8, 0, 0, 0, 0)))
    + chunk(b"IDAT", zlib.compress(b"\0\0"))
    + chunk(b"IEND", b"")
)


class Town:
    """A data folder, the server on it, and somebody at its terminal."""

    def __init__(self, folder: Path, base: str) -> None:
        self.folder, self.base = folder, base

    def type(self, *arguments: object, stdin: str | bytes = "") -> subprocess.CompletedProcess:
        return live_server.run(self.folder, *map(str, arguments), stdin=stdin)

    def done(self, *arguments: object, stdin: str = "") -> str:
        answer = self.type(*arguments, stdin=stdin)
        assert (answer.returncode, answer.stderr) == (0, ""), answer.stderr
        return answer.stdout.strip()

    def webid(self, name: str) -> str:
        return f"{self.base}{name}/profile/card#me"

    def issue(self, *more: object, to: str = "bob") -> str:
        recipient = to if "@" in to else self.webid(to)
        mould = f"{self.base}potager/achievements/compost"
        return self.done("badge", "issue", "--as", "potager", "--achievement", mould, "--to", recipient, *more)


@pytest.fixture(scope="module")
def town(tmp_path_factory):
    folder = tmp_path_factory.mktemp("town") / "data"
    with live_server.serving(folder) as base:
        town = Town(folder, base)
        town.done("account", "create", "alice", "--password-stdin", "--title", "Alice", stdin=f"{PASSWORD}\n")
        town.done("account", "create", "bob", "--no-password")
        town.done("pod", "create", "potager", "--kind", "garden", "--owner", town.webid("alice"), "--title", "Potager")
        town.done(
            "achievement", "create", "--as", "potager", "--name", "Compost", "--description", "Fait du sol.",
            "--criteria", "Trois *tas*.", "--tag", "sol", "--type", "Badge", "--language", "fr",
        )  # fmt: skip
        yield town


@pytest.fixture(scope="module")
def badge(town, tmp_path_factory) -> Path:
    """A badge of Bob's, as a file."""
    path = tmp_path_factory.mktemp("badges") / "badge.json"
    town.issue("--out", path)
    return path


def refused(answer: subprocess.CompletedProcess, *words: str) -> str:
    """Exit code 2 and one line on stderr that holds these words."""
    assert answer.returncode == 2, answer.stdout + answer.stderr
    assert answer.stdout == ""
    assert answer.stderr.startswith("pod_app: ")
    assert answer.stderr.count("\n") == 1, answer.stderr
    for word in words:
        assert str(word) in answer.stderr
    return answer.stderr


# -- people and places -------------------------------------------------------------------------------


def test_the_version_is_printed(town):
    assert town.done("--version") == f"pod_app, version {__version__}"


def test_an_account_made_beside_the_server_acts_over_http_at_once(town):
    made = json.loads(town.done("account", "create", "carole", "--client-credentials", "--json"))
    assert set(made) == {"webid", "storage", "issuer", "client_id", "client_secret", "token"}
    assert made["webid"] == town.webid("carole")
    assert made["storage"] == f"{town.base}carole/"
    headers = {"Authorization": f"Bearer {made['token']}", "Content-Type": "text/plain"}
    target = f"{made['storage']}private/note"
    assert httpx.put(target, headers=headers, content=b"a note").status_code == 201
    assert httpx.get(target, headers=headers).content == b"a note"
    assert httpx.get(target).status_code == 401
    again = refused(town.type("account", "create", "carole", "--no-password"), "carole", "taken")
    assert "Traceback" not in again


def test_a_password_from_standard_input_opens_the_notebook(town):
    form = {"name": "alice", "password": PASSWORD}
    assert httpx.post(f"{town.base}me/sign-in", data=form).status_code == 303
    assert httpx.post(f"{town.base}me/sign-in", data=form | {"password": "another one"}).status_code == 401
    assert town.type("account", "create", "dora", stdin=f"{PASSWORD}\n").returncode == 2
    refused(town.type("account", "create", "dora", "--password-stdin", stdin="short\n"), "8")
    assert httpx.get(f"{town.base}dora/profile/card").status_code in {401, 404}


def test_a_pod_made_beside_the_server_answers_and_a_garden_needs_somebody(town):
    printed = town.done("pod", "create", "moulin", "--kind", "garden", "--owner", town.webid("alice"))
    assert f"{town.base}moulin/profile/card#us" in printed
    assert "did:web:localhost%3A" in printed
    assert httpx.get(f"{town.base}moulin/did.json").json()["id"] in printed
    refused(town.type("pod", "create", "desert", "--kind", "garden"), "--owner")
    refused(town.type("pod", "create", "me", "--kind", "person"), "me")
    listed = [line.split() for line in town.done("pod", "list").splitlines()]
    assert ["moulin", "garden", f"{town.base}moulin/profile/card#us"] in listed
    assert not any(line[0] in {"desert", "me"} for line in listed)


def test_members_come_change_and_go(town):
    town.done("member", "add", "potager", town.webid("bob"), "--role", "member", "--role", "welcomer")
    assert f"{town.webid('bob')}  member, welcomer" in town.done("member", "list", "potager")
    town.done("member", "remove", "potager", town.webid("bob"))
    assert town.webid("bob") not in town.done("member", "list", "potager")
    refused(town.type("member", "remove", "potager", town.webid("bob")))
    refused(town.type("member", "add", "bob", town.webid("alice")), "bob")
    refused(town.type("member", "add", "potager", "not a webid"))


# -- badges ------------------------------------------------------------------------------------------


def test_an_achievement_answers_at_the_address_that_was_printed(town):
    iri = town.done(
        "achievement", "create", "--as", "potager", "--name", "Semis", "--description", "Sème.", "--criteria", "Semer."
    )
    assert httpx.get(iri, headers={"Accept": "application/ld+json"}).json()["id"] == iri
    words = ("--name", "x", "--description", "y", "--criteria", "")
    refused(town.type("achievement", "create", "--as", "potager", *words))


def test_a_badge_issued_beside_the_server_is_written_to_a_file_and_brought_to_its_holder(town, tmp_path):
    out = tmp_path / "out.json"
    iri = town.issue("--out", out, "--evidence", "https://trace.example/1", "--evidence", "https://trace.example/2")
    document = json.loads(out.read_bytes())
    assert document["id"] == iri
    assert [one["id"] for one in document["evidence"]] == ["https://trace.example/1", "https://trace.example/2"]
    assert httpx.get(f"{town.base}bob/badges/{iri.rpartition('/')[2]}").status_code == 401  # there, and private
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
    assert httpx.put(f"{copy}.acl", headers=headers, content=rule).status_code == 201
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
        path.write_bytes(httpx.get(served).content)
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


# -- care --------------------------------------------------------------------------------------------


def test_the_doctor_finds_all_well_and_says_no_when_something_needs_care(town, tmp_path):
    findings = json.loads(town.done("doctor", "--json"))
    assert {finding["name"] for finding in findings if not finding["ok"]} == set()
    assert len(town.done("doctor").splitlines()) == len(findings)
    copy = tmp_path / "copy"
    shutil.copytree(town.folder, copy)
    with sqlite3.connect(copy / FILE_NAME) as database:
        database.execute("UPDATE resources SET body = x'00' WHERE body IS NOT NULL")
    database.close()
    answer = live_server.run(copy, "doctor", "--json")
    assert answer.returncode == 1
    assert "bodies" in {finding["name"] for finding in json.loads(answer.stdout) if not finding["ok"]}


def test_settings_are_printed_with_their_origin_and_without_the_root_key(town, tmp_path):
    (tmp_path / "pod_app.toml").write_text("pod_quota = 1234567\n", "utf-8")
    environment = {**live_server.environment(tmp_path), "POD_APP_ROOT_KEY": "ab" * 32, "POD_APP_MAX_BODY": "9999"}
    command = [live_server.sys.executable, "-m", "pod_app", "settings", "--base-url", "https://garden.example"]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    rows = {line.split()[0]: line.split()[1:] for line in done.stdout.splitlines()}
    assert set(rows) == set(Settings.model_fields)
    assert rows["pod_quota"] == ["1234567", "file"]
    assert rows["max_body"] == ["9999", "environment"]
    assert rows["base_url"] == ["https://garden.example/", "option"]
    assert rows["root_key"] == ["***", "environment"]
    assert "abab" not in done.stdout


def test_badges_outlive_a_new_key_and_fall_with_a_stolen_one(town, tmp_path):
    town.done("pod", "create", "forge", "--kind", "garden", "--owner", town.webid("alice"))
    words = ("--name", "Clé", "--description", "Forge.", "--criteria", "Forger.")
    mould = town.done("achievement", "create", "--as", "forge", *words)
    out = tmp_path / "out.json"
    town.done("badge", "issue", "--as", "forge", "--achievement", mould, "--to", town.webid("bob"), "--out", out)
    new = town.done("keys", "rotate", "forge")
    assert any(
        method["publicKeyMultibase"] == new
        for method in httpx.get(f"{town.base}forge/did.json").json()["verificationMethod"]
    )
    assert town.type("badge", "verify", out).returncode == 0
    later = tmp_path / "later.json"
    town.done("badge", "issue", "--as", "forge", "--achievement", mould, "--to", town.webid("bob"), "--out", later)
    revoked = town.type("keys", "rotate", "forge", "--revoke")
    assert revoked.returncode == 0
    assert "pod_app keys reissue forge" in revoked.stderr
    assert town.type("badge", "verify", later).returncode == 1
    assert town.type("badge", "verify", out).returncode == 0


# -- trouble -----------------------------------------------------------------------------------------


def state(folder: Path) -> list[str]:
    """Everything that the database holds about resources, pods and jobs."""
    with sqlite3.connect(folder / FILE_NAME) as database:
        found = [
            str(row)
            for query in ("SELECT pod, path, sha256 FROM resources ORDER BY 1, 2", "SELECT pod FROM pods ORDER BY 1",
                          "SELECT name FROM accounts ORDER BY 1", "SELECT count(*) FROM status_entries")
            for row in database.execute(query)
        ]  # fmt: skip
    database.close()
    return found


@pytest.mark.parametrize(
    "arguments",
    [
        "achievement create --as nobody --name x --description y --criteria z",
        "badge issue --as nobody --achievement x --to someone@example.org",
        "badge issue --as potager --achievement https://elsewhere.example/x --to someone@example.org",
        "badge issue --as potager --achievement {base}potager/achievements/compost --to nobody",
        "badge import {badge} --into nobody",
        "member add nobody {base}bob/profile/card#me",
        "member list nobody",
        "keys rotate nobody",
    ],
)
def test_an_unknown_name_is_one_sentence_and_leaves_nothing_behind(town, badge, arguments):
    before = state(town.folder)
    words = arguments.format(base=town.base, badge=badge).split()
    refused(town.type(*words), "nobody" if "nobody" in arguments else "elsewhere.example")
    assert state(town.folder) == before


@pytest.mark.parametrize(
    ("content", "command"),
    [
        (b'{"@context": [', "badge import {file} --into bob"),
        (None, "badge verify {file}"),
        (None, "badge import {file} --into bob"),
        (None, "badge unbake {file}"),
        (None, "badge bake {file} {file} --out {out}"),
        (b"no picture at all", "badge unbake {file}"),
        (b"no picture at all", "badge bake {badge} {file} --out {out}"),
        (b"\xff\xfe\x00", "badge bake {file} {file} --out {out}"),
        (PNG, "badge unbake {file}"),
        (PNG[:-20], "badge bake {badge} {file} --out {out}"),
        (b"x" * (8 * 2**20 + 1), "badge verify {file}"),
        (b"", "badge verify {badge} --document nonsense"),
        (b"", "badge verify {badge} --document https://x.example/={out}"),
    ],
)
def test_a_bad_or_missing_file_is_one_sentence_and_nothing_is_half_written(town, badge, tmp_path, content, command):
    file, out = tmp_path / "given", tmp_path / "out"
    if content is not None:
        file.write_bytes(content)
    refused(town.type(*command.format(file=file, out=out, badge=badge).split()))
    assert not out.exists()


def test_broken_json_is_no_badge_with_exit_code_1_and_the_step_that_failed(town, tmp_path):
    file = tmp_path / "broken.json"
    file.write_bytes(b'{"@context": [')
    answer = town.type("badge", "verify", file, "--json")
    assert answer.returncode == 1
    assert json.loads(answer.stdout)["checks"][0]["outcome"] == "fail"
    assert answer.stderr == ""


def test_a_badge_cannot_be_written_where_there_is_no_folder_and_is_then_not_issued(town, tmp_path):
    before = state(town.folder)
    mould = f"{town.base}potager/achievements/compost"
    out = tmp_path / "missing" / "out.json"
    answer = town.type(
        "badge", "issue", "--as", "potager", "--achievement", mould, "--to", town.webid("bob"), "--out", out
    )
    refused(answer, out)
    assert state(town.folder) == before


def test_wrong_words_are_told_with_exit_code_2(town):
    for words in ("badge issue --as potager", "nonsense"):
        answer = town.type(*words.split())
        assert answer.returncode == 2
        assert "Traceback" not in answer.stderr


def test_a_port_in_use_is_one_sentence(town):
    port = town.base.rpartition(":")[2].strip("/")
    refused(town.type("serve", "--port", port), port, "--port")


def test_another_base_url_is_refused_with_both_addresses(town):
    refused(town.type("pod", "list", "--base-url", "https://other.example/"), town.base, "https://other.example/")
    refused(town.type("pod", "list", "--base-url", "ftp://other.example/"), "base_url")


def test_a_mistyped_folder_is_told_and_not_begun(tmp_path):
    """A command that only looks must not make an installation, whose address would then be fixed."""
    for words in ("doctor", "pod list", "badge import x --into alice"):
        refused(live_server.run(tmp_path / "typo", *words.split()), tmp_path / "typo")
    assert not (tmp_path / "typo").exists()


def test_a_file_in_place_of_the_folder_is_one_sentence(tmp_path):
    file = tmp_path / "file"
    file.write_text("a note", "utf-8")
    for words in ("serve --port 8999", "account create alice --no-password", "doctor"):
        refused(live_server.run(file, *words.split()), file)
    assert file.read_text("utf-8") == "a note"


@pytest.mark.skipif(os.geteuid() == 0, reason="rights do not bind root")
def test_a_folder_that_may_not_be_read_is_one_sentence(tmp_path):
    folder = tmp_path / "closed"
    assert live_server.run(folder, "account", "create", "alice", "--no-password").returncode == 0
    folder.chmod(0)
    try:
        refused(live_server.run(folder, "pod", "list"), folder)
    finally:
        folder.chmod(0o700)


def test_a_database_of_a_newer_layout_or_of_another_program_is_left_alone(town, tmp_path):
    newer = tmp_path / "newer"
    shutil.copytree(town.folder, newer)
    with sqlite3.connect(newer / FILE_NAME) as database:
        database.execute("UPDATE alembic_version SET version_num = '0999'")
    database.close()
    refused(live_server.run(newer, "pod", "list"), "999", "newer")
    refused(live_server.run(newer, "account", "create", "zoe", "--no-password"), "999", "newer")
    other = tmp_path / "other"
    other.mkdir()
    (other / FILE_NAME).write_bytes(b"this is no database" * 200)
    refused(live_server.run(other, "pod", "list"), other)
    assert (other / FILE_NAME).read_bytes() == b"this is no database" * 200


@pytest.mark.parametrize("content", ["pod_quota = ", "pod_quota = -1", "unknown = 1", "max_body = 'much'"])
def test_a_bad_settings_file_is_one_sentence(tmp_path, content):
    (tmp_path / "pod_app.toml").write_text(content, "utf-8")
    refused(live_server.run(tmp_path, "account", "create", "alice", "--no-password"))
    assert [path.name for path in tmp_path.iterdir()] == ["pod_app.toml"]


def test_another_root_key_is_refused_and_an_open_one_too(town, tmp_path):
    copy = tmp_path / "copy"
    shutil.copytree(town.folder, copy)
    (copy / "root.key").chmod(0o644)
    refused(live_server.run(copy, "pod", "list"), "root.key", "chmod 600")
    (copy / "root.key").write_text("ab" * 32, "utf-8")
    (copy / "root.key").chmod(0o600)
    refused(live_server.run(copy, "pod", "list"), "root key")


def test_errors_are_told_in_the_language_of_the_terminal(town):
    environment = {**live_server.environment(town.folder), "LANG": "fr_FR.UTF-8"}
    command = [live_server.sys.executable, "-m", "pod_app", "member", "list", "nobody"]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert "Aucun carnet ne s’appelle nobody" in done.stderr


def test_d6_s41_a_backup_beside_the_server_brings_everything_back_elsewhere(town, tmp_path):
    badge = tmp_path / "badge.json"
    town.issue("--out", badge)
    said = town.done("backup", tmp_path / "kept.zip")
    assert "root.key" in said
    other = tmp_path / "other"
    alone = live_server.run(other, "restore", str(tmp_path / "kept.zip"))
    assert alone.returncode == 2
    assert "root.key" in alone.stderr
    other.mkdir()
    (other / "root.key").write_text("cd" * 32)
    (other / "root.key").chmod(0o600)
    wrong = live_server.run(other, "restore", str(tmp_path / "kept.zip"))
    assert wrong.returncode == 2
    assert "root key" in wrong.stderr
    assert "Traceback" not in wrong.stderr
    (other / "root.key").unlink()
    shutil.copy(town.folder / "root.key", other / "root.key")
    back = live_server.run(other, "restore", str(tmp_path / "kept.zip"))
    assert back.returncode == 0, back.stderr
    assert town.base in back.stdout
    assert live_server.run(other, "doctor").returncode == 0
    mould = f"{town.base}potager/achievements/compost"
    again = live_server.run(
        other, "badge", "issue", "--as", "potager", "--achievement", mould, "--to", town.webid("bob")
    )
    assert again.returncode == 0, again.stderr


def test_keys_of_the_provider_change_by_command(town):
    assert len(town.done("keys", "rotate", "--provider").splitlines()) == 2
    answer = town.type("keys", "rotate")
    assert answer.returncode == 2


def test_a_pod_is_exported_imported_and_erased(town, tmp_path):
    town.done("account", "create", "sidonie", "--no-password", "--title", "Sidonie")
    assert "resources" in town.done("export", "sidonie", tmp_path / "sidonie.zip")
    assert town.type("export", "sidonie", tmp_path / "sidonie.zip").returncode == 2
    assert "taken" in town.done("import", tmp_path / "sidonie.zip", "--as", "sidonie-twin")
    assert "erasures.jsonl" in town.done("pod", "erase", "sidonie", "--yes")
    assert "sidonie " not in town.done("pod", "list")
    assert town.type("pod", "erase", "potager", "--yes").returncode == 2
