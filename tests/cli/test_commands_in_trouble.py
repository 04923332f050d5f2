"""What commands say in trouble: one sentence on stderr, exit code 2, and nothing half done."""

import json
import subprocess

import live_server
import pytest
from fixtures_town import PNG, refused


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
    before = town.state()
    words = arguments.format(base=town.base, badge=badge).split()
    refused(town.type(*words), "nobody" if "nobody" in arguments else "elsewhere.example")
    assert town.state() == before


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
    before = town.state()
    mould = f"{town.base}potager/achievements/compost"
    out = tmp_path / "missing" / "out.json"
    answer = town.type(
        "badge", "issue", "--as", "potager", "--achievement", mould, "--to", town.webid("bob"), "--out", out
    )
    refused(answer, out)
    assert town.state() == before


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


def test_errors_are_told_in_the_language_of_the_terminal(town):
    environment = {**live_server.environment(town.folder), "LANG": "fr_FR.UTF-8"}
    command = [live_server.sys.executable, "-m", "pod_app", "member", "list", "nobody"]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert "Aucun carnet ne s’appelle nobody" in done.stderr
