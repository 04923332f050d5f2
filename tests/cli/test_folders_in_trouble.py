"""What commands say about a data folder that is missing, closed, spoilt or of somebody else."""

import os
import sqlite3

import live_server
import pytest
from fixtures_town import refused

from pod_app.storage.database import FILE_NAME


def test_a_file_in_place_of_the_folder_is_one_sentence(tmp_path):
    file = tmp_path / "file"
    file.write_text("a note", "utf-8")
    for words in ("serve --port 8999", "account create alice --no-password", "doctor"):
        refused(live_server.run(file, *words.split()), file)
    assert file.read_text("utf-8") == "a note"


def test_a_mistyped_folder_is_told_and_not_begun(tmp_path):
    """A command that only looks must not make an installation, whose address would then be fixed."""
    for words in ("doctor", "pod list", "badge import x --into alice"):
        refused(live_server.run(tmp_path / "typo", *words.split()), tmp_path / "typo")
    assert not (tmp_path / "typo").exists()


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
    newer = town.copy(tmp_path / "newer")
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
    copy = town.copy(tmp_path / "copy")
    (copy / "root.key").chmod(0o644)
    refused(live_server.run(copy, "pod", "list"), "root.key", "chmod 600")
    (copy / "root.key").write_text("ab" * 32, "utf-8")
    (copy / "root.key").chmod(0o600)
    refused(live_server.run(copy, "pod", "list"), "root key")
