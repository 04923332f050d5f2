"""Care from a terminal: the doctor, settings, keys, backups, copies and the end of a pod."""

import json
import shutil
import sqlite3
import subprocess

import live_server

from pod_app.settings import Settings
from pod_app.storage.database import FILE_NAME


def test_the_doctor_finds_all_well_and_says_no_when_something_needs_care(town, tmp_path):
    findings = json.loads(town.done("doctor", "--json"))
    assert {finding["name"] for finding in findings if not finding["ok"]} == set()
    assert len(town.done("doctor").splitlines()) == len(findings)
    copy = town.copy(tmp_path / "copy")
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
        for method in live_server.get(f"{town.base}forge/did.json").json()["verificationMethod"]
    )
    assert town.type("badge", "verify", out).returncode == 0
    later = tmp_path / "later.json"
    town.done("badge", "issue", "--as", "forge", "--achievement", mould, "--to", town.webid("bob"), "--out", later)
    revoked = town.type("keys", "rotate", "forge", "--revoke")
    assert revoked.returncode == 0
    assert "pod_app keys reissue forge" in revoked.stderr
    assert town.type("badge", "verify", later).returncode == 1
    assert town.type("badge", "verify", out).returncode == 0


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
